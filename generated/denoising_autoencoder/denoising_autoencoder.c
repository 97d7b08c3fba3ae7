/* denoising_autoencoder, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.

   cc -std=c11 -O3 -march=native -ffp-contract=fast -fno-math-errno -fno-trapping-math -c denoising_autoencoder.c */
#include "denoising_autoencoder.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    encoder_weight = 0, /* [128, 64] */
    encoder_bias = 8192, /* [128] */
    code_weight = 8320, /* [32, 128] */
    code_bias = 12416, /* [32] */
    decoder_weight = 12448, /* [128, 32] */
    decoder_bias = 16544, /* [128] */
    clean_weight = 16672, /* [64, 128] */
    clean_bias = 24864, /* [64] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_encoder_weight = 0, /* [128, 64] */
    d_encoder_bias = 8192, /* [128] */
    d_code_weight = 8320, /* [32, 128] */
    d_code_bias = 12416, /* [32] */
    d_decoder_weight = 12448, /* [128, 32] */
    d_decoder_bias = 16544, /* [128] */
    d_clean_weight = 16672, /* [64, 128] */
    d_clean_bias = 24864, /* [64] */
};

/* Where tensors begin in `states`. */
enum {
    encoder_weight_m = 0, /* [128, 64] */
    encoder_weight_v = 8192, /* [128, 64] */
    encoder_bias_m = 16384, /* [128] */
    encoder_bias_v = 16512, /* [128] */
    code_weight_m = 16640, /* [32, 128] */
    code_weight_v = 20736, /* [32, 128] */
    code_bias_m = 24832, /* [32] */
    code_bias_v = 24864, /* [32] */
    decoder_weight_m = 24896, /* [128, 32] */
    decoder_weight_v = 28992, /* [128, 32] */
    decoder_bias_m = 33088, /* [128] */
    decoder_bias_v = 33216, /* [128] */
    clean_weight_m = 33344, /* [64, 128] */
    clean_weight_v = 41536, /* [64, 128] */
    clean_bias_m = 49728, /* [64] */
    clean_bias_v = 49792, /* [64] */
};

/* Where tensors begin in `counters`. */
enum {
    t = 0, /* [] */
};

/* Where tensors begin in `settings`. */
enum {
    seed = 0, /* [] */
    lr = 1, /* [] */
    eps = 2, /* [] */
    beta1 = 3, /* [] */
    beta2 = 4, /* [] */
};

static inline real power_of_two(int32_t n)
{
    const int32_t bits = (n + 127) << 23;
    real power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/* exp(x), at most 1.1 units in the last place off, without branches, so that a loop over it is vectorised:
   x = n log(2) + r with |r| <= log(2)/2 (Cody and Waite), exp(r) by the polynomial of Moshier's Cephes library. */
static inline real exp_single(real x)
{
    const real above = x < -104.0f ? -104.0f : x; /* exp is 0 below, infinite beyond 89 */
    const real clipped = above > 89.0f ? 89.0f : above;
    const real shifted = clipped * 1.44269504f + 12582912.0f; /* adding 1.5 * 2^23 rounds to a whole number */
    const real whole = shifted - 12582912.0f;
    int32_t n;
    memcpy(&n, &shifted, sizeof n);
    n -= 0x4B400000;
    const real r = (clipped - whole * 0.693359375f) + whole * 2.12194440e-4f;
    real p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    const real y = (p * r) * r + r + 1.0f;
    const int32_t half = n >> 1; /* 2^n in two factors: one alone ends at 2^127 */
    return y * power_of_two(half) * power_of_two(n - half);
}

/* The larger of two numbers; NaN where either is NaN. */
static inline real maximum(real a, real b)
{
    return (a >= b) | (a != a) ? a : b;
}

/* a where the condition holds, else b; both are computed, so that a loop over it has no branches. */
static inline real choose(int condition, real a, real b)
{
    return condition ? a : b;
}

/* 1 / (1 + exp(-x)), by exponentials that cannot overflow. */
static inline real sigmoid(real x)
{
    const real e = exp_single(-fabsf(x));
    return (x >= 0 ? 1 : e) / (1 + e);
}

static inline real square(real x)
{
    return x * x;
}

/* A permutation of the 32-bit words: Chris Wellons' lowbias32, https://github.com/skeeto/hash-prospector. */
static inline uint32_t mix_word(uint32_t x)
{
    x = (x ^ x >> 16) * UINT32_C(0x7FEB352D);
    x = (x ^ x >> 15) * UINT32_C(0x846CA68B);
    return x ^ x >> 16;
}

/* The random number at a position, in [0, 1): 24 bits of a hash of the four, so the same in any precision. */
static inline real uniform(double seed, double step, double stream, int32_t position)
{
    const uint32_t started = mix_word((uint32_t)(int64_t)seed ^ UINT32_C(0x9E3779B9));
    const uint32_t stepped = mix_word(started ^ (uint32_t)(int64_t)step);
    const uint32_t key = mix_word(stepped ^ (uint32_t)(int64_t)stream);
    const uint32_t word = mix_word((uint32_t)position ^ key) + mix_word(key + UINT32_C(0x9E3779B9));
    return (real)(int32_t)(mix_word(word) >> 8) * (real)(1.0 / 16777216.0);
}

/* Matrix products.  A kernel asks for them tile by tile, and finishes each tile while it is in the cache.

   tile[r][c] = sum over k of a[r * a_row + k * a_step] * b[k * b_step + c * b_column]

   The innermost loops keep ROWS x COLUMNS sums in vector registers.  They read b from a panel whose rows
   lie next to each other; a is read where it is, for one number of it serves a whole row of sums.        */

#if defined(__AVX512F__)
#define BYTES 64 /* of a vector register */
#define ROWS 12  /* of sums in registers */
#elif defined(__AVX__)
#define BYTES 32
#define ROWS 6
#else
#define BYTES 16
#define ROWS 4
#endif

#if defined(__GNUC__) && !defined(PLAIN_C)
enum { LANES = BYTES / sizeof(real) };
#define VECTOR(bytes) __attribute__((vector_size(bytes), aligned(sizeof(real)), may_alias))
typedef real lanes VECTOR(BYTES);
#define INLINE static inline __attribute__((always_inline))
#else
enum { LANES = 1 };
typedef real lanes;
#define INLINE static inline
#endif

enum {
    COLUMNS = 2 * LANES,  /* of a tile */
    TILE_ROWS = 8 * ROWS, /* of a tile */
    DEPTH = 256,          /* terms that are summed between two visits of a tile: its part of a panel stays in L1 */
    PANEL_DEPTH = 1024    /* terms of a panel that is kept for all tiles below each other */
};

/* Add `depth` terms to `rows` rows of a tile; rows is a constant where this is inlined. */
INLINE void add_products(const int rows, real *restrict tile, int depth, const real *restrict a, ptrdiff_t a_row,
                         ptrdiff_t a_step, const real *restrict b, ptrdiff_t b_step, int first)
{
    lanes left[ROWS], right[ROWS];
    for (int r = 0; r < rows; r++) {
        left[r] = first ? (lanes){0} : *(const lanes *)(tile + r * COLUMNS);
        right[r] = first ? (lanes){0} : *(const lanes *)(tile + r * COLUMNS + LANES);
    }
    for (int k = 0; k < depth; k++, a += a_step, b += b_step) {
        const lanes b_left = *(const lanes *)b, b_right = *(const lanes *)(b + LANES);
        for (int r = 0; r < rows; r++) {
            left[r] += a[r * a_row] * b_left;
            right[r] += a[r * a_row] * b_right;
        }
    }
    for (int r = 0; r < rows; r++) {
        *(lanes *)(tile + r * COLUMNS) = left[r];
        *(lanes *)(tile + r * COLUMNS + LANES) = right[r];
    }
}

/* Copy `depth` x `columns` numbers of b into a panel, with zeros in the columns that b lacks. */
static void pack(real *restrict panel, int depth, int columns, const real *restrict b, ptrdiff_t b_step,
                 ptrdiff_t b_column)
{
    if (columns < COLUMNS)
        memset(panel, 0, sizeof(real) * (size_t)depth * COLUMNS);
    if (b_column == 1)
        for (int k = 0; k < depth; k++)
            for (int c = 0; c < columns; c++)
                panel[k * COLUMNS + c] = b[k * b_step + c];
    else
        for (int k = 0; k < depth; k++)
            for (int c = 0; c < columns; c++)
                panel[k * COLUMNS + c] = b[k * b_step + c * b_column];
}

/* The sum of a[k] * b[k]. */
INLINE real dot(int depth, const real *restrict a, const real *restrict b)
{
    lanes sums[4];
    int k = 0;
    for (int v = 0; v < 4; v++)
        sums[v] = (lanes){0};
    for (; k + 4 * LANES <= depth; k += 4 * LANES)
        for (int v = 0; v < 4; v++)
            sums[v] += *(const lanes *)(a + k + v * LANES) * *(const lanes *)(b + k + v * LANES);
    real parts[LANES], sum = 0;
    *(lanes *)parts = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    for (int v = 0; v < LANES; v++)
        sum += parts[v];
    for (; k < depth; k++)
        sum += a[k] * b[k];
    return sum;
}

/* One tile: `rows` <= TILE_ROWS, `columns` <= COLUMNS.  fresh: the panel does not hold these columns of b yet. */
static void multiply(real *restrict tile, real *restrict panel, int fresh, int rows, int columns, int depth,
                     const real *restrict a, ptrdiff_t a_row, ptrdiff_t a_step, const real *restrict b, ptrdiff_t b_step,
                     ptrdiff_t b_column)
{
    if ((rows <= 3 || columns <= 3) && a_step == 1 && b_step == 1) {
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++)
                tile[r * COLUMNS + c] = dot(depth, a + r * a_row, b + c * b_column);
        return;
    }
    const int direct = rows <= ROWS && b_column == 1 && columns == COLUMNS;
    for (int from = 0; from < depth; from += DEPTH) {
        const int part = depth - from < DEPTH ? depth - from : DEPTH;
        real *place = depth > PANEL_DEPTH ? panel : panel + from * COLUMNS;
        if (!direct && (fresh || depth > PANEL_DEPTH))
            pack(place, part, columns, b + from * b_step, b_step, b_column);
        const real *of_b = direct ? b + from * b_step : place;
        const ptrdiff_t step = direct ? b_step : COLUMNS;
        for (int r = 0; r < rows; r += ROWS) {
            const real *of_a = a + r * a_row + from * a_step;
            switch (rows - r < ROWS ? rows - r : ROWS) {
#define CASE(n) case n: add_products(n, tile + r * COLUMNS, part, of_a, a_row, a_step, of_b, step, from == 0); break;
            CASE(1) CASE(2) CASE(3) CASE(4)
#if ROWS >= 6
            CASE(5) CASE(6)
#endif
#if ROWS >= 12
            CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)
#endif
#undef CASE
            }
        }
    }
}

/* noisy: equation
   (1) noisy[b, i] = 0.3 * sqrt(2) * sqrt(-log1p(-uniform(seed, t, 3870845827, 64 * b + i))) * cos(2 * pi * uniform(seed, t, 2142321209, 64 * b + i)) + x[b, i]
*/
static void equation_64(
    real *restrict noisy,        /* [B, 64] */
    const double *restrict seed,
    const double *restrict t,
    const real *restrict x,      /* [B, 64] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 64; i++) {
            noisy[b * 64 + i] = 0.4242640687119285f * sqrtf(-log1pf(-uniform(*seed, *t, 3870845827.0, 64 * b + i))) * cosf(6.283185307179586f * uniform(*seed, *t, 2142321209.0, 64 * b + i)) + x[b * 64 + i];
        }
    }
}

/* encoder: linear, relu
   (2) encoder.z[b, o] = sum[i](noisy[b, i] * encoder.weight[o, i]) + encoder.bias[o]
   (3) encoder[b, o] = max(0, encoder.z[b, o])
*/
static void linear_relu_128_64(
    real *restrict encoder,      /* [B, 128] */
    const real *restrict noisy,  /* [B, 64] */
    const real *restrict weight, /* [128, 64] */
    const real *restrict bias,   /* [128] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 128 - j_tile < COLUMNS ? 128 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 64,
                     noisy + i_tile * 64, 64, 1,
                     weight + j_tile * 64, 1, 64);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real z = tile[r * COLUMNS + c] + bias[o]; /* (2) */
                    encoder[b * 128 + o] = maximum(0.0f, z); /* (3) */
                }
            }
        }
    }
}

/* code: linear, relu
   (4) code.z[b, o] = sum[i](encoder[b, i] * code.weight[o, i]) + code.bias[o]
   (5) code[b, o] = max(0, code.z[b, o])
*/
static void linear_relu_32_128(
    real *restrict code,          /* [B, 32] */
    const real *restrict encoder, /* [B, 128] */
    const real *restrict weight,  /* [32, 128] */
    const real *restrict bias,    /* [32] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 32 - j_tile < COLUMNS ? 32 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 128,
                     encoder + i_tile * 128, 128, 1,
                     weight + j_tile * 128, 1, 128);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real z = tile[r * COLUMNS + c] + bias[o]; /* (4) */
                    code[b * 32 + o] = maximum(0.0f, z); /* (5) */
                }
            }
        }
    }
}

/* decoder: linear, relu
   (6) decoder.z[b, o] = sum[i](code[b, i] * decoder.weight[o, i]) + decoder.bias[o]
   (7) decoder[b, o] = max(0, decoder.z[b, o])
*/
static void linear_relu_128_32(
    real *restrict decoder,      /* [B, 128] */
    const real *restrict code,   /* [B, 32] */
    const real *restrict weight, /* [128, 32] */
    const real *restrict bias,   /* [128] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 128 - j_tile < COLUMNS ? 128 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 32,
                     code + i_tile * 32, 32, 1,
                     weight + j_tile * 32, 1, 32);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real z = tile[r * COLUMNS + c] + bias[o]; /* (6) */
                    decoder[b * 128 + o] = maximum(0.0f, z); /* (7) */
                }
            }
        }
    }
}

/* clean: linear, sigmoid
   (8) clean.z[b, o] = sum[i](decoder[b, i] * clean.weight[o, i]) + clean.bias[o]
   (9) clean[b, o] = sigmoid(clean.z[b, o])
*/
static void linear_sigmoid_64_128(
    real *restrict clean,         /* [B, 64] */
    const real *restrict decoder, /* [B, 128] */
    const real *restrict weight,  /* [64, 128] */
    const real *restrict bias,    /* [64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 128,
                     decoder + i_tile * 128, 128, 1,
                     weight + j_tile * 128, 1, 128);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real z = tile[r * COLUMNS + c] + bias[o]; /* (8) */
                    clean[b * 64 + o] = sigmoid(z); /* (9) */
                }
            }
        }
    }
}

/* clean: linear, sigmoid
   (8) clean.z[b, o] = sum[i](decoder[b, i] * clean.weight[o, i]) + clean.bias[o]
   (9) clean[b, o] = sigmoid(clean.z[b, o])
*/
static void linear_sigmoid_64_128_v2(
    real *restrict z,             /* [B, 64] */
    real *restrict clean,         /* [B, 64] */
    const real *restrict decoder, /* [B, 128] */
    const real *restrict weight,  /* [64, 128] */
    const real *restrict bias,    /* [64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 128,
                     decoder + i_tile * 128, 128, 1,
                     weight + j_tile * 128, 1, 128);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    z[b * 64 + o] = tile[r * COLUMNS + c] + bias[o]; /* (8) */
                    clean[b * 64 + o] = sigmoid(z[b * 64 + o]); /* (9) */
                }
            }
        }
    }
}

/* loss: mse
   (10) loss = sum[b, i]((clean[b, i] * (1 - x[b, i]) - x[b, i] * sigmoid(-clean.z[b, i]))**2) / (64 * B)
*/
static void mse_64(
    real *restrict loss,
    const real *restrict x,     /* [B, 64] */
    const real *restrict clean, /* [B, 64] */
    const real *restrict z,     /* [B, 64] */
    int batch)
{
    real parts[16] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o_first = 0; o_first < 64; o_first += 16) {
            for (int part = 0; part < 16; part++) {
                const int o = o_first + part;
                parts[part] += square((1.0f - x[b * 64 + o]) * clean[b * 64 + o] - sigmoid(-z[b * 64 + o]) * x[b * 64 + o]);
            }
        }
    }
    real sum = 0;
    for (int part = 0; part < 16; part++) {
        sum += parts[part];
    }
    *loss = sum / (64.0f * (real)batch);
}

/* clean: linear, sigmoid, gradient of linear
   (8) clean.z[b, o] = sum[i](decoder[b, i] * clean.weight[o, i]) + clean.bias[o]
   (9) clean[b, o] = sigmoid(clean.z[b, o])
   (11) d.clean.z[b, o] = clean[b, o] * sigmoid(-clean.z[b, o]) * (clean[b, o] * (1 - x[b, o]) - x[b, o] * sigmoid(-clean.z[b, o])) / (32 * B)
*/
static void linear_sigmoid_d_z_64_128(
    real *restrict z,             /* [B, 64] */
    real *restrict clean,         /* [B, 64] */
    real *restrict d_z,           /* [B, 64] */
    const real *restrict decoder, /* [B, 128] */
    const real *restrict weight,  /* [64, 128] */
    const real *restrict bias,    /* [64] */
    const real *restrict x,       /* [B, 64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS]; /* (8) */
    const real scale = 1.0f / (32.0f * (real)batch); /* (11) */
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 128,
                     decoder + i_tile * 128, 128, 1,
                     weight + j_tile * 128, 1, 128);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    z[b * 64 + o] = tile[r * COLUMNS + c] + bias[o]; /* (8) */
                    clean[b * 64 + o] = sigmoid(z[b * 64 + o]); /* (9) */
                    const real shared = sigmoid(-z[b * 64 + o]);
                    d_z[b * 64 + o] = scale * ((1.0f - x[b * 64 + o]) * clean[b * 64 + o] - shared * x[b * 64 + o]) * shared * clean[b * 64 + o]; /* (11) */
                }
            }
        }
    }
}

/* clean: gradient of linear
   (12) d.clean.weight[o, i] = sum[b](d.clean.z[b, o] * decoder[b, i])
*/
static void d_weight_64_128(
    real *restrict d_weight,      /* [64, 128] */
    const real *restrict d_z,     /* [B, 64] */
    const real *restrict decoder, /* [B, 128] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
            const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
            const int columns = 128 - j_tile < COLUMNS ? 128 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch,
                     d_z + i_tile, 1, 64,
                     decoder + j_tile, 128, 1);
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_weight[o * 128 + i] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* clean: gradient of linear
   (13) d.clean.bias[o] = sum[b](d.clean.z[b, o])
*/
static void d_bias_64(
    real *restrict d_bias,    /* [64] */
    const real *restrict d_z, /* [B, 64] */
    int batch)
{
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 64; o++) {
            sum[o] += d_z[b * 64 + o];
        }
    }
    for (int o = 0; o < 64; o++) {
        d_bias[o] = sum[o];
    }
}

/* decoder: gradient of linear
   (14) d.decoder.z[b, o] = sum[i](d.clean.z[b, i] * clean.weight[i, o]) * (decoder[b, o] > 0)
*/
static void d_z_128_64(
    real *restrict decoder,      /* [B, 128] */
    const real *restrict d_z,    /* [B, 64] */
    const real *restrict weight, /* [64, 128] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 128 - j_tile < COLUMNS ? 128 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 64,
                     d_z + i_tile * 64, 64, 1,
                     weight + j_tile, 128, 1);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
#pragma GCC unroll 1
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    decoder[b * 128 + o] = choose(decoder[b * 128 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                }
            }
        }
    }
}

/* decoder: gradient of linear
   (15) d.decoder.weight[o, i] = sum[b](code[b, i] * d.decoder.z[b, o])
*/
static void d_weight_128_32(
    real *restrict d_weight,      /* [128, 32] */
    const real *restrict decoder, /* [B, 128] */
    const real *restrict code,    /* [B, 32] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 128; i_tile += TILE_ROWS) {
            const int rows = 128 - i_tile < TILE_ROWS ? 128 - i_tile : TILE_ROWS;
            const int columns = 32 - j_tile < COLUMNS ? 32 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch,
                     decoder + i_tile, 1, 128,
                     code + j_tile, 32, 1);
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_weight[o * 32 + i] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* decoder: gradient of linear
   (16) d.decoder.bias[o] = sum[b](d.decoder.z[b, o])
   and, in other places, (22)
*/
static void d_bias_128(
    real *restrict d_bias,        /* [128] */
    const real *restrict decoder, /* [B, 128] */
    int batch)
{
    real sum[128] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 128; o++) {
            sum[o] += decoder[b * 128 + o];
        }
    }
    for (int o = 0; o < 128; o++) {
        d_bias[o] = sum[o];
    }
}

/* code: gradient of linear
   (17) d.code.z[b, o] = sum[i](d.decoder.z[b, i] * decoder.weight[i, o]) * (code[b, o] > 0)
*/
static void d_z_32_128(
    real *restrict code,          /* [B, 32] */
    const real *restrict decoder, /* [B, 128] */
    const real *restrict weight,  /* [128, 32] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 32 - j_tile < COLUMNS ? 32 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 128,
                     decoder + i_tile * 128, 128, 1,
                     weight + j_tile, 32, 1);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
#pragma GCC unroll 1
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    code[b * 32 + o] = choose(code[b * 32 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                }
            }
        }
    }
}

/* code: gradient of linear
   (18) d.code.weight[o, i] = sum[b](d.code.z[b, o] * encoder[b, i])
*/
static void d_weight_32_128(
    real *restrict d_weight,      /* [32, 128] */
    const real *restrict code,    /* [B, 32] */
    const real *restrict encoder, /* [B, 128] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 32; i_tile += TILE_ROWS) {
            const int rows = 32 - i_tile < TILE_ROWS ? 32 - i_tile : TILE_ROWS;
            const int columns = 128 - j_tile < COLUMNS ? 128 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch,
                     code + i_tile, 1, 32,
                     encoder + j_tile, 128, 1);
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_weight[o * 128 + i] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* code: gradient of linear
   (19) d.code.bias[o] = sum[b](d.code.z[b, o])
*/
static void d_bias_32(
    real *restrict d_bias,     /* [32] */
    const real *restrict code, /* [B, 32] */
    int batch)
{
    real sum[32] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 32; o++) {
            sum[o] += code[b * 32 + o];
        }
    }
    for (int o = 0; o < 32; o++) {
        d_bias[o] = sum[o];
    }
}

/* encoder: gradient of linear
   (20) d.encoder.z[b, o] = sum[i](d.code.z[b, i] * code.weight[i, o]) * (encoder[b, o] > 0)
*/
static void d_z_128_32(
    real *restrict encoder,      /* [B, 128] */
    const real *restrict code,   /* [B, 32] */
    const real *restrict weight, /* [32, 128] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 128 - j_tile < COLUMNS ? 128 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 32,
                     code + i_tile * 32, 32, 1,
                     weight + j_tile, 128, 1);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
#pragma GCC unroll 1
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    encoder[b * 128 + o] = choose(encoder[b * 128 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                }
            }
        }
    }
}

/* encoder: gradient of linear
   (21) d.encoder.weight[o, i] = sum[b](d.encoder.z[b, o] * noisy[b, i])
*/
static void d_weight_128_64(
    real *restrict d_weight,      /* [128, 64] */
    const real *restrict encoder, /* [B, 128] */
    const real *restrict noisy,   /* [B, 64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 128; i_tile += TILE_ROWS) {
            const int rows = 128 - i_tile < TILE_ROWS ? 128 - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch,
                     encoder + i_tile, 1, 128,
                     noisy + j_tile, 64, 1);
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_weight[o * 64 + i] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* noisy: gradient of equation
   (23) d.x[b, i] = sum[j](d.encoder.z[b, j] * encoder.weight[j, i]) + (x[b, i] - clean[b, i]) / (32 * B)
*/
static void d_x_64_128(
    real *restrict d_x,           /* [B, 64] */
    const real *restrict encoder, /* [B, 128] */
    const real *restrict weight,  /* [128, 64] */
    const real *restrict x,       /* [B, 64] */
    const real *restrict clean,   /* [B, 64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    const real scale = 1.0f / (32.0f * (real)batch);
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 128,
                     encoder + i_tile * 128, 128, 1,
                     weight + j_tile, 64, 1);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_x[b * 64 + i] = tile[r * COLUMNS + c] + scale * (x[b * 64 + i] - clean[b * 64 + i]);
                }
            }
        }
    }
}

/* optimizer: adam rate, next step
   (24) optimizer.rate = lr / (1 - beta1**(1 + t))
   (25) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
   (26) t.next = 1 + t
*/
static void adam_rate_next_step(
    double *restrict rate,
    double *restrict scale,
    double *restrict t,
    const double *restrict lr,
    const double *restrict beta1,
    const double *restrict beta2)
{
    *rate = *lr / (1.0 - pow(*beta1, *t + 1.0)); /* (24) */
    *scale = 1.0 / sqrt(1.0 - pow(*beta2, *t + 1.0)); /* (25) */
    *t = *t + 1.0; /* (26) */
}

/* clean: gradient of linear, adam
   (13) d.clean.bias[o] = sum[b](d.clean.z[b, o])
   (48) clean.bias.m.next[o] = (1 - beta1) * d.clean.bias[o] + beta1 * clean.bias.m[o]
   (49) clean.bias.v.next[o] = (1 - beta2) * d.clean.bias[o]**2 + beta2 * clean.bias.v[o]
   (50) clean.bias.next[o] = clean.bias[o] - optimizer.rate * clean.bias.m.next[o] / (optimizer.scale * sqrt(clean.bias.v.next[o]) + eps)
*/
static void d_bias_adam_64(
    real *restrict m,             /* [64] */
    real *restrict v,             /* [64] */
    real *restrict bias,          /* [64] */
    const real *restrict d_z,     /* [B, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (48) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (49) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (50) */
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 64; o++) {
            sum[o] += d_z[b * 64 + o];
        }
    }
    for (int o = 0; o < 64; o++) {
        const real d_bias = sum[o]; /* (13) */
        m[o] = one_minus_beta1 * d_bias + beta1_real * m[o]; /* (48) */
        v[o] = one_minus_beta2 * square(d_bias) + beta2_real * v[o]; /* (49) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (50) */
    }
}

/* decoder: gradient of linear
   (14) d.decoder.z[b, o] = sum[i](d.clean.z[b, i] * clean.weight[i, o]) * (decoder[b, o] > 0)
*/
static void d_z_128_64_v2(
    real *restrict d_z,             /* [B, 128] */
    const real *restrict decoder,   /* [B, 128] */
    const real *restrict d_clean_z, /* [B, 64] */
    const real *restrict weight,    /* [64, 128] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 128 - j_tile < COLUMNS ? 128 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 64,
                     d_clean_z + i_tile * 64, 64, 1,
                     weight + j_tile, 128, 1);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
#pragma GCC unroll 1
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    d_z[b * 128 + o] = choose(decoder[b * 128 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                }
            }
        }
    }
}

/* clean: gradient of linear, adam
   (12) d.clean.weight[o, i] = sum[b](d.clean.z[b, o] * decoder[b, i])
   (45) clean.weight.m.next[o, i] = (1 - beta1) * d.clean.weight[o, i] + beta1 * clean.weight.m[o, i]
   (46) clean.weight.v.next[o, i] = (1 - beta2) * d.clean.weight[o, i]**2 + beta2 * clean.weight.v[o, i]
   (47) clean.weight.next[o, i] = clean.weight[o, i] - optimizer.rate * clean.weight.m.next[o, i] / (optimizer.scale * sqrt(clean.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_64_128(
    real *restrict m,             /* [64, 128] */
    real *restrict v,             /* [64, 128] */
    real *restrict weight,        /* [64, 128] */
    const real *restrict d_z,     /* [B, 64] */
    const real *restrict decoder, /* [B, 128] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS]; /* (12) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (45) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (46) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (47) */
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
            const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
            const int columns = 128 - j_tile < COLUMNS ? 128 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch,
                     d_z + i_tile, 1, 64,
                     decoder + j_tile, 128, 1);
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (12) */
                    m[o * 128 + i] = one_minus_beta1 * d_weight + beta1_real * m[o * 128 + i]; /* (45) */
                    v[o * 128 + i] = one_minus_beta2 * square(d_weight) + beta2_real * v[o * 128 + i]; /* (46) */
                    weight[o * 128 + i] = weight[o * 128 + i] - rate_real * m[o * 128 + i] / (scale_real * sqrtf(v[o * 128 + i]) + eps_real); /* (47) */
                }
            }
        }
    }
}

/* decoder: gradient of linear, adam
   (16) d.decoder.bias[o] = sum[b](d.decoder.z[b, o])
   (42) decoder.bias.m.next[o] = (1 - beta1) * d.decoder.bias[o] + beta1 * decoder.bias.m[o]
   (43) decoder.bias.v.next[o] = (1 - beta2) * d.decoder.bias[o]**2 + beta2 * decoder.bias.v[o]
   (44) decoder.bias.next[o] = decoder.bias[o] - optimizer.rate * decoder.bias.m.next[o] / (optimizer.scale * sqrt(decoder.bias.v.next[o]) + eps)
   and, in other places, (22) (30) (31) (32)
*/
static void d_bias_adam_128(
    real *restrict m,             /* [128] */
    real *restrict v,             /* [128] */
    real *restrict bias,          /* [128] */
    const real *restrict d_z,     /* [B, 128] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (42) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (43) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (44) */
    real sum[128] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 128; o++) {
            sum[o] += d_z[b * 128 + o];
        }
    }
    for (int o = 0; o < 128; o++) {
        const real d_bias = sum[o]; /* (16) */
        m[o] = one_minus_beta1 * d_bias + beta1_real * m[o]; /* (42) */
        v[o] = one_minus_beta2 * square(d_bias) + beta2_real * v[o]; /* (43) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (44) */
    }
}

/* code: gradient of linear
   (17) d.code.z[b, o] = sum[i](d.decoder.z[b, i] * decoder.weight[i, o]) * (code[b, o] > 0)
*/
static void d_z_32_128_v2(
    real *restrict d_z,               /* [B, 32] */
    const real *restrict code,        /* [B, 32] */
    const real *restrict d_decoder_z, /* [B, 128] */
    const real *restrict weight,      /* [128, 32] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 32 - j_tile < COLUMNS ? 32 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 128,
                     d_decoder_z + i_tile * 128, 128, 1,
                     weight + j_tile, 32, 1);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
#pragma GCC unroll 1
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    d_z[b * 32 + o] = choose(code[b * 32 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                }
            }
        }
    }
}

/* decoder: gradient of linear, adam
   (15) d.decoder.weight[o, i] = sum[b](code[b, i] * d.decoder.z[b, o])
   (39) decoder.weight.m.next[o, i] = (1 - beta1) * d.decoder.weight[o, i] + beta1 * decoder.weight.m[o, i]
   (40) decoder.weight.v.next[o, i] = (1 - beta2) * d.decoder.weight[o, i]**2 + beta2 * decoder.weight.v[o, i]
   (41) decoder.weight.next[o, i] = decoder.weight[o, i] - optimizer.rate * decoder.weight.m.next[o, i] / (optimizer.scale * sqrt(decoder.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_128_32(
    real *restrict m,             /* [128, 32] */
    real *restrict v,             /* [128, 32] */
    real *restrict weight,        /* [128, 32] */
    const real *restrict d_z,     /* [B, 128] */
    const real *restrict code,    /* [B, 32] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS]; /* (15) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (39) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (40) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (41) */
    for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 128; i_tile += TILE_ROWS) {
            const int rows = 128 - i_tile < TILE_ROWS ? 128 - i_tile : TILE_ROWS;
            const int columns = 32 - j_tile < COLUMNS ? 32 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch,
                     d_z + i_tile, 1, 128,
                     code + j_tile, 32, 1);
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (15) */
                    m[o * 32 + i] = one_minus_beta1 * d_weight + beta1_real * m[o * 32 + i]; /* (39) */
                    v[o * 32 + i] = one_minus_beta2 * square(d_weight) + beta2_real * v[o * 32 + i]; /* (40) */
                    weight[o * 32 + i] = weight[o * 32 + i] - rate_real * m[o * 32 + i] / (scale_real * sqrtf(v[o * 32 + i]) + eps_real); /* (41) */
                }
            }
        }
    }
}

/* code: gradient of linear, adam
   (19) d.code.bias[o] = sum[b](d.code.z[b, o])
   (36) code.bias.m.next[o] = (1 - beta1) * d.code.bias[o] + beta1 * code.bias.m[o]
   (37) code.bias.v.next[o] = (1 - beta2) * d.code.bias[o]**2 + beta2 * code.bias.v[o]
   (38) code.bias.next[o] = code.bias[o] - optimizer.rate * code.bias.m.next[o] / (optimizer.scale * sqrt(code.bias.v.next[o]) + eps)
*/
static void d_bias_adam_32(
    real *restrict m,             /* [32] */
    real *restrict v,             /* [32] */
    real *restrict bias,          /* [32] */
    const real *restrict d_z,     /* [B, 32] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (36) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (37) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (38) */
    real sum[32] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 32; o++) {
            sum[o] += d_z[b * 32 + o];
        }
    }
    for (int o = 0; o < 32; o++) {
        const real d_bias = sum[o]; /* (19) */
        m[o] = one_minus_beta1 * d_bias + beta1_real * m[o]; /* (36) */
        v[o] = one_minus_beta2 * square(d_bias) + beta2_real * v[o]; /* (37) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (38) */
    }
}

/* encoder: gradient of linear
   (20) d.encoder.z[b, o] = sum[i](d.code.z[b, i] * code.weight[i, o]) * (encoder[b, o] > 0)
*/
static void d_z_128_32_v2(
    real *restrict d_z,            /* [B, 128] */
    const real *restrict encoder,  /* [B, 128] */
    const real *restrict d_code_z, /* [B, 32] */
    const real *restrict weight,   /* [32, 128] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 128 - j_tile < COLUMNS ? 128 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 32,
                     d_code_z + i_tile * 32, 32, 1,
                     weight + j_tile, 128, 1);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
#pragma GCC unroll 1
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    d_z[b * 128 + o] = choose(encoder[b * 128 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                }
            }
        }
    }
}

/* encoder: gradient of linear, adam
   (21) d.encoder.weight[o, i] = sum[b](d.encoder.z[b, o] * noisy[b, i])
   (27) encoder.weight.m.next[o, i] = (1 - beta1) * d.encoder.weight[o, i] + beta1 * encoder.weight.m[o, i]
   (28) encoder.weight.v.next[o, i] = (1 - beta2) * d.encoder.weight[o, i]**2 + beta2 * encoder.weight.v[o, i]
   (29) encoder.weight.next[o, i] = encoder.weight[o, i] - optimizer.rate * encoder.weight.m.next[o, i] / (optimizer.scale * sqrt(encoder.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_128_64(
    real *restrict m,             /* [128, 64] */
    real *restrict v,             /* [128, 64] */
    real *restrict weight,        /* [128, 64] */
    const real *restrict d_z,     /* [B, 128] */
    const real *restrict noisy,   /* [B, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS]; /* (21) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (27) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (28) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (29) */
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 128; i_tile += TILE_ROWS) {
            const int rows = 128 - i_tile < TILE_ROWS ? 128 - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch,
                     d_z + i_tile, 1, 128,
                     noisy + j_tile, 64, 1);
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (21) */
                    m[o * 64 + i] = one_minus_beta1 * d_weight + beta1_real * m[o * 64 + i]; /* (27) */
                    v[o * 64 + i] = one_minus_beta2 * square(d_weight) + beta2_real * v[o * 64 + i]; /* (28) */
                    weight[o * 64 + i] = weight[o * 64 + i] - rate_real * m[o * 64 + i] / (scale_real * sqrtf(v[o * 64 + i]) + eps_real); /* (29) */
                }
            }
        }
    }
}

/* code: gradient of linear, adam
   (18) d.code.weight[o, i] = sum[b](d.code.z[b, o] * encoder[b, i])
   (33) code.weight.m.next[o, i] = (1 - beta1) * d.code.weight[o, i] + beta1 * code.weight.m[o, i]
   (34) code.weight.v.next[o, i] = (1 - beta2) * d.code.weight[o, i]**2 + beta2 * code.weight.v[o, i]
   (35) code.weight.next[o, i] = code.weight[o, i] - optimizer.rate * code.weight.m.next[o, i] / (optimizer.scale * sqrt(code.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_32_128(
    real *restrict m,             /* [32, 128] */
    real *restrict v,             /* [32, 128] */
    real *restrict weight,        /* [32, 128] */
    const real *restrict d_z,     /* [B, 32] */
    const real *restrict encoder, /* [B, 128] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS]; /* (18) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (33) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (34) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (35) */
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 32; i_tile += TILE_ROWS) {
            const int rows = 32 - i_tile < TILE_ROWS ? 32 - i_tile : TILE_ROWS;
            const int columns = 128 - j_tile < COLUMNS ? 128 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch,
                     d_z + i_tile, 1, 32,
                     encoder + j_tile, 128, 1);
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (18) */
                    m[o * 128 + i] = one_minus_beta1 * d_weight + beta1_real * m[o * 128 + i]; /* (33) */
                    v[o * 128 + i] = one_minus_beta2 * square(d_weight) + beta2_real * v[o * 128 + i]; /* (34) */
                    weight[o * 128 + i] = weight[o * 128 + i] - rate_real * m[o * 128 + i] / (scale_real * sqrtf(v[o * 128 + i]) + eps_real); /* (35) */
                }
            }
        }
    }
}

double denoising_autoencoder_forward(const denoising_autoencoder_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const linear_part = net->workspace + 16;
    real *const noisy = linear_part + 128 * capacity;
    real *const encoder = linear_part;
    real *const code = linear_part + 128 * capacity;
    real *const decoder = linear_part;
    real *const clean = linear_part + 128 * capacity;

    /* (1) */
    equation_64(noisy, net->settings + seed, net->counters + t, net->in_x, batch);
    /* (2) (3) */
    linear_relu_128_64(encoder, noisy, net->parameters + encoder_weight, net->parameters + encoder_bias, batch);
    /* (4) (5) */
    linear_relu_32_128(code, encoder, net->parameters + code_weight, net->parameters + code_bias, batch);
    /* (6) (7) */
    linear_relu_128_32(decoder, code, net->parameters + decoder_weight, net->parameters + decoder_bias, batch);
    /* (8) (9) */
    linear_sigmoid_64_128(clean, decoder, net->parameters + clean_weight, net->parameters + clean_bias, batch);
    return 0;
}

double denoising_autoencoder_loss(const denoising_autoencoder_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const noisy = linear_part + 128 * capacity;
    real *const encoder = linear_part;
    real *const code = linear_part + 128 * capacity;
    real *const decoder = linear_part;
    real *const clean_z = linear_part + 192 * capacity;
    real *const clean = linear_part + 128 * capacity;
    real *const loss = fixed;

    /* (1) */
    equation_64(noisy, net->settings + seed, net->counters + t, net->in_x, batch);
    /* (2) (3) */
    linear_relu_128_64(encoder, noisy, net->parameters + encoder_weight, net->parameters + encoder_bias, batch);
    /* (4) (5) */
    linear_relu_32_128(code, encoder, net->parameters + code_weight, net->parameters + code_bias, batch);
    /* (6) (7) */
    linear_relu_128_32(decoder, code, net->parameters + decoder_weight, net->parameters + decoder_bias, batch);
    /* (8) (9) */
    linear_sigmoid_64_128_v2(clean_z, clean, decoder, net->parameters + clean_weight, net->parameters + clean_bias,
                             batch);
    /* (10) */
    mse_64(loss, net->in_x, clean, clean_z, batch);
    return (double)*loss;
}

double denoising_autoencoder_gradients(const denoising_autoencoder_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const noisy = linear_part + 256 * capacity;
    real *const encoder = linear_part;
    real *const code = linear_part + 512 * capacity;
    real *const decoder = linear_part + 128 * capacity;
    real *const clean_z = linear_part + 448 * capacity;
    real *const clean = linear_part + 384 * capacity;
    real *const d_clean_z = linear_part + 320 * capacity;
    real *const loss = fixed;

    /* (1) */
    equation_64(noisy, net->settings + seed, net->counters + t, net->in_x, batch);
    /* (2) (3) */
    linear_relu_128_64(encoder, noisy, net->parameters + encoder_weight, net->parameters + encoder_bias, batch);
    /* (4) (5) */
    linear_relu_32_128(code, encoder, net->parameters + code_weight, net->parameters + code_bias, batch);
    /* (6) (7) */
    linear_relu_128_32(decoder, code, net->parameters + decoder_weight, net->parameters + decoder_bias, batch);
    /* (8) (9) (11) */
    linear_sigmoid_d_z_64_128(clean_z, clean, d_clean_z, decoder, net->parameters + clean_weight,
                              net->parameters + clean_bias, net->in_x, batch);
    /* (10) */
    mse_64(loss, net->in_x, clean, clean_z, batch);
    /* (12) */
    d_weight_64_128(net->gradients + d_clean_weight, d_clean_z, decoder, batch);
    /* (13) */
    d_bias_64(net->gradients + d_clean_bias, d_clean_z, batch);
    /* (14) */
    d_z_128_64(decoder, d_clean_z, net->parameters + clean_weight, batch);
    /* (15) */
    d_weight_128_32(net->gradients + d_decoder_weight, decoder, code, batch);
    /* (16) */
    d_bias_128(net->gradients + d_decoder_bias, decoder, batch);
    /* (17) */
    d_z_32_128(code, decoder, net->parameters + decoder_weight, batch);
    /* (18) */
    d_weight_32_128(net->gradients + d_code_weight, code, encoder, batch);
    /* (19) */
    d_bias_32(net->gradients + d_code_bias, code, batch);
    /* (20) */
    d_z_128_32(encoder, code, net->parameters + code_weight, batch);
    /* (21) */
    d_weight_128_64(net->gradients + d_encoder_weight, encoder, noisy, batch);
    /* (22) */
    d_bias_128(net->gradients + d_encoder_bias, encoder, batch);
    return (double)*loss;
}

double denoising_autoencoder_input_gradients(const denoising_autoencoder_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const noisy = linear_part + 256 * capacity;
    real *const encoder = linear_part;
    real *const code = linear_part + 512 * capacity;
    real *const decoder = linear_part + 128 * capacity;
    real *const clean_z = linear_part + 448 * capacity;
    real *const clean = linear_part + 320 * capacity;
    real *const d_clean_z = linear_part + 384 * capacity;
    real *const loss = fixed;
    real *const d_x = linear_part + 128 * capacity;

    /* (1) */
    equation_64(noisy, net->settings + seed, net->counters + t, net->in_x, batch);
    /* (2) (3) */
    linear_relu_128_64(encoder, noisy, net->parameters + encoder_weight, net->parameters + encoder_bias, batch);
    /* (4) (5) */
    linear_relu_32_128(code, encoder, net->parameters + code_weight, net->parameters + code_bias, batch);
    /* (6) (7) */
    linear_relu_128_32(decoder, code, net->parameters + decoder_weight, net->parameters + decoder_bias, batch);
    /* (8) (9) (11) */
    linear_sigmoid_d_z_64_128(clean_z, clean, d_clean_z, decoder, net->parameters + clean_weight,
                              net->parameters + clean_bias, net->in_x, batch);
    /* (10) */
    mse_64(loss, net->in_x, clean, clean_z, batch);
    /* (12) */
    d_weight_64_128(net->gradients + d_clean_weight, d_clean_z, decoder, batch);
    /* (13) */
    d_bias_64(net->gradients + d_clean_bias, d_clean_z, batch);
    /* (14) */
    d_z_128_64(decoder, d_clean_z, net->parameters + clean_weight, batch);
    /* (15) */
    d_weight_128_32(net->gradients + d_decoder_weight, decoder, code, batch);
    /* (16) */
    d_bias_128(net->gradients + d_decoder_bias, decoder, batch);
    /* (17) */
    d_z_32_128(code, decoder, net->parameters + decoder_weight, batch);
    /* (18) */
    d_weight_32_128(net->gradients + d_code_weight, code, encoder, batch);
    /* (19) */
    d_bias_32(net->gradients + d_code_bias, code, batch);
    /* (20) */
    d_z_128_32(encoder, code, net->parameters + code_weight, batch);
    /* (21) */
    d_weight_128_64(net->gradients + d_encoder_weight, encoder, noisy, batch);
    /* (23) */
    d_x_64_128(d_x, encoder, net->parameters + encoder_weight, net->in_x, clean, batch);
    /* (22) */
    d_bias_128(net->gradients + d_encoder_bias, encoder, batch);
    return (double)*loss;
}

double denoising_autoencoder_step(const denoising_autoencoder_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const noisy = linear_part + 384 * capacity;
    real *const encoder = linear_part;
    real *const code = linear_part + 512 * capacity;
    real *const decoder = linear_part + 128 * capacity;
    double *const optimizer_rate = (double *)(fixed);
    double *const optimizer_scale = (double *)(fixed + 2);
    real *const clean_z = linear_part + 320 * capacity;
    real *const clean = linear_part + 256 * capacity;
    real *const d_clean_z = linear_part + 448 * capacity;
    real *const loss = fixed + 4;
    real *const d_decoder_z = linear_part + 256 * capacity;
    real *const d_code_z = linear_part + 448 * capacity;
    real *const d_encoder_z = linear_part + 128 * capacity;

    /* (1) */
    equation_64(noisy, net->settings + seed, net->counters + t, net->in_x, batch);
    /* (2) (3) */
    linear_relu_128_64(encoder, noisy, net->parameters + encoder_weight, net->parameters + encoder_bias, batch);
    /* (4) (5) */
    linear_relu_32_128(code, encoder, net->parameters + code_weight, net->parameters + code_bias, batch);
    /* (6) (7) */
    linear_relu_128_32(decoder, code, net->parameters + decoder_weight, net->parameters + decoder_bias, batch);
    /* (24) (25) (26) */
    adam_rate_next_step(optimizer_rate, optimizer_scale, net->counters + t, net->settings + lr,
                        net->settings + beta1, net->settings + beta2);
    /* (8) (9) (11) */
    linear_sigmoid_d_z_64_128(clean_z, clean, d_clean_z, decoder, net->parameters + clean_weight,
                              net->parameters + clean_bias, net->in_x, batch);
    /* (10) */
    mse_64(loss, net->in_x, clean, clean_z, batch);
    /* (13) (48) (49) (50) */
    d_bias_adam_64(net->states + clean_bias_m, net->states + clean_bias_v, net->parameters + clean_bias, d_clean_z,
                   net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                   net->settings + eps, batch);
    /* (14) */
    d_z_128_64_v2(d_decoder_z, decoder, d_clean_z, net->parameters + clean_weight, batch);
    /* (12) (45) (46) (47) */
    d_weight_adam_64_128(net->states + clean_weight_m, net->states + clean_weight_v,
                         net->parameters + clean_weight, d_clean_z, decoder, net->settings + beta1,
                         net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (16) (42) (43) (44) */
    d_bias_adam_128(net->states + decoder_bias_m, net->states + decoder_bias_v, net->parameters + decoder_bias,
                    d_decoder_z, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                    net->settings + eps, batch);
    /* (17) */
    d_z_32_128_v2(d_code_z, code, d_decoder_z, net->parameters + decoder_weight, batch);
    /* (15) (39) (40) (41) */
    d_weight_adam_128_32(net->states + decoder_weight_m, net->states + decoder_weight_v,
                         net->parameters + decoder_weight, d_decoder_z, code, net->settings + beta1,
                         net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (19) (36) (37) (38) */
    d_bias_adam_32(net->states + code_bias_m, net->states + code_bias_v, net->parameters + code_bias, d_code_z,
                   net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                   net->settings + eps, batch);
    /* (20) */
    d_z_128_32_v2(d_encoder_z, encoder, d_code_z, net->parameters + code_weight, batch);
    /* (21) (27) (28) (29) */
    d_weight_adam_128_64(net->states + encoder_weight_m, net->states + encoder_weight_v,
                         net->parameters + encoder_weight, d_encoder_z, noisy, net->settings + beta1,
                         net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (18) (33) (34) (35) */
    d_weight_adam_32_128(net->states + code_weight_m, net->states + code_weight_v, net->parameters + code_weight,
                         d_code_z, encoder, net->settings + beta1, net->settings + beta2, optimizer_rate,
                         optimizer_scale, net->settings + eps, batch);
    /* (22) (30) (31) (32) */
    d_bias_adam_128(net->states + encoder_bias_m, net->states + encoder_bias_v, net->parameters + encoder_bias,
                    d_encoder_z, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                    net->settings + eps, batch);
    return (double)*loss;
}

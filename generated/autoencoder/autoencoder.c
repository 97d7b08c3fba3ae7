/* autoencoder, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.

   cc -std=c11 -O3 -march=native -ffp-contract=fast -fno-math-errno -fno-trapping-math -c autoencoder.c */
#include "autoencoder.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    encoder1_weight = 0, /* [256, 784] */
    encoder1_bias = 200704, /* [256] */
    code_weight = 200960, /* [64, 256] */
    code_bias = 217344, /* [64] */
    decoder1_weight = 217408, /* [256, 64] */
    decoder1_bias = 233792, /* [256] */
    decoder2_weight = 234048, /* [784, 256] */
    decoder2_bias = 434752, /* [784] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_encoder1_weight = 0, /* [256, 784] */
    d_encoder1_bias = 200704, /* [256] */
    d_code_weight = 200960, /* [64, 256] */
    d_code_bias = 217344, /* [64] */
    d_decoder1_weight = 217408, /* [256, 64] */
    d_decoder1_bias = 233792, /* [256] */
    d_decoder2_weight = 234048, /* [784, 256] */
    d_decoder2_bias = 434752, /* [784] */
};

/* Where tensors begin in `states`. */
enum {
    encoder1_weight_m = 0, /* [256, 784] */
    encoder1_weight_v = 200704, /* [256, 784] */
    encoder1_bias_m = 401408, /* [256] */
    encoder1_bias_v = 401664, /* [256] */
    code_weight_m = 401920, /* [64, 256] */
    code_weight_v = 418304, /* [64, 256] */
    code_bias_m = 434688, /* [64] */
    code_bias_v = 434752, /* [64] */
    decoder1_weight_m = 434816, /* [256, 64] */
    decoder1_weight_v = 451200, /* [256, 64] */
    decoder1_bias_m = 467584, /* [256] */
    decoder1_bias_v = 467840, /* [256] */
    decoder2_weight_m = 468096, /* [784, 256] */
    decoder2_weight_v = 668800, /* [784, 256] */
    decoder2_bias_m = 869504, /* [784] */
    decoder2_bias_v = 870288, /* [784] */
};

/* Where tensors begin in `counters`. */
enum {
    t = 0, /* [] */
};

/* Where tensors begin in `settings`. */
enum {
    lr = 0, /* [] */
    eps = 1, /* [] */
    beta1 = 2, /* [] */
    beta2 = 3, /* [] */
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

/* encoder1: linear, relu
   (1) encoder1.z[b, o] = sum[i](x[b, i] * encoder1.weight[o, i]) + encoder1.bias[o]
   (2) encoder1[b, o] = max(0, encoder1.z[b, o])
*/
static void linear_relu_256_784(
    real *restrict encoder1,     /* [B, 256] */
    const real *restrict x,      /* [B, 784] */
    const real *restrict weight, /* [256, 784] */
    const real *restrict bias,   /* [256] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 256 - j_tile < COLUMNS ? 256 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 784,
                     x + i_tile * 784, 784, 1,
                     weight + j_tile * 784, 1, 784);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real z = tile[r * COLUMNS + c] + bias[o]; /* (1) */
                    encoder1[b * 256 + o] = maximum(0.0f, z); /* (2) */
                }
            }
        }
    }
}

/* code: linear, relu
   (3) code.z[b, o] = sum[i](encoder1[b, i] * code.weight[o, i]) + code.bias[o]
   (4) code[b, o] = max(0, code.z[b, o])
*/
static void linear_relu_64_256(
    real *restrict code,           /* [B, 64] */
    const real *restrict encoder1, /* [B, 256] */
    const real *restrict weight,   /* [64, 256] */
    const real *restrict bias,     /* [64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 256,
                     encoder1 + i_tile * 256, 256, 1,
                     weight + j_tile * 256, 1, 256);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real z = tile[r * COLUMNS + c] + bias[o]; /* (3) */
                    code[b * 64 + o] = maximum(0.0f, z); /* (4) */
                }
            }
        }
    }
}

/* decoder1: linear, relu
   (5) decoder1.z[b, o] = sum[i](code[b, i] * decoder1.weight[o, i]) + decoder1.bias[o]
   (6) decoder1[b, o] = max(0, decoder1.z[b, o])
*/
static void linear_relu_256_64(
    real *restrict decoder1,     /* [B, 256] */
    const real *restrict code,   /* [B, 64] */
    const real *restrict weight, /* [256, 64] */
    const real *restrict bias,   /* [256] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 256 - j_tile < COLUMNS ? 256 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 64,
                     code + i_tile * 64, 64, 1,
                     weight + j_tile * 64, 1, 64);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real z = tile[r * COLUMNS + c] + bias[o]; /* (5) */
                    decoder1[b * 256 + o] = maximum(0.0f, z); /* (6) */
                }
            }
        }
    }
}

/* decoder2: linear, sigmoid
   (7) decoder2.z[b, o] = sum[i](decoder1[b, i] * decoder2.weight[o, i]) + decoder2.bias[o]
   (8) decoder2[b, o] = sigmoid(decoder2.z[b, o])
*/
static void linear_sigmoid_784_256(
    real *restrict decoder2,       /* [B, 784] */
    const real *restrict decoder1, /* [B, 256] */
    const real *restrict weight,   /* [784, 256] */
    const real *restrict bias,     /* [784] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 784; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 784 - j_tile < COLUMNS ? 784 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 256,
                     decoder1 + i_tile * 256, 256, 1,
                     weight + j_tile * 256, 1, 256);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real z = tile[r * COLUMNS + c] + bias[o]; /* (7) */
                    decoder2[b * 784 + o] = sigmoid(z); /* (8) */
                }
            }
        }
    }
}

/* decoder2: linear, sigmoid
   (7) decoder2.z[b, o] = sum[i](decoder1[b, i] * decoder2.weight[o, i]) + decoder2.bias[o]
   (8) decoder2[b, o] = sigmoid(decoder2.z[b, o])
*/
static void linear_sigmoid_784_256_v2(
    real *restrict z,              /* [B, 784] */
    real *restrict decoder2,       /* [B, 784] */
    const real *restrict decoder1, /* [B, 256] */
    const real *restrict weight,   /* [784, 256] */
    const real *restrict bias,     /* [784] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 784; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 784 - j_tile < COLUMNS ? 784 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 256,
                     decoder1 + i_tile * 256, 256, 1,
                     weight + j_tile * 256, 1, 256);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    z[b * 784 + o] = tile[r * COLUMNS + c] + bias[o]; /* (7) */
                    decoder2[b * 784 + o] = sigmoid(z[b * 784 + o]); /* (8) */
                }
            }
        }
    }
}

/* loss: mse
   (9) loss = sum[b, i]((decoder2[b, i] * (1 - x[b, i]) - x[b, i] * sigmoid(-decoder2.z[b, i]))**2) / (784 * B)
*/
static void mse_784(
    real *restrict loss,
    const real *restrict x,        /* [B, 784] */
    const real *restrict decoder2, /* [B, 784] */
    const real *restrict z,        /* [B, 784] */
    int batch)
{
    real parts[16] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o_first = 0; o_first < 784; o_first += 16) {
            for (int part = 0; part < 16; part++) {
                const int o = o_first + part;
                parts[part] += square((1.0f - x[b * 784 + o]) * decoder2[b * 784 + o] - sigmoid(-z[b * 784 + o]) * x[b * 784 + o]);
            }
        }
    }
    real sum = 0;
    for (int part = 0; part < 16; part++) {
        sum += parts[part];
    }
    *loss = sum / (784.0f * (real)batch);
}

/* decoder2: linear, sigmoid, gradient of linear
   (7) decoder2.z[b, o] = sum[i](decoder1[b, i] * decoder2.weight[o, i]) + decoder2.bias[o]
   (8) decoder2[b, o] = sigmoid(decoder2.z[b, o])
   (10) d.decoder2.z[b, o] = decoder2[b, o] * sigmoid(-decoder2.z[b, o]) * (decoder2[b, o] * (1 - x[b, o]) - x[b, o] * sigmoid(-decoder2.z[b, o])) / (392 * B)
*/
static void linear_sigmoid_d_z_784_256(
    real *restrict z,              /* [B, 784] */
    real *restrict decoder2,       /* [B, 784] */
    real *restrict d_z,            /* [B, 784] */
    const real *restrict decoder1, /* [B, 256] */
    const real *restrict weight,   /* [784, 256] */
    const real *restrict bias,     /* [784] */
    const real *restrict x,        /* [B, 784] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS]; /* (7) */
    const real scale = 1.0f / (392.0f * (real)batch); /* (10) */
    for (int j_tile = 0; j_tile < 784; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 784 - j_tile < COLUMNS ? 784 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 256,
                     decoder1 + i_tile * 256, 256, 1,
                     weight + j_tile * 256, 1, 256);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    z[b * 784 + o] = tile[r * COLUMNS + c] + bias[o]; /* (7) */
                    decoder2[b * 784 + o] = sigmoid(z[b * 784 + o]); /* (8) */
                    const real shared = sigmoid(-z[b * 784 + o]);
                    d_z[b * 784 + o] = scale * ((1.0f - x[b * 784 + o]) * decoder2[b * 784 + o] - shared * x[b * 784 + o]) * shared * decoder2[b * 784 + o]; /* (10) */
                }
            }
        }
    }
}

/* decoder2: gradient of linear
   (11) d.decoder2.weight[o, i] = sum[b](d.decoder2.z[b, o] * decoder1[b, i])
*/
static void d_weight_784_256(
    real *restrict d_weight,       /* [784, 256] */
    const real *restrict d_z,      /* [B, 784] */
    const real *restrict decoder1, /* [B, 256] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 784; i_tile += TILE_ROWS) {
            const int rows = 784 - i_tile < TILE_ROWS ? 784 - i_tile : TILE_ROWS;
            const int columns = 256 - j_tile < COLUMNS ? 256 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch,
                     d_z + i_tile, 1, 784,
                     decoder1 + j_tile, 256, 1);
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_weight[o * 256 + i] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* decoder2: gradient of linear
   (12) d.decoder2.bias[o] = sum[b](d.decoder2.z[b, o])
*/
static void d_bias_784(
    real *restrict d_bias,    /* [784] */
    const real *restrict d_z, /* [B, 784] */
    int batch)
{
    real sum[784] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 784; o++) {
            sum[o] += d_z[b * 784 + o];
        }
    }
    for (int o = 0; o < 784; o++) {
        d_bias[o] = sum[o];
    }
}

/* decoder1: gradient of linear
   (13) d.decoder1.z[b, o] = sum[i](d.decoder2.z[b, i] * decoder2.weight[i, o]) * (decoder1[b, o] > 0)
*/
static void d_z_256_784(
    real *restrict decoder1,     /* [B, 256] */
    const real *restrict d_z,    /* [B, 784] */
    const real *restrict weight, /* [784, 256] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 256 - j_tile < COLUMNS ? 256 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 784,
                     d_z + i_tile * 784, 784, 1,
                     weight + j_tile, 256, 1);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
#pragma GCC unroll 1
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    decoder1[b * 256 + o] = choose(decoder1[b * 256 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                }
            }
        }
    }
}

/* decoder1: gradient of linear
   (14) d.decoder1.weight[o, i] = sum[b](code[b, i] * d.decoder1.z[b, o])
*/
static void d_weight_256_64(
    real *restrict d_weight,       /* [256, 64] */
    const real *restrict decoder1, /* [B, 256] */
    const real *restrict code,     /* [B, 64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 256; i_tile += TILE_ROWS) {
            const int rows = 256 - i_tile < TILE_ROWS ? 256 - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch,
                     decoder1 + i_tile, 1, 256,
                     code + j_tile, 64, 1);
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

/* decoder1: gradient of linear
   (15) d.decoder1.bias[o] = sum[b](d.decoder1.z[b, o])
   and, in other places, (21)
*/
static void d_bias_256(
    real *restrict d_bias,         /* [256] */
    const real *restrict decoder1, /* [B, 256] */
    int batch)
{
    real sum[256] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 256; o++) {
            sum[o] += decoder1[b * 256 + o];
        }
    }
    for (int o = 0; o < 256; o++) {
        d_bias[o] = sum[o];
    }
}

/* code: gradient of linear
   (16) d.code.z[b, o] = sum[i](d.decoder1.z[b, i] * decoder1.weight[i, o]) * (code[b, o] > 0)
*/
static void d_z_64_256(
    real *restrict code,           /* [B, 64] */
    const real *restrict decoder1, /* [B, 256] */
    const real *restrict weight,   /* [256, 64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 256,
                     decoder1 + i_tile * 256, 256, 1,
                     weight + j_tile, 64, 1);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
#pragma GCC unroll 1
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    code[b * 64 + o] = choose(code[b * 64 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                }
            }
        }
    }
}

/* code: gradient of linear
   (17) d.code.weight[o, i] = sum[b](d.code.z[b, o] * encoder1[b, i])
*/
static void d_weight_64_256(
    real *restrict d_weight,       /* [64, 256] */
    const real *restrict code,     /* [B, 64] */
    const real *restrict encoder1, /* [B, 256] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
            const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
            const int columns = 256 - j_tile < COLUMNS ? 256 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch,
                     code + i_tile, 1, 64,
                     encoder1 + j_tile, 256, 1);
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_weight[o * 256 + i] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* code: gradient of linear
   (18) d.code.bias[o] = sum[b](d.code.z[b, o])
*/
static void d_bias_64(
    real *restrict d_bias,     /* [64] */
    const real *restrict code, /* [B, 64] */
    int batch)
{
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 64; o++) {
            sum[o] += code[b * 64 + o];
        }
    }
    for (int o = 0; o < 64; o++) {
        d_bias[o] = sum[o];
    }
}

/* encoder1: gradient of linear
   (19) d.encoder1.z[b, o] = sum[i](d.code.z[b, i] * code.weight[i, o]) * (encoder1[b, o] > 0)
*/
static void d_z_256_64(
    real *restrict encoder1,     /* [B, 256] */
    const real *restrict code,   /* [B, 64] */
    const real *restrict weight, /* [64, 256] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 256 - j_tile < COLUMNS ? 256 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 64,
                     code + i_tile * 64, 64, 1,
                     weight + j_tile, 256, 1);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
#pragma GCC unroll 1
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    encoder1[b * 256 + o] = choose(encoder1[b * 256 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                }
            }
        }
    }
}

/* encoder1: gradient of linear
   (20) d.encoder1.weight[o, i] = sum[b](d.encoder1.z[b, o] * x[b, i])
*/
static void d_weight_256_784(
    real *restrict d_weight,       /* [256, 784] */
    const real *restrict encoder1, /* [B, 256] */
    const real *restrict x,        /* [B, 784] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 784; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 256; i_tile += TILE_ROWS) {
            const int rows = 256 - i_tile < TILE_ROWS ? 256 - i_tile : TILE_ROWS;
            const int columns = 784 - j_tile < COLUMNS ? 784 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch,
                     encoder1 + i_tile, 1, 256,
                     x + j_tile, 784, 1);
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_weight[o * 784 + i] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* encoder1: gradient of linear
   (22) d.x[b, i] = sum[j](d.encoder1.z[b, j] * encoder1.weight[j, i]) + (x[b, i] - decoder2[b, i]) / (392 * B)
*/
static void d_x_784_256(
    real *restrict d_x,            /* [B, 784] */
    const real *restrict encoder1, /* [B, 256] */
    const real *restrict weight,   /* [256, 784] */
    const real *restrict x,        /* [B, 784] */
    const real *restrict decoder2, /* [B, 784] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    const real scale = 1.0f / (392.0f * (real)batch);
    for (int j_tile = 0; j_tile < 784; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 784 - j_tile < COLUMNS ? 784 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 256,
                     encoder1 + i_tile * 256, 256, 1,
                     weight + j_tile, 784, 1);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_x[b * 784 + i] = tile[r * COLUMNS + c] + scale * (x[b * 784 + i] - decoder2[b * 784 + i]);
                }
            }
        }
    }
}

/* optimizer: adam rate, next step
   (23) optimizer.rate = lr / (1 - beta1**(1 + t))
   (24) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
   (25) t.next = 1 + t
*/
static void adam_rate_next_step(
    double *restrict rate,
    double *restrict scale,
    double *restrict t,
    const double *restrict lr,
    const double *restrict beta1,
    const double *restrict beta2)
{
    *rate = *lr / (1.0 - pow(*beta1, *t + 1.0)); /* (23) */
    *scale = 1.0 / sqrt(1.0 - pow(*beta2, *t + 1.0)); /* (24) */
    *t = *t + 1.0; /* (25) */
}

/* decoder2: gradient of linear, adam
   (12) d.decoder2.bias[o] = sum[b](d.decoder2.z[b, o])
   (47) decoder2.bias.m.next[o] = (1 - beta1) * d.decoder2.bias[o] + beta1 * decoder2.bias.m[o]
   (48) decoder2.bias.v.next[o] = (1 - beta2) * d.decoder2.bias[o]**2 + beta2 * decoder2.bias.v[o]
   (49) decoder2.bias.next[o] = decoder2.bias[o] - optimizer.rate * decoder2.bias.m.next[o] / (optimizer.scale * sqrt(decoder2.bias.v.next[o]) + eps)
*/
static void d_bias_adam_784(
    real *restrict m,             /* [784] */
    real *restrict v,             /* [784] */
    real *restrict bias,          /* [784] */
    const real *restrict d_z,     /* [B, 784] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (47) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (48) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (49) */
    real sum[784] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 784; o++) {
            sum[o] += d_z[b * 784 + o];
        }
    }
    for (int o = 0; o < 784; o++) {
        const real d_bias = sum[o]; /* (12) */
        m[o] = one_minus_beta1 * d_bias + beta1_real * m[o]; /* (47) */
        v[o] = one_minus_beta2 * square(d_bias) + beta2_real * v[o]; /* (48) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (49) */
    }
}

/* decoder1: gradient of linear
   (13) d.decoder1.z[b, o] = sum[i](d.decoder2.z[b, i] * decoder2.weight[i, o]) * (decoder1[b, o] > 0)
*/
static void d_z_256_784_v2(
    real *restrict d_z,                /* [B, 256] */
    const real *restrict decoder1,     /* [B, 256] */
    const real *restrict d_decoder2_z, /* [B, 784] */
    const real *restrict weight,       /* [784, 256] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 256 - j_tile < COLUMNS ? 256 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 784,
                     d_decoder2_z + i_tile * 784, 784, 1,
                     weight + j_tile, 256, 1);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
#pragma GCC unroll 1
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    d_z[b * 256 + o] = choose(decoder1[b * 256 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                }
            }
        }
    }
}

/* decoder2: gradient of linear, adam
   (11) d.decoder2.weight[o, i] = sum[b](d.decoder2.z[b, o] * decoder1[b, i])
   (44) decoder2.weight.m.next[o, i] = (1 - beta1) * d.decoder2.weight[o, i] + beta1 * decoder2.weight.m[o, i]
   (45) decoder2.weight.v.next[o, i] = (1 - beta2) * d.decoder2.weight[o, i]**2 + beta2 * decoder2.weight.v[o, i]
   (46) decoder2.weight.next[o, i] = decoder2.weight[o, i] - optimizer.rate * decoder2.weight.m.next[o, i] / (optimizer.scale * sqrt(decoder2.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_784_256(
    real *restrict m,              /* [784, 256] */
    real *restrict v,              /* [784, 256] */
    real *restrict weight,         /* [784, 256] */
    const real *restrict d_z,      /* [B, 784] */
    const real *restrict decoder1, /* [B, 256] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS]; /* (11) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (44) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (45) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (46) */
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 784; i_tile += TILE_ROWS) {
            const int rows = 784 - i_tile < TILE_ROWS ? 784 - i_tile : TILE_ROWS;
            const int columns = 256 - j_tile < COLUMNS ? 256 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch,
                     d_z + i_tile, 1, 784,
                     decoder1 + j_tile, 256, 1);
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (11) */
                    m[o * 256 + i] = one_minus_beta1 * d_weight + beta1_real * m[o * 256 + i]; /* (44) */
                    v[o * 256 + i] = one_minus_beta2 * square(d_weight) + beta2_real * v[o * 256 + i]; /* (45) */
                    weight[o * 256 + i] = weight[o * 256 + i] - rate_real * m[o * 256 + i] / (scale_real * sqrtf(v[o * 256 + i]) + eps_real); /* (46) */
                }
            }
        }
    }
}

/* decoder1: gradient of linear, adam
   (15) d.decoder1.bias[o] = sum[b](d.decoder1.z[b, o])
   (41) decoder1.bias.m.next[o] = (1 - beta1) * d.decoder1.bias[o] + beta1 * decoder1.bias.m[o]
   (42) decoder1.bias.v.next[o] = (1 - beta2) * d.decoder1.bias[o]**2 + beta2 * decoder1.bias.v[o]
   (43) decoder1.bias.next[o] = decoder1.bias[o] - optimizer.rate * decoder1.bias.m.next[o] / (optimizer.scale * sqrt(decoder1.bias.v.next[o]) + eps)
   and, in other places, (21) (29) (30) (31)
*/
static void d_bias_adam_256(
    real *restrict m,             /* [256] */
    real *restrict v,             /* [256] */
    real *restrict bias,          /* [256] */
    const real *restrict d_z,     /* [B, 256] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (41) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (42) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (43) */
    real sum[256] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 256; o++) {
            sum[o] += d_z[b * 256 + o];
        }
    }
    for (int o = 0; o < 256; o++) {
        const real d_bias = sum[o]; /* (15) */
        m[o] = one_minus_beta1 * d_bias + beta1_real * m[o]; /* (41) */
        v[o] = one_minus_beta2 * square(d_bias) + beta2_real * v[o]; /* (42) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (43) */
    }
}

/* code: gradient of linear
   (16) d.code.z[b, o] = sum[i](d.decoder1.z[b, i] * decoder1.weight[i, o]) * (code[b, o] > 0)
*/
static void d_z_64_256_v2(
    real *restrict d_z,                /* [B, 64] */
    const real *restrict code,         /* [B, 64] */
    const real *restrict d_decoder1_z, /* [B, 256] */
    const real *restrict weight,       /* [256, 64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 256,
                     d_decoder1_z + i_tile * 256, 256, 1,
                     weight + j_tile, 64, 1);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
#pragma GCC unroll 1
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    d_z[b * 64 + o] = choose(code[b * 64 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                }
            }
        }
    }
}

/* decoder1: gradient of linear, adam
   (14) d.decoder1.weight[o, i] = sum[b](code[b, i] * d.decoder1.z[b, o])
   (38) decoder1.weight.m.next[o, i] = (1 - beta1) * d.decoder1.weight[o, i] + beta1 * decoder1.weight.m[o, i]
   (39) decoder1.weight.v.next[o, i] = (1 - beta2) * d.decoder1.weight[o, i]**2 + beta2 * decoder1.weight.v[o, i]
   (40) decoder1.weight.next[o, i] = decoder1.weight[o, i] - optimizer.rate * decoder1.weight.m.next[o, i] / (optimizer.scale * sqrt(decoder1.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_256_64(
    real *restrict m,             /* [256, 64] */
    real *restrict v,             /* [256, 64] */
    real *restrict weight,        /* [256, 64] */
    const real *restrict d_z,     /* [B, 256] */
    const real *restrict code,    /* [B, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS]; /* (14) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (38) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (39) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (40) */
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 256; i_tile += TILE_ROWS) {
            const int rows = 256 - i_tile < TILE_ROWS ? 256 - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch,
                     d_z + i_tile, 1, 256,
                     code + j_tile, 64, 1);
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (14) */
                    m[o * 64 + i] = one_minus_beta1 * d_weight + beta1_real * m[o * 64 + i]; /* (38) */
                    v[o * 64 + i] = one_minus_beta2 * square(d_weight) + beta2_real * v[o * 64 + i]; /* (39) */
                    weight[o * 64 + i] = weight[o * 64 + i] - rate_real * m[o * 64 + i] / (scale_real * sqrtf(v[o * 64 + i]) + eps_real); /* (40) */
                }
            }
        }
    }
}

/* code: gradient of linear, adam
   (18) d.code.bias[o] = sum[b](d.code.z[b, o])
   (35) code.bias.m.next[o] = (1 - beta1) * d.code.bias[o] + beta1 * code.bias.m[o]
   (36) code.bias.v.next[o] = (1 - beta2) * d.code.bias[o]**2 + beta2 * code.bias.v[o]
   (37) code.bias.next[o] = code.bias[o] - optimizer.rate * code.bias.m.next[o] / (optimizer.scale * sqrt(code.bias.v.next[o]) + eps)
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
    const real beta1_real = (real)*beta1; /* (35) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (36) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (37) */
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 64; o++) {
            sum[o] += d_z[b * 64 + o];
        }
    }
    for (int o = 0; o < 64; o++) {
        const real d_bias = sum[o]; /* (18) */
        m[o] = one_minus_beta1 * d_bias + beta1_real * m[o]; /* (35) */
        v[o] = one_minus_beta2 * square(d_bias) + beta2_real * v[o]; /* (36) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (37) */
    }
}

/* encoder1: gradient of linear
   (19) d.encoder1.z[b, o] = sum[i](d.code.z[b, i] * code.weight[i, o]) * (encoder1[b, o] > 0)
*/
static void d_z_256_64_v2(
    real *restrict d_z,            /* [B, 256] */
    const real *restrict encoder1, /* [B, 256] */
    const real *restrict d_code_z, /* [B, 64] */
    const real *restrict weight,   /* [64, 256] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 256 - j_tile < COLUMNS ? 256 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 64,
                     d_code_z + i_tile * 64, 64, 1,
                     weight + j_tile, 256, 1);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
#pragma GCC unroll 1
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    d_z[b * 256 + o] = choose(encoder1[b * 256 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                }
            }
        }
    }
}

/* encoder1: gradient of linear, adam
   (20) d.encoder1.weight[o, i] = sum[b](d.encoder1.z[b, o] * x[b, i])
   (26) encoder1.weight.m.next[o, i] = (1 - beta1) * d.encoder1.weight[o, i] + beta1 * encoder1.weight.m[o, i]
   (27) encoder1.weight.v.next[o, i] = (1 - beta2) * d.encoder1.weight[o, i]**2 + beta2 * encoder1.weight.v[o, i]
   (28) encoder1.weight.next[o, i] = encoder1.weight[o, i] - optimizer.rate * encoder1.weight.m.next[o, i] / (optimizer.scale * sqrt(encoder1.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_256_784(
    real *restrict m,             /* [256, 784] */
    real *restrict v,             /* [256, 784] */
    real *restrict weight,        /* [256, 784] */
    const real *restrict d_z,     /* [B, 256] */
    const real *restrict x,       /* [B, 784] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS]; /* (20) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (26) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (27) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (28) */
    for (int j_tile = 0; j_tile < 784; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 256; i_tile += TILE_ROWS) {
            const int rows = 256 - i_tile < TILE_ROWS ? 256 - i_tile : TILE_ROWS;
            const int columns = 784 - j_tile < COLUMNS ? 784 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch,
                     d_z + i_tile, 1, 256,
                     x + j_tile, 784, 1);
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (20) */
                    m[o * 784 + i] = one_minus_beta1 * d_weight + beta1_real * m[o * 784 + i]; /* (26) */
                    v[o * 784 + i] = one_minus_beta2 * square(d_weight) + beta2_real * v[o * 784 + i]; /* (27) */
                    weight[o * 784 + i] = weight[o * 784 + i] - rate_real * m[o * 784 + i] / (scale_real * sqrtf(v[o * 784 + i]) + eps_real); /* (28) */
                }
            }
        }
    }
}

/* code: gradient of linear, adam
   (17) d.code.weight[o, i] = sum[b](d.code.z[b, o] * encoder1[b, i])
   (32) code.weight.m.next[o, i] = (1 - beta1) * d.code.weight[o, i] + beta1 * code.weight.m[o, i]
   (33) code.weight.v.next[o, i] = (1 - beta2) * d.code.weight[o, i]**2 + beta2 * code.weight.v[o, i]
   (34) code.weight.next[o, i] = code.weight[o, i] - optimizer.rate * code.weight.m.next[o, i] / (optimizer.scale * sqrt(code.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_64_256(
    real *restrict m,              /* [64, 256] */
    real *restrict v,              /* [64, 256] */
    real *restrict weight,         /* [64, 256] */
    const real *restrict d_z,      /* [B, 64] */
    const real *restrict encoder1, /* [B, 256] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS]; /* (17) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (32) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (33) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (34) */
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
            const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
            const int columns = 256 - j_tile < COLUMNS ? 256 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch,
                     d_z + i_tile, 1, 64,
                     encoder1 + j_tile, 256, 1);
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (17) */
                    m[o * 256 + i] = one_minus_beta1 * d_weight + beta1_real * m[o * 256 + i]; /* (32) */
                    v[o * 256 + i] = one_minus_beta2 * square(d_weight) + beta2_real * v[o * 256 + i]; /* (33) */
                    weight[o * 256 + i] = weight[o * 256 + i] - rate_real * m[o * 256 + i] / (scale_real * sqrtf(v[o * 256 + i]) + eps_real); /* (34) */
                }
            }
        }
    }
}

double autoencoder_forward(const autoencoder_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const linear_part = net->workspace + 16;
    real *const encoder1 = linear_part;
    real *const code = linear_part + 256 * capacity;
    real *const decoder1 = linear_part + 784 * capacity;
    real *const decoder2 = linear_part;

    /* (1) (2) */
    linear_relu_256_784(encoder1, net->in_x, net->parameters + encoder1_weight, net->parameters + encoder1_bias,
                        batch);
    /* (3) (4) */
    linear_relu_64_256(code, encoder1, net->parameters + code_weight, net->parameters + code_bias, batch);
    /* (5) (6) */
    linear_relu_256_64(decoder1, code, net->parameters + decoder1_weight, net->parameters + decoder1_bias, batch);
    /* (7) (8) */
    linear_sigmoid_784_256(decoder2, decoder1, net->parameters + decoder2_weight, net->parameters + decoder2_bias,
                           batch);
    return 0;
}

double autoencoder_loss(const autoencoder_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const encoder1 = linear_part;
    real *const code = linear_part + 256 * capacity;
    real *const decoder1 = linear_part + 1568 * capacity;
    real *const decoder2_z = linear_part + 784 * capacity;
    real *const decoder2 = linear_part;
    real *const loss = fixed;

    /* (1) (2) */
    linear_relu_256_784(encoder1, net->in_x, net->parameters + encoder1_weight, net->parameters + encoder1_bias,
                        batch);
    /* (3) (4) */
    linear_relu_64_256(code, encoder1, net->parameters + code_weight, net->parameters + code_bias, batch);
    /* (5) (6) */
    linear_relu_256_64(decoder1, code, net->parameters + decoder1_weight, net->parameters + decoder1_bias, batch);
    /* (7) (8) */
    linear_sigmoid_784_256_v2(decoder2_z, decoder2, decoder1, net->parameters + decoder2_weight,
                              net->parameters + decoder2_bias, batch);
    /* (9) */
    mse_784(loss, net->in_x, decoder2, decoder2_z, batch);
    return (double)*loss;
}

double autoencoder_gradients(const autoencoder_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const encoder1 = linear_part + 2352 * capacity;
    real *const code = linear_part + 2864 * capacity;
    real *const decoder1 = linear_part + 2608 * capacity;
    real *const decoder2_z = linear_part + 1568 * capacity;
    real *const decoder2 = linear_part + 784 * capacity;
    real *const d_decoder2_z = linear_part;
    real *const loss = fixed;

    /* (1) (2) */
    linear_relu_256_784(encoder1, net->in_x, net->parameters + encoder1_weight, net->parameters + encoder1_bias,
                        batch);
    /* (3) (4) */
    linear_relu_64_256(code, encoder1, net->parameters + code_weight, net->parameters + code_bias, batch);
    /* (5) (6) */
    linear_relu_256_64(decoder1, code, net->parameters + decoder1_weight, net->parameters + decoder1_bias, batch);
    /* (7) (8) (10) */
    linear_sigmoid_d_z_784_256(decoder2_z, decoder2, d_decoder2_z, decoder1, net->parameters + decoder2_weight,
                               net->parameters + decoder2_bias, net->in_x, batch);
    /* (9) */
    mse_784(loss, net->in_x, decoder2, decoder2_z, batch);
    /* (11) */
    d_weight_784_256(net->gradients + d_decoder2_weight, d_decoder2_z, decoder1, batch);
    /* (12) */
    d_bias_784(net->gradients + d_decoder2_bias, d_decoder2_z, batch);
    /* (13) */
    d_z_256_784(decoder1, d_decoder2_z, net->parameters + decoder2_weight, batch);
    /* (14) */
    d_weight_256_64(net->gradients + d_decoder1_weight, decoder1, code, batch);
    /* (15) */
    d_bias_256(net->gradients + d_decoder1_bias, decoder1, batch);
    /* (16) */
    d_z_64_256(code, decoder1, net->parameters + decoder1_weight, batch);
    /* (17) */
    d_weight_64_256(net->gradients + d_code_weight, code, encoder1, batch);
    /* (18) */
    d_bias_64(net->gradients + d_code_bias, code, batch);
    /* (19) */
    d_z_256_64(encoder1, code, net->parameters + code_weight, batch);
    /* (20) */
    d_weight_256_784(net->gradients + d_encoder1_weight, encoder1, net->in_x, batch);
    /* (21) */
    d_bias_256(net->gradients + d_encoder1_bias, encoder1, batch);
    return (double)*loss;
}

double autoencoder_input_gradients(const autoencoder_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const encoder1 = linear_part + 2352 * capacity;
    real *const code = linear_part + 2864 * capacity;
    real *const decoder1 = linear_part + 2608 * capacity;
    real *const decoder2_z = linear_part + 1568 * capacity;
    real *const decoder2 = linear_part;
    real *const d_decoder2_z = linear_part + 784 * capacity;
    real *const loss = fixed;
    real *const d_x = linear_part + 784 * capacity;

    /* (1) (2) */
    linear_relu_256_784(encoder1, net->in_x, net->parameters + encoder1_weight, net->parameters + encoder1_bias,
                        batch);
    /* (3) (4) */
    linear_relu_64_256(code, encoder1, net->parameters + code_weight, net->parameters + code_bias, batch);
    /* (5) (6) */
    linear_relu_256_64(decoder1, code, net->parameters + decoder1_weight, net->parameters + decoder1_bias, batch);
    /* (7) (8) (10) */
    linear_sigmoid_d_z_784_256(decoder2_z, decoder2, d_decoder2_z, decoder1, net->parameters + decoder2_weight,
                               net->parameters + decoder2_bias, net->in_x, batch);
    /* (9) */
    mse_784(loss, net->in_x, decoder2, decoder2_z, batch);
    /* (11) */
    d_weight_784_256(net->gradients + d_decoder2_weight, d_decoder2_z, decoder1, batch);
    /* (12) */
    d_bias_784(net->gradients + d_decoder2_bias, d_decoder2_z, batch);
    /* (13) */
    d_z_256_784(decoder1, d_decoder2_z, net->parameters + decoder2_weight, batch);
    /* (14) */
    d_weight_256_64(net->gradients + d_decoder1_weight, decoder1, code, batch);
    /* (15) */
    d_bias_256(net->gradients + d_decoder1_bias, decoder1, batch);
    /* (16) */
    d_z_64_256(code, decoder1, net->parameters + decoder1_weight, batch);
    /* (17) */
    d_weight_64_256(net->gradients + d_code_weight, code, encoder1, batch);
    /* (18) */
    d_bias_64(net->gradients + d_code_bias, code, batch);
    /* (19) */
    d_z_256_64(encoder1, code, net->parameters + code_weight, batch);
    /* (22) */
    d_x_784_256(d_x, encoder1, net->parameters + encoder1_weight, net->in_x, decoder2, batch);
    /* (20) */
    d_weight_256_784(net->gradients + d_encoder1_weight, encoder1, net->in_x, batch);
    /* (21) */
    d_bias_256(net->gradients + d_encoder1_bias, encoder1, batch);
    return (double)*loss;
}

double autoencoder_step(const autoencoder_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const encoder1 = linear_part + 2352 * capacity;
    real *const code = linear_part + 2864 * capacity;
    real *const decoder1 = linear_part + 2608 * capacity;
    double *const optimizer_rate = (double *)(fixed);
    double *const optimizer_scale = (double *)(fixed + 2);
    real *const decoder2_z = linear_part + 1568 * capacity;
    real *const decoder2 = linear_part + 784 * capacity;
    real *const d_decoder2_z = linear_part;
    real *const loss = fixed + 4;
    real *const d_decoder1_z = linear_part + 784 * capacity;
    real *const d_code_z = linear_part + 2608 * capacity;
    real *const d_encoder1_z = linear_part;

    /* (1) (2) */
    linear_relu_256_784(encoder1, net->in_x, net->parameters + encoder1_weight, net->parameters + encoder1_bias,
                        batch);
    /* (3) (4) */
    linear_relu_64_256(code, encoder1, net->parameters + code_weight, net->parameters + code_bias, batch);
    /* (5) (6) */
    linear_relu_256_64(decoder1, code, net->parameters + decoder1_weight, net->parameters + decoder1_bias, batch);
    /* (23) (24) (25) */
    adam_rate_next_step(optimizer_rate, optimizer_scale, net->counters + t, net->settings + lr,
                        net->settings + beta1, net->settings + beta2);
    /* (7) (8) (10) */
    linear_sigmoid_d_z_784_256(decoder2_z, decoder2, d_decoder2_z, decoder1, net->parameters + decoder2_weight,
                               net->parameters + decoder2_bias, net->in_x, batch);
    /* (9) */
    mse_784(loss, net->in_x, decoder2, decoder2_z, batch);
    /* (12) (47) (48) (49) */
    d_bias_adam_784(net->states + decoder2_bias_m, net->states + decoder2_bias_v, net->parameters + decoder2_bias,
                    d_decoder2_z, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                    net->settings + eps, batch);
    /* (13) */
    d_z_256_784_v2(d_decoder1_z, decoder1, d_decoder2_z, net->parameters + decoder2_weight, batch);
    /* (11) (44) (45) (46) */
    d_weight_adam_784_256(net->states + decoder2_weight_m, net->states + decoder2_weight_v,
                          net->parameters + decoder2_weight, d_decoder2_z, decoder1, net->settings + beta1,
                          net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (15) (41) (42) (43) */
    d_bias_adam_256(net->states + decoder1_bias_m, net->states + decoder1_bias_v, net->parameters + decoder1_bias,
                    d_decoder1_z, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                    net->settings + eps, batch);
    /* (16) */
    d_z_64_256_v2(d_code_z, code, d_decoder1_z, net->parameters + decoder1_weight, batch);
    /* (14) (38) (39) (40) */
    d_weight_adam_256_64(net->states + decoder1_weight_m, net->states + decoder1_weight_v,
                         net->parameters + decoder1_weight, d_decoder1_z, code, net->settings + beta1,
                         net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (18) (35) (36) (37) */
    d_bias_adam_64(net->states + code_bias_m, net->states + code_bias_v, net->parameters + code_bias, d_code_z,
                   net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                   net->settings + eps, batch);
    /* (19) */
    d_z_256_64_v2(d_encoder1_z, encoder1, d_code_z, net->parameters + code_weight, batch);
    /* (20) (26) (27) (28) */
    d_weight_adam_256_784(net->states + encoder1_weight_m, net->states + encoder1_weight_v,
                          net->parameters + encoder1_weight, d_encoder1_z, net->in_x, net->settings + beta1,
                          net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (17) (32) (33) (34) */
    d_weight_adam_64_256(net->states + code_weight_m, net->states + code_weight_v, net->parameters + code_weight,
                         d_code_z, encoder1, net->settings + beta1, net->settings + beta2, optimizer_rate,
                         optimizer_scale, net->settings + eps, batch);
    /* (21) (29) (30) (31) */
    d_bias_adam_256(net->states + encoder1_bias_m, net->states + encoder1_bias_v, net->parameters + encoder1_bias,
                    d_encoder1_z, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                    net->settings + eps, batch);
    return (double)*loss;
}

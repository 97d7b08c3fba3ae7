/* transformer, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.

   cc -std=c11 -O3 -march=native -ffp-contract=fast -fno-math-errno -fno-trapping-math -c transformer.c */
#include "transformer.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    token_weight = 0, /* [96, 64] */
    place_weight = 6144, /* [64, 64] */
    body_0_norm1_weight = 10240, /* [64] */
    body_0_norm1_bias = 10304, /* [64] */
    body_0_attention_in_proj_weight = 10368, /* [192, 64] */
    body_0_attention_in_proj_bias = 22656, /* [192] */
    body_0_attention_out_proj_weight = 22848, /* [64, 64] */
    body_0_attention_out_proj_bias = 26944, /* [64] */
    body_0_norm2_weight = 27008, /* [64] */
    body_0_norm2_bias = 27072, /* [64] */
    body_0_wide_weight = 27136, /* [256, 64] */
    body_0_wide_bias = 43520, /* [256] */
    body_0_narrow_weight = 43776, /* [64, 256] */
    body_0_narrow_bias = 60160, /* [64] */
    body_1_norm1_weight = 60224, /* [64] */
    body_1_norm1_bias = 60288, /* [64] */
    body_1_attention_in_proj_weight = 60352, /* [192, 64] */
    body_1_attention_in_proj_bias = 72640, /* [192] */
    body_1_attention_out_proj_weight = 72832, /* [64, 64] */
    body_1_attention_out_proj_bias = 76928, /* [64] */
    body_1_norm2_weight = 76992, /* [64] */
    body_1_norm2_bias = 77056, /* [64] */
    body_1_wide_weight = 77120, /* [256, 64] */
    body_1_wide_bias = 93504, /* [256] */
    body_1_narrow_weight = 93760, /* [64, 256] */
    body_1_narrow_bias = 110144, /* [64] */
    norm_weight = 110208, /* [64] */
    norm_bias = 110272, /* [64] */
    head_weight = 110336, /* [96, 64] */
    head_bias = 116480, /* [96] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_token_weight = 0, /* [96, 64] */
    d_place_weight = 6144, /* [64, 64] */
    d_body_0_norm1_weight = 10240, /* [64] */
    d_body_0_norm1_bias = 10304, /* [64] */
    d_body_0_attention_in_proj_weight = 10368, /* [192, 64] */
    d_body_0_attention_in_proj_bias = 22656, /* [192] */
    d_body_0_attention_out_proj_weight = 22848, /* [64, 64] */
    d_body_0_attention_out_proj_bias = 26944, /* [64] */
    d_body_0_norm2_weight = 27008, /* [64] */
    d_body_0_norm2_bias = 27072, /* [64] */
    d_body_0_wide_weight = 27136, /* [256, 64] */
    d_body_0_wide_bias = 43520, /* [256] */
    d_body_0_narrow_weight = 43776, /* [64, 256] */
    d_body_0_narrow_bias = 60160, /* [64] */
    d_body_1_norm1_weight = 60224, /* [64] */
    d_body_1_norm1_bias = 60288, /* [64] */
    d_body_1_attention_in_proj_weight = 60352, /* [192, 64] */
    d_body_1_attention_in_proj_bias = 72640, /* [192] */
    d_body_1_attention_out_proj_weight = 72832, /* [64, 64] */
    d_body_1_attention_out_proj_bias = 76928, /* [64] */
    d_body_1_norm2_weight = 76992, /* [64] */
    d_body_1_norm2_bias = 77056, /* [64] */
    d_body_1_wide_weight = 77120, /* [256, 64] */
    d_body_1_wide_bias = 93504, /* [256] */
    d_body_1_narrow_weight = 93760, /* [64, 256] */
    d_body_1_narrow_bias = 110144, /* [64] */
    d_norm_weight = 110208, /* [64] */
    d_norm_bias = 110272, /* [64] */
    d_head_weight = 110336, /* [96, 64] */
    d_head_bias = 116480, /* [96] */
};

/* Where tensors begin in `states`. */
enum {
    token_weight_m = 0, /* [96, 64] */
    token_weight_v = 6144, /* [96, 64] */
    place_weight_m = 12288, /* [64, 64] */
    place_weight_v = 16384, /* [64, 64] */
    body_0_norm1_weight_m = 20480, /* [64] */
    body_0_norm1_weight_v = 20544, /* [64] */
    body_0_norm1_bias_m = 20608, /* [64] */
    body_0_norm1_bias_v = 20672, /* [64] */
    body_0_attention_in_proj_weight_m = 20736, /* [192, 64] */
    body_0_attention_in_proj_weight_v = 33024, /* [192, 64] */
    body_0_attention_in_proj_bias_m = 45312, /* [192] */
    body_0_attention_in_proj_bias_v = 45504, /* [192] */
    body_0_attention_out_proj_weight_m = 45696, /* [64, 64] */
    body_0_attention_out_proj_weight_v = 49792, /* [64, 64] */
    body_0_attention_out_proj_bias_m = 53888, /* [64] */
    body_0_attention_out_proj_bias_v = 53952, /* [64] */
    body_0_norm2_weight_m = 54016, /* [64] */
    body_0_norm2_weight_v = 54080, /* [64] */
    body_0_norm2_bias_m = 54144, /* [64] */
    body_0_norm2_bias_v = 54208, /* [64] */
    body_0_wide_weight_m = 54272, /* [256, 64] */
    body_0_wide_weight_v = 70656, /* [256, 64] */
    body_0_wide_bias_m = 87040, /* [256] */
    body_0_wide_bias_v = 87296, /* [256] */
    body_0_narrow_weight_m = 87552, /* [64, 256] */
    body_0_narrow_weight_v = 103936, /* [64, 256] */
    body_0_narrow_bias_m = 120320, /* [64] */
    body_0_narrow_bias_v = 120384, /* [64] */
    body_1_norm1_weight_m = 120448, /* [64] */
    body_1_norm1_weight_v = 120512, /* [64] */
    body_1_norm1_bias_m = 120576, /* [64] */
    body_1_norm1_bias_v = 120640, /* [64] */
    body_1_attention_in_proj_weight_m = 120704, /* [192, 64] */
    body_1_attention_in_proj_weight_v = 132992, /* [192, 64] */
    body_1_attention_in_proj_bias_m = 145280, /* [192] */
    body_1_attention_in_proj_bias_v = 145472, /* [192] */
    body_1_attention_out_proj_weight_m = 145664, /* [64, 64] */
    body_1_attention_out_proj_weight_v = 149760, /* [64, 64] */
    body_1_attention_out_proj_bias_m = 153856, /* [64] */
    body_1_attention_out_proj_bias_v = 153920, /* [64] */
    body_1_norm2_weight_m = 153984, /* [64] */
    body_1_norm2_weight_v = 154048, /* [64] */
    body_1_norm2_bias_m = 154112, /* [64] */
    body_1_norm2_bias_v = 154176, /* [64] */
    body_1_wide_weight_m = 154240, /* [256, 64] */
    body_1_wide_weight_v = 170624, /* [256, 64] */
    body_1_wide_bias_m = 187008, /* [256] */
    body_1_wide_bias_v = 187264, /* [256] */
    body_1_narrow_weight_m = 187520, /* [64, 256] */
    body_1_narrow_weight_v = 203904, /* [64, 256] */
    body_1_narrow_bias_m = 220288, /* [64] */
    body_1_narrow_bias_v = 220352, /* [64] */
    norm_weight_m = 220416, /* [64] */
    norm_weight_v = 220480, /* [64] */
    norm_bias_m = 220544, /* [64] */
    norm_bias_v = 220608, /* [64] */
    head_weight_m = 220672, /* [96, 64] */
    head_weight_v = 226816, /* [96, 64] */
    head_bias_m = 232960, /* [96] */
    head_bias_v = 233056, /* [96] */
};

/* Where tensors begin in `counters`. */
enum {
    t = 0, /* [] */
};

/* Where tensors begin in `settings`. */
enum {
    lr = 0, /* [] */
    eps = 1, /* [] */
    weight_decay = 2, /* [] */
    beta1 = 3, /* [] */
    beta2 = 4, /* [] */
    steps = 5, /* [] */
    warmup = 6, /* [] */
    min_lr = 7, /* [] */
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
static inline double maximum_d(double a, double b)
{
    return (a >= b) | (a != a) ? a : b;
}

/* The larger of two numbers; NaN where either is NaN. */
static inline real maximum(real a, real b)
{
    return (a >= b) | (a != a) ? a : b;
}

/* The smaller of two numbers; NaN where either is NaN. */
static inline double minimum_d(double a, double b)
{
    return (a <= b) | (a != a) ? a : b;
}

/* a where the condition holds, else b; both are computed, so that a loop over it has no branches. */
static inline double choose_d(int condition, double a, double b)
{
    return condition ? a : b;
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

/* token: embedding; place: positional_embedding; body.0.norm1: layernorm
   (1) token[b, i, d] = token.weight[text[b, i], d]
   (2) place[b, t, d] = place.weight[t, d] + token[b, t, d]
   (3) body.0.norm1.m[b, t] = sum[i](place[b, t, i]) / 64
   (4) body.0.norm1.v[b, t] = sum[i]((place[b, t, i] - body.0.norm1.m[b, t])**2) / 64
   (5) body.0.norm1.r[b, t] = 1 / sqrt(body.0.norm1.v[b, t] + 0.00001)
   (6) body.0.norm1.n[b, t, j] = body.0.norm1.r[b, t] * (place[b, t, j] - body.0.norm1.m[b, t])
   (7) body.0.norm1[b, t, j] = body.0.norm1.n[b, t, j] * body.0.norm1.weight[j] + body.0.norm1.bias[j]
*/
static void embedding_positional_embedding_layernorm_64_64(
    real *restrict place,                     /* [B, 64, 64] */
    real *restrict norm1,                     /* [B, 64, 64] */
    const real *restrict weight,              /* [96, 64] */
    const int32_t *restrict text,             /* [B, 64] */
    const real *restrict place_weight,        /* [64, 64] */
    const real *restrict body_0_norm1_weight, /* [64] */
    const real *restrict bias,                /* [64] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 64; i++) {
            for (int d = 0; d < 64; d++) {
                const real token = weight[(text[b * 64 + i]) * 64 + d]; /* (1) */
                place[b * 4096 + i * 64 + d] = place_weight[i * 64 + d] + token; /* (2) */
            }
            real parts[16] = {0};
            for (int d_first = 0; d_first < 64; d_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int d = d_first + part;
                    parts[part] += place[b * 4096 + i * 64 + d];
                }
            }
            real sum = 0;
            for (int part = 0; part < 16; part++) {
                sum += parts[part];
            }
            const real m = 0.015625f * sum; /* (3) */
            real parts_2[16] = {0};
            for (int d_first_2 = 0; d_first_2 < 64; d_first_2 += 16) {
                for (int part_2 = 0; part_2 < 16; part_2++) {
                    const int d = d_first_2 + part_2;
                    parts_2[part_2] += square(place[b * 4096 + i * 64 + d] - m);
                }
            }
            real sum_2 = 0;
            for (int part_2 = 0; part_2 < 16; part_2++) {
                sum_2 += parts_2[part_2];
            }
            const real v = 0.015625f * sum_2; /* (4) */
            const real r = 1.0f / sqrtf(v + 1e-05f); /* (5) */
            for (int d = 0; d < 64; d++) {
                const real n = r * (place[b * 4096 + i * 64 + d] - m); /* (6) */
                norm1[b * 4096 + i * 64 + d] = n * body_0_norm1_weight[d] + bias[d]; /* (7) */
            }
        }
    }
}

/* body.0.attention: attention
   (8) body.0.attention.u[b, i, f] = sum[j](body.0.norm1[b, i, j] * body.0.attention.in_proj_weight[f, j]) + body.0.attention.in_proj_bias[f]
   and, in other places, (32)
*/
static void attention_64_192_64(
    real *restrict u,                    /* [B, 64, 192] */
    const real *restrict norm1,          /* [B, 64, 64] */
    const real *restrict in_proj_weight, /* [192, 64] */
    const real *restrict in_proj_bias,   /* [192] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 192; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < batch * 64; i_tile += TILE_ROWS) {
            const int rows = batch * 64 - i_tile < TILE_ROWS ? batch * 64 - i_tile : TILE_ROWS;
            const int columns = 192 - j_tile < COLUMNS ? 192 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 64,
                     norm1 + i_tile * 64, 64, 1,
                     in_proj_weight + j_tile * 64, 1, 64);
            for (int r = 0; r < rows; r++) {
                const int b = (i_tile + r) / 64;
                const int i = (i_tile + r) % 64;
                for (int c = 0; c < columns; c++) {
                    const int f = j_tile + c;
                    u[b * 12288 + i * 192 + f] = tile[r * COLUMNS + c] + in_proj_bias[f];
                }
            }
        }
    }
}

/* body.0.attention: attention
   (9) body.0.attention.s[b, h, i, j] = sum[k](body.0.attention.u[b, i, 16*h + k] * body.0.attention.u[b, j, 16*h + k + 64]) / 4 if i >= j else -inf
   and, in other places, (33)
*/
static void attention_4_64_64_16(
    real *restrict s,       /* [B, 4, 64, 64] */
    const real *restrict u, /* [B, 64, 192] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int b = 0; b < batch; b++) {
        for (int h = 0; h < 4; h++) {
            for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
                for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
                    const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
                    const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
                    multiply(tile, panel, i_tile == 0, rows, columns, 16,
                             u + b * 12288 + 16 * h + i_tile * 192, 192, 1,
                             u + b * 12288 + 16 * h + 64 + j_tile * 192, 1, 192);
                    for (int r = 0; r < rows; r++) {
                        const int i = i_tile + r;
#pragma GCC unroll 1
                        for (int c = 0; c < columns; c++) {
                            const int j = j_tile + c;
                            s[b * 16384 + h * 4096 + i * 64 + j] = i >= j ? 0.25f * tile[r * COLUMNS + c] : -INFINITY;
                        }
                    }
                }
            }
        }
    }
}

/* body.0.attention: attention
   (10) body.0.attention.m[b, h, i] = max[j](body.0.attention.s[b, h, i, j])
   (11) body.0.attention.e2[b, h, i, j] = exp(body.0.attention.s[b, h, i, j] - body.0.attention.m[b, h, i])
   (12) body.0.attention.S[b, h, i] = sum[j](body.0.attention.e2[b, h, i, j])
   (13) body.0.attention.p[b, h, i, j] = body.0.attention.e2[b, h, i, j] / body.0.attention.S[b, h, i]
   and, in other places, (34) (35) (36) (37)
*/
static void attention_4_64_64(
    real *restrict e2,      /* [B, 4, 64, 64] */
    real *restrict p,       /* [B, 4, 64, 64] */
    const real *restrict s, /* [B, 4, 64, 64] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int hi = 0; hi < 256; hi++) {
            real m = -INFINITY;
            for (int j = 0; j < 64; j++) {
                m = maximum(m, s[b * 16384 + hi * 64 + j]); /* (10) */
            }
            for (int j = 0; j < 64; j++) {
                e2[b * 16384 + hi * 64 + j] = exp_single(s[b * 16384 + hi * 64 + j] - m); /* (11) */
            }
            real parts[16] = {0};
            for (int j_first = 0; j_first < 64; j_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int j = j_first + part;
                    parts[part] += e2[b * 16384 + hi * 64 + j];
                }
            }
            real S = 0;
            for (int part = 0; part < 16; part++) {
                S += parts[part]; /* (12) */
            }
            const real scale = 1.0f / S;
            for (int j = 0; j < 64; j++) {
                p[b * 16384 + hi * 64 + j] = scale * e2[b * 16384 + hi * 64 + j]; /* (13) */
            }
        }
    }
}

/* body.0.attention: attention
   (14) body.0.attention.v[b, i, d] = sum[j](body.0.attention.u[b, j, d + 128] * body.0.attention.p[b, d // 16, i, j])
   and, in other places, (38)
*/
static void attention_64_4_16_64(
    real *restrict v,       /* [B, 64, 64] */
    const real *restrict p, /* [B, 4, 64, 64] */
    const real *restrict u, /* [B, 64, 192] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int b = 0; b < batch; b++) {
        for (int d1 = 0; d1 < 4; d1++) {
            for (int j_tile = 0; j_tile < 16; j_tile += COLUMNS) {
#pragma GCC unroll 1
                for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
                    const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
                    const int columns = 16 - j_tile < COLUMNS ? 16 - j_tile : COLUMNS;
                    multiply(tile, panel, i_tile == 0, rows, columns, 64,
                             p + b * 16384 + d1 * 4096 + i_tile * 64, 64, 1,
                             u + b * 12288 + 16 * d1 + 128 + j_tile, 192, 1);
                    for (int r = 0; r < rows; r++) {
                        const int i = i_tile + r;
                        for (int c = 0; c < columns; c++) {
                            const int d0 = j_tile + c;
                            v[b * 4096 + i * 64 + 16 * d1 + d0] = tile[r * COLUMNS + c];
                        }
                    }
                }
            }
        }
    }
}

/* body.0.attention: attention; body.0.sum1: add
   (15) body.0.attention[b, i, m] = sum[j](body.0.attention.v[b, i, j] * body.0.attention.out_proj.weight[m, j]) + body.0.attention.out_proj.bias[m]
   (16) body.0.sum1[b, t, d] = body.0.attention[b, t, d] + place[b, t, d]
*/
static void attention_add_64_64_64(
    real *restrict sum1,         /* [B, 64, 64] */
    const real *restrict v,      /* [B, 64, 64] */
    const real *restrict weight, /* [64, 64] */
    const real *restrict bias,   /* [64] */
    const real *restrict place,  /* [B, 64, 64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < batch * 64; i_tile += TILE_ROWS) {
            const int rows = batch * 64 - i_tile < TILE_ROWS ? batch * 64 - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 64,
                     v + i_tile * 64, 64, 1,
                     weight + j_tile * 64, 1, 64);
            for (int r = 0; r < rows; r++) {
                const int b = (i_tile + r) / 64;
                const int i = (i_tile + r) % 64;
                for (int c = 0; c < columns; c++) {
                    const int m = j_tile + c;
                    const real attention = tile[r * COLUMNS + c] + bias[m]; /* (15) */
                    sum1[b * 4096 + i * 64 + m] = attention + place[b * 4096 + i * 64 + m]; /* (16) */
                }
            }
        }
    }
}

/* body.0.norm2: layernorm
   (17) body.0.norm2.m[b, t] = sum[i](body.0.sum1[b, t, i]) / 64
   (18) body.0.norm2.v[b, t] = sum[i]((body.0.sum1[b, t, i] - body.0.norm2.m[b, t])**2) / 64
   (19) body.0.norm2.r[b, t] = 1 / sqrt(body.0.norm2.v[b, t] + 0.00001)
   (20) body.0.norm2.n[b, t, j] = body.0.norm2.r[b, t] * (body.0.sum1[b, t, j] - body.0.norm2.m[b, t])
   (21) body.0.norm2[b, t, j] = body.0.norm2.n[b, t, j] * body.0.norm2.weight[j] + body.0.norm2.bias[j]
   and, in other places, (27) (28) (29) (30) (31), (41) (42) (43) (44) (45), (51) (52) (53) (54) (55)
*/
static void layernorm_64_64(
    real *restrict norm2,        /* [B, 64, 64] */
    const real *restrict sum1,   /* [B, 64, 64] */
    const real *restrict weight, /* [64] */
    const real *restrict bias,   /* [64] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            real parts[16] = {0};
            for (int d_first = 0; d_first < 64; d_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int d = d_first + part;
                    parts[part] += sum1[b * 4096 + t * 64 + d];
                }
            }
            real sum = 0;
            for (int part = 0; part < 16; part++) {
                sum += parts[part];
            }
            const real m = 0.015625f * sum; /* (17) */
            real parts_2[16] = {0};
            for (int d_first_2 = 0; d_first_2 < 64; d_first_2 += 16) {
                for (int part_2 = 0; part_2 < 16; part_2++) {
                    const int d = d_first_2 + part_2;
                    parts_2[part_2] += square(sum1[b * 4096 + t * 64 + d] - m);
                }
            }
            real sum_2 = 0;
            for (int part_2 = 0; part_2 < 16; part_2++) {
                sum_2 += parts_2[part_2];
            }
            const real v = 0.015625f * sum_2; /* (18) */
            const real r = 1.0f / sqrtf(v + 1e-05f); /* (19) */
            for (int j = 0; j < 64; j++) {
                const real n = r * (sum1[b * 4096 + t * 64 + j] - m); /* (20) */
                norm2[b * 4096 + t * 64 + j] = n * weight[j] + bias[j]; /* (21) */
            }
        }
    }
}

/* body.0.wide: linear, gelu
   (22) body.0.wide.z[b, t, o] = sum[i](body.0.norm2[b, t, i] * body.0.wide.weight[o, i]) + body.0.wide.bias[o]
   (23) body.0.wide.r[b, t, o] = erf(sqrt(2) * body.0.wide.z[b, t, o] / 2)
   (24) body.0.wide[b, t, o] = body.0.wide.z[b, t, o] * (1 + body.0.wide.r[b, t, o]) / 2
   and, in other places, (46) (47) (48)
*/
static void linear_gelu_64_256_64(
    real *restrict wide,         /* [B, 64, 256] */
    const real *restrict norm2,  /* [B, 64, 64] */
    const real *restrict weight, /* [256, 64] */
    const real *restrict bias,   /* [256] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < batch * 64; i_tile += TILE_ROWS) {
            const int rows = batch * 64 - i_tile < TILE_ROWS ? batch * 64 - i_tile : TILE_ROWS;
            const int columns = 256 - j_tile < COLUMNS ? 256 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 64,
                     norm2 + i_tile * 64, 64, 1,
                     weight + j_tile * 64, 1, 64);
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int b = (i_tile + r_2) / 64;
                const int t = (i_tile + r_2) % 64;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real z = tile[r_2 * COLUMNS + c] + bias[o]; /* (22) */
                    const real r = erff(0.7071067811865476f * z); /* (23) */
                    wide[b * 16384 + t * 256 + o] = 0.5f * (r + 1.0f) * z; /* (24) */
                }
            }
        }
    }
}

/* body.0.narrow: linear; body.0.sum2: add
   (25) body.0.narrow[b, t, o] = sum[i](body.0.wide[b, t, i] * body.0.narrow.weight[o, i]) + body.0.narrow.bias[o]
   (26) body.0.sum2[b, t, d] = body.0.narrow[b, t, d] + body.0.sum1[b, t, d]
   and, in other places, (49) (50)
*/
static void linear_add_64_64_256(
    real *restrict sum2,         /* [B, 64, 64] */
    const real *restrict wide,   /* [B, 64, 256] */
    const real *restrict weight, /* [64, 256] */
    const real *restrict bias,   /* [64] */
    const real *restrict sum1,   /* [B, 64, 64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < batch * 64; i_tile += TILE_ROWS) {
            const int rows = batch * 64 - i_tile < TILE_ROWS ? batch * 64 - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 256,
                     wide + i_tile * 256, 256, 1,
                     weight + j_tile * 256, 1, 256);
            for (int r = 0; r < rows; r++) {
                const int b = (i_tile + r) / 64;
                const int t = (i_tile + r) % 64;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real narrow = tile[r * COLUMNS + c] + bias[o]; /* (25) */
                    sum2[b * 4096 + t * 64 + o] = narrow + sum1[b * 4096 + t * 64 + o]; /* (26) */
                }
            }
        }
    }
}

/* body.1.attention: attention; body.1.sum1: add
   (39) body.1.attention[b, i, m] = sum[j](body.1.attention.v[b, i, j] * body.1.attention.out_proj.weight[m, j]) + body.1.attention.out_proj.bias[m]
   (40) body.1.sum1[b, t, d] = body.0.sum2[b, t, d] + body.1.attention[b, t, d]
*/
static void attention_add_64_64_64_v2(
    real *restrict sum1,         /* [B, 64, 64] */
    const real *restrict v,      /* [B, 64, 64] */
    const real *restrict weight, /* [64, 64] */
    const real *restrict bias,   /* [64] */
    const real *restrict sum2,   /* [B, 64, 64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < batch * 64; i_tile += TILE_ROWS) {
            const int rows = batch * 64 - i_tile < TILE_ROWS ? batch * 64 - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 64,
                     v + i_tile * 64, 64, 1,
                     weight + j_tile * 64, 1, 64);
            for (int r = 0; r < rows; r++) {
                const int b = (i_tile + r) / 64;
                const int i = (i_tile + r) % 64;
                for (int c = 0; c < columns; c++) {
                    const int m = j_tile + c;
                    const real attention = tile[r * COLUMNS + c] + bias[m]; /* (39) */
                    sum1[b * 4096 + i * 64 + m] = sum2[b * 4096 + i * 64 + m] + attention; /* (40) */
                }
            }
        }
    }
}

/* head: linear
   (56) head[b, t, o] = sum[i](norm[b, t, i] * head.weight[o, i]) + head.bias[o]
*/
static void linear_64_96_64(
    real *restrict head,         /* [B, 64, 96] */
    const real *restrict norm,   /* [B, 64, 64] */
    const real *restrict weight, /* [96, 64] */
    const real *restrict bias,   /* [96] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 96; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < batch * 64; i_tile += TILE_ROWS) {
            const int rows = batch * 64 - i_tile < TILE_ROWS ? batch * 64 - i_tile : TILE_ROWS;
            const int columns = 96 - j_tile < COLUMNS ? 96 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 64,
                     norm + i_tile * 64, 64, 1,
                     weight + j_tile * 64, 1, 64);
            for (int r = 0; r < rows; r++) {
                const int b = (i_tile + r) / 64;
                const int t = (i_tile + r) % 64;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    head[b * 6144 + t * 96 + o] = tile[r * COLUMNS + c] + bias[o];
                }
            }
        }
    }
}

/* loss: cross_entropy
   (57) loss.m[b, t] = max[i](head[b, t, i])
   (58) loss.e[b, t, j] = exp(head[b, t, j] - loss.m[b, t])
   (59) loss.S[b, t] = sum[i](loss.e[b, t, i])
*/
static void cross_entropy_64_96(
    real *restrict m,          /* [B, 64] */
    real *restrict e,          /* [B, 64, 96] */
    real *restrict S,          /* [B, 64] */
    const real *restrict head, /* [B, 64, 96] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            real largest = -INFINITY;
            for (int o = 0; o < 96; o++) {
                largest = maximum(largest, head[b * 6144 + t * 96 + o]);
            }
            m[b * 64 + t] = largest; /* (57) */
            for (int j = 0; j < 96; j++) {
                e[b * 6144 + t * 96 + j] = exp_single(head[b * 6144 + t * 96 + j] - m[b * 64 + t]); /* (58) */
            }
            real parts[16] = {0};
            for (int j_first = 0; j_first < 96; j_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int j = j_first + part;
                    parts[part] += e[b * 6144 + t * 96 + j];
                }
            }
            real sum = 0;
            for (int part = 0; part < 16; part++) {
                sum += parts[part];
            }
            S[b * 64 + t] = sum; /* (59) */
        }
    }
}

/* loss: cross_entropy
   (61) loss = sum[b, i](log(loss.S[b, i]) + loss.m[b, i] - head[b, i, next[b, i]]) / (64 * B)
*/
static void cross_entropy_64(
    real *restrict loss,
    const real *restrict m,       /* [B, 64] */
    const real *restrict head,    /* [B, 64, 96] */
    const int32_t *restrict next, /* [B, 64] */
    const real *restrict S,       /* [B, 64] */
    int batch)
{
    real parts[16] = {0};
    for (int b = 0; b < batch; b++) {
        for (int t_first = 0; t_first < 64; t_first += 16) {
            for (int part = 0; part < 16; part++) {
                const int t = t_first + part;
                parts[part] += m[b * 64 + t] - head[b * 6144 + t * 96 + next[b * 64 + t]] + logf(S[b * 64 + t]);
            }
        }
    }
    real sum = 0;
    for (int part = 0; part < 16; part++) {
        sum += parts[part];
    }
    *loss = sum / (64.0f * (real)batch);
}

/* token: gradient of embedding (one side of the product)
   (135) d.token.weight[v, d] = sum[b, i](d.place[b, i, d] * (v == text[b, i]))
*/
static void d_weight_96_64(
    real *restrict d_weight) /* [96, 64] */
{
    for (int vd = 0; vd < 6144; vd++) {
        d_weight[vd] = 0.0f;
    }
}

/* token: embedding; place: positional_embedding; body.0.norm1: layernorm
   (1) token[b, i, d] = token.weight[text[b, i], d]
   (2) place[b, t, d] = place.weight[t, d] + token[b, t, d]
   (3) body.0.norm1.m[b, t] = sum[i](place[b, t, i]) / 64
   (4) body.0.norm1.v[b, t] = sum[i]((place[b, t, i] - body.0.norm1.m[b, t])**2) / 64
   (5) body.0.norm1.r[b, t] = 1 / sqrt(body.0.norm1.v[b, t] + 0.00001)
   (6) body.0.norm1.n[b, t, j] = body.0.norm1.r[b, t] * (place[b, t, j] - body.0.norm1.m[b, t])
   (7) body.0.norm1[b, t, j] = body.0.norm1.n[b, t, j] * body.0.norm1.weight[j] + body.0.norm1.bias[j]
*/
static void embedding_positional_embedding_layernorm_64_64_v2(
    real *restrict place,                     /* [B, 64, 64] */
    real *restrict r,                         /* [B, 64] */
    real *restrict n,                         /* [B, 64, 64] */
    real *restrict norm1,                     /* [B, 64, 64] */
    const real *restrict weight,              /* [96, 64] */
    const int32_t *restrict text,             /* [B, 64] */
    const real *restrict place_weight,        /* [64, 64] */
    const real *restrict body_0_norm1_weight, /* [64] */
    const real *restrict bias,                /* [64] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 64; i++) {
            for (int d = 0; d < 64; d++) {
                const real token = weight[(text[b * 64 + i]) * 64 + d]; /* (1) */
                place[b * 4096 + i * 64 + d] = place_weight[i * 64 + d] + token; /* (2) */
            }
            real parts[16] = {0};
            for (int d_first = 0; d_first < 64; d_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int d = d_first + part;
                    parts[part] += place[b * 4096 + i * 64 + d];
                }
            }
            real sum = 0;
            for (int part = 0; part < 16; part++) {
                sum += parts[part];
            }
            const real m = 0.015625f * sum; /* (3) */
            real parts_2[16] = {0};
            for (int d_first_2 = 0; d_first_2 < 64; d_first_2 += 16) {
                for (int part_2 = 0; part_2 < 16; part_2++) {
                    const int d = d_first_2 + part_2;
                    parts_2[part_2] += square(place[b * 4096 + i * 64 + d] - m);
                }
            }
            real sum_2 = 0;
            for (int part_2 = 0; part_2 < 16; part_2++) {
                sum_2 += parts_2[part_2];
            }
            const real v = 0.015625f * sum_2; /* (4) */
            r[b * 64 + i] = 1.0f / sqrtf(v + 1e-05f); /* (5) */
            for (int d = 0; d < 64; d++) {
                n[b * 4096 + i * 64 + d] = r[b * 64 + i] * (place[b * 4096 + i * 64 + d] - m); /* (6) */
                norm1[b * 4096 + i * 64 + d] = n[b * 4096 + i * 64 + d] * body_0_norm1_weight[d] + bias[d]; /* (7) */
            }
        }
    }
}

/* body.0.norm2: layernorm
   (17) body.0.norm2.m[b, t] = sum[i](body.0.sum1[b, t, i]) / 64
   (18) body.0.norm2.v[b, t] = sum[i]((body.0.sum1[b, t, i] - body.0.norm2.m[b, t])**2) / 64
   (19) body.0.norm2.r[b, t] = 1 / sqrt(body.0.norm2.v[b, t] + 0.00001)
   (20) body.0.norm2.n[b, t, j] = body.0.norm2.r[b, t] * (body.0.sum1[b, t, j] - body.0.norm2.m[b, t])
   (21) body.0.norm2[b, t, j] = body.0.norm2.n[b, t, j] * body.0.norm2.weight[j] + body.0.norm2.bias[j]
   and, in other places, (27) (28) (29) (30) (31), (41) (42) (43) (44) (45), (51) (52) (53) (54) (55)
*/
static void layernorm_64_64_v2(
    real *restrict r,            /* [B, 64] */
    real *restrict n,            /* [B, 64, 64] */
    real *restrict norm2,        /* [B, 64, 64] */
    const real *restrict sum1,   /* [B, 64, 64] */
    const real *restrict weight, /* [64] */
    const real *restrict bias,   /* [64] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            real parts[16] = {0};
            for (int d_first = 0; d_first < 64; d_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int d = d_first + part;
                    parts[part] += sum1[b * 4096 + t * 64 + d];
                }
            }
            real sum = 0;
            for (int part = 0; part < 16; part++) {
                sum += parts[part];
            }
            const real m = 0.015625f * sum; /* (17) */
            real parts_2[16] = {0};
            for (int d_first_2 = 0; d_first_2 < 64; d_first_2 += 16) {
                for (int part_2 = 0; part_2 < 16; part_2++) {
                    const int d = d_first_2 + part_2;
                    parts_2[part_2] += square(sum1[b * 4096 + t * 64 + d] - m);
                }
            }
            real sum_2 = 0;
            for (int part_2 = 0; part_2 < 16; part_2++) {
                sum_2 += parts_2[part_2];
            }
            const real v = 0.015625f * sum_2; /* (18) */
            r[b * 64 + t] = 1.0f / sqrtf(v + 1e-05f); /* (19) */
            for (int j = 0; j < 64; j++) {
                n[b * 4096 + t * 64 + j] = r[b * 64 + t] * (sum1[b * 4096 + t * 64 + j] - m); /* (20) */
                norm2[b * 4096 + t * 64 + j] = n[b * 4096 + t * 64 + j] * weight[j] + bias[j]; /* (21) */
            }
        }
    }
}

/* body.0.wide: linear, gelu
   (22) body.0.wide.z[b, t, o] = sum[i](body.0.norm2[b, t, i] * body.0.wide.weight[o, i]) + body.0.wide.bias[o]
   (23) body.0.wide.r[b, t, o] = erf(sqrt(2) * body.0.wide.z[b, t, o] / 2)
   (24) body.0.wide[b, t, o] = body.0.wide.z[b, t, o] * (1 + body.0.wide.r[b, t, o]) / 2
   and, in other places, (46) (47) (48)
*/
static void linear_gelu_64_256_64_v2(
    real *restrict z,            /* [B, 64, 256] */
    real *restrict r,            /* [B, 64, 256] */
    real *restrict wide,         /* [B, 64, 256] */
    const real *restrict norm2,  /* [B, 64, 64] */
    const real *restrict weight, /* [256, 64] */
    const real *restrict bias,   /* [256] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < batch * 64; i_tile += TILE_ROWS) {
            const int rows = batch * 64 - i_tile < TILE_ROWS ? batch * 64 - i_tile : TILE_ROWS;
            const int columns = 256 - j_tile < COLUMNS ? 256 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 64,
                     norm2 + i_tile * 64, 64, 1,
                     weight + j_tile * 64, 1, 64);
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int b = (i_tile + r_2) / 64;
                const int t = (i_tile + r_2) % 64;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    z[b * 16384 + t * 256 + o] = tile[r_2 * COLUMNS + c] + bias[o]; /* (22) */
                    r[b * 16384 + t * 256 + o] = erff(0.7071067811865476f * z[b * 16384 + t * 256 + o]); /* (23) */
                    wide[b * 16384 + t * 256 + o] = 0.5f * (r[b * 16384 + t * 256 + o] + 1.0f) * z[b * 16384 + t * 256 + o]; /* (24) */
                }
            }
        }
    }
}

/* loss: cross_entropy; head: gradient of linear
   (57) loss.m[b, t] = max[i](head[b, t, i])
   (58) loss.e[b, t, j] = exp(head[b, t, j] - loss.m[b, t])
   (59) loss.S[b, t] = sum[i](loss.e[b, t, i])
   (60) loss.p[b, t, j] = loss.e[b, t, j] / loss.S[b, t]
   (62) d.head[b, t, o] = (loss.p[b, t, o] - (o == next[b, t])) / (64 * B)
*/
static void cross_entropy_d_head_64_96(
    real *restrict m,             /* [B, 64] */
    real *restrict e,             /* [B, 64, 96] */
    real *restrict S,             /* [B, 64] */
    real *restrict d_head,        /* [B, 64, 96] */
    const real *restrict head,    /* [B, 64, 96] */
    const int32_t *restrict next, /* [B, 64] */
    int batch)
{
    const real scale2 = 1.0f / (64.0f * (real)batch); /* (62) */
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            real largest = -INFINITY;
            for (int o = 0; o < 96; o++) {
                largest = maximum(largest, head[b * 6144 + t * 96 + o]);
            }
            m[b * 64 + t] = largest; /* (57) */
            for (int j = 0; j < 96; j++) {
                e[b * 6144 + t * 96 + j] = exp_single(head[b * 6144 + t * 96 + j] - m[b * 64 + t]); /* (58) */
            }
            real parts[16] = {0};
            for (int j_first = 0; j_first < 96; j_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int j = j_first + part;
                    parts[part] += e[b * 6144 + t * 96 + j];
                }
            }
            real sum = 0;
            for (int part = 0; part < 16; part++) {
                sum += parts[part];
            }
            S[b * 64 + t] = sum; /* (59) */
            const real scale = 1.0f / S[b * 64 + t];
            for (int j = 0; j < 96; j++) {
                const real p = scale * e[b * 6144 + t * 96 + j]; /* (60) */
                d_head[b * 6144 + t * 96 + j] = scale2 * (p - (j == next[b * 64 + t] ? 1.0f : 0.0f)); /* (62) */
            }
        }
    }
}

/* head: gradient of linear
   (63) d.head.weight[o, i] = sum[b, j](d.head[b, j, o] * norm[b, j, i])
*/
static void d_weight_96_64_64(
    real *restrict d_weight,     /* [96, 64] */
    const real *restrict d_head, /* [B, 64, 96] */
    const real *restrict norm,   /* [B, 64, 64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 96; i_tile += TILE_ROWS) {
            const int rows = 96 - i_tile < TILE_ROWS ? 96 - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch * 64,
                     d_head + i_tile, 1, 96,
                     norm + j_tile, 64, 1);
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

/* head: gradient of linear
   (64) d.head.bias[o] = sum[b, i](d.head[b, i, o])
*/
static void d_bias_96_64(
    real *restrict d_bias,       /* [96] */
    const real *restrict d_head, /* [B, 64, 96] */
    int batch)
{
    real sum[96] = {0};
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            for (int o = 0; o < 96; o++) {
                sum[o] += d_head[b * 6144 + t * 96 + o];
            }
        }
    }
    for (int o = 0; o < 96; o++) {
        d_bias[o] = sum[o];
    }
}

/* norm: gradient of layernorm
   (65) d.norm[b, t, j] = sum[i](d.head[b, t, i] * head.weight[i, j])
   (68) d.norm.n[b, t, j] = d.norm[b, t, j] * norm.weight[j]
*/
static void d_norm_d_n_64_64_96(
    real *restrict d_norm,            /* [B, 64, 64] */
    real *restrict d_n,               /* [B, 64, 64] */
    const real *restrict d_head,      /* [B, 64, 96] */
    const real *restrict weight,      /* [96, 64] */
    const real *restrict norm_weight, /* [64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < batch * 64; i_tile += TILE_ROWS) {
            const int rows = batch * 64 - i_tile < TILE_ROWS ? batch * 64 - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 96,
                     d_head + i_tile * 96, 96, 1,
                     weight + j_tile, 64, 1);
            for (int r = 0; r < rows; r++) {
                const int b = (i_tile + r) / 64;
                const int t = (i_tile + r) % 64;
                for (int c = 0; c < columns; c++) {
                    const int j = j_tile + c;
                    d_norm[b * 4096 + t * 64 + j] = tile[r * COLUMNS + c]; /* (65) */
                    d_n[b * 4096 + t * 64 + j] = d_norm[b * 4096 + t * 64 + j] * norm_weight[j]; /* (68) */
                }
            }
        }
    }
}

/* norm: gradient of layernorm
   (66) d.norm.weight[j] = sum[b, i](d.norm[b, i, j] * norm.n[b, i, j])
   and, in other places, (79), (97), (110), (128)
*/
static void d_weight_64_64(
    real *restrict d_weight,     /* [64] */
    const real *restrict d_norm, /* [B, 64, 64] */
    const real *restrict n,      /* [B, 64, 64] */
    int batch)
{
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            for (int j = 0; j < 64; j++) {
                sum[j] += d_norm[b * 4096 + t * 64 + j] * n[b * 4096 + t * 64 + j];
            }
        }
    }
    for (int j = 0; j < 64; j++) {
        d_weight[j] = sum[j];
    }
}

/* norm: gradient of layernorm
   (67) d.norm.bias[j] = sum[b, i](d.norm[b, i, j])
   and, in other places, (73), (80), (86), (98), (104), (111), (117), (129)
*/
static void d_bias_64_64(
    real *restrict d_bias,       /* [64] */
    const real *restrict d_norm, /* [B, 64, 64] */
    int batch)
{
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            for (int j = 0; j < 64; j++) {
                sum[j] += d_norm[b * 4096 + t * 64 + j];
            }
        }
    }
    for (int j = 0; j < 64; j++) {
        d_bias[j] = sum[j];
    }
}

/* body.1.sum2: gradient of add
   (69) body.1.sum2.r[b, t] = sum[i](d.norm.n[b, t, i] * norm.n[b, t, i])
   and, in other places, (82), (100), (113), (131)
*/
static void r_64_64(
    real *restrict r,         /* [B, 64] */
    const real *restrict d_n, /* [B, 64, 64] */
    const real *restrict n,   /* [B, 64, 64] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            real parts[16] = {0};
            for (int j_first = 0; j_first < 64; j_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int j = j_first + part;
                    parts[part] += d_n[b * 4096 + t * 64 + j] * n[b * 4096 + t * 64 + j];
                }
            }
            real sum = 0;
            for (int part = 0; part < 16; part++) {
                sum += parts[part];
            }
            r[b * 64 + t] = sum;
        }
    }
}

/* body.1.sum2: gradient of add
   (70) body.1.sum2.r2[b, t] = sum[i](d.norm.n[b, t, i])
   (71) d.body.1.sum2[b, t, d] = norm.r[b, t] * (d.norm.n[b, t, d] - body.1.sum2.r[b, t] * norm.n[b, t, d] / 64 - body.1.sum2.r2[b, t] / 64)
*/
static void r2_d_sum2_64_64(
    real *restrict n,                   /* [B, 64, 64] */
    const real *restrict d_n,           /* [B, 64, 64] */
    const real *restrict r,             /* [B, 64] */
    const real *restrict body_1_sum2_r, /* [B, 64] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            real parts[16] = {0};
            for (int j_first = 0; j_first < 64; j_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int j = j_first + part;
                    parts[part] += d_n[b * 4096 + t * 64 + j];
                }
            }
            real r2 = 0;
            for (int part = 0; part < 16; part++) {
                r2 += parts[part]; /* (70) */
            }
            const real scale = 0.015625f * r2;
            const real scale2 = 0.015625f * body_1_sum2_r[b * 64 + t];
            for (int d = 0; d < 64; d++) {
                n[b * 4096 + t * 64 + d] = r[b * 64 + t] * (d_n[b * 4096 + t * 64 + d] - scale - scale2 * n[b * 4096 + t * 64 + d]); /* (71) */
            }
        }
    }
}

/* body.1.wide: gradient of gelu, gradient of linear
   (74) d.body.1.wide[b, t, o] = sum[i](d.body.1.sum2[b, t, i] * body.1.narrow.weight[i, o])
   (75) d.body.1.wide.z[b, t, o] = d.body.1.wide[b, t, o] * (1 + sqrt(2 / pi) * body.1.wide.z[b, t, o] * exp(-body.1.wide.z[b, t, o]**2 / 2) + body.1.wide.r[b, t, o]) / 2
   and, in other places, (105) (106)
*/
static void d_wide_d_z_64_256_64(
    real *restrict z,            /* [B, 64, 256] */
    const real *restrict n,      /* [B, 64, 64] */
    const real *restrict weight, /* [64, 256] */
    const real *restrict r,      /* [B, 64, 256] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < batch * 64; i_tile += TILE_ROWS) {
            const int rows = batch * 64 - i_tile < TILE_ROWS ? batch * 64 - i_tile : TILE_ROWS;
            const int columns = 256 - j_tile < COLUMNS ? 256 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 64,
                     n + i_tile * 64, 64, 1,
                     weight + j_tile, 256, 1);
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int b = (i_tile + r_2) / 64;
                const int t = (i_tile + r_2) % 64;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real d_wide = tile[r_2 * COLUMNS + c]; /* (74) */
                    z[b * 16384 + t * 256 + o] = 0.5f * (0.7978845608028654f * exp_single(-(0.5f * square(z[b * 16384 + t * 256 + o]))) * z[b * 16384 + t * 256 + o] + r[b * 16384 + t * 256 + o] + 1.0f) * d_wide; /* (75) */
                }
            }
        }
    }
}

/* body.1.narrow: gradient of linear
   (72) d.body.1.narrow.weight[o, i] = sum[b, j](body.1.wide[b, j, i] * d.body.1.sum2[b, j, o])
   and, in other places, (103)
*/
static void d_weight_64_256_64(
    real *restrict d_weight,   /* [64, 256] */
    const real *restrict n,    /* [B, 64, 64] */
    const real *restrict wide, /* [B, 64, 256] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
            const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
            const int columns = 256 - j_tile < COLUMNS ? 256 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch * 64,
                     n + i_tile, 1, 64,
                     wide + j_tile, 256, 1);
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

/* body.1.wide: gradient of linear
   (76) d.body.1.wide.weight[o, i] = sum[b, j](body.1.norm2[b, j, i] * d.body.1.wide.z[b, j, o])
   and, in other places, (107)
*/
static void d_weight_256_64_64(
    real *restrict d_weight,    /* [256, 64] */
    const real *restrict z,     /* [B, 64, 256] */
    const real *restrict norm2, /* [B, 64, 64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 256; i_tile += TILE_ROWS) {
            const int rows = 256 - i_tile < TILE_ROWS ? 256 - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch * 64,
                     z + i_tile, 1, 256,
                     norm2 + j_tile, 64, 1);
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

/* body.1.wide: gradient of linear
   (77) d.body.1.wide.bias[o] = sum[b, i](d.body.1.wide.z[b, i, o])
   and, in other places, (108)
*/
static void d_bias_256_64(
    real *restrict d_bias,  /* [256] */
    const real *restrict z, /* [B, 64, 256] */
    int batch)
{
    real sum[256] = {0};
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            for (int o = 0; o < 256; o++) {
                sum[o] += z[b * 16384 + t * 256 + o];
            }
        }
    }
    for (int o = 0; o < 256; o++) {
        d_bias[o] = sum[o];
    }
}

/* body.1.norm2: gradient of layernorm
   (78) d.body.1.norm2[b, t, j] = sum[i](d.body.1.wide.z[b, t, i] * body.1.wide.weight[i, j])
   (81) d.body.1.norm2.n[b, t, j] = d.body.1.norm2[b, t, j] * body.1.norm2.weight[j]
   and, in other places, (109) (112)
*/
static void d_norm2_d_n_64_64_256(
    real *restrict d_norm2,                   /* [B, 64, 64] */
    real *restrict d_n,                       /* [B, 64, 64] */
    const real *restrict z,                   /* [B, 64, 256] */
    const real *restrict weight,              /* [256, 64] */
    const real *restrict body_1_norm2_weight, /* [64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < batch * 64; i_tile += TILE_ROWS) {
            const int rows = batch * 64 - i_tile < TILE_ROWS ? batch * 64 - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 256,
                     z + i_tile * 256, 256, 1,
                     weight + j_tile, 64, 1);
            for (int r = 0; r < rows; r++) {
                const int b = (i_tile + r) / 64;
                const int t = (i_tile + r) % 64;
                for (int c = 0; c < columns; c++) {
                    const int j = j_tile + c;
                    d_norm2[b * 4096 + t * 64 + j] = tile[r * COLUMNS + c]; /* (78) */
                    d_n[b * 4096 + t * 64 + j] = d_norm2[b * 4096 + t * 64 + j] * body_1_norm2_weight[j]; /* (81) */
                }
            }
        }
    }
}

/* body.1.sum1: gradient of add
   (83) body.1.sum1.r2[b, t] = sum[i](d.body.1.norm2.n[b, t, i])
   (84) d.body.1.sum1[b, t, d] = body.1.norm2.r[b, t] * (64 * d.body.1.norm2.n[b, t, d] - body.1.sum1.r[b, t] * body.1.norm2.n[b, t, d] - body.1.sum1.r2[b, t]) / 64 + d.body.1.sum2[b, t, d]
   and, in other places, (101) (102), (114) (115), (132) (133)
*/
static void r2_d_sum1_64_64(
    real *restrict n,                   /* [B, 64, 64] */
    const real *restrict d_n,           /* [B, 64, 64] */
    const real *restrict r,             /* [B, 64] */
    const real *restrict body_1_sum1_r, /* [B, 64] */
    const real *restrict norm_n,        /* [B, 64, 64] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            real parts[16] = {0};
            for (int j_first = 0; j_first < 64; j_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int j = j_first + part;
                    parts[part] += d_n[b * 4096 + t * 64 + j];
                }
            }
            real r2 = 0;
            for (int part = 0; part < 16; part++) {
                r2 += parts[part]; /* (83) */
            }
            const real scale = 0.015625f * r[b * 64 + t];
            for (int d = 0; d < 64; d++) {
                n[b * 4096 + t * 64 + d] = scale * (64.0f * d_n[b * 4096 + t * 64 + d] - r2 - body_1_sum1_r[b * 64 + t] * n[b * 4096 + t * 64 + d]) + norm_n[b * 4096 + t * 64 + d]; /* (84) */
            }
        }
    }
}

/* body.1.attention: gradient of attention
   (85) d.body.1.attention.out_proj.weight[m, d] = sum[b, i](body.1.attention.v[b, i, d] * d.body.1.sum1[b, i, m])
   and, in other places, (116)
*/
static void d_weight_64_64_64(
    real *restrict d_weight, /* [64, 64] */
    const real *restrict n,  /* [B, 64, 64] */
    const real *restrict v,  /* [B, 64, 64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
            const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch * 64,
                     n + i_tile, 1, 64,
                     v + j_tile, 64, 1);
            for (int r = 0; r < rows; r++) {
                const int m = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int d = j_tile + c;
                    d_weight[m * 64 + d] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* body.1.attention: gradient of attention
   (87) d.body.1.attention.v[b, i, d] = sum[j](d.body.1.sum1[b, i, j] * body.1.attention.out_proj.weight[j, d])
   and, in other places, (118)
*/
static void d_v_64_64_64(
    real *restrict d_v,          /* [B, 64, 64] */
    const real *restrict n,      /* [B, 64, 64] */
    const real *restrict weight, /* [64, 64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < batch * 64; i_tile += TILE_ROWS) {
            const int rows = batch * 64 - i_tile < TILE_ROWS ? batch * 64 - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 64,
                     n + i_tile * 64, 64, 1,
                     weight + j_tile, 64, 1);
            for (int r = 0; r < rows; r++) {
                const int b = (i_tile + r) / 64;
                const int i = (i_tile + r) % 64;
                for (int c = 0; c < columns; c++) {
                    const int d = j_tile + c;
                    d_v[b * 4096 + i * 64 + d] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* body.1.attention: gradient of attention
   (88) d.body.1.attention.p[b, h, i, j] = sum[k](body.1.attention.u[b, j, 16*h + k + 128] * d.body.1.attention.v[b, i, 16*h + k])
   and, in other places, (119)
*/
static void d_p_4_64_64_16(
    real *restrict d_p,       /* [B, 4, 64, 64] */
    const real *restrict d_v, /* [B, 64, 64] */
    const real *restrict u,   /* [B, 64, 192] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int b = 0; b < batch; b++) {
        for (int h = 0; h < 4; h++) {
            for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
                for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
                    const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
                    const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
                    multiply(tile, panel, i_tile == 0, rows, columns, 16,
                             d_v + b * 4096 + 16 * h + i_tile * 64, 64, 1,
                             u + b * 12288 + 16 * h + 128 + j_tile * 192, 1, 192);
                    for (int r = 0; r < rows; r++) {
                        const int i = i_tile + r;
                        for (int c = 0; c < columns; c++) {
                            const int j = j_tile + c;
                            d_p[b * 16384 + h * 4096 + i * 64 + j] = tile[r * COLUMNS + c];
                        }
                    }
                }
            }
        }
    }
}

/* body.1.attention: gradient of attention (one side of the product)
   (89) body.1.attention.r[b, h, i] = sum[j](body.1.attention.p[b, h, i, j] * d.body.1.attention.p[b, h, i, j])
   (90) d.body.1.attention.s[b, h, i, j] = body.1.attention.p[b, h, i, j] * (d.body.1.attention.p[b, h, i, j] - body.1.attention.r[b, h, i])
   (91) body.1.attention.r2[b, f, i] = sum[j](d.body.1.attention.v[b, j, f - 128] * body.1.attention.p[b, (f - 128) // 16, j, i])
   (92) body.1.attention.r3[b, f, i] = sum[j](body.1.attention.u[b, j, f + 64] * d.body.1.attention.s[b, f // 16, i, j] * (i >= j))
   (93) d.body.1.attention.u[b, i, f] = sum[j](body.1.attention.u[b, j, f - 64] * d.body.1.attention.s[b, (f - 64) // 16, j, i] * (j >= i)) / 4 + body.1.attention.r2[b, f, i] + body.1.attention.r3[b, f, i] / 4
   and, in other places, (120) (121) (122) (123) (124)
*/
static void r_d_s_r2_r3_4_64_64(
    real *restrict d_masked,  /* [B, 4, 64, 64] */
    const real *restrict d_p, /* [B, 4, 64, 64] */
    const real *restrict p,   /* [B, 4, 64, 64] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int h = 0; h < 4; h++) {
            for (int i = 0; i < 64; i++) {
                real parts[16] = {0};
                for (int j_first = 0; j_first < 64; j_first += 16) {
                    for (int part = 0; part < 16; part++) {
                        const int j = j_first + part;
                        parts[part] += d_p[b * 16384 + h * 4096 + i * 64 + j] * p[b * 16384 + h * 4096 + i * 64 + j];
                    }
                }
                real r = 0;
                for (int part = 0; part < 16; part++) {
                    r += parts[part]; /* (89) */
                }
#pragma GCC unroll 1
                for (int j = 0; j < 64; j++) {
                    const real d_s = (d_p[b * 16384 + h * 4096 + i * 64 + j] - r) * p[b * 16384 + h * 4096 + i * 64 + j]; /* (90) */
                    d_masked[b * 16384 + h * 4096 + i * 64 + j] = i >= j ? d_s : 0.0f; /* (91) (92) (93) */
                }
            }
        }
    }
}

/* body.1.attention: gradient of attention (one side of the product)
   (91) body.1.attention.r2[b, f, i] = sum[j](d.body.1.attention.v[b, j, f - 128] * body.1.attention.p[b, (f - 128) // 16, j, i])
   (92) body.1.attention.r3[b, f, i] = sum[j](body.1.attention.u[b, j, f + 64] * d.body.1.attention.s[b, f // 16, i, j] * (i >= j))
   (93) d.body.1.attention.u[b, i, f] = sum[j](body.1.attention.u[b, j, f - 64] * d.body.1.attention.s[b, (f - 64) // 16, j, i] * (j >= i)) / 4 + body.1.attention.r2[b, f, i] + body.1.attention.r3[b, f, i] / 4
   and, in other places, (122) (123) (124)
*/
static void r2_r3_d_u_64_4_16_64(
    real *restrict d_u,            /* [B, 64, 192] */
    const real *restrict d_masked, /* [B, 4, 64, 64] */
    const real *restrict u,        /* [B, 64, 192] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int b = 0; b < batch; b++) {
        for (int f1 = 0; f1 < 4; f1++) {
            for (int j_tile = 0; j_tile < 16; j_tile += COLUMNS) {
#pragma GCC unroll 1
                for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
                    const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
                    const int columns = 16 - j_tile < COLUMNS ? 16 - j_tile : COLUMNS;
                    multiply(tile, panel, i_tile == 0, rows, columns, 64,
                             d_masked + b * 16384 + f1 * 4096 + i_tile * 64, 64, 1,
                             u + b * 12288 + 16 * f1 + 64 + j_tile, 192, 1);
                    for (int r = 0; r < rows; r++) {
                        const int i = i_tile + r;
                        for (int c = 0; c < columns; c++) {
                            const int f0 = j_tile + c;
                            d_u[b * 12288 + i * 192 + 16 * f1 + f0] = 0.25f * tile[r * COLUMNS + c];
                        }
                    }
                }
            }
        }
    }
}

/* body.1.attention: gradient of attention (one side of the product)
   (91) body.1.attention.r2[b, f, i] = sum[j](d.body.1.attention.v[b, j, f - 128] * body.1.attention.p[b, (f - 128) // 16, j, i])
   (92) body.1.attention.r3[b, f, i] = sum[j](body.1.attention.u[b, j, f + 64] * d.body.1.attention.s[b, f // 16, i, j] * (i >= j))
   (93) d.body.1.attention.u[b, i, f] = sum[j](body.1.attention.u[b, j, f - 64] * d.body.1.attention.s[b, (f - 64) // 16, j, i] * (j >= i)) / 4 + body.1.attention.r2[b, f, i] + body.1.attention.r3[b, f, i] / 4
   and, in other places, (122) (123) (124)
*/
static void r2_r3_d_u_64_4_16_64_v2(
    real *restrict d_u,            /* [B, 64, 192] */
    const real *restrict d_masked, /* [B, 4, 64, 64] */
    const real *restrict u,        /* [B, 64, 192] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int b = 0; b < batch; b++) {
        for (int f1 = 0; f1 < 4; f1++) {
            for (int j_tile = 0; j_tile < 16; j_tile += COLUMNS) {
#pragma GCC unroll 1
                for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
                    const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
                    const int columns = 16 - j_tile < COLUMNS ? 16 - j_tile : COLUMNS;
                    multiply(tile, panel, i_tile == 0, rows, columns, 64,
                             d_masked + b * 16384 + f1 * 4096 + i_tile, 1, 64,
                             u + b * 12288 + 16 * f1 + j_tile, 192, 1);
                    for (int r = 0; r < rows; r++) {
                        const int i = i_tile + r;
                        for (int c = 0; c < columns; c++) {
                            const int f0 = j_tile + c;
                            d_u[b * 12288 + i * 192 + 16 * f1 + f0 + 64] = 0.25f * tile[r * COLUMNS + c];
                        }
                    }
                }
            }
        }
    }
}

/* body.1.attention: gradient of attention
   (91) body.1.attention.r2[b, f, i] = sum[j](d.body.1.attention.v[b, j, f - 128] * body.1.attention.p[b, (f - 128) // 16, j, i])
   (92) body.1.attention.r3[b, f, i] = sum[j](body.1.attention.u[b, j, f + 64] * d.body.1.attention.s[b, f // 16, i, j] * (i >= j))
   (93) d.body.1.attention.u[b, i, f] = sum[j](body.1.attention.u[b, j, f - 64] * d.body.1.attention.s[b, (f - 64) // 16, j, i] * (j >= i)) / 4 + body.1.attention.r2[b, f, i] + body.1.attention.r3[b, f, i] / 4
   and, in other places, (122) (123) (124)
*/
static void r2_r3_d_u_64_4_16_64_v3(
    real *restrict d_u,       /* [B, 64, 192] */
    const real *restrict p,   /* [B, 4, 64, 64] */
    const real *restrict d_v, /* [B, 64, 64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int b = 0; b < batch; b++) {
        for (int f1 = 0; f1 < 4; f1++) {
            for (int j_tile = 0; j_tile < 16; j_tile += COLUMNS) {
#pragma GCC unroll 1
                for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
                    const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
                    const int columns = 16 - j_tile < COLUMNS ? 16 - j_tile : COLUMNS;
                    multiply(tile, panel, i_tile == 0, rows, columns, 64,
                             p + b * 16384 + f1 * 4096 + i_tile, 1, 64,
                             d_v + b * 4096 + 16 * f1 + j_tile, 64, 1);
                    for (int r = 0; r < rows; r++) {
                        const int i = i_tile + r;
                        for (int c = 0; c < columns; c++) {
                            const int f0 = j_tile + c;
                            d_u[b * 12288 + i * 192 + 16 * f1 + f0 + 128] = tile[r * COLUMNS + c];
                        }
                    }
                }
            }
        }
    }
}

/* body.1.attention: gradient of attention
   (94) d.body.1.attention.in_proj_weight[w, d] = sum[b, i](body.1.norm1[b, i, d] * d.body.1.attention.u[b, i, w])
   and, in other places, (125)
*/
static void d_in_proj_weight_192_64_64(
    real *restrict d_in_proj_weight, /* [192, 64] */
    const real *restrict d_u,        /* [B, 64, 192] */
    const real *restrict norm1,      /* [B, 64, 64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 192; i_tile += TILE_ROWS) {
            const int rows = 192 - i_tile < TILE_ROWS ? 192 - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch * 64,
                     d_u + i_tile, 1, 192,
                     norm1 + j_tile, 64, 1);
            for (int r = 0; r < rows; r++) {
                const int w = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int d = j_tile + c;
                    d_in_proj_weight[w * 64 + d] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* body.1.attention: gradient of attention
   (95) d.body.1.attention.in_proj_bias[w] = sum[b, i](d.body.1.attention.u[b, i, w])
   and, in other places, (126)
*/
static void d_in_proj_bias_192_64(
    real *restrict d_in_proj_bias, /* [192] */
    const real *restrict d_u,      /* [B, 64, 192] */
    int batch)
{
    real sum[192] = {0};
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 64; i++) {
            for (int w = 0; w < 192; w++) {
                sum[w] += d_u[b * 12288 + i * 192 + w];
            }
        }
    }
    for (int w = 0; w < 192; w++) {
        d_in_proj_bias[w] = sum[w];
    }
}

/* body.1.norm1: gradient of layernorm
   (96) d.body.1.norm1[b, t, j] = sum[i](d.body.1.attention.u[b, t, i] * body.1.attention.in_proj_weight[i, j])
   (99) d.body.1.norm1.n[b, t, j] = d.body.1.norm1[b, t, j] * body.1.norm1.weight[j]
   and, in other places, (127) (130)
*/
static void d_norm1_d_n_64_64_192(
    real *restrict d_norm1,              /* [B, 64, 64] */
    real *restrict d_n,                  /* [B, 64, 64] */
    const real *restrict d_u,            /* [B, 64, 192] */
    const real *restrict in_proj_weight, /* [192, 64] */
    const real *restrict weight,         /* [64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < batch * 64; i_tile += TILE_ROWS) {
            const int rows = batch * 64 - i_tile < TILE_ROWS ? batch * 64 - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 192,
                     d_u + i_tile * 192, 192, 1,
                     in_proj_weight + j_tile, 64, 1);
            for (int r = 0; r < rows; r++) {
                const int b = (i_tile + r) / 64;
                const int t = (i_tile + r) % 64;
                for (int c = 0; c < columns; c++) {
                    const int j = j_tile + c;
                    d_norm1[b * 4096 + t * 64 + j] = tile[r * COLUMNS + c]; /* (96) */
                    d_n[b * 4096 + t * 64 + j] = d_norm1[b * 4096 + t * 64 + j] * weight[j]; /* (99) */
                }
            }
        }
    }
}

/* place: gradient of positional_embedding
   (134) d.place.weight[t, d] = sum[b](d.place[b, t, d])
*/
static void d_weight_64_64_v2(
    real *restrict d_weight, /* [64, 64] */
    const real *restrict n,  /* [B, 64, 64] */
    int batch)
{
#pragma GCC unroll 1
    for (int td_first = 0; td_first < 4096; td_first += 1024) {
        const int td_last = td_first + 1024 < 4096 ? td_first + 1024 : 4096;
        real sum[1024] = {0};
        for (int b = 0; b < batch; b++) {
            for (int td = td_first; td < td_last; td++) {
                sum[td - td_first] += n[b * 4096 + td];
            }
        }
        for (int td = td_first; td < td_last; td++) {
            d_weight[td] = sum[td - td_first];
        }
    }
}

/* token: gradient of embedding
   (135) d.token.weight[v, d] = sum[b, i](d.place[b, i, d] * (v == text[b, i]))
*/
static void d_weight_64_64_v3(
    real *restrict d_weight,      /* [96, 64] */
    const real *restrict n,       /* [B, 64, 64] */
    const int32_t *restrict text, /* [B, 64] */
    int batch)
{
    for (int d = 0; d < 64; d++) {
        for (int b = 0; b < batch; b++) {
            for (int i = 0; i < 64; i++) {
                d_weight[(text[b * 64 + i]) * 64 + d] += n[b * 4096 + i * 64 + d];
            }
        }
    }
}

/* optimizer: warmup_cosine schedule, adamw rate, next step
   (136) optimizer.eta = (1 + t) * lr / warmup if warmup > t else (1 + cos(pi * min(max(t - warmup, 0), steps - warmup) / (steps - warmup))) * (lr - min_lr) / 2 + min_lr
   (137) optimizer.rate = optimizer.eta / (1 - beta1**(1 + t))
   (138) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
   (139) optimizer.keep = 1 - optimizer.eta * weight_decay
   (140) t.next = 1 + t
*/
static void warmup_cosine_schedule_adamw_rate_next_step(
    double *restrict rate,
    double *restrict scale,
    double *restrict keep,
    double *restrict t,
    const double *restrict warmup,
    const double *restrict lr,
    const double *restrict steps,
    const double *restrict min_lr,
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict weight_decay)
{
    const double eta = choose_d(*warmup > *t, (*t + 1.0) * *lr / *warmup, 0.5 * (cos(3.141592653589793 * minimum_d(maximum_d(*t - *warmup, 0.0), *steps - *warmup) / (*steps - *warmup)) + 1.0) * (*lr - *min_lr) + *min_lr); /* (136) */
    *rate = eta / (1.0 - pow(*beta1, *t + 1.0)); /* (137) */
    *scale = 1.0 / sqrt(1.0 - pow(*beta2, *t + 1.0)); /* (138) */
    *keep = 1.0 - eta * *weight_decay; /* (139) */
    *t = *t + 1.0; /* (140) */
}

/* head: gradient of linear, adamw
   (64) d.head.bias[o] = sum[b, i](d.head[b, i, o])
   (228) head.bias.m.next[o] = (1 - beta1) * d.head.bias[o] + beta1 * head.bias.m[o]
   (229) head.bias.v.next[o] = (1 - beta2) * d.head.bias[o]**2 + beta2 * head.bias.v[o]
   (230) head.bias.next[o] = optimizer.keep * head.bias[o] - optimizer.rate * head.bias.m.next[o] / (optimizer.scale * sqrt(head.bias.v.next[o]) + eps)
*/
static void d_bias_adamw_96_64(
    real *restrict m,             /* [96] */
    real *restrict v,             /* [96] */
    real *restrict bias,          /* [96] */
    const real *restrict d_head,  /* [B, 64, 96] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (228) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (229) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (230) */
    real sum[96] = {0};
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            for (int o = 0; o < 96; o++) {
                sum[o] += d_head[b * 6144 + t * 96 + o];
            }
        }
    }
    for (int o = 0; o < 96; o++) {
        const real d_bias = sum[o]; /* (64) */
        m[o] = one_minus_beta1 * d_bias + beta1_real * m[o]; /* (228) */
        v[o] = one_minus_beta2 * square(d_bias) + beta2_real * v[o]; /* (229) */
        bias[o] = keep_real * bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (230) */
    }
}

/* head: gradient of linear, adamw
   (63) d.head.weight[o, i] = sum[b, j](d.head[b, j, o] * norm[b, j, i])
   (225) head.weight.m.next[o, i] = (1 - beta1) * d.head.weight[o, i] + beta1 * head.weight.m[o, i]
   (226) head.weight.v.next[o, i] = (1 - beta2) * d.head.weight[o, i]**2 + beta2 * head.weight.v[o, i]
   (227) head.weight.next[o, i] = optimizer.keep * head.weight[o, i] - optimizer.rate * head.weight.m.next[o, i] / (optimizer.scale * sqrt(head.weight.v.next[o, i]) + eps)
*/
static void d_weight_adamw_96_64_64(
    real *restrict m,             /* [96, 64] */
    real *restrict v,             /* [96, 64] */
    real *restrict weight,        /* [96, 64] */
    const real *restrict d_head,  /* [B, 64, 96] */
    const real *restrict norm,    /* [B, 64, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS]; /* (63) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (225) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (226) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (227) */
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 96; i_tile += TILE_ROWS) {
            const int rows = 96 - i_tile < TILE_ROWS ? 96 - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch * 64,
                     d_head + i_tile, 1, 96,
                     norm + j_tile, 64, 1);
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (63) */
                    m[o * 64 + i] = one_minus_beta1 * d_weight + beta1_real * m[o * 64 + i]; /* (225) */
                    v[o * 64 + i] = one_minus_beta2 * square(d_weight) + beta2_real * v[o * 64 + i]; /* (226) */
                    weight[o * 64 + i] = keep_real * weight[o * 64 + i] - rate_real * m[o * 64 + i] / (scale_real * sqrtf(v[o * 64 + i]) + eps_real); /* (227) */
                }
            }
        }
    }
}

/* norm: gradient of layernorm, adamw
   (66) d.norm.weight[j] = sum[b, i](d.norm[b, i, j] * norm.n[b, i, j])
   (219) norm.weight.m.next[j] = (1 - beta1) * d.norm.weight[j] + beta1 * norm.weight.m[j]
   (220) norm.weight.v.next[j] = (1 - beta2) * d.norm.weight[j]**2 + beta2 * norm.weight.v[j]
   (221) norm.weight.next[j] = optimizer.keep * norm.weight[j] - optimizer.rate * norm.weight.m.next[j] / (optimizer.scale * sqrt(norm.weight.v.next[j]) + eps)
   and, in other places, (79) (201) (202) (203), (97) (183) (184) (185), (110) (165) (166) (167), (128) (147) (148) (149)
*/
static void d_weight_adamw_64_64(
    real *restrict m,             /* [64] */
    real *restrict v,             /* [64] */
    real *restrict weight,        /* [64] */
    const real *restrict d_norm,  /* [B, 64, 64] */
    const real *restrict n,       /* [B, 64, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (219) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (220) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (221) */
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            for (int j = 0; j < 64; j++) {
                sum[j] += d_norm[b * 4096 + t * 64 + j] * n[b * 4096 + t * 64 + j];
            }
        }
    }
    for (int j = 0; j < 64; j++) {
        const real d_weight = sum[j]; /* (66) */
        m[j] = one_minus_beta1 * d_weight + beta1_real * m[j]; /* (219) */
        v[j] = one_minus_beta2 * square(d_weight) + beta2_real * v[j]; /* (220) */
        weight[j] = keep_real * weight[j] - rate_real * m[j] / (scale_real * sqrtf(v[j]) + eps_real); /* (221) */
    }
}

/* norm: gradient of layernorm, adamw
   (67) d.norm.bias[j] = sum[b, i](d.norm[b, i, j])
   (222) norm.bias.m.next[j] = (1 - beta1) * d.norm.bias[j] + beta1 * norm.bias.m[j]
   (223) norm.bias.v.next[j] = (1 - beta2) * d.norm.bias[j]**2 + beta2 * norm.bias.v[j]
   (224) norm.bias.next[j] = optimizer.keep * norm.bias[j] - optimizer.rate * norm.bias.m.next[j] / (optimizer.scale * sqrt(norm.bias.v.next[j]) + eps)
   and, in other places, (73) (216) (217) (218), (80) (204) (205) (206), (86) (198) (199) (200), (98) (186) (187) (188), (104) (180) (181) (182), (111) (168) (169) (170), (117) (162) (163) (164), (129) (150) (151) (152)
*/
static void d_bias_adamw_64_64(
    real *restrict m,             /* [64] */
    real *restrict v,             /* [64] */
    real *restrict bias,          /* [64] */
    const real *restrict d_norm,  /* [B, 64, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (222) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (223) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (224) */
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            for (int j = 0; j < 64; j++) {
                sum[j] += d_norm[b * 4096 + t * 64 + j];
            }
        }
    }
    for (int j = 0; j < 64; j++) {
        const real d_bias = sum[j]; /* (67) */
        m[j] = one_minus_beta1 * d_bias + beta1_real * m[j]; /* (222) */
        v[j] = one_minus_beta2 * square(d_bias) + beta2_real * v[j]; /* (223) */
        bias[j] = keep_real * bias[j] - rate_real * m[j] / (scale_real * sqrtf(v[j]) + eps_real); /* (224) */
    }
}

/* body.1.narrow: gradient of linear, adamw
   (72) d.body.1.narrow.weight[o, i] = sum[b, j](body.1.wide[b, j, i] * d.body.1.sum2[b, j, o])
   (213) body.1.narrow.weight.m.next[o, i] = (1 - beta1) * d.body.1.narrow.weight[o, i] + beta1 * body.1.narrow.weight.m[o, i]
   (214) body.1.narrow.weight.v.next[o, i] = (1 - beta2) * d.body.1.narrow.weight[o, i]**2 + beta2 * body.1.narrow.weight.v[o, i]
   (215) body.1.narrow.weight.next[o, i] = optimizer.keep * body.1.narrow.weight[o, i] - optimizer.rate * body.1.narrow.weight.m.next[o, i] / (optimizer.scale * sqrt(body.1.narrow.weight.v.next[o, i]) + eps)
   and, in other places, (103) (177) (178) (179)
*/
static void d_weight_adamw_64_256_64(
    real *restrict m,             /* [64, 256] */
    real *restrict v,             /* [64, 256] */
    real *restrict weight,        /* [64, 256] */
    const real *restrict n,       /* [B, 64, 64] */
    const real *restrict wide,    /* [B, 64, 256] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS]; /* (72) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (213) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (214) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (215) */
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
            const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
            const int columns = 256 - j_tile < COLUMNS ? 256 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch * 64,
                     n + i_tile, 1, 64,
                     wide + j_tile, 256, 1);
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (72) */
                    m[o * 256 + i] = one_minus_beta1 * d_weight + beta1_real * m[o * 256 + i]; /* (213) */
                    v[o * 256 + i] = one_minus_beta2 * square(d_weight) + beta2_real * v[o * 256 + i]; /* (214) */
                    weight[o * 256 + i] = keep_real * weight[o * 256 + i] - rate_real * m[o * 256 + i] / (scale_real * sqrtf(v[o * 256 + i]) + eps_real); /* (215) */
                }
            }
        }
    }
}

/* body.1.wide: gradient of linear, adamw
   (77) d.body.1.wide.bias[o] = sum[b, i](d.body.1.wide.z[b, i, o])
   (210) body.1.wide.bias.m.next[o] = (1 - beta1) * d.body.1.wide.bias[o] + beta1 * body.1.wide.bias.m[o]
   (211) body.1.wide.bias.v.next[o] = (1 - beta2) * d.body.1.wide.bias[o]**2 + beta2 * body.1.wide.bias.v[o]
   (212) body.1.wide.bias.next[o] = optimizer.keep * body.1.wide.bias[o] - optimizer.rate * body.1.wide.bias.m.next[o] / (optimizer.scale * sqrt(body.1.wide.bias.v.next[o]) + eps)
   and, in other places, (108) (174) (175) (176)
*/
static void d_bias_adamw_256_64(
    real *restrict m,             /* [256] */
    real *restrict v,             /* [256] */
    real *restrict bias,          /* [256] */
    const real *restrict z,       /* [B, 64, 256] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (210) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (211) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (212) */
    real sum[256] = {0};
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            for (int o = 0; o < 256; o++) {
                sum[o] += z[b * 16384 + t * 256 + o];
            }
        }
    }
    for (int o = 0; o < 256; o++) {
        const real d_bias = sum[o]; /* (77) */
        m[o] = one_minus_beta1 * d_bias + beta1_real * m[o]; /* (210) */
        v[o] = one_minus_beta2 * square(d_bias) + beta2_real * v[o]; /* (211) */
        bias[o] = keep_real * bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (212) */
    }
}

/* body.1.wide: gradient of linear, adamw
   (76) d.body.1.wide.weight[o, i] = sum[b, j](body.1.norm2[b, j, i] * d.body.1.wide.z[b, j, o])
   (207) body.1.wide.weight.m.next[o, i] = (1 - beta1) * d.body.1.wide.weight[o, i] + beta1 * body.1.wide.weight.m[o, i]
   (208) body.1.wide.weight.v.next[o, i] = (1 - beta2) * d.body.1.wide.weight[o, i]**2 + beta2 * body.1.wide.weight.v[o, i]
   (209) body.1.wide.weight.next[o, i] = optimizer.keep * body.1.wide.weight[o, i] - optimizer.rate * body.1.wide.weight.m.next[o, i] / (optimizer.scale * sqrt(body.1.wide.weight.v.next[o, i]) + eps)
   and, in other places, (107) (171) (172) (173)
*/
static void d_weight_adamw_256_64_64(
    real *restrict m,             /* [256, 64] */
    real *restrict v,             /* [256, 64] */
    real *restrict weight,        /* [256, 64] */
    const real *restrict z,       /* [B, 64, 256] */
    const real *restrict norm2,   /* [B, 64, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS]; /* (76) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (207) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (208) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (209) */
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 256; i_tile += TILE_ROWS) {
            const int rows = 256 - i_tile < TILE_ROWS ? 256 - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch * 64,
                     z + i_tile, 1, 256,
                     norm2 + j_tile, 64, 1);
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (76) */
                    m[o * 64 + i] = one_minus_beta1 * d_weight + beta1_real * m[o * 64 + i]; /* (207) */
                    v[o * 64 + i] = one_minus_beta2 * square(d_weight) + beta2_real * v[o * 64 + i]; /* (208) */
                    weight[o * 64 + i] = keep_real * weight[o * 64 + i] - rate_real * m[o * 64 + i] / (scale_real * sqrtf(v[o * 64 + i]) + eps_real); /* (209) */
                }
            }
        }
    }
}

/* body.1.attention: gradient of attention, adamw
   (85) d.body.1.attention.out_proj.weight[m, d] = sum[b, i](body.1.attention.v[b, i, d] * d.body.1.sum1[b, i, m])
   (195) body.1.attention.out_proj.weight.m.next[i, d] = (1 - beta1) * d.body.1.attention.out_proj.weight[i, d] + beta1 * body.1.attention.out_proj.weight.m[i, d]
   (196) body.1.attention.out_proj.weight.v.next[i, d] = (1 - beta2) * d.body.1.attention.out_proj.weight[i, d]**2 + beta2 * body.1.attention.out_proj.weight.v[i, d]
   (197) body.1.attention.out_proj.weight.next[i, d] = optimizer.keep * body.1.attention.out_proj.weight[i, d] - optimizer.rate * body.1.attention.out_proj.weight.m.next[i, d] / (optimizer.scale * sqrt(body.1.attention.out_proj.weight.v.next[i, d]) + eps)
   and, in other places, (116) (159) (160) (161)
*/
static void d_weight_adamw_64_64_64(
    real *restrict body_1_attention_out_proj_weight_m, /* [64, 64] */
    real *restrict v,                                  /* [64, 64] */
    real *restrict weight,                             /* [64, 64] */
    const real *restrict n,                            /* [B, 64, 64] */
    const real *restrict body_1_attention_v,           /* [B, 64, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS]; /* (85) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (195) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (196) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (197) */
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
            const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch * 64,
                     n + i_tile, 1, 64,
                     body_1_attention_v + j_tile, 64, 1);
            for (int r = 0; r < rows; r++) {
                const int m = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int d = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (85) */
                    body_1_attention_out_proj_weight_m[m * 64 + d] = one_minus_beta1 * d_weight + beta1_real * body_1_attention_out_proj_weight_m[m * 64 + d]; /* (195) */
                    v[m * 64 + d] = one_minus_beta2 * square(d_weight) + beta2_real * v[m * 64 + d]; /* (196) */
                    weight[m * 64 + d] = keep_real * weight[m * 64 + d] - rate_real * body_1_attention_out_proj_weight_m[m * 64 + d] / (scale_real * sqrtf(v[m * 64 + d]) + eps_real); /* (197) */
                }
            }
        }
    }
}

/* body.1.attention: gradient of attention, adamw
   (95) d.body.1.attention.in_proj_bias[w] = sum[b, i](d.body.1.attention.u[b, i, w])
   (192) body.1.attention.in_proj_bias.m.next[i] = (1 - beta1) * d.body.1.attention.in_proj_bias[i] + beta1 * body.1.attention.in_proj_bias.m[i]
   (193) body.1.attention.in_proj_bias.v.next[i] = (1 - beta2) * d.body.1.attention.in_proj_bias[i]**2 + beta2 * body.1.attention.in_proj_bias.v[i]
   (194) body.1.attention.in_proj_bias.next[i] = optimizer.keep * body.1.attention.in_proj_bias[i] - optimizer.rate * body.1.attention.in_proj_bias.m.next[i] / (optimizer.scale * sqrt(body.1.attention.in_proj_bias.v.next[i]) + eps)
   and, in other places, (126) (156) (157) (158)
*/
static void d_in_proj_bias_adamw_192_64(
    real *restrict m,             /* [192] */
    real *restrict v,             /* [192] */
    real *restrict in_proj_bias,  /* [192] */
    const real *restrict d_u,     /* [B, 64, 192] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (192) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (193) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (194) */
    real sum[192] = {0};
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 64; i++) {
            for (int w = 0; w < 192; w++) {
                sum[w] += d_u[b * 12288 + i * 192 + w];
            }
        }
    }
    for (int w = 0; w < 192; w++) {
        const real d_in_proj_bias = sum[w]; /* (95) */
        m[w] = one_minus_beta1 * d_in_proj_bias + beta1_real * m[w]; /* (192) */
        v[w] = one_minus_beta2 * square(d_in_proj_bias) + beta2_real * v[w]; /* (193) */
        in_proj_bias[w] = keep_real * in_proj_bias[w] - rate_real * m[w] / (scale_real * sqrtf(v[w]) + eps_real); /* (194) */
    }
}

/* body.1.attention: gradient of attention, adamw
   (94) d.body.1.attention.in_proj_weight[w, d] = sum[b, i](body.1.norm1[b, i, d] * d.body.1.attention.u[b, i, w])
   (189) body.1.attention.in_proj_weight.m.next[i, d] = (1 - beta1) * d.body.1.attention.in_proj_weight[i, d] + beta1 * body.1.attention.in_proj_weight.m[i, d]
   (190) body.1.attention.in_proj_weight.v.next[i, d] = (1 - beta2) * d.body.1.attention.in_proj_weight[i, d]**2 + beta2 * body.1.attention.in_proj_weight.v[i, d]
   (191) body.1.attention.in_proj_weight.next[i, d] = optimizer.keep * body.1.attention.in_proj_weight[i, d] - optimizer.rate * body.1.attention.in_proj_weight.m.next[i, d] / (optimizer.scale * sqrt(body.1.attention.in_proj_weight.v.next[i, d]) + eps)
   and, in other places, (125) (153) (154) (155)
*/
static void d_in_proj_weight_adamw_192_64_64(
    real *restrict m,              /* [192, 64] */
    real *restrict v,              /* [192, 64] */
    real *restrict in_proj_weight, /* [192, 64] */
    const real *restrict d_u,      /* [B, 64, 192] */
    const real *restrict norm1,    /* [B, 64, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS]; /* (94) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (189) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (190) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (191) */
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 192; i_tile += TILE_ROWS) {
            const int rows = 192 - i_tile < TILE_ROWS ? 192 - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch * 64,
                     d_u + i_tile, 1, 192,
                     norm1 + j_tile, 64, 1);
            for (int r = 0; r < rows; r++) {
                const int w = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int d = j_tile + c;
                    const real d_in_proj_weight = tile[r * COLUMNS + c]; /* (94) */
                    m[w * 64 + d] = one_minus_beta1 * d_in_proj_weight + beta1_real * m[w * 64 + d]; /* (189) */
                    v[w * 64 + d] = one_minus_beta2 * square(d_in_proj_weight) + beta2_real * v[w * 64 + d]; /* (190) */
                    in_proj_weight[w * 64 + d] = keep_real * in_proj_weight[w * 64 + d] - rate_real * m[w * 64 + d] / (scale_real * sqrtf(v[w * 64 + d]) + eps_real); /* (191) */
                }
            }
        }
    }
}

/* place: gradient of positional_embedding, adamw
   (134) d.place.weight[t, d] = sum[b](d.place[b, t, d])
   (144) place.weight.m.next[i, d] = (1 - beta1) * d.place.weight[i, d] + beta1 * place.weight.m[i, d]
   (145) place.weight.v.next[i, d] = (1 - beta2) * d.place.weight[i, d]**2 + beta2 * place.weight.v[i, d]
   (146) place.weight.next[i, d] = optimizer.keep * place.weight[i, d] - optimizer.rate * place.weight.m.next[i, d] / (optimizer.scale * sqrt(place.weight.v.next[i, d]) + eps)
*/
static void d_weight_adamw_64_64_v2(
    real *restrict m,             /* [64, 64] */
    real *restrict v,             /* [64, 64] */
    real *restrict weight,        /* [64, 64] */
    const real *restrict n,       /* [B, 64, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (144) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (145) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (146) */
#pragma GCC unroll 1
    for (int td_first = 0; td_first < 4096; td_first += 1024) {
        const int td_last = td_first + 1024 < 4096 ? td_first + 1024 : 4096;
        real sum[1024] = {0};
        for (int b = 0; b < batch; b++) {
            for (int td = td_first; td < td_last; td++) {
                sum[td - td_first] += n[b * 4096 + td];
            }
        }
        for (int td = td_first; td < td_last; td++) {
            const real d_weight = sum[td - td_first]; /* (134) */
            m[td] = one_minus_beta1 * d_weight + beta1_real * m[td]; /* (144) */
            v[td] = one_minus_beta2 * square(d_weight) + beta2_real * v[td]; /* (145) */
            weight[td] = keep_real * weight[td] - rate_real * m[td] / (scale_real * sqrtf(v[td]) + eps_real); /* (146) */
        }
    }
}

/* token: adamw
   (141) token.weight.m.next[i, d] = (1 - beta1) * d.token.weight[i, d] + beta1 * token.weight.m[i, d]
*/
static void adamw_96_64(
    real *restrict m,              /* [96, 64] */
    const double *restrict beta1,
    const real *restrict d_weight) /* [96, 64] */
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1;
    for (int id = 0; id < 6144; id++) {
        m[id] = one_minus_beta1 * d_weight[id] + beta1_real * m[id];
    }
}

/* token: adamw
   (142) token.weight.v.next[i, d] = (1 - beta2) * d.token.weight[i, d]**2 + beta2 * token.weight.v[i, d]
   (143) token.weight.next[i, d] = optimizer.keep * token.weight[i, d] - optimizer.rate * token.weight.m.next[i, d] / (optimizer.scale * sqrt(token.weight.v.next[i, d]) + eps)
*/
static void adamw_96_64_v2(
    real *restrict v,              /* [96, 64] */
    real *restrict weight,         /* [96, 64] */
    const double *restrict beta2,
    const real *restrict d_weight, /* [96, 64] */
    const double *restrict keep,
    const double *restrict rate,
    const real *restrict m,        /* [96, 64] */
    const double *restrict scale,
    const double *restrict eps)
{
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (142) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (143) */
    for (int id = 0; id < 6144; id++) {
        v[id] = one_minus_beta2 * square(d_weight[id]) + beta2_real * v[id]; /* (142) */
        weight[id] = keep_real * weight[id] - rate_real * m[id] / (scale_real * sqrtf(v[id]) + eps_real); /* (143) */
    }
}

double transformer_forward(const transformer_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const linear_part = net->workspace + 16;
    real *const place = linear_part + 61440 * capacity;
    real *const body_0_norm1 = linear_part;
    real *const body_0_attention_u = linear_part + 49152 * capacity;
    real *const body_0_attention_s = linear_part;
    real *const body_0_attention_e2 = linear_part + 32768 * capacity;
    real *const body_0_attention_p = linear_part + 16384 * capacity;
    real *const body_0_attention_v = linear_part;
    real *const body_0_sum1 = linear_part + 16384 * capacity;
    real *const body_0_norm2 = linear_part + 20480 * capacity;
    real *const body_0_wide = linear_part;
    real *const body_0_sum2 = linear_part + 61440 * capacity;
    real *const body_1_norm1 = linear_part;
    real *const body_1_attention_u = linear_part + 49152 * capacity;
    real *const body_1_attention_s = linear_part;
    real *const body_1_attention_e2 = linear_part + 32768 * capacity;
    real *const body_1_attention_p = linear_part + 16384 * capacity;
    real *const body_1_attention_v = linear_part;
    real *const body_1_sum1 = linear_part + 16384 * capacity;
    real *const body_1_norm2 = linear_part + 20480 * capacity;
    real *const body_1_wide = linear_part;
    real *const body_1_sum2 = linear_part + 20480 * capacity;
    real *const norm = linear_part + 6144 * capacity;
    real *const head = linear_part;

    /* (1) (2) (3) (4) (5) (6) (7) */
    embedding_positional_embedding_layernorm_64_64(place, body_0_norm1, net->parameters + token_weight,
                                                   net->in_text, net->parameters + place_weight,
                                                   net->parameters + body_0_norm1_weight,
                                                   net->parameters + body_0_norm1_bias, batch);
    /* (8) */
    attention_64_192_64(body_0_attention_u, body_0_norm1, net->parameters + body_0_attention_in_proj_weight,
                        net->parameters + body_0_attention_in_proj_bias, batch);
    /* (9) */
    attention_4_64_64_16(body_0_attention_s, body_0_attention_u, batch);
    /* (10) (11) (12) (13) */
    attention_4_64_64(body_0_attention_e2, body_0_attention_p, body_0_attention_s, batch);
    /* (14) */
    attention_64_4_16_64(body_0_attention_v, body_0_attention_p, body_0_attention_u, batch);
    /* (15) (16) */
    attention_add_64_64_64(body_0_sum1, body_0_attention_v, net->parameters + body_0_attention_out_proj_weight,
                           net->parameters + body_0_attention_out_proj_bias, place, batch);
    /* (17) (18) (19) (20) (21) */
    layernorm_64_64(body_0_norm2, body_0_sum1, net->parameters + body_0_norm2_weight,
                    net->parameters + body_0_norm2_bias, batch);
    /* (22) (23) (24) */
    linear_gelu_64_256_64(body_0_wide, body_0_norm2, net->parameters + body_0_wide_weight,
                          net->parameters + body_0_wide_bias, batch);
    /* (25) (26) */
    linear_add_64_64_256(body_0_sum2, body_0_wide, net->parameters + body_0_narrow_weight,
                         net->parameters + body_0_narrow_bias, body_0_sum1, batch);
    /* (27) (28) (29) (30) (31) */
    layernorm_64_64(body_1_norm1, body_0_sum2, net->parameters + body_1_norm1_weight,
                    net->parameters + body_1_norm1_bias, batch);
    /* (32) */
    attention_64_192_64(body_1_attention_u, body_1_norm1, net->parameters + body_1_attention_in_proj_weight,
                        net->parameters + body_1_attention_in_proj_bias, batch);
    /* (33) */
    attention_4_64_64_16(body_1_attention_s, body_1_attention_u, batch);
    /* (34) (35) (36) (37) */
    attention_4_64_64(body_1_attention_e2, body_1_attention_p, body_1_attention_s, batch);
    /* (38) */
    attention_64_4_16_64(body_1_attention_v, body_1_attention_p, body_1_attention_u, batch);
    /* (39) (40) */
    attention_add_64_64_64_v2(body_1_sum1, body_1_attention_v, net->parameters + body_1_attention_out_proj_weight,
                              net->parameters + body_1_attention_out_proj_bias, body_0_sum2, batch);
    /* (41) (42) (43) (44) (45) */
    layernorm_64_64(body_1_norm2, body_1_sum1, net->parameters + body_1_norm2_weight,
                    net->parameters + body_1_norm2_bias, batch);
    /* (46) (47) (48) */
    linear_gelu_64_256_64(body_1_wide, body_1_norm2, net->parameters + body_1_wide_weight,
                          net->parameters + body_1_wide_bias, batch);
    /* (49) (50) */
    linear_add_64_64_256(body_1_sum2, body_1_wide, net->parameters + body_1_narrow_weight,
                         net->parameters + body_1_narrow_bias, body_1_sum1, batch);
    /* (51) (52) (53) (54) (55) */
    layernorm_64_64(norm, body_1_sum2, net->parameters + norm_weight, net->parameters + norm_bias, batch);
    /* (56) */
    linear_64_96_64(head, norm, net->parameters + head_weight, net->parameters + head_bias, batch);
    return 0;
}

double transformer_loss(const transformer_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const place = linear_part + 61440 * capacity;
    real *const body_0_norm1 = linear_part;
    real *const body_0_attention_u = linear_part + 49152 * capacity;
    real *const body_0_attention_s = linear_part;
    real *const body_0_attention_e2 = linear_part + 32768 * capacity;
    real *const body_0_attention_p = linear_part + 16384 * capacity;
    real *const body_0_attention_v = linear_part;
    real *const body_0_sum1 = linear_part + 16384 * capacity;
    real *const body_0_norm2 = linear_part + 20480 * capacity;
    real *const body_0_wide = linear_part;
    real *const body_0_sum2 = linear_part + 61440 * capacity;
    real *const body_1_norm1 = linear_part;
    real *const body_1_attention_u = linear_part + 49152 * capacity;
    real *const body_1_attention_s = linear_part;
    real *const body_1_attention_e2 = linear_part + 32768 * capacity;
    real *const body_1_attention_p = linear_part + 16384 * capacity;
    real *const body_1_attention_v = linear_part;
    real *const body_1_sum1 = linear_part + 16384 * capacity;
    real *const body_1_norm2 = linear_part + 20480 * capacity;
    real *const body_1_wide = linear_part;
    real *const body_1_sum2 = linear_part + 20480 * capacity;
    real *const norm = linear_part + 6144 * capacity;
    real *const head = linear_part;
    real *const loss_m = linear_part + 12352 * capacity;
    real *const loss_e = linear_part + 6144 * capacity;
    real *const loss_S = linear_part + 12288 * capacity;
    real *const loss = fixed;

    /* (1) (2) (3) (4) (5) (6) (7) */
    embedding_positional_embedding_layernorm_64_64(place, body_0_norm1, net->parameters + token_weight,
                                                   net->in_text, net->parameters + place_weight,
                                                   net->parameters + body_0_norm1_weight,
                                                   net->parameters + body_0_norm1_bias, batch);
    /* (8) */
    attention_64_192_64(body_0_attention_u, body_0_norm1, net->parameters + body_0_attention_in_proj_weight,
                        net->parameters + body_0_attention_in_proj_bias, batch);
    /* (9) */
    attention_4_64_64_16(body_0_attention_s, body_0_attention_u, batch);
    /* (10) (11) (12) (13) */
    attention_4_64_64(body_0_attention_e2, body_0_attention_p, body_0_attention_s, batch);
    /* (14) */
    attention_64_4_16_64(body_0_attention_v, body_0_attention_p, body_0_attention_u, batch);
    /* (15) (16) */
    attention_add_64_64_64(body_0_sum1, body_0_attention_v, net->parameters + body_0_attention_out_proj_weight,
                           net->parameters + body_0_attention_out_proj_bias, place, batch);
    /* (17) (18) (19) (20) (21) */
    layernorm_64_64(body_0_norm2, body_0_sum1, net->parameters + body_0_norm2_weight,
                    net->parameters + body_0_norm2_bias, batch);
    /* (22) (23) (24) */
    linear_gelu_64_256_64(body_0_wide, body_0_norm2, net->parameters + body_0_wide_weight,
                          net->parameters + body_0_wide_bias, batch);
    /* (25) (26) */
    linear_add_64_64_256(body_0_sum2, body_0_wide, net->parameters + body_0_narrow_weight,
                         net->parameters + body_0_narrow_bias, body_0_sum1, batch);
    /* (27) (28) (29) (30) (31) */
    layernorm_64_64(body_1_norm1, body_0_sum2, net->parameters + body_1_norm1_weight,
                    net->parameters + body_1_norm1_bias, batch);
    /* (32) */
    attention_64_192_64(body_1_attention_u, body_1_norm1, net->parameters + body_1_attention_in_proj_weight,
                        net->parameters + body_1_attention_in_proj_bias, batch);
    /* (33) */
    attention_4_64_64_16(body_1_attention_s, body_1_attention_u, batch);
    /* (34) (35) (36) (37) */
    attention_4_64_64(body_1_attention_e2, body_1_attention_p, body_1_attention_s, batch);
    /* (38) */
    attention_64_4_16_64(body_1_attention_v, body_1_attention_p, body_1_attention_u, batch);
    /* (39) (40) */
    attention_add_64_64_64_v2(body_1_sum1, body_1_attention_v, net->parameters + body_1_attention_out_proj_weight,
                              net->parameters + body_1_attention_out_proj_bias, body_0_sum2, batch);
    /* (41) (42) (43) (44) (45) */
    layernorm_64_64(body_1_norm2, body_1_sum1, net->parameters + body_1_norm2_weight,
                    net->parameters + body_1_norm2_bias, batch);
    /* (46) (47) (48) */
    linear_gelu_64_256_64(body_1_wide, body_1_norm2, net->parameters + body_1_wide_weight,
                          net->parameters + body_1_wide_bias, batch);
    /* (49) (50) */
    linear_add_64_64_256(body_1_sum2, body_1_wide, net->parameters + body_1_narrow_weight,
                         net->parameters + body_1_narrow_bias, body_1_sum1, batch);
    /* (51) (52) (53) (54) (55) */
    layernorm_64_64(norm, body_1_sum2, net->parameters + norm_weight, net->parameters + norm_bias, batch);
    /* (56) */
    linear_64_96_64(head, norm, net->parameters + head_weight, net->parameters + head_bias, batch);
    /* (57) (58) (59) */
    cross_entropy_64_96(loss_m, loss_e, loss_S, head, batch);
    /* (61) */
    cross_entropy_64(loss, loss_m, head, net->in_next, loss_S, batch);
    return (double)*loss;
}

double transformer_gradients(const transformer_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const place = linear_part + 182272 * capacity;
    real *const body_0_norm1_r = linear_part + 223232 * capacity;
    real *const body_0_norm1_n = linear_part + 174080 * capacity;
    real *const body_0_norm1 = linear_part + 178176 * capacity;
    real *const body_0_attention_u = linear_part + 131072 * capacity;
    real *const body_0_attention_s = linear_part + 16384 * capacity;
    real *const body_0_attention_e2 = linear_part + 32768 * capacity;
    real *const body_0_attention_p = linear_part;
    real *const body_0_attention_v = linear_part + 186368 * capacity;
    real *const body_0_sum1 = linear_part + 190464 * capacity;
    real *const body_0_norm2_r = linear_part + 223296 * capacity;
    real *const body_0_norm2_n = linear_part + 182272 * capacity;
    real *const body_0_norm2 = linear_part + 194560 * capacity;
    real *const body_0_wide_z = linear_part + 16384 * capacity;
    real *const body_0_wide_r = linear_part + 49152 * capacity;
    real *const body_0_wide = linear_part + 32768 * capacity;
    real *const body_0_sum2 = linear_part + 202752 * capacity;
    real *const body_1_norm1_r = linear_part + 223360 * capacity;
    real *const body_1_norm1_n = linear_part + 190464 * capacity;
    real *const body_1_norm1 = linear_part + 198656 * capacity;
    real *const body_1_attention_u = linear_part + 143360 * capacity;
    real *const body_1_attention_s = linear_part + 81920 * capacity;
    real *const body_1_attention_e2 = linear_part + 98304 * capacity;
    real *const body_1_attention_p = linear_part + 65536 * capacity;
    real *const body_1_attention_v = linear_part + 206848 * capacity;
    real *const body_1_sum1 = linear_part + 210944 * capacity;
    real *const body_1_norm2_r = linear_part + 223424 * capacity;
    real *const body_1_norm2_n = linear_part + 202752 * capacity;
    real *const body_1_norm2 = linear_part + 215040 * capacity;
    real *const body_1_wide_z = linear_part + 81920 * capacity;
    real *const body_1_wide_r = linear_part + 114688 * capacity;
    real *const body_1_wide = linear_part + 98304 * capacity;
    real *const body_1_sum2 = linear_part + 155648 * capacity;
    real *const norm_r = linear_part + 223488 * capacity;
    real *const norm_n = linear_part + 210944 * capacity;
    real *const norm = linear_part + 219136 * capacity;
    real *const head = linear_part + 161792 * capacity;
    real *const loss_m = linear_part + 223616 * capacity;
    real *const loss_e = linear_part + 167936 * capacity;
    real *const loss_S = linear_part + 223552 * capacity;
    real *const d_head = linear_part + 155648 * capacity;
    real *const loss = fixed;
    real *const d_norm = linear_part + 165888 * capacity;
    real *const d_norm_n = linear_part + 161792 * capacity;
    real *const body_1_sum2_r = linear_part + 219136 * capacity;
    real *const d_body_1_norm2 = linear_part + 159744 * capacity;
    real *const d_body_1_norm2_n = linear_part + 155648 * capacity;
    real *const body_1_sum1_r = linear_part + 215040 * capacity;
    real *const d_body_1_attention_v = linear_part + 114688 * capacity;
    real *const d_body_1_attention_p = linear_part + 98304 * capacity;
    real *const d_body_1_attention_s_masked = linear_part + 81920 * capacity;
    real *const d_body_1_attention_u = linear_part + 98304 * capacity;
    real *const d_body_1_norm1 = linear_part + 110592 * capacity;
    real *const d_body_1_norm1_n = linear_part + 198656 * capacity;
    real *const body_0_sum2_r = linear_part + 206848 * capacity;
    real *const d_body_0_norm2 = linear_part + 147456 * capacity;
    real *const d_body_0_norm2_n = linear_part + 143360 * capacity;
    real *const body_0_sum1_r = linear_part + 147456 * capacity;
    real *const d_body_0_attention_v = linear_part + 143360 * capacity;
    real *const d_body_0_attention_p = linear_part + 32768 * capacity;
    real *const d_body_0_attention_s_masked = linear_part + 16384 * capacity;
    real *const d_body_0_attention_u = linear_part + 32768 * capacity;
    real *const d_body_0_norm1 = linear_part;
    real *const d_body_0_norm1_n = linear_part + 178176 * capacity;
    real *const place_r = linear_part + 186368 * capacity;

    /* (135) */
    d_weight_96_64(net->gradients + d_token_weight);
    /* (1) (2) (3) (4) (5) (6) (7) */
    embedding_positional_embedding_layernorm_64_64_v2(place, body_0_norm1_r, body_0_norm1_n, body_0_norm1,
                                                      net->parameters + token_weight, net->in_text,
                                                      net->parameters + place_weight,
                                                      net->parameters + body_0_norm1_weight,
                                                      net->parameters + body_0_norm1_bias, batch);
    /* (8) */
    attention_64_192_64(body_0_attention_u, body_0_norm1, net->parameters + body_0_attention_in_proj_weight,
                        net->parameters + body_0_attention_in_proj_bias, batch);
    /* (9) */
    attention_4_64_64_16(body_0_attention_s, body_0_attention_u, batch);
    /* (10) (11) (12) (13) */
    attention_4_64_64(body_0_attention_e2, body_0_attention_p, body_0_attention_s, batch);
    /* (14) */
    attention_64_4_16_64(body_0_attention_v, body_0_attention_p, body_0_attention_u, batch);
    /* (15) (16) */
    attention_add_64_64_64(body_0_sum1, body_0_attention_v, net->parameters + body_0_attention_out_proj_weight,
                           net->parameters + body_0_attention_out_proj_bias, place, batch);
    /* (17) (18) (19) (20) (21) */
    layernorm_64_64_v2(body_0_norm2_r, body_0_norm2_n, body_0_norm2, body_0_sum1,
                       net->parameters + body_0_norm2_weight, net->parameters + body_0_norm2_bias, batch);
    /* (22) (23) (24) */
    linear_gelu_64_256_64_v2(body_0_wide_z, body_0_wide_r, body_0_wide, body_0_norm2,
                             net->parameters + body_0_wide_weight, net->parameters + body_0_wide_bias, batch);
    /* (25) (26) */
    linear_add_64_64_256(body_0_sum2, body_0_wide, net->parameters + body_0_narrow_weight,
                         net->parameters + body_0_narrow_bias, body_0_sum1, batch);
    /* (27) (28) (29) (30) (31) */
    layernorm_64_64_v2(body_1_norm1_r, body_1_norm1_n, body_1_norm1, body_0_sum2,
                       net->parameters + body_1_norm1_weight, net->parameters + body_1_norm1_bias, batch);
    /* (32) */
    attention_64_192_64(body_1_attention_u, body_1_norm1, net->parameters + body_1_attention_in_proj_weight,
                        net->parameters + body_1_attention_in_proj_bias, batch);
    /* (33) */
    attention_4_64_64_16(body_1_attention_s, body_1_attention_u, batch);
    /* (34) (35) (36) (37) */
    attention_4_64_64(body_1_attention_e2, body_1_attention_p, body_1_attention_s, batch);
    /* (38) */
    attention_64_4_16_64(body_1_attention_v, body_1_attention_p, body_1_attention_u, batch);
    /* (39) (40) */
    attention_add_64_64_64_v2(body_1_sum1, body_1_attention_v, net->parameters + body_1_attention_out_proj_weight,
                              net->parameters + body_1_attention_out_proj_bias, body_0_sum2, batch);
    /* (41) (42) (43) (44) (45) */
    layernorm_64_64_v2(body_1_norm2_r, body_1_norm2_n, body_1_norm2, body_1_sum1,
                       net->parameters + body_1_norm2_weight, net->parameters + body_1_norm2_bias, batch);
    /* (46) (47) (48) */
    linear_gelu_64_256_64_v2(body_1_wide_z, body_1_wide_r, body_1_wide, body_1_norm2,
                             net->parameters + body_1_wide_weight, net->parameters + body_1_wide_bias, batch);
    /* (49) (50) */
    linear_add_64_64_256(body_1_sum2, body_1_wide, net->parameters + body_1_narrow_weight,
                         net->parameters + body_1_narrow_bias, body_1_sum1, batch);
    /* (51) (52) (53) (54) (55) */
    layernorm_64_64_v2(norm_r, norm_n, norm, body_1_sum2, net->parameters + norm_weight,
                       net->parameters + norm_bias, batch);
    /* (56) */
    linear_64_96_64(head, norm, net->parameters + head_weight, net->parameters + head_bias, batch);
    /* (57) (58) (59) (60) (62) */
    cross_entropy_d_head_64_96(loss_m, loss_e, loss_S, d_head, head, net->in_next, batch);
    /* (61) */
    cross_entropy_64(loss, loss_m, head, net->in_next, loss_S, batch);
    /* (63) */
    d_weight_96_64_64(net->gradients + d_head_weight, d_head, norm, batch);
    /* (64) */
    d_bias_96_64(net->gradients + d_head_bias, d_head, batch);
    /* (65) (68) */
    d_norm_d_n_64_64_96(d_norm, d_norm_n, d_head, net->parameters + head_weight, net->parameters + norm_weight,
                        batch);
    /* (66) */
    d_weight_64_64(net->gradients + d_norm_weight, d_norm, norm_n, batch);
    /* (67) */
    d_bias_64_64(net->gradients + d_norm_bias, d_norm, batch);
    /* (69) */
    r_64_64(body_1_sum2_r, d_norm_n, norm_n, batch);
    /* (70) (71) */
    r2_d_sum2_64_64(norm_n, d_norm_n, norm_r, body_1_sum2_r, batch);
    /* (74) (75) */
    d_wide_d_z_64_256_64(body_1_wide_z, norm_n, net->parameters + body_1_narrow_weight, body_1_wide_r, batch);
    /* (72) */
    d_weight_64_256_64(net->gradients + d_body_1_narrow_weight, norm_n, body_1_wide, batch);
    /* (76) */
    d_weight_256_64_64(net->gradients + d_body_1_wide_weight, body_1_wide_z, body_1_norm2, batch);
    /* (73) */
    d_bias_64_64(net->gradients + d_body_1_narrow_bias, norm_n, batch);
    /* (77) */
    d_bias_256_64(net->gradients + d_body_1_wide_bias, body_1_wide_z, batch);
    /* (78) (81) */
    d_norm2_d_n_64_64_256(d_body_1_norm2, d_body_1_norm2_n, body_1_wide_z, net->parameters + body_1_wide_weight,
                          net->parameters + body_1_norm2_weight, batch);
    /* (79) */
    d_weight_64_64(net->gradients + d_body_1_norm2_weight, d_body_1_norm2, body_1_norm2_n, batch);
    /* (80) */
    d_bias_64_64(net->gradients + d_body_1_norm2_bias, d_body_1_norm2, batch);
    /* (82) */
    r_64_64(body_1_sum1_r, d_body_1_norm2_n, body_1_norm2_n, batch);
    /* (83) (84) */
    r2_d_sum1_64_64(body_1_norm2_n, d_body_1_norm2_n, body_1_norm2_r, body_1_sum1_r, norm_n, batch);
    /* (85) */
    d_weight_64_64_64(net->gradients + d_body_1_attention_out_proj_weight, body_1_norm2_n, body_1_attention_v,
                      batch);
    /* (86) */
    d_bias_64_64(net->gradients + d_body_1_attention_out_proj_bias, body_1_norm2_n, batch);
    /* (87) */
    d_v_64_64_64(d_body_1_attention_v, body_1_norm2_n, net->parameters + body_1_attention_out_proj_weight, batch);
    /* (88) */
    d_p_4_64_64_16(d_body_1_attention_p, d_body_1_attention_v, body_1_attention_u, batch);
    /* (89) (90) (91) (92) (93) */
    r_d_s_r2_r3_4_64_64(d_body_1_attention_s_masked, d_body_1_attention_p, body_1_attention_p, batch);
    /* (91) (92) (93) */
    r2_r3_d_u_64_4_16_64(d_body_1_attention_u, d_body_1_attention_s_masked, body_1_attention_u, batch);
    /* (91) (92) (93) */
    r2_r3_d_u_64_4_16_64_v2(d_body_1_attention_u, d_body_1_attention_s_masked, body_1_attention_u, batch);
    /* (91) (92) (93) */
    r2_r3_d_u_64_4_16_64_v3(d_body_1_attention_u, body_1_attention_p, d_body_1_attention_v, batch);
    /* (94) */
    d_in_proj_weight_192_64_64(net->gradients + d_body_1_attention_in_proj_weight, d_body_1_attention_u,
                               body_1_norm1, batch);
    /* (95) */
    d_in_proj_bias_192_64(net->gradients + d_body_1_attention_in_proj_bias, d_body_1_attention_u, batch);
    /* (96) (99) */
    d_norm1_d_n_64_64_192(d_body_1_norm1, d_body_1_norm1_n, d_body_1_attention_u,
                          net->parameters + body_1_attention_in_proj_weight, net->parameters + body_1_norm1_weight,
                          batch);
    /* (97) */
    d_weight_64_64(net->gradients + d_body_1_norm1_weight, d_body_1_norm1, body_1_norm1_n, batch);
    /* (98) */
    d_bias_64_64(net->gradients + d_body_1_norm1_bias, d_body_1_norm1, batch);
    /* (100) */
    r_64_64(body_0_sum2_r, d_body_1_norm1_n, body_1_norm1_n, batch);
    /* (101) (102) */
    r2_d_sum1_64_64(body_1_norm1_n, d_body_1_norm1_n, body_1_norm1_r, body_0_sum2_r, body_1_norm2_n, batch);
    /* (105) (106) */
    d_wide_d_z_64_256_64(body_0_wide_z, body_1_norm1_n, net->parameters + body_0_narrow_weight, body_0_wide_r,
                         batch);
    /* (103) */
    d_weight_64_256_64(net->gradients + d_body_0_narrow_weight, body_1_norm1_n, body_0_wide, batch);
    /* (107) */
    d_weight_256_64_64(net->gradients + d_body_0_wide_weight, body_0_wide_z, body_0_norm2, batch);
    /* (104) */
    d_bias_64_64(net->gradients + d_body_0_narrow_bias, body_1_norm1_n, batch);
    /* (108) */
    d_bias_256_64(net->gradients + d_body_0_wide_bias, body_0_wide_z, batch);
    /* (109) (112) */
    d_norm2_d_n_64_64_256(d_body_0_norm2, d_body_0_norm2_n, body_0_wide_z, net->parameters + body_0_wide_weight,
                          net->parameters + body_0_norm2_weight, batch);
    /* (110) */
    d_weight_64_64(net->gradients + d_body_0_norm2_weight, d_body_0_norm2, body_0_norm2_n, batch);
    /* (111) */
    d_bias_64_64(net->gradients + d_body_0_norm2_bias, d_body_0_norm2, batch);
    /* (113) */
    r_64_64(body_0_sum1_r, d_body_0_norm2_n, body_0_norm2_n, batch);
    /* (114) (115) */
    r2_d_sum1_64_64(body_0_norm2_n, d_body_0_norm2_n, body_0_norm2_r, body_0_sum1_r, body_1_norm1_n, batch);
    /* (116) */
    d_weight_64_64_64(net->gradients + d_body_0_attention_out_proj_weight, body_0_norm2_n, body_0_attention_v,
                      batch);
    /* (117) */
    d_bias_64_64(net->gradients + d_body_0_attention_out_proj_bias, body_0_norm2_n, batch);
    /* (118) */
    d_v_64_64_64(d_body_0_attention_v, body_0_norm2_n, net->parameters + body_0_attention_out_proj_weight, batch);
    /* (119) */
    d_p_4_64_64_16(d_body_0_attention_p, d_body_0_attention_v, body_0_attention_u, batch);
    /* (120) (121) (122) (123) (124) */
    r_d_s_r2_r3_4_64_64(d_body_0_attention_s_masked, d_body_0_attention_p, body_0_attention_p, batch);
    /* (122) (123) (124) */
    r2_r3_d_u_64_4_16_64(d_body_0_attention_u, d_body_0_attention_s_masked, body_0_attention_u, batch);
    /* (122) (123) (124) */
    r2_r3_d_u_64_4_16_64_v2(d_body_0_attention_u, d_body_0_attention_s_masked, body_0_attention_u, batch);
    /* (122) (123) (124) */
    r2_r3_d_u_64_4_16_64_v3(d_body_0_attention_u, body_0_attention_p, d_body_0_attention_v, batch);
    /* (125) */
    d_in_proj_weight_192_64_64(net->gradients + d_body_0_attention_in_proj_weight, d_body_0_attention_u,
                               body_0_norm1, batch);
    /* (126) */
    d_in_proj_bias_192_64(net->gradients + d_body_0_attention_in_proj_bias, d_body_0_attention_u, batch);
    /* (127) (130) */
    d_norm1_d_n_64_64_192(d_body_0_norm1, d_body_0_norm1_n, d_body_0_attention_u,
                          net->parameters + body_0_attention_in_proj_weight, net->parameters + body_0_norm1_weight,
                          batch);
    /* (128) */
    d_weight_64_64(net->gradients + d_body_0_norm1_weight, d_body_0_norm1, body_0_norm1_n, batch);
    /* (129) */
    d_bias_64_64(net->gradients + d_body_0_norm1_bias, d_body_0_norm1, batch);
    /* (131) */
    r_64_64(place_r, d_body_0_norm1_n, body_0_norm1_n, batch);
    /* (132) (133) */
    r2_d_sum1_64_64(body_0_norm1_n, d_body_0_norm1_n, body_0_norm1_r, place_r, body_0_norm2_n, batch);
    /* (134) */
    d_weight_64_64_v2(net->gradients + d_place_weight, body_0_norm1_n, batch);
    /* (135) */
    d_weight_64_64_v3(net->gradients + d_token_weight, body_0_norm1_n, net->in_text, batch);
    return (double)*loss;
}

double transformer_step(const transformer_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    double *const optimizer_rate = (double *)(fixed + 2);
    double *const optimizer_scale = (double *)(fixed + 4);
    double *const optimizer_keep = (double *)(fixed);
    real *const place = linear_part + 182272 * capacity;
    real *const body_0_norm1_r = linear_part + 223232 * capacity;
    real *const body_0_norm1_n = linear_part + 174080 * capacity;
    real *const body_0_norm1 = linear_part + 178176 * capacity;
    real *const body_0_attention_u = linear_part + 131072 * capacity;
    real *const body_0_attention_s = linear_part + 16384 * capacity;
    real *const body_0_attention_e2 = linear_part + 32768 * capacity;
    real *const body_0_attention_p = linear_part;
    real *const body_0_attention_v = linear_part + 186368 * capacity;
    real *const body_0_sum1 = linear_part + 190464 * capacity;
    real *const body_0_norm2_r = linear_part + 223296 * capacity;
    real *const body_0_norm2_n = linear_part + 182272 * capacity;
    real *const body_0_norm2 = linear_part + 194560 * capacity;
    real *const body_0_wide_z = linear_part + 16384 * capacity;
    real *const body_0_wide_r = linear_part + 49152 * capacity;
    real *const body_0_wide = linear_part + 32768 * capacity;
    real *const body_0_sum2 = linear_part + 202752 * capacity;
    real *const body_1_norm1_r = linear_part + 223360 * capacity;
    real *const body_1_norm1_n = linear_part + 190464 * capacity;
    real *const body_1_norm1 = linear_part + 198656 * capacity;
    real *const body_1_attention_u = linear_part + 143360 * capacity;
    real *const body_1_attention_s = linear_part + 81920 * capacity;
    real *const body_1_attention_e2 = linear_part + 98304 * capacity;
    real *const body_1_attention_p = linear_part + 65536 * capacity;
    real *const body_1_attention_v = linear_part + 206848 * capacity;
    real *const body_1_sum1 = linear_part + 210944 * capacity;
    real *const body_1_norm2_r = linear_part + 223424 * capacity;
    real *const body_1_norm2_n = linear_part + 202752 * capacity;
    real *const body_1_norm2 = linear_part + 215040 * capacity;
    real *const body_1_wide_z = linear_part + 81920 * capacity;
    real *const body_1_wide_r = linear_part + 114688 * capacity;
    real *const body_1_wide = linear_part + 98304 * capacity;
    real *const body_1_sum2 = linear_part + 155648 * capacity;
    real *const norm_r = linear_part + 223488 * capacity;
    real *const norm_n = linear_part + 210944 * capacity;
    real *const norm = linear_part + 219136 * capacity;
    real *const head = linear_part + 161792 * capacity;
    real *const loss_m = linear_part + 223616 * capacity;
    real *const loss_e = linear_part + 167936 * capacity;
    real *const loss_S = linear_part + 223552 * capacity;
    real *const d_head = linear_part + 155648 * capacity;
    real *const loss = fixed + 6;
    real *const d_norm = linear_part + 165888 * capacity;
    real *const d_norm_n = linear_part + 161792 * capacity;
    real *const body_1_sum2_r = linear_part + 219136 * capacity;
    real *const d_body_1_norm2 = linear_part + 159744 * capacity;
    real *const d_body_1_norm2_n = linear_part + 155648 * capacity;
    real *const body_1_sum1_r = linear_part + 215040 * capacity;
    real *const d_body_1_attention_v = linear_part + 114688 * capacity;
    real *const d_body_1_attention_p = linear_part + 98304 * capacity;
    real *const d_body_1_attention_s_masked = linear_part + 81920 * capacity;
    real *const d_body_1_attention_u = linear_part + 98304 * capacity;
    real *const d_body_1_norm1 = linear_part + 114688 * capacity;
    real *const d_body_1_norm1_n = linear_part + 110592 * capacity;
    real *const body_0_sum2_r = linear_part + 198656 * capacity;
    real *const d_body_0_norm2 = linear_part + 147456 * capacity;
    real *const d_body_0_norm2_n = linear_part + 143360 * capacity;
    real *const body_0_sum1_r = linear_part + 147456 * capacity;
    real *const d_body_0_attention_v = linear_part + 143360 * capacity;
    real *const d_body_0_attention_p = linear_part + 32768 * capacity;
    real *const d_body_0_attention_s_masked = linear_part + 16384 * capacity;
    real *const d_body_0_attention_u = linear_part + 32768 * capacity;
    real *const d_body_0_norm1 = linear_part + 4096 * capacity;
    real *const d_body_0_norm1_n = linear_part;
    real *const place_r = linear_part + 178176 * capacity;

    /* (135) */
    d_weight_96_64(net->gradients + d_token_weight);
    /* (136) (137) (138) (139) (140) */
    warmup_cosine_schedule_adamw_rate_next_step(optimizer_rate, optimizer_scale, optimizer_keep, net->counters + t,
                                                net->settings + warmup, net->settings + lr, net->settings + steps,
                                                net->settings + min_lr, net->settings + beta1,
                                                net->settings + beta2, net->settings + weight_decay);
    /* (1) (2) (3) (4) (5) (6) (7) */
    embedding_positional_embedding_layernorm_64_64_v2(place, body_0_norm1_r, body_0_norm1_n, body_0_norm1,
                                                      net->parameters + token_weight, net->in_text,
                                                      net->parameters + place_weight,
                                                      net->parameters + body_0_norm1_weight,
                                                      net->parameters + body_0_norm1_bias, batch);
    /* (8) */
    attention_64_192_64(body_0_attention_u, body_0_norm1, net->parameters + body_0_attention_in_proj_weight,
                        net->parameters + body_0_attention_in_proj_bias, batch);
    /* (9) */
    attention_4_64_64_16(body_0_attention_s, body_0_attention_u, batch);
    /* (10) (11) (12) (13) */
    attention_4_64_64(body_0_attention_e2, body_0_attention_p, body_0_attention_s, batch);
    /* (14) */
    attention_64_4_16_64(body_0_attention_v, body_0_attention_p, body_0_attention_u, batch);
    /* (15) (16) */
    attention_add_64_64_64(body_0_sum1, body_0_attention_v, net->parameters + body_0_attention_out_proj_weight,
                           net->parameters + body_0_attention_out_proj_bias, place, batch);
    /* (17) (18) (19) (20) (21) */
    layernorm_64_64_v2(body_0_norm2_r, body_0_norm2_n, body_0_norm2, body_0_sum1,
                       net->parameters + body_0_norm2_weight, net->parameters + body_0_norm2_bias, batch);
    /* (22) (23) (24) */
    linear_gelu_64_256_64_v2(body_0_wide_z, body_0_wide_r, body_0_wide, body_0_norm2,
                             net->parameters + body_0_wide_weight, net->parameters + body_0_wide_bias, batch);
    /* (25) (26) */
    linear_add_64_64_256(body_0_sum2, body_0_wide, net->parameters + body_0_narrow_weight,
                         net->parameters + body_0_narrow_bias, body_0_sum1, batch);
    /* (27) (28) (29) (30) (31) */
    layernorm_64_64_v2(body_1_norm1_r, body_1_norm1_n, body_1_norm1, body_0_sum2,
                       net->parameters + body_1_norm1_weight, net->parameters + body_1_norm1_bias, batch);
    /* (32) */
    attention_64_192_64(body_1_attention_u, body_1_norm1, net->parameters + body_1_attention_in_proj_weight,
                        net->parameters + body_1_attention_in_proj_bias, batch);
    /* (33) */
    attention_4_64_64_16(body_1_attention_s, body_1_attention_u, batch);
    /* (34) (35) (36) (37) */
    attention_4_64_64(body_1_attention_e2, body_1_attention_p, body_1_attention_s, batch);
    /* (38) */
    attention_64_4_16_64(body_1_attention_v, body_1_attention_p, body_1_attention_u, batch);
    /* (39) (40) */
    attention_add_64_64_64_v2(body_1_sum1, body_1_attention_v, net->parameters + body_1_attention_out_proj_weight,
                              net->parameters + body_1_attention_out_proj_bias, body_0_sum2, batch);
    /* (41) (42) (43) (44) (45) */
    layernorm_64_64_v2(body_1_norm2_r, body_1_norm2_n, body_1_norm2, body_1_sum1,
                       net->parameters + body_1_norm2_weight, net->parameters + body_1_norm2_bias, batch);
    /* (46) (47) (48) */
    linear_gelu_64_256_64_v2(body_1_wide_z, body_1_wide_r, body_1_wide, body_1_norm2,
                             net->parameters + body_1_wide_weight, net->parameters + body_1_wide_bias, batch);
    /* (49) (50) */
    linear_add_64_64_256(body_1_sum2, body_1_wide, net->parameters + body_1_narrow_weight,
                         net->parameters + body_1_narrow_bias, body_1_sum1, batch);
    /* (51) (52) (53) (54) (55) */
    layernorm_64_64_v2(norm_r, norm_n, norm, body_1_sum2, net->parameters + norm_weight,
                       net->parameters + norm_bias, batch);
    /* (56) */
    linear_64_96_64(head, norm, net->parameters + head_weight, net->parameters + head_bias, batch);
    /* (57) (58) (59) (60) (62) */
    cross_entropy_d_head_64_96(loss_m, loss_e, loss_S, d_head, head, net->in_next, batch);
    /* (61) */
    cross_entropy_64(loss, loss_m, head, net->in_next, loss_S, batch);
    /* (64) (228) (229) (230) */
    d_bias_adamw_96_64(net->states + head_bias_m, net->states + head_bias_v, net->parameters + head_bias, d_head,
                       net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                       optimizer_scale, net->settings + eps, batch);
    /* (65) (68) */
    d_norm_d_n_64_64_96(d_norm, d_norm_n, d_head, net->parameters + head_weight, net->parameters + norm_weight,
                        batch);
    /* (63) (225) (226) (227) */
    d_weight_adamw_96_64_64(net->states + head_weight_m, net->states + head_weight_v,
                            net->parameters + head_weight, d_head, norm, net->settings + beta1,
                            net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                            net->settings + eps, batch);
    /* (66) (219) (220) (221) */
    d_weight_adamw_64_64(net->states + norm_weight_m, net->states + norm_weight_v, net->parameters + norm_weight,
                         d_norm, norm_n, net->settings + beta1, net->settings + beta2, optimizer_keep,
                         optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (67) (222) (223) (224) */
    d_bias_adamw_64_64(net->states + norm_bias_m, net->states + norm_bias_v, net->parameters + norm_bias, d_norm,
                       net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                       optimizer_scale, net->settings + eps, batch);
    /* (69) */
    r_64_64(body_1_sum2_r, d_norm_n, norm_n, batch);
    /* (70) (71) */
    r2_d_sum2_64_64(norm_n, d_norm_n, norm_r, body_1_sum2_r, batch);
    /* (74) (75) */
    d_wide_d_z_64_256_64(body_1_wide_z, norm_n, net->parameters + body_1_narrow_weight, body_1_wide_r, batch);
    /* (72) (213) (214) (215) */
    d_weight_adamw_64_256_64(net->states + body_1_narrow_weight_m, net->states + body_1_narrow_weight_v,
                             net->parameters + body_1_narrow_weight, norm_n, body_1_wide, net->settings + beta1,
                             net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                             net->settings + eps, batch);
    /* (77) (210) (211) (212) */
    d_bias_adamw_256_64(net->states + body_1_wide_bias_m, net->states + body_1_wide_bias_v,
                        net->parameters + body_1_wide_bias, body_1_wide_z, net->settings + beta1,
                        net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                        net->settings + eps, batch);
    /* (73) (216) (217) (218) */
    d_bias_adamw_64_64(net->states + body_1_narrow_bias_m, net->states + body_1_narrow_bias_v,
                       net->parameters + body_1_narrow_bias, norm_n, net->settings + beta1, net->settings + beta2,
                       optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (78) (81) */
    d_norm2_d_n_64_64_256(d_body_1_norm2, d_body_1_norm2_n, body_1_wide_z, net->parameters + body_1_wide_weight,
                          net->parameters + body_1_norm2_weight, batch);
    /* (76) (207) (208) (209) */
    d_weight_adamw_256_64_64(net->states + body_1_wide_weight_m, net->states + body_1_wide_weight_v,
                             net->parameters + body_1_wide_weight, body_1_wide_z, body_1_norm2,
                             net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                             optimizer_scale, net->settings + eps, batch);
    /* (79) (201) (202) (203) */
    d_weight_adamw_64_64(net->states + body_1_norm2_weight_m, net->states + body_1_norm2_weight_v,
                         net->parameters + body_1_norm2_weight, d_body_1_norm2, body_1_norm2_n,
                         net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                         optimizer_scale, net->settings + eps, batch);
    /* (80) (204) (205) (206) */
    d_bias_adamw_64_64(net->states + body_1_norm2_bias_m, net->states + body_1_norm2_bias_v,
                       net->parameters + body_1_norm2_bias, d_body_1_norm2, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (82) */
    r_64_64(body_1_sum1_r, d_body_1_norm2_n, body_1_norm2_n, batch);
    /* (83) (84) */
    r2_d_sum1_64_64(body_1_norm2_n, d_body_1_norm2_n, body_1_norm2_r, body_1_sum1_r, norm_n, batch);
    /* (86) (198) (199) (200) */
    d_bias_adamw_64_64(net->states + body_1_attention_out_proj_bias_m,
                       net->states + body_1_attention_out_proj_bias_v,
                       net->parameters + body_1_attention_out_proj_bias, body_1_norm2_n, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (87) */
    d_v_64_64_64(d_body_1_attention_v, body_1_norm2_n, net->parameters + body_1_attention_out_proj_weight, batch);
    /* (85) (195) (196) (197) */
    d_weight_adamw_64_64_64(net->states + body_1_attention_out_proj_weight_m,
                            net->states + body_1_attention_out_proj_weight_v,
                            net->parameters + body_1_attention_out_proj_weight, body_1_norm2_n, body_1_attention_v,
                            net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                            optimizer_scale, net->settings + eps, batch);
    /* (88) */
    d_p_4_64_64_16(d_body_1_attention_p, d_body_1_attention_v, body_1_attention_u, batch);
    /* (89) (90) (91) (92) (93) */
    r_d_s_r2_r3_4_64_64(d_body_1_attention_s_masked, d_body_1_attention_p, body_1_attention_p, batch);
    /* (91) (92) (93) */
    r2_r3_d_u_64_4_16_64(d_body_1_attention_u, d_body_1_attention_s_masked, body_1_attention_u, batch);
    /* (91) (92) (93) */
    r2_r3_d_u_64_4_16_64_v2(d_body_1_attention_u, d_body_1_attention_s_masked, body_1_attention_u, batch);
    /* (91) (92) (93) */
    r2_r3_d_u_64_4_16_64_v3(d_body_1_attention_u, body_1_attention_p, d_body_1_attention_v, batch);
    /* (95) (192) (193) (194) */
    d_in_proj_bias_adamw_192_64(net->states + body_1_attention_in_proj_bias_m,
                                net->states + body_1_attention_in_proj_bias_v,
                                net->parameters + body_1_attention_in_proj_bias, d_body_1_attention_u,
                                net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                                optimizer_scale, net->settings + eps, batch);
    /* (96) (99) */
    d_norm1_d_n_64_64_192(d_body_1_norm1, d_body_1_norm1_n, d_body_1_attention_u,
                          net->parameters + body_1_attention_in_proj_weight, net->parameters + body_1_norm1_weight,
                          batch);
    /* (94) (189) (190) (191) */
    d_in_proj_weight_adamw_192_64_64(net->states + body_1_attention_in_proj_weight_m,
                                     net->states + body_1_attention_in_proj_weight_v,
                                     net->parameters + body_1_attention_in_proj_weight, d_body_1_attention_u,
                                     body_1_norm1, net->settings + beta1, net->settings + beta2, optimizer_keep,
                                     optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (97) (183) (184) (185) */
    d_weight_adamw_64_64(net->states + body_1_norm1_weight_m, net->states + body_1_norm1_weight_v,
                         net->parameters + body_1_norm1_weight, d_body_1_norm1, body_1_norm1_n,
                         net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                         optimizer_scale, net->settings + eps, batch);
    /* (98) (186) (187) (188) */
    d_bias_adamw_64_64(net->states + body_1_norm1_bias_m, net->states + body_1_norm1_bias_v,
                       net->parameters + body_1_norm1_bias, d_body_1_norm1, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (100) */
    r_64_64(body_0_sum2_r, d_body_1_norm1_n, body_1_norm1_n, batch);
    /* (101) (102) */
    r2_d_sum1_64_64(body_1_norm1_n, d_body_1_norm1_n, body_1_norm1_r, body_0_sum2_r, body_1_norm2_n, batch);
    /* (105) (106) */
    d_wide_d_z_64_256_64(body_0_wide_z, body_1_norm1_n, net->parameters + body_0_narrow_weight, body_0_wide_r,
                         batch);
    /* (103) (177) (178) (179) */
    d_weight_adamw_64_256_64(net->states + body_0_narrow_weight_m, net->states + body_0_narrow_weight_v,
                             net->parameters + body_0_narrow_weight, body_1_norm1_n, body_0_wide,
                             net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                             optimizer_scale, net->settings + eps, batch);
    /* (108) (174) (175) (176) */
    d_bias_adamw_256_64(net->states + body_0_wide_bias_m, net->states + body_0_wide_bias_v,
                        net->parameters + body_0_wide_bias, body_0_wide_z, net->settings + beta1,
                        net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                        net->settings + eps, batch);
    /* (104) (180) (181) (182) */
    d_bias_adamw_64_64(net->states + body_0_narrow_bias_m, net->states + body_0_narrow_bias_v,
                       net->parameters + body_0_narrow_bias, body_1_norm1_n, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (109) (112) */
    d_norm2_d_n_64_64_256(d_body_0_norm2, d_body_0_norm2_n, body_0_wide_z, net->parameters + body_0_wide_weight,
                          net->parameters + body_0_norm2_weight, batch);
    /* (107) (171) (172) (173) */
    d_weight_adamw_256_64_64(net->states + body_0_wide_weight_m, net->states + body_0_wide_weight_v,
                             net->parameters + body_0_wide_weight, body_0_wide_z, body_0_norm2,
                             net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                             optimizer_scale, net->settings + eps, batch);
    /* (110) (165) (166) (167) */
    d_weight_adamw_64_64(net->states + body_0_norm2_weight_m, net->states + body_0_norm2_weight_v,
                         net->parameters + body_0_norm2_weight, d_body_0_norm2, body_0_norm2_n,
                         net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                         optimizer_scale, net->settings + eps, batch);
    /* (111) (168) (169) (170) */
    d_bias_adamw_64_64(net->states + body_0_norm2_bias_m, net->states + body_0_norm2_bias_v,
                       net->parameters + body_0_norm2_bias, d_body_0_norm2, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (113) */
    r_64_64(body_0_sum1_r, d_body_0_norm2_n, body_0_norm2_n, batch);
    /* (114) (115) */
    r2_d_sum1_64_64(body_0_norm2_n, d_body_0_norm2_n, body_0_norm2_r, body_0_sum1_r, body_1_norm1_n, batch);
    /* (117) (162) (163) (164) */
    d_bias_adamw_64_64(net->states + body_0_attention_out_proj_bias_m,
                       net->states + body_0_attention_out_proj_bias_v,
                       net->parameters + body_0_attention_out_proj_bias, body_0_norm2_n, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (118) */
    d_v_64_64_64(d_body_0_attention_v, body_0_norm2_n, net->parameters + body_0_attention_out_proj_weight, batch);
    /* (116) (159) (160) (161) */
    d_weight_adamw_64_64_64(net->states + body_0_attention_out_proj_weight_m,
                            net->states + body_0_attention_out_proj_weight_v,
                            net->parameters + body_0_attention_out_proj_weight, body_0_norm2_n, body_0_attention_v,
                            net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                            optimizer_scale, net->settings + eps, batch);
    /* (119) */
    d_p_4_64_64_16(d_body_0_attention_p, d_body_0_attention_v, body_0_attention_u, batch);
    /* (120) (121) (122) (123) (124) */
    r_d_s_r2_r3_4_64_64(d_body_0_attention_s_masked, d_body_0_attention_p, body_0_attention_p, batch);
    /* (122) (123) (124) */
    r2_r3_d_u_64_4_16_64(d_body_0_attention_u, d_body_0_attention_s_masked, body_0_attention_u, batch);
    /* (122) (123) (124) */
    r2_r3_d_u_64_4_16_64_v2(d_body_0_attention_u, d_body_0_attention_s_masked, body_0_attention_u, batch);
    /* (122) (123) (124) */
    r2_r3_d_u_64_4_16_64_v3(d_body_0_attention_u, body_0_attention_p, d_body_0_attention_v, batch);
    /* (126) (156) (157) (158) */
    d_in_proj_bias_adamw_192_64(net->states + body_0_attention_in_proj_bias_m,
                                net->states + body_0_attention_in_proj_bias_v,
                                net->parameters + body_0_attention_in_proj_bias, d_body_0_attention_u,
                                net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                                optimizer_scale, net->settings + eps, batch);
    /* (127) (130) */
    d_norm1_d_n_64_64_192(d_body_0_norm1, d_body_0_norm1_n, d_body_0_attention_u,
                          net->parameters + body_0_attention_in_proj_weight, net->parameters + body_0_norm1_weight,
                          batch);
    /* (125) (153) (154) (155) */
    d_in_proj_weight_adamw_192_64_64(net->states + body_0_attention_in_proj_weight_m,
                                     net->states + body_0_attention_in_proj_weight_v,
                                     net->parameters + body_0_attention_in_proj_weight, d_body_0_attention_u,
                                     body_0_norm1, net->settings + beta1, net->settings + beta2, optimizer_keep,
                                     optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (128) (147) (148) (149) */
    d_weight_adamw_64_64(net->states + body_0_norm1_weight_m, net->states + body_0_norm1_weight_v,
                         net->parameters + body_0_norm1_weight, d_body_0_norm1, body_0_norm1_n,
                         net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                         optimizer_scale, net->settings + eps, batch);
    /* (129) (150) (151) (152) */
    d_bias_adamw_64_64(net->states + body_0_norm1_bias_m, net->states + body_0_norm1_bias_v,
                       net->parameters + body_0_norm1_bias, d_body_0_norm1, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (131) */
    r_64_64(place_r, d_body_0_norm1_n, body_0_norm1_n, batch);
    /* (132) (133) */
    r2_d_sum1_64_64(body_0_norm1_n, d_body_0_norm1_n, body_0_norm1_r, place_r, body_0_norm2_n, batch);
    /* (134) (144) (145) (146) */
    d_weight_adamw_64_64_v2(net->states + place_weight_m, net->states + place_weight_v,
                            net->parameters + place_weight, body_0_norm1_n, net->settings + beta1,
                            net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                            net->settings + eps, batch);
    /* (135) */
    d_weight_64_64_v3(net->gradients + d_token_weight, body_0_norm1_n, net->in_text, batch);
    /* (141) */
    adamw_96_64(net->states + token_weight_m, net->settings + beta1, net->gradients + d_token_weight);
    /* (142) (143) */
    adamw_96_64_v2(net->states + token_weight_v, net->parameters + token_weight, net->settings + beta2,
                   net->gradients + d_token_weight, optimizer_keep, optimizer_rate, net->states + token_weight_m,
                   optimizer_scale, net->settings + eps);
    return (double)*loss;
}

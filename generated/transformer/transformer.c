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
typedef real lanes __attribute__((vector_size(BYTES), aligned(sizeof(real)), may_alias));
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
   (5) body.0.norm1[b, t, j] = body.0.norm1.weight[j] * (place[b, t, j] - body.0.norm1.m[b, t]) / sqrt(body.0.norm1.v[b, t] + 0.00001) + body.0.norm1.bias[j]
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
                const real token = weight[(text[b * 64 + i]) * 64 + d];
                place[b * 4096 + i * 64 + d] = place_weight[i * 64 + d] + token;
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
            const real m = 0.015625f * sum;
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
            const real v = 0.015625f * sum_2;
            const real scale = 1.0f / sqrtf(v + 1e-05f);
            for (int d = 0; d < 64; d++) {
                norm1[b * 4096 + i * 64 + d] = scale * (place[b * 4096 + i * 64 + d] - m) * body_0_norm1_weight[d] + bias[d];
            }
        }
    }
}

/* body.0.attention: attention
   (6) body.0.attention.u[b, i, f] = sum[j](body.0.norm1[b, i, j] * body.0.attention.in_proj_weight[f, j]) + body.0.attention.in_proj_bias[f]
   and, in other places, (26)
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
   (7) body.0.attention.s[b, h, i, j] = sum[k](body.0.attention.u[b, i, 16*h + k] * body.0.attention.u[b, j, 16*h + k + 64]) / 4 if i >= j else -inf
   and, in other places, (27)
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
   (8) body.0.attention.m[b, h, i] = max[j](body.0.attention.s[b, h, i, j])
   (9) body.0.attention.e2[b, h, i, j] = exp(body.0.attention.s[b, h, i, j] - body.0.attention.m[b, h, i])
   (10) body.0.attention.S[b, h, i] = sum[j](body.0.attention.e2[b, h, i, j])
   (11) body.0.attention.p[b, h, i, j] = body.0.attention.e2[b, h, i, j] / body.0.attention.S[b, h, i]
   and, in other places, (28) (29) (30) (31)
*/
static void attention_4_64_64(
    real *restrict e2,      /* [B, 4, 64, 64] */
    real *restrict p,       /* [B, 4, 64, 64] */
    const real *restrict s, /* [B, 4, 64, 64] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int h = 0; h < 4; h++) {
            for (int i = 0; i < 64; i++) {
                real m = -INFINITY;
                for (int j = 0; j < 64; j++) {
                    m = maximum(m, s[b * 16384 + h * 4096 + i * 64 + j]);
                }
                for (int j = 0; j < 64; j++) {
                    e2[b * 16384 + h * 4096 + i * 64 + j] = exp_single(s[b * 16384 + h * 4096 + i * 64 + j] - m);
                }
                real parts[16] = {0};
                for (int j_first = 0; j_first < 64; j_first += 16) {
                    for (int part = 0; part < 16; part++) {
                        const int j = j_first + part;
                        parts[part] += e2[b * 16384 + h * 4096 + i * 64 + j];
                    }
                }
                real S = 0;
                for (int part = 0; part < 16; part++) {
                    S += parts[part];
                }
                const real scale = 1.0f / S;
                for (int j = 0; j < 64; j++) {
                    p[b * 16384 + h * 4096 + i * 64 + j] = scale * e2[b * 16384 + h * 4096 + i * 64 + j];
                }
            }
        }
    }
}

/* body.0.attention: attention
   (12) body.0.attention.v[b, i, d] = sum[j](body.0.attention.u[b, j, d + 128] * body.0.attention.p[b, d // 16, i, j])
   and, in other places, (32)
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
   (13) body.0.attention[b, i, m] = sum[j](body.0.attention.v[b, i, j] * body.0.attention.out_proj.weight[m, j]) + body.0.attention.out_proj.bias[m]
   (14) body.0.sum1[b, t, d] = body.0.attention[b, t, d] + place[b, t, d]
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
                    const real attention = tile[r * COLUMNS + c] + bias[m];
                    sum1[b * 4096 + i * 64 + m] = attention + place[b * 4096 + i * 64 + m];
                }
            }
        }
    }
}

/* body.0.norm2: layernorm
   (15) body.0.norm2.m[b, t] = sum[i](body.0.sum1[b, t, i]) / 64
   (16) body.0.norm2.v[b, t] = sum[i]((body.0.sum1[b, t, i] - body.0.norm2.m[b, t])**2) / 64
   (17) body.0.norm2[b, t, j] = body.0.norm2.weight[j] * (body.0.sum1[b, t, j] - body.0.norm2.m[b, t]) / sqrt(body.0.norm2.v[b, t] + 0.00001) + body.0.norm2.bias[j]
   and, in other places, (23) (24) (25), (35) (36) (37), (43) (44) (45)
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
            const real m = 0.015625f * sum;
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
            const real v = 0.015625f * sum_2;
            const real scale = 1.0f / sqrtf(v + 1e-05f);
            for (int j = 0; j < 64; j++) {
                norm2[b * 4096 + t * 64 + j] = scale * (sum1[b * 4096 + t * 64 + j] - m) * weight[j] + bias[j];
            }
        }
    }
}

/* body.0.wide: linear, gelu
   (18) body.0.wide.z[b, t, o] = sum[i](body.0.norm2[b, t, i] * body.0.wide.weight[o, i]) + body.0.wide.bias[o]
   (19) body.0.wide.r[b, t, o] = erf(sqrt(2) * body.0.wide.z[b, t, o] / 2)
   (20) body.0.wide[b, t, o] = body.0.wide.z[b, t, o] * (1 + body.0.wide.r[b, t, o]) / 2
   and, in other places, (38) (39) (40)
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
    const real scale = 0.5f * 1.4142135623730951f;
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
                    const real z = tile[r_2 * COLUMNS + c] + bias[o];
                    const real r = erff(scale * z);
                    wide[b * 16384 + t * 256 + o] = 0.5f * (r + 1.0f) * z;
                }
            }
        }
    }
}

/* body.0.narrow: linear; body.0.sum2: add
   (21) body.0.narrow[b, t, o] = sum[i](body.0.wide[b, t, i] * body.0.narrow.weight[o, i]) + body.0.narrow.bias[o]
   (22) body.0.sum2[b, t, d] = body.0.narrow[b, t, d] + body.0.sum1[b, t, d]
   and, in other places, (41) (42)
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
                    const real narrow = tile[r * COLUMNS + c] + bias[o];
                    sum2[b * 4096 + t * 64 + o] = narrow + sum1[b * 4096 + t * 64 + o];
                }
            }
        }
    }
}

/* body.1.attention: attention; body.1.sum1: add
   (33) body.1.attention[b, i, m] = sum[j](body.1.attention.v[b, i, j] * body.1.attention.out_proj.weight[m, j]) + body.1.attention.out_proj.bias[m]
   (34) body.1.sum1[b, t, d] = body.0.sum2[b, t, d] + body.1.attention[b, t, d]
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
                    const real attention = tile[r * COLUMNS + c] + bias[m];
                    sum1[b * 4096 + i * 64 + m] = sum2[b * 4096 + i * 64 + m] + attention;
                }
            }
        }
    }
}

/* head: linear
   (46) head[b, t, o] = sum[i](norm[b, t, i] * head.weight[o, i]) + head.bias[o]
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
   (47) loss.m[b, t] = max[i](head[b, t, i])
   (48) loss.e[b, t, j] = exp(head[b, t, j] - loss.m[b, t])
   (49) loss.S[b, t] = sum[i](loss.e[b, t, i])
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
            m[b * 64 + t] = largest;
            for (int j = 0; j < 96; j++) {
                e[b * 6144 + t * 96 + j] = exp_single(head[b * 6144 + t * 96 + j] - m[b * 64 + t]);
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
            S[b * 64 + t] = sum;
        }
    }
}

/* loss: cross_entropy
   (51) loss = sum[b, i](log(loss.S[b, i]) + loss.m[b, i] - head[b, i, next[b, i]]) / (64 * B)
*/
static void cross_entropy_64(
    real *restrict loss,
    const real *restrict m,       /* [B, 64] */
    const real *restrict S,       /* [B, 64] */
    const real *restrict head,    /* [B, 64, 96] */
    const int32_t *restrict next, /* [B, 64] */
    int batch)
{
    real parts[16] = {0};
    for (int b = 0; b < batch; b++) {
        for (int t_first = 0; t_first < 64; t_first += 16) {
            for (int part = 0; part < 16; part++) {
                const int t = t_first + part;
                parts[part] += m[b * 64 + t] + logf(S[b * 64 + t]) - head[b * 6144 + t * 96 + next[b * 64 + t]];
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
   (120) d.token.weight[v, d] = sum[b, i](d.place[b, i, d] * (v == text[b, i]))
*/
static void d_weight_96_64(
    real *restrict d_weight) /* [96, 64] */
{
    for (int v = 0; v < 96; v++) {
        for (int d = 0; d < 64; d++) {
            d_weight[v * 64 + d] = 0.0f;
        }
    }
}

/* token: embedding; place: positional_embedding; body.0.norm1: layernorm
   (1) token[b, i, d] = token.weight[text[b, i], d]
   (2) place[b, t, d] = place.weight[t, d] + token[b, t, d]
   (3) body.0.norm1.m[b, t] = sum[i](place[b, t, i]) / 64
   (4) body.0.norm1.v[b, t] = sum[i]((place[b, t, i] - body.0.norm1.m[b, t])**2) / 64
   (5) body.0.norm1[b, t, j] = body.0.norm1.weight[j] * (place[b, t, j] - body.0.norm1.m[b, t]) / sqrt(body.0.norm1.v[b, t] + 0.00001) + body.0.norm1.bias[j]
*/
static void embedding_positional_embedding_layernorm_64_64_v2(
    real *restrict place,                     /* [B, 64, 64] */
    real *restrict m,                         /* [B, 64] */
    real *restrict v,                         /* [B, 64] */
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
                const real token = weight[(text[b * 64 + i]) * 64 + d];
                place[b * 4096 + i * 64 + d] = place_weight[i * 64 + d] + token;
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
            m[b * 64 + i] = 0.015625f * sum;
            real parts_2[16] = {0};
            for (int d_first_2 = 0; d_first_2 < 64; d_first_2 += 16) {
                for (int part_2 = 0; part_2 < 16; part_2++) {
                    const int d = d_first_2 + part_2;
                    parts_2[part_2] += square(place[b * 4096 + i * 64 + d] - m[b * 64 + i]);
                }
            }
            real sum_2 = 0;
            for (int part_2 = 0; part_2 < 16; part_2++) {
                sum_2 += parts_2[part_2];
            }
            v[b * 64 + i] = 0.015625f * sum_2;
            const real scale = 1.0f / sqrtf(v[b * 64 + i] + 1e-05f);
            for (int d = 0; d < 64; d++) {
                norm1[b * 4096 + i * 64 + d] = scale * (place[b * 4096 + i * 64 + d] - m[b * 64 + i]) * body_0_norm1_weight[d] + bias[d];
            }
        }
    }
}

/* body.0.norm2: layernorm
   (15) body.0.norm2.m[b, t] = sum[i](body.0.sum1[b, t, i]) / 64
   (16) body.0.norm2.v[b, t] = sum[i]((body.0.sum1[b, t, i] - body.0.norm2.m[b, t])**2) / 64
   (17) body.0.norm2[b, t, j] = body.0.norm2.weight[j] * (body.0.sum1[b, t, j] - body.0.norm2.m[b, t]) / sqrt(body.0.norm2.v[b, t] + 0.00001) + body.0.norm2.bias[j]
   and, in other places, (23) (24) (25), (35) (36) (37), (43) (44) (45)
*/
static void layernorm_64_64_v2(
    real *restrict m,            /* [B, 64] */
    real *restrict v,            /* [B, 64] */
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
            m[b * 64 + t] = 0.015625f * sum;
            real parts_2[16] = {0};
            for (int d_first_2 = 0; d_first_2 < 64; d_first_2 += 16) {
                for (int part_2 = 0; part_2 < 16; part_2++) {
                    const int d = d_first_2 + part_2;
                    parts_2[part_2] += square(sum1[b * 4096 + t * 64 + d] - m[b * 64 + t]);
                }
            }
            real sum_2 = 0;
            for (int part_2 = 0; part_2 < 16; part_2++) {
                sum_2 += parts_2[part_2];
            }
            v[b * 64 + t] = 0.015625f * sum_2;
            const real scale = 1.0f / sqrtf(v[b * 64 + t] + 1e-05f);
            for (int j = 0; j < 64; j++) {
                norm2[b * 4096 + t * 64 + j] = scale * (sum1[b * 4096 + t * 64 + j] - m[b * 64 + t]) * weight[j] + bias[j];
            }
        }
    }
}

/* body.0.wide: linear, gelu
   (18) body.0.wide.z[b, t, o] = sum[i](body.0.norm2[b, t, i] * body.0.wide.weight[o, i]) + body.0.wide.bias[o]
   (19) body.0.wide.r[b, t, o] = erf(sqrt(2) * body.0.wide.z[b, t, o] / 2)
   (20) body.0.wide[b, t, o] = body.0.wide.z[b, t, o] * (1 + body.0.wide.r[b, t, o]) / 2
   and, in other places, (38) (39) (40)
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
    const real scale = 0.5f * 1.4142135623730951f;
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
                    z[b * 16384 + t * 256 + o] = tile[r_2 * COLUMNS + c] + bias[o];
                    r[b * 16384 + t * 256 + o] = erff(scale * z[b * 16384 + t * 256 + o]);
                    wide[b * 16384 + t * 256 + o] = 0.5f * (r[b * 16384 + t * 256 + o] + 1.0f) * z[b * 16384 + t * 256 + o];
                }
            }
        }
    }
}

/* loss: cross_entropy; head: gradient of linear
   (47) loss.m[b, t] = max[i](head[b, t, i])
   (48) loss.e[b, t, j] = exp(head[b, t, j] - loss.m[b, t])
   (49) loss.S[b, t] = sum[i](loss.e[b, t, i])
   (50) loss.p[b, t, j] = loss.e[b, t, j] / loss.S[b, t]
   (52) d.head[b, t, o] = (loss.p[b, t, o] - (o == next[b, t])) / (64 * B)
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
    const real scale2 = 1.0f / (64.0f * (real)batch);
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            real largest = -INFINITY;
            for (int o = 0; o < 96; o++) {
                largest = maximum(largest, head[b * 6144 + t * 96 + o]);
            }
            m[b * 64 + t] = largest;
            for (int j = 0; j < 96; j++) {
                e[b * 6144 + t * 96 + j] = exp_single(head[b * 6144 + t * 96 + j] - m[b * 64 + t]);
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
            S[b * 64 + t] = sum;
            const real scale = 1.0f / S[b * 64 + t];
            for (int j = 0; j < 96; j++) {
                const real p = scale * e[b * 6144 + t * 96 + j];
                d_head[b * 6144 + t * 96 + j] = scale2 * (p - (j == next[b * 64 + t] ? 1.0f : 0.0f));
            }
        }
    }
}

/* head: gradient of linear
   (53) d.head.weight[o, i] = sum[b, j](d.head[b, j, o] * norm[b, j, i])
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
   (54) d.head.bias[o] = sum[b, i](d.head[b, i, o])
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

/* norm: gradient of layernorm; body.1.sum2: gradient of add (one side of the product)
   (55) d.norm[b, t, j] = sum[i](d.head[b, t, i] * head.weight[i, j])
   (59) body.1.sum2.r2[b, t] = sum[i](d.norm[b, t, i] * norm.weight[i] * (norm.m[b, t] - body.1.sum2[b, t, i]))
*/
static void d_norm_r2_64_64_96(
    real *restrict d_norm,       /* [B, 64, 64] */
    real *restrict part,         /* [B, 64, 64] */
    const real *restrict d_head, /* [B, 64, 96] */
    const real *restrict weight, /* [96, 64] */
    const real *restrict m,      /* [B, 64] */
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
            multiply(tile, panel, i_tile == 0, rows, columns, 96,
                     d_head + i_tile * 96, 96, 1,
                     weight + j_tile, 64, 1);
            for (int r = 0; r < rows; r++) {
                const int b = (i_tile + r) / 64;
                const int t = (i_tile + r) % 64;
                for (int c = 0; c < columns; c++) {
                    const int j = j_tile + c;
                    d_norm[b * 4096 + t * 64 + j] = tile[r * COLUMNS + c];
                    part[b * 4096 + t * 64 + j] = (m[b * 64 + t] - sum2[b * 4096 + t * 64 + j]) * d_norm[b * 4096 + t * 64 + j];
                }
            }
        }
    }
}

/* body.1.sum2: gradient of add
   (59) body.1.sum2.r2[b, t] = sum[i](d.norm[b, t, i] * norm.weight[i] * (norm.m[b, t] - body.1.sum2[b, t, i]))
   and, in other places, (58), (70), (71), (87), (88), (99), (100), (116), (117)
*/
static void r2_64_64(
    real *restrict r2,           /* [B, 64] */
    const real *restrict part,   /* [B, 64, 64] */
    const real *restrict weight, /* [64] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int b = 0; b < batch; b++) {
        for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
            for (int i_tile = 0; i_tile < 1; i_tile += TILE_ROWS) {
                const int rows = 1 - i_tile < TILE_ROWS ? 1 - i_tile : TILE_ROWS;
                const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
                multiply(tile, panel, i_tile == 0, rows, columns, 64,
                         weight, 0, 1,
                         part + b * 4096 + j_tile * 64, 1, 64);
                for (int r = 0; r < rows; r++) {
                    for (int c = 0; c < columns; c++) {
                        const int t = j_tile + c;
                        r2[b * 64 + t] = tile[r * COLUMNS + c];
                    }
                }
            }
        }
    }
}

/* norm: gradient of layernorm
   (56) d.norm.weight[j] = sum[b, i](d.norm[b, i, j] * (body.1.sum2[b, i, j] - norm.m[b, i]) / sqrt(norm.v[b, i] + 0.00001))
   and, in other places, (68), (85), (97), (114)
*/
static void d_weight_64_64(
    real *restrict d_weight,     /* [64] */
    const real *restrict sum2,   /* [B, 64, 64] */
    const real *restrict m,      /* [B, 64] */
    const real *restrict d_norm, /* [B, 64, 64] */
    const real *restrict v,      /* [B, 64] */
    int batch)
{
    for (int j = 0; j < 64; j++) {
        real parts[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int t_first = 0; t_first < 64; t_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int t = t_first + part;
                    parts[part] += (sum2[b * 4096 + t * 64 + j] - m[b * 64 + t]) * d_norm[b * 4096 + t * 64 + j] / sqrtf(v[b * 64 + t] + 1e-05f);
                }
            }
        }
        real sum = 0;
        for (int part = 0; part < 16; part++) {
            sum += parts[part];
        }
        d_weight[j] = sum;
    }
}

/* norm: gradient of layernorm
   (57) d.norm.bias[j] = sum[b, i](d.norm[b, i, j])
   and, in other places, (62), (69), (74), (86), (91), (98), (103), (115)
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
   (60) d.body.1.sum2[b, t, d] = body.1.sum2.r2[b, t] * (body.1.sum2[b, t, d] - norm.m[b, t]) / (64 * (norm.v[b, t] + 0.00001)**(3 / 2)) + d.norm[b, t, d] * norm.weight[d] / sqrt(norm.v[b, t] + 0.00001) - body.1.sum2.r[b, t] / (64 * sqrt(norm.v[b, t] + 0.00001))
*/
static void d_sum2_64_64(
    real *restrict d_norm,       /* [B, 64, 64] */
    const real *restrict v,      /* [B, 64] */
    const real *restrict weight, /* [64] */
    const real *restrict r2,     /* [B, 64] */
    const real *restrict sum2,   /* [B, 64, 64] */
    const real *restrict m,      /* [B, 64] */
    const real *restrict r,      /* [B, 64] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            const real shared = sqrtf(v[b * 64 + t] + 1e-05f);
            const real scale = 1.0f / shared;
            const real scale2 = r2[b * 64 + t] / (64.0f * powf(v[b * 64 + t] + 1e-05f, 1.5f));
            const real scale3 = r[b * 64 + t] / (64.0f * shared);
            for (int d = 0; d < 64; d++) {
                d_norm[b * 4096 + t * 64 + d] = scale * d_norm[b * 4096 + t * 64 + d] * weight[d] + scale2 * (sum2[b * 4096 + t * 64 + d] - m[b * 64 + t]) - scale3;
            }
        }
    }
}

/* body.1.wide: gradient of gelu, gradient of linear
   (63) d.body.1.wide[b, t, o] = sum[i](d.body.1.sum2[b, t, i] * body.1.narrow.weight[i, o])
   (64) d.body.1.wide.z[b, t, o] = d.body.1.wide[b, t, o] * (1 + sqrt(2) * body.1.wide.z[b, t, o] * exp(-body.1.wide.z[b, t, o]**2 / 2) / sqrt(pi) + body.1.wide.r[b, t, o]) / 2
   and, in other places, (92) (93)
*/
static void d_wide_d_z_64_256_64(
    real *restrict z,            /* [B, 64, 256] */
    const real *restrict d_norm, /* [B, 64, 64] */
    const real *restrict weight, /* [64, 256] */
    const real *restrict r,      /* [B, 64, 256] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    const real scale = 1.4142135623730951f / sqrtf(3.141592653589793f);
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < batch * 64; i_tile += TILE_ROWS) {
            const int rows = batch * 64 - i_tile < TILE_ROWS ? batch * 64 - i_tile : TILE_ROWS;
            const int columns = 256 - j_tile < COLUMNS ? 256 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 64,
                     d_norm + i_tile * 64, 64, 1,
                     weight + j_tile, 256, 1);
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int b = (i_tile + r_2) / 64;
                const int t = (i_tile + r_2) % 64;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real d_wide = tile[r_2 * COLUMNS + c];
                    z[b * 16384 + t * 256 + o] = 0.5f * (scale * exp_single(-(0.5f * square(z[b * 16384 + t * 256 + o]))) * z[b * 16384 + t * 256 + o] + r[b * 16384 + t * 256 + o] + 1.0f) * d_wide;
                }
            }
        }
    }
}

/* body.1.narrow: gradient of linear
   (61) d.body.1.narrow.weight[o, i] = sum[b, j](body.1.wide[b, j, i] * d.body.1.sum2[b, j, o])
   and, in other places, (90)
*/
static void d_weight_64_256_64(
    real *restrict d_weight,     /* [64, 256] */
    const real *restrict d_norm, /* [B, 64, 64] */
    const real *restrict wide,   /* [B, 64, 256] */
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
                     d_norm + i_tile, 1, 64,
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
   (65) d.body.1.wide.weight[o, i] = sum[b, j](body.1.norm2[b, j, i] * d.body.1.wide.z[b, j, o])
   and, in other places, (94)
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
   (66) d.body.1.wide.bias[o] = sum[b, i](d.body.1.wide.z[b, i, o])
   and, in other places, (95)
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

/* body.1.norm2: gradient of layernorm; body.1.sum1: gradient of add (one side of the product)
   (67) d.body.1.norm2[b, t, j] = sum[i](d.body.1.wide.z[b, t, i] * body.1.wide.weight[i, j])
   (71) body.1.sum1.r2[b, t] = sum[i](d.body.1.norm2[b, t, i] * body.1.norm2.weight[i] * (body.1.norm2.m[b, t] - body.1.sum1[b, t, i]))
   and, in other places, (96) (100)
*/
static void d_norm2_r2_64_64_256(
    real *restrict d_norm2,      /* [B, 64, 64] */
    real *restrict part,         /* [B, 64, 64] */
    const real *restrict z,      /* [B, 64, 256] */
    const real *restrict weight, /* [256, 64] */
    const real *restrict m,      /* [B, 64] */
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
                     z + i_tile * 256, 256, 1,
                     weight + j_tile, 64, 1);
            for (int r = 0; r < rows; r++) {
                const int b = (i_tile + r) / 64;
                const int t = (i_tile + r) % 64;
                for (int c = 0; c < columns; c++) {
                    const int j = j_tile + c;
                    d_norm2[b * 4096 + t * 64 + j] = tile[r * COLUMNS + c];
                    part[b * 4096 + t * 64 + j] = (m[b * 64 + t] - sum1[b * 4096 + t * 64 + j]) * d_norm2[b * 4096 + t * 64 + j];
                }
            }
        }
    }
}

/* body.1.sum1: gradient of add
   (72) d.body.1.sum1[b, t, d] = body.1.sum1.r2[b, t] * (body.1.sum1[b, t, d] - body.1.norm2.m[b, t]) / (64 * (body.1.norm2.v[b, t] + 0.00001)**(3 / 2)) + d.body.1.norm2[b, t, d] * body.1.norm2.weight[d] / sqrt(body.1.norm2.v[b, t] + 0.00001) + d.body.1.sum2[b, t, d] - body.1.sum1.r[b, t] / (64 * sqrt(body.1.norm2.v[b, t] + 0.00001))
   and, in other places, (89), (101), (118)
*/
static void d_sum1_64_64(
    real *restrict d_norm2,      /* [B, 64, 64] */
    const real *restrict v,      /* [B, 64] */
    const real *restrict weight, /* [64] */
    const real *restrict r2,     /* [B, 64] */
    const real *restrict sum1,   /* [B, 64, 64] */
    const real *restrict m,      /* [B, 64] */
    const real *restrict d_norm, /* [B, 64, 64] */
    const real *restrict r,      /* [B, 64] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            const real shared = sqrtf(v[b * 64 + t] + 1e-05f);
            const real scale = 1.0f / shared;
            const real scale2 = r2[b * 64 + t] / (64.0f * powf(v[b * 64 + t] + 1e-05f, 1.5f));
            const real scale3 = r[b * 64 + t] / (64.0f * shared);
            for (int d = 0; d < 64; d++) {
                d_norm2[b * 4096 + t * 64 + d] = scale * d_norm2[b * 4096 + t * 64 + d] * weight[d] + scale2 * (sum1[b * 4096 + t * 64 + d] - m[b * 64 + t]) + d_norm[b * 4096 + t * 64 + d] - scale3;
            }
        }
    }
}

/* body.1.attention: gradient of attention
   (73) d.body.1.attention.out_proj.weight[m, d] = sum[b, i](body.1.attention.v[b, i, d] * d.body.1.sum1[b, i, m])
   and, in other places, (102)
*/
static void d_weight_64_64_64(
    real *restrict d_weight,      /* [64, 64] */
    const real *restrict d_norm2, /* [B, 64, 64] */
    const real *restrict v,       /* [B, 64, 64] */
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
                     d_norm2 + i_tile, 1, 64,
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
   (75) d.body.1.attention.v[b, i, d] = sum[j](d.body.1.sum1[b, i, j] * body.1.attention.out_proj.weight[j, d])
   and, in other places, (104)
*/
static void d_v_64_64_64(
    real *restrict d_v,           /* [B, 64, 64] */
    const real *restrict d_norm2, /* [B, 64, 64] */
    const real *restrict weight,  /* [64, 64] */
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
                     d_norm2 + i_tile * 64, 64, 1,
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
   (76) d.body.1.attention.p[b, h, i, j] = sum[k](body.1.attention.u[b, j, 16*h + k + 128] * d.body.1.attention.v[b, i, 16*h + k])
   and, in other places, (105)
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
   (77) body.1.attention.r[b, h, i] = sum[j](body.1.attention.p[b, h, i, j] * d.body.1.attention.p[b, h, i, j])
   (78) d.body.1.attention.s[b, h, i, j] = body.1.attention.p[b, h, i, j] * (d.body.1.attention.p[b, h, i, j] - body.1.attention.r[b, h, i])
   (79) body.1.attention.r2[b, f, i] = sum[j](d.body.1.attention.v[b, j, f - 128] * body.1.attention.p[b, (f - 128) // 16, j, i])
   (80) body.1.attention.r3[b, f, i] = sum[j](body.1.attention.u[b, j, f + 64] * d.body.1.attention.s[b, f // 16, i, j] * (i >= j))
   (81) d.body.1.attention.u[b, i, f] = sum[j](body.1.attention.u[b, j, f - 64] * d.body.1.attention.s[b, (f - 64) // 16, j, i] * (j >= i)) / 4 + body.1.attention.r2[b, f, i] + body.1.attention.r3[b, f, i] / 4
   and, in other places, (106) (107) (108) (109) (110)
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
                    r += parts[part];
                }
#pragma GCC unroll 1
                for (int j = 0; j < 64; j++) {
                    const real d_s = (d_p[b * 16384 + h * 4096 + i * 64 + j] - r) * p[b * 16384 + h * 4096 + i * 64 + j];
                    d_masked[b * 16384 + h * 4096 + i * 64 + j] = i >= j ? d_s : 0.0f;
                }
            }
        }
    }
}

/* body.1.attention: gradient of attention (one side of the product)
   (79) body.1.attention.r2[b, f, i] = sum[j](d.body.1.attention.v[b, j, f - 128] * body.1.attention.p[b, (f - 128) // 16, j, i])
   (80) body.1.attention.r3[b, f, i] = sum[j](body.1.attention.u[b, j, f + 64] * d.body.1.attention.s[b, f // 16, i, j] * (i >= j))
   (81) d.body.1.attention.u[b, i, f] = sum[j](body.1.attention.u[b, j, f - 64] * d.body.1.attention.s[b, (f - 64) // 16, j, i] * (j >= i)) / 4 + body.1.attention.r2[b, f, i] + body.1.attention.r3[b, f, i] / 4
   and, in other places, (108) (109) (110)
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
   (79) body.1.attention.r2[b, f, i] = sum[j](d.body.1.attention.v[b, j, f - 128] * body.1.attention.p[b, (f - 128) // 16, j, i])
   (80) body.1.attention.r3[b, f, i] = sum[j](body.1.attention.u[b, j, f + 64] * d.body.1.attention.s[b, f // 16, i, j] * (i >= j))
   (81) d.body.1.attention.u[b, i, f] = sum[j](body.1.attention.u[b, j, f - 64] * d.body.1.attention.s[b, (f - 64) // 16, j, i] * (j >= i)) / 4 + body.1.attention.r2[b, f, i] + body.1.attention.r3[b, f, i] / 4
   and, in other places, (108) (109) (110)
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
   (79) body.1.attention.r2[b, f, i] = sum[j](d.body.1.attention.v[b, j, f - 128] * body.1.attention.p[b, (f - 128) // 16, j, i])
   (80) body.1.attention.r3[b, f, i] = sum[j](body.1.attention.u[b, j, f + 64] * d.body.1.attention.s[b, f // 16, i, j] * (i >= j))
   (81) d.body.1.attention.u[b, i, f] = sum[j](body.1.attention.u[b, j, f - 64] * d.body.1.attention.s[b, (f - 64) // 16, j, i] * (j >= i)) / 4 + body.1.attention.r2[b, f, i] + body.1.attention.r3[b, f, i] / 4
   and, in other places, (108) (109) (110)
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
   (82) d.body.1.attention.in_proj_weight[w, d] = sum[b, i](body.1.norm1[b, i, d] * d.body.1.attention.u[b, i, w])
   and, in other places, (111)
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
   (83) d.body.1.attention.in_proj_bias[w] = sum[b, i](d.body.1.attention.u[b, i, w])
   and, in other places, (112)
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

/* body.1.norm1: gradient of layernorm; body.0.sum2: gradient of add (one side of the product)
   (84) d.body.1.norm1[b, t, j] = sum[i](d.body.1.attention.u[b, t, i] * body.1.attention.in_proj_weight[i, j])
   (88) body.0.sum2.r2[b, t] = sum[i](d.body.1.norm1[b, t, i] * body.1.norm1.weight[i] * (body.1.norm1.m[b, t] - body.0.sum2[b, t, i]))
   and, in other places, (113) (117)
*/
static void d_norm1_r2_64_64_192(
    real *restrict d_norm1,              /* [B, 64, 64] */
    real *restrict part,                 /* [B, 64, 64] */
    const real *restrict d_u,            /* [B, 64, 192] */
    const real *restrict in_proj_weight, /* [192, 64] */
    const real *restrict m,              /* [B, 64] */
    const real *restrict sum2,           /* [B, 64, 64] */
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
                    d_norm1[b * 4096 + t * 64 + j] = tile[r * COLUMNS + c];
                    part[b * 4096 + t * 64 + j] = (m[b * 64 + t] - sum2[b * 4096 + t * 64 + j]) * d_norm1[b * 4096 + t * 64 + j];
                }
            }
        }
    }
}

/* place: gradient of positional_embedding
   (119) d.place.weight[t, d] = sum[b](d.place[b, t, d])
*/
static void d_weight_64_64_v2(
    real *restrict d_weight,      /* [64, 64] */
    const real *restrict d_norm1, /* [B, 64, 64] */
    int batch)
{
    for (int t = 0; t < 64; t++) {
        real sum[64] = {0};
        for (int b = 0; b < batch; b++) {
            for (int d = 0; d < 64; d++) {
                sum[d] += d_norm1[b * 4096 + t * 64 + d];
            }
        }
        for (int d = 0; d < 64; d++) {
            d_weight[t * 64 + d] = sum[d];
        }
    }
}

/* token: gradient of embedding
   (120) d.token.weight[v, d] = sum[b, i](d.place[b, i, d] * (v == text[b, i]))
*/
static void d_weight_64_64_v3(
    real *restrict d_weight,      /* [96, 64] */
    const real *restrict d_norm1, /* [B, 64, 64] */
    const int32_t *restrict text, /* [B, 64] */
    int batch)
{
    for (int d = 0; d < 64; d++) {
        for (int b = 0; b < batch; b++) {
            for (int i = 0; i < 64; i++) {
                d_weight[(text[b * 64 + i]) * 64 + d] += d_norm1[b * 4096 + i * 64 + d];
            }
        }
    }
}

/* optimizer: warmup_cosine schedule, adamw rate, next step
   (121) optimizer.eta = (1 + t) * lr / warmup if warmup > t else (1 + cos(pi * min(max(t - warmup, 0), steps - warmup) / (steps - warmup))) * (lr - min_lr) / 2 + min_lr
   (122) optimizer.rate = optimizer.eta / (1 - beta1**(1 + t))
   (123) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
   (124) optimizer.keep = 1 - optimizer.eta * weight_decay
   (125) t.next = 1 + t
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
    const double eta = choose_d(*warmup > *t, (*t + 1.0) * *lr / *warmup, 0.5 * (cos(3.141592653589793 * minimum_d(maximum_d(*t - *warmup, 0.0), *steps - *warmup) / (*steps - *warmup)) + 1.0) * (*lr - *min_lr) + *min_lr);
    *rate = eta / (1.0 - pow(*beta1, *t + 1.0));
    *scale = 1.0 / sqrt(1.0 - pow(*beta2, *t + 1.0));
    *keep = 1.0 - eta * *weight_decay;
    *t = *t + 1.0;
}

/* head: gradient of linear, adamw
   (54) d.head.bias[o] = sum[b, i](d.head[b, i, o])
   (213) head.bias.m.next[o] = (1 - beta1) * d.head.bias[o] + beta1 * head.bias.m[o]
   (214) head.bias.v.next[o] = (1 - beta2) * d.head.bias[o]**2 + beta2 * head.bias.v[o]
   (215) head.bias.next[o] = optimizer.keep * head.bias[o] - optimizer.rate * head.bias.m.next[o] / (optimizer.scale * sqrt(head.bias.v.next[o]) + eps)
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
    const real beta1_real = (real)*beta1;
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2;
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps;
    real sum[96] = {0};
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            for (int o = 0; o < 96; o++) {
                sum[o] += d_head[b * 6144 + t * 96 + o];
            }
        }
    }
    for (int o = 0; o < 96; o++) {
        const real d_bias = sum[o];
        m[o] = one_minus_beta1 * d_bias + beta1_real * m[o];
        v[o] = one_minus_beta2 * square(d_bias) + beta2_real * v[o];
        bias[o] = keep_real * bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real);
    }
}

/* head: gradient of linear, adamw
   (53) d.head.weight[o, i] = sum[b, j](d.head[b, j, o] * norm[b, j, i])
   (210) head.weight.m.next[o, i] = (1 - beta1) * d.head.weight[o, i] + beta1 * head.weight.m[o, i]
   (211) head.weight.v.next[o, i] = (1 - beta2) * d.head.weight[o, i]**2 + beta2 * head.weight.v[o, i]
   (212) head.weight.next[o, i] = optimizer.keep * head.weight[o, i] - optimizer.rate * head.weight.m.next[o, i] / (optimizer.scale * sqrt(head.weight.v.next[o, i]) + eps)
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
    real tile[TILE_ROWS * COLUMNS];
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1;
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2;
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps;
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
                    const real d_weight = tile[r * COLUMNS + c];
                    m[o * 64 + i] = one_minus_beta1 * d_weight + beta1_real * m[o * 64 + i];
                    v[o * 64 + i] = one_minus_beta2 * square(d_weight) + beta2_real * v[o * 64 + i];
                    weight[o * 64 + i] = keep_real * weight[o * 64 + i] - rate_real * m[o * 64 + i] / (scale_real * sqrtf(v[o * 64 + i]) + eps_real);
                }
            }
        }
    }
}

/* norm: gradient of layernorm, adamw
   (57) d.norm.bias[j] = sum[b, i](d.norm[b, i, j])
   (207) norm.bias.m.next[j] = (1 - beta1) * d.norm.bias[j] + beta1 * norm.bias.m[j]
   (208) norm.bias.v.next[j] = (1 - beta2) * d.norm.bias[j]**2 + beta2 * norm.bias.v[j]
   (209) norm.bias.next[j] = optimizer.keep * norm.bias[j] - optimizer.rate * norm.bias.m.next[j] / (optimizer.scale * sqrt(norm.bias.v.next[j]) + eps)
   and, in other places, (62) (201) (202) (203), (69) (189) (190) (191), (74) (183) (184) (185), (86) (171) (172) (173), (91) (165) (166) (167), (98) (153) (154) (155), (103) (147) (148) (149), (115) (135) (136) (137)
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
    const real beta1_real = (real)*beta1;
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2;
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps;
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            for (int j = 0; j < 64; j++) {
                sum[j] += d_norm[b * 4096 + t * 64 + j];
            }
        }
    }
    for (int j = 0; j < 64; j++) {
        const real d_bias = sum[j];
        m[j] = one_minus_beta1 * d_bias + beta1_real * m[j];
        v[j] = one_minus_beta2 * square(d_bias) + beta2_real * v[j];
        bias[j] = keep_real * bias[j] - rate_real * m[j] / (scale_real * sqrtf(v[j]) + eps_real);
    }
}

/* body.1.sum2: gradient of add
   (60) d.body.1.sum2[b, t, d] = body.1.sum2.r2[b, t] * (body.1.sum2[b, t, d] - norm.m[b, t]) / (64 * (norm.v[b, t] + 0.00001)**(3 / 2)) + d.norm[b, t, d] * norm.weight[d] / sqrt(norm.v[b, t] + 0.00001) - body.1.sum2.r[b, t] / (64 * sqrt(norm.v[b, t] + 0.00001))
*/
static void d_sum2_64_64_v2(
    real *restrict d_sum2,       /* [B, 64, 64] */
    const real *restrict v,      /* [B, 64] */
    const real *restrict d_norm, /* [B, 64, 64] */
    const real *restrict weight, /* [64] */
    const real *restrict r2,     /* [B, 64] */
    const real *restrict sum2,   /* [B, 64, 64] */
    const real *restrict m,      /* [B, 64] */
    const real *restrict r,      /* [B, 64] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            const real shared = sqrtf(v[b * 64 + t] + 1e-05f);
            const real scale = 1.0f / shared;
            const real scale2 = r2[b * 64 + t] / (64.0f * powf(v[b * 64 + t] + 1e-05f, 1.5f));
            const real scale3 = r[b * 64 + t] / (64.0f * shared);
            for (int d = 0; d < 64; d++) {
                d_sum2[b * 4096 + t * 64 + d] = scale * d_norm[b * 4096 + t * 64 + d] * weight[d] + scale2 * (sum2[b * 4096 + t * 64 + d] - m[b * 64 + t]) - scale3;
            }
        }
    }
}

/* body.1.narrow: gradient of linear, adamw
   (61) d.body.1.narrow.weight[o, i] = sum[b, j](body.1.wide[b, j, i] * d.body.1.sum2[b, j, o])
   (198) body.1.narrow.weight.m.next[o, i] = (1 - beta1) * d.body.1.narrow.weight[o, i] + beta1 * body.1.narrow.weight.m[o, i]
   (199) body.1.narrow.weight.v.next[o, i] = (1 - beta2) * d.body.1.narrow.weight[o, i]**2 + beta2 * body.1.narrow.weight.v[o, i]
   (200) body.1.narrow.weight.next[o, i] = optimizer.keep * body.1.narrow.weight[o, i] - optimizer.rate * body.1.narrow.weight.m.next[o, i] / (optimizer.scale * sqrt(body.1.narrow.weight.v.next[o, i]) + eps)
   and, in other places, (90) (162) (163) (164)
*/
static void d_weight_adamw_64_256_64(
    real *restrict m,             /* [64, 256] */
    real *restrict v,             /* [64, 256] */
    real *restrict weight,        /* [64, 256] */
    const real *restrict d_sum2,  /* [B, 64, 64] */
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
    real tile[TILE_ROWS * COLUMNS];
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1;
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2;
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps;
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
            const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
            const int columns = 256 - j_tile < COLUMNS ? 256 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch * 64,
                     d_sum2 + i_tile, 1, 64,
                     wide + j_tile, 256, 1);
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c];
                    m[o * 256 + i] = one_minus_beta1 * d_weight + beta1_real * m[o * 256 + i];
                    v[o * 256 + i] = one_minus_beta2 * square(d_weight) + beta2_real * v[o * 256 + i];
                    weight[o * 256 + i] = keep_real * weight[o * 256 + i] - rate_real * m[o * 256 + i] / (scale_real * sqrtf(v[o * 256 + i]) + eps_real);
                }
            }
        }
    }
}

/* norm: gradient of layernorm, adamw
   (56) d.norm.weight[j] = sum[b, i](d.norm[b, i, j] * (body.1.sum2[b, i, j] - norm.m[b, i]) / sqrt(norm.v[b, i] + 0.00001))
   (204) norm.weight.m.next[j] = (1 - beta1) * d.norm.weight[j] + beta1 * norm.weight.m[j]
   (205) norm.weight.v.next[j] = (1 - beta2) * d.norm.weight[j]**2 + beta2 * norm.weight.v[j]
   (206) norm.weight.next[j] = optimizer.keep * norm.weight[j] - optimizer.rate * norm.weight.m.next[j] / (optimizer.scale * sqrt(norm.weight.v.next[j]) + eps)
   and, in other places, (68) (186) (187) (188), (85) (168) (169) (170), (97) (150) (151) (152), (114) (132) (133) (134)
*/
static void d_weight_adamw_64_64(
    real *restrict m,             /* [64] */
    real *restrict v,             /* [64] */
    real *restrict weight,        /* [64] */
    const real *restrict sum2,    /* [B, 64, 64] */
    const real *restrict norm_m,  /* [B, 64] */
    const real *restrict d_norm,  /* [B, 64, 64] */
    const real *restrict norm_v,  /* [B, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1;
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2;
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps;
    for (int j = 0; j < 64; j++) {
        real parts[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int t_first = 0; t_first < 64; t_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int t = t_first + part;
                    parts[part] += (sum2[b * 4096 + t * 64 + j] - norm_m[b * 64 + t]) * d_norm[b * 4096 + t * 64 + j] / sqrtf(norm_v[b * 64 + t] + 1e-05f);
                }
            }
        }
        real d_weight = 0;
        for (int part = 0; part < 16; part++) {
            d_weight += parts[part];
        }
        m[j] = one_minus_beta1 * d_weight + beta1_real * m[j];
        v[j] = one_minus_beta2 * square(d_weight) + beta2_real * v[j];
        weight[j] = keep_real * weight[j] - rate_real * m[j] / (scale_real * sqrtf(v[j]) + eps_real);
    }
}

/* body.1.wide: gradient of linear, adamw
   (66) d.body.1.wide.bias[o] = sum[b, i](d.body.1.wide.z[b, i, o])
   (195) body.1.wide.bias.m.next[o] = (1 - beta1) * d.body.1.wide.bias[o] + beta1 * body.1.wide.bias.m[o]
   (196) body.1.wide.bias.v.next[o] = (1 - beta2) * d.body.1.wide.bias[o]**2 + beta2 * body.1.wide.bias.v[o]
   (197) body.1.wide.bias.next[o] = optimizer.keep * body.1.wide.bias[o] - optimizer.rate * body.1.wide.bias.m.next[o] / (optimizer.scale * sqrt(body.1.wide.bias.v.next[o]) + eps)
   and, in other places, (95) (159) (160) (161)
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
    const real beta1_real = (real)*beta1;
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2;
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps;
    real sum[256] = {0};
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            for (int o = 0; o < 256; o++) {
                sum[o] += z[b * 16384 + t * 256 + o];
            }
        }
    }
    for (int o = 0; o < 256; o++) {
        const real d_bias = sum[o];
        m[o] = one_minus_beta1 * d_bias + beta1_real * m[o];
        v[o] = one_minus_beta2 * square(d_bias) + beta2_real * v[o];
        bias[o] = keep_real * bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real);
    }
}

/* body.1.wide: gradient of linear, adamw
   (65) d.body.1.wide.weight[o, i] = sum[b, j](body.1.norm2[b, j, i] * d.body.1.wide.z[b, j, o])
   (192) body.1.wide.weight.m.next[o, i] = (1 - beta1) * d.body.1.wide.weight[o, i] + beta1 * body.1.wide.weight.m[o, i]
   (193) body.1.wide.weight.v.next[o, i] = (1 - beta2) * d.body.1.wide.weight[o, i]**2 + beta2 * body.1.wide.weight.v[o, i]
   (194) body.1.wide.weight.next[o, i] = optimizer.keep * body.1.wide.weight[o, i] - optimizer.rate * body.1.wide.weight.m.next[o, i] / (optimizer.scale * sqrt(body.1.wide.weight.v.next[o, i]) + eps)
   and, in other places, (94) (156) (157) (158)
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
    real tile[TILE_ROWS * COLUMNS];
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1;
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2;
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps;
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
                    const real d_weight = tile[r * COLUMNS + c];
                    m[o * 64 + i] = one_minus_beta1 * d_weight + beta1_real * m[o * 64 + i];
                    v[o * 64 + i] = one_minus_beta2 * square(d_weight) + beta2_real * v[o * 64 + i];
                    weight[o * 64 + i] = keep_real * weight[o * 64 + i] - rate_real * m[o * 64 + i] / (scale_real * sqrtf(v[o * 64 + i]) + eps_real);
                }
            }
        }
    }
}

/* body.1.sum1: gradient of add
   (72) d.body.1.sum1[b, t, d] = body.1.sum1.r2[b, t] * (body.1.sum1[b, t, d] - body.1.norm2.m[b, t]) / (64 * (body.1.norm2.v[b, t] + 0.00001)**(3 / 2)) + d.body.1.norm2[b, t, d] * body.1.norm2.weight[d] / sqrt(body.1.norm2.v[b, t] + 0.00001) + d.body.1.sum2[b, t, d] - body.1.sum1.r[b, t] / (64 * sqrt(body.1.norm2.v[b, t] + 0.00001))
   and, in other places, (89), (101), (118)
*/
static void d_sum1_64_64_v2(
    real *restrict d_sum2,        /* [B, 64, 64] */
    const real *restrict v,       /* [B, 64] */
    const real *restrict d_norm2, /* [B, 64, 64] */
    const real *restrict weight,  /* [64] */
    const real *restrict r2,      /* [B, 64] */
    const real *restrict sum1,    /* [B, 64, 64] */
    const real *restrict m,       /* [B, 64] */
    const real *restrict r,       /* [B, 64] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            const real shared = sqrtf(v[b * 64 + t] + 1e-05f);
            const real scale = 1.0f / shared;
            const real scale2 = r2[b * 64 + t] / (64.0f * powf(v[b * 64 + t] + 1e-05f, 1.5f));
            const real scale3 = r[b * 64 + t] / (64.0f * shared);
            for (int d = 0; d < 64; d++) {
                d_sum2[b * 4096 + t * 64 + d] = scale * d_norm2[b * 4096 + t * 64 + d] * weight[d] + scale2 * (sum1[b * 4096 + t * 64 + d] - m[b * 64 + t]) + d_sum2[b * 4096 + t * 64 + d] - scale3;
            }
        }
    }
}

/* body.1.attention: gradient of attention, adamw
   (73) d.body.1.attention.out_proj.weight[m, d] = sum[b, i](body.1.attention.v[b, i, d] * d.body.1.sum1[b, i, m])
   (180) body.1.attention.out_proj.weight.m.next[i, d] = (1 - beta1) * d.body.1.attention.out_proj.weight[i, d] + beta1 * body.1.attention.out_proj.weight.m[i, d]
   (181) body.1.attention.out_proj.weight.v.next[i, d] = (1 - beta2) * d.body.1.attention.out_proj.weight[i, d]**2 + beta2 * body.1.attention.out_proj.weight.v[i, d]
   (182) body.1.attention.out_proj.weight.next[i, d] = optimizer.keep * body.1.attention.out_proj.weight[i, d] - optimizer.rate * body.1.attention.out_proj.weight.m.next[i, d] / (optimizer.scale * sqrt(body.1.attention.out_proj.weight.v.next[i, d]) + eps)
   and, in other places, (102) (144) (145) (146)
*/
static void d_weight_adamw_64_64_64(
    real *restrict body_1_attention_out_proj_weight_m, /* [64, 64] */
    real *restrict v,                                  /* [64, 64] */
    real *restrict weight,                             /* [64, 64] */
    const real *restrict d_sum2,                       /* [B, 64, 64] */
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
    real tile[TILE_ROWS * COLUMNS];
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1;
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2;
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps;
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
            const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
            const int columns = 64 - j_tile < COLUMNS ? 64 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch * 64,
                     d_sum2 + i_tile, 1, 64,
                     body_1_attention_v + j_tile, 64, 1);
            for (int r = 0; r < rows; r++) {
                const int m = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int d = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c];
                    body_1_attention_out_proj_weight_m[m * 64 + d] = one_minus_beta1 * d_weight + beta1_real * body_1_attention_out_proj_weight_m[m * 64 + d];
                    v[m * 64 + d] = one_minus_beta2 * square(d_weight) + beta2_real * v[m * 64 + d];
                    weight[m * 64 + d] = keep_real * weight[m * 64 + d] - rate_real * body_1_attention_out_proj_weight_m[m * 64 + d] / (scale_real * sqrtf(v[m * 64 + d]) + eps_real);
                }
            }
        }
    }
}

/* body.1.attention: gradient of attention, adamw
   (83) d.body.1.attention.in_proj_bias[w] = sum[b, i](d.body.1.attention.u[b, i, w])
   (177) body.1.attention.in_proj_bias.m.next[i] = (1 - beta1) * d.body.1.attention.in_proj_bias[i] + beta1 * body.1.attention.in_proj_bias.m[i]
   (178) body.1.attention.in_proj_bias.v.next[i] = (1 - beta2) * d.body.1.attention.in_proj_bias[i]**2 + beta2 * body.1.attention.in_proj_bias.v[i]
   (179) body.1.attention.in_proj_bias.next[i] = optimizer.keep * body.1.attention.in_proj_bias[i] - optimizer.rate * body.1.attention.in_proj_bias.m.next[i] / (optimizer.scale * sqrt(body.1.attention.in_proj_bias.v.next[i]) + eps)
   and, in other places, (112) (141) (142) (143)
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
    const real beta1_real = (real)*beta1;
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2;
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps;
    real sum[192] = {0};
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 64; i++) {
            for (int w = 0; w < 192; w++) {
                sum[w] += d_u[b * 12288 + i * 192 + w];
            }
        }
    }
    for (int w = 0; w < 192; w++) {
        const real d_in_proj_bias = sum[w];
        m[w] = one_minus_beta1 * d_in_proj_bias + beta1_real * m[w];
        v[w] = one_minus_beta2 * square(d_in_proj_bias) + beta2_real * v[w];
        in_proj_bias[w] = keep_real * in_proj_bias[w] - rate_real * m[w] / (scale_real * sqrtf(v[w]) + eps_real);
    }
}

/* body.1.attention: gradient of attention, adamw
   (82) d.body.1.attention.in_proj_weight[w, d] = sum[b, i](body.1.norm1[b, i, d] * d.body.1.attention.u[b, i, w])
   (174) body.1.attention.in_proj_weight.m.next[i, d] = (1 - beta1) * d.body.1.attention.in_proj_weight[i, d] + beta1 * body.1.attention.in_proj_weight.m[i, d]
   (175) body.1.attention.in_proj_weight.v.next[i, d] = (1 - beta2) * d.body.1.attention.in_proj_weight[i, d]**2 + beta2 * body.1.attention.in_proj_weight.v[i, d]
   (176) body.1.attention.in_proj_weight.next[i, d] = optimizer.keep * body.1.attention.in_proj_weight[i, d] - optimizer.rate * body.1.attention.in_proj_weight.m.next[i, d] / (optimizer.scale * sqrt(body.1.attention.in_proj_weight.v.next[i, d]) + eps)
   and, in other places, (111) (138) (139) (140)
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
    real tile[TILE_ROWS * COLUMNS];
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1;
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2;
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps;
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
                    const real d_in_proj_weight = tile[r * COLUMNS + c];
                    m[w * 64 + d] = one_minus_beta1 * d_in_proj_weight + beta1_real * m[w * 64 + d];
                    v[w * 64 + d] = one_minus_beta2 * square(d_in_proj_weight) + beta2_real * v[w * 64 + d];
                    in_proj_weight[w * 64 + d] = keep_real * in_proj_weight[w * 64 + d] - rate_real * m[w * 64 + d] / (scale_real * sqrtf(v[w * 64 + d]) + eps_real);
                }
            }
        }
    }
}

/* place: gradient of positional_embedding, adamw
   (119) d.place.weight[t, d] = sum[b](d.place[b, t, d])
   (129) place.weight.m.next[i, d] = (1 - beta1) * d.place.weight[i, d] + beta1 * place.weight.m[i, d]
   (130) place.weight.v.next[i, d] = (1 - beta2) * d.place.weight[i, d]**2 + beta2 * place.weight.v[i, d]
   (131) place.weight.next[i, d] = optimizer.keep * place.weight[i, d] - optimizer.rate * place.weight.m.next[i, d] / (optimizer.scale * sqrt(place.weight.v.next[i, d]) + eps)
*/
static void d_weight_adamw_64_64_v2(
    real *restrict m,             /* [64, 64] */
    real *restrict v,             /* [64, 64] */
    real *restrict weight,        /* [64, 64] */
    const real *restrict d_sum2,  /* [B, 64, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1;
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2;
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps;
    for (int t = 0; t < 64; t++) {
        real sum[64] = {0};
        for (int b = 0; b < batch; b++) {
            for (int d = 0; d < 64; d++) {
                sum[d] += d_sum2[b * 4096 + t * 64 + d];
            }
        }
        for (int d = 0; d < 64; d++) {
            const real d_weight = sum[d];
            m[t * 64 + d] = one_minus_beta1 * d_weight + beta1_real * m[t * 64 + d];
            v[t * 64 + d] = one_minus_beta2 * square(d_weight) + beta2_real * v[t * 64 + d];
            weight[t * 64 + d] = keep_real * weight[t * 64 + d] - rate_real * m[t * 64 + d] / (scale_real * sqrtf(v[t * 64 + d]) + eps_real);
        }
    }
}

/* token: adamw
   (126) token.weight.m.next[i, d] = (1 - beta1) * d.token.weight[i, d] + beta1 * token.weight.m[i, d]
*/
static void adamw_96_64(
    real *restrict m,              /* [96, 64] */
    const double *restrict beta1,
    const real *restrict d_weight) /* [96, 64] */
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1;
    for (int i = 0; i < 96; i++) {
        for (int d = 0; d < 64; d++) {
            m[i * 64 + d] = one_minus_beta1 * d_weight[i * 64 + d] + beta1_real * m[i * 64 + d];
        }
    }
}

/* token: adamw
   (127) token.weight.v.next[i, d] = (1 - beta2) * d.token.weight[i, d]**2 + beta2 * token.weight.v[i, d]
   (128) token.weight.next[i, d] = optimizer.keep * token.weight[i, d] - optimizer.rate * token.weight.m.next[i, d] / (optimizer.scale * sqrt(token.weight.v.next[i, d]) + eps)
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
    const real beta2_real = (real)*beta2;
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps;
    for (int i = 0; i < 96; i++) {
        for (int d = 0; d < 64; d++) {
            v[i * 64 + d] = one_minus_beta2 * square(d_weight[i * 64 + d]) + beta2_real * v[i * 64 + d];
            weight[i * 64 + d] = keep_real * weight[i * 64 + d] - rate_real * m[i * 64 + d] / (scale_real * sqrtf(v[i * 64 + d]) + eps_real);
        }
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

    /* (1) (2) (3) (4) (5) */
    embedding_positional_embedding_layernorm_64_64(place, body_0_norm1, net->parameters + token_weight,
                                                   net->in_text, net->parameters + place_weight,
                                                   net->parameters + body_0_norm1_weight,
                                                   net->parameters + body_0_norm1_bias, batch);
    /* (6) */
    attention_64_192_64(body_0_attention_u, body_0_norm1, net->parameters + body_0_attention_in_proj_weight,
                        net->parameters + body_0_attention_in_proj_bias, batch);
    /* (7) */
    attention_4_64_64_16(body_0_attention_s, body_0_attention_u, batch);
    /* (8) (9) (10) (11) */
    attention_4_64_64(body_0_attention_e2, body_0_attention_p, body_0_attention_s, batch);
    /* (12) */
    attention_64_4_16_64(body_0_attention_v, body_0_attention_p, body_0_attention_u, batch);
    /* (13) (14) */
    attention_add_64_64_64(body_0_sum1, body_0_attention_v, net->parameters + body_0_attention_out_proj_weight,
                           net->parameters + body_0_attention_out_proj_bias, place, batch);
    /* (15) (16) (17) */
    layernorm_64_64(body_0_norm2, body_0_sum1, net->parameters + body_0_norm2_weight,
                    net->parameters + body_0_norm2_bias, batch);
    /* (18) (19) (20) */
    linear_gelu_64_256_64(body_0_wide, body_0_norm2, net->parameters + body_0_wide_weight,
                          net->parameters + body_0_wide_bias, batch);
    /* (21) (22) */
    linear_add_64_64_256(body_0_sum2, body_0_wide, net->parameters + body_0_narrow_weight,
                         net->parameters + body_0_narrow_bias, body_0_sum1, batch);
    /* (23) (24) (25) */
    layernorm_64_64(body_1_norm1, body_0_sum2, net->parameters + body_1_norm1_weight,
                    net->parameters + body_1_norm1_bias, batch);
    /* (26) */
    attention_64_192_64(body_1_attention_u, body_1_norm1, net->parameters + body_1_attention_in_proj_weight,
                        net->parameters + body_1_attention_in_proj_bias, batch);
    /* (27) */
    attention_4_64_64_16(body_1_attention_s, body_1_attention_u, batch);
    /* (28) (29) (30) (31) */
    attention_4_64_64(body_1_attention_e2, body_1_attention_p, body_1_attention_s, batch);
    /* (32) */
    attention_64_4_16_64(body_1_attention_v, body_1_attention_p, body_1_attention_u, batch);
    /* (33) (34) */
    attention_add_64_64_64_v2(body_1_sum1, body_1_attention_v, net->parameters + body_1_attention_out_proj_weight,
                              net->parameters + body_1_attention_out_proj_bias, body_0_sum2, batch);
    /* (35) (36) (37) */
    layernorm_64_64(body_1_norm2, body_1_sum1, net->parameters + body_1_norm2_weight,
                    net->parameters + body_1_norm2_bias, batch);
    /* (38) (39) (40) */
    linear_gelu_64_256_64(body_1_wide, body_1_norm2, net->parameters + body_1_wide_weight,
                          net->parameters + body_1_wide_bias, batch);
    /* (41) (42) */
    linear_add_64_64_256(body_1_sum2, body_1_wide, net->parameters + body_1_narrow_weight,
                         net->parameters + body_1_narrow_bias, body_1_sum1, batch);
    /* (43) (44) (45) */
    layernorm_64_64(norm, body_1_sum2, net->parameters + norm_weight, net->parameters + norm_bias, batch);
    /* (46) */
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

    /* (1) (2) (3) (4) (5) */
    embedding_positional_embedding_layernorm_64_64(place, body_0_norm1, net->parameters + token_weight,
                                                   net->in_text, net->parameters + place_weight,
                                                   net->parameters + body_0_norm1_weight,
                                                   net->parameters + body_0_norm1_bias, batch);
    /* (6) */
    attention_64_192_64(body_0_attention_u, body_0_norm1, net->parameters + body_0_attention_in_proj_weight,
                        net->parameters + body_0_attention_in_proj_bias, batch);
    /* (7) */
    attention_4_64_64_16(body_0_attention_s, body_0_attention_u, batch);
    /* (8) (9) (10) (11) */
    attention_4_64_64(body_0_attention_e2, body_0_attention_p, body_0_attention_s, batch);
    /* (12) */
    attention_64_4_16_64(body_0_attention_v, body_0_attention_p, body_0_attention_u, batch);
    /* (13) (14) */
    attention_add_64_64_64(body_0_sum1, body_0_attention_v, net->parameters + body_0_attention_out_proj_weight,
                           net->parameters + body_0_attention_out_proj_bias, place, batch);
    /* (15) (16) (17) */
    layernorm_64_64(body_0_norm2, body_0_sum1, net->parameters + body_0_norm2_weight,
                    net->parameters + body_0_norm2_bias, batch);
    /* (18) (19) (20) */
    linear_gelu_64_256_64(body_0_wide, body_0_norm2, net->parameters + body_0_wide_weight,
                          net->parameters + body_0_wide_bias, batch);
    /* (21) (22) */
    linear_add_64_64_256(body_0_sum2, body_0_wide, net->parameters + body_0_narrow_weight,
                         net->parameters + body_0_narrow_bias, body_0_sum1, batch);
    /* (23) (24) (25) */
    layernorm_64_64(body_1_norm1, body_0_sum2, net->parameters + body_1_norm1_weight,
                    net->parameters + body_1_norm1_bias, batch);
    /* (26) */
    attention_64_192_64(body_1_attention_u, body_1_norm1, net->parameters + body_1_attention_in_proj_weight,
                        net->parameters + body_1_attention_in_proj_bias, batch);
    /* (27) */
    attention_4_64_64_16(body_1_attention_s, body_1_attention_u, batch);
    /* (28) (29) (30) (31) */
    attention_4_64_64(body_1_attention_e2, body_1_attention_p, body_1_attention_s, batch);
    /* (32) */
    attention_64_4_16_64(body_1_attention_v, body_1_attention_p, body_1_attention_u, batch);
    /* (33) (34) */
    attention_add_64_64_64_v2(body_1_sum1, body_1_attention_v, net->parameters + body_1_attention_out_proj_weight,
                              net->parameters + body_1_attention_out_proj_bias, body_0_sum2, batch);
    /* (35) (36) (37) */
    layernorm_64_64(body_1_norm2, body_1_sum1, net->parameters + body_1_norm2_weight,
                    net->parameters + body_1_norm2_bias, batch);
    /* (38) (39) (40) */
    linear_gelu_64_256_64(body_1_wide, body_1_norm2, net->parameters + body_1_wide_weight,
                          net->parameters + body_1_wide_bias, batch);
    /* (41) (42) */
    linear_add_64_64_256(body_1_sum2, body_1_wide, net->parameters + body_1_narrow_weight,
                         net->parameters + body_1_narrow_bias, body_1_sum1, batch);
    /* (43) (44) (45) */
    layernorm_64_64(norm, body_1_sum2, net->parameters + norm_weight, net->parameters + norm_bias, batch);
    /* (46) */
    linear_64_96_64(head, norm, net->parameters + head_weight, net->parameters + head_bias, batch);
    /* (47) (48) (49) */
    cross_entropy_64_96(loss_m, loss_e, loss_S, head, batch);
    /* (51) */
    cross_entropy_64(loss, loss_m, loss_S, head, net->in_next, batch);
    return (double)*loss;
}

double transformer_gradients(const transformer_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const place = linear_part + 174080 * capacity;
    real *const body_0_norm1_m = linear_part + 223232 * capacity;
    real *const body_0_norm1_v = linear_part + 223296 * capacity;
    real *const body_0_norm1 = linear_part + 178176 * capacity;
    real *const body_0_attention_u = linear_part + 131072 * capacity;
    real *const body_0_attention_s = linear_part + 16384 * capacity;
    real *const body_0_attention_e2 = linear_part + 32768 * capacity;
    real *const body_0_attention_p = linear_part;
    real *const body_0_attention_v = linear_part + 182272 * capacity;
    real *const body_0_sum1 = linear_part + 186368 * capacity;
    real *const body_0_norm2_m = linear_part + 223360 * capacity;
    real *const body_0_norm2_v = linear_part + 223424 * capacity;
    real *const body_0_norm2 = linear_part + 190464 * capacity;
    real *const body_0_wide_z = linear_part + 16384 * capacity;
    real *const body_0_wide_r = linear_part + 49152 * capacity;
    real *const body_0_wide = linear_part + 32768 * capacity;
    real *const body_0_sum2 = linear_part + 194560 * capacity;
    real *const body_1_norm1_m = linear_part + 223488 * capacity;
    real *const body_1_norm1_v = linear_part + 223552 * capacity;
    real *const body_1_norm1 = linear_part + 198656 * capacity;
    real *const body_1_attention_u = linear_part + 143360 * capacity;
    real *const body_1_attention_s = linear_part + 81920 * capacity;
    real *const body_1_attention_e2 = linear_part + 98304 * capacity;
    real *const body_1_attention_p = linear_part + 65536 * capacity;
    real *const body_1_attention_v = linear_part + 202752 * capacity;
    real *const body_1_sum1 = linear_part + 206848 * capacity;
    real *const body_1_norm2_m = linear_part + 223616 * capacity;
    real *const body_1_norm2_v = linear_part + 223680 * capacity;
    real *const body_1_norm2 = linear_part + 210944 * capacity;
    real *const body_1_wide_z = linear_part + 81920 * capacity;
    real *const body_1_wide_r = linear_part + 114688 * capacity;
    real *const body_1_wide = linear_part + 98304 * capacity;
    real *const body_1_sum2 = linear_part + 215040 * capacity;
    real *const norm_m = linear_part + 223744 * capacity;
    real *const norm_v = linear_part + 223808 * capacity;
    real *const norm = linear_part + 219136 * capacity;
    real *const head = linear_part + 161792 * capacity;
    real *const loss_m = linear_part + 223936 * capacity;
    real *const loss_e = linear_part + 167936 * capacity;
    real *const loss_S = linear_part + 223872 * capacity;
    real *const d_head = linear_part + 155648 * capacity;
    real *const loss = fixed;
    real *const d_norm = linear_part + 161792 * capacity;
    real *const body_1_sum2_r2_part = linear_part + 165888 * capacity;
    real *const body_1_sum2_r2 = linear_part + 169984 * capacity;
    real *const body_1_sum2_r = linear_part + 170048 * capacity;
    real *const d_body_1_norm2 = linear_part + 114688 * capacity;
    real *const body_1_sum1_r2_part = linear_part + 155648 * capacity;
    real *const body_1_sum1_r2 = linear_part + 159744 * capacity;
    real *const body_1_sum1_r = linear_part + 159808 * capacity;
    real *const d_body_1_attention_v = linear_part + 118784 * capacity;
    real *const d_body_1_attention_p = linear_part + 98304 * capacity;
    real *const d_body_1_attention_s_masked = linear_part + 81920 * capacity;
    real *const d_body_1_attention_u = linear_part + 98304 * capacity;
    real *const d_body_1_norm1 = linear_part + 110592 * capacity;
    real *const body_0_sum2_r2_part = linear_part + 118784 * capacity;
    real *const body_0_sum2_r2 = linear_part + 122880 * capacity;
    real *const body_0_sum2_r = linear_part + 118784 * capacity;
    real *const d_body_0_norm2 = linear_part + 143360 * capacity;
    real *const body_0_sum1_r2_part = linear_part + 114688 * capacity;
    real *const body_0_sum1_r2 = linear_part + 118784 * capacity;
    real *const body_0_sum1_r = linear_part + 114688 * capacity;
    real *const d_body_0_attention_v = linear_part + 147456 * capacity;
    real *const d_body_0_attention_p = linear_part + 32768 * capacity;
    real *const d_body_0_attention_s_masked = linear_part + 16384 * capacity;
    real *const d_body_0_attention_u = linear_part + 32768 * capacity;
    real *const d_body_0_norm1 = linear_part + 147456 * capacity;
    real *const place_r2_part = linear_part + 151552 * capacity;
    real *const place_r2 = linear_part + 155648 * capacity;
    real *const place_r = linear_part + 151552 * capacity;

    /* (120) */
    d_weight_96_64(net->gradients + d_token_weight);
    /* (1) (2) (3) (4) (5) */
    embedding_positional_embedding_layernorm_64_64_v2(place, body_0_norm1_m, body_0_norm1_v, body_0_norm1,
                                                      net->parameters + token_weight, net->in_text,
                                                      net->parameters + place_weight,
                                                      net->parameters + body_0_norm1_weight,
                                                      net->parameters + body_0_norm1_bias, batch);
    /* (6) */
    attention_64_192_64(body_0_attention_u, body_0_norm1, net->parameters + body_0_attention_in_proj_weight,
                        net->parameters + body_0_attention_in_proj_bias, batch);
    /* (7) */
    attention_4_64_64_16(body_0_attention_s, body_0_attention_u, batch);
    /* (8) (9) (10) (11) */
    attention_4_64_64(body_0_attention_e2, body_0_attention_p, body_0_attention_s, batch);
    /* (12) */
    attention_64_4_16_64(body_0_attention_v, body_0_attention_p, body_0_attention_u, batch);
    /* (13) (14) */
    attention_add_64_64_64(body_0_sum1, body_0_attention_v, net->parameters + body_0_attention_out_proj_weight,
                           net->parameters + body_0_attention_out_proj_bias, place, batch);
    /* (15) (16) (17) */
    layernorm_64_64_v2(body_0_norm2_m, body_0_norm2_v, body_0_norm2, body_0_sum1,
                       net->parameters + body_0_norm2_weight, net->parameters + body_0_norm2_bias, batch);
    /* (18) (19) (20) */
    linear_gelu_64_256_64_v2(body_0_wide_z, body_0_wide_r, body_0_wide, body_0_norm2,
                             net->parameters + body_0_wide_weight, net->parameters + body_0_wide_bias, batch);
    /* (21) (22) */
    linear_add_64_64_256(body_0_sum2, body_0_wide, net->parameters + body_0_narrow_weight,
                         net->parameters + body_0_narrow_bias, body_0_sum1, batch);
    /* (23) (24) (25) */
    layernorm_64_64_v2(body_1_norm1_m, body_1_norm1_v, body_1_norm1, body_0_sum2,
                       net->parameters + body_1_norm1_weight, net->parameters + body_1_norm1_bias, batch);
    /* (26) */
    attention_64_192_64(body_1_attention_u, body_1_norm1, net->parameters + body_1_attention_in_proj_weight,
                        net->parameters + body_1_attention_in_proj_bias, batch);
    /* (27) */
    attention_4_64_64_16(body_1_attention_s, body_1_attention_u, batch);
    /* (28) (29) (30) (31) */
    attention_4_64_64(body_1_attention_e2, body_1_attention_p, body_1_attention_s, batch);
    /* (32) */
    attention_64_4_16_64(body_1_attention_v, body_1_attention_p, body_1_attention_u, batch);
    /* (33) (34) */
    attention_add_64_64_64_v2(body_1_sum1, body_1_attention_v, net->parameters + body_1_attention_out_proj_weight,
                              net->parameters + body_1_attention_out_proj_bias, body_0_sum2, batch);
    /* (35) (36) (37) */
    layernorm_64_64_v2(body_1_norm2_m, body_1_norm2_v, body_1_norm2, body_1_sum1,
                       net->parameters + body_1_norm2_weight, net->parameters + body_1_norm2_bias, batch);
    /* (38) (39) (40) */
    linear_gelu_64_256_64_v2(body_1_wide_z, body_1_wide_r, body_1_wide, body_1_norm2,
                             net->parameters + body_1_wide_weight, net->parameters + body_1_wide_bias, batch);
    /* (41) (42) */
    linear_add_64_64_256(body_1_sum2, body_1_wide, net->parameters + body_1_narrow_weight,
                         net->parameters + body_1_narrow_bias, body_1_sum1, batch);
    /* (43) (44) (45) */
    layernorm_64_64_v2(norm_m, norm_v, norm, body_1_sum2, net->parameters + norm_weight,
                       net->parameters + norm_bias, batch);
    /* (46) */
    linear_64_96_64(head, norm, net->parameters + head_weight, net->parameters + head_bias, batch);
    /* (47) (48) (49) (50) (52) */
    cross_entropy_d_head_64_96(loss_m, loss_e, loss_S, d_head, head, net->in_next, batch);
    /* (51) */
    cross_entropy_64(loss, loss_m, loss_S, head, net->in_next, batch);
    /* (53) */
    d_weight_96_64_64(net->gradients + d_head_weight, d_head, norm, batch);
    /* (54) */
    d_bias_96_64(net->gradients + d_head_bias, d_head, batch);
    /* (55) (59) */
    d_norm_r2_64_64_96(d_norm, body_1_sum2_r2_part, d_head, net->parameters + head_weight, norm_m, body_1_sum2,
                       batch);
    /* (59) */
    r2_64_64(body_1_sum2_r2, body_1_sum2_r2_part, net->parameters + norm_weight, batch);
    /* (56) */
    d_weight_64_64(net->gradients + d_norm_weight, body_1_sum2, norm_m, d_norm, norm_v, batch);
    /* (57) */
    d_bias_64_64(net->gradients + d_norm_bias, d_norm, batch);
    /* (58) */
    r2_64_64(body_1_sum2_r, d_norm, net->parameters + norm_weight, batch);
    /* (60) */
    d_sum2_64_64(d_norm, norm_v, net->parameters + norm_weight, body_1_sum2_r2, body_1_sum2, norm_m, body_1_sum2_r,
                 batch);
    /* (63) (64) */
    d_wide_d_z_64_256_64(body_1_wide_z, d_norm, net->parameters + body_1_narrow_weight, body_1_wide_r, batch);
    /* (61) */
    d_weight_64_256_64(net->gradients + d_body_1_narrow_weight, d_norm, body_1_wide, batch);
    /* (65) */
    d_weight_256_64_64(net->gradients + d_body_1_wide_weight, body_1_wide_z, body_1_norm2, batch);
    /* (62) */
    d_bias_64_64(net->gradients + d_body_1_narrow_bias, d_norm, batch);
    /* (66) */
    d_bias_256_64(net->gradients + d_body_1_wide_bias, body_1_wide_z, batch);
    /* (67) (71) */
    d_norm2_r2_64_64_256(d_body_1_norm2, body_1_sum1_r2_part, body_1_wide_z, net->parameters + body_1_wide_weight,
                         body_1_norm2_m, body_1_sum1, batch);
    /* (71) */
    r2_64_64(body_1_sum1_r2, body_1_sum1_r2_part, net->parameters + body_1_norm2_weight, batch);
    /* (68) */
    d_weight_64_64(net->gradients + d_body_1_norm2_weight, body_1_sum1, body_1_norm2_m, d_body_1_norm2,
                   body_1_norm2_v, batch);
    /* (69) */
    d_bias_64_64(net->gradients + d_body_1_norm2_bias, d_body_1_norm2, batch);
    /* (70) */
    r2_64_64(body_1_sum1_r, d_body_1_norm2, net->parameters + body_1_norm2_weight, batch);
    /* (72) */
    d_sum1_64_64(d_body_1_norm2, body_1_norm2_v, net->parameters + body_1_norm2_weight, body_1_sum1_r2,
                 body_1_sum1, body_1_norm2_m, d_norm, body_1_sum1_r, batch);
    /* (73) */
    d_weight_64_64_64(net->gradients + d_body_1_attention_out_proj_weight, d_body_1_norm2, body_1_attention_v,
                      batch);
    /* (74) */
    d_bias_64_64(net->gradients + d_body_1_attention_out_proj_bias, d_body_1_norm2, batch);
    /* (75) */
    d_v_64_64_64(d_body_1_attention_v, d_body_1_norm2, net->parameters + body_1_attention_out_proj_weight, batch);
    /* (76) */
    d_p_4_64_64_16(d_body_1_attention_p, d_body_1_attention_v, body_1_attention_u, batch);
    /* (77) (78) (79) (80) (81) */
    r_d_s_r2_r3_4_64_64(d_body_1_attention_s_masked, d_body_1_attention_p, body_1_attention_p, batch);
    /* (79) (80) (81) */
    r2_r3_d_u_64_4_16_64(d_body_1_attention_u, d_body_1_attention_s_masked, body_1_attention_u, batch);
    /* (79) (80) (81) */
    r2_r3_d_u_64_4_16_64_v2(d_body_1_attention_u, d_body_1_attention_s_masked, body_1_attention_u, batch);
    /* (79) (80) (81) */
    r2_r3_d_u_64_4_16_64_v3(d_body_1_attention_u, body_1_attention_p, d_body_1_attention_v, batch);
    /* (82) */
    d_in_proj_weight_192_64_64(net->gradients + d_body_1_attention_in_proj_weight, d_body_1_attention_u,
                               body_1_norm1, batch);
    /* (83) */
    d_in_proj_bias_192_64(net->gradients + d_body_1_attention_in_proj_bias, d_body_1_attention_u, batch);
    /* (84) (88) */
    d_norm1_r2_64_64_192(d_body_1_norm1, body_0_sum2_r2_part, d_body_1_attention_u,
                         net->parameters + body_1_attention_in_proj_weight, body_1_norm1_m, body_0_sum2, batch);
    /* (88) */
    r2_64_64(body_0_sum2_r2, body_0_sum2_r2_part, net->parameters + body_1_norm1_weight, batch);
    /* (85) */
    d_weight_64_64(net->gradients + d_body_1_norm1_weight, body_0_sum2, body_1_norm1_m, d_body_1_norm1,
                   body_1_norm1_v, batch);
    /* (86) */
    d_bias_64_64(net->gradients + d_body_1_norm1_bias, d_body_1_norm1, batch);
    /* (87) */
    r2_64_64(body_0_sum2_r, d_body_1_norm1, net->parameters + body_1_norm1_weight, batch);
    /* (89) */
    d_sum1_64_64(d_body_1_norm1, body_1_norm1_v, net->parameters + body_1_norm1_weight, body_0_sum2_r2,
                 body_0_sum2, body_1_norm1_m, d_body_1_norm2, body_0_sum2_r, batch);
    /* (92) (93) */
    d_wide_d_z_64_256_64(body_0_wide_z, d_body_1_norm1, net->parameters + body_0_narrow_weight, body_0_wide_r,
                         batch);
    /* (90) */
    d_weight_64_256_64(net->gradients + d_body_0_narrow_weight, d_body_1_norm1, body_0_wide, batch);
    /* (94) */
    d_weight_256_64_64(net->gradients + d_body_0_wide_weight, body_0_wide_z, body_0_norm2, batch);
    /* (91) */
    d_bias_64_64(net->gradients + d_body_0_narrow_bias, d_body_1_norm1, batch);
    /* (95) */
    d_bias_256_64(net->gradients + d_body_0_wide_bias, body_0_wide_z, batch);
    /* (96) (100) */
    d_norm2_r2_64_64_256(d_body_0_norm2, body_0_sum1_r2_part, body_0_wide_z, net->parameters + body_0_wide_weight,
                         body_0_norm2_m, body_0_sum1, batch);
    /* (100) */
    r2_64_64(body_0_sum1_r2, body_0_sum1_r2_part, net->parameters + body_0_norm2_weight, batch);
    /* (97) */
    d_weight_64_64(net->gradients + d_body_0_norm2_weight, body_0_sum1, body_0_norm2_m, d_body_0_norm2,
                   body_0_norm2_v, batch);
    /* (98) */
    d_bias_64_64(net->gradients + d_body_0_norm2_bias, d_body_0_norm2, batch);
    /* (99) */
    r2_64_64(body_0_sum1_r, d_body_0_norm2, net->parameters + body_0_norm2_weight, batch);
    /* (101) */
    d_sum1_64_64(d_body_0_norm2, body_0_norm2_v, net->parameters + body_0_norm2_weight, body_0_sum1_r2,
                 body_0_sum1, body_0_norm2_m, d_body_1_norm1, body_0_sum1_r, batch);
    /* (102) */
    d_weight_64_64_64(net->gradients + d_body_0_attention_out_proj_weight, d_body_0_norm2, body_0_attention_v,
                      batch);
    /* (103) */
    d_bias_64_64(net->gradients + d_body_0_attention_out_proj_bias, d_body_0_norm2, batch);
    /* (104) */
    d_v_64_64_64(d_body_0_attention_v, d_body_0_norm2, net->parameters + body_0_attention_out_proj_weight, batch);
    /* (105) */
    d_p_4_64_64_16(d_body_0_attention_p, d_body_0_attention_v, body_0_attention_u, batch);
    /* (106) (107) (108) (109) (110) */
    r_d_s_r2_r3_4_64_64(d_body_0_attention_s_masked, d_body_0_attention_p, body_0_attention_p, batch);
    /* (108) (109) (110) */
    r2_r3_d_u_64_4_16_64(d_body_0_attention_u, d_body_0_attention_s_masked, body_0_attention_u, batch);
    /* (108) (109) (110) */
    r2_r3_d_u_64_4_16_64_v2(d_body_0_attention_u, d_body_0_attention_s_masked, body_0_attention_u, batch);
    /* (108) (109) (110) */
    r2_r3_d_u_64_4_16_64_v3(d_body_0_attention_u, body_0_attention_p, d_body_0_attention_v, batch);
    /* (111) */
    d_in_proj_weight_192_64_64(net->gradients + d_body_0_attention_in_proj_weight, d_body_0_attention_u,
                               body_0_norm1, batch);
    /* (112) */
    d_in_proj_bias_192_64(net->gradients + d_body_0_attention_in_proj_bias, d_body_0_attention_u, batch);
    /* (113) (117) */
    d_norm1_r2_64_64_192(d_body_0_norm1, place_r2_part, d_body_0_attention_u,
                         net->parameters + body_0_attention_in_proj_weight, body_0_norm1_m, place, batch);
    /* (117) */
    r2_64_64(place_r2, place_r2_part, net->parameters + body_0_norm1_weight, batch);
    /* (114) */
    d_weight_64_64(net->gradients + d_body_0_norm1_weight, place, body_0_norm1_m, d_body_0_norm1, body_0_norm1_v,
                   batch);
    /* (115) */
    d_bias_64_64(net->gradients + d_body_0_norm1_bias, d_body_0_norm1, batch);
    /* (116) */
    r2_64_64(place_r, d_body_0_norm1, net->parameters + body_0_norm1_weight, batch);
    /* (118) */
    d_sum1_64_64(d_body_0_norm1, body_0_norm1_v, net->parameters + body_0_norm1_weight, place_r2, place,
                 body_0_norm1_m, d_body_0_norm2, place_r, batch);
    /* (119) */
    d_weight_64_64_v2(net->gradients + d_place_weight, d_body_0_norm1, batch);
    /* (120) */
    d_weight_64_64_v3(net->gradients + d_token_weight, d_body_0_norm1, net->in_text, batch);
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
    real *const place = linear_part + 174080 * capacity;
    real *const body_0_norm1_m = linear_part + 223232 * capacity;
    real *const body_0_norm1_v = linear_part + 223296 * capacity;
    real *const body_0_norm1 = linear_part + 178176 * capacity;
    real *const body_0_attention_u = linear_part + 131072 * capacity;
    real *const body_0_attention_s = linear_part + 16384 * capacity;
    real *const body_0_attention_e2 = linear_part + 32768 * capacity;
    real *const body_0_attention_p = linear_part;
    real *const body_0_attention_v = linear_part + 182272 * capacity;
    real *const body_0_sum1 = linear_part + 186368 * capacity;
    real *const body_0_norm2_m = linear_part + 223360 * capacity;
    real *const body_0_norm2_v = linear_part + 223424 * capacity;
    real *const body_0_norm2 = linear_part + 190464 * capacity;
    real *const body_0_wide_z = linear_part + 16384 * capacity;
    real *const body_0_wide_r = linear_part + 49152 * capacity;
    real *const body_0_wide = linear_part + 32768 * capacity;
    real *const body_0_sum2 = linear_part + 194560 * capacity;
    real *const body_1_norm1_m = linear_part + 223488 * capacity;
    real *const body_1_norm1_v = linear_part + 223552 * capacity;
    real *const body_1_norm1 = linear_part + 198656 * capacity;
    real *const body_1_attention_u = linear_part + 143360 * capacity;
    real *const body_1_attention_s = linear_part + 81920 * capacity;
    real *const body_1_attention_e2 = linear_part + 98304 * capacity;
    real *const body_1_attention_p = linear_part + 65536 * capacity;
    real *const body_1_attention_v = linear_part + 202752 * capacity;
    real *const body_1_sum1 = linear_part + 206848 * capacity;
    real *const body_1_norm2_m = linear_part + 223616 * capacity;
    real *const body_1_norm2_v = linear_part + 223680 * capacity;
    real *const body_1_norm2 = linear_part + 210944 * capacity;
    real *const body_1_wide_z = linear_part + 81920 * capacity;
    real *const body_1_wide_r = linear_part + 114688 * capacity;
    real *const body_1_wide = linear_part + 98304 * capacity;
    real *const body_1_sum2 = linear_part + 215040 * capacity;
    real *const norm_m = linear_part + 223744 * capacity;
    real *const norm_v = linear_part + 223808 * capacity;
    real *const norm = linear_part + 219136 * capacity;
    real *const head = linear_part + 161792 * capacity;
    real *const loss_m = linear_part + 223936 * capacity;
    real *const loss_e = linear_part + 167936 * capacity;
    real *const loss_S = linear_part + 223872 * capacity;
    real *const d_head = linear_part + 155648 * capacity;
    real *const loss = fixed + 6;
    real *const d_norm = linear_part + 161792 * capacity;
    real *const body_1_sum2_r2_part = linear_part + 165888 * capacity;
    real *const body_1_sum2_r2 = linear_part + 159744 * capacity;
    real *const body_1_sum2_r = linear_part + 159808 * capacity;
    real *const d_body_1_sum2 = linear_part + 155648 * capacity;
    real *const d_body_1_norm2 = linear_part + 159744 * capacity;
    real *const body_1_sum1_r2_part = linear_part + 163840 * capacity;
    real *const body_1_sum1_r2 = linear_part + 167936 * capacity;
    real *const body_1_sum1_r = linear_part + 163840 * capacity;
    real *const d_body_1_attention_v = linear_part + 159744 * capacity;
    real *const d_body_1_attention_p = linear_part + 98304 * capacity;
    real *const d_body_1_attention_s_masked = linear_part + 81920 * capacity;
    real *const d_body_1_attention_u = linear_part + 98304 * capacity;
    real *const d_body_1_norm1 = linear_part + 143360 * capacity;
    real *const body_0_sum2_r2_part = linear_part + 147456 * capacity;
    real *const body_0_sum2_r2 = linear_part + 151552 * capacity;
    real *const body_0_sum2_r = linear_part + 151616 * capacity;
    real *const d_body_0_norm2 = linear_part + 143360 * capacity;
    real *const body_0_sum1_r2_part = linear_part + 147456 * capacity;
    real *const body_0_sum1_r2 = linear_part + 151552 * capacity;
    real *const body_0_sum1_r = linear_part + 151616 * capacity;
    real *const d_body_0_attention_v = linear_part + 143360 * capacity;
    real *const d_body_0_attention_p = linear_part + 32768 * capacity;
    real *const d_body_0_attention_s_masked = linear_part + 16384 * capacity;
    real *const d_body_0_attention_u = linear_part + 32768 * capacity;
    real *const d_body_0_norm1 = linear_part + 159744 * capacity;
    real *const place_r2_part = linear_part + 163840 * capacity;
    real *const place_r2 = linear_part + 167936 * capacity;
    real *const place_r = linear_part + 163840 * capacity;

    /* (120) */
    d_weight_96_64(net->gradients + d_token_weight);
    /* (121) (122) (123) (124) (125) */
    warmup_cosine_schedule_adamw_rate_next_step(optimizer_rate, optimizer_scale, optimizer_keep, net->counters + t,
                                                net->settings + warmup, net->settings + lr, net->settings + steps,
                                                net->settings + min_lr, net->settings + beta1,
                                                net->settings + beta2, net->settings + weight_decay);
    /* (1) (2) (3) (4) (5) */
    embedding_positional_embedding_layernorm_64_64_v2(place, body_0_norm1_m, body_0_norm1_v, body_0_norm1,
                                                      net->parameters + token_weight, net->in_text,
                                                      net->parameters + place_weight,
                                                      net->parameters + body_0_norm1_weight,
                                                      net->parameters + body_0_norm1_bias, batch);
    /* (6) */
    attention_64_192_64(body_0_attention_u, body_0_norm1, net->parameters + body_0_attention_in_proj_weight,
                        net->parameters + body_0_attention_in_proj_bias, batch);
    /* (7) */
    attention_4_64_64_16(body_0_attention_s, body_0_attention_u, batch);
    /* (8) (9) (10) (11) */
    attention_4_64_64(body_0_attention_e2, body_0_attention_p, body_0_attention_s, batch);
    /* (12) */
    attention_64_4_16_64(body_0_attention_v, body_0_attention_p, body_0_attention_u, batch);
    /* (13) (14) */
    attention_add_64_64_64(body_0_sum1, body_0_attention_v, net->parameters + body_0_attention_out_proj_weight,
                           net->parameters + body_0_attention_out_proj_bias, place, batch);
    /* (15) (16) (17) */
    layernorm_64_64_v2(body_0_norm2_m, body_0_norm2_v, body_0_norm2, body_0_sum1,
                       net->parameters + body_0_norm2_weight, net->parameters + body_0_norm2_bias, batch);
    /* (18) (19) (20) */
    linear_gelu_64_256_64_v2(body_0_wide_z, body_0_wide_r, body_0_wide, body_0_norm2,
                             net->parameters + body_0_wide_weight, net->parameters + body_0_wide_bias, batch);
    /* (21) (22) */
    linear_add_64_64_256(body_0_sum2, body_0_wide, net->parameters + body_0_narrow_weight,
                         net->parameters + body_0_narrow_bias, body_0_sum1, batch);
    /* (23) (24) (25) */
    layernorm_64_64_v2(body_1_norm1_m, body_1_norm1_v, body_1_norm1, body_0_sum2,
                       net->parameters + body_1_norm1_weight, net->parameters + body_1_norm1_bias, batch);
    /* (26) */
    attention_64_192_64(body_1_attention_u, body_1_norm1, net->parameters + body_1_attention_in_proj_weight,
                        net->parameters + body_1_attention_in_proj_bias, batch);
    /* (27) */
    attention_4_64_64_16(body_1_attention_s, body_1_attention_u, batch);
    /* (28) (29) (30) (31) */
    attention_4_64_64(body_1_attention_e2, body_1_attention_p, body_1_attention_s, batch);
    /* (32) */
    attention_64_4_16_64(body_1_attention_v, body_1_attention_p, body_1_attention_u, batch);
    /* (33) (34) */
    attention_add_64_64_64_v2(body_1_sum1, body_1_attention_v, net->parameters + body_1_attention_out_proj_weight,
                              net->parameters + body_1_attention_out_proj_bias, body_0_sum2, batch);
    /* (35) (36) (37) */
    layernorm_64_64_v2(body_1_norm2_m, body_1_norm2_v, body_1_norm2, body_1_sum1,
                       net->parameters + body_1_norm2_weight, net->parameters + body_1_norm2_bias, batch);
    /* (38) (39) (40) */
    linear_gelu_64_256_64_v2(body_1_wide_z, body_1_wide_r, body_1_wide, body_1_norm2,
                             net->parameters + body_1_wide_weight, net->parameters + body_1_wide_bias, batch);
    /* (41) (42) */
    linear_add_64_64_256(body_1_sum2, body_1_wide, net->parameters + body_1_narrow_weight,
                         net->parameters + body_1_narrow_bias, body_1_sum1, batch);
    /* (43) (44) (45) */
    layernorm_64_64_v2(norm_m, norm_v, norm, body_1_sum2, net->parameters + norm_weight,
                       net->parameters + norm_bias, batch);
    /* (46) */
    linear_64_96_64(head, norm, net->parameters + head_weight, net->parameters + head_bias, batch);
    /* (47) (48) (49) (50) (52) */
    cross_entropy_d_head_64_96(loss_m, loss_e, loss_S, d_head, head, net->in_next, batch);
    /* (51) */
    cross_entropy_64(loss, loss_m, loss_S, head, net->in_next, batch);
    /* (54) (213) (214) (215) */
    d_bias_adamw_96_64(net->states + head_bias_m, net->states + head_bias_v, net->parameters + head_bias, d_head,
                       net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                       optimizer_scale, net->settings + eps, batch);
    /* (55) (59) */
    d_norm_r2_64_64_96(d_norm, body_1_sum2_r2_part, d_head, net->parameters + head_weight, norm_m, body_1_sum2,
                       batch);
    /* (53) (210) (211) (212) */
    d_weight_adamw_96_64_64(net->states + head_weight_m, net->states + head_weight_v,
                            net->parameters + head_weight, d_head, norm, net->settings + beta1,
                            net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                            net->settings + eps, batch);
    /* (59) */
    r2_64_64(body_1_sum2_r2, body_1_sum2_r2_part, net->parameters + norm_weight, batch);
    /* (57) (207) (208) (209) */
    d_bias_adamw_64_64(net->states + norm_bias_m, net->states + norm_bias_v, net->parameters + norm_bias, d_norm,
                       net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                       optimizer_scale, net->settings + eps, batch);
    /* (58) */
    r2_64_64(body_1_sum2_r, d_norm, net->parameters + norm_weight, batch);
    /* (60) */
    d_sum2_64_64_v2(d_body_1_sum2, norm_v, d_norm, net->parameters + norm_weight, body_1_sum2_r2, body_1_sum2,
                    norm_m, body_1_sum2_r, batch);
    /* (63) (64) */
    d_wide_d_z_64_256_64(body_1_wide_z, d_body_1_sum2, net->parameters + body_1_narrow_weight, body_1_wide_r,
                         batch);
    /* (61) (198) (199) (200) */
    d_weight_adamw_64_256_64(net->states + body_1_narrow_weight_m, net->states + body_1_narrow_weight_v,
                             net->parameters + body_1_narrow_weight, d_body_1_sum2, body_1_wide,
                             net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                             optimizer_scale, net->settings + eps, batch);
    /* (56) (204) (205) (206) */
    d_weight_adamw_64_64(net->states + norm_weight_m, net->states + norm_weight_v, net->parameters + norm_weight,
                         body_1_sum2, norm_m, d_norm, norm_v, net->settings + beta1, net->settings + beta2,
                         optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (66) (195) (196) (197) */
    d_bias_adamw_256_64(net->states + body_1_wide_bias_m, net->states + body_1_wide_bias_v,
                        net->parameters + body_1_wide_bias, body_1_wide_z, net->settings + beta1,
                        net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                        net->settings + eps, batch);
    /* (62) (201) (202) (203) */
    d_bias_adamw_64_64(net->states + body_1_narrow_bias_m, net->states + body_1_narrow_bias_v,
                       net->parameters + body_1_narrow_bias, d_body_1_sum2, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (67) (71) */
    d_norm2_r2_64_64_256(d_body_1_norm2, body_1_sum1_r2_part, body_1_wide_z, net->parameters + body_1_wide_weight,
                         body_1_norm2_m, body_1_sum1, batch);
    /* (65) (192) (193) (194) */
    d_weight_adamw_256_64_64(net->states + body_1_wide_weight_m, net->states + body_1_wide_weight_v,
                             net->parameters + body_1_wide_weight, body_1_wide_z, body_1_norm2,
                             net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                             optimizer_scale, net->settings + eps, batch);
    /* (71) */
    r2_64_64(body_1_sum1_r2, body_1_sum1_r2_part, net->parameters + body_1_norm2_weight, batch);
    /* (69) (189) (190) (191) */
    d_bias_adamw_64_64(net->states + body_1_norm2_bias_m, net->states + body_1_norm2_bias_v,
                       net->parameters + body_1_norm2_bias, d_body_1_norm2, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (70) */
    r2_64_64(body_1_sum1_r, d_body_1_norm2, net->parameters + body_1_norm2_weight, batch);
    /* (72) */
    d_sum1_64_64_v2(d_body_1_sum2, body_1_norm2_v, d_body_1_norm2, net->parameters + body_1_norm2_weight,
                    body_1_sum1_r2, body_1_sum1, body_1_norm2_m, body_1_sum1_r, batch);
    /* (68) (186) (187) (188) */
    d_weight_adamw_64_64(net->states + body_1_norm2_weight_m, net->states + body_1_norm2_weight_v,
                         net->parameters + body_1_norm2_weight, body_1_sum1, body_1_norm2_m, d_body_1_norm2,
                         body_1_norm2_v, net->settings + beta1, net->settings + beta2, optimizer_keep,
                         optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (74) (183) (184) (185) */
    d_bias_adamw_64_64(net->states + body_1_attention_out_proj_bias_m,
                       net->states + body_1_attention_out_proj_bias_v,
                       net->parameters + body_1_attention_out_proj_bias, d_body_1_sum2, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (75) */
    d_v_64_64_64(d_body_1_attention_v, d_body_1_sum2, net->parameters + body_1_attention_out_proj_weight, batch);
    /* (73) (180) (181) (182) */
    d_weight_adamw_64_64_64(net->states + body_1_attention_out_proj_weight_m,
                            net->states + body_1_attention_out_proj_weight_v,
                            net->parameters + body_1_attention_out_proj_weight, d_body_1_sum2, body_1_attention_v,
                            net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                            optimizer_scale, net->settings + eps, batch);
    /* (76) */
    d_p_4_64_64_16(d_body_1_attention_p, d_body_1_attention_v, body_1_attention_u, batch);
    /* (77) (78) (79) (80) (81) */
    r_d_s_r2_r3_4_64_64(d_body_1_attention_s_masked, d_body_1_attention_p, body_1_attention_p, batch);
    /* (79) (80) (81) */
    r2_r3_d_u_64_4_16_64(d_body_1_attention_u, d_body_1_attention_s_masked, body_1_attention_u, batch);
    /* (79) (80) (81) */
    r2_r3_d_u_64_4_16_64_v2(d_body_1_attention_u, d_body_1_attention_s_masked, body_1_attention_u, batch);
    /* (79) (80) (81) */
    r2_r3_d_u_64_4_16_64_v3(d_body_1_attention_u, body_1_attention_p, d_body_1_attention_v, batch);
    /* (83) (177) (178) (179) */
    d_in_proj_bias_adamw_192_64(net->states + body_1_attention_in_proj_bias_m,
                                net->states + body_1_attention_in_proj_bias_v,
                                net->parameters + body_1_attention_in_proj_bias, d_body_1_attention_u,
                                net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                                optimizer_scale, net->settings + eps, batch);
    /* (84) (88) */
    d_norm1_r2_64_64_192(d_body_1_norm1, body_0_sum2_r2_part, d_body_1_attention_u,
                         net->parameters + body_1_attention_in_proj_weight, body_1_norm1_m, body_0_sum2, batch);
    /* (82) (174) (175) (176) */
    d_in_proj_weight_adamw_192_64_64(net->states + body_1_attention_in_proj_weight_m,
                                     net->states + body_1_attention_in_proj_weight_v,
                                     net->parameters + body_1_attention_in_proj_weight, d_body_1_attention_u,
                                     body_1_norm1, net->settings + beta1, net->settings + beta2, optimizer_keep,
                                     optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (88) */
    r2_64_64(body_0_sum2_r2, body_0_sum2_r2_part, net->parameters + body_1_norm1_weight, batch);
    /* (86) (171) (172) (173) */
    d_bias_adamw_64_64(net->states + body_1_norm1_bias_m, net->states + body_1_norm1_bias_v,
                       net->parameters + body_1_norm1_bias, d_body_1_norm1, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (87) */
    r2_64_64(body_0_sum2_r, d_body_1_norm1, net->parameters + body_1_norm1_weight, batch);
    /* (89) */
    d_sum1_64_64_v2(d_body_1_sum2, body_1_norm1_v, d_body_1_norm1, net->parameters + body_1_norm1_weight,
                    body_0_sum2_r2, body_0_sum2, body_1_norm1_m, body_0_sum2_r, batch);
    /* (92) (93) */
    d_wide_d_z_64_256_64(body_0_wide_z, d_body_1_sum2, net->parameters + body_0_narrow_weight, body_0_wide_r,
                         batch);
    /* (90) (162) (163) (164) */
    d_weight_adamw_64_256_64(net->states + body_0_narrow_weight_m, net->states + body_0_narrow_weight_v,
                             net->parameters + body_0_narrow_weight, d_body_1_sum2, body_0_wide,
                             net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                             optimizer_scale, net->settings + eps, batch);
    /* (85) (168) (169) (170) */
    d_weight_adamw_64_64(net->states + body_1_norm1_weight_m, net->states + body_1_norm1_weight_v,
                         net->parameters + body_1_norm1_weight, body_0_sum2, body_1_norm1_m, d_body_1_norm1,
                         body_1_norm1_v, net->settings + beta1, net->settings + beta2, optimizer_keep,
                         optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (95) (159) (160) (161) */
    d_bias_adamw_256_64(net->states + body_0_wide_bias_m, net->states + body_0_wide_bias_v,
                        net->parameters + body_0_wide_bias, body_0_wide_z, net->settings + beta1,
                        net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                        net->settings + eps, batch);
    /* (91) (165) (166) (167) */
    d_bias_adamw_64_64(net->states + body_0_narrow_bias_m, net->states + body_0_narrow_bias_v,
                       net->parameters + body_0_narrow_bias, d_body_1_sum2, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (96) (100) */
    d_norm2_r2_64_64_256(d_body_0_norm2, body_0_sum1_r2_part, body_0_wide_z, net->parameters + body_0_wide_weight,
                         body_0_norm2_m, body_0_sum1, batch);
    /* (94) (156) (157) (158) */
    d_weight_adamw_256_64_64(net->states + body_0_wide_weight_m, net->states + body_0_wide_weight_v,
                             net->parameters + body_0_wide_weight, body_0_wide_z, body_0_norm2,
                             net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                             optimizer_scale, net->settings + eps, batch);
    /* (100) */
    r2_64_64(body_0_sum1_r2, body_0_sum1_r2_part, net->parameters + body_0_norm2_weight, batch);
    /* (98) (153) (154) (155) */
    d_bias_adamw_64_64(net->states + body_0_norm2_bias_m, net->states + body_0_norm2_bias_v,
                       net->parameters + body_0_norm2_bias, d_body_0_norm2, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (99) */
    r2_64_64(body_0_sum1_r, d_body_0_norm2, net->parameters + body_0_norm2_weight, batch);
    /* (101) */
    d_sum1_64_64_v2(d_body_1_sum2, body_0_norm2_v, d_body_0_norm2, net->parameters + body_0_norm2_weight,
                    body_0_sum1_r2, body_0_sum1, body_0_norm2_m, body_0_sum1_r, batch);
    /* (97) (150) (151) (152) */
    d_weight_adamw_64_64(net->states + body_0_norm2_weight_m, net->states + body_0_norm2_weight_v,
                         net->parameters + body_0_norm2_weight, body_0_sum1, body_0_norm2_m, d_body_0_norm2,
                         body_0_norm2_v, net->settings + beta1, net->settings + beta2, optimizer_keep,
                         optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (103) (147) (148) (149) */
    d_bias_adamw_64_64(net->states + body_0_attention_out_proj_bias_m,
                       net->states + body_0_attention_out_proj_bias_v,
                       net->parameters + body_0_attention_out_proj_bias, d_body_1_sum2, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (104) */
    d_v_64_64_64(d_body_0_attention_v, d_body_1_sum2, net->parameters + body_0_attention_out_proj_weight, batch);
    /* (102) (144) (145) (146) */
    d_weight_adamw_64_64_64(net->states + body_0_attention_out_proj_weight_m,
                            net->states + body_0_attention_out_proj_weight_v,
                            net->parameters + body_0_attention_out_proj_weight, d_body_1_sum2, body_0_attention_v,
                            net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                            optimizer_scale, net->settings + eps, batch);
    /* (105) */
    d_p_4_64_64_16(d_body_0_attention_p, d_body_0_attention_v, body_0_attention_u, batch);
    /* (106) (107) (108) (109) (110) */
    r_d_s_r2_r3_4_64_64(d_body_0_attention_s_masked, d_body_0_attention_p, body_0_attention_p, batch);
    /* (108) (109) (110) */
    r2_r3_d_u_64_4_16_64(d_body_0_attention_u, d_body_0_attention_s_masked, body_0_attention_u, batch);
    /* (108) (109) (110) */
    r2_r3_d_u_64_4_16_64_v2(d_body_0_attention_u, d_body_0_attention_s_masked, body_0_attention_u, batch);
    /* (108) (109) (110) */
    r2_r3_d_u_64_4_16_64_v3(d_body_0_attention_u, body_0_attention_p, d_body_0_attention_v, batch);
    /* (112) (141) (142) (143) */
    d_in_proj_bias_adamw_192_64(net->states + body_0_attention_in_proj_bias_m,
                                net->states + body_0_attention_in_proj_bias_v,
                                net->parameters + body_0_attention_in_proj_bias, d_body_0_attention_u,
                                net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                                optimizer_scale, net->settings + eps, batch);
    /* (113) (117) */
    d_norm1_r2_64_64_192(d_body_0_norm1, place_r2_part, d_body_0_attention_u,
                         net->parameters + body_0_attention_in_proj_weight, body_0_norm1_m, place, batch);
    /* (111) (138) (139) (140) */
    d_in_proj_weight_adamw_192_64_64(net->states + body_0_attention_in_proj_weight_m,
                                     net->states + body_0_attention_in_proj_weight_v,
                                     net->parameters + body_0_attention_in_proj_weight, d_body_0_attention_u,
                                     body_0_norm1, net->settings + beta1, net->settings + beta2, optimizer_keep,
                                     optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (117) */
    r2_64_64(place_r2, place_r2_part, net->parameters + body_0_norm1_weight, batch);
    /* (115) (135) (136) (137) */
    d_bias_adamw_64_64(net->states + body_0_norm1_bias_m, net->states + body_0_norm1_bias_v,
                       net->parameters + body_0_norm1_bias, d_body_0_norm1, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (116) */
    r2_64_64(place_r, d_body_0_norm1, net->parameters + body_0_norm1_weight, batch);
    /* (118) */
    d_sum1_64_64_v2(d_body_1_sum2, body_0_norm1_v, d_body_0_norm1, net->parameters + body_0_norm1_weight, place_r2,
                    place, body_0_norm1_m, place_r, batch);
    /* (114) (132) (133) (134) */
    d_weight_adamw_64_64(net->states + body_0_norm1_weight_m, net->states + body_0_norm1_weight_v,
                         net->parameters + body_0_norm1_weight, place, body_0_norm1_m, d_body_0_norm1,
                         body_0_norm1_v, net->settings + beta1, net->settings + beta2, optimizer_keep,
                         optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (119) (129) (130) (131) */
    d_weight_adamw_64_64_v2(net->states + place_weight_m, net->states + place_weight_v,
                            net->parameters + place_weight, d_body_1_sum2, net->settings + beta1,
                            net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                            net->settings + eps, batch);
    /* (120) */
    d_weight_64_64_v3(net->gradients + d_token_weight, d_body_1_sum2, net->in_text, batch);
    /* (126) */
    adamw_96_64(net->states + token_weight_m, net->settings + beta1, net->gradients + d_token_weight);
    /* (127) (128) */
    adamw_96_64_v2(net->states + token_weight_v, net->parameters + token_weight, net->settings + beta2,
                   net->gradients + d_token_weight, optimizer_keep, optimizer_rate, net->states + token_weight_m,
                   optimizer_scale, net->settings + eps);
    return (double)*loss;
}

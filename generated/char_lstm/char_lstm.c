/* char_lstm, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.

   cc -std=c11 -O3 -march=native -ffp-contract=fast -fno-math-errno -fno-trapping-math -c char_lstm.c */
#include "char_lstm.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    embedding_weight = 0, /* [96, 32] */
    lstm_weight_ih_l0 = 3072, /* [512, 32] */
    lstm_weight_hh_l0 = 19456, /* [512, 128] */
    lstm_bias_ih_l0 = 84992, /* [512] */
    lstm_bias_hh_l0 = 85504, /* [512] */
    head_weight = 86016, /* [96, 128] */
    head_bias = 98304, /* [96] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_embedding_weight = 0, /* [96, 32] */
    d_lstm_weight_ih_l0 = 3072, /* [512, 32] */
    d_lstm_weight_hh_l0 = 19456, /* [512, 128] */
    d_lstm_bias_ih_l0 = 84992, /* [512] */
    d_lstm_bias_hh_l0 = 85504, /* [512] */
    d_head_weight = 86016, /* [96, 128] */
    d_head_bias = 98304, /* [96] */
};

/* Where tensors begin in `states`. */
enum {
    embedding_weight_m = 0, /* [96, 32] */
    embedding_weight_v = 3072, /* [96, 32] */
    lstm_weight_ih_l0_m = 6144, /* [512, 32] */
    lstm_weight_ih_l0_v = 22528, /* [512, 32] */
    lstm_weight_hh_l0_m = 38912, /* [512, 128] */
    lstm_weight_hh_l0_v = 104448, /* [512, 128] */
    lstm_bias_ih_l0_m = 169984, /* [512] */
    lstm_bias_ih_l0_v = 170496, /* [512] */
    lstm_bias_hh_l0_m = 171008, /* [512] */
    lstm_bias_hh_l0_v = 171520, /* [512] */
    head_weight_m = 172032, /* [96, 128] */
    head_weight_v = 184320, /* [96, 128] */
    head_bias_m = 196608, /* [96] */
    head_bias_v = 196704, /* [96] */
};

/* Where tensors begin in `counters`. */
enum {
    t = 0, /* [] */
};

/* Where tensors begin in `settings`. */
enum {
    lr = 0, /* [] */
    eps = 1, /* [] */
    clip_norm = 2, /* [] */
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

/* The smaller of two numbers; NaN where either is NaN. */
static inline double minimum_d(double a, double b)
{
    return (a <= b) | (a != a) ? a : b;
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

/* tanh(x), at most 1.4 units in the last place off, without branches: near 0 by the polynomial of Moshier's Cephes
   library, far from it as 1 - 2 / (exp(2 |x|) + 1). */
static inline real tanh_single(real x)
{
    const real size = fabsf(x);
    const real s = x * x;
    real p = -5.70498872745e-3f;
    p = p * s + 2.06390887954e-2f;
    p = p * s - 5.37397155531e-2f;
    p = p * s + 1.33314422036e-1f;
    p = p * s - 3.33332819422e-1f;
    const real near = (p * s) * size + size;
    const real far = 1.0f - 2.0f / (exp_single(2.0f * size) + 1.0f);
    return copysignf(size < 0.625f ? near : far, x);
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
typedef real half_lanes VECTOR(BYTES / 2);
#if BYTES >= 32
typedef real quarter_lanes VECTOR(BYTES / 4);
#define LANES_HALVED 2
#else
#define LANES_HALVED 1
#endif
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

/* Loops, outermost first, and the steps by which each of them moves through an array. */
enum { MOST_LOOPS = 8 };
typedef struct {
    int loops, extents[MOST_LOOPS];
    ptrdiff_t steps[MOST_LOOPS];
} walk;

/* Where the elements lie that a walk comes to, from its place `first` on. */
static void offsets(ptrdiff_t *restrict found, walk way, int first, int count)
{
    int at[MOST_LOOPS];
    ptrdiff_t offset = 0;
    for (int n = way.loops - 1; n >= 0; n--) {
        at[n] = n ? first % way.extents[n] : first;
        first /= way.extents[n];
        offset += at[n] * way.steps[n];
    }
    for (int c = 0; c < count; c++) {
        found[c] = offset;
        for (int n = way.loops - 1; n >= 0; n--) {
            offset += way.steps[n];
            if (++at[n] < way.extents[n] || n == 0)
                break;
            offset -= at[n] * way.steps[n];
            at[n] = 0;
        }
    }
}

/* Add `depth` terms to `rows` rows of a tile; of the terms of a, `a_term` says where they lie. */
INLINE void add_products_along(const int rows, real *restrict tile, int depth, const real *restrict a, ptrdiff_t a_row,
                               const ptrdiff_t *restrict a_term, const real *restrict b, int first)
{
    lanes left[ROWS], right[ROWS];
    for (int r = 0; r < rows; r++) {
        left[r] = first ? (lanes){0} : *(const lanes *)(tile + r * COLUMNS);
        right[r] = first ? (lanes){0} : *(const lanes *)(tile + r * COLUMNS + LANES);
    }
    for (int k = 0; k < depth; k++, b += COLUMNS) {
        const lanes b_left = *(const lanes *)b, b_right = *(const lanes *)(b + LANES);
        const real *at = a + a_term[k];
        for (int r = 0; r < rows; r++) {
            left[r] += at[r * a_row] * b_left;
            right[r] += at[r * a_row] * b_right;
        }
    }
    for (int r = 0; r < rows; r++) {
        *(lanes *)(tile + r * COLUMNS) = left[r];
        *(lanes *)(tile + r * COLUMNS + LANES) = right[r];
    }
}

/* Copy `depth` x `columns` numbers of b into a panel, from where `term` and `place` say that they lie. */
static void pack_along(real *restrict panel, int depth, int columns, const real *restrict b,
                       const ptrdiff_t *restrict term, const ptrdiff_t *restrict place)
{
    if (columns < COLUMNS)
        memset(panel, 0, sizeof(real) * (size_t)depth * COLUMNS);
    for (int first = 0, end; first < columns; first = end) { /* the columns that lie next to each other at once */
        for (end = first + 1; end < columns && place[end] == place[end - 1] + 1; end++)
            ;
        const int run = end - first;
        const real *from = b + place[first];
        real *to = panel + first;
#define COPY_RUNS(type) /* by two of that type, which overlap where the run is shorter than both */ \
    for (int k = 0; k < depth; k++, to += COLUMNS) { \
        const int last = run - (int)(sizeof(type) / sizeof(real)); \
        const type head = *(const type *)(from + term[k]), tail = *(const type *)(from + term[k] + last); \
        *(type *)to = head; \
        *(type *)(to + last) = tail; \
    }
        if (run >= LANES)
            COPY_RUNS(lanes)
#if LANES_HALVED
        else if (run >= LANES / 2)
            COPY_RUNS(half_lanes)
#endif
#if LANES_HALVED > 1
        else if (run >= LANES / 4)
            COPY_RUNS(quarter_lanes)
#endif
        else
            for (int k = 0; k < depth; k++)
                for (int c = 0; c < run; c++)
                    panel[k * COLUMNS + first + c] = from[term[k] + c];
#undef COPY_RUNS
    }
}

/* One tile, as `multiply` makes it, of operands whose terms and columns lie where walks through them come to. */
static void multiply_along(real *restrict tile, real *restrict panel, int fresh, int rows, int columns, int depth,
                           ptrdiff_t a_row, const real *restrict a, walk a_terms, const real *restrict b, walk b_terms,
                           int first_column, walk b_columns)
{
    ptrdiff_t a_term[DEPTH], b_term[DEPTH], place[COLUMNS];
    offsets(place, b_columns, first_column, columns);
    for (int from = 0; from < depth; from += DEPTH) {
        const int part = depth - from < DEPTH ? depth - from : DEPTH;
        real *at = depth > PANEL_DEPTH ? panel : panel + from * COLUMNS;
        offsets(a_term, a_terms, from, part);
        if (fresh || depth > PANEL_DEPTH) {
            offsets(b_term, b_terms, from, part);
            pack_along(at, part, columns, b, b_term, place);
        }
        for (int r = 0; r < rows; r += ROWS) {
            const real *of_a = a + r * a_row;
            switch (rows - r < ROWS ? rows - r : ROWS) {
#define CASE(n) case n: add_products_along(n, tile + r * COLUMNS, part, of_a, a_row, a_term, at, from == 0); break;
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

/* embedding: embedding
   (1) embedding[b, i, d] = embedding.weight[text[b, i], d]
*/
static void embedding_64_32(
    real *restrict embedding,     /* [B, 64, 32] */
    const real *restrict weight,  /* [96, 32] */
    const int32_t *restrict text, /* [B, 64] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 64; i++) {
            for (int d = 0; d < 32; d++) {
                embedding[b * 2048 + i * 32 + d] = weight[(text[b * 64 + i]) * 32 + d];
            }
        }
    }
}

/* lstm: lstm
   (2) lstm.u0[b, t, g] = sum[i](embedding[b, t, i] * lstm.weight_ih_l0[g, i]) + lstm.bias_ih_l0[g]
*/
static void lstm_64_512_32(
    real *restrict u0,                 /* [B, 64, 512] */
    const real *restrict embedding,    /* [B, 64, 32] */
    const real *restrict weight_ih_l0, /* [512, 32] */
    const real *restrict bias_ih_l0,   /* [512] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 512; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < batch * 64; i_tile += TILE_ROWS) {
            const int rows = batch * 64 - i_tile < TILE_ROWS ? batch * 64 - i_tile : TILE_ROWS;
            const int columns = 512 - j_tile < COLUMNS ? 512 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 32,
                     embedding + i_tile * 32, 32, 1,
                     weight_ih_l0 + j_tile * 32, 1, 32);
            for (int r = 0; r < rows; r++) {
                const int b = (i_tile + r) / 64;
                const int t = (i_tile + r) % 64;
                for (int c = 0; c < columns; c++) {
                    const int g = j_tile + c;
                    u0[b * 32768 + t * 512 + g] = tile[r * COLUMNS + c] + bias_ih_l0[g];
                }
            }
        }
    }
}

/* lstm: lstm
   (3) lstm.v0[b, t, g] = sum[i](lstm.h0[b, t - 1, i] * lstm.weight_hh_l0[g, i]) + lstm.bias_hh_l0[g] + lstm.u0[b, t, g]
   (4) lstm.h[b, t, j] = tanh(lstm.v0[b, t, j + 256])
   (6) lstm.s2[b, t, j] = sigmoid(lstm.v0[b, t, j + 0])
   (7) lstm.c0[b, t, j] = lstm.c0[b, t - 1, j] * lstm.s[b, t, j] + lstm.h[b, t, j] * lstm.s2[b, t, j]
   (8) lstm.s3[b, t, j] = sigmoid(lstm.v0[b, t, j + 384])
   (9) lstm.h2[b, t, j] = tanh(lstm.c0[b, t, j])
   (10) lstm.h0[b, t, j] = lstm.h2[b, t, j] * lstm.s3[b, t, j]
*/
static void lstm_512(
    real *restrict v0,               /* [B, 64, 512] */
    real *restrict c0,               /* [B, 64, 128] */
    real *restrict h0,               /* [B, 64, 128] */
    const real *restrict bias_hh_l0, /* [512] */
    const real *restrict u0,         /* [B, 64, 512] */
    int t,
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int g = 0; g < 512; g++) {
            v0[b * 32768 + t * 512 + g] = bias_hh_l0[g] + u0[b * 32768 + t * 512 + g]; /* (3) */
        }
        for (int j = 0; j < 128; j++) {
            const real h = tanh_single(v0[b * 32768 + t * 512 + j + 256]); /* (4) */
            const real s2 = sigmoid(v0[b * 32768 + t * 512 + j]); /* (6) */
            c0[b * 8192 + t * 128 + j] = h * s2; /* (7) */
            const real s3 = sigmoid(v0[b * 32768 + t * 512 + j + 384]); /* (8) */
            const real h2 = tanh_single(c0[b * 8192 + t * 128 + j]); /* (9) */
            h0[b * 8192 + t * 128 + j] = h2 * s3; /* (10) */
        }
    }
}

/* lstm: lstm
   (3) lstm.v0[b, t, g] = sum[i](lstm.h0[b, t - 1, i] * lstm.weight_hh_l0[g, i]) + lstm.bias_hh_l0[g] + lstm.u0[b, t, g]
*/
static void lstm_512_128(
    real *restrict v0,                 /* [B, 64, 512] */
    const real *restrict h0,           /* [B, 64, 128] */
    const real *restrict weight_hh_l0, /* [512, 128] */
    const real *restrict bias_hh_l0,   /* [512] */
    const real *restrict u0,           /* [B, 64, 512] */
    int t,
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 512; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 512 - j_tile < COLUMNS ? 512 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 128,
                     h0 + (t - 1) * 128 + i_tile * 8192, 8192, 1,
                     weight_hh_l0 + j_tile * 128, 1, 128);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int g = j_tile + c;
                    v0[b * 32768 + t * 512 + g] = tile[r * COLUMNS + c] + bias_hh_l0[g] + u0[b * 32768 + t * 512 + g];
                }
            }
        }
    }
}

/* lstm: lstm
   (4) lstm.h[b, t, j] = tanh(lstm.v0[b, t, j + 256])
*/
static void lstm_128(
    real *restrict h,        /* [B, 64, 128] */
    const real *restrict v0, /* [B, 64, 512] */
    int t,
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 128; j++) {
            h[b * 8192 + t * 128 + j] = tanh_single(v0[b * 32768 + t * 512 + j + 256]);
        }
    }
}

/* lstm: lstm
   (5) lstm.s[b, t, j] = sigmoid(lstm.v0[b, t, j + 128])
*/
static void lstm_128_v2(
    real *restrict s,        /* [B, 64, 128] */
    const real *restrict v0, /* [B, 64, 512] */
    int t,
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 128; j++) {
            s[b * 8192 + t * 128 + j] = sigmoid(v0[b * 32768 + t * 512 + j + 128]);
        }
    }
}

/* lstm: lstm
   (6) lstm.s2[b, t, j] = sigmoid(lstm.v0[b, t, j + 0])
   (7) lstm.c0[b, t, j] = lstm.c0[b, t - 1, j] * lstm.s[b, t, j] + lstm.h[b, t, j] * lstm.s2[b, t, j]
   (9) lstm.h2[b, t, j] = tanh(lstm.c0[b, t, j])
*/
static void lstm_128_v3(
    real *restrict c0,       /* [B, 64, 128] */
    real *restrict h2,       /* [B, 64, 128] */
    const real *restrict v0, /* [B, 64, 512] */
    const real *restrict s,  /* [B, 64, 128] */
    const real *restrict h,  /* [B, 64, 128] */
    int t,
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 128; j++) {
            const real s2 = sigmoid(v0[b * 32768 + t * 512 + j]); /* (6) */
            c0[b * 8192 + t * 128 + j] = c0[b * 8192 + (t - 1) * 128 + j] * s[b * 8192 + t * 128 + j] + h[b * 8192 + t * 128 + j] * s2; /* (7) */
            h2[b * 8192 + t * 128 + j] = tanh_single(c0[b * 8192 + t * 128 + j]); /* (9) */
        }
    }
}

/* lstm: lstm
   (8) lstm.s3[b, t, j] = sigmoid(lstm.v0[b, t, j + 384])
   (10) lstm.h0[b, t, j] = lstm.h2[b, t, j] * lstm.s3[b, t, j]
*/
static void lstm_128_v4(
    real *restrict h0,       /* [B, 64, 128] */
    const real *restrict v0, /* [B, 64, 512] */
    const real *restrict h2, /* [B, 64, 128] */
    int t,
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 128; j++) {
            const real s3 = sigmoid(v0[b * 32768 + t * 512 + j + 384]); /* (8) */
            h0[b * 8192 + t * 128 + j] = h2[b * 8192 + t * 128 + j] * s3; /* (10) */
        }
    }
}

/* head: linear
   (12) head[b, t, o] = sum[i](lstm[b, t, i] * head.weight[o, i]) + head.bias[o]
*/
static void linear_64_96_128(
    real *restrict head,         /* [B, 64, 96] */
    const real *restrict lstm,   /* [B, 64, 128] */
    const real *restrict weight, /* [96, 128] */
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
            multiply(tile, panel, i_tile == 0, rows, columns, 128,
                     lstm + i_tile * 128, 128, 1,
                     weight + j_tile * 128, 1, 128);
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
   (13) loss.m[b, t] = max[i](head[b, t, i])
   (14) loss.e[b, t, j] = exp(head[b, t, j] - loss.m[b, t])
   (15) loss.S[b, t] = sum[i](loss.e[b, t, i])
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
            m[b * 64 + t] = largest; /* (13) */
            for (int j = 0; j < 96; j++) {
                e[b * 6144 + t * 96 + j] = exp_single(head[b * 6144 + t * 96 + j] - m[b * 64 + t]); /* (14) */
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
            S[b * 64 + t] = sum; /* (15) */
        }
    }
}

/* loss: cross_entropy
   (17) loss = sum[b, i](log(loss.S[b, i]) + loss.m[b, i] - head[b, i, next[b, i]]) / (64 * B)
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

/* embedding: gradient of embedding (one side of the product)
   (35) d.embedding.weight[v, d] = sum[b, i](d.embedding[b, i, d] * (v == text[b, i]))
*/
static void d_weight_96_32(
    real *restrict d_weight) /* [96, 32] */
{
    for (int vd = 0; vd < 3072; vd++) {
        d_weight[vd] = 0.0f;
    }
}

/* lstm: lstm
   (3) lstm.v0[b, t, g] = sum[i](lstm.h0[b, t - 1, i] * lstm.weight_hh_l0[g, i]) + lstm.bias_hh_l0[g] + lstm.u0[b, t, g]
   (4) lstm.h[b, t, j] = tanh(lstm.v0[b, t, j + 256])
   (5) lstm.s[b, t, j] = sigmoid(lstm.v0[b, t, j + 128])
   (6) lstm.s2[b, t, j] = sigmoid(lstm.v0[b, t, j + 0])
   (7) lstm.c0[b, t, j] = lstm.c0[b, t - 1, j] * lstm.s[b, t, j] + lstm.h[b, t, j] * lstm.s2[b, t, j]
   (8) lstm.s3[b, t, j] = sigmoid(lstm.v0[b, t, j + 384])
   (9) lstm.h2[b, t, j] = tanh(lstm.c0[b, t, j])
   (10) lstm.h0[b, t, j] = lstm.h2[b, t, j] * lstm.s3[b, t, j]
*/
static void lstm_512_v2(
    real *restrict v0,               /* [B, 64, 512] */
    real *restrict h,                /* [B, 64, 128] */
    real *restrict s,                /* [B, 64, 128] */
    real *restrict s2,               /* [B, 64, 128] */
    real *restrict c0,               /* [B, 64, 128] */
    real *restrict s3,               /* [B, 64, 128] */
    real *restrict h2,               /* [B, 64, 128] */
    real *restrict h0,               /* [B, 64, 128] */
    const real *restrict bias_hh_l0, /* [512] */
    const real *restrict u0,         /* [B, 64, 512] */
    int t,
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int g = 0; g < 512; g++) {
            v0[b * 32768 + t * 512 + g] = bias_hh_l0[g] + u0[b * 32768 + t * 512 + g]; /* (3) */
        }
        for (int j = 0; j < 128; j++) {
            h[b * 8192 + t * 128 + j] = tanh_single(v0[b * 32768 + t * 512 + j + 256]); /* (4) */
            s[b * 8192 + t * 128 + j] = sigmoid(v0[b * 32768 + t * 512 + j + 128]); /* (5) */
            s2[b * 8192 + t * 128 + j] = sigmoid(v0[b * 32768 + t * 512 + j]); /* (6) */
            c0[b * 8192 + t * 128 + j] = h[b * 8192 + t * 128 + j] * s2[b * 8192 + t * 128 + j]; /* (7) */
            s3[b * 8192 + t * 128 + j] = sigmoid(v0[b * 32768 + t * 512 + j + 384]); /* (8) */
            h2[b * 8192 + t * 128 + j] = tanh_single(c0[b * 8192 + t * 128 + j]); /* (9) */
            h0[b * 8192 + t * 128 + j] = h2[b * 8192 + t * 128 + j] * s3[b * 8192 + t * 128 + j]; /* (10) */
        }
    }
}

/* lstm: lstm
   (6) lstm.s2[b, t, j] = sigmoid(lstm.v0[b, t, j + 0])
   (7) lstm.c0[b, t, j] = lstm.c0[b, t - 1, j] * lstm.s[b, t, j] + lstm.h[b, t, j] * lstm.s2[b, t, j]
   (9) lstm.h2[b, t, j] = tanh(lstm.c0[b, t, j])
*/
static void lstm_128_v5(
    real *restrict s2,       /* [B, 64, 128] */
    real *restrict c0,       /* [B, 64, 128] */
    real *restrict h2,       /* [B, 64, 128] */
    const real *restrict v0, /* [B, 64, 512] */
    const real *restrict s,  /* [B, 64, 128] */
    const real *restrict h,  /* [B, 64, 128] */
    int t,
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 128; j++) {
            s2[b * 8192 + t * 128 + j] = sigmoid(v0[b * 32768 + t * 512 + j]); /* (6) */
            c0[b * 8192 + t * 128 + j] = c0[b * 8192 + (t - 1) * 128 + j] * s[b * 8192 + t * 128 + j] + h[b * 8192 + t * 128 + j] * s2[b * 8192 + t * 128 + j]; /* (7) */
            h2[b * 8192 + t * 128 + j] = tanh_single(c0[b * 8192 + t * 128 + j]); /* (9) */
        }
    }
}

/* lstm: lstm
   (8) lstm.s3[b, t, j] = sigmoid(lstm.v0[b, t, j + 384])
   (10) lstm.h0[b, t, j] = lstm.h2[b, t, j] * lstm.s3[b, t, j]
*/
static void lstm_128_v6(
    real *restrict s3,       /* [B, 64, 128] */
    real *restrict h0,       /* [B, 64, 128] */
    const real *restrict v0, /* [B, 64, 512] */
    const real *restrict h2, /* [B, 64, 128] */
    int t,
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 128; j++) {
            s3[b * 8192 + t * 128 + j] = sigmoid(v0[b * 32768 + t * 512 + j + 384]); /* (8) */
            h0[b * 8192 + t * 128 + j] = h2[b * 8192 + t * 128 + j] * s3[b * 8192 + t * 128 + j]; /* (10) */
        }
    }
}

/* loss: cross_entropy; head: gradient of linear
   (13) loss.m[b, t] = max[i](head[b, t, i])
   (14) loss.e[b, t, j] = exp(head[b, t, j] - loss.m[b, t])
   (15) loss.S[b, t] = sum[i](loss.e[b, t, i])
   (16) loss.p[b, t, j] = loss.e[b, t, j] / loss.S[b, t]
   (18) d.head[b, t, o] = (loss.p[b, t, o] - (o == next[b, t])) / (64 * B)
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
    const real scale2 = 1.0f / (64.0f * (real)batch); /* (18) */
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            real largest = -INFINITY;
            for (int o = 0; o < 96; o++) {
                largest = maximum(largest, head[b * 6144 + t * 96 + o]);
            }
            m[b * 64 + t] = largest; /* (13) */
            for (int j = 0; j < 96; j++) {
                e[b * 6144 + t * 96 + j] = exp_single(head[b * 6144 + t * 96 + j] - m[b * 64 + t]); /* (14) */
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
            S[b * 64 + t] = sum; /* (15) */
            const real scale = 1.0f / S[b * 64 + t];
            for (int j = 0; j < 96; j++) {
                const real p = scale * e[b * 6144 + t * 96 + j]; /* (16) */
                d_head[b * 6144 + t * 96 + j] = scale2 * (p - (j == next[b * 64 + t] ? 1.0f : 0.0f)); /* (18) */
            }
        }
    }
}

/* head: gradient of linear
   (19) d.head.weight[o, i] = sum[b, j](d.head[b, j, o] * lstm[b, j, i])
*/
static void d_weight_96_128_64(
    real *restrict d_weight,     /* [96, 128] */
    const real *restrict d_head, /* [B, 64, 96] */
    const real *restrict lstm,   /* [B, 64, 128] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 96; i_tile += TILE_ROWS) {
            const int rows = 96 - i_tile < TILE_ROWS ? 96 - i_tile : TILE_ROWS;
            const int columns = 128 - j_tile < COLUMNS ? 128 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch * 64,
                     d_head + i_tile, 1, 96,
                     lstm + j_tile, 128, 1);
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

/* head: gradient of linear
   (20) d.head.bias[o] = sum[b, i](d.head[b, i, o])
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

/* lstm: gradient of lstm
   (21) d.lstm[b, t, j] = sum[i](d.head[b, t, i] * head.weight[i, j])
*/
static void d_lstm_64_128_96(
    real *restrict d_lstm,       /* [B, 64, 128] */
    const real *restrict d_head, /* [B, 64, 96] */
    const real *restrict weight, /* [96, 128] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < batch * 64; i_tile += TILE_ROWS) {
            const int rows = batch * 64 - i_tile < TILE_ROWS ? batch * 64 - i_tile : TILE_ROWS;
            const int columns = 128 - j_tile < COLUMNS ? 128 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 96,
                     d_head + i_tile * 96, 96, 1,
                     weight + j_tile, 128, 1);
            for (int r = 0; r < rows; r++) {
                const int b = (i_tile + r) / 64;
                const int t = (i_tile + r) % 64;
                for (int c = 0; c < columns; c++) {
                    const int j = j_tile + c;
                    d_lstm[b * 8192 + t * 128 + j] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* lstm: gradient of lstm
   (22) d.lstm.h0[b, t, j] = sum[i](d.lstm.v0[b, t + 1, i] * lstm.weight_hh_l0[i, j]) + d.lstm[b, t, j]
   (23) d.lstm.h2[b, t, j] = d.lstm.h0[b, t, j] * lstm.s3[b, t, j]
   (24) d.lstm.s3[b, t, j] = d.lstm.h0[b, t, j] * lstm.h2[b, t, j]
   (25) d.lstm.c0[b, t, j] = d.lstm.h2[b, t, j] * (1 - lstm.h2[b, t, j]**2) + d.lstm.c0[b, t + 1, j] * lstm.s[b, t + 1, j]
   (26) d.lstm.s2[b, t, j] = d.lstm.c0[b, t, j] * lstm.h[b, t, j]
   (27) d.lstm.s[b, t, j] = d.lstm.c0[b, t, j] * lstm.c0[b, t - 1, j]
   (28) d.lstm.h[b, t, j] = d.lstm.c0[b, t, j] * lstm.s2[b, t, j]
   (29) d.lstm.v0[b, t, g] = d.lstm.h[b, t, g - 256] * (1 - tanh(lstm.v0[b, t, g])**2) + sigmoid(lstm.v0[b, t, g]) * (d.lstm.s[b, t, g - 128] + d.lstm.s2[b, t, g + 0] + d.lstm.s3[b, t, g - 384] - (d.lstm.s[b, t, g - 128] + d.lstm.s2[b, t, g + 0] + d.lstm.s3[b, t, g - 384]) * sigmoid(lstm.v0[b, t, g]))
*/
static void d_h0_d_h2_d_s3_d_c0_128(
    real *restrict d_s3,         /* [B, 64, 128] */
    real *restrict d_c0,         /* [B, 64, 128] */
    real *restrict d_s2,         /* [B, 64, 128] */
    real *restrict d_s,          /* [B, 64, 128] */
    real *restrict d_h,          /* [B, 64, 128] */
    real *restrict d_v0,         /* [B, 64, 512] */
    const real *restrict d_lstm, /* [B, 64, 128] */
    const real *restrict s3,     /* [B, 64, 128] */
    const real *restrict h2,     /* [B, 64, 128] */
    const real *restrict h,      /* [B, 64, 128] */
    const real *restrict c0,     /* [B, 64, 128] */
    const real *restrict s2,     /* [B, 64, 128] */
    const real *restrict v0,     /* [B, 64, 512] */
    int t,
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 128; j++) {
            const real d_h0 = d_lstm[b * 8192 + t * 128 + j]; /* (22) */
            const real d_h2 = d_h0 * s3[b * 8192 + t * 128 + j]; /* (23) */
            d_s3[b * 8192 + t * 128 + j] = d_h0 * h2[b * 8192 + t * 128 + j]; /* (24) */
            d_c0[b * 8192 + t * 128 + j] = (1.0f - square(h2[b * 8192 + t * 128 + j])) * d_h2; /* (25) */
            d_s2[b * 8192 + t * 128 + j] = d_c0[b * 8192 + t * 128 + j] * h[b * 8192 + t * 128 + j]; /* (26) */
            d_s[b * 8192 + t * 128 + j] = d_c0[b * 8192 + t * 128 + j] * c0[b * 8192 + (t - 1) * 128 + j]; /* (27) */
            d_h[b * 8192 + t * 128 + j] = d_c0[b * 8192 + t * 128 + j] * s2[b * 8192 + t * 128 + j]; /* (28) */
        }
        for (int g = 0; g < 128; g++) {
            const real shared = sigmoid(v0[b * 32768 + t * 512 + g]);
            d_v0[b * 32768 + t * 512 + g] = (d_s2[b * 8192 + t * 128 + g] - d_s2[b * 8192 + t * 128 + g] * shared) * shared;
        }
        for (int g = 128; g < 256; g++) {
            const real shared2 = sigmoid(v0[b * 32768 + t * 512 + g]);
            d_v0[b * 32768 + t * 512 + g] = (d_s[b * 8192 + t * 128 + g - 128] - d_s[b * 8192 + t * 128 + g - 128] * shared2) * shared2;
        }
        for (int g = 256; g < 384; g++) {
            d_v0[b * 32768 + t * 512 + g] = (1.0f - square(tanh_single(v0[b * 32768 + t * 512 + g]))) * d_h[b * 8192 + t * 128 + g - 256];
        }
        for (int g = 384; g < 512; g++) {
            const real shared3 = sigmoid(v0[b * 32768 + t * 512 + g]);
            d_v0[b * 32768 + t * 512 + g] = (d_s3[b * 8192 + t * 128 + g - 384] - d_s3[b * 8192 + t * 128 + g - 384] * shared3) * shared3; /* (29) */
        }
    }
}

/* lstm: gradient of lstm
   (22) d.lstm.h0[b, t, j] = sum[i](d.lstm.v0[b, t + 1, i] * lstm.weight_hh_l0[i, j]) + d.lstm[b, t, j]
   (23) d.lstm.h2[b, t, j] = d.lstm.h0[b, t, j] * lstm.s3[b, t, j]
   (24) d.lstm.s3[b, t, j] = d.lstm.h0[b, t, j] * lstm.h2[b, t, j]
   (25) d.lstm.c0[b, t, j] = d.lstm.h2[b, t, j] * (1 - lstm.h2[b, t, j]**2) + d.lstm.c0[b, t + 1, j] * lstm.s[b, t + 1, j]
   (26) d.lstm.s2[b, t, j] = d.lstm.c0[b, t, j] * lstm.h[b, t, j]
   (27) d.lstm.s[b, t, j] = d.lstm.c0[b, t, j] * lstm.c0[b, t - 1, j]
   (28) d.lstm.h[b, t, j] = d.lstm.c0[b, t, j] * lstm.s2[b, t, j]
*/
static void d_h0_d_h2_d_s3_d_c0_128_512(
    real *restrict d_s3,               /* [B, 64, 128] */
    real *restrict d_c0,               /* [B, 64, 128] */
    real *restrict d_s2,               /* [B, 64, 128] */
    real *restrict d_s,                /* [B, 64, 128] */
    real *restrict d_h,                /* [B, 64, 128] */
    const real *restrict d_v0,         /* [B, 64, 512] */
    const real *restrict weight_hh_l0, /* [512, 128] */
    const real *restrict d_lstm,       /* [B, 64, 128] */
    const real *restrict s3,           /* [B, 64, 128] */
    const real *restrict h2,           /* [B, 64, 128] */
    const real *restrict s,            /* [B, 64, 128] */
    const real *restrict h,            /* [B, 64, 128] */
    const real *restrict c0,           /* [B, 64, 128] */
    const real *restrict s2,           /* [B, 64, 128] */
    int t,
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 128 - j_tile < COLUMNS ? 128 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 512,
                     d_v0 + (t + 1) * 512 + i_tile * 32768, 32768, 1,
                     weight_hh_l0 + j_tile, 128, 1);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int j = j_tile + c;
                    const real d_h0 = tile[r * COLUMNS + c] + d_lstm[b * 8192 + t * 128 + j]; /* (22) */
                    const real d_h2 = d_h0 * s3[b * 8192 + t * 128 + j]; /* (23) */
                    d_s3[b * 8192 + t * 128 + j] = d_h0 * h2[b * 8192 + t * 128 + j]; /* (24) */
                    d_c0[b * 8192 + t * 128 + j] = (1.0f - square(h2[b * 8192 + t * 128 + j])) * d_h2 + d_c0[b * 8192 + (t + 1) * 128 + j] * s[b * 8192 + (t + 1) * 128 + j]; /* (25) */
                    d_s2[b * 8192 + t * 128 + j] = d_c0[b * 8192 + t * 128 + j] * h[b * 8192 + t * 128 + j]; /* (26) */
                    d_s[b * 8192 + t * 128 + j] = d_c0[b * 8192 + t * 128 + j] * c0[b * 8192 + (t - 1) * 128 + j]; /* (27) */
                    d_h[b * 8192 + t * 128 + j] = d_c0[b * 8192 + t * 128 + j] * s2[b * 8192 + t * 128 + j]; /* (28) */
                }
            }
        }
    }
}

/* lstm: gradient of lstm
   (29) d.lstm.v0[b, t, g] = d.lstm.h[b, t, g - 256] * (1 - tanh(lstm.v0[b, t, g])**2) + sigmoid(lstm.v0[b, t, g]) * (d.lstm.s[b, t, g - 128] + d.lstm.s2[b, t, g + 0] + d.lstm.s3[b, t, g - 384] - (d.lstm.s[b, t, g - 128] + d.lstm.s2[b, t, g + 0] + d.lstm.s3[b, t, g - 384]) * sigmoid(lstm.v0[b, t, g]))
*/
static void d_v0_128(
    real *restrict d_v0,       /* [B, 64, 512] */
    const real *restrict d_s2, /* [B, 64, 128] */
    const real *restrict v0,   /* [B, 64, 512] */
    const real *restrict d_s,  /* [B, 64, 128] */
    const real *restrict d_h,  /* [B, 64, 128] */
    const real *restrict d_s3, /* [B, 64, 128] */
    int t,
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int g = 0; g < 128; g++) {
            const real shared = sigmoid(v0[b * 32768 + t * 512 + g]);
            d_v0[b * 32768 + t * 512 + g] = (d_s2[b * 8192 + t * 128 + g] - d_s2[b * 8192 + t * 128 + g] * shared) * shared;
        }
        for (int g = 128; g < 256; g++) {
            const real shared2 = sigmoid(v0[b * 32768 + t * 512 + g]);
            d_v0[b * 32768 + t * 512 + g] = (d_s[b * 8192 + t * 128 + g - 128] - d_s[b * 8192 + t * 128 + g - 128] * shared2) * shared2;
        }
        for (int g = 256; g < 384; g++) {
            d_v0[b * 32768 + t * 512 + g] = (1.0f - square(tanh_single(v0[b * 32768 + t * 512 + g]))) * d_h[b * 8192 + t * 128 + g - 256];
        }
        for (int g = 384; g < 512; g++) {
            const real shared3 = sigmoid(v0[b * 32768 + t * 512 + g]);
            d_v0[b * 32768 + t * 512 + g] = (d_s3[b * 8192 + t * 128 + g - 384] - d_s3[b * 8192 + t * 128 + g - 384] * shared3) * shared3;
        }
    }
}

/* lstm: gradient of lstm
   (22) d.lstm.h0[b, t, j] = sum[i](d.lstm.v0[b, t + 1, i] * lstm.weight_hh_l0[i, j]) + d.lstm[b, t, j]
   (23) d.lstm.h2[b, t, j] = d.lstm.h0[b, t, j] * lstm.s3[b, t, j]
   (24) d.lstm.s3[b, t, j] = d.lstm.h0[b, t, j] * lstm.h2[b, t, j]
   (25) d.lstm.c0[b, t, j] = d.lstm.h2[b, t, j] * (1 - lstm.h2[b, t, j]**2) + d.lstm.c0[b, t + 1, j] * lstm.s[b, t + 1, j]
   (26) d.lstm.s2[b, t, j] = d.lstm.c0[b, t, j] * lstm.h[b, t, j]
   (28) d.lstm.h[b, t, j] = d.lstm.c0[b, t, j] * lstm.s2[b, t, j]
*/
static void d_h0_d_h2_d_s3_d_c0_128_512_v2(
    real *restrict d_s3,               /* [B, 64, 128] */
    real *restrict d_c0,               /* [B, 64, 128] */
    real *restrict d_s2,               /* [B, 64, 128] */
    real *restrict d_h,                /* [B, 64, 128] */
    const real *restrict d_v0,         /* [B, 64, 512] */
    const real *restrict weight_hh_l0, /* [512, 128] */
    const real *restrict d_lstm,       /* [B, 64, 128] */
    const real *restrict s3,           /* [B, 64, 128] */
    const real *restrict h2,           /* [B, 64, 128] */
    const real *restrict s,            /* [B, 64, 128] */
    const real *restrict h,            /* [B, 64, 128] */
    const real *restrict s2,           /* [B, 64, 128] */
    int t,
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
        for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
            const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
            const int columns = 128 - j_tile < COLUMNS ? 128 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 512,
                     d_v0 + (t + 1) * 512 + i_tile * 32768, 32768, 1,
                     weight_hh_l0 + j_tile, 128, 1);
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int j = j_tile + c;
                    const real d_h0 = tile[r * COLUMNS + c] + d_lstm[b * 8192 + t * 128 + j]; /* (22) */
                    const real d_h2 = d_h0 * s3[b * 8192 + t * 128 + j]; /* (23) */
                    d_s3[b * 8192 + t * 128 + j] = d_h0 * h2[b * 8192 + t * 128 + j]; /* (24) */
                    d_c0[b * 8192 + t * 128 + j] = (1.0f - square(h2[b * 8192 + t * 128 + j])) * d_h2 + d_c0[b * 8192 + (t + 1) * 128 + j] * s[b * 8192 + (t + 1) * 128 + j]; /* (25) */
                    d_s2[b * 8192 + t * 128 + j] = d_c0[b * 8192 + t * 128 + j] * h[b * 8192 + t * 128 + j]; /* (26) */
                    d_h[b * 8192 + t * 128 + j] = d_c0[b * 8192 + t * 128 + j] * s2[b * 8192 + t * 128 + j]; /* (28) */
                }
            }
        }
    }
}

/* lstm: gradient of lstm
   (27) d.lstm.s[b, t, j] = d.lstm.c0[b, t, j] * lstm.c0[b, t - 1, j]
   (29) d.lstm.v0[b, t, g] = d.lstm.h[b, t, g - 256] * (1 - tanh(lstm.v0[b, t, g])**2) + sigmoid(lstm.v0[b, t, g]) * (d.lstm.s[b, t, g - 128] + d.lstm.s2[b, t, g + 0] + d.lstm.s3[b, t, g - 384] - (d.lstm.s[b, t, g - 128] + d.lstm.s2[b, t, g + 0] + d.lstm.s3[b, t, g - 384]) * sigmoid(lstm.v0[b, t, g]))
*/
static void d_s_d_v0_128(
    real *restrict d_s,        /* [B, 64, 128] */
    real *restrict d_v0,       /* [B, 64, 512] */
    const real *restrict d_s2, /* [B, 64, 128] */
    const real *restrict v0,   /* [B, 64, 512] */
    const real *restrict d_h,  /* [B, 64, 128] */
    const real *restrict d_s3, /* [B, 64, 128] */
    int t,
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 128; j++) {
            d_s[b * 8192 + t * 128 + j] = 0.0f; /* (27) */
        }
        for (int g = 0; g < 128; g++) {
            const real shared = sigmoid(v0[b * 32768 + t * 512 + g]);
            d_v0[b * 32768 + t * 512 + g] = (d_s2[b * 8192 + t * 128 + g] - d_s2[b * 8192 + t * 128 + g] * shared) * shared;
        }
        for (int g = 128; g < 256; g++) {
            const real shared2 = sigmoid(v0[b * 32768 + t * 512 + g]);
            d_v0[b * 32768 + t * 512 + g] = (d_s[b * 8192 + t * 128 + g - 128] - d_s[b * 8192 + t * 128 + g - 128] * shared2) * shared2;
        }
        for (int g = 256; g < 384; g++) {
            d_v0[b * 32768 + t * 512 + g] = (1.0f - square(tanh_single(v0[b * 32768 + t * 512 + g]))) * d_h[b * 8192 + t * 128 + g - 256];
        }
        for (int g = 384; g < 512; g++) {
            const real shared3 = sigmoid(v0[b * 32768 + t * 512 + g]);
            d_v0[b * 32768 + t * 512 + g] = (d_s3[b * 8192 + t * 128 + g - 384] - d_s3[b * 8192 + t * 128 + g - 384] * shared3) * shared3; /* (29) */
        }
    }
}

/* lstm: gradient of lstm
   (30) d.lstm.weight_hh_l0[g, k] = sum[b, i](d.lstm.v0[b, i, g] * lstm.h0[b, i - 1, k])
*/
static void d_weight_hh_l0_512_128_63(
    real *restrict d_weight_hh_l0, /* [512, 128] */
    const real *restrict d_v0,     /* [B, 64, 512] */
    const real *restrict h0,       /* [B, 64, 128] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 512; i_tile += TILE_ROWS) {
            const int rows = 512 - i_tile < TILE_ROWS ? 512 - i_tile : TILE_ROWS;
            const int columns = 128 - j_tile < COLUMNS ? 128 - j_tile : COLUMNS;
            multiply_along(tile, panel, i_tile == 0, rows, columns, batch * 63, 1,
                           d_v0 + 1 * 512 + i_tile * 1, (walk){2, {batch, 63}, {32768, 512}},
                           h0, (walk){2, {batch, 63}, {8192, 128}},
                           j_tile, (walk){1, {128}, {1}});
            for (int r = 0; r < rows; r++) {
                const int g = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int k = j_tile + c;
                    d_weight_hh_l0[g * 128 + k] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* lstm: gradient of lstm
   (32) d.lstm.weight_ih_l0[g, i] = sum[b, j](d.lstm.v0[b, j, g] * embedding[b, j, i])
*/
static void d_weight_ih_l0_512_32_64(
    real *restrict d_weight_ih_l0,  /* [512, 32] */
    const real *restrict d_v0,      /* [B, 64, 512] */
    const real *restrict embedding, /* [B, 64, 32] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < 512; i_tile += TILE_ROWS) {
            const int rows = 512 - i_tile < TILE_ROWS ? 512 - i_tile : TILE_ROWS;
            const int columns = 32 - j_tile < COLUMNS ? 32 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, batch * 64,
                     d_v0 + i_tile, 1, 512,
                     embedding + j_tile, 32, 1);
            for (int r = 0; r < rows; r++) {
                const int g = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_weight_ih_l0[g * 32 + i] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* lstm: gradient of lstm
   (31) d.lstm.bias_hh_l0[g] = sum[b, i](d.lstm.v0[b, i, g])
   (33) d.lstm.bias_ih_l0[g] = d.lstm.bias_hh_l0[g]
*/
static void d_bias_hh_l0_d_bias_ih_l0_512_64(
    real *restrict d_bias_hh_l0, /* [512] */
    real *restrict d_bias_ih_l0, /* [512] */
    const real *restrict d_v0,   /* [B, 64, 512] */
    int batch)
{
    real sum[512] = {0};
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            for (int g = 0; g < 512; g++) {
                sum[g] += d_v0[b * 32768 + t * 512 + g];
            }
        }
    }
    for (int g = 0; g < 512; g++) {
        d_bias_hh_l0[g] = sum[g]; /* (31) */
        d_bias_ih_l0[g] = d_bias_hh_l0[g]; /* (33) */
    }
}

/* embedding: gradient of embedding
   (34) d.embedding[b, i, d] = sum[j](d.lstm.v0[b, i, j] * lstm.weight_ih_l0[j, d])
*/
static void d_embedding_64_32_512(
    real *restrict d_embedding,        /* [B, 64, 32] */
    const real *restrict d_v0,         /* [B, 64, 512] */
    const real *restrict weight_ih_l0, /* [512, 32] */
    int batch)
{
    real panel[PANEL_DEPTH * COLUMNS];
    real tile[TILE_ROWS * COLUMNS];
    for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
#pragma GCC unroll 1
        for (int i_tile = 0; i_tile < batch * 64; i_tile += TILE_ROWS) {
            const int rows = batch * 64 - i_tile < TILE_ROWS ? batch * 64 - i_tile : TILE_ROWS;
            const int columns = 32 - j_tile < COLUMNS ? 32 - j_tile : COLUMNS;
            multiply(tile, panel, i_tile == 0, rows, columns, 512,
                     d_v0 + i_tile * 512, 512, 1,
                     weight_ih_l0 + j_tile, 32, 1);
            for (int r = 0; r < rows; r++) {
                const int b = (i_tile + r) / 64;
                const int i = (i_tile + r) % 64;
                for (int c = 0; c < columns; c++) {
                    const int d = j_tile + c;
                    d_embedding[b * 2048 + i * 32 + d] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* embedding: gradient of embedding
   (35) d.embedding.weight[v, d] = sum[b, i](d.embedding[b, i, d] * (v == text[b, i]))
*/
static void d_weight_32_64(
    real *restrict d_weight,          /* [96, 32] */
    const real *restrict d_embedding, /* [B, 64, 32] */
    const int32_t *restrict text,     /* [B, 64] */
    int batch)
{
    for (int d = 0; d < 32; d++) {
        for (int b = 0; b < batch; b++) {
            for (int i = 0; i < 64; i++) {
                d_weight[(text[b * 64 + i]) * 32 + d] += d_embedding[b * 2048 + i * 32 + d];
            }
        }
    }
}

/* optimizer: adam rate, next step
   (36) optimizer.rate = lr / (1 - beta1**(1 + t))
   (37) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
   (38) t.next = 1 + t
*/
static void adam_rate_next_step(
    double *restrict rate,
    double *restrict scale,
    double *restrict t,
    const double *restrict lr,
    const double *restrict beta1,
    const double *restrict beta2)
{
    *rate = *lr / (1.0 - pow(*beta1, *t + 1.0)); /* (36) */
    *scale = 1.0 / sqrt(1.0 - pow(*beta2, *t + 1.0)); /* (37) */
    *t = *t + 1.0; /* (38) */
}

/* embedding: clip_norm
   (39) embedding.weight.g.square = sum[i, j](d.embedding.weight[i, j]**2)
*/
static void clip_norm_96_32(
    real *restrict square_2,
    const real *restrict d_weight) /* [96, 32] */
{
    real parts[16] = {0};
    for (int vd_first = 0; vd_first < 3072; vd_first += 16) {
        for (int part = 0; part < 16; part++) {
            const int vd = vd_first + part;
            parts[part] += square(d_weight[vd]);
        }
    }
    real sum = 0;
    for (int part = 0; part < 16; part++) {
        sum += parts[part];
    }
    *square_2 = sum;
}

/* lstm: clip_norm
   (40) lstm.weight_ih_l0.g.square = sum[i, j](d.lstm.weight_ih_l0[i, j]**2)
*/
static void clip_norm_512_32(
    real *restrict square_2,
    const real *restrict d_weight_ih_l0) /* [512, 32] */
{
    real parts[16] = {0};
    for (int gi_first = 0; gi_first < 16384; gi_first += 16) {
        for (int part = 0; part < 16; part++) {
            const int gi = gi_first + part;
            parts[part] += square(d_weight_ih_l0[gi]);
        }
    }
    real sum = 0;
    for (int part = 0; part < 16; part++) {
        sum += parts[part];
    }
    *square_2 = sum;
}

/* lstm: clip_norm
   (41) lstm.weight_hh_l0.g.square = sum[i, j](d.lstm.weight_hh_l0[i, j]**2)
*/
static void clip_norm_512_128(
    real *restrict square_2,
    const real *restrict d_weight_hh_l0) /* [512, 128] */
{
    real parts[16] = {0};
    for (int gk_first = 0; gk_first < 65536; gk_first += 16) {
        for (int part = 0; part < 16; part++) {
            const int gk = gk_first + part;
            parts[part] += square(d_weight_hh_l0[gk]);
        }
    }
    real sum = 0;
    for (int part = 0; part < 16; part++) {
        sum += parts[part];
    }
    *square_2 = sum;
}

/* lstm: clip_norm
   (42) lstm.bias_ih_l0.g.square = sum[i](d.lstm.bias_ih_l0[i]**2)
   and, in other places, (43)
*/
static void clip_norm_512(
    real *restrict square_2,
    const real *restrict d_bias_ih_l0) /* [512] */
{
    real parts[16] = {0};
    for (int g_first = 0; g_first < 512; g_first += 16) {
        for (int part = 0; part < 16; part++) {
            const int g = g_first + part;
            parts[part] += square(d_bias_ih_l0[g]);
        }
    }
    real sum = 0;
    for (int part = 0; part < 16; part++) {
        sum += parts[part];
    }
    *square_2 = sum;
}

/* head: clip_norm
   (44) head.weight.g.square = sum[i, j](d.head.weight[i, j]**2)
*/
static void clip_norm_96_128(
    real *restrict square_2,
    const real *restrict d_weight) /* [96, 128] */
{
    real parts[16] = {0};
    for (int oi_first = 0; oi_first < 12288; oi_first += 16) {
        for (int part = 0; part < 16; part++) {
            const int oi = oi_first + part;
            parts[part] += square(d_weight[oi]);
        }
    }
    real sum = 0;
    for (int part = 0; part < 16; part++) {
        sum += parts[part];
    }
    *square_2 = sum;
}

/* head: clip_norm; optimizer: clip_norm
   (45) head.bias.g.square = sum[i](d.head.bias[i]**2)
   (46) optimizer.norm = sqrt(embedding.weight.g.square + head.bias.g.square + head.weight.g.square + lstm.bias_hh_l0.g.square + lstm.bias_ih_l0.g.square + lstm.weight_hh_l0.g.square + lstm.weight_ih_l0.g.square)
   (47) optimizer.shrink = min(1, clip_norm / (optimizer.norm + 0.000001))
*/
static void clip_norm_96(
    double *restrict shrink,
    const real *restrict d_bias,                     /* [96] */
    const real *restrict square_2,
    const real *restrict head_weight_g_square,
    const real *restrict lstm_bias_hh_l0_g_square,
    const real *restrict lstm_bias_ih_l0_g_square,
    const real *restrict lstm_weight_hh_l0_g_square,
    const real *restrict lstm_weight_ih_l0_g_square,
    const double *restrict clip_norm)
{
    real parts[16] = {0};
    for (int o_first = 0; o_first < 96; o_first += 16) {
        for (int part = 0; part < 16; part++) {
            const int o = o_first + part;
            parts[part] += square(d_bias[o]);
        }
    }
    real head_bias_g_square = 0;
    for (int part = 0; part < 16; part++) {
        head_bias_g_square += parts[part]; /* (45) */
    }
    const double norm = (double)sqrtf(*square_2 + head_bias_g_square + *head_weight_g_square + *lstm_bias_hh_l0_g_square + *lstm_bias_ih_l0_g_square + *lstm_weight_hh_l0_g_square + *lstm_weight_ih_l0_g_square); /* (46) */
    *shrink = minimum_d(1.0, *clip_norm / (norm + 1e-06)); /* (47) */
}

/* lstm: clip_norm, adam
   (50) lstm.weight_hh_l0.g.shrunk[i, k] = optimizer.shrink * d.lstm.weight_hh_l0[i, k]
   (61) lstm.weight_hh_l0.m.next[i, k] = (1 - beta1) * lstm.weight_hh_l0.g.shrunk[i, k] + beta1 * lstm.weight_hh_l0.m[i, k]
   (62) lstm.weight_hh_l0.v.next[i, k] = (1 - beta2) * lstm.weight_hh_l0.g.shrunk[i, k]**2 + beta2 * lstm.weight_hh_l0.v[i, k]
   (63) lstm.weight_hh_l0.next[i, k] = lstm.weight_hh_l0[i, k] - optimizer.rate * lstm.weight_hh_l0.m.next[i, k] / (optimizer.scale * sqrt(lstm.weight_hh_l0.v.next[i, k]) + eps)
*/
static void clip_norm_adam_512_128(
    real *restrict m,                    /* [512, 128] */
    real *restrict v,                    /* [512, 128] */
    real *restrict weight_hh_l0,         /* [512, 128] */
    const double *restrict shrink,
    const real *restrict d_weight_hh_l0, /* [512, 128] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real shrink_real = (real)*shrink; /* (50) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (61) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (62) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (63) */
    for (int ik = 0; ik < 65536; ik++) {
        const real shrunk = shrink_real * d_weight_hh_l0[ik]; /* (50) */
        m[ik] = one_minus_beta1 * shrunk + beta1_real * m[ik]; /* (61) */
        v[ik] = one_minus_beta2 * square(shrunk) + beta2_real * v[ik]; /* (62) */
        weight_hh_l0[ik] = weight_hh_l0[ik] - rate_real * m[ik] / (scale_real * sqrtf(v[ik]) + eps_real); /* (63) */
    }
}

/* lstm: clip_norm, adam
   (49) lstm.weight_ih_l0.g.shrunk[i, j] = optimizer.shrink * d.lstm.weight_ih_l0[i, j]
   (58) lstm.weight_ih_l0.m.next[i, j] = (1 - beta1) * lstm.weight_ih_l0.g.shrunk[i, j] + beta1 * lstm.weight_ih_l0.m[i, j]
   (59) lstm.weight_ih_l0.v.next[i, j] = (1 - beta2) * lstm.weight_ih_l0.g.shrunk[i, j]**2 + beta2 * lstm.weight_ih_l0.v[i, j]
   (60) lstm.weight_ih_l0.next[i, j] = lstm.weight_ih_l0[i, j] - optimizer.rate * lstm.weight_ih_l0.m.next[i, j] / (optimizer.scale * sqrt(lstm.weight_ih_l0.v.next[i, j]) + eps)
*/
static void clip_norm_adam_512_32(
    real *restrict m,                    /* [512, 32] */
    real *restrict v,                    /* [512, 32] */
    real *restrict weight_ih_l0,         /* [512, 32] */
    const double *restrict shrink,
    const real *restrict d_weight_ih_l0, /* [512, 32] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real shrink_real = (real)*shrink; /* (49) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (58) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (59) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (60) */
    for (int ij = 0; ij < 16384; ij++) {
        const real shrunk = shrink_real * d_weight_ih_l0[ij]; /* (49) */
        m[ij] = one_minus_beta1 * shrunk + beta1_real * m[ij]; /* (58) */
        v[ij] = one_minus_beta2 * square(shrunk) + beta2_real * v[ij]; /* (59) */
        weight_ih_l0[ij] = weight_ih_l0[ij] - rate_real * m[ij] / (scale_real * sqrtf(v[ij]) + eps_real); /* (60) */
    }
}

/* head: clip_norm, adam
   (53) head.weight.g.shrunk[o, i] = optimizer.shrink * d.head.weight[o, i]
   (70) head.weight.m.next[o, i] = (1 - beta1) * head.weight.g.shrunk[o, i] + beta1 * head.weight.m[o, i]
   (71) head.weight.v.next[o, i] = (1 - beta2) * head.weight.g.shrunk[o, i]**2 + beta2 * head.weight.v[o, i]
   (72) head.weight.next[o, i] = head.weight[o, i] - optimizer.rate * head.weight.m.next[o, i] / (optimizer.scale * sqrt(head.weight.v.next[o, i]) + eps)
*/
static void clip_norm_adam_96_128(
    real *restrict m,              /* [96, 128] */
    real *restrict v,              /* [96, 128] */
    real *restrict weight,         /* [96, 128] */
    const double *restrict shrink,
    const real *restrict d_weight, /* [96, 128] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real shrink_real = (real)*shrink; /* (53) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (70) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (71) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (72) */
    for (int oi = 0; oi < 12288; oi++) {
        const real shrunk = shrink_real * d_weight[oi]; /* (53) */
        m[oi] = one_minus_beta1 * shrunk + beta1_real * m[oi]; /* (70) */
        v[oi] = one_minus_beta2 * square(shrunk) + beta2_real * v[oi]; /* (71) */
        weight[oi] = weight[oi] - rate_real * m[oi] / (scale_real * sqrtf(v[oi]) + eps_real); /* (72) */
    }
}

/* embedding: clip_norm, adam
   (48) embedding.weight.g.shrunk[v, d] = optimizer.shrink * d.embedding.weight[v, d]
   (55) embedding.weight.m.next[i, d] = (1 - beta1) * embedding.weight.g.shrunk[i, d] + beta1 * embedding.weight.m[i, d]
   (56) embedding.weight.v.next[i, d] = (1 - beta2) * embedding.weight.g.shrunk[i, d]**2 + beta2 * embedding.weight.v[i, d]
   (57) embedding.weight.next[i, d] = embedding.weight[i, d] - optimizer.rate * embedding.weight.m.next[i, d] / (optimizer.scale * sqrt(embedding.weight.v.next[i, d]) + eps)
*/
static void clip_norm_adam_96_32(
    real *restrict m,                  /* [96, 32] */
    real *restrict embedding_weight_v, /* [96, 32] */
    real *restrict weight,             /* [96, 32] */
    const double *restrict shrink,
    const real *restrict d_weight,     /* [96, 32] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real shrink_real = (real)*shrink; /* (48) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (55) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (56) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (57) */
    for (int vd = 0; vd < 3072; vd++) {
        const real shrunk = shrink_real * d_weight[vd]; /* (48) */
        m[vd] = one_minus_beta1 * shrunk + beta1_real * m[vd]; /* (55) */
        embedding_weight_v[vd] = one_minus_beta2 * square(shrunk) + beta2_real * embedding_weight_v[vd]; /* (56) */
        weight[vd] = weight[vd] - rate_real * m[vd] / (scale_real * sqrtf(embedding_weight_v[vd]) + eps_real); /* (57) */
    }
}

/* lstm: clip_norm, adam
   (51) lstm.bias_ih_l0.g.shrunk[i] = optimizer.shrink * d.lstm.bias_ih_l0[i]
   (64) lstm.bias_ih_l0.m.next[i] = (1 - beta1) * lstm.bias_ih_l0.g.shrunk[i] + beta1 * lstm.bias_ih_l0.m[i]
   (65) lstm.bias_ih_l0.v.next[i] = (1 - beta2) * lstm.bias_ih_l0.g.shrunk[i]**2 + beta2 * lstm.bias_ih_l0.v[i]
   (66) lstm.bias_ih_l0.next[i] = lstm.bias_ih_l0[i] - optimizer.rate * lstm.bias_ih_l0.m.next[i] / (optimizer.scale * sqrt(lstm.bias_ih_l0.v.next[i]) + eps)
   and, in other places, (52) (67) (68) (69)
*/
static void clip_norm_adam_512(
    real *restrict m,                  /* [512] */
    real *restrict v,                  /* [512] */
    real *restrict bias_ih_l0,         /* [512] */
    const double *restrict shrink,
    const real *restrict d_bias_ih_l0, /* [512] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real shrink_real = (real)*shrink; /* (51) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (64) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (65) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (66) */
    for (int i = 0; i < 512; i++) {
        const real shrunk = shrink_real * d_bias_ih_l0[i]; /* (51) */
        m[i] = one_minus_beta1 * shrunk + beta1_real * m[i]; /* (64) */
        v[i] = one_minus_beta2 * square(shrunk) + beta2_real * v[i]; /* (65) */
        bias_ih_l0[i] = bias_ih_l0[i] - rate_real * m[i] / (scale_real * sqrtf(v[i]) + eps_real); /* (66) */
    }
}

/* head: clip_norm, adam
   (54) head.bias.g.shrunk[o] = optimizer.shrink * d.head.bias[o]
   (73) head.bias.m.next[o] = (1 - beta1) * head.bias.g.shrunk[o] + beta1 * head.bias.m[o]
   (74) head.bias.v.next[o] = (1 - beta2) * head.bias.g.shrunk[o]**2 + beta2 * head.bias.v[o]
   (75) head.bias.next[o] = head.bias[o] - optimizer.rate * head.bias.m.next[o] / (optimizer.scale * sqrt(head.bias.v.next[o]) + eps)
*/
static void clip_norm_adam_96(
    real *restrict m,              /* [96] */
    real *restrict v,              /* [96] */
    real *restrict bias,           /* [96] */
    const double *restrict shrink,
    const real *restrict d_bias,   /* [96] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real shrink_real = (real)*shrink; /* (54) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (73) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (74) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (75) */
    for (int o = 0; o < 96; o++) {
        const real shrunk = shrink_real * d_bias[o]; /* (54) */
        m[o] = one_minus_beta1 * shrunk + beta1_real * m[o]; /* (73) */
        v[o] = one_minus_beta2 * square(shrunk) + beta2_real * v[o]; /* (74) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (75) */
    }
}

double char_lstm_forward(const char_lstm_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const linear_part = net->workspace + 16;
    real *const embedding = linear_part + 32768 * capacity;
    real *const lstm_u0 = linear_part;
    real *const lstm_v0 = linear_part + 32768 * capacity;
    real *const lstm_c0 = linear_part + 73728 * capacity;
    real *const lstm_h0 = linear_part + 65536 * capacity;
    real *const lstm_h = linear_part + 81920 * capacity;
    real *const lstm_s = linear_part + 98304 * capacity;
    real *const lstm_h2 = linear_part + 90112 * capacity;
    real *const head = linear_part;

    /* (1) */
    embedding_64_32(embedding, net->parameters + embedding_weight, net->in_text, batch);
    /* (2) */
    lstm_64_512_32(lstm_u0, embedding, net->parameters + lstm_weight_ih_l0, net->parameters + lstm_bias_ih_l0,
                   batch);
    /* (3) (4) (6) (7) (8) (9) (10) */
    lstm_512(lstm_v0, lstm_c0, lstm_h0, net->parameters + lstm_bias_hh_l0, lstm_u0, 0, batch);
    for (int t_2 = 1; t_2 < 64; t_2++) {
        /* (3) */
        lstm_512_128(lstm_v0, lstm_h0, net->parameters + lstm_weight_hh_l0, net->parameters + lstm_bias_hh_l0,
                     lstm_u0, t_2, batch);
        /* (4) */
        lstm_128(lstm_h, lstm_v0, t_2, batch);
        /* (5) */
        lstm_128_v2(lstm_s, lstm_v0, t_2, batch);
        /* (6) (7) (9) */
        lstm_128_v3(lstm_c0, lstm_h2, lstm_v0, lstm_s, lstm_h, t_2, batch);
        /* (8) (10) */
        lstm_128_v4(lstm_h0, lstm_v0, lstm_h2, t_2, batch);
    }
    /* (12) */
    linear_64_96_128(head, lstm_h0, net->parameters + head_weight, net->parameters + head_bias, batch);
    return 0;
}

double char_lstm_loss(const char_lstm_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const embedding = linear_part + 32768 * capacity;
    real *const lstm_u0 = linear_part;
    real *const lstm_v0 = linear_part + 32768 * capacity;
    real *const lstm_c0 = linear_part + 73728 * capacity;
    real *const lstm_h0 = linear_part + 65536 * capacity;
    real *const lstm_h = linear_part + 81920 * capacity;
    real *const lstm_s = linear_part + 98304 * capacity;
    real *const lstm_h2 = linear_part + 90112 * capacity;
    real *const head = linear_part;
    real *const loss_m = linear_part + 12352 * capacity;
    real *const loss_e = linear_part + 6144 * capacity;
    real *const loss_S = linear_part + 12288 * capacity;
    real *const loss = fixed;

    /* (1) */
    embedding_64_32(embedding, net->parameters + embedding_weight, net->in_text, batch);
    /* (2) */
    lstm_64_512_32(lstm_u0, embedding, net->parameters + lstm_weight_ih_l0, net->parameters + lstm_bias_ih_l0,
                   batch);
    /* (3) (4) (6) (7) (8) (9) (10) */
    lstm_512(lstm_v0, lstm_c0, lstm_h0, net->parameters + lstm_bias_hh_l0, lstm_u0, 0, batch);
    for (int t_2 = 1; t_2 < 64; t_2++) {
        /* (3) */
        lstm_512_128(lstm_v0, lstm_h0, net->parameters + lstm_weight_hh_l0, net->parameters + lstm_bias_hh_l0,
                     lstm_u0, t_2, batch);
        /* (4) */
        lstm_128(lstm_h, lstm_v0, t_2, batch);
        /* (5) */
        lstm_128_v2(lstm_s, lstm_v0, t_2, batch);
        /* (6) (7) (9) */
        lstm_128_v3(lstm_c0, lstm_h2, lstm_v0, lstm_s, lstm_h, t_2, batch);
        /* (8) (10) */
        lstm_128_v4(lstm_h0, lstm_v0, lstm_h2, t_2, batch);
    }
    /* (12) */
    linear_64_96_128(head, lstm_h0, net->parameters + head_weight, net->parameters + head_bias, batch);
    /* (13) (14) (15) */
    cross_entropy_64_96(loss_m, loss_e, loss_S, head, batch);
    /* (17) */
    cross_entropy_64(loss, loss_m, head, net->in_next, loss_S, batch);
    return (double)*loss;
}

double char_lstm_gradients(const char_lstm_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const embedding = linear_part + 172032 * capacity;
    real *const lstm_u0 = linear_part + 32768 * capacity;
    real *const lstm_v0 = linear_part;
    real *const lstm_h = linear_part + 73728 * capacity;
    real *const lstm_s = linear_part + 90112 * capacity;
    real *const lstm_s2 = linear_part + 98304 * capacity;
    real *const lstm_c0 = linear_part + 114688 * capacity;
    real *const lstm_s3 = linear_part + 106496 * capacity;
    real *const lstm_h2 = linear_part + 81920 * capacity;
    real *const lstm_h0 = linear_part + 65536 * capacity;
    real *const head = linear_part + 38912 * capacity;
    real *const loss_m = linear_part + 51264 * capacity;
    real *const loss_e = linear_part + 45056 * capacity;
    real *const loss_S = linear_part + 51200 * capacity;
    real *const d_head = linear_part + 32768 * capacity;
    real *const loss = fixed;
    real *const d_lstm = linear_part + 122880 * capacity;
    real *const d_lstm_s3 = linear_part + 163840 * capacity;
    real *const d_lstm_c0 = linear_part + 131072 * capacity;
    real *const d_lstm_s2 = linear_part + 155648 * capacity;
    real *const d_lstm_s = linear_part + 147456 * capacity;
    real *const d_lstm_h = linear_part + 139264 * capacity;
    real *const d_lstm_v0 = linear_part + 32768 * capacity;
    real *const d_embedding = linear_part;

    /* (35) */
    d_weight_96_32(net->gradients + d_embedding_weight);
    /* (1) */
    embedding_64_32(embedding, net->parameters + embedding_weight, net->in_text, batch);
    /* (2) */
    lstm_64_512_32(lstm_u0, embedding, net->parameters + lstm_weight_ih_l0, net->parameters + lstm_bias_ih_l0,
                   batch);
    /* (3) (4) (5) (6) (7) (8) (9) (10) */
    lstm_512_v2(lstm_v0, lstm_h, lstm_s, lstm_s2, lstm_c0, lstm_s3, lstm_h2, lstm_h0,
                net->parameters + lstm_bias_hh_l0, lstm_u0, 0, batch);
    for (int t_2 = 1; t_2 < 64; t_2++) {
        /* (3) */
        lstm_512_128(lstm_v0, lstm_h0, net->parameters + lstm_weight_hh_l0, net->parameters + lstm_bias_hh_l0,
                     lstm_u0, t_2, batch);
        /* (4) */
        lstm_128(lstm_h, lstm_v0, t_2, batch);
        /* (5) */
        lstm_128_v2(lstm_s, lstm_v0, t_2, batch);
        /* (6) (7) (9) */
        lstm_128_v5(lstm_s2, lstm_c0, lstm_h2, lstm_v0, lstm_s, lstm_h, t_2, batch);
        /* (8) (10) */
        lstm_128_v6(lstm_s3, lstm_h0, lstm_v0, lstm_h2, t_2, batch);
    }
    /* (12) */
    linear_64_96_128(head, lstm_h0, net->parameters + head_weight, net->parameters + head_bias, batch);
    /* (13) (14) (15) (16) (18) */
    cross_entropy_d_head_64_96(loss_m, loss_e, loss_S, d_head, head, net->in_next, batch);
    /* (17) */
    cross_entropy_64(loss, loss_m, head, net->in_next, loss_S, batch);
    /* (19) */
    d_weight_96_128_64(net->gradients + d_head_weight, d_head, lstm_h0, batch);
    /* (20) */
    d_bias_96_64(net->gradients + d_head_bias, d_head, batch);
    /* (21) */
    d_lstm_64_128_96(d_lstm, d_head, net->parameters + head_weight, batch);
    /* (22) (23) (24) (25) (26) (27) (28) (29) */
    d_h0_d_h2_d_s3_d_c0_128(d_lstm_s3, d_lstm_c0, d_lstm_s2, d_lstm_s, d_lstm_h, d_lstm_v0, d_lstm, lstm_s3,
                            lstm_h2, lstm_h, lstm_c0, lstm_s2, lstm_v0, 63, batch);
    for (int t_2 = 62; t_2 >= 1; t_2--) {
        /* (22) (23) (24) (25) (26) (27) (28) */
        d_h0_d_h2_d_s3_d_c0_128_512(d_lstm_s3, d_lstm_c0, d_lstm_s2, d_lstm_s, d_lstm_h, d_lstm_v0,
                                    net->parameters + lstm_weight_hh_l0, d_lstm, lstm_s3, lstm_h2, lstm_s, lstm_h,
                                    lstm_c0, lstm_s2, t_2, batch);
        /* (29) */
        d_v0_128(d_lstm_v0, d_lstm_s2, lstm_v0, d_lstm_s, d_lstm_h, d_lstm_s3, t_2, batch);
    }
    /* (22) (23) (24) (25) (26) (28) */
    d_h0_d_h2_d_s3_d_c0_128_512_v2(d_lstm_s3, d_lstm_c0, d_lstm_s2, d_lstm_h, d_lstm_v0,
                                   net->parameters + lstm_weight_hh_l0, d_lstm, lstm_s3, lstm_h2, lstm_s, lstm_h,
                                   lstm_s2, 0, batch);
    /* (27) (29) */
    d_s_d_v0_128(d_lstm_s, d_lstm_v0, d_lstm_s2, lstm_v0, d_lstm_h, d_lstm_s3, 0, batch);
    /* (30) */
    d_weight_hh_l0_512_128_63(net->gradients + d_lstm_weight_hh_l0, d_lstm_v0, lstm_h0, batch);
    /* (32) */
    d_weight_ih_l0_512_32_64(net->gradients + d_lstm_weight_ih_l0, d_lstm_v0, embedding, batch);
    /* (31) (33) */
    d_bias_hh_l0_d_bias_ih_l0_512_64(net->gradients + d_lstm_bias_hh_l0, net->gradients + d_lstm_bias_ih_l0,
                                     d_lstm_v0, batch);
    /* (34) */
    d_embedding_64_32_512(d_embedding, d_lstm_v0, net->parameters + lstm_weight_ih_l0, batch);
    /* (35) */
    d_weight_32_64(net->gradients + d_embedding_weight, d_embedding, net->in_text, batch);
    return (double)*loss;
}

double char_lstm_step(const char_lstm_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    double *const optimizer_rate = (double *)(fixed);
    double *const optimizer_scale = (double *)(fixed + 2);
    real *const embedding = linear_part + 172032 * capacity;
    real *const lstm_u0 = linear_part + 32768 * capacity;
    real *const lstm_v0 = linear_part;
    real *const lstm_h = linear_part + 73728 * capacity;
    real *const lstm_s = linear_part + 90112 * capacity;
    real *const lstm_s2 = linear_part + 98304 * capacity;
    real *const lstm_c0 = linear_part + 114688 * capacity;
    real *const lstm_s3 = linear_part + 106496 * capacity;
    real *const lstm_h2 = linear_part + 81920 * capacity;
    real *const lstm_h0 = linear_part + 65536 * capacity;
    real *const head = linear_part + 38912 * capacity;
    real *const loss_m = linear_part + 51264 * capacity;
    real *const loss_e = linear_part + 45056 * capacity;
    real *const loss_S = linear_part + 51200 * capacity;
    real *const d_head = linear_part + 32768 * capacity;
    real *const loss = fixed + 6;
    real *const d_lstm = linear_part + 122880 * capacity;
    real *const d_lstm_s3 = linear_part + 163840 * capacity;
    real *const d_lstm_c0 = linear_part + 131072 * capacity;
    real *const d_lstm_s2 = linear_part + 155648 * capacity;
    real *const d_lstm_s = linear_part + 147456 * capacity;
    real *const d_lstm_h = linear_part + 139264 * capacity;
    real *const d_lstm_v0 = linear_part + 32768 * capacity;
    real *const d_embedding = linear_part;
    real *const embedding_weight_g_square = fixed + 7;
    real *const lstm_weight_ih_l0_g_square = fixed + 8;
    real *const lstm_weight_hh_l0_g_square = fixed + 9;
    real *const lstm_bias_ih_l0_g_square = fixed + 10;
    real *const lstm_bias_hh_l0_g_square = fixed + 11;
    real *const head_weight_g_square = fixed + 12;
    double *const optimizer_shrink = (double *)(fixed + 4);

    /* (35) */
    d_weight_96_32(net->gradients + d_embedding_weight);
    /* (36) (37) (38) */
    adam_rate_next_step(optimizer_rate, optimizer_scale, net->counters + t, net->settings + lr,
                        net->settings + beta1, net->settings + beta2);
    /* (1) */
    embedding_64_32(embedding, net->parameters + embedding_weight, net->in_text, batch);
    /* (2) */
    lstm_64_512_32(lstm_u0, embedding, net->parameters + lstm_weight_ih_l0, net->parameters + lstm_bias_ih_l0,
                   batch);
    /* (3) (4) (5) (6) (7) (8) (9) (10) */
    lstm_512_v2(lstm_v0, lstm_h, lstm_s, lstm_s2, lstm_c0, lstm_s3, lstm_h2, lstm_h0,
                net->parameters + lstm_bias_hh_l0, lstm_u0, 0, batch);
    for (int t_2 = 1; t_2 < 64; t_2++) {
        /* (3) */
        lstm_512_128(lstm_v0, lstm_h0, net->parameters + lstm_weight_hh_l0, net->parameters + lstm_bias_hh_l0,
                     lstm_u0, t_2, batch);
        /* (4) */
        lstm_128(lstm_h, lstm_v0, t_2, batch);
        /* (5) */
        lstm_128_v2(lstm_s, lstm_v0, t_2, batch);
        /* (6) (7) (9) */
        lstm_128_v5(lstm_s2, lstm_c0, lstm_h2, lstm_v0, lstm_s, lstm_h, t_2, batch);
        /* (8) (10) */
        lstm_128_v6(lstm_s3, lstm_h0, lstm_v0, lstm_h2, t_2, batch);
    }
    /* (12) */
    linear_64_96_128(head, lstm_h0, net->parameters + head_weight, net->parameters + head_bias, batch);
    /* (13) (14) (15) (16) (18) */
    cross_entropy_d_head_64_96(loss_m, loss_e, loss_S, d_head, head, net->in_next, batch);
    /* (17) */
    cross_entropy_64(loss, loss_m, head, net->in_next, loss_S, batch);
    /* (19) */
    d_weight_96_128_64(net->gradients + d_head_weight, d_head, lstm_h0, batch);
    /* (20) */
    d_bias_96_64(net->gradients + d_head_bias, d_head, batch);
    /* (21) */
    d_lstm_64_128_96(d_lstm, d_head, net->parameters + head_weight, batch);
    /* (22) (23) (24) (25) (26) (27) (28) (29) */
    d_h0_d_h2_d_s3_d_c0_128(d_lstm_s3, d_lstm_c0, d_lstm_s2, d_lstm_s, d_lstm_h, d_lstm_v0, d_lstm, lstm_s3,
                            lstm_h2, lstm_h, lstm_c0, lstm_s2, lstm_v0, 63, batch);
    for (int t_2 = 62; t_2 >= 1; t_2--) {
        /* (22) (23) (24) (25) (26) (27) (28) */
        d_h0_d_h2_d_s3_d_c0_128_512(d_lstm_s3, d_lstm_c0, d_lstm_s2, d_lstm_s, d_lstm_h, d_lstm_v0,
                                    net->parameters + lstm_weight_hh_l0, d_lstm, lstm_s3, lstm_h2, lstm_s, lstm_h,
                                    lstm_c0, lstm_s2, t_2, batch);
        /* (29) */
        d_v0_128(d_lstm_v0, d_lstm_s2, lstm_v0, d_lstm_s, d_lstm_h, d_lstm_s3, t_2, batch);
    }
    /* (22) (23) (24) (25) (26) (28) */
    d_h0_d_h2_d_s3_d_c0_128_512_v2(d_lstm_s3, d_lstm_c0, d_lstm_s2, d_lstm_h, d_lstm_v0,
                                   net->parameters + lstm_weight_hh_l0, d_lstm, lstm_s3, lstm_h2, lstm_s, lstm_h,
                                   lstm_s2, 0, batch);
    /* (27) (29) */
    d_s_d_v0_128(d_lstm_s, d_lstm_v0, d_lstm_s2, lstm_v0, d_lstm_h, d_lstm_s3, 0, batch);
    /* (30) */
    d_weight_hh_l0_512_128_63(net->gradients + d_lstm_weight_hh_l0, d_lstm_v0, lstm_h0, batch);
    /* (32) */
    d_weight_ih_l0_512_32_64(net->gradients + d_lstm_weight_ih_l0, d_lstm_v0, embedding, batch);
    /* (31) (33) */
    d_bias_hh_l0_d_bias_ih_l0_512_64(net->gradients + d_lstm_bias_hh_l0, net->gradients + d_lstm_bias_ih_l0,
                                     d_lstm_v0, batch);
    /* (34) */
    d_embedding_64_32_512(d_embedding, d_lstm_v0, net->parameters + lstm_weight_ih_l0, batch);
    /* (35) */
    d_weight_32_64(net->gradients + d_embedding_weight, d_embedding, net->in_text, batch);
    /* (39) */
    clip_norm_96_32(embedding_weight_g_square, net->gradients + d_embedding_weight);
    /* (40) */
    clip_norm_512_32(lstm_weight_ih_l0_g_square, net->gradients + d_lstm_weight_ih_l0);
    /* (41) */
    clip_norm_512_128(lstm_weight_hh_l0_g_square, net->gradients + d_lstm_weight_hh_l0);
    /* (42) */
    clip_norm_512(lstm_bias_ih_l0_g_square, net->gradients + d_lstm_bias_ih_l0);
    /* (43) */
    clip_norm_512(lstm_bias_hh_l0_g_square, net->gradients + d_lstm_bias_hh_l0);
    /* (44) */
    clip_norm_96_128(head_weight_g_square, net->gradients + d_head_weight);
    /* (45) (46) (47) */
    clip_norm_96(optimizer_shrink, net->gradients + d_head_bias, embedding_weight_g_square, head_weight_g_square,
                 lstm_bias_hh_l0_g_square, lstm_bias_ih_l0_g_square, lstm_weight_hh_l0_g_square,
                 lstm_weight_ih_l0_g_square, net->settings + clip_norm);
    /* (50) (61) (62) (63) */
    clip_norm_adam_512_128(net->states + lstm_weight_hh_l0_m, net->states + lstm_weight_hh_l0_v,
                           net->parameters + lstm_weight_hh_l0, optimizer_shrink,
                           net->gradients + d_lstm_weight_hh_l0, net->settings + beta1, net->settings + beta2,
                           optimizer_rate, optimizer_scale, net->settings + eps);
    /* (49) (58) (59) (60) */
    clip_norm_adam_512_32(net->states + lstm_weight_ih_l0_m, net->states + lstm_weight_ih_l0_v,
                          net->parameters + lstm_weight_ih_l0, optimizer_shrink,
                          net->gradients + d_lstm_weight_ih_l0, net->settings + beta1, net->settings + beta2,
                          optimizer_rate, optimizer_scale, net->settings + eps);
    /* (53) (70) (71) (72) */
    clip_norm_adam_96_128(net->states + head_weight_m, net->states + head_weight_v, net->parameters + head_weight,
                          optimizer_shrink, net->gradients + d_head_weight, net->settings + beta1,
                          net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps);
    /* (48) (55) (56) (57) */
    clip_norm_adam_96_32(net->states + embedding_weight_m, net->states + embedding_weight_v,
                         net->parameters + embedding_weight, optimizer_shrink, net->gradients + d_embedding_weight,
                         net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                         net->settings + eps);
    /* (51) (64) (65) (66) */
    clip_norm_adam_512(net->states + lstm_bias_ih_l0_m, net->states + lstm_bias_ih_l0_v,
                       net->parameters + lstm_bias_ih_l0, optimizer_shrink, net->gradients + d_lstm_bias_ih_l0,
                       net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                       net->settings + eps);
    /* (52) (67) (68) (69) */
    clip_norm_adam_512(net->states + lstm_bias_hh_l0_m, net->states + lstm_bias_hh_l0_v,
                       net->parameters + lstm_bias_hh_l0, optimizer_shrink, net->gradients + d_lstm_bias_hh_l0,
                       net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                       net->settings + eps);
    /* (54) (73) (74) (75) */
    clip_norm_adam_96(net->states + head_bias_m, net->states + head_bias_v, net->parameters + head_bias,
                      optimizer_shrink, net->gradients + d_head_bias, net->settings + beta1, net->settings + beta2,
                      optimizer_rate, optimizer_scale, net->settings + eps);
    return (double)*loss;
}

/* char_gru, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.

   cc -O2 -std=c11 -march=native -fvect-cost-model=dynamic -fpeel-loops -ffp-contract=fast -fno-math-errno -fno-trapping-math -fopenmp -c char_gru.c */
#include "char_gru.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    embedding_weight = 0, /* [96, 32] */
    gru_weight_ih_l0 = 3072, /* [384, 32] */
    gru_weight_hh_l0 = 15360, /* [384, 128] */
    gru_bias_ih_l0 = 64512, /* [384] */
    gru_bias_hh_l0 = 64896, /* [384] */
    head_weight = 65280, /* [96, 128] */
    head_bias = 77568, /* [96] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_embedding_weight = 0, /* [96, 32] */
    d_gru_weight_ih_l0 = 3072, /* [384, 32] */
    d_gru_weight_hh_l0 = 15360, /* [384, 128] */
    d_gru_bias_ih_l0 = 64512, /* [384] */
    d_gru_bias_hh_l0 = 64896, /* [384] */
    d_head_weight = 65280, /* [96, 128] */
    d_head_bias = 77568, /* [96] */
};

/* Where tensors begin in `states`. */
enum {
    embedding_weight_m = 0, /* [96, 32] */
    gru_weight_ih_l0_m = 3072, /* [384, 32] */
    gru_weight_hh_l0_m = 15360, /* [384, 128] */
    gru_bias_ih_l0_m = 64512, /* [384] */
    gru_bias_hh_l0_m = 64896, /* [384] */
    head_weight_m = 65280, /* [96, 128] */
    head_bias_m = 77568, /* [96] */
    embedding_weight_v = 77664, /* [96, 32] */
    gru_weight_ih_l0_v = 80736, /* [384, 32] */
    gru_weight_hh_l0_v = 93024, /* [384, 128] */
    gru_bias_ih_l0_v = 142176, /* [384] */
    gru_bias_hh_l0_v = 142560, /* [384] */
    head_weight_v = 142944, /* [96, 128] */
    head_bias_v = 155232, /* [96] */
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

#if defined(__AVX512F__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC target("prefer-vector-width=512") /* else gcc uses one half of each register */
#endif

/* What loops have to contain itself, for they become no vector code around calls. */
#if defined(__GNUC__) && !defined(PLAIN_C)
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif

/* Elementary functions without branches and calls, so that loops over them become vector code.  Errors are in
   units of the last place; NaN, infinities, subnormal numbers and signed zeros mean what they mean in libm.   */
INLINE uint32_t bits_of(real x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

INLINE real from_bits(uint32_t bits)
{
    real x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

INLINE real power_of_two(int32_t n)
{
    return from_bits(((uint32_t)n + 127) << 23);
}

/* x = power log(2) + rest with |rest| <= log(2) / 2, by log(2) in two parts (Cody and Waite). */
INLINE real split_exponent(real x, int32_t *power)
{
    const real shifted = x * 1.44269504f + 12582912.0f; /* adding 1.5 * 2^23 rounds to a whole number */
    const real whole = shifted - 12582912.0f;
    *power = (int32_t)(bits_of(shifted) - 0x4B400000);
    return (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
}

/* exp(r) for |r| <= log(2) / 2. */
INLINE real exp_of_rest(real r)
{
    real p = 1.38145998e-3f;
    p = p * r + 8.36871695e-3f;
    p = p * r + 4.16683881e-2f;
    p = p * r + 1.66665206e-1f;
    p = p * r + 4.99999934e-1f;
    return (p * r) * r + r + 1.0f;
}

/* exp(x), at most 1.1 units off. */
INLINE real exp_single(real x)
{
    const real above = x < -104.0f ? -104.0f : x; /* exp is 0 below, infinite beyond 89 */
    int32_t power;
    const real y = exp_of_rest(split_exponent(above > 89.0f ? 89.0f : above, &power));
    const int32_t half = power >> 1; /* 2^power in two factors: one alone ends at 2^127 */
    return y * power_of_two(half) * power_of_two(power - half);
}

/* exp(-x) for x >= 0, at most 1.1 units off. */
INLINE real decay(real x)
{
    int32_t power;
    const real below = x > 104.0f ? 104.0f : x; /* exp(-x) is 0 beyond */
    const real y = exp_of_rest(split_exponent(-below, &power));
    return y * power_of_two(power + 64) * 5.42101086e-20f; /* times 2^-64, for 2^power may be no normal number */
}

/* tanh(x), at most 1.5 units off: near 0 by a polynomial, far from it as 1 - 2 e / (1 + e), e = exp(-2 |x|). */
INLINE real tanh_single(real x)
{
    const real size = fabsf(x);
    const real s = x * x;
    real p = -5.69737535e-3f;
    p = p * s + 2.06325377e-2f;
    p = p * s - 5.37377951e-2f;
    p = p * s + 1.33314203e-1f;
    p = p * s - 3.33332813e-1f;
    const real near = (p * s) * size + size;
    const real e = decay(2.0f * size);
    const real far = 1.0f - 2.0f * e / (1.0f + e);
    return copysignf(size < 0.625f ? near : far, x);
}

/* n log(2) + log(1 + f), for f from sqrt(1/2) - 1 to sqrt(2) - 1. */
INLINE real log_in_parts(int32_t n, real f)
{
    real p = 0.0674659193f;
    p = p * f - 0.116756388f;
    p = p * f + 0.118881776f;
    p = p * f - 0.12405592f;
    p = p * f + 0.142195506f;
    p = p * f - 0.166679956f;
    p = p * f + 0.200021187f;
    p = p * f - 0.250000096f;
    p = p * f + 0.333333126f;
    return (real)n * 0.693359375f + (((p * f - 0.5f) * (f * f) - (real)n * 2.12194440e-4f) + f);
}

/* The n for which x / 2^n is between sqrt(1/2) and sqrt(2); x is normal and positive. */
INLINE int32_t nearest_power(real x)
{
    return ((int32_t)bits_of(x) - 0x3F3504F3) >> 23;
}

/* log(x), at most 0.9 units off. */
INLINE real log_single(real x)
{
    const int subnormal = x < 1.17549435e-38f;
    const real positive = x > 0 ? x : 1.0f;
    const real normal = subnormal ? positive * 8388608.0f : positive;
    const int32_t n = nearest_power(normal);
    const real mantissa = from_bits(bits_of(normal) - ((uint32_t)n << 23));
    const real y = log_in_parts(subnormal ? n - 23 : n, mantissa - 1.0f);
    const real of_positive = x > 3.40282347e38f ? x : y;
    const real of_zero = x == 0 ? -INFINITY : NAN;
    return x > 0 ? of_positive : of_zero;
}

/* The larger of two numbers; NaN where either is NaN. */
static inline real maximum(real a, real b)
{
    const real larger = a > b ? a : b; /* one instruction: b where they cannot be compared */
    return a != a ? a : larger;
}

/* The smaller of two numbers; NaN where either is NaN. */
static inline double minimum_d(double a, double b)
{
    const double smaller = a < b ? a : b; /* one instruction: b where they cannot be compared */
    return a != a ? a : smaller;
}

/* The number, but 0 for a subnormal one, over each of which a processor takes a hundred times as long. */
static inline real normal(real x)
{
    return fabsf(x) < 0x1p-126f ? 0 : x;
}

/* 1 / (1 + exp(-x)), by exponentials that cannot overflow; at most 1.9 units in the last place off. */
INLINE real sigmoid(real x)
{
    const real e = decay(fabsf(x));
    const real sum = 1 + e;
    const real y = (x < 0 ? e : 1) / sum;
    return y - y * (e - (sum - 1)); /* what the sum lost by rounding */
}

static inline real square(real x)
{
    return x * x;
}

/* The largest of 16 partial results, by halves.  gcc makes vectors of short loops that it has not unrolled before. */
INLINE real largest_of(const real *restrict parts)
{
    real eight[8], four[4];
#pragma GCC unroll 1
    for (int p = 0; p < 8; p++)
        eight[p] = maximum(parts[p], parts[p + 8]);
#pragma GCC unroll 1
    for (int p = 0; p < 4; p++)
        four[p] = maximum(eight[p], eight[p + 4]);
    const real even = maximum(four[0], four[2]), odd = maximum(four[1], four[3]);
    return maximum(even, odd);
}

/* The sum of 16 partial results, by halves.  gcc makes vectors of short loops that it has not unrolled before. */
INLINE real sum_of(const real *restrict parts)
{
    real eight[8], four[4];
#pragma GCC unroll 1
    for (int p = 0; p < 8; p++)
        eight[p] = parts[p] + parts[p + 8];
#pragma GCC unroll 1
    for (int p = 0; p < 4; p++)
        four[p] = eight[p] + eight[p + 4];
    const real even = four[0] + four[2], odd = four[1] + four[3];
    return even + odd;
}

/* Matrix products.  A kernel asks for them tile by tile, and finishes each tile while it is in the cache.

   tile[r][c] = sum over k of a[r * a_row + k * a_step] * b[k * b_step + c * b_column]

   The innermost loops keep ROWS x COLUMNS sums in vector registers.  They read b from a panel whose rows lie next
   to each other; a is read where it is if its terms lie next to each other, else from a block where they do. */

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

/* Rows of a tile for which b is read where it lies: more of them read a copy.  A term of a tile takes Zen 4 twice as long
   as processors that add two vectors of 64 bytes at a time, long enough to bring in the next one. */
#if defined(__AVX512F__) && (defined(__znver3__) || defined(__znver4__)) /* older compilers take it for Zen 3 */
#define DIRECT_ROWS (8 * ROWS)
#else
#define DIRECT_ROWS (3 * ROWS)
#endif

#if defined(__GNUC__) && !defined(PLAIN_C)
enum { LANES = BYTES / sizeof(real) };
#define VECTOR(bytes) __attribute__((vector_size(bytes), aligned(sizeof(real)), may_alias))
typedef real lanes VECTOR(BYTES);
#if defined(__clang__)
#define OUTLINE static __attribute__((noinline))
#else
#define OUTLINE static __attribute__((noinline, noclone)) /* one for all callers, for it is long */
#endif
#else
enum { LANES = 1 };
typedef real lanes;
#define OUTLINE static
#endif

enum {
    COLUMNS = 2 * LANES,  /* of a tile */
    NEAR = ROWS > 6 ? 3 : ROWS, /* rows of a left operand that are reached from one pointer: see point_at */
    STRIP = 32 * COLUMNS, /* columns of a tile for which a block is copied: rows long enough to run through memory */
    TILE_ROWS = 8 * ROWS, /* of a tile */
    STRIP_ROWS = 4 * ROWS, /* of one whose columns have all their panels kept */
    DEPTH = 256,          /* terms that are summed between two visits of a tile: its part of a panel stays in L1 */
    PANEL_DEPTH = 1024,   /* terms of a panel that is kept for all tiles below each other */
    FETCHED = 4,          /* terms that are added between two fetches: loads do not wait for them then */
    COLD = 2              /* fresh, and in no cache */
};

/* The size of even parts of an extent, of at most `most` and in whole units: 128 is 72 + 56, not 96 + 32. */
INLINE int even(int extent, int most, int unit)
{
    const int parts = (extent + most - 1) / most;
    return parts ? ((extent + parts - 1) / parts + unit - 1) / unit * unit : unit;
}

#if defined(__has_builtin) && !defined(PLAIN_C)
#if __has_builtin(__builtin_shufflevector)
#define CAN_TURN 1
#define SHUFFLE __builtin_shufflevector
typedef real quad VECTOR(4 * sizeof(real));

/* Copy 4 x 4 numbers, rows as columns. */
INLINE void turn(real *restrict to, ptrdiff_t to_step, const real *restrict from, ptrdiff_t from_step)
{
    const quad a = *(const quad *)from, b = *(const quad *)(from + from_step);
    const quad c = *(const quad *)(from + 2 * from_step), d = *(const quad *)(from + 3 * from_step);
    const quad ab = SHUFFLE(a, b, 0, 4, 1, 5), cd = SHUFFLE(c, d, 0, 4, 1, 5);
    const quad ab_end = SHUFFLE(a, b, 2, 6, 3, 7), cd_end = SHUFFLE(c, d, 2, 6, 3, 7);
    *(quad *)to = SHUFFLE(ab, cd, 0, 1, 4, 5);
    *(quad *)(to + to_step) = SHUFFLE(ab, cd, 2, 3, 6, 7);
    *(quad *)(to + 2 * to_step) = SHUFFLE(ab_end, cd_end, 0, 1, 4, 5);
    *(quad *)(to + 3 * to_step) = SHUFFLE(ab_end, cd_end, 2, 3, 6, 7);
}

#if defined(__AVX512F__)
typedef real octet VECTOR(8 * sizeof(real));

/* 4 numbers of each of 4 rows, every fourth one. */
INLINE lanes quads(const real *from, ptrdiff_t step)
{
    const octet ab = SHUFFLE(*(const quad *)from, *(const quad *)(from + 4 * step), 0, 1, 2, 3, 4, 5, 6, 7);
    const octet cd = SHUFFLE(*(const quad *)(from + 8 * step), *(const quad *)(from + 12 * step), 0, 1, 2, 3, 4, 5, 6, 7);
    return SHUFFLE(ab, cd, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

#define OF(n, a, b, c, d) 4 * n + a, 4 * n + b, 4 * n + c, 4 * n + d
#define OF_QUADS(v, w, a, b, c, d) \
    SHUFFLE(v, w, OF(0, a, b, c, d), OF(1, a, b, c, d), OF(2, a, b, c, d), OF(3, a, b, c, d))

/* Copy 16 x 4 numbers, rows as columns: four times what `turn` does, in the quarters of a vector. */
INLINE void turn_wide(real *restrict to, ptrdiff_t to_step, const real *restrict from, ptrdiff_t from_step)
{
    const lanes a = quads(from, from_step), b = quads(from + from_step, from_step);
    const lanes c = quads(from + 2 * from_step, from_step), d = quads(from + 3 * from_step, from_step);
    const lanes ab = OF_QUADS(a, b, 0, 16, 1, 17), cd = OF_QUADS(c, d, 0, 16, 1, 17);
    const lanes ab_end = OF_QUADS(a, b, 2, 18, 3, 19), cd_end = OF_QUADS(c, d, 2, 18, 3, 19);
    *(lanes *)to = OF_QUADS(ab, cd, 0, 1, 16, 17);
    *(lanes *)(to + to_step) = OF_QUADS(ab, cd, 2, 3, 18, 19);
    *(lanes *)(to + 2 * to_step) = OF_QUADS(ab_end, cd_end, 0, 1, 16, 17);
    *(lanes *)(to + 3 * to_step) = OF_QUADS(ab_end, cd_end, 2, 3, 18, 19);
}
#undef OF
#undef OF_QUADS
#endif
#undef SHUFFLE
#endif
#endif
/* Pointers to rows of a, for NEAR of them each: an address says which one is meant, where 12 pointers or offsets would
   find no registers. */
INLINE void point_at(const int rows, const real **a, const real *from, ptrdiff_t a_row)
{
    for (int r = 0; r < rows; r += NEAR)
        a[r / NEAR] = from + r * a_row;
}

/* The sums of a tile's rows, in both halves of its columns or in the left one, as registers; rows and both are
   constants where this is inlined. */
INLINE void load_sums(const int rows, const int both, lanes *left, lanes *right, const real *tile, ptrdiff_t width,
                      int first)
{
    for (int r = 0; r < rows; r++) {
        left[r] = first ? (lanes){0} : *(const lanes *)(tile + r * width);
        right[r] = first || !both ? (lanes){0} : *(const lanes *)(tile + r * width + LANES);
    }
}

/* Add a term to the sums, and go on to the next one of a. */
INLINE void add_term(const int rows, const int both, lanes *left, lanes *right, const real **a, ptrdiff_t a_row,
                     ptrdiff_t a_step, const real *restrict b)
{
    const lanes b_left = *(const lanes *)b, b_right = both ? *(const lanes *)(b + LANES) : b_left;
    for (int r = 0; r < rows; r++) {
        left[r] += a[r / NEAR][r % NEAR * a_row] * b_left;
        if (both)
            right[r] += a[r / NEAR][r % NEAR * a_row] * b_right;
    }
    for (int r = 0; r < rows; r += NEAR)
        a[r / NEAR] += a_step;
}

INLINE void store_sums(const int rows, const int both, const lanes *left, const lanes *right, real *tile,
                       ptrdiff_t width)
{
    for (int r = 0; r < rows; r++) {
        *(lanes *)(tile + r * width) = left[r];
        if (both)
            *(lanes *)(tile + r * width + LANES) = right[r];
    }
}

/* Add `depth` terms to them. */
INLINE void add_products(const int rows, const int both, real *restrict tile, ptrdiff_t width, int depth,
                         const real *restrict a, ptrdiff_t a_row, ptrdiff_t a_step, const real *restrict b,
                         ptrdiff_t b_step, int first)
{
    const real *of_a[ROWS];
    lanes left[ROWS], right[ROWS];
    load_sums(rows, both, left, right, tile, width, first);
    point_at(rows, of_a, a, a_row);
    for (int k = 0; k < depth; k++, b += b_step)
        add_term(rows, both, left, right, of_a, a_row, a_step, b);
    store_sums(rows, both, left, right, tile, width);
}

/* The same for any number of rows.  a_group: from one ROWS rows of a to the next, for each of them. */
OUTLINE void add_rows(int rows, int columns, real *restrict tile, ptrdiff_t width, int depth, const real *restrict a,
                      ptrdiff_t a_group, ptrdiff_t a_row, ptrdiff_t a_step, const real *restrict b, ptrdiff_t b_step,
                      int first)
{
    for (int r = 0; r < rows; r += ROWS, tile += ROWS * width, a += ROWS * a_group) {
        const int high = rows - r < ROWS ? rows - r : ROWS;
        if (columns <= LANES) { /* the left half, and nothing beside it is read */
            int done = 0;
#define ADD(n) add_products(n, 0, tile + done * width, width, depth, a + done * a_row, a_row, a_step, b, b_step, first)
            if (high == ROWS) {
                ADD(ROWS);
                continue;
            }
#if ROWS >= 12
            for (; high - done >= 8; done += 8) /* sums of 4 rows would wait for each other */
                ADD(8);
#endif
            for (; high - done >= 4; done += 4)
                ADD(4);
            for (; done < high; done++)
                ADD(1);
#undef ADD
            continue;
        }
        switch (high) {
#define CASE(n) case n: add_products(n, 1, tile, width, depth, a, a_row, a_step, b, b_step, first); break;
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

/* Copy `depth` x `columns` numbers of b into a panel, with zeros in the columns that b lacks. */
OUTLINE void pack(real *restrict panel, int depth, int columns, const real *restrict b, ptrdiff_t b_step,
                  ptrdiff_t b_column)
{
    if (b_column == 1 && columns == COLUMNS) {
        for (int k = 0; k < depth; k++) {
            *(lanes *)(panel + k * COLUMNS) = *(const lanes *)(b + k * b_step);
            *(lanes *)(panel + k * COLUMNS + LANES) = *(const lanes *)(b + k * b_step + LANES);
        }
        return;
    }
    if (columns < COLUMNS)
        memset(panel, 0, sizeof(real) * (size_t)depth * COLUMNS);
    int k = 0;
    if (b_column == 1)
        for (; k < depth; k++)
            memcpy(panel + k * COLUMNS, b + k * b_step, sizeof(real) * (size_t)columns);
#ifdef CAN_TURN
    if (b_step == 1 && columns % 4 == 0)
        for (; k + 16 <= depth; k += 16) { /* a cache line of each column */
            int c = 0;
            for (int n = 0; n < columns; n++) /* so many streams are foreseen by no processor: the next panel's lines */
                __builtin_prefetch(b + k + (COLUMNS + n) * b_column, 0, 2);
#if defined(__AVX512F__)
            for (; c + LANES <= columns; c += LANES)
#pragma GCC unroll 1 /* compilers take longer over more of them, and processors do not take less */
                for (int part = k; part < k + 16; part += 4)
                    turn_wide(panel + part * COLUMNS + c, COLUMNS, b + part + c * b_column, b_column);
#endif
            for (; c < columns; c += 4)
#pragma GCC unroll 1
                for (int part = k; part < k + 16; part += 4)
                    turn(panel + part * COLUMNS + c, COLUMNS, b + part + c * b_column, b_column);
        }
#endif
    for (; k < depth; k++)
        for (int c = 0; c < columns; c++)
            panel[k * COLUMNS + c] = b[k * b_step + c * b_column];
}

#if defined(__GNUC__) && !defined(PLAIN_C)
#define HAS_DOTS 1
typedef __typeof__((lanes){0} < (lanes){0}) places;
enum { DOT_ROWS = LANES < 4 ? LANES : 4 };

/* Of each stretch of 2 * half lanes of v and of w, the sum of its halves: v's first, then w's. */
INLINE lanes add_halves(lanes v, lanes w, const int half, places lane)
{
#if defined(__clang__)
    lanes sum;
    for (int n = 0; n < LANES; n++)
        sum[n] = n & half ? w[n - half] + w[n] : v[n] + v[n + half];
    return sum;
#else
    const places first = lane + (((lane & half) != 0) & (LANES - half));
    return __builtin_shuffle(v, w, first) + __builtin_shuffle(v, w, first + half);
#endif
}

/* The sums of products of `rows` rows of a and LANES / rows rows of b, all of at least LANES terms.  Each is summed in
   the lanes of a vector, until adding halves leaves the sum of vector n in lane n.  Terms at the end that fill no vector
   are read as the last lanes of one. */
INLINE lanes dots(const int rows, int depth, const real *const *a, const real *const *b)
{
    const int columns = LANES / rows, tail = depth % LANES;
    lanes sums[LANES], right[LANES];
    places lane;
    for (int n = 0; n < LANES; n++) {
        lane[n] = n;
        sums[n] = (lanes){0};
    }
    for (int k = 0; k + LANES <= depth; k += LANES) {
        for (int c = 0; c < columns; c++)
            right[c] = *(const lanes *)(b[c] + k);
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++)
                sums[r * columns + c] += *(const lanes *)(a[r] + k) * right[c];
    }
    if (tail) {
        const places kept = lane >= LANES - tail;
        for (int c = 0; c < columns; c++)
            right[c] = (lanes)((places)*(const lanes *)(b[c] + depth - LANES) & kept);
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++)
                sums[r * columns + c] += (lanes)((places)*(const lanes *)(a[r] + depth - LANES) & kept) * right[c];
    }
    for (int n = 0; n < 8 && 8 < LANES; n++)
        sums[n] = add_halves(sums[n], sums[n + 8], 8, lane);
    for (int n = 0; n < 4 && 4 < LANES; n++)
        sums[n] = add_halves(sums[n], sums[n + 4], 4, lane);
    for (int n = 0; n < 2 && 2 < LANES; n++)
        sums[n] = add_halves(sums[n], sums[n + 2], 2, lane);
    return add_halves(sums[0], sums[1], 1, lane);
}

/* A tile of such sums, `high` rows of it at a time. */
INLINE void dots_of_rows(const int high, real *restrict tile, int rows, int columns, int depth, const real *restrict a,
                         ptrdiff_t a_row, const real *restrict b, ptrdiff_t b_column)
{
    const int wide = LANES / high;
    for (int c = 0; c < columns; c += wide)
        for (int r = 0; r < rows; r += high) {
            const real *of_a[LANES], *of_b[LANES];
            real sums[LANES];
            for (int n = 0; n < high; n++)
                of_a[n] = a + (r + n < rows ? r + n : rows - 1) * a_row;
            for (int n = 0; n < wide; n++)
                of_b[n] = b + (c + n < columns ? c + n : columns - 1) * b_column;
            *(lanes *)sums = dots(high, depth, of_a, of_b);
            for (int n = 0; n < high && r + n < rows; n++)
                if (c + wide <= columns)
                    memcpy(tile + (r + n) * COLUMNS + c, sums + n * wide, sizeof(real) * wide);
                else
                    memcpy(tile + (r + n) * COLUMNS + c, sums + n * wide, sizeof(real) * (size_t)(columns - c));
        }
}

/* One tile of operands that both lie along their terms: nothing is copied. */
OUTLINE void multiply_dots(real *restrict tile, int rows, int columns, int depth, const real *restrict a, ptrdiff_t a_row,
                           const real *restrict b, ptrdiff_t b_column)
{
    if (rows > 2)
        dots_of_rows(DOT_ROWS, tile, rows, columns, depth, a, a_row, b, b_column);
    else
        dots_of_rows(1, tile, rows, columns, depth, a, a_row, b, b_column);
}
#endif

/* One tile: `rows` <= TILE_ROWS, `columns` <= COLUMNS.  fresh: the panel does not hold these columns of b yet. */
OUTLINE void multiply_copied(real *restrict tile, real *restrict panel, int fresh, int rows, int columns, int depth,
                             const real *restrict a, ptrdiff_t a_row, ptrdiff_t a_step, const real *restrict b,
                             ptrdiff_t b_step, ptrdiff_t b_column)
{
    const int panelled = b_step <= 4 * COLUMNS; /* b lies in panels already, perhaps in wider ones (bpgen.lower.panels) */
    const int whole = columns == COLUMNS || columns == LANES; /* vectors */
    const int direct = (rows <= DIRECT_ROWS || panelled) && b_column == 1 && whole;
    for (int from = 0; from < depth; from += DEPTH) {
        const int part = depth - from < DEPTH ? depth - from : DEPTH;
        const real *of_b = b + from * b_step;
        real *place = depth > PANEL_DEPTH ? panel : panel + from * COLUMNS;
        if (!direct && (fresh || depth > PANEL_DEPTH))
            pack(place, part, columns, of_b, b_step, b_column);
        add_rows(rows, columns, tile, COLUMNS, part, a + from * a_step, a_row, a_row, a_step, direct ? of_b : place,
                 direct ? b_step : COLUMNS, from == 0);
    }
}

/* The same, but as single sums where that takes less time: for few rows or columns, and many terms. */
static void multiply(real *restrict tile, real *restrict panel, int fresh, int rows, int columns, int depth,
                     const real *restrict a, ptrdiff_t a_row, ptrdiff_t a_step, const real *restrict b, ptrdiff_t b_step,
                     ptrdiff_t b_column)
{
#ifdef HAS_DOTS
    if (a_step == 1 && b_step == 1 && depth >= LANES) {
        const ptrdiff_t terms = depth, vectors = terms / LANES + (terms % LANES ? 3 : 0); /* the last one costs more */
        const ptrdiff_t summing = rows * ((columns + 3) / 4 * 4) * (vectors + 7);
        const ptrdiff_t copying = columns * terms * 2 / 3 + rows * terms * (columns > LANES ? 2 : 1);
        if (summing < copying && (columns <= LANES || rows * terms <= DEPTH * COLUMNS)) { /* few read a, or it is in L1 */
            multiply_dots(tile, rows, columns, depth, a, a_row, b, b_column);
            return;
        }
    }
#endif
    multiply_copied(tile, panel, fresh, rows, columns, depth, a, a_row, a_step, b, b_step, b_column);
}

/* One tile of columns whose panels are all kept for the rows below, so that a and what is made of the tile are walked
   through once, row after row: `rows` <= STRIP_ROWS.  width: from a row of the tile to the next one. */
OUTLINE void multiply_strip(real *restrict tile, ptrdiff_t width, real *restrict panels, int fresh, int rows, int columns,
                            int depth, const real *restrict a, ptrdiff_t a_row, ptrdiff_t a_step,
                            const real *restrict b, ptrdiff_t b_step, ptrdiff_t b_column)
{
    for (int from = 0; from < depth; from += DEPTH) {
        const int part = depth - from < DEPTH ? depth - from : DEPTH;
        for (int c = 0; c < columns; c += COLUMNS) {
            const int some = columns - c < COLUMNS ? columns - c : COLUMNS;
            if (fresh)
                pack(panels, part, some, b + from * b_step + c * b_column, b_step, b_column);
            add_rows(rows, some, tile + c, width, part, a + from * a_step, a_row, a_row, a_step, panels, COLUMNS,
                     from == 0);
            panels += part * COLUMNS;
        }
    }
}

/* Copy `rows` x `depth` numbers of a into a block, so that the terms of ROWS rows lie next to each other. */
static void pack_rows(real *restrict block, int rows, int depth, const real *restrict a, ptrdiff_t a_row,
                      ptrdiff_t a_step)
{
    const int whole = a_row == 1 ? rows / ROWS * ROWS : 0; /* rows of which a term's numbers lie next to each other */
    for (int k = 0; k < depth; k++)
        for (int first = 0; first < whole; first += ROWS)
            memcpy(block + first * depth + k * ROWS, a + k * a_step + first, sizeof(real) * ROWS);
    for (int first = whole; first < rows; first += ROWS)
        for (int k = 0; k < depth; k++)
            for (int r = 0; r < ROWS && first + r < rows; r++)
                block[first * depth + k * ROWS + r] = a[(first + r) * a_row + k * a_step];
}

/* One tile of an a that is read across its rows.  The panels of DEPTH terms of b are kept for all rows, and if there are
   no more terms for the tiles below too.  fresh: they do not hold these columns yet; width: from a row of the tile to
   the next one. */
OUTLINE void multiply_across(real *restrict tile, ptrdiff_t width, real *restrict panels, int fresh, int rows,
                             int columns, int depth, const real *restrict a, ptrdiff_t a_row, ptrdiff_t a_step,
                             const real *restrict b, ptrdiff_t b_step, ptrdiff_t b_column)
{
    _Alignas(BYTES) real block[TILE_ROWS * DEPTH];
    for (int from = 0; from < depth; from += DEPTH, a += DEPTH * a_step, b += DEPTH * b_step) {
        const int part = depth - from < DEPTH ? depth - from : DEPTH;
        for (int r = 0; r < rows; r += TILE_ROWS) {
            const int high = rows - r < TILE_ROWS ? rows - r : TILE_ROWS;
            pack_rows(block, high, part, a + r * a_row, a_row, a_step);
            for (int c = 0; c < columns; c += COLUMNS) {
                const int some = columns - c < COLUMNS ? columns - c : COLUMNS;
                const int direct = DIRECT_ROWS >= TILE_ROWS && b_column == 1 && some == COLUMNS;
                real *panel = panels + c * DEPTH;
                if (!direct && r == 0 && (fresh || depth > DEPTH))
                    pack(panel, part, some, b + c * b_column, b_step, b_column);
                add_rows(high, some, tile + r * width + c, width, part, block, part, 1, ROWS, direct ? b + c : panel,
                         direct ? b_step : COLUMNS, from == 0);
            }
        }
    }
}

/* embedding: embedding; gru: gru (one side of the product)
   (1) embedding[b, i, d] = embedding.weight[text[b, i], d]
   (2) gru.u[b, t, m] = sum[i](embedding[b, t, i] * gru.weight_ih_l0[m, i]) + gru.bias_ih_l0[m]
   by class: gru.u@table[v, m] = sum[i](embedding.weight[v, i] * gru.weight_ih_l0[m, i]) + gru.bias_ih_l0[m]
*/
static void embedding_gru_96_384_32(
    real *restrict u_table,            /* [96, 384] */
    const real *restrict weight,       /* [96, 32] */
    const real *restrict weight_ih_l0, /* [384, 32] */
    const real *restrict bias_ih_l0)   /* [384] */
{
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 384; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 96; i_tile += TILE_ROWS) {
            const int rows = 96 - i_tile < TILE_ROWS ? 96 - i_tile : TILE_ROWS;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 32,
                     weight + i_tile * 32, 32, 1,
                     weight_ih_l0 + j_tile * 32, 1, 32);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int v = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int m = j_tile + c;
                    u_table[v * 384 + m] = tile[r * COLUMNS + c] + bias_ih_l0[m];
                }
            }
        }
    }
}

/* embedding: embedding; gru: gru
   (1) embedding[b, i, d] = embedding.weight[text[b, i], d]
   (2) gru.u[b, t, m] = sum[i](embedding[b, t, i] * gru.weight_ih_l0[m, i]) + gru.bias_ih_l0[m]
   by class: gru.u[b, t, m] = gru.u@table[text[b, t], m]
*/
static void embedding_gru_64_384(
    real *restrict u,             /* [64, B, 384] */
    const real *restrict u_table, /* [96, 384] */
    const int32_t *restrict text, /* [B, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int t = 0; t < 64; t++) {
        for (int b = 0; b < batch; b++) {
            for (int m = 0; m < 384; m++) {
                u[t * 384 * batch + b * 384 + m] = u_table[(text[b * 64 + t]) * 384 + m];
            }
        }
    }
}

/* gru: gru (one side of the product)
   (3) gru.v[b, t, m] = sum[i](gru.h[b, t - 1, i] * gru.weight_hh_l0[m, i]) + gru.bias_hh_l0[m]
*/
static void gru_12_128_32(
    real *restrict panels_2,           /* [12, 128, 32] */
    const real *restrict weight_hh_l0) /* [384, 128] */
{
#pragma omp for schedule(static) nowait
    for (int m_panel = 0; m_panel < 12; m_panel++) {
        for (int k = 0; k < 128; k++) {
            for (int m_column = 0; m_column < 32; m_column++) {
                panels_2[m_panel * 4096 + k * 32 + m_column] = weight_hh_l0[(32 * m_panel + m_column) * 128 + k];
            }
        }
    }
}

/* gru: gru (one side of the product)
   (3) gru.v[b, t, m] = sum[i](gru.h[b, t - 1, i] * gru.weight_hh_l0[m, i]) + gru.bias_hh_l0[m]
   (4) gru.r[b, t, j] = sigmoid(gru.u[b, t, j + 0] + gru.v[b, t, j + 0])
   (5) gru.z[b, t, j] = sigmoid(gru.u[b, t, j + 128] + gru.v[b, t, j + 128])
   (6) gru.n[b, t, j] = tanh(gru.r[b, t, j] * gru.v[b, t, j + 256] + gru.u[b, t, j + 256])
   (7) gru.h[b, t, j] = gru.n[b, t, j] * (1 - gru.z[b, t, j]) + gru.h[b, t - 1, j] * gru.z[b, t, j]
   by class: gru.r[b, t, j] = sigmoid(gru.u@table[text[b, t], j + 0] + gru.v[b, t, j + 0])
*/
static void gru_384(
    real *restrict v_now,            /* [B, 384] */
    real *restrict h,                /* [64, B, 128] */
    const real *restrict bias_hh_l0, /* [384] */
    const real *restrict u_table,    /* [96, 384] */
    const int32_t *restrict text,    /* [B, 64] */
    const real *restrict u,          /* [64, B, 384] */
    int t,
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int m = 0; m < 384; m++) {
            v_now[b * 384 + m] = bias_hh_l0[m]; /* (3) */
        }
        for (int j = 0; j < 128; j++) {
            const real r = sigmoid(u_table[(text[b * 64 + t]) * 384 + j] + v_now[b * 384 + j]); /* (4) */
            const real z = sigmoid(u[t * 384 * batch + b * 384 + j + 128] + v_now[b * 384 + j + 128]); /* (5) */
            const real n = tanh_single(r * v_now[b * 384 + j + 256] + u[t * 384 * batch + b * 384 + j + 256]); /* (6) */
            h[t * 128 * batch + b * 128 + j] = (1.0f - z) * n; /* (7) */
        }
    }
}

/* gru: gru (one side of the product)
   (3) gru.v[b, t, m] = sum[i](gru.h[b, t - 1, i] * gru.weight_hh_l0[m, i]) + gru.bias_hh_l0[m]
*/
static void gru_12_32_128(
    real *restrict v_now,            /* [B, 384] */
    const real *restrict h,          /* [64, B, 128] */
    const real *restrict panels_2,   /* [12, 128, 32] */
    const real *restrict bias_hh_l0, /* [384] */
    int t,
    int batch,
    int all_rows)
{
    for (int m_panel = 0; m_panel < 12; m_panel++) {
        for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply_copied(tile, panel, fresh, rows, columns, 128,
                                h + (t - 1) * 128 * all_rows + i_tile * 128, 128, 1,
                                panels_2 + m_panel * 4096 + j_tile, 32, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int m_column = j_tile + c;
                        v_now[b * 384 + 32 * m_panel + m_column] = tile[r * COLUMNS + c] + bias_hh_l0[32 * m_panel + m_column];
                    }
                }
            }
        }
    }
}

/* gru: gru
   (4) gru.r[b, t, j] = sigmoid(gru.u[b, t, j + 0] + gru.v[b, t, j + 0])
   (5) gru.z[b, t, j] = sigmoid(gru.u[b, t, j + 128] + gru.v[b, t, j + 128])
   (6) gru.n[b, t, j] = tanh(gru.r[b, t, j] * gru.v[b, t, j + 256] + gru.u[b, t, j + 256])
   (7) gru.h[b, t, j] = gru.n[b, t, j] * (1 - gru.z[b, t, j]) + gru.h[b, t - 1, j] * gru.z[b, t, j]
   by class: gru.r[b, t, j] = sigmoid(gru.u@table[text[b, t], j + 0] + gru.v[b, t, j + 0])
*/
static void gru_128(
    real *restrict h,             /* [64, B, 128] */
    const real *restrict u_table, /* [96, 384] */
    const int32_t *restrict text, /* [B, 64] */
    const real *restrict v_now,   /* [B, 384] */
    const real *restrict u,       /* [64, B, 384] */
    int t,
    int batch,
    int all_rows)
{
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 128; j++) {
            const real r = sigmoid(u_table[(text[b * 64 + t]) * 384 + j] + v_now[b * 384 + j]); /* (4) */
            const real z = sigmoid(u[t * 384 * all_rows + b * 384 + j + 128] + v_now[b * 384 + j + 128]); /* (5) */
            const real n = tanh_single(r * v_now[b * 384 + j + 256] + u[t * 384 * all_rows + b * 384 + j + 256]); /* (6) */
            h[t * 128 * all_rows + b * 128 + j] = (1.0f - z) * n + h[(t - 1) * 128 * all_rows + b * 128 + j] * z; /* (7) */
        }
    }
}

/* head: linear
   (9) head[b, t, o] = sum[i](gru[b, t, i] * head.weight[o, i]) + head.bias[o]
*/
static void linear_64_96_128(
    real *restrict head,         /* [B, 64, 96] */
    const real *restrict gru,    /* [64, B, 128] */
    const real *restrict weight, /* [96, 128] */
    const real *restrict bias,   /* [96] */
    int batch)
{
    for (int j_tile = 0; j_tile < 96; j_tile += 96) {
        _Alignas(BYTES) real panels[128 * 96];
        _Alignas(BYTES) real tile[STRIP_ROWS * 112];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 64; i_tile += STRIP_ROWS) {
            const int rows = batch * 64 - i_tile < STRIP_ROWS ? batch * 64 - i_tile : STRIP_ROWS;
            const int columns = 96 - j_tile < 96 ? 96 - j_tile : 96;
            multiply_strip(tile, 112, panels, fresh, rows, columns, 128,
                           gru + i_tile * 128, 128, 1,
                           weight + j_tile * 128, 1, 128);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int t = (i_tile + r) / batch;
                const int b = (i_tile + r) % batch;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    head[b * 6144 + t * 96 + o] = tile[r * 112 + c] + bias[o];
                }
            }
        }
    }
}

/* loss: cross_entropy
   (10) loss.m[b, t] = max[i](head[b, t, i])
   (11) loss.e[b, t, j] = exp(head[b, t, j] - loss.m[b, t])
   (12) loss.S[b, t] = sum[i](loss.e[b, t, i])
*/
static void cross_entropy_64_96(
    real *restrict m,          /* [B, 64] */
    real *restrict e,          /* [64, B, 96] */
    real *restrict S,          /* [B, 64] */
    const real *restrict head, /* [B, 64, 96] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int t = 0; t < 64; t++) {
        for (int b = 0; b < batch; b++) {
            real parts[16] = {0};
            for (int part = 0; part < 16; part++) {
                parts[part] = -INFINITY;
            }
            for (int o_first = 0; o_first < 96; o_first += 16) {
#pragma GCC unroll 1
                for (int part = 0; part < 16; part++) {
                    const int o = o_first + part;
                    parts[part] = maximum(parts[part], head[b * 6144 + t * 96 + o]);
                }
            }
            const real largest = largest_of(parts);
            m[b * 64 + t] = largest; /* (10) */
            for (int j = 0; j < 96; j++) {
                e[t * 96 * batch + b * 96 + j] = exp_single(head[b * 6144 + t * 96 + j] - m[b * 64 + t]); /* (11) */
            }
            real parts_2[16] = {0};
            for (int j_first = 0; j_first < 96; j_first += 16) {
                for (int part_2 = 0; part_2 < 16; part_2++) {
                    const int j = j_first + part_2;
                    parts_2[part_2] += e[t * 96 * batch + b * 96 + j];
                }
            }
            const real sum = sum_of(parts_2);
            S[b * 64 + t] = sum; /* (12) */
        }
    }
}

/* loss: cross_entropy
   (14) loss = sum[b, i](log(loss.S[b, i]) + loss.m[b, i] - head[b, i, next[b, i]]) / (64 * B)
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
                parts[part] += m[b * 64 + t] - head[b * 6144 + t * 96 + next[b * 64 + t]] + log_single(S[b * 64 + t]);
            }
        }
    }
    const real sum = sum_of(parts);
    *loss = sum / (64.0f * (real)batch);
}

/* gru: gru
   (3) gru.v[b, t, m] = sum[i](gru.h[b, t - 1, i] * gru.weight_hh_l0[m, i]) + gru.bias_hh_l0[m]
   (4) gru.r[b, t, j] = sigmoid(gru.u[b, t, j + 0] + gru.v[b, t, j + 0])
   (5) gru.z[b, t, j] = sigmoid(gru.u[b, t, j + 128] + gru.v[b, t, j + 128])
   (6) gru.n[b, t, j] = tanh(gru.r[b, t, j] * gru.v[b, t, j + 256] + gru.u[b, t, j + 256])
   (7) gru.h[b, t, j] = gru.n[b, t, j] * (1 - gru.z[b, t, j]) + gru.h[b, t - 1, j] * gru.z[b, t, j]
   by class: gru.r[b, t, j] = sigmoid(gru.u@table[text[b, t], j + 0] + gru.v[b, t, j + 0])
*/
static void gru_384_v2(
    real *restrict v,                /* [64, B, 384] */
    real *restrict r,                /* [64, B, 128] */
    real *restrict z,                /* [64, B, 128] */
    real *restrict n,                /* [64, B, 128] */
    real *restrict h,                /* [64, B, 128] */
    const real *restrict bias_hh_l0, /* [384] */
    const real *restrict u_table,    /* [96, 384] */
    const int32_t *restrict text,    /* [B, 64] */
    const real *restrict u,          /* [64, B, 384] */
    int t,
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int m = 0; m < 384; m++) {
            v[t * 384 * batch + b * 384 + m] = bias_hh_l0[m]; /* (3) */
        }
        for (int j = 0; j < 128; j++) {
            r[t * 128 * batch + b * 128 + j] = sigmoid(u_table[(text[b * 64 + t]) * 384 + j] + v[t * 384 * batch + b * 384 + j]); /* (4) */
            z[t * 128 * batch + b * 128 + j] = sigmoid(u[t * 384 * batch + b * 384 + j + 128] + v[t * 384 * batch + b * 384 + j + 128]); /* (5) */
            n[t * 128 * batch + b * 128 + j] = tanh_single(r[t * 128 * batch + b * 128 + j] * v[t * 384 * batch + b * 384 + j + 256] + u[t * 384 * batch + b * 384 + j + 256]); /* (6) */
            h[t * 128 * batch + b * 128 + j] = (1.0f - z[t * 128 * batch + b * 128 + j]) * n[t * 128 * batch + b * 128 + j]; /* (7) */
        }
    }
}

/* gru: gru
   (3) gru.v[b, t, m] = sum[i](gru.h[b, t - 1, i] * gru.weight_hh_l0[m, i]) + gru.bias_hh_l0[m]
*/
static void gru_12_32_128_v2(
    real *restrict v,                /* [64, B, 384] */
    const real *restrict h,          /* [64, B, 128] */
    const real *restrict panels_2,   /* [12, 128, 32] */
    const real *restrict bias_hh_l0, /* [384] */
    int t,
    int batch,
    int all_rows)
{
    for (int m_panel = 0; m_panel < 12; m_panel++) {
        for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply_copied(tile, panel, fresh, rows, columns, 128,
                                h + (t - 1) * 128 * all_rows + i_tile * 128, 128, 1,
                                panels_2 + m_panel * 4096 + j_tile, 32, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int m_column = j_tile + c;
                        v[t * 384 * all_rows + b * 384 + 32 * m_panel + m_column] = tile[r * COLUMNS + c] + bias_hh_l0[32 * m_panel + m_column];
                    }
                }
            }
        }
    }
}

/* gru: gru
   (4) gru.r[b, t, j] = sigmoid(gru.u[b, t, j + 0] + gru.v[b, t, j + 0])
   (5) gru.z[b, t, j] = sigmoid(gru.u[b, t, j + 128] + gru.v[b, t, j + 128])
   (6) gru.n[b, t, j] = tanh(gru.r[b, t, j] * gru.v[b, t, j + 256] + gru.u[b, t, j + 256])
   (7) gru.h[b, t, j] = gru.n[b, t, j] * (1 - gru.z[b, t, j]) + gru.h[b, t - 1, j] * gru.z[b, t, j]
   by class: gru.r[b, t, j] = sigmoid(gru.u@table[text[b, t], j + 0] + gru.v[b, t, j + 0])
*/
static void gru_128_v2(
    real *restrict r,             /* [64, B, 128] */
    real *restrict z,             /* [64, B, 128] */
    real *restrict n,             /* [64, B, 128] */
    real *restrict h,             /* [64, B, 128] */
    const real *restrict u_table, /* [96, 384] */
    const int32_t *restrict text, /* [B, 64] */
    const real *restrict v,       /* [64, B, 384] */
    const real *restrict u,       /* [64, B, 384] */
    int t,
    int batch,
    int all_rows)
{
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 128; j++) {
            r[t * 128 * all_rows + b * 128 + j] = sigmoid(u_table[(text[b * 64 + t]) * 384 + j] + v[t * 384 * all_rows + b * 384 + j]); /* (4) */
            z[t * 128 * all_rows + b * 128 + j] = sigmoid(u[t * 384 * all_rows + b * 384 + j + 128] + v[t * 384 * all_rows + b * 384 + j + 128]); /* (5) */
            n[t * 128 * all_rows + b * 128 + j] = tanh_single(r[t * 128 * all_rows + b * 128 + j] * v[t * 384 * all_rows + b * 384 + j + 256] + u[t * 384 * all_rows + b * 384 + j + 256]); /* (6) */
            h[t * 128 * all_rows + b * 128 + j] = (1.0f - z[t * 128 * all_rows + b * 128 + j]) * n[t * 128 * all_rows + b * 128 + j] + h[(t - 1) * 128 * all_rows + b * 128 + j] * z[t * 128 * all_rows + b * 128 + j]; /* (7) */
        }
    }
}

/* loss: cross_entropy; head: gradient of linear
   (10) loss.m[b, t] = max[i](head[b, t, i])
   (11) loss.e[b, t, j] = exp(head[b, t, j] - loss.m[b, t])
   (12) loss.S[b, t] = sum[i](loss.e[b, t, i])
   (13) loss.p[b, t, j] = loss.e[b, t, j] / loss.S[b, t]
   (15) d.head[b, t, o] = (loss.p[b, t, o] - (o == next[b, t])) / (64 * B)
*/
static void cross_entropy_d_head_64_96(
    real *restrict m,             /* [B, 64] */
    real *restrict e,             /* [64, B, 96] */
    real *restrict S,             /* [B, 64] */
    real *restrict d_head,        /* [64, B, 96] */
    const real *restrict head,    /* [B, 64, 96] */
    const int32_t *restrict next, /* [B, 64] */
    int batch)
{
    const real scale2 = 1.0f / (64.0f * (real)batch); /* (15) */
#pragma omp for schedule(static) nowait
    for (int t = 0; t < 64; t++) {
        for (int b = 0; b < batch; b++) {
            real parts[16] = {0};
            for (int part = 0; part < 16; part++) {
                parts[part] = -INFINITY;
            }
            for (int o_first = 0; o_first < 96; o_first += 16) {
#pragma GCC unroll 1
                for (int part = 0; part < 16; part++) {
                    const int o = o_first + part;
                    parts[part] = maximum(parts[part], head[b * 6144 + t * 96 + o]);
                }
            }
            const real largest = largest_of(parts);
            m[b * 64 + t] = largest; /* (10) */
            for (int j = 0; j < 96; j++) {
                e[t * 96 * batch + b * 96 + j] = exp_single(head[b * 6144 + t * 96 + j] - m[b * 64 + t]); /* (11) */
            }
            real parts_2[16] = {0};
            for (int j_first = 0; j_first < 96; j_first += 16) {
                for (int part_2 = 0; part_2 < 16; part_2++) {
                    const int j = j_first + part_2;
                    parts_2[part_2] += e[t * 96 * batch + b * 96 + j];
                }
            }
            const real sum = sum_of(parts_2);
            S[b * 64 + t] = sum; /* (12) */
            const real scale = 1.0f / S[b * 64 + t];
            for (int j = 0; j < 96; j++) {
                const real p = scale * e[t * 96 * batch + b * 96 + j]; /* (13) */
                d_head[t * 96 * batch + b * 96 + j] = scale2 * (p - (j == next[b * 64 + t] ? 1.0f : 0.0f)); /* (15) */
            }
        }
    }
}

/* head: gradient of linear
   (16) d.head.weight[o, i] = sum[b, j](d.head[b, j, o] * gru[b, j, i])
*/
static void d_weight_96_128_64(
    real *restrict d_weight,     /* [96, 128] */
    const real *restrict d_head, /* [64, B, 96] */
    const real *restrict gru,    /* [64, B, 128] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 128; j_tile += 64) {
        _Alignas(BYTES) real panels[DEPTH * 64];
        _Alignas(BYTES) real tile[96 * 80];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 96; i_tile += 96) {
            const int rows = 96 - i_tile < 96 ? 96 - i_tile : 96;
            const int columns = 128 - j_tile < 64 ? 128 - j_tile : 64;
            multiply_across(tile, 80, panels, fresh, rows, columns, batch * 64,
                            d_head + i_tile, 1, 96,
                            gru + j_tile, 128, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_weight[o * 128 + i] = tile[r * 80 + c];
                }
            }
        }
    }
}

/* head: gradient of linear
   (17) d.head.bias[o] = sum[b, i](d.head[b, i, o])
*/
static void d_bias_96_64(
    real *restrict d_bias,       /* [96] */
    const real *restrict d_head, /* [64, B, 96] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int o_first = 0; o_first < 96; o_first += 64) {
        const int o_last = o_first + 64 < 96 ? o_first + 64 : 96;
        real sum[64] = {0};
        for (int t = 0; t < 64; t++) {
            for (int b = 0; b < batch; b++) {
                for (int o = o_first; o < o_last; o++) {
                    sum[o - o_first] += d_head[t * 96 * batch + b * 96 + o];
                }
            }
        }
        for (int o = o_first; o < o_last; o++) {
            d_bias[o] = sum[o - o_first];
        }
    }
}

/* gru: gradient of gru
   (18) d.gru[b, t, j] = sum[i](d.head[b, t, i] * head.weight[i, j])
*/
static void d_gru_64_128_96(
    real *restrict d_gru,        /* [64, B, 128] */
    const real *restrict d_head, /* [64, B, 96] */
    const real *restrict weight, /* [96, 128] */
    int batch)
{
    for (int j_tile = 0; j_tile < 128; j_tile += 128) {
        _Alignas(BYTES) real panels[96 * 128];
        _Alignas(BYTES) real tile[STRIP_ROWS * 144];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 64; i_tile += STRIP_ROWS) {
            const int rows = batch * 64 - i_tile < STRIP_ROWS ? batch * 64 - i_tile : STRIP_ROWS;
            const int columns = 128 - j_tile < 128 ? 128 - j_tile : 128;
            multiply_strip(tile, 144, panels, fresh, rows, columns, 96,
                           d_head + i_tile * 96, 96, 1,
                           weight + j_tile, 128, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int place = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int j = j_tile + c;
                    d_gru[place * 128 + j] = tile[r * 144 + c];
                }
            }
        }
    }
}

/* gru: gradient of gru (one side of the product)
   (19) d.gru.h[b, t, j] = sum[i](d.gru.v[b, t + 1, i] * gru.weight_hh_l0[i, j]) + d.gru.h[b, t + 1, j] * gru.z[b, t + 1, j] + d.gru[b, t, j]
*/
static void d_h_4_384_32(
    real *restrict panels2,            /* [4, 384, 32] */
    const real *restrict weight_hh_l0) /* [384, 128] */
{
#pragma omp for schedule(static) nowait collapse(2)
    for (int j_panel = 0; j_panel < 4; j_panel++) {
        for (int m = 0; m < 384; m++) {
            for (int j_column = 0; j_column < 32; j_column++) {
                panels2[j_panel * 12288 + m * 32 + j_column] = weight_hh_l0[m * 128 + 32 * j_panel + j_column];
            }
        }
    }
}

/* gru: gradient of gru
   (19) d.gru.h[b, t, j] = sum[i](d.gru.v[b, t + 1, i] * gru.weight_hh_l0[i, j]) + d.gru.h[b, t + 1, j] * gru.z[b, t + 1, j] + d.gru[b, t, j]
   (20) d.gru.n[b, t, j] = d.gru.h[b, t, j] * (1 - gru.z[b, t, j])
   (21) d.gru.z[b, t, j] = d.gru.h[b, t, j] * (gru.h[b, t - 1, j] - gru.n[b, t, j])
   (22) d.gru.r[b, t, j] = d.gru.n[b, t, j] * gru.v[b, t, j + 256] * (1 - gru.n[b, t, j]**2)
   (23) d.gru.v[b, t, m] = d.gru.n[b, t, m - 256] * gru.r[b, t, m - 256] * (1 - gru.n[b, t, m - 256]**2) + d.gru.r[b, t, m + 0] * gru.r[b, t, m + 0] * (1 - gru.r[b, t, m + 0]) + d.gru.z[b, t, m - 128] * gru.z[b, t, m - 128] * (1 - gru.z[b, t, m - 128])
*/
static void d_h_d_n_d_z_d_r_128(
    real *restrict d_h,         /* [64, B, 128] */
    real *restrict d_n,         /* [64, B, 128] */
    real *restrict d_z,         /* [64, B, 128] */
    real *restrict d_r,         /* [64, B, 128] */
    real *restrict d_v,         /* [64, B, 384] */
    const real *restrict d_gru, /* [64, B, 128] */
    const real *restrict z,     /* [64, B, 128] */
    const real *restrict h,     /* [64, B, 128] */
    const real *restrict n,     /* [64, B, 128] */
    const real *restrict v,     /* [64, B, 384] */
    const real *restrict r,     /* [64, B, 128] */
    int t,
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 128; j++) {
            d_h[t * 128 * batch + b * 128 + j] = d_gru[t * 128 * batch + b * 128 + j]; /* (19) */
            d_n[t * 128 * batch + b * 128 + j] = (1.0f - z[t * 128 * batch + b * 128 + j]) * d_h[t * 128 * batch + b * 128 + j]; /* (20) */
            d_z[t * 128 * batch + b * 128 + j] = (h[(t - 1) * 128 * batch + b * 128 + j] - n[t * 128 * batch + b * 128 + j]) * d_h[t * 128 * batch + b * 128 + j]; /* (21) */
            d_r[t * 128 * batch + b * 128 + j] = (1.0f - square(n[t * 128 * batch + b * 128 + j])) * d_n[t * 128 * batch + b * 128 + j] * v[t * 384 * batch + b * 384 + j + 256]; /* (22) */
        }
        for (int m = 0; m < 128; m++) {
            d_v[t * 384 * batch + b * 384 + m] = (1.0f - r[t * 128 * batch + b * 128 + m]) * d_r[t * 128 * batch + b * 128 + m] * r[t * 128 * batch + b * 128 + m];
        }
        for (int m = 128; m < 256; m++) {
            d_v[t * 384 * batch + b * 384 + m] = (1.0f - z[t * 128 * batch + b * 128 + m - 128]) * d_z[t * 128 * batch + b * 128 + m - 128] * z[t * 128 * batch + b * 128 + m - 128];
        }
        for (int m = 256; m < 384; m++) {
            d_v[t * 384 * batch + b * 384 + m] = (1.0f - square(n[t * 128 * batch + b * 128 + m - 256])) * d_n[t * 128 * batch + b * 128 + m - 256] * r[t * 128 * batch + b * 128 + m - 256]; /* (23) */
        }
    }
}

/* gru: gradient of gru
   (19) d.gru.h[b, t, j] = sum[i](d.gru.v[b, t + 1, i] * gru.weight_hh_l0[i, j]) + d.gru.h[b, t + 1, j] * gru.z[b, t + 1, j] + d.gru[b, t, j]
   (20) d.gru.n[b, t, j] = d.gru.h[b, t, j] * (1 - gru.z[b, t, j])
   (21) d.gru.z[b, t, j] = d.gru.h[b, t, j] * (gru.h[b, t - 1, j] - gru.n[b, t, j])
   (22) d.gru.r[b, t, j] = d.gru.n[b, t, j] * gru.v[b, t, j + 256] * (1 - gru.n[b, t, j]**2)
*/
static void d_h_d_n_d_z_d_r_4_32_384(
    real *restrict d_h,           /* [64, B, 128] */
    real *restrict d_n,           /* [64, B, 128] */
    real *restrict d_z,           /* [64, B, 128] */
    real *restrict d_r,           /* [64, B, 128] */
    const real *restrict d_v,     /* [64, B, 384] */
    const real *restrict panels2, /* [4, 384, 32] */
    const real *restrict z,       /* [64, B, 128] */
    const real *restrict d_gru,   /* [64, B, 128] */
    const real *restrict h,       /* [64, B, 128] */
    const real *restrict n,       /* [64, B, 128] */
    const real *restrict v,       /* [64, B, 384] */
    int t,
    int batch,
    int all_rows)
{
    for (int j_panel = 0; j_panel < 4; j_panel++) {
        for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply_copied(tile, panel, fresh, rows, columns, 384,
                                d_v + (t + 1) * 384 * all_rows + i_tile * 384, 384, 1,
                                panels2 + j_panel * 12288 + j_tile, 32, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int j_column = j_tile + c;
                        d_h[t * 128 * all_rows + b * 128 + 32 * j_panel + j_column] = tile[r * COLUMNS + c] + d_h[(t + 1) * 128 * all_rows + b * 128 + 32 * j_panel + j_column] * z[(t + 1) * 128 * all_rows + b * 128 + 32 * j_panel + j_column] + d_gru[t * 128 * all_rows + b * 128 + 32 * j_panel + j_column]; /* (19) */
                        d_n[t * 128 * all_rows + b * 128 + 32 * j_panel + j_column] = (1.0f - z[t * 128 * all_rows + b * 128 + 32 * j_panel + j_column]) * d_h[t * 128 * all_rows + b * 128 + 32 * j_panel + j_column]; /* (20) */
                        d_z[t * 128 * all_rows + b * 128 + 32 * j_panel + j_column] = (h[(t - 1) * 128 * all_rows + b * 128 + 32 * j_panel + j_column] - n[t * 128 * all_rows + b * 128 + 32 * j_panel + j_column]) * d_h[t * 128 * all_rows + b * 128 + 32 * j_panel + j_column]; /* (21) */
                        d_r[t * 128 * all_rows + b * 128 + 32 * j_panel + j_column] = (1.0f - square(n[t * 128 * all_rows + b * 128 + 32 * j_panel + j_column])) * d_n[t * 128 * all_rows + b * 128 + 32 * j_panel + j_column] * v[t * 384 * all_rows + b * 384 + 32 * j_panel + j_column + 256]; /* (22) */
                    }
                }
            }
        }
    }
}

/* gru: gradient of gru
   (23) d.gru.v[b, t, m] = d.gru.n[b, t, m - 256] * gru.r[b, t, m - 256] * (1 - gru.n[b, t, m - 256]**2) + d.gru.r[b, t, m + 0] * gru.r[b, t, m + 0] * (1 - gru.r[b, t, m + 0]) + d.gru.z[b, t, m - 128] * gru.z[b, t, m - 128] * (1 - gru.z[b, t, m - 128])
*/
static void d_v_128(
    real *restrict d_v,       /* [64, B, 384] */
    const real *restrict r,   /* [64, B, 128] */
    const real *restrict d_r, /* [64, B, 128] */
    const real *restrict z,   /* [64, B, 128] */
    const real *restrict d_z, /* [64, B, 128] */
    const real *restrict n,   /* [64, B, 128] */
    const real *restrict d_n, /* [64, B, 128] */
    int t,
    int batch,
    int all_rows)
{
    for (int b = 0; b < batch; b++) {
        for (int m = 0; m < 128; m++) {
            d_v[t * 384 * all_rows + b * 384 + m] = (1.0f - r[t * 128 * all_rows + b * 128 + m]) * d_r[t * 128 * all_rows + b * 128 + m] * r[t * 128 * all_rows + b * 128 + m];
        }
        for (int m = 128; m < 256; m++) {
            d_v[t * 384 * all_rows + b * 384 + m] = (1.0f - z[t * 128 * all_rows + b * 128 + m - 128]) * d_z[t * 128 * all_rows + b * 128 + m - 128] * z[t * 128 * all_rows + b * 128 + m - 128];
        }
        for (int m = 256; m < 384; m++) {
            d_v[t * 384 * all_rows + b * 384 + m] = (1.0f - square(n[t * 128 * all_rows + b * 128 + m - 256])) * d_n[t * 128 * all_rows + b * 128 + m - 256] * r[t * 128 * all_rows + b * 128 + m - 256];
        }
    }
}

/* gru: gradient of gru
   (19) d.gru.h[b, t, j] = sum[i](d.gru.v[b, t + 1, i] * gru.weight_hh_l0[i, j]) + d.gru.h[b, t + 1, j] * gru.z[b, t + 1, j] + d.gru[b, t, j]
   (20) d.gru.n[b, t, j] = d.gru.h[b, t, j] * (1 - gru.z[b, t, j])
   (21) d.gru.z[b, t, j] = d.gru.h[b, t, j] * (gru.h[b, t - 1, j] - gru.n[b, t, j])
   (22) d.gru.r[b, t, j] = d.gru.n[b, t, j] * gru.v[b, t, j + 256] * (1 - gru.n[b, t, j]**2)
*/
static void d_h_d_n_d_z_d_r_4_32_384_v2(
    real *restrict d_h,           /* [64, B, 128] */
    real *restrict d_n,           /* [64, B, 128] */
    real *restrict d_z,           /* [64, B, 128] */
    real *restrict d_r,           /* [64, B, 128] */
    const real *restrict d_v,     /* [64, B, 384] */
    const real *restrict panels2, /* [4, 384, 32] */
    const real *restrict z,       /* [64, B, 128] */
    const real *restrict d_gru,   /* [64, B, 128] */
    const real *restrict n,       /* [64, B, 128] */
    const real *restrict v,       /* [64, B, 384] */
    int t,
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int j_panel = 0; j_panel < 4; j_panel++) {
        for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 384,
                         d_v + (t + 1) * 384 * batch + i_tile * 384, 384, 1,
                         panels2 + j_panel * 12288 + j_tile, 32, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int j_column = j_tile + c;
                        d_h[t * 128 * batch + b * 128 + 32 * j_panel + j_column] = tile[r * COLUMNS + c] + d_h[(t + 1) * 128 * batch + b * 128 + 32 * j_panel + j_column] * z[(t + 1) * 128 * batch + b * 128 + 32 * j_panel + j_column] + d_gru[t * 128 * batch + b * 128 + 32 * j_panel + j_column]; /* (19) */
                        d_n[t * 128 * batch + b * 128 + 32 * j_panel + j_column] = (1.0f - z[t * 128 * batch + b * 128 + 32 * j_panel + j_column]) * d_h[t * 128 * batch + b * 128 + 32 * j_panel + j_column]; /* (20) */
                        d_z[t * 128 * batch + b * 128 + 32 * j_panel + j_column] = -n[t * 128 * batch + b * 128 + 32 * j_panel + j_column] * d_h[t * 128 * batch + b * 128 + 32 * j_panel + j_column]; /* (21) */
                        d_r[t * 128 * batch + b * 128 + 32 * j_panel + j_column] = (1.0f - square(n[t * 128 * batch + b * 128 + 32 * j_panel + j_column])) * d_n[t * 128 * batch + b * 128 + 32 * j_panel + j_column] * v[t * 384 * batch + b * 384 + 32 * j_panel + j_column + 256]; /* (22) */
                    }
                }
            }
        }
    }
}

/* gru: gradient of gru
   (23) d.gru.v[b, t, m] = d.gru.n[b, t, m - 256] * gru.r[b, t, m - 256] * (1 - gru.n[b, t, m - 256]**2) + d.gru.r[b, t, m + 0] * gru.r[b, t, m + 0] * (1 - gru.r[b, t, m + 0]) + d.gru.z[b, t, m - 128] * gru.z[b, t, m - 128] * (1 - gru.z[b, t, m - 128])
*/
static void d_v_128_v2(
    real *restrict d_v,       /* [64, B, 384] */
    const real *restrict r,   /* [64, B, 128] */
    const real *restrict d_r, /* [64, B, 128] */
    const real *restrict z,   /* [64, B, 128] */
    const real *restrict d_z, /* [64, B, 128] */
    const real *restrict n,   /* [64, B, 128] */
    const real *restrict d_n, /* [64, B, 128] */
    int t,
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int m = 0; m < 128; m++) {
            d_v[t * 384 * batch + b * 384 + m] = (1.0f - r[t * 128 * batch + b * 128 + m]) * d_r[t * 128 * batch + b * 128 + m] * r[t * 128 * batch + b * 128 + m];
        }
        for (int m = 128; m < 256; m++) {
            d_v[t * 384 * batch + b * 384 + m] = (1.0f - z[t * 128 * batch + b * 128 + m - 128]) * d_z[t * 128 * batch + b * 128 + m - 128] * z[t * 128 * batch + b * 128 + m - 128];
        }
        for (int m = 256; m < 384; m++) {
            d_v[t * 384 * batch + b * 384 + m] = (1.0f - square(n[t * 128 * batch + b * 128 + m - 256])) * d_n[t * 128 * batch + b * 128 + m - 256] * r[t * 128 * batch + b * 128 + m - 256];
        }
    }
}

/* gru: gradient of gru
   (26) d.gru.u[b, t, m] = d.gru.n[b, t, m - 256] * (1 - gru.n[b, t, m - 256]**2) + d.gru.r[b, t, m + 0] * gru.r[b, t, m + 0] * (1 - gru.r[b, t, m + 0]) + d.gru.z[b, t, m - 128] * gru.z[b, t, m - 128] * (1 - gru.z[b, t, m - 128])
*/
static void d_u_64_128(
    real *restrict d_u,       /* [64, B, 384] */
    const real *restrict r,   /* [64, B, 128] */
    const real *restrict d_r, /* [64, B, 128] */
    const real *restrict z,   /* [64, B, 128] */
    const real *restrict d_z, /* [64, B, 128] */
    const real *restrict n,   /* [64, B, 128] */
    const real *restrict d_n, /* [64, B, 128] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int t = 0; t < 64; t++) {
        for (int b = 0; b < batch; b++) {
            for (int m = 0; m < 128; m++) {
                d_u[t * 384 * batch + b * 384 + m] = (1.0f - r[t * 128 * batch + b * 128 + m]) * d_r[t * 128 * batch + b * 128 + m] * r[t * 128 * batch + b * 128 + m];
            }
            for (int m = 128; m < 256; m++) {
                d_u[t * 384 * batch + b * 384 + m] = (1.0f - z[t * 128 * batch + b * 128 + m - 128]) * d_z[t * 128 * batch + b * 128 + m - 128] * z[t * 128 * batch + b * 128 + m - 128];
            }
            for (int m = 256; m < 384; m++) {
                d_u[t * 384 * batch + b * 384 + m] = (1.0f - square(n[t * 128 * batch + b * 128 + m - 256])) * d_n[t * 128 * batch + b * 128 + m - 256];
            }
        }
    }
}

/* gru: gradient of gru
   (24) d.gru.weight_hh_l0[m, k] = sum[b, i](d.gru.v[b, i, m] * gru.h[b, i - 1, k])
*/
static void d_weight_hh_l0_384_128_63(
    real *restrict d_weight_hh_l0, /* [384, 128] */
    const real *restrict d_v,      /* [64, B, 384] */
    const real *restrict h,        /* [64, B, 128] */
    int batch)
{
    for (int j_tile = 0; j_tile < 128; j_tile += 128) {
        _Alignas(BYTES) real panels[DEPTH * 128];
        _Alignas(BYTES) real tile[192 * 144];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < 384; i_tile += 192) {
            const int rows = 384 - i_tile < 192 ? 384 - i_tile : 192;
            const int columns = 128 - j_tile < 128 ? 128 - j_tile : 128;
            multiply_across(tile, 144, panels, fresh, rows, columns, batch * 63,
                            d_v + 1 * 384 * batch + i_tile, 1, 384,
                            h + j_tile, 128, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int m = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int k = j_tile + c;
                    d_weight_hh_l0[m * 128 + k] = tile[r * 144 + c];
                }
            }
        }
    }
}

/* gru: gradient of gru
   (25) d.gru.bias_hh_l0[m] = sum[b, i](d.gru.v[b, i, m])
*/
static void d_bias_hh_l0_384_64(
    real *restrict d_bias_hh_l0, /* [384] */
    const real *restrict d_v,    /* [64, B, 384] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int m_first = 0; m_first < 384; m_first += 64) {
        const int m_last = m_first + 64 < 384 ? m_first + 64 : 384;
        real sum[64] = {0};
        for (int t = 0; t < 64; t++) {
            for (int b = 0; b < batch; b++) {
                for (int m = m_first; m < m_last; m++) {
                    sum[m - m_first] += d_v[t * 384 * batch + b * 384 + m];
                }
            }
        }
        for (int m = m_first; m < m_last; m++) {
            d_bias_hh_l0[m] = sum[m - m_first];
        }
    }
}

/* gru: gradient of gru (one side of the product)
   (27) d.gru.weight_ih_l0[m, d] = sum[b, i](d.gru.u[b, i, m] * embedding[b, i, d])
*/
static void d_weight_ih_l0_96_384(
    real *restrict d_u_text) /* [96, 384] */
{
#pragma omp for schedule(static) nowait
    for (int vm = 0; vm < 36864; vm++) {
        d_u_text[vm] = 0.0f;
    }
}

/* embedding: embedding; gru: gradient of gru (one side of the product)
   (1) embedding[b, i, d] = embedding.weight[text[b, i], d]
   (27) d.gru.weight_ih_l0[m, d] = sum[b, i](d.gru.u[b, i, m] * embedding[b, i, d])
   by class: d.gru.u@text[v, m] = sum[b, i](d.gru.u[b, i, m] * (v == text[b, i]))
*/
static void embedding_d_weight_ih_l0_384_64(
    real *restrict d_u_text,      /* [96, 384] */
    const real *restrict d_u,     /* [64, B, 384] */
    const int32_t *restrict text, /* [B, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int m_first = 0; m_first < 384; m_first += 96) {
        for (int i = 0; i < 64; i++) {
            for (int b = 0; b < batch; b++) {
                for (int c = 0; c < 96; c++) {
                    const int m = m_first + c;
                    d_u_text[(text[b * 64 + i]) * 384 + m] += d_u[i * 384 * batch + b * 384 + m];
                }
            }
        }
    }
}

/* embedding: embedding; gru: gradient of gru
   (1) embedding[b, i, d] = embedding.weight[text[b, i], d]
   (27) d.gru.weight_ih_l0[m, d] = sum[b, i](d.gru.u[b, i, m] * embedding[b, i, d])
   by class: d.gru.weight_ih_l0[m, d] = sum[i](d.gru.u@text[i, m] * embedding.weight[i, d])
*/
static void embedding_d_weight_ih_l0_384_32_96(
    real *restrict d_weight_ih_l0, /* [384, 32] */
    const real *restrict d_u_text, /* [96, 384] */
    const real *restrict weight)   /* [96, 32] */
{
    const int high = even(384, TILE_ROWS, ROWS);
    for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < 384; i_tile += high) {
            const int rows = 384 - i_tile < high ? 384 - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 96,
                     d_u_text + i_tile, 1, 384,
                     weight + j_tile, 32, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int m = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int d = j_tile + c;
                    d_weight_ih_l0[m * 32 + d] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* gru: gradient of gru
   (28) d.gru.bias_ih_l0[m] = sum[b, i](d.gru.u[b, i, m])
   by class: d.gru.bias_ih_l0[m] = sum[i](d.gru.u@text[i, m])
*/
static void d_bias_ih_l0_384_96(
    real *restrict d_bias_ih_l0,   /* [384] */
    const real *restrict d_u_text) /* [96, 384] */
{
    real sum[384] = {0};
    for (int v = 0; v < 96; v++) {
        for (int m = 0; m < 384; m++) {
            sum[m] += d_u_text[v * 384 + m];
        }
    }
    for (int m = 0; m < 384; m++) {
        d_bias_ih_l0[m] = sum[m];
    }
}

/* embedding: gradient of embedding
   (29) d.embedding[b, i, d] = sum[j](d.gru.u[b, i, j] * gru.weight_ih_l0[j, d])
   (30) d.embedding.weight[v, d] = sum[b, i](d.embedding[b, i, d] * (v == text[b, i]))
   by class: d.embedding.weight[v, d] = sum[i](d.gru.u@text[v, i] * gru.weight_ih_l0[i, d])
*/
static void d_embedding_d_weight_96_32_384(
    real *restrict d_weight,           /* [96, 32] */
    const real *restrict d_u_text,     /* [96, 384] */
    const real *restrict weight_ih_l0) /* [384, 32] */
{
    const int high = even(96, TILE_ROWS / 4, ROWS);
    for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < 96; i_tile += high) {
            const int rows = 96 - i_tile < high ? 96 - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 384,
                     d_u_text + i_tile * 384, 384, 1,
                     weight_ih_l0 + j_tile, 32, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int v = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int d = j_tile + c;
                    d_weight[v * 32 + d] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* optimizer: adam rate, next step
   (31) optimizer.rate = lr / (1 - beta1**(1 + t))
   (32) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
   (33) t.next = 1 + t
*/
static void adam_rate_next_step(
    double *restrict rate,
    double *restrict scale,
    double *restrict t,
    const double *restrict lr,
    const double *restrict beta1,
    const double *restrict beta2)
{
    *rate = *lr / (1.0 - pow(*beta1, *t + 1.0)); /* (31) */
    *scale = 1.0 / sqrt(1.0 - pow(*beta2, *t + 1.0)); /* (32) */
    *t = *t + 1.0; /* (33) */
}

/* embedding: clip_norm
   (34) embedding.weight.g.square = sum[i, j](d.embedding.weight[i, j]**2)
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
    const real sum = sum_of(parts);
    *square_2 = sum;
}

/* gru: clip_norm
   (35) gru.weight_ih_l0.g.square = sum[i, j](d.gru.weight_ih_l0[i, j]**2)
*/
static void clip_norm_384_32(
    real *restrict square_2,
    const real *restrict d_weight_ih_l0) /* [384, 32] */
{
    real parts[16] = {0};
    for (int md_first = 0; md_first < 12288; md_first += 16) {
        for (int part = 0; part < 16; part++) {
            const int md = md_first + part;
            parts[part] += square(d_weight_ih_l0[md]);
        }
    }
    const real sum = sum_of(parts);
    *square_2 = sum;
}

/* gru: clip_norm
   (36) gru.weight_hh_l0.g.square = sum[i, j](d.gru.weight_hh_l0[i, j]**2)
*/
static void clip_norm_384_128(
    real *restrict square_2,
    const real *restrict d_weight_hh_l0) /* [384, 128] */
{
    real parts[16] = {0};
    for (int mk_first = 0; mk_first < 49152; mk_first += 16) {
        for (int part = 0; part < 16; part++) {
            const int mk = mk_first + part;
            parts[part] += square(d_weight_hh_l0[mk]);
        }
    }
    const real sum = sum_of(parts);
    *square_2 = sum;
}

/* gru: clip_norm
   (37) gru.bias_ih_l0.g.square = sum[i](d.gru.bias_ih_l0[i]**2)
   and, in other places, (38)
*/
static void clip_norm_384(
    real *restrict square_2,
    const real *restrict d_bias_ih_l0) /* [384] */
{
    real parts[16] = {0};
    for (int m_first = 0; m_first < 384; m_first += 16) {
        for (int part = 0; part < 16; part++) {
            const int m = m_first + part;
            parts[part] += square(d_bias_ih_l0[m]);
        }
    }
    const real sum = sum_of(parts);
    *square_2 = sum;
}

/* head: clip_norm
   (39) head.weight.g.square = sum[i, j](d.head.weight[i, j]**2)
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
    const real sum = sum_of(parts);
    *square_2 = sum;
}

/* head: clip_norm; optimizer: clip_norm
   (40) head.bias.g.square = sum[i](d.head.bias[i]**2)
   (41) optimizer.norm = sqrt(embedding.weight.g.square + gru.bias_hh_l0.g.square + gru.bias_ih_l0.g.square + gru.weight_hh_l0.g.square + gru.weight_ih_l0.g.square + head.bias.g.square + head.weight.g.square)
   (42) optimizer.shrink = min(1, clip_norm / (optimizer.norm + 0.000001))
*/
static void clip_norm_96(
    double *restrict shrink,
    const real *restrict d_bias,                    /* [96] */
    const real *restrict square_2,
    const real *restrict gru_bias_hh_l0_g_square,
    const real *restrict gru_bias_ih_l0_g_square,
    const real *restrict gru_weight_hh_l0_g_square,
    const real *restrict gru_weight_ih_l0_g_square,
    const real *restrict head_weight_g_square,
    const double *restrict clip_norm)
{
    real parts[16] = {0};
    for (int o_first = 0; o_first < 96; o_first += 16) {
        for (int part = 0; part < 16; part++) {
            const int o = o_first + part;
            parts[part] += square(d_bias[o]);
        }
    }
    const real head_bias_g_square = sum_of(parts); /* (40) */
    const double norm = (double)sqrtf(*square_2 + *gru_bias_hh_l0_g_square + *gru_bias_ih_l0_g_square + *gru_weight_hh_l0_g_square + *gru_weight_ih_l0_g_square + head_bias_g_square + *head_weight_g_square); /* (41) */
    *shrink = minimum_d(1.0, *clip_norm / (norm + 1e-06)); /* (42) */
}

/* gru: clip_norm, adam
   (45) gru.weight_hh_l0.g.shrunk[m, k] = optimizer.shrink * d.gru.weight_hh_l0[m, k]
   (56) gru.weight_hh_l0.m.next[i, k] = (1 - beta1) * gru.weight_hh_l0.g.shrunk[i, k] + beta1 * gru.weight_hh_l0.m[i, k]
   (57) gru.weight_hh_l0.v.next[i, k] = (1 - beta2) * gru.weight_hh_l0.g.shrunk[i, k]**2 + beta2 * gru.weight_hh_l0.v[i, k]
   (58) gru.weight_hh_l0.next[i, k] = gru.weight_hh_l0[i, k] - optimizer.rate * gru.weight_hh_l0.m.next[i, k] / (optimizer.scale * sqrt(gru.weight_hh_l0.v.next[i, k]) + eps)
*/
static void clip_norm_adam_384_128(
    real *restrict gru_weight_hh_l0_m,   /* [384, 128] */
    real *restrict v,                    /* [384, 128] */
    real *restrict weight_hh_l0,         /* [384, 128] */
    const double *restrict shrink,
    const real *restrict d_weight_hh_l0, /* [384, 128] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real shrink_real = (real)*shrink; /* (45) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (56) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (57) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (58) */
#pragma omp for schedule(static) nowait
    for (int mk = 0; mk < 49152; mk++) {
        const real shrunk = shrink_real * d_weight_hh_l0[mk]; /* (45) */
        gru_weight_hh_l0_m[mk] = normal(one_minus_beta1 * shrunk + beta1_real * gru_weight_hh_l0_m[mk]); /* (56) */
        v[mk] = normal(one_minus_beta2 * square(shrunk) + beta2_real * v[mk]); /* (57) */
        weight_hh_l0[mk] = weight_hh_l0[mk] - rate_real * gru_weight_hh_l0_m[mk] / (scale_real * sqrtf(v[mk]) + eps_real); /* (58) */
    }
}

/* gru: clip_norm, adam
   (44) gru.weight_ih_l0.g.shrunk[m, d] = optimizer.shrink * d.gru.weight_ih_l0[m, d]
   (53) gru.weight_ih_l0.m.next[i, d] = (1 - beta1) * gru.weight_ih_l0.g.shrunk[i, d] + beta1 * gru.weight_ih_l0.m[i, d]
   (54) gru.weight_ih_l0.v.next[i, d] = (1 - beta2) * gru.weight_ih_l0.g.shrunk[i, d]**2 + beta2 * gru.weight_ih_l0.v[i, d]
   (55) gru.weight_ih_l0.next[i, d] = gru.weight_ih_l0[i, d] - optimizer.rate * gru.weight_ih_l0.m.next[i, d] / (optimizer.scale * sqrt(gru.weight_ih_l0.v.next[i, d]) + eps)
*/
static void clip_norm_adam_384_32(
    real *restrict gru_weight_ih_l0_m,   /* [384, 32] */
    real *restrict v,                    /* [384, 32] */
    real *restrict weight_ih_l0,         /* [384, 32] */
    const double *restrict shrink,
    const real *restrict d_weight_ih_l0, /* [384, 32] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real shrink_real = (real)*shrink; /* (44) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (53) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (54) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (55) */
#pragma omp for schedule(static) nowait
    for (int md = 0; md < 12288; md++) {
        const real shrunk = shrink_real * d_weight_ih_l0[md]; /* (44) */
        gru_weight_ih_l0_m[md] = normal(one_minus_beta1 * shrunk + beta1_real * gru_weight_ih_l0_m[md]); /* (53) */
        v[md] = normal(one_minus_beta2 * square(shrunk) + beta2_real * v[md]); /* (54) */
        weight_ih_l0[md] = weight_ih_l0[md] - rate_real * gru_weight_ih_l0_m[md] / (scale_real * sqrtf(v[md]) + eps_real); /* (55) */
    }
}

/* head: clip_norm, adam
   (48) head.weight.g.shrunk[o, i] = optimizer.shrink * d.head.weight[o, i]
   (65) head.weight.m.next[o, i] = (1 - beta1) * head.weight.g.shrunk[o, i] + beta1 * head.weight.m[o, i]
   (66) head.weight.v.next[o, i] = (1 - beta2) * head.weight.g.shrunk[o, i]**2 + beta2 * head.weight.v[o, i]
   (67) head.weight.next[o, i] = head.weight[o, i] - optimizer.rate * head.weight.m.next[o, i] / (optimizer.scale * sqrt(head.weight.v.next[o, i]) + eps)
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
    const real shrink_real = (real)*shrink; /* (48) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (65) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (66) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (67) */
#pragma omp for schedule(static) nowait
    for (int oi = 0; oi < 12288; oi++) {
        const real shrunk = shrink_real * d_weight[oi]; /* (48) */
        m[oi] = normal(one_minus_beta1 * shrunk + beta1_real * m[oi]); /* (65) */
        v[oi] = normal(one_minus_beta2 * square(shrunk) + beta2_real * v[oi]); /* (66) */
        weight[oi] = weight[oi] - rate_real * m[oi] / (scale_real * sqrtf(v[oi]) + eps_real); /* (67) */
    }
}

/* embedding: clip_norm, adam
   (43) embedding.weight.g.shrunk[v, d] = optimizer.shrink * d.embedding.weight[v, d]
   (50) embedding.weight.m.next[i, d] = (1 - beta1) * embedding.weight.g.shrunk[i, d] + beta1 * embedding.weight.m[i, d]
   (51) embedding.weight.v.next[i, d] = (1 - beta2) * embedding.weight.g.shrunk[i, d]**2 + beta2 * embedding.weight.v[i, d]
   (52) embedding.weight.next[i, d] = embedding.weight[i, d] - optimizer.rate * embedding.weight.m.next[i, d] / (optimizer.scale * sqrt(embedding.weight.v.next[i, d]) + eps)
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
    const real shrink_real = (real)*shrink; /* (43) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (50) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (51) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (52) */
#pragma omp for schedule(static) nowait
    for (int vd = 0; vd < 3072; vd++) {
        const real shrunk = shrink_real * d_weight[vd]; /* (43) */
        m[vd] = normal(one_minus_beta1 * shrunk + beta1_real * m[vd]); /* (50) */
        embedding_weight_v[vd] = normal(one_minus_beta2 * square(shrunk) + beta2_real * embedding_weight_v[vd]); /* (51) */
        weight[vd] = weight[vd] - rate_real * m[vd] / (scale_real * sqrtf(embedding_weight_v[vd]) + eps_real); /* (52) */
    }
}

/* gru: clip_norm, adam
   (46) gru.bias_ih_l0.g.shrunk[m] = optimizer.shrink * d.gru.bias_ih_l0[m]
   (59) gru.bias_ih_l0.m.next[i] = (1 - beta1) * gru.bias_ih_l0.g.shrunk[i] + beta1 * gru.bias_ih_l0.m[i]
   (60) gru.bias_ih_l0.v.next[i] = (1 - beta2) * gru.bias_ih_l0.g.shrunk[i]**2 + beta2 * gru.bias_ih_l0.v[i]
   (61) gru.bias_ih_l0.next[i] = gru.bias_ih_l0[i] - optimizer.rate * gru.bias_ih_l0.m.next[i] / (optimizer.scale * sqrt(gru.bias_ih_l0.v.next[i]) + eps)
   and, in other places, (47) (62) (63) (64)
*/
static void clip_norm_adam_384(
    real *restrict gru_bias_ih_l0_m,   /* [384] */
    real *restrict v,                  /* [384] */
    real *restrict bias_ih_l0,         /* [384] */
    const double *restrict shrink,
    const real *restrict d_bias_ih_l0, /* [384] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real shrink_real = (real)*shrink; /* (46) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (59) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (60) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (61) */
    for (int m = 0; m < 384; m++) {
        const real shrunk = shrink_real * d_bias_ih_l0[m]; /* (46) */
        gru_bias_ih_l0_m[m] = normal(one_minus_beta1 * shrunk + beta1_real * gru_bias_ih_l0_m[m]); /* (59) */
        v[m] = normal(one_minus_beta2 * square(shrunk) + beta2_real * v[m]); /* (60) */
        bias_ih_l0[m] = bias_ih_l0[m] - rate_real * gru_bias_ih_l0_m[m] / (scale_real * sqrtf(v[m]) + eps_real); /* (61) */
    }
}

/* head: clip_norm, adam
   (49) head.bias.g.shrunk[o] = optimizer.shrink * d.head.bias[o]
   (68) head.bias.m.next[o] = (1 - beta1) * head.bias.g.shrunk[o] + beta1 * head.bias.m[o]
   (69) head.bias.v.next[o] = (1 - beta2) * head.bias.g.shrunk[o]**2 + beta2 * head.bias.v[o]
   (70) head.bias.next[o] = head.bias[o] - optimizer.rate * head.bias.m.next[o] / (optimizer.scale * sqrt(head.bias.v.next[o]) + eps)
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
    const real shrink_real = (real)*shrink; /* (49) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (68) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (69) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (70) */
    for (int o = 0; o < 96; o++) {
        const real shrunk = shrink_real * d_bias[o]; /* (49) */
        m[o] = normal(one_minus_beta1 * shrunk + beta1_real * m[o]); /* (68) */
        v[o] = normal(one_minus_beta2 * square(shrunk) + beta2_real * v[o]); /* (69) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (70) */
    }
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_forward(const char_gru_network *net, int threads)
{
    const int batch = net->batch;
    const int shares = batch < 4 * threads ? (batch + 3) / 4 : threads; /* of the rows, of four at least */
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 86032;
    real *const gru_u_table = fixed + 49152;
    real *const gru_u = linear_part;
    real *const gru_weight_hh_l0_panels = fixed;
    real *const gru_v_now = linear_part + 32768 * capacity;
    real *const gru_h = linear_part + 24576 * capacity;
    real *const head = linear_part;

    /* (1) (2) */
    embedding_gru_96_384_32(gru_u_table, net->parameters + embedding_weight, net->parameters + gru_weight_ih_l0,
                            net->parameters + gru_bias_ih_l0);
#pragma omp barrier
    /* (1) (2) */
    embedding_gru_64_384(gru_u, gru_u_table, net->in_text, batch);
    /* (3) */
    gru_12_128_32(gru_weight_hh_l0_panels, net->parameters + gru_weight_hh_l0);
#pragma omp barrier
    /* (3) (4) (5) (6) (7) */
    gru_384(gru_v_now, gru_h, net->parameters + gru_bias_hh_l0, gru_u_table, net->in_text, gru_u, 0, batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 1; t_2 < 64; t_2++) {
            /* (3) */
            gru_12_32_128(gru_v_now + row * 384, gru_h + row * 128, gru_weight_hh_l0_panels,
                          net->parameters + gru_bias_hh_l0, t_2, rows, batch);
            /* (4) (5) (6) (7) */
            gru_128(gru_h + row * 128, gru_u_table, net->in_text + row * 64, gru_v_now + row * 384,
                    gru_u + row * 384, t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (9) */
    linear_64_96_128(head, gru_h, net->parameters + head_weight, net->parameters + head_bias, batch);
}

double char_gru_forward(const char_gru_network *net)
{
    if (net->threads > 1 && net->batch >= 8) {
#pragma omp parallel num_threads(net->threads)
        share_of_forward(net, net->threads);
    } else
        share_of_forward(net, 1);
    return 0;
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_loss(const char_gru_network *net, int threads)
{
    const int batch = net->batch;
    const int shares = batch < 4 * threads ? (batch + 3) / 4 : threads; /* of the rows, of four at least */
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 86032;
    real *const gru_u_table = fixed + 49152;
    real *const gru_u = linear_part;
    real *const gru_weight_hh_l0_panels = fixed;
    real *const gru_v_now = linear_part + 32768 * capacity;
    real *const gru_h = linear_part + 24576 * capacity;
    real *const head = linear_part;
    real *const loss_m = linear_part + 12352 * capacity;
    real *const loss_e = linear_part + 6144 * capacity;
    real *const loss_S = linear_part + 12288 * capacity;
    real *const loss = fixed;

    /* (1) (2) */
    embedding_gru_96_384_32(gru_u_table, net->parameters + embedding_weight, net->parameters + gru_weight_ih_l0,
                            net->parameters + gru_bias_ih_l0);
#pragma omp barrier
    /* (1) (2) */
    embedding_gru_64_384(gru_u, gru_u_table, net->in_text, batch);
    /* (3) */
    gru_12_128_32(gru_weight_hh_l0_panels, net->parameters + gru_weight_hh_l0);
#pragma omp barrier
    /* (3) (4) (5) (6) (7) */
    gru_384(gru_v_now, gru_h, net->parameters + gru_bias_hh_l0, gru_u_table, net->in_text, gru_u, 0, batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 1; t_2 < 64; t_2++) {
            /* (3) */
            gru_12_32_128(gru_v_now + row * 384, gru_h + row * 128, gru_weight_hh_l0_panels,
                          net->parameters + gru_bias_hh_l0, t_2, rows, batch);
            /* (4) (5) (6) (7) */
            gru_128(gru_h + row * 128, gru_u_table, net->in_text + row * 64, gru_v_now + row * 384,
                    gru_u + row * 384, t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (9) */
    linear_64_96_128(head, gru_h, net->parameters + head_weight, net->parameters + head_bias, batch);
#pragma omp barrier
    /* (10) (11) (12) */
    cross_entropy_64_96(loss_m, loss_e, loss_S, head, batch);
#pragma omp barrier
    /* (14) */
#pragma omp master
    cross_entropy_64(loss, loss_m, head, net->in_next, loss_S, batch);
}

double char_gru_loss(const char_gru_network *net)
{
    if (net->threads > 1 && net->batch >= 8) {
#pragma omp parallel num_threads(net->threads)
        share_of_loss(net, net->threads);
    } else
        share_of_loss(net, 1);
    return (double)net->workspace[0];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_gradients(const char_gru_network *net, int threads)
{
    const int batch = net->batch;
    const int shares = batch < 4 * threads ? (batch + 3) / 4 : threads; /* of the rows, of four at least */
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 86032;
    real *const gru_u_table = fixed + 49152;
    real *const gru_u = linear_part + 24576 * capacity;
    real *const gru_weight_hh_l0_panels = fixed;
    real *const gru_v = linear_part;
    real *const gru_r = linear_part + 65536 * capacity;
    real *const gru_z = linear_part + 73728 * capacity;
    real *const gru_n = linear_part + 57344 * capacity;
    real *const gru_h = linear_part + 49152 * capacity;
    real *const head = linear_part + 30720 * capacity;
    real *const loss_m = linear_part + 43072 * capacity;
    real *const loss_e = linear_part + 36864 * capacity;
    real *const loss_S = linear_part + 43008 * capacity;
    real *const d_head = linear_part + 24576 * capacity;
    real *const loss = fixed + 49152;
    real *const d_gru = linear_part + 81920 * capacity;
    real *const gru_weight_hh_l0_panels2 = fixed;
    real *const d_gru_h = linear_part + 114688 * capacity;
    real *const d_gru_n = linear_part + 90112 * capacity;
    real *const d_gru_z = linear_part + 106496 * capacity;
    real *const d_gru_r = linear_part + 98304 * capacity;
    real *const d_gru_v = linear_part + 24576 * capacity;
    real *const d_gru_u = linear_part;
    real *const d_gru_u_text = fixed;

    /* (1) (2) */
    embedding_gru_96_384_32(gru_u_table, net->parameters + embedding_weight, net->parameters + gru_weight_ih_l0,
                            net->parameters + gru_bias_ih_l0);
#pragma omp barrier
    /* (1) (2) */
    embedding_gru_64_384(gru_u, gru_u_table, net->in_text, batch);
    /* (3) */
    gru_12_128_32(gru_weight_hh_l0_panels, net->parameters + gru_weight_hh_l0);
#pragma omp barrier
    /* (3) (4) (5) (6) (7) */
    gru_384_v2(gru_v, gru_r, gru_z, gru_n, gru_h, net->parameters + gru_bias_hh_l0, gru_u_table, net->in_text,
               gru_u, 0, batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 1; t_2 < 64; t_2++) {
            /* (3) */
            gru_12_32_128_v2(gru_v + row * 384, gru_h + row * 128, gru_weight_hh_l0_panels,
                             net->parameters + gru_bias_hh_l0, t_2, rows, batch);
            /* (4) (5) (6) (7) */
            gru_128_v2(gru_r + row * 128, gru_z + row * 128, gru_n + row * 128, gru_h + row * 128, gru_u_table,
                       net->in_text + row * 64, gru_v + row * 384, gru_u + row * 384, t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (9) */
    linear_64_96_128(head, gru_h, net->parameters + head_weight, net->parameters + head_bias, batch);
#pragma omp barrier
    /* (10) (11) (12) (13) (15) */
    cross_entropy_d_head_64_96(loss_m, loss_e, loss_S, d_head, head, net->in_next, batch);
#pragma omp barrier
    /* (14) */
#pragma omp master
    cross_entropy_64(loss, loss_m, head, net->in_next, loss_S, batch);
    /* (16) */
    d_weight_96_128_64(net->gradients + d_head_weight, d_head, gru_h, batch);
    /* (17) */
    d_bias_96_64(net->gradients + d_head_bias, d_head, batch);
    /* (18) */
    d_gru_64_128_96(d_gru, d_head, net->parameters + head_weight, batch);
    /* (19) */
    d_h_4_384_32(gru_weight_hh_l0_panels2, net->parameters + gru_weight_hh_l0);
#pragma omp barrier
    /* (19) (20) (21) (22) (23) */
    d_h_d_n_d_z_d_r_128(d_gru_h, d_gru_n, d_gru_z, d_gru_r, d_gru_v, d_gru, gru_z, gru_h, gru_n, gru_v, gru_r, 63,
                        batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 62; t_2 >= 1; t_2--) {
            /* (19) (20) (21) (22) */
            d_h_d_n_d_z_d_r_4_32_384(d_gru_h + row * 128, d_gru_n + row * 128, d_gru_z + row * 128,
                                     d_gru_r + row * 128, d_gru_v + row * 384, gru_weight_hh_l0_panels2,
                                     gru_z + row * 128, d_gru + row * 128, gru_h + row * 128, gru_n + row * 128,
                                     gru_v + row * 384, t_2, rows, batch);
            /* (23) */
            d_v_128(d_gru_v + row * 384, gru_r + row * 128, d_gru_r + row * 128, gru_z + row * 128,
                    d_gru_z + row * 128, gru_n + row * 128, d_gru_n + row * 128, t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (19) (20) (21) (22) */
    d_h_d_n_d_z_d_r_4_32_384_v2(d_gru_h, d_gru_n, d_gru_z, d_gru_r, d_gru_v, gru_weight_hh_l0_panels2, gru_z,
                                d_gru, gru_n, gru_v, 0, batch);
#pragma omp barrier
    /* (23) */
    d_v_128_v2(d_gru_v, gru_r, d_gru_r, gru_z, d_gru_z, gru_n, d_gru_n, 0, batch);
    /* (26) */
    d_u_64_128(d_gru_u, gru_r, d_gru_r, gru_z, d_gru_z, gru_n, d_gru_n, batch);
#pragma omp barrier
    /* (24) */
    d_weight_hh_l0_384_128_63(net->gradients + d_gru_weight_hh_l0, d_gru_v, gru_h, batch);
    /* (25) */
    d_bias_hh_l0_384_64(net->gradients + d_gru_bias_hh_l0, d_gru_v, batch);
    /* (27) */
    d_weight_ih_l0_96_384(d_gru_u_text);
#pragma omp barrier
    /* (1) (27) */
    embedding_d_weight_ih_l0_384_64(d_gru_u_text, d_gru_u, net->in_text, batch);
#pragma omp barrier
    /* (1) (27) */
    embedding_d_weight_ih_l0_384_32_96(net->gradients + d_gru_weight_ih_l0, d_gru_u_text,
                                       net->parameters + embedding_weight);
    /* (28) */
#pragma omp master
    d_bias_ih_l0_384_96(net->gradients + d_gru_bias_ih_l0, d_gru_u_text);
    /* (29) (30) */
    d_embedding_d_weight_96_32_384(net->gradients + d_embedding_weight, d_gru_u_text,
                                   net->parameters + gru_weight_ih_l0);
}

double char_gru_gradients(const char_gru_network *net)
{
    if (net->threads > 1 && net->batch >= 8) {
#pragma omp parallel num_threads(net->threads)
        share_of_gradients(net, net->threads);
    } else
        share_of_gradients(net, 1);
    return (double)net->workspace[49152];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_step(const char_gru_network *net, int threads)
{
    const int batch = net->batch;
    const int shares = batch < 4 * threads ? (batch + 3) / 4 : threads; /* of the rows, of four at least */
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 86032;
    double *const optimizer_rate = (double *)(fixed + 86016);
    double *const optimizer_scale = (double *)(fixed + 86018);
    real *const gru_u_table = fixed + 49152;
    real *const gru_u = linear_part + 24576 * capacity;
    real *const gru_weight_hh_l0_panels = fixed;
    real *const gru_v = linear_part;
    real *const gru_r = linear_part + 65536 * capacity;
    real *const gru_z = linear_part + 73728 * capacity;
    real *const gru_n = linear_part + 57344 * capacity;
    real *const gru_h = linear_part + 49152 * capacity;
    real *const head = linear_part + 30720 * capacity;
    real *const loss_m = linear_part + 43072 * capacity;
    real *const loss_e = linear_part + 36864 * capacity;
    real *const loss_S = linear_part + 43008 * capacity;
    real *const d_head = linear_part + 24576 * capacity;
    real *const loss = fixed + 49152;
    real *const d_gru = linear_part + 81920 * capacity;
    real *const gru_weight_hh_l0_panels2 = fixed;
    real *const d_gru_h = linear_part + 114688 * capacity;
    real *const d_gru_n = linear_part + 90112 * capacity;
    real *const d_gru_z = linear_part + 106496 * capacity;
    real *const d_gru_r = linear_part + 98304 * capacity;
    real *const d_gru_v = linear_part + 24576 * capacity;
    real *const d_gru_u = linear_part;
    real *const d_gru_u_text = fixed;
    real *const embedding_weight_g_square = fixed + 49153;
    real *const gru_weight_ih_l0_g_square = fixed + 49154;
    real *const gru_weight_hh_l0_g_square = fixed + 49155;
    real *const gru_bias_ih_l0_g_square = fixed + 49156;
    real *const gru_bias_hh_l0_g_square = fixed + 49157;
    real *const head_weight_g_square = fixed + 49158;
    double *const optimizer_shrink = (double *)(fixed);

    /* (31) (32) (33) */
#pragma omp master
    adam_rate_next_step(optimizer_rate, optimizer_scale, net->counters + t, net->settings + lr,
                        net->settings + beta1, net->settings + beta2);
    /* (1) (2) */
    embedding_gru_96_384_32(gru_u_table, net->parameters + embedding_weight, net->parameters + gru_weight_ih_l0,
                            net->parameters + gru_bias_ih_l0);
#pragma omp barrier
    /* (1) (2) */
    embedding_gru_64_384(gru_u, gru_u_table, net->in_text, batch);
    /* (3) */
    gru_12_128_32(gru_weight_hh_l0_panels, net->parameters + gru_weight_hh_l0);
#pragma omp barrier
    /* (3) (4) (5) (6) (7) */
    gru_384_v2(gru_v, gru_r, gru_z, gru_n, gru_h, net->parameters + gru_bias_hh_l0, gru_u_table, net->in_text,
               gru_u, 0, batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 1; t_2 < 64; t_2++) {
            /* (3) */
            gru_12_32_128_v2(gru_v + row * 384, gru_h + row * 128, gru_weight_hh_l0_panels,
                             net->parameters + gru_bias_hh_l0, t_2, rows, batch);
            /* (4) (5) (6) (7) */
            gru_128_v2(gru_r + row * 128, gru_z + row * 128, gru_n + row * 128, gru_h + row * 128, gru_u_table,
                       net->in_text + row * 64, gru_v + row * 384, gru_u + row * 384, t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (9) */
    linear_64_96_128(head, gru_h, net->parameters + head_weight, net->parameters + head_bias, batch);
#pragma omp barrier
    /* (10) (11) (12) (13) (15) */
    cross_entropy_d_head_64_96(loss_m, loss_e, loss_S, d_head, head, net->in_next, batch);
#pragma omp barrier
    /* (14) */
#pragma omp master
    cross_entropy_64(loss, loss_m, head, net->in_next, loss_S, batch);
    /* (16) */
    d_weight_96_128_64(net->gradients + d_head_weight, d_head, gru_h, batch);
    /* (17) */
    d_bias_96_64(net->gradients + d_head_bias, d_head, batch);
    /* (18) */
    d_gru_64_128_96(d_gru, d_head, net->parameters + head_weight, batch);
    /* (19) */
    d_h_4_384_32(gru_weight_hh_l0_panels2, net->parameters + gru_weight_hh_l0);
#pragma omp barrier
    /* (19) (20) (21) (22) (23) */
    d_h_d_n_d_z_d_r_128(d_gru_h, d_gru_n, d_gru_z, d_gru_r, d_gru_v, d_gru, gru_z, gru_h, gru_n, gru_v, gru_r, 63,
                        batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 62; t_2 >= 1; t_2--) {
            /* (19) (20) (21) (22) */
            d_h_d_n_d_z_d_r_4_32_384(d_gru_h + row * 128, d_gru_n + row * 128, d_gru_z + row * 128,
                                     d_gru_r + row * 128, d_gru_v + row * 384, gru_weight_hh_l0_panels2,
                                     gru_z + row * 128, d_gru + row * 128, gru_h + row * 128, gru_n + row * 128,
                                     gru_v + row * 384, t_2, rows, batch);
            /* (23) */
            d_v_128(d_gru_v + row * 384, gru_r + row * 128, d_gru_r + row * 128, gru_z + row * 128,
                    d_gru_z + row * 128, gru_n + row * 128, d_gru_n + row * 128, t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (19) (20) (21) (22) */
    d_h_d_n_d_z_d_r_4_32_384_v2(d_gru_h, d_gru_n, d_gru_z, d_gru_r, d_gru_v, gru_weight_hh_l0_panels2, gru_z,
                                d_gru, gru_n, gru_v, 0, batch);
#pragma omp barrier
    /* (23) */
    d_v_128_v2(d_gru_v, gru_r, d_gru_r, gru_z, d_gru_z, gru_n, d_gru_n, 0, batch);
    /* (26) */
    d_u_64_128(d_gru_u, gru_r, d_gru_r, gru_z, d_gru_z, gru_n, d_gru_n, batch);
#pragma omp barrier
    /* (24) */
    d_weight_hh_l0_384_128_63(net->gradients + d_gru_weight_hh_l0, d_gru_v, gru_h, batch);
    /* (25) */
    d_bias_hh_l0_384_64(net->gradients + d_gru_bias_hh_l0, d_gru_v, batch);
    /* (27) */
    d_weight_ih_l0_96_384(d_gru_u_text);
#pragma omp barrier
    /* (1) (27) */
    embedding_d_weight_ih_l0_384_64(d_gru_u_text, d_gru_u, net->in_text, batch);
#pragma omp barrier
    /* (1) (27) */
    embedding_d_weight_ih_l0_384_32_96(net->gradients + d_gru_weight_ih_l0, d_gru_u_text,
                                       net->parameters + embedding_weight);
    /* (28) */
#pragma omp master
    d_bias_ih_l0_384_96(net->gradients + d_gru_bias_ih_l0, d_gru_u_text);
    /* (29) (30) */
    d_embedding_d_weight_96_32_384(net->gradients + d_embedding_weight, d_gru_u_text,
                                   net->parameters + gru_weight_ih_l0);
#pragma omp barrier
    /* (34) */
#pragma omp master
    clip_norm_96_32(embedding_weight_g_square, net->gradients + d_embedding_weight);
    /* (35) */
#pragma omp master
    clip_norm_384_32(gru_weight_ih_l0_g_square, net->gradients + d_gru_weight_ih_l0);
    /* (36) */
#pragma omp master
    clip_norm_384_128(gru_weight_hh_l0_g_square, net->gradients + d_gru_weight_hh_l0);
    /* (37) */
#pragma omp master
    clip_norm_384(gru_bias_ih_l0_g_square, net->gradients + d_gru_bias_ih_l0);
    /* (38) */
#pragma omp master
    clip_norm_384(gru_bias_hh_l0_g_square, net->gradients + d_gru_bias_hh_l0);
    /* (39) */
#pragma omp master
    clip_norm_96_128(head_weight_g_square, net->gradients + d_head_weight);
    /* (40) (41) (42) */
#pragma omp master
    clip_norm_96(optimizer_shrink, net->gradients + d_head_bias, embedding_weight_g_square,
                 gru_bias_hh_l0_g_square, gru_bias_ih_l0_g_square, gru_weight_hh_l0_g_square,
                 gru_weight_ih_l0_g_square, head_weight_g_square, net->settings + clip_norm);
#pragma omp barrier
    /* (45) (56) (57) (58) */
    clip_norm_adam_384_128(net->states + gru_weight_hh_l0_m, net->states + gru_weight_hh_l0_v,
                           net->parameters + gru_weight_hh_l0, optimizer_shrink,
                           net->gradients + d_gru_weight_hh_l0, net->settings + beta1, net->settings + beta2,
                           optimizer_rate, optimizer_scale, net->settings + eps);
    /* (44) (53) (54) (55) */
    clip_norm_adam_384_32(net->states + gru_weight_ih_l0_m, net->states + gru_weight_ih_l0_v,
                          net->parameters + gru_weight_ih_l0, optimizer_shrink,
                          net->gradients + d_gru_weight_ih_l0, net->settings + beta1, net->settings + beta2,
                          optimizer_rate, optimizer_scale, net->settings + eps);
    /* (48) (65) (66) (67) */
    clip_norm_adam_96_128(net->states + head_weight_m, net->states + head_weight_v, net->parameters + head_weight,
                          optimizer_shrink, net->gradients + d_head_weight, net->settings + beta1,
                          net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps);
    /* (43) (50) (51) (52) */
    clip_norm_adam_96_32(net->states + embedding_weight_m, net->states + embedding_weight_v,
                         net->parameters + embedding_weight, optimizer_shrink, net->gradients + d_embedding_weight,
                         net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                         net->settings + eps);
    /* (46) (59) (60) (61) */
#pragma omp master
    clip_norm_adam_384(net->states + gru_bias_ih_l0_m, net->states + gru_bias_ih_l0_v,
                       net->parameters + gru_bias_ih_l0, optimizer_shrink, net->gradients + d_gru_bias_ih_l0,
                       net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                       net->settings + eps);
    /* (47) (62) (63) (64) */
#pragma omp master
    clip_norm_adam_384(net->states + gru_bias_hh_l0_m, net->states + gru_bias_hh_l0_v,
                       net->parameters + gru_bias_hh_l0, optimizer_shrink, net->gradients + d_gru_bias_hh_l0,
                       net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                       net->settings + eps);
    /* (49) (68) (69) (70) */
#pragma omp master
    clip_norm_adam_96(net->states + head_bias_m, net->states + head_bias_v, net->parameters + head_bias,
                      optimizer_shrink, net->gradients + d_head_bias, net->settings + beta1, net->settings + beta2,
                      optimizer_rate, optimizer_scale, net->settings + eps);
}

double char_gru_step(const char_gru_network *net)
{
    if (net->threads > 1 && net->batch >= 8) {
#pragma omp parallel num_threads(net->threads)
        share_of_step(net, net->threads);
    } else
        share_of_step(net, 1);
    return (double)net->workspace[49152];
}

/* Steps of training, `count` of them, one after another.  The inputs have `batches` times net->batch rows: the steps
   take a batch after the other, the one numbered `first` to begin with, and after the last one the first again.
   Leaves the losses.  A loss that is infinite or not a number ends it.  Returns how many steps there were. */
int char_gru_steps(const char_gru_network *net, int first, int batches, int count, double *losses)
{
    char_gru_network now = *net;
    for (int n = 0; n < count; n++) {
        const size_t row = (size_t)((first + n) % batches) * (size_t)net->batch;
        now.in_text = net->in_text + row * 64;
        now.in_next = net->in_next + row * 64;
        losses[n] = char_gru_step(&now);
        if (!isfinite(losses[n]))
            return n + 1;
    }
    return count;
}

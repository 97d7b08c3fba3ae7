/* multitask_digits, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.
   A matrix by columns is, to functions, its transpose: what equations call [o, i] of it lies at [i, o].

   cc -O2 -std=c11 -march=native -fvect-cost-model=dynamic -fpeel-loops -ffp-contract=fast -fno-math-errno -fno-trapping-math -fopenmp -c multitask_digits.c */
#include "multitask_digits.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    trunk1_weight = 0, /* [64, 64], by columns */
    trunk1_bias = 4096, /* [64] */
    trunk2_weight = 4160, /* [64, 64], by columns */
    trunk2_bias = 8256, /* [64] */
    which_weight = 8320, /* [10, 64] */
    which_bias = 8960, /* [10] */
    parity_weight = 8976, /* [1, 64] */
    parity_bias = 9040, /* [1] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_trunk1_weight = 0, /* [64, 64], by columns */
    d_trunk1_bias = 4096, /* [64] */
    d_trunk2_weight = 4160, /* [64, 64], by columns */
    d_trunk2_bias = 8256, /* [64] */
    d_which_weight = 8320, /* [10, 64] */
    d_which_bias = 8960, /* [10] */
    d_parity_weight = 8976, /* [1, 64] */
    d_parity_bias = 9040, /* [1] */
};

/* Where tensors begin in `states`. */
enum {
    trunk1_weight_m = 0, /* [64, 64], by columns */
    trunk1_bias_m = 4096, /* [64] */
    trunk2_weight_m = 4160, /* [64, 64], by columns */
    trunk2_bias_m = 8256, /* [64] */
    which_weight_m = 8320, /* [10, 64] */
    which_bias_m = 8960, /* [10] */
    parity_weight_m = 8976, /* [1, 64] */
    parity_bias_m = 9040, /* [1] */
    trunk1_weight_v = 9056, /* [64, 64], by columns */
    trunk1_bias_v = 13152, /* [64] */
    trunk2_weight_v = 13216, /* [64, 64], by columns */
    trunk2_bias_v = 17312, /* [64] */
    which_weight_v = 17376, /* [10, 64] */
    which_bias_v = 18016, /* [10] */
    parity_weight_v = 18032, /* [1, 64] */
    parity_bias_v = 18096, /* [1] */
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

/* log(1 + x), at most 1.5 units off. */
INLINE real log1p_single(real x)
{
    const real above = x > -1.0f ? x : 0.0f;
    const real finite = above > 3.40282347e38f ? 0.0f : above;
    const real sum = 1.0f + finite;
    const real lost = finite < 1.0f ? finite - (sum - 1.0f) : 1.0f - (sum - finite); /* by rounding the sum */
    const int32_t n = nearest_power(sum);
    const real mantissa = from_bits(bits_of(sum) - ((uint32_t)n << 23));
    const real y = log_in_parts(n, (mantissa - 1.0f) + lost * power_of_two(n > 126 ? -126 : -n));
    const real of_more = x > 3.40282347e38f ? x : y;
    const real of_all = x > -1.0f ? of_more : x == -1.0f ? -INFINITY : NAN;
    return x == 0 ? x : of_all;
}

/* The larger of two numbers; NaN where either is NaN. */
static inline real maximum(real a, real b)
{
    const real larger = a > b ? a : b; /* one instruction: b where they cannot be compared */
    return a != a ? a : larger;
}

/* The number, but 0 for a subnormal one, over each of which a processor takes a hundred times as long. */
static inline real normal(real x)
{
    return fabsf(x) < 0x1p-126f ? 0 : x;
}

/* a where the condition holds, else b.  Their bits are joined, so that a loop over it has no branches, and loads what
   it chooses from without a mask: gcc 12 mixes such masks up where it has unrolled a short inner loop. */
static inline real choose(int condition, real a, real b)
{
    const int32_t kept = -(int32_t)(condition != 0);
    int32_t chosen, otherwise;
    memcpy(&chosen, &a, sizeof a);
    memcpy(&otherwise, &b, sizeof b);
    chosen = (chosen & kept) | (otherwise & ~kept);
    memcpy(&a, &chosen, sizeof a);
    return a;
}

/* 1 / (1 + exp(-x)), by exponentials that cannot overflow; at most 1.9 units in the last place off. */
INLINE real sigmoid(real x)
{
    const real e = decay(fabsf(x));
    const real sum = 1 + e;
    const real y = (x < 0 ? e : 1) / sum;
    return y - y * (e - (sum - 1)); /* what the sum lost by rounding */
}

/* log(1 + exp(x)), by an exponential that cannot overflow; at most 1.7 units in the last place off. */
INLINE real softplus(real x)
{
    return (x > 0 ? x : 0) + log1p_single(exp_single(-fabsf(x)));
}

static inline real square(real x)
{
    return x * x;
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

/* Have a row of a tile's columns brought into the cache while the tile is multiplied. */
INLINE void fetch(const real *row)
{
#if defined(__GNUC__) && !defined(PLAIN_C)
    __builtin_prefetch(row);
    __builtin_prefetch(row + LANES);
#else
    (void)row;
#endif
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

/* trunk1: linear, relu
   (1) trunk1.z[b, o] = sum[i](features[b, i] * trunk1.weight[o, i]) + trunk1.bias[o]
   (2) trunk1[b, o] = max(0, trunk1.z[b, o])
   and, in other places, (3) (4)
*/
static void linear_relu_64_64(
    real *restrict trunk1,         /* [B, 64] */
    const real *restrict features, /* [B, 64] */
    const real *restrict weight,   /* [64, 64], transposed */
    const real *restrict bias,     /* [64] */
    int batch)
{
    const int high = even(batch, TILE_ROWS / 2, ROWS);
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 64,
                     features + i_tile * 64, 64, 1,
                     weight + j_tile, 64, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real z = tile[r * COLUMNS + c] + bias[o]; /* (1) */
                    trunk1[b * 64 + o] = maximum(0.0f, z); /* (2) */
                }
            }
        }
    }
}

/* which: linear
   (5) which[b, o] = sum[i](trunk2[b, i] * which.weight[o, i]) + which.bias[o]
*/
static void linear_10_64(
    real *restrict which,        /* [B, 10] */
    const real *restrict trunk2, /* [B, 64] */
    const real *restrict weight, /* [10, 64] */
    const real *restrict bias,   /* [10] */
    int batch)
{
    const int high = even(batch, ROWS, ROWS);
    for (int j_tile = 0; j_tile < 10; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = 10 - j_tile < COLUMNS ? 10 - j_tile : COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 64,
                     trunk2 + i_tile * 64, 64, 1,
                     weight + j_tile * 64, 1, 64);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    which[b * 10 + o] = tile[r * COLUMNS + c] + bias[o];
                }
            }
        }
    }
}

/* parity: linear
   (6) parity[b, o] = sum[i](trunk2[b, i] * parity.weight[o, i]) + parity.bias[o]
*/
static void linear_1_64(
    real *restrict parity,       /* [B, 1] */
    const real *restrict trunk2, /* [B, 64] */
    const real *restrict weight, /* [1, 64] */
    const real *restrict bias,   /* [1] */
    int batch)
{
    const int high = even(batch, ROWS, ROWS);
    for (int j_tile = 0; j_tile < 1; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = 1 - j_tile < COLUMNS ? 1 - j_tile : COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 64,
                     trunk2 + i_tile * 64, 64, 1,
                     weight + j_tile * 64, 1, 64);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    parity[b + o] = tile[r * COLUMNS + c] + bias[o];
                }
            }
        }
    }
}

/* loss.digit: cross_entropy
   (7) loss.digit.m[b] = max[i](which[b, i])
   (8) loss.digit.e[b, j] = exp(which[b, j] - loss.digit.m[b])
   (9) loss.digit.S[b] = sum[i](loss.digit.e[b, i])
*/
static void cross_entropy_10(
    real *restrict m,           /* [B] */
    real *restrict e,           /* [B, 10] */
    real *restrict S,           /* [B] */
    const real *restrict which, /* [B, 10] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        real largest = -INFINITY;
        for (int o = 0; o < 10; o++) {
            largest = maximum(largest, which[b * 10 + o]);
        }
        m[b] = largest; /* (7) */
        for (int j = 0; j < 10; j++) {
            e[b * 10 + j] = exp_single(which[b * 10 + j] - m[b]); /* (8) */
        }
        real sum = 0;
        for (int j = 0; j < 10; j++) {
            sum += e[b * 10 + j];
        }
        S[b] = sum; /* (9) */
    }
}

/* loss.digit: cross_entropy
   (11) loss.digit = sum[b](log(loss.digit.S[b]) + loss.digit.m[b] - which[b, target[b]]) / B
*/
static void cross_entropy(
    real *restrict digit,
    const real *restrict m,         /* [B] */
    const real *restrict which,     /* [B, 10] */
    const int32_t *restrict target, /* [B] */
    const real *restrict S,         /* [B] */
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
        sum += m[b] - which[b * 10 + target[b]] + log_single(S[b]);
    }
    *digit = sum / (real)batch;
}

/* loss.odd: bce_with_logits; loss: sum
   (12) loss.odd = sum[b, i]((1 - odd[b, i]) * softplus(parity[b, i]) + odd[b, i] * softplus(-parity[b, i])) / B
   (13) loss = loss.digit + loss.odd / 2
*/
static void bce_with_logits_sum_1(
    real *restrict loss,
    const real *restrict odd,    /* [B, 1] */
    const real *restrict parity, /* [B, 1] */
    const real *restrict digit,
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
        sum += (1.0f - odd[b]) * softplus(parity[b]) + softplus(-parity[b]) * odd[b];
    }
    const real loss_odd = sum / (real)batch; /* (12) */
    *loss = 0.5f * loss_odd + *digit; /* (13) */
}

/* loss.digit: cross_entropy; which: gradient of linear
   (7) loss.digit.m[b] = max[i](which[b, i])
   (8) loss.digit.e[b, j] = exp(which[b, j] - loss.digit.m[b])
   (9) loss.digit.S[b] = sum[i](loss.digit.e[b, i])
   (10) loss.digit.p[b, j] = loss.digit.e[b, j] / loss.digit.S[b]
   (16) d.which[b, o] = (loss.digit.p[b, o] - (o == target[b])) / B
*/
static void cross_entropy_d_which_10(
    real *restrict m,               /* [B] */
    real *restrict e,               /* [B, 10] */
    real *restrict S,               /* [B] */
    real *restrict d_which,         /* [B, 10] */
    const real *restrict which,     /* [B, 10] */
    const int32_t *restrict target, /* [B] */
    int batch)
{
    const real scale2 = 1.0f / (real)batch; /* (16) */
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        real largest = -INFINITY;
        for (int o = 0; o < 10; o++) {
            largest = maximum(largest, which[b * 10 + o]);
        }
        m[b] = largest; /* (7) */
        for (int j = 0; j < 10; j++) {
            e[b * 10 + j] = exp_single(which[b * 10 + j] - m[b]); /* (8) */
        }
        real sum = 0;
        for (int j = 0; j < 10; j++) {
            sum += e[b * 10 + j];
        }
        S[b] = sum; /* (9) */
        const real scale = 1.0f / S[b];
        for (int j = 0; j < 10; j++) {
            const real p = scale * e[b * 10 + j]; /* (10) */
            d_which[b * 10 + j] = scale2 * (p - (j == target[b] ? 1.0f : 0.0f)); /* (16) */
        }
    }
}

/* which: gradient of linear
   (19) d.which.weight[o, i] = sum[b](d.which[b, o] * trunk2[b, i])
*/
static void d_weight_10_64(
    real *restrict d_weight,      /* [10, 64] */
    const real *restrict d_which, /* [B, 10] */
    const real *restrict trunk2,  /* [B, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 10; i_tile += TILE_ROWS) {
            const int rows = 10 - i_tile < TILE_ROWS ? 10 - i_tile : TILE_ROWS;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     d_which + i_tile, 1, 10,
                     trunk2 + j_tile, 64, 1);
            fresh = 0;
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

/* which: gradient of linear
   (20) d.which.bias[o] = sum[b](d.which[b, o])
*/
static void d_bias_10(
    real *restrict d_bias,        /* [10] */
    const real *restrict d_which, /* [B, 10] */
    int batch)
{
    real sum[10] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 10; o++) {
            sum[o] += d_which[b * 10 + o];
        }
    }
    for (int o = 0; o < 10; o++) {
        d_bias[o] = sum[o];
    }
}

/* parity: linear, gradient of linear
   (6) parity[b, o] = sum[i](trunk2[b, i] * parity.weight[o, i]) + parity.bias[o]
   (15) d.parity[b, o] = ((1 - odd[b, o]) * sigmoid(parity[b, o]) - odd[b, o] * sigmoid(-parity[b, o])) / (2 * B)
*/
static void linear_d_parity_1_64(
    real *restrict parity,       /* [B, 1] */
    real *restrict d_parity,     /* [B, 1] */
    const real *restrict trunk2, /* [B, 64] */
    const real *restrict weight, /* [1, 64] */
    const real *restrict bias,   /* [1] */
    const real *restrict odd,    /* [B, 1] */
    int batch)
{
    const int high = even(batch, ROWS, ROWS); /* (6) */
    const real scale = 1.0f / (2.0f * (real)batch); /* (15) */
    for (int j_tile = 0; j_tile < 1; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = 1 - j_tile < COLUMNS ? 1 - j_tile : COLUMNS;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                const int o = j_tile;
                fetch(odd + b + o);
            }
            multiply(tile, panel, fresh, rows, columns, 64,
                     trunk2 + i_tile * 64, 64, 1,
                     weight + j_tile * 64, 1, 64);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    parity[b + o] = tile[r * COLUMNS + c] + bias[o]; /* (6) */
                    d_parity[b + o] = scale * ((1.0f - odd[b + o]) * sigmoid(parity[b + o]) - sigmoid(-parity[b + o]) * odd[b + o]); /* (15) */
                }
            }
        }
    }
}

/* parity: gradient of linear
   (17) d.parity.weight[o, i] = sum[b](d.parity[b, o] * trunk2[b, i])
*/
static void d_weight_1_64(
    real *restrict d_weight,       /* [1, 64] */
    const real *restrict d_parity, /* [B, 1] */
    const real *restrict trunk2,   /* [B, 64] */
    int batch)
{
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            for (int i = 0; i < 64; i++) {
                sum[o * 64 + i] += d_parity[b + o] * trunk2[b * 64 + i];
            }
        }
    }
    for (int o = 0; o < 1; o++) {
        for (int i = 0; i < 64; i++) {
            d_weight[o * 64 + i] = sum[o * 64 + i];
        }
    }
}

/* parity: gradient of linear
   (18) d.parity.bias[o] = sum[b](d.parity[b, o])
*/
static void d_bias_1(
    real *restrict d_bias,         /* [1] */
    const real *restrict d_parity, /* [B, 1] */
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
        sum += d_parity[b];
    }
    d_bias[0] = sum;
}

/* trunk2: gradient of linear
   (21) trunk2.r[b, o] = sum[i](d.which[b, i] * which.weight[i, o])
*/
static void r_64_10(
    real *restrict r,             /* [B, 64] */
    const real *restrict d_which, /* [B, 10] */
    const real *restrict weight,  /* [10, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        real sum[64] = {0};
        for (int i = 0; i < 10; i++) {
            for (int o = 0; o < 64; o++) {
                sum[o] += d_which[b * 10 + i] * weight[i * 64 + o];
            }
        }
        for (int o = 0; o < 64; o++) {
            r[b * 64 + o] = sum[o];
        }
    }
}

/* trunk2: gradient of linear
   (22) d.trunk2.z[b, o] = (sum[i](d.parity[b, i] * parity.weight[i, o]) + trunk2.r[b, o]) * (trunk2[b, o] > 0)
*/
static void d_z_64_1(
    real *restrict trunk2,         /* [B, 64] */
    const real *restrict d_parity, /* [B, 1] */
    const real *restrict weight,   /* [1, 64] */
    const real *restrict r,        /* [B, 64] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 64; o++) {
            trunk2[b * 64 + o] = choose(trunk2[b * 64 + o] > 0.0f, d_parity[b] * weight[o] + r[b * 64 + o], 0.0f);
        }
    }
}

/* trunk2: gradient of linear
   (23) d.trunk2.weight[o, i] = sum[b](d.trunk2.z[b, o] * trunk1[b, i])
   and, in other places, (26)
*/
static void d_weight_64_64(
    real *restrict d_weight,     /* [64, 64], transposed */
    const real *restrict trunk2, /* [B, 64] */
    const real *restrict trunk1, /* [B, 64] */
    int batch)
{
    const int high = even(64, TILE_ROWS / 2, ROWS);
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 64; i_tile += high) {
            const int rows = 64 - i_tile < high ? 64 - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     trunk1 + i_tile, 1, 64,
                     trunk2 + j_tile, 64, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int i = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    d_weight[i * 64 + o] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* trunk2: gradient of linear
   (24) d.trunk2.bias[o] = sum[b](d.trunk2.z[b, o])
   and, in other places, (27)
*/
static void d_bias_64(
    real *restrict d_bias,       /* [64] */
    const real *restrict trunk2, /* [B, 64] */
    int batch)
{
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 64; o++) {
            sum[o] += trunk2[b * 64 + o];
        }
    }
    for (int o = 0; o < 64; o++) {
        d_bias[o] = sum[o];
    }
}

/* trunk1: gradient of linear
   (25) d.trunk1.z[b, o] = sum[i](d.trunk2.z[b, i] * trunk2.weight[i, o]) * (trunk1[b, o] > 0)
*/
static void d_z_64_64(
    real *restrict trunk1,       /* [B, 64] */
    const real *restrict trunk2, /* [B, 64] */
    const real *restrict weight, /* [64, 64], transposed */
    int batch)
{
    const int high = even(batch, TILE_ROWS / 2, ROWS);
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 64,
                     trunk2 + i_tile * 64, 64, 1,
                     weight + j_tile * 64, 1, 64);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    trunk1[b * 64 + o] = choose(trunk1[b * 64 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                }
            }
        }
    }
}

/* parity: linear, gradient of linear; loss.odd: gradient of bce_with_logits
   (6) parity[b, o] = sum[i](trunk2[b, i] * parity.weight[o, i]) + parity.bias[o]
   (14) d.odd[b, i] = -parity[b, i] / (2 * B)
   (15) d.parity[b, o] = ((1 - odd[b, o]) * sigmoid(parity[b, o]) - odd[b, o] * sigmoid(-parity[b, o])) / (2 * B)
*/
static void linear_d_odd_d_parity_1_64(
    real *restrict parity,       /* [B, 1] */
    real *restrict d_odd,        /* [B, 1] */
    real *restrict d_parity,     /* [B, 1] */
    const real *restrict trunk2, /* [B, 64] */
    const real *restrict weight, /* [1, 64] */
    const real *restrict bias,   /* [1] */
    const real *restrict odd,    /* [B, 1] */
    int batch)
{
    const int high = even(batch, ROWS, ROWS); /* (6) */
    const real scale = 1.0f / (2.0f * (real)batch); /* (14) (15) */
    for (int j_tile = 0; j_tile < 1; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = 1 - j_tile < COLUMNS ? 1 - j_tile : COLUMNS;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                const int o = j_tile;
                fetch(odd + b + o);
            }
            multiply(tile, panel, fresh, rows, columns, 64,
                     trunk2 + i_tile * 64, 64, 1,
                     weight + j_tile * 64, 1, 64);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    parity[b + o] = tile[r * COLUMNS + c] + bias[o]; /* (6) */
                    d_odd[b + o] = -(scale * parity[b + o]); /* (14) */
                    d_parity[b + o] = scale * ((1.0f - odd[b + o]) * sigmoid(parity[b + o]) - sigmoid(-parity[b + o]) * odd[b + o]); /* (15) */
                }
            }
        }
    }
}

/* trunk1: gradient of linear
   (28) d.features[b, i] = sum[j](d.trunk1.z[b, j] * trunk1.weight[j, i])
*/
static void d_features_64_64(
    real *restrict d_features,   /* [B, 64] */
    const real *restrict trunk1, /* [B, 64] */
    const real *restrict weight, /* [64, 64], transposed */
    int batch)
{
    const int high = even(batch, TILE_ROWS / 2, ROWS);
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 64,
                     trunk1 + i_tile * 64, 64, 1,
                     weight + j_tile * 64, 1, 64);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_features[b * 64 + i] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* optimizer: adam rate, next step
   (29) optimizer.rate = lr / (1 - beta1**(1 + t))
   (30) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
   (31) t.next = 1 + t
*/
static void adam_rate_next_step(
    double *restrict rate,
    double *restrict scale,
    double *restrict t,
    const double *restrict lr,
    const double *restrict beta1,
    const double *restrict beta2)
{
    *rate = *lr / (1.0 - pow(*beta1, *t + 1.0)); /* (29) */
    *scale = 1.0 / sqrt(1.0 - pow(*beta2, *t + 1.0)); /* (30) */
    *t = *t + 1.0; /* (31) */
}

/* which: gradient of linear, adam
   (20) d.which.bias[o] = sum[b](d.which[b, o])
   (47) which.bias.m.next[o] = (1 - beta1) * d.which.bias[o] + beta1 * which.bias.m[o]
   (48) which.bias.v.next[o] = (1 - beta2) * d.which.bias[o]**2 + beta2 * which.bias.v[o]
   (49) which.bias.next[o] = which.bias[o] - optimizer.rate * which.bias.m.next[o] / (optimizer.scale * sqrt(which.bias.v.next[o]) + eps)
*/
static void d_bias_adam_10(
    real *restrict m,             /* [10] */
    real *restrict v,             /* [10] */
    real *restrict bias,          /* [10] */
    const real *restrict d_which, /* [B, 10] */
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
    real sum[10] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 10; o++) {
            sum[o] += d_which[b * 10 + o];
        }
    }
    for (int o = 0; o < 10; o++) {
        const real d_bias = sum[o]; /* (20) */
        m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (47) */
        v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (48) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (49) */
    }
}

/* parity: gradient of linear, adam
   (18) d.parity.bias[o] = sum[b](d.parity[b, o])
   (53) parity.bias.m.next[o] = (1 - beta1) * d.parity.bias[o] + beta1 * parity.bias.m[o]
   (54) parity.bias.v.next[o] = (1 - beta2) * d.parity.bias[o]**2 + beta2 * parity.bias.v[o]
   (55) parity.bias.next[o] = parity.bias[o] - optimizer.rate * parity.bias.m.next[o] / (optimizer.scale * sqrt(parity.bias.v.next[o]) + eps)
*/
static void d_bias_adam_1(
    real *restrict m,              /* [1] */
    real *restrict v,              /* [1] */
    real *restrict bias,           /* [1] */
    const real *restrict d_parity, /* [B, 1] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    real d_bias = 0;
    for (int b = 0; b < batch; b++) {
        d_bias += d_parity[b]; /* (18) */
    }
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1;
    m[0] = normal(one_minus_beta1 * d_bias + beta1_real * m[0]); /* (53) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2;
    v[0] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[0]); /* (54) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps;
    bias[0] = bias[0] - rate_real * m[0] / (scale_real * sqrtf(v[0]) + eps_real); /* (55) */
}

/* which: gradient of linear, adam
   (19) d.which.weight[o, i] = sum[b](d.which[b, o] * trunk2[b, i])
   (44) which.weight.m.next[o, i] = (1 - beta1) * d.which.weight[o, i] + beta1 * which.weight.m[o, i]
   (45) which.weight.v.next[o, i] = (1 - beta2) * d.which.weight[o, i]**2 + beta2 * which.weight.v[o, i]
   (46) which.weight.next[o, i] = which.weight[o, i] - optimizer.rate * which.weight.m.next[o, i] / (optimizer.scale * sqrt(which.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_10_64(
    real *restrict m,             /* [10, 64] */
    real *restrict v,             /* [10, 64] */
    real *restrict weight,        /* [10, 64] */
    const real *restrict d_which, /* [B, 10] */
    const real *restrict trunk2,  /* [B, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (44) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (45) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (46) */
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 10; i_tile += TILE_ROWS) {
            const int rows = 10 - i_tile < TILE_ROWS ? 10 - i_tile : TILE_ROWS;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     d_which + i_tile, 1, 10,
                     trunk2 + j_tile, 64, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (19) */
                    m[o * 64 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 64 + i]); /* (44) */
                    v[o * 64 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 64 + i]); /* (45) */
                    weight[o * 64 + i] = weight[o * 64 + i] - rate_real * m[o * 64 + i] / (scale_real * sqrtf(v[o * 64 + i]) + eps_real); /* (46) */
                }
            }
        }
    }
}

/* trunk2: gradient of linear
   (22) d.trunk2.z[b, o] = (sum[i](d.parity[b, i] * parity.weight[i, o]) + trunk2.r[b, o]) * (trunk2[b, o] > 0)
*/
static void d_z_64_1_v2(
    real *restrict r,              /* [B, 64] */
    const real *restrict trunk2,   /* [B, 64] */
    const real *restrict d_parity, /* [B, 1] */
    const real *restrict weight,   /* [1, 64] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 64; o++) {
            r[b * 64 + o] = choose(trunk2[b * 64 + o] > 0.0f, d_parity[b] * weight[o] + r[b * 64 + o], 0.0f);
        }
    }
}

/* parity: gradient of linear, adam
   (17) d.parity.weight[o, i] = sum[b](d.parity[b, o] * trunk2[b, i])
   (50) parity.weight.m.next[o, i] = (1 - beta1) * d.parity.weight[o, i] + beta1 * parity.weight.m[o, i]
   (51) parity.weight.v.next[o, i] = (1 - beta2) * d.parity.weight[o, i]**2 + beta2 * parity.weight.v[o, i]
   (52) parity.weight.next[o, i] = parity.weight[o, i] - optimizer.rate * parity.weight.m.next[o, i] / (optimizer.scale * sqrt(parity.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_1_64(
    real *restrict m,              /* [1, 64] */
    real *restrict v,              /* [1, 64] */
    real *restrict weight,         /* [1, 64] */
    const real *restrict d_parity, /* [B, 1] */
    const real *restrict trunk2,   /* [B, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (50) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (51) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (52) */
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            for (int i = 0; i < 64; i++) {
                sum[o * 64 + i] += d_parity[b + o] * trunk2[b * 64 + i];
            }
        }
    }
    for (int o = 0; o < 1; o++) {
        for (int i = 0; i < 64; i++) {
            const real d_weight = sum[o * 64 + i]; /* (17) */
            m[o * 64 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 64 + i]); /* (50) */
            v[o * 64 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 64 + i]); /* (51) */
            weight[o * 64 + i] = weight[o * 64 + i] - rate_real * m[o * 64 + i] / (scale_real * sqrtf(v[o * 64 + i]) + eps_real); /* (52) */
        }
    }
}

/* trunk2: gradient of linear, adam
   (24) d.trunk2.bias[o] = sum[b](d.trunk2.z[b, o])
   (41) trunk2.bias.m.next[o] = (1 - beta1) * d.trunk2.bias[o] + beta1 * trunk2.bias.m[o]
   (42) trunk2.bias.v.next[o] = (1 - beta2) * d.trunk2.bias[o]**2 + beta2 * trunk2.bias.v[o]
   (43) trunk2.bias.next[o] = trunk2.bias[o] - optimizer.rate * trunk2.bias.m.next[o] / (optimizer.scale * sqrt(trunk2.bias.v.next[o]) + eps)
   and, in other places, (27) (35) (36) (37)
*/
static void d_bias_adam_64(
    real *restrict m,             /* [64] */
    real *restrict v,             /* [64] */
    real *restrict bias,          /* [64] */
    const real *restrict r,       /* [B, 64] */
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
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 64; o++) {
            sum[o] += r[b * 64 + o];
        }
    }
    for (int o = 0; o < 64; o++) {
        const real d_bias = sum[o]; /* (24) */
        m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (41) */
        v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (42) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (43) */
    }
}

/* trunk1: gradient of linear
   (25) d.trunk1.z[b, o] = sum[i](d.trunk2.z[b, i] * trunk2.weight[i, o]) * (trunk1[b, o] > 0)
*/
static void d_z_64_64_v2(
    real *restrict d_z,          /* [B, 64] */
    const real *restrict trunk1, /* [B, 64] */
    const real *restrict r,      /* [B, 64] */
    const real *restrict weight, /* [64, 64], transposed */
    int batch)
{
    const int high = even(batch, TILE_ROWS / 2, ROWS);
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 64,
                     r + i_tile * 64, 64, 1,
                     weight + j_tile * 64, 1, 64);
            fresh = 0;
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int b = i_tile + r_2;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    d_z[b * 64 + o] = choose(trunk1[b * 64 + o] > 0.0f, tile[r_2 * COLUMNS + c], 0.0f);
                }
            }
        }
    }
}

/* trunk2: gradient of linear, adam
   (23) d.trunk2.weight[o, i] = sum[b](d.trunk2.z[b, o] * trunk1[b, i])
   (38) trunk2.weight.m.next[o, i] = (1 - beta1) * d.trunk2.weight[o, i] + beta1 * trunk2.weight.m[o, i]
   (39) trunk2.weight.v.next[o, i] = (1 - beta2) * d.trunk2.weight[o, i]**2 + beta2 * trunk2.weight.v[o, i]
   (40) trunk2.weight.next[o, i] = trunk2.weight[o, i] - optimizer.rate * trunk2.weight.m.next[o, i] / (optimizer.scale * sqrt(trunk2.weight.v.next[o, i]) + eps)
   and, in other places, (26) (32) (33) (34)
*/
static void d_weight_adam_64_64(
    real *restrict m,             /* [64, 64], transposed */
    real *restrict v,             /* [64, 64], transposed */
    real *restrict weight,        /* [64, 64], transposed */
    const real *restrict r,       /* [B, 64] */
    const real *restrict trunk1,  /* [B, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const int high = even(64, TILE_ROWS / 2, ROWS); /* (23) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (38) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (39) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (40) */
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 64; i_tile += high) {
            const int rows = 64 - i_tile < high ? 64 - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     trunk1 + i_tile, 1, 64,
                     r + j_tile, 64, 1);
            fresh = 0;
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int i = i_tile + r_2;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real d_weight = tile[r_2 * COLUMNS + c]; /* (23) */
                    m[i * 64 + o] = normal(one_minus_beta1 * d_weight + beta1_real * m[i * 64 + o]); /* (38) */
                    v[i * 64 + o] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[i * 64 + o]); /* (39) */
                    weight[i * 64 + o] = weight[i * 64 + o] - rate_real * m[i * 64 + o] / (scale_real * sqrtf(v[i * 64 + o]) + eps_real); /* (40) */
                }
            }
        }
    }
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_forward(const multitask_digits_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const linear_part = net->workspace + 16;
    real *const trunk1 = linear_part + 64 * capacity;
    real *const trunk2 = linear_part;
    real *const which = linear_part + 64 * capacity;
    real *const parity = linear_part + 80 * capacity;

    /* (1) (2) */
    linear_relu_64_64(trunk1, net->in_features, net->parameters + trunk1_weight, net->parameters + trunk1_bias,
                      batch);
#pragma omp barrier
    /* (3) (4) */
    linear_relu_64_64(trunk2, trunk1, net->parameters + trunk2_weight, net->parameters + trunk2_bias, batch);
#pragma omp barrier
    /* (5) */
    linear_10_64(which, trunk2, net->parameters + which_weight, net->parameters + which_bias, batch);
    /* (6) */
#pragma omp master
    linear_1_64(parity, trunk2, net->parameters + parity_weight, net->parameters + parity_bias, batch);
}

double multitask_digits_forward(const multitask_digits_network *net)
{
    if (net->threads > 1 && net->batch >= 256) {
#pragma omp parallel num_threads(net->threads)
        share_of_forward(net);
    } else
        share_of_forward(net);
    return 0;
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_loss(const multitask_digits_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const trunk1 = linear_part + 64 * capacity;
    real *const trunk2 = linear_part;
    real *const which = linear_part + 64 * capacity;
    real *const parity = linear_part + 80 * capacity;
    real *const loss_digit_m = linear_part + 17 * capacity;
    real *const loss_digit_e = linear_part;
    real *const loss_digit_S = linear_part + 16 * capacity;
    real *const loss_digit = fixed;
    real *const loss = fixed + 1;

    /* (1) (2) */
    linear_relu_64_64(trunk1, net->in_features, net->parameters + trunk1_weight, net->parameters + trunk1_bias,
                      batch);
#pragma omp barrier
    /* (3) (4) */
    linear_relu_64_64(trunk2, trunk1, net->parameters + trunk2_weight, net->parameters + trunk2_bias, batch);
#pragma omp barrier
    /* (5) */
    linear_10_64(which, trunk2, net->parameters + which_weight, net->parameters + which_bias, batch);
    /* (6) */
#pragma omp master
    linear_1_64(parity, trunk2, net->parameters + parity_weight, net->parameters + parity_bias, batch);
#pragma omp barrier
    /* (7) (8) (9) */
    cross_entropy_10(loss_digit_m, loss_digit_e, loss_digit_S, which, batch);
#pragma omp barrier
    /* (11) */
#pragma omp master
    cross_entropy(loss_digit, loss_digit_m, which, net->in_target, loss_digit_S, batch);
    /* (12) (13) */
#pragma omp master
    bce_with_logits_sum_1(loss, net->in_odd, parity, loss_digit, batch);
}

double multitask_digits_loss(const multitask_digits_network *net)
{
    if (net->threads > 1 && net->batch >= 512) {
#pragma omp parallel num_threads(net->threads)
        share_of_loss(net);
    } else
        share_of_loss(net);
    return (double)net->workspace[1];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_gradients(const multitask_digits_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const trunk1 = linear_part;
    real *const trunk2 = linear_part + 64 * capacity;
    real *const which = linear_part + 128 * capacity;
    real *const loss_digit_m = linear_part + 161 * capacity;
    real *const loss_digit_e = linear_part + 144 * capacity;
    real *const loss_digit_S = linear_part + 160 * capacity;
    real *const d_which = linear_part + 192 * capacity;
    real *const loss_digit = fixed + 1;
    real *const parity = linear_part + 128 * capacity;
    real *const d_parity = linear_part + 208 * capacity;
    real *const loss = fixed;
    real *const trunk2_r = linear_part + 128 * capacity;

    /* (1) (2) */
    linear_relu_64_64(trunk1, net->in_features, net->parameters + trunk1_weight, net->parameters + trunk1_bias,
                      batch);
#pragma omp barrier
    /* (3) (4) */
    linear_relu_64_64(trunk2, trunk1, net->parameters + trunk2_weight, net->parameters + trunk2_bias, batch);
#pragma omp barrier
    /* (5) */
    linear_10_64(which, trunk2, net->parameters + which_weight, net->parameters + which_bias, batch);
#pragma omp barrier
    /* (7) (8) (9) (10) (16) */
    cross_entropy_d_which_10(loss_digit_m, loss_digit_e, loss_digit_S, d_which, which, net->in_target, batch);
#pragma omp barrier
    /* (11) */
#pragma omp master
    cross_entropy(loss_digit, loss_digit_m, which, net->in_target, loss_digit_S, batch);
    /* (19) */
    d_weight_10_64(net->gradients + d_which_weight, d_which, trunk2, batch);
    /* (20) */
#pragma omp master
    d_bias_10(net->gradients + d_which_bias, d_which, batch);
#pragma omp barrier
    /* (6) (15) */
    linear_d_parity_1_64(parity, d_parity, trunk2, net->parameters + parity_weight, net->parameters + parity_bias,
                         net->in_odd, batch);
#pragma omp barrier
    /* (12) (13) */
#pragma omp master
    bce_with_logits_sum_1(loss, net->in_odd, parity, loss_digit, batch);
    /* (17) */
#pragma omp master
    d_weight_1_64(net->gradients + d_parity_weight, d_parity, trunk2, batch);
    /* (18) */
#pragma omp master
    d_bias_1(net->gradients + d_parity_bias, d_parity, batch);
#pragma omp barrier
    /* (21) */
    r_64_10(trunk2_r, d_which, net->parameters + which_weight, batch);
#pragma omp barrier
    /* (22) */
#pragma omp master
    d_z_64_1(trunk2, d_parity, net->parameters + parity_weight, trunk2_r, batch);
#pragma omp barrier
    /* (23) */
    d_weight_64_64(net->gradients + d_trunk2_weight, trunk2, trunk1, batch);
    /* (24) */
#pragma omp master
    d_bias_64(net->gradients + d_trunk2_bias, trunk2, batch);
#pragma omp barrier
    /* (25) */
    d_z_64_64(trunk1, trunk2, net->parameters + trunk2_weight, batch);
#pragma omp barrier
    /* (26) */
    d_weight_64_64(net->gradients + d_trunk1_weight, trunk1, net->in_features, batch);
    /* (27) */
#pragma omp master
    d_bias_64(net->gradients + d_trunk1_bias, trunk1, batch);
}

double multitask_digits_gradients(const multitask_digits_network *net)
{
    if (net->threads > 1 && net->batch >= 512) {
#pragma omp parallel num_threads(net->threads)
        share_of_gradients(net);
    } else
        share_of_gradients(net);
    return (double)net->workspace[0];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_input_gradients(const multitask_digits_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const trunk1 = linear_part;
    real *const trunk2 = linear_part + 64 * capacity;
    real *const which = linear_part + 128 * capacity;
    real *const loss_digit_m = linear_part + 161 * capacity;
    real *const loss_digit_e = linear_part + 144 * capacity;
    real *const loss_digit_S = linear_part + 160 * capacity;
    real *const d_which = linear_part + 192 * capacity;
    real *const loss_digit = fixed + 1;
    real *const parity = linear_part + 128 * capacity;
    real *const d_odd = linear_part + 208 * capacity;
    real *const d_parity = linear_part + 209 * capacity;
    real *const loss = fixed;
    real *const trunk2_r = linear_part + 128 * capacity;
    real *const d_features = linear_part + 64 * capacity;

    /* (1) (2) */
    linear_relu_64_64(trunk1, net->in_features, net->parameters + trunk1_weight, net->parameters + trunk1_bias,
                      batch);
#pragma omp barrier
    /* (3) (4) */
    linear_relu_64_64(trunk2, trunk1, net->parameters + trunk2_weight, net->parameters + trunk2_bias, batch);
#pragma omp barrier
    /* (5) */
    linear_10_64(which, trunk2, net->parameters + which_weight, net->parameters + which_bias, batch);
#pragma omp barrier
    /* (7) (8) (9) (10) (16) */
    cross_entropy_d_which_10(loss_digit_m, loss_digit_e, loss_digit_S, d_which, which, net->in_target, batch);
#pragma omp barrier
    /* (11) */
#pragma omp master
    cross_entropy(loss_digit, loss_digit_m, which, net->in_target, loss_digit_S, batch);
    /* (19) */
    d_weight_10_64(net->gradients + d_which_weight, d_which, trunk2, batch);
    /* (20) */
#pragma omp master
    d_bias_10(net->gradients + d_which_bias, d_which, batch);
#pragma omp barrier
    /* (6) (14) (15) */
    linear_d_odd_d_parity_1_64(parity, d_odd, d_parity, trunk2, net->parameters + parity_weight,
                               net->parameters + parity_bias, net->in_odd, batch);
#pragma omp barrier
    /* (12) (13) */
#pragma omp master
    bce_with_logits_sum_1(loss, net->in_odd, parity, loss_digit, batch);
    /* (17) */
#pragma omp master
    d_weight_1_64(net->gradients + d_parity_weight, d_parity, trunk2, batch);
    /* (18) */
#pragma omp master
    d_bias_1(net->gradients + d_parity_bias, d_parity, batch);
#pragma omp barrier
    /* (21) */
    r_64_10(trunk2_r, d_which, net->parameters + which_weight, batch);
#pragma omp barrier
    /* (22) */
#pragma omp master
    d_z_64_1(trunk2, d_parity, net->parameters + parity_weight, trunk2_r, batch);
#pragma omp barrier
    /* (23) */
    d_weight_64_64(net->gradients + d_trunk2_weight, trunk2, trunk1, batch);
    /* (24) */
#pragma omp master
    d_bias_64(net->gradients + d_trunk2_bias, trunk2, batch);
#pragma omp barrier
    /* (25) */
    d_z_64_64(trunk1, trunk2, net->parameters + trunk2_weight, batch);
#pragma omp barrier
    /* (26) */
    d_weight_64_64(net->gradients + d_trunk1_weight, trunk1, net->in_features, batch);
    /* (27) */
#pragma omp master
    d_bias_64(net->gradients + d_trunk1_bias, trunk1, batch);
    /* (28) */
    d_features_64_64(d_features, trunk1, net->parameters + trunk1_weight, batch);
}

double multitask_digits_input_gradients(const multitask_digits_network *net)
{
    if (net->threads > 1 && net->batch >= 512) {
#pragma omp parallel num_threads(net->threads)
        share_of_input_gradients(net);
    } else
        share_of_input_gradients(net);
    return (double)net->workspace[0];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_step(const multitask_digits_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const trunk1 = linear_part;
    real *const trunk2 = linear_part + 64 * capacity;
    double *const optimizer_rate = (double *)(fixed);
    double *const optimizer_scale = (double *)(fixed + 2);
    real *const which = linear_part + 128 * capacity;
    real *const loss_digit_m = linear_part + 161 * capacity;
    real *const loss_digit_e = linear_part + 144 * capacity;
    real *const loss_digit_S = linear_part + 160 * capacity;
    real *const d_which = linear_part + 192 * capacity;
    real *const loss_digit = fixed + 5;
    real *const parity = linear_part + 128 * capacity;
    real *const d_parity = linear_part + 208 * capacity;
    real *const loss = fixed + 4;
    real *const trunk2_r = linear_part + 128 * capacity;
    real *const d_trunk1_z = linear_part + 64 * capacity;

    /* (1) (2) */
    linear_relu_64_64(trunk1, net->in_features, net->parameters + trunk1_weight, net->parameters + trunk1_bias,
                      batch);
#pragma omp barrier
    /* (3) (4) */
    linear_relu_64_64(trunk2, trunk1, net->parameters + trunk2_weight, net->parameters + trunk2_bias, batch);
    /* (29) (30) (31) */
#pragma omp master
    adam_rate_next_step(optimizer_rate, optimizer_scale, net->counters + t, net->settings + lr,
                        net->settings + beta1, net->settings + beta2);
#pragma omp barrier
    /* (5) */
    linear_10_64(which, trunk2, net->parameters + which_weight, net->parameters + which_bias, batch);
#pragma omp barrier
    /* (7) (8) (9) (10) (16) */
    cross_entropy_d_which_10(loss_digit_m, loss_digit_e, loss_digit_S, d_which, which, net->in_target, batch);
#pragma omp barrier
    /* (11) */
#pragma omp master
    cross_entropy(loss_digit, loss_digit_m, which, net->in_target, loss_digit_S, batch);
    /* (20) (47) (48) (49) */
#pragma omp master
    d_bias_adam_10(net->states + which_bias_m, net->states + which_bias_v, net->parameters + which_bias, d_which,
                   net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                   net->settings + eps, batch);
#pragma omp barrier
    /* (6) (15) */
    linear_d_parity_1_64(parity, d_parity, trunk2, net->parameters + parity_weight, net->parameters + parity_bias,
                         net->in_odd, batch);
#pragma omp barrier
    /* (12) (13) */
#pragma omp master
    bce_with_logits_sum_1(loss, net->in_odd, parity, loss_digit, batch);
    /* (18) (53) (54) (55) */
#pragma omp master
    d_bias_adam_1(net->states + parity_bias_m, net->states + parity_bias_v, net->parameters + parity_bias,
                  d_parity, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                  net->settings + eps, batch);
#pragma omp barrier
    /* (21) */
    r_64_10(trunk2_r, d_which, net->parameters + which_weight, batch);
#pragma omp barrier
    /* (19) (44) (45) (46) */
    d_weight_adam_10_64(net->states + which_weight_m, net->states + which_weight_v, net->parameters + which_weight,
                        d_which, trunk2, net->settings + beta1, net->settings + beta2, optimizer_rate,
                        optimizer_scale, net->settings + eps, batch);
    /* (22) */
#pragma omp master
    d_z_64_1_v2(trunk2_r, trunk2, d_parity, net->parameters + parity_weight, batch);
    /* (17) (50) (51) (52) */
#pragma omp master
    d_weight_adam_1_64(net->states + parity_weight_m, net->states + parity_weight_v,
                       net->parameters + parity_weight, d_parity, trunk2, net->settings + beta1,
                       net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (24) (41) (42) (43) */
#pragma omp master
    d_bias_adam_64(net->states + trunk2_bias_m, net->states + trunk2_bias_v, net->parameters + trunk2_bias,
                   trunk2_r, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                   net->settings + eps, batch);
#pragma omp barrier
    /* (25) */
    d_z_64_64_v2(d_trunk1_z, trunk1, trunk2_r, net->parameters + trunk2_weight, batch);
#pragma omp barrier
    /* (23) (38) (39) (40) */
    d_weight_adam_64_64(net->states + trunk2_weight_m, net->states + trunk2_weight_v,
                        net->parameters + trunk2_weight, trunk2_r, trunk1, net->settings + beta1,
                        net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (26) (32) (33) (34) */
    d_weight_adam_64_64(net->states + trunk1_weight_m, net->states + trunk1_weight_v,
                        net->parameters + trunk1_weight, d_trunk1_z, net->in_features, net->settings + beta1,
                        net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (27) (35) (36) (37) */
#pragma omp master
    d_bias_adam_64(net->states + trunk1_bias_m, net->states + trunk1_bias_v, net->parameters + trunk1_bias,
                   d_trunk1_z, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                   net->settings + eps, batch);
}

double multitask_digits_step(const multitask_digits_network *net)
{
    if (net->threads > 1 && net->batch >= 512) {
#pragma omp parallel num_threads(net->threads)
        share_of_step(net);
    } else
        share_of_step(net);
    return (double)net->workspace[4];
}

/* Steps of training, `count` of them, one after another.  The inputs have `batches` times net->batch rows: the steps
   take a batch after the other, the one numbered `first` to begin with, and after the last one the first again.
   Leaves the losses.  A loss that is infinite or not a number ends it.  Returns how many steps there were. */
int multitask_digits_steps(const multitask_digits_network *net, int first, int batches, int count, double *losses)
{
    multitask_digits_network now = *net;
    for (int n = 0; n < count; n++) {
        const size_t row = (size_t)((first + n) % batches) * (size_t)net->batch;
        now.in_features = net->in_features + row * 64;
        now.in_target = net->in_target + row;
        now.in_odd = net->in_odd + row;
        losses[n] = multitask_digits_step(&now);
        if (!isfinite(losses[n]))
            return n + 1;
    }
    return count;
}

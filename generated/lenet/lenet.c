/* lenet, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.

   cc -O3 -std=c11 -march=native -fvect-cost-model=dynamic -fpeel-loops -ffp-contract=fast -fno-math-errno -fno-trapping-math -fopenmp -c lenet.c */
#include "lenet.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    conv1_weight = 0, /* [6, 1, 5, 5] */
    conv1_bias = 160, /* [6] */
    conv2_weight = 176, /* [16, 6, 5, 5] */
    conv2_bias = 2576, /* [16] */
    fc1_weight = 2592, /* [120, 400] */
    fc1_bias = 50592, /* [120] */
    fc2_weight = 50720, /* [84, 120] */
    fc2_bias = 60800, /* [84] */
    fc3_weight = 60896, /* [10, 84] */
    fc3_bias = 61744, /* [10] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_conv1_weight = 0, /* [6, 1, 5, 5] */
    d_conv1_bias = 160, /* [6] */
    d_conv2_weight = 176, /* [16, 6, 5, 5] */
    d_conv2_bias = 2576, /* [16] */
    d_fc1_weight = 2592, /* [120, 400] */
    d_fc1_bias = 50592, /* [120] */
    d_fc2_weight = 50720, /* [84, 120] */
    d_fc2_bias = 60800, /* [84] */
    d_fc3_weight = 60896, /* [10, 84] */
    d_fc3_bias = 61744, /* [10] */
};

/* Where tensors begin in `states`. */
enum {
    conv1_weight_m = 0, /* [6, 1, 5, 5] */
    conv1_bias_m = 160, /* [6] */
    conv2_weight_m = 176, /* [16, 6, 5, 5] */
    conv2_bias_m = 2576, /* [16] */
    fc1_weight_m = 2592, /* [120, 400] */
    fc1_bias_m = 50592, /* [120] */
    fc2_weight_m = 50720, /* [84, 120] */
    fc2_bias_m = 60800, /* [84] */
    fc3_weight_m = 60896, /* [10, 84] */
    fc3_bias_m = 61744, /* [10] */
    conv1_weight_v = 61760, /* [6, 1, 5, 5] */
    conv1_bias_v = 61920, /* [6] */
    conv2_weight_v = 61936, /* [16, 6, 5, 5] */
    conv2_bias_v = 64336, /* [16] */
    fc1_weight_v = 64352, /* [120, 400] */
    fc1_bias_v = 112352, /* [120] */
    fc2_weight_v = 112480, /* [84, 120] */
    fc2_bias_v = 122560, /* [84] */
    fc3_weight_v = 122656, /* [10, 84] */
    fc3_bias_v = 123504, /* [10] */
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
    min_lr = 6, /* [] */
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

static inline real square(real x)
{
    return x * x;
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

/* Products whose operands are walked through: convolutions, and whatever is not laid out like a matrix. */

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
    const int last = way.loops - 1;
    for (int c = 0; c < count;) {
        int run = way.extents[last] - at[last]; /* turns of the innermost loop */
        run = last == 0 || run > count - c ? count - c : run;
        for (int n = 0; n < run; n++)
            found[c + n] = offset + n * way.steps[last];
        c += run;
        offset += run * way.steps[last];
        at[last] += run;
        for (int n = last; n > 0 && at[n] == way.extents[n]; n--) {
            offset += way.steps[n - 1] - at[n] * way.steps[n];
            at[n] = 0;
            at[n - 1]++;
        }
    }
}

static const real none = 0;

/* Add `depth` terms to `rows` rows of two vectors of columns, which are `width` sums apart from row to row.  Where the
   terms lie, of a as of b, `a_term` and `b_term` say.  to: where the sums of the left and of the right vector go.
   initial: of each row, what its sums begin with; 0: with what is there already. */
INLINE void add_products_along(const int rows, const int both, real *to_left, real *to_right, ptrdiff_t width, int depth,
                               const real *restrict a, ptrdiff_t a_row, const ptrdiff_t *restrict a_term,
                               const real *b_left, const real *b_right, const ptrdiff_t *restrict b_term,
                               const real *initial, ptrdiff_t initial_row)
{
    const real *of_a[ROWS];
    lanes left[ROWS], right[ROWS];
    point_at(rows, of_a, a, a_row);
    for (int r = 0; r < rows; r++) {
        if (initial) {
            left[r] = right[r] = initial[r * initial_row] - (lanes){0};
            continue;
        }
        left[r] = *(const lanes *)(to_left + r * width);
        right[r] = both ? *(const lanes *)(to_right + r * width) : left[r];
    }
    for (int k = 0; k < depth; k++) {
        const lanes on_left = *(const lanes *)(b_left + b_term[k]);
        const lanes on_right = both ? *(const lanes *)(b_right + b_term[k]) : on_left;
        for (int r = 0; r < rows; r++) {
            const real value = of_a[r / NEAR][a_term[k] + r % NEAR * a_row];
            left[r] += value * on_left;
            if (both)
                right[r] += value * on_right;
        }
    }
    for (int r = 0; r < rows; r++) {
        *(lanes *)(to_left + r * width) = left[r];
        if (both)
            *(lanes *)(to_right + r * width) = right[r];
    }
}

/* The same for any number of rows, in blocks that are as even as they can be. */
OUTLINE void add_rows_along(int rows, real *to_left, real *to_right, ptrdiff_t width, int depth, const real *a,
                           ptrdiff_t a_row, const ptrdiff_t *a_term, const real *b_left, const real *b_right,
                           const ptrdiff_t *b_term, const real *initial, ptrdiff_t initial_row)
{
    for (int blocks = (rows + ROWS - 1) / ROWS, block; blocks > 0; blocks--, rows -= block) {
        block = (rows + blocks - 1) / blocks;
        switch (block) {
#define CASE(n) \
        case n: \
            add_products_along(n, 1, to_left, to_right, width, depth, a, a_row, a_term, b_left, b_right, b_term, \
                               initial, initial_row); \
            break;
            CASE(1) CASE(2) CASE(3) CASE(4)
#if ROWS >= 6
            CASE(5) CASE(6)
#endif
#if ROWS >= 12
            CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)
#endif
#undef CASE
        }
        to_left += block * width;
        to_right += block * width;
        a += block * a_row;
        if (initial)
            initial += block * initial_row;
    }
}

/* Tiles whose columns are read where they lie: lines of `extent` numbers next to each other, `step` apart.  In the tile
   they are LINE_WIDTH lanes apart: each in vectors of its own, or, where these would leave more lanes empty than there
   are between the lines, all as one, what is between them included. */
#define WHOLE_VECTORS(count) (((count) + LANES - 1) / LANES * LANES)
#define LINE_WIDTH(extent, step) ((step) < WHOLE_VECTORS(extent) ? (step) : WHOLE_VECTORS(extent))
enum { LINES_ROWS = 2 * ROWS, LINES_WIDTH = 256 }; /* of a tile */

/* Add terms to one vector of columns of any number of rows. */
OUTLINE void add_rows_of_one(int rows, real *to, ptrdiff_t width, int depth, const real *a, ptrdiff_t a_row,
                            const ptrdiff_t *a_term, const real *b, const ptrdiff_t *b_term)
{
    for (int some; rows > 0; rows -= some, to += some * width, a += some * a_row) {
        some = rows >= ROWS ? ROWS : rows >= 4 ? 4 : 1;
#define ADD(n) add_products_along(n, 0, to, 0, width, depth, a, a_row, a_term, b, 0, b_term, 0, 0)
        if (some == ROWS)
            ADD(ROWS);
        else if (some == 4)
            ADD(4);
        else
            ADD(1);
#undef ADD
    }
}

/* The nearest of 0 ... most. */
INLINE int within(int n, int most)
{
    return n < 0 ? 0 : n < most ? n : most;
}

/* One such tile, `width` from row to row.  initial: of each row, what its sums begin with, if that is not 0.  inside: so
   many elements from b on, whatever the term, lie in the array; a vector that would reach beyond them begins earlier, in
   the tile too.  each: so many terms belong to each of `window` rows, of which row r reads nothing but zeros for the
   lines before low - r and from high - r on; 0: nothing is known of zeros. */
OUTLINE void multiply_lines(real *tile, ptrdiff_t width, const real *initial, ptrdiff_t initial_row, int rows, int lines,
                           int extent, ptrdiff_t step, int depth, const real *a, ptrdiff_t a_row,
                           const ptrdiff_t *a_term, const real *b, const ptrdiff_t *b_term, ptrdiff_t inside, int each,
                           int window, int low, int high)
{
    const int line = LINE_WIDTH(extent, step);
    const int span = line == step ? (lines - 1) * line + extent : lines * line;
    for (int first = 0; first < span; first += COLUMNS) {
        ptrdiff_t from[2], to[2];
        for (int side = 0; side < 2; side++) {
            const int lane = first + side * LANES < span ? first + side * LANES : first;
            const ptrdiff_t start = line == step ? lane : lane / line * step + lane % line;
            const ptrdiff_t beyond = start + LANES > inside ? start + LANES - inside : 0;
            from[side] = start - beyond;
            to[side] = lane - beyond;
        }
        int begin[2] = {0, 0}, end[2] = {depth, depth}; /* of the terms that are not 0 */
        for (int side = 0; side < 2 && each; side++) {
            const int top = (int)(to[side] / line), bottom = (int)((to[side] + LANES - 1) / line);
            begin[side] = within(low - bottom, window) * each;
            end[side] = within(high - top, window) * each;
        }
        const int apart = each >= LANES; /* few terms cost less if they are added to both vectors */
        const int first_term = (begin[0] > begin[1]) == apart ? begin[0] : begin[1];
        const int end_term = (end[0] < end[1]) == apart ? end[0] : end[1];
        add_rows_along(rows, tile + to[0], tile + to[1], width, end_term - first_term, a, a_row, a_term + first_term,
                       b + from[0], b + from[1], b_term + first_term, initial ? initial : &none, initial_row);
        for (int side = 0; side < 2 && apart; side++) {
            if (begin[side] < first_term)
                add_rows_of_one(rows, tile + to[side], width, first_term - begin[side], a, a_row, a_term + begin[side],
                                b + from[side], b_term + begin[side]);
            if (end[side] > end_term)
                add_rows_of_one(rows, tile + to[side], width, end[side] - end_term, a, a_row, a_term + end_term,
                                b + from[side], b_term + end_term);
        }
    }
}

#if defined(__GNUC__) && !defined(PLAIN_C)
typedef real half_lanes VECTOR(BYTES / 2);
#if BYTES >= 32
typedef real quarter_lanes VECTOR(BYTES / 4);
#define LANES_HALVED 2
#else
#define LANES_HALVED 1
#endif
#endif

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
OUTLINE void multiply_along(real *restrict tile, real *restrict panel, int fresh, int rows, int columns, int depth,
                           ptrdiff_t a_row, const real *restrict a, walk a_terms, const real *restrict b, walk b_terms,
                           int first_column, walk b_columns)
{
    ptrdiff_t a_term[DEPTH], b_term[DEPTH], panel_term[DEPTH], place[COLUMNS];
    for (int k = 0; k < DEPTH; k++)
        panel_term[k] = k * COLUMNS;
    offsets(place, b_columns, first_column, columns);
    for (int from = 0; from < depth; from += DEPTH) {
        const int part = depth - from < DEPTH ? depth - from : DEPTH;
        real *at = depth > PANEL_DEPTH ? panel : panel + from * COLUMNS;
        offsets(a_term, a_terms, from, part);
        if (fresh || depth > PANEL_DEPTH) {
            offsets(b_term, b_terms, from, part);
            pack_along(at, part, columns, b, b_term, place);
        }
        add_rows_along(rows, tile, tile + LANES, COLUMNS, part, a, a_row, a_term, at, at + LANES, panel_term,
                       from ? 0 : &none, 0);
    }
}

/* Sums of products along lines that both operands have, of `extent` numbers next to each other: gradients of weights.
   Vectors of both are read in place; each lane keeps a sum of its own, until all lines are through. */
enum {
    SUM_ROWS = ROWS > 6 ? ROWS / 2 : 2, /* of a tile, so that the sums of SUM_COLUMNS columns stay in registers */
    SUM_COLUMNS = COLUMNS < 4 ? COLUMNS : 4,
    SUM_LINES = 32 /* for which all columns are visited while the rows' lines are in the nearest cache */
};

/* Keep a vector in a register.  gcc, short of them, would load it anew for each product, and vectors that begin anywhere
   are loaded at half the speed, or a quarter, at which products are added. */
#if defined(__GNUC__) && !defined(PLAIN_C) && defined(__AVX512F__)
#define HOLD(vector) __asm__("" : "+v"(vector))
#else
#define HOLD(vector) (void)0
#endif

/* Vectors of two operands: how many, and where they are from the operands' first elements on. */
typedef struct {
    int count;
    ptrdiff_t a_place[SUM_LINES], b_place[SUM_LINES];
} vectors_of_both;

/* Add to the sums of `rows` rows, and SUM_COLUMNS columns that begin at b + column[...]. */
INLINE void add_sums(const int rows, lanes *restrict wide, const vectors_of_both *restrict of, const real *restrict a,
                     ptrdiff_t a_row, const real *restrict b, const ptrdiff_t *restrict column)
{
    lanes sums[SUM_ROWS][SUM_COLUMNS], right[SUM_COLUMNS];
    ptrdiff_t beside[SUM_COLUMNS];
    for (int c = 0; c < SUM_COLUMNS; c++) {
        beside[c] = column[c] - column[0];
        for (int r = 0; r < rows; r++)
            sums[r][c] = wide[r * COLUMNS + c];
    }
    b += column[0];
    for (int n = 0; n < of->count; n++) {
        const real *of_a = a + of->a_place[n], *of_b = b + of->b_place[n];
        for (int c = 0; c < SUM_COLUMNS; c++)
            right[c] = *(const lanes *)(of_b + beside[c]);
        for (int r = 0; r < rows; r++) {
            lanes left = *(const lanes *)(of_a + r * a_row);
            HOLD(left);
            for (int c = 0; c < SUM_COLUMNS; c++)
                sums[r][c] += left * right[c];
        }
    }
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < SUM_COLUMNS; c++)
            wide[r * COLUMNS + c] = sums[r][c];
}

/* The same for a whole tile. */
OUTLINE void add_all_sums(lanes *wide, int rows, int columns, const vectors_of_both *of, const real *a, ptrdiff_t a_row,
                          const real *b, const ptrdiff_t *column)
{
    for (int c = 0; c < columns; c += SUM_COLUMNS)
        switch (rows) {
#define CASE(n) case n: add_sums(n, wide + c, of, a, a_row, b, column + c); break;
            CASE(1) CASE(2)
#if ROWS > 6
            CASE(3) CASE(4) CASE(5) CASE(6)
#endif
#undef CASE
        }
}

/* Add the lanes from `first` to `end` of each sum to the tile, and begin the sums anew. */
static void collect_sums(real *restrict tile, lanes *restrict wide, int rows, int columns, int first, int end)
{
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
            real parts[LANES], sum = 0;
            *(lanes *)parts = wide[r * COLUMNS + c];
            for (int l = first; l < end; l++)
                sum += parts[l];
            tile[r * COLUMNS + c] += sum;
        }
    memset(wide, 0, sizeof(lanes) * SUM_ROWS * COLUMNS);
}

/* One tile of such sums, of at most SUM_ROWS rows.  a_inside, b_inside: elements from the operand's first one on that lie
   in its array; where a vector would reach beyond them, which only the last line's can, the line is copied. */
OUTLINE void multiply_sums(real *restrict tile, int rows, int columns, int lines, int extent, const real *restrict a,
                           ptrdiff_t a_row, walk a_lines, ptrdiff_t a_inside, const real *restrict b, walk b_lines,
                           ptrdiff_t b_inside, int first_column, walk b_columns)
{
    _Alignas(BYTES) lanes wide[SUM_ROWS * COLUMNS];
    ptrdiff_t column[COLUMNS], farthest = 0;
    vectors_of_both of;
    const int tail = extent % LANES;
    offsets(column, b_columns, first_column, columns);
    for (int c = 0; c < COLUMNS; c++) {
        column[c] = column[c < columns ? c : 0]; /* columns that are none are summed in vain */
        farthest = column[c] > farthest ? column[c] : farthest;
    }
    memset(tile, 0, sizeof(real) * (size_t)rows * COLUMNS);
    memset(wide, 0, sizeof wide);
    for (int part = 0; part < 2; part++) { /* whole vectors, then the last of each line, whose first lanes are summed */
        if (part == 0 ? extent < LANES : !tail)
            continue;
        const int skipped = part && extent >= LANES ? extent - LANES : 0;
        for (int from = 0; from < lines; from += SUM_LINES) {
            of.count = lines - from < SUM_LINES ? lines - from : SUM_LINES;
            offsets(of.a_place, a_lines, from, of.count);
            offsets(of.b_place, b_lines, from, of.count);
            if (part == 0) {
                for (int t = 0; t + LANES <= extent; t += LANES)
                    add_all_sums(wide, rows, columns, &of, a + t, a_row, b + t, column);
                continue;
            }
            const real *a_end = a + of.a_place[of.count - 1], *b_end = b + of.b_place[of.count - 1];
            const int beyond = extent < LANES && (a_end - a + (rows - 1) * a_row + LANES > a_inside ||
                                                  b_end - b + farthest + LANES > b_inside);
            of.count -= beyond;
            add_all_sums(wide, rows, columns, &of, a + skipped, a_row, b + skipped, column);
            for (int r = 0; r < rows && beyond; r++)
                for (int c = 0; c < columns; c++)
                    for (int t = 0; t < extent; t++)
                        tile[r * COLUMNS + c] += a_end[r * a_row + t] * b_end[column[c] + t];
        }
        if (part == 0)
            collect_sums(tile, wide, rows, columns, 0, LANES);
        else
            collect_sums(tile, wide, rows, columns, skipped ? LANES - tail : 0, skipped ? LANES : tail);
    }
}

/* conv1: conv2d (one side of the product)
   (1) conv1.z[b, k, p, q] = sum[i, j, l](x[b, i, p + j - 2, q + l - 2] * conv1.weight[k, i, j, l]) + conv1.bias[k]
*/
static void conv2d_1_2_32(
    real *restrict padded,  /* [B, 1, 32, 32] */
    const real *restrict x, /* [B, 1, 28, 28] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int rs = 0; rs < 64; rs++) {
            padded[b * 1024 + rs] = 0.0f;
        }
        for (int r = 2; r < 30; r++) {
            for (int s = 0; s < 2; s++) {
                padded[b * 1024 + r * 32 + s] = 0.0f;
            }
        }
        for (int r = 2; r < 30; r++) {
            for (int s = 2; s < 30; s++) {
                padded[b * 1024 + r * 32 + s] = x[b * 784 + (r - 2) * 28 + s - 2];
            }
        }
        for (int r = 2; r < 30; r++) {
            for (int s = 30; s < 32; s++) {
                padded[b * 1024 + r * 32 + s] = 0.0f;
            }
        }
        for (int r = 30; r < 32; r++) {
            for (int s = 0; s < 32; s++) {
                padded[b * 1024 + r * 32 + s] = 0.0f;
            }
        }
    }
}

/* conv1: conv2d, relu
   (1) conv1.z[b, k, p, q] = sum[i, j, l](x[b, i, p + j - 2, q + l - 2] * conv1.weight[k, i, j, l]) + conv1.bias[k]
   (2) conv1[b, k, p, q] = max(0, conv1.z[b, k, p, q])
*/
static void conv2d_relu_6_28_28_1_5_5(
    real *restrict conv1,        /* [B, 6, 28, 28] */
    const real *restrict padded, /* [B, 1, 32, 32] */
    const real *restrict weight, /* [6, 1, 5, 5] */
    const real *restrict bias,   /* [6] */
    int batch)
{
    const int width_2 = LINE_WIDTH(28, 32);
    _Alignas(BYTES) real tile[LANES + LINES_ROWS * LINES_WIDTH];
    ptrdiff_t a_term[25];
    offsets(a_term, (walk){3, {5, 1, 5}, {5, 25, 1}}, 0, 25);
    ptrdiff_t b_term[25];
    offsets(b_term, (walk){3, {5, 1, 5}, {32, 1024, 1}}, 0, 25);
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int first_line = 0; first_line < 28; first_line += LINES_WIDTH / width_2) {
            const int lines = 28 - first_line < LINES_WIDTH / width_2 ? 28 - first_line : LINES_WIDTH / width_2;
            for (int i_tile = 0; i_tile < 6; i_tile += LINES_ROWS) {
                const int rows = 6 - i_tile < LINES_ROWS ? 6 - i_tile : LINES_ROWS;
                multiply_lines(tile + LANES, LINES_WIDTH, 0, 0,
                               rows, lines, 28, 32, 25,
                               weight + i_tile * 25, 25, a_term,
                               padded + b * 1024 + first_line * 32, b_term, 1024 * batch - b * 1024 - first_line * 32 - 132,
                               5, 5, 2 - first_line, 30 - first_line);
                for (int line = 0; line < lines; line++) {
                    const int p = first_line + line;
                    for (int r = 0; r < rows; r++) {
                        const int k = i_tile + r;
                        for (int q = 0; q < 28; q++) {
                            const real z = tile[LANES + r * LINES_WIDTH + line * width_2 + q] + bias[k]; /* (1) */
                            conv1[b * 4704 + k * 784 + p * 28 + q] = maximum(0.0f, z); /* (2) */
                        }
                    }
                }
            }
        }
    }
}

/* pool1: maxpool2d
   (3) pool1[b, k, p, q] = max[i, j](conv1[b, k, 2*p + i, 2*q + j])
*/
static void maxpool2d_6_14_14_2_2(
    real *restrict pool1,       /* [B, 6, 14, 14] */
    const real *restrict conv1, /* [B, 6, 28, 28] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 6; k++) {
            for (int p = 0; p < 14; p++) {
                for (int q = 0; q < 14; q++) {
                    real largest = -INFINITY;
                    for (int i = 0; i < 2; i++) {
                        for (int j = 0; j < 2; j++) {
                            largest = maximum(largest, conv1[b * 4704 + k * 784 + (2 * p + i) * 28 + 2 * q + j]);
                        }
                    }
                    pool1[b * 1176 + k * 196 + p * 14 + q] = largest;
                }
            }
        }
    }
}

/* conv2: conv2d, relu
   (5) conv2.z[b, k, p, q] = sum[i, j, l](pool1[b, i, p + j, q + l] * conv2.weight[k, i, j, l]) + conv2.bias[k]
   (6) conv2[b, k, p, q] = max(0, conv2.z[b, k, p, q])
*/
static void conv2d_relu_16_10_10_6_5_5(
    real *restrict conv2,        /* [B, 16, 10, 10] */
    const real *restrict pool1,  /* [B, 6, 14, 14] */
    const real *restrict weight, /* [16, 6, 5, 5] */
    const real *restrict bias,   /* [16] */
    int batch)
{
    const int width_2 = LINE_WIDTH(10, 14);
    _Alignas(BYTES) real tile[LANES + LINES_ROWS * LINES_WIDTH];
    ptrdiff_t a_term[150];
    offsets(a_term, (walk){3, {6, 5, 5}, {25, 5, 1}}, 0, 150);
    ptrdiff_t b_term[150];
    offsets(b_term, (walk){3, {6, 5, 5}, {196, 14, 1}}, 0, 150);
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int first_line = 0; first_line < 10; first_line += LINES_WIDTH / width_2) {
            const int lines = 10 - first_line < LINES_WIDTH / width_2 ? 10 - first_line : LINES_WIDTH / width_2;
            for (int i_tile = 0; i_tile < 16; i_tile += LINES_ROWS) {
                const int rows = 16 - i_tile < LINES_ROWS ? 16 - i_tile : LINES_ROWS;
                multiply_lines(tile + LANES, LINES_WIDTH, 0, 0,
                               rows, lines, 10, 14, 150,
                               weight + i_tile * 150, 150, a_term,
                               pool1 + b * 1176 + first_line * 14, b_term, 1176 * batch - b * 1176 - first_line * 14 - 1040,
                               0, 0, 0, 0);
                for (int line = 0; line < lines; line++) {
                    const int p = first_line + line;
                    for (int r = 0; r < rows; r++) {
                        const int k = i_tile + r;
                        for (int q = 0; q < 10; q++) {
                            const real z = tile[LANES + r * LINES_WIDTH + line * width_2 + q] + bias[k]; /* (5) */
                            conv2[b * 1600 + k * 100 + p * 10 + q] = maximum(0.0f, z); /* (6) */
                        }
                    }
                }
            }
        }
    }
}

/* pool2: maxpool2d
   (7) pool2[b, k, p, q] = max[i, j](conv2[b, k, 2*p + i, 2*q + j])
*/
static void maxpool2d_16_5_5_2_2(
    real *restrict pool2,       /* [B, 16, 5, 5] */
    const real *restrict conv2, /* [B, 16, 10, 10] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 16; k++) {
            for (int p = 0; p < 5; p++) {
                for (int q = 0; q < 5; q++) {
                    real largest = -INFINITY;
                    for (int i = 0; i < 2; i++) {
                        for (int j = 0; j < 2; j++) {
                            largest = maximum(largest, conv2[b * 1600 + k * 100 + (2 * p + i) * 10 + 2 * q + j]);
                        }
                    }
                    pool2[b * 400 + k * 25 + p * 5 + q] = largest;
                }
            }
        }
    }
}

/* fc1: linear, relu
   (10) fc1.z[b, o] = sum[i](flat[b, i] * fc1.weight[o, i]) + fc1.bias[o]
   (11) fc1[b, o] = max(0, fc1.z[b, o])
*/
static void linear_relu_120_400(
    real *restrict fc1,          /* [B, 120] */
    const real *restrict flat,   /* [B, 400] */
    const real *restrict weight, /* [120, 400] */
    const real *restrict bias,   /* [120] */
    int batch)
{
    for (int i_block = 0; i_block < batch; i_block += 5 * TILE_ROWS) {
        const int i_end = batch - i_block < 5 * TILE_ROWS ? batch : i_block + 5 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 120; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = 120 - j_tile < COLUMNS ? 120 - j_tile : COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 400,
                         flat + i_tile * 400, 400, 1,
                         weight + j_tile * 400, 1, 400);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int o = j_tile + c;
                        const real z = tile[r * COLUMNS + c] + bias[o]; /* (10) */
                        fc1[b * 120 + o] = maximum(0.0f, z); /* (11) */
                    }
                }
            }
        }
    }
}

/* fc2: linear, relu
   (12) fc2.z[b, o] = sum[i](fc1[b, i] * fc2.weight[o, i]) + fc2.bias[o]
   (13) fc2[b, o] = max(0, fc2.z[b, o])
*/
static void linear_relu_84_120(
    real *restrict fc2,          /* [B, 84] */
    const real *restrict fc1,    /* [B, 120] */
    const real *restrict weight, /* [84, 120] */
    const real *restrict bias,   /* [84] */
    int batch)
{
    const int high = even(batch, TILE_ROWS / 2, ROWS);
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 84; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = 84 - j_tile < COLUMNS ? 84 - j_tile : COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 120,
                     fc1 + i_tile * 120, 120, 1,
                     weight + j_tile * 120, 1, 120);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real z = tile[r * COLUMNS + c] + bias[o]; /* (12) */
                    fc2[b * 84 + o] = maximum(0.0f, z); /* (13) */
                }
            }
        }
    }
}

/* fc3: linear
   (14) fc3[b, o] = sum[i](fc2[b, i] * fc3.weight[o, i]) + fc3.bias[o]
*/
static void linear_10_84(
    real *restrict fc3,          /* [B, 10] */
    const real *restrict fc2,    /* [B, 84] */
    const real *restrict weight, /* [10, 84] */
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
            multiply(tile, panel, fresh, rows, columns, 84,
                     fc2 + i_tile * 84, 84, 1,
                     weight + j_tile * 84, 1, 84);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    fc3[b * 10 + o] = tile[r * COLUMNS + c] + bias[o];
                }
            }
        }
    }
}

/* loss: cross_entropy
   (15) loss.m[b] = max[i](fc3[b, i])
   (16) loss.e[b, j] = exp(fc3[b, j] - loss.m[b])
   (17) loss.S[b] = sum[i](loss.e[b, i])
*/
static void cross_entropy_10(
    real *restrict m,         /* [B] */
    real *restrict e,         /* [B, 10] */
    real *restrict S,         /* [B] */
    const real *restrict fc3, /* [B, 10] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real largest = -INFINITY;
        for (int o = 0; o < 10; o++) {
            largest = maximum(largest, fc3[b * 10 + o]);
        }
        m[b] = largest; /* (15) */
        for (int j = 0; j < 10; j++) {
            e[b * 10 + j] = exp_single(fc3[b * 10 + j] - m[b]); /* (16) */
        }
        real sum = 0;
        for (int j = 0; j < 10; j++) {
            sum += e[b * 10 + j];
        }
        S[b] = sum; /* (17) */
    }
}

/* loss: cross_entropy
   (19) loss = sum[b](log(loss.S[b]) + loss.m[b] - fc3[b, label[b]]) / B
*/
static void cross_entropy(
    real *restrict loss,
    const real *restrict m,        /* [B] */
    const real *restrict fc3,      /* [B, 10] */
    const int32_t *restrict label, /* [B] */
    const real *restrict S,        /* [B] */
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
        sum += m[b] - fc3[b * 10 + label[b]] + log_single(S[b]);
    }
    *loss = sum / (real)batch;
}

/* pool1: maxpool2d
   (4) pool1.k[b, k, p, q] = argmax[i, j](conv1[b, k, 2*p + i, 2*q + j])
*/
static void maxpool2d_6_14_14_2_2_v2(
    int32_t *restrict pool1_k,  /* [B, 6, 14, 14] */
    const real *restrict conv1, /* [B, 6, 28, 28] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 6; k++) {
            for (int p = 0; p < 14; p++) {
                for (int q = 0; q < 14; q++) {
                    real largest = -INFINITY;
                    int32_t place = 0;
                    for (int i = 0; i < 2; i++) {
                        for (int j = 0; j < 2; j++) {
                            const real value = conv1[b * 4704 + k * 784 + (2 * p + i) * 28 + 2 * q + j];
                            if (value > largest) {
                                largest = value;
                                place = i * 2 + j;
                            }
                        }
                    }
                    pool1_k[b * 1176 + k * 196 + p * 14 + q] = place;
                }
            }
        }
    }
}

/* pool2: maxpool2d
   (8) pool2.k[b, k, p, q] = argmax[i, j](conv2[b, k, 2*p + i, 2*q + j])
*/
static void maxpool2d_16_5_5_2_2_v2(
    int32_t *restrict pool2_k,  /* [B, 16, 5, 5] */
    const real *restrict conv2, /* [B, 16, 10, 10] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 16; k++) {
            for (int p = 0; p < 5; p++) {
                for (int q = 0; q < 5; q++) {
                    real largest = -INFINITY;
                    int32_t place = 0;
                    for (int i = 0; i < 2; i++) {
                        for (int j = 0; j < 2; j++) {
                            const real value = conv2[b * 1600 + k * 100 + (2 * p + i) * 10 + 2 * q + j];
                            if (value > largest) {
                                largest = value;
                                place = i * 2 + j;
                            }
                        }
                    }
                    pool2_k[b * 400 + k * 25 + p * 5 + q] = place;
                }
            }
        }
    }
}

/* loss: cross_entropy; fc3: gradient of linear
   (15) loss.m[b] = max[i](fc3[b, i])
   (16) loss.e[b, j] = exp(fc3[b, j] - loss.m[b])
   (17) loss.S[b] = sum[i](loss.e[b, i])
   (18) loss.p[b, j] = loss.e[b, j] / loss.S[b]
   (20) d.fc3[b, o] = (loss.p[b, o] - (o == label[b])) / B
*/
static void cross_entropy_d_fc3_10(
    real *restrict m,              /* [B] */
    real *restrict e,              /* [B, 10] */
    real *restrict S,              /* [B] */
    real *restrict d_fc3,          /* [B, 10] */
    const real *restrict fc3,      /* [B, 10] */
    const int32_t *restrict label, /* [B] */
    int batch)
{
    const real scale2 = 1.0f / (real)batch; /* (20) */
    for (int b = 0; b < batch; b++) {
        real largest = -INFINITY;
        for (int o = 0; o < 10; o++) {
            largest = maximum(largest, fc3[b * 10 + o]);
        }
        m[b] = largest; /* (15) */
        for (int j = 0; j < 10; j++) {
            e[b * 10 + j] = exp_single(fc3[b * 10 + j] - m[b]); /* (16) */
        }
        real sum = 0;
        for (int j = 0; j < 10; j++) {
            sum += e[b * 10 + j];
        }
        S[b] = sum; /* (17) */
        const real scale = 1.0f / S[b];
        for (int j = 0; j < 10; j++) {
            const real p = scale * e[b * 10 + j]; /* (18) */
            d_fc3[b * 10 + j] = scale2 * (p - (j == label[b] ? 1.0f : 0.0f)); /* (20) */
        }
    }
}

/* fc3: gradient of linear
   (21) d.fc3.weight[o, i] = sum[b](d.fc3[b, o] * fc2[b, i])
*/
static void d_weight_10_84(
    real *restrict d_weight,    /* [10, 84] */
    const real *restrict d_fc3, /* [B, 10] */
    const real *restrict fc2,   /* [B, 84] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 84; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 10; i_tile += TILE_ROWS) {
            const int rows = 10 - i_tile < TILE_ROWS ? 10 - i_tile : TILE_ROWS;
            const int columns = 84 - j_tile < COLUMNS ? 84 - j_tile : COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     d_fc3 + i_tile, 1, 10,
                     fc2 + j_tile, 84, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_weight[o * 84 + i] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* fc3: gradient of linear
   (22) d.fc3.bias[o] = sum[b](d.fc3[b, o])
*/
static void d_bias_10(
    real *restrict d_bias,      /* [10] */
    const real *restrict d_fc3, /* [B, 10] */
    int batch)
{
    real sum[10] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 10; o++) {
            sum[o] += d_fc3[b * 10 + o];
        }
    }
    for (int o = 0; o < 10; o++) {
        d_bias[o] = sum[o];
    }
}

/* fc2: gradient of linear
   (23) d.fc2.z[b, o] = sum[i](d.fc3[b, i] * fc3.weight[i, o]) * (fc2[b, o] > 0)
*/
static void d_z_84_10(
    real *restrict fc2,          /* [B, 84] */
    const real *restrict d_fc3,  /* [B, 10] */
    const real *restrict weight, /* [10, 84] */
    int batch)
{
    const int high = even(batch, TILE_ROWS / 2, ROWS);
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 84; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = 84 - j_tile < COLUMNS ? 84 - j_tile : COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 10,
                     d_fc3 + i_tile * 10, 10, 1,
                     weight + j_tile, 84, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    fc2[b * 84 + o] = choose(fc2[b * 84 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                }
            }
        }
    }
}

/* fc2: gradient of linear
   (24) d.fc2.weight[o, i] = sum[b](d.fc2.z[b, o] * fc1[b, i])
*/
static void d_weight_84_120(
    real *restrict d_weight,  /* [84, 120] */
    const real *restrict fc2, /* [B, 84] */
    const real *restrict fc1, /* [B, 120] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 120; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 84; i_tile += TILE_ROWS) {
            const int rows = 84 - i_tile < TILE_ROWS ? 84 - i_tile : TILE_ROWS;
            const int columns = 120 - j_tile < COLUMNS ? 120 - j_tile : COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     fc2 + i_tile, 1, 84,
                     fc1 + j_tile, 120, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_weight[o * 120 + i] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* fc2: gradient of linear
   (25) d.fc2.bias[o] = sum[b](d.fc2.z[b, o])
*/
static void d_bias_84(
    real *restrict d_bias,    /* [84] */
    const real *restrict fc2, /* [B, 84] */
    int batch)
{
    for (int o_first = 0; o_first < 84; o_first += 64) {
        const int o_last = o_first + 64 < 84 ? o_first + 64 : 84;
        real sum[64] = {0};
        for (int b = 0; b < batch; b++) {
            for (int o = o_first; o < o_last; o++) {
                sum[o - o_first] += fc2[b * 84 + o];
            }
        }
        for (int o = o_first; o < o_last; o++) {
            d_bias[o] = sum[o - o_first];
        }
    }
}

/* fc1: gradient of linear
   (26) d.fc1.z[b, o] = sum[i](d.fc2.z[b, i] * fc2.weight[i, o]) * (fc1[b, o] > 0)
*/
static void d_z_120_84(
    real *restrict fc1,          /* [B, 120] */
    const real *restrict fc2,    /* [B, 84] */
    const real *restrict weight, /* [84, 120] */
    int batch)
{
    for (int i_block = 0; i_block < batch; i_block += 13 * TILE_ROWS) {
        const int i_end = batch - i_block < 13 * TILE_ROWS ? batch : i_block + 13 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 120; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = 120 - j_tile < COLUMNS ? 120 - j_tile : COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 84,
                         fc2 + i_tile * 84, 84, 1,
                         weight + j_tile, 120, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int o = j_tile + c;
                        fc1[b * 120 + o] = choose(fc1[b * 120 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                    }
                }
            }
        }
    }
}

/* fc1: gradient of linear
   (27) d.fc1.weight[o, i] = sum[b](d.fc1.z[b, o] * flat[b, i])
*/
static void d_weight_120_400(
    real *restrict d_weight,   /* [120, 400] */
    const real *restrict fc1,  /* [B, 120] */
    const real *restrict flat, /* [B, 400] */
    int batch)
{
    const int high = even(120, batch > DEPTH ? TILE_ROWS : TILE_ROWS / 2, ROWS);
    for (int j_tile = 0; j_tile < 400; j_tile += STRIP) {
        _Alignas(BYTES) real panels[DEPTH * STRIP];
        _Alignas(BYTES) real tile[TILE_ROWS * 432];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < 120; i_tile += high) {
            const int rows = 120 - i_tile < high ? 120 - i_tile : high;
            const int columns = 400 - j_tile < STRIP ? 400 - j_tile : STRIP;
            multiply_across(tile, 432, panels, fresh, rows, columns, batch,
                            fc1 + i_tile, 1, 120,
                            flat + j_tile, 400, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_weight[o * 400 + i] = tile[r * 432 + c];
                }
            }
        }
    }
}

/* fc1: gradient of linear
   (28) d.fc1.bias[o] = sum[b](d.fc1.z[b, o])
*/
static void d_bias_120(
    real *restrict d_bias,    /* [120] */
    const real *restrict fc1, /* [B, 120] */
    int batch)
{
    for (int o_first = 0; o_first < 120; o_first += 64) {
        const int o_last = o_first + 64 < 120 ? o_first + 64 : 120;
        real sum[64] = {0};
        for (int b = 0; b < batch; b++) {
            for (int o = o_first; o < o_last; o++) {
                sum[o - o_first] += fc1[b * 120 + o];
            }
        }
        for (int o = o_first; o < o_last; o++) {
            d_bias[o] = sum[o - o_first];
        }
    }
}

/* flat: gradient of flatten
   (29) d.flat[b, n] = sum[i](d.fc1.z[b, i] * fc1.weight[i, n])
*/
static void d_flat_400_120(
    real *restrict d_flat,       /* [B, 400] */
    const real *restrict fc1,    /* [B, 120] */
    const real *restrict weight, /* [120, 400] */
    int batch)
{
    for (int i_block = 0; i_block < batch; i_block += 5 * TILE_ROWS) {
        const int i_end = batch - i_block < 5 * TILE_ROWS ? batch : i_block + 5 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 400; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = 400 - j_tile < COLUMNS ? 400 - j_tile : COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 120,
                         fc1 + i_tile * 120, 120, 1,
                         weight + j_tile, 400, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int n = j_tile + c;
                        d_flat[b * 400 + n] = tile[r * COLUMNS + c];
                    }
                }
            }
        }
    }
}

/* conv2: gradient of conv2d; pool1: gradient of maxpool2d (one side of the product)
   (30) d.conv2.z[b, k, p, q] = d.flat[b, 25*k + 5*(p // 2) + q // 2] * (2*(p % 2) + q % 2 == pool2.k[b, k, p // 2, q // 2]) * (conv2[b, k, p, q] > 0)
   (33) d.pool1[b, k, p, q] = sum[i, j, l](d.conv2.z[b, i, j, l] * conv2.weight[i, k, p - j, q - l])
*/
static void d_z_d_pool1_16_5_2_5_2(
    real *restrict conv2,            /* [B, 16, 10, 10] */
    real *restrict d_padded,         /* [B, 16, 18, 18] */
    const int32_t *restrict pool2_k, /* [B, 16, 5, 5] */
    const real *restrict d_flat,     /* [B, 400] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 16; k++) {
            for (int p1 = 0; p1 < 5; p1++) {
                for (int p0 = 0; p0 < 2; p0++) {
                    for (int q1 = 0; q1 < 5; q1++) {
                        for (int q0 = 0; q0 < 2; q0++) {
                            conv2[b * 1600 + k * 100 + (2 * p1 + p0) * 10 + 2 * q1 + q0] = choose((2 * p0 + q0 == pool2_k[b * 400 + k * 25 + p1 * 5 + q1]) & (conv2[b * 1600 + k * 100 + (2 * p1 + p0) * 10 + 2 * q1 + q0] > 0.0f), d_flat[b * 400 + 5 * p1 + 25 * k + q1], 0.0f); /* (30) */
                        }
                    }
                }
            }
            for (int ij = 0; ij < 72; ij++) {
                d_padded[b * 5184 + k * 324 + ij] = 0.0f;
            }
            for (int i = 4; i < 14; i++) {
                for (int j = 0; j < 4; j++) {
                    d_padded[b * 5184 + k * 324 + i * 18 + j] = 0.0f;
                }
            }
            for (int i = 4; i < 14; i++) {
                for (int j = 4; j < 14; j++) {
                    d_padded[b * 5184 + k * 324 + i * 18 + j] = conv2[b * 1600 + k * 100 + (i - 4) * 10 + j - 4];
                }
            }
            for (int i = 4; i < 14; i++) {
                for (int j = 14; j < 18; j++) {
                    d_padded[b * 5184 + k * 324 + i * 18 + j] = 0.0f;
                }
            }
            for (int i = 14; i < 18; i++) {
                for (int j = 0; j < 18; j++) {
                    d_padded[b * 5184 + k * 324 + i * 18 + j] = 0.0f; /* (33) */
                }
            }
        }
    }
}

/* pool1: gradient of maxpool2d
   (33) d.pool1[b, k, p, q] = sum[i, j, l](d.conv2.z[b, i, j, l] * conv2.weight[i, k, p - j, q - l])
*/
static void d_pool1_6_14_14_16_5_5(
    real *restrict d_pool1,        /* [B, 6, 14, 14] */
    const real *restrict d_padded, /* [B, 16, 18, 18] */
    const real *restrict weight,   /* [16, 6, 5, 5] */
    int batch)
{
    const int width_2 = LINE_WIDTH(14, 18);
    _Alignas(BYTES) real tile[LANES + LINES_ROWS * LINES_WIDTH];
    ptrdiff_t a_term[400];
    offsets(a_term, (walk){3, {5, 16, 5}, {-5, 150, 1}}, 0, 400);
    ptrdiff_t b_term[400];
    offsets(b_term, (walk){3, {5, 16, 5}, {18, 324, -1}}, 0, 400);
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int first_line = 0; first_line < 14; first_line += LINES_WIDTH / width_2) {
            const int lines = 14 - first_line < LINES_WIDTH / width_2 ? 14 - first_line : LINES_WIDTH / width_2;
            for (int i_tile = 0; i_tile < 6; i_tile += LINES_ROWS) {
                const int rows = 6 - i_tile < LINES_ROWS ? 6 - i_tile : LINES_ROWS;
                multiply_lines(tile + LANES, LINES_WIDTH, 0, 0,
                               rows, lines, 14, 18, 400,
                               weight + 4 * 5 + i_tile * 25, 25, a_term,
                               d_padded + b * 5184 + 4 + first_line * 18, b_term, 5184 * batch - (b * 5184 + 4) - first_line * 18 - 4932,
                               80, 5, 4 - first_line, 14 - first_line);
                for (int line = 0; line < lines; line++) {
                    const int p = first_line + line;
                    for (int r = 0; r < rows; r++) {
                        const int k = i_tile + r;
                        for (int q = 0; q < 14; q++) {
                            d_pool1[b * 1176 + k * 196 + p * 14 + q] = tile[LANES + r * LINES_WIDTH + line * width_2 + q];
                        }
                    }
                }
            }
        }
    }
}

/* conv1: gradient of conv2d
   (34) d.conv1.z[b, k, p, q] = d.pool1[b, k, p // 2, q // 2] * (2*(p % 2) + q % 2 == pool1.k[b, k, p // 2, q // 2]) * (conv1[b, k, p, q] > 0)
*/
static void d_z_6_14_2_14_2(
    real *restrict conv1,            /* [B, 6, 28, 28] */
    const int32_t *restrict pool1_k, /* [B, 6, 14, 14] */
    const real *restrict d_pool1,    /* [B, 6, 14, 14] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 6; k++) {
            for (int p1 = 0; p1 < 14; p1++) {
                for (int p0 = 0; p0 < 2; p0++) {
                    const int32_t scale = 2 * p0;
                    for (int q1 = 0; q1 < 14; q1++) {
                        for (int q0 = 0; q0 < 2; q0++) {
                            conv1[b * 4704 + k * 784 + (2 * p1 + p0) * 28 + 2 * q1 + q0] = choose((scale + q0 == pool1_k[b * 1176 + k * 196 + p1 * 14 + q1]) & (conv1[b * 4704 + k * 784 + (2 * p1 + p0) * 28 + 2 * q1 + q0] > 0.0f), d_pool1[b * 1176 + k * 196 + p1 * 14 + q1], 0.0f);
                        }
                    }
                }
            }
        }
    }
}

/* conv2: gradient of conv2d
   (31) d.conv2.weight[k, c, r, s] = sum[b, i, j](d.conv2.z[b, k, i, j] * pool1[b, c, r + i, s + j])
*/
static void d_weight_16_6_5_5_10_10(
    real *restrict d_weight,    /* [16, 6, 5, 5] */
    const real *restrict conv2, /* [B, 16, 10, 10] */
    const real *restrict pool1, /* [B, 6, 14, 14] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 150; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 16; i_tile += TILE_ROWS) {
            const int rows = 16 - i_tile < TILE_ROWS ? 16 - i_tile : TILE_ROWS;
            const int columns = 150 - j_tile < COLUMNS ? 150 - j_tile : COLUMNS;
            multiply_along(tile, panel, fresh, rows, columns, batch * 100, 100,
                           conv2 + i_tile * 100, (walk){3, {batch, 10, 10}, {1600, 10, 1}},
                           pool1, (walk){3, {batch, 10, 10}, {1176, 14, 1}},
                           j_tile, (walk){3, {6, 5, 5}, {196, 14, 1}});
            fresh = 0;
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int k = i_tile + r_2;
                for (int line = j_tile / 5; line < (j_tile + columns + 4) / 5; line++) {
                    const int c = line / 5;
                    const int r = line % 5;
                    const int first = line * 5 < j_tile ? j_tile - line * 5 : 0;
                    const int end_2 = j_tile + columns - line * 5 < 5 ? j_tile + columns - line * 5 : 5;
                    for (int s = first; s < end_2; s++) {
                        d_weight[k * 150 + c * 25 + r * 5 + s] = tile[r_2 * COLUMNS + line * 5 - j_tile + s];
                    }
                }
            }
        }
    }
}

/* conv2: gradient of conv2d
   (32) d.conv2.bias[k] = sum[b, i, j](d.conv2.z[b, k, i, j])
*/
static void d_bias_16_10_10(
    real *restrict d_bias,      /* [16] */
    const real *restrict conv2, /* [B, 16, 10, 10] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int k = 0; k < 16; k++) {
        real parts[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int pq_first = 0; pq_first < 96; pq_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int pq = pq_first + part;
                    parts[part] += conv2[b * 1600 + k * 100 + pq];
                }
            }
            for (int pq = 96; pq < 100; pq++) {
                parts[0] += conv2[b * 1600 + k * 100 + pq];
            }
        }
        const real sum = sum_of(parts);
        d_bias[k] = sum;
    }
}

/* conv1: gradient of conv2d
   (35) d.conv1.weight[k, c, r, s] = sum[b, i, j](d.conv1.z[b, k, i, j] * x[b, c, r + i - 2, s + j - 2])
*/
static void d_weight_6_1_5_5_28_28(
    real *restrict d_weight,     /* [6, 1, 5, 5] */
    const real *restrict conv1,  /* [B, 6, 28, 28] */
    const real *restrict padded, /* [B, 1, 32, 32] */
    int batch)
{
    for (int i_tile = 0; i_tile < 6; i_tile += SUM_ROWS) {
        _Alignas(BYTES) real tile[SUM_ROWS * COLUMNS];
        for (int j_tile = 0; j_tile < 25; j_tile += COLUMNS) {
            const int rows = 6 - i_tile < SUM_ROWS ? 6 - i_tile : SUM_ROWS;
            const int columns = 25 - j_tile < COLUMNS ? 25 - j_tile : COLUMNS;
            multiply_sums(tile, rows, columns, batch * 28, 28,
                          conv1 + i_tile * 784, 784, (walk){2, {batch, 28}, {4704, 28}}, 4704 * batch - i_tile * 784,
                          padded, (walk){2, {batch, 28}, {1024, 32}}, 1024 * batch,
                          j_tile, (walk){3, {1, 5, 5}, {1024, 32, 1}});
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int k = i_tile + r_2;
                for (int line = j_tile / 5; line < (j_tile + columns + 4) / 5; line++) {
                    const int c = line / 5;
                    const int r = line % 5;
                    const int first = line * 5 < j_tile ? j_tile - line * 5 : 0;
                    const int end_2 = j_tile + columns - line * 5 < 5 ? j_tile + columns - line * 5 : 5;
                    for (int s = first; s < end_2; s++) {
                        d_weight[k * 25 + c * 25 + r * 5 + s] = tile[r_2 * COLUMNS + line * 5 - j_tile + s];
                    }
                }
            }
        }
    }
}

/* conv1: gradient of conv2d
   (36) d.conv1.bias[k] = sum[b, i, j](d.conv1.z[b, k, i, j])
*/
static void d_bias_6_28_28(
    real *restrict d_bias,      /* [6] */
    const real *restrict conv1, /* [B, 6, 28, 28] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int k = 0; k < 6; k++) {
        real parts[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int pq_first = 0; pq_first < 784; pq_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int pq = pq_first + part;
                    parts[part] += conv1[b * 4704 + k * 784 + pq];
                }
            }
        }
        const real sum = sum_of(parts);
        d_bias[k] = sum;
    }
}

/* conv1: gradient of conv2d (one side of the product)
   (34) d.conv1.z[b, k, p, q] = d.pool1[b, k, p // 2, q // 2] * (2*(p % 2) + q % 2 == pool1.k[b, k, p // 2, q // 2]) * (conv1[b, k, p, q] > 0)
   (37) d.x[b, c, p, q] = sum[i, j, k](d.conv1.z[b, i, j, k] * conv1.weight[i, c, p + 2 - j, q + 2 - k])
*/
static void d_z_d_x_6_14_2_14_2(
    real *restrict conv1,            /* [B, 6, 28, 28] */
    real *restrict d_padded,         /* [B, 6, 32, 32] */
    const int32_t *restrict pool1_k, /* [B, 6, 14, 14] */
    const real *restrict d_pool1,    /* [B, 6, 14, 14] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 6; k++) {
            for (int p1 = 0; p1 < 14; p1++) {
                for (int p0 = 0; p0 < 2; p0++) {
                    for (int q1 = 0; q1 < 14; q1++) {
                        for (int q0 = 0; q0 < 2; q0++) {
                            conv1[b * 4704 + k * 784 + (2 * p1 + p0) * 28 + 2 * q1 + q0] = choose((2 * p0 + q0 == pool1_k[b * 1176 + k * 196 + p1 * 14 + q1]) & (conv1[b * 4704 + k * 784 + (2 * p1 + p0) * 28 + 2 * q1 + q0] > 0.0f), d_pool1[b * 1176 + k * 196 + p1 * 14 + q1], 0.0f); /* (34) */
                        }
                    }
                }
            }
            for (int ij = 0; ij < 64; ij++) {
                d_padded[b * 6144 + k * 1024 + ij] = 0.0f;
            }
            for (int i = 2; i < 30; i++) {
                for (int j = 0; j < 2; j++) {
                    d_padded[b * 6144 + k * 1024 + i * 32 + j] = 0.0f;
                }
            }
            for (int i = 2; i < 30; i++) {
                for (int j = 2; j < 30; j++) {
                    d_padded[b * 6144 + k * 1024 + i * 32 + j] = conv1[b * 4704 + k * 784 + (i - 2) * 28 + j - 2];
                }
            }
            for (int i = 2; i < 30; i++) {
                for (int j = 30; j < 32; j++) {
                    d_padded[b * 6144 + k * 1024 + i * 32 + j] = 0.0f;
                }
            }
            for (int i = 30; i < 32; i++) {
                for (int j = 0; j < 32; j++) {
                    d_padded[b * 6144 + k * 1024 + i * 32 + j] = 0.0f; /* (37) */
                }
            }
        }
    }
}

/* conv1: gradient of conv2d
   (37) d.x[b, c, p, q] = sum[i, j, k](d.conv1.z[b, i, j, k] * conv1.weight[i, c, p + 2 - j, q + 2 - k])
*/
static void d_x_1_28_28_6_5_5(
    real *restrict d_x,            /* [B, 1, 28, 28] */
    const real *restrict d_padded, /* [B, 6, 32, 32] */
    const real *restrict weight,   /* [6, 1, 5, 5] */
    int batch)
{
    const int width_2 = LINE_WIDTH(28, 32);
    _Alignas(BYTES) real tile[LANES + LINES_ROWS * LINES_WIDTH];
    ptrdiff_t a_term[150];
    offsets(a_term, (walk){3, {5, 6, 5}, {-5, 25, 1}}, 0, 150);
    ptrdiff_t b_term[150];
    offsets(b_term, (walk){3, {5, 6, 5}, {32, 1024, -1}}, 0, 150);
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int first_line = 0; first_line < 28; first_line += LINES_WIDTH / width_2) {
            const int lines = 28 - first_line < LINES_WIDTH / width_2 ? 28 - first_line : LINES_WIDTH / width_2;
            for (int i_tile = 0; i_tile < 1; i_tile += LINES_ROWS) {
                const int rows = 1 - i_tile < LINES_ROWS ? 1 - i_tile : LINES_ROWS;
                multiply_lines(tile + LANES, LINES_WIDTH, 0, 0,
                               rows, lines, 28, 32, 150,
                               weight + 4 * 5 + i_tile * 25, 25, a_term,
                               d_padded + b * 6144 + 4 + first_line * 32, b_term, 6144 * batch - (b * 6144 + 4) - first_line * 32 - 5248,
                               30, 5, 2 - first_line, 30 - first_line);
                for (int line = 0; line < lines; line++) {
                    const int p = first_line + line;
                    for (int r = 0; r < rows; r++) {
                        const int c = i_tile + r;
                        for (int q = 0; q < 28; q++) {
                            d_x[b * 784 + c * 784 + p * 28 + q] = tile[LANES + r * LINES_WIDTH + line * width_2 + q];
                        }
                    }
                }
            }
        }
    }
}

/* optimizer: cosine schedule, adamw rate, next step
   (38) optimizer.eta = (1 + cos(pi * min(t, steps) / steps)) * (lr - min_lr) / 2 + min_lr
   (39) optimizer.rate = optimizer.eta / (1 - beta1**(1 + t))
   (40) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
   (41) optimizer.keep = 1 - optimizer.eta * weight_decay
   (42) t.next = 1 + t
*/
static void cosine_schedule_adamw_rate_next_step(
    double *restrict rate,
    double *restrict scale,
    double *restrict keep,
    double *restrict t,
    const double *restrict steps,
    const double *restrict lr,
    const double *restrict min_lr,
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict weight_decay)
{
    const double eta = 0.5 * (cos(3.141592653589793 * minimum_d(*t, *steps) / *steps) + 1.0) * (*lr - *min_lr) + *min_lr; /* (38) */
    *rate = eta / (1.0 - pow(*beta1, *t + 1.0)); /* (39) */
    *scale = 1.0 / sqrt(1.0 - pow(*beta2, *t + 1.0)); /* (40) */
    *keep = 1.0 - eta * *weight_decay; /* (41) */
    *t = *t + 1.0; /* (42) */
}

/* fc3: gradient of linear, adamw
   (22) d.fc3.bias[o] = sum[b](d.fc3[b, o])
   (70) fc3.bias.m.next[o] = (1 - beta1) * d.fc3.bias[o] + beta1 * fc3.bias.m[o]
   (71) fc3.bias.v.next[o] = (1 - beta2) * d.fc3.bias[o]**2 + beta2 * fc3.bias.v[o]
   (72) fc3.bias.next[o] = optimizer.keep * fc3.bias[o] - optimizer.rate * fc3.bias.m.next[o] / (optimizer.scale * sqrt(fc3.bias.v.next[o]) + eps)
*/
static void d_bias_adamw_10(
    real *restrict m,             /* [10] */
    real *restrict v,             /* [10] */
    real *restrict bias,          /* [10] */
    const real *restrict d_fc3,   /* [B, 10] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (70) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (71) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (72) */
    real sum[10] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 10; o++) {
            sum[o] += d_fc3[b * 10 + o];
        }
    }
    for (int o = 0; o < 10; o++) {
        const real d_bias = sum[o]; /* (22) */
        m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (70) */
        v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (71) */
        bias[o] = keep_real * bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (72) */
    }
}

/* fc2: gradient of linear
   (23) d.fc2.z[b, o] = sum[i](d.fc3[b, i] * fc3.weight[i, o]) * (fc2[b, o] > 0)
*/
static void d_z_84_10_v2(
    real *restrict d_z,          /* [B, 84] */
    const real *restrict fc2,    /* [B, 84] */
    const real *restrict d_fc3,  /* [B, 10] */
    const real *restrict weight, /* [10, 84] */
    int batch)
{
    const int high = even(batch, TILE_ROWS / 2, ROWS);
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 84; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = 84 - j_tile < COLUMNS ? 84 - j_tile : COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 10,
                     d_fc3 + i_tile * 10, 10, 1,
                     weight + j_tile, 84, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    d_z[b * 84 + o] = choose(fc2[b * 84 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                }
            }
        }
    }
}

/* fc3: gradient of linear, adamw
   (21) d.fc3.weight[o, i] = sum[b](d.fc3[b, o] * fc2[b, i])
   (67) fc3.weight.m.next[o, i] = (1 - beta1) * d.fc3.weight[o, i] + beta1 * fc3.weight.m[o, i]
   (68) fc3.weight.v.next[o, i] = (1 - beta2) * d.fc3.weight[o, i]**2 + beta2 * fc3.weight.v[o, i]
   (69) fc3.weight.next[o, i] = optimizer.keep * fc3.weight[o, i] - optimizer.rate * fc3.weight.m.next[o, i] / (optimizer.scale * sqrt(fc3.weight.v.next[o, i]) + eps)
*/
static void d_weight_adamw_10_84(
    real *restrict m,             /* [10, 84] */
    real *restrict v,             /* [10, 84] */
    real *restrict weight,        /* [10, 84] */
    const real *restrict d_fc3,   /* [B, 10] */
    const real *restrict fc2,     /* [B, 84] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (67) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (68) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (69) */
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 84; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 10; i_tile += TILE_ROWS) {
            const int rows = 10 - i_tile < TILE_ROWS ? 10 - i_tile : TILE_ROWS;
            const int columns = 84 - j_tile < COLUMNS ? 84 - j_tile : COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     d_fc3 + i_tile, 1, 10,
                     fc2 + j_tile, 84, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (21) */
                    m[o * 84 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 84 + i]); /* (67) */
                    v[o * 84 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 84 + i]); /* (68) */
                    weight[o * 84 + i] = keep_real * weight[o * 84 + i] - rate_real * m[o * 84 + i] / (scale_real * sqrtf(v[o * 84 + i]) + eps_real); /* (69) */
                }
            }
        }
    }
}

/* fc2: gradient of linear, adamw
   (25) d.fc2.bias[o] = sum[b](d.fc2.z[b, o])
   (64) fc2.bias.m.next[o] = (1 - beta1) * d.fc2.bias[o] + beta1 * fc2.bias.m[o]
   (65) fc2.bias.v.next[o] = (1 - beta2) * d.fc2.bias[o]**2 + beta2 * fc2.bias.v[o]
   (66) fc2.bias.next[o] = optimizer.keep * fc2.bias[o] - optimizer.rate * fc2.bias.m.next[o] / (optimizer.scale * sqrt(fc2.bias.v.next[o]) + eps)
*/
static void d_bias_adamw_84(
    real *restrict m,             /* [84] */
    real *restrict v,             /* [84] */
    real *restrict bias,          /* [84] */
    const real *restrict d_z,     /* [B, 84] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (64) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (65) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (66) */
    for (int o_first = 0; o_first < 84; o_first += 64) {
        const int o_last = o_first + 64 < 84 ? o_first + 64 : 84;
        real sum[64] = {0};
        for (int b = 0; b < batch; b++) {
            for (int o = o_first; o < o_last; o++) {
                sum[o - o_first] += d_z[b * 84 + o];
            }
        }
        for (int o = o_first; o < o_last; o++) {
            const real d_bias = sum[o - o_first]; /* (25) */
            m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (64) */
            v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (65) */
            bias[o] = keep_real * bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (66) */
        }
    }
}

/* fc1: gradient of linear
   (26) d.fc1.z[b, o] = sum[i](d.fc2.z[b, i] * fc2.weight[i, o]) * (fc1[b, o] > 0)
*/
static void d_z_120_84_v2(
    real *restrict d_z,           /* [B, 120] */
    const real *restrict fc1,     /* [B, 120] */
    const real *restrict d_fc2_z, /* [B, 84] */
    const real *restrict weight,  /* [84, 120] */
    int batch)
{
    for (int i_block = 0; i_block < batch; i_block += 13 * TILE_ROWS) {
        const int i_end = batch - i_block < 13 * TILE_ROWS ? batch : i_block + 13 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 120; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = 120 - j_tile < COLUMNS ? 120 - j_tile : COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 84,
                         d_fc2_z + i_tile * 84, 84, 1,
                         weight + j_tile, 120, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int o = j_tile + c;
                        d_z[b * 120 + o] = choose(fc1[b * 120 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                    }
                }
            }
        }
    }
}

/* fc2: gradient of linear, adamw
   (24) d.fc2.weight[o, i] = sum[b](d.fc2.z[b, o] * fc1[b, i])
   (61) fc2.weight.m.next[o, i] = (1 - beta1) * d.fc2.weight[o, i] + beta1 * fc2.weight.m[o, i]
   (62) fc2.weight.v.next[o, i] = (1 - beta2) * d.fc2.weight[o, i]**2 + beta2 * fc2.weight.v[o, i]
   (63) fc2.weight.next[o, i] = optimizer.keep * fc2.weight[o, i] - optimizer.rate * fc2.weight.m.next[o, i] / (optimizer.scale * sqrt(fc2.weight.v.next[o, i]) + eps)
*/
static void d_weight_adamw_84_120(
    real *restrict m,             /* [84, 120] */
    real *restrict v,             /* [84, 120] */
    real *restrict weight,        /* [84, 120] */
    const real *restrict d_z,     /* [B, 84] */
    const real *restrict fc1,     /* [B, 120] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (61) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (62) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (63) */
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 120; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 84; i_tile += TILE_ROWS) {
            const int rows = 84 - i_tile < TILE_ROWS ? 84 - i_tile : TILE_ROWS;
            const int columns = 120 - j_tile < COLUMNS ? 120 - j_tile : COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     d_z + i_tile, 1, 84,
                     fc1 + j_tile, 120, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (24) */
                    m[o * 120 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 120 + i]); /* (61) */
                    v[o * 120 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 120 + i]); /* (62) */
                    weight[o * 120 + i] = keep_real * weight[o * 120 + i] - rate_real * m[o * 120 + i] / (scale_real * sqrtf(v[o * 120 + i]) + eps_real); /* (63) */
                }
            }
        }
    }
}

/* fc1: gradient of linear, adamw
   (28) d.fc1.bias[o] = sum[b](d.fc1.z[b, o])
   (58) fc1.bias.m.next[o] = (1 - beta1) * d.fc1.bias[o] + beta1 * fc1.bias.m[o]
   (59) fc1.bias.v.next[o] = (1 - beta2) * d.fc1.bias[o]**2 + beta2 * fc1.bias.v[o]
   (60) fc1.bias.next[o] = optimizer.keep * fc1.bias[o] - optimizer.rate * fc1.bias.m.next[o] / (optimizer.scale * sqrt(fc1.bias.v.next[o]) + eps)
*/
static void d_bias_adamw_120(
    real *restrict m,             /* [120] */
    real *restrict v,             /* [120] */
    real *restrict bias,          /* [120] */
    const real *restrict d_z,     /* [B, 120] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (58) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (59) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (60) */
#pragma omp for schedule(static) nowait
    for (int o_first = 0; o_first < 120; o_first += 64) {
        const int o_last = o_first + 64 < 120 ? o_first + 64 : 120;
        real sum[64] = {0};
        for (int b = 0; b < batch; b++) {
            for (int o = o_first; o < o_last; o++) {
                sum[o - o_first] += d_z[b * 120 + o];
            }
        }
        for (int o = o_first; o < o_last; o++) {
            const real d_bias = sum[o - o_first]; /* (28) */
            m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (58) */
            v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (59) */
            bias[o] = keep_real * bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (60) */
        }
    }
}

/* fc1: gradient of linear, adamw
   (27) d.fc1.weight[o, i] = sum[b](d.fc1.z[b, o] * flat[b, i])
   (55) fc1.weight.m.next[o, i] = (1 - beta1) * d.fc1.weight[o, i] + beta1 * fc1.weight.m[o, i]
   (56) fc1.weight.v.next[o, i] = (1 - beta2) * d.fc1.weight[o, i]**2 + beta2 * fc1.weight.v[o, i]
   (57) fc1.weight.next[o, i] = optimizer.keep * fc1.weight[o, i] - optimizer.rate * fc1.weight.m.next[o, i] / (optimizer.scale * sqrt(fc1.weight.v.next[o, i]) + eps)
*/
static void d_weight_adamw_120_400(
    real *restrict m,             /* [120, 400] */
    real *restrict v,             /* [120, 400] */
    real *restrict weight,        /* [120, 400] */
    const real *restrict d_z,     /* [B, 120] */
    const real *restrict flat,    /* [B, 400] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const int high = even(120, batch > DEPTH ? TILE_ROWS : TILE_ROWS / 2, ROWS); /* (27) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (55) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (56) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (57) */
    for (int j_tile = 0; j_tile < 400; j_tile += STRIP) {
        _Alignas(BYTES) real panels[DEPTH * STRIP];
        _Alignas(BYTES) real tile[TILE_ROWS * 432];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < 120; i_tile += high) {
            const int rows = 120 - i_tile < high ? 120 - i_tile : high;
            const int columns = 400 - j_tile < STRIP ? 400 - j_tile : STRIP;
            multiply_across(tile, 432, panels, fresh, rows, columns, batch,
                            d_z + i_tile, 1, 120,
                            flat + j_tile, 400, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * 432 + c]; /* (27) */
                    m[o * 400 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 400 + i]); /* (55) */
                    v[o * 400 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 400 + i]); /* (56) */
                    weight[o * 400 + i] = keep_real * weight[o * 400 + i] - rate_real * m[o * 400 + i] / (scale_real * sqrtf(v[o * 400 + i]) + eps_real); /* (57) */
                }
            }
        }
    }
}

/* conv2: gradient of conv2d, adamw
   (31) d.conv2.weight[k, c, r, s] = sum[b, i, j](d.conv2.z[b, k, i, j] * pool1[b, c, r + i, s + j])
   (49) conv2.weight.m.next[k, c, r, s] = (1 - beta1) * d.conv2.weight[k, c, r, s] + beta1 * conv2.weight.m[k, c, r, s]
   (50) conv2.weight.v.next[k, c, r, s] = (1 - beta2) * d.conv2.weight[k, c, r, s]**2 + beta2 * conv2.weight.v[k, c, r, s]
   (51) conv2.weight.next[k, c, r, s] = optimizer.keep * conv2.weight[k, c, r, s] - optimizer.rate * conv2.weight.m.next[k, c, r, s] / (optimizer.scale * sqrt(conv2.weight.v.next[k, c, r, s]) + eps)
*/
static void d_weight_adamw_16_6_5_5_10_10(
    real *restrict m,             /* [16, 6, 5, 5] */
    real *restrict v,             /* [16, 6, 5, 5] */
    real *restrict weight,        /* [16, 6, 5, 5] */
    const real *restrict conv2,   /* [B, 16, 10, 10] */
    const real *restrict pool1,   /* [B, 6, 14, 14] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (49) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (50) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (51) */
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 150; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 16; i_tile += TILE_ROWS) {
            const int rows = 16 - i_tile < TILE_ROWS ? 16 - i_tile : TILE_ROWS;
            const int columns = 150 - j_tile < COLUMNS ? 150 - j_tile : COLUMNS;
            multiply_along(tile, panel, fresh, rows, columns, batch * 100, 100,
                           conv2 + i_tile * 100, (walk){3, {batch, 10, 10}, {1600, 10, 1}},
                           pool1, (walk){3, {batch, 10, 10}, {1176, 14, 1}},
                           j_tile, (walk){3, {6, 5, 5}, {196, 14, 1}});
            fresh = 0;
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int k = i_tile + r_2;
                for (int line = j_tile / 5; line < (j_tile + columns + 4) / 5; line++) {
                    const int c = line / 5;
                    const int r = line % 5;
                    const int first = line * 5 < j_tile ? j_tile - line * 5 : 0;
                    const int end_2 = j_tile + columns - line * 5 < 5 ? j_tile + columns - line * 5 : 5;
                    for (int s = first; s < end_2; s++) {
                        const real d_weight = tile[r_2 * COLUMNS + line * 5 - j_tile + s]; /* (31) */
                        m[k * 150 + c * 25 + r * 5 + s] = normal(one_minus_beta1 * d_weight + beta1_real * m[k * 150 + c * 25 + r * 5 + s]); /* (49) */
                        v[k * 150 + c * 25 + r * 5 + s] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[k * 150 + c * 25 + r * 5 + s]); /* (50) */
                        weight[k * 150 + c * 25 + r * 5 + s] = keep_real * weight[k * 150 + c * 25 + r * 5 + s] - rate_real * m[k * 150 + c * 25 + r * 5 + s] / (scale_real * sqrtf(v[k * 150 + c * 25 + r * 5 + s]) + eps_real); /* (51) */
                    }
                }
            }
        }
    }
}

/* conv2: gradient of conv2d, adamw
   (32) d.conv2.bias[k] = sum[b, i, j](d.conv2.z[b, k, i, j])
   (52) conv2.bias.m.next[k] = (1 - beta1) * d.conv2.bias[k] + beta1 * conv2.bias.m[k]
   (53) conv2.bias.v.next[k] = (1 - beta2) * d.conv2.bias[k]**2 + beta2 * conv2.bias.v[k]
   (54) conv2.bias.next[k] = optimizer.keep * conv2.bias[k] - optimizer.rate * conv2.bias.m.next[k] / (optimizer.scale * sqrt(conv2.bias.v.next[k]) + eps)
*/
static void d_bias_adamw_16_10_10(
    real *restrict m,             /* [16] */
    real *restrict v,             /* [16] */
    real *restrict bias,          /* [16] */
    const real *restrict conv2,   /* [B, 16, 10, 10] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (52) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (53) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (54) */
#pragma omp for schedule(static) nowait
    for (int k = 0; k < 16; k++) {
        real parts[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int pq_first = 0; pq_first < 96; pq_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int pq = pq_first + part;
                    parts[part] += conv2[b * 1600 + k * 100 + pq];
                }
            }
            for (int pq = 96; pq < 100; pq++) {
                parts[0] += conv2[b * 1600 + k * 100 + pq];
            }
        }
        const real d_bias = sum_of(parts); /* (32) */
        m[k] = normal(one_minus_beta1 * d_bias + beta1_real * m[k]); /* (52) */
        v[k] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[k]); /* (53) */
        bias[k] = keep_real * bias[k] - rate_real * m[k] / (scale_real * sqrtf(v[k]) + eps_real); /* (54) */
    }
}

/* conv1: gradient of conv2d, adamw
   (35) d.conv1.weight[k, c, r, s] = sum[b, i, j](d.conv1.z[b, k, i, j] * x[b, c, r + i - 2, s + j - 2])
   (43) conv1.weight.m.next[k, c, r, s] = (1 - beta1) * d.conv1.weight[k, c, r, s] + beta1 * conv1.weight.m[k, c, r, s]
   (44) conv1.weight.v.next[k, c, r, s] = (1 - beta2) * d.conv1.weight[k, c, r, s]**2 + beta2 * conv1.weight.v[k, c, r, s]
   (45) conv1.weight.next[k, c, r, s] = optimizer.keep * conv1.weight[k, c, r, s] - optimizer.rate * conv1.weight.m.next[k, c, r, s] / (optimizer.scale * sqrt(conv1.weight.v.next[k, c, r, s]) + eps)
*/
static void d_weight_adamw_6_1_5_5_28_28(
    real *restrict m,             /* [6, 1, 5, 5] */
    real *restrict v,             /* [6, 1, 5, 5] */
    real *restrict weight,        /* [6, 1, 5, 5] */
    const real *restrict conv1,   /* [B, 6, 28, 28] */
    const real *restrict padded,  /* [B, 1, 32, 32] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (43) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (44) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (45) */
    for (int i_tile = 0; i_tile < 6; i_tile += SUM_ROWS) {
        _Alignas(BYTES) real tile[SUM_ROWS * COLUMNS];
        for (int j_tile = 0; j_tile < 25; j_tile += COLUMNS) {
            const int rows = 6 - i_tile < SUM_ROWS ? 6 - i_tile : SUM_ROWS;
            const int columns = 25 - j_tile < COLUMNS ? 25 - j_tile : COLUMNS;
            multiply_sums(tile, rows, columns, batch * 28, 28,
                          conv1 + i_tile * 784, 784, (walk){2, {batch, 28}, {4704, 28}}, 4704 * batch - i_tile * 784,
                          padded, (walk){2, {batch, 28}, {1024, 32}}, 1024 * batch,
                          j_tile, (walk){3, {1, 5, 5}, {1024, 32, 1}});
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int k = i_tile + r_2;
                for (int line = j_tile / 5; line < (j_tile + columns + 4) / 5; line++) {
                    const int c = line / 5;
                    const int r = line % 5;
                    const int first = line * 5 < j_tile ? j_tile - line * 5 : 0;
                    const int end_2 = j_tile + columns - line * 5 < 5 ? j_tile + columns - line * 5 : 5;
                    for (int s = first; s < end_2; s++) {
                        const real d_weight = tile[r_2 * COLUMNS + line * 5 - j_tile + s]; /* (35) */
                        m[k * 25 + c * 25 + r * 5 + s] = normal(one_minus_beta1 * d_weight + beta1_real * m[k * 25 + c * 25 + r * 5 + s]); /* (43) */
                        v[k * 25 + c * 25 + r * 5 + s] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[k * 25 + c * 25 + r * 5 + s]); /* (44) */
                        weight[k * 25 + c * 25 + r * 5 + s] = keep_real * weight[k * 25 + c * 25 + r * 5 + s] - rate_real * m[k * 25 + c * 25 + r * 5 + s] / (scale_real * sqrtf(v[k * 25 + c * 25 + r * 5 + s]) + eps_real); /* (45) */
                    }
                }
            }
        }
    }
}

/* conv1: gradient of conv2d, adamw
   (36) d.conv1.bias[k] = sum[b, i, j](d.conv1.z[b, k, i, j])
   (46) conv1.bias.m.next[k] = (1 - beta1) * d.conv1.bias[k] + beta1 * conv1.bias.m[k]
   (47) conv1.bias.v.next[k] = (1 - beta2) * d.conv1.bias[k]**2 + beta2 * conv1.bias.v[k]
   (48) conv1.bias.next[k] = optimizer.keep * conv1.bias[k] - optimizer.rate * conv1.bias.m.next[k] / (optimizer.scale * sqrt(conv1.bias.v.next[k]) + eps)
*/
static void d_bias_adamw_6_28_28(
    real *restrict m,             /* [6] */
    real *restrict v,             /* [6] */
    real *restrict bias,          /* [6] */
    const real *restrict conv1,   /* [B, 6, 28, 28] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (46) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (47) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (48) */
#pragma omp for schedule(static) nowait
    for (int k = 0; k < 6; k++) {
        real parts[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int pq_first = 0; pq_first < 784; pq_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int pq = pq_first + part;
                    parts[part] += conv1[b * 4704 + k * 784 + pq];
                }
            }
        }
        const real d_bias = sum_of(parts); /* (36) */
        m[k] = normal(one_minus_beta1 * d_bias + beta1_real * m[k]); /* (46) */
        v[k] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[k]); /* (47) */
        bias[k] = keep_real * bias[k] - rate_real * m[k] / (scale_real * sqrtf(v[k]) + eps_real); /* (48) */
    }
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_forward(const lenet_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const linear_part = net->workspace + 16;
    real *const x_padded = linear_part + 4704 * capacity;
    real *const conv1 = linear_part;
    real *const pool1 = linear_part + 4704 * capacity;
    real *const conv2 = linear_part;
    real *const pool2 = linear_part + 1600 * capacity;
    real *const fc1 = linear_part;
    real *const fc2 = linear_part + 128 * capacity;
    real *const fc3 = linear_part;

    /* (1) */
    conv2d_1_2_32(x_padded, net->in_x, batch);
    /* (1) (2) */
    conv2d_relu_6_28_28_1_5_5(conv1, x_padded, net->parameters + conv1_weight, net->parameters + conv1_bias, batch);
#pragma omp barrier
    /* (3) */
    maxpool2d_6_14_14_2_2(pool1, conv1, batch);
#pragma omp barrier
    /* (5) (6) */
    conv2d_relu_16_10_10_6_5_5(conv2, pool1, net->parameters + conv2_weight, net->parameters + conv2_bias, batch);
    /* (7) */
    maxpool2d_16_5_5_2_2(pool2, conv2, batch);
#pragma omp barrier
    /* (10) (11) */
    linear_relu_120_400(fc1, pool2, net->parameters + fc1_weight, net->parameters + fc1_bias, batch);
#pragma omp barrier
    /* (12) (13) */
    linear_relu_84_120(fc2, fc1, net->parameters + fc2_weight, net->parameters + fc2_bias, batch);
#pragma omp barrier
    /* (14) */
    linear_10_84(fc3, fc2, net->parameters + fc3_weight, net->parameters + fc3_bias, batch);
}

double lenet_forward(const lenet_network *net)
{
    if (net->threads > 1 && net->batch >= 8) {
#pragma omp parallel num_threads(net->threads)
        share_of_forward(net);
    } else
        share_of_forward(net);
    return 0;
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_loss(const lenet_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const x_padded = linear_part + 4704 * capacity;
    real *const conv1 = linear_part;
    real *const pool1 = linear_part + 4704 * capacity;
    real *const conv2 = linear_part;
    real *const pool2 = linear_part + 1600 * capacity;
    real *const fc1 = linear_part;
    real *const fc2 = linear_part + 128 * capacity;
    real *const fc3 = linear_part;
    real *const loss_m = linear_part + 33 * capacity;
    real *const loss_e = linear_part + 16 * capacity;
    real *const loss_S = linear_part + 32 * capacity;
    real *const loss = fixed;

    /* (1) */
    conv2d_1_2_32(x_padded, net->in_x, batch);
    /* (1) (2) */
    conv2d_relu_6_28_28_1_5_5(conv1, x_padded, net->parameters + conv1_weight, net->parameters + conv1_bias, batch);
#pragma omp barrier
    /* (3) */
    maxpool2d_6_14_14_2_2(pool1, conv1, batch);
#pragma omp barrier
    /* (5) (6) */
    conv2d_relu_16_10_10_6_5_5(conv2, pool1, net->parameters + conv2_weight, net->parameters + conv2_bias, batch);
    /* (7) */
    maxpool2d_16_5_5_2_2(pool2, conv2, batch);
#pragma omp barrier
    /* (10) (11) */
    linear_relu_120_400(fc1, pool2, net->parameters + fc1_weight, net->parameters + fc1_bias, batch);
#pragma omp barrier
    /* (12) (13) */
    linear_relu_84_120(fc2, fc1, net->parameters + fc2_weight, net->parameters + fc2_bias, batch);
#pragma omp barrier
    /* (14) */
    linear_10_84(fc3, fc2, net->parameters + fc3_weight, net->parameters + fc3_bias, batch);
#pragma omp barrier
    /* (15) (16) (17) */
#pragma omp master
    cross_entropy_10(loss_m, loss_e, loss_S, fc3, batch);
    /* (19) */
#pragma omp master
    cross_entropy(loss, loss_m, fc3, net->in_label, loss_S, batch);
}

double lenet_loss(const lenet_network *net)
{
    if (net->threads > 1 && net->batch >= 8) {
#pragma omp parallel num_threads(net->threads)
        share_of_loss(net);
    } else
        share_of_loss(net);
    return (double)net->workspace[0];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_gradients(const lenet_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const x_padded = linear_part + 15040 * capacity;
    real *const conv1 = linear_part + 5184 * capacity;
    real *const pool1 = linear_part + 11488 * capacity;
    real *const conv2 = linear_part + 9888 * capacity;
    int32_t *const pool1_k = (int32_t *)(linear_part + 12672 * capacity);
    real *const pool2 = linear_part + 13856 * capacity;
    real *const fc1 = linear_part + 14656 * capacity;
    real *const fc2 = linear_part + 14784 * capacity;
    int32_t *const pool2_k = (int32_t *)(linear_part + 14256 * capacity);
    real *const fc3 = linear_part + 14896 * capacity;
    real *const loss_m = linear_part + 14929 * capacity;
    real *const loss_e = linear_part + 14912 * capacity;
    real *const loss_S = linear_part + 14928 * capacity;
    real *const d_fc3 = linear_part + 14880 * capacity;
    real *const loss = fixed;
    real *const d_flat = linear_part + 13856 * capacity;
    real *const d_conv2_z_padded = linear_part;
    real *const d_pool1 = linear_part + 13856 * capacity;

    /* (1) */
    conv2d_1_2_32(x_padded, net->in_x, batch);
    /* (1) (2) */
    conv2d_relu_6_28_28_1_5_5(conv1, x_padded, net->parameters + conv1_weight, net->parameters + conv1_bias, batch);
    /* (3) */
    maxpool2d_6_14_14_2_2(pool1, conv1, batch);
    /* (5) (6) */
    conv2d_relu_16_10_10_6_5_5(conv2, pool1, net->parameters + conv2_weight, net->parameters + conv2_bias, batch);
    /* (4) */
    maxpool2d_6_14_14_2_2_v2(pool1_k, conv1, batch);
    /* (7) */
    maxpool2d_16_5_5_2_2(pool2, conv2, batch);
#pragma omp barrier
    /* (10) (11) */
    linear_relu_120_400(fc1, pool2, net->parameters + fc1_weight, net->parameters + fc1_bias, batch);
#pragma omp barrier
    /* (12) (13) */
    linear_relu_84_120(fc2, fc1, net->parameters + fc2_weight, net->parameters + fc2_bias, batch);
    /* (8) */
    maxpool2d_16_5_5_2_2_v2(pool2_k, conv2, batch);
#pragma omp barrier
    /* (14) */
    linear_10_84(fc3, fc2, net->parameters + fc3_weight, net->parameters + fc3_bias, batch);
#pragma omp barrier
    /* (15) (16) (17) (18) (20) */
#pragma omp master
    cross_entropy_d_fc3_10(loss_m, loss_e, loss_S, d_fc3, fc3, net->in_label, batch);
    /* (19) */
#pragma omp master
    cross_entropy(loss, loss_m, fc3, net->in_label, loss_S, batch);
#pragma omp barrier
    /* (21) */
    d_weight_10_84(net->gradients + d_fc3_weight, d_fc3, fc2, batch);
    /* (22) */
#pragma omp master
    d_bias_10(net->gradients + d_fc3_bias, d_fc3, batch);
#pragma omp barrier
    /* (23) */
    d_z_84_10(fc2, d_fc3, net->parameters + fc3_weight, batch);
#pragma omp barrier
    /* (24) */
    d_weight_84_120(net->gradients + d_fc2_weight, fc2, fc1, batch);
    /* (25) */
#pragma omp master
    d_bias_84(net->gradients + d_fc2_bias, fc2, batch);
#pragma omp barrier
    /* (26) */
    d_z_120_84(fc1, fc2, net->parameters + fc2_weight, batch);
#pragma omp barrier
    /* (27) */
    d_weight_120_400(net->gradients + d_fc1_weight, fc1, pool2, batch);
    /* (28) */
#pragma omp master
    d_bias_120(net->gradients + d_fc1_bias, fc1, batch);
#pragma omp barrier
    /* (29) */
    d_flat_400_120(d_flat, fc1, net->parameters + fc1_weight, batch);
#pragma omp barrier
    /* (30) (33) */
    d_z_d_pool1_16_5_2_5_2(conv2, d_conv2_z_padded, pool2_k, d_flat, batch);
#pragma omp barrier
    /* (33) */
    d_pool1_6_14_14_16_5_5(d_pool1, d_conv2_z_padded, net->parameters + conv2_weight, batch);
    /* (34) */
    d_z_6_14_2_14_2(conv1, pool1_k, d_pool1, batch);
    /* (31) */
    d_weight_16_6_5_5_10_10(net->gradients + d_conv2_weight, conv2, pool1, batch);
    /* (32) */
    d_bias_16_10_10(net->gradients + d_conv2_bias, conv2, batch);
#pragma omp barrier
    /* (35) */
#pragma omp master
    d_weight_6_1_5_5_28_28(net->gradients + d_conv1_weight, conv1, x_padded, batch);
    /* (36) */
    d_bias_6_28_28(net->gradients + d_conv1_bias, conv1, batch);
}

double lenet_gradients(const lenet_network *net)
{
    if (net->threads > 1 && net->batch >= 8) {
#pragma omp parallel num_threads(net->threads)
        share_of_gradients(net);
    } else
        share_of_gradients(net);
    return (double)net->workspace[0];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_input_gradients(const lenet_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const x_padded = linear_part + 16000 * capacity;
    real *const conv1 = linear_part + 6144 * capacity;
    real *const pool1 = linear_part + 12448 * capacity;
    real *const conv2 = linear_part + 10848 * capacity;
    int32_t *const pool1_k = (int32_t *)(linear_part + 13632 * capacity);
    real *const pool2 = linear_part + 14816 * capacity;
    real *const fc1 = linear_part + 15616 * capacity;
    real *const fc2 = linear_part + 15744 * capacity;
    int32_t *const pool2_k = (int32_t *)(linear_part + 15216 * capacity);
    real *const fc3 = linear_part + 15856 * capacity;
    real *const loss_m = linear_part + 15889 * capacity;
    real *const loss_e = linear_part + 15872 * capacity;
    real *const loss_S = linear_part + 15888 * capacity;
    real *const d_fc3 = linear_part + 15840 * capacity;
    real *const loss = fixed;
    real *const d_flat = linear_part + 14816 * capacity;
    real *const d_conv2_z_padded = linear_part;
    real *const d_pool1 = linear_part + 14816 * capacity;
    real *const d_conv1_z_padded = linear_part;
    real *const d_x = linear_part + 10848 * capacity;

    /* (1) */
    conv2d_1_2_32(x_padded, net->in_x, batch);
    /* (1) (2) */
    conv2d_relu_6_28_28_1_5_5(conv1, x_padded, net->parameters + conv1_weight, net->parameters + conv1_bias, batch);
    /* (3) */
    maxpool2d_6_14_14_2_2(pool1, conv1, batch);
    /* (5) (6) */
    conv2d_relu_16_10_10_6_5_5(conv2, pool1, net->parameters + conv2_weight, net->parameters + conv2_bias, batch);
    /* (4) */
    maxpool2d_6_14_14_2_2_v2(pool1_k, conv1, batch);
    /* (7) */
    maxpool2d_16_5_5_2_2(pool2, conv2, batch);
#pragma omp barrier
    /* (10) (11) */
    linear_relu_120_400(fc1, pool2, net->parameters + fc1_weight, net->parameters + fc1_bias, batch);
#pragma omp barrier
    /* (12) (13) */
    linear_relu_84_120(fc2, fc1, net->parameters + fc2_weight, net->parameters + fc2_bias, batch);
    /* (8) */
    maxpool2d_16_5_5_2_2_v2(pool2_k, conv2, batch);
#pragma omp barrier
    /* (14) */
    linear_10_84(fc3, fc2, net->parameters + fc3_weight, net->parameters + fc3_bias, batch);
#pragma omp barrier
    /* (15) (16) (17) (18) (20) */
#pragma omp master
    cross_entropy_d_fc3_10(loss_m, loss_e, loss_S, d_fc3, fc3, net->in_label, batch);
    /* (19) */
#pragma omp master
    cross_entropy(loss, loss_m, fc3, net->in_label, loss_S, batch);
#pragma omp barrier
    /* (21) */
    d_weight_10_84(net->gradients + d_fc3_weight, d_fc3, fc2, batch);
    /* (22) */
#pragma omp master
    d_bias_10(net->gradients + d_fc3_bias, d_fc3, batch);
#pragma omp barrier
    /* (23) */
    d_z_84_10(fc2, d_fc3, net->parameters + fc3_weight, batch);
#pragma omp barrier
    /* (24) */
    d_weight_84_120(net->gradients + d_fc2_weight, fc2, fc1, batch);
    /* (25) */
#pragma omp master
    d_bias_84(net->gradients + d_fc2_bias, fc2, batch);
#pragma omp barrier
    /* (26) */
    d_z_120_84(fc1, fc2, net->parameters + fc2_weight, batch);
#pragma omp barrier
    /* (27) */
    d_weight_120_400(net->gradients + d_fc1_weight, fc1, pool2, batch);
    /* (28) */
#pragma omp master
    d_bias_120(net->gradients + d_fc1_bias, fc1, batch);
#pragma omp barrier
    /* (29) */
    d_flat_400_120(d_flat, fc1, net->parameters + fc1_weight, batch);
#pragma omp barrier
    /* (30) (33) */
    d_z_d_pool1_16_5_2_5_2(conv2, d_conv2_z_padded, pool2_k, d_flat, batch);
#pragma omp barrier
    /* (33) */
    d_pool1_6_14_14_16_5_5(d_pool1, d_conv2_z_padded, net->parameters + conv2_weight, batch);
    /* (31) */
    d_weight_16_6_5_5_10_10(net->gradients + d_conv2_weight, conv2, pool1, batch);
    /* (32) */
    d_bias_16_10_10(net->gradients + d_conv2_bias, conv2, batch);
#pragma omp barrier
    /* (34) (37) */
    d_z_d_x_6_14_2_14_2(conv1, d_conv1_z_padded, pool1_k, d_pool1, batch);
    /* (37) */
    d_x_1_28_28_6_5_5(d_x, d_conv1_z_padded, net->parameters + conv1_weight, batch);
#pragma omp barrier
    /* (35) */
#pragma omp master
    d_weight_6_1_5_5_28_28(net->gradients + d_conv1_weight, conv1, x_padded, batch);
    /* (36) */
    d_bias_6_28_28(net->gradients + d_conv1_bias, conv1, batch);
}

double lenet_input_gradients(const lenet_network *net)
{
    if (net->threads > 1 && net->batch >= 8) {
#pragma omp parallel num_threads(net->threads)
        share_of_input_gradients(net);
    } else
        share_of_input_gradients(net);
    return (double)net->workspace[0];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_step(const lenet_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    double *const optimizer_rate = (double *)(fixed + 2);
    double *const optimizer_scale = (double *)(fixed + 4);
    double *const optimizer_keep = (double *)(fixed);
    real *const x_padded = linear_part + 6304 * capacity;
    real *const conv1 = linear_part;
    real *const pool1 = linear_part + 7328 * capacity;
    real *const conv2 = linear_part + 4704 * capacity;
    int32_t *const pool1_k = (int32_t *)(linear_part + 8512 * capacity);
    real *const pool2 = linear_part + 9696 * capacity;
    real *const fc1 = linear_part + 10096 * capacity;
    real *const fc2 = linear_part + 10224 * capacity;
    int32_t *const pool2_k = (int32_t *)(linear_part + 14880 * capacity);
    real *const fc3 = linear_part + 10336 * capacity;
    real *const loss_m = linear_part + 10369 * capacity;
    real *const loss_e = linear_part + 10352 * capacity;
    real *const loss_S = linear_part + 10368 * capacity;
    real *const d_fc3 = linear_part + 10320 * capacity;
    real *const loss = fixed + 6;
    real *const d_fc2_z = linear_part + 10352 * capacity;
    real *const d_fc1_z = linear_part + 10224 * capacity;
    real *const d_flat = linear_part + 15280 * capacity;
    real *const d_conv2_z_padded = linear_part + 9696 * capacity;
    real *const d_pool1 = linear_part + 14880 * capacity;

    /* (38) (39) (40) (41) (42) */
#pragma omp master
    cosine_schedule_adamw_rate_next_step(optimizer_rate, optimizer_scale, optimizer_keep, net->counters + t,
                                         net->settings + steps, net->settings + lr, net->settings + min_lr,
                                         net->settings + beta1, net->settings + beta2,
                                         net->settings + weight_decay);
    /* (1) */
    conv2d_1_2_32(x_padded, net->in_x, batch);
    /* (1) (2) */
    conv2d_relu_6_28_28_1_5_5(conv1, x_padded, net->parameters + conv1_weight, net->parameters + conv1_bias, batch);
    /* (3) */
    maxpool2d_6_14_14_2_2(pool1, conv1, batch);
    /* (5) (6) */
    conv2d_relu_16_10_10_6_5_5(conv2, pool1, net->parameters + conv2_weight, net->parameters + conv2_bias, batch);
    /* (4) */
    maxpool2d_6_14_14_2_2_v2(pool1_k, conv1, batch);
    /* (7) */
    maxpool2d_16_5_5_2_2(pool2, conv2, batch);
#pragma omp barrier
    /* (10) (11) */
    linear_relu_120_400(fc1, pool2, net->parameters + fc1_weight, net->parameters + fc1_bias, batch);
#pragma omp barrier
    /* (12) (13) */
    linear_relu_84_120(fc2, fc1, net->parameters + fc2_weight, net->parameters + fc2_bias, batch);
    /* (8) */
    maxpool2d_16_5_5_2_2_v2(pool2_k, conv2, batch);
#pragma omp barrier
    /* (14) */
    linear_10_84(fc3, fc2, net->parameters + fc3_weight, net->parameters + fc3_bias, batch);
#pragma omp barrier
    /* (15) (16) (17) (18) (20) */
#pragma omp master
    cross_entropy_d_fc3_10(loss_m, loss_e, loss_S, d_fc3, fc3, net->in_label, batch);
    /* (19) */
#pragma omp master
    cross_entropy(loss, loss_m, fc3, net->in_label, loss_S, batch);
    /* (22) (70) (71) (72) */
#pragma omp master
    d_bias_adamw_10(net->states + fc3_bias_m, net->states + fc3_bias_v, net->parameters + fc3_bias, d_fc3,
                    net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                    net->settings + eps, batch);
#pragma omp barrier
    /* (23) */
    d_z_84_10_v2(d_fc2_z, fc2, d_fc3, net->parameters + fc3_weight, batch);
#pragma omp barrier
    /* (21) (67) (68) (69) */
    d_weight_adamw_10_84(net->states + fc3_weight_m, net->states + fc3_weight_v, net->parameters + fc3_weight,
                         d_fc3, fc2, net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                         optimizer_scale, net->settings + eps, batch);
    /* (25) (64) (65) (66) */
#pragma omp master
    d_bias_adamw_84(net->states + fc2_bias_m, net->states + fc2_bias_v, net->parameters + fc2_bias, d_fc2_z,
                    net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                    net->settings + eps, batch);
#pragma omp barrier
    /* (26) */
    d_z_120_84_v2(d_fc1_z, fc1, d_fc2_z, net->parameters + fc2_weight, batch);
#pragma omp barrier
    /* (24) (61) (62) (63) */
    d_weight_adamw_84_120(net->states + fc2_weight_m, net->states + fc2_weight_v, net->parameters + fc2_weight,
                          d_fc2_z, fc1, net->settings + beta1, net->settings + beta2, optimizer_keep,
                          optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (28) (58) (59) (60) */
    d_bias_adamw_120(net->states + fc1_bias_m, net->states + fc1_bias_v, net->parameters + fc1_bias, d_fc1_z,
                     net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                     net->settings + eps, batch);
    /* (29) */
    d_flat_400_120(d_flat, d_fc1_z, net->parameters + fc1_weight, batch);
#pragma omp barrier
    /* (27) (55) (56) (57) */
    d_weight_adamw_120_400(net->states + fc1_weight_m, net->states + fc1_weight_v, net->parameters + fc1_weight,
                           d_fc1_z, pool2, net->settings + beta1, net->settings + beta2, optimizer_keep,
                           optimizer_rate, optimizer_scale, net->settings + eps, batch);
#pragma omp barrier
    /* (30) (33) */
    d_z_d_pool1_16_5_2_5_2(conv2, d_conv2_z_padded, pool2_k, d_flat, batch);
#pragma omp barrier
    /* (33) */
    d_pool1_6_14_14_16_5_5(d_pool1, d_conv2_z_padded, net->parameters + conv2_weight, batch);
    /* (34) */
    d_z_6_14_2_14_2(conv1, pool1_k, d_pool1, batch);
#pragma omp barrier
    /* (31) (49) (50) (51) */
    d_weight_adamw_16_6_5_5_10_10(net->states + conv2_weight_m, net->states + conv2_weight_v,
                                  net->parameters + conv2_weight, conv2, pool1, net->settings + beta1,
                                  net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                                  net->settings + eps, batch);
    /* (32) (52) (53) (54) */
    d_bias_adamw_16_10_10(net->states + conv2_bias_m, net->states + conv2_bias_v, net->parameters + conv2_bias,
                          conv2, net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                          optimizer_scale, net->settings + eps, batch);
    /* (35) (43) (44) (45) */
#pragma omp master
    d_weight_adamw_6_1_5_5_28_28(net->states + conv1_weight_m, net->states + conv1_weight_v,
                                 net->parameters + conv1_weight, conv1, x_padded, net->settings + beta1,
                                 net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                                 net->settings + eps, batch);
    /* (36) (46) (47) (48) */
    d_bias_adamw_6_28_28(net->states + conv1_bias_m, net->states + conv1_bias_v, net->parameters + conv1_bias,
                         conv1, net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                         optimizer_scale, net->settings + eps, batch);
}

double lenet_step(const lenet_network *net)
{
    if (net->threads > 1) {
#pragma omp parallel num_threads(net->threads)
        share_of_step(net);
    } else
        share_of_step(net);
    return (double)net->workspace[6];
}

/* Steps of training, `count` of them, one after another.  The inputs have `batches` times net->batch rows: the steps
   take a batch after the other, the one numbered `first` to begin with, and after the last one the first again.
   Leaves the losses.  A loss that is infinite or not a number ends it.  Returns how many steps there were. */
int lenet_steps(const lenet_network *net, int first, int batches, int count, double *losses)
{
    lenet_network now = *net;
    for (int n = 0; n < count; n++) {
        const size_t row = (size_t)((first + n) % batches) * (size_t)net->batch;
        now.in_x = net->in_x + row * 784;
        now.in_label = net->in_label + row;
        losses[n] = lenet_step(&now);
        if (!isfinite(losses[n]))
            return n + 1;
    }
    return count;
}

/* digits_student, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.
   A matrix by columns is, to functions, its transpose: what equations call [o, i] of it lies at [i, o].

   cc -O2 -std=c11 -march=native -fvect-cost-model=dynamic -fpeel-loops -ffp-contract=fast -fno-math-errno -fno-trapping-math -c digits_student.c */
#include "digits_student.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    fc1_weight = 0, /* [12, 64], by columns */
    fc1_bias = 768, /* [12] */
    fc2_weight = 784, /* [10, 12] */
    fc2_bias = 912, /* [10] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_fc1_weight = 0, /* [12, 64], by columns */
    d_fc1_bias = 768, /* [12] */
    d_fc2_weight = 784, /* [10, 12] */
    d_fc2_bias = 912, /* [10] */
};

/* Where tensors begin in `states`. */
enum {
    fc1_weight_m = 0, /* [12, 64], by columns */
    fc1_bias_m = 768, /* [12] */
    fc2_weight_m = 784, /* [10, 12] */
    fc2_bias_m = 912, /* [10] */
    fc1_weight_v = 928, /* [12, 64], by columns */
    fc1_bias_v = 1696, /* [12] */
    fc2_weight_v = 1712, /* [10, 12] */
    fc2_bias_v = 1840, /* [10] */
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
    steps = 4, /* [] */
    min_lr = 5, /* [] */
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

/* fc1: linear, relu
   (1) fc1.z[b, o] = sum[i](x[b, i] * fc1.weight[o, i]) + fc1.bias[o]
   (2) fc1[b, o] = max(0, fc1.z[b, o])
*/
static void linear_relu_12_64(
    real *restrict fc1,          /* [B, 12] */
    const real *restrict x,      /* [B, 64] */
    const real *restrict weight, /* [64, 12], transposed */
    const real *restrict bias,   /* [12] */
    int batch)
{
    const int high = even(batch, ROWS, ROWS);
    for (int j_tile = 0; j_tile < 12; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = 12 - j_tile < COLUMNS ? 12 - j_tile : COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 64,
                     x + i_tile * 64, 64, 1,
                     weight + j_tile, 12, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real z = tile[r * COLUMNS + c] + bias[o]; /* (1) */
                    fc1[b * 12 + o] = maximum(0.0f, z); /* (2) */
                }
            }
        }
    }
}

/* fc2: linear
   (3) fc2[b, o] = sum[i](fc1[b, i] * fc2.weight[o, i]) + fc2.bias[o]
*/
static void linear_10_12(
    real *restrict fc2,          /* [B, 10] */
    const real *restrict fc1,    /* [B, 12] */
    const real *restrict weight, /* [10, 12] */
    const real *restrict bias,   /* [10] */
    int batch)
{
    real turned[120];
    for (int i = 0; i < 12; i++) {
        for (int o = 0; o < 10; o++) {
            turned[i * 10 + o] = weight[o * 12 + i];
        }
    }
    for (int b = 0; b < batch; b++) {
        real sum[10] = {0};
        for (int i = 0; i < 12; i++) {
            for (int o = 0; o < 10; o++) {
                sum[o] += fc1[b * 12 + i] * turned[i * 10 + o];
            }
        }
        for (int o = 0; o < 10; o++) {
            fc2[b * 10 + o] = sum[o] + bias[o];
        }
    }
}

/* loss: distillation
   (13) loss.m3[b] = max[i](fc2[b, i])
   (14) loss.e3[b, j] = exp(fc2[b, j] - loss.m3[b])
   (15) loss.S3[b] = sum[i](loss.e3[b, i])
*/
static void distillation_10(
    real *restrict m3,        /* [B] */
    real *restrict e3,        /* [B, 10] */
    real *restrict S3,        /* [B] */
    const real *restrict fc2, /* [B, 10] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real largest = -INFINITY;
        for (int o = 0; o < 10; o++) {
            largest = maximum(largest, fc2[b * 10 + o]);
        }
        m3[b] = largest; /* (13) */
        for (int j = 0; j < 10; j++) {
            e3[b * 10 + j] = exp_single(fc2[b * 10 + j] - m3[b]); /* (14) */
        }
        real sum = 0;
        for (int j = 0; j < 10; j++) {
            sum += e3[b * 10 + j];
        }
        S3[b] = sum; /* (15) */
    }
}

/* loss: distillation
   (4) loss.m[b] = max[i](teacher[b, i] / 2)
   (5) loss.e[b, j] = exp(teacher[b, j] / 2 - loss.m[b])
   (6) loss.S[b] = sum[i](loss.e[b, i])
   (7) loss.q[b, j] = loss.e[b, j] / loss.S[b]
*/
static void distillation_10_v2(
    real *restrict m,             /* [B] */
    real *restrict e,             /* [B, 10] */
    real *restrict S,             /* [B] */
    const real *restrict teacher, /* [B, 10] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real largest = -INFINITY;
        for (int i = 0; i < 10; i++) {
            largest = maximum(largest, 0.5f * teacher[b * 10 + i]);
        }
        m[b] = largest; /* (4) */
        for (int j = 0; j < 10; j++) {
            e[b * 10 + j] = exp_single(0.5f * teacher[b * 10 + j] - m[b]); /* (5) */
        }
        real sum = 0;
        for (int j = 0; j < 10; j++) {
            sum += e[b * 10 + j];
        }
        S[b] = sum; /* (6) */
        const real scale = 1.0f / S[b];
        for (int j = 0; j < 10; j++) {
            e[b * 10 + j] = scale * e[b * 10 + j]; /* (7) */
        }
    }
}

/* loss: distillation
   (8) loss.m2[b] = max[i](fc2[b, i] / 2)
   (9) loss.e2[b, j] = exp(fc2[b, j] / 2 - loss.m2[b])
   (10) loss.S2[b] = sum[i](loss.e2[b, i])
   (12) loss.s[b] = sum[i](loss.q[b, i] * (log(loss.S2[b]) + loss.m2[b] + teacher[b, i] / 2 - log(loss.S[b]) - loss.m[b] - fc2[b, i] / 2))
*/
static void distillation_10_v3(
    real *restrict e2,            /* [B, 10] */
    real *restrict s,             /* [B] */
    const real *restrict fc2,     /* [B, 10] */
    const real *restrict teacher, /* [B, 10] */
    const real *restrict m,       /* [B] */
    const real *restrict S,       /* [B] */
    const real *restrict e,       /* [B, 10] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real m2 = -INFINITY;
        for (int o = 0; o < 10; o++) {
            m2 = maximum(m2, 0.5f * fc2[b * 10 + o]); /* (8) */
        }
        for (int j = 0; j < 10; j++) {
            e2[b * 10 + j] = exp_single(0.5f * fc2[b * 10 + j] - m2); /* (9) */
        }
        real S2 = 0;
        for (int j = 0; j < 10; j++) {
            S2 += e2[b * 10 + j]; /* (10) */
        }
        const real scale = log_single(S2);
        const real scale2 = log_single(S[b]);
        real sum = 0;
        for (int o = 0; o < 10; o++) {
            sum += (0.5f * teacher[b * 10 + o] - m[b] + (m2 - 0.5f * fc2[b * 10 + o]) + scale - scale2) * e[b * 10 + o];
        }
        s[b] = sum; /* (12) */
    }
}

/* loss: distillation
   (17) loss = sum[b](log(loss.S3[b]) / 2 + loss.m3[b] / 2 + 2 * loss.s[b] - fc2[b, label[b]] / 2) / B
*/
static void distillation(
    real *restrict loss,
    const real *restrict m3,       /* [B] */
    const real *restrict fc2,      /* [B, 10] */
    const int32_t *restrict label, /* [B] */
    const real *restrict S3,       /* [B] */
    const real *restrict s,        /* [B] */
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
        sum += 0.5f * (m3[b] - fc2[b * 10 + label[b]]) + 0.5f * log_single(S3[b]) + 2.0f * s[b];
    }
    *loss = sum / (real)batch;
}

/* loss: distillation
   (8) loss.m2[b] = max[i](fc2[b, i] / 2)
   (9) loss.e2[b, j] = exp(fc2[b, j] / 2 - loss.m2[b])
   (10) loss.S2[b] = sum[i](loss.e2[b, i])
   (11) loss.p[b, j] = loss.e2[b, j] / loss.S2[b]
   (12) loss.s[b] = sum[i](loss.q[b, i] * (log(loss.S2[b]) + loss.m2[b] + teacher[b, i] / 2 - log(loss.S[b]) - loss.m[b] - fc2[b, i] / 2))
*/
static void distillation_10_v4(
    real *restrict e2,            /* [B, 10] */
    real *restrict s,             /* [B] */
    const real *restrict fc2,     /* [B, 10] */
    const real *restrict teacher, /* [B, 10] */
    const real *restrict m,       /* [B] */
    const real *restrict S,       /* [B] */
    const real *restrict e,       /* [B, 10] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real m2 = -INFINITY;
        for (int o = 0; o < 10; o++) {
            m2 = maximum(m2, 0.5f * fc2[b * 10 + o]); /* (8) */
        }
        for (int j = 0; j < 10; j++) {
            e2[b * 10 + j] = exp_single(0.5f * fc2[b * 10 + j] - m2); /* (9) */
        }
        real S2 = 0;
        for (int j = 0; j < 10; j++) {
            S2 += e2[b * 10 + j]; /* (10) */
        }
        const real scale = log_single(S2);
        const real scale2 = log_single(S[b]);
        real sum = 0;
        for (int o = 0; o < 10; o++) {
            sum += (0.5f * teacher[b * 10 + o] - m[b] + (m2 - 0.5f * fc2[b * 10 + o]) + scale - scale2) * e[b * 10 + o];
        }
        s[b] = sum; /* (12) */
        const real scale3 = 1.0f / S2;
        for (int j = 0; j < 10; j++) {
            e2[b * 10 + j] = scale3 * e2[b * 10 + j]; /* (11) */
        }
    }
}

/* loss: distillation; fc2: gradient of linear
   (13) loss.m3[b] = max[i](fc2[b, i])
   (14) loss.e3[b, j] = exp(fc2[b, j] - loss.m3[b])
   (15) loss.S3[b] = sum[i](loss.e3[b, i])
   (16) loss.h[b, j] = loss.e3[b, j] / loss.S3[b]
   (18) d.fc2[b, o] = (loss.h[b, o] - (o == label[b])) / (2 * B) + (loss.p[b, o] - loss.q[b, o]) / B
*/
static void distillation_d_fc2_10(
    real *restrict m3,             /* [B] */
    real *restrict e3,             /* [B, 10] */
    real *restrict S3,             /* [B] */
    real *restrict e2,             /* [B, 10] */
    const real *restrict fc2,      /* [B, 10] */
    const real *restrict e,        /* [B, 10] */
    const int32_t *restrict label, /* [B] */
    int batch)
{
    const real scale2 = 1.0f / (real)batch;
    const real scale3 = 1.0f / (2.0f * (real)batch); /* (18) */
    for (int b = 0; b < batch; b++) {
        real largest = -INFINITY;
        for (int o = 0; o < 10; o++) {
            largest = maximum(largest, fc2[b * 10 + o]);
        }
        m3[b] = largest; /* (13) */
        for (int j = 0; j < 10; j++) {
            e3[b * 10 + j] = exp_single(fc2[b * 10 + j] - m3[b]); /* (14) */
        }
        real sum = 0;
        for (int j = 0; j < 10; j++) {
            sum += e3[b * 10 + j];
        }
        S3[b] = sum; /* (15) */
        const real scale = 1.0f / S3[b];
        for (int j = 0; j < 10; j++) {
            const real h = scale * e3[b * 10 + j]; /* (16) */
            e2[b * 10 + j] = scale2 * (e2[b * 10 + j] - e[b * 10 + j]) + scale3 * (h - (j == label[b] ? 1.0f : 0.0f)); /* (18) */
        }
    }
}

/* fc2: gradient of linear
   (21) d.fc2.weight[o, i] = sum[b](d.fc2[b, o] * fc1[b, i])
*/
static void d_weight_10_12(
    real *restrict d_weight,  /* [10, 12] */
    const real *restrict e2,  /* [B, 10] */
    const real *restrict fc1, /* [B, 12] */
    int batch)
{
    real sum[120] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 10; o++) {
            for (int i = 0; i < 12; i++) {
                sum[o * 12 + i] += e2[b * 10 + o] * fc1[b * 12 + i];
            }
        }
    }
    for (int o = 0; o < 10; o++) {
        for (int i = 0; i < 12; i++) {
            d_weight[o * 12 + i] = sum[o * 12 + i];
        }
    }
}

/* fc2: gradient of linear
   (22) d.fc2.bias[o] = sum[b](d.fc2[b, o])
*/
static void d_bias_10(
    real *restrict d_bias,   /* [10] */
    const real *restrict e2, /* [B, 10] */
    int batch)
{
    real sum[10] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 10; o++) {
            sum[o] += e2[b * 10 + o];
        }
    }
    for (int o = 0; o < 10; o++) {
        d_bias[o] = sum[o];
    }
}

/* fc1: gradient of linear
   (23) d.fc1.z[b, o] = sum[i](d.fc2[b, i] * fc2.weight[i, o]) * (fc1[b, o] > 0)
*/
static void d_z_12_10(
    real *restrict fc1,          /* [B, 12] */
    const real *restrict e2,     /* [B, 10] */
    const real *restrict weight, /* [10, 12] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real sum[12] = {0};
        for (int i = 0; i < 10; i++) {
            for (int o = 0; o < 12; o++) {
                sum[o] += e2[b * 10 + i] * weight[i * 12 + o];
            }
        }
        for (int o = 0; o < 12; o++) {
            fc1[b * 12 + o] = choose(fc1[b * 12 + o] > 0.0f, sum[o], 0.0f);
        }
    }
}

/* fc1: gradient of linear
   (24) d.fc1.weight[o, i] = sum[b](d.fc1.z[b, o] * x[b, i])
*/
static void d_weight_12_64(
    real *restrict d_weight,  /* [64, 12], transposed */
    const real *restrict fc1, /* [B, 12] */
    const real *restrict x,   /* [B, 64] */
    int batch)
{
    const int high = even(64, ROWS, ROWS);
    for (int j_tile = 0; j_tile < 12; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 64; i_tile += high) {
            const int rows = 64 - i_tile < high ? 64 - i_tile : high;
            const int columns = 12 - j_tile < COLUMNS ? 12 - j_tile : COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     x + i_tile, 1, 64,
                     fc1 + j_tile, 12, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int i = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    d_weight[i * 12 + o] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* fc1: gradient of linear
   (25) d.fc1.bias[o] = sum[b](d.fc1.z[b, o])
*/
static void d_bias_12(
    real *restrict d_bias,    /* [12] */
    const real *restrict fc1, /* [B, 12] */
    int batch)
{
    real sum[12] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 12; o++) {
            sum[o] += fc1[b * 12 + o];
        }
    }
    for (int o = 0; o < 12; o++) {
        d_bias[o] = sum[o];
    }
}

/* loss: distillation, gradient of distillation
   (8) loss.m2[b] = max[i](fc2[b, i] / 2)
   (9) loss.e2[b, j] = exp(fc2[b, j] / 2 - loss.m2[b])
   (10) loss.S2[b] = sum[i](loss.e2[b, i])
   (11) loss.p[b, j] = loss.e2[b, j] / loss.S2[b]
   (12) loss.s[b] = sum[i](loss.q[b, i] * (log(loss.S2[b]) + loss.m2[b] + teacher[b, i] / 2 - log(loss.S[b]) - loss.m[b] - fc2[b, i] / 2))
   (19) loss.r[b] = sum[i](loss.q[b, i] * (log(loss.S[b]) + loss.m[b] + fc2[b, i] / 2 - log(loss.S2[b]) - loss.m2[b] - teacher[b, i] / 2))
   (20) d.teacher[b, i] = loss.q[b, i] * (log(loss.S2[b]) + loss.m2[b] + loss.r[b] + teacher[b, i] / 2 - log(loss.S[b]) - loss.m[b] - fc2[b, i] / 2) / B
*/
static void distillation_r_d_teacher_10(
    real *restrict e2,            /* [B, 10] */
    real *restrict s,             /* [B] */
    real *restrict d_teacher,     /* [B, 10] */
    const real *restrict fc2,     /* [B, 10] */
    const real *restrict teacher, /* [B, 10] */
    const real *restrict m,       /* [B] */
    const real *restrict S,       /* [B] */
    const real *restrict e,       /* [B, 10] */
    int batch)
{
    const real scale4 = 1.0f / (real)batch; /* (20) */
    for (int b = 0; b < batch; b++) {
        real m2 = -INFINITY;
        for (int o = 0; o < 10; o++) {
            m2 = maximum(m2, 0.5f * fc2[b * 10 + o]); /* (8) */
        }
        for (int j = 0; j < 10; j++) {
            e2[b * 10 + j] = exp_single(0.5f * fc2[b * 10 + j] - m2); /* (9) */
        }
        real S2 = 0;
        for (int j = 0; j < 10; j++) {
            S2 += e2[b * 10 + j]; /* (10) */
        }
        const real scale = log_single(S2);
        const real scale2 = log_single(S[b]); /* (12) (19) (20) */
        real sum = 0;
        for (int o = 0; o < 10; o++) {
            sum += (0.5f * teacher[b * 10 + o] - m[b] + (m2 - 0.5f * fc2[b * 10 + o]) + scale - scale2) * e[b * 10 + o];
        }
        s[b] = sum; /* (12) */
        real r = 0;
        for (int o = 0; o < 10; o++) {
            r += (0.5f * fc2[b * 10 + o] - m2 + (m[b] - 0.5f * teacher[b * 10 + o]) + scale2 - scale) * e[b * 10 + o]; /* (19) */
        }
        const real scale3 = 1.0f / S2;
        for (int j = 0; j < 10; j++) {
            e2[b * 10 + j] = scale3 * e2[b * 10 + j]; /* (11) */
            d_teacher[b * 10 + j] = scale4 * (0.5f * teacher[b * 10 + j] - m[b] + (m2 - 0.5f * fc2[b * 10 + j]) + r + scale - scale2) * e[b * 10 + j]; /* (20) */
        }
    }
}

/* fc1: gradient of linear
   (26) d.x[b, i] = sum[j](d.fc1.z[b, j] * fc1.weight[j, i])
*/
static void d_x_64_12(
    real *restrict d_x,          /* [B, 64] */
    const real *restrict fc1,    /* [B, 12] */
    const real *restrict weight, /* [64, 12], transposed */
    int batch)
{
    const int high = even(batch, TILE_ROWS / 2, ROWS);
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 12,
                     fc1 + i_tile * 12, 12, 1,
                     weight + j_tile * 12, 1, 12);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_x[b * 64 + i] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* optimizer: cosine schedule, adam rate, next step
   (27) optimizer.eta = (1 + cos(pi * min(t, steps) / steps)) * (lr - min_lr) / 2 + min_lr
   (28) optimizer.rate = optimizer.eta / (1 - beta1**(1 + t))
   (29) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
   (30) t.next = 1 + t
*/
static void cosine_schedule_adam_rate_next_step(
    double *restrict rate,
    double *restrict scale,
    double *restrict t,
    const double *restrict steps,
    const double *restrict lr,
    const double *restrict min_lr,
    const double *restrict beta1,
    const double *restrict beta2)
{
    const double eta = 0.5 * (cos(3.141592653589793 * minimum_d(*t, *steps) / *steps) + 1.0) * (*lr - *min_lr) + *min_lr; /* (27) */
    *rate = eta / (1.0 - pow(*beta1, *t + 1.0)); /* (28) */
    *scale = 1.0 / sqrt(1.0 - pow(*beta2, *t + 1.0)); /* (29) */
    *t = *t + 1.0; /* (30) */
}

/* fc2: gradient of linear, adam
   (22) d.fc2.bias[o] = sum[b](d.fc2[b, o])
   (40) fc2.bias.m.next[o] = (1 - beta1) * d.fc2.bias[o] + beta1 * fc2.bias.m[o]
   (41) fc2.bias.v.next[o] = (1 - beta2) * d.fc2.bias[o]**2 + beta2 * fc2.bias.v[o]
   (42) fc2.bias.next[o] = fc2.bias[o] - optimizer.rate * fc2.bias.m.next[o] / (optimizer.scale * sqrt(fc2.bias.v.next[o]) + eps)
*/
static void d_bias_adam_10(
    real *restrict m,             /* [10] */
    real *restrict v,             /* [10] */
    real *restrict bias,          /* [10] */
    const real *restrict e2,      /* [B, 10] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (40) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (41) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (42) */
    real sum[10] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 10; o++) {
            sum[o] += e2[b * 10 + o];
        }
    }
    for (int o = 0; o < 10; o++) {
        const real d_bias = sum[o]; /* (22) */
        m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (40) */
        v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (41) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (42) */
    }
}

/* fc1: gradient of linear
   (23) d.fc1.z[b, o] = sum[i](d.fc2[b, i] * fc2.weight[i, o]) * (fc1[b, o] > 0)
*/
static void d_z_12_10_v2(
    real *restrict d_z,          /* [B, 12] */
    const real *restrict fc1,    /* [B, 12] */
    const real *restrict e2,     /* [B, 10] */
    const real *restrict weight, /* [10, 12] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real sum[12] = {0};
        for (int i = 0; i < 10; i++) {
            for (int o = 0; o < 12; o++) {
                sum[o] += e2[b * 10 + i] * weight[i * 12 + o];
            }
        }
        for (int o = 0; o < 12; o++) {
            d_z[b * 12 + o] = choose(fc1[b * 12 + o] > 0.0f, sum[o], 0.0f);
        }
    }
}

/* fc1: gradient of linear, adam
   (24) d.fc1.weight[o, i] = sum[b](d.fc1.z[b, o] * x[b, i])
   (31) fc1.weight.m.next[o, i] = (1 - beta1) * d.fc1.weight[o, i] + beta1 * fc1.weight.m[o, i]
   (32) fc1.weight.v.next[o, i] = (1 - beta2) * d.fc1.weight[o, i]**2 + beta2 * fc1.weight.v[o, i]
   (33) fc1.weight.next[o, i] = fc1.weight[o, i] - optimizer.rate * fc1.weight.m.next[o, i] / (optimizer.scale * sqrt(fc1.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_12_64(
    real *restrict m,             /* [64, 12], transposed */
    real *restrict v,             /* [64, 12], transposed */
    real *restrict weight,        /* [64, 12], transposed */
    const real *restrict d_z,     /* [B, 12] */
    const real *restrict x,       /* [B, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const int high = even(64, ROWS, ROWS); /* (24) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (31) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (32) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (33) */
    for (int j_tile = 0; j_tile < 12; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 64; i_tile += high) {
            const int rows = 64 - i_tile < high ? 64 - i_tile : high;
            const int columns = 12 - j_tile < COLUMNS ? 12 - j_tile : COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     x + i_tile, 1, 64,
                     d_z + j_tile, 12, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int i = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (24) */
                    m[i * 12 + o] = normal(one_minus_beta1 * d_weight + beta1_real * m[i * 12 + o]); /* (31) */
                    v[i * 12 + o] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[i * 12 + o]); /* (32) */
                    weight[i * 12 + o] = weight[i * 12 + o] - rate_real * m[i * 12 + o] / (scale_real * sqrtf(v[i * 12 + o]) + eps_real); /* (33) */
                }
            }
        }
    }
}

/* fc2: gradient of linear, adam
   (21) d.fc2.weight[o, i] = sum[b](d.fc2[b, o] * fc1[b, i])
   (37) fc2.weight.m.next[o, i] = (1 - beta1) * d.fc2.weight[o, i] + beta1 * fc2.weight.m[o, i]
   (38) fc2.weight.v.next[o, i] = (1 - beta2) * d.fc2.weight[o, i]**2 + beta2 * fc2.weight.v[o, i]
   (39) fc2.weight.next[o, i] = fc2.weight[o, i] - optimizer.rate * fc2.weight.m.next[o, i] / (optimizer.scale * sqrt(fc2.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_10_12(
    real *restrict m,             /* [10, 12] */
    real *restrict v,             /* [10, 12] */
    real *restrict weight,        /* [10, 12] */
    const real *restrict e2,      /* [B, 10] */
    const real *restrict fc1,     /* [B, 12] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (37) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (38) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (39) */
    real sum[120] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 10; o++) {
            for (int i = 0; i < 12; i++) {
                sum[o * 12 + i] += e2[b * 10 + o] * fc1[b * 12 + i];
            }
        }
    }
    for (int o = 0; o < 10; o++) {
        for (int i = 0; i < 12; i++) {
            const real d_weight = sum[o * 12 + i]; /* (21) */
            m[o * 12 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 12 + i]); /* (37) */
            v[o * 12 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 12 + i]); /* (38) */
            weight[o * 12 + i] = weight[o * 12 + i] - rate_real * m[o * 12 + i] / (scale_real * sqrtf(v[o * 12 + i]) + eps_real); /* (39) */
        }
    }
}

/* fc1: gradient of linear, adam
   (25) d.fc1.bias[o] = sum[b](d.fc1.z[b, o])
   (34) fc1.bias.m.next[o] = (1 - beta1) * d.fc1.bias[o] + beta1 * fc1.bias.m[o]
   (35) fc1.bias.v.next[o] = (1 - beta2) * d.fc1.bias[o]**2 + beta2 * fc1.bias.v[o]
   (36) fc1.bias.next[o] = fc1.bias[o] - optimizer.rate * fc1.bias.m.next[o] / (optimizer.scale * sqrt(fc1.bias.v.next[o]) + eps)
*/
static void d_bias_adam_12(
    real *restrict m,             /* [12] */
    real *restrict v,             /* [12] */
    real *restrict bias,          /* [12] */
    const real *restrict d_z,     /* [B, 12] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (34) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (35) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (36) */
    real sum[12] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 12; o++) {
            sum[o] += d_z[b * 12 + o];
        }
    }
    for (int o = 0; o < 12; o++) {
        const real d_bias = sum[o]; /* (25) */
        m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (34) */
        v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (35) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (36) */
    }
}

double digits_student_forward(const digits_student_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const linear_part = net->workspace + 16;
    real *const fc1 = linear_part;
    real *const fc2 = linear_part + 16 * capacity;

    /* (1) (2) */
    linear_relu_12_64(fc1, net->in_x, net->parameters + fc1_weight, net->parameters + fc1_bias, batch);
    /* (3) */
    linear_10_12(fc2, fc1, net->parameters + fc2_weight, net->parameters + fc2_bias, batch);
    return 0;
}

double digits_student_loss(const digits_student_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const fc1 = linear_part + 16 * capacity;
    real *const fc2 = linear_part;
    real *const loss_m3 = linear_part + 49 * capacity;
    real *const loss_e3 = linear_part + 16 * capacity;
    real *const loss_S3 = linear_part + 48 * capacity;
    real *const loss_m = linear_part + 51 * capacity;
    real *const loss_e = linear_part + 16 * capacity;
    real *const loss_S = linear_part + 50 * capacity;
    real *const loss_e2 = linear_part + 32 * capacity;
    real *const loss_s = linear_part + 52 * capacity;
    real *const loss = fixed;

    /* (1) (2) */
    linear_relu_12_64(fc1, net->in_x, net->parameters + fc1_weight, net->parameters + fc1_bias, batch);
    /* (3) */
    linear_10_12(fc2, fc1, net->parameters + fc2_weight, net->parameters + fc2_bias, batch);
    /* (13) (14) (15) */
    distillation_10(loss_m3, loss_e3, loss_S3, fc2, batch);
    /* (4) (5) (6) (7) */
    distillation_10_v2(loss_m, loss_e, loss_S, net->in_teacher, batch);
    /* (8) (9) (10) (12) */
    distillation_10_v3(loss_e2, loss_s, fc2, net->in_teacher, loss_m, loss_S, loss_e, batch);
    /* (17) */
    distillation(loss, loss_m3, fc2, net->in_label, loss_S3, loss_s, batch);
    return (double)*loss;
}

double digits_student_gradients(const digits_student_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const fc1 = linear_part;
    real *const fc2 = linear_part + 32 * capacity;
    real *const loss_m = linear_part + 65 * capacity;
    real *const loss_e = linear_part + 48 * capacity;
    real *const loss_S = linear_part + 64 * capacity;
    real *const loss_e2 = linear_part + 16 * capacity;
    real *const loss_s = linear_part + 80 * capacity;
    real *const loss_m3 = linear_part + 82 * capacity;
    real *const loss_e3 = linear_part + 64 * capacity;
    real *const loss_S3 = linear_part + 81 * capacity;
    real *const loss = fixed;

    /* (1) (2) */
    linear_relu_12_64(fc1, net->in_x, net->parameters + fc1_weight, net->parameters + fc1_bias, batch);
    /* (3) */
    linear_10_12(fc2, fc1, net->parameters + fc2_weight, net->parameters + fc2_bias, batch);
    /* (4) (5) (6) (7) */
    distillation_10_v2(loss_m, loss_e, loss_S, net->in_teacher, batch);
    /* (8) (9) (10) (11) (12) */
    distillation_10_v4(loss_e2, loss_s, fc2, net->in_teacher, loss_m, loss_S, loss_e, batch);
    /* (13) (14) (15) (16) (18) */
    distillation_d_fc2_10(loss_m3, loss_e3, loss_S3, loss_e2, fc2, loss_e, net->in_label, batch);
    /* (17) */
    distillation(loss, loss_m3, fc2, net->in_label, loss_S3, loss_s, batch);
    /* (21) */
    d_weight_10_12(net->gradients + d_fc2_weight, loss_e2, fc1, batch);
    /* (22) */
    d_bias_10(net->gradients + d_fc2_bias, loss_e2, batch);
    /* (23) */
    d_z_12_10(fc1, loss_e2, net->parameters + fc2_weight, batch);
    /* (24) */
    d_weight_12_64(net->gradients + d_fc1_weight, fc1, net->in_x, batch);
    /* (25) */
    d_bias_12(net->gradients + d_fc1_bias, fc1, batch);
    return (double)*loss;
}

double digits_student_input_gradients(const digits_student_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const fc1 = linear_part + 64 * capacity;
    real *const fc2 = linear_part + 16 * capacity;
    real *const loss_m = linear_part + 49 * capacity;
    real *const loss_e = linear_part + 32 * capacity;
    real *const loss_S = linear_part + 48 * capacity;
    real *const loss_e2 = linear_part;
    real *const loss_s = linear_part + 96 * capacity;
    real *const d_teacher = linear_part + 80 * capacity;
    real *const loss_m3 = linear_part + 98 * capacity;
    real *const loss_e3 = linear_part + 48 * capacity;
    real *const loss_S3 = linear_part + 97 * capacity;
    real *const loss = fixed;
    real *const d_x = linear_part;

    /* (1) (2) */
    linear_relu_12_64(fc1, net->in_x, net->parameters + fc1_weight, net->parameters + fc1_bias, batch);
    /* (3) */
    linear_10_12(fc2, fc1, net->parameters + fc2_weight, net->parameters + fc2_bias, batch);
    /* (4) (5) (6) (7) */
    distillation_10_v2(loss_m, loss_e, loss_S, net->in_teacher, batch);
    /* (8) (9) (10) (11) (12) (19) (20) */
    distillation_r_d_teacher_10(loss_e2, loss_s, d_teacher, fc2, net->in_teacher, loss_m, loss_S, loss_e, batch);
    /* (13) (14) (15) (16) (18) */
    distillation_d_fc2_10(loss_m3, loss_e3, loss_S3, loss_e2, fc2, loss_e, net->in_label, batch);
    /* (17) */
    distillation(loss, loss_m3, fc2, net->in_label, loss_S3, loss_s, batch);
    /* (21) */
    d_weight_10_12(net->gradients + d_fc2_weight, loss_e2, fc1, batch);
    /* (22) */
    d_bias_10(net->gradients + d_fc2_bias, loss_e2, batch);
    /* (23) */
    d_z_12_10(fc1, loss_e2, net->parameters + fc2_weight, batch);
    /* (24) */
    d_weight_12_64(net->gradients + d_fc1_weight, fc1, net->in_x, batch);
    /* (25) */
    d_bias_12(net->gradients + d_fc1_bias, fc1, batch);
    /* (26) */
    d_x_64_12(d_x, fc1, net->parameters + fc1_weight, batch);
    return (double)*loss;
}

double digits_student_step(const digits_student_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const fc1 = linear_part;
    double *const optimizer_rate = (double *)(fixed);
    double *const optimizer_scale = (double *)(fixed + 2);
    real *const fc2 = linear_part + 32 * capacity;
    real *const loss_m = linear_part + 65 * capacity;
    real *const loss_e = linear_part + 48 * capacity;
    real *const loss_S = linear_part + 64 * capacity;
    real *const loss_e2 = linear_part + 16 * capacity;
    real *const loss_s = linear_part + 80 * capacity;
    real *const loss_m3 = linear_part + 82 * capacity;
    real *const loss_e3 = linear_part + 64 * capacity;
    real *const loss_S3 = linear_part + 81 * capacity;
    real *const loss = fixed + 4;
    real *const d_fc1_z = linear_part + 32 * capacity;

    /* (1) (2) */
    linear_relu_12_64(fc1, net->in_x, net->parameters + fc1_weight, net->parameters + fc1_bias, batch);
    /* (27) (28) (29) (30) */
    cosine_schedule_adam_rate_next_step(optimizer_rate, optimizer_scale, net->counters + t, net->settings + steps,
                                        net->settings + lr, net->settings + min_lr, net->settings + beta1,
                                        net->settings + beta2);
    /* (3) */
    linear_10_12(fc2, fc1, net->parameters + fc2_weight, net->parameters + fc2_bias, batch);
    /* (4) (5) (6) (7) */
    distillation_10_v2(loss_m, loss_e, loss_S, net->in_teacher, batch);
    /* (8) (9) (10) (11) (12) */
    distillation_10_v4(loss_e2, loss_s, fc2, net->in_teacher, loss_m, loss_S, loss_e, batch);
    /* (13) (14) (15) (16) (18) */
    distillation_d_fc2_10(loss_m3, loss_e3, loss_S3, loss_e2, fc2, loss_e, net->in_label, batch);
    /* (17) */
    distillation(loss, loss_m3, fc2, net->in_label, loss_S3, loss_s, batch);
    /* (22) (40) (41) (42) */
    d_bias_adam_10(net->states + fc2_bias_m, net->states + fc2_bias_v, net->parameters + fc2_bias, loss_e2,
                   net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                   net->settings + eps, batch);
    /* (23) */
    d_z_12_10_v2(d_fc1_z, fc1, loss_e2, net->parameters + fc2_weight, batch);
    /* (24) (31) (32) (33) */
    d_weight_adam_12_64(net->states + fc1_weight_m, net->states + fc1_weight_v, net->parameters + fc1_weight,
                        d_fc1_z, net->in_x, net->settings + beta1, net->settings + beta2, optimizer_rate,
                        optimizer_scale, net->settings + eps, batch);
    /* (21) (37) (38) (39) */
    d_weight_adam_10_12(net->states + fc2_weight_m, net->states + fc2_weight_v, net->parameters + fc2_weight,
                        loss_e2, fc1, net->settings + beta1, net->settings + beta2, optimizer_rate,
                        optimizer_scale, net->settings + eps, batch);
    /* (25) (34) (35) (36) */
    d_bias_adam_12(net->states + fc1_bias_m, net->states + fc1_bias_v, net->parameters + fc1_bias, d_fc1_z,
                   net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                   net->settings + eps, batch);
    return (double)*loss;
}

/* Steps of training, `count` of them, one after another.  The inputs have `batches` times net->batch rows: the steps
   take a batch after the other, the one numbered `first` to begin with, and after the last one the first again.
   Leaves the losses.  A loss that is infinite or not a number ends it.  Returns how many steps there were. */
int digits_student_steps(const digits_student_network *net, int first, int batches, int count, double *losses)
{
    digits_student_network now = *net;
    for (int n = 0; n < count; n++) {
        const size_t row = (size_t)((first + n) % batches) * (size_t)net->batch;
        now.in_x = net->in_x + row * 64;
        now.in_label = net->in_label + row;
        now.in_teacher = net->in_teacher + row * 10;
        losses[n] = digits_student_step(&now);
        if (!isfinite(losses[n]))
            return n + 1;
    }
    return count;
}

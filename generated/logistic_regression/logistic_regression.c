/* logistic_regression, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.
   A matrix by columns is, to functions, its transpose: what equations call [o, i] of it lies at [i, o].

   cc -O2 -std=c11 -march=native -fvect-cost-model=dynamic -fpeel-loops -ffp-contract=fast -fno-math-errno -fno-trapping-math -c logistic_regression.c */
#include "logistic_regression.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    logit_weight = 0, /* [1, 30], by columns */
    logit_bias = 32, /* [1] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_logit_weight = 0, /* [1, 30], by columns */
    d_logit_bias = 32, /* [1] */
};

/* Where tensors begin in `counters`. */
enum {
    t = 0, /* [] */
};

/* Where tensors begin in `settings`. */
enum {
    lr = 0, /* [] */
    weight_decay = 1, /* [] */
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

/* logit: linear
   (1) logit[b, o] = sum[i](x[b, i] * logit.weight[o, i]) + logit.bias[o]
*/
static void linear_1_30(
    real *restrict logit,        /* [B, 1] */
    const real *restrict x,      /* [B, 30] */
    const real *restrict weight, /* [30, 1], transposed */
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
            multiply(tile, panel, fresh, rows, columns, 30,
                     x + i_tile * 30, 30, 1,
                     weight + j_tile, 1, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    logit[b + o] = tile[r * COLUMNS + c] + bias[o];
                }
            }
        }
    }
}

/* loss: bce_with_logits
   (2) loss = sum[b, i]((1 - y[b, i]) * softplus(logit[b, i]) + y[b, i] * softplus(-logit[b, i])) / B
*/
static void bce_with_logits_1(
    real *restrict loss,
    const real *restrict y,     /* [B, 1] */
    const real *restrict logit, /* [B, 1] */
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
        sum += (1.0f - y[b]) * softplus(logit[b]) + softplus(-logit[b]) * y[b];
    }
    *loss = sum / (real)batch;
}

/* logit: linear, gradient of linear
   (1) logit[b, o] = sum[i](x[b, i] * logit.weight[o, i]) + logit.bias[o]
   (4) d.logit[b, o] = ((1 - y[b, o]) * sigmoid(logit[b, o]) - y[b, o] * sigmoid(-logit[b, o])) / B
*/
static void linear_d_logit_1_30(
    real *restrict logit,        /* [B, 1] */
    real *restrict d_logit,      /* [B, 1] */
    const real *restrict x,      /* [B, 30] */
    const real *restrict weight, /* [30, 1], transposed */
    const real *restrict bias,   /* [1] */
    const real *restrict y,      /* [B, 1] */
    int batch)
{
    const int high = even(batch, ROWS, ROWS); /* (1) */
    const real scale = 1.0f / (real)batch; /* (4) */
    for (int j_tile = 0; j_tile < 1; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = 1 - j_tile < COLUMNS ? 1 - j_tile : COLUMNS;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                const int o = j_tile;
                fetch(y + b + o);
            }
            multiply(tile, panel, fresh, rows, columns, 30,
                     x + i_tile * 30, 30, 1,
                     weight + j_tile, 1, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    logit[b + o] = tile[r * COLUMNS + c] + bias[o]; /* (1) */
                    d_logit[b + o] = scale * ((1.0f - y[b + o]) * sigmoid(logit[b + o]) - sigmoid(-logit[b + o]) * y[b + o]); /* (4) */
                }
            }
        }
    }
}

/* logit: gradient of linear
   (5) d.logit.weight[o, i] = sum[b](d.logit[b, o] * x[b, i])
*/
static void d_weight_1_30(
    real *restrict d_weight,      /* [30, 1], transposed */
    const real *restrict d_logit, /* [B, 1] */
    const real *restrict x,       /* [B, 30] */
    int batch)
{
    for (int j_tile = 0; j_tile < 1; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 30; i_tile += TILE_ROWS) {
            const int rows = 30 - i_tile < TILE_ROWS ? 30 - i_tile : TILE_ROWS;
            const int columns = 1 - j_tile < COLUMNS ? 1 - j_tile : COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     x + i_tile, 1, 30,
                     d_logit + j_tile, 1, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int i = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    d_weight[i + o] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* logit: gradient of linear
   (6) d.logit.bias[o] = sum[b](d.logit[b, o])
*/
static void d_bias_1(
    real *restrict d_bias,        /* [1] */
    const real *restrict d_logit, /* [B, 1] */
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
        sum += d_logit[b];
    }
    d_bias[0] = sum;
}

/* logit: linear, gradient of linear; loss: gradient of bce_with_logits
   (1) logit[b, o] = sum[i](x[b, i] * logit.weight[o, i]) + logit.bias[o]
   (3) d.y[b, i] = -logit[b, i] / B
   (4) d.logit[b, o] = ((1 - y[b, o]) * sigmoid(logit[b, o]) - y[b, o] * sigmoid(-logit[b, o])) / B
*/
static void linear_d_y_d_logit_1_30(
    real *restrict logit,        /* [B, 1] */
    real *restrict d_y,          /* [B, 1] */
    real *restrict d_logit,      /* [B, 1] */
    const real *restrict x,      /* [B, 30] */
    const real *restrict weight, /* [30, 1], transposed */
    const real *restrict bias,   /* [1] */
    const real *restrict y,      /* [B, 1] */
    int batch)
{
    const int high = even(batch, ROWS, ROWS); /* (1) */
    const real scale = 1.0f / (real)batch; /* (3) (4) */
    for (int j_tile = 0; j_tile < 1; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = 1 - j_tile < COLUMNS ? 1 - j_tile : COLUMNS;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                const int o = j_tile;
                fetch(y + b + o);
            }
            multiply(tile, panel, fresh, rows, columns, 30,
                     x + i_tile * 30, 30, 1,
                     weight + j_tile, 1, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    logit[b + o] = tile[r * COLUMNS + c] + bias[o]; /* (1) */
                    d_y[b + o] = -(scale * logit[b + o]); /* (3) */
                    d_logit[b + o] = scale * ((1.0f - y[b + o]) * sigmoid(logit[b + o]) - sigmoid(-logit[b + o]) * y[b + o]); /* (4) */
                }
            }
        }
    }
}

/* logit: gradient of linear
   (7) d.x[b, i] = sum[j](d.logit[b, j] * logit.weight[j, i])
*/
static void d_x_30_1(
    real *restrict d_x,           /* [B, 30] */
    const real *restrict d_logit, /* [B, 1] */
    const real *restrict weight,  /* [30, 1], transposed */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 30; i++) {
            d_x[b * 30 + i] = d_logit[b] * weight[i];
        }
    }
}

/* optimizer: next step
   (8) t.next = 1 + t
*/
static void next_step(
    double *restrict t)
{
    *t = *t + 1.0;
}

/* logit: gradient of linear, sgd
   (5) d.logit.weight[o, i] = sum[b](d.logit[b, o] * x[b, i])
   (9) logit.weight.r[o, i] = weight_decay * logit.weight[o, i] + d.logit.weight[o, i]
   (10) logit.weight.next[o, i] = logit.weight[o, i] - lr * logit.weight.r[o, i]
*/
static void d_weight_sgd_1_30(
    real *restrict weight,               /* [30, 1], transposed */
    const real *restrict d_logit,        /* [B, 1] */
    const real *restrict x,              /* [B, 30] */
    const double *restrict weight_decay,
    const double *restrict lr,
    int batch)
{
    const real weight_decay_real = (real)*weight_decay; /* (9) */
    const real lr_real = (real)*lr; /* (10) */
    for (int j_tile = 0; j_tile < 1; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 30; i_tile += TILE_ROWS) {
            const int rows = 30 - i_tile < TILE_ROWS ? 30 - i_tile : TILE_ROWS;
            const int columns = 1 - j_tile < COLUMNS ? 1 - j_tile : COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     x + i_tile, 1, 30,
                     d_logit + j_tile, 1, 1);
            fresh = 0;
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int i = i_tile + r_2;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real d_weight = tile[r_2 * COLUMNS + c]; /* (5) */
                    const real r = weight_decay_real * weight[i + o] + d_weight; /* (9) */
                    weight[i + o] = weight[i + o] - lr_real * r; /* (10) */
                }
            }
        }
    }
}

/* logit: gradient of linear, sgd
   (6) d.logit.bias[o] = sum[b](d.logit[b, o])
   (11) logit.bias.r[o] = weight_decay * logit.bias[o] + d.logit.bias[o]
   (12) logit.bias.next[o] = logit.bias[o] - lr * logit.bias.r[o]
*/
static void d_bias_sgd_1(
    real *restrict bias,                 /* [1] */
    const real *restrict d_logit,        /* [B, 1] */
    const double *restrict weight_decay,
    const double *restrict lr,
    int batch)
{
    real d_bias = 0;
    for (int b = 0; b < batch; b++) {
        d_bias += d_logit[b]; /* (6) */
    }
    const real weight_decay_real = (real)*weight_decay;
    const real r = weight_decay_real * bias[0] + d_bias; /* (11) */
    const real lr_real = (real)*lr;
    bias[0] = bias[0] - lr_real * r; /* (12) */
}

double logistic_regression_forward(const logistic_regression_network *net)
{
    const int batch = net->batch;
    real *const linear_part = net->workspace + 16;
    real *const logit = linear_part;

    /* (1) */
    linear_1_30(logit, net->in_x, net->parameters + logit_weight, net->parameters + logit_bias, batch);
    return 0;
}

double logistic_regression_loss(const logistic_regression_network *net)
{
    const int batch = net->batch;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const logit = linear_part;
    real *const loss = fixed;

    /* (1) */
    linear_1_30(logit, net->in_x, net->parameters + logit_weight, net->parameters + logit_bias, batch);
    /* (2) */
    bce_with_logits_1(loss, net->in_y, logit, batch);
    return (double)*loss;
}

double logistic_regression_gradients(const logistic_regression_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const logit = linear_part + 1 * capacity;
    real *const d_logit = linear_part;
    real *const loss = fixed;

    /* (1) (4) */
    linear_d_logit_1_30(logit, d_logit, net->in_x, net->parameters + logit_weight, net->parameters + logit_bias,
                        net->in_y, batch);
    /* (2) */
    bce_with_logits_1(loss, net->in_y, logit, batch);
    /* (5) */
    d_weight_1_30(net->gradients + d_logit_weight, d_logit, net->in_x, batch);
    /* (6) */
    d_bias_1(net->gradients + d_logit_bias, d_logit, batch);
    return (double)*loss;
}

double logistic_regression_input_gradients(const logistic_regression_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const logit = linear_part;
    real *const d_y = linear_part + 32 * capacity;
    real *const d_logit = linear_part + 33 * capacity;
    real *const loss = fixed;
    real *const d_x = linear_part;

    /* (1) (3) (4) */
    linear_d_y_d_logit_1_30(logit, d_y, d_logit, net->in_x, net->parameters + logit_weight,
                            net->parameters + logit_bias, net->in_y, batch);
    /* (2) */
    bce_with_logits_1(loss, net->in_y, logit, batch);
    /* (5) */
    d_weight_1_30(net->gradients + d_logit_weight, d_logit, net->in_x, batch);
    /* (6) */
    d_bias_1(net->gradients + d_logit_bias, d_logit, batch);
    /* (7) */
    d_x_30_1(d_x, d_logit, net->parameters + logit_weight, batch);
    return (double)*loss;
}

double logistic_regression_step(const logistic_regression_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const logit = linear_part + 1 * capacity;
    real *const d_logit = linear_part;
    real *const loss = fixed;

    /* (8) */
    next_step(net->counters + t);
    /* (1) (4) */
    linear_d_logit_1_30(logit, d_logit, net->in_x, net->parameters + logit_weight, net->parameters + logit_bias,
                        net->in_y, batch);
    /* (2) */
    bce_with_logits_1(loss, net->in_y, logit, batch);
    /* (5) (9) (10) */
    d_weight_sgd_1_30(net->parameters + logit_weight, d_logit, net->in_x, net->settings + weight_decay,
                      net->settings + lr, batch);
    /* (6) (11) (12) */
    d_bias_sgd_1(net->parameters + logit_bias, d_logit, net->settings + weight_decay, net->settings + lr, batch);
    return (double)*loss;
}

/* Steps of training, `count` of them, one after another.  The inputs have `batches` times net->batch rows: the steps
   take a batch after the other, the one numbered `first` to begin with, and after the last one the first again.
   Leaves the losses.  A loss that is infinite or not a number ends it.  Returns how many steps there were. */
int logistic_regression_steps(const logistic_regression_network *net, int first, int batches, int count, double *losses)
{
    logistic_regression_network now = *net;
    for (int n = 0; n < count; n++) {
        const size_t row = (size_t)((first + n) % batches) * (size_t)net->batch;
        now.in_x = net->in_x + row * 30;
        now.in_y = net->in_y + row;
        losses[n] = logistic_regression_step(&now);
        if (!isfinite(losses[n]))
            return n + 1;
    }
    return count;
}

/* autoencoder, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.
   A matrix by columns is, to functions, its transpose: what equations call [o, i] of it lies at [i, o].

   cc -O2 -std=c11 -march=native -fvect-cost-model=dynamic -fpeel-loops -ffp-contract=fast -fno-math-errno -fno-trapping-math -fopenmp -c autoencoder.c */
#include "autoencoder.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    encoder1_weight = 0, /* [256, 784], by columns */
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
    d_encoder1_weight = 0, /* [256, 784], by columns */
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
    encoder1_weight_m = 0, /* [256, 784], by columns */
    encoder1_bias_m = 200704, /* [256] */
    code_weight_m = 200960, /* [64, 256] */
    code_bias_m = 217344, /* [64] */
    decoder1_weight_m = 217408, /* [256, 64] */
    decoder1_bias_m = 233792, /* [256] */
    decoder2_weight_m = 234048, /* [784, 256] */
    decoder2_bias_m = 434752, /* [784] */
    encoder1_weight_v = 435536, /* [256, 784], by columns */
    encoder1_bias_v = 636240, /* [256] */
    code_weight_v = 636496, /* [64, 256] */
    code_bias_v = 652880, /* [64] */
    decoder1_weight_v = 652944, /* [256, 64] */
    decoder1_bias_v = 669328, /* [256] */
    decoder2_weight_v = 669584, /* [784, 256] */
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

/* exp(-x) for x >= 0, at most 1.1 units off. */
INLINE real decay(real x)
{
    int32_t power;
    const real below = x > 104.0f ? 104.0f : x; /* exp(-x) is 0 beyond */
    const real y = exp_of_rest(split_exponent(-below, &power));
    return y * power_of_two(power + 64) * 5.42101086e-20f; /* times 2^-64, for 2^power may be no normal number */
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

/* encoder1: linear, relu
   (1) encoder1.z[b, o] = sum[i](x[b, i] * encoder1.weight[o, i]) + encoder1.bias[o]
   (2) encoder1[b, o] = max(0, encoder1.z[b, o])
*/
static void linear_relu_256_784(
    real *restrict encoder1,     /* [B, 256] */
    const real *restrict x,      /* [B, 784] */
    const real *restrict weight, /* [784, 256], transposed */
    const real *restrict bias,   /* [256] */
    int batch)
{
    for (int i_block = 0; i_block < batch; i_block += 3 * TILE_ROWS) {
        const int i_end = batch - i_block < 3 * TILE_ROWS ? batch : i_block + 3 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 784,
                         x + i_tile * 784, 784, 1,
                         weight + j_tile, 256, 1);
                fresh = 0;
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
    const int high = even(batch, TILE_ROWS / 2, ROWS);
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 256,
                     encoder1 + i_tile * 256, 256, 1,
                     weight + j_tile * 256, 1, 256);
            fresh = 0;
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
    for (int i_block = 0; i_block < batch; i_block += 8 * TILE_ROWS) {
        const int i_end = batch - i_block < 8 * TILE_ROWS ? batch : i_block + 8 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 64,
                         code + i_tile * 64, 64, 1,
                         weight + j_tile * 64, 1, 64);
                fresh = 0;
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
    for (int i_block = 0; i_block < batch; i_block += 3 * TILE_ROWS) {
        const int i_end = batch - i_block < 3 * TILE_ROWS ? batch : i_block + 3 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 784; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = 784 - j_tile < COLUMNS ? 784 - j_tile : COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 256,
                         decoder1 + i_tile * 256, 256, 1,
                         weight + j_tile * 256, 1, 256);
                fresh = 0;
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
}

/* decoder2: linear, sigmoid; loss: mse (one side of the product)
   (7) decoder2.z[b, o] = sum[i](decoder1[b, i] * decoder2.weight[o, i]) + decoder2.bias[o]
   (8) decoder2[b, o] = sigmoid(decoder2.z[b, o])
   (9) decoder2.t[b, o] = sigmoid(-decoder2.z[b, o])
   (10) loss = sum[b, i]((decoder2[b, i] * (1 - x[b, i]) - decoder2.t[b, i] * x[b, i])**2) / (784 * B)
*/
static void linear_sigmoid_mse_784_256(
    real *restrict term,           /* [B, 784] */
    const real *restrict decoder1, /* [B, 256] */
    const real *restrict weight,   /* [784, 256] */
    const real *restrict bias,     /* [784] */
    const real *restrict x,        /* [B, 784] */
    int batch)
{
    for (int i_block = 0; i_block < batch; i_block += 3 * TILE_ROWS) {
        const int i_end = batch - i_block < 3 * TILE_ROWS ? batch : i_block + 3 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 784; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = 784 - j_tile < COLUMNS ? 784 - j_tile : COLUMNS;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    const int o = j_tile;
                    fetch(x + b * 784 + o);
                }
                multiply(tile, panel, fresh, rows, columns, 256,
                         decoder1 + i_tile * 256, 256, 1,
                         weight + j_tile * 256, 1, 256);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int o = j_tile + c;
                        const real z = tile[r * COLUMNS + c] + bias[o]; /* (7) */
                        const real decoder2 = sigmoid(z); /* (8) */
                        const real t = sigmoid(-z); /* (9) */
                        term[b * 784 + o] = square((1.0f - x[b * 784 + o]) * decoder2 - t * x[b * 784 + o]); /* (10) */
                    }
                }
            }
        }
    }
}

/* loss: mse
   (10) loss = sum[b, i]((decoder2[b, i] * (1 - x[b, i]) - decoder2.t[b, i] * x[b, i])**2) / (784 * B)
*/
static void mse_784(
    real *restrict loss,
    const real *restrict term, /* [B, 784] */
    int batch)
{
    real parts[16] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o_first = 0; o_first < 784; o_first += 16) {
            for (int part = 0; part < 16; part++) {
                const int o = o_first + part;
                parts[part] += term[b * 784 + o];
            }
        }
    }
    const real sum = sum_of(parts);
    *loss = sum / (784.0f * (real)batch);
}

/* decoder2: linear, sigmoid, gradient of linear; loss: mse (one side of the product)
   (7) decoder2.z[b, o] = sum[i](decoder1[b, i] * decoder2.weight[o, i]) + decoder2.bias[o]
   (8) decoder2[b, o] = sigmoid(decoder2.z[b, o])
   (9) decoder2.t[b, o] = sigmoid(-decoder2.z[b, o])
   (10) loss = sum[b, i]((decoder2[b, i] * (1 - x[b, i]) - decoder2.t[b, i] * x[b, i])**2) / (784 * B)
   (11) d.decoder2.z[b, o] = decoder2[b, o] * decoder2.t[b, o] * (decoder2[b, o] * (1 - x[b, o]) - decoder2.t[b, o] * x[b, o]) / (392 * B)
*/
static void linear_sigmoid_mse_d_z_784_256(
    real *restrict term,           /* [B, 784] */
    real *restrict d_z,            /* [B, 784] */
    const real *restrict decoder1, /* [B, 256] */
    const real *restrict weight,   /* [784, 256] */
    const real *restrict bias,     /* [784] */
    const real *restrict x,        /* [B, 784] */
    int batch)
{
    const real scale = 1.0f / (392.0f * (real)batch); /* (11) */
    for (int i_block = 0; i_block < batch; i_block += 3 * TILE_ROWS) {
        const int i_end = batch - i_block < 3 * TILE_ROWS ? batch : i_block + 3 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 784; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = 784 - j_tile < COLUMNS ? 784 - j_tile : COLUMNS;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    const int o = j_tile;
                    fetch(x + b * 784 + o);
                }
                multiply(tile, panel, fresh, rows, columns, 256,
                         decoder1 + i_tile * 256, 256, 1,
                         weight + j_tile * 256, 1, 256);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int o = j_tile + c;
                        const real z = tile[r * COLUMNS + c] + bias[o]; /* (7) */
                        const real decoder2 = sigmoid(z); /* (8) */
                        const real t = sigmoid(-z); /* (9) */
                        const real shared = (1.0f - x[b * 784 + o]) * decoder2 - t * x[b * 784 + o]; /* (10) (11) */
                        term[b * 784 + o] = square(shared); /* (10) */
                        d_z[b * 784 + o] = scale * shared * decoder2 * t; /* (11) */
                    }
                }
            }
        }
    }
}

/* decoder2: gradient of linear
   (12) d.decoder2.weight[o, i] = sum[b](d.decoder2.z[b, o] * decoder1[b, i])
*/
static void d_weight_784_256(
    real *restrict d_weight,       /* [784, 256] */
    const real *restrict d_z,      /* [B, 784] */
    const real *restrict decoder1, /* [B, 256] */
    int batch)
{
    const int high = batch > DEPTH ? 204 : 2 * ROWS;
    for (int j_tile = 0; j_tile < 256; j_tile += STRIP) {
        _Alignas(BYTES) real panels[DEPTH * STRIP];
        _Alignas(BYTES) real tile[204 * 272];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < 784; i_tile += high) {
            const int rows = 784 - i_tile < high ? 784 - i_tile : high;
            const int columns = 256 - j_tile < STRIP ? 256 - j_tile : STRIP;
            multiply_across(tile, 272, panels, fresh, rows, columns, batch,
                            d_z + i_tile, 1, 784,
                            decoder1 + j_tile, 256, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_weight[o * 256 + i] = tile[r * 272 + c];
                }
            }
        }
    }
}

/* decoder2: gradient of linear
   (13) d.decoder2.bias[o] = sum[b](d.decoder2.z[b, o])
*/
static void d_bias_784(
    real *restrict d_bias,    /* [784] */
    const real *restrict d_z, /* [B, 784] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int o_first = 0; o_first < 784; o_first += 64) {
        const int o_last = o_first + 64 < 784 ? o_first + 64 : 784;
        real sum[64] = {0};
        for (int b = 0; b < batch; b++) {
            for (int o = o_first; o < o_last; o++) {
                sum[o - o_first] += d_z[b * 784 + o];
            }
        }
        for (int o = o_first; o < o_last; o++) {
            d_bias[o] = sum[o - o_first];
        }
    }
}

/* decoder1: gradient of linear
   (14) d.decoder1.z[b, o] = sum[i](d.decoder2.z[b, i] * decoder2.weight[i, o]) * (decoder1[b, o] > 0)
*/
static void d_z_256_784(
    real *restrict decoder1,     /* [B, 256] */
    const real *restrict d_z,    /* [B, 784] */
    const real *restrict weight, /* [784, 256] */
    int batch)
{
    for (int i_block = 0; i_block < batch; i_block += 3 * TILE_ROWS) {
        const int i_end = batch - i_block < 3 * TILE_ROWS ? batch : i_block + 3 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 784,
                         d_z + i_tile * 784, 784, 1,
                         weight + j_tile, 256, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int o = j_tile + c;
                        decoder1[b * 256 + o] = choose(decoder1[b * 256 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                    }
                }
            }
        }
    }
}

/* decoder1: gradient of linear
   (15) d.decoder1.weight[o, i] = sum[b](code[b, i] * d.decoder1.z[b, o])
*/
static void d_weight_256_64(
    real *restrict d_weight,       /* [256, 64] */
    const real *restrict decoder1, /* [B, 256] */
    const real *restrict code,     /* [B, 64] */
    int batch)
{
    const int high = even(256, TILE_ROWS, ROWS);
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < 256; i_tile += high) {
            const int rows = 256 - i_tile < high ? 256 - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     decoder1 + i_tile, 1, 256,
                     code + j_tile, 64, 1);
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

/* decoder1: gradient of linear
   (16) d.decoder1.bias[o] = sum[b](d.decoder1.z[b, o])
   and, in other places, (22)
*/
static void d_bias_256(
    real *restrict d_bias,         /* [256] */
    const real *restrict decoder1, /* [B, 256] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int o_first = 0; o_first < 256; o_first += 64) {
        const int o_last = o_first + 64 < 256 ? o_first + 64 : 256;
        real sum[64] = {0};
        for (int b = 0; b < batch; b++) {
            for (int o = o_first; o < o_last; o++) {
                sum[o - o_first] += decoder1[b * 256 + o];
            }
        }
        for (int o = o_first; o < o_last; o++) {
            d_bias[o] = sum[o - o_first];
        }
    }
}

/* code: gradient of linear
   (17) d.code.z[b, o] = sum[i](d.decoder1.z[b, i] * decoder1.weight[i, o]) * (code[b, o] > 0)
*/
static void d_z_64_256(
    real *restrict code,           /* [B, 64] */
    const real *restrict decoder1, /* [B, 256] */
    const real *restrict weight,   /* [256, 64] */
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
            multiply(tile, panel, fresh, rows, columns, 256,
                     decoder1 + i_tile * 256, 256, 1,
                     weight + j_tile, 64, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    code[b * 64 + o] = choose(code[b * 64 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                }
            }
        }
    }
}

/* code: gradient of linear
   (18) d.code.weight[o, i] = sum[b](d.code.z[b, o] * encoder1[b, i])
*/
static void d_weight_64_256(
    real *restrict d_weight,       /* [64, 256] */
    const real *restrict code,     /* [B, 64] */
    const real *restrict encoder1, /* [B, 256] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
            const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     code + i_tile, 1, 64,
                     encoder1 + j_tile, 256, 1);
            fresh = 0;
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
   (19) d.code.bias[o] = sum[b](d.code.z[b, o])
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
   (20) d.encoder1.z[b, o] = sum[i](d.code.z[b, i] * code.weight[i, o]) * (encoder1[b, o] > 0)
*/
static void d_z_256_64(
    real *restrict encoder1,     /* [B, 256] */
    const real *restrict code,   /* [B, 64] */
    const real *restrict weight, /* [64, 256] */
    int batch)
{
    for (int i_block = 0; i_block < batch; i_block += 8 * TILE_ROWS) {
        const int i_end = batch - i_block < 8 * TILE_ROWS ? batch : i_block + 8 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 64,
                         code + i_tile * 64, 64, 1,
                         weight + j_tile, 256, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int o = j_tile + c;
                        encoder1[b * 256 + o] = choose(encoder1[b * 256 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                    }
                }
            }
        }
    }
}

/* encoder1: gradient of linear
   (21) d.encoder1.weight[o, i] = sum[b](d.encoder1.z[b, o] * x[b, i])
*/
static void d_weight_256_784(
    real *restrict d_weight,       /* [784, 256], transposed */
    const real *restrict encoder1, /* [B, 256] */
    const real *restrict x,        /* [B, 784] */
    int batch)
{
    const int high = batch > DEPTH ? 204 : 2 * ROWS;
    for (int j_tile = 0; j_tile < 256; j_tile += STRIP) {
        _Alignas(BYTES) real panels[DEPTH * STRIP];
        _Alignas(BYTES) real tile[204 * 272];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < 784; i_tile += high) {
            const int rows = 784 - i_tile < high ? 784 - i_tile : high;
            const int columns = 256 - j_tile < STRIP ? 256 - j_tile : STRIP;
            multiply_across(tile, 272, panels, fresh, rows, columns, batch,
                            x + i_tile, 1, 784,
                            encoder1 + j_tile, 256, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int i = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    d_weight[i * 256 + o] = tile[r * 272 + c];
                }
            }
        }
    }
}

/* decoder2: linear, sigmoid, gradient of linear
   (7) decoder2.z[b, o] = sum[i](decoder1[b, i] * decoder2.weight[o, i]) + decoder2.bias[o]
   (8) decoder2[b, o] = sigmoid(decoder2.z[b, o])
   (9) decoder2.t[b, o] = sigmoid(-decoder2.z[b, o])
   (11) d.decoder2.z[b, o] = decoder2[b, o] * decoder2.t[b, o] * (decoder2[b, o] * (1 - x[b, o]) - decoder2.t[b, o] * x[b, o]) / (392 * B)
*/
static void linear_sigmoid_d_z_784_256(
    real *restrict decoder2,       /* [B, 784] */
    real *restrict t,              /* [B, 784] */
    real *restrict d_z,            /* [B, 784] */
    const real *restrict decoder1, /* [B, 256] */
    const real *restrict weight,   /* [784, 256] */
    const real *restrict bias,     /* [784] */
    const real *restrict x,        /* [B, 784] */
    int batch)
{
    const real scale = 1.0f / (392.0f * (real)batch); /* (11) */
    for (int i_block = 0; i_block < batch; i_block += 3 * TILE_ROWS) {
        const int i_end = batch - i_block < 3 * TILE_ROWS ? batch : i_block + 3 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 784; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = 784 - j_tile < COLUMNS ? 784 - j_tile : COLUMNS;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    const int o = j_tile;
                    fetch(x + b * 784 + o);
                }
                multiply(tile, panel, fresh, rows, columns, 256,
                         decoder1 + i_tile * 256, 256, 1,
                         weight + j_tile * 256, 1, 256);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int o = j_tile + c;
                        const real z = tile[r * COLUMNS + c] + bias[o]; /* (7) */
                        decoder2[b * 784 + o] = sigmoid(z); /* (8) */
                        t[b * 784 + o] = sigmoid(-z); /* (9) */
                        d_z[b * 784 + o] = scale * ((1.0f - x[b * 784 + o]) * decoder2[b * 784 + o] - t[b * 784 + o] * x[b * 784 + o]) * decoder2[b * 784 + o] * t[b * 784 + o]; /* (11) */
                    }
                }
            }
        }
    }
}

/* loss: mse
   (10) loss = sum[b, i]((decoder2[b, i] * (1 - x[b, i]) - decoder2.t[b, i] * x[b, i])**2) / (784 * B)
*/
static void mse_784_v2(
    real *restrict loss,
    const real *restrict x,        /* [B, 784] */
    const real *restrict decoder2, /* [B, 784] */
    const real *restrict t,        /* [B, 784] */
    int batch)
{
    real parts[16] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o_first = 0; o_first < 784; o_first += 16) {
            for (int part = 0; part < 16; part++) {
                const int o = o_first + part;
                parts[part] += square((1.0f - x[b * 784 + o]) * decoder2[b * 784 + o] - t[b * 784 + o] * x[b * 784 + o]);
            }
        }
    }
    const real sum = sum_of(parts);
    *loss = sum / (784.0f * (real)batch);
}

/* encoder1: gradient of linear
   (23) d.x[b, i] = sum[j](d.encoder1.z[b, j] * encoder1.weight[j, i]) + (x[b, i] - decoder2[b, i]) / (392 * B)
*/
static void d_x_784_256(
    real *restrict d_x,            /* [B, 784] */
    const real *restrict encoder1, /* [B, 256] */
    const real *restrict weight,   /* [784, 256], transposed */
    const real *restrict x,        /* [B, 784] */
    const real *restrict decoder2, /* [B, 784] */
    int batch)
{
    const real scale = 1.0f / (392.0f * (real)batch);
    for (int i_block = 0; i_block < batch; i_block += 3 * TILE_ROWS) {
        const int i_end = batch - i_block < 3 * TILE_ROWS ? batch : i_block + 3 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 784; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = 784 - j_tile < COLUMNS ? 784 - j_tile : COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 256,
                         encoder1 + i_tile * 256, 256, 1,
                         weight + j_tile * 256, 1, 256);
                fresh = 0;
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

/* decoder2: gradient of linear, adam
   (13) d.decoder2.bias[o] = sum[b](d.decoder2.z[b, o])
   (48) decoder2.bias.m.next[o] = (1 - beta1) * d.decoder2.bias[o] + beta1 * decoder2.bias.m[o]
   (49) decoder2.bias.v.next[o] = (1 - beta2) * d.decoder2.bias[o]**2 + beta2 * decoder2.bias.v[o]
   (50) decoder2.bias.next[o] = decoder2.bias[o] - optimizer.rate * decoder2.bias.m.next[o] / (optimizer.scale * sqrt(decoder2.bias.v.next[o]) + eps)
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
    const real beta1_real = (real)*beta1; /* (48) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (49) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (50) */
#pragma omp for schedule(static) nowait
    for (int o_first = 0; o_first < 784; o_first += 64) {
        const int o_last = o_first + 64 < 784 ? o_first + 64 : 784;
        real sum[64] = {0};
        for (int b = 0; b < batch; b++) {
            for (int o = o_first; o < o_last; o++) {
                sum[o - o_first] += d_z[b * 784 + o];
            }
        }
        for (int o = o_first; o < o_last; o++) {
            const real d_bias = sum[o - o_first]; /* (13) */
            m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (48) */
            v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (49) */
            bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (50) */
        }
    }
}

/* decoder1: gradient of linear
   (14) d.decoder1.z[b, o] = sum[i](d.decoder2.z[b, i] * decoder2.weight[i, o]) * (decoder1[b, o] > 0)
*/
static void d_z_256_784_v2(
    real *restrict d_z,                /* [B, 256] */
    const real *restrict decoder1,     /* [B, 256] */
    const real *restrict d_decoder2_z, /* [B, 784] */
    const real *restrict weight,       /* [784, 256] */
    int batch)
{
    for (int i_block = 0; i_block < batch; i_block += 3 * TILE_ROWS) {
        const int i_end = batch - i_block < 3 * TILE_ROWS ? batch : i_block + 3 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 784,
                         d_decoder2_z + i_tile * 784, 784, 1,
                         weight + j_tile, 256, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int o = j_tile + c;
                        d_z[b * 256 + o] = choose(decoder1[b * 256 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                    }
                }
            }
        }
    }
}

/* decoder2: gradient of linear, adam
   (12) d.decoder2.weight[o, i] = sum[b](d.decoder2.z[b, o] * decoder1[b, i])
   (45) decoder2.weight.m.next[o, i] = (1 - beta1) * d.decoder2.weight[o, i] + beta1 * decoder2.weight.m[o, i]
   (46) decoder2.weight.v.next[o, i] = (1 - beta2) * d.decoder2.weight[o, i]**2 + beta2 * decoder2.weight.v[o, i]
   (47) decoder2.weight.next[o, i] = decoder2.weight[o, i] - optimizer.rate * decoder2.weight.m.next[o, i] / (optimizer.scale * sqrt(decoder2.weight.v.next[o, i]) + eps)
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
    const int high = batch > DEPTH ? 204 : 2 * ROWS; /* (12) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (45) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (46) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (47) */
    for (int j_tile = 0; j_tile < 256; j_tile += STRIP) {
        _Alignas(BYTES) real panels[DEPTH * STRIP];
        _Alignas(BYTES) real tile[204 * 272];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < 784; i_tile += high) {
            const int rows = 784 - i_tile < high ? 784 - i_tile : high;
            const int columns = 256 - j_tile < STRIP ? 256 - j_tile : STRIP;
            multiply_across(tile, 272, panels, fresh, rows, columns, batch,
                            d_z + i_tile, 1, 784,
                            decoder1 + j_tile, 256, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * 272 + c]; /* (12) */
                    m[o * 256 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 256 + i]); /* (45) */
                    v[o * 256 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 256 + i]); /* (46) */
                    weight[o * 256 + i] = weight[o * 256 + i] - rate_real * m[o * 256 + i] / (scale_real * sqrtf(v[o * 256 + i]) + eps_real); /* (47) */
                }
            }
        }
    }
}

/* decoder1: gradient of linear, adam
   (16) d.decoder1.bias[o] = sum[b](d.decoder1.z[b, o])
   (42) decoder1.bias.m.next[o] = (1 - beta1) * d.decoder1.bias[o] + beta1 * decoder1.bias.m[o]
   (43) decoder1.bias.v.next[o] = (1 - beta2) * d.decoder1.bias[o]**2 + beta2 * decoder1.bias.v[o]
   (44) decoder1.bias.next[o] = decoder1.bias[o] - optimizer.rate * decoder1.bias.m.next[o] / (optimizer.scale * sqrt(decoder1.bias.v.next[o]) + eps)
   and, in other places, (22) (30) (31) (32)
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
    const real beta1_real = (real)*beta1; /* (42) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (43) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (44) */
#pragma omp for schedule(static) nowait
    for (int o_first = 0; o_first < 256; o_first += 64) {
        const int o_last = o_first + 64 < 256 ? o_first + 64 : 256;
        real sum[64] = {0};
        for (int b = 0; b < batch; b++) {
            for (int o = o_first; o < o_last; o++) {
                sum[o - o_first] += d_z[b * 256 + o];
            }
        }
        for (int o = o_first; o < o_last; o++) {
            const real d_bias = sum[o - o_first]; /* (16) */
            m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (42) */
            v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (43) */
            bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (44) */
        }
    }
}

/* code: gradient of linear
   (17) d.code.z[b, o] = sum[i](d.decoder1.z[b, i] * decoder1.weight[i, o]) * (code[b, o] > 0)
*/
static void d_z_64_256_v2(
    real *restrict d_z,                /* [B, 64] */
    const real *restrict code,         /* [B, 64] */
    const real *restrict d_decoder1_z, /* [B, 256] */
    const real *restrict weight,       /* [256, 64] */
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
            multiply(tile, panel, fresh, rows, columns, 256,
                     d_decoder1_z + i_tile * 256, 256, 1,
                     weight + j_tile, 64, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    d_z[b * 64 + o] = choose(code[b * 64 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                }
            }
        }
    }
}

/* decoder1: gradient of linear, adam
   (15) d.decoder1.weight[o, i] = sum[b](code[b, i] * d.decoder1.z[b, o])
   (39) decoder1.weight.m.next[o, i] = (1 - beta1) * d.decoder1.weight[o, i] + beta1 * decoder1.weight.m[o, i]
   (40) decoder1.weight.v.next[o, i] = (1 - beta2) * d.decoder1.weight[o, i]**2 + beta2 * decoder1.weight.v[o, i]
   (41) decoder1.weight.next[o, i] = decoder1.weight[o, i] - optimizer.rate * decoder1.weight.m.next[o, i] / (optimizer.scale * sqrt(decoder1.weight.v.next[o, i]) + eps)
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
    const int high = even(256, TILE_ROWS, ROWS); /* (15) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (39) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (40) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (41) */
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < 256; i_tile += high) {
            const int rows = 256 - i_tile < high ? 256 - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     d_z + i_tile, 1, 256,
                     code + j_tile, 64, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (15) */
                    m[o * 64 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 64 + i]); /* (39) */
                    v[o * 64 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 64 + i]); /* (40) */
                    weight[o * 64 + i] = weight[o * 64 + i] - rate_real * m[o * 64 + i] / (scale_real * sqrtf(v[o * 64 + i]) + eps_real); /* (41) */
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
    const real beta1_real = (real)*beta1; /* (36) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (37) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (38) */
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 64; o++) {
            sum[o] += d_z[b * 64 + o];
        }
    }
    for (int o = 0; o < 64; o++) {
        const real d_bias = sum[o]; /* (19) */
        m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (36) */
        v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (37) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (38) */
    }
}

/* encoder1: gradient of linear
   (20) d.encoder1.z[b, o] = sum[i](d.code.z[b, i] * code.weight[i, o]) * (encoder1[b, o] > 0)
*/
static void d_z_256_64_v2(
    real *restrict d_z,            /* [B, 256] */
    const real *restrict encoder1, /* [B, 256] */
    const real *restrict d_code_z, /* [B, 64] */
    const real *restrict weight,   /* [64, 256] */
    int batch)
{
    for (int i_block = 0; i_block < batch; i_block += 8 * TILE_ROWS) {
        const int i_end = batch - i_block < 8 * TILE_ROWS ? batch : i_block + 8 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 64,
                         d_code_z + i_tile * 64, 64, 1,
                         weight + j_tile, 256, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int o = j_tile + c;
                        d_z[b * 256 + o] = choose(encoder1[b * 256 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                    }
                }
            }
        }
    }
}

/* encoder1: gradient of linear, adam
   (21) d.encoder1.weight[o, i] = sum[b](d.encoder1.z[b, o] * x[b, i])
   (27) encoder1.weight.m.next[o, i] = (1 - beta1) * d.encoder1.weight[o, i] + beta1 * encoder1.weight.m[o, i]
   (28) encoder1.weight.v.next[o, i] = (1 - beta2) * d.encoder1.weight[o, i]**2 + beta2 * encoder1.weight.v[o, i]
   (29) encoder1.weight.next[o, i] = encoder1.weight[o, i] - optimizer.rate * encoder1.weight.m.next[o, i] / (optimizer.scale * sqrt(encoder1.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_256_784(
    real *restrict m,             /* [784, 256], transposed */
    real *restrict v,             /* [784, 256], transposed */
    real *restrict weight,        /* [784, 256], transposed */
    const real *restrict d_z,     /* [B, 256] */
    const real *restrict x,       /* [B, 784] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const int high = batch > DEPTH ? 204 : 2 * ROWS; /* (21) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (27) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (28) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (29) */
    for (int j_tile = 0; j_tile < 256; j_tile += STRIP) {
        _Alignas(BYTES) real panels[DEPTH * STRIP];
        _Alignas(BYTES) real tile[204 * 272];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < 784; i_tile += high) {
            const int rows = 784 - i_tile < high ? 784 - i_tile : high;
            const int columns = 256 - j_tile < STRIP ? 256 - j_tile : STRIP;
            multiply_across(tile, 272, panels, fresh, rows, columns, batch,
                            x + i_tile, 1, 784,
                            d_z + j_tile, 256, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int i = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real d_weight = tile[r * 272 + c]; /* (21) */
                    m[i * 256 + o] = normal(one_minus_beta1 * d_weight + beta1_real * m[i * 256 + o]); /* (27) */
                    v[i * 256 + o] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[i * 256 + o]); /* (28) */
                    weight[i * 256 + o] = weight[i * 256 + o] - rate_real * m[i * 256 + o] / (scale_real * sqrtf(v[i * 256 + o]) + eps_real); /* (29) */
                }
            }
        }
    }
}

/* code: gradient of linear, adam
   (18) d.code.weight[o, i] = sum[b](d.code.z[b, o] * encoder1[b, i])
   (33) code.weight.m.next[o, i] = (1 - beta1) * d.code.weight[o, i] + beta1 * code.weight.m[o, i]
   (34) code.weight.v.next[o, i] = (1 - beta2) * d.code.weight[o, i]**2 + beta2 * code.weight.v[o, i]
   (35) code.weight.next[o, i] = code.weight[o, i] - optimizer.rate * code.weight.m.next[o, i] / (optimizer.scale * sqrt(code.weight.v.next[o, i]) + eps)
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
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (33) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (34) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (35) */
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
            const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     d_z + i_tile, 1, 64,
                     encoder1 + j_tile, 256, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (18) */
                    m[o * 256 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 256 + i]); /* (33) */
                    v[o * 256 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 256 + i]); /* (34) */
                    weight[o * 256 + i] = weight[o * 256 + i] - rate_real * m[o * 256 + i] / (scale_real * sqrtf(v[o * 256 + i]) + eps_real); /* (35) */
                }
            }
        }
    }
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_forward(const autoencoder_network *net)
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
#pragma omp barrier
    /* (3) (4) */
    linear_relu_64_256(code, encoder1, net->parameters + code_weight, net->parameters + code_bias, batch);
#pragma omp barrier
    /* (5) (6) */
    linear_relu_256_64(decoder1, code, net->parameters + decoder1_weight, net->parameters + decoder1_bias, batch);
#pragma omp barrier
    /* (7) (8) */
    linear_sigmoid_784_256(decoder2, decoder1, net->parameters + decoder2_weight, net->parameters + decoder2_bias,
                           batch);
}

double autoencoder_forward(const autoencoder_network *net)
{
    if (net->threads > 1 && net->batch >= 4) {
#pragma omp parallel num_threads(net->threads)
        share_of_forward(net);
    } else
        share_of_forward(net);
    return 0;
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_loss(const autoencoder_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const encoder1 = linear_part;
    real *const code = linear_part + 256 * capacity;
    real *const decoder1 = linear_part + 784 * capacity;
    real *const loss_term = linear_part;
    real *const loss = fixed;

    /* (1) (2) */
    linear_relu_256_784(encoder1, net->in_x, net->parameters + encoder1_weight, net->parameters + encoder1_bias,
                        batch);
#pragma omp barrier
    /* (3) (4) */
    linear_relu_64_256(code, encoder1, net->parameters + code_weight, net->parameters + code_bias, batch);
#pragma omp barrier
    /* (5) (6) */
    linear_relu_256_64(decoder1, code, net->parameters + decoder1_weight, net->parameters + decoder1_bias, batch);
#pragma omp barrier
    /* (7) (8) (9) (10) */
    linear_sigmoid_mse_784_256(loss_term, decoder1, net->parameters + decoder2_weight,
                               net->parameters + decoder2_bias, net->in_x, batch);
#pragma omp barrier
    /* (10) */
#pragma omp master
    mse_784(loss, loss_term, batch);
}

double autoencoder_loss(const autoencoder_network *net)
{
    if (net->threads > 1 && net->batch >= 4) {
#pragma omp parallel num_threads(net->threads)
        share_of_loss(net);
    } else
        share_of_loss(net);
    return (double)net->workspace[0];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_gradients(const autoencoder_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const encoder1 = linear_part + 1568 * capacity;
    real *const code = linear_part + 2080 * capacity;
    real *const decoder1 = linear_part + 1824 * capacity;
    real *const loss_term = linear_part + 784 * capacity;
    real *const d_decoder2_z = linear_part;
    real *const loss = fixed;

    /* (1) (2) */
    linear_relu_256_784(encoder1, net->in_x, net->parameters + encoder1_weight, net->parameters + encoder1_bias,
                        batch);
#pragma omp barrier
    /* (3) (4) */
    linear_relu_64_256(code, encoder1, net->parameters + code_weight, net->parameters + code_bias, batch);
#pragma omp barrier
    /* (5) (6) */
    linear_relu_256_64(decoder1, code, net->parameters + decoder1_weight, net->parameters + decoder1_bias, batch);
#pragma omp barrier
    /* (7) (8) (9) (10) (11) */
    linear_sigmoid_mse_d_z_784_256(loss_term, d_decoder2_z, decoder1, net->parameters + decoder2_weight,
                                   net->parameters + decoder2_bias, net->in_x, batch);
#pragma omp barrier
    /* (10) */
#pragma omp master
    mse_784(loss, loss_term, batch);
    /* (12) */
    d_weight_784_256(net->gradients + d_decoder2_weight, d_decoder2_z, decoder1, batch);
    /* (13) */
    d_bias_784(net->gradients + d_decoder2_bias, d_decoder2_z, batch);
#pragma omp barrier
    /* (14) */
    d_z_256_784(decoder1, d_decoder2_z, net->parameters + decoder2_weight, batch);
#pragma omp barrier
    /* (15) */
    d_weight_256_64(net->gradients + d_decoder1_weight, decoder1, code, batch);
    /* (16) */
    d_bias_256(net->gradients + d_decoder1_bias, decoder1, batch);
#pragma omp barrier
    /* (17) */
    d_z_64_256(code, decoder1, net->parameters + decoder1_weight, batch);
#pragma omp barrier
    /* (18) */
    d_weight_64_256(net->gradients + d_code_weight, code, encoder1, batch);
    /* (19) */
#pragma omp master
    d_bias_64(net->gradients + d_code_bias, code, batch);
#pragma omp barrier
    /* (20) */
    d_z_256_64(encoder1, code, net->parameters + code_weight, batch);
#pragma omp barrier
    /* (21) */
    d_weight_256_784(net->gradients + d_encoder1_weight, encoder1, net->in_x, batch);
    /* (22) */
    d_bias_256(net->gradients + d_encoder1_bias, encoder1, batch);
}

double autoencoder_gradients(const autoencoder_network *net)
{
    if (net->threads > 1 && net->batch >= 8) {
#pragma omp parallel num_threads(net->threads)
        share_of_gradients(net);
    } else
        share_of_gradients(net);
    return (double)net->workspace[0];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_input_gradients(const autoencoder_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const encoder1 = linear_part + 2352 * capacity;
    real *const code = linear_part + 2864 * capacity;
    real *const decoder1 = linear_part + 2608 * capacity;
    real *const decoder2 = linear_part;
    real *const decoder2_t = linear_part + 1568 * capacity;
    real *const d_decoder2_z = linear_part + 784 * capacity;
    real *const loss = fixed;
    real *const d_x = linear_part + 784 * capacity;

    /* (1) (2) */
    linear_relu_256_784(encoder1, net->in_x, net->parameters + encoder1_weight, net->parameters + encoder1_bias,
                        batch);
#pragma omp barrier
    /* (3) (4) */
    linear_relu_64_256(code, encoder1, net->parameters + code_weight, net->parameters + code_bias, batch);
#pragma omp barrier
    /* (5) (6) */
    linear_relu_256_64(decoder1, code, net->parameters + decoder1_weight, net->parameters + decoder1_bias, batch);
#pragma omp barrier
    /* (7) (8) (9) (11) */
    linear_sigmoid_d_z_784_256(decoder2, decoder2_t, d_decoder2_z, decoder1, net->parameters + decoder2_weight,
                               net->parameters + decoder2_bias, net->in_x, batch);
#pragma omp barrier
    /* (10) */
#pragma omp master
    mse_784_v2(loss, net->in_x, decoder2, decoder2_t, batch);
    /* (12) */
    d_weight_784_256(net->gradients + d_decoder2_weight, d_decoder2_z, decoder1, batch);
    /* (13) */
    d_bias_784(net->gradients + d_decoder2_bias, d_decoder2_z, batch);
#pragma omp barrier
    /* (14) */
    d_z_256_784(decoder1, d_decoder2_z, net->parameters + decoder2_weight, batch);
#pragma omp barrier
    /* (15) */
    d_weight_256_64(net->gradients + d_decoder1_weight, decoder1, code, batch);
    /* (16) */
    d_bias_256(net->gradients + d_decoder1_bias, decoder1, batch);
#pragma omp barrier
    /* (17) */
    d_z_64_256(code, decoder1, net->parameters + decoder1_weight, batch);
#pragma omp barrier
    /* (18) */
    d_weight_64_256(net->gradients + d_code_weight, code, encoder1, batch);
    /* (19) */
#pragma omp master
    d_bias_64(net->gradients + d_code_bias, code, batch);
#pragma omp barrier
    /* (20) */
    d_z_256_64(encoder1, code, net->parameters + code_weight, batch);
#pragma omp barrier
    /* (23) */
    d_x_784_256(d_x, encoder1, net->parameters + encoder1_weight, net->in_x, decoder2, batch);
    /* (21) */
    d_weight_256_784(net->gradients + d_encoder1_weight, encoder1, net->in_x, batch);
    /* (22) */
    d_bias_256(net->gradients + d_encoder1_bias, encoder1, batch);
}

double autoencoder_input_gradients(const autoencoder_network *net)
{
    if (net->threads > 1 && net->batch >= 4) {
#pragma omp parallel num_threads(net->threads)
        share_of_input_gradients(net);
    } else
        share_of_input_gradients(net);
    return (double)net->workspace[0];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_step(const autoencoder_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const encoder1 = linear_part + 1568 * capacity;
    real *const code = linear_part + 2080 * capacity;
    real *const decoder1 = linear_part + 1824 * capacity;
    real *const loss_term = linear_part + 784 * capacity;
    real *const d_decoder2_z = linear_part;
    real *const loss = fixed + 4;
    double *const optimizer_rate = (double *)(fixed);
    double *const optimizer_scale = (double *)(fixed + 2);
    real *const d_decoder1_z = linear_part + 784 * capacity;
    real *const d_code_z = linear_part + 1824 * capacity;
    real *const d_encoder1_z = linear_part;

    /* (1) (2) */
    linear_relu_256_784(encoder1, net->in_x, net->parameters + encoder1_weight, net->parameters + encoder1_bias,
                        batch);
#pragma omp barrier
    /* (3) (4) */
    linear_relu_64_256(code, encoder1, net->parameters + code_weight, net->parameters + code_bias, batch);
#pragma omp barrier
    /* (5) (6) */
    linear_relu_256_64(decoder1, code, net->parameters + decoder1_weight, net->parameters + decoder1_bias, batch);
#pragma omp barrier
    /* (7) (8) (9) (10) (11) */
    linear_sigmoid_mse_d_z_784_256(loss_term, d_decoder2_z, decoder1, net->parameters + decoder2_weight,
                                   net->parameters + decoder2_bias, net->in_x, batch);
#pragma omp barrier
    /* (10) */
#pragma omp master
    mse_784(loss, loss_term, batch);
    /* (24) (25) (26) */
#pragma omp master
    adam_rate_next_step(optimizer_rate, optimizer_scale, net->counters + t, net->settings + lr,
                        net->settings + beta1, net->settings + beta2);
#pragma omp barrier
    /* (13) (48) (49) (50) */
    d_bias_adam_784(net->states + decoder2_bias_m, net->states + decoder2_bias_v, net->parameters + decoder2_bias,
                    d_decoder2_z, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                    net->settings + eps, batch);
    /* (14) */
    d_z_256_784_v2(d_decoder1_z, decoder1, d_decoder2_z, net->parameters + decoder2_weight, batch);
#pragma omp barrier
    /* (12) (45) (46) (47) */
    d_weight_adam_784_256(net->states + decoder2_weight_m, net->states + decoder2_weight_v,
                          net->parameters + decoder2_weight, d_decoder2_z, decoder1, net->settings + beta1,
                          net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (16) (42) (43) (44) */
    d_bias_adam_256(net->states + decoder1_bias_m, net->states + decoder1_bias_v, net->parameters + decoder1_bias,
                    d_decoder1_z, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                    net->settings + eps, batch);
#pragma omp barrier
    /* (17) */
    d_z_64_256_v2(d_code_z, code, d_decoder1_z, net->parameters + decoder1_weight, batch);
#pragma omp barrier
    /* (15) (39) (40) (41) */
    d_weight_adam_256_64(net->states + decoder1_weight_m, net->states + decoder1_weight_v,
                         net->parameters + decoder1_weight, d_decoder1_z, code, net->settings + beta1,
                         net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (19) (36) (37) (38) */
#pragma omp master
    d_bias_adam_64(net->states + code_bias_m, net->states + code_bias_v, net->parameters + code_bias, d_code_z,
                   net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                   net->settings + eps, batch);
    /* (20) */
    d_z_256_64_v2(d_encoder1_z, encoder1, d_code_z, net->parameters + code_weight, batch);
#pragma omp barrier
    /* (21) (27) (28) (29) */
    d_weight_adam_256_784(net->states + encoder1_weight_m, net->states + encoder1_weight_v,
                          net->parameters + encoder1_weight, d_encoder1_z, net->in_x, net->settings + beta1,
                          net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (18) (33) (34) (35) */
    d_weight_adam_64_256(net->states + code_weight_m, net->states + code_weight_v, net->parameters + code_weight,
                         d_code_z, encoder1, net->settings + beta1, net->settings + beta2, optimizer_rate,
                         optimizer_scale, net->settings + eps, batch);
    /* (22) (30) (31) (32) */
    d_bias_adam_256(net->states + encoder1_bias_m, net->states + encoder1_bias_v, net->parameters + encoder1_bias,
                    d_encoder1_z, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                    net->settings + eps, batch);
}

double autoencoder_step(const autoencoder_network *net)
{
    if (net->threads > 1) {
#pragma omp parallel num_threads(net->threads)
        share_of_step(net);
    } else
        share_of_step(net);
    return (double)net->workspace[4];
}

/* Steps of training, `count` of them, one after another.  The inputs have `batches` times net->batch rows: the steps
   take a batch after the other, the one numbered `first` to begin with, and after the last one the first again.
   Leaves the losses.  A loss that is infinite or not a number ends it.  Returns how many steps there were. */
int autoencoder_steps(const autoencoder_network *net, int first, int batches, int count, double *losses)
{
    autoencoder_network now = *net;
    for (int n = 0; n < count; n++) {
        const size_t row = (size_t)((first + n) % batches) * (size_t)net->batch;
        now.in_x = net->in_x + row * 784;
        losses[n] = autoencoder_step(&now);
        if (!isfinite(losses[n]))
            return n + 1;
    }
    return count;
}

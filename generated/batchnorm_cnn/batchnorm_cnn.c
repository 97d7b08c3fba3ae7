/* batchnorm_cnn, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.

   cc -O3 -std=c11 -march=native -fvect-cost-model=dynamic -fpeel-loops -ffp-contract=fast -fno-math-errno -fno-trapping-math -fopenmp -c batchnorm_cnn.c */
#include "batchnorm_cnn.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    conv1_weight = 0, /* [16, 1, 3, 3] */
    norm1_weight = 144, /* [16] */
    norm1_bias = 160, /* [16] */
    conv2_weight = 176, /* [32, 16, 3, 3] */
    norm2_weight = 4784, /* [32] */
    norm2_bias = 4816, /* [32] */
    conv3_weight = 4848, /* [32, 32, 3, 3] */
    norm3_weight = 14064, /* [32] */
    norm3_bias = 14096, /* [32] */
    head_weight = 14128, /* [10, 32] */
    head_bias = 14448, /* [10] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_conv1_weight = 0, /* [16, 1, 3, 3] */
    d_norm1_weight = 144, /* [16] */
    d_norm1_bias = 160, /* [16] */
    d_conv2_weight = 176, /* [32, 16, 3, 3] */
    d_norm2_weight = 4784, /* [32] */
    d_norm2_bias = 4816, /* [32] */
    d_conv3_weight = 4848, /* [32, 32, 3, 3] */
    d_norm3_weight = 14064, /* [32] */
    d_norm3_bias = 14096, /* [32] */
    d_head_weight = 14128, /* [10, 32] */
    d_head_bias = 14448, /* [10] */
};

/* Where tensors begin in `states`. */
enum {
    norm1_running_mean = 0, /* [16] */
    norm1_running_var = 16, /* [16] */
    norm2_running_mean = 32, /* [32] */
    norm2_running_var = 64, /* [32] */
    norm3_running_mean = 96, /* [32] */
    norm3_running_var = 128, /* [32] */
    conv1_weight_m = 160, /* [16, 1, 3, 3] */
    norm1_weight_m = 304, /* [16] */
    norm1_bias_m = 320, /* [16] */
    conv2_weight_m = 336, /* [32, 16, 3, 3] */
    norm2_weight_m = 4944, /* [32] */
    norm2_bias_m = 4976, /* [32] */
    conv3_weight_m = 5008, /* [32, 32, 3, 3] */
    norm3_weight_m = 14224, /* [32] */
    norm3_bias_m = 14256, /* [32] */
    head_weight_m = 14288, /* [10, 32] */
    head_bias_m = 14608, /* [10] */
    conv1_weight_v = 14624, /* [16, 1, 3, 3] */
    norm1_weight_v = 14768, /* [16] */
    norm1_bias_v = 14784, /* [16] */
    conv2_weight_v = 14800, /* [32, 16, 3, 3] */
    norm2_weight_v = 19408, /* [32] */
    norm2_bias_v = 19440, /* [32] */
    conv3_weight_v = 19472, /* [32, 32, 3, 3] */
    norm3_weight_v = 28688, /* [32] */
    norm3_bias_v = 28720, /* [32] */
    head_weight_v = 28752, /* [10, 32] */
    head_bias_v = 29072, /* [10] */
};

/* Where tensors begin in `counters`. */
enum {
    t = 0, /* [] */
};

/* Where tensors begin in `settings`. */
enum {
    seed = 0, /* [] */
    lr = 1, /* [] */
    eps = 2, /* [] */
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

/* A permutation of the 32-bit words: Chris Wellons' lowbias32, https://github.com/skeeto/hash-prospector. */
static inline uint32_t mix_word(uint32_t x)
{
    x = (x ^ x >> 16) * UINT32_C(0x7FEB352D);
    x = (x ^ x >> 15) * UINT32_C(0x846CA68B);
    return x ^ x >> 16;
}

/* The random number at a position, in [0, 1): 24 bits of a hash of the four, so the same in any precision. */
static inline real uniform(double seed, double step, double stream, int32_t position)
{
    const uint32_t started = mix_word((uint32_t)(int64_t)seed ^ UINT32_C(0x9E3779B9));
    const uint32_t stepped = mix_word(started ^ (uint32_t)(int64_t)step);
    const uint32_t key = mix_word(stepped ^ (uint32_t)(int64_t)stream);
    const uint32_t word = mix_word((uint32_t)position ^ key) + mix_word(key + UINT32_C(0x9E3779B9));
    return (real)(int32_t)(mix_word(word) >> 8) * (real)(1.0 / 16777216.0);
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

/* Sums of products along lines that both operands have, at many places of a window: gradients of weights.

   tile[r][place][c] = sum over blocks, lines, q of
                       a[r * a_row + a_block + line * a_line + q * a_step] * b[c * b_column + b_block + line * b_line + q + place]

   The span of numbers that the lines of a block come to, at all places of the window, is turned once: in its panel the
   columns c lie next to each other, and a place is so many rows further on.  Where the first places, `each` of them, read
   nothing but zeros for the lines before `low` and from `high` on, the next ones do so a line earlier. */
enum { SPAN = 768, MOST_PLACES = 256 };

/* Turn `count` numbers of each of `columns` <= COLUMNS columns into rows of a panel. */
static void turn_span(real *restrict panel, int count, int columns, const real *restrict b, ptrdiff_t b_column)
{
    int k = 0;
    if (columns < COLUMNS)
        memset(panel, 0, sizeof(real) * (size_t)count * COLUMNS);
#ifdef CAN_TURN
    if (columns % 4 == 0)
        for (; k + 4 <= count; k += 4) {
            int c = 0;
#if defined(__AVX512F__)
#pragma GCC unroll 1 /* compilers take longer over more of them, and processors do not take less */
            for (; c + LANES <= columns; c += LANES)
                turn_wide(panel + k * COLUMNS + c, COLUMNS, b + k + c * b_column, b_column);
#endif
#pragma GCC unroll 1
            for (; c < columns; c += 4)
                turn(panel + k * COLUMNS + c, COLUMNS, b + k + c * b_column, b_column);
        }
#endif
    for (; k < count; k++)
#pragma GCC unroll 1
        for (int c = 0; c < columns; c++)
            panel[k * COLUMNS + c] = b[k + c * b_column];
}

/* One tile, `width` from row to row and `apart` from place to place.  reach: from the first place to the last one. */
OUTLINE void multiply_spans(real *restrict tile, ptrdiff_t width, int apart, int rows, int columns, int blocks, int lines,
                            int block, int extent, const real *restrict a, ptrdiff_t a_row, walk a_blocks,
                            ptrdiff_t a_line, ptrdiff_t a_step, const real *restrict b, ptrdiff_t b_column,
                            walk b_blocks, ptrdiff_t b_line, int places, walk window, int reach, int each, int low,
                            int high)
{
    _Alignas(BYTES) real panel[SPAN * COLUMNS];
    ptrdiff_t place[MOST_PLACES], a_term[DEPTH], b_term[DEPTH], a_from, b_from;
    offsets(place, window, 0, places);
    for (int line = 0, k = 0; line < block; line++)
#pragma GCC unroll 1
        for (int q = 0; q < extent; q++, k++) {
            a_term[k] = line * a_line + q * a_step;
            b_term[k] = (line * b_line + q) * COLUMNS;
        }
    for (int n = 0; n < blocks; n++) {
        offsets(&a_from, a_blocks, n, 1);
        offsets(&b_from, b_blocks, n, 1);
        for (int line = 0; line < lines; line += block) {
            const int some = lines - line < block ? lines - line : block;
            const real *of_a = a + a_from + line * a_line, *of_b = b + b_from + line * b_line;
            for (int c = 0; c < columns; c += COLUMNS) {
                const int wide = columns - c < COLUMNS ? columns - c : COLUMNS;
                const int half = wide <= LANES; /* a vector: the sums of two places beside each other */
                turn_span(panel, (int)((some - 1) * b_line) + extent + reach, wide, of_b + c * b_column, b_column);
                for (int p = 0; p < places; p += 1 + half) {
                    const int other = p + half < places ? p + half : p;
                    int skipped = 0, end = some;
                    if (each) { /* of the lines that both places read */
                        skipped = low - other / each > line ? low - other / each - line : 0;
                        end = high - p / each < line + some ? high - p / each - line : some;
                    }
                    add_rows_along(rows, tile + p * apart + c, tile + other * apart + c + (half ? 0 : LANES), width,
                                   (end - skipped) * extent, of_a, a_row, a_term + skipped * extent,
                                   panel + place[p] * COLUMNS, panel + place[other] * COLUMNS + (half ? 0 : LANES),
                                   b_term + skipped * extent, n || line ? 0 : &none, 0);
                }
            }
        }
    }
}

/* conv1: conv2d (one side of the product)
   (1) conv1[b, k, p, q] = sum[i, j, l](x[b, i, p + j - 1, q + l - 1] * conv1.weight[k, i, j, l])
*/
static void conv2d_1_1_10(
    real *restrict padded,  /* [B, 1, 10, 10] */
    const real *restrict x, /* [B, 1, 8, 8] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int s = 0; s < 10; s++) {
            padded[b * 100 + s] = 0.0f;
        }
        for (int r = 1; r < 9; r++) {
            padded[b * 100 + r * 10] = 0.0f;
        }
        for (int r = 1; r < 9; r++) {
            for (int s = 1; s < 9; s++) {
                padded[b * 100 + r * 10 + s] = x[b * 64 + (r - 1) * 8 + s - 1];
            }
        }
        for (int r = 1; r < 9; r++) {
            padded[b * 100 + r * 10 + 9] = 0.0f;
        }
        for (int s = 0; s < 10; s++) {
            padded[b * 100 + 9 * 10 + s] = 0.0f;
        }
    }
}

/* conv1: conv2d; norm1: batchnorm
   (1) conv1[b, k, p, q] = sum[i, j, l](x[b, i, p + j - 1, q + l - 1] * conv1.weight[k, i, j, l])
   (36) norm1.u.inference[b, c, p, q] = conv1[b, c, p, q] - norm1.running_mean[c]
*/
static void conv2d_batchnorm_16_8_8_1_3_3(
    real *restrict u,                  /* [B, 16, 8, 8] */
    const real *restrict padded,       /* [B, 1, 10, 10] */
    const real *restrict weight,       /* [16, 1, 3, 3] */
    const real *restrict running_mean, /* [16] */
    int batch)
{
    const int width_2 = LINE_WIDTH(8, 10);
    _Alignas(BYTES) real tile[LANES + LINES_ROWS * LINES_WIDTH];
    ptrdiff_t a_term[9];
    offsets(a_term, (walk){3, {3, 1, 3}, {3, 9, 1}}, 0, 9);
    ptrdiff_t b_term[9];
    offsets(b_term, (walk){3, {3, 1, 3}, {10, 100, 1}}, 0, 9);
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int first_line = 0; first_line < 8; first_line += LINES_WIDTH / width_2) {
            const int lines = 8 - first_line < LINES_WIDTH / width_2 ? 8 - first_line : LINES_WIDTH / width_2;
            for (int i_tile = 0; i_tile < 16; i_tile += LINES_ROWS) {
                const int rows = 16 - i_tile < LINES_ROWS ? 16 - i_tile : LINES_ROWS;
                multiply_lines(tile + LANES, LINES_WIDTH, 0, 0,
                               rows, lines, 8, 10, 9,
                               weight + i_tile * 9, 9, a_term,
                               padded + b * 100 + first_line * 10, b_term, 100 * batch - b * 100 - first_line * 10 - 22,
                               3, 3, 1 - first_line, 9 - first_line);
                for (int line = 0; line < lines; line++) {
                    const int p = first_line + line;
                    for (int r = 0; r < rows; r++) {
                        const int k = i_tile + r;
                        for (int q = 0; q < 8; q++) {
                            const real conv1 = tile[LANES + r * LINES_WIDTH + line * width_2 + q]; /* (1) */
                            u[b * 1024 + k * 64 + p * 8 + q] = conv1 - running_mean[k]; /* (36) */
                        }
                    }
                }
            }
        }
    }
}

/* norm1: batchnorm
   (37) norm1.r.inference[c] = 1 / sqrt(norm1.running_var[c] + batchnorm.eps)
*/
static void batchnorm_16(
    real *restrict r,                 /* [16] */
    const real *restrict running_var) /* [16] */
{
    for (int c = 0; c < 16; c++) {
        r[c] = 1.0f / sqrtf(running_var[c] + 1e-05f);
    }
}

/* norm1: batchnorm, relu; conv2: conv2d (one side of the product)
   (38) norm1.n.inference[b, c, p, q] = norm1.u.inference[b, c, p, q] * norm1.r.inference[c]
   (39) norm1.z.inference[b, c, p, q] = norm1.n.inference[b, c, p, q] * norm1.weight[c] + norm1.bias[c]
   (40) norm1.inference[b, c, p, q] = max(0, norm1.z.inference[b, c, p, q])
   (41) conv2.inference[b, k, p, q] = sum[i, j, l](norm1.inference[b, i, 2*p + j - 1, 2*q + l - 1] * conv2.weight[k, i, j, l])
*/
static void batchnorm_relu_conv2d_16_8_8(
    real *restrict norm1,        /* [B, 16, 8, 8] */
    real *restrict padded,       /* [B, 16, 9, 9] */
    const real *restrict r,      /* [16] */
    const real *restrict u,      /* [B, 16, 8, 8] */
    const real *restrict weight, /* [16] */
    const real *restrict bias,   /* [16] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int c = 0; c < 16; c++) {
            for (int pq = 0; pq < 64; pq++) {
                const real n = r[c] * u[b * 1024 + c * 64 + pq]; /* (38) */
                const real z = weight[c] * n + bias[c]; /* (39) */
                norm1[b * 1024 + c * 64 + pq] = maximum(0.0f, z); /* (40) */
            }
            for (int q = 0; q < 9; q++) {
                padded[b * 1296 + c * 81 + q] = 0.0f;
            }
            for (int p = 1; p < 9; p++) {
                padded[b * 1296 + c * 81 + p * 9] = 0.0f;
            }
            for (int p = 1; p < 9; p++) {
                for (int q = 1; q < 9; q++) {
                    padded[b * 1296 + c * 81 + p * 9 + q] = norm1[b * 1024 + c * 64 + (p - 1) * 8 + q - 1]; /* (41) */
                }
            }
        }
    }
}

/* conv2: conv2d; norm2: batchnorm
   (41) conv2.inference[b, k, p, q] = sum[i, j, l](norm1.inference[b, i, 2*p + j - 1, 2*q + l - 1] * conv2.weight[k, i, j, l])
   (42) norm2.u.inference[b, c, p, q] = conv2.inference[b, c, p, q] - norm2.running_mean[c]
*/
static void conv2d_batchnorm_32_4_4_16_3_3(
    real *restrict u,                  /* [B, 32, 4, 4] */
    const real *restrict padded,       /* [B, 16, 9, 9] */
    const real *restrict weight,       /* [32, 16, 3, 3] */
    const real *restrict running_mean, /* [32] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < batch * 16; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 32; i_tile += TILE_ROWS) {
            const int rows = 32 - i_tile < TILE_ROWS ? 32 - i_tile : TILE_ROWS;
            const int columns = batch * 16 - j_tile < COLUMNS ? batch * 16 - j_tile : COLUMNS;
            multiply_along(tile, panel, fresh, rows, columns, 144, 144,
                           weight + i_tile * 144, (walk){3, {16, 3, 3}, {9, 3, 1}},
                           padded, (walk){3, {16, 3, 3}, {81, 9, 1}},
                           j_tile, (walk){3, {batch, 4, 4}, {1296, 18, 2}});
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int k = i_tile + r;
                for (int line = j_tile / 4; line < (j_tile + columns + 3) / 4; line++) {
                    const int b = line / 4;
                    const int p = line % 4;
                    const int first = line * 4 < j_tile ? j_tile - line * 4 : 0;
                    const int end_2 = j_tile + columns - line * 4 < 4 ? j_tile + columns - line * 4 : 4;
                    for (int q = first; q < end_2; q++) {
                        const real conv2 = tile[r * COLUMNS + line * 4 - j_tile + q]; /* (41) */
                        u[b * 512 + k * 16 + p * 4 + q] = conv2 - running_mean[k]; /* (42) */
                    }
                }
            }
        }
    }
}

/* norm2: batchnorm
   (43) norm2.r.inference[c] = 1 / sqrt(norm2.running_var[c] + batchnorm.eps)
   and, in other places, (49)
*/
static void batchnorm_32(
    real *restrict r,                 /* [32] */
    const real *restrict running_var) /* [32] */
{
    for (int c = 0; c < 32; c++) {
        r[c] = 1.0f / sqrtf(running_var[c] + 1e-05f);
    }
}

/* norm2: batchnorm, relu; conv3: conv2d (one side of the product)
   (44) norm2.n.inference[b, c, p, q] = norm2.u.inference[b, c, p, q] * norm2.r.inference[c]
   (45) norm2.z.inference[b, c, p, q] = norm2.n.inference[b, c, p, q] * norm2.weight[c] + norm2.bias[c]
   (46) norm2.inference[b, c, p, q] = max(0, norm2.z.inference[b, c, p, q])
   (47) conv3.inference[b, k, p, q] = sum[i, j, l](norm2.inference[b, i, p + j - 1, q + l - 1] * conv3.weight[k, i, j, l])
*/
static void batchnorm_relu_conv2d_32_4_4(
    real *restrict norm2,                   /* [B, 32, 4, 4] */
    real *restrict padded,                  /* [B, 32, 6, 6] */
    const real *restrict norm2_r_inference, /* [32] */
    const real *restrict u,                 /* [B, 32, 4, 4] */
    const real *restrict weight,            /* [32] */
    const real *restrict bias,              /* [32] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int c = 0; c < 32; c++) {
            for (int pq = 0; pq < 16; pq++) {
                const real n = norm2_r_inference[c] * u[b * 512 + c * 16 + pq]; /* (44) */
                const real z = weight[c] * n + bias[c]; /* (45) */
                norm2[b * 512 + c * 16 + pq] = maximum(0.0f, z); /* (46) */
            }
            for (int s = 0; s < 6; s++) {
                padded[b * 1152 + c * 36 + s] = 0.0f;
            }
            for (int r = 1; r < 5; r++) {
                padded[b * 1152 + c * 36 + r * 6] = 0.0f;
            }
            for (int r = 1; r < 5; r++) {
                for (int s = 1; s < 5; s++) {
                    padded[b * 1152 + c * 36 + r * 6 + s] = norm2[b * 512 + c * 16 + (r - 1) * 4 + s - 1];
                }
            }
            for (int r = 1; r < 5; r++) {
                padded[b * 1152 + c * 36 + r * 6 + 5] = 0.0f;
            }
            for (int s = 0; s < 6; s++) {
                padded[b * 1152 + c * 36 + 5 * 6 + s] = 0.0f; /* (47) */
            }
        }
    }
}

/* conv3: conv2d; norm3: batchnorm
   (47) conv3.inference[b, k, p, q] = sum[i, j, l](norm2.inference[b, i, p + j - 1, q + l - 1] * conv3.weight[k, i, j, l])
   (48) norm3.u.inference[b, c, p, q] = conv3.inference[b, c, p, q] - norm3.running_mean[c]
*/
static void conv2d_batchnorm_32_4_4_32_3_3(
    real *restrict u,                  /* [B, 32, 4, 4] */
    const real *restrict padded,       /* [B, 32, 6, 6] */
    const real *restrict weight,       /* [32, 32, 3, 3] */
    const real *restrict running_mean, /* [32] */
    int batch)
{
    const int width_2 = LINE_WIDTH(4, 6);
    _Alignas(BYTES) real tile[LANES + LINES_ROWS * LINES_WIDTH];
    ptrdiff_t a_term[288];
    offsets(a_term, (walk){3, {3, 32, 3}, {3, 9, 1}}, 0, 288);
    ptrdiff_t b_term[288];
    offsets(b_term, (walk){3, {3, 32, 3}, {6, 36, 1}}, 0, 288);
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int first_line = 0; first_line < 4; first_line += LINES_WIDTH / width_2) {
            const int lines = 4 - first_line < LINES_WIDTH / width_2 ? 4 - first_line : LINES_WIDTH / width_2;
            for (int i_tile = 0; i_tile < 32; i_tile += LINES_ROWS) {
                const int rows = 32 - i_tile < LINES_ROWS ? 32 - i_tile : LINES_ROWS;
                multiply_lines(tile + LANES, LINES_WIDTH, 0, 0,
                               rows, lines, 4, 6, 288,
                               weight + i_tile * 288, 288, a_term,
                               padded + b * 1152 + first_line * 6, b_term, 1152 * batch - b * 1152 - first_line * 6 - 1130,
                               96, 3, 1 - first_line, 5 - first_line);
                for (int line = 0; line < lines; line++) {
                    const int p = first_line + line;
                    for (int r = 0; r < rows; r++) {
                        const int k = i_tile + r;
                        for (int q = 0; q < 4; q++) {
                            const real conv3 = tile[LANES + r * LINES_WIDTH + line * width_2 + q]; /* (47) */
                            u[b * 512 + k * 16 + p * 4 + q] = conv3 - running_mean[k]; /* (48) */
                        }
                    }
                }
            }
        }
    }
}

/* norm3: batchnorm, relu; pool: global_avgpool2d
   (50) norm3.n.inference[b, c, p, q] = norm3.u.inference[b, c, p, q] * norm3.r.inference[c]
   (51) norm3.z.inference[b, c, p, q] = norm3.n.inference[b, c, p, q] * norm3.weight[c] + norm3.bias[c]
   (52) norm3.inference[b, c, p, q] = max(0, norm3.z.inference[b, c, p, q])
   (53) pool.inference[b, c] = sum[i, j](norm3.inference[b, c, i, j]) / 16
*/
static void batchnorm_relu_global_avgpool2d_32_4_4(
    real *restrict norm3,        /* [B, 32, 4, 4] */
    real *restrict pool,         /* [B, 32] */
    const real *restrict r,      /* [32] */
    const real *restrict u,      /* [B, 32, 4, 4] */
    const real *restrict weight, /* [32] */
    const real *restrict bias,   /* [32] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int c = 0; c < 32; c++) {
            for (int pq = 0; pq < 16; pq++) {
                const real n = r[c] * u[b * 512 + c * 16 + pq]; /* (50) */
                const real z = weight[c] * n + bias[c]; /* (51) */
                norm3[b * 512 + c * 16 + pq] = maximum(0.0f, z); /* (52) */
            }
            real sum = 0;
            for (int pq = 0; pq < 16; pq++) {
                sum += norm3[b * 512 + c * 16 + pq];
            }
            pool[b * 32 + c] = 0.0625f * sum; /* (53) */
        }
    }
}

/* head: linear
   (54) head.inference[b, o] = sum[i](pool.inference[b, i] * head.weight[o, i]) + head.bias[o]
   and, in other places, (30)
*/
static void linear_10_32(
    real *restrict head,         /* [B, 10] */
    const real *restrict pool,   /* [B, 32] */
    const real *restrict weight, /* [10, 32] */
    const real *restrict bias,   /* [10] */
    int batch)
{
    const int high = even(batch, ROWS, ROWS);
    for (int j_tile = 0; j_tile < 10; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = 10 - j_tile < COLUMNS ? 10 - j_tile : COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 32,
                     pool + i_tile * 32, 32, 1,
                     weight + j_tile * 32, 1, 32);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    head[b * 10 + o] = tile[r * COLUMNS + c] + bias[o];
                }
            }
        }
    }
}

/* loss: cross_entropy
   (55) loss.m2[b] = max[i](head.inference[b, i])
   (56) loss.e.inference[b, j] = exp(head.inference[b, j] - loss.m2[b])
   (57) loss.S.inference[b] = sum[i](loss.e.inference[b, i])
*/
static void cross_entropy_10(
    real *restrict m2,         /* [B] */
    real *restrict e,          /* [B, 10] */
    real *restrict S,          /* [B] */
    const real *restrict head, /* [B, 10] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real largest = -INFINITY;
        for (int o = 0; o < 10; o++) {
            largest = maximum(largest, head[b * 10 + o]);
        }
        m2[b] = largest; /* (55) */
        for (int j = 0; j < 10; j++) {
            e[b * 10 + j] = exp_single(head[b * 10 + j] - m2[b]); /* (56) */
        }
        real sum = 0;
        for (int j = 0; j < 10; j++) {
            sum += e[b * 10 + j];
        }
        S[b] = sum; /* (57) */
    }
}

/* loss: cross_entropy
   (58) loss.inference = sum[b](log(loss.S.inference[b]) + loss.m2[b] - head.inference[b, label[b]]) / B
   and, in other places, (35)
*/
static void loss(
    real *restrict loss,
    const real *restrict m2,       /* [B] */
    const real *restrict head,     /* [B, 10] */
    const int32_t *restrict label, /* [B] */
    const real *restrict S,        /* [B] */
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
        sum += m2[b] - head[b * 10 + label[b]] + log_single(S[b]);
    }
    *loss = sum / (real)batch;
}

/* conv1: conv2d
   (1) conv1[b, k, p, q] = sum[i, j, l](x[b, i, p + j - 1, q + l - 1] * conv1.weight[k, i, j, l])
*/
static void conv2d_16_8_8_1_3_3(
    real *restrict conv1,        /* [B, 16, 8, 8] */
    const real *restrict padded, /* [B, 1, 10, 10] */
    const real *restrict weight, /* [16, 1, 3, 3] */
    int batch)
{
    const int width_2 = LINE_WIDTH(8, 10);
    _Alignas(BYTES) real tile[LANES + LINES_ROWS * LINES_WIDTH];
    ptrdiff_t a_term[9];
    offsets(a_term, (walk){3, {3, 1, 3}, {3, 9, 1}}, 0, 9);
    ptrdiff_t b_term[9];
    offsets(b_term, (walk){3, {3, 1, 3}, {10, 100, 1}}, 0, 9);
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int first_line = 0; first_line < 8; first_line += LINES_WIDTH / width_2) {
            const int lines = 8 - first_line < LINES_WIDTH / width_2 ? 8 - first_line : LINES_WIDTH / width_2;
            for (int i_tile = 0; i_tile < 16; i_tile += LINES_ROWS) {
                const int rows = 16 - i_tile < LINES_ROWS ? 16 - i_tile : LINES_ROWS;
                multiply_lines(tile + LANES, LINES_WIDTH, 0, 0,
                               rows, lines, 8, 10, 9,
                               weight + i_tile * 9, 9, a_term,
                               padded + b * 100 + first_line * 10, b_term, 100 * batch - b * 100 - first_line * 10 - 22,
                               3, 3, 1 - first_line, 9 - first_line);
                for (int line = 0; line < lines; line++) {
                    const int p = first_line + line;
                    for (int r = 0; r < rows; r++) {
                        const int k = i_tile + r;
                        for (int q = 0; q < 8; q++) {
                            conv1[b * 1024 + k * 64 + p * 8 + q] = tile[LANES + r * LINES_WIDTH + line * width_2 + q];
                        }
                    }
                }
            }
        }
    }
}

/* norm1: batchnorm
   (2) norm1.m[c] = sum[b, i, j](conv1[b, c, i, j]) / (64 * B)
   (3) norm1.u[b, c, p, q] = conv1[b, c, p, q] - norm1.m[c]
   (4) norm1.v[c] = sum[b, i, j](norm1.u[b, c, i, j]**2) / (64 * B)
   (5) norm1.r[c] = 1 / sqrt(norm1.v[c] + batchnorm.eps)
*/
static void batchnorm_16_8_8(
    real *restrict m,           /* [16] */
    real *restrict r,           /* [16] */
    const real *restrict conv1, /* [B, 16, 8, 8] */
    int batch)
{
    const real scale = 1.0f / (64.0f * (real)batch); /* (2) (3) (4) */
#pragma omp for schedule(static) nowait
    for (int c = 0; c < 16; c++) {
        real parts[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int pq_first = 0; pq_first < 64; pq_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int pq = pq_first + part;
                    parts[part] += conv1[b * 1024 + c * 64 + pq];
                }
            }
        }
        const real sum = sum_of(parts);
        m[c] = scale * sum; /* (2) */
        real parts_2[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int pq_first_2 = 0; pq_first_2 < 64; pq_first_2 += 16) {
                for (int part_2 = 0; part_2 < 16; part_2++) {
                    const int pq = pq_first_2 + part_2;
                    parts_2[part_2] += square(conv1[b * 1024 + c * 64 + pq] - m[c]);
                }
            }
        }
        const real sum_2 = sum_of(parts_2);
        const real v = scale * sum_2; /* (3) (4) */
        r[c] = 1.0f / sqrtf(v + 1e-05f); /* (5) */
    }
}

/* norm1: batchnorm, relu; conv2: conv2d (one side of the product)
   (3) norm1.u[b, c, p, q] = conv1[b, c, p, q] - norm1.m[c]
   (6) norm1.n[b, c, p, q] = norm1.u[b, c, p, q] * norm1.r[c]
   (7) norm1.z[b, c, p, q] = norm1.n[b, c, p, q] * norm1.weight[c] + norm1.bias[c]
   (9) norm1[b, c, p, q] = max(0, norm1.z[b, c, p, q])
   (10) conv2[b, k, p, q] = sum[i, j, l](norm1[b, i, 2*p + j - 1, 2*q + l - 1] * conv2.weight[k, i, j, l])
*/
static void batchnorm_relu_conv2d_16_8_8_v2(
    real *restrict norm1,        /* [B, 16, 8, 8] */
    real *restrict padded,       /* [B, 16, 9, 9] */
    const real *restrict weight, /* [16] */
    const real *restrict r,      /* [16] */
    const real *restrict conv1,  /* [B, 16, 8, 8] */
    const real *restrict m,      /* [16] */
    const real *restrict bias,   /* [16] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int c = 0; c < 16; c++) {
            for (int pq = 0; pq < 64; pq++) {
                const real z = weight[c] * (r[c] * (conv1[b * 1024 + c * 64 + pq] - m[c])) + bias[c]; /* (3) (6) (7) */
                norm1[b * 1024 + c * 64 + pq] = maximum(0.0f, z); /* (9) */
            }
            for (int q = 0; q < 9; q++) {
                padded[b * 1296 + c * 81 + q] = 0.0f;
            }
            for (int p = 1; p < 9; p++) {
                padded[b * 1296 + c * 81 + p * 9] = 0.0f;
            }
            for (int p = 1; p < 9; p++) {
                for (int q = 1; q < 9; q++) {
                    padded[b * 1296 + c * 81 + p * 9 + q] = norm1[b * 1024 + c * 64 + (p - 1) * 8 + q - 1]; /* (10) */
                }
            }
        }
    }
}

/* conv2: conv2d
   (10) conv2[b, k, p, q] = sum[i, j, l](norm1[b, i, 2*p + j - 1, 2*q + l - 1] * conv2.weight[k, i, j, l])
*/
static void conv2d_32_4_4_16_3_3(
    real *restrict conv2,        /* [B, 32, 4, 4] */
    const real *restrict padded, /* [B, 16, 9, 9] */
    const real *restrict weight, /* [32, 16, 3, 3] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < batch * 16; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 32; i_tile += TILE_ROWS) {
            const int rows = 32 - i_tile < TILE_ROWS ? 32 - i_tile : TILE_ROWS;
            const int columns = batch * 16 - j_tile < COLUMNS ? batch * 16 - j_tile : COLUMNS;
            multiply_along(tile, panel, fresh, rows, columns, 144, 144,
                           weight + i_tile * 144, (walk){3, {16, 3, 3}, {9, 3, 1}},
                           padded, (walk){3, {16, 3, 3}, {81, 9, 1}},
                           j_tile, (walk){3, {batch, 4, 4}, {1296, 18, 2}});
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int k = i_tile + r;
                for (int line = j_tile / 4; line < (j_tile + columns + 3) / 4; line++) {
                    const int b = line / 4;
                    const int p = line % 4;
                    const int first = line * 4 < j_tile ? j_tile - line * 4 : 0;
                    const int end_2 = j_tile + columns - line * 4 < 4 ? j_tile + columns - line * 4 : 4;
                    for (int q = first; q < end_2; q++) {
                        conv2[b * 512 + k * 16 + p * 4 + q] = tile[r * COLUMNS + line * 4 - j_tile + q];
                    }
                }
            }
        }
    }
}

/* norm2: batchnorm
   (11) norm2.m[c] = sum[b, i, j](conv2[b, c, i, j]) / (16 * B)
   (12) norm2.u[b, c, p, q] = conv2[b, c, p, q] - norm2.m[c]
   (13) norm2.v[c] = sum[b, i, j](norm2.u[b, c, i, j]**2) / (16 * B)
   (14) norm2.r[c] = 1 / sqrt(norm2.v[c] + batchnorm.eps)
   and, in other places, (20) (21) (22) (23)
*/
static void batchnorm_32_4_4(
    real *restrict m,           /* [32] */
    real *restrict r,           /* [32] */
    const real *restrict conv2, /* [B, 32, 4, 4] */
    int batch)
{
    const real scale = 1.0f / (16.0f * (real)batch); /* (11) (12) (13) */
#pragma omp for schedule(static) nowait
    for (int c = 0; c < 32; c++) {
        real parts[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int pq = 0; pq < 16; pq++) {
                parts[pq] += conv2[b * 512 + c * 16 + pq];
            }
        }
        const real sum = sum_of(parts);
        m[c] = scale * sum; /* (11) */
        real parts_2[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int pq = 0; pq < 16; pq++) {
                parts_2[pq] += square(conv2[b * 512 + c * 16 + pq] - m[c]);
            }
        }
        const real sum_2 = sum_of(parts_2);
        const real v = scale * sum_2; /* (12) (13) */
        r[c] = 1.0f / sqrtf(v + 1e-05f); /* (14) */
    }
}

/* norm2: batchnorm, relu; conv3: conv2d (one side of the product)
   (12) norm2.u[b, c, p, q] = conv2[b, c, p, q] - norm2.m[c]
   (15) norm2.n[b, c, p, q] = norm2.u[b, c, p, q] * norm2.r[c]
   (16) norm2.z[b, c, p, q] = norm2.n[b, c, p, q] * norm2.weight[c] + norm2.bias[c]
   (18) norm2[b, c, p, q] = max(0, norm2.z[b, c, p, q])
   (19) conv3[b, k, p, q] = sum[i, j, l](norm2[b, i, p + j - 1, q + l - 1] * conv3.weight[k, i, j, l])
*/
static void batchnorm_relu_conv2d_32_4_4_v2(
    real *restrict norm2,         /* [B, 32, 4, 4] */
    real *restrict padded,        /* [B, 32, 6, 6] */
    const real *restrict weight,  /* [32] */
    const real *restrict norm2_r, /* [32] */
    const real *restrict conv2,   /* [B, 32, 4, 4] */
    const real *restrict m,       /* [32] */
    const real *restrict bias,    /* [32] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int c = 0; c < 32; c++) {
            for (int pq = 0; pq < 16; pq++) {
                const real z = weight[c] * (norm2_r[c] * (conv2[b * 512 + c * 16 + pq] - m[c])) + bias[c]; /* (12) (15) (16) */
                norm2[b * 512 + c * 16 + pq] = maximum(0.0f, z); /* (18) */
            }
            for (int s = 0; s < 6; s++) {
                padded[b * 1152 + c * 36 + s] = 0.0f;
            }
            for (int r = 1; r < 5; r++) {
                padded[b * 1152 + c * 36 + r * 6] = 0.0f;
            }
            for (int r = 1; r < 5; r++) {
                for (int s = 1; s < 5; s++) {
                    padded[b * 1152 + c * 36 + r * 6 + s] = norm2[b * 512 + c * 16 + (r - 1) * 4 + s - 1];
                }
            }
            for (int r = 1; r < 5; r++) {
                padded[b * 1152 + c * 36 + r * 6 + 5] = 0.0f;
            }
            for (int s = 0; s < 6; s++) {
                padded[b * 1152 + c * 36 + 5 * 6 + s] = 0.0f; /* (19) */
            }
        }
    }
}

/* conv3: conv2d
   (19) conv3[b, k, p, q] = sum[i, j, l](norm2[b, i, p + j - 1, q + l - 1] * conv3.weight[k, i, j, l])
*/
static void conv2d_32_4_4_32_3_3(
    real *restrict conv3,        /* [B, 32, 4, 4] */
    const real *restrict padded, /* [B, 32, 6, 6] */
    const real *restrict weight, /* [32, 32, 3, 3] */
    int batch)
{
    const int width_2 = LINE_WIDTH(4, 6);
    _Alignas(BYTES) real tile[LANES + LINES_ROWS * LINES_WIDTH];
    ptrdiff_t a_term[288];
    offsets(a_term, (walk){3, {3, 32, 3}, {3, 9, 1}}, 0, 288);
    ptrdiff_t b_term[288];
    offsets(b_term, (walk){3, {3, 32, 3}, {6, 36, 1}}, 0, 288);
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int first_line = 0; first_line < 4; first_line += LINES_WIDTH / width_2) {
            const int lines = 4 - first_line < LINES_WIDTH / width_2 ? 4 - first_line : LINES_WIDTH / width_2;
            for (int i_tile = 0; i_tile < 32; i_tile += LINES_ROWS) {
                const int rows = 32 - i_tile < LINES_ROWS ? 32 - i_tile : LINES_ROWS;
                multiply_lines(tile + LANES, LINES_WIDTH, 0, 0,
                               rows, lines, 4, 6, 288,
                               weight + i_tile * 288, 288, a_term,
                               padded + b * 1152 + first_line * 6, b_term, 1152 * batch - b * 1152 - first_line * 6 - 1130,
                               96, 3, 1 - first_line, 5 - first_line);
                for (int line = 0; line < lines; line++) {
                    const int p = first_line + line;
                    for (int r = 0; r < rows; r++) {
                        const int k = i_tile + r;
                        for (int q = 0; q < 4; q++) {
                            conv3[b * 512 + k * 16 + p * 4 + q] = tile[LANES + r * LINES_WIDTH + line * width_2 + q];
                        }
                    }
                }
            }
        }
    }
}

/* norm3: batchnorm, relu; pool: global_avgpool2d; drop: dropout
   (21) norm3.u[b, c, p, q] = conv3[b, c, p, q] - norm3.m[c]
   (24) norm3.n[b, c, p, q] = norm3.u[b, c, p, q] * norm3.r[c]
   (25) norm3.z[b, c, p, q] = norm3.n[b, c, p, q] * norm3.weight[c] + norm3.bias[c]
   (27) norm3[b, c, p, q] = max(0, norm3.z[b, c, p, q])
   (28) pool[b, c] = sum[i, j](norm3[b, c, i, j]) / 16
   (29) drop[b, c] = 10 * where(uniform(seed, t, 2037819166, 32 * b + c) >= 0.1, pool[b, c], 0) / 9
*/
static void batchnorm_relu_global_avgpool2d_dropout_32_4_4(
    real *restrict norm3,        /* [B, 32, 4, 4] */
    real *restrict drop,         /* [B, 32] */
    const real *restrict weight, /* [32] */
    const real *restrict r,      /* [32] */
    const real *restrict conv3,  /* [B, 32, 4, 4] */
    const real *restrict m,      /* [32] */
    const real *restrict bias,   /* [32] */
    const double *restrict seed,
    const double *restrict t,
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
#pragma GCC unroll 1
        for (int c = 0; c < 32; c++) {
            for (int pq = 0; pq < 16; pq++) {
                const real z = weight[c] * (r[c] * (conv3[b * 512 + c * 16 + pq] - m[c])) + bias[c]; /* (21) (24) (25) */
                norm3[b * 512 + c * 16 + pq] = maximum(0.0f, z); /* (27) */
            }
            real sum = 0;
            for (int pq = 0; pq < 16; pq++) {
                sum += norm3[b * 512 + c * 16 + pq];
            }
            const real pool = 0.0625f * sum; /* (28) */
            drop[b * 32 + c] = 1.1111111111111112f * (uniform(*seed, *t, 2037819166.0, 32 * b + c) >= 0.1f ? pool : 0.0f); /* (29) */
        }
    }
}

/* loss: cross_entropy; head: gradient of linear
   (31) loss.m[b] = max[i](head[b, i])
   (32) loss.e[b, j] = exp(head[b, j] - loss.m[b])
   (33) loss.S[b] = sum[i](loss.e[b, i])
   (34) loss.p[b, j] = loss.e[b, j] / loss.S[b]
   (59) d.head[b, o] = (loss.p[b, o] - (o == label[b])) / B
*/
static void cross_entropy_d_head_10(
    real *restrict m,              /* [B] */
    real *restrict e,              /* [B, 10] */
    real *restrict S,              /* [B] */
    real *restrict d_head,         /* [B, 10] */
    const real *restrict head,     /* [B, 10] */
    const int32_t *restrict label, /* [B] */
    int batch)
{
    const real scale2 = 1.0f / (real)batch; /* (59) */
    for (int b = 0; b < batch; b++) {
        real largest = -INFINITY;
        for (int o = 0; o < 10; o++) {
            largest = maximum(largest, head[b * 10 + o]);
        }
        m[b] = largest; /* (31) */
        for (int j = 0; j < 10; j++) {
            e[b * 10 + j] = exp_single(head[b * 10 + j] - m[b]); /* (32) */
        }
        real sum = 0;
        for (int j = 0; j < 10; j++) {
            sum += e[b * 10 + j];
        }
        S[b] = sum; /* (33) */
        const real scale = 1.0f / S[b];
        for (int j = 0; j < 10; j++) {
            const real p = scale * e[b * 10 + j]; /* (34) */
            d_head[b * 10 + j] = scale2 * (p - (j == label[b] ? 1.0f : 0.0f)); /* (59) */
        }
    }
}

/* head: gradient of linear
   (60) d.head.weight[o, i] = sum[b](d.head[b, o] * drop[b, i])
*/
static void d_weight_10_32(
    real *restrict d_weight,     /* [10, 32] */
    const real *restrict d_head, /* [B, 10] */
    const real *restrict drop,   /* [B, 32] */
    int batch)
{
    real sum[320] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 10; o++) {
            for (int i = 0; i < 32; i++) {
                sum[o * 32 + i] += d_head[b * 10 + o] * drop[b * 32 + i];
            }
        }
    }
    for (int o = 0; o < 10; o++) {
        for (int i = 0; i < 32; i++) {
            d_weight[o * 32 + i] = sum[o * 32 + i];
        }
    }
}

/* head: gradient of linear
   (61) d.head.bias[o] = sum[b](d.head[b, o])
*/
static void d_bias_10(
    real *restrict d_bias,       /* [10] */
    const real *restrict d_head, /* [B, 10] */
    int batch)
{
    real sum[10] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 10; o++) {
            sum[o] += d_head[b * 10 + o];
        }
    }
    for (int o = 0; o < 10; o++) {
        d_bias[o] = sum[o];
    }
}

/* norm3: gradient of batchnorm
   (62) norm3.r2[b, c] = sum[i](d.head[b, i] * head.weight[i, c])
*/
static void r2_32_10(
    real *restrict r2,           /* [B, 32] */
    const real *restrict d_head, /* [B, 10] */
    const real *restrict weight, /* [10, 32] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real sum[32] = {0};
        for (int o = 0; o < 10; o++) {
            for (int c = 0; c < 32; c++) {
                sum[c] += d_head[b * 10 + o] * weight[o * 32 + c];
            }
        }
        for (int c = 0; c < 32; c++) {
            r2[b * 32 + c] = sum[c];
        }
    }
}

/* norm3: gradient of batchnorm
   (63) d.norm3.z[b, c, p, q] = 5 * norm3.r2[b, c] * (norm3[b, c, p, q] > 0) * (uniform(seed, t, 2037819166, 32 * b + c) >= 0.1) / 72
*/
static void d_z_32_4_4(
    real *restrict norm3,        /* [B, 32, 4, 4] */
    const double *restrict seed,
    const double *restrict t,
    const real *restrict r2,     /* [B, 32] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int c = 0; c < 32; c++) {
            const real scale = uniform(*seed, *t, 2037819166.0, 32 * b + c);
            const real scale2 = 0.06944444444444445f * r2[b * 32 + c];
#pragma GCC unroll 1
            for (int pq = 0; pq < 16; pq++) {
                norm3[b * 512 + c * 16 + pq] = (norm3[b * 512 + c * 16 + pq] > 0.0f) & (scale >= 0.1f) ? scale2 : 0.0f;
            }
        }
    }
}

/* norm3: batchnorm, gradient of batchnorm
   (21) norm3.u[b, c, p, q] = conv3[b, c, p, q] - norm3.m[c]
   (24) norm3.n[b, c, p, q] = norm3.u[b, c, p, q] * norm3.r[c]
   (64) d.norm3.weight[c] = sum[b, i, j](d.norm3.z[b, c, i, j] * norm3.n[b, c, i, j])
   and, in other places, (12) (15) (69)
*/
static void batchnorm_d_weight_32_4_4(
    real *restrict d_weight,    /* [32] */
    const real *restrict norm3, /* [B, 32, 4, 4] */
    const real *restrict r,     /* [32] */
    const real *restrict conv3, /* [B, 32, 4, 4] */
    const real *restrict m,     /* [32] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int c = 0; c < 32; c++) {
        real parts[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int pq = 0; pq < 16; pq++) {
                parts[pq] += norm3[b * 512 + c * 16 + pq] * (r[c] * (conv3[b * 512 + c * 16 + pq] - m[c]));
            }
        }
        const real sum = sum_of(parts);
        d_weight[c] = sum;
    }
}

/* norm3: gradient of batchnorm
   (65) d.norm3.bias[c] = sum[b, i, j](d.norm3.z[b, c, i, j])
   and, in other places, (70)
*/
static void d_bias_32_4_4(
    real *restrict d_bias,      /* [32] */
    const real *restrict norm3, /* [B, 32, 4, 4] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int c = 0; c < 32; c++) {
        real parts[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int pq = 0; pq < 16; pq++) {
                parts[pq] += norm3[b * 512 + c * 16 + pq];
            }
        }
        const real sum = sum_of(parts);
        d_bias[c] = sum;
    }
}

/* norm3: batchnorm; conv3: gradient of conv2d
   (21) norm3.u[b, c, p, q] = conv3[b, c, p, q] - norm3.m[c]
   (24) norm3.n[b, c, p, q] = norm3.u[b, c, p, q] * norm3.r[c]
   (66) d.conv3[b, k, p, q] = norm3.r[k] * norm3.weight[k] * (16 * B * d.norm3.z[b, k, p, q] - norm3.n[b, k, p, q] * d.norm3.weight[k] - d.norm3.bias[k]) / (16 * B)
*/
static void batchnorm_d_conv3_32_4_4(
    real *restrict norm3,          /* [B, 32, 4, 4] */
    const real *restrict r,        /* [32] */
    const real *restrict weight,   /* [32] */
    const real *restrict d_bias,   /* [32] */
    const real *restrict d_weight, /* [32] */
    const real *restrict conv3,    /* [B, 32, 4, 4] */
    const real *restrict m,        /* [32] */
    int batch)
{
    const real scale2 = 16.0f * (real)batch;
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 32; k++) {
            const real scale = 1.0f / (16.0f * (real)batch) * r[k] * weight[k];
            for (int pq = 0; pq < 16; pq++) {
                norm3[b * 512 + k * 16 + pq] = scale * (scale2 * norm3[b * 512 + k * 16 + pq] - d_bias[k] - d_weight[k] * (r[k] * (conv3[b * 512 + k * 16 + pq] - m[k])));
            }
        }
    }
}

/* conv3: gradient of conv2d
   (67) d.conv3.weight[k, c, r, s] = sum[b, i, j](d.conv3[b, k, i, j] * norm2[b, c, r + i - 1, s + j - 1])
*/
static void d_weight_32_32_3_3_4_4(
    real *restrict d_weight,     /* [32, 32, 3, 3] */
    const real *restrict norm3,  /* [B, 32, 4, 4] */
    const real *restrict padded, /* [B, 32, 6, 6] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int i_tile = 0; i_tile < 32; i_tile += 16) {
        for (int j_tile = 0; j_tile < 32; j_tile += 32) {
            _Alignas(BYTES) real tile[16 * 304];
            const int rows = 32 - i_tile < 16 ? 32 - i_tile : 16;
            const int columns = 32 - j_tile < 32 ? 32 - j_tile : 32;
            multiply_spans(tile, 304, 32, rows, columns, batch, 4, 4, 4,
                           norm3 + i_tile * 16, 16, (walk){1, {batch}, {512}}, 4, 1,
                           padded + j_tile * 36, 36, (walk){1, {batch}, {1152}}, 6,
                           9, (walk){2, {3, 3}, {6, 1}}, 14,
                           3, 1, 5);
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int k = i_tile + r_2;
                for (int c = j_tile; c < j_tile + columns; c++) {
                    for (int r = 0; r < 3; r++) {
                        for (int s = 0; s < 3; s++) {
                            d_weight[k * 288 + c * 9 + r * 3 + s] = tile[r_2 * 304 + (r * 3 + s) * 32 + c - j_tile];
                        }
                    }
                }
            }
        }
    }
}

/* norm2: gradient of batchnorm (one side of the product)
   (68) d.norm2.z[b, c, p, q] = sum[i, j, k](d.conv3[b, i, j, k] * conv3.weight[i, c, p + 1 - j, q + 1 - k]) * (norm2[b, c, p, q] > 0)
*/
static void d_z_32_32_2_7(
    real *restrict padded,       /* [32, 32, 7, 7] */
    const real *restrict weight) /* [32, 32, 3, 3] */
{
#pragma omp for schedule(static) nowait
    for (int kc = 0; kc < 1024; kc++) {
        for (int ij = 0; ij < 14; ij++) {
            padded[kc * 49 + ij] = 0.0f;
        }
        for (int i = 2; i < 5; i++) {
            for (int j = 0; j < 2; j++) {
                padded[kc * 49 + i * 7 + j] = 0.0f;
            }
        }
        for (int i = 2; i < 5; i++) {
            for (int j = 2; j < 5; j++) {
                padded[kc * 49 + i * 7 + j] = weight[kc * 9 + (i - 2) * 3 + j - 2];
            }
        }
        for (int i = 2; i < 5; i++) {
            for (int j = 5; j < 7; j++) {
                padded[kc * 49 + i * 7 + j] = 0.0f;
            }
        }
        for (int i = 5; i < 7; i++) {
            for (int j = 0; j < 7; j++) {
                padded[kc * 49 + i * 7 + j] = 0.0f;
            }
        }
    }
}

/* norm2: gradient of batchnorm
   (68) d.norm2.z[b, c, p, q] = sum[i, j, k](d.conv3[b, i, j, k] * conv3.weight[i, c, p + 1 - j, q + 1 - k]) * (norm2[b, c, p, q] > 0)
*/
static void d_z_32_4_4_32_4_4(
    real *restrict norm2,        /* [B, 32, 4, 4] */
    const real *restrict norm3,  /* [B, 32, 4, 4] */
    const real *restrict padded, /* [32, 32, 7, 7] */
    int batch)
{
    for (int i_block = 0; i_block < batch; i_block += 3 * TILE_ROWS) {
        const int i_end = batch - i_block < 3 * TILE_ROWS ? batch : i_block + 3 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 512; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply_along(tile, panel, fresh, rows, columns, 512, 512,
                               norm3 + i_tile * 512, (walk){3, {32, 4, 4}, {16, 4, 1}},
                               padded + 3 * 7 + 3, (walk){3, {32, 4, 4}, {1568, -7, -1}},
                               j_tile, (walk){3, {32, 4, 4}, {49, 7, 1}});
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int line = j_tile / 4; line < (j_tile + columns + 3) / 4; line++) {
                        const int c = line / 4;
                        const int p = line % 4;
                        const int first = line * 4 < j_tile ? j_tile - line * 4 : 0;
                        const int end_2 = j_tile + columns - line * 4 < 4 ? j_tile + columns - line * 4 : 4;
                        for (int q = first; q < end_2; q++) {
                            norm2[b * 512 + c * 16 + p * 4 + q] = choose(norm2[b * 512 + c * 16 + p * 4 + q] > 0.0f, tile[r * COLUMNS + line * 4 - j_tile + q], 0.0f);
                        }
                    }
                }
            }
        }
    }
}

/* norm2: batchnorm; conv2: gradient of conv2d; norm1: gradient of batchnorm (one side of the product)
   (12) norm2.u[b, c, p, q] = conv2[b, c, p, q] - norm2.m[c]
   (15) norm2.n[b, c, p, q] = norm2.u[b, c, p, q] * norm2.r[c]
   (71) d.conv2[b, k, p, q] = norm2.r[k] * norm2.weight[k] * (16 * B * d.norm2.z[b, k, p, q] - norm2.n[b, k, p, q] * d.norm2.weight[k] - d.norm2.bias[k]) / (16 * B)
   (73) d.norm1.z[b, c, p, q] = sum[i, j, k](d.conv2[b, i, j, k] * conv2.weight[i, c, p + 1 - 2*j, q + 1 - 2*k]) * (norm1[b, c, p, q] > 0)
*/
static void batchnorm_d_conv2_d_z_32_4_4(
    real *restrict norm2,          /* [B, 32, 4, 4] */
    real *restrict d_padded,       /* [B, 32, 5, 5] */
    const real *restrict r,        /* [32] */
    const real *restrict weight,   /* [32] */
    const real *restrict d_bias,   /* [32] */
    const real *restrict d_weight, /* [32] */
    const real *restrict conv2,    /* [B, 32, 4, 4] */
    const real *restrict m,        /* [32] */
    int batch)
{
    const real scale2 = 16.0f * (real)batch;
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 32; k++) {
            const real scale = 1.0f / (16.0f * (real)batch) * r[k] * weight[k];
            for (int pq = 0; pq < 16; pq++) {
                norm2[b * 512 + k * 16 + pq] = scale * (scale2 * norm2[b * 512 + k * 16 + pq] - d_bias[k] - d_weight[k] * (r[k] * (conv2[b * 512 + k * 16 + pq] - m[k]))); /* (12) (15) (71) */
            }
            for (int i = 0; i < 4; i++) {
                for (int q = 0; q < 4; q++) {
                    d_padded[b * 800 + k * 25 + i * 5 + q] = norm2[b * 512 + k * 16 + i * 4 + q];
                }
            }
            for (int i = 0; i < 4; i++) {
                d_padded[b * 800 + k * 25 + i * 5 + 4] = 0.0f;
            }
            for (int q = 0; q < 5; q++) {
                d_padded[b * 800 + k * 25 + 4 * 5 + q] = 0.0f; /* (73) */
            }
        }
    }
}

/* conv2: gradient of conv2d
   (72) d.conv2.weight[k, c, r, s] = sum[b, i, j](d.conv2[b, k, i, j] * norm1[b, c, 2*i + r - 1, 2*j + s - 1])
*/
static void d_weight_32_16_3_3_4_4(
    real *restrict d_weight,     /* [32, 16, 3, 3] */
    const real *restrict norm2,  /* [B, 32, 4, 4] */
    const real *restrict padded, /* [B, 16, 9, 9] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 144; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 32; i_tile += TILE_ROWS) {
            const int rows = 32 - i_tile < TILE_ROWS ? 32 - i_tile : TILE_ROWS;
            const int columns = 144 - j_tile < COLUMNS ? 144 - j_tile : COLUMNS;
            multiply_along(tile, panel, fresh, rows, columns, batch * 16, 16,
                           norm2 + i_tile * 16, (walk){3, {batch, 4, 4}, {512, 4, 1}},
                           padded, (walk){3, {batch, 4, 4}, {1296, 18, 2}},
                           j_tile, (walk){3, {16, 3, 3}, {81, 9, 1}});
            fresh = 0;
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int k = i_tile + r_2;
                for (int line = j_tile / 3; line < (j_tile + columns + 2) / 3; line++) {
                    const int c = line / 3;
                    const int r = line % 3;
                    const int first = line * 3 < j_tile ? j_tile - line * 3 : 0;
                    const int end_2 = j_tile + columns - line * 3 < 3 ? j_tile + columns - line * 3 : 3;
                    for (int s = first; s < end_2; s++) {
                        d_weight[k * 144 + c * 9 + r * 3 + s] = tile[r_2 * COLUMNS + line * 3 - j_tile + s];
                    }
                }
            }
        }
    }
}

/* norm1: gradient of batchnorm (one side of the product)
   (73) d.norm1.z[b, c, p, q] = sum[i, j, k](d.conv2[b, i, j, k] * conv2.weight[i, c, p + 1 - 2*j, q + 1 - 2*k]) * (norm1[b, c, p, q] > 0)
*/
static void d_z_16_4_4_32(
    real *restrict d_z,          /* [B, 16, 8, 8] */
    const real *restrict norm1,  /* [B, 16, 8, 8] */
    const real *restrict norm2,  /* [B, 32, 4, 4] */
    const real *restrict weight, /* [32, 16, 3, 3] */
    int batch)
{
    const int width_2 = LINE_WIDTH(4, 4);
    _Alignas(BYTES) real tile[LANES + LINES_ROWS * LINES_WIDTH];
    ptrdiff_t a_term[32];
    offsets(a_term, (walk){1, {32}, {144}}, 0, 32);
    ptrdiff_t b_term[32];
    offsets(b_term, (walk){1, {32}, {16}}, 0, 32);
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int first_line = 0; first_line < 4; first_line += LINES_WIDTH / width_2) {
            const int lines = 4 - first_line < LINES_WIDTH / width_2 ? 4 - first_line : LINES_WIDTH / width_2;
            for (int i_tile = 0; i_tile < 16; i_tile += LINES_ROWS) {
                const int rows = 16 - i_tile < LINES_ROWS ? 16 - i_tile : LINES_ROWS;
                multiply_lines(tile + LANES, LINES_WIDTH, 0, 0,
                               rows, lines, 4, 4, 32,
                               weight + 1 * 3 + 1 + i_tile * 9, 9, a_term,
                               norm2 + b * 512 + first_line * 4, b_term, 512 * batch - b * 512 - first_line * 4 - 496,
                               0, 0, 0, 0);
                for (int line = 0; line < lines; line++) {
                    const int p = first_line + line;
                    for (int r = 0; r < rows; r++) {
                        const int c = i_tile + r;
                        for (int q = 0; q < 4; q++) {
                            d_z[b * 1024 + c * 64 + 2 * p * 8 + 2 * q] = choose(norm1[b * 1024 + c * 64 + 2 * p * 8 + 2 * q] > 0.0f, tile[LANES + r * LINES_WIDTH + line * width_2 + q], 0.0f);
                        }
                    }
                }
            }
        }
    }
}

/* norm1: gradient of batchnorm (one side of the product)
   (73) d.norm1.z[b, c, p, q] = sum[i, j, k](d.conv2[b, i, j, k] * conv2.weight[i, c, p + 1 - 2*j, q + 1 - 2*k]) * (norm1[b, c, p, q] > 0)
*/
static void d_z_16_4_4_32_2(
    real *restrict d_z,            /* [B, 16, 8, 8] */
    const real *restrict norm1,    /* [B, 16, 8, 8] */
    const real *restrict d_padded, /* [B, 32, 5, 5] */
    const real *restrict weight,   /* [32, 16, 3, 3] */
    int batch)
{
    const int width_2 = LINE_WIDTH(4, 5);
    _Alignas(BYTES) real tile[LANES + LINES_ROWS * LINES_WIDTH];
    ptrdiff_t a_term[64];
    offsets(a_term, (walk){2, {2, 32}, {-6, 144}}, 0, 64);
    ptrdiff_t b_term[64];
    offsets(b_term, (walk){2, {2, 32}, {5, 25}}, 0, 64);
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int first_line = 0; first_line < 4; first_line += LINES_WIDTH / width_2) {
            const int lines = 4 - first_line < LINES_WIDTH / width_2 ? 4 - first_line : LINES_WIDTH / width_2;
            for (int i_tile = 0; i_tile < 16; i_tile += LINES_ROWS) {
                const int rows = 16 - i_tile < LINES_ROWS ? 16 - i_tile : LINES_ROWS;
                multiply_lines(tile + LANES, LINES_WIDTH, 0, 0,
                               rows, lines, 4, 5, 64,
                               weight + 2 * 3 + 1 + i_tile * 9, 9, a_term,
                               d_padded + b * 800 + first_line * 5, b_term, 800 * batch - b * 800 - first_line * 5 - 780,
                               32, 2, -first_line, 4 - first_line);
                for (int line = 0; line < lines; line++) {
                    const int p = first_line + line;
                    for (int r = 0; r < rows; r++) {
                        const int c = i_tile + r;
                        for (int q = 0; q < 4; q++) {
                            d_z[b * 1024 + c * 64 + (2 * p + 1) * 8 + 2 * q] = choose(norm1[b * 1024 + c * 64 + (2 * p + 1) * 8 + 2 * q] > 0.0f, tile[LANES + r * LINES_WIDTH + line * width_2 + q], 0.0f);
                        }
                    }
                }
            }
        }
    }
}

/* norm1: gradient of batchnorm (one side of the product)
   (73) d.norm1.z[b, c, p, q] = sum[i, j, k](d.conv2[b, i, j, k] * conv2.weight[i, c, p + 1 - 2*j, q + 1 - 2*k]) * (norm1[b, c, p, q] > 0)
*/
static void d_z_16_4_4_32_2_v2(
    real *restrict d_z,            /* [B, 16, 8, 8] */
    const real *restrict norm1,    /* [B, 16, 8, 8] */
    const real *restrict d_padded, /* [B, 32, 5, 5] */
    const real *restrict weight,   /* [32, 16, 3, 3] */
    int batch)
{
    const int width_2 = LINE_WIDTH(4, 5);
    _Alignas(BYTES) real tile[LANES + LINES_ROWS * LINES_WIDTH];
    ptrdiff_t a_term[64];
    offsets(a_term, (walk){2, {32, 2}, {144, 2}}, 0, 64);
    ptrdiff_t b_term[64];
    offsets(b_term, (walk){2, {32, 2}, {25, -1}}, 0, 64);
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int first_line = 0; first_line < 4; first_line += LINES_WIDTH / width_2) {
            const int lines = 4 - first_line < LINES_WIDTH / width_2 ? 4 - first_line : LINES_WIDTH / width_2;
            for (int i_tile = 0; i_tile < 16; i_tile += LINES_ROWS) {
                const int rows = 16 - i_tile < LINES_ROWS ? 16 - i_tile : LINES_ROWS;
                multiply_lines(tile + LANES, LINES_WIDTH, 0, 0,
                               rows, lines, 4, 5, 64,
                               weight + 1 * 3 + i_tile * 9, 9, a_term,
                               d_padded + b * 800 + 1 + first_line * 5, b_term, 800 * batch - (b * 800 + 1) - first_line * 5 - 775,
                               0, 0, 0, 0);
                for (int line = 0; line < lines; line++) {
                    const int p = first_line + line;
                    for (int r = 0; r < rows; r++) {
                        const int c = i_tile + r;
                        for (int q = 0; q < 4; q++) {
                            d_z[b * 1024 + c * 64 + 2 * p * 8 + 2 * q + 1] = choose(norm1[b * 1024 + c * 64 + 2 * p * 8 + 2 * q + 1] > 0.0f, tile[LANES + r * LINES_WIDTH + line * width_2 + q], 0.0f);
                        }
                    }
                }
            }
        }
    }
}

/* norm1: gradient of batchnorm
   (73) d.norm1.z[b, c, p, q] = sum[i, j, k](d.conv2[b, i, j, k] * conv2.weight[i, c, p + 1 - 2*j, q + 1 - 2*k]) * (norm1[b, c, p, q] > 0)
*/
static void d_z_16_4_4_32_2_2(
    real *restrict d_z,            /* [B, 16, 8, 8] */
    const real *restrict norm1,    /* [B, 16, 8, 8] */
    const real *restrict d_padded, /* [B, 32, 5, 5] */
    const real *restrict weight,   /* [32, 16, 3, 3] */
    int batch)
{
    const int width_2 = LINE_WIDTH(4, 5);
    _Alignas(BYTES) real tile[LANES + LINES_ROWS * LINES_WIDTH];
    ptrdiff_t a_term[128];
    offsets(a_term, (walk){3, {2, 32, 2}, {-6, 144, 2}}, 0, 128);
    ptrdiff_t b_term[128];
    offsets(b_term, (walk){3, {2, 32, 2}, {5, 25, -1}}, 0, 128);
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int first_line = 0; first_line < 4; first_line += LINES_WIDTH / width_2) {
            const int lines = 4 - first_line < LINES_WIDTH / width_2 ? 4 - first_line : LINES_WIDTH / width_2;
            for (int i_tile = 0; i_tile < 16; i_tile += LINES_ROWS) {
                const int rows = 16 - i_tile < LINES_ROWS ? 16 - i_tile : LINES_ROWS;
                multiply_lines(tile + LANES, LINES_WIDTH, 0, 0,
                               rows, lines, 4, 5, 128,
                               weight + 2 * 3 + i_tile * 9, 9, a_term,
                               d_padded + b * 800 + 1 + first_line * 5, b_term, 800 * batch - (b * 800 + 1) - first_line * 5 - 780,
                               64, 2, -first_line, 4 - first_line);
                for (int line = 0; line < lines; line++) {
                    const int p = first_line + line;
                    for (int r = 0; r < rows; r++) {
                        const int c = i_tile + r;
                        for (int q = 0; q < 4; q++) {
                            d_z[b * 1024 + c * 64 + (2 * p + 1) * 8 + 2 * q + 1] = choose(norm1[b * 1024 + c * 64 + (2 * p + 1) * 8 + 2 * q + 1] > 0.0f, tile[LANES + r * LINES_WIDTH + line * width_2 + q], 0.0f);
                        }
                    }
                }
            }
        }
    }
}

/* norm1: batchnorm, gradient of batchnorm
   (3) norm1.u[b, c, p, q] = conv1[b, c, p, q] - norm1.m[c]
   (6) norm1.n[b, c, p, q] = norm1.u[b, c, p, q] * norm1.r[c]
   (74) d.norm1.weight[c] = sum[b, i, j](d.norm1.z[b, c, i, j] * norm1.n[b, c, i, j])
*/
static void batchnorm_d_weight_16_8_8(
    real *restrict d_weight,    /* [16] */
    const real *restrict d_z,   /* [B, 16, 8, 8] */
    const real *restrict r,     /* [16] */
    const real *restrict conv1, /* [B, 16, 8, 8] */
    const real *restrict m,     /* [16] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int c = 0; c < 16; c++) {
        real parts[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int pq_first = 0; pq_first < 64; pq_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int pq = pq_first + part;
                    parts[part] += d_z[b * 1024 + c * 64 + pq] * (r[c] * (conv1[b * 1024 + c * 64 + pq] - m[c]));
                }
            }
        }
        const real sum = sum_of(parts);
        d_weight[c] = sum;
    }
}

/* norm1: gradient of batchnorm
   (75) d.norm1.bias[c] = sum[b, i, j](d.norm1.z[b, c, i, j])
*/
static void d_bias_16_8_8(
    real *restrict d_bias,    /* [16] */
    const real *restrict d_z, /* [B, 16, 8, 8] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int c = 0; c < 16; c++) {
        real parts[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int pq_first = 0; pq_first < 64; pq_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int pq = pq_first + part;
                    parts[part] += d_z[b * 1024 + c * 64 + pq];
                }
            }
        }
        const real sum = sum_of(parts);
        d_bias[c] = sum;
    }
}

/* norm1: batchnorm; conv1: gradient of conv2d
   (3) norm1.u[b, c, p, q] = conv1[b, c, p, q] - norm1.m[c]
   (6) norm1.n[b, c, p, q] = norm1.u[b, c, p, q] * norm1.r[c]
   (76) d.conv1[b, k, p, q] = norm1.r[k] * norm1.weight[k] * (64 * B * d.norm1.z[b, k, p, q] - norm1.n[b, k, p, q] * d.norm1.weight[k] - d.norm1.bias[k]) / (64 * B)
*/
static void batchnorm_d_conv1_16_8_8(
    real *restrict conv1,          /* [B, 16, 8, 8] */
    const real *restrict r,        /* [16] */
    const real *restrict weight,   /* [16] */
    const real *restrict d_z,      /* [B, 16, 8, 8] */
    const real *restrict d_bias,   /* [16] */
    const real *restrict d_weight, /* [16] */
    const real *restrict m,        /* [16] */
    int batch)
{
    const real scale2 = 64.0f * (real)batch;
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 16; k++) {
            const real scale = 1.0f / (64.0f * (real)batch) * r[k] * weight[k];
            for (int pq = 0; pq < 64; pq++) {
                conv1[b * 1024 + k * 64 + pq] = scale * (scale2 * d_z[b * 1024 + k * 64 + pq] - d_bias[k] - d_weight[k] * (r[k] * (conv1[b * 1024 + k * 64 + pq] - m[k])));
            }
        }
    }
}

/* conv1: gradient of conv2d
   (77) d.conv1.weight[k, c, r, s] = sum[b, i, j](d.conv1[b, k, i, j] * x[b, c, r + i - 1, s + j - 1])
*/
static void d_weight_16_1_3_3_8_8(
    real *restrict d_weight,     /* [16, 1, 3, 3] */
    const real *restrict conv1,  /* [B, 16, 8, 8] */
    const real *restrict padded, /* [B, 1, 10, 10] */
    int batch)
{
    for (int j_tile = 0; j_tile < 9; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 16; i_tile += TILE_ROWS) {
            const int rows = 16 - i_tile < TILE_ROWS ? 16 - i_tile : TILE_ROWS;
            const int columns = 9 - j_tile < COLUMNS ? 9 - j_tile : COLUMNS;
            multiply_along(tile, panel, fresh, rows, columns, batch * 64, 64,
                           conv1 + i_tile * 64, (walk){3, {batch, 8, 8}, {1024, 8, 1}},
                           padded, (walk){3, {batch, 8, 8}, {100, 10, 1}},
                           j_tile, (walk){3, {1, 3, 3}, {100, 10, 1}});
            fresh = 0;
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int k = i_tile + r_2;
                for (int line = j_tile / 3; line < (j_tile + columns + 2) / 3; line++) {
                    const int c = line / 3;
                    const int r = line % 3;
                    const int first = line * 3 < j_tile ? j_tile - line * 3 : 0;
                    const int end_2 = j_tile + columns - line * 3 < 3 ? j_tile + columns - line * 3 : 3;
                    for (int s = first; s < end_2; s++) {
                        d_weight[k * 9 + c * 9 + r * 3 + s] = tile[r_2 * COLUMNS + line * 3 - j_tile + s];
                    }
                }
            }
        }
    }
}

/* norm1: batchnorm; conv1: gradient of conv2d (one side of the product)
   (3) norm1.u[b, c, p, q] = conv1[b, c, p, q] - norm1.m[c]
   (6) norm1.n[b, c, p, q] = norm1.u[b, c, p, q] * norm1.r[c]
   (76) d.conv1[b, k, p, q] = norm1.r[k] * norm1.weight[k] * (64 * B * d.norm1.z[b, k, p, q] - norm1.n[b, k, p, q] * d.norm1.weight[k] - d.norm1.bias[k]) / (64 * B)
   (78) d.x[b, c, p, q] = sum[i, j, k](d.conv1[b, i, j, k] * conv1.weight[i, c, p + 1 - j, q + 1 - k])
*/
static void batchnorm_d_conv1_d_x_16_8_8(
    real *restrict conv1,          /* [B, 16, 8, 8] */
    real *restrict d_padded,       /* [B, 16, 10, 10] */
    const real *restrict r,        /* [16] */
    const real *restrict weight,   /* [16] */
    const real *restrict d_z,      /* [B, 16, 8, 8] */
    const real *restrict d_bias,   /* [16] */
    const real *restrict d_weight, /* [16] */
    const real *restrict m,        /* [16] */
    int batch)
{
    const real scale2 = 64.0f * (real)batch;
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 16; k++) {
            const real scale = 1.0f / (64.0f * (real)batch) * r[k] * weight[k];
            for (int pq = 0; pq < 64; pq++) {
                conv1[b * 1024 + k * 64 + pq] = scale * (scale2 * d_z[b * 1024 + k * 64 + pq] - d_bias[k] - d_weight[k] * (r[k] * (conv1[b * 1024 + k * 64 + pq] - m[k]))); /* (3) (6) (76) */
            }
            for (int j = 0; j < 10; j++) {
                d_padded[b * 1600 + k * 100 + j] = 0.0f;
            }
            for (int i = 1; i < 9; i++) {
                d_padded[b * 1600 + k * 100 + i * 10] = 0.0f;
            }
            for (int i = 1; i < 9; i++) {
                for (int j = 1; j < 9; j++) {
                    d_padded[b * 1600 + k * 100 + i * 10 + j] = conv1[b * 1024 + k * 64 + (i - 1) * 8 + j - 1];
                }
            }
            for (int i = 1; i < 9; i++) {
                d_padded[b * 1600 + k * 100 + i * 10 + 9] = 0.0f;
            }
            for (int j = 0; j < 10; j++) {
                d_padded[b * 1600 + k * 100 + 9 * 10 + j] = 0.0f; /* (78) */
            }
        }
    }
}

/* conv1: gradient of conv2d
   (78) d.x[b, c, p, q] = sum[i, j, k](d.conv1[b, i, j, k] * conv1.weight[i, c, p + 1 - j, q + 1 - k])
*/
static void d_x_1_8_8_16_3_3(
    real *restrict d_x,            /* [B, 1, 8, 8] */
    const real *restrict d_padded, /* [B, 16, 10, 10] */
    const real *restrict weight,   /* [16, 1, 3, 3] */
    int batch)
{
    const int width_2 = LINE_WIDTH(8, 10);
    _Alignas(BYTES) real tile[LANES + LINES_ROWS * LINES_WIDTH];
    ptrdiff_t a_term[144];
    offsets(a_term, (walk){3, {3, 16, 3}, {-3, 9, 1}}, 0, 144);
    ptrdiff_t b_term[144];
    offsets(b_term, (walk){3, {3, 16, 3}, {10, 100, -1}}, 0, 144);
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int first_line = 0; first_line < 8; first_line += LINES_WIDTH / width_2) {
            const int lines = 8 - first_line < LINES_WIDTH / width_2 ? 8 - first_line : LINES_WIDTH / width_2;
            for (int i_tile = 0; i_tile < 1; i_tile += LINES_ROWS) {
                const int rows = 1 - i_tile < LINES_ROWS ? 1 - i_tile : LINES_ROWS;
                multiply_lines(tile + LANES, LINES_WIDTH, 0, 0,
                               rows, lines, 8, 10, 144,
                               weight + 2 * 3 + i_tile * 9, 9, a_term,
                               d_padded + b * 1600 + 2 + first_line * 10, b_term, 1600 * batch - (b * 1600 + 2) - first_line * 10 - 1520,
                               48, 3, 1 - first_line, 9 - first_line);
                for (int line = 0; line < lines; line++) {
                    const int p = first_line + line;
                    for (int r = 0; r < rows; r++) {
                        const int c = i_tile + r;
                        for (int q = 0; q < 8; q++) {
                            d_x[b * 64 + c * 64 + p * 8 + q] = tile[LANES + r * LINES_WIDTH + line * width_2 + q];
                        }
                    }
                }
            }
        }
    }
}

/* norm1: batchnorm; norm2: batchnorm; norm3: batchnorm; optimizer: adam rate, next step
   (8) norm1.N = 64 * B
   (17) norm2.N = 16 * B
   (26) norm3.N = 16 * B
   (85) optimizer.rate = lr / (1 - beta1**(1 + t))
   (86) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
   (87) t.next = 1 + t
*/
static void N_adam_rate_next_step(
    real *restrict N,
    real *restrict norm2_N,
    real *restrict norm3_N,
    double *restrict rate,
    double *restrict scale,
    double *restrict t_next,
    const double *restrict lr,
    const double *restrict beta1,
    const double *restrict t,
    const double *restrict beta2,
    int batch)
{
    *N = 64.0f * (real)batch; /* (8) */
    *norm2_N = 16.0f * (real)batch; /* (17) */
    *norm3_N = 16.0f * (real)batch; /* (26) */
    *rate = *lr / (1.0 - pow(*beta1, *t + 1.0)); /* (85) */
    *scale = 1.0 / sqrt(1.0 - pow(*beta2, *t + 1.0)); /* (86) */
    *t_next = *t + 1.0; /* (87) */
}

/* norm1: batchnorm
   (2) norm1.m[c] = sum[b, i, j](conv1[b, c, i, j]) / (64 * B)
   (3) norm1.u[b, c, p, q] = conv1[b, c, p, q] - norm1.m[c]
   (4) norm1.v[c] = sum[b, i, j](norm1.u[b, c, i, j]**2) / (64 * B)
   (5) norm1.r[c] = 1 / sqrt(norm1.v[c] + batchnorm.eps)
   (79) norm1.running_mean.next[c] = norm1.m[c] / 10 + 0.9 * norm1.running_mean[c]
   (80) norm1.running_var.next[c] = norm1.N * norm1.v[c] / (10 * max(norm1.N - 1, 1)) + 0.9 * norm1.running_var[c]
*/
static void batchnorm_16_8_8_v2(
    real *restrict m,            /* [16] */
    real *restrict r,            /* [16] */
    real *restrict running_mean, /* [16] */
    real *restrict running_var,  /* [16] */
    const real *restrict conv1,  /* [B, 16, 8, 8] */
    const real *restrict N,
    int batch)
{
    const real scale = 1.0f / (64.0f * (real)batch); /* (2) (3) (4) */
    const real scale2 = *N / (10.0f * maximum(*N - 1.0f, 1.0f)); /* (80) */
#pragma omp for schedule(static) nowait
    for (int c = 0; c < 16; c++) {
        real parts[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int pq_first = 0; pq_first < 64; pq_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int pq = pq_first + part;
                    parts[part] += conv1[b * 1024 + c * 64 + pq];
                }
            }
        }
        const real sum = sum_of(parts);
        m[c] = scale * sum; /* (2) */
        real parts_2[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int pq_first_2 = 0; pq_first_2 < 64; pq_first_2 += 16) {
                for (int part_2 = 0; part_2 < 16; part_2++) {
                    const int pq = pq_first_2 + part_2;
                    parts_2[part_2] += square(conv1[b * 1024 + c * 64 + pq] - m[c]);
                }
            }
        }
        const real sum_2 = sum_of(parts_2);
        const real v = scale * sum_2; /* (3) (4) */
        r[c] = 1.0f / sqrtf(v + 1e-05f); /* (5) */
        running_mean[c] = normal(0.1f * m[c] + 0.9f * running_mean[c]); /* (79) */
        running_var[c] = normal(0.9f * running_var[c] + scale2 * v); /* (80) */
    }
}

/* norm2: batchnorm
   (11) norm2.m[c] = sum[b, i, j](conv2[b, c, i, j]) / (16 * B)
   (12) norm2.u[b, c, p, q] = conv2[b, c, p, q] - norm2.m[c]
   (13) norm2.v[c] = sum[b, i, j](norm2.u[b, c, i, j]**2) / (16 * B)
   (14) norm2.r[c] = 1 / sqrt(norm2.v[c] + batchnorm.eps)
   (81) norm2.running_mean.next[c] = norm2.m[c] / 10 + 0.9 * norm2.running_mean[c]
   (82) norm2.running_var.next[c] = norm2.N * norm2.v[c] / (10 * max(norm2.N - 1, 1)) + 0.9 * norm2.running_var[c]
   and, in other places, (20) (21) (22) (23) (83) (84)
*/
static void batchnorm_32_4_4_v2(
    real *restrict m,            /* [32] */
    real *restrict r,            /* [32] */
    real *restrict running_mean, /* [32] */
    real *restrict running_var,  /* [32] */
    const real *restrict conv2,  /* [B, 32, 4, 4] */
    const real *restrict N,
    int batch)
{
    const real scale = 1.0f / (16.0f * (real)batch); /* (11) (12) (13) */
    const real scale2 = *N / (10.0f * maximum(*N - 1.0f, 1.0f)); /* (82) */
#pragma omp for schedule(static) nowait
    for (int c = 0; c < 32; c++) {
        real parts[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int pq = 0; pq < 16; pq++) {
                parts[pq] += conv2[b * 512 + c * 16 + pq];
            }
        }
        const real sum = sum_of(parts);
        m[c] = scale * sum; /* (11) */
        real parts_2[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int pq = 0; pq < 16; pq++) {
                parts_2[pq] += square(conv2[b * 512 + c * 16 + pq] - m[c]);
            }
        }
        const real sum_2 = sum_of(parts_2);
        const real v = scale * sum_2; /* (12) (13) */
        r[c] = 1.0f / sqrtf(v + 1e-05f); /* (14) */
        running_mean[c] = normal(0.1f * m[c] + 0.9f * running_mean[c]); /* (81) */
        running_var[c] = normal(0.9f * running_var[c] + scale2 * v); /* (82) */
    }
}

/* head: gradient of linear, adam
   (61) d.head.bias[o] = sum[b](d.head[b, o])
   (118) head.bias.m.next[o] = (1 - beta1) * d.head.bias[o] + beta1 * head.bias.m[o]
   (119) head.bias.v.next[o] = (1 - beta2) * d.head.bias[o]**2 + beta2 * head.bias.v[o]
   (120) head.bias.next[o] = head.bias[o] - optimizer.rate * head.bias.m.next[o] / (optimizer.scale * sqrt(head.bias.v.next[o]) + eps)
*/
static void d_bias_adam_10(
    real *restrict m,             /* [10] */
    real *restrict v,             /* [10] */
    real *restrict bias,          /* [10] */
    const real *restrict d_head,  /* [B, 10] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (118) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (119) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (120) */
    real sum[10] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 10; o++) {
            sum[o] += d_head[b * 10 + o];
        }
    }
    for (int o = 0; o < 10; o++) {
        const real d_bias = sum[o]; /* (61) */
        m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (118) */
        v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (119) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (120) */
    }
}

/* head: gradient of linear, adam
   (60) d.head.weight[o, i] = sum[b](d.head[b, o] * drop[b, i])
   (115) head.weight.m.next[o, i] = (1 - beta1) * d.head.weight[o, i] + beta1 * head.weight.m[o, i]
   (116) head.weight.v.next[o, i] = (1 - beta2) * d.head.weight[o, i]**2 + beta2 * head.weight.v[o, i]
   (117) head.weight.next[o, i] = head.weight[o, i] - optimizer.rate * head.weight.m.next[o, i] / (optimizer.scale * sqrt(head.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_10_32(
    real *restrict m,             /* [10, 32] */
    real *restrict v,             /* [10, 32] */
    real *restrict weight,        /* [10, 32] */
    const real *restrict d_head,  /* [B, 10] */
    const real *restrict drop,    /* [B, 32] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (115) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (116) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (117) */
    real sum[320] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 10; o++) {
            for (int i = 0; i < 32; i++) {
                sum[o * 32 + i] += d_head[b * 10 + o] * drop[b * 32 + i];
            }
        }
    }
    for (int o = 0; o < 10; o++) {
        for (int i = 0; i < 32; i++) {
            const real d_weight = sum[o * 32 + i]; /* (60) */
            m[o * 32 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 32 + i]); /* (115) */
            v[o * 32 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 32 + i]); /* (116) */
            weight[o * 32 + i] = weight[o * 32 + i] - rate_real * m[o * 32 + i] / (scale_real * sqrtf(v[o * 32 + i]) + eps_real); /* (117) */
        }
    }
}

/* norm3: gradient of batchnorm, adam
   (65) d.norm3.bias[c] = sum[b, i, j](d.norm3.z[b, c, i, j])
   (112) norm3.bias.m.next[c] = (1 - beta1) * d.norm3.bias[c] + beta1 * norm3.bias.m[c]
   (113) norm3.bias.v.next[c] = (1 - beta2) * d.norm3.bias[c]**2 + beta2 * norm3.bias.v[c]
   (114) norm3.bias.next[c] = norm3.bias[c] - optimizer.rate * norm3.bias.m.next[c] / (optimizer.scale * sqrt(norm3.bias.v.next[c]) + eps)
   and, in other places, (70) (103) (104) (105)
*/
static void d_bias_adam_32_4_4(
    real *restrict d_bias,        /* [32] */
    real *restrict m,             /* [32] */
    real *restrict v,             /* [32] */
    real *restrict bias,          /* [32] */
    const real *restrict norm3,   /* [B, 32, 4, 4] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (112) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (113) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (114) */
#pragma omp for schedule(static) nowait
    for (int c = 0; c < 32; c++) {
        real parts[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int pq = 0; pq < 16; pq++) {
                parts[pq] += norm3[b * 512 + c * 16 + pq];
            }
        }
        const real sum = sum_of(parts);
        d_bias[c] = sum; /* (65) */
        m[c] = normal(one_minus_beta1 * d_bias[c] + beta1_real * m[c]); /* (112) */
        v[c] = normal(one_minus_beta2 * square(d_bias[c]) + beta2_real * v[c]); /* (113) */
        bias[c] = bias[c] - rate_real * m[c] / (scale_real * sqrtf(v[c]) + eps_real); /* (114) */
    }
}

/* norm3: batchnorm, gradient of batchnorm, adam
   (21) norm3.u[b, c, p, q] = conv3[b, c, p, q] - norm3.m[c]
   (24) norm3.n[b, c, p, q] = norm3.u[b, c, p, q] * norm3.r[c]
   (64) d.norm3.weight[c] = sum[b, i, j](d.norm3.z[b, c, i, j] * norm3.n[b, c, i, j])
   (109) norm3.weight.m.next[c] = (1 - beta1) * d.norm3.weight[c] + beta1 * norm3.weight.m[c]
   (110) norm3.weight.v.next[c] = (1 - beta2) * d.norm3.weight[c]**2 + beta2 * norm3.weight.v[c]
   (111) norm3.weight.next[c] = norm3.weight[c] - optimizer.rate * norm3.weight.m.next[c] / (optimizer.scale * sqrt(norm3.weight.v.next[c]) + eps)
   and, in other places, (12) (15) (69) (100) (101) (102)
*/
static void batchnorm_d_weight_adam_32_4_4(
    real *restrict d_weight,      /* [32] */
    real *restrict m,             /* [32] */
    real *restrict v,             /* [32] */
    real *restrict weight_next,   /* [32] */
    const real *restrict norm3,   /* [B, 32, 4, 4] */
    const real *restrict r,       /* [32] */
    const real *restrict conv3,   /* [B, 32, 4, 4] */
    const real *restrict norm3_m, /* [32] */
    const double *restrict beta1,
    const double *restrict beta2,
    const real *restrict weight,  /* [32] */
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (109) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (110) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (111) */
#pragma omp for schedule(static) nowait
    for (int c = 0; c < 32; c++) {
        real parts[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int pq = 0; pq < 16; pq++) {
                parts[pq] += norm3[b * 512 + c * 16 + pq] * (r[c] * (conv3[b * 512 + c * 16 + pq] - norm3_m[c]));
            }
        }
        const real sum = sum_of(parts);
        d_weight[c] = sum; /* (21) (24) (64) */
        m[c] = normal(one_minus_beta1 * d_weight[c] + beta1_real * m[c]); /* (109) */
        v[c] = normal(one_minus_beta2 * square(d_weight[c]) + beta2_real * v[c]); /* (110) */
        weight_next[c] = weight[c] - rate_real * m[c] / (scale_real * sqrtf(v[c]) + eps_real); /* (111) */
    }
}

/* conv3: gradient of conv2d, adam
   (67) d.conv3.weight[k, c, r, s] = sum[b, i, j](d.conv3[b, k, i, j] * norm2[b, c, r + i - 1, s + j - 1])
   (106) conv3.weight.m.next[k, c, r, s] = (1 - beta1) * d.conv3.weight[k, c, r, s] + beta1 * conv3.weight.m[k, c, r, s]
   (107) conv3.weight.v.next[k, c, r, s] = (1 - beta2) * d.conv3.weight[k, c, r, s]**2 + beta2 * conv3.weight.v[k, c, r, s]
   (108) conv3.weight.next[k, c, r, s] = conv3.weight[k, c, r, s] - optimizer.rate * conv3.weight.m.next[k, c, r, s] / (optimizer.scale * sqrt(conv3.weight.v.next[k, c, r, s]) + eps)
*/
static void d_weight_adam_32_32_3_3_4_4(
    real *restrict m,             /* [32, 32, 3, 3] */
    real *restrict v,             /* [32, 32, 3, 3] */
    real *restrict weight,        /* [32, 32, 3, 3] */
    const real *restrict norm3,   /* [B, 32, 4, 4] */
    const real *restrict padded,  /* [B, 32, 6, 6] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (106) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (107) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (108) */
#pragma omp for schedule(static) nowait
    for (int i_tile = 0; i_tile < 32; i_tile += 16) {
        for (int j_tile = 0; j_tile < 32; j_tile += 32) {
            _Alignas(BYTES) real tile[16 * 304];
            const int rows = 32 - i_tile < 16 ? 32 - i_tile : 16;
            const int columns = 32 - j_tile < 32 ? 32 - j_tile : 32;
            multiply_spans(tile, 304, 32, rows, columns, batch, 4, 4, 4,
                           norm3 + i_tile * 16, 16, (walk){1, {batch}, {512}}, 4, 1,
                           padded + j_tile * 36, 36, (walk){1, {batch}, {1152}}, 6,
                           9, (walk){2, {3, 3}, {6, 1}}, 14,
                           3, 1, 5);
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int k = i_tile + r_2;
                for (int c = j_tile; c < j_tile + columns; c++) {
                    for (int r = 0; r < 3; r++) {
                        for (int s = 0; s < 3; s++) {
                            const real d_weight = tile[r_2 * 304 + (r * 3 + s) * 32 + c - j_tile]; /* (67) */
                            m[k * 288 + c * 9 + r * 3 + s] = normal(one_minus_beta1 * d_weight + beta1_real * m[k * 288 + c * 9 + r * 3 + s]); /* (106) */
                            v[k * 288 + c * 9 + r * 3 + s] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[k * 288 + c * 9 + r * 3 + s]); /* (107) */
                            weight[k * 288 + c * 9 + r * 3 + s] = weight[k * 288 + c * 9 + r * 3 + s] - rate_real * m[k * 288 + c * 9 + r * 3 + s] / (scale_real * sqrtf(v[k * 288 + c * 9 + r * 3 + s]) + eps_real); /* (108) */
                        }
                    }
                }
            }
        }
    }
}

/* conv2: gradient of conv2d, adam
   (72) d.conv2.weight[k, c, r, s] = sum[b, i, j](d.conv2[b, k, i, j] * norm1[b, c, 2*i + r - 1, 2*j + s - 1])
   (97) conv2.weight.m.next[k, c, r, s] = (1 - beta1) * d.conv2.weight[k, c, r, s] + beta1 * conv2.weight.m[k, c, r, s]
   (98) conv2.weight.v.next[k, c, r, s] = (1 - beta2) * d.conv2.weight[k, c, r, s]**2 + beta2 * conv2.weight.v[k, c, r, s]
   (99) conv2.weight.next[k, c, r, s] = conv2.weight[k, c, r, s] - optimizer.rate * conv2.weight.m.next[k, c, r, s] / (optimizer.scale * sqrt(conv2.weight.v.next[k, c, r, s]) + eps)
*/
static void d_weight_adam_32_16_3_3_4_4(
    real *restrict m,             /* [32, 16, 3, 3] */
    real *restrict v,             /* [32, 16, 3, 3] */
    real *restrict weight,        /* [32, 16, 3, 3] */
    const real *restrict norm2,   /* [B, 32, 4, 4] */
    const real *restrict padded,  /* [B, 16, 9, 9] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (97) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (98) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (99) */
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 144; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 32; i_tile += TILE_ROWS) {
            const int rows = 32 - i_tile < TILE_ROWS ? 32 - i_tile : TILE_ROWS;
            const int columns = 144 - j_tile < COLUMNS ? 144 - j_tile : COLUMNS;
            multiply_along(tile, panel, fresh, rows, columns, batch * 16, 16,
                           norm2 + i_tile * 16, (walk){3, {batch, 4, 4}, {512, 4, 1}},
                           padded, (walk){3, {batch, 4, 4}, {1296, 18, 2}},
                           j_tile, (walk){3, {16, 3, 3}, {81, 9, 1}});
            fresh = 0;
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int k = i_tile + r_2;
                for (int line = j_tile / 3; line < (j_tile + columns + 2) / 3; line++) {
                    const int c = line / 3;
                    const int r = line % 3;
                    const int first = line * 3 < j_tile ? j_tile - line * 3 : 0;
                    const int end_2 = j_tile + columns - line * 3 < 3 ? j_tile + columns - line * 3 : 3;
                    for (int s = first; s < end_2; s++) {
                        const real d_weight = tile[r_2 * COLUMNS + line * 3 - j_tile + s]; /* (72) */
                        m[k * 144 + c * 9 + r * 3 + s] = normal(one_minus_beta1 * d_weight + beta1_real * m[k * 144 + c * 9 + r * 3 + s]); /* (97) */
                        v[k * 144 + c * 9 + r * 3 + s] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[k * 144 + c * 9 + r * 3 + s]); /* (98) */
                        weight[k * 144 + c * 9 + r * 3 + s] = weight[k * 144 + c * 9 + r * 3 + s] - rate_real * m[k * 144 + c * 9 + r * 3 + s] / (scale_real * sqrtf(v[k * 144 + c * 9 + r * 3 + s]) + eps_real); /* (99) */
                    }
                }
            }
        }
    }
}

/* norm1: gradient of batchnorm, adam
   (75) d.norm1.bias[c] = sum[b, i, j](d.norm1.z[b, c, i, j])
   (94) norm1.bias.m.next[c] = (1 - beta1) * d.norm1.bias[c] + beta1 * norm1.bias.m[c]
   (95) norm1.bias.v.next[c] = (1 - beta2) * d.norm1.bias[c]**2 + beta2 * norm1.bias.v[c]
   (96) norm1.bias.next[c] = norm1.bias[c] - optimizer.rate * norm1.bias.m.next[c] / (optimizer.scale * sqrt(norm1.bias.v.next[c]) + eps)
*/
static void d_bias_adam_16_8_8(
    real *restrict d_bias,        /* [16] */
    real *restrict m,             /* [16] */
    real *restrict v,             /* [16] */
    real *restrict bias,          /* [16] */
    const real *restrict d_z,     /* [B, 16, 8, 8] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (94) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (95) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (96) */
#pragma omp for schedule(static) nowait
    for (int c = 0; c < 16; c++) {
        real parts[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int pq_first = 0; pq_first < 64; pq_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int pq = pq_first + part;
                    parts[part] += d_z[b * 1024 + c * 64 + pq];
                }
            }
        }
        const real sum = sum_of(parts);
        d_bias[c] = sum; /* (75) */
        m[c] = normal(one_minus_beta1 * d_bias[c] + beta1_real * m[c]); /* (94) */
        v[c] = normal(one_minus_beta2 * square(d_bias[c]) + beta2_real * v[c]); /* (95) */
        bias[c] = bias[c] - rate_real * m[c] / (scale_real * sqrtf(v[c]) + eps_real); /* (96) */
    }
}

/* norm1: batchnorm, gradient of batchnorm, adam
   (3) norm1.u[b, c, p, q] = conv1[b, c, p, q] - norm1.m[c]
   (6) norm1.n[b, c, p, q] = norm1.u[b, c, p, q] * norm1.r[c]
   (74) d.norm1.weight[c] = sum[b, i, j](d.norm1.z[b, c, i, j] * norm1.n[b, c, i, j])
   (91) norm1.weight.m.next[c] = (1 - beta1) * d.norm1.weight[c] + beta1 * norm1.weight.m[c]
   (92) norm1.weight.v.next[c] = (1 - beta2) * d.norm1.weight[c]**2 + beta2 * norm1.weight.v[c]
   (93) norm1.weight.next[c] = norm1.weight[c] - optimizer.rate * norm1.weight.m.next[c] / (optimizer.scale * sqrt(norm1.weight.v.next[c]) + eps)
*/
static void batchnorm_d_weight_adam_16_8_8(
    real *restrict d_weight,      /* [16] */
    real *restrict m,             /* [16] */
    real *restrict v,             /* [16] */
    real *restrict weight_next,   /* [16] */
    const real *restrict d_z,     /* [B, 16, 8, 8] */
    const real *restrict r,       /* [16] */
    const real *restrict conv1,   /* [B, 16, 8, 8] */
    const real *restrict norm1_m, /* [16] */
    const double *restrict beta1,
    const double *restrict beta2,
    const real *restrict weight,  /* [16] */
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (91) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (92) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (93) */
#pragma omp for schedule(static) nowait
    for (int c = 0; c < 16; c++) {
        real parts[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int pq_first = 0; pq_first < 64; pq_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int pq = pq_first + part;
                    parts[part] += d_z[b * 1024 + c * 64 + pq] * (r[c] * (conv1[b * 1024 + c * 64 + pq] - norm1_m[c]));
                }
            }
        }
        const real sum = sum_of(parts);
        d_weight[c] = sum; /* (3) (6) (74) */
        m[c] = normal(one_minus_beta1 * d_weight[c] + beta1_real * m[c]); /* (91) */
        v[c] = normal(one_minus_beta2 * square(d_weight[c]) + beta2_real * v[c]); /* (92) */
        weight_next[c] = weight[c] - rate_real * m[c] / (scale_real * sqrtf(v[c]) + eps_real); /* (93) */
    }
}

/* conv1: gradient of conv2d, adam
   (77) d.conv1.weight[k, c, r, s] = sum[b, i, j](d.conv1[b, k, i, j] * x[b, c, r + i - 1, s + j - 1])
   (88) conv1.weight.m.next[k, c, r, s] = (1 - beta1) * d.conv1.weight[k, c, r, s] + beta1 * conv1.weight.m[k, c, r, s]
   (89) conv1.weight.v.next[k, c, r, s] = (1 - beta2) * d.conv1.weight[k, c, r, s]**2 + beta2 * conv1.weight.v[k, c, r, s]
   (90) conv1.weight.next[k, c, r, s] = conv1.weight[k, c, r, s] - optimizer.rate * conv1.weight.m.next[k, c, r, s] / (optimizer.scale * sqrt(conv1.weight.v.next[k, c, r, s]) + eps)
*/
static void d_weight_adam_16_1_3_3_8_8(
    real *restrict m,             /* [16, 1, 3, 3] */
    real *restrict v,             /* [16, 1, 3, 3] */
    real *restrict weight,        /* [16, 1, 3, 3] */
    const real *restrict conv1,   /* [B, 16, 8, 8] */
    const real *restrict padded,  /* [B, 1, 10, 10] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (88) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (89) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (90) */
    for (int j_tile = 0; j_tile < 9; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 16; i_tile += TILE_ROWS) {
            const int rows = 16 - i_tile < TILE_ROWS ? 16 - i_tile : TILE_ROWS;
            const int columns = 9 - j_tile < COLUMNS ? 9 - j_tile : COLUMNS;
            multiply_along(tile, panel, fresh, rows, columns, batch * 64, 64,
                           conv1 + i_tile * 64, (walk){3, {batch, 8, 8}, {1024, 8, 1}},
                           padded, (walk){3, {batch, 8, 8}, {100, 10, 1}},
                           j_tile, (walk){3, {1, 3, 3}, {100, 10, 1}});
            fresh = 0;
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int k = i_tile + r_2;
                for (int line = j_tile / 3; line < (j_tile + columns + 2) / 3; line++) {
                    const int c = line / 3;
                    const int r = line % 3;
                    const int first = line * 3 < j_tile ? j_tile - line * 3 : 0;
                    const int end_2 = j_tile + columns - line * 3 < 3 ? j_tile + columns - line * 3 : 3;
                    for (int s = first; s < end_2; s++) {
                        const real d_weight = tile[r_2 * COLUMNS + line * 3 - j_tile + s]; /* (77) */
                        m[k * 9 + c * 9 + r * 3 + s] = normal(one_minus_beta1 * d_weight + beta1_real * m[k * 9 + c * 9 + r * 3 + s]); /* (88) */
                        v[k * 9 + c * 9 + r * 3 + s] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[k * 9 + c * 9 + r * 3 + s]); /* (89) */
                        weight[k * 9 + c * 9 + r * 3 + s] = weight[k * 9 + c * 9 + r * 3 + s] - rate_real * m[k * 9 + c * 9 + r * 3 + s] / (scale_real * sqrtf(v[k * 9 + c * 9 + r * 3 + s]) + eps_real); /* (90) */
                    }
                }
            }
        }
    }
}

/* copy
   for (87)
*/
static void copy(
    double *restrict t,
    const double *restrict t_next)
{
    *t = *t_next;
}

/* copy
   for (93)
*/
static void copy_16(
    real *restrict weight,            /* [16] */
    const real *restrict weight_next) /* [16] */
{
    for (int c = 0; c < 16; c++) {
        weight[c] = weight_next[c];
    }
}

/* copy
   for (102), (111)
*/
static void copy_32(
    real *restrict weight,            /* [32] */
    const real *restrict weight_next) /* [32] */
{
    for (int c = 0; c < 32; c++) {
        weight[c] = weight_next[c];
    }
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_forward(const batchnorm_cnn_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 50384;
    real *const x_padded = linear_part;
    real *const norm1_u_inference = linear_part + 1296 * capacity;
    real *const norm1_r_inference = fixed;
    real *const norm1_inference = linear_part + 2320 * capacity;
    real *const norm1_inference_padded = linear_part;
    real *const norm2_u_inference = linear_part + 1296 * capacity;
    real *const norm2_r_inference = fixed;
    real *const norm2_inference = linear_part + 1808 * capacity;
    real *const norm2_inference_padded = linear_part;
    real *const norm3_u_inference = linear_part + 1152 * capacity;
    real *const norm3_r_inference = fixed;
    real *const norm3_inference = linear_part;
    real *const pool_inference = linear_part + 512 * capacity;
    real *const head_inference = linear_part;

    /* (1) */
#pragma omp master
    conv2d_1_1_10(x_padded, net->in_x, batch);
#pragma omp barrier
    /* (1) (36) */
    conv2d_batchnorm_16_8_8_1_3_3(norm1_u_inference, x_padded, net->parameters + conv1_weight,
                                  net->states + norm1_running_mean, batch);
    /* (37) */
#pragma omp master
    batchnorm_16(norm1_r_inference, net->states + norm1_running_var);
#pragma omp barrier
    /* (38) (39) (40) (41) */
    batchnorm_relu_conv2d_16_8_8(norm1_inference, norm1_inference_padded, norm1_r_inference, norm1_u_inference,
                                 net->parameters + norm1_weight, net->parameters + norm1_bias, batch);
#pragma omp barrier
    /* (41) (42) */
    conv2d_batchnorm_32_4_4_16_3_3(norm2_u_inference, norm1_inference_padded, net->parameters + conv2_weight,
                                   net->states + norm2_running_mean, batch);
    /* (43) */
#pragma omp master
    batchnorm_32(norm2_r_inference, net->states + norm2_running_var);
#pragma omp barrier
    /* (44) (45) (46) (47) */
    batchnorm_relu_conv2d_32_4_4(norm2_inference, norm2_inference_padded, norm2_r_inference, norm2_u_inference,
                                 net->parameters + norm2_weight, net->parameters + norm2_bias, batch);
#pragma omp barrier
    /* (47) (48) */
    conv2d_batchnorm_32_4_4_32_3_3(norm3_u_inference, norm2_inference_padded, net->parameters + conv3_weight,
                                   net->states + norm3_running_mean, batch);
    /* (49) */
#pragma omp master
    batchnorm_32(norm3_r_inference, net->states + norm3_running_var);
#pragma omp barrier
    /* (50) (51) (52) (53) */
    batchnorm_relu_global_avgpool2d_32_4_4(norm3_inference, pool_inference, norm3_r_inference, norm3_u_inference,
                                           net->parameters + norm3_weight, net->parameters + norm3_bias, batch);
#pragma omp barrier
    /* (54) */
#pragma omp master
    linear_10_32(head_inference, pool_inference, net->parameters + head_weight, net->parameters + head_bias, batch);
}

double batchnorm_cnn_forward(const batchnorm_cnn_network *net)
{
    if (net->threads > 1 && net->batch >= 16) {
#pragma omp parallel num_threads(net->threads)
        share_of_forward(net);
    } else
        share_of_forward(net);
    return 0;
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_loss(const batchnorm_cnn_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 50384;
    real *const x_padded = linear_part;
    real *const norm1_u_inference = linear_part + 1296 * capacity;
    real *const norm1_r_inference = fixed;
    real *const norm1_inference = linear_part + 2320 * capacity;
    real *const norm1_inference_padded = linear_part;
    real *const norm2_u_inference = linear_part + 1296 * capacity;
    real *const norm2_r_inference = fixed;
    real *const norm2_inference = linear_part + 1808 * capacity;
    real *const norm2_inference_padded = linear_part;
    real *const norm3_u_inference = linear_part + 1152 * capacity;
    real *const norm3_r_inference = fixed;
    real *const norm3_inference = linear_part;
    real *const pool_inference = linear_part + 512 * capacity;
    real *const head_inference = linear_part;
    real *const loss_m2 = linear_part + 33 * capacity;
    real *const loss_e_inference = linear_part + 16 * capacity;
    real *const loss_S_inference = linear_part + 32 * capacity;
    real *const loss_inference = fixed;

    /* (1) */
#pragma omp master
    conv2d_1_1_10(x_padded, net->in_x, batch);
#pragma omp barrier
    /* (1) (36) */
    conv2d_batchnorm_16_8_8_1_3_3(norm1_u_inference, x_padded, net->parameters + conv1_weight,
                                  net->states + norm1_running_mean, batch);
    /* (37) */
#pragma omp master
    batchnorm_16(norm1_r_inference, net->states + norm1_running_var);
#pragma omp barrier
    /* (38) (39) (40) (41) */
    batchnorm_relu_conv2d_16_8_8(norm1_inference, norm1_inference_padded, norm1_r_inference, norm1_u_inference,
                                 net->parameters + norm1_weight, net->parameters + norm1_bias, batch);
#pragma omp barrier
    /* (41) (42) */
    conv2d_batchnorm_32_4_4_16_3_3(norm2_u_inference, norm1_inference_padded, net->parameters + conv2_weight,
                                   net->states + norm2_running_mean, batch);
    /* (43) */
#pragma omp master
    batchnorm_32(norm2_r_inference, net->states + norm2_running_var);
#pragma omp barrier
    /* (44) (45) (46) (47) */
    batchnorm_relu_conv2d_32_4_4(norm2_inference, norm2_inference_padded, norm2_r_inference, norm2_u_inference,
                                 net->parameters + norm2_weight, net->parameters + norm2_bias, batch);
#pragma omp barrier
    /* (47) (48) */
    conv2d_batchnorm_32_4_4_32_3_3(norm3_u_inference, norm2_inference_padded, net->parameters + conv3_weight,
                                   net->states + norm3_running_mean, batch);
    /* (49) */
#pragma omp master
    batchnorm_32(norm3_r_inference, net->states + norm3_running_var);
#pragma omp barrier
    /* (50) (51) (52) (53) */
    batchnorm_relu_global_avgpool2d_32_4_4(norm3_inference, pool_inference, norm3_r_inference, norm3_u_inference,
                                           net->parameters + norm3_weight, net->parameters + norm3_bias, batch);
#pragma omp barrier
    /* (54) */
#pragma omp master
    linear_10_32(head_inference, pool_inference, net->parameters + head_weight, net->parameters + head_bias, batch);
    /* (55) (56) (57) */
#pragma omp master
    cross_entropy_10(loss_m2, loss_e_inference, loss_S_inference, head_inference, batch);
    /* (58) */
#pragma omp master
    loss(loss_inference, loss_m2, head_inference, net->in_label, loss_S_inference, batch);
}

double batchnorm_cnn_loss(const batchnorm_cnn_network *net)
{
    if (net->threads > 1 && net->batch >= 16) {
#pragma omp parallel num_threads(net->threads)
        share_of_loss(net);
    } else
        share_of_loss(net);
    return (double)net->workspace[0];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_gradients(const batchnorm_cnn_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 50384;
    real *const x_padded = linear_part + 6544 * capacity;
    real *const conv1 = linear_part + 2448 * capacity;
    real *const norm1_m = fixed + 50240;
    real *const norm1_r = fixed + 50256;
    real *const norm1 = linear_part + 3472 * capacity;
    real *const norm1_padded = linear_part;
    real *const conv2 = linear_part + 4496 * capacity;
    real *const norm2_m = fixed + 50176;
    real *const norm2_r = fixed + 50208;
    real *const norm2 = linear_part + 5008 * capacity;
    real *const norm2_padded = linear_part + 1296 * capacity;
    real *const conv3 = linear_part + 6032 * capacity;
    real *const norm3_m = fixed;
    real *const norm3_r = fixed + 32;
    real *const norm3 = linear_part + 5520 * capacity;
    real *const drop = linear_part + 6656 * capacity;
    real *const head = linear_part + 6704 * capacity;
    real *const loss_m = linear_part + 6737 * capacity;
    real *const loss_e = linear_part + 6720 * capacity;
    real *const loss_S = linear_part + 6736 * capacity;
    real *const d_head = linear_part + 6688 * capacity;
    real *const loss_2 = fixed + 50272;
    real *const norm3_r2 = linear_part + 6656 * capacity;
    real *const conv3_weight_padded = fixed;
    real *const d_conv2_padded = linear_part + 1296 * capacity;
    real *const d_norm1_z = linear_part;

    /* (1) */
#pragma omp master
    conv2d_1_1_10(x_padded, net->in_x, batch);
#pragma omp barrier
    /* (1) */
    conv2d_16_8_8_1_3_3(conv1, x_padded, net->parameters + conv1_weight, batch);
#pragma omp barrier
    /* (2) (3) (4) (5) */
    batchnorm_16_8_8(norm1_m, norm1_r, conv1, batch);
#pragma omp barrier
    /* (3) (6) (7) (9) (10) */
    batchnorm_relu_conv2d_16_8_8_v2(norm1, norm1_padded, net->parameters + norm1_weight, norm1_r, conv1, norm1_m,
                                    net->parameters + norm1_bias, batch);
#pragma omp barrier
    /* (10) */
    conv2d_32_4_4_16_3_3(conv2, norm1_padded, net->parameters + conv2_weight, batch);
#pragma omp barrier
    /* (11) (12) (13) (14) */
    batchnorm_32_4_4(norm2_m, norm2_r, conv2, batch);
#pragma omp barrier
    /* (12) (15) (16) (18) (19) */
    batchnorm_relu_conv2d_32_4_4_v2(norm2, norm2_padded, net->parameters + norm2_weight, norm2_r, conv2, norm2_m,
                                    net->parameters + norm2_bias, batch);
    /* (19) */
    conv2d_32_4_4_32_3_3(conv3, norm2_padded, net->parameters + conv3_weight, batch);
#pragma omp barrier
    /* (20) (21) (22) (23) */
    batchnorm_32_4_4(norm3_m, norm3_r, conv3, batch);
#pragma omp barrier
    /* (21) (24) (25) (27) (28) (29) */
    batchnorm_relu_global_avgpool2d_dropout_32_4_4(norm3, drop, net->parameters + norm3_weight, norm3_r, conv3,
                                                   norm3_m, net->parameters + norm3_bias, net->settings + seed,
                                                   net->counters + t, batch);
#pragma omp barrier
    /* (30) */
#pragma omp master
    linear_10_32(head, drop, net->parameters + head_weight, net->parameters + head_bias, batch);
    /* (31) (32) (33) (34) (59) */
#pragma omp master
    cross_entropy_d_head_10(loss_m, loss_e, loss_S, d_head, head, net->in_label, batch);
    /* (60) */
#pragma omp master
    d_weight_10_32(net->gradients + d_head_weight, d_head, drop, batch);
    /* (35) */
#pragma omp master
    loss(loss_2, loss_m, head, net->in_label, loss_S, batch);
    /* (61) */
#pragma omp master
    d_bias_10(net->gradients + d_head_bias, d_head, batch);
    /* (62) */
#pragma omp master
    r2_32_10(norm3_r2, d_head, net->parameters + head_weight, batch);
#pragma omp barrier
    /* (63) */
    d_z_32_4_4(norm3, net->settings + seed, net->counters + t, norm3_r2, batch);
#pragma omp barrier
    /* (21) (24) (64) */
    batchnorm_d_weight_32_4_4(net->gradients + d_norm3_weight, norm3, norm3_r, conv3, norm3_m, batch);
    /* (65) */
    d_bias_32_4_4(net->gradients + d_norm3_bias, norm3, batch);
#pragma omp barrier
    /* (21) (24) (66) */
    batchnorm_d_conv3_32_4_4(norm3, norm3_r, net->parameters + norm3_weight, net->gradients + d_norm3_bias,
                             net->gradients + d_norm3_weight, conv3, norm3_m, batch);
#pragma omp barrier
    /* (67) */
    d_weight_32_32_3_3_4_4(net->gradients + d_conv3_weight, norm3, norm2_padded, batch);
    /* (68) */
    d_z_32_32_2_7(conv3_weight_padded, net->parameters + conv3_weight);
#pragma omp barrier
    /* (68) */
    d_z_32_4_4_32_4_4(norm2, norm3, conv3_weight_padded, batch);
#pragma omp barrier
    /* (12) (15) (69) */
    batchnorm_d_weight_32_4_4(net->gradients + d_norm2_weight, norm2, norm2_r, conv2, norm2_m, batch);
    /* (70) */
    d_bias_32_4_4(net->gradients + d_norm2_bias, norm2, batch);
#pragma omp barrier
    /* (12) (15) (71) (73) */
    batchnorm_d_conv2_d_z_32_4_4(norm2, d_conv2_padded, norm2_r, net->parameters + norm2_weight,
                                 net->gradients + d_norm2_bias, net->gradients + d_norm2_weight, conv2, norm2_m,
                                 batch);
#pragma omp barrier
    /* (72) */
    d_weight_32_16_3_3_4_4(net->gradients + d_conv2_weight, norm2, norm1_padded, batch);
#pragma omp barrier
    /* (73) */
    d_z_16_4_4_32(d_norm1_z, norm1, norm2, net->parameters + conv2_weight, batch);
    /* (73) */
    d_z_16_4_4_32_2(d_norm1_z, norm1, d_conv2_padded, net->parameters + conv2_weight, batch);
    /* (73) */
    d_z_16_4_4_32_2_v2(d_norm1_z, norm1, d_conv2_padded, net->parameters + conv2_weight, batch);
    /* (73) */
    d_z_16_4_4_32_2_2(d_norm1_z, norm1, d_conv2_padded, net->parameters + conv2_weight, batch);
#pragma omp barrier
    /* (3) (6) (74) */
    batchnorm_d_weight_16_8_8(net->gradients + d_norm1_weight, d_norm1_z, norm1_r, conv1, norm1_m, batch);
    /* (75) */
    d_bias_16_8_8(net->gradients + d_norm1_bias, d_norm1_z, batch);
#pragma omp barrier
    /* (3) (6) (76) */
    batchnorm_d_conv1_16_8_8(conv1, norm1_r, net->parameters + norm1_weight, d_norm1_z,
                             net->gradients + d_norm1_bias, net->gradients + d_norm1_weight, norm1_m, batch);
#pragma omp barrier
    /* (77) */
#pragma omp master
    d_weight_16_1_3_3_8_8(net->gradients + d_conv1_weight, conv1, x_padded, batch);
}

double batchnorm_cnn_gradients(const batchnorm_cnn_network *net)
{
    if (net->threads > 1 && net->batch >= 16) {
#pragma omp parallel num_threads(net->threads)
        share_of_gradients(net);
    } else
        share_of_gradients(net);
    return (double)net->workspace[50272];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_input_gradients(const batchnorm_cnn_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 50384;
    real *const x_padded = linear_part + 6544 * capacity;
    real *const conv1 = linear_part + 2448 * capacity;
    real *const norm1_m = fixed + 50240;
    real *const norm1_r = fixed + 50256;
    real *const norm1 = linear_part + 3472 * capacity;
    real *const norm1_padded = linear_part;
    real *const conv2 = linear_part + 4496 * capacity;
    real *const norm2_m = fixed + 50176;
    real *const norm2_r = fixed + 50208;
    real *const norm2 = linear_part + 5520 * capacity;
    real *const norm2_padded = linear_part + 1296 * capacity;
    real *const conv3 = linear_part + 6032 * capacity;
    real *const norm3_m = fixed;
    real *const norm3_r = fixed + 32;
    real *const norm3 = linear_part + 5008 * capacity;
    real *const drop = linear_part + 6656 * capacity;
    real *const head = linear_part + 6704 * capacity;
    real *const loss_m = linear_part + 6737 * capacity;
    real *const loss_e = linear_part + 6720 * capacity;
    real *const loss_S = linear_part + 6736 * capacity;
    real *const d_head = linear_part + 6688 * capacity;
    real *const loss_2 = fixed + 50272;
    real *const norm3_r2 = linear_part + 6656 * capacity;
    real *const conv3_weight_padded = fixed;
    real *const d_conv2_padded = linear_part + 1296 * capacity;
    real *const d_norm1_z = linear_part + 4496 * capacity;
    real *const d_conv1_padded = linear_part;
    real *const d_x = linear_part + 1600 * capacity;

    /* (1) */
#pragma omp master
    conv2d_1_1_10(x_padded, net->in_x, batch);
#pragma omp barrier
    /* (1) */
    conv2d_16_8_8_1_3_3(conv1, x_padded, net->parameters + conv1_weight, batch);
#pragma omp barrier
    /* (2) (3) (4) (5) */
    batchnorm_16_8_8(norm1_m, norm1_r, conv1, batch);
#pragma omp barrier
    /* (3) (6) (7) (9) (10) */
    batchnorm_relu_conv2d_16_8_8_v2(norm1, norm1_padded, net->parameters + norm1_weight, norm1_r, conv1, norm1_m,
                                    net->parameters + norm1_bias, batch);
#pragma omp barrier
    /* (10) */
    conv2d_32_4_4_16_3_3(conv2, norm1_padded, net->parameters + conv2_weight, batch);
#pragma omp barrier
    /* (11) (12) (13) (14) */
    batchnorm_32_4_4(norm2_m, norm2_r, conv2, batch);
#pragma omp barrier
    /* (12) (15) (16) (18) (19) */
    batchnorm_relu_conv2d_32_4_4_v2(norm2, norm2_padded, net->parameters + norm2_weight, norm2_r, conv2, norm2_m,
                                    net->parameters + norm2_bias, batch);
    /* (19) */
    conv2d_32_4_4_32_3_3(conv3, norm2_padded, net->parameters + conv3_weight, batch);
#pragma omp barrier
    /* (20) (21) (22) (23) */
    batchnorm_32_4_4(norm3_m, norm3_r, conv3, batch);
#pragma omp barrier
    /* (21) (24) (25) (27) (28) (29) */
    batchnorm_relu_global_avgpool2d_dropout_32_4_4(norm3, drop, net->parameters + norm3_weight, norm3_r, conv3,
                                                   norm3_m, net->parameters + norm3_bias, net->settings + seed,
                                                   net->counters + t, batch);
#pragma omp barrier
    /* (30) */
#pragma omp master
    linear_10_32(head, drop, net->parameters + head_weight, net->parameters + head_bias, batch);
    /* (31) (32) (33) (34) (59) */
#pragma omp master
    cross_entropy_d_head_10(loss_m, loss_e, loss_S, d_head, head, net->in_label, batch);
    /* (60) */
#pragma omp master
    d_weight_10_32(net->gradients + d_head_weight, d_head, drop, batch);
    /* (35) */
#pragma omp master
    loss(loss_2, loss_m, head, net->in_label, loss_S, batch);
    /* (61) */
#pragma omp master
    d_bias_10(net->gradients + d_head_bias, d_head, batch);
    /* (62) */
#pragma omp master
    r2_32_10(norm3_r2, d_head, net->parameters + head_weight, batch);
#pragma omp barrier
    /* (63) */
    d_z_32_4_4(norm3, net->settings + seed, net->counters + t, norm3_r2, batch);
#pragma omp barrier
    /* (21) (24) (64) */
    batchnorm_d_weight_32_4_4(net->gradients + d_norm3_weight, norm3, norm3_r, conv3, norm3_m, batch);
    /* (65) */
    d_bias_32_4_4(net->gradients + d_norm3_bias, norm3, batch);
#pragma omp barrier
    /* (21) (24) (66) */
    batchnorm_d_conv3_32_4_4(norm3, norm3_r, net->parameters + norm3_weight, net->gradients + d_norm3_bias,
                             net->gradients + d_norm3_weight, conv3, norm3_m, batch);
#pragma omp barrier
    /* (67) */
    d_weight_32_32_3_3_4_4(net->gradients + d_conv3_weight, norm3, norm2_padded, batch);
    /* (68) */
    d_z_32_32_2_7(conv3_weight_padded, net->parameters + conv3_weight);
#pragma omp barrier
    /* (68) */
    d_z_32_4_4_32_4_4(norm2, norm3, conv3_weight_padded, batch);
#pragma omp barrier
    /* (12) (15) (69) */
    batchnorm_d_weight_32_4_4(net->gradients + d_norm2_weight, norm2, norm2_r, conv2, norm2_m, batch);
    /* (70) */
    d_bias_32_4_4(net->gradients + d_norm2_bias, norm2, batch);
#pragma omp barrier
    /* (12) (15) (71) (73) */
    batchnorm_d_conv2_d_z_32_4_4(norm2, d_conv2_padded, norm2_r, net->parameters + norm2_weight,
                                 net->gradients + d_norm2_bias, net->gradients + d_norm2_weight, conv2, norm2_m,
                                 batch);
#pragma omp barrier
    /* (72) */
    d_weight_32_16_3_3_4_4(net->gradients + d_conv2_weight, norm2, norm1_padded, batch);
    /* (73) */
    d_z_16_4_4_32(d_norm1_z, norm1, norm2, net->parameters + conv2_weight, batch);
    /* (73) */
    d_z_16_4_4_32_2(d_norm1_z, norm1, d_conv2_padded, net->parameters + conv2_weight, batch);
    /* (73) */
    d_z_16_4_4_32_2_v2(d_norm1_z, norm1, d_conv2_padded, net->parameters + conv2_weight, batch);
    /* (73) */
    d_z_16_4_4_32_2_2(d_norm1_z, norm1, d_conv2_padded, net->parameters + conv2_weight, batch);
#pragma omp barrier
    /* (3) (6) (74) */
    batchnorm_d_weight_16_8_8(net->gradients + d_norm1_weight, d_norm1_z, norm1_r, conv1, norm1_m, batch);
    /* (75) */
    d_bias_16_8_8(net->gradients + d_norm1_bias, d_norm1_z, batch);
#pragma omp barrier
    /* (3) (6) (76) (78) */
    batchnorm_d_conv1_d_x_16_8_8(conv1, d_conv1_padded, norm1_r, net->parameters + norm1_weight, d_norm1_z,
                                 net->gradients + d_norm1_bias, net->gradients + d_norm1_weight, norm1_m, batch);
    /* (78) */
    d_x_1_8_8_16_3_3(d_x, d_conv1_padded, net->parameters + conv1_weight, batch);
#pragma omp barrier
    /* (77) */
#pragma omp master
    d_weight_16_1_3_3_8_8(net->gradients + d_conv1_weight, conv1, x_padded, batch);
}

double batchnorm_cnn_input_gradients(const batchnorm_cnn_network *net)
{
    if (net->threads > 1 && net->batch >= 16) {
#pragma omp parallel num_threads(net->threads)
        share_of_input_gradients(net);
    } else
        share_of_input_gradients(net);
    return (double)net->workspace[50272];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_step(const batchnorm_cnn_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 50384;
    real *const x_padded = linear_part + 6544 * capacity;
    real *const conv1 = linear_part;
    real *const conv3_weight_padded = fixed;
    real *const norm1_N = fixed + 50176;
    real *const norm2_N = fixed + 50241;
    real *const norm3_N = fixed + 50240;
    double *const optimizer_rate = (double *)(fixed + 50370);
    double *const optimizer_scale = (double *)(fixed + 50372);
    double *const t_next = (double *)(fixed + 50368);
    real *const norm1_m = fixed + 50336;
    real *const norm1_r = fixed + 50352;
    real *const norm1 = linear_part + 2320 * capacity;
    real *const norm1_padded = linear_part + 1024 * capacity;
    real *const conv2 = linear_part + 5008 * capacity;
    real *const norm2_m = fixed + 50176;
    real *const norm2_r = fixed + 50208;
    real *const norm2 = linear_part + 4496 * capacity;
    real *const norm2_padded = linear_part + 3344 * capacity;
    real *const conv3 = linear_part + 5520 * capacity;
    real *const norm3_m = fixed + 50272;
    real *const norm3_r = fixed + 50304;
    real *const norm3 = linear_part + 6032 * capacity;
    real *const drop = linear_part + 6656 * capacity;
    real *const head = linear_part + 6688 * capacity;
    real *const loss_m = linear_part + 6737 * capacity;
    real *const loss_e = linear_part + 6704 * capacity;
    real *const loss_S = linear_part + 6736 * capacity;
    real *const d_head = linear_part + 6720 * capacity;
    real *const loss_2 = fixed + 50374;
    real *const norm3_r2 = linear_part + 6688 * capacity;
    real *const norm3_weight_next = fixed + 50240;
    real *const norm2_weight_next = fixed;
    real *const d_conv2_padded = linear_part + 5520 * capacity;
    real *const d_norm1_z = linear_part + 3344 * capacity;
    real *const norm1_weight_next = fixed + 50272;

    /* (1) */
#pragma omp master
    conv2d_1_1_10(x_padded, net->in_x, batch);
#pragma omp barrier
    /* (1) */
    conv2d_16_8_8_1_3_3(conv1, x_padded, net->parameters + conv1_weight, batch);
    /* (68) */
    d_z_32_32_2_7(conv3_weight_padded, net->parameters + conv3_weight);
    /* (8) (17) (26) (85) (86) (87) */
#pragma omp master
    N_adam_rate_next_step(norm1_N, norm2_N, norm3_N, optimizer_rate, optimizer_scale, t_next, net->settings + lr,
                          net->settings + beta1, net->counters + t, net->settings + beta2, batch);
#pragma omp barrier
    /* (2) (3) (4) (5) (79) (80) */
    batchnorm_16_8_8_v2(norm1_m, norm1_r, net->states + norm1_running_mean, net->states + norm1_running_var, conv1,
                        norm1_N, batch);
#pragma omp barrier
    /* (3) (6) (7) (9) (10) */
    batchnorm_relu_conv2d_16_8_8_v2(norm1, norm1_padded, net->parameters + norm1_weight, norm1_r, conv1, norm1_m,
                                    net->parameters + norm1_bias, batch);
#pragma omp barrier
    /* (10) */
    conv2d_32_4_4_16_3_3(conv2, norm1_padded, net->parameters + conv2_weight, batch);
#pragma omp barrier
    /* (11) (12) (13) (14) (81) (82) */
    batchnorm_32_4_4_v2(norm2_m, norm2_r, net->states + norm2_running_mean, net->states + norm2_running_var, conv2,
                        norm2_N, batch);
#pragma omp barrier
    /* (12) (15) (16) (18) (19) */
    batchnorm_relu_conv2d_32_4_4_v2(norm2, norm2_padded, net->parameters + norm2_weight, norm2_r, conv2, norm2_m,
                                    net->parameters + norm2_bias, batch);
    /* (19) */
    conv2d_32_4_4_32_3_3(conv3, norm2_padded, net->parameters + conv3_weight, batch);
#pragma omp barrier
    /* (20) (21) (22) (23) (83) (84) */
    batchnorm_32_4_4_v2(norm3_m, norm3_r, net->states + norm3_running_mean, net->states + norm3_running_var, conv3,
                        norm3_N, batch);
#pragma omp barrier
    /* (21) (24) (25) (27) (28) (29) */
    batchnorm_relu_global_avgpool2d_dropout_32_4_4(norm3, drop, net->parameters + norm3_weight, norm3_r, conv3,
                                                   norm3_m, net->parameters + norm3_bias, net->settings + seed,
                                                   net->counters + t, batch);
#pragma omp barrier
    /* (30) */
#pragma omp master
    linear_10_32(head, drop, net->parameters + head_weight, net->parameters + head_bias, batch);
    /* (31) (32) (33) (34) (59) */
#pragma omp master
    cross_entropy_d_head_10(loss_m, loss_e, loss_S, d_head, head, net->in_label, batch);
    /* (35) */
#pragma omp master
    loss(loss_2, loss_m, head, net->in_label, loss_S, batch);
    /* (61) (118) (119) (120) */
#pragma omp master
    d_bias_adam_10(net->states + head_bias_m, net->states + head_bias_v, net->parameters + head_bias, d_head,
                   net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                   net->settings + eps, batch);
    /* (62) */
#pragma omp master
    r2_32_10(norm3_r2, d_head, net->parameters + head_weight, batch);
    /* (60) (115) (116) (117) */
#pragma omp master
    d_weight_adam_10_32(net->states + head_weight_m, net->states + head_weight_v, net->parameters + head_weight,
                        d_head, drop, net->settings + beta1, net->settings + beta2, optimizer_rate,
                        optimizer_scale, net->settings + eps, batch);
#pragma omp barrier
    /* (63) */
    d_z_32_4_4(norm3, net->settings + seed, net->counters + t, norm3_r2, batch);
#pragma omp barrier
    /* (65) (112) (113) (114) */
    d_bias_adam_32_4_4(net->gradients + d_norm3_bias, net->states + norm3_bias_m, net->states + norm3_bias_v,
                       net->parameters + norm3_bias, norm3, net->settings + beta1, net->settings + beta2,
                       optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (21) (24) (64) (109) (110) (111) */
    batchnorm_d_weight_adam_32_4_4(net->gradients + d_norm3_weight, net->states + norm3_weight_m,
                                   net->states + norm3_weight_v, norm3_weight_next, norm3, norm3_r, conv3, norm3_m,
                                   net->settings + beta1, net->settings + beta2, net->parameters + norm3_weight,
                                   optimizer_rate, optimizer_scale, net->settings + eps, batch);
#pragma omp barrier
    /* (21) (24) (66) */
    batchnorm_d_conv3_32_4_4(norm3, norm3_r, net->parameters + norm3_weight, net->gradients + d_norm3_bias,
                             net->gradients + d_norm3_weight, conv3, norm3_m, batch);
#pragma omp barrier
    /* (67) (106) (107) (108) */
    d_weight_adam_32_32_3_3_4_4(net->states + conv3_weight_m, net->states + conv3_weight_v,
                                net->parameters + conv3_weight, norm3, norm2_padded, net->settings + beta1,
                                net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (68) */
    d_z_32_4_4_32_4_4(norm2, norm3, conv3_weight_padded, batch);
#pragma omp barrier
    /* (70) (103) (104) (105) */
    d_bias_adam_32_4_4(net->gradients + d_norm2_bias, net->states + norm2_bias_m, net->states + norm2_bias_v,
                       net->parameters + norm2_bias, norm2, net->settings + beta1, net->settings + beta2,
                       optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (12) (15) (69) (100) (101) (102) */
    batchnorm_d_weight_adam_32_4_4(net->gradients + d_norm2_weight, net->states + norm2_weight_m,
                                   net->states + norm2_weight_v, norm2_weight_next, norm2, norm2_r, conv2, norm2_m,
                                   net->settings + beta1, net->settings + beta2, net->parameters + norm2_weight,
                                   optimizer_rate, optimizer_scale, net->settings + eps, batch);
#pragma omp barrier
    /* (12) (15) (71) (73) */
    batchnorm_d_conv2_d_z_32_4_4(norm2, d_conv2_padded, norm2_r, net->parameters + norm2_weight,
                                 net->gradients + d_norm2_bias, net->gradients + d_norm2_weight, conv2, norm2_m,
                                 batch);
    /* (73) */
    d_z_16_4_4_32(d_norm1_z, norm1, norm2, net->parameters + conv2_weight, batch);
    /* (73) */
    d_z_16_4_4_32_2(d_norm1_z, norm1, d_conv2_padded, net->parameters + conv2_weight, batch);
    /* (73) */
    d_z_16_4_4_32_2_v2(d_norm1_z, norm1, d_conv2_padded, net->parameters + conv2_weight, batch);
    /* (73) */
    d_z_16_4_4_32_2_2(d_norm1_z, norm1, d_conv2_padded, net->parameters + conv2_weight, batch);
#pragma omp barrier
    /* (72) (97) (98) (99) */
    d_weight_adam_32_16_3_3_4_4(net->states + conv2_weight_m, net->states + conv2_weight_v,
                                net->parameters + conv2_weight, norm2, norm1_padded, net->settings + beta1,
                                net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (75) (94) (95) (96) */
    d_bias_adam_16_8_8(net->gradients + d_norm1_bias, net->states + norm1_bias_m, net->states + norm1_bias_v,
                       net->parameters + norm1_bias, d_norm1_z, net->settings + beta1, net->settings + beta2,
                       optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (3) (6) (74) (91) (92) (93) */
    batchnorm_d_weight_adam_16_8_8(net->gradients + d_norm1_weight, net->states + norm1_weight_m,
                                   net->states + norm1_weight_v, norm1_weight_next, d_norm1_z, norm1_r, conv1,
                                   norm1_m, net->settings + beta1, net->settings + beta2,
                                   net->parameters + norm1_weight, optimizer_rate, optimizer_scale,
                                   net->settings + eps, batch);
#pragma omp barrier
    /* (3) (6) (76) */
    batchnorm_d_conv1_16_8_8(conv1, norm1_r, net->parameters + norm1_weight, d_norm1_z,
                             net->gradients + d_norm1_bias, net->gradients + d_norm1_weight, norm1_m, batch);
#pragma omp barrier
    /* (77) (88) (89) (90) */
#pragma omp master
    d_weight_adam_16_1_3_3_8_8(net->states + conv1_weight_m, net->states + conv1_weight_v,
                               net->parameters + conv1_weight, conv1, x_padded, net->settings + beta1,
                               net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (87) */
#pragma omp master
    copy(net->counters + t, t_next);
    /* (93) */
#pragma omp master
    copy_16(net->parameters + norm1_weight, norm1_weight_next);
    /* (102) */
#pragma omp master
    copy_32(net->parameters + norm2_weight, norm2_weight_next);
    /* (111) */
#pragma omp master
    copy_32(net->parameters + norm3_weight, norm3_weight_next);
}

double batchnorm_cnn_step(const batchnorm_cnn_network *net)
{
    if (net->threads > 1 && net->batch >= 16) {
#pragma omp parallel num_threads(net->threads)
        share_of_step(net);
    } else
        share_of_step(net);
    return (double)net->workspace[50374];
}

/* Steps of training, `count` of them, one after another.  The inputs have `batches` times net->batch rows: the steps
   take a batch after the other, the one numbered `first` to begin with, and after the last one the first again.
   Leaves the losses.  A loss that is infinite or not a number ends it.  Returns how many steps there were. */
int batchnorm_cnn_steps(const batchnorm_cnn_network *net, int first, int batches, int count, double *losses)
{
    batchnorm_cnn_network now = *net;
    for (int n = 0; n < count; n++) {
        const size_t row = (size_t)((first + n) % batches) * (size_t)net->batch;
        now.in_x = net->in_x + row * 64;
        now.in_label = net->in_label + row;
        losses[n] = batchnorm_cnn_step(&now);
        if (!isfinite(losses[n]))
            return n + 1;
    }
    return count;
}

/* denoising_autoencoder, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.
   A matrix by columns is, to functions, its transpose: what equations call [o, i] of it lies at [i, o].

   cc -O2 -std=c11 -march=native -fvect-cost-model=dynamic -fpeel-loops -ffp-contract=fast -fno-math-errno -fno-trapping-math -fopenmp -c denoising_autoencoder.c */
#include "denoising_autoencoder.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    encoder_weight = 0, /* [128, 64], by columns */
    encoder_bias = 8192, /* [128] */
    code_weight = 8320, /* [32, 128] */
    code_bias = 12416, /* [32] */
    decoder_weight = 12448, /* [128, 32] */
    decoder_bias = 16544, /* [128] */
    clean_weight = 16672, /* [64, 128] */
    clean_bias = 24864, /* [64] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_encoder_weight = 0, /* [128, 64], by columns */
    d_encoder_bias = 8192, /* [128] */
    d_code_weight = 8320, /* [32, 128] */
    d_code_bias = 12416, /* [32] */
    d_decoder_weight = 12448, /* [128, 32] */
    d_decoder_bias = 16544, /* [128] */
    d_clean_weight = 16672, /* [64, 128] */
    d_clean_bias = 24864, /* [64] */
};

/* Where tensors begin in `states`. */
enum {
    encoder_weight_m = 0, /* [128, 64], by columns */
    encoder_bias_m = 8192, /* [128] */
    code_weight_m = 8320, /* [32, 128] */
    code_bias_m = 12416, /* [32] */
    decoder_weight_m = 12448, /* [128, 32] */
    decoder_bias_m = 16544, /* [128] */
    clean_weight_m = 16672, /* [64, 128] */
    clean_bias_m = 24864, /* [64] */
    encoder_weight_v = 24928, /* [128, 64], by columns */
    encoder_bias_v = 33120, /* [128] */
    code_weight_v = 33248, /* [32, 128] */
    code_bias_v = 37344, /* [32] */
    decoder_weight_v = 37376, /* [128, 32] */
    decoder_bias_v = 41472, /* [128] */
    clean_weight_v = 41600, /* [64, 128] */
    clean_bias_v = 49792, /* [64] */
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

/* noisy: equation
   (1) noisy[b, i] = 0.3 * sqrt(2) * sqrt(-log1p(-uniform(seed, t, 3870845827, 64 * b + i))) * cos(2 * pi * uniform(seed, t, 2142321209, 64 * b + i)) + x[b, i]
*/
static void equation_64(
    real *restrict noisy,        /* [B, 64] */
    const double *restrict seed,
    const double *restrict t,
    const real *restrict x,      /* [B, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 64; i++) {
            noisy[b * 64 + i] = 0.4242640687119285f * sqrtf(-log1p_single(-uniform(*seed, *t, 3870845827.0, 64 * b + i))) * cosf(6.283185307179586f * uniform(*seed, *t, 2142321209.0, 64 * b + i)) + x[b * 64 + i];
        }
    }
}

/* encoder: linear, relu
   (2) encoder.z[b, o] = sum[i](noisy[b, i] * encoder.weight[o, i]) + encoder.bias[o]
   (3) encoder[b, o] = max(0, encoder.z[b, o])
*/
static void linear_relu_128_64(
    real *restrict encoder,      /* [B, 128] */
    const real *restrict noisy,  /* [B, 64] */
    const real *restrict weight, /* [64, 128], transposed */
    const real *restrict bias,   /* [128] */
    int batch)
{
    for (int i_block = 0; i_block < batch; i_block += 14 * TILE_ROWS) {
        const int i_end = batch - i_block < 14 * TILE_ROWS ? batch : i_block + 14 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 64,
                         noisy + i_tile * 64, 64, 1,
                         weight + j_tile, 128, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int o = j_tile + c;
                        const real z = tile[r * COLUMNS + c] + bias[o]; /* (2) */
                        encoder[b * 128 + o] = maximum(0.0f, z); /* (3) */
                    }
                }
            }
        }
    }
}

/* code: linear, relu
   (4) code.z[b, o] = sum[i](encoder[b, i] * code.weight[o, i]) + code.bias[o]
   (5) code[b, o] = max(0, code.z[b, o])
*/
static void linear_relu_32_128(
    real *restrict code,          /* [B, 32] */
    const real *restrict encoder, /* [B, 128] */
    const real *restrict weight,  /* [32, 128] */
    const real *restrict bias,    /* [32] */
    int batch)
{
    const int high = even(batch, ROWS, ROWS);
    for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 128,
                     encoder + i_tile * 128, 128, 1,
                     weight + j_tile * 128, 1, 128);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real z = tile[r * COLUMNS + c] + bias[o]; /* (4) */
                    code[b * 32 + o] = maximum(0.0f, z); /* (5) */
                }
            }
        }
    }
}

/* decoder: linear, relu
   (6) decoder.z[b, o] = sum[i](code[b, i] * decoder.weight[o, i]) + decoder.bias[o]
   (7) decoder[b, o] = max(0, decoder.z[b, o])
*/
static void linear_relu_128_32(
    real *restrict decoder,      /* [B, 128] */
    const real *restrict code,   /* [B, 32] */
    const real *restrict weight, /* [128, 32] */
    const real *restrict bias,   /* [128] */
    int batch)
{
    for (int i_block = 0; i_block < batch; i_block += 17 * TILE_ROWS) {
        const int i_end = batch - i_block < 17 * TILE_ROWS ? batch : i_block + 17 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 32,
                         code + i_tile * 32, 32, 1,
                         weight + j_tile * 32, 1, 32);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int o = j_tile + c;
                        const real z = tile[r * COLUMNS + c] + bias[o]; /* (6) */
                        decoder[b * 128 + o] = maximum(0.0f, z); /* (7) */
                    }
                }
            }
        }
    }
}

/* clean: linear, sigmoid
   (8) clean.z[b, o] = sum[i](decoder[b, i] * clean.weight[o, i]) + clean.bias[o]
   (9) clean[b, o] = sigmoid(clean.z[b, o])
*/
static void linear_sigmoid_64_128(
    real *restrict clean,         /* [B, 64] */
    const real *restrict decoder, /* [B, 128] */
    const real *restrict weight,  /* [64, 128] */
    const real *restrict bias,    /* [64] */
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
            multiply(tile, panel, fresh, rows, columns, 128,
                     decoder + i_tile * 128, 128, 1,
                     weight + j_tile * 128, 1, 128);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real z = tile[r * COLUMNS + c] + bias[o]; /* (8) */
                    clean[b * 64 + o] = sigmoid(z); /* (9) */
                }
            }
        }
    }
}

/* clean: linear, sigmoid
   (8) clean.z[b, o] = sum[i](decoder[b, i] * clean.weight[o, i]) + clean.bias[o]
   (9) clean[b, o] = sigmoid(clean.z[b, o])
   (10) clean.t[b, o] = sigmoid(-clean.z[b, o])
*/
static void linear_sigmoid_64_128_v2(
    real *restrict clean,         /* [B, 64] */
    real *restrict t,             /* [B, 64] */
    const real *restrict decoder, /* [B, 128] */
    const real *restrict weight,  /* [64, 128] */
    const real *restrict bias,    /* [64] */
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
            multiply(tile, panel, fresh, rows, columns, 128,
                     decoder + i_tile * 128, 128, 1,
                     weight + j_tile * 128, 1, 128);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real z = tile[r * COLUMNS + c] + bias[o]; /* (8) */
                    clean[b * 64 + o] = sigmoid(z); /* (9) */
                    t[b * 64 + o] = sigmoid(-z); /* (10) */
                }
            }
        }
    }
}

/* loss: mse
   (11) loss = sum[b, i]((clean[b, i] * (1 - x[b, i]) - clean.t[b, i] * x[b, i])**2) / (64 * B)
*/
static void mse_64(
    real *restrict loss,
    const real *restrict x,     /* [B, 64] */
    const real *restrict clean, /* [B, 64] */
    const real *restrict t,     /* [B, 64] */
    int batch)
{
    real parts[16] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o_first = 0; o_first < 64; o_first += 16) {
            for (int part = 0; part < 16; part++) {
                const int o = o_first + part;
                parts[part] += square((1.0f - x[b * 64 + o]) * clean[b * 64 + o] - t[b * 64 + o] * x[b * 64 + o]);
            }
        }
    }
    const real sum = sum_of(parts);
    *loss = sum / (64.0f * (real)batch);
}

/* clean: linear, sigmoid, gradient of linear
   (8) clean.z[b, o] = sum[i](decoder[b, i] * clean.weight[o, i]) + clean.bias[o]
   (9) clean[b, o] = sigmoid(clean.z[b, o])
   (10) clean.t[b, o] = sigmoid(-clean.z[b, o])
   (12) d.clean.z[b, o] = clean[b, o] * clean.t[b, o] * (clean[b, o] * (1 - x[b, o]) - clean.t[b, o] * x[b, o]) / (32 * B)
*/
static void linear_sigmoid_d_z_64_128(
    real *restrict clean,         /* [B, 64] */
    real *restrict t,             /* [B, 64] */
    real *restrict d_z,           /* [B, 64] */
    const real *restrict decoder, /* [B, 128] */
    const real *restrict weight,  /* [64, 128] */
    const real *restrict bias,    /* [64] */
    const real *restrict x,       /* [B, 64] */
    int batch)
{
    const int high = even(batch, TILE_ROWS / 2, ROWS); /* (8) */
    const real scale = 1.0f / (32.0f * (real)batch); /* (12) */
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = COLUMNS;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                const int o = j_tile;
                fetch(x + b * 64 + o);
            }
            multiply(tile, panel, fresh, rows, columns, 128,
                     decoder + i_tile * 128, 128, 1,
                     weight + j_tile * 128, 1, 128);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real z = tile[r * COLUMNS + c] + bias[o]; /* (8) */
                    clean[b * 64 + o] = sigmoid(z); /* (9) */
                    t[b * 64 + o] = sigmoid(-z); /* (10) */
                    d_z[b * 64 + o] = scale * ((1.0f - x[b * 64 + o]) * clean[b * 64 + o] - t[b * 64 + o] * x[b * 64 + o]) * clean[b * 64 + o] * t[b * 64 + o]; /* (12) */
                }
            }
        }
    }
}

/* clean: gradient of linear
   (13) d.clean.weight[o, i] = sum[b](d.clean.z[b, o] * decoder[b, i])
*/
static void d_weight_64_128(
    real *restrict d_weight,      /* [64, 128] */
    const real *restrict d_z,     /* [B, 64] */
    const real *restrict decoder, /* [B, 128] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
            const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     d_z + i_tile, 1, 64,
                     decoder + j_tile, 128, 1);
            fresh = 0;
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

/* clean: gradient of linear
   (14) d.clean.bias[o] = sum[b](d.clean.z[b, o])
*/
static void d_bias_64(
    real *restrict d_bias,    /* [64] */
    const real *restrict d_z, /* [B, 64] */
    int batch)
{
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 64; o++) {
            sum[o] += d_z[b * 64 + o];
        }
    }
    for (int o = 0; o < 64; o++) {
        d_bias[o] = sum[o];
    }
}

/* decoder: gradient of linear
   (15) d.decoder.z[b, o] = sum[i](d.clean.z[b, i] * clean.weight[i, o]) * (decoder[b, o] > 0)
*/
static void d_z_128_64(
    real *restrict decoder,      /* [B, 128] */
    const real *restrict d_z,    /* [B, 64] */
    const real *restrict weight, /* [64, 128] */
    int batch)
{
    for (int i_block = 0; i_block < batch; i_block += 14 * TILE_ROWS) {
        const int i_end = batch - i_block < 14 * TILE_ROWS ? batch : i_block + 14 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 64,
                         d_z + i_tile * 64, 64, 1,
                         weight + j_tile, 128, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int o = j_tile + c;
                        decoder[b * 128 + o] = choose(decoder[b * 128 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                    }
                }
            }
        }
    }
}

/* decoder: gradient of linear
   (16) d.decoder.weight[o, i] = sum[b](code[b, i] * d.decoder.z[b, o])
*/
static void d_weight_128_32(
    real *restrict d_weight,      /* [128, 32] */
    const real *restrict decoder, /* [B, 128] */
    const real *restrict code,    /* [B, 32] */
    int batch)
{
    const int high = even(128, TILE_ROWS / 4, ROWS);
    for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < 128; i_tile += high) {
            const int rows = 128 - i_tile < high ? 128 - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     decoder + i_tile, 1, 128,
                     code + j_tile, 32, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_weight[o * 32 + i] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* decoder: gradient of linear
   (17) d.decoder.bias[o] = sum[b](d.decoder.z[b, o])
   and, in other places, (23)
*/
static void d_bias_128(
    real *restrict d_bias,        /* [128] */
    const real *restrict decoder, /* [B, 128] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int o_first = 0; o_first < 128; o_first += 64) {
        const int o_last = o_first + 64 < 128 ? o_first + 64 : 128;
        real sum[64] = {0};
        for (int b = 0; b < batch; b++) {
            for (int o = o_first; o < o_last; o++) {
                sum[o - o_first] += decoder[b * 128 + o];
            }
        }
        for (int o = o_first; o < o_last; o++) {
            d_bias[o] = sum[o - o_first];
        }
    }
}

/* code: gradient of linear
   (18) d.code.z[b, o] = sum[i](d.decoder.z[b, i] * decoder.weight[i, o]) * (code[b, o] > 0)
*/
static void d_z_32_128(
    real *restrict code,          /* [B, 32] */
    const real *restrict decoder, /* [B, 128] */
    const real *restrict weight,  /* [128, 32] */
    int batch)
{
    const int high = even(batch, ROWS, ROWS);
    for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 128,
                     decoder + i_tile * 128, 128, 1,
                     weight + j_tile, 32, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    code[b * 32 + o] = choose(code[b * 32 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                }
            }
        }
    }
}

/* code: gradient of linear
   (19) d.code.weight[o, i] = sum[b](d.code.z[b, o] * encoder[b, i])
*/
static void d_weight_32_128(
    real *restrict d_weight,      /* [32, 128] */
    const real *restrict code,    /* [B, 32] */
    const real *restrict encoder, /* [B, 128] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 32; i_tile += TILE_ROWS) {
            const int rows = 32 - i_tile < TILE_ROWS ? 32 - i_tile : TILE_ROWS;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     code + i_tile, 1, 32,
                     encoder + j_tile, 128, 1);
            fresh = 0;
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

/* code: gradient of linear
   (20) d.code.bias[o] = sum[b](d.code.z[b, o])
*/
static void d_bias_32(
    real *restrict d_bias,     /* [32] */
    const real *restrict code, /* [B, 32] */
    int batch)
{
    real sum[32] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 32; o++) {
            sum[o] += code[b * 32 + o];
        }
    }
    for (int o = 0; o < 32; o++) {
        d_bias[o] = sum[o];
    }
}

/* encoder: gradient of linear
   (21) d.encoder.z[b, o] = sum[i](d.code.z[b, i] * code.weight[i, o]) * (encoder[b, o] > 0)
*/
static void d_z_128_32(
    real *restrict encoder,      /* [B, 128] */
    const real *restrict code,   /* [B, 32] */
    const real *restrict weight, /* [32, 128] */
    int batch)
{
    for (int i_block = 0; i_block < batch; i_block += 17 * TILE_ROWS) {
        const int i_end = batch - i_block < 17 * TILE_ROWS ? batch : i_block + 17 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 32,
                         code + i_tile * 32, 32, 1,
                         weight + j_tile, 128, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int o = j_tile + c;
                        encoder[b * 128 + o] = choose(encoder[b * 128 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                    }
                }
            }
        }
    }
}

/* encoder: gradient of linear
   (22) d.encoder.weight[o, i] = sum[b](d.encoder.z[b, o] * noisy[b, i])
*/
static void d_weight_128_64(
    real *restrict d_weight,      /* [64, 128], transposed */
    const real *restrict encoder, /* [B, 128] */
    const real *restrict noisy,   /* [B, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
            const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     noisy + i_tile, 1, 64,
                     encoder + j_tile, 128, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int i = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    d_weight[i * 128 + o] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* noisy: gradient of equation
   (24) d.x[b, i] = sum[j](d.encoder.z[b, j] * encoder.weight[j, i]) + (x[b, i] - clean[b, i]) / (32 * B)
*/
static void d_x_64_128(
    real *restrict d_x,           /* [B, 64] */
    const real *restrict encoder, /* [B, 128] */
    const real *restrict weight,  /* [64, 128], transposed */
    const real *restrict x,       /* [B, 64] */
    const real *restrict clean,   /* [B, 64] */
    int batch)
{
    const int high = even(batch, TILE_ROWS / 2, ROWS);
    const real scale = 1.0f / (32.0f * (real)batch);
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 128,
                     encoder + i_tile * 128, 128, 1,
                     weight + j_tile * 128, 1, 128);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_x[b * 64 + i] = tile[r * COLUMNS + c] + scale * (x[b * 64 + i] - clean[b * 64 + i]);
                }
            }
        }
    }
}

/* optimizer: adam rate, next step
   (25) optimizer.rate = lr / (1 - beta1**(1 + t))
   (26) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
   (27) t.next = 1 + t
*/
static void adam_rate_next_step(
    double *restrict rate,
    double *restrict scale,
    double *restrict t,
    const double *restrict lr,
    const double *restrict beta1,
    const double *restrict beta2)
{
    *rate = *lr / (1.0 - pow(*beta1, *t + 1.0)); /* (25) */
    *scale = 1.0 / sqrt(1.0 - pow(*beta2, *t + 1.0)); /* (26) */
    *t = *t + 1.0; /* (27) */
}

/* clean: gradient of linear, adam
   (14) d.clean.bias[o] = sum[b](d.clean.z[b, o])
   (49) clean.bias.m.next[o] = (1 - beta1) * d.clean.bias[o] + beta1 * clean.bias.m[o]
   (50) clean.bias.v.next[o] = (1 - beta2) * d.clean.bias[o]**2 + beta2 * clean.bias.v[o]
   (51) clean.bias.next[o] = clean.bias[o] - optimizer.rate * clean.bias.m.next[o] / (optimizer.scale * sqrt(clean.bias.v.next[o]) + eps)
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
    const real beta1_real = (real)*beta1; /* (49) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (50) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (51) */
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 64; o++) {
            sum[o] += d_z[b * 64 + o];
        }
    }
    for (int o = 0; o < 64; o++) {
        const real d_bias = sum[o]; /* (14) */
        m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (49) */
        v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (50) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (51) */
    }
}

/* decoder: gradient of linear
   (15) d.decoder.z[b, o] = sum[i](d.clean.z[b, i] * clean.weight[i, o]) * (decoder[b, o] > 0)
*/
static void d_z_128_64_v2(
    real *restrict d_z,             /* [B, 128] */
    const real *restrict decoder,   /* [B, 128] */
    const real *restrict d_clean_z, /* [B, 64] */
    const real *restrict weight,    /* [64, 128] */
    int batch)
{
    for (int i_block = 0; i_block < batch; i_block += 14 * TILE_ROWS) {
        const int i_end = batch - i_block < 14 * TILE_ROWS ? batch : i_block + 14 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 64,
                         d_clean_z + i_tile * 64, 64, 1,
                         weight + j_tile, 128, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int o = j_tile + c;
                        d_z[b * 128 + o] = choose(decoder[b * 128 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                    }
                }
            }
        }
    }
}

/* clean: gradient of linear, adam
   (13) d.clean.weight[o, i] = sum[b](d.clean.z[b, o] * decoder[b, i])
   (46) clean.weight.m.next[o, i] = (1 - beta1) * d.clean.weight[o, i] + beta1 * clean.weight.m[o, i]
   (47) clean.weight.v.next[o, i] = (1 - beta2) * d.clean.weight[o, i]**2 + beta2 * clean.weight.v[o, i]
   (48) clean.weight.next[o, i] = clean.weight[o, i] - optimizer.rate * clean.weight.m.next[o, i] / (optimizer.scale * sqrt(clean.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_64_128(
    real *restrict m,             /* [64, 128] */
    real *restrict v,             /* [64, 128] */
    real *restrict weight,        /* [64, 128] */
    const real *restrict d_z,     /* [B, 64] */
    const real *restrict decoder, /* [B, 128] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (46) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (47) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (48) */
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
            const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     d_z + i_tile, 1, 64,
                     decoder + j_tile, 128, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (13) */
                    m[o * 128 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 128 + i]); /* (46) */
                    v[o * 128 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 128 + i]); /* (47) */
                    weight[o * 128 + i] = weight[o * 128 + i] - rate_real * m[o * 128 + i] / (scale_real * sqrtf(v[o * 128 + i]) + eps_real); /* (48) */
                }
            }
        }
    }
}

/* decoder: gradient of linear, adam
   (17) d.decoder.bias[o] = sum[b](d.decoder.z[b, o])
   (43) decoder.bias.m.next[o] = (1 - beta1) * d.decoder.bias[o] + beta1 * decoder.bias.m[o]
   (44) decoder.bias.v.next[o] = (1 - beta2) * d.decoder.bias[o]**2 + beta2 * decoder.bias.v[o]
   (45) decoder.bias.next[o] = decoder.bias[o] - optimizer.rate * decoder.bias.m.next[o] / (optimizer.scale * sqrt(decoder.bias.v.next[o]) + eps)
   and, in other places, (23) (31) (32) (33)
*/
static void d_bias_adam_128(
    real *restrict m,             /* [128] */
    real *restrict v,             /* [128] */
    real *restrict bias,          /* [128] */
    const real *restrict d_z,     /* [B, 128] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (43) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (44) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (45) */
#pragma omp for schedule(static) nowait
    for (int o_first = 0; o_first < 128; o_first += 64) {
        const int o_last = o_first + 64 < 128 ? o_first + 64 : 128;
        real sum[64] = {0};
        for (int b = 0; b < batch; b++) {
            for (int o = o_first; o < o_last; o++) {
                sum[o - o_first] += d_z[b * 128 + o];
            }
        }
        for (int o = o_first; o < o_last; o++) {
            const real d_bias = sum[o - o_first]; /* (17) */
            m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (43) */
            v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (44) */
            bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (45) */
        }
    }
}

/* code: gradient of linear
   (18) d.code.z[b, o] = sum[i](d.decoder.z[b, i] * decoder.weight[i, o]) * (code[b, o] > 0)
*/
static void d_z_32_128_v2(
    real *restrict d_z,               /* [B, 32] */
    const real *restrict code,        /* [B, 32] */
    const real *restrict d_decoder_z, /* [B, 128] */
    const real *restrict weight,      /* [128, 32] */
    int batch)
{
    const int high = even(batch, ROWS, ROWS);
    for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 128,
                     d_decoder_z + i_tile * 128, 128, 1,
                     weight + j_tile, 32, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    d_z[b * 32 + o] = choose(code[b * 32 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                }
            }
        }
    }
}

/* decoder: gradient of linear, adam
   (16) d.decoder.weight[o, i] = sum[b](code[b, i] * d.decoder.z[b, o])
   (40) decoder.weight.m.next[o, i] = (1 - beta1) * d.decoder.weight[o, i] + beta1 * decoder.weight.m[o, i]
   (41) decoder.weight.v.next[o, i] = (1 - beta2) * d.decoder.weight[o, i]**2 + beta2 * decoder.weight.v[o, i]
   (42) decoder.weight.next[o, i] = decoder.weight[o, i] - optimizer.rate * decoder.weight.m.next[o, i] / (optimizer.scale * sqrt(decoder.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_128_32(
    real *restrict m,             /* [128, 32] */
    real *restrict v,             /* [128, 32] */
    real *restrict weight,        /* [128, 32] */
    const real *restrict d_z,     /* [B, 128] */
    const real *restrict code,    /* [B, 32] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const int high = even(128, TILE_ROWS / 4, ROWS); /* (16) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (40) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (41) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (42) */
    for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < 128; i_tile += high) {
            const int rows = 128 - i_tile < high ? 128 - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     d_z + i_tile, 1, 128,
                     code + j_tile, 32, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (16) */
                    m[o * 32 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 32 + i]); /* (40) */
                    v[o * 32 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 32 + i]); /* (41) */
                    weight[o * 32 + i] = weight[o * 32 + i] - rate_real * m[o * 32 + i] / (scale_real * sqrtf(v[o * 32 + i]) + eps_real); /* (42) */
                }
            }
        }
    }
}

/* code: gradient of linear, adam
   (20) d.code.bias[o] = sum[b](d.code.z[b, o])
   (37) code.bias.m.next[o] = (1 - beta1) * d.code.bias[o] + beta1 * code.bias.m[o]
   (38) code.bias.v.next[o] = (1 - beta2) * d.code.bias[o]**2 + beta2 * code.bias.v[o]
   (39) code.bias.next[o] = code.bias[o] - optimizer.rate * code.bias.m.next[o] / (optimizer.scale * sqrt(code.bias.v.next[o]) + eps)
*/
static void d_bias_adam_32(
    real *restrict m,             /* [32] */
    real *restrict v,             /* [32] */
    real *restrict bias,          /* [32] */
    const real *restrict d_z,     /* [B, 32] */
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
    real sum[32] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 32; o++) {
            sum[o] += d_z[b * 32 + o];
        }
    }
    for (int o = 0; o < 32; o++) {
        const real d_bias = sum[o]; /* (20) */
        m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (37) */
        v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (38) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (39) */
    }
}

/* encoder: gradient of linear
   (21) d.encoder.z[b, o] = sum[i](d.code.z[b, i] * code.weight[i, o]) * (encoder[b, o] > 0)
*/
static void d_z_128_32_v2(
    real *restrict d_z,            /* [B, 128] */
    const real *restrict encoder,  /* [B, 128] */
    const real *restrict d_code_z, /* [B, 32] */
    const real *restrict weight,   /* [32, 128] */
    int batch)
{
    for (int i_block = 0; i_block < batch; i_block += 17 * TILE_ROWS) {
        const int i_end = batch - i_block < 17 * TILE_ROWS ? batch : i_block + 17 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 32,
                         d_code_z + i_tile * 32, 32, 1,
                         weight + j_tile, 128, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int o = j_tile + c;
                        d_z[b * 128 + o] = choose(encoder[b * 128 + o] > 0.0f, tile[r * COLUMNS + c], 0.0f);
                    }
                }
            }
        }
    }
}

/* encoder: gradient of linear, adam
   (22) d.encoder.weight[o, i] = sum[b](d.encoder.z[b, o] * noisy[b, i])
   (28) encoder.weight.m.next[o, i] = (1 - beta1) * d.encoder.weight[o, i] + beta1 * encoder.weight.m[o, i]
   (29) encoder.weight.v.next[o, i] = (1 - beta2) * d.encoder.weight[o, i]**2 + beta2 * encoder.weight.v[o, i]
   (30) encoder.weight.next[o, i] = encoder.weight[o, i] - optimizer.rate * encoder.weight.m.next[o, i] / (optimizer.scale * sqrt(encoder.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_128_64(
    real *restrict m,             /* [64, 128], transposed */
    real *restrict v,             /* [64, 128], transposed */
    real *restrict weight,        /* [64, 128], transposed */
    const real *restrict d_z,     /* [B, 128] */
    const real *restrict noisy,   /* [B, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (28) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (29) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (30) */
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
            const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     noisy + i_tile, 1, 64,
                     d_z + j_tile, 128, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int i = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (22) */
                    m[i * 128 + o] = normal(one_minus_beta1 * d_weight + beta1_real * m[i * 128 + o]); /* (28) */
                    v[i * 128 + o] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[i * 128 + o]); /* (29) */
                    weight[i * 128 + o] = weight[i * 128 + o] - rate_real * m[i * 128 + o] / (scale_real * sqrtf(v[i * 128 + o]) + eps_real); /* (30) */
                }
            }
        }
    }
}

/* code: gradient of linear, adam
   (19) d.code.weight[o, i] = sum[b](d.code.z[b, o] * encoder[b, i])
   (34) code.weight.m.next[o, i] = (1 - beta1) * d.code.weight[o, i] + beta1 * code.weight.m[o, i]
   (35) code.weight.v.next[o, i] = (1 - beta2) * d.code.weight[o, i]**2 + beta2 * code.weight.v[o, i]
   (36) code.weight.next[o, i] = code.weight[o, i] - optimizer.rate * code.weight.m.next[o, i] / (optimizer.scale * sqrt(code.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_32_128(
    real *restrict m,             /* [32, 128] */
    real *restrict v,             /* [32, 128] */
    real *restrict weight,        /* [32, 128] */
    const real *restrict d_z,     /* [B, 32] */
    const real *restrict encoder, /* [B, 128] */
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
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 32; i_tile += TILE_ROWS) {
            const int rows = 32 - i_tile < TILE_ROWS ? 32 - i_tile : TILE_ROWS;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch,
                     d_z + i_tile, 1, 32,
                     encoder + j_tile, 128, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (19) */
                    m[o * 128 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 128 + i]); /* (34) */
                    v[o * 128 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 128 + i]); /* (35) */
                    weight[o * 128 + i] = weight[o * 128 + i] - rate_real * m[o * 128 + i] / (scale_real * sqrtf(v[o * 128 + i]) + eps_real); /* (36) */
                }
            }
        }
    }
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_forward(const denoising_autoencoder_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const linear_part = net->workspace + 16;
    real *const noisy = linear_part + 128 * capacity;
    real *const encoder = linear_part;
    real *const code = linear_part + 128 * capacity;
    real *const decoder = linear_part;
    real *const clean = linear_part + 128 * capacity;

    /* (1) */
    equation_64(noisy, net->settings + seed, net->counters + t, net->in_x, batch);
#pragma omp barrier
    /* (2) (3) */
    linear_relu_128_64(encoder, noisy, net->parameters + encoder_weight, net->parameters + encoder_bias, batch);
#pragma omp barrier
    /* (4) (5) */
    linear_relu_32_128(code, encoder, net->parameters + code_weight, net->parameters + code_bias, batch);
#pragma omp barrier
    /* (6) (7) */
    linear_relu_128_32(decoder, code, net->parameters + decoder_weight, net->parameters + decoder_bias, batch);
#pragma omp barrier
    /* (8) (9) */
    linear_sigmoid_64_128(clean, decoder, net->parameters + clean_weight, net->parameters + clean_bias, batch);
}

double denoising_autoencoder_forward(const denoising_autoencoder_network *net)
{
    if (net->threads > 1 && net->batch >= 64) {
#pragma omp parallel num_threads(net->threads)
        share_of_forward(net);
    } else
        share_of_forward(net);
    return 0;
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_loss(const denoising_autoencoder_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const noisy = linear_part + 128 * capacity;
    real *const encoder = linear_part;
    real *const code = linear_part + 128 * capacity;
    real *const decoder = linear_part;
    real *const clean = linear_part + 128 * capacity;
    real *const clean_t = linear_part + 192 * capacity;
    real *const loss = fixed;

    /* (1) */
    equation_64(noisy, net->settings + seed, net->counters + t, net->in_x, batch);
#pragma omp barrier
    /* (2) (3) */
    linear_relu_128_64(encoder, noisy, net->parameters + encoder_weight, net->parameters + encoder_bias, batch);
#pragma omp barrier
    /* (4) (5) */
    linear_relu_32_128(code, encoder, net->parameters + code_weight, net->parameters + code_bias, batch);
#pragma omp barrier
    /* (6) (7) */
    linear_relu_128_32(decoder, code, net->parameters + decoder_weight, net->parameters + decoder_bias, batch);
#pragma omp barrier
    /* (8) (9) (10) */
    linear_sigmoid_64_128_v2(clean, clean_t, decoder, net->parameters + clean_weight, net->parameters + clean_bias,
                             batch);
#pragma omp barrier
    /* (11) */
#pragma omp master
    mse_64(loss, net->in_x, clean, clean_t, batch);
}

double denoising_autoencoder_loss(const denoising_autoencoder_network *net)
{
    if (net->threads > 1 && net->batch >= 64) {
#pragma omp parallel num_threads(net->threads)
        share_of_loss(net);
    } else
        share_of_loss(net);
    return (double)net->workspace[0];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_gradients(const denoising_autoencoder_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const noisy = linear_part + 256 * capacity;
    real *const encoder = linear_part;
    real *const code = linear_part + 512 * capacity;
    real *const decoder = linear_part + 128 * capacity;
    real *const clean = linear_part + 384 * capacity;
    real *const clean_t = linear_part + 448 * capacity;
    real *const d_clean_z = linear_part + 320 * capacity;
    real *const loss = fixed;

    /* (1) */
    equation_64(noisy, net->settings + seed, net->counters + t, net->in_x, batch);
#pragma omp barrier
    /* (2) (3) */
    linear_relu_128_64(encoder, noisy, net->parameters + encoder_weight, net->parameters + encoder_bias, batch);
#pragma omp barrier
    /* (4) (5) */
    linear_relu_32_128(code, encoder, net->parameters + code_weight, net->parameters + code_bias, batch);
#pragma omp barrier
    /* (6) (7) */
    linear_relu_128_32(decoder, code, net->parameters + decoder_weight, net->parameters + decoder_bias, batch);
#pragma omp barrier
    /* (8) (9) (10) (12) */
    linear_sigmoid_d_z_64_128(clean, clean_t, d_clean_z, decoder, net->parameters + clean_weight,
                              net->parameters + clean_bias, net->in_x, batch);
#pragma omp barrier
    /* (11) */
#pragma omp master
    mse_64(loss, net->in_x, clean, clean_t, batch);
    /* (13) */
    d_weight_64_128(net->gradients + d_clean_weight, d_clean_z, decoder, batch);
    /* (14) */
#pragma omp master
    d_bias_64(net->gradients + d_clean_bias, d_clean_z, batch);
#pragma omp barrier
    /* (15) */
    d_z_128_64(decoder, d_clean_z, net->parameters + clean_weight, batch);
#pragma omp barrier
    /* (16) */
    d_weight_128_32(net->gradients + d_decoder_weight, decoder, code, batch);
    /* (17) */
    d_bias_128(net->gradients + d_decoder_bias, decoder, batch);
#pragma omp barrier
    /* (18) */
    d_z_32_128(code, decoder, net->parameters + decoder_weight, batch);
#pragma omp barrier
    /* (19) */
    d_weight_32_128(net->gradients + d_code_weight, code, encoder, batch);
    /* (20) */
#pragma omp master
    d_bias_32(net->gradients + d_code_bias, code, batch);
#pragma omp barrier
    /* (21) */
    d_z_128_32(encoder, code, net->parameters + code_weight, batch);
#pragma omp barrier
    /* (22) */
    d_weight_128_64(net->gradients + d_encoder_weight, encoder, noisy, batch);
    /* (23) */
    d_bias_128(net->gradients + d_encoder_bias, encoder, batch);
}

double denoising_autoencoder_gradients(const denoising_autoencoder_network *net)
{
    if (net->threads > 1 && net->batch >= 128) {
#pragma omp parallel num_threads(net->threads)
        share_of_gradients(net);
    } else
        share_of_gradients(net);
    return (double)net->workspace[0];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_input_gradients(const denoising_autoencoder_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const noisy = linear_part + 256 * capacity;
    real *const encoder = linear_part;
    real *const code = linear_part + 512 * capacity;
    real *const decoder = linear_part + 128 * capacity;
    real *const clean = linear_part + 320 * capacity;
    real *const clean_t = linear_part + 448 * capacity;
    real *const d_clean_z = linear_part + 384 * capacity;
    real *const loss = fixed;
    real *const d_x = linear_part + 128 * capacity;

    /* (1) */
    equation_64(noisy, net->settings + seed, net->counters + t, net->in_x, batch);
#pragma omp barrier
    /* (2) (3) */
    linear_relu_128_64(encoder, noisy, net->parameters + encoder_weight, net->parameters + encoder_bias, batch);
#pragma omp barrier
    /* (4) (5) */
    linear_relu_32_128(code, encoder, net->parameters + code_weight, net->parameters + code_bias, batch);
#pragma omp barrier
    /* (6) (7) */
    linear_relu_128_32(decoder, code, net->parameters + decoder_weight, net->parameters + decoder_bias, batch);
#pragma omp barrier
    /* (8) (9) (10) (12) */
    linear_sigmoid_d_z_64_128(clean, clean_t, d_clean_z, decoder, net->parameters + clean_weight,
                              net->parameters + clean_bias, net->in_x, batch);
#pragma omp barrier
    /* (11) */
#pragma omp master
    mse_64(loss, net->in_x, clean, clean_t, batch);
    /* (13) */
    d_weight_64_128(net->gradients + d_clean_weight, d_clean_z, decoder, batch);
    /* (14) */
#pragma omp master
    d_bias_64(net->gradients + d_clean_bias, d_clean_z, batch);
#pragma omp barrier
    /* (15) */
    d_z_128_64(decoder, d_clean_z, net->parameters + clean_weight, batch);
#pragma omp barrier
    /* (16) */
    d_weight_128_32(net->gradients + d_decoder_weight, decoder, code, batch);
    /* (17) */
    d_bias_128(net->gradients + d_decoder_bias, decoder, batch);
#pragma omp barrier
    /* (18) */
    d_z_32_128(code, decoder, net->parameters + decoder_weight, batch);
#pragma omp barrier
    /* (19) */
    d_weight_32_128(net->gradients + d_code_weight, code, encoder, batch);
    /* (20) */
#pragma omp master
    d_bias_32(net->gradients + d_code_bias, code, batch);
#pragma omp barrier
    /* (21) */
    d_z_128_32(encoder, code, net->parameters + code_weight, batch);
#pragma omp barrier
    /* (22) */
    d_weight_128_64(net->gradients + d_encoder_weight, encoder, noisy, batch);
    /* (24) */
    d_x_64_128(d_x, encoder, net->parameters + encoder_weight, net->in_x, clean, batch);
    /* (23) */
    d_bias_128(net->gradients + d_encoder_bias, encoder, batch);
}

double denoising_autoencoder_input_gradients(const denoising_autoencoder_network *net)
{
    if (net->threads > 1 && net->batch >= 128) {
#pragma omp parallel num_threads(net->threads)
        share_of_input_gradients(net);
    } else
        share_of_input_gradients(net);
    return (double)net->workspace[0];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_step(const denoising_autoencoder_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const noisy = linear_part + 384 * capacity;
    real *const encoder = linear_part;
    real *const code = linear_part + 512 * capacity;
    real *const decoder = linear_part + 128 * capacity;
    double *const optimizer_rate = (double *)(fixed);
    double *const optimizer_scale = (double *)(fixed + 2);
    real *const clean = linear_part + 256 * capacity;
    real *const clean_t = linear_part + 320 * capacity;
    real *const d_clean_z = linear_part + 448 * capacity;
    real *const loss = fixed + 4;
    real *const d_decoder_z = linear_part + 256 * capacity;
    real *const d_code_z = linear_part + 448 * capacity;
    real *const d_encoder_z = linear_part + 128 * capacity;

    /* (1) */
    equation_64(noisy, net->settings + seed, net->counters + t, net->in_x, batch);
#pragma omp barrier
    /* (2) (3) */
    linear_relu_128_64(encoder, noisy, net->parameters + encoder_weight, net->parameters + encoder_bias, batch);
#pragma omp barrier
    /* (4) (5) */
    linear_relu_32_128(code, encoder, net->parameters + code_weight, net->parameters + code_bias, batch);
#pragma omp barrier
    /* (6) (7) */
    linear_relu_128_32(decoder, code, net->parameters + decoder_weight, net->parameters + decoder_bias, batch);
    /* (25) (26) (27) */
#pragma omp master
    adam_rate_next_step(optimizer_rate, optimizer_scale, net->counters + t, net->settings + lr,
                        net->settings + beta1, net->settings + beta2);
#pragma omp barrier
    /* (8) (9) (10) (12) */
    linear_sigmoid_d_z_64_128(clean, clean_t, d_clean_z, decoder, net->parameters + clean_weight,
                              net->parameters + clean_bias, net->in_x, batch);
#pragma omp barrier
    /* (11) */
#pragma omp master
    mse_64(loss, net->in_x, clean, clean_t, batch);
    /* (14) (49) (50) (51) */
#pragma omp master
    d_bias_adam_64(net->states + clean_bias_m, net->states + clean_bias_v, net->parameters + clean_bias, d_clean_z,
                   net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                   net->settings + eps, batch);
#pragma omp barrier
    /* (15) */
    d_z_128_64_v2(d_decoder_z, decoder, d_clean_z, net->parameters + clean_weight, batch);
#pragma omp barrier
    /* (13) (46) (47) (48) */
    d_weight_adam_64_128(net->states + clean_weight_m, net->states + clean_weight_v,
                         net->parameters + clean_weight, d_clean_z, decoder, net->settings + beta1,
                         net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (17) (43) (44) (45) */
    d_bias_adam_128(net->states + decoder_bias_m, net->states + decoder_bias_v, net->parameters + decoder_bias,
                    d_decoder_z, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                    net->settings + eps, batch);
#pragma omp barrier
    /* (18) */
    d_z_32_128_v2(d_code_z, code, d_decoder_z, net->parameters + decoder_weight, batch);
#pragma omp barrier
    /* (16) (40) (41) (42) */
    d_weight_adam_128_32(net->states + decoder_weight_m, net->states + decoder_weight_v,
                         net->parameters + decoder_weight, d_decoder_z, code, net->settings + beta1,
                         net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (20) (37) (38) (39) */
#pragma omp master
    d_bias_adam_32(net->states + code_bias_m, net->states + code_bias_v, net->parameters + code_bias, d_code_z,
                   net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                   net->settings + eps, batch);
    /* (21) */
    d_z_128_32_v2(d_encoder_z, encoder, d_code_z, net->parameters + code_weight, batch);
#pragma omp barrier
    /* (22) (28) (29) (30) */
    d_weight_adam_128_64(net->states + encoder_weight_m, net->states + encoder_weight_v,
                         net->parameters + encoder_weight, d_encoder_z, noisy, net->settings + beta1,
                         net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (19) (34) (35) (36) */
    d_weight_adam_32_128(net->states + code_weight_m, net->states + code_weight_v, net->parameters + code_weight,
                         d_code_z, encoder, net->settings + beta1, net->settings + beta2, optimizer_rate,
                         optimizer_scale, net->settings + eps, batch);
    /* (23) (31) (32) (33) */
    d_bias_adam_128(net->states + encoder_bias_m, net->states + encoder_bias_v, net->parameters + encoder_bias,
                    d_encoder_z, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                    net->settings + eps, batch);
}

double denoising_autoencoder_step(const denoising_autoencoder_network *net)
{
    if (net->threads > 1 && net->batch >= 64) {
#pragma omp parallel num_threads(net->threads)
        share_of_step(net);
    } else
        share_of_step(net);
    return (double)net->workspace[4];
}

/* Steps of training, `count` of them, one after another.  The inputs have `batches` times net->batch rows: the steps
   take a batch after the other, the one numbered `first` to begin with, and after the last one the first again.
   Leaves the losses.  A loss that is infinite or not a number ends it.  Returns how many steps there were. */
int denoising_autoencoder_steps(const denoising_autoencoder_network *net, int first, int batches, int count, double *losses)
{
    denoising_autoencoder_network now = *net;
    for (int n = 0; n < count; n++) {
        const size_t row = (size_t)((first + n) % batches) * (size_t)net->batch;
        now.in_x = net->in_x + row * 64;
        losses[n] = denoising_autoencoder_step(&now);
        if (!isfinite(losses[n]))
            return n + 1;
    }
    return count;
}

/* reverse, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.

   cc -O3 -std=c11 -march=native -fvect-cost-model=dynamic -fpeel-loops -ffp-contract=fast -fno-math-errno -fno-trapping-math -fopenmp -c reverse.c */
#include "reverse.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    read_weight = 0, /* [10, 64] */
    encoder_weight_ih_l0 = 640, /* [96, 64] */
    encoder_weight_hh_l0 = 6784, /* [96, 32] */
    encoder_bias_ih_l0 = 9856, /* [96] */
    encoder_bias_hh_l0 = 9952, /* [96] */
    encoder_weight_ih_l0_reverse = 10048, /* [96, 64] */
    encoder_weight_hh_l0_reverse = 16192, /* [96, 32] */
    encoder_bias_ih_l0_reverse = 19264, /* [96] */
    encoder_bias_hh_l0_reverse = 19360, /* [96] */
    written_weight = 19456, /* [11, 64] */
    decoder_weight_ih_l0 = 20160, /* [192, 64] */
    decoder_weight_hh_l0 = 32448, /* [192, 64] */
    decoder_bias_ih_l0 = 44736, /* [192] */
    decoder_bias_hh_l0 = 44928, /* [192] */
    attention_in_proj_weight = 45120, /* [192, 64] */
    attention_in_proj_bias = 57408, /* [192] */
    attention_out_proj_weight = 57600, /* [64, 64] */
    attention_out_proj_bias = 61696, /* [64] */
    mixed_weight = 61760, /* [64, 128] */
    mixed_bias = 69952, /* [64] */
    head_weight = 70016, /* [10, 64] */
    head_bias = 70656, /* [10] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_read_weight = 0, /* [10, 64] */
    d_encoder_weight_ih_l0 = 640, /* [96, 64] */
    d_encoder_weight_hh_l0 = 6784, /* [96, 32] */
    d_encoder_bias_ih_l0 = 9856, /* [96] */
    d_encoder_bias_hh_l0 = 9952, /* [96] */
    d_encoder_weight_ih_l0_reverse = 10048, /* [96, 64] */
    d_encoder_weight_hh_l0_reverse = 16192, /* [96, 32] */
    d_encoder_bias_ih_l0_reverse = 19264, /* [96] */
    d_encoder_bias_hh_l0_reverse = 19360, /* [96] */
    d_written_weight = 19456, /* [11, 64] */
    d_decoder_weight_ih_l0 = 20160, /* [192, 64] */
    d_decoder_weight_hh_l0 = 32448, /* [192, 64] */
    d_decoder_bias_ih_l0 = 44736, /* [192] */
    d_decoder_bias_hh_l0 = 44928, /* [192] */
    d_attention_in_proj_weight = 45120, /* [192, 64] */
    d_attention_in_proj_bias = 57408, /* [192] */
    d_attention_out_proj_weight = 57600, /* [64, 64] */
    d_attention_out_proj_bias = 61696, /* [64] */
    d_mixed_weight = 61760, /* [64, 128] */
    d_mixed_bias = 69952, /* [64] */
    d_head_weight = 70016, /* [10, 64] */
    d_head_bias = 70656, /* [10] */
};

/* Where tensors begin in `states`. */
enum {
    read_weight_m = 0, /* [10, 64] */
    encoder_weight_ih_l0_m = 640, /* [96, 64] */
    encoder_weight_hh_l0_m = 6784, /* [96, 32] */
    encoder_bias_ih_l0_m = 9856, /* [96] */
    encoder_bias_hh_l0_m = 9952, /* [96] */
    encoder_weight_ih_l0_reverse_m = 10048, /* [96, 64] */
    encoder_weight_hh_l0_reverse_m = 16192, /* [96, 32] */
    encoder_bias_ih_l0_reverse_m = 19264, /* [96] */
    encoder_bias_hh_l0_reverse_m = 19360, /* [96] */
    written_weight_m = 19456, /* [11, 64] */
    decoder_weight_ih_l0_m = 20160, /* [192, 64] */
    decoder_weight_hh_l0_m = 32448, /* [192, 64] */
    decoder_bias_ih_l0_m = 44736, /* [192] */
    decoder_bias_hh_l0_m = 44928, /* [192] */
    attention_in_proj_weight_m = 45120, /* [192, 64] */
    attention_in_proj_bias_m = 57408, /* [192] */
    attention_out_proj_weight_m = 57600, /* [64, 64] */
    attention_out_proj_bias_m = 61696, /* [64] */
    mixed_weight_m = 61760, /* [64, 128] */
    mixed_bias_m = 69952, /* [64] */
    head_weight_m = 70016, /* [10, 64] */
    head_bias_m = 70656, /* [10] */
    read_weight_v = 70672, /* [10, 64] */
    encoder_weight_ih_l0_v = 71312, /* [96, 64] */
    encoder_weight_hh_l0_v = 77456, /* [96, 32] */
    encoder_bias_ih_l0_v = 80528, /* [96] */
    encoder_bias_hh_l0_v = 80624, /* [96] */
    encoder_weight_ih_l0_reverse_v = 80720, /* [96, 64] */
    encoder_weight_hh_l0_reverse_v = 86864, /* [96, 32] */
    encoder_bias_ih_l0_reverse_v = 89936, /* [96] */
    encoder_bias_hh_l0_reverse_v = 90032, /* [96] */
    written_weight_v = 90128, /* [11, 64] */
    decoder_weight_ih_l0_v = 90832, /* [192, 64] */
    decoder_weight_hh_l0_v = 103120, /* [192, 64] */
    decoder_bias_ih_l0_v = 115408, /* [192] */
    decoder_bias_hh_l0_v = 115600, /* [192] */
    attention_in_proj_weight_v = 115792, /* [192, 64] */
    attention_in_proj_bias_v = 128080, /* [192] */
    attention_out_proj_weight_v = 128272, /* [64, 64] */
    attention_out_proj_bias_v = 132368, /* [64] */
    mixed_weight_v = 132432, /* [64, 128] */
    mixed_bias_v = 140624, /* [64] */
    head_weight_v = 140688, /* [10, 64] */
    head_bias_v = 141328, /* [10] */
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

/* read: embedding; encoder: gru (one side of the product)
   (1) read[b, i, d] = read.weight[source[b, i], d]
   (2) encoder.u0[b, t, m] = sum[i](read[b, t, i] * encoder.weight_ih_l0[m, i]) + encoder.bias_ih_l0[m]
   by class: encoder.u0@table[v, m] = sum[i](encoder.weight_ih_l0[m, i] * read.weight[v, i]) + encoder.bias_ih_l0[m]
   and, in other places, (1) (8)
*/
static void embedding_gru_10_96_64(
    real *restrict u0_table,           /* [10, 96] */
    const real *restrict weight,       /* [10, 64] */
    const real *restrict weight_ih_l0, /* [96, 64] */
    const real *restrict bias_ih_l0)   /* [96] */
{
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 96; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 10; i_tile += TILE_ROWS) {
            const int rows = 10 - i_tile < TILE_ROWS ? 10 - i_tile : TILE_ROWS;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 64,
                     weight + i_tile * 64, 64, 1,
                     weight_ih_l0 + j_tile * 64, 1, 64);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int v = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int m = j_tile + c;
                    u0_table[v * 96 + m] = tile[r * COLUMNS + c] + bias_ih_l0[m];
                }
            }
        }
    }
}

/* read: embedding; encoder: gru
   (1) read[b, i, d] = read.weight[source[b, i], d]
   (2) encoder.u0[b, t, m] = sum[i](read[b, t, i] * encoder.weight_ih_l0[m, i]) + encoder.bias_ih_l0[m]
   by class: encoder.u0[b, t, m] = encoder.u0@table[source[b, t], m]
   and, in other places, (1) (8)
*/
static void embedding_gru_8_96(
    real *restrict u0,              /* [8, B, 96] */
    const real *restrict u0_table,  /* [10, 96] */
    const int32_t *restrict source, /* [B, 8] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int t = 0; t < 8; t++) {
        for (int b = 0; b < batch; b++) {
            for (int m = 0; m < 96; m++) {
                u0[t * 96 * batch + b * 96 + m] = u0_table[(source[b * 8 + t]) * 96 + m];
            }
        }
    }
}

/* encoder: gru (one side of the product)
   (3) encoder.v0[b, t, m] = sum[i](encoder.h0[b, t - 1, i] * encoder.weight_hh_l0[m, i]) + encoder.bias_hh_l0[m]
   (4) encoder.r0[b, t, j] = sigmoid(encoder.u0[b, t, j + 0] + encoder.v0[b, t, j + 0])
   (5) encoder.z0[b, t, j] = sigmoid(encoder.u0[b, t, j + 32] + encoder.v0[b, t, j + 32])
   (6) encoder.n0[b, t, j] = tanh(encoder.r0[b, t, j] * encoder.v0[b, t, j + 64] + encoder.u0[b, t, j + 64])
   (7) encoder.h0[b, t, j] = encoder.n0[b, t, j] * (1 - encoder.z0[b, t, j]) + encoder.h0[b, t - 1, j] * encoder.z0[b, t, j]
   by class: encoder.r0[b, t, j] = sigmoid(encoder.u0@table[source[b, t], j + 0] + encoder.v0[b, t, j + 0])
*/
static void gru_96(
    real *restrict v0_now,           /* [B, 96] */
    real *restrict h0,               /* [8, B, 32] */
    const real *restrict bias_hh_l0, /* [96] */
    const real *restrict u0_table,   /* [10, 96] */
    const int32_t *restrict source,  /* [B, 8] */
    const real *restrict u0,         /* [8, B, 96] */
    int t,
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int m = 0; m < 96; m++) {
            v0_now[b * 96 + m] = bias_hh_l0[m]; /* (3) */
        }
        for (int j = 0; j < 32; j++) {
            const real r0 = sigmoid(u0_table[(source[b * 8 + t]) * 96 + j] + v0_now[b * 96 + j]); /* (4) */
            const real z0 = sigmoid(u0[t * 96 * batch + b * 96 + j + 32] + v0_now[b * 96 + j + 32]); /* (5) */
            const real n0 = tanh_single(r0 * v0_now[b * 96 + j + 64] + u0[t * 96 * batch + b * 96 + j + 64]); /* (6) */
            h0[t * 32 * batch + b * 32 + j] = (1.0f - z0) * n0; /* (7) */
        }
    }
}

/* encoder: gru (one side of the product)
   (3) encoder.v0[b, t, m] = sum[i](encoder.h0[b, t - 1, i] * encoder.weight_hh_l0[m, i]) + encoder.bias_hh_l0[m]
*/
static void gru_96_32(
    real *restrict v0_now,             /* [B, 96] */
    const real *restrict h0,           /* [8, B, 32] */
    const real *restrict weight_hh_l0, /* [96, 32] */
    const real *restrict bias_hh_l0,   /* [96] */
    int t,
    int batch,
    int all_rows)
{
    const int high = even(batch, TILE_ROWS / 2, ROWS);
    for (int j_tile = 0; j_tile < 96; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = COLUMNS;
            multiply_copied(tile, panel, fresh, rows, columns, 32,
                            h0 + (t - 1) * 32 * all_rows + i_tile * 32, 32, 1,
                            weight_hh_l0 + j_tile * 32, 1, 32);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int m = j_tile + c;
                    v0_now[b * 96 + m] = tile[r * COLUMNS + c] + bias_hh_l0[m];
                }
            }
        }
    }
}

/* encoder: gru
   (4) encoder.r0[b, t, j] = sigmoid(encoder.u0[b, t, j + 0] + encoder.v0[b, t, j + 0])
   (5) encoder.z0[b, t, j] = sigmoid(encoder.u0[b, t, j + 32] + encoder.v0[b, t, j + 32])
   (6) encoder.n0[b, t, j] = tanh(encoder.r0[b, t, j] * encoder.v0[b, t, j + 64] + encoder.u0[b, t, j + 64])
   (7) encoder.h0[b, t, j] = encoder.n0[b, t, j] * (1 - encoder.z0[b, t, j]) + encoder.h0[b, t - 1, j] * encoder.z0[b, t, j]
   by class: encoder.r0[b, t, j] = sigmoid(encoder.u0@table[source[b, t], j + 0] + encoder.v0[b, t, j + 0])
*/
static void gru_32(
    real *restrict h0,              /* [8, B, 32] */
    const real *restrict u0_table,  /* [10, 96] */
    const int32_t *restrict source, /* [B, 8] */
    const real *restrict v0_now,    /* [B, 96] */
    const real *restrict u0,        /* [8, B, 96] */
    int t,
    int batch,
    int all_rows)
{
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 32; j++) {
            const real r0 = sigmoid(u0_table[(source[b * 8 + t]) * 96 + j] + v0_now[b * 96 + j]); /* (4) */
            const real z0 = sigmoid(u0[t * 96 * all_rows + b * 96 + j + 32] + v0_now[b * 96 + j + 32]); /* (5) */
            const real n0 = tanh_single(r0 * v0_now[b * 96 + j + 64] + u0[t * 96 * all_rows + b * 96 + j + 64]); /* (6) */
            h0[t * 32 * all_rows + b * 32 + j] = (1.0f - z0) * n0 + h0[(t - 1) * 32 * all_rows + b * 32 + j] * z0; /* (7) */
        }
    }
}

/* encoder: gru (one side of the product)
   (9) encoder.v0b[b, t, m] = sum[i](encoder.h0b[b, t + 1, i] * encoder.weight_hh_l0_reverse[m, i]) + encoder.bias_hh_l0_reverse[m]
   (10) encoder.r0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 0] + encoder.v0b[b, t, j + 0])
   (11) encoder.z0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 32] + encoder.v0b[b, t, j + 32])
   (12) encoder.n0b[b, t, j] = tanh(encoder.r0b[b, t, j] * encoder.v0b[b, t, j + 64] + encoder.u0b[b, t, j + 64])
   (13) encoder.h0b[b, t, j] = encoder.n0b[b, t, j] * (1 - encoder.z0b[b, t, j]) + encoder.h0b[b, t + 1, j] * encoder.z0b[b, t, j]
   by class: encoder.r0b[b, t, j] = sigmoid(encoder.u0b@table[source[b, t], j + 0] + encoder.v0b[b, t, j + 0])
*/
static void gru_96_v2(
    real *restrict v0b_now,                  /* [B, 96] */
    real *restrict h0b,                      /* [8, B, 32] */
    const real *restrict bias_hh_l0_reverse, /* [96] */
    const real *restrict u0b_table,          /* [10, 96] */
    const int32_t *restrict source,          /* [B, 8] */
    const real *restrict u0b,                /* [8, B, 96] */
    int t,
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int m = 0; m < 96; m++) {
            v0b_now[b * 96 + m] = bias_hh_l0_reverse[m]; /* (9) */
        }
        for (int j = 0; j < 32; j++) {
            const real r0b = sigmoid(u0b_table[(source[b * 8 + t]) * 96 + j] + v0b_now[b * 96 + j]); /* (10) */
            const real z0b = sigmoid(u0b[t * 96 * batch + b * 96 + j + 32] + v0b_now[b * 96 + j + 32]); /* (11) */
            const real n0b = tanh_single(r0b * v0b_now[b * 96 + j + 64] + u0b[t * 96 * batch + b * 96 + j + 64]); /* (12) */
            h0b[t * 32 * batch + b * 32 + j] = (1.0f - z0b) * n0b; /* (13) */
        }
    }
}

/* encoder: gru (one side of the product)
   (9) encoder.v0b[b, t, m] = sum[i](encoder.h0b[b, t + 1, i] * encoder.weight_hh_l0_reverse[m, i]) + encoder.bias_hh_l0_reverse[m]
*/
static void gru_96_32_v2(
    real *restrict v0b_now,                    /* [B, 96] */
    const real *restrict h0b,                  /* [8, B, 32] */
    const real *restrict weight_hh_l0_reverse, /* [96, 32] */
    const real *restrict bias_hh_l0_reverse,   /* [96] */
    int t,
    int batch,
    int all_rows)
{
    const int high = even(batch, TILE_ROWS / 2, ROWS);
    for (int j_tile = 0; j_tile < 96; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = COLUMNS;
            multiply_copied(tile, panel, fresh, rows, columns, 32,
                            h0b + (t + 1) * 32 * all_rows + i_tile * 32, 32, 1,
                            weight_hh_l0_reverse + j_tile * 32, 1, 32);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int m = j_tile + c;
                    v0b_now[b * 96 + m] = tile[r * COLUMNS + c] + bias_hh_l0_reverse[m];
                }
            }
        }
    }
}

/* encoder: gru
   (10) encoder.r0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 0] + encoder.v0b[b, t, j + 0])
   (11) encoder.z0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 32] + encoder.v0b[b, t, j + 32])
   (12) encoder.n0b[b, t, j] = tanh(encoder.r0b[b, t, j] * encoder.v0b[b, t, j + 64] + encoder.u0b[b, t, j + 64])
   (13) encoder.h0b[b, t, j] = encoder.n0b[b, t, j] * (1 - encoder.z0b[b, t, j]) + encoder.h0b[b, t + 1, j] * encoder.z0b[b, t, j]
   by class: encoder.r0b[b, t, j] = sigmoid(encoder.u0b@table[source[b, t], j + 0] + encoder.v0b[b, t, j + 0])
*/
static void gru_32_v2(
    real *restrict h0b,             /* [8, B, 32] */
    const real *restrict u0b_table, /* [10, 96] */
    const int32_t *restrict source, /* [B, 8] */
    const real *restrict v0b_now,   /* [B, 96] */
    const real *restrict u0b,       /* [8, B, 96] */
    int t,
    int batch,
    int all_rows)
{
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 32; j++) {
            const real r0b = sigmoid(u0b_table[(source[b * 8 + t]) * 96 + j] + v0b_now[b * 96 + j]); /* (10) */
            const real z0b = sigmoid(u0b[t * 96 * all_rows + b * 96 + j + 32] + v0b_now[b * 96 + j + 32]); /* (11) */
            const real n0b = tanh_single(r0b * v0b_now[b * 96 + j + 64] + u0b[t * 96 * all_rows + b * 96 + j + 64]); /* (12) */
            h0b[t * 32 * all_rows + b * 32 + j] = (1.0f - z0b) * n0b + h0b[(t + 1) * 32 * all_rows + b * 32 + j] * z0b; /* (13) */
        }
    }
}

/* encoder: gru
   (14) encoder[b, t, o] = encoder.h0[b, t, o + 0] + encoder.h0b[b, t, o - 32]
*/
static void gru_8_32(
    real *restrict encoder,   /* [8, B, 64] */
    const real *restrict h0,  /* [8, B, 32] */
    const real *restrict h0b, /* [8, B, 32] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int t = 0; t < 8; t++) {
        for (int b = 0; b < batch; b++) {
            for (int o = 0; o < 32; o++) {
                encoder[t * 64 * batch + b * 64 + o] = h0[t * 32 * batch + b * 32 + o];
            }
            for (int o = 32; o < 64; o++) {
                encoder[t * 64 * batch + b * 64 + o] = h0b[t * 32 * batch + b * 32 + o - 32];
            }
        }
    }
}

/* written: embedding; decoder: gru (one side of the product)
   (15) written[b, i, d] = written.weight[shifted[b, i], d]
   (16) decoder.u[b, t, m] = sum[i](written[b, t, i] * decoder.weight_ih_l0[m, i]) + decoder.bias_ih_l0[m]
   by class: decoder.u@table[v, m] = sum[i](decoder.weight_ih_l0[m, i] * written.weight[v, i]) + decoder.bias_ih_l0[m]
*/
static void embedding_gru_11_192_64(
    real *restrict u_table,            /* [11, 192] */
    const real *restrict weight,       /* [11, 64] */
    const real *restrict weight_ih_l0, /* [192, 64] */
    const real *restrict bias_ih_l0)   /* [192] */
{
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 192; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 11; i_tile += TILE_ROWS) {
            const int rows = 11 - i_tile < TILE_ROWS ? 11 - i_tile : TILE_ROWS;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 64,
                     weight + i_tile * 64, 64, 1,
                     weight_ih_l0 + j_tile * 64, 1, 64);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int v = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int m = j_tile + c;
                    u_table[v * 192 + m] = tile[r * COLUMNS + c] + bias_ih_l0[m];
                }
            }
        }
    }
}

/* written: embedding; decoder: gru
   (15) written[b, i, d] = written.weight[shifted[b, i], d]
   (16) decoder.u[b, t, m] = sum[i](written[b, t, i] * decoder.weight_ih_l0[m, i]) + decoder.bias_ih_l0[m]
   by class: decoder.u[b, t, m] = decoder.u@table[shifted[b, t], m]
*/
static void embedding_gru_8_192(
    real *restrict u,                /* [8, B, 192] */
    const real *restrict u_table,    /* [11, 192] */
    const int32_t *restrict shifted, /* [B, 8] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int t = 0; t < 8; t++) {
        for (int b = 0; b < batch; b++) {
            for (int m = 0; m < 192; m++) {
                u[t * 192 * batch + b * 192 + m] = u_table[(shifted[b * 8 + t]) * 192 + m];
            }
        }
    }
}

/* decoder: gru (one side of the product)
   (17) decoder.v[b, t, m] = sum[i](decoder.h[b, t - 1, i] * decoder.weight_hh_l0[m, i]) + decoder.bias_hh_l0[m]
*/
static void gru_6_64_32(
    real *restrict panels_2,           /* [6, 64, 32] */
    const real *restrict weight_hh_l0) /* [192, 64] */
{
#pragma omp for schedule(static) nowait collapse(2)
    for (int m_panel = 0; m_panel < 6; m_panel++) {
        for (int k = 0; k < 64; k++) {
            for (int m_column = 0; m_column < 32; m_column++) {
                panels_2[m_panel * 2048 + k * 32 + m_column] = weight_hh_l0[(32 * m_panel + m_column) * 64 + k];
            }
        }
    }
}

/* decoder: gru (one side of the product)
   (17) decoder.v[b, t, m] = sum[i](decoder.h[b, t - 1, i] * decoder.weight_hh_l0[m, i]) + decoder.bias_hh_l0[m]
   (18) decoder.r[b, t, j] = sigmoid(decoder.u[b, t, j + 0] + decoder.v[b, t, j + 0])
   (19) decoder.z[b, t, j] = sigmoid(decoder.u[b, t, j + 64] + decoder.v[b, t, j + 64])
   (20) decoder.n[b, t, j] = tanh(decoder.r[b, t, j] * decoder.v[b, t, j + 128] + decoder.u[b, t, j + 128])
   (21) decoder.h[b, t, j] = decoder.n[b, t, j] * (1 - decoder.z[b, t, j]) + decoder.h[b, t - 1, j] * decoder.z[b, t, j]
   by class: decoder.r[b, t, j] = sigmoid(decoder.u@table[shifted[b, t], j + 0] + decoder.v[b, t, j + 0])
*/
static void gru_192(
    real *restrict v_now,            /* [B, 192] */
    real *restrict h,                /* [8, B, 64] */
    const real *restrict bias_hh_l0, /* [192] */
    const real *restrict u_table,    /* [11, 192] */
    const int32_t *restrict shifted, /* [B, 8] */
    const real *restrict u,          /* [8, B, 192] */
    int t,
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int m = 0; m < 192; m++) {
            v_now[b * 192 + m] = bias_hh_l0[m]; /* (17) */
        }
        for (int j = 0; j < 64; j++) {
            const real r = sigmoid(u_table[(shifted[b * 8 + t]) * 192 + j] + v_now[b * 192 + j]); /* (18) */
            const real z = sigmoid(u[t * 192 * batch + b * 192 + j + 64] + v_now[b * 192 + j + 64]); /* (19) */
            const real n = tanh_single(r * v_now[b * 192 + j + 128] + u[t * 192 * batch + b * 192 + j + 128]); /* (20) */
            h[t * 64 * batch + b * 64 + j] = (1.0f - z) * n; /* (21) */
        }
    }
}

/* decoder: gru (one side of the product)
   (17) decoder.v[b, t, m] = sum[i](decoder.h[b, t - 1, i] * decoder.weight_hh_l0[m, i]) + decoder.bias_hh_l0[m]
*/
static void gru_6_32_64(
    real *restrict v_now,            /* [B, 192] */
    const real *restrict h,          /* [8, B, 64] */
    const real *restrict panels_2,   /* [6, 64, 32] */
    const real *restrict bias_hh_l0, /* [192] */
    int t,
    int batch,
    int all_rows)
{
    for (int m_panel = 0; m_panel < 6; m_panel++) {
        for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply_copied(tile, panel, fresh, rows, columns, 64,
                                h + (t - 1) * 64 * all_rows + i_tile * 64, 64, 1,
                                panels_2 + m_panel * 2048 + j_tile, 32, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int m_column = j_tile + c;
                        v_now[b * 192 + 32 * m_panel + m_column] = tile[r * COLUMNS + c] + bias_hh_l0[32 * m_panel + m_column];
                    }
                }
            }
        }
    }
}

/* decoder: gru
   (18) decoder.r[b, t, j] = sigmoid(decoder.u[b, t, j + 0] + decoder.v[b, t, j + 0])
   (19) decoder.z[b, t, j] = sigmoid(decoder.u[b, t, j + 64] + decoder.v[b, t, j + 64])
   (20) decoder.n[b, t, j] = tanh(decoder.r[b, t, j] * decoder.v[b, t, j + 128] + decoder.u[b, t, j + 128])
   (21) decoder.h[b, t, j] = decoder.n[b, t, j] * (1 - decoder.z[b, t, j]) + decoder.h[b, t - 1, j] * decoder.z[b, t, j]
   by class: decoder.r[b, t, j] = sigmoid(decoder.u@table[shifted[b, t], j + 0] + decoder.v[b, t, j + 0])
*/
static void gru_64(
    real *restrict h,                /* [8, B, 64] */
    const real *restrict u_table,    /* [11, 192] */
    const int32_t *restrict shifted, /* [B, 8] */
    const real *restrict v_now,      /* [B, 192] */
    const real *restrict u,          /* [8, B, 192] */
    int t,
    int batch,
    int all_rows)
{
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 64; j++) {
            const real r = sigmoid(u_table[(shifted[b * 8 + t]) * 192 + j] + v_now[b * 192 + j]); /* (18) */
            const real z = sigmoid(u[t * 192 * all_rows + b * 192 + j + 64] + v_now[b * 192 + j + 64]); /* (19) */
            const real n = tanh_single(r * v_now[b * 192 + j + 128] + u[t * 192 * all_rows + b * 192 + j + 128]); /* (20) */
            h[t * 64 * all_rows + b * 64 + j] = (1.0f - z) * n + h[(t - 1) * 64 * all_rows + b * 64 + j] * z; /* (21) */
        }
    }
}

/* attention: attention
   (23) attention.q[b, i, f] = sum[j](decoder[b, i, j] * attention.in_proj_weight[f + 0, j]) + attention.in_proj_bias[f + 0]
*/
static void attention_8_64_64(
    real *restrict q,                    /* [B, 8, 64] */
    const real *restrict decoder,        /* [8, B, 64] */
    const real *restrict in_proj_weight, /* [192, 64] */
    const real *restrict in_proj_bias,   /* [192] */
    int batch)
{
    const int high = even(batch * 8, TILE_ROWS, ROWS);
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 8; i_tile += high) {
            const int rows = batch * 8 - i_tile < high ? batch * 8 - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 64,
                     decoder + i_tile * 64, 64, 1,
                     in_proj_weight + j_tile * 64, 1, 64);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int i = (i_tile + r) / batch;
                const int b = (i_tile + r) % batch;
                for (int c = 0; c < columns; c++) {
                    const int f = j_tile + c;
                    q[b * 512 + i * 64 + f] = tile[r * COLUMNS + c] + in_proj_bias[f];
                }
            }
        }
    }
}

/* attention: attention
   (24) attention.k[b, j, f] = sum[i](encoder[b, j, i] * attention.in_proj_weight[f + 64, i]) + attention.in_proj_bias[f + 64]
*/
static void attention_8_64_64_v2(
    real *restrict k,                    /* [B, 8, 64] */
    const real *restrict encoder,        /* [8, B, 64] */
    const real *restrict in_proj_weight, /* [192, 64] */
    const real *restrict in_proj_bias,   /* [192] */
    int batch)
{
    const int high = even(batch * 8, TILE_ROWS, ROWS);
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 8; i_tile += high) {
            const int rows = batch * 8 - i_tile < high ? batch * 8 - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 64,
                     encoder + i_tile * 64, 64, 1,
                     in_proj_weight + 64 * 64 + j_tile * 64, 1, 64);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int j = (i_tile + r) / batch;
                const int b = (i_tile + r) % batch;
                for (int c = 0; c < columns; c++) {
                    const int f = j_tile + c;
                    k[b * 512 + j * 64 + f] = tile[r * COLUMNS + c] + in_proj_bias[f + 64];
                }
            }
        }
    }
}

/* attention: attention
   (26) attention.s[b, h, i, j] = sum[k](attention.k[b, j, 64*h + k] * attention.q[b, i, 64*h + k]) / 8
*/
static void attention_1_8_8_64(
    real *restrict s,                 /* [B, 1, 8, 8] */
    const real *restrict q,           /* [B, 8, 64] */
    const real *restrict attention_k, /* [B, 8, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int h = 0; h < 1; h++) {
            for (int j_tile = 0; j_tile < 8; j_tile += COLUMNS) {
                _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
                _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
                int fresh = 1;
                for (int i_tile = 0; i_tile < 8; i_tile += TILE_ROWS) {
                    const int rows = 8 - i_tile < TILE_ROWS ? 8 - i_tile : TILE_ROWS;
                    const int columns = 8 - j_tile < COLUMNS ? 8 - j_tile : COLUMNS;
                    multiply(tile, panel, fresh, rows, columns, 64,
                             q + b * 512 + 64 * h + i_tile * 64, 64, 1,
                             attention_k + b * 512 + 64 * h + j_tile * 64, 1, 64);
                    fresh = 0;
                    for (int r = 0; r < rows; r++) {
                        const int i = i_tile + r;
                        for (int c = 0; c < columns; c++) {
                            const int j = j_tile + c;
                            s[b * 64 + h * 64 + i * 8 + j] = 0.125f * tile[r * COLUMNS + c];
                        }
                    }
                }
            }
        }
    }
}

/* attention: attention
   (27) attention.m[b, h, i] = max[j](attention.s[b, h, i, j])
   (28) attention.e2[b, h, i, j] = exp(attention.s[b, h, i, j] - attention.m[b, h, i])
   (29) attention.S[b, h, i] = sum[j](attention.e2[b, h, i, j])
   (30) attention.p[b, h, i, j] = attention.e2[b, h, i, j] / attention.S[b, h, i]
*/
static void attention_1_8_8(
    real *restrict s, /* [B, 1, 8, 8] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 8; i++) {
            real m = -INFINITY;
            for (int j = 0; j < 8; j++) {
                m = maximum(m, s[b * 64 + i * 8 + j]); /* (27) */
            }
            for (int j = 0; j < 8; j++) {
                s[b * 64 + i * 8 + j] = exp_single(s[b * 64 + i * 8 + j] - m); /* (28) */
            }
            real S = 0;
            for (int j = 0; j < 8; j++) {
                S += s[b * 64 + i * 8 + j]; /* (29) */
            }
            const real scale = 1.0f / S;
            for (int j = 0; j < 8; j++) {
                s[b * 64 + i * 8 + j] = scale * s[b * 64 + i * 8 + j]; /* (30) */
            }
        }
    }
}

/* attention: attention
   (25) attention.u[b, j, f] = sum[i](encoder[b, j, i] * attention.in_proj_weight[f + 128, i]) + attention.in_proj_bias[f + 128]
*/
static void attention_8_64_64_v3(
    real *restrict u,                    /* [B, 8, 64] */
    const real *restrict encoder,        /* [8, B, 64] */
    const real *restrict in_proj_weight, /* [192, 64] */
    const real *restrict in_proj_bias,   /* [192] */
    int batch)
{
    const int high = even(batch * 8, TILE_ROWS, ROWS);
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 8; i_tile += high) {
            const int rows = batch * 8 - i_tile < high ? batch * 8 - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 64,
                     encoder + i_tile * 64, 64, 1,
                     in_proj_weight + 128 * 64 + j_tile * 64, 1, 64);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int j = (i_tile + r) / batch;
                const int b = (i_tile + r) % batch;
                for (int c = 0; c < columns; c++) {
                    const int f = j_tile + c;
                    u[b * 512 + j * 64 + f] = tile[r * COLUMNS + c] + in_proj_bias[f + 128];
                }
            }
        }
    }
}

/* attention: attention
   (31) attention.v[b, i, d] = sum[j](attention.u[b, j, d] * attention.p[b, 0, i, j])
*/
static void attention_8_64_8(
    real *restrict v,       /* [B, 8, 64] */
    const real *restrict s, /* [B, 1, 8, 8] */
    const real *restrict u, /* [B, 8, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        real sum[512] = {0};
        for (int j = 0; j < 8; j++) {
            for (int i = 0; i < 8; i++) {
                for (int d = 0; d < 64; d++) {
                    sum[i * 64 + d] += s[b * 64 + i * 8 + j] * u[b * 512 + j * 64 + d];
                }
            }
        }
        for (int i = 0; i < 8; i++) {
            for (int d = 0; d < 64; d++) {
                v[b * 512 + i * 64 + d] = sum[i * 64 + d];
            }
        }
    }
}

/* attention: attention
   (32) attention[b, i, m] = sum[j](attention.v[b, i, j] * attention.out_proj.weight[m, j]) + attention.out_proj.bias[m]
*/
static void attention_8_64_64_v4(
    real *restrict attention,    /* [8, B, 64] */
    const real *restrict v,      /* [B, 8, 64] */
    const real *restrict weight, /* [64, 64] */
    const real *restrict bias,   /* [64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int i = 0; i < 8; i++) {
        for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 64,
                         v + i * 64 + i_tile * 512, 512, 1,
                         weight + j_tile * 64, 1, 64);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int m = j_tile + c;
                        attention[i * 64 * batch + b * 64 + m] = tile[r * COLUMNS + c] + bias[m];
                    }
                }
            }
        }
    }
}

/* both: concat
   (33) both[i0, i1, j] = attention[i0, i1, j - 64] + decoder[i0, i1, j + 0]
*/
static void concat_8_64(
    real *restrict both,            /* [8, B, 128] */
    const real *restrict decoder,   /* [8, B, 64] */
    const real *restrict attention, /* [8, B, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int i1 = 0; i1 < 8; i1++) {
        for (int i0 = 0; i0 < batch; i0++) {
            for (int j = 0; j < 64; j++) {
                both[i1 * 128 * batch + i0 * 128 + j] = decoder[i1 * 64 * batch + i0 * 64 + j];
            }
            for (int j = 64; j < 128; j++) {
                both[i1 * 128 * batch + i0 * 128 + j] = attention[i1 * 64 * batch + i0 * 64 + j - 64];
            }
        }
    }
}

/* mixed: linear, tanh
   (34) mixed.z[i0, i1, o] = sum[i](both[i0, i1, i] * mixed.weight[o, i]) + mixed.bias[o]
   (35) mixed[i0, i1, o] = tanh(mixed.z[i0, i1, o])
*/
static void linear_tanh_8_64_128(
    real *restrict mixed,        /* [8, B, 64] */
    const real *restrict both,   /* [8, B, 128] */
    const real *restrict weight, /* [64, 128] */
    const real *restrict bias,   /* [64] */
    int batch)
{
    const int high = even(batch * 8, TILE_ROWS, ROWS);
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 8; i_tile += high) {
            const int rows = batch * 8 - i_tile < high ? batch * 8 - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 128,
                     both + i_tile * 128, 128, 1,
                     weight + j_tile * 128, 1, 128);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int place = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real z = tile[r * COLUMNS + c] + bias[o]; /* (34) */
                    mixed[place * 64 + o] = tanh_single(z); /* (35) */
                }
            }
        }
    }
}

/* head: linear
   (36) head[i0, i1, o] = sum[i](mixed[i0, i1, i] * head.weight[o, i]) + head.bias[o]
*/
static void linear_8_10_64(
    real *restrict head,         /* [B, 8, 10] */
    const real *restrict mixed,  /* [8, B, 64] */
    const real *restrict weight, /* [10, 64] */
    const real *restrict bias,   /* [10] */
    int batch)
{
    const int high = even(batch * 8, TILE_ROWS, ROWS);
    for (int j_tile = 0; j_tile < 10; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 8; i_tile += high) {
            const int rows = batch * 8 - i_tile < high ? batch * 8 - i_tile : high;
            const int columns = 10 - j_tile < COLUMNS ? 10 - j_tile : COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 64,
                     mixed + i_tile * 64, 64, 1,
                     weight + j_tile * 64, 1, 64);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int i1 = (i_tile + r) / batch;
                const int i0 = (i_tile + r) % batch;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    head[i0 * 80 + i1 * 10 + o] = tile[r * COLUMNS + c] + bias[o];
                }
            }
        }
    }
}

/* loss: cross_entropy
   (37) loss.m[i0, i1] = max[i](head[i0, i1, i])
   (38) loss.e[i0, i1, j] = exp(head[i0, i1, j] - loss.m[i0, i1])
   (39) loss.S[i0, i1] = sum[i](loss.e[i0, i1, i])
*/
static void cross_entropy_8_10(
    real *restrict m,          /* [B, 8] */
    real *restrict e,          /* [8, B, 10] */
    real *restrict S,          /* [B, 8] */
    const real *restrict head, /* [B, 8, 10] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int i1 = 0; i1 < 8; i1++) {
        for (int i0 = 0; i0 < batch; i0++) {
            real largest = -INFINITY;
            for (int o = 0; o < 10; o++) {
                largest = maximum(largest, head[i0 * 80 + i1 * 10 + o]);
            }
            m[i0 * 8 + i1] = largest; /* (37) */
            for (int j = 0; j < 10; j++) {
                e[i1 * 10 * batch + i0 * 10 + j] = exp_single(head[i0 * 80 + i1 * 10 + j] - m[i0 * 8 + i1]); /* (38) */
            }
            real sum = 0;
            for (int j = 0; j < 10; j++) {
                sum += e[i1 * 10 * batch + i0 * 10 + j];
            }
            S[i0 * 8 + i1] = sum; /* (39) */
        }
    }
}

/* loss: cross_entropy
   (41) loss = sum[b, i](log(loss.S[b, i]) + loss.m[b, i] - head[b, i, target[b, i]]) / (8 * B)
*/
static void cross_entropy_8(
    real *restrict loss,
    const real *restrict m,         /* [B, 8] */
    const real *restrict head,      /* [B, 8, 10] */
    const int32_t *restrict target, /* [B, 8] */
    const real *restrict S,         /* [B, 8] */
    int batch)
{
    real parts[8] = {0};
    for (int i0 = 0; i0 < batch; i0++) {
        for (int i1 = 0; i1 < 8; i1++) {
            parts[i1] += m[i0 * 8 + i1] - head[i0 * 80 + i1 * 10 + target[i0 * 8 + i1]] + log_single(S[i0 * 8 + i1]);
        }
    }
    real sum = 0;
    for (int part = 0; part < 8; part++) {
        sum += parts[part];
    }
    *loss = sum / (8.0f * (real)batch);
}

/* read: gradient of embedding (one side of the product)
   (102) d.read.weight[v, d] = sum[b, i](d.read[b, i, d] * (v == source[b, i]))
*/
static void d_weight_10_64(
    real *restrict d_weight) /* [10, 64] */
{
    for (int vd = 0; vd < 640; vd++) {
        d_weight[vd] = 0.0f;
    }
}

/* encoder: gru
   (3) encoder.v0[b, t, m] = sum[i](encoder.h0[b, t - 1, i] * encoder.weight_hh_l0[m, i]) + encoder.bias_hh_l0[m]
   (4) encoder.r0[b, t, j] = sigmoid(encoder.u0[b, t, j + 0] + encoder.v0[b, t, j + 0])
   (5) encoder.z0[b, t, j] = sigmoid(encoder.u0[b, t, j + 32] + encoder.v0[b, t, j + 32])
   (6) encoder.n0[b, t, j] = tanh(encoder.r0[b, t, j] * encoder.v0[b, t, j + 64] + encoder.u0[b, t, j + 64])
   (7) encoder.h0[b, t, j] = encoder.n0[b, t, j] * (1 - encoder.z0[b, t, j]) + encoder.h0[b, t - 1, j] * encoder.z0[b, t, j]
   by class: encoder.r0[b, t, j] = sigmoid(encoder.u0@table[source[b, t], j + 0] + encoder.v0[b, t, j + 0])
*/
static void gru_96_v3(
    real *restrict v0,               /* [8, B, 96] */
    real *restrict r0,               /* [8, B, 32] */
    real *restrict z0,               /* [8, B, 32] */
    real *restrict n0,               /* [8, B, 32] */
    real *restrict h0,               /* [8, B, 32] */
    const real *restrict bias_hh_l0, /* [96] */
    const real *restrict u0_table,   /* [10, 96] */
    const int32_t *restrict source,  /* [B, 8] */
    const real *restrict u0,         /* [8, B, 96] */
    int t,
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int m = 0; m < 96; m++) {
            v0[t * 96 * batch + b * 96 + m] = bias_hh_l0[m]; /* (3) */
        }
        for (int j = 0; j < 32; j++) {
            r0[t * 32 * batch + b * 32 + j] = sigmoid(u0_table[(source[b * 8 + t]) * 96 + j] + v0[t * 96 * batch + b * 96 + j]); /* (4) */
            z0[t * 32 * batch + b * 32 + j] = sigmoid(u0[t * 96 * batch + b * 96 + j + 32] + v0[t * 96 * batch + b * 96 + j + 32]); /* (5) */
            n0[t * 32 * batch + b * 32 + j] = tanh_single(r0[t * 32 * batch + b * 32 + j] * v0[t * 96 * batch + b * 96 + j + 64] + u0[t * 96 * batch + b * 96 + j + 64]); /* (6) */
            h0[t * 32 * batch + b * 32 + j] = (1.0f - z0[t * 32 * batch + b * 32 + j]) * n0[t * 32 * batch + b * 32 + j]; /* (7) */
        }
    }
}

/* encoder: gru
   (3) encoder.v0[b, t, m] = sum[i](encoder.h0[b, t - 1, i] * encoder.weight_hh_l0[m, i]) + encoder.bias_hh_l0[m]
*/
static void gru_96_32_v3(
    real *restrict v0,                 /* [8, B, 96] */
    const real *restrict h0,           /* [8, B, 32] */
    const real *restrict weight_hh_l0, /* [96, 32] */
    const real *restrict bias_hh_l0,   /* [96] */
    int t,
    int batch,
    int all_rows)
{
    const int high = even(batch, TILE_ROWS / 2, ROWS);
    for (int j_tile = 0; j_tile < 96; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = COLUMNS;
            multiply_copied(tile, panel, fresh, rows, columns, 32,
                            h0 + (t - 1) * 32 * all_rows + i_tile * 32, 32, 1,
                            weight_hh_l0 + j_tile * 32, 1, 32);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int m = j_tile + c;
                    v0[t * 96 * all_rows + b * 96 + m] = tile[r * COLUMNS + c] + bias_hh_l0[m];
                }
            }
        }
    }
}

/* encoder: gru
   (4) encoder.r0[b, t, j] = sigmoid(encoder.u0[b, t, j + 0] + encoder.v0[b, t, j + 0])
   (5) encoder.z0[b, t, j] = sigmoid(encoder.u0[b, t, j + 32] + encoder.v0[b, t, j + 32])
   (6) encoder.n0[b, t, j] = tanh(encoder.r0[b, t, j] * encoder.v0[b, t, j + 64] + encoder.u0[b, t, j + 64])
   (7) encoder.h0[b, t, j] = encoder.n0[b, t, j] * (1 - encoder.z0[b, t, j]) + encoder.h0[b, t - 1, j] * encoder.z0[b, t, j]
   by class: encoder.r0[b, t, j] = sigmoid(encoder.u0@table[source[b, t], j + 0] + encoder.v0[b, t, j + 0])
*/
static void gru_32_v3(
    real *restrict r0,              /* [8, B, 32] */
    real *restrict z0,              /* [8, B, 32] */
    real *restrict n0,              /* [8, B, 32] */
    real *restrict h0,              /* [8, B, 32] */
    const real *restrict u0_table,  /* [10, 96] */
    const int32_t *restrict source, /* [B, 8] */
    const real *restrict v0,        /* [8, B, 96] */
    const real *restrict u0,        /* [8, B, 96] */
    int t,
    int batch,
    int all_rows)
{
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 32; j++) {
            r0[t * 32 * all_rows + b * 32 + j] = sigmoid(u0_table[(source[b * 8 + t]) * 96 + j] + v0[t * 96 * all_rows + b * 96 + j]); /* (4) */
            z0[t * 32 * all_rows + b * 32 + j] = sigmoid(u0[t * 96 * all_rows + b * 96 + j + 32] + v0[t * 96 * all_rows + b * 96 + j + 32]); /* (5) */
            n0[t * 32 * all_rows + b * 32 + j] = tanh_single(r0[t * 32 * all_rows + b * 32 + j] * v0[t * 96 * all_rows + b * 96 + j + 64] + u0[t * 96 * all_rows + b * 96 + j + 64]); /* (6) */
            h0[t * 32 * all_rows + b * 32 + j] = (1.0f - z0[t * 32 * all_rows + b * 32 + j]) * n0[t * 32 * all_rows + b * 32 + j] + h0[(t - 1) * 32 * all_rows + b * 32 + j] * z0[t * 32 * all_rows + b * 32 + j]; /* (7) */
        }
    }
}

/* encoder: gru
   (9) encoder.v0b[b, t, m] = sum[i](encoder.h0b[b, t + 1, i] * encoder.weight_hh_l0_reverse[m, i]) + encoder.bias_hh_l0_reverse[m]
   (10) encoder.r0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 0] + encoder.v0b[b, t, j + 0])
   (11) encoder.z0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 32] + encoder.v0b[b, t, j + 32])
   (12) encoder.n0b[b, t, j] = tanh(encoder.r0b[b, t, j] * encoder.v0b[b, t, j + 64] + encoder.u0b[b, t, j + 64])
   (13) encoder.h0b[b, t, j] = encoder.n0b[b, t, j] * (1 - encoder.z0b[b, t, j]) + encoder.h0b[b, t + 1, j] * encoder.z0b[b, t, j]
   by class: encoder.r0b[b, t, j] = sigmoid(encoder.u0b@table[source[b, t], j + 0] + encoder.v0b[b, t, j + 0])
*/
static void gru_96_v4(
    real *restrict v0b,                      /* [8, B, 96] */
    real *restrict r0b,                      /* [8, B, 32] */
    real *restrict z0b,                      /* [8, B, 32] */
    real *restrict n0b,                      /* [8, B, 32] */
    real *restrict h0b,                      /* [8, B, 32] */
    const real *restrict bias_hh_l0_reverse, /* [96] */
    const real *restrict u0b_table,          /* [10, 96] */
    const int32_t *restrict source,          /* [B, 8] */
    const real *restrict u0b,                /* [8, B, 96] */
    int t,
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int m = 0; m < 96; m++) {
            v0b[t * 96 * batch + b * 96 + m] = bias_hh_l0_reverse[m]; /* (9) */
        }
        for (int j = 0; j < 32; j++) {
            r0b[t * 32 * batch + b * 32 + j] = sigmoid(u0b_table[(source[b * 8 + t]) * 96 + j] + v0b[t * 96 * batch + b * 96 + j]); /* (10) */
            z0b[t * 32 * batch + b * 32 + j] = sigmoid(u0b[t * 96 * batch + b * 96 + j + 32] + v0b[t * 96 * batch + b * 96 + j + 32]); /* (11) */
            n0b[t * 32 * batch + b * 32 + j] = tanh_single(r0b[t * 32 * batch + b * 32 + j] * v0b[t * 96 * batch + b * 96 + j + 64] + u0b[t * 96 * batch + b * 96 + j + 64]); /* (12) */
            h0b[t * 32 * batch + b * 32 + j] = (1.0f - z0b[t * 32 * batch + b * 32 + j]) * n0b[t * 32 * batch + b * 32 + j]; /* (13) */
        }
    }
}

/* encoder: gru
   (9) encoder.v0b[b, t, m] = sum[i](encoder.h0b[b, t + 1, i] * encoder.weight_hh_l0_reverse[m, i]) + encoder.bias_hh_l0_reverse[m]
*/
static void gru_96_32_v4(
    real *restrict v0b,                        /* [8, B, 96] */
    const real *restrict h0b,                  /* [8, B, 32] */
    const real *restrict weight_hh_l0_reverse, /* [96, 32] */
    const real *restrict bias_hh_l0_reverse,   /* [96] */
    int t,
    int batch,
    int all_rows)
{
    const int high = even(batch, TILE_ROWS / 2, ROWS);
    for (int j_tile = 0; j_tile < 96; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = COLUMNS;
            multiply_copied(tile, panel, fresh, rows, columns, 32,
                            h0b + (t + 1) * 32 * all_rows + i_tile * 32, 32, 1,
                            weight_hh_l0_reverse + j_tile * 32, 1, 32);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int b = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int m = j_tile + c;
                    v0b[t * 96 * all_rows + b * 96 + m] = tile[r * COLUMNS + c] + bias_hh_l0_reverse[m];
                }
            }
        }
    }
}

/* encoder: gru
   (10) encoder.r0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 0] + encoder.v0b[b, t, j + 0])
   (11) encoder.z0b[b, t, j] = sigmoid(encoder.u0b[b, t, j + 32] + encoder.v0b[b, t, j + 32])
   (12) encoder.n0b[b, t, j] = tanh(encoder.r0b[b, t, j] * encoder.v0b[b, t, j + 64] + encoder.u0b[b, t, j + 64])
   (13) encoder.h0b[b, t, j] = encoder.n0b[b, t, j] * (1 - encoder.z0b[b, t, j]) + encoder.h0b[b, t + 1, j] * encoder.z0b[b, t, j]
   by class: encoder.r0b[b, t, j] = sigmoid(encoder.u0b@table[source[b, t], j + 0] + encoder.v0b[b, t, j + 0])
*/
static void gru_32_v4(
    real *restrict r0b,             /* [8, B, 32] */
    real *restrict z0b,             /* [8, B, 32] */
    real *restrict n0b,             /* [8, B, 32] */
    real *restrict h0b,             /* [8, B, 32] */
    const real *restrict u0b_table, /* [10, 96] */
    const int32_t *restrict source, /* [B, 8] */
    const real *restrict v0b,       /* [8, B, 96] */
    const real *restrict u0b,       /* [8, B, 96] */
    int t,
    int batch,
    int all_rows)
{
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 32; j++) {
            r0b[t * 32 * all_rows + b * 32 + j] = sigmoid(u0b_table[(source[b * 8 + t]) * 96 + j] + v0b[t * 96 * all_rows + b * 96 + j]); /* (10) */
            z0b[t * 32 * all_rows + b * 32 + j] = sigmoid(u0b[t * 96 * all_rows + b * 96 + j + 32] + v0b[t * 96 * all_rows + b * 96 + j + 32]); /* (11) */
            n0b[t * 32 * all_rows + b * 32 + j] = tanh_single(r0b[t * 32 * all_rows + b * 32 + j] * v0b[t * 96 * all_rows + b * 96 + j + 64] + u0b[t * 96 * all_rows + b * 96 + j + 64]); /* (12) */
            h0b[t * 32 * all_rows + b * 32 + j] = (1.0f - z0b[t * 32 * all_rows + b * 32 + j]) * n0b[t * 32 * all_rows + b * 32 + j] + h0b[(t + 1) * 32 * all_rows + b * 32 + j] * z0b[t * 32 * all_rows + b * 32 + j]; /* (13) */
        }
    }
}

/* decoder: gru
   (17) decoder.v[b, t, m] = sum[i](decoder.h[b, t - 1, i] * decoder.weight_hh_l0[m, i]) + decoder.bias_hh_l0[m]
   (18) decoder.r[b, t, j] = sigmoid(decoder.u[b, t, j + 0] + decoder.v[b, t, j + 0])
   (19) decoder.z[b, t, j] = sigmoid(decoder.u[b, t, j + 64] + decoder.v[b, t, j + 64])
   (20) decoder.n[b, t, j] = tanh(decoder.r[b, t, j] * decoder.v[b, t, j + 128] + decoder.u[b, t, j + 128])
   (21) decoder.h[b, t, j] = decoder.n[b, t, j] * (1 - decoder.z[b, t, j]) + decoder.h[b, t - 1, j] * decoder.z[b, t, j]
   by class: decoder.r[b, t, j] = sigmoid(decoder.u@table[shifted[b, t], j + 0] + decoder.v[b, t, j + 0])
*/
static void gru_192_v2(
    real *restrict v,                /* [8, B, 192] */
    real *restrict r,                /* [8, B, 64] */
    real *restrict z,                /* [8, B, 64] */
    real *restrict n,                /* [8, B, 64] */
    real *restrict h,                /* [8, B, 64] */
    const real *restrict bias_hh_l0, /* [192] */
    const real *restrict u_table,    /* [11, 192] */
    const int32_t *restrict shifted, /* [B, 8] */
    const real *restrict u,          /* [8, B, 192] */
    int t,
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int m = 0; m < 192; m++) {
            v[t * 192 * batch + b * 192 + m] = bias_hh_l0[m]; /* (17) */
        }
        for (int j = 0; j < 64; j++) {
            r[t * 64 * batch + b * 64 + j] = sigmoid(u_table[(shifted[b * 8 + t]) * 192 + j] + v[t * 192 * batch + b * 192 + j]); /* (18) */
            z[t * 64 * batch + b * 64 + j] = sigmoid(u[t * 192 * batch + b * 192 + j + 64] + v[t * 192 * batch + b * 192 + j + 64]); /* (19) */
            n[t * 64 * batch + b * 64 + j] = tanh_single(r[t * 64 * batch + b * 64 + j] * v[t * 192 * batch + b * 192 + j + 128] + u[t * 192 * batch + b * 192 + j + 128]); /* (20) */
            h[t * 64 * batch + b * 64 + j] = (1.0f - z[t * 64 * batch + b * 64 + j]) * n[t * 64 * batch + b * 64 + j]; /* (21) */
        }
    }
}

/* decoder: gru
   (17) decoder.v[b, t, m] = sum[i](decoder.h[b, t - 1, i] * decoder.weight_hh_l0[m, i]) + decoder.bias_hh_l0[m]
*/
static void gru_6_32_64_v2(
    real *restrict v,                /* [8, B, 192] */
    const real *restrict h,          /* [8, B, 64] */
    const real *restrict panels_2,   /* [6, 64, 32] */
    const real *restrict bias_hh_l0, /* [192] */
    int t,
    int batch,
    int all_rows)
{
    for (int m_panel = 0; m_panel < 6; m_panel++) {
        for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply_copied(tile, panel, fresh, rows, columns, 64,
                                h + (t - 1) * 64 * all_rows + i_tile * 64, 64, 1,
                                panels_2 + m_panel * 2048 + j_tile, 32, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int m_column = j_tile + c;
                        v[t * 192 * all_rows + b * 192 + 32 * m_panel + m_column] = tile[r * COLUMNS + c] + bias_hh_l0[32 * m_panel + m_column];
                    }
                }
            }
        }
    }
}

/* decoder: gru
   (18) decoder.r[b, t, j] = sigmoid(decoder.u[b, t, j + 0] + decoder.v[b, t, j + 0])
   (19) decoder.z[b, t, j] = sigmoid(decoder.u[b, t, j + 64] + decoder.v[b, t, j + 64])
   (20) decoder.n[b, t, j] = tanh(decoder.r[b, t, j] * decoder.v[b, t, j + 128] + decoder.u[b, t, j + 128])
   (21) decoder.h[b, t, j] = decoder.n[b, t, j] * (1 - decoder.z[b, t, j]) + decoder.h[b, t - 1, j] * decoder.z[b, t, j]
   by class: decoder.r[b, t, j] = sigmoid(decoder.u@table[shifted[b, t], j + 0] + decoder.v[b, t, j + 0])
*/
static void gru_64_v2(
    real *restrict r,                /* [8, B, 64] */
    real *restrict z,                /* [8, B, 64] */
    real *restrict n,                /* [8, B, 64] */
    real *restrict h,                /* [8, B, 64] */
    const real *restrict u_table,    /* [11, 192] */
    const int32_t *restrict shifted, /* [B, 8] */
    const real *restrict v,          /* [8, B, 192] */
    const real *restrict u,          /* [8, B, 192] */
    int t,
    int batch,
    int all_rows)
{
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 64; j++) {
            r[t * 64 * all_rows + b * 64 + j] = sigmoid(u_table[(shifted[b * 8 + t]) * 192 + j] + v[t * 192 * all_rows + b * 192 + j]); /* (18) */
            z[t * 64 * all_rows + b * 64 + j] = sigmoid(u[t * 192 * all_rows + b * 192 + j + 64] + v[t * 192 * all_rows + b * 192 + j + 64]); /* (19) */
            n[t * 64 * all_rows + b * 64 + j] = tanh_single(r[t * 64 * all_rows + b * 64 + j] * v[t * 192 * all_rows + b * 192 + j + 128] + u[t * 192 * all_rows + b * 192 + j + 128]); /* (20) */
            h[t * 64 * all_rows + b * 64 + j] = (1.0f - z[t * 64 * all_rows + b * 64 + j]) * n[t * 64 * all_rows + b * 64 + j] + h[(t - 1) * 64 * all_rows + b * 64 + j] * z[t * 64 * all_rows + b * 64 + j]; /* (21) */
        }
    }
}

/* loss: cross_entropy; head: gradient of linear
   (37) loss.m[i0, i1] = max[i](head[i0, i1, i])
   (38) loss.e[i0, i1, j] = exp(head[i0, i1, j] - loss.m[i0, i1])
   (39) loss.S[i0, i1] = sum[i](loss.e[i0, i1, i])
   (40) loss.p[i0, i1, j] = loss.e[i0, i1, j] / loss.S[i0, i1]
   (42) d.head[i0, i1, o] = (loss.p[i0, i1, o] - (o == target[i0, i1])) / (8 * B)
*/
static void cross_entropy_d_head_8_10(
    real *restrict m,               /* [B, 8] */
    real *restrict e,               /* [8, B, 10] */
    real *restrict S,               /* [B, 8] */
    real *restrict d_head,          /* [8, B, 10] */
    const real *restrict head,      /* [B, 8, 10] */
    const int32_t *restrict target, /* [B, 8] */
    int batch)
{
    const real scale2 = 1.0f / (8.0f * (real)batch); /* (42) */
#pragma omp for schedule(static) nowait
    for (int i1 = 0; i1 < 8; i1++) {
        for (int i0 = 0; i0 < batch; i0++) {
            real largest = -INFINITY;
            for (int o = 0; o < 10; o++) {
                largest = maximum(largest, head[i0 * 80 + i1 * 10 + o]);
            }
            m[i0 * 8 + i1] = largest; /* (37) */
            for (int j = 0; j < 10; j++) {
                e[i1 * 10 * batch + i0 * 10 + j] = exp_single(head[i0 * 80 + i1 * 10 + j] - m[i0 * 8 + i1]); /* (38) */
            }
            real sum = 0;
            for (int j = 0; j < 10; j++) {
                sum += e[i1 * 10 * batch + i0 * 10 + j];
            }
            S[i0 * 8 + i1] = sum; /* (39) */
            const real scale = 1.0f / S[i0 * 8 + i1];
            for (int j = 0; j < 10; j++) {
                const real p = scale * e[i1 * 10 * batch + i0 * 10 + j]; /* (40) */
                d_head[i1 * 10 * batch + i0 * 10 + j] = scale2 * (p - (j == target[i0 * 8 + i1] ? 1.0f : 0.0f)); /* (42) */
            }
        }
    }
}

/* head: gradient of linear
   (43) d.head.weight[o, i] = sum[b, j](d.head[b, j, o] * mixed[b, j, i])
*/
static void d_weight_10_64_8(
    real *restrict d_weight,     /* [10, 64] */
    const real *restrict d_head, /* [8, B, 10] */
    const real *restrict mixed,  /* [8, B, 64] */
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
            multiply(tile, panel, fresh, rows, columns, batch * 8,
                     d_head + i_tile, 1, 10,
                     mixed + j_tile, 64, 1);
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

/* head: gradient of linear
   (44) d.head.bias[o] = sum[b, i](d.head[b, i, o])
*/
static void d_bias_10_8(
    real *restrict d_bias,       /* [10] */
    const real *restrict d_head, /* [8, B, 10] */
    int batch)
{
    real sum[10] = {0};
    for (int i1 = 0; i1 < 8; i1++) {
        for (int i0 = 0; i0 < batch; i0++) {
            for (int o = 0; o < 10; o++) {
                sum[o] += d_head[i1 * 10 * batch + i0 * 10 + o];
            }
        }
    }
    for (int o = 0; o < 10; o++) {
        d_bias[o] = sum[o];
    }
}

/* mixed: gradient of linear
   (45) d.mixed.z[i0, i1, o] = (1 - mixed[i0, i1, o]**2) * sum[i](d.head[i0, i1, i] * head.weight[i, o])
*/
static void d_z_8_64_10(
    real *restrict mixed,        /* [8, B, 64] */
    const real *restrict d_head, /* [8, B, 10] */
    const real *restrict weight, /* [10, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int i1 = 0; i1 < 8; i1++) {
        for (int i0 = 0; i0 < batch; i0++) {
            real sum[64] = {0};
            for (int i = 0; i < 10; i++) {
                for (int o = 0; o < 64; o++) {
                    sum[o] += d_head[i1 * 10 * batch + i0 * 10 + i] * weight[i * 64 + o];
                }
            }
            for (int o = 0; o < 64; o++) {
                mixed[i1 * 64 * batch + i0 * 64 + o] = (1.0f - square(mixed[i1 * 64 * batch + i0 * 64 + o])) * sum[o];
            }
        }
    }
}

/* mixed: gradient of linear
   (46) d.mixed.weight[o, i] = sum[b, j](both[b, j, i] * d.mixed.z[b, j, o])
*/
static void d_weight_64_128_8(
    real *restrict d_weight,    /* [64, 128] */
    const real *restrict mixed, /* [8, B, 64] */
    const real *restrict both,  /* [8, B, 128] */
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
            multiply(tile, panel, fresh, rows, columns, batch * 8,
                     mixed + i_tile, 1, 64,
                     both + j_tile, 128, 1);
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

/* mixed: gradient of linear
   (47) d.mixed.bias[o] = sum[b, i](d.mixed.z[b, i, o])
*/
static void d_bias_64_8(
    real *restrict d_bias,      /* [64] */
    const real *restrict mixed, /* [8, B, 64] */
    int batch)
{
    real sum[64] = {0};
    for (int i1 = 0; i1 < 8; i1++) {
        for (int i0 = 0; i0 < batch; i0++) {
            for (int o = 0; o < 64; o++) {
                sum[o] += mixed[i1 * 64 * batch + i0 * 64 + o];
            }
        }
    }
    for (int o = 0; o < 64; o++) {
        d_bias[o] = sum[o];
    }
}

/* both: gradient of concat
   (48) d.both[i0, i1, j] = sum[i](d.mixed.z[i0, i1, i] * mixed.weight[i, j])
*/
static void d_both_8_128_64(
    real *restrict d_both,       /* [8, B, 128] */
    const real *restrict mixed,  /* [8, B, 64] */
    const real *restrict weight, /* [64, 128] */
    int batch)
{
    for (int i_block = 0; i_block < batch * 8; i_block += 14 * TILE_ROWS) {
        const int i_end = batch * 8 - i_block < 14 * TILE_ROWS ? batch * 8 : i_block + 14 * TILE_ROWS;
#pragma omp for schedule(static) nowait
        for (int j_tile = 0; j_tile < 128; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = i_block; i_tile < i_end; i_tile += TILE_ROWS) {
                const int rows = batch * 8 - i_tile < TILE_ROWS ? batch * 8 - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 64,
                         mixed + i_tile * 64, 64, 1,
                         weight + j_tile, 128, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int place = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int j = j_tile + c;
                        d_both[place * 128 + j] = tile[r * COLUMNS + c];
                    }
                }
            }
        }
    }
}

/* attention: gradient of attention
   (49) d.attention.out_proj.weight[m, d] = sum[b, i](attention.v[b, i, d] * d.both[b, i, m + 64])
*/
static void d_weight_64_64_8(
    real *restrict d_weight,     /* [64, 64] */
    const real *restrict d_both, /* [8, B, 128] */
    const real *restrict v,      /* [B, 8, 64] */
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
            multiply_along(tile, panel, fresh, rows, columns, batch * 8, 1,
                           d_both + 64 + i_tile * 1, (walk){2, {8, batch}, {128 * batch, 128}},
                           v, (walk){2, {8, batch}, {64, 512}},
                           j_tile, (walk){1, {64}, {1}});
            fresh = 0;
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

/* attention: gradient of attention
   (50) d.attention.out_proj.bias[m] = sum[b, i](d.both[b, i, m + 64])
*/
static void d_bias_64_8_v2(
    real *restrict d_bias,       /* [64] */
    const real *restrict d_both, /* [8, B, 128] */
    int batch)
{
    real sum[64] = {0};
    for (int i1 = 0; i1 < 8; i1++) {
        for (int i0 = 0; i0 < batch; i0++) {
            for (int m = 0; m < 64; m++) {
                sum[m] += d_both[i1 * 128 * batch + i0 * 128 + m + 64];
            }
        }
    }
    for (int m = 0; m < 64; m++) {
        d_bias[m] = sum[m];
    }
}

/* attention: gradient of attention
   (51) d.attention.v[b, i, d] = sum[j](d.both[b, i, j + 64] * attention.out_proj.weight[j, d])
*/
static void d_v_8_64_64(
    real *restrict d_v,          /* [B, 8, 64] */
    const real *restrict d_both, /* [8, B, 128] */
    const real *restrict weight, /* [64, 64] */
    int batch)
{
    const int high = even(batch * 8, TILE_ROWS, ROWS);
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 8; i_tile += high) {
            const int rows = batch * 8 - i_tile < high ? batch * 8 - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 64,
                     d_both + 64 + i_tile * 128, 128, 1,
                     weight + j_tile, 64, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int i = (i_tile + r) / batch;
                const int b = (i_tile + r) % batch;
                for (int c = 0; c < columns; c++) {
                    const int d = j_tile + c;
                    d_v[b * 512 + i * 64 + d] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* attention: gradient of attention
   (53) attention.r[b, i, j] = sum[k](attention.u[b, j, k] * d.attention.v[b, i, k])
*/
static void r_8_8_64(
    real *restrict r,         /* [B, 8, 8] */
    const real *restrict d_v, /* [B, 8, 64] */
    const real *restrict u,   /* [B, 8, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int j_tile = 0; j_tile < 8; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = 0; i_tile < 8; i_tile += TILE_ROWS) {
                const int rows = 8 - i_tile < TILE_ROWS ? 8 - i_tile : TILE_ROWS;
                const int columns = 8 - j_tile < COLUMNS ? 8 - j_tile : COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 64,
                         d_v + b * 512 + i_tile * 64, 64, 1,
                         u + b * 512 + j_tile * 64, 1, 64);
                fresh = 0;
                for (int r_2 = 0; r_2 < rows; r_2++) {
                    const int i = i_tile + r_2;
                    for (int c = 0; c < columns; c++) {
                        const int j = j_tile + c;
                        r[b * 64 + i * 8 + j] = tile[r_2 * COLUMNS + c];
                    }
                }
            }
        }
    }
}

/* attention: gradient of attention
   (55) attention.r2[b, h, i] = sum[j](attention.p[b, h, i, j] * d.attention.p[b, h, i, j])
   (56) d.attention.s[b, h, i, j] = attention.p[b, h, i, j] * (d.attention.p[b, h, i, j] - attention.r2[b, h, i])
*/
static void r2_d_s_1_8_8(
    real *restrict d_s,       /* [B, 1, 8, 8] */
    const real *restrict d_p, /* [B, 1, 8, 8] */
    const real *restrict s,   /* [B, 1, 8, 8] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 8; i++) {
            real r2 = 0;
            for (int j = 0; j < 8; j++) {
                r2 += d_p[b * 64 + i * 8 + j] * s[b * 64 + i * 8 + j]; /* (55) */
            }
            for (int j = 0; j < 8; j++) {
                d_s[b * 64 + i * 8 + j] = (d_p[b * 64 + i * 8 + j] - r2) * s[b * 64 + i * 8 + j]; /* (56) */
            }
        }
    }
}

/* attention: gradient of attention
   (52) d.attention.u[b, j, f] = sum[i](d.attention.v[b, i, f] * attention.p[b, 0, i, j])
*/
static void d_u_8_64_8(
    real *restrict d_u,       /* [B, 8, 64] */
    const real *restrict s,   /* [B, 1, 8, 8] */
    const real *restrict d_v, /* [B, 8, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        real sum[512] = {0};
        for (int i = 0; i < 8; i++) {
            for (int j = 0; j < 8; j++) {
                for (int f = 0; f < 64; f++) {
                    sum[j * 64 + f] += s[b * 64 + i * 8 + j] * d_v[b * 512 + i * 64 + f];
                }
            }
        }
        for (int j = 0; j < 8; j++) {
            for (int f = 0; f < 64; f++) {
                d_u[b * 512 + j * 64 + f] = sum[j * 64 + f];
            }
        }
    }
}

/* attention: gradient of attention
   (57) d.attention.q[b, i, f] = sum[j](attention.k[b, j, f] * d.attention.s[b, 0, i, j]) / 8
*/
static void d_q_8_64_8(
    real *restrict d_q,       /* [B, 8, 64] */
    const real *restrict d_s, /* [B, 1, 8, 8] */
    const real *restrict k,   /* [B, 8, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        real sum[512] = {0};
        for (int j = 0; j < 8; j++) {
            for (int i = 0; i < 8; i++) {
                for (int f = 0; f < 64; f++) {
                    sum[i * 64 + f] += d_s[b * 64 + i * 8 + j] * k[b * 512 + j * 64 + f];
                }
            }
        }
        for (int i = 0; i < 8; i++) {
            for (int f = 0; f < 64; f++) {
                d_q[b * 512 + i * 64 + f] = 0.125f * sum[i * 64 + f];
            }
        }
    }
}

/* decoder: gradient of gru
   (67) d.decoder[b, t, j] = sum[i](d.attention.q[b, t, i] * attention.in_proj_weight[i + 0, j]) + d.both[b, t, j + 0]
*/
static void d_decoder_8_64_64(
    real *restrict d_decoder,            /* [8, B, 64] */
    const real *restrict d_q,            /* [B, 8, 64] */
    const real *restrict in_proj_weight, /* [192, 64] */
    const real *restrict d_both,         /* [8, B, 128] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int t = 0; t < 8; t++) {
        for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 64,
                         d_q + t * 64 + i_tile * 512, 512, 1,
                         in_proj_weight + j_tile, 64, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int j = j_tile + c;
                        d_decoder[t * 64 * batch + b * 64 + j] = tile[r * COLUMNS + c] + d_both[t * 128 * batch + b * 128 + j];
                    }
                }
            }
        }
    }
}

/* attention: gradient of attention
   (58) d.attention.k[b, j, f] = sum[i](attention.q[b, i, f] * d.attention.s[b, 0, i, j]) / 8
*/
static void d_k_8_64_8(
    real *restrict d_k,       /* [B, 8, 64] */
    const real *restrict d_s, /* [B, 1, 8, 8] */
    const real *restrict q,   /* [B, 8, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        real sum[512] = {0};
        for (int i = 0; i < 8; i++) {
            for (int j = 0; j < 8; j++) {
                for (int f = 0; f < 64; f++) {
                    sum[j * 64 + f] += d_s[b * 64 + i * 8 + j] * q[b * 512 + i * 64 + f];
                }
            }
        }
        for (int j = 0; j < 8; j++) {
            for (int f = 0; f < 64; f++) {
                d_k[b * 512 + j * 64 + f] = 0.125f * sum[j * 64 + f];
            }
        }
    }
}

/* attention: gradient of attention (one side of the product)
   (61) attention.r3[d, w] = sum[b, i](d.attention.q[b, i, w + 0] * decoder[b, i, d])
   (62) attention.r4[d, w] = sum[b, i](d.attention.u[b, i, w - 128] * encoder[b, i, d])
   (63) d.attention.in_proj_weight[w, d] = sum[b, i](d.attention.k[b, i, w - 64] * encoder[b, i, d]) + attention.r3[d, w] + attention.r4[d, w]
*/
static void r3_r4_d_in_proj_weight_64_64_8(
    real *restrict d_in_proj_weight, /* [192, 64] */
    const real *restrict d_q,        /* [B, 8, 64] */
    const real *restrict decoder,    /* [8, B, 64] */
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
            multiply_along(tile, panel, fresh, rows, columns, batch * 8, 1,
                           d_q + i_tile * 1, (walk){2, {batch, 8}, {512, 64}},
                           decoder, (walk){2, {batch, 8}, {64, 64 * batch}},
                           j_tile, (walk){1, {64}, {1}});
            fresh = 0;
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

/* attention: gradient of attention (one side of the product)
   (64) attention.r5[w] = sum[b, i](d.attention.q[b, i, w + 0])
*/
static void r5_64_8(
    real *restrict r5,        /* [192] */
    const real *restrict d_q, /* [B, 8, 64] */
    int batch)
{
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 8; i++) {
            for (int w = 0; w < 64; w++) {
                sum[w] += d_q[b * 512 + i * 64 + w];
            }
        }
    }
    for (int w = 0; w < 64; w++) {
        r5[w] = sum[w];
    }
}

/* attention: gradient of attention (one side of the product)
   (61) attention.r3[d, w] = sum[b, i](d.attention.q[b, i, w + 0] * decoder[b, i, d])
   (62) attention.r4[d, w] = sum[b, i](d.attention.u[b, i, w - 128] * encoder[b, i, d])
   (63) d.attention.in_proj_weight[w, d] = sum[b, i](d.attention.k[b, i, w - 64] * encoder[b, i, d]) + attention.r3[d, w] + attention.r4[d, w]
*/
static void r3_r4_d_in_proj_weight_64_64_8_v2(
    real *restrict d_in_proj_weight, /* [192, 64] */
    const real *restrict d_k,        /* [B, 8, 64] */
    const real *restrict encoder,    /* [8, B, 64] */
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
            multiply_along(tile, panel, fresh, rows, columns, batch * 8, 1,
                           d_k + i_tile * 1, (walk){2, {batch, 8}, {512, 64}},
                           encoder, (walk){2, {batch, 8}, {64, 64 * batch}},
                           j_tile, (walk){1, {64}, {1}});
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int w = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int d = j_tile + c;
                    d_in_proj_weight[(w + 64) * 64 + d] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* attention: gradient of attention
   (61) attention.r3[d, w] = sum[b, i](d.attention.q[b, i, w + 0] * decoder[b, i, d])
   (62) attention.r4[d, w] = sum[b, i](d.attention.u[b, i, w - 128] * encoder[b, i, d])
   (63) d.attention.in_proj_weight[w, d] = sum[b, i](d.attention.k[b, i, w - 64] * encoder[b, i, d]) + attention.r3[d, w] + attention.r4[d, w]
*/
static void r3_r4_d_in_proj_weight_64_64_8_v3(
    real *restrict d_in_proj_weight, /* [192, 64] */
    const real *restrict d_u,        /* [B, 8, 64] */
    const real *restrict encoder,    /* [8, B, 64] */
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
            multiply_along(tile, panel, fresh, rows, columns, batch * 8, 1,
                           d_u + i_tile * 1, (walk){2, {batch, 8}, {512, 64}},
                           encoder, (walk){2, {batch, 8}, {64, 64 * batch}},
                           j_tile, (walk){1, {64}, {1}});
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int w = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int d = j_tile + c;
                    d_in_proj_weight[(w + 128) * 64 + d] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* attention: gradient of attention
   (64) attention.r5[w] = sum[b, i](d.attention.q[b, i, w + 0])
*/
static void r5_128(
    real *restrict r5) /* [192] */
{
    for (int w = 0; w < 128; w++) {
        r5[w + 64] = 0.0f;
    }
}

/* encoder: gradient of gru
   (59) encoder.r[b, o, t] = sum[i](d.attention.u[b, t, i] * attention.in_proj_weight[i + 128, o])
*/
static void r_8_64_64(
    real *restrict r,                    /* [8, B, 64] */
    const real *restrict d_u,            /* [B, 8, 64] */
    const real *restrict in_proj_weight, /* [192, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int t = 0; t < 8; t++) {
        for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 64,
                         d_u + t * 64 + i_tile * 512, 512, 1,
                         in_proj_weight + 128 * 64 + j_tile, 64, 1);
                fresh = 0;
                for (int r_2 = 0; r_2 < rows; r_2++) {
                    const int b = i_tile + r_2;
                    for (int c = 0; c < columns; c++) {
                        const int o = j_tile + c;
                        r[t * 64 * batch + b * 64 + o] = tile[r_2 * COLUMNS + c];
                    }
                }
            }
        }
    }
}

/* encoder: gradient of gru
   (60) d.encoder[b, t, o] = sum[i](d.attention.k[b, t, i] * attention.in_proj_weight[i + 64, o]) + encoder.r[b, o, t]
*/
static void d_encoder_8_64_64(
    real *restrict r,                    /* [8, B, 64] */
    const real *restrict d_k,            /* [B, 8, 64] */
    const real *restrict in_proj_weight, /* [192, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int t = 0; t < 8; t++) {
        for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = 0; i_tile < batch; i_tile += TILE_ROWS) {
                const int rows = batch - i_tile < TILE_ROWS ? batch - i_tile : TILE_ROWS;
                const int columns = COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 64,
                         d_k + t * 64 + i_tile * 512, 512, 1,
                         in_proj_weight + 64 * 64 + j_tile, 64, 1);
                fresh = 0;
                for (int r_2 = 0; r_2 < rows; r_2++) {
                    const int b = i_tile + r_2;
                    for (int c = 0; c < columns; c++) {
                        const int o = j_tile + c;
                        r[t * 64 * batch + b * 64 + o] = tile[r_2 * COLUMNS + c] + r[t * 64 * batch + b * 64 + o];
                    }
                }
            }
        }
    }
}

/* attention: gradient of attention (one side of the product)
   (65) attention.r6[w] = sum[b, i](d.attention.u[b, i, w - 128])
*/
static void r6_128(
    real *restrict r6) /* [192] */
{
    for (int w = 0; w < 128; w++) {
        r6[w] = 0.0f;
    }
}

/* attention: gradient of attention
   (65) attention.r6[w] = sum[b, i](d.attention.u[b, i, w - 128])
*/
static void r6_64_8(
    real *restrict r6,        /* [192] */
    const real *restrict d_u, /* [B, 8, 64] */
    int batch)
{
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 8; j++) {
            for (int w = 0; w < 64; w++) {
                sum[w] += d_u[b * 512 + j * 64 + w];
            }
        }
    }
    for (int w = 0; w < 64; w++) {
        r6[w + 128] = sum[w];
    }
}

/* attention: gradient of attention (one side of the product)
   (66) d.attention.in_proj_bias[w] = 0 if 64 <= w < 128 else sum[b, i](d.attention.k[b, i, w - 64]) + attention.r5[w] + attention.r6[w]
*/
static void d_in_proj_bias_64(
    real *restrict d_in_proj_bias, /* [192] */
    const real *restrict r5,       /* [192] */
    const real *restrict r6)       /* [192] */
{
    for (int w = 0; w < 64; w++) {
        d_in_proj_bias[w] = r5[w] + r6[w];
    }
}

/* attention: gradient of attention (one side of the product)
   (66) d.attention.in_proj_bias[w] = 0 if 64 <= w < 128 else sum[b, i](d.attention.k[b, i, w - 64]) + attention.r5[w] + attention.r6[w]
*/
static void d_in_proj_bias_64_v2(
    real *restrict d_in_proj_bias) /* [192] */
{
    for (int w = 0; w < 64; w++) {
        d_in_proj_bias[w + 64] = 0.0f;
    }
}

/* attention: gradient of attention
   (66) d.attention.in_proj_bias[w] = 0 if 64 <= w < 128 else sum[b, i](d.attention.k[b, i, w - 64]) + attention.r5[w] + attention.r6[w]
*/
static void d_in_proj_bias_64_v3(
    real *restrict d_in_proj_bias, /* [192] */
    const real *restrict r5,       /* [192] */
    const real *restrict r6)       /* [192] */
{
    for (int w = 0; w < 64; w++) {
        d_in_proj_bias[w + 128] = r5[w + 128] + r6[w + 128];
    }
}

/* decoder: gradient of gru (one side of the product)
   (68) d.decoder.h[b, t, j] = sum[i](d.decoder.v[b, t + 1, i] * decoder.weight_hh_l0[i, j]) + d.decoder.h[b, t + 1, j] * decoder.z[b, t + 1, j] + d.decoder[b, t, j]
*/
static void d_h_2_192_32(
    real *restrict panels2,            /* [2, 192, 32] */
    const real *restrict weight_hh_l0) /* [192, 64] */
{
#pragma omp for schedule(static) nowait collapse(2)
    for (int j_panel = 0; j_panel < 2; j_panel++) {
        for (int m = 0; m < 192; m++) {
            for (int j_column = 0; j_column < 32; j_column++) {
                panels2[j_panel * 6144 + m * 32 + j_column] = weight_hh_l0[m * 64 + 32 * j_panel + j_column];
            }
        }
    }
}

/* decoder: gradient of gru
   (68) d.decoder.h[b, t, j] = sum[i](d.decoder.v[b, t + 1, i] * decoder.weight_hh_l0[i, j]) + d.decoder.h[b, t + 1, j] * decoder.z[b, t + 1, j] + d.decoder[b, t, j]
   (69) d.decoder.n[b, t, j] = d.decoder.h[b, t, j] * (1 - decoder.z[b, t, j])
   (70) d.decoder.z[b, t, j] = d.decoder.h[b, t, j] * (decoder.h[b, t - 1, j] - decoder.n[b, t, j])
   (71) d.decoder.r[b, t, j] = d.decoder.n[b, t, j] * decoder.v[b, t, j + 128] * (1 - decoder.n[b, t, j]**2)
   (72) d.decoder.v[b, t, m] = d.decoder.n[b, t, m - 128] * decoder.r[b, t, m - 128] * (1 - decoder.n[b, t, m - 128]**2) + d.decoder.r[b, t, m + 0] * decoder.r[b, t, m + 0] * (1 - decoder.r[b, t, m + 0]) + d.decoder.z[b, t, m - 64] * decoder.z[b, t, m - 64] * (1 - decoder.z[b, t, m - 64])
*/
static void d_h_d_n_d_z_d_r_64(
    real *restrict d_h,             /* [8, B, 64] */
    real *restrict d_n,             /* [8, B, 64] */
    real *restrict d_z,             /* [8, B, 64] */
    real *restrict d_r,             /* [8, B, 64] */
    real *restrict d_v,             /* [8, B, 192] */
    const real *restrict d_decoder, /* [8, B, 64] */
    const real *restrict z,         /* [8, B, 64] */
    const real *restrict h,         /* [8, B, 64] */
    const real *restrict n,         /* [8, B, 64] */
    const real *restrict v,         /* [8, B, 192] */
    const real *restrict r,         /* [8, B, 64] */
    int t,
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 64; j++) {
            d_h[t * 64 * batch + b * 64 + j] = d_decoder[t * 64 * batch + b * 64 + j]; /* (68) */
            d_n[t * 64 * batch + b * 64 + j] = (1.0f - z[t * 64 * batch + b * 64 + j]) * d_h[t * 64 * batch + b * 64 + j]; /* (69) */
            d_z[t * 64 * batch + b * 64 + j] = (h[(t - 1) * 64 * batch + b * 64 + j] - n[t * 64 * batch + b * 64 + j]) * d_h[t * 64 * batch + b * 64 + j]; /* (70) */
            d_r[t * 64 * batch + b * 64 + j] = (1.0f - square(n[t * 64 * batch + b * 64 + j])) * d_n[t * 64 * batch + b * 64 + j] * v[t * 192 * batch + b * 192 + j + 128]; /* (71) */
        }
        for (int m = 0; m < 64; m++) {
            d_v[t * 192 * batch + b * 192 + m] = (1.0f - r[t * 64 * batch + b * 64 + m]) * d_r[t * 64 * batch + b * 64 + m] * r[t * 64 * batch + b * 64 + m];
        }
        for (int m = 64; m < 128; m++) {
            d_v[t * 192 * batch + b * 192 + m] = (1.0f - z[t * 64 * batch + b * 64 + m - 64]) * d_z[t * 64 * batch + b * 64 + m - 64] * z[t * 64 * batch + b * 64 + m - 64];
        }
        for (int m = 128; m < 192; m++) {
            d_v[t * 192 * batch + b * 192 + m] = (1.0f - square(n[t * 64 * batch + b * 64 + m - 128])) * d_n[t * 64 * batch + b * 64 + m - 128] * r[t * 64 * batch + b * 64 + m - 128]; /* (72) */
        }
    }
}

/* decoder: gradient of gru
   (68) d.decoder.h[b, t, j] = sum[i](d.decoder.v[b, t + 1, i] * decoder.weight_hh_l0[i, j]) + d.decoder.h[b, t + 1, j] * decoder.z[b, t + 1, j] + d.decoder[b, t, j]
   (69) d.decoder.n[b, t, j] = d.decoder.h[b, t, j] * (1 - decoder.z[b, t, j])
   (70) d.decoder.z[b, t, j] = d.decoder.h[b, t, j] * (decoder.h[b, t - 1, j] - decoder.n[b, t, j])
   (71) d.decoder.r[b, t, j] = d.decoder.n[b, t, j] * decoder.v[b, t, j + 128] * (1 - decoder.n[b, t, j]**2)
*/
static void d_h_d_n_d_z_d_r_2_32_192(
    real *restrict d_h,             /* [8, B, 64] */
    real *restrict d_n,             /* [8, B, 64] */
    real *restrict d_z,             /* [8, B, 64] */
    real *restrict d_r,             /* [8, B, 64] */
    const real *restrict d_v,       /* [8, B, 192] */
    const real *restrict panels2,   /* [2, 192, 32] */
    const real *restrict z,         /* [8, B, 64] */
    const real *restrict d_decoder, /* [8, B, 64] */
    const real *restrict h,         /* [8, B, 64] */
    const real *restrict n,         /* [8, B, 64] */
    const real *restrict v,         /* [8, B, 192] */
    int t,
    int batch,
    int all_rows)
{
    const int high = even(batch, TILE_ROWS / 2, ROWS);
    for (int j_panel = 0; j_panel < 2; j_panel++) {
        for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = 0; i_tile < batch; i_tile += high) {
                const int rows = batch - i_tile < high ? batch - i_tile : high;
                const int columns = COLUMNS;
                multiply_copied(tile, panel, fresh, rows, columns, 192,
                                d_v + (t + 1) * 192 * all_rows + i_tile * 192, 192, 1,
                                panels2 + j_panel * 6144 + j_tile, 32, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int j_column = j_tile + c;
                        d_h[t * 64 * all_rows + b * 64 + 32 * j_panel + j_column] = tile[r * COLUMNS + c] + d_h[(t + 1) * 64 * all_rows + b * 64 + 32 * j_panel + j_column] * z[(t + 1) * 64 * all_rows + b * 64 + 32 * j_panel + j_column] + d_decoder[t * 64 * all_rows + b * 64 + 32 * j_panel + j_column]; /* (68) */
                        d_n[t * 64 * all_rows + b * 64 + 32 * j_panel + j_column] = (1.0f - z[t * 64 * all_rows + b * 64 + 32 * j_panel + j_column]) * d_h[t * 64 * all_rows + b * 64 + 32 * j_panel + j_column]; /* (69) */
                        d_z[t * 64 * all_rows + b * 64 + 32 * j_panel + j_column] = (h[(t - 1) * 64 * all_rows + b * 64 + 32 * j_panel + j_column] - n[t * 64 * all_rows + b * 64 + 32 * j_panel + j_column]) * d_h[t * 64 * all_rows + b * 64 + 32 * j_panel + j_column]; /* (70) */
                        d_r[t * 64 * all_rows + b * 64 + 32 * j_panel + j_column] = (1.0f - square(n[t * 64 * all_rows + b * 64 + 32 * j_panel + j_column])) * d_n[t * 64 * all_rows + b * 64 + 32 * j_panel + j_column] * v[t * 192 * all_rows + b * 192 + 32 * j_panel + j_column + 128]; /* (71) */
                    }
                }
            }
        }
    }
}

/* decoder: gradient of gru
   (72) d.decoder.v[b, t, m] = d.decoder.n[b, t, m - 128] * decoder.r[b, t, m - 128] * (1 - decoder.n[b, t, m - 128]**2) + d.decoder.r[b, t, m + 0] * decoder.r[b, t, m + 0] * (1 - decoder.r[b, t, m + 0]) + d.decoder.z[b, t, m - 64] * decoder.z[b, t, m - 64] * (1 - decoder.z[b, t, m - 64])
*/
static void d_v_64(
    real *restrict d_v,       /* [8, B, 192] */
    const real *restrict r,   /* [8, B, 64] */
    const real *restrict d_r, /* [8, B, 64] */
    const real *restrict z,   /* [8, B, 64] */
    const real *restrict d_z, /* [8, B, 64] */
    const real *restrict n,   /* [8, B, 64] */
    const real *restrict d_n, /* [8, B, 64] */
    int t,
    int batch,
    int all_rows)
{
    for (int b = 0; b < batch; b++) {
        for (int m = 0; m < 64; m++) {
            d_v[t * 192 * all_rows + b * 192 + m] = (1.0f - r[t * 64 * all_rows + b * 64 + m]) * d_r[t * 64 * all_rows + b * 64 + m] * r[t * 64 * all_rows + b * 64 + m];
        }
        for (int m = 64; m < 128; m++) {
            d_v[t * 192 * all_rows + b * 192 + m] = (1.0f - z[t * 64 * all_rows + b * 64 + m - 64]) * d_z[t * 64 * all_rows + b * 64 + m - 64] * z[t * 64 * all_rows + b * 64 + m - 64];
        }
        for (int m = 128; m < 192; m++) {
            d_v[t * 192 * all_rows + b * 192 + m] = (1.0f - square(n[t * 64 * all_rows + b * 64 + m - 128])) * d_n[t * 64 * all_rows + b * 64 + m - 128] * r[t * 64 * all_rows + b * 64 + m - 128];
        }
    }
}

/* decoder: gradient of gru
   (68) d.decoder.h[b, t, j] = sum[i](d.decoder.v[b, t + 1, i] * decoder.weight_hh_l0[i, j]) + d.decoder.h[b, t + 1, j] * decoder.z[b, t + 1, j] + d.decoder[b, t, j]
   (69) d.decoder.n[b, t, j] = d.decoder.h[b, t, j] * (1 - decoder.z[b, t, j])
   (70) d.decoder.z[b, t, j] = d.decoder.h[b, t, j] * (decoder.h[b, t - 1, j] - decoder.n[b, t, j])
   (71) d.decoder.r[b, t, j] = d.decoder.n[b, t, j] * decoder.v[b, t, j + 128] * (1 - decoder.n[b, t, j]**2)
*/
static void d_h_d_n_d_z_d_r_2_32_192_v2(
    real *restrict d_h,             /* [8, B, 64] */
    real *restrict d_n,             /* [8, B, 64] */
    real *restrict d_z,             /* [8, B, 64] */
    real *restrict d_r,             /* [8, B, 64] */
    const real *restrict d_v,       /* [8, B, 192] */
    const real *restrict panels2,   /* [2, 192, 32] */
    const real *restrict z,         /* [8, B, 64] */
    const real *restrict d_decoder, /* [8, B, 64] */
    const real *restrict n,         /* [8, B, 64] */
    const real *restrict v,         /* [8, B, 192] */
    int t,
    int batch)
{
    const int high = even(batch, TILE_ROWS / 2, ROWS);
#pragma omp for schedule(static) nowait
    for (int j_panel = 0; j_panel < 2; j_panel++) {
        for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
            _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
            _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
            int fresh = 1;
            for (int i_tile = 0; i_tile < batch; i_tile += high) {
                const int rows = batch - i_tile < high ? batch - i_tile : high;
                const int columns = COLUMNS;
                multiply(tile, panel, fresh, rows, columns, 192,
                         d_v + (t + 1) * 192 * batch + i_tile * 192, 192, 1,
                         panels2 + j_panel * 6144 + j_tile, 32, 1);
                fresh = 0;
                for (int r = 0; r < rows; r++) {
                    const int b = i_tile + r;
                    for (int c = 0; c < columns; c++) {
                        const int j_column = j_tile + c;
                        d_h[t * 64 * batch + b * 64 + 32 * j_panel + j_column] = tile[r * COLUMNS + c] + d_h[(t + 1) * 64 * batch + b * 64 + 32 * j_panel + j_column] * z[(t + 1) * 64 * batch + b * 64 + 32 * j_panel + j_column] + d_decoder[t * 64 * batch + b * 64 + 32 * j_panel + j_column]; /* (68) */
                        d_n[t * 64 * batch + b * 64 + 32 * j_panel + j_column] = (1.0f - z[t * 64 * batch + b * 64 + 32 * j_panel + j_column]) * d_h[t * 64 * batch + b * 64 + 32 * j_panel + j_column]; /* (69) */
                        d_z[t * 64 * batch + b * 64 + 32 * j_panel + j_column] = -n[t * 64 * batch + b * 64 + 32 * j_panel + j_column] * d_h[t * 64 * batch + b * 64 + 32 * j_panel + j_column]; /* (70) */
                        d_r[t * 64 * batch + b * 64 + 32 * j_panel + j_column] = (1.0f - square(n[t * 64 * batch + b * 64 + 32 * j_panel + j_column])) * d_n[t * 64 * batch + b * 64 + 32 * j_panel + j_column] * v[t * 192 * batch + b * 192 + 32 * j_panel + j_column + 128]; /* (71) */
                    }
                }
            }
        }
    }
}

/* decoder: gradient of gru
   (72) d.decoder.v[b, t, m] = d.decoder.n[b, t, m - 128] * decoder.r[b, t, m - 128] * (1 - decoder.n[b, t, m - 128]**2) + d.decoder.r[b, t, m + 0] * decoder.r[b, t, m + 0] * (1 - decoder.r[b, t, m + 0]) + d.decoder.z[b, t, m - 64] * decoder.z[b, t, m - 64] * (1 - decoder.z[b, t, m - 64])
*/
static void d_v_64_v2(
    real *restrict d_v,       /* [8, B, 192] */
    const real *restrict r,   /* [8, B, 64] */
    const real *restrict d_r, /* [8, B, 64] */
    const real *restrict z,   /* [8, B, 64] */
    const real *restrict d_z, /* [8, B, 64] */
    const real *restrict n,   /* [8, B, 64] */
    const real *restrict d_n, /* [8, B, 64] */
    int t,
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int m = 0; m < 64; m++) {
            d_v[t * 192 * batch + b * 192 + m] = (1.0f - r[t * 64 * batch + b * 64 + m]) * d_r[t * 64 * batch + b * 64 + m] * r[t * 64 * batch + b * 64 + m];
        }
        for (int m = 64; m < 128; m++) {
            d_v[t * 192 * batch + b * 192 + m] = (1.0f - z[t * 64 * batch + b * 64 + m - 64]) * d_z[t * 64 * batch + b * 64 + m - 64] * z[t * 64 * batch + b * 64 + m - 64];
        }
        for (int m = 128; m < 192; m++) {
            d_v[t * 192 * batch + b * 192 + m] = (1.0f - square(n[t * 64 * batch + b * 64 + m - 128])) * d_n[t * 64 * batch + b * 64 + m - 128] * r[t * 64 * batch + b * 64 + m - 128];
        }
    }
}

/* decoder: gradient of gru
   (75) d.decoder.u[b, t, m] = d.decoder.n[b, t, m - 128] * (1 - decoder.n[b, t, m - 128]**2) + d.decoder.r[b, t, m + 0] * decoder.r[b, t, m + 0] * (1 - decoder.r[b, t, m + 0]) + d.decoder.z[b, t, m - 64] * decoder.z[b, t, m - 64] * (1 - decoder.z[b, t, m - 64])
*/
static void d_u_8_64(
    real *restrict d_u,       /* [8, B, 192] */
    const real *restrict r,   /* [8, B, 64] */
    const real *restrict d_r, /* [8, B, 64] */
    const real *restrict z,   /* [8, B, 64] */
    const real *restrict d_z, /* [8, B, 64] */
    const real *restrict n,   /* [8, B, 64] */
    const real *restrict d_n, /* [8, B, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int t = 0; t < 8; t++) {
        for (int b = 0; b < batch; b++) {
            for (int m = 0; m < 64; m++) {
                d_u[t * 192 * batch + b * 192 + m] = (1.0f - r[t * 64 * batch + b * 64 + m]) * d_r[t * 64 * batch + b * 64 + m] * r[t * 64 * batch + b * 64 + m];
            }
            for (int m = 64; m < 128; m++) {
                d_u[t * 192 * batch + b * 192 + m] = (1.0f - z[t * 64 * batch + b * 64 + m - 64]) * d_z[t * 64 * batch + b * 64 + m - 64] * z[t * 64 * batch + b * 64 + m - 64];
            }
            for (int m = 128; m < 192; m++) {
                d_u[t * 192 * batch + b * 192 + m] = (1.0f - square(n[t * 64 * batch + b * 64 + m - 128])) * d_n[t * 64 * batch + b * 64 + m - 128];
            }
        }
    }
}

/* decoder: gradient of gru
   (73) d.decoder.weight_hh_l0[m, k] = sum[b, i](d.decoder.v[b, i, m] * decoder.h[b, i - 1, k])
*/
static void d_weight_hh_l0_192_64_7(
    real *restrict d_weight_hh_l0, /* [192, 64] */
    const real *restrict d_v,      /* [8, B, 192] */
    const real *restrict h,        /* [8, B, 64] */
    int batch)
{
    const int high = even(192, TILE_ROWS, ROWS);
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 192; i_tile += high) {
            const int rows = 192 - i_tile < high ? 192 - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch * 7,
                     d_v + 1 * 192 * batch + i_tile, 1, 192,
                     h + j_tile, 64, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int m = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int k = j_tile + c;
                    d_weight_hh_l0[m * 64 + k] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* decoder: gradient of gru
   (74) d.decoder.bias_hh_l0[m] = sum[b, i](d.decoder.v[b, i, m])
*/
static void d_bias_hh_l0_192_8(
    real *restrict d_bias_hh_l0, /* [192] */
    const real *restrict d_v,    /* [8, B, 192] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int m_first = 0; m_first < 192; m_first += 64) {
        const int m_last = m_first + 64 < 192 ? m_first + 64 : 192;
        real sum[64] = {0};
        for (int t = 0; t < 8; t++) {
            for (int b = 0; b < batch; b++) {
                for (int m = m_first; m < m_last; m++) {
                    sum[m - m_first] += d_v[t * 192 * batch + b * 192 + m];
                }
            }
        }
        for (int m = m_first; m < m_last; m++) {
            d_bias_hh_l0[m] = sum[m - m_first];
        }
    }
}

/* decoder: gradient of gru (one side of the product)
   (76) d.decoder.weight_ih_l0[m, d] = sum[b, i](d.decoder.u[b, i, m] * written[b, i, d])
*/
static void d_weight_ih_l0_11_192(
    real *restrict d_u_shifted) /* [11, 192] */
{
    for (int vm = 0; vm < 2112; vm++) {
        d_u_shifted[vm] = 0.0f;
    }
}

/* written: embedding; decoder: gradient of gru (one side of the product)
   (15) written[b, i, d] = written.weight[shifted[b, i], d]
   (76) d.decoder.weight_ih_l0[m, d] = sum[b, i](d.decoder.u[b, i, m] * written[b, i, d])
   by class: d.decoder.u@shifted[v, m] = sum[b, i](d.decoder.u[b, i, m] * (v == shifted[b, i]))
*/
static void embedding_d_weight_ih_l0_192_8(
    real *restrict d_u_shifted,      /* [11, 192] */
    const real *restrict d_u,        /* [8, B, 192] */
    const int32_t *restrict shifted, /* [B, 8] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int m_first = 0; m_first < 192; m_first += 64) {
        for (int i = 0; i < 8; i++) {
            for (int b = 0; b < batch; b++) {
                for (int c = 0; c < 64; c++) {
                    const int m = m_first + c;
                    d_u_shifted[(shifted[b * 8 + i]) * 192 + m] += d_u[i * 192 * batch + b * 192 + m];
                }
            }
        }
    }
}

/* written: embedding; decoder: gradient of gru
   (15) written[b, i, d] = written.weight[shifted[b, i], d]
   (76) d.decoder.weight_ih_l0[m, d] = sum[b, i](d.decoder.u[b, i, m] * written[b, i, d])
   by class: d.decoder.weight_ih_l0[m, d] = sum[i](d.decoder.u@shifted[i, m] * written.weight[i, d])
*/
static void embedding_d_weight_ih_l0_192_64_11(
    real *restrict d_weight_ih_l0,    /* [192, 64] */
    const real *restrict d_u_shifted, /* [11, 192] */
    const real *restrict weight)      /* [11, 64] */
{
    const int high = even(192, TILE_ROWS, ROWS);
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 192; i_tile += high) {
            const int rows = 192 - i_tile < high ? 192 - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 11,
                     d_u_shifted + i_tile, 1, 192,
                     weight + j_tile, 64, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int m = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int d = j_tile + c;
                    d_weight_ih_l0[m * 64 + d] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* decoder: gradient of gru
   (77) d.decoder.bias_ih_l0[m] = sum[b, i](d.decoder.u[b, i, m])
   by class: d.decoder.bias_ih_l0[m] = sum[i](d.decoder.u@shifted[i, m])
*/
static void d_bias_ih_l0_192_11(
    real *restrict d_bias_ih_l0,      /* [192] */
    const real *restrict d_u_shifted) /* [11, 192] */
{
    real sum[192] = {0};
    for (int v = 0; v < 11; v++) {
        for (int m = 0; m < 192; m++) {
            sum[m] += d_u_shifted[v * 192 + m];
        }
    }
    for (int m = 0; m < 192; m++) {
        d_bias_ih_l0[m] = sum[m];
    }
}

/* written: gradient of embedding
   (78) d.written[b, i, d] = sum[j](d.decoder.u[b, i, j] * decoder.weight_ih_l0[j, d])
   (79) d.written.weight[v, d] = sum[b, i](d.written[b, i, d] * (v == shifted[b, i]))
   by class: d.written.weight[v, d] = sum[i](d.decoder.u@shifted[v, i] * decoder.weight_ih_l0[i, d])
*/
static void d_written_d_weight_11_64_192(
    real *restrict d_weight,           /* [11, 64] */
    const real *restrict d_u_shifted,  /* [11, 192] */
    const real *restrict weight_ih_l0) /* [192, 64] */
{
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 11; i_tile += TILE_ROWS) {
            const int rows = 11 - i_tile < TILE_ROWS ? 11 - i_tile : TILE_ROWS;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 192,
                     d_u_shifted + i_tile * 192, 192, 1,
                     weight_ih_l0 + j_tile, 64, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int v = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int d = j_tile + c;
                    d_weight[v * 64 + d] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* encoder: gradient of gru
   (80) d.encoder.h0[b, t, j] = sum[i](d.encoder.v0[b, t + 1, i] * encoder.weight_hh_l0[i, j]) + d.encoder.h0[b, t + 1, j] * encoder.z0[b, t + 1, j] + d.encoder[b, t, j + 0]
   (81) d.encoder.n0[b, t, j] = d.encoder.h0[b, t, j] * (1 - encoder.z0[b, t, j])
   (82) d.encoder.z0[b, t, j] = d.encoder.h0[b, t, j] * (encoder.h0[b, t - 1, j] - encoder.n0[b, t, j])
   (83) d.encoder.r0[b, t, j] = d.encoder.n0[b, t, j] * encoder.v0[b, t, j + 64] * (1 - encoder.n0[b, t, j]**2)
   (84) d.encoder.v0[b, t, m] = d.encoder.n0[b, t, m - 64] * encoder.r0[b, t, m - 64] * (1 - encoder.n0[b, t, m - 64]**2) + d.encoder.r0[b, t, m + 0] * encoder.r0[b, t, m + 0] * (1 - encoder.r0[b, t, m + 0]) + d.encoder.z0[b, t, m - 32] * encoder.z0[b, t, m - 32] * (1 - encoder.z0[b, t, m - 32])
*/
static void d_h0_d_n0_d_z0_d_r0_32(
    real *restrict d_h0,     /* [8, B, 32] */
    real *restrict d_n0,     /* [8, B, 32] */
    real *restrict d_z0,     /* [8, B, 32] */
    real *restrict d_r0,     /* [8, B, 32] */
    real *restrict d_v0,     /* [8, B, 96] */
    const real *restrict r,  /* [8, B, 64] */
    const real *restrict z0, /* [8, B, 32] */
    const real *restrict h0, /* [8, B, 32] */
    const real *restrict n0, /* [8, B, 32] */
    const real *restrict v0, /* [8, B, 96] */
    const real *restrict r0, /* [8, B, 32] */
    int t,
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 32; j++) {
            d_h0[t * 32 * batch + b * 32 + j] = r[t * 64 * batch + b * 64 + j]; /* (80) */
            d_n0[t * 32 * batch + b * 32 + j] = (1.0f - z0[t * 32 * batch + b * 32 + j]) * d_h0[t * 32 * batch + b * 32 + j]; /* (81) */
            d_z0[t * 32 * batch + b * 32 + j] = (h0[(t - 1) * 32 * batch + b * 32 + j] - n0[t * 32 * batch + b * 32 + j]) * d_h0[t * 32 * batch + b * 32 + j]; /* (82) */
            d_r0[t * 32 * batch + b * 32 + j] = (1.0f - square(n0[t * 32 * batch + b * 32 + j])) * d_n0[t * 32 * batch + b * 32 + j] * v0[t * 96 * batch + b * 96 + j + 64]; /* (83) */
        }
        for (int m = 0; m < 32; m++) {
            d_v0[t * 96 * batch + b * 96 + m] = (1.0f - r0[t * 32 * batch + b * 32 + m]) * d_r0[t * 32 * batch + b * 32 + m] * r0[t * 32 * batch + b * 32 + m];
        }
        for (int m = 32; m < 64; m++) {
            d_v0[t * 96 * batch + b * 96 + m] = (1.0f - z0[t * 32 * batch + b * 32 + m - 32]) * d_z0[t * 32 * batch + b * 32 + m - 32] * z0[t * 32 * batch + b * 32 + m - 32];
        }
        for (int m = 64; m < 96; m++) {
            d_v0[t * 96 * batch + b * 96 + m] = (1.0f - square(n0[t * 32 * batch + b * 32 + m - 64])) * d_n0[t * 32 * batch + b * 32 + m - 64] * r0[t * 32 * batch + b * 32 + m - 64]; /* (84) */
        }
    }
}

/* encoder: gradient of gru
   (80) d.encoder.h0[b, t, j] = sum[i](d.encoder.v0[b, t + 1, i] * encoder.weight_hh_l0[i, j]) + d.encoder.h0[b, t + 1, j] * encoder.z0[b, t + 1, j] + d.encoder[b, t, j + 0]
   (81) d.encoder.n0[b, t, j] = d.encoder.h0[b, t, j] * (1 - encoder.z0[b, t, j])
   (82) d.encoder.z0[b, t, j] = d.encoder.h0[b, t, j] * (encoder.h0[b, t - 1, j] - encoder.n0[b, t, j])
   (83) d.encoder.r0[b, t, j] = d.encoder.n0[b, t, j] * encoder.v0[b, t, j + 64] * (1 - encoder.n0[b, t, j]**2)
*/
static void d_h0_d_n0_d_z0_d_r0_32_96(
    real *restrict d_h0,               /* [8, B, 32] */
    real *restrict d_n0,               /* [8, B, 32] */
    real *restrict d_z0,               /* [8, B, 32] */
    real *restrict d_r0,               /* [8, B, 32] */
    const real *restrict d_v0,         /* [8, B, 96] */
    const real *restrict weight_hh_l0, /* [96, 32] */
    const real *restrict z0,           /* [8, B, 32] */
    const real *restrict r,            /* [8, B, 64] */
    const real *restrict h0,           /* [8, B, 32] */
    const real *restrict n0,           /* [8, B, 32] */
    const real *restrict v0,           /* [8, B, 96] */
    int t,
    int batch,
    int all_rows)
{
    const int high = even(batch, ROWS, ROWS);
    for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = COLUMNS;
            multiply_copied(tile, panel, fresh, rows, columns, 96,
                            d_v0 + (t + 1) * 96 * all_rows + i_tile * 96, 96, 1,
                            weight_hh_l0 + j_tile, 32, 1);
            fresh = 0;
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int b = i_tile + r_2;
                for (int c = 0; c < columns; c++) {
                    const int j = j_tile + c;
                    d_h0[t * 32 * all_rows + b * 32 + j] = tile[r_2 * COLUMNS + c] + d_h0[(t + 1) * 32 * all_rows + b * 32 + j] * z0[(t + 1) * 32 * all_rows + b * 32 + j] + r[t * 64 * all_rows + b * 64 + j]; /* (80) */
                    d_n0[t * 32 * all_rows + b * 32 + j] = (1.0f - z0[t * 32 * all_rows + b * 32 + j]) * d_h0[t * 32 * all_rows + b * 32 + j]; /* (81) */
                    d_z0[t * 32 * all_rows + b * 32 + j] = (h0[(t - 1) * 32 * all_rows + b * 32 + j] - n0[t * 32 * all_rows + b * 32 + j]) * d_h0[t * 32 * all_rows + b * 32 + j]; /* (82) */
                    d_r0[t * 32 * all_rows + b * 32 + j] = (1.0f - square(n0[t * 32 * all_rows + b * 32 + j])) * d_n0[t * 32 * all_rows + b * 32 + j] * v0[t * 96 * all_rows + b * 96 + j + 64]; /* (83) */
                }
            }
        }
    }
}

/* encoder: gradient of gru
   (84) d.encoder.v0[b, t, m] = d.encoder.n0[b, t, m - 64] * encoder.r0[b, t, m - 64] * (1 - encoder.n0[b, t, m - 64]**2) + d.encoder.r0[b, t, m + 0] * encoder.r0[b, t, m + 0] * (1 - encoder.r0[b, t, m + 0]) + d.encoder.z0[b, t, m - 32] * encoder.z0[b, t, m - 32] * (1 - encoder.z0[b, t, m - 32])
   and, in other places, (89)
*/
static void d_v0_32(
    real *restrict d_v0,       /* [8, B, 96] */
    const real *restrict r0,   /* [8, B, 32] */
    const real *restrict d_r0, /* [8, B, 32] */
    const real *restrict z0,   /* [8, B, 32] */
    const real *restrict d_z0, /* [8, B, 32] */
    const real *restrict n0,   /* [8, B, 32] */
    const real *restrict d_n0, /* [8, B, 32] */
    int t,
    int batch,
    int all_rows)
{
    for (int b = 0; b < batch; b++) {
        for (int m = 0; m < 32; m++) {
            d_v0[t * 96 * all_rows + b * 96 + m] = (1.0f - r0[t * 32 * all_rows + b * 32 + m]) * d_r0[t * 32 * all_rows + b * 32 + m] * r0[t * 32 * all_rows + b * 32 + m];
        }
        for (int m = 32; m < 64; m++) {
            d_v0[t * 96 * all_rows + b * 96 + m] = (1.0f - z0[t * 32 * all_rows + b * 32 + m - 32]) * d_z0[t * 32 * all_rows + b * 32 + m - 32] * z0[t * 32 * all_rows + b * 32 + m - 32];
        }
        for (int m = 64; m < 96; m++) {
            d_v0[t * 96 * all_rows + b * 96 + m] = (1.0f - square(n0[t * 32 * all_rows + b * 32 + m - 64])) * d_n0[t * 32 * all_rows + b * 32 + m - 64] * r0[t * 32 * all_rows + b * 32 + m - 64];
        }
    }
}

/* encoder: gradient of gru
   (80) d.encoder.h0[b, t, j] = sum[i](d.encoder.v0[b, t + 1, i] * encoder.weight_hh_l0[i, j]) + d.encoder.h0[b, t + 1, j] * encoder.z0[b, t + 1, j] + d.encoder[b, t, j + 0]
   (81) d.encoder.n0[b, t, j] = d.encoder.h0[b, t, j] * (1 - encoder.z0[b, t, j])
   (82) d.encoder.z0[b, t, j] = d.encoder.h0[b, t, j] * (encoder.h0[b, t - 1, j] - encoder.n0[b, t, j])
   (83) d.encoder.r0[b, t, j] = d.encoder.n0[b, t, j] * encoder.v0[b, t, j + 64] * (1 - encoder.n0[b, t, j]**2)
*/
static void d_h0_d_n0_d_z0_d_r0_32_96_v2(
    real *restrict d_h0,               /* [8, B, 32] */
    real *restrict d_n0,               /* [8, B, 32] */
    real *restrict d_z0,               /* [8, B, 32] */
    real *restrict d_r0,               /* [8, B, 32] */
    const real *restrict d_v0,         /* [8, B, 96] */
    const real *restrict weight_hh_l0, /* [96, 32] */
    const real *restrict z0,           /* [8, B, 32] */
    const real *restrict r,            /* [8, B, 64] */
    const real *restrict n0,           /* [8, B, 32] */
    const real *restrict v0,           /* [8, B, 96] */
    int t,
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
            multiply(tile, panel, fresh, rows, columns, 96,
                     d_v0 + (t + 1) * 96 * batch + i_tile * 96, 96, 1,
                     weight_hh_l0 + j_tile, 32, 1);
            fresh = 0;
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int b = i_tile + r_2;
                for (int c = 0; c < columns; c++) {
                    const int j = j_tile + c;
                    d_h0[t * 32 * batch + b * 32 + j] = tile[r_2 * COLUMNS + c] + d_h0[(t + 1) * 32 * batch + b * 32 + j] * z0[(t + 1) * 32 * batch + b * 32 + j] + r[t * 64 * batch + b * 64 + j]; /* (80) */
                    d_n0[t * 32 * batch + b * 32 + j] = (1.0f - z0[t * 32 * batch + b * 32 + j]) * d_h0[t * 32 * batch + b * 32 + j]; /* (81) */
                    d_z0[t * 32 * batch + b * 32 + j] = -n0[t * 32 * batch + b * 32 + j] * d_h0[t * 32 * batch + b * 32 + j]; /* (82) */
                    d_r0[t * 32 * batch + b * 32 + j] = (1.0f - square(n0[t * 32 * batch + b * 32 + j])) * d_n0[t * 32 * batch + b * 32 + j] * v0[t * 96 * batch + b * 96 + j + 64]; /* (83) */
                }
            }
        }
    }
}

/* encoder: gradient of gru
   (84) d.encoder.v0[b, t, m] = d.encoder.n0[b, t, m - 64] * encoder.r0[b, t, m - 64] * (1 - encoder.n0[b, t, m - 64]**2) + d.encoder.r0[b, t, m + 0] * encoder.r0[b, t, m + 0] * (1 - encoder.r0[b, t, m + 0]) + d.encoder.z0[b, t, m - 32] * encoder.z0[b, t, m - 32] * (1 - encoder.z0[b, t, m - 32])
*/
static void d_v0_32_v2(
    real *restrict d_v0,       /* [8, B, 96] */
    const real *restrict r0,   /* [8, B, 32] */
    const real *restrict d_r0, /* [8, B, 32] */
    const real *restrict z0,   /* [8, B, 32] */
    const real *restrict d_z0, /* [8, B, 32] */
    const real *restrict n0,   /* [8, B, 32] */
    const real *restrict d_n0, /* [8, B, 32] */
    int t,
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int m = 0; m < 32; m++) {
            d_v0[t * 96 * batch + b * 96 + m] = (1.0f - r0[t * 32 * batch + b * 32 + m]) * d_r0[t * 32 * batch + b * 32 + m] * r0[t * 32 * batch + b * 32 + m];
        }
        for (int m = 32; m < 64; m++) {
            d_v0[t * 96 * batch + b * 96 + m] = (1.0f - z0[t * 32 * batch + b * 32 + m - 32]) * d_z0[t * 32 * batch + b * 32 + m - 32] * z0[t * 32 * batch + b * 32 + m - 32];
        }
        for (int m = 64; m < 96; m++) {
            d_v0[t * 96 * batch + b * 96 + m] = (1.0f - square(n0[t * 32 * batch + b * 32 + m - 64])) * d_n0[t * 32 * batch + b * 32 + m - 64] * r0[t * 32 * batch + b * 32 + m - 64];
        }
    }
}

/* encoder: gradient of gru
   (97) d.encoder.u0[b, t, m] = d.encoder.n0[b, t, m - 64] * (1 - encoder.n0[b, t, m - 64]**2) + d.encoder.r0[b, t, m + 0] * encoder.r0[b, t, m + 0] * (1 - encoder.r0[b, t, m + 0]) + d.encoder.z0[b, t, m - 32] * encoder.z0[b, t, m - 32] * (1 - encoder.z0[b, t, m - 32])
   and, in other places, (92)
*/
static void d_u0_8_32(
    real *restrict d_u0,       /* [8, B, 96] */
    const real *restrict r0,   /* [8, B, 32] */
    const real *restrict d_r0, /* [8, B, 32] */
    const real *restrict z0,   /* [8, B, 32] */
    const real *restrict d_z0, /* [8, B, 32] */
    const real *restrict n0,   /* [8, B, 32] */
    const real *restrict d_n0, /* [8, B, 32] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int t = 0; t < 8; t++) {
        for (int b = 0; b < batch; b++) {
            for (int m = 0; m < 32; m++) {
                d_u0[t * 96 * batch + b * 96 + m] = (1.0f - r0[t * 32 * batch + b * 32 + m]) * d_r0[t * 32 * batch + b * 32 + m] * r0[t * 32 * batch + b * 32 + m];
            }
            for (int m = 32; m < 64; m++) {
                d_u0[t * 96 * batch + b * 96 + m] = (1.0f - z0[t * 32 * batch + b * 32 + m - 32]) * d_z0[t * 32 * batch + b * 32 + m - 32] * z0[t * 32 * batch + b * 32 + m - 32];
            }
            for (int m = 64; m < 96; m++) {
                d_u0[t * 96 * batch + b * 96 + m] = (1.0f - square(n0[t * 32 * batch + b * 32 + m - 64])) * d_n0[t * 32 * batch + b * 32 + m - 64];
            }
        }
    }
}

/* encoder: gradient of gru
   (95) d.encoder.weight_hh_l0[m, k] = sum[b, i](d.encoder.v0[b, i, m] * encoder.h0[b, i - 1, k])
*/
static void d_weight_hh_l0_96_32_7(
    real *restrict d_weight_hh_l0, /* [96, 32] */
    const real *restrict d_v0,     /* [8, B, 96] */
    const real *restrict h0,       /* [8, B, 32] */
    int batch)
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
            multiply(tile, panel, fresh, rows, columns, batch * 7,
                     d_v0 + 1 * 96 * batch + i_tile, 1, 96,
                     h0 + j_tile, 32, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int m = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int k = j_tile + c;
                    d_weight_hh_l0[m * 32 + k] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* encoder: gradient of gru
   (96) d.encoder.bias_hh_l0[m] = sum[b, i](d.encoder.v0[b, i, m])
   and, in other places, (91)
*/
static void d_bias_hh_l0_96_8(
    real *restrict d_bias_hh_l0, /* [96] */
    const real *restrict d_v0,   /* [8, B, 96] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int m_first = 0; m_first < 96; m_first += 64) {
        const int m_last = m_first + 64 < 96 ? m_first + 64 : 96;
        real sum[64] = {0};
        for (int t = 0; t < 8; t++) {
            for (int b = 0; b < batch; b++) {
                for (int m = m_first; m < m_last; m++) {
                    sum[m - m_first] += d_v0[t * 96 * batch + b * 96 + m];
                }
            }
        }
        for (int m = m_first; m < m_last; m++) {
            d_bias_hh_l0[m] = sum[m - m_first];
        }
    }
}

/* encoder: gradient of gru
   (85) d.encoder.h0b[b, t, j] = sum[i](d.encoder.v0b[b, t - 1, i] * encoder.weight_hh_l0_reverse[i, j]) + d.encoder.h0b[b, t - 1, j] * encoder.z0b[b, t - 1, j] + d.encoder[b, t, j + 32]
   (86) d.encoder.n0b[b, t, j] = d.encoder.h0b[b, t, j] * (1 - encoder.z0b[b, t, j])
   (87) d.encoder.z0b[b, t, j] = d.encoder.h0b[b, t, j] * (encoder.h0b[b, t + 1, j] - encoder.n0b[b, t, j])
   (88) d.encoder.r0b[b, t, j] = d.encoder.n0b[b, t, j] * encoder.v0b[b, t, j + 64] * (1 - encoder.n0b[b, t, j]**2)
   (89) d.encoder.v0b[b, t, m] = d.encoder.n0b[b, t, m - 64] * encoder.r0b[b, t, m - 64] * (1 - encoder.n0b[b, t, m - 64]**2) + d.encoder.r0b[b, t, m + 0] * encoder.r0b[b, t, m + 0] * (1 - encoder.r0b[b, t, m + 0]) + d.encoder.z0b[b, t, m - 32] * encoder.z0b[b, t, m - 32] * (1 - encoder.z0b[b, t, m - 32])
*/
static void d_h0b_d_n0b_d_z0b_d_r0b_32(
    real *restrict d_h0b,     /* [8, B, 32] */
    real *restrict d_n0b,     /* [8, B, 32] */
    real *restrict d_z0b,     /* [8, B, 32] */
    real *restrict d_r0b,     /* [8, B, 32] */
    real *restrict d_v0b,     /* [8, B, 96] */
    const real *restrict r,   /* [8, B, 64] */
    const real *restrict z0b, /* [8, B, 32] */
    const real *restrict h0b, /* [8, B, 32] */
    const real *restrict n0b, /* [8, B, 32] */
    const real *restrict v0b, /* [8, B, 96] */
    const real *restrict r0b, /* [8, B, 32] */
    int t,
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int j = 0; j < 32; j++) {
            d_h0b[t * 32 * batch + b * 32 + j] = r[t * 64 * batch + b * 64 + j + 32]; /* (85) */
            d_n0b[t * 32 * batch + b * 32 + j] = (1.0f - z0b[t * 32 * batch + b * 32 + j]) * d_h0b[t * 32 * batch + b * 32 + j]; /* (86) */
            d_z0b[t * 32 * batch + b * 32 + j] = (h0b[(t + 1) * 32 * batch + b * 32 + j] - n0b[t * 32 * batch + b * 32 + j]) * d_h0b[t * 32 * batch + b * 32 + j]; /* (87) */
            d_r0b[t * 32 * batch + b * 32 + j] = (1.0f - square(n0b[t * 32 * batch + b * 32 + j])) * d_n0b[t * 32 * batch + b * 32 + j] * v0b[t * 96 * batch + b * 96 + j + 64]; /* (88) */
        }
        for (int m = 0; m < 32; m++) {
            d_v0b[t * 96 * batch + b * 96 + m] = (1.0f - r0b[t * 32 * batch + b * 32 + m]) * d_r0b[t * 32 * batch + b * 32 + m] * r0b[t * 32 * batch + b * 32 + m];
        }
        for (int m = 32; m < 64; m++) {
            d_v0b[t * 96 * batch + b * 96 + m] = (1.0f - z0b[t * 32 * batch + b * 32 + m - 32]) * d_z0b[t * 32 * batch + b * 32 + m - 32] * z0b[t * 32 * batch + b * 32 + m - 32];
        }
        for (int m = 64; m < 96; m++) {
            d_v0b[t * 96 * batch + b * 96 + m] = (1.0f - square(n0b[t * 32 * batch + b * 32 + m - 64])) * d_n0b[t * 32 * batch + b * 32 + m - 64] * r0b[t * 32 * batch + b * 32 + m - 64]; /* (89) */
        }
    }
}

/* encoder: gradient of gru
   (85) d.encoder.h0b[b, t, j] = sum[i](d.encoder.v0b[b, t - 1, i] * encoder.weight_hh_l0_reverse[i, j]) + d.encoder.h0b[b, t - 1, j] * encoder.z0b[b, t - 1, j] + d.encoder[b, t, j + 32]
   (86) d.encoder.n0b[b, t, j] = d.encoder.h0b[b, t, j] * (1 - encoder.z0b[b, t, j])
   (87) d.encoder.z0b[b, t, j] = d.encoder.h0b[b, t, j] * (encoder.h0b[b, t + 1, j] - encoder.n0b[b, t, j])
   (88) d.encoder.r0b[b, t, j] = d.encoder.n0b[b, t, j] * encoder.v0b[b, t, j + 64] * (1 - encoder.n0b[b, t, j]**2)
*/
static void d_h0b_d_n0b_d_z0b_d_r0b_32_96(
    real *restrict d_h0b,                      /* [8, B, 32] */
    real *restrict d_n0b,                      /* [8, B, 32] */
    real *restrict d_z0b,                      /* [8, B, 32] */
    real *restrict d_r0b,                      /* [8, B, 32] */
    const real *restrict d_v0b,                /* [8, B, 96] */
    const real *restrict weight_hh_l0_reverse, /* [96, 32] */
    const real *restrict z0b,                  /* [8, B, 32] */
    const real *restrict r,                    /* [8, B, 64] */
    const real *restrict h0b,                  /* [8, B, 32] */
    const real *restrict n0b,                  /* [8, B, 32] */
    const real *restrict v0b,                  /* [8, B, 96] */
    int t,
    int batch,
    int all_rows)
{
    const int high = even(batch, ROWS, ROWS);
    for (int j_tile = 0; j_tile < 32; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < batch; i_tile += high) {
            const int rows = batch - i_tile < high ? batch - i_tile : high;
            const int columns = COLUMNS;
            multiply_copied(tile, panel, fresh, rows, columns, 96,
                            d_v0b + (t - 1) * 96 * all_rows + i_tile * 96, 96, 1,
                            weight_hh_l0_reverse + j_tile, 32, 1);
            fresh = 0;
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int b = i_tile + r_2;
                for (int c = 0; c < columns; c++) {
                    const int j = j_tile + c;
                    d_h0b[t * 32 * all_rows + b * 32 + j] = tile[r_2 * COLUMNS + c] + d_h0b[(t - 1) * 32 * all_rows + b * 32 + j] * z0b[(t - 1) * 32 * all_rows + b * 32 + j] + r[t * 64 * all_rows + b * 64 + j + 32]; /* (85) */
                    d_n0b[t * 32 * all_rows + b * 32 + j] = (1.0f - z0b[t * 32 * all_rows + b * 32 + j]) * d_h0b[t * 32 * all_rows + b * 32 + j]; /* (86) */
                    d_z0b[t * 32 * all_rows + b * 32 + j] = (h0b[(t + 1) * 32 * all_rows + b * 32 + j] - n0b[t * 32 * all_rows + b * 32 + j]) * d_h0b[t * 32 * all_rows + b * 32 + j]; /* (87) */
                    d_r0b[t * 32 * all_rows + b * 32 + j] = (1.0f - square(n0b[t * 32 * all_rows + b * 32 + j])) * d_n0b[t * 32 * all_rows + b * 32 + j] * v0b[t * 96 * all_rows + b * 96 + j + 64]; /* (88) */
                }
            }
        }
    }
}

/* encoder: gradient of gru
   (85) d.encoder.h0b[b, t, j] = sum[i](d.encoder.v0b[b, t - 1, i] * encoder.weight_hh_l0_reverse[i, j]) + d.encoder.h0b[b, t - 1, j] * encoder.z0b[b, t - 1, j] + d.encoder[b, t, j + 32]
   (86) d.encoder.n0b[b, t, j] = d.encoder.h0b[b, t, j] * (1 - encoder.z0b[b, t, j])
   (87) d.encoder.z0b[b, t, j] = d.encoder.h0b[b, t, j] * (encoder.h0b[b, t + 1, j] - encoder.n0b[b, t, j])
   (88) d.encoder.r0b[b, t, j] = d.encoder.n0b[b, t, j] * encoder.v0b[b, t, j + 64] * (1 - encoder.n0b[b, t, j]**2)
*/
static void d_h0b_d_n0b_d_z0b_d_r0b_32_96_v2(
    real *restrict d_h0b,                      /* [8, B, 32] */
    real *restrict d_n0b,                      /* [8, B, 32] */
    real *restrict d_z0b,                      /* [8, B, 32] */
    real *restrict d_r0b,                      /* [8, B, 32] */
    const real *restrict d_v0b,                /* [8, B, 96] */
    const real *restrict weight_hh_l0_reverse, /* [96, 32] */
    const real *restrict z0b,                  /* [8, B, 32] */
    const real *restrict r,                    /* [8, B, 64] */
    const real *restrict n0b,                  /* [8, B, 32] */
    const real *restrict v0b,                  /* [8, B, 96] */
    int t,
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
            multiply(tile, panel, fresh, rows, columns, 96,
                     d_v0b + (t - 1) * 96 * batch + i_tile * 96, 96, 1,
                     weight_hh_l0_reverse + j_tile, 32, 1);
            fresh = 0;
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int b = i_tile + r_2;
                for (int c = 0; c < columns; c++) {
                    const int j = j_tile + c;
                    d_h0b[t * 32 * batch + b * 32 + j] = tile[r_2 * COLUMNS + c] + d_h0b[(t - 1) * 32 * batch + b * 32 + j] * z0b[(t - 1) * 32 * batch + b * 32 + j] + r[t * 64 * batch + b * 64 + j + 32]; /* (85) */
                    d_n0b[t * 32 * batch + b * 32 + j] = (1.0f - z0b[t * 32 * batch + b * 32 + j]) * d_h0b[t * 32 * batch + b * 32 + j]; /* (86) */
                    d_z0b[t * 32 * batch + b * 32 + j] = -n0b[t * 32 * batch + b * 32 + j] * d_h0b[t * 32 * batch + b * 32 + j]; /* (87) */
                    d_r0b[t * 32 * batch + b * 32 + j] = (1.0f - square(n0b[t * 32 * batch + b * 32 + j])) * d_n0b[t * 32 * batch + b * 32 + j] * v0b[t * 96 * batch + b * 96 + j + 64]; /* (88) */
                }
            }
        }
    }
}

/* encoder: gradient of gru
   (89) d.encoder.v0b[b, t, m] = d.encoder.n0b[b, t, m - 64] * encoder.r0b[b, t, m - 64] * (1 - encoder.n0b[b, t, m - 64]**2) + d.encoder.r0b[b, t, m + 0] * encoder.r0b[b, t, m + 0] * (1 - encoder.r0b[b, t, m + 0]) + d.encoder.z0b[b, t, m - 32] * encoder.z0b[b, t, m - 32] * (1 - encoder.z0b[b, t, m - 32])
*/
static void d_v0b_32(
    real *restrict d_v0b,       /* [8, B, 96] */
    const real *restrict r0b,   /* [8, B, 32] */
    const real *restrict d_r0b, /* [8, B, 32] */
    const real *restrict z0b,   /* [8, B, 32] */
    const real *restrict d_z0b, /* [8, B, 32] */
    const real *restrict n0b,   /* [8, B, 32] */
    const real *restrict d_n0b, /* [8, B, 32] */
    int t,
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int m = 0; m < 32; m++) {
            d_v0b[t * 96 * batch + b * 96 + m] = (1.0f - r0b[t * 32 * batch + b * 32 + m]) * d_r0b[t * 32 * batch + b * 32 + m] * r0b[t * 32 * batch + b * 32 + m];
        }
        for (int m = 32; m < 64; m++) {
            d_v0b[t * 96 * batch + b * 96 + m] = (1.0f - z0b[t * 32 * batch + b * 32 + m - 32]) * d_z0b[t * 32 * batch + b * 32 + m - 32] * z0b[t * 32 * batch + b * 32 + m - 32];
        }
        for (int m = 64; m < 96; m++) {
            d_v0b[t * 96 * batch + b * 96 + m] = (1.0f - square(n0b[t * 32 * batch + b * 32 + m - 64])) * d_n0b[t * 32 * batch + b * 32 + m - 64] * r0b[t * 32 * batch + b * 32 + m - 64];
        }
    }
}

/* encoder: gradient of gru
   (90) d.encoder.weight_hh_l0_reverse[m, k] = sum[b, i](d.encoder.v0b[b, i, m] * encoder.h0b[b, i + 1, k])
*/
static void d_weight_hh_l0_reverse_96_32_7(
    real *restrict d_weight_hh_l0_reverse, /* [96, 32] */
    const real *restrict d_v0b,            /* [8, B, 96] */
    const real *restrict h0b,              /* [8, B, 32] */
    int batch)
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
            multiply(tile, panel, fresh, rows, columns, batch * 7,
                     d_v0b + i_tile, 1, 96,
                     h0b + 1 * 32 * batch + j_tile, 32, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int m = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int k = j_tile + c;
                    d_weight_hh_l0_reverse[m * 32 + k] = tile[r * COLUMNS + c];
                }
            }
        }
    }
}

/* encoder: gradient of gru (one side of the product)
   (93) d.encoder.weight_ih_l0_reverse[m, d] = sum[b, i](d.encoder.u0b[b, i, m] * read[b, i, d])
   and, in other places, (98)
*/
static void d_weight_ih_l0_reverse_10_96(
    real *restrict d_u0b_source) /* [10, 96] */
{
    for (int vm = 0; vm < 960; vm++) {
        d_u0b_source[vm] = 0.0f;
    }
}

/* read: embedding; encoder: gradient of gru (one side of the product)
   (1) read[b, i, d] = read.weight[source[b, i], d]
   (93) d.encoder.weight_ih_l0_reverse[m, d] = sum[b, i](d.encoder.u0b[b, i, m] * read[b, i, d])
   by class: d.encoder.u0b@source[v, m] = sum[b, i](d.encoder.u0b[b, i, m] * (v == source[b, i]))
   and, in other places, (1) (98)
*/
static void embedding_d_weight_ih_l0_reverse_96_8(
    real *restrict d_u0b_source,    /* [10, 96] */
    const real *restrict d_u0b,     /* [8, B, 96] */
    const int32_t *restrict source, /* [B, 8] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int m_first = 0; m_first < 96; m_first += 32) {
        for (int i = 0; i < 8; i++) {
            for (int b = 0; b < batch; b++) {
                for (int c = 0; c < 32; c++) {
                    const int m = m_first + c;
                    d_u0b_source[(source[b * 8 + i]) * 96 + m] += d_u0b[i * 96 * batch + b * 96 + m];
                }
            }
        }
    }
}

/* read: gradient of embedding
   (100) read.r[b, d, i] = sum[j](d.encoder.u0b[b, i, j] * encoder.weight_ih_l0_reverse[j, d])
*/
static void r_8_64_96(
    real *restrict r,                          /* [8, B, 64] */
    const real *restrict d_u0b,                /* [8, B, 96] */
    const real *restrict weight_ih_l0_reverse, /* [96, 64] */
    int batch)
{
    const int high = even(batch * 8, TILE_ROWS, ROWS);
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 8; i_tile += high) {
            const int rows = batch * 8 - i_tile < high ? batch * 8 - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 96,
                     d_u0b + i_tile * 96, 96, 1,
                     weight_ih_l0_reverse + j_tile, 64, 1);
            fresh = 0;
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int place = i_tile + r_2;
                for (int c = 0; c < columns; c++) {
                    const int d = j_tile + c;
                    r[place * 64 + d] = tile[r_2 * COLUMNS + c];
                }
            }
        }
    }
}

/* read: embedding; encoder: gradient of gru
   (1) read[b, i, d] = read.weight[source[b, i], d]
   (93) d.encoder.weight_ih_l0_reverse[m, d] = sum[b, i](d.encoder.u0b[b, i, m] * read[b, i, d])
   by class: d.encoder.weight_ih_l0_reverse[m, d] = sum[i](d.encoder.u0b@source[i, m] * read.weight[i, d])
   and, in other places, (1) (98)
*/
static void embedding_d_weight_ih_l0_reverse_96_64_10(
    real *restrict d_weight_ih_l0_reverse, /* [96, 64] */
    const real *restrict d_u0b_source,     /* [10, 96] */
    const real *restrict weight)           /* [10, 64] */
{
#pragma omp for schedule(static) nowait
    for (int m = 0; m < 96; m++) {
        real sum[64] = {0};
        for (int v = 0; v < 10; v++) {
            for (int d = 0; d < 64; d++) {
                sum[d] += d_u0b_source[v * 96 + m] * weight[v * 64 + d];
            }
        }
        for (int d = 0; d < 64; d++) {
            d_weight_ih_l0_reverse[m * 64 + d] = sum[d];
        }
    }
}

/* encoder: gradient of gru
   (94) d.encoder.bias_ih_l0_reverse[m] = sum[b, i](d.encoder.u0b[b, i, m])
   by class: d.encoder.bias_ih_l0_reverse[m] = sum[i](d.encoder.u0b@source[i, m])
   and, in other places, (99)
*/
static void d_bias_ih_l0_reverse_96_10(
    real *restrict d_bias_ih_l0_reverse, /* [96] */
    const real *restrict d_u0b_source)   /* [10, 96] */
{
    real sum[96] = {0};
    for (int v = 0; v < 10; v++) {
        for (int m = 0; m < 96; m++) {
            sum[m] += d_u0b_source[v * 96 + m];
        }
    }
    for (int m = 0; m < 96; m++) {
        d_bias_ih_l0_reverse[m] = sum[m];
    }
}

/* read: gradient of embedding
   (101) d.read[b, i, d] = sum[j](d.encoder.u0[b, i, j] * encoder.weight_ih_l0[j, d]) + read.r[b, d, i]
*/
static void d_read_8_64_96(
    real *restrict r,                  /* [8, B, 64] */
    const real *restrict d_u0,         /* [8, B, 96] */
    const real *restrict weight_ih_l0, /* [96, 64] */
    int batch)
{
    const int high = even(batch * 8, TILE_ROWS, ROWS);
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 8; i_tile += high) {
            const int rows = batch * 8 - i_tile < high ? batch * 8 - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, 96,
                     d_u0 + i_tile * 96, 96, 1,
                     weight_ih_l0 + j_tile, 64, 1);
            fresh = 0;
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int place = i_tile + r_2;
                for (int c = 0; c < columns; c++) {
                    const int d = j_tile + c;
                    r[place * 64 + d] = tile[r_2 * COLUMNS + c] + r[place * 64 + d];
                }
            }
        }
    }
}

/* read: gradient of embedding
   (102) d.read.weight[v, d] = sum[b, i](d.read[b, i, d] * (v == source[b, i]))
*/
static void d_weight_64_8(
    real *restrict d_weight,        /* [10, 64] */
    const real *restrict r,         /* [8, B, 64] */
    const int32_t *restrict source, /* [B, 8] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int d_first = 0; d_first < 64; d_first += 32) {
        for (int i = 0; i < 8; i++) {
            for (int b = 0; b < batch; b++) {
                for (int c = 0; c < 32; c++) {
                    const int d = d_first + c;
                    d_weight[(source[b * 8 + i]) * 64 + d] += r[i * 64 * batch + b * 64 + d];
                }
            }
        }
    }
}

/* optimizer: cosine schedule, adam rate, next step
   (103) optimizer.eta = (1 + cos(pi * min(t, steps) / steps)) * (lr - min_lr) / 2 + min_lr
   (104) optimizer.rate = optimizer.eta / (1 - beta1**(1 + t))
   (105) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
   (106) t.next = 1 + t
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
    const double eta = 0.5 * (cos(3.141592653589793 * minimum_d(*t, *steps) / *steps) + 1.0) * (*lr - *min_lr) + *min_lr; /* (103) */
    *rate = eta / (1.0 - pow(*beta1, *t + 1.0)); /* (104) */
    *scale = 1.0 / sqrt(1.0 - pow(*beta2, *t + 1.0)); /* (105) */
    *t = *t + 1.0; /* (106) */
}

/* read: clip_norm
   (107) read.weight.g.square = sum[i, j](d.read.weight[i, j]**2)
   and, in other places, (127)
*/
static void clip_norm_10_64(
    real *restrict square_2,
    const real *restrict d_weight) /* [10, 64] */
{
    real parts[16] = {0};
    for (int vd_first = 0; vd_first < 640; vd_first += 16) {
        for (int part = 0; part < 16; part++) {
            const int vd = vd_first + part;
            parts[part] += square(d_weight[vd]);
        }
    }
    const real sum = sum_of(parts);
    *square_2 = sum;
}

/* encoder: clip_norm
   (108) encoder.weight_ih_l0.g.square = sum[i, j](d.encoder.weight_ih_l0[i, j]**2)
   and, in other places, (112)
*/
static void clip_norm_96_64(
    real *restrict square_2,
    const real *restrict d_weight_ih_l0) /* [96, 64] */
{
    real parts[16] = {0};
    for (int md_first = 0; md_first < 6144; md_first += 16) {
        for (int part = 0; part < 16; part++) {
            const int md = md_first + part;
            parts[part] += square(d_weight_ih_l0[md]);
        }
    }
    const real sum = sum_of(parts);
    *square_2 = sum;
}

/* encoder: clip_norm
   (109) encoder.weight_hh_l0.g.square = sum[i, j](d.encoder.weight_hh_l0[i, j]**2)
   and, in other places, (113)
*/
static void clip_norm_96_32(
    real *restrict square_2,
    const real *restrict d_weight_hh_l0) /* [96, 32] */
{
    real parts[16] = {0};
    for (int mk_first = 0; mk_first < 3072; mk_first += 16) {
        for (int part = 0; part < 16; part++) {
            const int mk = mk_first + part;
            parts[part] += square(d_weight_hh_l0[mk]);
        }
    }
    const real sum = sum_of(parts);
    *square_2 = sum;
}

/* encoder: clip_norm
   (110) encoder.bias_ih_l0.g.square = sum[i](d.encoder.bias_ih_l0[i]**2)
   and, in other places, (111), (114), (115)
*/
static void clip_norm_96(
    real *restrict square_2,
    const real *restrict d_bias_ih_l0) /* [96] */
{
    real parts[16] = {0};
    for (int m_first = 0; m_first < 96; m_first += 16) {
        for (int part = 0; part < 16; part++) {
            const int m = m_first + part;
            parts[part] += square(d_bias_ih_l0[m]);
        }
    }
    const real sum = sum_of(parts);
    *square_2 = sum;
}

/* written: clip_norm
   (116) written.weight.g.square = sum[i, j](d.written.weight[i, j]**2)
*/
static void clip_norm_11_64(
    real *restrict square_2,
    const real *restrict d_weight) /* [11, 64] */
{
    real parts[16] = {0};
    for (int vd_first = 0; vd_first < 704; vd_first += 16) {
        for (int part = 0; part < 16; part++) {
            const int vd = vd_first + part;
            parts[part] += square(d_weight[vd]);
        }
    }
    const real sum = sum_of(parts);
    *square_2 = sum;
}

/* decoder: clip_norm
   (117) decoder.weight_ih_l0.g.square = sum[i, j](d.decoder.weight_ih_l0[i, j]**2)
   and, in other places, (118), (121)
*/
static void clip_norm_192_64(
    real *restrict square_2,
    const real *restrict d_weight_ih_l0) /* [192, 64] */
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

/* decoder: clip_norm
   (119) decoder.bias_ih_l0.g.square = sum[i](d.decoder.bias_ih_l0[i]**2)
   and, in other places, (120), (122)
*/
static void clip_norm_192(
    real *restrict square_2,
    const real *restrict d_bias_ih_l0) /* [192] */
{
    real parts[16] = {0};
    for (int m_first = 0; m_first < 192; m_first += 16) {
        for (int part = 0; part < 16; part++) {
            const int m = m_first + part;
            parts[part] += square(d_bias_ih_l0[m]);
        }
    }
    const real sum = sum_of(parts);
    *square_2 = sum;
}

/* attention: clip_norm
   (123) attention.out_proj.weight.g.square = sum[i, j](d.attention.out_proj.weight[i, j]**2)
*/
static void clip_norm_64_64(
    real *restrict square_2,
    const real *restrict d_weight) /* [64, 64] */
{
    real parts[16] = {0};
    for (int md_first = 0; md_first < 4096; md_first += 16) {
        for (int part = 0; part < 16; part++) {
            const int md = md_first + part;
            parts[part] += square(d_weight[md]);
        }
    }
    const real sum = sum_of(parts);
    *square_2 = sum;
}

/* attention: clip_norm
   (124) attention.out_proj.bias.g.square = sum[i](d.attention.out_proj.bias[i]**2)
   and, in other places, (126)
*/
static void clip_norm_64(
    real *restrict square_2,
    const real *restrict d_bias) /* [64] */
{
    real parts[16] = {0};
    for (int m_first = 0; m_first < 64; m_first += 16) {
        for (int part = 0; part < 16; part++) {
            const int m = m_first + part;
            parts[part] += square(d_bias[m]);
        }
    }
    const real sum = sum_of(parts);
    *square_2 = sum;
}

/* mixed: clip_norm
   (125) mixed.weight.g.square = sum[i, j](d.mixed.weight[i, j]**2)
*/
static void clip_norm_64_128(
    real *restrict square_2,
    const real *restrict d_weight) /* [64, 128] */
{
    real parts[16] = {0};
    for (int oi_first = 0; oi_first < 8192; oi_first += 16) {
        for (int part = 0; part < 16; part++) {
            const int oi = oi_first + part;
            parts[part] += square(d_weight[oi]);
        }
    }
    const real sum = sum_of(parts);
    *square_2 = sum;
}

/* head: clip_norm; optimizer: clip_norm
   (128) head.bias.g.square = sum[i](d.head.bias[i]**2)
   (129) optimizer.norm = sqrt(attention.in_proj_bias.g.square + attention.in_proj_weight.g.square + attention.out_proj.bias.g.square + attention.out_proj.weight.g.square + decoder.bias_hh_l0.g.square + decoder.bias_ih_l0.g.square + decoder.weight_hh_l0.g.square + decoder.weight_ih_l0.g.square + encoder.bias_hh_l0.g.square + encoder.bias_hh_l0_reverse.g.square + encoder.bias_ih_l0.g.square + encoder.bias_ih_l0_reverse.g.square + encoder.weight_hh_l0.g.square + encoder.weight_hh_l0_reverse.g.square + encoder.weight_ih_l0.g.square + encoder.weight_ih_l0_reverse.g.square + head.bias.g.square + head.weight.g.square + mixed.bias.g.square + mixed.weight.g.square + read.weight.g.square + written.weight.g.square)
   (130) optimizer.shrink = min(1, clip_norm / (optimizer.norm + 0.000001))
*/
static void clip_norm_10(
    double *restrict shrink,
    const real *restrict d_bias,                                /* [10] */
    const real *restrict square_2,
    const real *restrict attention_in_proj_weight_g_square,
    const real *restrict attention_out_proj_bias_g_square,
    const real *restrict attention_out_proj_weight_g_square,
    const real *restrict decoder_bias_hh_l0_g_square,
    const real *restrict decoder_bias_ih_l0_g_square,
    const real *restrict decoder_weight_hh_l0_g_square,
    const real *restrict decoder_weight_ih_l0_g_square,
    const real *restrict encoder_bias_hh_l0_g_square,
    const real *restrict encoder_bias_hh_l0_reverse_g_square,
    const real *restrict encoder_bias_ih_l0_g_square,
    const real *restrict encoder_bias_ih_l0_reverse_g_square,
    const real *restrict encoder_weight_hh_l0_g_square,
    const real *restrict encoder_weight_hh_l0_reverse_g_square,
    const real *restrict encoder_weight_ih_l0_g_square,
    const real *restrict encoder_weight_ih_l0_reverse_g_square,
    const real *restrict head_weight_g_square,
    const real *restrict mixed_bias_g_square,
    const real *restrict mixed_weight_g_square,
    const real *restrict read_weight_g_square,
    const real *restrict written_weight_g_square,
    const double *restrict clip_norm)
{
    real head_bias_g_square = 0;
    for (int o = 0; o < 10; o++) {
        head_bias_g_square += square(d_bias[o]); /* (128) */
    }
    const double norm = (double)sqrtf(*square_2 + *attention_in_proj_weight_g_square + *attention_out_proj_bias_g_square + *attention_out_proj_weight_g_square + *decoder_bias_hh_l0_g_square + *decoder_bias_ih_l0_g_square + *decoder_weight_hh_l0_g_square + *decoder_weight_ih_l0_g_square + *encoder_bias_hh_l0_g_square + *encoder_bias_hh_l0_reverse_g_square + *encoder_bias_ih_l0_g_square + *encoder_bias_ih_l0_reverse_g_square + *encoder_weight_hh_l0_g_square + *encoder_weight_hh_l0_reverse_g_square + *encoder_weight_ih_l0_g_square + *encoder_weight_ih_l0_reverse_g_square + head_bias_g_square + *head_weight_g_square + *mixed_bias_g_square + *mixed_weight_g_square + *read_weight_g_square + *written_weight_g_square); /* (129) */
    *shrink = minimum_d(1.0, *clip_norm / (norm + 1e-06)); /* (130) */
}

/* decoder: clip_norm, adam
   (141) decoder.weight_ih_l0.g.shrunk[m, d] = optimizer.shrink * d.decoder.weight_ih_l0[m, d]
   (183) decoder.weight_ih_l0.m.next[i, d] = (1 - beta1) * decoder.weight_ih_l0.g.shrunk[i, d] + beta1 * decoder.weight_ih_l0.m[i, d]
   (184) decoder.weight_ih_l0.v.next[i, d] = (1 - beta2) * decoder.weight_ih_l0.g.shrunk[i, d]**2 + beta2 * decoder.weight_ih_l0.v[i, d]
   (185) decoder.weight_ih_l0.next[i, d] = decoder.weight_ih_l0[i, d] - optimizer.rate * decoder.weight_ih_l0.m.next[i, d] / (optimizer.scale * sqrt(decoder.weight_ih_l0.v.next[i, d]) + eps)
   and, in other places, (142) (186) (187) (188), (145) (195) (196) (197)
*/
static void clip_norm_adam_192_64(
    real *restrict decoder_weight_ih_l0_m, /* [192, 64] */
    real *restrict v,                      /* [192, 64] */
    real *restrict weight_ih_l0,           /* [192, 64] */
    const double *restrict shrink,
    const real *restrict d_weight_ih_l0,   /* [192, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real shrink_real = (real)*shrink; /* (141) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (183) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (184) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (185) */
#pragma omp for schedule(static) nowait
    for (int md = 0; md < 12288; md++) {
        const real shrunk = shrink_real * d_weight_ih_l0[md]; /* (141) */
        decoder_weight_ih_l0_m[md] = normal(one_minus_beta1 * shrunk + beta1_real * decoder_weight_ih_l0_m[md]); /* (183) */
        v[md] = normal(one_minus_beta2 * square(shrunk) + beta2_real * v[md]); /* (184) */
        weight_ih_l0[md] = weight_ih_l0[md] - rate_real * decoder_weight_ih_l0_m[md] / (scale_real * sqrtf(v[md]) + eps_real); /* (185) */
    }
}

/* mixed: clip_norm, adam
   (149) mixed.weight.g.shrunk[o, i] = optimizer.shrink * d.mixed.weight[o, i]
   (207) mixed.weight.m.next[o, i] = (1 - beta1) * mixed.weight.g.shrunk[o, i] + beta1 * mixed.weight.m[o, i]
   (208) mixed.weight.v.next[o, i] = (1 - beta2) * mixed.weight.g.shrunk[o, i]**2 + beta2 * mixed.weight.v[o, i]
   (209) mixed.weight.next[o, i] = mixed.weight[o, i] - optimizer.rate * mixed.weight.m.next[o, i] / (optimizer.scale * sqrt(mixed.weight.v.next[o, i]) + eps)
*/
static void clip_norm_adam_64_128(
    real *restrict m,              /* [64, 128] */
    real *restrict v,              /* [64, 128] */
    real *restrict weight,         /* [64, 128] */
    const double *restrict shrink,
    const real *restrict d_weight, /* [64, 128] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real shrink_real = (real)*shrink; /* (149) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (207) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (208) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (209) */
#pragma omp for schedule(static) nowait
    for (int oi = 0; oi < 8192; oi++) {
        const real shrunk = shrink_real * d_weight[oi]; /* (149) */
        m[oi] = normal(one_minus_beta1 * shrunk + beta1_real * m[oi]); /* (207) */
        v[oi] = normal(one_minus_beta2 * square(shrunk) + beta2_real * v[oi]); /* (208) */
        weight[oi] = weight[oi] - rate_real * m[oi] / (scale_real * sqrtf(v[oi]) + eps_real); /* (209) */
    }
}

/* encoder: clip_norm, adam
   (132) encoder.weight_ih_l0.g.shrunk[m, d] = optimizer.shrink * d.encoder.weight_ih_l0[m, d]
   (156) encoder.weight_ih_l0.m.next[i, d] = (1 - beta1) * encoder.weight_ih_l0.g.shrunk[i, d] + beta1 * encoder.weight_ih_l0.m[i, d]
   (157) encoder.weight_ih_l0.v.next[i, d] = (1 - beta2) * encoder.weight_ih_l0.g.shrunk[i, d]**2 + beta2 * encoder.weight_ih_l0.v[i, d]
   (158) encoder.weight_ih_l0.next[i, d] = encoder.weight_ih_l0[i, d] - optimizer.rate * encoder.weight_ih_l0.m.next[i, d] / (optimizer.scale * sqrt(encoder.weight_ih_l0.v.next[i, d]) + eps)
   and, in other places, (136) (168) (169) (170)
*/
static void clip_norm_adam_96_64(
    real *restrict encoder_weight_ih_l0_m, /* [96, 64] */
    real *restrict v,                      /* [96, 64] */
    real *restrict weight_ih_l0,           /* [96, 64] */
    const double *restrict shrink,
    const real *restrict d_weight_ih_l0,   /* [96, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real shrink_real = (real)*shrink; /* (132) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (156) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (157) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (158) */
#pragma omp for schedule(static) nowait
    for (int md = 0; md < 6144; md++) {
        const real shrunk = shrink_real * d_weight_ih_l0[md]; /* (132) */
        encoder_weight_ih_l0_m[md] = normal(one_minus_beta1 * shrunk + beta1_real * encoder_weight_ih_l0_m[md]); /* (156) */
        v[md] = normal(one_minus_beta2 * square(shrunk) + beta2_real * v[md]); /* (157) */
        weight_ih_l0[md] = weight_ih_l0[md] - rate_real * encoder_weight_ih_l0_m[md] / (scale_real * sqrtf(v[md]) + eps_real); /* (158) */
    }
}

/* attention: clip_norm, adam
   (147) attention.out_proj.weight.g.shrunk[m, d] = optimizer.shrink * d.attention.out_proj.weight[m, d]
   (201) attention.out_proj.weight.m.next[i, d] = (1 - beta1) * attention.out_proj.weight.g.shrunk[i, d] + beta1 * attention.out_proj.weight.m[i, d]
   (202) attention.out_proj.weight.v.next[i, d] = (1 - beta2) * attention.out_proj.weight.g.shrunk[i, d]**2 + beta2 * attention.out_proj.weight.v[i, d]
   (203) attention.out_proj.weight.next[i, d] = attention.out_proj.weight[i, d] - optimizer.rate * attention.out_proj.weight.m.next[i, d] / (optimizer.scale * sqrt(attention.out_proj.weight.v.next[i, d]) + eps)
*/
static void clip_norm_adam_64_64(
    real *restrict attention_out_proj_weight_m, /* [64, 64] */
    real *restrict v,                           /* [64, 64] */
    real *restrict weight,                      /* [64, 64] */
    const double *restrict shrink,
    const real *restrict d_weight,              /* [64, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real shrink_real = (real)*shrink; /* (147) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (201) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (202) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (203) */
#pragma omp for schedule(static) nowait
    for (int md = 0; md < 4096; md++) {
        const real shrunk = shrink_real * d_weight[md]; /* (147) */
        attention_out_proj_weight_m[md] = normal(one_minus_beta1 * shrunk + beta1_real * attention_out_proj_weight_m[md]); /* (201) */
        v[md] = normal(one_minus_beta2 * square(shrunk) + beta2_real * v[md]); /* (202) */
        weight[md] = weight[md] - rate_real * attention_out_proj_weight_m[md] / (scale_real * sqrtf(v[md]) + eps_real); /* (203) */
    }
}

/* encoder: clip_norm, adam
   (133) encoder.weight_hh_l0.g.shrunk[m, k] = optimizer.shrink * d.encoder.weight_hh_l0[m, k]
   (159) encoder.weight_hh_l0.m.next[i, k] = (1 - beta1) * encoder.weight_hh_l0.g.shrunk[i, k] + beta1 * encoder.weight_hh_l0.m[i, k]
   (160) encoder.weight_hh_l0.v.next[i, k] = (1 - beta2) * encoder.weight_hh_l0.g.shrunk[i, k]**2 + beta2 * encoder.weight_hh_l0.v[i, k]
   (161) encoder.weight_hh_l0.next[i, k] = encoder.weight_hh_l0[i, k] - optimizer.rate * encoder.weight_hh_l0.m.next[i, k] / (optimizer.scale * sqrt(encoder.weight_hh_l0.v.next[i, k]) + eps)
   and, in other places, (137) (171) (172) (173)
*/
static void clip_norm_adam_96_32(
    real *restrict encoder_weight_hh_l0_m, /* [96, 32] */
    real *restrict v,                      /* [96, 32] */
    real *restrict weight_hh_l0,           /* [96, 32] */
    const double *restrict shrink,
    const real *restrict d_weight_hh_l0,   /* [96, 32] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real shrink_real = (real)*shrink; /* (133) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (159) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (160) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (161) */
#pragma omp for schedule(static) nowait
    for (int mk = 0; mk < 3072; mk++) {
        const real shrunk = shrink_real * d_weight_hh_l0[mk]; /* (133) */
        encoder_weight_hh_l0_m[mk] = normal(one_minus_beta1 * shrunk + beta1_real * encoder_weight_hh_l0_m[mk]); /* (159) */
        v[mk] = normal(one_minus_beta2 * square(shrunk) + beta2_real * v[mk]); /* (160) */
        weight_hh_l0[mk] = weight_hh_l0[mk] - rate_real * encoder_weight_hh_l0_m[mk] / (scale_real * sqrtf(v[mk]) + eps_real); /* (161) */
    }
}

/* written: clip_norm, adam
   (140) written.weight.g.shrunk[v, d] = optimizer.shrink * d.written.weight[v, d]
   (180) written.weight.m.next[i, d] = (1 - beta1) * written.weight.g.shrunk[i, d] + beta1 * written.weight.m[i, d]
   (181) written.weight.v.next[i, d] = (1 - beta2) * written.weight.g.shrunk[i, d]**2 + beta2 * written.weight.v[i, d]
   (182) written.weight.next[i, d] = written.weight[i, d] - optimizer.rate * written.weight.m.next[i, d] / (optimizer.scale * sqrt(written.weight.v.next[i, d]) + eps)
*/
static void clip_norm_adam_11_64(
    real *restrict m,                /* [11, 64] */
    real *restrict written_weight_v, /* [11, 64] */
    real *restrict weight,           /* [11, 64] */
    const double *restrict shrink,
    const real *restrict d_weight,   /* [11, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real shrink_real = (real)*shrink; /* (140) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (180) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (181) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (182) */
#pragma omp for schedule(static) nowait
    for (int vd = 0; vd < 704; vd++) {
        const real shrunk = shrink_real * d_weight[vd]; /* (140) */
        m[vd] = normal(one_minus_beta1 * shrunk + beta1_real * m[vd]); /* (180) */
        written_weight_v[vd] = normal(one_minus_beta2 * square(shrunk) + beta2_real * written_weight_v[vd]); /* (181) */
        weight[vd] = weight[vd] - rate_real * m[vd] / (scale_real * sqrtf(written_weight_v[vd]) + eps_real); /* (182) */
    }
}

/* read: clip_norm, adam
   (131) read.weight.g.shrunk[v, d] = optimizer.shrink * d.read.weight[v, d]
   (153) read.weight.m.next[i, d] = (1 - beta1) * read.weight.g.shrunk[i, d] + beta1 * read.weight.m[i, d]
   (154) read.weight.v.next[i, d] = (1 - beta2) * read.weight.g.shrunk[i, d]**2 + beta2 * read.weight.v[i, d]
   (155) read.weight.next[i, d] = read.weight[i, d] - optimizer.rate * read.weight.m.next[i, d] / (optimizer.scale * sqrt(read.weight.v.next[i, d]) + eps)
   and, in other places, (151) (213) (214) (215)
*/
static void clip_norm_adam_10_64(
    real *restrict m,              /* [10, 64] */
    real *restrict read_weight_v,  /* [10, 64] */
    real *restrict weight,         /* [10, 64] */
    const double *restrict shrink,
    const real *restrict d_weight, /* [10, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real shrink_real = (real)*shrink; /* (131) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (153) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (154) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (155) */
#pragma omp for schedule(static) nowait
    for (int vd = 0; vd < 640; vd++) {
        const real shrunk = shrink_real * d_weight[vd]; /* (131) */
        m[vd] = normal(one_minus_beta1 * shrunk + beta1_real * m[vd]); /* (153) */
        read_weight_v[vd] = normal(one_minus_beta2 * square(shrunk) + beta2_real * read_weight_v[vd]); /* (154) */
        weight[vd] = weight[vd] - rate_real * m[vd] / (scale_real * sqrtf(read_weight_v[vd]) + eps_real); /* (155) */
    }
}

/* decoder: clip_norm, adam
   (143) decoder.bias_ih_l0.g.shrunk[m] = optimizer.shrink * d.decoder.bias_ih_l0[m]
   (189) decoder.bias_ih_l0.m.next[i] = (1 - beta1) * decoder.bias_ih_l0.g.shrunk[i] + beta1 * decoder.bias_ih_l0.m[i]
   (190) decoder.bias_ih_l0.v.next[i] = (1 - beta2) * decoder.bias_ih_l0.g.shrunk[i]**2 + beta2 * decoder.bias_ih_l0.v[i]
   (191) decoder.bias_ih_l0.next[i] = decoder.bias_ih_l0[i] - optimizer.rate * decoder.bias_ih_l0.m.next[i] / (optimizer.scale * sqrt(decoder.bias_ih_l0.v.next[i]) + eps)
   and, in other places, (144) (192) (193) (194), (146) (198) (199) (200)
*/
static void clip_norm_adam_192(
    real *restrict decoder_bias_ih_l0_m, /* [192] */
    real *restrict v,                    /* [192] */
    real *restrict bias_ih_l0,           /* [192] */
    const double *restrict shrink,
    const real *restrict d_bias_ih_l0,   /* [192] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real shrink_real = (real)*shrink; /* (143) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (189) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (190) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (191) */
    for (int m = 0; m < 192; m++) {
        const real shrunk = shrink_real * d_bias_ih_l0[m]; /* (143) */
        decoder_bias_ih_l0_m[m] = normal(one_minus_beta1 * shrunk + beta1_real * decoder_bias_ih_l0_m[m]); /* (189) */
        v[m] = normal(one_minus_beta2 * square(shrunk) + beta2_real * v[m]); /* (190) */
        bias_ih_l0[m] = bias_ih_l0[m] - rate_real * decoder_bias_ih_l0_m[m] / (scale_real * sqrtf(v[m]) + eps_real); /* (191) */
    }
}

/* encoder: clip_norm, adam
   (134) encoder.bias_ih_l0.g.shrunk[m] = optimizer.shrink * d.encoder.bias_ih_l0[m]
   (162) encoder.bias_ih_l0.m.next[i] = (1 - beta1) * encoder.bias_ih_l0.g.shrunk[i] + beta1 * encoder.bias_ih_l0.m[i]
   (163) encoder.bias_ih_l0.v.next[i] = (1 - beta2) * encoder.bias_ih_l0.g.shrunk[i]**2 + beta2 * encoder.bias_ih_l0.v[i]
   (164) encoder.bias_ih_l0.next[i] = encoder.bias_ih_l0[i] - optimizer.rate * encoder.bias_ih_l0.m.next[i] / (optimizer.scale * sqrt(encoder.bias_ih_l0.v.next[i]) + eps)
   and, in other places, (135) (165) (166) (167), (138) (174) (175) (176), (139) (177) (178) (179)
*/
static void clip_norm_adam_96(
    real *restrict encoder_bias_ih_l0_m, /* [96] */
    real *restrict v,                    /* [96] */
    real *restrict bias_ih_l0,           /* [96] */
    const double *restrict shrink,
    const real *restrict d_bias_ih_l0,   /* [96] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real shrink_real = (real)*shrink; /* (134) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (162) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (163) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (164) */
    for (int m = 0; m < 96; m++) {
        const real shrunk = shrink_real * d_bias_ih_l0[m]; /* (134) */
        encoder_bias_ih_l0_m[m] = normal(one_minus_beta1 * shrunk + beta1_real * encoder_bias_ih_l0_m[m]); /* (162) */
        v[m] = normal(one_minus_beta2 * square(shrunk) + beta2_real * v[m]); /* (163) */
        bias_ih_l0[m] = bias_ih_l0[m] - rate_real * encoder_bias_ih_l0_m[m] / (scale_real * sqrtf(v[m]) + eps_real); /* (164) */
    }
}

/* attention: clip_norm, adam
   (148) attention.out_proj.bias.g.shrunk[m] = optimizer.shrink * d.attention.out_proj.bias[m]
   (204) attention.out_proj.bias.m.next[i] = (1 - beta1) * attention.out_proj.bias.g.shrunk[i] + beta1 * attention.out_proj.bias.m[i]
   (205) attention.out_proj.bias.v.next[i] = (1 - beta2) * attention.out_proj.bias.g.shrunk[i]**2 + beta2 * attention.out_proj.bias.v[i]
   (206) attention.out_proj.bias.next[i] = attention.out_proj.bias[i] - optimizer.rate * attention.out_proj.bias.m.next[i] / (optimizer.scale * sqrt(attention.out_proj.bias.v.next[i]) + eps)
   and, in other places, (150) (210) (211) (212)
*/
static void clip_norm_adam_64(
    real *restrict attention_out_proj_bias_m, /* [64] */
    real *restrict v,                         /* [64] */
    real *restrict bias,                      /* [64] */
    const double *restrict shrink,
    const real *restrict d_bias,              /* [64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real shrink_real = (real)*shrink; /* (148) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (204) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (205) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (206) */
    for (int m = 0; m < 64; m++) {
        const real shrunk = shrink_real * d_bias[m]; /* (148) */
        attention_out_proj_bias_m[m] = normal(one_minus_beta1 * shrunk + beta1_real * attention_out_proj_bias_m[m]); /* (204) */
        v[m] = normal(one_minus_beta2 * square(shrunk) + beta2_real * v[m]); /* (205) */
        bias[m] = bias[m] - rate_real * attention_out_proj_bias_m[m] / (scale_real * sqrtf(v[m]) + eps_real); /* (206) */
    }
}

/* head: clip_norm, adam
   (152) head.bias.g.shrunk[o] = optimizer.shrink * d.head.bias[o]
   (216) head.bias.m.next[o] = (1 - beta1) * head.bias.g.shrunk[o] + beta1 * head.bias.m[o]
   (217) head.bias.v.next[o] = (1 - beta2) * head.bias.g.shrunk[o]**2 + beta2 * head.bias.v[o]
   (218) head.bias.next[o] = head.bias[o] - optimizer.rate * head.bias.m.next[o] / (optimizer.scale * sqrt(head.bias.v.next[o]) + eps)
*/
static void clip_norm_adam_10(
    real *restrict m,              /* [10] */
    real *restrict v,              /* [10] */
    real *restrict bias,           /* [10] */
    const double *restrict shrink,
    const real *restrict d_bias,   /* [10] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real shrink_real = (real)*shrink; /* (152) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (216) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (217) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (218) */
    for (int o = 0; o < 10; o++) {
        const real shrunk = shrink_real * d_bias[o]; /* (152) */
        m[o] = normal(one_minus_beta1 * shrunk + beta1_real * m[o]); /* (216) */
        v[o] = normal(one_minus_beta2 * square(shrunk) + beta2_real * v[o]); /* (217) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (218) */
    }
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_forward(const reverse_network *net, int threads)
{
    const int batch = net->batch;
    const int shares = batch < 4 * threads ? (batch + 3) / 4 : threads; /* of the rows, of four at least */
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 14416;
    real *const encoder_u0_table = fixed;
    real *const encoder_u0 = linear_part;
    real *const encoder_v0_now = linear_part + 1024 * capacity;
    real *const encoder_h0 = linear_part + 768 * capacity;
    real *const encoder_u0b_table = fixed;
    real *const encoder_u0b = linear_part;
    real *const encoder_v0b_now = linear_part + 1280 * capacity;
    real *const encoder_h0b = linear_part + 1024 * capacity;
    real *const encoder = linear_part + 1536 * capacity;
    real *const decoder_u_table = fixed + 12288;
    real *const decoder_u = linear_part;
    real *const decoder_weight_hh_l0_panels = fixed;
    real *const decoder_v_now = linear_part + 2560 * capacity;
    real *const decoder_h = linear_part + 2048 * capacity;
    real *const attention_q = linear_part;
    real *const attention_k = linear_part + 512 * capacity;
    real *const attention_s = linear_part + 1024 * capacity;
    real *const attention_u = linear_part;
    real *const attention_v = linear_part + 512 * capacity;
    real *const attention = linear_part + 1024 * capacity;
    real *const both = linear_part;
    real *const mixed = linear_part + 1024 * capacity;
    real *const head = linear_part;

    /* (1) (2) */
    embedding_gru_10_96_64(encoder_u0_table, net->parameters + read_weight, net->parameters + encoder_weight_ih_l0,
                           net->parameters + encoder_bias_ih_l0);
#pragma omp barrier
    /* (1) (2) */
    embedding_gru_8_96(encoder_u0, encoder_u0_table, net->in_source, batch);
#pragma omp barrier
    /* (3) (4) (5) (6) (7) */
    gru_96(encoder_v0_now, encoder_h0, net->parameters + encoder_bias_hh_l0, encoder_u0_table, net->in_source,
           encoder_u0, 0, batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 1; t_2 < 8; t_2++) {
            /* (3) */
            gru_96_32(encoder_v0_now + row * 96, encoder_h0 + row * 32, net->parameters + encoder_weight_hh_l0,
                      net->parameters + encoder_bias_hh_l0, t_2, rows, batch);
            /* (4) (5) (6) (7) */
            gru_32(encoder_h0 + row * 32, encoder_u0_table, net->in_source + row * 8, encoder_v0_now + row * 96,
                   encoder_u0 + row * 96, t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (1) (8) */
    embedding_gru_10_96_64(encoder_u0b_table, net->parameters + read_weight,
                           net->parameters + encoder_weight_ih_l0_reverse,
                           net->parameters + encoder_bias_ih_l0_reverse);
#pragma omp barrier
    /* (1) (8) */
    embedding_gru_8_96(encoder_u0b, encoder_u0b_table, net->in_source, batch);
#pragma omp barrier
    /* (9) (10) (11) (12) (13) */
    gru_96_v2(encoder_v0b_now, encoder_h0b, net->parameters + encoder_bias_hh_l0_reverse, encoder_u0b_table,
              net->in_source, encoder_u0b, 7, batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 6; t_2 >= 0; t_2--) {
            /* (9) */
            gru_96_32_v2(encoder_v0b_now + row * 96, encoder_h0b + row * 32,
                         net->parameters + encoder_weight_hh_l0_reverse,
                         net->parameters + encoder_bias_hh_l0_reverse, t_2, rows, batch);
            /* (10) (11) (12) (13) */
            gru_32_v2(encoder_h0b + row * 32, encoder_u0b_table, net->in_source + row * 8,
                      encoder_v0b_now + row * 96, encoder_u0b + row * 96, t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (14) */
    gru_8_32(encoder, encoder_h0, encoder_h0b, batch);
    /* (15) (16) */
    embedding_gru_11_192_64(decoder_u_table, net->parameters + written_weight,
                            net->parameters + decoder_weight_ih_l0, net->parameters + decoder_bias_ih_l0);
#pragma omp barrier
    /* (15) (16) */
    embedding_gru_8_192(decoder_u, decoder_u_table, net->in_shifted, batch);
    /* (17) */
    gru_6_64_32(decoder_weight_hh_l0_panels, net->parameters + decoder_weight_hh_l0);
#pragma omp barrier
    /* (17) (18) (19) (20) (21) */
    gru_192(decoder_v_now, decoder_h, net->parameters + decoder_bias_hh_l0, decoder_u_table, net->in_shifted,
            decoder_u, 0, batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 1; t_2 < 8; t_2++) {
            /* (17) */
            gru_6_32_64(decoder_v_now + row * 192, decoder_h + row * 64, decoder_weight_hh_l0_panels,
                        net->parameters + decoder_bias_hh_l0, t_2, rows, batch);
            /* (18) (19) (20) (21) */
            gru_64(decoder_h + row * 64, decoder_u_table, net->in_shifted + row * 8, decoder_v_now + row * 192,
                   decoder_u + row * 192, t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (23) */
    attention_8_64_64(attention_q, decoder_h, net->parameters + attention_in_proj_weight,
                      net->parameters + attention_in_proj_bias, batch);
    /* (24) */
    attention_8_64_64_v2(attention_k, encoder, net->parameters + attention_in_proj_weight,
                         net->parameters + attention_in_proj_bias, batch);
#pragma omp barrier
    /* (26) */
    attention_1_8_8_64(attention_s, attention_q, attention_k, batch);
    /* (27) (28) (29) (30) */
    attention_1_8_8(attention_s, batch);
#pragma omp barrier
    /* (25) */
    attention_8_64_64_v3(attention_u, encoder, net->parameters + attention_in_proj_weight,
                         net->parameters + attention_in_proj_bias, batch);
#pragma omp barrier
    /* (31) */
    attention_8_64_8(attention_v, attention_s, attention_u, batch);
#pragma omp barrier
    /* (32) */
    attention_8_64_64_v4(attention, attention_v, net->parameters + attention_out_proj_weight,
                         net->parameters + attention_out_proj_bias, batch);
#pragma omp barrier
    /* (33) */
    concat_8_64(both, decoder_h, attention, batch);
#pragma omp barrier
    /* (34) (35) */
    linear_tanh_8_64_128(mixed, both, net->parameters + mixed_weight, net->parameters + mixed_bias, batch);
#pragma omp barrier
    /* (36) */
    linear_8_10_64(head, mixed, net->parameters + head_weight, net->parameters + head_bias, batch);
}

double reverse_forward(const reverse_network *net)
{
    if (net->threads > 1 && net->batch >= 32) {
#pragma omp parallel num_threads(net->threads)
        share_of_forward(net, net->threads);
    } else
        share_of_forward(net, 1);
    return 0;
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_loss(const reverse_network *net, int threads)
{
    const int batch = net->batch;
    const int shares = batch < 4 * threads ? (batch + 3) / 4 : threads; /* of the rows, of four at least */
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 14416;
    real *const encoder_u0_table = fixed;
    real *const encoder_u0 = linear_part;
    real *const encoder_v0_now = linear_part + 1024 * capacity;
    real *const encoder_h0 = linear_part + 768 * capacity;
    real *const encoder_u0b_table = fixed;
    real *const encoder_u0b = linear_part;
    real *const encoder_v0b_now = linear_part + 1280 * capacity;
    real *const encoder_h0b = linear_part + 1024 * capacity;
    real *const encoder = linear_part + 1536 * capacity;
    real *const decoder_u_table = fixed + 12288;
    real *const decoder_u = linear_part;
    real *const decoder_weight_hh_l0_panels = fixed;
    real *const decoder_v_now = linear_part + 2560 * capacity;
    real *const decoder_h = linear_part + 2048 * capacity;
    real *const attention_q = linear_part;
    real *const attention_k = linear_part + 512 * capacity;
    real *const attention_s = linear_part + 1024 * capacity;
    real *const attention_u = linear_part;
    real *const attention_v = linear_part + 512 * capacity;
    real *const attention = linear_part + 1024 * capacity;
    real *const both = linear_part;
    real *const mixed = linear_part + 1024 * capacity;
    real *const head = linear_part;
    real *const loss_m = linear_part + 168 * capacity;
    real *const loss_e = linear_part + 80 * capacity;
    real *const loss_S = linear_part + 160 * capacity;
    real *const loss = fixed;

    /* (1) (2) */
    embedding_gru_10_96_64(encoder_u0_table, net->parameters + read_weight, net->parameters + encoder_weight_ih_l0,
                           net->parameters + encoder_bias_ih_l0);
#pragma omp barrier
    /* (1) (2) */
    embedding_gru_8_96(encoder_u0, encoder_u0_table, net->in_source, batch);
#pragma omp barrier
    /* (3) (4) (5) (6) (7) */
    gru_96(encoder_v0_now, encoder_h0, net->parameters + encoder_bias_hh_l0, encoder_u0_table, net->in_source,
           encoder_u0, 0, batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 1; t_2 < 8; t_2++) {
            /* (3) */
            gru_96_32(encoder_v0_now + row * 96, encoder_h0 + row * 32, net->parameters + encoder_weight_hh_l0,
                      net->parameters + encoder_bias_hh_l0, t_2, rows, batch);
            /* (4) (5) (6) (7) */
            gru_32(encoder_h0 + row * 32, encoder_u0_table, net->in_source + row * 8, encoder_v0_now + row * 96,
                   encoder_u0 + row * 96, t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (1) (8) */
    embedding_gru_10_96_64(encoder_u0b_table, net->parameters + read_weight,
                           net->parameters + encoder_weight_ih_l0_reverse,
                           net->parameters + encoder_bias_ih_l0_reverse);
#pragma omp barrier
    /* (1) (8) */
    embedding_gru_8_96(encoder_u0b, encoder_u0b_table, net->in_source, batch);
#pragma omp barrier
    /* (9) (10) (11) (12) (13) */
    gru_96_v2(encoder_v0b_now, encoder_h0b, net->parameters + encoder_bias_hh_l0_reverse, encoder_u0b_table,
              net->in_source, encoder_u0b, 7, batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 6; t_2 >= 0; t_2--) {
            /* (9) */
            gru_96_32_v2(encoder_v0b_now + row * 96, encoder_h0b + row * 32,
                         net->parameters + encoder_weight_hh_l0_reverse,
                         net->parameters + encoder_bias_hh_l0_reverse, t_2, rows, batch);
            /* (10) (11) (12) (13) */
            gru_32_v2(encoder_h0b + row * 32, encoder_u0b_table, net->in_source + row * 8,
                      encoder_v0b_now + row * 96, encoder_u0b + row * 96, t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (14) */
    gru_8_32(encoder, encoder_h0, encoder_h0b, batch);
    /* (15) (16) */
    embedding_gru_11_192_64(decoder_u_table, net->parameters + written_weight,
                            net->parameters + decoder_weight_ih_l0, net->parameters + decoder_bias_ih_l0);
#pragma omp barrier
    /* (15) (16) */
    embedding_gru_8_192(decoder_u, decoder_u_table, net->in_shifted, batch);
    /* (17) */
    gru_6_64_32(decoder_weight_hh_l0_panels, net->parameters + decoder_weight_hh_l0);
#pragma omp barrier
    /* (17) (18) (19) (20) (21) */
    gru_192(decoder_v_now, decoder_h, net->parameters + decoder_bias_hh_l0, decoder_u_table, net->in_shifted,
            decoder_u, 0, batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 1; t_2 < 8; t_2++) {
            /* (17) */
            gru_6_32_64(decoder_v_now + row * 192, decoder_h + row * 64, decoder_weight_hh_l0_panels,
                        net->parameters + decoder_bias_hh_l0, t_2, rows, batch);
            /* (18) (19) (20) (21) */
            gru_64(decoder_h + row * 64, decoder_u_table, net->in_shifted + row * 8, decoder_v_now + row * 192,
                   decoder_u + row * 192, t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (23) */
    attention_8_64_64(attention_q, decoder_h, net->parameters + attention_in_proj_weight,
                      net->parameters + attention_in_proj_bias, batch);
    /* (24) */
    attention_8_64_64_v2(attention_k, encoder, net->parameters + attention_in_proj_weight,
                         net->parameters + attention_in_proj_bias, batch);
#pragma omp barrier
    /* (26) */
    attention_1_8_8_64(attention_s, attention_q, attention_k, batch);
    /* (27) (28) (29) (30) */
    attention_1_8_8(attention_s, batch);
#pragma omp barrier
    /* (25) */
    attention_8_64_64_v3(attention_u, encoder, net->parameters + attention_in_proj_weight,
                         net->parameters + attention_in_proj_bias, batch);
#pragma omp barrier
    /* (31) */
    attention_8_64_8(attention_v, attention_s, attention_u, batch);
#pragma omp barrier
    /* (32) */
    attention_8_64_64_v4(attention, attention_v, net->parameters + attention_out_proj_weight,
                         net->parameters + attention_out_proj_bias, batch);
#pragma omp barrier
    /* (33) */
    concat_8_64(both, decoder_h, attention, batch);
#pragma omp barrier
    /* (34) (35) */
    linear_tanh_8_64_128(mixed, both, net->parameters + mixed_weight, net->parameters + mixed_bias, batch);
#pragma omp barrier
    /* (36) */
    linear_8_10_64(head, mixed, net->parameters + head_weight, net->parameters + head_bias, batch);
#pragma omp barrier
    /* (37) (38) (39) */
    cross_entropy_8_10(loss_m, loss_e, loss_S, head, batch);
#pragma omp barrier
    /* (41) */
#pragma omp master
    cross_entropy_8(loss, loss_m, head, net->in_target, loss_S, batch);
}

double reverse_loss(const reverse_network *net)
{
    if (net->threads > 1 && net->batch >= 32) {
#pragma omp parallel num_threads(net->threads)
        share_of_loss(net, net->threads);
    } else
        share_of_loss(net, 1);
    return (double)net->workspace[0];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_gradients(const reverse_network *net, int threads)
{
    const int batch = net->batch;
    const int shares = batch < 4 * threads ? (batch + 3) / 4 : threads; /* of the rows, of four at least */
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 14416;
    real *const encoder_u0_table = fixed;
    real *const encoder_u0 = linear_part;
    real *const encoder_v0 = linear_part + 3840 * capacity;
    real *const encoder_r0 = linear_part + 11264 * capacity;
    real *const encoder_z0 = linear_part + 11520 * capacity;
    real *const encoder_n0 = linear_part + 11008 * capacity;
    real *const encoder_h0 = linear_part + 10752 * capacity;
    real *const encoder_u0b_table = fixed;
    real *const encoder_u0b = linear_part;
    real *const encoder_v0b = linear_part + 3072 * capacity;
    real *const encoder_r0b = linear_part + 10240 * capacity;
    real *const encoder_z0b = linear_part + 10496 * capacity;
    real *const encoder_n0b = linear_part + 9984 * capacity;
    real *const encoder_h0b = linear_part + 9728 * capacity;
    real *const encoder = linear_part + 6656 * capacity;
    real *const decoder_u_table = fixed + 12288;
    real *const decoder_u = linear_part + 1536 * capacity;
    real *const decoder_weight_hh_l0_panels = fixed;
    real *const decoder_v = linear_part;
    real *const decoder_r = linear_part + 5632 * capacity;
    real *const decoder_z = linear_part + 6144 * capacity;
    real *const decoder_n = linear_part + 5120 * capacity;
    real *const decoder_h = linear_part + 4608 * capacity;
    real *const attention_q = linear_part + 2560 * capacity;
    real *const attention_k = linear_part + 7168 * capacity;
    real *const attention_u = linear_part + 7680 * capacity;
    real *const attention_s = linear_part + 9456 * capacity;
    real *const attention_v = linear_part + 8192 * capacity;
    real *const attention = linear_part + 8704 * capacity;
    real *const both = linear_part + 1536 * capacity;
    real *const mixed = linear_part + 8704 * capacity;
    real *const head = linear_part + 9296 * capacity;
    real *const loss_m = linear_part + 9528 * capacity;
    real *const loss_e = linear_part + 9376 * capacity;
    real *const loss_S = linear_part + 9520 * capacity;
    real *const d_head = linear_part + 9216 * capacity;
    real *const loss = fixed + 12288;
    real *const d_both = linear_part + 1536 * capacity;
    real *const d_attention_v = linear_part + 8192 * capacity;
    real *const attention_r = linear_part + 9584 * capacity;
    real *const d_attention_s = linear_part + 9520 * capacity;
    real *const d_attention_u = linear_part + 7680 * capacity;
    real *const d_attention_q = linear_part + 8192 * capacity;
    real *const d_decoder = linear_part + 7168 * capacity;
    real *const d_attention_k = linear_part + 1536 * capacity;
    real *const attention_r5 = fixed;
    real *const encoder_r = linear_part + 6656 * capacity;
    real *const attention_r6 = fixed + 192;
    real *const decoder_weight_hh_l0_panels2 = fixed;
    real *const d_decoder_h = linear_part + 9216 * capacity;
    real *const d_decoder_n = linear_part + 7680 * capacity;
    real *const d_decoder_z = linear_part + 8704 * capacity;
    real *const d_decoder_r = linear_part + 8192 * capacity;
    real *const d_decoder_v = linear_part + 1536 * capacity;
    real *const d_decoder_u = linear_part;
    real *const d_decoder_u_shifted = fixed;
    real *const d_encoder_h0 = linear_part;
    real *const d_encoder_n0 = linear_part + 1536 * capacity;
    real *const d_encoder_z0 = linear_part + 2048 * capacity;
    real *const d_encoder_r0 = linear_part + 1792 * capacity;
    real *const d_encoder_v0 = linear_part + 768 * capacity;
    real *const d_encoder_u0 = linear_part;
    real *const d_encoder_h0b = linear_part + 1536 * capacity;
    real *const d_encoder_n0b = linear_part + 2304 * capacity;
    real *const d_encoder_z0b = linear_part + 2816 * capacity;
    real *const d_encoder_r0b = linear_part + 2560 * capacity;
    real *const d_encoder_v0b = linear_part + 768 * capacity;
    real *const d_encoder_u0b = linear_part + 1536 * capacity;
    real *const d_encoder_u0b_source = fixed;
    real *const read_r = linear_part + 768 * capacity;
    real *const d_encoder_u0_source = fixed;

    /* (102) */
#pragma omp master
    d_weight_10_64(net->gradients + d_read_weight);
    /* (1) (2) */
    embedding_gru_10_96_64(encoder_u0_table, net->parameters + read_weight, net->parameters + encoder_weight_ih_l0,
                           net->parameters + encoder_bias_ih_l0);
#pragma omp barrier
    /* (1) (2) */
    embedding_gru_8_96(encoder_u0, encoder_u0_table, net->in_source, batch);
#pragma omp barrier
    /* (3) (4) (5) (6) (7) */
    gru_96_v3(encoder_v0, encoder_r0, encoder_z0, encoder_n0, encoder_h0, net->parameters + encoder_bias_hh_l0,
              encoder_u0_table, net->in_source, encoder_u0, 0, batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 1; t_2 < 8; t_2++) {
            /* (3) */
            gru_96_32_v3(encoder_v0 + row * 96, encoder_h0 + row * 32, net->parameters + encoder_weight_hh_l0,
                         net->parameters + encoder_bias_hh_l0, t_2, rows, batch);
            /* (4) (5) (6) (7) */
            gru_32_v3(encoder_r0 + row * 32, encoder_z0 + row * 32, encoder_n0 + row * 32, encoder_h0 + row * 32,
                      encoder_u0_table, net->in_source + row * 8, encoder_v0 + row * 96, encoder_u0 + row * 96,
                      t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (1) (8) */
    embedding_gru_10_96_64(encoder_u0b_table, net->parameters + read_weight,
                           net->parameters + encoder_weight_ih_l0_reverse,
                           net->parameters + encoder_bias_ih_l0_reverse);
#pragma omp barrier
    /* (1) (8) */
    embedding_gru_8_96(encoder_u0b, encoder_u0b_table, net->in_source, batch);
#pragma omp barrier
    /* (9) (10) (11) (12) (13) */
    gru_96_v4(encoder_v0b, encoder_r0b, encoder_z0b, encoder_n0b, encoder_h0b,
              net->parameters + encoder_bias_hh_l0_reverse, encoder_u0b_table, net->in_source, encoder_u0b, 7,
              batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 6; t_2 >= 0; t_2--) {
            /* (9) */
            gru_96_32_v4(encoder_v0b + row * 96, encoder_h0b + row * 32,
                         net->parameters + encoder_weight_hh_l0_reverse,
                         net->parameters + encoder_bias_hh_l0_reverse, t_2, rows, batch);
            /* (10) (11) (12) (13) */
            gru_32_v4(encoder_r0b + row * 32, encoder_z0b + row * 32, encoder_n0b + row * 32,
                      encoder_h0b + row * 32, encoder_u0b_table, net->in_source + row * 8, encoder_v0b + row * 96,
                      encoder_u0b + row * 96, t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (14) */
    gru_8_32(encoder, encoder_h0, encoder_h0b, batch);
    /* (15) (16) */
    embedding_gru_11_192_64(decoder_u_table, net->parameters + written_weight,
                            net->parameters + decoder_weight_ih_l0, net->parameters + decoder_bias_ih_l0);
#pragma omp barrier
    /* (15) (16) */
    embedding_gru_8_192(decoder_u, decoder_u_table, net->in_shifted, batch);
    /* (17) */
    gru_6_64_32(decoder_weight_hh_l0_panels, net->parameters + decoder_weight_hh_l0);
#pragma omp barrier
    /* (17) (18) (19) (20) (21) */
    gru_192_v2(decoder_v, decoder_r, decoder_z, decoder_n, decoder_h, net->parameters + decoder_bias_hh_l0,
               decoder_u_table, net->in_shifted, decoder_u, 0, batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 1; t_2 < 8; t_2++) {
            /* (17) */
            gru_6_32_64_v2(decoder_v + row * 192, decoder_h + row * 64, decoder_weight_hh_l0_panels,
                           net->parameters + decoder_bias_hh_l0, t_2, rows, batch);
            /* (18) (19) (20) (21) */
            gru_64_v2(decoder_r + row * 64, decoder_z + row * 64, decoder_n + row * 64, decoder_h + row * 64,
                      decoder_u_table, net->in_shifted + row * 8, decoder_v + row * 192, decoder_u + row * 192,
                      t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (23) */
    attention_8_64_64(attention_q, decoder_h, net->parameters + attention_in_proj_weight,
                      net->parameters + attention_in_proj_bias, batch);
    /* (24) */
    attention_8_64_64_v2(attention_k, encoder, net->parameters + attention_in_proj_weight,
                         net->parameters + attention_in_proj_bias, batch);
    /* (25) */
    attention_8_64_64_v3(attention_u, encoder, net->parameters + attention_in_proj_weight,
                         net->parameters + attention_in_proj_bias, batch);
#pragma omp barrier
    /* (26) */
    attention_1_8_8_64(attention_s, attention_q, attention_k, batch);
    /* (27) (28) (29) (30) */
    attention_1_8_8(attention_s, batch);
    /* (31) */
    attention_8_64_8(attention_v, attention_s, attention_u, batch);
#pragma omp barrier
    /* (32) */
    attention_8_64_64_v4(attention, attention_v, net->parameters + attention_out_proj_weight,
                         net->parameters + attention_out_proj_bias, batch);
    /* (33) */
    concat_8_64(both, decoder_h, attention, batch);
#pragma omp barrier
    /* (34) (35) */
    linear_tanh_8_64_128(mixed, both, net->parameters + mixed_weight, net->parameters + mixed_bias, batch);
#pragma omp barrier
    /* (36) */
    linear_8_10_64(head, mixed, net->parameters + head_weight, net->parameters + head_bias, batch);
#pragma omp barrier
    /* (37) (38) (39) (40) (42) */
    cross_entropy_d_head_8_10(loss_m, loss_e, loss_S, d_head, head, net->in_target, batch);
#pragma omp barrier
    /* (41) */
#pragma omp master
    cross_entropy_8(loss, loss_m, head, net->in_target, loss_S, batch);
    /* (43) */
    d_weight_10_64_8(net->gradients + d_head_weight, d_head, mixed, batch);
    /* (44) */
#pragma omp master
    d_bias_10_8(net->gradients + d_head_bias, d_head, batch);
#pragma omp barrier
    /* (45) */
    d_z_8_64_10(mixed, d_head, net->parameters + head_weight, batch);
#pragma omp barrier
    /* (46) */
    d_weight_64_128_8(net->gradients + d_mixed_weight, mixed, both, batch);
    /* (47) */
#pragma omp master
    d_bias_64_8(net->gradients + d_mixed_bias, mixed, batch);
#pragma omp barrier
    /* (48) */
    d_both_8_128_64(d_both, mixed, net->parameters + mixed_weight, batch);
#pragma omp barrier
    /* (49) */
    d_weight_64_64_8(net->gradients + d_attention_out_proj_weight, d_both, attention_v, batch);
    /* (50) */
#pragma omp master
    d_bias_64_8_v2(net->gradients + d_attention_out_proj_bias, d_both, batch);
#pragma omp barrier
    /* (51) */
    d_v_8_64_64(d_attention_v, d_both, net->parameters + attention_out_proj_weight, batch);
#pragma omp barrier
    /* (53) */
    r_8_8_64(attention_r, d_attention_v, attention_u, batch);
    /* (55) (56) */
    r2_d_s_1_8_8(d_attention_s, attention_r, attention_s, batch);
#pragma omp barrier
    /* (52) */
    d_u_8_64_8(d_attention_u, attention_s, d_attention_v, batch);
#pragma omp barrier
    /* (57) */
    d_q_8_64_8(d_attention_q, d_attention_s, attention_k, batch);
#pragma omp barrier
    /* (67) */
    d_decoder_8_64_64(d_decoder, d_attention_q, net->parameters + attention_in_proj_weight, d_both, batch);
#pragma omp barrier
    /* (58) */
    d_k_8_64_8(d_attention_k, d_attention_s, attention_q, batch);
    /* (61) (62) (63) */
    r3_r4_d_in_proj_weight_64_64_8(net->gradients + d_attention_in_proj_weight, d_attention_q, decoder_h, batch);
    /* (64) */
#pragma omp master
    r5_64_8(attention_r5, d_attention_q, batch);
#pragma omp barrier
    /* (61) (62) (63) */
    r3_r4_d_in_proj_weight_64_64_8_v2(net->gradients + d_attention_in_proj_weight, d_attention_k, encoder, batch);
#pragma omp barrier
    /* (61) (62) (63) */
    r3_r4_d_in_proj_weight_64_64_8_v3(net->gradients + d_attention_in_proj_weight, d_attention_u, encoder, batch);
    /* (64) */
#pragma omp master
    r5_128(attention_r5);
#pragma omp barrier
    /* (59) */
    r_8_64_64(encoder_r, d_attention_u, net->parameters + attention_in_proj_weight, batch);
    /* (60) */
    d_encoder_8_64_64(encoder_r, d_attention_k, net->parameters + attention_in_proj_weight, batch);
    /* (65) */
#pragma omp master
    r6_128(attention_r6);
    /* (65) */
#pragma omp master
    r6_64_8(attention_r6, d_attention_u, batch);
    /* (66) */
#pragma omp master
    d_in_proj_bias_64(net->gradients + d_attention_in_proj_bias, attention_r5, attention_r6);
    /* (66) */
#pragma omp master
    d_in_proj_bias_64_v2(net->gradients + d_attention_in_proj_bias);
    /* (66) */
#pragma omp master
    d_in_proj_bias_64_v3(net->gradients + d_attention_in_proj_bias, attention_r5, attention_r6);
#pragma omp barrier
    /* (68) */
    d_h_2_192_32(decoder_weight_hh_l0_panels2, net->parameters + decoder_weight_hh_l0);
    /* (68) (69) (70) (71) (72) */
    d_h_d_n_d_z_d_r_64(d_decoder_h, d_decoder_n, d_decoder_z, d_decoder_r, d_decoder_v, d_decoder, decoder_z,
                       decoder_h, decoder_n, decoder_v, decoder_r, 7, batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 6; t_2 >= 1; t_2--) {
            /* (68) (69) (70) (71) */
            d_h_d_n_d_z_d_r_2_32_192(d_decoder_h + row * 64, d_decoder_n + row * 64, d_decoder_z + row * 64,
                                     d_decoder_r + row * 64, d_decoder_v + row * 192, decoder_weight_hh_l0_panels2,
                                     decoder_z + row * 64, d_decoder + row * 64, decoder_h + row * 64,
                                     decoder_n + row * 64, decoder_v + row * 192, t_2, rows, batch);
            /* (72) */
            d_v_64(d_decoder_v + row * 192, decoder_r + row * 64, d_decoder_r + row * 64, decoder_z + row * 64,
                   d_decoder_z + row * 64, decoder_n + row * 64, d_decoder_n + row * 64, t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (68) (69) (70) (71) */
    d_h_d_n_d_z_d_r_2_32_192_v2(d_decoder_h, d_decoder_n, d_decoder_z, d_decoder_r, d_decoder_v,
                                decoder_weight_hh_l0_panels2, decoder_z, d_decoder, decoder_n, decoder_v, 0, batch);
#pragma omp barrier
    /* (72) */
    d_v_64_v2(d_decoder_v, decoder_r, d_decoder_r, decoder_z, d_decoder_z, decoder_n, d_decoder_n, 0, batch);
    /* (75) */
    d_u_8_64(d_decoder_u, decoder_r, d_decoder_r, decoder_z, d_decoder_z, decoder_n, d_decoder_n, batch);
#pragma omp barrier
    /* (73) */
    d_weight_hh_l0_192_64_7(net->gradients + d_decoder_weight_hh_l0, d_decoder_v, decoder_h, batch);
    /* (74) */
    d_bias_hh_l0_192_8(net->gradients + d_decoder_bias_hh_l0, d_decoder_v, batch);
    /* (76) */
#pragma omp master
    d_weight_ih_l0_11_192(d_decoder_u_shifted);
#pragma omp barrier
    /* (15) (76) */
    embedding_d_weight_ih_l0_192_8(d_decoder_u_shifted, d_decoder_u, net->in_shifted, batch);
#pragma omp barrier
    /* (15) (76) */
    embedding_d_weight_ih_l0_192_64_11(net->gradients + d_decoder_weight_ih_l0, d_decoder_u_shifted,
                                       net->parameters + written_weight);
    /* (77) */
#pragma omp master
    d_bias_ih_l0_192_11(net->gradients + d_decoder_bias_ih_l0, d_decoder_u_shifted);
    /* (78) (79) */
    d_written_d_weight_11_64_192(net->gradients + d_written_weight, d_decoder_u_shifted,
                                 net->parameters + decoder_weight_ih_l0);
    /* (80) (81) (82) (83) (84) */
    d_h0_d_n0_d_z0_d_r0_32(d_encoder_h0, d_encoder_n0, d_encoder_z0, d_encoder_r0, d_encoder_v0, encoder_r,
                           encoder_z0, encoder_h0, encoder_n0, encoder_v0, encoder_r0, 7, batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 6; t_2 >= 1; t_2--) {
            /* (80) (81) (82) (83) */
            d_h0_d_n0_d_z0_d_r0_32_96(d_encoder_h0 + row * 32, d_encoder_n0 + row * 32, d_encoder_z0 + row * 32,
                                      d_encoder_r0 + row * 32, d_encoder_v0 + row * 96,
                                      net->parameters + encoder_weight_hh_l0, encoder_z0 + row * 32,
                                      encoder_r + row * 64, encoder_h0 + row * 32, encoder_n0 + row * 32,
                                      encoder_v0 + row * 96, t_2, rows, batch);
            /* (84) */
            d_v0_32(d_encoder_v0 + row * 96, encoder_r0 + row * 32, d_encoder_r0 + row * 32, encoder_z0 + row * 32,
                    d_encoder_z0 + row * 32, encoder_n0 + row * 32, d_encoder_n0 + row * 32, t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (80) (81) (82) (83) */
    d_h0_d_n0_d_z0_d_r0_32_96_v2(d_encoder_h0, d_encoder_n0, d_encoder_z0, d_encoder_r0, d_encoder_v0,
                                 net->parameters + encoder_weight_hh_l0, encoder_z0, encoder_r, encoder_n0,
                                 encoder_v0, 0, batch);
#pragma omp barrier
    /* (84) */
    d_v0_32_v2(d_encoder_v0, encoder_r0, d_encoder_r0, encoder_z0, d_encoder_z0, encoder_n0, d_encoder_n0, 0,
               batch);
    /* (97) */
    d_u0_8_32(d_encoder_u0, encoder_r0, d_encoder_r0, encoder_z0, d_encoder_z0, encoder_n0, d_encoder_n0, batch);
#pragma omp barrier
    /* (95) */
    d_weight_hh_l0_96_32_7(net->gradients + d_encoder_weight_hh_l0, d_encoder_v0, encoder_h0, batch);
    /* (96) */
    d_bias_hh_l0_96_8(net->gradients + d_encoder_bias_hh_l0, d_encoder_v0, batch);
#pragma omp barrier
    /* (85) (86) (87) (88) (89) */
    d_h0b_d_n0b_d_z0b_d_r0b_32(d_encoder_h0b, d_encoder_n0b, d_encoder_z0b, d_encoder_r0b, d_encoder_v0b,
                               encoder_r, encoder_z0b, encoder_h0b, encoder_n0b, encoder_v0b, encoder_r0b, 0,
                               batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 1; t_2 < 7; t_2++) {
            /* (85) (86) (87) (88) */
            d_h0b_d_n0b_d_z0b_d_r0b_32_96(d_encoder_h0b + row * 32, d_encoder_n0b + row * 32,
                                          d_encoder_z0b + row * 32, d_encoder_r0b + row * 32,
                                          d_encoder_v0b + row * 96, net->parameters + encoder_weight_hh_l0_reverse,
                                          encoder_z0b + row * 32, encoder_r + row * 64, encoder_h0b + row * 32,
                                          encoder_n0b + row * 32, encoder_v0b + row * 96, t_2, rows, batch);
            /* (89) */
            d_v0_32(d_encoder_v0b + row * 96, encoder_r0b + row * 32, d_encoder_r0b + row * 32,
                    encoder_z0b + row * 32, d_encoder_z0b + row * 32, encoder_n0b + row * 32,
                    d_encoder_n0b + row * 32, t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (85) (86) (87) (88) */
    d_h0b_d_n0b_d_z0b_d_r0b_32_96_v2(d_encoder_h0b, d_encoder_n0b, d_encoder_z0b, d_encoder_r0b, d_encoder_v0b,
                                     net->parameters + encoder_weight_hh_l0_reverse, encoder_z0b, encoder_r,
                                     encoder_n0b, encoder_v0b, 7, batch);
#pragma omp barrier
    /* (89) */
    d_v0b_32(d_encoder_v0b, encoder_r0b, d_encoder_r0b, encoder_z0b, d_encoder_z0b, encoder_n0b, d_encoder_n0b, 7,
             batch);
    /* (92) */
    d_u0_8_32(d_encoder_u0b, encoder_r0b, d_encoder_r0b, encoder_z0b, d_encoder_z0b, encoder_n0b, d_encoder_n0b,
              batch);
#pragma omp barrier
    /* (90) */
    d_weight_hh_l0_reverse_96_32_7(net->gradients + d_encoder_weight_hh_l0_reverse, d_encoder_v0b, encoder_h0b,
                                   batch);
    /* (91) */
    d_bias_hh_l0_96_8(net->gradients + d_encoder_bias_hh_l0_reverse, d_encoder_v0b, batch);
    /* (93) */
#pragma omp master
    d_weight_ih_l0_reverse_10_96(d_encoder_u0b_source);
#pragma omp barrier
    /* (1) (93) */
    embedding_d_weight_ih_l0_reverse_96_8(d_encoder_u0b_source, d_encoder_u0b, net->in_source, batch);
    /* (100) */
    r_8_64_96(read_r, d_encoder_u0b, net->parameters + encoder_weight_ih_l0_reverse, batch);
#pragma omp barrier
    /* (1) (93) */
    embedding_d_weight_ih_l0_reverse_96_64_10(net->gradients + d_encoder_weight_ih_l0_reverse,
                                              d_encoder_u0b_source, net->parameters + read_weight);
    /* (94) */
#pragma omp master
    d_bias_ih_l0_reverse_96_10(net->gradients + d_encoder_bias_ih_l0_reverse, d_encoder_u0b_source);
    /* (101) */
    d_read_8_64_96(read_r, d_encoder_u0, net->parameters + encoder_weight_ih_l0, batch);
#pragma omp barrier
    /* (102) */
    d_weight_64_8(net->gradients + d_read_weight, read_r, net->in_source, batch);
    /* (98) */
#pragma omp master
    d_weight_ih_l0_reverse_10_96(d_encoder_u0_source);
#pragma omp barrier
    /* (1) (98) */
    embedding_d_weight_ih_l0_reverse_96_8(d_encoder_u0_source, d_encoder_u0, net->in_source, batch);
#pragma omp barrier
    /* (1) (98) */
    embedding_d_weight_ih_l0_reverse_96_64_10(net->gradients + d_encoder_weight_ih_l0, d_encoder_u0_source,
                                              net->parameters + read_weight);
    /* (99) */
#pragma omp master
    d_bias_ih_l0_reverse_96_10(net->gradients + d_encoder_bias_ih_l0, d_encoder_u0_source);
}

double reverse_gradients(const reverse_network *net)
{
    if (net->threads > 1 && net->batch >= 64) {
#pragma omp parallel num_threads(net->threads)
        share_of_gradients(net, net->threads);
    } else
        share_of_gradients(net, 1);
    return (double)net->workspace[12288];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_step(const reverse_network *net, int threads)
{
    const int batch = net->batch;
    const int shares = batch < 4 * threads ? (batch + 3) / 4 : threads; /* of the rows, of four at least */
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 14416;
    double *const optimizer_rate = (double *)(fixed + 14400);
    double *const optimizer_scale = (double *)(fixed + 14402);
    real *const encoder_u0_table = fixed;
    real *const encoder_u0 = linear_part;
    real *const encoder_v0 = linear_part + 3840 * capacity;
    real *const encoder_r0 = linear_part + 11264 * capacity;
    real *const encoder_z0 = linear_part + 11520 * capacity;
    real *const encoder_n0 = linear_part + 11008 * capacity;
    real *const encoder_h0 = linear_part + 10752 * capacity;
    real *const encoder_u0b_table = fixed;
    real *const encoder_u0b = linear_part;
    real *const encoder_v0b = linear_part + 3072 * capacity;
    real *const encoder_r0b = linear_part + 10240 * capacity;
    real *const encoder_z0b = linear_part + 10496 * capacity;
    real *const encoder_n0b = linear_part + 9984 * capacity;
    real *const encoder_h0b = linear_part + 9728 * capacity;
    real *const encoder = linear_part + 6656 * capacity;
    real *const decoder_u_table = fixed + 12288;
    real *const decoder_u = linear_part + 1536 * capacity;
    real *const decoder_weight_hh_l0_panels = fixed;
    real *const decoder_v = linear_part;
    real *const decoder_r = linear_part + 5632 * capacity;
    real *const decoder_z = linear_part + 6144 * capacity;
    real *const decoder_n = linear_part + 5120 * capacity;
    real *const decoder_h = linear_part + 4608 * capacity;
    real *const attention_q = linear_part + 2560 * capacity;
    real *const attention_k = linear_part + 7168 * capacity;
    real *const attention_u = linear_part + 7680 * capacity;
    real *const attention_s = linear_part + 9456 * capacity;
    real *const attention_v = linear_part + 8192 * capacity;
    real *const attention = linear_part + 8704 * capacity;
    real *const both = linear_part + 1536 * capacity;
    real *const mixed = linear_part + 8704 * capacity;
    real *const head = linear_part + 9296 * capacity;
    real *const loss_m = linear_part + 9528 * capacity;
    real *const loss_e = linear_part + 9376 * capacity;
    real *const loss_S = linear_part + 9520 * capacity;
    real *const d_head = linear_part + 9216 * capacity;
    real *const loss = fixed + 12288;
    real *const d_both = linear_part + 1536 * capacity;
    real *const d_attention_v = linear_part + 8192 * capacity;
    real *const attention_r = linear_part + 9584 * capacity;
    real *const d_attention_s = linear_part + 9520 * capacity;
    real *const d_attention_u = linear_part + 7680 * capacity;
    real *const d_attention_q = linear_part + 8192 * capacity;
    real *const d_decoder = linear_part + 7168 * capacity;
    real *const d_attention_k = linear_part + 1536 * capacity;
    real *const attention_r5 = fixed;
    real *const encoder_r = linear_part + 6656 * capacity;
    real *const attention_r6 = fixed + 192;
    real *const decoder_weight_hh_l0_panels2 = fixed;
    real *const d_decoder_h = linear_part + 9216 * capacity;
    real *const d_decoder_n = linear_part + 7680 * capacity;
    real *const d_decoder_z = linear_part + 8704 * capacity;
    real *const d_decoder_r = linear_part + 8192 * capacity;
    real *const d_decoder_v = linear_part + 1536 * capacity;
    real *const d_decoder_u = linear_part;
    real *const d_decoder_u_shifted = fixed;
    real *const d_encoder_h0 = linear_part;
    real *const d_encoder_n0 = linear_part + 1536 * capacity;
    real *const d_encoder_z0 = linear_part + 2048 * capacity;
    real *const d_encoder_r0 = linear_part + 1792 * capacity;
    real *const d_encoder_v0 = linear_part + 768 * capacity;
    real *const d_encoder_u0 = linear_part;
    real *const d_encoder_h0b = linear_part + 1536 * capacity;
    real *const d_encoder_n0b = linear_part + 2304 * capacity;
    real *const d_encoder_z0b = linear_part + 2816 * capacity;
    real *const d_encoder_r0b = linear_part + 2560 * capacity;
    real *const d_encoder_v0b = linear_part + 768 * capacity;
    real *const d_encoder_u0b = linear_part + 1536 * capacity;
    real *const d_encoder_u0b_source = fixed;
    real *const read_r = linear_part + 768 * capacity;
    real *const d_encoder_u0_source = fixed;
    real *const read_weight_g_square = fixed + 12289;
    real *const encoder_weight_ih_l0_g_square = fixed + 12290;
    real *const encoder_weight_hh_l0_g_square = fixed + 12291;
    real *const encoder_bias_ih_l0_g_square = fixed + 12292;
    real *const encoder_bias_hh_l0_g_square = fixed + 12293;
    real *const encoder_weight_ih_l0_reverse_g_square = fixed + 12294;
    real *const encoder_weight_hh_l0_reverse_g_square = fixed + 12295;
    real *const encoder_bias_ih_l0_reverse_g_square = fixed + 12296;
    real *const encoder_bias_hh_l0_reverse_g_square = fixed + 12297;
    real *const written_weight_g_square = fixed + 12298;
    real *const decoder_weight_ih_l0_g_square = fixed + 12299;
    real *const decoder_weight_hh_l0_g_square = fixed + 12300;
    real *const decoder_bias_ih_l0_g_square = fixed + 12301;
    real *const decoder_bias_hh_l0_g_square = fixed + 12302;
    real *const attention_in_proj_weight_g_square = fixed + 12303;
    real *const attention_in_proj_bias_g_square = fixed + 12304;
    real *const attention_out_proj_weight_g_square = fixed + 12305;
    real *const attention_out_proj_bias_g_square = fixed + 12306;
    real *const mixed_weight_g_square = fixed + 12307;
    real *const mixed_bias_g_square = fixed + 12308;
    real *const head_weight_g_square = fixed + 12309;
    double *const optimizer_shrink = (double *)(fixed);

    /* (102) */
#pragma omp master
    d_weight_10_64(net->gradients + d_read_weight);
    /* (103) (104) (105) (106) */
#pragma omp master
    cosine_schedule_adam_rate_next_step(optimizer_rate, optimizer_scale, net->counters + t, net->settings + steps,
                                        net->settings + lr, net->settings + min_lr, net->settings + beta1,
                                        net->settings + beta2);
    /* (1) (2) */
    embedding_gru_10_96_64(encoder_u0_table, net->parameters + read_weight, net->parameters + encoder_weight_ih_l0,
                           net->parameters + encoder_bias_ih_l0);
#pragma omp barrier
    /* (1) (2) */
    embedding_gru_8_96(encoder_u0, encoder_u0_table, net->in_source, batch);
#pragma omp barrier
    /* (3) (4) (5) (6) (7) */
    gru_96_v3(encoder_v0, encoder_r0, encoder_z0, encoder_n0, encoder_h0, net->parameters + encoder_bias_hh_l0,
              encoder_u0_table, net->in_source, encoder_u0, 0, batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 1; t_2 < 8; t_2++) {
            /* (3) */
            gru_96_32_v3(encoder_v0 + row * 96, encoder_h0 + row * 32, net->parameters + encoder_weight_hh_l0,
                         net->parameters + encoder_bias_hh_l0, t_2, rows, batch);
            /* (4) (5) (6) (7) */
            gru_32_v3(encoder_r0 + row * 32, encoder_z0 + row * 32, encoder_n0 + row * 32, encoder_h0 + row * 32,
                      encoder_u0_table, net->in_source + row * 8, encoder_v0 + row * 96, encoder_u0 + row * 96,
                      t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (1) (8) */
    embedding_gru_10_96_64(encoder_u0b_table, net->parameters + read_weight,
                           net->parameters + encoder_weight_ih_l0_reverse,
                           net->parameters + encoder_bias_ih_l0_reverse);
#pragma omp barrier
    /* (1) (8) */
    embedding_gru_8_96(encoder_u0b, encoder_u0b_table, net->in_source, batch);
#pragma omp barrier
    /* (9) (10) (11) (12) (13) */
    gru_96_v4(encoder_v0b, encoder_r0b, encoder_z0b, encoder_n0b, encoder_h0b,
              net->parameters + encoder_bias_hh_l0_reverse, encoder_u0b_table, net->in_source, encoder_u0b, 7,
              batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 6; t_2 >= 0; t_2--) {
            /* (9) */
            gru_96_32_v4(encoder_v0b + row * 96, encoder_h0b + row * 32,
                         net->parameters + encoder_weight_hh_l0_reverse,
                         net->parameters + encoder_bias_hh_l0_reverse, t_2, rows, batch);
            /* (10) (11) (12) (13) */
            gru_32_v4(encoder_r0b + row * 32, encoder_z0b + row * 32, encoder_n0b + row * 32,
                      encoder_h0b + row * 32, encoder_u0b_table, net->in_source + row * 8, encoder_v0b + row * 96,
                      encoder_u0b + row * 96, t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (14) */
    gru_8_32(encoder, encoder_h0, encoder_h0b, batch);
    /* (15) (16) */
    embedding_gru_11_192_64(decoder_u_table, net->parameters + written_weight,
                            net->parameters + decoder_weight_ih_l0, net->parameters + decoder_bias_ih_l0);
#pragma omp barrier
    /* (15) (16) */
    embedding_gru_8_192(decoder_u, decoder_u_table, net->in_shifted, batch);
    /* (17) */
    gru_6_64_32(decoder_weight_hh_l0_panels, net->parameters + decoder_weight_hh_l0);
#pragma omp barrier
    /* (17) (18) (19) (20) (21) */
    gru_192_v2(decoder_v, decoder_r, decoder_z, decoder_n, decoder_h, net->parameters + decoder_bias_hh_l0,
               decoder_u_table, net->in_shifted, decoder_u, 0, batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 1; t_2 < 8; t_2++) {
            /* (17) */
            gru_6_32_64_v2(decoder_v + row * 192, decoder_h + row * 64, decoder_weight_hh_l0_panels,
                           net->parameters + decoder_bias_hh_l0, t_2, rows, batch);
            /* (18) (19) (20) (21) */
            gru_64_v2(decoder_r + row * 64, decoder_z + row * 64, decoder_n + row * 64, decoder_h + row * 64,
                      decoder_u_table, net->in_shifted + row * 8, decoder_v + row * 192, decoder_u + row * 192,
                      t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (23) */
    attention_8_64_64(attention_q, decoder_h, net->parameters + attention_in_proj_weight,
                      net->parameters + attention_in_proj_bias, batch);
    /* (24) */
    attention_8_64_64_v2(attention_k, encoder, net->parameters + attention_in_proj_weight,
                         net->parameters + attention_in_proj_bias, batch);
    /* (25) */
    attention_8_64_64_v3(attention_u, encoder, net->parameters + attention_in_proj_weight,
                         net->parameters + attention_in_proj_bias, batch);
#pragma omp barrier
    /* (26) */
    attention_1_8_8_64(attention_s, attention_q, attention_k, batch);
    /* (27) (28) (29) (30) */
    attention_1_8_8(attention_s, batch);
    /* (31) */
    attention_8_64_8(attention_v, attention_s, attention_u, batch);
#pragma omp barrier
    /* (32) */
    attention_8_64_64_v4(attention, attention_v, net->parameters + attention_out_proj_weight,
                         net->parameters + attention_out_proj_bias, batch);
    /* (33) */
    concat_8_64(both, decoder_h, attention, batch);
#pragma omp barrier
    /* (34) (35) */
    linear_tanh_8_64_128(mixed, both, net->parameters + mixed_weight, net->parameters + mixed_bias, batch);
#pragma omp barrier
    /* (36) */
    linear_8_10_64(head, mixed, net->parameters + head_weight, net->parameters + head_bias, batch);
#pragma omp barrier
    /* (37) (38) (39) (40) (42) */
    cross_entropy_d_head_8_10(loss_m, loss_e, loss_S, d_head, head, net->in_target, batch);
#pragma omp barrier
    /* (41) */
#pragma omp master
    cross_entropy_8(loss, loss_m, head, net->in_target, loss_S, batch);
    /* (43) */
    d_weight_10_64_8(net->gradients + d_head_weight, d_head, mixed, batch);
    /* (44) */
#pragma omp master
    d_bias_10_8(net->gradients + d_head_bias, d_head, batch);
#pragma omp barrier
    /* (45) */
    d_z_8_64_10(mixed, d_head, net->parameters + head_weight, batch);
#pragma omp barrier
    /* (46) */
    d_weight_64_128_8(net->gradients + d_mixed_weight, mixed, both, batch);
    /* (47) */
#pragma omp master
    d_bias_64_8(net->gradients + d_mixed_bias, mixed, batch);
#pragma omp barrier
    /* (48) */
    d_both_8_128_64(d_both, mixed, net->parameters + mixed_weight, batch);
#pragma omp barrier
    /* (49) */
    d_weight_64_64_8(net->gradients + d_attention_out_proj_weight, d_both, attention_v, batch);
    /* (50) */
#pragma omp master
    d_bias_64_8_v2(net->gradients + d_attention_out_proj_bias, d_both, batch);
#pragma omp barrier
    /* (51) */
    d_v_8_64_64(d_attention_v, d_both, net->parameters + attention_out_proj_weight, batch);
#pragma omp barrier
    /* (53) */
    r_8_8_64(attention_r, d_attention_v, attention_u, batch);
    /* (55) (56) */
    r2_d_s_1_8_8(d_attention_s, attention_r, attention_s, batch);
#pragma omp barrier
    /* (52) */
    d_u_8_64_8(d_attention_u, attention_s, d_attention_v, batch);
#pragma omp barrier
    /* (57) */
    d_q_8_64_8(d_attention_q, d_attention_s, attention_k, batch);
#pragma omp barrier
    /* (67) */
    d_decoder_8_64_64(d_decoder, d_attention_q, net->parameters + attention_in_proj_weight, d_both, batch);
#pragma omp barrier
    /* (58) */
    d_k_8_64_8(d_attention_k, d_attention_s, attention_q, batch);
    /* (61) (62) (63) */
    r3_r4_d_in_proj_weight_64_64_8(net->gradients + d_attention_in_proj_weight, d_attention_q, decoder_h, batch);
    /* (64) */
#pragma omp master
    r5_64_8(attention_r5, d_attention_q, batch);
#pragma omp barrier
    /* (61) (62) (63) */
    r3_r4_d_in_proj_weight_64_64_8_v2(net->gradients + d_attention_in_proj_weight, d_attention_k, encoder, batch);
#pragma omp barrier
    /* (61) (62) (63) */
    r3_r4_d_in_proj_weight_64_64_8_v3(net->gradients + d_attention_in_proj_weight, d_attention_u, encoder, batch);
    /* (64) */
#pragma omp master
    r5_128(attention_r5);
#pragma omp barrier
    /* (59) */
    r_8_64_64(encoder_r, d_attention_u, net->parameters + attention_in_proj_weight, batch);
    /* (60) */
    d_encoder_8_64_64(encoder_r, d_attention_k, net->parameters + attention_in_proj_weight, batch);
    /* (65) */
#pragma omp master
    r6_128(attention_r6);
    /* (65) */
#pragma omp master
    r6_64_8(attention_r6, d_attention_u, batch);
    /* (66) */
#pragma omp master
    d_in_proj_bias_64(net->gradients + d_attention_in_proj_bias, attention_r5, attention_r6);
    /* (66) */
#pragma omp master
    d_in_proj_bias_64_v2(net->gradients + d_attention_in_proj_bias);
    /* (66) */
#pragma omp master
    d_in_proj_bias_64_v3(net->gradients + d_attention_in_proj_bias, attention_r5, attention_r6);
#pragma omp barrier
    /* (68) */
    d_h_2_192_32(decoder_weight_hh_l0_panels2, net->parameters + decoder_weight_hh_l0);
    /* (68) (69) (70) (71) (72) */
    d_h_d_n_d_z_d_r_64(d_decoder_h, d_decoder_n, d_decoder_z, d_decoder_r, d_decoder_v, d_decoder, decoder_z,
                       decoder_h, decoder_n, decoder_v, decoder_r, 7, batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 6; t_2 >= 1; t_2--) {
            /* (68) (69) (70) (71) */
            d_h_d_n_d_z_d_r_2_32_192(d_decoder_h + row * 64, d_decoder_n + row * 64, d_decoder_z + row * 64,
                                     d_decoder_r + row * 64, d_decoder_v + row * 192, decoder_weight_hh_l0_panels2,
                                     decoder_z + row * 64, d_decoder + row * 64, decoder_h + row * 64,
                                     decoder_n + row * 64, decoder_v + row * 192, t_2, rows, batch);
            /* (72) */
            d_v_64(d_decoder_v + row * 192, decoder_r + row * 64, d_decoder_r + row * 64, decoder_z + row * 64,
                   d_decoder_z + row * 64, decoder_n + row * 64, d_decoder_n + row * 64, t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (68) (69) (70) (71) */
    d_h_d_n_d_z_d_r_2_32_192_v2(d_decoder_h, d_decoder_n, d_decoder_z, d_decoder_r, d_decoder_v,
                                decoder_weight_hh_l0_panels2, decoder_z, d_decoder, decoder_n, decoder_v, 0, batch);
#pragma omp barrier
    /* (72) */
    d_v_64_v2(d_decoder_v, decoder_r, d_decoder_r, decoder_z, d_decoder_z, decoder_n, d_decoder_n, 0, batch);
    /* (75) */
    d_u_8_64(d_decoder_u, decoder_r, d_decoder_r, decoder_z, d_decoder_z, decoder_n, d_decoder_n, batch);
#pragma omp barrier
    /* (73) */
    d_weight_hh_l0_192_64_7(net->gradients + d_decoder_weight_hh_l0, d_decoder_v, decoder_h, batch);
    /* (74) */
    d_bias_hh_l0_192_8(net->gradients + d_decoder_bias_hh_l0, d_decoder_v, batch);
    /* (76) */
#pragma omp master
    d_weight_ih_l0_11_192(d_decoder_u_shifted);
#pragma omp barrier
    /* (15) (76) */
    embedding_d_weight_ih_l0_192_8(d_decoder_u_shifted, d_decoder_u, net->in_shifted, batch);
#pragma omp barrier
    /* (15) (76) */
    embedding_d_weight_ih_l0_192_64_11(net->gradients + d_decoder_weight_ih_l0, d_decoder_u_shifted,
                                       net->parameters + written_weight);
    /* (77) */
#pragma omp master
    d_bias_ih_l0_192_11(net->gradients + d_decoder_bias_ih_l0, d_decoder_u_shifted);
    /* (78) (79) */
    d_written_d_weight_11_64_192(net->gradients + d_written_weight, d_decoder_u_shifted,
                                 net->parameters + decoder_weight_ih_l0);
    /* (80) (81) (82) (83) (84) */
    d_h0_d_n0_d_z0_d_r0_32(d_encoder_h0, d_encoder_n0, d_encoder_z0, d_encoder_r0, d_encoder_v0, encoder_r,
                           encoder_z0, encoder_h0, encoder_n0, encoder_v0, encoder_r0, 7, batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 6; t_2 >= 1; t_2--) {
            /* (80) (81) (82) (83) */
            d_h0_d_n0_d_z0_d_r0_32_96(d_encoder_h0 + row * 32, d_encoder_n0 + row * 32, d_encoder_z0 + row * 32,
                                      d_encoder_r0 + row * 32, d_encoder_v0 + row * 96,
                                      net->parameters + encoder_weight_hh_l0, encoder_z0 + row * 32,
                                      encoder_r + row * 64, encoder_h0 + row * 32, encoder_n0 + row * 32,
                                      encoder_v0 + row * 96, t_2, rows, batch);
            /* (84) */
            d_v0_32(d_encoder_v0 + row * 96, encoder_r0 + row * 32, d_encoder_r0 + row * 32, encoder_z0 + row * 32,
                    d_encoder_z0 + row * 32, encoder_n0 + row * 32, d_encoder_n0 + row * 32, t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (80) (81) (82) (83) */
    d_h0_d_n0_d_z0_d_r0_32_96_v2(d_encoder_h0, d_encoder_n0, d_encoder_z0, d_encoder_r0, d_encoder_v0,
                                 net->parameters + encoder_weight_hh_l0, encoder_z0, encoder_r, encoder_n0,
                                 encoder_v0, 0, batch);
#pragma omp barrier
    /* (84) */
    d_v0_32_v2(d_encoder_v0, encoder_r0, d_encoder_r0, encoder_z0, d_encoder_z0, encoder_n0, d_encoder_n0, 0,
               batch);
    /* (97) */
    d_u0_8_32(d_encoder_u0, encoder_r0, d_encoder_r0, encoder_z0, d_encoder_z0, encoder_n0, d_encoder_n0, batch);
#pragma omp barrier
    /* (95) */
    d_weight_hh_l0_96_32_7(net->gradients + d_encoder_weight_hh_l0, d_encoder_v0, encoder_h0, batch);
    /* (96) */
    d_bias_hh_l0_96_8(net->gradients + d_encoder_bias_hh_l0, d_encoder_v0, batch);
#pragma omp barrier
    /* (85) (86) (87) (88) (89) */
    d_h0b_d_n0b_d_z0b_d_r0b_32(d_encoder_h0b, d_encoder_n0b, d_encoder_z0b, d_encoder_r0b, d_encoder_v0b,
                               encoder_r, encoder_z0b, encoder_h0b, encoder_n0b, encoder_v0b, encoder_r0b, 0,
                               batch);
#pragma omp barrier
#pragma omp for schedule(static, 1) nowait
    for (int share = 0; share < shares; share++) {
        const size_t row = (size_t)batch * (size_t)share / (size_t)shares;
        const int rows = (int)((size_t)batch * (size_t)(share + 1) / (size_t)shares - row);
        for (int t_2 = 1; t_2 < 7; t_2++) {
            /* (85) (86) (87) (88) */
            d_h0b_d_n0b_d_z0b_d_r0b_32_96(d_encoder_h0b + row * 32, d_encoder_n0b + row * 32,
                                          d_encoder_z0b + row * 32, d_encoder_r0b + row * 32,
                                          d_encoder_v0b + row * 96, net->parameters + encoder_weight_hh_l0_reverse,
                                          encoder_z0b + row * 32, encoder_r + row * 64, encoder_h0b + row * 32,
                                          encoder_n0b + row * 32, encoder_v0b + row * 96, t_2, rows, batch);
            /* (89) */
            d_v0_32(d_encoder_v0b + row * 96, encoder_r0b + row * 32, d_encoder_r0b + row * 32,
                    encoder_z0b + row * 32, d_encoder_z0b + row * 32, encoder_n0b + row * 32,
                    d_encoder_n0b + row * 32, t_2, rows, batch);
        }
    }
#pragma omp barrier
    /* (85) (86) (87) (88) */
    d_h0b_d_n0b_d_z0b_d_r0b_32_96_v2(d_encoder_h0b, d_encoder_n0b, d_encoder_z0b, d_encoder_r0b, d_encoder_v0b,
                                     net->parameters + encoder_weight_hh_l0_reverse, encoder_z0b, encoder_r,
                                     encoder_n0b, encoder_v0b, 7, batch);
#pragma omp barrier
    /* (89) */
    d_v0b_32(d_encoder_v0b, encoder_r0b, d_encoder_r0b, encoder_z0b, d_encoder_z0b, encoder_n0b, d_encoder_n0b, 7,
             batch);
    /* (92) */
    d_u0_8_32(d_encoder_u0b, encoder_r0b, d_encoder_r0b, encoder_z0b, d_encoder_z0b, encoder_n0b, d_encoder_n0b,
              batch);
#pragma omp barrier
    /* (90) */
    d_weight_hh_l0_reverse_96_32_7(net->gradients + d_encoder_weight_hh_l0_reverse, d_encoder_v0b, encoder_h0b,
                                   batch);
    /* (91) */
    d_bias_hh_l0_96_8(net->gradients + d_encoder_bias_hh_l0_reverse, d_encoder_v0b, batch);
    /* (93) */
#pragma omp master
    d_weight_ih_l0_reverse_10_96(d_encoder_u0b_source);
#pragma omp barrier
    /* (1) (93) */
    embedding_d_weight_ih_l0_reverse_96_8(d_encoder_u0b_source, d_encoder_u0b, net->in_source, batch);
    /* (100) */
    r_8_64_96(read_r, d_encoder_u0b, net->parameters + encoder_weight_ih_l0_reverse, batch);
#pragma omp barrier
    /* (1) (93) */
    embedding_d_weight_ih_l0_reverse_96_64_10(net->gradients + d_encoder_weight_ih_l0_reverse,
                                              d_encoder_u0b_source, net->parameters + read_weight);
    /* (94) */
#pragma omp master
    d_bias_ih_l0_reverse_96_10(net->gradients + d_encoder_bias_ih_l0_reverse, d_encoder_u0b_source);
    /* (101) */
    d_read_8_64_96(read_r, d_encoder_u0, net->parameters + encoder_weight_ih_l0, batch);
#pragma omp barrier
    /* (102) */
    d_weight_64_8(net->gradients + d_read_weight, read_r, net->in_source, batch);
    /* (98) */
#pragma omp master
    d_weight_ih_l0_reverse_10_96(d_encoder_u0_source);
#pragma omp barrier
    /* (1) (98) */
    embedding_d_weight_ih_l0_reverse_96_8(d_encoder_u0_source, d_encoder_u0, net->in_source, batch);
#pragma omp barrier
    /* (1) (98) */
    embedding_d_weight_ih_l0_reverse_96_64_10(net->gradients + d_encoder_weight_ih_l0, d_encoder_u0_source,
                                              net->parameters + read_weight);
    /* (99) */
#pragma omp master
    d_bias_ih_l0_reverse_96_10(net->gradients + d_encoder_bias_ih_l0, d_encoder_u0_source);
    /* (107) */
#pragma omp master
    clip_norm_10_64(read_weight_g_square, net->gradients + d_read_weight);
#pragma omp barrier
    /* (108) */
#pragma omp master
    clip_norm_96_64(encoder_weight_ih_l0_g_square, net->gradients + d_encoder_weight_ih_l0);
    /* (109) */
#pragma omp master
    clip_norm_96_32(encoder_weight_hh_l0_g_square, net->gradients + d_encoder_weight_hh_l0);
    /* (110) */
#pragma omp master
    clip_norm_96(encoder_bias_ih_l0_g_square, net->gradients + d_encoder_bias_ih_l0);
    /* (111) */
#pragma omp master
    clip_norm_96(encoder_bias_hh_l0_g_square, net->gradients + d_encoder_bias_hh_l0);
    /* (112) */
#pragma omp master
    clip_norm_96_64(encoder_weight_ih_l0_reverse_g_square, net->gradients + d_encoder_weight_ih_l0_reverse);
    /* (113) */
#pragma omp master
    clip_norm_96_32(encoder_weight_hh_l0_reverse_g_square, net->gradients + d_encoder_weight_hh_l0_reverse);
    /* (114) */
#pragma omp master
    clip_norm_96(encoder_bias_ih_l0_reverse_g_square, net->gradients + d_encoder_bias_ih_l0_reverse);
    /* (115) */
#pragma omp master
    clip_norm_96(encoder_bias_hh_l0_reverse_g_square, net->gradients + d_encoder_bias_hh_l0_reverse);
    /* (116) */
#pragma omp master
    clip_norm_11_64(written_weight_g_square, net->gradients + d_written_weight);
    /* (117) */
#pragma omp master
    clip_norm_192_64(decoder_weight_ih_l0_g_square, net->gradients + d_decoder_weight_ih_l0);
    /* (118) */
#pragma omp master
    clip_norm_192_64(decoder_weight_hh_l0_g_square, net->gradients + d_decoder_weight_hh_l0);
    /* (119) */
#pragma omp master
    clip_norm_192(decoder_bias_ih_l0_g_square, net->gradients + d_decoder_bias_ih_l0);
    /* (120) */
#pragma omp master
    clip_norm_192(decoder_bias_hh_l0_g_square, net->gradients + d_decoder_bias_hh_l0);
    /* (121) */
#pragma omp master
    clip_norm_192_64(attention_in_proj_weight_g_square, net->gradients + d_attention_in_proj_weight);
    /* (122) */
#pragma omp master
    clip_norm_192(attention_in_proj_bias_g_square, net->gradients + d_attention_in_proj_bias);
    /* (123) */
#pragma omp master
    clip_norm_64_64(attention_out_proj_weight_g_square, net->gradients + d_attention_out_proj_weight);
    /* (124) */
#pragma omp master
    clip_norm_64(attention_out_proj_bias_g_square, net->gradients + d_attention_out_proj_bias);
    /* (125) */
#pragma omp master
    clip_norm_64_128(mixed_weight_g_square, net->gradients + d_mixed_weight);
    /* (126) */
#pragma omp master
    clip_norm_64(mixed_bias_g_square, net->gradients + d_mixed_bias);
    /* (127) */
#pragma omp master
    clip_norm_10_64(head_weight_g_square, net->gradients + d_head_weight);
    /* (128) (129) (130) */
#pragma omp master
    clip_norm_10(optimizer_shrink, net->gradients + d_head_bias, attention_in_proj_bias_g_square,
                 attention_in_proj_weight_g_square, attention_out_proj_bias_g_square,
                 attention_out_proj_weight_g_square, decoder_bias_hh_l0_g_square, decoder_bias_ih_l0_g_square,
                 decoder_weight_hh_l0_g_square, decoder_weight_ih_l0_g_square, encoder_bias_hh_l0_g_square,
                 encoder_bias_hh_l0_reverse_g_square, encoder_bias_ih_l0_g_square,
                 encoder_bias_ih_l0_reverse_g_square, encoder_weight_hh_l0_g_square,
                 encoder_weight_hh_l0_reverse_g_square, encoder_weight_ih_l0_g_square,
                 encoder_weight_ih_l0_reverse_g_square, head_weight_g_square, mixed_bias_g_square,
                 mixed_weight_g_square, read_weight_g_square, written_weight_g_square, net->settings + clip_norm);
#pragma omp barrier
    /* (141) (183) (184) (185) */
    clip_norm_adam_192_64(net->states + decoder_weight_ih_l0_m, net->states + decoder_weight_ih_l0_v,
                          net->parameters + decoder_weight_ih_l0, optimizer_shrink,
                          net->gradients + d_decoder_weight_ih_l0, net->settings + beta1, net->settings + beta2,
                          optimizer_rate, optimizer_scale, net->settings + eps);
    /* (142) (186) (187) (188) */
    clip_norm_adam_192_64(net->states + decoder_weight_hh_l0_m, net->states + decoder_weight_hh_l0_v,
                          net->parameters + decoder_weight_hh_l0, optimizer_shrink,
                          net->gradients + d_decoder_weight_hh_l0, net->settings + beta1, net->settings + beta2,
                          optimizer_rate, optimizer_scale, net->settings + eps);
    /* (145) (195) (196) (197) */
    clip_norm_adam_192_64(net->states + attention_in_proj_weight_m, net->states + attention_in_proj_weight_v,
                          net->parameters + attention_in_proj_weight, optimizer_shrink,
                          net->gradients + d_attention_in_proj_weight, net->settings + beta1,
                          net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps);
    /* (149) (207) (208) (209) */
    clip_norm_adam_64_128(net->states + mixed_weight_m, net->states + mixed_weight_v,
                          net->parameters + mixed_weight, optimizer_shrink, net->gradients + d_mixed_weight,
                          net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                          net->settings + eps);
    /* (132) (156) (157) (158) */
    clip_norm_adam_96_64(net->states + encoder_weight_ih_l0_m, net->states + encoder_weight_ih_l0_v,
                         net->parameters + encoder_weight_ih_l0, optimizer_shrink,
                         net->gradients + d_encoder_weight_ih_l0, net->settings + beta1, net->settings + beta2,
                         optimizer_rate, optimizer_scale, net->settings + eps);
    /* (136) (168) (169) (170) */
    clip_norm_adam_96_64(net->states + encoder_weight_ih_l0_reverse_m,
                         net->states + encoder_weight_ih_l0_reverse_v,
                         net->parameters + encoder_weight_ih_l0_reverse, optimizer_shrink,
                         net->gradients + d_encoder_weight_ih_l0_reverse, net->settings + beta1,
                         net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps);
    /* (147) (201) (202) (203) */
    clip_norm_adam_64_64(net->states + attention_out_proj_weight_m, net->states + attention_out_proj_weight_v,
                         net->parameters + attention_out_proj_weight, optimizer_shrink,
                         net->gradients + d_attention_out_proj_weight, net->settings + beta1,
                         net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps);
    /* (133) (159) (160) (161) */
    clip_norm_adam_96_32(net->states + encoder_weight_hh_l0_m, net->states + encoder_weight_hh_l0_v,
                         net->parameters + encoder_weight_hh_l0, optimizer_shrink,
                         net->gradients + d_encoder_weight_hh_l0, net->settings + beta1, net->settings + beta2,
                         optimizer_rate, optimizer_scale, net->settings + eps);
    /* (137) (171) (172) (173) */
    clip_norm_adam_96_32(net->states + encoder_weight_hh_l0_reverse_m,
                         net->states + encoder_weight_hh_l0_reverse_v,
                         net->parameters + encoder_weight_hh_l0_reverse, optimizer_shrink,
                         net->gradients + d_encoder_weight_hh_l0_reverse, net->settings + beta1,
                         net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps);
    /* (140) (180) (181) (182) */
    clip_norm_adam_11_64(net->states + written_weight_m, net->states + written_weight_v,
                         net->parameters + written_weight, optimizer_shrink, net->gradients + d_written_weight,
                         net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                         net->settings + eps);
    /* (131) (153) (154) (155) */
    clip_norm_adam_10_64(net->states + read_weight_m, net->states + read_weight_v, net->parameters + read_weight,
                         optimizer_shrink, net->gradients + d_read_weight, net->settings + beta1,
                         net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps);
    /* (151) (213) (214) (215) */
    clip_norm_adam_10_64(net->states + head_weight_m, net->states + head_weight_v, net->parameters + head_weight,
                         optimizer_shrink, net->gradients + d_head_weight, net->settings + beta1,
                         net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps);
    /* (143) (189) (190) (191) */
#pragma omp master
    clip_norm_adam_192(net->states + decoder_bias_ih_l0_m, net->states + decoder_bias_ih_l0_v,
                       net->parameters + decoder_bias_ih_l0, optimizer_shrink,
                       net->gradients + d_decoder_bias_ih_l0, net->settings + beta1, net->settings + beta2,
                       optimizer_rate, optimizer_scale, net->settings + eps);
    /* (144) (192) (193) (194) */
#pragma omp master
    clip_norm_adam_192(net->states + decoder_bias_hh_l0_m, net->states + decoder_bias_hh_l0_v,
                       net->parameters + decoder_bias_hh_l0, optimizer_shrink,
                       net->gradients + d_decoder_bias_hh_l0, net->settings + beta1, net->settings + beta2,
                       optimizer_rate, optimizer_scale, net->settings + eps);
    /* (146) (198) (199) (200) */
#pragma omp master
    clip_norm_adam_192(net->states + attention_in_proj_bias_m, net->states + attention_in_proj_bias_v,
                       net->parameters + attention_in_proj_bias, optimizer_shrink,
                       net->gradients + d_attention_in_proj_bias, net->settings + beta1, net->settings + beta2,
                       optimizer_rate, optimizer_scale, net->settings + eps);
    /* (134) (162) (163) (164) */
#pragma omp master
    clip_norm_adam_96(net->states + encoder_bias_ih_l0_m, net->states + encoder_bias_ih_l0_v,
                      net->parameters + encoder_bias_ih_l0, optimizer_shrink,
                      net->gradients + d_encoder_bias_ih_l0, net->settings + beta1, net->settings + beta2,
                      optimizer_rate, optimizer_scale, net->settings + eps);
    /* (135) (165) (166) (167) */
#pragma omp master
    clip_norm_adam_96(net->states + encoder_bias_hh_l0_m, net->states + encoder_bias_hh_l0_v,
                      net->parameters + encoder_bias_hh_l0, optimizer_shrink,
                      net->gradients + d_encoder_bias_hh_l0, net->settings + beta1, net->settings + beta2,
                      optimizer_rate, optimizer_scale, net->settings + eps);
    /* (138) (174) (175) (176) */
#pragma omp master
    clip_norm_adam_96(net->states + encoder_bias_ih_l0_reverse_m, net->states + encoder_bias_ih_l0_reverse_v,
                      net->parameters + encoder_bias_ih_l0_reverse, optimizer_shrink,
                      net->gradients + d_encoder_bias_ih_l0_reverse, net->settings + beta1, net->settings + beta2,
                      optimizer_rate, optimizer_scale, net->settings + eps);
    /* (139) (177) (178) (179) */
#pragma omp master
    clip_norm_adam_96(net->states + encoder_bias_hh_l0_reverse_m, net->states + encoder_bias_hh_l0_reverse_v,
                      net->parameters + encoder_bias_hh_l0_reverse, optimizer_shrink,
                      net->gradients + d_encoder_bias_hh_l0_reverse, net->settings + beta1, net->settings + beta2,
                      optimizer_rate, optimizer_scale, net->settings + eps);
    /* (148) (204) (205) (206) */
#pragma omp master
    clip_norm_adam_64(net->states + attention_out_proj_bias_m, net->states + attention_out_proj_bias_v,
                      net->parameters + attention_out_proj_bias, optimizer_shrink,
                      net->gradients + d_attention_out_proj_bias, net->settings + beta1, net->settings + beta2,
                      optimizer_rate, optimizer_scale, net->settings + eps);
    /* (150) (210) (211) (212) */
#pragma omp master
    clip_norm_adam_64(net->states + mixed_bias_m, net->states + mixed_bias_v, net->parameters + mixed_bias,
                      optimizer_shrink, net->gradients + d_mixed_bias, net->settings + beta1,
                      net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps);
    /* (152) (216) (217) (218) */
#pragma omp master
    clip_norm_adam_10(net->states + head_bias_m, net->states + head_bias_v, net->parameters + head_bias,
                      optimizer_shrink, net->gradients + d_head_bias, net->settings + beta1, net->settings + beta2,
                      optimizer_rate, optimizer_scale, net->settings + eps);
}

double reverse_step(const reverse_network *net)
{
    if (net->threads > 1 && net->batch >= 64) {
#pragma omp parallel num_threads(net->threads)
        share_of_step(net, net->threads);
    } else
        share_of_step(net, 1);
    return (double)net->workspace[12288];
}

/* Steps of training, `count` of them, one after another.  The inputs have `batches` times net->batch rows: the steps
   take a batch after the other, the one numbered `first` to begin with, and after the last one the first again.
   Leaves the losses.  A loss that is infinite or not a number ends it.  Returns how many steps there were. */
int reverse_steps(const reverse_network *net, int first, int batches, int count, double *losses)
{
    reverse_network now = *net;
    for (int n = 0; n < count; n++) {
        const size_t row = (size_t)((first + n) % batches) * (size_t)net->batch;
        now.in_source = net->in_source + row * 8;
        now.in_shifted = net->in_shifted + row * 8;
        now.in_target = net->in_target + row * 8;
        losses[n] = reverse_step(&now);
        if (!isfinite(losses[n]))
            return n + 1;
    }
    return count;
}

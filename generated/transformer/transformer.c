/* transformer, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.

   cc -O2 -std=c11 -march=native -fvect-cost-model=dynamic -fpeel-loops -ffp-contract=fast -fno-math-errno -fno-trapping-math -fopenmp -c transformer.c */
#include "transformer.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    token_weight = 0, /* [96, 64] */
    place_weight = 6144, /* [64, 64] */
    body_0_norm1_weight = 10240, /* [64] */
    body_0_norm1_bias = 10304, /* [64] */
    body_0_attention_in_proj_weight = 10368, /* [192, 64] */
    body_0_attention_in_proj_bias = 22656, /* [192] */
    body_0_attention_out_proj_weight = 22848, /* [64, 64] */
    body_0_attention_out_proj_bias = 26944, /* [64] */
    body_0_norm2_weight = 27008, /* [64] */
    body_0_norm2_bias = 27072, /* [64] */
    body_0_wide_weight = 27136, /* [256, 64] */
    body_0_wide_bias = 43520, /* [256] */
    body_0_narrow_weight = 43776, /* [64, 256] */
    body_0_narrow_bias = 60160, /* [64] */
    body_1_norm1_weight = 60224, /* [64] */
    body_1_norm1_bias = 60288, /* [64] */
    body_1_attention_in_proj_weight = 60352, /* [192, 64] */
    body_1_attention_in_proj_bias = 72640, /* [192] */
    body_1_attention_out_proj_weight = 72832, /* [64, 64] */
    body_1_attention_out_proj_bias = 76928, /* [64] */
    body_1_norm2_weight = 76992, /* [64] */
    body_1_norm2_bias = 77056, /* [64] */
    body_1_wide_weight = 77120, /* [256, 64] */
    body_1_wide_bias = 93504, /* [256] */
    body_1_narrow_weight = 93760, /* [64, 256] */
    body_1_narrow_bias = 110144, /* [64] */
    norm_weight = 110208, /* [64] */
    norm_bias = 110272, /* [64] */
    head_weight = 110336, /* [96, 64] */
    head_bias = 116480, /* [96] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_token_weight = 0, /* [96, 64] */
    d_place_weight = 6144, /* [64, 64] */
    d_body_0_norm1_weight = 10240, /* [64] */
    d_body_0_norm1_bias = 10304, /* [64] */
    d_body_0_attention_in_proj_weight = 10368, /* [192, 64] */
    d_body_0_attention_in_proj_bias = 22656, /* [192] */
    d_body_0_attention_out_proj_weight = 22848, /* [64, 64] */
    d_body_0_attention_out_proj_bias = 26944, /* [64] */
    d_body_0_norm2_weight = 27008, /* [64] */
    d_body_0_norm2_bias = 27072, /* [64] */
    d_body_0_wide_weight = 27136, /* [256, 64] */
    d_body_0_wide_bias = 43520, /* [256] */
    d_body_0_narrow_weight = 43776, /* [64, 256] */
    d_body_0_narrow_bias = 60160, /* [64] */
    d_body_1_norm1_weight = 60224, /* [64] */
    d_body_1_norm1_bias = 60288, /* [64] */
    d_body_1_attention_in_proj_weight = 60352, /* [192, 64] */
    d_body_1_attention_in_proj_bias = 72640, /* [192] */
    d_body_1_attention_out_proj_weight = 72832, /* [64, 64] */
    d_body_1_attention_out_proj_bias = 76928, /* [64] */
    d_body_1_norm2_weight = 76992, /* [64] */
    d_body_1_norm2_bias = 77056, /* [64] */
    d_body_1_wide_weight = 77120, /* [256, 64] */
    d_body_1_wide_bias = 93504, /* [256] */
    d_body_1_narrow_weight = 93760, /* [64, 256] */
    d_body_1_narrow_bias = 110144, /* [64] */
    d_norm_weight = 110208, /* [64] */
    d_norm_bias = 110272, /* [64] */
    d_head_weight = 110336, /* [96, 64] */
    d_head_bias = 116480, /* [96] */
};

/* Where tensors begin in `states`. */
enum {
    token_weight_m = 0, /* [96, 64] */
    place_weight_m = 6144, /* [64, 64] */
    body_0_norm1_weight_m = 10240, /* [64] */
    body_0_norm1_bias_m = 10304, /* [64] */
    body_0_attention_in_proj_weight_m = 10368, /* [192, 64] */
    body_0_attention_in_proj_bias_m = 22656, /* [192] */
    body_0_attention_out_proj_weight_m = 22848, /* [64, 64] */
    body_0_attention_out_proj_bias_m = 26944, /* [64] */
    body_0_norm2_weight_m = 27008, /* [64] */
    body_0_norm2_bias_m = 27072, /* [64] */
    body_0_wide_weight_m = 27136, /* [256, 64] */
    body_0_wide_bias_m = 43520, /* [256] */
    body_0_narrow_weight_m = 43776, /* [64, 256] */
    body_0_narrow_bias_m = 60160, /* [64] */
    body_1_norm1_weight_m = 60224, /* [64] */
    body_1_norm1_bias_m = 60288, /* [64] */
    body_1_attention_in_proj_weight_m = 60352, /* [192, 64] */
    body_1_attention_in_proj_bias_m = 72640, /* [192] */
    body_1_attention_out_proj_weight_m = 72832, /* [64, 64] */
    body_1_attention_out_proj_bias_m = 76928, /* [64] */
    body_1_norm2_weight_m = 76992, /* [64] */
    body_1_norm2_bias_m = 77056, /* [64] */
    body_1_wide_weight_m = 77120, /* [256, 64] */
    body_1_wide_bias_m = 93504, /* [256] */
    body_1_narrow_weight_m = 93760, /* [64, 256] */
    body_1_narrow_bias_m = 110144, /* [64] */
    norm_weight_m = 110208, /* [64] */
    norm_bias_m = 110272, /* [64] */
    head_weight_m = 110336, /* [96, 64] */
    head_bias_m = 116480, /* [96] */
    token_weight_v = 116576, /* [96, 64] */
    place_weight_v = 122720, /* [64, 64] */
    body_0_norm1_weight_v = 126816, /* [64] */
    body_0_norm1_bias_v = 126880, /* [64] */
    body_0_attention_in_proj_weight_v = 126944, /* [192, 64] */
    body_0_attention_in_proj_bias_v = 139232, /* [192] */
    body_0_attention_out_proj_weight_v = 139424, /* [64, 64] */
    body_0_attention_out_proj_bias_v = 143520, /* [64] */
    body_0_norm2_weight_v = 143584, /* [64] */
    body_0_norm2_bias_v = 143648, /* [64] */
    body_0_wide_weight_v = 143712, /* [256, 64] */
    body_0_wide_bias_v = 160096, /* [256] */
    body_0_narrow_weight_v = 160352, /* [64, 256] */
    body_0_narrow_bias_v = 176736, /* [64] */
    body_1_norm1_weight_v = 176800, /* [64] */
    body_1_norm1_bias_v = 176864, /* [64] */
    body_1_attention_in_proj_weight_v = 176928, /* [192, 64] */
    body_1_attention_in_proj_bias_v = 189216, /* [192] */
    body_1_attention_out_proj_weight_v = 189408, /* [64, 64] */
    body_1_attention_out_proj_bias_v = 193504, /* [64] */
    body_1_norm2_weight_v = 193568, /* [64] */
    body_1_norm2_bias_v = 193632, /* [64] */
    body_1_wide_weight_v = 193696, /* [256, 64] */
    body_1_wide_bias_v = 210080, /* [256] */
    body_1_narrow_weight_v = 210336, /* [64, 256] */
    body_1_narrow_bias_v = 226720, /* [64] */
    norm_weight_v = 226784, /* [64] */
    norm_bias_v = 226848, /* [64] */
    head_weight_v = 226912, /* [96, 64] */
    head_bias_v = 233056, /* [96] */
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
    warmup = 6, /* [] */
    min_lr = 7, /* [] */
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

/* erf(x), at most 1.2 units off: near 0 by a polynomial, far from it as 1 - exp(q), q a polynomial of |x|. */
INLINE real erf_single(real x)
{
    const real size = fabsf(x);
    const real s = x * x;
    real p = 8.33319409e-5f;
    p = p * s - 8.13394437e-4f;
    p = p * s + 5.20025750e-3f;
    p = p * s - 2.68590847e-2f;
    p = p * s + 1.12836898e-1f;
    p = p * s - 3.76126334e-1f;
    p = p * s + 1.28379167e-1f;
    const real near = p * size + size;
    const real t = size > 4.0f ? 4.0f : size;
    real q = 1.95937307e-4f;
    q = q * t - 3.04321803e-3f;
    q = q * t + 2.22269227e-2f;
    q = q * t - 1.03931602e-1f;
    q = q * t - 6.37182242e-1f;
    q = q * t - 1.12767563f;
    q = q * t - 1.95674985e-4f;
    const real far = 1.0f - exp_single(q);
    return copysignf(size < 0.9275f ? near : far, x);
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
static inline double maximum_d(double a, double b)
{
    const double larger = a > b ? a : b; /* one instruction: b where they cannot be compared */
    return a != a ? a : larger;
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
static inline double choose_d(int condition, double a, double b)
{
    const int64_t kept = -(int64_t)(condition != 0);
    int64_t chosen, otherwise;
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
#define FETCH(place) __builtin_prefetch(place, 0, 2)
#else
enum { LANES = 1 };
typedef real lanes;
#define OUTLINE static
#define FETCH(place) (void)(place)
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

/* What is brought into the cache while ROWS rows are multiplied: COLUMNS numbers of a row for every FETCHED terms.
   rows: where these are, from `at` on; group: how much further it is for the next ROWS rows; groups: how many there are. */
typedef struct {
    const real *const *rows;
    ptrdiff_t at, group;
    int groups;
} fetches;

/* As many rows as can be fetched at once, `count` of each array, the last one again if there are no more. */
static void list_rows(const real **restrict found, int arrays, const real *const *from, int count, ptrdiff_t step)
{
    for (int n = 0; n < DEPTH / FETCHED; n++)
        found[n] = n / count < arrays ? from[n / count] + n % count * step : found[n - 1];
}

/* The same for groups of ROWS rows.  Compilers unroll early, and keep sums in registers, only inside of a loop. */
OUTLINE void add_and_fetch(int groups, real *restrict tile, ptrdiff_t width, int depth, const real *restrict a,
                           ptrdiff_t a_group, ptrdiff_t a_row, ptrdiff_t a_step, const real *restrict b,
                           ptrdiff_t b_step, int first, fetches soon)
{
    for (; groups > 0; groups--, tile += ROWS * width, a += ROWS * a_group, soon.at += soon.group) {
        const real *of_a[ROWS], *restrict of_b = b;
        const real *const *row = soon.rows;
        lanes left[ROWS], right[ROWS];
        load_sums(ROWS, 1, left, right, tile, width, first);
        point_at(ROWS, of_a, a, a_row);
        for (int k = 0; k < depth; k++, of_b += b_step) {
            if (k % FETCHED == 0) {
                FETCH(*row + soon.at);
                FETCH(*row++ + soon.at + LANES);
            }
            add_term(ROWS, 1, left, right, of_a, a_row, a_step, of_b);
        }
        store_sums(ROWS, 1, left, right, tile, width);
    }
}

/* The same for any number of rows.  a_group: from one ROWS rows of a to the next, for each of them.  soon: what is
   fetched meanwhile. */
OUTLINE void add_rows(int rows, int columns, real *restrict tile, ptrdiff_t width, int depth, const real *restrict a,
                      ptrdiff_t a_group, ptrdiff_t a_row, ptrdiff_t a_step, const real *restrict b, ptrdiff_t b_step,
                      int first, fetches soon)
{
    if (soon.groups > 0 && columns > LANES) {
        const int groups = rows / ROWS < soon.groups ? rows / ROWS : soon.groups, done = groups * ROWS;
        add_and_fetch(groups, tile, width, depth, a, a_group, a_row, a_step, b, b_step, first, soon);
        rows -= done;
        tile += done * width;
        a += done * a_group;
    }
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
    /* While these columns are multiplied, the next ones are fetched, as rows of COLUMNS numbers if they lie across them;
       of these columns, the next rows before: few at a time, for they meet in the same lines of a cache. */
    const int across = b_column == 1, most = fresh == COLD && across ? DEPTH / 2 : DEPTH;
    const int each = most / FETCHED, groups = fresh == COLD ? FETCHED : 0;
    const ptrdiff_t step = across ? b_step : COLUMNS;
    const real *next = b + COLUMNS * b_column, *found[DEPTH / FETCHED];
    if (groups)
        list_rows(found, 1, &next, each, step);
    fetches soon = {found, 0, each * step, groups};
    for (int from = 0; from < depth; from += most) {
        const int part = depth - from < most ? depth - from : most;
        const real *of_b = b + from * b_step;
        real *place = depth > PANEL_DEPTH ? panel : panel + from * COLUMNS;
        if (!direct && (fresh || depth > PANEL_DEPTH))
            pack(place, part, columns, of_b, b_step, b_column);
        soon.at = !across ? (ptrdiff_t)from * COLUMNS : from + part < depth ? (from + part) * b_step - COLUMNS : 0;
        add_rows(rows, columns, tile, COLUMNS, part, a + from * a_step, a_row, a_row, a_step, direct ? of_b : place,
                 direct ? b_step : COLUMNS, from == 0, soon);
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
                     from == 0, (fetches){0, 0, 0, 0});
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
   the next one.  finishing: where the tile begins in arrays that it is finished with, whose rows, finishing_row apart,
   are fetched meanwhile. */
OUTLINE void multiply_across(real *restrict tile, ptrdiff_t width, real *restrict panels, int fresh, int rows,
                             int columns, int depth, const real *restrict a, ptrdiff_t a_row, ptrdiff_t a_step,
                             const real *restrict b, ptrdiff_t b_step, ptrdiff_t b_column,
                             int arrays, const real *const *finishing, ptrdiff_t finishing_row)
{
    _Alignas(BYTES) real block[TILE_ROWS * DEPTH];
    const real *found[DEPTH / FETCHED];
    /* Of few terms: among many, panels come from the second cache, and would wait for fetches from memory. */
    const int groups = arrays && depth <= DEPTH / 2 ? TILE_ROWS / ROWS : 0;
    if (groups)
        list_rows(found, arrays, finishing, ROWS, finishing_row);
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
                const fetches soon = {found, r * finishing_row + c, ROWS * finishing_row, from + part == depth ? groups : 0};
                add_rows(high, some, tile + r * width + c, width, part, block, part, 1, ROWS, direct ? b + c : panel,
                         direct ? b_step : COLUMNS, from == 0, soon);
            }
        }
    }
}

/* token: embedding; place: positional_embedding; body.0.norm1: layernorm
   (1) token[b, i, d] = token.weight[text[b, i], d]
   (2) place[b, t, d] = place.weight[t, d] + token[b, t, d]
   (3) body.0.norm1.m[b, t] = sum[i](place[b, t, i]) / 64
   (4) body.0.norm1.v[b, t] = sum[i]((place[b, t, i] - body.0.norm1.m[b, t])**2) / 64
   (5) body.0.norm1.r[b, t] = 1 / sqrt(body.0.norm1.v[b, t] + layernorm.eps)
   (6) body.0.norm1.n[b, t, j] = body.0.norm1.r[b, t] * (place[b, t, j] - body.0.norm1.m[b, t])
   (7) body.0.norm1[b, t, j] = body.0.norm1.n[b, t, j] * body.0.norm1.weight[j] + body.0.norm1.bias[j]
*/
static void embedding_positional_embedding_layernorm_64_64(
    real *restrict place,                     /* [B, 64, 64] */
    real *restrict norm1,                     /* [B, 64, 64] */
    const real *restrict weight,              /* [96, 64] */
    const int32_t *restrict text,             /* [B, 64] */
    const real *restrict place_weight,        /* [64, 64] */
    const real *restrict body_0_norm1_weight, /* [64] */
    const real *restrict bias,                /* [64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 64; i++) {
            for (int d = 0; d < 64; d++) {
                const real token = weight[(text[b * 64 + i]) * 64 + d]; /* (1) */
                place[b * 4096 + i * 64 + d] = place_weight[i * 64 + d] + token; /* (2) */
            }
            real parts[16] = {0};
            for (int d_first = 0; d_first < 64; d_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int d = d_first + part;
                    parts[part] += place[b * 4096 + i * 64 + d];
                }
            }
            const real sum = sum_of(parts);
            const real m = 0.015625f * sum; /* (3) */
            real parts_2[16] = {0};
            for (int d_first_2 = 0; d_first_2 < 64; d_first_2 += 16) {
                for (int part_2 = 0; part_2 < 16; part_2++) {
                    const int d = d_first_2 + part_2;
                    parts_2[part_2] += square(place[b * 4096 + i * 64 + d] - m);
                }
            }
            const real sum_2 = sum_of(parts_2);
            const real v = 0.015625f * sum_2; /* (4) */
            const real r = 1.0f / sqrtf(v + 1e-05f); /* (5) */
            for (int d = 0; d < 64; d++) {
                const real n = r * (place[b * 4096 + i * 64 + d] - m); /* (6) */
                norm1[b * 4096 + i * 64 + d] = n * body_0_norm1_weight[d] + bias[d]; /* (7) */
            }
        }
    }
}

/* body.0.attention: attention
   (8) body.0.attention.u[b, i, f] = sum[j](body.0.norm1[b, i, j] * body.0.attention.in_proj_weight[f, j]) + body.0.attention.in_proj_bias[f]
   and, in other places, (32)
*/
static void attention_64_192_64(
    real *restrict u,                    /* [B, 64, 192] */
    const real *restrict norm1,          /* [B, 64, 64] */
    const real *restrict in_proj_weight, /* [192, 64] */
    const real *restrict in_proj_bias,   /* [192] */
    int batch)
{
    for (int j_tile = 0; j_tile < 192; j_tile += 192) {
        _Alignas(BYTES) real panels[64 * 192];
        _Alignas(BYTES) real tile[STRIP_ROWS * 208];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 64; i_tile += STRIP_ROWS) {
            const int rows = batch * 64 - i_tile < STRIP_ROWS ? batch * 64 - i_tile : STRIP_ROWS;
            const int columns = 192 - j_tile < 192 ? 192 - j_tile : 192;
            multiply_strip(tile, 208, panels, fresh, rows, columns, 64,
                           norm1 + i_tile * 64, 64, 1,
                           in_proj_weight + j_tile * 64, 1, 64);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int place = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int f = j_tile + c;
                    u[place * 192 + f] = tile[r * 208 + c] + in_proj_bias[f];
                }
            }
        }
    }
}

/* body.0.attention: attention
   (9) body.0.attention.s[b, h, i, j] = sum[k](body.0.attention.u[b, i, 16*h + k] * body.0.attention.u[b, j, 16*h + k + 64]) / 4 if i >= j else -inf
   and, in other places, (33)
*/
static void attention_4_64_64_16(
    real *restrict s,       /* [B, 4, 64, 64] */
    const real *restrict u, /* [B, 64, 192] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int h = 0; h < 4; h++) {
            for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
                _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
                _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
                int fresh = COLD;
                for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
                    const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
                    const int columns = COLUMNS;
                    multiply_copied(tile, panel, fresh, rows, columns, 16,
                                    u + b * 12288 + 16 * h + i_tile * 192, 192, 1,
                                    u + b * 12288 + 16 * h + 64 + j_tile * 192, 1, 192);
                    fresh = 0;
                    for (int r = 0; r < rows; r++) {
                        const int i = i_tile + r;
#pragma GCC unroll 1
                        for (int c = 0; c < columns; c++) {
                            const int j = j_tile + c;
                            s[b * 16384 + h * 4096 + i * 64 + j] = i >= j ? 0.25f * tile[r * COLUMNS + c] : -INFINITY;
                        }
                    }
                }
            }
        }
    }
}

/* body.0.attention: attention
   (10) body.0.attention.m[b, h, i] = max[j](body.0.attention.s[b, h, i, j])
   (11) body.0.attention.e2[b, h, i, j] = exp(body.0.attention.s[b, h, i, j] - body.0.attention.m[b, h, i])
   (12) body.0.attention.S[b, h, i] = sum[j](body.0.attention.e2[b, h, i, j])
   (13) body.0.attention.p[b, h, i, j] = body.0.attention.e2[b, h, i, j] / body.0.attention.S[b, h, i]
   and, in other places, (34) (35) (36) (37)
*/
static void attention_4_64_64(
    real *restrict s, /* [B, 4, 64, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int hi = 0; hi < 256; hi++) {
            real parts[16] = {0};
            for (int part = 0; part < 16; part++) {
                parts[part] = -INFINITY;
            }
            for (int j_first = 0; j_first < 64; j_first += 16) {
#pragma GCC unroll 1
                for (int part = 0; part < 16; part++) {
                    const int j = j_first + part;
                    parts[part] = maximum(parts[part], s[b * 16384 + hi * 64 + j]);
                }
            }
            const real m = largest_of(parts); /* (10) */
            for (int j = 0; j < 64; j++) {
                s[b * 16384 + hi * 64 + j] = exp_single(s[b * 16384 + hi * 64 + j] - m); /* (11) */
            }
            real parts_2[16] = {0};
            for (int j_first_2 = 0; j_first_2 < 64; j_first_2 += 16) {
                for (int part_2 = 0; part_2 < 16; part_2++) {
                    const int j = j_first_2 + part_2;
                    parts_2[part_2] += s[b * 16384 + hi * 64 + j];
                }
            }
            const real S = sum_of(parts_2); /* (12) */
            const real scale = 1.0f / S;
            for (int j = 0; j < 64; j++) {
                s[b * 16384 + hi * 64 + j] = scale * s[b * 16384 + hi * 64 + j]; /* (13) */
            }
        }
    }
}

/* body.0.attention: attention
   (14) body.0.attention.v[b, i, d] = sum[j](body.0.attention.u[b, j, d + 128] * body.0.attention.p[b, d // 16, i, j])
   and, in other places, (38)
*/
static void attention_64_4_16_64(
    real *restrict v,       /* [B, 64, 64] */
    const real *restrict s, /* [B, 4, 64, 64] */
    const real *restrict u, /* [B, 64, 192] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int d1 = 0; d1 < 4; d1++) {
            for (int j_tile = 0; j_tile < 16; j_tile += COLUMNS) {
                _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
                _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
                int fresh = 1;
                for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
                    const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
                    const int columns = 16 - j_tile < COLUMNS ? 16 - j_tile : COLUMNS;
                    multiply_copied(tile, panel, fresh, rows, columns, 64,
                                    s + b * 16384 + d1 * 4096 + i_tile * 64, 64, 1,
                                    u + b * 12288 + 16 * d1 + 128 + j_tile, 192, 1);
                    fresh = 0;
                    for (int r = 0; r < rows; r++) {
                        const int i = i_tile + r;
                        for (int c = 0; c < columns; c++) {
                            const int d0 = j_tile + c;
                            v[b * 4096 + i * 64 + 16 * d1 + d0] = tile[r * COLUMNS + c];
                        }
                    }
                }
            }
        }
    }
}

/* body.0.attention: attention; body.0.sum1: add
   (15) body.0.attention[b, i, m] = sum[j](body.0.attention.v[b, i, j] * body.0.attention.out_proj.weight[m, j]) + body.0.attention.out_proj.bias[m]
   (16) body.0.sum1[b, t, d] = body.0.attention[b, t, d] + place[b, t, d]
*/
static void attention_add_64_64_64(
    real *restrict sum1,         /* [B, 64, 64] */
    const real *restrict v,      /* [B, 64, 64] */
    const real *restrict weight, /* [64, 64] */
    const real *restrict bias,   /* [64] */
    const real *restrict place,  /* [B, 64, 64] */
    int batch)
{
    for (int j_tile = 0; j_tile < 64; j_tile += 64) {
        _Alignas(BYTES) real panels[64 * 64];
        _Alignas(BYTES) real tile[STRIP_ROWS * 80];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 64; i_tile += STRIP_ROWS) {
            const int rows = batch * 64 - i_tile < STRIP_ROWS ? batch * 64 - i_tile : STRIP_ROWS;
            const int columns = 64 - j_tile < 64 ? 64 - j_tile : 64;
            multiply_strip(tile, 80, panels, fresh, rows, columns, 64,
                           v + i_tile * 64, 64, 1,
                           weight + j_tile * 64, 1, 64);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int place_2 = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int m = j_tile + c;
                    const real attention = tile[r * 80 + c] + bias[m]; /* (15) */
                    sum1[place_2 * 64 + m] = attention + place[place_2 * 64 + m]; /* (16) */
                }
            }
        }
    }
}

/* body.0.norm2: layernorm
   (17) body.0.norm2.m[b, t] = sum[i](body.0.sum1[b, t, i]) / 64
   (18) body.0.norm2.v[b, t] = sum[i]((body.0.sum1[b, t, i] - body.0.norm2.m[b, t])**2) / 64
   (19) body.0.norm2.r[b, t] = 1 / sqrt(body.0.norm2.v[b, t] + layernorm.eps)
   (20) body.0.norm2.n[b, t, j] = body.0.norm2.r[b, t] * (body.0.sum1[b, t, j] - body.0.norm2.m[b, t])
   (21) body.0.norm2[b, t, j] = body.0.norm2.n[b, t, j] * body.0.norm2.weight[j] + body.0.norm2.bias[j]
   and, in other places, (27) (28) (29) (30) (31), (41) (42) (43) (44) (45), (51) (52) (53) (54) (55)
*/
static void layernorm_64_64(
    real *restrict norm2,        /* [B, 64, 64] */
    const real *restrict sum1,   /* [B, 64, 64] */
    const real *restrict weight, /* [64] */
    const real *restrict bias,   /* [64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            real parts[16] = {0};
            for (int d_first = 0; d_first < 64; d_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int d = d_first + part;
                    parts[part] += sum1[b * 4096 + t * 64 + d];
                }
            }
            const real sum = sum_of(parts);
            const real m = 0.015625f * sum; /* (17) */
            real parts_2[16] = {0};
            for (int d_first_2 = 0; d_first_2 < 64; d_first_2 += 16) {
                for (int part_2 = 0; part_2 < 16; part_2++) {
                    const int d = d_first_2 + part_2;
                    parts_2[part_2] += square(sum1[b * 4096 + t * 64 + d] - m);
                }
            }
            const real sum_2 = sum_of(parts_2);
            const real v = 0.015625f * sum_2; /* (18) */
            const real r = 1.0f / sqrtf(v + 1e-05f); /* (19) */
            for (int j = 0; j < 64; j++) {
                const real n = r * (sum1[b * 4096 + t * 64 + j] - m); /* (20) */
                norm2[b * 4096 + t * 64 + j] = n * weight[j] + bias[j]; /* (21) */
            }
        }
    }
}

/* body.0.wide: linear, gelu
   (22) body.0.wide.z[b, t, o] = sum[i](body.0.norm2[b, t, i] * body.0.wide.weight[o, i]) + body.0.wide.bias[o]
   (23) body.0.wide.r[b, t, o] = erf(sqrt(2) * body.0.wide.z[b, t, o] / 2)
   (24) body.0.wide[b, t, o] = body.0.wide.z[b, t, o] * (1 + body.0.wide.r[b, t, o]) / 2
   and, in other places, (46) (47) (48)
*/
static void linear_gelu_64_256_64(
    real *restrict wide_2,       /* [B, 64, 256] */
    const real *restrict norm2,  /* [B, 64, 64] */
    const real *restrict weight, /* [256, 64] */
    const real *restrict bias,   /* [256] */
    int batch)
{
    for (int j_tile = 0; j_tile < 256; j_tile += 256) {
        _Alignas(BYTES) real panels[64 * 256];
        _Alignas(BYTES) real tile[STRIP_ROWS * 272];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 64; i_tile += STRIP_ROWS) {
            const int rows = batch * 64 - i_tile < STRIP_ROWS ? batch * 64 - i_tile : STRIP_ROWS;
            const int columns = 256 - j_tile < 256 ? 256 - j_tile : 256;
            multiply_strip(tile, 272, panels, fresh, rows, columns, 64,
                           norm2 + i_tile * 64, 64, 1,
                           weight + j_tile * 64, 1, 64);
            fresh = 0;
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int place = i_tile + r_2;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real z = tile[r_2 * 272 + c] + bias[o]; /* (22) */
                    const real r = erf_single(0.7071067811865476f * z); /* (23) */
                    wide_2[place * 256 + o] = 0.5f * (r + 1.0f) * z; /* (24) */
                }
            }
        }
    }
}

/* body.0.narrow: linear; body.0.sum2: add
   (25) body.0.narrow[b, t, o] = sum[i](body.0.wide[b, t, i] * body.0.narrow.weight[o, i]) + body.0.narrow.bias[o]
   (26) body.0.sum2[b, t, d] = body.0.narrow[b, t, d] + body.0.sum1[b, t, d]
   and, in other places, (49) (50)
*/
static void linear_add_64_64_256(
    real *restrict sum2,         /* [B, 64, 64] */
    const real *restrict wide_2, /* [B, 64, 256] */
    const real *restrict weight, /* [64, 256] */
    const real *restrict bias,   /* [64] */
    const real *restrict sum1,   /* [B, 64, 64] */
    int batch)
{
    for (int j_tile = 0; j_tile < 64; j_tile += 64) {
        _Alignas(BYTES) real panels[256 * 64];
        _Alignas(BYTES) real tile[STRIP_ROWS * 80];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 64; i_tile += STRIP_ROWS) {
            const int rows = batch * 64 - i_tile < STRIP_ROWS ? batch * 64 - i_tile : STRIP_ROWS;
            const int columns = 64 - j_tile < 64 ? 64 - j_tile : 64;
            multiply_strip(tile, 80, panels, fresh, rows, columns, 256,
                           wide_2 + i_tile * 256, 256, 1,
                           weight + j_tile * 256, 1, 256);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int place = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real narrow = tile[r * 80 + c] + bias[o]; /* (25) */
                    sum2[place * 64 + o] = narrow + sum1[place * 64 + o]; /* (26) */
                }
            }
        }
    }
}

/* body.1.attention: attention; body.1.sum1: add
   (39) body.1.attention[b, i, m] = sum[j](body.1.attention.v[b, i, j] * body.1.attention.out_proj.weight[m, j]) + body.1.attention.out_proj.bias[m]
   (40) body.1.sum1[b, t, d] = body.0.sum2[b, t, d] + body.1.attention[b, t, d]
*/
static void attention_add_64_64_64_v2(
    real *restrict sum1,         /* [B, 64, 64] */
    const real *restrict v,      /* [B, 64, 64] */
    const real *restrict weight, /* [64, 64] */
    const real *restrict bias,   /* [64] */
    const real *restrict sum2,   /* [B, 64, 64] */
    int batch)
{
    for (int j_tile = 0; j_tile < 64; j_tile += 64) {
        _Alignas(BYTES) real panels[64 * 64];
        _Alignas(BYTES) real tile[STRIP_ROWS * 80];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 64; i_tile += STRIP_ROWS) {
            const int rows = batch * 64 - i_tile < STRIP_ROWS ? batch * 64 - i_tile : STRIP_ROWS;
            const int columns = 64 - j_tile < 64 ? 64 - j_tile : 64;
            multiply_strip(tile, 80, panels, fresh, rows, columns, 64,
                           v + i_tile * 64, 64, 1,
                           weight + j_tile * 64, 1, 64);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int place = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int m = j_tile + c;
                    const real attention = tile[r * 80 + c] + bias[m]; /* (39) */
                    sum1[place * 64 + m] = sum2[place * 64 + m] + attention; /* (40) */
                }
            }
        }
    }
}

/* head: linear
   (56) head[b, t, o] = sum[i](norm[b, t, i] * head.weight[o, i]) + head.bias[o]
*/
static void linear_64_96_64(
    real *restrict head,         /* [B, 64, 96] */
    const real *restrict norm,   /* [B, 64, 64] */
    const real *restrict weight, /* [96, 64] */
    const real *restrict bias,   /* [96] */
    int batch)
{
    for (int j_tile = 0; j_tile < 96; j_tile += 96) {
        _Alignas(BYTES) real panels[64 * 96];
        _Alignas(BYTES) real tile[STRIP_ROWS * 112];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 64; i_tile += STRIP_ROWS) {
            const int rows = batch * 64 - i_tile < STRIP_ROWS ? batch * 64 - i_tile : STRIP_ROWS;
            const int columns = 96 - j_tile < 96 ? 96 - j_tile : 96;
            multiply_strip(tile, 112, panels, fresh, rows, columns, 64,
                           norm + i_tile * 64, 64, 1,
                           weight + j_tile * 64, 1, 64);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int place = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    head[place * 96 + o] = tile[r * 112 + c] + bias[o];
                }
            }
        }
    }
}

/* loss: cross_entropy
   (57) loss.m[b, t] = max[i](head[b, t, i])
   (58) loss.e[b, t, j] = exp(head[b, t, j] - loss.m[b, t])
   (59) loss.S[b, t] = sum[i](loss.e[b, t, i])
*/
static void cross_entropy_64_96(
    real *restrict m,          /* [B, 64] */
    real *restrict e,          /* [B, 64, 96] */
    real *restrict S,          /* [B, 64] */
    const real *restrict head, /* [B, 64, 96] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
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
            m[b * 64 + t] = largest; /* (57) */
            for (int j = 0; j < 96; j++) {
                e[b * 6144 + t * 96 + j] = exp_single(head[b * 6144 + t * 96 + j] - m[b * 64 + t]); /* (58) */
            }
            real parts_2[16] = {0};
            for (int j_first = 0; j_first < 96; j_first += 16) {
                for (int part_2 = 0; part_2 < 16; part_2++) {
                    const int j = j_first + part_2;
                    parts_2[part_2] += e[b * 6144 + t * 96 + j];
                }
            }
            const real sum = sum_of(parts_2);
            S[b * 64 + t] = sum; /* (59) */
        }
    }
}

/* loss: cross_entropy
   (61) loss = sum[b, i](log(loss.S[b, i]) + loss.m[b, i] - head[b, i, next[b, i]]) / (64 * B)
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

/* token: gradient of embedding (one side of the product)
   (135) d.token.weight[v, d] = sum[b, i](d.place[b, i, d] * (v == text[b, i]))
*/
static void d_weight_96_64(
    real *restrict d_weight) /* [96, 64] */
{
    for (int vd = 0; vd < 6144; vd++) {
        d_weight[vd] = 0.0f;
    }
}

/* token: embedding; place: positional_embedding; body.0.norm1: layernorm
   (1) token[b, i, d] = token.weight[text[b, i], d]
   (2) place[b, t, d] = place.weight[t, d] + token[b, t, d]
   (3) body.0.norm1.m[b, t] = sum[i](place[b, t, i]) / 64
   (4) body.0.norm1.v[b, t] = sum[i]((place[b, t, i] - body.0.norm1.m[b, t])**2) / 64
   (5) body.0.norm1.r[b, t] = 1 / sqrt(body.0.norm1.v[b, t] + layernorm.eps)
   (6) body.0.norm1.n[b, t, j] = body.0.norm1.r[b, t] * (place[b, t, j] - body.0.norm1.m[b, t])
   (7) body.0.norm1[b, t, j] = body.0.norm1.n[b, t, j] * body.0.norm1.weight[j] + body.0.norm1.bias[j]
*/
static void embedding_positional_embedding_layernorm_64_64_v2(
    real *restrict place,                     /* [B, 64, 64] */
    real *restrict r,                         /* [B, 64] */
    real *restrict n,                         /* [B, 64, 64] */
    real *restrict norm1,                     /* [B, 64, 64] */
    const real *restrict weight,              /* [96, 64] */
    const int32_t *restrict text,             /* [B, 64] */
    const real *restrict place_weight,        /* [64, 64] */
    const real *restrict body_0_norm1_weight, /* [64] */
    const real *restrict bias,                /* [64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 64; i++) {
            for (int d = 0; d < 64; d++) {
                const real token = weight[(text[b * 64 + i]) * 64 + d]; /* (1) */
                place[b * 4096 + i * 64 + d] = place_weight[i * 64 + d] + token; /* (2) */
            }
            real parts[16] = {0};
            for (int d_first = 0; d_first < 64; d_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int d = d_first + part;
                    parts[part] += place[b * 4096 + i * 64 + d];
                }
            }
            const real sum = sum_of(parts);
            const real m = 0.015625f * sum; /* (3) */
            real parts_2[16] = {0};
            for (int d_first_2 = 0; d_first_2 < 64; d_first_2 += 16) {
                for (int part_2 = 0; part_2 < 16; part_2++) {
                    const int d = d_first_2 + part_2;
                    parts_2[part_2] += square(place[b * 4096 + i * 64 + d] - m);
                }
            }
            const real sum_2 = sum_of(parts_2);
            const real v = 0.015625f * sum_2; /* (4) */
            r[b * 64 + i] = 1.0f / sqrtf(v + 1e-05f); /* (5) */
            for (int d = 0; d < 64; d++) {
                n[b * 4096 + i * 64 + d] = r[b * 64 + i] * (place[b * 4096 + i * 64 + d] - m); /* (6) */
                norm1[b * 4096 + i * 64 + d] = n[b * 4096 + i * 64 + d] * body_0_norm1_weight[d] + bias[d]; /* (7) */
            }
        }
    }
}

/* body.0.norm2: layernorm
   (17) body.0.norm2.m[b, t] = sum[i](body.0.sum1[b, t, i]) / 64
   (18) body.0.norm2.v[b, t] = sum[i]((body.0.sum1[b, t, i] - body.0.norm2.m[b, t])**2) / 64
   (19) body.0.norm2.r[b, t] = 1 / sqrt(body.0.norm2.v[b, t] + layernorm.eps)
   (20) body.0.norm2.n[b, t, j] = body.0.norm2.r[b, t] * (body.0.sum1[b, t, j] - body.0.norm2.m[b, t])
   (21) body.0.norm2[b, t, j] = body.0.norm2.n[b, t, j] * body.0.norm2.weight[j] + body.0.norm2.bias[j]
   and, in other places, (27) (28) (29) (30) (31), (41) (42) (43) (44) (45)
*/
static void layernorm_64_64_v2(
    real *restrict r,            /* [B, 64] */
    real *restrict n,            /* [B, 64, 64] */
    real *restrict norm2,        /* [B, 64, 64] */
    const real *restrict sum1,   /* [B, 64, 64] */
    const real *restrict weight, /* [64] */
    const real *restrict bias,   /* [64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            real parts[16] = {0};
            for (int d_first = 0; d_first < 64; d_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int d = d_first + part;
                    parts[part] += sum1[b * 4096 + t * 64 + d];
                }
            }
            const real sum = sum_of(parts);
            const real m = 0.015625f * sum; /* (17) */
            real parts_2[16] = {0};
            for (int d_first_2 = 0; d_first_2 < 64; d_first_2 += 16) {
                for (int part_2 = 0; part_2 < 16; part_2++) {
                    const int d = d_first_2 + part_2;
                    parts_2[part_2] += square(sum1[b * 4096 + t * 64 + d] - m);
                }
            }
            const real sum_2 = sum_of(parts_2);
            const real v = 0.015625f * sum_2; /* (18) */
            r[b * 64 + t] = 1.0f / sqrtf(v + 1e-05f); /* (19) */
            for (int j = 0; j < 64; j++) {
                n[b * 4096 + t * 64 + j] = r[b * 64 + t] * (sum1[b * 4096 + t * 64 + j] - m); /* (20) */
                norm2[b * 4096 + t * 64 + j] = n[b * 4096 + t * 64 + j] * weight[j] + bias[j]; /* (21) */
            }
        }
    }
}

/* body.0.wide: linear, gelu, gradient of linear (one side of the product)
   (22) body.0.wide.z[b, t, o] = sum[i](body.0.norm2[b, t, i] * body.0.wide.weight[o, i]) + body.0.wide.bias[o]
   (23) body.0.wide.r[b, t, o] = erf(sqrt(2) * body.0.wide.z[b, t, o] / 2)
   (24) body.0.wide[b, t, o] = body.0.wide.z[b, t, o] * (1 + body.0.wide.r[b, t, o]) / 2
   (106) d.body.0.wide.z[b, t, o] = d.body.0.wide[b, t, o] * (1 + sqrt(2 / pi) * body.0.wide.z[b, t, o] * exp(-body.0.wide.z[b, t, o]**2 / 2) + body.0.wide.r[b, t, o]) / 2
   and, in other places, (46) (47) (48) (75)
*/
static void linear_gelu_d_z_64_256_64(
    real *restrict d_z_factor,   /* [B, 64, 256] */
    real *restrict wide_2,       /* [B, 64, 256] */
    const real *restrict norm2,  /* [B, 64, 64] */
    const real *restrict weight, /* [256, 64] */
    const real *restrict bias,   /* [256] */
    int batch)
{
    for (int j_tile = 0; j_tile < 256; j_tile += 256) {
        _Alignas(BYTES) real panels[64 * 256];
        _Alignas(BYTES) real tile[STRIP_ROWS * 272];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 64; i_tile += STRIP_ROWS) {
            const int rows = batch * 64 - i_tile < STRIP_ROWS ? batch * 64 - i_tile : STRIP_ROWS;
            const int columns = 256 - j_tile < 256 ? 256 - j_tile : 256;
            multiply_strip(tile, 272, panels, fresh, rows, columns, 64,
                           norm2 + i_tile * 64, 64, 1,
                           weight + j_tile * 64, 1, 64);
            fresh = 0;
            for (int r_2 = 0; r_2 < rows; r_2++) {
                const int place = i_tile + r_2;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real z = tile[r_2 * 272 + c] + bias[o]; /* (22) */
                    const real r = erf_single(0.7071067811865476f * z); /* (23) */
                    d_z_factor[place * 256 + o] = 0.5f * (0.7978845608028654f * exp_single(-(0.5f * square(z))) * z + r + 1.0f); /* (106) */
                    wide_2[place * 256 + o] = 0.5f * (r + 1.0f) * z; /* (24) */
                }
            }
        }
    }
}

/* norm: layernorm
   (51) norm.m[b, t] = sum[i](body.1.sum2[b, t, i]) / 64
   (52) norm.v[b, t] = sum[i]((body.1.sum2[b, t, i] - norm.m[b, t])**2) / 64
   (53) norm.r[b, t] = 1 / sqrt(norm.v[b, t] + layernorm.eps)
   (54) norm.n[b, t, j] = norm.r[b, t] * (body.1.sum2[b, t, j] - norm.m[b, t])
   (55) norm[b, t, j] = norm.n[b, t, j] * norm.weight[j] + norm.bias[j]
*/
static void layernorm_64_64_v3(
    real *restrict r,            /* [B, 64] */
    real *restrict sum2,         /* [B, 64, 64] */
    real *restrict norm,         /* [B, 64, 64] */
    const real *restrict weight, /* [64] */
    const real *restrict bias,   /* [64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            real parts[16] = {0};
            for (int d_first = 0; d_first < 64; d_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int d = d_first + part;
                    parts[part] += sum2[b * 4096 + t * 64 + d];
                }
            }
            const real sum = sum_of(parts);
            const real m = 0.015625f * sum; /* (51) */
            real parts_2[16] = {0};
            for (int d_first_2 = 0; d_first_2 < 64; d_first_2 += 16) {
                for (int part_2 = 0; part_2 < 16; part_2++) {
                    const int d = d_first_2 + part_2;
                    parts_2[part_2] += square(sum2[b * 4096 + t * 64 + d] - m);
                }
            }
            const real sum_2 = sum_of(parts_2);
            const real v = 0.015625f * sum_2; /* (52) */
            r[b * 64 + t] = 1.0f / sqrtf(v + 1e-05f); /* (53) */
            for (int j = 0; j < 64; j++) {
                sum2[b * 4096 + t * 64 + j] = r[b * 64 + t] * (sum2[b * 4096 + t * 64 + j] - m); /* (54) */
                norm[b * 4096 + t * 64 + j] = sum2[b * 4096 + t * 64 + j] * weight[j] + bias[j]; /* (55) */
            }
        }
    }
}

/* loss: cross_entropy; head: gradient of linear
   (57) loss.m[b, t] = max[i](head[b, t, i])
   (58) loss.e[b, t, j] = exp(head[b, t, j] - loss.m[b, t])
   (59) loss.S[b, t] = sum[i](loss.e[b, t, i])
   (60) loss.p[b, t, j] = loss.e[b, t, j] / loss.S[b, t]
   (62) d.head[b, t, o] = (loss.p[b, t, o] - (o == next[b, t])) / (64 * B)
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
    const real scale2 = 1.0f / (64.0f * (real)batch); /* (62) */
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
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
            m[b * 64 + t] = largest; /* (57) */
            for (int j = 0; j < 96; j++) {
                e[b * 6144 + t * 96 + j] = exp_single(head[b * 6144 + t * 96 + j] - m[b * 64 + t]); /* (58) */
            }
            real parts_2[16] = {0};
            for (int j_first = 0; j_first < 96; j_first += 16) {
                for (int part_2 = 0; part_2 < 16; part_2++) {
                    const int j = j_first + part_2;
                    parts_2[part_2] += e[b * 6144 + t * 96 + j];
                }
            }
            const real sum = sum_of(parts_2);
            S[b * 64 + t] = sum; /* (59) */
            const real scale = 1.0f / S[b * 64 + t];
            for (int j = 0; j < 96; j++) {
                const real p = scale * e[b * 6144 + t * 96 + j]; /* (60) */
                d_head[b * 6144 + t * 96 + j] = scale2 * (p - (j == next[b * 64 + t] ? 1.0f : 0.0f)); /* (62) */
            }
        }
    }
}

/* head: gradient of linear
   (63) d.head.weight[o, i] = sum[b, j](d.head[b, j, o] * norm[b, j, i])
*/
static void d_weight_96_64_64(
    real *restrict d_weight,     /* [96, 64] */
    const real *restrict d_head, /* [B, 64, 96] */
    const real *restrict norm,   /* [B, 64, 64] */
    int batch)
{
    for (int j_tile = 0; j_tile < 64; j_tile += 64) {
        _Alignas(BYTES) real panels[DEPTH * 64];
        _Alignas(BYTES) real tile[48 * 80];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < 96; i_tile += 48) {
            const int rows = 96 - i_tile < 48 ? 96 - i_tile : 48;
            const int columns = 64 - j_tile < 64 ? 64 - j_tile : 64;
            multiply_across(tile, 80, panels, fresh, rows, columns, batch * 64,
                            d_head + i_tile, 1, 96,
                            norm + j_tile, 64, 1,
                            0, 0, 0);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_weight[o * 64 + i] = tile[r * 80 + c];
                }
            }
        }
    }
}

/* head: gradient of linear
   (64) d.head.bias[o] = sum[b, i](d.head[b, i, o])
*/
static void d_bias_96_64(
    real *restrict d_bias,       /* [96] */
    const real *restrict d_head, /* [B, 64, 96] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int o_first = 0; o_first < 96; o_first += 64) {
        const int o_last = o_first + 64 < 96 ? o_first + 64 : 96;
        real sum[64] = {0};
        for (int b = 0; b < batch; b++) {
            for (int t = 0; t < 64; t++) {
                for (int o = o_first; o < o_last; o++) {
                    sum[o - o_first] += d_head[b * 6144 + t * 96 + o];
                }
            }
        }
        for (int o = o_first; o < o_last; o++) {
            d_bias[o] = sum[o - o_first];
        }
    }
}

/* norm: gradient of layernorm
   (65) d.norm[b, t, j] = sum[i](d.head[b, t, i] * head.weight[i, j])
*/
static void d_norm_64_64_96(
    real *restrict d_norm,       /* [B, 64, 64] */
    const real *restrict d_head, /* [B, 64, 96] */
    const real *restrict weight, /* [96, 64] */
    int batch)
{
    for (int j_tile = 0; j_tile < 64; j_tile += 64) {
        _Alignas(BYTES) real panels[96 * 64];
        _Alignas(BYTES) real tile[STRIP_ROWS * 80];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 64; i_tile += STRIP_ROWS) {
            const int rows = batch * 64 - i_tile < STRIP_ROWS ? batch * 64 - i_tile : STRIP_ROWS;
            const int columns = 64 - j_tile < 64 ? 64 - j_tile : 64;
            multiply_strip(tile, 80, panels, fresh, rows, columns, 96,
                           d_head + i_tile * 96, 96, 1,
                           weight + j_tile, 64, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int place = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int j = j_tile + c;
                    d_norm[place * 64 + j] = tile[r * 80 + c];
                }
            }
        }
    }
}

/* norm: gradient of layernorm
   (66) d.norm.weight[j] = sum[b, i](d.norm[b, i, j] * norm.n[b, i, j])
   and, in other places, (79), (97), (110), (128)
*/
static void d_weight_64_64(
    real *restrict d_weight,     /* [64] */
    const real *restrict d_norm, /* [B, 64, 64] */
    const real *restrict sum2,   /* [B, 64, 64] */
    int batch)
{
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            for (int j = 0; j < 64; j++) {
                sum[j] += d_norm[b * 4096 + t * 64 + j] * sum2[b * 4096 + t * 64 + j];
            }
        }
    }
    for (int j = 0; j < 64; j++) {
        d_weight[j] = sum[j];
    }
}

/* norm: gradient of layernorm
   (67) d.norm.bias[j] = sum[b, i](d.norm[b, i, j])
   and, in other places, (73), (80), (86), (98), (104), (111), (117), (129)
*/
static void d_bias_64_64(
    real *restrict d_bias,       /* [64] */
    const real *restrict d_norm, /* [B, 64, 64] */
    int batch)
{
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            for (int j = 0; j < 64; j++) {
                sum[j] += d_norm[b * 4096 + t * 64 + j];
            }
        }
    }
    for (int j = 0; j < 64; j++) {
        d_bias[j] = sum[j];
    }
}

/* norm: gradient of layernorm; body.1.sum2: gradient of add
   (68) d.norm.n[b, t, j] = d.norm[b, t, j] * norm.weight[j]
   (69) body.1.sum2.r[b, t] = sum[i](d.norm.n[b, t, i] * norm.n[b, t, i])
   and, in other places, (81) (82), (99) (100), (112) (113), (130) (131)
*/
static void d_n_r_64_64(
    real *restrict r,            /* [B, 64] */
    const real *restrict d_norm, /* [B, 64, 64] */
    const real *restrict weight, /* [64] */
    const real *restrict sum2,   /* [B, 64, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            real parts[16] = {0};
            for (int j_first = 0; j_first < 64; j_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int j = j_first + part;
                    parts[part] += d_norm[b * 4096 + t * 64 + j] * weight[j] * sum2[b * 4096 + t * 64 + j];
                }
            }
            const real sum = sum_of(parts);
            r[b * 64 + t] = sum;
        }
    }
}

/* norm: gradient of layernorm; body.1.sum2: gradient of add
   (68) d.norm.n[b, t, j] = d.norm[b, t, j] * norm.weight[j]
   (70) body.1.sum2.r2[b, t] = sum[i](d.norm.n[b, t, i])
   (71) d.body.1.sum2[b, t, d] = norm.r[b, t] * (d.norm.n[b, t, d] - body.1.sum2.r[b, t] * norm.n[b, t, d] / 64 - body.1.sum2.r2[b, t] / 64)
*/
static void d_n_r2_d_sum2_64_64(
    real *restrict d_norm,              /* [B, 64, 64] */
    const real *restrict weight,        /* [64] */
    const real *restrict r,             /* [B, 64] */
    const real *restrict body_1_sum2_r, /* [B, 64] */
    const real *restrict sum2,          /* [B, 64, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            real parts[16] = {0};
            for (int j_first = 0; j_first < 64; j_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int j = j_first + part;
                    parts[part] += d_norm[b * 4096 + t * 64 + j] * weight[j];
                }
            }
            const real r2 = sum_of(parts); /* (68) (70) */
            const real scale = 0.015625f * r2;
            const real scale2 = 0.015625f * body_1_sum2_r[b * 64 + t];
            for (int d = 0; d < 64; d++) {
                d_norm[b * 4096 + t * 64 + d] = r[b * 64 + t] * (d_norm[b * 4096 + t * 64 + d] * weight[d] - scale - scale2 * sum2[b * 4096 + t * 64 + d]); /* (68) (71) */
            }
        }
    }
}

/* body.1.narrow: gradient of linear
   (72) d.body.1.narrow.weight[o, i] = sum[b, j](body.1.wide[b, j, i] * d.body.1.sum2[b, j, o])
   and, in other places, (103)
*/
static void d_weight_64_256_64(
    real *restrict d_weight,     /* [64, 256] */
    const real *restrict d_norm, /* [B, 64, 64] */
    const real *restrict wide_2, /* [B, 64, 256] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = COLD;
        for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
            const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch * 64,
                     d_norm + i_tile, 1, 64,
                     wide_2 + j_tile, 256, 1);
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

/* body.1.wide: gradient of gelu, gradient of linear
   (74) d.body.1.wide[b, t, o] = sum[i](d.body.1.sum2[b, t, i] * body.1.narrow.weight[i, o])
   (75) d.body.1.wide.z[b, t, o] = d.body.1.wide[b, t, o] * (1 + sqrt(2 / pi) * body.1.wide.z[b, t, o] * exp(-body.1.wide.z[b, t, o]**2 / 2) + body.1.wide.r[b, t, o]) / 2
   and, in other places, (105) (106)
*/
static void d_wide_d_z_64_256_64(
    real *restrict d_z_factor,   /* [B, 64, 256] */
    const real *restrict d_norm, /* [B, 64, 64] */
    const real *restrict weight, /* [64, 256] */
    int batch)
{
    for (int j_tile = 0; j_tile < 256; j_tile += 256) {
        _Alignas(BYTES) real panels[64 * 256];
        _Alignas(BYTES) real tile[STRIP_ROWS * 272];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 64; i_tile += STRIP_ROWS) {
            const int rows = batch * 64 - i_tile < STRIP_ROWS ? batch * 64 - i_tile : STRIP_ROWS;
            const int columns = 256 - j_tile < 256 ? 256 - j_tile : 256;
            multiply_strip(tile, 272, panels, fresh, rows, columns, 64,
                           d_norm + i_tile * 64, 64, 1,
                           weight + j_tile, 256, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int place = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int o = j_tile + c;
                    const real d_wide = tile[r * 272 + c]; /* (74) */
                    d_z_factor[place * 256 + o] = d_z_factor[place * 256 + o] * d_wide; /* (75) */
                }
            }
        }
    }
}

/* body.1.wide: gradient of linear
   (76) d.body.1.wide.weight[o, i] = sum[b, j](body.1.norm2[b, j, i] * d.body.1.wide.z[b, j, o])
   and, in other places, (107)
*/
static void d_weight_256_64_64(
    real *restrict d_weight,         /* [256, 64] */
    const real *restrict d_z_factor, /* [B, 64, 256] */
    const real *restrict norm2,      /* [B, 64, 64] */
    int batch)
{
    for (int j_tile = 0; j_tile < 64; j_tile += 64) {
        _Alignas(BYTES) real panels[DEPTH * 64];
        _Alignas(BYTES) real tile[132 * 80];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < 256; i_tile += 132) {
            const int rows = 256 - i_tile < 132 ? 256 - i_tile : 132;
            const int columns = 64 - j_tile < 64 ? 64 - j_tile : 64;
            multiply_across(tile, 80, panels, fresh, rows, columns, batch * 64,
                            d_z_factor + i_tile, 1, 256,
                            norm2 + j_tile, 64, 1,
                            0, 0, 0);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    d_weight[o * 64 + i] = tile[r * 80 + c];
                }
            }
        }
    }
}

/* body.1.wide: gradient of linear
   (77) d.body.1.wide.bias[o] = sum[b, i](d.body.1.wide.z[b, i, o])
   and, in other places, (108)
*/
static void d_bias_256_64(
    real *restrict d_bias,           /* [256] */
    const real *restrict d_z_factor, /* [B, 64, 256] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int o_first = 0; o_first < 256; o_first += 64) {
        const int o_last = o_first + 64 < 256 ? o_first + 64 : 256;
        real sum[64] = {0};
        for (int b = 0; b < batch; b++) {
            for (int t = 0; t < 64; t++) {
                for (int o = o_first; o < o_last; o++) {
                    sum[o - o_first] += d_z_factor[b * 16384 + t * 256 + o];
                }
            }
        }
        for (int o = o_first; o < o_last; o++) {
            d_bias[o] = sum[o - o_first];
        }
    }
}

/* body.1.norm2: gradient of layernorm
   (78) d.body.1.norm2[b, t, j] = sum[i](d.body.1.wide.z[b, t, i] * body.1.wide.weight[i, j])
   and, in other places, (109)
*/
static void d_norm2_64_64_256(
    real *restrict d_norm2,          /* [B, 64, 64] */
    const real *restrict d_z_factor, /* [B, 64, 256] */
    const real *restrict weight,     /* [256, 64] */
    int batch)
{
    for (int j_tile = 0; j_tile < 64; j_tile += 64) {
        _Alignas(BYTES) real panels[256 * 64];
        _Alignas(BYTES) real tile[STRIP_ROWS * 80];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 64; i_tile += STRIP_ROWS) {
            const int rows = batch * 64 - i_tile < STRIP_ROWS ? batch * 64 - i_tile : STRIP_ROWS;
            const int columns = 64 - j_tile < 64 ? 64 - j_tile : 64;
            multiply_strip(tile, 80, panels, fresh, rows, columns, 256,
                           d_z_factor + i_tile * 256, 256, 1,
                           weight + j_tile, 64, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int place = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int j = j_tile + c;
                    d_norm2[place * 64 + j] = tile[r * 80 + c];
                }
            }
        }
    }
}

/* body.1.norm2: gradient of layernorm; body.1.sum1: gradient of add
   (81) d.body.1.norm2.n[b, t, j] = d.body.1.norm2[b, t, j] * body.1.norm2.weight[j]
   (83) body.1.sum1.r2[b, t] = sum[i](d.body.1.norm2.n[b, t, i])
   (84) d.body.1.sum1[b, t, d] = body.1.norm2.r[b, t] * (d.body.1.norm2.n[b, t, d] - body.1.sum1.r[b, t] * body.1.norm2.n[b, t, d] / 64 - body.1.sum1.r2[b, t] / 64) + d.body.1.sum2[b, t, d]
   and, in other places, (99) (101) (102), (112) (114) (115), (130) (132) (133)
*/
static void d_n_r2_d_sum1_64_64(
    real *restrict d_norm2,             /* [B, 64, 64] */
    const real *restrict weight,        /* [64] */
    const real *restrict r,             /* [B, 64] */
    const real *restrict body_1_sum1_r, /* [B, 64] */
    const real *restrict n,             /* [B, 64, 64] */
    const real *restrict d_norm,        /* [B, 64, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            real parts[16] = {0};
            for (int j_first = 0; j_first < 64; j_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int j = j_first + part;
                    parts[part] += d_norm2[b * 4096 + t * 64 + j] * weight[j];
                }
            }
            const real r2 = sum_of(parts); /* (81) (83) */
            const real scale = 0.015625f * r2;
            const real scale2 = 0.015625f * body_1_sum1_r[b * 64 + t];
            for (int d = 0; d < 64; d++) {
                d_norm2[b * 4096 + t * 64 + d] = r[b * 64 + t] * (d_norm2[b * 4096 + t * 64 + d] * weight[d] - scale - scale2 * n[b * 4096 + t * 64 + d]) + d_norm[b * 4096 + t * 64 + d]; /* (81) (84) */
            }
        }
    }
}

/* body.1.attention: gradient of attention
   (85) d.body.1.attention.out_proj.weight[m, d] = sum[b, i](body.1.attention.v[b, i, d] * d.body.1.sum1[b, i, m])
   and, in other places, (116)
*/
static void d_weight_64_64_64(
    real *restrict d_weight,      /* [64, 64] */
    const real *restrict d_norm2, /* [B, 64, 64] */
    const real *restrict v,       /* [B, 64, 64] */
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
            multiply(tile, panel, fresh, rows, columns, batch * 64,
                     d_norm2 + i_tile, 1, 64,
                     v + j_tile, 64, 1);
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

/* body.1.attention: gradient of attention
   (87) d.body.1.attention.v[b, i, d] = sum[j](d.body.1.sum1[b, i, j] * body.1.attention.out_proj.weight[j, d])
   and, in other places, (118)
*/
static void d_v_64_64_64(
    real *restrict d_v,           /* [B, 64, 64] */
    const real *restrict d_norm2, /* [B, 64, 64] */
    const real *restrict weight,  /* [64, 64] */
    int batch)
{
    for (int j_tile = 0; j_tile < 64; j_tile += 64) {
        _Alignas(BYTES) real panels[64 * 64];
        _Alignas(BYTES) real tile[STRIP_ROWS * 80];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 64; i_tile += STRIP_ROWS) {
            const int rows = batch * 64 - i_tile < STRIP_ROWS ? batch * 64 - i_tile : STRIP_ROWS;
            const int columns = 64 - j_tile < 64 ? 64 - j_tile : 64;
            multiply_strip(tile, 80, panels, fresh, rows, columns, 64,
                           d_norm2 + i_tile * 64, 64, 1,
                           weight + j_tile, 64, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int place = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int d = j_tile + c;
                    d_v[place * 64 + d] = tile[r * 80 + c];
                }
            }
        }
    }
}

/* body.1.attention: gradient of attention
   (88) d.body.1.attention.p[b, h, i, j] = sum[k](body.1.attention.u[b, j, 16*h + k + 128] * d.body.1.attention.v[b, i, 16*h + k])
   and, in other places, (119)
*/
static void d_p_4_64_64_16(
    real *restrict d_p,       /* [B, 4, 64, 64] */
    const real *restrict d_v, /* [B, 64, 64] */
    const real *restrict u,   /* [B, 64, 192] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int h = 0; h < 4; h++) {
            for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
                _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
                _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
                int fresh = COLD;
                for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
                    const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
                    const int columns = COLUMNS;
                    multiply_copied(tile, panel, fresh, rows, columns, 16,
                                    d_v + b * 4096 + 16 * h + i_tile * 64, 64, 1,
                                    u + b * 12288 + 16 * h + 128 + j_tile * 192, 1, 192);
                    fresh = 0;
                    for (int r = 0; r < rows; r++) {
                        const int i = i_tile + r;
                        for (int c = 0; c < columns; c++) {
                            const int j = j_tile + c;
                            d_p[b * 16384 + h * 4096 + i * 64 + j] = tile[r * COLUMNS + c];
                        }
                    }
                }
            }
        }
    }
}

/* body.1.attention: gradient of attention
   (89) body.1.attention.r[b, h, i] = sum[j](body.1.attention.p[b, h, i, j] * d.body.1.attention.p[b, h, i, j])
   (90) d.body.1.attention.s[b, h, i, j] = body.1.attention.p[b, h, i, j] * (d.body.1.attention.p[b, h, i, j] - body.1.attention.r[b, h, i])
   and, in other places, (120) (121)
*/
static void r_d_s_4_64_64(
    real *restrict d_p,     /* [B, 4, 64, 64] */
    const real *restrict s, /* [B, 4, 64, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int hi = 0; hi < 256; hi++) {
            real parts[16] = {0};
            for (int j_first = 0; j_first < 64; j_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int j = j_first + part;
                    parts[part] += d_p[b * 16384 + hi * 64 + j] * s[b * 16384 + hi * 64 + j];
                }
            }
            const real r = sum_of(parts); /* (89) */
            for (int j = 0; j < 64; j++) {
                d_p[b * 16384 + hi * 64 + j] = (d_p[b * 16384 + hi * 64 + j] - r) * s[b * 16384 + hi * 64 + j]; /* (90) */
            }
        }
    }
}

/* body.1.attention: gradient of attention (one side of the product)
   (91) body.1.attention.r2[b, f, i] = sum[j](body.1.attention.u[b, j, f + 64] * d.body.1.attention.s[b, f // 16, i, j])
   (92) body.1.attention.r3[b, f, i] = sum[j](d.body.1.attention.v[b, j, f - 128] * body.1.attention.p[b, (f - 128) // 16, j, i])
   (93) d.body.1.attention.u[b, i, f] = sum[j](body.1.attention.u[b, j, f - 64] * d.body.1.attention.s[b, (f - 64) // 16, j, i]) / 4 + body.1.attention.r2[b, f, i] / 4 + body.1.attention.r3[b, f, i]
   and, in other places, (122) (123) (124)
*/
static void r2_r3_d_u_64_4_16_64(
    real *restrict d_u,       /* [B, 64, 192] */
    const real *restrict d_p, /* [B, 4, 64, 64] */
    const real *restrict u,   /* [B, 64, 192] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int f1 = 0; f1 < 4; f1++) {
            for (int j_tile = 0; j_tile < 16; j_tile += COLUMNS) {
                _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
                _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
                int fresh = 1;
                for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
                    const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
                    const int columns = 16 - j_tile < COLUMNS ? 16 - j_tile : COLUMNS;
                    multiply_copied(tile, panel, fresh, rows, columns, 64,
                                    d_p + b * 16384 + f1 * 4096 + i_tile * 64, 64, 1,
                                    u + b * 12288 + 16 * f1 + 64 + j_tile, 192, 1);
                    fresh = 0;
                    for (int r = 0; r < rows; r++) {
                        const int i = i_tile + r;
                        for (int c = 0; c < columns; c++) {
                            const int f0 = j_tile + c;
                            d_u[b * 12288 + i * 192 + 16 * f1 + f0] = 0.25f * tile[r * COLUMNS + c];
                        }
                    }
                }
            }
        }
    }
}

/* body.1.attention: gradient of attention (one side of the product)
   (91) body.1.attention.r2[b, f, i] = sum[j](body.1.attention.u[b, j, f + 64] * d.body.1.attention.s[b, f // 16, i, j])
   (92) body.1.attention.r3[b, f, i] = sum[j](d.body.1.attention.v[b, j, f - 128] * body.1.attention.p[b, (f - 128) // 16, j, i])
   (93) d.body.1.attention.u[b, i, f] = sum[j](body.1.attention.u[b, j, f - 64] * d.body.1.attention.s[b, (f - 64) // 16, j, i]) / 4 + body.1.attention.r2[b, f, i] / 4 + body.1.attention.r3[b, f, i]
   and, in other places, (122) (123) (124)
*/
static void r2_r3_d_u_64_4_16_64_v2(
    real *restrict d_u,       /* [B, 64, 192] */
    const real *restrict d_p, /* [B, 4, 64, 64] */
    const real *restrict u,   /* [B, 64, 192] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int f1 = 0; f1 < 4; f1++) {
            for (int j_tile = 0; j_tile < 16; j_tile += COLUMNS) {
                _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
                _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
                int fresh = 1;
                for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
                    const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
                    const int columns = 16 - j_tile < COLUMNS ? 16 - j_tile : COLUMNS;
                    multiply_copied(tile, panel, fresh, rows, columns, 64,
                                    d_p + b * 16384 + f1 * 4096 + i_tile, 1, 64,
                                    u + b * 12288 + 16 * f1 + j_tile, 192, 1);
                    fresh = 0;
                    for (int r = 0; r < rows; r++) {
                        const int i = i_tile + r;
                        for (int c = 0; c < columns; c++) {
                            const int f0 = j_tile + c;
                            d_u[b * 12288 + i * 192 + 16 * f1 + f0 + 64] = 0.25f * tile[r * COLUMNS + c];
                        }
                    }
                }
            }
        }
    }
}

/* body.1.attention: gradient of attention
   (91) body.1.attention.r2[b, f, i] = sum[j](body.1.attention.u[b, j, f + 64] * d.body.1.attention.s[b, f // 16, i, j])
   (92) body.1.attention.r3[b, f, i] = sum[j](d.body.1.attention.v[b, j, f - 128] * body.1.attention.p[b, (f - 128) // 16, j, i])
   (93) d.body.1.attention.u[b, i, f] = sum[j](body.1.attention.u[b, j, f - 64] * d.body.1.attention.s[b, (f - 64) // 16, j, i]) / 4 + body.1.attention.r2[b, f, i] / 4 + body.1.attention.r3[b, f, i]
   and, in other places, (122) (123) (124)
*/
static void r2_r3_d_u_64_4_16_64_v3(
    real *restrict d_u,       /* [B, 64, 192] */
    const real *restrict s,   /* [B, 4, 64, 64] */
    const real *restrict d_v, /* [B, 64, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int f1 = 0; f1 < 4; f1++) {
            for (int j_tile = 0; j_tile < 16; j_tile += COLUMNS) {
                _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
                _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
                int fresh = 1;
                for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
                    const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
                    const int columns = 16 - j_tile < COLUMNS ? 16 - j_tile : COLUMNS;
                    multiply_copied(tile, panel, fresh, rows, columns, 64,
                                    s + b * 16384 + f1 * 4096 + i_tile, 1, 64,
                                    d_v + b * 4096 + 16 * f1 + j_tile, 64, 1);
                    fresh = 0;
                    for (int r = 0; r < rows; r++) {
                        const int i = i_tile + r;
                        for (int c = 0; c < columns; c++) {
                            const int f0 = j_tile + c;
                            d_u[b * 12288 + i * 192 + 16 * f1 + f0 + 128] = tile[r * COLUMNS + c];
                        }
                    }
                }
            }
        }
    }
}

/* body.1.attention: gradient of attention
   (94) d.body.1.attention.in_proj_weight[w, d] = sum[b, i](body.1.norm1[b, i, d] * d.body.1.attention.u[b, i, w])
   and, in other places, (125)
*/
static void d_in_proj_weight_192_64_64(
    real *restrict d_in_proj_weight, /* [192, 64] */
    const real *restrict d_u,        /* [B, 64, 192] */
    const real *restrict norm1,      /* [B, 64, 64] */
    int batch)
{
    for (int j_tile = 0; j_tile < 64; j_tile += 64) {
        _Alignas(BYTES) real panels[DEPTH * 64];
        _Alignas(BYTES) real tile[96 * 80];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < 192; i_tile += 96) {
            const int rows = 192 - i_tile < 96 ? 192 - i_tile : 96;
            const int columns = 64 - j_tile < 64 ? 64 - j_tile : 64;
            multiply_across(tile, 80, panels, fresh, rows, columns, batch * 64,
                            d_u + i_tile, 1, 192,
                            norm1 + j_tile, 64, 1,
                            0, 0, 0);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int w = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int d = j_tile + c;
                    d_in_proj_weight[w * 64 + d] = tile[r * 80 + c];
                }
            }
        }
    }
}

/* body.1.attention: gradient of attention (one side of the product)
   (95) d.body.1.attention.in_proj_bias[w] = 0 if 64 <= w < 128 else sum[b, i](d.body.1.attention.u[b, i, w])
   and, in other places, (126)
*/
static void d_in_proj_bias_64_64(
    real *restrict d_in_proj_bias, /* [192] */
    const real *restrict d_u,      /* [B, 64, 192] */
    int batch)
{
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 64; i++) {
            for (int w = 0; w < 64; w++) {
                sum[w] += d_u[b * 12288 + i * 192 + w];
            }
        }
    }
    for (int w = 0; w < 64; w++) {
        d_in_proj_bias[w] = sum[w];
    }
}

/* body.1.attention: gradient of attention (one side of the product)
   (95) d.body.1.attention.in_proj_bias[w] = 0 if 64 <= w < 128 else sum[b, i](d.body.1.attention.u[b, i, w])
   and, in other places, (126)
*/
static void d_in_proj_bias_64(
    real *restrict d_in_proj_bias) /* [192] */
{
    for (int w = 0; w < 64; w++) {
        d_in_proj_bias[w + 64] = 0.0f;
    }
}

/* body.1.attention: gradient of attention
   (95) d.body.1.attention.in_proj_bias[w] = 0 if 64 <= w < 128 else sum[b, i](d.body.1.attention.u[b, i, w])
   and, in other places, (126)
*/
static void d_in_proj_bias_64_64_v2(
    real *restrict d_in_proj_bias, /* [192] */
    const real *restrict d_u,      /* [B, 64, 192] */
    int batch)
{
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 64; i++) {
            for (int w = 0; w < 64; w++) {
                sum[w] += d_u[b * 12288 + i * 192 + w + 128];
            }
        }
    }
    for (int w = 0; w < 64; w++) {
        d_in_proj_bias[w + 128] = sum[w];
    }
}

/* body.1.norm1: gradient of layernorm
   (96) d.body.1.norm1[b, t, j] = sum[i](d.body.1.attention.u[b, t, i] * body.1.attention.in_proj_weight[i, j])
   and, in other places, (127)
*/
static void d_norm1_64_64_192(
    real *restrict d_norm1,              /* [B, 64, 64] */
    const real *restrict d_u,            /* [B, 64, 192] */
    const real *restrict in_proj_weight, /* [192, 64] */
    int batch)
{
    for (int j_tile = 0; j_tile < 64; j_tile += 64) {
        _Alignas(BYTES) real panels[192 * 64];
        _Alignas(BYTES) real tile[STRIP_ROWS * 80];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < batch * 64; i_tile += STRIP_ROWS) {
            const int rows = batch * 64 - i_tile < STRIP_ROWS ? batch * 64 - i_tile : STRIP_ROWS;
            const int columns = 64 - j_tile < 64 ? 64 - j_tile : 64;
            multiply_strip(tile, 80, panels, fresh, rows, columns, 192,
                           d_u + i_tile * 192, 192, 1,
                           in_proj_weight + j_tile, 64, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int place = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int j = j_tile + c;
                    d_norm1[place * 64 + j] = tile[r * 80 + c];
                }
            }
        }
    }
}

/* place: gradient of positional_embedding
   (134) d.place.weight[t, d] = sum[b](d.place[b, t, d])
*/
static void d_weight_64_64_v2(
    real *restrict d_weight,      /* [64, 64] */
    const real *restrict d_norm1, /* [B, 64, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int td_first = 0; td_first < 4096; td_first += 64) {
        const int td_last = td_first + 64 < 4096 ? td_first + 64 : 4096;
        real sum[64] = {0};
        for (int b = 0; b < batch; b++) {
            for (int td = td_first; td < td_last; td++) {
                sum[td - td_first] += d_norm1[b * 4096 + td];
            }
        }
        for (int td = td_first; td < td_last; td++) {
            d_weight[td] = sum[td - td_first];
        }
    }
}

/* token: gradient of embedding
   (135) d.token.weight[v, d] = sum[b, i](d.place[b, i, d] * (v == text[b, i]))
*/
static void d_weight_64_64_v3(
    real *restrict d_weight,      /* [96, 64] */
    const real *restrict d_norm1, /* [B, 64, 64] */
    const int32_t *restrict text, /* [B, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int d_first = 0; d_first < 64; d_first += 32) {
        for (int b = 0; b < batch; b++) {
            for (int i = 0; i < 64; i++) {
                for (int c = 0; c < 32; c++) {
                    const int d = d_first + c;
                    d_weight[(text[b * 64 + i]) * 64 + d] += d_norm1[b * 4096 + i * 64 + d];
                }
            }
        }
    }
}

/* optimizer: warmup_cosine schedule, adamw rate, next step
   (136) optimizer.eta = (1 + t) * lr / warmup if warmup > t else (1 + cos(pi * min(max(t - warmup, 0), steps - warmup) / (steps - warmup))) * (lr - min_lr) / 2 + min_lr
   (137) optimizer.rate = optimizer.eta / (1 - beta1**(1 + t))
   (138) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
   (139) optimizer.keep = 1 - optimizer.eta * weight_decay
   (140) t.next = 1 + t
*/
static void warmup_cosine_schedule_adamw_rate_next_step(
    double *restrict rate,
    double *restrict scale,
    double *restrict keep,
    double *restrict t,
    const double *restrict warmup,
    const double *restrict lr,
    const double *restrict steps,
    const double *restrict min_lr,
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict weight_decay)
{
    const double eta = choose_d(*warmup > *t, (*t + 1.0) * *lr / *warmup, 0.5 * (cos(3.141592653589793 * minimum_d(maximum_d(*t - *warmup, 0.0), *steps - *warmup) / (*steps - *warmup)) + 1.0) * (*lr - *min_lr) + *min_lr); /* (136) */
    *rate = eta / (1.0 - pow(*beta1, *t + 1.0)); /* (137) */
    *scale = 1.0 / sqrt(1.0 - pow(*beta2, *t + 1.0)); /* (138) */
    *keep = 1.0 - eta * *weight_decay; /* (139) */
    *t = *t + 1.0; /* (140) */
}

/* head: gradient of linear, adamw
   (64) d.head.bias[o] = sum[b, i](d.head[b, i, o])
   (228) head.bias.m.next[o] = (1 - beta1) * d.head.bias[o] + beta1 * head.bias.m[o]
   (229) head.bias.v.next[o] = (1 - beta2) * d.head.bias[o]**2 + beta2 * head.bias.v[o]
   (230) head.bias.next[o] = optimizer.keep * head.bias[o] - optimizer.rate * head.bias.m.next[o] / (optimizer.scale * sqrt(head.bias.v.next[o]) + eps)
*/
static void d_bias_adamw_96_64(
    real *restrict m,             /* [96] */
    real *restrict v,             /* [96] */
    real *restrict bias,          /* [96] */
    const real *restrict d_head,  /* [B, 64, 96] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (228) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (229) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (230) */
#pragma omp for schedule(static) nowait
    for (int o_first = 0; o_first < 96; o_first += 64) {
        const int o_last = o_first + 64 < 96 ? o_first + 64 : 96;
        real sum[64] = {0};
        for (int b = 0; b < batch; b++) {
            for (int t = 0; t < 64; t++) {
                for (int o = o_first; o < o_last; o++) {
                    sum[o - o_first] += d_head[b * 6144 + t * 96 + o];
                }
            }
        }
        for (int o = o_first; o < o_last; o++) {
            const real d_bias = sum[o - o_first]; /* (64) */
            m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (228) */
            v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (229) */
            bias[o] = keep_real * bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (230) */
        }
    }
}

/* head: gradient of linear, adamw
   (63) d.head.weight[o, i] = sum[b, j](d.head[b, j, o] * norm[b, j, i])
   (225) head.weight.m.next[o, i] = (1 - beta1) * d.head.weight[o, i] + beta1 * head.weight.m[o, i]
   (226) head.weight.v.next[o, i] = (1 - beta2) * d.head.weight[o, i]**2 + beta2 * head.weight.v[o, i]
   (227) head.weight.next[o, i] = optimizer.keep * head.weight[o, i] - optimizer.rate * head.weight.m.next[o, i] / (optimizer.scale * sqrt(head.weight.v.next[o, i]) + eps)
*/
static void d_weight_adamw_96_64_64(
    real *restrict m,             /* [96, 64] */
    real *restrict v,             /* [96, 64] */
    real *restrict weight,        /* [96, 64] */
    const real *restrict d_head,  /* [B, 64, 96] */
    const real *restrict norm,    /* [B, 64, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (225) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (226) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (227) */
    for (int j_tile = 0; j_tile < 64; j_tile += 64) {
        _Alignas(BYTES) real panels[DEPTH * 64];
        _Alignas(BYTES) real tile[48 * 80];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < 96; i_tile += 48) {
            const int rows = 96 - i_tile < 48 ? 96 - i_tile : 48;
            const int columns = 64 - j_tile < 64 ? 64 - j_tile : 64;
            multiply_across(tile, 80, panels, fresh, rows, columns, batch * 64,
                            d_head + i_tile, 1, 96,
                            norm + j_tile, 64, 1,
                            0, 0, 0);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * 80 + c]; /* (63) */
                    m[o * 64 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 64 + i]); /* (225) */
                    v[o * 64 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 64 + i]); /* (226) */
                    weight[o * 64 + i] = keep_real * weight[o * 64 + i] - rate_real * m[o * 64 + i] / (scale_real * sqrtf(v[o * 64 + i]) + eps_real); /* (227) */
                }
            }
        }
    }
}

/* norm: gradient of layernorm, adamw
   (67) d.norm.bias[j] = sum[b, i](d.norm[b, i, j])
   (222) norm.bias.m.next[j] = (1 - beta1) * d.norm.bias[j] + beta1 * norm.bias.m[j]
   (223) norm.bias.v.next[j] = (1 - beta2) * d.norm.bias[j]**2 + beta2 * norm.bias.v[j]
   (224) norm.bias.next[j] = optimizer.keep * norm.bias[j] - optimizer.rate * norm.bias.m.next[j] / (optimizer.scale * sqrt(norm.bias.v.next[j]) + eps)
   and, in other places, (73) (216) (217) (218), (80) (204) (205) (206), (86) (198) (199) (200), (98) (186) (187) (188), (104) (180) (181) (182), (111) (168) (169) (170), (117) (162) (163) (164), (129) (150) (151) (152)
*/
static void d_bias_adamw_64_64(
    real *restrict m,             /* [64] */
    real *restrict v,             /* [64] */
    real *restrict bias,          /* [64] */
    const real *restrict d_norm,  /* [B, 64, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (222) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (223) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (224) */
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            for (int j = 0; j < 64; j++) {
                sum[j] += d_norm[b * 4096 + t * 64 + j];
            }
        }
    }
    for (int j = 0; j < 64; j++) {
        const real d_bias = sum[j]; /* (67) */
        m[j] = normal(one_minus_beta1 * d_bias + beta1_real * m[j]); /* (222) */
        v[j] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[j]); /* (223) */
        bias[j] = keep_real * bias[j] - rate_real * m[j] / (scale_real * sqrtf(v[j]) + eps_real); /* (224) */
    }
}

/* norm: gradient of layernorm; body.1.sum2: gradient of add
   (68) d.norm.n[b, t, j] = d.norm[b, t, j] * norm.weight[j]
   (70) body.1.sum2.r2[b, t] = sum[i](d.norm.n[b, t, i])
   (71) d.body.1.sum2[b, t, d] = norm.r[b, t] * (d.norm.n[b, t, d] - body.1.sum2.r[b, t] * norm.n[b, t, d] / 64 - body.1.sum2.r2[b, t] / 64)
*/
static void d_n_r2_d_sum2_64_64_v2(
    real *restrict d_sum2,              /* [B, 64, 64] */
    const real *restrict d_norm,        /* [B, 64, 64] */
    const real *restrict weight,        /* [64] */
    const real *restrict r,             /* [B, 64] */
    const real *restrict body_1_sum2_r, /* [B, 64] */
    const real *restrict sum2,          /* [B, 64, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            real parts[16] = {0};
            for (int j_first = 0; j_first < 64; j_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int j = j_first + part;
                    parts[part] += d_norm[b * 4096 + t * 64 + j] * weight[j];
                }
            }
            const real r2 = sum_of(parts); /* (68) (70) */
            const real scale = 0.015625f * r2;
            const real scale2 = 0.015625f * body_1_sum2_r[b * 64 + t];
            for (int d = 0; d < 64; d++) {
                d_sum2[b * 4096 + t * 64 + d] = r[b * 64 + t] * (d_norm[b * 4096 + t * 64 + d] * weight[d] - scale - scale2 * sum2[b * 4096 + t * 64 + d]); /* (68) (71) */
            }
        }
    }
}

/* body.1.narrow: gradient of linear, adamw
   (72) d.body.1.narrow.weight[o, i] = sum[b, j](body.1.wide[b, j, i] * d.body.1.sum2[b, j, o])
   (213) body.1.narrow.weight.m.next[o, i] = (1 - beta1) * d.body.1.narrow.weight[o, i] + beta1 * body.1.narrow.weight.m[o, i]
   (214) body.1.narrow.weight.v.next[o, i] = (1 - beta2) * d.body.1.narrow.weight[o, i]**2 + beta2 * body.1.narrow.weight.v[o, i]
   (215) body.1.narrow.weight.next[o, i] = optimizer.keep * body.1.narrow.weight[o, i] - optimizer.rate * body.1.narrow.weight.m.next[o, i] / (optimizer.scale * sqrt(body.1.narrow.weight.v.next[o, i]) + eps)
   and, in other places, (103) (177) (178) (179)
*/
static void d_weight_adamw_64_256_64(
    real *restrict m,             /* [64, 256] */
    real *restrict v,             /* [64, 256] */
    real *restrict weight,        /* [64, 256] */
    const real *restrict d_sum2,  /* [B, 64, 64] */
    const real *restrict wide_2,  /* [B, 64, 256] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (213) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (214) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (215) */
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 256; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = COLD;
        for (int i_tile = 0; i_tile < 64; i_tile += TILE_ROWS) {
            const int rows = 64 - i_tile < TILE_ROWS ? 64 - i_tile : TILE_ROWS;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch * 64,
                     d_sum2 + i_tile, 1, 64,
                     wide_2 + j_tile, 256, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (72) */
                    m[o * 256 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 256 + i]); /* (213) */
                    v[o * 256 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 256 + i]); /* (214) */
                    weight[o * 256 + i] = keep_real * weight[o * 256 + i] - rate_real * m[o * 256 + i] / (scale_real * sqrtf(v[o * 256 + i]) + eps_real); /* (215) */
                }
            }
        }
    }
}

/* norm: gradient of layernorm, adamw
   (66) d.norm.weight[j] = sum[b, i](d.norm[b, i, j] * norm.n[b, i, j])
   (219) norm.weight.m.next[j] = (1 - beta1) * d.norm.weight[j] + beta1 * norm.weight.m[j]
   (220) norm.weight.v.next[j] = (1 - beta2) * d.norm.weight[j]**2 + beta2 * norm.weight.v[j]
   (221) norm.weight.next[j] = optimizer.keep * norm.weight[j] - optimizer.rate * norm.weight.m.next[j] / (optimizer.scale * sqrt(norm.weight.v.next[j]) + eps)
   and, in other places, (79) (201) (202) (203), (97) (183) (184) (185), (110) (165) (166) (167), (128) (147) (148) (149)
*/
static void d_weight_adamw_64_64(
    real *restrict m,             /* [64] */
    real *restrict v,             /* [64] */
    real *restrict weight,        /* [64] */
    const real *restrict d_norm,  /* [B, 64, 64] */
    const real *restrict sum2,    /* [B, 64, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (219) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (220) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (221) */
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            for (int j = 0; j < 64; j++) {
                sum[j] += d_norm[b * 4096 + t * 64 + j] * sum2[b * 4096 + t * 64 + j];
            }
        }
    }
    for (int j = 0; j < 64; j++) {
        const real d_weight = sum[j]; /* (66) */
        m[j] = normal(one_minus_beta1 * d_weight + beta1_real * m[j]); /* (219) */
        v[j] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[j]); /* (220) */
        weight[j] = keep_real * weight[j] - rate_real * m[j] / (scale_real * sqrtf(v[j]) + eps_real); /* (221) */
    }
}

/* body.1.wide: gradient of linear, adamw
   (77) d.body.1.wide.bias[o] = sum[b, i](d.body.1.wide.z[b, i, o])
   (210) body.1.wide.bias.m.next[o] = (1 - beta1) * d.body.1.wide.bias[o] + beta1 * body.1.wide.bias.m[o]
   (211) body.1.wide.bias.v.next[o] = (1 - beta2) * d.body.1.wide.bias[o]**2 + beta2 * body.1.wide.bias.v[o]
   (212) body.1.wide.bias.next[o] = optimizer.keep * body.1.wide.bias[o] - optimizer.rate * body.1.wide.bias.m.next[o] / (optimizer.scale * sqrt(body.1.wide.bias.v.next[o]) + eps)
   and, in other places, (108) (174) (175) (176)
*/
static void d_bias_adamw_256_64(
    real *restrict m,                /* [256] */
    real *restrict v,                /* [256] */
    real *restrict bias,             /* [256] */
    const real *restrict d_z_factor, /* [B, 64, 256] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (210) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (211) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (212) */
#pragma omp for schedule(static) nowait
    for (int o_first = 0; o_first < 256; o_first += 64) {
        const int o_last = o_first + 64 < 256 ? o_first + 64 : 256;
        real sum[64] = {0};
        for (int b = 0; b < batch; b++) {
            for (int t = 0; t < 64; t++) {
                for (int o = o_first; o < o_last; o++) {
                    sum[o - o_first] += d_z_factor[b * 16384 + t * 256 + o];
                }
            }
        }
        for (int o = o_first; o < o_last; o++) {
            const real d_bias = sum[o - o_first]; /* (77) */
            m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (210) */
            v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (211) */
            bias[o] = keep_real * bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (212) */
        }
    }
}

/* body.1.wide: gradient of linear, adamw
   (76) d.body.1.wide.weight[o, i] = sum[b, j](body.1.norm2[b, j, i] * d.body.1.wide.z[b, j, o])
   (207) body.1.wide.weight.m.next[o, i] = (1 - beta1) * d.body.1.wide.weight[o, i] + beta1 * body.1.wide.weight.m[o, i]
   (208) body.1.wide.weight.v.next[o, i] = (1 - beta2) * d.body.1.wide.weight[o, i]**2 + beta2 * body.1.wide.weight.v[o, i]
   (209) body.1.wide.weight.next[o, i] = optimizer.keep * body.1.wide.weight[o, i] - optimizer.rate * body.1.wide.weight.m.next[o, i] / (optimizer.scale * sqrt(body.1.wide.weight.v.next[o, i]) + eps)
   and, in other places, (107) (171) (172) (173)
*/
static void d_weight_adamw_256_64_64(
    real *restrict m,                /* [256, 64] */
    real *restrict v,                /* [256, 64] */
    real *restrict weight,           /* [256, 64] */
    const real *restrict d_z_factor, /* [B, 64, 256] */
    const real *restrict norm2,      /* [B, 64, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (207) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (208) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (209) */
    for (int j_tile = 0; j_tile < 64; j_tile += 64) {
        _Alignas(BYTES) real panels[DEPTH * 64];
        _Alignas(BYTES) real tile[132 * 80];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < 256; i_tile += 132) {
            const int rows = 256 - i_tile < 132 ? 256 - i_tile : 132;
            const int columns = 64 - j_tile < 64 ? 64 - j_tile : 64;
            multiply_across(tile, 80, panels, fresh, rows, columns, batch * 64,
                            d_z_factor + i_tile, 1, 256,
                            norm2 + j_tile, 64, 1,
                            0, 0, 0);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int o = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int i = j_tile + c;
                    const real d_weight = tile[r * 80 + c]; /* (76) */
                    m[o * 64 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 64 + i]); /* (207) */
                    v[o * 64 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 64 + i]); /* (208) */
                    weight[o * 64 + i] = keep_real * weight[o * 64 + i] - rate_real * m[o * 64 + i] / (scale_real * sqrtf(v[o * 64 + i]) + eps_real); /* (209) */
                }
            }
        }
    }
}

/* body.1.norm2: gradient of layernorm; body.1.sum1: gradient of add
   (81) d.body.1.norm2.n[b, t, j] = d.body.1.norm2[b, t, j] * body.1.norm2.weight[j]
   (83) body.1.sum1.r2[b, t] = sum[i](d.body.1.norm2.n[b, t, i])
   (84) d.body.1.sum1[b, t, d] = body.1.norm2.r[b, t] * (d.body.1.norm2.n[b, t, d] - body.1.sum1.r[b, t] * body.1.norm2.n[b, t, d] / 64 - body.1.sum1.r2[b, t] / 64) + d.body.1.sum2[b, t, d]
   and, in other places, (99) (101) (102), (112) (114) (115), (130) (132) (133)
*/
static void d_n_r2_d_sum1_64_64_v2(
    real *restrict d_sum2,              /* [B, 64, 64] */
    const real *restrict d_norm2,       /* [B, 64, 64] */
    const real *restrict weight,        /* [64] */
    const real *restrict r,             /* [B, 64] */
    const real *restrict body_1_sum1_r, /* [B, 64] */
    const real *restrict n,             /* [B, 64, 64] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int t = 0; t < 64; t++) {
            real parts[16] = {0};
            for (int j_first = 0; j_first < 64; j_first += 16) {
                for (int part = 0; part < 16; part++) {
                    const int j = j_first + part;
                    parts[part] += d_norm2[b * 4096 + t * 64 + j] * weight[j];
                }
            }
            const real r2 = sum_of(parts); /* (81) (83) */
            const real scale = 0.015625f * r2;
            const real scale2 = 0.015625f * body_1_sum1_r[b * 64 + t];
            for (int d = 0; d < 64; d++) {
                d_sum2[b * 4096 + t * 64 + d] = r[b * 64 + t] * (d_norm2[b * 4096 + t * 64 + d] * weight[d] - scale - scale2 * n[b * 4096 + t * 64 + d]) + d_sum2[b * 4096 + t * 64 + d]; /* (81) (84) */
            }
        }
    }
}

/* body.1.attention: gradient of attention, adamw
   (85) d.body.1.attention.out_proj.weight[m, d] = sum[b, i](body.1.attention.v[b, i, d] * d.body.1.sum1[b, i, m])
   (195) body.1.attention.out_proj.weight.m.next[i, d] = (1 - beta1) * d.body.1.attention.out_proj.weight[i, d] + beta1 * body.1.attention.out_proj.weight.m[i, d]
   (196) body.1.attention.out_proj.weight.v.next[i, d] = (1 - beta2) * d.body.1.attention.out_proj.weight[i, d]**2 + beta2 * body.1.attention.out_proj.weight.v[i, d]
   (197) body.1.attention.out_proj.weight.next[i, d] = optimizer.keep * body.1.attention.out_proj.weight[i, d] - optimizer.rate * body.1.attention.out_proj.weight.m.next[i, d] / (optimizer.scale * sqrt(body.1.attention.out_proj.weight.v.next[i, d]) + eps)
   and, in other places, (116) (159) (160) (161)
*/
static void d_weight_adamw_64_64_64(
    real *restrict body_1_attention_out_proj_weight_m, /* [64, 64] */
    real *restrict v,                                  /* [64, 64] */
    real *restrict weight,                             /* [64, 64] */
    const real *restrict d_sum2,                       /* [B, 64, 64] */
    const real *restrict body_1_attention_v,           /* [B, 64, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const int high = even(64, TILE_ROWS / 2, ROWS); /* (85) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (195) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (196) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (197) */
#pragma omp for schedule(static) nowait
    for (int j_tile = 0; j_tile < 64; j_tile += COLUMNS) {
        _Alignas(BYTES) real panel[PANEL_DEPTH * COLUMNS];
        _Alignas(BYTES) real tile[TILE_ROWS * COLUMNS];
        int fresh = 1;
        for (int i_tile = 0; i_tile < 64; i_tile += high) {
            const int rows = 64 - i_tile < high ? 64 - i_tile : high;
            const int columns = COLUMNS;
            multiply(tile, panel, fresh, rows, columns, batch * 64,
                     d_sum2 + i_tile, 1, 64,
                     body_1_attention_v + j_tile, 64, 1);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int m = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int d = j_tile + c;
                    const real d_weight = tile[r * COLUMNS + c]; /* (85) */
                    body_1_attention_out_proj_weight_m[m * 64 + d] = normal(one_minus_beta1 * d_weight + beta1_real * body_1_attention_out_proj_weight_m[m * 64 + d]); /* (195) */
                    v[m * 64 + d] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[m * 64 + d]); /* (196) */
                    weight[m * 64 + d] = keep_real * weight[m * 64 + d] - rate_real * body_1_attention_out_proj_weight_m[m * 64 + d] / (scale_real * sqrtf(v[m * 64 + d]) + eps_real); /* (197) */
                }
            }
        }
    }
}

/* body.1.attention: adamw
   (192) body.1.attention.in_proj_bias.m.next[i] = (1 - beta1) * d.body.1.attention.in_proj_bias[i] + beta1 * body.1.attention.in_proj_bias.m[i]
   (193) body.1.attention.in_proj_bias.v.next[i] = (1 - beta2) * d.body.1.attention.in_proj_bias[i]**2 + beta2 * body.1.attention.in_proj_bias.v[i]
   (194) body.1.attention.in_proj_bias.next[i] = optimizer.keep * body.1.attention.in_proj_bias[i] - optimizer.rate * body.1.attention.in_proj_bias.m.next[i] / (optimizer.scale * sqrt(body.1.attention.in_proj_bias.v.next[i]) + eps)
   and, in other places, (156) (157) (158)
*/
static void adamw_192(
    real *restrict m,                    /* [192] */
    real *restrict v,                    /* [192] */
    real *restrict in_proj_bias,         /* [192] */
    const double *restrict beta1,
    const real *restrict d_in_proj_bias, /* [192] */
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (192) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (193) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (194) */
    for (int i = 0; i < 192; i++) {
        m[i] = normal(one_minus_beta1 * d_in_proj_bias[i] + beta1_real * m[i]); /* (192) */
        v[i] = normal(one_minus_beta2 * square(d_in_proj_bias[i]) + beta2_real * v[i]); /* (193) */
        in_proj_bias[i] = keep_real * in_proj_bias[i] - rate_real * m[i] / (scale_real * sqrtf(v[i]) + eps_real); /* (194) */
    }
}

/* body.1.attention: gradient of attention, adamw
   (94) d.body.1.attention.in_proj_weight[w, d] = sum[b, i](body.1.norm1[b, i, d] * d.body.1.attention.u[b, i, w])
   (189) body.1.attention.in_proj_weight.m.next[i, d] = (1 - beta1) * d.body.1.attention.in_proj_weight[i, d] + beta1 * body.1.attention.in_proj_weight.m[i, d]
   (190) body.1.attention.in_proj_weight.v.next[i, d] = (1 - beta2) * d.body.1.attention.in_proj_weight[i, d]**2 + beta2 * body.1.attention.in_proj_weight.v[i, d]
   (191) body.1.attention.in_proj_weight.next[i, d] = optimizer.keep * body.1.attention.in_proj_weight[i, d] - optimizer.rate * body.1.attention.in_proj_weight.m.next[i, d] / (optimizer.scale * sqrt(body.1.attention.in_proj_weight.v.next[i, d]) + eps)
   and, in other places, (125) (153) (154) (155)
*/
static void d_in_proj_weight_adamw_192_64_64(
    real *restrict m,              /* [192, 64] */
    real *restrict v,              /* [192, 64] */
    real *restrict in_proj_weight, /* [192, 64] */
    const real *restrict d_u,      /* [B, 64, 192] */
    const real *restrict norm1,    /* [B, 64, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (189) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (190) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (191) */
    for (int j_tile = 0; j_tile < 64; j_tile += 64) {
        _Alignas(BYTES) real panels[DEPTH * 64];
        _Alignas(BYTES) real tile[96 * 80];
        int fresh = 1;
#pragma omp for schedule(static) nowait
        for (int i_tile = 0; i_tile < 192; i_tile += 96) {
            const int rows = 192 - i_tile < 96 ? 192 - i_tile : 96;
            const int columns = 64 - j_tile < 64 ? 64 - j_tile : 64;
            multiply_across(tile, 80, panels, fresh, rows, columns, batch * 64,
                            d_u + i_tile, 1, 192,
                            norm1 + j_tile, 64, 1,
                            0, 0, 0);
            fresh = 0;
            for (int r = 0; r < rows; r++) {
                const int w = i_tile + r;
                for (int c = 0; c < columns; c++) {
                    const int d = j_tile + c;
                    const real d_in_proj_weight = tile[r * 80 + c]; /* (94) */
                    m[w * 64 + d] = normal(one_minus_beta1 * d_in_proj_weight + beta1_real * m[w * 64 + d]); /* (189) */
                    v[w * 64 + d] = normal(one_minus_beta2 * square(d_in_proj_weight) + beta2_real * v[w * 64 + d]); /* (190) */
                    in_proj_weight[w * 64 + d] = keep_real * in_proj_weight[w * 64 + d] - rate_real * m[w * 64 + d] / (scale_real * sqrtf(v[w * 64 + d]) + eps_real); /* (191) */
                }
            }
        }
    }
}

/* place: gradient of positional_embedding, adamw
   (134) d.place.weight[t, d] = sum[b](d.place[b, t, d])
   (144) place.weight.m.next[i, d] = (1 - beta1) * d.place.weight[i, d] + beta1 * place.weight.m[i, d]
   (145) place.weight.v.next[i, d] = (1 - beta2) * d.place.weight[i, d]**2 + beta2 * place.weight.v[i, d]
   (146) place.weight.next[i, d] = optimizer.keep * place.weight[i, d] - optimizer.rate * place.weight.m.next[i, d] / (optimizer.scale * sqrt(place.weight.v.next[i, d]) + eps)
*/
static void d_weight_adamw_64_64_v2(
    real *restrict m,             /* [64, 64] */
    real *restrict v,             /* [64, 64] */
    real *restrict weight,        /* [64, 64] */
    const real *restrict d_sum2,  /* [B, 64, 64] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (144) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (145) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (146) */
#pragma omp for schedule(static) nowait
    for (int td_first = 0; td_first < 4096; td_first += 64) {
        const int td_last = td_first + 64 < 4096 ? td_first + 64 : 4096;
        real sum[64] = {0};
        for (int b = 0; b < batch; b++) {
            for (int td = td_first; td < td_last; td++) {
                sum[td - td_first] += d_sum2[b * 4096 + td];
            }
        }
        for (int td = td_first; td < td_last; td++) {
            const real d_weight = sum[td - td_first]; /* (134) */
            m[td] = normal(one_minus_beta1 * d_weight + beta1_real * m[td]); /* (144) */
            v[td] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[td]); /* (145) */
            weight[td] = keep_real * weight[td] - rate_real * m[td] / (scale_real * sqrtf(v[td]) + eps_real); /* (146) */
        }
    }
}

/* token: adamw
   (141) token.weight.m.next[i, d] = (1 - beta1) * d.token.weight[i, d] + beta1 * token.weight.m[i, d]
   (142) token.weight.v.next[i, d] = (1 - beta2) * d.token.weight[i, d]**2 + beta2 * token.weight.v[i, d]
   (143) token.weight.next[i, d] = optimizer.keep * token.weight[i, d] - optimizer.rate * token.weight.m.next[i, d] / (optimizer.scale * sqrt(token.weight.v.next[i, d]) + eps)
*/
static void adamw_96_64(
    real *restrict m,              /* [96, 64] */
    real *restrict v,              /* [96, 64] */
    real *restrict weight,         /* [96, 64] */
    const double *restrict beta1,
    const real *restrict d_weight, /* [96, 64] */
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (141) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (142) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (143) */
#pragma omp for schedule(static) nowait
    for (int id = 0; id < 6144; id++) {
        m[id] = normal(one_minus_beta1 * d_weight[id] + beta1_real * m[id]); /* (141) */
        v[id] = normal(one_minus_beta2 * square(d_weight[id]) + beta2_real * v[id]); /* (142) */
        weight[id] = keep_real * weight[id] - rate_real * m[id] / (scale_real * sqrtf(v[id]) + eps_real); /* (143) */
    }
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_forward(const transformer_network *net, int threads)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const linear_part = net->workspace + 16;
    real *const place = linear_part + 34816 * capacity;
    real *const body_0_norm1 = linear_part;
    real *const body_0_attention_u = linear_part + 16384 * capacity;
    real *const body_0_attention_s = linear_part;
    real *const body_0_attention_v = linear_part + 38912 * capacity;
    real *const body_0_sum1 = linear_part + 16384 * capacity;
    real *const body_0_norm2 = linear_part + 20480 * capacity;
    real *const body_0_wide = linear_part;
    real *const body_0_sum2 = linear_part + 34816 * capacity;
    real *const body_1_norm1 = linear_part;
    real *const body_1_attention_u = linear_part + 16384 * capacity;
    real *const body_1_attention_s = linear_part;
    real *const body_1_attention_v = linear_part + 38912 * capacity;
    real *const body_1_sum1 = linear_part + 16384 * capacity;
    real *const body_1_norm2 = linear_part + 20480 * capacity;
    real *const body_1_wide = linear_part;
    real *const body_1_sum2 = linear_part + 20480 * capacity;
    real *const norm = linear_part + 24576 * capacity;
    real *const head = linear_part + 28672 * capacity;

    for (int turn = 0, each = (batch + threads - 1) / threads, turns = (each + 7) / 8; turn < turns; turn++) {
        const size_t row = (size_t)each * (size_t)turn / (size_t)turns * (size_t)threads;
        const size_t end = (size_t)each * (size_t)(turn + 1) / (size_t)turns * (size_t)threads;
        const int rows = (int)((end < (size_t)batch ? end : (size_t)batch) - row);
        /* (1) (2) (3) (4) (5) (6) (7) */
        embedding_positional_embedding_layernorm_64_64(place, body_0_norm1, net->parameters + token_weight,
                                                       net->in_text + row * 64, net->parameters + place_weight,
                                                       net->parameters + body_0_norm1_weight,
                                                       net->parameters + body_0_norm1_bias, rows);
#pragma omp barrier
        /* (8) */
        attention_64_192_64(body_0_attention_u, body_0_norm1, net->parameters + body_0_attention_in_proj_weight,
                            net->parameters + body_0_attention_in_proj_bias, rows);
#pragma omp barrier
        /* (9) */
        attention_4_64_64_16(body_0_attention_s, body_0_attention_u, rows);
        /* (10) (11) (12) (13) */
        attention_4_64_64(body_0_attention_s, rows);
        /* (14) */
        attention_64_4_16_64(body_0_attention_v, body_0_attention_s, body_0_attention_u, rows);
#pragma omp barrier
        /* (15) (16) */
        attention_add_64_64_64(body_0_sum1, body_0_attention_v, net->parameters + body_0_attention_out_proj_weight,
                               net->parameters + body_0_attention_out_proj_bias, place, rows);
#pragma omp barrier
        /* (17) (18) (19) (20) (21) */
        layernorm_64_64(body_0_norm2, body_0_sum1, net->parameters + body_0_norm2_weight,
                        net->parameters + body_0_norm2_bias, rows);
#pragma omp barrier
        /* (22) (23) (24) */
        linear_gelu_64_256_64(body_0_wide, body_0_norm2, net->parameters + body_0_wide_weight,
                              net->parameters + body_0_wide_bias, rows);
#pragma omp barrier
        /* (25) (26) */
        linear_add_64_64_256(body_0_sum2, body_0_wide, net->parameters + body_0_narrow_weight,
                             net->parameters + body_0_narrow_bias, body_0_sum1, rows);
#pragma omp barrier
        /* (27) (28) (29) (30) (31) */
        layernorm_64_64(body_1_norm1, body_0_sum2, net->parameters + body_1_norm1_weight,
                        net->parameters + body_1_norm1_bias, rows);
#pragma omp barrier
        /* (32) */
        attention_64_192_64(body_1_attention_u, body_1_norm1, net->parameters + body_1_attention_in_proj_weight,
                            net->parameters + body_1_attention_in_proj_bias, rows);
#pragma omp barrier
        /* (33) */
        attention_4_64_64_16(body_1_attention_s, body_1_attention_u, rows);
        /* (34) (35) (36) (37) */
        attention_4_64_64(body_1_attention_s, rows);
        /* (38) */
        attention_64_4_16_64(body_1_attention_v, body_1_attention_s, body_1_attention_u, rows);
#pragma omp barrier
        /* (39) (40) */
        attention_add_64_64_64_v2(body_1_sum1, body_1_attention_v,
                                  net->parameters + body_1_attention_out_proj_weight,
                                  net->parameters + body_1_attention_out_proj_bias, body_0_sum2, rows);
#pragma omp barrier
        /* (41) (42) (43) (44) (45) */
        layernorm_64_64(body_1_norm2, body_1_sum1, net->parameters + body_1_norm2_weight,
                        net->parameters + body_1_norm2_bias, rows);
#pragma omp barrier
        /* (46) (47) (48) */
        linear_gelu_64_256_64(body_1_wide, body_1_norm2, net->parameters + body_1_wide_weight,
                              net->parameters + body_1_wide_bias, rows);
#pragma omp barrier
        /* (49) (50) */
        linear_add_64_64_256(body_1_sum2, body_1_wide, net->parameters + body_1_narrow_weight,
                             net->parameters + body_1_narrow_bias, body_1_sum1, rows);
#pragma omp barrier
        /* (51) (52) (53) (54) (55) */
        layernorm_64_64(norm, body_1_sum2, net->parameters + norm_weight, net->parameters + norm_bias, rows);
#pragma omp barrier
        /* (56) */
        linear_64_96_64(head + row * 6144, norm, net->parameters + head_weight, net->parameters + head_bias, rows);
    }
}

double transformer_forward(const transformer_network *net)
{
    if (net->threads > 1) {
#pragma omp parallel num_threads(net->threads)
        share_of_forward(net, net->threads);
    } else
        share_of_forward(net, 1);
    return 0;
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_loss(const transformer_network *net, int threads)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const place = linear_part + 34816 * capacity;
    real *const body_0_norm1 = linear_part;
    real *const body_0_attention_u = linear_part + 16384 * capacity;
    real *const body_0_attention_s = linear_part;
    real *const body_0_attention_v = linear_part + 38912 * capacity;
    real *const body_0_sum1 = linear_part + 16384 * capacity;
    real *const body_0_norm2 = linear_part + 20480 * capacity;
    real *const body_0_wide = linear_part;
    real *const body_0_sum2 = linear_part + 34816 * capacity;
    real *const body_1_norm1 = linear_part;
    real *const body_1_attention_u = linear_part + 16384 * capacity;
    real *const body_1_attention_s = linear_part;
    real *const body_1_attention_v = linear_part + 38912 * capacity;
    real *const body_1_sum1 = linear_part + 16384 * capacity;
    real *const body_1_norm2 = linear_part + 20480 * capacity;
    real *const body_1_wide = linear_part;
    real *const body_1_sum2 = linear_part + 20480 * capacity;
    real *const norm = linear_part + 24576 * capacity;
    real *const head = linear_part + 28672 * capacity;
    real *const loss_m = linear_part + 43072 * capacity;
    real *const loss_e = linear_part;
    real *const loss_S = linear_part + 43008 * capacity;
    real *const loss = fixed;

    for (int turn = 0, each = (batch + threads - 1) / threads, turns = (each + 7) / 8; turn < turns; turn++) {
        const size_t row = (size_t)each * (size_t)turn / (size_t)turns * (size_t)threads;
        const size_t end = (size_t)each * (size_t)(turn + 1) / (size_t)turns * (size_t)threads;
        const int rows = (int)((end < (size_t)batch ? end : (size_t)batch) - row);
#pragma omp barrier
        /* (1) (2) (3) (4) (5) (6) (7) */
        embedding_positional_embedding_layernorm_64_64(place, body_0_norm1, net->parameters + token_weight,
                                                       net->in_text + row * 64, net->parameters + place_weight,
                                                       net->parameters + body_0_norm1_weight,
                                                       net->parameters + body_0_norm1_bias, rows);
#pragma omp barrier
        /* (8) */
        attention_64_192_64(body_0_attention_u, body_0_norm1, net->parameters + body_0_attention_in_proj_weight,
                            net->parameters + body_0_attention_in_proj_bias, rows);
#pragma omp barrier
        /* (9) */
        attention_4_64_64_16(body_0_attention_s, body_0_attention_u, rows);
        /* (10) (11) (12) (13) */
        attention_4_64_64(body_0_attention_s, rows);
        /* (14) */
        attention_64_4_16_64(body_0_attention_v, body_0_attention_s, body_0_attention_u, rows);
#pragma omp barrier
        /* (15) (16) */
        attention_add_64_64_64(body_0_sum1, body_0_attention_v, net->parameters + body_0_attention_out_proj_weight,
                               net->parameters + body_0_attention_out_proj_bias, place, rows);
#pragma omp barrier
        /* (17) (18) (19) (20) (21) */
        layernorm_64_64(body_0_norm2, body_0_sum1, net->parameters + body_0_norm2_weight,
                        net->parameters + body_0_norm2_bias, rows);
#pragma omp barrier
        /* (22) (23) (24) */
        linear_gelu_64_256_64(body_0_wide, body_0_norm2, net->parameters + body_0_wide_weight,
                              net->parameters + body_0_wide_bias, rows);
#pragma omp barrier
        /* (25) (26) */
        linear_add_64_64_256(body_0_sum2, body_0_wide, net->parameters + body_0_narrow_weight,
                             net->parameters + body_0_narrow_bias, body_0_sum1, rows);
#pragma omp barrier
        /* (27) (28) (29) (30) (31) */
        layernorm_64_64(body_1_norm1, body_0_sum2, net->parameters + body_1_norm1_weight,
                        net->parameters + body_1_norm1_bias, rows);
#pragma omp barrier
        /* (32) */
        attention_64_192_64(body_1_attention_u, body_1_norm1, net->parameters + body_1_attention_in_proj_weight,
                            net->parameters + body_1_attention_in_proj_bias, rows);
#pragma omp barrier
        /* (33) */
        attention_4_64_64_16(body_1_attention_s, body_1_attention_u, rows);
        /* (34) (35) (36) (37) */
        attention_4_64_64(body_1_attention_s, rows);
        /* (38) */
        attention_64_4_16_64(body_1_attention_v, body_1_attention_s, body_1_attention_u, rows);
#pragma omp barrier
        /* (39) (40) */
        attention_add_64_64_64_v2(body_1_sum1, body_1_attention_v,
                                  net->parameters + body_1_attention_out_proj_weight,
                                  net->parameters + body_1_attention_out_proj_bias, body_0_sum2, rows);
#pragma omp barrier
        /* (41) (42) (43) (44) (45) */
        layernorm_64_64(body_1_norm2, body_1_sum1, net->parameters + body_1_norm2_weight,
                        net->parameters + body_1_norm2_bias, rows);
#pragma omp barrier
        /* (46) (47) (48) */
        linear_gelu_64_256_64(body_1_wide, body_1_norm2, net->parameters + body_1_wide_weight,
                              net->parameters + body_1_wide_bias, rows);
#pragma omp barrier
        /* (49) (50) */
        linear_add_64_64_256(body_1_sum2, body_1_wide, net->parameters + body_1_narrow_weight,
                             net->parameters + body_1_narrow_bias, body_1_sum1, rows);
#pragma omp barrier
        /* (51) (52) (53) (54) (55) */
        layernorm_64_64(norm, body_1_sum2, net->parameters + norm_weight, net->parameters + norm_bias, rows);
#pragma omp barrier
        /* (56) */
        linear_64_96_64(head + row * 6144, norm, net->parameters + head_weight, net->parameters + head_bias, rows);
#pragma omp barrier
        /* (57) (58) (59) */
        cross_entropy_64_96(loss_m + row * 64, loss_e, loss_S + row * 64, head + row * 6144, rows);
    }
#pragma omp barrier
    /* (61) */
#pragma omp master
    cross_entropy_64(loss, loss_m, head, net->in_next, loss_S, batch);
}

double transformer_loss(const transformer_network *net)
{
    if (net->threads > 1) {
#pragma omp parallel num_threads(net->threads)
        share_of_loss(net, net->threads);
    } else
        share_of_loss(net, 1);
    return (double)net->workspace[0];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_gradients(const transformer_network *net, int threads)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const place = linear_part + 110592 * capacity;
    real *const body_0_norm1_r = linear_part + 190464 * capacity;
    real *const body_0_norm1_n = linear_part + 141312 * capacity;
    real *const body_0_norm1 = linear_part + 145408 * capacity;
    real *const body_0_attention_u = linear_part + 98304 * capacity;
    real *const body_0_attention_s = linear_part;
    real *const body_0_attention_v = linear_part + 149504 * capacity;
    real *const body_0_sum1 = linear_part + 114688 * capacity;
    real *const body_0_norm2_r = linear_part + 190528 * capacity;
    real *const body_0_norm2_n = linear_part + 153600 * capacity;
    real *const body_0_norm2 = linear_part + 157696 * capacity;
    real *const d_body_0_wide_z_factor = linear_part + 16384 * capacity;
    real *const body_0_wide = linear_part + 32768 * capacity;
    real *const body_0_sum2 = linear_part + 122880 * capacity;
    real *const body_1_norm1_r = linear_part + 190592 * capacity;
    real *const body_1_norm1_n = linear_part + 161792 * capacity;
    real *const body_1_norm1 = linear_part + 165888 * capacity;
    real *const body_1_attention_u = linear_part + 110592 * capacity;
    real *const body_1_attention_s = linear_part + 49152 * capacity;
    real *const body_1_attention_v = linear_part + 169984 * capacity;
    real *const body_1_sum1 = linear_part + 126976 * capacity;
    real *const body_1_norm2_r = linear_part + 190656 * capacity;
    real *const body_1_norm2_n = linear_part + 174080 * capacity;
    real *const body_1_norm2 = linear_part + 178176 * capacity;
    real *const d_body_1_wide_z_factor = linear_part + 65536 * capacity;
    real *const body_1_wide = linear_part + 81920 * capacity;
    real *const body_1_sum2 = linear_part + 182272 * capacity;
    real *const norm_r = linear_part + 190720 * capacity;
    real *const norm = linear_part + 186368 * capacity;
    real *const head = linear_part + 129024 * capacity;
    real *const loss_m = linear_part + 190848 * capacity;
    real *const loss_e = linear_part + 135168 * capacity;
    real *const loss_S = linear_part + 190784 * capacity;
    real *const d_head = linear_part + 122880 * capacity;
    real *const loss = fixed;
    real *const d_norm = linear_part + 129024 * capacity;
    real *const body_1_sum2_r = linear_part + 186368 * capacity;
    real *const d_body_1_norm2 = linear_part + 94208 * capacity;
    real *const body_1_sum1_r = linear_part + 122880 * capacity;
    real *const d_body_1_attention_v = linear_part + 122880 * capacity;
    real *const d_body_1_attention_p = linear_part + 65536 * capacity;
    real *const d_body_1_attention_u = linear_part + 81920 * capacity;
    real *const d_body_1_norm1 = linear_part + 114688 * capacity;
    real *const body_0_sum2_r = linear_part + 110592 * capacity;
    real *const d_body_0_norm2 = linear_part + 110592 * capacity;
    real *const body_0_sum1_r = linear_part + 118784 * capacity;
    real *const d_body_0_attention_v = linear_part + 114688 * capacity;
    real *const d_body_0_attention_p = linear_part + 16384 * capacity;
    real *const d_body_0_attention_u = linear_part + 32768 * capacity;
    real *const d_body_0_norm1 = linear_part + 114688 * capacity;
    real *const place_r = linear_part + 118784 * capacity;

    /* (135) */
#pragma omp master
    d_weight_96_64(net->gradients + d_token_weight);
    /* (1) (2) (3) (4) (5) (6) (7) */
    embedding_positional_embedding_layernorm_64_64_v2(place, body_0_norm1_r, body_0_norm1_n, body_0_norm1,
                                                      net->parameters + token_weight, net->in_text,
                                                      net->parameters + place_weight,
                                                      net->parameters + body_0_norm1_weight,
                                                      net->parameters + body_0_norm1_bias, batch);
#pragma omp barrier
    /* (8) */
    attention_64_192_64(body_0_attention_u, body_0_norm1, net->parameters + body_0_attention_in_proj_weight,
                        net->parameters + body_0_attention_in_proj_bias, batch);
#pragma omp barrier
    /* (9) */
    attention_4_64_64_16(body_0_attention_s, body_0_attention_u, batch);
    /* (10) (11) (12) (13) */
    attention_4_64_64(body_0_attention_s, batch);
    /* (14) */
    attention_64_4_16_64(body_0_attention_v, body_0_attention_s, body_0_attention_u, batch);
#pragma omp barrier
    /* (15) (16) */
    attention_add_64_64_64(body_0_sum1, body_0_attention_v, net->parameters + body_0_attention_out_proj_weight,
                           net->parameters + body_0_attention_out_proj_bias, place, batch);
#pragma omp barrier
    /* (17) (18) (19) (20) (21) */
    layernorm_64_64_v2(body_0_norm2_r, body_0_norm2_n, body_0_norm2, body_0_sum1,
                       net->parameters + body_0_norm2_weight, net->parameters + body_0_norm2_bias, batch);
#pragma omp barrier
    /* (22) (23) (24) (106) */
    linear_gelu_d_z_64_256_64(d_body_0_wide_z_factor, body_0_wide, body_0_norm2,
                              net->parameters + body_0_wide_weight, net->parameters + body_0_wide_bias, batch);
#pragma omp barrier
    /* (25) (26) */
    linear_add_64_64_256(body_0_sum2, body_0_wide, net->parameters + body_0_narrow_weight,
                         net->parameters + body_0_narrow_bias, body_0_sum1, batch);
#pragma omp barrier
    /* (27) (28) (29) (30) (31) */
    layernorm_64_64_v2(body_1_norm1_r, body_1_norm1_n, body_1_norm1, body_0_sum2,
                       net->parameters + body_1_norm1_weight, net->parameters + body_1_norm1_bias, batch);
#pragma omp barrier
    /* (32) */
    attention_64_192_64(body_1_attention_u, body_1_norm1, net->parameters + body_1_attention_in_proj_weight,
                        net->parameters + body_1_attention_in_proj_bias, batch);
#pragma omp barrier
    /* (33) */
    attention_4_64_64_16(body_1_attention_s, body_1_attention_u, batch);
    /* (34) (35) (36) (37) */
    attention_4_64_64(body_1_attention_s, batch);
    /* (38) */
    attention_64_4_16_64(body_1_attention_v, body_1_attention_s, body_1_attention_u, batch);
#pragma omp barrier
    /* (39) (40) */
    attention_add_64_64_64_v2(body_1_sum1, body_1_attention_v, net->parameters + body_1_attention_out_proj_weight,
                              net->parameters + body_1_attention_out_proj_bias, body_0_sum2, batch);
#pragma omp barrier
    /* (41) (42) (43) (44) (45) */
    layernorm_64_64_v2(body_1_norm2_r, body_1_norm2_n, body_1_norm2, body_1_sum1,
                       net->parameters + body_1_norm2_weight, net->parameters + body_1_norm2_bias, batch);
#pragma omp barrier
    /* (46) (47) (48) (75) */
    linear_gelu_d_z_64_256_64(d_body_1_wide_z_factor, body_1_wide, body_1_norm2,
                              net->parameters + body_1_wide_weight, net->parameters + body_1_wide_bias, batch);
#pragma omp barrier
    /* (49) (50) */
    linear_add_64_64_256(body_1_sum2, body_1_wide, net->parameters + body_1_narrow_weight,
                         net->parameters + body_1_narrow_bias, body_1_sum1, batch);
#pragma omp barrier
    /* (51) (52) (53) (54) (55) */
    layernorm_64_64_v3(norm_r, body_1_sum2, norm, net->parameters + norm_weight, net->parameters + norm_bias,
                       batch);
#pragma omp barrier
    /* (56) */
    linear_64_96_64(head, norm, net->parameters + head_weight, net->parameters + head_bias, batch);
#pragma omp barrier
    /* (57) (58) (59) (60) (62) */
    cross_entropy_d_head_64_96(loss_m, loss_e, loss_S, d_head, head, net->in_next, batch);
#pragma omp barrier
    /* (61) */
#pragma omp master
    cross_entropy_64(loss, loss_m, head, net->in_next, loss_S, batch);
    /* (63) */
    d_weight_96_64_64(net->gradients + d_head_weight, d_head, norm, batch);
    /* (64) */
    d_bias_96_64(net->gradients + d_head_bias, d_head, batch);
#pragma omp barrier
    /* (65) */
    d_norm_64_64_96(d_norm, d_head, net->parameters + head_weight, batch);
#pragma omp barrier
    /* (66) */
#pragma omp master
    d_weight_64_64(net->gradients + d_norm_weight, d_norm, body_1_sum2, batch);
    /* (67) */
#pragma omp master
    d_bias_64_64(net->gradients + d_norm_bias, d_norm, batch);
    /* (68) (69) */
    d_n_r_64_64(body_1_sum2_r, d_norm, net->parameters + norm_weight, body_1_sum2, batch);
#pragma omp barrier
    /* (68) (70) (71) */
    d_n_r2_d_sum2_64_64(d_norm, net->parameters + norm_weight, norm_r, body_1_sum2_r, body_1_sum2, batch);
#pragma omp barrier
    /* (72) */
    d_weight_64_256_64(net->gradients + d_body_1_narrow_weight, d_norm, body_1_wide, batch);
    /* (74) (75) */
    d_wide_d_z_64_256_64(d_body_1_wide_z_factor, d_norm, net->parameters + body_1_narrow_weight, batch);
#pragma omp barrier
    /* (76) */
    d_weight_256_64_64(net->gradients + d_body_1_wide_weight, d_body_1_wide_z_factor, body_1_norm2, batch);
    /* (73) */
#pragma omp master
    d_bias_64_64(net->gradients + d_body_1_narrow_bias, d_norm, batch);
    /* (77) */
    d_bias_256_64(net->gradients + d_body_1_wide_bias, d_body_1_wide_z_factor, batch);
    /* (78) */
    d_norm2_64_64_256(d_body_1_norm2, d_body_1_wide_z_factor, net->parameters + body_1_wide_weight, batch);
#pragma omp barrier
    /* (79) */
#pragma omp master
    d_weight_64_64(net->gradients + d_body_1_norm2_weight, d_body_1_norm2, body_1_norm2_n, batch);
    /* (80) */
#pragma omp master
    d_bias_64_64(net->gradients + d_body_1_norm2_bias, d_body_1_norm2, batch);
    /* (81) (82) */
    d_n_r_64_64(body_1_sum1_r, d_body_1_norm2, net->parameters + body_1_norm2_weight, body_1_norm2_n, batch);
#pragma omp barrier
    /* (81) (83) (84) */
    d_n_r2_d_sum1_64_64(d_body_1_norm2, net->parameters + body_1_norm2_weight, body_1_norm2_r, body_1_sum1_r,
                        body_1_norm2_n, d_norm, batch);
#pragma omp barrier
    /* (85) */
    d_weight_64_64_64(net->gradients + d_body_1_attention_out_proj_weight, d_body_1_norm2, body_1_attention_v,
                      batch);
    /* (86) */
#pragma omp master
    d_bias_64_64(net->gradients + d_body_1_attention_out_proj_bias, d_body_1_norm2, batch);
    for (int turn = 0, each = (batch + threads - 1) / threads, turns = (each + 5) / 6; turn < turns; turn++) {
        const size_t row = (size_t)each * (size_t)turn / (size_t)turns * (size_t)threads;
        const size_t end = (size_t)each * (size_t)(turn + 1) / (size_t)turns * (size_t)threads;
        const int rows = (int)((end < (size_t)batch ? end : (size_t)batch) - row);
#pragma omp barrier
        /* (87) */
        d_v_64_64_64(d_body_1_attention_v, d_body_1_norm2 + row * 4096,
                     net->parameters + body_1_attention_out_proj_weight, rows);
#pragma omp barrier
        /* (88) */
        d_p_4_64_64_16(d_body_1_attention_p, d_body_1_attention_v, body_1_attention_u + row * 12288, rows);
        /* (89) (90) */
        r_d_s_4_64_64(d_body_1_attention_p, body_1_attention_s + row * 16384, rows);
        /* (91) (92) (93) */
        r2_r3_d_u_64_4_16_64(d_body_1_attention_u + row * 12288, d_body_1_attention_p,
                             body_1_attention_u + row * 12288, rows);
        /* (91) (92) (93) */
        r2_r3_d_u_64_4_16_64_v2(d_body_1_attention_u + row * 12288, d_body_1_attention_p,
                                body_1_attention_u + row * 12288, rows);
        /* (91) (92) (93) */
        r2_r3_d_u_64_4_16_64_v3(d_body_1_attention_u + row * 12288, body_1_attention_s + row * 16384,
                                d_body_1_attention_v, rows);
    }
#pragma omp barrier
    /* (94) */
    d_in_proj_weight_192_64_64(net->gradients + d_body_1_attention_in_proj_weight, d_body_1_attention_u,
                               body_1_norm1, batch);
    /* (95) */
#pragma omp master
    d_in_proj_bias_64_64(net->gradients + d_body_1_attention_in_proj_bias, d_body_1_attention_u, batch);
    /* (95) */
#pragma omp master
    d_in_proj_bias_64(net->gradients + d_body_1_attention_in_proj_bias);
    /* (95) */
#pragma omp master
    d_in_proj_bias_64_64_v2(net->gradients + d_body_1_attention_in_proj_bias, d_body_1_attention_u, batch);
    /* (96) */
    d_norm1_64_64_192(d_body_1_norm1, d_body_1_attention_u, net->parameters + body_1_attention_in_proj_weight,
                      batch);
#pragma omp barrier
    /* (97) */
#pragma omp master
    d_weight_64_64(net->gradients + d_body_1_norm1_weight, d_body_1_norm1, body_1_norm1_n, batch);
    /* (98) */
#pragma omp master
    d_bias_64_64(net->gradients + d_body_1_norm1_bias, d_body_1_norm1, batch);
    /* (99) (100) */
    d_n_r_64_64(body_0_sum2_r, d_body_1_norm1, net->parameters + body_1_norm1_weight, body_1_norm1_n, batch);
#pragma omp barrier
    /* (99) (101) (102) */
    d_n_r2_d_sum1_64_64(d_body_1_norm1, net->parameters + body_1_norm1_weight, body_1_norm1_r, body_0_sum2_r,
                        body_1_norm1_n, d_body_1_norm2, batch);
#pragma omp barrier
    /* (103) */
    d_weight_64_256_64(net->gradients + d_body_0_narrow_weight, d_body_1_norm1, body_0_wide, batch);
    /* (105) (106) */
    d_wide_d_z_64_256_64(d_body_0_wide_z_factor, d_body_1_norm1, net->parameters + body_0_narrow_weight, batch);
#pragma omp barrier
    /* (107) */
    d_weight_256_64_64(net->gradients + d_body_0_wide_weight, d_body_0_wide_z_factor, body_0_norm2, batch);
    /* (104) */
#pragma omp master
    d_bias_64_64(net->gradients + d_body_0_narrow_bias, d_body_1_norm1, batch);
    /* (108) */
    d_bias_256_64(net->gradients + d_body_0_wide_bias, d_body_0_wide_z_factor, batch);
    /* (109) */
    d_norm2_64_64_256(d_body_0_norm2, d_body_0_wide_z_factor, net->parameters + body_0_wide_weight, batch);
#pragma omp barrier
    /* (110) */
#pragma omp master
    d_weight_64_64(net->gradients + d_body_0_norm2_weight, d_body_0_norm2, body_0_norm2_n, batch);
    /* (111) */
#pragma omp master
    d_bias_64_64(net->gradients + d_body_0_norm2_bias, d_body_0_norm2, batch);
    /* (112) (113) */
    d_n_r_64_64(body_0_sum1_r, d_body_0_norm2, net->parameters + body_0_norm2_weight, body_0_norm2_n, batch);
#pragma omp barrier
    /* (112) (114) (115) */
    d_n_r2_d_sum1_64_64(d_body_0_norm2, net->parameters + body_0_norm2_weight, body_0_norm2_r, body_0_sum1_r,
                        body_0_norm2_n, d_body_1_norm1, batch);
#pragma omp barrier
    /* (116) */
    d_weight_64_64_64(net->gradients + d_body_0_attention_out_proj_weight, d_body_0_norm2, body_0_attention_v,
                      batch);
    /* (117) */
#pragma omp master
    d_bias_64_64(net->gradients + d_body_0_attention_out_proj_bias, d_body_0_norm2, batch);
    for (int turn = 0, each = (batch + threads - 1) / threads, turns = (each + 5) / 6; turn < turns; turn++) {
        const size_t row = (size_t)each * (size_t)turn / (size_t)turns * (size_t)threads;
        const size_t end = (size_t)each * (size_t)(turn + 1) / (size_t)turns * (size_t)threads;
        const int rows = (int)((end < (size_t)batch ? end : (size_t)batch) - row);
#pragma omp barrier
        /* (118) */
        d_v_64_64_64(d_body_0_attention_v, d_body_0_norm2 + row * 4096,
                     net->parameters + body_0_attention_out_proj_weight, rows);
#pragma omp barrier
        /* (119) */
        d_p_4_64_64_16(d_body_0_attention_p, d_body_0_attention_v, body_0_attention_u + row * 12288, rows);
        /* (120) (121) */
        r_d_s_4_64_64(d_body_0_attention_p, body_0_attention_s + row * 16384, rows);
        /* (122) (123) (124) */
        r2_r3_d_u_64_4_16_64(d_body_0_attention_u + row * 12288, d_body_0_attention_p,
                             body_0_attention_u + row * 12288, rows);
        /* (122) (123) (124) */
        r2_r3_d_u_64_4_16_64_v2(d_body_0_attention_u + row * 12288, d_body_0_attention_p,
                                body_0_attention_u + row * 12288, rows);
        /* (122) (123) (124) */
        r2_r3_d_u_64_4_16_64_v3(d_body_0_attention_u + row * 12288, body_0_attention_s + row * 16384,
                                d_body_0_attention_v, rows);
    }
#pragma omp barrier
    /* (125) */
    d_in_proj_weight_192_64_64(net->gradients + d_body_0_attention_in_proj_weight, d_body_0_attention_u,
                               body_0_norm1, batch);
    /* (126) */
#pragma omp master
    d_in_proj_bias_64_64(net->gradients + d_body_0_attention_in_proj_bias, d_body_0_attention_u, batch);
    /* (126) */
#pragma omp master
    d_in_proj_bias_64(net->gradients + d_body_0_attention_in_proj_bias);
    /* (126) */
#pragma omp master
    d_in_proj_bias_64_64_v2(net->gradients + d_body_0_attention_in_proj_bias, d_body_0_attention_u, batch);
    /* (127) */
    d_norm1_64_64_192(d_body_0_norm1, d_body_0_attention_u, net->parameters + body_0_attention_in_proj_weight,
                      batch);
#pragma omp barrier
    /* (128) */
#pragma omp master
    d_weight_64_64(net->gradients + d_body_0_norm1_weight, d_body_0_norm1, body_0_norm1_n, batch);
    /* (129) */
#pragma omp master
    d_bias_64_64(net->gradients + d_body_0_norm1_bias, d_body_0_norm1, batch);
    /* (130) (131) */
    d_n_r_64_64(place_r, d_body_0_norm1, net->parameters + body_0_norm1_weight, body_0_norm1_n, batch);
#pragma omp barrier
    /* (130) (132) (133) */
    d_n_r2_d_sum1_64_64(d_body_0_norm1, net->parameters + body_0_norm1_weight, body_0_norm1_r, place_r,
                        body_0_norm1_n, d_body_0_norm2, batch);
#pragma omp barrier
    /* (134) */
    d_weight_64_64_v2(net->gradients + d_place_weight, d_body_0_norm1, batch);
    /* (135) */
    d_weight_64_64_v3(net->gradients + d_token_weight, d_body_0_norm1, net->in_text, batch);
}

double transformer_gradients(const transformer_network *net)
{
    if (net->threads > 1) {
#pragma omp parallel num_threads(net->threads)
        share_of_gradients(net, net->threads);
    } else
        share_of_gradients(net, 1);
    return (double)net->workspace[0];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_step(const transformer_network *net, int threads)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    double *const optimizer_rate = (double *)(fixed + 2);
    double *const optimizer_scale = (double *)(fixed + 4);
    double *const optimizer_keep = (double *)(fixed);
    real *const place = linear_part + 110592 * capacity;
    real *const body_0_norm1_r = linear_part + 190464 * capacity;
    real *const body_0_norm1_n = linear_part + 141312 * capacity;
    real *const body_0_norm1 = linear_part + 145408 * capacity;
    real *const body_0_attention_u = linear_part + 98304 * capacity;
    real *const body_0_attention_s = linear_part;
    real *const body_0_attention_v = linear_part + 149504 * capacity;
    real *const body_0_sum1 = linear_part + 114688 * capacity;
    real *const body_0_norm2_r = linear_part + 190528 * capacity;
    real *const body_0_norm2_n = linear_part + 153600 * capacity;
    real *const body_0_norm2 = linear_part + 157696 * capacity;
    real *const d_body_0_wide_z_factor = linear_part + 16384 * capacity;
    real *const body_0_wide = linear_part + 32768 * capacity;
    real *const body_0_sum2 = linear_part + 122880 * capacity;
    real *const body_1_norm1_r = linear_part + 190592 * capacity;
    real *const body_1_norm1_n = linear_part + 161792 * capacity;
    real *const body_1_norm1 = linear_part + 165888 * capacity;
    real *const body_1_attention_u = linear_part + 110592 * capacity;
    real *const body_1_attention_s = linear_part + 49152 * capacity;
    real *const body_1_attention_v = linear_part + 169984 * capacity;
    real *const body_1_sum1 = linear_part + 126976 * capacity;
    real *const body_1_norm2_r = linear_part + 190656 * capacity;
    real *const body_1_norm2_n = linear_part + 174080 * capacity;
    real *const body_1_norm2 = linear_part + 178176 * capacity;
    real *const d_body_1_wide_z_factor = linear_part + 65536 * capacity;
    real *const body_1_wide = linear_part + 81920 * capacity;
    real *const body_1_sum2 = linear_part + 182272 * capacity;
    real *const norm_r = linear_part + 190720 * capacity;
    real *const norm = linear_part + 186368 * capacity;
    real *const head = linear_part + 129024 * capacity;
    real *const loss_m = linear_part + 190848 * capacity;
    real *const loss_e = linear_part + 135168 * capacity;
    real *const loss_S = linear_part + 190784 * capacity;
    real *const d_head = linear_part + 122880 * capacity;
    real *const loss = fixed + 6;
    real *const d_norm = linear_part + 129024 * capacity;
    real *const body_1_sum2_r = linear_part + 126976 * capacity;
    real *const d_body_1_sum2 = linear_part + 122880 * capacity;
    real *const d_body_1_norm2 = linear_part + 126976 * capacity;
    real *const body_1_sum1_r = linear_part + 131072 * capacity;
    real *const d_body_1_attention_v = linear_part + 94208 * capacity;
    real *const d_body_1_attention_p = linear_part + 65536 * capacity;
    real *const d_body_1_attention_u = linear_part + 81920 * capacity;
    real *const d_body_1_norm1 = linear_part + 94208 * capacity;
    real *const body_0_sum2_r = linear_part + 110592 * capacity;
    real *const d_body_0_norm2 = linear_part + 110592 * capacity;
    real *const body_0_sum1_r = linear_part + 114688 * capacity;
    real *const d_body_0_attention_v = linear_part + 110592 * capacity;
    real *const d_body_0_attention_p = linear_part + 16384 * capacity;
    real *const d_body_0_attention_u = linear_part + 32768 * capacity;
    real *const d_body_0_norm1 = linear_part + 126976 * capacity;
    real *const place_r = linear_part + 131072 * capacity;

    /* (135) */
#pragma omp master
    d_weight_96_64(net->gradients + d_token_weight);
    /* (136) (137) (138) (139) (140) */
#pragma omp master
    warmup_cosine_schedule_adamw_rate_next_step(optimizer_rate, optimizer_scale, optimizer_keep, net->counters + t,
                                                net->settings + warmup, net->settings + lr, net->settings + steps,
                                                net->settings + min_lr, net->settings + beta1,
                                                net->settings + beta2, net->settings + weight_decay);
    /* (1) (2) (3) (4) (5) (6) (7) */
    embedding_positional_embedding_layernorm_64_64_v2(place, body_0_norm1_r, body_0_norm1_n, body_0_norm1,
                                                      net->parameters + token_weight, net->in_text,
                                                      net->parameters + place_weight,
                                                      net->parameters + body_0_norm1_weight,
                                                      net->parameters + body_0_norm1_bias, batch);
#pragma omp barrier
    /* (8) */
    attention_64_192_64(body_0_attention_u, body_0_norm1, net->parameters + body_0_attention_in_proj_weight,
                        net->parameters + body_0_attention_in_proj_bias, batch);
#pragma omp barrier
    /* (9) */
    attention_4_64_64_16(body_0_attention_s, body_0_attention_u, batch);
    /* (10) (11) (12) (13) */
    attention_4_64_64(body_0_attention_s, batch);
    /* (14) */
    attention_64_4_16_64(body_0_attention_v, body_0_attention_s, body_0_attention_u, batch);
#pragma omp barrier
    /* (15) (16) */
    attention_add_64_64_64(body_0_sum1, body_0_attention_v, net->parameters + body_0_attention_out_proj_weight,
                           net->parameters + body_0_attention_out_proj_bias, place, batch);
#pragma omp barrier
    /* (17) (18) (19) (20) (21) */
    layernorm_64_64_v2(body_0_norm2_r, body_0_norm2_n, body_0_norm2, body_0_sum1,
                       net->parameters + body_0_norm2_weight, net->parameters + body_0_norm2_bias, batch);
#pragma omp barrier
    /* (22) (23) (24) (106) */
    linear_gelu_d_z_64_256_64(d_body_0_wide_z_factor, body_0_wide, body_0_norm2,
                              net->parameters + body_0_wide_weight, net->parameters + body_0_wide_bias, batch);
#pragma omp barrier
    /* (25) (26) */
    linear_add_64_64_256(body_0_sum2, body_0_wide, net->parameters + body_0_narrow_weight,
                         net->parameters + body_0_narrow_bias, body_0_sum1, batch);
#pragma omp barrier
    /* (27) (28) (29) (30) (31) */
    layernorm_64_64_v2(body_1_norm1_r, body_1_norm1_n, body_1_norm1, body_0_sum2,
                       net->parameters + body_1_norm1_weight, net->parameters + body_1_norm1_bias, batch);
#pragma omp barrier
    /* (32) */
    attention_64_192_64(body_1_attention_u, body_1_norm1, net->parameters + body_1_attention_in_proj_weight,
                        net->parameters + body_1_attention_in_proj_bias, batch);
#pragma omp barrier
    /* (33) */
    attention_4_64_64_16(body_1_attention_s, body_1_attention_u, batch);
    /* (34) (35) (36) (37) */
    attention_4_64_64(body_1_attention_s, batch);
    /* (38) */
    attention_64_4_16_64(body_1_attention_v, body_1_attention_s, body_1_attention_u, batch);
#pragma omp barrier
    /* (39) (40) */
    attention_add_64_64_64_v2(body_1_sum1, body_1_attention_v, net->parameters + body_1_attention_out_proj_weight,
                              net->parameters + body_1_attention_out_proj_bias, body_0_sum2, batch);
#pragma omp barrier
    /* (41) (42) (43) (44) (45) */
    layernorm_64_64_v2(body_1_norm2_r, body_1_norm2_n, body_1_norm2, body_1_sum1,
                       net->parameters + body_1_norm2_weight, net->parameters + body_1_norm2_bias, batch);
#pragma omp barrier
    /* (46) (47) (48) (75) */
    linear_gelu_d_z_64_256_64(d_body_1_wide_z_factor, body_1_wide, body_1_norm2,
                              net->parameters + body_1_wide_weight, net->parameters + body_1_wide_bias, batch);
#pragma omp barrier
    /* (49) (50) */
    linear_add_64_64_256(body_1_sum2, body_1_wide, net->parameters + body_1_narrow_weight,
                         net->parameters + body_1_narrow_bias, body_1_sum1, batch);
#pragma omp barrier
    /* (51) (52) (53) (54) (55) */
    layernorm_64_64_v3(norm_r, body_1_sum2, norm, net->parameters + norm_weight, net->parameters + norm_bias,
                       batch);
#pragma omp barrier
    /* (56) */
    linear_64_96_64(head, norm, net->parameters + head_weight, net->parameters + head_bias, batch);
#pragma omp barrier
    /* (57) (58) (59) (60) (62) */
    cross_entropy_d_head_64_96(loss_m, loss_e, loss_S, d_head, head, net->in_next, batch);
#pragma omp barrier
    /* (61) */
#pragma omp master
    cross_entropy_64(loss, loss_m, head, net->in_next, loss_S, batch);
    /* (64) (228) (229) (230) */
    d_bias_adamw_96_64(net->states + head_bias_m, net->states + head_bias_v, net->parameters + head_bias, d_head,
                       net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                       optimizer_scale, net->settings + eps, batch);
#pragma omp barrier
    /* (65) */
    d_norm_64_64_96(d_norm, d_head, net->parameters + head_weight, batch);
#pragma omp barrier
    /* (63) (225) (226) (227) */
    d_weight_adamw_96_64_64(net->states + head_weight_m, net->states + head_weight_v,
                            net->parameters + head_weight, d_head, norm, net->settings + beta1,
                            net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                            net->settings + eps, batch);
    /* (67) (222) (223) (224) */
#pragma omp master
    d_bias_adamw_64_64(net->states + norm_bias_m, net->states + norm_bias_v, net->parameters + norm_bias, d_norm,
                       net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                       optimizer_scale, net->settings + eps, batch);
#pragma omp barrier
    /* (68) (69) */
    d_n_r_64_64(body_1_sum2_r, d_norm, net->parameters + norm_weight, body_1_sum2, batch);
    /* (68) (70) (71) */
    d_n_r2_d_sum2_64_64_v2(d_body_1_sum2, d_norm, net->parameters + norm_weight, norm_r, body_1_sum2_r,
                           body_1_sum2, batch);
#pragma omp barrier
    /* (74) (75) */
    d_wide_d_z_64_256_64(d_body_1_wide_z_factor, d_body_1_sum2, net->parameters + body_1_narrow_weight, batch);
#pragma omp barrier
    /* (72) (213) (214) (215) */
    d_weight_adamw_64_256_64(net->states + body_1_narrow_weight_m, net->states + body_1_narrow_weight_v,
                             net->parameters + body_1_narrow_weight, d_body_1_sum2, body_1_wide,
                             net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                             optimizer_scale, net->settings + eps, batch);
    /* (66) (219) (220) (221) */
#pragma omp master
    d_weight_adamw_64_64(net->states + norm_weight_m, net->states + norm_weight_v, net->parameters + norm_weight,
                         d_norm, body_1_sum2, net->settings + beta1, net->settings + beta2, optimizer_keep,
                         optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (77) (210) (211) (212) */
    d_bias_adamw_256_64(net->states + body_1_wide_bias_m, net->states + body_1_wide_bias_v,
                        net->parameters + body_1_wide_bias, d_body_1_wide_z_factor, net->settings + beta1,
                        net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                        net->settings + eps, batch);
    /* (73) (216) (217) (218) */
#pragma omp master
    d_bias_adamw_64_64(net->states + body_1_narrow_bias_m, net->states + body_1_narrow_bias_v,
                       net->parameters + body_1_narrow_bias, d_body_1_sum2, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
#pragma omp barrier
    /* (78) */
    d_norm2_64_64_256(d_body_1_norm2, d_body_1_wide_z_factor, net->parameters + body_1_wide_weight, batch);
#pragma omp barrier
    /* (76) (207) (208) (209) */
    d_weight_adamw_256_64_64(net->states + body_1_wide_weight_m, net->states + body_1_wide_weight_v,
                             net->parameters + body_1_wide_weight, d_body_1_wide_z_factor, body_1_norm2,
                             net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                             optimizer_scale, net->settings + eps, batch);
    /* (80) (204) (205) (206) */
#pragma omp master
    d_bias_adamw_64_64(net->states + body_1_norm2_bias_m, net->states + body_1_norm2_bias_v,
                       net->parameters + body_1_norm2_bias, d_body_1_norm2, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (81) (82) */
    d_n_r_64_64(body_1_sum1_r, d_body_1_norm2, net->parameters + body_1_norm2_weight, body_1_norm2_n, batch);
    /* (81) (83) (84) */
    d_n_r2_d_sum1_64_64_v2(d_body_1_sum2, d_body_1_norm2, net->parameters + body_1_norm2_weight, body_1_norm2_r,
                           body_1_sum1_r, body_1_norm2_n, batch);
#pragma omp barrier
    /* (79) (201) (202) (203) */
#pragma omp master
    d_weight_adamw_64_64(net->states + body_1_norm2_weight_m, net->states + body_1_norm2_weight_v,
                         net->parameters + body_1_norm2_weight, d_body_1_norm2, body_1_norm2_n,
                         net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                         optimizer_scale, net->settings + eps, batch);
    /* (86) (198) (199) (200) */
#pragma omp master
    d_bias_adamw_64_64(net->states + body_1_attention_out_proj_bias_m,
                       net->states + body_1_attention_out_proj_bias_v,
                       net->parameters + body_1_attention_out_proj_bias, d_body_1_sum2, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (87) */
    d_v_64_64_64(d_body_1_attention_v, d_body_1_sum2, net->parameters + body_1_attention_out_proj_weight, batch);
#pragma omp barrier
    /* (85) (195) (196) (197) */
    d_weight_adamw_64_64_64(net->states + body_1_attention_out_proj_weight_m,
                            net->states + body_1_attention_out_proj_weight_v,
                            net->parameters + body_1_attention_out_proj_weight, d_body_1_sum2, body_1_attention_v,
                            net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                            optimizer_scale, net->settings + eps, batch);
    for (int turn = 0, each = (batch + threads - 1) / threads, turns = (each + 5) / 6; turn < turns; turn++) {
        const size_t row = (size_t)each * (size_t)turn / (size_t)turns * (size_t)threads;
        const size_t end = (size_t)each * (size_t)(turn + 1) / (size_t)turns * (size_t)threads;
        const int rows = (int)((end < (size_t)batch ? end : (size_t)batch) - row);
#pragma omp barrier
        /* (88) */
        d_p_4_64_64_16(d_body_1_attention_p, d_body_1_attention_v + row * 4096, body_1_attention_u + row * 12288,
                       rows);
        /* (89) (90) */
        r_d_s_4_64_64(d_body_1_attention_p, body_1_attention_s + row * 16384, rows);
        /* (91) (92) (93) */
        r2_r3_d_u_64_4_16_64(d_body_1_attention_u + row * 12288, d_body_1_attention_p,
                             body_1_attention_u + row * 12288, rows);
        /* (91) (92) (93) */
        r2_r3_d_u_64_4_16_64_v2(d_body_1_attention_u + row * 12288, d_body_1_attention_p,
                                body_1_attention_u + row * 12288, rows);
        /* (91) (92) (93) */
        r2_r3_d_u_64_4_16_64_v3(d_body_1_attention_u + row * 12288, body_1_attention_s + row * 16384,
                                d_body_1_attention_v + row * 4096, rows);
    }
#pragma omp barrier
    /* (95) */
#pragma omp master
    d_in_proj_bias_64_64(net->gradients + d_body_1_attention_in_proj_bias, d_body_1_attention_u, batch);
    /* (95) */
#pragma omp master
    d_in_proj_bias_64(net->gradients + d_body_1_attention_in_proj_bias);
    /* (95) */
#pragma omp master
    d_in_proj_bias_64_64_v2(net->gradients + d_body_1_attention_in_proj_bias, d_body_1_attention_u, batch);
    /* (192) (193) (194) */
#pragma omp master
    adamw_192(net->states + body_1_attention_in_proj_bias_m, net->states + body_1_attention_in_proj_bias_v,
              net->parameters + body_1_attention_in_proj_bias, net->settings + beta1,
              net->gradients + d_body_1_attention_in_proj_bias, net->settings + beta2, optimizer_keep,
              optimizer_rate, optimizer_scale, net->settings + eps);
    /* (96) */
    d_norm1_64_64_192(d_body_1_norm1, d_body_1_attention_u, net->parameters + body_1_attention_in_proj_weight,
                      batch);
#pragma omp barrier
    /* (94) (189) (190) (191) */
    d_in_proj_weight_adamw_192_64_64(net->states + body_1_attention_in_proj_weight_m,
                                     net->states + body_1_attention_in_proj_weight_v,
                                     net->parameters + body_1_attention_in_proj_weight, d_body_1_attention_u,
                                     body_1_norm1, net->settings + beta1, net->settings + beta2, optimizer_keep,
                                     optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (98) (186) (187) (188) */
#pragma omp master
    d_bias_adamw_64_64(net->states + body_1_norm1_bias_m, net->states + body_1_norm1_bias_v,
                       net->parameters + body_1_norm1_bias, d_body_1_norm1, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (99) (100) */
    d_n_r_64_64(body_0_sum2_r, d_body_1_norm1, net->parameters + body_1_norm1_weight, body_1_norm1_n, batch);
    /* (99) (101) (102) */
    d_n_r2_d_sum1_64_64_v2(d_body_1_sum2, d_body_1_norm1, net->parameters + body_1_norm1_weight, body_1_norm1_r,
                           body_0_sum2_r, body_1_norm1_n, batch);
#pragma omp barrier
    /* (105) (106) */
    d_wide_d_z_64_256_64(d_body_0_wide_z_factor, d_body_1_sum2, net->parameters + body_0_narrow_weight, batch);
#pragma omp barrier
    /* (103) (177) (178) (179) */
    d_weight_adamw_64_256_64(net->states + body_0_narrow_weight_m, net->states + body_0_narrow_weight_v,
                             net->parameters + body_0_narrow_weight, d_body_1_sum2, body_0_wide,
                             net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                             optimizer_scale, net->settings + eps, batch);
    /* (97) (183) (184) (185) */
#pragma omp master
    d_weight_adamw_64_64(net->states + body_1_norm1_weight_m, net->states + body_1_norm1_weight_v,
                         net->parameters + body_1_norm1_weight, d_body_1_norm1, body_1_norm1_n,
                         net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                         optimizer_scale, net->settings + eps, batch);
    /* (108) (174) (175) (176) */
    d_bias_adamw_256_64(net->states + body_0_wide_bias_m, net->states + body_0_wide_bias_v,
                        net->parameters + body_0_wide_bias, d_body_0_wide_z_factor, net->settings + beta1,
                        net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                        net->settings + eps, batch);
    /* (104) (180) (181) (182) */
#pragma omp master
    d_bias_adamw_64_64(net->states + body_0_narrow_bias_m, net->states + body_0_narrow_bias_v,
                       net->parameters + body_0_narrow_bias, d_body_1_sum2, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (109) */
    d_norm2_64_64_256(d_body_0_norm2, d_body_0_wide_z_factor, net->parameters + body_0_wide_weight, batch);
#pragma omp barrier
    /* (107) (171) (172) (173) */
    d_weight_adamw_256_64_64(net->states + body_0_wide_weight_m, net->states + body_0_wide_weight_v,
                             net->parameters + body_0_wide_weight, d_body_0_wide_z_factor, body_0_norm2,
                             net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                             optimizer_scale, net->settings + eps, batch);
    /* (111) (168) (169) (170) */
#pragma omp master
    d_bias_adamw_64_64(net->states + body_0_norm2_bias_m, net->states + body_0_norm2_bias_v,
                       net->parameters + body_0_norm2_bias, d_body_0_norm2, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (112) (113) */
    d_n_r_64_64(body_0_sum1_r, d_body_0_norm2, net->parameters + body_0_norm2_weight, body_0_norm2_n, batch);
    /* (112) (114) (115) */
    d_n_r2_d_sum1_64_64_v2(d_body_1_sum2, d_body_0_norm2, net->parameters + body_0_norm2_weight, body_0_norm2_r,
                           body_0_sum1_r, body_0_norm2_n, batch);
#pragma omp barrier
    /* (110) (165) (166) (167) */
#pragma omp master
    d_weight_adamw_64_64(net->states + body_0_norm2_weight_m, net->states + body_0_norm2_weight_v,
                         net->parameters + body_0_norm2_weight, d_body_0_norm2, body_0_norm2_n,
                         net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                         optimizer_scale, net->settings + eps, batch);
    /* (117) (162) (163) (164) */
#pragma omp master
    d_bias_adamw_64_64(net->states + body_0_attention_out_proj_bias_m,
                       net->states + body_0_attention_out_proj_bias_v,
                       net->parameters + body_0_attention_out_proj_bias, d_body_1_sum2, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
#pragma omp barrier
    /* (118) */
    d_v_64_64_64(d_body_0_attention_v, d_body_1_sum2, net->parameters + body_0_attention_out_proj_weight, batch);
#pragma omp barrier
    /* (116) (159) (160) (161) */
    d_weight_adamw_64_64_64(net->states + body_0_attention_out_proj_weight_m,
                            net->states + body_0_attention_out_proj_weight_v,
                            net->parameters + body_0_attention_out_proj_weight, d_body_1_sum2, body_0_attention_v,
                            net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                            optimizer_scale, net->settings + eps, batch);
    for (int turn = 0, each = (batch + threads - 1) / threads, turns = (each + 5) / 6; turn < turns; turn++) {
        const size_t row = (size_t)each * (size_t)turn / (size_t)turns * (size_t)threads;
        const size_t end = (size_t)each * (size_t)(turn + 1) / (size_t)turns * (size_t)threads;
        const int rows = (int)((end < (size_t)batch ? end : (size_t)batch) - row);
#pragma omp barrier
        /* (119) */
        d_p_4_64_64_16(d_body_0_attention_p, d_body_0_attention_v + row * 4096, body_0_attention_u + row * 12288,
                       rows);
        /* (120) (121) */
        r_d_s_4_64_64(d_body_0_attention_p, body_0_attention_s + row * 16384, rows);
        /* (122) (123) (124) */
        r2_r3_d_u_64_4_16_64(d_body_0_attention_u + row * 12288, d_body_0_attention_p,
                             body_0_attention_u + row * 12288, rows);
        /* (122) (123) (124) */
        r2_r3_d_u_64_4_16_64_v2(d_body_0_attention_u + row * 12288, d_body_0_attention_p,
                                body_0_attention_u + row * 12288, rows);
        /* (122) (123) (124) */
        r2_r3_d_u_64_4_16_64_v3(d_body_0_attention_u + row * 12288, body_0_attention_s + row * 16384,
                                d_body_0_attention_v + row * 4096, rows);
    }
#pragma omp barrier
    /* (126) */
#pragma omp master
    d_in_proj_bias_64_64(net->gradients + d_body_0_attention_in_proj_bias, d_body_0_attention_u, batch);
    /* (126) */
#pragma omp master
    d_in_proj_bias_64(net->gradients + d_body_0_attention_in_proj_bias);
    /* (126) */
#pragma omp master
    d_in_proj_bias_64_64_v2(net->gradients + d_body_0_attention_in_proj_bias, d_body_0_attention_u, batch);
    /* (156) (157) (158) */
#pragma omp master
    adamw_192(net->states + body_0_attention_in_proj_bias_m, net->states + body_0_attention_in_proj_bias_v,
              net->parameters + body_0_attention_in_proj_bias, net->settings + beta1,
              net->gradients + d_body_0_attention_in_proj_bias, net->settings + beta2, optimizer_keep,
              optimizer_rate, optimizer_scale, net->settings + eps);
    /* (127) */
    d_norm1_64_64_192(d_body_0_norm1, d_body_0_attention_u, net->parameters + body_0_attention_in_proj_weight,
                      batch);
#pragma omp barrier
    /* (125) (153) (154) (155) */
    d_in_proj_weight_adamw_192_64_64(net->states + body_0_attention_in_proj_weight_m,
                                     net->states + body_0_attention_in_proj_weight_v,
                                     net->parameters + body_0_attention_in_proj_weight, d_body_0_attention_u,
                                     body_0_norm1, net->settings + beta1, net->settings + beta2, optimizer_keep,
                                     optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (129) (150) (151) (152) */
#pragma omp master
    d_bias_adamw_64_64(net->states + body_0_norm1_bias_m, net->states + body_0_norm1_bias_v,
                       net->parameters + body_0_norm1_bias, d_body_0_norm1, net->settings + beta1,
                       net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale, net->settings + eps,
                       batch);
    /* (130) (131) */
    d_n_r_64_64(place_r, d_body_0_norm1, net->parameters + body_0_norm1_weight, body_0_norm1_n, batch);
    /* (130) (132) (133) */
    d_n_r2_d_sum1_64_64_v2(d_body_1_sum2, d_body_0_norm1, net->parameters + body_0_norm1_weight, body_0_norm1_r,
                           place_r, body_0_norm1_n, batch);
#pragma omp barrier
    /* (128) (147) (148) (149) */
#pragma omp master
    d_weight_adamw_64_64(net->states + body_0_norm1_weight_m, net->states + body_0_norm1_weight_v,
                         net->parameters + body_0_norm1_weight, d_body_0_norm1, body_0_norm1_n,
                         net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                         optimizer_scale, net->settings + eps, batch);
    /* (134) (144) (145) (146) */
    d_weight_adamw_64_64_v2(net->states + place_weight_m, net->states + place_weight_v,
                            net->parameters + place_weight, d_body_1_sum2, net->settings + beta1,
                            net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                            net->settings + eps, batch);
    /* (135) */
    d_weight_64_64_v3(net->gradients + d_token_weight, d_body_1_sum2, net->in_text, batch);
#pragma omp barrier
    /* (141) (142) (143) */
    adamw_96_64(net->states + token_weight_m, net->states + token_weight_v, net->parameters + token_weight,
                net->settings + beta1, net->gradients + d_token_weight, net->settings + beta2, optimizer_keep,
                optimizer_rate, optimizer_scale, net->settings + eps);
}

double transformer_step(const transformer_network *net)
{
    if (net->threads > 1) {
#pragma omp parallel num_threads(net->threads)
        share_of_step(net, net->threads);
    } else
        share_of_step(net, 1);
    return (double)net->workspace[6];
}

/* Steps of training, `count` of them, one after another.  The inputs have `batches` times net->batch rows: the steps
   take a batch after the other, the one numbered `first` to begin with, and after the last one the first again.
   Leaves the losses.  A loss that is infinite or not a number ends it.  Returns how many steps there were. */
int transformer_steps(const transformer_network *net, int first, int batches, int count, double *losses)
{
    transformer_network now = *net;
    for (int n = 0; n < count; n++) {
        const size_t row = (size_t)((first + n) % batches) * (size_t)net->batch;
        now.in_text = net->in_text + row * 64;
        now.in_next = net->in_next + row * 64;
        losses[n] = transformer_step(&now);
        if (!isfinite(losses[n]))
            return n + 1;
    }
    return count;
}

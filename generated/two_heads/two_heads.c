/* two_heads, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.
   A matrix by columns is, to functions, its transpose: what equations call [o, i] of it lies at [i, o].

   cc -O2 -std=c11 -march=native -fvect-cost-model=dynamic -fpeel-loops -ffp-contract=fast -fno-math-errno -fno-trapping-math -c two_heads.c */
#include "two_heads.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    trunk1_weight = 0, /* [16, 12], by columns */
    trunk1_bias = 192, /* [16] */
    trunk2_weight = 208, /* [16, 16] */
    trunk2_bias = 464, /* [16] */
    class_head_weight = 480, /* [4, 16] */
    class_head_bias = 544, /* [4] */
    measure_head_weight = 560, /* [1, 16] */
    measure_head_bias = 576, /* [1] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_trunk1_weight = 0, /* [16, 12], by columns */
    d_trunk1_bias = 192, /* [16] */
    d_trunk2_weight = 208, /* [16, 16] */
    d_trunk2_bias = 464, /* [16] */
    d_class_head_weight = 480, /* [4, 16] */
    d_class_head_bias = 544, /* [4] */
    d_measure_head_weight = 560, /* [1, 16] */
    d_measure_head_bias = 576, /* [1] */
};

/* Where tensors begin in `states`. */
enum {
    trunk1_weight_m = 0, /* [16, 12], by columns */
    trunk1_bias_m = 192, /* [16] */
    trunk2_weight_m = 208, /* [16, 16] */
    trunk2_bias_m = 464, /* [16] */
    class_head_weight_m = 480, /* [4, 16] */
    class_head_bias_m = 544, /* [4] */
    measure_head_weight_m = 560, /* [1, 16] */
    measure_head_bias_m = 576, /* [1] */
    trunk1_weight_v = 592, /* [16, 12], by columns */
    trunk1_bias_v = 784, /* [16] */
    trunk2_weight_v = 800, /* [16, 16] */
    trunk2_bias_v = 1056, /* [16] */
    class_head_weight_v = 1072, /* [4, 16] */
    class_head_bias_v = 1136, /* [4] */
    measure_head_weight_v = 1152, /* [1, 16] */
    measure_head_bias_v = 1168, /* [1] */
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

/* trunk1: linear, tanh
   (1) trunk1.z[b, o] = sum[i](x[b, i] * trunk1.weight[o, i]) + trunk1.bias[o]
   (2) trunk1[b, o] = tanh(trunk1.z[b, o])
*/
static void linear_tanh_16_12(
    real *restrict trunk1,       /* [B, 16] */
    const real *restrict x,      /* [B, 12] */
    const real *restrict weight, /* [12, 16], transposed */
    const real *restrict bias,   /* [16] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real sum[16] = {0};
        for (int i = 0; i < 12; i++) {
            for (int o = 0; o < 16; o++) {
                sum[o] += x[b * 12 + i] * weight[i * 16 + o];
            }
        }
        for (int o = 0; o < 16; o++) {
            const real z = sum[o] + bias[o]; /* (1) */
            trunk1[b * 16 + o] = tanh_single(z); /* (2) */
        }
    }
}

/* trunk2: linear, silu; skip: add
   (3) trunk2.z[b, o] = sum[i](trunk1[b, i] * trunk2.weight[o, i]) + trunk2.bias[o]
   (4) trunk2.s[b, o] = sigmoid(trunk2.z[b, o])
   (5) trunk2[b, o] = trunk2.s[b, o] * trunk2.z[b, o]
   (6) skip[b, o] = trunk1[b, o] + trunk2[b, o]
*/
static void linear_silu_add_16_16(
    real *restrict skip,         /* [B, 16] */
    const real *restrict trunk1, /* [B, 16] */
    const real *restrict weight, /* [16, 16] */
    const real *restrict bias,   /* [16] */
    int batch)
{
    real turned[256];
    for (int i = 0; i < 16; i++) {
        for (int o = 0; o < 16; o++) {
            turned[i * 16 + o] = weight[o * 16 + i];
        }
    }
    for (int b = 0; b < batch; b++) {
        real sum[16] = {0};
        for (int i = 0; i < 16; i++) {
            for (int o = 0; o < 16; o++) {
                sum[o] += trunk1[b * 16 + i] * turned[i * 16 + o];
            }
        }
        for (int o = 0; o < 16; o++) {
            const real z = sum[o] + bias[o]; /* (3) */
            const real s = sigmoid(z); /* (4) */
            const real trunk2 = s * z; /* (5) */
            skip[b * 16 + o] = trunk1[b * 16 + o] + trunk2; /* (6) */
        }
    }
}

/* class_head: linear
   (7) class_head[b, o] = sum[i](skip[b, i] * class_head.weight[o, i]) + class_head.bias[o]
*/
static void linear_4_16(
    real *restrict class_head,   /* [B, 4] */
    const real *restrict skip,   /* [B, 16] */
    const real *restrict weight, /* [4, 16] */
    const real *restrict bias,   /* [4] */
    int batch)
{
    real turned[64];
    for (int i = 0; i < 16; i++) {
        for (int o = 0; o < 4; o++) {
            turned[i * 4 + o] = weight[o * 16 + i];
        }
    }
    for (int b = 0; b < batch; b++) {
        real sum[4] = {0};
        for (int i = 0; i < 16; i++) {
            for (int o = 0; o < 4; o++) {
                sum[o] += skip[b * 16 + i] * turned[i * 4 + o];
            }
        }
        for (int o = 0; o < 4; o++) {
            class_head[b * 4 + o] = sum[o] + bias[o];
        }
    }
}

/* measure_head: linear
   (8) measure_head[b, o] = sum[i](skip[b, i] * measure_head.weight[o, i]) + measure_head.bias[o]
*/
static void linear_1_16(
    real *restrict measure_head, /* [B, 1] */
    const real *restrict skip,   /* [B, 16] */
    const real *restrict weight, /* [1, 16] */
    const real *restrict bias,   /* [1] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            real sum = 0;
            for (int i = 0; i < 16; i++) {
                sum += skip[b * 16 + i] * weight[o * 16 + i];
            }
            measure_head[b + o] = sum + bias[o];
        }
    }
}

/* loss.classes: cross_entropy
   (9) loss.classes.m[b] = max[i](class_head[b, i])
   (10) loss.classes.e[b, j] = exp(class_head[b, j] - loss.classes.m[b])
   (11) loss.classes.S[b] = sum[i](loss.classes.e[b, i])
*/
static void cross_entropy_4(
    real *restrict m,                /* [B] */
    real *restrict e,                /* [B, 4] */
    real *restrict S,                /* [B] */
    const real *restrict class_head, /* [B, 4] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real largest = -INFINITY;
        for (int o = 0; o < 4; o++) {
            largest = maximum(largest, class_head[b * 4 + o]);
        }
        m[b] = largest; /* (9) */
        for (int j = 0; j < 4; j++) {
            e[b * 4 + j] = exp_single(class_head[b * 4 + j] - m[b]); /* (10) */
        }
        real sum = 0;
        for (int j = 0; j < 4; j++) {
            sum += e[b * 4 + j];
        }
        S[b] = sum; /* (11) */
    }
}

/* loss.classes: cross_entropy
   (13) loss.classes = sum[b](log(loss.classes.S[b]) + loss.classes.m[b] - class_head[b, label[b]]) / B
*/
static void cross_entropy(
    real *restrict classes,
    const real *restrict m,          /* [B] */
    const real *restrict class_head, /* [B, 4] */
    const int32_t *restrict label,   /* [B] */
    const real *restrict S,          /* [B] */
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
        sum += m[b] - class_head[b * 4 + label[b]] + log_single(S[b]);
    }
    *classes = sum / (real)batch;
}

/* loss.measures: mse; loss: sum
   (14) loss.measures = sum[b, i]((measure_head[b, i] - measure[b, i])**2) / B
   (15) loss = loss.classes + loss.measures / 4
*/
static void mse_sum_1(
    real *restrict loss,
    const real *restrict measure_head, /* [B, 1] */
    const real *restrict measure,      /* [B, 1] */
    const real *restrict classes,
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
        sum += square(measure_head[b] - measure[b]);
    }
    const real measures = sum / (real)batch; /* (14) */
    *loss = 0.25f * measures + *classes; /* (15) */
}

/* trunk2: linear, silu, gradient of linear; skip: add (one side of the product)
   (3) trunk2.z[b, o] = sum[i](trunk1[b, i] * trunk2.weight[o, i]) + trunk2.bias[o]
   (4) trunk2.s[b, o] = sigmoid(trunk2.z[b, o])
   (5) trunk2[b, o] = trunk2.s[b, o] * trunk2.z[b, o]
   (6) skip[b, o] = trunk1[b, o] + trunk2[b, o]
   (25) d.trunk2.z[b, o] = d.skip[b, o] * trunk2.s[b, o] * (1 + trunk2.z[b, o] * (1 - trunk2.s[b, o]))
*/
static void linear_silu_add_d_z_16_16(
    real *restrict d_z_factor,   /* [B, 16] */
    real *restrict skip,         /* [B, 16] */
    const real *restrict trunk1, /* [B, 16] */
    const real *restrict weight, /* [16, 16] */
    const real *restrict bias,   /* [16] */
    int batch)
{
    real turned[256];
    for (int i = 0; i < 16; i++) {
        for (int o = 0; o < 16; o++) {
            turned[i * 16 + o] = weight[o * 16 + i];
        }
    }
    for (int b = 0; b < batch; b++) {
        real sum[16] = {0};
        for (int i = 0; i < 16; i++) {
            for (int o = 0; o < 16; o++) {
                sum[o] += trunk1[b * 16 + i] * turned[i * 16 + o];
            }
        }
        for (int o = 0; o < 16; o++) {
            const real z = sum[o] + bias[o]; /* (3) */
            const real s = sigmoid(z); /* (4) */
            d_z_factor[b * 16 + o] = ((1.0f - s) * z + 1.0f) * s; /* (25) */
            const real trunk2 = s * z; /* (5) */
            skip[b * 16 + o] = trunk1[b * 16 + o] + trunk2; /* (6) */
        }
    }
}

/* loss.classes: cross_entropy; class_head: gradient of linear
   (9) loss.classes.m[b] = max[i](class_head[b, i])
   (10) loss.classes.e[b, j] = exp(class_head[b, j] - loss.classes.m[b])
   (11) loss.classes.S[b] = sum[i](loss.classes.e[b, i])
   (12) loss.classes.p[b, j] = loss.classes.e[b, j] / loss.classes.S[b]
   (18) d.class_head[b, o] = (loss.classes.p[b, o] - (o == label[b])) / B
*/
static void cross_entropy_d_class_head_4(
    real *restrict m,                /* [B] */
    real *restrict e,                /* [B, 4] */
    real *restrict S,                /* [B] */
    real *restrict d_class_head,     /* [B, 4] */
    const real *restrict class_head, /* [B, 4] */
    const int32_t *restrict label,   /* [B] */
    int batch)
{
    const real scale2 = 1.0f / (real)batch; /* (18) */
    for (int b = 0; b < batch; b++) {
        real largest = -INFINITY;
        for (int o = 0; o < 4; o++) {
            largest = maximum(largest, class_head[b * 4 + o]);
        }
        m[b] = largest; /* (9) */
        for (int j = 0; j < 4; j++) {
            e[b * 4 + j] = exp_single(class_head[b * 4 + j] - m[b]); /* (10) */
        }
        real sum = 0;
        for (int j = 0; j < 4; j++) {
            sum += e[b * 4 + j];
        }
        S[b] = sum; /* (11) */
        const real scale = 1.0f / S[b];
        for (int j = 0; j < 4; j++) {
            const real p = scale * e[b * 4 + j]; /* (12) */
            d_class_head[b * 4 + j] = scale2 * (p - (j == label[b] ? 1.0f : 0.0f)); /* (18) */
        }
    }
}

/* class_head: gradient of linear
   (21) d.class_head.weight[o, i] = sum[b](d.class_head[b, o] * skip[b, i])
*/
static void d_weight_4_16(
    real *restrict d_weight,           /* [4, 16] */
    const real *restrict d_class_head, /* [B, 4] */
    const real *restrict skip,         /* [B, 16] */
    int batch)
{
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 4; o++) {
            for (int i = 0; i < 16; i++) {
                sum[o * 16 + i] += d_class_head[b * 4 + o] * skip[b * 16 + i];
            }
        }
    }
    for (int o = 0; o < 4; o++) {
        for (int i = 0; i < 16; i++) {
            d_weight[o * 16 + i] = sum[o * 16 + i];
        }
    }
}

/* class_head: gradient of linear
   (22) d.class_head.bias[o] = sum[b](d.class_head[b, o])
*/
static void d_bias_4(
    real *restrict d_bias,             /* [4] */
    const real *restrict d_class_head, /* [B, 4] */
    int batch)
{
    real sum[4] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 4; o++) {
            sum[o] += d_class_head[b * 4 + o];
        }
    }
    for (int o = 0; o < 4; o++) {
        d_bias[o] = sum[o];
    }
}

/* measure_head: linear, gradient of linear
   (8) measure_head[b, o] = sum[i](skip[b, i] * measure_head.weight[o, i]) + measure_head.bias[o]
   (17) d.measure_head[b, o] = (measure_head[b, o] - measure[b, o]) / (2 * B)
*/
static void linear_d_measure_head_1_16(
    real *restrict measure_head,   /* [B, 1] */
    real *restrict d_measure_head, /* [B, 1] */
    const real *restrict skip,     /* [B, 16] */
    const real *restrict weight,   /* [1, 16] */
    const real *restrict bias,     /* [1] */
    const real *restrict measure,  /* [B, 1] */
    int batch)
{
    const real scale = 1.0f / (2.0f * (real)batch); /* (17) */
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            real sum = 0;
            for (int i = 0; i < 16; i++) {
                sum += skip[b * 16 + i] * weight[o * 16 + i];
            }
            measure_head[b + o] = sum + bias[o]; /* (8) */
            d_measure_head[b + o] = scale * (measure_head[b + o] - measure[b + o]); /* (17) */
        }
    }
}

/* measure_head: gradient of linear
   (19) d.measure_head.weight[o, i] = sum[b](d.measure_head[b, o] * skip[b, i])
*/
static void d_weight_1_16(
    real *restrict d_weight,             /* [1, 16] */
    const real *restrict d_measure_head, /* [B, 1] */
    const real *restrict skip,           /* [B, 16] */
    int batch)
{
    real sum[16] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            for (int i = 0; i < 16; i++) {
                sum[o * 16 + i] += d_measure_head[b + o] * skip[b * 16 + i];
            }
        }
    }
    for (int o = 0; o < 1; o++) {
        for (int i = 0; i < 16; i++) {
            d_weight[o * 16 + i] = sum[o * 16 + i];
        }
    }
}

/* measure_head: gradient of linear
   (20) d.measure_head.bias[o] = sum[b](d.measure_head[b, o])
*/
static void d_bias_1(
    real *restrict d_bias,               /* [1] */
    const real *restrict d_measure_head, /* [B, 1] */
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
        sum += d_measure_head[b];
    }
    d_bias[0] = sum;
}

/* skip: gradient of add
   (23) skip.r[b, o] = sum[i](d.measure_head[b, i] * measure_head.weight[i, o])
*/
static void r_16_1(
    real *restrict r,                    /* [B, 16] */
    const real *restrict d_measure_head, /* [B, 1] */
    const real *restrict weight,         /* [1, 16] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 16; o++) {
            r[b * 16 + o] = d_measure_head[b] * weight[o];
        }
    }
}

/* skip: gradient of add; trunk2: gradient of linear
   (24) d.skip[b, o] = sum[i](d.class_head[b, i] * class_head.weight[i, o]) + skip.r[b, o]
   (25) d.trunk2.z[b, o] = d.skip[b, o] * trunk2.s[b, o] * (1 + trunk2.z[b, o] * (1 - trunk2.s[b, o]))
*/
static void d_skip_d_z_16_4(
    real *restrict r,                  /* [B, 16] */
    real *restrict d_z_factor,         /* [B, 16] */
    const real *restrict d_class_head, /* [B, 4] */
    const real *restrict weight,       /* [4, 16] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real sum[16] = {0};
        for (int i = 0; i < 4; i++) {
            for (int o = 0; o < 16; o++) {
                sum[o] += d_class_head[b * 4 + i] * weight[i * 16 + o];
            }
        }
        for (int o = 0; o < 16; o++) {
            r[b * 16 + o] = sum[o] + r[b * 16 + o]; /* (24) */
            d_z_factor[b * 16 + o] = d_z_factor[b * 16 + o] * r[b * 16 + o]; /* (25) */
        }
    }
}

/* trunk2: gradient of linear
   (26) d.trunk2.weight[o, i] = sum[b](d.trunk2.z[b, o] * trunk1[b, i])
*/
static void d_weight_16_16(
    real *restrict d_weight,         /* [16, 16] */
    const real *restrict d_z_factor, /* [B, 16] */
    const real *restrict trunk1,     /* [B, 16] */
    int batch)
{
    real sum[256] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 16; o++) {
            for (int i = 0; i < 16; i++) {
                sum[o * 16 + i] += d_z_factor[b * 16 + o] * trunk1[b * 16 + i];
            }
        }
    }
    for (int o = 0; o < 16; o++) {
        for (int i = 0; i < 16; i++) {
            d_weight[o * 16 + i] = sum[o * 16 + i];
        }
    }
}

/* trunk1: gradient of linear
   (28) d.trunk1.z[b, o] = (1 - trunk1[b, o]**2) * (sum[i](d.trunk2.z[b, i] * trunk2.weight[i, o]) + d.skip[b, o])
*/
static void d_z_16_16(
    real *restrict trunk1,           /* [B, 16] */
    const real *restrict d_z_factor, /* [B, 16] */
    const real *restrict weight,     /* [16, 16] */
    const real *restrict r,          /* [B, 16] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real sum[16] = {0};
        for (int i = 0; i < 16; i++) {
            for (int o = 0; o < 16; o++) {
                sum[o] += d_z_factor[b * 16 + i] * weight[i * 16 + o];
            }
        }
        for (int o = 0; o < 16; o++) {
            trunk1[b * 16 + o] = (1.0f - square(trunk1[b * 16 + o])) * (sum[o] + r[b * 16 + o]);
        }
    }
}

/* trunk2: gradient of linear
   (27) d.trunk2.bias[o] = sum[b](d.trunk2.z[b, o])
   and, in other places, (30)
*/
static void d_bias_16(
    real *restrict d_bias,           /* [16] */
    const real *restrict d_z_factor, /* [B, 16] */
    int batch)
{
    real sum[16] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 16; o++) {
            sum[o] += d_z_factor[b * 16 + o];
        }
    }
    for (int o = 0; o < 16; o++) {
        d_bias[o] = sum[o];
    }
}

/* trunk1: gradient of linear
   (29) d.trunk1.weight[o, i] = sum[b](d.trunk1.z[b, o] * x[b, i])
*/
static void d_weight_16_12(
    real *restrict d_weight,     /* [12, 16], transposed */
    const real *restrict trunk1, /* [B, 16] */
    const real *restrict x,      /* [B, 12] */
    int batch)
{
    real sum[192] = {0};
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 12; i++) {
            for (int o = 0; o < 16; o++) {
                sum[i * 16 + o] += trunk1[b * 16 + o] * x[b * 12 + i];
            }
        }
    }
    for (int i = 0; i < 12; i++) {
        for (int o = 0; o < 16; o++) {
            d_weight[i * 16 + o] = sum[i * 16 + o];
        }
    }
}

/* measure_head: linear, gradient of linear; loss.measures: gradient of mse
   (8) measure_head[b, o] = sum[i](skip[b, i] * measure_head.weight[o, i]) + measure_head.bias[o]
   (16) d.measure[b, i] = (measure[b, i] - measure_head[b, i]) / (2 * B)
   (17) d.measure_head[b, o] = (measure_head[b, o] - measure[b, o]) / (2 * B)
*/
static void linear_d_measure_d_measure_head_1_16(
    real *restrict measure_head,   /* [B, 1] */
    real *restrict d_measure,      /* [B, 1] */
    real *restrict d_measure_head, /* [B, 1] */
    const real *restrict skip,     /* [B, 16] */
    const real *restrict weight,   /* [1, 16] */
    const real *restrict bias,     /* [1] */
    const real *restrict measure,  /* [B, 1] */
    int batch)
{
    const real scale = 1.0f / (2.0f * (real)batch); /* (16) (17) */
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            real sum = 0;
            for (int i = 0; i < 16; i++) {
                sum += skip[b * 16 + i] * weight[o * 16 + i];
            }
            measure_head[b + o] = sum + bias[o]; /* (8) */
            d_measure[b + o] = scale * (measure[b + o] - measure_head[b + o]); /* (16) */
            d_measure_head[b + o] = scale * (measure_head[b + o] - measure[b + o]); /* (17) */
        }
    }
}

/* trunk1: gradient of linear
   (31) d.x[b, i] = sum[j](d.trunk1.z[b, j] * trunk1.weight[j, i])
*/
static void d_x_12_16(
    real *restrict d_x,          /* [B, 12] */
    const real *restrict trunk1, /* [B, 16] */
    const real *restrict weight, /* [12, 16], transposed */
    int batch)
{
    real turned[192];
    for (int o = 0; o < 16; o++) {
        for (int i = 0; i < 12; i++) {
            turned[o * 12 + i] = weight[i * 16 + o];
        }
    }
    for (int b = 0; b < batch; b++) {
        real sum[12] = {0};
        for (int o = 0; o < 16; o++) {
            for (int i = 0; i < 12; i++) {
                sum[i] += trunk1[b * 16 + o] * turned[o * 12 + i];
            }
        }
        for (int i = 0; i < 12; i++) {
            d_x[b * 12 + i] = sum[i];
        }
    }
}

/* optimizer: adam rate, next step
   (32) optimizer.rate = lr / (1 - beta1**(1 + t))
   (33) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
   (34) t.next = 1 + t
*/
static void adam_rate_next_step(
    double *restrict rate,
    double *restrict scale,
    double *restrict t,
    const double *restrict lr,
    const double *restrict beta1,
    const double *restrict beta2)
{
    *rate = *lr / (1.0 - pow(*beta1, *t + 1.0)); /* (32) */
    *scale = 1.0 / sqrt(1.0 - pow(*beta2, *t + 1.0)); /* (33) */
    *t = *t + 1.0; /* (34) */
}

/* class_head: gradient of linear, adam
   (22) d.class_head.bias[o] = sum[b](d.class_head[b, o])
   (50) class_head.bias.m.next[o] = (1 - beta1) * d.class_head.bias[o] + beta1 * class_head.bias.m[o]
   (51) class_head.bias.v.next[o] = (1 - beta2) * d.class_head.bias[o]**2 + beta2 * class_head.bias.v[o]
   (52) class_head.bias.next[o] = class_head.bias[o] - optimizer.rate * class_head.bias.m.next[o] / (optimizer.scale * sqrt(class_head.bias.v.next[o]) + eps)
*/
static void d_bias_adam_4(
    real *restrict m,                  /* [4] */
    real *restrict v,                  /* [4] */
    real *restrict bias,               /* [4] */
    const real *restrict d_class_head, /* [B, 4] */
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
    real sum[4] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 4; o++) {
            sum[o] += d_class_head[b * 4 + o];
        }
    }
    for (int o = 0; o < 4; o++) {
        const real d_bias = sum[o]; /* (22) */
        m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (50) */
        v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (51) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (52) */
    }
}

/* measure_head: gradient of linear, adam
   (20) d.measure_head.bias[o] = sum[b](d.measure_head[b, o])
   (56) measure_head.bias.m.next[o] = (1 - beta1) * d.measure_head.bias[o] + beta1 * measure_head.bias.m[o]
   (57) measure_head.bias.v.next[o] = (1 - beta2) * d.measure_head.bias[o]**2 + beta2 * measure_head.bias.v[o]
   (58) measure_head.bias.next[o] = measure_head.bias[o] - optimizer.rate * measure_head.bias.m.next[o] / (optimizer.scale * sqrt(measure_head.bias.v.next[o]) + eps)
*/
static void d_bias_adam_1(
    real *restrict m,                    /* [1] */
    real *restrict v,                    /* [1] */
    real *restrict bias,                 /* [1] */
    const real *restrict d_measure_head, /* [B, 1] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    real d_bias = 0;
    for (int b = 0; b < batch; b++) {
        d_bias += d_measure_head[b]; /* (20) */
    }
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1;
    m[0] = normal(one_minus_beta1 * d_bias + beta1_real * m[0]); /* (56) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2;
    v[0] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[0]); /* (57) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps;
    bias[0] = bias[0] - rate_real * m[0] / (scale_real * sqrtf(v[0]) + eps_real); /* (58) */
}

/* measure_head: gradient of linear, adam
   (19) d.measure_head.weight[o, i] = sum[b](d.measure_head[b, o] * skip[b, i])
   (53) measure_head.weight.m.next[o, i] = (1 - beta1) * d.measure_head.weight[o, i] + beta1 * measure_head.weight.m[o, i]
   (54) measure_head.weight.v.next[o, i] = (1 - beta2) * d.measure_head.weight[o, i]**2 + beta2 * measure_head.weight.v[o, i]
   (55) measure_head.weight.next[o, i] = measure_head.weight[o, i] - optimizer.rate * measure_head.weight.m.next[o, i] / (optimizer.scale * sqrt(measure_head.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_1_16(
    real *restrict m,                    /* [1, 16] */
    real *restrict v,                    /* [1, 16] */
    real *restrict weight,               /* [1, 16] */
    const real *restrict d_measure_head, /* [B, 1] */
    const real *restrict skip,           /* [B, 16] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (53) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (54) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (55) */
    real sum[16] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            for (int i = 0; i < 16; i++) {
                sum[o * 16 + i] += d_measure_head[b + o] * skip[b * 16 + i];
            }
        }
    }
    for (int o = 0; o < 1; o++) {
        for (int i = 0; i < 16; i++) {
            const real d_weight = sum[o * 16 + i]; /* (19) */
            m[o * 16 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 16 + i]); /* (53) */
            v[o * 16 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 16 + i]); /* (54) */
            weight[o * 16 + i] = weight[o * 16 + i] - rate_real * m[o * 16 + i] / (scale_real * sqrtf(v[o * 16 + i]) + eps_real); /* (55) */
        }
    }
}

/* class_head: gradient of linear, adam
   (21) d.class_head.weight[o, i] = sum[b](d.class_head[b, o] * skip[b, i])
   (47) class_head.weight.m.next[o, i] = (1 - beta1) * d.class_head.weight[o, i] + beta1 * class_head.weight.m[o, i]
   (48) class_head.weight.v.next[o, i] = (1 - beta2) * d.class_head.weight[o, i]**2 + beta2 * class_head.weight.v[o, i]
   (49) class_head.weight.next[o, i] = class_head.weight[o, i] - optimizer.rate * class_head.weight.m.next[o, i] / (optimizer.scale * sqrt(class_head.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_4_16(
    real *restrict m,                  /* [4, 16] */
    real *restrict v,                  /* [4, 16] */
    real *restrict weight,             /* [4, 16] */
    const real *restrict d_class_head, /* [B, 4] */
    const real *restrict skip,         /* [B, 16] */
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
    real sum[64] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 4; o++) {
            for (int i = 0; i < 16; i++) {
                sum[o * 16 + i] += d_class_head[b * 4 + o] * skip[b * 16 + i];
            }
        }
    }
    for (int o = 0; o < 4; o++) {
        for (int i = 0; i < 16; i++) {
            const real d_weight = sum[o * 16 + i]; /* (21) */
            m[o * 16 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 16 + i]); /* (47) */
            v[o * 16 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 16 + i]); /* (48) */
            weight[o * 16 + i] = weight[o * 16 + i] - rate_real * m[o * 16 + i] / (scale_real * sqrtf(v[o * 16 + i]) + eps_real); /* (49) */
        }
    }
}

/* trunk2: gradient of linear, adam
   (27) d.trunk2.bias[o] = sum[b](d.trunk2.z[b, o])
   (44) trunk2.bias.m.next[o] = (1 - beta1) * d.trunk2.bias[o] + beta1 * trunk2.bias.m[o]
   (45) trunk2.bias.v.next[o] = (1 - beta2) * d.trunk2.bias[o]**2 + beta2 * trunk2.bias.v[o]
   (46) trunk2.bias.next[o] = trunk2.bias[o] - optimizer.rate * trunk2.bias.m.next[o] / (optimizer.scale * sqrt(trunk2.bias.v.next[o]) + eps)
   and, in other places, (30) (38) (39) (40)
*/
static void d_bias_adam_16(
    real *restrict m,                /* [16] */
    real *restrict v,                /* [16] */
    real *restrict bias,             /* [16] */
    const real *restrict d_z_factor, /* [B, 16] */
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
    real sum[16] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 16; o++) {
            sum[o] += d_z_factor[b * 16 + o];
        }
    }
    for (int o = 0; o < 16; o++) {
        const real d_bias = sum[o]; /* (27) */
        m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (44) */
        v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (45) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (46) */
    }
}

/* trunk1: gradient of linear
   (28) d.trunk1.z[b, o] = (1 - trunk1[b, o]**2) * (sum[i](d.trunk2.z[b, i] * trunk2.weight[i, o]) + d.skip[b, o])
*/
static void d_z_16_16_v2(
    real *restrict r,                /* [B, 16] */
    const real *restrict trunk1,     /* [B, 16] */
    const real *restrict d_z_factor, /* [B, 16] */
    const real *restrict weight,     /* [16, 16] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real sum[16] = {0};
        for (int i = 0; i < 16; i++) {
            for (int o = 0; o < 16; o++) {
                sum[o] += d_z_factor[b * 16 + i] * weight[i * 16 + o];
            }
        }
        for (int o = 0; o < 16; o++) {
            r[b * 16 + o] = (1.0f - square(trunk1[b * 16 + o])) * (sum[o] + r[b * 16 + o]);
        }
    }
}

/* trunk2: gradient of linear, adam
   (26) d.trunk2.weight[o, i] = sum[b](d.trunk2.z[b, o] * trunk1[b, i])
   (41) trunk2.weight.m.next[o, i] = (1 - beta1) * d.trunk2.weight[o, i] + beta1 * trunk2.weight.m[o, i]
   (42) trunk2.weight.v.next[o, i] = (1 - beta2) * d.trunk2.weight[o, i]**2 + beta2 * trunk2.weight.v[o, i]
   (43) trunk2.weight.next[o, i] = trunk2.weight[o, i] - optimizer.rate * trunk2.weight.m.next[o, i] / (optimizer.scale * sqrt(trunk2.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_16_16(
    real *restrict m,                /* [16, 16] */
    real *restrict v,                /* [16, 16] */
    real *restrict weight,           /* [16, 16] */
    const real *restrict d_z_factor, /* [B, 16] */
    const real *restrict trunk1,     /* [B, 16] */
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
    real sum[256] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 16; o++) {
            for (int i = 0; i < 16; i++) {
                sum[o * 16 + i] += d_z_factor[b * 16 + o] * trunk1[b * 16 + i];
            }
        }
    }
    for (int o = 0; o < 16; o++) {
        for (int i = 0; i < 16; i++) {
            const real d_weight = sum[o * 16 + i]; /* (26) */
            m[o * 16 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 16 + i]); /* (41) */
            v[o * 16 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 16 + i]); /* (42) */
            weight[o * 16 + i] = weight[o * 16 + i] - rate_real * m[o * 16 + i] / (scale_real * sqrtf(v[o * 16 + i]) + eps_real); /* (43) */
        }
    }
}

/* trunk1: gradient of linear, adam
   (29) d.trunk1.weight[o, i] = sum[b](d.trunk1.z[b, o] * x[b, i])
   (35) trunk1.weight.m.next[o, i] = (1 - beta1) * d.trunk1.weight[o, i] + beta1 * trunk1.weight.m[o, i]
   (36) trunk1.weight.v.next[o, i] = (1 - beta2) * d.trunk1.weight[o, i]**2 + beta2 * trunk1.weight.v[o, i]
   (37) trunk1.weight.next[o, i] = trunk1.weight[o, i] - optimizer.rate * trunk1.weight.m.next[o, i] / (optimizer.scale * sqrt(trunk1.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_16_12(
    real *restrict m,             /* [12, 16], transposed */
    real *restrict v,             /* [12, 16], transposed */
    real *restrict weight,        /* [12, 16], transposed */
    const real *restrict r,       /* [B, 16] */
    const real *restrict x,       /* [B, 12] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (35) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (36) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (37) */
    real sum[192] = {0};
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 12; i++) {
            for (int o = 0; o < 16; o++) {
                sum[i * 16 + o] += r[b * 16 + o] * x[b * 12 + i];
            }
        }
    }
    for (int i = 0; i < 12; i++) {
        for (int o = 0; o < 16; o++) {
            const real d_weight = sum[i * 16 + o]; /* (29) */
            m[i * 16 + o] = normal(one_minus_beta1 * d_weight + beta1_real * m[i * 16 + o]); /* (35) */
            v[i * 16 + o] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[i * 16 + o]); /* (36) */
            weight[i * 16 + o] = weight[i * 16 + o] - rate_real * m[i * 16 + o] / (scale_real * sqrtf(v[i * 16 + o]) + eps_real); /* (37) */
        }
    }
}

double two_heads_forward(const two_heads_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const linear_part = net->workspace + 16;
    real *const trunk1 = linear_part + 16 * capacity;
    real *const skip = linear_part;
    real *const class_head = linear_part + 16 * capacity;
    real *const measure_head = linear_part + 20 * capacity;

    /* (1) (2) */
    linear_tanh_16_12(trunk1, net->in_x, net->parameters + trunk1_weight, net->parameters + trunk1_bias, batch);
    /* (3) (4) (5) (6) */
    linear_silu_add_16_16(skip, trunk1, net->parameters + trunk2_weight, net->parameters + trunk2_bias, batch);
    /* (7) */
    linear_4_16(class_head, skip, net->parameters + class_head_weight, net->parameters + class_head_bias, batch);
    /* (8) */
    linear_1_16(measure_head, skip, net->parameters + measure_head_weight, net->parameters + measure_head_bias,
                batch);
    return 0;
}

double two_heads_loss(const two_heads_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const trunk1 = linear_part + 16 * capacity;
    real *const skip = linear_part;
    real *const class_head = linear_part + 16 * capacity;
    real *const measure_head = linear_part + 20 * capacity;
    real *const loss_classes_m = linear_part + 5 * capacity;
    real *const loss_classes_e = linear_part;
    real *const loss_classes_S = linear_part + 4 * capacity;
    real *const loss_classes = fixed;
    real *const loss = fixed + 1;

    /* (1) (2) */
    linear_tanh_16_12(trunk1, net->in_x, net->parameters + trunk1_weight, net->parameters + trunk1_bias, batch);
    /* (3) (4) (5) (6) */
    linear_silu_add_16_16(skip, trunk1, net->parameters + trunk2_weight, net->parameters + trunk2_bias, batch);
    /* (7) */
    linear_4_16(class_head, skip, net->parameters + class_head_weight, net->parameters + class_head_bias, batch);
    /* (8) */
    linear_1_16(measure_head, skip, net->parameters + measure_head_weight, net->parameters + measure_head_bias,
                batch);
    /* (9) (10) (11) */
    cross_entropy_4(loss_classes_m, loss_classes_e, loss_classes_S, class_head, batch);
    /* (13) */
    cross_entropy(loss_classes, loss_classes_m, class_head, net->in_label, loss_classes_S, batch);
    /* (14) (15) */
    mse_sum_1(loss, measure_head, net->in_measure, loss_classes, batch);
    return (double)*loss;
}

double two_heads_gradients(const two_heads_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const trunk1 = linear_part;
    real *const d_trunk2_z_factor = linear_part + 16 * capacity;
    real *const skip = linear_part + 32 * capacity;
    real *const class_head = linear_part + 52 * capacity;
    real *const loss_classes_m = linear_part + 61 * capacity;
    real *const loss_classes_e = linear_part + 56 * capacity;
    real *const loss_classes_S = linear_part + 60 * capacity;
    real *const d_class_head = linear_part + 48 * capacity;
    real *const loss_classes = fixed + 1;
    real *const measure_head = linear_part + 53 * capacity;
    real *const d_measure_head = linear_part + 52 * capacity;
    real *const loss = fixed;
    real *const skip_r = linear_part + 32 * capacity;

    /* (1) (2) */
    linear_tanh_16_12(trunk1, net->in_x, net->parameters + trunk1_weight, net->parameters + trunk1_bias, batch);
    /* (3) (4) (5) (6) (25) */
    linear_silu_add_d_z_16_16(d_trunk2_z_factor, skip, trunk1, net->parameters + trunk2_weight,
                              net->parameters + trunk2_bias, batch);
    /* (7) */
    linear_4_16(class_head, skip, net->parameters + class_head_weight, net->parameters + class_head_bias, batch);
    /* (9) (10) (11) (12) (18) */
    cross_entropy_d_class_head_4(loss_classes_m, loss_classes_e, loss_classes_S, d_class_head, class_head,
                                 net->in_label, batch);
    /* (13) */
    cross_entropy(loss_classes, loss_classes_m, class_head, net->in_label, loss_classes_S, batch);
    /* (21) */
    d_weight_4_16(net->gradients + d_class_head_weight, d_class_head, skip, batch);
    /* (22) */
    d_bias_4(net->gradients + d_class_head_bias, d_class_head, batch);
    /* (8) (17) */
    linear_d_measure_head_1_16(measure_head, d_measure_head, skip, net->parameters + measure_head_weight,
                               net->parameters + measure_head_bias, net->in_measure, batch);
    /* (19) */
    d_weight_1_16(net->gradients + d_measure_head_weight, d_measure_head, skip, batch);
    /* (14) (15) */
    mse_sum_1(loss, measure_head, net->in_measure, loss_classes, batch);
    /* (20) */
    d_bias_1(net->gradients + d_measure_head_bias, d_measure_head, batch);
    /* (23) */
    r_16_1(skip_r, d_measure_head, net->parameters + measure_head_weight, batch);
    /* (24) (25) */
    d_skip_d_z_16_4(skip_r, d_trunk2_z_factor, d_class_head, net->parameters + class_head_weight, batch);
    /* (26) */
    d_weight_16_16(net->gradients + d_trunk2_weight, d_trunk2_z_factor, trunk1, batch);
    /* (28) */
    d_z_16_16(trunk1, d_trunk2_z_factor, net->parameters + trunk2_weight, skip_r, batch);
    /* (27) */
    d_bias_16(net->gradients + d_trunk2_bias, d_trunk2_z_factor, batch);
    /* (29) */
    d_weight_16_12(net->gradients + d_trunk1_weight, trunk1, net->in_x, batch);
    /* (30) */
    d_bias_16(net->gradients + d_trunk1_bias, trunk1, batch);
    return (double)*loss;
}

double two_heads_input_gradients(const two_heads_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const trunk1 = linear_part;
    real *const d_trunk2_z_factor = linear_part + 16 * capacity;
    real *const skip = linear_part + 32 * capacity;
    real *const class_head = linear_part + 52 * capacity;
    real *const loss_classes_m = linear_part + 61 * capacity;
    real *const loss_classes_e = linear_part + 56 * capacity;
    real *const loss_classes_S = linear_part + 60 * capacity;
    real *const d_class_head = linear_part + 48 * capacity;
    real *const loss_classes = fixed + 1;
    real *const measure_head = linear_part + 54 * capacity;
    real *const d_measure = linear_part + 52 * capacity;
    real *const d_measure_head = linear_part + 53 * capacity;
    real *const loss = fixed;
    real *const skip_r = linear_part + 32 * capacity;
    real *const d_x = linear_part + 16 * capacity;

    /* (1) (2) */
    linear_tanh_16_12(trunk1, net->in_x, net->parameters + trunk1_weight, net->parameters + trunk1_bias, batch);
    /* (3) (4) (5) (6) (25) */
    linear_silu_add_d_z_16_16(d_trunk2_z_factor, skip, trunk1, net->parameters + trunk2_weight,
                              net->parameters + trunk2_bias, batch);
    /* (7) */
    linear_4_16(class_head, skip, net->parameters + class_head_weight, net->parameters + class_head_bias, batch);
    /* (9) (10) (11) (12) (18) */
    cross_entropy_d_class_head_4(loss_classes_m, loss_classes_e, loss_classes_S, d_class_head, class_head,
                                 net->in_label, batch);
    /* (13) */
    cross_entropy(loss_classes, loss_classes_m, class_head, net->in_label, loss_classes_S, batch);
    /* (21) */
    d_weight_4_16(net->gradients + d_class_head_weight, d_class_head, skip, batch);
    /* (22) */
    d_bias_4(net->gradients + d_class_head_bias, d_class_head, batch);
    /* (8) (16) (17) */
    linear_d_measure_d_measure_head_1_16(measure_head, d_measure, d_measure_head, skip,
                                         net->parameters + measure_head_weight,
                                         net->parameters + measure_head_bias, net->in_measure, batch);
    /* (19) */
    d_weight_1_16(net->gradients + d_measure_head_weight, d_measure_head, skip, batch);
    /* (14) (15) */
    mse_sum_1(loss, measure_head, net->in_measure, loss_classes, batch);
    /* (20) */
    d_bias_1(net->gradients + d_measure_head_bias, d_measure_head, batch);
    /* (23) */
    r_16_1(skip_r, d_measure_head, net->parameters + measure_head_weight, batch);
    /* (24) (25) */
    d_skip_d_z_16_4(skip_r, d_trunk2_z_factor, d_class_head, net->parameters + class_head_weight, batch);
    /* (26) */
    d_weight_16_16(net->gradients + d_trunk2_weight, d_trunk2_z_factor, trunk1, batch);
    /* (28) */
    d_z_16_16(trunk1, d_trunk2_z_factor, net->parameters + trunk2_weight, skip_r, batch);
    /* (27) */
    d_bias_16(net->gradients + d_trunk2_bias, d_trunk2_z_factor, batch);
    /* (29) */
    d_weight_16_12(net->gradients + d_trunk1_weight, trunk1, net->in_x, batch);
    /* (30) */
    d_bias_16(net->gradients + d_trunk1_bias, trunk1, batch);
    /* (31) */
    d_x_12_16(d_x, trunk1, net->parameters + trunk1_weight, batch);
    return (double)*loss;
}

double two_heads_step(const two_heads_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const trunk1 = linear_part;
    real *const d_trunk2_z_factor = linear_part + 16 * capacity;
    real *const skip = linear_part + 32 * capacity;
    double *const optimizer_rate = (double *)(fixed);
    double *const optimizer_scale = (double *)(fixed + 2);
    real *const class_head = linear_part + 48 * capacity;
    real *const loss_classes_m = linear_part + 57 * capacity;
    real *const loss_classes_e = linear_part + 52 * capacity;
    real *const loss_classes_S = linear_part + 56 * capacity;
    real *const d_class_head = linear_part + 64 * capacity;
    real *const loss_classes = fixed + 5;
    real *const measure_head = linear_part + 48 * capacity;
    real *const d_measure_head = linear_part + 68 * capacity;
    real *const loss = fixed + 4;
    real *const skip_r = linear_part + 48 * capacity;

    /* (1) (2) */
    linear_tanh_16_12(trunk1, net->in_x, net->parameters + trunk1_weight, net->parameters + trunk1_bias, batch);
    /* (3) (4) (5) (6) (25) */
    linear_silu_add_d_z_16_16(d_trunk2_z_factor, skip, trunk1, net->parameters + trunk2_weight,
                              net->parameters + trunk2_bias, batch);
    /* (32) (33) (34) */
    adam_rate_next_step(optimizer_rate, optimizer_scale, net->counters + t, net->settings + lr,
                        net->settings + beta1, net->settings + beta2);
    /* (7) */
    linear_4_16(class_head, skip, net->parameters + class_head_weight, net->parameters + class_head_bias, batch);
    /* (9) (10) (11) (12) (18) */
    cross_entropy_d_class_head_4(loss_classes_m, loss_classes_e, loss_classes_S, d_class_head, class_head,
                                 net->in_label, batch);
    /* (13) */
    cross_entropy(loss_classes, loss_classes_m, class_head, net->in_label, loss_classes_S, batch);
    /* (22) (50) (51) (52) */
    d_bias_adam_4(net->states + class_head_bias_m, net->states + class_head_bias_v,
                  net->parameters + class_head_bias, d_class_head, net->settings + beta1, net->settings + beta2,
                  optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (8) (17) */
    linear_d_measure_head_1_16(measure_head, d_measure_head, skip, net->parameters + measure_head_weight,
                               net->parameters + measure_head_bias, net->in_measure, batch);
    /* (14) (15) */
    mse_sum_1(loss, measure_head, net->in_measure, loss_classes, batch);
    /* (20) (56) (57) (58) */
    d_bias_adam_1(net->states + measure_head_bias_m, net->states + measure_head_bias_v,
                  net->parameters + measure_head_bias, d_measure_head, net->settings + beta1,
                  net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (23) */
    r_16_1(skip_r, d_measure_head, net->parameters + measure_head_weight, batch);
    /* (19) (53) (54) (55) */
    d_weight_adam_1_16(net->states + measure_head_weight_m, net->states + measure_head_weight_v,
                       net->parameters + measure_head_weight, d_measure_head, skip, net->settings + beta1,
                       net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (24) (25) */
    d_skip_d_z_16_4(skip_r, d_trunk2_z_factor, d_class_head, net->parameters + class_head_weight, batch);
    /* (21) (47) (48) (49) */
    d_weight_adam_4_16(net->states + class_head_weight_m, net->states + class_head_weight_v,
                       net->parameters + class_head_weight, d_class_head, skip, net->settings + beta1,
                       net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (27) (44) (45) (46) */
    d_bias_adam_16(net->states + trunk2_bias_m, net->states + trunk2_bias_v, net->parameters + trunk2_bias,
                   d_trunk2_z_factor, net->settings + beta1, net->settings + beta2, optimizer_rate,
                   optimizer_scale, net->settings + eps, batch);
    /* (28) */
    d_z_16_16_v2(skip_r, trunk1, d_trunk2_z_factor, net->parameters + trunk2_weight, batch);
    /* (26) (41) (42) (43) */
    d_weight_adam_16_16(net->states + trunk2_weight_m, net->states + trunk2_weight_v,
                        net->parameters + trunk2_weight, d_trunk2_z_factor, trunk1, net->settings + beta1,
                        net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (29) (35) (36) (37) */
    d_weight_adam_16_12(net->states + trunk1_weight_m, net->states + trunk1_weight_v,
                        net->parameters + trunk1_weight, skip_r, net->in_x, net->settings + beta1,
                        net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (30) (38) (39) (40) */
    d_bias_adam_16(net->states + trunk1_bias_m, net->states + trunk1_bias_v, net->parameters + trunk1_bias, skip_r,
                   net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                   net->settings + eps, batch);
    return (double)*loss;
}

/* Steps of training, `count` of them, one after another.  The inputs have `batches` times net->batch rows: the steps
   take a batch after the other, the one numbered `first` to begin with, and after the last one the first again.
   Leaves the losses.  A loss that is infinite or not a number ends it.  Returns how many steps there were. */
int two_heads_steps(const two_heads_network *net, int first, int batches, int count, double *losses)
{
    two_heads_network now = *net;
    for (int n = 0; n < count; n++) {
        const size_t row = (size_t)((first + n) % batches) * (size_t)net->batch;
        now.in_x = net->in_x + row * 12;
        now.in_label = net->in_label + row;
        now.in_measure = net->in_measure + row;
        losses[n] = two_heads_step(&now);
        if (!isfinite(losses[n]))
            return n + 1;
    }
    return count;
}

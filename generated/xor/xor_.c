/* xor, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.
   A matrix by columns is, to functions, its transpose: what equations call [o, i] of it lies at [i, o].

   cc -O2 -std=c11 -march=native -fvect-cost-model=dynamic -fpeel-loops -ffp-contract=fast -fno-math-errno -fno-trapping-math -c xor_.c */
#include "xor_.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    hidden_weight = 0, /* [4, 2], by columns */
    hidden_bias = 16, /* [4] */
    output_weight = 32, /* [1, 4] */
    output_bias = 48, /* [1] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_hidden_weight = 0, /* [4, 2], by columns */
    d_hidden_bias = 16, /* [4] */
    d_output_weight = 32, /* [1, 4] */
    d_output_bias = 48, /* [1] */
};

/* Where tensors begin in `states`. */
enum {
    hidden_weight_m = 0, /* [4, 2], by columns */
    hidden_bias_m = 16, /* [4] */
    output_weight_m = 32, /* [1, 4] */
    output_bias_m = 48, /* [1] */
    hidden_weight_v = 64, /* [4, 2], by columns */
    hidden_bias_v = 80, /* [4] */
    output_weight_v = 96, /* [1, 4] */
    output_bias_v = 112, /* [1] */
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

/* log(1 + exp(x)), by an exponential that cannot overflow; at most 1.7 units in the last place off. */
INLINE real softplus(real x)
{
    return (x > 0 ? x : 0) + log1p_single(exp_single(-fabsf(x)));
}

static inline real square(real x)
{
    return x * x;
}

/* hidden: linear, sigmoid
   (1) hidden.z[b, o] = sum[i](x[b, i] * hidden.weight[o, i]) + hidden.bias[o]
   (2) hidden[b, o] = sigmoid(hidden.z[b, o])
*/
static void linear_sigmoid_4_2(
    real *restrict hidden,       /* [B, 4] */
    const real *restrict x,      /* [B, 2] */
    const real *restrict weight, /* [2, 4], transposed */
    const real *restrict bias,   /* [4] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real sum[4] = {0};
        for (int i = 0; i < 2; i++) {
            for (int o = 0; o < 4; o++) {
                sum[o] += x[b * 2 + i] * weight[i * 4 + o];
            }
        }
        for (int o = 0; o < 4; o++) {
            const real z = sum[o] + bias[o]; /* (1) */
            hidden[b * 4 + o] = sigmoid(z); /* (2) */
        }
    }
}

/* output: linear, sigmoid
   (4) output.z[b, o] = sum[i](hidden[b, i] * output.weight[o, i]) + output.bias[o]
   (5) output[b, o] = sigmoid(output.z[b, o])
*/
static void linear_sigmoid_1_4(
    real *restrict output,       /* [B, 1] */
    const real *restrict hidden, /* [B, 4] */
    const real *restrict weight, /* [1, 4] */
    const real *restrict bias,   /* [1] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            real sum = 0;
            for (int i = 0; i < 4; i++) {
                sum += hidden[b * 4 + i] * weight[o * 4 + i];
            }
            const real z = sum + bias[o]; /* (4) */
            output[b + o] = sigmoid(z); /* (5) */
        }
    }
}

/* output: linear
   (4) output.z[b, o] = sum[i](hidden[b, i] * output.weight[o, i]) + output.bias[o]
*/
static void linear_1_4(
    real *restrict z,            /* [B, 1] */
    const real *restrict hidden, /* [B, 4] */
    const real *restrict weight, /* [1, 4] */
    const real *restrict bias,   /* [1] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            real sum = 0;
            for (int i = 0; i < 4; i++) {
                sum += hidden[b * 4 + i] * weight[o * 4 + i];
            }
            z[b + o] = sum + bias[o];
        }
    }
}

/* loss: bce
   (7) loss = sum[b, i]((1 - y[b, i]) * softplus(output.z[b, i]) + y[b, i] * softplus(-output.z[b, i])) / B
*/
static void bce_1(
    real *restrict loss,
    const real *restrict y, /* [B, 1] */
    const real *restrict z, /* [B, 1] */
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
        sum += (1.0f - y[b]) * softplus(z[b]) + softplus(-z[b]) * y[b];
    }
    *loss = sum / (real)batch;
}

/* hidden: linear, sigmoid
   (1) hidden.z[b, o] = sum[i](x[b, i] * hidden.weight[o, i]) + hidden.bias[o]
   (2) hidden[b, o] = sigmoid(hidden.z[b, o])
   (3) hidden.t[b, o] = sigmoid(-hidden.z[b, o])
*/
static void linear_sigmoid_4_2_v2(
    real *restrict hidden,       /* [B, 4] */
    real *restrict t,            /* [B, 4] */
    const real *restrict x,      /* [B, 2] */
    const real *restrict weight, /* [2, 4], transposed */
    const real *restrict bias,   /* [4] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real sum[4] = {0};
        for (int i = 0; i < 2; i++) {
            for (int o = 0; o < 4; o++) {
                sum[o] += x[b * 2 + i] * weight[i * 4 + o];
            }
        }
        for (int o = 0; o < 4; o++) {
            const real z = sum[o] + bias[o]; /* (1) */
            hidden[b * 4 + o] = sigmoid(z); /* (2) */
            t[b * 4 + o] = sigmoid(-z); /* (3) */
        }
    }
}

/* output: linear, sigmoid, gradient of linear
   (4) output.z[b, o] = sum[i](hidden[b, i] * output.weight[o, i]) + output.bias[o]
   (5) output[b, o] = sigmoid(output.z[b, o])
   (6) output.t[b, o] = sigmoid(-output.z[b, o])
   (9) d.output.z[b, o] = (output[b, o] * (1 - y[b, o]) - output.t[b, o] * y[b, o]) / B
*/
static void linear_sigmoid_d_z_1_4(
    real *restrict z,            /* [B, 1] */
    real *restrict d_z,          /* [B, 1] */
    const real *restrict hidden, /* [B, 4] */
    const real *restrict weight, /* [1, 4] */
    const real *restrict bias,   /* [1] */
    const real *restrict y,      /* [B, 1] */
    int batch)
{
    const real scale = 1.0f / (real)batch; /* (9) */
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            real sum = 0;
            for (int i = 0; i < 4; i++) {
                sum += hidden[b * 4 + i] * weight[o * 4 + i];
            }
            z[b + o] = sum + bias[o]; /* (4) */
            const real output = sigmoid(z[b + o]); /* (5) */
            const real t = sigmoid(-z[b + o]); /* (6) */
            d_z[b + o] = scale * ((1.0f - y[b + o]) * output - t * y[b + o]); /* (9) */
        }
    }
}

/* output: gradient of linear
   (10) d.output.weight[o, i] = sum[b](d.output.z[b, o] * hidden[b, i])
*/
static void d_weight_1_4(
    real *restrict d_weight,     /* [1, 4] */
    const real *restrict d_z,    /* [B, 1] */
    const real *restrict hidden, /* [B, 4] */
    int batch)
{
    real sum[4] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            for (int i = 0; i < 4; i++) {
                sum[o * 4 + i] += d_z[b + o] * hidden[b * 4 + i];
            }
        }
    }
    for (int o = 0; o < 1; o++) {
        for (int i = 0; i < 4; i++) {
            d_weight[o * 4 + i] = sum[o * 4 + i];
        }
    }
}

/* hidden: gradient of linear
   (12) d.hidden.z[b, o] = hidden[b, o] * hidden.t[b, o] * sum[i](d.output.z[b, i] * output.weight[i, o])
*/
static void d_z_4_1(
    real *restrict hidden,       /* [B, 4] */
    const real *restrict d_z,    /* [B, 1] */
    const real *restrict weight, /* [1, 4] */
    const real *restrict t,      /* [B, 4] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 4; o++) {
            hidden[b * 4 + o] = d_z[b] * weight[o] * hidden[b * 4 + o] * t[b * 4 + o];
        }
    }
}

/* output: gradient of linear
   (11) d.output.bias[o] = sum[b](d.output.z[b, o])
*/
static void d_bias_1(
    real *restrict d_bias,    /* [1] */
    const real *restrict d_z, /* [B, 1] */
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
        sum += d_z[b];
    }
    d_bias[0] = sum;
}

/* hidden: gradient of linear
   (13) d.hidden.weight[o, i] = sum[b](d.hidden.z[b, o] * x[b, i])
*/
static void d_weight_4_2(
    real *restrict d_weight,     /* [2, 4], transposed */
    const real *restrict hidden, /* [B, 4] */
    const real *restrict x,      /* [B, 2] */
    int batch)
{
    real sum[8] = {0};
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 2; i++) {
            for (int o = 0; o < 4; o++) {
                sum[i * 4 + o] += hidden[b * 4 + o] * x[b * 2 + i];
            }
        }
    }
    for (int i = 0; i < 2; i++) {
        for (int o = 0; o < 4; o++) {
            d_weight[i * 4 + o] = sum[i * 4 + o];
        }
    }
}

/* hidden: gradient of linear
   (14) d.hidden.bias[o] = sum[b](d.hidden.z[b, o])
*/
static void d_bias_4(
    real *restrict d_bias,       /* [4] */
    const real *restrict hidden, /* [B, 4] */
    int batch)
{
    real sum[4] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 4; o++) {
            sum[o] += hidden[b * 4 + o];
        }
    }
    for (int o = 0; o < 4; o++) {
        d_bias[o] = sum[o];
    }
}

/* output: linear, sigmoid, gradient of linear; loss: gradient of bce
   (4) output.z[b, o] = sum[i](hidden[b, i] * output.weight[o, i]) + output.bias[o]
   (5) output[b, o] = sigmoid(output.z[b, o])
   (6) output.t[b, o] = sigmoid(-output.z[b, o])
   (8) d.y[b, i] = (softplus(-output.z[b, i]) - softplus(output.z[b, i])) / B
   (9) d.output.z[b, o] = (output[b, o] * (1 - y[b, o]) - output.t[b, o] * y[b, o]) / B
*/
static void linear_sigmoid_d_y_d_z_1_4(
    real *restrict z,            /* [B, 1] */
    real *restrict d_y,          /* [B, 1] */
    real *restrict d_z,          /* [B, 1] */
    const real *restrict hidden, /* [B, 4] */
    const real *restrict weight, /* [1, 4] */
    const real *restrict bias,   /* [1] */
    const real *restrict y,      /* [B, 1] */
    int batch)
{
    const real scale = 1.0f / (real)batch; /* (8) (9) */
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            real sum = 0;
            for (int i = 0; i < 4; i++) {
                sum += hidden[b * 4 + i] * weight[o * 4 + i];
            }
            z[b + o] = sum + bias[o]; /* (4) */
            const real output = sigmoid(z[b + o]); /* (5) */
            const real t = sigmoid(-z[b + o]); /* (6) */
            d_y[b + o] = scale * (softplus(-z[b + o]) - softplus(z[b + o])); /* (8) */
            d_z[b + o] = scale * ((1.0f - y[b + o]) * output - t * y[b + o]); /* (9) */
        }
    }
}

/* hidden: gradient of linear
   (15) d.x[b, i] = sum[j](d.hidden.z[b, j] * hidden.weight[j, i])
*/
static void d_x_2_4(
    real *restrict d_x,          /* [B, 2] */
    const real *restrict hidden, /* [B, 4] */
    const real *restrict weight, /* [2, 4], transposed */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 2; i++) {
            real sum = 0;
            for (int o = 0; o < 4; o++) {
                sum += hidden[b * 4 + o] * weight[i * 4 + o];
            }
            d_x[b * 2 + i] = sum;
        }
    }
}

/* optimizer: adam rate, next step
   (16) optimizer.rate = lr / (1 - beta1**(1 + t))
   (17) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
   (18) t.next = 1 + t
*/
static void adam_rate_next_step(
    double *restrict rate,
    double *restrict scale,
    double *restrict t,
    const double *restrict lr,
    const double *restrict beta1,
    const double *restrict beta2)
{
    *rate = *lr / (1.0 - pow(*beta1, *t + 1.0)); /* (16) */
    *scale = 1.0 / sqrt(1.0 - pow(*beta2, *t + 1.0)); /* (17) */
    *t = *t + 1.0; /* (18) */
}

/* output: gradient of linear, adam
   (11) d.output.bias[o] = sum[b](d.output.z[b, o])
   (28) output.bias.m.next[o] = (1 - beta1) * d.output.bias[o] + beta1 * output.bias.m[o]
   (29) output.bias.v.next[o] = (1 - beta2) * d.output.bias[o]**2 + beta2 * output.bias.v[o]
   (30) output.bias.next[o] = output.bias[o] - optimizer.rate * output.bias.m.next[o] / (optimizer.scale * sqrt(output.bias.v.next[o]) + eps)
*/
static void d_bias_adam_1(
    real *restrict m,             /* [1] */
    real *restrict v,             /* [1] */
    real *restrict bias,          /* [1] */
    const real *restrict d_z,     /* [B, 1] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    real d_bias = 0;
    for (int b = 0; b < batch; b++) {
        d_bias += d_z[b]; /* (11) */
    }
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1;
    m[0] = normal(one_minus_beta1 * d_bias + beta1_real * m[0]); /* (28) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2;
    v[0] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[0]); /* (29) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps;
    bias[0] = bias[0] - rate_real * m[0] / (scale_real * sqrtf(v[0]) + eps_real); /* (30) */
}

/* hidden: gradient of linear
   (12) d.hidden.z[b, o] = hidden[b, o] * hidden.t[b, o] * sum[i](d.output.z[b, i] * output.weight[i, o])
*/
static void d_z_4_1_v2(
    real *restrict t,            /* [B, 4] */
    const real *restrict d_z,    /* [B, 1] */
    const real *restrict weight, /* [1, 4] */
    const real *restrict hidden, /* [B, 4] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 4; o++) {
            t[b * 4 + o] = d_z[b] * weight[o] * hidden[b * 4 + o] * t[b * 4 + o];
        }
    }
}

/* output: gradient of linear, adam
   (10) d.output.weight[o, i] = sum[b](d.output.z[b, o] * hidden[b, i])
   (25) output.weight.m.next[o, i] = (1 - beta1) * d.output.weight[o, i] + beta1 * output.weight.m[o, i]
   (26) output.weight.v.next[o, i] = (1 - beta2) * d.output.weight[o, i]**2 + beta2 * output.weight.v[o, i]
   (27) output.weight.next[o, i] = output.weight[o, i] - optimizer.rate * output.weight.m.next[o, i] / (optimizer.scale * sqrt(output.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_1_4(
    real *restrict m,             /* [1, 4] */
    real *restrict v,             /* [1, 4] */
    real *restrict weight,        /* [1, 4] */
    const real *restrict d_z,     /* [B, 1] */
    const real *restrict hidden,  /* [B, 4] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (25) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (26) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (27) */
    real sum[4] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            for (int i = 0; i < 4; i++) {
                sum[o * 4 + i] += d_z[b + o] * hidden[b * 4 + i];
            }
        }
    }
    for (int o = 0; o < 1; o++) {
        for (int i = 0; i < 4; i++) {
            const real d_weight = sum[o * 4 + i]; /* (10) */
            m[o * 4 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 4 + i]); /* (25) */
            v[o * 4 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 4 + i]); /* (26) */
            weight[o * 4 + i] = weight[o * 4 + i] - rate_real * m[o * 4 + i] / (scale_real * sqrtf(v[o * 4 + i]) + eps_real); /* (27) */
        }
    }
}

/* hidden: gradient of linear, adam
   (13) d.hidden.weight[o, i] = sum[b](d.hidden.z[b, o] * x[b, i])
   (19) hidden.weight.m.next[o, i] = (1 - beta1) * d.hidden.weight[o, i] + beta1 * hidden.weight.m[o, i]
   (20) hidden.weight.v.next[o, i] = (1 - beta2) * d.hidden.weight[o, i]**2 + beta2 * hidden.weight.v[o, i]
   (21) hidden.weight.next[o, i] = hidden.weight[o, i] - optimizer.rate * hidden.weight.m.next[o, i] / (optimizer.scale * sqrt(hidden.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_4_2(
    real *restrict m,             /* [2, 4], transposed */
    real *restrict v,             /* [2, 4], transposed */
    real *restrict weight,        /* [2, 4], transposed */
    const real *restrict t,       /* [B, 4] */
    const real *restrict x,       /* [B, 2] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (19) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (20) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (21) */
    real sum[8] = {0};
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 2; i++) {
            for (int o = 0; o < 4; o++) {
                sum[i * 4 + o] += t[b * 4 + o] * x[b * 2 + i];
            }
        }
    }
    for (int i = 0; i < 2; i++) {
        for (int o = 0; o < 4; o++) {
            const real d_weight = sum[i * 4 + o]; /* (13) */
            m[i * 4 + o] = normal(one_minus_beta1 * d_weight + beta1_real * m[i * 4 + o]); /* (19) */
            v[i * 4 + o] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[i * 4 + o]); /* (20) */
            weight[i * 4 + o] = weight[i * 4 + o] - rate_real * m[i * 4 + o] / (scale_real * sqrtf(v[i * 4 + o]) + eps_real); /* (21) */
        }
    }
}

/* hidden: gradient of linear, adam
   (14) d.hidden.bias[o] = sum[b](d.hidden.z[b, o])
   (22) hidden.bias.m.next[o] = (1 - beta1) * d.hidden.bias[o] + beta1 * hidden.bias.m[o]
   (23) hidden.bias.v.next[o] = (1 - beta2) * d.hidden.bias[o]**2 + beta2 * hidden.bias.v[o]
   (24) hidden.bias.next[o] = hidden.bias[o] - optimizer.rate * hidden.bias.m.next[o] / (optimizer.scale * sqrt(hidden.bias.v.next[o]) + eps)
*/
static void d_bias_adam_4(
    real *restrict m,             /* [4] */
    real *restrict v,             /* [4] */
    real *restrict bias,          /* [4] */
    const real *restrict t,       /* [B, 4] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (22) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (23) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (24) */
    real sum[4] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 4; o++) {
            sum[o] += t[b * 4 + o];
        }
    }
    for (int o = 0; o < 4; o++) {
        const real d_bias = sum[o]; /* (14) */
        m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (22) */
        v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (23) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (24) */
    }
}

double xor__forward(const xor__network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const linear_part = net->workspace + 16;
    real *const hidden = linear_part;
    real *const output = linear_part + 4 * capacity;

    /* (1) (2) */
    linear_sigmoid_4_2(hidden, net->in_x, net->parameters + hidden_weight, net->parameters + hidden_bias, batch);
    /* (4) (5) */
    linear_sigmoid_1_4(output, hidden, net->parameters + output_weight, net->parameters + output_bias, batch);
    return 0;
}

double xor__loss(const xor__network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const hidden = linear_part;
    real *const output_z = linear_part + 4 * capacity;
    real *const loss = fixed;

    /* (1) (2) */
    linear_sigmoid_4_2(hidden, net->in_x, net->parameters + hidden_weight, net->parameters + hidden_bias, batch);
    /* (4) */
    linear_1_4(output_z, hidden, net->parameters + output_weight, net->parameters + output_bias, batch);
    /* (7) */
    bce_1(loss, net->in_y, output_z, batch);
    return (double)*loss;
}

double xor__gradients(const xor__network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const hidden = linear_part;
    real *const hidden_t = linear_part + 4 * capacity;
    real *const output_z = linear_part + 9 * capacity;
    real *const d_output_z = linear_part + 8 * capacity;
    real *const loss = fixed;

    /* (1) (2) (3) */
    linear_sigmoid_4_2_v2(hidden, hidden_t, net->in_x, net->parameters + hidden_weight,
                          net->parameters + hidden_bias, batch);
    /* (4) (5) (6) (9) */
    linear_sigmoid_d_z_1_4(output_z, d_output_z, hidden, net->parameters + output_weight,
                           net->parameters + output_bias, net->in_y, batch);
    /* (7) */
    bce_1(loss, net->in_y, output_z, batch);
    /* (10) */
    d_weight_1_4(net->gradients + d_output_weight, d_output_z, hidden, batch);
    /* (12) */
    d_z_4_1(hidden, d_output_z, net->parameters + output_weight, hidden_t, batch);
    /* (11) */
    d_bias_1(net->gradients + d_output_bias, d_output_z, batch);
    /* (13) */
    d_weight_4_2(net->gradients + d_hidden_weight, hidden, net->in_x, batch);
    /* (14) */
    d_bias_4(net->gradients + d_hidden_bias, hidden, batch);
    return (double)*loss;
}

double xor__input_gradients(const xor__network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const hidden = linear_part;
    real *const hidden_t = linear_part + 4 * capacity;
    real *const output_z = linear_part + 10 * capacity;
    real *const d_y = linear_part + 8 * capacity;
    real *const d_output_z = linear_part + 9 * capacity;
    real *const loss = fixed;
    real *const d_x = linear_part + 4 * capacity;

    /* (1) (2) (3) */
    linear_sigmoid_4_2_v2(hidden, hidden_t, net->in_x, net->parameters + hidden_weight,
                          net->parameters + hidden_bias, batch);
    /* (4) (5) (6) (8) (9) */
    linear_sigmoid_d_y_d_z_1_4(output_z, d_y, d_output_z, hidden, net->parameters + output_weight,
                               net->parameters + output_bias, net->in_y, batch);
    /* (7) */
    bce_1(loss, net->in_y, output_z, batch);
    /* (10) */
    d_weight_1_4(net->gradients + d_output_weight, d_output_z, hidden, batch);
    /* (12) */
    d_z_4_1(hidden, d_output_z, net->parameters + output_weight, hidden_t, batch);
    /* (11) */
    d_bias_1(net->gradients + d_output_bias, d_output_z, batch);
    /* (13) */
    d_weight_4_2(net->gradients + d_hidden_weight, hidden, net->in_x, batch);
    /* (14) */
    d_bias_4(net->gradients + d_hidden_bias, hidden, batch);
    /* (15) */
    d_x_2_4(d_x, hidden, net->parameters + hidden_weight, batch);
    return (double)*loss;
}

double xor__step(const xor__network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    double *const optimizer_rate = (double *)(fixed);
    double *const optimizer_scale = (double *)(fixed + 2);
    real *const hidden = linear_part + 4 * capacity;
    real *const hidden_t = linear_part;
    real *const output_z = linear_part + 9 * capacity;
    real *const d_output_z = linear_part + 8 * capacity;
    real *const loss = fixed + 4;

    /* (16) (17) (18) */
    adam_rate_next_step(optimizer_rate, optimizer_scale, net->counters + t, net->settings + lr,
                        net->settings + beta1, net->settings + beta2);
    /* (1) (2) (3) */
    linear_sigmoid_4_2_v2(hidden, hidden_t, net->in_x, net->parameters + hidden_weight,
                          net->parameters + hidden_bias, batch);
    /* (4) (5) (6) (9) */
    linear_sigmoid_d_z_1_4(output_z, d_output_z, hidden, net->parameters + output_weight,
                           net->parameters + output_bias, net->in_y, batch);
    /* (7) */
    bce_1(loss, net->in_y, output_z, batch);
    /* (11) (28) (29) (30) */
    d_bias_adam_1(net->states + output_bias_m, net->states + output_bias_v, net->parameters + output_bias,
                  d_output_z, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                  net->settings + eps, batch);
    /* (12) */
    d_z_4_1_v2(hidden_t, d_output_z, net->parameters + output_weight, hidden, batch);
    /* (10) (25) (26) (27) */
    d_weight_adam_1_4(net->states + output_weight_m, net->states + output_weight_v,
                      net->parameters + output_weight, d_output_z, hidden, net->settings + beta1,
                      net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (13) (19) (20) (21) */
    d_weight_adam_4_2(net->states + hidden_weight_m, net->states + hidden_weight_v,
                      net->parameters + hidden_weight, hidden_t, net->in_x, net->settings + beta1,
                      net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (14) (22) (23) (24) */
    d_bias_adam_4(net->states + hidden_bias_m, net->states + hidden_bias_v, net->parameters + hidden_bias,
                  hidden_t, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                  net->settings + eps, batch);
    return (double)*loss;
}

/* Steps of training, `count` of them, one after another.  The inputs have `batches` times net->batch rows: the steps
   take a batch after the other, the one numbered `first` to begin with, and after the last one the first again.
   Leaves the losses.  A loss that is infinite or not a number ends it.  Returns how many steps there were. */
int xor__steps(const xor__network *net, int first, int batches, int count, double *losses)
{
    xor__network now = *net;
    for (int n = 0; n < count; n++) {
        const size_t row = (size_t)((first + n) % batches) * (size_t)net->batch;
        now.in_x = net->in_x + row * 2;
        now.in_y = net->in_y + row;
        losses[n] = xor__step(&now);
        if (!isfinite(losses[n]))
            return n + 1;
    }
    return count;
}

/* logistic_regression, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.

   cc -O2 -std=c11 -march=native -fvect-cost-model=dynamic -fpeel-loops -ffp-contract=fast -fno-math-errno -fno-trapping-math -c logistic_regression.c */
#include "logistic_regression.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    logit_weight = 0, /* [1, 30] */
    logit_bias = 32, /* [1] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_logit_weight = 0, /* [1, 30] */
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

/* exp(x), at most 1.1 units off. */
INLINE real exp_single(real x)
{
    const real above = x < -104.0f ? -104.0f : x; /* exp is 0 below, infinite beyond 89 */
    int32_t power;
    const real r = split_exponent(above > 89.0f ? 89.0f : above, &power);
    real p = 1.38145998e-3f;
    p = p * r + 8.36871695e-3f;
    p = p * r + 4.16683881e-2f;
    p = p * r + 1.66665206e-1f;
    p = p * r + 4.99999934e-1f;
    const real y = (p * r) * r + r + 1.0f;
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
    const real e = exp_single(-fabsf(x));
    const real sum = 1 + e;
    const real y = (x < 0 ? e : 1) / sum;
    return y - y * (e - (sum - 1)); /* what the sum lost by rounding */
}

/* log(1 + exp(x)), by an exponential that cannot overflow; at most 1.7 units in the last place off. */
INLINE real softplus(real x)
{
    return (x > 0 ? x : 0) + log1p_single(exp_single(-fabsf(x)));
}

/* logit: linear
   (1) logit[b, o] = sum[i](x[b, i] * logit.weight[o, i]) + logit.bias[o]
*/
static void linear_1_30(
    real *restrict logit,        /* [B, 1] */
    const real *restrict x,      /* [B, 30] */
    const real *restrict weight, /* [1, 30] */
    const real *restrict bias,   /* [1] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            real sum = 0;
            for (int i = 0; i < 30; i++) {
                sum += x[b * 30 + i] * weight[o * 30 + i];
            }
            logit[b + o] = sum + bias[o];
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
        for (int o = 0; o < 1; o++) {
            sum += (1.0f - y[b + o]) * softplus(logit[b + o]) + softplus(-logit[b + o]) * y[b + o];
        }
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
    const real *restrict weight, /* [1, 30] */
    const real *restrict bias,   /* [1] */
    const real *restrict y,      /* [B, 1] */
    int batch)
{
    const real scale = 1.0f / (real)batch; /* (4) */
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            real sum = 0;
            for (int i = 0; i < 30; i++) {
                sum += x[b * 30 + i] * weight[o * 30 + i];
            }
            logit[b + o] = sum + bias[o]; /* (1) */
            d_logit[b + o] = scale * ((1.0f - y[b + o]) * sigmoid(logit[b + o]) - sigmoid(-logit[b + o]) * y[b + o]); /* (4) */
        }
    }
}

/* logit: gradient of linear
   (5) d.logit.weight[o, i] = sum[b](d.logit[b, o] * x[b, i])
*/
static void d_weight_1_30(
    real *restrict d_weight,      /* [1, 30] */
    const real *restrict d_logit, /* [B, 1] */
    const real *restrict x,       /* [B, 30] */
    int batch)
{
    for (int o = 0; o < 1; o++) {
        for (int i = 0; i < 30; i++) {
            real sum = 0;
            for (int b = 0; b < batch; b++) {
                sum += d_logit[b + o] * x[b * 30 + i];
            }
            d_weight[o * 30 + i] = sum;
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
    for (int o = 0; o < 1; o++) {
        real sum = 0;
        for (int b = 0; b < batch; b++) {
            sum += d_logit[b + o];
        }
        d_bias[o] = sum;
    }
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
    const real *restrict weight, /* [1, 30] */
    const real *restrict bias,   /* [1] */
    const real *restrict y,      /* [B, 1] */
    int batch)
{
    const real scale = 1.0f / (real)batch; /* (3) (4) */
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            real sum = 0;
            for (int i = 0; i < 30; i++) {
                sum += x[b * 30 + i] * weight[o * 30 + i];
            }
            logit[b + o] = sum + bias[o]; /* (1) */
            d_y[b + o] = -(scale * logit[b + o]); /* (3) */
            d_logit[b + o] = scale * ((1.0f - y[b + o]) * sigmoid(logit[b + o]) - sigmoid(-logit[b + o]) * y[b + o]); /* (4) */
        }
    }
}

/* logit: gradient of linear
   (7) d.x[b, i] = sum[j](d.logit[b, j] * logit.weight[j, i])
*/
static void d_x_30_1(
    real *restrict d_x,           /* [B, 30] */
    const real *restrict d_logit, /* [B, 1] */
    const real *restrict weight,  /* [1, 30] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 30; i++) {
            real sum = 0;
            for (int o = 0; o < 1; o++) {
                sum += d_logit[b + o] * weight[o * 30 + i];
            }
            d_x[b * 30 + i] = sum;
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
    real *restrict weight,               /* [1, 30] */
    const real *restrict d_logit,        /* [B, 1] */
    const real *restrict x,              /* [B, 30] */
    const double *restrict weight_decay,
    const double *restrict lr,
    int batch)
{
    const real weight_decay_real = (real)*weight_decay; /* (9) */
    const real lr_real = (real)*lr; /* (10) */
    for (int o = 0; o < 1; o++) {
        for (int i = 0; i < 30; i++) {
            real d_weight = 0;
            for (int b = 0; b < batch; b++) {
                d_weight += d_logit[b + o] * x[b * 30 + i]; /* (5) */
            }
            const real r = weight_decay_real * weight[o * 30 + i] + d_weight; /* (9) */
            weight[o * 30 + i] = weight[o * 30 + i] - lr_real * r; /* (10) */
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
    const real weight_decay_real = (real)*weight_decay; /* (11) */
    const real lr_real = (real)*lr; /* (12) */
    for (int o = 0; o < 1; o++) {
        real d_bias = 0;
        for (int b = 0; b < batch; b++) {
            d_bias += d_logit[b + o]; /* (6) */
        }
        const real r = weight_decay_real * bias[o] + d_bias; /* (11) */
        bias[o] = bias[o] - lr_real * r; /* (12) */
    }
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

/* squared_distance, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.

   cc -O2 -std=c11 -march=native -fvect-cost-model=dynamic -fpeel-loops -ffp-contract=fast -fno-math-errno -fno-trapping-math -c squared_distance.c */
#include "squared_distance.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    nearest_centre = 0, /* [3, 4] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_nearest_centre = 0, /* [3, 4] */
};

/* Where tensors begin in `states`. */
enum {
    nearest_centre_v = 0, /* [3, 4] */
};

/* Where tensors begin in `counters`. */
enum {
    t = 0, /* [] */
};

/* Where tensors begin in `settings`. */
enum {
    lr = 0, /* [] */
    momentum = 1, /* [] */
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

static inline real square(real x)
{
    return x * x;
}

/* nearest: equation
   (1) nearest[b, k] = -sum[i]((x[b, i] - nearest.centre[k, i])**2)
*/
static void equation_3_4(
    real *restrict nearest,      /* [B, 3] */
    const real *restrict x,      /* [B, 4] */
    const real *restrict centre, /* [3, 4] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 3; k++) {
            real sum = 0;
            for (int i = 0; i < 4; i++) {
                sum += square(x[b * 4 + i] - centre[k * 4 + i]);
            }
            nearest[b * 3 + k] = -sum;
        }
    }
}

/* nearest: equation; loss: cross_entropy
   (1) nearest[b, k] = -sum[i]((x[b, i] - nearest.centre[k, i])**2)
   (2) loss.m[b] = max[i](nearest[b, i])
   (3) loss.e[b, j] = exp(nearest[b, j] - loss.m[b])
   (4) loss.S[b] = sum[i](loss.e[b, i])
*/
static void equation_cross_entropy_3_4(
    real *restrict nearest,      /* [B, 3] */
    real *restrict m,            /* [B] */
    real *restrict e,            /* [B, 3] */
    real *restrict S,            /* [B] */
    const real *restrict x,      /* [B, 4] */
    const real *restrict centre, /* [3, 4] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 3; k++) {
            real sum = 0;
            for (int i = 0; i < 4; i++) {
                sum += square(x[b * 4 + i] - centre[k * 4 + i]);
            }
            nearest[b * 3 + k] = -sum; /* (1) */
        }
        real largest = -INFINITY;
        for (int k = 0; k < 3; k++) {
            largest = maximum(largest, nearest[b * 3 + k]);
        }
        m[b] = largest; /* (2) */
        for (int k = 0; k < 3; k++) {
            e[b * 3 + k] = exp_single(nearest[b * 3 + k] - m[b]); /* (3) */
        }
        real sum_2 = 0;
        for (int j = 0; j < 3; j++) {
            sum_2 += e[b * 3 + j];
        }
        S[b] = sum_2; /* (4) */
    }
}

/* loss: cross_entropy
   (6) loss = sum[b](log(loss.S[b]) + loss.m[b] - nearest[b, label[b]]) / B
*/
static void cross_entropy(
    real *restrict loss,
    const real *restrict m,        /* [B] */
    const real *restrict nearest,  /* [B, 3] */
    const int32_t *restrict label, /* [B] */
    const real *restrict S,        /* [B] */
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
        sum += m[b] - nearest[b * 3 + label[b]] + log_single(S[b]);
    }
    *loss = sum / (real)batch;
}

/* nearest: equation, gradient of equation; loss: cross_entropy
   (1) nearest[b, k] = -sum[i]((x[b, i] - nearest.centre[k, i])**2)
   (2) loss.m[b] = max[i](nearest[b, i])
   (3) loss.e[b, j] = exp(nearest[b, j] - loss.m[b])
   (4) loss.S[b] = sum[i](loss.e[b, i])
   (5) loss.p[b, j] = loss.e[b, j] / loss.S[b]
   (7) d.nearest[b, k] = (loss.p[b, k] - (k == label[b])) / B
*/
static void equation_cross_entropy_d_nearest_3_4(
    real *restrict nearest,        /* [B, 3] */
    real *restrict m,              /* [B] */
    real *restrict e,              /* [B, 3] */
    real *restrict S,              /* [B] */
    real *restrict d_nearest,      /* [B, 3] */
    const real *restrict x,        /* [B, 4] */
    const real *restrict centre,   /* [3, 4] */
    const int32_t *restrict label, /* [B] */
    int batch)
{
    const real scale2 = 1.0f / (real)batch; /* (7) */
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 3; k++) {
            real sum = 0;
            for (int i = 0; i < 4; i++) {
                sum += square(x[b * 4 + i] - centre[k * 4 + i]);
            }
            nearest[b * 3 + k] = -sum; /* (1) */
        }
        real largest = -INFINITY;
        for (int k = 0; k < 3; k++) {
            largest = maximum(largest, nearest[b * 3 + k]);
        }
        m[b] = largest; /* (2) */
        for (int k = 0; k < 3; k++) {
            e[b * 3 + k] = exp_single(nearest[b * 3 + k] - m[b]); /* (3) */
        }
        real sum_2 = 0;
        for (int j = 0; j < 3; j++) {
            sum_2 += e[b * 3 + j];
        }
        S[b] = sum_2; /* (4) */
        const real scale = 1.0f / S[b];
        for (int k = 0; k < 3; k++) {
            const real p = scale * e[b * 3 + k]; /* (5) */
            d_nearest[b * 3 + k] = scale2 * (p - (k == label[b] ? 1.0f : 0.0f)); /* (7) */
        }
    }
}

/* nearest: gradient of equation
   (8) d.nearest.centre[k, i] = 2 * sum[b](d.nearest[b, k] * (x[b, i] - nearest.centre[k, i]))
*/
static void d_centre_3_4(
    real *restrict d_centre,        /* [3, 4] */
    const real *restrict x,         /* [B, 4] */
    const real *restrict centre,    /* [3, 4] */
    const real *restrict d_nearest, /* [B, 3] */
    int batch)
{
    real sum[12] = {0};
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 3; k++) {
            for (int i = 0; i < 4; i++) {
                sum[k * 4 + i] += (x[b * 4 + i] - centre[k * 4 + i]) * d_nearest[b * 3 + k];
            }
        }
    }
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < 4; i++) {
            d_centre[k * 4 + i] = 2.0f * sum[k * 4 + i];
        }
    }
}

/* nearest: equation, gradient of equation; loss: cross_entropy
   (1) nearest[b, k] = -sum[i]((x[b, i] - nearest.centre[k, i])**2)
   (2) loss.m[b] = max[i](nearest[b, i])
   (3) loss.e[b, j] = exp(nearest[b, j] - loss.m[b])
   (4) loss.S[b] = sum[i](loss.e[b, i])
   (5) loss.p[b, j] = loss.e[b, j] / loss.S[b]
   (7) d.nearest[b, k] = (loss.p[b, k] - (k == label[b])) / B
   (9) d.x[b, i] = 2 * sum[j](d.nearest[b, j] * (nearest.centre[j, i] - x[b, i]))
*/
static void equation_cross_entropy_d_nearest_d_x_3_4(
    real *restrict nearest,        /* [B, 3] */
    real *restrict m,              /* [B] */
    real *restrict e,              /* [B, 3] */
    real *restrict S,              /* [B] */
    real *restrict d_nearest,      /* [B, 3] */
    real *restrict d_x,            /* [B, 4] */
    const real *restrict x,        /* [B, 4] */
    const real *restrict centre,   /* [3, 4] */
    const int32_t *restrict label, /* [B] */
    int batch)
{
    const real scale2 = 1.0f / (real)batch; /* (7) */
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 3; k++) {
            real sum = 0;
            for (int i = 0; i < 4; i++) {
                sum += square(x[b * 4 + i] - centre[k * 4 + i]);
            }
            nearest[b * 3 + k] = -sum; /* (1) */
        }
        real largest = -INFINITY;
        for (int k = 0; k < 3; k++) {
            largest = maximum(largest, nearest[b * 3 + k]);
        }
        m[b] = largest; /* (2) */
        for (int k = 0; k < 3; k++) {
            e[b * 3 + k] = exp_single(nearest[b * 3 + k] - m[b]); /* (3) */
        }
        real sum_2 = 0;
        for (int j = 0; j < 3; j++) {
            sum_2 += e[b * 3 + j];
        }
        S[b] = sum_2; /* (4) */
        const real scale = 1.0f / S[b];
        for (int k = 0; k < 3; k++) {
            const real p = scale * e[b * 3 + k]; /* (5) */
            d_nearest[b * 3 + k] = scale2 * (p - (k == label[b] ? 1.0f : 0.0f)); /* (7) */
        }
        for (int i = 0; i < 4; i++) {
            real sum_3 = 0;
            for (int k = 0; k < 3; k++) {
                sum_3 += (centre[k * 4 + i] - x[b * 4 + i]) * d_nearest[b * 3 + k];
            }
            d_x[b * 4 + i] = 2.0f * sum_3; /* (9) */
        }
    }
}

/* optimizer: next step
   (10) t.next = 1 + t
*/
static void next_step(
    double *restrict t)
{
    *t = *t + 1.0;
}

/* nearest: gradient of equation, sgd
   (8) d.nearest.centre[k, i] = 2 * sum[b](d.nearest[b, k] * (x[b, i] - nearest.centre[k, i]))
   (11) nearest.centre.v.next[k, i] = momentum * nearest.centre.v[k, i] + d.nearest.centre[k, i]
   (12) nearest.centre.u[k, i] = momentum * nearest.centre.v.next[k, i] + d.nearest.centre[k, i]
   (13) nearest.centre.next[k, i] = nearest.centre[k, i] - lr * nearest.centre.u[k, i]
*/
static void d_centre_sgd_3_4(
    real *restrict v,                /* [3, 4] */
    real *restrict centre,           /* [3, 4] */
    const real *restrict x,          /* [B, 4] */
    const real *restrict d_nearest,  /* [B, 3] */
    const double *restrict momentum,
    const double *restrict lr,
    int batch)
{
    const real momentum_real = (real)*momentum; /* (11) (12) */
    const real lr_real = (real)*lr; /* (13) */
    real sum[12] = {0};
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 3; k++) {
            for (int i = 0; i < 4; i++) {
                sum[k * 4 + i] += (x[b * 4 + i] - centre[k * 4 + i]) * d_nearest[b * 3 + k];
            }
        }
    }
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < 4; i++) {
            const real d_centre = 2.0f * sum[k * 4 + i]; /* (8) */
            v[k * 4 + i] = normal(momentum_real * v[k * 4 + i] + d_centre); /* (11) */
            const real u = momentum_real * v[k * 4 + i] + d_centre; /* (12) */
            centre[k * 4 + i] = centre[k * 4 + i] - lr_real * u; /* (13) */
        }
    }
}

double squared_distance_forward(const squared_distance_network *net)
{
    const int batch = net->batch;
    real *const linear_part = net->workspace + 16;
    real *const nearest = linear_part;

    /* (1) */
    equation_3_4(nearest, net->in_x, net->parameters + nearest_centre, batch);
    return 0;
}

double squared_distance_loss(const squared_distance_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const nearest = linear_part;
    real *const loss_m = linear_part + 9 * capacity;
    real *const loss_e = linear_part + 4 * capacity;
    real *const loss_S = linear_part + 8 * capacity;
    real *const loss = fixed;

    /* (1) (2) (3) (4) */
    equation_cross_entropy_3_4(nearest, loss_m, loss_e, loss_S, net->in_x, net->parameters + nearest_centre, batch);
    /* (6) */
    cross_entropy(loss, loss_m, nearest, net->in_label, loss_S, batch);
    return (double)*loss;
}

double squared_distance_gradients(const squared_distance_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const nearest = linear_part + 4 * capacity;
    real *const loss_m = linear_part + 13 * capacity;
    real *const loss_e = linear_part + 8 * capacity;
    real *const loss_S = linear_part + 12 * capacity;
    real *const d_nearest = linear_part;
    real *const loss = fixed;

    /* (1) (2) (3) (4) (5) (7) */
    equation_cross_entropy_d_nearest_3_4(nearest, loss_m, loss_e, loss_S, d_nearest, net->in_x,
                                         net->parameters + nearest_centre, net->in_label, batch);
    /* (6) */
    cross_entropy(loss, loss_m, nearest, net->in_label, loss_S, batch);
    /* (8) */
    d_centre_3_4(net->gradients + d_nearest_centre, net->in_x, net->parameters + nearest_centre, d_nearest, batch);
    return (double)*loss;
}

double squared_distance_input_gradients(const squared_distance_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const nearest = linear_part + 8 * capacity;
    real *const loss_m = linear_part + 17 * capacity;
    real *const loss_e = linear_part + 12 * capacity;
    real *const loss_S = linear_part + 16 * capacity;
    real *const d_nearest = linear_part + 4 * capacity;
    real *const d_x = linear_part;
    real *const loss = fixed;

    /* (1) (2) (3) (4) (5) (7) (9) */
    equation_cross_entropy_d_nearest_d_x_3_4(nearest, loss_m, loss_e, loss_S, d_nearest, d_x, net->in_x,
                                             net->parameters + nearest_centre, net->in_label, batch);
    /* (6) */
    cross_entropy(loss, loss_m, nearest, net->in_label, loss_S, batch);
    /* (8) */
    d_centre_3_4(net->gradients + d_nearest_centre, net->in_x, net->parameters + nearest_centre, d_nearest, batch);
    return (double)*loss;
}

double squared_distance_step(const squared_distance_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const nearest = linear_part + 4 * capacity;
    real *const loss_m = linear_part + 13 * capacity;
    real *const loss_e = linear_part + 8 * capacity;
    real *const loss_S = linear_part + 12 * capacity;
    real *const d_nearest = linear_part;
    real *const loss = fixed;

    /* (10) */
    next_step(net->counters + t);
    /* (1) (2) (3) (4) (5) (7) */
    equation_cross_entropy_d_nearest_3_4(nearest, loss_m, loss_e, loss_S, d_nearest, net->in_x,
                                         net->parameters + nearest_centre, net->in_label, batch);
    /* (6) */
    cross_entropy(loss, loss_m, nearest, net->in_label, loss_S, batch);
    /* (8) (11) (12) (13) */
    d_centre_sgd_3_4(net->states + nearest_centre_v, net->parameters + nearest_centre, net->in_x, d_nearest,
                     net->settings + momentum, net->settings + lr, batch);
    return (double)*loss;
}

/* Steps of training, `count` of them, one after another.  The inputs have `batches` times net->batch rows: the steps
   take a batch after the other, the one numbered `first` to begin with, and after the last one the first again.
   Leaves the losses.  A loss that is infinite or not a number ends it.  Returns how many steps there were. */
int squared_distance_steps(const squared_distance_network *net, int first, int batches, int count, double *losses)
{
    squared_distance_network now = *net;
    for (int n = 0; n < count; n++) {
        const size_t row = (size_t)((first + n) % batches) * (size_t)net->batch;
        now.in_x = net->in_x + row * 4;
        now.in_label = net->in_label + row;
        losses[n] = squared_distance_step(&now);
        if (!isfinite(losses[n]))
            return n + 1;
    }
    return count;
}

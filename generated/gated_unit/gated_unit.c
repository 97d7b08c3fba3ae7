/* gated_unit, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.
   A matrix by columns is, to functions, its transpose: what equations call [o, i] of it lies at [i, o].

   cc -O2 -std=c11 -march=native -fvect-cost-model=dynamic -fpeel-loops -ffp-contract=fast -fno-math-errno -fno-trapping-math -c gated_unit.c */
#include "gated_unit.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    gated_V = 0, /* [8, 5], by columns */
    gated_G = 48, /* [8, 5], by columns */
    gated_c = 96, /* [8] */
    out_weight = 112, /* [1, 8] */
    out_bias = 128, /* [1] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_gated_V = 0, /* [8, 5], by columns */
    d_gated_G = 48, /* [8, 5], by columns */
    d_gated_c = 96, /* [8] */
    d_out_weight = 112, /* [1, 8] */
    d_out_bias = 128, /* [1] */
};

/* Where tensors begin in `states`. */
enum {
    gated_V_m = 0, /* [8, 5], by columns */
    gated_G_m = 48, /* [8, 5], by columns */
    gated_c_m = 96, /* [8] */
    out_weight_m = 112, /* [1, 8] */
    out_bias_m = 128, /* [1] */
    gated_V_v = 144, /* [8, 5], by columns */
    gated_G_v = 192, /* [8, 5], by columns */
    gated_c_v = 240, /* [8] */
    out_weight_v = 256, /* [1, 8] */
    out_bias_v = 272, /* [1] */
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

/* The smaller of two numbers; NaN where either is NaN. */
static inline double minimum_d(double a, double b)
{
    const double smaller = a < b ? a : b; /* one instruction: b where they cannot be compared */
    return a != a ? a : smaller;
}

/* The smaller of two numbers; NaN where either is NaN. */
static inline real minimum(real a, real b)
{
    const real smaller = a < b ? a : b; /* one instruction: b where they cannot be compared */
    return a != a ? a : smaller;
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

/* gated: equation
   (1) gated.value[b, k] = sum[i](x[b, i] * gated.V[k, i])
*/
static void equation_8_5(
    real *restrict value,   /* [B, 8] */
    const real *restrict x, /* [B, 5] */
    const real *restrict V, /* [5, 8], transposed */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real sum[8] = {0};
        for (int i = 0; i < 5; i++) {
            for (int k = 0; k < 8; k++) {
                sum[k] += x[b * 5 + i] * V[i * 8 + k];
            }
        }
        for (int k = 0; k < 8; k++) {
            value[b * 8 + k] = sum[k];
        }
    }
}

/* gated: equation
   (2) gated.z[b, k] = sum[i](x[b, i] * gated.G[k, i]) + gated.c[k]
   (3) gated.gate[b, k] = sigmoid(gated.z[b, k])
   (5) gated[b, k] = gated.gate[b, k] * gated.value[b, k]
*/
static void equation_8_5_v2(
    real *restrict gated,       /* [B, 8] */
    const real *restrict x,     /* [B, 5] */
    const real *restrict G,     /* [5, 8], transposed */
    const real *restrict c,     /* [8] */
    const real *restrict value, /* [B, 8] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real sum[8] = {0};
        for (int i = 0; i < 5; i++) {
            for (int k = 0; k < 8; k++) {
                sum[k] += x[b * 5 + i] * G[i * 8 + k];
            }
        }
        for (int k = 0; k < 8; k++) {
            const real z = sum[k] + c[k]; /* (2) */
            const real gate = sigmoid(z); /* (3) */
            gated[b * 8 + k] = gate * value[b * 8 + k]; /* (5) */
        }
    }
}

/* out: linear
   (6) out[b, o] = sum[i](gated[b, i] * out.weight[o, i]) + out.bias[o]
*/
static void linear_1_8(
    real *restrict out,          /* [B, 1] */
    const real *restrict gated,  /* [B, 8] */
    const real *restrict weight, /* [1, 8] */
    const real *restrict bias,   /* [1] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            real sum = 0;
            for (int k = 0; k < 8; k++) {
                sum += gated[b * 8 + k] * weight[o * 8 + k];
            }
            out[b + o] = sum + bias[o];
        }
    }
}

/* out: linear; loss: huber
   (6) out[b, o] = sum[i](gated[b, i] * out.weight[o, i]) + out.bias[o]
   (7) loss.r[b, o] = out[b, o] - y[b, o]
*/
static void linear_huber_1_8(
    real *restrict r,            /* [B, 1] */
    const real *restrict gated,  /* [B, 8] */
    const real *restrict weight, /* [1, 8] */
    const real *restrict bias,   /* [1] */
    const real *restrict y,      /* [B, 1] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            real sum = 0;
            for (int k = 0; k < 8; k++) {
                sum += gated[b * 8 + k] * weight[o * 8 + k];
            }
            const real out = sum + bias[o]; /* (6) */
            r[b + o] = out - y[b + o]; /* (7) */
        }
    }
}

/* loss: huber
   (8) loss = sum[b, i](loss.r[b, i]**2 / 2 if abs(loss.r[b, i]) < 1 / 2 else abs(loss.r[b, i]) / 2 - 1 / 8) / B
*/
static void huber_1(
    real *restrict loss,
    const real *restrict r, /* [B, 1] */
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
        sum += choose(0.5f > fabsf(r[b]), 0.5f * square(r[b]), 0.5f * fabsf(r[b]) - 0.125f);
    }
    *loss = sum / (real)batch;
}

/* gated: equation
   (2) gated.z[b, k] = sum[i](x[b, i] * gated.G[k, i]) + gated.c[k]
   (3) gated.gate[b, k] = sigmoid(gated.z[b, k])
   (4) gated.gate.t[b, k] = sigmoid(-gated.z[b, k])
   (5) gated[b, k] = gated.gate[b, k] * gated.value[b, k]
*/
static void equation_8_5_v3(
    real *restrict gate,        /* [B, 8] */
    real *restrict t,           /* [B, 8] */
    real *restrict gated,       /* [B, 8] */
    const real *restrict x,     /* [B, 5] */
    const real *restrict G,     /* [5, 8], transposed */
    const real *restrict c,     /* [8] */
    const real *restrict value, /* [B, 8] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real sum[8] = {0};
        for (int i = 0; i < 5; i++) {
            for (int k = 0; k < 8; k++) {
                sum[k] += x[b * 5 + i] * G[i * 8 + k];
            }
        }
        for (int k = 0; k < 8; k++) {
            const real z = sum[k] + c[k]; /* (2) */
            gate[b * 8 + k] = sigmoid(z); /* (3) */
            t[b * 8 + k] = sigmoid(-z); /* (4) */
            gated[b * 8 + k] = gate[b * 8 + k] * value[b * 8 + k]; /* (5) */
        }
    }
}

/* out: linear, gradient of linear; loss: huber
   (6) out[b, o] = sum[i](gated[b, i] * out.weight[o, i]) + out.bias[o]
   (7) loss.r[b, o] = out[b, o] - y[b, o]
   (10) d.out[b, o] = clip(loss.r[b, o], -1 / 2, 1 / 2) / B
*/
static void linear_huber_d_out_1_8(
    real *restrict r,            /* [B, 1] */
    real *restrict d_out,        /* [B, 1] */
    const real *restrict gated,  /* [B, 8] */
    const real *restrict weight, /* [1, 8] */
    const real *restrict bias,   /* [1] */
    const real *restrict y,      /* [B, 1] */
    int batch)
{
    const real scale = 1.0f / (real)batch; /* (10) */
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            real sum = 0;
            for (int k = 0; k < 8; k++) {
                sum += gated[b * 8 + k] * weight[o * 8 + k];
            }
            const real out = sum + bias[o]; /* (6) */
            r[b + o] = out - y[b + o]; /* (7) */
            d_out[b + o] = scale * minimum(maximum(r[b + o], -0.5f), 0.5f); /* (10) */
        }
    }
}

/* gated: gradient of equation
   (13) d.gated[b, k] = sum[i](d.out[b, i] * out.weight[i, k])
   (14) d.gated.value[b, k] = d.gated[b, k] * gated.gate[b, k]
   (15) d.gated.z[b, k] = d.gated[b, k] * gated.gate[b, k] * gated.gate.t[b, k] * gated.value[b, k]
*/
static void d_gated_d_value_d_z_8_1(
    real *restrict d_value,      /* [B, 8] */
    real *restrict gate,         /* [B, 8] */
    const real *restrict d_out,  /* [B, 1] */
    const real *restrict weight, /* [1, 8] */
    const real *restrict t,      /* [B, 8] */
    const real *restrict value,  /* [B, 8] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 8; k++) {
            const real d_gated = d_out[b] * weight[k]; /* (13) */
            d_value[b * 8 + k] = d_gated * gate[b * 8 + k]; /* (14) */
            gate[b * 8 + k] = d_gated * gate[b * 8 + k] * t[b * 8 + k] * value[b * 8 + k]; /* (15) */
        }
    }
}

/* out: gradient of linear
   (11) d.out.weight[o, i] = sum[b](d.out[b, o] * gated[b, i])
*/
static void d_weight_1_8(
    real *restrict d_weight,    /* [1, 8] */
    const real *restrict d_out, /* [B, 1] */
    const real *restrict gated, /* [B, 8] */
    int batch)
{
    real sum[8] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            for (int i = 0; i < 8; i++) {
                sum[o * 8 + i] += d_out[b + o] * gated[b * 8 + i];
            }
        }
    }
    for (int o = 0; o < 1; o++) {
        for (int i = 0; i < 8; i++) {
            d_weight[o * 8 + i] = sum[o * 8 + i];
        }
    }
}

/* gated: gradient of equation
   (18) d.gated.V[k, i] = sum[b](d.gated.value[b, k] * x[b, i])
   and, in other places, (16)
*/
static void d_V_8_5(
    real *restrict d_V,           /* [5, 8], transposed */
    const real *restrict d_value, /* [B, 8] */
    const real *restrict x,       /* [B, 5] */
    int batch)
{
    real sum[40] = {0};
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 5; i++) {
            for (int k = 0; k < 8; k++) {
                sum[i * 8 + k] += d_value[b * 8 + k] * x[b * 5 + i];
            }
        }
    }
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < 8; k++) {
            d_V[i * 8 + k] = sum[i * 8 + k];
        }
    }
}

/* out: gradient of linear
   (12) d.out.bias[o] = sum[b](d.out[b, o])
*/
static void d_bias_1(
    real *restrict d_bias,      /* [1] */
    const real *restrict d_out, /* [B, 1] */
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
        sum += d_out[b];
    }
    d_bias[0] = sum;
}

/* gated: gradient of equation
   (17) d.gated.c[k] = sum[b](d.gated.z[b, k])
*/
static void d_c_8(
    real *restrict d_c,        /* [8] */
    const real *restrict gate, /* [B, 8] */
    int batch)
{
    real sum[8] = {0};
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 8; k++) {
            sum[k] += gate[b * 8 + k];
        }
    }
    for (int k = 0; k < 8; k++) {
        d_c[k] = sum[k];
    }
}

/* out: linear, gradient of linear; loss: huber, gradient of huber
   (6) out[b, o] = sum[i](gated[b, i] * out.weight[o, i]) + out.bias[o]
   (7) loss.r[b, o] = out[b, o] - y[b, o]
   (9) d.y[b, i] = -clip(loss.r[b, i], -1 / 2, 1 / 2) / B
   (10) d.out[b, o] = clip(loss.r[b, o], -1 / 2, 1 / 2) / B
*/
static void linear_huber_d_y_d_out_1_8(
    real *restrict r,            /* [B, 1] */
    real *restrict d_y,          /* [B, 1] */
    real *restrict d_out,        /* [B, 1] */
    const real *restrict gated,  /* [B, 8] */
    const real *restrict weight, /* [1, 8] */
    const real *restrict bias,   /* [1] */
    const real *restrict y,      /* [B, 1] */
    int batch)
{
    const real scale = 1.0f / (real)batch; /* (9) (10) */
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            real sum = 0;
            for (int k = 0; k < 8; k++) {
                sum += gated[b * 8 + k] * weight[o * 8 + k];
            }
            const real out = sum + bias[o]; /* (6) */
            r[b + o] = out - y[b + o]; /* (7) */
            const real shared = scale * minimum(maximum(r[b + o], -0.5f), 0.5f); /* (9) (10) */
            d_y[b + o] = -shared; /* (9) */
            d_out[b + o] = shared; /* (10) */
        }
    }
}

/* gated: gradient of equation
   (19) gated.r[b, i] = sum[j](d.gated.z[b, j] * gated.G[j, i])
*/
static void r_5_8(
    real *restrict r,          /* [B, 5] */
    const real *restrict gate, /* [B, 8] */
    const real *restrict G,    /* [5, 8], transposed */
    int batch)
{
    real turned[40];
    for (int k = 0; k < 8; k++) {
        for (int i = 0; i < 5; i++) {
            turned[k * 5 + i] = G[i * 8 + k];
        }
    }
    for (int b = 0; b < batch; b++) {
        real sum[5] = {0};
        for (int k = 0; k < 8; k++) {
            for (int i = 0; i < 5; i++) {
                sum[i] += gate[b * 8 + k] * turned[k * 5 + i];
            }
        }
        for (int i = 0; i < 5; i++) {
            r[b * 5 + i] = sum[i];
        }
    }
}

/* gated: gradient of equation
   (20) d.x[b, i] = sum[j](d.gated.value[b, j] * gated.V[j, i]) + gated.r[b, i]
*/
static void d_x_5_8(
    real *restrict d_x,           /* [B, 5] */
    const real *restrict d_value, /* [B, 8] */
    const real *restrict V,       /* [5, 8], transposed */
    const real *restrict r,       /* [B, 5] */
    int batch)
{
    real turned[40];
    for (int k = 0; k < 8; k++) {
        for (int i = 0; i < 5; i++) {
            turned[k * 5 + i] = V[i * 8 + k];
        }
    }
    for (int b = 0; b < batch; b++) {
        real sum[5] = {0};
        for (int k = 0; k < 8; k++) {
            for (int i = 0; i < 5; i++) {
                sum[i] += d_value[b * 8 + k] * turned[k * 5 + i];
            }
        }
        for (int i = 0; i < 5; i++) {
            d_x[b * 5 + i] = sum[i] + r[b * 5 + i];
        }
    }
}

/* optimizer: cosine schedule, adamw rate, next step
   (21) optimizer.eta = (1 + cos(pi * min(t, steps) / steps)) * (lr - min_lr) / 2 + min_lr
   (22) optimizer.rate = optimizer.eta / (1 - beta1**(1 + t))
   (23) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
   (24) optimizer.keep = 1 - optimizer.eta * weight_decay
   (25) t.next = 1 + t
*/
static void cosine_schedule_adamw_rate_next_step(
    double *restrict rate,
    double *restrict scale,
    double *restrict keep,
    double *restrict t,
    const double *restrict steps,
    const double *restrict lr,
    const double *restrict min_lr,
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict weight_decay)
{
    const double eta = 0.5 * (cos(3.141592653589793 * minimum_d(*t, *steps) / *steps) + 1.0) * (*lr - *min_lr) + *min_lr; /* (21) */
    *rate = eta / (1.0 - pow(*beta1, *t + 1.0)); /* (22) */
    *scale = 1.0 / sqrt(1.0 - pow(*beta2, *t + 1.0)); /* (23) */
    *keep = 1.0 - eta * *weight_decay; /* (24) */
    *t = *t + 1.0; /* (25) */
}

/* gated: gradient of equation, adamw
   (18) d.gated.V[k, i] = sum[b](d.gated.value[b, k] * x[b, i])
   (26) gated.V.m.next[k, i] = (1 - beta1) * d.gated.V[k, i] + beta1 * gated.V.m[k, i]
   (27) gated.V.v.next[k, i] = (1 - beta2) * d.gated.V[k, i]**2 + beta2 * gated.V.v[k, i]
   (28) gated.V.next[k, i] = optimizer.keep * gated.V[k, i] - optimizer.rate * gated.V.m.next[k, i] / (optimizer.scale * sqrt(gated.V.v.next[k, i]) + eps)
   and, in other places, (16) (29) (30) (31)
*/
static void d_V_adamw_8_5(
    real *restrict m,             /* [5, 8], transposed */
    real *restrict v,             /* [5, 8], transposed */
    real *restrict V,             /* [5, 8], transposed */
    const real *restrict d_value, /* [B, 8] */
    const real *restrict x,       /* [B, 5] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (26) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (27) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (28) */
    real sum[40] = {0};
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 5; i++) {
            for (int k = 0; k < 8; k++) {
                sum[i * 8 + k] += d_value[b * 8 + k] * x[b * 5 + i];
            }
        }
    }
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < 8; k++) {
            const real d_V = sum[i * 8 + k]; /* (18) */
            m[i * 8 + k] = normal(one_minus_beta1 * d_V + beta1_real * m[i * 8 + k]); /* (26) */
            v[i * 8 + k] = normal(one_minus_beta2 * square(d_V) + beta2_real * v[i * 8 + k]); /* (27) */
            V[i * 8 + k] = keep_real * V[i * 8 + k] - rate_real * m[i * 8 + k] / (scale_real * sqrtf(v[i * 8 + k]) + eps_real); /* (28) */
        }
    }
}

/* out: gradient of linear, adamw
   (11) d.out.weight[o, i] = sum[b](d.out[b, o] * gated[b, i])
   (35) out.weight.m.next[o, i] = (1 - beta1) * d.out.weight[o, i] + beta1 * out.weight.m[o, i]
   (36) out.weight.v.next[o, i] = (1 - beta2) * d.out.weight[o, i]**2 + beta2 * out.weight.v[o, i]
   (37) out.weight.next[o, i] = optimizer.keep * out.weight[o, i] - optimizer.rate * out.weight.m.next[o, i] / (optimizer.scale * sqrt(out.weight.v.next[o, i]) + eps)
*/
static void d_weight_adamw_1_8(
    real *restrict m,             /* [1, 8] */
    real *restrict v,             /* [1, 8] */
    real *restrict weight,        /* [1, 8] */
    const real *restrict d_out,   /* [B, 1] */
    const real *restrict gated,   /* [B, 8] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (35) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (36) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (37) */
    real sum[8] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            for (int i = 0; i < 8; i++) {
                sum[o * 8 + i] += d_out[b + o] * gated[b * 8 + i];
            }
        }
    }
    for (int o = 0; o < 1; o++) {
        for (int i = 0; i < 8; i++) {
            const real d_weight = sum[o * 8 + i]; /* (11) */
            m[o * 8 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 8 + i]); /* (35) */
            v[o * 8 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 8 + i]); /* (36) */
            weight[o * 8 + i] = keep_real * weight[o * 8 + i] - rate_real * m[o * 8 + i] / (scale_real * sqrtf(v[o * 8 + i]) + eps_real); /* (37) */
        }
    }
}

/* gated: gradient of equation, adamw
   (17) d.gated.c[k] = sum[b](d.gated.z[b, k])
   (32) gated.c.m.next[k] = (1 - beta1) * d.gated.c[k] + beta1 * gated.c.m[k]
   (33) gated.c.v.next[k] = (1 - beta2) * d.gated.c[k]**2 + beta2 * gated.c.v[k]
   (34) gated.c.next[k] = optimizer.keep * gated.c[k] - optimizer.rate * gated.c.m.next[k] / (optimizer.scale * sqrt(gated.c.v.next[k]) + eps)
*/
static void d_c_adamw_8(
    real *restrict m,             /* [8] */
    real *restrict v,             /* [8] */
    real *restrict c,             /* [8] */
    const real *restrict gate,    /* [B, 8] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (32) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (33) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (34) */
    real sum[8] = {0};
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 8; k++) {
            sum[k] += gate[b * 8 + k];
        }
    }
    for (int k = 0; k < 8; k++) {
        const real d_c = sum[k]; /* (17) */
        m[k] = normal(one_minus_beta1 * d_c + beta1_real * m[k]); /* (32) */
        v[k] = normal(one_minus_beta2 * square(d_c) + beta2_real * v[k]); /* (33) */
        c[k] = keep_real * c[k] - rate_real * m[k] / (scale_real * sqrtf(v[k]) + eps_real); /* (34) */
    }
}

/* out: gradient of linear, adamw
   (12) d.out.bias[o] = sum[b](d.out[b, o])
   (38) out.bias.m.next[o] = (1 - beta1) * d.out.bias[o] + beta1 * out.bias.m[o]
   (39) out.bias.v.next[o] = (1 - beta2) * d.out.bias[o]**2 + beta2 * out.bias.v[o]
   (40) out.bias.next[o] = optimizer.keep * out.bias[o] - optimizer.rate * out.bias.m.next[o] / (optimizer.scale * sqrt(out.bias.v.next[o]) + eps)
*/
static void d_bias_adamw_1(
    real *restrict m,             /* [1] */
    real *restrict v,             /* [1] */
    real *restrict bias,          /* [1] */
    const real *restrict d_out,   /* [B, 1] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict keep,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    real d_bias = 0;
    for (int b = 0; b < batch; b++) {
        d_bias += d_out[b]; /* (12) */
    }
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1;
    m[0] = normal(one_minus_beta1 * d_bias + beta1_real * m[0]); /* (38) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2;
    v[0] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[0]); /* (39) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps;
    bias[0] = keep_real * bias[0] - rate_real * m[0] / (scale_real * sqrtf(v[0]) + eps_real); /* (40) */
}

double gated_unit_forward(const gated_unit_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const linear_part = net->workspace + 16;
    real *const gated_value = linear_part;
    real *const gated = linear_part + 8 * capacity;
    real *const out = linear_part;

    /* (1) */
    equation_8_5(gated_value, net->in_x, net->parameters + gated_V, batch);
    /* (2) (3) (5) */
    equation_8_5_v2(gated, net->in_x, net->parameters + gated_G, net->parameters + gated_c, gated_value, batch);
    /* (6) */
    linear_1_8(out, gated, net->parameters + out_weight, net->parameters + out_bias, batch);
    return 0;
}

double gated_unit_loss(const gated_unit_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const gated_value = linear_part;
    real *const gated = linear_part + 8 * capacity;
    real *const loss_r = linear_part;
    real *const loss = fixed;

    /* (1) */
    equation_8_5(gated_value, net->in_x, net->parameters + gated_V, batch);
    /* (2) (3) (5) */
    equation_8_5_v2(gated, net->in_x, net->parameters + gated_G, net->parameters + gated_c, gated_value, batch);
    /* (6) (7) */
    linear_huber_1_8(loss_r, gated, net->parameters + out_weight, net->parameters + out_bias, net->in_y, batch);
    /* (8) */
    huber_1(loss, loss_r, batch);
    return (double)*loss;
}

double gated_unit_gradients(const gated_unit_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const gated_value = linear_part + 8 * capacity;
    real *const gated_gate = linear_part;
    real *const gated_gate_t = linear_part + 24 * capacity;
    real *const gated = linear_part + 16 * capacity;
    real *const loss_r = linear_part + 41 * capacity;
    real *const d_out = linear_part + 40 * capacity;
    real *const d_gated_value = linear_part + 32 * capacity;
    real *const loss = fixed;

    /* (1) */
    equation_8_5(gated_value, net->in_x, net->parameters + gated_V, batch);
    /* (2) (3) (4) (5) */
    equation_8_5_v3(gated_gate, gated_gate_t, gated, net->in_x, net->parameters + gated_G,
                    net->parameters + gated_c, gated_value, batch);
    /* (6) (7) (10) */
    linear_huber_d_out_1_8(loss_r, d_out, gated, net->parameters + out_weight, net->parameters + out_bias,
                           net->in_y, batch);
    /* (13) (14) (15) */
    d_gated_d_value_d_z_8_1(d_gated_value, gated_gate, d_out, net->parameters + out_weight, gated_gate_t,
                            gated_value, batch);
    /* (11) */
    d_weight_1_8(net->gradients + d_out_weight, d_out, gated, batch);
    /* (18) */
    d_V_8_5(net->gradients + d_gated_V, d_gated_value, net->in_x, batch);
    /* (8) */
    huber_1(loss, loss_r, batch);
    /* (12) */
    d_bias_1(net->gradients + d_out_bias, d_out, batch);
    /* (16) */
    d_V_8_5(net->gradients + d_gated_G, gated_gate, net->in_x, batch);
    /* (17) */
    d_c_8(net->gradients + d_gated_c, gated_gate, batch);
    return (double)*loss;
}

double gated_unit_input_gradients(const gated_unit_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const gated_value = linear_part + 16 * capacity;
    real *const gated_gate = linear_part;
    real *const gated_gate_t = linear_part + 32 * capacity;
    real *const gated = linear_part + 24 * capacity;
    real *const loss_r = linear_part + 42 * capacity;
    real *const d_y = linear_part + 40 * capacity;
    real *const d_out = linear_part + 41 * capacity;
    real *const d_gated_value = linear_part + 8 * capacity;
    real *const loss = fixed;
    real *const gated_r = linear_part + 16 * capacity;
    real *const d_x = linear_part;

    /* (1) */
    equation_8_5(gated_value, net->in_x, net->parameters + gated_V, batch);
    /* (2) (3) (4) (5) */
    equation_8_5_v3(gated_gate, gated_gate_t, gated, net->in_x, net->parameters + gated_G,
                    net->parameters + gated_c, gated_value, batch);
    /* (6) (7) (9) (10) */
    linear_huber_d_y_d_out_1_8(loss_r, d_y, d_out, gated, net->parameters + out_weight, net->parameters + out_bias,
                               net->in_y, batch);
    /* (13) (14) (15) */
    d_gated_d_value_d_z_8_1(d_gated_value, gated_gate, d_out, net->parameters + out_weight, gated_gate_t,
                            gated_value, batch);
    /* (11) */
    d_weight_1_8(net->gradients + d_out_weight, d_out, gated, batch);
    /* (8) */
    huber_1(loss, loss_r, batch);
    /* (12) */
    d_bias_1(net->gradients + d_out_bias, d_out, batch);
    /* (16) */
    d_V_8_5(net->gradients + d_gated_G, gated_gate, net->in_x, batch);
    /* (17) */
    d_c_8(net->gradients + d_gated_c, gated_gate, batch);
    /* (19) */
    r_5_8(gated_r, gated_gate, net->parameters + gated_G, batch);
    /* (20) */
    d_x_5_8(d_x, d_gated_value, net->parameters + gated_V, gated_r, batch);
    /* (18) */
    d_V_8_5(net->gradients + d_gated_V, d_gated_value, net->in_x, batch);
    return (double)*loss;
}

double gated_unit_step(const gated_unit_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    double *const optimizer_rate = (double *)(fixed + 2);
    double *const optimizer_scale = (double *)(fixed + 4);
    double *const optimizer_keep = (double *)(fixed);
    real *const gated_value = linear_part + 16 * capacity;
    real *const gated_gate = linear_part;
    real *const gated_gate_t = linear_part + 24 * capacity;
    real *const gated = linear_part + 8 * capacity;
    real *const loss_r = linear_part + 40 * capacity;
    real *const d_out = linear_part + 41 * capacity;
    real *const d_gated_value = linear_part + 32 * capacity;
    real *const loss = fixed;

    /* (21) (22) (23) (24) (25) */
    cosine_schedule_adamw_rate_next_step(optimizer_rate, optimizer_scale, optimizer_keep, net->counters + t,
                                         net->settings + steps, net->settings + lr, net->settings + min_lr,
                                         net->settings + beta1, net->settings + beta2,
                                         net->settings + weight_decay);
    /* (1) */
    equation_8_5(gated_value, net->in_x, net->parameters + gated_V, batch);
    /* (2) (3) (4) (5) */
    equation_8_5_v3(gated_gate, gated_gate_t, gated, net->in_x, net->parameters + gated_G,
                    net->parameters + gated_c, gated_value, batch);
    /* (6) (7) (10) */
    linear_huber_d_out_1_8(loss_r, d_out, gated, net->parameters + out_weight, net->parameters + out_bias,
                           net->in_y, batch);
    /* (13) (14) (15) */
    d_gated_d_value_d_z_8_1(d_gated_value, gated_gate, d_out, net->parameters + out_weight, gated_gate_t,
                            gated_value, batch);
    /* (18) (26) (27) (28) */
    d_V_adamw_8_5(net->states + gated_V_m, net->states + gated_V_v, net->parameters + gated_V, d_gated_value,
                  net->in_x, net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                  optimizer_scale, net->settings + eps, batch);
    /* (11) (35) (36) (37) */
    d_weight_adamw_1_8(net->states + out_weight_m, net->states + out_weight_v, net->parameters + out_weight, d_out,
                       gated, net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                       optimizer_scale, net->settings + eps, batch);
    /* (16) (29) (30) (31) */
    d_V_adamw_8_5(net->states + gated_G_m, net->states + gated_G_v, net->parameters + gated_G, gated_gate,
                  net->in_x, net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                  optimizer_scale, net->settings + eps, batch);
    /* (17) (32) (33) (34) */
    d_c_adamw_8(net->states + gated_c_m, net->states + gated_c_v, net->parameters + gated_c, gated_gate,
                net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                net->settings + eps, batch);
    /* (12) (38) (39) (40) */
    d_bias_adamw_1(net->states + out_bias_m, net->states + out_bias_v, net->parameters + out_bias, d_out,
                   net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                   net->settings + eps, batch);
    /* (8) */
    huber_1(loss, loss_r, batch);
    return (double)*loss;
}

/* Steps of training, `count` of them, one after another.  The inputs have `batches` times net->batch rows: the steps
   take a batch after the other, the one numbered `first` to begin with, and after the last one the first again.
   Leaves the losses.  A loss that is infinite or not a number ends it.  Returns how many steps there were. */
int gated_unit_steps(const gated_unit_network *net, int first, int batches, int count, double *losses)
{
    gated_unit_network now = *net;
    for (int n = 0; n < count; n++) {
        const size_t row = (size_t)((first + n) % batches) * (size_t)net->batch;
        now.in_x = net->in_x + row * 5;
        now.in_y = net->in_y + row;
        losses[n] = gated_unit_step(&now);
        if (!isfinite(losses[n]))
            return n + 1;
    }
    return count;
}

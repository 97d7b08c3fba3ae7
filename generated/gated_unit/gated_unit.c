/* gated_unit, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.

   cc -std=c11 -O3 -march=native -ffp-contract=fast -fno-math-errno -fno-trapping-math -c gated_unit.c */
#include "gated_unit.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    gated_V = 0, /* [8, 5] */
    gated_G = 48, /* [8, 5] */
    gated_c = 96, /* [8] */
    out_weight = 112, /* [1, 8] */
    out_bias = 128, /* [1] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_gated_V = 0, /* [8, 5] */
    d_gated_G = 48, /* [8, 5] */
    d_gated_c = 96, /* [8] */
    d_out_weight = 112, /* [1, 8] */
    d_out_bias = 128, /* [1] */
};

/* Where tensors begin in `states`. */
enum {
    gated_V_m = 0, /* [8, 5] */
    gated_V_v = 48, /* [8, 5] */
    gated_G_m = 96, /* [8, 5] */
    gated_G_v = 144, /* [8, 5] */
    gated_c_m = 192, /* [8] */
    gated_c_v = 208, /* [8] */
    out_weight_m = 224, /* [1, 8] */
    out_weight_v = 240, /* [1, 8] */
    out_bias_m = 256, /* [1] */
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

static inline real power_of_two(int32_t n)
{
    const int32_t bits = (n + 127) << 23;
    real power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/* exp(x), at most 1.1 units in the last place off, without branches, so that a loop over it is vectorised:
   x = n log(2) + r with |r| <= log(2)/2 (Cody and Waite), exp(r) by the polynomial of Moshier's Cephes library. */
static inline real exp_single(real x)
{
    const real above = x < -104.0f ? -104.0f : x; /* exp is 0 below, infinite beyond 89 */
    const real clipped = above > 89.0f ? 89.0f : above;
    const real shifted = clipped * 1.44269504f + 12582912.0f; /* adding 1.5 * 2^23 rounds to a whole number */
    const real whole = shifted - 12582912.0f;
    int32_t n;
    memcpy(&n, &shifted, sizeof n);
    n -= 0x4B400000;
    const real r = (clipped - whole * 0.693359375f) + whole * 2.12194440e-4f;
    real p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    const real y = (p * r) * r + r + 1.0f;
    const int32_t half = n >> 1; /* 2^n in two factors: one alone ends at 2^127 */
    return y * power_of_two(half) * power_of_two(n - half);
}

/* The larger of two numbers; NaN where either is NaN. */
static inline real maximum(real a, real b)
{
    return (a >= b) | (a != a) ? a : b;
}

/* The smaller of two numbers; NaN where either is NaN. */
static inline double minimum_d(double a, double b)
{
    return (a <= b) | (a != a) ? a : b;
}

/* The smaller of two numbers; NaN where either is NaN. */
static inline real minimum(real a, real b)
{
    return (a <= b) | (a != a) ? a : b;
}

/* a where the condition holds, else b; both are computed, so that a loop over it has no branches. */
static inline real choose(int condition, real a, real b)
{
    return condition ? a : b;
}

/* 1 / (1 + exp(-x)), by exponentials that cannot overflow. */
static inline real sigmoid(real x)
{
    const real e = exp_single(-fabsf(x));
    return (x >= 0 ? 1 : e) / (1 + e);
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
    const real *restrict V, /* [8, 5] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 8; k++) {
            real sum = 0;
            for (int i = 0; i < 5; i++) {
                sum += x[b * 5 + i] * V[k * 5 + i];
            }
            value[b * 8 + k] = sum;
        }
    }
}

/* gated: equation
   (2) gated.z[b, k] = sum[i](x[b, i] * gated.G[k, i]) + gated.c[k]
   (3) gated.gate[b, k] = sigmoid(gated.z[b, k])
   (4) gated[b, k] = gated.gate[b, k] * gated.value[b, k]
*/
static void equation_8_5_v2(
    real *restrict gated,       /* [B, 8] */
    const real *restrict x,     /* [B, 5] */
    const real *restrict G,     /* [8, 5] */
    const real *restrict c,     /* [8] */
    const real *restrict value, /* [B, 8] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 8; k++) {
            real sum = 0;
            for (int i = 0; i < 5; i++) {
                sum += x[b * 5 + i] * G[k * 5 + i];
            }
            const real z = sum + c[k]; /* (2) */
            const real gate = sigmoid(z); /* (3) */
            gated[b * 8 + k] = gate * value[b * 8 + k]; /* (4) */
        }
    }
}

/* out: linear
   (5) out[b, o] = sum[i](gated[b, i] * out.weight[o, i]) + out.bias[o]
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
   (5) out[b, o] = sum[i](gated[b, i] * out.weight[o, i]) + out.bias[o]
   (6) loss.r[b, o] = out[b, o] - y[b, o]
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
            const real out = sum + bias[o]; /* (5) */
            r[b + o] = out - y[b + o]; /* (6) */
        }
    }
}

/* loss: huber
   (7) loss = sum[b, i](loss.r[b, i]**2 / 2 if abs(loss.r[b, i]) < 1 / 2 else abs(loss.r[b, i]) / 2 - 1 / 8) / B
*/
static void huber_1(
    real *restrict loss,
    const real *restrict r, /* [B, 1] */
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
#pragma GCC unroll 1
        for (int o = 0; o < 1; o++) {
            sum += choose(0.5f > fabsf(r[b + o]), 0.5f * square(r[b + o]), 0.5f * fabsf(r[b + o]) - 0.125f);
        }
    }
    *loss = sum / (real)batch;
}

/* gated: equation
   (2) gated.z[b, k] = sum[i](x[b, i] * gated.G[k, i]) + gated.c[k]
   (3) gated.gate[b, k] = sigmoid(gated.z[b, k])
   (4) gated[b, k] = gated.gate[b, k] * gated.value[b, k]
*/
static void equation_8_5_v3(
    real *restrict z,           /* [B, 8] */
    real *restrict gate,        /* [B, 8] */
    real *restrict gated,       /* [B, 8] */
    const real *restrict x,     /* [B, 5] */
    const real *restrict G,     /* [8, 5] */
    const real *restrict c,     /* [8] */
    const real *restrict value, /* [B, 8] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 8; k++) {
            real sum = 0;
            for (int i = 0; i < 5; i++) {
                sum += x[b * 5 + i] * G[k * 5 + i];
            }
            z[b * 8 + k] = sum + c[k]; /* (2) */
            gate[b * 8 + k] = sigmoid(z[b * 8 + k]); /* (3) */
            gated[b * 8 + k] = gate[b * 8 + k] * value[b * 8 + k]; /* (4) */
        }
    }
}

/* out: linear, gradient of linear; loss: huber
   (5) out[b, o] = sum[i](gated[b, i] * out.weight[o, i]) + out.bias[o]
   (6) loss.r[b, o] = out[b, o] - y[b, o]
   (9) d.out[b, o] = clip(loss.r[b, o], -1 / 2, 1 / 2) / B
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
    const real scale = 1.0f / (real)batch; /* (9) */
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            real sum = 0;
            for (int k = 0; k < 8; k++) {
                sum += gated[b * 8 + k] * weight[o * 8 + k];
            }
            const real out = sum + bias[o]; /* (5) */
            r[b + o] = out - y[b + o]; /* (6) */
            d_out[b + o] = scale * minimum(maximum(r[b + o], -0.5f), 0.5f); /* (9) */
        }
    }
}

/* gated: gradient of equation
   (12) d.gated[b, k] = sum[i](d.out[b, i] * out.weight[i, k])
   (13) d.gated.value[b, k] = d.gated[b, k] * gated.gate[b, k]
   (14) d.gated.z[b, k] = d.gated[b, k] * gated.gate[b, k] * gated.value[b, k] * sigmoid(-gated.z[b, k])
*/
static void d_gated_d_value_d_z_8_1(
    real *restrict d_value,      /* [B, 8] */
    real *restrict gate,         /* [B, 8] */
    const real *restrict d_out,  /* [B, 1] */
    const real *restrict weight, /* [1, 8] */
    const real *restrict z,      /* [B, 8] */
    const real *restrict value,  /* [B, 8] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 8; k++) {
            real d_gated = 0;
            for (int o = 0; o < 1; o++) {
                d_gated += d_out[b + o] * weight[o * 8 + k]; /* (12) */
            }
            d_value[b * 8 + k] = d_gated * gate[b * 8 + k]; /* (13) */
            gate[b * 8 + k] = sigmoid(-z[b * 8 + k]) * d_gated * gate[b * 8 + k] * value[b * 8 + k]; /* (14) */
        }
    }
}

/* out: gradient of linear
   (10) d.out.weight[o, i] = sum[b](d.out[b, o] * gated[b, i])
*/
static void d_weight_1_8(
    real *restrict d_weight,    /* [1, 8] */
    const real *restrict d_out, /* [B, 1] */
    const real *restrict gated, /* [B, 8] */
    int batch)
{
    for (int o = 0; o < 1; o++) {
        for (int i = 0; i < 8; i++) {
            real sum = 0;
            for (int b = 0; b < batch; b++) {
                sum += d_out[b + o] * gated[b * 8 + i];
            }
            d_weight[o * 8 + i] = sum;
        }
    }
}

/* gated: gradient of equation
   (17) d.gated.V[k, i] = sum[b](d.gated.value[b, k] * x[b, i])
   and, in other places, (15)
*/
static void d_V_8_5(
    real *restrict d_V,           /* [8, 5] */
    const real *restrict d_value, /* [B, 8] */
    const real *restrict x,       /* [B, 5] */
    int batch)
{
    real sum[40] = {0};
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 8; k++) {
            for (int i = 0; i < 5; i++) {
                sum[k * 5 + i] += d_value[b * 8 + k] * x[b * 5 + i];
            }
        }
    }
    for (int k = 0; k < 8; k++) {
        for (int i = 0; i < 5; i++) {
            d_V[k * 5 + i] = sum[k * 5 + i];
        }
    }
}

/* out: gradient of linear
   (11) d.out.bias[o] = sum[b](d.out[b, o])
*/
static void d_bias_1(
    real *restrict d_bias,      /* [1] */
    const real *restrict d_out, /* [B, 1] */
    int batch)
{
    for (int o = 0; o < 1; o++) {
        real sum = 0;
        for (int b = 0; b < batch; b++) {
            sum += d_out[b + o];
        }
        d_bias[o] = sum;
    }
}

/* gated: gradient of equation
   (16) d.gated.c[k] = sum[b](d.gated.z[b, k])
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
   (5) out[b, o] = sum[i](gated[b, i] * out.weight[o, i]) + out.bias[o]
   (6) loss.r[b, o] = out[b, o] - y[b, o]
   (8) d.y[b, i] = -clip(loss.r[b, i], -1 / 2, 1 / 2) / B
   (9) d.out[b, o] = clip(loss.r[b, o], -1 / 2, 1 / 2) / B
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
    const real scale = 1.0f / (real)batch; /* (8) (9) */
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            real sum = 0;
            for (int k = 0; k < 8; k++) {
                sum += gated[b * 8 + k] * weight[o * 8 + k];
            }
            const real out = sum + bias[o]; /* (5) */
            r[b + o] = out - y[b + o]; /* (6) */
            const real shared = scale * minimum(maximum(r[b + o], -0.5f), 0.5f); /* (8) (9) */
            d_y[b + o] = -shared; /* (8) */
            d_out[b + o] = shared; /* (9) */
        }
    }
}

/* gated: gradient of equation
   (18) gated.r[b, i] = sum[j](d.gated.z[b, j] * gated.G[j, i])
*/
static void r_5_8(
    real *restrict r,          /* [B, 5] */
    const real *restrict gate, /* [B, 8] */
    const real *restrict G,    /* [8, 5] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 5; i++) {
            real sum = 0;
            for (int k = 0; k < 8; k++) {
                sum += gate[b * 8 + k] * G[k * 5 + i];
            }
            r[b * 5 + i] = sum;
        }
    }
}

/* gated: gradient of equation
   (19) d.x[b, i] = sum[j](d.gated.value[b, j] * gated.V[j, i]) + gated.r[b, i]
*/
static void d_x_5_8(
    real *restrict d_x,           /* [B, 5] */
    const real *restrict d_value, /* [B, 8] */
    const real *restrict V,       /* [8, 5] */
    const real *restrict r,       /* [B, 5] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 5; i++) {
            real sum = 0;
            for (int k = 0; k < 8; k++) {
                sum += d_value[b * 8 + k] * V[k * 5 + i];
            }
            d_x[b * 5 + i] = sum + r[b * 5 + i];
        }
    }
}

/* optimizer: cosine schedule, adamw rate, next step
   (20) optimizer.eta = (1 + cos(pi * min(t, steps) / steps)) * (lr - min_lr) / 2 + min_lr
   (21) optimizer.rate = optimizer.eta / (1 - beta1**(1 + t))
   (22) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
   (23) optimizer.keep = 1 - optimizer.eta * weight_decay
   (24) t.next = 1 + t
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
    const double eta = 0.5 * (cos(3.141592653589793 * minimum_d(*t, *steps) / *steps) + 1.0) * (*lr - *min_lr) + *min_lr; /* (20) */
    *rate = eta / (1.0 - pow(*beta1, *t + 1.0)); /* (21) */
    *scale = 1.0 / sqrt(1.0 - pow(*beta2, *t + 1.0)); /* (22) */
    *keep = 1.0 - eta * *weight_decay; /* (23) */
    *t = *t + 1.0; /* (24) */
}

/* gated: gradient of equation, adamw
   (17) d.gated.V[k, i] = sum[b](d.gated.value[b, k] * x[b, i])
   (25) gated.V.m.next[k, i] = (1 - beta1) * d.gated.V[k, i] + beta1 * gated.V.m[k, i]
   (26) gated.V.v.next[k, i] = (1 - beta2) * d.gated.V[k, i]**2 + beta2 * gated.V.v[k, i]
   (27) gated.V.next[k, i] = optimizer.keep * gated.V[k, i] - optimizer.rate * gated.V.m.next[k, i] / (optimizer.scale * sqrt(gated.V.v.next[k, i]) + eps)
   and, in other places, (15) (28) (29) (30)
*/
static void d_V_adamw_8_5(
    real *restrict m,             /* [8, 5] */
    real *restrict v,             /* [8, 5] */
    real *restrict V,             /* [8, 5] */
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
    const real beta1_real = (real)*beta1; /* (25) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (26) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (27) */
    real sum[40] = {0};
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 8; k++) {
            for (int i = 0; i < 5; i++) {
                sum[k * 5 + i] += d_value[b * 8 + k] * x[b * 5 + i];
            }
        }
    }
    for (int k = 0; k < 8; k++) {
        for (int i = 0; i < 5; i++) {
            const real d_V = sum[k * 5 + i]; /* (17) */
            m[k * 5 + i] = one_minus_beta1 * d_V + beta1_real * m[k * 5 + i]; /* (25) */
            v[k * 5 + i] = one_minus_beta2 * square(d_V) + beta2_real * v[k * 5 + i]; /* (26) */
            V[k * 5 + i] = keep_real * V[k * 5 + i] - rate_real * m[k * 5 + i] / (scale_real * sqrtf(v[k * 5 + i]) + eps_real); /* (27) */
        }
    }
}

/* out: gradient of linear, adamw
   (10) d.out.weight[o, i] = sum[b](d.out[b, o] * gated[b, i])
   (34) out.weight.m.next[o, i] = (1 - beta1) * d.out.weight[o, i] + beta1 * out.weight.m[o, i]
   (35) out.weight.v.next[o, i] = (1 - beta2) * d.out.weight[o, i]**2 + beta2 * out.weight.v[o, i]
   (36) out.weight.next[o, i] = optimizer.keep * out.weight[o, i] - optimizer.rate * out.weight.m.next[o, i] / (optimizer.scale * sqrt(out.weight.v.next[o, i]) + eps)
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
    const real beta1_real = (real)*beta1; /* (34) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (35) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (36) */
    for (int o = 0; o < 1; o++) {
        for (int i = 0; i < 8; i++) {
            real d_weight = 0;
            for (int b = 0; b < batch; b++) {
                d_weight += d_out[b + o] * gated[b * 8 + i]; /* (10) */
            }
            m[o * 8 + i] = one_minus_beta1 * d_weight + beta1_real * m[o * 8 + i]; /* (34) */
            v[o * 8 + i] = one_minus_beta2 * square(d_weight) + beta2_real * v[o * 8 + i]; /* (35) */
            weight[o * 8 + i] = keep_real * weight[o * 8 + i] - rate_real * m[o * 8 + i] / (scale_real * sqrtf(v[o * 8 + i]) + eps_real); /* (36) */
        }
    }
}

/* gated: gradient of equation, adamw
   (16) d.gated.c[k] = sum[b](d.gated.z[b, k])
   (31) gated.c.m.next[k] = (1 - beta1) * d.gated.c[k] + beta1 * gated.c.m[k]
   (32) gated.c.v.next[k] = (1 - beta2) * d.gated.c[k]**2 + beta2 * gated.c.v[k]
   (33) gated.c.next[k] = optimizer.keep * gated.c[k] - optimizer.rate * gated.c.m.next[k] / (optimizer.scale * sqrt(gated.c.v.next[k]) + eps)
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
    const real beta1_real = (real)*beta1; /* (31) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (32) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (33) */
    real sum[8] = {0};
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 8; k++) {
            sum[k] += gate[b * 8 + k];
        }
    }
    for (int k = 0; k < 8; k++) {
        const real d_c = sum[k]; /* (16) */
        m[k] = one_minus_beta1 * d_c + beta1_real * m[k]; /* (31) */
        v[k] = one_minus_beta2 * square(d_c) + beta2_real * v[k]; /* (32) */
        c[k] = keep_real * c[k] - rate_real * m[k] / (scale_real * sqrtf(v[k]) + eps_real); /* (33) */
    }
}

/* out: gradient of linear, adamw
   (11) d.out.bias[o] = sum[b](d.out[b, o])
   (37) out.bias.m.next[o] = (1 - beta1) * d.out.bias[o] + beta1 * out.bias.m[o]
   (38) out.bias.v.next[o] = (1 - beta2) * d.out.bias[o]**2 + beta2 * out.bias.v[o]
   (39) out.bias.next[o] = optimizer.keep * out.bias[o] - optimizer.rate * out.bias.m.next[o] / (optimizer.scale * sqrt(out.bias.v.next[o]) + eps)
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
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (37) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (38) */
    const real keep_real = (real)*keep;
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (39) */
    for (int o = 0; o < 1; o++) {
        real d_bias = 0;
        for (int b = 0; b < batch; b++) {
            d_bias += d_out[b + o]; /* (11) */
        }
        m[o] = one_minus_beta1 * d_bias + beta1_real * m[o]; /* (37) */
        v[o] = one_minus_beta2 * square(d_bias) + beta2_real * v[o]; /* (38) */
        bias[o] = keep_real * bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (39) */
    }
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
    /* (2) (3) (4) */
    equation_8_5_v2(gated, net->in_x, net->parameters + gated_G, net->parameters + gated_c, gated_value, batch);
    /* (5) */
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
    /* (2) (3) (4) */
    equation_8_5_v2(gated, net->in_x, net->parameters + gated_G, net->parameters + gated_c, gated_value, batch);
    /* (5) (6) */
    linear_huber_1_8(loss_r, gated, net->parameters + out_weight, net->parameters + out_bias, net->in_y, batch);
    /* (7) */
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
    real *const gated_z = linear_part + 24 * capacity;
    real *const gated_gate = linear_part;
    real *const gated = linear_part + 16 * capacity;
    real *const loss_r = linear_part + 41 * capacity;
    real *const d_out = linear_part + 40 * capacity;
    real *const d_gated_value = linear_part + 32 * capacity;
    real *const loss = fixed;

    /* (1) */
    equation_8_5(gated_value, net->in_x, net->parameters + gated_V, batch);
    /* (2) (3) (4) */
    equation_8_5_v3(gated_z, gated_gate, gated, net->in_x, net->parameters + gated_G, net->parameters + gated_c,
                    gated_value, batch);
    /* (5) (6) (9) */
    linear_huber_d_out_1_8(loss_r, d_out, gated, net->parameters + out_weight, net->parameters + out_bias,
                           net->in_y, batch);
    /* (12) (13) (14) */
    d_gated_d_value_d_z_8_1(d_gated_value, gated_gate, d_out, net->parameters + out_weight, gated_z, gated_value,
                            batch);
    /* (10) */
    d_weight_1_8(net->gradients + d_out_weight, d_out, gated, batch);
    /* (17) */
    d_V_8_5(net->gradients + d_gated_V, d_gated_value, net->in_x, batch);
    /* (7) */
    huber_1(loss, loss_r, batch);
    /* (11) */
    d_bias_1(net->gradients + d_out_bias, d_out, batch);
    /* (15) */
    d_V_8_5(net->gradients + d_gated_G, gated_gate, net->in_x, batch);
    /* (16) */
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
    real *const gated_z = linear_part + 32 * capacity;
    real *const gated_gate = linear_part;
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
    /* (2) (3) (4) */
    equation_8_5_v3(gated_z, gated_gate, gated, net->in_x, net->parameters + gated_G, net->parameters + gated_c,
                    gated_value, batch);
    /* (5) (6) (8) (9) */
    linear_huber_d_y_d_out_1_8(loss_r, d_y, d_out, gated, net->parameters + out_weight, net->parameters + out_bias,
                               net->in_y, batch);
    /* (12) (13) (14) */
    d_gated_d_value_d_z_8_1(d_gated_value, gated_gate, d_out, net->parameters + out_weight, gated_z, gated_value,
                            batch);
    /* (10) */
    d_weight_1_8(net->gradients + d_out_weight, d_out, gated, batch);
    /* (7) */
    huber_1(loss, loss_r, batch);
    /* (11) */
    d_bias_1(net->gradients + d_out_bias, d_out, batch);
    /* (15) */
    d_V_8_5(net->gradients + d_gated_G, gated_gate, net->in_x, batch);
    /* (16) */
    d_c_8(net->gradients + d_gated_c, gated_gate, batch);
    /* (18) */
    r_5_8(gated_r, gated_gate, net->parameters + gated_G, batch);
    /* (19) */
    d_x_5_8(d_x, d_gated_value, net->parameters + gated_V, gated_r, batch);
    /* (17) */
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
    real *const gated_z = linear_part + 24 * capacity;
    real *const gated_gate = linear_part;
    real *const gated = linear_part + 8 * capacity;
    real *const loss_r = linear_part + 40 * capacity;
    real *const d_out = linear_part + 41 * capacity;
    real *const d_gated_value = linear_part + 32 * capacity;
    real *const loss = fixed;

    /* (20) (21) (22) (23) (24) */
    cosine_schedule_adamw_rate_next_step(optimizer_rate, optimizer_scale, optimizer_keep, net->counters + t,
                                         net->settings + steps, net->settings + lr, net->settings + min_lr,
                                         net->settings + beta1, net->settings + beta2,
                                         net->settings + weight_decay);
    /* (1) */
    equation_8_5(gated_value, net->in_x, net->parameters + gated_V, batch);
    /* (2) (3) (4) */
    equation_8_5_v3(gated_z, gated_gate, gated, net->in_x, net->parameters + gated_G, net->parameters + gated_c,
                    gated_value, batch);
    /* (5) (6) (9) */
    linear_huber_d_out_1_8(loss_r, d_out, gated, net->parameters + out_weight, net->parameters + out_bias,
                           net->in_y, batch);
    /* (12) (13) (14) */
    d_gated_d_value_d_z_8_1(d_gated_value, gated_gate, d_out, net->parameters + out_weight, gated_z, gated_value,
                            batch);
    /* (17) (25) (26) (27) */
    d_V_adamw_8_5(net->states + gated_V_m, net->states + gated_V_v, net->parameters + gated_V, d_gated_value,
                  net->in_x, net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                  optimizer_scale, net->settings + eps, batch);
    /* (10) (34) (35) (36) */
    d_weight_adamw_1_8(net->states + out_weight_m, net->states + out_weight_v, net->parameters + out_weight, d_out,
                       gated, net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                       optimizer_scale, net->settings + eps, batch);
    /* (15) (28) (29) (30) */
    d_V_adamw_8_5(net->states + gated_G_m, net->states + gated_G_v, net->parameters + gated_G, gated_gate,
                  net->in_x, net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate,
                  optimizer_scale, net->settings + eps, batch);
    /* (16) (31) (32) (33) */
    d_c_adamw_8(net->states + gated_c_m, net->states + gated_c_v, net->parameters + gated_c, gated_gate,
                net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                net->settings + eps, batch);
    /* (11) (37) (38) (39) */
    d_bias_adamw_1(net->states + out_bias_m, net->states + out_bias_v, net->parameters + out_bias, d_out,
                   net->settings + beta1, net->settings + beta2, optimizer_keep, optimizer_rate, optimizer_scale,
                   net->settings + eps, batch);
    /* (7) */
    huber_1(loss, loss_r, batch);
    return (double)*loss;
}

/* bilinear, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.

   cc -O2 -std=c11 -march=native -fvect-cost-model=dynamic -fpeel-loops -ffp-contract=fast -fno-math-errno -fno-trapping-math -c bilinear.c */
#include "bilinear.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    pair_W = 0, /* [4, 6, 6] */
    pair_c = 144, /* [4] */
    out_weight = 160, /* [2, 4] */
    out_bias = 176, /* [2] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_pair_W = 0, /* [4, 6, 6] */
    d_pair_c = 144, /* [4] */
    d_out_weight = 160, /* [2, 4] */
    d_out_bias = 176, /* [2] */
};

/* Where tensors begin in `states`. */
enum {
    pair_W_m = 0, /* [4, 6, 6] */
    pair_c_m = 144, /* [4] */
    out_weight_m = 160, /* [2, 4] */
    out_bias_m = 176, /* [2] */
    pair_W_v = 192, /* [4, 6, 6] */
    pair_c_v = 336, /* [4] */
    out_weight_v = 352, /* [2, 4] */
    out_bias_v = 368, /* [2] */
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

/* The number, but 0 for a subnormal one, over each of which a processor takes a hundred times as long. */
static inline real normal(real x)
{
    return fabsf(x) < 0x1p-126f ? 0 : x;
}

static inline real square(real x)
{
    return x * x;
}

/* pair: equation (one side of the product)
   (1) pair[b, k] = sum[i, j](x[b, i] * x[b, j] * pair.W[k, i, j]) + pair.c[k]
*/
static void equation_4_6_6(
    real *restrict part,    /* [B, 4, 6] */
    const real *restrict x, /* [B, 6] */
    const real *restrict W, /* [4, 6, 6] */
    int batch)
{
    real turned[144];
    for (int j = 0; j < 6; j++) {
        for (int k = 0; k < 4; k++) {
            for (int i = 0; i < 6; i++) {
                turned[(j * 4 + k) * 6 + i] = W[k * 36 + i * 6 + j];
            }
        }
    }
    for (int b = 0; b < batch; b++) {
        real sum[24] = {0};
        for (int j = 0; j < 6; j++) {
            for (int k = 0; k < 4; k++) {
                for (int i = 0; i < 6; i++) {
                    sum[k * 6 + i] += x[b * 6 + j] * turned[(j * 4 + k) * 6 + i];
                }
            }
        }
        for (int k = 0; k < 4; k++) {
            for (int i = 0; i < 6; i++) {
                part[b * 24 + k * 6 + i] = sum[k * 6 + i];
            }
        }
    }
}

/* pair: equation
   (1) pair[b, k] = sum[i, j](x[b, i] * x[b, j] * pair.W[k, i, j]) + pair.c[k]
*/
static void equation_4_6(
    real *restrict pair,       /* [B, 4] */
    const real *restrict part, /* [B, 4, 6] */
    const real *restrict x,    /* [B, 6] */
    const real *restrict c,    /* [4] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real sum[4] = {0};
        for (int i = 0; i < 6; i++) {
            for (int k = 0; k < 4; k++) {
                sum[k] += part[b * 24 + k * 6 + i] * x[b * 6 + i];
            }
        }
        for (int k = 0; k < 4; k++) {
            pair[b * 4 + k] = sum[k] + c[k];
        }
    }
}

/* out: linear
   (2) out[b, o] = sum[i](pair[b, i] * out.weight[o, i]) + out.bias[o]
*/
static void linear_2_4(
    real *restrict out,          /* [B, 2] */
    const real *restrict pair,   /* [B, 4] */
    const real *restrict weight, /* [2, 4] */
    const real *restrict bias,   /* [2] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 2; o++) {
            real sum = 0;
            for (int i = 0; i < 4; i++) {
                sum += pair[b * 4 + i] * weight[o * 4 + i];
            }
            out[b * 2 + o] = sum + bias[o];
        }
    }
}

/* loss: mse
   (3) loss = sum[b, i]((out[b, i] - y[b, i])**2) / (2 * B)
*/
static void mse_2(
    real *restrict loss,
    const real *restrict out, /* [B, 2] */
    const real *restrict y,   /* [B, 2] */
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 2; o++) {
            sum += square(out[b * 2 + o] - y[b * 2 + o]);
        }
    }
    *loss = sum / (2.0f * (real)batch);
}

/* out: linear, gradient of linear
   (2) out[b, o] = sum[i](pair[b, i] * out.weight[o, i]) + out.bias[o]
   (5) d.out[b, o] = (out[b, o] - y[b, o]) / B
*/
static void linear_d_out_2_4(
    real *restrict out,          /* [B, 2] */
    real *restrict d_out,        /* [B, 2] */
    const real *restrict pair,   /* [B, 4] */
    const real *restrict weight, /* [2, 4] */
    const real *restrict bias,   /* [2] */
    const real *restrict y,      /* [B, 2] */
    int batch)
{
    const real scale = 1.0f / (real)batch; /* (5) */
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 2; o++) {
            real sum = 0;
            for (int i = 0; i < 4; i++) {
                sum += pair[b * 4 + i] * weight[o * 4 + i];
            }
            out[b * 2 + o] = sum + bias[o]; /* (2) */
            d_out[b * 2 + o] = scale * (out[b * 2 + o] - y[b * 2 + o]); /* (5) */
        }
    }
}

/* out: gradient of linear
   (6) d.out.weight[o, i] = sum[b](d.out[b, o] * pair[b, i])
*/
static void d_weight_2_4(
    real *restrict d_weight,    /* [2, 4] */
    const real *restrict d_out, /* [B, 2] */
    const real *restrict pair,  /* [B, 4] */
    int batch)
{
    real sum[8] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 2; o++) {
            for (int i = 0; i < 4; i++) {
                sum[o * 4 + i] += d_out[b * 2 + o] * pair[b * 4 + i];
            }
        }
    }
    for (int o = 0; o < 2; o++) {
        for (int i = 0; i < 4; i++) {
            d_weight[o * 4 + i] = sum[o * 4 + i];
        }
    }
}

/* out: gradient of linear
   (7) d.out.bias[o] = sum[b](d.out[b, o])
*/
static void d_bias_2(
    real *restrict d_bias,      /* [2] */
    const real *restrict d_out, /* [B, 2] */
    int batch)
{
    real sum[2] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 2; o++) {
            sum[o] += d_out[b * 2 + o];
        }
    }
    for (int o = 0; o < 2; o++) {
        d_bias[o] = sum[o];
    }
}

/* pair: gradient of equation
   (8) d.pair[b, k] = sum[i](d.out[b, i] * out.weight[i, k])
*/
static void d_pair_4_2(
    real *restrict d_pair,       /* [B, 4] */
    const real *restrict d_out,  /* [B, 2] */
    const real *restrict weight, /* [2, 4] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real sum[4] = {0};
        for (int o = 0; o < 2; o++) {
            for (int k = 0; k < 4; k++) {
                sum[k] += d_out[b * 2 + o] * weight[o * 4 + k];
            }
        }
        for (int k = 0; k < 4; k++) {
            d_pair[b * 4 + k] = sum[k];
        }
    }
}

/* pair: gradient of equation
   (10) d.pair.c[k] = sum[b](d.pair[b, k])
*/
static void d_c_4(
    real *restrict d_c,          /* [4] */
    const real *restrict d_pair, /* [B, 4] */
    int batch)
{
    real sum[4] = {0};
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 4; k++) {
            sum[k] += d_pair[b * 4 + k];
        }
    }
    for (int k = 0; k < 4; k++) {
        d_c[k] = sum[k];
    }
}

/* pair: gradient of equation (one side of the product)
   (9) d.pair.W[k, i, j] = sum[b](d.pair[b, k] * x[b, i] * x[b, j])
*/
static void d_W_4_6(
    real *restrict d_part,       /* [B, 4, 6] */
    const real *restrict d_pair, /* [B, 4] */
    const real *restrict x,      /* [B, 6] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 4; k++) {
            for (int i = 0; i < 6; i++) {
                d_part[b * 24 + k * 6 + i] = d_pair[b * 4 + k] * x[b * 6 + i];
            }
        }
    }
}

/* pair: gradient of equation
   (9) d.pair.W[k, i, j] = sum[b](d.pair[b, k] * x[b, i] * x[b, j])
*/
static void d_W_4_6_6(
    real *restrict d_W,          /* [4, 6, 6] */
    const real *restrict d_part, /* [B, 4, 6] */
    const real *restrict x,      /* [B, 6] */
    int batch)
{
    real sum[144] = {0};
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 4; k++) {
            for (int i = 0; i < 6; i++) {
                for (int j = 0; j < 6; j++) {
                    sum[(k * 6 + i) * 6 + j] += d_part[b * 24 + k * 6 + i] * x[b * 6 + j];
                }
            }
        }
    }
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < 6; i++) {
            for (int j = 0; j < 6; j++) {
                d_W[k * 36 + i * 6 + j] = sum[(k * 6 + i) * 6 + j];
            }
        }
    }
}

/* out: linear, gradient of linear; loss: gradient of mse
   (2) out[b, o] = sum[i](pair[b, i] * out.weight[o, i]) + out.bias[o]
   (4) d.y[b, i] = (y[b, i] - out[b, i]) / B
   (5) d.out[b, o] = (out[b, o] - y[b, o]) / B
*/
static void linear_d_y_d_out_2_4(
    real *restrict out,          /* [B, 2] */
    real *restrict d_y,          /* [B, 2] */
    real *restrict d_out,        /* [B, 2] */
    const real *restrict pair,   /* [B, 4] */
    const real *restrict weight, /* [2, 4] */
    const real *restrict bias,   /* [2] */
    const real *restrict y,      /* [B, 2] */
    int batch)
{
    const real scale = 1.0f / (real)batch; /* (4) (5) */
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 2; o++) {
            real sum = 0;
            for (int i = 0; i < 4; i++) {
                sum += pair[b * 4 + i] * weight[o * 4 + i];
            }
            out[b * 2 + o] = sum + bias[o]; /* (2) */
            d_y[b * 2 + o] = scale * (y[b * 2 + o] - out[b * 2 + o]); /* (4) */
            d_out[b * 2 + o] = scale * (out[b * 2 + o] - y[b * 2 + o]); /* (5) */
        }
    }
}

/* pair: gradient of equation (one side of the product)
   (11) pair.r[b, i] = sum[j, k](d.pair[b, j] * x[b, k] * pair.W[j, i, k])
*/
static void r_6_4_6(
    real *restrict part,    /* [B, 6, 4] */
    const real *restrict x, /* [B, 6] */
    const real *restrict W, /* [4, 6, 6] */
    int batch)
{
    real turned[144];
    for (int j = 0; j < 6; j++) {
        for (int i = 0; i < 6; i++) {
            for (int k = 0; k < 4; k++) {
                turned[(j * 6 + i) * 4 + k] = W[k * 36 + i * 6 + j];
            }
        }
    }
    for (int b = 0; b < batch; b++) {
        real sum[24] = {0};
        for (int j = 0; j < 6; j++) {
            for (int i = 0; i < 6; i++) {
                for (int k = 0; k < 4; k++) {
                    sum[i * 4 + k] += x[b * 6 + j] * turned[(j * 6 + i) * 4 + k];
                }
            }
        }
        for (int i = 0; i < 6; i++) {
            for (int k = 0; k < 4; k++) {
                part[b * 24 + i * 4 + k] = sum[i * 4 + k];
            }
        }
    }
}

/* pair: gradient of equation
   (11) pair.r[b, i] = sum[j, k](d.pair[b, j] * x[b, k] * pair.W[j, i, k])
*/
static void r_6_4(
    real *restrict r,            /* [B, 6] */
    const real *restrict part,   /* [B, 6, 4] */
    const real *restrict d_pair, /* [B, 4] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real sum[6] = {0};
        for (int k = 0; k < 4; k++) {
            for (int i = 0; i < 6; i++) {
                sum[i] += part[b * 24 + i * 4 + k] * d_pair[b * 4 + k];
            }
        }
        for (int i = 0; i < 6; i++) {
            r[b * 6 + i] = sum[i];
        }
    }
}

/* pair: gradient of equation (one side of the product)
   (12) d.x[b, i] = sum[j, k](d.pair[b, j] * x[b, k] * pair.W[j, k, i]) + pair.r[b, i]
*/
static void d_x_6_4_6(
    real *restrict d_part,  /* [B, 6, 4] */
    const real *restrict x, /* [B, 6] */
    const real *restrict W, /* [4, 6, 6] */
    int batch)
{
    real turned[144];
    for (int j = 0; j < 6; j++) {
        for (int i = 0; i < 6; i++) {
            for (int k = 0; k < 4; k++) {
                turned[(j * 6 + i) * 4 + k] = W[k * 36 + j * 6 + i];
            }
        }
    }
    for (int b = 0; b < batch; b++) {
        real sum[24] = {0};
        for (int j = 0; j < 6; j++) {
            for (int i = 0; i < 6; i++) {
                for (int k = 0; k < 4; k++) {
                    sum[i * 4 + k] += x[b * 6 + j] * turned[(j * 6 + i) * 4 + k];
                }
            }
        }
        for (int i = 0; i < 6; i++) {
            for (int k = 0; k < 4; k++) {
                d_part[b * 24 + i * 4 + k] = sum[i * 4 + k];
            }
        }
    }
}

/* pair: gradient of equation
   (12) d.x[b, i] = sum[j, k](d.pair[b, j] * x[b, k] * pair.W[j, k, i]) + pair.r[b, i]
*/
static void d_x_6_4(
    real *restrict d_x,          /* [B, 6] */
    const real *restrict d_part, /* [B, 6, 4] */
    const real *restrict d_pair, /* [B, 4] */
    const real *restrict r,      /* [B, 6] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        real sum[6] = {0};
        for (int k = 0; k < 4; k++) {
            for (int i = 0; i < 6; i++) {
                sum[i] += d_part[b * 24 + i * 4 + k] * d_pair[b * 4 + k];
            }
        }
        for (int i = 0; i < 6; i++) {
            d_x[b * 6 + i] = sum[i] + r[b * 6 + i];
        }
    }
}

/* optimizer: adam rate, next step
   (13) optimizer.rate = lr / (1 - beta1**(1 + t))
   (14) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
   (15) t.next = 1 + t
*/
static void adam_rate_next_step(
    double *restrict rate,
    double *restrict scale,
    double *restrict t,
    const double *restrict lr,
    const double *restrict beta1,
    const double *restrict beta2)
{
    *rate = *lr / (1.0 - pow(*beta1, *t + 1.0)); /* (13) */
    *scale = 1.0 / sqrt(1.0 - pow(*beta2, *t + 1.0)); /* (14) */
    *t = *t + 1.0; /* (15) */
}

/* out: gradient of linear, adam
   (7) d.out.bias[o] = sum[b](d.out[b, o])
   (25) out.bias.m.next[o] = (1 - beta1) * d.out.bias[o] + beta1 * out.bias.m[o]
   (26) out.bias.v.next[o] = (1 - beta2) * d.out.bias[o]**2 + beta2 * out.bias.v[o]
   (27) out.bias.next[o] = out.bias[o] - optimizer.rate * out.bias.m.next[o] / (optimizer.scale * sqrt(out.bias.v.next[o]) + eps)
*/
static void d_bias_adam_2(
    real *restrict m,             /* [2] */
    real *restrict v,             /* [2] */
    real *restrict bias,          /* [2] */
    const real *restrict d_out,   /* [B, 2] */
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
    real sum[2] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 2; o++) {
            sum[o] += d_out[b * 2 + o];
        }
    }
    for (int o = 0; o < 2; o++) {
        const real d_bias = sum[o]; /* (7) */
        m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (25) */
        v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (26) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (27) */
    }
}

/* out: gradient of linear, adam
   (6) d.out.weight[o, i] = sum[b](d.out[b, o] * pair[b, i])
   (22) out.weight.m.next[o, i] = (1 - beta1) * d.out.weight[o, i] + beta1 * out.weight.m[o, i]
   (23) out.weight.v.next[o, i] = (1 - beta2) * d.out.weight[o, i]**2 + beta2 * out.weight.v[o, i]
   (24) out.weight.next[o, i] = out.weight[o, i] - optimizer.rate * out.weight.m.next[o, i] / (optimizer.scale * sqrt(out.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_2_4(
    real *restrict m,             /* [2, 4] */
    real *restrict v,             /* [2, 4] */
    real *restrict weight,        /* [2, 4] */
    const real *restrict d_out,   /* [B, 2] */
    const real *restrict pair,    /* [B, 4] */
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
    real sum[8] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 2; o++) {
            for (int i = 0; i < 4; i++) {
                sum[o * 4 + i] += d_out[b * 2 + o] * pair[b * 4 + i];
            }
        }
    }
    for (int o = 0; o < 2; o++) {
        for (int i = 0; i < 4; i++) {
            const real d_weight = sum[o * 4 + i]; /* (6) */
            m[o * 4 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 4 + i]); /* (22) */
            v[o * 4 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 4 + i]); /* (23) */
            weight[o * 4 + i] = weight[o * 4 + i] - rate_real * m[o * 4 + i] / (scale_real * sqrtf(v[o * 4 + i]) + eps_real); /* (24) */
        }
    }
}

/* pair: gradient of equation, adam
   (10) d.pair.c[k] = sum[b](d.pair[b, k])
   (19) pair.c.m.next[k] = (1 - beta1) * d.pair.c[k] + beta1 * pair.c.m[k]
   (20) pair.c.v.next[k] = (1 - beta2) * d.pair.c[k]**2 + beta2 * pair.c.v[k]
   (21) pair.c.next[k] = pair.c[k] - optimizer.rate * pair.c.m.next[k] / (optimizer.scale * sqrt(pair.c.v.next[k]) + eps)
*/
static void d_c_adam_4(
    real *restrict m,             /* [4] */
    real *restrict v,             /* [4] */
    real *restrict c,             /* [4] */
    const real *restrict d_pair,  /* [B, 4] */
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
    real sum[4] = {0};
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 4; k++) {
            sum[k] += d_pair[b * 4 + k];
        }
    }
    for (int k = 0; k < 4; k++) {
        const real d_c = sum[k]; /* (10) */
        m[k] = normal(one_minus_beta1 * d_c + beta1_real * m[k]); /* (19) */
        v[k] = normal(one_minus_beta2 * square(d_c) + beta2_real * v[k]); /* (20) */
        c[k] = c[k] - rate_real * m[k] / (scale_real * sqrtf(v[k]) + eps_real); /* (21) */
    }
}

/* pair: gradient of equation, adam
   (9) d.pair.W[k, i, j] = sum[b](d.pair[b, k] * x[b, i] * x[b, j])
   (16) pair.W.m.next[k, i, j] = (1 - beta1) * d.pair.W[k, i, j] + beta1 * pair.W.m[k, i, j]
   (17) pair.W.v.next[k, i, j] = (1 - beta2) * d.pair.W[k, i, j]**2 + beta2 * pair.W.v[k, i, j]
   (18) pair.W.next[k, i, j] = pair.W[k, i, j] - optimizer.rate * pair.W.m.next[k, i, j] / (optimizer.scale * sqrt(pair.W.v.next[k, i, j]) + eps)
*/
static void d_W_adam_4_6_6(
    real *restrict m,             /* [4, 6, 6] */
    real *restrict v,             /* [4, 6, 6] */
    real *restrict W,             /* [4, 6, 6] */
    const real *restrict d_part,  /* [B, 4, 6] */
    const real *restrict x,       /* [B, 6] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (16) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (17) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (18) */
    real sum[144] = {0};
    for (int b = 0; b < batch; b++) {
        for (int k = 0; k < 4; k++) {
            for (int i = 0; i < 6; i++) {
                for (int j = 0; j < 6; j++) {
                    sum[(k * 6 + i) * 6 + j] += d_part[b * 24 + k * 6 + i] * x[b * 6 + j];
                }
            }
        }
    }
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < 6; i++) {
            for (int j = 0; j < 6; j++) {
                const real d_W = sum[(k * 6 + i) * 6 + j]; /* (9) */
                m[k * 36 + i * 6 + j] = normal(one_minus_beta1 * d_W + beta1_real * m[k * 36 + i * 6 + j]); /* (16) */
                v[k * 36 + i * 6 + j] = normal(one_minus_beta2 * square(d_W) + beta2_real * v[k * 36 + i * 6 + j]); /* (17) */
                W[k * 36 + i * 6 + j] = W[k * 36 + i * 6 + j] - rate_real * m[k * 36 + i * 6 + j] / (scale_real * sqrtf(v[k * 36 + i * 6 + j]) + eps_real); /* (18) */
            }
        }
    }
}

double bilinear_forward(const bilinear_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const linear_part = net->workspace + 16;
    real *const pair_part = linear_part;
    real *const pair = linear_part + 32 * capacity;
    real *const out = linear_part;

    /* (1) */
    equation_4_6_6(pair_part, net->in_x, net->parameters + pair_W, batch);
    /* (1) */
    equation_4_6(pair, pair_part, net->in_x, net->parameters + pair_c, batch);
    /* (2) */
    linear_2_4(out, pair, net->parameters + out_weight, net->parameters + out_bias, batch);
    return 0;
}

double bilinear_loss(const bilinear_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const pair_part = linear_part;
    real *const pair = linear_part + 32 * capacity;
    real *const out = linear_part;
    real *const loss = fixed;

    /* (1) */
    equation_4_6_6(pair_part, net->in_x, net->parameters + pair_W, batch);
    /* (1) */
    equation_4_6(pair, pair_part, net->in_x, net->parameters + pair_c, batch);
    /* (2) */
    linear_2_4(out, pair, net->parameters + out_weight, net->parameters + out_bias, batch);
    /* (3) */
    mse_2(loss, out, net->in_y, batch);
    return (double)*loss;
}

double bilinear_gradients(const bilinear_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const pair_part = linear_part;
    real *const pair = linear_part + 32 * capacity;
    real *const out = linear_part + 2 * capacity;
    real *const d_out = linear_part;
    real *const loss = fixed;
    real *const d_pair = linear_part + 32 * capacity;
    real *const d_pair_W_part = linear_part;

    /* (1) */
    equation_4_6_6(pair_part, net->in_x, net->parameters + pair_W, batch);
    /* (1) */
    equation_4_6(pair, pair_part, net->in_x, net->parameters + pair_c, batch);
    /* (2) (5) */
    linear_d_out_2_4(out, d_out, pair, net->parameters + out_weight, net->parameters + out_bias, net->in_y, batch);
    /* (6) */
    d_weight_2_4(net->gradients + d_out_weight, d_out, pair, batch);
    /* (3) */
    mse_2(loss, out, net->in_y, batch);
    /* (7) */
    d_bias_2(net->gradients + d_out_bias, d_out, batch);
    /* (8) */
    d_pair_4_2(d_pair, d_out, net->parameters + out_weight, batch);
    /* (10) */
    d_c_4(net->gradients + d_pair_c, d_pair, batch);
    /* (9) */
    d_W_4_6(d_pair_W_part, d_pair, net->in_x, batch);
    /* (9) */
    d_W_4_6_6(net->gradients + d_pair_W, d_pair_W_part, net->in_x, batch);
    return (double)*loss;
}

double bilinear_input_gradients(const bilinear_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const pair_part = linear_part;
    real *const pair = linear_part + 32 * capacity;
    real *const out = linear_part + 38 * capacity;
    real *const d_y = linear_part + 52 * capacity;
    real *const d_out = linear_part + 36 * capacity;
    real *const loss = fixed;
    real *const d_pair = linear_part + 48 * capacity;
    real *const d_pair_W_part = linear_part;
    real *const pair_r_part = linear_part;
    real *const pair_r = linear_part + 32 * capacity;
    real *const d_x_part = linear_part;
    real *const d_x = linear_part + 40 * capacity;

    /* (1) */
    equation_4_6_6(pair_part, net->in_x, net->parameters + pair_W, batch);
    /* (1) */
    equation_4_6(pair, pair_part, net->in_x, net->parameters + pair_c, batch);
    /* (2) (4) (5) */
    linear_d_y_d_out_2_4(out, d_y, d_out, pair, net->parameters + out_weight, net->parameters + out_bias,
                         net->in_y, batch);
    /* (6) */
    d_weight_2_4(net->gradients + d_out_weight, d_out, pair, batch);
    /* (3) */
    mse_2(loss, out, net->in_y, batch);
    /* (7) */
    d_bias_2(net->gradients + d_out_bias, d_out, batch);
    /* (8) */
    d_pair_4_2(d_pair, d_out, net->parameters + out_weight, batch);
    /* (10) */
    d_c_4(net->gradients + d_pair_c, d_pair, batch);
    /* (9) */
    d_W_4_6(d_pair_W_part, d_pair, net->in_x, batch);
    /* (9) */
    d_W_4_6_6(net->gradients + d_pair_W, d_pair_W_part, net->in_x, batch);
    /* (11) */
    r_6_4_6(pair_r_part, net->in_x, net->parameters + pair_W, batch);
    /* (11) */
    r_6_4(pair_r, pair_r_part, d_pair, batch);
    /* (12) */
    d_x_6_4_6(d_x_part, net->in_x, net->parameters + pair_W, batch);
    /* (12) */
    d_x_6_4(d_x, d_x_part, d_pair, pair_r, batch);
    return (double)*loss;
}

double bilinear_step(const bilinear_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    double *const optimizer_rate = (double *)(fixed);
    double *const optimizer_scale = (double *)(fixed + 2);
    real *const pair_part = linear_part;
    real *const pair = linear_part + 32 * capacity;
    real *const out = linear_part + 2 * capacity;
    real *const d_out = linear_part;
    real *const loss = fixed + 4;
    real *const d_pair = linear_part + 36 * capacity;
    real *const d_pair_W_part = linear_part;

    /* (13) (14) (15) */
    adam_rate_next_step(optimizer_rate, optimizer_scale, net->counters + t, net->settings + lr,
                        net->settings + beta1, net->settings + beta2);
    /* (1) */
    equation_4_6_6(pair_part, net->in_x, net->parameters + pair_W, batch);
    /* (1) */
    equation_4_6(pair, pair_part, net->in_x, net->parameters + pair_c, batch);
    /* (2) (5) */
    linear_d_out_2_4(out, d_out, pair, net->parameters + out_weight, net->parameters + out_bias, net->in_y, batch);
    /* (3) */
    mse_2(loss, out, net->in_y, batch);
    /* (7) (25) (26) (27) */
    d_bias_adam_2(net->states + out_bias_m, net->states + out_bias_v, net->parameters + out_bias, d_out,
                  net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                  net->settings + eps, batch);
    /* (8) */
    d_pair_4_2(d_pair, d_out, net->parameters + out_weight, batch);
    /* (6) (22) (23) (24) */
    d_weight_adam_2_4(net->states + out_weight_m, net->states + out_weight_v, net->parameters + out_weight, d_out,
                      pair, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                      net->settings + eps, batch);
    /* (10) (19) (20) (21) */
    d_c_adam_4(net->states + pair_c_m, net->states + pair_c_v, net->parameters + pair_c, d_pair,
               net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps,
               batch);
    /* (9) */
    d_W_4_6(d_pair_W_part, d_pair, net->in_x, batch);
    /* (9) (16) (17) (18) */
    d_W_adam_4_6_6(net->states + pair_W_m, net->states + pair_W_v, net->parameters + pair_W, d_pair_W_part,
                   net->in_x, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                   net->settings + eps, batch);
    return (double)*loss;
}

/* Steps of training, `count` of them, one after another.  The inputs have `batches` times net->batch rows: the steps
   take a batch after the other, the one numbered `first` to begin with, and after the last one the first again.
   Leaves the losses.  A loss that is infinite or not a number ends it.  Returns how many steps there were. */
int bilinear_steps(const bilinear_network *net, int first, int batches, int count, double *losses)
{
    bilinear_network now = *net;
    for (int n = 0; n < count; n++) {
        const size_t row = (size_t)((first + n) % batches) * (size_t)net->batch;
        now.in_x = net->in_x + row * 6;
        now.in_y = net->in_y + row * 2;
        losses[n] = bilinear_step(&now);
        if (!isfinite(losses[n]))
            return n + 1;
    }
    return count;
}

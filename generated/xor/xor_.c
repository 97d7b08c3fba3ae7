/* xor, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.

   cc -std=c11 -O3 -march=native -ffp-contract=fast -fno-math-errno -fno-trapping-math -c xor_.c */
#include "xor_.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    hidden_weight = 0, /* [4, 2] */
    hidden_bias = 16, /* [4] */
    output_weight = 32, /* [1, 4] */
    output_bias = 48, /* [1] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_hidden_weight = 0, /* [4, 2] */
    d_hidden_bias = 16, /* [4] */
    d_output_weight = 32, /* [1, 4] */
    d_output_bias = 48, /* [1] */
};

/* Where tensors begin in `states`. */
enum {
    hidden_weight_m = 0, /* [4, 2] */
    hidden_weight_v = 16, /* [4, 2] */
    hidden_bias_m = 32, /* [4] */
    hidden_bias_v = 48, /* [4] */
    output_weight_m = 64, /* [1, 4] */
    output_weight_v = 80, /* [1, 4] */
    output_bias_m = 96, /* [1] */
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

/* 1 / (1 + exp(-x)), by exponentials that cannot overflow. */
static inline real sigmoid(real x)
{
    const real e = exp_single(-fabsf(x));
    return (x >= 0 ? 1 : e) / (1 + e);
}

/* log(1 + exp(x)), by an exponential that cannot overflow. */
static inline real softplus(real x)
{
    return ((x > 0) | (x != x) ? x : 0) + log1pf(exp_single(-fabsf(x)));
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
    const real *restrict weight, /* [4, 2] */
    const real *restrict bias,   /* [4] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 4; o++) {
            real sum = 0;
            for (int i = 0; i < 2; i++) {
                sum += x[b * 2 + i] * weight[o * 2 + i];
            }
            const real z = sum + bias[o]; /* (1) */
            hidden[b * 4 + o] = sigmoid(z); /* (2) */
        }
    }
}

/* output: linear, sigmoid
   (3) output.z[b, o] = sum[i](hidden[b, i] * output.weight[o, i]) + output.bias[o]
   (4) output[b, o] = sigmoid(output.z[b, o])
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
            const real z = sum + bias[o]; /* (3) */
            output[b + o] = sigmoid(z); /* (4) */
        }
    }
}

/* output: linear
   (3) output.z[b, o] = sum[i](hidden[b, i] * output.weight[o, i]) + output.bias[o]
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
   (5) loss = sum[b, i]((1 - y[b, i]) * softplus(output.z[b, i]) + y[b, i] * softplus(-output.z[b, i])) / B
*/
static void bce_1(
    real *restrict loss,
    const real *restrict y, /* [B, 1] */
    const real *restrict z, /* [B, 1] */
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            sum += (1.0f - y[b + o]) * softplus(z[b + o]) + softplus(-z[b + o]) * y[b + o];
        }
    }
    *loss = sum / (real)batch;
}

/* hidden: linear, sigmoid
   (1) hidden.z[b, o] = sum[i](x[b, i] * hidden.weight[o, i]) + hidden.bias[o]
   (2) hidden[b, o] = sigmoid(hidden.z[b, o])
*/
static void linear_sigmoid_4_2_v2(
    real *restrict z,            /* [B, 4] */
    real *restrict hidden,       /* [B, 4] */
    const real *restrict x,      /* [B, 2] */
    const real *restrict weight, /* [4, 2] */
    const real *restrict bias,   /* [4] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 4; o++) {
            real sum = 0;
            for (int i = 0; i < 2; i++) {
                sum += x[b * 2 + i] * weight[o * 2 + i];
            }
            z[b * 4 + o] = sum + bias[o]; /* (1) */
            hidden[b * 4 + o] = sigmoid(z[b * 4 + o]); /* (2) */
        }
    }
}

/* output: linear, sigmoid, gradient of linear
   (3) output.z[b, o] = sum[i](hidden[b, i] * output.weight[o, i]) + output.bias[o]
   (4) output[b, o] = sigmoid(output.z[b, o])
   (7) d.output.z[b, o] = (output[b, o] * (1 - y[b, o]) - y[b, o] * sigmoid(-output.z[b, o])) / B
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
    const real scale = 1.0f / (real)batch; /* (7) */
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            real sum = 0;
            for (int i = 0; i < 4; i++) {
                sum += hidden[b * 4 + i] * weight[o * 4 + i];
            }
            z[b + o] = sum + bias[o]; /* (3) */
            const real output = sigmoid(z[b + o]); /* (4) */
            d_z[b + o] = scale * ((1.0f - y[b + o]) * output - sigmoid(-z[b + o]) * y[b + o]); /* (7) */
        }
    }
}

/* output: gradient of linear
   (8) d.output.weight[o, i] = sum[b](d.output.z[b, o] * hidden[b, i])
*/
static void d_weight_1_4(
    real *restrict d_weight,     /* [1, 4] */
    const real *restrict d_z,    /* [B, 1] */
    const real *restrict hidden, /* [B, 4] */
    int batch)
{
    for (int o = 0; o < 1; o++) {
        for (int i = 0; i < 4; i++) {
            real sum = 0;
            for (int b = 0; b < batch; b++) {
                sum += d_z[b + o] * hidden[b * 4 + i];
            }
            d_weight[o * 4 + i] = sum;
        }
    }
}

/* hidden: gradient of linear
   (10) d.hidden.z[b, o] = hidden[b, o] * sigmoid(-hidden.z[b, o]) * sum[i](d.output.z[b, i] * output.weight[i, o])
*/
static void d_z_4_1(
    real *restrict z,            /* [B, 4] */
    const real *restrict d_z,    /* [B, 1] */
    const real *restrict weight, /* [1, 4] */
    const real *restrict hidden, /* [B, 4] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 4; o++) {
            real sum = 0;
            for (int i = 0; i < 1; i++) {
                sum += d_z[b + i] * weight[i * 4 + o];
            }
            z[b * 4 + o] = sum * sigmoid(-z[b * 4 + o]) * hidden[b * 4 + o];
        }
    }
}

/* output: gradient of linear
   (9) d.output.bias[o] = sum[b](d.output.z[b, o])
*/
static void d_bias_1(
    real *restrict d_bias,    /* [1] */
    const real *restrict d_z, /* [B, 1] */
    int batch)
{
    for (int o = 0; o < 1; o++) {
        real sum = 0;
        for (int b = 0; b < batch; b++) {
            sum += d_z[b + o];
        }
        d_bias[o] = sum;
    }
}

/* hidden: gradient of linear
   (11) d.hidden.weight[o, i] = sum[b](d.hidden.z[b, o] * x[b, i])
*/
static void d_weight_4_2(
    real *restrict d_weight, /* [4, 2] */
    const real *restrict z,  /* [B, 4] */
    const real *restrict x,  /* [B, 2] */
    int batch)
{
    real sum[8] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 4; o++) {
            for (int i = 0; i < 2; i++) {
                sum[o * 2 + i] += z[b * 4 + o] * x[b * 2 + i];
            }
        }
    }
    for (int o = 0; o < 4; o++) {
        for (int i = 0; i < 2; i++) {
            d_weight[o * 2 + i] = sum[o * 2 + i];
        }
    }
}

/* hidden: gradient of linear
   (12) d.hidden.bias[o] = sum[b](d.hidden.z[b, o])
*/
static void d_bias_4(
    real *restrict d_bias,  /* [4] */
    const real *restrict z, /* [B, 4] */
    int batch)
{
    real sum[4] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 4; o++) {
            sum[o] += z[b * 4 + o];
        }
    }
    for (int o = 0; o < 4; o++) {
        d_bias[o] = sum[o];
    }
}

/* output: linear, sigmoid, gradient of linear; loss: gradient of bce
   (3) output.z[b, o] = sum[i](hidden[b, i] * output.weight[o, i]) + output.bias[o]
   (4) output[b, o] = sigmoid(output.z[b, o])
   (6) d.y[b, i] = (softplus(-output.z[b, i]) - softplus(output.z[b, i])) / B
   (7) d.output.z[b, o] = (output[b, o] * (1 - y[b, o]) - y[b, o] * sigmoid(-output.z[b, o])) / B
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
    const real scale = 1.0f / (real)batch; /* (6) (7) */
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            real sum = 0;
            for (int i = 0; i < 4; i++) {
                sum += hidden[b * 4 + i] * weight[o * 4 + i];
            }
            z[b + o] = sum + bias[o]; /* (3) */
            const real output = sigmoid(z[b + o]); /* (4) */
            d_y[b + o] = scale * (softplus(-z[b + o]) - softplus(z[b + o])); /* (6) */
            d_z[b + o] = scale * ((1.0f - y[b + o]) * output - sigmoid(-z[b + o]) * y[b + o]); /* (7) */
        }
    }
}

/* hidden: gradient of linear
   (13) d.x[b, i] = sum[j](d.hidden.z[b, j] * hidden.weight[j, i])
*/
static void d_x_2_4(
    real *restrict d_x,          /* [B, 2] */
    const real *restrict z,      /* [B, 4] */
    const real *restrict weight, /* [4, 2] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 2; i++) {
            real sum = 0;
            for (int o = 0; o < 4; o++) {
                sum += z[b * 4 + o] * weight[o * 2 + i];
            }
            d_x[b * 2 + i] = sum;
        }
    }
}

/* optimizer: adam rate, next step
   (14) optimizer.rate = lr / (1 - beta1**(1 + t))
   (15) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
   (16) t.next = 1 + t
*/
static void adam_rate_next_step(
    double *restrict rate,
    double *restrict scale,
    double *restrict t,
    const double *restrict lr,
    const double *restrict beta1,
    const double *restrict beta2)
{
    *rate = *lr / (1.0 - pow(*beta1, *t + 1.0)); /* (14) */
    *scale = 1.0 / sqrt(1.0 - pow(*beta2, *t + 1.0)); /* (15) */
    *t = *t + 1.0; /* (16) */
}

/* output: gradient of linear, adam
   (9) d.output.bias[o] = sum[b](d.output.z[b, o])
   (26) output.bias.m.next[o] = (1 - beta1) * d.output.bias[o] + beta1 * output.bias.m[o]
   (27) output.bias.v.next[o] = (1 - beta2) * d.output.bias[o]**2 + beta2 * output.bias.v[o]
   (28) output.bias.next[o] = output.bias[o] - optimizer.rate * output.bias.m.next[o] / (optimizer.scale * sqrt(output.bias.v.next[o]) + eps)
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
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (26) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (27) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (28) */
    for (int o = 0; o < 1; o++) {
        real d_bias = 0;
        for (int b = 0; b < batch; b++) {
            d_bias += d_z[b + o]; /* (9) */
        }
        m[o] = one_minus_beta1 * d_bias + beta1_real * m[o]; /* (26) */
        v[o] = one_minus_beta2 * square(d_bias) + beta2_real * v[o]; /* (27) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (28) */
    }
}

/* output: gradient of linear, adam
   (8) d.output.weight[o, i] = sum[b](d.output.z[b, o] * hidden[b, i])
   (23) output.weight.m.next[o, i] = (1 - beta1) * d.output.weight[o, i] + beta1 * output.weight.m[o, i]
   (24) output.weight.v.next[o, i] = (1 - beta2) * d.output.weight[o, i]**2 + beta2 * output.weight.v[o, i]
   (25) output.weight.next[o, i] = output.weight[o, i] - optimizer.rate * output.weight.m.next[o, i] / (optimizer.scale * sqrt(output.weight.v.next[o, i]) + eps)
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
    const real beta1_real = (real)*beta1; /* (23) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (24) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (25) */
    for (int o = 0; o < 1; o++) {
        for (int i = 0; i < 4; i++) {
            real d_weight = 0;
            for (int b = 0; b < batch; b++) {
                d_weight += d_z[b + o] * hidden[b * 4 + i]; /* (8) */
            }
            m[o * 4 + i] = one_minus_beta1 * d_weight + beta1_real * m[o * 4 + i]; /* (23) */
            v[o * 4 + i] = one_minus_beta2 * square(d_weight) + beta2_real * v[o * 4 + i]; /* (24) */
            weight[o * 4 + i] = weight[o * 4 + i] - rate_real * m[o * 4 + i] / (scale_real * sqrtf(v[o * 4 + i]) + eps_real); /* (25) */
        }
    }
}

/* hidden: gradient of linear, adam
   (11) d.hidden.weight[o, i] = sum[b](d.hidden.z[b, o] * x[b, i])
   (17) hidden.weight.m.next[o, i] = (1 - beta1) * d.hidden.weight[o, i] + beta1 * hidden.weight.m[o, i]
   (18) hidden.weight.v.next[o, i] = (1 - beta2) * d.hidden.weight[o, i]**2 + beta2 * hidden.weight.v[o, i]
   (19) hidden.weight.next[o, i] = hidden.weight[o, i] - optimizer.rate * hidden.weight.m.next[o, i] / (optimizer.scale * sqrt(hidden.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_4_2(
    real *restrict m,             /* [4, 2] */
    real *restrict v,             /* [4, 2] */
    real *restrict weight,        /* [4, 2] */
    const real *restrict z,       /* [B, 4] */
    const real *restrict x,       /* [B, 2] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (17) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (18) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (19) */
    real sum[8] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 4; o++) {
            for (int i = 0; i < 2; i++) {
                sum[o * 2 + i] += z[b * 4 + o] * x[b * 2 + i];
            }
        }
    }
    for (int o = 0; o < 4; o++) {
        for (int i = 0; i < 2; i++) {
            const real d_weight = sum[o * 2 + i]; /* (11) */
            m[o * 2 + i] = one_minus_beta1 * d_weight + beta1_real * m[o * 2 + i]; /* (17) */
            v[o * 2 + i] = one_minus_beta2 * square(d_weight) + beta2_real * v[o * 2 + i]; /* (18) */
            weight[o * 2 + i] = weight[o * 2 + i] - rate_real * m[o * 2 + i] / (scale_real * sqrtf(v[o * 2 + i]) + eps_real); /* (19) */
        }
    }
}

/* hidden: gradient of linear, adam
   (12) d.hidden.bias[o] = sum[b](d.hidden.z[b, o])
   (20) hidden.bias.m.next[o] = (1 - beta1) * d.hidden.bias[o] + beta1 * hidden.bias.m[o]
   (21) hidden.bias.v.next[o] = (1 - beta2) * d.hidden.bias[o]**2 + beta2 * hidden.bias.v[o]
   (22) hidden.bias.next[o] = hidden.bias[o] - optimizer.rate * hidden.bias.m.next[o] / (optimizer.scale * sqrt(hidden.bias.v.next[o]) + eps)
*/
static void d_bias_adam_4(
    real *restrict m,             /* [4] */
    real *restrict v,             /* [4] */
    real *restrict bias,          /* [4] */
    const real *restrict z,       /* [B, 4] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (20) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (21) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (22) */
    real sum[4] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 4; o++) {
            sum[o] += z[b * 4 + o];
        }
    }
    for (int o = 0; o < 4; o++) {
        const real d_bias = sum[o]; /* (12) */
        m[o] = one_minus_beta1 * d_bias + beta1_real * m[o]; /* (20) */
        v[o] = one_minus_beta2 * square(d_bias) + beta2_real * v[o]; /* (21) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (22) */
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
    /* (3) (4) */
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
    /* (3) */
    linear_1_4(output_z, hidden, net->parameters + output_weight, net->parameters + output_bias, batch);
    /* (5) */
    bce_1(loss, net->in_y, output_z, batch);
    return (double)*loss;
}

double xor__gradients(const xor__network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const hidden_z = linear_part;
    real *const hidden = linear_part + 4 * capacity;
    real *const output_z = linear_part + 9 * capacity;
    real *const d_output_z = linear_part + 8 * capacity;
    real *const loss = fixed;

    /* (1) (2) */
    linear_sigmoid_4_2_v2(hidden_z, hidden, net->in_x, net->parameters + hidden_weight,
                          net->parameters + hidden_bias, batch);
    /* (3) (4) (7) */
    linear_sigmoid_d_z_1_4(output_z, d_output_z, hidden, net->parameters + output_weight,
                           net->parameters + output_bias, net->in_y, batch);
    /* (5) */
    bce_1(loss, net->in_y, output_z, batch);
    /* (8) */
    d_weight_1_4(net->gradients + d_output_weight, d_output_z, hidden, batch);
    /* (10) */
    d_z_4_1(hidden_z, d_output_z, net->parameters + output_weight, hidden, batch);
    /* (9) */
    d_bias_1(net->gradients + d_output_bias, d_output_z, batch);
    /* (11) */
    d_weight_4_2(net->gradients + d_hidden_weight, hidden_z, net->in_x, batch);
    /* (12) */
    d_bias_4(net->gradients + d_hidden_bias, hidden_z, batch);
    return (double)*loss;
}

double xor__input_gradients(const xor__network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 16;
    real *const hidden_z = linear_part;
    real *const hidden = linear_part + 4 * capacity;
    real *const output_z = linear_part + 10 * capacity;
    real *const d_y = linear_part + 8 * capacity;
    real *const d_output_z = linear_part + 9 * capacity;
    real *const loss = fixed;
    real *const d_x = linear_part + 4 * capacity;

    /* (1) (2) */
    linear_sigmoid_4_2_v2(hidden_z, hidden, net->in_x, net->parameters + hidden_weight,
                          net->parameters + hidden_bias, batch);
    /* (3) (4) (6) (7) */
    linear_sigmoid_d_y_d_z_1_4(output_z, d_y, d_output_z, hidden, net->parameters + output_weight,
                               net->parameters + output_bias, net->in_y, batch);
    /* (5) */
    bce_1(loss, net->in_y, output_z, batch);
    /* (8) */
    d_weight_1_4(net->gradients + d_output_weight, d_output_z, hidden, batch);
    /* (10) */
    d_z_4_1(hidden_z, d_output_z, net->parameters + output_weight, hidden, batch);
    /* (9) */
    d_bias_1(net->gradients + d_output_bias, d_output_z, batch);
    /* (11) */
    d_weight_4_2(net->gradients + d_hidden_weight, hidden_z, net->in_x, batch);
    /* (12) */
    d_bias_4(net->gradients + d_hidden_bias, hidden_z, batch);
    /* (13) */
    d_x_2_4(d_x, hidden_z, net->parameters + hidden_weight, batch);
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
    real *const hidden_z = linear_part;
    real *const hidden = linear_part + 4 * capacity;
    real *const output_z = linear_part + 9 * capacity;
    real *const d_output_z = linear_part + 8 * capacity;
    real *const loss = fixed + 4;

    /* (14) (15) (16) */
    adam_rate_next_step(optimizer_rate, optimizer_scale, net->counters + t, net->settings + lr,
                        net->settings + beta1, net->settings + beta2);
    /* (1) (2) */
    linear_sigmoid_4_2_v2(hidden_z, hidden, net->in_x, net->parameters + hidden_weight,
                          net->parameters + hidden_bias, batch);
    /* (3) (4) (7) */
    linear_sigmoid_d_z_1_4(output_z, d_output_z, hidden, net->parameters + output_weight,
                           net->parameters + output_bias, net->in_y, batch);
    /* (5) */
    bce_1(loss, net->in_y, output_z, batch);
    /* (9) (26) (27) (28) */
    d_bias_adam_1(net->states + output_bias_m, net->states + output_bias_v, net->parameters + output_bias,
                  d_output_z, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                  net->settings + eps, batch);
    /* (10) */
    d_z_4_1(hidden_z, d_output_z, net->parameters + output_weight, hidden, batch);
    /* (8) (23) (24) (25) */
    d_weight_adam_1_4(net->states + output_weight_m, net->states + output_weight_v,
                      net->parameters + output_weight, d_output_z, hidden, net->settings + beta1,
                      net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (11) (17) (18) (19) */
    d_weight_adam_4_2(net->states + hidden_weight_m, net->states + hidden_weight_v,
                      net->parameters + hidden_weight, hidden_z, net->in_x, net->settings + beta1,
                      net->settings + beta2, optimizer_rate, optimizer_scale, net->settings + eps, batch);
    /* (12) (20) (21) (22) */
    d_bias_adam_4(net->states + hidden_bias_m, net->states + hidden_bias_v, net->parameters + hidden_bias,
                  hidden_z, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                  net->settings + eps, batch);
    return (double)*loss;
}

/* boundary_value, written by bpgen from a description of the network.

   Every function computes the equations above it; their numbers are those of the printed derivation.  B is the
   batch: rows in a call.  Arrays are contiguous, in row-major order, shapes stand beside them.

   cc -O2 -std=c11 -march=native -fvect-cost-model=dynamic -fpeel-loops -ffp-contract=fast -fno-math-errno -fno-trapping-math -fopenmp -c boundary_value.c */
#include "boundary_value.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Where tensors begin in `parameters`. */
enum {
    hidden1_weight = 0, /* [16, 1] */
    hidden1_bias = 16, /* [16] */
    hidden2_weight = 32, /* [16, 16] */
    hidden2_bias = 288, /* [16] */
    free_weight = 304, /* [1, 16] */
    free_bias = 320, /* [1] */
};

/* Where tensors begin in `gradients`. */
enum {
    d_hidden1_weight = 0, /* [16, 1] */
    d_hidden1_bias = 16, /* [16] */
    d_hidden2_weight = 32, /* [16, 16] */
    d_hidden2_bias = 288, /* [16] */
    d_free_weight = 304, /* [1, 16] */
    d_free_bias = 320, /* [1] */
};

/* Where tensors begin in `states`. */
enum {
    hidden1_weight_m = 0, /* [16, 1] */
    hidden1_bias_m = 16, /* [16] */
    hidden2_weight_m = 32, /* [16, 16] */
    hidden2_bias_m = 288, /* [16] */
    free_weight_m = 304, /* [1, 16] */
    free_bias_m = 320, /* [1] */
    hidden1_weight_v = 336, /* [16, 1] */
    hidden1_bias_v = 352, /* [16] */
    hidden2_weight_v = 368, /* [16, 16] */
    hidden2_bias_v = 624, /* [16] */
    free_weight_v = 640, /* [1, 16] */
    free_bias_v = 656, /* [1] */
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

/* The number, but 0 for a subnormal one, over each of which a processor takes a hundred times as long. */
static inline real normal(real x)
{
    return fabsf(x) < 0x1p-126f ? 0 : x;
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

/* hidden1: linear, tanh
   (1) hidden1.z[b, o] = sum[i](x[b, i] * hidden1.weight[o, i]) + hidden1.bias[o]
   (2) hidden1[b, o] = tanh(hidden1.z[b, o])
*/
static void linear_tanh_16_1(
    real *restrict hidden1,      /* [B, 16] */
    const real *restrict x,      /* [B, 1] */
    const real *restrict weight, /* [16, 1] */
    const real *restrict bias,   /* [16] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 16; o++) {
            const real z = x[b] * weight[o] + bias[o]; /* (1) */
            hidden1[b * 16 + o] = tanh_single(z); /* (2) */
        }
    }
}

/* hidden2: linear, tanh
   (3) hidden2.z[b, o] = sum[i](hidden1[b, i] * hidden2.weight[o, i]) + hidden2.bias[o]
   (4) hidden2[b, o] = tanh(hidden2.z[b, o])
*/
static void linear_tanh_16_16(
    real *restrict hidden2,       /* [B, 16] */
    const real *restrict hidden1, /* [B, 16] */
    const real *restrict weight,  /* [16, 16] */
    const real *restrict bias,    /* [16] */
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
                sum[o] += hidden1[b * 16 + i] * turned[i * 16 + o];
            }
        }
        for (int o = 0; o < 16; o++) {
            const real z = sum[o] + bias[o]; /* (3) */
            hidden2[b * 16 + o] = tanh_single(z); /* (4) */
        }
    }
}

/* free: linear
   (5) free[b, o] = sum[i](hidden2[b, i] * free.weight[o, i]) + free.bias[o]
*/
static void linear_1_16(
    real *restrict free_,         /* [B, 1] */
    const real *restrict hidden2, /* [B, 16] */
    const real *restrict weight,  /* [1, 16] */
    const real *restrict bias,    /* [1] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            real sum = 0;
            for (int i = 0; i < 16; i++) {
                sum += hidden2[b * 16 + i] * weight[o * 16 + i];
            }
            free_[b + o] = sum + bias[o];
        }
    }
}

/* u: equation
   (6) u[b] = free[b, 0] * x[b, 0] * (1 - x[b, 0])
*/
static void equation(
    real *restrict u,           /* [B] */
    const real *restrict x,     /* [B, 1] */
    const real *restrict free_, /* [B, 1] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        u[b] = (1.0f - x[b]) * free_[b] * x[b];
    }
}

/* hidden1: linear, tanh; hidden2: linear (one side of the product)
   (1) hidden1.z[b, o] = sum[i](x[b, i] * hidden1.weight[o, i]) + hidden1.bias[o]
   (2) hidden1[b, o] = tanh(hidden1.z[b, o])
   (8) loss.d.hidden2.z[b, o] = free.weight[0, o] * (1 - hidden2[b, o]**2) * (2 * hidden2[b, o] * x[b, 0] * (x[b, 0] - 1) * sum[i](hidden1.weight[i, 0] * hidden2.weight[o, i] * (1 - hidden1[b, i]**2)) + loss.d.free[b, 0])
*/
static void linear_tanh_16_1_v2(
    real *restrict hidden1,      /* [B, 16] */
    real *restrict part,         /* [B, 16] */
    const real *restrict x,      /* [B, 1] */
    const real *restrict weight, /* [16, 1] */
    const real *restrict bias,   /* [16] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 16; o++) {
            const real z = x[b] * weight[o] + bias[o]; /* (1) */
            hidden1[b * 16 + o] = tanh_single(z); /* (2) */
            part[b * 16 + o] = (1.0f - square(hidden1[b * 16 + o])) * weight[o]; /* (8) */
        }
    }
}

/* hidden2: linear, tanh; hidden1: linear (one side of the product)
   (3) hidden2.z[b, o] = sum[i](hidden1[b, i] * hidden2.weight[o, i]) + hidden2.bias[o]
   (4) hidden2[b, o] = tanh(hidden2.z[b, o])
   (10) loss.d.hidden1.z2[b, o] = (1 - hidden1[b, o]**2) * (2 * hidden1[b, o] * x[b, 0] * hidden1.weight[o, 0] * (x[b, 0] - 1) * sum[i](free.weight[0, i] * hidden2.weight[i, o] * (1 - hidden2[b, i]**2)) + loss.r[b, o])
*/
static void linear_tanh_16_16_v2(
    real *restrict hidden2,           /* [B, 16] */
    real *restrict part,              /* [B, 16] */
    const real *restrict hidden1,     /* [B, 16] */
    const real *restrict weight,      /* [16, 16] */
    const real *restrict bias,        /* [16] */
    const real *restrict free_weight, /* [1, 16] */
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
                sum[o] += hidden1[b * 16 + i] * turned[i * 16 + o];
            }
        }
        for (int o = 0; o < 16; o++) {
            const real z = sum[o] + bias[o]; /* (3) */
            hidden2[b * 16 + o] = tanh_single(z); /* (4) */
            part[b * 16 + o] = (1.0f - square(hidden2[b * 16 + o])) * free_weight[o]; /* (10) */
        }
    }
}

/* free: linear
   (7) loss.d.free[b, o] = 1 - 2 * x[b, 0]
*/
static void linear_1(
    real *restrict free_,   /* [B, 1] */
    const real *restrict x, /* [B, 1] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        free_[b] = 1.0f - 2.0f * x[b];
    }
}

/* hidden2: linear
   (8) loss.d.hidden2.z[b, o] = free.weight[0, o] * (1 - hidden2[b, o]**2) * (2 * hidden2[b, o] * x[b, 0] * (x[b, 0] - 1) * sum[i](hidden1.weight[i, 0] * hidden2.weight[o, i] * (1 - hidden1[b, i]**2)) + loss.d.free[b, 0])
*/
static void linear_16_16(
    real *restrict z,                 /* [B, 16] */
    const real *restrict hidden2,     /* [B, 16] */
    const real *restrict x,           /* [B, 1] */
    const real *restrict part,        /* [B, 16] */
    const real *restrict weight,      /* [16, 16] */
    const real *restrict free_,       /* [B, 1] */
    const real *restrict free_weight, /* [1, 16] */
    int batch)
{
    real turned[256];
    for (int i = 0; i < 16; i++) {
        for (int o = 0; o < 16; o++) {
            turned[i * 16 + o] = weight[o * 16 + i];
        }
    }
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        real sum[16] = {0};
        for (int i = 0; i < 16; i++) {
            for (int o = 0; o < 16; o++) {
                sum[o] += part[b * 16 + i] * turned[i * 16 + o];
            }
        }
        for (int o = 0; o < 16; o++) {
            z[b * 16 + o] = (1.0f - square(hidden2[b * 16 + o])) * (2.0f * (x[b] - 1.0f) * x[b] * sum[o] * hidden2[b * 16 + o] + free_[b]) * free_weight[o];
        }
    }
}

/* hidden1: linear
   (9) loss.r[b, o] = sum[i](loss.d.hidden2.z[b, i] * hidden2.weight[i, o])
   and, in other places, (43)
*/
static void linear_16_16_v2(
    real *restrict r,            /* [B, 16] */
    const real *restrict z,      /* [B, 16] */
    const real *restrict weight, /* [16, 16] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        real sum[16] = {0};
        for (int i = 0; i < 16; i++) {
            for (int o = 0; o < 16; o++) {
                sum[o] += z[b * 16 + i] * weight[i * 16 + o];
            }
        }
        for (int o = 0; o < 16; o++) {
            r[b * 16 + o] = sum[o];
        }
    }
}

/* hidden1: linear
   (10) loss.d.hidden1.z2[b, o] = (1 - hidden1[b, o]**2) * (2 * hidden1[b, o] * x[b, 0] * hidden1.weight[o, 0] * (x[b, 0] - 1) * sum[i](free.weight[0, i] * hidden2.weight[i, o] * (1 - hidden2[b, i]**2)) + loss.r[b, o])
*/
static void linear_16_16_v3(
    real *restrict z2,                   /* [B, 16] */
    const real *restrict hidden1,        /* [B, 16] */
    const real *restrict x,              /* [B, 1] */
    const real *restrict part,           /* [B, 16] */
    const real *restrict weight,         /* [16, 16] */
    const real *restrict hidden1_weight, /* [16, 1] */
    const real *restrict r,              /* [B, 16] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        real sum[16] = {0};
        for (int i = 0; i < 16; i++) {
            for (int o = 0; o < 16; o++) {
                sum[o] += part[b * 16 + i] * weight[i * 16 + o];
            }
        }
        for (int o = 0; o < 16; o++) {
            z2[b * 16 + o] = (1.0f - square(hidden1[b * 16 + o])) * (2.0f * (x[b] - 1.0f) * x[b] * sum[o] * hidden1[b * 16 + o] * hidden1_weight[o] + r[b * 16 + o]);
        }
    }
}

/* hidden1: linear
   (11) loss.r2[i, b] = sum[j](free.weight[0, j] * hidden2.weight[j, i] * (1 - hidden2[b, j]**2))
*/
static void linear_16_16_v4(
    real *restrict r2,           /* [16, B] */
    const real *restrict weight, /* [16, 16] */
    const real *restrict part,   /* [B, 16] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int i = 0; i < 16; i++) {
        for (int b = 0; b < batch; b++) {
            real sum = 0;
            for (int o = 0; o < 16; o++) {
                sum += weight[o * 16 + i] * part[b * 16 + o];
            }
            r2[i * batch + b] = sum;
        }
    }
}

/* hidden1: linear
   (12) loss.r3[b] = sum[i](loss.r2[i, b] * hidden1.weight[i, 0] * (1 - hidden1[b, i]**2))
*/
static void linear_16(
    real *restrict r3,            /* [B] */
    const real *restrict hidden1, /* [B, 16] */
    const real *restrict r2,      /* [16, B] */
    const real *restrict weight,  /* [16, 1] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        real sum = 0;
        for (int o = 0; o < 16; o++) {
            sum += (1.0f - square(hidden1[b * 16 + o])) * r2[o * batch + b] * weight[o];
        }
        r3[b] = sum;
    }
}

/* hidden1: linear
   (13) loss.d.x2[b, i] = sum[j](loss.d.hidden1.z2[b, j] * hidden1.weight[j, i]) + loss.r3[b] * (1 - 2 * x[b, 0]) - 2 * free[b, 0]
*/
static void linear_1_16_v2(
    real *restrict x2,           /* [B, 1] */
    const real *restrict z2,     /* [B, 16] */
    const real *restrict weight, /* [16, 1] */
    const real *restrict x,      /* [B, 1] */
    const real *restrict r3,     /* [B] */
    const real *restrict free_,  /* [B, 1] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 1; i++) {
            real sum = 0;
            for (int o = 0; o < 16; o++) {
                sum += z2[b * 16 + o] * weight[o + i];
            }
            x2[b + i] = sum + (1.0f - 2.0f * x[b]) * r3[b] - 2.0f * free_[b];
        }
    }
}

/* loss: equation
   (14) loss.left[b] = pi**2 * sin(pi * x[b, 0]) + loss.d.x2[b, 0]
*/
static void equation_v2(
    real *restrict left,     /* [B] */
    const real *restrict x,  /* [B, 1] */
    const real *restrict x2, /* [B, 1] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        left[b] = 9.869604401089358f * sinf(3.141592653589793f * x[b]) + x2[b];
    }
}

/* loss: equation
   (15) loss = sum[b](loss.left[b]**2) / B
*/
static void equation_v3(
    real *restrict loss,
    const real *restrict left, /* [B] */
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
        sum += square(left[b]);
    }
    *loss = sum / (real)batch;
}

/* hidden1: linear, tanh; hidden2: linear, gradient of tanh, gradient of linear (one side of the product)
   (1) hidden1.z[b, o] = sum[i](x[b, i] * hidden1.weight[o, i]) + hidden1.bias[o]
   (2) hidden1[b, o] = tanh(hidden1.z[b, o])
   (8) loss.d.hidden2.z[b, o] = free.weight[0, o] * (1 - hidden2[b, o]**2) * (2 * hidden2[b, o] * x[b, 0] * (x[b, 0] - 1) * sum[i](hidden1.weight[i, 0] * hidden2.weight[o, i] * (1 - hidden1[b, i]**2)) + loss.d.free[b, 0])
   (33) hidden2.r[b, o] = sum[i](hidden1.weight[i, 0] * hidden2.weight[o, i] * (hidden1[b, i]**2 - 1))
   (39) hidden2.r5[i, o] = sum[b](loss.left[b] * (1 - hidden1[b, i]**2) * (1 - hidden2[b, o]**2) * (1 - 2 * x[b, 0]))
*/
static void linear_tanh_r_r5_16_1(
    real *restrict hidden1,         /* [B, 16] */
    real *restrict part,            /* [B, 16] */
    real *restrict hidden2_r_part,  /* [B, 16] */
    real *restrict hidden2_r5_part, /* [B, 16] */
    const real *restrict x,         /* [B, 1] */
    const real *restrict weight,    /* [16, 1] */
    const real *restrict bias,      /* [16] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 16; o++) {
            const real z = x[b] * weight[o] + bias[o]; /* (1) */
            hidden1[b * 16 + o] = tanh_single(z); /* (2) */
            const real shared = 1.0f - square(hidden1[b * 16 + o]); /* (8) (39) */
            part[b * 16 + o] = shared * weight[o]; /* (8) */
            hidden2_r_part[b * 16 + o] = (square(hidden1[b * 16 + o]) - 1.0f) * weight[o]; /* (33) */
            hidden2_r5_part[b * 16 + o] = shared; /* (39) */
        }
    }
}

/* hidden2: gradient of tanh
   (33) hidden2.r[b, o] = sum[i](hidden1.weight[i, 0] * hidden2.weight[o, i] * (hidden1[b, i]**2 - 1))
   and, in other places, (27)
*/
static void r_16_16(
    real *restrict r,            /* [B, 16] */
    const real *restrict part,   /* [B, 16] */
    const real *restrict weight, /* [16, 16] */
    int batch)
{
    real turned[256];
    for (int i = 0; i < 16; i++) {
        for (int o = 0; o < 16; o++) {
            turned[i * 16 + o] = weight[o * 16 + i];
        }
    }
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        real sum[16] = {0};
        for (int i = 0; i < 16; i++) {
            for (int o = 0; o < 16; o++) {
                sum[o] += part[b * 16 + i] * turned[i * 16 + o];
            }
        }
        for (int o = 0; o < 16; o++) {
            r[b * 16 + o] = sum[o];
        }
    }
}

/* hidden2: linear, tanh, gradient of linear; hidden1: linear (one side of the product)
   (3) hidden2.z[b, o] = sum[i](hidden1[b, i] * hidden2.weight[o, i]) + hidden2.bias[o]
   (4) hidden2[b, o] = tanh(hidden2.z[b, o])
   (10) loss.d.hidden1.z2[b, o] = (1 - hidden1[b, o]**2) * (2 * hidden1[b, o] * x[b, 0] * hidden1.weight[o, 0] * (x[b, 0] - 1) * sum[i](free.weight[0, i] * hidden2.weight[i, o] * (1 - hidden2[b, i]**2)) + loss.r[b, o])
   (40) hidden2.r6[i, o] = sum[b](d.loss.r[b, i] * hidden1[b, i] * x[b, 0] * (1 - hidden2[b, o]**2) * (x[b, 0] - 1))
*/
static void linear_tanh_r6_16_16(
    real *restrict hidden2,           /* [B, 16] */
    real *restrict part,              /* [B, 16] */
    real *restrict hidden2_r6_part,   /* [B, 16] */
    const real *restrict hidden1,     /* [B, 16] */
    const real *restrict weight,      /* [16, 16] */
    const real *restrict bias,        /* [16] */
    const real *restrict free_weight, /* [1, 16] */
    int batch)
{
    real turned[256];
    for (int i = 0; i < 16; i++) {
        for (int o = 0; o < 16; o++) {
            turned[i * 16 + o] = weight[o * 16 + i];
        }
    }
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        real sum[16] = {0};
        for (int i = 0; i < 16; i++) {
            for (int o = 0; o < 16; o++) {
                sum[o] += hidden1[b * 16 + i] * turned[i * 16 + o];
            }
        }
        for (int o = 0; o < 16; o++) {
            const real z = sum[o] + bias[o]; /* (3) */
            hidden2[b * 16 + o] = tanh_single(z); /* (4) */
            const real shared = 1.0f - square(hidden2[b * 16 + o]); /* (10) (40) */
            part[b * 16 + o] = shared * free_weight[o]; /* (10) */
            hidden2_r6_part[b * 16 + o] = shared; /* (40) */
        }
    }
}

/* loss: equation, gradient of equation; hidden1: gradient of linear; free: gradient of linear; hidden2: gradient of linear (one side of the product)
   (14) loss.left[b] = pi**2 * sin(pi * x[b, 0]) + loss.d.x2[b, 0]
   (16) d.loss.left[b] = 2 * loss.left[b] / B
   (17) d.loss.d.x2[b, i] = 2 * loss.left[b] / B
   (20) d.loss.r3[b] = 2 * loss.left[b] * (1 - 2 * x[b, 0]) / B
   (26) d.free[b, o] = -4 * loss.left[b] / B
   (39) hidden2.r5[i, o] = sum[b](loss.left[b] * (1 - hidden1[b, i]**2) * (1 - hidden2[b, o]**2) * (1 - 2 * x[b, 0]))
*/
static void equation_d_left_d_x2_d_r3_1(
    real *restrict left,          /* [B] */
    real *restrict d_left,        /* [B] */
    real *restrict d_r3,          /* [B] */
    real *restrict x2,            /* [B, 1] */
    real *restrict d_free,        /* [B, 1] */
    real *restrict part2,         /* [B, 16] */
    const real *restrict x,       /* [B, 1] */
    const real *restrict hidden2, /* [B, 16] */
    int batch)
{
    const real scale = 2.0f / (real)batch; /* (16) (20) */
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        left[b] = 9.869604401089358f * sinf(3.141592653589793f * x[b]) + x2[b]; /* (14) */
        d_left[b] = scale * left[b]; /* (16) */
        d_r3[b] = scale * (1.0f - 2.0f * x[b]) * left[b]; /* (20) */
        const real scale2 = 2.0f / (real)batch * left[b]; /* (17) */
        const real scale3 = -(4.0f / (real)batch * left[b]); /* (26) */
        x2[b] = scale2; /* (17) */
        d_free[b] = scale3; /* (26) */
        for (int o = 0; o < 16; o++) {
            part2[b * 16 + o] = (1.0f - square(hidden2[b * 16 + o])) * (1.0f - 2.0f * x[b]) * left[b]; /* (39) */
        }
    }
}

/* hidden1: gradient of linear
   (45) hidden1.r3[i, o] = sum[b](d.loss.d.x2[b, i] * loss.d.hidden1.z2[b, o])
*/
static void r3_1_16(
    real *restrict r3,       /* [1, 16] */
    const real *restrict x2, /* [B, 1] */
    const real *restrict z2, /* [B, 16] */
    int batch)
{
    real sum[16] = {0};
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 1; i++) {
            for (int o = 0; o < 16; o++) {
                sum[i * 16 + o] += x2[b + i] * z2[b * 16 + o];
            }
        }
    }
    for (int i = 0; i < 1; i++) {
        for (int o = 0; o < 16; o++) {
            r3[i * 16 + o] = sum[i * 16 + o];
        }
    }
}

/* hidden2: gradient of linear
   (39) hidden2.r5[i, o] = sum[b](loss.left[b] * (1 - hidden1[b, i]**2) * (1 - hidden2[b, o]**2) * (1 - 2 * x[b, 0]))
   and, in other places, (37), (38), (40)
*/
static void r5_16_16(
    real *restrict r5,          /* [16, 16] */
    const real *restrict part,  /* [B, 16] */
    const real *restrict part2, /* [B, 16] */
    int batch)
{
    real sum[256] = {0};
    for (int b = 0; b < batch; b++) {
        for (int i = 0; i < 16; i++) {
            for (int o = 0; o < 16; o++) {
                sum[i * 16 + o] += part[b * 16 + i] * part2[b * 16 + o];
            }
        }
    }
    for (int i = 0; i < 16; i++) {
        for (int o = 0; o < 16; o++) {
            r5[i * 16 + o] = sum[i * 16 + o];
        }
    }
}

/* hidden1: gradient of linear
   (46) hidden1.r4[o] = sum[b](d.loss.r3[b] * loss.r2[o, b] * (1 - hidden1[b, o]**2))
*/
static void r4_16(
    real *restrict r4,            /* [16] */
    const real *restrict hidden1, /* [B, 16] */
    const real *restrict d_r3,    /* [B] */
    const real *restrict r2,      /* [16, B] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int o = 0; o < 16; o++) {
        real sum = 0;
        for (int b = 0; b < batch; b++) {
            sum += (1.0f - square(hidden1[b * 16 + o])) * d_r3[b] * r2[o * batch + b];
        }
        r4[o] = sum;
    }
}

/* free: gradient of linear
   (32) d.free.bias[o] = sum[b](d.free[b, o])
*/
static void d_bias_1(
    real *restrict d_bias,       /* [1] */
    const real *restrict d_free, /* [B, 1] */
    int batch)
{
    real sum = 0;
    for (int b = 0; b < batch; b++) {
        sum += d_free[b];
    }
    d_bias[0] = sum;
}

/* hidden1: gradient of linear
   (18) hidden1.r[o] = sum[i](hidden1.weight[o, i])
*/
static void r_16_1(
    real *restrict r,            /* [16] */
    const real *restrict weight) /* [16, 1] */
{
    for (int o = 0; o < 16; o++) {
        r[o] = weight[o];
    }
}

/* hidden1: gradient of linear; hidden2: gradient of tanh, gradient of linear (one side of the product)
   (19) d.loss.d.hidden1.z2[b, o] = 2 * loss.left[b] * hidden1.r[o] / B
   (22) d.loss.r[b, o] = d.loss.d.hidden1.z2[b, o] * (1 - hidden1[b, o]**2)
   (35) d.hidden2[b, o] = 2 * (free.weight[0, o] * (x[b, 0] * (2 * hidden2[b, o] * (1 - x[b, 0]) * sum[i](d.loss.d.hidden1.z2[b, i] * hidden1[b, i] * hidden1.weight[i, 0] * hidden2.weight[o, i] * (1 - hidden1[b, i]**2)) + d.loss.d.hidden2.z[b, o] * free.r2[b, o] * (3 * hidden2[b, o]**2 * (1 - x[b, 0]) + x[b, 0] - 1)) + d.loss.left[b] * hidden2[b, o] * hidden2.r[b, o] * (1 - 2 * x[b, 0]) - d.loss.d.hidden2.z[b, o] * hidden2[b, o] * loss.d.free[b, 0]) - d.loss.left[b] * hidden2.r2[o])
   (40) hidden2.r6[i, o] = sum[b](d.loss.r[b, i] * hidden1[b, i] * x[b, 0] * (1 - hidden2[b, o]**2) * (x[b, 0] - 1))
*/
static void d_z2_d_r_d_hidden2_r6_16(
    real *restrict d_z2,          /* [B, 16] */
    real *restrict d_r,           /* [B, 16] */
    real *restrict d_part,        /* [B, 16] */
    real *restrict part2,         /* [B, 16] */
    const real *restrict left,    /* [B] */
    const real *restrict r,       /* [16] */
    const real *restrict hidden1, /* [B, 16] */
    const real *restrict weight,  /* [16, 1] */
    const real *restrict x,       /* [B, 1] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        const real scale = 2.0f / (real)batch * left[b];
        for (int o = 0; o < 16; o++) {
            d_z2[b * 16 + o] = scale * r[o]; /* (19) */
            const real shared = (1.0f - square(hidden1[b * 16 + o])) * d_z2[b * 16 + o]; /* (22) (35) */
            d_r[b * 16 + o] = shared; /* (22) */
            d_part[b * 16 + o] = shared * hidden1[b * 16 + o] * weight[o]; /* (35) */
            part2[b * 16 + o] = (x[b] - 1.0f) * d_r[b * 16 + o] * hidden1[b * 16 + o] * x[b]; /* (40) */
        }
    }
}

/* hidden1: gradient of linear
   (21) d.loss.r2[i, b] = 2 * loss.left[b] * hidden1.weight[i, 0] * (1 - hidden1[b, i]**2) * (1 - 2 * x[b, 0]) / B
*/
static void d_r2_16(
    real *restrict d_r2,          /* [16, B] */
    const real *restrict weight,  /* [16, 1] */
    const real *restrict hidden1, /* [B, 16] */
    const real *restrict x,       /* [B, 1] */
    const real *restrict left,    /* [B] */
    int batch)
{
    const real scale = 2.0f / (real)batch;
#pragma omp for schedule(static) nowait
    for (int i = 0; i < 16; i++) {
        for (int b = 0; b < batch; b++) {
            d_r2[i * batch + b] = scale * weight[i] * (1.0f - square(hidden1[b * 16 + i])) * (1.0f - 2.0f * x[b]) * left[b];
        }
    }
}

/* free: gradient of linear
   (29) free.r4[i] = sum[b, j](d.loss.r2[j, b] * hidden2.weight[i, j] * (1 - hidden2[b, i]**2))
*/
static void r4_16_16(
    real *restrict r4,            /* [16] */
    const real *restrict weight,  /* [16, 16] */
    const real *restrict hidden2, /* [B, 16] */
    const real *restrict d_r2,    /* [16, B] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int i = 0; i < 16; i++) {
        real sum = 0;
        for (int j = 0; j < 16; j++) {
            for (int b = 0; b < batch; b++) {
                sum += weight[i * 16 + j] * (1.0f - square(hidden2[b * 16 + i])) * d_r2[j * batch + b];
            }
        }
        r4[i] = sum;
    }
}

/* hidden2: gradient of linear; hidden1: gradient of linear (one side of the product)
   (23) d.loss.d.hidden2.z[b, o] = sum[i](d.loss.r[b, i] * hidden2.weight[o, i])
   (41) d.hidden2.weight[o, i] = 2 * free.weight[0, o] * hidden1.weight[i, 0] * (sum[b](d.loss.d.hidden2.z[b, o] * hidden2[b, o] * x[b, 0] * (1 - hidden1[b, i]**2) * (1 - hidden2[b, o]**2) * (x[b, 0] - 1)) + hidden2.r5[i, o] / B + hidden2.r6[i, o]) + hidden2.r3[i, o] + hidden2.r4[i, o]
   (44) d.hidden1.z[b, o] = (1 - hidden1[b, o]**2) * (2 * hidden1.weight[o, 0] * (x[b, 0] * (hidden1[b, o] * (2 * (1 - x[b, 0]) * sum[i](d.loss.d.hidden2.z[b, i] * hidden2[b, i] * free.weight[0, i] * hidden2.weight[i, o] * (1 - hidden2[b, i]**2)) + loss.r2[o, b] * (3 * d.loss.d.hidden1.z2[b, o] * hidden1[b, o] * (1 - x[b, 0]) + 2 * d.loss.left[b])) + d.loss.d.hidden1.z2[b, o] * loss.r2[o, b] * (x[b, 0] - 1)) - d.loss.left[b] * hidden1[b, o] * loss.r2[o, b]) + hidden1.r2[b, o] - 2 * d.loss.d.hidden1.z2[b, o] * hidden1[b, o] * loss.r[b, o])
*/
static void d_z_d_weight_16_16(
    real *restrict d_z,               /* [B, 16] */
    real *restrict d_part,            /* [B, 16] */
    real *restrict d_hidden1_z_part,  /* [B, 16] */
    const real *restrict d_r,         /* [B, 16] */
    const real *restrict weight,      /* [16, 16] */
    const real *restrict hidden2,     /* [B, 16] */
    const real *restrict x,           /* [B, 1] */
    const real *restrict free_weight, /* [1, 16] */
    int batch)
{
    real turned[256];
    for (int i = 0; i < 16; i++) {
        for (int o = 0; o < 16; o++) {
            turned[i * 16 + o] = weight[o * 16 + i];
        }
    }
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        real sum[16] = {0};
        for (int i = 0; i < 16; i++) {
            for (int o = 0; o < 16; o++) {
                sum[o] += d_r[b * 16 + i] * turned[i * 16 + o];
            }
        }
        for (int o = 0; o < 16; o++) {
            d_z[b * 16 + o] = sum[o]; /* (23) */
            const real shared = 1.0f - square(hidden2[b * 16 + o]); /* (41) (44) */
            d_part[b * 16 + o] = shared * (x[b] - 1.0f) * d_z[b * 16 + o] * hidden2[b * 16 + o] * x[b]; /* (41) */
            d_hidden1_z_part[b * 16 + o] = shared * d_z[b * 16 + o] * hidden2[b * 16 + o] * free_weight[o]; /* (44) */
        }
    }
}

/* free: gradient of linear
   (28) free.r3[i] = sum[b](d.loss.d.hidden2.z[b, i] * (1 - hidden2[b, i]**2) * (2 * free.r2[b, i] * hidden2[b, i] * x[b, 0] * (x[b, 0] - 1) + loss.d.free[b, 0]))
*/
static void r3_16(
    real *restrict r3,            /* [16] */
    const real *restrict hidden2, /* [B, 16] */
    const real *restrict x,       /* [B, 1] */
    const real *restrict r2,      /* [B, 16] */
    const real *restrict free_,   /* [B, 1] */
    const real *restrict d_z,     /* [B, 16] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int i = 0; i < 16; i++) {
        real sum = 0;
        for (int b = 0; b < batch; b++) {
            sum += (1.0f - square(hidden2[b * 16 + i])) * (2.0f * (x[b] - 1.0f) * r2[b * 16 + i] * hidden2[b * 16 + i] * x[b] + free_[b]) * d_z[b * 16 + i];
        }
        r3[i] = sum;
    }
}

/* free: gradient of linear
   (30) free.r5[i] = sum[b, j](d.loss.d.hidden1.z2[b, j] * hidden1[b, j] * x[b, 0] * hidden1.weight[j, 0] * hidden2.weight[i, j] * (1 - hidden1[b, j]**2) * (1 - hidden2[b, i]**2) * (x[b, 0] - 1))
*/
static void r5_16_16_v2(
    real *restrict r5,                   /* [16] */
    const real *restrict hidden2,        /* [B, 16] */
    const real *restrict x,              /* [B, 1] */
    const real *restrict hidden1,        /* [B, 16] */
    const real *restrict d_z2,           /* [B, 16] */
    const real *restrict weight,         /* [16, 1] */
    const real *restrict hidden2_weight, /* [16, 16] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int i = 0; i < 16; i++) {
        real parts[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int o = 0; o < 16; o++) {
                parts[o] += (1.0f - square(hidden2[b * 16 + i])) * (x[b] - 1.0f) * x[b] * (1.0f - square(hidden1[b * 16 + o])) * d_z2[b * 16 + o] * hidden1[b * 16 + o] * weight[o] * hidden2_weight[i * 16 + o];
            }
        }
        const real sum = sum_of(parts);
        r5[i] = sum;
    }
}

/* free: gradient of linear
   (31) d.free.weight[o, i] = sum[b](d.free[b, o] * hidden2[b, i]) + free.r3[i] + free.r4[i] + 2 * free.r5[i]
*/
static void d_weight_1_16(
    real *restrict d_weight,      /* [1, 16] */
    const real *restrict d_free,  /* [B, 1] */
    const real *restrict hidden2, /* [B, 16] */
    const real *restrict r5,      /* [16] */
    const real *restrict r3,      /* [16] */
    const real *restrict r4,      /* [16] */
    int batch)
{
    real sum[16] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            for (int i = 0; i < 16; i++) {
                sum[o * 16 + i] += d_free[b + o] * hidden2[b * 16 + i];
            }
        }
    }
    for (int o = 0; o < 1; o++) {
        for (int i = 0; i < 16; i++) {
            d_weight[o * 16 + i] = sum[o * 16 + i] + 2.0f * r5[i] + r3[i] + r4[i];
        }
    }
}

/* hidden2: gradient of tanh
   (34) hidden2.r2[o] = sum[i](free.weight[i, o])
*/
static void r2_16_1(
    real *restrict r2,           /* [16] */
    const real *restrict weight) /* [1, 16] */
{
    for (int o = 0; o < 16; o++) {
        r2[o] = weight[o];
    }
}

/* hidden2: gradient of tanh, gradient of linear
   (35) d.hidden2[b, o] = 2 * (free.weight[0, o] * (x[b, 0] * (2 * hidden2[b, o] * (1 - x[b, 0]) * sum[i](d.loss.d.hidden1.z2[b, i] * hidden1[b, i] * hidden1.weight[i, 0] * hidden2.weight[o, i] * (1 - hidden1[b, i]**2)) + d.loss.d.hidden2.z[b, o] * free.r2[b, o] * (3 * hidden2[b, o]**2 * (1 - x[b, 0]) + x[b, 0] - 1)) + d.loss.left[b] * hidden2[b, o] * hidden2.r[b, o] * (1 - 2 * x[b, 0]) - d.loss.d.hidden2.z[b, o] * hidden2[b, o] * loss.d.free[b, 0]) - d.loss.left[b] * hidden2.r2[o])
   (36) d.hidden2.z[b, o] = d.hidden2[b, o] * (1 - hidden2[b, o]**2)
*/
static void d_hidden2_d_z_16_16(
    real *restrict r,                 /* [B, 16] */
    const real *restrict x,           /* [B, 1] */
    const real *restrict d_part,      /* [B, 16] */
    const real *restrict weight,      /* [16, 16] */
    const real *restrict hidden2,     /* [B, 16] */
    const real *restrict d_z,         /* [B, 16] */
    const real *restrict r2,          /* [B, 16] */
    const real *restrict d_left,      /* [B] */
    const real *restrict free_,       /* [B, 1] */
    const real *restrict free_weight, /* [1, 16] */
    const real *restrict hidden2_r2,  /* [16] */
    int batch)
{
    real turned[256];
    for (int i = 0; i < 16; i++) {
        for (int o = 0; o < 16; o++) {
            turned[i * 16 + o] = weight[o * 16 + i];
        }
    }
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        const real scale = 2.0f * d_left[b];
        real sum[16] = {0};
        for (int i = 0; i < 16; i++) {
            for (int o = 0; o < 16; o++) {
                sum[o] += d_part[b * 16 + i] * turned[i * 16 + o];
            }
        }
        for (int o = 0; o < 16; o++) {
            const real d_hidden2 = 2.0f * (x[b] * (2.0f * (1.0f - x[b]) * sum[o] * hidden2[b * 16 + o] + (3.0f * (1.0f - x[b]) * square(hidden2[b * 16 + o]) + x[b] - 1.0f) * d_z[b * 16 + o] * r2[b * 16 + o]) + (1.0f - 2.0f * x[b]) * d_left[b] * r[b * 16 + o] * hidden2[b * 16 + o] - free_[b] * d_z[b * 16 + o] * hidden2[b * 16 + o]) * free_weight[o] - scale * hidden2_r2[o]; /* (35) */
            r[b * 16 + o] = (1.0f - square(hidden2[b * 16 + o])) * d_hidden2; /* (36) */
        }
    }
}

/* hidden1: gradient of linear
   (48) hidden1.r6[o] = sum[b, i](d.loss.d.hidden2.z[b, i] * hidden2[b, i] * x[b, 0] * free.weight[0, i] * hidden2.weight[i, o] * (1 - hidden1[b, o]**2) * (1 - hidden2[b, i]**2) * (x[b, 0] - 1))
*/
static void r6_16_16(
    real *restrict r6,                   /* [16] */
    const real *restrict hidden1,        /* [B, 16] */
    const real *restrict x,              /* [B, 1] */
    const real *restrict hidden2,        /* [B, 16] */
    const real *restrict d_z,            /* [B, 16] */
    const real *restrict weight,         /* [1, 16] */
    const real *restrict hidden2_weight, /* [16, 16] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int o = 0; o < 16; o++) {
        real parts[16] = {0};
        for (int b = 0; b < batch; b++) {
            for (int i = 0; i < 16; i++) {
                parts[i] += (1.0f - square(hidden1[b * 16 + o])) * (x[b] - 1.0f) * x[b] * (1.0f - square(hidden2[b * 16 + i])) * d_z[b * 16 + i] * hidden2[b * 16 + i] * weight[i] * hidden2_weight[i * 16 + o];
            }
        }
        const real sum = sum_of(parts);
        r6[o] = sum;
    }
}

/* hidden2: gradient of linear
   (42) d.hidden2.bias[o] = sum[b](d.hidden2.z[b, o])
   and, in other places, (50)
*/
static void d_bias_16(
    real *restrict d_bias,  /* [16] */
    const real *restrict r, /* [B, 16] */
    int batch)
{
    real sum[16] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 16; o++) {
            sum[o] += r[b * 16 + o];
        }
    }
    for (int o = 0; o < 16; o++) {
        d_bias[o] = sum[o];
    }
}

/* hidden2: gradient of linear
   (41) d.hidden2.weight[o, i] = 2 * free.weight[0, o] * hidden1.weight[i, 0] * (sum[b](d.loss.d.hidden2.z[b, o] * hidden2[b, o] * x[b, 0] * (1 - hidden1[b, i]**2) * (1 - hidden2[b, o]**2) * (x[b, 0] - 1)) + hidden2.r5[i, o] / B + hidden2.r6[i, o]) + hidden2.r3[i, o] + hidden2.r4[i, o]
*/
static void d_weight_16_16(
    real *restrict d_weight,             /* [16, 16] */
    const real *restrict weight,         /* [1, 16] */
    const real *restrict d_part,         /* [B, 16] */
    const real *restrict part,           /* [B, 16] */
    const real *restrict r5,             /* [16, 16] */
    const real *restrict r6,             /* [16, 16] */
    const real *restrict hidden1_weight, /* [16, 1] */
    const real *restrict r3,             /* [16, 16] */
    const real *restrict r4,             /* [16, 16] */
    int batch)
{
    const real scale = 1.0f / (real)batch;
    real sum[256] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 16; o++) {
            for (int i = 0; i < 16; i++) {
                sum[o * 16 + i] += d_part[b * 16 + o] * part[b * 16 + i];
            }
        }
    }
    for (int o = 0; o < 16; o++) {
        for (int i = 0; i < 16; i++) {
            d_weight[o * 16 + i] = 2.0f * weight[o] * (sum[o * 16 + i] + scale * r5[i * 16 + o] + r6[i * 16 + o]) * hidden1_weight[i] + r3[i * 16 + o] + r4[i * 16 + o];
        }
    }
}

/* hidden1: gradient of linear
   (44) d.hidden1.z[b, o] = (1 - hidden1[b, o]**2) * (2 * hidden1.weight[o, 0] * (x[b, 0] * (hidden1[b, o] * (2 * (1 - x[b, 0]) * sum[i](d.loss.d.hidden2.z[b, i] * hidden2[b, i] * free.weight[0, i] * hidden2.weight[i, o] * (1 - hidden2[b, i]**2)) + loss.r2[o, b] * (3 * d.loss.d.hidden1.z2[b, o] * hidden1[b, o] * (1 - x[b, 0]) + 2 * d.loss.left[b])) + d.loss.d.hidden1.z2[b, o] * loss.r2[o, b] * (x[b, 0] - 1)) - d.loss.left[b] * hidden1[b, o] * loss.r2[o, b]) + hidden1.r2[b, o] - 2 * d.loss.d.hidden1.z2[b, o] * hidden1[b, o] * loss.r[b, o])
*/
static void d_z_16_16(
    real *restrict r2,                   /* [B, 16] */
    const real *restrict hidden1,        /* [B, 16] */
    const real *restrict x,              /* [B, 1] */
    const real *restrict d_part,         /* [B, 16] */
    const real *restrict weight,         /* [16, 16] */
    const real *restrict d_left,         /* [B] */
    const real *restrict d_z2,           /* [B, 16] */
    const real *restrict loss_r2,        /* [16, B] */
    const real *restrict hidden1_weight, /* [16, 1] */
    const real *restrict r,              /* [B, 16] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        const real scale = 2.0f * d_left[b];
        real sum[16] = {0};
        for (int i = 0; i < 16; i++) {
            for (int o = 0; o < 16; o++) {
                sum[o] += d_part[b * 16 + i] * weight[i * 16 + o];
            }
        }
        for (int o = 0; o < 16; o++) {
            r2[b * 16 + o] = (1.0f - square(hidden1[b * 16 + o])) * (2.0f * (x[b] * ((2.0f * (1.0f - x[b]) * sum[o] + (scale + 3.0f * (1.0f - x[b]) * d_z2[b * 16 + o] * hidden1[b * 16 + o]) * loss_r2[o * batch + b]) * hidden1[b * 16 + o] + (x[b] - 1.0f) * d_z2[b * 16 + o] * loss_r2[o * batch + b]) - d_left[b] * hidden1[b * 16 + o] * loss_r2[o * batch + b]) * hidden1_weight[o] + r2[b * 16 + o] - 2.0f * d_z2[b * 16 + o] * hidden1[b * 16 + o] * r[b * 16 + o]);
        }
    }
}

/* hidden1: gradient of linear
   (47) hidden1.r5[o] = sum[b](d.loss.d.hidden1.z2[b, o] * hidden1[b, o] * loss.r2[o, b] * x[b, 0] * (1 - hidden1[b, o]**2) * (x[b, 0] - 1))
*/
static void r5_16(
    real *restrict r5,            /* [16] */
    const real *restrict hidden1, /* [B, 16] */
    const real *restrict x,       /* [B, 1] */
    const real *restrict d_z2,    /* [B, 16] */
    const real *restrict r2,      /* [16, B] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int o = 0; o < 16; o++) {
        real sum = 0;
        for (int b = 0; b < batch; b++) {
            sum += (1.0f - square(hidden1[b * 16 + o])) * (x[b] - 1.0f) * d_z2[b * 16 + o] * hidden1[b * 16 + o] * r2[o * batch + b] * x[b];
        }
        r5[o] = sum;
    }
}

/* hidden1: gradient of linear
   (49) d.hidden1.weight[o, i] = sum[b](d.hidden1.z[b, o] * x[b, i]) + hidden1.r4[o] + 2 * hidden1.r5[o] + 2 * hidden1.r6[o] + hidden1.r3[i, o]
*/
static void d_weight_16_1(
    real *restrict d_weight, /* [16, 1] */
    const real *restrict r2, /* [B, 16] */
    const real *restrict x,  /* [B, 1] */
    const real *restrict r5, /* [16] */
    const real *restrict r6, /* [16] */
    const real *restrict r4, /* [16] */
    const real *restrict r3, /* [1, 16] */
    int batch)
{
    for (int o = 0; o < 16; o++) {
        const real scale = 2.0f * r5[o];
        const real scale2 = 2.0f * r6[o];
        for (int i = 0; i < 1; i++) {
            real sum = 0;
            for (int b = 0; b < batch; b++) {
                sum += r2[b * 16 + o] * x[b + i];
            }
            d_weight[o + i] = sum + scale + scale2 + r4[o] + r3[i * 16 + o];
        }
    }
}

/* hidden1: gradient of linear; hidden2: gradient of tanh, gradient of linear (one side of the product)
   (19) d.loss.d.hidden1.z2[b, o] = 2 * loss.left[b] * hidden1.r[o] / B
   (22) d.loss.r[b, o] = d.loss.d.hidden1.z2[b, o] * (1 - hidden1[b, o]**2)
   (35) d.hidden2[b, o] = 2 * (free.weight[0, o] * (x[b, 0] * (2 * hidden2[b, o] * (1 - x[b, 0]) * sum[i](d.loss.d.hidden1.z2[b, i] * hidden1[b, i] * hidden1.weight[i, 0] * hidden2.weight[o, i] * (1 - hidden1[b, i]**2)) + d.loss.d.hidden2.z[b, o] * free.r2[b, o] * (3 * hidden2[b, o]**2 * (1 - x[b, 0]) + x[b, 0] - 1)) + d.loss.left[b] * hidden2[b, o] * hidden2.r[b, o] * (1 - 2 * x[b, 0]) - d.loss.d.hidden2.z[b, o] * hidden2[b, o] * loss.d.free[b, 0]) - d.loss.left[b] * hidden2.r2[o])
   (40) hidden2.r6[i, o] = sum[b](d.loss.r[b, i] * hidden1[b, i] * x[b, 0] * (1 - hidden2[b, o]**2) * (x[b, 0] - 1))
   (51) hidden1.r7[b] = sum[i](d.loss.d.hidden1.z2[b, i] * hidden1[b, i] * loss.r2[i, b] * hidden1.weight[i, 0] * (1 - hidden1[b, i]**2))
*/
static void d_z2_d_r_d_hidden2_r6_16_v2(
    real *restrict d_z2,          /* [B, 16] */
    real *restrict d_r,           /* [B, 16] */
    real *restrict d_part,        /* [B, 16] */
    real *restrict part2,         /* [B, 16] */
    real *restrict r7,            /* [B] */
    const real *restrict left,    /* [B] */
    const real *restrict r,       /* [16] */
    const real *restrict hidden1, /* [B, 16] */
    const real *restrict weight,  /* [16, 1] */
    const real *restrict x,       /* [B, 1] */
    const real *restrict r2,      /* [16, B] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        const real scale = 2.0f / (real)batch * left[b];
        for (int o = 0; o < 16; o++) {
            d_z2[b * 16 + o] = scale * r[o]; /* (19) */
            const real shared = (1.0f - square(hidden1[b * 16 + o])) * d_z2[b * 16 + o]; /* (22) (35) */
            d_r[b * 16 + o] = shared; /* (22) */
            d_part[b * 16 + o] = shared * hidden1[b * 16 + o] * weight[o]; /* (35) */
            part2[b * 16 + o] = (x[b] - 1.0f) * d_r[b * 16 + o] * hidden1[b * 16 + o] * x[b]; /* (40) */
        }
        real sum = 0;
        for (int o = 0; o < 16; o++) {
            sum += (1.0f - square(hidden1[b * 16 + o])) * d_z2[b * 16 + o] * hidden1[b * 16 + o] * r2[o * batch + b] * weight[o];
        }
        r7[b] = sum; /* (51) */
    }
}

/* free: gradient of linear
   (24) free.r[b] = sum[i](d.loss.d.hidden2.z[b, i] * free.weight[0, i] * (1 - hidden2[b, i]**2))
*/
static void r_16(
    real *restrict r,             /* [B] */
    const real *restrict hidden2, /* [B, 16] */
    const real *restrict d_z,     /* [B, 16] */
    const real *restrict weight,  /* [1, 16] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        real sum = 0;
        for (int o = 0; o < 16; o++) {
            sum += (1.0f - square(hidden2[b * 16 + o])) * d_z[b * 16 + o] * weight[o];
        }
        r[b] = sum;
    }
}

/* hidden1: gradient of linear
   (53) hidden1.r9[b] = sum[i](d.loss.d.free[b, i])
*/
static void r9_1(
    real *restrict r9,           /* [B] */
    const real *restrict d_free, /* [B, 1] */
    int batch)
{
    for (int b = 0; b < batch; b++) {
        r9[b] = d_free[b];
    }
}

/* hidden2: gradient of tanh, gradient of linear
   (35) d.hidden2[b, o] = 2 * (free.weight[0, o] * (x[b, 0] * (2 * hidden2[b, o] * (1 - x[b, 0]) * sum[i](d.loss.d.hidden1.z2[b, i] * hidden1[b, i] * hidden1.weight[i, 0] * hidden2.weight[o, i] * (1 - hidden1[b, i]**2)) + d.loss.d.hidden2.z[b, o] * free.r2[b, o] * (3 * hidden2[b, o]**2 * (1 - x[b, 0]) + x[b, 0] - 1)) + d.loss.left[b] * hidden2[b, o] * hidden2.r[b, o] * (1 - 2 * x[b, 0]) - d.loss.d.hidden2.z[b, o] * hidden2[b, o] * loss.d.free[b, 0]) - d.loss.left[b] * hidden2.r2[o])
   (36) d.hidden2.z[b, o] = d.hidden2[b, o] * (1 - hidden2[b, o]**2)
*/
static void d_hidden2_d_z_16_16_v2(
    real *restrict d_z,                      /* [B, 16] */
    const real *restrict x,                  /* [B, 1] */
    const real *restrict d_part,             /* [B, 16] */
    const real *restrict weight,             /* [16, 16] */
    const real *restrict hidden2,            /* [B, 16] */
    const real *restrict d_loss_d_hidden2_z, /* [B, 16] */
    const real *restrict r2,                 /* [B, 16] */
    const real *restrict d_left,             /* [B] */
    const real *restrict r,                  /* [B, 16] */
    const real *restrict free_,              /* [B, 1] */
    const real *restrict free_weight,        /* [1, 16] */
    const real *restrict hidden2_r2,         /* [16] */
    int batch)
{
    real turned[256];
    for (int i = 0; i < 16; i++) {
        for (int o = 0; o < 16; o++) {
            turned[i * 16 + o] = weight[o * 16 + i];
        }
    }
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        const real scale = 2.0f * d_left[b];
        real sum[16] = {0};
        for (int i = 0; i < 16; i++) {
            for (int o = 0; o < 16; o++) {
                sum[o] += d_part[b * 16 + i] * turned[i * 16 + o];
            }
        }
        for (int o = 0; o < 16; o++) {
            const real d_hidden2 = 2.0f * (x[b] * (2.0f * (1.0f - x[b]) * sum[o] * hidden2[b * 16 + o] + (3.0f * (1.0f - x[b]) * square(hidden2[b * 16 + o]) + x[b] - 1.0f) * d_loss_d_hidden2_z[b * 16 + o] * r2[b * 16 + o]) + (1.0f - 2.0f * x[b]) * d_left[b] * r[b * 16 + o] * hidden2[b * 16 + o] - free_[b] * d_loss_d_hidden2_z[b * 16 + o] * hidden2[b * 16 + o]) * free_weight[o] - scale * hidden2_r2[o]; /* (35) */
            d_z[b * 16 + o] = (1.0f - square(hidden2[b * 16 + o])) * d_hidden2; /* (36) */
        }
    }
}

/* hidden1: gradient of linear
   (52) hidden1.r8[b] = sum[i](d.loss.d.hidden2.z[b, i] * free.r2[b, i] * hidden2[b, i] * free.weight[0, i] * (1 - hidden2[b, i]**2))
*/
static void r8_16(
    real *restrict r8,            /* [B] */
    const real *restrict hidden2, /* [B, 16] */
    const real *restrict d_z,     /* [B, 16] */
    const real *restrict r2,      /* [B, 16] */
    const real *restrict weight,  /* [1, 16] */
    int batch)
{
#pragma omp for schedule(static) nowait
    for (int b = 0; b < batch; b++) {
        real sum = 0;
        for (int o = 0; o < 16; o++) {
            sum += (1.0f - square(hidden2[b * 16 + o])) * d_z[b * 16 + o] * r2[b * 16 + o] * hidden2[b * 16 + o] * weight[o];
        }
        r8[b] = sum;
    }
}

/* hidden1: gradient of linear
   (54) d.x[b, i] = sum[j](d.hidden1.z[b, j] * hidden1.weight[j, i]) + hidden1.r7[b] * (4 * x[b, 0] - 2) + hidden1.r8[b] * (4 * x[b, 0] - 2) + 2 * loss.left[b] * (pi**3 * cos(pi * x[b, 0]) - 2 * loss.r3[b]) / B - 2 * hidden1.r9[b]
*/
static void d_x_1_16(
    real *restrict d_x,          /* [B, 1] */
    const real *restrict r2,     /* [B, 16] */
    const real *restrict weight, /* [16, 1] */
    const real *restrict x,      /* [B, 1] */
    const real *restrict r7,     /* [B] */
    const real *restrict r8,     /* [B] */
    const real *restrict r3,     /* [B] */
    const real *restrict left,   /* [B] */
    const real *restrict r9,     /* [B] */
    int batch)
{
    const real scale = 2.0f / (real)batch;
    for (int b = 0; b < batch; b++) {
        const real scale2 = 2.0f * r3[b];
        const real scale3 = 2.0f * r9[b];
        for (int i = 0; i < 1; i++) {
            real sum = 0;
            for (int o = 0; o < 16; o++) {
                sum += r2[b * 16 + o] * weight[o + i];
            }
            d_x[b + i] = sum + (4.0f * x[b] - 2.0f) * r7[b] + (4.0f * x[b] - 2.0f) * r8[b] + scale * (31.00627668029982f * cosf(3.141592653589793f * x[b]) - scale2) * left[b] - scale3;
        }
    }
}

/* optimizer: adam rate, next step
   (55) optimizer.rate = lr / (1 - beta1**(1 + t))
   (56) optimizer.scale = 1 / sqrt(1 - beta2**(1 + t))
   (57) t.next = 1 + t
*/
static void adam_rate_next_step(
    double *restrict rate,
    double *restrict scale,
    double *restrict t,
    const double *restrict lr,
    const double *restrict beta1,
    const double *restrict beta2)
{
    *rate = *lr / (1.0 - pow(*beta1, *t + 1.0)); /* (55) */
    *scale = 1.0 / sqrt(1.0 - pow(*beta2, *t + 1.0)); /* (56) */
    *t = *t + 1.0; /* (57) */
}

/* free: gradient of linear, adam
   (32) d.free.bias[o] = sum[b](d.free[b, o])
   (73) free.bias.m.next[o] = (1 - beta1) * d.free.bias[o] + beta1 * free.bias.m[o]
   (74) free.bias.v.next[o] = (1 - beta2) * d.free.bias[o]**2 + beta2 * free.bias.v[o]
   (75) free.bias.next[o] = free.bias[o] - optimizer.rate * free.bias.m.next[o] / (optimizer.scale * sqrt(free.bias.v.next[o]) + eps)
*/
static void d_bias_adam_1(
    real *restrict m,             /* [1] */
    real *restrict v,             /* [1] */
    real *restrict bias,          /* [1] */
    const real *restrict d_free,  /* [B, 1] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    real d_bias = 0;
    for (int b = 0; b < batch; b++) {
        d_bias += d_free[b]; /* (32) */
    }
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1;
    m[0] = normal(one_minus_beta1 * d_bias + beta1_real * m[0]); /* (73) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2;
    v[0] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[0]); /* (74) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps;
    bias[0] = bias[0] - rate_real * m[0] / (scale_real * sqrtf(v[0]) + eps_real); /* (75) */
}

/* hidden2: gradient of linear, adam
   (42) d.hidden2.bias[o] = sum[b](d.hidden2.z[b, o])
   (67) hidden2.bias.m.next[o] = (1 - beta1) * d.hidden2.bias[o] + beta1 * hidden2.bias.m[o]
   (68) hidden2.bias.v.next[o] = (1 - beta2) * d.hidden2.bias[o]**2 + beta2 * hidden2.bias.v[o]
   (69) hidden2.bias.next[o] = hidden2.bias[o] - optimizer.rate * hidden2.bias.m.next[o] / (optimizer.scale * sqrt(hidden2.bias.v.next[o]) + eps)
   and, in other places, (50) (61) (62) (63)
*/
static void d_bias_adam_16(
    real *restrict m,             /* [16] */
    real *restrict v,             /* [16] */
    real *restrict bias,          /* [16] */
    const real *restrict r,       /* [B, 16] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (67) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (68) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (69) */
    real sum[16] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 16; o++) {
            sum[o] += r[b * 16 + o];
        }
    }
    for (int o = 0; o < 16; o++) {
        const real d_bias = sum[o]; /* (42) */
        m[o] = normal(one_minus_beta1 * d_bias + beta1_real * m[o]); /* (67) */
        v[o] = normal(one_minus_beta2 * square(d_bias) + beta2_real * v[o]); /* (68) */
        bias[o] = bias[o] - rate_real * m[o] / (scale_real * sqrtf(v[o]) + eps_real); /* (69) */
    }
}

/* hidden2: gradient of linear, adam
   (41) d.hidden2.weight[o, i] = 2 * free.weight[0, o] * hidden1.weight[i, 0] * (sum[b](d.loss.d.hidden2.z[b, o] * hidden2[b, o] * x[b, 0] * (1 - hidden1[b, i]**2) * (1 - hidden2[b, o]**2) * (x[b, 0] - 1)) + hidden2.r5[i, o] / B + hidden2.r6[i, o]) + hidden2.r3[i, o] + hidden2.r4[i, o]
   (64) hidden2.weight.m.next[o, i] = (1 - beta1) * d.hidden2.weight[o, i] + beta1 * hidden2.weight.m[o, i]
   (65) hidden2.weight.v.next[o, i] = (1 - beta2) * d.hidden2.weight[o, i]**2 + beta2 * hidden2.weight.v[o, i]
   (66) hidden2.weight.next[o, i] = hidden2.weight[o, i] - optimizer.rate * hidden2.weight.m.next[o, i] / (optimizer.scale * sqrt(hidden2.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_16_16(
    real *restrict m,                    /* [16, 16] */
    real *restrict v,                    /* [16, 16] */
    real *restrict weight,               /* [16, 16] */
    const real *restrict free_weight,    /* [1, 16] */
    const real *restrict d_part,         /* [B, 16] */
    const real *restrict part,           /* [B, 16] */
    const real *restrict r5,             /* [16, 16] */
    const real *restrict r6,             /* [16, 16] */
    const real *restrict hidden1_weight, /* [16, 1] */
    const real *restrict r3,             /* [16, 16] */
    const real *restrict r4,             /* [16, 16] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real scale2 = 1.0f / (real)batch; /* (41) */
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (64) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (65) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (66) */
    real sum[256] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 16; o++) {
            for (int i = 0; i < 16; i++) {
                sum[o * 16 + i] += d_part[b * 16 + o] * part[b * 16 + i];
            }
        }
    }
    for (int o = 0; o < 16; o++) {
        for (int i = 0; i < 16; i++) {
            const real d_weight = 2.0f * free_weight[o] * (sum[o * 16 + i] + scale2 * r5[i * 16 + o] + r6[i * 16 + o]) * hidden1_weight[i] + r3[i * 16 + o] + r4[i * 16 + o]; /* (41) */
            m[o * 16 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 16 + i]); /* (64) */
            v[o * 16 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 16 + i]); /* (65) */
            weight[o * 16 + i] = weight[o * 16 + i] - rate_real * m[o * 16 + i] / (scale_real * sqrtf(v[o * 16 + i]) + eps_real); /* (66) */
        }
    }
}

/* free: gradient of linear, adam
   (31) d.free.weight[o, i] = sum[b](d.free[b, o] * hidden2[b, i]) + free.r3[i] + free.r4[i] + 2 * free.r5[i]
   (70) free.weight.m.next[o, i] = (1 - beta1) * d.free.weight[o, i] + beta1 * free.weight.m[o, i]
   (71) free.weight.v.next[o, i] = (1 - beta2) * d.free.weight[o, i]**2 + beta2 * free.weight.v[o, i]
   (72) free.weight.next[o, i] = free.weight[o, i] - optimizer.rate * free.weight.m.next[o, i] / (optimizer.scale * sqrt(free.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_1_16(
    real *restrict m,             /* [1, 16] */
    real *restrict v,             /* [1, 16] */
    real *restrict weight,        /* [1, 16] */
    const real *restrict d_free,  /* [B, 1] */
    const real *restrict hidden2, /* [B, 16] */
    const real *restrict r5,      /* [16] */
    const real *restrict r3,      /* [16] */
    const real *restrict r4,      /* [16] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (70) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (71) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (72) */
    real sum[16] = {0};
    for (int b = 0; b < batch; b++) {
        for (int o = 0; o < 1; o++) {
            for (int i = 0; i < 16; i++) {
                sum[o * 16 + i] += d_free[b + o] * hidden2[b * 16 + i];
            }
        }
    }
    for (int o = 0; o < 1; o++) {
        for (int i = 0; i < 16; i++) {
            const real d_weight = sum[o * 16 + i] + 2.0f * r5[i] + r3[i] + r4[i]; /* (31) */
            m[o * 16 + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o * 16 + i]); /* (70) */
            v[o * 16 + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o * 16 + i]); /* (71) */
            weight[o * 16 + i] = weight[o * 16 + i] - rate_real * m[o * 16 + i] / (scale_real * sqrtf(v[o * 16 + i]) + eps_real); /* (72) */
        }
    }
}

/* hidden1: gradient of linear, adam
   (49) d.hidden1.weight[o, i] = sum[b](d.hidden1.z[b, o] * x[b, i]) + hidden1.r4[o] + 2 * hidden1.r5[o] + 2 * hidden1.r6[o] + hidden1.r3[i, o]
   (58) hidden1.weight.m.next[o, i] = (1 - beta1) * d.hidden1.weight[o, i] + beta1 * hidden1.weight.m[o, i]
   (59) hidden1.weight.v.next[o, i] = (1 - beta2) * d.hidden1.weight[o, i]**2 + beta2 * hidden1.weight.v[o, i]
   (60) hidden1.weight.next[o, i] = hidden1.weight[o, i] - optimizer.rate * hidden1.weight.m.next[o, i] / (optimizer.scale * sqrt(hidden1.weight.v.next[o, i]) + eps)
*/
static void d_weight_adam_16_1(
    real *restrict m,             /* [16, 1] */
    real *restrict v,             /* [16, 1] */
    real *restrict weight,        /* [16, 1] */
    const real *restrict r2,      /* [B, 16] */
    const real *restrict x,       /* [B, 1] */
    const real *restrict r5,      /* [16] */
    const real *restrict r6,      /* [16] */
    const real *restrict r4,      /* [16] */
    const real *restrict r3,      /* [1, 16] */
    const double *restrict beta1,
    const double *restrict beta2,
    const double *restrict rate,
    const double *restrict scale,
    const double *restrict eps,
    int batch)
{
    const real one_minus_beta1 = (real)(1.0 - *beta1);
    const real beta1_real = (real)*beta1; /* (58) */
    const real one_minus_beta2 = (real)(1.0 - *beta2);
    const real beta2_real = (real)*beta2; /* (59) */
    const real rate_real = (real)*rate;
    const real scale_real = (real)*scale;
    const real eps_real = (real)*eps; /* (60) */
    for (int o = 0; o < 16; o++) {
        const real scale2 = 2.0f * r5[o];
        const real scale3 = 2.0f * r6[o];
        for (int i = 0; i < 1; i++) {
            real sum = 0;
            for (int b = 0; b < batch; b++) {
                sum += r2[b * 16 + o] * x[b + i];
            }
            const real d_weight = sum + scale2 + scale3 + r4[o] + r3[i * 16 + o]; /* (49) */
            m[o + i] = normal(one_minus_beta1 * d_weight + beta1_real * m[o + i]); /* (58) */
            v[o + i] = normal(one_minus_beta2 * square(d_weight) + beta2_real * v[o + i]); /* (59) */
            weight[o + i] = weight[o + i] - rate_real * m[o + i] / (scale_real * sqrtf(v[o + i]) + eps_real); /* (60) */
        }
    }
}

double boundary_value_forward(const boundary_value_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const linear_part = net->workspace + 1136;
    real *const hidden1 = linear_part;
    real *const hidden2 = linear_part + 16 * capacity;
    real *const free_ = linear_part;
    real *const u = linear_part + 1 * capacity;

    /* (1) (2) */
    linear_tanh_16_1(hidden1, net->in_x, net->parameters + hidden1_weight, net->parameters + hidden1_bias, batch);
    /* (3) (4) */
    linear_tanh_16_16(hidden2, hidden1, net->parameters + hidden2_weight, net->parameters + hidden2_bias, batch);
    /* (5) */
    linear_1_16(free_, hidden2, net->parameters + free_weight, net->parameters + free_bias, batch);
    /* (6) */
    equation(u, net->in_x, free_, batch);
    return 0;
}

double boundary_value_loss(const boundary_value_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 1136;
    real *const hidden1 = linear_part;
    real *const loss_d_hidden2_z_part = linear_part + 32 * capacity;
    real *const hidden2 = linear_part + 48 * capacity;
    real *const loss_d_hidden1_z2_part = linear_part + 16 * capacity;
    real *const free_ = linear_part + 80 * capacity;
    real *const loss_d_free = linear_part + 81 * capacity;
    real *const loss_d_hidden2_z = linear_part + 64 * capacity;
    real *const loss_r = linear_part + 48 * capacity;
    real *const loss_d_hidden1_z2 = linear_part + 32 * capacity;
    real *const loss_r2 = linear_part + 48 * capacity;
    real *const loss_r3 = linear_part + 16 * capacity;
    real *const loss_d_x2 = linear_part + 17 * capacity;
    real *const loss_left = linear_part;
    real *const loss = fixed;

    /* (1) (2) (8) */
    linear_tanh_16_1_v2(hidden1, loss_d_hidden2_z_part, net->in_x, net->parameters + hidden1_weight,
                        net->parameters + hidden1_bias, batch);
    /* (3) (4) (10) */
    linear_tanh_16_16_v2(hidden2, loss_d_hidden1_z2_part, hidden1, net->parameters + hidden2_weight,
                         net->parameters + hidden2_bias, net->parameters + free_weight, batch);
    /* (5) */
    linear_1_16(free_, hidden2, net->parameters + free_weight, net->parameters + free_bias, batch);
    /* (7) */
    linear_1(loss_d_free, net->in_x, batch);
    /* (8) */
    linear_16_16(loss_d_hidden2_z, hidden2, net->in_x, loss_d_hidden2_z_part, net->parameters + hidden2_weight,
                 loss_d_free, net->parameters + free_weight, batch);
    /* (9) */
    linear_16_16_v2(loss_r, loss_d_hidden2_z, net->parameters + hidden2_weight, batch);
    /* (10) */
    linear_16_16_v3(loss_d_hidden1_z2, hidden1, net->in_x, loss_d_hidden1_z2_part,
                    net->parameters + hidden2_weight, net->parameters + hidden1_weight, loss_r, batch);
    /* (11) */
    linear_16_16_v4(loss_r2, net->parameters + hidden2_weight, loss_d_hidden1_z2_part, batch);
    /* (12) */
    linear_16(loss_r3, hidden1, loss_r2, net->parameters + hidden1_weight, batch);
    /* (13) */
    linear_1_16_v2(loss_d_x2, loss_d_hidden1_z2, net->parameters + hidden1_weight, net->in_x, loss_r3, free_,
                   batch);
    /* (14) */
    equation_v2(loss_left, net->in_x, loss_d_x2, batch);
    /* (15) */
    equation_v3(loss, loss_left, batch);
    return (double)*loss;
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_gradients(const boundary_value_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 1136;
    real *const hidden1 = linear_part;
    real *const loss_d_hidden2_z_part = linear_part + 64 * capacity;
    real *const hidden2_r_part = linear_part + 48 * capacity;
    real *const hidden2_r5_part = linear_part + 16 * capacity;
    real *const hidden2_r = linear_part + 32 * capacity;
    real *const hidden2 = linear_part + 48 * capacity;
    real *const loss_d_hidden1_z2_part = linear_part + 128 * capacity;
    real *const hidden2_r6_part = linear_part + 112 * capacity;
    real *const free_ = linear_part + 176 * capacity;
    real *const loss_d_free = linear_part + 208 * capacity;
    real *const loss_d_hidden2_z = linear_part + 144 * capacity;
    real *const free_r2 = linear_part + 96 * capacity;
    real *const loss_r = linear_part + 64 * capacity;
    real *const loss_d_hidden1_z2 = linear_part + 160 * capacity;
    real *const loss_r2 = linear_part + 80 * capacity;
    real *const loss_r3 = linear_part + 128 * capacity;
    real *const loss_d_x2 = linear_part + 177 * capacity;
    real *const loss_left = linear_part + 211 * capacity;
    real *const d_loss_left = linear_part + 209 * capacity;
    real *const d_loss_r3 = linear_part + 176 * capacity;
    real *const d_free = linear_part + 210 * capacity;
    real *const hidden2_r5_part2 = linear_part + 128 * capacity;
    real *const hidden1_r3 = fixed + 1024;
    real *const hidden2_r5 = fixed;
    real *const hidden1_r4 = fixed + 1040;
    real *const loss = fixed + 1072;
    real *const hidden1_r = fixed + 256;
    real *const d_loss_d_hidden1_z2 = linear_part + 128 * capacity;
    real *const d_loss_r = linear_part + 192 * capacity;
    real *const d_hidden2_part = linear_part + 160 * capacity;
    real *const hidden2_r6_part2 = linear_part + 176 * capacity;
    real *const hidden2_r6 = fixed + 256;
    real *const hidden2_r4 = fixed + 512;
    real *const d_loss_r2 = linear_part + 112 * capacity;
    real *const free_r4 = fixed + 768;
    real *const d_loss_d_hidden2_z = linear_part + 176 * capacity;
    real *const d_hidden2_weight_part = linear_part + 144 * capacity;
    real *const d_hidden1_z_part = linear_part + 112 * capacity;
    real *const free_r3 = fixed + 784;
    real *const free_r5 = fixed + 800;
    real *const hidden2_r2 = fixed + 768;
    real *const hidden1_r6 = fixed + 1056;
    real *const hidden2_r3 = fixed + 768;
    real *const hidden1_r2 = linear_part + 16 * capacity;
    real *const hidden1_r5 = fixed;

    /* (1) (2) (8) (33) (39) */
    linear_tanh_r_r5_16_1(hidden1, loss_d_hidden2_z_part, hidden2_r_part, hidden2_r5_part, net->in_x,
                          net->parameters + hidden1_weight, net->parameters + hidden1_bias, batch);
    /* (33) */
    r_16_16(hidden2_r, hidden2_r_part, net->parameters + hidden2_weight, batch);
#pragma omp barrier
    /* (3) (4) (10) (40) */
    linear_tanh_r6_16_16(hidden2, loss_d_hidden1_z2_part, hidden2_r6_part, hidden1,
                         net->parameters + hidden2_weight, net->parameters + hidden2_bias,
                         net->parameters + free_weight, batch);
#pragma omp barrier
    /* (5) */
#pragma omp master
    linear_1_16(free_, hidden2, net->parameters + free_weight, net->parameters + free_bias, batch);
    /* (7) */
#pragma omp master
    linear_1(loss_d_free, net->in_x, batch);
#pragma omp barrier
    /* (8) */
    linear_16_16(loss_d_hidden2_z, hidden2, net->in_x, loss_d_hidden2_z_part, net->parameters + hidden2_weight,
                 loss_d_free, net->parameters + free_weight, batch);
    /* (27) */
    r_16_16(free_r2, loss_d_hidden2_z_part, net->parameters + hidden2_weight, batch);
#pragma omp barrier
    /* (9) */
    linear_16_16_v2(loss_r, loss_d_hidden2_z, net->parameters + hidden2_weight, batch);
    /* (10) */
    linear_16_16_v3(loss_d_hidden1_z2, hidden1, net->in_x, loss_d_hidden1_z2_part,
                    net->parameters + hidden2_weight, net->parameters + hidden1_weight, loss_r, batch);
    /* (11) */
    linear_16_16_v4(loss_r2, net->parameters + hidden2_weight, loss_d_hidden1_z2_part, batch);
#pragma omp barrier
    /* (12) */
    linear_16(loss_r3, hidden1, loss_r2, net->parameters + hidden1_weight, batch);
#pragma omp barrier
    /* (13) */
#pragma omp master
    linear_1_16_v2(loss_d_x2, loss_d_hidden1_z2, net->parameters + hidden1_weight, net->in_x, loss_r3, free_,
                   batch);
#pragma omp barrier
    /* (14) (16) (17) (20) (26) (39) */
    equation_d_left_d_x2_d_r3_1(loss_left, d_loss_left, d_loss_r3, loss_d_x2, d_free, hidden2_r5_part2, net->in_x,
                                hidden2, batch);
#pragma omp barrier
    /* (45) */
#pragma omp master
    r3_1_16(hidden1_r3, loss_d_x2, loss_d_hidden1_z2, batch);
    /* (39) */
#pragma omp master
    r5_16_16(hidden2_r5, hidden2_r5_part, hidden2_r5_part2, batch);
    /* (46) */
    r4_16(hidden1_r4, hidden1, d_loss_r3, loss_r2, batch);
    /* (15) */
#pragma omp master
    equation_v3(loss, loss_left, batch);
    /* (32) */
#pragma omp master
    d_bias_1(net->gradients + d_free_bias, d_free, batch);
    /* (18) */
#pragma omp master
    r_16_1(hidden1_r, net->parameters + hidden1_weight);
#pragma omp barrier
    /* (19) (22) (35) (40) */
    d_z2_d_r_d_hidden2_r6_16(d_loss_d_hidden1_z2, d_loss_r, d_hidden2_part, hidden2_r6_part2, loss_left, hidden1_r,
                             hidden1, net->parameters + hidden1_weight, net->in_x, batch);
#pragma omp barrier
    /* (40) */
#pragma omp master
    r5_16_16(hidden2_r6, hidden2_r6_part2, hidden2_r6_part, batch);
    /* (38) */
#pragma omp master
    r5_16_16(hidden2_r4, d_loss_r, loss_d_hidden2_z, batch);
#pragma omp barrier
    /* (21) */
    d_r2_16(d_loss_r2, net->parameters + hidden1_weight, hidden1, net->in_x, loss_left, batch);
#pragma omp barrier
    /* (29) */
    r4_16_16(free_r4, net->parameters + hidden2_weight, hidden2, d_loss_r2, batch);
#pragma omp barrier
    /* (23) (41) (44) */
    d_z_d_weight_16_16(d_loss_d_hidden2_z, d_hidden2_weight_part, d_hidden1_z_part, d_loss_r,
                       net->parameters + hidden2_weight, hidden2, net->in_x, net->parameters + free_weight, batch);
#pragma omp barrier
    /* (28) */
    r3_16(free_r3, hidden2, net->in_x, free_r2, loss_d_free, d_loss_d_hidden2_z, batch);
    /* (30) */
    r5_16_16_v2(free_r5, hidden2, net->in_x, hidden1, d_loss_d_hidden1_z2, net->parameters + hidden1_weight,
                net->parameters + hidden2_weight, batch);
#pragma omp barrier
    /* (31) */
#pragma omp master
    d_weight_1_16(net->gradients + d_free_weight, d_free, hidden2, free_r5, free_r3, free_r4, batch);
    /* (34) */
#pragma omp master
    r2_16_1(hidden2_r2, net->parameters + free_weight);
#pragma omp barrier
    /* (35) (36) */
    d_hidden2_d_z_16_16(hidden2_r, net->in_x, d_hidden2_part, net->parameters + hidden2_weight, hidden2,
                        d_loss_d_hidden2_z, free_r2, d_loss_left, loss_d_free, net->parameters + free_weight,
                        hidden2_r2, batch);
    /* (48) */
    r6_16_16(hidden1_r6, hidden1, net->in_x, hidden2, d_loss_d_hidden2_z, net->parameters + free_weight,
             net->parameters + hidden2_weight, batch);
#pragma omp barrier
    /* (42) */
#pragma omp master
    d_bias_16(net->gradients + d_hidden2_bias, hidden2_r, batch);
    /* (37) */
#pragma omp master
    r5_16_16(hidden2_r3, hidden1, hidden2_r, batch);
    /* (41) */
#pragma omp master
    d_weight_16_16(net->gradients + d_hidden2_weight, net->parameters + free_weight, d_hidden2_weight_part,
                   hidden2_r5_part, hidden2_r5, hidden2_r6, net->parameters + hidden1_weight, hidden2_r3,
                   hidden2_r4, batch);
#pragma omp barrier
    /* (43) */
    linear_16_16_v2(hidden1_r2, hidden2_r, net->parameters + hidden2_weight, batch);
    /* (44) */
    d_z_16_16(hidden1_r2, hidden1, net->in_x, d_hidden1_z_part, net->parameters + hidden2_weight, d_loss_left,
              d_loss_d_hidden1_z2, loss_r2, net->parameters + hidden1_weight, loss_r, batch);
    /* (47) */
    r5_16(hidden1_r5, hidden1, net->in_x, d_loss_d_hidden1_z2, loss_r2, batch);
#pragma omp barrier
    /* (49) */
#pragma omp master
    d_weight_16_1(net->gradients + d_hidden1_weight, hidden1_r2, net->in_x, hidden1_r5, hidden1_r6, hidden1_r4,
                  hidden1_r3, batch);
    /* (50) */
#pragma omp master
    d_bias_16(net->gradients + d_hidden1_bias, hidden1_r2, batch);
}

double boundary_value_gradients(const boundary_value_network *net)
{
    if (net->threads > 1 && net->batch >= 512) {
#pragma omp parallel num_threads(net->threads)
        share_of_gradients(net);
    } else
        share_of_gradients(net);
    return (double)net->workspace[1072];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_input_gradients(const boundary_value_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 1136;
    real *const hidden1 = linear_part;
    real *const loss_d_hidden2_z_part = linear_part + 48 * capacity;
    real *const hidden2_r_part = linear_part + 32 * capacity;
    real *const hidden2_r5_part = linear_part + 16 * capacity;
    real *const hidden2_r = linear_part + 64 * capacity;
    real *const hidden2 = linear_part + 32 * capacity;
    real *const loss_d_hidden1_z2_part = linear_part + 112 * capacity;
    real *const hidden2_r6_part = linear_part + 128 * capacity;
    real *const free_ = linear_part + 209 * capacity;
    real *const loss_d_free = linear_part + 210 * capacity;
    real *const loss_d_hidden2_z = linear_part + 144 * capacity;
    real *const free_r2 = linear_part + 96 * capacity;
    real *const loss_r = linear_part + 48 * capacity;
    real *const loss_d_hidden1_z2 = linear_part + 160 * capacity;
    real *const loss_r2 = linear_part + 80 * capacity;
    real *const loss_r3 = linear_part + 208 * capacity;
    real *const loss_d_x2 = linear_part + 176 * capacity;
    real *const loss_left = linear_part + 209 * capacity;
    real *const d_loss_left = linear_part + 211 * capacity;
    real *const d_loss_r3 = linear_part + 212 * capacity;
    real *const d_free = linear_part + 213 * capacity;
    real *const hidden2_r5_part2 = linear_part + 112 * capacity;
    real *const hidden1_r3 = fixed + 1024;
    real *const hidden2_r5 = fixed;
    real *const hidden1_r4 = fixed + 1040;
    real *const loss = fixed + 1072;
    real *const hidden1_r = fixed + 256;
    real *const d_loss_d_hidden1_z2 = linear_part + 112 * capacity;
    real *const d_loss_r = linear_part + 192 * capacity;
    real *const d_hidden2_part = linear_part + 160 * capacity;
    real *const hidden2_r6_part2 = linear_part + 176 * capacity;
    real *const hidden1_r7 = linear_part + 212 * capacity;
    real *const hidden2_r6 = fixed + 256;
    real *const hidden2_r4 = fixed + 512;
    real *const d_loss_r2 = linear_part + 176 * capacity;
    real *const free_r4 = fixed + 768;
    real *const d_loss_d_hidden2_z = linear_part + 176 * capacity;
    real *const d_hidden2_weight_part = linear_part + 144 * capacity;
    real *const d_hidden1_z_part = linear_part + 128 * capacity;
    real *const free_r = linear_part + 192 * capacity;
    real *const hidden1_r9 = linear_part + 214 * capacity;
    real *const free_r3 = fixed + 784;
    real *const free_r5 = fixed + 800;
    real *const hidden2_r2 = fixed + 768;
    real *const d_hidden2_z = linear_part + 192 * capacity;
    real *const hidden1_r8 = linear_part + 210 * capacity;
    real *const hidden1_r6 = fixed + 1056;
    real *const hidden2_r3 = fixed + 768;
    real *const hidden1_r2 = linear_part + 64 * capacity;
    real *const hidden1_r5 = fixed;
    real *const d_x = linear_part + 211 * capacity;

    /* (1) (2) (8) (33) (39) */
    linear_tanh_r_r5_16_1(hidden1, loss_d_hidden2_z_part, hidden2_r_part, hidden2_r5_part, net->in_x,
                          net->parameters + hidden1_weight, net->parameters + hidden1_bias, batch);
    /* (33) */
    r_16_16(hidden2_r, hidden2_r_part, net->parameters + hidden2_weight, batch);
#pragma omp barrier
    /* (3) (4) (10) (40) */
    linear_tanh_r6_16_16(hidden2, loss_d_hidden1_z2_part, hidden2_r6_part, hidden1,
                         net->parameters + hidden2_weight, net->parameters + hidden2_bias,
                         net->parameters + free_weight, batch);
#pragma omp barrier
    /* (5) */
#pragma omp master
    linear_1_16(free_, hidden2, net->parameters + free_weight, net->parameters + free_bias, batch);
    /* (7) */
#pragma omp master
    linear_1(loss_d_free, net->in_x, batch);
#pragma omp barrier
    /* (8) */
    linear_16_16(loss_d_hidden2_z, hidden2, net->in_x, loss_d_hidden2_z_part, net->parameters + hidden2_weight,
                 loss_d_free, net->parameters + free_weight, batch);
    /* (27) */
    r_16_16(free_r2, loss_d_hidden2_z_part, net->parameters + hidden2_weight, batch);
#pragma omp barrier
    /* (9) */
    linear_16_16_v2(loss_r, loss_d_hidden2_z, net->parameters + hidden2_weight, batch);
    /* (10) */
    linear_16_16_v3(loss_d_hidden1_z2, hidden1, net->in_x, loss_d_hidden1_z2_part,
                    net->parameters + hidden2_weight, net->parameters + hidden1_weight, loss_r, batch);
    /* (11) */
    linear_16_16_v4(loss_r2, net->parameters + hidden2_weight, loss_d_hidden1_z2_part, batch);
#pragma omp barrier
    /* (12) */
    linear_16(loss_r3, hidden1, loss_r2, net->parameters + hidden1_weight, batch);
#pragma omp barrier
    /* (13) */
#pragma omp master
    linear_1_16_v2(loss_d_x2, loss_d_hidden1_z2, net->parameters + hidden1_weight, net->in_x, loss_r3, free_,
                   batch);
#pragma omp barrier
    /* (14) (16) (17) (20) (26) (39) */
    equation_d_left_d_x2_d_r3_1(loss_left, d_loss_left, d_loss_r3, loss_d_x2, d_free, hidden2_r5_part2, net->in_x,
                                hidden2, batch);
#pragma omp barrier
    /* (45) */
#pragma omp master
    r3_1_16(hidden1_r3, loss_d_x2, loss_d_hidden1_z2, batch);
    /* (39) */
#pragma omp master
    r5_16_16(hidden2_r5, hidden2_r5_part, hidden2_r5_part2, batch);
    /* (46) */
    r4_16(hidden1_r4, hidden1, d_loss_r3, loss_r2, batch);
    /* (15) */
#pragma omp master
    equation_v3(loss, loss_left, batch);
    /* (32) */
#pragma omp master
    d_bias_1(net->gradients + d_free_bias, d_free, batch);
    /* (18) */
#pragma omp master
    r_16_1(hidden1_r, net->parameters + hidden1_weight);
#pragma omp barrier
    /* (19) (22) (35) (40) (51) */
    d_z2_d_r_d_hidden2_r6_16_v2(d_loss_d_hidden1_z2, d_loss_r, d_hidden2_part, hidden2_r6_part2, hidden1_r7,
                                loss_left, hidden1_r, hidden1, net->parameters + hidden1_weight, net->in_x,
                                loss_r2, batch);
#pragma omp barrier
    /* (40) */
#pragma omp master
    r5_16_16(hidden2_r6, hidden2_r6_part2, hidden2_r6_part, batch);
    /* (38) */
#pragma omp master
    r5_16_16(hidden2_r4, d_loss_r, loss_d_hidden2_z, batch);
#pragma omp barrier
    /* (21) */
    d_r2_16(d_loss_r2, net->parameters + hidden1_weight, hidden1, net->in_x, loss_left, batch);
#pragma omp barrier
    /* (29) */
    r4_16_16(free_r4, net->parameters + hidden2_weight, hidden2, d_loss_r2, batch);
#pragma omp barrier
    /* (23) (41) (44) */
    d_z_d_weight_16_16(d_loss_d_hidden2_z, d_hidden2_weight_part, d_hidden1_z_part, d_loss_r,
                       net->parameters + hidden2_weight, hidden2, net->in_x, net->parameters + free_weight, batch);
#pragma omp barrier
    /* (24) */
    r_16(free_r, hidden2, d_loss_d_hidden2_z, net->parameters + free_weight, batch);
#pragma omp barrier
    /* (53) */
#pragma omp master
    r9_1(hidden1_r9, free_r, batch);
    /* (28) */
    r3_16(free_r3, hidden2, net->in_x, free_r2, loss_d_free, d_loss_d_hidden2_z, batch);
    /* (30) */
    r5_16_16_v2(free_r5, hidden2, net->in_x, hidden1, d_loss_d_hidden1_z2, net->parameters + hidden1_weight,
                net->parameters + hidden2_weight, batch);
#pragma omp barrier
    /* (31) */
#pragma omp master
    d_weight_1_16(net->gradients + d_free_weight, d_free, hidden2, free_r5, free_r3, free_r4, batch);
    /* (34) */
#pragma omp master
    r2_16_1(hidden2_r2, net->parameters + free_weight);
#pragma omp barrier
    /* (35) (36) */
    d_hidden2_d_z_16_16_v2(d_hidden2_z, net->in_x, d_hidden2_part, net->parameters + hidden2_weight, hidden2,
                           d_loss_d_hidden2_z, free_r2, d_loss_left, hidden2_r, loss_d_free,
                           net->parameters + free_weight, hidden2_r2, batch);
#pragma omp barrier
    /* (52) */
    r8_16(hidden1_r8, hidden2, d_loss_d_hidden2_z, free_r2, net->parameters + free_weight, batch);
    /* (48) */
    r6_16_16(hidden1_r6, hidden1, net->in_x, hidden2, d_loss_d_hidden2_z, net->parameters + free_weight,
             net->parameters + hidden2_weight, batch);
    /* (42) */
#pragma omp master
    d_bias_16(net->gradients + d_hidden2_bias, d_hidden2_z, batch);
    /* (37) */
#pragma omp master
    r5_16_16(hidden2_r3, hidden1, d_hidden2_z, batch);
    /* (41) */
#pragma omp master
    d_weight_16_16(net->gradients + d_hidden2_weight, net->parameters + free_weight, d_hidden2_weight_part,
                   hidden2_r5_part, hidden2_r5, hidden2_r6, net->parameters + hidden1_weight, hidden2_r3,
                   hidden2_r4, batch);
    /* (43) */
    linear_16_16_v2(hidden1_r2, d_hidden2_z, net->parameters + hidden2_weight, batch);
    /* (44) */
    d_z_16_16(hidden1_r2, hidden1, net->in_x, d_hidden1_z_part, net->parameters + hidden2_weight, d_loss_left,
              d_loss_d_hidden1_z2, loss_r2, net->parameters + hidden1_weight, loss_r, batch);
#pragma omp barrier
    /* (47) */
    r5_16(hidden1_r5, hidden1, net->in_x, d_loss_d_hidden1_z2, loss_r2, batch);
    /* (54) */
#pragma omp master
    d_x_1_16(d_x, hidden1_r2, net->parameters + hidden1_weight, net->in_x, hidden1_r7, hidden1_r8, loss_r3,
             loss_left, hidden1_r9, batch);
#pragma omp barrier
    /* (49) */
#pragma omp master
    d_weight_16_1(net->gradients + d_hidden1_weight, hidden1_r2, net->in_x, hidden1_r5, hidden1_r6, hidden1_r4,
                  hidden1_r3, batch);
    /* (50) */
#pragma omp master
    d_bias_16(net->gradients + d_hidden1_bias, hidden1_r2, batch);
}

double boundary_value_input_gradients(const boundary_value_network *net)
{
    if (net->threads > 1 && net->batch >= 512) {
#pragma omp parallel num_threads(net->threads)
        share_of_input_gradients(net);
    } else
        share_of_input_gradients(net);
    return (double)net->workspace[1072];
}

/* What each of the threads does: all of it, but for loops divided among them, and calls that the first one makes. */
static void share_of_step(const boundary_value_network *net)
{
    const int batch = net->batch;
    const size_t capacity = (size_t)net->capacity;
    real *const fixed = net->workspace;
    real *const linear_part = net->workspace + 1136;
    double *const optimizer_rate = (double *)(fixed + 1120);
    double *const optimizer_scale = (double *)(fixed + 1122);
    real *const hidden1 = linear_part;
    real *const loss_d_hidden2_z_part = linear_part + 64 * capacity;
    real *const hidden2_r_part = linear_part + 32 * capacity;
    real *const hidden2_r5_part = linear_part + 16 * capacity;
    real *const hidden2_r = linear_part + 48 * capacity;
    real *const hidden2 = linear_part + 32 * capacity;
    real *const loss_d_hidden1_z2_part = linear_part + 144 * capacity;
    real *const hidden2_r6_part = linear_part + 112 * capacity;
    real *const free_ = linear_part + 176 * capacity;
    real *const loss_d_free = linear_part + 208 * capacity;
    real *const loss_d_hidden2_z = linear_part + 128 * capacity;
    real *const free_r2 = linear_part + 96 * capacity;
    real *const loss_r = linear_part + 64 * capacity;
    real *const loss_d_hidden1_z2 = linear_part + 160 * capacity;
    real *const loss_r2 = linear_part + 80 * capacity;
    real *const loss_r3 = linear_part + 144 * capacity;
    real *const loss_d_x2 = linear_part + 177 * capacity;
    real *const loss_left = linear_part + 211 * capacity;
    real *const d_loss_left = linear_part + 210 * capacity;
    real *const d_loss_r3 = linear_part + 176 * capacity;
    real *const d_free = linear_part + 209 * capacity;
    real *const hidden2_r5_part2 = linear_part + 144 * capacity;
    real *const hidden1_r3 = fixed + 1024;
    real *const hidden2_r5 = fixed;
    real *const hidden1_r4 = fixed + 1040;
    real *const loss = fixed + 1124;
    real *const hidden1_r = fixed + 256;
    real *const d_loss_d_hidden1_z2 = linear_part + 144 * capacity;
    real *const d_loss_r = linear_part + 176 * capacity;
    real *const d_hidden2_part = linear_part + 160 * capacity;
    real *const hidden2_r6_part2 = linear_part + 192 * capacity;
    real *const hidden2_r6 = fixed + 256;
    real *const hidden2_r4 = fixed + 512;
    real *const d_loss_r2 = linear_part + 112 * capacity;
    real *const free_r4 = fixed + 1056;
    real *const d_loss_d_hidden2_z = linear_part + 192 * capacity;
    real *const d_hidden2_weight_part = linear_part + 112 * capacity;
    real *const d_hidden1_z_part = linear_part + 128 * capacity;
    real *const free_r3 = fixed + 1072;
    real *const free_r5 = fixed + 1088;
    real *const hidden2_r2 = fixed + 768;
    real *const hidden1_r6 = fixed + 1104;
    real *const hidden2_r3 = fixed + 768;
    real *const hidden1_r2 = linear_part + 96 * capacity;
    real *const hidden1_r5 = fixed;

    /* (55) (56) (57) */
#pragma omp master
    adam_rate_next_step(optimizer_rate, optimizer_scale, net->counters + t, net->settings + lr,
                        net->settings + beta1, net->settings + beta2);
    /* (1) (2) (8) (33) (39) */
    linear_tanh_r_r5_16_1(hidden1, loss_d_hidden2_z_part, hidden2_r_part, hidden2_r5_part, net->in_x,
                          net->parameters + hidden1_weight, net->parameters + hidden1_bias, batch);
    /* (33) */
    r_16_16(hidden2_r, hidden2_r_part, net->parameters + hidden2_weight, batch);
#pragma omp barrier
    /* (3) (4) (10) (40) */
    linear_tanh_r6_16_16(hidden2, loss_d_hidden1_z2_part, hidden2_r6_part, hidden1,
                         net->parameters + hidden2_weight, net->parameters + hidden2_bias,
                         net->parameters + free_weight, batch);
#pragma omp barrier
    /* (5) */
#pragma omp master
    linear_1_16(free_, hidden2, net->parameters + free_weight, net->parameters + free_bias, batch);
    /* (7) */
#pragma omp master
    linear_1(loss_d_free, net->in_x, batch);
#pragma omp barrier
    /* (8) */
    linear_16_16(loss_d_hidden2_z, hidden2, net->in_x, loss_d_hidden2_z_part, net->parameters + hidden2_weight,
                 loss_d_free, net->parameters + free_weight, batch);
    /* (27) */
    r_16_16(free_r2, loss_d_hidden2_z_part, net->parameters + hidden2_weight, batch);
#pragma omp barrier
    /* (9) */
    linear_16_16_v2(loss_r, loss_d_hidden2_z, net->parameters + hidden2_weight, batch);
    /* (10) */
    linear_16_16_v3(loss_d_hidden1_z2, hidden1, net->in_x, loss_d_hidden1_z2_part,
                    net->parameters + hidden2_weight, net->parameters + hidden1_weight, loss_r, batch);
    /* (11) */
    linear_16_16_v4(loss_r2, net->parameters + hidden2_weight, loss_d_hidden1_z2_part, batch);
#pragma omp barrier
    /* (12) */
    linear_16(loss_r3, hidden1, loss_r2, net->parameters + hidden1_weight, batch);
#pragma omp barrier
    /* (13) */
#pragma omp master
    linear_1_16_v2(loss_d_x2, loss_d_hidden1_z2, net->parameters + hidden1_weight, net->in_x, loss_r3, free_,
                   batch);
#pragma omp barrier
    /* (14) (16) (17) (20) (26) (39) */
    equation_d_left_d_x2_d_r3_1(loss_left, d_loss_left, d_loss_r3, loss_d_x2, d_free, hidden2_r5_part2, net->in_x,
                                hidden2, batch);
#pragma omp barrier
    /* (45) */
#pragma omp master
    r3_1_16(hidden1_r3, loss_d_x2, loss_d_hidden1_z2, batch);
    /* (39) */
#pragma omp master
    r5_16_16(hidden2_r5, hidden2_r5_part, hidden2_r5_part2, batch);
    /* (46) */
    r4_16(hidden1_r4, hidden1, d_loss_r3, loss_r2, batch);
    /* (32) (73) (74) (75) */
#pragma omp master
    d_bias_adam_1(net->states + free_bias_m, net->states + free_bias_v, net->parameters + free_bias, d_free,
                  net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                  net->settings + eps, batch);
    /* (15) */
#pragma omp master
    equation_v3(loss, loss_left, batch);
    /* (18) */
#pragma omp master
    r_16_1(hidden1_r, net->parameters + hidden1_weight);
#pragma omp barrier
    /* (19) (22) (35) (40) */
    d_z2_d_r_d_hidden2_r6_16(d_loss_d_hidden1_z2, d_loss_r, d_hidden2_part, hidden2_r6_part2, loss_left, hidden1_r,
                             hidden1, net->parameters + hidden1_weight, net->in_x, batch);
#pragma omp barrier
    /* (40) */
#pragma omp master
    r5_16_16(hidden2_r6, hidden2_r6_part2, hidden2_r6_part, batch);
    /* (38) */
#pragma omp master
    r5_16_16(hidden2_r4, d_loss_r, loss_d_hidden2_z, batch);
#pragma omp barrier
    /* (21) */
    d_r2_16(d_loss_r2, net->parameters + hidden1_weight, hidden1, net->in_x, loss_left, batch);
#pragma omp barrier
    /* (29) */
    r4_16_16(free_r4, net->parameters + hidden2_weight, hidden2, d_loss_r2, batch);
#pragma omp barrier
    /* (23) (41) (44) */
    d_z_d_weight_16_16(d_loss_d_hidden2_z, d_hidden2_weight_part, d_hidden1_z_part, d_loss_r,
                       net->parameters + hidden2_weight, hidden2, net->in_x, net->parameters + free_weight, batch);
#pragma omp barrier
    /* (28) */
    r3_16(free_r3, hidden2, net->in_x, free_r2, loss_d_free, d_loss_d_hidden2_z, batch);
    /* (30) */
    r5_16_16_v2(free_r5, hidden2, net->in_x, hidden1, d_loss_d_hidden1_z2, net->parameters + hidden1_weight,
                net->parameters + hidden2_weight, batch);
    /* (34) */
#pragma omp master
    r2_16_1(hidden2_r2, net->parameters + free_weight);
#pragma omp barrier
    /* (35) (36) */
    d_hidden2_d_z_16_16(hidden2_r, net->in_x, d_hidden2_part, net->parameters + hidden2_weight, hidden2,
                        d_loss_d_hidden2_z, free_r2, d_loss_left, loss_d_free, net->parameters + free_weight,
                        hidden2_r2, batch);
    /* (48) */
    r6_16_16(hidden1_r6, hidden1, net->in_x, hidden2, d_loss_d_hidden2_z, net->parameters + free_weight,
             net->parameters + hidden2_weight, batch);
#pragma omp barrier
    /* (42) (67) (68) (69) */
#pragma omp master
    d_bias_adam_16(net->states + hidden2_bias_m, net->states + hidden2_bias_v, net->parameters + hidden2_bias,
                   hidden2_r, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                   net->settings + eps, batch);
    /* (37) */
#pragma omp master
    r5_16_16(hidden2_r3, hidden1, hidden2_r, batch);
    /* (43) */
    linear_16_16_v2(hidden1_r2, hidden2_r, net->parameters + hidden2_weight, batch);
    /* (44) */
    d_z_16_16(hidden1_r2, hidden1, net->in_x, d_hidden1_z_part, net->parameters + hidden2_weight, d_loss_left,
              d_loss_d_hidden1_z2, loss_r2, net->parameters + hidden1_weight, loss_r, batch);
#pragma omp barrier
    /* (41) (64) (65) (66) */
#pragma omp master
    d_weight_adam_16_16(net->states + hidden2_weight_m, net->states + hidden2_weight_v,
                        net->parameters + hidden2_weight, net->parameters + free_weight, d_hidden2_weight_part,
                        hidden2_r5_part, hidden2_r5, hidden2_r6, net->parameters + hidden1_weight, hidden2_r3,
                        hidden2_r4, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                        net->settings + eps, batch);
#pragma omp barrier
    /* (47) */
    r5_16(hidden1_r5, hidden1, net->in_x, d_loss_d_hidden1_z2, loss_r2, batch);
    /* (31) (70) (71) (72) */
#pragma omp master
    d_weight_adam_1_16(net->states + free_weight_m, net->states + free_weight_v, net->parameters + free_weight,
                       d_free, hidden2, free_r5, free_r3, free_r4, net->settings + beta1, net->settings + beta2,
                       optimizer_rate, optimizer_scale, net->settings + eps, batch);
#pragma omp barrier
    /* (49) (58) (59) (60) */
#pragma omp master
    d_weight_adam_16_1(net->states + hidden1_weight_m, net->states + hidden1_weight_v,
                       net->parameters + hidden1_weight, hidden1_r2, net->in_x, hidden1_r5, hidden1_r6, hidden1_r4,
                       hidden1_r3, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                       net->settings + eps, batch);
    /* (50) (61) (62) (63) */
#pragma omp master
    d_bias_adam_16(net->states + hidden1_bias_m, net->states + hidden1_bias_v, net->parameters + hidden1_bias,
                   hidden1_r2, net->settings + beta1, net->settings + beta2, optimizer_rate, optimizer_scale,
                   net->settings + eps, batch);
}

double boundary_value_step(const boundary_value_network *net)
{
    if (net->threads > 1 && net->batch >= 512) {
#pragma omp parallel num_threads(net->threads)
        share_of_step(net);
    } else
        share_of_step(net);
    return (double)net->workspace[1124];
}

/* Steps of training, `count` of them, one after another.  The inputs have `batches` times net->batch rows: the steps
   take a batch after the other, the one numbered `first` to begin with, and after the last one the first again.
   Leaves the losses.  A loss that is infinite or not a number ends it.  Returns how many steps there were. */
int boundary_value_steps(const boundary_value_network *net, int first, int batches, int count, double *losses)
{
    boundary_value_network now = *net;
    for (int n = 0; n < count; n++) {
        const size_t row = (size_t)((first + n) % batches) * (size_t)net->batch;
        now.in_x = net->in_x + row;
        losses[n] = boundary_value_step(&now);
        if (!isfinite(losses[n]))
            return n + 1;
    }
    return count;
}

/* digits_small: see digits_small.c.

   A function of one call returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef digits_small_h
#define digits_small_h

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef float real;

typedef struct {
    int batch;    /* rows in this call */
    int capacity; /* rows that the workspace is laid out for, >= batch */
    int threads;  /* at most so many share the work of a call */
    real *parameters, *gradients, *states, *workspace;
    double *counters;
    const double *settings;
    const real *in_x; /* [B, 64] */
    const int32_t *in_label; /* [B] */
} digits_small_network;

double digits_small_forward(const digits_small_network *net);
double digits_small_loss(const digits_small_network *net);
double digits_small_gradients(const digits_small_network *net);
double digits_small_input_gradients(const digits_small_network *net);
double digits_small_step(const digits_small_network *net);
int digits_small_steps(const digits_small_network *net, int first, int batches, int count, double *losses);

#ifdef __cplusplus
}
#endif

#endif

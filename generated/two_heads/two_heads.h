/* two_heads: see two_heads.c.

   A function of one call returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef two_heads_h
#define two_heads_h

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
    const real *in_x; /* [B, 12] */
    const int32_t *in_label; /* [B] */
    const real *in_measure; /* [B, 1] */
} two_heads_network;

double two_heads_forward(const two_heads_network *net);
double two_heads_loss(const two_heads_network *net);
double two_heads_gradients(const two_heads_network *net);
double two_heads_input_gradients(const two_heads_network *net);
double two_heads_step(const two_heads_network *net);
int two_heads_steps(const two_heads_network *net, int first, int batches, int count, double *losses);

#ifdef __cplusplus
}
#endif

#endif

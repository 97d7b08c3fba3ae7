/* mnist_mlp: see mnist_mlp.c.

   A function of one call returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef mnist_mlp_h
#define mnist_mlp_h

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
    const real *in_x; /* [B, 784] */
    const int32_t *in_label; /* [B] */
} mnist_mlp_network;

double mnist_mlp_forward(const mnist_mlp_network *net);
double mnist_mlp_loss(const mnist_mlp_network *net);
double mnist_mlp_gradients(const mnist_mlp_network *net);
double mnist_mlp_input_gradients(const mnist_mlp_network *net);
double mnist_mlp_step(const mnist_mlp_network *net);
int mnist_mlp_steps(const mnist_mlp_network *net, int first, int batches, int count, double *losses);

#ifdef __cplusplus
}
#endif

#endif

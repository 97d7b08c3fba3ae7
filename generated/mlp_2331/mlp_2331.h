/* mlp_2331: see mlp_2331.c.

   A function of one call returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef mlp_2331_h
#define mlp_2331_h

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
    const real *in_x; /* [B, 2] */
    const real *in_y; /* [B, 1] */
} mlp_2331_network;

double mlp_2331_forward(const mlp_2331_network *net);
double mlp_2331_loss(const mlp_2331_network *net);
double mlp_2331_gradients(const mlp_2331_network *net);
double mlp_2331_input_gradients(const mlp_2331_network *net);
double mlp_2331_step(const mlp_2331_network *net);
int mlp_2331_steps(const mlp_2331_network *net, int first, int batches, int count, double *losses);

#ifdef __cplusplus
}
#endif

#endif

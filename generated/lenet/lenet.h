/* lenet: see lenet.c.

   A function of one call returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef lenet_h
#define lenet_h

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
    const real *in_x; /* [B, 1, 28, 28] */
    const int32_t *in_label; /* [B] */
} lenet_network;

double lenet_forward(const lenet_network *net);
double lenet_loss(const lenet_network *net);
double lenet_gradients(const lenet_network *net);
double lenet_input_gradients(const lenet_network *net);
double lenet_step(const lenet_network *net);
int lenet_steps(const lenet_network *net, int first, int batches, int count, double *losses);

#ifdef __cplusplus
}
#endif

#endif

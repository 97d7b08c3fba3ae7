/* boundary_value: see boundary_value.c.

   A function of one call returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef boundary_value_h
#define boundary_value_h

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
    const real *in_x; /* [B, 1] */
} boundary_value_network;

double boundary_value_forward(const boundary_value_network *net);
double boundary_value_loss(const boundary_value_network *net);
double boundary_value_gradients(const boundary_value_network *net);
double boundary_value_input_gradients(const boundary_value_network *net);
double boundary_value_step(const boundary_value_network *net);
int boundary_value_steps(const boundary_value_network *net, int first, int batches, int count, double *losses);

#ifdef __cplusplus
}
#endif

#endif

/* gated_unit: see gated_unit.c.

   A function of one call returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef gated_unit_h
#define gated_unit_h

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
    const real *in_x; /* [B, 5] */
    const real *in_y; /* [B, 1] */
} gated_unit_network;

double gated_unit_forward(const gated_unit_network *net);
double gated_unit_loss(const gated_unit_network *net);
double gated_unit_gradients(const gated_unit_network *net);
double gated_unit_input_gradients(const gated_unit_network *net);
double gated_unit_step(const gated_unit_network *net);
int gated_unit_steps(const gated_unit_network *net, int first, int batches, int count, double *losses);

#ifdef __cplusplus
}
#endif

#endif

/* squared_distance: see squared_distance.c.

   A function of one call returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef squared_distance_h
#define squared_distance_h

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
    const real *in_x; /* [B, 4] */
    const int32_t *in_label; /* [B] */
} squared_distance_network;

double squared_distance_forward(const squared_distance_network *net);
double squared_distance_loss(const squared_distance_network *net);
double squared_distance_gradients(const squared_distance_network *net);
double squared_distance_input_gradients(const squared_distance_network *net);
double squared_distance_step(const squared_distance_network *net);
int squared_distance_steps(const squared_distance_network *net, int first, int batches, int count, double *losses);

#ifdef __cplusplus
}
#endif

#endif

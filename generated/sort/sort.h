/* sort: see sort.c.

   A function of one call returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef sort_h
#define sort_h

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
    const int32_t *in_source; /* [B, 8] */
    const int32_t *in_shifted; /* [B, 8] */
    const int32_t *in_target; /* [B, 8] */
} sort_network;

double sort_forward(const sort_network *net);
double sort_loss(const sort_network *net);
double sort_gradients(const sort_network *net);
double sort_step(const sort_network *net);
int sort_steps(const sort_network *net, int first, int batches, int count, double *losses);

#ifdef __cplusplus
}
#endif

#endif

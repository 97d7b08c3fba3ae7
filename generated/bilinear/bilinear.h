/* bilinear: see bilinear.c.

   A function of one call returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef bilinear_h
#define bilinear_h

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
    const real *in_x; /* [B, 6] */
    const real *in_y; /* [B, 2] */
} bilinear_network;

double bilinear_forward(const bilinear_network *net);
double bilinear_loss(const bilinear_network *net);
double bilinear_gradients(const bilinear_network *net);
double bilinear_input_gradients(const bilinear_network *net);
double bilinear_step(const bilinear_network *net);
int bilinear_steps(const bilinear_network *net, int first, int batches, int count, double *losses);

#ifdef __cplusplus
}
#endif

#endif

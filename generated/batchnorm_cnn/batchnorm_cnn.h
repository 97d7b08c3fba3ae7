/* batchnorm_cnn: see batchnorm_cnn.c.

   A function of one call returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef batchnorm_cnn_h
#define batchnorm_cnn_h

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
    const real *in_x; /* [B, 1, 8, 8] */
    const int32_t *in_label; /* [B] */
} batchnorm_cnn_network;

double batchnorm_cnn_forward(const batchnorm_cnn_network *net);
double batchnorm_cnn_loss(const batchnorm_cnn_network *net);
double batchnorm_cnn_gradients(const batchnorm_cnn_network *net);
double batchnorm_cnn_input_gradients(const batchnorm_cnn_network *net);
double batchnorm_cnn_step(const batchnorm_cnn_network *net);
int batchnorm_cnn_steps(const batchnorm_cnn_network *net, int first, int batches, int count, double *losses);

#ifdef __cplusplus
}
#endif

#endif

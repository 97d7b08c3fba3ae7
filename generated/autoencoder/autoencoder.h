/* autoencoder: see autoencoder.c.

   A function of one call returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef autoencoder_h
#define autoencoder_h

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
} autoencoder_network;

double autoencoder_forward(const autoencoder_network *net);
double autoencoder_loss(const autoencoder_network *net);
double autoencoder_gradients(const autoencoder_network *net);
double autoencoder_input_gradients(const autoencoder_network *net);
double autoencoder_step(const autoencoder_network *net);
int autoencoder_steps(const autoencoder_network *net, int first, int batches, int count, double *losses);

#ifdef __cplusplus
}
#endif

#endif

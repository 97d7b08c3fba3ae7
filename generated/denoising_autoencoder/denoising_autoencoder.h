/* denoising_autoencoder: see denoising_autoencoder.c.

   A function of one call returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef denoising_autoencoder_h
#define denoising_autoencoder_h

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
    const real *in_x; /* [B, 64] */
} denoising_autoencoder_network;

double denoising_autoencoder_forward(const denoising_autoencoder_network *net);
double denoising_autoencoder_loss(const denoising_autoencoder_network *net);
double denoising_autoencoder_gradients(const denoising_autoencoder_network *net);
double denoising_autoencoder_input_gradients(const denoising_autoencoder_network *net);
double denoising_autoencoder_step(const denoising_autoencoder_network *net);
int denoising_autoencoder_steps(const denoising_autoencoder_network *net, int first, int batches, int count, double *losses);

#ifdef __cplusplus
}
#endif

#endif

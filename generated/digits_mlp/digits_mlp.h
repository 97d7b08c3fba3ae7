/* digits_mlp: see digits_mlp.c.

   A function of one call returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef digits_mlp_h
#define digits_mlp_h

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
    const int32_t *in_label; /* [B] */
} digits_mlp_network;

double digits_mlp_forward(const digits_mlp_network *net);
double digits_mlp_loss(const digits_mlp_network *net);
double digits_mlp_gradients(const digits_mlp_network *net);
double digits_mlp_input_gradients(const digits_mlp_network *net);
double digits_mlp_step(const digits_mlp_network *net);
int digits_mlp_steps(const digits_mlp_network *net, int first, int batches, int count, double *losses);

#ifdef __cplusplus
}
#endif

#endif

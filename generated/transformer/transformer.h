/* transformer: see transformer.c.

   A function of one call returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef transformer_h
#define transformer_h

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
    const int32_t *in_text; /* [B, 64] */
    const int32_t *in_next; /* [B, 64] */
} transformer_network;

double transformer_forward(const transformer_network *net);
double transformer_loss(const transformer_network *net);
double transformer_gradients(const transformer_network *net);
double transformer_step(const transformer_network *net);
int transformer_steps(const transformer_network *net, int first, int batches, int count, double *losses);

#ifdef __cplusplus
}
#endif

#endif

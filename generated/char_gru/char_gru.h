/* char_gru: see char_gru.c.

   A function of one call returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef char_gru_h
#define char_gru_h

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
} char_gru_network;

double char_gru_forward(const char_gru_network *net);
double char_gru_loss(const char_gru_network *net);
double char_gru_gradients(const char_gru_network *net);
double char_gru_step(const char_gru_network *net);
int char_gru_steps(const char_gru_network *net, int first, int batches, int count, double *losses);

#ifdef __cplusplus
}
#endif

#endif

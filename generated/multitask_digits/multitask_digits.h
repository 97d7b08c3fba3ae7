/* multitask_digits: see multitask_digits.c.

   A function of one call returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef multitask_digits_h
#define multitask_digits_h

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
    const real *in_features; /* [B, 64] */
    const int32_t *in_target; /* [B] */
    const real *in_odd; /* [B, 1] */
} multitask_digits_network;

double multitask_digits_forward(const multitask_digits_network *net);
double multitask_digits_loss(const multitask_digits_network *net);
double multitask_digits_gradients(const multitask_digits_network *net);
double multitask_digits_input_gradients(const multitask_digits_network *net);
double multitask_digits_step(const multitask_digits_network *net);
int multitask_digits_steps(const multitask_digits_network *net, int first, int batches, int count, double *losses);

#ifdef __cplusplus
}
#endif

#endif

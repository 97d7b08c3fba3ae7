/* logistic_regression: see logistic_regression.c.

   A function of one call returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef logistic_regression_h
#define logistic_regression_h

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
    const real *in_x; /* [B, 30] */
    const real *in_y; /* [B, 1] */
} logistic_regression_network;

double logistic_regression_forward(const logistic_regression_network *net);
double logistic_regression_loss(const logistic_regression_network *net);
double logistic_regression_gradients(const logistic_regression_network *net);
double logistic_regression_input_gradients(const logistic_regression_network *net);
double logistic_regression_step(const logistic_regression_network *net);
int logistic_regression_steps(const logistic_regression_network *net, int first, int batches, int count, double *losses);

#ifdef __cplusplus
}
#endif

#endif

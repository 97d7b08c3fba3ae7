/* xor: see xor_.c.

   A function of one call returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef xor__h
#define xor__h

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
    const real *in_x; /* [B, 2] */
    const real *in_y; /* [B, 1] */
} xor__network;

double xor__forward(const xor__network *net);
double xor__loss(const xor__network *net);
double xor__gradients(const xor__network *net);
double xor__input_gradients(const xor__network *net);
double xor__step(const xor__network *net);
int xor__steps(const xor__network *net, int first, int batches, int count, double *losses);

#ifdef __cplusplus
}
#endif

#endif

/* digits_student: see digits_student.c.

   A function of one call returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef digits_student_h
#define digits_student_h

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
    const real *in_teacher; /* [B, 10] */
} digits_student_network;

double digits_student_forward(const digits_student_network *net);
double digits_student_loss(const digits_student_network *net);
double digits_student_gradients(const digits_student_network *net);
double digits_student_input_gradients(const digits_student_network *net);
double digits_student_step(const digits_student_network *net);
int digits_student_steps(const digits_student_network *net, int first, int batches, int count, double *losses);

#ifdef __cplusplus
}
#endif

#endif

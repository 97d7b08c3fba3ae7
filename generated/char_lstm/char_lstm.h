/* char_lstm: see char_lstm.c.

   Each function returns the loss (0 where it computes none), leaves its results in the workspace, and touches
   no memory but that of the struct: calls on different structs may run at the same time.                     */
#ifndef char_lstm_h
#define char_lstm_h

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef float real;

typedef struct {
    int batch;    /* rows in this call */
    int capacity; /* rows that the workspace is laid out for, >= batch */
    real *parameters, *gradients, *states, *workspace;
    double *counters;
    const double *settings;
    const int32_t *in_text; /* [B, 64] */
    const int32_t *in_next; /* [B, 64] */
} char_lstm_network;

double char_lstm_forward(const char_lstm_network *net);
double char_lstm_loss(const char_lstm_network *net);
double char_lstm_gradients(const char_lstm_network *net);
double char_lstm_step(const char_lstm_network *net);

#ifdef __cplusplus
}
#endif

#endif

/* The numbers of rock4 by degree. */
#ifndef ES_ODE_ROCK4_DEGREE_H
#define ES_ODE_ROCK4_DEGREE_H

#include <stddef.h>

/* Degree s = stages: |R(z)| <= 1 for -length <= z <= 0, at most .95 or so where
 * it oscillates; w and x0 give the polynomials, a and b are the last four
 * stages (rock4.c). Made by tests/oracle/rock4_table.py. */
typedef struct es_rock4_row {
  int stages;
  double length, w[4], x0, a[6], b[4];
} es_rock4_row;

enum { ES_ROCK4_STAGES = 200, ES_ROCK4_TREES = 5 }; /* most; see below */

/* stages - 4 entries in mu and kappa. */
typedef struct es_rock4_degree {
  const es_rock4_row *row;
  double mu[ES_ROCK4_STAGES], kappa[ES_ROCK4_STAGES];
  double column[ES_ROCK4_TREES][ES_ROCK4_TREES];
} es_rock4_degree;

/* Number of degrees and the row of one, in rising order. */
size_t es_rock4_rows(void);
const es_rock4_row *es_rock4_row_at(size_t index);

/* Sets mu and kappa of the recurrence, j = 1..stages - 4,
 *   P_j = (mu_j z + 1 + kappa_j) P_(j-1) - kappa_j P_(j-2),  P_0 = 1,
 * and with g = g_m and the last four slopes k_i of rock4.c the column that
 *   column[i][0] (g - y) + h sum_j column[i][j] k_j,  i = 0..4,
 * is the elementary differential (Hairer, Norsett, Wanner II.2) of tree i times
 * h^nodes and vanishes for the others, of these five: h f; h^2 f'f; h^3 f''ff;
 * h^3 f'f'f; h^4 f'f'f'f. */
void es_rock4_degree_set(es_rock4_degree *out, const es_rock4_row *row);

#endif

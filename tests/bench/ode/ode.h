/* Work-precision of initial value solvers: problems, runs and results, shared
 * by the files of bench_ode.
 *
 * A problem is solved by every method through one right-hand side; answers are
 * held against a reference before anything is timed, in the same process, by
 * turns. Solutions are kept at the output times only. */
#ifndef ES_BENCH_ODE_H
#define ES_BENCH_ODE_H

#include "linalg/linalg.h"

#include <eigenstep/eigenstep.h>

enum { MOST_RTOLS = 6, MOST_ROUNDS = 5, MOST_ROWS = 160 };

typedef struct problem problem;
struct problem {
  const char *name, *title; /* a word; a line */
  size_t n;                 /* length of the state that is integrated */
  size_t cells, n_params;   /* independent systems, and numbers of each */
  size_t n_times, n_state;  /* outputs; length of the state that is compared */
  double *start, *params;   /* cells × n, cells × n_params, row by row */
  double *scale;            /* n: units of the absolute tolerance */
  double *times;            /* n_times, rising; the flow begins at 0 */
  es_ode_rhs rhs;           /* context: the cell's numbers, or the model */
  es_ode_jacobian jacobian; /* NULL: none */
  bool stiff;
  bool decades;       /* of time: explicit methods would never end */
  bool large;         /* no dense Jacobian; seconds a run */
  bool by_component;  /* error of each component relative to itself; else of
                         the state, in a norm, relative to its own */
  double wrong;       /* an answer is refused beyond wrong*rtol */
  double cap;         /* busy seconds after which a run is given up */
  const double *rtol; /* n_rtols, falling */
  size_t n_rtols;
  const char *published; /* where ref is from; NULL: none */
  const double *ref;     /* n: published values at the last output */
  /* Of Barlow Twins: settings that open the model from files, so that every
   * run can have one of its own; and one that is never integrated. */
  char gamma_word[320], W0_word[320];
  es_instance instance;
  es_congruence *eigen;
  double *gamma;
  size_t d;
};

/* How a run ended. */
typedef enum outcome {
  DONE,      /* reached the end */
  FAILED,    /* the method gave up; the note says why */
  OVER_TIME, /* beyond problem.cap */
  UNFIT,     /* not a method for this problem: no row */
  WRONG      /* reached the end with an error beyond problem.wrong*rtol */
} outcome;

/* One solve, or several of the same, of all cells of a problem. */
typedef struct run {
  const problem *p;
  double rtol, atol; /* atol in units of p->scale */
  double *out;       /* cells × n_times × n_state; NULL: not kept */
  void *context;     /* of p->rhs, for the cell under way */
  size_t cell;
  uint64_t rhs, jacobians, steps;
  double seconds;  /* of the solve alone */
  double deadline; /* of bench_busy */
  bool over;       /* the deadline has passed */
  char note[120];
} run;

typedef struct method method;
struct method {
  const char *package; /* "eigenstep", "GSL", "SUNDIALS", "SciPy" */
  char name[24];       /* in its package */
  outcome (*solve)(const method *m, run *r); /* NULL: in SciPy's process */
  const void *own;                           /* of that package */
  bool (*suits)(const method *m, const problem *p);
};

/* A method at a tolerance on a problem. */
typedef struct row {
  const method *method;
  double rtol;
  outcome outcome;
  bool chosen;                               /* what solver.method=auto takes */
  double error_state, error_observed, error; /* error: the larger */
  uint64_t rhs, jacobians, steps;
  double sample[MOST_ROUNDS], seconds; /* seconds: their median */
  size_t samples;
  char note[120];
} row;

/* problem_*.c. They end the process where memory or the library fails: nothing
 * can be measured then. false: the data set is not there. */
bool problem_barlow(problem *p, bool large, const char *folder);
void problem_modes(problem *p, size_t cells);
void problem_pleiades(problem *p);
void problem_robertson(problem *p);
void problem_hires(problem *p);
void problem_van_der_pol(problem *p);
void problem_free(problem *p);
/* Room for start, params, scale and times of a problem of these sizes. */
void problem_room(problem *p);

/* The state that is compared, from what is integrated (run.out's layout). */
void problem_state(const problem *p, void *self, const double *y, double *out);
/* A model of the run's own, where the problem has one. */
void problem_open(es_instance *out, const problem *p);
/* What the flow's solver.method=auto is on this problem; NULL: no model. */
const char *problem_auto(const problem *p, char *name, size_t size);
/* Eigenvalues of C (d) from a compared state; false: the problem has none. */
bool problem_observe(const problem *p, const double *state, double *lambda);

/* One counted evaluation of a cell; false once the deadline is passed or where
 * the function fails. */
bool run_rhs(run *r, double t, const double *y, double *dydt);
bool run_jacobian(run *r, double t, const double *y, double *J, double *dfdt);
/* Begins cell j with the problem's own model or numbers; its start into y. */
void run_cell(run *r, size_t j, double *y);
/* Keeps y, a solution of p->instance, at output k of the cell under way. */
void run_keep(run *r, size_t k, const double *y);
/* FAILED or OVER_TIME, with the note. */
outcome run_failed(run *r, const char *note);

/* Methods of a package into out[0..most); how many. */
size_t methods_ours(method *out, size_t most);
size_t methods_gsl(method *out, size_t most);
size_t methods_sundials(method *out, size_t most);
size_t methods_scipy(method *out, size_t most);

/* One of them by name. */
method method_ours(const char *stepper);
method method_gsl(const char *name);

/* Versions, for the record: into out, "" where the package is not there. */
const char *version_sundials(char *out, size_t size);
const char *version_scipy(char *out, size_t size, const char *script);

/* Solves with all rows of SciPy in one process of `threads` threads; seconds,
 * counts and outcomes into the rows. out[i] (NULL: not wanted) gets the
 * solution of row i. Rows whose want is false are left alone. */
void scipy_solve(const problem *p, row *rows, const bool *want, double **out,
                 size_t n, size_t threads, const char *folder,
                 const char *script);
/* Writes the problem's numbers for SciPy into the folder. */
void scipy_write(const problem *p, const char *folder);

/* The reference: out as in run.out, *agreement the distance of two methods
 * from each other, the names of which go to `by`. false: none was reached. */
bool reference(double *out, double *agreement, char *by, size_t size,
               const problem *p);
/* Largest errors of a solution over cells and outputs. */
void compare(double *state, double *observed, const problem *p,
             const double *got, const double *want);

/* Solves a row once: counts, outcome and, unless wrong, a sample of time. */
void row_solve(row *r, const problem *p, const double *reference, double *out);
void row_judge(row *r, const problem *p, const double *reference,
               const double *out);
void row_settle(row *r); /* the median of its samples */

void *bench_room(size_t n, size_t size); /* zeroed, or the process ends */
void bench_stop(es_status status, const es_diag *diag);
const char *outcome_word(outcome o);
/* Seconds that this thread computed: others' load on the machine does not end
 * a run. */
double bench_busy(void);

#endif

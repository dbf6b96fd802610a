/* Initial value problems y' = f(t, y): steppers with step control, dense
 * output, event location and budgets. A solve always ends: it reaches its end,
 * or it returns a status with t, h and the number of steps in the diagnostic.
 *
 * References: Hairer, Norsett, Wanner, "Solving Ordinary Differential Equations
 * I" (2nd ed.), II.4 (step control), II.5 and II.10 (dop853), II.6 (dense
 * output), III.5 (adams); Tsitouras, Comput. Math. Appl. 62 (2011) 770-775
 * (tsit5); Abdulle, SIAM J. Sci. Comput. 23 (2002) 2041-2054 (rock4); Hairer,
 * Wanner, "... II", IV.7, and Steinebach, BIT 63 (2023) 27 (rosenbrock). */
#ifndef EIGENSTEP_ODE_H
#define EIGENSTEP_ODE_H

#include <eigenstep/status.h>
#include <stdbool.h>
#include <stdint.h>

ES_API_BEGIN

/* Call it once, before anything else of the library and before any thread:
 * it switches GSL's error handler off, which otherwise may end the process. A
 * second call changes nothing. Without it the library still never aborts, but
 * has to put the handler aside and back whenever it asks GSL for memory or for
 * a step of gsl-msadams or gsl-msbdf, which threads then take in turns. */
void es_init(void);

/* dydt = f(t, y). Return ES_OK, or any other status to reject: a step whose
 * evaluation fails is retried with a smaller h, and the solve gives
 * ES_RHS_FAILED when no smaller h helps; a fixed-step method ends at once.
 * ES_INTERRUPTED and ES_NO_MEMORY end the solve as they are. A line left in
 * the diagnostic that the solve was given is appended to the solve's own. */
typedef es_status (*es_ode_rhs)(double t, const double *y, double *dydt,
                                void *context);

/* g[0..n_events) at (t, y): an event is where a component changes sign, that
 * is, differs in sign from its last value other than 0; so a zero at the start
 * is none, nor is a zero touched and left on the same side. Signs are compared
 * at both ends of a step and at four places inside it: two crossings between
 * neighbours among these go unseen. With a fixed-step method signs are compared
 * at the steps alone and the place is found on the straight line between. A g
 * that is not a number ends the solve with ES_NOT_FINITE. */
typedef void (*es_ode_events)(double t, const double *y, double *g,
                              void *context);

/* Called at each event in order of time, y interpolated to its place, direction
 * 1 where g rises and -1 where it falls. Return true to end the solve there;
 * outputs up to that time, it included, come before, and none after. */
typedef bool (*es_ode_on_event)(size_t event, int direction, double t,
                                const double *y, void *context);

/* Called at each requested time in order; anything but ES_OK ends the solve
 * with that status. NULL is accepted: nothing is called. */
typedef es_status (*es_ode_output)(size_t index, double t, const double *y,
                                   void *context);

/* J = df/dy (n×n, column-major) and dfdt = df/dt (n) at (t, y). Both come
 * zeroed: what is zero need not be written. Any status but ES_OK rejects, as
 * for the right-hand side. */
typedef es_status (*es_ode_jacobian)(double t, const double *y, double *J,
                                     double *dfdt, void *context);

/* A linear operator L that stands for df/dy where y moves fast, for exponential
 * methods: freeze fixes L at (t, y) for steps of up to h from there, phi turns
 * v (n) into phi(tau L) v with phi(z) = (e^z - 1)/z, 0 < tau <= h. L need not
 * be the Jacobian: the order of a method does not depend on it, but the better
 * it is, the longer the steps; and phi may be any function of tau that is
 * smooth and the identity at tau = 0. What freeze returns counts as the
 * right-hand side's status does; phi may be called many times with one tau
 * before the next. */
typedef struct es_ode_linear {
  es_status (*freeze)(double t, const double *y, double h, void *context);
  void (*phi)(double tau, double *v, void *context);
} es_ode_linear;

typedef struct es_ode_system {
  size_t n; /* length of y */
  es_ode_rhs rhs;
  size_t n_events; /* 0: none; the two below may then be NULL */
  es_ode_events events;
  es_ode_on_event on_event;
  void *context;            /* handed to all of these and to the output */
  es_ode_jacobian jacobian; /* NULL: differences of f where one is needed */
  es_ode_linear linear;     /* NULLs: no fast part is known */
} es_ode_system;

typedef struct es_ode_options {
  const char *method;  /* a name in es_stepper_list, or auto ["tsit5"] */
  double rtol;         /* relative tolerance per step, 1 [1e-9], (0, 1) */
  double atol;         /* absolute tolerance in units of scale [1e-12], >= 0 */
  const double *scale; /* n positive numbers, or NULL: all 1; copied */
  double h0;           /* first step, time [0: chosen]; fixed-step methods: the
                          step itself, required */
  double h_max;        /* longest step, time [0: no limit] */
  uint64_t max_steps;  /* accepted and rejected steps; 0: no limit [10^8] */
  double limit; /* largest |y_i|/scale_i, 1 [0: none]: the solve ends with
                   ES_DIVERGED at the first crossing, which is located as an
                   event is, or at a start beyond it */
  bool stop_when_steady;        /* [false], see below */
  bool (*stopping)(void *self); /* polled every step [NULL]: ES_INTERRUPTED */
  void *stopping_self;
} es_ode_options;

/* method auto: begins with dop853, or tsit5 where rtol > 1e-4. Where fast modes
 * hold its steps short another method takes over: exponential where the system
 * has a linear part; else rosenbrock for n up to 1024, for as long as that
 * pays; else rock4 where rtol >= 1e-8. es_ode_method says what ran. Where
 * nothing is stiff it has the bits of the method it began with. */

/* stop_when_steady: once |f_i| (t_end - t) <= atol*scale_i + rtol*|y_i| for all
 * i after two accepted steps in a row, the state is taken to be final: the
 * outputs that remain are delivered from it, no event is looked for, and the
 * solve ends ES_OK at t_end. (An adaptive method then also keeps its steps
 * below the time in which the fastest mode moves, so that errors die away,
 * too.) That is right as long as no |f_i| grows again, and of that there is no
 * sign in f: a saddle at y = 1 that is left by 1e-14 e^t passes for a steady
 * state, and so does the plateau before a step of a self-supervised method
 * unless the scale makes the growing mode's own size the measure. Hence off:
 * use it where the end is known to be stable.
 *
 * ES_ODE_FOREVER as the last time is an end that is not meant to be reached:
 * the state is then final once it would move as little in as much time as has
 * passed, |f_i| (t - t0) <= atol*scale_i + rtol*|y_i|, and the fastest mode had
 * a hundred of its times to move. */
#define ES_ODE_FOREVER 1e300

/* Fills in the defaults given in brackets. */
void es_ode_options_default(es_ode_options *options);

typedef struct es_ode_statistics {
  uint64_t steps, rejected, rhs_calls; /* accepted; not accepted; all */
  uint64_t jacobian_calls; /* those by differences are in rhs_calls too */
  uint64_t lu_calls;       /* factorisations */
  double h_last;           /* of the last accepted step */
  /* Accepted steps: of an explicit method, held short by a fast mode and not by
   * their error, as far as was looked for (a hint that rosenbrock would pay);
   * and of an L-stable one. */
  uint64_t stiff_steps, implicit_steps;
  uint64_t switches; /* of auto, from one method to the other */
  double t_stiff;    /* where 15 of the first kind had come in a row; NaN:
                        nowhere */
  double t_steady;   /* where stop_when_steady took effect; NaN: nowhere */
} es_ode_statistics;

typedef struct es_ode es_ode; /* workspace: nothing is allocated after _new */

/* Number of steppers and name, order and kind of each; name is NULL beyond the
 * last. */
typedef struct es_stepper_info {
  const char *name;
  int order, dense_order; /* dense_order 0: none (outputs fall on steps) */
  bool fixed_step;        /* h is h0 throughout: discrete descent */
  const char *summary;
} es_stepper_info;
es_stepper_info es_stepper_list(size_t index);

/* Makes a workspace. ES_BAD_VALUE names an option out of range or an unknown
 * method. Free with es_ode_free. */
es_status es_ode_new(es_ode **out, const es_ode_system *system,
                     const es_ode_options *options, es_diag *diag) ES_MUST_USE;
void es_ode_free(es_ode *ode);

/* Integrates from (t0, y0) through times[0..n), which must not fall and not
 * lie before t0, calling output at each of them (dense output; with a
 * fixed-step method at the nearest step k, with the actual t = t0 + k*h0).
 * On return y0 holds the last good state, at *t_reached (may be NULL), whatever
 * the status. ES_OK also when an event ended it. A failure leaves t, h and the
 * number of attempts (accepted and rejected) in the diagnostic. Where steps end
 * because y grows like (t_star - t)^-q, the message names t_star. */
es_status es_ode_solve(es_ode *ode, double t0, double *y0, const double *times,
                       size_t n, es_ode_output output, double *t_reached,
                       es_diag *diag) ES_MUST_USE;

/* Statistics of the last solve. */
es_ode_statistics es_ode_stats(const es_ode *ode);

/* What made the steps of the last solve: "dop853", or "dop853+rosenbrock" where
 * auto changed on the way; before any, what will begin. The workspace's own. */
const char *es_ode_method(const es_ode *ode);

ES_API_END

#endif

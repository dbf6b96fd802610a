/* Linear Barlow Twins in the basis where small W grow one column at a time,
 * shared by the files of the model: barlow_spectrum.c and barlow_open.c build
 * it, barlow_twins.c makes it an es_model, and a barlow_flow is what the choice
 * of loss and preconditioner changes.
 *
 * Z = W V, V orthogonal: the eigenvectors of Gamma, or, for the losses with
 * Sigma, of A = (1 - nu) Sigma + nu Gamma, whose eigenvalues are the rates at
 * which columns grow. Columns of Z that never move are left out of the solver's
 * state: it holds the k active columns only (d <= k <= m), d×k column-major. */
#ifndef ES_MODELS_LINEAR_BARLOW_H
#define ES_MODELS_LINEAR_BARLOW_H

#include "base/slab.h"
#include "data/data.h"
#include "linalg/linalg.h"

#include <eigenstep/model.h>

typedef struct es_barlow_fast es_barlow_fast; /* workspace of barlow_fast.c */
typedef struct es_barlow_factors es_barlow_factors;

/* Gamma v = rho Sigma v, v^T Sigma v = 1: the stationary W with rows
 * sqrt(beta_i) v_i^T, beta = 1 - nu + nu rho, of which the largest beta is
 * stable. */
typedef struct es_barlow_pencil {
  size_t n;       /* beta > 0 that the start can reach, falling; at most d */
  double *beta;   /* plateau of cov_lambda */
  double *lambda; /* of lambda: rho beta */
  double *s;      /* size of the row of W: sqrt(beta) |v| */
  double *gamma;  /* rho's numerator: v^T Gamma v/|v|^2 */
  double *V;      /* k×n in the state's columns: v */
} es_barlow_pencil;

typedef struct barlow barlow;

/* What an aligned mode is, of W = U diag(s) V^T, and its part of the loss. */
typedef struct barlow_mode {
  double s, lambda, cov_lambda, loss;
} barlow_mode;

/* A loss and how W follows it: one constant per combination, in the table of
 * barlow_flows.c. All speak of an opened model; Z is a state. */
typedef struct barlow_flow {
  const char *loss, *precondition; /* the settings that choose it */
  bool by_sigma; /* needs Sigma, and has columns cov_lambda_j */
  bool apart;    /* column j of a small Z grows by itself, as exp(4 rate_j t) */
  bool plain;    /* of which barlow_fast.c and theory's exponent speak */

  es_status (*rhs)(const barlow *b, const double *Z, double *dZ);
  /* Adds dF/dZ to J (n×n, zeroed), n = d*k, both in the state's order. */
  es_status (*jacobian)(const barlow *b, const double *Z, double *J);

  /* Mode j < d from s0[j] by the closed form, at t and as t grows. */
  barlow_mode (*mode)(const barlow *b, size_t j, double t);
  barlow_mode (*settled)(const barlow *b, size_t j);
  /* Its step time, when lambda is half of its plateau, steps of descent. */
  double (*step_time)(const barlow *b, size_t j);
  double (*half_time)(const barlow *b, size_t j);
  double (*descent_steps)(const barlow *b, size_t j);

  /* Where lambda ends under the covariance loss, of every mode that is learned;
   * NULL where by_sigma is true. */
  double (*plateau)(const barlow *b);

  /* The loss of eigenvalues lambda of C and cov of W Sigma W^T, d each; cov is
   * NULL where by_sigma is false. Least loss of the `reachable` best modes. */
  double (*value)(const barlow *b, const double *lambda, const double *cov);
  double (*floor)(const barlow *b);
  /* Largest learning rate at which discrete descent is stable. */
  double (*lr_limit)(const barlow *b);

  /* Settings and start once both are known: fails with one line, or adds to the
   * remark. NULL: there is nothing to say. */
  es_status (*check)(barlow *b, const es_config *config, es_diag *diag);
} barlow_flow;

struct barlow {
  size_t d, m, k;
  const barlow_flow *flow;
  double nu, ridge, mu; /* of the losses with Sigma; of preconditioners */
  bool aligned;  /* start U diag(s0) V^T: closed form, gamma's own order */
  double *gamma; /* m: Gamma's diagonal in this basis, its eigenvalues where
                    S is NULL */
  double *sigma; /* m: Sigma's diagonal; NULL: the flow has none */
  double *rate;  /* m: column j of a small Z grows as exp(4 rate_j t) */
  double *S;     /* m×m: Sigma where it is not diagonal too, else NULL; then */
  double *to_sigma, *to_gamma;         /* m×m: Z times these is W in the eigen-
                                          basis of Sigma, and of Gamma (NULL:
                                          this one) */
  double *sigma_values, *gamma_values; /* m: the eigenvalues there */
  es_barlow_pencil pencil; /* where a generic start ends under Sigma */
  size_t coords;  /* columns of the user's W: m, or the 2n points of a kernel */
  double *V;      /* coords×m, Z = W V: eigenvectors as columns (a kernel's C);
                     or NULL: see order */
  double *back;   /* coords×m, W = Z back^T; NULL: V itself, which is square */
  double *random; /* n_random×m: a Gaussian start is drawn with n_random columns
                     and multiplied by this; NULL: by V, or, of a kernel, its
                     first m columns are Z0 */
  size_t n_random;
  size_t *order;  /* without V: mode j is coordinate order[j] */
  double *Z0;     /* d×m start in the eigenbasis */
  double *U;      /* d×d: Q of the partner's QR; NULL: the identity */
  double *s0;     /* d: of the aligned start, or R_jj of the aligned partner */
  size_t *active; /* k columns in the state, rising; the first d are 0..d-1
                     where those move */
  double *active_gamma, *active_sigma, *active_rate; /* k */
  /* A small Z grows as Z diag(growth_weight) Z^T does, whose eigenvalues are 1
   * on the plateaus of modes that part: C itself, or sigma^2/rate. */
  double *growth_weight; /* k */
  double *event_level;   /* d: what events cross, see barlow_events.c */
  es_congruence *eigen;  /* of d×k */
  double *scaled, *residual, *values, *vectors; /* d*k, d*d, d, d*d */
  double *shifted, *driven, *turned;            /* d*d, d*d, d*k */
  es_barlow_fast *fast; /* of the plain flow, else NULL */
  double *full;         /* d*m: a whole Z, for the user's state */
  double lr;
  double t_last;    /* last half time from this start; NaN: nothing steps */
  size_t reachable; /* modes j < d with gamma_j > 0 and s0_j > 0 */
  double *points; /* coords×n_points, embedded as W times these; NULL: none */
  size_t n_points;
  bool needs_d;     /* d has no default that could be meant */
  double bandwidth; /* of an rbf kernel; 0: none */
  double bytes; /* memory taken to open the model, where it is worth saying */
  double image_shape[3];      /* channels, height, width; zeros: no images */
  es_barlow_factors *factors; /* what modes learn of; NULL: not asked */
  bool from_data;
  unsigned data_crc;
  char remark[512];
};

/* The line for es_zeroed's NULL. */
static inline es_status es_barlow_no_memory(es_diag *diag) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for the model");
}

/* Where the modes come from: fills m, coords, gamma and V or order, and what
 * else is known of them. The start's keys are read behind it. */
typedef es_status (*es_barlow_source)(barlow *b, const es_config *config,
                                      const es_watch *watch, es_diag *diag);

/* From gamma, Gamma or data (barlow_spectrum.c), and from a kernel
 * (barlow_kernel.c). */
es_status es_barlow_spectrum(barlow *b, const es_config *config,
                             const es_watch *watch, es_diag *diag) ES_MUST_USE;
es_status es_barlow_kernel(barlow *b, const es_config *config,
                           const es_watch *watch, es_diag *diag) ES_MUST_USE;

/* Reads the settings, the modes of a source, and the start. */
es_status es_barlow_open_from(void **self, es_barlow_source source,
                              const es_config *config, const es_watch *watch,
                              es_diag *diag) ES_MUST_USE;
void es_barlow_close(void *self);

/* Adds a sentence to the remark. */
void es_barlow_note(barlow *b, const char *format, ...) ES_PRINTF(2, 3);

/* The flow that the settings ask for (barlow_flows.c), its parameters into b.
 */
es_status es_barlow_flow_choose(barlow *b, const es_config *config,
                                es_diag *diag) ES_MUST_USE;
extern const barlow_flow es_barlow_covariance, es_barlow_vicreg,
    es_barlow_spectral, es_barlow_left, es_barlow_logdet;

/* Gamma and Sigma (m×m, taken over) into the basis of A, where they commute or
 * not: gamma, sigma, rate, V and what goes with S (barlow_sigma.c).
 * ES_BAD_VALUE with a sentence that does not name the key where they cannot be
 * moments. */
es_status es_barlow_two_moments(barlow *b, double *Gamma, double *Sigma,
                                es_diag *diag) ES_MUST_USE;

/* Eigenvalues, falling, of C and (NULL: not asked) of W Sigma W^T. */
es_status es_barlow_spectra(const barlow *b, const double *Z, double *lambda,
                            double *cov) ES_MUST_USE;

/* Levels of the events, half of the plateaus; the events, and es_model's
 * overlap (barlow_events.c). */
es_status es_barlow_set_levels(barlow *b, es_diag *diag) ES_MUST_USE;
void es_barlow_events(double t, const double *y, double *g, void *self);
double es_barlow_overlap(void *self, size_t event, size_t mode, double t,
                         const double *y);

/* Fills the pencil of a generic start (barlow_pencil.c); and the largest rate
 * at which anything near its end, or that of an aligned start, decays. */
es_status es_barlow_find_end(barlow *b, es_diag *diag) ES_MUST_USE;
double es_barlow_fastest_decay(const barlow *b);
void es_barlow_pencil_free(es_barlow_pencil *pencil);

/* U and s0 of the aligned partner of Z0; and, once rates and start are known,
 * how many modes can be learned (barlow_partner.c). */
es_status es_barlow_find_partner(barlow *b, es_diag *diag) ES_MUST_USE;
es_status es_barlow_count_learnable(barlow *b, es_diag *diag) ES_MUST_USE;

/* Which columns are in the state, their weights, and the workspaces
 * (barlow_active.c). */
es_status es_barlow_choose_active(barlow *b, es_diag *diag) ES_MUST_USE;

/* J += scale [Q_ia (Y^T Q Y)_bj + (Q Y)_ib (Q Y)_aj] at row (i,j) and column
 * (a,b), the derivative of Q (Z G Z^T) Q Y by Z in the factor between the Q's
 * where Y = Z G, both d×k and G symmetric; Q d×d symmetric or NULL for I. QY:
 * room for d×k, unused for NULL. Then J_(i,j),(a,b) += N_ia G_bj, G being
 * diag(g), or k×k where full (barlow_jacobian.c). */
void es_barlow_add_square(double *J, size_t d, size_t k, double scale,
                          const double *Q, const double *Y, double *QY);
void es_barlow_add_linear(double *J, size_t d, size_t k, double scale,
                          const double *N, const double *g, const double *full);

/* Time at which rank j+1 is reached from this start with all modes of Gamma
 * counted, by linear growth; the closed form's own half time from an aligned
 * start. NaN where it is not found. Uses the instance's scratch. */
double es_barlow_generic_half_time(void *self, size_t j);

/* The fast part of the flow: es_ode_linear's two functions, self a barlow. */
es_status es_barlow_fast_new(es_barlow_fast **out, size_t d, size_t k,
                             es_diag *diag) ES_MUST_USE;
void es_barlow_fast_free(es_barlow_fast *fast); /* NULL accepted */
es_status es_barlow_freeze(double t, const double *y, double h, void *self);
void es_barlow_phi(double tau, double *v, void *self);

/* Fits the factors that the data set was made from, if any are known, to the
 * first modes of V, which is whole (barlow_factors.c). */
es_status es_barlow_factors_new(barlow *b, const es_dataset *set,
                                const es_progress *progress,
                                es_diag *diag) ES_MUST_USE;
void es_barlow_factors_free(es_barlow_factors *factors); /* NULL accepted */
bool es_barlow_factors_of(const void *self, es_model_factors *out);

/* The keys of the section [model], defined beside the code that reads them: of
 * `barlow-twins` and of `barlow-twins-kernel`. */
extern const es_keys es_barlow_keys, es_barlow_kernel_keys;

#endif

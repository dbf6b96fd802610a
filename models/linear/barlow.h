/* Linear Barlow Twins in the eigenbasis of Gamma, shared by the files of the
 * model: barlow_spectrum.c and barlow_open.c build it, barlow_twins.c makes it
 * an es_model.
 *
 * Gamma = V diag(gamma) V^T, Z = W V. Columns of Z with gamma_j = 0 or Z_j = 0
 * never move and are left out of the solver's state: it holds the k active
 * columns only (d <= k <= m), d×k column-major. */
#ifndef ES_MODELS_LINEAR_BARLOW_H
#define ES_MODELS_LINEAR_BARLOW_H

#include "data/data.h"
#include "linalg/linalg.h"

#include <eigenstep/model.h>

typedef struct es_barlow_fast es_barlow_fast; /* workspace of barlow_fast.c */
typedef struct es_barlow_factors es_barlow_factors;

typedef struct barlow {
  size_t d, m, k;
  bool aligned;   /* start U diag(s0) V^T: closed form, gamma's own order */
  double *gamma;  /* m eigenvalues */
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
  double *U;      /* d×d: Q of that QR; NULL: the identity */
  double *s0;     /* d: of the aligned start, or R_jj of the aligned partner */
  size_t *active; /* k columns in the state, rising; the first d are 0..d-1
                     where those move */
  double *active_gamma;                         /* k */
  es_congruence *eigen;                         /* of d×k */
  double *scaled, *residual, *values, *vectors; /* d*k, d*d, d, d*d */
  es_barlow_fast *fast;
  double *full; /* d*m: a whole Z, for the user's state */
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
} barlow;

/* Zeroed room for a*b items, NULL without memory or for none; and the line that
 * says so. */
void *es_barlow_cells(size_t a, size_t b, size_t size);
es_status es_barlow_no_memory(es_diag *diag);

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

/* The caller's watch as the data room sees progress. */
typedef struct es_barlow_asked {
  const es_watch *watch;
  bool stop;
} es_barlow_asked;
es_progress es_barlow_progress(es_barlow_asked *self);

/* The points of output.embeddings=N (barlow_points.c): *points is m×*n, a point
 * a column, NULL for none; the first views of the set's first N pairs, or, with
 * output.points=test, the first N test images. */
es_status es_barlow_points(double **points, size_t *n, const es_dataset *set,
                           const es_config *config, es_diag *diag) ES_MUST_USE;

/* Largest stable learning rate of discrete descent on this Gamma. */
double es_barlow_model_lr_limit(const void *self);

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

/* Modes of a state: see byol.h. */
#include "overlay/byol.h"

#include "base/finite.h"
#include "metrics/joint.h"
#include "metrics/modes.h"

#include <string.h>

enum { SQUARES = 6, COLUMNS = 5, JOINT = 3 };

es_status es_byolnet_modes_new(es_byolnet_modes *out, size_t d, es_diag *diag) {
  *out = (es_byolnet_modes){.d = d};
  size_t total = 0;
  const size_t square = es_size_product(d, d);
  es_slab_add(&total, es_size_product(SQUARES, square), sizeof(double));
  for (int k = 0; k < COLUMNS; k++) es_slab_add(&total, d, sizeof(double));
  const es_status status = es_slab_open(&out->slab, total, diag);
  if (status != ES_OK) return status;
  out->U = es_slab_take(&out->slab, SQUARES * square, sizeof(double));
  out->work = out->U + square;
  double **const column[COLUMNS] = {&out->p, &out->s, &out->lambda_d,
                                    &out->lambda_s, &out->tau};
  for (int k = 0; k < COLUMNS; k++)
    *column[k] = es_slab_take(&out->slab, d, sizeof(double));
  return ES_OK;
}

void es_byolnet_modes_free(es_byolnet_modes *modes) {
  es_slab_close(&modes->slab);
  *modes = (es_byolnet_modes){0};
}

static void symmetric_part(size_t d, const double *P, double *out) {
  for (size_t j = 0; j < d; j++)
    for (size_t i = 0; i < d; i++)
      out[i + j * d] = (P[i + j * d] + P[j + i * d]) / 2;
}

/* diag(U^T A U) into out. */
static void along(const es_byolnet_modes *m, const double *A, double *out) {
  const size_t d = m->d;
  double *AU = m->work;
  es_gemm(false, false, d, d, d, 1, A, d, m->U, d, 0, AU, d);
  for (size_t j = 0; j < d; j++) {
    out[j] = 0;
    for (size_t i = 0; i < d; i++) out[j] += m->U[i + j * d] * AU[i + j * d];
  }
}

/* The first axes: eigenvectors of G, from which joint ones follow. */
static es_status begin(es_byolnet_modes *m, const double *G, es_diag *diag) {
  const size_t d = m->d;
  memcpy(m->U, G, d * d * sizeof *G);
  const es_status status = es_eigen_symmetric(d, m->U, m->tau, true, diag);
  if (status == ES_OK) es_eigen_falling(d, m->tau, m->U);
  return status;
}

static void turn(es_byolnet_modes *m, const es_byolnet_forms *f) {
  const size_t d = m->d, n = d * d;
  double *work = m->work, *A = m->work + n;
  symmetric_part(d, f->P, A);
  es_modes_unit(n, A, es_norm(n, A), A);
  es_modes_unit(n, f->F, es_norm(n, f->F), A + n);
  es_modes_unit(n, f->G, es_norm(n, f->G), A + 2 * n);
  es_joint_axes(d, JOINT, A, m->U, work);
}

/* Axes by falling x, which is sorted with them. */
static void sort(es_byolnet_modes *m, double *x) {
  const size_t d = m->d;
  for (size_t i = 1; i < d; i++)
    for (size_t j = i; j > 0 && x[j] > x[j - 1]; j--) {
      const double value = x[j];
      x[j] = x[j - 1];
      x[j - 1] = value;
      for (size_t k = 0; k < d; k++) {
        const double u = m->U[k + j * d];
        m->U[k + j * d] = m->U[k + (j - 1) * d];
        m->U[k + (j - 1) * d] = u;
      }
    }
}

/* The commutator and asymmetry of the trace, with its norms. */
static void measure_pair(es_byolnet_modes *m, const es_byolnet_forms *f) {
  const size_t d = m->d, n = d * d;
  double *work = m->work, *F = m->work + n, *P = F + n;
  es_modes_unit(n, f->F, es_norm(n, f->F), F);
  es_modes_unit(n, f->P, es_norm(n, f->P), P);
  m->commutator = es_modes_commutator(d, F, P, work);
  m->asymmetry = es_modes_asymmetry(d, P, work);
}

static void measure_tau(es_byolnet_modes *m, const es_byolnet_forms *f) {
  const size_t d = m->d;
  double *own = m->work + d * d;
  for (size_t j = 0; j < d; j++) m->tau[j] = 1;
  if (f->T == NULL) return;
  along(m, f->T, m->tau);
  along(m, f->TG, own);
  for (size_t j = 0; j < d; j++) m->tau[j] /= own[j];
}

es_status es_byolnet_modes_follow(es_byolnet_modes *m,
                                  const es_byolnet_forms *f, es_diag *diag) {
  const size_t d = m->d, n = d * d;
  es_status status = ES_OK;
  if (!es_all_finite(n, f->P) || !es_all_finite(n, f->F) ||
      !es_all_finite(n, f->G) || !es_all_finite(n, f->K) ||
      (f->T != NULL && !es_all_finite(n, f->T)))
    return es_fail(diag, ES_NOT_FINITE,
                   "the moments of embeddings or the predictor are not finite");
  const int threads = es_blas_serial();
  measure_pair(m, f);
  if (!m->begun) status = begin(m, f->G, diag);
  if (status == ES_OK) {
    turn(m, f);
    along(m, f->G, m->lambda_d);
    if (!m->begun) sort(m, m->lambda_d);
    m->begun = true;
    along(m, f->P, m->p);
    along(m, f->K, m->s);
    along(m, f->F, m->lambda_s);
    for (size_t j = 0; j < d; j++) {
      m->lambda_d[j] /= m->s[j];
      m->lambda_s[j] /= m->s[j];
    }
    measure_tau(m, f);
  }
  es_blas_resume(threads);
  return status;
}

es_eigenmode es_byolnet_mode(const es_byolnet_mapping *map,
                             const es_byolnet_modes *modes, size_t j) {
  const double both = map->kind == ES_BYOLNET_SELF ? 2 : 1;
  return (es_eigenmode){.alpha_p = map->alpha_p,
                        .eta_p = map->eta_p,
                        .eta_s = map->eta_s,
                        .beta = map->beta,
                        .lambda_d = both * modes->lambda_d[j],
                        .lambda_s = both * modes->lambda_s[j],
                        .p0 = map->predictor ? modes->p[j] : 1,
                        .s0 = modes->s[j],
                        .tau0 = map->kind == ES_BYOLNET_EMA ? modes->tau[j] : 1,
                        .ema = map->kind == ES_BYOLNET_EMA};
}

/* The boundary of survival of `byol-eigenmode` for `separatrix`: two rows for
 * each mode, whose s0 and tau0 are where it is asked for. */
#include "models/linear/byol_eigenmode.h"
#include "models/linear/eigenmode_separatrix.h"

#include "base/slab.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const es_byol_eigenmode_boundary_columns[] = {"s0", "branch", "p0",
                                                          "residual", NULL};

/* Whether one of the sentences of the remark is that line: not only the
 * beginning of one, as "s0 = 0.1" is of "s0 = 0.12". */
static bool is_noted(const char *remark, const char *line) {
  const size_t n = strlen(line);
  for (const char *at = remark; (at = strstr(at, line)) != NULL; at += n)
    if (at[n] == '\0' || at[n] == ';') return true;
  return false;
}

static void note(byol_eigenmode *b, const char *line) {
  if (is_noted(b->remark, line)) return;
  const size_t used = strlen(b->remark);
  snprintf(b->remark + used, sizeof b->remark - used, "%s%s",
           used > 0 ? "; " : "", line);
}

/* Why a mode has no boundary. */
static void note_none(byol_eigenmode *b, const es_eigenmode *mode) {
  char line[128];
  const double most = es_eigenmode_eta_max(mode);
  if (mode->eta_s < most)
    snprintf(line, sizeof line, "no p0 survives at s0 = %.6g", mode->s0);
  else
    snprintf(line, sizeof line,
             "every start collapses: eta = %.6g, eta_max = %.6g", mode->eta_s,
             most);
  note(b, line);
}

static es_status check(const byol_eigenmode *b, es_diag *diag) {
  if (!b->s0_given)
    return es_fail(diag, ES_USAGE,
                   "model.s0: give the values of s0 at which the boundary is "
                   "asked for");
  for (size_t j = 0; j < b->n; j++) {
    const es_eigenmode *m = &b->mode[j];
    if (m->eta_p != m->eta_s)
      return es_fail(diag, ES_BAD_VALUE,
                     "model.eta_p=%g, model.eta_s=%g: the boundary is known "
                     "for equal decays alone",
                     m->eta_p, m->eta_s);
    if (m->ema && m->tau0 < 0)
      return es_fail(diag, ES_BAD_VALUE,
                     "model.tau0=%g: with ema and tau0 < 0 the starts that "
                     "survive are not one interval of p0",
                     m->tau0);
    if (m->ema && m->beta == 0)
      return es_fail(diag, ES_BAD_VALUE,
                     "model.beta=0: W_a never follows; use ema=off for a "
                     "constant tau");
  }
  return ES_OK;
}

static es_status find(byol_eigenmode *b, size_t j, const es_watch *watch,
                      es_diag *diag) {
  const es_eigenmode *mode = &b->mode[j];
  es_separatrix found;
  const es_status status = es_eigenmode_separatrix(&found, mode, watch, diag);
  if (status != ES_OK) return status;
  const bool undecided = found.undecided[0] || found.undecided[1];
  if (undecided)
    note(b, "a p0 of nan: starts there were not decided in time");
  else if (isnan(found.p0[0]) && isnan(found.p0[1]))
    note_none(b, mode);
  for (size_t k = 0; k < 2; k++)
    if (!isnan(found.p0[k]) && isnan(found.residual[k]))
      note(b, "a residual of nan: p0 is bisection's alone, not checked by the "
              "saddle's manifold");
  for (size_t k = 0; k < 2; k++)
    b->boundary[2 * j + k] =
        (byol_boundary){mode->s0, found.p0[k], found.residual[k], k == 1};
  return ES_OK;
}

es_status es_byol_eigenmode_find_boundary(void *self, size_t *n,
                                          const es_watch *watch,
                                          es_diag *diag) {
  byol_eigenmode *b = self;
  es_status status = check(b, diag);
  *n = 2 * b->n;
  if (status != ES_OK || b->boundary != NULL) return status;
  b->boundary = es_zeroed(b->n, 2, sizeof *b->boundary);
  if (b->boundary == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t j = 0; status == ES_OK && j < b->n; j++)
    status = find(b, j, watch, diag);
  if (status != ES_OK) { /* or the next call took it for found */
    free(b->boundary);
    b->boundary = NULL;
  }
  return status;
}

void es_byol_eigenmode_boundary(const void *self, size_t j, double *row) {
  const byol_boundary *at = &((const byol_eigenmode *)self)->boundary[j];
  row[0] = at->s0;
  row[1] = at->upper;
  row[2] = at->p0;
  row[3] = at->residual;
}

const char *es_byol_eigenmode_branch(const void *self, size_t j, size_t k) {
  const byol_boundary *at = &((const byol_eigenmode *)self)->boundary[j];
  if (k != 1) return NULL;
  return at->upper ? "upper" : "lower";
}

const char *es_byol_eigenmode_remark(const void *self) {
  const byol_eigenmode *b = self;
  return b->remark[0] != '\0' ? b->remark : NULL;
}

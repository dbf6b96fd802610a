/* eigenstep basin: the share of a box of starts that survives. Starts are drawn
 * uniformly and solved like the cells of a sweep, until their fate is certain.
 * What stays undecided is counted against us at both ends of the interval: as
 * collapsed for its low end, as surviving for its high end. */
#include "cli/cli.h"

#include "config/json.h"
#include "config/provenance.h"
#include "file/atomic.h"
#include "sweep/format.h"
#include "sweep/ranks.h"

#include <eigenstep/eigenstep.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static const es_key keys[] = {
    {"basin", "samples", ES_SIZE, 0, 1, 1e12, NULL, "1", "10000",
     "starts to draw from the box"},
    {"model", "seed", ES_SIZE, 0, 0, 0x1p53, NULL, "1", "0",
     "seed of the starts"},
};
const es_keys es_basin_keys = {keys, sizeof keys / sizeof *keys};

typedef struct basin {
  const es_job *job;
  es_tally tally;
  double share, low, high;
} basin;

es_status es_cli_configure_basin(es_config **out, const char *target,
                                 es_diag *diag) {
  const es_model *model;
  es_keys sets[ES_MODEL_KEYS + 1];
  *out = NULL;
  es_status status = es_cli_find_model(&model, target, diag);
  if (status != ES_OK) return status;
  size_t n = es_model_keys(sets, model, &es_sweep_keys);
  sets[n++] = es_basin_keys;
  status = es_config_new(out, sets, n, diag);
  if (status == ES_OK) status = es_config_add_axes(*out, "box", "model", diag);
  return status;
}

static es_status count(void *context, const es_rows *rows,
                       const es_bytes *bytes, es_diag *diag) {
  es_tally *tally = context;
  (void)bytes, (void)diag;
  for (size_t i = 0; i < rows->n; i++) es_tally_add(tally, &rows->cell[i]);
  return ES_OK;
}

/* Wilson's interval for k of n (E. B. Wilson, J. Am. Stat. Assoc. 22 (1927)
 * 209-212): the p with |k/n - p| <= z sqrt(p (1-p)/n). side -1: its low end. */
static double wilson(double k, double n, double side) {
  if (side < 0 && k <= 0) return 0;
  if (side > 0 && k >= n) return 1;
  static const double z = 1.959963984540054; /* 97.5% of the normal */
  const double share = k / n, z2 = z * z / n;
  const double half = z * sqrt(share * (1 - share) / n + z2 / (4 * n));
  return (share + z2 / 2 + side * half) / (1 + z2);
}

static void conclude(basin *b) {
  const es_tally *t = &b->tally;
  const double n = (double)t->cells, k = (double)t->fate[ES_FATE_STABLE];
  const double open = (double)t->fate[ES_FATE_UNDECIDED];
  b->share = k / (n - open);
  b->low = wilson(k, n, -1);
  b->high = wilson(k + open, n, 1);
}

static es_status solve(basin *b, es_diag *diag) {
  const es_job *job = b->job;
  const es_model *model;
  es_axis axis[ES_MOST_AXES];
  es_points points = {0};
  es_sweep *sweep = NULL;
  size_t n = 0;
  uint64_t none = 0;
  while (n < ES_MOST_AXES && es_config_axis(job->config, "box", n, &axis[n]))
    n++;
  es_status status = es_cli_find_model(&model, job->target, diag);
  if (status == ES_OK && n == 0)
    status = es_fail(diag, ES_USAGE,
                     "box: no side; give box.KEY=low,high for what is drawn");
  if (status == ES_OK && model->fate == NULL)
    status = es_fail(diag, ES_USAGE,
                     "%s: this model does not say which fate is certain, so it "
                     "has no basin",
                     model->name);
  if (status == ES_OK)
    status = es_points_box(&points, axis, n,
                           es_config_size(job->config, "basin", "samples"),
                           es_config_size(job->config, "model", "seed"), diag);
  if (status == ES_OK)
    status = es_sweep_new_points(&sweep, model, job->config, &points, diag);
  const es_sink sink = {.take = count, .context = &b->tally};
  status = es_ranks_agree(status, &none, diag);
  if (status == ES_OK)
    status =
        es_ranks_run(sweep, 0, points.n, job->threads, job->watch, &sink, diag);
  es_sweep_free(sweep);
  if (status == ES_OK) conclude(b);
  return status;
}

static es_status write_row(const basin *b, es_diag *diag) {
  static const char *const names[] = {"survives", "low", "high"};
  const double row[] = {b->share, b->low, b->high};
  es_sinks *sinks;
  es_status status = es_sinks_open(&sinks, b->job, "table.csv", diag);
  if (status != ES_OK) return status;
  status = es_sinks_header(sinks, names, 3, diag);
  if (status == ES_OK) status = es_sinks_row(sinks, row, 3, diag);
  return es_sinks_end(sinks, status, diag);
}

static void fill(es_figure out[8], const basin *b) {
  const es_tally *t = &b->tally;
  out[0] = (es_figure){"survives", b->share};
  out[1] = (es_figure){"low", b->low};
  out[2] = (es_figure){"high", b->high};
  out[3] = (es_figure){"samples", (double)t->cells};
  out[4] = (es_figure){"stable", (double)t->fate[ES_FATE_STABLE]};
  out[5] = (es_figure){"collapsed", (double)t->fate[ES_FATE_COLLAPSED]};
  out[6] = (es_figure){"diverged", (double)t->fate[ES_FATE_DIVERGED]};
  out[7] = (es_figure){"undecided", (double)t->fate[ES_FATE_UNDECIDED]};
}

static es_status print_json(const basin *b, es_diag *diag) {
  es_figure figures[8];
  cJSON *root = cJSON_CreateObject();
  fill(figures, b);
  bool ok = es_json_text(root, "model", b->job->target);
  for (size_t i = 0; i < 8; i++)
    ok = ok && es_json_real(root, figures[i].name, figures[i].value);
  return es_cli_print_json(root, ok, diag);
}

static es_status write_record(const basin *b, double started, es_diag *diag) {
  es_figure figures[8];
  fill(figures, b);
  const es_summary summary = {
      .started = started, .figures = figures, .n_figures = 8};
  return es_cli_write_record(b->job, &summary, diag);
}

static void say_open(const basin *b) {
  char line[160];
  if (b->tally.fate[ES_FATE_UNDECIDED] == 0) return;
  snprintf(line, sizeof line,
           "%" PRIu64 " of %" PRIu64 " starts stayed undecided; the interval "
           "takes them either way",
           b->tally.fate[ES_FATE_UNDECIDED], b->tally.cells);
  b->job->say(b->job, line);
}

es_status es_cmd_basin(const es_job *job, es_diag *diag) {
  basin b = {.job = job};
  const double started = es_seconds();
  if (job->dry_run) {
    const es_status status = es_config_write(job->config, job->out, diag);
    if (status == ES_OK)
      fprintf(job->out, "# cells: %zu\n",
              es_config_size(job->config, "basin", "samples"));
    return status;
  }
  es_status status = solve(&b, diag);
  if (es_ranks_mine() > 0) return status;
  if (status == ES_OK) status = es_cli_take_dir(job, diag);
  if (status == ES_OK) status = write_row(&b, diag);
  if (status == ES_OK && job->dir != NULL)
    status = write_record(&b, started, diag);
  if (status == ES_OK) say_open(&b);
  if (status == ES_OK && job->json) status = print_json(&b, diag);
  return status;
}

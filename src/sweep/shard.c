/* Shards: see shard.h. */
#include "sweep/shard.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static es_status refuse(es_diag *diag, const char *text) {
  char shown[64];
  return es_fail(diag, ES_USAGE,
                 "--shard %s: give I/N with whole numbers 1 <= I <= N <= 2^30, "
                 "or slurm",
                 es_text_quote(shown, sizeof shown, text));
}

/* A variable of the environment; fallback (0: none) where it is not set. */
static es_status variable(size_t *out, const char *name, size_t fallback,
                          es_diag *diag) {
  const char *text = getenv(name);
  char shown[64];
  *out = fallback;
  if (text == NULL && fallback > 0) return ES_OK;
  if (text == NULL)
    return es_fail(diag, ES_USAGE,
                   "--shard slurm: %s is not set; it is in the tasks of "
                   "`sbatch --array`",
                   name);
  if (es_text_size(out, text, strlen(text))) return ES_OK;
  return es_fail(diag, ES_USAGE, "--shard slurm: %s=%s is not a whole number",
                 name, es_text_quote(shown, sizeof shown, text));
}

static es_status from_slurm(es_shard *out, es_diag *diag) {
  size_t id = 0, least = 0, count = 0, step = 0;
  es_status status = variable(&id, "SLURM_ARRAY_TASK_ID", 0, diag);
  if (status == ES_OK)
    status = variable(&least, "SLURM_ARRAY_TASK_MIN", 0, diag);
  if (status == ES_OK)
    status = variable(&count, "SLURM_ARRAY_TASK_COUNT", 0, diag);
  if (status == ES_OK)
    status = variable(&step, "SLURM_ARRAY_TASK_STEP", 1, diag);
  if (status != ES_OK) return status;
  if (step == 0 || id < least || (id - least) % step != 0 ||
      (id - least) / step >= count || count > ES_MOST_SHARDS)
    return es_fail(
        diag, ES_USAGE,
        "--shard slurm: task %zu is none of %zu from %zu on in steps "
        "of %zu; the array must be one range",
        id, count, least, step);
  *out = (es_shard){(id - least) / step + 1, count};
  return ES_OK;
}

es_status es_shard_parse(es_shard *out, const char *text, es_diag *diag) {
  size_t index, count;
  const char *slash = strchr(text, '/');
  if (strcmp(text, "slurm") == 0) return from_slurm(out, diag);
  if (slash == NULL || !es_text_size(&index, text, (size_t)(slash - text)) ||
      !es_text_size(&count, slash + 1, strlen(slash + 1)) || index < 1 ||
      index > count || count > ES_MOST_SHARDS)
    return refuse(diag, text);
  *out = (es_shard){index, count};
  return ES_OK;
}

/* floor(i c/n) without the product, which may not fit: i <= n <= 2^30. */
static uint64_t part(uint64_t i, uint64_t cells, uint64_t n) {
  return cells / n * i + cells % n * i / n;
}

void es_shard_cells(const es_shard *shard, uint64_t cells, uint64_t *first,
                    uint64_t *last) {
  const uint64_t n = shard->count == 0 ? 1 : shard->count;
  const uint64_t i = shard->count == 0 ? 1 : shard->index;
  *first = part(i - 1, cells, n);
  *last = part(i, cells, n);
}

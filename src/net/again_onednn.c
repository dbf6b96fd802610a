/* Results of normalisations that backward computes again instead of keeping
 * them: a pass over memory each, of the same bits, for more than a third of a
 * network's memory. The convolution's result that they come from is kept
 * anyway, as the gradient of the normalisation needs it.
 *
 * A block's sum needs its shortcut as well. So as not to compute a chain of
 * blocks again, of sums in a row every third is kept. */
#include "net/program_onednn.h"

enum { MOST_SUMS = 2 }; /* in a row */

void es_dnn_let_again(es_dnn_program *p, size_t result, size_t norm,
                      size_t added, bool relu) {
  es_dnn_cell *cell = &p->cell[result];
  const size_t sums = added == ES_NONE ? 0 : 1 + p->cell[added].sums;
  if (p->status != ES_OK || !p->backward || sums > MOST_SUMS) return;
  cell->norm = norm;
  cell->added = added;
  cell->sums = sums;
  cell->relu = relu;
}

size_t es_dnn_value_again(es_dnn_program *p, size_t node) {
  es_dnn_cell *cell = &p->cell[node];
  const size_t norm = cell->norm, b = cell->added;
  size_t added = ES_NONE;
  if (p->status != ES_OK || norm == ES_NONE ||
      p->value[cell->value].last == ES_NONE)
    return cell->value;
  if (b != ES_NONE)
    added = es_dnn_moved(p, b, es_dnn_value_again(p, b), p->cell[b].layout,
                         cell->layout);
  es_dnn_norm_again(p, norm, node, added, cell->relu);
  cell->norm = ES_NONE; /* from here on it is there */
  return cell->value;
}

/* Rooted trees, one for each condition of order (Hairer, Norsett, Wanner,
 * "Solving Ordinary Differential Equations I", II.2). */
#ifndef ES_TESTS_ODE_TREES_H
#define ES_TESTS_ODE_TREES_H

#include "tests/check.h"

enum { TREES = 200, TREE_ORDER = 8 };

/* child: indices of the subtrees, n of them, falling; gamma: the density. */
typedef struct tree {
  int order, n, child[TREE_ORDER];
  double gamma;
} tree;
typedef struct forest {
  tree tree[TREES];
  int n;
} forest;

/* Adds all trees that complete t with subtrees of index <= most and left nodes
 * altogether: children in falling order, so that each tree comes once. */
static inline void complete(forest *all, tree t, int most, int left) {
  if (left == 0) {
    t.gamma = t.order;
    for (int i = 0; i < t.n; i++) t.gamma *= all->tree[t.child[i]].gamma;
    assert_true(all->n < TREES);
    all->tree[all->n++] = t;
    return;
  }
  for (int i = 0; i <= most; i++) {
    const int order = all->tree[i].order;
    if (order > left) continue;
    tree next = t;
    next.child[next.n++] = i;
    complete(all, next, i, left - order);
  }
}

/* All rooted trees of at most TREE_ORDER nodes, by order. */
static inline void plant(forest *all) {
  const int known[TREE_ORDER + 1] = {0, 1, 2, 4, 8, 17, 37, 85, 200};
  all->n = 0;
  for (int order = 1; order <= TREE_ORDER; order++) {
    complete(all, (tree){.order = order}, all->n - 1, order - 1);
    assert_int_equal(all->n, known[order]);
  }
}

#endif

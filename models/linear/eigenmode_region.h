/* Where the fate of an eigenmode is certain (docs/fate.md): margins that are
 * positive inside a trapping region, in the units of eigenmode_lanes.h.
 * Included once for doubles and once for each kind of vector, with
 *   REAL         the type
 *   ROW(i)       constant i of the cell, or of the cells
 *   NAME(f)      this instance's name of f
 *   INLINE       how its functions are declared
 *   LEAST, MOST  minimum and maximum
 * Nothing branches on the state: lanes disagree. */

/* Stable, with ema. */
INLINE REAL NAME(stable)(const double *k, REAL p, REAL S, REAL Q) {
  const REAL eps = ROW(EM_EPS) * ((S - p) * (S + p));
  const REAL low = LEAST(LEAST(p, S), Q) - ROW(EM_SADDLE);
  const REAL box = LEAST(low, ROW(EM_ROOM) - MOST(eps, -eps));
  const REAL ratio = LEAST(p - ROW(EM_MEAN), Q - ROW(EM_RATIO) * S);
  return MOST(box, ratio);
}

/* Collapse, with ema. */
INLINE REAL NAME(collapsed)(const double *k, REAL p, REAL S, REAL Q) {
  const REAL zero = p - p;
  const REAL eps = MOST(ROW(EM_EPS) * ((S - p) * (S + p)), zero);
  const REAL A2 = MOST(ROW(EM_SHARE) * ((p * p + S * S) + eps), Q * Q);
  const REAL P2 = ROW(EM_PART) * A2 - eps * .5;
  const REAL sink = ROW(EM_SINK) + P2, pull = ROW(EM_PULL);
  return LEAST(sink * sink - pull * pull * A2, ROW(EM_MIDDLE) - P2);
}

/* The same at constant tau, for p of tau's sign. */
INLINE REAL NAME(stable_fixed)(const double *k, REAL p, REAL S) {
  const REAL eps = ROW(EM_EPS) * ((S - p) * (S + p));
  const REAL low = LEAST(ROW(EM_SIGN) * p, S) - ROW(EM_SADDLE);
  return LEAST(low, ROW(EM_ROOM) + eps);
}

INLINE REAL NAME(collapsed_fixed)(const double *k, REAL p, REAL S) {
  const REAL zero = p - p;
  const REAL eps = MOST(ROW(EM_EPS) * ((S - p) * (S + p)), zero);
  const REAL sink = ROW(EM_SINK), pull = ROW(EM_PULL);
  const REAL M = MOST(ROW(EM_SIGN) * p, (eps + sink) * ROW(EM_LEVER));
  return LEAST(sink * M - (M * M + eps) * (pull - M), ROW(EM_MIDDLE) - M);
}

/* Where the fate of an eigenmode is certain (docs/fate.md): margins that are
 * positive inside a trapping region. Included once for doubles and once for
 * each kind of vector, with
 *   REAL            the type
 *   LOAD(q)         its value at double *q
 *   NAME(f)         the instance's name of f
 *   TARGET          its attributes
 *   LEAST, MOST     minimum and maximum
 * No branches on the state: lanes disagree. State: p, S = sqrt(alpha) w and
 * Q = sqrt(alpha) tau w with s = w^2. */

/* Rows of constants, ES_LANES apart. */
#define ROW(i) LOAD(k + (size_t)(i)*STRIDE)

/* Stable, with ema. */
TARGET static inline REAL NAME(stable)(const double *k, REAL p, REAL S,
                                       REAL Q) {
  const REAL eps = ROW(EM_EPS) * ((S - p) * (S + p));
  const REAL low = LEAST(LEAST(p, S), Q) - ROW(EM_SADDLE);
  const REAL box = LEAST(low, ROW(EM_ROOM) - MOST(eps, -eps));
  const REAL ratio = LEAST(p - ROW(EM_MEAN), Q - ROW(EM_RATIO) * S);
  return MOST(box, ratio);
}

/* Collapse, with ema. */
TARGET static inline REAL NAME(collapsed)(const double *k, REAL p, REAL S,
                                          REAL Q) {
  const REAL zero = p - p;
  const REAL eps = MOST(ROW(EM_EPS) * ((S - p) * (S + p)), zero);
  const REAL A2 = MOST(ROW(EM_SHARE) * ((p * p + S * S) + eps), Q * Q);
  const REAL P2 = ROW(EM_PART) * A2 - eps * .5;
  const REAL sink = ROW(EM_SINK) + ROW(EM_B) * P2;
  const REAL l = ROW(EM_LT);
  return LEAST(sink * sink - l * l * A2, ROW(EM_MIDDLE) - P2);
}

/* The same at constant tau, with p of tau's sign. */
TARGET static inline REAL NAME(stable_fixed)(const double *k, REAL p, REAL S) {
  const REAL eps = ROW(EM_EPS) * ((S - p) * (S + p));
  p *= ROW(EM_SIGN);
  return LEAST(LEAST(p, S) - ROW(EM_SADDLE), ROW(EM_ROOM) + eps);
}

TARGET static inline REAL NAME(collapsed_fixed)(const double *k, REAL p,
                                                REAL S) {
  const REAL zero = p - p;
  const REAL eps = MOST(ROW(EM_EPS) * ((S - p) * (S + p)), zero);
  const REAL b = ROW(EM_B), sink = ROW(EM_SINK), L = ROW(EM_LT);
  const REAL M = MOST(ROW(EM_SIGN) * p, (b * eps + sink) * ROW(EM_LEVER));
  return LEAST(sink * M - (M * M + eps) * (L - b * M), ROW(EM_MIDDLE) - M);
}
#undef ROW

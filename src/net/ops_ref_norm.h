/* Batch normalisation of ops_ref.c, for each REAL. A thread has a channel, so
 * that the parts update its running statistics in order. */

/* Mean and variance (over m, not m - 1) of channel c in part g. */
static void NAME(measure)(const NAME(call) * s, size_t g, size_t c,
                          double *mean, double *var) {
  const size_t area = es_node_area(s->node), channels = s->node->channels;
  const size_t per = s->batch / s->groups;
  const double m = (double)per * (double)area;
  double sum = 0, square = 0;
  for (size_t n = g * per; n < (g + 1) * per; n++)
    sum += NAME(sum)(area, s->x[0] + (n * channels + c) * area);
  *mean = sum / m;
  for (size_t n = g * per; n < (g + 1) * per; n++) {
    const REAL *x = s->x[0] + (n * channels + c) * area;
    for (size_t i = 0; i < area; i++) {
      const double d = (double)x[i] - *mean;
      square += d * d;
    }
  }
  *var = square / m;
}

/* Running statistics of channel c take in those of a part of m values. */
static void NAME(track)(const NAME(call) * s, size_t c, double mean, double var,
                        double m) {
  const double share = ES_NORM_MOMENTUM, old = 1 - share;
  const double unbiased = m > 1 ? var * (m / (m - 1)) : 0;
  s->running_mean[c] = (REAL)(old * (double)s->running_mean[c] + share * mean);
  s->running_var[c] =
      (REAL)(old * (double)s->running_var[c] + share * unbiased);
}

static void NAME(norm)(const NAME(call) * s) {
  const size_t area = es_node_area(s->node), channels = s->node->channels;
  const size_t per = s->batch / s->groups;
#pragma omp parallel for schedule(static)
  for (size_t c = 0; c < channels; c++)
    for (size_t g = 0; g < s->groups; g++) {
      double mean = 0, var = 0;
      if (s->pass == ES_PASS_FROZEN) {
        mean = (double)s->running_mean[c];
        var = (double)s->running_var[c];
      } else {
        NAME(measure)(s, g, c, &mean, &var);
      }
      if (s->pass == ES_PASS_TRAIN)
        NAME(track)(s, c, mean, var, (double)per * (double)area);
      const double scale = 1 / sqrt(var + ES_NORM_EPSILON);
      s->mean[g * channels + c] = mean;
      s->scale[g * channels + c] = scale;
      const double w = s->weight != NULL ? (double)s->weight[c] * scale : scale;
      const double b = s->bias != NULL ? (double)s->bias[c] : 0;
      for (size_t n = g * per; n < (g + 1) * per; n++) {
        const size_t at = (n * channels + c) * area;
        for (size_t i = at; i < at + area; i++)
          s->y[i] = (REAL)(w * ((double)s->x[0][i] - mean) + b);
      }
    }
  if (s->pass == ES_PASS_TRAIN) *s->tracked += (REAL)s->groups;
}

/* Channel c in part g: adds sum dy to *db and sum dy h to *dw, and to dx. */
static void NAME(norm_back_part)(const NAME(call) * s, size_t g, size_t c,
                                 double *db, double *dw) {
  const size_t area = es_node_area(s->node), channels = s->node->channels;
  const size_t per = s->batch / s->groups;
  const double m = (double)per * (double)area;
  const double mean = s->mean[g * channels + c];
  const double scale = s->scale[g * channels + c];
  double sum = 0, product = 0;
  for (size_t n = g * per; n < (g + 1) * per; n++) {
    const size_t at = (n * channels + c) * area;
    for (size_t i = at; i < at + area; i++) {
      sum += (double)s->dy[i];
      product += (double)s->dy[i] * scale * ((double)s->x[0][i] - mean);
    }
  }
  *db += sum;
  *dw += product;
  if (s->dx[0] == NULL) return;
  const double w = s->weight != NULL ? (double)s->weight[c] * scale : scale;
  for (size_t n = g * per; n < (g + 1) * per; n++) {
    const size_t at = (n * channels + c) * area;
    for (size_t i = at; i < at + area; i++) {
      const double h = scale * ((double)s->x[0][i] - mean);
      s->dx[0][i] +=
          (REAL)(w * ((double)s->dy[i] - sum / m - h * (product / m)));
    }
  }
}

static void NAME(norm_back)(const NAME(call) * s) {
#pragma omp parallel for schedule(static)
  for (size_t c = 0; c < s->node->channels; c++) {
    double db = 0, dw = 0;
    for (size_t g = 0; g < s->groups; g++)
      NAME(norm_back_part)(s, g, c, &db, &dw);
    if (s->d_bias != NULL) s->d_bias[c] = (REAL)db;
    if (s->d_weight != NULL) s->d_weight[c] = (REAL)dw;
  }
}

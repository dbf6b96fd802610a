/* What a flow's settings say once its model is open: output times, method,
 * tolerances. */
#ifndef ES_TRACE_FLOW_SETTINGS_H
#define ES_TRACE_FLOW_SETTINGS_H

#include <eigenstep/model.h>

typedef struct es_flow_settings {
  double *times; /* n_times, rising; the caller frees them */
  size_t n_times;
  const char *method;     /* that begins: points into the configuration or to a
                             literal */
  bool by_auto;           /* it was not given */
  es_ode_options options; /* of a stepper; zeros for the closed form */
} es_flow_settings;

/* Fills a zeroed *out, in part also where it fails: ES_USAGE for a start or
 * times that are missing, times given twice and gd without a learning rate,
 * ES_BAD_VALUE for exact where there is no closed form, ES_NO_MEMORY. */
es_status es_flow_settle(es_flow_settings *out, const es_instance *instance,
                         const es_config *config, es_diag *diag) ES_MUST_USE;

/* The method and its options alone, for a solve up to t_end (INFINITY: without
 * end). */
es_status es_flow_settle_method(es_flow_settings *out,
                                const es_instance *instance,
                                const es_config *config, double t_end,
                                es_diag *diag) ES_MUST_USE;

#endif

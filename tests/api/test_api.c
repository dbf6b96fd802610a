/* The library as a user's C program sees it: public headers only. */
#include "tests/api/example.h"
#include "tests/check.h"

#include <string.h>

typedef struct rows {
  double t[3], y[3];
  size_t n;
} rows;

static es_status keep(void *context, const double *row, size_t n) {
  rows *r = context;
  assert_int_equal(n, 2);
  r->t[r->n] = row[0];
  r->y[r->n++] = row[1];
  return ES_OK;
}

/* rtol 1e-9, so within 100 of it. */
static void own_model_flows(void **state) {
  (void)state;
  rows r = {.n = 0};
  es_diag diag = {0};
  assert_ok(flow_decay(keep, &r, &diag), diag);
  assert_int_equal(r.n, 3);
  for (int i = 0; i < 3; i++) assert_close(r.y[i], exp(-r.t[i]), 1e-7, 0);
}

static es_status refuse(void *context, const double *row, size_t n) {
  (void)context, (void)row, (void)n;
  return ES_INTERRUPTED;
}

static void a_row_can_end_the_flow(void **state) {
  (void)state;
  assert_status(flow_decay(refuse, NULL, NULL), ES_INTERRUPTED);
}

static void names_are_made_up_where_missing(void **state) {
  (void)state;
  es_instance instance;
  char name[16];
  unsigned crc;
  es_diag diag = {0};
  assert_ok(es_instance_open(&instance, &decay_model, NULL, NULL, &diag), diag);
  es_instance_column(&instance, 0, name, sizeof name);
  assert_string_equal(name, "y_1");
  es_instance_state_name(&instance, 0, name, sizeof name);
  assert_string_equal(name, "state_1");
  assert_int_equal(es_instance_steps(&instance), 0);
  assert_true(isnan(es_instance_floor(&instance)));
  assert_null(es_instance_array(&instance, 0).dataset);
  assert_null(es_instance_remark(&instance));
  assert_false(es_instance_checksum(&instance, &crc));
  es_instance_close(&instance);
  es_instance_close(&instance);
}

static size_t one(const void *self) {
  (void)self;
  return 1;
}

static void without_state(const void *self, es_model_shape *out) {
  (void)self;
  *out = (es_model_shape){.n_columns = 1};
}

static bool stop_at_once(void *context, const char *what, double done,
                         double total) {
  (void)context, (void)what, (void)done, (void)total;
  return true;
}

/* A flow can be run again, and a watch can end it. */
static void a_flow_runs_twice_and_can_be_stopped(void **state) {
  (void)state;
  rows first = {.n = 0}, second = {.n = 0};
  const es_watch watch = {stop_at_once, NULL};
  es_config *config;
  es_flow *flow;
  es_diag diag = {0};
  assert_ok(es_config_new(&config, &es_flow_keys, 1, &diag), diag);
  assert_ok(es_config_set(config, "time.t=0,1,2", &diag), diag);
  assert_ok(es_flow_new(&flow, &decay_model, config, NULL, &diag), diag);
  assert_ok(es_flow_run(flow, keep, &first, &diag), diag);
  assert_ok(es_flow_run(flow, keep, &second, &diag), diag);
  assert_int_equal(second.n, 3);
  assert_memory_equal(first.y, second.y, sizeof first.y);
  es_flow_free(flow);
  assert_ok(es_flow_new(&flow, &decay_model, config, &watch, &diag), diag);
  first.n = 0;
  assert_status(es_flow_run(flow, keep, &first, &diag), ES_INTERRUPTED);
  es_flow_free(flow);
  es_config_free(config);
}

static es_status exact_up_to_one(void *self, double t, double *out,
                                 double *state) {
  (void)self;
  out[0] = exp(-t);
  if (state != NULL) state[0] = out[0];
  return t > 1 ? ES_NO_CONVERGENCE : ES_OK;
}

static void with_exact(const void *self, es_model_shape *out) {
  (void)self;
  out->has_exact = true;
}

/* Rows before the failure are there, and it says when. */
static void a_closed_form_that_fails(void **state) {
  (void)state;
  rows r = {.n = 0};
  es_model model = decay_model;
  es_config *config;
  es_flow *flow;
  es_diag diag = {0};
  model.shape = with_exact;
  model.exact = exact_up_to_one;
  assert_ok(es_config_new(&config, &es_flow_keys, 1, &diag), diag);
  assert_ok(es_config_set(config, "time.t=0,1,2", &diag), diag);
  assert_ok(es_flow_new(&flow, &model, config, NULL, &diag), diag);
  assert_status(es_flow_run(flow, keep, &r, &diag), ES_NO_CONVERGENCE);
  assert_int_equal(r.n, 2);
  assert_close(r.y[1], exp(-1), 0, 0);
  assert_close(diag.t, 2, 0, 0);
  assert_non_null(strstr(diag.message, "at t = 2"));
  es_flow_free(flow);
  es_config_free(config);
}

static void incomplete_models_are_refused(void **state) {
  (void)state;
  es_instance instance;
  const es_model nothing = {.name = "nothing"};
  assert_status(es_instance_open(&instance, &nothing, NULL, NULL, NULL),
                ES_BAD_VALUE);
  es_model half = decay_model;
  half.n_steps = one;
  assert_status(es_instance_open(&instance, &half, NULL, NULL, NULL),
                ES_BAD_VALUE);
  half = decay_model;
  half.n_states = one;
  assert_status(es_instance_open(&instance, &half, NULL, NULL, NULL),
                ES_BAD_VALUE);
  half = decay_model;
  half.shape = without_state;
  assert_status(es_instance_open(&instance, &half, NULL, NULL, NULL),
                ES_BAD_VALUE);
}

static void version_and_models(void **state) {
  (void)state;
  assert_string_equal(es_version(), ES_VERSION);
  assert_int_equal(es_abi(), ES_ABI);
  assert_ptr_equal(es_model_find("barlow-twins"), &es_model_barlow_twins);
  assert_ptr_equal(es_model_list(0), &es_model_barlow_twins);
  assert_null(es_model_find("none"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(own_model_flows),
      cmocka_unit_test(a_row_can_end_the_flow),
      cmocka_unit_test(names_are_made_up_where_missing),
      cmocka_unit_test(a_closed_form_that_fails),
      cmocka_unit_test(incomplete_models_are_refused),
      cmocka_unit_test(a_flow_runs_twice_and_can_be_stopped),
      cmocka_unit_test(version_and_models),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Kernels and embeddings from arrays.h5, and embeddings from a state, by hand;
 * files whose pieces do not go together. */
#include "tests/file/temp.h"

#include "file/h5.h"
#include "overlay/frame.h"

#include <math.h>

enum { D = 2, M = 3, R = 2, N = 4 };

typedef struct piece {
  const char *name; /* NULL: the end */
  size_t rows, cols;
  double value[N * M];
} piece;

/* Three modes, of which the one of gamma = 0 has no function. S is not
 * symmetric, so that rows are told from columns. */
static const piece whole[] = {
    {"/prediction/gamma", M, 1, {2, 0, -1}},
    {"/prediction/Z0", D, M, {1, 2, 3, 4, 5, 6}},
    {"/prediction/phi", N, R, {1, 2, 3, 4, 5, 6, 7, 8}},
    {"/prediction/S", M, M, {1, 2, 3, 4, 5, 6, 7, 8, 9}},
    {"/prediction/end/gamma", M, 1, {3, 2, 1}},
    {"/prediction/end/Z0", D, M, {1, 0, 0, 0, 1, 0}},
    {"/eval/start", N, D, {10, 20, 30, 40, 50, 60, 70, 80}},
    {"/eval/end", N, D, {1, 1, 2, 2, 3, 3, 4, 5}},
    {"/prediction/followed/F", N, D, {6, 7, 8, 9, 1, 2, 3, 4}},
    {.name = NULL}};

/* The whole file, with one piece as `other` has it (of no rows: not there). */
static es_status read_with(void **state, const piece *other, double pairs,
                           es_frames *frames, es_diag *diag) {
  es_h5 *file;
  const char *path = at(state, "arrays.h5");
  assert_ok(es_h5_create(&file, path, diag), *diag);
  for (const piece *p = whole; p->name != NULL; p++) {
    const bool its = other != NULL && strcmp(other->name, p->name) == 0;
    const piece *as = its ? other : p;
    const size_t shape[] = {as->rows, as->cols};
    if (as->rows > 0)
      assert_ok(es_h5_write(file, p->name, as->value, shape, 2, diag), *diag);
  }
  if (!isnan(pairs))
    assert_ok(es_h5_write(file, "/prediction/pairs", &pairs, NULL, 0, diag),
              *diag);
  assert_ok(es_h5_commit(file, diag), *diag);
  return es_frames_read(frames, path, D, diag);
}

static void all_is_read(void **state) {
  es_frames f;
  es_diag diag = {0};
  assert_ok(read_with(state, NULL, 12, &f, &diag), diag);
  assert_int_equal(f.rows, N);
  assert_int_equal(f.d, D);
  assert_close(f.pairs, 12, 0, 0);
  assert_int_equal(f.start.held.m, M);
  assert_int_equal(f.start.r, R);
  assert_int_equal(f.start.rows, N);
  assert_close(f.start.held.gamma[2], -1, 0, 0);
  assert_close(f.start.held.Z0[1 + 2 * D], 6, 0, 0); /* second output, third */
  assert_close(f.start.held.Z0[0 + 1 * D], 2, 0, 0);
  assert_close(f.start.held.S[8], 9, 0, 0);
  assert_close(f.start.phi[3], 4, 0, 0);
  assert_int_equal(f.end.held.m, M);
  assert_close(f.end.held.gamma[0], 3, 0, 0);
  assert_null(f.end.held.S);
  assert_null(f.end.phi);
  assert_close(f.before[7], 80, 0, 0);
  assert_close(f.after[7], 5, 0, 0);
  assert_close(f.followed[7], 4, 0, 0);
  es_frames_free(&f);
}

static const piece without[] = {{.name = "/prediction/gamma"},
                                {.name = "/prediction/phi"},
                                {.name = "/prediction/S"},
                                {.name = "/prediction/end/gamma"},
                                {.name = "/prediction/followed/F"}};

/* What an older run has not kept stays empty. */
static void pieces_that_were_not_kept(void **state) {
  es_frames f;
  es_diag diag = {0};
  assert_ok(read_with(state, &without[0], NAN, &f, &diag), diag);
  assert_int_equal(f.start.held.m, 0);
  assert_null(f.start.phi);
  assert_int_equal(f.end.held.m, M);
  assert_true(isnan(f.pairs));
  es_frames_free(&f);
  assert_ok(read_with(state, &without[1], 1, &f, &diag), diag);
  assert_int_equal(f.start.held.m, M);
  assert_null(f.start.phi);
  assert_int_equal(f.start.rows, 0);
  es_frames_free(&f);
  assert_ok(read_with(state, &without[2], 1, &f, &diag), diag);
  assert_null(f.start.held.S);
  es_frames_free(&f);
  assert_ok(read_with(state, &without[3], 1, &f, &diag), diag);
  assert_int_equal(f.end.held.m, 0);
  es_frames_free(&f);
  assert_ok(read_with(state, &without[4], 1, &f, &diag), diag);
  assert_null(f.followed);
  assert_non_null(f.after);
  es_frames_free(&f);
}

static void refuse(void **state, const piece *other, const char *words) {
  es_frames f;
  es_diag diag = {0};
  const es_status status = read_with(state, other, 1, &f, &diag);
  assert_true(status == ES_FILE_CORRUPT || status == ES_FILE_DATA);
  assert_says(&diag, status, words);
  assert_non_null(strstr(diag.message, "arrays.h5"));
  assert_null(f.before);
  assert_null(f.start.phi);
}

static void pieces_that_do_not_fit(void **state) {
  static const struct {
    piece other;
    const char *words;
  } bad[] = {
      {{"/prediction/gamma", M, 1, {2, 0, 1}}, "gamma"},
      {{"/prediction/gamma", M, 1, {2, NAN, -1}}, "finite"},
      {{"/prediction/gamma", 1, M, {2, 0, -1}}, "Z0 is 2×3"},
      {{"/prediction/Z0", M, D, {1, 2, 3, 4, 5, 6}}, "Z0 is 3×2"},
      {{"/prediction/gamma", M, 2, {2, 2, 0, 0, -1, -1}}, "Z0 is 2×3"},
      {{"/prediction/Z0", M, M, {1, 2, 3, 4, 5, 6, 7, 8, 9}}, "Z0 is 3×3"},
      {{"/prediction/Z0", D, 2, {1, 2, 3, 4}}, "Z0 is 2×2"},
      {{.name = "/prediction/Z0"}, "Z0 is 0×0"},
      {{"/prediction/S", D, M, {1, 2, 3, 4, 5, 6}}, "S is 2×3"},
      {{"/prediction/S", M, D, {1, 2, 3, 4, 5, 6}}, "S is 3×2"},
      {{"/prediction/S", M, M, {NAN}}, "S: row 1"},
      {{"/prediction/phi", N, M, {1}}, "phi is 4×3"},
      {{"/prediction/phi", 2, R, {1}}, "phi has 2 rows|4"},
      {{"/eval/start", 3, D, {1}}, "start is 3×2"},
      {{"/eval/start", N, M, {1}}, "start is 4×3"},
      {{"/eval/start", 2, D, {1}}, "end is 4×2"},
      {{"/eval/end", 2, D, {1}}, "end is 2×2"},
      {{"/eval/end", N, 1, {1}}, "end is 4×1"},
      {{"/prediction/followed/F", 6, D, {1}}, "F is 6×2"},
  };
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
    refuse(state, &bad[k].other, bad[k].words);
}

/* Z less Z0 is .1, .2 in the first mode, 7 in the second, which has no
 * function, and -.3, .4 in the third: row i of the embedding moves by phi_i1
 * (.1, .2) + phi_i2 (-.3, .4), phi being 1 2, 3 4, 5 6, 7 8. */
static void a_state_is_embedded(void **state) {
  static const double move[D * M] = {.1, .2, 7, 7, -.3, .4};
  static const double want[N * D] = {9.5,  21,   29.1, 42.2,
                                     48.7, 63.4, 68.3, 84.6};
  es_frames f;
  es_diag diag = {0};
  double Z[D * M], out[N * D];
  assert_ok(read_with(state, NULL, 1, &f, &diag), diag);
  for (size_t k = 0; k < D * M; k++) Z[k] = f.start.held.Z0[k] + move[k];
  es_frame_embed(out, &f.start, f.before, Z);
  for (size_t k = 0; k < N * D; k++) assert_close(out[k], want[k], 1e-14, 0);
  es_frames_free(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(all_is_read),
      temp_test(pieces_that_were_not_kept),
      temp_test(pieces_that_do_not_fit),
      temp_test(a_state_is_embedded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

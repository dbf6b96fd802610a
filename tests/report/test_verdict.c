/* Criteria: every aggregate against values worked out by hand, what is
 * inconclusive, what is refused. */
#include "report/verdict.h"

#include "tests/file/temp.h"

#include <sys/stat.h>

/* gap selects; value has both signs; hole has a NaN; power is 3 x^2. */
static const char table[] = "gap,value,hole,x,power,flat,ends,word\n"
                            "0.1,-5,1,1,3,0.1,inf,a\n"
                            "0.2,1,nan,2,12,0.1,-inf,b\n"
                            "0.3,2,3,4,48,0.1,0,c\n"
                            "0.4,4,4,8,192,0.1,1,d\n";

static es_verdict evaluate(void **state, const char *criterion) {
  es_verdict out = {0};
  es_diag diag = {0};
  mkdir(at(state, "run"), 0755);
  put_text(state, "run/t.csv", table);
  assert_ok(es_verdict_check(criterion, NULL, NULL, &diag), diag);
  assert_ok(es_verdict_evaluate(&out, criterion, at(state, "."), &diag), diag);
  assert_string_equal(out.criterion, criterion);
  assert_memory_equal(&out.low, &out.value, sizeof out.value);
  assert_memory_equal(&out.high, &out.value, sizeof out.value);
  return out;
}

static void check(void **state, const char *criterion, double value,
                  const char *verdict) {
  const es_verdict got = evaluate(state, criterion);
  if (isinf(value))
    assert_true(got.value == value);
  else
    assert_close(got.value, value, 1e-12, 0);
  if (strcmp(got.verdict, verdict) != 0)
    fail_msg("%s: %s, want %s", criterion, got.verdict, verdict);
}

static void aggregates(void **state) {
  check(state, "max value in run/t.csv < 4.5", 4, "holds");
  check(state, "min value in run/t.csv < -5", -5, "fails");
  check(state, "mean value in run/t.csv > 0", 0.5, "holds");
  check(state, "median value in run/t.csv > 1", 1.5, "holds");
  check(state, "median value in run/t.csv where gap > 0.15 <= 2", 2, "holds");
  check(state, "count value in run/t.csv >= 4", 4, "holds");
  check(state, "max value*1E0 in run/t.csv < 4.5", 4, "holds");
  check(state, "max value*10e-1 in run/t.csv < 4.5", 4, "holds");
  check(state, "max |value| in run/t.csv < 5", 5, "fails");
  check(state, "min |value| in run/t.csv < 5", 1, "holds");
  check(state, "max ends in run/t.csv < 5", INFINITY, "fails");
  check(state, "min ends in run/t.csv < 5", -INFINITY, "holds");
  check(state, "  max   value  in run/t.csv   <  5 ", 4, "holds");
}

/* Which is what others' tables call that of their index. */
static void a_column_without_a_name(void **state) {
  es_verdict out = {0};
  es_diag diag = {0};
  mkdir(at(state, "run"), 0755);
  put_text(state, "run/i.csv", ",x\n0,3\n1,5\n");
  assert_ok(es_verdict_evaluate(&out, "max x in run/i.csv < 6", at(state, "."),
                                &diag),
            diag);
  assert_close(out.value, 5, 0, 0);
}

static void words_select(void **state) {
  check(state, "max value in run/t.csv where word is b < 4", 1, "holds");
  check(state, "max value in run/t.csv where gap > 0.15 and word is d < 4", 4,
        "fails");
  check(state, "count value in run/t.csv where word is none < 1", 0, "holds");
  /* A cell is compared as it stands in the file. */
  check(state, "max value in run/t.csv where ends is -inf < 4", 1, "holds");
}

static void relations(void **state) {
  check(state, "max value in run/t.csv < 4", 4, "fails");
  check(state, "max value in run/t.csv <= 4", 4, "holds");
  check(state, "max value in run/t.csv > 4", 4, "fails");
  check(state, "max value in run/t.csv >= 4", 4, "holds");
}

static void clauses(void **state) {
  check(state, "max value in run/t.csv where gap < 0.35 < 9", 2, "holds");
  check(state, "count gap in run/t.csv where gap >= 0.2 and gap <= 0.3 >= 2", 2,
        "holds");
  check(state,
        "count gap in run/t.csv where gap > 0 and gap > 0 and gap > 0 and "
        "value > 0 < 3",
        3, "fails");
  /* A NaN in a clause's column selects nothing. */
  check(state, "count gap in run/t.csv where hole > 0 < 9", 3, "holds");
  check(state, "max hole in run/t.csv where gap > 0.25 < 9", 4, "holds");
}

/* Row by row, before absolute values are taken; clauses look at the first. */
static void differences(void **state) {
  es_verdict out;
  es_diag diag = {0};
  mkdir(at(state, "run"), 0755);
  put_text(state, "run/u.csv", "value,gap\n-4,9\n1.5,9\n2,9\n1,9\n");
  put_text(state, "run/short.csv", "value\n1\n");
  check(state, "max |value| in run/t.csv minus run/u.csv < 4", 3, "holds");
  check(state, "min value in run/t.csv minus run/u.csv > -1", -1, "fails");
  check(state,
        "max |value| in run/t.csv minus run/u.csv where gap < 0.35 and gap > "
        "0.15 < 4",
        .5, "holds");
  check(state, "max |value| in run/t.csv minus run/t.csv <= 0", 0, "holds");
  assert_status(es_verdict_evaluate(
                    &out, "max value in run/t.csv minus run/short.csv < 1",
                    at(state, "."), &diag),
                ES_FILE_DATA);
  assert_status(es_verdict_evaluate(&out,
                                    "max hole in run/t.csv minus run/u.csv < 1",
                                    at(state, "."), &diag),
                ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "run/u.csv has no column 'hole'"));
  assert_status(
      es_verdict_check("max a in t.csv minus ../u.csv < 1", NULL, NULL, &diag),
      ES_BAD_VALUE);
  assert_status(es_verdict_check("max a in t.csv minus < 1", NULL, NULL, &diag),
                ES_BAD_VALUE);
}

/* x = 1, 2, 4, 8 and value = -5, 1, 2, 4, by hand. */
static void arithmetic(void **state) {
  check(state, "max value*x-1 in run/t.csv < 31.5", 31, "holds");
  check(state, "min 2+value/x in run/t.csv < 0", -3, "holds");
  check(state, "max -x^2 in run/t.csv < 0", -1, "holds");
  check(state, "max 2^x^0.5 in run/t.csv < 9", exp2(sqrt(8)), "holds");
  check(state, "max 2*(x-3)*(x-3)-1e1 in run/t.csv > 0", 40, "holds");
  check(state, "max 8/4/x in run/t.csv > 0", 2, "holds");
  check(state, "max x-4-3+.5e+1 in run/t.csv > 0", 6, "holds");
  check(state, "max x*-1 in run/t.csv < 0", -1, "holds");
  check(state, "max |value-x| in run/t.csv < 9", 6, "holds");
  check(state, "count x in run/t.csv where value-x/2 >= 0 < 9", 3, "holds");
  check(state, "slope power/x by x*x in run/t.csv > 0", .5, "holds");
  check(state, "max |value-x| in run/t.csv minus run/t.csv <= 0", 0, "holds");
  check(state, "max hole+x in run/t.csv where gap > 0.25 < 9", 12, "fails");
}

/* A column whose name looks like arithmetic is that column. */
static void odd_names(void **state) {
  es_verdict out;
  es_diag diag = {0};
  put_text(state, "odd.csv", "a,b,a-b,model.lr,_c\n9,2,1,5,3\n");
  const struct {
    const char *text;
    double want;
  } all[] = {{"max a-b in odd.csv < 9", 1},
             {"max (a-b) in odd.csv < 9", 7},
             {"max a*model.lr in odd.csv < 9", 45},
             {"max _c in odd.csv < 9", 3}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    assert_ok(es_verdict_evaluate(&out, all[i].text, at(state, "."), &diag),
              diag);
    assert_close(out.value, all[i].want, 1e-15, 0);
  }
}

/* A second term: a difference or a ratio of two aggregates. */
static void two_terms(void **state) {
  check(state, "max x in run/t.csv minus min x in run/t.csv < 9", 7, "holds");
  check(state, "max x in run/t.csv over min x in run/t.csv >= 8", 8, "holds");
  check(state,
        "min gap in run/t.csv where x > 1 minus max gap in run/t.csv where "
        "word is a > 0.05",
        .1, "holds");
  check(state,
        "count x in run/t.csv where x > 1 and x < 5 over count x in run/t.csv "
        "< 0.5",
        .5, "fails");
  check(state,
        "max x in run/t.csv minus run/t.csv where x > 1 minus max x in "
        "run/t.csv < 0",
        -8, "holds");
  check(state, "slope power by x in run/t.csv minus mean x in run/t.csv < 0",
        -1.75, "holds");
  const es_verdict got =
      evaluate(state, "max x in run/t.csv minus max hole in run/t.csv < 99");
  assert_string_equal(got.verdict, "inconclusive");
}

static void slopes(void **state) {
  check(state, "slope power by x in run/t.csv > 1.9", 2, "holds");
  check(state, "slope power by x in run/t.csv where x < 5 < 1.9", 2, "fails");
  check(state, "slope |power| by x in run/t.csv > 1.9", 2, "holds");
  check(state, "slope |value| by x in run/t.csv where x > 1 > 0.9", 1, "holds");
}

/* x doubles where gap grows by a tenth; ln 1, ln 2, ln 4 over 2, 4, 8. */
static void rates(void **state) {
  check(state, "rate x by gap in run/t.csv > 6.9", 6.931471805599453, "holds");
  check(state, "rate x by gap in run/t.csv where gap < 0.25 < 6.9",
        6.931471805599453, "fails");
  check(state, "rate |value| by x in run/t.csv where x > 1 < 0.3",
        0.22279730803712527, "holds");
}

static void inconclusive(void **state) {
  static const char *const all[] = {
      "max hole in run/t.csv < 9", "mean hole in run/t.csv < 9",
      "median |hole| in run/t.csv < 9",
      "min value in run/t.csv where gap > 1 < 9", "max word in run/t.csv < 9",
      "mean ends in run/t.csv < 9",
      /* no slope: one point, none, a constant x, a logarithm of 0 or less */
      "slope power by x in run/t.csv where x > 4 > 0",
      "slope power by x in run/t.csv where x > 9 > 0",
      "slope power by flat in run/t.csv > 0",
      "slope power by hole in run/t.csv > 0",
      "slope value by x in run/t.csv > 0",
      "slope power by value in run/t.csv > 0",
      "slope ends by x in run/t.csv where x > 3 > 0",
      "rate power by flat in run/t.csv > 0",
      "rate value by x in run/t.csv > 0"};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    const es_verdict got = evaluate(state, all[i]);
    if (strcmp(got.verdict, "inconclusive") != 0)
      fail_msg("%s: %s (%g)", all[i], got.verdict, got.value);
  }
  /* Nothing selected is a count like any other. */
  check(state, "count gap in run/t.csv where gap > 1 > 0", 0, "fails");
}

static void malformed(void **state) {
  static const char *const all[] = {
      "", " ", "max", "max value", "max value in", "max value in run/t.csv",
      "max value in run/t.csv <", "max value in run/t.csv 5",
      "max value in run/t.csv = 5", "max value in run/t.csv < x",
      "max value in run/t.csv < nan", "max value in run/t.csv < 5 6",
      "max value in run/t.csv < 5 and gap < 1", "most value in run/t.csv < 5",
      "max value of run/t.csv < 5", "max value by x in run/t.csv < 5",
      "slope value in run/t.csv < 5", "slope value by in run/t.csv < 5",
      "slope value by x of run/t.csv < 5", "slope value by",
      "max value in run/t.csv where < 5",
      "max value in run/t.csv where gap < 5",
      "max value in run/t.csv where gap > 0.1 and < 5",
      "max value in run/t.csv where gap > 0.1 or gap < 5 < 5",
      "max value in run/t.csv where gap > 1 and gap > 1 and gap > 1 and gap > "
      "1 and gap > 1 < 5",
      /* arithmetic that is none, and a clause's word beside some */
      "max value+ in run/t.csv < 5", "max *value in run/t.csv < 5",
      "max (value in run/t.csv < 5", "max value) in run/t.csv < 5",
      "max 2value in run/t.csv < 5", "max value,x in run/t.csv < 5",
      "max 1.2.3 in run/t.csv < 5", "max 2e in run/t.csv < 5",
      "max || in run/t.csv < 5", "max |value in run/t.csv < 5",
      "max () in run/t.csv < 5", "max x^ in run/t.csv < 5",
      "max x in run/t.csv where x+gap is a < 5",
      "max x in run/t.csv where gap+ > 0 < 5",
      "max ((((((((((((((((((x)))))))))))))))))) in run/t.csv < 5",
      "max x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x in run/t.csv < "
      "5",
      /* what ends too early */
      "max x in run/t.csv where gap", "max x in run/t.csv where gap is",
      "slope x by y", "max x in run/t.csv minus", "max x in run/t.csv over",
      "max x in run/t.csv minus min", "max x in run/t.csv where 2 is a < 5",
      /* signs, powers and what is left of them beyond the deepest and longest
       */
      "max -----------------x in run/t.csv < 5",
      "max x^x^x^x^x^x^x^x^x^x^x^x^x^x^x^x^x in run/t.csv < 5",
      "max x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+-x in run/t.csv < 5",
      "max -x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x^x in run/t.csv < 5",
      "max x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x in run/t.csv < 5",
      /* a second term that is none */
      "max x in run/t.csv minus max x < 5", "max x in run/t.csv over 2 < 5",
      "max x in run/t.csv over max < 5",
      "max x in run/t.csv minus max x in ../t.csv < 5",
      "max x in run/t.csv over min x in run/t.csv over min x in run/t.csv < 5",
      /* paths that leave the experiment's folder */
      "max value in /etc/t.csv < 5", "max value in ../t.csv < 5",
      "max value in run/../../t.csv < 5",
      /* a word longer than any column */
      "max "
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa in t.csv < "
      "5"};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    es_diag diag = {0};
    es_verdict out;
    if (es_verdict_check(all[i], NULL, NULL, &diag) != ES_BAD_VALUE)
      fail_msg("'%s' was taken", all[i]);
    assert_says(&diag, ES_BAD_VALUE, "experiment.criterion|write it as");
    assert_status(es_verdict_evaluate(&out, all[i], at(state, "."), &diag),
                  ES_BAD_VALUE);
  }
}

static void missing(void **state) {
  es_verdict out;
  es_diag diag = {0};
  put_text(state, "t.csv", table);
  const char *dir = at(state, ".");
  assert_status(es_verdict_evaluate(&out, "max none in t.csv < 5", dir, &diag),
                ES_BAD_VALUE);
  assert_says(&diag, ES_BAD_VALUE, "t.csv|no column|none");
  assert_status(
      es_verdict_evaluate(&out, "slope gap by none in t.csv < 5", dir, &diag),
      ES_BAD_VALUE);
  assert_status(es_verdict_evaluate(&out, "max gap in t.csv where no > 1 < 5",
                                    dir, &diag),
                ES_BAD_VALUE);
  assert_status(es_verdict_evaluate(&out, "max gap in u.csv < 5", dir, &diag),
                ES_FILE_MISSING);
  assert_says(&diag, ES_FILE_MISSING, "u.csv");
}

static void written(void **state) {
  const es_verdict rows[] = {
      {"max a, b in \"t\" < 5", 4, 4, 4, "holds"},
      {"min c in t.csv < 5", NAN, NAN, NAN, "inconclusive"}};
  es_diag diag = {0};
  const char *path = at(state, "verdict.csv");
  assert_ok(es_verdict_write(path, rows, 2, &diag), diag);
  assert_content(path, "criterion,value,low,high,verdict\n"
                       "\"max a, b in \"\"t\"\" < 5\",4,4,4,holds\n"
                       "min c in t.csv < 5,nan,nan,nan,inconclusive\n");
  assert_ok(es_verdict_write(path, NULL, 0, &diag), diag);
  assert_content(path, "criterion,value,low,high,verdict\n");
  assert_status(es_verdict_write(at(state, "no/verdict.csv"), rows, 2, &diag),
                ES_FILE_WRITE);
}

static int write_much(void **state) {
  static es_verdict rows[500];
  for (size_t i = 0; i < 500; i++)
    rows[i] = (es_verdict){"max a in t.csv < 5", 4, 4, 4, "holds"};
  return es_status_exit_code(
      es_verdict_write(at(state, "verdict.csv"), rows, 500, NULL));
}

static void full_disk(void **state) {
  assert_int_equal(with_full_disk(4096, write_much, state), 3);
  assert_no_file(state, "verdict.csv");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(a_column_without_a_name),
      temp_test(aggregates),
      temp_test(words_select),
      temp_test(relations),
      temp_test(clauses),
      temp_test(differences),
      temp_test(arithmetic),
      temp_test(odd_names),
      temp_test(two_terms),
      temp_test(slopes),
      temp_test(rates),
      temp_test(inconclusive),
      temp_test(malformed),
      temp_test(missing),
      temp_test(written),
      temp_test(full_disk),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The page of an experiment: escaping, and what is left out of it. */
#include "report/html.h"

#include "tests/file/temp.h"

#include <sys/stat.h>

static void count_of(const char *text, const char *what, size_t want) {
  size_t n = 0;
  for (const char *p = text; (p = strstr(p, what)) != NULL; p++) n++;
  if (n != want) fail_msg("'%s' %zu times, want %zu", what, n, want);
}

static void page(void **state) {
  static const char *const stage[] = {"flow", "table"};
  const es_verdict verdict[] = {
      {"max a in t.csv < 5", 4, 4, 4, "holds"},
      {"min <b> in t.csv > 5", NAN, NAN, NAN, "inconclusive"}};
  char dir[64];
  snprintf(dir, sizeof dir, "%s", at(state, "."));
  const es_report report = {.title = "<script>&\"'\xce\xb3",
                            .source = "a < b & c > d",
                            .dir = dir,
                            .verdict = verdict,
                            .n_verdicts = 2,
                            .stage = stage,
                            .n_stages = 2};
  es_diag diag = {0};
  mkdir(at(state, "flow"), 0755);
  put_text(state, "flow/trace.csv", "t\n");
  put_text(state, "flow/sweep.csv", "eta\n");
  put_text(state, "flow/b.svg", "<svg/>");
  put_text(state, "flow/a&.svg", "<svg/>");
  put_text(state, "flow/a.png", "");
  const char *path = at(state, "index.html");
  assert_ok(es_report_write(path, &report, &diag), diag);
  char *text = content(path);
  count_of(text, "<script", 0);
  count_of(text, "&lt;script&gt;&amp;&quot;'\xce\xb3</title>", 1);
  count_of(text, "&lt;script&gt;&amp;&quot;'\xce\xb3</h1>", 1);
  count_of(text, "<b>Source.</b> a &lt; b &amp; c &gt; d</p>", 1);
  count_of(text, "Claim", 0);
  count_of(text, "<td>max a in t.csv &lt; 5</td><td>4</td><td class=\"holds\">",
           1);
  count_of(text, "min &lt;b&gt; in t.csv &gt; 5</td><td>nan</td>", 1);
  count_of(text, "<h2>flow</h2>\n<img src=\"flow/a&amp;.svg\"", 1);
  count_of(text, "<img ", 2);
  count_of(text, "<a href=\"flow/trace.csv\">trace.csv</a>", 1);
  count_of(text, "<a href=\"flow/sweep.csv\">sweep.csv</a>", 1);
  count_of(text, "<a ", 2);
  count_of(text, "</html>", 1);
  free(text);
}

/* A page with nothing to tell is a page all the same. */
static void bare_page(void **state) {
  const es_report report = {.dir = at(state, ".")};
  es_diag diag = {0};
  const char *path = at(state, "index.html");
  assert_ok(es_report_write(path, &report, &diag), diag);
  char *text = content(path);
  count_of(text, "<table>", 0);
  count_of(text, "<h1></h1>", 1);
  free(text);
  assert_status(es_report_write(at(state, "no/index.html"), &report, &diag),
                ES_FILE_WRITE);
}

/* A stage's folder that cannot be read is not one without figures. */
static void a_stage_is_no_folder(void **state) {
  static const char *const stage[] = {"none", "s"};
  es_diag diag = {0};
  char *path = strdup(at(state, "index.html"));
  es_report report = {.title = "x",
                      .dir = at(state, "."),
                      .stage = (const char **)stage,
                      .n_stages = 1};
  assert_ok(es_report_write(path, &report, &diag), diag);
  assert_int_equal(remove(path), 0);
  put_text(state, "s", "a file");
  report.n_stages = 2;
  assert_int_equal(es_report_write(path, &report, &diag), ES_FILE_MISSING);
  assert_non_null(strstr(diag.message, "/s: cannot be read"));
  assert_false(es_file_exists(path));
  free(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(page),
      temp_test(bare_page),
      temp_test(a_stage_is_no_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

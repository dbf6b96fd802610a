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
  char dir[64], file[80];
  snprintf(dir, sizeof dir, "%s", at(state, "."));
  snprintf(file, sizeof file, "%s", put_text(state, "e.yaml", "# <why>\n"));
  const es_report report = {.title = "<script>&\"'\xce\xb3\x01",
                            .source = "a < b & c > d",
                            .file = file,
                            .dir = dir,
                            .verdict = verdict,
                            .n_verdicts = 2,
                            .stage = stage,
                            .n_stages = 2};
  es_diag diag = {0};
  mkdir(at(state, "flow"), 0755);
  put_text(state, "flow/trace.csv", "t\n");
  put_text(state, "flow/steps.csv", "mode,<w>\n1,0.123456\n22,a&b\n");
  put_text(state, "flow/b.svg", "<svg/>");
  put_text(state, "flow/b.png", "x");
  put_text(state, "flow/a&.svg", "<svg/>\n");
  put_text(state, "flow/c.png", "12345678");
  put_text(state, "flow/run.json",
           "{\"command\": \"flow\", \"target\": \"a<b\", \"wall_seconds\": 75,"
           " \"version\": \"7.1\", \"seeds\": {\"model.seed\": 3}}");
  const char *path = at(state, "index.html");
  assert_ok(es_report_write(path, &report, &diag), diag);
  char *text = content(path);
  count_of(text, "<script", 0);
  count_of(text, "&lt;script&gt;&amp;&quot;'\xce\xb3\xef\xbf\xbd</title>", 1);
  count_of(text, "&lt;script&gt;&amp;&quot;'\xce\xb3\xef\xbf\xbd</h1>", 1);
  count_of(text, "<b>Source.</b> a &lt; b &amp; c &gt; d</p>", 1);
  count_of(text, "Claim", 0);
  count_of(text,
           "<td>max a in t.csv &lt; 5</td><td class=\"n\">4</td><td "
           "class=\"holds\">holds",
           1);
  count_of(text, "min &lt;b&gt; in t.csv &gt; 5</td><td class=\"n\">nan</td>",
           1);
  count_of(text,
           "<b class=\"holds\">1 holds</b>, <b class=\"inconclusive\">1 is "
           "inconclusive</b>.",
           1);
  count_of(text, ">low<", 0);
  /* base64 of these bytes, by hand: 6, 7 and 8 of them. */
  count_of(text, "src=\"data:image/svg+xml;base64,PHN2Zy8+\">", 1);
  count_of(text, "src=\"data:image/svg+xml;base64,PHN2Zy8+Cg==\">", 1);
  count_of(text, "src=\"data:image/png;base64,MTIzNDU2Nzg=\">", 1);
  count_of(text, "alt=\"Figure a&amp; of stage flow: &lt;script&gt;", 1);
  count_of(text, "<img ", 3);
  count_of(text, "<th scope=\"col\">&lt;w&gt;</th>", 1);
  count_of(text, "<td class=\"n\">1</td><td class=\"n\">0.1235</td>", 1);
  count_of(text, "<td class=\"n\">22</td><td>a&amp;b</td>", 1);
  count_of(text, "<code>flow a&lt;b</code> in 1 min 15 s; model.seed 3</p>", 1);
  count_of(text, "with eigenstep 7.1 ()", 1);
  count_of(text, "<pre># &lt;why&gt;\n</pre>", 1);
  count_of(text, "<a href=\"flow/trace.csv\">trace.csv</a>", 1);
  count_of(text, "<a href=\"flow/a%26.svg\">svg</a>", 1);
  count_of(text, "</html>", 1);
  free(text);
}

/* Runs of a repeated stage; an interval, where a verdict has one. */
static void repeated(void **state) {
  static const char *const stage[] = {"s"};
  const es_verdict verdict = {"max a in t.csv < 5", 4, 3, 4.5, "holds"};
  char dir[64], rows[512] = "a\n";
  snprintf(dir, sizeof dir, "%s", at(state, "."));
  const es_report report = {.dir = dir,
                            .verdict = &verdict,
                            .n_verdicts = 1,
                            .stage = stage,
                            .n_stages = 1};
  es_diag diag = {0};
  for (int i = 0; i < 25; i++) strcat(rows, "17\n");
  mkdir(at(state, "s"), 0755);
  mkdir(at(state, "s/000"), 0755);
  mkdir(at(state, "s/001"), 0755);
  put_text(state, "s/table.csv", rows);
  put_text(state, "s/000/config.yaml", "model: {a: 1}\n");
  put_text(state, "s/000/run.json", "{\"wall_seconds\": 3600}");
  put_text(state, "s/001/run.json", "{\"wall_seconds\": 120}");
  const char *path = at(state, "index.html");
  assert_ok(es_report_write(path, &report, &diag), diag);
  char *text = content(path);
  count_of(text, "2 runs of", 1);
  count_of(text, "1 h 2 min", 2);
  count_of(text, "Settings of the first run</summary>\n<pre>model: {a: 1}", 1);
  count_of(text, "<caption>Table, the first 20 of 25 rows</caption>", 1);
  count_of(text, "<td class=\"n\">17</td>", 20);
  count_of(text, "<li>001: <a href=\"s/001/run.json\">run.json</a>", 1);
  count_of(text,
           "<td class=\"n\">4</td><td class=\"n\">3</td><td "
           "class=\"n\">4.5</td>",
           1);
  free(text);
}

/* A figure beyond 512 kB is shown as PNG where there is one, one beyond 4 MB
 * not at all. A text that is too long ends with a whole character. */
static void large(void **state) {
  static const char *const stage[] = {"s"};
  const size_t n = (4 << 20) + 1;
  char dir[64], file[80], *bytes = malloc(n + 1);
  memset(bytes, ' ', n);
  bytes[n] = '\0';
  snprintf(dir, sizeof dir, "%s", at(state, "."));
  mkdir(at(state, "s"), 0755);
  put(state, "s/a.svg", bytes, (512 << 10) + 1);
  put_text(state, "s/a.png", "x");
  put(state, "s/b.svg", bytes, n);
  memset(bytes, '-', (64 << 10) - 1);
  memcpy(bytes + (64 << 10) - 1, "\xce\xb3", 3);
  snprintf(file, sizeof file, "%s", put_text(state, "e.yaml", bytes));
  free(bytes);
  const es_report report = {
      .dir = dir, .file = file, .stage = stage, .n_stages = 1};
  es_diag diag = {0};
  const char *path = at(state, "index.html");
  assert_ok(es_report_write(path, &report, &diag), diag);
  char *text = content(path);
  count_of(text, "<img ", 1);
  count_of(text, "base64,eA==", 1);
  count_of(text, "This figure has 4 MB", 1);
  count_of(text, "<a href=\"s/b.svg\">svg</a>", 1);
  count_of(text, "-</pre>\n<p>The file goes on", 1);
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
      temp_test(repeated),
      temp_test(large),
      temp_test(a_stage_is_no_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Work-precision of our steppers beside GSL's, SUNDIALS' and SciPy's: error
 * against right-hand sides and against seconds, into out/bench/ode.csv.
 *
 * bench_ode [--quick] [PROBLEM…]   --quick: the small problems, verified and
 * timed once; exits 1 where a wrong answer would have passed. */
#include "tests/bench/ode/rounds.h"
#include "tests/bench/record.h"

#include "base/progress.h"

#include <gsl/gsl_version.h>
#include <math.h>
#include <omp.h>
#include <unistd.h>

enum { PROBLEMS = 8, MOST_METHODS = 48 };
static const char *const names[PROBLEMS] = {
    "mode",  "modes-200",   "pleiades",  "robertson",
    "hires", "van-der-pol", "barlow-64", "barlow-784"};

typedef struct bench {
  method methods[MOST_METHODS];
  size_t n_methods, threads; /* threads of the large problem, beside one */
  bool quick;
  char folder[64], script[256];
  FILE *ode, *references, *claims;
} bench;

static bool make(problem *p, size_t k, const char *folder) {
  if (k == 0 || k == 1)
    problem_modes(p, k == 0 ? 1 : 200);
  else if (k == 2)
    problem_pleiades(p);
  else if (k == 3)
    problem_robertson(p);
  else if (k == 4)
    problem_hires(p);
  else if (k == 5)
    problem_van_der_pol(p);
  else
    return problem_barlow(p, k == 7, folder);
  return true;
}

/* Distance of the reference from what was published; NaN: nothing was. */
static double from_published(const problem *p, const double *want) {
  if (p->published == NULL) return NAN;
  const double *last = want + (p->n_times - 1) * p->n_state;
  double worst = 0;
  for (size_t i = 0; i < p->n; i++)
    worst = fmax(worst, fabs(last[i] / p->ref[i] - 1));
  return worst;
}

static bool refer(bench *b, const problem *p, double *want, double *apart) {
  char by[160] = "";
  const bool found = reference(want, apart, by, sizeof by, p);
  const double published = from_published(p, want);
  printf("%s (n=%zu%s): ", p->title, p->n,
         p->cells > 1 ? ", each by itself" : "");
  if (!found) {
    printf("no two methods reach a reference (%s)\n", by);
    return false;
  }
  printf("reference %s, apart %.1e", by, *apart);
  if (p->published != NULL)
    printf(", from the %s %.1e", p->published, published);
  printf("\n");
  fflush(stdout);
  for (char *c = by; *c != '\0'; c++)
    if (*c == ',') *c = ';';
  fprintf(b->references, "%s,\"%s\",%zu,%zu,%g,%d,\"%s\",%.2g,%.2g\n", p->name,
          p->title, p->n, p->cells, p->wrong, p->stiff, by, *apart, published);
  fflush(b->references);
  return true;
}

/* before: the pass with more threads, or NULL. Free it. */
static pass *one_pass(bench *b, const problem *p, const double *want,
                      double apart, size_t threads, const pass *before) {
  pass *s = bench_room(1, sizeof *s);
  *s = (pass){.p = p,
              .methods = b->methods,
              .n_methods = b->n_methods,
              .threads = threads,
              .rounds = b->quick ? 1 : MOST_ROUNDS,
              .quick = b->quick,
              .before = before,
              .apart = apart,
              .say = isatty(STDERR_FILENO),
              .folder = b->folder,
              .script = b->script};
  pass_run(s, want);
  printf(" %zu thread%s; * what solver.method=auto takes\n", threads,
         threads > 1 ? "s" : "");
  pass_print(s);
  pass_write(s, b->ode);
  if (p->large && !b->quick) claims(s, b->claims);
  return s;
}

static void all_passes(bench *b, const problem *p, const double *want,
                       double apart) {
  pass *both = NULL;
  if (p->large && b->threads > 1)
    both = one_pass(b, p, want, apart, b->threads, NULL);
  free(one_pass(b, p, want, apart, 1, both));
  free(both);
}

static bool bench_problem(bench *b, size_t k) {
  problem p;
  const double begun = es_seconds();
  double apart;
  if (!make(&p, k, b->folder)) return true;
  if (b->quick) p.cap = .5;
  const size_t all = p.cells * p.n_times * p.n_state;
  double *want = bench_room(all, sizeof *want);
  es_blas_threads(p.large ? b->threads : 1);
  bool good = refer(b, &p, want, &apart);
  if (good && !p.stiff && !p.large && !canary_is_refused(&p, want)) {
    printf("a wrong answer to %s was not refused\n", p.name);
    good = false;
  }
  if (good) all_passes(b, &p, want, apart);
  printf("[%zu/%d] %s: %.0f s\n\n", k + 1, PROBLEMS, p.name,
         es_seconds() - begun);
  fflush(stdout);
  free(want);
  problem_free(&p);
  return good;
}

static void write_machine(const bench *b) {
  char cpu[128], text[256];
  FILE *out = bench_table("machine.csv", "what,value");
  fprintf(out, "CPU,\"%s\"\n", bench_cpu(cpu, sizeof cpu));
  fprintf(out, "cores,%ld\n", sysconf(_SC_NPROCESSORS_ONLN));
  fprintf(out, "eigenstep,%s\n", es_version());
  fprintf(out, "OpenBLAS,\"%s\"\n", es_blas_version(text, sizeof text));
  fprintf(out, "GSL,%s\n", GSL_VERSION);
  fprintf(out, "SUNDIALS,\"%s\"\n", version_sundials(text, sizeof text));
  fprintf(out, "SciPy,\"%s\"\n", version_scipy(text, sizeof text, b->script));
  fclose(out);
}

static void say_what_is_missing(const bench *b) {
  char text[256];
  if (version_sundials(text, sizeof text)[0] == '\0')
    printf("without SUNDIALS: libsundials-dev was not there at build time\n");
  if (version_scipy(text, sizeof text, b->script)[0] == '\0')
    printf("without SciPy: install python3-scipy\n");
}

static void open_bench(bench *b) {
  es_init();
  b->threads = omp_get_max_threads() < 2 ? 1 : 2;
  snprintf(b->script, sizeof b->script, "%s/tests/bench/ode_scipy.py",
           getenv("BENCH_ROOT") != NULL ? getenv("BENCH_ROOT") : ".");
  snprintf(b->folder, sizeof b->folder, "/tmp/bench_ode.XXXXXX");
  if (mkdtemp(b->folder) == NULL) exit(1);
  b->n_methods = methods_ours(b->methods, 20);
  b->n_methods += methods_gsl(b->methods + b->n_methods, 10);
  b->n_methods += methods_sundials(b->methods + b->n_methods, 8);
  b->n_methods += methods_scipy(b->methods + b->n_methods, 8);
  b->ode = bench_table(
      "ode.csv", "problem,threads,package,method,chosen,rtol,outcome,error,"
                 "error_state,error_observables,rhs,jacobians,steps,seconds,"
                 "samples");
  b->references =
      bench_table("references.csv", "problem,title,n,cells,wrong,stiff,by,"
                                    "apart,from_published");
  b->claims = bench_table("claims-ode.csv",
                          "peer,threads,ratio,needed,holds,method,rtol,error,"
                          "peer_error,seconds,peer_seconds");
  write_machine(b);
  say_what_is_missing(b);
}

static void close_bench(bench *b) {
  char command[128];
  fclose(b->ode);
  fclose(b->references);
  fclose(b->claims);
  snprintf(command, sizeof command, "rm -rf '%s'", b->folder);
  if (system(command) != 0) fprintf(stderr, "%s stays\n", b->folder);
}

static bool asked(const bench *b, size_t k, char *const *words, int n) {
  static const bool is_quick[PROBLEMS] = {true,  false, true, true,
                                          false, false, true, false};
  bool any = false;
  for (int i = 0; i < n; i++) {
    if (words[i][0] == '-') continue;
    any = true;
    if (strcmp(words[i], names[k]) == 0) return true;
  }
  return !any && (!b->quick || is_quick[k]);
}

int main(int argc, char **argv) {
  bench b = {0};
  bool good = true;
  for (int i = 1; i < argc; i++)
    if (strcmp(argv[i], "--quick") == 0) b.quick = true;
  open_bench(&b);
  for (size_t k = 0; k < PROBLEMS; k++)
    if (asked(&b, k, argv + 1, argc - 1)) good = bench_problem(&b, k) && good;
  close_bench(&b);
  return good ? 0 : 1;
}

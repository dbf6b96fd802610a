/* eigenstep doctor: what is there, what is missing, what installs it. */
#include "cli/cli.h"

#include "config/provenance.h"
#include "data/data.h"
#include "file/atomic.h"
#include "file/share.h"
#include "linalg/linalg.h"
#include "net/engine.h"
#include "plot/plot.h"
#include "sweep/lanes.h"
#include "sweep/ranks.h"

#include <eigenstep/eigenstep.h>

#include "githash.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

static void line(bool good, const char *what, const char *detail) {
  printf("%-8s %-18s %s\n", good ? "ok" : "MISSING", what, detail);
}

static void libraries(void) {
  es_library library[16];
  const size_t n = es_libraries(library, 16);
  for (size_t i = 0; i < n; i++)
    line(true, library[i].name, library[i].version);
  const bool openmp = es_blas_parallel() == 2;
  char mpi[128];
  es_ranks_version(mpi, sizeof mpi);
  line(true, "MPI",
       mpi[0] != '\0' ? mpi
                      : "not built in: sweeps on one machine and "
                        "by --shard; install libopenmpi-dev and "
                        "build again for mpirun");
  line(openmp, "OpenBLAS threads",
       openmp ? "OpenMP"
              : "not the OpenMP build; install libopenblas-openmp-dev");
  char onednn[64];
  es_engine_onednn_version(onednn, sizeof onednn);
  line(onednn[0] != '\0', "oneDNN",
       onednn[0] != '\0' ? onednn
                         : "networks run on plain loops, slowly; install "
                           "libdnnl-dev and build again");
}

static void machine(void) {
  char text[160];
  es_simd simd = ES_SIMD_NONE;
  line(true, "CPU", es_cpu_model(text, sizeof text));
  (void)!es_simd_choose(&simd, "auto", NULL);
  snprintf(text, sizeof text, "AVX2 %s, AVX-512 %s; sweeps use %s",
           es_simd_has(ES_SIMD_AVX2) ? "yes" : "no",
           es_simd_has(ES_SIMD_AVX512) ? "yes" : "no",
           simd == ES_SIMD_NONE ? "plain C" : es_simd_name(simd));
  line(true, "SIMD", text);
  snprintf(text, sizeof text, "%d of %d processors", omp_get_max_threads(),
           omp_get_num_procs());
  line(true, "threads", text);
}

static void datasets(void) {
  char text[512];
  for (size_t i = 0; es_data_list(i).name != NULL; i++) {
    const es_data_info info = es_data_list(i);
    if (info.install[0] == '\0') { /* generated, or a file of the user's */
      line(true, info.name, info.path);
      continue;
    }
    const bool there = es_file_exists(info.path);
    snprintf(text, sizeof text, "%s%s%s", info.path, there ? "" : "; install ",
             there ? "" : info.install);
    line(there, info.name, text);
  }
}

static void gnuplot(void) {
  static const char *const wanted[] = {"svg", "pngcairo", "pdfcairo"};
  char found[8192];
  if (!es_plot_gnuplot(found, sizeof found)) {
    line(false, "gnuplot", "install gnuplot-nox");
    return;
  }
  char *terminals = strchr(found, ':');
  if (terminals != NULL) *terminals++ = '\0';
  line(true, "gnuplot", found);
  for (int i = 0; i < 3; i++) {
    char word[16];
    snprintf(word, sizeof word, " %s ", wanted[i]);
    const bool there = terminals != NULL && strstr(terminals, word) != NULL;
    snprintf(word, sizeof word, "  %s", wanted[i]);
    line(there, word, there ? "" : "install gnuplot-nox");
  }
}

static es_status share(const char *kind, es_diag *diag) {
  char *path = NULL;
  const es_status status = es_share_find(&path, kind, NULL, diag);
  if (status == ES_NO_MEMORY) return status;
  line(status == ES_OK, kind,
       status == ES_OK ? path : "set EIGENSTEP_DATADIR to the folder of it");
  free(path);
  return ES_OK;
}

es_status es_cmd_doctor(const es_job *job, es_diag *diag) {
  (void)job;
  printf("eigenstep %s (%s)\n", es_version(), ES_GIT_HASH);
  machine();
  libraries();
  datasets();
  gnuplot();
  const es_status status = share("plots", diag);
  return status == ES_OK ? share("experiments", diag) : status;
}

/* The libraries and the processor that a result was made with. */
#include "config/provenance.h"
#include "file/h5.h"
#include "linalg/linalg.h"

#include <cjson/cJSON.h>
#include <gsl/gsl_version.h>
#include <string.h>
#include <yaml.h>
#include <zlib.h>

size_t es_libraries(es_library *out, size_t max) {
  char blas[64], h5[64];
  const char *const rows[][2] = {
      {"OpenBLAS", es_blas_version(blas, sizeof blas)},
      {"GSL", gsl_version},
      {"HDF5", es_h5_version(h5, sizeof h5)},
      {"libyaml", yaml_get_version_string()},
      {"cJSON", cJSON_Version()},
      {"zlib", zlibVersion()}};
  size_t n = 0;
  for (; n < sizeof rows / sizeof *rows && n < max; n++) {
    out[n].name = rows[n][0];
    snprintf(out[n].version, sizeof out[n].version, "%s", rows[n][1]);
  }
  return n;
}

/* "model name\t: Intel(R) Xeon(R)\n": what stands behind the colon. */
static bool model_of(char *out, size_t size, char *line) {
  const char *value = strchr(line, ':');
  if (strncmp(line, "model name", 10) != 0 || value == NULL) return false;
  value += 1 + strspn(value + 1, " \t");
  line[strcspn(line, "\n")] = '\0';
  if (*value == '\0') return false;
  snprintf(out, size, "%s", value);
  return true;
}

const char *es_cpu_model(char *out, size_t size) {
  char line[512];
  snprintf(out, size, "unknown");
  FILE *info = fopen("/proc/cpuinfo", "r");
  if (info == NULL) return out;
  while (fgets(line, sizeof line, info) != NULL)
    if (model_of(out, size, line)) break;
  fclose(info);
  return out;
}

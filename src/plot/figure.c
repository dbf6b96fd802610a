/* Settings of figures: see figure.h. */
#include "plot/figure.h"

#include <math.h>
#include <string.h>

#define SECTION "figure"

enum { MOST_MODES = 1000, LONGEST_FONT = 80 };

static const es_key keys[] = {
    {SECTION, "size", ES_LIST, 0, 0.5, 50, NULL, "inches", NULL,
     "width and height, as 3.3,2.5; unset: the figure's own"},
    {SECTION, "font", ES_TEXT, 0, 0, 0, NULL, NULL, "DejaVu Sans",
     "family of all text"},
    {SECTION, "font_size", ES_REAL, 0, 3, 100, NULL, "points", NULL,
     "of axes and keys, titles in proportion; unset: 9, down to 7 where the "
     "figure is made smaller"},
    {SECTION, "theme", ES_CHOICE, 0, 0, 0, "light|dark|print", NULL, "light",
     "dark: on a dark ground; print: thin lines, black text, no ground"},
    {SECTION, "title", ES_CHOICE, 0, 0, 0, "auto|on|off", NULL, "auto",
     "whether it has its title; auto: unless the size that is asked for has no "
     "room for it"},
    {SECTION, "modes", ES_LIST, 0, 1, 1e6, NULL, NULL, NULL,
     "modes to draw, as 1,2,5; unset: all"},
    {SECTION, "x", ES_LIST, 0, -1e100, 1e100, NULL, NULL, NULL,
     "range of the x axis, as 0,10; unset: the figure's own"},
    {SECTION, "y", ES_LIST, 0, -1e100, 1e100, NULL, NULL, NULL,
     "range of the y axis"},
    {SECTION, "x_scale", ES_CHOICE, 0, 0, 0, "auto|linear|log", NULL, "auto",
     "auto: the figure's own, linear where figure.x reaches 0 or less"},
    {SECTION, "y_scale", ES_CHOICE, 0, 0, 0, "auto|linear|log", NULL, "auto",
     "the same of the y axis"},
};

const es_keys es_figure_keys = {keys, sizeof keys / sizeof *keys};

static es_status check_pair(const es_config *figure, const char *name,
                            const char *wanted, es_diag *diag) {
  size_t n = 2;
  if (es_config_has(figure, SECTION, name))
    (void)es_config_list(figure, SECTION, name, &n);
  return n == 2 ? ES_OK
                : es_config_blame(figure, SECTION, name, diag,
                                  "two numbers are wanted, %s", wanted);
}

static es_status check_axis(const es_config *figure, const char *name,
                            const char *scale, es_diag *diag) {
  size_t n = 0;
  const es_status status =
      check_pair(figure, name, "the low end and the high one", diag);
  const double *end = es_config_list(figure, SECTION, name, &n);
  if (status != ES_OK || end == NULL || n != 2) return status;
  if (!(end[0] < end[1]))
    return es_config_blame(figure, SECTION, name, diag,
                           "the low end must be below the high one");
  if (end[1] - end[0] < 1e-9 * fmax(fabs(end[0]), fabs(end[1])) ||
      end[1] - end[0] < 1e-100)
    return es_config_blame(figure, SECTION, name, diag,
                           "too narrow for its numbers to differ");
  if (!(end[0] > 0) && es_config_is(figure, SECTION, scale, "log"))
    return es_config_blame(figure, SECTION, name, diag,
                           "a logarithmic axis begins above 0");
  return ES_OK;
}

static es_status check_modes(const es_config *figure, es_diag *diag) {
  size_t n = 0;
  const double *mode = es_config_list(figure, SECTION, "modes", &n);
  if (mode != NULL && (n == 0 || n > MOST_MODES))
    return es_config_blame(figure, SECTION, "modes", diag,
                           "1 to %d modes are wanted", MOST_MODES);
  for (size_t i = 0; mode != NULL && i < n; i++)
    if (mode[i] != floor(mode[i]))
      return es_config_blame(figure, SECTION, "modes", diag,
                             "modes are whole numbers from 1");
  return ES_OK;
}

/* It goes into scripts and into SVG, between quotes. */
static es_status check_font(const es_config *figure, es_diag *diag) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -_.";
  const char *font = es_config_text(figure, SECTION, "font");
  const size_t n = font == NULL ? 1 : strlen(font);
  if (font == NULL || (n > 0 && n <= LONGEST_FONT && font[0] != ' ' &&
                       strspn(font, plain) == n))
    return ES_OK;
  return es_config_blame(figure, SECTION, "font", diag,
                         "the name of a family is wanted, of letters, digits, "
                         "blanks, '-', '_' and '.', %d at most",
                         LONGEST_FONT);
}

es_status es_figure_check(const es_config *figure, es_diag *diag) {
  if (figure == NULL) return ES_OK;
  es_status status = check_pair(figure, "size", "width and height", diag);
  if (status == ES_OK) status = check_font(figure, diag);
  if (status == ES_OK) status = check_modes(figure, diag);
  if (status == ES_OK) status = check_axis(figure, "x", "x_scale", diag);
  return status == ES_OK ? check_axis(figure, "y", "y_scale", diag) : status;
}

static void write_text(FILE *out, const es_config *figure, const char *name) {
  if (es_config_given(figure, SECTION, name))
    fprintf(out, "figure_%s = '%s'\n", name,
            es_config_text(figure, SECTION, name));
}

/* With a point or an exponent: gnuplot divides whole numbers as such. */
static void write_real(FILE *out, const char *name, double x) {
  char text[40];
  snprintf(text, sizeof text, "%.17g", x);
  fprintf(out, "figure_%s = %s%s\n", name, text,
          strpbrk(text, ".e") == NULL ? ".0" : "");
}

static void write_pair(FILE *out, const es_config *figure, const char *name,
                       const char *first, const char *second) {
  size_t n = 0;
  const double *x = es_config_list(figure, SECTION, name, &n);
  if (x == NULL || n != 2) return;
  write_real(out, first, x[0]);
  write_real(out, second, x[1]);
}

void es_figure_write(FILE *out, const es_config *figure) {
  size_t n = 0;
  if (figure == NULL) return;
  write_text(out, figure, "font");
  write_text(out, figure, "theme");
  write_text(out, figure, "title");
  write_text(out, figure, "x_scale");
  write_text(out, figure, "y_scale");
  write_pair(out, figure, "size", "width", "height");
  write_pair(out, figure, "x", "x_low", "x_high");
  write_pair(out, figure, "y", "y_low", "y_high");
  if (es_config_has(figure, SECTION, "font_size"))
    write_real(out, "font_size", es_config_real(figure, SECTION, "font_size"));
  const double *mode = es_config_list(figure, SECTION, "modes", &n);
  if (mode == NULL || n == 0) return;
  fputs("figure_modes = ' ", out);
  for (size_t i = 0; i < n; i++) fprintf(out, "%.0f ", mode[i]);
  fputs("'\n", out);
}

bool es_figure_any_mode(const es_config *figure, size_t modes) {
  size_t n = 0;
  const double *mode = es_config_list(figure, SECTION, "modes", &n);
  bool any = mode == NULL || modes == 0;
  for (size_t i = 0; !any && i < n; i++) any = mode[i] <= (double)modes;
  return any;
}

/* A script that was written here, with other figure settings. Private to the
 * room. */
#ifndef ES_PLOT_RESTYLE_H
#define ES_PLOT_RESTYLE_H

#include <eigenstep/config.h>

/* dir/script with these settings (figure.h) in place of the old ones; only asks
 * whether that can be done where `asking`. Scripts of others are left alone.
 * ES_BAD_VALUE where it has modes and none of those asked for; ES_FILE_DATA
 * where it cannot be read, or is from before figures had settings. */
es_status es_plot_restyle(const char *dir, const char *script,
                          const es_config *figure, bool asking,
                          es_diag *diag) ES_MUST_USE;

#endif

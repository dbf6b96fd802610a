/* What a finished command left in its folder. Private to the room. */
#ifndef ES_RUN_RECORD_H
#define ES_RUN_RECORD_H

#include "report/record.h"
#include "run/job.h"

/* What is unreadable or finds no memory is no answer: each of these fails then,
 * and a file that is not there says no. */

/* Whether dir/run.json says that the command ended well. A run that failed or
 * was interrupted has its record too. */
es_status es_record_finished(bool *out, const char *dir,
                             es_diag *diag) ES_MUST_USE;

/* Whether dir/config.yaml holds these settings, byte for byte; see below for
 * [data] and [augment]. */
es_status es_record_same_settings(bool *out, const char *dir, es_config *config,
                                  es_diag *diag) ES_MUST_USE;

/* Whether dir holds the record of this command on this target with these
 * settings, byte for byte as config.yaml would be written now. A command that
 * was not made from data leaves [data] and [augment] out of it; what else it
 * was given says so, hence they are taken out of config too in that case. */
es_status es_record_same(bool *out, const char *dir, const es_command *command,
                         const char *target, es_config *config,
                         es_diag *diag) ES_MUST_USE;

#endif

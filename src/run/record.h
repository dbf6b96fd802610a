/* What a finished command left in its folder. Private to the room. */
#ifndef ES_RUN_RECORD_H
#define ES_RUN_RECORD_H

#include "report/record.h"
#include "run/job.h"

/* True if dir/run.json says that the command ended well. A run that failed or
 * was interrupted has its record too. */
bool es_record_finished(const char *dir);

/* True if dir/config.yaml holds these settings, byte for byte; see below for
 * [data] and [augment]. */
bool es_record_same_settings(const char *dir, es_config *config);

/* True if dir holds the record of this command on this target with these
 * settings, byte for byte as config.yaml would be written now. A command that
 * was not made from data leaves [data] and [augment] out of it; what else it
 * was given says so, hence they are taken out of config too in that case. */
bool es_record_same(const char *dir, const es_command *command,
                    const char *target, es_config *config);

#endif

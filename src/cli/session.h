/* A training as the program runs it: what was predicted before the first step,
 * the trace that grows, and the checkpoints that a kill goes back to. Private
 * to the program. */
#ifndef ES_CLI_SESSION_H
#define ES_CLI_SESSION_H

#include "file/csv.h"
#include "file/h5.h"
#include "models/resnet/film.h"
#include "models/resnet/monitor.h"
#include "overlay/family.h"
#include "run/job.h"

typedef struct es_session {
  const es_job *job;
  es_trainer *trainer;
  es_monitor *monitor;
  es_film *film;           /* NULL: none was asked for */
  const es_family *family; /* NULL: no prediction was asked for */
  void *live;              /* its own */
  double gamma_1;          /* of the kernel at the start; NaN: not measured */
  double *start, *end;     /* embeddings of the eval pairs before the first and
                              after the last step, 2·eval_n×d; NULL: not kept, or
                              not yet there */
  const char **column;     /* names in the trace: the monitor's, the family's */
  size_t n_columns;
  double *row;
  es_csv trace;
  bool ended;  /* resumed at its end: the trace has its final name already */
  double loss; /* of the last row */
} es_session;

/* Opens the trainer and, where settings ask for it, lets a family of theory
 * measure the network, settle the learning rate and predict. Free with
 * es_session_close in every case. */
es_status es_session_open(es_session *session, const es_job *job,
                          es_diag *diag) ES_MUST_USE;
void es_session_close(es_session *session);

/* Begins the folder: settings, prediction.csv, the trace with the row of step
 * 0, the first checkpoint. What an earlier run left is removed, once it is
 * certain that none is at work there. */
es_status es_session_begin(es_session *session, es_diag *diag) ES_MUST_USE;

/* Goes on from the folder's last checkpoint, or begins it where a run was
 * stopped before its first one. A run that was at its end is left as it is. */
es_status es_session_resume(es_session *session, es_diag *diag) ES_MUST_USE;

/* Steps, rows and checkpoints up to the end, which leaves the trace under its
 * final name. After a numerical failure the rows before it are kept in the same
 * way; ES_INTERRUPTED leaves a checkpoint to resume from. */
es_status es_session_run(es_session *session, es_diag *diag) ES_MUST_USE;

#endif

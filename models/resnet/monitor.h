/* What is measured of a network while it trains: the rows of its trace. */
#ifndef ES_MODELS_RESNET_MONITOR_H
#define ES_MODELS_RESNET_MONITOR_H

#include "models/resnet/trainer.h"

typedef struct es_monitor es_monitor;

/* For a trainer; the columns are
 *   t, step, epoch, loss, lr          t: es_trainer_time; lr: of the last
 *                                     step; loss: of the eval pairs
 *   lambda_j       eigenvalues of the eval pairs' symmetrised cross-covariance
 *   cov_lambda_j   of the covariance of their embeddings
 *   repr_lambda_j  of their representations
 *   auc, rankme, alpha_req, participation_ratio         of the representation
 *   emb_auc, emb_rankme, emb_alpha_req, emb_participation_ratio
 *   p_j, s_j, commutator_normalised, asymmetry, tau, tau_residual
 *                  with a linear predictor: see alignment.h
 *   along_j, overlap_j   with k > 0: see es_spectra_along
 *   emb_std        es_collapse_spread of the embedding
 *   layer1_lambda_j, …   eigenvalues of the covariance of the network's layers,
 *                  where it has them to look at
 * phi (2·eval_n × k, row-major) and gamma (k) are copied; NULL where k = 0. */
es_status es_monitor_new(es_monitor **out, const es_trainer *trainer, size_t k,
                         const double *phi, const double *gamma,
                         es_diag *diag) ES_MUST_USE;
void es_monitor_free(es_monitor *monitor); /* NULL accepted */

size_t es_monitor_columns(const es_monitor *monitor);
const char *es_monitor_column(const es_monitor *monitor, size_t j);

/* Measures the trainer as it is; the row is the monitor's own memory. */
es_status es_monitor_row(es_monitor *monitor, es_trainer *trainer,
                         const double **row, es_diag *diag) ES_MUST_USE;

/* The embeddings of the last row, as es_trainer_measure has them; they are the
 * monitor's, until the next. */
const double *es_monitor_embedding(const es_monitor *monitor);

#endif

/* The keys that the contrastive models share, as rows of an array of es_key
 * (contrastive.h), read by drive_open.c but for d, init_scale, seed and eta,
 * which are a model's own. */
#ifndef ES_MODELS_LINEAR_DRIVE_KEYS_H
#define ES_MODELS_LINEAR_DRIVE_KEYS_H

#include <math.h>

#define ES_DRIVE_KEY(name, kind, flags, low, high, choices, unit, fallback,    \
                     help)                                                     \
  { "model", name, kind, flags, low, high, choices, unit, fallback, help }

#define ES_DRIVE_MATRIX(name, flags, unit, help)                               \
  ES_DRIVE_KEY(name, ES_MATRIX, flags, -INFINITY, INFINITY, NULL, unit, NULL,  \
               help)

#define ES_DRIVE_KEYS                                                          \
  ES_DRIVE_KEY("mode", ES_CHOICE, 0, 0, 0, "fixed|infonce|population", NULL,   \
               NULL,                                                           \
               "X held; of pairs, along the flow; or of x ~ N(0, C), their "   \
               "limit while the column regime is far below 1 [by what is "     \
               "given: X; x and xp, or data; C and A]"),                       \
      ES_DRIVE_MATRIX("X", ES_SYMMETRIC, "1/time", "of mode=fixed: W' = W X"), \
      ES_DRIVE_MATRIX("x", 0, "value", "first views, a sample a row"),         \
      ES_DRIVE_MATRIX("xp", 0, "value", "second views, a sample a row"),       \
      ES_DRIVE_MATRIX("C", ES_SYMMETRIC, "value^2",                            \
                      "Cov(x), positive semi-definite"),                       \
      ES_DRIVE_MATRIX("A", ES_SYMMETRIC, "value^2",                            \
                      "E[(x'-x)(x'-x)^T] beside C, positive semi-definite"),   \
      ES_DRIVE_KEY("d", ES_SIZE, 0, 1, 1e6, NULL, "1", NULL,                   \
                   "rows of a start that is drawn [as many as X has]"),        \
      ES_DRIVE_KEY("init_scale", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "1", \
                   "0.1",                                                      \
                   "standard deviation of the entries of a start that is "     \
                   "not given"),                                               \
      ES_DRIVE_KEY("seed", ES_SIZE, 0, 0, 0x1p53, NULL, NULL, "0",             \
                   "seed of a start that is drawn"),                           \
      ES_DRIVE_KEY("eta", ES_REAL, 0, 0, INFINITY, NULL, "1/time", "0",        \
                   "weight decay, of every layer"),                            \
      ES_DRIVE_KEY("negatives", ES_FLAG, 0, 0, 0, NULL, NULL, "on",            \
                   "off: the pairs' distances alone, X = -sum (x'-x)(x'-x)^T " \
                   "or -A: complete collapse"),                                \
      ES_DRIVE_KEY("loss", ES_CHOICE, 0, 0, 0, "distance|dot", NULL,           \
                   "distance",                                                 \
                   "logits -|z_i-z_j|^2/2 among first views; or z_i . z_j' / " \
                   "temperature, of mode=infonce"),                            \
      ES_DRIVE_KEY("temperature", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL,     \
                   "1", "0.1", "of loss=dot"),                                 \
      ES_DRIVE_KEY("reduction", ES_CHOICE, 0, 0, 0, "sum|mean", NULL, NULL,    \
                   "of the loss over pairs; rates go with it [sum; mean for "  \
                   "loss=dot]"),                                               \
      ES_DRIVE_KEY("batch", ES_SIZE, 0, 1, 1e9, NULL, "pairs", NULL,           \
                   "of solver.method=gd: pairs of a step, the data in order, " \
                   "with fresh views on each pass [all]"),                     \
      ES_DRIVE_KEY("lr", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "time",      \
                   NULL, "learning rate of solver.method=gd: t = steps * lr")

#endif

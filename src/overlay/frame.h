/* What a run keeps of its kernels and embeddings on the eval pairs. Private to
 * the room. */
#ifndef ES_OVERLAY_FRAME_H
#define ES_OVERLAY_FRAME_H

#include "ntk/held.h"

/* A kernel, held: its model and the eigenfunctions of the modes that are some.
 */
typedef struct es_frame {
  es_held held;   /* m = 0: not kept */
  size_t rows, r; /* samples; modes with gamma other than 0 */
  double *phi;    /* rows×r, row-major; NULL: not kept */
} es_frame;

typedef struct es_frames {
  es_frame start, end; /* kernels before the first and after the last step */
  size_t rows, d;      /* rows 0: no embeddings were kept */
  double *before, *after, *followed; /* rows×d each; followed may be NULL */
  double pairs; /* the same for the same eval pairs; NaN: not known */
} es_frames;

/* Reads PATH, arrays.h5 of a run with d outputs; pieces that an older run has
 * not kept stay empty. ES_FILE_CORRUPT where pieces do not fit together. Free
 * with es_frames_free, which accepts a zeroed one. */
es_status es_frames_read(es_frames *out, const char *path, size_t d,
                         es_diag *diag) ES_MUST_USE;
void es_frames_free(es_frames *frames);

/* The embeddings (rows×d, row-major) that a descent from `before` has reached
 * where its state is Z (d×m, column-major): before + phi (Z - Z0)^T. The frame
 * has phi. */
void es_frame_embed(double *out, const es_frame *frame, const double *before,
                    const double *Z);

#endif

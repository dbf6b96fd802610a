/* The step of cells by rows for any machine. */
#define BYOL_TARGET
#define BYOL_WIDTH 2
#define BYOL_ADVANCE es_byol_rows_none
#include "models/linear/byol_rows_step.h"

/* The step of 8 cells in lanes for any machine. */
#define BYOL_TARGET
#define BYOL_WIDTH 2
#define BYOL_ADVANCE es_byol_lanes_none
#include "models/linear/byol_lanes_step.h"

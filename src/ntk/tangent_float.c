/* The tangent kernel going back in float, its sums in double: see tangent.h. */
#include "ntk/tangent_own.h"

#include "linalg/gram.h"

#include <math.h>
#include <omp.h>
#include <string.h>

typedef float real;
#define PRODUCT es_product_float
#define GRAM es_gram_float
#include "ntk/tangent_see.h"
#include "ntk/tangent_ops.h"
#include "ntk/tangent_gram.h"
#include "ntk/tangent_back.h"

const es_tangent_real es_tangent_float = {sizeof(real), begin, back};

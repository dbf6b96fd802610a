/* The tangent kernel in double: see tangent.h. */
#include "ntk/tangent_own.h"

#include "linalg/gram.h"

#include <math.h>
#include <omp.h>
#include <string.h>

typedef double real;
#define PRODUCT es_product_double
#define GRAM es_gram_double
#include "ntk/tangent_see.h"
#include "ntk/tangent_ops.h"
#include "ntk/tangent_gram.h"
#include "ntk/tangent_back.h"

const es_tangent_real es_tangent_double = {sizeof(real), begin, back};

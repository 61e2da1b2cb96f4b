// All kernels of one width, LANES, as one unit: what `lockstep_run_<LANES>` calls by number.
// What each computes is said once, in kernels/src/contract/; files here are those of kernels/assembly/.
#include "elementwise.c"
#include "loss.c"
#include "matmul.c"
#include "matmul-transposed.c"
#include "random.c"
#include "reduce.c"
#include "softmax.c"
#include "update.c"
#include "adam.c"
#include "sgd.c"
#include "dispatch.generated.h"

/* Policies and facts made from any bytes: the compiled evaluator decides as the reference does. */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/policies/reference/compare.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices choices = {.bytes = data, .len = size};
    fuzz_require(reference_compare(&choices, 4) >= 0);
    return 0;
}

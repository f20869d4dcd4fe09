/* What a fuzz target is: one function, the one that libFuzzer calls. It returns 0; a violated
 * property aborts. The same function runs over its corpus as an ordinary test (replay.c). */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "scp/base/bytes.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that holds for every input. */
static inline void fuzz_require(bool holds)
{
    if (!holds)
        abort();
}

/* Touch every byte, so that a view outside its memory is found. */
static inline unsigned fuzz_touch(struct scp_bytes bytes)
{
    unsigned sum = 0;
    for (size_t i = 0; i < bytes.len; i++)
        sum += bytes.ptr[i];
    return sum;
}

#endif

/* The families of checks, one a file. */
#ifndef TESTS_VECTORS_FAMILIES_H
#define TESTS_VECTORS_FAMILIES_H

#include "tests/vectors/vector.h"

extern const struct vector_family vector_channel; /* check_channel.c: whole sessions */
extern const struct vector_family vector_crypto;  /* check_crypto.c: single computations */

#endif

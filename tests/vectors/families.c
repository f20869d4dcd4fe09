/* The one place that names the families of checks. */
#include "tests/vectors/families.h"

const struct vector_family *const vector_families[] = {
    &vector_crypto, &vector_channel,   &vector_messages, &vector_emv,
    &vector_gp,     &vector_delegated, &vector_packet,   &vector_responses,
    &vector_cap,    &vector_card_data, &vector_install,  &vector_keys,
};
const size_t vector_family_count = sizeof vector_families / sizeof vector_families[0];

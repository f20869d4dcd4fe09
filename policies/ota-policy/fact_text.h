/* A fact's value from text, as command lines and facts files have it. */
#ifndef POLICIES_OTA_POLICY_FACT_TEXT_H
#define POLICIES_OTA_POLICY_FACT_TEXT_H

#include "policies/compile/facts.h"

/* Set one fact, of any type but SET, which its caller takes apart. NULL when it is set; else what
 * is wrong, as an English clause. `text` must outlive the facts. */
const char *ota_policy_fact_set(struct policy_facts *facts, enum policy_fact fact,
                                const char *text);

#endif

/* Facts given on the command line as NAME=VALUE, and what limits have counted as LIMIT=N. */
#ifndef POLICIES_OTA_POLICY_ARGUMENTS_H
#define POLICIES_OTA_POLICY_ARGUMENTS_H

#include "policies/ota-policy/command.h"

/* Owns the texts that the facts borrow; zeroed at the start. */
struct ota_policy_arguments {
    struct policy_facts facts;
    char *texts[OTA_POLICY_FACTS_MAX];
    const char **items[OTA_POLICY_FACTS_MAX]; /* of sets; NULL for others */
    size_t count;
    struct ota_policy_count {
        char *limit;
        int64_t number;
        int64_t of; /* of a share: the region's */
    } counts[OTA_POLICY_COUNTS_MAX];
    size_t count_count;
};

/* Read all facts and counts of the options; the facts' counters then answer with the counts, and
 * borrow from `out`. False, with a message on standard error, for an unknown name, a value of
 * another type, or a fact given twice. Free in any case. */
bool ota_policy_arguments_read(const struct ota_policy_options *options,
                               struct ota_policy_arguments *out);
void ota_policy_arguments_fini(struct ota_policy_arguments *arguments);

#endif

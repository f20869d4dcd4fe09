/* A policy, or two of them, over the facts of many cards: several threads take blocks of cards from
 * one source and count for themselves; the sums do not depend on who took what. */
#ifndef POLICIES_OTA_POLICY_RUN_H
#define POLICIES_OTA_POLICY_RUN_H

#include "policies/evaluate/evaluate.h"
#include "policies/ota-policy/command.h"
#include "policies/ota-policy/tally.h"

enum { RUN_THREADS_MAX = 64 };

/* What a run over one policy counts (TALLY_KINDS of each name). */
enum run_decided { RUN_ALLOWED, RUN_DENIED };
/* What a run over two counts. */
enum run_changed { RUN_NOW_ALLOWED, RUN_NOW_DENIED, RUN_OTHERWISE };

struct run_report {
    uint64_t cards;
    uint64_t counts[TALLY_KINDS];
    struct tally by_rule; /* of two policies: "deny by a → allow by b" */
    struct tally by_region;
    struct tally by_bank;
};

/* Run over the facts file, or the synthetic cards, that the options name. `second` is NULL for one
 * policy. False, with a message on standard error. Free the report in any case. */
bool run_policies(const struct ota_policy_options *options, const struct policy *first,
                  const struct policy *second, struct run_report *report);
void run_report_free(struct run_report *report);

#endif

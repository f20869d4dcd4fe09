/* The commands of ota-policy: one file each, one row each in main.c. */
#ifndef POLICIES_OTA_POLICY_COMMAND_H
#define POLICIES_OTA_POLICY_COMMAND_H

#include "policies/compile/facts.h"
#include "policies/compile/policy.h"

enum ota_policy_exit {
    OTA_POLICY_OK = 0,
    OTA_POLICY_FAILED = 1, /* what was asked is not so: a file is not valid, a case failed, … */
    OTA_POLICY_BAD = 2,    /* wrong usage or input */
};

enum { OTA_POLICY_FILES_MAX = 256, OTA_POLICY_FACTS_MAX = 64, OTA_POLICY_COUNTS_MAX = 32 };

struct ota_policy_options {
    bool json;
    bool all; /* explain every rule */
    const char *files[OTA_POLICY_FILES_MAX];
    size_t file_count;
    const char *facts[OTA_POLICY_FACTS_MAX]; /* NAME=VALUE */
    size_t fact_count;
    const char *counts[OTA_POLICY_COUNTS_MAX]; /* LIMIT=N or LIMIT=N/M */
    size_t count_count;
    bool write;             /* fmt: into the files */
    bool only_check;        /* fmt: write nothing */
    bool strict;            /* check: findings are failures */
    uint64_t synthetic;     /* simulate, diff: so many cards that do not exist; 0: from a file */
    uint64_t seed;          /* of them */
    size_t threads;         /* 0: one a processor */
    const char *facts_file; /* simulate, diff: set from the files */
    const char *party;      /* draw: who commits */
    const char *verify;     /* draw: the result to check */
};

enum ota_policy_exit ota_policy_check(const struct ota_policy_options *options);
enum ota_policy_exit ota_policy_test(const struct ota_policy_options *options);
enum ota_policy_exit ota_policy_explain(const struct ota_policy_options *options);
enum ota_policy_exit ota_policy_simulate(const struct ota_policy_options *options);
enum ota_policy_exit ota_policy_diff(const struct ota_policy_options *options);
enum ota_policy_exit ota_policy_fmt(const struct ota_policy_options *options);
enum ota_policy_exit ota_policy_draw(const struct ota_policy_options *options);
enum ota_policy_exit ota_policy_list_facts(const struct ota_policy_options *options);

/* ---- shared by the commands --------------------------------------------------------------- */

/* Read and compile; `*out` is NULL and the problem is set on error. */
SCP_MUST_USE enum document_error ota_policy_load(const char *path, struct policy **out,
                                                 struct document_problem *problem);
/* On standard error, in the form of a compiler's message. */
void ota_policy_print_problem(const struct document_problem *problem);

/* The digest in hex, with its NUL. */
enum { OTA_POLICY_DIGEST_TEXT = SCP_HEX_SIZE(POLICY_DIGEST_SIZE) };
char *ota_policy_digest(const struct policy *policy, char to[OTA_POLICY_DIGEST_TEXT]);

#endif

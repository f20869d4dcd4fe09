/* ota-policy simulate and diff: what would a policy, or a change of one, do to many cards? */
#include "policies/ota-policy/json.h"
#include "policies/ota-policy/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ROWS_SHOWN = 40 };

/* The two commands differ in what they count. */
struct layout {
    const char *kinds[TALLY_KINDS]; /* NULL: not used */
    const char *all;                /* how the whole is called */
};
static const struct layout simulated = {{"allow", "deny", NULL}, "cards"};
static const struct layout compared = {{"now_allowed", "now_denied", "otherwise"}, "cards"};

/* ---- text --------------------------------------------------------------------------------- */

static void print_counts(const struct layout *layout, const uint64_t counts[TALLY_KINDS])
{
    for (size_t i = 0; i < TALLY_KINDS && layout->kinds[i] != NULL; i++)
        (void)printf(" %12" PRIu64, counts[i]);
}

static void print_tally(const struct layout *layout, const char *title, const struct tally *tally,
                        bool samples)
{
    if (tally->count == 0)
        return;
    (void)printf("\n%-66s", title);
    for (size_t i = 0; i < TALLY_KINDS && layout->kinds[i] != NULL; i++)
        (void)printf(" %12s", layout->kinds[i]);
    (void)putchar('\n');
    for (size_t i = 0; i < tally->count && i < ROWS_SHOWN; i++) {
        const struct tally_entry *entry = &tally->entries[i];
        (void)printf("  %-64s", entry->name);
        print_counts(layout, entry->counts);
        for (size_t j = 0; samples && j < entry->sample_count; j++)
            (void)printf("%s%s", j == 0 ? "  like " : ", ", entry->samples[j].card);
        (void)putchar('\n');
    }
    if (tally->count > ROWS_SHOWN)
        (void)printf("  and %zu more; --json has them all\n", tally->count - ROWS_SHOWN);
}

static void print_report(const struct layout *layout, const struct run_report *report)
{
    (void)printf("%" PRIu64 " %s:", report->cards, layout->all);
    for (size_t i = 0; i < TALLY_KINDS && layout->kinds[i] != NULL; i++)
        (void)printf("%s %" PRIu64 " %s", i > 0 ? "," : "", report->counts[i], layout->kinds[i]);
    (void)putchar('\n');
    print_tally(layout, layout == &compared ? "change" : "rule", &report->by_rule, true);
    print_tally(layout, "region", &report->by_region, false);
    print_tally(layout, "bank", &report->by_bank, false);
}

/* ---- JSON --------------------------------------------------------------------------------- */

static json_t *counts_json(const struct layout *layout, const uint64_t counts[TALLY_KINDS])
{
    json_t *json = json_object();
    for (size_t i = 0; i < TALLY_KINDS && layout->kinds[i] != NULL; i++)
        (void)json_object_set_new(json, layout->kinds[i], json_integer((json_int_t)counts[i]));
    return json;
}

static json_t *tally_json(const struct layout *layout, const struct tally *tally, bool samples)
{
    json_t *list = json_array();
    for (size_t i = 0; i < tally->count; i++) {
        const struct tally_entry *entry = &tally->entries[i];
        json_t *json = counts_json(layout, entry->counts);
        json_t *cards = json_array();
        for (size_t j = 0; j < entry->sample_count; j++)
            (void)json_array_append_new(cards, ota_policy_json_text(entry->samples[j].card));
        (void)json_object_set_new(json, "name", ota_policy_json_text(entry->name));
        if (samples)
            (void)json_object_set(json, "samples", cards);
        json_decref(cards);
        (void)json_array_append_new(list, json);
    }
    return list;
}

static json_t *report_json(const struct layout *layout, const struct run_report *report)
{
    json_t *json = counts_json(layout, report->counts);
    (void)json_object_set_new(json, "cards", json_integer((json_int_t)report->cards));
    (void)json_object_set_new(json, layout == &compared ? "changes" : "rules",
                              tally_json(layout, &report->by_rule, true));
    (void)json_object_set_new(json, "regions", tally_json(layout, &report->by_region, false));
    (void)json_object_set_new(json, "banks", tally_json(layout, &report->by_bank, false));
    return json;
}

/* ---- both --------------------------------------------------------------------------------- */

static enum ota_policy_exit run_and_report(const struct ota_policy_options *options,
                                           const struct policy *first, const struct policy *second)
{
    const struct layout *layout = second == NULL ? &simulated : &compared;
    struct run_report report;
    enum ota_policy_exit status = OTA_POLICY_BAD;
    if (run_policies(options, first, second, &report)) {
        uint64_t changed = report.counts[0] + report.counts[1] + report.counts[2];
        status = second != NULL && changed > 0 ? OTA_POLICY_FAILED : OTA_POLICY_OK;
        if (options->json)
            status = ota_policy_json_print(report_json(layout, &report), status);
        else
            print_report(layout, &report);
    }
    run_report_free(&report);
    return status;
}

/* The facts file is the last of the files, unless cards are synthetic. */
static enum ota_policy_exit run_files(const struct ota_policy_options *options, size_t policies)
{
    struct ota_policy_options chosen = *options;
    struct document_problem problem = {0};
    struct policy *loaded[2] = {NULL, NULL};
    size_t needed = policies + (options->synthetic == 0);
    if (options->file_count != needed) {
        (void)fprintf(stderr, "ota-policy: expected %zu polic%s and %s\n", policies,
                      policies == 1 ? "y" : "ies",
                      options->synthetic == 0 ? "a facts file, or --synthetic" : "no facts file");
        return OTA_POLICY_BAD;
    }
    enum document_error error = DOC_OK;
    for (size_t i = 0; i < policies && error == DOC_OK; i++)
        error = ota_policy_load(options->files[i], &loaded[i], &problem);
    chosen.facts_file = options->files[options->file_count - 1];
    enum ota_policy_exit status = error == DOC_OK ? run_and_report(&chosen, loaded[0], loaded[1])
                                                  : ota_policy_refuse(options, &problem);
    policy_free(loaded[0]);
    policy_free(loaded[1]);
    return status;
}

enum ota_policy_exit ota_policy_simulate(const struct ota_policy_options *options)
{
    return run_files(options, 1);
}

enum ota_policy_exit ota_policy_diff(const struct ota_policy_options *options)
{
    return run_files(options, 2);
}

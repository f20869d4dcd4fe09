#include "policies/ota-policy/run.h"

#include "policies/ota-policy/facts_file.h"
#include "policies/ota-policy/synthetic.h"
#include "scp/host/env.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SYNTHETIC_BLOCK = 8192, PROGRESS_MS = 200, BAR_WIDTH = 30 };

/* Shared by the threads, under the lock; `cards` blocks come from the file or the generator. */
struct run {
    pthread_mutex_t lock;
    const struct policy *policies[2];
    struct rebind_env env;
    struct facts_file file;
    struct synthetic *synthetic; /* NULL: from the file */
    uint64_t synthetic_count;
    uint64_t done; /* cards handed out, for progress */
    bool shows_progress;
    uint64_t shown_ms;
    bool failed;
    char problem[FACTS_PROBLEM_SIZE];
};

struct worker {
    pthread_t thread;
    struct run *run;
    struct facts_block block;
    struct facts_line line;
    struct synthetic_card card;
    struct run_report report;
    bool started;
    bool has_memory;
};

static bool report_init(struct run_report *report)
{
    *report = (struct run_report){0};
    bool rules = tally_init(&report->by_rule);
    bool regions = tally_init(&report->by_region);
    return tally_init(&report->by_bank) && rules && regions;
}

void run_report_free(struct run_report *report)
{
    tally_free(&report->by_rule);
    tally_free(&report->by_region);
    tally_free(&report->by_bank);
}

/* ---- counting ----------------------------------------------------------------------------- */

/* Every card is looked at by itself, at the beginning of every window. */
static bool count_nothing(void *user, const struct policy_count *what, int64_t *number)
{
    (void)user;
    (void)what;
    *number = 0;
    return true;
}

static const char *text_of(const struct policy_facts *facts, enum policy_fact fact)
{
    return facts->values[fact].present ? facts->values[fact].text : "(none)";
}

struct outcome {
    const struct policy_facts *facts;
    uint64_t place;
    size_t kind;
};

/* A card without an id is told by its place among the cards. */
static void sample(struct tally_entry *entry, const struct outcome *outcome)
{
    const struct policy_value *id = &outcome->facts->values[POLICY_CARD_ID];
    char place[TALLY_SAMPLE_SIZE];
    (void)snprintf(place, sizeof place, "#%" PRIu64, outcome->place);
    tally_sample(entry, outcome->place, id->present ? id->text : place);
}

static void count_outcome(struct run_report *report, const struct outcome *outcome,
                          const char *rule)
{
    const struct policy_facts *facts = outcome->facts;
    struct tally_entry *entry = tally_of(&report->by_rule, rule);
    entry->counts[outcome->kind]++;
    if (entry->sample_count < TALLY_SAMPLES ||
        entry->samples[TALLY_SAMPLES - 1].place > outcome->place)
        sample(entry, outcome);
    report->counts[outcome->kind]++;
    tally_of(&report->by_region, text_of(facts, POLICY_CARD_REGION))->counts[outcome->kind]++;
    tally_of(&report->by_bank, text_of(facts, POLICY_BANK_ID))->counts[outcome->kind]++;
}

static void look_at_change(struct run_report *report, struct outcome *outcome,
                           const struct policy_decision *before,
                           const struct policy_decision *after)
{
    char change[TALLY_NAME_SIZE];
    const char *old_rule = policy_decision_rule(before);
    const char *new_rule = policy_decision_rule(after);
    bool same_obligations = policy_obligations_equal(&before->obligations, &after->obligations);
    if (before->effect == after->effect && same_obligations && strcmp(old_rule, new_rule) == 0)
        return;
    if (before->effect != after->effect)
        outcome->kind = after->effect == POLICY_ALLOW ? RUN_NOW_ALLOWED : RUN_NOW_DENIED;
    else
        outcome->kind = RUN_OTHERWISE;
    (void)snprintf(change, sizeof change, "%s by %s -> %s by %s%s",
                   policy_effect_name(before->effect), old_rule, policy_effect_name(after->effect),
                   new_rule,
                   outcome->kind != RUN_OTHERWISE || same_obligations ? "" : ", other obligations");
    count_outcome(report, outcome, change);
}

static void look_at_card(struct worker *w, struct policy_facts *facts, uint64_t place)
{
    struct outcome outcome = {.facts = facts, .place = place};
    struct policy_decision decision;
    facts->counters = (struct policy_counters){.count = count_nothing};
    w->report.cards++;
    policy_evaluate(w->run->policies[0], facts, &decision);
    if (w->run->policies[1] == NULL) {
        outcome.kind = decision.effect == POLICY_ALLOW ? RUN_ALLOWED : RUN_DENIED;
        count_outcome(&w->report, &outcome, policy_decision_rule(&decision));
        return;
    }
    struct policy_decision after;
    policy_evaluate(w->run->policies[1], facts, &after);
    look_at_change(&w->report, &outcome, &decision, &after);
}

/* ---- taking work -------------------------------------------------------------------------- */

static void show_progress(struct run *run)
{
    uint64_t all = run->synthetic != NULL ? run->synthetic_count : run->file.all_bytes;
    uint64_t part = run->synthetic != NULL ? run->done : run->file.read_bytes;
    uint64_t now = rebind_monotonic_ms(&run->env);
    if (!run->shows_progress || all == 0 || now - run->shown_ms < PROGRESS_MS)
        return;
    run->shown_ms = now;
    int filled = (int)(BAR_WIDTH * (part < all ? part : all) / all);
    (void)fprintf(stderr, "\r  [%.*s%*s] %3d %%  ", filled, "##############################",
                  BAR_WIDTH - filled, "", (int)(100 * part / all));
}

/* A block of lines, or the numbers of synthetic cards from block.line on, block.len of them. */
static bool take_block(struct run *run, struct facts_block *block)
{
    bool good = true;
    (void)pthread_mutex_lock(&run->lock);
    if (run->failed)
        good = false;
    else if (run->synthetic != NULL) {
        uint64_t left = run->synthetic_count - run->done;
        block->line = run->done;
        block->len = left < SYNTHETIC_BLOCK ? (size_t)left : SYNTHETIC_BLOCK;
        run->done += block->len;
    } else {
        good = facts_file_next(&run->file, block);
        run->failed = !good;
    }
    show_progress(run);
    (void)pthread_mutex_unlock(&run->lock);
    return good && block->len > 0;
}

static void fail(struct run *run, const char *problem)
{
    (void)pthread_mutex_lock(&run->lock);
    if (!run->failed)
        (void)snprintf(run->problem, sizeof run->problem, "%s", problem);
    run->failed = true;
    (void)pthread_mutex_unlock(&run->lock);
}

static void look_at_lines(struct worker *w)
{
    char problem[FACTS_PROBLEM_SIZE];
    char *at = w->block.text;
    uint64_t line = w->block.line;
    while (facts_line_next(&w->run->file, &at, &line, &w->line, problem))
        look_at_card(w, &w->line.facts, line - 1);
    if (problem[0] != '\0')
        fail(w->run, problem);
}

static void *work(void *user)
{
    struct worker *w = user;
    struct run *run = w->run;
    while (take_block(run, &w->block)) {
        if (run->synthetic == NULL) {
            look_at_lines(w);
            continue;
        }
        for (size_t i = 0; i < w->block.len; i++) {
            synthetic_make(run->synthetic, w->block.line + i, &w->card);
            look_at_card(w, &w->card.facts, w->block.line + i);
        }
    }
    return NULL;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static void start_workers(struct run *run, struct worker *workers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct worker *w = &workers[i];
        w->run = run;
        w->block.text = malloc(FACTS_BLOCK_SIZE + 1);
        w->has_memory = report_init(&w->report) && w->block.text != NULL;
        w->started = w->has_memory && pthread_create(&w->thread, NULL, work, w) == 0;
        if (!w->started)
            fail(run, "memory or threads are exhausted");
    }
}

static void merge(struct run_report *into, const struct run_report *from)
{
    into->cards += from->cards;
    for (size_t i = 0; i < TALLY_KINDS; i++)
        into->counts[i] += from->counts[i];
    tally_merge(&into->by_rule, &from->by_rule);
    tally_merge(&into->by_region, &from->by_region);
    tally_merge(&into->by_bank, &from->by_bank);
}

static void end_workers(struct worker *workers, size_t count, struct run_report *report)
{
    for (size_t i = 0; i < count; i++) {
        struct worker *w = &workers[i];
        if (w->started)
            (void)pthread_join(w->thread, NULL);
        if (w->has_memory)
            merge(report, &w->report);
        run_report_free(&w->report);
        free(w->block.text);
    }
    tally_sort(&report->by_rule);
    tally_sort(&report->by_region);
    tally_sort(&report->by_bank);
}

static bool open_source(struct run *run, const struct ota_policy_options *options)
{
    if (options->synthetic == 0)
        return facts_file_open(&run->file, options->facts_file);
    run->synthetic = malloc(sizeof *run->synthetic);
    run->synthetic_count = options->synthetic;
    if (run->synthetic == NULL)
        return false;
    synthetic_init(run->synthetic, options->seed, run->policies[0], run->policies[1]);
    return true;
}

static size_t thread_count(const struct ota_policy_options *options)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = options->threads > 0 ? options->threads
                    : processors > 0     ? (size_t)processors
                                         : 1;
    return wanted < RUN_THREADS_MAX ? wanted : RUN_THREADS_MAX;
}

static bool run_all(struct run *run, const struct ota_policy_options *options,
                    struct run_report *report)
{
    size_t count = thread_count(options);
    struct worker *workers = calloc(count, sizeof *workers);
    if (workers == NULL || !report_init(report)) {
        free(workers);
        return false;
    }
    start_workers(run, workers, count);
    end_workers(workers, count, report);
    free(workers);
    if (run->shown_ms > 0)
        (void)fprintf(stderr, "\r%*s\r", BAR_WIDTH + 16, "");
    return !run->failed;
}

bool run_policies(const struct ota_policy_options *options, const struct policy *first,
                  const struct policy *second, struct run_report *report)
{
    struct run run = {.lock = PTHREAD_MUTEX_INITIALIZER,
                      .policies = {first, second},
                      .env = rebind_env_system(),
                      .shows_progress = isatty(STDERR_FILENO) == 1};
    *report = (struct run_report){0};
    bool good = open_source(&run, options) && run_all(&run, options, report);
    if (!good)
        (void)fprintf(stderr, "ota-policy: %s\n",
                      run.problem[0] != '\0'        ? run.problem
                      : run.file.problem[0] != '\0' ? run.file.problem
                                                    : "memory is exhausted");
    free(run.synthetic);
    facts_file_close(&run.file);
    return good;
}

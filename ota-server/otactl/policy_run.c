#include "ota-server/otactl/policy_run.h"

#include "policies/ota-policy/command.h"
#include "scp/host/text.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_CHARS_MAX = 512, BAR_WIDTH = 30, VERSIONS_MAX = 2, FD_PATH_SIZE = 32 };

/* ---- facts, page by page ------------------------------------------------------------------- */

struct export
{
    struct otactl *ctl;
    const char *product; /* NULL for all */
    FILE *to;
    bool shows_progress;
    unsigned long long cards; /* in all */
    unsigned long long lines;
    enum otactl_exit code;
};

static void show_progress(const struct export *e, const char *cursor)
{
    /* card ids are random hex, so the cursor says how far it is */
    char head[5] = "FFFF";
    if (cursor[0] != '\0')
        (void)snprintf(head, sizeof head, "%.4s", cursor);
    unsigned long part = strtoul(head, NULL, 16);
    int filled = (int)(BAR_WIDTH * part / 0xFFFF);
    if (e->shows_progress)
        (void)fprintf(stderr, "\r  [%.*s%*s] %3lu %% of %llu cards  ", filled,
                      "##############################", BAR_WIDTH - filled, "", 100 * part / 0xFFFF,
                      e->cards);
}

static void set_path(const struct export *e, struct rebind_text *path, const char *cursor)
{
    char separator = '?';
    rebind_text_clear(path);
    rebind_text_add(path, "/v1/policies/facts");
    if (e->product != NULL) {
        rebind_text_add(path, "?product=");
        rebind_text_add_percent(path, e->product);
        separator = '&';
    }
    if (cursor[0] != '\0')
        rebind_text_addf(path, "%ccursor=%s", separator, cursor);
}

/* A page of one line is a JSON text by itself. */
static bool write_page(FILE *to, const struct otactl_reply *reply)
{
    char *single = reply->json == NULL ? NULL : json_dumps(reply->json, JSON_COMPACT);
    const char *text = reply->text != NULL ? reply->text : single != NULL ? single : "";
    bool written = fputs(text, to) >= 0 && (single == NULL || fputc('\n', to) != EOF);
    free(single);
    return written;
}

static void run_export(struct export *e)
{
    struct rebind_text path = rebind_text_new(PATH_CHARS_MAX);
    char cursor[sizeof((struct otactl_reply *)0)->next] = "";
    do {
        struct otactl_reply reply;
        set_path(e, &path, cursor);
        const struct otactl_http http = {.method = "GET", .path = rebind_text_string(&path)};
        e->code = otactl_send(e->ctl, &http, &reply);
        if (cursor[0] == '\0')
            e->cards = strtoull(reply.cards, NULL, 10);
        if (e->code == OTACTL_OK && !write_page(e->to, &reply))
            e->code = OTACTL_FAILED; /* who reads has said why */
        (void)snprintf(cursor, sizeof cursor, "%s", e->code == OTACTL_OK ? reply.next : "");
        if (e->code == OTACTL_OK)
            show_progress(e, cursor);
        otactl_reply_free(&reply);
    } while (cursor[0] != '\0');
    if (e->shows_progress)
        (void)fprintf(stderr, "\r%*s\r", BAR_WIDTH + 36, "");
    rebind_text_free(&path);
}

enum otactl_exit otactl_run_facts(struct otactl *ctl, const struct otactl_command *command,
                                  const struct otactl_arguments *args)
{
    struct export e = {.ctl = ctl,
                       .product = args->option[OTACTL_PRODUCT],
                       .to = ctl->out,
                       .shows_progress =
                           isatty(STDERR_FILENO) == 1 && isatty(fileno(ctl->out)) == 0};
    (void)command;
    run_export(&e);
    return e.code;
}

/* ---- versions ----------------------------------------------------------------------------- */

/* The text of a version in a file without a name. */
static FILE *fetch_version(struct otactl *ctl, const char *version, enum otactl_exit *code)
{
    struct rebind_text path = rebind_text_new(PATH_CHARS_MAX);
    struct otactl_reply reply;
    FILE *file = NULL;
    rebind_text_add(&path, "/v1/policies/");
    rebind_text_add_percent(&path, version);
    const struct otactl_http http = {.method = "GET", .path = rebind_text_string(&path)};
    *code = otactl_send(ctl, &http, &reply);
    const char *yaml = json_string_value(json_object_get(reply.json, "yaml"));
    if (*code == OTACTL_OK && yaml != NULL)
        file = tmpfile();
    if (file != NULL && (fputs(yaml, file) < 0 || fflush(file) != 0)) {
        (void)fclose(file);
        file = NULL;
    }
    if (*code == OTACTL_OK && file == NULL)
        *code = otactl_complain(ctl, OTACTL_FAILED, "version %s cannot be kept here", version);
    otactl_reply_free(&reply);
    rebind_text_free(&path);
    return file;
}

/* ---- both --------------------------------------------------------------------------------- */

/* When the facts break off, a line that is none keeps their beginning from being taken for all. */
static void *export_in_thread(void *user)
{
    struct export *e = user;
    sigset_t pipe_signal;
    (void)sigemptyset(&pipe_signal);
    (void)sigaddset(&pipe_signal, SIGPIPE); /* who reads may end before who writes */
    (void)pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL);
    run_export(e);
    if (e->code != OTACTL_OK)
        (void)fputs("the facts broke off\n", e->to);
    (void)fclose(e->to);
    return NULL;
}

/* The evaluator reads one end of a pipe while the facts come in at the other. */
static enum otactl_exit run_over_pipe(struct export *e, struct ota_policy_options options,
                                      size_t versions)
{
    static const enum otactl_exit exits[] = {
        [OTA_POLICY_OK] = OTACTL_OK,
        [OTA_POLICY_FAILED] = OTACTL_FAILED,
        [OTA_POLICY_BAD] = OTACTL_FAILED,
    };
    char facts[FD_PATH_SIZE];
    pthread_t thread;
    int ends[2];
    if (pipe(ends) != 0)
        return otactl_complain(e->ctl, OTACTL_FAILED, "no pipe can be made");
    (void)snprintf(facts, sizeof facts, "/dev/fd/%d", ends[0]);
    e->to = fdopen(ends[1], "w");
    if (e->to == NULL)
        (void)close(ends[1]);
    options.files[options.file_count++] = facts;
    bool started = e->to != NULL && pthread_create(&thread, NULL, export_in_thread, e) == 0;
    enum ota_policy_exit status = OTA_POLICY_BAD;
    if (started)
        status = versions == 1 ? ota_policy_simulate(&options) : ota_policy_diff(&options);
    (void)close(ends[0]); /* so that an export that is not read to its end ends */
    if (started)
        (void)pthread_join(thread, NULL);
    return e->code != OTACTL_OK ? e->code : exits[status];
}

enum otactl_exit otactl_run_simulate(struct otactl *ctl, const struct otactl_command *command,
                                     const struct otactl_arguments *args)
{
    struct export e = {.ctl = ctl,
                       .product = args->option[OTACTL_PRODUCT],
                       .shows_progress = isatty(STDERR_FILENO) == 1};
    struct ota_policy_options options = {.json = ctl->settings.json};
    char names[VERSIONS_MAX][FD_PATH_SIZE];
    FILE *files[VERSIONS_MAX] = {NULL, NULL};
    enum otactl_exit code = OTACTL_OK;
    (void)command;
    for (size_t i = 0; i < args->count && i < VERSIONS_MAX && code == OTACTL_OK; i++) {
        files[i] = fetch_version(ctl, args->positional[i], &code);
        if (files[i] == NULL)
            continue;
        (void)snprintf(names[i], sizeof names[i], "/dev/fd/%d", fileno(files[i]));
        options.files[options.file_count++] = names[i];
    }
    if (code == OTACTL_OK)
        code = run_over_pipe(&e, options, args->count);
    for (size_t i = 0; i < VERSIONS_MAX; i++) {
        if (files[i] != NULL)
            (void)fclose(files[i]);
    }
    return code;
}

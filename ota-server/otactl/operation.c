/* Operations: one change on one card, listed, shown and followed. */
#include "ota-server/otactl/output.h"
#include "ota-server/otactl/resources.h"
#include "scp/host/text.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PATH_MAX_CHARS = 512, RECONNECTS_MAX = 30, RECONNECT_S = 2 };

/* ---- following ---------------------------------------------------------------------------- */

struct watch {
    const struct otactl *ctl;
    bool terminal; /* draw over the line; else a line for each change */
    bool ended;
    bool done;
    char shown[160];
};

static bool is_end(const char *state)
{
    return strcmp(state, "done") == 0 || strcmp(state, "failed") == 0 ||
           strcmp(state, "cancelled") == 0;
}

static void show(struct watch *watch, const json_t *operation)
{
    char line[sizeof watch->shown];
    otactl_format_progress(line, sizeof line, operation);
    if (strcmp(line, watch->shown) == 0)
        return;
    memcpy(watch->shown, line, sizeof line);
    FILE *out = watch->ctl->out;
    (void)fprintf(out, watch->terminal ? "\r%s\033[K" : "%s\n", line);
    (void)fflush(out);
}

/* A line an event, at once: whoever reads it through a pipe is waiting. */
static void show_json(struct watch *watch, const char *data)
{
    (void)fprintf(watch->ctl->out, "%s\n", data);
    (void)fflush(watch->ctl->out);
}

static void finish(struct watch *watch, const json_t *operation, const char *state)
{
    FILE *out = watch->ctl->out;
    const char *cause = json_string_value(json_object_get(operation, "cause"));
    watch->ended = true;
    watch->done = strcmp(state, "done") == 0;
    if (watch->terminal)
        (void)fputc('\n', out);
    if (!watch->done)
        (void)otactl_complain(watch->ctl, OTACTL_FAILED, "the operation %s: %s",
                              strcmp(state, "failed") == 0 ? "failed" : "was cancelled",
                              cause != NULL ? cause : "no cause was given");
}

static bool on_event(void *ctx, const char *name, const char *data)
{
    struct watch *watch = ctx;
    json_t *operation = strcmp(name, "operation") == 0 ? json_loads(data, 0, NULL) : NULL;
    const char *state = json_string_value(json_object_get(operation, "state"));
    if (state != NULL) {
        if (watch->ctl->settings.json)
            show_json(watch, data);
        else
            show(watch, operation);
        if (is_end(state))
            finish(watch, operation, state);
    }
    json_decref(operation);
    return !watch->ended;
}

/* One connection. A stream that broke is no failure yet. */
static enum otactl_exit follow_once(struct otactl *ctl, const char *path, struct watch *watch)
{
    struct otactl_reply reply;
    struct rebind_problem problem = {""};
    enum scp_error error =
        otactl_client_events(ctl->client, path, on_event, watch, &reply, &problem);
    enum otactl_exit code = OTACTL_OK;
    if (reply.status >= 400) {
        otactl_print_problem(ctl->err, &reply);
        code = OTACTL_FAILED;
    } else if (error != SCP_OK && !watch->ended && reply.status == 0) {
        code = otactl_complain(ctl, OTACTL_UNREACHABLE, "%s", problem.text);
    }
    otactl_reply_free(&reply);
    return code;
}

enum otactl_exit otactl_watch(struct otactl *ctl, const char *operation)
{
    struct watch watch = {.ctl = ctl, .terminal = isatty(fileno(ctl->out)) == 1};
    struct rebind_text path = rebind_text_new(PATH_MAX_CHARS);
    rebind_text_add(&path, "/v1/operations/");
    rebind_text_add_percent(&path, operation);
    rebind_text_add(&path, "/events");
    enum otactl_exit code = otactl_connect(ctl);
    for (unsigned tries = 0; code == OTACTL_OK && !watch.ended; tries++) {
        if (tries > RECONNECTS_MAX)
            code = otactl_complain(ctl, OTACTL_UNREACHABLE, "the server keeps ending the stream");
        else if (tries > 0)
            (void)sleep(RECONNECT_S);
        if (code == OTACTL_OK)
            code = follow_once(ctl, rebind_text_string(&path), &watch);
    }
    rebind_text_free(&path);
    return code != OTACTL_OK ? code : watch.done ? OTACTL_OK : OTACTL_FAILED;
}

static enum otactl_exit run_watch(struct otactl *ctl, const struct otactl_command *command,
                                  const struct otactl_arguments *args)
{
    (void)command;
    return otactl_watch(ctl, args->positional[0]);
}

/* ---- rows --------------------------------------------------------------------------------- */

static const struct otactl_column columns[] = {
    {"OPERATION", "id"},    {"KIND", "kind"},
    {"CARD", "card"},       {"PRODUCT", "product"},
    {"STATE", "state"},     {"PRIORITY", "priority"},
    {"CAUSE", "cause"},     {"EVIDENCE", "evidence.level"},
    {"UPDATED", "updated"}, {NULL, NULL},
};

static const struct otactl_command commands[] = {
    {
        .verb = "list",
        .args = "",
        .summary = "list operations",
        .details = "  otactl operation list --state failed\n"
                   "  otactl operation list --card 7f3a9c --json",
        .options = OTACTL_BIT(OTACTL_CARD) | OTACTL_BIT(OTACTL_STATE),
        .run = otactl_run_request,
        .request = {.method = "GET",
                    .path = "/v1/operations",
                    .query = OTACTL_BIT(OTACTL_CARD) | OTACTL_BIT(OTACTL_STATE),
                    .columns = columns},
    },
    {
        .verb = "show",
        .args = "OPERATION",
        .summary = "show an operation: progress, decision, evidence",
        .details = "  otactl operation show 51d0b2",
        .run = otactl_run_request,
        .request = {.method = "GET", .path = "/v1/operations/{0}"},
    },
    {
        .verb = "cancel",
        .args = "OPERATION",
        .summary = "cancel an operation that has not ended",
        .details =
            "What was desired of the card before is desired again. A script that is out may\n"
            "still run (may_still_run) until the next contact with the card has burned it.\n\n"
            "  otactl operation cancel 51d0b2",
        .run = otactl_run_request,
        .request = {.method = "POST", .path = "/v1/operations/{0}/cancel"},
    },
    {
        .verb = "watch",
        .args = "OPERATION",
        .summary = "follow an operation to its end",
        .details = "The exit code is 0 when the operation is done and 1 when it failed.\n\n"
                   "  otactl operation watch 51d0b2",
        .run = run_watch,
    },
};

const struct otactl_resource otactl_resource_operation = {
    .name = "operation",
    .summary = "changes on cards, one each",
    OTACTL_ROWS(commands),
};

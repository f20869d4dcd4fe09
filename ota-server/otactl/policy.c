/* Policies: rules in YAML, written by one person and approved by another; emergency stops; and why
 * something was decided. */
#include "ota-server/otactl/output.h"
#include "ota-server/otactl/policy_run.h"
#include "ota-server/otactl/resources.h"
#include "scp/host/text.h"

#include <string.h>

#define YAML "application/yaml"

/* ---- proposing: a file, or a version that is there ------------------------------------------ */

static bool is_version(const char *text)
{
    return *text != '\0' && strspn(text, "0123456789") == strlen(text);
}

static enum otactl_exit run_propose(struct otactl *ctl, const struct otactl_command *command,
                                    const struct otactl_arguments *args)
{
    struct otactl_command chosen = *command;
    if (is_version(args->positional[0]))
        chosen.request =
            (struct otactl_request){.method = "POST", .path = "/v1/policies/{0}/propose"};
    return otactl_run_request(ctl, &chosen, args);
}

static json_t *activate_body(const struct otactl *ctl, const struct otactl_arguments *args,
                             struct rebind_problem *problem)
{
    (void)ctl;
    json_t *body = json_pack("{s:s?}", "active_from", args->option[OTACTL_FROM]);
    if (body == NULL)
        (void)rebind_problem_set(problem, SCP_MALFORMED, "the time is not valid UTF-8");
    return body;
}

static json_t *stop_body(const struct otactl *ctl, const struct otactl_arguments *args,
                         struct rebind_problem *problem)
{
    (void)ctl;
    json_t *body = json_pack("{s:s?, s:s?, s:s, s:s?}", "bank", args->option[OTACTL_BANK], "region",
                             args->option[OTACTL_IN_REGION], "reason", args->option[OTACTL_REASON],
                             "until", args->option[OTACTL_UNTIL]);
    if (body == NULL)
        (void)rebind_problem_set(problem, SCP_MALFORMED, "the stop is not valid UTF-8");
    return body;
}

/* Nothing is said, so the policy says it. */
static json_t *no_body(const struct otactl *ctl, const struct otactl_arguments *args,
                       struct rebind_problem *problem)
{
    (void)ctl;
    (void)args;
    json_t *body = json_object();
    if (body == NULL)
        (void)rebind_problem_set(problem, SCP_NO_MEMORY, "memory is exhausted");
    return body;
}

/* ---- made again --------------------------------------------------------------------------- */

static enum otactl_exit run_replay(struct otactl *ctl, const struct otactl_command *command,
                                   const struct otactl_arguments *args)
{
    struct otactl_reply reply;
    struct rebind_text path = rebind_text_new(256);
    (void)command;
    rebind_text_add(&path, "/v1/operations/");
    rebind_text_add_percent(&path, args->positional[0]);
    rebind_text_add(&path, "/decision");
    const struct otactl_http http = {.method = "GET", .path = rebind_text_string(&path)};
    enum otactl_exit code = otactl_send(ctl, &http, &reply);
    json_t *again = json_object_get(reply.json, "again");
    if (code == OTACTL_OK && ctl->settings.json)
        otactl_print_json(ctl->out, reply.json);
    else if (code == OTACTL_OK)
        otactl_print_object(ctl->out, reply.json);
    if (code == OTACTL_OK && !json_is_true(json_object_get(again, "same")))
        code = otactl_complain(ctl, OTACTL_FAILED,
                               "made again, the decision is another: the record was altered");
    otactl_reply_free(&reply);
    rebind_text_free(&path);
    return code;
}

/* ---- rows --------------------------------------------------------------------------------- */

static const struct otactl_column columns[] = {
    {"VERSION", "version"},
    {"STATUS", "status"},
    {"AUTHOR", "author"},
    {"APPROVER", "approver"},
    {"ACTIVATED", "activated"},
    {"DIGEST", "digest"},
    {NULL, NULL},
};

static const struct otactl_column stop_columns[] = {
    {"STOP", "id"}, {"BANK", "bank"},   {"REGION", "region"}, {"REASON", "reason"},
    {"BY", "by"},   {"UNTIL", "until"}, {"LIFTED", "lifted"}, {NULL, NULL},
};

static const struct otactl_column decision_columns[] = {
    {"TIME", "time"}, {"CARD", "card"},     {"BANK", "bank"},           {"EFFECT", "effect"},
    {"RULE", "rule"}, {"POLICY", "policy"}, {"OPERATION", "operation"}, {NULL, NULL},
};

static const struct otactl_command commands[] = {
    {
        .verb = "draft",
        .args = "FILE",
        .summary = "keep a policy as the next version, not to be used yet",
        .details = "FILE is YAML, - reads standard input. An error names line and column.\n\n"
                   "  otactl policy draft rules.yaml",
        .run = otactl_run_request,
        .request = {.method = "POST", .path = "/v1/policies?stage=draft", .file_media = YAML},
    },
    {
        .verb = "check",
        .args = "VERSION",
        .summary = "run a version's own cases, and say what the analysis finds",
        .details = "A draft whose cases pass is checked.\n\n"
                   "  otactl policy check 4",
        .run = otactl_run_request,
        .request = {.method = "POST", .path = "/v1/policies/{0}/check"},
    },
    {
        .verb = "propose",
        .args = "FILE|VERSION",
        .summary = "propose a checked version; or check a file and propose it at once",
        .details = "  otactl policy propose 4\n"
                   "  otactl policy propose rules.yaml",
        .run = run_propose,
        .request = {.method = "POST", .path = "/v1/policies", .file_media = YAML},
    },
    {
        .verb = "approve",
        .args = "VERSION",
        .summary = "approve a proposed version, as a second person",
        .details = "Who approves must be another person than who wrote and who proposed it.\n\n"
                   "  otactl policy approve 4",
        .run = otactl_run_request,
        .request = {.method = "POST", .path = "/v1/policies/{0}/approve"},
    },
    {
        .verb = "activate",
        .args = "VERSION",
        .summary = "put an approved version live, now or from a moment on",
        .details =
            "An approver who activates a version that is only proposed approves it thereby.\n"
            "\n"
            "  otactl policy activate 4\n"
            "  otactl policy activate 4 --from 2027-01-01T00:00:00+08:00",
        .options = OTACTL_BIT(OTACTL_FROM),
        .run = otactl_run_request,
        .request = {.method = "POST", .path = "/v1/policies/{0}/activate", .body = activate_body},
    },
    {
        .verb = "rollback",
        .args = "",
        .summary = "make the version live again that was before the present one",
        .details = "What was planned for later is withdrawn too.\n\n"
                   "  otactl policy rollback",
        .run = otactl_run_request,
        .request = {.method = "POST", .path = "/v1/policies/rollback"},
    },
    {
        .verb = "list",
        .args = "",
        .summary = "list the versions",
        .details = "  otactl policy list",
        .run = otactl_run_request,
        .request = {.method = "GET", .path = "/v1/policies", .columns = columns},
    },
    {
        .verb = "show",
        .args = "VERSION",
        .summary = "show a version",
        .details = "  otactl policy show 4",
        .run = otactl_run_request,
        .request = {.method = "GET", .path = "/v1/policies/{0}"},
    },
    {
        .verb = "assign",
        .args = "CARD",
        .summary = "give the card of a holder who states no choice to the bank whose turn it is",
        .details = "By the shares that the active policy declares.\n\n"
                   "  otactl policy assign 7f3a9c --watch",
        .options = OTACTL_BIT(OTACTL_WATCH),
        .run = otactl_run_request,
        .request = {.method = "PUT", .path = "/v1/cards/{0}/binding", .body = no_body},
    },
    {
        .verb = "facts",
        .args = "",
        .summary = "the facts of every card with every product that it could get, a line each",
        .details = "As ota-policy takes them.\n\n"
                   "  otactl policy facts > cards.ndjson\n"
                   "  otactl policy facts --product bank-b/debit | ota-policy simulate new.yaml -",
        .options = OTACTL_BIT(OTACTL_PRODUCT),
        .run = otactl_run_facts,
        .request = {.method = "GET", .path = "/v1/policies/facts"},
    },
    {
        .verb = "simulate",
        .args = "VERSION",
        .summary = "what a version would decide on the whole card base",
        .details = "Each card is looked at by itself, with nothing counted yet.\n\n"
                   "  otactl policy simulate 4",
        .options = OTACTL_BIT(OTACTL_PRODUCT),
        .run = otactl_run_simulate,
        .request = {.method = "GET", .path = "/v1/policies/{0}"},
    },
    {
        .verb = "diff",
        .args = "OLD NEW",
        .summary = "what another version would decide otherwise on the whole card base",
        .details = "The exit code is 1 when anything would change.\n\n"
                   "  otactl policy diff 3 4",
        .options = OTACTL_BIT(OTACTL_PRODUCT),
        .run = otactl_run_simulate,
        .request = {.method = "GET", .path = "/v1/policies/{0}"},
    },
    {
        .verb = "stop",
        .args = "",
        .summary = "stop a bank, a region, or a bank in a region at once",
        .details = "Nothing more comes, and what is outstanding is cancelled.\n\n"
                   "  otactl policy stop --bank bank-b --reason 'Bank B reports a breach.'\n"
                   "  otactl policy stop --region 310000 --reason Flood --until "
                   "2027-03-02T00:00:00Z",
        .options = OTACTL_BIT(OTACTL_BANK) | OTACTL_BIT(OTACTL_IN_REGION) |
                   OTACTL_BIT(OTACTL_REASON) | OTACTL_BIT(OTACTL_UNTIL),
        .needs = OTACTL_BIT(OTACTL_REASON),
        .run = otactl_run_request,
        .request = {.method = "POST", .path = "/v1/policies/stops", .body = stop_body},
    },
    {
        .verb = "lift",
        .args = "STOP",
        .summary = "lift a stop, as another person than who made it",
        .details = "  otactl policy lift 51d0b2",
        .run = otactl_run_request,
        .request = {.method = "DELETE", .path = "/v1/policies/stops/{0}"},
    },
    {
        .verb = "stops",
        .args = "",
        .summary = "list the stops, newest first",
        .details = "  otactl policy stops",
        .run = otactl_run_request,
        .request = {.method = "GET", .path = "/v1/policies/stops", .columns = stop_columns},
    },
    {
        .verb = "decisions",
        .args = "",
        .summary = "list decisions, denials too, newest first",
        .details = "  otactl policy decisions --card 7f3a9c",
        .options = OTACTL_BIT(OTACTL_CARD),
        .run = otactl_run_request,
        .request = {.method = "GET",
                    .path = "/v1/decisions",
                    .query = OTACTL_BIT(OTACTL_CARD),
                    .columns = decision_columns},
    },
    {
        .verb = "replay",
        .args = "OPERATION",
        .summary = "show why an operation was allowed, and make that decision again",
        .details = "It is made from what is on record, by the version of the policy of then. The\n"
                   "exit code is 1 when the answer is another.\n\n"
                   "  otactl policy replay 51d0b2",
        .run = run_replay,
    },
};

const struct otactl_resource otactl_resource_policy = {
    .name = "policy",
    .summary = "rules that decide who may bind what",
    OTACTL_ROWS(commands),
};

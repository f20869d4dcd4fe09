/* Operations that are asked for: bind and revoke as commands of their own, and the bodies of all.
 */
#include "ota-server/otactl/order.h"

#include "ota-server/otactl/resources.h"

#include <errno.h>
#include <stdlib.h>

/* ---- bodies ------------------------------------------------------------------------------- */

static json_t *fail(json_t *body, struct rebind_problem *problem, const char *why)
{
    json_decref(body);
    (void)rebind_problem_set(problem, SCP_MALFORMED, "%s", why);
    return NULL;
}

static bool read_priority(const char *text, long *priority)
{
    char *end;
    errno = 0;
    *priority = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

/* The members that every order may have. The server says what it thinks of a moment. */
static json_t *with_schedule(json_t *body, const struct otactl_arguments *args,
                             struct rebind_problem *problem)
{
    const char *priority = args->option[OTACTL_PRIORITY];
    const char *deadline = args->option[OTACTL_DEADLINE];
    long number = 0;
    if (body == NULL)
        return fail(NULL, problem, "an argument is not valid UTF-8");
    if (priority != NULL && !read_priority(priority, &number))
        return fail(body, problem, "--priority must be a number from 0 to 9");
    if (priority != NULL && json_object_set_new(body, "priority", json_integer(number)) != 0)
        return fail(body, problem, "memory is exhausted");
    if (deadline != NULL && json_object_set_new(body, "deadline", json_string(deadline)) != 0)
        return fail(body, problem, "--deadline is not valid UTF-8");
    return body;
}

static json_t *order(const char *kind, const char *product, const struct otactl_arguments *args,
                     struct rebind_problem *problem)
{
    json_t *body = product == NULL ? json_pack("{s:s}", "kind", kind)
                                   : json_pack("{s:s, s:s}", "kind", kind, "product", product);
    return with_schedule(body, args, problem);
}

OTACTL_ORDER_BODY(bind)
{
    (void)ctl;
    return with_schedule(json_pack("{s:s}", "product", args->positional[1]), args, problem);
}

OTACTL_ORDER_BODY(revoke)
{
    (void)ctl;
    return order("revoke", NULL, args, problem);
}

OTACTL_ORDER_BODY(suspend)
{
    (void)ctl;
    return order("suspend", NULL, args, problem);
}

OTACTL_ORDER_BODY(resume)
{
    (void)ctl;
    return order("resume", NULL, args, problem);
}

OTACTL_ORDER_BODY(load)
{
    (void)ctl;
    const char *form = args->option[OTACTL_FORM];
    json_t *body = order("load", args->positional[1], args, problem);
    if (body != NULL && form != NULL && json_object_set_new(body, "form", json_string(form)) != 0)
        return fail(body, problem, "--form is not valid UTF-8");
    return body;
}

OTACTL_ORDER_BODY(purge)
{
    (void)ctl;
    return order("purge", args->count > 1 ? args->positional[1] : NULL, args, problem);
}

OTACTL_ORDER_BODY(audit)
{
    (void)ctl;
    return order("audit", NULL, args, problem);
}

OTACTL_ORDER_BODY(rekey)
{
    (void)ctl;
    char *end;
    errno = 0;
    long kvn = strtol(args->positional[2], &end, 10);
    if (errno != 0 || end == args->positional[2] || *end != '\0')
        return fail(NULL, problem, "KVN must be a number from 1 to 127");
    json_t *body = json_pack("{s:s, s:I}", "key_set", args->positional[1], "kvn", (json_int_t)kvn);
    if (body == NULL)
        return fail(NULL, problem, "an argument is not valid UTF-8");
    if (args->count > 3 && json_object_set_new(body, "bank", json_string(args->positional[3])) != 0)
        return fail(body, problem, "an argument is not valid UTF-8");
    return body;
}

/* ---- rows --------------------------------------------------------------------------------- */

static const struct otactl_command bind_command[] = {
    {
        .args = "CARD BANK/PRODUCT",
        .summary = "bind a card to a product: load it, or switch to it",
        .details =
            "The policy decides; a refusal names the rule. The change happens when the card\n"
            "is next in reach of an agent. `otactl card eligible` says beforehand what it would\n"
            "come to.\n\n"
            "  otactl bind 7f3a9c bank-b/debit --watch\n"
            "  otactl bind 7f3a9c bank-b/debit --priority 9 --deadline 2026-12-31T00:00:00Z",
        .options = OTACTL_ORDER_OPTIONS,
        .run = otactl_run_request,
        .request = {.method = "PUT", .path = "/v1/cards/{0}/binding", .body = otactl_bind_body},
    },
};

static const struct otactl_command revoke_command[] = {
    {
        .args = "CARD",
        .summary = "take the bank's application off a card",
        .details = "  otactl revoke 7f3a9c --watch",
        .options = OTACTL_ORDER_OPTIONS,
        .run = otactl_run_request,
        .request = {.method = "POST",
                    .path = "/v1/cards/{0}/operations",
                    .body = otactl_revoke_body},
    },
};

const struct otactl_resource otactl_resource_bind = {
    .name = "bind",
    .summary = "bind a card to a bank's product",
    OTACTL_ROWS(bind_command),
};

const struct otactl_resource otactl_resource_revoke = {
    .name = "revoke",
    .summary = "take a bank's application off a card",
    OTACTL_ROWS(revoke_command),
};

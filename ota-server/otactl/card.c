/* Cards, and what they carry: bind and revoke are here too. */
#include "ota-server/otactl/resources.h"

static json_t *checked(json_t *body, struct rebind_problem *problem)
{
    if (body == NULL)
        (void)rebind_problem_set(problem, SCP_MALFORMED, "an argument is not valid UTF-8");
    return body;
}

static json_t *lookup_body(const struct otactl *ctl, const struct otactl_arguments *args,
                           struct rebind_problem *problem)
{
    (void)ctl;
    return checked(json_pack("{s:s, s:s}", "iin", args->positional[0], "cin", args->positional[1]),
                   problem);
}

static json_t *bind_body(const struct otactl *ctl, const struct otactl_arguments *args,
                         struct rebind_problem *problem)
{
    (void)ctl;
    return checked(json_pack("{s:s}", "product", args->positional[1]), problem);
}

static const struct otactl_column columns[] = {
    {"CARD", "id"},       {"STATUS", "status"},   {"PROFILE", "profile"},
    {"REGION", "region"}, {"UPDATED", "updated"}, {NULL, NULL},
};

static const struct otactl_command commands[] = {
    {
        .verb = "import",
        .args = "FILE",
        .summary = "take in a card that was issued before",
        .details = "FILE is JSON: identity, profile, keys and contents; - reads standard input.\n\n"
                   "  otactl card import card.json",
        .run = otactl_run_request,
        .request = {.method = "POST", .path = "/v1/cards", .file_media = "application/json"},
    },
    {
        .verb = "lookup",
        .args = "IIN CIN",
        .summary = "find a card's id by its identity (tags 42 and 45, hex)",
        .details = "  otactl card lookup 42310000 9156000000000001",
        .run = otactl_run_request,
        .request = {.method = "POST", .path = "/v1/cards/lookup", .body = lookup_body},
    },
    {
        .verb = "list",
        .args = "",
        .summary = "list the cards",
        .details = "  otactl card list",
        .run = otactl_run_request,
        .request = {.method = "GET", .path = "/v1/cards", .columns = columns},
    },
    {
        .verb = "show",
        .args = "CARD",
        .summary = "show a card: desired and observed state, with evidence",
        .details = "  otactl card show 7f3a9c",
        .run = otactl_run_request,
        .request = {.method = "GET", .path = "/v1/cards/{0}"},
    },
    {
        .verb = "release",
        .args = "CARD",
        .summary = "take a card out of quarantine",
        .details = "  otactl card release 7f3a9c",
        .run = otactl_run_request,
        .request = {.method = "POST", .path = "/v1/cards/{0}/release"},
    },
};

static const struct otactl_command bind_command[] = {
    {
        .args = "CARD BANK/PRODUCT",
        .summary = "bind a card to a product: load it, or switch to it",
        .details =
            "The policy decides; a refusal names the rule. The change happens when the card\n"
            "is next in reach of an agent.\n\n"
            "  otactl bind 7f3a9c bank-b/debit --watch",
        .options = OTACTL_BIT(OTACTL_WATCH),
        .run = otactl_run_request,
        .request = {.method = "PUT", .path = "/v1/cards/{0}/binding", .body = bind_body},
    },
};

static const struct otactl_command revoke_command[] = {
    {
        .args = "CARD",
        .summary = "take the bank's application off a card",
        .details = "  otactl revoke 7f3a9c --watch",
        .options = OTACTL_BIT(OTACTL_WATCH),
        .run = otactl_run_request,
        .request = {.method = "DELETE", .path = "/v1/cards/{0}/binding"},
    },
};

const struct otactl_resource otactl_resource_card = {
    .name = "card",
    .summary = "cards that people hold",
    OTACTL_ROWS(commands),
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

/* Cards, and what they carry. */
#include "ota-server/otactl/order.h"
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
        .verb = "eligible",
        .args = "CARD BANK/PRODUCT",
        .summary = "say what binding the product would come to, and change nothing",
        .details =
            "The policy's decision, the way that the product would take, how many bytes that\n"
            "is on the wire and in the card, and what would have to go if it does not fit.\n\n"
            "  otactl card eligible 7f3a9c bank-b/debit --json",
        .run = otactl_run_request,
        .request = {.method = "GET", .path = "/v1/cards/{0}/eligibility?product={1}"},
    },
    {
        .verb = "rekey",
        .args = "CARD KEY-SET KVN [BANK]",
        .summary = "give the card's security domain, or a bank's on it, keys from other masters",
        .details =
            "The new key set is added, proven by a session under it, and the old one deleted.\n"
            "KEY-SET is a label of the vault, KVN the new key version number, decimal.\n\n"
            "  otactl card rekey 7f3a9c isd-2027 49 --watch\n"
            "  otactl card rekey 7f3a9c bank-b-2027 49 bank-b",
        .options = OTACTL_BIT(OTACTL_WATCH) | OTACTL_BIT(OTACTL_IDEMPOTENCY_KEY),
        .run = otactl_run_request,
        .request = {.method = "POST", .path = "/v1/cards/{0}/keys", .body = otactl_rekey_body},
    },
    {
        .verb = "suspend",
        .args = "CARD",
        .summary = "lock the bank's application and take it off the terminals' list",
        .details = "Nothing is deleted: `otactl card resume` brings it back.\n\n"
                   "  otactl card suspend 7f3a9c --watch",
        .options = OTACTL_ORDER_OPTIONS,
        .run = otactl_run_request,
        .request = {.method = "POST",
                    .path = "/v1/cards/{0}/operations",
                    .body = otactl_suspend_body},
    },
    {
        .verb = "resume",
        .args = "CARD",
        .summary = "bring the suspended bank back, without loading anything",
        .details = "  otactl card resume 7f3a9c --watch",
        .options = OTACTL_ORDER_OPTIONS,
        .run = otactl_run_request,
        .request = {.method = "POST",
                    .path = "/v1/cards/{0}/operations",
                    .body = otactl_resume_body},
    },
    {
        .verb = "load",
        .args = "CARD BANK/PRODUCT",
        .summary = "hold a product ready beside the one in use",
        .details =
            "Its package alone, or a personalised, locked instance too: a later bind is then\n"
            "small.\n\n"
            "  otactl card load 7f3a9c bank-b/debit --form instance",
        .options = OTACTL_ORDER_OPTIONS | OTACTL_BIT(OTACTL_FORM),
        .run = otactl_run_request,
        .request = {.method = "POST", .path = "/v1/cards/{0}/operations", .body = otactl_load_body},
    },
    {
        .verb = "purge",
        .args = "CARD [BANK/PRODUCT]",
        .summary = "delete what nobody desires: locked instances, unused packages, empty domains",
        .details = "With a product: one that need not be held ready any more.\n\n"
                   "  otactl card purge 7f3a9c\n"
                   "  otactl card purge 7f3a9c bank-b/debit",
        .options = OTACTL_ORDER_OPTIONS,
        .run = otactl_run_request,
        .request = {.method = "POST",
                    .path = "/v1/cards/{0}/operations",
                    .body = otactl_purge_body},
    },
    {
        .verb = "audit",
        .args = "CARD",
        .summary = "read a card and list where it differs from what is desired",
        .details = "The differences stand in the operation as findings.\n\n"
                   "  otactl card audit 7f3a9c --watch",
        .options = OTACTL_ORDER_OPTIONS,
        .run = otactl_run_request,
        .request = {.method = "POST",
                    .path = "/v1/cards/{0}/operations",
                    .body = otactl_audit_body},
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

const struct otactl_resource otactl_resource_card = {
    .name = "card",
    .summary = "cards that people hold",
    OTACTL_ROWS(commands),
};

/* Banks. */
#include "ota-server/otactl/resources.h"

#include <string.h>

/* "310000,330000" as an array of texts. */
static json_t *split_regions(const char *codes)
{
    json_t *regions = json_array();
    for (const char *at = codes; at[0] != '\0';) {
        size_t len = strcspn(at, ",");
        (void)json_array_append_new(regions, json_stringn(at, len));
        at += len + (at[len] == ',' ? 1 : 0);
    }
    return regions;
}

static json_t *put_body(const struct otactl *ctl, const struct otactl_arguments *args,
                        struct rebind_problem *problem)
{
    (void)ctl;
    const char *status = args->option[OTACTL_STATUS];
    const char *regions = args->option[OTACTL_REGION];
    json_t *body =
        json_pack("{s:s, s:s, s:s?, s:o}", "name", args->option[OTACTL_NAME], "status",
                  status == NULL ? "active" : status, "kind", args->option[OTACTL_BANK_KIND],
                  "regions", split_regions(regions == NULL ? "" : regions));
    if (body == NULL)
        (void)rebind_problem_set(problem, SCP_MALFORMED, "the bank is not valid UTF-8");
    return body;
}

static const struct otactl_column columns[] = {
    {"BANK", "id"}, {"NAME", "name"}, {"STATUS", "status"}, {"REGIONS", "regions"}, {NULL, NULL},
};

static const struct otactl_command commands[] = {
    {
        .verb = "put",
        .args = "BANK",
        .summary = "register a bank, or replace what is known of it",
        .details = "  otactl bank put bank-a --name 'Bank A' --regions 310000,330000\n"
                   "  otactl bank put bank-a --name 'Bank A' --status suspended",
        .options = OTACTL_BIT(OTACTL_NAME) | OTACTL_BIT(OTACTL_STATUS) | OTACTL_BIT(OTACTL_REGION) |
                   OTACTL_BIT(OTACTL_BANK_KIND),
        .needs = OTACTL_BIT(OTACTL_NAME),
        .run = otactl_run_request,
        .request = {.method = "PUT", .path = "/v1/banks/{0}", .body = put_body},
    },
    {
        .verb = "list",
        .args = "",
        .summary = "list the banks",
        .details = "  otactl bank list --json",
        .run = otactl_run_request,
        .request = {.method = "GET", .path = "/v1/banks", .columns = columns},
    },
    {
        .verb = "show",
        .args = "BANK",
        .summary = "show a bank",
        .details = "  otactl bank show bank-a",
        .run = otactl_run_request,
        .request = {.method = "GET", .path = "/v1/banks/{0}"},
    },
};

const struct otactl_resource otactl_resource_bank = {
    .name = "bank",
    .summary = "banks that put their applications on cards",
    OTACTL_ROWS(commands),
};

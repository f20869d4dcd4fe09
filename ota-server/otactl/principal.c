/* Principals: whose certificates count, and as what. */
#include "ota-server/otactl/resources.h"
#include "scp/host/file.h"

enum { CERTIFICATE_MAX = 7 * 1024 };

static json_t *add_body(const struct otactl *ctl, const struct otactl_arguments *args,
                        struct rebind_problem *problem)
{
    (void)ctl;
    struct rebind_blob pem;
    if (rebind_file_read(args->option[OTACTL_CERTIFICATE], CERTIFICATE_MAX, &pem, problem) !=
        SCP_OK)
        return NULL;
    json_t *body =
        json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "name", args->option[OTACTL_NAME], "kind",
                  args->option[OTACTL_KIND], "certificate", (const char *)pem.ptr, "tenant",
                  args->option[OTACTL_TENANT], "person", args->option[OTACTL_PERSON]);
    rebind_blob_free(&pem);
    if (body == NULL)
        (void)rebind_problem_set(problem, SCP_MALFORMED, "an option is not valid UTF-8");
    return body;
}

static const struct otactl_column columns[] = {
    {"PRINCIPAL", "id"},  {"NAME", "name"},     {"KIND", "kind"}, {"TENANT", "tenant"},
    {"PERSON", "person"}, {"STATUS", "status"}, {NULL, NULL},
};

static const struct otactl_command commands[] = {
    {
        .verb = "add",
        .args = "",
        .summary = "register a certificate",
        .details =
            "A bank names its id as tenant, an agent its region; everyone else is a person.\n\n"
            "  otactl principal add --name 'Bank A' --kind bank --tenant bank-a \\\n"
            "      --certificate pki/bank-a.crt\n"
            "  otactl principal add --name Alice --kind operator --person alice \\\n"
            "      --certificate pki/operator.crt",
        .options = OTACTL_BIT(OTACTL_NAME) | OTACTL_BIT(OTACTL_KIND) | OTACTL_BIT(OTACTL_TENANT) |
                   OTACTL_BIT(OTACTL_PERSON) | OTACTL_BIT(OTACTL_CERTIFICATE),
        .needs = OTACTL_BIT(OTACTL_NAME) | OTACTL_BIT(OTACTL_KIND) | OTACTL_BIT(OTACTL_CERTIFICATE),
        .run = otactl_run_request,
        .request = {.method = "POST", .path = "/v1/principals", .body = add_body},
    },
    {
        .verb = "list",
        .args = "",
        .summary = "list the principals",
        .details = "  otactl principal list",
        .run = otactl_run_request,
        .request = {.method = "GET", .path = "/v1/principals", .columns = columns},
    },
    {
        .verb = "disable",
        .args = "PRINCIPAL",
        .summary = "take all authority from a certificate, from its next request on",
        .details = "  otactl principal disable 9e04c7",
        .run = otactl_run_request,
        .request = {.method = "DELETE", .path = "/v1/principals/{0}"},
    },
};

const struct otactl_resource otactl_resource_principal = {
    .name = "principal",
    .summary = "whose certificates count, and as what",
    OTACTL_ROWS(commands),
};

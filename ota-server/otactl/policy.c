/* Policies: rules in YAML, proposed by one person and put live by another. */
#include "ota-server/otactl/resources.h"

static const struct otactl_column columns[] = {
    {"VERSION", "version"},
    {"STATUS", "status"},
    {"AUTHOR", "author"},
    {"APPROVER", "approver"},
    {"ACTIVATED", "activated"},
    {"DIGEST", "digest"},
    {NULL, NULL},
};

static const struct otactl_command commands[] = {
    {
        .verb = "propose",
        .args = "FILE",
        .summary = "check a policy and keep it as the next version",
        .details = "FILE is YAML, - reads standard input. An error names line and column.\n\n"
                   "  otactl policy propose rules.yaml",
        .run = otactl_run_request,
        .request = {.method = "POST", .path = "/v1/policies", .file_media = "application/yaml"},
    },
    {
        .verb = "activate",
        .args = "VERSION",
        .summary = "put a proposed version live",
        .details = "The approver must be another person than the author.\n\n"
                   "  otactl policy activate 4",
        .run = otactl_run_request,
        .request = {.method = "POST", .path = "/v1/policies/{0}/activate"},
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
};

const struct otactl_resource otactl_resource_policy = {
    .name = "policy",
    .summary = "rules that decide who may bind what",
    OTACTL_ROWS(commands),
};

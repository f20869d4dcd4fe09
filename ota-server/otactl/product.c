/* Products: what a bank offers for a card. */
#include "ota-server/otactl/resources.h"

static const struct otactl_column columns[] = {
    {"PRODUCT", "id"},        {"VERSION", "version"}, {"STATUS", "status"}, {"ROLE", "role"},
    {"INSTANCE", "instance"}, {"LABEL", "label"},     {NULL, NULL},
};

static const struct otactl_command commands[] = {
    {
        .verb = "put",
        .args = "BANK PRODUCT FILE",
        .summary = "write the draft of a product",
        .details = "FILE is JSON, - reads standard input. A published version never changes:\n"
                   "put a draft and publish it as the next one.\n\n"
                   "  otactl product put bank-a debit debit.json",
        .run = otactl_run_request,
        .request = {.method = "PUT",
                    .path = "/v1/banks/{0}/products/{1}",
                    .file_media = "application/json"},
    },
    {
        .verb = "publish",
        .args = "BANK PRODUCT",
        .summary = "freeze the draft as the next version",
        .details = "  otactl product publish bank-a debit",
        .run = otactl_run_request,
        .request = {.method = "POST", .path = "/v1/banks/{0}/products/{1}/publish"},
    },
    {
        .verb = "list",
        .args = "BANK",
        .summary = "list the products of a bank",
        .details = "  otactl product list bank-a",
        .run = otactl_run_request,
        .request = {.method = "GET", .path = "/v1/banks/{0}/products", .columns = columns},
    },
    {
        .verb = "show",
        .args = "BANK PRODUCT",
        .summary = "show a product",
        .details = "  otactl product show bank-a debit",
        .run = otactl_run_request,
        .request = {.method = "GET", .path = "/v1/banks/{0}/products/{1}"},
    },
};

const struct otactl_resource otactl_resource_product = {
    .name = "product",
    .summary = "what a bank offers for a card",
    OTACTL_ROWS(commands),
};

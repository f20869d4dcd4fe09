/* Packages of a bank: the CAP files that its products are instances of. */
#include "ota-server/otactl/resources.h"

static const struct otactl_column columns[] = {
    {"PACKAGE", "aid"},     {"VERSION", "version"}, {"SIZE", "load_file_size"},
    {"MODULES", "modules"}, {NULL, NULL},
};

static const struct otactl_command commands[] = {
    {
        .verb = "put",
        .args = "BANK AID FILE",
        .summary = "upload a CAP file",
        .details = "  otactl package put bank-a A000000333F001 debit.cap",
        .run = otactl_run_request,
        .request = {.method = "PUT",
                    .path = "/v1/banks/{0}/packages/{1}",
                    .file_media = "application/java-archive"},
    },
    {
        .verb = "list",
        .args = "BANK",
        .summary = "list the packages of a bank",
        .details = "  otactl package list bank-a",
        .run = otactl_run_request,
        .request = {.method = "GET", .path = "/v1/banks/{0}/packages", .columns = columns},
    },
};

const struct otactl_resource otactl_resource_package = {
    .name = "package",
    .summary = "CAP files of a bank",
    OTACTL_ROWS(commands),
};

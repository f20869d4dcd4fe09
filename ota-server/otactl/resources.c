#include "ota-server/otactl/resources.h"

const struct otactl_resource *const otactl_resources[] = {
#define OTACTL_RESOURCE_ROW(name) &otactl_resource_##name,
    OTACTL_RESOURCES(OTACTL_RESOURCE_ROW)
#undef OTACTL_RESOURCE_ROW
};

const size_t otactl_resource_count = sizeof otactl_resources / sizeof otactl_resources[0];

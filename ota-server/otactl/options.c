#include "ota-server/otactl/options.h"

#include <stddef.h>

const struct otactl_option_row otactl_options[OTACTL_OPTION_COUNT] = {
#define OTACTL_OPTION_ROW(id, name, arg, help) {name, arg, help},
    OTACTL_OPTIONS(OTACTL_OPTION_ROW)
#undef OTACTL_OPTION_ROW
};

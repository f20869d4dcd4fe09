#include "ota-server/rebind/service.h"

static const struct rebind_refusal_text texts[] = {
#define REBIND_REFUSAL_ROW(name, status, code, title) {status, code, title},
    REBIND_REFUSALS(REBIND_REFUSAL_ROW)
#undef REBIND_REFUSAL_ROW
};

const struct rebind_refusal_text *rebind_refusal_text(enum rebind_refusal refusal)
{
    return &texts[refusal];
}

enum rebind_refusal rebind_refusal_of_store(enum store_error error)
{
    switch (error) {
    case STORE_OK:
        return REBIND_REFUSED_NONE;
    case STORE_BUSY:
        return REBIND_REFUSED_BUSY;
    default:
        return REBIND_REFUSED_STORAGE;
    }
}

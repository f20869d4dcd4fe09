#include "scp/base/error.h"

#include <stddef.h>

struct error_entry {
    const char *name;
    const char *text;
};

static const struct error_entry entries[] = {
#define SCP_ERROR_ENTRY(name, text) {#name, text},
    SCP_ERRORS(SCP_ERROR_ENTRY)
#undef SCP_ERROR_ENTRY
};

static const struct error_entry unknown = {"?", "unknown error"};

static const struct error_entry *entry_of(enum scp_error error)
{
    size_t index = (size_t)error;
    return index < sizeof entries / sizeof entries[0] ? &entries[index] : &unknown;
}

const char *scp_error_name(enum scp_error error)
{
    return entry_of(error)->name;
}

const char *scp_error_text(enum scp_error error)
{
    return entry_of(error)->text;
}

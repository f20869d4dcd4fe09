#include "ota-server/store/error.h"

#include <stddef.h>

static const struct {
    const char *name;
    const char *text;
} errors[] = {
#define STORE_ERROR_ROW(name, text) {#name, text},
    STORE_ERRORS(STORE_ERROR_ROW)
#undef STORE_ERROR_ROW
};

enum { ERROR_COUNT = sizeof errors / sizeof errors[0] };

const char *store_error_name(enum store_error error)
{
    return (size_t)error < ERROR_COUNT ? errors[error].name : "?";
}

const char *store_error_text(enum store_error error)
{
    return (size_t)error < ERROR_COUNT ? errors[error].text : "an unknown error";
}

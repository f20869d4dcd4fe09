#include "ota-server/http/error.h"

#include <stdbool.h>
#include <stddef.h>

static const struct {
    const char *name;
    const char *text;
} errors[] = {
#define HTTP_ERROR_ROW(name, text) {#name, text},
    HTTP_ERRORS(HTTP_ERROR_ROW)
#undef HTTP_ERROR_ROW
};

static bool is_known(enum http_error error)
{
    return (size_t)error < sizeof errors / sizeof errors[0];
}

const char *http_error_name(enum http_error error)
{
    return is_known(error) ? errors[error].name : "?";
}

const char *http_error_text(enum http_error error)
{
    return is_known(error) ? errors[error].text : "an unknown error";
}

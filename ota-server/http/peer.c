#include "ota-server/http/peer.h"

#include <stddef.h>

static const struct {
    const char *code;
    const char *text;
} refusals[] = {
#define HTTP_REFUSAL_ROW(name, code, text) {code, text},
    HTTP_REFUSALS(HTTP_REFUSAL_ROW)
#undef HTTP_REFUSAL_ROW
};

static enum http_refusal clamped(enum http_refusal refusal)
{
    size_t count = sizeof refusals / sizeof refusals[0];
    return (size_t)refusal < count ? refusal : HTTP_REFUSAL_INVALID;
}

const char *http_refusal_code(enum http_refusal refusal)
{
    return refusals[clamped(refusal)].code;
}

const char *http_refusal_text(enum http_refusal refusal)
{
    return refusals[clamped(refusal)].text;
}

#include "agent/reader/error.h"

#include <stddef.h>

static const char *const names[] = {
#define AGENT_ERROR_NAME(name, text) #name,
    AGENT_ERRORS(AGENT_ERROR_NAME)
#undef AGENT_ERROR_NAME
};

static const char *const texts[] = {
#define AGENT_ERROR_TEXT(name, text) text,
    AGENT_ERRORS(AGENT_ERROR_TEXT)
#undef AGENT_ERROR_TEXT
};

const char *agent_error_name(enum agent_error error)
{
    return (size_t)error < sizeof names / sizeof names[0] ? names[error] : "?";
}

const char *agent_error_text(enum agent_error error)
{
    return (size_t)error < sizeof texts / sizeof texts[0] ? texts[error] : "an unknown error";
}

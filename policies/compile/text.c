#include "policies/compile/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

struct policy_text policy_text_on(char *to, size_t cap)
{
    assert(cap > 0);
    to[0] = '\0';
    return (struct policy_text){.to = to, .cap = cap};
}

void policy_text_add(struct policy_text *text, const char *format, ...)
{
    size_t room = text->cap - text->len;
    va_list args;
    va_start(args, format);
    int added = vsnprintf(text->to + text->len, room, format, args);
    va_end(args);
    if (added > 0)
        text->len += (size_t)added < room ? (size_t)added : room - 1;
}

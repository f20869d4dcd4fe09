/* Building a line for people in the caller's buffer; what does not fit is cut. */
#ifndef POLICIES_COMPILE_TEXT_H
#define POLICIES_COMPILE_TEXT_H

#include <stddef.h>

struct policy_text {
    char *to;
    size_t cap;
    size_t len;
};

/* `to` becomes the empty string; cap is at least 1. */
struct policy_text policy_text_on(char *to, size_t cap);
void policy_text_add(struct policy_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif

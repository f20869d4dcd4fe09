#include "scp/host/problem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum scp_error rebind_problem_set(struct rebind_problem *problem, enum scp_error error,
                                  const char *format, ...)
{
    if (problem != NULL) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(problem->text, sizeof problem->text, format, args);
        va_end(args);
    }
    return error;
}

static enum scp_error error_of_errno(int value)
{
    switch (value) {
    case ENOENT:
        return SCP_NOT_FOUND;
    case EEXIST:
        return SCP_DUPLICATE;
    case ENOMEM:
        return SCP_NO_MEMORY;
    default:
        return SCP_IO;
    }
}

enum scp_error rebind_problem_errno(struct rebind_problem *problem, int errno_value,
                                    const char *format, ...)
{
    if (problem != NULL) {
        char what[REBIND_PROBLEM_MAX];
        char why[96];
        va_list args;
        va_start(args, format);
        (void)vsnprintf(what, sizeof what, format, args);
        va_end(args);
        if (strerror_r(errno_value, why, sizeof why) != 0)
            (void)snprintf(why, sizeof why, "error %d", errno_value);
        /* The cause is worth more than the end of a long path. */
        int room = (int)(sizeof problem->text - 3 - strlen(why));
        (void)snprintf(problem->text, sizeof problem->text, "%.*s: %s", room, what, why);
    }
    return error_of_errno(errno_value);
}

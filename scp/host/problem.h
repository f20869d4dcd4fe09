/* What went wrong, for a person: the detail beside an error code.
 *
 * The caller hands in a struct, or NULL when it does not want to know. The text is one English
 * sentence part without a full stop ("cannot read server.key: permission denied"), never holds a
 * secret, and is cut when it is too long. Untouched on success. */
#ifndef SCP_HOST_PROBLEM_H
#define SCP_HOST_PROBLEM_H

#include "scp/base/error.h"

enum { REBIND_PROBLEM_MAX = 256 };

struct rebind_problem {
    char text[REBIND_PROBLEM_MAX];
};

/* Set the text and return `error`, so that a failure is one line:
 *     return rebind_problem_set(problem, SCP_IO, "cannot read %s", path);
 * `problem` may be NULL. */
enum scp_error rebind_problem_set(struct rebind_problem *problem, enum scp_error error,
                                  const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same for a failed system call: ": " and the text of `errno_value` are added. */
enum scp_error rebind_problem_errno(struct rebind_problem *problem, int errno_value,
                                    const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif

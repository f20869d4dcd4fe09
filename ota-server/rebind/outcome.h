/* Inside the contact: what the outcome of an exchange does to its operation. */
#ifndef OTA_SERVER_REBIND_OUTCOME_H
#define OTA_SERVER_REBIND_OUTCOME_H

#include "ota-server/rebind/job.h"

/* What comes after an exchange. */
enum outcome_next {
    OUTCOME_WRITE,  /* the session goes on: write the next script */
    OUTCOME_PLAN,   /* plan again, then write */
    OUTCOME_REOPEN, /* begin a new session: job_load_keys chooses other keys */
    OUTCOME_CLOSE,  /* nothing more in this contact */
};

/* Enter the result into key set, content, operation, audit and quarantine. `agent` is the principal
 * that brought it. */
STORE_MUST_USE enum store_error outcome_apply(struct job *job, const char *agent,
                                              const struct session_result *result,
                                              enum outcome_next *next);

/* The operation ends here as done: the card is as it should be. */
STORE_MUST_USE enum store_error outcome_complete(struct job *job, const char *agent);

/* The operation ends here as failed. */
STORE_MUST_USE enum store_error outcome_fail(struct job *job, const char *agent, const char *cause);

#endif

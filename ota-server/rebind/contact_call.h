/* Inside the contact: one call at work, and what its files do for each other. contact.c begins and
 * answers, contact_issue.c plans and hands out scripts, contact_work.c knows what there is to do.
 * Nobody else includes this. */
#ifndef OTA_SERVER_REBIND_CONTACT_CALL_H
#define OTA_SERVER_REBIND_CONTACT_CALL_H

#include "ota-server/rebind/contact.h"
#include "ota-server/rebind/outcome.h"

struct contact {
    const struct rebind_service *service;
    const struct contact_agent *agent;
    struct store_tx *tx;
    struct contact_reply *reply;
    struct job job;
    struct session session;
    struct operation_news news;
};

/* ---- contact_issue.c ---------------------------------------------------------------------- */

bool contact_has_extensions(const struct contact_agent *agent);

/* The operation ends as failed. */
enum rebind_refusal contact_fail(struct contact *c, const char *cause);

/* Hand out a script that was committed. */
enum rebind_refusal contact_reply_with(struct contact *c, const struct store_exchange *exchange);

/* Write the next script of the session and hand it out; plan before. The operation may end instead:
 * then the reply has no script. */
enum rebind_refusal contact_issue(struct contact *c, struct store_exchange *exchange);
enum rebind_refusal contact_plan_and_issue(struct contact *c, struct store_exchange *exchange);

/* The session that an exchange was made in. */
enum rebind_refusal contact_restore_session(struct contact *c,
                                            const struct store_exchange *exchange);

/* ---- contact_work.c ----------------------------------------------------------------------- */

/* What there is to do with the card now. NOT_FOUND: nothing. */
STORE_MUST_USE enum store_error contact_take_work(struct contact *c, const char *card,
                                                  struct store_operation *operation);

#endif

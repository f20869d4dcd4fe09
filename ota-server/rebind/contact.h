/* A contact: a card in reach of an agent, and the exchanges that an operation makes of it.
 *
 * Durable before sent: whatever is handed out was committed first. Every exchange can be answered
 * once; the same answer again gives the same reply. An exchange whose answer never came is resent
 * as the same bytes when the card could still run it, and burned otherwise. */
#ifndef OTA_SERVER_REBIND_CONTACT_H
#define OTA_SERVER_REBIND_CONTACT_H

#include "ota-server/rebind/operation_life.h"
#include "ota-server/rebind/service.h"
#include "ota-server/rebind/session.h"

/* Who has the card. Borrowed. */
struct contact_agent {
    const char *id;
    const char *region;
    struct session_peer peer; /* what it said it can do */
};

/* What the agent is told. */
struct contact_reply {
    bool has_script; /* false: nothing (more) to do */
    char exchange[STORE_ID_SIZE];
    struct store_blob script;
    struct scp_aid target;         /* the security domain that the script is for */
    char operation[STORE_ID_SIZE]; /* whose event stream has news; "" for none */
    bool more_work;                /* the operation goes on in another contact */
    struct operation_news news;    /* others whose event streams have news */
    bool has_sighting;             /* the stream of all events has news */
};

/* What the agent brings back. */
struct contact_answer {
    const char *exchange;
    struct scp_bytes responses;
};

/* The agent has this card (by the pseudonym of its identity) in reach: what shall it run? */
enum rebind_refusal contact_begin(const struct rebind_service *service,
                                  const struct contact_agent *agent, const uint8_t identity[32],
                                  struct contact_reply *reply);

/* The agent answers an exchange: what shall it run next? */
enum rebind_refusal contact_answer(const struct rebind_service *service,
                                   const struct contact_agent *agent,
                                   const struct contact_answer *answer,
                                   struct contact_reply *reply);

/* What an agent says while a script runs: how many commands the card has answered. */
struct contact_progress {
    const char *exchange;
    size_t commands;
};

/* Show it on the operation's event stream. It is the agent's word and leaves no other trace:
 * progress that counts is entered when the responses come. */
enum rebind_refusal contact_report(const struct rebind_service *service,
                                   const struct contact_agent *agent,
                                   const struct contact_progress *progress,
                                   char operation[STORE_ID_SIZE]);

void contact_reply_fini(struct contact_reply *reply);

/* What there is to do with a card, for the push. */
struct contact_work {
    bool is_due;
    uint32_t priority; /* higher ones first */
};

STORE_MUST_USE enum store_error contact_find_work(const struct rebind_service *service,
                                                  const uint8_t identity[32],
                                                  struct contact_work *work);

#endif

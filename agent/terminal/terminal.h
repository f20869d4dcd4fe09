/* What a payment terminal and an inspector do over plain APDUs. Each function talks to one card and
 * gives its findings as one JSON object; show.c makes the text for people from the same object, so
 * that both say the same. */
#ifndef AGENT_TERMINAL_TERMINAL_H
#define AGENT_TERMINAL_TERMINAL_H

#include "agent/reader/transceive.h"
#include "agent/terminal/key_file.h"
#include "scp/gp/commands.h"
#include "scp/host/env.h"
#include "scp/host/problem.h"

#include <jansson.h>

/* Also the exit status of the program. */
enum terminal_result {
    TERMINAL_OK = 0,
    TERMINAL_FAILED = 1,     /* reader or card failed, or answered against the standard */
    TERMINAL_UNUSABLE = 2,   /* a key file cannot be used */
    TERMINAL_ABSENT = 3,     /* the card has no such application */
    TERMINAL_UNVERIFIED = 4, /* a cryptogram is wrong */
};

/* One visit to a card. All borrowed. */
struct terminal {
    const struct agent_transceive *card;
    const struct rebind_env *env;
    struct rebind_problem *problem; /* why a function did not return TERMINAL_OK */
};

struct terminal_payment {
    const struct scp_key
        *ac_key;     /* of the card's application; NULL: the cryptogram is not verified */
    uint32_t amount; /* in the currency's small unit */
    const char *aid; /* hex: pay with this application; NULL: the first one */
};

/* Pay: PPSE or PSE, application, processing options, records, cryptogram; with a key also the
 * issuer's answer and the second cryptogram. */
enum terminal_result terminal_pay(const struct terminal *terminal,
                                  const struct terminal_payment *payment, json_t **findings);

/* Read the social-security application and take the SHA-256 of all that can be read. */
enum terminal_result terminal_social(const struct terminal *terminal, json_t **findings);

struct terminal_inspection {
    const struct terminal_keys *keys;
    int kvn;      /* -1: the one of the key file, or the card's choice */
    int protocol; /* -1: as the card's recognition data say; else 2 or 3 */
    int i;        /* -1: likewise */
};

/* Open a secure channel and list what is on the card. */
enum terminal_result terminal_list(const struct terminal *terminal,
                                   const struct terminal_inspection *inspection, json_t **findings);

/* ---- shared ------------------------------------------------------------------------------- */

/* Send a command; false, with the problem set, when there is no answer. */
bool terminal_send(const struct terminal *terminal, const struct scp_apdu *apdu,
                   struct agent_answer *answer);
/* Set the problem from a status word that should be another. */
enum terminal_result terminal_refused(const struct terminal *terminal, const char *what,
                                      uint16_t sw);
/* Set the problem and return FAILED. */
enum terminal_result terminal_malformed(const struct terminal *terminal, const char *what);
/* A JSON string of upper-case hex. */
json_t *terminal_hex(struct scp_bytes bytes);

/* Text for people, of the findings of each function. */
void terminal_show_payment(const json_t *findings);
void terminal_show_social(const json_t *findings);
void terminal_show_list(const json_t *findings);

#endif

/* What the body of an order brings for the policy: members that every kind of order takes. */
#ifndef OTA_SERVER_API_GIVEN_H
#define OTA_SERVER_API_GIVEN_H

#include "ota-server/api/body.h"
#include "ota-server/rebind/decision.h"

struct given_text {
    char channel[STORE_WORD_SIZE];
    char reason[STORE_WORD_SIZE];
    char age_band[STORE_WORD_SIZE];
    char consent[STORE_WORD_SIZE];
    char evidence[2 * 32 + 1];
    char confirmation[STORE_ID_SIZE];
};

/* Rows of a table of body members. */
#define GIVEN_MEMBER(from, member)                                                               \
    {                                                                                            \
#member, BODY_TEXT, .nullable = true, .text = (from).member, .size = sizeof(from).member \
    }
#define GIVEN_MEMBERS(from)                                                                \
    GIVEN_MEMBER(from, channel), GIVEN_MEMBER(from, reason), GIVEN_MEMBER(from, age_band), \
        GIVEN_MEMBER(from, consent), GIVEN_MEMBER(from, evidence),                         \
        GIVEN_MEMBER(from, confirmation)

/* Check the words and the digest. False: the response names the member. `out` borrows from `text`
 * and the request. */
bool given_read(const struct given_text *text, const struct http_request *request,
                struct decision_given *out, struct http_response *response);

#endif

#include "ota-server/api/given.h"

#include "ota-server/api/problem.h"
#include "policies/compile/schema.h"

#include <stdio.h>
#include <string.h>

/* Words and the facts that know them. */
static bool check_word(enum policy_fact fact, const char *member, const char *word,
                       struct http_response *response)
{
    char text[160] = "must be one of";
    if (word[0] == '\0' || policy_word_index(fact, word) >= 0)
        return true;
    for (const char *const *w = policy_fact_info(fact)->words; *w != NULL; w++) {
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, " %s", *w);
    }
    problem_member(response, member, text);
    return false;
}

static bool check_evidence(const char *evidence, struct http_response *response)
{
    size_t len = strlen(evidence);
    if (len == 0 || (len == 64 && strspn(evidence, "0123456789abcdefABCDEF") == len))
        return true;
    problem_member(response, "evidence", "must be a SHA-256 in hex");
    return false;
}

bool given_read(const struct given_text *text, const struct http_request *request,
                struct decision_given *out, struct http_response *response)
{
    *out = (struct decision_given){
        .channel = text->channel,
        .reason = text->reason,
        .age_band = text->age_band,
        .consent = text->consent,
        .evidence = text->evidence,
        .confirmation = text->confirmation,
        .language = http_request_header(request, "accept-language"),
    };
    return check_word(POLICY_REQUEST_CHANNEL, "channel", text->channel, response) &&
           check_word(POLICY_REQUEST_REASON, "reason", text->reason, response) &&
           check_word(POLICY_HOLDER_AGE_BAND, "age_band", text->age_band, response) &&
           check_word(POLICY_HOLDER_CONSENT, "consent", text->consent, response) &&
           check_evidence(text->evidence, response);
}

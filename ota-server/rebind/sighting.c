#include "ota-server/rebind/sighting.h"

#include "ota-server/rebind/operation_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUIET_MS = 60 * 60 * 1000 };

static const char *const names[] = {
    [STORE_SIGHTING_UNKNOWN] = "unknown-card",
    [STORE_SIGHTING_ELSEWHERE] = "in-other-contact",
    [STORE_SIGHTING_COUNTER_BACK] = "counter-went-back",
    [STORE_SIGHTING_QUARANTINED] = "quarantined",
    [STORE_SIGHTING_RETIRED] = "retired",
};

const char *sighting_name(enum store_sighting_kind kind)
{
    return names[kind];
}

json_t *sighting_json(const struct store_sighting *sighting)
{
    char first[OPERATION_TIME_SIZE];
    char last[OPERATION_TIME_SIZE];
    return json_pack("{s:s, s:s, s:i, s:s, s:s}", "sighting", names[sighting->kind], "agent",
                     sighting->agent, "times", (int)sighting->times, "first",
                     operation_time(first, sighting->first_ms), "last",
                     operation_time(last, sighting->last_ms));
}

/* Of a card that nobody knows, no id can be named, and its identity is none of a reader's business.
 */
static enum store_error publish(struct store_tx *tx, const struct store_sighting *sighting,
                                const char *card)
{
    char object[STORE_NAME_SIZE] = "card";
    char action[STORE_LABEL_SIZE];
    int64_t sequence;
    json_t *json = sighting_json(sighting);
    if (json != NULL)
        json_object_set_new(json, "card", card == NULL ? json_null() : json_string(card));
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    const struct store_audit_entry entry = {
        .actor = sighting->agent, .action = action, .object = object, .detail = text};
    if (card != NULL)
        snprintf(object, sizeof object, "card/%s", card);
    snprintf(action, sizeof action, "sighting.%s", names[sighting->kind]);
    enum store_error error = text == NULL ? STORE_NO_MEMORY : STORE_OK;
    if (error == STORE_OK)
        error = store_event_append(tx, "", text, &sequence);
    if (error == STORE_OK)
        error = store_audit_append(tx, &entry, NULL);
    free(text);
    json_decref(json);
    return error;
}

enum store_error sighting_note(struct store_tx *tx, struct store_sighting *sighting, bool *is_news)
{
    struct store_card card;
    STORE_TRY(store_sighting_note(tx, sighting, QUIET_MS, is_news));
    if (!*is_news)
        return STORE_OK;
    enum store_error error = store_card_by_identity(tx, sighting->identity, &card);
    if (error != STORE_OK && error != STORE_NOT_FOUND)
        return error;
    return publish(tx, sighting, error == STORE_OK ? card.id : NULL);
}

static enum store_error status_of(struct store_tx *tx, const uint8_t identity[32],
                                  enum store_sighting_kind *kind)
{
    struct store_card card;
    STORE_TRY(store_card_by_identity(tx, identity, &card));
    *kind = card.status == STORE_CARD_RETIRED ? STORE_SIGHTING_RETIRED : STORE_SIGHTING_QUARANTINED;
    return STORE_OK;
}

static enum store_error note_refusal(struct store_tx *tx, struct store_sighting *sighting,
                                     enum rebind_refusal refusal, bool *is_news)
{
    if (refusal == REBIND_REFUSED_CARD_UNKNOWN)
        sighting->kind = STORE_SIGHTING_UNKNOWN;
    else if (refusal == REBIND_REFUSED_CARD_ELSEWHERE)
        sighting->kind = STORE_SIGHTING_ELSEWHERE;
    else
        STORE_TRY(status_of(tx, sighting->identity, &sighting->kind));
    return sighting_note(tx, sighting, is_news);
}

enum store_error sighting_report(const struct rebind_service *service, const char *agent,
                                 const uint8_t identity[32], enum rebind_refusal refusal,
                                 bool *is_news)
{
    struct store_sighting sighting = {.times = 0};
    struct store_tx *tx;
    *is_news = false;
    if (refusal != REBIND_REFUSED_CARD_UNKNOWN && refusal != REBIND_REFUSED_CARD_ELSEWHERE &&
        refusal != REBIND_REFUSED_CARD_INACTIVE)
        return STORE_OK;
    memcpy(sighting.identity, identity, sizeof sighting.identity);
    snprintf(sighting.agent, sizeof sighting.agent, "%s", agent);
    STORE_TRY(store_begin(service->store, STORE_WRITE, &tx));
    return store_end(tx, note_refusal(tx, &sighting, refusal, is_news));
}

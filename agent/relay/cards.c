#include "agent/relay/cards.h"

#include "scp/host/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_FIRST_MS = 1000, RETRY_LAST_MS = 60000 };

static const char separator[] = ", ";

void agent_cards_init(struct agent_cards *cards, const struct rebind_env *env,
                      struct rebind_log *log)
{
    *cards = (struct agent_cards){.env = env, .log = log};
}

void agent_cards_fini(struct agent_cards *cards)
{
    for (size_t i = 0; i < cards->count; i++)
        free(cards->items[i]);
    free(cards->items);
    *cards = (struct agent_cards){0};
}

/* ---- the table ---------------------------------------------------------------------------- */

static struct agent_card *add(struct agent_cards *cards)
{
    if (cards->count == cards->cap) {
        size_t cap = cards->cap == 0 ? 8 : 2 * cards->cap;
        struct agent_card **items = realloc(cards->items, cap * sizeof(struct agent_card *));
        if (items == NULL)
            return NULL;
        cards->items = items;
        cards->cap = cap;
    }
    struct agent_card *card = calloc(1, sizeof *card);
    if (card == NULL)
        return NULL;
    card->backoff = (struct agent_backoff){.first_ms = RETRY_FIRST_MS, .cap_ms = RETRY_LAST_MS};
    cards->items[cards->count++] = card;
    return card;
}

static struct agent_card *find_place(const struct agent_cards *cards,
                                     const struct agent_reader *reader, const char *place)
{
    for (size_t i = 0; i < cards->count; i++)
        if (cards->items[i]->reader == reader && strcmp(cards->items[i]->place, place) == 0)
            return cards->items[i];
    return NULL;
}

/* Whether a thread serves this card, wherever it is listed. */
static bool served_anywhere(const struct agent_cards *cards, const char *se)
{
    for (size_t i = 0; i < cards->count; i++)
        if (cards->items[i]->served && strcmp(cards->items[i]->se, se) == 0)
            return true;
    return false;
}

static void forget_gone(struct agent_cards *cards)
{
    size_t kept = 0;
    for (size_t i = 0; i < cards->count; i++) {
        struct agent_card *card = cards->items[i];
        bool gone = card->reader != NULL ? !card->present : !card->work;
        if (gone && !card->served) {
            REBIND_LOG(cards->log, REBIND_LOG_INFO, "card.gone", REBIND_TEXT("place", card->place));
            free(card);
        } else {
            cards->items[kept++] = card;
        }
    }
    cards->count = kept;
}

/* ---- looking at the readers --------------------------------------------------------------- */

static enum agent_error see_place(struct agent_cards *cards, struct agent_reader *reader,
                                  const struct agent_place *place)
{
    struct agent_card *card = find_place(cards, reader, place->name);
    if (card == NULL) {
        card = add(cards);
        if (card == NULL)
            return AGENT_NO_MEMORY;
        card->reader = reader;
        memcpy(card->place, place->name, sizeof card->place);
        card->insertion = place->insertion;
    }
    if (card->insertion != place->insertion && !card->served) {
        card->insertion = place->insertion;
        card->identified = false;
        card->hopeless = false;
        card->work = false;
        card->not_before_ms = 0;
    }
    card->present = true;
    return AGENT_OK;
}

static enum agent_error look(struct agent_cards *cards, size_t index)
{
    struct agent_reader *reader = cards->readers[index];
    struct agent_places places = {0};
    assert(reader != NULL);
    enum agent_error error = agent_reader_poll(reader, &places);
    if ((error != AGENT_OK) != cards->reader_failed[index])
        REBIND_LOG(cards->log, error == AGENT_OK ? REBIND_LOG_INFO : REBIND_LOG_WARN,
                   error == AGENT_OK ? "reader.back" : "reader.failed",
                   REBIND_TEXT("kind", reader->kind),
                   REBIND_TEXT("cause", agent_error_text(error)));
    cards->reader_failed[index] = error != AGENT_OK;
    error = AGENT_OK;
    for (size_t i = 0; i < places.count && error == AGENT_OK; i++)
        error = see_place(cards, reader, &places.items[i]);
    agent_places_fini(&places);
    return error;
}

static enum agent_error read_name(struct agent_card *card)
{
    struct agent_contact *contact = NULL;
    AGENT_TRY(agent_reader_connect(card->reader, card->place, &contact));
    enum agent_error error = agent_identify(&contact->card, card->se);
    agent_contact_close(contact);
    return error;
}

static void retry_later(struct agent_cards *cards, struct agent_card *card)
{
    uint8_t random[4];
    rebind_random(cards->env, random, sizeof random);
    card->not_before_ms =
        rebind_monotonic_ms(cards->env) + agent_backoff_next(&card->backoff, scp_load_u32(random));
}

static void identify(struct agent_cards *cards, struct agent_card *card)
{
    enum agent_error error = read_name(card);
    card->identified = error == AGENT_OK;
    card->hopeless = error == AGENT_NOT_IDENTIFIED;
    if (error == AGENT_OK) {
        agent_backoff_reset(&card->backoff);
        REBIND_LOG(cards->log, REBIND_LOG_INFO, "card.found", REBIND_TEXT("place", card->place));
        return;
    }
    retry_later(cards, card);
    REBIND_LOG(cards->log, REBIND_LOG_WARN, "card.unread", REBIND_TEXT("place", card->place),
               REBIND_TEXT("cause", agent_error_text(error)));
}

enum agent_error agent_cards_scan(struct agent_cards *cards)
{
    for (size_t i = 0; i < cards->count; i++)
        cards->items[i]->present = false;
    for (size_t i = 0; i < cards->reader_count; i++)
        AGENT_TRY(look(cards, i));
    forget_gone(cards);
    uint64_t now = rebind_monotonic_ms(cards->env);
    for (size_t i = 0; i < cards->count; i++) {
        struct agent_card *card = cards->items[i];
        if (card->present && !card->identified && !card->hopeless && !card->served &&
            now >= card->not_before_ms)
            identify(cards, card);
    }
    return AGENT_OK;
}

enum agent_error agent_cards_add_absent(struct agent_cards *cards, const char *se)
{
    struct agent_card *card = add(cards);
    if (card == NULL)
        return AGENT_NO_MEMORY;
    memcpy(card->se, se, strlen(se) + 1);
    card->identified = true;
    card->work = true;
    return AGENT_OK;
}

/* ---- work --------------------------------------------------------------------------------- */

bool agent_cards_work(struct agent_cards *cards, const char *se)
{
    for (size_t i = 0; i < cards->count; i++) {
        struct agent_card *card = cards->items[i];
        if (card->present && card->identified && strcmp(card->se, se) == 0) {
            card->work = true;
            return true;
        }
    }
    return false;
}

struct agent_card *agent_cards_next(struct agent_cards *cards)
{
    uint64_t now = rebind_monotonic_ms(cards->env);
    for (size_t i = 0; i < cards->count; i++) {
        struct agent_card *card = cards->items[i];
        if (card->work && card->identified && now >= card->not_before_ms &&
            !served_anywhere(cards, card->se))
            return card;
    }
    return NULL;
}

/* After these the server has spoken; it names the card again when it wants more. */
static bool is_final(enum agent_error result)
{
    return result == AGENT_OK || result == AGENT_REFUSED || result == AGENT_SERVER_ANSWER;
}

void agent_cards_served(struct agent_cards *cards, struct agent_card *card, enum agent_error result)
{
    card->served = false;
    if (is_final(result)) {
        agent_backoff_reset(&card->backoff);
        return;
    }
    card->work = true;
    retry_later(cards, card);
}

static bool has_room(const struct rebind_text *list, size_t listed, const struct agent_card *card)
{
    return listed < AGENT_LIST_CARDS_MAX &&
           list->len + sizeof separator + strlen(card->se) <= AGENT_LIST_TEXT_MAX;
}

static void ask_by_itself(struct agent_card *card, uint64_t now)
{
    if (card->served || now < card->ask_at_ms)
        return;
    card->work = true;
    card->ask_at_ms = now + AGENT_ASK_INTERVAL_MS;
}

char *agent_cards_list(struct agent_cards *cards)
{
    struct rebind_text list = rebind_text_new(AGENT_LIST_TEXT_MAX);
    uint64_t now = rebind_monotonic_ms(cards->env);
    size_t listed = 0;
    for (size_t i = 0; i < cards->count; i++) {
        struct agent_card *card = cards->items[i];
        if (!card->present || !card->identified)
            continue;
        if (!has_room(&list, listed, card)) {
            ask_by_itself(card, now);
            continue;
        }
        rebind_text_add(&list, listed++ == 0 ? "" : separator);
        rebind_text_add(&list, card->se);
    }
    char *copy = rebind_text_status(&list) == SCP_OK ? strdup(rebind_text_string(&list)) : NULL;
    rebind_text_free(&list);
    return copy;
}

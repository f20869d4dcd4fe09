/* /v1/cards: looking cards up and showing them. card_import.c takes new ones in. */
#include "ota-server/api/api.h"
#include "ota-server/api/card_identity.h"
#include "ota-server/api/handlers.h"
#include "ota-server/rebind/sighting.h"

#include <stdio.h>
#include <string.h>

static const char *const statuses[] = {
    [STORE_CARD_ACTIVE] = "active",
    [STORE_CARD_QUARANTINED] = "quarantined",
    [STORE_CARD_RETIRED] = "retired",
};
static const char *const kinds[] = {
    [STORE_CONTENT_LOAD_FILE] = "load_file",
    [STORE_CONTENT_APPLICATION] = "application",
    [STORE_CONTENT_SECURITY_DOMAIN] = "security_domain",
};
static const char *const grades[] = {
    [STORE_EVIDENCE_REPORTED] = "reported",
    [STORE_EVIDENCE_PROVEN] = "proven",
};

static json_t *render_card(const void *element)
{
    const struct store_card *card = element;
    char created[OPERATION_TIME_SIZE];
    char updated[OPERATION_TIME_SIZE];
    json_t *free_memory = card->free_known ? json_integer(card->free_non_volatile) : json_null();
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:b, s:o, s:s, s:s}", "id", card->id,
                     "profile", card->profile, "region", card->region, "generation",
                     card->generation, "status", statuses[card->status], "cause",
                     card->cause[0] == '\0' ? NULL : card->cause, "content_known",
                     card->content_known, "free_non_volatile", free_memory, "created",
                     operation_time(created, card->created_ms), "updated",
                     operation_time(updated, card->updated_ms));
}

static const char *or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

static json_t *render_content(const struct store_content *entry)
{
    return json_pack("{s:s, s:s, s:s?, s:s?, s:i, s:o, s:s?, s:s}", "kind", kinds[entry->kind],
                     "aid", entry->aid, "load_file", or_null(entry->load_file), "security_domain",
                     or_null(entry->security_domain), "life_cycle", entry->life_cycle, "privileges",
                     api_hex(SCP_BYTES(entry->privileges)), "product", or_null(entry->product),
                     "evidence", grades[entry->evidence]);
}

static json_t *render_binding(const struct store_binding *binding)
{
    char since[OPERATION_TIME_SIZE];
    return json_pack("{s:s, s:s?, s:i, s:b, s:s}", "role", binding->role, "product",
                     or_null(binding->product), "version", (int)binding->version, "suspended",
                     binding->suspended, "since", operation_time(since, binding->since_ms));
}

static json_t *render_resident(const struct store_resident *resident)
{
    char since[OPERATION_TIME_SIZE];
    return json_pack("{s:s, s:i, s:s, s:s}", "product", resident->product, "version",
                     (int)resident->version, "form", operation_form_name(resident->form), "since",
                     operation_time(since, resident->since_ms));
}

/* Everything known of one card, read in one transaction. */
struct card_view {
    struct store_card card;
    struct store_content contents[STORE_CONTENTS_MAX];
    size_t content_count;
    struct store_binding bindings[STORE_BINDINGS_MAX];
    size_t binding_count;
    struct store_resident residents[STORE_RESIDENTS_MAX];
    size_t resident_count;
    struct store_sighting sightings[STORE_SIGHTINGS_MAX];
    size_t sighting_count;
};

static enum store_error read_view(struct store_tx *tx, const char *id, struct card_view *view)
{
    STORE_TRY(store_card_get(tx, id, &view->card));
    STORE_TRY(store_content_list(tx, id, view->contents, STORE_CONTENTS_MAX, &view->content_count));
    STORE_TRY(
        store_resident_list(tx, id, view->residents, STORE_RESIDENTS_MAX, &view->resident_count));
    STORE_TRY(store_sighting_list(tx, view->card.identity, view->sightings, STORE_SIGHTINGS_MAX,
                                  &view->sighting_count));
    return store_binding_list(tx, id, view->bindings, STORE_BINDINGS_MAX, &view->binding_count);
}

static void restrict_residents(struct card_view *view, const char *bank)
{
    size_t own = 0;
    for (size_t i = 0; i < view->resident_count; i++) {
        if (api_product_is_of(view->residents[i].product, bank))
            view->residents[own++] = view->residents[i];
    }
    view->resident_count = own;
}

/* A bank sees the cards that it is bound on, and there neither bindings nor products of others, nor
 * where the card was seen. */
static bool restrict_to_bank(struct card_view *view, const char *bank)
{
    size_t own = 0;
    restrict_residents(view, bank);
    view->sighting_count = 0;
    for (size_t i = 0; i < view->binding_count; i++) {
        if (api_product_is_of(view->bindings[i].product, bank))
            view->bindings[own++] = view->bindings[i];
    }
    view->binding_count = own;
    for (size_t i = 0; i < view->content_count; i++) {
        if (!api_product_is_of(view->contents[i].product, bank))
            view->contents[i].product[0] = '\0';
    }
    return own > 0;
}

static bool may_see(const struct http_request *request, struct card_view *view)
{
    const struct http_principal *principal = http_request_principal(request);
    return (principal->roles & ROLE(BANK)) == 0 || restrict_to_bank(view, principal->tenant);
}

static json_t *render_view(const struct card_view *view)
{
    json_t *contents = json_array();
    json_t *bindings = json_array();
    json_t *residents = json_array();
    json_t *sightings = json_array();
    for (size_t i = 0; i < view->content_count; i++)
        json_array_append_new(contents, render_content(&view->contents[i]));
    for (size_t i = 0; i < view->binding_count; i++)
        json_array_append_new(bindings, render_binding(&view->bindings[i]));
    for (size_t i = 0; i < view->resident_count; i++)
        json_array_append_new(residents, render_resident(&view->residents[i]));
    for (size_t i = 0; i < view->sighting_count; i++)
        json_array_append_new(sightings, sighting_json(&view->sightings[i]));
    json_t *answer = render_card(&view->card);
    json_object_set_new(answer, "contents", contents);
    json_object_set_new(answer, "bindings", bindings);
    json_object_set_new(answer, "residents", residents);
    json_object_set_new(answer, "sightings", sightings);
    return answer;
}

void api_card_get(void *ctx, const struct http_request *request, struct http_response *response)
{
    const struct api *api = ctx;
    struct card_view view = {.content_count = 0};
    struct store_tx *tx;
    enum store_error error = store_begin(api->store, STORE_READ, &tx);
    if (error == STORE_OK)
        error = store_end(tx, read_view(tx, http_request_param(request, "card"), &view));
    if (error == STORE_OK && !may_see(request, &view))
        error = STORE_NOT_FOUND;
    if (error != STORE_OK)
        problem_store(response, error, "the card");
    else
        http_response_json(response, 200, render_view(&view));
}

static enum store_error fetch(struct store_tx *tx, const void *filter, const char *after, void *out,
                              size_t cap, size_t *count)
{
    return store_card_list(tx, filter, after, out, cap, count);
}

void api_card_list(void *ctx, const struct http_request *request, struct http_response *response)
{
    static const struct api_listing listing = {
        .what = "the cards",
        .element_size = sizeof(struct store_card),
        .fetch = fetch,
        .render = render_card,
        .id_offset = offsetof(struct store_card, id),
    };
    const struct http_principal *principal = http_request_principal(request);
    const char *bank = (principal->roles & ROLE(BANK)) != 0 ? principal->tenant : NULL;
    api_answer_list(ctx, request, response, &listing, bank);
}

static bool read_identity(const struct http_request *request, struct http_response *response,
                          struct card_identity *identity)
{
    const struct body_member members[] = {
        {"iin", BODY_HEX, .required = true, .bytes = identity->iin, .size = sizeof identity->iin,
         .minimum = 1, .count = &identity->iin_len},
        {"cin", BODY_HEX, .required = true, .bytes = identity->cin, .size = sizeof identity->cin,
         .minimum = 1, .count = &identity->cin_len},
    };
    struct body body;
    if (!body_open(&body, request, response))
        return false;
    bool fits = body_read(&body, members, sizeof members / sizeof members[0], response);
    body_close(&body);
    return fits;
}

void api_card_lookup(void *ctx, const struct http_request *request, struct http_response *response)
{
    const struct api *api = ctx;
    struct card_identity identity = {.iin_len = 0};
    struct store_card card;
    uint8_t pseudonym[32];
    struct store_tx *tx;

    if (!read_identity(request, response, &identity))
        return;
    enum store_error error = card_identity_pseudonym(api->vault, &identity, pseudonym) == SCP_OK
                                 ? store_begin(api->store, STORE_READ, &tx)
                                 : STORE_IO;
    if (error == STORE_OK)
        error = store_end(tx, store_card_by_identity(tx, pseudonym, &card));
    if (error != STORE_OK)
        problem_store(response, error, "the card");
    else
        http_response_json(response, 200, json_pack("{s:s}", "id", card.id));
}

static bool has_failures(const struct store_key_set *sets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sets[i].failures > 0)
            return true;
    }
    return false;
}

/* Out of quarantine, or free of an agent's bad word: the key sets' budgets start anew, and so does
 * what the card is known to have counted. */
static enum store_error release(struct store_tx *tx, const struct http_request *request,
                                const char *id)
{
    struct store_key_set sets[STORE_KEY_SETS_MAX];
    struct store_card card;
    size_t count;
    char object[STORE_NAME_SIZE];

    STORE_TRY(store_card_get(tx, id, &card));
    STORE_TRY(store_key_set_list(tx, id, sets, STORE_KEY_SETS_MAX, &count));
    if (card.status != STORE_CARD_QUARANTINED && !has_failures(sets, count))
        return STORE_CONFLICT;
    for (size_t i = 0; i < count; i++) {
        struct store_key_set_ref ref = {id, sets[i].security_domain, sets[i].kvn};
        STORE_TRY(store_key_set_clear_failures(tx, &ref));
        if (card.status == STORE_CARD_QUARANTINED)
            STORE_TRY(store_key_set_forget_counter(tx, &ref));
    }
    STORE_TRY(store_sighting_forget(tx, card.identity));
    if (card.status == STORE_CARD_QUARANTINED)
        STORE_TRY(store_card_set_status(tx, id, STORE_CARD_ACTIVE, ""));
    snprintf(object, sizeof object, "card/%s", id);
    return api_audit(tx, request, "card.release", object, json_pack("{s:s}", "cause", card.cause));
}

void api_card_release(void *ctx, const struct http_request *request, struct http_response *response)
{
    const struct api *api = ctx;
    struct store_tx *tx;
    enum store_error error = store_begin(api->store, STORE_WRITE, &tx);
    if (error == STORE_OK)
        error = store_end(tx, release(tx, request, http_request_param(request, "card")));
    if (error == STORE_CONFLICT)
        http_problem(response, 409, "not-quarantined", "The card is not in quarantine",
                     "there is no quarantine, nor a failed authentication that an agent reported");
    else if (error != STORE_OK)
        problem_store(response, error, "the card");
    else
        http_response_status(response, 204);
}

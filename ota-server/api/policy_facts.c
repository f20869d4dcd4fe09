/* GET /v1/policies/facts: the whole card base as the facts of requests that could be made, for
 * trying policies: each card with each product that it could get. Page by page, a line a request,
 * as ota-policy reads them. */
#include "ota-server/api/api.h"
#include "ota-server/api/handlers.h"
#include "ota-server/rebind/decision.h"
#include "scp/host/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROLE_PAYMENT "payment"

enum {
    OFFERS_MAX = 256, /* products that cards could get */
    CARDS_A_PAGE = 250,
    LINES_A_PAGE = 8000, /* a page ends with the card that reaches it */
    PAGE_BYTES_MAX = 16 * 1024 * 1024
};

struct offer {
    struct store_bank bank;
    char product[STORE_PRODUCT_REF_SIZE];
};

struct exporting {
    const struct api *api;
    struct store_tx *tx;
    struct offer *offers;
    size_t offer_count;
    struct rebind_text text;
    size_t lines;
    char last[STORE_ID_SIZE]; /* card; "" for none */
    bool has_more;
};

/* ---- what could be asked for --------------------------------------------------------------- */

static enum store_error add_products(struct exporting *e, const struct store_bank *bank,
                                     const char *only)
{
    struct store_product products[16];
    size_t count = 0;
    char after[STORE_SLUG_SIZE] = "";
    do {
        STORE_TRY(store_product_list(e->tx, bank->id, after, products, 16, &count));
        for (size_t i = 0; i < count && e->offer_count < OFFERS_MAX; i++) {
            struct offer *offer = &e->offers[e->offer_count];
            snprintf(offer->product, sizeof offer->product, "%.64s/%.64s", bank->id,
                     products[i].id);
            offer->bank = *bank;
            e->offer_count += products[i].status == STORE_PRODUCT_PUBLISHED &&
                              strcmp(products[i].role, ROLE_PAYMENT) == 0 &&
                              (only == NULL || strcmp(only, offer->product) == 0);
            memcpy(after, products[i].id, sizeof after);
        }
    } while (count == 16 && e->offer_count < OFFERS_MAX);
    return STORE_OK;
}

static enum store_error load_offers(struct exporting *e, const char *only)
{
    struct store_bank banks[8];
    size_t count = 0;
    char after[STORE_SLUG_SIZE] = "";
    do {
        STORE_TRY(store_bank_list(e->tx, after, banks, 8, &count));
        for (size_t i = 0; i < count; i++) {
            STORE_TRY(add_products(e, &banks[i], only));
            memcpy(after, banks[i].id, sizeof after);
        }
    } while (count == 8 && e->offer_count < OFFERS_MAX);
    return STORE_OK;
}

/* ---- lines -------------------------------------------------------------------------------- */

static enum store_error write_line(struct exporting *e, const struct store_card *card,
                                   const char *bound, const struct offer *offer)
{
    enum store_error error = STORE_OK;
    const struct decision_request request = {
        .card = card,
        .bank = &offer->bank,
        .product = offer->product,
        .old_product = bound,
        .role = ROLE_PAYMENT,
        .action = bound[0] == '\0' ? "bind" : "switch",
        .actor_kind = "operator",
    };
    json_t *json = decision_facts(e->api->rebind, e->tx, &request, &error);
    char *line = error == STORE_OK ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (error != STORE_OK || line == NULL)
        return error != STORE_OK ? error : STORE_NO_MEMORY;
    rebind_text_add(&e->text, line);
    rebind_text_add_char(&e->text, '\n');
    free(line);
    e->lines++;
    return rebind_text_status(&e->text) == SCP_OK ? STORE_OK : STORE_NO_MEMORY;
}

static enum store_error write_card(struct exporting *e, const struct store_card *card)
{
    struct store_binding bound = {.version = 0};
    enum store_error error = store_binding_get(e->tx, card->id, ROLE_PAYMENT, &bound);
    if (error == STORE_NOT_FOUND)
        bound = (struct store_binding){.version = 0};
    else
        STORE_TRY(error);
    for (size_t i = 0; i < e->offer_count; i++) {
        if (strcmp(bound.product, e->offers[i].product) != 0)
            STORE_TRY(write_line(e, card, bound.product, &e->offers[i]));
    }
    memcpy(e->last, card->id, sizeof e->last);
    return STORE_OK;
}

static enum store_error write_page(struct exporting *e, const char *after)
{
    struct store_card *cards = calloc(CARDS_A_PAGE, sizeof *cards);
    size_t count = 0;
    size_t i = 0;
    enum store_error error = cards == NULL
                                 ? STORE_NO_MEMORY
                                 : store_card_list(e->tx, NULL, after, cards, CARDS_A_PAGE, &count);
    for (; error == STORE_OK && i < count && e->lines < LINES_A_PAGE; i++)
        error = write_card(e, &cards[i]);
    e->has_more = i < count || count == CARDS_A_PAGE;
    free(cards);
    return error;
}

/* ---- the answer --------------------------------------------------------------------------- */

static enum store_error export(struct exporting *e, const char *only, const char *after,
                               int64_t *cards) {
    STORE_TRY(store_begin(e->api->store, STORE_READ, &e->tx));
    enum store_error error = load_offers(e, only);
    if (error == STORE_OK && *after == '\0') error = store_card_count(e->tx, cards);
    if (error == STORE_OK) error = write_page(e, after);
    return store_end(e->tx, error);
}

static void answer(const struct exporting *e, int64_t cards, struct http_response *response)
{
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)cards);
    if (e->has_more)
        http_response_header(response, "x-rebind-next", e->last);
    if (cards >= 0)
        http_response_header(response, "x-rebind-cards", number);
    http_response_status(response, 200);
    http_response_body(response, "application/x-ndjson",
                       scp_bytes_of(rebind_text_string(&e->text), e->text.len));
}

void api_policy_facts(void *ctx, const struct http_request *request, struct http_response *response)
{
    const char *after = http_request_query(request, "cursor");
    struct exporting e = {.api = ctx, .text = rebind_text_new(PAGE_BYTES_MAX)};
    int64_t cards = -1;
    if (after != NULL && strspn(after, "0123456789ABCDEF") != strlen(after)) {
        problem_member(response, "cursor", "is not one that this server gave");
        return;
    }
    e.offers = calloc(OFFERS_MAX, sizeof *e.offers);
    enum store_error error = e.offers == NULL ? STORE_NO_MEMORY
                                              : export(&e, http_request_query(request, "product"),
                                                       after == NULL ? "" : after, &cards);
    if (error == STORE_OK)
        answer(&e, cards, response);
    else
        problem_store(response, error, "the facts");
    free(e.offers);
    rebind_text_free(&e.text);
}

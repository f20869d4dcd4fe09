#include "ota-server/rebind/contact_call.h"
#include "ota-server/rebind/order.h"
#include "ota-server/rebind/stop.h"

/* Whether a script may still run on the card that no open operation waits for. */
static enum store_error has_loose_script(struct store_tx *tx, const char *card, bool *loose)
{
    struct store_operation open;
    struct store_exchange exchange;
    char given_up[1][STORE_ID_SIZE];
    size_t count = 0;
    *loose = false;
    enum store_error error = store_operation_open(tx, card, &open);
    if (error != STORE_NOT_FOUND)
        return error;
    error = store_exchange_outstanding(tx, card, &exchange);
    *loose = error == STORE_OK;
    if (error != STORE_NOT_FOUND)
        return error;
    STORE_TRY(store_exchange_given_up(tx, card, given_up, 1, &count));
    *loose = count > 0;
    return STORE_OK;
}

/* An operation past its deadline ends here, and nothing of it goes out any more. */
static enum store_error expire_overdue(struct contact *c, const char *card)
{
    struct store_operation open;
    enum store_error error = store_operation_open(c->tx, card, &open);
    if (error == STORE_NOT_FOUND)
        return STORE_OK;
    STORE_TRY(error);
    if (!operation_life_is_overdue(c->service, &open))
        return STORE_OK;
    operation_news_add(&c->news, open.id);
    return operation_life_expire(c->tx, &open);
}

/* Nor does anything go out of one that was stopped. */
static enum store_error cancel_stopped(struct contact *c, const char *card)
{
    struct store_operation open;
    bool stopped;
    enum store_error error = store_operation_open(c->tx, card, &open);
    if (error == STORE_NOT_FOUND)
        return STORE_OK;
    STORE_TRY(error);
    STORE_TRY(stop_means(c->service, c->tx, &open, &stopped));
    if (!stopped)
        return STORE_OK;
    operation_news_add(&c->news, open.id);
    return order_cancel_in(c->service, c->tx, "", &open) == REBIND_REFUSED_NONE ? STORE_OK
                                                                                : STORE_IO;
}

/* A script of an operation that has ended may still run on the card: the card is read, which burns
 * it, although nobody has asked for anything. */
static enum store_error order_burning(struct contact *c, const char *card,
                                      struct store_operation *operation)
{
    return operation_life_order_reading(
        c->tx, card,
        "A script of an operation that has ended may still run on the card: it is read to make an "
        "end of that.",
        operation);
}

enum store_error contact_take_work(struct contact *c, const char *card,
                                   struct store_operation *operation)
{
    bool may_still_run;
    STORE_TRY(expire_overdue(c, card));
    STORE_TRY(cancel_stopped(c, card));
    enum store_error error = store_operation_due(c->tx, card, operation);
    if (error != STORE_NOT_FOUND)
        return error;
    STORE_TRY(has_loose_script(c->tx, card, &may_still_run));
    return may_still_run ? order_burning(c, card, operation) : STORE_NOT_FOUND;
}

/* ---- for the push ------------------------------------------------------------------------ */

static enum store_error find_due(struct store_tx *tx, const uint8_t identity[32],
                                 struct contact_work *work)
{
    struct store_card card;
    struct store_operation operation = {.priority = STORE_PRIORITY_USUAL};
    bool may_still_run = false;
    enum store_error error = store_card_by_identity(tx, identity, &card);
    if (error == STORE_NOT_FOUND || (error == STORE_OK && card.status != STORE_CARD_ACTIVE))
        return STORE_OK;
    STORE_TRY(error);
    error = store_operation_due(tx, card.id, &operation);
    if (error == STORE_NOT_FOUND)
        error = has_loose_script(tx, card.id, &may_still_run);
    else
        work->is_due = error == STORE_OK;
    work->is_due = work->is_due || may_still_run;
    work->priority = operation.priority;
    return error;
}

enum store_error contact_find_work(const struct rebind_service *service, const uint8_t identity[32],
                                   struct contact_work *work)
{
    struct store_tx *tx;
    *work = (struct contact_work){.is_due = false};
    STORE_TRY(store_begin(service->store, STORE_READ, &tx));
    return store_end(tx, find_due(tx, identity, work));
}

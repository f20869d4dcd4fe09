/* The life of an operation outside a contact: what it leaves in events and audit, and how it ends
 * when no card is there: it fails, is cancelled, or outlives its deadline.
 *
 * An operation that ends while a script of it is out has done nobody knows what: the card's content
 * is doubted, and the next contact burns the script and reads the card. */
#ifndef OTA_SERVER_REBIND_OPERATION_LIFE_H
#define OTA_SERVER_REBIND_OPERATION_LIFE_H

#include "ota-server/rebind/service.h"

#include <jansson.h>

/* Operations whose event streams have news. Zeroed: none. */
enum { OPERATION_NEWS_MAX = 16 };
struct operation_news {
    char ids[OPERATION_NEWS_MAX][STORE_ID_SIZE];
    size_t count;
};
void operation_news_add(struct operation_news *news, const char *id);

/* The operation as API, events and audit show it, findings included. A new reference; NULL when the
 * storage fails. */
json_t *operation_life_view(struct store_tx *tx, const struct store_operation *operation);

/* Append its event. */
STORE_MUST_USE enum store_error operation_life_show(struct store_tx *tx,
                                                    const struct store_operation *operation);
/* Append an event of its progress within an exchange, in the place of the one before. */
STORE_MUST_USE enum store_error
operation_life_show_progress(struct store_tx *tx, const struct store_operation *operation,
                             const struct store_exchange *exchange);
/* Append an audit record about its card; `actor` is a principal or "". */
STORE_MUST_USE enum store_error operation_life_audit(struct store_tx *tx,
                                                     const struct store_operation *operation,
                                                     const char *actor, const char *action);

/* It ends as failed or cancelled: state, cause, event and audit record. */
STORE_MUST_USE enum store_error operation_life_fail(struct store_tx *tx,
                                                    struct store_operation *operation,
                                                    const char *actor, const char *cause);
STORE_MUST_USE enum store_error operation_life_cancel(struct store_tx *tx,
                                                      struct store_operation *operation,
                                                      const char *actor, const char *cause);

/* The service itself wants the card to be read: an audit that nobody asked for, which gives way to
 * any order. `reason` is what its decision says. */
STORE_MUST_USE enum store_error operation_life_order_reading(struct store_tx *tx, const char *card,
                                                             const char *reason,
                                                             struct store_operation *operation);
bool operation_life_is_own_reading(const struct store_operation *operation);

/* Whether it is open and its deadline has passed. */
bool operation_life_is_overdue(const struct rebind_service *service,
                               const struct store_operation *operation);
/* It fails for that. */
STORE_MUST_USE enum store_error operation_life_expire(struct store_tx *tx,
                                                      struct store_operation *operation);
/* Let every operation fail that is overdue, so that what is read next says so. `news` gets them. */
STORE_MUST_USE enum store_error operation_life_expire_all(const struct rebind_service *service,
                                                          struct operation_news *news);

#endif

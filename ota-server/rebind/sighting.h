/* Sightings: cards in contact that a person should look at. Such a card is reported and not
 * touched.
 *
 * Each is counted; the first, and one after a time of quiet, also leaves an event and an audit
 * record, so that a card that stays in a reader does not fill them. */
#ifndef OTA_SERVER_REBIND_SIGHTING_H
#define OTA_SERVER_REBIND_SIGHTING_H

#include "ota-server/rebind/service.h"

#include <jansson.h>

/* "unknown-card", "in-other-contact", "counter-went-back", "quarantined", "retired". */
const char *sighting_name(enum store_sighting_kind kind);

/* {"sighting", "agent", "times", "first", "last"}. A new reference. */
json_t *sighting_json(const struct store_sighting *sighting);

/* Note it in a transaction. `is_news`: an event was appended. */
STORE_MUST_USE enum store_error sighting_note(struct store_tx *tx, struct store_sighting *sighting,
                                              bool *is_news);

/* Note it in a transaction of its own, when what it stands for refused the contact. Refusals that
 * are no sighting leave nothing. */
STORE_MUST_USE enum store_error sighting_report(const struct rebind_service *service,
                                                const char *agent, const uint8_t identity[32],
                                                enum rebind_refusal refusal, bool *is_news);

#endif

/* Private: the contactless registry (GlobalPlatform Amendment C 1.3, 3.11, 6.2 and 8): which
 * applications a reader in whose field the card is may select, and in which order.
 *
 * An application keeps its activation state and update counter as the object
 * CARD_CONTACTLESS_ENTRY; without it it is ACTIVATED, the value that this card's OPEN owns (8.3),
 * and the counter is 0. The order is that of the registry, before which the application with the
 * volatile priority comes; that one is forgotten at reset (6.2.2).
 *
 * Registered are the applications of banks and others, not security domains, and not what is the
 * bureau's: directories, social security and the registry's own applet. No user's choice takes
 * those away. */
#ifndef AGENT_CARD_CONTACTLESS_H
#define AGENT_CARD_CONTACTLESS_H

#include "agent/card/card.h"

enum { CARD_CONTACTLESS_ENTRY = 0x2000000 };

/* Table 8-1. */
enum card_activation {
    CARD_DEACTIVATED = 0x00,
    CARD_ACTIVATED = 0x01,
    CARD_NON_ACTIVATABLE = 0x80,
};

bool card_contactless_registered(const struct card_application *app);
/* Of a registered application; one that cannot be selected is DEACTIVATED. */
uint8_t card_activation_state(const struct softcard *card, const struct card_application *app);
uint16_t card_update_counter(const struct card_application *app);
/* Set the state, or only count an update when it is the present one. 9000 or 6A84, 6581. */
uint16_t card_activation_set(struct card_application *app, uint8_t state);

/* Whether the application may be selected on the interface, as far as the registry is concerned. */
bool card_contactless_allows(const struct softcard *card, const struct card_application *app);
/* As card_select_find (registry.h), for the interface: in a field only what is activated, the
 * application with the volatile priority first. */
struct card_application *card_find_for_interface(const struct softcard *card, struct scp_bytes aid,
                                                 const struct card_application *after);

/* Position in the registry, 0 for the volatile priority (3.11.2.4). */
uint8_t card_selection_priority(const struct softcard *card, const struct card_application *app);
/* Make it the first of the registry, behind the issuer security domain, or the last one. */
void card_registry_move(struct card_image *image, const struct card_application *app, bool first);

#endif

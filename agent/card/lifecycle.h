/* Private: the life cycles of the card, of applications and of security domains (GPCS chapter 5). A
 * function that moves something gives false, and changes nothing, where the figures have no arrow.
 */
#ifndef AGENT_CARD_LIFECYCLE_H
#define AGENT_CARD_LIFECYCLE_H

#include "agent/card/model.h"

/* Move the card, whose state is that of its issuer security domain, on the word of the application
 * `by`. */
bool card_life_cycle_move(struct card_image *image, uint8_t state,
                          const struct card_application *by);
/* Whether the card can be in the state at all. */
bool card_life_cycle_exists(uint8_t state);

/* Whether an application or supplementary security domain can be in the state that it is in. */
bool card_application_state_exists(const struct card_application *app);
bool card_application_lock(struct card_application *app);
/* Back to the state before. */
bool card_application_unlock(struct card_application *app);
/* From SELECTABLE to PERSONALIZED. */
bool card_domain_personalise(struct card_application *domain);

#endif

/* Life cycle states (GPCS 11.1.1). One byte means different things for different entities, so each
 * function asks for the entity too. Nothing is kept; names are constants.
 *
 *     puts(scp_life_cycle_name(SCP_ENTITY_APPLICATION, entry.life_cycle));
 */
#ifndef SCP_GP_LIFECYCLE_H
#define SCP_GP_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>

/* What a life cycle state belongs to. */
enum scp_entity {
    SCP_ENTITY_CARD, /* also the issuer security domain, which shows the card's state */
    SCP_ENTITY_LOAD_FILE,
    SCP_ENTITY_APPLICATION,
    SCP_ENTITY_SECURITY_DOMAIN,
};

enum {
    SCP_LIFE_CYCLE_LOCKED = 0x80, /* bit of an application's or security domain's state */

    SCP_LOAD_FILE_LOADED = 0x01,

    SCP_APPLICATION_INSTALLED = 0x03,
    SCP_APPLICATION_SELECTABLE = 0x07, /* with bits 4 to 7 an application's own states */

    SCP_SECURITY_DOMAIN_INSTALLED = 0x03,
    SCP_SECURITY_DOMAIN_SELECTABLE = 0x07,
    SCP_SECURITY_DOMAIN_PERSONALIZED = 0x0F,

    SCP_CARD_OP_READY = 0x01,
    SCP_CARD_INITIALIZED = 0x07,
    SCP_CARD_SECURED = 0x0F,
    SCP_CARD_LOCKED = 0x7F,
    SCP_CARD_TERMINATED = 0xFF,
};

/* Whether an application or security domain is locked. */
bool scp_life_cycle_is_locked(uint8_t state);

/* "selectable", "personalized", "secured", "locked", …; "application-specific" for an application's
 * own states and "unknown" for what the entity cannot be in. Never NULL. */
const char *scp_life_cycle_name(enum scp_entity entity, uint8_t state);

#endif

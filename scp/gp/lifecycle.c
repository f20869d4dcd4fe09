#include "scp/gp/lifecycle.h"

#include <stddef.h>

/* The first row that fits: (state & mask) == value. */
static const struct {
    enum scp_entity entity;
    uint8_t value;
    uint8_t mask;
    const char *name;
} table[] = {
    {SCP_ENTITY_CARD, SCP_CARD_OP_READY, 0xFF, "op-ready"},
    {SCP_ENTITY_CARD, SCP_CARD_INITIALIZED, 0xFF, "initialized"},
    {SCP_ENTITY_CARD, SCP_CARD_SECURED, 0xFF, "secured"},
    {SCP_ENTITY_CARD, SCP_CARD_LOCKED, 0xFF, "locked"},
    {SCP_ENTITY_CARD, SCP_CARD_TERMINATED, 0xFF, "terminated"},
    {SCP_ENTITY_LOAD_FILE, SCP_LOAD_FILE_LOADED, 0xFF, "loaded"},
    {SCP_ENTITY_APPLICATION, 0x83, 0x83, "locked"},
    {SCP_ENTITY_APPLICATION, SCP_APPLICATION_INSTALLED, 0xFF, "installed"},
    {SCP_ENTITY_APPLICATION, SCP_APPLICATION_SELECTABLE, 0xFF, "selectable"},
    {SCP_ENTITY_APPLICATION, 0x07, 0x87, "application-specific"},
    {SCP_ENTITY_SECURITY_DOMAIN, 0x83, 0xF3, "locked"},
    {SCP_ENTITY_SECURITY_DOMAIN, SCP_SECURITY_DOMAIN_INSTALLED, 0xFF, "installed"},
    {SCP_ENTITY_SECURITY_DOMAIN, SCP_SECURITY_DOMAIN_SELECTABLE, 0xFF, "selectable"},
    {SCP_ENTITY_SECURITY_DOMAIN, SCP_SECURITY_DOMAIN_PERSONALIZED, 0xFF, "personalized"},
};

bool scp_life_cycle_is_locked(uint8_t state)
{
    return (state & SCP_LIFE_CYCLE_LOCKED) != 0;
}

const char *scp_life_cycle_name(enum scp_entity entity, uint8_t state)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].entity == entity && (state & table[i].mask) == table[i].value)
            return table[i].name;
    }
    return "unknown";
}

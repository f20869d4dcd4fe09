#include "policies/compile/program.h"

#include <string.h>

enum { SLOTS_MIN = 64 };

/* FNV-1a, 32 bits. */
static uint32_t hash_of(const char *text)
{
    uint32_t hash = 2166136261u;
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * 16777619u;
    return hash;
}

/* The slot that holds `text`, or the free one where it would be. */
static uint32_t *slot_of(const struct policy_symbols *symbols, const char *text)
{
    size_t mask = symbols->slot_count - 1;
    size_t at = hash_of(text) & mask;
    while (symbols->slots[at] != 0 && strcmp(symbols->list[symbols->slots[at] - 1].text, text) != 0)
        at = (at + 1) & mask;
    return &symbols->slots[at];
}

uint32_t policy_symbols_find(const struct policy_symbols *symbols, const char *text)
{
    return symbols->slot_count == 0 ? 0 : *slot_of(symbols, text);
}

/* Double the room. The old one stays with the policy: it is smaller than the new. */
static void grow(struct policy_compiler *c, struct policy_symbols *symbols)
{
    struct policy_symbols larger = {.slot_count = symbols->slot_count > 0 ? 2 * symbols->slot_count
                                                                          : SLOTS_MIN};
    larger.slots = policy_alloc(c, larger.slot_count, sizeof *larger.slots);
    larger.list = policy_alloc(c, larger.slot_count / 2, sizeof *larger.list);
    if (larger.slots == NULL || larger.list == NULL)
        return;
    for (; larger.count < symbols->count; larger.count++) {
        larger.list[larger.count] = symbols->list[larger.count];
        *slot_of(&larger, larger.list[larger.count].text) = larger.count + 1;
    }
    *symbols = larger;
}

uint32_t policy_symbols_add(struct policy_compiler *c, struct policy_symbols *symbols,
                            const char *text, unsigned line)
{
    uint32_t known = policy_symbols_find(symbols, text);
    if (known != 0)
        return known;
    if (symbols->count >= symbols->slot_count / 2)
        grow(c, symbols);
    if (!policy_is_good(c))
        return 0;
    symbols->list[symbols->count] = (struct policy_symbol){text, line};
    *slot_of(symbols, text) = ++symbols->count;
    return symbols->count;
}

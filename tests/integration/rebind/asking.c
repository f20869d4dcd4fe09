#include "tests/integration/rebind/asking.h"

#include <stdio.h>
#include <string.h>

const char asking_quota[] = ANYBODY "limits:\n"
                                    "  - id: places\n"
                                    "    quota: {of: [bank, region], at_most: 7, window: 30d}\n"
                                    "    reason: {en: All places are taken., zh: 名额已满。}\n";

const char asking_share[] = ANYBODY "limits:\n"
                                    "  - id: cap\n"
                                    "    share: {at_most: 50%, window: 30d, free_until: 4}\n"
                                    "    reason: {en: The bank has its share., zh: 已达上限。}\n";

int asking_setup(void **state)
{
    *state = office_new("scp03-i70-aes128");
    return 0;
}

int asking_teardown(void **state)
{
    office_free(*state);
    return 0;
}

void use_policy(struct office *o, const char *policy)
{
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    office_add_policy(tx, policy);
    assert_ok(store_commit(tx));
}

/* Cards that carry nothing; bank A's product needs no record for them. */
void add_cards(struct office *o, char ids[CARDS][STORE_ID_SIZE])
{
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    for (size_t i = 0; i < CARDS; i++) {
        struct store_card card = {.identity = {0xCA, (uint8_t)i},
                                  .region = "310000",
                                  .generation = "3",
                                  .status = STORE_CARD_ACTIVE};
        snprintf(card.profile, sizeof card.profile, "%s", o->bench->profile.name);
        assert_ok(store_card_add(tx, &card));
        memcpy(ids[i], card.id, STORE_ID_SIZE);
    }
    assert_ok(store_commit(tx));
}

enum rebind_refusal ask(struct office *o, const char *card, const struct decision_given *given,
                        struct order_result *result)
{
    const struct order order = {.kind = STORE_OPERATION_BIND,
                                .card = card,
                                .product = "bank-a/debit",
                                .role = "payment",
                                .principal = "operator",
                                .principal_kind = "operator",
                                .idempotency_key = "",
                                .given = given};
    return order_make(&o->service, &order, result);
}

int64_t held(struct office *o, const char *bank)
{
    int64_t cards = 0;
    struct store_tx *tx = office_tx(o, STORE_READ);
    assert_ok(store_holding_count(tx, "310000", bank, &cards));
    store_rollback(tx);
    return cards;
}

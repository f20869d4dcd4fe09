/* The office's keys: changing them, and which of them the card has. */
#include "tests/integration/rebind/office.h"

#include "ota-server/rebind/rekey.h"
#include "scp/channel/channel.h"
#include "scp/gp/commands.h"

#include <stdio.h>
#include <string.h>

uint8_t office_new_kvn(const struct office *o)
{
    return (uint8_t)(o->bench->profile.protocol == SCP_PROTOCOL_02 ? 0x2E : 0x3E);
}

enum rebind_refusal office_rekey(struct office *o, const char *bank)
{
    struct scp_key_set masters = o->bench->masters;
    struct store_operation operation;
    struct scp_key *const keys[] = {&masters.enc, &masters.mac, &masters.dek};
    for (size_t i = 0; i < 3; i++)
        keys[i]->bytes[1] ^= 0x5A;
    if (!vault_has_key_set(o->vault, OFFICE_NEW_KEYS))
        assert_int_equal(vault_add_key_set(o->vault, OFFICE_NEW_KEYS, o->bench->scheme, &masters),
                         SCP_OK);
    const struct rekey_request request = {.card = o->card,
                                          .bank = bank,
                                          .key_set = OFFICE_NEW_KEYS,
                                          .kvn = office_new_kvn(o),
                                          .principal = "officer",
                                          .idempotency_key = ""};
    enum rebind_refusal refusal = rekey_make(&o->service, &request, &operation);
    if (refusal == REBIND_REFUSED_NONE)
        snprintf(o->operation, sizeof o->operation, "%s", operation.id);
    return refusal;
}

const char *office_isd(struct office *o, char to[STORE_AID_SIZE])
{
    scp_hex_encode(to, STORE_AID_SIZE, scp_aid_bytes(&o->bench->profile.isd));
    return to;
}

size_t office_key_sets(struct office *o, const char *domain, struct store_key_set out[4])
{
    struct store_key_set all[STORE_KEY_SETS_MAX];
    size_t count;
    size_t found = 0;
    struct store_tx *tx = office_tx(o, STORE_READ);
    assert_int_equal(store_key_set_list(tx, o->card, all, STORE_KEY_SETS_MAX, &count), STORE_OK);
    store_rollback(tx);
    for (size_t i = 0; i < count && found < 4; i++) {
        if (strcmp(all[i].security_domain, domain) == 0)
            out[found++] = all[i];
    }
    return found;
}

/* ---- what the card has ------------------------------------------------------------------------
 */

static enum scp_error transmit(struct bench *b, struct scp_bytes apdu, struct scp_writer *answer)
{
    return b->way.fn(b->way.ctx, apdu, answer) == AGENT_OK ? SCP_OK : SCP_IO;
}

/* Whether the card answers under these keys with a right cryptogram. */
static bool answers_under(struct office *o, const struct store_key_set *set)
{
    static const uint8_t challenge[16] = {1, 2, 3};
    const struct card_profile *profile = &o->bench->profile;
    const struct scp_channel_params params = {
        .protocol = profile->protocol, .i = profile->i, .kvn = set->kvn, .level = SCP_LEVEL_C_MAC};
    const struct scp_aid domain = bench_aid(set->security_domain);
    const struct scp_apdu select = scp_select(scp_aid_bytes(&domain));
    struct vault_card_keys handle;
    struct scp_keys keys;
    struct scp_channel channel = {0};
    uint8_t memory[SCP_APDU_MAX], selected[SCP_RESPONSE_MAX], answer[SCP_RESPONSE_MAX];
    struct scp_writer command = scp_writer_on(memory, sizeof memory);
    struct scp_writer fci = scp_writer_on(selected, sizeof selected);
    struct scp_writer response = scp_writer_on(answer, sizeof answer);
    assert_int_equal(vault_card_keys(o->vault, set->label, &handle, &keys), SCP_OK);
    scp_put_apdu(&command, &select);
    assert_int_equal(transmit(o->bench, scp_written(&command), &fci), SCP_OK);
    command = scp_writer_on(memory, sizeof memory);
    size_t challenge_len = scp_host_challenge_len(profile->protocol, profile->i);
    assert_int_equal(
        scp_channel_begin(&channel, &params, scp_bytes_of(challenge, challenge_len), &command),
        SCP_OK);
    assert_int_equal(transmit(o->bench, scp_written(&command), &response), SCP_OK);
    bool has = response.len > 2 &&
               scp_channel_open(&channel, &keys, scp_bytes_of(answer, response.len - 2)) == SCP_OK;
    scp_channel_fini(&channel);
    return has;
}

/* How many of the recorded key sets the card has. It is as it was afterwards, counters included. */
size_t office_keys_on_card(struct office *o, const struct store_key_set *sets, size_t count)
{
    struct bench *b = o->bench;
    struct bench_snapshot kept = bench_keep(b);
    size_t authentications = b->authentications, refused = b->refused;
    size_t found = 0;
    b->tear_write = 0;
    b->tear_after = 0;
    b->torn = false;
    bench_power(b);
    for (size_t i = 0; i < count; i++)
        found += answers_under(o, &sets[i]);
    bench_return_to(b, &kept);
    bench_snapshot_free(&kept);
    b->authentications = authentications;
    b->refused = refused;
    return found;
}

void office_mistake_keys(struct office *o, const char *domain, enum office_mistake mistake)
{
    struct scp_key_set masters = o->bench->masters;
    struct store_key_set sets[4];
    enum scp_diversification scheme = o->bench->scheme;
    if (mistake == OFFICE_WRONG_MASTERS) {
        masters.enc.bytes[2] ^= 0x22;
        masters.mac.bytes[2] ^= 0x22;
    } else {
        scheme = scheme == SCP_DIVERSIFY_EMV ? SCP_DIVERSIFY_VISA2 : SCP_DIVERSIFY_SP800_108;
    }
    assert_int_equal(vault_add_key_set(o->vault, "mistaken", scheme, &masters), SCP_OK);
    size_t count = office_key_sets(o, domain, sets);
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    for (size_t i = 0; i < count; i++) {
        snprintf(sets[i].label, sizeof sets[i].label, "mistaken");
        assert_int_equal(store_key_set_put(tx, &sets[i]), STORE_OK);
    }
    assert_int_equal(store_commit(tx), STORE_OK);
}

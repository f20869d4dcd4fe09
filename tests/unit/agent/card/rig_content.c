/* What the rig does with the content of its card: load files, instances, data, keys, domains. */
#include <stdlib.h>
#include <string.h>

#include "scp/crypto/kdf.h"
#include "scp/gp/privileges.h"
#include "tests/support/cap_maker.h"
#include "tests/unit/agent/card/rig.h"

/* ---- content management -----------------------------------------------------------------------
 */

uint16_t rig_install(struct rig *rig, struct scp_install install)
{
    uint8_t buffer[SCP_COMMAND_MAX];
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(SCP_OK, scp_install_command(&install, &w, &apdu));
    return rig_send(rig, apdu);
}

uint16_t rig_delete(struct rig *rig, struct scp_bytes aid, bool related)
{
    uint8_t buffer[64];
    struct scp_apdu apdu;
    const struct scp_delete delete = {.aid = aid, .related = related};
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(SCP_OK, scp_delete_command(&delete, &w, &apdu));
    return rig_send(rig, apdu);
}

static const struct rig_loading unsigned_file = {.dap_count = 0};

static struct scp_bytes make_load_file(const struct rig_package *package,
                                       const struct rig_loading *loading, uint8_t *memory,
                                       size_t size)
{
    struct cap_spec spec = {.major = 1, .method_size = package->size};
    assert_int_equal(SCP_OK, scp_aid_from(&spec.package, package->aid));
    for (size_t i = 0; i <= loading->more_modules; i++) {
        assert_int_equal(SCP_OK, scp_aid_from(&spec.applets[i], package->module));
        spec.applets[i].bytes[package->module.len - 1] += (uint8_t)i;
    }
    spec.applet_count = 1 + loading->more_modules;
    size_t part = size / 4;
    struct scp_components components;
    struct scp_writer w = scp_writer_on(memory, part);
    assert_int_equal(SCP_OK, cap_make_components(&spec, &w, &components));
    struct scp_writer block = scp_writer_on(memory + part, part);
    scp_put_data_block(&block, &components, false);
    struct scp_writer file = scp_writer_on(memory + 2 * part, part);
    struct scp_writer cipher = scp_writer_on(memory + 3 * part, part);
    if (loading->cipher == NULL) {
        scp_put_load_file(&file, loading->daps, loading->dap_count, scp_written(&block));
    } else {
        assert_int_equal(SCP_OK,
                         scp_data_block_encrypt(loading->cipher, scp_written(&block), &cipher));
        scp_put_ciphered_load_file(&file, loading->daps, loading->dap_count, loading->cipher->icv,
                                   scp_written(&cipher));
    }
    assert_int_equal(SCP_OK, scp_writer_status(&file));
    return scp_written(&file);
}

void rig_package_hash(const struct rig_package *package, struct scp_digest *digest)
{
    rig_package_hash_with(package, SCP_HASH_SHA256, digest);
}

void rig_package_hash_with(const struct rig_package *package, enum scp_hash hash,
                           struct scp_digest *digest)
{
    size_t size = 4 * (package->size + CAP_MAKER_OVERHEAD + 64);
    uint8_t *memory = malloc(size);
    struct scp_load_file parsed;
    assert_non_null(memory);
    assert_int_equal(SCP_OK, scp_load_file_parse(
                                 make_load_file(package, &unsigned_file, memory, size), &parsed));
    assert_int_equal(SCP_OK, scp_data_block_hash(hash, parsed.data_block, digest));
    free(memory);
}

static uint16_t send_load_file(struct rig *rig, const struct rig_package *package,
                               const struct rig_loading *loading)
{
    enum { SIGNATURES = 2048 };
    size_t size = 4 * (package->size + CAP_MAKER_OVERHEAD + SIGNATURES);
    uint8_t *memory = malloc(size);
    assert_non_null(memory);
    struct scp_bytes file = make_load_file(package, loading, memory, size);
    struct scp_apdu apdu;
    size_t room = scp_channel_room(&rig->channel);
    for (size_t i = 0; scp_load_block(file, room, i, &apdu) == SCP_OK; i++)
        if (rig_send(rig, apdu) != 0x9000)
            break;
    free(memory);
    return rig->sw;
}

uint16_t rig_load_with(struct rig *rig, const struct rig_package *package,
                       const struct rig_loading *loading)
{
    struct scp_install install = {.p1 = SCP_INSTALL_FOR_LOAD,
                                  .load_file = package->aid,
                                  .security_domain = loading->domain,
                                  .hash = loading->hash};
    return rig_install(rig, install) == 0x9000 ? send_load_file(rig, package, loading) : rig->sw;
}

uint16_t rig_load(struct rig *rig, const struct rig_package *package, struct scp_bytes domain)
{
    return rig_load_with(rig, package, &(struct rig_loading){.domain = domain});
}

uint16_t rig_load_blocks(struct rig *rig, const struct rig_package *package)
{
    return send_load_file(rig, package, &unsigned_file);
}

uint16_t rig_instantiate(struct rig *rig, uint8_t p1, const struct rig_package *package,
                         struct scp_bytes aid, uint8_t privileges)
{
    return rig_install(rig, (struct scp_install){.p1 = p1,
                                                 .load_file = package->aid,
                                                 .module = package->module,
                                                 .application = aid,
                                                 .privileges = scp_bytes_of(&privileges, 1),
                                                 .parameters = SCP_LITERAL(0xC9, 0x00)});
}

/* ---- data and keys ----------------------------------------------------------------------------
 */

uint16_t rig_store(struct rig *rig, const struct scp_dgi *dgis, size_t count)
{
    struct scp_dgi ready[32];
    uint8_t cipher[8][256];
    size_t used = 0;
    size_t block = rig->params.protocol == SCP_PROTOCOL_03 ? 16 : 8;
    assert_true(count <= 32);
    for (size_t i = 0; i < count; i++) {
        ready[i] = dgis[i];
        if (!dgis[i].encrypted)
            continue;
        assert_true(used < 8 && dgis[i].value.len % block == 0);
        assert_int_equal(SCP_OK, scp_channel_dek_encrypt(&rig->channel, &rig->holder, dgis[i].value,
                                                         cipher[used]));
        ready[i].value = scp_bytes_of(cipher[used++], dgis[i].value.len);
    }
    struct scp_store_data store;
    struct scp_apdu apdu;
    uint8_t buffer[SCP_APDU_DATA_MAX];
    scp_store_data_begin(&store, ready, count, scp_channel_room(&rig->channel), true);
    while (scp_store_data_next(&store, buffer, &apdu) == SCP_OK)
        if (rig_send(rig, apdu) != 0x9000)
            break;
    return rig->sw;
}

struct scp_key_set rig_keys(const struct rig *rig, uint8_t seed)
{
    struct scp_key_set set = {0};
    struct scp_key *const keys[] = {&set.enc, &set.mac, &set.dek};
    for (size_t i = 0; i < 3; i++) {
        keys[i]->len = rig->keys.enc.len;
        for (size_t k = 0; k < keys[i]->len; k++)
            keys[i]->bytes[k] = (uint8_t)(seed + 0x20 * i + 3 * k);
    }
    return set;
}

uint16_t rig_put_keys(struct rig *rig, uint8_t replaced, uint8_t kvn, const struct scp_key_set *set)
{
    const struct scp_key *const keys[] = {&set->enc, &set->mac, &set->dek};
    bool aes = rig->params.protocol == SCP_PROTOCOL_03;
    struct scp_put_key put_key = {
        .replaced_kvn = replaced, .kvn = kvn, .first_key_id = 1, .key_count = 3};
    uint8_t cipher[3][48];
    uint8_t kcv[3][3];
    for (size_t i = 0; i < 3; i++) {
        uint8_t padded[48] = {0};
        memcpy(padded, keys[i]->bytes, keys[i]->len);
        size_t len = aes ? (keys[i]->len + 15) / 16 * 16 : keys[i]->len;
        assert_int_equal(SCP_OK, scp_channel_dek_encrypt(&rig->channel, &rig->holder,
                                                         scp_bytes_of(padded, len), cipher[i]));
        assert_int_equal(SCP_OK, aes ? scp_kcv_aes(keys[i], kcv[i]) : scp_kcv_des(keys[i], kcv[i]));
        const struct scp_put_key_quirks quirks = {0};
        put_key.keys[i] = scp_symmetric_key(aes ? SCP_KEY_TYPE_AES : SCP_KEY_TYPE_DES,
                                            scp_bytes_of(cipher[i], len), keys[i]->len,
                                            SCP_BYTES(kcv[i]), &quirks);
    }
    uint8_t buffer[255];
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(SCP_OK, scp_put_key_command(&put_key, &w, &apdu));
    uint16_t sw = rig_send(rig, apdu);
    if (sw == 0x9000)
        assert_int_equal(SCP_OK, scp_put_key_confirm(&put_key, rig->data));
    return sw;
}

void rig_make_domain(struct rig *rig, struct scp_bytes aid, uint32_t privileges,
                     const struct scp_key_set *keys)
{
    static const uint8_t package[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50};
    static const uint8_t module[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50, 0x41};
    const struct scp_security_domain_parameters parameters = {
        .protocol = (uint8_t)rig->params.protocol,
        .i = rig->params.i,
        .extradition_here = SCP_LITERAL(0xF0),
        .deletion = SCP_LITERAL(0x20),
        .extradition_away = SCP_LITERAL(0x20)};
    uint8_t c9[64];
    uint8_t field[80];
    uint8_t privilege_bytes[3];
    struct scp_writer inner = scp_writer_on(c9, sizeof c9);
    struct scp_writer outer = scp_writer_on(field, sizeof field);
    scp_put_security_domain_parameters(&inner, &parameters);
    scp_put_parameters(&outer, &(struct scp_parameters){.has_application = true,
                                                        .application = scp_written(&inner)});
    scp_privileges_store(privilege_bytes, privileges);
    assert_sw(0x9000, rig_install(rig, (struct scp_install){
                                           .p1 = SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE,
                                           .load_file = SCP_BYTES(package),
                                           .module = SCP_BYTES(module),
                                           .application = aid,
                                           .privileges = SCP_BYTES(privilege_bytes),
                                           .parameters = scp_written(&outer)}));
    assert_sw(0x9000, rig_select(rig, aid));
    rig_open_with(rig, &rig->keys, rig->params.kvn, rig->params.level);
    assert_sw(0x9000, rig_put_keys(rig, 0, rig->params.kvn, keys));
}

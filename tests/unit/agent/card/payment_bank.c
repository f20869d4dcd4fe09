#include "tests/unit/agent/card/payment_bank.h"

static const uint8_t package_aid[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0xF0, 0x02};
static const uint8_t module_aid[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0xF0, 0x02, 0x01};
static const uint8_t instance_aid[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0x01, 0x01, 0x01, 0x02};
static const struct rig_package package = {
    {package_aid, sizeof package_aid}, {module_aid, sizeof module_aid}, 4000};

const uint8_t bank_keys[48] = {
    0x94, 0x6D, 0xC1, 0xA8, 0xC7, 0x8A, 0x62, 0x45, 0x19, 0xBC, 0x46, 0x45, 0xCB, 0x07, 0x37, 0x37,
    0x13, 0x13, 0x13, 0x13, 0x13, 0x13, 0x13, 0x13, 0x31, 0x31, 0x31, 0x31, 0x31, 0x31, 0x31, 0x31,
    0x25, 0x25, 0x25, 0x25, 0x25, 0x25, 0x25, 0x25, 0x52, 0x52, 0x52, 0x52, 0x52, 0x52, 0x52, 0x52};
static const uint8_t pin_block[16] = {0x24, 0x12, 0x34, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

/* 70 {5A, 5F24, 8C {9F02 9F37 9A}, 8D {8A 91 9F37}, 9F4F {9A 9F02 9F36 9F27}} */
static const char record_hex[] = "70315A0862220012345678905F24033112318C089F02069F37049A03"
                                 "8D078A02910A9F37049F4F0B9A039F02069F36029F2701";
/* A5 {50, 87, 9F38 {9F37}, BF0C {9F4D file 11, 2 records}} */
static const char fci_hex[] = "A517500442414E4B8701019F38039F3704BF0C059F4D020B02";
/* A5 {50, 87, 9F38 {9F66, 9F02, 9F37}} */
static const char fci_contactless_hex[] = "A515500454415053"
                                          "8701019F38099F66049F02069F3704";
static const char fast_hex[] = "82020040570F6222001234567890D311220100000F";

struct scp_bytes bank_decode(const char *hex, uint8_t *buffer, size_t cap)
{
    struct scp_writer w = scp_writer_on(buffer, cap);
    assert_int_equal(SCP_OK, scp_hex_decode(hex, &w));
    return scp_written(&w);
}

/* ---- issuing --------------------------------------------------------------------------------- */

void bank_install(struct rig *rig)
{
    rig_open(rig);
    assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
    assert_sw(0x9000, rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE, &package,
                                      SCP_BYTES(instance_aid), 0x00));
}

uint16_t bank_personalise(struct rig *rig, const struct scp_dgi *dgis, size_t count)
{
    assert_sw(0x9000,
              rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_PERSONALIZATION,
                                                    .application = SCP_BYTES(instance_aid)}));
    return rig_store(rig, dgis, count);
}

void bank_fill(struct scp_dgi dgis[BANK_DGI_COUNT], uint8_t memory[BANK_DGI_COUNT][BANK_VALUE_MAX],
               const char *issuer_data)
{
    static const struct {
        uint16_t id;
        const char *hex;
    } texts[BANK_DGI_COUNT] = {
        [BANK_RECORD] = {0x0101, record_hex},
        [BANK_FCI] = {0x9102, fci_hex},
        [BANK_FCI_CONTACTLESS] = {0x9103, fci_contactless_hex},
        [BANK_FAST] = {0x9207, fast_hex},
        [BANK_OPTIONS] = {0x9104, "82021C00940408010100"},
        [BANK_TRIES] = {0x9010, "0404"},
    };
    for (size_t i = 0; i < BANK_DGI_COUNT; i++)
        if (texts[i].hex != NULL)
            dgis[i] = (struct scp_dgi){
                .id = texts[i].id, .value = bank_decode(texts[i].hex, memory[i], BANK_VALUE_MAX)};
    dgis[BANK_PIN] =
        (struct scp_dgi){.id = 0x8010, .value = SCP_BYTES(pin_block), .encrypted = true};
    dgis[BANK_KEYS] =
        (struct scp_dgi){.id = 0x8000, .value = SCP_BYTES(bank_keys), .encrypted = true};
    dgis[BANK_ISSUER_DATA] = (struct scp_dgi){
        .id = 0x9200, .value = bank_decode(issuer_data, memory[BANK_ISSUER_DATA], BANK_VALUE_MAX)};
}

struct bank bank_issue(const char *issuer_data)
{
    struct scp_dgi dgis[BANK_DGI_COUNT];
    uint8_t memory[BANK_DGI_COUNT][BANK_VALUE_MAX];
    struct bank bank = {.rig = rig_new("scp03-i70-aes128")};
    assert_int_equal(SCP_OK, scp_key_from(&bank.key, scp_bytes_of(bank_keys, 16)));
    bank_install(bank.rig);
    bank_fill(dgis, memory, issuer_data);
    assert_sw(0x9000, bank_personalise(bank.rig, dgis, BANK_DGI_COUNT));
    return bank;
}

/* ---- talking --------------------------------------------------------------------------------- */

uint16_t bank_select(struct rig *rig)
{
    return rig_select(rig, SCP_BYTES(instance_aid));
}

void bank_begin(struct rig *rig)
{
    assert_sw(0x9000, bank_select(rig));
    assert_sw(0x9000, rig_hex(rig, "80A80000068304AABBCCDD00"));
}

static uint16_t send(struct rig *rig, const struct scp_apdu *head, const char *data_hex)
{
    uint8_t data[255];
    struct scp_apdu apdu = *head;
    apdu.data = bank_decode(data_hex, data, sizeof data);
    return rig_plain(rig, apdu);
}

uint16_t bank_generate_ac(struct rig *rig, uint8_t p1, const char *data_hex)
{
    return send(rig, &(struct scp_apdu){.cla = 0x80, .ins = 0xAE, .p1 = p1, .le = 0}, data_hex);
}

uint16_t bank_external_authenticate(struct rig *rig, struct scp_bytes data)
{
    return rig_plain(rig, (struct scp_apdu){.ins = 0x82, .data = data, .le = SCP_NO_LE});
}

struct scp_bytes bank_tag(const struct rig *rig, uint32_t tag)
{
    struct scp_bytes content;
    struct scp_bytes value = SCP_EMPTY;
    assert_int_equal(SCP_OK, scp_tlv_expect(rig->data, 0x77, &content));
    assert_int_equal(SCP_OK, scp_tlv_find(content, tag, &value));
    return value;
}

uint8_t bank_kind(const struct rig *rig)
{
    return bank_tag(rig, 0x9F27).ptr[0];
}

/* Verify the answer as the issuer does, and keep the request that it may be. */
void bank_assert_cryptogram(struct bank *bank, const char *data_hex, const char *aip_hex)
{
    struct rig *rig = bank->rig;
    uint8_t data[255];
    uint8_t aip[2];
    uint8_t expected[8];
    struct scp_emv_transaction transaction = {.terminal_data =
                                                  bank_decode(data_hex, data, sizeof data),
                                              .aip = bank_decode(aip_hex, aip, sizeof aip),
                                              .issuer_data = bank_tag(rig, 0x9F10),
                                              .atc = scp_load_u16(bank_tag(rig, 0x9F36).ptr)};
    assert_int_equal(SCP_OK, scp_emv_application_cryptogram(&bank->key, &transaction, expected));
    assert_true(scp_bytes_equal(SCP_BYTES(expected), bank_tag(rig, 0x9F26)));
    if (bank_kind(rig) != 0x80)
        return;
    bank->request.scheme = scp_emv_scheme_of(transaction.issuer_data);
    bank->request.atc = transaction.atc;
    struct scp_writer w = scp_writer_on(bank->request.cryptogram, 8);
    scp_put(&w, SCP_BYTES(expected));
}

void bank_go_online(struct bank *bank)
{
    bank_begin(bank->rig);
    assert_sw(0x9000, bank_generate_ac(bank->rig, 0x80, CDOL1_DATA));
    assert_int_equal(0x80, bank_kind(bank->rig));
    bank_assert_cryptogram(bank, CDOL1_DATA, "1C00");
}

struct scp_bytes bank_answer(const struct bank *bank, uint8_t buffer[16])
{
    struct scp_writer w = scp_writer_on(buffer, 16);
    assert_int_equal(
        SCP_OK, scp_emv_authentication_put(&bank->key, &bank->request, (const uint8_t *)"00", &w));
    return scp_written(&w);
}

void bank_assert_results(const struct rig *rig, const char *hex)
{
    uint8_t expected[4];
    assert_true(scp_bytes_equal(bank_decode(hex, expected, 4),
                                scp_bytes_slice(bank_tag(rig, 0x9F10), 3, 4)));
}

void bank_assert_data_object(struct rig *rig, const char *command, const char *hex)
{
    assert_sw(0x9000, rig_hex(rig, command));
    assert_data_hex(rig, hex);
}

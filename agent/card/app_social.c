/* The social-security application: files of records or of bytes in a root and its dedicated files.
 *
 *     00A4 0x 0y 02 DFxx   select a dedicated file (3F00, or no data: back to the root)
 *     00A4 0x 0y 02 EFxx   select a file in it; y = C: without file control information
 *     00B2 rec 04          read a record of the file, or of the one in P2 (short identifier)
 *     00B0 off off         read a transparent file from an offset (P1 b8: short identifier)
 *     0020 00 00 …         verify the PIN; without data: how many tries are left
 *     0084 00 00           challenge
 *     0082 00 00 08 …      prove the update key: the challenge encrypted under it, 3DES-ECB
 *     00DC rec 04 …        replace a record by one of the same length
 *     00D6 off off …       replace bytes of a transparent file
 *
 * An update needs what the file's rule says: the update key, proven since the selection, or the
 * PIN, verified since then; 6982 otherwise. Nothing else writes: once issued, the application takes
 * no STORE DATA, whoever sends it. How files are kept: social.h. */
#include "agent/card/applet.h"
#include "agent/card/card.h"
#include "agent/card/social.h"
#include "scp/base/secret.h"
#include "scp/crypto/cipher.h"
#include "scp/gp/tlv.h"

enum {
    FILE_ROOT = 0x3F00,
    DIRECTORY = 0xDF,
    ELEMENTARY = 0xEF,
    CHALLENGE_SIZE = 8,
    INS_VERIFY = 0x20,
    INS_EXTERNAL_AUTHENTICATE = 0x82,
    INS_GET_CHALLENGE = 0x84,
    INS_READ_BINARY = 0xB0,
    INS_READ_RECORD = 0xB2,
    INS_UPDATE_BINARY = 0xD6,
    INS_UPDATE_RECORD = 0xDC,
    SHORT_IDENTIFIER = 0x80, /* P1 of READ and UPDATE BINARY */
    SW_END_OF_FILE = 0x6282,
    SW_WRONG_PIN = 0x63C0,
    SW_NO_CURRENT_FILE = 0x6986,
    SW_INCOMPATIBLE_FILE = 0x6981,
};

/* The volatile state. */
enum { AT_DF, AT_EF, AT_KEY_PROVEN, AT_PIN_VERIFIED, AT_CHALLENGED, AT_CHALLENGE };

/* ---- files -----------------------------------------------------------------------------------
 */

static uint32_t file_id(const struct card_applet_call *call, uint8_t ef)
{
    return (uint32_t)call->state[AT_DF] << 16 | (uint32_t)ef << 8;
}

static bool has(const struct card_application *app, uint32_t id)
{
    bool found = false;
    (void)card_object_get(&app->objects, id, &found);
    return found;
}

static bool exists(const struct card_application *app, uint8_t df, uint8_t ef)
{
    for (size_t i = 0; i < app->objects.count; i++) {
        uint32_t id = app->objects.items[i].id;
        if (id < CARD_SOCIAL_UPDATE_KEY && id >> 16 == df && (ef == 0 || (id >> 8 & 0xFF) == ef))
            return true;
    }
    return false;
}

/* File control information: descriptor and identifier (ISO/IEC 7816-4 5.3.3). */
static void put_control(const struct card_applet_call *call, uint16_t id, struct scp_writer *out)
{
    enum { TRANSPARENT = 0x01, LINEAR = 0x04, DEDICATED = 0x38 };
    uint8_t descriptor = DEDICATED;
    if (id >> 8 == ELEMENTARY)
        descriptor = has(call->app, file_id(call, id & 0xFF)) ? TRANSPARENT : LINEAR;
    size_t mark = scp_tlv_begin(out, 0x6F);
    scp_put_tlv_u8(out, 0x82, descriptor);
    scp_put_tlv_u16(out, 0x83, id);
    scp_tlv_end(out, mark);
}

static bool enter_file(const struct card_applet_call *call, uint16_t id)
{
    uint8_t high = id >> 8;
    uint8_t low = id & 0xFF;
    if (id == FILE_ROOT || (high == DIRECTORY && exists(call->app, low, 0))) {
        call->state[AT_DF] = high == DIRECTORY ? low : 0;
        call->state[AT_EF] = 0;
        return true;
    }
    if (high != ELEMENTARY || low == 0 || !exists(call->app, call->state[AT_DF], low))
        return false;
    call->state[AT_EF] = low;
    return true;
}

static uint16_t select_file(const struct card_applet_call *call, const struct scp_apdu *apdu,
                            struct scp_writer *out)
{
    enum { PARENT = 0x03, NO_INFORMATION = 0x0C };
    if (apdu->p1 > PARENT || (apdu->p2 != 0 && apdu->p2 != NO_INFORMATION))
        return SCP_SW_WRONG_P1_P2;
    bool to_root = apdu->data.len == 0 && (apdu->p1 == 0 || apdu->p1 == PARENT);
    if (apdu->data.len != 2 && !to_root)
        return SCP_SW_WRONG_LENGTH;
    uint16_t id = to_root ? (uint16_t)FILE_ROOT : scp_load_u16(apdu->data.ptr);
    if (!enter_file(call, id))
        return SCP_SW_FILE_NOT_FOUND;
    if (apdu->p2 == 0)
        put_control(call, id, out);
    return SCP_SW_SUCCESS;
}

/* ---- records ---------------------------------------------------------------------------------
 */

/* The record that P1 names in the current file, or in the one of the short identifier in P2. */
static uint16_t find_record(const struct card_applet_call *call, const struct scp_apdu *apdu,
                            uint32_t *id)
{
    uint8_t ef = apdu->p2 >> 3 != 0 ? apdu->p2 >> 3 : call->state[AT_EF];
    if ((apdu->p2 & 0x07) != 0x04 || apdu->p1 == 0)
        return SCP_SW_WRONG_P1_P2;
    if (ef == 0)
        return SW_NO_CURRENT_FILE;
    if (has(call->app, file_id(call, ef)))
        return SW_INCOMPATIBLE_FILE;
    *id = file_id(call, ef) | apdu->p1;
    return has(call->app, *id) ? SCP_SW_SUCCESS : SCP_SW_RECORD_NOT_FOUND;
}

static uint16_t read_record(const struct card_applet_call *call, const struct scp_apdu *apdu,
                            struct scp_writer *out)
{
    uint32_t id = 0;
    uint16_t sw = find_record(call, apdu, &id);
    if (sw == SCP_SW_SUCCESS)
        scp_put(out, card_object_get(&call->app->objects, id, NULL));
    return sw;
}

/* ---- bytes -----------------------------------------------------------------------------------
 */

/* The transparent file and the offset that P1 and P2 name. */
static uint16_t find_bytes(const struct card_applet_call *call, const struct scp_apdu *apdu,
                           uint32_t *id, size_t *offset)
{
    bool is_short = (apdu->p1 & SHORT_IDENTIFIER) != 0;
    uint8_t ef = is_short ? apdu->p1 & 0x1F : call->state[AT_EF];
    *offset = is_short ? apdu->p2 : (size_t)apdu->p1 << 8 | apdu->p2;
    if (ef == 0)
        return is_short ? SCP_SW_WRONG_P1_P2 : SW_NO_CURRENT_FILE;
    *id = file_id(call, ef);
    if (!exists(call->app, call->state[AT_DF], ef))
        return SCP_SW_FILE_NOT_FOUND;
    if (!has(call->app, *id))
        return SW_INCOMPATIBLE_FILE;
    bool inside = *offset < card_object_get(&call->app->objects, *id, NULL).len;
    return inside ? SCP_SW_SUCCESS : SCP_SW_WRONG_PARAMETERS;
}

static uint16_t read_binary(const struct card_applet_call *call, const struct scp_apdu *apdu,
                            struct scp_writer *out)
{
    uint32_t id = 0;
    size_t offset = 0;
    uint16_t sw = find_bytes(call, apdu, &id, &offset);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    struct scp_bytes rest = scp_bytes_from(card_object_get(&call->app->objects, id, NULL), offset);
    size_t asked = apdu->le > 0 ? (size_t)apdu->le : (size_t)SCP_RESPONSE_DATA_MAX;
    scp_put(out, scp_bytes_slice(rest, 0, asked < rest.len ? asked : rest.len));
    return apdu->le > 0 && asked > rest.len ? SW_END_OF_FILE : SCP_SW_SUCCESS;
}

/* ---- who may update --------------------------------------------------------------------------
 */

static uint16_t get_challenge(const struct card_applet_call *call, const struct scp_apdu *apdu,
                              struct scp_writer *out)
{
    (void)apdu;
    uint8_t *challenge = call->state + AT_CHALLENGE;
    rebind_random(&call->card->env, challenge, CHALLENGE_SIZE);
    call->state[AT_CHALLENGED] = 1;
    scp_put(out, scp_bytes_of(challenge, CHALLENGE_SIZE));
    return SCP_SW_SUCCESS;
}

static uint16_t authenticate(const struct card_applet_call *call, const struct scp_apdu *apdu,
                             struct scp_writer *out)
{
    (void)out;
    uint8_t expected[CHALLENGE_SIZE];
    struct scp_key key = {.len = 0};
    struct scp_bytes value = card_object_get(&call->app->objects, CARD_SOCIAL_UPDATE_KEY, NULL);
    if (apdu->data.len != CHALLENGE_SIZE)
        return SCP_SW_WRONG_LENGTH;
    if (call->state[AT_CHALLENGED] == 0 || scp_key_from(&key, value) != SCP_OK)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    call->state[AT_CHALLENGED] = 0;
    enum scp_error error = scp_des3_ecb_encrypt(
        &key, scp_bytes_of(call->state + AT_CHALLENGE, CHALLENGE_SIZE), expected);
    bool right =
        error == SCP_OK && scp_equal_constant_time(expected, apdu->data.ptr, CHALLENGE_SIZE);
    scp_wipe(&key, sizeof key);
    scp_wipe(expected, sizeof expected);
    call->state[AT_KEY_PROVEN] = right;
    return right ? SCP_SW_SUCCESS : SCP_SW_AUTHENTICATION_FAILED;
}

static uint8_t pin_tries(const struct card_application *app)
{
    struct scp_bytes tries = card_object_get(&app->objects, CARD_SOCIAL_PIN_TRIES, NULL);
    return tries.len == 1 ? tries.ptr[0] : CARD_SOCIAL_PIN_LIMIT;
}

/* The try counts before the PIN is looked at, so that a cut of power gives none for free. */
static uint16_t count_try(const struct card_applet_call *call, uint8_t left)
{
    uint16_t sw =
        card_put_object_sw(call->app, CARD_SOCIAL_PIN_TRIES, scp_bytes_of(&left, sizeof left));
    return sw == SCP_SW_SUCCESS ? card_commit(call->card) : sw;
}

static uint16_t verify(const struct card_applet_call *call, const struct scp_apdu *apdu,
                       struct scp_writer *out)
{
    (void)out;
    uint8_t tries = pin_tries(call->app);
    struct scp_bytes pin = card_object_get(&call->app->objects, CARD_SOCIAL_PIN, NULL);
    if (apdu->p1 != 0)
        return SCP_SW_WRONG_P1_P2;
    if (pin.len == 0)
        return SCP_SW_REFERENCE_DATA_INVALID;
    if (tries == 0)
        return SCP_SW_AUTHENTICATION_BLOCKED;
    if (apdu->data.len == 0)
        return (uint16_t)(SW_WRONG_PIN | tries);
    call->state[AT_PIN_VERIFIED] = 0;
    uint16_t sw = count_try(call, (uint8_t)(tries - 1));
    if (sw != SCP_SW_SUCCESS)
        return sw;
    pin = card_object_get(&call->app->objects, CARD_SOCIAL_PIN, NULL);
    if (pin.len != apdu->data.len || !scp_equal_constant_time(pin.ptr, apdu->data.ptr, pin.len))
        return (uint16_t)(SW_WRONG_PIN | (tries - 1));
    card_object_remove(&call->app->objects, CARD_SOCIAL_PIN_TRIES);
    call->state[AT_PIN_VERIFIED] = 1;
    return SCP_SW_SUCCESS;
}

/* ---- updates ---------------------------------------------------------------------------------
 */

static bool may_update(const struct card_applet_call *call, uint32_t id)
{
    struct scp_bytes rule =
        card_object_get(&call->app->objects, CARD_SOCIAL_RULES | (id >> 8 & 0xFFFF), NULL);
    uint8_t value = rule.len == 1 ? rule.ptr[0] : CARD_SOCIAL_BY_KEY;
    if (value == CARD_SOCIAL_BY_KEY)
        return call->state[AT_KEY_PROVEN] != 0;
    return value == CARD_SOCIAL_BY_PIN && call->state[AT_PIN_VERIFIED] != 0;
}

static uint16_t update_record(const struct card_applet_call *call, const struct scp_apdu *apdu,
                              struct scp_writer *out)
{
    (void)out;
    uint32_t id = 0;
    uint16_t sw = find_record(call, apdu, &id);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    if (!may_update(call, id))
        return SCP_SW_SECURITY_STATUS;
    if (card_object_get(&call->app->objects, id, NULL).len != apdu->data.len)
        return SCP_SW_WRONG_LENGTH;
    return card_put_object_sw(call->app, id, apdu->data);
}

static uint16_t update_binary(const struct card_applet_call *call, const struct scp_apdu *apdu,
                              struct scp_writer *out)
{
    (void)out;
    uint8_t buffer[CARD_OBJECT_MAX];
    uint32_t id = 0;
    size_t offset = 0;
    uint16_t sw = find_bytes(call, apdu, &id, &offset);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    if (!may_update(call, id))
        return SCP_SW_SECURITY_STATUS;
    struct scp_bytes old = card_object_get(&call->app->objects, id, NULL);
    if (apdu->data.len == 0 || apdu->data.len > old.len - offset)
        return SCP_SW_WRONG_LENGTH;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put(&w, scp_bytes_slice(old, 0, offset));
    scp_put(&w, apdu->data);
    scp_put(&w, scp_bytes_from(old, offset + apdu->data.len));
    return card_put_object_sw(call->app, id, scp_written(&w));
}

/* ---- the applet -------------------------------------------------------------------------------
 */

static const struct {
    uint8_t ins;
    uint16_t (*handler)(const struct card_applet_call *call, const struct scp_apdu *apdu,
                        struct scp_writer *out);
} commands[] = {
    {SCP_INS_SELECT, select_file},      {INS_READ_RECORD, read_record},
    {INS_READ_BINARY, read_binary},     {INS_VERIFY, verify},
    {INS_GET_CHALLENGE, get_challenge}, {INS_EXTERNAL_AUTHENTICATE, authenticate},
    {INS_UPDATE_RECORD, update_record}, {INS_UPDATE_BINARY, update_binary},
};

static uint16_t social_command(const struct card_applet_call *call, const struct scp_apdu *apdu,
                               struct scp_writer *out)
{
    if (apdu->cla != SCP_CLA_ISO)
        return SCP_SW_CLA_NOT_SUPPORTED;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (commands[i].ins == apdu->ins)
            return commands[i].handler(call, apdu, out);
    return SCP_SW_INS_NOT_SUPPORTED;
}

static uint16_t social_select(const struct card_applet_call *call, struct scp_writer *out)
{
    card_put_fci(out, call->app, SCP_EMPTY);
    return SCP_SW_SUCCESS;
}

static bool social_secret(uint16_t dgi)
{
    (void)dgi;
    return false;
}

static uint16_t social_store(const struct card_applet_call *call, const struct scp_dgi *dgi)
{
    (void)call;
    (void)dgi;
    return SCP_SW_CONDITIONS_NOT_SATISFIED;
}

static uint16_t social_stored(const struct card_applet_call *call)
{
    (void)call;
    return SCP_SW_CONDITIONS_NOT_SATISFIED;
}

const struct card_applet card_applet_social = {
    .name = "social",
    .kind = CARD_APPLET_SOCIAL,
    .select = social_select,
    .command = social_command,
    .secret = social_secret,
    .store = social_store,
    .stored = social_stored,
};

/* The social-security application: linear files of records in a root and its dedicated files.
 *
 * Objects: file number and record as `DF<<16 | EF<<8 | record`, DF 0 for the root: record 1 of EF05
 * is 0x000501, record 2 of EF01 in DF03 is 0x030102. The key of its own update rule is
 * CARD_SOCIAL_UPDATE_KEY.
 *
 *     00A4 0000 02 DFxx   select a dedicated file (3F00: back to the root)
 *     00A4 0200 02 EFxx   select a file in it
 *     00B2 rec 04         read a record of the file
 *     0084 0000 08        challenge
 *     0082 0000 08 …      prove the update key: the challenge encrypted under it, 3DES-ECB
 *     00DC rec 04 …       then, replace a record by one of the same length
 *
 * Nothing else writes: once issued, it takes no STORE DATA, whoever sends it. */
#include "agent/card/applet.h"
#include "agent/card/card.h"
#include "scp/base/secret.h"
#include "scp/crypto/cipher.h"

enum {
    FILE_ROOT = 0x3F00,
    CHALLENGE_SIZE = 8,
    INS_EXTERNAL_AUTHENTICATE = 0x82,
    INS_GET_CHALLENGE = 0x84,
    INS_READ_RECORD = 0xB2,
    INS_UPDATE_RECORD = 0xDC,
};

/* The volatile state. */
enum { AT_DF, AT_EF, AT_UPDATING, AT_CHALLENGED, AT_CHALLENGE };

/* ---- files ------------------------------------------------------------------------------------
 */

static bool exists(const struct card_application *app, uint8_t df, uint8_t ef)
{
    for (size_t i = 0; i < app->objects.count; i++) {
        uint32_t id = app->objects.items[i].id;
        if (id < CARD_SOCIAL_UPDATE_KEY && id >> 16 == df && (ef == 0 || (id >> 8 & 0xFF) == ef))
            return true;
    }
    return false;
}

static uint16_t select_file(const struct card_applet_call *call, const struct scp_apdu *apdu,
                            struct scp_writer *out)
{
    (void)out;
    if (apdu->data.len != 2)
        return SCP_SW_WRONG_LENGTH;
    uint16_t id = scp_load_u16(apdu->data.ptr);
    uint8_t high = id >> 8;
    uint8_t low = id & 0xFF;
    if (id == FILE_ROOT || (high == 0xDF && exists(call->app, low, 0))) {
        call->state[AT_DF] = high == 0xDF ? low : 0;
        call->state[AT_EF] = 0;
        return SCP_SW_SUCCESS;
    }
    if (high != 0xEF || low == 0 || !exists(call->app, call->state[AT_DF], low))
        return SCP_SW_FILE_NOT_FOUND;
    call->state[AT_EF] = low;
    return SCP_SW_SUCCESS;
}

/* The record that P1 names in the current file, or in the one of the short identifier in P2. */
static uint16_t find_record(const struct card_applet_call *call, const struct scp_apdu *apdu,
                            uint32_t *id)
{
    uint8_t ef = apdu->p2 >> 3 != 0 ? apdu->p2 >> 3 : call->state[AT_EF];
    if ((apdu->p2 & 0x07) != 0x04 || apdu->p1 == 0)
        return SCP_SW_WRONG_P1_P2;
    if (ef == 0)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    *id = (uint32_t)call->state[AT_DF] << 16 | (uint32_t)ef << 8 | apdu->p1;
    bool found = false;
    (void)card_object_get(&call->app->objects, *id, &found);
    return found ? SCP_SW_SUCCESS : SCP_SW_RECORD_NOT_FOUND;
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

/* ---- the update rule --------------------------------------------------------------------------
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
    call->state[AT_UPDATING] = right;
    return right ? SCP_SW_SUCCESS : SCP_SW_AUTHENTICATION_FAILED;
}

static uint16_t update_record(const struct card_applet_call *call, const struct scp_apdu *apdu,
                              struct scp_writer *out)
{
    (void)out;
    uint32_t id = 0;
    if (call->state[AT_UPDATING] == 0)
        return SCP_SW_SECURITY_STATUS;
    uint16_t sw = find_record(call, apdu, &id);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    if (card_object_get(&call->app->objects, id, NULL).len != apdu->data.len)
        return SCP_SW_WRONG_LENGTH;
    return card_put_object_sw(call->app, id, apdu->data);
}

/* ---- the applet -------------------------------------------------------------------------------
 */

static const struct {
    uint8_t ins;
    uint16_t (*handler)(const struct card_applet_call *call, const struct scp_apdu *apdu,
                        struct scp_writer *out);
} commands[] = {
    {SCP_INS_SELECT, select_file},      {INS_READ_RECORD, read_record},
    {INS_GET_CHALLENGE, get_challenge}, {INS_EXTERNAL_AUTHENTICATE, authenticate},
    {INS_UPDATE_RECORD, update_record},
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

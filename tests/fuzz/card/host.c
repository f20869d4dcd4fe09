#include "tests/fuzz/card/host.h"

#include <stdlib.h>
#include <string.h>

#include "agent/card/issue.h"
#include "scp/gp/commands.h"
#include "scp/gp/load_file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/cap_maker.h"

/* ---- the card ---------------------------------------------------------------------------------
 */

/* Their ATR offers T=1: in T=0 each answer would have to be fetched. */
static const char profile_03[] =
    "name: fuzz\n"
    "card: {protocol: scp03, i: '70', key_length: 16, kvn: 0x30, isd_aid: A000000151000000}\n"
    "soft:\n"
    "  atr: 3B800181\n"
    "  cplc: "
    "'000000000000000000000000000000000000000000000000000000000000000000000000000000000000'\n"
    "  memory: {non_volatile: 16384, volatile: 2048, application_volatile: 64}\n"
    "  tries: 3\n"
    "  terminate_after: 9\n"
    "  logical_channels: 4\n"
    "  native: [{module: D1560000990101, applet: payment}]\n";
static const char profile_02[] =
    "name: fuzz\n"
    "card: {protocol: scp02, i: '75', key_length: 16, kvn: 0x20, isd_aid: A000000151000000}\n"
    "soft:\n"
    "  atr: 3B800181\n"
    "  cplc: "
    "'000000000000000000000000000000000000000000000000000000000000000000000000000000000000'\n"
    "  memory: {non_volatile: 16384, volatile: 2048, application_volatile: 64}\n"
    "  tries: 3\n"
    "  logical_channels: 2\n"
    "  native: [{module: D1560000990101, applet: payment}]\n";
static const char issuance[] = "diversification_data: '00010203040506070809'\n"
                               "iin: '42310000'\n"
                               "cin: '9156000011112222'\n"
                               "state: op-ready\n";
static const char keys_text[] = "scheme: none\n"
                                "enc: 404142434445464748494A4B4C4D4E4F\n"
                                "mac: 505152535455565758595A5B5C5D5E5F\n"
                                "dek: 606162636465666768696A6B6C6D6E6F\n";

static struct document *document(const char *name, const char *text)
{
    struct document_problem problem = {0};
    struct document *doc = NULL;
    fuzz_require(doc_new(name, scp_bytes_of(text, strlen(text)), &doc, &problem) == DOC_OK);
    return doc;
}

static void issue(struct host *host, const char *profile_text)
{
    struct document_problem problem = {0};
    struct document *profile = document("profile", profile_text);
    struct document *card = document("issuance", issuance);
    struct document *keys = document("keys", keys_text);
    struct rebind_blob image;
    fuzz_require(softcard_issue(profile, card, keys, &image, &problem));
    fuzz_require(image.len <= sizeof host->image);
    memcpy(host->image, image.ptr, image.len);
    host->image_len = image.len;
    rebind_blob_free(&image);
    doc_free(keys);
    doc_free(card);
    doc_free(profile);
}

static enum scp_error keep(void *ctx, size_t at, struct scp_bytes bytes)
{
    struct host *host = ctx;
    if (at > host->image_len || bytes.len > sizeof host->image - at)
        return SCP_IO;
    memcpy(host->image + at, bytes.ptr, bytes.len);
    host->image_len = at + bytes.len;
    return SCP_OK;
}

static void revive(struct host *host)
{
    const struct softcard_storage storage = {.ctx = host, .write = keep};
    softcard_free(host->card);
    fuzz_require(softcard_restore(scp_bytes_of(host->image, host->image_len), &host->env, storage,
                                  &host->card) == SCP_OK);
}

void host_end(struct host *host)
{
    softcard_free(host->card);
    for (size_t i = 0; i < HOST_CHANNELS; i++)
        scp_channel_fini(&host->channels[i]);
    rebind_seeded_fini(&host->seeded);
}

/* ---- talking ----------------------------------------------------------------------------------
 */

static struct scp_bytes transmit(struct host *host, struct scp_bytes command)
{
    struct scp_writer w = scp_writer_on(host->response, sizeof host->response);
    fuzz_require(softcard_transmit(host->card, command, &w) == SCP_OK);
    fuzz_require(scp_written(&w).len >= 2);
    return scp_written(&w);
}

/* To the host's logical channel; the number is no part of any MAC. */
static struct scp_bytes send_on_channel(struct host *host, struct scp_bytes command)
{
    uint8_t sent[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(sent, sizeof sent);
    scp_put(&w, command);
    if (scp_writer_status(&w) == SCP_OK && command.len > 0 && host->at != 0 && host->at < 4)
        sent[0] |= host->at;
    return transmit(host, scp_written(&w));
}

static void send_secured(struct host *host, const struct scp_apdu *apdu)
{
    uint8_t command[SCP_APDU_MAX];
    uint8_t plain[SOFTCARD_RESPONSE_MAX];
    uint16_t sw = 0;
    struct scp_channel *channel = &host->channels[host->at];
    struct scp_writer w = scp_writer_on(command, sizeof command);
    struct scp_writer data = scp_writer_on(plain, sizeof plain);
    if (scp_channel_wrap(channel, apdu, &w) != SCP_OK)
        return;
    struct scp_bytes response = send_on_channel(host, scp_written(&w));
    enum scp_error error = scp_channel_unwrap(channel, response, &data, &sw);
    (void)error; /* a long answer, a chain, an error: the host goes on as it is */
}

/* Whether the session is open. */
static bool open_session(struct host *host, uint8_t level)
{
    static const uint8_t challenge[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t command[SCP_APDU_MAX];
    struct scp_response answer;
    struct scp_channel *channel = &host->channels[host->at];
    struct scp_channel_params params = host->params;
    params.level = level;
    struct scp_writer w = scp_writer_on(command, sizeof command);
    scp_channel_fini(channel);
    if (scp_channel_begin(channel, &params, SCP_BYTES(challenge), &w) != SCP_OK)
        return false;
    if (scp_response_parse(send_on_channel(host, scp_written(&w)), &answer) != SCP_OK ||
        answer.sw != 0x9000 || scp_channel_open(channel, &host->holder, answer.data) != SCP_OK)
        return false;
    w = scp_writer_on(command, sizeof command);
    return scp_channel_authenticate(channel, &w) == SCP_OK &&
           scp_response_parse(send_on_channel(host, scp_written(&w)), &answer) == SCP_OK &&
           answer.sw == 0x9000;
}

static void power(struct host *host, uint8_t how)
{
    uint8_t atr[SOFTCARD_ATR_MAX];
    size_t len = 0;
    if ((how & 2) != 0)
        revive(host);
    softcard_use_contactless(host->card, (how & 1) != 0);
    softcard_power(host->card, atr, &len);
}

/* ---- the beginning ----------------------------------------------------------------------------
 */

void host_start(struct host *host, uint8_t kind)
{
    static const uint8_t firsts[] = {0x40, 0x50, 0x60};
    memset(host, 0, sizeof *host);
    host->env = rebind_env_seeded(&host->seeded, 7, 1700000000000);
    struct scp_key *const keys[] = {&host->keys.enc, &host->keys.mac, &host->keys.dek};
    for (size_t i = 0; i < 3; i++) {
        keys[i]->len = 16;
        for (size_t k = 0; k < 16; k++)
            keys[i]->bytes[k] = (uint8_t)(firsts[i] + k);
    }
    host->holder = scp_keys_of_set(&host->keys);
    bool aes = kind % 2 == 0;
    host->params = (struct scp_channel_params){.protocol = aes ? SCP_PROTOCOL_03 : SCP_PROTOCOL_02,
                                               .i = aes ? 0x70 : 0x75};
    issue(host, aes ? profile_03 : profile_02);
    revive(host);
    /* A host that cannot talk to its card would find nothing. */
    fuzz_require(open_session(host, SCP_LEVEL_C_MAC));
}

/* ---- content ----------------------------------------------------------------------------------
 */

static const struct scp_bytes aids[] = {
    {NULL, 0},
    {(const uint8_t *)"\xA0\x00\x00\x01\x51\x00\x00\x00", 8}, /* the issuer's domain */
    {(const uint8_t *)"\xA0\x00\x00\x01\x51\x53\x50", 7},
    {(const uint8_t *)"\xA0\x00\x00\x01\x51\x53\x50\x41", 8},
    {(const uint8_t *)"\xD1\x56\x00\x00\x99\x01", 6}, /* packages and their modules */
    {(const uint8_t *)"\xD1\x56\x00\x00\x99\x01\x01", 7},
    {(const uint8_t *)"\xD1\x56\x00\x00\x98\x01", 6},
    {(const uint8_t *)"\xD1\x56\x00\x00\x98\x01\x01", 7},
    {(const uint8_t *)"\xD1\x56\x00\x00\x02\x01", 6}, /* domains */
    {(const uint8_t *)"\xD1\x56\x00\x00\x02\x02", 6},
    {(const uint8_t *)"\xD1\x56\x00\x00\x01\x01", 6}, /* instances */
    {(const uint8_t *)"\xD1\x56\x00\x00\x01\x02", 6},
};
static struct scp_bytes aid_at(uint8_t index)
{
    return aids[index % (sizeof aids / sizeof aids[0])];
}

static void install(struct host *host, struct scp_reader *input)
{
    static const uint8_t forms[][2] = {{0x02, 0}, {0x04, 0}, {0x08, 0}, {0x0C, 0}, {0x0E, 1},
                                       {0x0E, 3}, {0x10, 0}, {0x20, 0}, {0x40, 0}};
    static const struct scp_bytes parameters[] = {
        {NULL, 0},
        {(const uint8_t *)"\xC9\x00", 2},
        {(const uint8_t *)"\xC9\x0E\x81\x02\x03\x70\x82\x01\xF0\x83\x01\xF0\x87\x01\xF0\x84", 16},
        {(const uint8_t *)"\xC9\x0D\x81\x02\x02\x75\x82\x01\xF0\x83\x01\xF0\x87\x01\xF0", 15},
        {(const uint8_t *)"\xC9\x00\xEF\x08\xC8\x02\x01\x00\xD8\x02\x00\x80", 12},
        {(const uint8_t *)"\xC9\x00\xEF\x03\xCF\x01\xC0", 7},
        {(const uint8_t *)"\xEF\x03\xCF\x01\x41", 5},
        {(const uint8_t *)"\xEF\x03\xD9\x01\x02", 5},
    };
    uint8_t form = scp_get_u8(input) % (sizeof forms / sizeof forms[0]);
    struct scp_install command = {.p1 = forms[form][0], .p2 = forms[form][1]};
    command.load_file = aid_at(scp_get_u8(input));
    command.module = aid_at(scp_get_u8(input));
    command.application = aid_at(scp_get_u8(input));
    command.security_domain = aid_at(scp_get_u8(input));
    command.privileges = scp_get(input, 3);
    command.parameters = parameters[scp_get_u8(input) % (sizeof parameters / sizeof parameters[0])];
    uint8_t data[SCP_COMMAND_MAX];
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(data, sizeof data);
    if (scp_reader_status(input) == SCP_OK && scp_install_command(&command, &w, &apdu) == SCP_OK)
        send_secured(host, &apdu);
}

static void load(struct host *host, uint8_t package, uint8_t domain)
{
    uint8_t memory[3][2 * CAP_MAKER_OVERHEAD];
    struct cap_spec spec = {.major = 1, .applet_count = 1, .method_size = 200};
    struct scp_bytes aid = aid_at(package % 2 == 0 ? 4 : 6);
    fuzz_require(scp_aid_from(&spec.package, aid) == SCP_OK);
    fuzz_require(scp_aid_from(&spec.applets[0], aid_at(package % 2 == 0 ? 5 : 7)) == SCP_OK);
    struct scp_components components;
    struct scp_writer w = scp_writer_on(memory[0], sizeof memory[0]);
    fuzz_require(cap_make_components(&spec, &w, &components) == SCP_OK);
    struct scp_writer block = scp_writer_on(memory[1], sizeof memory[1]);
    scp_put_data_block(&block, &components, false);
    struct scp_writer file = scp_writer_on(memory[2], sizeof memory[2]);
    scp_put_load_file(&file, NULL, 0, scp_written(&block));
    const struct scp_install command = {
        .p1 = SCP_INSTALL_FOR_LOAD, .load_file = aid, .security_domain = aid_at(domain)};
    uint8_t data[SCP_COMMAND_MAX];
    struct scp_apdu apdu;
    w = scp_writer_on(data, sizeof data);
    if (scp_install_command(&command, &w, &apdu) == SCP_OK)
        send_secured(host, &apdu);
    for (size_t i = 0; scp_load_block(scp_written(&file), 200, i, &apdu) == SCP_OK; i++)
        send_secured(host, &apdu);
}

/* ---- steps ------------------------------------------------------------------------------------
 */

bool host_step(struct host *host, struct scp_reader *input)
{
    uint8_t op = scp_get_u8(input) % HOST_OPS;
    struct scp_bytes bytes;
    struct scp_apdu apdu;
    switch ((enum host_op)op) {
    case HOST_PLAIN:
        bytes = scp_get_lv(input);
        if (scp_reader_status(input) == SCP_OK)
            (void)send_on_channel(host, bytes);
        break;
    case HOST_SECURED:
        bytes = scp_get_lv(input);
        if (scp_reader_status(input) == SCP_OK && scp_apdu_parse(bytes, &apdu) == SCP_OK)
            send_secured(host, &apdu);
        break;
    case HOST_SESSION:
        (void)open_session(host, scp_get_u8(input));
        break;
    case HOST_POWER:
        power(host, scp_get_u8(input));
        break;
    case HOST_CHANNEL:
        host->at = scp_get_u8(input) % HOST_CHANNELS;
        break;
    case HOST_INSTALL:
        install(host, input);
        break;
    case HOST_LOAD: {
        uint8_t package = scp_get_u8(input);
        load(host, package, scp_get_u8(input));
        break;
    }
    case HOST_OPS:
        break;
    }
    return scp_reader_status(input) == SCP_OK && scp_reader_left(input) > 0;
}

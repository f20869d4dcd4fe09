/* Secured packets of SCP80. What a packet is ciphered and checked with is read from the inputs, not
 * from the kind's name, so that a record of any combination is checked. */
#include "scp/ota/packet.h"
#include "tests/vectors/families.h"

#include <strings.h>

enum { PACKET = 4096, COUNTER = 5, HEAD_OF_COMMAND = 10, HEAD_OF_RESPONSE = 6 };

struct algorithm {
    const char *name;
    int value;
};

static const struct algorithm ciphers[] = {
    {"none", SCP_PACKET_PLAIN},        {"DES-CBC", SCP_PACKET_DES_CBC},
    {"DES-ECB", SCP_PACKET_DES_ECB},   {"DES", SCP_PACKET_DES_CBC},
    {"3DES-CBC", SCP_PACKET_DES3_CBC}, {"3DES", SCP_PACKET_DES3_CBC},
    {"AES-CBC", SCP_PACKET_AES_CBC},   {"AES", SCP_PACKET_AES_CBC},
    {NULL, SCP_PACKET_PLAIN},
};

static const struct algorithm checks[] = {
    {"none", SCP_PACKET_UNCHECKED},    {"CRC16", SCP_PACKET_CRC16},
    {"CRC-16", SCP_PACKET_CRC16},      {"CRC32", SCP_PACKET_CRC32},
    {"CRC-32", SCP_PACKET_CRC32},      {"DES-CBC", SCP_PACKET_DES_MAC},
    {"3DES-CBC", SCP_PACKET_DES3_MAC}, {"AES-CMAC", SCP_PACKET_AES_CMAC},
    {NULL, SCP_PACKET_UNCHECKED},
};

/* The algorithm that an input names; an absent one is none. */
static int algorithm(struct vector *v, const json_t *of, const char *field,
                     const struct algorithm *list)
{
    if (!vector_has(of, field))
        return list->value;
    const char *name = vector_text(v, of, field);
    while (list->name != NULL && strcasecmp(list->name, name) != 0)
        list++;
    if (list->name == NULL)
        vector_fail(v, field, "a known algorithm", name);
    return list->value;
}

/* Keys here may be single DES. */
static const struct scp_key *key(struct vector *v, const char *field, struct scp_key *key)
{
    if (!vector_has(v->inputs, field))
        return NULL;
    struct scp_bytes bytes = vector_hex(v, v->inputs, field);
    struct scp_writer w = scp_writer_on(key->bytes, sizeof key->bytes);
    scp_put(&w, bytes);
    key->len = bytes.len;
    return vector_ok(v, field, scp_writer_status(&w)) ? key : NULL;
}

/* What protects the record's packet, and the keys it borrows. */
struct protection {
    struct scp_packet_security security;
    struct scp_key cipher_key;
    struct scp_key check_key;
};

static void read_protection(struct vector *v, struct protection *p)
{
    *p = (struct protection){.cipher_key = {.len = 0}};
    p->security.cipher = (enum scp_packet_cipher)algorithm(v, v->inputs, "cipher", ciphers);
    p->security.check = (enum scp_packet_check)algorithm(v, v->inputs, "checksum", checks);
    p->security.cipher_key = key(v, "cipher_key", &p->cipher_key);
    p->security.check_key = key(v, "checksum_key", &p->check_key);
    if (vector_has(v->inputs, "checksum_length"))
        p->security.cc_len = (size_t)vector_number(v, v->inputs, "checksum_length");
}

static void fill(struct vector *v, const char *field, uint8_t *to, size_t size)
{
    struct scp_bytes bytes = vector_hex(v, v->inputs, field);
    struct scp_writer w = scp_writer_on(to, size);
    scp_put(&w, bytes);
    if (vector_ok(v, field, scp_writer_status(&w)) && bytes.len != size)
        vector_fail(v, field, "a field of its own length", "another length");
}

static uint64_t number_of(struct scp_bytes bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.len; i++)
        value = value << 8 | bytes.ptr[i];
    return value;
}

static void put_counter(struct scp_writer *w, uint64_t counter)
{
    scp_put_u8(w, (uint8_t)(counter >> 32));
    scp_put_u32(w, (uint32_t)counter);
}

/* The bytes under the check, put together from the clear head of the packet and its plaintext, and
 * the check over them. */
static void expect_check(struct vector *v, const struct scp_packet_security *security,
                         struct scp_bytes secured_but_check, struct scp_bytes head)
{
    uint8_t input[PACKET];
    uint8_t check[SCP_PACKET_CHECK_MAX];
    struct scp_writer w = scp_writer_on(input, sizeof input);
    struct scp_writer c = scp_writer_on(check, sizeof check);
    scp_put(&w, security->covered);
    scp_put(&w, head);
    scp_put(&w, secured_but_check);
    const struct scp_bytes part = scp_written(&w);
    vector_expect_bytes(v, v->expected, "checksum_input", part);
    if (vector_ok(v, "scp_packet_checksum", scp_packet_checksum(security, &part, 1, &c)))
        vector_expect_bytes(v, v->expected, "checksum", scp_written(&c));
}

/* ---- commands ------------------------------------------------------------------------------ */

static void read_command(struct vector *v, struct scp_packet_command *command)
{
    *command = (struct scp_packet_command){.kic = 0};
    fill(v, "spi", command->spi, sizeof command->spi);
    fill(v, "kic", &command->kic, 1);
    fill(v, "kid", &command->kid, 1);
    fill(v, "tar", command->tar, sizeof command->tar);
    command->counter = number_of(vector_hex(v, v->inputs, "counter"));
    command->data = vector_hex(v, v->inputs, "data");
}

/* The packet of a record that gives what is in it; empty after a failure. */
static struct scp_bytes pack_command(struct vector *v, const struct scp_packet_security *security,
                                     struct scp_writer *out)
{
    struct scp_packet_command command;
    read_command(v, &command);
    if (!vector_ok(v, "scp_packet_command_pack", scp_packet_command_pack(security, &command, out)))
        return SCP_EMPTY;
    vector_expect_bytes(v, v->expected, "packet", scp_written(out));
    return scp_written(out);
}

static void expect_command(struct vector *v, const struct scp_packet_security *security,
                           const struct scp_packet_command *got, struct scp_bytes packet)
{
    uint8_t counter[COUNTER];
    uint8_t secured[PACKET];
    struct scp_writer c = scp_writer_on(counter, sizeof counter);
    struct scp_writer w = scp_writer_on(secured, sizeof secured);
    struct scp_packet_security same = *security;
    same.cc_len = got->check.len;
    put_counter(&c, got->counter);
    vector_expect_bytes(v, v->expected, "spi", SCP_BYTES(got->spi));
    vector_expect_bytes(v, v->expected, "kic", scp_bytes_of(&got->kic, 1));
    vector_expect_bytes(v, v->expected, "kid", scp_bytes_of(&got->kid, 1));
    vector_expect_bytes(v, v->expected, "tar", SCP_BYTES(got->tar));
    vector_expect_bytes(v, v->expected, "counter", scp_written(&c));
    vector_expect_bytes(v, v->expected, "data", got->data);
    vector_expect_number(v, v->expected, "padding_counter", got->padding);
    scp_put(&w, scp_written(&c));
    scp_put_u8(&w, got->padding);
    scp_put(&w, got->data);
    scp_put_fill(&w, 0x00, got->padding);
    expect_check(v, &same, scp_written(&w), scp_bytes_slice(packet, 0, HEAD_OF_COMMAND));
}

/* Whether what the host put in is what the card takes out. */
static void compare_command(struct vector *v, const struct scp_packet_command *got)
{
    struct scp_bytes data = vector_hex(v, v->inputs, "data");
    if (got->counter != number_of(vector_hex(v, v->inputs, "counter")))
        vector_fail(v, "unpacked counter", "the one packed", "another");
    if (!scp_bytes_equal(got->data, data))
        vector_fail_bytes(v, "unpacked data", data, got->data);
}

static void command_packet(struct vector *v)
{
    struct protection p;
    uint8_t packed[PACKET];
    uint8_t buffer[PACKET];
    struct scp_writer out = scp_writer_on(packed, sizeof packed);
    struct scp_writer plain = scp_writer_on(buffer, sizeof buffer);
    struct scp_packet_command got;
    bool given = vector_has(v->inputs, "packet");
    read_protection(v, &p);
    struct scp_bytes packet =
        given ? vector_hex(v, v->inputs, "packet") : pack_command(v, &p.security, &out);
    enum scp_error error = scp_packet_command_unpack(&p.security, packet, &plain, &got);
    if (!vector_expect_accept(v, error))
        return;
    if (!given)
        compare_command(v, &got);
    expect_command(v, &p.security, &got, packet);
}

/* ---- responses ----------------------------------------------------------------------------- */

/* A packet in the record may stand with the user data header of its short message or without; the
 * check covers it, but for cards on other bearers. */
static enum scp_error open_response(struct scp_packet_security *security, struct scp_bytes *packet,
                                    struct scp_writer *plain, struct scp_packet_response *out)
{
    static const uint8_t header[] = {0x02, 0x71, 0x00};
    struct scp_writer start = *plain;
    if (scp_bytes_start_with(*packet, SCP_BYTES(header)))
        *packet = scp_bytes_from(*packet, sizeof header);
    security->covered = SCP_BYTES(header);
    enum scp_error error = scp_packet_response_unpack(security, *packet, plain, out);
    if (error != SCP_BAD_MAC)
        return error;
    *plain = start;
    security->covered = SCP_EMPTY;
    return scp_packet_response_unpack(security, *packet, plain, out);
}

/* The card's side: what was unpacked makes the same packet again, where the padding was zeros. */
static void expect_packed_again(struct vector *v, const struct scp_packet_security *security,
                                const struct scp_packet_response *response, struct scp_bytes packet)
{
    uint8_t buffer[PACKET];
    struct scp_writer out = scp_writer_on(buffer, sizeof buffer);
    struct scp_packet_security same = *security;
    same.cc_len = response->check.len;
    if (vector_ok(v, "scp_packet_response_pack", scp_packet_response_pack(&same, response, &out)) &&
        !scp_bytes_equal(scp_written(&out), packet))
        vector_fail_bytes(v, "packed again", packet, scp_written(&out));
}

static void expect_response(struct vector *v, const struct scp_packet_security *security,
                            const struct scp_packet_response *got, struct scp_bytes packet,
                            struct scp_bytes plain)
{
    uint8_t counter[COUNTER];
    uint8_t secured[PACKET];
    struct scp_writer c = scp_writer_on(counter, sizeof counter);
    struct scp_writer w = scp_writer_on(secured, sizeof secured);
    struct scp_packet_security same = *security;
    same.cc_len = got->check.len;
    size_t after_status = sizeof counter + 1 + 1;
    put_counter(&c, got->counter);
    vector_expect_bytes(v, v->expected, "tar", SCP_BYTES(got->tar));
    vector_expect_bytes(v, v->expected, "counter", scp_written(&c));
    vector_expect_number(v, v->expected, "padding_counter", got->padding);
    vector_expect_bytes(v, v->expected, "response_status", scp_bytes_of(&got->status, 1));
    vector_expect_bytes(v, v->expected, "data", got->data);
    vector_expect_bool(v, v->expected, "checksum_input_includes_udh", security->covered.len > 0);
    scp_put(&w, scp_bytes_slice(plain, 0, after_status));
    scp_put(&w, scp_bytes_from(plain, after_status + got->check.len));
    expect_check(v, &same, scp_written(&w), scp_bytes_slice(packet, 0, HEAD_OF_RESPONSE));
}

static bool all_zero(struct scp_bytes bytes)
{
    bool zero = true;
    for (size_t i = 0; i < bytes.len; i++)
        zero = zero && bytes.ptr[i] == 0;
    return zero;
}

/* The packet of a record that gives what is in it; empty after a failure. */
static struct scp_bytes pack_response(struct vector *v, const struct scp_packet_security *security,
                                      struct scp_writer *out)
{
    struct scp_packet_response response = {
        .counter = number_of(vector_hex(v, v->inputs, "counter")),
        .data = vector_hex(v, v->inputs, "data"),
    };
    struct scp_packet_security in_message = *security;
    in_message.covered = SCP_PACKET_SMS_RESPONSE;
    fill(v, "tar", response.tar, sizeof response.tar);
    fill(v, "response_status", &response.status, 1);
    if (!vector_ok(v, "scp_packet_response_pack",
                   scp_packet_response_pack(&in_message, &response, out)))
        return SCP_EMPTY;
    vector_expect_bytes(v, v->expected, "packet", scp_written(out));
    return scp_written(out);
}

static void response_packet(struct vector *v)
{
    struct protection p;
    struct scp_packet_response got;
    uint8_t packed[PACKET];
    uint8_t buffer[PACKET];
    struct scp_writer out = scp_writer_on(packed, sizeof packed);
    struct scp_writer plain = scp_writer_on(buffer, sizeof buffer);
    read_protection(v, &p);
    struct scp_bytes packet = vector_has(v->inputs, "packet") ? vector_hex(v, v->inputs, "packet")
                                                              : pack_response(v, &p.security, &out);
    enum scp_error error = open_response(&p.security, &packet, &plain, &got);
    if (!vector_expect_accept(v, error))
        return;
    struct scp_bytes all = scp_written(&plain);
    expect_response(v, &p.security, &got, packet, all);
    if (all_zero(scp_bytes_from(all, all.len - got.padding)))
        expect_packed_again(v, &p.security, &got, packet);
}

/* ---- parts --------------------------------------------------------------------------------- */

static void expect_checksum(struct vector *v, const struct scp_packet_security *security)
{
    const struct scp_bytes data = vector_hex(v, v->inputs, "data");
    uint8_t check[SCP_PACKET_CHECK_MAX];
    struct scp_writer w = scp_writer_on(check, sizeof check);
    if (!vector_ok(v, "scp_packet_checksum", scp_packet_checksum(security, &data, 1, &w)))
        return;
    vector_expect_bytes(v, v->expected, "checksum", scp_written(&w));
    vector_expect_bytes(v, v->expected, "crc", scp_written(&w));
}

static void checksum(struct vector *v)
{
    struct scp_key check_key = {.len = 0};
    struct scp_packet_security security = {
        .check = (enum scp_packet_check)algorithm(v, v->inputs, "algorithm", checks),
        .check_key = key(v, "key", &check_key),
    };
    if (vector_has(v->inputs, "checksum_length"))
        security.cc_len = (size_t)vector_number(v, v->inputs, "checksum_length");
    expect_checksum(v, &security);
}

static void crc16(struct vector *v)
{
    expect_checksum(v, &(struct scp_packet_security){.check = SCP_PACKET_CRC16});
}

static void crc32(struct vector *v)
{
    expect_checksum(v, &(struct scp_packet_security){.check = SCP_PACKET_CRC32});
}

static void padding_counter(struct vector *v)
{
    const json_t *cases = json_object_get(v->inputs, "cases");
    json_t *expected = json_object_get(v->expected, "padding");
    size_t i;
    json_t *one;
    if (json_array_size(cases) != json_array_size(expected))
        vector_fail(v, "padding", "one number a case", "another number of them");
    json_array_foreach(cases, i, one)
    {
        enum scp_packet_cipher cipher =
            (enum scp_packet_cipher)algorithm(v, one, "cipher", ciphers);
        size_t padding = scp_packet_padding(cipher, (size_t)vector_number(v, one, "length"));
        if ((json_int_t)padding != json_integer_value(json_array_get(expected, i)))
            vector_fail(v, "padding", "the number of zeros", "another number");
    }
    vector_taken(v->expected, "padding");
}

static const struct vector_kind kinds[] = {
    {"SCP80", "command-packet*", command_packet},
    {"SCP80", "response-packet*", response_packet},
    {"SCP80", "checksum*", checksum},
    {"SCP80", "crc16", crc16},
    {"SCP80", "crc32", crc32},
    {"SCP80", "padding-counter", padding_counter},
};

const struct vector_family vector_packet = VECTOR_FAMILY(kinds);

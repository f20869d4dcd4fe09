#include "scp/ota/packet.h"

#include "scp/ota/packet_protect.h"

enum {
    TAR_SIZE = 3,
    COMMAND_FIXED = 2 + 1 + 1 + TAR_SIZE, /* SPI, KIc, KID, TAR */
    COUNTER_AND_PADDING = 5 + 1,
    HEAD_SIZE = 2 + 1, /* the two lengths */
    COVERED_PARTS = 4,
};

/* ---- algorithms named in the header (TS 102 225 5.1.2, 5.1.3) ------------------------------ */

/* The lower half of KIc and KID: family in the two low bits, then the member. */
enum { ALGORITHM_MASK = 0x0F, FAMILY_MASK = 0x03, FAMILY_IMPLICIT = 0x00 };

struct coding {
    uint8_t bits;
    int algorithm;
};

static const struct coding ciphers[] = {
    {0x01, SCP_PACKET_DES_CBC}, {0x05, SCP_PACKET_DES3_CBC}, {0x09, SCP_PACKET_DES3_CBC},
    {0x0D, SCP_PACKET_DES_ECB}, {0x02, SCP_PACKET_AES_CBC},  {0xFF, SCP_PACKET_PLAIN},
};

static const struct coding redundancy_checks[] = {
    {0x01, SCP_PACKET_CRC16},
    {0x05, SCP_PACKET_CRC32},
    {0xFF, SCP_PACKET_UNCHECKED},
};

static const struct coding cryptographic_checks[] = {
    {0x01, SCP_PACKET_DES_MAC},  {0x05, SCP_PACKET_DES3_MAC},  {0x09, SCP_PACKET_DES3_MAC},
    {0x02, SCP_PACKET_AES_CMAC}, {0xFF, SCP_PACKET_UNCHECKED},
};

/* The algorithm for a KIc or KID, in a list that ends with its "none"; `agreed` is what an implicit
 * one means. UNSUPPORTED gives none. */
static int algorithm_of(const struct coding *list, uint8_t byte, int agreed)
{
    uint8_t bits = byte & ALGORITHM_MASK;
    if ((bits & FAMILY_MASK) == FAMILY_IMPLICIT)
        return agreed;
    while (list->bits != bits && list->bits != 0xFF)
        list++;
    return list->algorithm;
}

/* `kind` is that of the SPI: none, RC, CC, DS. */
static enum scp_error resolve(const struct scp_packet_command *command, bool ciphered, uint8_t kind,
                              struct scp_packet_security *security)
{
    enum scp_packet_cipher cipher = SCP_PACKET_PLAIN;
    enum scp_packet_check check = SCP_PACKET_UNCHECKED;
    if (ciphered)
        cipher = (enum scp_packet_cipher)algorithm_of(ciphers, command->kic, security->cipher);
    if (kind == SCP_SPI_RC || kind == SCP_SPI_CC)
        check = (enum scp_packet_check)algorithm_of(kind == SCP_SPI_RC ? redundancy_checks
                                                                       : cryptographic_checks,
                                                    command->kid, security->check);
    if (ciphered != (cipher != SCP_PACKET_PLAIN) || scp_packet_check_kind(check) != kind)
        return SCP_UNSUPPORTED;
    security->cipher = cipher;
    security->check = check;
    return SCP_OK;
}

enum scp_error scp_packet_command_security(const struct scp_packet_command *command,
                                           struct scp_packet_security *security)
{
    uint8_t spi = command->spi[0];
    return resolve(command, (spi & SCP_SPI_CIPHERED) != 0, spi & SCP_SPI_CHECK_MASK, security);
}

enum scp_error scp_packet_response_security(const struct scp_packet_command *command,
                                            struct scp_packet_security *security)
{
    uint8_t spi = command->spi[1];
    return resolve(command, (spi & SCP_POR_CIPHERED) != 0, (spi & SCP_POR_CHECK_MASK) >> 2,
                   security);
}

static enum scp_error spi_agrees(uint8_t spi1, const struct scp_packet_security *security)
{
    bool ciphered = (spi1 & SCP_SPI_CIPHERED) != 0;
    bool agrees = ciphered == (security->cipher != SCP_PACKET_PLAIN) &&
                  (spi1 & SCP_SPI_CHECK_MASK) == scp_packet_check_kind(security->check);
    return agrees ? SCP_OK : SCP_MISMATCH;
}

/* ---- both kinds of packet ------------------------------------------------------------------ */

/* A packet of either kind: what stands in clear after the lengths, and what is secured. */
struct content {
    bool is_response;
    struct scp_bytes fixed;
    uint64_t counter;
    uint8_t padding;
    uint8_t status; /* in a response */
    struct scp_bytes check;
    struct scp_bytes data;
};

static size_t fixed_size(const struct content *content)
{
    return content->is_response ? TAR_SIZE : COMMAND_FIXED;
}

/* From CNTR to before the check. */
static size_t unchecked_size(const struct content *content)
{
    return content->is_response ? COUNTER_AND_PADDING + 1 : COUNTER_AND_PADDING;
}

/* The check over all of a packet but the check itself, which has `out`'s size and stands between
 * the start and the rest of `secured`. */
static enum scp_error checksum(const struct scp_packet_security *security, struct scp_bytes head,
                               struct scp_bytes secured, size_t check_at, struct scp_writer *out)
{
    const struct scp_bytes parts[COVERED_PARTS] = {
        security->covered,
        head,
        scp_bytes_slice(secured, 0, check_at),
        scp_bytes_from(secured, check_at + out->cap),
    };
    return scp_packet_checksum(security, parts, COVERED_PARTS, out);
}

/* ---- packing ------------------------------------------------------------------------------- */

/* Write the secured part into `w`, which has exactly its size, and protect it. */
static enum scp_error secure(const struct scp_packet_security *security,
                             const struct content *content, struct scp_bytes head,
                             struct scp_writer *w, size_t check_len)
{
    scp_put_u8(w, (uint8_t)(content->counter >> 32));
    scp_put_u32(w, (uint32_t)content->counter);
    scp_put_u8(w, content->padding);
    if (content->is_response)
        scp_put_u8(w, content->status);
    struct scp_writer check = scp_writer_on(scp_put_space(w, check_len), check_len);
    scp_put(w, content->data);
    scp_put_fill(w, 0x00, content->padding);
    SCP_TRY(scp_writer_status(w));
    SCP_TRY(checksum(security, head, scp_written(w), unchecked_size(content), &check));
    return scp_packet_encipher(security, w->buf, w->len);
}

static enum scp_error pack(const struct scp_packet_security *security, struct content *content,
                           struct scp_writer *out)
{
    size_t check_len;
    if (content->counter > SCP_PACKET_COUNTER_MAX)
        return SCP_OUT_OF_RANGE;
    SCP_TRY(scp_packet_check_len(security, &check_len));
    size_t secured_len = unchecked_size(content) + check_len + content->data.len;
    content->padding = (uint8_t)scp_packet_padding(security->cipher, secured_len);
    secured_len += content->padding;
    size_t packet_len = 1 + content->fixed.len + secured_len;
    if (packet_len > UINT16_MAX)
        return SCP_TOO_LONG;

    size_t start = out->len;
    scp_put_u16(out, (uint16_t)packet_len);
    scp_put_u8(out, (uint8_t)(content->fixed.len + unchecked_size(content) + check_len));
    scp_put(out, content->fixed);
    struct scp_bytes head = scp_bytes_from(scp_written(out), start);
    uint8_t *secured = scp_put_space(out, secured_len);
    SCP_TRY(scp_writer_status(out));
    struct scp_writer w = scp_writer_on(secured, secured_len);
    enum scp_error error = secure(security, content, head, &w, check_len);
    if (error != SCP_OK) {
        scp_wipe(secured, secured_len);
        scp_writer_fail(out, error);
    }
    return error;
}

/* ---- unpacking ----------------------------------------------------------------------------- */

/* The lengths and what stands in clear; `in` reads the secured part afterwards. */
static enum scp_error open_head(struct scp_bytes packet, struct content *content,
                                struct scp_reader *in, size_t *header_len)
{
    *in = scp_reader_on(packet);
    size_t len = scp_get_u16(in);
    size_t left = scp_reader_left(in);
    SCP_TRY(scp_reader_status(in));
    if (left != len)
        return left < len ? SCP_TRUNCATED : SCP_TRAILING;
    *header_len = scp_get_u8(in);
    content->fixed = scp_get(in, fixed_size(content));
    return scp_reader_status(in);
}

/* Take the deciphered part of a packet apart and verify it. */
static enum scp_error verify(const struct scp_packet_security *security, struct scp_bytes head,
                             struct scp_bytes secured, size_t check_len, struct content *out)
{
    struct scp_reader r = scp_reader_on(secured);
    uint8_t expected[SCP_PACKET_CHECK_MAX];
    struct scp_writer w = scp_writer_on(expected, check_len);
    out->counter = (uint64_t)scp_get_u8(&r) << 32;
    out->counter |= scp_get_u32(&r);
    out->padding = scp_get_u8(&r);
    if (out->is_response)
        out->status = scp_get_u8(&r);
    out->check = scp_get(&r, check_len);
    struct scp_bytes rest = scp_reader_rest(&r);
    SCP_TRY(scp_reader_status(&r));
    enum scp_error error = checksum(security, head, secured, unchecked_size(out), &w);
    if (error == SCP_OK && !scp_equal_constant_time(expected, out->check.ptr, check_len))
        error = SCP_BAD_MAC;
    scp_wipe(expected, sizeof expected); /* the right check of what may be a forgery */
    SCP_TRY(error);
    /* Only now: an answer about the padding of something unverified would tell of its plaintext. */
    if (out->padding > rest.len ||
        out->padding != scp_packet_padding(security->cipher, secured.len - out->padding))
        return SCP_BAD_PADDING;
    out->data = scp_bytes_slice(rest, 0, rest.len - out->padding);
    return SCP_OK;
}

static enum scp_error unpack(const struct scp_packet_security *security, struct scp_bytes packet,
                             struct scp_writer *plain, struct content *out)
{
    struct scp_reader in;
    size_t header_len;
    SCP_TRY(open_head(packet, out, &in, &header_len));
    struct scp_bytes rest = scp_reader_rest(&in);
    size_t unchecked_len = out->fixed.len + unchecked_size(out);
    if (header_len < unchecked_len ||
        !scp_packet_check_len_fits(security, header_len - unchecked_len) ||
        scp_packet_padding(security->cipher, rest.len) != 0)
        return SCP_MALFORMED;
    struct scp_packet_security agreed = *security;
    agreed.cc_len = header_len - unchecked_len; /* looked at for a CC alone */

    uint8_t *secured = scp_put_space(plain, rest.len);
    SCP_TRY(scp_writer_status(plain));
    struct scp_writer w = scp_writer_on(secured, rest.len);
    scp_put(&w, rest);
    enum scp_error error = scp_packet_decipher(security, secured, rest.len);
    if (error == SCP_OK)
        error = verify(&agreed, scp_bytes_slice(packet, 0, HEAD_SIZE + out->fixed.len),
                       scp_written(&w), agreed.cc_len, out);
    if (error != SCP_OK) {
        scp_wipe(secured, rest.len);
        scp_writer_fail(plain, error);
    }
    return error;
}

/* ---- commands ------------------------------------------------------------------------------ */

static void read_command_fixed(struct scp_bytes fixed, struct scp_packet_command *out)
{
    struct scp_reader r = scp_reader_on(fixed);
    scp_get_into(&r, out->spi, sizeof out->spi);
    out->kic = scp_get_u8(&r);
    out->kid = scp_get_u8(&r);
    scp_get_into(&r, out->tar, sizeof out->tar);
}

enum scp_error scp_packet_command_pack(const struct scp_packet_security *security,
                                       const struct scp_packet_command *command,
                                       struct scp_writer *out)
{
    uint8_t fixed[COMMAND_FIXED];
    struct scp_writer w = scp_writer_on(fixed, sizeof fixed);
    SCP_TRY(spi_agrees(command->spi[0], security));
    scp_put(&w, SCP_BYTES(command->spi));
    scp_put_u8(&w, command->kic);
    scp_put_u8(&w, command->kid);
    scp_put(&w, SCP_BYTES(command->tar));
    struct content content = {
        .fixed = scp_written(&w), .counter = command->counter, .data = command->data};
    return pack(security, &content, out);
}

enum scp_error scp_packet_command_peek(struct scp_bytes packet, struct scp_packet_command *out)
{
    struct scp_reader in;
    struct content content = {.is_response = false};
    size_t header_len;
    *out = (struct scp_packet_command){.kic = 0};
    SCP_TRY(open_head(packet, &content, &in, &header_len));
    read_command_fixed(content.fixed, out);
    return SCP_OK;
}

enum scp_error scp_packet_command_unpack(const struct scp_packet_security *security,
                                         struct scp_bytes packet, struct scp_writer *plain,
                                         struct scp_packet_command *out)
{
    struct content content = {.is_response = false};
    SCP_TRY(scp_packet_command_peek(packet, out));
    SCP_TRY(spi_agrees(out->spi[0], security));
    SCP_TRY(unpack(security, packet, plain, &content));
    out->counter = content.counter;
    out->padding = content.padding;
    out->check = content.check;
    out->data = content.data;
    return SCP_OK;
}

/* ---- responses ----------------------------------------------------------------------------- */

enum scp_error scp_packet_response_pack(const struct scp_packet_security *security,
                                        const struct scp_packet_response *response,
                                        struct scp_writer *out)
{
    struct content content = {
        .is_response = true,
        .fixed = SCP_BYTES(response->tar),
        .counter = response->counter,
        .status = response->status,
        .data = response->data,
    };
    return pack(security, &content, out);
}

enum scp_error scp_packet_response_unpack(const struct scp_packet_security *security,
                                          struct scp_bytes packet, struct scp_writer *plain,
                                          struct scp_packet_response *out)
{
    struct content content = {.is_response = true};
    *out = (struct scp_packet_response){.status = 0};
    SCP_TRY(unpack(security, packet, plain, &content));
    struct scp_reader r = scp_reader_on(content.fixed);
    scp_get_into(&r, out->tar, sizeof out->tar);
    out->counter = content.counter;
    out->padding = content.padding;
    out->status = content.status;
    out->check = content.check;
    out->data = content.data;
    return SCP_OK;
}

enum scp_error scp_packet_response_belongs(const struct scp_packet_command *command,
                                           const struct scp_packet_response *response)
{
    bool counted = (command->spi[0] & SCP_SPI_COUNTER_MASK) != SCP_SPI_COUNTER_NONE;
    bool same = scp_bytes_equal(SCP_BYTES(command->tar), SCP_BYTES(response->tar)) &&
                (!counted || command->counter == response->counter);
    return same ? SCP_OK : SCP_MISMATCH;
}

/* ---- the card's answer --------------------------------------------------------------------- */

const char *scp_packet_status_text(uint8_t status)
{
    static const char *const texts[] = {
#define TEXT_ROW(name, value, text) [value] = (text),
        SCP_PACKET_STATUSES(TEXT_ROW)
#undef TEXT_ROW
    };
    return status < sizeof texts / sizeof texts[0] ? texts[status] : "a reserved status code";
}

enum scp_packet_status scp_packet_counter_status(uint8_t spi1, uint64_t stored, uint64_t received)
{
    uint8_t mode = spi1 & SCP_SPI_COUNTER_MASK;
    if (mode == SCP_SPI_COUNTER_NONE || mode == SCP_SPI_COUNTER_PRESENT)
        return SCP_PACKET_STATUS_OK;
    if (stored >= SCP_PACKET_COUNTER_MAX)
        return SCP_PACKET_STATUS_COUNTER_BLOCKED;
    if (received <= stored)
        return SCP_PACKET_STATUS_COUNTER_LOW;
    if (mode == SCP_SPI_COUNTER_NEXT && received != stored + 1)
        return SCP_PACKET_STATUS_COUNTER_HIGH;
    return SCP_PACKET_STATUS_OK;
}

enum scp_packet_status scp_packet_status_of(enum scp_error error)
{
    switch (error) {
    case SCP_OK:
        return SCP_PACKET_STATUS_OK;
    case SCP_BAD_MAC:
        return SCP_PACKET_STATUS_CHECK_FAILED;
    case SCP_BAD_PADDING:
        return SCP_PACKET_STATUS_CIPHERING_ERROR;
    case SCP_NO_SPACE:
        return SCP_PACKET_STATUS_NO_MEMORY;
    default:
        return SCP_PACKET_STATUS_SECURITY_ERROR;
    }
}

bool scp_packet_response_due(uint8_t spi2, enum scp_packet_status status)
{
    uint8_t wanted = spi2 & SCP_POR_MASK;
    return wanted == SCP_POR_ALWAYS ||
           (wanted == SCP_POR_ON_ERROR && status != SCP_PACKET_STATUS_OK);
}

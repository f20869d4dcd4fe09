/* Secured packets of SCP80: command and response packets of ETSI TS 102 225 as bytes, in the coding
 * of 3GPP TS 31.115 for short messages.
 *
 *     command:   CPL(2) CHL(1) SPI(2) KIc(1) KID(1) TAR(3) CNTR(5) PCNTR(1) check data pad
 *     response:  RPL(2) RHL(1) TAR(3) CNTR(5) PCNTR(1) status(1) check data pad
 *
 * The check is an RC (a CRC) or a CC (a MAC); it covers the whole packet but itself, padding
 * included. A response in a short message is covered together with the user data header before it.
 * Ciphering covers everything from CNTR on, with a zero IV; zeros fill the last block and PCNTR
 * counts them. A packet that is not ciphered has no padding; a CBC-MAC fills its own last block
 * with zeros that are neither sent nor counted.
 *
 * A host packs commands and unpacks responses, a card the other way round:
 *
 *     struct scp_packet_command command = {
 *         .spi = {SCP_SPI_CC | SCP_SPI_CIPHERED | SCP_SPI_COUNTER_HIGHER,
 *                 SCP_POR_ALWAYS | SCP_POR_CC},
 *         .kic = 0x12,
 *         .kid = 0x12,
 *         .tar = {0xB0, 0x00, 0x11},
 *         .counter = 8,
 *         .data = script};
 *     struct scp_packet_security security = {.cipher_key = &kic, .check_key = &kid};
 *     SCP_TRY(scp_packet_command_security(&command, &security));
 *     SCP_TRY(scp_packet_command_pack(&security, &command, &out));
 *     …
 *     SCP_TRY(scp_packet_response_security(&command, &security));
 *     security.covered = SCP_PACKET_SMS_RESPONSE;
 *     SCP_TRY(scp_packet_response_unpack(&security, packet, &plain, &response));
 *     SCP_TRY(scp_packet_response_belongs(&command, &response));
 *
 * Pure: nothing is kept. Keys are borrowed for the call, `data` for as long as the struct is used.
 * An unpacked packet borrows from `plain`; `plain` is wiped and carries the error when a packet is
 * refused, so that nothing unverified is left in it. Counters live with the caller, who stores the
 * new one before it acts on the packet. */
#ifndef SCP_OTA_PACKET_H
#define SCP_OTA_PACKET_H

#include "scp/base/secret.h"

/* ---- SPI (TS 102 225 5.1.1) ---------------------------------------------------------------- */

/* First byte: how the command is protected. */
enum {
    SCP_SPI_RC = 0x01,
    SCP_SPI_CC = 0x02,
    SCP_SPI_DS = 0x03, /* no algorithm is defined for it: UNSUPPORTED here */
    SCP_SPI_CHECK_MASK = 0x03,
    SCP_SPI_CIPHERED = 0x04,
    SCP_SPI_COUNTER_NONE = 0x00,
    SCP_SPI_COUNTER_PRESENT = 0x08, /* carried, not compared */
    SCP_SPI_COUNTER_HIGHER = 0x10,  /* above the card's */
    SCP_SPI_COUNTER_NEXT = 0x18,    /* the card's plus one */
    SCP_SPI_COUNTER_MASK = 0x18,
};

/* Second byte: the proof of receipt, which is the response packet. */
enum {
    SCP_POR_NONE = 0x00,
    SCP_POR_ALWAYS = 0x01,
    SCP_POR_ON_ERROR = 0x02,
    SCP_POR_MASK = 0x03,
    SCP_POR_RC = 0x04,
    SCP_POR_CC = 0x08,
    SCP_POR_DS = 0x0C,
    SCP_POR_CHECK_MASK = 0x0C,
    SCP_POR_CIPHERED = 0x10,
    SCP_POR_SUBMIT = 0x20, /* TS 31.115 4.2: in an SMS-SUBMIT, else in the delivery report */
};

enum { SCP_PACKET_CHECK_MAX = 8 };
#define SCP_PACKET_COUNTER_MAX UINT64_C(0xFFFFFFFFFF)

/* The user data headers of TS 31.115 4: what stands in a short message before the packet. */
#define SCP_PACKET_SMS_COMMAND SCP_LITERAL(0x02, 0x70, 0x00)
#define SCP_PACKET_SMS_RESPONSE SCP_LITERAL(0x02, 0x71, 0x00)

/* ---- security ------------------------------------------------------------------------------ */

/* 3DES works with two keys or three, AES with 128, 192 or 256 bits: the key's length decides. A
 * single DES key is a struct scp_key of 8 bytes, filled in by hand: scp_key_from makes none, since
 * it has no place anywhere else. */
enum scp_packet_cipher {
    SCP_PACKET_PLAIN,
    SCP_PACKET_DES_CBC, /* a key of 8 bytes */
    SCP_PACKET_DES_ECB,
    SCP_PACKET_DES3_CBC,
    SCP_PACKET_AES_CBC,
};

enum scp_packet_check {
    SCP_PACKET_UNCHECKED,
    SCP_PACKET_CRC16,   /* 2 bytes */
    SCP_PACKET_CRC32,   /* 4 bytes */
    SCP_PACKET_DES_MAC, /* CBC-MAC under a key of 8 bytes */
    SCP_PACKET_DES3_MAC,
    SCP_PACKET_AES_CMAC,
};

struct scp_packet_security {
    enum scp_packet_cipher cipher;
    enum scp_packet_check check;
    /* Of a CC, 8 or 4: its first bytes. 0 writes 8 and reads both; who agreed on one says it. */
    size_t cc_len;
    const struct scp_key *cipher_key; /* NULL where nothing is ciphered */
    const struct scp_key *check_key;  /* NULL where there is no CC */
    struct scp_bytes covered;         /* what stands before the packet and is under its check */
};

/* ---- packets ------------------------------------------------------------------------------- */

struct scp_packet_command {
    uint8_t spi[2];
    uint8_t kic; /* algorithm, and in the upper half the number of the key set */
    uint8_t kid;
    uint8_t tar[3];   /* toolkit application reference: to whom */
    uint64_t counter; /* up to SCP_PACKET_COUNTER_MAX */
    struct scp_bytes data;
    /* Set by unpacking, not looked at by packing. */
    struct scp_bytes check;
    uint8_t padding;
};

struct scp_packet_response {
    uint8_t tar[3];
    uint64_t counter; /* the command's */
    uint8_t status;   /* enum scp_packet_status */
    struct scp_bytes data;
    struct scp_bytes check;
    uint8_t padding;
};

/* Set `cipher` and `check` from SPI, KIc and KID (TS 102 225 5.1.2, 5.1.3), for the command or for
 * the response that it asks for; the rest stays. Where KIc or KID say that the algorithm is known
 * implicitly, the one already set stays. UNSUPPORTED: DS, a proprietary or reserved algorithm, an
 * implicit one that nothing was set for. */
SCP_MUST_USE enum scp_error scp_packet_command_security(const struct scp_packet_command *command,
                                                        struct scp_packet_security *security);
SCP_MUST_USE enum scp_error scp_packet_response_security(const struct scp_packet_command *command,
                                                         struct scp_packet_security *security);

/* Append the packet. MISMATCH: the SPI says other than `security`. OUT_OF_RANGE: the counter, a
 * key's length. KEY_UNAVAILABLE: a key that is needed is NULL. TOO_LONG: above 65,535 bytes.
 * NO_SPACE, CRYPTO. */
SCP_MUST_USE enum scp_error scp_packet_command_pack(const struct scp_packet_security *security,
                                                    const struct scp_packet_command *command,
                                                    struct scp_writer *out);
SCP_MUST_USE enum scp_error scp_packet_response_pack(const struct scp_packet_security *security,
                                                     const struct scp_packet_response *response,
                                                     struct scp_writer *out);

/* What a command says in clear: SPI, KIc, KID and TAR, by which the receiver finds its keys.
 * Nothing is verified yet. TRUNCATED, TRAILING. */
SCP_MUST_USE enum scp_error scp_packet_command_peek(struct scp_bytes packet,
                                                    struct scp_packet_command *out);

/* Decipher, verify and take apart a whole packet; its data go into `plain`. TRUNCATED, TRAILING:
 * its length is not what it says. MALFORMED: a header length that does not fit the check, no whole
 * blocks. MISMATCH: a command whose SPI says other than `security`. BAD_MAC: the check is wrong.
 * BAD_PADDING: a padding counter that cannot be, which without a check is how a wrong key shows.
 * The errors of packing. */
SCP_MUST_USE enum scp_error scp_packet_command_unpack(const struct scp_packet_security *security,
                                                      struct scp_bytes packet,
                                                      struct scp_writer *plain,
                                                      struct scp_packet_command *out);
SCP_MUST_USE enum scp_error scp_packet_response_unpack(const struct scp_packet_security *security,
                                                       struct scp_bytes packet,
                                                       struct scp_writer *plain,
                                                       struct scp_packet_response *out);

/* A card that cannot use the keys asked for (an unknown TAR, too little security) may answer
 * without any protection. The unpacking above then says MALFORMED; unpacked once more with a zeroed
 * security its status can be read, and nothing vouches for it. */

/* MISMATCH when a response has another TAR than the command, or another counter where the command
 * had one. */
SCP_MUST_USE enum scp_error scp_packet_response_belongs(const struct scp_packet_command *command,
                                                        const struct scp_packet_response *response);

/* ---- parts --------------------------------------------------------------------------------- */

/* Zeros that ciphering adds to `len` bytes. */
size_t scp_packet_padding(enum scp_packet_cipher cipher, size_t len);

/* Append the check over the concatenation of `count` parts, without `covered`. */
SCP_MUST_USE enum scp_error scp_packet_checksum(const struct scp_packet_security *security,
                                                const struct scp_bytes *parts, size_t count,
                                                struct scp_writer *out);

/* ---- the card's answer --------------------------------------------------------------------- */

/* X(NAME, value, "text"): response status codes (TS 102 225 table 5; 0B and 0C TS 31.115). */
#define SCP_PACKET_STATUSES(X)                                                              \
    X(OK, 0x00, "received")                                                                 \
    X(CHECK_FAILED, 0x01, "the RC, CC or DS is wrong")                                      \
    X(COUNTER_LOW, 0x02, "the counter is too low")                                          \
    X(COUNTER_HIGH, 0x03, "the counter is too high")                                        \
    X(COUNTER_BLOCKED, 0x04, "the counter has reached its maximum")                         \
    X(CIPHERING_ERROR, 0x05, "deciphering failed")                                          \
    X(SECURITY_ERROR, 0x06, "a security error without a code of its own")                   \
    X(NO_MEMORY, 0x07, "not enough memory for the message")                                 \
    X(MORE_TIME, 0x08, "more time is needed")                                               \
    X(TAR_UNKNOWN, 0x09, "no application has this TAR")                                     \
    X(SECURITY_TOO_LOW, 0x0A, "the packet is protected less than the application asks for") \
    X(ANSWER_BY_SMS, 0x0B, "the answer follows in an SMS-SUBMIT")                           \
    X(ANSWER_BY_USSD, 0x0C, "the answer follows in a USSD message")

enum scp_packet_status {
#define SCP_PACKET_STATUS_ENUM(name, value, text) SCP_PACKET_STATUS_##name = (value),
    SCP_PACKET_STATUSES(SCP_PACKET_STATUS_ENUM)
#undef SCP_PACKET_STATUS_ENUM
};

/* One English clause without a full stop; for a code that is reserved too. Never NULL. */
const char *scp_packet_status_text(uint8_t status);

/* What a card says of a command's counter, given the one it stores: OK, COUNTER_LOW, COUNTER_HIGH
 * or COUNTER_BLOCKED (TS 102 225 5.1.4). After OK in a mode that compares, the card stores the
 * received one. */
enum scp_packet_status scp_packet_counter_status(uint8_t spi1, uint64_t stored, uint64_t received);

/* The status code for a command that could not be unpacked. */
enum scp_packet_status scp_packet_status_of(enum scp_error error);

/* Whether the second SPI byte asks for a response with this status. */
bool scp_packet_response_due(uint8_t spi2, enum scp_packet_status status);

#endif

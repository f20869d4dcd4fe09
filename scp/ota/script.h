/* Administration scripts: a list of commands to a card and the list of its responses.
 *
 * Two forms. The standard one is ETSI TS 102 226 5.2 (expanded remote application data format,
 * definite length): `AA L {22 L C-APDU}…`, answered by `AB L 80 L n {23 L R-APDU}…`. It carries
 * commands only. The extended form adds, for an agent that said it understands them, what one
 * exchange needs to run a whole rebind safely:
 *
 *     AA L  C0 04 "RBS" 01            magic and version, first
 *           { 22 L C-APDU
 *             [C1 L (value(2) mask(2))…]   status words that may follow; absent: 9000 alone
 *             [C2 20 SHA-256]              guard: the response data must hash to this
 *           }…
 *
 * A status word s is accepted when for one pair (s & mask) == value. An agent stops at the first
 * command whose answer is not accepted or whose guard does not hold; that answer is the last one it
 * reports. SELECT inside a script changes the target.
 *
 * Pure: views borrow from the input. */
#ifndef SCP_OTA_SCRIPT_H
#define SCP_OTA_SCRIPT_H

#include "scp/base/bytes.h"
#include "scp/base/limits.h"

enum { SCP_GUARD_SIZE = 32, SCP_SCRIPT_ACCEPTS_MAX = 8 };

struct scp_sw_match {
    uint16_t value;
    uint16_t mask;
};

struct scp_script_command {
    struct scp_bytes apdu;
    struct scp_sw_match accepts[SCP_SCRIPT_ACCEPTS_MAX];
    size_t accept_count;    /* 0 means 9000 alone */
    struct scp_bytes guard; /* empty, or 32 bytes */
};

/* Whether a status word may follow the command. */
bool scp_script_accepts(const struct scp_script_command *command, uint16_t sw);
/* Whether response data hash to the command's guard; true when there is none. CRYPTO. */
SCP_MUST_USE enum scp_error scp_script_guard_holds(const struct scp_script_command *command,
                                                   struct scp_bytes response_data, bool *holds);

/* ---- writing a command script ------------------------------------------------------------- */

struct scp_script_writer {
    struct scp_writer body; /* the commands, in the caller's buffer */
    bool extended;
    size_t count;
};
void scp_script_begin(struct scp_script_writer *s, bool extended, uint8_t *buf, size_t cap);
/* STATE (in the writer) when a guard or accepts are given in the standard form. */
void scp_script_add(struct scp_script_writer *s, const struct scp_script_command *command);
/* Append the finished script. */
SCP_MUST_USE enum scp_error scp_script_finish(const struct scp_script_writer *s,
                                              struct scp_writer *out);

/* ---- reading a command script (both forms, definite and indefinite length) ----------------- */

struct scp_script_reader {
    struct scp_reader in;
    bool extended;
    bool indefinite;
};
SCP_MUST_USE enum scp_error scp_script_open(struct scp_script_reader *s, struct scp_bytes script);
/* NOT_FOUND at the end. MALFORMED, TRUNCATED. */
SCP_MUST_USE enum scp_error scp_script_next(struct scp_script_reader *s,
                                            struct scp_script_command *out);

/* ---- responses ---------------------------------------------------------------------------- */

/* Append `AB L 80 L count {23 L data‖SW}…` for `count` responses in `items`. */
SCP_MUST_USE enum scp_error scp_script_put_responses(struct scp_writer *out,
                                                     const struct scp_bytes *items, size_t count);
/* Open a response list (definite AB or indefinite AF); `executed` is the number it states, or the
 * number of items. MALFORMED when they disagree. Bad-format answers (`90 01 n`) give UNSUPPORTED
 * and the code in `executed`. */
struct scp_response_reader {
    struct scp_reader in;
    size_t executed;
    bool indefinite;
};
SCP_MUST_USE enum scp_error scp_responses_open(struct scp_response_reader *r,
                                               struct scp_bytes body);
SCP_MUST_USE enum scp_error scp_responses_next(struct scp_response_reader *r,
                                               struct scp_bytes *out);

#endif

/* Administration scripts: a list of commands to a card and the list of its responses.
 *
 * Two forms. The standard one is ETSI TS 102 226 5.2 (expanded remote application data format):
 *
 *                      commands                  responses
 *     definite         AA L  {22 L C-APDU}…      AB L  80 L n {23 L R-APDU}…
 *     indefinite       AE 80 {22 L C-APDU}… 0000 AF 80 {23 L R-APDU}… 0000
 *
 * n is the number of commands executed, an integer: 160 is `80 02 00A0`. A script that cannot be
 * read is answered by `90 01 code` as the last object of the list, after the responses of what was
 * executed before. Of the standard's other objects (immediate action, error action, script
 * chaining) none is carried: UNSUPPORTED. The extended form adds to the commands, for an agent that
 * said it understands them, what one exchange needs to run a whole rebind safely:
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
 * Pure: what is read borrows from the input, a writer from the caller's buffer, and nothing has to
 * be released. A script is begun, commands are added, and it is finished; it is opened, and read to
 * its end. Errors stick in the writer until the finish.
 *
 *     scp_script_begin(&s, false, body, sizeof body);
 *     scp_script_add(&s, &(struct scp_script_command){.apdu = wrapped});
 *     SCP_TRY(scp_script_finish(&s, &script));
 *     …
 *     SCP_TRY(scp_responses_open(&r, answer));
 *     while ((error = scp_responses_next(&r, &response)) == SCP_OK)
 *         …
 */
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
/* Append the finished script, with a definite length or an indefinite one. */
SCP_MUST_USE enum scp_error scp_script_finish(const struct scp_script_writer *s,
                                              struct scp_writer *out);
SCP_MUST_USE enum scp_error scp_script_finish_indefinite(const struct scp_script_writer *s,
                                                         struct scp_writer *out);

/* ---- reading a command script (both forms, definite and indefinite length) ----------------- */

struct scp_script_reader {
    struct scp_reader in;
    bool extended;
    bool indefinite;
};
SCP_MUST_USE enum scp_error scp_script_open(struct scp_script_reader *s, struct scp_bytes script);
/* NOT_FOUND at the end. UNSUPPORTED: an object that is no command. MALFORMED, TRUNCATED, TRAILING,
 * TOO_LONG. */
SCP_MUST_USE enum scp_error scp_script_next(struct scp_script_reader *s,
                                            struct scp_script_command *out);

/* ---- responses ---------------------------------------------------------------------------- */

/* Why a script could not be read (TS 102 226 5.2.1). */
enum scp_bad_format {
    SCP_FORMAT_GOOD = 0,
    SCP_FORMAT_UNKNOWN_TAG = 1,
    SCP_FORMAT_WRONG_LENGTH = 2,
    SCP_FORMAT_NO_LENGTH = 3, /* the input ends before it */
};

/* The code for an error of scp_script_open and scp_script_next. */
enum scp_bad_format scp_script_bad_format(enum scp_error error);

struct scp_response_list {
    const struct scp_bytes *items; /* data and status word each */
    size_t count;
    bool indefinite;
    enum scp_bad_format bad_format;
};

/* Append a list. TRUNCATED for an item without a status word. */
SCP_MUST_USE enum scp_error scp_responses_put(struct scp_writer *out,
                                              const struct scp_response_list *list);
/* The same for a list of definite length without a bad format. */
SCP_MUST_USE enum scp_error scp_script_put_responses(struct scp_writer *out,
                                                     const struct scp_bytes *items, size_t count);

/* Open a list of either form. MALFORMED when it states another number than it holds. UNSUPPORTED
 * when it says that the script had a bad format; what was executed before can be read all the
 * same. */
struct scp_response_reader {
    struct scp_reader in;
    size_t executed;    /* responses in the list */
    uint8_t bad_format; /* with UNSUPPORTED, else 0 */
    bool indefinite;
};
SCP_MUST_USE enum scp_error scp_responses_open(struct scp_response_reader *r,
                                               struct scp_bytes body);
/* NOT_FOUND at the end. */
SCP_MUST_USE enum scp_error scp_responses_next(struct scp_response_reader *r,
                                               struct scp_bytes *out);

#endif

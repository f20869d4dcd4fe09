/* What a payment terminal makes of a card's answers (EMV 4.3 Books 1 and 3). Pure.
 *
 * Data objects of card and terminal are kept as they come, one TLV after the other, and are looked
 * up with scp_tlv_find. */
#ifndef AGENT_TERMINAL_EMV_H
#define AGENT_TERMINAL_EMV_H

#include "scp/gp/aid.h"

enum {
    EMV_CANDIDATES_MAX = 16,
    EMV_LABEL_MAX = 16, /* Book 1 12.2.4 */
    EMV_PAN_TEXT_MAX = 24,
    EMV_DATE_TEXT_MAX = 8,
    EMV_AFL_MAX = 252,
};

/* An application that the directory names. */
struct emv_candidate {
    struct scp_aid aid;
    char label[EMV_LABEL_MAX + 1]; /* printable characters only */
    uint8_t priority;              /* 1 is first; 0: none given */
};

/* The applications in the FCI of the proximity payment environment, by priority. MALFORMED,
 * TRUNCATED; TOO_LONG above EMV_CANDIDATES_MAX. */
SCP_MUST_USE enum scp_error emv_directory_parse(struct scp_bytes fci,
                                                struct emv_candidate list[EMV_CANDIDATES_MAX],
                                                size_t *count);

/* The same from entries, templates 61, one after the other, as a record of the environment for
 * contacts holds them: they are added to those that the list has. */
SCP_MUST_USE enum scp_error emv_directory_entries(struct scp_bytes entries,
                                                  struct emv_candidate list[EMV_CANDIDATES_MAX],
                                                  size_t *count);

/* Append what a data object list asks for, taken from `objects`: numeric values are cut and padded
 * at the left, others at the right; what is not known is zeros (Book 3 5.4). TRUNCATED, and the
 * writer's error. */
SCP_MUST_USE enum scp_error emv_dol_fill(struct scp_bytes dol, struct scp_bytes objects,
                                         struct scp_writer *out);

/* The answer to GET PROCESSING OPTIONS, of either format (Book 3 6.5.8). */
struct emv_options {
    struct scp_bytes aip;
    struct scp_bytes afl;
};
SCP_MUST_USE enum scp_error emv_options_parse(struct scp_bytes data, struct emv_options *out);

/* The records that an application file locator names, one by one (Book 3 10.2). */
struct emv_afl_walk {
    struct scp_reader in;
    uint8_t sfi;
    uint8_t record; /* the next one */
    uint8_t last;
};
struct emv_afl_walk emv_afl_begin(struct scp_bytes afl);
/* NOT_FOUND at the end; MALFORMED, TRUNCATED. */
SCP_MUST_USE enum scp_error emv_afl_next(struct emv_afl_walk *walk, uint8_t *sfi, uint8_t *record);

/* The answer to GENERATE AC, of either format (Book 3 6.5.5). */
struct emv_cryptogram_answer {
    uint8_t information; /* 9F27 */
    uint16_t atc;        /* 9F36 */
    struct scp_bytes cryptogram;
    struct scp_bytes issuer_data; /* 9F10; may be empty */
};
SCP_MUST_USE enum scp_error emv_cryptogram_parse(struct scp_bytes data,
                                                 struct emv_cryptogram_answer *out);
/* "ARQC", "TC", "AAC", "unknown". */
const char *emv_cryptogram_type(uint8_t information);

/* A PAN (tag 5A, or 57 up to its separator) for people: six digits, stars, four digits; one too
 * short for that shows its last four alone. NOT_FOUND when the objects hold none. */
SCP_MUST_USE enum scp_error emv_masked_pan(struct scp_bytes objects, char text[EMV_PAN_TEXT_MAX]);
/* Tag 5F24 as "2031-12". NOT_FOUND, MALFORMED. */
SCP_MUST_USE enum scp_error emv_expiry(struct scp_bytes objects, char text[EMV_DATE_TEXT_MAX]);

#endif

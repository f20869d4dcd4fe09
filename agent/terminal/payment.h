/* Private: one payment under way, shared by the files pay*.c. */
#ifndef AGENT_TERMINAL_PAYMENT_H
#define AGENT_TERMINAL_PAYMENT_H

#include "agent/terminal/emv.h"
#include "agent/terminal/terminal.h"
#include "scp/emv/scheme.h"

enum {
    PAYMENT_SW_OK = 0x9000,
    PAYMENT_SW_NOT_FOUND = 0x6A82,
    PAYMENT_INS_READ_RECORD = 0xB2,
    PAYMENT_READ_BY_NUMBER = 0x04,
    PAYMENT_OBJECTS_MAX = 8192,
};

/* A cryptogram that the card gave, kept beyond its answer. */
struct payment_cryptogram {
    uint8_t information;
    uint16_t atc;
    uint8_t value[SCP_EMV_CRYPTOGRAM_SIZE];
    uint8_t issuer_data[SCP_EMV_ISSUER_DATA_MAX];
    size_t issuer_data_len;
    bool verified; /* under the key that was given */
};

/* The objects hold the cardholder's data; terminal_pay wipes the whole at the end. */
struct payment {
    const struct terminal *terminal;
    const struct terminal_payment *wish;
    struct emv_candidate candidates[EMV_CANDIDATES_MAX];
    size_t count;
    const struct emv_candidate *chosen;
    uint8_t terminal_bytes[256];
    struct scp_writer terminal_objects;
    uint8_t card_bytes[PAYMENT_OBJECTS_MAX];
    struct scp_writer card_objects;
    uint8_t aip[2];
    uint8_t afl[EMV_AFL_MAX];
    size_t afl_len;
    struct agent_answer answer;
    struct payment_cryptogram first;
    bool completed; /* the issuer's answer was given to the card */
    bool has_authentication;
    bool authenticated; /* by EXTERNAL AUTHENTICATE, when there was one */
    struct payment_cryptogram second;
};

/* Set the problem and return ABSENT. */
enum terminal_result payment_absent(const struct payment *p, const char *what);
/* 9000 or a warning. */
bool payment_executed(uint16_t sw);

/* The applications on the card: PPSE, and where it names none the PSE (pay_directory.c). */
enum terminal_result payment_read_directory(struct payment *p);

/* First and second GENERATE AC, the issuer's answer between them (pay_online.c). The second half
 * needs the issuer's key and a card with CDOL2; else nothing happens. */
enum terminal_result payment_generate_cryptogram(struct payment *p);
enum terminal_result payment_complete(struct payment *p);

#endif

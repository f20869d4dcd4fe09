/* Status words (ISO/IEC 7816-4 5.1.3; GPCS 11.1.3 and the tables of each command). */
#ifndef SCP_GP_STATUS_WORDS_H
#define SCP_GP_STATUS_WORDS_H

#include "scp/base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* X(NAME, value, "text"): constants, names and texts are made from this list. */
#define SCP_STATUS_WORDS(X)                                                                     \
    X(SUCCESS, 0x9000, "success")                                                               \
    X(LOGICAL_CHANNEL_CLOSED, 0x6200, "the logical channel is already closed")                  \
    X(WARNING_LOCKED, 0x6283, "selected, but the card is locked")                               \
    X(AUTHENTICATION_FAILED, 0x6300, "authentication of the host cryptogram failed")            \
    X(MORE_DATA, 0x6310, "more data available")                                                 \
    X(EXECUTION_ERROR, 0x6400, "no specific diagnosis")                                         \
    X(MEMORY_FAILURE, 0x6581, "memory failure")                                                 \
    X(WRONG_LENGTH, 0x6700, "wrong length")                                                     \
    X(CHANNEL_NOT_SUPPORTED, 0x6881, "logical channel not supported or not open")               \
    X(SECURE_MESSAGING_NOT_SUPPORTED, 0x6882, "secure messaging not supported")                 \
    X(CHAINING_NOT_SUPPORTED, 0x6884, "command chaining not supported")                         \
    X(SECURITY_STATUS, 0x6982, "security status not satisfied")                                 \
    X(AUTHENTICATION_BLOCKED, 0x6983, "authentication method blocked")                          \
    X(REFERENCE_DATA_INVALID, 0x6984, "reference data not usable")                              \
    X(CONDITIONS_NOT_SATISFIED, 0x6985, "conditions of use not satisfied")                      \
    X(SECURE_MESSAGING_MISSING, 0x6987, "secure messaging data missing")                        \
    X(SECURE_MESSAGING_WRONG, 0x6988, "secure messaging data wrong")                            \
    X(SELECTION_FAILED, 0x6999, "the applet refused to be selected")                            \
    X(WRONG_DATA, 0x6A80, "wrong values in the command data")                                   \
    X(FUNCTION_NOT_SUPPORTED, 0x6A81, "function not supported, or card or application blocked") \
    X(FILE_NOT_FOUND, 0x6A82, "application or file not found")                                  \
    X(RECORD_NOT_FOUND, 0x6A83, "record not found")                                             \
    X(NOT_ENOUGH_MEMORY, 0x6A84, "not enough memory")                                           \
    X(WRONG_P1_P2, 0x6A86, "wrong P1 or P2")                                                    \
    X(DATA_NOT_FOUND, 0x6A88, "referenced data not found")                                      \
    X(WRONG_PARAMETERS, 0x6B00, "P1 or P2 outside the file")                                    \
    X(INS_NOT_SUPPORTED, 0x6D00, "instruction not supported")                                   \
    X(CLA_NOT_SUPPORTED, 0x6E00, "class not supported")                                         \
    X(UNKNOWN_ERROR, 0x6F00, "no precise diagnosis")                                            \
    X(ALGORITHM_NOT_SUPPORTED, 0x9484, "algorithm not supported")                               \
    X(WRONG_KEY_CHECK_VALUE, 0x9485, "wrong key check value")

enum {
#define SCP_STATUS_WORD_ENUM(name, value, text) SCP_SW_##name = (value),
    SCP_STATUS_WORDS(SCP_STATUS_WORD_ENUM)
#undef SCP_STATUS_WORD_ENUM
};

/* Whether the command was executed: 9000, or a warning 62xx or 63xx. These are also the words whose
 * response SCP03 protects (Amendment D 6.2.5). EXTERNAL AUTHENTICATE is the exception: its 6300 is
 * a failure. */
bool scp_sw_executed(uint16_t sw);

/* "DATA_NOT_FOUND"; families by their pattern ("61XX", "63CX", "6CXX"); "?" for any other. Never
 * NULL. */
const char *scp_sw_name(uint16_t sw);
/* One English clause without a full stop. Never NULL. */
const char *scp_sw_text(uint16_t sw);

/* SCP_OK for 9000, else STATUS_WORD. */
SCP_MUST_USE enum scp_error scp_sw_check(uint16_t sw);

#endif

/* Status words: what a card says after each command (ISO/IEC 7816-4 5.1.3; GPCS 2.3.1 11.1.3 and
 * the tables of each command). Names and texts are constants, nothing has to be released.
 *
 *     char text[SCP_SW_EXPLANATION_MAX];
 *     scp_sw_explain(text, sizeof text, SCP_INS_GET_STATUS, 0x6A88);
 *     // "6A88 no entry of this kind is on the card"
 */
#ifndef SCP_GP_STATUS_WORDS_H
#define SCP_GP_STATUS_WORDS_H

#include "scp/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(NAME, value, "text"): constants, names and texts are made from this list. */
#define SCP_STATUS_WORDS(X)                                                                     \
    X(SUCCESS, 0x9000, "success")                                                               \
    X(LOGICAL_CHANNEL_CLOSED, 0x6200, "the logical channel is already closed")                  \
    X(DATA_MAY_BE_CORRUPTED, 0x6281, "part of the response data may be corrupted")              \
    X(END_OF_FILE, 0x6282, "the file or record ended before Le bytes were read")                \
    X(WARNING_LOCKED, 0x6283, "selected, but the card is locked")                               \
    X(FCI_NOT_FORMATTED, 0x6284, "the file control information is not formatted as it should")  \
    X(FILE_TERMINATED, 0x6285, "selected, but in its termination state")                        \
    X(NO_SENSOR_INPUT, 0x6286, "no input from a sensor of the card")                            \
    X(AUTHENTICATION_FAILED, 0x6300, "authentication of the host cryptogram failed")            \
    X(MORE_DATA, 0x6310, "more data available")                                                 \
    X(FILE_FULL, 0x6381, "the file was filled up by the last write")                            \
    X(EXECUTION_ERROR, 0x6400, "no specific diagnosis")                                         \
    X(RESPONSE_REQUIRED, 0x6401, "the card needs an immediate response")                        \
    X(MEMORY_FAILURE, 0x6581, "memory failure")                                                 \
    X(WRONG_LENGTH, 0x6700, "wrong length")                                                     \
    X(CHANNEL_NOT_SUPPORTED, 0x6881, "logical channel not supported or not open")               \
    X(SECURE_MESSAGING_NOT_SUPPORTED, 0x6882, "secure messaging not supported")                 \
    X(LAST_OF_CHAIN_EXPECTED, 0x6883, "the last command of the chain was expected")             \
    X(CHAINING_NOT_SUPPORTED, 0x6884, "command chaining not supported")                         \
    X(FILE_INCOMPATIBLE, 0x6981, "the command does not fit the structure of the file")          \
    X(SECURITY_STATUS, 0x6982, "security status not satisfied")                                 \
    X(AUTHENTICATION_BLOCKED, 0x6983, "authentication method blocked")                          \
    X(REFERENCE_DATA_INVALID, 0x6984, "reference data not usable")                              \
    X(CONDITIONS_NOT_SATISFIED, 0x6985, "conditions of use not satisfied")                      \
    X(NO_CURRENT_FILE, 0x6986, "command not allowed, no file is selected")                      \
    X(SECURE_MESSAGING_MISSING, 0x6987, "secure messaging data missing")                        \
    X(SECURE_MESSAGING_WRONG, 0x6988, "secure messaging data wrong")                            \
    X(SELECTION_FAILED, 0x6999, "the applet refused to be selected")                            \
    X(WRONG_DATA, 0x6A80, "wrong values in the command data")                                   \
    X(FUNCTION_NOT_SUPPORTED, 0x6A81, "function not supported, or card or application blocked") \
    X(FILE_NOT_FOUND, 0x6A82, "application or file not found")                                  \
    X(RECORD_NOT_FOUND, 0x6A83, "record not found")                                             \
    X(NOT_ENOUGH_MEMORY, 0x6A84, "not enough memory")                                           \
    X(LENGTH_AGAINST_TLV, 0x6A85, "the length contradicts the structure of the data")           \
    X(WRONG_P1_P2, 0x6A86, "wrong P1 or P2")                                                    \
    X(LENGTH_AGAINST_P1_P2, 0x6A87, "the length contradicts P1 or P2")                          \
    X(DATA_NOT_FOUND, 0x6A88, "referenced data not found")                                      \
    X(FILE_EXISTS, 0x6A89, "the file already exists")                                           \
    X(NAME_EXISTS, 0x6A8A, "the application name already exists")                               \
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

enum { SCP_SW_EXPLANATION_MAX = 96 };

/* Whether the command was executed: 9000, or a warning 62xx or 63xx. These are also the words whose
 * response SCP03 protects (Amendment D 6.2.5). EXTERNAL AUTHENTICATE is the exception: its 6300 is
 * a failure. */
bool scp_sw_executed(uint16_t sw);

/* "DATA_NOT_FOUND"; families by their pattern ("61XX", "63CX", "6CXX"); "?" for any other. Never
 * NULL. */
const char *scp_sw_name(uint16_t sw);
/* One English clause without a full stop. Never NULL. */
const char *scp_sw_text(uint16_t sw);
/* The same as an answer to one instruction, where the standard or common sense say more: 6A88 is a
 * missing key set to INITIALIZE UPDATE, an empty list to GET STATUS. */
const char *scp_sw_text_for(uint8_t ins, uint16_t sw);

/* "6985 conditions of use not satisfied" into `to` of `cap` characters, cut to what fits, with a
 * final NUL. Returns `to`. SCP_SW_EXPLANATION_MAX is enough for each. */
char *scp_sw_explain(char *to, size_t cap, uint8_t ins, uint16_t sw);

/* SCP_OK for 9000, else STATUS_WORD. */
SCP_MUST_USE enum scp_error scp_sw_check(uint16_t sw);

#endif

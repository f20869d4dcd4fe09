/* Errors of the agent: what a reader, a card, a server or the machine can do to it. */
#ifndef AGENT_READER_ERROR_H
#define AGENT_READER_ERROR_H

#include "scp/base/error.h"

/* X(name, text): the one list that enum, names and texts are made from. */
#define AGENT_ERRORS(X)                                                \
    X(OK, "success")                                                   \
    X(NO_CARD, "there is no card, or it was taken away")               \
    X(BUSY, "another program uses the card")                           \
    X(READER, "the reader failed")                                     \
    X(NO_SERVICE, "the PC/SC service (pcscd) does not answer")         \
    X(NO_FOLDER, "the folder of soft cards cannot be read")            \
    X(NO_IMAGE, "the file is no image of a soft card")                 \
    X(CARD_ANSWER, "the card's answer is not one of ISO/IEC 7816-4")   \
    X(NOT_IDENTIFIED, "the card has no issuer and image number")       \
    X(SCRIPT, "the script does not have the form it must have")        \
    X(UNREACHABLE, "the server cannot be reached")                     \
    X(REFUSED, "the server refused the request")                       \
    X(FORBIDDEN, "the server does not let this agent in")              \
    X(SERVER_ANSWER, "the server's answer is not one of the protocol") \
    X(JOURNAL, "the journal cannot be written or read")                \
    X(CONFIG, "the configuration is wrong")                            \
    X(STOPPED, "the program is stopping")                              \
    X(NO_MEMORY, "memory is exhausted")                                \
    X(SYSTEM, "the operating system refused")

enum agent_error {
#define AGENT_ERROR_ENUM(name, text) AGENT_##name,
    AGENT_ERRORS(AGENT_ERROR_ENUM)
#undef AGENT_ERROR_ENUM
};

/* "NO_CARD"; "?" for a number that is no error of ours. Never NULL. */
const char *agent_error_name(enum agent_error error);
/* One English clause without a full stop. Never NULL. */
const char *agent_error_text(enum agent_error error);

/* Return from the calling function with the error of `call`, if it has one. */
#define AGENT_TRY(call)                             \
    do {                                            \
        enum agent_error agent_try_error_ = (call); \
        if (agent_try_error_ != AGENT_OK)           \
            return agent_try_error_;                \
    } while (0)

#endif

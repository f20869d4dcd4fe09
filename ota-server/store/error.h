/* Errors of the store: one list, 0 is success, the result must be used. Detail goes into a struct
 * store_problem. */
#ifndef OTA_SERVER_STORE_ERROR_H
#define OTA_SERVER_STORE_ERROR_H

#include "ota-server/store/limits.h"

#define STORE_MUST_USE __attribute__((warn_unused_result))

/* X(name, text): the one list that enum, names and texts are made from. */
#define STORE_ERRORS(X)                                                    \
    X(OK, "success")                                                       \
    X(NOT_FOUND, "there is no such record")                                \
    X(CONFLICT, "the record contradicts one that is there")                \
    X(STALE, "the record has changed since it was read")                   \
    X(INVALID, "a value does not have the form it must have")              \
    X(BUSY, "another process is using the database")                       \
    X(FULL, "the disk or the database is full")                            \
    X(CORRUPT, "the database is damaged or is not one of Rebind's")        \
    X(TOO_NEW, "the database was made by a later version of this program") \
    X(NO_MEMORY, "memory is exhausted")                                    \
    X(IO, "reading or writing the database failed")

enum store_error {
#define STORE_ERROR_ENUM(name, text) STORE_##name,
    STORE_ERRORS(STORE_ERROR_ENUM)
#undef STORE_ERROR_ENUM
};

/* What an error was about: a sentence for the log or the operator, without personal data. */
struct store_problem {
    enum store_error error;
    char text[STORE_PROBLEM_SIZE];
};

/* "CONFLICT"; "?" for a number that is no error of ours. Never NULL. */
const char *store_error_name(enum store_error error);
/* One English clause without a full stop. Never NULL. */
const char *store_error_text(enum store_error error);

/* Return from the calling function with the error of `call`, if it has one. */
#define STORE_TRY(call)                             \
    do {                                            \
        enum store_error store_try_error_ = (call); \
        if (store_try_error_ != STORE_OK)           \
            return store_try_error_;                \
    } while (0)

#endif

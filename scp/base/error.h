/* Errors of libscp.
 *
 * Every function that can fail returns enum scp_error, and 0 is success. The result must be used.
 * A wrong argument from the programmer (NULL where none is allowed, a key of a length that the
 * type forbids) is an assertion; what a card, a peer or a file sent is an error code. Nothing is
 * kept of an error; names and texts are constants.
 *
 *     enum scp_error error = scp_hex_decode(text, &w);
 *     if (error != SCP_OK)
 *         fprintf(stderr, "%s: %s\n", scp_error_name(error), scp_error_text(error));
 */
#ifndef SCP_BASE_ERROR_H
#define SCP_BASE_ERROR_H

#define SCP_MUST_USE __attribute__((warn_unused_result))

/* X(name, text): the one list that enum, names and texts are made from. */
#define SCP_ERRORS(X)                                                 \
    X(OK, "success")                                                  \
    X(TRUNCATED, "the input ends before the value does")              \
    X(TRAILING, "bytes are left over after the value")                \
    X(MALFORMED, "the input does not have the form it must have")     \
    X(OUT_OF_RANGE, "a value is outside its allowed range")           \
    X(TOO_LONG, "the value is longer than its field or limit allows") \
    X(NO_SPACE, "the output buffer is too small")                     \
    X(NOT_FOUND, "the value looked for is absent")                    \
    X(DUPLICATE, "a value that must be unique appears twice")         \
    X(UNSUPPORTED, "the variant is not supported")                    \
    X(STATE, "the call is not allowed in this state")                 \
    X(MISMATCH, "the answer does not belong to what was asked")       \
    X(BAD_CRYPTOGRAM, "the cryptogram is wrong")                      \
    X(BAD_MAC, "the message authentication code is wrong")            \
    X(BAD_PADDING, "the padding is wrong")                            \
    X(BAD_SIGNATURE, "the signature is wrong")                        \
    X(COUNTER_EXHAUSTED, "the counter has reached its maximum")       \
    X(STATUS_WORD, "the card answered with an error status word")     \
    X(KEY_UNAVAILABLE, "the key is not available")                    \
    X(CRYPTO, "the cryptographic library failed")                     \
    X(NO_MEMORY, "memory is exhausted")                               \
    X(IO, "reading or writing failed")

enum scp_error {
#define SCP_ERROR_ENUM(name, text) SCP_##name,
    SCP_ERRORS(SCP_ERROR_ENUM)
#undef SCP_ERROR_ENUM
};

/* "BAD_MAC"; "?" for a number that is no error of ours. Never NULL. */
const char *scp_error_name(enum scp_error error);

/* One English clause without a full stop. Never NULL. */
const char *scp_error_text(enum scp_error error);

/* Return from the calling function with the error of `call`, if it has one. */
#define SCP_TRY(call)                           \
    do {                                        \
        enum scp_error scp_try_error_ = (call); \
        if (scp_try_error_ != SCP_OK)           \
            return scp_try_error_;              \
    } while (0)

#endif

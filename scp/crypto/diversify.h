/* Diversification: the static keys of one card from master keys and the ten bytes of key
 * diversification data D that INITIALIZE UPDATE returns.
 *
 * A scheme is one line of text, a template. The known ones have names; an unknown one needs no
 * code:
 *
 *     template = rule { ";" rule }
 *     rule     = [ keys ":" ] method { item }
 *     keys     = key { "," key }            without keys the rule is for all three
 *     key      = "enc" | "mac" | "dek"      each key has exactly one rule
 *     method   = "copy"             the master itself; no items
 *              | "3des-ecb"         the items encrypted under the master; 16 or 24 bytes
 *              | "3des-cbc"         the same with a zero IV
 *              | "aes-ecb"          16 or 32 bytes
 *              | "aes-cbc"          the same with a zero IV
 *              | "aes-cmac"         NIST SP 800-108 counter mode over AES-CMAC: a MAC over the
 *                                   items for each 16 bytes of key; the master's length
 *     item     = hex                constant bytes: F0, 000000
 *              | "d"                all of D
 *              | "d[4]"             one byte of it; the first is 0
 *              | "d[4..9]"          a part of it
 *              | "n"                the number of the key: 1 ENC, 2 MAC, 3 DEK
 *              | "i" | "i2" | "i4"  the number of the block from 1, in 1, 2 or 4 bytes; with
 *                                   aes-cmac alone, which without it makes 16 bytes only
 *              | "l" | "l2" | "l4"  the length of the key in bits, in 1, 2 or 4 bytes
 *
 * Words stand between blanks; hex digits may be of either case, the other words are lower case. The
 * named schemes, which may stand for their templates:
 *
 *     none       copy
 *     emv        3des-ecb d[4..9] F0 n d[4..9] 0F n              EMV CPS 1.1, 5.2
 *     visa2      3des-ecb d[0..1] d[4..7] F0 n d[0..1] d[4..7] 0F n
 *     visa       3des-ecb d[0..3] d[8..9] F0 n d[0..3] d[8..9] 0F n
 *     kdf3       aes-cmac i 000000 n 00 d
 *     sp800-108  aes-cmac i4 n 00 d l4                           all fields of SP 800-108 5.1
 *
 * Parse once, run for each card:
 *
 *     struct scp_diversifier diversifier;
 *     struct scp_diversifier_problem problem;
 *     const char *text = "enc,mac: aes-cmac 01 d; dek: copy";
 *     if (scp_diversifier_parse(text, &diversifier, &problem) != SCP_OK)
 *         …                                           // problem.column, problem.text
 *     SCP_TRY(scp_diversifier_run(&diversifier, &masters, data, &card_keys));
 *
 * A diversifier is a plain value without secrets or borrowed memory. The caller wipes masters and
 * card keys; after an error the latter are zeros. */
#ifndef SCP_CRYPTO_DIVERSIFY_H
#define SCP_CRYPTO_DIVERSIFY_H

#include "scp/base/secret.h"

enum { SCP_DIVERSIFICATION_DATA = 10, SCP_DIVERSIFIER_ITEMS_MAX = 48 };

/* ---- templates ----------------------------------------------------------------------------- */

enum scp_diversifier_method {
    SCP_DIVERSIFIER_COPY,
    SCP_DIVERSIFIER_DES3_ECB,
    SCP_DIVERSIFIER_DES3_CBC,
    SCP_DIVERSIFIER_AES_ECB,
    SCP_DIVERSIFIER_AES_CBC,
    SCP_DIVERSIFIER_AES_CMAC,
};

struct scp_diversifier_item {
    enum {
        SCP_DIVERSIFIER_CONSTANT, /* `first` is the byte */
        SCP_DIVERSIFIER_DATA,     /* D[first..last] */
        SCP_DIVERSIFIER_NUMBER,
        SCP_DIVERSIFIER_COUNTER, /* of `first` bytes */
        SCP_DIVERSIFIER_LENGTH,  /* of `first` bytes */
    } kind;
    uint8_t first;
    uint8_t last;
};

struct scp_diversifier_rule {
    enum scp_diversifier_method method;
    size_t count;
    struct scp_diversifier_item items[SCP_DIVERSIFIER_ITEMS_MAX];
};

struct scp_diversifier {
    struct scp_diversifier_rule rules[3]; /* ENC, MAC, DEK */
};

/* Where a template is wrong and why. */
struct scp_diversifier_problem {
    size_t column;    /* from 1 */
    const char *text; /* an English clause; static */
};

/* A template, or the name of a scheme. MALFORMED with the problem. */
SCP_MUST_USE enum scp_error scp_diversifier_parse(const char *text, struct scp_diversifier *out,
                                                  struct scp_diversifier_problem *problem);

/* OUT_OF_RANGE when a master's length does not fit the method; CRYPTO. */
SCP_MUST_USE enum scp_error scp_diversifier_run(const struct scp_diversifier *diversifier,
                                                const struct scp_key_set *masters,
                                                const uint8_t data[10], struct scp_key_set *out);

/* ---- named schemes ------------------------------------------------------------------------- */

/* X(NAME, "name", "template") */
#define SCP_DIVERSIFICATIONS(X)                                             \
    X(NONE, "none", "copy")                                                 \
    X(EMV, "emv", "3des-ecb d[4..9] F0 n d[4..9] 0F n")                     \
    X(VISA2, "visa2", "3des-ecb d[0..1] d[4..7] F0 n d[0..1] d[4..7] 0F n") \
    X(KDF3, "kdf3", "aes-cmac i 000000 n 00 d")                             \
    X(VISA, "visa", "3des-ecb d[0..3] d[8..9] F0 n d[0..3] d[8..9] 0F n")   \
    X(SP800_108, "sp800-108", "aes-cmac i4 n 00 d l4")

enum scp_diversification {
#define SCP_DIVERSIFICATION_ENUM(name, word, text) SCP_DIVERSIFY_##name,
    SCP_DIVERSIFICATIONS(SCP_DIVERSIFICATION_ENUM)
#undef SCP_DIVERSIFICATION_ENUM
};

/* NOT_FOUND for any other text. */
SCP_MUST_USE enum scp_error scp_diversification_from_name(const char *name,
                                                          enum scp_diversification *out);
/* "?" for a number that is no scheme. */
const char *scp_diversification_name(enum scp_diversification scheme);
/* NULL for a number that is no scheme. */
const char *scp_diversification_template(enum scp_diversification scheme);

/* Parse and run the template of a named scheme. OUT_OF_RANGE for a number that is no scheme too. */
SCP_MUST_USE enum scp_error scp_diversify(enum scp_diversification scheme,
                                          const struct scp_key_set *masters,
                                          const uint8_t diversification_data[10],
                                          struct scp_key_set *out);

#endif

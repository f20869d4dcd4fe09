/* Tokens (GPCS C.4): the issuer's signature under one content management command that another
 * party sends (delegated management, or authorized management in another's name).
 *
 * A token covers P1 ‖ P2 ‖ Lc ‖ data, Lc and data without the token and its length; Lc has one
 * byte, or three when the data are longer than 255. Every form of INSTALL but [for
 * personalization], and DELETE of card content, can carry one. [For load, install and make
 * selectable] has one token for both commands, in the second one, over the two inputs one after the
 * other.
 *
 * Both sides read what is covered out of the command itself, so that the bytes that are signed are
 * the bytes that are sent. The issuer:
 *
 *     SCP_TRY(scp_install_command(&install, &data, &apdu));            // no token yet
 *     SCP_TRY(scp_token_parse(&apdu, &token));
 *     SCP_TRY(scp_token_sign(&key, random, &token, 1, &signature));
 *     install.token = scp_written(&signature);
 *     SCP_TRY(scp_install_command(&install, &whole, &apdu));           // then chaining.h
 *
 * The card, with the command that came in (all segments together, P1 of the last):
 *
 *     SCP_TRY(scp_token_parse(&apdu, &token));
 *     SCP_TRY(scp_token_verify(&key, &token, 1));
 *     SCP_TRY(scp_token_binding_parse(token.binding, &binding));
 *     SCP_TRY(scp_token_binding_check(&binding, &identity));
 *
 * A token serves every card whose security domain has the key, again and again, unless a control
 * reference template in what it covers binds it: write one.
 *
 * Nothing is owned: views borrow from the command. */
#ifndef SCP_GP_TOKEN_H
#define SCP_GP_TOKEN_H

#include "scp/crypto/signature.h"
#include "scp/gp/apdu.h"

/* What one command has to do with its token. */
struct scp_token {
    uint8_t p1;
    uint8_t p2;
    struct scp_bytes covered;   /* the data before the token's length (INSTALL) or tag (DELETE) */
    struct scp_bytes binding;   /* value of B6 in them; empty when there is none */
    struct scp_bytes signature; /* the token; empty when there is none */
};

/* From an INSTALL or DELETE command whose data are not segmented; they may be longer than 255
 * bytes. UNSUPPORTED for another instruction; TRUNCATED, TRAILING; MALFORMED (an object behind the
 * token of a DELETE). The rest of the command is for scp_install_parse and scp_delete_parse to
 * judge. */
SCP_MUST_USE enum scp_error scp_token_parse(const struct scp_apdu *command, struct scp_token *out);

/* Append what the token covers. TOO_LONG (in the writer) for more than 65535 bytes of data. */
void scp_put_token_input(struct scp_writer *w, const struct scp_token *token);

/* Append the token for `count` commands: 1, or 2 for the combined form, in their order. What
 * scp_sign gives; NO_SPACE when the commands are longer than SCP_COMMAND_MAX each. */
SCP_MUST_USE enum scp_error scp_token_sign(const struct scp_signature_key *key,
                                           const uint8_t random[SCP_SIGNATURE_RANDOM],
                                           const struct scp_token *commands, size_t count,
                                           struct scp_writer *out);
/* The token in the last of the commands. NOT_FOUND when it has none; what scp_verify gives. */
SCP_MUST_USE enum scp_error scp_token_verify(const struct scp_signature_key *key,
                                             const struct scp_token *commands, size_t count);

/* ---- binding: control reference template for digital signature (tables 11-23, 11-48) ------- */

/* Who a security domain is: the values of GET DATA 42 and 45. */
struct scp_domain_identity {
    struct scp_bytes provider; /* 42: identification number of its provider */
    struct scp_bytes image;    /* 45: image number, of the card or of the security domain */
};

/* The contents of B6; what is empty is not there. */
struct scp_token_binding {
    struct scp_domain_identity domain; /* 42, 45: the one with the Token Verification privilege */
    struct scp_bytes application_provider; /* 5F20: goes into the registry with the new content */
    struct scp_bytes token_id;             /* 93: comes back in the receipt */
};

/* Append the value of B6: what `signature` of struct scp_parameters and scp_delete takes. */
void scp_put_token_binding(struct scp_writer *w, const struct scp_token_binding *binding);
/* The value of B6, also an empty one. TRUNCATED; DUPLICATE; UNSUPPORTED for another tag, because
 * what narrows a token may not be passed over. */
SCP_MUST_USE enum scp_error scp_token_binding_parse(struct scp_bytes value,
                                                    struct scp_token_binding *out);
/* Whether a token of that binding is for this security domain: each number that it states is the
 * domain's own. MISMATCH. Whether a token identifier has been used before is for the caller. */
SCP_MUST_USE enum scp_error scp_token_binding_check(const struct scp_token_binding *binding,
                                                    const struct scp_domain_identity *identity);

#endif

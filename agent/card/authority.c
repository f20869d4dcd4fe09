/* Who may manage card content, and by whose word (GPCS 9.1.3, 9.2.3, 9.4.2). */
#include "agent/card/card.h"
#include "agent/card/registry.h"
#include "scp/base/secret.h"
#include "scp/gp/card_data.h"
#include "scp/gp/token.h"

/* ---- tokens of delegated management -----------------------------------------------------------
 */

/* The domain above `domain` that manages without a token: the root of its sub-hierarchy. */
static const struct card_application *manager_above(const struct card_image *image,
                                                    const struct card_application *domain)
{
    for (size_t depth = 0; depth < CARD_APPLICATIONS_MAX; depth++) {
        const struct card_application *above =
            card_domain_find(image, scp_aid_bytes(&domain->domain));
        if (above == NULL || above == domain)
            return NULL;
        if (card_manages(image, above))
            return above;
        domain = above;
    }
    return NULL;
}

/* The domain in the same sub-hierarchy that has the privilege (GPCS 9.1.3.1, 9.1.3.6). */
static struct card_application *holder_for(const struct card_image *image,
                                           const struct card_application *domain,
                                           enum scp_privilege privilege)
{
    const struct card_application *root = manager_above(image, domain);
    for (size_t i = 0; root != NULL && i < image->application_count; i++) {
        struct card_application *app = image->applications[i];
        if (app->sd != NULL && card_domain_ready(image, app) &&
            scp_privileges_have(app->privileges, privilege) &&
            (app == root || card_governs(image, root, scp_aid_bytes(&app->domain))))
            return app;
    }
    return NULL;
}

/* The key that a domain knows to be its own for this: the one whose usage says so, else by its
 * customary version (GPCS C.1.1). */
static const struct card_key *key_for(const struct card_domain *sd, uint8_t usage, uint8_t kvn)
{
    for (size_t i = 0; i < sd->key_count; i++)
        if (sd->keys[i].usage == usage << 8)
            return &sd->keys[i];
    return card_key_find(sd, kvn, 1);
}

static struct scp_domain_identity identity_of(const struct card_application *domain)
{
    return (struct scp_domain_identity){
        .provider = card_object_get(&domain->objects, SCP_DATA_ISSUER_NUMBER, NULL),
        .image = card_object_get(&domain->objects, SCP_DATA_IMAGE_NUMBER, NULL),
    };
}

static enum scp_error check_binding(const struct card_application *verifier,
                                    const struct scp_token *token)
{
    const struct scp_domain_identity identity = identity_of(verifier);
    struct scp_token_binding binding;
    SCP_TRY(scp_token_binding_parse(token->binding, &binding));
    return scp_token_binding_check(&binding, &identity);
}

/* The token in the last of the commands, over all of them. */
static uint16_t verify(const struct card_application *verifier, const struct scp_token *commands,
                       size_t count)
{
    struct scp_signature_key key;
    enum { KVN_TOKEN = 0x70 };
    const struct card_key *stored =
        verifier == NULL ? NULL : key_for(verifier->sd, SCP_KEY_USAGE_TOKEN, KVN_TOKEN);
    if (stored == NULL || card_signing_key(stored, &key) != SCP_OK)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    for (size_t i = 0; i < count; i++)
        if (check_binding(verifier, &commands[i]) != SCP_OK)
            return SCP_SW_CONDITIONS_NOT_SATISFIED;
    return scp_token_verify(&key, commands, count) == SCP_OK ? SCP_SW_SUCCESS
                                                             : SCP_SW_SECURITY_STATUS;
}

/* The beginning of a combined process has its token in the end of it, which covers both. */
static uint16_t check_token(const struct softcard *card, const struct scp_apdu *apdu)
{
    const struct card_load *load = &card->load;
    const struct scp_apdu begun = {.ins = SCP_INS_INSTALL,
                                   .p1 = SCP_INSTALL_FOR_ALL,
                                   .p2 = SCP_INSTALL_BEGIN,
                                   .data = scp_bytes_of(load->announced, load->announced_len)};
    bool combined = apdu->ins == SCP_INS_INSTALL && apdu->p1 == SCP_INSTALL_FOR_ALL;
    bool ends = combined && apdu->p2 == SCP_INSTALL_END;
    struct scp_token commands[2];
    size_t count = 0;
    if (ends && scp_token_parse(&begun, &commands[count++]) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    struct scp_token *last = &commands[count++];
    if (scp_token_parse(apdu, last) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    if (combined && !ends)
        return last->signature.len == 0 ? SCP_SW_SUCCESS : SCP_SW_WRONG_DATA;
    if (last->signature.len == 0)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    const struct card_application *verifier =
        holder_for(&card->image, card_selected(card), SCP_PRIVILEGE_TOKEN_VERIFICATION);
    return verify(verifier, commands, count);
}

/* ---- authority --------------------------------------------------------------------------------
 */

uint16_t card_authorize(const struct softcard *card, uint8_t functions, const struct scp_apdu *apdu,
                        struct scp_bytes token)
{
    const struct card_application *domain = card_selected(card);
    uint8_t restricted = card->image.restricted | domain->sd->restricted;
    if (!card_domain_ready(&card->image, domain) || (restricted & functions) != 0)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    if (scp_privileges_have(domain->privileges, SCP_PRIVILEGE_AUTHORIZED_MANAGEMENT))
        return token.len == 0 ? SCP_SW_SUCCESS : SCP_SW_WRONG_DATA;
    if (scp_privileges_have(domain->privileges, SCP_PRIVILEGE_DELEGATED_MANAGEMENT))
        return check_token(card, apdu);
    return SCP_SW_CONDITIONS_NOT_SATISFIED;
}

/* ---- receipts (GPCS 11.1.6, C.5) --------------------------------------------------------------
 */

/* Who gives a receipt for what the selected domain did, and the key to sign it; NULL where nobody
 * does, which the policy of an issuer may be. */
static struct card_application *receipt_giver(const struct softcard *card,
                                              struct scp_signature_key *key)
{
    enum { KVN_RECEIPT = 0x71, LAST_COUNTER = 32767 };
    const struct card_application *domain = card_selected(card);
    if (!scp_privileges_have(domain->privileges, SCP_PRIVILEGE_DELEGATED_MANAGEMENT))
        return NULL;
    struct card_application *giver =
        holder_for(&card->image, domain, SCP_PRIVILEGE_RECEIPT_GENERATION);
    const struct card_key *stored =
        giver == NULL ? NULL : key_for(giver->sd, SCP_KEY_USAGE_RECEIPT, KVN_RECEIPT);
    bool able = stored != NULL && giver->sd->confirmations < LAST_COUNTER &&
                card_signing_key(stored, key) == SCP_OK;
    return able ? giver : NULL;
}

/* The identifier of the token, which comes back in the receipt (93 in B6). */
static struct scp_bytes token_id_of(struct scp_bytes signature_template)
{
    struct scp_token_binding binding;
    return scp_token_binding_parse(signature_template, &binding) == SCP_OK ? binding.token_id
                                                                           : SCP_EMPTY;
}

void card_put_confirmation(struct softcard *card, const struct scp_receipt_subject *subject,
                           struct scp_bytes signature_template, struct scp_writer *out)
{
    struct scp_signature_key key;
    uint8_t random[SCP_SIGNATURE_RANDOM];
    struct card_application *giver = receipt_giver(card, &key);
    if (giver == NULL) {
        scp_put_u8(out, 0x00);
        return;
    }
    const struct scp_confirmation_data data = {
        .counter = ++giver->sd->confirmations,
        .domain = identity_of(giver),
        .token_id = token_id_of(signature_template),
    };
    size_t before = out->len;
    card->env.random(card->env.ctx, random, sizeof random);
    if (scp_receipt_generate(&key, random, subject, &data, out) != SCP_OK) {
        out->len = before;
        giver->sd->confirmations--;
        scp_put_u8(out, 0x00);
    }
    scp_wipe(random, sizeof random);
}

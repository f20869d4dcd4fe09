#include "agent/card/card.h"
#include "agent/card/registry.h"

/* ---- ending ---------------------------------------------------------------------------------- */

void card_contexts_end(struct softcard *card)
{
    if (card->load.by == card->at)
        card_load_end(card);
    card_store_end(card);
    card->at->status = (struct card_status_query){.active = false};
}

static void drop_channel(struct softcard *card, enum card_session_state state)
{
    scp_card_channel_fini(&card->at->session.channel);
    card->at->session = (struct card_session){.state = state};
    card_contexts_end(card);
}

void card_session_end(struct softcard *card)
{
    drop_channel(card, CARD_SESSION_NONE);
}

void card_session_abort(struct softcard *card)
{
    drop_channel(card, CARD_SESSION_ABORTED);
}

/* ---- INITIALIZE UPDATE (GPCS E.5.1, Amendment D 7.1.1) ----------------------------------------
 */

/* The domain that serves the selected application: itself, or the one it is associated with. */
static struct card_application *serving_domain(const struct softcard *card)
{
    struct card_application *app = card_selected(card);
    if (app == NULL)
        return NULL;
    return app->sd != NULL ? app : card_domain_find(&card->image, scp_aid_bytes(&app->domain));
}

/* Whether the selected application may use the keys of the version (GPCS 7.5.2): the security
 * domain that owns them, or another on whose behalf it speaks. */
static bool accessible(const struct card_domain *sd, uint8_t kvn, bool owner_selected)
{
    uint8_t refused = owner_selected ? SCP_KEY_ACCESS_APPLICATIONS : SCP_KEY_ACCESS_DOMAIN;
    for (uint8_t id = 1; id <= 3; id++) {
        const struct card_key *key = card_key_find(sd, kvn, id);
        if (key != NULL && key->access == refused)
            return false;
    }
    return true;
}

/* The key version that P1 names; 0 lets the card choose its first one that is not locked. */
static struct card_key_version *version_for(const struct softcard *card,
                                            const struct card_application *owner, uint8_t kvn)
{
    const struct card_domain *sd = owner->sd;
    bool owner_selected = card_selected(card) == owner;
    struct card_key_version *locked = NULL;
    for (size_t i = 0; i < sd->version_count; i++) {
        struct card_key_version *version = &sd->versions[i];
        bool usable = (kvn == 0 || version->kvn == kvn) &&
                      card_key_version_serves(sd, version->kvn) &&
                      accessible(sd, version->kvn, owner_selected);
        if (usable && version->failed < card->image.traits.tries)
            return version;
        if (usable && locked == NULL)
            locked = version;
    }
    return locked;
}

/* The counter that the session uses. SCP03 counts here and with a pseudo-random challenge only
 * (Amendment D 6.2.2.1); SCP02 counts when a session is authenticated (GPCS E.1.2.3). */
static uint16_t take_counter(const struct card_domain *sd, struct card_key_version *version)
{
    uint32_t max = sd->protocol == SCP_PROTOCOL_03 ? CARD_COUNTER_MAX_03 : CARD_COUNTER_MAX_02;
    if (version->counter >= max)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    if (sd->protocol == SCP_PROTOCOL_03 && scp_challenge_predictable(SCP_PROTOCOL_03, sd->i))
        version->counter++;
    return SCP_SW_SUCCESS;
}

static uint16_t initialize(struct softcard *card, const struct card_application *owner,
                           struct card_key_version *version, struct scp_bytes host_challenge,
                           struct scp_writer *out)
{
    struct card_session *session = &card->at->session;
    struct scp_card_channel_setup setup = {
        .protocol = (enum scp_protocol)owner->sd->protocol,
        .i = owner->sd->i,
        .kvn = version->kvn,
        .counter = version->counter,
        .aid = scp_aid_bytes(&card->at->selected),
    };
    struct scp_writer w =
        scp_writer_on(setup.diversification_data, sizeof setup.diversification_data);
    scp_put(&w, SCP_BYTES(card->image.traits.diversification_data));
    card->env.random(card->env.ctx, setup.random_challenge, sizeof setup.random_challenge);
    struct scp_key_set keys = {0};
    enum scp_error error = card_key_set(owner->sd, version->kvn, &keys);
    if (error == SCP_OK)
        error = scp_card_channel_initialize(&session->channel, &setup, &keys, host_challenge, out);
    scp_wipe(&keys, sizeof keys);
    if (error != SCP_OK)
        return card_sw_of(error);
    session->state = CARD_SESSION_INITIALIZED;
    session->key_owner = owner->aid;
    session->kvn = version->kvn;
    return SCP_SW_SUCCESS;
}

uint16_t card_cmd_initialize_update(struct softcard *card, const struct scp_apdu *apdu,
                                    struct scp_writer *out)
{
    card_session_end(card);
    struct card_application *domain = serving_domain(card);
    struct card_application *owner = domain == NULL ? NULL : card_key_owner(&card->image, domain);
    if (owner == NULL || card_isd(&card->image)->state == SCP_CARD_TERMINATED)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    bool s16 = owner->sd->protocol == SCP_PROTOCOL_03 && (owner->sd->i & 0x01) != 0;
    if (apdu->data.len != (s16 ? 16u : 8u))
        return SCP_SW_WRONG_LENGTH;
    if (apdu->p2 != 0)
        return SCP_SW_WRONG_P1_P2;
    struct card_key_version *version = version_for(card, owner, apdu->p1);
    if (version == NULL)
        return SCP_SW_DATA_NOT_FOUND;
    if (version->failed >= card->image.traits.tries)
        return SCP_SW_AUTHENTICATION_BLOCKED;
    uint16_t sw = take_counter(owner->sd, version);
    return sw == SCP_SW_SUCCESS ? initialize(card, owner, version, apdu->data, out) : sw;
}

/* ---- EXTERNAL AUTHENTICATE (GPCS E.5.2, Amendment D 7.1.2) ------------------------------------
 */

/* A try is counted before anything is verified: who cuts the power in between gains none. */
static uint16_t count_try(struct softcard *card, struct card_key_version *version)
{
    version->failed++;
    if (card->image.failed < UINT8_MAX)
        card->image.failed++;
    return card_commit(card);
}

/* Too many failures in a row, under whatever keys, end the card where its profile says so (GPCS
 * 9.6.7, 5.1.1.5). */
static uint16_t failed_try(struct softcard *card)
{
    struct card_image *image = &card->image;
    if (image->traits.terminate_after != 0 && image->failed >= image->traits.terminate_after)
        card_isd(image)->state = SCP_CARD_TERMINATED;
    return SCP_SW_AUTHENTICATION_FAILED;
}

static uint16_t good_try(struct softcard *card, const struct card_application *owner,
                         struct card_key_version *version)
{
    card->at->session.state = CARD_SESSION_OPEN;
    card->image.failed = 0;
    version->failed = 0;
    if (owner->sd->protocol == SCP_PROTOCOL_02)
        version->counter++;
    return SCP_SW_SUCCESS;
}

/* The command was none that is verified, so nothing was tried. */
static uint16_t no_try(struct softcard *card, struct card_key_version *version,
                       uint8_t failed_before, enum scp_error error)
{
    version->failed--;
    card->image.failed = failed_before;
    uint16_t sw = card_commit(card);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    return error == SCP_OUT_OF_RANGE ? SCP_SW_WRONG_P1_P2 : card_sw_of(error);
}

static uint16_t authenticate(struct softcard *card, struct scp_bytes command)
{
    struct card_session *session = &card->at->session;
    struct card_application *owner =
        card_domain_find(&card->image, scp_aid_bytes(&session->key_owner));
    struct card_key_version *version =
        owner == NULL ? NULL : card_key_version_find(owner->sd, session->kvn);
    if (session->state != CARD_SESSION_INITIALIZED || version == NULL) /* keys gone meanwhile */
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    if (version->failed >= card->image.traits.tries)
        return SCP_SW_AUTHENTICATION_BLOCKED;
    uint8_t failed_before = card->image.failed;
    uint16_t sw = count_try(card, version);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    enum scp_error error = scp_card_channel_authenticate(&session->channel, command);
    if (error == SCP_OK)
        return good_try(card, owner, version);
    if (error == SCP_BAD_CRYPTOGRAM || error == SCP_BAD_MAC)
        return failed_try(card);
    return no_try(card, version, failed_before, error);
}

uint16_t card_external_authenticate(struct softcard *card, struct scp_bytes command)
{
    uint16_t sw = authenticate(card, command);
    if (sw != SCP_SW_SUCCESS)
        card_session_end(card);
    return sw;
}

/* ---- the data encryption key ------------------------------------------------------------------
 */

enum scp_error card_decrypt(const struct softcard *card, struct scp_bytes cipher, uint8_t *out)
{
    if (card->at->session.state != CARD_SESSION_OPEN)
        return SCP_STATE;
    return scp_card_channel_dek_decrypt(&card->at->session.channel, cipher, out);
}

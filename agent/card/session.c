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

/* The key version that P1 names; 0 lets the card choose its first one. */
static struct card_key_version *version_for(const struct card_domain *sd, uint8_t kvn)
{
    for (size_t i = 0; i < sd->version_count; i++)
        if ((kvn == 0 || sd->versions[i].kvn == kvn) &&
            card_key_version_serves(sd, sd->versions[i].kvn))
            return &sd->versions[i];
    return NULL;
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
    struct card_key_version *version = version_for(owner->sd, apdu->p1);
    if (version == NULL)
        return SCP_SW_DATA_NOT_FOUND;
    if (version->failed >= card->image.traits.tries)
        return SCP_SW_AUTHENTICATION_BLOCKED;
    uint16_t sw = take_counter(owner->sd, version);
    return sw == SCP_SW_SUCCESS ? initialize(card, owner, version, apdu->data, out) : sw;
}

/* ---- EXTERNAL AUTHENTICATE (GPCS E.5.2, Amendment D 7.1.2) ------------------------------------
 */

uint16_t card_external_authenticate(struct softcard *card, struct scp_bytes command)
{
    struct card_session *session = &card->at->session;
    if (session->state != CARD_SESSION_INITIALIZED) {
        card_session_end(card);
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    }
    struct card_application *owner =
        card_domain_find(&card->image, scp_aid_bytes(&session->key_owner));
    struct card_key_version *version =
        owner == NULL ? NULL : card_key_version_find(owner->sd, session->kvn);
    if (version == NULL) { /* gone by a command on another logical channel */
        card_session_end(card);
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    }
    /* Counted before it is verified: who cuts the power in between gains no try. */
    version->failed++;
    uint16_t sw = card_commit(card);
    if (sw != SCP_SW_SUCCESS) {
        card_session_end(card);
        return sw;
    }
    enum scp_error error = scp_card_channel_authenticate(&session->channel, command);
    if (error == SCP_OK) {
        session->state = CARD_SESSION_OPEN;
        version->failed = 0;
        if (owner->sd->protocol == SCP_PROTOCOL_02)
            version->counter++;
        return SCP_SW_SUCCESS;
    }
    card_session_end(card);
    if (error == SCP_BAD_CRYPTOGRAM || error == SCP_BAD_MAC)
        return SCP_SW_AUTHENTICATION_FAILED;
    version->failed--; /* nothing was tried */
    sw = card_commit(card);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    return error == SCP_OUT_OF_RANGE ? SCP_SW_WRONG_P1_P2 : card_sw_of(error);
}

/* ---- the data encryption key ------------------------------------------------------------------
 */

enum scp_error card_decrypt(const struct softcard *card, struct scp_bytes cipher, uint8_t *out)
{
    if (card->at->session.state != CARD_SESSION_OPEN)
        return SCP_STATE;
    return scp_card_channel_dek_decrypt(&card->at->session.channel, cipher, out);
}

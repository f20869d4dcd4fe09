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

/* What a session of the selected application is made of. */
static struct scp_card_channel_setup setup_for(const struct softcard *card,
                                               const struct card_application *owner,
                                               const struct card_key_version *version)
{
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
    return setup;
}

static void begin(struct card_session *session, enum card_session_state state,
                  const struct card_application *owner, uint8_t kvn)
{
    session->state = state;
    session->key_owner = owner->aid;
    session->kvn = kvn;
}

static uint16_t initialize(struct softcard *card, const struct card_application *owner,
                           struct card_key_version *version, struct scp_bytes host_challenge,
                           struct scp_writer *out)
{
    struct card_session *session = &card->at->session;
    struct scp_card_channel_setup setup = setup_for(card, owner, version);
    struct scp_key_set keys = {0};
    enum scp_error error = card_key_set(owner->sd, version->kvn, &keys);
    if (error == SCP_OK)
        error = scp_card_channel_initialize(&session->channel, &setup, &keys, host_challenge, out);
    scp_wipe(&keys, sizeof keys);
    if (error != SCP_OK)
        return card_sw_of(error);
    begin(session, CARD_SESSION_INITIALIZED, owner, version->kvn);
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
    enum scp_protocol protocol = (enum scp_protocol)owner->sd->protocol;
    if (scp_option_implicit(protocol, owner->sd->i)) { /* has no such command (GPCS table E-4) */
        card_session_listen(card);
        return SCP_SW_INS_NOT_SUPPORTED;
    }
    if (apdu->data.len != scp_host_challenge_len(protocol, owner->sd->i))
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

/* The keys of the session; NULL when they are gone. */
static struct card_key_version *version_of(const struct softcard *card)
{
    const struct card_session *session = &card->at->session;
    const struct card_application *owner =
        card_domain_find(&card->image, scp_aid_bytes(&session->key_owner));
    return owner == NULL ? NULL : card_key_version_find(owner->sd, session->kvn);
}

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

static uint16_t good_try(struct softcard *card, struct card_key_version *version)
{
    struct card_session *session = &card->at->session;
    session->state = CARD_SESSION_OPEN;
    card->image.failed = 0;
    version->failed = 0;
    if (session->channel.ch.params.protocol == SCP_PROTOCOL_02)
        version->counter++; /* by one, whatever other logical channels do with the same keys */
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
    struct card_key_version *version = version_of(card);
    /* Another channel may have taken the keys away, or ended the card, meanwhile. */
    if (session->state != CARD_SESSION_INITIALIZED || version == NULL ||
        card_isd(&card->image)->state == SCP_CARD_TERMINATED)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    if (version->failed >= card->image.traits.tries)
        return SCP_SW_AUTHENTICATION_BLOCKED;
    uint8_t failed_before = card->image.failed;
    uint16_t sw = count_try(card, version);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    enum scp_error error = scp_card_channel_authenticate(&session->channel, command);
    if (error == SCP_OK)
        return good_try(card, version);
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

/* ---- implicit initiation (GPCS E.1.2.2, E.1.6) ------------------------------------------------
 */

void card_session_listen(struct softcard *card)
{
    struct card_application *domain = serving_domain(card);
    struct card_application *owner = domain == NULL ? NULL : card_key_owner(&card->image, domain);
    if (owner == NULL || !scp_option_implicit((enum scp_protocol)owner->sd->protocol, owner->sd->i))
        return;
    struct card_key_version *version = version_for(card, owner, 0);
    if (version == NULL || version->failed >= card->image.traits.tries ||
        version->counter >= CARD_COUNTER_MAX_02)
        return;
    struct card_session *session = &card->at->session;
    struct scp_card_channel_setup setup = setup_for(card, owner, version);
    struct scp_key_set keys = {0};
    enum scp_error error = card_key_set(owner->sd, version->kvn, &keys);
    if (error == SCP_OK)
        error = scp_card_channel_listen(&session->channel, &setup, &keys);
    scp_wipe(&keys, sizeof keys);
    if (error == SCP_OK)
        begin(session, CARD_SESSION_LISTENING, owner, version->kvn);
}

static bool is_implicit(const struct card_session *session)
{
    const struct scp_channel_params *params = &session->channel.ch.params;
    return scp_option_implicit(params->protocol, params->i);
}

/* ---- commands of a session --------------------------------------------------------------------
 */

bool card_session_runs(const struct softcard *card)
{
    enum card_session_state state = card->at->session.state;
    return state == CARD_SESSION_OPEN || state == CARD_SESSION_LISTENING;
}

static uint16_t failed_opening(struct softcard *card, struct card_key_version *version)
{
    uint16_t sw = count_try(card, version);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    (void)failed_try(card); /* answers 6300 to EXTERNAL AUTHENTICATE alone */
    sw = card_commit(card);
    return sw == SCP_SW_SUCCESS ? SCP_SW_SECURITY_STATUS : sw;
}

/* An error of secure messaging. What opens implicitly may be opened again at once, but each opening
 * that failed was a try. */
static uint16_t refuse(struct softcard *card, bool opening)
{
    bool implicit = is_implicit(&card->at->session);
    struct card_key_version *version = version_of(card);
    card_session_abort(card);
    uint16_t sw = SCP_SW_SECURITY_STATUS;
    if (opening && version != NULL)
        sw = failed_opening(card, version);
    else
        sw = card_settle(card, sw);
    if (implicit)
        card_session_listen(card);
    return sw;
}

/* The first C-MAC of an implicit session was right: it is counted before the command runs. */
static uint16_t opened(struct softcard *card)
{
    struct card_session *session = &card->at->session;
    struct card_key_version *version = version_of(card);
    if (version == NULL)
        return SCP_SW_SECURITY_STATUS;
    session->state = CARD_SESSION_OPEN;
    version->counter++;
    version->failed = 0;
    card->image.failed = 0;
    return card_commit(card);
}

/* What is about to be opened uses keys and counter as they are now: a session on another logical
 * channel, or PUT KEY, may have changed them since this one began to listen. */
static bool listen_anew(struct softcard *card)
{
    const struct card_key_version *version = version_of(card);
    if (version != NULL && version->counter == scp_card_channel_counter(&card->at->session.channel))
        return true;
    card_session_end(card);
    card_session_listen(card);
    return card->at->session.state == CARD_SESSION_LISTENING;
}

uint16_t card_session_receive(struct softcard *card, const struct scp_apdu *command,
                              struct scp_apdu *plain, struct scp_writer *data)
{
    struct scp_card_channel *channel = &card->at->session.channel;
    bool opening = channel->listening && (command->cla & SCP_CLA_SECURE) != 0;
    if (opening && !listen_anew(card))
        return SCP_SW_SECURITY_STATUS;
    if (scp_card_channel_receive_long(channel, command, plain, data) != SCP_OK)
        return refuse(card, opening);
    uint16_t sw = opening ? opened(card) : SCP_SW_SUCCESS;
    if (sw != SCP_SW_SUCCESS)
        card_session_end(card);
    return sw;
}

uint16_t card_cmd_r_mac_session(struct softcard *card, const struct scp_apdu *apdu,
                                struct scp_writer *out)
{
    const struct scp_card_channel *channel = &card->at->session.channel;
    enum scp_error error = apdu->ins == SCP_INS_BEGIN_R_MAC
                               ? scp_card_channel_begin_r_mac(channel)
                               : scp_card_channel_end_r_mac(channel, out);
    switch (error) {
    case SCP_OK:
        return SCP_SW_SUCCESS;
    case SCP_STATE:
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    case SCP_OUT_OF_RANGE:
        return SCP_SW_WRONG_P1_P2;
    case SCP_UNSUPPORTED:
        return SCP_SW_INS_NOT_SUPPORTED;
    default:
        return SCP_SW_WRONG_DATA;
    }
}

/* ---- the data encryption key ------------------------------------------------------------------
 */

enum scp_error card_decrypt(const struct softcard *card, struct scp_bytes cipher, uint8_t *out)
{
    if (card->at->session.state != CARD_SESSION_OPEN)
        return SCP_STATE;
    return scp_card_channel_dek_decrypt(&card->at->session.channel, cipher, out);
}

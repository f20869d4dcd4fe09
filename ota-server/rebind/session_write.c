/* From a plan to the next script. */
#include "ota-server/rebind/session_build.h"
#include "scp/crypto/hash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- commands ----------------------------------------------------------------------------- */

static enum scp_error add_to_script(struct session_build *b, struct scp_bytes apdu,
                                    const struct session_accepts *accepts, struct scp_bytes guard)
{
    struct scp_script_command entry = {.apdu = apdu, .guard = guard};
    if (accepts != NULL && b->script.extended) {
        entry.accept_count = accepts->count;
        memcpy(entry.accepts, accepts->match, sizeof entry.accepts);
    }
    scp_script_add(&b->script, &entry);
    return scp_writer_status(&b->script.body);
}

static enum scp_error check(struct session_build *b, const struct scp_apdu *command, bool wrapped)
{
    struct protect_rules rules = b->materials->protect;
    rules.isd = &b->session->card.domains[PLAN_CHANNEL_ISSUER].aid;
    return protect_check(&rules, &b->protect, command, wrapped, &b->why);
}

enum scp_error session_emit(struct session_build *b, const struct scp_apdu *command,
                            const struct session_accepts *accepts)
{
    uint8_t buffer[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    SCP_TRY(check(b, command, true));
    SCP_TRY(scp_channel_wrap(&b->channel, command, &w));
    SCP_TRY(scp_writer_status(&w));
    b->commands++;
    return add_to_script(b, scp_written(&w), accepts, SCP_EMPTY);
}

enum scp_error session_emit_plain(struct session_build *b, const struct scp_apdu *command,
                                  const struct session_accepts *accepts)
{
    uint8_t buffer[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    SCP_TRY(check(b, command, false));
    scp_put_apdu(&w, command);
    SCP_TRY(scp_writer_status(&w));
    b->commands++;
    return add_to_script(b, scp_written(&w), accepts, SCP_EMPTY);
}

/* ---- opening a leg ------------------------------------------------------------------------ */

static struct session_leg *leg_of(const struct session_build *b)
{
    return &b->session->legs[b->session->leg_count - 1];
}

static struct session_domain *domain_of(const struct session_build *b)
{
    return &b->session->card.domains[leg_of(b)->channel];
}

static enum scp_error write_select(struct session_build *b)
{
    const struct scp_apdu select = {
        .ins = 0xA4, .p1 = 0x04, .data = scp_aid_bytes(&domain_of(b)->aid), .le = 0};
    leg_of(b)->has_select = true;
    return session_emit_plain(b, &select, NULL);
}

/* Each opening has a host challenge of its own. */
static enum scp_error begin_channel(struct session_build *b, struct scp_writer *apdu)
{
    struct session *s = b->session;
    const struct scp_channel_params params = session_params(domain_of(b));
    uint8_t input[SESSION_SEED_SIZE + 4];
    uint8_t digest[32];
    memcpy(input, s->seed, sizeof s->seed);
    scp_store_u32(input + SESSION_SEED_SIZE, s->openings++);
    SCP_TRY(scp_sha256(SCP_BYTES(input), digest));
    SCP_TRY(scp_channel_begin(&b->channel, &params,
                              scp_bytes_of(digest, session_challenge_len(domain_of(b))), apdu));
    leg_of(b)->has_init_update = true;
    return scp_writer_status(apdu);
}

/* The answer that INITIALIZE UPDATE will get, and its guard. */
static enum scp_error predict(struct session_build *b, uint32_t counter, struct scp_writer *answer,
                              uint8_t guard[SCP_GUARD_SIZE])
{
    const struct session_domain *domain = domain_of(b);
    struct scp_session_context context = b->channel.session;
    context.kvn = domain->kvn;
    context.counter = counter;
    memcpy(context.diversification_data, domain->diversification_data,
           sizeof context.diversification_data);
    SCP_TRY(scp_channel_predict(&b->keys->keys[leg_of(b)->channel], &context,
                                scp_aid_bytes(&domain->aid), answer));
    SCP_TRY(scp_writer_status(answer));
    return scp_sha256(scp_written(answer), guard);
}

static enum scp_error write_authenticate(struct session_build *b)
{
    uint8_t apdu[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    SCP_TRY(scp_channel_authenticate(&b->channel, &w));
    SCP_TRY(scp_writer_status(&w));
    leg_of(b)->has_authenticate = true;
    leg_of(b)->at = b->channel;
    protect_begin(&b->protect, domain_of(b)->kvn);
    b->session->phase = SESSION_RUNNING;
    return add_to_script(b, scp_written(&w), NULL, SCP_EMPTY);
}

/* Note that commands go out under this counter. */
static void give_out(struct session_domain *domain, uint32_t counter)
{
    if (session_predictable(domain) && counter >= domain->unused_from)
        domain->unused_from = counter + 1;
}

/* A leg that is whole before the card is seen. */
static enum scp_error write_prepared(struct session_build *b)
{
    struct session_domain *domain = domain_of(b);
    enum plan_channel channel = leg_of(b)->channel;
    uint32_t counter = session_next_counter(domain) + b->ahead[channel];
    uint8_t apdu[SCP_APDU_MAX];
    uint8_t predicted[SCP_INIT_UPDATE_RESPONSE_MAX];
    uint8_t guard[SCP_GUARD_SIZE];
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    struct scp_writer answer = scp_writer_on(predicted, sizeof predicted);

    SCP_TRY(write_select(b));
    SCP_TRY(begin_channel(b, &w));
    SCP_TRY(predict(b, counter, &answer, guard));
    SCP_TRY(scp_channel_open(&b->channel, &b->keys->keys[channel], scp_written(&answer)));
    SCP_TRY(add_to_script(b, scp_written(&w), NULL, SCP_BYTES(guard)));
    SCP_TRY(write_authenticate(b));
    give_out(domain, counter);
    b->ahead[channel]++;
    return SCP_OK;
}

/* What the card will answer is not known: the script ends here, behind the legs before. */
static enum scp_error write_question(struct session_build *b)
{
    uint8_t apdu[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    if (b->script.extended)
        SCP_TRY(write_select(b));
    SCP_TRY(begin_channel(b, &w));
    SCP_TRY(add_to_script(b, scp_written(&w), NULL, SCP_EMPTY));
    leg_of(b)->at = b->channel;
    b->session->phase = SESSION_OPENING;
    return SCP_OK;
}

/* The card has answered, and the answer was verified. Where its counter must be spent nothing comes
 * behind the authentication. */
static enum scp_error write_go_on(struct session_build *b, bool *ready)
{
    struct session *s = b->session;
    struct session_domain *domain = domain_of(b);
    uint32_t counter = s->channel.session.counter;
    b->channel = s->channel;
    *ready = !session_must_spend(s);
    if (*ready && domain->protocol == SCP_PROTOCOL_02)
        give_out(domain, counter);
    b->ahead[leg_of(b)->channel] += domain->protocol == SCP_PROTOCOL_02;
    return write_authenticate(b);
}

static bool can_prepare(const struct session_build *b, const struct session_domain *domain)
{
    uint32_t counter = session_next_counter(domain) + b->ahead[leg_of(b)->channel];
    return b->script.extended && domain->counter_known && session_predictable(domain) &&
           counter >= domain->unused_from;
}

/* Open the last leg. `ready`: steps may follow. */
static enum scp_error open_leg(struct session_build *b, bool *ready)
{
    struct session *s = b->session;
    struct session_leg *leg = leg_of(b);
    bool first = s->leg_count == 1;
    *ready = true;
    if (leg->channel == PLAN_CHANNEL_NONE)
        return SCP_OK;
    if (!domain_of(b)->present)
        return SCP_NOT_FOUND;
    bool open = first && s->open == leg->channel;
    if (open && s->phase == SESSION_RUNNING) {
        b->channel = leg->at = s->channel;
        protect_begin(&b->protect, domain_of(b)->kvn);
        return SCP_OK;
    }
    if (open && s->phase == SESSION_OPENED)
        return write_go_on(b, ready);
    s->open = leg->channel;
    if (can_prepare(b, domain_of(b)))
        return write_prepared(b);
    *ready = false;
    if (first || b->script.extended)
        return write_question(b);
    return SCP_NO_SPACE; /* a script of the standard has one target */
}

/* ---- steps -------------------------------------------------------------------------------- */

static const struct plan_step *next_step(const struct session_build *b)
{
    const struct session *s = b->session;
    size_t next = s->next_step + b->steps;
    return next < s->plan.count ? &s->plan.steps[next] : NULL;
}

/* A step for another domain is another leg's, and so is one behind plain commands: they selected an
 * application, which ended the channel. */
static bool belongs(const struct session_build *b, const struct plan_step *step)
{
    if (step->channel == PLAN_CHANNEL_NONE)
        return true;
    return step->channel == leg_of(b)->channel && b->session->phase == SESSION_RUNNING;
}

/* What one step wrote is taken back when the whole step does not fit, so that scripts are cut at
 * step boundaries. */
static enum scp_error write_step(struct session_build *b, const struct plan_step *step)
{
    struct scp_script_writer script_before = b->script;
    struct scp_channel channel_before = b->channel;
    struct protect_state protect_before = b->protect;
    b->commands = 0;
    enum scp_error error = session_step_write(b, step);
    if (error == SCP_OK) {
        b->session->step_commands[b->steps++] = b->commands;
        leg_of(b)->steps++;
        if (step->channel == PLAN_CHANNEL_NONE)
            b->session->phase = SESSION_CLOSED;
    } else {
        b->script = script_before;
        b->channel = channel_before;
        b->protect = protect_before;
    }
    scp_channel_fini(&channel_before);
    return error;
}

/* `goes_on`: another leg may follow. */
static enum scp_error write_steps(struct session_build *b, bool *goes_on)
{
    const struct plan_step *step;
    *goes_on = false;
    while ((step = next_step(b)) != NULL && belongs(b, step)) {
        enum scp_error error = write_step(b, step);
        if (error == SCP_NO_SPACE && leg_of(b)->steps > 0)
            return SCP_OK;
        SCP_TRY(error);
        if (step->kind == PLAN_STEP_READ)
            return SCP_OK; /* what comes after depends on what is read */
    }
    *goes_on = step != NULL;
    return SCP_OK;
}

static enum scp_error write_leg(struct session_build *b, bool *goes_on)
{
    struct session *s = b->session;
    bool ready;
    s->legs[s->leg_count++] = (struct session_leg){.channel = next_step(b)->channel};
    *goes_on = false;
    SCP_TRY(open_leg(b, &ready));
    return ready ? write_steps(b, goes_on) : SCP_OK;
}

/* Legs until the plan or the script is at its end. One that does not fit behind others is taken
 * back whole. */
static enum scp_error write_legs(struct session_build *b)
{
    struct session *s = b->session;
    bool goes_on = next_step(b) != NULL;
    while (goes_on && s->leg_count < SESSION_LEGS_MAX) {
        struct session session_before = *s;
        struct session_build before = *b;
        enum scp_error error = write_leg(b, &goes_on);
        bool taken_back = error == SCP_NO_SPACE && session_before.leg_count > 0;
        if (taken_back) {
            *s = session_before;
            *b = before;
            goes_on = false;
        }
        session_fini(&session_before);
        scp_channel_fini(&before.channel);
        if (error != SCP_OK && !taken_back)
            return error == SCP_NO_SPACE ? SCP_TOO_LONG : error;
    }
    return SCP_OK;
}

enum scp_error session_write(struct session *s, const struct session_keys *keys,
                             const struct session_materials *materials,
                             const struct session_peer *peer, struct scp_writer *script,
                             const char **why)
{
    assert(s->phase != SESSION_OPENING);
    size_t limit = peer->script_limit != 0 ? peer->script_limit : SCP_SCRIPT_MAX;
    uint8_t *body = malloc(limit);
    if (body == NULL)
        return SCP_NO_MEMORY;
    struct session_build b = {.session = s, .keys = keys, .materials = materials};
    s->leg_count = 0;
    scp_script_begin(&b.script, peer->guard && peer->targets, body, limit);
    enum scp_error error = write_legs(&b);
    if (error == SCP_OK)
        error = scp_script_finish(&b.script, script);
    *why = b.why;
    scp_channel_fini(&b.channel);
    scp_channel_fini(&s->channel);
    free(body);
    return error;
}

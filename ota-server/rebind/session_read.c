/* From a script and its responses to what they prove. */
#include "ota-server/rebind/session_build.h"

#include <string.h>

enum { SW_OK = 0x9000, SW_AUTHENTICATION_FAILED = 0x6300 };

/* A walk along a script and its responses. */
struct walk {
    struct session *session;
    const struct session_keys *keys;
    const struct session_exchange *exchange;
    struct card_content *content;
    struct session_result *result;
    struct scp_script_reader script;
    struct scp_response_reader responses;
    const struct session_leg *leg;
};

/* One command of the script with its answer. */
struct pair {
    struct scp_script_command command;
    struct scp_response response;
    struct scp_bytes raw; /* the response, status word included */
};

/* The next pair; false when the responses end, which sets the outcome. */
static enum scp_error next_pair(struct walk *walk, struct pair *pair, bool *present)
{
    *present = false;
    SCP_TRY(scp_script_next(&walk->script, &pair->command));
    enum scp_error error = walk->exchange->responses.len == 0
                               ? SCP_NOT_FOUND
                               : scp_responses_next(&walk->responses, &pair->raw);
    if (error == SCP_NOT_FOUND) {
        walk->result->outcome = SESSION_INTERRUPTED;
        return SCP_OK;
    }
    SCP_TRY(error);
    SCP_TRY(scp_response_parse(pair->raw, &pair->response));
    *present = true;
    return SCP_OK;
}

static bool stop(struct walk *walk, enum session_outcome outcome, uint16_t sw)
{
    walk->result->outcome = outcome;
    walk->result->sw = sw;
    return false;
}

/* ---- opening ------------------------------------------------------------------------------ */

static struct session_domain *domain_of(const struct walk *walk)
{
    return &walk->session->card.domains[walk->leg->channel];
}

/* The card answered something else than foretold, or nothing was foretold: open from the real
 * bytes. */
static bool open_from(struct walk *walk, struct scp_bytes answer)
{
    struct session *s = walk->session;
    const struct scp_channel_params params = session_params(domain_of(walk));
    uint8_t challenge[sizeof s->channel.session.host_challenge];
    uint8_t unused[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(unused, sizeof unused);
    memcpy(challenge, walk->leg->at.session.host_challenge, sizeof challenge);
    scp_channel_fini(&s->channel);
    enum scp_error error = scp_channel_begin(
        &s->channel, &params, scp_bytes_of(challenge, session_challenge_len(domain_of(walk))), &w);
    if (error == SCP_OK)
        error = scp_channel_open(&s->channel, &walk->keys->keys[walk->leg->channel], answer);
    if (error != SCP_OK) {
        bool keys_differ = error == SCP_BAD_CRYPTOGRAM || error == SCP_MISMATCH;
        return stop(walk, keys_differ ? SESSION_WRONG_KEYS : SESSION_FORGED, SW_OK);
    }
    s->phase = SESSION_OPENED;
    walk->result->shown[walk->leg->channel].opened = true;
    return true;
}

static void set_counter(struct walk *walk, uint32_t counter)
{
    struct session_domain *domain = domain_of(walk);
    struct session_shown *shown = &walk->result->shown[walk->leg->channel];
    shown->counter_seen = domain->counter_known = true;
    shown->counter = domain->counter = counter;
}

/* What the card says its counter is: believed only after the cryptogram has verified. */
static void see_counter(struct walk *walk, struct scp_bytes answer)
{
    struct scp_init_update parsed;
    if (scp_init_update_parse(answer, &parsed) == SCP_OK && parsed.has_counter)
        set_counter(walk, parsed.counter);
}

/* The real answer was taken: what to do with the channel that it opens. Behind a guard that did not
 * hold somebody else had a session with the card, so its content must be read again. SCP03 has
 * spent its counter with the answer. */
static void go_on_from(struct walk *walk, bool guarded)
{
    struct session *s = walk->session;
    walk->result->outcome = SESSION_CONTINUE;
    if (guarded) {
        walk->content->known = false;
        walk->result->outcome = SESSION_REPLAN;
    }
    if (domain_of(walk)->protocol == SCP_PROTOCOL_03 && session_must_spend(s)) {
        scp_channel_fini(&s->channel);
        s->phase = SESSION_CLOSED;
    }
}

/* False in `goes_on` when the walk ends here. */
static enum scp_error read_init_update(struct walk *walk, const struct pair *pair, bool *goes_on)
{
    bool guarded = pair->command.guard.len != 0;
    bool held = false;

    *goes_on = false;
    if (pair->response.sw != SW_OK) {
        stop(walk, SESSION_NO_KEYS, pair->response.sw);
        return SCP_OK;
    }
    SCP_TRY(scp_script_guard_holds(&pair->command, pair->response.data, &held));
    if (guarded && held) {
        see_counter(walk, pair->response.data);
        walk->result->shown[walk->leg->channel].opened = true;
        *goes_on = true;
        return SCP_OK;
    }
    if (!open_from(walk, pair->response.data))
        return SCP_OK;
    see_counter(walk, pair->response.data);
    go_on_from(walk, guarded);
    return SCP_OK;
}

/* Nothing was written behind an authentication that only spends the counter. */
static bool read_authenticate(struct walk *walk, const struct pair *pair)
{
    uint16_t sw = pair->response.sw;
    if (sw == SW_AUTHENTICATION_FAILED)
        return stop(walk, SESSION_REFUSED, sw);
    if (sw != SW_OK)
        return stop(walk, SESSION_STOPPED, sw);
    struct session *s = walk->session;
    bool spent = walk->leg->steps == 0;
    /* SCP02 counts sessions that authenticated (GPCS E.1.2.2). */
    if (domain_of(walk)->protocol == SCP_PROTOCOL_02)
        set_counter(walk, s->channel.session.counter + 1);
    if (!spent)
        return true;
    scp_channel_fini(&s->channel);
    s->phase = SESSION_CLOSED;
    return stop(walk, SESSION_CONTINUE, sw);
}

/* SELECT, INITIALIZE UPDATE, EXTERNAL AUTHENTICATE: whichever of them the leg has. */
static enum scp_error read_opening(struct walk *walk, bool *goes_on)
{
    const struct session_leg *leg = walk->leg;
    struct pair pair;
    *goes_on = true;
    if (leg->has_select) {
        SCP_TRY(next_pair(walk, &pair, goes_on));
        if (*goes_on && !scp_script_accepts(&pair.command, pair.response.sw))
            *goes_on = stop(walk, SESSION_STOPPED, pair.response.sw);
    }
    if (*goes_on && leg->has_init_update) {
        SCP_TRY(next_pair(walk, &pair, goes_on));
        if (*goes_on)
            SCP_TRY(read_init_update(walk, &pair, goes_on));
    }
    if (*goes_on && leg->has_authenticate) {
        SCP_TRY(next_pair(walk, &pair, goes_on));
        if (*goes_on)
            *goes_on = read_authenticate(walk, &pair);
    }
    return SCP_OK;
}

/* ---- steps -------------------------------------------------------------------------------- */

/* Verify and clear one answer of a step. */
static bool unwrap(struct walk *walk, const struct pair *pair, struct scp_writer *data,
                   struct session_answer *answer)
{
    struct scp_channel *channel = &walk->session->channel;
    if (answer->step->channel == PLAN_CHANNEL_NONE) {
        answer->data = pair->response.data;
        answer->sw = pair->response.sw;
        return true;
    }
    if (scp_channel_replay(channel, pair->command.apdu) != SCP_OK ||
        scp_channel_unwrap(channel, pair->raw, data, &answer->sw) != SCP_OK)
        return stop(walk, SESSION_FORGED, pair->response.sw);
    answer->data = scp_written(data);
    return true;
}

/* The standard form of a script cannot say which status words may follow. */
static bool accepts(const struct walk *walk, const struct scp_script_command *command,
                    const struct session_answer *answer)
{
    return walk->script.extended ? scp_script_accepts(command, answer->sw)
                                 : session_step_accepts(answer);
}

static void note_deleted(struct session_result *result, uint8_t kvn)
{
    if (result->deleted_count < PLAN_OLD_KEYS_MAX)
        result->deleted_kvns[result->deleted_count++] = kvn;
}

static enum scp_error read_step(struct walk *walk, const struct plan_step *step, size_t commands,
                                bool *goes_on)
{
    *goes_on = true;
    for (size_t i = 0; i < commands && *goes_on; i++) {
        uint8_t buffer[SCP_RESPONSE_MAX];
        struct scp_writer data = scp_writer_on(buffer, sizeof buffer);
        struct session_answer answer = {.step = step, .index = i};
        struct pair pair;
        SCP_TRY(next_pair(walk, &pair, goes_on));
        if (!*goes_on)
            break;
        answer.command = pair.command.apdu;
        *goes_on = unwrap(walk, &pair, &data, &answer);
        if (*goes_on && !accepts(walk, &pair.command, &answer))
            *goes_on = stop(walk, SESSION_STOPPED, answer.sw);
        if (*goes_on &&
            session_step_take(walk->session, &answer, walk->content, walk->result) != SCP_OK)
            *goes_on = stop(walk, SESSION_FORGED, answer.sw);
    }
    if (*goes_on && step->kind == PLAN_STEP_DELETE_KEYS)
        note_deleted(walk->result, step->kvn);
    return *goes_on ? session_step_done(walk->session, step, walk->exchange, walk->content)
                    : SCP_OK;
}

/* The steps of one leg, of which the script's `before`-th is the first. */
static enum scp_error read_steps(struct walk *walk, size_t before, bool *goes_on)
{
    struct session *s = walk->session;
    for (size_t i = 0; i < walk->leg->steps; i++) {
        const struct plan_step *step = &s->plan.steps[s->next_step];
        SCP_TRY(read_step(walk, step, s->step_commands[before + i], goes_on));
        if (!*goes_on)
            return SCP_OK;
        if (step->kind == PLAN_STEP_READ) {
            *goes_on = stop(walk, walk->content->known ? SESSION_REPLAN : SESSION_CONTINUE, SW_OK);
            return SCP_OK;
        }
        s->next_step++;
        walk->result->steps_done++;
        if (step->channel != PLAN_CHANNEL_NONE)
            walk->result->shown[step->channel].r_mac =
                (session_params(domain_of(walk)).level & SCP_LEVEL_R_MAC) != 0;
    }
    return SCP_OK;
}

static enum scp_error read_legs(struct walk *walk)
{
    struct session *s = walk->session;
    size_t before = 0;
    bool goes_on = true;
    for (size_t i = 0; i < s->leg_count; i++) {
        walk->leg = &s->legs[i];
        walk->result->channel = s->open = walk->leg->channel;
        s->channel = walk->leg->at;
        SCP_TRY(read_opening(walk, &goes_on));
        if (goes_on)
            SCP_TRY(read_steps(walk, before, &goes_on));
        if (!goes_on)
            return SCP_OK;
        before += walk->leg->steps;
    }
    walk->result->outcome = s->next_step == s->plan.count ? SESSION_DONE : SESSION_CONTINUE;
    return SCP_OK;
}

/* ---- the whole ---------------------------------------------------------------------------- */

/* After these the card's content may not be what was planned from. That it let nobody in is the
 * agent's word alone: the card may have run the whole script. */
static bool leaves_content_unknown(enum session_outcome outcome)
{
    return outcome != SESSION_DONE && outcome != SESSION_CONTINUE && outcome != SESSION_REPLAN;
}

/* Before anything is taken from them: responses are well formed, and no more than commands. */
static enum scp_error check_responses(const struct session_exchange *exchange)
{
    struct scp_script_reader script;
    struct scp_response_reader responses;
    struct scp_script_command command;
    struct scp_response parsed;
    struct scp_bytes raw;
    enum scp_error error = SCP_OK;

    SCP_TRY(scp_script_open(&script, exchange->script));
    if (exchange->responses.len == 0)
        return SCP_OK;
    SCP_TRY(scp_responses_open(&responses, exchange->responses));
    while ((error = scp_responses_next(&responses, &raw)) == SCP_OK) {
        SCP_TRY(scp_response_parse(raw, &parsed));
        if (scp_script_next(&script, &command) != SCP_OK)
            return SCP_TRAILING;
    }
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

enum scp_error session_read(struct session *s, const struct session_keys *keys,
                            const struct session_exchange *exchange, struct card_content *content,
                            struct session_result *result)
{
    struct walk walk = {
        .session = s, .keys = keys, .exchange = exchange, .content = content, .result = result};

    *result = (struct session_result){.outcome = SESSION_INTERRUPTED, .channel = PLAN_CHANNEL_NONE};
    SCP_TRY(check_responses(exchange));
    SCP_TRY(scp_script_open(&walk.script, exchange->script));
    if (exchange->responses.len != 0)
        SCP_TRY(scp_responses_open(&walk.responses, exchange->responses));
    SCP_TRY(read_legs(&walk));
    result->step = s->next_step;
    s->leg_count = 0;
    if (leaves_content_unknown(result->outcome))
        content->known = false;
    return SCP_OK;
}

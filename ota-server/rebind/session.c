#include "ota-server/rebind/session.h"

#include "ota-server/rebind/session_build.h"
#include "scp/crypto/hash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SW_OK = 0x9000, SW_AUTHENTICATION_FAILED = 0x6300 };

void session_init(struct session *s, const struct session_card *card,
                  const uint8_t host_challenge[8])
{
    *s = (struct session){.phase = SESSION_CLOSED, .card = *card};
    memcpy(s->host_challenge, host_challenge, sizeof s->host_challenge);
}

void session_plan(struct session *s, const struct plan *plan)
{
    s->plan = *plan;
    s->next_step = 0;
    s->script_steps = 0;
    s->read_started = false;
    for (size_t i = 0; i < SESSION_REGISTRY_PARTS; i++)
        s->read_pages[i] = 1;
}

void session_fini(struct session *s)
{
    scp_channel_fini(&s->channel);
    *s = (struct session){.phase = SESSION_CLOSED};
}

/* ---- writing ------------------------------------------------------------------------------ */

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
    rules.isd = &b->session->card.isd;
    return protect_check(&rules, command, wrapped, &b->why);
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

static struct scp_channel_params params_of(const struct session_card *card)
{
    return (struct scp_channel_params){
        .protocol = card->protocol,
        .i = card->i,
        .kvn = card->kvn,
        .level = scp_level_highest(card->protocol, card->i),
    };
}

/* The answer that INITIALIZE UPDATE will get, and its guard. */
static enum scp_error predict(const struct session *s, const struct scp_keys *keys,
                              struct scp_writer *answer, uint8_t guard[SCP_GUARD_SIZE])
{
    struct scp_session_context context = {
        .protocol = s->card.protocol,
        .i = s->card.i,
        .kvn = s->card.kvn,
        .counter = s->card.counter + (s->card.protocol == SCP_PROTOCOL_03 ? 1 : 0),
    };
    memcpy(context.diversification_data, s->card.diversification_data,
           sizeof context.diversification_data);
    memcpy(context.host_challenge, s->host_challenge, sizeof s->host_challenge);
    SCP_TRY(scp_channel_predict(keys, &context, scp_aid_bytes(&s->card.isd), answer));
    SCP_TRY(scp_writer_status(answer));
    return scp_sha256(scp_written(answer), guard);
}

static enum scp_error write_select_isd(struct session_build *b)
{
    const struct scp_apdu select = {
        .ins = 0xA4, .p1 = 0x04, .data = scp_aid_bytes(&b->session->card.isd), .le = 0};
    b->session->has_select = true;
    return session_emit_plain(b, &select, NULL);
}

/* SELECT, INITIALIZE UPDATE and, when the answer can be foretold, the guard. */
static enum scp_error write_opening(struct session_build *b, bool prepared)
{
    struct session *s = b->session;
    struct scp_channel_params params = params_of(&s->card);
    uint8_t apdu[SCP_APDU_MAX];
    uint8_t predicted[SCP_INIT_UPDATE_RESPONSE_MAX];
    uint8_t guard[SCP_GUARD_SIZE];
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    struct scp_writer answer = scp_writer_on(predicted, sizeof predicted);

    if (b->script.extended)
        SCP_TRY(write_select_isd(b));
    SCP_TRY(scp_channel_begin(&s->channel, &params, SCP_BYTES(s->host_challenge), &w));
    SCP_TRY(scp_writer_status(&w));
    s->has_init_update = true;
    s->phase = SESSION_OPENING;
    if (!prepared)
        return add_to_script(b, scp_written(&w), NULL, SCP_EMPTY);
    SCP_TRY(predict(s, &b->keys->keys, &answer, guard));
    SCP_TRY(scp_channel_open(&s->channel, &b->keys->keys, scp_written(&answer)));
    s->phase = SESSION_OPENED;
    return add_to_script(b, scp_written(&w), NULL, SCP_BYTES(guard));
}

static enum scp_error write_authenticate(struct session_build *b)
{
    struct session *s = b->session;
    uint8_t apdu[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    SCP_TRY(scp_channel_authenticate(&s->channel, &w));
    SCP_TRY(scp_writer_status(&w));
    s->has_authenticate = true;
    s->phase = SESSION_RUNNING;
    return add_to_script(b, scp_written(&w), NULL, SCP_EMPTY);
}

/* As many steps as fit. What one step wrote is taken back when the whole step does not fit, so that
 * scripts are cut at step boundaries. */
static enum scp_error write_steps(struct session_build *b)
{
    struct session *s = b->session;
    b->channel = s->channel;
    while (s->next_step + s->script_steps < s->plan.count) {
        const struct plan_step *step = &s->plan.steps[s->next_step + s->script_steps];
        struct scp_script_writer script_before = b->script;
        struct scp_channel channel_before = b->channel;
        b->commands = 0;
        enum scp_error error = session_step_write(b, step);
        if (error == SCP_NO_SPACE && s->script_steps > 0) {
            b->script = script_before;
            b->channel = channel_before;
            scp_channel_fini(&channel_before);
            break;
        }
        scp_channel_fini(&channel_before);
        if (error != SCP_OK)
            return error == SCP_NO_SPACE ? SCP_TOO_LONG : error;
        s->step_commands[s->script_steps++] = b->commands;
        if (step->kind == PLAN_STEP_READ)
            break; /* what comes after depends on what is read */
    }
    scp_channel_fini(&b->channel);
    return SCP_OK;
}

/* The session only spends the card's counter: see struct session_card. */
static bool burns(const struct session *s)
{
    return s->card.protocol == SCP_PROTOCOL_02 && !s->card.counter_known &&
           scp_challenge_predictable(s->card.protocol, s->card.i);
}

static enum scp_error write_all(struct session_build *b)
{
    struct session *s = b->session;
    bool prepared = b->script.extended && s->card.counter_known &&
                    scp_challenge_predictable(s->card.protocol, s->card.i);
    if (s->phase == SESSION_CLOSED)
        SCP_TRY(write_opening(b, prepared));
    if (s->phase == SESSION_OPENED)
        SCP_TRY(write_authenticate(b));
    return s->phase == SESSION_RUNNING && !burns(s) ? write_steps(b) : SCP_OK;
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
    s->has_select = s->has_init_update = s->has_authenticate = false;
    s->script_steps = 0;
    scp_script_begin(&b.script, peer->guard && peer->targets, body, limit);
    enum scp_error error = write_all(&b);
    if (error == SCP_OK)
        error = scp_script_finish(&b.script, script);
    *why = b.why;
    scp_channel_fini(&b.channel);
    free(body);
    return error;
}

/* ---- reading ------------------------------------------------------------------------------ */

/* A walk along a script and its responses. */
struct walk {
    struct session *session;
    const struct scp_keys *keys;
    const struct session_exchange *exchange;
    struct card_content *content;
    struct session_result *result;
    struct scp_script_reader script;
    struct scp_response_reader responses;
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

/* The card answered something else than foretold, or nothing was foretold: open from the real
 * bytes. Another session came between, so the content must be read again. */
static bool open_from(struct walk *walk, struct scp_bytes answer)
{
    struct session *s = walk->session;
    struct scp_channel_params params = params_of(&s->card);
    uint8_t unused[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(unused, sizeof unused);
    scp_channel_fini(&s->channel);
    enum scp_error error =
        scp_channel_begin(&s->channel, &params, SCP_BYTES(s->host_challenge), &w);
    if (error == SCP_OK)
        error = scp_channel_open(&s->channel, walk->keys, answer);
    if (error != SCP_OK) {
        bool keys_differ = error == SCP_BAD_CRYPTOGRAM || error == SCP_MISMATCH;
        return stop(walk, keys_differ ? SESSION_WRONG_KEYS : SESSION_FORGED, SW_OK);
    }
    s->phase = SESSION_OPENED;
    return true;
}

static void set_counter(struct walk *walk, uint32_t counter)
{
    walk->result->counter_seen = true;
    walk->result->counter = counter;
    walk->session->card.counter_known = true;
    walk->session->card.counter = counter;
}

/* What the card says its counter is. It is believed only after the cryptogram has verified, and one
 * that is still to be spent is not kept. */
static void see_counter(struct walk *walk, struct scp_bytes answer)
{
    struct scp_init_update parsed;
    if (scp_init_update_parse(answer, &parsed) == SCP_OK && parsed.has_counter &&
        !burns(walk->session))
        set_counter(walk, parsed.counter);
}

/* False when the walk ends here. */
static enum scp_error read_init_update(struct walk *walk, const struct pair *pair, bool *goes_on)
{
    struct session *s = walk->session;
    bool guarded = pair->command.guard.len != 0;
    bool held = false;

    *goes_on = false;
    if (pair->response.sw != SW_OK) {
        stop(walk, SESSION_STOPPED, pair->response.sw);
        return SCP_OK;
    }
    SCP_TRY(scp_script_guard_holds(&pair->command, pair->response.data, &held));
    if (guarded && held) {
        see_counter(walk, pair->response.data);
        *goes_on = true;
        return SCP_OK;
    }
    if (!open_from(walk, pair->response.data))
        return SCP_OK;
    see_counter(walk, pair->response.data);
    walk->result->outcome = SESSION_CONTINUE;
    if (guarded) {
        walk->content->known = false;
        walk->result->outcome = SESSION_REPLAN;
    }
    s->script_steps = 0;
    return SCP_OK;
}

static bool read_authenticate(struct walk *walk, const struct pair *pair)
{
    uint16_t sw = pair->response.sw;
    if (sw == SW_AUTHENTICATION_FAILED)
        return stop(walk, SESSION_REFUSED, sw);
    if (sw != SW_OK)
        return stop(walk, SESSION_STOPPED, sw);
    struct session *s = walk->session;
    bool burned = burns(s);
    walk->result->authenticated = true;
    /* SCP02 counts sessions that authenticated (GPCS E.1.2.2). */
    if (s->card.protocol == SCP_PROTOCOL_02)
        set_counter(walk, s->channel.session.counter + 1);
    if (!burned)
        return true;
    scp_channel_fini(&s->channel);
    s->phase = SESSION_CLOSED;
    return stop(walk, SESSION_CONTINUE, sw);
}

/* SELECT, INITIALIZE UPDATE, EXTERNAL AUTHENTICATE: whichever of them the script has. */
static enum scp_error read_opening(struct walk *walk, bool *goes_on)
{
    struct session *s = walk->session;
    struct pair pair;
    *goes_on = true;
    if (s->has_select) {
        SCP_TRY(next_pair(walk, &pair, goes_on));
        if (*goes_on && !scp_script_accepts(&pair.command, pair.response.sw))
            *goes_on = stop(walk, SESSION_STOPPED, pair.response.sw);
    }
    if (*goes_on && s->has_init_update) {
        SCP_TRY(next_pair(walk, &pair, goes_on));
        if (*goes_on)
            SCP_TRY(read_init_update(walk, &pair, goes_on));
    }
    if (*goes_on && s->has_authenticate) {
        SCP_TRY(next_pair(walk, &pair, goes_on));
        if (*goes_on)
            *goes_on = read_authenticate(walk, &pair);
    }
    return SCP_OK;
}

/* Verify and clear one answer of a step. */
static bool unwrap(struct walk *walk, const struct pair *pair, struct scp_writer *data,
                   struct session_answer *answer)
{
    struct scp_channel *channel = &walk->session->channel;
    if (!session_step_wrapped(answer->step)) {
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
    return *goes_on ? session_step_done(walk->session, step, walk->exchange->product, walk->content)
                    : SCP_OK;
}

static enum scp_error read_steps(struct walk *walk)
{
    struct session *s = walk->session;
    size_t carried = s->script_steps;
    bool goes_on = true;
    for (size_t i = 0; i < carried; i++) {
        const struct plan_step *step = &s->plan.steps[s->next_step];
        SCP_TRY(read_step(walk, step, s->step_commands[i], &goes_on));
        if (!goes_on)
            return SCP_OK;
        if (step->kind == PLAN_STEP_READ) {
            walk->result->outcome = walk->content->known ? SESSION_REPLAN : SESSION_CONTINUE;
            return SCP_OK;
        }
        s->next_step++;
        walk->result->steps_done++;
        if (session_step_wrapped(step))
            walk->result->r_mac = (params_of(&s->card).level & SCP_LEVEL_R_MAC) != 0;
    }
    walk->result->outcome = s->next_step == s->plan.count ? SESSION_DONE : SESSION_CONTINUE;
    return SCP_OK;
}

/* Whether the script that was read may run again as it is: SCP03 counts INITIALIZE UPDATE, SCP02
 * sessions that authenticated. Without its EXTERNAL AUTHENTICATE a script does nothing; with a
 * random challenge it works once; and one whose guard did not hold is for another counter. */
static bool may_run(const struct session *s, const struct session_result *result)
{
    if (!s->has_authenticate || !scp_challenge_predictable(s->card.protocol, s->card.i))
        return false;
    if (s->card.protocol == SCP_PROTOCOL_02)
        return !result->authenticated && s->phase != SESSION_OPENED;
    return s->has_init_update && !result->counter_seen;
}

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

enum scp_error session_read(struct session *s, const struct scp_keys *keys,
                            const struct session_exchange *exchange, struct card_content *content,
                            struct session_result *result)
{
    struct walk walk = {
        .session = s, .keys = keys, .exchange = exchange, .content = content, .result = result};
    bool goes_on;

    *result = (struct session_result){.outcome = SESSION_INTERRUPTED};
    SCP_TRY(check_responses(exchange));
    SCP_TRY(scp_script_open(&walk.script, exchange->script));
    if (exchange->responses.len != 0)
        SCP_TRY(scp_responses_open(&walk.responses, exchange->responses));
    SCP_TRY(read_opening(&walk, &goes_on));
    if (goes_on)
        SCP_TRY(read_steps(&walk));
    result->step = s->next_step;
    result->may_run = may_run(s, result);
    if (leaves_content_unknown(result->outcome))
        content->known = false;
    return SCP_OK;
}

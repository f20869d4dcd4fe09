/* The session between two calls, all numbers big-endian:
 *
 *     "RBSE" ‖ version(1) = 3 ‖ phase(1) ‖ open channel(1)
 *     ‖ domains: count(1), each present(1) and, when it is, the fields of struct session_domain
 *     ‖ seed(16) ‖ openings(4) ‖ channel
 *     ‖ plan: count(1), whether the content was known(1), each kind(1) channel(1) LV aid, kvn(1)
 *     ‖ next step(1) ‖ legs: count(1), each channel(1) parts(1) steps(1) channel state
 *     ‖ commands of each step(2) ‖ pages of each part of the registry(1) ‖ whether reading began(1)
 *     ‖ missed: count(1), each(1)
 *
 * where the state of a channel is length(2) and what scp_channel_save gives, nothing for one that
 * was never begun, and FF is no channel. Version 2 had no changes of keys: neither their fields nor
 * their channel, and 2 for none. Version 1 had one domain and one leg. */
#include "ota-server/rebind/session.h"

#include <string.h>

static const uint8_t magic[4] = {'R', 'B', 'S', 'E'};

enum { VERSION_1 = 1, VERSION_2 = 2, VERSION = 3 };
enum { NO_CHANNEL = 0xFF, NO_CHANNEL_2 = 2 };
enum { PART_SELECT = 1, PART_INIT_UPDATE = 2, PART_AUTHENTICATE = 4 };

static void put_aid(struct scp_writer *w, const struct scp_aid *aid)
{
    scp_put_lv(w, scp_aid_bytes(aid));
}

static void get_aid(struct scp_reader *r, struct scp_aid *aid)
{
    struct scp_bytes bytes = scp_get_lv(r);
    *aid = (struct scp_aid){.len = 0};
    if (bytes.len > SCP_AID_MAX) {
        scp_reader_fail(r, SCP_MALFORMED);
        return;
    }
    if (bytes.len > 0)
        memcpy(aid->bytes, bytes.ptr, bytes.len);
    aid->len = (uint8_t)bytes.len;
}

/* A number below `limit`; 0 after an error. */
static uint8_t get_below(struct scp_reader *r, unsigned limit)
{
    uint8_t value = scp_get_u8(r);
    if (value < limit)
        return value;
    scp_reader_fail(r, SCP_MALFORMED);
    return 0;
}

static void put_plan_channel(struct scp_writer *w, enum plan_channel channel)
{
    scp_put_u8(w, channel == PLAN_CHANNEL_NONE ? NO_CHANNEL : (uint8_t)channel);
}

static enum plan_channel get_plan_channel(struct scp_reader *r, uint8_t version)
{
    uint8_t value = scp_get_u8(r);
    if (value == (version == VERSION ? NO_CHANNEL : NO_CHANNEL_2))
        return PLAN_CHANNEL_NONE;
    if (value < PLAN_CHANNELS)
        return (enum plan_channel)value;
    scp_reader_fail(r, SCP_MALFORMED);
    return PLAN_CHANNEL_ISSUER;
}

/* ---- channels ----------------------------------------------------------------------------- */

static bool was_begun(const struct scp_channel *channel)
{
    return channel->state != 0;
}

static void put_channel(struct scp_writer *w, const struct scp_channel *channel)
{
    uint8_t buffer[SCP_CHANNEL_SAVED_MAX];
    struct scp_writer saved = scp_writer_on(buffer, sizeof buffer);
    if (was_begun(channel))
        scp_channel_save(channel, &saved);
    if (scp_writer_status(&saved) != SCP_OK)
        scp_writer_fail(w, scp_writer_status(&saved));
    scp_put_u16(w, (uint16_t)scp_written(&saved).len);
    scp_put(w, scp_written(&saved));
    scp_wipe(buffer, sizeof buffer);
}

static void get_channel(struct scp_reader *r, struct scp_channel *channel)
{
    struct scp_bytes saved = scp_get(r, scp_get_u16(r));
    if (saved.len == 0)
        return;
    enum scp_error error = scp_channel_restore(channel, saved);
    if (error != SCP_OK)
        scp_reader_fail(r, error);
}

/* ---- the card ----------------------------------------------------------------------------- */

static void put_domain(struct scp_writer *w, const struct session_domain *domain)
{
    scp_put_u8(w, domain->present);
    if (!domain->present)
        return;
    scp_put_u8(w, (uint8_t)domain->protocol);
    scp_put_u8(w, domain->i);
    scp_put_u8(w, domain->kvn);
    put_aid(w, &domain->aid);
    scp_put(w, SCP_BYTES(domain->diversification_data));
    scp_put_u8(w, domain->counter_known);
    scp_put_u32(w, domain->counter);
    scp_put_u32(w, domain->unused_from);
}

/* The fields that both versions have. */
static void get_domain_1(struct scp_reader *r, struct session_domain *domain)
{
    domain->present = true;
    domain->protocol = (enum scp_protocol)scp_get_u8(r);
    domain->i = scp_get_u8(r);
    domain->kvn = scp_get_u8(r);
    get_aid(r, &domain->aid);
    scp_get_into(r, domain->diversification_data, sizeof domain->diversification_data);
    domain->counter_known = scp_get_u8(r) != 0;
    domain->counter = scp_get_u32(r);
}

static void get_domain(struct scp_reader *r, struct session_domain *domain)
{
    if (scp_get_u8(r) == 0)
        return;
    get_domain_1(r, domain);
    domain->unused_from = scp_get_u32(r);
}

static void put_card(struct scp_writer *w, const struct session_card *card)
{
    scp_put_u8(w, PLAN_CHANNELS);
    for (size_t i = 0; i < PLAN_CHANNELS; i++)
        put_domain(w, &card->domains[i]);
}

static void get_card(struct scp_reader *r, struct session_card *card)
{
    size_t count = get_below(r, PLAN_CHANNELS + 1);
    for (size_t i = 0; i < count; i++)
        get_domain(r, &card->domains[i]);
}

/* ---- plan and script ---------------------------------------------------------------------- */

static void put_plan(struct scp_writer *w, const struct plan *plan)
{
    scp_put_u8(w, (uint8_t)plan->count);
    scp_put_u8(w, plan->content_known);
    for (size_t i = 0; i < plan->count; i++) {
        scp_put_u8(w, (uint8_t)plan->steps[i].kind);
        put_plan_channel(w, plan->steps[i].channel);
        put_aid(w, &plan->steps[i].aid);
        scp_put_u8(w, plan->steps[i].kvn);
    }
}

/* In version 1 the kind alone said whether a step was a plain one. */
static enum plan_channel channel_of_kind(enum plan_step_kind kind)
{
    return kind == PLAN_STEP_PROVE ? PLAN_CHANNEL_NONE : PLAN_CHANNEL_ISSUER;
}

static void get_plan(struct scp_reader *r, uint8_t version, struct plan *plan)
{
    *plan = (struct plan){.count = get_below(r, PLAN_STEPS_MAX + 1)};
    bool is_old = version != VERSION;
    plan->content_known = !is_old && scp_get_u8(r) != 0;
    for (size_t i = 0; i < plan->count; i++) {
        struct plan_step *step = &plan->steps[i];
        step->kind = (enum plan_step_kind)get_below(r, PLAN_STEP_KINDS);
        step->channel =
            version == VERSION_1 ? channel_of_kind(step->kind) : get_plan_channel(r, version);
        get_aid(r, &step->aid);
        step->kvn = is_old ? 0 : scp_get_u8(r);
    }
    if (is_old) /* all other plans were made from it */
        plan->content_known = plan->count > 0 && plan->steps[0].kind != PLAN_STEP_READ;
}

static void put_legs(struct scp_writer *w, const struct session *s)
{
    scp_put_u8(w, (uint8_t)s->leg_count);
    for (size_t i = 0; i < s->leg_count; i++) {
        const struct session_leg *leg = &s->legs[i];
        put_plan_channel(w, leg->channel);
        scp_put_u8(w, (uint8_t)((leg->has_select ? PART_SELECT : 0) |
                                (leg->has_init_update ? PART_INIT_UPDATE : 0) |
                                (leg->has_authenticate ? PART_AUTHENTICATE : 0)));
        scp_put_u8(w, (uint8_t)leg->steps);
        put_channel(w, &leg->at);
    }
}

static void get_legs(struct scp_reader *r, uint8_t version, struct session *s)
{
    s->leg_count = get_below(r, SESSION_LEGS_MAX + 1);
    for (size_t i = 0; i < s->leg_count; i++) {
        struct session_leg *leg = &s->legs[i];
        leg->channel = get_plan_channel(r, version);
        uint8_t parts = scp_get_u8(r);
        leg->has_select = (parts & PART_SELECT) != 0;
        leg->has_init_update = (parts & PART_INIT_UPDATE) != 0;
        leg->has_authenticate = (parts & PART_AUTHENTICATE) != 0;
        leg->steps = scp_get_u8(r);
        get_channel(r, &leg->at);
    }
}

/* One leg under the one channel there was. */
static void get_leg_1(struct scp_reader *r, struct session *s)
{
    struct session_leg *leg = &s->legs[0];
    leg->channel = PLAN_CHANNEL_ISSUER;
    leg->has_select = scp_get_u8(r) != 0;
    leg->has_init_update = scp_get_u8(r) != 0;
    leg->has_authenticate = scp_get_u8(r) != 0;
    leg->steps = scp_get_u8(r);
    leg->at = s->channel;
    s->leg_count = leg->has_init_update || leg->has_authenticate || leg->steps > 0;
}

/* How many commands each step has; the steps must be there. */
static void get_step_commands(struct scp_reader *r, struct session *s)
{
    size_t steps = session_script_steps(s);
    if (s->next_step > s->plan.count || steps > s->plan.count - s->next_step) {
        scp_reader_fail(r, SCP_MALFORMED);
        s->leg_count = 0;
        return;
    }
    for (size_t i = 0; i < steps; i++)
        s->step_commands[i] = scp_get_u16(r);
}

static void put_reading(struct scp_writer *w, const struct session *s)
{
    for (size_t i = 0; i < SESSION_REGISTRY_PARTS; i++)
        scp_put_u8(w, s->read_pages[i]);
    scp_put_u8(w, s->read_started);
}

static void put_missed(struct scp_writer *w, const struct session *s)
{
    scp_put_u8(w, PLAN_CHANNELS);
    scp_put(w, SCP_BYTES(s->missed));
}

static void get_missed(struct scp_reader *r, struct session *s)
{
    size_t count = get_below(r, PLAN_CHANNELS + 1);
    scp_get_into(r, s->missed, count);
}

static void get_reading(struct scp_reader *r, struct session *s)
{
    for (size_t i = 0; i < SESSION_REGISTRY_PARTS; i++)
        s->read_pages[i] = scp_get_u8(r);
    s->read_started = scp_get_u8(r) != 0;
}

/* ---- the whole ---------------------------------------------------------------------------- */

void session_save(const struct session *s, struct scp_writer *w)
{
    scp_put(w, SCP_BYTES(magic));
    scp_put_u8(w, VERSION);
    scp_put_u8(w, (uint8_t)s->phase);
    put_plan_channel(w, s->open);
    put_card(w, &s->card);
    scp_put(w, SCP_BYTES(s->seed));
    scp_put_u32(w, s->openings);
    put_channel(w, &s->channel);
    put_plan(w, &s->plan);
    scp_put_u8(w, (uint8_t)s->next_step);
    put_legs(w, s);
    size_t steps = session_script_steps(s);
    for (size_t i = 0; i < steps; i++)
        scp_put_u16(w, s->step_commands[i]);
    put_reading(w, s);
    put_missed(w, s);
}

static void get_1(struct scp_reader *r, struct session *s)
{
    enum { HOST_CHALLENGE = 8 };
    s->phase = (enum session_phase)get_below(r, SESSION_RUNNING + 1);
    s->open = s->phase == SESSION_CLOSED ? PLAN_CHANNEL_NONE : PLAN_CHANNEL_ISSUER;
    get_domain_1(r, &s->card.domains[PLAN_CHANNEL_ISSUER]);
    scp_get_into(r, s->seed, HOST_CHALLENGE); /* as good a seed for further openings */
    get_channel(r, &s->channel);
    get_plan(r, VERSION_1, &s->plan);
    s->next_step = scp_get_u8(r);
    get_leg_1(r, s);
}

static void get_2(struct scp_reader *r, uint8_t version, struct session *s)
{
    s->phase = (enum session_phase)get_below(r, SESSION_RUNNING + 1);
    s->open = get_plan_channel(r, version);
    get_card(r, &s->card);
    scp_get_into(r, s->seed, sizeof s->seed);
    s->openings = scp_get_u32(r);
    get_channel(r, &s->channel);
    get_plan(r, version, &s->plan);
    s->next_step = scp_get_u8(r);
    get_legs(r, version, s);
}

static bool steps_belong(const struct session *s, const struct session_leg *leg, size_t first)
{
    for (size_t i = first; i < first + leg->steps; i++) {
        const struct plan_step *step = &s->plan.steps[i];
        bool plain = step->channel == PLAN_CHANNEL_NONE;
        if (plain != (step->kind == PLAN_STEP_PROVE) || (!plain && step->channel != leg->channel))
            return false;
    }
    return true;
}

/* Whoever reads the answers relies on it: a channel that is open, or that a leg has, was begun, and
 * its domain is there. */
static bool is_whole(const struct session *s)
{
    size_t step = s->next_step;
    for (size_t i = 0; i < s->leg_count; i++) {
        const struct session_leg *leg = &s->legs[i];
        if (!steps_belong(s, leg, step))
            return false;
        step += leg->steps;
        if (leg->channel == PLAN_CHANNEL_NONE)
            continue;
        if (!was_begun(&leg->at) || !s->card.domains[leg->channel].present)
            return false;
    }
    if (s->phase == SESSION_CLOSED || s->leg_count > 0)
        return true;
    return s->open != PLAN_CHANNEL_NONE && was_begun(&s->channel);
}

enum scp_error session_restore(struct session *s, struct scp_bytes saved)
{
    struct scp_reader r = scp_reader_on(saved);
    *s = (struct session){.phase = SESSION_CLOSED};
    if (!scp_bytes_equal(scp_get(&r, sizeof magic), SCP_BYTES(magic)))
        return SCP_MALFORMED;
    uint8_t version = scp_get_u8(&r);
    if (version < VERSION_1 || version > VERSION)
        return SCP_UNSUPPORTED;
    if (version == VERSION_1)
        get_1(&r, s);
    else
        get_2(&r, version, s);
    get_step_commands(&r, s);
    get_reading(&r, s);
    if (version == VERSION)
        get_missed(&r, s);
    enum scp_error error = scp_reader_end(&r);
    if (error == SCP_OK && !is_whole(s))
        error = SCP_MALFORMED;
    if (error != SCP_OK)
        session_fini(s);
    return error;
}

/* The session between two calls: "RBSE" ‖ version ‖ fields in the order of struct session. */
#include "ota-server/rebind/session.h"

#include <string.h>

static const uint8_t magic[4] = {'R', 'B', 'S', 'E'};

enum { STATE_VERSION = 1 };

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

static void put_card(struct scp_writer *w, const struct session_card *card)
{
    scp_put_u8(w, (uint8_t)card->protocol);
    scp_put_u8(w, card->i);
    scp_put_u8(w, card->kvn);
    put_aid(w, &card->isd);
    scp_put(w, SCP_BYTES(card->diversification_data));
    scp_put_u8(w, card->counter_known);
    scp_put_u32(w, card->counter);
}

static void get_card(struct scp_reader *r, struct session_card *card)
{
    card->protocol = (enum scp_protocol)scp_get_u8(r);
    card->i = scp_get_u8(r);
    card->kvn = scp_get_u8(r);
    get_aid(r, &card->isd);
    scp_get_into(r, card->diversification_data, sizeof card->diversification_data);
    card->counter_known = scp_get_u8(r) != 0;
    card->counter = scp_get_u32(r);
}

static void put_plan(struct scp_writer *w, const struct plan *plan)
{
    scp_put_u8(w, (uint8_t)plan->count);
    for (size_t i = 0; i < plan->count; i++) {
        scp_put_u8(w, (uint8_t)plan->steps[i].kind);
        put_aid(w, &plan->steps[i].aid);
    }
}

static void get_plan(struct scp_reader *r, struct plan *plan)
{
    *plan = (struct plan){.count = scp_get_u8(r)};
    if (plan->count > PLAN_STEPS_MAX) {
        scp_reader_fail(r, SCP_MALFORMED);
        plan->count = 0;
    }
    for (size_t i = 0; i < plan->count; i++) {
        plan->steps[i].kind = (enum plan_step_kind)scp_get_u8(r);
        if (plan->steps[i].kind > PLAN_STEP_PROVE)
            scp_reader_fail(r, SCP_MALFORMED);
        get_aid(r, &plan->steps[i].aid);
    }
}

static void put_script_map(struct scp_writer *w, const struct session *s)
{
    scp_put_u8(w, (uint8_t)s->next_step);
    scp_put_u8(w, s->has_select);
    scp_put_u8(w, s->has_init_update);
    scp_put_u8(w, s->has_authenticate);
    scp_put_u8(w, (uint8_t)s->script_steps);
    for (size_t i = 0; i < s->script_steps; i++)
        scp_put_u16(w, s->step_commands[i]);
    for (size_t i = 0; i < SESSION_REGISTRY_PARTS; i++)
        scp_put_u8(w, s->read_pages[i]);
    scp_put_u8(w, s->read_started);
}

static void get_script_map(struct scp_reader *r, struct session *s)
{
    s->next_step = scp_get_u8(r);
    s->has_select = scp_get_u8(r) != 0;
    s->has_init_update = scp_get_u8(r) != 0;
    s->has_authenticate = scp_get_u8(r) != 0;
    s->script_steps = scp_get_u8(r);
    if (s->next_step > s->plan.count || s->script_steps > s->plan.count - s->next_step) {
        scp_reader_fail(r, SCP_MALFORMED);
        s->script_steps = 0;
    }
    for (size_t i = 0; i < s->script_steps; i++)
        s->step_commands[i] = scp_get_u16(r);
    for (size_t i = 0; i < SESSION_REGISTRY_PARTS; i++)
        s->read_pages[i] = scp_get_u8(r);
    s->read_started = scp_get_u8(r) != 0;
}

void session_save(const struct session *s, struct scp_writer *w)
{
    uint8_t channel[SCP_CHANNEL_SAVED_MAX];
    struct scp_writer saved = scp_writer_on(channel, sizeof channel);

    scp_put(w, SCP_BYTES(magic));
    scp_put_u8(w, STATE_VERSION);
    scp_put_u8(w, (uint8_t)s->phase);
    put_card(w, &s->card);
    scp_put(w, SCP_BYTES(s->host_challenge));
    if (s->phase != SESSION_CLOSED)
        scp_channel_save(&s->channel, &saved);
    if (scp_writer_status(&saved) != SCP_OK)
        scp_writer_fail(w, scp_writer_status(&saved));
    scp_put_u16(w, (uint16_t)scp_written(&saved).len);
    scp_put(w, scp_written(&saved));
    put_plan(w, &s->plan);
    put_script_map(w, s);
    scp_wipe(channel, sizeof channel);
}

static enum scp_error restore_channel(struct session *s, struct scp_bytes saved)
{
    if (s->phase == SESSION_CLOSED)
        return saved.len == 0 ? SCP_OK : SCP_MALFORMED;
    return scp_channel_restore(&s->channel, saved);
}

enum scp_error session_restore(struct session *s, struct scp_bytes saved)
{
    struct scp_reader r = scp_reader_on(saved);
    *s = (struct session){.phase = SESSION_CLOSED};
    if (!scp_bytes_equal(scp_get(&r, sizeof magic), SCP_BYTES(magic)))
        return SCP_MALFORMED;
    if (scp_get_u8(&r) != STATE_VERSION)
        return SCP_UNSUPPORTED;
    s->phase = (enum session_phase)scp_get_u8(&r);
    if (s->phase > SESSION_RUNNING)
        return SCP_MALFORMED;
    get_card(&r, &s->card);
    scp_get_into(&r, s->host_challenge, sizeof s->host_challenge);
    size_t channel_len = scp_get_u16(&r);
    struct scp_bytes channel = scp_get(&r, channel_len);
    get_plan(&r, &s->plan);
    get_script_map(&r, s);
    SCP_TRY(scp_reader_end(&r));
    return restore_channel(s, channel);
}

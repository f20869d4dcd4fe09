#include "ota-server/rebind/session.h"

#include "ota-server/rebind/session_build.h"

#include <string.h>

void session_init(struct session *s, const struct session_card *card,
                  const uint8_t seed[SESSION_SEED_SIZE])
{
    *s = (struct session){.phase = SESSION_CLOSED, .open = PLAN_CHANNEL_NONE, .card = *card};
    memcpy(s->seed, seed, sizeof s->seed);
}

void session_plan(struct session *s, const struct plan *plan)
{
    s->plan = *plan;
    s->next_step = 0;
    s->leg_count = 0;
    s->read_started = false;
    for (size_t i = 0; i < SESSION_REGISTRY_PARTS; i++)
        s->read_pages[i] = 1;
}

void session_fini(struct session *s)
{
    scp_wipe(s, sizeof *s);
}

/* ---- what others ask ---------------------------------------------------------------------- */

const struct session_domain *session_domain(const struct session *s, enum plan_channel channel)
{
    return &s->card.domains[channel];
}

bool session_is_prepared(const struct session *s)
{
    for (size_t i = 0; i < s->leg_count; i++) {
        const struct session_leg *leg = &s->legs[i];
        bool plain = leg->channel == PLAN_CHANNEL_NONE;
        if (!plain && !(leg->has_init_update && leg->has_authenticate))
            return false;
    }
    return s->leg_count > 0;
}

size_t session_script_steps(const struct session *s)
{
    size_t steps = 0;
    for (size_t i = 0; i < s->leg_count; i++)
        steps += s->legs[i].steps;
    return steps;
}

static bool has_step(const struct session *s, size_t first, size_t end, enum plan_step_kind kind)
{
    size_t i = first;
    while (i < end && s->plan.steps[i].kind != kind)
        i++;
    return i < end;
}

bool session_script_has(const struct session *s, enum plan_step_kind kind)
{
    return has_step(s, s->next_step, s->next_step + session_script_steps(s), kind);
}

bool session_plan_has(const struct session *s, enum plan_step_kind kind)
{
    return has_step(s, 0, s->plan.count, kind);
}

size_t session_steps_within(const struct session *s, size_t commands)
{
    size_t used = 0;
    size_t steps = 0;
    for (size_t i = 0; i < s->leg_count; i++) {
        const struct session_leg *leg = &s->legs[i];
        used += (size_t)leg->has_select + leg->has_init_update + leg->has_authenticate;
        for (size_t k = 0; k < leg->steps; k++) {
            used += s->step_commands[steps];
            if (used > commands)
                return steps;
            steps++;
        }
    }
    return steps;
}

struct scp_aid session_target(const struct session *s)
{
    enum plan_channel channel = s->leg_count > 0 ? s->legs[0].channel : PLAN_CHANNEL_ISSUER;
    return s->card.domains[channel == PLAN_CHANNEL_NONE ? PLAN_CHANNEL_ISSUER : channel].aid;
}

/* ---- what both directions know ------------------------------------------------------------ */

struct scp_channel_params session_params(const struct session_domain *domain)
{
    return (struct scp_channel_params){
        .protocol = domain->protocol,
        .i = domain->i,
        .kvn = domain->kvn,
        .level = scp_level_highest(domain->protocol, domain->i),
    };
}

size_t session_challenge_len(const struct session_domain *domain)
{
    return scp_host_challenge_len(domain->protocol, domain->i);
}

uint32_t session_next_counter(const struct session_domain *domain)
{
    return domain->counter + (domain->protocol == SCP_PROTOCOL_03 ? 1 : 0);
}

bool session_predictable(const struct session_domain *domain)
{
    return scp_challenge_predictable(domain->protocol, domain->i);
}

bool session_must_spend(const struct session *s)
{
    if (s->open == PLAN_CHANNEL_NONE)
        return false;
    const struct session_domain *domain = &s->card.domains[s->open];
    uint32_t counter = s->channel.session.counter;
    if (!session_predictable(domain))
        return false;
    bool spent = domain->protocol == SCP_PROTOCOL_03; /* by the answer that showed it */
    return counter + (spent ? 1 : 0) < domain->unused_from;
}

/* What the answers to a step's commands say, and what the card carries when the step is done. */
#include "ota-server/rebind/session_build.h"
#include "scp/gp/card_data.h"
#include "scp/gp/commands.h"
#include "scp/gp/lifecycle.h"
#include "scp/gp/privileges.h"
#include "scp/gp/registry.h"
#include "scp/gp/status_words.h"
#include "scp/gp/tlv.h"

#include <string.h>

static const uint8_t registry_parts[SESSION_REGISTRY_PARTS] = {
    SCP_STATUS_ISSUER_DOMAIN, SCP_STATUS_APPLICATIONS, SCP_STATUS_LOAD_FILES};

static enum content_grade grade_of(const struct session *s)
{
    uint8_t level = session_params(&s->card.domains[s->open]).level;
    return (level & SCP_LEVEL_R_MAC) != 0 ? CONTENT_PROVEN : CONTENT_REPORTED;
}

static enum content_kind kind_of(uint8_t subset, const struct scp_registry_entry *entry)
{
    if (subset == SCP_STATUS_LOAD_FILES)
        return CONTENT_LOAD_FILE;
    if (subset == SCP_STATUS_ISSUER_DOMAIN ||
        scp_privileges_have(entry->privileges, SCP_PRIVILEGE_SECURITY_DOMAIN))
        return CONTENT_SECURITY_DOMAIN;
    return CONTENT_APPLICATION;
}

static enum scp_error take_registry(const struct session *s, uint8_t subset, struct scp_bytes data,
                                    struct card_content *content)
{
    struct scp_registry_reader reader;
    struct scp_registry_entry entry;
    enum scp_error error;
    scp_registry_open(&reader, subset, data);
    while ((error = scp_registry_next(&reader, &entry)) == SCP_OK) {
        struct content_entry seen = {
            .kind = kind_of(subset, &entry),
            .aid = entry.aid,
            .load_file = entry.load_file,
            .security_domain = entry.security_domain,
            .life_cycle = entry.life_cycle,
            .grade = grade_of(s),
        };
        scp_privileges_store(seen.privileges, entry.privileges);
        SCP_TRY(content_put(content, &seen));
    }
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

static enum scp_error take_resources(const struct session_answer *answer,
                                     struct card_content *content)
{
    struct scp_card_resources resources;
    content->free_known = answer->sw == SCP_SW_SUCCESS;
    if (!content->free_known)
        return SCP_OK;
    SCP_TRY(scp_card_resources_parse(answer->data, &resources));
    content->free_non_volatile = resources.non_volatile_free;
    return SCP_OK;
}

/* The part of the registry that the index-th command of a READ asked for; SESSION_REGISTRY_PARTS
 * when it asked for the memory. */
static size_t part_at(const struct session *s, size_t index)
{
    size_t part = 0;
    while (part < SESSION_REGISTRY_PARTS && index >= s->read_pages[part])
        index -= s->read_pages[part++];
    return part;
}

/* 6A88 carries no R-MAC in SCP03, so an agent could hide with it what is on the card. A card always
 * has its issuer security domain and the social-security application, and a page that the page
 * before announced. */
static bool may_be_empty(const struct session *s, size_t part)
{
    return registry_parts[part] == SCP_STATUS_LOAD_FILES && s->read_pages[part] == 1;
}

static enum scp_error take_read(struct session *s, const struct session_answer *answer,
                                struct card_content *content, struct session_result *result)
{
    (void)result;
    if (answer->index == 0 && !s->read_started)
        content->count = 0;
    size_t part = part_at(s, answer->index);
    if (part == SESSION_REGISTRY_PARTS)
        return take_resources(answer, content);
    s->read_more[part] = answer->sw == SCP_SW_MORE_DATA; /* the last page's word stays */
    if (s->read_more[part] && s->read_pages[part] == SESSION_PAGES_MAX)
        return SCP_TOO_LONG;
    if (answer->sw == SCP_SW_DATA_NOT_FOUND)
        return may_be_empty(s, part) ? SCP_OK : SCP_MISMATCH;
    return take_registry(s, registry_parts[part], answer->data, content);
}

static bool locked(const struct content_entry *entry)
{
    return (entry->life_cycle & SCP_LIFE_CYCLE_LOCKED) != 0;
}

/* An instance that is missing, there all the same, or locked otherwise contradicts the steps that
 * were just carried out: one of the two answers was not the card's. */
static enum scp_error take_confirm(struct session *s, const struct session_answer *answer,
                                   struct card_content *content, struct session_result *result)
{
    (void)result;
    if (answer->index > 0)
        return take_resources(answer, content);
    const struct content_entry *found = content_find(content, &answer->step->aid);
    bool expected = found != NULL;
    bool expected_locked = expected && locked(found);
    if (answer->sw == SCP_SW_DATA_NOT_FOUND)
        return expected ? SCP_MISMATCH : SCP_OK;
    SCP_TRY(take_registry(s, SCP_STATUS_APPLICATIONS, answer->data, content));
    found = content_find(content, &answer->step->aid);
    bool agrees = (found != NULL) == expected && (!expected || locked(found) == expected_locked);
    return agrees ? SCP_OK : SCP_MISMATCH;
}

/* Format 1 of an answer (template 80), or format 2 (77 with tags): EMV Book 3 6.5. */
static enum scp_error take_options(const struct session_answer *answer,
                                   struct session_result *result)
{
    struct scp_bytes value;
    struct scp_bytes profile;
    if (scp_tlv_find(answer->data, 0x80, &value) == SCP_OK)
        profile = scp_bytes_slice(value, 0, 2);
    else if (scp_tlv_find(answer->data, 0x77, &value) != SCP_OK ||
             scp_tlv_find(value, 0x82, &profile) != SCP_OK)
        return SCP_MALFORMED;
    if (profile.len != 2)
        return SCP_MALFORMED;
    memcpy(result->proof.profile, profile.ptr, sizeof result->proof.profile);
    return SCP_OK;
}

struct cryptogram_answer {
    struct scp_bytes atc;
    struct scp_bytes cryptogram;
    struct scp_bytes issuer_data;
};

static enum scp_error parse_cryptogram(struct scp_bytes data, struct cryptogram_answer *out)
{
    struct scp_bytes value;
    if (scp_tlv_find(data, 0x80, &value) == SCP_OK) {
        struct scp_reader r = scp_reader_on(value);
        scp_get_u8(&r);
        out->atc = scp_get(&r, 2);
        out->cryptogram = scp_get(&r, 8);
        out->issuer_data = scp_reader_rest(&r);
        return scp_reader_status(&r);
    }
    SCP_TRY(scp_tlv_find(data, 0x77, &value));
    SCP_TRY(scp_tlv_find(value, 0x9F36, &out->atc));
    SCP_TRY(scp_tlv_find(value, 0x9F26, &out->cryptogram));
    if (scp_tlv_find(value, 0x9F10, &out->issuer_data) != SCP_OK)
        out->issuer_data = SCP_EMPTY;
    return out->atc.len == 2 && out->cryptogram.len == 8 ? SCP_OK : SCP_MALFORMED;
}

static enum scp_error take_cryptogram(const struct session_answer *answer,
                                      struct session_result *result)
{
    struct session_proof *proof = &result->proof;
    struct cryptogram_answer parts;
    struct scp_apdu command;
    struct scp_writer input = scp_writer_on(proof->input, sizeof proof->input);

    SCP_TRY(parse_cryptogram(answer->data, &parts));
    SCP_TRY(scp_apdu_parse(answer->command, &command));
    scp_put(&input, command.data);
    scp_put(&input, SCP_BYTES(proof->profile));
    scp_put(&input, parts.atc);
    scp_put(&input, parts.issuer_data);
    SCP_TRY(scp_writer_status(&input));
    proof->input_len = scp_written(&input).len;
    proof->atc = scp_load_u16(parts.atc.ptr);
    memcpy(proof->cryptogram, parts.cryptogram.ptr, sizeof proof->cryptogram);
    proof->present = true;
    return SCP_OK;
}

static enum scp_error take_prove(struct session *s, const struct session_answer *answer,
                                 struct card_content *content, struct session_result *result)
{
    (void)s;
    (void)content;
    switch (answer->index) {
    case 1:
        return take_options(answer, result);
    case 2:
        return take_cryptogram(answer, result);
    default:
        return SCP_OK;
    }
}

/* The key version numbers alone: that the keys are the right ones, the card says with the next
 * cryptogram. */
static enum scp_error take_put_keys(struct session *s, const struct session_answer *answer,
                                    struct card_content *content, struct session_result *result)
{
    (void)s;
    (void)content;
    (void)result;
    bool agrees = answer->data.len > 0 && answer->data.ptr[0] == answer->step->kvn;
    return agrees ? SCP_OK : SCP_MISMATCH;
}

static bool was_deleted(const struct session *s, uint8_t kvn)
{
    for (size_t i = 0; i < s->next_step; i++) {
        if (s->plan.steps[i].kind == PLAN_STEP_DELETE_KEYS && s->plan.steps[i].kvn == kvn)
            return true;
    }
    return false;
}

/* The new key set is there, and those that were deleted are not: an answer that says otherwise, or
 * the one to the DELETE, was not the card's. */
static enum scp_error take_confirm_keys(struct session *s, const struct session_answer *answer,
                                        struct card_content *content, struct session_result *result)
{
    struct scp_key_info_reader reader;
    struct scp_key_info info;
    enum scp_error error;
    bool there = false;
    (void)result;
    if (answer->index > 0)
        return take_resources(answer, content);
    if (answer->sw != SCP_SW_SUCCESS)
        return SCP_OK;
    SCP_TRY(scp_key_info_open(&reader, answer->data));
    while ((error = scp_key_info_next(&reader, &info)) == SCP_OK) {
        there = there || info.kvn == answer->step->kvn;
        if (was_deleted(s, info.kvn))
            return SCP_MISMATCH;
    }
    if (error != SCP_NOT_FOUND)
        return error;
    return there ? SCP_OK : SCP_MISMATCH;
}

typedef enum scp_error take_answer(struct session *s, const struct session_answer *answer,
                                   struct card_content *content, struct session_result *result);

/* Steps whose answers carry nothing but a status word have no row. */
static take_answer *const takers[PLAN_STEP_KINDS] = {
    [PLAN_STEP_READ] = take_read,
    [PLAN_STEP_CONFIRM] = take_confirm,
    [PLAN_STEP_PROVE] = take_prove,
    [PLAN_STEP_PUT_KEYS] = take_put_keys,
    [PLAN_STEP_CONFIRM_KEYS] = take_confirm_keys,
};

enum scp_error session_step_take(struct session *s, const struct session_answer *answer,
                                 struct card_content *content, struct session_result *result)
{
    take_answer *take = takers[answer->step->kind];
    return take == NULL ? SCP_OK : take(s, answer, content, result);
}

/* ---- a step done -------------------------------------------------------------------------- */

static enum scp_error put_state(const struct session *s, struct card_content *content,
                                const struct scp_aid *aid, uint8_t life_cycle)
{
    const struct content_entry *found = content_find(content, aid);
    if (found == NULL)
        return SCP_STATE;
    struct content_entry entry = *found;
    entry.life_cycle = life_cycle;
    entry.grade = grade_of(s);
    return content_put(content, &entry);
}

static enum scp_error put_load_file(const struct session *s, struct card_content *content,
                                    const struct scp_aid *aid)
{
    const struct content_entry entry = {.kind = CONTENT_LOAD_FILE,
                                        .aid = *aid,
                                        .security_domain = s->card.domains[s->open].aid,
                                        .life_cycle = SCP_LOAD_FILE_LOADED,
                                        .grade = grade_of(s)};
    return content_put(content, &entry);
}

static enum scp_error put_instance(const struct session *s, struct card_content *content,
                                   const struct scp_aid *aid, const struct plan_product *product)
{
    struct content_entry entry = {.kind = CONTENT_APPLICATION,
                                  .aid = *aid,
                                  .load_file = product->package,
                                  .security_domain = s->card.domains[s->open].aid,
                                  .life_cycle = SCP_APPLICATION_INSTALLED,
                                  .grade = grade_of(s)};
    memcpy(entry.privileges, product->privileges, sizeof entry.privileges);
    return content_put(content, &entry);
}

static enum scp_error put_domain(const struct session *s, struct card_content *content,
                                 const struct plan_domain *domain)
{
    struct content_entry entry = {.kind = CONTENT_SECURITY_DOMAIN,
                                  .aid = domain->aid,
                                  .load_file = domain->package,
                                  .security_domain = s->card.domains[s->open].aid,
                                  .life_cycle = SCP_APPLICATION_SELECTABLE,
                                  .grade = grade_of(s)};
    memcpy(entry.privileges, domain->privileges, sizeof entry.privileges);
    return content_put(content, &entry);
}

static enum scp_error move_to(struct card_content *content, const struct scp_aid *aid,
                              const struct plan_domain *domain)
{
    const struct content_entry *found = content_find(content, aid);
    if (found == NULL)
        return SCP_STATE;
    struct content_entry entry = *found;
    entry.security_domain = domain->aid;
    return content_put(content, &entry);
}

static void finish_read(struct session *s, struct card_content *content)
{
    s->read_started = true;
    content->known = true;
    for (size_t i = 0; i < SESSION_REGISTRY_PARTS; i++) {
        s->read_pages[i] = s->read_more[i] ? s->read_pages[i] + 1 : 0;
        if (s->read_more[i])
            content->known = false;
    }
}

static uint8_t life_cycle_of(const struct card_content *content, const struct scp_aid *aid)
{
    const struct content_entry *entry = content_find(content, aid);
    return entry == NULL ? 0 : entry->life_cycle;
}

enum scp_error session_step_done(struct session *s, const struct plan_step *step,
                                 const struct session_exchange *exchange,
                                 struct card_content *content)
{
    uint8_t state = life_cycle_of(content, &step->aid);
    if (step->kind == PLAN_STEP_LOAD || step->kind == PLAN_STEP_INSTALL ||
        step->kind == PLAN_STEP_DELETE || step->kind == PLAN_STEP_PUT_KEYS ||
        step->kind == PLAN_STEP_DELETE_KEYS)
        content->free_known = false; /* until CONFIRM asks */
    switch (step->kind) {
    case PLAN_STEP_READ:
        finish_read(s, content);
        return SCP_OK;
    case PLAN_STEP_LOAD:
        return put_load_file(s, content, &step->aid);
    case PLAN_STEP_INSTALL:
        return put_instance(s, content, &step->aid, exchange->product);
    case PLAN_STEP_CREATE_DOMAIN:
        return put_domain(s, content, exchange->domain);
    case PLAN_STEP_KEY_DOMAIN:
        return put_state(s, content, &step->aid, SCP_SECURITY_DOMAIN_PERSONALIZED);
    case PLAN_STEP_EXTRADITE:
        return move_to(content, &step->aid, exchange->domain);
    case PLAN_STEP_MAKE_SELECTABLE:
        return put_state(s, content, &step->aid, SCP_APPLICATION_SELECTABLE);
    case PLAN_STEP_LOCK:
        return put_state(s, content, &step->aid, state | SCP_LIFE_CYCLE_LOCKED);
    case PLAN_STEP_UNLOCK:
        return put_state(s, content, &step->aid, state & (uint8_t)~SCP_LIFE_CYCLE_LOCKED);
    case PLAN_STEP_DELETE:
    case PLAN_STEP_DELETE_PACKAGE:
        content_remove(content, &step->aid);
        return SCP_OK;
    case PLAN_STEP_PERSONALISE:
    case PLAN_STEP_DIRECTORY:
    case PLAN_STEP_CONFIRM:
    case PLAN_STEP_PROVE:
    case PLAN_STEP_PUT_KEYS:
    case PLAN_STEP_DELETE_KEYS:
    case PLAN_STEP_CONFIRM_KEYS:
        return SCP_OK;
    }
    return SCP_STATE;
}

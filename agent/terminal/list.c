/* What is on a card, as its issuer security domain shows it over a secure channel (GPCS 11.4). */
#include "agent/terminal/terminal.h"

#include "scp/channel/channel.h"
#include "scp/gp/card_data.h"
#include "scp/gp/lifecycle.h"
#include "scp/gp/privileges.h"
#include "scp/gp/registry.h"

#include <string.h>

enum { SW_OK = 0x9000, PAGES_MAX = 256, ENTRIES_MAX = 16 * 1024 };

struct inspection {
    const struct terminal *terminal;
    const struct terminal_inspection *wish;
    struct scp_key_set card_keys;
    struct scp_keys keys;
    struct scp_channel channel;
    struct agent_answer answer;
    uint8_t plain[AGENT_RESPONSE_MAX];
    struct scp_bytes data; /* of the last protected answer */
    uint16_t sw;
};

/* ---- the secure channel ------------------------------------------------------------------- */

/* What the card says of its protocols, where nothing else was said. */
static enum terminal_result learn_protocol(struct inspection *in, struct scp_channel_params *params)
{
    const struct terminal_inspection *wish = in->wish;
    struct scp_apdu get = scp_get_data(SCP_DATA_CARD_RECOGNITION);
    struct scp_card_recognition recognition = {0};
    if (wish->protocol < 0 || wish->i < 0) {
        if (!terminal_send(in->terminal, &get, &in->answer))
            return TERMINAL_FAILED;
        if (in->answer.sw != SW_OK)
            return terminal_refused(in->terminal, "GET DATA of card recognition data",
                                    in->answer.sw);
        if (scp_card_recognition_parse(in->answer.data, &recognition) != SCP_OK ||
            recognition.protocol_count == 0)
            return terminal_malformed(in->terminal, "card recognition data");
    }
    uint8_t protocol =
        wish->protocol >= 0 ? (uint8_t)wish->protocol : recognition.protocols[0].protocol;
    params->protocol = (enum scp_protocol)protocol;
    params->i = (uint8_t)wish->i;
    if (wish->i < 0 && scp_card_recognition_option(&recognition, protocol, &params->i) != SCP_OK) {
        (void)rebind_problem_set(in->terminal->problem, SCP_NOT_FOUND,
                                 "the card does not say how it speaks SCP%02X: name --i", protocol);
        return TERMINAL_FAILED;
    }
    int kvn = wish->kvn >= 0 ? wish->kvn : wish->keys->kvn;
    params->kvn = kvn >= 0 ? (uint8_t)kvn : 0;
    params->level = scp_level_highest(params->protocol, params->i);
    return TERMINAL_OK;
}

static enum terminal_result channel_failed(const struct inspection *in, enum scp_error error)
{
    (void)rebind_problem_set(in->terminal->problem, error, "secure channel: %s",
                             scp_error_text(error));
    return error == SCP_BAD_CRYPTOGRAM ? TERMINAL_UNVERIFIED : TERMINAL_FAILED;
}

static enum terminal_result send_bytes(struct inspection *in, const struct scp_writer *command,
                                       const char *what)
{
    enum agent_error error = agent_send(in->terminal->card, scp_written(command), &in->answer);
    if (error != AGENT_OK) {
        (void)rebind_problem_set(in->terminal->problem, SCP_IO, "%s: %s", what,
                                 agent_error_text(error));
        return TERMINAL_FAILED;
    }
    return in->answer.sw == SW_OK ? TERMINAL_OK
                                  : terminal_refused(in->terminal, what, in->answer.sw);
}

static enum scp_error diversify(struct inspection *in)
{
    struct scp_init_update update;
    const struct terminal_keys *keys = in->wish->keys;
    SCP_TRY(scp_init_update_parse(in->answer.data, &update));
    SCP_TRY(
        scp_diversify(keys->scheme, &keys->masters, update.diversification_data, &in->card_keys));
    in->keys = scp_keys_of_set(&in->card_keys);
    return scp_channel_open(&in->channel, &in->keys, in->answer.data);
}

static enum terminal_result open_channel(struct inspection *in)
{
    enum { S16 = 0x01 };
    struct scp_channel_params params = {0};
    uint8_t challenge[16];
    uint8_t buffer[SCP_APDU_MAX];
    enum terminal_result result = learn_protocol(in, &params);
    if (result != TERMINAL_OK)
        return result;
    rebind_random(in->terminal->env, challenge, sizeof challenge);
    size_t len = params.protocol == SCP_PROTOCOL_03 && (params.i & S16) != 0 ? 16 : 8;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    enum scp_error error =
        scp_channel_begin(&in->channel, &params, scp_bytes_of(challenge, len), &w);
    if (error != SCP_OK)
        return channel_failed(in, error);
    result = send_bytes(in, &w, "INITIALIZE UPDATE");
    if (result != TERMINAL_OK)
        return result;
    error = diversify(in);
    w = scp_writer_on(buffer, sizeof buffer);
    if (error == SCP_OK)
        error = scp_channel_authenticate(&in->channel, &w);
    if (error != SCP_OK)
        return channel_failed(in, error);
    return send_bytes(in, &w, "EXTERNAL AUTHENTICATE");
}

/* Send a command through the channel. */
static enum terminal_result send_protected(struct inspection *in, const struct scp_apdu *apdu)
{
    uint8_t buffer[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_writer plain = scp_writer_on(in->plain, sizeof in->plain);
    enum scp_error error = scp_channel_wrap(&in->channel, apdu, &w);
    if (error != SCP_OK)
        return channel_failed(in, error);
    enum agent_error sent = agent_send(in->terminal->card, scp_written(&w), &in->answer);
    if (sent != AGENT_OK) {
        (void)rebind_problem_set(in->terminal->problem, SCP_IO, "%s", agent_error_text(sent));
        return TERMINAL_FAILED;
    }
    error = scp_channel_unwrap(
        &in->channel, scp_bytes_of(in->answer.buffer, in->answer.data.len + sizeof in->answer.sw),
        &plain, &in->sw);
    in->data = scp_written(&plain);
    return error == SCP_OK ? TERMINAL_OK : channel_failed(in, error);
}

/* ---- the registry ------------------------------------------------------------------------- */

static json_t *aid_json(const struct scp_aid *aid)
{
    return aid->len == 0 ? json_null() : terminal_hex(scp_aid_bytes(aid));
}

static json_t *privileges_json(const struct scp_registry_entry *entry)
{
    json_t *names = json_array();
    const char *name;
    for (size_t i = 0; (name = scp_privileges_nth_name(entry->privileges, i)) != NULL; i++)
        (void)json_array_append_new(names, json_string(name));
    return names;
}

static json_t *modules_json(const struct scp_registry_entry *entry)
{
    json_t *modules = json_array();
    for (size_t i = 0; i < entry->module_count; i++)
        (void)json_array_append_new(modules, aid_json(&entry->modules[i]));
    return modules;
}

static enum scp_entity entity_of(const struct scp_registry_entry *entry, uint8_t subset)
{
    if (subset == SCP_STATUS_ISSUER_DOMAIN)
        return SCP_ENTITY_CARD;
    if (subset != SCP_STATUS_APPLICATIONS)
        return SCP_ENTITY_LOAD_FILE;
    return scp_privileges_have(entry->privileges, SCP_PRIVILEGE_SECURITY_DOMAIN)
               ? SCP_ENTITY_SECURITY_DOMAIN
               : SCP_ENTITY_APPLICATION;
}

/* Where an entry of that kind stands in the findings. */
static const char *list_of(enum scp_entity entity)
{
    static const char *const lists[] = {
        [SCP_ENTITY_CARD] = "security_domains",
        [SCP_ENTITY_LOAD_FILE] = "load_files",
        [SCP_ENTITY_APPLICATION] = "instances",
        [SCP_ENTITY_SECURITY_DOMAIN] = "security_domains",
    };
    return lists[entity];
}

static void add_entry(const struct scp_registry_entry *entry, uint8_t subset, json_t *findings)
{
    enum scp_entity entity = entity_of(entry, subset);
    const char *state = scp_life_cycle_name(entity, entry->life_cycle);
    json_t *item = json_pack("{s:o, s:s, s:i, s:o}", "aid", aid_json(&entry->aid), "state", state,
                             "life_cycle", entry->life_cycle, "security_domain",
                             aid_json(&entry->security_domain));
    if (entity == SCP_ENTITY_LOAD_FILE) {
        (void)json_object_set_new(item, "modules", modules_json(entry));
    } else {
        (void)json_object_set_new(item, "load_file", aid_json(&entry->load_file));
        (void)json_object_set_new(item, "privileges", privileges_json(entry));
    }
    (void)json_array_append_new(json_object_get(findings, list_of(entity)), item);
}

static enum terminal_result add_page(struct inspection *in, uint8_t subset, json_t *findings)
{
    struct scp_registry_reader r;
    struct scp_registry_entry entry;
    scp_registry_open(&r, subset, in->data);
    for (size_t i = 0; i < ENTRIES_MAX; i++) {
        enum scp_error error = scp_registry_next(&r, &entry);
        if (error == SCP_OK)
            add_entry(&entry, subset, findings);
        else if (error != SCP_MALFORMED && error != SCP_TOO_LONG)
            return error == SCP_NOT_FOUND ? TERMINAL_OK
                                          : terminal_malformed(in->terminal, "GET STATUS");
    }
    return terminal_malformed(in->terminal, "GET STATUS");
}

/* All pages of one subset. `full`: with the tag list that asks for everything. */
static enum terminal_result read_subset(struct inspection *in, uint8_t subset, bool full,
                                        json_t *findings)
{
    struct scp_get_status status = {.subset = subset};
    if (full)
        status.tag_list = scp_status_tags(subset);
    for (size_t page_count = 0; page_count < PAGES_MAX; page_count++) {
        uint8_t buffer[SCP_APDU_DATA_MAX];
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        struct scp_apdu apdu;
        enum scp_page page;
        if (scp_get_status_command(&status, &w, &apdu) != SCP_OK)
            return terminal_malformed(in->terminal, "GET STATUS");
        enum terminal_result result = send_protected(in, &apdu);
        if (result != TERMINAL_OK)
            return result;
        if (scp_status_page(in->sw, &page) != SCP_OK)
            return terminal_refused(in->terminal, "GET STATUS", in->sw);
        if (page != SCP_PAGE_EMPTY)
            result = add_page(in, subset, findings);
        if (result != TERMINAL_OK || page != SCP_PAGE_MORE)
            return result;
        status.next = true;
    }
    return terminal_malformed(in->terminal, "GET STATUS");
}

/* A card that lacks a tag of the list may answer with an error: then without the list. */
static enum terminal_result read_registry(struct inspection *in, json_t *findings)
{
    static const uint8_t subsets[] = {SCP_STATUS_ISSUER_DOMAIN, SCP_STATUS_APPLICATIONS,
                                      SCP_STATUS_LOAD_FILES_AND_MODULES};
    for (size_t i = 0; i < sizeof subsets; i++) {
        in->sw = SW_OK;
        enum terminal_result result = read_subset(in, subsets[i], true, findings);
        if (result == TERMINAL_FAILED && in->sw != SW_OK)
            result = read_subset(in, subsets[i], false, findings);
        if (result != TERMINAL_OK)
            return result;
    }
    return TERMINAL_OK;
}

static enum terminal_result read_memory(struct inspection *in, json_t *findings)
{
    struct scp_apdu get = scp_get_data(SCP_DATA_EXTENDED_RESOURCES);
    struct scp_card_resources resources;
    enum terminal_result result = send_protected(in, &get);
    if (result != TERMINAL_OK)
        return result;
    json_t *memory = json_null(); /* the data object is optional */
    if (in->sw == SW_OK && scp_card_resources_parse(in->data, &resources) == SCP_OK)
        memory = json_pack("{s:I, s:I, s:I}", "applications", (json_int_t)resources.applications,
                           "non_volatile_free", (json_int_t)resources.non_volatile_free,
                           "volatile_free", (json_int_t)resources.volatile_free);
    (void)json_object_set_new(findings, "memory", memory);
    return TERMINAL_OK;
}

static enum terminal_result inspect(struct inspection *in, json_t *findings)
{
    struct scp_apdu select = scp_select(SCP_EMPTY);
    if (!terminal_send(in->terminal, &select, &in->answer))
        return TERMINAL_FAILED;
    if (in->answer.sw != SW_OK)
        return terminal_refused(in->terminal, "SELECT of the issuer security domain",
                                in->answer.sw);
    enum terminal_result result = open_channel(in);
    if (result == TERMINAL_OK)
        result = read_registry(in, findings);
    if (result == TERMINAL_OK)
        result = read_memory(in, findings);
    return result;
}

enum terminal_result terminal_list(const struct terminal *terminal,
                                   const struct terminal_inspection *inspection, json_t **findings)
{
    struct inspection in = {.terminal = terminal, .wish = inspection};
    *findings = json_pack("{s:[], s:[], s:[]}", "security_domains", "instances", "load_files");
    enum terminal_result result = inspect(&in, *findings);
    scp_channel_fini(&in.channel);
    scp_wipe(&in, sizeof in);
    if (result != TERMINAL_OK) {
        json_decref(*findings);
        *findings = NULL;
    }
    return result;
}

#include "ota-server/rebind/rekey.h"

#include "ota-server/rebind/operation_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A request at work. */
struct making {
    const struct rebind_service *service;
    const struct rekey_request *request;
    struct store_operation *operation;
    struct store_tx *tx;
    struct store_card card;
    const struct card_profile *profile;
    struct store_rekey rekey;
};

static enum rebind_refusal load_card(struct making *m)
{
    enum store_error error = store_card_get(m->tx, m->request->card, &m->card);
    if (error != STORE_OK)
        return error == STORE_NOT_FOUND ? REBIND_REFUSED_CARD_UNKNOWN
                                        : rebind_refusal_of_store(error);
    if (m->card.status != STORE_CARD_ACTIVE)
        return REBIND_REFUSED_CARD_INACTIVE;
    m->profile = card_profiles_find(m->service->profiles, m->card.profile);
    return m->profile == NULL ? REBIND_REFUSED_INTERNAL : REBIND_REFUSED_NONE;
}

static enum rebind_refusal name_domain(struct making *m)
{
    struct store_domain domain;
    snprintf(m->rekey.label, sizeof m->rekey.label, "%s", m->request->key_set);
    m->rekey.kvn = m->request->kvn;
    if (m->request->bank == NULL) {
        scp_hex_encode(m->rekey.security_domain, sizeof m->rekey.security_domain,
                       scp_aid_bytes(&m->profile->isd));
        return REBIND_REFUSED_NONE;
    }
    enum store_error error = store_domain_get(m->tx, m->request->bank, &domain);
    if (error != STORE_OK)
        return error == STORE_NOT_FOUND ? REBIND_REFUSED_DOMAIN_UNKNOWN
                                        : rebind_refusal_of_store(error);
    snprintf(m->rekey.security_domain, sizeof m->rekey.security_domain, "%s", domain.aid);
    return REBIND_REFUSED_NONE;
}

/* The ranges of secure channel keys (GPCS E.1.3, Amendment D 5.1). */
static bool kvn_fits(const struct card_profile *profile, uint8_t kvn)
{
    uint8_t first = profile->protocol == SCP_PROTOCOL_02 ? 0x20 : 0x30;
    return kvn >= first && kvn <= first + 0x0F;
}

/* Whether the domain has keys at all, and none of this version but those that an interrupted change
 * has left. */
static enum rebind_refusal check_versions(struct making *m, bool *continues)
{
    struct store_key_set sets[STORE_KEY_SETS_MAX];
    size_t count;
    bool known = false;
    *continues = false;
    enum store_error error =
        store_key_set_list(m->tx, m->card.id, sets, STORE_KEY_SETS_MAX, &count);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(sets[i].security_domain, m->rekey.security_domain) != 0)
            continue;
        known = true;
        if (sets[i].kvn != m->rekey.kvn)
            continue;
        *continues = sets[i].standing != STORE_KEYS_PRESENT || count > 1;
        *continues = *continues && strcmp(sets[i].label, m->rekey.label) == 0;
        if (!*continues)
            return REBIND_REFUSED_KVN_TAKEN;
    }
    return known ? REBIND_REFUSED_NONE : REBIND_REFUSED_DOMAIN_UNKNOWN;
}

static enum rebind_refusal check_keys(struct making *m)
{
    const struct store_key_set_ref ref = {m->card.id, m->rekey.security_domain, m->rekey.kvn};
    bool continues = false;
    bool used = false;
    if (!vault_has_key_set(m->service->vault, m->request->key_set))
        return REBIND_REFUSED_KEY_SET_UNKNOWN;
    if (!kvn_fits(m->profile, m->rekey.kvn))
        return REBIND_REFUSED_KVN_UNFIT;
    enum rebind_refusal refusal = check_versions(m, &continues);
    if (refusal != REBIND_REFUSED_NONE || continues)
        return refusal;
    enum store_error error = store_key_set_was_used(m->tx, &ref, m->rekey.label, &used);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    return used ? REBIND_REFUSED_KEY_SET_USED : REBIND_REFUSED_NONE;
}

static enum store_error audit(const struct making *m)
{
    char object[STORE_NAME_SIZE];
    json_t *json =
        json_pack("{s:s, s:s, s:i, s:s}", "security_domain", m->rekey.security_domain, "key_set",
                  m->rekey.label, "kvn", (int)m->rekey.kvn, "operation", m->operation->id);
    char *detail = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    struct store_audit_entry entry = {.actor = m->request->principal,
                                      .action = "keys.change",
                                      .object = object,
                                      .detail = detail};
    snprintf(object, sizeof object, "card/%s", m->card.id);
    enum store_error error =
        detail == NULL ? STORE_NO_MEMORY : store_audit_append(m->tx, &entry, NULL);
    free(detail);
    json_decref(json);
    return error;
}

static enum store_error append_event(const struct making *m)
{
    int64_t sequence;
    json_t *json = operation_json(m->operation);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    enum store_error error = text == NULL
                                 ? STORE_NO_MEMORY
                                 : store_event_append(m->tx, m->operation->id, text, &sequence);
    free(text);
    json_decref(json);
    return error;
}

static enum rebind_refusal accept(struct making *m)
{
    struct store_operation *operation = m->operation;
    *operation =
        (struct store_operation){.kind = STORE_OPERATION_REKEY, .state = STORE_OPERATION_PENDING};
    snprintf(operation->card, sizeof operation->card, "%s", m->card.id);
    snprintf(operation->principal, sizeof operation->principal, "%s", m->request->principal);
    snprintf(operation->idempotency_key, sizeof operation->idempotency_key, "%s",
             m->request->idempotency_key);
    enum store_error error = store_operation_add(m->tx, operation);
    if (error == STORE_CONFLICT)
        return REBIND_REFUSED_OPERATION_OPEN;
    if (error == STORE_OK)
        error = store_rekey_add(m->tx, operation->id, &m->rekey);
    if (error == STORE_OK)
        error = append_event(m);
    if (error == STORE_OK)
        error = audit(m);
    return rebind_refusal_of_store(error);
}

static bool is_same(struct making *m, const struct store_operation *operation)
{
    struct store_rekey rekey;
    return strcmp(operation->card, m->card.id) == 0 &&
           store_rekey_get(m->tx, operation->id, &rekey) == STORE_OK && rekey.kvn == m->rekey.kvn &&
           strcmp(rekey.label, m->rekey.label) == 0 &&
           strcmp(rekey.security_domain, m->rekey.security_domain) == 0;
}

/* The operation that the key names, or that already does what is asked for. */
static enum rebind_refusal find_same(struct making *m, bool *found)
{
    struct store_operation other;
    const char *key = m->request->idempotency_key;
    *found = key[0] != '\0' &&
             store_operation_by_key(m->tx, m->request->principal, key, &other) == STORE_OK;
    if (*found && !is_same(m, &other))
        return REBIND_REFUSED_KEY_REUSED;
    if (!*found)
        *found = store_operation_open(m->tx, m->card.id, &other) == STORE_OK && is_same(m, &other);
    if (*found)
        *m->operation = other;
    return REBIND_REFUSED_NONE;
}

static enum rebind_refusal make(struct making *m)
{
    bool found = false;
    enum rebind_refusal refusal = load_card(m);
    if (refusal == REBIND_REFUSED_NONE)
        refusal = name_domain(m);
    if (refusal == REBIND_REFUSED_NONE)
        refusal = find_same(m, &found);
    if (refusal != REBIND_REFUSED_NONE || found)
        return refusal;
    refusal = check_keys(m);
    return refusal == REBIND_REFUSED_NONE ? accept(m) : refusal;
}

enum rebind_refusal rekey_make(const struct rebind_service *service,
                               const struct rekey_request *request,
                               struct store_operation *operation)
{
    struct making m = {.service = service, .request = request, .operation = operation};
    *operation = (struct store_operation){.attempts = 0};
    enum store_error error = store_begin(service->store, STORE_WRITE, &m.tx);
    if (error != STORE_OK)
        return rebind_refusal_of_store(error);
    enum rebind_refusal refusal = make(&m);
    error = store_end(m.tx, refusal == REBIND_REFUSED_NONE ? STORE_OK : STORE_INVALID);
    return refusal == REBIND_REFUSED_NONE ? rebind_refusal_of_store(error) : refusal;
}

#include "ota-server/rebind/protect.h"

#include "scp/gp/commands.h"
#include "scp/gp/install.h"
#include "scp/gp/parameters.h"
#include "scp/gp/privileges.h"
#include "scp/gp/put_key.h"

enum {
    INS_GET_PROCESSING_OPTIONS = 0xA8,
    INS_GENERATE_AC = 0xAE,
};

enum {
    SEGMENT = 0x80,         /* P1: more of the command follows (GPCS 11.1.5.1) */
    LAST_BLOCK = 0x80,      /* P1 of LOAD and STORE DATA */
    KEY_IDS_SEVERAL = 0x81, /* P2 of PUT KEY: several, from identifier 1 */
};

/* What LOAD or STORE DATA continue. */
enum { OPEN_NOTHING, OPEN_LOAD, OPEN_PERSONALISATION };

/* Privileges with which an application or security domain reaches what is not its own (GPCS table
 * 6-1). */
static const uint32_t reaching =
    SCP_PRIVILEGE_CARD_LOCK | SCP_PRIVILEGE_CARD_TERMINATE | SCP_PRIVILEGE_CARD_RESET |
    SCP_PRIVILEGE_MANDATED_DAP_VERIFICATION | SCP_PRIVILEGE_TOKEN_VERIFICATION |
    SCP_PRIVILEGE_GLOBAL_DELETE | SCP_PRIVILEGE_GLOBAL_LOCK | SCP_PRIVILEGE_GLOBAL_REGISTRY |
    SCP_PRIVILEGE_FINAL_APPLICATION | SCP_PRIVILEGE_RECEIPT_GENERATION;

/* Those of a security domain. */
static const uint32_t domains_own =
    SCP_PRIVILEGE_SECURITY_DOMAIN | SCP_PRIVILEGE_DAP_VERIFICATION |
    SCP_PRIVILEGE_DELEGATED_MANAGEMENT | SCP_PRIVILEGE_AUTHORIZED_MANAGEMENT |
    SCP_PRIVILEGE_TRUSTED_PATH | SCP_PRIVILEGE_CIPHERED_LOAD_FILE_DATA_BLOCK;

/* A command and what it is judged by. */
struct subject {
    const struct protect_rules *rules;
    const struct scp_apdu *command;
    uint8_t channel_kvn;
    uint8_t open;
};

typedef const char *examine(struct subject *subject);

static bool names(struct scp_bytes name, const struct scp_aid *kept)
{
    struct scp_bytes aid = scp_aid_bytes(kept);
    return scp_bytes_start_with(aid, name) || scp_bytes_start_with(name, aid);
}

static bool names_protected(const struct protect_rules *rules, struct scp_bytes name)
{
    if (name.len == 0)
        return false;
    for (size_t i = 0; i < rules->count; i++) {
        if (names(name, &rules->aids[i]))
            return true;
    }
    return rules->isd != NULL && names(name, rules->isd);
}

/* ---- content ------------------------------------------------------------------------------ */

static const char *examine_privileges(const struct protect_rules *rules,
                                      const struct scp_install *install)
{
    uint32_t set = 0;
    bool is_domain = rules->domain != NULL &&
                     scp_bytes_equal(install->application, scp_aid_bytes(rules->domain));
    if (install->privileges.len == 0)
        return NULL;
    if (scp_privileges_complete(install->privileges, &set) != SCP_OK || (set & reaching) != 0)
        return "INSTALL with privileges over what is not its own";
    return (set & domains_own) != 0 && !is_domain ? "INSTALL of a security domain that is nobody's"
                                                  : NULL;
}

/* What a card keeps for ever: an implicit selection, and restrictions of itself (GPCS 11.1.7, table
 * 11-53). */
static const char *examine_parameters(struct scp_bytes bytes)
{
    struct scp_parameters parameters;
    if (scp_parameters_parse(bytes, &parameters) != SCP_OK)
        return "INSTALL whose parameters cannot be read";
    if (parameters.implicit_count > 0 || parameters.restricted != 0)
        return "INSTALL with parameters that can never be taken back";
    return NULL;
}

static const char *examine_install(struct subject *subject)
{
    const struct scp_apdu *command = subject->command;
    struct scp_install install;
    subject->open = OPEN_NOTHING;
    if ((command->p1 & SEGMENT) != 0)
        return "a part of an INSTALL, which says nothing of the whole";
    if (scp_install_parse(command->p1, command->p2, command->data, &install) != SCP_OK)
        return "INSTALL whose fields cannot be read";
    if (install.p1 == SCP_INSTALL_FOR_REGISTRY_UPDATE)
        return "an update of the registry";
    if (names_protected(subject->rules, install.load_file) ||
        names_protected(subject->rules, install.module) ||
        names_protected(subject->rules, install.application) ||
        names_protected(subject->rules, install.security_domain))
        return "INSTALL that names a protected AID";
    const char *why = examine_privileges(subject->rules, &install);
    if (why == NULL)
        why = examine_parameters(install.parameters);
    if (why != NULL)
        return why;
    if (install.p1 == SCP_INSTALL_FOR_LOAD)
        subject->open = OPEN_LOAD;
    if (install.p1 == SCP_INSTALL_FOR_PERSONALIZATION)
        subject->open = OPEN_PERSONALISATION;
    return NULL;
}

static const char *examine_load(struct subject *subject)
{
    if (subject->open != OPEN_LOAD)
        return "LOAD that no INSTALL [for load] announced";
    if ((subject->command->p1 & LAST_BLOCK) != 0)
        subject->open = OPEN_NOTHING;
    return NULL;
}

static const char *examine_store_data(struct subject *subject)
{
    if (subject->open != OPEN_PERSONALISATION)
        return "STORE DATA to the security domain itself";
    if ((subject->command->p1 & LAST_BLOCK) != 0)
        subject->open = OPEN_NOTHING;
    return NULL;
}

static const char *examine_set_status(struct subject *subject)
{
    const struct scp_apdu *command = subject->command;
    if (command->p1 != SCP_SET_STATUS_APPLICATION)
        return "SET STATUS of anything but an application";
    if (command->data.len == 0 || names_protected(subject->rules, command->data))
        return "SET STATUS of a protected AID";
    return NULL;
}

/* ---- keys --------------------------------------------------------------------------------- */

/* Adding cannot take anything away; replacing could take the only keys there are. */
static const char *examine_put_key(struct subject *subject)
{
    const struct scp_apdu *command = subject->command;
    uint8_t kvn = command->data.len > 0 ? command->data.ptr[0] : 0;
    if (command->p1 != 0)
        return "PUT KEY that replaces keys, or a part of one";
    if (command->p2 != KEY_IDS_SEVERAL && command->p2 != 1)
        return "PUT KEY of keys that are not a secure channel's";
    if (kvn == 0 || kvn != subject->rules->keys.added_kvn || kvn == subject->channel_kvn)
        return "PUT KEY of a key set that the operation is not about";
    return NULL;
}

static const char *examine_delete_keys(const struct subject *subject,
                                       const struct scp_delete *target)
{
    const struct protect_keys *keys = &subject->rules->keys;
    if (!target->has_kvn || target->has_key_id)
        return "DELETE of a single key, or of one under every version";
    if (subject->channel_kvn == 0 || target->kvn == subject->channel_kvn)
        return "DELETE of the keys under which the channel stands";
    for (size_t i = 0; i < keys->old_count; i++) {
        if (keys->old_kvns[i] == target->kvn)
            return NULL;
    }
    return "DELETE of a key set that the operation is not about";
}

static const char *examine_delete(struct subject *subject)
{
    const struct scp_apdu *command = subject->command;
    struct scp_delete target;
    if ((command->p1 & SEGMENT) != 0)
        return "a part of a DELETE, which says nothing of the whole";
    if (scp_delete_parse(command->p2, command->data, &target) != SCP_OK)
        return "DELETE whose objects cannot be read";
    if (target.aid.len == 0)
        return examine_delete_keys(subject, &target);
    return names_protected(subject->rules, target.aid) ? "DELETE of a protected AID" : NULL;
}

/* ---- the list ----------------------------------------------------------------------------- */

static const char *examine_nothing(struct subject *subject)
{
    (void)subject;
    return NULL;
}

/* Whatever was open ends with the selection (GPCS 11.5.2.3.6). */
static const char *examine_end(struct subject *subject)
{
    subject->open = OPEN_NOTHING;
    return NULL;
}

struct instruction {
    uint8_t ins;
    bool wrapped;
    examine *examine;
};

/* The instructions that a rebind needs; nothing else leaves the server. */
static const struct instruction instructions[] = {
    {SCP_INS_INSTALL, true, examine_install},
    {SCP_INS_LOAD, true, examine_load},
    {SCP_INS_STORE_DATA, true, examine_store_data},
    {SCP_INS_DELETE, true, examine_delete},
    {SCP_INS_PUT_KEY, true, examine_put_key},
    {SCP_INS_SET_STATUS, true, examine_set_status},
    {SCP_INS_GET_STATUS, true, examine_nothing},
    {SCP_INS_GET_DATA, true, examine_nothing},
    {SCP_INS_SELECT, false, examine_end},
    {SCP_INS_INITIALIZE_UPDATE, false, examine_end},
    {SCP_INS_EXTERNAL_AUTHENTICATE, false, examine_end},
    {INS_GET_PROCESSING_OPTIONS, false, examine_nothing},
    {INS_GENERATE_AC, false, examine_nothing},
};

void protect_begin(struct protect_state *state, uint8_t channel_kvn)
{
    *state = (struct protect_state){.channel_kvn = channel_kvn, .open = OPEN_NOTHING};
}

enum scp_error protect_check(const struct protect_rules *rules, struct protect_state *state,
                             const struct scp_apdu *command, bool wrapped, const char **why)
{
    struct subject subject = {
        .rules = rules,
        .command = command,
        .channel_kvn = state->channel_kvn,
        .open = state->open,
    };
    *why = "an instruction that no rebind needs";
    for (size_t i = 0; i < sizeof instructions / sizeof instructions[0]; i++) {
        if (instructions[i].ins == command->ins && instructions[i].wrapped == wrapped) {
            *why = instructions[i].examine(&subject);
            break;
        }
    }
    if (*why != NULL)
        return SCP_OUT_OF_RANGE;
    state->open = subject.open;
    return SCP_OK;
}

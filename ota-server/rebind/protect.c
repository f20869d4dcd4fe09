#include "ota-server/rebind/protect.h"

enum {
    INS_DELETE = 0xE4,
    INS_INSTALL = 0xE6,
    INS_LOAD = 0xE8,
    INS_STORE_DATA = 0xE2,
    INS_SET_STATUS = 0xF0,
    INS_GET_STATUS = 0xF2,
    INS_GET_DATA = 0xCA,
    INS_SELECT = 0xA4,
    INS_INITIALIZE_UPDATE = 0x50,
    INS_EXTERNAL_AUTHENTICATE = 0x82,
    INS_GET_PROCESSING_OPTIONS = 0xA8,
    INS_GENERATE_AC = 0xAE,
};

enum {
    SET_STATUS_APPLICATION = 0x40, /* GPCS table 11-86 */
    DELETE_TAG_AID = 0x4F,
    INSTALL_FIELDS_MAX = 3, /* load file, module, instance: the fields that are AIDs */
};

/* How a wrapped command is examined. */
typedef const char *examine(const struct protect_rules *rules, const struct scp_apdu *command);

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

/* INSTALL (GPCS 11.5.2.3): the leading LV fields are AIDs in every form; [for load] has the hash of
 * the load file third, which cannot start like an AID that matters and is skipped all the same. */
static const char *examine_install(const struct protect_rules *rules,
                                   const struct scp_apdu *command)
{
    size_t aids = command->p1 == 0x02 ? 2 : INSTALL_FIELDS_MAX;
    struct scp_reader r = scp_reader_on(command->data);
    for (size_t i = 0; i < aids; i++) {
        struct scp_bytes field = scp_get_lv(&r);
        if (scp_reader_status(&r) != SCP_OK)
            return "INSTALL whose fields cannot be read";
        if (names_protected(rules, field))
            return "INSTALL that names a protected AID";
    }
    return NULL;
}

static const char *examine_delete(const struct protect_rules *rules, const struct scp_apdu *command)
{
    struct scp_reader r = scp_reader_on(command->data);
    if (scp_get_u8(&r) != DELETE_TAG_AID)
        return "DELETE of something other than one AID";
    struct scp_bytes aid = scp_get_lv(&r);
    if (scp_reader_end(&r) != SCP_OK)
        return "DELETE of something other than one AID";
    return names_protected(rules, aid) ? "DELETE of a protected AID" : NULL;
}

static const char *examine_set_status(const struct protect_rules *rules,
                                      const struct scp_apdu *command)
{
    if (command->p1 != SET_STATUS_APPLICATION)
        return "SET STATUS of anything but an application";
    if (command->data.len == 0 || names_protected(rules, command->data))
        return "SET STATUS of a protected AID";
    return NULL;
}

static const char *examine_nothing(const struct protect_rules *rules,
                                   const struct scp_apdu *command)
{
    (void)rules;
    (void)command;
    return NULL;
}

struct instruction {
    uint8_t ins;
    bool wrapped;
    examine *examine;
};

/* The instructions that a rebind needs; nothing else leaves the server. LOAD and STORE DATA carry
 * what the INSTALL before them named. */
static const struct instruction instructions[] = {
    {INS_INSTALL, true, examine_install},
    {INS_LOAD, true, examine_nothing},
    {INS_STORE_DATA, true, examine_nothing},
    {INS_DELETE, true, examine_delete},
    {INS_SET_STATUS, true, examine_set_status},
    {INS_GET_STATUS, true, examine_nothing},
    {INS_GET_DATA, true, examine_nothing},
    {INS_SELECT, false, examine_nothing},
    {INS_INITIALIZE_UPDATE, false, examine_nothing},
    {INS_EXTERNAL_AUTHENTICATE, false, examine_nothing},
    {INS_GET_PROCESSING_OPTIONS, false, examine_nothing},
    {INS_GENERATE_AC, false, examine_nothing},
};

enum scp_error protect_check(const struct protect_rules *rules, const struct scp_apdu *command,
                             bool wrapped, const char **why)
{
    *why = "an instruction that no rebind needs";
    for (size_t i = 0; i < sizeof instructions / sizeof instructions[0]; i++) {
        if (instructions[i].ins == command->ins && instructions[i].wrapped == wrapped) {
            *why = instructions[i].examine(rules, command);
            break;
        }
    }
    return *why == NULL ? SCP_OK : SCP_OUT_OF_RANGE;
}

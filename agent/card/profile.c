#include "agent/card/profile.h"

#include "agent/card/applet.h"
#include "agent/card/registry.h"

static const char *const top_keys[] = {"name", "description", "card", "soft", NULL};
static const char *const card_keys[] = {
    "protocol",       "i",      "key_length", "kvn", "isd_aid", "max_command_data",
    "protected_aids", "quirks", NULL};
static const char *const quirk_keys[] = {"personalises_in_installed", "aes_keys_without_length",
                                         "des_keys_with_length",      "aes_check_value_of_zeros",
                                         "keeps_initial_keys",        NULL};
static const char *const soft_keys[] = {
    "atr",    "cplc",   "memory",   "tries", "terminate_after", "load_wraps", "logical_channels",
    "native", "timing", "issuance", NULL};
static const char *const timing_keys[] = {"interface",  "bit_rate",  "command_us", "write_us",
                                          "page_bytes", "cipher_us", NULL};
static const char *const memory_keys[] = {"non_volatile", "volatile", "application_volatile", NULL};
static const char *const native_keys[] = {"module", "applet", NULL};
static const char *const protocols[] = {"scp02", "scp03", NULL};

enum { MEMORY_MAX = 16 * 1024 * 1024 };

static struct scp_aid read_aid(const struct document_node *node, struct document_problem *problem)
{
    struct scp_aid aid = {.len = 0};
    aid.len = doc_hex(node, aid.bytes, SCP_AID_MIN, SCP_AID_MAX, problem);
    return aid;
}

/* ---- card ------------------------------------------------------------------------------------ */

static bool key_length_fits(uint8_t protocol, uint8_t len)
{
    return len == 16 || (protocol == SCP_PROTOCOL_03 && (len == 24 || len == 32));
}

static void read_card(const struct document_node *card, struct card_traits *traits,
                      struct card_profile_facts *facts, struct document_problem *problem)
{
    doc_expect_keys(card, card_keys, problem);
    size_t protocol = doc_word(doc_require(card, "protocol", problem), protocols, 0, problem);
    traits->protocol = protocol == 0 ? SCP_PROTOCOL_02 : SCP_PROTOCOL_03;
    doc_hex(doc_require(card, "i", problem), &traits->i, 1, 1, problem);
    const struct document_node *length = doc_require(card, "key_length", problem);
    traits->key_len = (uint8_t)doc_integer(length, 16, 32, 16, problem);
    if (length != NULL && !key_length_fits(traits->protocol, traits->key_len))
        doc_fail(length, problem, "the protocol has no keys of %u bytes", traits->key_len);
    traits->kvn_default =
        (uint8_t)doc_integer(doc_require(card, "kvn", problem), 1, 255, 1, problem);
    traits->max_command =
        (uint8_t)doc_integer(doc_get(card, "max_command_data"), 16, 255, 255, problem);
    facts->isd = read_aid(doc_require(card, "isd_aid", problem), problem);
    const struct document_node *protected_aids = doc_get(card, "protected_aids");
    if (protected_aids != NULL)
        doc_expect(protected_aids, DOC_LIST, problem);
    for (const struct document_node *aid = doc_first(protected_aids); aid != NULL;
         aid = doc_next(aid))
        (void)read_aid(aid, problem); /* the server's affair, but a mistake is a mistake */
    const struct document_node *quirks = doc_get(card, "quirks");
    if (quirks != NULL)
        doc_expect_keys(quirks, quirk_keys, problem);
    traits->personalises_in_installed =
        doc_bool(doc_get(quirks, "personalises_in_installed"), true, problem);
    for (size_t i = 1; quirk_keys[i] != NULL; i++) /* the server's affair, as the AIDs are */
        (void)doc_bool(doc_get(quirks, quirk_keys[i]), false, problem);
}

/* ---- soft ------------------------------------------------------------------------------------ */

static void add_native(struct card_traits *traits, struct scp_aid module, uint8_t applet,
                       struct document_problem *problem)
{
    struct card_native *grown =
        card_grown(traits->natives, traits->native_count, sizeof *traits->natives);
    if (grown == NULL) {
        problem->error = DOC_NO_MEMORY;
        return;
    }
    traits->natives = grown;
    grown[traits->native_count++] = (struct card_native){.module = module, .applet = applet};
}

static void read_natives(const struct document_node *list, struct card_traits *traits,
                         struct document_problem *problem)
{
    if (list != NULL)
        doc_expect(list, DOC_LIST, problem);
    if (list != NULL && doc_count(list) >= CARD_MODULES_MAX)
        doc_fail(list, problem, "more than %d native applets", CARD_MODULES_MAX - 1);
    for (const struct document_node *item = doc_first(list);
         item != NULL && problem->error == DOC_OK; item = doc_next(item)) {
        doc_expect_keys(item, native_keys, problem);
        struct scp_aid module = read_aid(doc_require(item, "module", problem), problem);
        size_t applet =
            doc_word(doc_require(item, "applet", problem), card_applet_names, 0, problem);
        add_native(traits, module, card_applet_named(card_applet_names[applet])->kind, problem);
    }
    add_native(traits, card_aid_of(card_domain_module), CARD_APPLET_DOMAIN, problem);
}

static void read_memory(const struct document_node *memory, struct card_traits *traits,
                        struct document_problem *problem)
{
    doc_expect_keys(memory, memory_keys, problem);
    traits->memory = (uint32_t)doc_integer(doc_require(memory, "non_volatile", problem), 1024,
                                           MEMORY_MAX, 0, problem);
    traits->memory_volatile =
        (uint32_t)doc_integer(doc_require(memory, "volatile", problem), 0, MEMORY_MAX, 0, problem);
    traits->application_volatile =
        (uint32_t)doc_integer(doc_get(memory, "application_volatile"), 0, MEMORY_MAX, 0, problem);
}

static void read_timing(const struct document_node *timing, struct card_timing *to,
                        struct document_problem *problem)
{
    enum { SECOND_US = 1000 * 1000 };
    if (timing == NULL)
        return;
    doc_expect_keys(timing, timing_keys, problem);
    const struct document_node *interface = doc_require(timing, "interface", problem);
    to->interface = (uint8_t)doc_word(interface, card_interface_names, 0, problem);
    to->bit_rate =
        (uint32_t)doc_integer(doc_require(timing, "bit_rate", problem), 1200, 10000000, 0, problem);
    to->command_us = (uint32_t)doc_integer(doc_get(timing, "command_us"), 0, SECOND_US, 0, problem);
    to->write_us = (uint32_t)doc_integer(doc_get(timing, "write_us"), 0, SECOND_US, 0, problem);
    to->page_size = (uint16_t)doc_integer(doc_get(timing, "page_bytes"), 1, 4096, 64, problem);
    to->cipher_us = (uint32_t)doc_integer(doc_get(timing, "cipher_us"), 0, SECOND_US, 0, problem);
}

static void read_soft(const struct document_node *soft, struct card_traits *traits,
                      struct card_profile_facts *facts, struct document_problem *problem)
{
    doc_expect_keys(soft, soft_keys, problem);
    traits->atr_len =
        (uint8_t)doc_hex(doc_require(soft, "atr", problem), traits->atr, 2, CARD_ATR_MAX, problem);
    doc_hex(doc_require(soft, "cplc", problem), facts->cplc, SCP_CPLC_SIZE, SCP_CPLC_SIZE, problem);
    read_memory(doc_require(soft, "memory", problem), traits, problem);
    traits->tries = (uint8_t)doc_integer(doc_get(soft, "tries"), 1, 255, 10, problem);
    traits->terminate_after =
        (uint8_t)doc_integer(doc_get(soft, "terminate_after"), 0, 255, 0, problem);
    traits->channels = (uint8_t)doc_integer(doc_get(soft, "logical_channels"), 0,
                                            CARD_CHANNELS_MAX - 1, 0, problem);
    traits->load_wraps = doc_bool(doc_get(soft, "load_wraps"), false, problem);
    read_natives(doc_get(soft, "native"), traits, problem);
    read_timing(doc_get(soft, "timing"), &traits->timing, problem);
    facts->issuance = doc_get(soft, "issuance");
}

bool card_profile_traits(const struct document *profile, struct card_traits *traits,
                         struct card_profile_facts *facts, struct document_problem *problem)
{
    const struct document_node *root = doc_root(profile);
    doc_expect_keys(root, top_keys, problem);
    (void)doc_string(doc_require(root, "name", problem), NULL, problem);
    read_card(doc_require(root, "card", problem), traits, facts, problem);
    read_soft(doc_require(root, "soft", problem), traits, facts, problem);
    return problem->error == DOC_OK;
}

#include "ota-server/rebind/card_profile.h"

#include "scp/channel/channel.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 1024 };

struct card_profiles {
    size_t count;
    struct card_profile items[];
};

static const char *const top_keys[] = {"name", "description", "card", "soft", NULL};
static const char *const card_keys[] = {
    "protocol",       "i",      "key_length",       "kvn", "isd_aid", "max_command_data",
    "protected_aids", "quirks", "security_domains", NULL};
static const char *const domain_keys[] = {"package", "module", NULL};
static const char *const quirk_keys[] = {"personalises_in_installed", "aes_keys_without_length",
                                         "des_keys_with_length",      "aes_check_value_of_zeros",
                                         "keeps_initial_keys",        NULL};
static const char *const protocols[] = {"scp02", "scp03", NULL};

static void read_aid(const struct document_node *node, struct scp_aid *aid,
                     struct document_problem *problem)
{
    *aid = (struct scp_aid){.len = 0};
    aid->len = (uint8_t)doc_hex(node, aid->bytes, SCP_AID_MIN, SCP_AID_MAX, problem);
}

static void read_protected(const struct document_node *list, struct card_profile *out,
                           struct document_problem *problem)
{
    if (!doc_expect(list, DOC_LIST, problem))
        return;
    if (doc_count(list) > CARD_PROFILE_PROTECTED_MAX) {
        doc_fail(list, problem, "more than %d protected AIDs", CARD_PROFILE_PROTECTED_MAX);
        return;
    }
    for (const struct document_node *item = doc_first(list); item != NULL; item = doc_next(item))
        read_aid(item, &out->protected_aids[out->protected_count++], problem);
}

static void read_quirks(const struct document_node *quirks, struct card_profile *out,
                        struct document_problem *problem)
{
    if (quirks != NULL)
        doc_expect_keys(quirks, quirk_keys, problem);
    out->personalises_in_installed =
        doc_bool(doc_get(quirks, "personalises_in_installed"), true, problem);
    out->put_key = (struct scp_put_key_quirks){
        .aes_bare = doc_bool(doc_get(quirks, "aes_keys_without_length"), false, problem),
        .des_length = doc_bool(doc_get(quirks, "des_keys_with_length"), false, problem),
        .aes_kcv_zeros = doc_bool(doc_get(quirks, "aes_check_value_of_zeros"), false, problem),
    };
    out->keeps_initial_keys = doc_bool(doc_get(quirks, "keeps_initial_keys"), false, problem);
}

/* The module from which the card makes security domains; GlobalPlatform's own names by default. */
static void read_domains(const struct document_node *domains, struct card_profile *out,
                         struct document_problem *problem)
{
    out->domain_package = (struct scp_aid){{0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50}, 7};
    out->domain_module = (struct scp_aid){{0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50, 0x41}, 8};
    if (domains == NULL)
        return;
    doc_expect_keys(domains, domain_keys, problem);
    read_aid(doc_require(domains, "package", problem), &out->domain_package, problem);
    read_aid(doc_require(domains, "module", problem), &out->domain_module, problem);
}

static void read_card(const struct document_node *card, struct card_profile *out,
                      struct document_problem *problem)
{
    uint8_t i = 0;
    doc_expect_keys(card, card_keys, problem);
    out->protocol = (enum scp_protocol)(
        SCP_PROTOCOL_02 + doc_word(doc_require(card, "protocol", problem), protocols, 0, problem));
    doc_hex(doc_require(card, "i", problem), &i, 1, 1, problem);
    out->i = i;
    out->kvn = (uint8_t)doc_integer(doc_require(card, "kvn", problem), 1, 255, 0, problem);
    read_aid(doc_require(card, "isd_aid", problem), &out->isd, problem);
    out->max_command_data =
        (size_t)doc_integer(doc_get(card, "max_command_data"), 16, 255, 0, problem);
    read_protected(doc_require(card, "protected_aids", problem), out, problem);
    read_quirks(doc_get(card, "quirks"), out, problem);
    read_domains(doc_get(card, "security_domains"), out, problem);
}

bool card_profile_read(const struct document *doc, struct card_profile *out,
                       struct document_problem *problem)
{
    const struct document_node *root = doc_root(doc);
    *out = (struct card_profile){.isd = {.len = 0}};
    doc_expect_keys(root, top_keys, problem);
    doc_string_into(doc_require(root, "name", problem), out->name, sizeof out->name, problem);
    read_card(doc_require(root, "card", problem), out, problem);
    return problem->error == DOC_OK;
}

static bool read_file(const char *path, struct card_profiles *profiles,
                      struct document_problem *problem)
{
    struct document *doc;
    struct card_profile profile;
    if (doc_new_from_file(path, &doc, problem) != DOC_OK)
        return false;
    bool fits = card_profile_read(doc, &profile, problem);
    if (fits && card_profiles_find(profiles, profile.name) != NULL)
        fits = doc_fail(doc_get(doc_root(doc), "name"), problem,
                        "another file has a profile of this name");
    if (fits)
        profiles->items[profiles->count++] = profile;
    doc_free(doc);
    return fits;
}

static void fail_folder(const char *folder, struct document_problem *problem)
{
    problem->error = DOC_UNREADABLE;
    snprintf(problem->file, sizeof problem->file, "%s", folder);
    snprintf(problem->text, sizeof problem->text, "the folder holds no card profile (*.yaml)");
}

struct card_profiles *card_profiles_new(const char *folder, struct document_problem *problem)
{
    char pattern[PATH_SIZE];
    glob_t found = {.gl_pathc = 0};
    snprintf(pattern, sizeof pattern, "%s/*.yaml", folder);
    if (glob(pattern, 0, NULL, &found) != 0) {
        fail_folder(folder, problem);
        return NULL;
    }
    struct card_profiles *profiles =
        calloc(1, sizeof *profiles + found.gl_pathc * sizeof profiles->items[0]);
    bool fits = profiles != NULL;
    for (size_t i = 0; fits && i < found.gl_pathc; i++)
        fits = read_file(found.gl_pathv[i], profiles, problem);
    globfree(&found);
    if (fits)
        return profiles;
    card_profiles_free(profiles);
    return NULL;
}

void card_profiles_free(struct card_profiles *profiles)
{
    free(profiles);
}

const struct card_profile *card_profiles_find(const struct card_profiles *profiles,
                                              const char *name)
{
    for (size_t i = 0; i < profiles->count; i++) {
        if (strcmp(profiles->items[i].name, name) == 0)
            return &profiles->items[i];
    }
    return NULL;
}

size_t card_profiles_count(const struct card_profiles *profiles)
{
    return profiles->count;
}

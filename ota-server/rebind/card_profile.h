/* Card profiles: what a chip model can do, its quirks, its protected AIDs.
 *
 * Read from YAML files, one a model, of which only `name` and the `card:` section matter here; the
 * `soft:` section is for the soft card alone. Read-only once loaded. */
#ifndef OTA_SERVER_REBIND_CARD_PROFILE_H
#define OTA_SERVER_REBIND_CARD_PROFILE_H

#include "policies/document/document.h"
#include "scp/channel/keys.h"
#include "scp/gp/aid.h"
#include "scp/gp/put_key.h"

enum { CARD_PROFILE_NAME_SIZE = 65, CARD_PROFILE_PROTECTED_MAX = 16 };

struct card_profile {
    char name[CARD_PROFILE_NAME_SIZE];
    enum scp_protocol protocol;
    uint8_t i;
    uint8_t kvn; /* of a card that was never rekeyed */
    struct scp_aid isd;
    size_t max_command_data; /* block limit; 0 for none */
    struct scp_aid protected_aids[CARD_PROFILE_PROTECTED_MAX];
    size_t protected_count;
    bool personalises_in_installed;
    struct scp_put_key_quirks put_key; /* how it wants the keys of PUT KEY coded */
    bool keeps_initial_keys;           /* key version FF cannot be deleted */
    struct scp_aid domain_package;     /* what the card makes security domains from */
    struct scp_aid domain_module;
};

/* Read one profile. On false `problem` says file, line and column. */
bool card_profile_read(const struct document *doc, struct card_profile *out,
                       struct document_problem *problem);

struct card_profiles;

/* Read every *.yaml of a folder. NULL: see `problem`. */
struct card_profiles *card_profiles_new(const char *folder, struct document_problem *problem);
void card_profiles_free(struct card_profiles *profiles);
/* NULL when there is no profile of that name. */
const struct card_profile *card_profiles_find(const struct card_profiles *profiles,
                                              const char *name);
size_t card_profiles_count(const struct card_profiles *profiles);

#endif

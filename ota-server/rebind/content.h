/* What is on a card, as far as the server knows it: the observed side of a rebind.
 *
 * A plain value: no ownership. `known` is false from the moment a script was issued whose end was
 * not seen, until the registry has been read again. */
#ifndef OTA_SERVER_REBIND_CONTENT_H
#define OTA_SERVER_REBIND_CONTENT_H

#include "scp/gp/aid.h"

enum content_kind { CONTENT_LOAD_FILE, CONTENT_APPLICATION, CONTENT_SECURITY_DOMAIN };

/* How well something is known (see struct evidence in session.h). */
enum content_grade { CONTENT_REPORTED, CONTENT_PROVEN };

struct content_entry {
    enum content_kind kind;
    struct scp_aid aid;
    struct scp_aid load_file;       /* of an application; len 0 when the card did not say */
    struct scp_aid security_domain; /* len 0 when the card did not say */
    uint8_t life_cycle;
    uint8_t privileges[3];
    enum content_grade grade;
};

enum { CONTENT_ENTRIES_MAX = 64 };

struct card_content {
    bool known;
    struct content_entry entries[CONTENT_ENTRIES_MAX];
    size_t count;
    bool free_known;
    uint32_t free_non_volatile;
};

/* The entry of that AID, or NULL. */
const struct content_entry *content_find(const struct card_content *content,
                                         const struct scp_aid *aid);
/* Whether any application stems from the load file, the one in `except` (may be NULL) left out. */
bool content_load_file_in_use(const struct card_content *content, const struct scp_aid *load_file,
                              const struct scp_aid *except);
/* Add or replace by AID. TOO_LONG when the table is full. */
SCP_MUST_USE enum scp_error content_put(struct card_content *content,
                                        const struct content_entry *entry);
void content_remove(struct card_content *content, const struct scp_aid *aid);

#endif

/* The answers to GET STATUS (GPCS 11.4.3): `E3` templates, or the format before GPCS 2.2.
 *
 *     scp_registry_open(&r, SCP_STATUS_APPLICATIONS, answer);
 *     while ((error = scp_registry_next(&r, &entry)) == SCP_OK)
 *         …
 *
 * Lenient, because cards are: unknown tags are passed over, a missing field is shown as missing, an
 * empty AID of a load file is no load file. Entries before a cut one are given.
 *
 * An entry is a plain value, except that `version`, `uicc` and `data` borrow from the answer. */
#ifndef SCP_GP_REGISTRY_H
#define SCP_GP_REGISTRY_H

#include "scp/gp/aid.h"

enum { SCP_REGISTRY_MODULES_MAX = 16, SCP_REGISTRY_IMPLICIT_MAX = 8 };

struct scp_registry_entry {
    struct scp_aid aid;
    uint8_t life_cycle; /* the first byte of 9F70; 00 when absent */
    bool has_privileges;
    uint32_t privileges;                              /* see privileges.h */
    struct scp_aid load_file;                         /* C4; len 0 when absent */
    struct scp_aid security_domain;                   /* CC; len 0 when absent */
    struct scp_bytes version;                         /* CE, customarily major and minor */
    struct scp_bytes uicc;                            /* EA (ETSI TS 102 226) */
    struct scp_aid modules[SCP_REGISTRY_MODULES_MAX]; /* 84 */
    size_t module_count;
    uint8_t implicit[SCP_REGISTRY_IMPLICIT_MAX]; /* CF */
    size_t implicit_count;
    struct scp_bytes data; /* all objects of the entry, for tags that have no field here; empty in
                              the old format */
};

struct scp_registry_reader {
    struct scp_reader in; /* private */
    uint8_t subset;
    bool legacy;
};

/* Start reading one answer's data. `subset` is P1 of the command. The format is told by the first
 * byte: `E3` is too long for the length of an AID. */
void scp_registry_open(struct scp_registry_reader *r, uint8_t subset, struct scp_bytes data);

/* NOT_FOUND at the end; TRUNCATED when the answer is cut; MALFORMED for an entry without a valid
 * AID, after which the next may be read; TOO_LONG for more modules than the limit, likewise. */
SCP_MUST_USE enum scp_error scp_registry_next(struct scp_registry_reader *r,
                                              struct scp_registry_entry *out);

/* The card's side: append an `E3` template with the data objects of `tag_list` (value of 5C), or,
 * when it is empty, with those that P1 `subset` can have (tables 11-36, 11-37). */
void scp_put_registry_entry(struct scp_writer *w, const struct scp_registry_entry *entry,
                            uint8_t subset, struct scp_bytes tag_list);

#endif

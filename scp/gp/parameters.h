/* The parameters inside INSTALL (GPCS 11.5.2.3.7, tables 11-48 to 11-53), and what `C9` holds when
 * the application is a security domain. One struct for building and for parsing; every form of
 * INSTALL has a subset of its fields.
 *
 *     struct scp_parameters parameters = {.has_application = true,
 *                                         .application = SCP_LITERAL(0x01, 0x02),
 *                                         .memory = {.non_volatile = 4096}};
 *     scp_put_parameters(&w, &parameters);                     // C9 02 0102 EF 04 C8 02 1000
 *
 * Nothing is owned: views borrow from the input. A builder's error sticks in the writer. */
#ifndef SCP_GP_PARAMETERS_H
#define SCP_GP_PARAMETERS_H

#include "scp/base/bytes.h"

/* Amounts of memory in bytes; 0 where nothing is stated. Written in two bytes to 32767, else in
 * four. */
struct scp_memory {
    uint32_t code;                  /* C6: minimum, load only */
    uint32_t volatile_ram;          /* C7: minimum (load) or quota (install) */
    uint32_t non_volatile;          /* C8: the same */
    uint32_t volatile_reserved;     /* D7: install */
    uint32_t non_volatile_reserved; /* D8: install */
};

/* Bits of the restrict parameter, tag D9 (table 11-53). They can never be taken back. */
enum {
    SCP_RESTRICT_REGISTRY_UPDATE = 0x40,
    SCP_RESTRICT_PERSONALIZATION = 0x20,
    SCP_RESTRICT_EXTRADITION = 0x10,
    SCP_RESTRICT_MAKE_SELECTABLE = 0x08,
    SCP_RESTRICT_INSTALL = 0x04,
    SCP_RESTRICT_LOAD = 0x02,
    SCP_RESTRICT_DELETE = 0x01,
};

/* Implicit selection parameter, tag CF (GPCS 11.1.7): interfaces, and the logical channel in the
 * low five bits. A card never forgets one. */
enum {
    SCP_IMPLICIT_CONTACTLESS = 0x80,
    SCP_IMPLICIT_CONTACT = 0x40,
    SCP_IMPLICIT_CHANNEL = 0x1F,
    SCP_IMPLICIT_MAX = 8, /* in one command */
};

struct scp_parameters {
    bool has_application;         /* C9 is mandatory, if empty, in install */
    struct scp_bytes application; /* value of C9 */
    struct scp_memory memory;
    struct scp_bytes services; /* CB: global services, two bytes each (GPCS 8.1.3) */
    struct scp_bytes toolkit;  /* CA (ETSI TS 102 226) */
    uint8_t implicit[SCP_IMPLICIT_MAX];
    size_t implicit_count;
    bool has_format;
    uint8_t format;              /* CD: load file data block format id */
    struct scp_bytes data_block; /* DD: load file data block parameters */
    uint8_t restricted;          /* D9; 0 when absent */
    struct scp_bytes system;     /* value of EF as it was read; not for building */
    struct scp_bytes uicc;       /* value of EA (ETSI TS 102 226): see uicc.h */
    struct scp_bytes signature;  /* value of B6: control reference template of a token */
};

/* Append `C9`, `EF` around what is stated of its objects, `EA` and `B6`; what is empty or 0 is left
 * out. OUT_OF_RANGE (in the writer): more implicit selections than the limit, services that are not
 * whole. */
void scp_put_parameters(struct scp_writer *w, const struct scp_parameters *parameters);

/* Parameters of any form. Unknown tags are passed over. TRUNCATED; OUT_OF_RANGE (a memory value
 * that has neither 2 nor 4 bytes, CF, CD or D9 without one byte, CB without whole services);
 * TOO_LONG (more CF than the limit). */
SCP_MUST_USE enum scp_error scp_parameters_parse(struct scp_bytes parameters,
                                                 struct scp_parameters *out);

/* ---- C9 of a security domain -------------------------------------------------------------- */

enum { SCP_DOMAIN_PROTOCOLS_MAX = 4 };

/* The objects that GlobalPlatform's configurations define. An absent value makes the card refuse
 * the operation, so state all. Empty views and 0 are left out. */
struct scp_security_domain_parameters {
    uint8_t protocol; /* 81: secure channel protocol and its options; 0 when none is stated */
    uint8_t i;
    struct {
        uint8_t protocol;
        uint8_t i;
    } further[SCP_DOMAIN_PROTOCOLS_MAX - 1]; /* 81 again, for a domain of several protocols */
    size_t further_count;
    struct scp_bytes extradition_here;      /* 82 */
    struct scp_bytes deletion;              /* 83 */
    bool explicit_personalised;             /* 84, empty: PERSONALIZED only by SET STATUS */
    struct scp_bytes administration;        /* 85 */
    struct scp_bytes controlling_authority; /* 86 */
    struct scp_bytes extradition_away;      /* 87 */
};
void scp_put_security_domain_parameters(struct scp_writer *w,
                                        const struct scp_security_domain_parameters *parameters);
/* Unknown tags are passed over. TRUNCATED; OUT_OF_RANGE (81 without two bytes); TOO_LONG (more
 * protocols than the limit). */
SCP_MUST_USE enum scp_error
scp_security_domain_parameters_parse(struct scp_bytes application,
                                     struct scp_security_domain_parameters *out);

#endif

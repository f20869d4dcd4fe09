/* INSTALL (GPCS 11.5): one struct for building and for parsing every form.
 *
 *     struct scp_install install = {.p1 = SCP_INSTALL_FOR_INSTALL, .load_file = package, …};
 *     scp_install_command(&install, &data, &apdu);
 *
 * Fields that a form does not have stay empty. Command data may be longer than 255 bytes (tokens,
 * parameters): scp_segment (commands.h) cuts the command then.
 *
 * Nothing is owned: views borrow from the input. */
#ifndef SCP_GP_INSTALL_H
#define SCP_GP_INSTALL_H

#include "scp/gp/aid.h"
#include "scp/gp/apdu.h"

/* P1. */
enum {
    SCP_INSTALL_FOR_LOAD = 0x02,
    SCP_INSTALL_FOR_INSTALL = 0x04,
    SCP_INSTALL_FOR_MAKE_SELECTABLE = 0x08,
    SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE = 0x0C,
    SCP_INSTALL_FOR_ALL = 0x0E, /* load, install and make selectable: P2 01 first, 03 last */
    SCP_INSTALL_FOR_EXTRADITION = 0x10,
    SCP_INSTALL_FOR_PERSONALIZATION = 0x20,
    SCP_INSTALL_FOR_REGISTRY_UPDATE = 0x40,
    SCP_INSTALL_MORE = 0x80, /* further INSTALL commands carry the rest of the data */
};

/* P2. */
enum { SCP_INSTALL_ALONE = 0x00, SCP_INSTALL_BEGIN = 0x01, SCP_INSTALL_END = 0x03 };

struct scp_install {
    uint8_t p1;
    uint8_t p2;
    struct scp_bytes load_file;       /* load, install */
    struct scp_bytes module;          /* install */
    struct scp_bytes application;     /* all but load; extradition: application or load file */
    struct scp_bytes security_domain; /* load, extradition, registry update */
    struct scp_bytes hash;            /* load: of the load file data block */
    struct scp_bytes privileges; /* install, make selectable, registry update: see privileges.h */
    struct scp_bytes parameters;
    struct scp_bytes token;
};

/* Append the command data, of any length. UNSUPPORTED (in the writer) for a P1 that is no form;
 * OUT_OF_RANGE for an AID of a wrong length. */
void scp_put_install_data(struct scp_writer *w, const struct scp_install *install);
/* The data that a token signs after P1, P2 and Lc: all but the token field (GPCS C.4). */
void scp_put_install_token_data(struct scp_writer *w, const struct scp_install *install);

/* Append the data to `data` and describe the command, which borrows them. */
SCP_MUST_USE enum scp_error scp_install_command(const struct scp_install *install,
                                                struct scp_writer *data, struct scp_apdu *out);

/* The card's side: parse the (unsegmented) data under P1 and P2. UNSUPPORTED for a P1 that is no
 * form; TRUNCATED, TRAILING; OUT_OF_RANGE (AID or privileges of a wrong length); MALFORMED (a field
 * that the form must leave empty). Length 128 is read as `80` and as `81 80`. */
SCP_MUST_USE enum scp_error scp_install_parse(uint8_t p1, uint8_t p2, struct scp_bytes data,
                                              struct scp_install *out);

/* ---- parameters (GPCS 11.5.2.3.7) --------------------------------------------------------- */

/* Memory in bytes; 0 where nothing is stated. Two bytes to 32767, else four. */
struct scp_memory {
    uint32_t code;         /* C6: load parameters only */
    uint32_t volatile_ram; /* C7 */
    uint32_t non_volatile; /* C8 */
};

/* `EF {C6, C7, C8}`; nothing when nothing is stated. */
void scp_put_load_parameters(struct scp_writer *w, const struct scp_memory *minimum);
/* `C9 <application>`, then `EF {C7, C8}` when a quota is stated; `quota` may be NULL. */
void scp_put_install_parameters(struct scp_writer *w, struct scp_bytes application,
                                const struct scp_memory *quota);

struct scp_parameters {
    bool has_application;
    struct scp_bytes application; /* value of C9 */
    struct scp_bytes system;      /* value of EF */
    struct scp_bytes uicc;        /* value of EA (ETSI TS 102 226) */
    struct scp_bytes signature;   /* value of B6: control reference template of a token */
    struct scp_memory memory;     /* from EF */
};
/* Parameters of any form. Unknown tags are passed over. TRUNCATED; OUT_OF_RANGE (a memory value
 * that has neither 2 nor 4 bytes). */
SCP_MUST_USE enum scp_error scp_parameters_parse(struct scp_bytes parameters,
                                                 struct scp_parameters *out);

/* What C9 holds when a security domain is installed. An absent value makes the card refuse the
 * operation, so state all. Empty views and 0 are left out. */
struct scp_security_domain_parameters {
    uint8_t protocol; /* 81: secure channel protocol and its options */
    uint8_t i;
    struct scp_bytes extradition_here;      /* 82 */
    struct scp_bytes deletion;              /* 83 */
    bool explicit_personalised;             /* 84, empty: PERSONALIZED only by SET STATUS */
    struct scp_bytes controlling_authority; /* 86 */
    struct scp_bytes extradition_away;      /* 87 */
};
void scp_put_security_domain_parameters(struct scp_writer *w,
                                        const struct scp_security_domain_parameters *parameters);
/* TRUNCATED; OUT_OF_RANGE (81 without two bytes). */
SCP_MUST_USE enum scp_error
scp_security_domain_parameters_parse(struct scp_bytes application,
                                     struct scp_security_domain_parameters *out);

#endif

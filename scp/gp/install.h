/* INSTALL (GPCS 11.5): one struct for building and for parsing every form.
 *
 *     struct scp_install install = {.p1 = SCP_INSTALL_FOR_INSTALL, .load_file = package, …};
 *     scp_put_parameters(&p, &parameters);              // parameters.h
 *     install.parameters = scp_written(&p);
 *     scp_install_command(&install, &data, &apdu);
 *     while ((error = scp_segment(&apdu, room, i++, &part)) == SCP_OK)   // chaining.h
 *         …
 *
 * Fields that a form does not have stay empty. Command data may be longer than 255 bytes (tokens,
 * parameters), hence the cutting.
 *
 * Nothing is owned: views borrow from the input. */
#ifndef SCP_GP_INSTALL_H
#define SCP_GP_INSTALL_H

#include "scp/gp/aid.h"
#include "scp/gp/apdu.h"
#include "scp/gp/parameters.h"

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

#endif

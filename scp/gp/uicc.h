/* What template `EA` of INSTALL holds when an application is a UICC toolkit or file system
 * application (ETSI TS 102 226 8.2.1.3.2.2): `80` toolkit, `81` access, `82` administrative access.
 *
 *     struct scp_uicc uicc = {.has_toolkit = true, .toolkit = {.priority = 1, .tars = tar}};
 *     scp_put_uicc(&w, &uicc);
 *     parameters.uicc = scp_written(&w);                       // parameters.h
 *
 * Nothing is owned: views borrow from the input. A builder's error sticks in the writer. */
#ifndef SCP_GP_UICC_H
#define SCP_GP_UICC_H

#include "scp/base/bytes.h"

enum {
    SCP_UICC_MENU_MAX = 32,       /* menu entries of one application */
    SCP_UICC_FILE_SYSTEMS_MAX = 8 /* file systems in one list of rights */
};

/* 80. */
struct scp_uicc_toolkit {
    uint8_t priority;    /* 01 is the highest */
    uint8_t timers;      /* how many may be used at most */
    uint8_t text_length; /* of a menu entry, at most */
    struct {
        uint8_t position;
        uint8_t id;
    } menu[SCP_UICC_MENU_MAX];
    size_t menu_count;
    uint8_t channels;               /* of a bearer independent protocol, at most */
    struct scp_bytes minimum_level; /* minimum security level and its parameters */
    struct scp_bytes tars;          /* toolkit application references, three bytes each */
    uint8_t services;               /* at most */
};

/* What an application may do in one file system. */
struct scp_uicc_rights {
    struct scp_bytes aid;    /* of the ADF; empty for the file system of the UICC itself */
    struct scp_bytes domain; /* access domain: 00 all, FF none, 02 with its parameters */
    struct scp_bytes dap;    /* access domain DAP; customarily empty */
};

/* 81 or 82. */
struct scp_uicc_access {
    struct scp_uicc_rights rights[SCP_UICC_FILE_SYSTEMS_MAX];
    size_t count; /* 0: no such object */
};

struct scp_uicc {
    bool has_toolkit;
    struct scp_uicc_toolkit toolkit;
    struct scp_uicc_access access;                /* 81 */
    struct scp_uicc_access administrative_access; /* 82 */
};

/* Append the value of EA. OUT_OF_RANGE (in the writer): a count above its limit, TARs that are not
 * whole. */
void scp_put_uicc(struct scp_writer *w, const struct scp_uicc *uicc);

/* Read the value of EA. Unknown tags are passed over. TRUNCATED, TRAILING; TOO_LONG (a count above
 * its limit); OUT_OF_RANGE (TARs that are not whole). */
SCP_MUST_USE enum scp_error scp_uicc_parse(struct scp_bytes value, struct scp_uicc *out);

#endif

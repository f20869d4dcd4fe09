/* The contactless registry service of a card (Amendment C 3.11): what is active on the contactless
 * interface, and in which order.
 *
 *     struct scp_get_status ask = {.subset = SCP_STATUS_APPLICATIONS};   // commands.h, P2 00
 *     ask.legacy = true;
 *     …
 *     struct scp_reader r = scp_reader_on(answer.data);
 *     while ((error = scp_crs_next(&r, &entry)) == SCP_OK)
 *         …
 *
 * An entry is a plain value, but for the views, which borrow from the answer. */
#ifndef SCP_GP_CRS_H
#define SCP_GP_CRS_H

#include "scp/gp/aid.h"
#include "scp/gp/apdu.h"

/* Activation on the contactless interface (Amendment C table 8-1). */
enum scp_crs_state {
    SCP_CRS_DEACTIVATED = 0x00,
    SCP_CRS_ACTIVATED = 0x01,
    SCP_CRS_NOT_ACTIVATABLE = 0x80,
};

struct scp_crs_entry {
    struct scp_aid aid;
    uint8_t life_cycle;       /* first byte of 9F70 */
    uint8_t activation;       /* second byte: enum scp_crs_state; 00 when absent */
    struct scp_bytes counter; /* 80: counts updates of the entry */
    bool has_priority;
    uint8_t priority;               /* 81: selection priority, 01 is the highest */
    struct scp_bytes head;          /* A2: 4F of the group's head application */
    struct scp_bytes members;       /* A3: 4F… of the group's members */
    struct scp_bytes observers;     /* A4: 4F… of the applications that are told of changes */
    struct scp_bytes restricted;    /* A5: 4F… of those that should not be active with it */
    struct scp_bytes discretionary; /* A6 */
    struct scp_bytes family;        /* 87 */
    bool needs_no_display;          /* 88 is 01 */
    struct scp_bytes data;          /* all objects of the entry, for tags that have no field here */
};

/* The next entry of an answer to GET STATUS. NOT_FOUND at the end; TRUNCATED; MALFORMED: not a
 * template 61 with an AID, after which the next may be read. */
SCP_MUST_USE enum scp_error scp_crs_next(struct scp_reader *r, struct scp_crs_entry *out);

/* SET STATUS of the availability on the contactless interface (Amendment C 3.11.4): of one or more
 * applications, as a list of 4F objects. */
struct scp_crs_set_status {
    enum scp_crs_state state;
    struct scp_bytes applications; /* 4F objects, see scp_put_crs_application */
};
void scp_put_crs_application(struct scp_writer *w, struct scp_bytes aid);
struct scp_apdu scp_crs_set_status(const struct scp_crs_set_status *status);
/* The card's side. OUT_OF_RANGE: P1 is another, P2 is no state; MALFORMED: no application;
 * TRUNCATED. */
SCP_MUST_USE enum scp_error scp_crs_set_status_parse(uint8_t p1, uint8_t p2, struct scp_bytes data,
                                                     struct scp_crs_set_status *out);

#endif

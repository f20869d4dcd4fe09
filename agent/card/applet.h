/* Private: native applets. A kind of applet is one table of functions, found by its number in the
 * image or its name in a profile. Applets keep their data as objects of their instance and what
 * lasts only while they are selected in `state`, which is zeroed at each selection.
 *
 * All functions return a status word; data go to the writer. Changes are undone by the card when
 * the status word is an error. */
#ifndef AGENT_CARD_APPLET_H
#define AGENT_CARD_APPLET_H

#include "agent/card/model.h"
#include "scp/gp/apdu.h"
#include "scp/gp/store_data.h"

enum card_applet_kind {
    CARD_APPLET_DOMAIN, /* security domains are answered by the card itself */
    CARD_APPLET_GENERIC,
    CARD_APPLET_PAYMENT,
    CARD_APPLET_DIRECTORY,
    CARD_APPLET_SOCIAL,
    CARD_APPLET_CRS,
};

struct softcard;

/* What an applet gets: its instance, its volatile state (CARD_APPLET_STATE bytes of card.h), the
 * interface the command came by, and the card for what is not the instance's own: randomness, the
 * registry, a commit in the middle of a command. During issuance there is no card: `store` and
 * `stored` do without. */
struct card_applet_call {
    struct card_application *app;
    uint8_t *state;
    struct softcard *card;
    bool contactless;
};

struct card_applet {
    const char *name;
    enum card_applet_kind kind;
    bool own_messaging; /* outside of a secure channel, CLA 84 is its own secure messaging */
    /* Append the response to SELECT. */
    uint16_t (*select)(const struct card_applet_call *call, struct scp_writer *out);
    /* A command while selected; SELECT by name and secure messaging are the card's. */
    uint16_t (*command)(const struct card_applet_call *call, const struct scp_apdu *apdu,
                        struct scp_writer *out);
    /* Whether the grouping comes under the data encryption key even when STORE DATA does not say
     * so. */
    bool (*secret)(uint16_t dgi);
    /* One grouping of the personalisation, decrypted. */
    uint16_t (*store)(const struct card_applet_call *call, const struct scp_dgi *dgi);
    /* The last STORE DATA has come. */
    uint16_t (*stored)(const struct card_applet_call *call);
};

/* The object of the social-security applet that holds the key of its update rule (app_social.c). */
enum { CARD_SOCIAL_UPDATE_KEY = 0x1000000 };
/* The object of the contactless registry service that says that the user has set an order
 * (app_crs.c). */
enum { CARD_CRS_ORDERED = 0x10001 };

extern const struct card_applet card_applet_generic;
extern const struct card_applet card_applet_payment;
extern const struct card_applet card_applet_directory;
extern const struct card_applet card_applet_social;
extern const struct card_applet card_applet_crs;

/* A call to `app` on the logical channel of the command. */
struct card_applet_call card_applet_call_of(struct softcard *card, struct card_application *app);

/* The table of a kind; for CARD_APPLET_DOMAIN one without functions; NULL for no kind. */
const struct card_applet *card_applet_of(uint8_t kind);
/* By name, as profiles write it: "generic", "payment", "directory", "social", "crs". NULL. */
const struct card_applet *card_applet_named(const char *name);
/* The names, ended by NULL. */
extern const char *const card_applet_names[];

/* ---- shared by applets ------------------------------------------------------------------------
 */

/* FCI template: 84 the AID, then the proprietary template A5; `proprietary` is the whole A5, its
 * content, or empty (ISO/IEC 7816-4 7.4.2, EMV Book 1 11.3.4). */
void card_put_fci(struct scp_writer *out, const struct card_application *app,
                  struct scp_bytes proprietary);
/* READ RECORD of records kept under DGI SFI<<8|record (EMV CPS 3.2): appends the record. */
uint16_t card_read_record(const struct card_application *app, const struct scp_apdu *apdu,
                          struct scp_writer *out);
/* Keep a grouping as the object of its number. */
uint16_t card_store_plain(const struct card_applet_call *call, const struct scp_dgi *dgi);
/* 9000, or the status word for an error of card_object_put. */
uint16_t card_put_object_sw(struct card_application *app, uint32_t id, struct scp_bytes value);

#endif

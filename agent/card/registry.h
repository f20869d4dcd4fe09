/* Private: questions to the registry of a card, and changes of it (GPCS 6.5). Pointers are borrowed
 * from the image and live until it changes. */
#ifndef AGENT_CARD_REGISTRY_H
#define AGENT_CARD_REGISTRY_H

#include "agent/card/model.h"

/* The package and module that security domains are installed from. */
extern const struct scp_bytes card_domain_package;
extern const struct scp_bytes card_domain_module;

/* The native applet (enum card_applet_kind) that answers for a module; the generic one for most. */
uint8_t card_native_for(const struct card_traits *traits, struct scp_bytes module);

struct card_application *card_application_find(const struct card_image *image,
                                               struct scp_bytes aid);
struct card_load_file *card_load_file_find(const struct card_image *image, struct scp_bytes aid);
/* A security domain by its AID; an empty AID and the AID of an application give NULL. */
struct card_application *card_domain_find(const struct card_image *image, struct scp_bytes aid);
/* AIDs of load files and applications are unique together (GPCS 9.3.5, 9.3.6). */
bool card_aid_used(const struct card_image *image, struct scp_bytes aid);

/* Whether an application can be selected now (GPCS 6.4.1.1). */
bool card_selectable(const struct card_image *image, const struct card_application *app);
/* The first selectable application whose AID is or begins with `aid`: the one with just this AID
 * before others, or, when `after` is given, the next one behind it. */
struct card_application *card_select_find(const struct card_image *image, struct scp_bytes aid,
                                          const struct card_application *after);
/* The application that is selected without being asked for, on a logical channel of the contact or
 * the contactless interface: the one registered for it, else that of the basic channel, else the
 * issuer security domain; the final application in its place when it or the card is locked (GPCS
 * 6.4.1, 6.4.2). */
struct card_application *card_implicit(const struct card_image *image, bool contactless,
                                       uint8_t channel);
/* The only one selectable when the card is locked: with the Final Application privilege, or the
 * issuer security domain (GPCS 6.6.2), which also stands in for one that is INSTALLED only. */
struct card_application *card_final_application(const struct card_image *image);

/* Whether the card is in CARD_LOCKED or TERMINATED. */
bool card_is_locked(const struct card_image *image);

bool card_is_isd(const struct card_image *image, const struct card_application *app);
/* Whether something associated with `domain` is below `ancestor`, directly or not (GPCS 7.2). */
bool card_governs(const struct card_image *image, const struct card_application *ancestor,
                  struct scp_bytes domain);
/* Whether the domain is the issuer's, or PERSONALIZED: able to take load files and applications and
 * to serve them (GPCS 5.3.2.3). */
bool card_domain_ready(const struct card_image *image, const struct card_application *domain);
/* Whether the domain may manage card content without a token. */
bool card_manages(const struct card_image *image, const struct card_application *domain);
/* The domain, or its nearest ancestor, that has secure channel keys of its own (GPCS 7.5). */
struct card_application *card_key_owner(const struct card_image *image,
                                        struct card_application *domain);
/* Whether an acceptance policy (install parameters 82, 83, 87) lets `requester` act on content of
 * `subject`: 20 the issuer security domain, 80 an ancestor that manages, 40 the hierarchy, 10 all.
 */
bool card_accepts(const struct card_image *image, uint8_t policy,
                  const struct card_application *subject, const struct card_application *requester);

bool card_load_file_imported(const struct card_image *image, const struct card_load_file *file);

/* Give a domain another AID, also where things are associated with it. */
void card_domain_rename(struct card_image *image, struct card_application *domain,
                        const struct scp_aid *aid);

/* ---- privileges (privileges.c) ----------------------------------------------------------------
 */

/* What the card makes of one or three bytes, its reserved bits left out. False: of another length,
 * not consistent, or not those of a security domain when `is_domain` says so, or the reverse. */
bool card_privileges_read(struct scp_bytes bytes, bool is_domain, uint32_t *set);
/* Give the set to an application in place of what it has. Card Reset and Final Application come
 * from the issuer security domain, which gets them back; false, and nothing changed, when another
 * application has one (GPCS 6.6.2). */
bool card_privileges_give(struct card_image *image, struct card_application *app, uint32_t set);
/* Give the issuer security domain of these what no application has: at each start. */
void card_privileges_settle(struct card_image *image);

/* ---- removal ----------------------------------------------------------------------------------
 */

/* Remove and free; privileges that only one application may have go back to the issuer security
 * domain (GPCS 9.5.1). */
void card_application_remove(struct card_image *image, struct card_application *app);
void card_load_file_remove(struct card_image *image, struct card_load_file *file);

/* ---- memory (memory.c) ------------------------------------------------------------------------
 */

/* All derived from the registry at each call, so that it is exact by construction. */
uint32_t card_memory_used(const struct card_image *image);
uint32_t card_memory_volatile_used(const struct card_image *image);
/* What the application's data take, without what is reserved for it. */
uint32_t card_application_used(const struct card_application *app);
/* Whether everything is within the card's memory and each application within its quota. */
bool card_memory_fits(const struct card_image *image);

#endif

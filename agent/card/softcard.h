/* The soft card: a GlobalPlatform card in software (GPCS 2.3.1, Amendment D).
 *
 *     struct softcard *card;
 *     if (softcard_open("0001.card", &env, &card, &problem) != SCP_OK)
 *         ...
 *     softcard_power(card, atr, &atr_len);
 *     softcard_transmit(card, command, &response);      // response: data and status word
 *     softcard_close(card);
 *
 * A card lives in an image: bytes with magic and version, made by softcard_issue (issue.h) from a
 * profile (what the chip model can do) and issuance data (what this one card was given). The image
 * carries everything that survives a loss of power; session, selection and load in progress do not.
 *
 * What a command changes reaches the storage write by write, in transactions, before its response
 * is given. Whenever the process dies or softcard_tear_after cuts the power, the card starts as a
 * real one does: a transaction has happened or not, a load in progress has given its memory back, a
 * DELETE that began is carried to its end. A command that fails changes nothing, except what must
 * be counted (failed authentications, session counters).
 *
 * Between processes the card belongs to the one that has it open (an exclusive lock on the
 * neighbour FILE.lock). Threads: one thread at a time for one card.
 *
 * The card cannot run bytecode: a native applet answers for a module AID as the profile says, the
 * generic one for every other module. */
#ifndef AGENT_CARD_SOFTCARD_H
#define AGENT_CARD_SOFTCARD_H

#include "scp/base/bytes.h"
#include "scp/host/env.h"
#include "scp/host/problem.h"

enum {
    SOFTCARD_ATR_MAX = 32,                /* ISO/IEC 7816-3 8.1 */
    SOFTCARD_RESPONSE_MAX = 256 + 2,      /* room a response writer needs */
    SOFTCARD_IMAGE_MAX = 9 * 1024 * 1024, /* an image is never larger */
};

struct softcard;

/* Where the image is kept. */
struct softcard_storage {
    void *ctx;
    /* Put bytes at an offset that is not behind the end; the image then ends where they end. At 0
     * they are a whole image, which must replace the old one or leave it. An error makes the card
     * undo the transaction. */
    enum scp_error (*write)(void *ctx, size_t at, struct scp_bytes bytes);
    /* Return when all that was written is safe: the end of a transaction. May be NULL. */
    enum scp_error (*sync)(void *ctx);
};

/* ---- a card in memory ---------------------------------------------------------------------- */

/* Bring an image to life: what the storage holds. `env` is copied, its ctx borrowed. UNSUPPORTED
 * for another magic or version, MALFORMED or TRUNCATED for a broken image, NO_MEMORY, IO when what
 * a loss of power cut short could not be ended. */
SCP_MUST_USE enum scp_error softcard_restore(struct scp_bytes image, const struct rebind_env *env,
                                             struct softcard_storage storage,
                                             struct softcard **card);

/* Wipe and free; NULL is allowed. Nothing is written: every commit has been. */
void softcard_free(struct softcard *card);

/* ---- a card in a file ---------------------------------------------------------------------- */

/* Open the image at `path` and take its lock. STATE when another process has the card open,
 * NOT_FOUND, IO, and the errors of softcard_restore; the text is in `problem` (may be NULL).
 * softcard_close is softcard_free, and gives the lock back. */
SCP_MUST_USE enum scp_error softcard_open(const char *path, const struct rebind_env *env,
                                          struct softcard **card, struct rebind_problem *problem);
void softcard_close(struct softcard *card);

/* ---- talking to it ------------------------------------------------------------------------- */

/* Power up or reset: session, selection and load in progress are gone; the default selected
 * application is selected. Gives the answer to reset. */
void softcard_power(struct softcard *card, uint8_t atr[SOFTCARD_ATR_MAX], size_t *atr_len);

/* Whether the card is in the field of a contactless reader from now on, or in the contacts of
 * another, where it begins. Power it up anew afterwards. */
void softcard_use_contactless(struct softcard *card, bool contactless);

/* The answer to reset, without a reset. */
struct scp_bytes softcard_atr(const struct softcard *card);

/* Run one short command and append its response data and status word. A card whose ATR offers T=0
 * first answers as in T=0: 61xx and 6Cxx, GET RESPONSE. Every answer a card can give
 * is success; NO_SPACE when the writer has no room for SOFTCARD_RESPONSE_MAX bytes, STATE when the
 * card has no power: there is no answer, and softcard_power starts it again. */
SCP_MUST_USE enum scp_error softcard_transmit(struct softcard *card, struct scp_bytes command,
                                              struct scp_writer *response);

/* The time that a real card of this model would have taken for the commands so far, in virtual
 * microseconds; 0 when the profile says nothing about time. */
uint64_t softcard_busy_us(const struct softcard *card);

/* ---- losing power ---------------------------------------------------------------------------- */

/* Cut the power at the n-th write of the non-volatile memory from now, 1 being the next one: it and
 * those after it are lost. 0 cuts no more. */
void softcard_tear_after(struct softcard *card, uint64_t write);
/* Writes of the non-volatile memory since the card came to life. */
uint64_t softcard_writes(const struct softcard *card);

/* ---- looking into it ----------------------------------------------------------------------- */

/* Memory that content management may still use; what GET DATA FF21 shows. */
uint32_t softcard_memory_free(const struct softcard *card);
uint32_t softcard_memory_volatile_free(const struct softcard *card);
/* Memory that the profile gives to content management. */
uint32_t softcard_memory_total(const struct softcard *card);

#endif

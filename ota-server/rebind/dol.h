/* Data object lists (EMV Book 3 5.4): what a terminal hands to the card, made for the proof that a
 * new instance lives. The unpredictable number (9F37) is random, everything else zero: the
 * transaction is declined by design and means nothing but the cryptogram. */
#ifndef OTA_SERVER_REBIND_DOL_H
#define OTA_SERVER_REBIND_DOL_H

#include "scp/base/bytes.h"
#include "scp/host/env.h"

/* Append the data that the list `dol` asks for. MALFORMED, NO_SPACE. */
SCP_MUST_USE enum scp_error dol_fill(struct scp_bytes dol, const struct rebind_env *env,
                                     struct scp_writer *out);

/* Append the constant `tag=HEX` of a personalisation template; NOT_FOUND when it has none. */
SCP_MUST_USE enum scp_error dol_from_template(const char *template, const char *tag,
                                              struct scp_writer *out);

#endif

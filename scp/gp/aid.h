/* Application identifiers (ISO/IEC 7816-4 8.2.1.2): 5 to 16 bytes.
 *
 *     struct scp_aid aid;
 *     SCP_TRY(scp_aid_parse(&aid, "A000000333010101"));
 *     apdu = scp_select(scp_aid_bytes(&aid));                // commands.h
 *
 * A plain value: copy it. A zeroed one is "no AID": len 0. */
#ifndef SCP_GP_AID_H
#define SCP_GP_AID_H

#include "scp/base/bytes.h"
#include "scp/base/limits.h"

struct scp_aid {
    uint8_t bytes[SCP_AID_MAX];
    size_t len;
};

#define SCP_AID_HEX_SIZE SCP_HEX_SIZE(SCP_AID_MAX)

/* OUT_OF_RANGE when there are fewer than 5 or more than 16 bytes; `aid` is then untouched. */
SCP_MUST_USE enum scp_error scp_aid_from(struct scp_aid *aid, struct scp_bytes bytes);

/* From hex digits. MALFORMED, OUT_OF_RANGE; `aid` is then untouched. */
SCP_MUST_USE enum scp_error scp_aid_parse(struct scp_aid *aid, const char *hex);

/* Borrows from `aid`. */
struct scp_bytes scp_aid_bytes(const struct scp_aid *aid);

bool scp_aid_equal(const struct scp_aid *a, const struct scp_aid *b);
/* Less than, equal to or greater than 0: by bytes, a prefix before what it begins. */
int scp_aid_compare(const struct scp_aid *a, const struct scp_aid *b);
/* Whether `aid` begins with `prefix`, as partial selection and registry searches match. */
bool scp_aid_matches(const struct scp_aid *aid, struct scp_bytes prefix);

/* Upper-case hex; empty text for no AID. Returns `text`. */
char *scp_aid_hex(const struct scp_aid *aid, char text[SCP_AID_HEX_SIZE]);

#endif

/* Templates of a product's personalisation: what a DGI is made of, by reference to a card's record.
 *
 *     value    = object *( blank object )
 *     object   = TAG                 the object of that tag in the record, tag and length included
 *              | TAG "=" HEX         a constant; HEX may be empty
 *              | TAG "(" value ")"   a constructed object; may be empty
 *              | "#" TAG             the value alone of the object in the record
 *
 * TAG is a BER-TLV tag in hex of one to three bytes (ISO 7816-4 5.2.2.1). Objects in
 * parentheses may be nested TEMPLATE_DEPTH_MAX deep. Pure: no I/O, heap or global. */
#ifndef OTA_SERVER_VAULT_TEMPLATE_H
#define OTA_SERVER_VAULT_TEMPLATE_H

#include "scp/base/bytes.h"

enum { TEMPLATE_DEPTH_MAX = 4 };

struct template_problem {
    size_t position;  /* in characters from the start of the text */
    const char *text; /* one English clause, static */
};

/* Whether a text is a template. MALFORMED, with the first problem in `problem` (may be NULL). */
SCP_MUST_USE enum scp_error template_check(const char *text, struct template_problem *problem);

/* Append the template's expansion over `record`, a sequence of BER-TLV objects. MALFORMED (the
 * template, or the record when it is no such sequence), NOT_FOUND (an object is not in the record),
 * TOO_LONG, NO_SPACE. After an error what was appended is wiped and the writer stands where it
 * stood, with its error unset only if it fitted. */
SCP_MUST_USE enum scp_error template_expand(const char *text, struct scp_bytes record,
                                            struct scp_writer *out,
                                            struct template_problem *problem);

#endif

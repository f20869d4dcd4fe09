/* Which of a policy's languages somebody wants (RFC 9110 12.5.4, RFC 4647 3.4). */
#ifndef OTA_SERVER_REBIND_LANGUAGE_H
#define OTA_SERVER_REBIND_LANGUAGE_H

#include "policies/compile/policy.h"

/* The index of the language that an Accept-Language header prefers; 0, the bureau's own, when it is
 * NULL, malformed, or names none of them. "zh" serves who asks for "zh-CN". */
size_t language_choose(const struct policy *policy, const char *accept);

#endif

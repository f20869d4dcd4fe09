/* Is a policy fit to be proposed: does it compile, do its own cases pass, and what does the
 * analysis say of it? */
#ifndef OTA_SERVER_API_POLICY_CHECK_H
#define OTA_SERVER_API_POLICY_CHECK_H

#include "ota-server/http/response.h"
#include "policies/compile/policy.h"
#include "scp/base/bytes.h"

#include <jansson.h>

/* Compile. False: the response says what is wrong, with line and column. */
bool policy_check_compiles(struct scp_bytes yaml, struct policy **out,
                           struct http_response *response);

/* Run its cases. False: the response names the first that fails. */
bool policy_check_cases(const struct policy *policy, struct http_response *response);

/* {"name", "rules", "cases", "findings": [{"kind", "id", "line", "other", "text", "mistake"}]}. A
 * new reference; NULL when memory is exhausted. */
json_t *policy_check_report(const struct policy *policy);

#endif

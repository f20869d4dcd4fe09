#include "ota-server/api/refusal.h"

void answer_refusal(struct http_response *response, enum rebind_refusal refusal, const char *detail)
{
    const struct rebind_refusal_text *text = rebind_refusal_text(refusal);
    http_problem(response, text->status, text->code, text->title, "%s", detail);
}

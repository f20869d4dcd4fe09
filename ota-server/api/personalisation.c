#include "ota-server/api/personalisation.h"

#include "ota-server/api/body.h"
#include "ota-server/api/problem.h"
#include "ota-server/rebind/templates.h"
#include "ota-server/vault/template.h"

#include <stdio.h>

enum { TEMPLATE_MAX = 4096, PATH_SIZE = 64 };

static bool check_dgi(const char *path, json_t *dgi, struct http_response *response)
{
    uint8_t id[2];
    char value[TEMPLATE_MAX];
    bool sensitive;
    const struct body_member members[] = {
        {"dgi", BODY_HEX, .required = true, .bytes = id, .size = sizeof id, .minimum = sizeof id},
        {"value", BODY_TEXT, .required = true, .text = value, .size = sizeof value},
        {"sensitive", BODY_BOOL, .flag = &sensitive},
    };
    struct template_problem problem;
    char what[256];

    if (!body_read_at(path, dgi, members, sizeof members / sizeof members[0], response))
        return false;
    if (template_check(value, &problem) == SCP_OK)
        return true;
    snprintf(what, sizeof what, "has a value that is no template: character %zu: %s",
             problem.position + 1, problem.text);
    problem_member(response, path, what);
    return false;
}

bool personalisation_check(json_t *dgis, struct http_response *response)
{
    size_t i;
    json_t *dgi;
    if (json_array_size(dgis) > TEMPLATES_MAX) {
        problem_member(response, "personalisation", "has more than 128 elements");
        return false;
    }
    json_array_foreach(dgis, i, dgi)
    {
        char path[PATH_SIZE];
        snprintf(path, sizeof path, "personalisation[%zu]", i);
        if (!check_dgi(path, dgi, response))
            return false;
    }
    return true;
}

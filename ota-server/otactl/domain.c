/* Security domains of banks. */
#include "ota-server/otactl/resources.h"

#include <stdio.h>
#include <string.h>

/* "scp03-i70-aes128=bank-b-aes128,…" as an object; NULL when a part has no `=`. */
static json_t *split_key_sets(const char *pairs)
{
    json_t *key_sets = json_object();
    for (const char *at = pairs; at[0] != '\0';) {
        size_t len = strcspn(at, ",");
        const char *equals = memchr(at, '=', len);
        if (equals == NULL) {
            json_decref(key_sets);
            return NULL;
        }
        size_t name = (size_t)(equals - at);
        char profile[256];
        snprintf(profile, sizeof profile, "%.*s", (int)name, at);
        json_object_set_new(key_sets, profile, json_stringn(equals + 1, len - name - 1));
        at += len + (at[len] == ',' ? 1 : 0);
    }
    return key_sets;
}

static json_t *put_body(const struct otactl *ctl, const struct otactl_arguments *args,
                        struct rebind_problem *problem)
{
    (void)ctl;
    json_t *key_sets = split_key_sets(args->option[OTACTL_KEY_SETS]);
    if (key_sets == NULL) {
        (void)rebind_problem_set(problem, SCP_MALFORMED,
                                 "--key-sets must be PROFILE=LABEL with commas between");
        return NULL;
    }
    json_t *body = json_pack("{s:s, s:o}", "aid", args->option[OTACTL_AID], "key_sets", key_sets);
    const char *management = args->option[OTACTL_MANAGEMENT];
    if (body != NULL && management != NULL &&
        json_object_set_new(body, "management", json_string(management)) != 0) {
        json_decref(body);
        body = NULL;
    }
    if (body == NULL)
        (void)rebind_problem_set(problem, SCP_MALFORMED, "the arguments are not valid UTF-8");
    return body;
}

static const struct otactl_command commands[] = {
    {
        .verb = "put",
        .args = "BANK",
        .summary = "let a bank personalise through a security domain of its own",
        .details = "The key sets are masters in the server's vault (ota-server key-set), one\n"
                   "for each card profile. On cards of other profiles the issuer's domain\n"
                   "personalises. One with authorized management also loads and installs its\n"
                   "bank's applications by itself.\n\n"
                   "  otactl domain put bank-b --aid A00000033342414E4B42 \\\n"
                   "      --key-sets scp03-i70-aes128=bank-b-aes128,scp02-i55=bank-b-3des",
        .options =
            OTACTL_BIT(OTACTL_AID) | OTACTL_BIT(OTACTL_KEY_SETS) | OTACTL_BIT(OTACTL_MANAGEMENT),
        .needs = OTACTL_BIT(OTACTL_AID) | OTACTL_BIT(OTACTL_KEY_SETS),
        .run = otactl_run_request,
        .request = {.method = "PUT", .path = "/v1/banks/{0}/security-domain", .body = put_body},
    },
    {
        .verb = "show",
        .args = "BANK",
        .summary = "show a bank's security domain",
        .details = "  otactl domain show bank-b",
        .run = otactl_run_request,
        .request = {.method = "GET", .path = "/v1/banks/{0}/security-domain"},
    },
};

const struct otactl_resource otactl_resource_domain = {
    .name = "domain",
    .summary = "security domains through which banks personalise",
    OTACTL_ROWS(commands),
};

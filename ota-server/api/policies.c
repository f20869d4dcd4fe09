/* /v1/policies: proposed by one person, activated by another. */
#include "ota-server/api/api.h"
#include "ota-server/api/handlers.h"
#include "policies/compile/policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const statuses[] = {
    [STORE_POLICY_PROPOSED] = "proposed",
    [STORE_POLICY_ACTIVE] = "active",
    [STORE_POLICY_RETIRED] = "retired",
};

static json_t *render(const void *element)
{
    const struct store_policy *policy = element;
    char created[OPERATION_TIME_SIZE];
    char activated[OPERATION_TIME_SIZE];
    bool was_activated = policy->activated_ms != 0;
    return json_pack("{s:i, s:o, s:s, s:s, s:s?, s:s, s:s?}", "version", (int)policy->version,
                     "digest", api_hex(SCP_BYTES(policy->digest)), "status",
                     statuses[policy->status], "author", policy->author_person, "approver",
                     was_activated ? policy->approver_person : NULL, "created",
                     operation_time(created, policy->created_ms), "activated",
                     was_activated ? operation_time(activated, policy->activated_ms) : NULL);
}

/* With the place of the mistake; one of the document as a whole has none. */
static void refuse(struct http_response *response, const struct document_problem *problem)
{
    static const char title[] = "The policy cannot be used";
    if (problem->line == 0) {
        http_problem(response, 422, "policy-invalid", title, "%s", problem->text);
        return;
    }
    http_problem(response, 422, "policy-invalid", title, "line %u, column %u: %s", problem->line,
                 problem->column, problem->text);
    http_problem_number(response, "line", problem->line);
    http_problem_number(response, "column", problem->column);
    http_problem_text(response, "source", problem->source);
}

/* Only a policy that compiles is kept. */
static bool check(const struct http_request *request, struct http_response *response)
{
    struct document_problem problem = {.error = DOC_OK};
    struct policy *policy;
    if (policy_compile("policy", http_request_body(request), &policy, &problem) == DOC_OK) {
        policy_free(policy);
        return true;
    }
    refuse(response, &problem);
    return false;
}

void api_policy_post(void *ctx, const struct http_request *request, struct http_response *response)
{
    const struct api *api = ctx;
    const struct http_principal *principal = http_request_principal(request);
    struct store_policy policy = {.version = 0};
    char object[STORE_NAME_SIZE];
    struct store_tx *tx;

    if (!check(request, response))
        return;
    snprintf(policy.author, sizeof policy.author, "%.32s", principal->id);
    snprintf(policy.author_person, sizeof policy.author_person, "%s", principal->person);
    enum store_error error = store_begin(api->store, STORE_WRITE, &tx);
    if (error == STORE_OK) {
        error = store_policy_propose(tx, &policy, http_request_body(request));
        snprintf(object, sizeof object, "policy/%d", (int)policy.version);
        if (error == STORE_OK)
            error = api_audit(tx, request, "policy.propose", object, render(&policy));
        error = store_end(tx, error);
    }
    if (error != STORE_OK)
        problem_store(response, error, "the policy");
    else
        http_response_json(response, 201, render(&policy));
}

/* The version in the path; 0 when it is none. */
static int32_t version_of(const struct http_request *request)
{
    const char *text = http_request_param(request, "version");
    char *end;
    errno = 0;
    long version = strtol(text, &end, 10);
    bool fits = *end == '\0' && errno == 0 && version > 0 && version <= INT32_MAX;
    return fits ? (int32_t)version : 0;
}

void api_policy_activate(void *ctx, const struct http_request *request,
                         struct http_response *response)
{
    const struct api *api = ctx;
    const struct http_principal *principal = http_request_principal(request);
    int32_t version = version_of(request);
    struct store_policy policy = {.version = 0};
    char object[STORE_NAME_SIZE];
    struct store_tx *tx;

    snprintf(object, sizeof object, "policy/%d", (int)version);
    enum store_error error = store_begin(api->store, STORE_WRITE, &tx);
    if (error == STORE_OK) {
        error = store_policy_activate(tx, version, principal->id, principal->person);
        if (error == STORE_OK)
            error = store_policy_get(tx, version, &policy);
        if (error == STORE_OK)
            error = api_audit(tx, request, "policy.activate", object, render(&policy));
        error = store_end(tx, error);
    }
    if (error == STORE_CONFLICT)
        http_problem(response, 409, "same-person", "A second person must approve the policy",
                     "the author of a policy cannot activate it, under any certificate");
    else if (error != STORE_OK)
        problem_store(response, error, "the policy");
    else
        http_response_json(response, 200, render(&policy));
}

void api_policy_get(void *ctx, const struct http_request *request, struct http_response *response)
{
    const struct api *api = ctx;
    int32_t version = version_of(request);
    struct store_policy policy = {.version = 0};
    struct store_blob yaml = {.len = 0};
    struct store_tx *tx;

    enum store_error error = store_begin(api->store, STORE_READ, &tx);
    if (error == STORE_OK) {
        error = store_policy_get(tx, version, &policy);
        if (error == STORE_OK)
            error = store_policy_yaml(tx, version, &yaml);
        error = store_end(tx, error);
    }
    if (error != STORE_OK) {
        problem_store(response, error, "the policy");
    } else {
        json_t *answer = render(&policy);
        json_object_set_new(answer, "yaml", json_stringn((const char *)yaml.ptr, yaml.len));
        http_response_json(response, 200, answer);
    }
    store_blob_fini(&yaml);
}

static enum store_error fetch(struct store_tx *tx, const void *filter, const char *after, void *out,
                              size_t cap, size_t *count)
{
    (void)filter;
    long version = strtol(after, NULL, 10);
    return store_policy_list(tx, version > INT32_MAX ? INT32_MAX : (int32_t)version, out, cap,
                             count);
}

static int64_t number(const void *element)
{
    const struct store_policy *policy = element;
    return policy->version;
}

void api_policy_list(void *ctx, const struct http_request *request, struct http_response *response)
{
    static const struct api_listing listing = {
        .what = "the policies",
        .element_size = sizeof(struct store_policy),
        .fetch = fetch,
        .render = render,
        .number = number,
    };
    api_answer_list(ctx, request, response, &listing, NULL);
}

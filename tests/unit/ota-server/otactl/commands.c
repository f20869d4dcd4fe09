/* The table of commands: whole in itself, and in step with the routes of the server. */
#include "ota-server/otactl/parse.h"

#include <string.h>

#include "ota-server/api/api.h"
#include "tests/support/test.h"

typedef void check_fn(const struct otactl_resource *resource, const struct otactl_command *command);

static void for_each_command(check_fn *check)
{
    for (size_t i = 0; i < otactl_resource_count; i++) {
        for (size_t k = 0; k < otactl_resources[i]->count; k++)
            check(otactl_resources[i], &otactl_resources[i]->commands[k]);
    }
}

static void check_row(const struct otactl_resource *resource, const struct otactl_command *command)
{
    assert_ptr_equal(otactl_find_resource(resource->name), resource);
    assert_ptr_equal(otactl_find_command(resource, command->verb), command);
    assert_non_null(command->args);
    assert_non_null(command->summary);
    assert_non_null(command->run);
    assert_true((command->needs & ~command->options) == 0);
    assert_true((command->options & OTACTL_COMMON) == 0);
    assert_true((command->request.query & ~command->options) == 0);
    assert_true(otactl_arity_of(command->args).most <= OTACTL_ARGS_MAX);
    assert_true(command->run != otactl_run_request || command->request.path != NULL);
}

static void every_command_is_found_and_described(void **state)
{
    (void)state;
    for_each_command(check_row);
}

static void check_example(const struct otactl_resource *resource,
                          const struct otactl_command *command)
{
    char words[64];
    (void)snprintf(words, sizeof words, "  otactl %s%s%s", resource->name,
                   command->verb != NULL ? " " : "", command->verb != NULL ? command->verb : "");
    if (strstr(otactl_examples_of(command), words) == NULL)
        fail_msg("the help has no example:%s", words + 1);
}

static void every_help_has_an_example(void **state)
{
    (void)state;
    for_each_command(check_example);
}

/* Every {n} of a path names an argument that must be given, and no argument is forgotten: what is
 * not in the path is the file or part of the body. */
static void check_placeholders(const struct otactl_resource *resource,
                               const struct otactl_command *command)
{
    (void)resource;
    const struct otactl_request *request = &command->request;
    size_t used = 0;
    for (const char *c = request->path; c != NULL && *c != '\0'; c++)
        used += *c == '{' ? 1 : 0;
    if (command->run != otactl_run_request)
        return;
    size_t least = otactl_arity_of(command->args).least;
    size_t elsewhere = least - used;
    assert_true(used <= least);
    assert_true(elsewhere == 0 || request->body != NULL ||
                (elsewhere == 1 && request->file_media != NULL));
}

static void every_argument_goes_into_path_or_body(void **state)
{
    (void)state;
    for_each_command(check_placeholders);
}

/* "/v1/banks/{bank}" and "/v1/banks/{0}" are the same, with or without a query. */
static bool same_pattern(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a += *a == '{' ? strcspn(a, "}") : 1;
        b += *b == '{' ? strcspn(b, "}") : 1;
    }
    return *a == *b || (*a == '\0' && *b == '?');
}

static const struct http_route *find_route(const struct otactl_request *request)
{
    for (size_t i = 0; i < api_route_count; i++) {
        if (strcmp(api_routes[i].method, request->method) == 0 &&
            same_pattern(api_routes[i].pattern, request->path))
            return &api_routes[i];
    }
    return NULL;
}

static void check_route(const struct otactl_resource *resource,
                        const struct otactl_command *command)
{
    const struct otactl_request *request = &command->request;
    if (request->path == NULL)
        return;
    const struct http_route *route = find_route(request);
    if (route == NULL) {
        fail_msg("otactl %s %s asks for %s %s, which the server does not have", resource->name,
                 command->verb != NULL ? command->verb : "", request->method, request->path);
        return;
    }
    const char *media = request->file_media != NULL ? request->file_media
                        : request->body != NULL     ? "application/json"
                                                    : NULL;
    if (media != NULL)
        assert_string_equal(route->accepts, media);
    else
        assert_int_equal(route->body_max, 0);
}

static void every_request_is_a_route_of_the_server(void **state)
{
    (void)state;
    for_each_command(check_route);
}

static void arity_counts_words_and_brackets(void **state)
{
    (void)state;
    assert_int_equal(otactl_arity_of("").most, 0);
    struct otactl_arity arity = otactl_arity_of("BANK PRODUCT [FILE]");
    assert_int_equal(arity.least, 2);
    assert_int_equal(arity.most, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_found_and_described),
        cmocka_unit_test(every_help_has_an_example),
        cmocka_unit_test(every_argument_goes_into_path_or_body),
        cmocka_unit_test(every_request_is_a_route_of_the_server),
        cmocka_unit_test(arity_counts_words_and_brackets),
    };
    return cmocka_run_group_tests_name("otactl_commands", tests, NULL, NULL);
}

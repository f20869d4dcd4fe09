#include "ota-server/http/router.h"
#include "tests/support/test.h"

#include <string.h>

static void handle(void *ctx, const struct http_request *request, struct http_response *response)
{
    (void)ctx;
    (void)request;
    (void)response;
}

#define ROW(method, pattern)                \
    {                                       \
        method, pattern, handle, 1, 0, NULL \
    }

static const struct http_route routes[] = {
    ROW("GET", "/"),
    ROW("GET", "/v1/cards"),
    ROW("POST", "/v1/cards"),
    ROW("GET", "/v1/cards/{id}"),
    ROW("POST", "/v1/cards/lookup"),
    ROW("GET", "/v1/banks/{bank}/products/{product}"),
    ROW("GET", "/v1/banks/{bank}/products/all"),
    ROW("DELETE", "/v1/cards/{id}"),
};

static struct http_router make(void)
{
    struct http_router router;
    struct http_error_detail detail;
    assert_int_equal(http_router_init(&router, routes, sizeof routes / sizeof routes[0], &detail),
                     HTTP_OK);
    return router;
}

static struct http_path path_of(const char *const *segments)
{
    size_t count = 0;
    while (segments[count] != NULL)
        count++;
    return (struct http_path){segments, count};
}

#define PATH(...) path_of((const char *const[]){__VA_ARGS__, NULL})

static void router_matches_literals_and_placeholders(void **state)
{
    (void)state;
    struct http_router router = make();
    struct http_matched matched;
    assert_int_equal(http_router_match(&router, "GET", PATH(""), &matched), HTTP_MATCH);
    assert_ptr_equal(matched.route, &routes[0]);
    assert_int_equal(http_router_match(&router, "POST", PATH("v1", "cards"), &matched), HTTP_MATCH);
    assert_ptr_equal(matched.route, &routes[2]);
    assert_int_equal(
        http_router_match(&router, "GET", PATH("v1", "banks", "b", "products", "p/q"), &matched),
        HTTP_MATCH);
    assert_ptr_equal(matched.route, &routes[5]);
    assert_string_equal(matched.params[0], "b");
    assert_string_equal(matched.params[1], "p/q");
}

static void router_prefers_the_literal_pattern(void **state)
{
    (void)state;
    struct http_router router = make();
    struct http_matched matched;
    assert_int_equal(
        http_router_match(&router, "GET", PATH("v1", "banks", "b", "products", "all"), &matched),
        HTTP_MATCH);
    assert_ptr_equal(matched.route, &routes[6]);
}

static void router_takes_head_for_get(void **state)
{
    (void)state;
    struct http_router router = make();
    struct http_matched matched;
    assert_int_equal(http_router_match(&router, "HEAD", PATH("v1", "cards"), &matched), HTTP_MATCH);
    assert_ptr_equal(matched.route, &routes[1]);
}

static void router_tells_a_wrong_path_from_a_wrong_method(void **state)
{
    (void)state;
    struct http_router router = make();
    struct http_matched matched;
    assert_int_equal(http_router_match(&router, "GET", PATH("v1"), &matched), HTTP_NO_PATH);
    assert_int_equal(http_router_match(&router, "GET", PATH("v1", "cards", ""), &matched),
                     HTTP_NO_PATH);
    assert_int_equal(http_router_match(&router, "GET", PATH("v1", "cards", "a", "b"), &matched),
                     HTTP_NO_PATH);
    assert_int_equal(http_router_match(&router, "PUT", PATH("v1", "cards"), &matched),
                     HTTP_NO_METHOD);
    assert_int_equal(http_router_match(&router, "get", PATH("v1", "cards"), &matched),
                     HTTP_NO_METHOD);
    assert_int_equal(http_router_match(&router, "", PATH("v1", "cards"), &matched), HTTP_NO_METHOD);
}

static void router_lists_the_methods_of_a_path(void **state)
{
    (void)state;
    struct http_router router = make();
    char allow[64];
    http_router_allow(&router, PATH("v1", "cards"), allow, sizeof allow);
    assert_string_equal(allow, "GET, HEAD, POST");
    http_router_allow(&router, PATH("v1", "cards", "lookup"), allow, sizeof allow);
    assert_string_equal(allow, "GET, HEAD, POST, DELETE");
    http_router_allow(&router, PATH("none"), allow, sizeof allow);
    assert_string_equal(allow, "");
}

static void router_refuses_a_wrong_table_and_names_the_route(void **state)
{
    (void)state;
    static const struct http_route tables[][2] = {
        {ROW("GET", "/a"), ROW("GET", "/a")},
        {ROW("GET", "/{a}/x"), ROW("GET", "/{b}/x")},
        {ROW("GET", "/a"), ROW("HEAD", "/b")},
        {ROW("GET", "/a"), ROW("BREW", "/b")},
        {ROW("GET", "/a"), ROW("GET", "b")},
        {ROW("GET", "/a"), ROW("GET", "")},
        {ROW("GET", "/a"), ROW("GET", "/{b")},
        {ROW("GET", "/a"), ROW("GET", "/{}")},
        {ROW("GET", "/a"), ROW("GET", "/b?c")},
        {ROW("GET", "/a"), ROW("GET", "/{a}/{b}/{c}/{d}/{e}")},
        {ROW("GET", "/a"), {"GET", "/b", NULL, 1, 0, NULL}},
        {ROW("GET", "/a"), {"GET", "/b", handle, 0, 0, NULL}},
    };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct http_router router;
        struct http_error_detail detail = {""};
        assert_int_equal(http_router_init(&router, tables[i], 2, &detail), HTTP_ROUTE);
        assert_non_null(strstr(detail.text, tables[i][1].pattern));
        assert_int_equal(http_router_init(&router, tables[i], 1, &detail), HTTP_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(router_matches_literals_and_placeholders),
        cmocka_unit_test(router_prefers_the_literal_pattern),
        cmocka_unit_test(router_takes_head_for_get),
        cmocka_unit_test(router_tells_a_wrong_path_from_a_wrong_method),
        cmocka_unit_test(router_lists_the_methods_of_a_path),
        cmocka_unit_test(router_refuses_a_wrong_table_and_names_the_route),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

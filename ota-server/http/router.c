#include "ota-server/http/router.h"

#include <stdio.h>
#include <string.h>

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};

enum { METHOD_COUNT = sizeof methods / sizeof methods[0] };

/* One segment of a pattern, and the place behind it. */
struct segment {
    struct scp_bytes text;
    const char *next; /* at the next '/', or at the end */
};

static struct segment segment_at(const char *slash)
{
    size_t len = strcspn(slash + 1, "/");
    return (struct segment){scp_bytes_of(slash + 1, len), slash + 1 + len};
}

static bool is_placeholder(struct scp_bytes segment)
{
    return segment.len > 2 && segment.ptr[0] == '{' && segment.ptr[segment.len - 1] == '}';
}

/* ---- matching ----------------------------------------------------------------------------- */

static bool match_segment(struct scp_bytes pattern, const char *segment)
{
    if (is_placeholder(pattern))
        return segment[0] != '\0';
    return scp_bytes_equal(pattern, scp_bytes_of(segment, strlen(segment)));
}

static bool match_path(const struct http_route *route, struct http_path path,
                       struct http_matched *matched)
{
    *matched = (struct http_matched){.route = route};
    const char *at = route->pattern;
    size_t params = 0;
    for (size_t i = 0; i < path.count; i++) {
        if (*at != '/')
            return false;
        struct segment segment = segment_at(at);
        if (!match_segment(segment.text, path.segments[i]))
            return false;
        if (is_placeholder(segment.text))
            matched->params[params++] = path.segments[i];
        at = segment.next;
    }
    return *at == '\0';
}

/* Of two patterns that match the same path: is `a` literal where they first differ in kind? */
static bool is_closer(const struct http_route *a, const struct http_route *b)
{
    const char *at = a->pattern;
    const char *other = b->pattern;
    while (*at == '/' && *other == '/') {
        struct segment mine = segment_at(at);
        struct segment yours = segment_at(other);
        bool open = is_placeholder(mine.text);
        if (open != is_placeholder(yours.text))
            return !open;
        at = mine.next;
        other = yours.next;
    }
    return false;
}

static bool serves_method(const struct http_route *route, const char *method)
{
    return strcmp(route->method, method) == 0 ||
           (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

enum http_match http_router_match(const struct http_router *router, const char *method,
                                  struct http_path path, struct http_matched *matched)
{
    enum http_match result = HTTP_NO_PATH;
    for (size_t i = 0; i < router->count; i++) {
        const struct http_route *route = &router->routes[i];
        struct http_matched candidate;
        if (!match_path(route, path, &candidate))
            continue;
        if (!serves_method(route, method)) {
            result = result == HTTP_MATCH ? HTTP_MATCH : HTTP_NO_METHOD;
            continue;
        }
        if (result != HTTP_MATCH || is_closer(route, matched->route))
            *matched = candidate;
        result = HTTP_MATCH;
    }
    return result;
}

static bool path_allows(const struct http_router *router, struct http_path path, const char *method)
{
    struct http_matched matched;
    return http_router_match(router, method, path, &matched) == HTTP_MATCH;
}

void http_router_allow(const struct http_router *router, struct http_path path, char *to,
                       size_t cap)
{
    struct scp_writer w = scp_writer_on((uint8_t *)to, cap - 1);
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        if (!path_allows(router, path, methods[i]))
            continue;
        if (w.len > 0)
            scp_put(&w, scp_bytes_of(", ", 2));
        scp_put(&w, scp_bytes_of(methods[i], strlen(methods[i])));
    }
    to[scp_written(&w).len] = '\0';
}

/* ---- checking the table ------------------------------------------------------------------- */

static bool is_known_method(const char *method)
{
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        if (strcmp(methods[i], method) == 0)
            return strcmp(method, "HEAD") != 0;
    }
    return false;
}

static bool is_literal(struct scp_bytes segment)
{
    for (size_t i = 0; i < segment.len; i++) {
        if (strchr("{}?#%", segment.ptr[i]) != NULL)
            return false;
    }
    return true;
}

static bool is_pattern(const char *pattern)
{
    size_t params = 0;
    size_t segments = 0;
    const char *at = pattern;
    while (*at == '/') {
        struct segment segment = segment_at(at);
        bool open = is_placeholder(segment.text);
        if (!open && !is_literal(segment.text))
            return false;
        params += open ? 1 : 0;
        segments++;
        at = segment.next;
    }
    return segments > 0 && segments <= HTTP_SEGMENTS_MAX && params <= HTTP_PARAMS_MAX &&
           *at == '\0';
}

static bool is_same_path(const char *a, const char *b)
{
    while (*a == '/' && *b == '/') {
        struct segment mine = segment_at(a);
        struct segment yours = segment_at(b);
        bool open = is_placeholder(mine.text);
        if (open != is_placeholder(yours.text) ||
            (!open && !scp_bytes_equal(mine.text, yours.text)))
            return false;
        a = mine.next;
        b = yours.next;
    }
    return *a == *b;
}

static bool is_duplicate(const struct http_route *routes, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(routes[i].method, routes[index].method) == 0 &&
            is_same_path(routes[i].pattern, routes[index].pattern))
            return true;
    }
    return false;
}

enum http_error http_router_init(struct http_router *router, const struct http_route *routes,
                                 size_t count, struct http_error_detail *detail)
{
    for (size_t i = 0; i < count; i++) {
        const struct http_route *route = &routes[i];
        if (is_known_method(route->method) && is_pattern(route->pattern) && route->handle != NULL &&
            route->roles != 0 && !is_duplicate(routes, i))
            continue;
        snprintf(detail->text, sizeof detail->text, "%s %s", route->method, route->pattern);
        return HTTP_ROUTE;
    }
    *router = (struct http_router){.routes = routes, .count = count};
    return HTTP_OK;
}

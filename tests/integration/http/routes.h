/* The routes that the tests' server has. Their context is the struct fixture. */
#ifndef TESTS_INTEGRATION_HTTP_ROUTES_H
#define TESTS_INTEGRATION_HTTP_ROUTES_H

#include "tests/integration/http/fixture.h"

extern const struct http_route test_routes[];
extern const size_t test_route_count;

/* urn:rebind:test:agent and :operator have their roles, :disabled is disabled, others unknown. */
http_authenticate_fn test_authenticate;

enum { TEST_BODY_MAX = 1024 };

#endif

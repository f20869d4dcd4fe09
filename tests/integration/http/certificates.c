/* Who gets in, and what those hear who do not. */
#include "tests/integration/http/fixture.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int start(void **state)
{
    fixture_start(*state, NULL);
    return 0;
}

static void http_serves_a_trusted_client_over_http2(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;
    client_ask(fixture, &(struct ask){.path = "/v1/cards/c1", .client = "agent"}, &reply);
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.http_version, CURL_HTTP_VERSION_2_0);
    assert_int_equal(fixture_read(fixture, &fixture->handled), 1);
    reply_free(&reply);
}

static void http_tells_authenticate_the_facts_of_the_certificate(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;
    client_ask(fixture, &(struct ask){.path = "/v1/cards/c1", .client = "agent"}, &reply);
    reply_free(&reply);
    const struct http_peer *peer = &fixture->last_peer;
    assert_true(peer->verified);
    assert_string_equal(peer->uri, "urn:rebind:test:agent");
    assert_string_equal(peer->common_name, "agent");
    assert_string_equal(peer->address, "127.0.0.1");
    assert_int_equal(peer->not_after, 4070908800); /* 2099-01-01T00:00:00Z */

    char command[256];
    char expected[128] = "";
    snprintf(command, sizeof command, "openssl x509 -in %s/agent.pem -noout -fingerprint -sha256",
             fixture->dir);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(expected, sizeof expected, pipe));
    pclose(pipe);
    char actual[3 * 32 + 1] = "";
    for (size_t i = 0; i < 32; i++)
        snprintf(actual + 3 * i, 4, "%02X%s", peer->fingerprint[i], i == 31 ? "\n" : ":");
    assert_non_null(strstr(expected, actual));
}

static void http_refuses_protected_routes_without_a_certificate(void **state)
{
    assert_asking_gives_problem(*state, &(struct ask){.path = "/v1/cards/c1"}, 401,
                                "certificate-required");
}

static void http_serves_public_routes_without_a_certificate(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;
    client_ask(fixture, &(struct ask){.path = "/healthz"}, &reply);
    assert_int_equal(reply.status, 200);
    assert_int_equal(fixture_read(fixture, &fixture->authenticated), 0);
    reply_free(&reply);
}

/* A refused certificate reaches nothing: no handler, no authenticate, not even a public route. */
static void assert_refused(struct fixture *fixture, const char *client, const char *code)
{
    fixture->handled = fixture->authenticated = 0;
    static const char *const paths[] = {"/v1/cards/c1", "/healthz", "/no/such/path"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_asking_gives_problem(fixture, &(struct ask){.path = paths[i], .client = client}, 401,
                                    code);
    assert_int_equal(fixture_read(fixture, &fixture->handled), 0);
    assert_int_equal(fixture_read(fixture, &fixture->authenticated), 0);
}

static void http_tells_a_client_that_its_certificate_has_expired(void **state)
{
    assert_refused(*state, "expired", "certificate-expired");
}

static void http_tells_a_client_that_its_certificate_is_not_valid_yet(void **state)
{
    assert_refused(*state, "future", "certificate-not-yet-valid");
}

static void http_tells_a_client_that_its_authority_is_unknown(void **state)
{
    assert_refused(*state, "foreign", "certificate-unknown-issuer");
}

static void http_does_not_learn_to_trust_an_authority_from_a_chain(void **state)
{
    assert_refused(*state, "foreign-chain", "certificate-unknown-issuer");
    assert_refused(*state, "foreign", "certificate-unknown-issuer");
    assert_refused(*state, "foreign-chain", "certificate-unknown-issuer");
}

static void http_refuses_a_certificate_made_for_servers(void **state)
{
    assert_refused(*state, "wrong-use", "certificate-invalid");
}

static void http_refuses_a_good_certificate_that_is_not_registered(void **state)
{
    assert_asking_gives_problem(*state, &(struct ask){.path = "/v1/cards/c1", .client = "stranger"},
                                401, "principal-unknown");
}

static void http_refuses_a_disabled_principal(void **state)
{
    assert_asking_gives_problem(*state, &(struct ask){.path = "/v1/cards/c1", .client = "disabled"},
                                401, "principal-disabled");
}

static void http_says_busy_when_the_register_cannot_be_asked(void **state)
{
    assert_asking_gives_problem(*state,
                                &(struct ask){.path = "/v1/cards/c1",
                                              .client = "agent",
                                              .headers = {"X-Test-Register-Down: 1"}},
                                503, "register-unavailable");
}

static void http_refuses_a_role_that_the_route_does_not_serve(void **state)
{
    struct fixture *fixture = *state;
    assert_asking_gives_problem(
        fixture,
        &(struct ask){.method = "DELETE", .path = "/v1/cards/c1/binding", .client = "agent"}, 403,
        "role-not-allowed");
    assert_int_equal(fixture_read(fixture, &fixture->handled), 0);
    struct access_row row = fixture_logged(fixture, "/v1/cards/{id}/binding");
    assert_int_equal(row.status, 403);
    assert_string_equal(row.principal, "id-of-agent");
}

static void http_refuses_a_certificate_that_expires_while_connected(void **state)
{
    struct fixture *fixture = *state;
    struct rebind_seeded seeded;
    struct rebind_env env = rebind_env_seeded(&seeded, 1, 4070908800000 + 1000);
    fixture_start(fixture, &(struct http_server_config){.env = &env});
    assert_asking_gives_problem(fixture, &(struct ask){.path = "/v1/cards/c1", .client = "agent"},
                                401, "certificate-expired");
    assert_int_equal(fixture_read(fixture, &fixture->authenticated), 0);
    fixture_stop(fixture);
    rebind_seeded_fini(&seeded);
}

static void http_answers_a_client_without_http2_readably(void **state)
{
    struct reply reply;
    client_ask(
        *state,
        &(struct ask){.path = "/healthz", .client = "agent", .http_version = CURL_HTTP_VERSION_1_1},
        &reply);
    assert_int_equal(reply.code, CURLE_OK);
    assert_int_equal(reply.status, 505);
    assert_int_equal(reply.http_version, CURL_HTTP_VERSION_1_1);
    assert_string_equal(reply.body, "This server speaks HTTP/2 only: offer \"h2\" with ALPN.\n");
    reply_free(&reply);
}

static void http_refuses_tls_below_1_3(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;
    struct curl_slist *list;
    const struct ask ask = {.path = "/healthz"};
    CURL *handle = client_prepare(fixture, &ask, &reply, &list);
    curl_easy_setopt(handle, CURLOPT_SSLVERSION,
                     (long)CURL_SSLVERSION_TLSv1_2 | (long)CURL_SSLVERSION_MAX_TLSv1_2);
    client_finish(handle, curl_easy_perform(handle), &reply);
    assert_int_equal(reply.code, CURLE_SSL_CONNECT_ERROR);
    curl_slist_free_all(list);
    reply_free(&reply);
}

/* A client that would resume gets no ticket to do so: openssl reports none, and connecting again
 * with the saved session is a new handshake. */
static void http_gives_no_session_to_resume(void **state)
{
    struct fixture *fixture = *state;
    char command[1024];
    snprintf(command, sizeof command,
             "cd %s && (printf 'PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n'; sleep 0.5) | "
             "openssl s_client -connect 127.0.0.1:%u -CAfile ca.pem -cert agent.pem -key agent.key "
             "-alpn h2 -tls1_3 -sess_out session.pem >first.txt 2>&1; "
             "grep -q 'New, TLSv1.3' first.txt && ! grep -q 'TLS session ticket' first.txt && "
             "! test -s session.pem",
             fixture->dir, http_server_port(fixture->server));
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a test's own command */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(http_serves_a_trusted_client_over_http2, start),
        cmocka_unit_test_setup(http_tells_authenticate_the_facts_of_the_certificate, start),
        cmocka_unit_test_setup(http_refuses_protected_routes_without_a_certificate, start),
        cmocka_unit_test_setup(http_serves_public_routes_without_a_certificate, start),
        cmocka_unit_test_setup(http_tells_a_client_that_its_certificate_has_expired, start),
        cmocka_unit_test_setup(http_tells_a_client_that_its_certificate_is_not_valid_yet, start),
        cmocka_unit_test_setup(http_tells_a_client_that_its_authority_is_unknown, start),
        cmocka_unit_test_setup(http_does_not_learn_to_trust_an_authority_from_a_chain, start),
        cmocka_unit_test_setup(http_refuses_a_certificate_made_for_servers, start),
        cmocka_unit_test_setup(http_refuses_a_good_certificate_that_is_not_registered, start),
        cmocka_unit_test_setup(http_refuses_a_disabled_principal, start),
        cmocka_unit_test_setup(http_says_busy_when_the_register_cannot_be_asked, start),
        cmocka_unit_test_setup(http_refuses_a_role_that_the_route_does_not_serve, start),
        cmocka_unit_test(http_refuses_a_certificate_that_expires_while_connected),
        cmocka_unit_test_setup(http_answers_a_client_without_http2_readably, start),
        cmocka_unit_test_setup(http_refuses_tls_below_1_3, start),
        cmocka_unit_test_setup(http_gives_no_session_to_resume, start),
    };
    return cmocka_run_group_tests(tests, fixture_make, fixture_remove);
}

/* Certificates: what is refused, and what repeats. That others accept them is pki.sh's. */
#include "ota-server/otactl/certificate.h"

#include <string.h>

#include "tests/support/test.h"

struct setup {
    struct rebind_seeded seeded;
    struct rebind_env env;
    struct certificate_pair authority;
};

static struct setup setup;

static int begin(void **state)
{
    (void)state;
    setup.env = rebind_env_seeded(&setup.seeded, 1, 1700000000000);
    return certificate_authority_new(&setup.env, "Authority", 10, &setup.authority, NULL) == SCP_OK
               ? 0
               : -1;
}

static int end(void **state)
{
    (void)state;
    certificate_pair_free(&setup.authority);
    rebind_seeded_fini(&setup.seeded);
    return 0;
}

static enum scp_error issue(const struct certificate_request *request,
                            struct rebind_problem *problem)
{
    struct certificate_pair pair;
    enum scp_error error = certificate_issue(&setup.env, &setup.authority, request, &pair, problem);
    if (error != SCP_OK) {
        assert_null(pair.certificate.ptr);
        assert_null(pair.key.ptr);
    }
    certificate_pair_free(&pair);
    return error;
}

static void certificate_is_pem_with_its_own_key(void **state)
{
    (void)state;
    struct certificate_pair a, b;
    const struct certificate_request request = {.name = "a", .uri = "rebind:agent/a", .days = 1};
    assert_int_equal(certificate_issue(&setup.env, &setup.authority, &request, &a, NULL), SCP_OK);
    assert_int_equal(certificate_issue(&setup.env, &setup.authority, &request, &b, NULL), SCP_OK);
    assert_non_null(strstr((char *)a.certificate.ptr, "-----BEGIN CERTIFICATE-----"));
    assert_non_null(strstr((char *)a.key.ptr, "-----BEGIN PRIVATE KEY-----"));
    assert_string_not_equal((char *)a.key.ptr, (char *)b.key.ptr);
    certificate_pair_free(&a);
    certificate_pair_free(&b);
}

static void certificate_refuses_names_that_do_not_fit(void **state)
{
    (void)state;
    char long_name[65];
    char long_uri[300];
    memset(long_name, 'n', 64);
    long_name[64] = '\0';
    memset(long_uri, 'u', sizeof long_uri - 1);
    long_uri[sizeof long_uri - 1] = '\0';
    const struct certificate_request bad[] = {
        {.name = "", .uri = "rebind:agent/a", .days = 1},
        {.name = "line\nbreak", .uri = "rebind:agent/a", .days = 1},
        {.name = long_name, .uri = "rebind:agent/a", .days = 1},
        {.name = "a", .uri = "", .days = 1},
        {.name = "a", .uri = long_uri, .days = 1},
        {.name = "a", .uri = "rebind:agent/\xC3\xA9", .days = 1},
        {.name = "a", .host = "", .days = 1},
        {.name = "a", .days = 1},
        {.name = "a", .uri = "rebind:agent/a", .days = 0},
        {.name = "a", .uri = "rebind:agent/a", .days = CERTIFICATE_DAYS_MAX + 1},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct rebind_problem problem = {""};
        assert_int_equal(issue(&bad[i], &problem), SCP_OUT_OF_RANGE);
        assert_true(problem.text[0] != '\0');
    }
    long_name[63] = '\0';
    const struct certificate_request longest = {.name = long_name, .host = "h", .days = 1};
    assert_int_equal(issue(&longest, NULL), SCP_OK);
}

static void certificate_needs_an_authority_that_is_one(void **state)
{
    (void)state;
    char garbage[] = "not PEM";
    struct certificate_pair authority = setup.authority;
    struct certificate_pair pair;
    const struct certificate_request request = {.name = "a", .uri = "rebind:agent/a", .days = 1};
    authority.key = (struct rebind_blob){(uint8_t *)garbage, sizeof garbage - 1};
    assert_int_equal(certificate_issue(&setup.env, &authority, &request, &pair, NULL),
                     SCP_MALFORMED);
    authority = setup.authority;
    authority.certificate = (struct rebind_blob){(uint8_t *)garbage, sizeof garbage - 1};
    assert_int_equal(certificate_issue(&setup.env, &authority, &request, &pair, NULL),
                     SCP_MALFORMED);
}

#define WITH_AUTHORITY(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_AUTHORITY(certificate_is_pem_with_its_own_key),
        WITH_AUTHORITY(certificate_refuses_names_that_do_not_fit),
        WITH_AUTHORITY(certificate_needs_an_authority_that_is_one),
    };
    return cmocka_run_group_tests_name("otactl_certificate", tests, NULL, NULL);
}

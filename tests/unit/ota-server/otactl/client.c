/* The client and the generic request, against the real HTTP server with TLS and certificates of
 * the development PKI. The routes stand for the kinds of answers that the API gives. */
#include "ota-server/otactl/client.h"

#include <curl/curl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ota-server/http/server.h"
#include "ota-server/otactl/certificate.h"
#include "ota-server/otactl/parse.h"
#include "tests/support/test.h"

/* ---- the server --------------------------------------------------------------------------- */

static void list_banks(void *ctx, const struct http_request *request,
                       struct http_response *response)
{
    const char *cursor = http_request_query(request, "cursor");
    (void)ctx;
    if (cursor == NULL)
        http_response_json(response, 200,
                           json_pack("{s:[{s:s, s:s}, {s:s}], s:s}", "items", "id", "bank-a",
                                     "name", "Bank A", "id", "bank-b", "next", "after b&c"));
    else if (strcmp(cursor, "after b&c") == 0)
        http_response_json(response, 200,
                           json_pack("{s:[{s:s}], s:n}", "items", "id", "bank-c", "next"));
    else
        http_response_status(response, 404);
}

static void put_binding(void *ctx, const struct http_request *request,
                        struct http_response *response)
{
    const struct scp_bytes body = http_request_body(request);
    json_t *json = json_loadb((const char *)body.ptr, body.len, 0, NULL);
    const char *product = json_string_value(json_object_get(json, "product"));
    (void)ctx;
    if (product != NULL && strcmp(product, "bank-b/debit") == 0) {
        http_response_header(response, "location", "/v1/operations/op-1");
        http_response_json(
            response, 202,
            json_pack("{s:s, s:s}", "id", "op-1", "card", http_request_param(request, "card")));
    } else if (product != NULL && strcmp(product, "bank-b/bound") == 0) {
        http_problem(response, 409, "already-bound", "The card is bound", "The card is bound");
        http_problem_text(response, "reason", "The card is bound");
    } else {
        http_problem(response, 403, "policy-denied", "The policy does not allow it",
                     "the card's region is closed to %s", product);
        http_problem_text(response, "rule", "regions");
    }
    json_decref(json);
}

static enum http_pull pull(void *ctx, const char *last_id, struct http_events *to)
{
    static const char *const states[] = {"pending", "running", "done"};
    const char *end = ctx;
    (void)last_id;
    for (int i = 0; i < 3; i++) {
        char data[200];
        char id[2] = {(char)('1' + i), '\0'};
        (void)snprintf(data, sizeof data,
                       "{\"id\":\"op-1\",\"state\":\"%s\",\"cause\":\"card-removed\","
                       "\"steps\":{\"done\":%d,\"total\":2}}",
                       i == 2 ? end : states[i], i);
        if (!http_events_put(to, &(struct http_event){id, "operation", data}))
            return HTTP_PULL_END;
    }
    return HTTP_PULL_END;
}

static void operation_events(void *ctx, const struct http_request *request,
                             struct http_response *response)
{
    static char done[] = "done", failed[] = "failed";
    bool fails = strcmp(http_request_param(request, "operation"), "op-1") != 0;
    (void)ctx;
    http_response_stream(response,
                         &(struct http_stream){.pull = pull, .ctx = fails ? failed : done});
}

static const struct http_route routes[] = {
    {"GET", "/v1/banks", list_banks, 1, 0, NULL},
    {"PUT", "/v1/cards/{card}/binding", put_binding, 1, 4096, "application/json"},
    {"GET", "/v1/operations/{operation}/events", operation_events, 1, 0, NULL},
};

static enum http_authentication authenticate(void *ctx, const struct http_peer *peer,
                                             const struct http_request *request,
                                             struct http_principal *principal)
{
    (void)ctx;
    (void)request;
    if (strcmp(peer->uri, "rebind:operator/alice") != 0)
        return HTTP_AUTH_UNKNOWN;
    principal->roles = 1;
    return HTTP_AUTHENTICATED;
}

static struct {
    char dir[64];
    struct rebind_env env;
    struct http_server *server;
    pthread_t thread;
    struct otactl ctl;
    char *out, *err;
    size_t out_len, err_len;
} world;

static const char *in_dir(const char *name)
{
    static char paths[8][128];
    static unsigned next;
    char *path = paths[next++ % 8];
    (void)snprintf(path, sizeof paths[0], "%s/%s", world.dir, name);
    return path;
}

static void save(const char *name, const struct rebind_blob *pem)
{
    assert_int_equal(rebind_file_write(in_dir(name), rebind_blob_bytes(pem), 0600, NULL), SCP_OK);
}

static void make_pki(void)
{
    struct certificate_pair ca, pair;
    assert_int_equal(certificate_authority_new(&world.env, "CA", 2, &ca, NULL), SCP_OK);
    save("ca.crt", &ca.certificate);
    const struct certificate_request server = {.name = "s", .host = "localhost", .days = 2};
    assert_int_equal(certificate_issue(&world.env, &ca, &server, &pair, NULL), SCP_OK);
    save("server.crt", &pair.certificate);
    save("server.key", &pair.key);
    certificate_pair_free(&pair);
    const struct certificate_request alice = {
        .name = "alice", .uri = "rebind:operator/alice", .days = 2};
    assert_int_equal(certificate_issue(&world.env, &ca, &alice, &pair, NULL), SCP_OK);
    save("alice.crt", &pair.certificate);
    save("alice.key", &pair.key);
    certificate_pair_free(&pair);
    certificate_pair_free(&ca);
}

static void *serve(void *server)
{
    http_server_run(server);
    return NULL;
}

static int start(void **state)
{
    (void)state;
    (void)snprintf(world.dir, sizeof world.dir, "%s", "/tmp/rebind-client-XXXXXX");
    assert_non_null(mkdtemp(world.dir));
    world.env = rebind_env_system();
    make_pki();
    const struct http_server_config config = {
        .address = "127.0.0.1",
        .certificate_file = in_dir("server.crt"),
        .key_file = in_dir("server.key"),
        .trust_file = in_dir("ca.crt"),
        .routes = routes,
        .route_count = sizeof routes / sizeof routes[0],
        .env = &world.env,
        .authenticate = authenticate,
        .workers = 2,
    };
    struct http_error_detail detail;
    assert_int_equal(http_server_new(&world.server, &config, &detail), HTTP_OK);
    return pthread_create(&world.thread, NULL, serve, world.server);
}

static int stop(void **state)
{
    static const char *const files[] = {"ca.crt", "server.crt", "server.key", "alice.crt",
                                        "alice.key"};
    (void)state;
    http_server_stop(world.server);
    (void)pthread_join(world.thread, NULL);
    http_server_free(world.server);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        (void)unlink(in_dir(files[i]));
    return rmdir(world.dir);
}

/* ---- one command -------------------------------------------------------------------------- */

static int begin(void **state)
{
    char url[64];
    (void)state;
    (void)snprintf(url, sizeof url, "https://localhost:%u/", http_server_port(world.server));
    const struct otactl_sources sources = {
        .url = url,
        .ca = in_dir("ca.crt"),
        .cert = in_dir("alice.crt"),
        .key = in_dir("alice.key"),
    };
    world.ctl = (struct otactl){.env = &world.env};
    assert_int_equal(otactl_settings_load(&world.ctl.settings, &sources, NULL), SCP_OK);
    world.ctl.out = open_memstream(&world.out, &world.out_len);
    world.ctl.err = open_memstream(&world.err, &world.err_len);
    return world.ctl.out != NULL && world.ctl.err != NULL ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    otactl_client_free(world.ctl.client);
    otactl_settings_fini(&world.ctl.settings);
    (void)fclose(world.ctl.out);
    (void)fclose(world.ctl.err);
    free(world.out);
    free(world.err);
    return 0;
}

/* Run a command as the command line would: its words, NULL-terminated arguments. */
static enum otactl_exit run(const char *resource, const char *verb, char **words)
{
    const struct otactl_command *command =
        otactl_find_command(otactl_find_resource(resource), verb);
    struct otactl_arguments args;
    enum otactl_exit code;
    int count = 0;
    while (words[count] != NULL)
        count++;
    assert_true(otactl_parse(command, count, words, &args, &code));
    world.ctl.settings.json = args.option[OTACTL_JSON] != NULL;
    code = command->run(&world.ctl, command, &args);
    (void)fflush(world.ctl.out);
    (void)fflush(world.ctl.err);
    return code;
}

#define WORDS(...) ((char *[]){(char[]){"otactl"}, __VA_ARGS__ NULL})
#define WORD(text) ((char[]){text})

static void list_follows_the_cursor_to_the_last_page(void **state)
{
    (void)state;
    assert_int_equal(run("bank", "list", WORDS()), OTACTL_OK);
    assert_non_null(strstr(world.out, "BANK    NAME"));
    assert_non_null(strstr(world.out, "\nbank-a  Bank A"));
    assert_non_null(strstr(world.out, "\nbank-c  -"));
}

static void list_as_json_is_one_array(void **state)
{
    (void)state;
    assert_int_equal(run("bank", "list", WORDS(WORD("--json"), )), OTACTL_OK);
    json_t *all = json_loads(world.out, 0, NULL);
    assert_int_equal(json_array_size(all), 3);
    json_decref(all);
}

static void bind_encodes_the_card_and_sends_the_product(void **state)
{
    (void)state;
    assert_int_equal(run("bind", NULL, WORDS(WORD("a/b c"), WORD("bank-b/debit"), )), OTACTL_OK);
    assert_non_null(strstr(world.out, "card                 a/b c\n"));
    assert_non_null(strstr(world.out, "location             /v1/operations/op-1\n"));
}

static void bind_with_watch_follows_the_operation_to_its_end(void **state)
{
    (void)state;
    assert_int_equal(run("bind", NULL, WORDS(WORD("c1"), WORD("bank-b/debit"), WORD("--watch"), )),
                     OTACTL_OK);
    assert_non_null(strstr(world.out, "0/2 steps"));
    assert_non_null(strstr(world.out, "1/2 steps"));
    assert_non_null(strstr(world.out, "[########################] 2/2 steps  0.0/0.0 KiB  done"));
}

static void watch_of_an_operation_that_fails_fails_with_its_cause(void **state)
{
    (void)state;
    assert_int_equal(run("operation", "watch", WORDS(WORD("op-2"), )), OTACTL_FAILED);
    assert_non_null(strstr(world.err, "the operation failed: card-removed"));
}

static void refusal_prints_the_problem_document_and_its_members(void **state)
{
    (void)state;
    assert_int_equal(run("bind", NULL, WORDS(WORD("c1"), WORD("bank-x/debit"), )), OTACTL_FAILED);
    assert_string_equal(world.err, "otactl: 403 policy-denied: The policy does not allow it: the "
                                   "card's region is closed to bank-x/debit\n  rule: regions\n");
    assert_string_equal(world.out, "");
}

static void refusal_whose_detail_is_its_title_is_said_once(void **state)
{
    (void)state;
    assert_int_equal(run("bind", NULL, WORDS(WORD("c1"), WORD("bank-b/bound"), )), OTACTL_FAILED);
    assert_string_equal(world.err, "otactl: 409 already-bound: The card is bound\n");
}

static void client_without_a_certificate_is_told_so(void **state)
{
    (void)state;
    free(world.ctl.settings.cert);
    free(world.ctl.settings.key);
    world.ctl.settings.cert = NULL;
    world.ctl.settings.key = NULL;
    assert_int_equal(run("bank", "list", WORDS()), OTACTL_FAILED);
    assert_non_null(strstr(world.err, "401 certificate-required"));
}

static void server_of_another_authority_is_not_reached(void **state)
{
    (void)state;
    free(world.ctl.settings.ca);
    world.ctl.settings.ca = strdup("/etc/ssl/certs/ca-certificates.crt");
    assert_int_equal(run("bank", "list", WORDS()), OTACTL_UNREACHABLE);
    assert_string_equal(world.out, "");
}

static void server_that_is_not_there_is_not_reached(void **state)
{
    (void)state;
    free(world.ctl.settings.url);
    world.ctl.settings.url = strdup("https://localhost:1");
    assert_int_equal(run("bank", "list", WORDS()), OTACTL_UNREACHABLE);
    assert_int_equal(run("operation", "watch", WORDS(WORD("op-1"), )), OTACTL_UNREACHABLE);
}

static void key_that_others_can_read_is_refused(void **state)
{
    (void)state;
    assert_int_equal(chmod(in_dir("alice.key"), 0644), 0);
    assert_int_equal(run("bank", "list", WORDS()), OTACTL_FAILED);
    assert_int_equal(chmod(in_dir("alice.key"), 0600), 0);
    assert_non_null(strstr(world.err, "open to others"));
}

static void plain_http_is_never_spoken(void **state)
{
    (void)state;
    free(world.ctl.settings.url);
    world.ctl.settings.url = strdup("http://localhost:1");
    assert_int_equal(run("bank", "list", WORDS()), OTACTL_UNREACHABLE);
    assert_non_null(strstr(world.err, "not supported"));
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(list_follows_the_cursor_to_the_last_page),
        WITH_SERVER(list_as_json_is_one_array),
        WITH_SERVER(bind_encodes_the_card_and_sends_the_product),
        WITH_SERVER(bind_with_watch_follows_the_operation_to_its_end),
        WITH_SERVER(watch_of_an_operation_that_fails_fails_with_its_cause),
        WITH_SERVER(refusal_prints_the_problem_document_and_its_members),
        WITH_SERVER(refusal_whose_detail_is_its_title_is_said_once),
        WITH_SERVER(client_without_a_certificate_is_told_so),
        WITH_SERVER(server_of_another_authority_is_not_reached),
        WITH_SERVER(server_that_is_not_there_is_not_reached),
        WITH_SERVER(key_that_others_can_read_is_refused),
        WITH_SERVER(plain_http_is_never_spoken),
    };
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    int failed = cmocka_run_group_tests_name("otactl_client", tests, start, stop);
    curl_global_cleanup();
    return failed;
}

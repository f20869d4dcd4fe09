#include "tests/integration/api/place.h"

#include "ota-server/api/base64.h"
#include "ota-server/api/principal_kind.h"
#include "ota-server/rebind/policy_cache.h"
#include "ota-server/vault/record.h"
#include "scp/host/file.h"
#include "tests/support/cap_maker.h"
#include "tests/support/test.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILE_MAX = 65536 };

#define SOURCE(path) REBIND_SOURCE_DIR "/" path

static const struct {
    const char *name;
    enum store_principal_kind kind;
} clients[] = {
#define CLIENT_ROW(name, file, kind) {file, kind},
    CLIENTS(CLIENT_ROW)
#undef CLIENT_ROW
};

static const struct scp_key bank_key = {.len = 32, .bytes = {0xB0, 0x5A, 0x4B, 0x3C}};

/* ---- making ------------------------------------------------------------------------------- */

static int run_and_wait(char *const argv[])
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

static void make_certificates(const struct place *place)
{
    char script[] = SOURCE("tests/integration/api/certificates.sh");
    char folder[64];
    char *argv[CLIENT_COUNT + 3] = {script, folder};
    snprintf(folder, sizeof folder, "%s", place->http.dir);
    for (size_t i = 0; i < CLIENT_COUNT; i++)
        assert_non_null(argv[2 + i] = strdup(clients[i].name));
    assert_int_equal(run_and_wait(argv), 0);
    for (size_t i = 0; i < CLIENT_COUNT; i++)
        free(argv[2 + i]);
}

static void open_vault(struct place *place)
{
    char path[128];
    char credential_path[128];
    struct scp_key_set masters;
    const struct vault_credential credential = {.file = credential_path};
    fixture_path(&place->http, "vault", path);
    fixture_path(&place->http, "credential", credential_path);
    assert_int_equal(vault_credential_create(credential_path, &place->env), SCP_OK);
    assert_int_equal(vault_create(path, &credential, &place->env, &place->vault), SCP_OK);
    memset(&masters, 0x61, sizeof masters);
    masters.enc.len = masters.mac.len = masters.dek.len = 16;
    assert_int_equal(vault_add_key_set(place->vault, "isd-2021", SCP_DIVERSIFY_KDF3, &masters),
                     SCP_OK);
    assert_int_equal(vault_add_bank_key(place->vault, "bank-a", &bank_key), SCP_OK);
}

static void fingerprint_of(const struct place *place, const char *client, uint8_t to[32])
{
    char name[64];
    char path[128];
    struct rebind_blob pem = {.len = 0};
    snprintf(name, sizeof name, "%s.pem", client);
    fixture_path(&place->http, name, path);
    assert_int_equal(rebind_file_read(path, FILE_MAX, &pem, NULL), SCP_OK);
    assert_int_equal(principal_fingerprint((const char *)pem.ptr, to), SCP_OK);
    rebind_blob_free(&pem);
}

static const char *tenant_of(enum client_index client)
{
    const char *name = clients[client].name;
    if (clients[client].kind == STORE_PRINCIPAL_BANK)
        return name;
    return clients[client].kind == STORE_PRINCIPAL_AGENT ? "310000" : "";
}

static void register_clients(struct place *place)
{
    struct store_tx *tx;
    assert_int_equal(store_begin(place->store, STORE_WRITE, &tx), STORE_OK);
    for (enum client_index i = 0; i < CLIENT_STRANGER; i++) {
        struct store_principal principal = {.kind = clients[i].kind};
        const char *name = clients[i].name;
        snprintf(principal.name, sizeof principal.name, "%s", name);
        snprintf(principal.tenant, sizeof principal.tenant, "%s", tenant_of(i));
        snprintf(principal.person, sizeof principal.person, "p-%s",
                 i == CLIENT_AUTHOR_2 ? "author" : name);
        fingerprint_of(place, name, principal.fingerprint);
        assert_int_equal(store_principal_add(tx, &principal), STORE_OK);
        snprintf(place->principals[i], sizeof place->principals[i], "%s", principal.id);
    }
    assert_int_equal(store_commit(tx), STORE_OK);
}

static void open_store(struct place *place)
{
    char path[128];
    struct store_problem problem;
    fixture_path(&place->http, "rebind.db", path);
    assert_int_equal(store_open(path, &place->env, &place->store, &problem), STORE_OK);
    register_clients(place);
}

/* ---- serving ------------------------------------------------------------------------------ */

/* The loop's thread alone writes here; tests read after the server has stopped. */
static void log_access(void *ctx, const struct http_access *access)
{
    struct place *place = (struct place *)((char *)ctx - offsetof(struct place, api));
    size_t used = strlen(place->access);
    snprintf(place->access + used, sizeof place->access - used, "%s %s %u %s\n", access->method,
             access->route, access->status, access->principal);
}

static void *serve(void *server)
{
    http_server_run(server);
    return NULL;
}

static void start(struct place *place)
{
    char certificate[128];
    char key[128];
    char trust[128];
    struct http_error_detail detail;
    fixture_path(&place->http, "server.pem", certificate);
    fixture_path(&place->http, "server.key", key);
    fixture_path(&place->http, "ca.pem", trust);
    const struct http_server_config config = {
        .address = "127.0.0.1",
        .certificate_file = certificate,
        .key_file = key,
        .trust_file = trust,
        .routes = api_routes,
        .route_count = api_route_count,
        .env = &place->env,
        .ctx = &place->api,
        .authenticate = api_authenticate,
        .log = log_access,
        .workers = 4,
    };
    if (http_server_new(&place->http.server, &config, &detail) != HTTP_OK)
        fail_msg("%s", detail.text);
    place->api.server = place->http.server;
    assert_int_equal(pthread_create(&place->http.thread, NULL, serve, place->http.server), 0);
    place->http.is_running = true;
}

int place_make(void **state)
{
    struct document_problem problem = {.error = DOC_OK};
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    place->env = rebind_env_system();
    snprintf(place->http.dir, sizeof place->http.dir, "/tmp/rebind-api-XXXXXX");
    assert_non_null(mkdtemp(place->http.dir));
    make_certificates(place);
    open_vault(place);
    open_store(place);
    place->profiles = card_profiles_new(SOURCE("configs/profiles"), &problem);
    assert_non_null(place->profiles);
    place->policies = policy_cache_new();
    assert_non_null(place->policies);
    place->service = (struct rebind_service){
        .store = place->store,
        .vault = place->vault,
        .env = &place->env,
        .profiles = place->profiles,
        .policies = place->policies,
        .failure_budget = 2,
        .attempts_max = 5,
        .contact_window_ms = 60000,
    };
    place->api = (struct api){.store = place->store,
                              .vault = place->vault,
                              .env = &place->env,
                              .profiles = place->profiles,
                              .rebind = &place->service};
    start(place);
    *state = place;
    return 0;
}

int place_remove(void **state)
{
    struct place *place = *state;
    char rm[] = "rm";
    char flags[] = "-rf";
    char *const argv[] = {rm, flags, place->http.dir, NULL};
    fixture_stop(&place->http);
    card_profiles_free(place->profiles);
    policy_cache_free(place->policies);
    store_close(place->store);
    vault_close(place->vault);
    int status = run_and_wait(argv);
    free(place);
    curl_global_cleanup();
    return status;
}

/* ---- asking ------------------------------------------------------------------------------- */

json_t *place_ask(struct place *place, const char *client, const char *request, const char *body,
                  long status)
{
    char method[16];
    struct reply reply;
    snprintf(method, sizeof method, "%.*s", (int)strcspn(request, " "), request);
    const struct ask ask = {.method = method,
                            .path = strchr(request, ' ') + 1,
                            .client = client,
                            .headers = {"Content-Type: application/json"},
                            .body = body};
    client_ask(&place->http, &ask, &reply);
    if (reply.status != status)
        fail_msg("%s gives %ld (%s): %s", request, reply.status, curl_easy_strerror(reply.code),
                 reply.body == NULL ? "" : reply.body);
    json_t *json = reply.body == NULL ? NULL : json_loads(reply.body, 0, NULL);
    reply_free(&reply);
    return json;
}

void place_do(struct place *place, const char *client, const char *request, const char *body,
              long status)
{
    json_decref(place_ask(place, client, request, body, status));
}

/* ---- filling ------------------------------------------------------------------------------ */

static struct scp_bytes from_hex(const char *hex, uint8_t *to, size_t cap)
{
    struct scp_writer w = scp_writer_on(to, cap);
    assert_int_equal(scp_hex_decode(hex, &w), SCP_OK);
    return scp_written(&w);
}

uint8_t *place_cap(size_t *len)
{
    uint8_t *archive;
    struct cap_spec spec = {.major = 1, .applet_count = 1, .method_size = 500};
    assert_int_equal(scp_aid_parse(&spec.package, PACKAGE), SCP_OK);
    assert_int_equal(scp_aid_parse(&spec.applets[0], MODULE), SCP_OK);
    assert_int_equal(cap_make(&spec, &archive, len), SCP_OK);
    return archive;
}

static void put_package(struct place *place)
{
    struct reply reply;
    size_t len;
    uint8_t *cap = place_cap(&len);
    const struct ask ask = {.method = "PUT",
                            .path = "/v1/banks/bank-a/packages/" PACKAGE,
                            .client = "bank-a",
                            .headers = {"Content-Type: application/java-archive"},
                            .body = (const char *)cap,
                            .body_len = len};
    client_ask(&place->http, &ask, &reply);
    assert_int_equal(reply.status, 201);
    reply_free(&reply);
    free(cap);
}

static void activate_policy(struct place *place)
{
    struct rebind_blob yaml = {.len = 0};
    struct reply reply;
    assert_int_equal(
        rebind_file_read(SOURCE("configs/policies/open-choice.yaml"), FILE_MAX, &yaml, NULL),
        SCP_OK);
    const struct ask ask = {.path = "/v1/policies",
                            .client = "author",
                            .headers = {"Content-Type: application/yaml"},
                            .body = (const char *)yaml.ptr,
                            .body_len = yaml.len};
    client_ask(&place->http, &ask, &reply);
    assert_int_equal(reply.status, 201);
    reply_free(&reply);
    rebind_blob_free(&yaml);
    place_do(place, "approver", "POST /v1/policies/1/activate", NULL, 200);
}

char *place_import(const char *cin, const char *contents)
{
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:i, s:s, s:i}}", "iin", IIN, "cin",
                             cin, "profile", "scp03-i70-aes128", "region", "310000", "generation",
                             "3", "keys", "key_set", "isd-2021", "kvn", 48, "diversification_data",
                             "00010203040506070809", "counter", 7);
    json_object_set_new(json, "contents", json_loads(contents, 0, NULL));
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    assert_non_null(text);
    return text;
}

void place_record(struct place *place, const char *card, const char *objects, char to[2048])
{
    uint8_t plain[256];
    uint8_t sealed[512];
    uint8_t nonce[12];
    struct scp_writer w = scp_writer_on(sealed, sizeof sealed);
    const struct vault_record_purpose purpose = {"bank-a/debit", card};
    rebind_random(&place->env, nonce, sizeof nonce);
    assert_int_equal(
        vault_record_seal(&bank_key, &purpose, nonce, from_hex(objects, plain, sizeof plain), &w),
        SCP_OK);
    json_t *base64 = base64_json(scp_written(&w));
    snprintf(to, 2048, "{\"product\":\"debit\",\"card\":\"%s\",\"record\":\"%s\"}", card,
             json_string_value(base64));
    json_decref(base64);
}

void place_fill(struct place *place)
{
    static const char bank[] = "{\"name\":\"Bank\",\"status\":\"active\",\"regions\":[\"310000\"]}";
    static const char product[] =
        "{\"role\":\"payment\",\"package\":\"" PACKAGE "\",\"module\":\"" MODULE
        "\",\"instance\":\"" INSTANCE "\",\"privileges\":\"000000\",\"parameters\":\"C900\","
        "\"label\":\"Debit\",\"priority\":1,\"personalisation\":["
        "{\"dgi\":\"0101\",\"value\":\"70(5A)\"},"
        "{\"dgi\":\"8000\",\"value\":\"#DF01\",\"sensitive\":true}]}";
    char record[2048];
    place_do(place, "operator", "PUT /v1/banks/bank-a", bank, 201);
    place_do(place, "operator", "PUT /v1/banks/bank-b", bank, 201);
    put_package(place);
    place_do(place, "bank-a", "PUT /v1/banks/bank-a/products/debit", product, 200);
    place_do(place, "bank-a", "POST /v1/banks/bank-a/products/debit/publish", NULL, 200);
    activate_policy(place);
    char *import = place_import(CIN, "{\"load_files\":[],\"applications\":[]}");
    json_t *card = place_ask(place, "operator", "POST /v1/cards", import, 201);
    snprintf(place->card, sizeof place->card, "%s", json_string_value(json_object_get(card, "id")));
    json_decref(card);
    free(import);
    place_record(place, place->card, RECORD_FULL, record);
    place_do(place, "bank-a", "POST /v1/banks/bank-a/personalisations", record, 201);
}

/* ---- looking into the database ------------------------------------------------------------ */

static sqlite3 *open_database(const struct place *place)
{
    char path[128];
    sqlite3 *db;
    fixture_path(&place->http, "rebind.db", path);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    return db;
}

static void mix(uint64_t *state, const void *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        *state = (*state ^ ((const uint8_t *)bytes)[i]) * 0x100000001B3;
    *state = (*state ^ 0xFF) * 0x100000001B3;
}

static void mix_table(sqlite3 *db, const char *table, uint64_t *state)
{
    char sql[128];
    sqlite3_stmt *rows;
    snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", table);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &rows, NULL), SQLITE_OK);
    mix(state, table, strlen(table));
    while (sqlite3_step(rows) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(rows); i++)
            mix(state, sqlite3_column_blob(rows, i), (size_t)sqlite3_column_bytes(rows, i));
    }
    sqlite3_finalize(rows);
}

uint64_t place_state(const struct place *place)
{
    uint64_t state = 0xCBF29CE484222325;
    sqlite3 *db = open_database(place);
    sqlite3_stmt *tables;
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
                           -1, &tables, NULL),
        SQLITE_OK);
    while (sqlite3_step(tables) == SQLITE_ROW)
        mix_table(db, (const char *)sqlite3_column_text(tables, 0), &state);
    sqlite3_finalize(tables);
    sqlite3_close(db);
    return state;
}

int64_t place_rows(const struct place *place, const char *table)
{
    char sql[128];
    sqlite3_stmt *count;
    sqlite3 *db = open_database(place);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM \"%s\"", table);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &count, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(count), SQLITE_ROW);
    int64_t rows = sqlite3_column_int64(count, 0);
    sqlite3_finalize(count);
    sqlite3_close(db);
    return rows;
}

void assert_refused(struct place *place, const struct ask *ask, const struct refusal *expected)
{
    struct reply reply;
    uint64_t before = place_state(place);
    client_ask(&place->http, ask, &reply);
    assert_problem(&reply, expected->status, expected->code);
    if (strstr(reply.body, expected->text) == NULL)
        fail_msg("%s %s does not say \"%s\": %s", ask->method, ask->path, expected->text,
                 reply.body);
    if (before != place_state(place))
        fail_msg("%s %s changed the database", ask->method, ask->path);
    reply_free(&reply);
}

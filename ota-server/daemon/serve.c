/* `ota-server serve`: the parts wired together; `ota-server check`: are they all there? */
#include "ota-server/api/api.h"
#include "ota-server/daemon/daemon.h"
#include "ota-server/http/tls.h"
#include "ota-server/rebind/policy_cache.h"
#include "scp/host/file.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* What the signal handler stops; set before it is installed. */
static struct http_server *running;

static void on_stop(int signal_number)
{
    (void)signal_number;
    http_server_stop(running);
}

static void stop_on_signals(struct http_server *server)
{
    struct sigaction stop = {.sa_handler = on_stop};
    running = server;
    sigemptyset(&stop.sa_mask);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
}

/* The server is about to be freed: a late signal must not reach it. It is ignored, since the
 * process is on its way out already. */
static void ignore_signals(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGTERM, &ignore, NULL);
    sigaction(SIGINT, &ignore, NULL);
}

static void log_access(void *ctx, const struct http_access *access)
{
    const struct api *api = ctx;
    REBIND_LOG(api->log, REBIND_LOG_INFO, "http.request", REBIND_TEXT("method", access->method),
               REBIND_TEXT("route", access->route), REBIND_UINT("status", access->status),
               REBIND_UINT("duration_ms", access->duration_ms),
               REBIND_UINT("received", access->received), REBIND_UINT("sent", access->sent),
               REBIND_TEXT("principal", access->principal));
}

static int write_port(const struct daemon_config *config, uint16_t port)
{
    char text[8];
    struct rebind_problem problem = {.text = ""};
    if (config->port_file[0] == '\0')
        return 0;
    int len = snprintf(text, sizeof text, "%u\n", port);
    if (rebind_file_write(config->port_file, scp_bytes_of(text, (size_t)len), 0600, &problem) ==
        SCP_OK)
        return 0;
    fprintf(stderr, "ota-server: %s\n", problem.text);
    return EXIT_DAEMON_FAILED;
}

/* A checkpoint at both ends of a run bounds what could be cut off unseen. */
static void sign_audit(const struct api *api)
{
    struct store_checkpoint head = {.sequence = 0};
    enum store_error error = api_audit_sign(api, &head);
    if (error == STORE_OK)
        REBIND_LOG(api->log, REBIND_LOG_INFO, "audit.signed",
                   REBIND_INT("sequence", head.sequence));
    else
        REBIND_LOG(api->log, REBIND_LOG_ERROR, "audit.broken",
                   REBIND_TEXT("cause", store_error_text(error)));
}

static int fail_http(enum http_error error, const struct http_error_detail *detail)
{
    fprintf(stderr, "ota-server: %s: %s\n", detail->text, http_error_text(error));
    return EXIT_DAEMON_FAILED;
}

static int run(struct daemon_parts *parts, struct api *api)
{
    const struct daemon_config *config = &parts->config;
    const struct http_server_config http = {
        .address = config->address,
        .port = config->port,
        .certificate_file = config->certificate,
        .key_file = config->key,
        .trust_file = config->trust,
        .routes = api_routes,
        .route_count = api_route_count,
        .env = &parts->env,
        .ctx = api,
        .authenticate = api_authenticate,
        .log = log_access,
        .workers = config->workers,
    };
    struct http_error_detail detail = {.text = ""};
    enum http_error error = http_server_new(&api->server, &http, &detail);
    if (error != HTTP_OK)
        return fail_http(error, &detail);
    uint16_t port = http_server_port(api->server);
    int status = write_port(config, port);
    if (status == 0) {
        stop_on_signals(api->server);
        REBIND_LOG(api->log, REBIND_LOG_INFO, "server.started",
                   REBIND_TEXT("address", config->address), REBIND_UINT("port", port),
                   REBIND_BOOL("vault_memory_locked", vault_memory_locked(parts->vault)));
        sign_audit(api);
        http_server_run(api->server);
        sign_audit(api);
        ignore_signals();
        rebind_log_event(api->log, REBIND_LOG_INFO, "server.stopped");
    }
    http_server_free(api->server);
    return status;
}

/* A problem inside a file says which; one of the folder as a whole does not. */
static int fail_profiles(const struct daemon_config *config, const struct document_problem *problem)
{
    char text[DOC_PROBLEM_SIZE];
    if (problem->error == DOC_UNREADABLE)
        fprintf(stderr, "ota-server: profiles %s: ", config->profiles);
    fputs(doc_problem_format(problem, text, sizeof text), stderr);
    return EXIT_DAEMON_CONFIG;
}

static int check_certificates(const struct daemon_config *config)
{
    const struct tls_files files = {
        .certificate = config->certificate, .key = config->key, .trust = config->trust};
    struct http_error_detail detail = {.text = ""};
    struct tls_context *tls = NULL;
    enum http_error error = tls_context_new(&tls, &files, &detail);
    tls_context_free(tls);
    tls_thread_end();
    return error == HTTP_OK ? 0 : fail_http(error, &detail);
}

int daemon_check(struct daemon_parts *parts)
{
    struct document_problem problem = {.error = DOC_OK};
    struct card_profiles *profiles = card_profiles_new(parts->config.profiles, &problem);
    if (profiles == NULL)
        return fail_profiles(&parts->config, &problem);
    card_profiles_free(profiles);
    return check_certificates(&parts->config);
}

static int fail_memory(void)
{
    fputs("ota-server: memory is exhausted\n", stderr);
    return EXIT_DAEMON_FAILED;
}

int daemon_serve(struct daemon_parts *parts)
{
    const struct daemon_config *config = &parts->config;
    struct document_problem problem = {.error = DOC_OK};
    struct card_profiles *profiles = card_profiles_new(config->profiles, &problem);
    if (profiles == NULL)
        return fail_profiles(config, &problem);
    struct policy_cache *policies = policy_cache_new();
    if (policies == NULL) {
        card_profiles_free(profiles);
        return fail_memory();
    }
    const struct rebind_service service = {
        .store = parts->store,
        .vault = parts->vault,
        .env = &parts->env,
        .profiles = profiles,
        .policies = policies,
        .failure_budget = config->failure_budget,
        .attempts_max = config->attempts,
        .backoff_first_ms = config->backoff_first_ms,
        .backoff_last_ms = config->backoff_last_ms,
        .contact_window_ms = config->contact_window_ms,
    };
    struct api api = {
        .store = parts->store,
        .vault = parts->vault,
        .env = &parts->env,
        .profiles = profiles,
        .rebind = &service,
        .log = rebind_log_new(stderr, config->log_level, &parts->env),
    };
    int status = run(parts, &api);
    rebind_log_free(api.log);
    policy_cache_free(policies);
    card_profiles_free(profiles);
    return status;
}

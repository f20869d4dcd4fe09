/* What client and work stream share of libcurl. */
#include "agent/relay/client.h"

#include "scp/host/text.h"

#include <stdio.h>
#include <string.h>

enum {
    CONNECT_TIMEOUT_S = 10,
    KEEPALIVE_IDLE_S = 30,
    KEEPALIVE_INTERVAL_S = 10,
    URL_MAX = 1024,
    HEADER_MAX = 262144
};

enum agent_error agent_http_init(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? AGENT_OK : AGENT_SYSTEM;
}

void agent_http_fini(void)
{
    curl_global_cleanup();
}

static const struct {
    long from;
    long to;
    enum agent_error error;
} meanings[] = {
    {200, 200, AGENT_OK},          {204, 204, AGENT_OK},          {401, 401, AGENT_FORBIDDEN},
    {403, 403, AGENT_FORBIDDEN},   {408, 408, AGENT_UNREACHABLE}, {425, 425, AGENT_UNREACHABLE},
    {429, 429, AGENT_UNREACHABLE}, {400, 499, AGENT_REFUSED},     {500, 599, AGENT_UNREACHABLE},
};

enum agent_error agent_http_meaning(long status)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (status >= meanings[i].from && status <= meanings[i].to)
            return meanings[i].error;
    return AGENT_SERVER_ANSWER;
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return true;
    return false;
}

bool agent_http_path_valid(const char *path)
{
    return path[0] == '/' && path[1] != '/' && strlen(path) < AGENT_URI_MAX &&
           strchr(path, ' ') == NULL && !has_control(path);
}

CURL *agent_http_handle(const struct agent_endpoint *endpoint)
{
    CURL *curl = curl_easy_init();
    if (curl == NULL)
        return NULL;
    bool set =
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_CAINFO, endpoint->ca) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_SSLCERT, endpoint->certificate) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_SSLKEY, endpoint->key) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_IDLE_S) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_INTERVAL_S) == CURLE_OK;
    if (!set) {
        curl_easy_cleanup(curl);
        return NULL;
    }
    return curl;
}

enum agent_error agent_http_set_path(CURL *curl, const struct agent_endpoint *endpoint,
                                     const char *path)
{
    char url[URL_MAX];
    int len = snprintf(url, sizeof url, "%s%s", endpoint->server, path);
    if (len < 0 || (size_t)len >= sizeof url)
        return AGENT_CONFIG;
    return curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK ? AGENT_OK : AGENT_NO_MEMORY;
}

bool agent_http_add_header(struct curl_slist **list, const char *name, const char *value)
{
    struct rebind_text line = rebind_text_new(HEADER_MAX);
    rebind_text_addf(&line, "%s:", name);
    if (value[0] != '\0')
        rebind_text_addf(&line, " %s", value);
    struct curl_slist *longer = NULL;
    if (rebind_text_status(&line) == SCP_OK && !has_control(value))
        longer = curl_slist_append(*list, rebind_text_string(&line));
    rebind_text_free(&line);
    if (longer != NULL)
        *list = longer;
    return longer != NULL;
}

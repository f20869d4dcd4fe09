#include "agent/card/vpcd.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { POWER_OFF = 0, POWER_ON = 1, RESET = 2, GET_ATR = 4 };
enum { LENGTH_SIZE = 2, COMMAND_MAX = 1024 };

/* ---- the socket ------------------------------------------------------------------------------ */

/* Short messages go out and are acknowledged at once; else each command waits for a timer. */
static void hurry(int socket)
{
    const int on = 1;
    (void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

enum scp_error softcard_vpcd_connect(const char *host, const char *port, int *socket_out,
                                     struct rebind_problem *problem)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int code = getaddrinfo(host, port, &hints, &list);
    if (code != 0)
        return rebind_problem_set(problem, SCP_IO, "%s port %s: %s", host, port,
                                  gai_strerror(code));
    int found = -1;
    int cause = 0;
    for (const struct addrinfo *at = list; at != NULL && found < 0; at = at->ai_next) {
        found = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (found < 0 || connect(found, at->ai_addr, at->ai_addrlen) == 0)
            continue;
        cause = errno;
        (void)close(found);
        found = -1;
    }
    freeaddrinfo(list);
    if (found < 0)
        return rebind_problem_errno(problem, cause, "cannot reach %s port %s", host, port);
    hurry(found);
    *socket_out = found;
    return SCP_OK;
}

/* Read exactly `len` bytes. NOT_FOUND when the connection ended before the first. */
static enum scp_error receive(int socket, uint8_t *to, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t got = recv(socket, to + at, len - at, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0 && at == 0 ? SCP_NOT_FOUND : SCP_IO;
        at += (size_t)got;
    }
    return SCP_OK;
}

static enum scp_error send_message(int socket, struct scp_bytes payload)
{
    uint8_t buffer[LENGTH_SIZE + SOFTCARD_RESPONSE_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_u16(&w, (uint16_t)payload.len);
    scp_put(&w, payload);
    SCP_TRY(scp_writer_status(&w));
    struct scp_bytes rest = scp_written(&w);
    while (rest.len > 0) {
        ssize_t sent = send(socket, rest.ptr, rest.len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return SCP_IO;
        rest = scp_bytes_from(rest, (size_t)sent);
    }
    hurry(socket); /* the kernel forgets about quick acknowledgements */
    return SCP_OK;
}

/* ---- messages -------------------------------------------------------------------------------- */

struct service {
    struct softcard *card;
    int socket;
    bool real_time;
};

static enum scp_error control(struct softcard *card, int socket, uint8_t code)
{
    uint8_t atr[SOFTCARD_ATR_MAX];
    size_t atr_len = 0;
    if (code == POWER_ON || code == RESET || code == POWER_OFF) {
        softcard_power(card, atr, &atr_len);
        return SCP_OK;
    }
    return code == GET_ATR ? send_message(socket, softcard_atr(card)) : SCP_OK;
}

static void wait_us(uint64_t us)
{
    enum { SECOND_US = 1000 * 1000 };
    struct timespec left = {.tv_sec = (time_t)(us / SECOND_US),
                            .tv_nsec = (long)(us % SECOND_US) * 1000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

static enum scp_error run(const struct service *service, struct scp_bytes command)
{
    uint8_t buffer[SOFTCARD_RESPONSE_MAX];
    struct softcard *card = service->card;
    struct scp_writer response = scp_writer_on(buffer, sizeof buffer);
    uint64_t before = softcard_busy_us(card);
    SCP_TRY(softcard_transmit(card, command, &response));
    if (service->real_time)
        wait_us(softcard_busy_us(card) - before);
    return send_message(service->socket, scp_written(&response));
}

static enum scp_error serve_one(const struct service *service)
{
    uint8_t length_bytes[LENGTH_SIZE];
    uint8_t payload[COMMAND_MAX];
    SCP_TRY(receive(service->socket, length_bytes, sizeof length_bytes));
    size_t length = scp_load_u16(length_bytes);
    if (length == 0 || length > sizeof payload)
        return SCP_TOO_LONG;
    if (receive(service->socket, payload, length) != SCP_OK)
        return SCP_IO;
    if (length == 1)
        return control(service->card, service->socket, payload[0]);
    return run(service, scp_bytes_of(payload, length));
}

enum scp_error softcard_vpcd_serve(struct softcard *card, int socket, bool real_time,
                                   struct rebind_problem *problem)
{
    const struct service service = {.card = card, .socket = socket, .real_time = real_time};
    for (;;) {
        enum scp_error error = serve_one(&service);
        if (error == SCP_NOT_FOUND)
            return SCP_OK;
        if (error == SCP_STATE)
            return rebind_problem_set(problem, error, "the card lost its power");
        if (error != SCP_OK)
            return rebind_problem_set(problem, error, "the connection to the reader broke: %s",
                                      scp_error_text(error));
    }
}

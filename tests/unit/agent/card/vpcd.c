/* The virtual reader: a card behind a socket, with the test as the driver. */
#include "tests/unit/agent/card/rig.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "agent/card/vpcd.h"

struct service {
    struct rig *rig;
    int socket;
    bool real_time;
    enum scp_error result;
};

static void *serve(void *argument)
{
    struct service *service = argument;
    service->result =
        softcard_vpcd_serve(service->rig->card, service->socket, service->real_time, NULL);
    (void)close(service->socket);
    return NULL;
}

static void write_all(int socket, const void *bytes, size_t len)
{
    assert_int_equal(len, send(socket, bytes, len, MSG_NOSIGNAL));
}

static size_t read_message(int socket, uint8_t *to, size_t cap)
{
    uint8_t length[2];
    assert_int_equal(2, recv(socket, length, 2, MSG_WAITALL));
    size_t len = scp_load_u16(length);
    assert_true(len <= cap);
    assert_int_equal(len, recv(socket, to, len, MSG_WAITALL));
    return len;
}

static void the_driver_powers_asks_for_the_atr_and_sends_commands(void **state)
{
    (void)state;
    static const char sent[] = "\x00\x01\x01"                 /* power on */
                               "\x00\x01\x04"                 /* ATR */
                               "\x00\x05\x80\xCA\x00\x42\x00" /* GET DATA */
                               "\x00\x01\x02"                 /* reset */
                               "\x00\x01\x00"                 /* power off */
                               "\x00\x05\x80\xCA\x00\x45\x00";
    int pair[2];
    uint8_t message[300];
    pthread_t thread;
    assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    struct service service = {.rig = rig_new("scp03-i70-aes128"), .socket = pair[1]};
    struct scp_bytes atr = softcard_atr(service.rig->card);
    assert_int_equal(0, pthread_create(&thread, NULL, serve, &service));
    write_all(pair[0], sent, sizeof sent - 1);
    assert_int_equal(atr.len, read_message(pair[0], message, sizeof message));
    assert_memory_equal(atr.ptr, message, atr.len);
    assert_int_equal(8, read_message(pair[0], message, sizeof message));
    assert_memory_equal("\x42\x04\x42\x31\x00\x00\x90\x00", message, 8);
    assert_int_equal(12, read_message(pair[0], message, sizeof message));
    (void)close(pair[0]);
    assert_int_equal(0, pthread_join(thread, NULL));
    assert_int_equal(SCP_OK, service.result);
    rig_free(service.rig);
}

static double seconds(void)
{
    struct timespec at;
    assert_int_equal(0, clock_gettime(CLOCK_MONOTONIC, &at));
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

static void in_real_time_an_answer_takes_as_long_as_a_real_one(void **state)
{
    (void)state;
    static const uint8_t get_data[] = {0x00, 0x05, 0x80, 0xCA, 0x00, 0x42, 0x00};
    int pair[2];
    assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    struct service service = {.rig = rig_new("scp02-i15"), .socket = pair[1], .real_time = true};
    for (size_t i = 0; i < 10; i++)
        write_all(pair[0], get_data, sizeof get_data);
    assert_int_equal(0, shutdown(pair[0], SHUT_WR));
    double start = seconds();
    (void)serve(&service);
    assert_int_equal(SCP_OK, service.result);
    double busy = 1e-6 * (double)softcard_busy_us(service.rig->card);
    assert_true(busy > 0.04 && seconds() - start >= busy);
    (void)close(pair[0]);
    rig_free(service.rig);
}

static void a_card_that_loses_its_power_is_taken_out(void **state)
{
    (void)state;
    static const uint8_t update[] = {0x00, 0x0E, 0x80, 0x50, 0x00, 0x00, 0x08, 1,
                                     2,    3,    4,    5,    6,    7,    8,    0x00};
    int pair[2];
    uint8_t byte;
    assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    struct service service = {.rig = rig_new("scp03-i70-aes128"), .socket = pair[1]};
    softcard_tear_after(service.rig->card, 1);
    write_all(pair[0], update, sizeof update);
    (void)serve(&service);
    assert_int_equal(SCP_STATE, service.result);
    assert_int_equal(0, recv(pair[0], &byte, 1, 0)); /* no answer */
    (void)close(pair[0]);
    rig_free(service.rig);
}

static void a_message_that_is_cut_or_too_long_ends_the_service(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        enum scp_error error;
    } cases[] = {{"\x00\x05\x80", 3, SCP_IO},
                 {"\xFF\xFF", 2, SCP_TOO_LONG},
                 {"\x00\x00", 2, SCP_TOO_LONG},
                 {"\x00", 1, SCP_IO}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int pair[2];
        assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
        struct service service = {.rig = rig_new("scp03-i70-aes128"), .socket = pair[1]};
        write_all(pair[0], cases[i].bytes, cases[i].len);
        assert_int_equal(0, shutdown(pair[0], SHUT_WR));
        (void)serve(&service);
        assert_int_equal(cases[i].error, service.result);
        (void)close(pair[0]);
        rig_free(service.rig);
    }
}

static void a_driver_that_is_not_there_is_named(void **state)
{
    (void)state;
    /* A port that was free a moment ago. */
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(0, bind(listener, (struct sockaddr *)&address, sizeof address));
    assert_int_equal(0, getsockname(listener, (struct sockaddr *)&address, &len));
    (void)close(listener);
    char port[8];
    int connected = -1;
    struct rebind_problem problem = {{0}};
    (void)snprintf(port, sizeof port, "%u", ntohs(address.sin_port));
    assert_int_equal(SCP_IO, softcard_vpcd_connect("127.0.0.1", port, &connected, &problem));
    assert_non_null(strstr(problem.text, port));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_driver_powers_asks_for_the_atr_and_sends_commands),
        cmocka_unit_test(in_real_time_an_answer_takes_as_long_as_a_real_one),
        cmocka_unit_test(a_card_that_loses_its_power_is_taken_out),
        cmocka_unit_test(a_message_that_is_cut_or_too_long_ends_the_service),
        cmocka_unit_test(a_driver_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

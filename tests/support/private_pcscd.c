/* Runs a command beside a PC/SC resource manager of its own.
 *
 *     private_pcscd COMMAND [ARGUMENT…]
 *
 * pcscd has no option for its socket, so it is started by socket activation: descriptor 3 listens
 * in a fresh directory, and clients find it through PCSCLITE_CSOCK_NAME. Its only reader is a
 * virtual one, "Rebind test", where cards come in over TCP (vpcd): VPCD_PORT says where. The
 * command inherits both variables; its exit status is ours. 77 when pcscd or its driver for
 * virtual readers is not installed, which ctest takes for "skipped". */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PCSCD "/usr/sbin/pcscd"
#define DRIVER "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"

enum { SKIPPED = 77, LISTEN_FD = 3, PORT_TRIES = 50 };

struct place {
    char directory[64];
    char socket[96];
    char readers[96];
    char reader[128];
    int port;
};

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

/* Whether the port can be listened on now. */
static bool port_is_free(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {.s_addr = htonl(INADDR_ANY)}};
    bool is_free = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0)
        (void)close(fd);
    return is_free;
}

/* The driver opens two slots, at a port and the next one. */
static int find_ports(void)
{
    for (int i = 0; i < PORT_TRIES; i++) {
        int port = 20000 + (int)((getpid() * 2 + i * 64) % 12000);
        if (port_is_free(port) && port_is_free(port + 1))
            return port;
    }
    (void)fputs("no two free ports\n", stderr);
    exit(EXIT_FAILURE);
}

static void make_place(struct place *place)
{
    (void)snprintf(place->directory, sizeof place->directory, "/tmp/rebind-pcscd-XXXXXX");
    if (mkdtemp(place->directory) == NULL)
        die("mkdtemp");
    (void)snprintf(place->socket, sizeof place->socket, "%s/comm", place->directory);
    (void)snprintf(place->readers, sizeof place->readers, "%s/readers", place->directory);
    (void)snprintf(place->reader, sizeof place->reader, "%s/vpcd", place->readers);
    place->port = find_ports();
    if (mkdir(place->readers, 0755) != 0)
        die("mkdir");
    FILE *f = fopen(place->reader, "w");
    if (f == NULL)
        die("reader configuration");
    (void)fprintf(f,
                  "FRIENDLYNAME \"Rebind test\"\nDEVICENAME /dev/null:0x%X\n"
                  "LIBPATH " DRIVER "\nCHANNELID 0x%X\n",
                  (unsigned)place->port, (unsigned)place->port);
    (void)fclose(f);
}

static void remove_place(const struct place *place)
{
    (void)unlink(place->reader);
    (void)rmdir(place->readers);
    (void)unlink(place->socket);
    (void)rmdir(place->directory);
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, 16) != 0)
        die("socket");
    return fd;
}

static pid_t start_pcscd(const struct place *place)
{
    int fd = listen_at(place->socket);
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        char self[16];
        (void)snprintf(self, sizeof self, "%d", (int)getpid());
        (void)setenv("LISTEN_PID", self, 1);
        (void)setenv("LISTEN_FDS", "1", 1);
        if (fd != LISTEN_FD && dup2(fd, LISTEN_FD) < 0)
            die("dup2");
        (void)execl(PCSCD, "pcscd", "--foreground", "--error", "--config", place->readers,
                    (char *)NULL);
        die(PCSCD);
    }
    (void)close(fd);
    return pid;
}

static int run(const struct place *place, char **argv)
{
    pid_t pid = fork();
    int status = 0;
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        char port[8];
        (void)snprintf(port, sizeof port, "%d", place->port);
        (void)setenv("PCSCLITE_CSOCK_NAME", place->socket, 1);
        (void)setenv("VPCD_PORT", port, 1);
        (void)execvp(argv[0], argv);
        die(argv[0]);
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            die("waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct place place;
    if (argc < 2) {
        (void)fputs("usage: private_pcscd COMMAND [ARGUMENT...]\n", stderr);
        return EXIT_FAILURE;
    }
    if (access(PCSCD, X_OK) != 0 || access(DRIVER, R_OK) != 0) {
        (void)fputs("skipped: pcscd and vpcd are not installed\n", stderr);
        return SKIPPED;
    }
    make_place(&place);
    pid_t pcscd = start_pcscd(&place);
    int status = run(&place, argv + 1);
    (void)kill(pcscd, SIGTERM);
    (void)waitpid(pcscd, NULL, 0);
    remove_place(&place);
    return status;
}

#include "scp/host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scp/base/secret.h"

enum { FIRST_CHUNK = 4096 };

struct scp_bytes rebind_blob_bytes(const struct rebind_blob *blob)
{
    return scp_bytes_of(blob->ptr, blob->len);
}

void rebind_blob_free(struct rebind_blob *blob)
{
    if (blob->ptr != NULL)
        scp_wipe(blob->ptr, blob->len);
    free(blob->ptr);
    *blob = (struct rebind_blob){NULL, 0};
}

/* ---- reading ------------------------------------------------------------------------------ */

/* Not realloc: what may be a secret is wiped where it lay. `cap` does not count the NUL. */
static bool grow(struct rebind_blob *blob, size_t cap)
{
    uint8_t *bigger = calloc(1, cap + 1);
    if (bigger == NULL)
        return false;
    size_t len = blob->len;
    if (len > 0)
        memcpy(bigger, blob->ptr, len);
    rebind_blob_free(blob);
    blob->ptr = bigger;
    blob->len = len;
    return true;
}

/* Read to the end into `blob`; 0 or an errno, E2BIG above `max`. */
static int read_all(int fd, size_t max, struct rebind_blob *blob)
{
    size_t cap = 0;
    for (;;) {
        if (blob->len == cap) {
            /* One byte over the limit is room enough to see that the limit is passed. */
            cap = cap == 0 ? FIRST_CHUNK : cap * 2;
            cap = cap > max + 1 ? max + 1 : cap;
            if (!grow(blob, cap))
                return ENOMEM;
        }
        ssize_t got = read(fd, blob->ptr + blob->len, cap - blob->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        if (got == 0)
            break;
        blob->len += (size_t)got;
        if (blob->len > max)
            return E2BIG;
    }
    blob->ptr[blob->len] = 0;
    return 0;
}

static enum scp_error check_private(int fd, const char *path, struct rebind_problem *problem)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return rebind_problem_errno(problem, errno, "cannot examine %s", path);
    if (!S_ISREG(st.st_mode))
        return rebind_problem_set(problem, SCP_OUT_OF_RANGE, "%s is not a regular file", path);
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return rebind_problem_set(problem, SCP_OUT_OF_RANGE, "%s belongs to another user", path);
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return rebind_problem_set(problem, SCP_OUT_OF_RANGE,
                                  "%s is open to others (mode %03o); it must be 600 or 400", path,
                                  (unsigned)(st.st_mode & 0777));
    return SCP_OK;
}

static enum scp_error read_file(const char *path, size_t max, bool private, struct rebind_blob *out,
                                struct rebind_problem *problem)
{
    *out = (struct rebind_blob){NULL, 0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return rebind_problem_errno(problem, errno, "cannot open %s", path);
    enum scp_error error = private ? check_private(fd, path, problem) : SCP_OK;
    if (error == SCP_OK) {
        int failed = read_all(fd, max, out);
        if (failed == E2BIG)
            error =
                rebind_problem_set(problem, SCP_TOO_LONG, "%s is longer than %zu bytes", path, max);
        else if (failed != 0)
            error = rebind_problem_errno(problem, failed, "cannot read %s", path);
    }
    (void)close(fd);
    if (error != SCP_OK)
        rebind_blob_free(out);
    return error;
}

enum scp_error rebind_file_read(const char *path, size_t max, struct rebind_blob *out,
                                struct rebind_problem *problem)
{
    return read_file(path, max, false, out, problem);
}

enum scp_error rebind_file_read_private(const char *path, size_t max, struct rebind_blob *out,
                                        struct rebind_problem *problem)
{
    return read_file(path, max, true, out, problem);
}

/* ---- writing ------------------------------------------------------------------------------ */

static int write_all(int fd, struct scp_bytes content)
{
    size_t done = 0;
    while (done < content.len) {
        ssize_t put = write(fd, content.ptr + done, content.len - done);
        if (put < 0 && errno != EINTR)
            return errno;
        if (put > 0)
            done += (size_t)put;
    }
    return 0;
}

/* Make a durable file beside the target under a name of its own; 0 or an errno. */
static int write_temporary(char *template, struct scp_bytes content, mode_t mode)
{
    int fd = mkstemp(template);
    if (fd < 0)
        return errno;
    int failed = fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ? errno : 0;
    if (failed == 0)
        failed = write_all(fd, content);
    if (failed == 0 && fchmod(fd, mode) != 0)
        failed = errno;
    if (failed == 0 && fsync(fd) != 0)
        failed = errno;
    if (close(fd) != 0 && failed == 0)
        failed = errno;
    if (failed != 0)
        (void)unlink(template);
    return failed;
}

/* A new name is durable only when its folder is synced. */
static int sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    (void)snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        (void)snprintf(folder, sizeof folder, ".");
    else
        slash[slash == folder ? 1 : 0] = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int failed = fsync(fd) != 0 ? errno : 0;
    (void)close(fd);
    return failed;
}

/* Give the temporary file its name; link, unlike rename, fails when the name is taken. */
static int publish(const char *temporary, const char *path, bool replace)
{
    if (replace) {
        int failed = rename(temporary, path) != 0 ? errno : 0;
        if (failed != 0)
            (void)unlink(temporary);
        return failed;
    }
    int failed = link(temporary, path) != 0 ? errno : 0;
    (void)unlink(temporary);
    return failed;
}

static enum scp_error write_file(const char *path, struct scp_bytes content, mode_t mode,
                                 bool replace, struct rebind_problem *problem)
{
    char temporary[PATH_MAX];
    int len = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (len < 0 || (size_t)len >= sizeof temporary)
        return rebind_problem_set(problem, SCP_TOO_LONG, "the path of a file is too long");
    int failed = write_temporary(temporary, content, mode);
    if (failed == 0)
        failed = publish(temporary, path, replace);
    if (failed == 0)
        failed = sync_folder_of(path);
    if (failed != 0)
        return rebind_problem_errno(problem, failed, "cannot write %s", path);
    return SCP_OK;
}

enum scp_error rebind_file_write(const char *path, struct scp_bytes content, mode_t mode,
                                 struct rebind_problem *problem)
{
    return write_file(path, content, mode, true, problem);
}

enum scp_error rebind_file_create(const char *path, struct scp_bytes content, mode_t mode,
                                  struct rebind_problem *problem)
{
    return write_file(path, content, mode, false, problem);
}

static int make_one(const char *path, mode_t mode)
{
    if (mkdir(path, mode) == 0)
        return 0;
    int failed = errno;
    struct stat st;
    if (failed == EEXIST && stat(path, &st) == 0)
        return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
    return failed;
}

enum scp_error rebind_make_dirs(const char *path, mode_t mode, struct rebind_problem *problem)
{
    char part[PATH_MAX];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof part)
        return rebind_problem_set(problem, SCP_TOO_LONG, "not a usable folder name: \"%.80s\"",
                                  path);
    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (part[i] != '/' && part[i] != '\0')
            continue;
        char kept = part[i];
        part[i] = '\0';
        int failed = make_one(part, mode);
        if (failed != 0)
            return rebind_problem_errno(problem, failed, "cannot make the folder %s", part);
        part[i] = kept;
    }
    return SCP_OK;
}

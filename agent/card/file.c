/* A card in a file: the image, which grows by what is written and is replaced as a whole from time
 * to time, and its lock.
 *
 * The lock is a file of its own, FILE.lock, because the image is a new file whenever it is
 * replaced. It stays when the card is closed: removing it could take it from under another process.
 */
#include "agent/card/softcard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "agent/card/card.h"
#include "scp/host/file.h"
#include "scp/host/text.h"

enum { PATH_LEN_MAX = 4096, IMAGE_MODE = 0600 };

struct card_file {
    int lock;   /* descriptor of FILE.lock */
    int image;  /* descriptor to write with; -1 before the first write */
    size_t end; /* of the image */
    char path[];
};

static void close_image(struct card_file *file)
{
    if (file->image >= 0)
        (void)close(file->image);
    file->image = -1;
}

static enum scp_error replace_image(struct card_file *file, struct scp_bytes bytes)
{
    close_image(file);
    SCP_TRY(rebind_file_write(file->path, bytes, IMAGE_MODE, NULL));
    file->end = bytes.len;
    return SCP_OK;
}

/* Ready to append at `at`: what a torn write left behind it is cut off. */
static enum scp_error open_image(struct card_file *file, size_t at)
{
    if (file->image < 0)
        file->image = open(file->path, O_RDWR | O_CLOEXEC);
    if (file->image < 0)
        return SCP_IO;
    if (file->end > at && ftruncate(file->image, (off_t)at) != 0)
        return SCP_IO;
    file->end = at;
    return SCP_OK;
}

static enum scp_error write_image(void *ctx, size_t at, struct scp_bytes bytes)
{
    struct card_file *file = ctx;
    if (at == 0)
        return replace_image(file, bytes);
    SCP_TRY(open_image(file, at));
    while (bytes.len > 0) {
        ssize_t put = pwrite(file->image, bytes.ptr, bytes.len, (off_t)file->end);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return SCP_IO;
        file->end += (size_t)put;
        bytes = scp_bytes_from(bytes, (size_t)put);
    }
    return SCP_OK;
}

static enum scp_error sync_image(void *ctx)
{
    const struct card_file *file = ctx;
    return file->image < 0 || fdatasync(file->image) == 0 ? SCP_OK : SCP_IO;
}

static void release(void *ctx)
{
    struct card_file *file = ctx;
    close_image(file);
    (void)close(file->lock);
    free(file);
}

static enum scp_error take_lock(const char *path, int *lock, struct rebind_problem *problem)
{
    struct rebind_text name = rebind_text_new(PATH_LEN_MAX);
    rebind_text_addf(&name, "%s.lock", path);
    enum scp_error error = rebind_text_status(&name);
    if (error == SCP_OK) {
        *lock = open(rebind_text_string(&name), O_RDWR | O_CREAT | O_CLOEXEC, IMAGE_MODE);
        if (*lock < 0)
            error =
                rebind_problem_errno(problem, errno, "cannot open %s", rebind_text_string(&name));
    }
    rebind_text_free(&name);
    if (error != SCP_OK)
        return error;
    if (flock(*lock, LOCK_EX | LOCK_NB) == 0)
        return SCP_OK;
    int cause = errno;
    (void)close(*lock);
    if (cause == EWOULDBLOCK)
        return rebind_problem_set(problem, SCP_STATE, "another process has %s open", path);
    return rebind_problem_errno(problem, cause, "cannot lock %s", path);
}

/* Read under the lock, so that no other process commits meanwhile. */
static enum scp_error load(struct card_file *file, const struct rebind_env *env,
                           struct softcard **card, struct rebind_problem *problem)
{
    struct rebind_blob blob = {NULL, 0};
    SCP_TRY(rebind_file_read(file->path, SOFTCARD_IMAGE_MAX, &blob, problem));
    const struct softcard_storage storage = {.ctx = file, .write = write_image, .sync = sync_image};
    file->end = blob.len;
    enum scp_error error = softcard_restore(rebind_blob_bytes(&blob), env, storage, card);
    rebind_blob_free(&blob);
    if (error != SCP_OK)
        return rebind_problem_set(problem, error, "%s is no soft card image: %s", file->path,
                                  scp_error_text(error));
    (*card)->release = release;
    return SCP_OK;
}

/* Whether the file can be read and begins as an image does. */
static enum scp_error look_at(const char *path, struct rebind_problem *problem)
{
    uint8_t head[CARD_IMAGE_MAGIC_SIZE];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, head, sizeof head);
    int cause = errno;
    if (fd >= 0)
        (void)close(fd);
    if (got < 0)
        return rebind_problem_set(problem, cause == ENOENT ? SCP_NOT_FOUND : SCP_IO,
                                  "cannot read %s: %s", path, strerror(cause));
    if (!card_image_begins(scp_bytes_of(head, (size_t)got)))
        return rebind_problem_set(problem, SCP_UNSUPPORTED, "%s is no soft card image", path);
    return SCP_OK;
}

enum scp_error softcard_open(const char *path, const struct rebind_env *env, struct softcard **card,
                             struct rebind_problem *problem)
{
    *card = NULL;
    /* No lock is left beside a card that does not exist, or a file that is none. */
    SCP_TRY(look_at(path, problem));
    size_t size = strlen(path) + 1;
    struct card_file *file = calloc(1, sizeof *file + size);
    if (file == NULL)
        return SCP_NO_MEMORY;
    memcpy(file->path, path, size);
    file->image = -1;
    enum scp_error error = take_lock(path, &file->lock, problem);
    if (error != SCP_OK) {
        free(file);
        return error;
    }
    error = load(file, env, card, problem);
    if (error != SCP_OK)
        release(file);
    return error;
}

/* Whole files: read with a limit, written so that a crash leaves the old content or the new one.
 *
 * Paths are the operating system's. Errors: NOT_FOUND when there is no such file or folder,
 * DUPLICATE when it must not exist and does, TOO_LONG over the limit, OUT_OF_RANGE when a key
 * file is open to others, NO_MEMORY, IO; the text is in `problem` (may be NULL). */
#ifndef SCP_HOST_FILE_H
#define SCP_HOST_FILE_H

#include <sys/types.h>

#include "scp/base/bytes.h"
#include "scp/host/problem.h"

/* Bytes on the heap, owned by whoever holds the struct; {NULL, 0} owns nothing. After a read a
 * NUL stands behind the last byte, outside `len`, so that text can be handed to a text parser. */
struct rebind_blob {
    uint8_t *ptr;
    size_t len;
};

struct scp_bytes rebind_blob_bytes(const struct rebind_blob *blob);
/* Wipe, free and empty; takes an empty blob. */
void rebind_blob_free(struct rebind_blob *blob);

/* Read a file or pipe of at most `max` bytes. */
SCP_MUST_USE enum scp_error rebind_file_read(const char *path, size_t max, struct rebind_blob *out,
                                             struct rebind_problem *problem);

/* The same for a file of secrets: a regular file of this user or of root which nobody else may
 * read or write. The open file is checked, so it cannot be exchanged in between. */
SCP_MUST_USE enum scp_error rebind_file_read_private(const char *path, size_t max,
                                                     struct rebind_blob *out,
                                                     struct rebind_problem *problem);

/* Replace `path` by a file of this content and mode: a temporary neighbour is written, synced and
 * renamed, then the folder is synced. */
SCP_MUST_USE enum scp_error rebind_file_write(const char *path, struct scp_bytes content,
                                              mode_t mode, struct rebind_problem *problem);

/* The same, but DUPLICATE when `path` exists; never overwrites. */
SCP_MUST_USE enum scp_error rebind_file_create(const char *path, struct scp_bytes content,
                                               mode_t mode, struct rebind_problem *problem);

/* Make a folder and its missing parents, the new ones with `mode`; an existing folder is fine. */
SCP_MUST_USE enum scp_error rebind_make_dirs(const char *path, mode_t mode,
                                             struct rebind_problem *problem);

#endif

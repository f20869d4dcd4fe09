#include "ota-server/vault/arena.h"

#include "scp/base/secret.h"

#include <assert.h>
#include <stdalign.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What stands before each block. */
struct header {
    alignas(max_align_t) size_t size; /* of the memory behind the header */
    bool is_used;
};

static struct header *header_at(const struct arena *arena, size_t offset)
{
    return (struct header *)(void *)&arena->memory[offset];
}

static size_t next_offset(const struct arena *arena, size_t offset)
{
    return offset + sizeof(struct header) + header_at(arena, offset)->size;
}

static size_t round_up(size_t size, size_t unit)
{
    return (size + unit - 1) / unit * unit;
}

enum scp_error arena_init(struct arena *arena, size_t size)
{
    memset(arena, 0, sizeof *arena);
    size = round_up(size, (size_t)sysconf(_SC_PAGESIZE));
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return SCP_NO_MEMORY;
    pthread_mutex_init(&arena->lock, NULL);
    arena->memory = memory;
    arena->size = size;
    arena->is_locked = mlock(memory, size) == 0;
    (void)madvise(memory, size, MADV_DONTDUMP);
    *header_at(arena, 0) = (struct header){.size = size - sizeof(struct header)};
    return SCP_OK;
}

void arena_fini(struct arena *arena)
{
    if (arena->memory == NULL)
        return;
    scp_wipe(arena->memory, arena->size);
    (void)munmap(arena->memory, arena->size);
    pthread_mutex_destroy(&arena->lock);
    memset(arena, 0, sizeof *arena);
}

/* Join the free block with the free blocks behind it. */
static void merge_free(struct arena *arena, size_t offset)
{
    struct header *block = header_at(arena, offset);
    size_t next = next_offset(arena, offset);
    while (next < arena->size && !header_at(arena, next)->is_used) {
        block->size += sizeof(struct header) + header_at(arena, next)->size;
        next = next_offset(arena, offset);
    }
}

/* Leave the block with `size` bytes and make a free one of the rest, if a header fits there. */
static void split(struct arena *arena, size_t offset, size_t size)
{
    struct header *block = header_at(arena, offset);
    if (block->size - size <= sizeof(struct header))
        return;
    size_t rest = block->size - size - sizeof(struct header);
    block->size = size;
    *header_at(arena, next_offset(arena, offset)) = (struct header){.size = rest};
}

static void *take(struct arena *arena, size_t size)
{
    for (size_t at = 0; at < arena->size; at = next_offset(arena, at)) {
        struct header *block = header_at(arena, at);
        if (block->is_used)
            continue;
        merge_free(arena, at);
        if (block->size < size)
            continue;
        split(arena, at, size);
        block->is_used = true;
        memset(&block[1], 0, block->size);
        return &block[1];
    }
    return NULL;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > arena->size)
        return NULL;
    pthread_mutex_lock(&arena->lock);
    void *ptr = take(arena, round_up(size, alignof(max_align_t)));
    pthread_mutex_unlock(&arena->lock);
    return ptr;
}

void arena_free(struct arena *arena, void *ptr)
{
    if (ptr == NULL)
        return;
    struct header *block = (struct header *)ptr - 1;
    pthread_mutex_lock(&arena->lock);
    assert(block->is_used);
    scp_wipe(ptr, block->size);
    block->is_used = false;
    pthread_mutex_unlock(&arena->lock);
}

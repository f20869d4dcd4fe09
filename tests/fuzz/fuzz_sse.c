/* An event stream says the same in whatever pieces it comes: whole, or byte by byte. Names and data
 * stay within their limits. */
#include "agent/relay/sse.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { FNV_PRIME = 16777619 };

/* What was heard, as a number: FNV-1a over all events with their ends. */
struct heard {
    uint32_t hash;
    size_t count;
};

static void add(struct heard *heard, const char *text)
{
    for (size_t i = 0, len = strlen(text); i <= len; i++)
        heard->hash = (heard->hash ^ (uint8_t)text[i]) * FNV_PRIME;
}

static void hear(void *ctx, const char *event, const char *data)
{
    struct heard *heard = ctx;
    fuzz_require(strlen(event) < AGENT_SSE_NAME_MAX && strlen(data) < AGENT_SSE_DATA_MAX);
    add(heard, event);
    add(heard, data);
    heard->count++;
}

static struct heard listen_to(const char *stream, size_t len, size_t piece)
{
    static struct agent_sse sse;
    struct heard heard = {0};
    agent_sse_init(&sse, hear, &heard);
    for (size_t at = 0; at < len; at += piece)
        agent_sse_feed(&sse, stream + at, len - at < piece ? len - at : piece);
    return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *stream = (const char *)data;
    struct heard whole = listen_to(stream, size, size);
    struct heard bytes = listen_to(stream, size, 1);
    fuzz_require(whole.count == bytes.count && whole.hash == bytes.hash);
    fuzz_require(whole.count <= size);
    return 0;
}

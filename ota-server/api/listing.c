/* Lists page by cursor: one way for every resource. */
#include "ota-server/api/api.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct page {
    const char *after;
    size_t limit;
};

static bool read_page(const struct http_request *request, struct http_response *response,
                      struct page *page)
{
    const char *limit = http_request_query(request, "limit");
    const char *cursor = http_request_query(request, "cursor");

    *page = (struct page){.after = cursor == NULL ? "" : cursor, .limit = API_PAGE_DEFAULT};
    if (strlen(page->after) >= STORE_NAME_SIZE) {
        problem_member(response, "cursor", "is not one that this server gave");
        return false;
    }
    if (limit == NULL)
        return true;
    char *end;
    errno = 0;
    long value = strtol(limit, &end, 10);
    if (*end != '\0' || end == limit || errno != 0 || value < 1 || value > API_PAGE_MAX) {
        problem_member(response, "limit", "must be a whole number from 1 to 500");
        return false;
    }
    page->limit = (size_t)value;
    return true;
}

/* The elements as JSON, and the cursor of the next page when this one is full. */
static void answer(struct http_response *response, const struct api_listing *listing,
                   const struct page *page, const uint8_t *elements, size_t count)
{
    json_t *items = json_array();
    char next[STORE_NAME_SIZE];
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, listing->render(elements + i * listing->element_size));
    bool more = count == page->limit;
    if (more)
        listing->cursor(elements + (count - 1) * listing->element_size, next);
    http_response_json(response, 200,
                       json_pack("{s:o, s:s?}", "items", items, "next", more ? next : NULL));
}

void api_answer_list(const struct api *api, const struct http_request *request,
                     struct http_response *response, const struct api_listing *listing,
                     const void *filter)
{
    struct page page;
    size_t count = 0;
    struct store_tx *tx;

    if (!read_page(request, response, &page))
        return;
    uint8_t *elements = calloc(page.limit, listing->element_size);
    enum store_error error =
        elements == NULL ? STORE_NO_MEMORY : store_begin(api->store, STORE_READ, &tx);
    if (error == STORE_OK)
        error = store_end(tx, listing->fetch(tx, filter, page.after, elements, page.limit, &count));
    if (error == STORE_OK)
        answer(response, listing, &page, elements, count);
    else
        problem_store(response, error, listing->what);
    for (size_t i = 0; listing->fini != NULL && i < count; i++)
        listing->fini(elements + i * listing->element_size);
    free(elements);
}

/* Lists page by cursor: one way for every resource. */
#include "ota-server/api/api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct page {
    const char *after;
    size_t limit;
};

/* Digits alone that fit the range. */
static bool read_number(const char *text, long long minimum, long long maximum, long long *number)
{
    char *end;
    errno = 0;
    *number = *text >= '0' && *text <= '9' ? strtoll(text, &end, 10) : minimum - 1;
    return *number >= minimum && *number <= maximum && errno == 0 && *end == '\0';
}

/* What ids and AIDs are made of, or a number. */
static bool is_cursor(const struct api_listing *listing, const char *cursor)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
    long long number;
    if (listing->number != NULL)
        return read_number(cursor, 0, INT64_MAX, &number);
    return *cursor != '\0' && strlen(cursor) < STORE_NAME_SIZE &&
           strspn(cursor, alphabet) == strlen(cursor);
}

static bool read_page(const struct http_request *request, struct http_response *response,
                      const struct api_listing *listing, struct page *page)
{
    const char *limit = http_request_query(request, "limit");
    const char *cursor = http_request_query(request, "cursor");
    long long number = API_PAGE_DEFAULT;

    if (cursor != NULL && !is_cursor(listing, cursor)) {
        problem_member(response, "cursor", "is not one that this server gave");
        return false;
    }
    if (limit != NULL && !read_number(limit, 1, API_PAGE_MAX, &number)) {
        problem_member(response, "limit", "must be a whole number from 1 to 500");
        return false;
    }
    *page = (struct page){.after = cursor == NULL ? "" : cursor, .limit = (size_t)number};
    return true;
}

static json_t *next_cursor(const struct api_listing *listing, const uint8_t *last)
{
    char number[24];
    if (listing->number == NULL)
        return json_string((const char *)last + listing->id_offset);
    snprintf(number, sizeof number, "%lld", (long long)listing->number(last));
    return json_string(number);
}

/* The elements as JSON, and the cursor of the next page when this one is full. */
static void answer(struct http_response *response, const struct api_listing *listing,
                   const struct page *page, const uint8_t *elements, size_t count)
{
    json_t *items = json_array();
    json_t *next = json_null();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, listing->render(elements + i * listing->element_size));
    if (count == page->limit)
        next = next_cursor(listing, elements + (count - 1) * listing->element_size);
    http_response_json(response, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
}

void api_answer_list(const struct api *api, const struct http_request *request,
                     struct http_response *response, const struct api_listing *listing,
                     const void *filter)
{
    struct page page;
    size_t count = 0;
    struct store_tx *tx;

    if (!read_page(request, response, listing, &page))
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

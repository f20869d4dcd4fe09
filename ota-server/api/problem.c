#include "ota-server/api/problem.h"

struct store_answer {
    enum store_error error;
    unsigned status;
    const char *code;
    const char *title;
};

static const struct store_answer answers[] = {
    {STORE_NOT_FOUND, 404, "not-found", "There is no such thing"},
    {STORE_CONFLICT, 409, "conflict", "The request contradicts what is there"},
    {STORE_STALE, 412, "stale", "The thing has changed since it was read"},
    {STORE_INVALID, 422, "invalid-member", "A member of the request is not valid"},
    {STORE_BUSY, 503, "busy", "The database is busy"},
    {STORE_FULL, 507, "storage-full", "The storage is full"},
};

static const struct store_answer otherwise = {STORE_IO, 500, "storage-failed",
                                              "The storage failed"};

void problem_member(struct http_response *response, const char *path, const char *what)
{
    http_problem(response, 422, "invalid-member", "A member of the request is not valid", "%s %s",
                 path, what);
    http_problem_text(response, "member", path);
}

void problem_store(struct http_response *response, enum store_error error, const char *what)
{
    const struct store_answer *answer = &otherwise;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        if (answers[i].error == error)
            answer = &answers[i];
    }
    http_problem(response, answer->status, answer->code, answer->title, "%s: %s", what,
                 store_error_text(error));
}

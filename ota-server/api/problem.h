/* The problem documents that several resources answer with. */
#ifndef OTA_SERVER_API_PROBLEM_H
#define OTA_SERVER_API_PROBLEM_H

#include "ota-server/http/response.h"
#include "ota-server/store/store.h"

/* 422: a member of the request, named by its path, and what is wrong with it. */
void problem_member(struct http_response *response, const char *path, const char *what);

/* The answer to an error of the store: 404, 409, 412, 503, 507, 500. `what` is the thing it was
 * about: "the bank". */
void problem_store(struct http_response *response, enum store_error error, const char *what);

#endif

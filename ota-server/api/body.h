/* Reading a JSON request body, strictly: every member has a row in a table that says its type,
 * where it goes and whether it must be there; a member without a row is refused.
 *
 *     char name[STORE_NAME_SIZE];
 *     const struct body_member members[] = {
 *         {"name", BODY_TEXT, .text = name, .size = sizeof name, .required = true},
 *     };
 *     struct body body;
 *     if (!body_open(&body, request, response)) return;
 *     if (body_read(&body, body.root, members, 1, response)) …
 *     body_close(&body);
 *
 * On failure a problem document (400 for what is no JSON, 422 for what does not fit) is in the
 * response, naming the member by its path, and nothing else needs to be said. */
#ifndef OTA_SERVER_API_BODY_H
#define OTA_SERVER_API_BODY_H

#include "ota-server/http/request.h"
#include "ota-server/http/response.h"
#include "ota-server/store/limits.h"

#include <jansson.h>

enum body_type {
    BODY_TEXT,       /* a string into `text`; not empty */
    BODY_SLUG,       /* [a-z0-9-]+ into `text` */
    BODY_AID,        /* 5 to 16 bytes in hex into `text`, made upper case */
    BODY_HEX,        /* hex of at least `minimum` bytes into `bytes` of `size`, their number into
                        `count` (may be NULL) */
    BODY_PRIVILEGES, /* one or three bytes of hex into `bytes` of three */
    BODY_REGION,     /* six digits (GB/T 2260) into `text` */
    BODY_TIME,       /* a moment in RFC 3339 into `number`, in ms */
    BODY_INTEGER,    /* `minimum` to `maximum` into `number` */
    BODY_BOOL,
    BODY_ARRAY, /* borrowed into `json` */
    BODY_OBJECT,
};

struct body_member {
    const char *name;
    enum body_type type;
    bool required;
    bool nullable; /* null counts as absent */
    char *text;
    size_t size; /* of `text` or `bytes` */
    uint8_t *bytes;
    size_t *count;
    int64_t *number;
    int64_t minimum, maximum;
    bool *flag;
    json_t **json;
    bool *present; /* set when given; may be NULL */
};

struct body {
    json_t *root;
};

/* Parse the request's body: an object. False: the response holds the problem. */
bool body_open(struct body *body, const struct http_request *request,
               struct http_response *response);
void body_close(struct body *body);

/* Read the members of `object`, which stands at `path` ("" for the body itself). */
bool body_read_at(const char *path, json_t *object, const struct body_member *members, size_t count,
                  struct http_response *response);
/* 1 to 64 lower-case letters, digits and hyphens: the id of a bank or product. */
bool text_is_slug(const char *text);
/* Six digits: the code of an administrative division. */
bool text_is_region(const char *text);
/* An AID in hex as the store has it: upper case. `aid` counts only on true. */
bool text_to_aid(const char *text, char aid[STORE_AID_SIZE]);

bool body_read(struct body *body, const struct body_member *members, size_t count,
               struct http_response *response);

#endif

/* The whole API on a loopback port: real certificates, a database and a vault in a folder of their
 * own, one registered principal of each kind, and clients by libcurl. */
#ifndef TESTS_INTEGRATION_API_PLACE_H
#define TESTS_INTEGRATION_API_PLACE_H

#include "ota-server/api/api.h"
#include "tests/integration/http/fixture.h"

#include <jansson.h>

/* Names of clients' certificates. Those before STRANGER are registered: the seven kinds, a second
 * bank, the author's person as approver, and a spare operator. */
#define CLIENTS(X)                                        \
    X(BANK, "bank-a", STORE_PRINCIPAL_BANK)               \
    X(AGENT, "agent", STORE_PRINCIPAL_AGENT)              \
    X(OPERATOR, "operator", STORE_PRINCIPAL_OPERATOR)     \
    X(AUTHOR, "author", STORE_PRINCIPAL_AUTHOR)           \
    X(APPROVER, "approver", STORE_PRINCIPAL_APPROVER)     \
    X(OFFICER, "officer", STORE_PRINCIPAL_OFFICER)        \
    X(AUDITOR, "auditor", STORE_PRINCIPAL_AUDITOR)        \
    X(BANK_B, "bank-b", STORE_PRINCIPAL_BANK)             \
    X(AUTHOR_2, "author-again", STORE_PRINCIPAL_APPROVER) \
    X(SPARE, "spare", STORE_PRINCIPAL_OPERATOR)           \
    X(STRANGER, "stranger", STORE_PRINCIPAL_OPERATOR)

enum client_index {
#define CLIENT_ENUM(name, file, kind) CLIENT_##name,
    CLIENTS(CLIENT_ENUM)
#undef CLIENT_ENUM
        CLIENT_COUNT
};

#define PACKAGE "A000000333F001"
#define MODULE "A000000333F00101"
#define INSTANCE "A00000033301010141"
#define IIN "42310000"
#define CIN "9156000000000001"
#define SE "//se-id/CUD/" IIN CIN
#define PAN "6222001234567890"
#define APPLICATION_KEY "D1D2D3D4D5D6D7D8D9DADBDCDDDEDFD0"
#define RECORD_FULL "5A08" PAN "DF0110" APPLICATION_KEY

struct place {
    struct fixture http; /* its folder and server, so that its clients can be used */
    struct rebind_env env;
    struct store *store;
    struct vault *vault;
    struct card_profiles *profiles;
    struct policy_cache *policies;
    struct rebind_service service;
    struct api api;
    char principals[CLIENT_COUNT][STORE_ID_SIZE];
    char card[STORE_ID_SIZE]; /* imported, bound to nothing, with bank-a's record */
    char access[64 * 1024];   /* the access log */
};

/* Group fixtures. The place is empty but for its principals, key set and bank key. */
int place_make(void **state);
int place_remove(void **state);

/* Banks bank-a and bank-b, bank-a's package and product "debit", an active policy, the card and its
 * personalisation record: each by its request. */
void place_fill(struct place *place);

/* Ask as a client and expect a status; the answer's JSON, or NULL when it has none. The body is
 * JSON. */
json_t *place_ask(struct place *place, const char *client, const char *request, const char *body,
                  long status);
/* The same without an interest in the answer. `request` is "PUT /v1/banks/bank-a". */
void place_do(struct place *place, const char *client, const char *request, const char *body,
              long status);
/* A sealed record (hex of its objects) as the body of a request, for a product of bank-a. */
void place_record(struct place *place, const char *card, const char *objects, char to[2048]);
/* The body of POST /v1/cards; the caller frees it. */
char *place_import(const char *cin, const char *contents);
/* A CAP file of PACKAGE; the caller frees it. */
uint8_t *place_cap(size_t *len);

/* A digest over every row of every table. */
uint64_t place_state(const struct place *place);
/* Rows of a table, through a connection of its own. */
int64_t place_rows(const struct place *place, const char *table);

/* How a request is refused. */
struct refusal {
    long status;
    const char *code;
    const char *text; /* in the answer */
};

/* Ask, and assert the problem, a text in it, and that no row of the database has changed. */
void assert_refused(struct place *place, const struct ask *ask, const struct refusal *expected);

#endif

/* Errors of starting a server. What a client does wrong is no error here but a response. */
#ifndef OTA_SERVER_HTTP_ERROR_H
#define OTA_SERVER_HTTP_ERROR_H

#define HTTP_MUST_USE __attribute__((warn_unused_result))

/* X(name, text): the one list that enum, names and texts are made from. */
#define HTTP_ERRORS(X)                                                      \
    X(OK, "success")                                                        \
    X(NO_MEMORY, "memory is exhausted")                                     \
    X(CERTIFICATE, "the server's certificate chain cannot be used")         \
    X(PRIVATE_KEY, "the server's private key cannot be used")               \
    X(TRUST, "the certificates of the clients' authorities cannot be used") \
    X(TLS, "the TLS library could not be set up")                           \
    X(ADDRESS, "the address is not one of IPv4 or IPv6")                    \
    X(LISTEN, "the address cannot be listened on")                          \
    X(ROUTE, "a route of the table is malformed or a duplicate")            \
    X(SYSTEM, "the operating system refused a thread, timer or socket")

enum http_error {
#define HTTP_ERROR_ENUM(name, text) HTTP_##name,
    HTTP_ERRORS(HTTP_ERROR_ENUM)
#undef HTTP_ERROR_ENUM
};

/* What an error was about: a file, an address, a route. Filled in by the function that failed. */
struct http_error_detail {
    char text[256];
};

/* "LISTEN"; "?" for a number that is no error of ours. Never NULL. */
const char *http_error_name(enum http_error error);

/* One English clause without a full stop. Never NULL. */
const char *http_error_text(enum http_error error);

#endif

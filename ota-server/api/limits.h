/* The largest bodies that the API takes, in bytes. */
#ifndef OTA_SERVER_API_LIMITS_H
#define OTA_SERVER_API_LIMITS_H

enum {
    API_BODY_MAX = 64 * 1024,
    API_CAP_MAX = 2 * 1024 * 1024,
    API_POLICY_MAX = 256 * 1024,
    API_RESPONSES_MAX = 1024 * 1024,
    API_PROGRESS_MAX = 256,
};

#endif

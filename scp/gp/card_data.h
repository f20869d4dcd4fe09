/* What cards say about themselves: the answers to GET DATA and SELECT. capability.h has tag 67,
 * cplc.h tag 9F7F.
 *
 *     struct scp_apdu command = scp_get_data(SCP_DATA_CARD_RECOGNITION);
 *     …
 *     SCP_TRY(scp_card_recognition_parse(answer.data, &recognition));
 *     error = scp_card_recognition_option(&recognition, SCP_PROTOCOL_02, &i);
 *
 * All parsers take the response data without status word; views borrow from them. GET DATA with
 * class 80 answers with the whole data object, with class 00 with its value alone; either is taken.
 * Errors, unless said otherwise: TRUNCATED, TRAILING, MALFORMED (another tag). */
#ifndef SCP_GP_CARD_DATA_H
#define SCP_GP_CARD_DATA_H

#include "scp/gp/aid.h"
#include "scp/gp/apdu.h"
#include "scp/gp/cplc.h"

/* Tags for scp_get_data (commands.h). */
enum {
    SCP_DATA_ISSUER_NUMBER = 0x42,
    SCP_DATA_IMAGE_NUMBER = 0x45,
    SCP_DATA_CARD_RECOGNITION = 0x66,
    SCP_DATA_CARD_CAPABILITY = 0x67,
    SCP_DATA_SEQUENCE_COUNTER = 0xC1,
    SCP_DATA_CONFIRMATION_COUNTER = 0xC2,
    SCP_DATA_DIVERSIFICATION = 0xCF,
    SCP_DATA_KEY_INFORMATION = 0xE0,
    SCP_DATA_APPLICATION_LIST = 0x2F00,
    SCP_DATA_MANAGER_URL = 0x5F50,
    SCP_DATA_CPLC = 0x9F7F,
    SCP_DATA_EXTENDED_RESOURCES = 0xFF21,
};

/* The value of the data object `tag`, or the whole data when they are not that data object.
 * TRUNCATED for no data. For values that may be opaque: 42, 45, CF. */
SCP_MUST_USE enum scp_error scp_data_value(struct scp_bytes data, uint16_t tag,
                                           struct scp_bytes *value);

/* The same for a template that opens with a data object of one-byte tag `first`: its value, with or
 * without its tag. The errors of scp_tlv_expect. */
SCP_MUST_USE enum scp_error scp_data_template(struct scp_bytes data, uint16_t tag, uint8_t first,
                                              struct scp_bytes *value);

/* Dotted text of an object identifier's content bytes ("1.2.840.114283.1"). MALFORMED; NO_SPACE.
 * `text` is of no use after an error. */
SCP_MUST_USE enum scp_error scp_oid_text(struct scp_bytes oid, char *text, size_t cap);

/* ---- card recognition data, tag 66 (GPCS H.2) --------------------------------------------- */

enum { SCP_RECOGNITION_PROTOCOLS_MAX = 8 };

struct scp_card_recognition {
    struct scp_bytes oid;            /* of GlobalPlatform card recognition data */
    struct scp_bytes version;        /* OID under 60: …2.<major>.<minor>… */
    struct scp_bytes identification; /* OID under 63 */
    struct scp_bytes configuration;  /* value of 65 */
    struct scp_bytes chip;           /* value of 66 inside 73 */
    struct {
        uint8_t protocol;
        uint8_t i;
    } protocols[SCP_RECOGNITION_PROTOCOLS_MAX]; /* 64 */
    size_t protocol_count;
    struct scp_bytes
        foreign_protocol;          /* OID under 64 outside GlobalPlatform's tree; the last one */
    struct scp_bytes trust_point;  /* value of 67 */
    struct scp_bytes certificates; /* value of 68 */
};

/* Either format (tables H-1 and H-2). Cards also use identifiers outside GlobalPlatform's tree
 * (1.2.156… in China): they are given as they are, and name no protocol. TOO_LONG: more protocols
 * than the limit. */
SCP_MUST_USE enum scp_error scp_card_recognition_parse(struct scp_bytes data,
                                                       struct scp_card_recognition *out);
/* The same of a security domain, as it stands in template 73 of a SELECT's answer (GPCS H.3):
 * `value` is scp_fci's `management`. */
SCP_MUST_USE enum scp_error scp_management_data_parse(struct scp_bytes value,
                                                      struct scp_card_recognition *out);
/* The `i` of a protocol. NOT_FOUND. */
SCP_MUST_USE enum scp_error scp_card_recognition_option(const struct scp_card_recognition *data,
                                                        uint8_t protocol, uint8_t *i);

/* ---- key information template, tag E0 (GPCS 11.3.3.1) ------------------------------------- */

enum { SCP_KEY_INFO_COMPONENTS_MAX = 8 };

struct scp_key_info {
    uint8_t key_id;
    uint8_t kvn;
    struct {
        uint8_t type;
        uint16_t len; /* 0 in the basic form means 256 or more; of type F0: the curve's reference */
    } components[SCP_KEY_INFO_COMPONENTS_MAX];
    size_t component_count;
    bool extended;
    struct scp_bytes usage; /* extended form only */
    struct scp_bytes access;
};

struct scp_key_info_reader {
    struct scp_reader in; /* private */
};
SCP_MUST_USE enum scp_error scp_key_info_open(struct scp_key_info_reader *r, struct scp_bytes data);
/* NOT_FOUND at the end. */
SCP_MUST_USE enum scp_error scp_key_info_next(struct scp_key_info_reader *r,
                                              struct scp_key_info *out);
/* The value of one C0 data object. TOO_LONG: more components than the limit. */
SCP_MUST_USE enum scp_error scp_key_info_parse(struct scp_bytes value, struct scp_key_info *out);
/* Append one C0 data object, in the form that it says. */
void scp_put_key_info(struct scp_writer *w, const struct scp_key_info *info);

/* ---- small ones --------------------------------------------------------------------------- */

/* Extended card resources, tag FF21 (ETSI TS 102 226 8.2.1.7.2). Optional, and as accurate as the
 * card is. */
struct scp_card_resources {
    uint32_t applications;
    uint32_t non_volatile_free;
    uint32_t volatile_free;
};
SCP_MUST_USE enum scp_error scp_card_resources_parse(struct scp_bytes data,
                                                     struct scp_card_resources *out);
void scp_put_card_resources(struct scp_writer *w, const struct scp_card_resources *resources);

/* Sequence counter of the default key version number, tag C1: two or three bytes. */
SCP_MUST_USE enum scp_error scp_sequence_counter_parse(struct scp_bytes data, uint32_t *counter);

/* Confirmation counter of a domain that generates receipts, tag C2: two bytes. */
SCP_MUST_USE enum scp_error scp_confirmation_counter_parse(struct scp_bytes data,
                                                           uint16_t *counter);

/* ---- the list of applications, tag 2F00 (GPCS 11.3.3.1.3) --------------------------------- */

struct scp_apdu scp_get_application_list(void);
/* The next application of an answer. NOT_FOUND at the end; MALFORMED: not 61 with an AID. */
SCP_MUST_USE enum scp_error scp_application_list_next(struct scp_reader *r, struct scp_aid *out);
/* The card's side. */
void scp_put_application(struct scp_writer *w, const struct scp_aid *aid);

/* ---- file control information ------------------------------------------------------------- */

/* File control information of a SELECT (GPCS 11.9.3.1). */
struct scp_fci {
    struct scp_bytes aid;         /* 84 */
    struct scp_bytes proprietary; /* A5 */
    struct scp_bytes management;  /* 73 inside A5: security domain management data */
    struct scp_bytes production;  /* 9F6E inside A5: application production life cycle data */
    uint16_t data_max;            /* 9F65 inside A5; 0 when absent */
};
SCP_MUST_USE enum scp_error scp_fci_parse(struct scp_bytes data, struct scp_fci *out);

#endif

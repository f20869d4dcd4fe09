/* Card production life cycle data, tag 9F7F: who made the chip and the card, and when.
 *
 *     SCP_TRY(scp_cplc_parse(answer.data, &cplc));
 *     struct scp_bytes made = scp_cplc_field(cplc, SCP_CPLC_IC_FABRICATION_DATE);
 *     if (scp_cplc_date(made, &today, &date) == SCP_OK)
 *         …
 *
 * No specification of GlobalPlatform has it; the layout is what the chips of all makers show. Views
 * borrow from the answer. */
#ifndef SCP_GP_CPLC_H
#define SCP_GP_CPLC_H

#include "scp/base/bytes.h"

/* X(NAME, "name", bytes): the fields in their order. */
#define SCP_CPLC_FIELDS(X)                                           \
    X(IC_FABRICATOR, "ic_fabricator", 2)                             \
    X(IC_TYPE, "ic_type", 2)                                         \
    X(OS_ID, "os_id", 2)                                             \
    X(OS_RELEASE_DATE, "os_release_date", 2)                         \
    X(OS_RELEASE_LEVEL, "os_release_level", 2)                       \
    X(IC_FABRICATION_DATE, "ic_fabrication_date", 2)                 \
    X(IC_SERIAL_NUMBER, "ic_serial_number", 4)                       \
    X(IC_BATCH_ID, "ic_batch_id", 2)                                 \
    X(IC_MODULE_FABRICATOR, "ic_module_fabricator", 2)               \
    X(IC_MODULE_PACKAGING_DATE, "ic_module_packaging_date", 2)       \
    X(ICC_MANUFACTURER, "icc_manufacturer", 2)                       \
    X(IC_EMBEDDING_DATE, "ic_embedding_date", 2)                     \
    X(IC_PRE_PERSONALIZER, "ic_pre_personalizer", 2)                 \
    X(IC_PRE_PERSO_EQUIPMENT_DATE, "ic_pre_perso_equipment_date", 2) \
    X(IC_PRE_PERSO_EQUIPMENT_ID, "ic_pre_perso_equipment_id", 4)     \
    X(IC_PERSONALIZER, "ic_personalizer", 2)                         \
    X(IC_PERSO_DATE, "ic_perso_date", 2)                             \
    X(IC_PERSO_EQUIPMENT_ID, "ic_perso_equipment_id", 4)

enum scp_cplc_field {
#define SCP_CPLC_ENUM(field, name, size) SCP_CPLC_##field,
    SCP_CPLC_FIELDS(SCP_CPLC_ENUM)
#undef SCP_CPLC_ENUM
        SCP_CPLC_FIELD_COUNT
};

enum { SCP_CPLC_SIZE = 42 };

/* `cplc` is the 42 bytes. MALFORMED for any other length or tag. */
SCP_MUST_USE enum scp_error scp_cplc_parse(struct scp_bytes data, struct scp_bytes *cplc);
struct scp_bytes scp_cplc_field(struct scp_bytes cplc, enum scp_cplc_field field);
/* "ic_serial_number". */
const char *scp_cplc_field_name(enum scp_cplc_field field);

/* ---- dates -------------------------------------------------------------------------------- */

/* A day of the Gregorian calendar. */
struct scp_date {
    uint16_t year;
    uint8_t month; /* 1 to 12 */
    uint8_t day;   /* 1 to 31 */
};

enum { SCP_CPLC_FIRST_YEAR = 1980 };

/* The fields whose name ends in _date hold YDDD in decimal digits: the last digit of the year and
 * the day in it. `out` is the latest such day that is not after `latest`; ask again with the day
 * before it for the decade before. NOT_FOUND: no date (0000, FFFF); MALFORMED: no decimal digits;
 * OUT_OF_RANGE: no such day. */
SCP_MUST_USE enum scp_error scp_cplc_date(struct scp_bytes value, const struct scp_date *latest,
                                          struct scp_date *out);

#endif

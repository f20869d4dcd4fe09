/* References to products: "BANK/PRODUCT". */
#ifndef OTA_SERVER_REBIND_PRODUCT_REF_H
#define OTA_SERVER_REBIND_PRODUCT_REF_H

#include "ota-server/store/limits.h"

#include <stdbool.h>

/* Split a reference. False when it has another form. */
bool product_ref_split(const char *ref, char bank[STORE_SLUG_SIZE], char product[STORE_SLUG_SIZE]);

#endif

#include "ota-server/rebind/product_ref.h"

#include <stdio.h>
#include <string.h>

bool product_ref_split(const char *ref, char bank[STORE_SLUG_SIZE], char product[STORE_SLUG_SIZE])
{
    const char *slash = strchr(ref, '/');
    if (slash == NULL || slash == ref || slash[1] == '\0' || strchr(slash + 1, '/') != NULL)
        return false;
    size_t bank_len = (size_t)(slash - ref);
    if (bank_len >= STORE_SLUG_SIZE || strlen(slash + 1) >= STORE_SLUG_SIZE)
        return false;
    snprintf(bank, STORE_SLUG_SIZE, "%.*s", (int)bank_len, ref);
    snprintf(product, STORE_SLUG_SIZE, "%s", slash + 1);
    return true;
}

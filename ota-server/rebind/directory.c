#include "ota-server/rebind/directory.h"

#include "scp/gp/tlv.h"

#include <string.h>

enum { PPSE, PSE };

const struct scp_aid directory_aids[DIRECTORY_COUNT] = {
    [PPSE] = {"2PAY.SYS.DDF01", 14},
    [PSE] = {"1PAY.SYS.DDF01", 14},
};

/* What one directory is told, from the inside out: the application template is wrapped in `inner`,
 * and that in `outer` (0: not wrapped). */
struct shape {
    uint16_t dgi;
    uint16_t inner;
    uint16_t outer;
};

static const struct shape shapes[DIRECTORY_COUNT] = {
    [PPSE] = {0x9103, 0xBF0C, 0xA5},
    [PSE] = {0x0101, 0x70, 0},
};

static void put_application(struct scp_writer *w, const struct plan_product *product)
{
    uint8_t buffer[DIRECTORY_VALUE_MAX];
    struct scp_writer entry = scp_writer_on(buffer, sizeof buffer);
    if (product == NULL)
        return;
    scp_put_tlv(&entry, 0x4F, scp_aid_bytes(&product->instance));
    scp_put_tlv(&entry, 0x50, scp_bytes_of(product->label, strlen(product->label)));
    scp_put_tlv(&entry, 0x87, scp_bytes_of(&product->priority, 1));
    if (scp_writer_status(&entry) != SCP_OK)
        scp_writer_fail(w, SCP_TOO_LONG);
    scp_put_tlv(w, 0x61, scp_written(&entry));
}

enum scp_error directory_dgi(const struct scp_aid *directory, const struct plan_product *product,
                             uint8_t buffer[DIRECTORY_VALUE_MAX], struct scp_dgi *out)
{
    size_t which = 0;
    while (which < DIRECTORY_COUNT && !scp_aid_equal(&directory_aids[which], directory))
        which++;
    if (which == DIRECTORY_COUNT)
        return SCP_NOT_FOUND;
    const struct shape *shape = &shapes[which];
    uint8_t list_buffer[DIRECTORY_VALUE_MAX];
    uint8_t inner_buffer[DIRECTORY_VALUE_MAX];
    struct scp_writer list = scp_writer_on(list_buffer, sizeof list_buffer);
    struct scp_writer inner = scp_writer_on(inner_buffer, sizeof inner_buffer);
    struct scp_writer value = scp_writer_on(buffer, DIRECTORY_VALUE_MAX);

    put_application(&list, product);
    SCP_TRY(scp_writer_status(&list));
    scp_put_tlv(&inner, shape->inner, scp_written(&list));
    if (shape->outer == 0)
        scp_put(&value, scp_written(&inner));
    else
        scp_put_tlv(&value, shape->outer, scp_written(&inner));
    if (scp_writer_status(&inner) != SCP_OK || scp_writer_status(&value) != SCP_OK)
        return SCP_TOO_LONG;
    *out = (struct scp_dgi){.id = shape->dgi, .value = scp_written(&value)};
    return SCP_OK;
}

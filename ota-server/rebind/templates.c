#include "ota-server/rebind/templates.h"

static bool read_one(json_t *json, struct vault_dgi *to)
{
    const char *id = json_string_value(json_object_get(json, "dgi"));
    const char *value = json_string_value(json_object_get(json, "value"));
    uint8_t bytes[2];
    struct scp_writer w = scp_writer_on(bytes, sizeof bytes);
    if (id == NULL || value == NULL || scp_hex_decode(id, &w) != SCP_OK || w.len != sizeof bytes)
        return false;
    *to = (struct vault_dgi){
        .id = scp_load_u16(bytes),
        .value = value,
        .sensitive = json_is_true(json_object_get(json, "sensitive")),
    };
    return true;
}

bool templates_read(json_t *array, struct vault_dgi to[TEMPLATES_MAX], size_t *count)
{
    *count = json_array_size(array);
    if (!json_is_array(array) || *count > TEMPLATES_MAX)
        return false;
    for (size_t i = 0; i < *count; i++) {
        if (!read_one(json_array_get(array, i), &to[i]))
            return false;
    }
    return true;
}

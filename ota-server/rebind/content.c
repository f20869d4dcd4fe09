#include "ota-server/rebind/content.h"

static size_t index_of(const struct card_content *content, const struct scp_aid *aid)
{
    size_t i = 0;
    while (i < content->count && !scp_aid_equal(&content->entries[i].aid, aid))
        i++;
    return i;
}

const struct content_entry *content_find(const struct card_content *content,
                                         const struct scp_aid *aid)
{
    size_t i = index_of(content, aid);
    return i < content->count ? &content->entries[i] : NULL;
}

bool content_load_file_in_use(const struct card_content *content, const struct scp_aid *load_file,
                              const struct scp_aid *except)
{
    for (size_t i = 0; i < content->count; i++) {
        const struct content_entry *entry = &content->entries[i];
        bool excepted = except != NULL && scp_aid_equal(&entry->aid, except);
        if (entry->kind != CONTENT_LOAD_FILE && !excepted &&
            scp_aid_equal(&entry->load_file, load_file))
            return true;
    }
    return false;
}

enum scp_error content_put(struct card_content *content, const struct content_entry *entry)
{
    size_t i = index_of(content, &entry->aid);
    if (i == CONTENT_ENTRIES_MAX)
        return SCP_TOO_LONG;
    content->entries[i] = *entry;
    if (i == content->count)
        content->count++;
    return SCP_OK;
}

void content_remove(struct card_content *content, const struct scp_aid *aid)
{
    size_t i = index_of(content, aid);
    if (i == content->count)
        return;
    content->count--;
    for (; i < content->count; i++)
        content->entries[i] = content->entries[i + 1];
}

/* Lines of facts files from any bytes, as NDJSON and as CSV: whatever is taken are facts that can
 * be decided on and shown, and whatever is not has a reason. */
#include "policies/ota-policy/facts_line.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* Every text lies inside the line that it was cut from, and ends there. */
static void look_at(const struct facts_line *line, const char *text, size_t size)
{
    char shown[256];
    for (size_t i = 0; i < POLICY_FACT_COUNT; i++) {
        const struct policy_value *value = &line->facts.values[i];
        bool is_text = policy_fact_info((enum policy_fact)i)->type == POLICY_TEXT;
        fuzz_require(i < POLICY_FACT_DERIVED || !value->present);
        if (value->present && is_text)
            fuzz_require(value->text >= text && value->text + strlen(value->text) <= text + size);
        for (size_t j = 0; j < value->count; j++)
            fuzz_require(value->items[j] >= text &&
                         value->items[j] + strlen(value->items[j]) <= text + size);
        (void)policy_facts_format(&line->facts, (enum policy_fact)i, shown, sizeof shown);
    }
}

/* A copy with a NUL at its end, which reading cuts up. */
static char *copy_of(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    fuzz_require(text != NULL);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)data[i];
    text[size] = '\0';
    return text;
}

static void read_json(const uint8_t *data, size_t size)
{
    static struct facts_line line;
    char *text = copy_of(data, size);
    line = (struct facts_line){0};
    if (facts_line_json(text, &line) == NULL)
        look_at(&line, text, size);
    free(text);
}

/* The first line names the columns, the rest is one line. */
static void read_csv(const uint8_t *data, size_t size)
{
    static struct facts_line line;
    struct facts_file file = {0};
    char *text = copy_of(data, size);
    char *feed = strchr(text, '\n');
    line = (struct facts_line){0};
    if (feed != NULL) {
        *feed++ = '\0';
        if (facts_line_header(text, &file) == NULL && facts_line_csv(&file, feed, &line) == NULL)
            look_at(&line, text, size);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_json(data, size);
    read_csv(data, size);
    return 0;
}

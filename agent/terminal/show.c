#include "agent/terminal/terminal.h"

#include <stdio.h>
#include <string.h>

/* Where a table's last column starts, and how wide it gets. */
enum { WORDS_COLUMN = 90, WORDS_WIDTH = 62 };

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "-" : text;
}

static long long number_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static void line(const char *name, const char *value)
{
    (void)printf("%-14s %s\n", name, value);
}

static const char *yes_or_no(const json_t *value, const char *neither)
{
    return json_is_true(value) ? "yes" : json_is_false(value) ? "NO" : neither;
}

/* What the card said to the issuer's answer. */
static void show_completion(const json_t *completion)
{
    if (!json_is_object(completion))
        return;
    line("Issuer", json_is_true(json_object_get(completion, "issuer_accepted"))
                       ? "accepted by the card"
                   : json_is_false(json_object_get(completion, "issuer_accepted"))
                       ? "REFUSED by the card"
                       : "not asked for by the card");
    (void)printf("%-14s %s %s\n", "Completed", text_of(completion, "type"),
                 text_of(completion, "value"));
    line("Verified", yes_or_no(json_object_get(completion, "verified"), "-"));
}

void terminal_show_payment(const json_t *findings)
{
    const json_t *cryptogram = json_object_get(findings, "cryptogram");
    size_t i;
    json_t *candidate;
    (void)printf("Applications\n");
    json_array_foreach(json_object_get(findings, "applications"), i, candidate)(void)
        printf("  %lld  %-32s  %s\n", number_of(candidate, "priority"), text_of(candidate, "aid"),
               text_of(candidate, "label"));
    line("Label", text_of(findings, "label"));
    line("AID", text_of(findings, "aid"));
    line("PAN", text_of(findings, "pan"));
    line("Expiry", text_of(findings, "expiry"));
    (void)printf("%-14s %lld\n", "ATC", number_of(findings, "atc"));
    (void)printf("%-14s %s %s\n", "Cryptogram", text_of(cryptogram, "type"),
                 text_of(cryptogram, "value"));
    line("Verified",
         yes_or_no(json_object_get(cryptogram, "verified"), "not checked: no key was given"));
    show_completion(json_object_get(findings, "completion"));
}

void terminal_show_social(const json_t *findings)
{
    size_t i;
    json_t *file;
    line("AID", text_of(findings, "aid"));
    (void)printf("%-10s  %7s  %7s\n", "File", "Records", "Bytes");
    json_array_foreach(json_object_get(findings, "files"), i, file)(void)
        printf("%-10s  %7lld  %7lld%s\n", text_of(file, "path"), number_of(file, "records"),
               number_of(file, "bytes"),
               json_is_true(json_object_get(file, "readable")) ? "" : "  (not readable)");
    line("SHA-256", text_of(findings, "sha256"));
}

/* The strings of a list, separated by blanks, in lines of the table's last column. */
static void show_words(const json_t *list)
{
    size_t i;
    json_t *word;
    size_t used = 0;
    json_array_foreach(list, i, word)
    {
        size_t len = json_string_length(word);
        bool fits = used == 0 || used + 1 + len <= WORDS_WIDTH;
        if (used > 0 && fits)
            (void)printf(" ");
        else if (used > 0)
            (void)printf("\n%*s", WORDS_COLUMN, "");
        (void)printf("%s", json_string_value(word));
        used = fits && used > 0 ? used + 1 + len : len;
    }
}

static void show_entries(const json_t *findings, const char *list, const char *title,
                         const char *detail)
{
    size_t i;
    json_t *entry;
    (void)printf("%-32s  %-20s  %-32s  %s\n", title, "State", "Security domain",
                 strcmp(detail, "modules") == 0 ? "Modules" : "Privileges");
    json_array_foreach(json_object_get(findings, list), i, entry)
    {
        (void)printf("%-32s  %-20s  %-32s  ", text_of(entry, "aid"), text_of(entry, "state"),
                     text_of(entry, "security_domain"));
        show_words(json_object_get(entry, detail));
        (void)printf("\n");
    }
    (void)printf("\n");
}

void terminal_show_list(const json_t *findings)
{
    const json_t *memory = json_object_get(findings, "memory");
    show_entries(findings, "security_domains", "Security domain", "privileges");
    show_entries(findings, "instances", "Instance", "privileges");
    show_entries(findings, "load_files", "Load file", "modules");
    if (json_is_null(memory))
        line("Free memory", "the card does not say");
    else
        (void)printf("%-14s %lld bytes, %lld volatile\n", "Free memory",
                     number_of(memory, "non_volatile_free"), number_of(memory, "volatile_free"));
}

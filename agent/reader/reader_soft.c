/* Soft cards: a directory of image files. */
#include "agent/reader/reader.h"

#include "agent/card/softcard.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_SIZE = 4096 };

static const char suffix[] = ".card";

struct soft_reader {
    struct agent_reader base;
    struct rebind_env env;
    char directory[];
};

struct soft_contact {
    struct agent_contact base;
    struct agent_link link;
    struct softcard *card;
};

/* ---- contacts ----------------------------------------------------------------------------- */

static enum agent_error transmit(void *ctx, struct scp_bytes command, struct scp_writer *response)
{
    struct soft_contact *contact = ctx;
    if (softcard_transmit(contact->card, command, response) != SCP_OK)
        return AGENT_CARD_ANSWER;
    return AGENT_OK;
}

static void contact_close(struct agent_contact *base)
{
    struct soft_contact *contact = (struct soft_contact *)base;
    softcard_close(contact->card);
    free(contact);
}

static enum agent_error from_softcard(enum scp_error error)
{
    switch (error) {
    case SCP_OK:
        return AGENT_OK;
    case SCP_STATE:
        return AGENT_BUSY;
    case SCP_NOT_FOUND:
        return AGENT_NO_CARD;
    case SCP_NO_MEMORY:
        return AGENT_NO_MEMORY;
    case SCP_IO:
        return AGENT_READER;
    default:
        return AGENT_NO_IMAGE;
    }
}

static enum agent_error connect_file(const char *path, const struct rebind_env *env,
                                     struct agent_contact **out)
{
    struct soft_contact *contact = calloc(1, sizeof *contact);
    if (contact == NULL)
        return AGENT_NO_MEMORY;
    enum agent_error error = from_softcard(softcard_open(path, env, &contact->card, NULL));
    if (error != AGENT_OK) {
        free(contact);
        return error;
    }
    _Static_assert((int)SOFTCARD_ATR_MAX <= (int)AGENT_ATR_MAX, "an ATR fits");
    softcard_power(contact->card, contact->base.atr, &contact->base.atr_len);
    contact->base.close = contact_close;
    contact->link.tpdu = (struct agent_transceive){.ctx = contact, .fn = transmit};
    contact->base.card = agent_transceive_over(&contact->link);
    *out = &contact->base;
    return AGENT_OK;
}

/* ---- the directory ------------------------------------------------------------------------ */

static bool is_card(const char *name)
{
    size_t len = strlen(name);
    size_t tail = sizeof suffix - 1;
    return len > tail && len < AGENT_PLACE_MAX && name[0] != '.' && strchr(name, '/') == NULL &&
           strcmp(name + len - tail, suffix) == 0;
}

static enum agent_error soft_poll(struct agent_reader *reader, struct agent_places *places)
{
    const struct soft_reader *soft = (const struct soft_reader *)reader;
    DIR *dir = opendir(soft->directory);
    if (dir == NULL)
        return AGENT_NO_FOLDER;
    enum agent_error error = AGENT_OK;
    for (const struct dirent *file = readdir(dir); file != NULL && error == AGENT_OK;
         file = readdir(dir))
        if (is_card(file->d_name))
            error = agent_places_add(places, file->d_name, 0);
    (void)closedir(dir);
    return error;
}

static enum agent_error soft_connect(struct agent_reader *reader, const char *place,
                                     struct agent_contact **contact)
{
    const struct soft_reader *soft = (const struct soft_reader *)reader;
    char path[PATH_SIZE];
    int len = snprintf(path, sizeof path, "%s/%s", soft->directory, place);
    if (!is_card(place) || len < 0 || (size_t)len >= sizeof path)
        return AGENT_NO_CARD;
    return connect_file(path, &soft->env, contact);
}

static void soft_free(struct agent_reader *reader)
{
    free(reader);
}

enum agent_error agent_reader_soft_new(const char *directory, const struct rebind_env *env,
                                       struct agent_reader **out)
{
    size_t len = strlen(directory) + 1;
    struct soft_reader *soft = calloc(1, sizeof *soft + len);
    if (soft == NULL)
        return AGENT_NO_MEMORY;
    soft->base = (struct agent_reader){
        .kind = "soft", .poll = soft_poll, .connect = soft_connect, .free = soft_free};
    soft->env = *env;
    memcpy(soft->directory, directory, len);
    *out = &soft->base;
    return AGENT_OK;
}

/* ---- a card by name ----------------------------------------------------------------------- */

static enum agent_error connect_pcsc(const char *name, struct agent_contact **contact)
{
    const char *const names[] = {name, NULL};
    struct agent_reader *reader = NULL;
    struct agent_places places = {0};
    AGENT_TRY(agent_reader_pcsc_new(names, &reader));
    enum agent_error error = agent_reader_poll(reader, &places);
    if (error == AGENT_OK)
        error = places.count == 0 ? AGENT_NO_CARD
                                  : agent_reader_connect(reader, places.items[0].name, contact);
    agent_places_fini(&places);
    agent_reader_free(reader);
    return error;
}

enum agent_error agent_connect_named(const char *name, const struct rebind_env *env,
                                     struct agent_contact **contact)
{
    struct stat st;
    *contact = NULL;
    if (stat(name, &st) == 0 && S_ISREG(st.st_mode))
        return connect_file(name, env, contact);
    return connect_pcsc(name, contact);
}

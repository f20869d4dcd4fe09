/* The journal: what a card answered, kept until the server has it.
 *
 * One file a card, in a directory of the agent's own, of the format
 *
 *     "RBJ" 01                                             magic and version
 *     { type(1) length(4) payload(length) check(8) }…      records
 *
 * where check is the start of the SHA-256 over type, length and payload. Records in order:
 *
 *     01 SCRIPT     commands(4) ‖ SHA-256 of the script(32) ‖ LV se ‖ LV next URI
 *     02 RESPONSE   one response with its status word
 *     03 END        status(1): the script has ended, see enum agent_script_status
 *
 * The file with its SCRIPT record is made under another name, synced and renamed before the first
 * command is sent: from then on the script counts as begun and is never begun again. Responses are
 * appended by one write each, so a killed process loses none; END is synced. When the server has
 * acknowledged the responses the file is replaced by the next script's, or removed: that is the
 * state "posted". A torn or damaged tail is ignored; a journal without END is of an interrupted
 * script.
 *
 * Threads: one thread a journal; different journals are independent. */
#ifndef AGENT_RELAY_JOURNAL_H
#define AGENT_RELAY_JOURNAL_H

#include "agent/reader/error.h"
#include "scp/base/bytes.h"
#include "scp/base/limits.h"
#include "scp/host/file.h"

enum {
    AGENT_URI_MAX = 256, /* with its NUL */
    AGENT_SE_MAX = 256,
    AGENT_JOURNAL_PATH_MAX = 4096,
};

/* The values of X-Admin-Script-Status. */
enum agent_script_status {
    AGENT_SCRIPT_OK,
    AGENT_SCRIPT_UNKNOWN_APPLICATION,
    AGENT_SCRIPT_NOT_A_SECURITY_DOMAIN,
    AGENT_SCRIPT_SECURITY_ERROR,
    AGENT_SCRIPT_UNAVAILABLE_SE,
    AGENT_SCRIPT_FORMAT_ERROR,
};
/* "ok", "unknown-application", … Never NULL. */
const char *agent_script_status_name(enum agent_script_status status);

/* A journal being written. Zeroed: closed. */
struct agent_journal {
    bool open;
    int fd;
};

/* What is written about a script. */
struct agent_journal_script {
    const char *se;
    const char *next_uri;
    struct scp_bytes script;
    size_t commands;
};

/* Begin the journal of a script in `directory`, in place of the last one of the same card. After
 * success it is on disk. JOURNAL. */
SCP_MUST_USE enum agent_error agent_journal_begin(struct agent_journal *journal,
                                                  const char *directory,
                                                  const struct agent_journal_script *script);
SCP_MUST_USE enum agent_error agent_journal_response(struct agent_journal *journal,
                                                     struct scp_bytes response);
SCP_MUST_USE enum agent_error agent_journal_end(struct agent_journal *journal,
                                                enum agent_script_status status);
/* Close the file; what is in it stays. */
void agent_journal_close(struct agent_journal *journal);

/* The server has the responses and has no other script: forget the card. */
SCP_MUST_USE enum agent_error agent_journal_posted(const char *directory, const char *se);

/* Put a damaged journal out of the way, under its name with `.damaged` behind it. */
SCP_MUST_USE enum agent_error agent_journal_set_aside(const char *directory, const char *se);

/* A journal as it was found. agent_journal_entry_fini frees it. */
struct agent_journal_entry {
    char se[AGENT_SE_MAX];
    char next_uri[AGENT_URI_MAX];
    size_t commands;
    uint8_t script_digest[32];
    struct scp_bytes *responses; /* `count` of them, borrowed from `file` */
    size_t count;
    bool ended;
    enum agent_script_status status; /* when ended; else UNAVAILABLE_SE */
    struct rebind_blob file;
};
/* Read the journal of a card; `*found` is false when it has none. JOURNAL when it is none of this
 * version or its SCRIPT record is damaged. The entry needs fini after success alone. */
SCP_MUST_USE enum agent_error agent_journal_load(const char *directory, const char *se,
                                                 struct agent_journal_entry *entry, bool *found);
void agent_journal_entry_fini(struct agent_journal_entry *entry);

/* Name each card that has a journal in the directory. A damaged file is skipped and counted. */
SCP_MUST_USE enum agent_error agent_journal_each(const char *directory,
                                                 void (*fn)(void *ctx, const char *se), void *ctx,
                                                 size_t *damaged);

#endif

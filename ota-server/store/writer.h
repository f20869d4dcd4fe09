/* The one connection that writes, and its turns.
 *
 * Writing to disk is what a transaction costs, so transactions that wait for each other share one
 * COMMIT: a group. A thread takes its turn, works, and hands the connection on while others wait;
 * the last one of the group, or the one that fills it, commits for all. Nobody returns from
 * writer_commit before the group is on disk. A transaction that is rolled back leaves the others of
 * its group alone; only what SQLite itself undoes whole (a full disk, a failing one) takes all of
 * them, and each is told. */
#ifndef OTA_SERVER_STORE_WRITER_H
#define OTA_SERVER_STORE_WRITER_H

#include "ota-server/store/sql.h"

#include <pthread.h>

struct writer_group;

struct writer {
    struct sql_connection connection; /* for the thread whose turn it is */
    pthread_mutex_t lock;             /* of what follows */
    pthread_cond_t turn;              /* the connection was handed on */
    pthread_cond_t decided;           /* a group has ended */
    size_t waiting;                   /* threads that want a turn */
    bool taken;
    struct writer_group *group; /* the open one, or NULL */
};

void writer_init(struct writer *writer);
/* All transactions must have ended. */
void writer_fini(struct writer *writer);

/* Wait for the turn, without a transaction. */
void writer_take(struct writer *writer);
void writer_release(struct writer *writer);

/* Wait for the turn and begin a transaction. BUSY (another process), NO_MEMORY, IO. */
STORE_MUST_USE enum store_error writer_begin(struct writer *writer, struct store_problem *problem);
/* End the turn, and wait until the transaction is on disk. After an error nothing of it is. */
STORE_MUST_USE enum store_error writer_commit(struct writer *writer, struct store_problem *problem);
/* Undo the transaction and end the turn. `cause` is its error, for the rest of the group in case
 * SQLite has undone all of it. */
void writer_rollback(struct writer *writer, const struct store_problem *cause);

#endif

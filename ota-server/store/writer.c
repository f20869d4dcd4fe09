#include "ota-server/store/writer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* Members that wait for each other no longer than for one more disk write. */
enum { GROUP_MAX = 64 };

/* Transactions that one COMMIT ends. The first is SQLite's own, the others are savepoints in it. */
struct writer_group {
    size_t members; /* transactions that are to be committed */
    size_t unread;  /* of them, those that were not told the outcome yet */
    bool decided;
    struct store_problem outcome;
};

void writer_init(struct writer *writer)
{
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->turn, NULL);
    pthread_cond_init(&writer->decided, NULL);
}

void writer_fini(struct writer *writer)
{
    assert(writer->group == NULL && !writer->taken);
    sql_disconnect(&writer->connection);
    pthread_cond_destroy(&writer->decided);
    pthread_cond_destroy(&writer->turn);
    pthread_mutex_destroy(&writer->lock);
}

/* ---- turns -------------------------------------------------------------------------------- */

void writer_take(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    writer->waiting++;
    while (writer->taken)
        pthread_cond_wait(&writer->turn, &writer->lock);
    writer->waiting--;
    writer->taken = true;
    pthread_mutex_unlock(&writer->lock);
}

static void give(struct writer *writer)
{
    writer->taken = false;
    pthread_cond_signal(&writer->turn);
    pthread_mutex_unlock(&writer->lock);
}

/* Tell the members, who free the group; without any it is freed here. Under the lock. */
static void decide(struct writer *writer, const struct store_problem *outcome)
{
    struct writer_group *group = writer->group;
    writer->group = NULL;
    if (group->members == 0) {
        free(group);
        return;
    }
    group->outcome = *outcome;
    group->decided = true;
    pthread_cond_broadcast(&writer->decided);
}

static bool is_open(const struct writer *writer)
{
    return !sqlite3_get_autocommit(writer->connection.db);
}

static void undo_all(struct writer *writer)
{
    struct store_problem ignored;
    if (is_open(writer))
        (void)!sql_exec(writer->connection.db, "ROLLBACK", &ignored);
}

static void commit_group(struct writer *writer)
{
    struct store_problem outcome = {STORE_OK, ""};
    if (sql_exec(writer->connection.db, "COMMIT", &outcome) != STORE_OK)
        undo_all(writer);
    pthread_mutex_lock(&writer->lock);
    decide(writer, &outcome);
}

/* End the turn. Whoever has nobody behind him commits for all. */
void writer_release(struct writer *writer)
{
    const struct writer_group *group = writer->group;
    pthread_mutex_lock(&writer->lock);
    bool is_last = group != NULL && group->members > 0 &&
                   (writer->waiting == 0 || group->members >= GROUP_MAX);
    if (is_last) {
        pthread_mutex_unlock(&writer->lock);
        commit_group(writer);
    }
    give(writer);
}

/* ---- transactions ------------------------------------------------------------------------- */

static enum store_error open_group(struct writer *writer, struct store_problem *problem)
{
    struct writer_group *group = calloc(1, sizeof *group);
    if (group == NULL) {
        problem->error = STORE_NO_MEMORY;
        snprintf(problem->text, sizeof problem->text, "%s", store_error_text(STORE_NO_MEMORY));
        return STORE_NO_MEMORY;
    }
    enum store_error error = sql_exec(writer->connection.db, "BEGIN IMMEDIATE", problem);
    if (error == STORE_OK)
        writer->group = group;
    else
        free(group);
    return error;
}

enum store_error writer_begin(struct writer *writer, struct store_problem *problem)
{
    writer_take(writer);
    enum store_error error = writer->group == NULL
                                 ? open_group(writer, problem)
                                 : sql_exec(writer->connection.db, "SAVEPOINT member", problem);
    if (error != STORE_OK)
        writer_release(writer);
    return error;
}

static enum store_error await(struct writer *writer, struct writer_group *group,
                              struct store_problem *problem)
{
    pthread_mutex_lock(&writer->lock);
    while (!group->decided)
        pthread_cond_wait(&writer->decided, &writer->lock);
    *problem = group->outcome;
    bool is_last = --group->unread == 0;
    pthread_mutex_unlock(&writer->lock);
    if (is_last)
        free(group);
    return problem->error;
}

enum store_error writer_commit(struct writer *writer, struct store_problem *problem)
{
    struct writer_group *group = writer->group;
    enum store_error error = STORE_OK;
    if (group->members > 0)
        error = sql_exec(writer->connection.db, "RELEASE member", problem);
    if (error != STORE_OK) {
        writer_rollback(writer, problem);
        return error;
    }
    group->members++;
    group->unread++;
    writer_release(writer);
    return await(writer, group, problem);
}

void writer_rollback(struct writer *writer, const struct store_problem *cause)
{
    struct store_problem outcome = *cause;
    bool is_alone = writer->group->members == 0;
    bool undone =
        !is_alone && is_open(writer) &&
        sql_exec(writer->connection.db, "ROLLBACK TO member; RELEASE member", &outcome) == STORE_OK;
    if (!undone) {
        if (outcome.error == STORE_OK)
            outcome = (struct store_problem){STORE_IO, "the database undid a transaction"};
        undo_all(writer);
        pthread_mutex_lock(&writer->lock);
        decide(writer, &outcome);
        pthread_mutex_unlock(&writer->lock);
    }
    writer_release(writer);
}

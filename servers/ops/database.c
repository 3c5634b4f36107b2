/* database.c - see database.h. */
#include "servers/ops/database.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "servers/shared_memory.h"

/* SQLite's busy time-out, for what other servers write; this server's writers wait for
 * the lock. */
#define BUSY_MS 10000

/* A connection's small allocations come from a block of its own, 120 kB by default. */
#define LOOKASIDE_BYTES 512
#define LOOKASIDE_COUNT 32

/* Of all processes of the server, in shared memory. */
struct database_locks {
    pthread_mutex_t making; /* over the keepers, and held while the file is made */
    pthread_mutex_t writing;
};

struct shared_database {
    char *path;
    struct database_locks *locks;
    sqlite3 *keeper; /* open from the first use on, in each process: the last connection
                      * to close would remove the log, and the next make a new one */
};

static const char settings_sql[] = "PRAGMA synchronous = NORMAL;"
                                   "PRAGMA cache_size = -64;"
                                   "PRAGMA temp_store = MEMORY;";

static const char making_sql[] =
    "PRAGMA synchronous = OFF;"
    "PRAGMA journal_mode = WAL;"
    "BEGIN;"
    "CREATE TABLE users (id INTEGER PRIMARY KEY, score INTEGER NOT NULL,"
    " name TEXT NOT NULL) STRICT;"
    "CREATE TABLE visits (id INTEGER PRIMARY KEY, score INTEGER NOT NULL) STRICT;";

/* ---- opening and making ----------------------------------------------------------- */

static int set_error(struct error *error, sqlite3 *handle, const char *path)
{
    return error_set(error, -EIO, "cannot use the database %s: %s", path,
                     handle ? sqlite3_errmsg(handle) : "no memory");
}

/* On failure nothing is left open. */
static int open_file(const char *path, int flags, sqlite3 **handle, struct error *error)
{
    int result = sqlite3_open_v2(path, handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_db_config(*handle, SQLITE_DBCONFIG_LOOKASIDE, NULL,
                                   LOOKASIDE_BYTES, LOOKASIDE_COUNT);
    if (result == SQLITE_OK)
        result = sqlite3_busy_timeout(*handle, BUSY_MS);
    if (result == SQLITE_OK)
        return 0;
    set_error(error, *handle, path);
    sqlite3_close(*handle);
    return -EIO;
}

static int insert_rows(sqlite3 *handle)
{
    sqlite3_stmt *insert;
    int result = sqlite3_prepare_v2(
        handle, "INSERT INTO users VALUES (?, ?, printf('user-%08x', ?))", -1, &insert,
        NULL);
    uint32_t state = OP_SEED;
    for (int i = 1; i <= DATABASE_ROWS && result == SQLITE_OK; i++) {
        state = op_xorshift32(state);
        sqlite3_bind_int(insert, 1, i);
        sqlite3_bind_int64(insert, 2, state % 1000000);
        sqlite3_bind_int64(insert, 3, state);
        sqlite3_step(insert);
        result = sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    return result;
}

/* Makes it under another name; it appears whole or not at all, and if some other
 * process was faster, then that one's counts. */
static int make_file(const char *path, struct error *error)
{
    char *temporary = memory_printf("%s.%ld", path, (long)getpid());
    sqlite3 *handle;
    unlink(temporary);
    int result =
        open_file(temporary, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &handle, error);
    if (result == 0) {
        if (sqlite3_exec(handle, making_sql, NULL, NULL, NULL) != SQLITE_OK ||
            insert_rows(handle) != SQLITE_OK ||
            sqlite3_exec(handle, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
            result = set_error(error, handle, path);
        if (sqlite3_close(handle) != SQLITE_OK && result == 0)
            result = error_set(error, -EIO, "cannot close the database %s", path);
    }
    if (result == 0 && link(temporary, path) < 0 && errno != EEXIST)
        result = error_set(error, -errno, "cannot make %s: %s", path, strerror(errno));
    unlink(temporary);
    free(temporary);
    return result;
}

static int prepare(struct shared_database *database, struct error *error)
{
    int result = 0;
    shared_lock_take(&database->locks->making);
    if (!database->keeper) {
        if (access(database->path, F_OK) < 0)
            result = make_file(database->path, error);
        if (result == 0)
            result = open_file(database->path, SQLITE_OPEN_READWRITE, &database->keeper,
                               error);
        /* Only a connection that has read something holds the log. */
        if (result == 0 && sqlite3_exec(database->keeper, "SELECT count(*) FROM visits",
                                        NULL, NULL, NULL) != SQLITE_OK) {
            result = set_error(error, database->keeper, database->path);
            sqlite3_close(database->keeper);
        }
        if (result < 0)
            database->keeper = NULL;
    }
    pthread_mutex_unlock(&database->locks->making);
    return result;
}

/* ---- for ops ---------------------------------------------------------------------- */

static int count_rows(sqlite3 *handle, int *rows)
{
    sqlite3_stmt *count;
    int result =
        sqlite3_prepare_v2(handle, "SELECT count(*) FROM users", -1, &count, NULL);
    if (result == SQLITE_OK && sqlite3_step(count) == SQLITE_ROW)
        *rows = sqlite3_column_int(count, 0);
    sqlite3_finalize(count);
    return result;
}

static int check_file(const char *path, struct error *error)
{
    sqlite3 *handle;
    int rows = 0;
    int result = open_file(path, SQLITE_OPEN_READWRITE, &handle, error);
    if (result < 0)
        return result;
    if (count_rows(handle, &rows) != SQLITE_OK)
        result = set_error(error, handle, path);
    else if (rows != DATABASE_ROWS)
        result = error_set(error, -EIO,
                           "%s has %d rows of %d; remove it to have it made "
                           "again",
                           path, rows, DATABASE_ROWS);
    sqlite3_close(handle);
    return result;
}

static void free_database(struct shared_database *database)
{
    shared_memory_free(database->locks, sizeof *database->locks);
    free(database->path);
    free(database);
}

int database_start(const struct op_environment *environment, void **shared,
                   struct error *error)
{
    if (!sqlite3_threadsafe())
        return error_set(error, -ENOTSUP, "this SQLite was built without threads");
    struct shared_database *database = memory_allocate_zeroed(1, sizeof *database);
    database->path = memory_printf("%s/users.sqlite", environment->data_folder);
    database->locks = shared_memory_create(sizeof *database->locks);
    int result = 0;
    if (!database->locks)
        result = error_set(error, -errno, "no memory: %s", strerror(errno));
    else if (access(database->path, F_OK) == 0)
        result = check_file(database->path, error);
    if (result < 0) {
        free_database(database);
        return result;
    }
    shared_lock_init(&database->locks->making);
    shared_lock_init(&database->locks->writing);
    *shared = database;
    return 0;
}

void database_stop(void *shared)
{
    struct shared_database *database = shared;
    sqlite3_close(database->keeper);
    pthread_mutex_destroy(&database->locks->writing);
    pthread_mutex_destroy(&database->locks->making);
    free_database(database);
}

int database_open(void *shared, const char *sql, void **connection, struct error *error)
{
    struct shared_database *database = shared;
    int result = prepare(database, error);
    if (result < 0)
        return result;
    struct database_connection *made = memory_allocate_zeroed(1, sizeof *made);
    result = open_file(database->path, SQLITE_OPEN_READWRITE, &made->handle, error);
    if (result < 0) {
        free(made);
        return result;
    }
    if (sqlite3_exec(made->handle, settings_sql, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v3(made->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
                           &made->statement, NULL) != SQLITE_OK) {
        result = set_error(error, made->handle, database->path);
        database_close(made);
        return result;
    }
    *connection = made;
    return 0;
}

void database_close(void *connection)
{
    struct database_connection *closing = connection;
    sqlite3_finalize(closing->statement);
    sqlite3_close(closing->handle);
    free(closing);
}

void database_lock_writers(void *shared)
{
    struct shared_database *database = shared;
    shared_lock_take(&database->locks->writing);
}

void database_unlock_writers(void *shared)
{
    struct shared_database *database = shared;
    pthread_mutex_unlock(&database->locks->writing);
}

void database_fail(struct op_call *call, const struct database_connection *connection,
                   const char *what)
{
    op_fail(call, 500, "cannot %s: %s", what, sqlite3_errmsg(connection->handle));
}

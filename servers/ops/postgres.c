/* postgres.c - see postgres.h. */
#include "servers/ops/postgres.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "servers/ops/pool.h"

/* How long the database may take to answer at start. */
#define START_TIMEOUT_S "5"

/* The key of the advisory lock under which one of several servers makes the table. */
#define MAKING_LOCK "1768843636"

static const char read_sql[] =
    "SELECT id, score, name FROM interleave_users WHERE id = $1";

struct postgres {
    const struct op_environment *environment; /* .postgres NULL: there is no database */
    struct pool pool;                         /* of PGconn */
};

/* Where a step stands. */
enum postgres_stage {
    STAGE_TAKING,     /* in line for a connection                              */
    STAGE_CONNECTING, /* a new one is being made                               */
    STAGE_PREPARING,  /* ... and its statement prepared                        */
    STAGE_ASKING,     /* the next statement is to be sent                      */
    STAGE_SENDING,    /* a statement is on its way                             */
    STAGE_RECEIVING,  /* its result is                                         */
};

struct postgres_step {
    struct postgres *postgres;
    const struct postgres_work *work;
    struct pool_ticket ticket;
    PGconn *connection;
    enum postgres_stage stage;
    bool is_used;      /* the connection has served other steps before */
    bool is_heard;     /* something has come back on it */
    bool is_preparing; /* the statement at hand is the preparation */
    bool is_fit;       /* all results were read: another step may have the connection */
    uint64_t next;     /* statement */
    uint64_t deadline_ns;
};

#define GO_ON ((int)OP_TIMER + 1)

/* ---- ends ------------------------------------------------------------------------- */

static void close_connection(void *connection)
{
    PQfinish(connection);
}

static int end(struct op_call *call)
{
    struct postgres_step *step = call->state.pointer;
    if (step->connection && !step->is_fit) {
        PQfinish(step->connection);
        step->connection = NULL;
    }
    pool_give(&step->postgres->pool, &step->ticket, step->connection);
    free(step);
    call->state.pointer = NULL;
    return OP_DONE;
}

void postgres_cancel(struct op_call *call)
{
    struct postgres_step *step = call->state.pointer;
    step->is_fit = false;
    end(call);
}

/* libpq's messages end with a newline, and may have several lines. */
static int words_length(const char *message)
{
    return (int)strcspn(message, "\n");
}

static int fail_with(struct op_call *call, const char *message)
{
    op_fail(call, 502, "PostgreSQL: %.*s", words_length(message), message);
    return end(call);
}

static int open_connection(struct op_call *call);

/* The connection has failed. One from the pool may have been closed by the database while
 * it was idle: it is replaced if nothing has come back on it. Else the step fails. */
static int lose_connection(struct op_call *call)
{
    struct postgres_step *step = call->state.pointer;
    if (!step->is_used || step->is_heard)
        return fail_with(call, PQerrorMessage(step->connection));
    PQfinish(step->connection);
    step->connection = NULL;
    return open_connection(call);
}

/* ---- stages ----------------------------------------------------------------------- */

static int open_connection(struct op_call *call)
{
    struct postgres_step *step = call->state.pointer;
    step->is_used = false;
    step->connection = PQconnectStart(step->postgres->environment->postgres);
    if (!step->connection) {
        op_fail(call, 503, "PostgreSQL: no memory for a connection");
        return end(call);
    }
    if (PQstatus(step->connection) == CONNECTION_BAD)
        return fail_with(call, PQerrorMessage(step->connection));
    /* libpq wants to be asked again once its socket is writable. */
    step->stage = STAGE_CONNECTING;
    return OP_WRITABLE;
}

static int take(struct op_call *call)
{
    struct postgres_step *step = call->state.pointer;
    int taken = pool_take(&step->postgres->pool, &step->ticket);
    if (taken < 0) {
        op_fail(call, 503, "PostgreSQL: cannot wait for a connection: %s",
                strerror(-taken));
        return end(call);
    }
    if (taken == 0)
        return OP_READABLE;
    step->connection = step->ticket.connection;
    if (!step->connection)
        return open_connection(call);
    step->is_used = true;
    step->stage = STAGE_ASKING;
    return GO_ON;
}

static int connect_further(struct op_call *call)
{
    struct postgres_step *step = call->state.pointer;
    switch (PQconnectPoll(step->connection)) {
    case PGRES_POLLING_READING:
        return OP_READABLE;
    case PGRES_POLLING_OK:
        if (PQsetnonblocking(step->connection, 1) < 0)
            return fail_with(call, PQerrorMessage(step->connection));
        step->stage = STAGE_PREPARING;
        return GO_ON;
    case PGRES_POLLING_FAILED:
        return fail_with(call, PQerrorMessage(step->connection));
    default:
        return OP_WRITABLE;
    }
}

static int prepare(struct op_call *call)
{
    struct postgres_step *step = call->state.pointer;
    if (!PQsendPrepare(step->connection, POSTGRES_READ, read_sql, 1, NULL))
        return fail_with(call, PQerrorMessage(step->connection));
    step->is_preparing = true;
    step->stage = STAGE_SENDING;
    return GO_ON;
}

static int ask(struct op_call *call)
{
    struct postgres_step *step = call->state.pointer;
    if (step->next == step->work->count(call)) {
        step->is_fit = true;
        return end(call);
    }
    if (!step->work->send(call, step->connection, step->next))
        return lose_connection(call);
    step->stage = STAGE_SENDING;
    return GO_ON;
}

static int send_further(struct op_call *call)
{
    struct postgres_step *step = call->state.pointer;
    int left = PQflush(step->connection);
    if (left < 0)
        return lose_connection(call);
    if (left > 0)
        return OP_WRITABLE;
    step->stage = STAGE_RECEIVING;
    /* It cannot have answered yet: looking would be a system call for nothing. */
    return OP_READABLE;
}

/* The statement is answered: on to the next one. */
static int finish_statement(struct postgres_step *step)
{
    step->next += !step->is_preparing;
    step->is_preparing = false;
    step->stage = STAGE_ASKING;
    return GO_ON;
}

/* The connection is gone, or these are its last words: class 57P, "operator
 * intervention", tells of a shutdown, a crash, a session that was ended. */
static bool is_farewell(const PGconn *connection, const PGresult *result)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return PQstatus(connection) == CONNECTION_BAD || (code && !strncmp(code, "57P", 3));
}

static int receive(struct op_call *call)
{
    struct postgres_step *step = call->state.pointer;
    if (!PQconsumeInput(step->connection))
        return lose_connection(call);
    while (!PQisBusy(step->connection)) {
        PGresult *result = PQgetResult(step->connection);
        if (!result)
            return finish_statement(step);
        ExecStatusType status = PQresultStatus(result);
        bool good =
            step->is_preparing ? status == PGRES_COMMAND_OK : status == PGRES_TUPLES_OK;
        const char *why = "an answer to another question";
        if (!good)
            why = PQresultErrorMessage(result);
        bool lost = !good && is_farewell(step->connection, result);
        good = good && (step->is_preparing || step->work->take(call, result));
        step->is_heard = step->is_heard || !lost;
        int said = good ? GO_ON : lost ? lose_connection(call) : fail_with(call, why);
        PQclear(result);
        if (!good)
            return said;
    }
    return OP_READABLE;
}

static int (*const stages[])(struct op_call *call) = {
    [STAGE_TAKING] = take,          [STAGE_CONNECTING] = connect_further,
    [STAGE_PREPARING] = prepare,    [STAGE_ASKING] = ask,
    [STAGE_SENDING] = send_further, [STAGE_RECEIVING] = receive,
};

/* ---- the step --------------------------------------------------------------------- */

static bool begin(struct op_call *call, const struct postgres_work *work)
{
    struct postgres *postgres = call->shared;
    if (!postgres->environment->postgres) {
        op_fail(call, 501, "this server has no PostgreSQL database, see serve --pg");
        return false;
    }
    struct postgres_step *step = calloc(1, sizeof *step);
    if (!step) {
        op_fail(call, 503, "PostgreSQL: no memory for a request");
        return false;
    }
    step->postgres = postgres;
    step->work = work;
    step->deadline_ns = clock_now_ns() + postgres->environment->upstream_timeout_ns;
    call->state.pointer = step;
    return true;
}

enum op_answer postgres_resume(struct op_call *call, const struct postgres_work *work)
{
    if (!call->state.pointer && !begin(call, work))
        return OP_DONE;
    int said = GO_ON;
    while (said == GO_ON) {
        const struct postgres_step *step = call->state.pointer;
        said = stages[step->stage](call);
    }
    if (said == OP_DONE)
        return OP_DONE;
    const struct postgres_step *step = call->state.pointer;
    if (clock_now_ns() >= step->deadline_ns) {
        op_fail(call, 504, "PostgreSQL took longer than %.3g s",
                (double)step->postgres->environment->upstream_timeout_ns /
                    (double)NS_PER_S);
        end(call);
        return OP_DONE;
    }
    /* libpq may have another socket than before, while it connects. */
    call->fd = step->connection ? PQsocket(step->connection) : step->ticket.wake_fd;
    call->deadline_ns = step->deadline_ns;
    return (enum op_answer)said;
}

/* ---- starting --------------------------------------------------------------------- */

static void ignore_notice(void *unused, const char *message)
{
    (void)unused, (void)message;
}

static int execute(PGconn *connection, const char *sql)
{
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
                   status == PGRES_COPY_IN
               ? 0
               : -EIO;
}

/* How many rows the table has, or -1. */
static long count_rows(PGconn *connection)
{
    PGresult *result = PQexec(connection, "SELECT count(*) FROM interleave_users");
    long rows = PQresultStatus(result) == PGRES_TUPLES_OK
                    ? strtol(PQgetvalue(result, 0, 0), NULL, 10)
                    : -1;
    PQclear(result);
    return rows;
}

static int copy_rows(PGconn *connection)
{
    if (execute(connection, "COPY interleave_users FROM STDIN") < 0)
        return -EIO;
    uint32_t state = OP_SEED;
    int put = 1;
    for (int id = 1; id <= POSTGRES_ROWS && put > 0; id++) {
        char line[64];
        state = op_xorshift32(state);
        int length = snprintf(line, sizeof line, "%d\t%u\tuser-%08x\n", id,
                              (unsigned)(state % 1000000), (unsigned)state);
        put = PQputCopyData(connection, line, length);
    }
    if (put > 0)
        put = PQputCopyEnd(connection, NULL);
    PGresult *result = PQgetResult(connection);
    bool copied = put > 0 && PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    while ((result = PQgetResult(connection)))
        PQclear(result);
    return copied ? execute(connection, "ANALYZE interleave_users") : -EIO;
}

static int make_table(PGconn *connection, struct error *error)
{
    PQsetNoticeProcessor(connection, ignore_notice, NULL);
    int result = execute(connection, "BEGIN; SELECT pg_advisory_xact_lock(" MAKING_LOCK
                                     "); CREATE TABLE IF NOT EXISTS interleave_users "
                                     "(id integer PRIMARY KEY, score integer NOT NULL, "
                                     "name text NOT NULL)");
    long rows = result == 0 ? count_rows(connection) : -1;
    if (rows == 0) {
        result = copy_rows(connection);
        rows = result == 0 ? POSTGRES_ROWS : -1;
    }
    if (rows >= 0 && rows != POSTGRES_ROWS)
        return error_set(error, -EINVAL,
                         "--pg: its table interleave_users has %ld rows instead of %d: "
                         "drop it",
                         rows, POSTGRES_ROWS);
    if (rows < 0 || execute(connection, "COMMIT") < 0)
        return error_set(
            error, -EIO, "--pg: cannot make the table interleave_users: %.*s",
            words_length(PQerrorMessage(connection)), PQerrorMessage(connection));
    return 0;
}

/* A connection of its own, closed again: what is open before a process forks would be
 * shared by both. */
static int try_database(const char *text, struct error *error)
{
    /* "dbname" may be a whole connection string; what follows it has precedence. */
    static const char *const names[] = {"dbname", "connect_timeout", NULL};
    const char *const values[] = {text, START_TIMEOUT_S, NULL};
    PGconn *connection = PQconnectdbParams(names, values, 1);
    int result = 0;
    if (PQstatus(connection) != CONNECTION_OK)
        result = error_set(error, -ECONNREFUSED, "--pg: %.*s",
                           words_length(PQerrorMessage(connection)),
                           PQerrorMessage(connection));
    else
        result = make_table(connection, error);
    PQfinish(connection);
    return result;
}

int postgres_start(const struct op_environment *environment, void **shared,
                   struct error *error)
{
    int result = environment->postgres ? try_database(environment->postgres, error) : 0;
    if (result < 0)
        return result;
    struct postgres *postgres = memory_allocate_zeroed(1, sizeof *postgres);
    postgres->environment = environment;
    pool_init(&postgres->pool, environment->postgres_connections);
    *shared = postgres;
    return 0;
}

/* No connection is open before a process forks: its pool is empty, and has to be as
 * large as its part. */
void postgres_divide(void *shared, uint64_t index, uint64_t sharers)
{
    struct postgres *postgres = shared;
    uint64_t all = postgres->environment->postgres_connections;
    uint64_t part = all / sharers + (index < all % sharers);
    pool_release(&postgres->pool, close_connection);
    pool_init(&postgres->pool, part);
}

void postgres_stop(void *shared)
{
    struct postgres *postgres = shared;
    pool_release(&postgres->pool, close_connection);
    free(postgres);
}

/*
 * pgsleep.c - a statement that keeps a PostgreSQL connection busy for a time: what a
 * slow query is to the server that asks it. Shares the connections of pgquery. Its
 * result is empty.
 */
#include <stdio.h>

#include "base/clock.h"
#include "servers/ops/duration.h"
#include "servers/ops/postgres.h"

#define LONGEST_NS NS_PER_H

static int pgsleep_parse(const char *text, uint64_t *argument, struct error *error)
{
    return duration_argument(text, LONGEST_NS, argument, error);
}

static uint64_t count(const struct op_call *call)
{
    (void)call;
    return 1;
}

static int send_sleep(const struct op_call *call, PGconn *connection, uint64_t index)
{
    (void)index;
    uint64_t ns = duration_draw(call, LONGEST_NS);
    char seconds[32];
    snprintf(seconds, sizeof seconds, "%llu.%09llu", (unsigned long long)(ns / NS_PER_S),
             (unsigned long long)(ns % NS_PER_S));
    const char *const values[] = {seconds};
    return PQsendQueryParams(connection, "SELECT pg_sleep($1)", 1, NULL, values, NULL,
                             NULL, 1);
}

static bool take_nothing(struct op_call *call, const PGresult *result)
{
    (void)call;
    return PQntuples(result) == 1;
}

static const struct postgres_work sleep_work = {
    .send = send_sleep, .take = take_nothing, .count = count};

static enum op_answer pgsleep_resume(struct op_call *call)
{
    return postgres_resume(call, &sleep_work);
}

const struct op pgsleep_op = {
    .name = "pgsleep",
    .kind = OP_WAIT,
    .flags = OP_ASKS_POSTGRES | OP_LASTS,
    .pool = ROLE_DATABASE_CONNECTIONS,
    .summary = "have PostgreSQL sleep for a time, a connection held meanwhile",
    .library = "libpq",
    .node = "pg.Pool: on the loop, overlapping",
    .argument = "TIME[~exp]",
    .example = "5ms",
    .parse = pgsleep_parse,
    .resume = pgsleep_resume,
    .cancel = postgres_cancel,
    .shares = &pgquery_op,
    .open = duration_open,
    .close = duration_close,
};

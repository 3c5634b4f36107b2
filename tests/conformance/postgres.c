/* postgres.c - pgquery and pgsleep under every model, against a throw-away PostgreSQL:
 * the same rows, as many at a time as there are connections, and nobody else's thread.
 * No bound on time that a loaded machine would break: what overlaps is counted by the
 * database itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <libpq-fe.h>
#include <zlib.h>

#include "tests/support/cluster.h"
#include "tests/support/processes.h"
#include "tests/support/served.h"

/* ---- the database ----------------------------------------------------------------- */

/* A number that the database says to somebody of the test's own; $1 is the name under
 * which the model's server is connected. */
static long observe(const struct model *model, const char *sql)
{
    static PGconn *observer; /* of this model's process */
    if (!observer)
        observer = PQconnectdb(conninfo);
    assert_int_equal(PQstatus(observer), CONNECTION_OK);
    PGresult *result = PQexecParams(observer, sql, 1, NULL, &model->name, NULL, NULL, 0);
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    long number = PQntuples(result) ? strtol(PQgetvalue(result, 0, 0), NULL, 10) : 0;
    PQclear(result);
    return number;
}

#define SLEEPING                                                                         \
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND "             \
    "state = 'active' AND query LIKE 'SELECT pg_sleep(%'"

static void for_models_with_database(model_test *body)
{
    if (!has_cluster)
        skip();
    for_models(ANSWERING, body);
}

static struct served serve_database(const struct model *model, uint64_t connections,
                                    uint64_t timeout_ns, const char *assignments)
{
    struct server_settings settings = usual_settings;
    char *named = memory_printf("%s&application_name=%s", conninfo, model->name);
    settings.ops.postgres = named;
    settings.ops.postgres_connections = connections;
    settings.ops.upstream_timeout_ns = timeout_ns;
    struct served served = serve_with(model, &settings, assignments);
    free(named); /* the server has one of its own */
    return served;
}

/* An error ends the connection, so each question has one of its own. */
static void expect(const struct served *served, const char *path, int status,
                   const char *in_body)
{
    int fd = dial(served);
    struct answer answer = get(fd, path);
    if (answer.status != status || !strstr(answer.body, in_body))
        fail_msg("%s: got %d %s", path, answer.status, answer.body);
    answer_release(&answer);
    close(fd);
}

/* ---- answers ---------------------------------------------------------------------- */

/* What pgquery:count has to answer, by its description alone. */
static void expected_digest(int count, char text[16])
{
    uint32_t key_state = OP_SEED, digest = 0;
    for (int i = 0; i < count; i++) {
        key_state = op_xorshift32(key_state);
        uint32_t id = 1 + key_state % 10000, state = OP_SEED;
        for (uint32_t k = 0; k < id; k++)
            state = op_xorshift32(state);
        unsigned char row[8 + 16];
        op_put_be32(row, id);
        op_put_be32(row + 4, state % 1000000);
        snprintf((char *)row + 8, 16, "user-%08x", (unsigned)state);
        digest = (uint32_t)crc32_z(digest, row, 8 + 13);
    }
    snprintf(text, 16, "%08x\n", (unsigned)digest);
}

static void reads_rows(const struct model *model)
{
    struct served served = serve_database(model, 3, NS_PER_H, "");
    static const int counts[] = {1, 3, 100};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char path[32], digest[16];
        snprintf(path, sizeof path, "/pgquery:%d", counts[i]);
        expected_digest(counts[i], digest);
        expect(&served, path, 200, digest);
    }
    expect(&served, "/pgsleep:1ms", 200, "00000000\n");
    expect(&served, "/pgsleep:1ms~exp", 200, "00000000\n");
    expect(&served, "/pgquery:0", 400, "expected");
    assert_int_equal(stop(&served, NULL), 0);
}

static void rows_are_those_described(void **state)
{
    (void)state;
    for_models_with_database(reads_rows);
}

static void is_too_slow(const struct model *model)
{
    struct served served = serve_database(model, 1, 100 * NS_PER_MS, "");
    expect(&served, "/pgsleep:1m", 504, "took longer");
    assert_int_equal(stop(&served, NULL), 0);
}

static void slowness_is_504(void **state)
{
    (void)state;
    for_models_with_database(is_too_slow);
}

static void gets_over_it(const struct model *model)
{
    struct served served = serve_database(model, 1, NS_PER_H, "");
    expect(&served, "/pgquery:1", 200, "\n");
    /* The connection that is idle now is ended by the database. */
    observe(model, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                   "WHERE application_name = $1");
    while (observe(model, "SELECT count(*) FROM pg_stat_activity "
                          "WHERE application_name = $1") > 0)
        usleep(1000);
    expect(&served, "/pgquery:3", 200, "\n");
    assert_int_equal(stop(&served, NULL), 0);
}

static void a_lost_connection_is_replaced(void **state)
{
    (void)state;
    for_models_with_database(gets_over_it);
}

/* ---- what overlaps ---------------------------------------------------------------- */

#define CLIENTS     10
#define CONNECTIONS 3
#define SLEEP_MS    100

static void ask_all(const struct served *served, int fds[CLIENTS], const char *path)
{
    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = dial(served);
        ask(fds[i], "GET", path);
    }
}

static void hear_all(const int fds[CLIENTS])
{
    for (int i = 0; i < CLIENTS; i++) {
        struct answer answer = read_answer(fds[i], true);
        assert_int_equal(answer.status, 200);
        answer_release(&answer);
        close(fds[i]);
    }
}

/* A connection each for CONNECTIONS processes, or for as many as there are clients. */
static long count_possible(const struct model *model)
{
    if (model->flags & MODEL_PROCESSES && !has_option(model, "processes"))
        return CLIENTS;
    return model->flags & MODEL_SERIAL ? 1 : CONNECTIONS;
}

/* How many sleep at a time, at most: seen until it is as many as there can be. */
static void overlaps(const struct model *model)
{
    long most = 0, possible = count_possible(model);
    struct served served = serve_database(model, CONNECTIONS, NS_PER_H,
                                          has_option(model, "threads")     ? "threads=8"
                                          : has_option(model, "processes") ? "processes=3"
                                                                           : "");
    while (most < possible) {
        int fds[CLIENTS];
        uint64_t begun_ns = clock_now_ns();
        ask_all(&served, fds, "/pgsleep:100ms");
        struct pollfd first = {.fd = fds[0], .events = POLLIN};
        while (poll(&first, 1, 5) == 0) {
            long now = observe(model, SLEEPING);
            assert_true(now <= possible);
            most = now > most ? now : most;
        }
        hear_all(fds);
        /* C requests through D connections: never faster than W C/D. */
        uint64_t least_ns = SLEEP_MS * NS_PER_MS *
                            ((CLIENTS + (uint64_t)possible - 1) / (uint64_t)possible);
        assert_true(clock_now_ns() - begun_ns >= least_ns);
    }
    assert_int_equal(stop(&served, NULL), 0);
}

static void as_many_at_a_time_as_there_are_connections(void **state)
{
    (void)state;
    for_models_with_database(overlaps);
}

/* Of two pools, the larger one is done sooner, nearly by their ratio: in one of some
 * tries at least, as a neighbour's load only ever adds. */
static void is_faster_with_more(const struct model *model)
{
    /* With one request at a time, a process has no use for a second connection. */
    if (model->flags & MODEL_SERIAL ||
        (model->flags & MODEL_PROCESSES && !(model->flags & MODEL_LOOP)))
        return;
    const char *assignments = has_option(model, "threads")     ? "threads=10"
                              : has_option(model, "processes") ? "processes=2"
                                                               : "";
    double best = 0;
    while (best < 3) {
        double elapsed[2];
        for (int i = 0; i < 2; i++) {
            struct served served =
                serve_database(model, i ? CLIENTS : 1, NS_PER_H, assignments);
            int fds[CLIENTS];
            ask_all(&served, fds, "/pgsleep:1ms"); /* the connections are made */
            hear_all(fds);
            uint64_t begun_ns = clock_now_ns();
            ask_all(&served, fds, "/pgsleep:100ms");
            hear_all(fds);
            elapsed[i] = (double)(clock_now_ns() - begun_ns);
            assert_int_equal(stop(&served, NULL), 0);
        }
        best = elapsed[0] / elapsed[1] > best ? elapsed[0] / elapsed[1] : best;
    }
}

static void throughput_grows_with_the_pool(void **state)
{
    (void)state;
    for_models_with_database(is_faster_with_more);
}

/* ---- who waits -------------------------------------------------------------------- */

static void needs_no_threads(const struct model *model)
{
    if (!(model->flags & MODEL_LOOP))
        return;
    struct served served = serve_database(model, CONNECTIONS, NS_PER_H, "");
    expect(&served, "/", 200, "Hello");
    int before = count_all_threads(served.pid), fds[CLIENTS];
    ask_all(&served, fds, "/pgsleep:500ms");
    while (observe(model, SLEEPING) < CONNECTIONS)
        usleep(1000);
    /* The pool for what blocks is started when it is first needed: it never was. */
    assert_int_equal(count_all_threads(served.pid), before);
    hear_all(fds);
    /* And it would have been seen: a blocking step has it started. */
    expect(&served, "/file:100", 200, "\n");
    assert_int_equal(count_all_threads(served.pid), before + 4);
    assert_int_equal(stop(&served, NULL), 0);
}

static void loops_wait_without_threads(void **state)
{
    (void)state;
    for_models_with_database(needs_no_threads);
}

static void survives_leavers(const struct model *model)
{
    struct served served = serve_database(model, 1, 300 * NS_PER_MS, "");
    for (int i = 0; i < CLIENTS; i++) {
        int fd = dial(&served);
        struct linger reset = {.l_onoff = 1};
        ask(fd, "GET", i % 2 ? "/pgsleep:1m" : "/pgquery:20");
        usleep(3000);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(fd);
    }
    /* What they left behind ends with its time at the latest. */
    int status = 0;
    while (status != 200) {
        int fd = dial(&served);
        struct answer answer = get(fd, "/pgquery:1");
        status = answer.status;
        assert_true(status == 200 || status == 504);
        answer_release(&answer);
        close(fd);
    }
    assert_int_equal(stop(&served, NULL), 0);
}

static void clients_may_leave_at_any_time(void **state)
{
    (void)state;
    for_models_with_database(survives_leavers);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_those_described),
        cmocka_unit_test(slowness_is_504),
        cmocka_unit_test(a_lost_connection_is_replaced),
        cmocka_unit_test(as_many_at_a_time_as_there_are_connections),
        cmocka_unit_test(throughput_grows_with_the_pool),
        cmocka_unit_test(loops_wait_without_threads),
        cmocka_unit_test(clients_may_leave_at_any_time),
    };
    return cmocka_run_group_tests(tests, start_cluster, stop_cluster);
}

/* processes.c - what is true of models made of processes and of several loops: how
 * connections spread, what the death of a process costs, and what it must not cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/processes.h"
#include "tests/support/served.h"

/* ---- reading statistics ----------------------------------------------------------- */

static double sum_of(const cJSON *statistics, const char *name)
{
    double sum = 0;
    const cJSON *row;
    cJSON_ArrayForEach(row, json_at(statistics, "per_worker")) sum +=
        json_number(row, name);
    return sum;
}

static void expect_answer(int fd)
{
    struct answer answer = read_answer(fd, true);
    assert_int_equal(answer.status, 200);
    answer_release(&answer);
}

static void get_greeting(int fd)
{
    ask(fd, "GET", "/");
    expect_answer(fd);
}

/* ---- the death of a process ------------------------------------------------------- */

#define CLIENTS 8

/* Each has a request in hand that none of them can have been answered before. */
static void dial_all(const struct served *served, int fds[CLIENTS], const char *path)
{
    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = dial(served);
        get_greeting(fds[i]);
    }
    for (int i = 0; i < CLIENTS; i++)
        ask(fds[i], "GET", path);
    usleep(50000); /* where each process has its turn, the first have theirs by now */
}

/* How many of them end without an answer; the others get one. */
static int count_ended(int fds[CLIENTS])
{
    int ended = 0;
    for (int i = 0; i < CLIENTS; i++) {
        struct answer answer = read_answer(fds[i], true);
        assert_true(answer.status == 200 || answer.status == 0);
        ended += answer.status == 0;
        answer_release(&answer);
        close(fds[i]);
    }
    return ended;
}

static void loses_one(const struct model *model)
{
    bool is_replaced = has_option(model, "processes");
    struct server_settings settings = usual_settings;
    settings.max_connections = CLIENTS;
    struct served served = serve_with(model, &settings, is_replaced ? "processes=4" : "");
    int fds[CLIENTS];
    dial_all(&served, fds, "/wait:200ms");
    pid_t children[MAX_CHILDREN];
    size_t count = list_children(served.pid, children);
    size_t expected = is_replaced ? 4 : CLIENTS;
    assert_int_equal(count, expected);
    kill(children[count / 2], SIGKILL);
    /* All of them were spread evenly, so this is what one process had. */
    assert_int_equal(count_ended(fds), CLIENTS / expected);
    /* None of the places is lost: as many as before are served at the same time. */
    dial_all(&served, fds, "/wait:1ms");
    assert_int_equal(count_ended(fds), 0);
    cJSON *statistics;
    assert_int_equal(stop(&served, &statistics), 0);
    assert_int_equal(json_number(statistics, "restarts"), is_replaced ? 1 : 0);
    assert_int_equal(json_number(statistics, "accepted"), 2 * CLIENTS);
    assert_int_equal(json_number(statistics, "requests"),
                     4 * CLIENTS - CLIENTS / expected);
    assert_int_equal(sum_of(statistics, "accepted"), 2 * CLIENTS);
    assert_int_equal(sum_of(statistics, "requests"), json_number(statistics, "requests"));
    cJSON_Delete(statistics);
}

static const struct model *next_of_processes(const struct model *const **at)
{
    const struct model *model;
    while ((model = next_model(at, MODEL_CALIBRATION)))
        if (model->flags & MODEL_PROCESSES)
            return model;
    return NULL;
}

static void a_killed_process_costs_its_own_requests(void **state)
{
    (void)state;
    const struct model *const *at = model_list, *model;
    while ((model = next_of_processes(&at)))
        loses_one(model);
}

/* The number of the only child, once it is another than `last`. */
static pid_t wait_for_child(pid_t parent, pid_t last)
{
    pid_t children[MAX_CHILDREN];
    while (list_children(parent, children) == 0 || children[0] == last)
        usleep(1000);
    return children[0];
}

static void kill_again_and_again(const struct model *model)
{
    struct served served = serve_with(model, &usual_settings, "processes=1");
    pid_t last = 0;
    for (int killed = 0; killed < 5; killed++) {
        last = wait_for_child(served.pid, last);
        kill(last, SIGKILL);
    }
    assert_int_equal(wait_for_end(&served, NULL), 1);
}

static void processes_that_die_at_once_end_the_server(void **state)
{
    (void)state;
    const struct model *const *at = model_list, *model;
    while ((model = next_of_processes(&at)))
        if (has_option(model, "processes"))
            kill_again_and_again(model);
}

static void leaves_nobody(const struct model *model)
{
    struct server_settings settings = usual_settings;
    settings.drain_timeout_ns = 50 * NS_PER_MS;
    struct served served = serve_with(model, &settings, "");
    int fd = dial(&served);
    get_greeting(fd);
    ask(fd, "GET", "/wait:1h");
    pid_t children[MAX_CHILDREN];
    size_t count = list_children(served.pid, children);
    assert_true(count > 0);
    assert_int_equal(stop(&served, NULL), 77);
    /* The connection ends when the last process that has it does. */
    assert_true(is_ended(fd));
    for (size_t i = 0; i < count; i++)
        assert_true(parent_of(children[i]) < 0);
    close(fd);
}

static void an_abandoned_server_leaves_no_process(void **state)
{
    (void)state;
    const struct model *const *at = model_list, *model;
    while ((model = next_of_processes(&at)))
        leaves_nobody(model);
}

/* ---- how connections spread ------------------------------------------------------- */

/* Opens so many at the same time, each answered once; the counts per loop or process. */
static size_t spread(const struct model *model, const char *options, int connections,
                     double counts[MAX_CHILDREN])
{
    struct served served = serve_with(model, &usual_settings, options);
    int fds[64];
    for (int i = 0; i < connections; i++) {
        fds[i] = dial(&served);
        get_greeting(fds[i]);
    }
    for (int i = 0; i < connections; i++)
        close(fds[i]);
    cJSON *statistics;
    assert_int_equal(stop(&served, &statistics), 0);
    size_t count = 0;
    const cJSON *row;
    cJSON_ArrayForEach(row, json_at(statistics, "per_worker"))
    {
        if (strcmp(json_string(row, "role"), "primary") != 0)
            counts[count++] = json_number(row, "accepted");
    }
    assert_int_equal(sum_of(statistics, "accepted"), connections);
    cJSON_Delete(statistics);
    return count;
}

static void handed_connections_spread_evenly(void **state)
{
    (void)state;
    double counts[MAX_CHILDREN];
    assert_int_equal(spread(&cluster_model, "processes=3", 30, counts), 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(counts[i], 10);
    assert_int_equal(spread(&prefork_model, "processes=5", 10, counts), 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(counts[i], 2);
}

/* By a hash: all 64 on one of two listeners is as likely as 2 in 2^64. */
static void own_listeners_all_get_some(void **state)
{
    (void)state;
    double counts[MAX_CHILDREN];
    assert_int_equal(
        spread(&cluster_model, "processes=2,distribution=reuseport", 64, counts), 2);
    assert_true(counts[0] > 0 && counts[1] > 0);
    assert_int_equal(spread(&multi_loop_model, "loops=2", 64, counts), 2);
    assert_true(counts[0] > 0 && counts[1] > 0);
}

/* ---- prefork's classic dispatch --------------------------------------------------- */

static void a_process_stays_with_its_client(void **state)
{
    (void)state;
    struct served served =
        serve_with(&prefork_model, &usual_settings, "processes=2,dispatch=connection");
    int fds[3];
    for (int i = 0; i < 2; i++) {
        fds[i] = dial(&served);
        get_greeting(fds[i]);
    }
    fds[2] = dial(&served);
    ask(fds[2], "GET", "/");
    assert_true(is_silent_for(fds[2], 100));
    close(fds[0]);
    expect_answer(fds[2]);
    /* The order to stop ends clients that their process waits for. */
    ask(fds[1], "GET", "/wait:100ms");
    usleep(20000);
    kill(served.pid, SIGTERM);
    expect_answer(fds[1]);
    assert_true(is_ended(fds[1]));
    assert_true(is_ended(fds[2]));
    assert_int_equal(wait_for_end(&served, NULL), 0);
    close(fds[1]);
    close(fds[2]);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_process_costs_its_own_requests),
        cmocka_unit_test(processes_that_die_at_once_end_the_server),
        cmocka_unit_test(an_abandoned_server_leaves_no_process),
        cmocka_unit_test(handed_connections_spread_evenly),
        cmocka_unit_test(own_listeners_all_get_some),
        cmocka_unit_test(a_process_stays_with_its_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

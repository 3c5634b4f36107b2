/* scenario_check.c - what descriptors know of a scenario: every mistake is told with its
 * place, what is allowed and what was given. */
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "harness/experiment/scenario_check.h"
#include "harness/third_party/shipped.h"
#include "workload/scenario_read.h"

#define HEAD       "{\"name\":\"x\",\"title\":\"t\",\"question\":\"q\",\"family\":\"io\",\n"
#define PATH(path) "\"requests\":[{\"path\":\"" path "\"}]"
#define WAIT       PATH("/wait:1ms")
#define BACKEND    ",\"backend\":{\"model\":\"event-loop\"}"
#define STEPS                                                                            \
    "wait, block, file, query, insert, resolve, fetch, pgquery, pgsleep, spin, pbkdf2, " \
    "scrypt, encrypt, sign, gzip, gunzip, thumbnail, infer, json, bytes"

#define MODELS                                                                           \
    "iterative, prefork, fork-per-connection, thread-per-connection, thread-pool, "      \
    "event-loop, async-await, event-loop-workers, multi-loop, cluster, epoll, "          \
    "io-uring, "                                                                         \
    "null, apache-event, apache-worker, h2o, nginx, node-cluster, node-http, "           \
    "node-workers"
#define SERVER(options) ",\"server\":{\"options\":{" options "}}"
#define SWEEP(variable, values)                                                          \
    ",\"sweep\":{\"variable\":" variable ",\"values\":" values "}"

static struct models models;

/* The message behind the file's name; "" where the scenario is right. */
static char *check(const char *rest)
{
    struct json_document document;
    struct scenario scenario;
    struct error error = {""};
    char *source = memory_printf("%s%s}", HEAD, rest);
    assert_int_equal(json_open_string(&document, "f", source, &error), 0);
    if (scenario_read_document(&scenario, &document, &error) == 0) {
        int result = scenario_check_runs(&document, &scenario, &models, &error);
        assert_int_equal(result, error.text[0] ? -EINVAL : 0);
        scenario_release(&scenario);
    }
    json_close(&document);
    free(source);
    return memory_copy_string(error.text[0] ? error.text + 1 : "");
}

/* Every option that some model has. */
#define OPTIONS                                                                          \
    "upstream-connections, upstream-timeout, pg-connections, processes, dispatch, "      \
    "stack, threads, cpu, blocking, uv-pool, workers, loops, distribution, pool, "       \
    "stall, "                                                                            \
    "scheduling"
#define EVENT_LOOP_OPTIONS                                                               \
    "cpu, blocking, uv-pool, upstream-connections, upstream-timeout, pg-connections"

#define TEN_STEPS "/spin:1/spin:1/spin:1/spin:1/spin:1/spin:1/spin:1/spin:1/spin:1/spin:1"

static const struct told_mistake {
    const char *rest, *message;
} mistakes[] = {
    /* Steps, as a server refuses them. */
    {PATH("/wiat:50ms"),
     ":2:21: requests[0].path: \"/wiat:50ms\": step 1: expected one of " STEPS
     ", each with its argument as in wait:50ms, got \"wiat\" (did you mean \"wait\"?)"},
    {PATH("/spin:1/wait:50"), ":2:21: requests[0].path: \"/spin:1/wait:50\": step 2: "
                              "wait: expected a time such as "
                              "50ms or 2s, got \"50\""},
    {PATH("/wait:1ms/bytes"),
     ":2:21: requests[0].path: \"/wait:1ms/bytes\": step 2: bytes needs an argument, as "
     "in bytes:64KiB"},
    {PATH(TEN_STEPS TEN_STEPS), ":2:21: requests[0].path: \"" TEN_STEPS
                                "/spin:1/sp...\": expected at most 16 steps"},
    {PATH("/wait:1ms") ",\"clients\":{\"slow_readers\":{\"count\":1,"
                       "\"bytes_per_second\":9,\"path\":\"/bytes:9XB\"}}",
     ":2:100: clients.slow_readers.path: \"/bytes:9XB\": step 1: bytes: expected a size "
     "such as 512 or 64KiB, got \"9XB\""},
    {PATH("/wait:50ms~exq"),
     ":2:21: requests[0].path: \"/wait:50ms~exq\": step 1: wait: expected a time such as "
     "50ms, or 50ms~exp for one that every request draws around this mean, got "
     "\"50ms~exq\""},
    {PATH("/spin:10ms~exp"), ":2:21: requests[0].path: \"/spin:10ms~exp\": step 1: spin: "
                             "expected a whole number such as 8 or 10k, got "
                             "\"10ms~exp\""},
    /* Times, where an amount of work is not in proportion to anything. */
    {PATH("/scrypt:10ms"),
     ":2:21: requests[0].path: \"/scrypt:10ms\": step 1: scrypt: expected a whole number "
     "such as 8 or 10k, got \"10ms\""},
    {PATH("/query:10ms"),
     ":2:21: requests[0].path: \"/query:10ms\": step 1: query: expected a whole number "
     "such as 8 or 10k, got \"10ms\""},
    {PATH("/gzip:10ms:9"),
     ":2:21: requests[0].path: \"/gzip:10ms:9\": step 1: gzip: expected a size such as "
     "512 or 64KiB, got \"10ms\""},
    /* What is asked for. */
    {PATH("/fetch:wait=5ms"),
     ":2:21: requests[0].path: \"/fetch:wait=5ms\" needs a \"backend\" in the scenario"},
    {PATH("/spin:1/pgquery:3"),
     ":2:21: requests[0].path: \"/spin:1/pgquery:3\" needs \"database\": \"postgres\" in "
     "the scenario"},
    {PATH("/fetch:wait=5") BACKEND, ":2:21: requests[0].path: \"/wait:5\": step 1: wait: "
                                    "expected a time such as 50ms or "
                                    "2s, got \"5\""},
    {PATH("/fetch:fetch=wait=5ms") BACKEND,
     ":2:21: requests[0].path: \"/fetch:wait:5ms\" is what the backend is asked for, and "
     "it has nobody to ask in its turn"},
    {PATH("/fetch:pgsleep=5ms") BACKEND ",\"database\":\"postgres\"",
     ":2:21: requests[0].path: \"/pgsleep:5ms\" is what the backend is asked for, and it "
     "has nobody to ask in its turn"},
    {PATH("/wait:1ms") ",\"backend\":{\"model\":\"event-lop\"}",
     ":2:54: backend.model: unknown model \"event-lop\", did you mean \"event-loop\"?; "
     "there are " MODELS},
    {PATH("/wait:1ms") ",\"backend\":{\"model\":\"nginx\"}",
     ":2:54: backend.model: expected a model of this program, got \"nginx\""},
    {PATH("/wait:1ms") ",\"backend\":{\"model\":\"event-loop\",\"options\":{\"threads\":"
                       "1}}",
     ":2:78: backend.options.threads: expected one of " EVENT_LOOP_OPTIONS
     ", got \"threads\""},
    {PATH("/wait:1ms") ",\"backend\":{\"model\":\"event-loop\",\"options\":{\"cpu\":"
                       "\"pol\"}}",
     ":2:84: backend.options.cpu: expected one of loop, uv-pool, got \"pol\""},
    /* Models and their options. */
    {WAIT ",\"models\":[\"thread-pool\",\"event-lop\"]",
     ":2:59: models[1]: unknown model \"event-lop\", did you mean \"event-loop\"?; there "
     "are " MODELS},
    {WAIT ",\"models\":[\"event-loop:threads=3\"]",
     ":2:45: models[0]: event-loop:threads=3: unknown option \"threads\"; there "
     "are " EVENT_LOOP_OPTIONS},
    {WAIT ",\"models\":[\"event-loop:uv-pool=abc\"]",
     ":2:45: models[0]: event-loop:uv-pool=abc: uv-pool: expected a whole number such as "
     "8 or 10k, got \"abc\""},
    {WAIT SERVER("\"thraeds\":64"),
     ":2:56: server.options.thraeds: expected one of " OPTIONS
     ", got \"thraeds\" (did you mean \"threads\"?)"},
    {WAIT SERVER("\"threads\":64,\"threds/x\":1"),
     ":2:69: server.options.threds/x: expected one of " OPTIONS
     ", got \"threds/x\" (did you mean \"threads\"?)"},
    {WAIT SERVER("\"threads\":0"),
     ":2:66: server.options.threads: expected a whole number such as 8 or 10k from 1 to "
     "4096, got \"0\""},
    {WAIT SERVER("\"pg-connections\":\"8s\""),
     ":2:73: server.options.pg-connections: expected a whole number such as 8 or 10k, "
     "got "
     "\"8s\""},
    /* An option that none of the scenario's models has is still one of another. */
    {WAIT ",\"models\":[\"event-loop\"]" SERVER("\"threads\":\"many\""),
     ":2:90: server.options.threads: expected a whole number such as 8 or 10k, got "
     "\"many\""},
    /* Sweeps. */
    {PATH("/bytes:{size}") SWEEP("\"size\"", "[\"1KiB\",\"65MiB\"]"),
     ":2:83: sweep.values[1]: \"/bytes:65MiB\": step 1: bytes: expected a size such as "
     "512 or 64KiB from 0B to 64MiB, got \"65MiB\""},
    {PATH("/{op}:1ms") SWEEP("\"op\"", "[\"wait\"],\"quick\":[\"wiat\"]"),
     ":2:87: sweep.quick[0]: \"/wiat:1ms\": step 1: expected one of " STEPS
     ", each with its argument as in wait:50ms, got \"wiat\" (did you mean \"wait\"?)"},
    {WAIT SWEEP("\"connections\"", "[1,10,\"1\"]"),
     ":2:84: sweep.values[2]: expected every value once, got \"1\" again"},
    {WAIT SERVER("\"threads\":8") SWEEP("\"threads\"", "[8,\"x\"]"),
     ":2:112: sweep.values[1]: expected a whole number such as 8 or 10k, got \"x\""},
    {WAIT SERVER("\"thraeds\":8") SWEEP("\"thraeds\"", "[8,9]"),
     ":2:56: server.options.thraeds: expected one of " OPTIONS
     ", got \"thraeds\" (did you mean \"threads\"?)"},
    /* Digests. */
    {"\"requests\":[{\"path\":\"/spin:1\",\"digest\":\"5D41402A\"}]",
     ":2:40: requests[0].digest: expected 8 digits of 0-9 and a-f, got \"5D41402A\""},
};

static void mistakes_are_told_with_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
        char *message = check(mistakes[i].rest);
        if (strcmp(message, mistakes[i].message) != 0)
            fail_msg("%s\n  said: %s\n  not:  %s", mistakes[i].rest, message,
                     mistakes[i].message);
        free(message);
    }
}

static const char *const right[] = {
    WAIT,
    PATH("/"),
    PATH("/spin:10ms/gzip:2.5ms/gunzip:1ms/query:3/bytes:1KiB"),
    PATH("/fetch:spin=10ms,bytes=1KiB/fetch:") BACKEND,
    PATH("/pgquery:3/pgsleep:1ms~exp") ",\"database\":\"postgres\"",
    WAIT ",\"models\":[\"null\",\"nginx\",\"thread-pool:threads=8:dispatch=connection\"]",
    WAIT SERVER("\"threads\":64,\"workers\":\"cores\",\"upstream-timeout\":\"2s\""),
    /* "cores" is nothing for a thread pool, but for the one that is asked for. */
    WAIT ",\"models\":[\"h2o\"]" SERVER("\"threads\":\"cores\""),
    WAIT SERVER("\"uv-pool\":4") SWEEP("\"uv-pool\"", "[1,16],\"quick\":[16]"),
    PATH("/spin:{work}") SWEEP("\"work\"", "[\"200k\",\"10ms\"]"),
    "\"requests\":[{\"path\":\"/spin:1\",\"digest\":\"5d41402a\"}]",
};

static void right_scenarios_are_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(right); i++) {
        char *message = check(right[i]);
        if (*message)
            fail_msg("%s\n  said: %s", right[i], message);
        free(message);
    }
}

static int gather_models(void **state)
{
    (void)state;
    struct error error;
    models_add_ours(&models);
    return references_add_shipped(&models, &error);
}

static int release_models(void **state)
{
    (void)state;
    models_release(&models);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_told_with_their_place),
        cmocka_unit_test(right_scenarios_are_accepted),
    };
    return cmocka_run_group_tests(tests, gather_models, release_models);
}

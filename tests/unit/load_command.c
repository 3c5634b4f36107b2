/*
 * The `load` command as a process: exit codes, its JSON, the events that it tells, and
 * SIGINT. $INTERLEAVE is the program.
 */
#include "tests/test.h"

#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/json.h"
#include "base/json_document.h"
#include "base/text.h"
#include "tests/support/folder.h"
#include "tests/unit/load_server.h"

extern char **environ;

/* Starts `interleave load` with the words of `arguments`; `fd` becomes its fd 7. */
static pid_t start_load(const char *arguments, int fd)
{
    const char *program = getenv("INTERLEAVE");
    if (!program)
        skip();
    size_t count;
    char *line = memory_printf("%s load %s", program, arguments);
    char **words = text_split(line, ' ', &count);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    char *output = memory_printf("%s/stdout", folder);
    char *errors = memory_printf("%s/stderr", folder);
    int flags = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, errors, flags, 0600);
    if (fd >= 0)
        posix_spawn_file_actions_adddup2(&actions, fd, 7);
    pid_t pid;
    assert_int_equal(posix_spawn(&pid, program, &actions, NULL, words, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    text_list_free(words);
    free(line);
    free(output);
    free(errors);
    return pid;
}

static int wait_for_exit(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static char *read_output(const char *name)
{
    struct error error;
    char *path = memory_printf("%s/%s", folder, name), *text;
    assert_int_equal(file_read(path, &text, NULL, &error), 0);
    free(path);
    return text;
}

static void expect_exit(const char *arguments, int exit_code, const char *message)
{
    assert_int_equal(wait_for_exit(start_load(arguments, -1)), exit_code);
    char *errors = read_output("stderr");
    if (!strstr(errors, message))
        fail_msg("\"%s\" should mention \"%s\"", errors, message);
    free(errors);
}

static struct server_answer answer_good(uint64_t number, const char *request)
{
    (void)number;
    (void)request;
    return (struct server_answer){SERVER_REPLY, REPLY_GOOD};
}

static void test_usage_errors(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"--quiet", "no server is given"},
        {"ftp://127.0.0.1/", "expected http://HOST"},
        {"http://127.0.0.1:99999/", "1..65535"},
        {"http://127.0.0.1:1/a http://127.0.0.1:2/b", "with --request"},
        {"http://192.0.2.1/", "--remote"},
        {"http://127.0.0.1:1/a#b", "\"#\""},
        {"http://127.0.0.1:1 --request nonsense", "--request"},
        {"http://127.0.0.1:1 --request a=0:/", "weight above 0"},
        {"http://127.0.0.1:1 --request a=1/s,often:/", "poisson"},
        {"http://127.0.0.1:1 --request a=1/s:/ --request b=2:/", "some requests"},
        {"http://127.0.0.1:1 --connections 0", "--connections"},
        {"http://127.0.0.1:1 --connections 999999", "ulimit"},
        {"http://127.0.0.1:1 --interval 1ms --duration 1h", "--interval"},
        {"http://127.0.0.1:1 --events 99", "--events"},
        {"http://127.0.0.1:1 --cpus x", "list of CPUs"},
        {"http://127.0.0.1:1 --seed x", "--seed"},
        {"http://127.0.0.1:1 --expect p99", "--expect"},
        {"http://127.0.0.1:1 --expect light:p99<1s", "class \"light\""},
        {"http://127.0.0.1:1 --scenario /nonexistent", "/nonexistent"},
        {"127.0.0.1:1 --json /nonexistent/x", "/nonexistent/x: cannot create"},
        {"127.0.0.1:1 --histogram /nonexistent/x", "/nonexistent/x: cannot create"},
        {"127.0.0.1:1 --rate 2M/s", "1M/s each"},
        {"127.0.0.1:1 --header Connection:close", "Connection is not to be given"},
        {"127.0.0.1:1 --header A:b\nC:d", "byte 4 of \"A\" is 0x0a"},
        {"127.0.0.1:1 --method A:B", "--method: expected a method"},
        {"127.0.0.1:1 --body-file -", "name a file"},
        {"127.0.0.1:1 --body-file /nonexistent/x", "/nonexistent/x: No such file"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect_exit(cases[i][0], 2, cases[i][1]);
}

static void test_unreachable_target(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_good};
    server_start(&server);
    server_stop(&server);
    char *arguments = memory_printf("%s --duration 100ms", server.url);
    expect_exit(arguments, 1, "is the server running?");
    expect_exit(strstr(arguments, "127"), 1, "is the server running?"); /* no http:// */
    expect_exit("http://no-such-host.invalid/", 1, "cannot find the address");
    free(arguments);
}

/* Parses what the command wrote to stdout. */
static void read_json(struct json_document *document)
{
    struct error error;
    char *text = read_output("stdout");
    if (json_open_string(document, "stdout", text, &error) < 0)
        fail_msg("%s", error.text);
    free(text);
}

static double number_at(const struct json_document *document, const char *path)
{
    const cJSON *node = json_at(document->root, path);
    assert_non_null(node);
    assert_true(cJSON_IsNumber(node));
    return node->valuedouble;
}

static void test_json_is_complete(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_good};
    server_start(&server);
    char *arguments = memory_printf(
        "%s --request a=2:/x --request b=1:/y --rate 500/s --arrivals constant -c 8 "
        "--warmup 50ms --duration 500ms --interval 100ms --json - --quiet --seed 5 "
        "--histogram %s/latency.hgrm",
        server.url, folder);
    int exit_code = wait_for_exit(start_load(arguments, -1));
    server_stop(&server);
    struct json_document json;
    read_json(&json);
    bool valid = cJSON_IsTrue(json_at(json.root, "valid"));
    assert_int_equal(exit_code, valid ? 0 : 3);
    assert_true(number_at(&json, "schema_version") == 1);
    assert_true(number_at(&json, "offered_rps") == 500);
    assert_true(fabs(number_at(&json, "counts/scheduled") - 250) <= 1);
    assert_true(number_at(&json, "whole_run/sent") == (double)server.requests);
    assert_true(number_at(&json, "seed") == 5);
    static const char *const distributions[] = {"latency_ns", "service_ns",
                                                "first_byte_ns", "schedule_lag_ns",
                                                "classes/a/latency_ns"};
    static const char *const keys[] = {"count", "mean", "stddev", "min", "p50",
                                       "p75",   "p90",  "p95",    "max"};
    for (size_t d = 0; d < COUNT_OF(distributions); d++)
        for (size_t k = 0; k < COUNT_OF(keys); k++) {
            char *path = memory_printf("%s/%s", distributions[d], keys[k]);
            assert_true(number_at(&json, path) > 0);
            free(path);
        }
    assert_true(number_at(&json, "connect_ns/count") == 8);
    assert_true(number_at(&json, "connect_ns/max") > 0);
    assert_true(number_at(&json, "traffic/statuses/200") ==
                number_at(&json, "counts/ok"));
    /* By when they came, and not by which request they answer: near the edges. */
    assert_true(
        fabs(number_at(&json, "traffic/received_bytes") / (double)strlen(REPLY_GOOD) -
             number_at(&json, "counts/ok")) <= 8);
    assert_true(number_at(&json, "whole_run/closed_idle") == 0);
    /* 250 samples are too few for p99: not measured is null. */
    assert_true(cJSON_IsNull(json_at(json.root, "latency_ns/p99")));
    assert_int_equal(cJSON_GetArraySize(json_at(json.root, "series")), 5);
    assert_true(number_at(&json, "classes/a/counts/ok") +
                    number_at(&json, "classes/b/counts/ok") ==
                number_at(&json, "counts/ok"));
    assert_true(number_at(&json, "generator/cpu_s") > 0);
    assert_int_equal(cJSON_GetArraySize(json_at(json.root, "checks/gaps")), 1);
    assert_true(number_at(&json, "checks/latency_lag1_rank") >= -1);
    assert_null(json_at(json.root, "latency_ns/buckets"));
    json_close(&json);
    /* One for all, and one for each class. */
    static const char *const histograms[] = {"latency.hgrm", "latency.a.hgrm",
                                             "latency.b.hgrm"};
    for (size_t i = 0; i < COUNT_OF(histograms); i++) {
        char *histogram = read_output(histograms[i]);
        assert_non_null(strstr(histogram, "1/(1-Percentile)"));
        free(histogram);
    }
    free(arguments);
}

/* One line from the socket, or "" at its end. */
static void read_line(int fd, char *line, size_t bytes)
{
    size_t length = 0;
    while (length + 1 < bytes && read(fd, line + length, 1) == 1 && line[length] != '\n')
        length++;
    line[length] = '\0';
}

/* Up to "measuring"; the answer is given where it waits for one. */
static void follow_to_the_window(int events)
{
    static const char *const phases[] = {"connected", "warmup", "measuring"};
    char line[32];
    assert_int_equal(write(events, "x", 1), 1);
    for (size_t i = 0; i < COUNT_OF(phases); i++) {
        read_line(events, line, sizeof line);
        assert_string_equal(line, phases[i]);
    }
}

static void test_events_hold_the_connections(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_good};
    server_start(&server);
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    char *arguments = memory_printf(
        "%s -c 3 --warmup 50ms --duration 200ms --events 7 --quiet", server.url);
    pid_t pid = start_load(arguments, pair[1]);
    close(pair[1]);
    static const struct {
        const char *word;
        bool waits; /* it says nothing more, and lives, until it is told to go on */
    } phases[] = {
        {"connected", true}, {"warmup", false}, {"measuring", false}, {"measured", true}};
    char line[32];
    for (size_t i = 0; i < COUNT_OF(phases); i++) {
        read_line(pair[0], line, sizeof line);
        assert_string_equal(line, phases[i].word);
        if (!phases[i].waits)
            continue;
        struct pollfd watched = {.fd = pair[0], .events = POLLIN};
        assert_int_equal(poll(&watched, 1, 300), 0);
        assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
        assert_int_equal(write(pair[0], "x", 1), 1);
    }
    read_line(pair[0], line, sizeof line);
    assert_string_equal(line, "done");
    int exit_code = wait_for_exit(pid);
    assert_true(exit_code == 0 || exit_code == 3);
    close(pair[0]);
    server_stop(&server);
    free(arguments);
}

static struct server_answer answer_never(uint64_t number, const char *request)
{
    (void)number;
    (void)request;
    return (struct server_answer){SERVER_IGNORE, NULL};
}

/* Ctrl-C, after this long a part of the measured time. */
static void interrupt_load(const char *arguments, uint64_t after_ns)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    pid_t pid = start_load(arguments, pair[1]);
    close(pair[1]);
    follow_to_the_window(pair[0]);
    clock_sleep_until_ns(clock_now_ns() + after_ns);
    assert_int_equal(kill(pid, SIGINT), 0);
    assert_int_equal(wait_for_exit(pid), 130);
    close(pair[0]);
}

static void test_sigint_leaves_a_result(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_good};
    server_start(&server);
    char *arguments = memory_printf(
        "%s -c 4 --warmup 0s --duration 60s --interval 10ms --json - --events 7",
        server.url);
    interrupt_load(arguments, 200 * NS_PER_MS);
    server_stop(&server);
    struct json_document json;
    read_json(&json);
    assert_true(cJSON_IsTrue(json_at(json.root, "interrupted")));
    double duration_s = number_at(&json, "duration_s");
    assert_true(duration_s >= 0.2 && duration_s < 60);
    assert_true(number_at(&json, "counts/ok") > 0);
    assert_true(number_at(&json, "counts/ok") == number_at(&json, "counts/scheduled"));
    double steps = cJSON_GetArraySize(json_at(json.root, "series"));
    assert_true(fabs(steps - duration_s / 0.01) <= 1);
    json_close(&json);
    free(arguments);
}

/* What is due and unsent is not worked off after an interrupt, nor is the drain. */
static void test_sigint_under_overload(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_never};
    server_start(&server);
    char *arguments = memory_printf("%s -c 4 --rate 1M/s --warmup 0s --duration 600s "
                                    "--timeout none --drain 600s --json - --events 7",
                                    server.url);
    interrupt_load(arguments, 300 * NS_PER_MS);
    server_stop(&server);
    struct json_document json;
    read_json(&json);
    assert_true(cJSON_IsTrue(json_at(json.root, "interrupted")));
    assert_true(number_at(&json, "counts/in_flight") == 4);
    assert_true(number_at(&json, "counts/dropped") > 0);
    json_close(&json);
    free(arguments);
}

/* The first line says what became of the load, and one of a kind is no plural. */
static void test_summary_of_an_overload(void **state)
{
    (void)state;
    static const struct {
        server_script *script;
        const char *arguments;
        bool carried;
    } cases[] = {
        {answer_never, "--rate 200/s --timeout 50ms", false}, /* fails */
        {answer_never, "--rate 200/s --drain 0s", false},     /* waits in the server */
        {answer_never, "--rate 200/s -c 1 --drain 0s", false},
        {answer_good, "--rate 200/s -c 4", true},
        {answer_good, "-c 1 -n 1 --idle 1", true},
    };
    regex_t plural;
    assert_int_equal(regcomp(&plural,
                             "(^|[ (])1 (connections|requests|threads|replies|errors|"
                             "bytes|idle connections|slow readers) ",
                             REG_EXTENDED | REG_NOSUB),
                     0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scripted_server server = {.script = cases[i].script};
        server_start(&server);
        char *arguments = memory_printf("%s --warmup 0s --duration 400ms %s", server.url,
                                        cases[i].arguments);
        wait_for_exit(start_load(arguments, -1));
        server_stop(&server);
        char *errors = read_output("stderr");
        char *first = strstr(errors, "\n\n");
        assert_non_null(first);
        bool carried = strncmp(first + 2, "the load was not carried: ", 26) != 0;
        if (carried != cases[i].carried || regexec(&plural, errors, 0, NULL, 0) == 0)
            fail_msg("%s:\n%s", arguments, errors);
        free(errors);
        free(arguments);
    }
    regfree(&plural);
}

/* 0: good, 1: elsewhere, 2: not there, 3: the connection is closed, and so on. */
static struct server_answer answer_by_turns(uint64_t number, const char *request)
{
    (void)request;
    static const struct server_answer answers[] = {
        {SERVER_REPLY, REPLY_GOOD},
        {SERVER_REPLY, "HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"},
        {SERVER_REPLY, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"},
        {SERVER_CLOSE, NULL},
    };
    return answers[number % COUNT_OF(answers)];
}

static void test_summary_of_the_connections(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_by_turns};
    server_start(&server);
    char *arguments =
        memory_printf("%s -n 29 --warmup 0s --verify status --method PUT", server.url);
    wait_for_exit(start_load(arguments, -1));
    server_stop(&server);
    static const char *const lines[] = {
        "\nstatus 200: ",
        ", 301: ",
        ", 404: ",
        " (3xx count as ok, and are not followed)\n",
        " closed by the server; ",
        " on the way there, and sent again\n",
        "\n(to the first byte) ",
        "\n(to connect) ",
        " received (",
        " sent (",
    };
    char *errors = read_output("stderr");
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        if (!strstr(errors, lines[i]))
            fail_msg("\"%s\" is not in\n%s", lines[i], errors);
    free(errors);
    free(arguments);
}

/* A generator that was stopped says so, and does not blame the server. */
static void test_own_stall_is_flagged(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_good};
    server_start(&server);
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    char *arguments = memory_printf(
        "%s -c 4 --rate 200/s --warmup 0s --duration 1s --json - --events 7", server.url);
    pid_t pid = start_load(arguments, pair[1]);
    close(pair[1]);
    follow_to_the_window(pair[0]);
    assert_int_equal(kill(pid, SIGSTOP), 0);
    clock_sleep_until_ns(clock_now_ns() + 400 * NS_PER_MS);
    assert_int_equal(kill(pid, SIGCONT), 0);
    close(pair[0]);
    assert_int_equal(wait_for_exit(pid), 3);
    server_stop(&server);
    struct json_document json;
    read_json(&json);
    assert_true(cJSON_IsFalse(json_at(json.root, "valid")));
    assert_true(number_at(&json, "generator/longest_stall_ns") >= 300e6);
    /* The lost time is in the latencies all the same: they count from the schedule. */
    assert_true(number_at(&json, "latency_ns/p90") >= 200e6);
    assert_true(number_at(&json, "counts/ok") == number_at(&json, "counts/scheduled"));
    bool flagged = false;
    const cJSON *warning;
    cJSON_ArrayForEach(warning, json_at(json.root, "warnings"))
    {
        flagged |= strcmp(json_string(warning, "code"), "generator_stalled") == 0;
    }
    assert_true(flagged);
    json_close(&json);
    free(arguments);
}

/* A missed limit is exit 1, unless nothing that was measured can be believed. */
static void test_expectations_decide(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_good};
    server_start(&server);
    static const struct {
        const char *limits;
        bool met;
    } cases[] = {
        {"--expect errors=0 --expect p50<1m", true},
        {"--expect errors=0 --expect p50<1ns", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *arguments =
            memory_printf("%s -c 2 --warmup 0s --duration 200ms --json - %s", server.url,
                          cases[i].limits);
        int exit_code = wait_for_exit(start_load(arguments, -1));
        free(arguments);
        struct json_document json;
        read_json(&json);
        bool valid = cJSON_IsTrue(json_at(json.root, "valid"));
        assert_int_equal(exit_code, !valid ? 3 : cases[i].met ? 0 : 1);
        const cJSON *list = json_at(json.root, "expectations");
        assert_int_equal(cJSON_GetArraySize(list), 2);
        const cJSON *latency = cJSON_GetArrayItem(list, 1);
        assert_int_equal(cJSON_IsTrue(json_at(latency, "met")), cases[i].met);
        assert_true(json_number(latency, "value") > 0);
        json_close(&json);
        char *errors = read_output("stderr");
        assert_non_null(
            strstr(errors, cases[i].met ? "met     p50<1m" : "MISSED  p50<1ns"));
        /* No live line where there is no terminal. */
        assert_null(strstr(errors, "\r"));
        free(errors);
    }
    server_stop(&server);
}

static void test_scenario_is_run(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_good};
    struct error error;
    server_start(&server);
    char *path = memory_printf("%s/tiny.json", folder);
    const char *scenario =
        "{\"name\": \"tiny\", \"title\": \"T\", \"question\": \"Q?\",\n"
        " \"family\": \"io\",\n"
        " \"requests\": [{\"path\": \"/a\", \"class\": \"a\"}],\n"
        " \"load\": {\"connections\": 3, \"warmup\": \"0s\", \"duration\": \"300ms\"}}\n";
    assert_int_equal(file_write_atomic(path, scenario, strlen(scenario), &error), 0);
    char *arguments =
        memory_printf("--scenario %s --target %s --json -", path, server.url);
    int exit_code = wait_for_exit(start_load(arguments, -1));
    server_stop(&server);
    assert_true(exit_code == 0 || exit_code == 3);
    assert_int_equal(server.accepted, 3);
    struct json_document json;
    read_json(&json);
    assert_true(number_at(&json, "duration_s") == 0.3);
    assert_true(number_at(&json, "classes/a/counts/ok") > 0);
    json_close(&json);
    free(path);
    free(arguments);
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"stdout",         "stderr",
                                        "latency.hgrm",   "latency.a.hgrm",
                                        "latency.b.hgrm", "tiny.json"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char *path = memory_printf("%s/%s", folder, names[i]);
        unlink(path);
        free(path);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usage_errors),
        cmocka_unit_test(test_unreachable_target),
        cmocka_unit_test(test_json_is_complete),
        cmocka_unit_test(test_events_hold_the_connections),
        cmocka_unit_test(test_sigint_leaves_a_result),
        cmocka_unit_test(test_sigint_under_overload),
        cmocka_unit_test(test_summary_of_an_overload),
        cmocka_unit_test(test_summary_of_the_connections),
        cmocka_unit_test(test_own_stall_is_flagged),
        cmocka_unit_test(test_expectations_decide),
        cmocka_unit_test(test_scenario_is_run),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

/*
 * Shapes of load: pipelines, thinking clients, requests per connection, phases, limits,
 * traces, several targets of all families, and clients beside the active ones.
 */
#include "tests/test.h"

#include <math.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/file.h"
#include "tests/support/folder.h"
#include "tests/unit/load_fixture.h"

static struct server_answer answer_good(uint64_t number, const char *request)
{
    (void)number;
    bool last = strstr(request, "Connection: close\r\n") != NULL;
    return (struct server_answer){
        last ? SERVER_REPLY_AND_CLOSE : SERVER_REPLY,
        last ? "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n"
               "Interleave-Digest: 1\r\n\r\nhello"
             : REPLY_GOOD};
}

struct shape_fixture {
    struct scripted_server server;
    struct load_plan plan;
    struct load_result result;
};

static void begin(struct shape_fixture *fixture, server_script *script)
{
    *fixture = (struct shape_fixture){.server = {.script = script}};
    server_start(&fixture->server);
    make_plan(&fixture->plan, &fixture->server);
}

static void end(struct shape_fixture *fixture)
{
    release(&fixture->plan, &fixture->result);
}

/* Everything that was scheduled came back, and the server counts the same. */
static void run_cleanly(struct shape_fixture *fixture)
{
    run(&fixture->plan, &fixture->server, &fixture->result);
    struct counts counts = fixture->result.counts;
    assert_true(counts.ended[OUTCOME_OK] > 0);
    assert_int_equal(counts.ended[OUTCOME_OK], counts.scheduled);
    assert_int_equal(fixture->result.whole_run.sent, fixture->server.requests);
}

static void test_pipelines(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        bool open = i % 2, limited = i / 2;
        struct shape_fixture f;
        begin(&f, answer_good);
        f.plan.workload.pipeline = 8;
        f.plan.workload.connections = 3;
        f.plan.workload.rate_rps = open ? 3000 : 0;
        f.plan.workload.requests_per_connection = limited ? 20 : 0;
        run_cleanly(&f);
        if (limited) {
            assert_true(f.server.accepted >= f.server.requests / 20);
            assert_true(f.server.accepted <= f.server.requests / 20 + 3);
        } else {
            assert_int_equal(f.server.accepted, 3);
        }
        end(&f);
    }
}

static struct server_answer answer_10_then_close(uint64_t number, const char *request)
{
    (void)request;
    bool last = number % 10 == 9;
    return (struct server_answer){
        last ? SERVER_REPLY_AND_CLOSE : SERVER_REPLY,
        last ? "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n"
               "Interleave-Digest: 1\r\n\r\nhello"
             : REPLY_GOOD};
}

/* A server that announces its close leaves requests unanswered: they are sent again. */
static void test_pipeline_outlives_its_connection(void **state)
{
    (void)state;
    struct shape_fixture f;
    begin(&f, answer_10_then_close);
    f.plan.workload.pipeline = 4;
    f.plan.workload.connections = 1;
    run(&f.plan, &f.server, &f.result);
    struct counts counts = f.result.counts;
    assert_true(counts.ended[OUTCOME_OK] > 10);
    /* The close may cross what we wrote, which resets the connection before the reply
     * that announced it was read. */
    assert_int_equal(counts.ended[OUTCOME_OK] + counts.ended[OUTCOME_NET_ERROR],
                     counts.scheduled);
    assert_true(f.server.accepted > 1);
    end(&f);
}

static struct server_answer answer_badly_once(uint64_t number, const char *request)
{
    (void)request;
    return (struct server_answer){SERVER_REPLY,
                                  number == 5 ? "nonsense\r\n\r\n" : REPLY_GOOD};
}

static void test_failure_takes_the_pipeline_along(void **state)
{
    (void)state;
    struct shape_fixture f;
    begin(&f, answer_badly_once);
    f.plan.workload.pipeline = 4;
    f.plan.workload.connections = 1;
    f.plan.workload.warmup_ns = 0;
    run(&f.plan, &f.server, &f.result);
    const uint64_t *failures = f.result.failures;
    assert_int_equal(failures[FAILURE_MALFORMED], 1);
    assert_in_range(failures[FAILURE_BEHIND], 1, 3);
    end(&f);
}

static void test_requests_per_connection(void **state)
{
    (void)state;
    for (int open = 0; open < 2; open++) {
        struct shape_fixture f;
        begin(&f, answer_good);
        f.plan.workload.requests_per_connection = 5;
        f.plan.workload.rate_rps = open ? 1000 : 0;
        run_cleanly(&f);
        assert_in_range(f.server.accepted, f.server.requests / 5,
                        f.server.requests / 5 + 4);
        end(&f);
    }
}

/* N clients that think Z cannot make more than N/Z requests a second. */
static void test_clients_think(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct shape_fixture f;
        begin(&f, answer_good);
        f.plan.workload.think_ns = 20 * NS_PER_MS;
        f.plan.workload.think_times = kind;
        f.plan.workload.connections = 8;
        f.plan.workload.duration_ns = NS_PER_S;
        run_cleanly(&f);
        struct counts counts = f.result.counts;
        double most = 8 / 0.02, seen = (double)counts.scheduled;
        assert_true(seen <= (kind == THINK_CONSTANT ? most + 8 : most + 5 * sqrt(most)));
        assert_true(f.result.service.mean_ns == f.result.latency.mean_ns);
        end(&f);
    }
}

static void test_limit_of_requests(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct shape_fixture f;
        begin(&f, answer_good);
        f.plan.workload.rate_rps = i % 2 ? 2000 : 0;
        f.plan.threads = i / 2 ? 3 : 1;
        f.plan.workload.request_limit = 301;
        f.plan.workload.duration_ns = 60 * NS_PER_S;
        f.plan.workload.warmup_ns = i ? 0 : 10 * NS_PER_MS;
        run_cleanly(&f);
        assert_int_equal(f.result.counts.scheduled, 301);
        assert_true(f.result.duration_s < 60);
        /* By time: some replies may be those of the warm-up's last requests. */
        assert_in_range(llround(f.result.throughput_rps * f.result.duration_s), 301,
                        301 + 4);
        assert_false(f.result.interrupted);
        end(&f);
    }
}

static void test_connections_as_needed(void **state)
{
    (void)state;
    struct shape_fixture f;
    begin(&f, answer_good);
    f.plan.workload.connections = 0;
    f.plan.workload.max_connections = 40;
    f.plan.workload.rate_rps = 500;
    f.plan.workload.arrivals = ARRIVALS_CONSTANT;
    f.server.stall_at = 50;
    f.server.stall_ns = 30 * NS_PER_MS;
    run_cleanly(&f);
    /* Fewer than there may be, and more than one: a stall of 15 arrivals needs them. */
    assert_in_range(f.server.accepted, 10, 40);
    end(&f);
}

/* As many as the phases say, whatever the machine does: 60, 300 and 0. */
static void test_phases_of_rates(void **state)
{
    (void)state;
    static const struct load_phase phases[] = {
        {.shape = PHASE_STEP, .duration_ns = 300 * NS_PER_MS, .level = 200},
        {.shape = PHASE_RAMP, .duration_ns = 300 * NS_PER_MS, .level = 0, .to = 2000},
        {.shape = PHASE_STEP, .duration_ns = 300 * NS_PER_MS, .level = 0},
    };
    struct shape_fixture f;
    begin(&f, answer_good);
    for (size_t i = 0; i < COUNT_OF(phases); i++)
        workload_add_phase(&f.plan.workload, &phases[i]);
    f.plan.workload.duration_ns = 0;
    f.plan.workload.arrivals = ARRIVALS_CONSTANT;
    f.plan.threads = 2;
    run_cleanly(&f);
    assert_in_range(f.result.counts.scheduled, 359, 361);
    assert_true(f.plan.transient);
    end(&f);
}

static void test_phases_of_clients(void **state)
{
    (void)state;
    static const struct load_phase phases[] = {
        {.duration_ns = 300 * NS_PER_MS, .level = 1, .of_clients = true},
        {.duration_ns = 300 * NS_PER_MS, .level = 6, .of_clients = true},
        {.duration_ns = 300 * NS_PER_MS, .level = 2, .of_clients = true},
    };
    struct shape_fixture f;
    begin(&f, answer_good);
    for (size_t i = 0; i < COUNT_OF(phases); i++)
        workload_add_phase(&f.plan.workload, &phases[i]);
    f.plan.workload.duration_ns = 0;
    f.plan.workload.think_ns = 5 * NS_PER_MS;
    f.plan.threads = 2;
    run_cleanly(&f);
    assert_int_equal(f.server.accepted, 6);
    /* No more than the clients of each phase can do: (1 + 6 + 2) x 0.3 s / 5 ms. */
    assert_in_range(f.result.counts.scheduled, 1, 540 + 9);
    end(&f);
}

static void test_trace_is_replayed(void **state)
{
    (void)state;
    struct error error;
    struct shape_fixture f;
    char path[] = "/tmp/interleave-trace-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    const char *text = "0,/a,x\n0.1,/b,y\n0.1,/a,x\n0.4,/a,x\n0.8,/b,y\n";
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    begin(&f, answer_good);
    workload_release(&f.plan.workload);
    workload_init(&f.plan.workload);
    assert_int_equal(workload_read_trace(&f.plan.workload, path, 2, &error), 0);
    unlink(path);
    f.plan.workload.connections = 3;
    f.plan.threads = 2;
    run_cleanly(&f);
    assert_int_equal(f.result.classes[0].counts.scheduled, 3);
    assert_int_equal(f.result.classes[1].counts.scheduled, 2);
    assert_true(fabs(f.result.duration_s - 0.401) < 1e-9);
    end(&f);
}

/* ---- targets ----------------------------------------------------------------------- */

static void add_target(struct load_plan *plan, const char *url)
{
    struct target target;
    struct error error;
    char *path;
    if (target_parse(&target, &path, url, &error) < 0)
        fail_msg("%s", error.text);
    free(path);
    load_plan_add_target(plan, &target);
}

/* As they are typed; NULL: refused. */
static void test_forms_of_a_target(void **state)
{
    (void)state;
    static const struct {
        const char *text, *path;
    } cases[] = {
        {"http://127.0.0.1:8080/a?b=c", "/a?b=c"},
        {"127.0.0.1:8080", ""},
        {"127.0.0.1/wait:5ms", "/wait:5ms"},
        {"127.0.0.1:8080/?from=http://127.0.0.1/", "/?from=http://127.0.0.1/"},
        {"3*127.0.0.1:8080/", "/"},
        {"[::1]:8080/", "/"},
        {"unix:/run/server:/a", "/a"},
        {"ftp://127.0.0.1/", NULL},
        {"https://127.0.0.1/", NULL},
        {"/wait:5ms", NULL},
        {"://", NULL},
        {"wait", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct target target;
        struct error error;
        char *path;
        int result = target_parse(&target, &path, cases[i].text, &error);
        if ((result == 0) != (cases[i].path != NULL) ||
            (result == 0 && strcmp(path ? path : "", cases[i].path) != 0))
            fail_msg("%s: %d, %s", cases[i].text, result,
                     result < 0 ? error.text
                     : path     ? path
                                : "no path");
        if (result == 0)
            target_release(&target);
        free(path);
    }
}

static void test_targets_share_the_load(void **state)
{
    (void)state;
    struct shape_fixture f;
    struct scripted_server second = {.script = answer_good};
    begin(&f, answer_good);
    server_start(&second);
    char *url = memory_printf("3*%s", second.url);
    add_target(&f.plan, url);
    free(url);
    f.plan.workload.connections = 16;
    f.plan.workload.rate_rps = 2000;
    run(&f.plan, &f.server, &f.result);
    server_stop(&second);
    struct counts counts = f.result.counts;
    assert_int_equal(counts.ended[OUTCOME_OK], counts.scheduled);
    assert_int_equal(f.server.accepted, 4);
    assert_int_equal(second.accepted, 12);
    assert_int_equal(f.result.targets[0].sent, f.server.requests);
    assert_int_equal(f.result.targets[1].sent, second.requests);
    end(&f);
}

/* ::1 stands first for localhost in most systems, and servers listen on 127.0.0.1. */
static void test_addresses_are_tried_in_order(void **state)
{
    (void)state;
    struct shape_fixture f;
    begin(&f, answer_good);
    struct target target = f.plan.targets[0];
    struct sockaddr_in here, closed;
    memcpy(&here, &target.address.socket, sizeof here);
    closed = here;
    closed.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    struct sockaddr_in6 none = {.sin6_family = AF_INET6,
                                .sin6_addr = IN6ADDR_LOOPBACK_INIT,
                                .sin6_port = here.sin_port};
    struct target several = {.url = target.url};
    target_add_address(&several, (struct sockaddr *)&none, sizeof none);
    target_add_address(&several, (struct sockaddr *)&closed, sizeof closed);
    assert_true(target_is_loopback(&several));
    struct error error;
    assert_true(target_choose_address(&several, &error) < 0);
    assert_non_null(strstr(error.text, "::1: "));
    assert_non_null(strstr(error.text, "127.0.0.2: Connection refused"));
    target_add_address(&several, (struct sockaddr *)&here, sizeof here);
    if (target_choose_address(&several, &error) < 0)
        fail_msg("%s", error.text);
    assert_true(target_equal(&several, &target));
    here.sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1 */
    target_add_address(&several, (struct sockaddr *)&here, sizeof here);
    assert_false(target_is_loopback(&several));
    free(f.plan.targets[0].addresses);
    several.url = NULL;
    f.plan.targets[0].addresses = several.addresses;
    f.plan.targets[0].address_count = several.address_count;
    f.plan.targets[0].address = several.address;
    run(&f.plan, &f.server, &f.result);
    assert_true(f.result.counts.ended[OUTCOME_OK] > 0);
    end(&f);
}

static void test_ipv6_and_unix_sockets(void **state)
{
    (void)state;
    struct sockaddr_in6 six = {.sin6_family = AF_INET6,
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    assert_int_equal(make_folder(state), 0);
    snprintf(local.sun_path, sizeof local.sun_path, "%s/s", folder);
    for (int i = 0; i < 4; i++) {
        struct scripted_server server = {.script = answer_good};
        struct load_plan plan;
        struct load_result result;
        int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
        six.sin6_port = 0;
        bool no_six = probe < 0 || bind(probe, (struct sockaddr *)&six, sizeof six) < 0;
        if (probe >= 0)
            close(probe);
        if (i % 2 == 0 && no_six)
            continue;
        if (i % 2 == 0) {
            server_start_at(&server, (struct sockaddr *)&six, sizeof six);
            snprintf(server.url, sizeof server.url, "http://[::1]:%d",
                     ntohs(six.sin6_port));
        } else {
            server_start_at(&server, (struct sockaddr *)&local, sizeof local);
            snprintf(server.url, sizeof server.url, "unix:%s:/path", local.sun_path);
        }
        make_plan(&plan, &server);
        plan.workload.requests_per_connection = (uint64_t)i / 2;
        run(&plan, &server, &result);
        struct counts counts = result.counts;
        assert_true(counts.ended[OUTCOME_OK] > 0);
        assert_int_equal(counts.ended[OUTCOME_OK], counts.scheduled);
        release(&plan, &result);
        unlink(local.sun_path);
    }
    rmdir(folder);
}

/* A network of this process alone, with eight ports. False where that is not allowed. */
static bool enter_small_network(void)
{
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
        return false;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &loopback) == 0;
    if (fd >= 0)
        close(fd);
    FILE *range = fopen("/proc/sys/net/ipv4/ip_local_port_range", "w");
    bool narrow = range && fprintf(range, "40000 40007\n") > 0;
    narrow = range && fclose(range) == 0 && narrow;
    return up && narrow;
}

#define EXIT_SKIP 77

/* In the child: 20 connections of one request each, out of 8 ports. */
static int run_with_few_ports(unsigned sources)
{
    if (!enter_small_network())
        return EXIT_SKIP;
    struct shape_fixture f;
    begin(&f, answer_good);
    f.plan.sources = sources;
    f.plan.workload.connections = 6;
    f.plan.workload.idle = 14;
    struct error error;
    if (load_plan_build(&f.plan, &error) < 0)
        return 1;
    int code = session_run(&f.plan, -1, &f.result, &error);
    server_stop(&f.server);
    if (code == -EADDRNOTAVAIL)
        return 3;
    return code == 0 && f.server.accepted == 20 ? 0 : 2;
}

static void test_ports_of_more_addresses(void **state)
{
    (void)state;
    static const struct {
        unsigned sources;
        int exit_code;
    } cases[] = {{1, 3}, {4, 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            _exit(run_with_few_ports(cases[i].sources));
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == EXIT_SKIP) {
            /* cmocka's skip() reads as a failure in TAP. */
            print_message("# SKIP: no network of our own is allowed here\n");
            return;
        }
        assert_int_equal(WEXITSTATUS(status), cases[i].exit_code);
    }
}

/* ---- clients beside the active ones ------------------------------------------------ */

static void test_background(void **state)
{
    (void)state;
    struct shape_fixture f;
    begin(&f, answer_good);
    struct workload *workload = &f.plan.workload;
    workload->idle = 20;
    workload->slow_readers = (struct slow_clients){.count = 3, .bytes_per_second = 2000};
    workload->slow_senders =
        (struct slow_clients){.count = 2, .bytes_per_second = 1000000};
    f.plan.threads = 2;
    workload->duration_ns = 700 * NS_PER_MS;
    run(&f.plan, &f.server, &f.result);
    const struct background_result *background = f.result.background;
    struct counts counts = f.result.counts;
    assert_int_equal(counts.ended[OUTCOME_OK], counts.scheduled);
    assert_int_equal(f.server.accepted, 4 + 20 + 3 + 2);
    static const uint64_t wanted[] = {20, 3, 2};
    assert_int_equal(f.result.background_count, BACKGROUND_KINDS);
    for (int i = 0; i < BACKGROUND_KINDS; i++) {
        assert_string_equal(background[i].name, background_names[i]);
        assert_int_equal(background[i].count, wanted[i]);
        assert_int_equal(background[i].opened, wanted[i]);
        assert_int_equal(background[i].closed + background[i].failed, 0);
    }
    assert_int_equal(background[BACKGROUND_IDLE].replies, 0);
    assert_true(background[BACKGROUND_SLOW_READERS].replies > 0);
    assert_true(background[BACKGROUND_SLOW_SENDERS].replies > 0);
    /* Their requests are not ours. */
    assert_true(f.result.whole_run.sent < f.server.requests);
    end(&f);
}

/* Nobody is faster than told, by a clock that runs from before the first byte. */
static void test_slow_clients_keep_their_pace(void **state)
{
    (void)state;
    struct shape_fixture f;
    begin(&f, answer_good);
    struct workload *workload = &f.plan.workload;
    workload->slow_readers = (struct slow_clients){.count = 4, .bytes_per_second = 50};
    workload->duration_ns = NS_PER_S;
    uint64_t before_ns = clock_now_ns();
    run(&f.plan, &f.server, &f.result);
    double seconds = (double)(clock_now_ns() - before_ns) / NS_PER_S;
    assert_int_equal(f.result.background_count, 1);
    double bytes = (double)f.result.background[0].bytes;
    assert_true(bytes > 0);
    /* One step ahead at most. */
    assert_true(bytes <= 4 * 50 * (seconds + 0.2));
    end(&f);
}

/* ---- digests ----------------------------------------------------------------------- */

static void test_given_digest(void **state)
{
    (void)state;
    static const char *const digests[] = {"1", "2"};
    for (int wrong = 0; wrong < 2; wrong++) {
        struct shape_fixture f;
        begin(&f, answer_good);
        f.plan.workload.requests[0].digest = memory_copy_string(digests[wrong]);
        run(&f.plan, &f.server, &f.result);
        struct counts counts = f.result.counts;
        assert_true(counts.scheduled > 0);
        assert_int_equal(counts.ended[wrong ? OUTCOME_BAD_BODY : OUTCOME_OK],
                         counts.scheduled);
        assert_int_equal(f.result.failures[FAILURE_WRONG_DIGEST],
                         wrong ? counts.scheduled : 0);
        end(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pipelines),
        cmocka_unit_test(test_pipeline_outlives_its_connection),
        cmocka_unit_test(test_failure_takes_the_pipeline_along),
        cmocka_unit_test(test_requests_per_connection),
        cmocka_unit_test(test_clients_think),
        cmocka_unit_test(test_limit_of_requests),
        cmocka_unit_test(test_connections_as_needed),
        cmocka_unit_test(test_phases_of_rates),
        cmocka_unit_test(test_phases_of_clients),
        cmocka_unit_test(test_trace_is_replayed),
        cmocka_unit_test(test_forms_of_a_target),
        cmocka_unit_test(test_targets_share_the_load),
        cmocka_unit_test(test_addresses_are_tried_in_order),
        cmocka_unit_test(test_ipv6_and_unix_sockets),
        cmocka_unit_test(test_ports_of_more_addresses),
        cmocka_unit_test(test_background),
        cmocka_unit_test(test_slow_clients_keep_their_pace),
        cmocka_unit_test(test_given_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

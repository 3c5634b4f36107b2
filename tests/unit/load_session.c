/*
 * Whole runs against servers that behave and that do not: every request is accounted
 * for, under the right name, and late replies are measured from when they were due.
 */
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "tests/unit/load_fixture.h"

static bool has_warning(const struct load_result *result, enum flag flag)
{
    for (size_t i = 0; i < result->warning_count; i++)
        if (result->warnings[i].flag == (int)flag)
            return true;
    return false;
}

/* ---- servers that behave ----------------------------------------------------------- */

static struct server_answer answer_good(uint64_t number, const char *request)
{
    (void)number;
    (void)request;
    return (struct server_answer){SERVER_REPLY, REPLY_GOOD};
}

static void test_clean_closed_loop(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_good};
    struct load_plan plan;
    struct load_result result;
    server_start(&server);
    make_plan(&plan, &server);
    run(&plan, &server, &result);
    struct counts counts = result.counts;
    assert_true(counts.ended[OUTCOME_OK] > 0);
    assert_int_equal(counts.ended[OUTCOME_OK], counts.scheduled);
    assert_int_equal(result.whole_run.sent, server.requests);
    assert_int_equal(result.whole_run.replies, server.requests);
    assert_int_equal(server.accepted, 4);
    /* In a closed loop, service time is latency. */
    assert_true(result.service.mean_ns == result.latency.mean_ns);
    assert_null(result.schedule_lag);
    release(&plan, &result);
}

static uint64_t answered_ns[256], answers; /* the server's thread only, while it runs */

static struct server_answer answer_blocked(uint64_t number, const char *request)
{
    (void)number;
    (void)request;
    clock_sleep_until_ns(clock_now_ns() + 60 * NS_PER_MS);
    assert_true(answers < COUNT_OF(answered_ns));
    answered_ns[answers++] = clock_now_ns();
    return (struct server_answer){SERVER_REPLY, REPLY_GOOD};
}

/* A server that takes one request after the other, with no pause: between the two times
 * at which its accounts are read lie whole requests, as long as so many in a row took. By
 * the length of the window it would be 400 ms for 6 or 7 of them, 57 or 67 ms each. */
static void test_accounts_of_a_blocked_server(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_blocked};
    struct load_plan plan;
    struct load_result result;
    server_start(&server);
    make_plan(&plan, &server);
    plan.threads = 2;
    run(&plan, &server, &result);
    const struct accounted *accounted = result.accounted;
    double seen_s = accounted->to_s - accounted->from_s, least_s = INFINITY, most_s = 0;
    for (size_t i = 0, row = (size_t)accounted->replies; i + row < answers; i++) {
        double row_s = (double)(answered_ns[i + row] - answered_ns[i]) / NS_PER_S;
        least_s = fmin(least_s, row_s);
        most_s = fmax(most_s, row_s);
    }
    if (!(seen_s > 0.97 * least_s && seen_s < 1.03 * most_s))
        fail_msg("%.0f replies in %.2f ms, which took from %.2f to %.2f ms",
                 accounted->replies, 1e3 * seen_s, 1e3 * least_s, 1e3 * most_s);
    assert_true(accounted->from_s >= 0 && accounted->to_s >= result.duration_s);
    release(&plan, &result);
}

/* Where nothing is answered the accounts are read in time all the same. */
static struct server_answer answer_nothing(uint64_t number, const char *request)
{
    (void)number;
    (void)request;
    return (struct server_answer){SERVER_IGNORE, NULL};
}

static void test_accounts_without_replies(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_nothing};
    struct load_plan plan;
    struct load_result result;
    server_start(&server);
    make_plan(&plan, &server);
    plan.drain_ns = 50 * NS_PER_MS;
    run(&plan, &server, &result);
    assert_true(result.accounted->replies == 0);
    assert_true(result.accounted->from_s >= 0.1); /* a quarter of the window */
    assert_true(result.accounted->to_s >= result.duration_s);
    release(&plan, &result);
}

static void test_threads_share_the_connections(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_good};
    struct load_plan plan;
    struct load_result result;
    server_start(&server);
    make_plan(&plan, &server);
    plan.threads = 3;
    plan.workload.connections = 8;
    plan.workload.rate_rps = 2000;
    plan.workload.arrivals = ARRIVALS_CONSTANT;
    run(&plan, &server, &result);
    struct counts counts = result.counts;
    assert_in_range(counts.scheduled, 799, 801);
    assert_int_equal(server.accepted, 8);
    assert_int_equal(result.whole_run.sent, server.requests);
    release(&plan, &result);
}

static struct server_answer answer_and_close(uint64_t number, const char *request)
{
    (void)number;
    bool asked = strstr(request, "Connection: close\r\n") != NULL;
    return (struct server_answer){
        asked ? SERVER_REPLY_AND_CLOSE : SERVER_CLOSE,
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"};
}

static void test_connection_per_request(void **state)
{
    (void)state;
    for (int open = 0; open < 2; open++) {
        struct scripted_server server = {.script = answer_and_close};
        struct load_plan plan;
        struct load_result result;
        server_start(&server);
        make_plan(&plan, &server);
        plan.workload.requests_per_connection = 1;
        plan.workload.rate_rps = open ? 200 : 0;
        run(&plan, &server, &result);
        struct counts counts = result.counts;
        assert_true(counts.ended[OUTCOME_OK] > 0);
        assert_int_equal(counts.ended[OUTCOME_OK], counts.scheduled);
        assert_int_equal(server.accepted, server.requests);
        release(&plan, &result);
    }
}

static struct server_answer answer_until_close(uint64_t number, const char *request)
{
    (void)request;
    if (number % 3 == 0)
        return (struct server_answer){SERVER_REPLY_AND_CLOSE,
                                      "HTTP/1.1 200 OK\r\n\r\nhello"};
    if (number % 3 == 1)
        return (struct server_answer){
            SERVER_REPLY_AND_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"};
    return (struct server_answer){
        SERVER_REPLY,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"};
}

/* A close after a complete reply is nobody's error, announced or not. */
static void test_closes_between_replies(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_until_close};
    struct load_plan plan;
    struct load_result result;
    server_start(&server);
    make_plan(&plan, &server);
    run(&plan, &server, &result);
    struct counts counts = result.counts;
    assert_true(counts.ended[OUTCOME_OK] > 0);
    /* Unannounced, the close may cross the next request on the wire. */
    assert_int_equal(counts_errors(&counts), result.failures[FAILURE_CLOSED_EARLY] +
                                                 result.failures[FAILURE_RESET]);
    release(&plan, &result);
}

static struct server_answer answer_by_path(uint64_t number, const char *request)
{
    (void)number;
    const char *replies[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nbb",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nccc",
    };
    return (struct server_answer){SERVER_REPLY, replies[request[5] - 'a']};
}

static struct server_answer announce_close_and_stay(uint64_t number, const char *request)
{
    (void)number;
    (void)request;
    return (struct server_answer){
        SERVER_REPLY,
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"};
}

/* A server that announces its close and does not carry it out is not waited for. */
static void test_announced_close_is_carried_out(void **state)
{
    (void)state;
    struct scripted_server server = {.script = announce_close_and_stay};
    struct load_plan plan;
    struct load_result result;
    server_start(&server);
    make_plan(&plan, &server);
    run(&plan, &server, &result);
    /* One that waits for a second has no more than a reply for each client. */
    assert_true(result.counts.ended[OUTCOME_OK] > 2 * plan.workload.connections);
    assert_int_equal(counts_errors(&result.counts), 0);
    assert_true(result.whole_run.reconnects ==
                (double)(result.whole_run.connections - plan.workload.connections));
    release(&plan, &result);
}

static void test_mix_with_classes(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_by_path};
    struct load_plan plan;
    struct load_result result;
    server_start(&server);
    make_plan(&plan, &server);
    workload_release(&plan.workload);
    workload_init(&plan.workload);
    static const char *const names[] = {"light", "heavy", "own"};
    static const char *const paths[] = {"/a", "/b", "/c"};
    for (int i = 0; i < 3; i++) {
        struct request *request = workload_add_request(&plan.workload, paths[i]);
        free(request->class_name);
        request->class_name = memory_copy_string(names[i]);
    }
    plan.workload.requests[0].weight = 3;
    plan.workload.requests[2].rate_rps = 50;
    plan.workload.requests[2].arrivals = ARRIVALS_CONSTANT;
    plan.workload.rate_rps = 4000;
    plan.workload.connections = 16;
    plan.workload.warmup_ns = 0;
    plan.workload.duration_ns = NS_PER_S;
    run(&plan, &server, &result);
    assert_int_equal(result.class_count, 3);
    const struct class_result *classes = result.classes;
    assert_int_equal(classes[2].counts.scheduled, 50);
    double light = (double)classes[0].counts.scheduled;
    double mixed = light + (double)classes[1].counts.scheduled;
    assert_true(fabs(mixed - 4000) < 5 * sqrt(4000));
    assert_true(fabs(light - 0.75 * mixed) < 5 * sqrt(mixed * 0.75 * 0.25));
    /* Paths are verified apart: three lengths, no bad body. */
    struct counts all = result.counts;
    assert_int_equal(counts_errors(&all), 0);
    release(&plan, &result);
}

/* ---- servers that do not ----------------------------------------------------------- */

static struct server_answer answer_badly(uint64_t number, const char *request)
{
    (void)request;
    switch (number % 20) {
    case 3:
        return (struct server_answer){SERVER_REPLY_AND_CLOSE,
                                      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"};
    case 5:
        return (struct server_answer){SERVER_REPLY,
                                      "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"};
    case 7:
        return (struct server_answer){SERVER_REPLY,
                                      "HTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\n!"};
    case 9:
        return (struct server_answer){SERVER_REPLY,
                                      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
                                      "Interleave-Digest: 2\r\n\r\nhello"};
    case 11:
        return (struct server_answer){SERVER_REPLY,
                                      "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n"
                                      "Interleave-Digest: 1\r\n\r\nhell"};
    case 13:
        return (struct server_answer){SERVER_REPLY, "nonsense\r\n\r\n"};
    case 15:
        return (struct server_answer){SERVER_CLOSE, NULL};
    case 17:
        return (struct server_answer){SERVER_RESET, NULL};
    default:
        return (struct server_answer){SERVER_REPLY, REPLY_GOOD};
    }
}

static void test_every_kind_of_failure(void **state)
{
    (void)state;
    for (int open = 0; open < 2; open++) {
        struct scripted_server server = {.script = answer_badly};
        struct load_plan plan;
        struct load_result result;
        server_start(&server);
        make_plan(&plan, &server);
        plan.workload.duration_ns = NS_PER_S;
        plan.workload.rate_rps = open ? 500 : 0;
        plan.workload.connections = open ? 32 : 4;
        run(&plan, &server, &result);
        static const enum failure expected[] = {
            FAILURE_STATUS_5XX,   FAILURE_STATUS_4XX, FAILURE_WRONG_DIGEST,
            FAILURE_WRONG_LENGTH, FAILURE_MALFORMED,  FAILURE_CLOSED_EARLY,
            FAILURE_RESET,
        };
        for (size_t i = 0; i < COUNT_OF(expected); i++)
            assert_true(result.failures[expected[i]] > 0);
        assert_true(has_warning(&result, FLAG_ERRORS));
        assert_false(result.valid);
        release(&plan, &result);
    }
}

static struct server_answer answer_99_of_100(uint64_t number, const char *request)
{
    (void)request;
    return (struct server_answer){number % 100 == 50 ? SERVER_IGNORE : SERVER_REPLY,
                                  REPLY_GOOD};
}

static void test_silence_is_a_timeout(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_99_of_100};
    struct load_plan plan;
    struct load_result result;
    server_start(&server);
    make_plan(&plan, &server);
    plan.workload.rate_rps = 1000;
    plan.workload.arrivals = ARRIVALS_CONSTANT;
    plan.workload.connections = 32;
    plan.workload.duration_ns = 1500 * NS_PER_MS;
    plan.workload.timeout_ns = 300 * NS_PER_MS;
    run(&plan, &server, &result);
    struct counts counts = result.counts;
    assert_true(counts.ended[OUTCOME_TIMEOUT] >= 14);
    const struct histogram *latency = result.latency.histogram;
    assert_true(histogram_quantile(latency, 0.995) >= 300 * NS_PER_MS);
    release(&plan, &result);
}

static void test_peer_that_closes_at_once(void **state)
{
    (void)state;
    for (int open = 0; open < 2; open++) {
        struct scripted_server server = {.script = answer_good, .closes_at_once = true};
        struct load_plan plan;
        struct load_result result;
        server_start(&server);
        make_plan(&plan, &server);
        plan.workload.duration_ns = NS_PER_S;
        plan.workload.rate_rps = open ? 100 : 0;
        plan.drain_ns = 0;
        run(&plan, &server, &result);
        struct counts counts = result.counts;
        assert_int_equal(counts.ended[OUTCOME_OK], 0);
        assert_true(has_warning(&result, FLAG_NO_REPLIES));
        /* 4 connections that rest 1, 2, 4, ... ms: about 10 attempts each. */
        assert_true(server.accepted < 100);
        /* By its own CPU time, which other processes do not add to. */
        assert_true(result.generator.cpu_s < result.duration_s / 20);
        release(&plan, &result);
    }
}

static struct server_answer answer_never(uint64_t number, const char *request)
{
    (void)number;
    (void)request;
    return (struct server_answer){SERVER_IGNORE, NULL};
}

static void test_unanswered_and_unsent(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_never};
    struct load_plan plan;
    struct load_result result;
    server_start(&server);
    make_plan(&plan, &server);
    plan.workload.rate_rps = 1000;
    plan.workload.arrivals = ARRIVALS_CONSTANT;
    plan.workload.warmup_ns = 0;
    plan.drain_ns = 0;
    run(&plan, &server, &result);
    struct counts counts = result.counts;
    assert_int_equal(counts.scheduled, 400);
    assert_int_equal(counts.ended[OUTCOME_IN_FLIGHT], 4);
    assert_int_equal(counts.ended[OUTCOME_DROPPED], 396);
    assert_true(has_warning(&result, FLAG_DROPPED));
    assert_true(has_warning(&result, FLAG_RATE_MISSED));
    assert_true(has_warning(&result, FLAG_CENSORED));
    /* Ages, not nothing: the median arrival was 200 ms old at the end. */
    const struct histogram *latency = result.latency.histogram;
    assert_true(histogram_quantile(latency, 0.5) >= 198 * NS_PER_MS);
    release(&plan, &result);
}

/* ---- what went over the connections ------------------------------------------------ */

static struct server_answer answer_in_kinds(uint64_t number, const char *request)
{
    (void)request;
    static const char *const replies[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\n\r\n",
        "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 799 Never\r\nContent-Length: 0\r\n\r\n",
    };
    return (struct server_answer){SERVER_REPLY, replies[number % COUNT_OF(replies)]};
}

static void test_replies_by_status(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_in_kinds};
    struct load_plan plan;
    struct load_result result;
    server_start(&server);
    make_plan(&plan, &server);
    plan.workload.connections = 1;
    plan.workload.warmup_ns = 0;
    plan.workload.request_limit = 600;
    plan.workload.duration_ns = 10 * NS_PER_S;
    plan.verify = VERIFY_STATUS;
    run(&plan, &server, &result);
    static const unsigned codes[] = {200, 302, 304, 404, 503, 799};
    const struct traffic_result *traffic = result.traffic;
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        assert_int_equal(traffic->statuses[status_place(codes[i])], 100);
    assert_string_equal(status_names[status_place(302)], "302");
    assert_string_equal(status_names[status_place(799)], "other");
    assert_string_equal(status_names[status_place(99)], "other");
    /* Redirections are no errors. */
    assert_int_equal(result.counts.ended[OUTCOME_OK], 300);
    assert_int_equal(result.failures[FAILURE_STATUS_4XX], 100);
    assert_int_equal(result.failures[FAILURE_STATUS_5XX], 200);
    assert_int_equal(traffic->received_bytes, server.sent_bytes);
    assert_int_equal(traffic->sent_bytes, server.received_bytes);
    assert_true(fabs(traffic->received_per_s * result.duration_s -
                     (double)traffic->received_bytes) < 1e-3);
    assert_true(fabs(traffic->sent_per_s * result.duration_s -
                     (double)traffic->sent_bytes) < 1e-3);
    release(&plan, &result);
}

static struct server_answer answer_in_two_pieces(uint64_t number, const char *request)
{
    (void)number;
    bool paused = strncmp(request, "GET /paused", 11) == 0;
    return (struct server_answer){paused ? SERVER_REPLY_IN_TWO : SERVER_REPLY,
                                  REPLY_GOOD};
}

/* A reply that begins 20 ms before it ends: in a closed loop, and with the lag of an open
 * one, from the actual send. */
static void test_time_to_the_first_byte(void **state)
{
    (void)state;
    for (int open = 0; open < 2; open++) {
        struct scripted_server server = {.script = answer_in_two_pieces};
        struct load_plan plan;
        struct load_result result;
        server_start(&server);
        make_plan(&plan, &server);
        workload_add_request(&plan.workload, "/paused");
        plan.workload.connections = 1;
        plan.workload.rate_rps = open ? 40 : 0;
        run(&plan, &server, &result);
        const struct histogram *first = result.first_byte->histogram;
        const struct histogram *service = result.service.histogram;
        /* About half of them are paused. */
        assert_true(histogram_mean(service) > 0.1 * (double)SERVER_PAUSE_NS);
        assert_true(histogram_mean(first) < 0.5 * histogram_mean(service));
        assert_true(histogram_mean(first) > 0);
        release(&plan, &result);
    }
}

static struct server_answer answer_and_stop(uint64_t number, const char *request)
{
    (void)request;
    return (struct server_answer){number % 2 ? SERVER_REPLY : SERVER_IGNORE,
                                  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"};
}

/* Half of the replies begin and do not end, the other half do not begin: of the first
 * the time is known. */
static void test_first_bytes_of_replies_without_end(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_and_stop};
    struct load_plan plan;
    struct load_result result;
    server_start(&server);
    make_plan(&plan, &server);
    plan.workload.warmup_ns = 0;
    plan.drain_ns = 0;
    run(&plan, &server, &result);
    assert_int_equal(result.counts.ended[OUTCOME_IN_FLIGHT], 4);
    assert_int_equal(result.first_byte->count, 4);
    assert_true(result.first_byte->censored == 2);
    assert_true(result.service.censored == 4);
    assert_true(result.first_byte->min_ns < 0.5 * result.service.least_age_ns);
    release(&plan, &result);
}

#define BODY_BYTES 3000

static struct server_answer answer_to_body(uint64_t number, const char *request)
{
    (void)number;
    const char *body = strstr(request, "\r\n\r\n");
    bool whole = strncmp(request, "POST / HTTP/1.1\r\n", 17) == 0 &&
                 strstr(request, "\r\nX-Name: value\r\n") && body &&
                 strspn(body + 4, "b") == BODY_BYTES;
    return (struct server_answer){whole ? SERVER_REPLY : SERVER_RESET, REPLY_GOOD};
}

/* Bodies over connections that are kept, one request after the other and in a pipeline.
 */
static void test_bodies_over_kept_connections(void **state)
{
    (void)state;
    for (uint64_t depth = 1; depth <= 8; depth *= 8) {
        struct scripted_server server = {.script = answer_to_body};
        struct load_plan plan;
        struct load_result result;
        server_start(&server);
        make_plan(&plan, &server);
        plan.workload.pipeline = depth;
        plan.workload.head.body = memory_allocate_zeroed(BODY_BYTES + 1, 1);
        memset(plan.workload.head.body, 'b', BODY_BYTES);
        words_add(&plan.workload.head.headers, "X-Name: value");
        run(&plan, &server, &result);
        assert_true(result.counts.ended[OUTCOME_OK] > 10);
        assert_int_equal(counts_errors(&result.counts), 0);
        assert_int_equal(server.accepted, 4);
        release(&plan, &result);
    }
}

static struct server_answer answer_to_head(uint64_t number, const char *request)
{
    (void)number;
    bool head = strncmp(request, "HEAD ", 5) == 0;
    return (struct server_answer){SERVER_REPLY,
                                  head ? "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"
                                       : REPLY_GOOD};
}

/* A HEAD among others: what its reply says of a body does not follow. */
static void test_heads_have_no_bodies(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_to_head};
    struct load_plan plan;
    struct load_result result;
    server_start(&server);
    make_plan(&plan, &server);
    struct request *request = workload_add_request(&plan.workload, "/head");
    request->head.method = memory_copy_string("HEAD");
    free(request->class_name);
    request->class_name = memory_copy_string("head");
    run(&plan, &server, &result);
    for (size_t i = 0; i < 2; i++)
        assert_true(result.classes[i].counts.ended[OUTCOME_OK] > 10);
    assert_int_equal(counts_errors(&result.counts), 0);
    release(&plan, &result);
}

/* ---- connections that are closed while they are idle ------------------------------- */

static struct server_answer close_every_third(uint64_t number, const char *request)
{
    (void)request;
    return (struct server_answer){number % 3 == 1 ? SERVER_CLOSE : SERVER_REPLY,
                                  REPLY_GOOD};
}

static struct server_answer reset_every_third(uint64_t number, const char *request)
{
    struct server_answer answer = close_every_third(number, request);
    if (answer.action == SERVER_CLOSE)
        answer.action = SERVER_RESET;
    return answer;
}

/*
 * One client, whose every second request on a connection is lost with it. One that may be
 * repeated is: it is sent twice, counted once, and no error.
 */
static void test_requests_on_closed_connections(void **state)
{
    (void)state;
    server_script *const scripts[] = {close_every_third, reset_every_third};
    static const char *const methods[] = {"GET", "POST", "DELETE", "FROBNICATE"};
    for (size_t i = 0; i < COUNT_OF(scripts) * COUNT_OF(methods); i++) {
        struct scripted_server server = {.script = scripts[i % COUNT_OF(scripts)]};
        struct load_plan plan;
        struct load_result result;
        const char *method = methods[i / COUNT_OF(scripts)];
        bool repeated = i / COUNT_OF(scripts) % 2 == 0;
        server_start(&server);
        make_plan(&plan, &server);
        plan.workload.head.method = memory_copy_string(method);
        plan.workload.connections = 1;
        plan.workload.warmup_ns = 0;
        plan.workload.request_limit = 30;
        plan.workload.duration_ns = 10 * NS_PER_S;
        run(&plan, &server, &result);
        const struct whole_run *whole = &result.whole_run;
        uint64_t lost = (server.requests + 1) / 3;
        uint64_t late = result.failures[FAILURE_CLOSED_EARLY] +
                        result.failures[FAILURE_RESET]; /* by a machine that is busy */
        assert_int_equal(result.counts.scheduled, 30);
        assert_int_equal(whole->sent, 30);
        assert_true(whole->closed_idle >= 5);
        assert_true(whole->closed_idle == (double)(lost - late));
        assert_true(whole->resent == (repeated ? whole->closed_idle : 0));
        assert_true((double)server.requests == 30 + whole->resent);
        assert_int_equal(result.failures[FAILURE_CLOSED_IDLE],
                         repeated ? 0 : (uint64_t)whole->closed_idle);
        assert_int_equal(counts_errors(&result.counts),
                         result.failures[FAILURE_CLOSED_IDLE] + late);
        release(&plan, &result);
    }
}

static struct server_answer work_and_close(uint64_t number, const char *request)
{
    (void)request;
    if (number % 2)
        clock_sleep_until_ns(clock_now_ns() + 60 * NS_PER_MS);
    return (struct server_answer){number % 2 ? SERVER_CLOSE : SERVER_REPLY, REPLY_GOOD};
}

/* A request that the server had in hand is lost. */
static void test_loss_of_work_is_an_error(void **state)
{
    (void)state;
    struct scripted_server server = {.script = work_and_close};
    struct load_plan plan;
    struct load_result result;
    server_start(&server);
    make_plan(&plan, &server);
    plan.workload.connections = 1;
    run(&plan, &server, &result);
    assert_true(result.failures[FAILURE_CLOSED_EARLY] >= 2);
    assert_true(result.whole_run.resent == 0);
    release(&plan, &result);
}

/* In a pipeline it stays an error, for the request and those behind it. */
static void test_closed_pipeline(void **state)
{
    (void)state;
    struct scripted_server server = {.script = close_every_third};
    struct load_plan plan;
    struct load_result result;
    server_start(&server);
    make_plan(&plan, &server);
    plan.workload.pipeline = 4;
    run(&plan, &server, &result);
    assert_true(result.whole_run.resent == 0);
    assert_true(result.failures[FAILURE_CLOSED_EARLY] + result.failures[FAILURE_RESET] >
                0);
    assert_int_equal(result.failures[FAILURE_CLOSED_IDLE], 0);
    release(&plan, &result);
}

static struct server_answer answer_and_leave(uint64_t number, const char *request)
{
    (void)number;
    (void)request;
    return (struct server_answer){SERVER_REPLY_AND_CLOSE, REPLY_GOOD};
}

/* The client thinks, or waits for an arrival, and finds the connection closed: it opens
 * another without a pause, and nothing is lost. */
static void test_idle_connections_are_closed(void **state)
{
    (void)state;
    for (int open = 0; open < 2; open++) {
        struct scripted_server server = {.script = answer_and_leave};
        struct load_plan plan;
        struct load_result result;
        server_start(&server);
        make_plan(&plan, &server);
        plan.workload.think_ns = open ? 0 : 20 * NS_PER_MS;
        plan.workload.rate_rps = open ? 100 : 0;
        run(&plan, &server, &result);
        assert_int_equal(counts_errors(&result.counts), 0);
        assert_true(result.counts.ended[OUTCOME_OK] > 10);
        assert_true(result.whole_run.closed_idle >= (double)server.requests - 4);
        release(&plan, &result);
    }
}

/* ---- truth ------------------------------------------------------------------------- */

/*
 * A server that stands still for S in T seconds of constant arrivals: the fraction
 * 1 - q of the requests is due in the first (1 - q) T seconds of the stall and waits at
 * least for what is left of it, so that p_q >= S - (1 - q) T. A slow machine only adds
 * to that; a generator that waits for the server finds next to nothing.
 */
static void test_stall_is_seen_from_the_schedule(void **state)
{
    (void)state;
    const uint64_t connections[] = {1, 32};
    for (size_t c = 0; c < COUNT_OF(connections); c++) {
        struct scripted_server server = {
            .script = answer_good, .stall_at = 500, .stall_ns = 400 * NS_PER_MS};
        struct load_plan plan;
        struct load_result result;
        server_start(&server);
        make_plan(&plan, &server);
        plan.workload.rate_rps = 1000;
        plan.workload.arrivals = ARRIVALS_CONSTANT;
        plan.workload.connections = connections[c];
        plan.workload.warmup_ns = 0;
        plan.workload.duration_ns = 2 * NS_PER_S;
        run(&plan, &server, &result);
        struct counts counts = result.counts;
        assert_in_range(counts.scheduled, 1999, 2001);
        const struct histogram *latency = result.latency.histogram;
        double stall_ns = (double)server.stalled_ns, window_ns = 2.0 * NS_PER_S;
        double gap_ns = NS_PER_MS;
        static const double fractions[] = {0.85, 0.9, 0.95, 0.99, 0.999};
        for (size_t i = 0; i < COUNT_OF(fractions); i++) {
            double least = stall_ns - (1 - fractions[i]) * window_ns - 3 * gap_ns;
            assert_true((double)histogram_quantile(latency, fractions[i]) >= least);
        }
        release(&plan, &result);
    }
}

/* A limited number of requests lasts until the last one has ended, and is due as before.
 */
static void test_counted_requests_keep_their_rate(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        struct scripted_server server = {.script = answer_good};
        struct load_plan plan;
        struct load_result result;
        if (late) {
            server.stall_at = 100;
            server.stall_ns = NS_PER_S;
        }
        server_start(&server);
        make_plan(&plan, &server);
        plan.workload.rate_rps = 1000;
        plan.workload.arrivals = ARRIVALS_CONSTANT;
        plan.workload.connections = 1;
        plan.workload.warmup_ns = 0;
        plan.workload.duration_ns = 10 * NS_PER_S;
        plan.workload.request_limit = 200;
        run(&plan, &server, &result);
        assert_int_equal(result.counts.ended[OUTCOME_OK], 200);
        assert_true(fabs(result.scheduled_rps - 1000) < 10);
        if (late)
            assert_true(has_warning(&result, FLAG_RATE_MISSED));
        release(&plan, &result);
    }
}

/* A closed loop sees a stall in no more samples than it has connections. */
static void test_stall_in_a_closed_loop(void **state)
{
    (void)state;
    struct scripted_server server = {
        .script = answer_good, .stall_at = 500, .stall_ns = 400 * NS_PER_MS};
    struct load_plan plan;
    struct load_result result;
    server_start(&server);
    make_plan(&plan, &server);
    plan.workload.warmup_ns = 0;
    plan.workload.duration_ns = 1500 * NS_PER_MS;
    run(&plan, &server, &result);
    uint64_t slow = 0;
    for (uint32_t i = histogram_bucket(300 * NS_PER_MS); i < HISTOGRAM_BUCKETS; i++)
        slow += result.latency.histogram->counts[i];
    assert_in_range(slow, 1, 4);
    release(&plan, &result);
}

static void test_nobody_listens(void **state)
{
    (void)state;
    struct scripted_server server = {.script = answer_good};
    struct load_plan plan;
    struct load_result result;
    struct error error;
    server_start(&server);
    make_plan(&plan, &server);
    server_stop(&server);
    assert_int_equal(load_plan_build(&plan, &error), 0);
    assert_int_equal(session_run(&plan, -1, &result, &error), -ECONNREFUSED);
    assert_non_null(strstr(error.text, "refused"));
    load_plan_release(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean_closed_loop),
        cmocka_unit_test(test_accounts_of_a_blocked_server),
        cmocka_unit_test(test_accounts_without_replies),
        cmocka_unit_test(test_threads_share_the_connections),
        cmocka_unit_test(test_connection_per_request),
        cmocka_unit_test(test_closes_between_replies),
        cmocka_unit_test(test_announced_close_is_carried_out),
        cmocka_unit_test(test_mix_with_classes),
        cmocka_unit_test(test_every_kind_of_failure),
        cmocka_unit_test(test_silence_is_a_timeout),
        cmocka_unit_test(test_peer_that_closes_at_once),
        cmocka_unit_test(test_unanswered_and_unsent),
        cmocka_unit_test(test_replies_by_status),
        cmocka_unit_test(test_time_to_the_first_byte),
        cmocka_unit_test(test_first_bytes_of_replies_without_end),
        cmocka_unit_test(test_bodies_over_kept_connections),
        cmocka_unit_test(test_heads_have_no_bodies),
        cmocka_unit_test(test_requests_on_closed_connections),
        cmocka_unit_test(test_loss_of_work_is_an_error),
        cmocka_unit_test(test_closed_pipeline),
        cmocka_unit_test(test_idle_connections_are_closed),
        cmocka_unit_test(test_stall_is_seen_from_the_schedule),
        cmocka_unit_test(test_counted_requests_keep_their_rate),
        cmocka_unit_test(test_stall_in_a_closed_loop),
        cmocka_unit_test(test_nobody_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

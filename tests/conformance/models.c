/* models.c - every model, through a real socket: the same answers, the same limits, the
 * same manners. Iterates over the registries, so that what is listed is covered. */
#include "tests/support/served.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RUNS_SANITIZED true
#else
#define RUNS_SANITIZED false
#endif

static void expect_good_end(struct served *served)
{
    assert_int_equal(stop(served, NULL), 0);
}

/* ---- answers ---------------------------------------------------------------------- */

#define MAX_PATHS 96

/* Every op with its example, and programs of several. */
static size_t list_paths(char *paths[MAX_PATHS])
{
    size_t count = 0;
    list_all_ops();
    for (size_t i = 0; all_ops[i]; i++)
        paths[count++] = memory_printf("/%s:%s", all_ops[i]->name, all_ops[i]->example);
    paths[count++] = memory_printf("/");
    paths[count++] = memory_printf("/bytes:0");
    paths[count++] = memory_printf("/bytes:1");
    paths[count++] = memory_printf("/bytes:64MiB");
    paths[count++] =
        memory_printf("/wait:1ms/file:100/spin:1k/wait:1ms/spin:2k/bytes:5kB");
    paths[count++] =
        memory_printf("/readable:1ms/spin:1k/file:4KiB/writable:1ms/thread:1");
    paths[count++] = memory_printf("/query:2/pbkdf2:100");
    paths[count++] = memory_printf("/query:3/insert:2/json:50/gzip:8KiB/bytes:2KiB");
    paths[count++] = memory_printf("/file:64KiB:cold/thumbnail:50k/infer:2");
    paths[count++] =
        memory_printf("/gzip:8KiB:1/gunzip:8KiB/scrypt:64/encrypt:1KiB/sign:1");
    paths[count++] = memory_printf("/spin:10/fail:503/spin:10");
    paths[count++] = memory_printf("/spin:1/nonsense:2");
    return count;
}

/* All answers of a model as one text each, bodies and all. */
static char *one_answer(int port_fd, const char *method, const char *path)
{
    ask(port_fd, method, path);
    struct answer answer = read_answer(port_fd, strcmp(method, "HEAD") != 0);
    assert_true(answer.status >= 200);
    struct text text = {0};
    text_append_string(&text, answer.head);
    text_append(&text, answer.body, answer.body_length);
    answer_release(&answer);
    return text_steal(&text);
}

static char *reference[MAX_PATHS]; /* as the first model answers */
static char upstream[64];          /* the URL of the one that fetch asks */

static void answers_like_the_first(const struct model *model)
{
    struct server_settings settings = usual_settings;
    settings.ops.upstream = upstream;
    struct served served = serve_with(model, &settings, "");
    char *paths[MAX_PATHS];
    size_t count = list_paths(paths);
    for (size_t i = 0; i < count; i++) {
        int fd = dial(&served);
        char *text = one_answer(fd, "GET", paths[i]);
        close(fd);
        if (!reference[i])
            reference[i] = memory_copy_string(text);
        if (strcmp(reference[i], text) != 0)
            fail_msg("%s: %s: got\n%.400s\ninstead of\n%.400s", model->name, paths[i],
                     text, reference[i]);
        fd = dial(&served);
        char *head = one_answer(fd, "HEAD", paths[i]);
        close(fd);
        assert_int_equal(strncmp(text, head, strlen(head)), 0);
        free(head);
        free(text);
        free(paths[i]);
    }
    expect_good_end(&served);
}

static void all_models_answer_alike(void **state)
{
    (void)state;
    struct served other = serve(&event_loop_model);
    snprintf(upstream, sizeof upstream, "http://127.0.0.1:%d", other.port);
    const struct model *const *at = model_list;
    answers_like_the_first(next_model(&at, ANSWERING));
    for_models(ANSWERING, answers_like_the_first);
    expect_good_end(&other);
    for (size_t i = 0; i < MAX_PATHS; i++)
        free(reference[i]);
}

static void greets(const struct model *model)
{
    struct served served = serve(model);
    int fd = dial(&served);
    for (int i = 0; i < 3; i++) {
        struct answer answer = get(fd, "/");
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, "Hello, World!");
        assert_non_null(strstr(answer.head, "Interleave-Digest: 00000000\r\n"));
        answer_release(&answer);
    }
    close(fd);
    expect_good_end(&served);
}

static void greeting_keeps_the_connection(void **state)
{
    (void)state;
    for_models(ALWAYS, greets);
}

static void waits_long_enough(const struct model *model)
{
    struct served served = serve(model);
    int fd = dial(&served);
    for (uint64_t us = 300; us < 20000; us = us * 2 + 77) {
        char path[64];
        snprintf(path, sizeof path, "/wait:%lluus", (unsigned long long)us);
        uint64_t begun_ns = clock_now_ns();
        struct answer answer = get(fd, path);
        assert_true(clock_now_ns() - begun_ns >= us * NS_PER_US);
        answer_release(&answer);
    }
    close(fd);
    expect_good_end(&served);
}

static void waits_are_never_short(void **state)
{
    (void)state;
    for_models(ANSWERING, waits_long_enough);
}

/* ---- conversations ---------------------------------------------------------------- */

static void pipelines(const struct model *model)
{
    struct served served = serve(model);
    int fd = dial(&served);
    static const char *const paths[] = {
        "/",        "/bytes:10",    "/spin:100",     "/wait:1ms~exp",
        "/file:64", "/bytes:100kB", "/readable:1ms", "/"};
    struct text all = {0};
    for (int i = 0; i < 16; i++)
        text_printf(&all, "GET %s HTTP/1.1\r\nHost: t\r\n\r\n", paths[i % 8]);
    say(fd, text_string(&all));
    text_release(&all);
    static const size_t lengths[] = {13, 10, 9, 9, 9, 100000, 9, 13};
    for (int i = 0; i < 16; i++) {
        struct answer answer = read_answer(fd, true);
        assert_int_equal(answer.status, 200);
        assert_int_equal(answer.body_length, lengths[i % 8]);
        answer_release(&answer);
    }
    close(fd);
    expect_good_end(&served);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    for_models(ANSWERING, pipelines);
}

static void pipelines_many_greetings(const struct model *model)
{
    struct served served = serve(model);
    int fd = dial(&served);
    struct text all = {0};
    for (int i = 0; i < 2000; i++)
        text_append_string(&all, "GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    say(fd, text_string(&all));
    text_release(&all);
    for (int i = 0; i < 2000; i++) {
        struct answer answer = read_answer(fd, true);
        assert_string_equal(answer.body, "Hello, World!");
        answer_release(&answer);
    }
    close(fd);
    expect_good_end(&served);
}

static void long_pipelines_are_answered(void **state)
{
    (void)state;
    for_models(ALWAYS, pipelines_many_greetings);
}

/* What came while the server is busy with the request before it is nobody else's: the
 * second client's words are longer, and fit over it wherever it was left. */
static void keeps_what_came_early(const struct model *model)
{
    struct served served = serve(model);
    int early = dial(&served), other = dial(&served);
    char byte, *padding = memory_allocate_zeroed(1, 1001);
    memset(padding, 'x', 1000);
    say(early, "GET /tell:1/block:100ms HTTP/1.1\r\nHost: t\r\n\r\n"
               "GET /bytes:5 HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_int_equal(read(served.told, &byte, 1), 1);
    char *longer =
        memory_printf("GET /bytes:7 HTTP/1.1\r\nHost: t\r\nA: %s\r\n\r\n", padding);
    say(other, longer);
    free(longer);
    free(padding);
    static const size_t lengths[] = {9, 5, 7};
    for (int i = 0; i < 3; i++) {
        struct answer answer = read_answer(i < 2 ? early : other, true);
        assert_int_equal(answer.status, 200);
        assert_int_equal(answer.body_length, lengths[i]);
        answer_release(&answer);
    }
    close(early);
    close(other);
    expect_good_end(&served);
}

static void early_requests_are_kept_apart(void **state)
{
    (void)state;
    for_models(ANSWERING, keeps_what_came_early);
}

static void expect_after(int fd, const char *request, int status)
{
    say(fd, request);
    struct answer answer = read_answer(fd, true);
    assert_int_equal(answer.status, status);
    answer_release(&answer);
}

static void takes_bodies(const struct model *model)
{
    struct served served = serve(model);
    int fd = dial(&served);
    expect_after(fd, "POST /spin:1 HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\nbody",
                 200);
    expect_after(fd,
                 "PUT /spin:1 HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "3\r\nabc\r\n0\r\n\r\n",
                 200);
    /* A body that comes in pieces, of a request whose path has to be remembered. */
    say(fd, "POST /spin:2 HTTP/1.1\r\nHost: t\r\nContent-Length: 600000\r\n\r\n");
    char *piece = memory_allocate_zeroed(1, 100000);
    for (int i = 0; i < 6; i++)
        say_bytes(fd, piece, 100000);
    free(piece);
    expect_after(fd, "", 200);
    say(fd, "POST / HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: "
            "2\r\n\r\n");
    char *interim = read_until(fd, "\r\n\r\n");
    assert_string_equal(interim, "HTTP/1.1 100 Continue\r\n\r\n");
    free(interim);
    expect_after(fd, "ab", 200);
    close(fd);
    fd = dial(&served);
    expect_after(fd, "GET / HTTP/1.0\r\n\r\n", 200);
    assert_true(is_ended(fd));
    close(fd);
    fd = dial(&served);
    expect_after(fd, "GET /spin:1 HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", 200);
    assert_true(is_ended(fd));
    close(fd);
    expect_good_end(&served);
}

static void bodies_and_closing_are_understood(void **state)
{
    (void)state;
    for_models(ANSWERING, takes_bodies);
}

static void refuses_one(const struct served *served, const char *start, size_t filler,
                        int status)
{
    int fd = dial(served);
    say(fd, start);
    char *bytes = memory_allocate(filler + 1);
    memset(bytes, 'x', filler);
    say_bytes(fd, bytes, filler);
    free(bytes);
    struct answer answer = read_answer(fd, true);
    assert_int_equal(answer.status, status);
    assert_non_null(strstr(answer.head, "Connection: close\r\n"));
    assert_int_equal(strncmp(answer.body, "{\"error\":\"", 10), 0);
    assert_string_equal(strchr(answer.body, '\n'), "\n");
    if (status == 405)
        assert_non_null(strstr(answer.head, "Allow: GET, HEAD, POST, PUT\r\n"));
    answer_release(&answer);
    assert_true(is_ended(fd));
    close(fd);
}

static void refuses(const struct model *model)
{
    struct served served = serve(model);
    refuses_one(&served, "GET /", 40000, 414);
    refuses_one(&served, "GET / HTTP/1.1\r\nHost: t\r\nA: ", 40000, 431);
    refuses_one(&served, "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 2000000\r\n\r\n",
                2000000, 413);
    refuses_one(&served, "GET / HTTP/1.1\r\n\r\n", 0, 400);
    refuses_one(&served, "GET /wat:1 HTTP/1.1\r\nHost: t\r\n\r\n", 0, 400);
    refuses_one(&served, "DELETE / HTTP/1.1\r\nHost: t\r\n\r\n", 0, 405);
    refuses_one(&served, "NONSENSE / HTTP/1.1\r\nHost: t\r\n\r\n", 0, 501);
    refuses_one(&served, "GET / HTTP/3.1\r\nHost: t\r\n\r\n", 0, 505);
    refuses_one(&served, "GET /fail:502 HTTP/1.1\r\nHost: t\r\n\r\n", 0, 502);
    cJSON *statistics;
    assert_int_equal(stop(&served, &statistics), 0);
    assert_int_equal(json_number(statistics, "requests"), 9);
    assert_int_equal(json_number(statistics, "errors"), 9);
    assert_int_equal(json_number(statistics, "accepted"), 9);
    cJSON_Delete(statistics);
}

static void errors_are_answered_and_end_the_connection(void **state)
{
    (void)state;
    for_models(ANSWERING, refuses);
}

/* ---- clients that leave ----------------------------------------------------------- */

static void survives_leavers(const struct model *model)
{
    struct served served = serve(model);
    struct linger reset = {.l_onoff = 1};
    static const char *const starts[] = {
        "",
        "GET /",
        "GET / HTTP/1.1\r\nHost: t\r\n",
        "POST /spin:1 HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc",
        "GET /wait:20ms HTTP/1.1\r\nHost: t\r\n\r\n",
        "GET /readable:20ms HTTP/1.1\r\nHost: t\r\n\r\n",
        "GET /spin:2000k/file:1MiB HTTP/1.1\r\nHost: t\r\n\r\n",
        "GET /bytes:64MiB HTTP/1.1\r\nHost: t\r\n\r\n",
        "GET /nonsense HTTP/1.1\r\nHost: t\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        for (int with_reset = 0; with_reset < 2; with_reset++) {
            int fd = dial(&served);
            say(fd, starts[i]);
            /* Half of them leave at once, half when the server has surely begun. */
            for (int later = 0; later < 2; later++) {
                if (later)
                    usleep(2000);
                if (with_reset)
                    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
                if (later == with_reset)
                    break;
            }
            close(fd);
        }
    int fd = dial(&served);
    struct answer answer = get(fd, "/");
    assert_int_equal(answer.status, 200);
    answer_release(&answer);
    close(fd);
    expect_good_end(&served);
}

static void clients_may_leave_at_any_time(void **state)
{
    (void)state;
    for_models(ALWAYS, survives_leavers);
}

static void answers_half_closed(const struct model *model)
{
    struct served served = serve(model);
    int fd = dial(&served);
    ask(fd, "GET", "/wait:20ms/spin:10");
    shutdown(fd, SHUT_WR);
    struct answer answer = read_answer(fd, true);
    assert_int_equal(answer.status, 200);
    answer_release(&answer);
    assert_true(is_ended(fd));
    close(fd);
    expect_good_end(&served);
}

static void half_closed_clients_get_their_answer(void **state)
{
    (void)state;
    for_models(ANSWERING, answers_half_closed);
}

/* ---- clients that do not read ----------------------------------------------------- */

#define FLOOD_BYTES (64UL << 20)

static void stops_reading(const struct model *model)
{
    struct served served = serve(model);
    int fd = dial(&served);
    static const char request[] = "GET / HTTP/1.1\r\nHost: test\r\n\r\n";
    const size_t length = sizeof request - 1;
    char batch[(sizeof request - 1) * 512];
    for (size_t i = 0; i < 512; i++)
        memcpy(batch + i * length, request, length);
    /* Sends without reading until the server does not take more for a while. */
    uint64_t sent = 0;
    struct pollfd writable = {.fd = fd, .events = POLLOUT};
    while (sent < FLOOD_BYTES && poll(&writable, 1, 500) == 1) {
        size_t at = sent % sizeof batch;
        ssize_t got = send(fd, batch + at, sizeof batch - at, MSG_DONTWAIT);
        if (got > 0)
            sent += (uint64_t)got;
    }
    assert_true(sent < FLOOD_BYTES);
    /* It goes on when the client reads, and nothing was lost. */
    size_t missing = (length - sent % length) % length;
    pid_t sender = fork();
    if (sender == 0) {
        say_bytes(fd, request + length - missing, missing);
        _exit(0);
    }
    sent += missing;
    struct answer first = read_answer(fd, true);
    uint64_t answer_bytes = strlen(first.head) + first.body_length;
    answer_release(&first);
    uint64_t expected = (sent / length - 1) * answer_bytes;
    char *bytes = memory_allocate(1 << 20);
    while (expected > 0) {
        size_t most = expected < 1 << 20 ? (size_t)expected : 1 << 20;
        ssize_t got = recv(fd, bytes, most, 0);
        assert_true(got > 0);
        expected -= (uint64_t)got;
    }
    free(bytes);
    waitpid(sender, NULL, 0);
    close(fd);
    expect_good_end(&served);
}

static void clients_that_do_not_read_are_not_read(void **state)
{
    (void)state;
    for_models(ALWAYS, stops_reading);
}

static void sends_much(const struct model *model)
{
    struct served served = serve(model);
    int fd = dial(&served);
    for (int i = 0; i < 3; i++) {
        ask(fd, "GET", "/bytes:3MB");
        ask(fd, "GET", "/spin:100/bytes:2MB");
    }
    usleep(50000); /* the server fills all buffers and has to wait */
    for (int i = 0; i < 3; i++) {
        struct answer answer = read_answer(fd, true);
        assert_int_equal(answer.body_length, 3000000);
        for (size_t at = 0; at < answer.body_length; at += 64)
            assert_int_equal(strncmp(answer.body + at, "Interleave 0123456789 ", 22), 0);
        answer_release(&answer);
        answer = read_answer(fd, true);
        assert_int_equal(answer.body_length, 2000000);
        answer_release(&answer);
    }
    close(fd);
    expect_good_end(&served);
}

static void large_replies_arrive_whole(void **state)
{
    (void)state;
    for_models(ANSWERING, sends_much);
}

/* ---- limits of the server --------------------------------------------------------- */

/* Takes the next answer that comes on any of the connections; closes that one, which
 * makes room for another. -1 in the place of those that are closed. */
static void take_one_answer(struct pollfd *clients, size_t count)
{
    assert_true(poll(clients, count, -1) > 0);
    for (size_t i = 0; i < count; i++) {
        if (clients[i].fd < 0 || !clients[i].revents)
            continue;
        struct answer answer = read_answer(clients[i].fd, true);
        assert_int_equal(answer.status, 200);
        answer_release(&answer);
        close(clients[i].fd);
        clients[i].fd = -1;
        return;
    }
}

/* Nobody promises that who connects first is accepted first: some models accept from
 * several sockets. */
static void keeps_its_cap(const struct model *model)
{
    struct server_settings settings = usual_settings;
    settings.max_connections = 3;
    struct served served = serve_with(model, &settings, "");
    struct pollfd clients[6];
    for (int i = 0; i < 6; i++) {
        clients[i] = (struct pollfd){.fd = dial(&served), .events = POLLIN};
        ask(clients[i].fd, "GET", "/");
    }
    int answered = 0;
    while (answered < 3) {
        usleep(1000);
        answered = poll(clients, 6, -1);
    }
    usleep(30000);
    assert_int_equal(poll(clients, 6, 0), 3);
    for (int i = 0; i < 6; i++)
        take_one_answer(clients, 6);
    cJSON *statistics;
    assert_int_equal(stop(&served, &statistics), 0);
    assert_int_equal(json_number(statistics, "accepted"), 6);
    assert_int_equal(json_number(statistics, "refused"), 0);
    assert_true(json_number(statistics, "accept_pauses") >= 1);
    assert_int_equal(json_number(statistics, "requests"), 6);
    cJSON_Delete(statistics);
}

static void connections_beyond_the_cap_wait(void **state)
{
    (void)state;
    for_models(ALWAYS, keeps_its_cap);
}

#define IDLE_LIMIT_NS (100 * NS_PER_MS)

/* A connection that was used longer than the limit, which is no idling. */
static int use_for_long(const struct served *served)
{
    while (true) {
        uint64_t begun_ns = clock_now_ns();
        int fd = dial(served);
        struct answer answer = get(fd, "/wait:400ms");
        int status = answer.status;
        answer_release(&answer);
        if (status == 200)
            return fd;
        /* Where the machine kept us from asking that long, it was idle indeed. */
        assert_int_equal(status, 0);
        assert_true(clock_now_ns() - begun_ns >= IDLE_LIMIT_NS);
        close(fd);
    }
}

static void ends_idle(const struct model *model)
{
    struct server_settings settings = usual_settings;
    settings.idle_timeout_ns = IDLE_LIMIT_NS;
    struct served served = serve_with(model, &settings, "");
    int silent = dial(&served), stalled = dial(&served);
    say(stalled, "GET / HTTP/1.1\r\nHos");
    int used = use_for_long(&served);
    assert_true(is_ended(silent));
    assert_true(is_ended(stalled));
    assert_true(is_ended(used));
    close(silent);
    close(stalled);
    close(used);
    expect_good_end(&served);
}

static void idle_connections_are_closed(void **state)
{
    (void)state;
    for_models(ANSWERING, ends_idle);
}

static void ends_stalled_reader(const struct model *model)
{
    struct server_settings settings = usual_settings;
    settings.idle_timeout_ns = IDLE_LIMIT_NS;
    struct served served = serve_with(model, &settings, "");
    int fd = dial(&served);
    ask(fd, "GET", "/bytes:64MiB");
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&readable, 1, -1), 1);
    /* It never reads: draining, which has no limit here, ends only if it is cut off. */
    assert_int_equal(stop(&served, NULL), 0);
    close(fd);
}

static void clients_that_never_read_are_cut_off(void **state)
{
    (void)state;
    for_models(ANSWERING, ends_stalled_reader);
}

/* ---- stopping --------------------------------------------------------------------- */

/* A second request on a connection, which the server tells that it has begun. */
static int begin_request(const struct served *served, const char *steps)
{
    int fd = dial(served);
    struct answer answer = get(fd, "/");
    assert_int_equal(answer.status, 200);
    answer_release(&answer);
    char byte, *path = memory_printf("/tell:1%s", steps);
    ask(fd, "GET", path);
    free(path);
    assert_int_equal(read(served->told, &byte, 1), 1);
    return fd;
}

static void drains(const struct model *model)
{
    struct served served = serve(model);
    int idle = dial(&served), stalled = dial(&served);
    say(stalled, "GET / HTTP/1.1\r\nHos");
    int fd = begin_request(&served, "/wait:300ms/spin:1000/file:100");
    kill(served.pid, SIGTERM);
    struct answer answer = read_answer(fd, true);
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.head, "Connection: close\r\n"));
    answer_release(&answer);
    assert_true(is_ended(fd));
    assert_true(is_ended(idle));
    assert_true(is_ended(stalled));
    close(fd);
    close(idle);
    close(stalled);
    assert_int_equal(wait_for_end(&served, NULL), 0);
}

static void requests_in_hand_are_finished(void **state)
{
    (void)state;
    for_models(ANSWERING, drains);
}

static void is_abandoned(const struct model *model)
{
    struct server_settings settings = usual_settings;
    settings.drain_timeout_ns = 50 * NS_PER_MS;
    struct served served = serve_with(model, &settings, "");
    int fd = begin_request(&served, "/wait:1h");
    cJSON *statistics;
    assert_int_equal(stop(&served, &statistics), 77);
    assert_int_equal(json_number(statistics, "requests"), 1);
    cJSON_Delete(statistics);
    close(fd);
    served = serve(model);
    fd = begin_request(&served, "/wait:1h");
    kill(served.pid, SIGTERM);
    usleep(50000); /* signals of one kind that wait together become one */
    kill(served.pid, SIGINT);
    assert_int_equal(wait_for_end(&served, NULL), 77);
    close(fd);
}

static void draining_has_a_limit(void **state)
{
    (void)state;
    for_models(ANSWERING, is_abandoned);
}

static void stops_while_busy(const struct model *model)
{
    struct served served = serve(model);
    int fds[40];
    for (int i = 0; i < 40; i++) {
        fds[i] = dial(&served);
        ask(fds[i], "GET", i % 2 ? "/wait:5ms" : "/spin:50k/file:1000/bytes:1MiB");
    }
    assert_int_equal(stop(&served, NULL), 0);
    for (int i = 0; i < 40; i++)
        close(fds[i]);
}

static void stopping_in_full_flight_is_clean(void **state)
{
    (void)state;
    for_models(ANSWERING, stops_while_busy);
}

/* ---- many at once ----------------------------------------------------------------- */

static void mixes(const struct model *model)
{
    struct served served = serve(model);
    static const char *const paths[] = {"/",          "/wait:1ms~exp", "/spin:3000",
                                        "/file:2000", "/readable:1ms", "/bytes:20kB"};
    int fds[60];
    for (int i = 0; i < 60; i++)
        fds[i] = dial(&served);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 60; i++)
            ask(fds[i], "GET", paths[(i + round) % 6]);
        for (int i = 0; i < 60; i++) {
            struct answer answer = read_answer(fds[i], true);
            assert_int_equal(answer.status, 200);
            answer_release(&answer);
        }
    }
    for (int i = 0; i < 60; i++)
        close(fds[i]);
    cJSON *statistics;
    assert_int_equal(stop(&served, &statistics), 0);
    assert_int_equal(json_number(statistics, "requests"), 600);
    assert_int_equal(json_number(statistics, "errors"), 0);
    assert_int_equal(json_number(statistics, "accepted"), 60);
    cJSON_Delete(statistics);
}

static void many_clients_are_all_served(void **state)
{
    (void)state;
    for_models(ANSWERING, mixes);
}

/* ---- small stacks ------------------------------------------------------------------ */

static void fits_the_smallest_stack(const struct model *model)
{
    if (!model_has_option(model, "stack"))
        return;
    /* Sanitizers put red zones between all variables: their frames are no measure. */
    const char *stack = RUNS_SANITIZED ? "stack=1MiB" : "stack=96KiB";
    struct served served = serve_with(model, &usual_settings, stack);
    char *paths[MAX_PATHS];
    size_t count = list_paths(paths);
    for (size_t i = 0; i < count; i++) {
        int fds[4];
        for (size_t f = 0; f < 4; f++) {
            fds[f] = dial(&served);
            ask(fds[f], "GET", paths[i]);
        }
        for (size_t f = 0; f < 4; f++) {
            struct answer answer = read_answer(fds[f], true);
            assert_true(answer.status >= 200);
            answer_release(&answer);
            close(fds[f]);
        }
        free(paths[i]);
    }
    expect_good_end(&served);
}

static void every_op_fits_the_smallest_stack(void **state)
{
    (void)state;
    for_models(ALWAYS, fits_the_smallest_stack);
}

/* ---- libuv's pool ------------------------------------------------------------------ */

/* Asks 16 times at once for what blocks for 50 ms; returns how long all took. */
static uint64_t time_blocking(const char *pool)
{
    struct served served = serve_with(&event_loop_model, &usual_settings, pool);
    int first = dial(&served);
    struct answer ready = get(first, "/block:1ms"); /* starts the pool's threads */
    answer_release(&ready);
    close(first);
    uint64_t begun_ns = clock_now_ns();
    int fds[16];
    for (int i = 0; i < 16; i++) {
        fds[i] = dial(&served);
        ask(fds[i], "GET", "/block:50ms");
    }
    for (int i = 0; i < 16; i++) {
        struct answer answer = read_answer(fds[i], true);
        assert_int_equal(answer.status, 200);
        answer_release(&answer);
        close(fds[i]);
    }
    uint64_t took_ns = clock_now_ns() - begun_ns;
    expect_good_end(&served);
    return took_ns;
}

static void the_pool_limits_blocking_calls(void **state)
{
    (void)state;
    const uint64_t least_ns = 16 / 4 * 50 * NS_PER_MS; /* four at a time */
    assert_true(time_blocking("uv-pool=4") >= least_ns);
    /* Without that limit one of some tries is faster: a neighbour's load only adds. */
    while (time_blocking("uv-pool=64") >= least_ns)
        continue;
    /* By the loop itself: one at a time. */
    assert_true(time_blocking("blocking=loop,uv-pool=64") >= 16 * 50 * NS_PER_MS);
}

/* ---- what tells the two dispatches of thread-pool apart ---------------------------- */

static void dispatch_decides_who_starves(void **state)
{
    (void)state;
    struct served served =
        serve_with(&thread_pool_model, &usual_settings, "threads=1,dispatch=connection");
    int holder = dial(&served);
    struct answer answer = get(holder, "/");
    answer_release(&answer);
    int starving = dial(&served);
    ask(starving, "GET", "/");
    assert_true(is_silent_for(starving, 100));
    close(holder);
    answer = read_answer(starving, true);
    assert_int_equal(answer.status, 200);
    answer_release(&answer);
    close(starving);
    expect_good_end(&served);

    served =
        serve_with(&thread_pool_model, &usual_settings, "threads=1,dispatch=request");
    holder = dial(&served);
    answer = get(holder, "/");
    answer_release(&answer);
    int other = dial(&served);
    answer = get(other, "/");
    assert_int_equal(answer.status, 200);
    answer_release(&answer);
    close(other);
    close(holder);
    expect_good_end(&served);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greeting_keeps_the_connection),
        cmocka_unit_test(all_models_answer_alike),
        cmocka_unit_test(waits_are_never_short),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(long_pipelines_are_answered),
        cmocka_unit_test(early_requests_are_kept_apart),
        cmocka_unit_test(bodies_and_closing_are_understood),
        cmocka_unit_test(errors_are_answered_and_end_the_connection),
        cmocka_unit_test(clients_may_leave_at_any_time),
        cmocka_unit_test(half_closed_clients_get_their_answer),
        cmocka_unit_test(clients_that_do_not_read_are_not_read),
        cmocka_unit_test(large_replies_arrive_whole),
        cmocka_unit_test(connections_beyond_the_cap_wait),
        cmocka_unit_test(idle_connections_are_closed),
        cmocka_unit_test(clients_that_never_read_are_cut_off),
        cmocka_unit_test(requests_in_hand_are_finished),
        cmocka_unit_test(draining_has_a_limit),
        cmocka_unit_test(stopping_in_full_flight_is_clean),
        cmocka_unit_test(many_clients_are_all_served),
        cmocka_unit_test(every_op_fits_the_smallest_stack),
        cmocka_unit_test(the_pool_limits_blocking_calls),
        cmocka_unit_test(dispatch_decides_who_starves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* fetch.c - fetch under every model, against an upstream that misbehaves as it is
 * asked to: what the client is told, and that the server gets over it. */
#include "tests/support/served.h"

/* ---- an upstream ------------------------------------------------------------------ */

#define OK "HTTP/1.1 200 OK\r\nInterleave-Digest: 0123abcd\r\nContent-Length: 2\r\n"

/* How it answers: the bytes, and whether it closes then. NULL: it never answers. */
static const struct manner {
    const char *path, *bytes;
    bool closes;
} manners[] = {
    {"/good", OK "\r\nok", false},
    {"/close", OK "Connection: close\r\n\r\nok", true},
    {"/leave", OK "\r\nok", true}, /* promises to stay, and leaves */
    {"/silent", NULL, false},
    {"/early", "", true},
    {"/cut", OK "\r\no", true},
    {"/garbage", "GARBAGE\r\n\r\n", false},
    {"/busy", "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", false},
    {"/moved", "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", false},
    {"/large", NULL, false},
};

#define LARGE_BYTES (8 << 20)

static void send_large(int fd)
{
    dprintf(fd, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", LARGE_BYTES);
    char *zeros = memory_allocate_zeroed(1, LARGE_BYTES);
    say_bytes(fd, zeros, LARGE_BYTES);
    free(zeros);
}

/* Answers one connection's requests, in a process of its own. */
static void answer_as_asked(int fd)
{
    while (true) {
        char *head = read_until(fd, "\r\n\r\n");
        char path[64] = "";
        sscanf(head, "GET %63s ", path);
        free(head);
        const struct manner *manner = NULL;
        for (size_t i = 0; i < sizeof manners / sizeof *manners; i++)
            if (strcmp(manners[i].path, path) == 0)
                manner = &manners[i];
        if (!manner)
            _exit(0);
        if (manner->bytes)
            say(fd, manner->bytes);
        else if (strcmp(path, "/large") == 0)
            send_large(fd);
        if (manner->closes)
            _exit(0);
    }
}

struct upstream {
    pid_t pid;
    int accepted; /* pipe: a byte for each connection */
    char url[64];
};

static struct upstream start_upstream(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int ends[2], listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 ||
        listen(listener, 100) < 0 || pipe(ends) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        abort();
    struct upstream upstream = {.accepted = ends[0]};
    snprintf(upstream.url, sizeof upstream.url, "http://127.0.0.1:%d",
             ntohs(address.sin_port));
    fflush(NULL);
    upstream.pid = fork();
    if (upstream.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGCHLD, SIG_IGN);
        while (true) {
            int fd = accept(listener, NULL, NULL);
            if (write(ends[1], "+", 1) != 1)
                _exit(1);
            if (fork() == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                close(listener);
                answer_as_asked(fd);
            }
            close(fd);
        }
    }
    close(listener);
    close(ends[1]);
    return upstream;
}

static void stop_upstream(struct upstream *upstream)
{
    kill(upstream->pid, SIGKILL);
    waitpid(upstream->pid, NULL, 0);
    close(upstream->accepted);
}

/* Connections since the last time it was asked. */
static int take_accepted(const struct upstream *upstream)
{
    int count = 0;
    struct pollfd readable = {.fd = upstream->accepted, .events = POLLIN};
    char byte;
    while (poll(&readable, 1, 0) == 1 && read(upstream->accepted, &byte, 1) == 1)
        count++;
    return count;
}

/* ---- tests ------------------------------------------------------------------------ */

static struct served serve_upstream(const struct model *model,
                                    const struct upstream *upstream, uint64_t connections,
                                    uint64_t timeout_ns)
{
    struct server_settings settings = usual_settings;
    settings.ops.upstream = upstream->url;
    settings.ops.upstream_connections = connections;
    settings.ops.upstream_timeout_ns = timeout_ns;
    return serve_with(model, &settings, "");
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

static void tells_what_went_wrong(const struct model *model)
{
    struct upstream upstream = start_upstream();
    struct served served = serve_upstream(model, &upstream, 4, NS_PER_H);
    char *good = NULL;
    for (int round = 0; round < 2; round++) {
        int fd = dial(&served);
        struct answer answer = get(fd, "/fetch:good");
        assert_int_equal(answer.status, 200);
        if (good)
            assert_string_equal(answer.body, good);
        free(good);
        good = memory_copy_string(answer.body);
        answer_release(&answer);
        close(fd);
        expect(&served, "/fetch:early", 502, "closed the connection");
        expect(&served, "/fetch:cut", 502, "closed the connection");
        expect(&served, "/fetch:garbage", 502, "not HTTP/1.1");
        expect(&served, "/fetch:busy", 502, "status 503");
        expect(&served, "/fetch:moved", 502, "status 302");
        expect(&served, "/fetch:close", 200, good);
        expect(&served, "/fetch:large", 200, "\n");
    }
    free(good);
    expect(&served, "/fetch:a\"b", 400, "printable");
    stop_upstream(&upstream);
    int status = 0;
    /* Its last connections may outlive it for a moment. */
    while (status != 502) {
        int fd = dial(&served);
        struct answer answer = get(fd, "/fetch:good");
        status = answer.status;
        assert_true(status == 502 || status == 200);
        answer_release(&answer);
        close(fd);
    }
    expect(&served, "/fetch:good", 502, "Connection refused");
    assert_int_equal(stop(&served, NULL), 0);
}

static void failures_are_502(void **state)
{
    (void)state;
    for_models(ANSWERING, tells_what_went_wrong);
}

static void gives_up(const struct model *model)
{
    struct upstream upstream = start_upstream();
    struct served served = serve_upstream(model, &upstream, 4, 50 * NS_PER_MS);
    uint64_t begun_ns = clock_now_ns();
    expect(&served, "/fetch:silent", 504, "took longer");
    assert_true(clock_now_ns() - begun_ns >= 50 * NS_PER_MS);
    assert_int_equal(stop(&served, NULL), 0);
    stop_upstream(&upstream);
}

static void silence_is_504(void **state)
{
    (void)state;
    for_models(ANSWERING, gives_up);
}

static void keeps_connections(const struct model *model)
{
    struct upstream upstream = start_upstream();
    struct served served = serve_upstream(model, &upstream, 4, NS_PER_H);
    int fd = dial(&served);
    take_accepted(&upstream); /* the one of the start */
    for (int i = 0; i < 20; i++) {
        struct answer answer = get(fd, "/fetch:good/fetch:good/spin:10/fetch:good");
        assert_int_equal(answer.status, 200);
        answer_release(&answer);
    }
    /* One of each thread that has served: at most one for each request, never for each
     * of the 60 steps. */
    int connections = take_accepted(&upstream);
    assert_in_range(connections, 1, 20);
    /* One that the upstream has closed meanwhile is not the client's problem. */
    for (int i = 0; i < 20; i++) {
        struct answer answer = get(fd, i % 2 ? "/fetch:leave" : "/fetch:good");
        assert_int_equal(answer.status, 200);
        answer_release(&answer);
    }
    close(fd);
    assert_int_equal(stop(&served, NULL), 0);
    stop_upstream(&upstream);
}

static void connections_are_kept_alive(void **state)
{
    (void)state;
    for_models(ANSWERING, keeps_connections);
}

#define CLIENTS 6

static void stands_in_line(const struct model *model)
{
    struct upstream upstream = start_upstream();
    struct served served = serve_upstream(model, &upstream, 1, NS_PER_H);
    int fds[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        fds[i] = dial(&served);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < CLIENTS; i++)
            ask(fds[i], "GET", round % 5 ? "/fetch:good" : "/fetch:leave/fetch:good");
        for (int i = 0; i < CLIENTS; i++) {
            struct answer answer = read_answer(fds[i], true);
            assert_int_equal(answer.status, 200);
            answer_release(&answer);
        }
    }
    for (int i = 0; i < CLIENTS; i++)
        close(fds[i]);
    assert_int_equal(stop(&served, NULL), 0);
    stop_upstream(&upstream);
}

static void waiting_for_a_connection_is_part_of_the_step(void **state)
{
    (void)state;
    for_models(ANSWERING, stands_in_line);
}

/* Clients that leave while their step stands in line or waits for the upstream. */
static void survives_leavers(const struct model *model)
{
    struct upstream upstream = start_upstream();
    struct served served = serve_upstream(model, &upstream, 1, 300 * NS_PER_MS);
    for (int i = 0; i < CLIENTS; i++) {
        int fd = dial(&served);
        struct linger reset = {.l_onoff = 1};
        ask(fd, "GET", i % 2 ? "/fetch:silent" : "/fetch:good");
        usleep(3000);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(fd);
    }
    /* What they left behind ends with its time at the latest. */
    int status = 0;
    while (status != 200) {
        int fd = dial(&served);
        struct answer answer = get(fd, "/fetch:good");
        status = answer.status;
        assert_true(status == 200 || status == 504);
        answer_release(&answer);
        close(fd);
    }
    assert_int_equal(stop(&served, NULL), 0);
    stop_upstream(&upstream);
}

static void clients_may_leave_at_any_time(void **state)
{
    (void)state;
    for_models(ANSWERING, survives_leavers);
}

static void without_an_upstream(const struct model *model)
{
    struct served served = serve(model);
    expect(&served, "/fetch:good", 501, "--upstream");
    assert_int_equal(stop(&served, NULL), 0);
}

static void a_server_without_one_says_so(void **state)
{
    (void)state;
    for_models(ANSWERING, without_an_upstream);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_are_502),
        cmocka_unit_test(silence_is_504),
        cmocka_unit_test(connections_are_kept_alive),
        cmocka_unit_test(waiting_for_a_connection_is_part_of_the_step),
        cmocka_unit_test(clients_may_leave_at_any_time),
        cmocka_unit_test(a_server_without_one_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

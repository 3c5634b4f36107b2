/*
 * conversation.c - the conversations whose instructions scripts/instructions counts:
 * every model, with each of its choices, asked for a path of each kind of step, and the
 * HTTP session alone. To be run under callgrind.
 *
 * One client sends a request when it has read the reply to the one before, so that a
 * loop's batches are the same however fast the machine is. Counters are dumped by a step
 * of its own, /mark, in the process that serves: a dump holds what ran between two marks,
 * and its label is the row and the number of requests. What one request costs is the
 * difference between long and short stretches, in which the marks themselves fall out.
 * There are several rounds of each, because another order of threads makes a loop turn
 * once more.
 *
 * Loops do not tick here (servers/loop_health.h): how many ticks fall into a stretch is a
 * matter of time.
 *
 * On stdout, a line each: "built<TAB>WHAT" and, for what is not counted, "left
 * out<TAB>ROW<TAB>WHY".
 */
#include "tests/support/served.h"

#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <valgrind/callgrind.h>

#include "base/build.h"
#include "servers/http.h"

#define WARM   8 /* requests before the first mark */
#define ROUNDS 7
static const int stretches[] = {8, 40}; /* requests, in each round */

/* Of each kind of step, and none. Times are long beside a turn of a loop, which would
 * find shorter ones over before it sleeps. */
static const char *const paths[] = {"/", "/wait:1ms", "/block:1ms", "/spin:100"};

/* ---- what valgrind lacks ----------------------------------------------------------- */

/* valgrind 3.19 knows neither of these system calls. They take the place of libc's. */
int epoll_pwait2(int fd, struct epoll_event *events, int most,
                 const struct timespec *timeout, const sigset_t *mask)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return ppoll(&poll_fd, 1, timeout, mask) < 0 ? -1 : epoll_wait(fd, events, most, 0);
}

/* No process ends before all do: a descriptor that never tells will do. */
int pidfd_open(pid_t pid, unsigned flags)
{
    (void)pid, (void)flags;
    return eventfd(0, EFD_CLOEXEC);
}

static const struct left_out {
    const struct model *model;
    const char *path, *why;
} left_out[] = {
    {&io_uring_model, "/block:1ms",
     "valgrind lets no other thread run while one waits in a ring"},
    {&null_model, NULL, "a canned reply, whatever is asked"},
};

static const char *why_left_out(const struct model *model, const char *path)
{
    for (size_t i = 0; i < COUNT_OF(left_out); i++)
        if (left_out[i].model == model &&
            (!left_out[i].path || strcmp(left_out[i].path, path) == 0))
            return left_out[i].why;
    return NULL;
}

static void say_left_out(const char *name, const char *path, const char *why)
{
    printf("left out\t%s%s%s\t%s\n", name, path ? " " : "", path ? path : "", why);
    fflush(stdout);
}

/* ---- marks ------------------------------------------------------------------------- */

static char subject[96]; /* "thread-pool dispatch=connection"; the server has it, too */

static void dump(const char *path, int requests)
{
    char *label = memory_printf("%s%s\t%d", subject, path, requests);
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_DUMP_STATS_AT(label);
    free(label);
}

#define MARK(path, requests) ((path)*1000 + (requests))

static int parse_mark(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_COUNT, text, 0, MARK(COUNT_OF(paths), 0), argument,
                          error);
}

/* Never waits: so it runs on the thread or loop that serves, and wakes no other one. */
static enum op_answer resume_mark(struct op_call *call)
{
    char *path = memory_printf(" %s", paths[call->argument / 1000]);
    dump(path, (int)(call->argument % 1000));
    free(path);
    return OP_DONE;
}

static const struct op mark_op = {.name = "mark",
                                  .kind = OP_WAIT,
                                  .example = "0",
                                  .parse = parse_mark,
                                  .resume = resume_mark};

/* ---- a model ----------------------------------------------------------------------- */

static void fetch(int fd, const char *path, int times)
{
    for (int i = 0; i < times; i++) {
        struct answer answer = get(fd, path);
        assert_int_equal(answer.status, 200);
        answer_release(&answer);
    }
}

static void fetch_mark(int fd, size_t path, int requests)
{
    char text[32];
    snprintf(text, sizeof text, "/mark:%zu", MARK(path, (size_t)requests));
    fetch(fd, text, 1);
}

/* A mark of 0 requests ends what belongs to nothing. */
static void converse_about(int fd, size_t path)
{
    fetch(fd, paths[path], WARM);
    fetch_mark(fd, path, 0);
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < COUNT_OF(stretches); i++) {
            fetch(fd, paths[path], stretches[i]);
            fetch_mark(fd, path, stretches[i]);
        }
}

/* A choice of the model's, or none. */
static void converse_with(const struct model *model, const struct field *option,
                          const char *choice)
{
    struct text assignments = {0};
    text_append_string(&assignments, "");
    for (const struct field *o = model->options; o && o->name; o++)
        if (o->role != ROLE_NONE && !option_role_words[o->role])
            text_printf(&assignments, "%s%s=2", assignments.length ? "," : "", o->name);
    if (choice)
        text_printf(&assignments, "%s%s=%s", assignments.length ? "," : "", option->name,
                    choice);
    snprintf(subject, sizeof subject, "%s%s%s%s%s", model->name, choice ? " " : "",
             choice ? option->name : "", choice ? "=" : "", choice ? choice : "");
    struct server_settings quiet = usual_settings;
    quiet.quiet_loops = true;
    struct served served = serve_with(model, &quiet, text_string(&assignments));
    text_release(&assignments);
    int fd = dial(&served);
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        const char *why = why_left_out(model, paths[i]);
        if (why)
            say_left_out(subject, paths[i], why);
        else
            converse_about(fd, i);
    }
    close(fd);
    /* Its processes go with it; nothing of its end is counted. */
    kill(served.pid, SIGKILL);
    wait_for_end(&served, NULL);
}

static void converse(const struct model *model)
{
    converse_with(model, NULL, NULL);
    for (const struct field *o = model->options; o && o->name; o++)
        for (size_t i = 0; option_role_words[o->role] && o->choices[i]; i++)
            if (strcmp(o->choices[i], o->fallback) != 0)
                converse_with(model, o, o->choices[i]);
}

static void say_models_left_out(void)
{
    for (size_t i = 0; model_list[i]; i++) {
        struct error why;
        if (!model_is_supported(model_list[i], &why))
            say_left_out(model_list[i]->name, NULL, why.text);
        else if (model_list[i]->flags & MODEL_CALIBRATION)
            say_left_out(model_list[i]->name, NULL, why_left_out(model_list[i], ""));
    }
}

/* ---- the HTTP session -------------------------------------------------------------- */

#define SESSION_REQUESTS 4
static const char session_input[] =
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    "GET /wait:50ms/query:3/gzip:32KiB HTTP/1.1\r\nHost: localhost:8080\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101\r\n"
    "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n"
    "Connection: keep-alive\r\nCache-Control: max-age=0\r\n\r\n"
    "POST /spin:1k HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
    "Content-Length: 26\r\n\r\nabcdefghijklmnopqrstuvwxyz"
    "PUT / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\nabcde\r\n7\r\nfghijkl\r\n0\r\n\r\n";

static void parse_requests(int requests)
{
    struct http_session session = {0};
    for (int i = 0; i < requests / SESSION_REQUESTS; i++) {
        const char *input = session_input;
        size_t length = sizeof session_input - 1;
        for (int k = 0; k < SESSION_REQUESTS; k++)
            assert_int_equal(http_session_next(&session, &input, &length),
                             HTTP_REQUEST_IN);
        assert_int_equal(length, 0);
    }
    http_session_release(&session);
}

static void converse_with_nobody(const struct model *model)
{
    (void)model;
    snprintf(subject, sizeof subject, "http session");
    parse_requests(WARM);
    dump("", 0);
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < COUNT_OF(stretches); i++) {
            parse_requests(stretches[i]);
            dump("", stretches[i]);
        }
}

/* ---- all --------------------------------------------------------------------------- */

static void all_models_converse(void **state)
{
    (void)state;
    printf("built\t%s, %s, llhttp %d.%d.%d\n", build.compiler, build.flags,
           LLHTTP_VERSION_MAJOR, LLHTTP_VERSION_MINOR, LLHTTP_VERSION_PATCH);
    say_models_left_out();
    extra_op = &mark_op;
    struct model_run session = begin_model(&null_model, converse_with_nobody);
    assert_true(model_did_well(&session));
    for_models(ANSWERING, converse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_models_converse)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

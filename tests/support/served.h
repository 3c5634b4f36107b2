/*
 * served.h - a server under test in a process of its own, and a plain blocking client.
 * Every wait in here is for something that must come; only the tests' common time
 * limit ends one that never does.
 */
#ifndef TESTS_SUPPORT_SERVED_H
#define TESTS_SUPPORT_SERVED_H

#include "tests/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "servers/data_folder.h"
#include "servers/model.h"
#include "servers/server.h"
#include "servers/server_statistics.h"
#include "tests/support/test_ops.h"

/* Not every test needs everything in here. */
#pragma GCC diagnostic ignored "-Wunused-function"

/* ---- the models -------------------------------------------------------------------- */

/* The next model that runs here and has none of the flags, or NULL at the end of the
 * list; `at` begins as model_list. Says which it is. */
static const struct model *next_model(const struct model *const **at, unsigned without)
{
    const struct model *model;
    while ((model = *(*at)++)) {
        struct error why;
        if (model->flags & without || (model->supported && !model->supported(&why)))
            continue;
        print_message("# %s\n", model->name);
        return model;
    }
    return NULL;
}

static inline bool model_has_option(const struct model *model, const char *name)
{
    for (const struct field *option = model->options; option && option->name; option++)
        if (strcmp(option->name, name) == 0)
            return true;
    return false;
}

/* What to leave out: nothing, or what gives the canned reply whatever it is asked. */
#define ALWAYS    0U
#define ANSWERING MODEL_CALIBRATION

typedef void model_test(const struct model *model);

/* Enough to overlap what tests wait for; few enough for a small machine's memory. */
#define MODELS_AT_ONCE 4

struct model_run {
    const struct model *model;
    pid_t pid;
};

/* Tests a model in a process of its own, which the first failed assertion ends: it says
 * what failed, but the tests that would follow are the parent's. */
static struct model_run begin_model(const struct model *model, model_test *body)
{
    fflush(NULL);
    struct model_run run = {.model = model, .pid = fork()};
    assert_true(run.pid >= 0);
    if (run.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setenv("CMOCKA_TEST_ABORT", "1", 1);
        body(model);
        exit(0);
    }
    return run;
}

static bool model_did_well(const struct model_run *run)
{
    int status;
    assert_int_equal(waitpid(run->pid, &status, 0), run->pid);
    if (status != 0)
        print_error("%s failed (wait status %#x)\n", run->model->name, status);
    return status == 0;
}

/* Runs `body` for all models that this machine supports and that have none of the
 * flags, some of them at a time; each model's failure is told. */
static void for_models(unsigned without, model_test *body)
{
    struct model_run runs[MODELS_AT_ONCE];
    size_t begun = 0, ended = 0;
    bool all_well = true;
    const struct model *const *at = model_list, *model;
    while ((model = next_model(&at, without))) {
        if (begun - ended == MODELS_AT_ONCE)
            all_well &= model_did_well(&runs[ended++ % MODELS_AT_ONCE]);
        runs[begun++ % MODELS_AT_ONCE] = begin_model(model, body);
    }
    while (ended < begun)
        all_well &= model_did_well(&runs[ended++ % MODELS_AT_ONCE]);
    assert_true(all_well);
}

/* ---- the server ------------------------------------------------------------------- */

struct served {
    pid_t pid;
    int port;
    int report;   /* pipe: the address, later the statistics */
    int told;     /* pipe: a byte for each tell step that it has begun */
    char *folder; /* its data */
};

static int report_fd; /* in the child */

static void report_ready(struct server *server)
{
    dprintf(report_fd, "%s\n", strrchr(server->address, ':') + 1);
}

static void report_statistics(struct server *server)
{
    char descriptor[16];
    struct error error;
    snprintf(descriptor, sizeof descriptor, "%d", report_fd);
    if (server_statistics_write(server, descriptor, &error) < 0)
        abort();
}

/* Past the thread sanitizer, which would miss that somebody joins the threads that have
 * ended: in a server that is given up nobody does. */
static void report_abandoned(struct server *server)
{
    report_statistics(server);
    syscall(SYS_exit_group, 77);
}

/* "threads=4": sets options of the model as if they were typed. */
static void set_model_options(const struct model *model, void *settings,
                              const char *assignments)
{
    size_t count;
    char **words = text_split(assignments, ',', &count);
    for (size_t i = 0; i < count && *words[i]; i++) {
        char *value = strchr(words[i], '=');
        *value++ = '\0';
        for (const struct field *o = model->options; o && o->name; o++)
            if (strcmp(o->name, words[i]) == 0 && field_set(o, settings, value, NULL))
                abort();
    }
    text_list_free(words);
}

/* Runs in the child; its exit code is 0 when the server drained and closed well. */
static int serve_here(const struct model *model, const struct server_settings *settings,
                      const char *folder, const char *assignments)
{
    struct error error;
    struct server server;
    struct server_settings mine = *settings;
    mine.ops.data_folder = folder;
    void *model_settings = memory_allocate_zeroed(1, model->settings_bytes + 1);
    fields_default(model->options, model_settings);
    set_model_options(model, model_settings, assignments);
    list_all_ops();
    int result = server_open(&server, &mine, all_ops, &error);
    if (result == 0) {
        server.model = model;
        server.model_settings = model_settings;
        server.on_ready = report_ready;
        server.on_abandon = report_abandoned;
        result = server_run(&server, &error);
        report_statistics(&server);
        server_close(&server);
    }
    fields_release(model->options, model_settings);
    free(model_settings);
    if (result < 0)
        fprintf(stderr, "%s: %s\n", model->name, error.text);
    return result < 0;
}

static const struct server_settings usual_settings = {
    .listen = "127.0.0.1:0",
    .idle_timeout_ns = NS_PER_H,
    .drain_timeout_ns = NS_PER_H,
    .ops = {.upstream_connections = 8,
            .upstream_timeout_ns = NS_PER_H,
            .postgres_connections = 4},
};

static struct served serve_with(const struct model *model,
                                const struct server_settings *settings,
                                const char *assignments)
{
    int ends[2], tell_ends[2];
    char *folder = data_folder_make(NULL);
    if (!folder || pipe(ends) < 0 || pipe(tell_ends) < 0)
        abort();
    fflush(NULL);
    struct served served = {.report = ends[0], .told = tell_ends[0], .folder = folder};
    served.pid = fork();
    if (served.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        close(tell_ends[0]);
        report_fd = ends[1];
        tell_fd = tell_ends[1];
        int code = serve_here(model, settings, served.folder, assignments);
        free(folder);
        exit(code);
    }
    close(ends[1]);
    close(tell_ends[1]);
    char text[16] = "";
    for (size_t used = 0; used < sizeof text - 1 && !strchr(text, '\n'); used++)
        if (read(served.report, text + used, 1) != 1)
            abort();
    served.port = atoi(text);
    return served;
}

static inline struct served serve(const struct model *model)
{
    return serve_with(model, &usual_settings, "");
}

/* Waits for its end: the exit code, or 256 + signal. */
static int wait_for_end(struct served *served, cJSON **statistics)
{
    struct text text = {0};
    char bytes[4096];
    ssize_t got;
    while ((got = read(served->report, bytes, sizeof bytes)) > 0)
        text_append(&text, bytes, (size_t)got);
    close(served->report);
    close(served->told);
    int status;
    waitpid(served->pid, &status, 0);
    file_remove_folder(served->folder);
    free(served->folder);
    if (statistics)
        *statistics = cJSON_Parse(text_string(&text));
    text_release(&text);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static int stop(struct served *served, cJSON **statistics)
{
    kill(served->pid, SIGTERM);
    return wait_for_end(served, statistics);
}

/* ---- the client ------------------------------------------------------------------- */

static int dial(const struct served *served)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)served->port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        abort();
    return fd;
}

static void say_bytes(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent < 0)
            return;
        bytes += sent;
        length -= (size_t)sent;
    }
}

static void say(int fd, const char *text)
{
    say_bytes(fd, text, strlen(text));
}

static void ask(int fd, const char *method, const char *path)
{
    char *text = memory_printf("%s %s HTTP/1.1\r\nHost: test\r\n\r\n", method, path);
    say(fd, text);
    free(text);
}

/* Reads up to and including `end`; what was read (heap) even if the end never came. */
static char *read_until(int fd, const char *end)
{
    struct text text = {0};
    char byte;
    size_t length = strlen(end);
    text_append(&text, "", 0);
    while (read(fd, &byte, 1) == 1) {
        text_append(&text, &byte, 1);
        if (text.length >= length &&
            memcmp(text.data + text.length - length, end, length) == 0)
            break;
    }
    return text_steal(&text);
}

struct answer {
    int status;
    char *head; /* with the blank line */
    char *body;
    size_t body_length;
};

static void answer_release(struct answer *answer)
{
    free(answer->head);
    free(answer->body);
}

static struct answer read_answer(int fd, bool has_body)
{
    struct answer answer = {.head = read_until(fd, "\r\n\r\n")};
    if (!answer.head || sscanf(answer.head, "HTTP/1.1 %d ", &answer.status) != 1)
        return answer;
    const char *length = strstr(answer.head, "Content-Length: ");
    answer.body_length = length && has_body ? strtoul(length + 16, NULL, 10) : 0;
    answer.body = memory_allocate_zeroed(1, answer.body_length + 1);
    for (size_t used = 0; used < answer.body_length;) {
        ssize_t got = read(fd, answer.body + used, answer.body_length - used);
        if (got <= 0) {
            answer.status = -1;
            break;
        }
        used += (size_t)got;
    }
    return answer;
}

static struct answer get(int fd, const char *path)
{
    ask(fd, "GET", path);
    return read_answer(fd, true);
}

/* True when the server closes: nothing but the end of input comes any more. */
static inline bool is_ended(int fd)
{
    char byte;
    ssize_t got = read(fd, &byte, 1);
    return got == 0 || (got < 0 && errno == ECONNRESET);
}

static inline bool is_silent_for(int fd, int ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, ms) == 0;
}

#endif

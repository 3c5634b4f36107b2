/* server_child.c - see server_child.h. */
#include "harness/trial/server_child.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "harness/trial/http_get.h"

#define LAST_WORDS_BYTES 400
#define STOP_GRACE_NS    (10 * NS_PER_S)

/* The URL, once the whole line has been heard: where it says none, it has been told. */
static bool find_url(struct server_child *server, const char *announcement)
{
    const char *at = strstr(text_string(&server->child.heard), announcement);
    if (!at || !strchr(at, '\n'))
        return false;
    at += strlen(announcement);
    int length = (int)strcspn(at, " \r\n");
    if (memmem(at, (size_t)length, "://", 3))
        snprintf(server->url, sizeof server->url, "%.*s", length, at);
    return *server->url != '\0';
}

static bool is_ready(struct server_child *server, const struct server_plan *plan)
{
    if (plan->ready_path)
        return http_get(server->url, plan->ready_path, NULL) == 0;
    return find_url(server, plan->announcement ? plan->announcement : "listening on ");
}

static int refuse_start(struct server_child *server, uint64_t limit_ns,
                        struct error *error)
{
    char words[LAST_WORDS_BYTES], end[128];
    bool ended = child_has_ended(&server->child);
    child_last_words(&server->child, words, sizeof words);
    if (ended)
        child_describe_end(&server->child, end, sizeof end);
    else
        snprintf(end, sizeof end, "not listening after %.0f s",
                 (double)limit_ns / (double)NS_PER_S);
    return error_set(error, ended ? -ECHILD : -ETIMEDOUT,
                     "the server did not start: %s; it said: %s", end, words);
}

int server_child_start(struct server_child *server, const struct server_plan *plan,
                       struct error *error)
{
    *server = (struct server_child){.child = CHILD_NONE};
    snprintf(server->url, sizeof server->url, "%s", plan->url ? plan->url : "");
    struct child_plan child_plan = {.program = plan->program,
                                    .arguments = plan->arguments,
                                    .folder = plan->folder,
                                    .log_path = plan->log_path,
                                    .cpus = plan->cpus,
                                    .environment = plan->environment,
                                    .stop_signal = plan->stop_signal,
                                    .forks = plan->forks,
                                    .inherited = -1,
                                    .input = -1};
    int result = child_start(&server->child, &child_plan, error);
    if (result < 0)
        return result;
    uint64_t deadline_ns = clock_now_ns() + plan->limit_ns;
    while (!is_ready(server, plan)) {
        if (process_interrupted())
            result = error_set(error, -EINTR, "interrupted");
        else if (child_has_ended(&server->child) || clock_now_ns() > deadline_ns)
            result = refuse_start(server, plan->limit_ns, error);
        if (result < 0) {
            /* What cleans up after itself gets the time to. */
            child_stop(&server->child, STOP_GRACE_NS);
            child_release(&server->child);
            return result;
        }
        struct pollfd watched[2] = {{.fd = server->child.output, .events = POLLIN},
                                    {.fd = server->child.pidfd, .events = POLLIN}};
        poll(watched, 2, 50);
        child_listen(&server->child);
    }
    return 0;
}

int server_child_stop(struct server_child *server, uint64_t grace_ns, struct error *error)
{
    char words[LAST_WORDS_BYTES], end[128];
    bool clean = child_stop(&server->child, grace_ns);
    child_last_words(&server->child, words, sizeof words);
    child_describe_end(&server->child, end, sizeof end);
    if (clean && server->child.status == 0)
        return 0;
    if (server->child.status == 0)
        return error_set(error, -ECHILD, "the server left processes behind");
    return error_set(error, -ECHILD, "the server did not end well: %s; it said: %s", end,
                     words);
}

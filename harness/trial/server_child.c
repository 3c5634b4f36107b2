/* server_child.c - see server_child.h. */
#include "harness/trial/server_child.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "harness/trial/http_get.h"

#define LAST_WORDS_BYTES 400
#define STOP_GRACE_NS    (10 * NS_PER_S)

/* Some servers announce no URL: they have to have been told where to listen. */
static bool has_announced(struct server_child *server, const char *announcement)
{
    char word[SERVER_URL_BYTES];
    if (!child_has_announced(&server->child, announcement, word, sizeof word))
        return false;
    if (strstr(word, "://"))
        memcpy(server->url, word, sizeof word);
    return *server->url != '\0';
}

static bool is_ready(struct server_child *server, const struct server_plan *plan)
{
    if (plan->ready_path)
        return http_get(server->url, plan->ready_path, NULL) == 0;
    return has_announced(server,
                         plan->announcement ? plan->announcement : "listening on ");
}

/* Why it did not start: as child_pause says. */
static int refuse_start(const struct server_child *server, int why, uint64_t limit_ns,
                        struct error *error)
{
    char words[LAST_WORDS_BYTES], end[128];
    if (why == -EINTR)
        return error_set(error, why, "interrupted");
    child_last_words(&server->child, words, sizeof words);
    if (why == -ECHILD)
        child_describe_end(&server->child, end, sizeof end);
    else
        snprintf(end, sizeof end, "not listening after %.0f s",
                 (double)limit_ns / (double)NS_PER_S);
    return error_set(error, why, "the server did not start: %s; it said: %s", end, words);
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
                                    .forks = plan->forks};
    int result = child_start(&server->child, &child_plan, error);
    if (result < 0)
        return result;
    uint64_t deadline_ns = clock_now_ns() + plan->limit_ns;
    while (result == 0 && !is_ready(server, plan))
        result = child_pause(&server->child, deadline_ns);
    if (result == 0)
        return 0;
    result = refuse_start(server, result, plan->limit_ns, error);
    /* A server that cleans up after itself gets the time to. */
    child_stop(&server->child, STOP_GRACE_NS);
    child_release(&server->child);
    return result;
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

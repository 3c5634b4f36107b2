/*
 * iterative - one thread, one request at a time. Whatever a request waits for, all
 * others wait for too: clients stand in line and each is served one request per turn.
 */
#include "servers/model.h"
#include "servers/models/poller.h"

/* The clients that have something to serve, first come, first served. */
struct line {
    struct client *first, *last; /* through client->task.next */
};

static void stand_in_line(void *context, struct client *client)
{
    struct line *line = context;
    if (client->in_line)
        return;
    client->in_line = true;
    client->next_in_line = NULL;
    if (line->first)
        line->last->next_in_line = client;
    else
        line->first = client;
    line->last = client;
}

static void serve_first(struct poller *poller, struct blocking_thread *thread,
                        struct line *line)
{
    struct client *client = line->first;
    line->first = client->next_in_line;
    client->in_line = false;
    enum blocking_outcome outcome = server_is_stopping(poller->server)
                                        ? BLOCKING_ENDS
                                        : blocking_serve_ready(thread, client);
    if (outcome == BLOCKING_ENDS)
        poller_forget(poller, client);
    else
        client_was_active(client);
    if (outcome == BLOCKING_TURNS)
        stand_in_line(line, client);
}

static int run(struct server *server, struct error *error)
{
    struct blocking_thread thread;
    blocking_thread_init(&thread, server, "thread", 0);
    thread.service.one_at_a_time = true;
    struct poller poller;
    int result = poller_open(&poller, server, thread.service.worker, false, error);
    if (result == 0) {
        struct line line = {0};
        server_ready(server);
        while (poller_wait(&poller, !line.first, stand_in_line, &line))
            for (struct client *last = line.last; line.first;) {
                bool round_ends = line.first == last;
                serve_first(&poller, &thread, &line);
                if (round_ends)
                    break;
            }
        poller_close(&poller);
    }
    blocking_thread_release(&thread);
    return result;
}

const struct model iterative_model = {
    .name = "iterative",
    .summary = "one thread, one request at a time: everybody else waits in line",
    .flags = MODEL_SERIAL,
    .run = run,
};

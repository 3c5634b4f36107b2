/* serial.c - see serial.h. */
#include "servers/models/serial.h"

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

int serial_serve(struct server *server, const char *role, int index, struct error *error)
{
    struct blocking_thread thread;
    blocking_thread_init(&thread, server, role, index);
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

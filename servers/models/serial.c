/* serial.c - see serial.h. */
#include "servers/models/serial.h"

#include "servers/models/poller.h"

/* The clients that have something to serve, first come, first served. */
STAILQ_HEAD(client_line, client);

static void stand_in_line(void *context, struct client *client)
{
    struct client_line *line = context;
    if (client->in_line)
        return;
    client->in_line = true;
    STAILQ_INSERT_TAIL(line, client, next_in_line);
}

/* One that has more to serve than its turn allows stands in line again. */
static void serve_turn(struct poller *poller, struct blocking_thread *thread,
                       struct client *client, struct client_line *line)
{
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
        struct client_line line = STAILQ_HEAD_INITIALIZER(line), round;
        server_ready(server);
        while (poller_wait(&poller, STAILQ_EMPTY(&line), stand_in_line, &line)) {
            STAILQ_INIT(&round);
            STAILQ_CONCAT(&round, &line);
            for (struct client *client; (client = STAILQ_FIRST(&round));) {
                STAILQ_REMOVE_HEAD(&round, next_in_line);
                serve_turn(&poller, &thread, client, &line);
            }
        }
        poller_close(&poller);
    }
    blocking_thread_release(&thread);
    return result;
}

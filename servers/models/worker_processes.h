/*
 * worker_processes.h - a fixed number of worker processes: the primary forks them, says
 * that the server is ready when all of them are, replaces one that dies, and hands them
 * the connections where they do not accept for themselves.
 *
 * A worker that dies takes the requests in its hands with it, nothing else: what waits in
 * its backlog, or was handed to it and not taken yet, is its successor's. One that dies
 * before it has served at all, or again and again within moments of its start, ends the
 * server with an error.
 */
#ifndef SERVERS_MODELS_WORKER_PROCESSES_H
#define SERVERS_MODELS_WORKER_PROCESSES_H

#include <stdint.h>

#include "servers/server.h"

/* Which process a connection is handed to; with SERVER_HANDED only. */
enum handing {
    HAND_IN_TURN,   /* round-robin */
    HAND_TO_FEWEST, /* the one with the fewest connections; round-robin among equals */
};

struct worker_plan {
    uint64_t count;
    enum server_entry entry;
    enum handing handing;
    int accept_flags; /* of the sockets that are handed: as for accept4 */
    /*
     * In the process: serves the part, as a model's run serves the server. It says
     * server_ready(part). `context` is the plan's. 0 or -errno.
     */
    int (*serve)(struct server *part, int index, const void *context,
                 struct error *error);
    const void *context;
};

/* Until the server has stopped: for a model's run. 0 or -errno. */
MUST_CHECK int worker_processes_run(struct server *server, const struct worker_plan *plan,
                                    struct error *error);

#endif

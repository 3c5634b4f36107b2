/*
 * null_server.h - a child process that answers without any work (/proc/self/exe serve
 * --model null), to measure the generator itself. The generator does not link the
 * servers.
 *
 * The child dies with the thread that started it; that thread has to stop it.
 */
#ifndef LOADGEN_NULL_SERVER_H
#define LOADGEN_NULL_SERVER_H

#include "base/child.h"
#include "base/error.h"

struct null_server_process {
    struct child child;
    char url[96];
};

/* `cpus` is a list for serve --cpus, or NULL. 0 or -errno, with nothing left to stop. */
MUST_CHECK int null_server_start(struct null_server_process *server, const char *cpus,
                                 struct error *error);

/* SIGTERM, and SIGKILL where it has not ended after two seconds. */
void null_server_stop(struct null_server_process *server);

#endif

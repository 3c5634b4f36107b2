/*
 * single_client.h - a process with one thread that serves one client at a time and
 * sleeps in a plain read of its socket, without waiting for anything beside it. The
 * order to stop reaches it as SIGTERM, which ends the client's input: what is in hand is
 * finished, and then the thread finds nothing more to read.
 */
#ifndef SERVERS_MODELS_SINGLE_CLIENT_H
#define SERVERS_MODELS_SINGLE_CLIENT_H

#include "servers/models/blocking.h"

/* In the process that is to serve, once. */
void single_client_listen_for_stop(void);

/* Serves the client behind the socket, which it takes over, until it leaves. */
void single_client_serve(struct blocking_thread *thread, struct clients *clients, int fd);

#endif

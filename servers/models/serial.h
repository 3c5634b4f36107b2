/*
 * serial.h - one thread that serves one request at a time, whatever a request waits for:
 * its clients stand in line, and each is served one request per turn.
 */
#ifndef SERVERS_MODELS_SERIAL_H
#define SERVERS_MODELS_SERIAL_H

#include "servers/server.h"

/* Serves the server, or a part of it, on the calling thread; `role` and `index` as for
 * server_join. Says server_ready. 0 or -errno. */
MUST_CHECK int serial_serve(struct server *server, const char *role, int index,
                            struct error *error);

#endif

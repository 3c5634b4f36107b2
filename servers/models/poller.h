/*
 * poller.h - watches the clients of blocking models that lend a thread only to those
 * that have sent something: accepts, waits for input, ends idle connections, drains.
 *
 * One thread owns the poller. With `one_shot` a client is reported once and then
 * belongs to the thread that serves it, until that gives it back with
 * poller_watch_again; a client's socket is closed only by the thread that serves it,
 * so the poller ends idle ones by shutting them down, which makes them ready.
 */
#ifndef SERVERS_MODELS_POLLER_H
#define SERVERS_MODELS_POLLER_H

#include "servers/models/blocking.h"

struct poller {
    struct server *server;
    struct clients clients;
    struct worker *worker; /* of the thread that polls */
    int epoll_fd;
    bool one_shot;
    bool drains;           /* the server stops: no more is accepted */
    uint64_t next_look_ns; /* for idle clients */
};

MUST_CHECK int poller_open(struct poller *poller, struct server *server,
                           struct worker *worker, bool one_shot, struct error *error);
void poller_close(struct poller *poller);

/*
 * Waits for clients that have sent something, or ended, and reports each. With
 * `may_sleep` false it only looks. Accepts in passing. False when the server stops and
 * the last client has gone.
 */
bool poller_wait(struct poller *poller, bool may_sleep,
                 void (*ready)(void *context, struct client *client), void *context);

/* The client was served and waits for input again; from any thread, which then must
 * not touch the client any more. One-shot pollers only. */
void poller_watch_again(struct poller *poller, struct client *client);

/* The client has ended: from the thread that serves it. */
void poller_forget(struct poller *poller, struct client *client);

#endif

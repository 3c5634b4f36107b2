/*
 * server.h - what every model is given: a listening socket, the cap on connections, the
 * order to stop, counters, and the ops.
 *
 * One struct server per run. Settings are read-only while it serves. What more than
 * one thread or process changes lies in shared memory and is atomic, so that models
 * made of processes count and stop like those made of threads.
 */
#ifndef SERVERS_SERVER_H
#define SERVERS_SERVER_H

#include <cjson/cJSON.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "servers/loop_health.h"
#include "servers/ops/ops.h"

struct model;

#define SERVER_BACKLOG 4096

/* How long a connection that was answered with an error, and then half closed, may go
 * on sending before it is cut off; without it the reset could overtake the answer. */
#define SERVER_LINGER_NS (2 * NS_PER_S)

struct server_settings {
    const char *listen;        /* "HOST:PORT", "[IPv6]:PORT"; port 0: any free one     */
    uint64_t max_connections;  /* 0: as many as descriptors allow                      */
    uint64_t idle_timeout_ns;  /* of a connection that neither sends nor takes bytes   */
    uint64_t drain_timeout_ns; /* from the first order to stop                        */
    struct op_environment ops;
};

/*
 * Counters of one worker: a loop, a thread that serves, a thread of a pool. Each is
 * written by its owner alone, and read by anyone.
 */
struct worker {
    _Alignas(64) _Atomic uint64_t accepted; /* connections                            */
    _Atomic uint64_t refused;  /* connections accepted and closed for want of means   */
    _Atomic uint64_t paused;   /* times that accepting stopped at the cap             */
    _Atomic uint64_t requests; /* answered, errors included                           */
    _Atomic uint64_t errors;   /* answered with 4xx or 5xx                            */
    _Atomic uint64_t steps;    /* runs of steps handed to this worker                 */
    _Atomic uint64_t cpu_ns;   /* known once the worker has left                      */
    const char *role;          /* static: "loop", "thread", "worker"                  */
    int index;     /* among those of its role; WORKER_ANONYMOUS: one of many */
    int pid;       /* the server's: of the process that counts here, 0: none */
    int next_free; /* the server's: a slot that may be used again            */
};

#define WORKER_ANONYMOUS (-1)

/* Adds to a counter of the calling thread's own worker. */
static inline void worker_count(_Atomic uint64_t *counter, uint64_t more)
{
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, value + more, memory_order_relaxed);
}

struct server_shared;  /* shared memory, see server_shared.h */
struct server_process; /* see server_process.h */

struct server {
    struct server_settings settings; /* resolved: no zero stands for "derive it" */
    const struct model *model;
    void *model_settings; /* what the model's options filled in */
    struct ops *ops;
    struct reply_body *body;
    int listen_fd; /* non-blocking */
    int stop_fd;   /* becomes readable, for good, when the server shall stop */
    int room_fd;   /* becomes readable when there is room after accepting had paused */
    int room;      /* whose room_fd that is: 0 the server's, else a part's */
    int hand_fd;   /* a part that is handed its connections: the sending end, else -1 */
    char address[80];
    struct server_shared *shared;
    struct server_process *process; /* the account of the process that this is */
    /* Called by the model's thread once it serves. */
    void (*on_ready)(struct server *server);
    /* Called by the signal thread when draining took too long or was cut short by a
     * second signal: the last chance to write anything. Does not return. */
    void (*on_abandon)(struct server *server);
    void *context; /* of those two */
};

/*
 * Opens everything; `list` is usually op_list. The settings' strings outlive the
 * server. On failure nothing is left to close. 0 or -errno.
 */
MUST_CHECK int server_open(struct server *server, const struct server_settings *settings,
                           const struct op *const *list, struct error *error);

/*
 * Runs the model until it is told to stop by SIGTERM, SIGINT or server_stop and has
 * finished the requests in hand. Signals are taken by a thread of its own, which sleeps
 * otherwise; all other threads have them blocked. 0 or -errno.
 */
MUST_CHECK int server_run(struct server *server, struct error *error);

void server_close(struct server *server);

/* ---- for models ------------------------------------------------------------------- */

/* Tells that the model serves. */
void server_ready(struct server *server);

/* Orders everyone to stop. */
void server_stop(struct server *server);

bool server_is_stopping(const struct server *server);

/*
 * Accepts a connection: its socket (TCP_NODELAY; flags as for accept4); -EAGAIN when
 * none is waiting; -EMFILE when there is no room, and then room_fd will say when there
 * is again. Every accepted socket is told to server_closed when it was closed.
 */
int server_accept(struct server *server, struct worker *worker, int flags);
void server_closed(struct server *server);

/*
 * The same for what the system has accepted by itself: a socket, or the negative errno
 * that it gave instead. With -EMFILE a socket stays the caller's, to be tried again.
 */
int server_admit(struct server *server, struct worker *worker, int accepted);

/* Takes back room_fd's word, before looking again. */
void server_room_seen(struct server *server);

/* ---- for models with several workers that accept ------------------------------------
 */

#define SERVER_PARTS_MOST 1024

/* Where a part's connections come from. */
enum server_entry {
    SERVER_SAME_LISTENER, /* the listening socket of all */
    SERVER_OWN_LISTENER,  /* its own on the same port (SO_REUSEPORT): the kernel spreads
                           * connections over them by a hash of their addresses */
    SERVER_HANDED,        /* server_hand: another process accepts them */
};

/*
 * Makes `part` the server as one of its workers sees it: the same, but with a room_fd of
 * its own, so that each is woken, and an entry of its own. To be done before anything
 * serves or is forked, and closed after it. 0 or -errno.
 */
MUST_CHECK int server_split(struct server *part, struct server *server,
                            enum server_entry entry, struct error *error);
void server_close_part(struct server *part);

/* As server_accept, for a socket that is then handed on: not this worker's to count. */
int server_accept_to_hand(struct server *server, struct worker *worker, int flags);

/*
 * Hands an accepted socket to the process that serves the part, where server_accept
 * returns it, with the flags that it has. 0; or -errno, and the socket is still the
 * caller's: -EAGAIN when that process has to take some of the earlier ones first.
 */
MUST_CHECK int server_hand(struct server *part, int fd);

/* Connections on their way to a part. */
uint64_t server_count_handed(const struct server *part);

/* ---- counting --------------------------------------------------------------------- */

/*
 * Counters for the calling thread; `role` is a constant. Slots of those who left are
 * used again by others of the same role and index, with their counts.
 */
struct worker *server_join(struct server *server, const char *role, int index);
void server_leave(struct server *server, struct worker *worker);

/* Where the calling loop keeps how it fares, or NULL where so many loops already do that
 * there is no more room. */
struct loop_health *server_loop_health(struct server *server);

/* What the marks from outside (SIGUSR2: the window begins; again: it ends) have said. */
enum loop_window server_window(const struct server *server);

/* Raises the limit of open descriptors to what the system allows; returns it. */
uint64_t server_raise_descriptor_limit(void);

/* ---- statistics ------------------------------------------------------------------- */

/* Adds accepted, refused, paused, requests, errors, restarts, ops, loop (where there are
 * loops) and per_worker to the object. */
void server_statistics(const struct server *server, cJSON *object);

#endif

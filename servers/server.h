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

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "servers/loop_health.h"
#include "servers/ops/ops.h"

struct model;

#define SERVER_BACKLOG 4096

/* Lingering close: how long a connection that was answered with an error, and then half
 * closed, may go on sending. Closed at once it would be reset, and the reset could
 * overtake the answer. */
#define SERVER_LINGER_NS (2 * NS_PER_S)

struct server_settings {
    const char *listen;        /* "HOST:PORT", "[IPv6]:PORT"; port 0: any free one     */
    uint64_t max_connections;  /* 0: as many as descriptors allow                      */
    uint64_t idle_timeout_ns;  /* of a connection that neither sends nor takes bytes   */
    uint64_t drain_timeout_ns; /* from the first order to stop                        */
    bool quiet_loops;          /* they measure no lag, and so sleep where nobody asks  */
    struct op_environment ops;
};

/*
 * Counters of one worker: a loop, a thread that serves, a thread of a pool. Each is
 * written by its owner alone, and read by anyone.
 */
struct worker {
    _Alignas(64) _Atomic uint64_t accepted; /* connections                            */
    _Atomic uint64_t refused;  /* accepted and closed: no memory, thread or process   */
    _Atomic uint64_t paused;   /* times that accepting stopped at the cap             */
    _Atomic uint64_t requests; /* answered, errors included                           */
    _Atomic uint64_t errors;   /* answered with 4xx or 5xx                            */
    _Atomic uint64_t steps;    /* runs of steps handed to this worker                 */
    _Atomic uint64_t cpu_ns;   /* known once the worker has left                      */
    const char *role;          /* static: "loop", "thread", "worker"                  */
    int index;     /* among those of its role; WORKER_ANONYMOUS: one of many */
    int pid;       /* of the process that counts here, 0: none               */
    int next_free; /* free list, see struct server_shared                    */
};

#define WORKER_ANONYMOUS (-1)

/* Adds to a counter of the calling thread's own worker. */
static inline void worker_count(_Atomic uint64_t *counter, uint64_t more)
{
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, value + more, memory_order_relaxed);
}

struct server_shared;   /* shared memory, see server_shared.h */
struct process_account; /* see server_process.h */

struct server {
    struct server_settings settings; /* resolved: no zero stands for "derive it" */
    const struct model *model;
    void *model_settings; /* what the model's options filled in */
    struct ops *ops;
    struct reply_body *body;
    int listen_fd;   /* non-blocking */
    int stop_fd;     /* eventfd: raised, for good, when the server shall stop */
    int capacity_fd; /* eventfd: raised when accepting, paused at the cap, may go on */
    int part_index;  /* 0: the server as a whole, else which part of it this is */
    int hand_fd; /* of a part that is handed its connections: the sending end, else -1 */
    char address[80];
    bool drained; /* server_run has finished the requests in hand and returned 0 */
    struct server_shared *shared;
    struct process_account *account; /* of the process that this is */
    /* Called by the model's thread once it serves. */
    void (*on_ready)(struct server *server);
    /* Called by the signal thread when draining took too long or was cut short by a
     * second signal: the last chance to write anything. Does not return. */
    void (*on_abandon)(struct server *server);
    void *context; /* for on_ready and on_abandon */
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

/* The model serves from here on. */
void server_ready(struct server *server);

/* Raises stop_fd, from any thread or process. */
void server_stop(struct server *server);

bool server_is_stopping(const struct server *server);

/* How long to wait between two looks for clients that are past the idle time-out. */
uint64_t server_idle_check_ns(const struct server *server);

/*
 * Accepts a connection: its socket (TCP_NODELAY; flags as for accept4); -EAGAIN when
 * none is waiting; -EMFILE at the cap, or when descriptors or memory have run out: stop
 * listening until capacity_fd is readable, drain that (event_drain), and accept again.
 * Call server_closed after closing a socket that was accepted.
 */
int server_accept(struct server *server, struct worker *worker, int flags);
void server_closed(struct server *server);

/*
 * The same for a connection that the system has accepted by itself (io_uring): a socket,
 * or the negative errno that came instead. With -EMFILE a socket stays the caller's, to
 * be tried again.
 */
int server_admit(struct server *server, struct worker *worker, int accepted);

/* ---- for models with several workers that accept ---------------------------------- */

#define SERVER_MAX_PARTS 1024

/* Where a part's connections come from. */
enum server_entry {
    SERVER_SAME_LISTENER, /* the listening socket of all */
    SERVER_OWN_LISTENER,  /* its own on the same port (SO_REUSEPORT): the kernel spreads
                           * connections over them by a hash of their addresses */
    SERVER_HANDED,        /* server_hand: another process accepts them */
};

/*
 * Makes `part` the server as one of its workers sees it: the same, but with a capacity_fd
 * and an entry of its own. To be done before anything serves or is forked, and closed
 * after it. 0 or -errno.
 */
MUST_CHECK int server_split(struct server *part, struct server *server,
                            enum server_entry entry, struct error *error);
void server_close_part(struct server *part);

/* As server_accept, for a socket that is then handed on: the worker that gets it counts
 * it as accepted. */
int server_accept_to_hand(struct server *server, struct worker *worker, int flags);

/*
 * Hands an accepted socket to the process that serves the part (SCM_RIGHTS), where
 * server_accept returns it, with the flags that it has. 0; or -errno, and the socket is
 * still the caller's: -EAGAIN when that process has to take some of the earlier ones
 * first.
 */
MUST_CHECK int server_hand(struct server *part, int fd);

/* Connections on their way to a part. */
uint64_t server_count_handed(const struct server *part);

/* ---- counting --------------------------------------------------------------------- */

/*
 * Counters for the calling thread; `role` is a constant. The counters of a thread that
 * has left go on to the next one of the same role and index, with what they count.
 */
struct worker *server_join(struct server *server, const char *role, int index);
void server_leave(struct server *server, struct worker *worker);

/* Where the calling loop records its utilisation and lag, or NULL when more loops than
 * there are places for do that already. */
struct loop_health *server_loop_health(struct server *server);

/* Where the server stands to the measured window: SIGUSR2 begins it, a second one ends
 * it. */
enum loop_window server_window(const struct server *server);

/* Raises the limit of open descriptors to what the system allows; returns it. */
uint64_t server_raise_descriptor_limit(void);

#endif

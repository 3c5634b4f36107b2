/*
 * loop_core.h - what loop.c, the backends below it and the flows above it know of each
 * other.
 *
 * loop.c has the clients, their conversations and their jobs, and all times that are
 * waited for. A backend moves bytes and tells what has happened. It is called by
 * loop.c through its struct loop_backend, and calls loop.c through the functions at the
 * end of this page. Nothing calls back from within the call that asked for it, but
 * loop_step_ready's and loop_received's clients may be closed when these return.
 */
#ifndef SERVERS_MODELS_LOOP_CORE_H
#define SERVERS_MODELS_LOOP_CORE_H

#include <sys/queue.h>

#include "base/heap.h"
#include "servers/connection.h"
#include "servers/loop_health.h"
#include "servers/models/loop.h"
#include "servers/models/task_queue.h"

struct loop_client;

/* A time that something waits for. */
struct loop_timer {
    uint64_t at_ns;
    size_t place;                             /* in the loop's heap; 0: it is not set */
    void (*on_due)(struct loop_timer *timer); /* it is not set any more */
};

/* The first member of a backend's own loop. */
struct loop {
    const struct loop_backend *backend;
    struct loop_placement placement;
    struct service service;
    struct heap timers;      /* those that are set, by their time */
    struct loop_timer sweep; /* looks for idle clients */
    struct loop_timer tick;  /* looks how late it comes */
    struct loop_health *health;
    void *flow_state;           /* the flow's, or NULL */
    struct task_queue returned; /* clients that workers give back */
    TAILQ_HEAD(loop_clients, loop_client) by_activity; /* the longest idle first */
    size_t clients;                                    /* not yet freed */
    uint64_t now_ns; /* the backend's: about now, never older than the last sleep */
    bool stopping;   /* no more is accepted; the loop ends with its last client */
    bool paused;     /* backpressure at the cap: the listener is not watched */
    struct output output;
};

/* What a client's last batch is followed by. */
enum loop_ending { LIVES_ON, THEN_CLOSE, THEN_LINGER };

/* The first member of a backend's own client. */
struct loop_client {
    struct loop *loop;
    TAILQ_ENTRY(loop_client) place; /* among those of the loop, by activity */
    uint64_t active_ns;             /* on the loop's clock */
    struct loop_timer timer;        /* of a WAIT step, or how long it may linger */
    struct task task;               /* steps on workers */
    void *coroutine;                /* the flow's */
    struct connection connection;
    int fd;
    unsigned references; /* the backend, and steps run elsewhere */
    enum loop_ending ending;
    bool reading;
    bool input_ended;   /* the client will not send more */
    bool sending;       /* the backend holds what the client has not taken yet */
    bool working;       /* its job waits, or runs elsewhere, or its reply has to wait */
    bool elsewhere;     /* its job runs elsewhere: it must not be touched */
    bool answers_later; /* its job is done, but replies before it are not sent */
    bool watching;      /* the backend watches a descriptor for its step */
    bool lingering;     /* answered for the last time, input is dropped */
    bool closing;
};

struct loop_backend {
    size_t loop_bytes, client_bytes;

    /* Watches the server's stop_fd, capacity_fd and listen_fd. 0; or -errno, and close is
     * called. */
    int (*open)(struct loop *loop, struct error *error);
    void (*listen)(struct loop *loop, bool wanted); /* pauses to watch listen_fd */
    void (*run)(struct loop *loop);                 /* until finish */
    void (*finish)(struct loop *loop); /* the last client has gone, no more will come */
    void (*close)(struct loop *loop);

    /* From any thread: has the loop call loop_take_back. */
    void (*wake)(struct loop *loop);

    /* How long the loop has slept in its life. */
    uint64_t (*idle_ns)(const struct loop *loop);

    /* Takes the client's socket over; reads once set_reading says so. 0 or -errno, and
     * then close_client comes next. */
    int (*add)(struct loop_client *client);
    int (*set_reading)(struct loop_client *client, bool wanted);

    /* Sends the batch, which is cleared afterwards: 0 when all has left; 1 when it
     * keeps the rest, and loop_sent will tell; or -errno. Not called again before. */
    int (*send)(struct loop_client *client, struct output *output);

    /* Or NULL: hands the system what it has gathered; the loop is about to compute, and
     * replies do not wait for the computations of others. */
    void (*flush)(struct loop *loop);

    /* Watches a descriptor of a step until loop_step_ready, or unwatch. 0 or -errno. */
    int (*watch)(struct loop_client *client, int fd, bool writable);
    void (*unwatch)(struct loop_client *client);

    /* Closes the socket. When nothing refers to the client any more, and never from
     * within this call, loop_drop. */
    void (*close_client)(struct loop_client *client);

    /* Has job_run called on a pool of the backend's own, then loop_come_back on the
     * loop; NULL where there is none. */
    void (*run_on_pool)(struct loop_client *client);
};

/*
 * How a request goes through its steps. It decides with loop_await and loop_send_away
 * and is called again when the client can go on.
 */
struct loop_flow {
    /* Goes on with the job: whether it has come to its end. */
    bool (*go_on)(struct loop_client *client);
    /* Prefetching: the client waits, and is likely to be the next to go on. */
    void (*expect)(const struct loop_client *client);
    /* The client has gone in mid-job. */
    void (*abandon)(struct loop_client *client);
    /* Around a loop's life; opened on its thread, closed when no client is left. */
    int (*open)(struct loop *loop, struct error *error);
    void (*close)(struct loop *loop);
};

/* ---- for flows -------------------------------------------------------------------- */

/* Registers what the WAIT step at hand waits for. False when that fails, and the step
 * with it. */
bool loop_await(struct loop_client *client, enum op_answer answer);

/* Has the step at hand, which is of this kind, run where the placement says; returns that
 * place. ON_THE_LOOP: the caller has to run it; or no thread could be started for it, and
 * then the step has failed. */
enum loop_place loop_send_away(struct loop_client *client, int kind);

/* ---- for backends ----------------------------------------------------------------- */

/* The listener is readable: accepts some of the connections that wait. */
void loop_accept(struct loop *loop);

/* The server's capacity_fd is readable. */
void loop_has_capacity(struct loop *loop);

/* The system has accepted by itself: a socket, or a negative errno. False at the cap: a
 * socket stays the backend's, to be offered again when it shall listen. */
bool loop_admit(struct loop *loop, int accepted);

/* Bytes have come, valid during the call; length 0: the client will send no more;
 * negative: the connection is broken. */
void loop_received(struct loop_client *client, const char *bytes, ssize_t length);

/* What the backend kept was sent (0), or could not be (-errno). */
void loop_sent(struct loop_client *client, int status);

/* What the step waits for may have come. */
void loop_step_ready(struct loop_client *client);

/* The backend's pool has run the client's steps. */
void loop_come_back(struct loop_client *client);

/* Goes on with the clients whose steps workers have run. */
void loop_take_back(struct loop *loop);

/* The earliest time that anything waits for, on CLOCK_MONOTONIC, or 0. */
uint64_t loop_due_ns(const struct loop *loop);

/* Calls the timers that are due by the clock of now, once a turn: by the clock of before
 * the turn's events they would wait for those of the next turn as well. */
void loop_run_due(struct loop *loop);

/* The server shall stop. */
void loop_stop(struct loop *loop);

/* Reference counting: the backend gives up its reference to the client. */
void loop_drop(struct loop_client *client);

#endif

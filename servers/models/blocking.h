/*
 * blocking.h - the shared part of the models whose threads sleep in a step: how a
 * thread serves a client through a blocking socket, and the set of all clients.
 *
 * thread-per-connection and thread-pool --dispatch connection give a thread to a client
 * until it leaves (blocking_serve_client); the models that only lend a thread to a
 * client that has sent something use blocking_serve_ready and models/poller.h.
 */
#ifndef SERVERS_MODELS_BLOCKING_H
#define SERVERS_MODELS_BLOCKING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "servers/connection.h"
#include "servers/models/task_queue.h"
#include "servers/server.h"

/*
 * What a thread serves with; fits on a small stack. The order keeps what a short
 * request touches on few pages: the front of the read buffer lies beside the frames of
 * the functions that serve, the batch's fields beside the front of its bytes.
 */
struct blocking_thread {
    char read_buffer[CONNECTION_READ_BYTES];
    struct service service;
    struct output output;
};

/* On the thread that serves. `role` and `index` as for server_join. */
void blocking_thread_init(struct blocking_thread *thread, struct server *server,
                          const char *role, int index);

/* Closes what the thread's ops have open and ends its counting. */
void blocking_thread_release(struct blocking_thread *thread);

/* A connected client. It belongs to the thread that serves it. */
struct client {
    struct clients *clients;
    struct connection connection;
    int fd;
    uint64_t lingers_until_ns; /* once it was answered for the last time, else 0 */
    LIST_ENTRY(client) place;  /* in the set, under its lock */
    struct task task;          /* for queues of clients to serve */
    STAILQ_ENTRY(client) next_in_line; /* in that of the models that take turns */
    bool in_line;
    /* Written by the thread that serves, read by the one that looks for idle ones. */
    _Atomic bool is_served;
    _Atomic uint64_t active_ns; /* when it last sent or took something */
};

/* All clients of a server; shared by its threads. */
struct clients {
    struct server *server;
    pthread_mutex_t lock; /* over the members below, and over closing sockets */
    pthread_cond_t emptied;
    LIST_HEAD(client_list, client) all;
};

void clients_init(struct clients *clients, struct server *server);
void clients_release(struct clients *clients);

/* Takes the socket over. NULL (and it is closed and counted as refused) when memory
 * has run out. */
struct client *clients_add(struct clients *clients, struct worker *worker, int fd);

/* Closes the client's socket and frees it. */
void clients_remove(struct client *client);

/* The same for a client that no thread could be found for. */
void clients_refuse(struct worker *worker, struct client *client);

/*
 * Shuts every client's receiving side: threads that wait for a request find the end of
 * input, those that work finish and find it then.
 */
void clients_drain(struct clients *clients);

/* Ends the input of those that are not being served and have sent nothing that waits to
 * be read, once they were idle for longer than the server's limit or are past the time
 * they may linger. */
void clients_end_idle(struct clients *clients, uint64_t now_ns);

void clients_wait_until_empty(struct clients *clients);
bool clients_is_empty(struct clients *clients);

/* Notes that it has just sent or taken something. */
void client_was_active(struct client *client);

/* Accepts until the server shall stop, handing over every client. */
void blocking_accept(struct clients *clients, struct worker *worker,
                     void (*accepted)(void *context, struct client *client),
                     void *context);

/* Serves the client until it leaves, sleeping while it sends nothing. */
void blocking_serve_client(struct blocking_thread *thread, struct client *client);

enum blocking_outcome {
    BLOCKING_WAITS, /* for the client to send more                                     */
    BLOCKING_TURNS, /* more is here, but it is another's turn (service.one_at_a_time)  */
    BLOCKING_ENDS,  /* to be closed                                                     */
};

/* Serves what the client has sent, without waiting for it to send more. */
enum blocking_outcome blocking_serve_ready(struct blocking_thread *thread,
                                           struct client *client);

#endif

/*
 * server_shared.h - what all threads and processes of a server share, and how: for the
 * files of the server itself. Models use server.h and server_process.h.
 */
#ifndef SERVERS_SERVER_SHARED_H
#define SERVERS_SERVER_SHARED_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "servers/server.h"

#define NO_SLOT (-1)

/* One for the server as a whole and one for each part: see server_split. */
#define SERVER_ROOMS (1 + SERVER_PARTS_MOST)

/* Loops that are looked after, in all processes. Those that replace others count, too. */
#define SERVER_LOOPS_MOST 1024

/* How a part is told that there is room for connections again. */
struct room {
    atomic_bool paused;      /* it waits for its room_fd */
    int room_fd;             /* the same number in all processes */
    _Atomic uint64_t handed; /* connections on their way to the part's process */
};

struct server_shared {
    atomic_bool stopping;
    atomic_bool paused; /* some room is */
    _Atomic uint64_t connections;
    _Atomic uint64_t restarts; /* workers that were replaced, as they had died */
    struct room rooms[SERVER_ROOMS];
    int room_count;       /* set before there is more than one process */
    pthread_mutex_t lock; /* over the members below; survives a holder that is killed */
    int slot_count;       /* of workers: ever used */
    int free_slot;        /* first of a list through next_free, or NO_SLOT */
    int slots;            /* in all */
    int process_count;    /* of accounts: likewise */
    int free_process;
    int process_slots;
    struct server_process *processes; /* the first is the primary */
    size_t processes_bytes;
    size_t mapped_bytes;
    _Atomic int window;     /* enum loop_window */
    _Atomic int loop_count; /* that have asked for a place below */
    struct loop_health loops[SERVER_LOOPS_MOST];
    struct worker workers[];
};

/* Makes an event descriptor readable. */
void server_raise_event(int fd);

/* There is room again: tells whoever waits for it. */
void server_wake_paused(struct server_shared *shared);

/* A listening socket, or -1 and errno. With `shares_port` further ones may follow. */
int server_listen_on(const struct sockaddr *address, socklen_t length, bool shares_port);

/* A socket that was handed to this part, or -EAGAIN. */
int server_take_handed(struct server *server, struct worker *worker);

/* Kills the processes that were forked and have not ended, if any; whether there were
 * some. From any thread. */
bool server_kill_processes(struct server *server);

/* The slots of a process that has died are used again. Under the lock. */
void server_free_slots_of(struct server_shared *shared, int pid);

#endif

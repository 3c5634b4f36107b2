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
#define PART_SLOTS (1 + SERVER_MAX_PARTS)

/* Loops whose health is recorded, in all processes; successors of those that died count,
 * too. */
#define SERVER_MAX_LOOPS 1024

/* What the processes share of a part. */
struct part_state {
    atomic_bool paused;      /* has stopped accepting, and waits for its capacity_fd */
    int capacity_fd;         /* the same number in all processes */
    _Atomic uint64_t handed; /* connections on their way to the part's process */
};

struct server_shared {
    atomic_bool stopping;
    atomic_bool paused; /* some part is */
    _Atomic uint64_t connections;
    _Atomic uint64_t restarts; /* workers that have died and were replaced */
    struct part_state parts[PART_SLOTS];
    int part_count;       /* set before there is more than one process */
    pthread_mutex_t lock; /* over the members below; survives a holder that is killed */
    int slot_count;       /* of workers: ever used */
    int free_slot;        /* first of the free list through next_free, or NO_SLOT */
    int slots;            /* in all */
    int account_count;    /* of process accounts: likewise */
    int free_account;
    int account_slots;
    struct process_account *accounts; /* the first is the primary's */
    size_t accounts_bytes;
    size_t mapped_bytes;
    _Atomic int window;     /* enum loop_window */
    _Atomic int loop_count; /* loops that have asked for a place below */
    struct loop_health loops[SERVER_MAX_LOOPS];
    struct worker workers[];
};

/* After connections were closed: raises the capacity_fd of every part that has paused. */
void server_wake_paused(struct server_shared *shared);

/* A listening socket, or -1 and errno. With `shares_port` (SO_REUSEPORT) others may
 * listen on the same address. */
int server_listen_on(const struct sockaddr *address, socklen_t length, bool shares_port);

/* Kills the processes that were forked and have not ended; whether there were any. From
 * any thread. */
bool server_kill_processes(struct server *server);

/* Frees the counters of a process that has died for its successor. Under the lock. */
void server_free_slots_of(struct server_shared *shared, int pid);

#endif

/*
 * account.h - when the CPU accounts of a run are read, and which replies lie in between.
 *
 * An account that is read in the middle of a request holds a part of its work, and the
 * count of replies holds it whole or not at all: with 20 replies in the window of a loop
 * that computes, CPU time per request is wrong by up to 5 %. So the accounts are read
 * where a request has just ended, at the first reply at or after either end of the
 * window, and the replies that count are those between these two.
 *
 * Threads: one struct account for all threads. Whose reply is the first one sets the
 * edge; every thread compares its own replies with it.
 */
#ifndef LOADGEN_ACCOUNT_H
#define LOADGEN_ACCOUNT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/eventfd.h>

struct account {
    _Atomic uint64_t from_ns, to_ns; /* 0: not reached yet */
    int reached; /* eventfd: raised when a reply has set one of them */
};

/* Sets the edge, unless it was reached before; returns where it is. */
static inline uint64_t account_reach(struct account *account, _Atomic uint64_t *edge_ns,
                                     uint64_t now_ns)
{
    uint64_t known_ns = atomic_load_explicit(edge_ns, memory_order_relaxed);
    if (known_ns || !atomic_compare_exchange_strong(edge_ns, &known_ns, now_ns))
        return known_ns;
    eventfd_write(account->reached, 1);
    return now_ns;
}

/* A reply of any kind is complete: whether it lies between the edges of the window. */
static inline bool account_holds(struct account *account, uint64_t begin_ns,
                                 uint64_t end_ns, uint64_t done_ns)
{
    if (done_ns < begin_ns ||
        done_ns <= account_reach(account, &account->from_ns, done_ns))
        return false;
    uint64_t to_ns = done_ns < end_ns
                         ? atomic_load_explicit(&account->to_ns, memory_order_relaxed)
                         : account_reach(account, &account->to_ns, done_ns);
    return !to_ns || done_ns <= to_ns;
}

#endif

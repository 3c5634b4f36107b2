/*
 * shared_memory.h - memory that a process shares with those that it forks, and robust
 * mutexes in it. A process may be killed at any point: a mutex that it held goes to the
 * next taker, so what the mutex guards has to be consistent after every single store.
 */
#ifndef SERVERS_SHARED_MEMORY_H
#define SERVERS_SHARED_MEMORY_H

#include <pthread.h>
#include <stddef.h>

/* Zeroed; what is never touched takes no memory. NULL and errno. */
void *shared_memory_create(size_t bytes);
void shared_memory_free(void *memory, size_t bytes);

/* Released with pthread_mutex_unlock, ended with pthread_mutex_destroy. */
void shared_lock_init(pthread_mutex_t *lock);
void shared_lock_take(pthread_mutex_t *lock);

#endif

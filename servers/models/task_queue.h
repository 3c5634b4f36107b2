/*
 * task_queue.h - tasks from any threads to any threads, first in, first out. Takers
 * sleep on a condition variable. Tasks are embedded in what they are about: queueing
 * allocates nothing.
 */
#ifndef SERVERS_MODELS_TASK_QUEUE_H
#define SERVERS_MODELS_TASK_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

struct task {
    STAILQ_ENTRY(task) next;
};

STAILQ_HEAD(task_list, task);

/* The structure of `type` whose member `member` is at `pointer`. */
#define CONTAINER_OF(pointer, type, member)                                              \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

struct task_queue {
    pthread_mutex_t lock; /* over all members */
    pthread_cond_t available;
    struct task_list tasks;
    bool closed;
};

void task_queue_init(struct task_queue *queue);
void task_queue_release(struct task_queue *queue);

void task_queue_put(struct task_queue *queue, struct task *task);

/* Waits for a task. NULL when the queue is closed and empty. */
struct task *task_queue_take(struct task_queue *queue);

/* Takes all at once, in order; none where there are none. */
void task_queue_take_all(struct task_queue *queue, struct task_list *taken);

/* No more will be put: takers get what is left, then NULL. */
void task_queue_close(struct task_queue *queue);

#endif

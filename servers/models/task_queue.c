/* task_queue.c - see task_queue.h. */
#include "servers/models/task_queue.h"

void task_queue_init(struct task_queue *queue)
{
    *queue = (struct task_queue){0};
    STAILQ_INIT(&queue->tasks);
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->available, NULL);
}

void task_queue_release(struct task_queue *queue)
{
    pthread_cond_destroy(&queue->available);
    pthread_mutex_destroy(&queue->lock);
}

void task_queue_put(struct task_queue *queue, struct task *task)
{
    pthread_mutex_lock(&queue->lock);
    STAILQ_INSERT_TAIL(&queue->tasks, task, next);
    pthread_mutex_unlock(&queue->lock);
    pthread_cond_signal(&queue->available);
}

struct task *task_queue_take(struct task_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    while (STAILQ_EMPTY(&queue->tasks) && !queue->closed)
        pthread_cond_wait(&queue->available, &queue->lock);
    struct task *task = STAILQ_FIRST(&queue->tasks);
    if (task)
        STAILQ_REMOVE_HEAD(&queue->tasks, next);
    pthread_mutex_unlock(&queue->lock);
    return task;
}

void task_queue_take_all(struct task_queue *queue, struct task_list *taken)
{
    STAILQ_INIT(taken);
    pthread_mutex_lock(&queue->lock);
    STAILQ_CONCAT(taken, &queue->tasks);
    pthread_mutex_unlock(&queue->lock);
}

void task_queue_close(struct task_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_mutex_unlock(&queue->lock);
    pthread_cond_broadcast(&queue->available);
}

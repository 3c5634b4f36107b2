/* task_queue.c - see task_queue.h. */
#include "servers/models/task_queue.h"

void task_queue_init(struct task_queue *queue)
{
    *queue = (struct task_queue){0};
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
    task->next = NULL;
    if (queue->first)
        queue->last->next = task;
    else
        queue->first = task;
    queue->last = task;
    pthread_mutex_unlock(&queue->lock);
    pthread_cond_signal(&queue->available);
}

struct task *task_queue_take(struct task_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    while (!queue->first && !queue->closed)
        pthread_cond_wait(&queue->available, &queue->lock);
    struct task *task = queue->first;
    if (task)
        queue->first = task->next;
    pthread_mutex_unlock(&queue->lock);
    return task;
}

struct task *task_queue_take_all(struct task_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    struct task *first = queue->first;
    queue->first = NULL;
    pthread_mutex_unlock(&queue->lock);
    return first;
}

void task_queue_close(struct task_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_mutex_unlock(&queue->lock);
    pthread_cond_broadcast(&queue->available);
}

/*
 * event.h - an eventfd as a flag that can be waited for: raised from any thread or
 * process, readable until it is drained.
 */
#ifndef SERVERS_EVENT_H
#define SERVERS_EVENT_H

#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

static inline void event_raise(int fd)
{
    uint64_t one = 1;
    /* The write fails only when the counter is full: then it is readable as wanted. */
    ssize_t wrote = write(fd, &one, sizeof one);
    (void)wrote;
}

/* Takes the counter back to 0. Raised afterwards, it is readable again. */
static inline void event_drain(int fd)
{
    uint64_t count;
    ssize_t got = read(fd, &count, sizeof count);
    (void)got;
}

#endif

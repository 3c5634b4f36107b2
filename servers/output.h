/*
 * output.h - a batch of bytes on its way to one client, sent with one write.
 *
 * Small things are copied into the batch's own memory, large ones are referred to. One
 * batch serves a whole thread or loop: it is filled, sent and empty again before
 * another connection's turn. Owned by one thread.
 */
#ifndef SERVERS_OUTPUT_H
#define SERVERS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#define OUTPUT_BYTES (16 * 1024)
#define OUTPUT_PARTS 24

/* A reply's head, with a small body or none, never needs more than this. */
#define OUTPUT_REPLY_BYTES (4 * 1024)
#define OUTPUT_REPLY_PARTS 2

struct output {
    int first, end; /* parts[first..end-1] are still to be sent */
    size_t used;    /* of bytes */
    struct iovec parts[OUTPUT_PARTS];
    char bytes[OUTPUT_BYTES];
};

/* Makes the batch empty; also how a fresh one is initialised. */
void output_clear(struct output *output);

bool output_is_empty(const struct output *output);

/* Whether another reply, or its head, fits for certain. */
bool output_has_room(const struct output *output);

/* Whether there is room for another part. */
bool output_has_part(const struct output *output);

/* Appends a copy of the bytes. */
void output_append(struct output *output, const void *bytes, size_t length);

/* Appends bytes that stay where they are until the batch, and what a model has made of
 * its remainder, was sent. */
void output_refer(struct output *output, const void *bytes, size_t length);

/* Takes `length` sent bytes off the front. */
void output_consume(struct output *output, size_t length);

/* One write of what is left, with MSG_NOSIGNAL: the bytes sent, or -1 and errno. */
ssize_t output_send(const struct output *output, int fd);

/*
 * What is left of a batch, apart from it: for a client that takes it later. Heap; it
 * holds copies of what was in the batch's own memory.
 */
struct output_rest {
    int first, end; /* parts[first..end-1] are still to be sent */
    struct iovec parts[];
};

/* Free it with free(). NULL when memory has run out. */
struct output_rest *output_detach(const struct output *output);

/* Takes `length` sent bytes off the front; whether anything is left. */
bool output_rest_consume(struct output_rest *rest, size_t length);

#endif

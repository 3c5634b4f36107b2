/* output.c - see output.h. */
#include "servers/output.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void output_clear(struct output *output)
{
    output->first = output->end = 0;
    output->used = 0;
}

bool output_is_empty(const struct output *output)
{
    return output->first == output->end;
}

bool output_has_room(const struct output *output)
{
    return OUTPUT_BYTES - output->used >= OUTPUT_REPLY_BYTES &&
           OUTPUT_PARTS - output->end >= OUTPUT_REPLY_PARTS;
}

bool output_has_part(const struct output *output)
{
    return output->end < OUTPUT_PARTS;
}

void output_append(struct output *output, const void *bytes, size_t length)
{
    char *to = output->bytes + output->used;
    memcpy(to, bytes, length);
    output->used += length;
    if (!output_is_empty(output)) {
        struct iovec *last = &output->parts[output->end - 1];
        if ((char *)last->iov_base + last->iov_len == to) {
            last->iov_len += length;
            return;
        }
    }
    output->parts[output->end++] = (struct iovec){to, length};
}

void output_refer(struct output *output, const void *bytes, size_t length)
{
    /* The vector's type has no const, but sending does not write. */
    output->parts[output->end++] = (struct iovec){(void *)(uintptr_t)bytes, length};
}

/* Takes bytes off the front of the parts; returns the first that is left. */
static int consume(struct iovec *parts, int first, size_t length)
{
    while (length > 0) {
        struct iovec *part = &parts[first];
        if (length < part->iov_len) {
            part->iov_base = (char *)part->iov_base + length;
            part->iov_len -= length;
            break;
        }
        length -= part->iov_len;
        first++;
    }
    return first;
}

void output_consume(struct output *output, size_t length)
{
    output->first = consume(output->parts, output->first, length);
    if (output_is_empty(output))
        output_clear(output);
}

ssize_t output_send(const struct output *output, int fd)
{
    const struct iovec *part = &output->parts[output->first];
    if (output->end - output->first == 1)
        return send(fd, part->iov_base, part->iov_len, MSG_NOSIGNAL);
    struct msghdr message = {
        .msg_iov = (struct iovec *)(uintptr_t)part,
        .msg_iovlen = (size_t)(output->end - output->first),
    };
    return sendmsg(fd, &message, MSG_NOSIGNAL);
}

/* Whether the part is in the batch's own memory, so that it has to be copied to outlive
 * it. */
static bool owns(const struct output *output, const struct iovec *part)
{
    uintptr_t at = (uintptr_t)part->iov_base, start = (uintptr_t)output->bytes;
    return at >= start && at < start + OUTPUT_BYTES;
}

struct output_rest *output_detach(const struct output *output)
{
    size_t count = (size_t)(output->end - output->first);
    struct output_rest *rest =
        malloc(sizeof *rest + count * sizeof(struct iovec) + output->used);
    if (!rest)
        return NULL;
    rest->first = 0;
    rest->end = (int)count;
    char *to = (char *)&rest->parts[count];
    for (size_t i = 0; i < count; i++) {
        const struct iovec *part = &output->parts[(size_t)output->first + i];
        rest->parts[i] = *part;
        if (!owns(output, part))
            continue;
        rest->parts[i].iov_base = memcpy(to, part->iov_base, part->iov_len);
        to += part->iov_len;
    }
    return rest;
}

bool output_rest_consume(struct output_rest *rest, size_t length)
{
    rest->first = consume(rest->parts, rest->first, length);
    return rest->first < rest->end;
}

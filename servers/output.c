/* output.c - see output.h. */
#include "servers/output.h"

#include <stdint.h>
#include <string.h>

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

void output_consume(struct output *output, size_t length)
{
    while (length > 0) {
        struct iovec *part = &output->parts[output->first];
        if (length < part->iov_len) {
            part->iov_base = (char *)part->iov_base + length;
            part->iov_len -= length;
            return;
        }
        length -= part->iov_len;
        output->first++;
    }
    if (output_is_empty(output))
        output_clear(output);
}

bool output_owns(const struct output *output, const struct iovec *part)
{
    uintptr_t at = (uintptr_t)part->iov_base, start = (uintptr_t)output->bytes;
    return at >= start && at < start + OUTPUT_BYTES;
}

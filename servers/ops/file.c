/*
 * file.c - a blocking read of a real file, open and close included. The file of the
 * asked size is made at its first use, so it is in the page cache from then on; one
 * that an earlier server left in the data folder is warm after its first read.
 *
 * Content: the xorshift32 states (op.h) after 1, 2, 3 ... iterations from OP_SEED, 4
 * bytes each, most significant first, cut at SIZE. Result: all bytes that were read.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/quantity.h"
#include "base/text.h"
#include "servers/ops/op.h"
#include "servers/ops/ops.h"

#define FILE_MOST_BYTES (64ULL << 20)
#define READ_BYTES      (32 * 1024)

struct file_shared {
    const char *folder;     /* owned by the environment */
    pthread_mutex_t making; /* held while a file is made: only one thread does */
};

static int file_parse(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_SIZE, text, 0, FILE_MOST_BYTES, argument, error);
}

static int write_content(int fd, uint64_t size)
{
    unsigned char block[4096];
    uint32_t state = OP_SEED;
    while (size > 0) {
        for (size_t i = 0; i < sizeof block; i += 4) {
            state = op_xorshift32(state);
            op_put_be32(block + i, state);
        }
        size_t length = size < sizeof block ? (size_t)size : sizeof block;
        ssize_t wrote = write(fd, block, length);
        if (wrote != (ssize_t)length)
            return wrote < 0 ? -errno : -ENOSPC;
        size -= length;
    }
    return 0;
}

/* The file appears whole or not at all: other processes may look for it meanwhile. */
static int make_file(const char *path, uint64_t size)
{
    char *temporary = memory_printf("%s.%ld", path, (long)getpid());
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int result = fd < 0 ? -errno : write_content(fd, size);
    if (fd >= 0 && close(fd) < 0 && result == 0)
        result = -errno;
    if (result == 0 && rename(temporary, path) < 0)
        result = -errno;
    if (result < 0)
        unlink(temporary);
    free(temporary);
    return result;
}

static int open_whole(const char *path, uint64_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    struct stat status;
    if (fstat(fd, &status) == 0 && (uint64_t)status.st_size == size)
        return fd;
    close(fd);
    return -ENOENT;
}

static int open_or_make(struct file_shared *shared, const char *path, uint64_t size)
{
    int fd = open_whole(path, size);
    if (fd != -ENOENT)
        return fd;
    pthread_mutex_lock(&shared->making);
    fd = open_whole(path, size);
    if (fd == -ENOENT) {
        int result = make_file(path, size);
        fd = result < 0 ? result : open_whole(path, size);
    }
    pthread_mutex_unlock(&shared->making);
    return fd;
}

static void file_run(struct op_call *call)
{
    struct file_shared *shared = call->shared;
    char path[4096];
    snprintf(path, sizeof path, "%s/content-%llu", shared->folder,
             (unsigned long long)call->argument);
    int fd = open_or_make(shared, path, call->argument);
    if (fd < 0) {
        op_fail(call, 500, "cannot open %s: %s", path, strerror(-fd));
        return;
    }
    uint64_t left = call->argument;
    while (left > 0) {
        ssize_t got = read(fd, call->resource, READ_BYTES);
        if (got <= 0) {
            op_fail(call, 500, "cannot read %s: %s", path,
                    got < 0 ? strerror(errno) : "it became shorter");
            break;
        }
        op_result(call, call->resource, (size_t)got);
        left -= (size_t)got < left ? (size_t)got : left;
    }
    close(fd);
}

static int file_start(const struct op_environment *environment, void **shared,
                      struct error *error)
{
    (void)error;
    struct file_shared *made = memory_allocate(sizeof *made);
    made->folder = environment->data_folder;
    pthread_mutex_init(&made->making, NULL);
    *shared = made;
    return 0;
}

static void file_stop(void *shared)
{
    struct file_shared *made = shared;
    pthread_mutex_destroy(&made->making);
    free(made);
}

static int file_open(void *shared, void **resource, struct error *error)
{
    (void)shared;
    *resource = malloc(READ_BYTES);
    return *resource ? 0 : error_set(error, -ENOMEM, "no memory for a read buffer");
}

const struct op file_op = {
    .name = "file",
    .kind = OP_BLOCKING,
    .summary = "read a file of this size from the page cache",
    .library = "POSIX",
    .node = "fs.open, fs.read: on libuv's pool",
    .argument = "SIZE",
    .example = "16KiB",
    .parse = file_parse,
    .run = file_run,
    .start = file_start,
    .stop = file_stop,
    .open = file_open,
    .close = free,
};

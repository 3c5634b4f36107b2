/*
 * file.c - a blocking read of a real file, open and close included. The file of the
 * asked size is made at its first use, so it is in the page cache from then on; one
 * that an earlier server left in the data folder is warm after its first read.
 *
 * "file:SIZE:cold" asks the system to drop the file from its page cache first, as if
 * it had not been read for long. The system need not: a file system in memory keeps
 * it, and so does another request that reads the same file right now. So the pages that
 * are still there are counted, and the statistics tell.
 *
 * Content: the xorshift32 states (op.h) after 1, 2, 3 ... iterations from OP_SEED, 4
 * bytes each, most significant first, cut at SIZE. Result: all bytes that were read.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/quantity.h"
#include "base/text.h"
#include "servers/ops/op.h"
#include "servers/shared_memory.h"

#define FILE_MAX_BYTES (64ULL << 20)
#define READ_BYTES     (32 * 1024)

#define COLD (1ULL << 63) /* in the argument, beside the size */

/* In memory that processes share, as models may be made of some. */
struct file_shared {
    const char *folder;     /* owned by the environment */
    pthread_mutex_t making; /* held while a file is made: only one thread does */
    _Atomic uint64_t cold_reads, cold_pages, kept_pages;
};

static int file_parse(const char *text, uint64_t *argument, struct error *error)
{
    char size[OP_WORD_BYTES];
    const char *option = op_split_argument(text, size);
    int result = quantity_parse(QUANTITY_SIZE, size, 0, FILE_MAX_BYTES, argument, error);
    if (result < 0 || !option)
        return result;
    if (strcmp(option, "cold") != 0)
        return error_set(error, -EINVAL, "expected \"cold\" after the size, got \"%s\"",
                         option);
    *argument |= COLD;
    return 0;
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
    /* What is not on the disk yet cannot be dropped from the page cache. */
    if (result == 0 && fdatasync(fd) < 0)
        result = -errno;
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
    shared_lock_take(&shared->making);
    fd = open_whole(path, size);
    if (fd == -ENOENT) {
        int result = make_file(path, size);
        fd = result < 0 ? result : open_whole(path, size);
    }
    pthread_mutex_unlock(&shared->making);
    return fd;
}

/* How many pages of the file are in the page cache; `seen` has a byte for each. */
static size_t count_cached(int fd, size_t size, size_t pages, unsigned char *seen)
{
    size_t cached = 0;
    void *mapping = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (mapping == MAP_FAILED)
        return 0;
    if (mincore(mapping, size, seen) == 0)
        for (size_t i = 0; i < pages; i++)
            cached += seen[i] & 1;
    munmap(mapping, size);
    return cached;
}

static void make_cold(struct op_call *call, int fd, size_t size)
{
    struct file_shared *shared = call->shared;
    size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = (size + page - 1) / page;
    posix_fadvise(fd, 0, (off_t)size, POSIX_FADV_DONTNEED);
    size_t kept = size > 0 ? count_cached(fd, size, pages, call->resource) : 0;
    atomic_fetch_add_explicit(&shared->cold_reads, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&shared->cold_pages, pages, memory_order_relaxed);
    atomic_fetch_add_explicit(&shared->kept_pages, kept, memory_order_relaxed);
}

static void file_run(struct op_call *call)
{
    struct file_shared *shared = call->shared;
    uint64_t size = call->argument & ~COLD;
    char path[4096];
    snprintf(path, sizeof path, "%s/content-%llu", shared->folder,
             (unsigned long long)size);
    int fd = open_or_make(shared, path, size);
    if (fd < 0) {
        op_fail(call, 500, "cannot open %s: %s", path, strerror(-fd));
        return;
    }
    if (call->argument & COLD)
        make_cold(call, fd, (size_t)size);
    uint64_t left = size;
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
    struct file_shared *made = shared_memory_create(sizeof *made);
    if (!made)
        return error_set(error, -errno, "no memory: %s", strerror(errno));
    made->folder = environment->data_folder;
    shared_lock_init(&made->making);
    *shared = made;
    return 0;
}

static void file_stop(void *shared)
{
    struct file_shared *made = shared;
    pthread_mutex_destroy(&made->making);
    shared_memory_free(made, sizeof *made);
}

static void file_report(void *shared, struct op_report *report)
{
    struct file_shared *made = shared;
    uint64_t pages = atomic_load(&made->cold_pages),
             kept = atomic_load(&made->kept_pages);
    *report = (struct op_report){
        .counts = {{"cold_reads", atomic_load(&made->cold_reads)},
                   {"cold_pages", pages},
                   {"pages_still_cached", kept}},
        .note = pages > 0 && kept == pages
                    ? "cold had no effect: the data folder's file system keeps its files "
                      "in memory"
                    : NULL,
    };
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
    .summary = "read a file of this size, from the page cache or cold",
    .library = "POSIX",
    .node = "fs.open, fs.read: on libuv's pool",
    .argument = "SIZE[:cold]",
    .example = "16KiB",
    .parse = file_parse,
    .run = file_run,
    .start = file_start,
    .stop = file_stop,
    .report = file_report,
    .open = file_open,
    .close = free,
};

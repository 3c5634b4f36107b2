/* file.c - see file.h. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

static int fail(struct error *error, const char *path, const char *doing)
{
    int failure = errno;
    return error_set(error, -failure, "%s: cannot %s: %s", *path ? path : "\"\"", doing,
                     strerror(failure));
}

int file_read(const char *path, char **data, size_t *length, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(error, path, "open");
    struct text content = {0};
    char chunk[16384];
    ssize_t got;
    while ((got = read(fd, chunk, sizeof chunk)) != 0) {
        if (got > 0) {
            text_append(&content, chunk, (size_t)got);
        } else if (errno != EINTR) {
            int result = fail(error, path, "read");
            text_release(&content);
            close(fd);
            return result;
        }
    }
    close(fd);
    if (length)
        *length = content.length;
    *data = text_steal(&content);
    return 0;
}

static int write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t wrote = write(fd, data, length);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return -1;
        data += wrote;
        length -= (size_t)wrote;
    }
    return 0;
}

/* The folder that the entry at `path` is in, on the heap. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return memory_copy_string(".");
    return slash == path ? memory_copy_string("/")
                         : memory_printf("%.*s", (int)(slash - path), path);
}

static void sync_folder_of(const char *path)
{
    char *folder = folder_of(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(folder);
}

/* ---- where an output goes ---------------------------------------------------------- */

enum destination_kind {
    DESTINATION_FILE,       /* a regular file is or would be there: replaced */
    DESTINATION_DESCRIPTOR, /* one of our own: written to where it stands */
    DESTINATION_OTHER,      /* a device or a pipe: opened and written to */
};

struct destination {
    enum destination_kind kind;
    char *path; /* without links; heap */
    int fd;     /* of DESTINATION_DESCRIPTOR, not ours to close */
    bool exists;
    mode_t mode; /* where it exists */
};

#define LINKS_MAX 40 /* as many as Linux follows */

/* The number of "/dev/fd/3", "/proc/self/fd/3" and the like, or -1. What is behind it
 * belongs to others, who write there too: a regular file is not to be replaced. */
static int descriptor_at(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = folder_of(path), *real = realpath(folder, NULL),
         *own = realpath("/proc/self/fd", NULL);
    bool ours = slash && real && own && strcmp(real, own) == 0 && slash[1] &&
                strspn(slash + 1, "0123456789") == strlen(slash + 1);
    free(folder);
    free(real);
    free(own);
    return ours ? (int)strtol(slash + 1, NULL, 10) : -1;
}

/* What the link at `path` leads to, on the heap, or NULL where it is none. */
static char *read_link(const char *path)
{
    char target[4096];
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length <= 0)
        return NULL;
    target[length] = '\0';
    if (*target == '/')
        return memory_copy_string(target);
    char *folder = folder_of(path);
    char *joined = memory_printf("%s/%s", folder, target);
    free(folder);
    return joined;
}

static int check_descriptor(const struct destination *to, const char *path,
                            struct error *error)
{
    int flags = fcntl(to->fd, F_GETFL);
    if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY)
        return 0;
    errno = EBADF;
    return fail(error, path, "write");
}

/* Follows links, also those to what is not there yet. Release it in any case. */
static int find_destination(struct destination *to, const char *path, struct error *error)
{
    *to = (struct destination){.path = memory_copy_string(path), .fd = -1};
    for (int links = 0; links < LINKS_MAX; links++) {
        to->fd = descriptor_at(to->path);
        char *next = to->fd < 0 ? read_link(to->path) : NULL;
        if (!next)
            break;
        free(to->path);
        to->path = next;
    }
    if (to->fd >= 0) {
        to->kind = DESTINATION_DESCRIPTOR;
        return check_descriptor(to, path, error);
    }
    struct stat status;
    to->exists = stat(to->path, &status) == 0;
    size_t length = strlen(to->path);
    if (!to->exists && (errno != ENOENT || length == 0 || to->path[length - 1] == '/'))
        return fail(error, path, "create");
    if (!to->exists)
        return 0;
    to->mode = status.st_mode & 07777;
    if (S_ISREG(status.st_mode))
        return 0;
    to->kind = DESTINATION_OTHER;
    if (!S_ISDIR(status.st_mode) && !S_ISSOCK(status.st_mode) &&
        access(to->path, W_OK) == 0)
        return 0;
    errno = S_ISDIR(status.st_mode) ? EISDIR : S_ISSOCK(status.st_mode) ? ENXIO : errno;
    return fail(error, path, "write");
}

static void destination_release(struct destination *to)
{
    free(to->path);
}

/* ---- writing ----------------------------------------------------------------------- */

#define TEMPORARY_TRIES 100

/* A new file beside the destination, with the mode of the umask, as open() gives it
 * (mkostemp() has its own); *path is its name on the heap. A descriptor or -1. */
static int open_temporary(const struct destination *to, char **path)
{
    int fd = -1;
    *path = NULL;
    for (int i = 0; fd < 0 && i < TEMPORARY_TRIES && (i == 0 || errno == EEXIST); i++) {
        free(*path);
        *path = memory_printf("%s.%ld-%d.tmp", to->path, (long)getpid(), i);
        fd = open(*path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    }
    return fd;
}

static int replace(const struct destination *to, const char *data, size_t length,
                   struct error *error)
{
    char *temporary;
    int fd = open_temporary(to, &temporary), result = 0;
    if (fd < 0) {
        result = fail(error, to->path, "create");
        goto done;
    }
    bool good = write_all(fd, data, length) == 0 &&
                (!to->exists || fchmod(fd, to->mode) == 0) && fsync(fd) == 0;
    if (!good)
        result = fail(error, to->path, "write");
    close(fd);
    if (good && rename(temporary, to->path) < 0)
        result = fail(error, to->path, "replace");
    if (result < 0)
        unlink(temporary);
    else
        sync_folder_of(to->path);
done:
    free(temporary);
    return result;
}

static int write_through(const struct destination *to, const char *data, size_t length,
                         struct error *error)
{
    bool own = to->kind == DESTINATION_DESCRIPTOR;
    int fd = own ? to->fd : open(to->path, O_WRONLY | O_CLOEXEC), result = 0;
    if (fd < 0)
        return fail(error, to->path, "open");
    if (write_all(fd, data, length) < 0)
        result = fail(error, to->path, "write");
    if (!own)
        close(fd);
    return result;
}

int file_write_atomic(const char *path, const char *data, size_t length,
                      struct error *error)
{
    struct destination to;
    int result = find_destination(&to, path, error);
    if (result == 0)
        result = to.kind == DESTINATION_FILE ? replace(&to, data, length, error)
                                             : write_through(&to, data, length, error);
    destination_release(&to);
    return result;
}

int file_can_write(const char *path, struct error *error)
{
    struct destination to;
    int result = find_destination(&to, path, error);
    if (result == 0 && to.kind == DESTINATION_FILE) {
        char *temporary;
        int fd = open_temporary(&to, &temporary);
        if (fd < 0) {
            result = fail(error, path, "create");
        } else {
            close(fd);
            unlink(temporary);
        }
        free(temporary);
    }
    destination_release(&to);
    return result;
}

bool file_is_regular_or_new(const char *path)
{
    struct destination to;
    bool regular = find_destination(&to, path, NULL) == 0 && to.kind == DESTINATION_FILE;
    destination_release(&to);
    return regular;
}

/* ---- folders ----------------------------------------------------------------------- */

int file_make_folders(const char *path, struct error *error)
{
    char *partial = memory_copy_string(path);
    int result = 0;
    for (char *p = partial + 1; result == 0; p++) {
        if (*p && *p != '/')
            continue;
        char kept = *p;
        *p = '\0';
        if (mkdir(partial, 0777) < 0 && errno != EEXIST)
            result = fail(error, partial, "create the folder");
        *p = kept;
        if (!kept)
            break;
    }
    free(partial);
    return result;
}

static int remove_entry(const char *path, const struct stat *status, int type,
                        struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

void file_remove_folder(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

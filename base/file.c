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
    return error_set(error, -failure, "%s: cannot %s: %s", path, doing,
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

static void sync_folder_of(const char *path)
{
    char *folder = memory_copy_string(path);
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(folder);
}

/* The mode that a new file has by the umask, which can only be read by setting it. */
static mode_t new_file_mode(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

/* What `path` leads to: where a regular file is or would be, on the heap, and its mode;
 * NULL with errno 0: something else is there, NULL otherwise: nothing can be. */
static char *find_target(const char *path, mode_t *mode)
{
    struct stat status;
    errno = 0;
    if (stat(path, &status) == 0) {
        *mode = status.st_mode & 07777;
        return S_ISREG(status.st_mode) ? realpath(path, NULL) : NULL;
    }
    if (errno != ENOENT)
        return NULL;
    *mode = new_file_mode();
    char link[4096];
    ssize_t length = readlink(path, link, sizeof link - 1);
    errno = 0;
    if (length <= 0)
        return memory_copy_string(path);
    /* A link to a file that is not there yet. */
    link[length] = '\0';
    const char *slash = *link == '/' ? NULL : strrchr(path, '/');
    return memory_printf("%.*s%s", slash ? (int)(slash - path) + 1 : 0, path, link);
}

static int write_through(const char *path, const char *data, size_t length,
                         struct error *error)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC), result = 0;
    if (fd < 0)
        return fail(error, path, "open");
    if (write_all(fd, data, length) < 0)
        result = fail(error, path, "write");
    close(fd);
    return result;
}

static int replace(const char *target, mode_t mode, const char *data, size_t length,
                   struct error *error)
{
    char *temporary = memory_printf("%s.XXXXXX", target);
    int result = 0;
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        result = fail(error, target, "create");
        goto done;
    }
    fchmod(fd, mode);
    int bad = write_all(fd, data, length) < 0 || fsync(fd) < 0;
    if (bad)
        result = fail(error, target, "write");
    close(fd);
    if (!bad && rename(temporary, target) < 0)
        result = fail(error, target, "replace");
    if (result < 0)
        unlink(temporary);
    else
        sync_folder_of(target);
done:
    free(temporary);
    return result;
}

int file_write_atomic(const char *path, const char *data, size_t length,
                      struct error *error)
{
    mode_t mode;
    char *target = find_target(path, &mode);
    int result = target       ? replace(target, mode, data, length, error)
                 : errno == 0 ? write_through(path, data, length, error)
                              : fail(error, path, "create");
    free(target);
    return result;
}

int file_can_write(const char *path, struct error *error)
{
    mode_t mode;
    char *target = find_target(path, &mode);
    int result = 0;
    if (target) {
        char *temporary = memory_printf("%s.XXXXXX", target);
        int fd = mkostemp(temporary, O_CLOEXEC);
        result = fd < 0 ? fail(error, path, "create") : 0;
        if (fd >= 0) {
            close(fd);
            unlink(temporary);
        }
        free(temporary);
    } else if (errno != 0) {
        result = fail(error, path, "create");
    } else {
        struct stat status;
        errno = EISDIR;
        if (stat(path, &status) < 0 || S_ISDIR(status.st_mode) || access(path, W_OK) < 0)
            result = fail(error, path, "write");
    }
    free(target);
    return result;
}

int file_make_folders(const char *path, struct error *error)
{
    char *partial = memory_copy_string(path);
    int result = 0;
    for (char *p = partial + 1; result == 0; p++) {
        if (*p && *p != '/')
            continue;
        char kept = *p;
        *p = '\0';
        if (mkdir(partial, 0755) < 0 && errno != EEXIST)
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

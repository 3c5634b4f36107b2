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

int file_write_atomic(const char *path, const char *data, size_t length,
                      struct error *error)
{
    char *temporary = memory_printf("%s.XXXXXX", path);
    int result = 0;
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        result = fail(error, path, "create");
        goto done;
    }
    fchmod(fd, 0644);
    int bad = write_all(fd, data, length) < 0 || fsync(fd) < 0;
    if (bad)
        result = fail(error, path, "write");
    close(fd);
    if (!bad && rename(temporary, path) < 0)
        result = fail(error, path, "replace");
    if (result < 0)
        unlink(temporary);
    else
        sync_folder_of(path);
done:
    free(temporary);
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

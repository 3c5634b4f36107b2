/* data_folder.c - see data_folder.h. */
#include "servers/data_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

char *data_folder_make(struct error *error)
{
    const char *parent = getenv("TMPDIR");
    char *path =
        memory_printf("%s/interleave-XXXXXX", parent && *parent ? parent : "/tmp");
    if (mkdtemp(path))
        return path;
    error_set(error, -errno, "cannot make %s: %s", path, strerror(errno));
    free(path);
    return NULL;
}

/* Only files are in it: the ops made them. */
void data_folder_remove(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        return;
    for (struct dirent *entry; (entry = readdir(folder));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
    rmdir(path);
}

int data_folder_check(const char *path, struct error *error)
{
    int result = file_make_folders(path, error);
    if (result < 0)
        return result;
    char *file = memory_printf("%s/check-XXXXXX", path);
    int fd = mkostemp(file, O_CLOEXEC);
    result = fd < 0 ? -errno : 0;
    if (fd >= 0) {
        close(fd);
        unlink(file);
    }
    free(file);
    return result < 0 ? error_set(error, result, "cannot make files in %s: %s", path,
                                  strerror(-result))
                      : 0;
}

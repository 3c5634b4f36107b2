/* installed.c - see installed.h. */
#include "base/installed.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

char *installed_path(const char *name)
{
    if (access(name, R_OK) == 0)
        return memory_copy_string(name);
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0)
        return NULL;
    self[length] = '\0';
    char *slash = strrchr(self, '/');
    *slash = '\0';
    /* An installed program lies in PREFIX/bin, a built one in build/ or, with sanitizers,
     * in a folder below that. */
    static const char *const places[] = {"../share/interleave", "..", "../.."};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *path = memory_printf("%s/%s/%s", self, places[i], name);
        if (access(path, R_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

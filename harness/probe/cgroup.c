/* cgroup.c - see cgroup.h. */
#include "harness/probe/cgroup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

/* "/a/b" of the line "4:cpu,cpuacct:/a/b" that names the controller; "" is version 2. */
static char *path_in_hierarchy(const char *controller)
{
    char *groups, *path = NULL;
    if (file_read("/proc/self/cgroup", &groups, NULL, NULL) < 0)
        return NULL;
    char **lines = text_split(groups, '\n', NULL);
    for (size_t i = 0; lines[i] && !path; i++) {
        char *names = strchr(lines[i], ':');
        char *place = names ? strchr(names + 1, ':') : NULL;
        if (!place)
            continue;
        *place++ = '\0';
        char **listed = text_split(names + 1, ',', NULL);
        for (size_t n = 0; listed[n] && !path; n++)
            if (strcmp(listed[n], controller) == 0)
                path = memory_copy_string(place);
        text_list_free(listed);
    }
    text_list_free(lines);
    free(groups);
    return path;
}

static int read_below(const char *root, const char *controller, const char *path,
                      const char *name, char **content)
{
    char *file = memory_printf("%s/%s%s/%s", root, controller, path, name);
    int result = file_read(file, content, NULL, NULL);
    free(file);
    return result;
}

int cgroup_read(const char *controller, const char *name, char **content)
{
    const char *hierarchies[] = {controller, ""};
    for (size_t i = 0; i < 2; i++) {
        char *path = path_in_hierarchy(hierarchies[i]);
        if (!path)
            continue;
        int result = read_below("/sys/fs/cgroup", hierarchies[i], path, name, content);
        if (result < 0)
            result = read_below("/sys/fs/cgroup", hierarchies[i], "", name, content);
        free(path);
        if (result == 0)
            return 0;
    }
    return -ENOENT;
}

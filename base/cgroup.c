/* cgroup.c - see cgroup.h. */
#include "base/cgroup.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/key_value.h"
#include "base/text.h"

const struct cgroup_places cgroup_system = {"/proc/self/cgroup", "/sys/fs/cgroup"};

/* "/a/b" of the line "4:cpu,cpuacct:/a/b" that names the controller; "" is version 2. */
static char *path_in_hierarchy(const struct cgroup_places *places, const char *controller)
{
    char *groups, *path = NULL;
    if (file_read(places->self, &groups, NULL, NULL) < 0)
        return NULL;
    char **lines = text_split(groups, '\n', NULL);
    for (size_t i = 0; lines[i] && !path; i++) {
        char *names = strchr(lines[i], ':');
        char *place = names ? strchr(names + 1, ':') : NULL;
        if (!place)
            continue;
        *place++ = '\0';
        if (!*controller && !names[1])
            path = memory_copy_string(place);
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

static int read_below(const struct cgroup_places *places, const char *controller,
                      const char *path, const char *name, char **content)
{
    char *file = memory_printf("%s/%s%s/%s", places->root, controller, path, name);
    int result = file_read(file, content, NULL, NULL);
    free(file);
    return result;
}

int cgroup_read(const struct cgroup_places *places, const char *controller,
                const char *name, char **content)
{
    const char *hierarchies[] = {controller, ""};
    for (size_t i = 0; i < 2; i++) {
        char *path = path_in_hierarchy(places, hierarchies[i]);
        if (!path)
            continue;
        int result = read_below(places, hierarchies[i], path, name, content);
        if (result < 0)
            result = read_below(places, hierarchies[i], "", name, content);
        free(path);
        if (result == 0)
            return 0;
    }
    return -ENOENT;
}

/* ---- our group and its ancestors ------------------------------------------------- */

/* A group of one hierarchy; "" is the path of the topmost. */
struct cgroup {
    const struct cgroup_places *places;
    const char *controller, *path;
};

static int read_file(const struct cgroup *group, const char *name, char **content)
{
    return read_below(group->places, group->controller, group->path, name, content);
}

/* Shows `look` each group from ours up to the top, in both hierarchies. */
static void look_upwards(const struct cgroup_places *places,
                         void (*look)(const struct cgroup *group, double *value),
                         double *value)
{
    const char *hierarchies[] = {"cpu", ""};
    for (size_t i = 0; i < 2; i++) {
        char *path = path_in_hierarchy(places, hierarchies[i]);
        if (!path)
            continue;
        /* "/" and "" are the same group. */
        for (char *end = strcmp(path, "/") == 0 ? path : path + strlen(path); end;
             end = strrchr(path, '/')) {
            *end = '\0';
            look(&(struct cgroup){places, hierarchies[i], path}, value);
        }
        free(path);
    }
}

/* Version 2 counts microseconds, version 1 nanoseconds. */
static void add_throttled(const struct cgroup *group, double *seconds)
{
    char *stat;
    if (read_file(group, "cpu.stat", &stat) < 0)
        return;
    double us = key_value_number(stat, "throttled_usec");
    double own_s = isnan(us) ? key_value_number(stat, "throttled_time") / 1e9 : us / 1e6;
    if (!isnan(own_s))
        *seconds = isnan(*seconds) ? own_s : *seconds + own_s;
    free(stat);
}

double cgroup_throttled_s(const struct cgroup_places *places)
{
    double seconds = NAN;
    look_upwards(places, add_throttled, &seconds);
    return seconds;
}

/* Version 2 has "QUOTA PERIOD" in one file, version 1 a file for each; where there is no
 * quota it is "max" or -1. */
static void take_quota(const struct cgroup *group, double *cpus)
{
    char *content;
    double quota = NAN, period = NAN;
    if (read_file(group, "cpu.max", &content) == 0) {
        char *rest;
        quota = strtod(content, &rest);
        period = strtod(rest, NULL);
        free(content);
    } else if (read_file(group, "cpu.cfs_quota_us", &content) == 0) {
        quota = strtod(content, NULL);
        free(content);
        if (read_file(group, "cpu.cfs_period_us", &content) == 0) {
            period = strtod(content, NULL);
            free(content);
        }
    }
    if (quota > 0 && period > 0)
        *cpus = fmin(*cpus, quota / period);
}

double cgroup_cpu_quota(const struct cgroup_places *places)
{
    double cpus = INFINITY;
    look_upwards(places, take_quota, &cpus);
    return cpus;
}

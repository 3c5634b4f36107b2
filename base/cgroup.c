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

/* ---- our group and its ancestors ----------------------------------------------------
 */

/* Hands `take` the file of each group from ours up to the top, in both hierarchies. */
static void read_upwards(const struct cgroup_places *places, const char *name,
                         void (*take)(const char *content, double *value), double *value)
{
    const char *hierarchies[] = {"cpu", ""};
    for (size_t i = 0; i < 2; i++) {
        char *path = path_in_hierarchy(places, hierarchies[i]), *content;
        if (!path)
            continue;
        /* "/" and "" are the same group. */
        for (char *end = path + strlen(path) * (path[1] != '\0'); end;
             end = strrchr(path, '/')) {
            *end = '\0';
            if (read_below(places, hierarchies[i], path, name, &content) < 0)
                continue;
            take(content, value);
            free(content);
        }
        free(path);
    }
}

/* Version 2 counts microseconds, version 1 nanoseconds. */
static void add_throttled(const char *stat, double *seconds)
{
    double us = key_value_number(stat, "throttled_usec");
    double own_s = isnan(us) ? key_value_number(stat, "throttled_time") / 1e9 : us / 1e6;
    if (!isnan(own_s))
        *seconds = isnan(*seconds) ? own_s : *seconds + own_s;
}

double cgroup_throttled_s(const struct cgroup_places *places)
{
    double seconds = NAN;
    read_upwards(places, "cpu.stat", add_throttled, &seconds);
    return seconds;
}

/* Version 2: "QUOTA PERIOD", or "max PERIOD". */
static void take_cpu_max(const char *content, double *cpus)
{
    char *rest;
    double quota = strtod(content, &rest), period = strtod(rest, NULL);
    if (rest != content && quota > 0 && period > 0)
        *cpus = fmin(*cpus, quota / period);
}

/* Version 1: a file each, and a quota of -1 where there is none. */
static double quota_of_version_1(const struct cgroup_places *places)
{
    static const char *const names[] = {"cpu.cfs_quota_us", "cpu.cfs_period_us"};
    double numbers[2];
    for (size_t i = 0; i < 2; i++) {
        char *content;
        if (cgroup_read(places, "cpu", names[i], &content) < 0)
            return INFINITY;
        numbers[i] = strtod(content, NULL);
        free(content);
    }
    return numbers[0] > 0 && numbers[1] > 0 ? numbers[0] / numbers[1] : (double)INFINITY;
}

double cgroup_cpu_quota(const struct cgroup_places *places)
{
    double cpus = quota_of_version_1(places);
    read_upwards(places, "cpu.max", take_cpu_max, &cpus);
    return cpus;
}

/* cpus.c - see cpus.h. */
#include "base/cpus.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cpus_parse(const char *text, cpu_set_t *set, struct error *error)
{
    CPU_ZERO(set);
    const char *p = text;
    while (true) {
        char *end;
        long first = strtol(p, &end, 10), last = first;
        bool good = end > p && *p >= '0' && *p <= '9';
        if (good && *end == '-') {
            p = end + 1;
            last = strtol(p, &end, 10);
            good = end > p && *p >= '0' && *p <= '9';
        }
        if (!good || first > last || last >= CPU_SETSIZE)
            return error_set(error, -EINVAL,
                             "expected a list of CPUs such as 0 or 0-3,8, got \"%s\"",
                             text);
        for (long cpu = first; cpu <= last; cpu++)
            CPU_SET((size_t)cpu, set);
        if (!*end)
            return 0;
        if (*end != ',')
            return error_set(error, -EINVAL,
                             "expected a list of CPUs such as 0 or 0-3,8, got \"%s\"",
                             text);
        p = end + 1;
    }
}

char *cpus_format(const cpu_set_t *set, char *buffer, size_t bytes)
{
    size_t used = 0;
    buffer[0] = '\0';
    for (size_t cpu = 0; cpu < CPU_SETSIZE && used < bytes; cpu++) {
        if (!CPU_ISSET(cpu, set))
            continue;
        size_t last = cpu;
        while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, set))
            last++;
        const char *comma = used ? "," : "";
        int wrote =
            last > cpu
                ? snprintf(buffer + used, bytes - used, "%s%zu-%zu", comma, cpu, last)
                : snprintf(buffer + used, bytes - used, "%s%zu", comma, cpu);
        used += (size_t)wrote;
        cpu = last;
    }
    return buffer;
}

void cpus_allowed(cpu_set_t *set)
{
    CPU_ZERO(set);
    if (sched_getaffinity(0, sizeof *set, set) < 0)
        CPU_SET(0, set);
}

int cpus_allowed_count(void)
{
    cpu_set_t set;
    cpus_allowed(&set);
    int count = CPU_COUNT(&set);
    return count > 0 ? count : 1;
}

/* Of hyper-threads of one core, the first is the allowed one with the lowest number. */
static bool is_first_of_core(int cpu, const cpu_set_t *allowed)
{
    char path[128], list[CPUS_TEXT_BYTES];
    snprintf(path, sizeof path,
             "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
    FILE *file = fopen(path, "re");
    if (!file)
        return true;
    bool first = true;
    cpu_set_t siblings;
    if (fgets(list, sizeof list, file)) {
        list[strcspn(list, "\n")] = '\0';
        if (cpus_parse(list, &siblings, NULL) == 0)
            for (int other = 0; other < cpu; other++)
                if (CPU_ISSET((size_t)other, &siblings) &&
                    CPU_ISSET((size_t)other, allowed))
                    first = false;
    }
    fclose(file);
    return first;
}

int cpus_by_core(int order[CPU_SETSIZE])
{
    cpu_set_t allowed;
    cpus_allowed(&allowed);
    int count = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
            if (CPU_ISSET((size_t)cpu, &allowed) &&
                is_first_of_core(cpu, &allowed) == (pass == 0))
                order[count++] = cpu;
    return count;
}

int cpus_pin(const cpu_set_t *set, struct error *error)
{
    if (sched_setaffinity(0, sizeof *set, set) == 0)
        return 0;
    int failure = errno;
    char list[CPUS_TEXT_BYTES];
    return error_set(error, -failure, "cannot run on CPUs %s: %s",
                     cpus_format(set, list, sizeof list), strerror(failure));
}

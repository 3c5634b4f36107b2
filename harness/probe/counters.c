/* counters.c - see counters.h. */
#include "harness/probe/counters.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/key_value.h"
#include "base/text.h"

/* How a file is laid out, and so how a number in it is found. */
typedef double find_number(const char *content, const char *key);

struct source {
    size_t offset;    /* in struct machine_counters */
    const char *path; /* NULL: of our cgroup, which base/cgroup.h reads */
    const char *key;
    find_number *find;
    double unit; /* what a count of 1 is worth; 0: one clock tick */
};

/* The column `key` of "cpu user nice system idle iowait irq softirq steal ...". */
static double find_cpu_column(const char *content, const char *key)
{
    double columns[8] = {0};
    char *p = NULL;
    if (strncmp(content, "cpu ", 4) != 0)
        return NAN;
    const char *rest = content + 4;
    for (size_t i = 0; i < 8; i++, rest = p)
        columns[i] = strtod(rest, &p);
    if (strcmp(key, "steal") == 0)
        return columns[7];
    return columns[0] + columns[1] + columns[2] + columns[5] + columns[6];
}

/* "some avg10=... total=123" */
static double find_pressure(const char *content, const char *key)
{
    const char *line = strstr(content, key);
    const char *total = line ? strstr(line, "total=") : NULL;
    return total ? strtod(total + strlen("total="), NULL) : (double)NAN;
}

/* Two lines for a protocol: "TcpExt: Name Name ..." and "TcpExt: 1 2 ...". */
static double find_paired(const char *content, const char *key)
{
    double found = NAN;
    char **lines = text_split(content, '\n', NULL);
    for (size_t i = 0; lines[i] && lines[i + 1]; i++) {
        char **names = text_split(lines[i], ' ', NULL);
        char **values = text_split(lines[i + 1], ' ', NULL);
        bool pair = names[0] && values[0] && strcmp(names[0], values[0]) == 0;
        for (size_t n = 1; pair && names[n] && values[n]; n++)
            if (strcmp(names[n], key) == 0)
                found = strtod(values[n], NULL);
        text_list_free(names);
        text_list_free(values);
    }
    text_list_free(lines);
    return found;
}

/* Pages swapped in and out together. */
static double find_swap(const char *content, const char *key)
{
    (void)key;
    return key_value_number(content, "pswpin") + key_value_number(content, "pswpout");
}

#define COUNTER(member) offsetof(struct machine_counters, member)
static const struct source sources[] = {
    {COUNTER(busy_cpu_s), "/proc/stat", "busy", find_cpu_column, 0},
    {COUNTER(steal_s), "/proc/stat", "steal", find_cpu_column, 0},
    {COUNTER(context_switches), "/proc/stat", "ctxt", key_value_number, 1},
    {COUNTER(throttled_s), NULL, NULL, NULL, 1},
    {COUNTER(pressure_cpu_s), "/proc/pressure/cpu", "some", find_pressure, 1e-6},
    {COUNTER(pressure_memory_s), "/proc/pressure/memory", "some", find_pressure, 1e-6},
    {COUNTER(pressure_io_s), "/proc/pressure/io", "some", find_pressure, 1e-6},
    {COUNTER(swapped_pages), "/proc/vmstat", "", find_swap, 1},
    {COUNTER(listen_overflows), "/proc/net/netstat", "ListenOverflows", find_paired, 1},
    {COUNTER(listen_drops), "/proc/net/netstat", "ListenDrops", find_paired, 1},
    {COUNTER(retransmitted_segments), "/proc/net/snmp", "RetransSegs", find_paired, 1},
};

#define SOURCES (sizeof sources / sizeof *sources)

static double read_counter(const struct source *source)
{
    char *content;
    if (!source->path)
        return cgroup_throttled_s(&cgroup_system);
    if (file_read(source->path, &content, NULL, NULL) < 0)
        return NAN;
    double value = source->find(content, source->key);
    free(content);
    return source->unit > 0 ? value * source->unit : value / (double)sysconf(_SC_CLK_TCK);
}

static double *counter_at(struct machine_counters *counters, size_t offset)
{
    return (double *)(void *)((char *)counters + offset);
}

void counters_read(struct counter_reading *reading)
{
    reading->at_ns = clock_now_ns();
    for (size_t i = 0; i < SOURCES; i++)
        *counter_at(&reading->counters, sources[i].offset) = read_counter(&sources[i]);
}

struct machine_counters counters_between(const struct counter_reading *before,
                                         const struct counter_reading *after)
{
    struct machine_counters from = before->counters, between = after->counters;
    for (size_t i = 0; i < SOURCES; i++)
        *counter_at(&between, sources[i].offset) -= *counter_at(&from, sources[i].offset);
    between.elapsed_s = (double)(after->at_ns - before->at_ns) / (double)NS_PER_S;
    return between;
}

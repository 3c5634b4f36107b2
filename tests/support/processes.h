/* processes.h - the processes and threads of a server, seen from outside. */
#ifndef TESTS_SUPPORT_PROCESSES_H
#define TESTS_SUPPORT_PROCESSES_H

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "servers/model.h"

static inline bool has_option(const struct model *model, const char *name)
{
    for (const struct field *o = model->options; o && o->name; o++)
        if (strcmp(o->name, name) == 0)
            return true;
    return false;
}

static inline pid_t parent_of(pid_t pid)
{
    char path[32], text[512] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return -1;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    const char *rest = strrchr(text, ')');
    int parent;
    return rest && sscanf(rest, ") %*c %d", &parent) == 1 ? parent : -1;
}

#define MAX_CHILDREN 64

static inline size_t list_children(pid_t parent, pid_t pids[MAX_CHILDREN])
{
    size_t count = 0;
    DIR *folder = opendir("/proc");
    struct dirent *entry;
    while ((entry = readdir(folder)) && count < MAX_CHILDREN) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && parent_of(pid) == parent)
            pids[count++] = pid;
    }
    closedir(folder);
    return count;
}

static inline int count_threads(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

/* Threads of a process and its children. */
static inline int count_all_threads(pid_t pid)
{
    pid_t children[MAX_CHILDREN];
    size_t count = list_children(pid, children);
    int threads = count_threads(pid);
    for (size_t i = 0; i < count; i++)
        threads += count_threads(children[i]);
    return threads;
}

#endif

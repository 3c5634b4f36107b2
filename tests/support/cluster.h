/*
 * cluster.h - a throw-away PostgreSQL for a test program: group fixtures of cmocka.
 */
#ifndef TESTS_SUPPORT_CLUSTER_H
#define TESTS_SUPPORT_CLUSTER_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/served.h"

static pid_t cluster;      /* 0: it cannot be had here */
static char conninfo[256]; /* for libpq */

/* Starts it, or says why it cannot be had. */
static int start_cluster(void **state)
{
    (void)state;
    int ends[2];
    if (system("scripts/postgres check") != 0)
        return 0;
    if (pipe(ends) < 0)
        return -1;
    fflush(NULL);
    cluster = fork();
    if (cluster == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        execl("scripts/postgres", "postgres", "run", NULL);
        _exit(127);
    }
    close(ends[1]);
    char *line = read_until(ends[0], "\n");
    if (sscanf(line, "listening on %255s", conninfo) != 1) {
        waitpid(cluster, NULL, 0);
        cluster = 0;
    }
    free(line);
    close(ends[0]);
    return 0;
}

static int stop_cluster(void **state)
{
    (void)state;
    if (cluster) {
        kill(cluster, SIGTERM);
        waitpid(cluster, NULL, 0);
    }
    return 0;
}

#endif

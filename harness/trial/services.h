/*
 * services.h - what a server under test asks: the backend of fetch steps and the
 * database of pgquery and pgsleep. Both are started for every trial, pinned apart from
 * the server, and gone at its end, however it ends.
 *
 * The database is scripts/postgres run: a script that leads a process group of its own
 * and cleans up after itself when it is told to end, or when the harness has died.
 */
#ifndef HARNESS_SERVICES_H
#define HARNESS_SERVICES_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "harness/probe/procfs.h"
#include "harness/trial/command_line.h"
#include "harness/trial/server_child.h"
#include "harness/trial/trial.h"

struct service_process {
    struct server_child process; /* pid 0: the scenario has none */
    struct command_line line;
    char end[128];                        /* "exit code 0", once it has ended */
    struct process_group tree;            /* it, and all that it has started */
    double cpu_before_s, cpu_after_s;     /* at the ends of the window; NaN: not seen */
    struct server_statistics *statistics; /* the backend's, or NULL; heap */
};

struct services {
    struct service_process backend, database;
};

/* Nothing started yet: what it has to be before it is released. */
void services_init(struct services *services);

/*
 * Starts what the scenario needs, one after the other, and asks the backend for every
 * path that a fetch will ask for. 0, -EINTR, or -errno; release it in any case.
 */
MUST_CHECK int services_start(struct services *services, const struct trial_setup *setup,
                              const char *folder, struct error *error);

/* The backend's URL, or NULL where there is none. */
const char *services_upstream(const struct services *services);

/* Adds --upstream and --pg. */
void services_add_options(const struct services *services, struct command_line *line);

/* Descriptors that tell of news, for poll; at most SERVICES_WATCHED. */
#define SERVICES_WATCHED 4
size_t services_watched(const struct services *services, struct pollfd *watched);

/* 0, or -ECHILD and who has ended, with its last words. */
MUST_CHECK int services_check(struct services *services, struct error *error);

/* The first look takes longest, so one is taken before the window begins. */
void services_prepare(struct services *services);

/* The CPU times at either end of the window. */
void services_sample(struct services *services, bool at_end);

/* Asks all to end, and waits for it: 0, or -ECHILD for the first that did not end well.
 */
MUST_CHECK int services_stop(struct services *services, const char *folder,
                             uint64_t grace_ns, struct error *error);
void services_release(struct services *services);

/* Writes down what was started, and how it went; `cpus` is where. */
void services_record(struct services *services, const cpu_set_t *cpus,
                     struct trial_record *record);

/* Whether a database of this kind can be had here; if not, why. */
bool services_has_database(int database, char *why, size_t bytes);

#endif

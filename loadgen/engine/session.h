/*
 * session.h - a whole run: starts one thread per engine, coordinates them, and adds up
 * what they recorded.
 *
 *   connect     all connections are opened before anything is sent
 *   warm-up     requests are sent and answered, but not recorded
 *   window      requests are measured
 *   drain       no request begins; outstanding replies are waited for, for a limited time
 *   hold        connections stay open until the parent process has sampled (events.h)
 *
 * A session may have several windows, one after the other over the same connections: each
 * is a round of warm-up, window and drain with a result of its own. In between nothing is
 * sent, and the threads sleep.
 *
 * SIGINT and SIGTERM end the window early, a second one also ends the drain. The calling
 * thread is the coordinator. It sleeps in ppoll, and wakes up to write events and to show
 * the live counters to the plan's watcher, which may end the window early as well.
 */
#ifndef LOADGEN_SESSION_H
#define LOADGEN_SESSION_H

#include <stdbool.h>

#include "base/error.h"
#include "loadgen/plan/load_plan.h"
#include "record/load_result.h"

/*
 * Runs the plan and makes the result, with warnings and expectations (release it on
 * success only). `events` is a descriptor for events.h or -1. 0, or -errno where the
 * target cannot be reached; -EINTR where the run was stopped before its window began.
 */
MUST_CHECK int session_run(const struct load_plan *plan, int events,
                           struct load_result *result, struct error *error);

/*
 * The same step by step. Opens the connections: 0 and the session, or -errno and nothing
 * to close. The plan has to outlive it; warm-up and duration of its workload may be
 * changed between two rounds, where the latter does not grow.
 */
struct session;
MUST_CHECK int session_open(struct session **session, const struct load_plan *plan,
                            int events, struct error *error);

/* One round. 0, or -EINTR where the run was stopped before its window began. */
MUST_CHECK int session_measure(struct session *session, struct load_result *result,
                               struct error *error);

/* Whether a signal has ended the last round early, or came after it. */
bool session_was_interrupted(const struct session *session);

/* The parent looks at the server while its connections are open and nothing is sent:
 * waits for its answer on `events`, or for a signal. */
void session_wait_for_parent(struct session *session, int events);

/* Closes the connections and ends the threads. */
void session_close(struct session *session);

#endif

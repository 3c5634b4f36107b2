/*
 * session.h - a whole run: starts one thread per engine, leads them through the phases
 * together, and adds up what they found.
 *
 *   connect     all connections stand before anything is sent
 *   warm-up     sent and answered, not recorded
 *   window      measured
 *   drain       nothing new begins; replies that are due are waited for a while
 *   hold        connections stay open until the watcher is ready (events.h)
 *
 * SIGINT and SIGTERM end the window early, a second one also the drain. The calling
 * thread is the coordinator; it sleeps but for the changes of phase, and to show the
 * counters to the plan's watcher, who may end the window early as well.
 */
#ifndef LOADGEN_SESSION_H
#define LOADGEN_SESSION_H

#include "base/error.h"
#include "loadgen/plan/load_plan.h"
#include "record/load_result.h"

/*
 * Runs the plan and makes the result, judged (release it on success only).
 * `events` is a descriptor for events.h or -1. 0, or -errno where the target cannot be
 * reached; -EINTR where the run was stopped before its window began.
 */
MUST_CHECK int session_run(const struct load_plan *plan, int events,
                           struct load_result *result, struct error *error);

#endif

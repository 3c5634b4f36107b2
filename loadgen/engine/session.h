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
 * SIGINT and SIGTERM end the window early, a second one also ends the drain. The calling
 * thread is the coordinator. It sleeps in ppoll, and wakes up to write events and to show
 * the live counters to the plan's watcher, which may end the window early as well.
 */
#ifndef LOADGEN_SESSION_H
#define LOADGEN_SESSION_H

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

#endif

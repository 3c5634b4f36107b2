/*
 * model_structure.h - the queueing network of a model, from what its descriptor says: who
 * runs each kind of step, how many there are, what is shared and where connections stay.
 *
 *   front        reads requests and answers them: the loop, one of N threads or
 *                processes, the thread or process of the connection
 *   poller       hands requests to the threads of a pool
 *   pool         threads for steps that block; workers: for steps that compute
 *   connections  to an upstream or a database: as many steps at a time
 *
 * A step runs where enum step_runner says: a thread keeps its server meanwhile, a loop
 * leaves it while it waits.
 */
#ifndef ANALYSIS_SIMULATE_MODEL_STRUCTURE_H
#define ANALYSIS_SIMULATE_MODEL_STRUCTURE_H

#include "analysis/simulate/server_design.h"
#include "analysis/simulate/structure.h"
#include "servers/ops/op.h"

/* One step of a request. */
struct simulated_step {
    enum op_kind kind;
    enum option_role pool; /* of the connections that it takes one of; ROLE_NONE: none */
    struct variate time;   /* of CPU where it computes, else of the clock */
};

/* What a request of one class asks for. */
struct simulated_request {
    const struct simulated_step *steps;
    size_t count;
};

/* Releases nothing of what the structure was before. A model of any kind has one; where
 * requests have no steps (a canned reply), theirs are left out. */
void model_structure_make(struct structure *structure, const struct server_design *design,
                          const struct simulated_request *classes, size_t class_count);

#endif

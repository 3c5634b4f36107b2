/*
 * job.h - one request's work: the steps that its path spells out, and how far it got.
 *
 * "/wait:50ms/spin:200k/bytes:64KiB" is a program of two steps to run and the size of
 * a reply; "/" is the empty program. A model asks job_next_kind what comes next and
 * has it run where it likes:
 *
 *   WAIT           job_resume, as often as it takes; between two calls the job waits
 *                  for job->call.fd or job->call.deadline_ns
 *   BLOCKING, CPU  job_run, on any thread
 *   JOB_END        answer the request with job->call.digest, or with the failure
 *
 * or lets the calling thread do it all with job_run_to_end. A job belongs to one
 * thread at a time.
 */
#ifndef SERVERS_JOB_H
#define SERVERS_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "servers/ops/ops.h"
#include "servers/program.h"

struct job {
    struct ops *ops;
    struct op_call call; /* of the step at hand; digest and failure of the whole */
    bool has_body_bytes;
    bool started; /* the WAIT step at hand was resumed at least once */
    unsigned next, step_count;
    uint64_t body_bytes;
    struct step steps[]; /* and behind them their texts */
};

/* A job that runs the program; NULL when memory has run out. Free with job_free. */
struct job *job_create(struct ops *ops, const struct program *program);

/* Also cancels the step at hand if it is waiting. */
void job_free(struct job *job);

#define JOB_END (-1)

/* The enum op_kind of the step to run next, or JOB_END (after a failure, too). */
int job_next_kind(const struct job *job);

/* Runs the next step and those after it that are of the same kind, CPU or BLOCKING. */
void job_run(struct job *job);

/* Resumes the next step, a WAIT. When it answers OP_DONE the job is a step further. */
enum op_answer job_resume(struct job *job);

/* Runs all steps; the calling thread sleeps where they wait. */
void job_run_to_end(struct job *job);

#endif

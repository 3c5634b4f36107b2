/* job.c - see job.h. */
#include "servers/job.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

/* The path may be gone by the time that its steps run. */
static void copy_texts(struct job *job)
{
    char *to = (char *)&job->steps[job->step_count];
    for (struct step *step = job->steps; step < &job->steps[job->step_count]; step++) {
        if (!step->text)
            continue;
        memcpy(to, step->text, step->text_length);
        to[step->text_length] = '\0';
        step->text = to;
        to += step->text_length + 1;
    }
}

struct job *job_create(struct ops *ops, const struct program *program)
{
    size_t steps_bytes = program->step_count * sizeof(struct step);
    size_t text_bytes = 0;
    for (unsigned i = 0; i < program->step_count; i++)
        if (program->steps[i].text)
            text_bytes += program->steps[i].text_length + 1;
    struct job *job = malloc(sizeof *job + steps_bytes + text_bytes);
    if (!job)
        return NULL;
    memset(job, 0, sizeof *job);
    job->ops = ops;
    job->has_body_bytes = program->has_body_bytes;
    job->body_bytes = program->body_bytes;
    job->step_count = program->step_count;
    memcpy(job->steps, program->steps, steps_bytes);
    if (text_bytes > 0)
        copy_texts(job);
    return job;
}

void job_free(struct job *job)
{
    if (!job)
        return;
    if (job->started) {
        const struct op *op = ops_at(job->ops, job->steps[job->next].op);
        if (op->cancel)
            op->cancel(&job->call);
    }
    free(job->call.message);
    free(job);
}

int job_next_kind(const struct job *job)
{
    if (job->next >= job->step_count || job->call.status)
        return JOB_END;
    return (int)ops_at(job->ops, job->steps[job->next].op)->kind;
}

static void begin_step(struct job *job)
{
    job->call.argument = job->steps[job->next].argument;
    job->call.text = job->steps[job->next].text;
    memset(&job->call.state, 0, sizeof job->call.state);
}

void job_run(struct job *job)
{
    int kind = job_next_kind(job);
    do {
        size_t index = job->steps[job->next].op;
        begin_step(job);
        if (ops_bind(job->ops, index, &job->call) == 0)
            ops_at(job->ops, index)->run(&job->call);
        job->next++;
    } while (job_next_kind(job) == kind);
}

enum op_answer job_resume(struct job *job)
{
    size_t index = job->steps[job->next].op;
    if (!job->started)
        begin_step(job);
    job->call.fd = -1;
    job->call.deadline_ns = 0;
    enum op_answer answer = OP_DONE;
    if (ops_bind(job->ops, index, &job->call) == 0)
        answer = ops_at(job->ops, index)->resume(&job->call);
    job->started = answer != OP_DONE;
    if (answer == OP_DONE)
        job->next++;
    return answer;
}

/* Sleeps in the calling thread until what the step answered has come. */
static void sleep_for(enum op_answer answer, const struct op_call *call)
{
    if (answer == OP_TIMER) {
        clock_sleep_until_ns(call->deadline_ns);
        return;
    }
    struct pollfd poll_fd = {
        .fd = call->fd,
        .events = answer == OP_READABLE ? POLLIN : POLLOUT,
    };
    struct timespec left = {0};
    if (call->deadline_ns) {
        uint64_t now_ns = clock_now_ns();
        uint64_t left_ns = call->deadline_ns > now_ns ? call->deadline_ns - now_ns : 0;
        left.tv_sec = (time_t)(left_ns / NS_PER_S);
        left.tv_nsec = (long)(left_ns % NS_PER_S);
    }
    /* A signal wakes the step early; it looks and asks for the same again. */
    (void)ppoll(&poll_fd, 1, call->deadline_ns ? &left : NULL, NULL);
}

void job_run_to_end(struct job *job)
{
    int kind;
    while ((kind = job_next_kind(job)) != JOB_END) {
        if (kind != OP_WAIT) {
            job_run(job);
            continue;
        }
        enum op_answer answer = job_resume(job);
        if (answer != OP_DONE)
            sleep_for(answer, &job->call);
    }
}

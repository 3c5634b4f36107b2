/* job.c - see job.h. */
#include "servers/job.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"

/* ---- parsing ---------------------------------------------------------------------- */

#define WORD_BYTES 48

/* A part of the path as a string for lookups and messages: printable, cut if long. */
static void copy_word(char *word, size_t word_bytes, const char *from, size_t length)
{
    size_t kept = length < word_bytes ? length : word_bytes - 1;
    for (size_t i = 0; i < kept; i++) {
        bool plain = from[i] > ' ' && from[i] <= '~' && from[i] != '"' && from[i] != '\\';
        word[i] = plain ? from[i] : '?';
    }
    word[kept] = '\0';
    if (length > kept)
        memcpy(word + kept - 3, "...", 3);
}

static int refuse_op(const struct ops *ops, unsigned number, const char *name,
                     struct error *error)
{
    const char *near = ops_nearest(ops, name);
    struct text known = {0};
    ops_append_names(ops, &known);
    int result =
        error_set(error, -EINVAL,
                  "step %u: expected one of %s, each with its argument as in wait:50ms, "
                  "got \"%s\"%s%s%s",
                  number, text_string(&known), name, near ? " (did you mean \"" : "",
                  near ? near : "", near ? "\"?)" : "");
    text_release(&known);
    return result;
}

/* A text that is kept has to have survived copy_word as it was. */
static int check_text(const char *copy, const char *text, size_t length,
                      struct error *error)
{
    if (length < OP_TEXT_BYTES && memcmp(copy, text, length) == 0)
        return 0;
    return error_set(error, -EINVAL,
                     "expected at most %d characters, printable ones without blanks, "
                     "quotes and backslashes, got \"%s\"",
                     OP_TEXT_BYTES - 1, copy);
}

static int parse_step(struct program *program, const struct ops *ops, unsigned number,
                      const char *step, size_t length, struct error *error)
{
    const char *colon = memchr(step, ':', length);
    size_t name_length = colon ? (size_t)(colon - step) : length;
    char name[WORD_BYTES], argument[OP_TEXT_BYTES];
    copy_word(name, sizeof name, step, name_length);
    int index = ops_find(ops, name);
    if (index < 0)
        return refuse_op(ops, number, name, error);
    const struct op *op = ops_at(ops, (size_t)index);
    if (!colon)
        return error_set(error, -EINVAL, "step %u: %s needs an argument, as in %s:%s",
                         number, op->name, op->name, op->example);
    const char *text = colon + 1;
    size_t text_length = length - name_length - 1;
    copy_word(argument, op->keeps_text ? sizeof argument : WORD_BYTES, text, text_length);
    uint64_t value = 0;
    int result = op->keeps_text ? check_text(argument, text, text_length, error) : 0;
    if (result == 0)
        result = op->parse(argument, &value, error);
    if (result < 0)
        return error_prefix(error, result, "step %u: %s", number, op->name);
    if (op->kind != OP_REPLY) {
        program->steps[program->step_count++] = (struct step){
            .argument = value,
            .text = op->keeps_text ? text : NULL,
            .text_length = op->keeps_text ? (unsigned)text_length : 0,
            .op = (unsigned)index,
        };
        return 0;
    }
    if (program->has_body_bytes)
        return error_set(error, -EINVAL, "step %u: %s is allowed once", number, op->name);
    program->has_body_bytes = true;
    program->body_bytes = value;
    return 0;
}

int program_parse(struct program *program, const struct ops *ops, const char *path,
                  size_t length, struct error *error)
{
    program->step_count = 0;
    program->has_body_bytes = false;
    if (length == 0 || path[0] != '/')
        return error_set(error, -EINVAL, "expected a path that begins with a slash");
    if (length == 1)
        return 0;
    const char *at = path + 1, *end = path + length;
    for (unsigned number = 1;; number++) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        const char *stop = slash ? slash : end;
        if (number > PROGRAM_MAX_STEPS)
            return error_set(error, -EINVAL, "expected at most %d steps",
                             PROGRAM_MAX_STEPS);
        int result = parse_step(program, ops, number, at, (size_t)(stop - at), error);
        if (result < 0 || !slash)
            return result;
        at = slash + 1;
    }
}

/* ---- running ---------------------------------------------------------------------- */

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

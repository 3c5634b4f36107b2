/*
 * op.h - an operation: one kind of step of a path program, written once for all models.
 *
 * A step is one of four kinds. The kind says what a model may do with it:
 *
 *   OP_WAIT      the system can tell when it is done (timer, socket). Its body is
 *                `resume`, a small state machine that never blocks: it answers what it
 *                waits for. A thread sleeps until then, a loop registers and moves on.
 *   OP_BLOCKING  only has a blocking call. Its body is `run`; the thread sleeps in it.
 *   OP_CPU       computes. Its body is `run`.
 *   OP_REPLY     shapes the reply and runs nowhere; it has no body.
 *
 * Digest. Every reply carries the CRC-32 (zlib's crc32, the one of gzip and PNG) over
 * the concatenation of the result bytes of its steps, in order; a program without
 * results has 00000000. What an op's result bytes are is written at the top of its
 * file, exactly enough to be repeated in another language. Where the bytes that an op
 * produces depend on a library's version, its result is what they decode to.
 *
 * The one generator of test data is xorshift32 (G. Marsaglia, 2003) with shifts 13,
 * 17, 5 from the seed OP_SEED: state ^= state << 13, ^= state >> 17, ^= state << 5.
 *
 * To add an op: one file in servers/ops/ that ends in its `const struct op`, one line
 * in servers/ops/ops.def; what harness and analysis need to know of it are its kind,
 * its flags and its pool. The conformance tests then run it, with its example
 * argument, under every model and demand the same digest from all.
 */
#ifndef SERVERS_OPS_OP_H
#define SERVERS_OPS_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "servers/model.h"

enum op_kind { OP_WAIT, OP_BLOCKING, OP_CPU, OP_REPLY };
extern const char *const op_kind_names[]; /* "WAIT", "BLOCKING", "CPU", "REPLY", NULL */

/* What harness and analysis need to know of an op beside its kind. */
enum op_flag {
    /* It asks another server: needs serve --upstream. */
    OP_ASKS_UPSTREAM = 1 << 0,
    /* It asks a database: needs serve --pg. */
    OP_ASKS_POSTGRES = 1 << 1,
    /* Its argument is a time, and a step lasts just so long. */
    OP_LASTS = 1 << 2,
    /* OP_CPU: its work is in proportion to its argument, which may be any number. A
     * scenario may say how long it is to take, and the harness finds the number. */
    OP_SCALES = 1 << 3,
};

/* What `resume` answers. */
enum op_answer {
    OP_DONE,     /* finished, well or (after op_fail) badly                            */
    OP_READABLE, /* resume when call->fd is readable, or deadline_ns has passed        */
    OP_WRITABLE, /* resume when call->fd is writable, or deadline_ns has passed        */
    OP_TIMER,    /* resume when deadline_ns has passed, never earlier                  */
};

#define OP_STATE_BYTES 48

/* The longest text that is kept, with its NUL. */
#define OP_TEXT_BYTES 256

/*
 * One step being run: all that the functions of an op are given. It belongs to one
 * thread at a time, but not always to the same one.
 */
struct op_call {
    uint64_t argument; /* what parse() made of the text                              */
    const char *text;  /* the text itself where the op keeps_text, else NULL         */
    void *shared;      /* what start() returned: one for the server                  */
    void *resource;    /* what open() returned: one for the thread that calls        */

    int fd;               /* answer of resume: READABLE, WRITABLE                    */
    uint64_t deadline_ns; /* answer of resume, CLOCK_MONOTONIC; 0: no deadline       */

    uint32_t digest; /* of all steps so far; see op_result                           */
    int status;      /* HTTP status of the failure, 0 while all is well              */
    char *message;   /* of the failure, heap; see op_fail                            */

    /* The op's own: zeroed before each step. What does not fit goes on the heap, is
     * pointed at from here, and is released by the op when done, or by its cancel(). */
    union {
        unsigned char bytes[OP_STATE_BYTES];
        void *pointer;
        uint64_t number;
    } state;
};

/* What the ops of a server may use; read-only while it serves. */
struct op_environment {
    const char *data_folder; /* exists, writable, shared by all threads and processes */
    const char *upstream;    /* "http://HOST:PORT", or NULL: there is none            */
    uint64_t upstream_connections; /* most, of each thread (and so of each loop)      */
    uint64_t upstream_timeout_ns;  /* from the begin of a step that asks someone else */
    const char *postgres;          /* a connection string of libpq, or NULL           */
    uint64_t postgres_connections; /* most, of the server; its processes divide them  */
};

/* What an op has counted in the life of the server, for its statistics. */
#define OP_MAX_COUNTS 4
struct op_report {
    struct op_count {
        const char *name;
        uint64_t value;
    } counts[OP_MAX_COUNTS]; /* a NULL name ends them where there are fewer */
    const char *note;        /* a warning about them, static, or NULL */
};

struct op {
    const char *name;
    enum op_kind kind;
    unsigned flags;        /* enum op_flag                                             */
    enum option_role pool; /* of the option that says how many steps may have one of
                            * the pool's connections at a time; ROLE_NONE: no pool    */
    const char *summary;   /* one line, a verb first, no full stop                     */
    const char *library;   /* what does the work: "zlib", "POSIX"                      */
    const char *node;      /* what Node.js has for the same, and where that runs there */
    const char *argument;  /* what it is called: "TIME", "SIZE"                        */
    const char *example;   /* an argument that takes a few milliseconds at most        */
    bool keeps_text;       /* call->text is wanted: the argument is more than a number */

    /* Reads the argument. 0, or -EINVAL with what is accepted and what was given. */
    int (*parse)(const char *text, uint64_t *argument, struct error *error);

    /* OP_CPU, OP_BLOCKING: does all of it, on whichever thread the model chose. */
    void (*run)(struct op_call *call);

    /* OP_WAIT: goes on as far as it can without blocking. */
    enum op_answer (*resume)(struct op_call *call);

    /* OP_WAIT, or NULL: releases call->state of a step that is abandoned while it
     * waits (its client has gone). On the thread that resumed it. */
    void (*cancel)(struct op_call *call);

    /* Both or none: what is shared by the whole server, before it serves. Processes that
     * are forked later have a copy each, unless it is in shared_memory.h's memory. */
    int (*start)(const struct op_environment *environment, void **shared,
                 struct error *error);
    void (*stop)(void *shared);

    /* Or: what another op, earlier in the list, has started. */
    const struct op *shares;

    /* Or NULL: in a process that was just forked, before it serves: takes its part, as
     * the `index`th of `sharers` processes, of what is declared for the whole server, and
     * makes anew what processes must not share. */
    void (*divide)(void *shared, uint64_t index, uint64_t sharers);

    /* Or NULL: tells what it has counted, while others may still count. */
    void (*report)(void *shared, struct op_report *report);

    /* Both or none: what every thread (and so every loop) that runs this op has for
     * itself. Opened at its first use there, closed by the same thread. */
    int (*open)(void *shared, void **resource, struct error *error);
    void (*close)(void *resource);
};

#define OP(identifier) extern const struct op identifier##_op;
#include "servers/ops/ops.def"
#undef OP

/* All ops, in order; ends with NULL. */
extern const struct op *const op_list[];

/* The op that a step names (workload/steps.h), or NULL. */
struct path_step;
const struct op *op_of_step(const struct path_step *step);

/* Whether a server would run this path: 0, or -EINVAL and what it would answer. */
MUST_CHECK int op_check_path(const char *path, struct error *error);

/* Continues the digest with result bytes of this step. */
void op_result(struct op_call *call, const void *bytes, size_t length);

/* The step has failed: the request is answered with this HTTP status and message. The
 * first failure counts. `resume` then answers OP_DONE. */
void op_fail(struct op_call *call, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * For arguments of the form "AMOUNT:OPTION": copies what is before the colon into
 * `amount`, and returns what is after it, or NULL where there is no colon.
 */
#define OP_WORD_BYTES 64
const char *op_split_argument(const char *text, char amount[OP_WORD_BYTES]);

#define OP_SEED 2463534242U

static inline uint32_t op_xorshift32(uint32_t state)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

/* Most significant byte first. */
static inline void op_put_be32(unsigned char bytes[4], uint32_t value)
{
    bytes[0] = (unsigned char)(value >> 24);
    bytes[1] = (unsigned char)(value >> 16);
    bytes[2] = (unsigned char)(value >> 8);
    bytes[3] = (unsigned char)value;
}

#endif

/*
 * generator_child.h - the load generator as a child process. It tells on an event
 * channel, a socket pair, how far it has got, one word per line; before the load and
 * after the window its connections are up and nothing is sent until it is told that they
 * have been looked at.
 */
#ifndef HARNESS_GENERATOR_CHILD_H
#define HARNESS_GENERATOR_CHILD_H

#include <stdbool.h>

#include "base/child.h"
#include "base/error.h"
#include "base/text.h"
#include "harness/trial/command_line.h"
#include "harness/trial/trial.h"
#include "record/record.h"
#include "workload/slicing.h"

/* How far it has got, by its own words. */
enum generator_phase {
    PHASE_CONNECTING, /* it has said nothing yet                              */
    PHASE_CONNECTED,  /* "connected": it waits to be told to go on            */
    PHASE_WARMUP,     /* "warmup": it sends, nothing is recorded              */
    PHASE_MEASURING,  /* "measuring": the window has begun                    */
    PHASE_MEASURED,   /* "measured": it is over, and the generator waits again */
    PHASE_SLICE,      /* "slice": one has drained, and it waits; as often as there are
                         slices, in place of the three before                 */
    PHASE_DONE,       /* "done": the result is complete                       */
};
extern const char *const generator_phase_words[];

struct generator_child {
    struct child child;
    struct command_line line;
    int events;        /* our end of the event channel, or -1 */
    struct text heard; /* the beginning of a line */
    enum generator_phase phase;
};

/* Not started yet: what it has to be before it is released. */
#define GENERATOR_NONE                                                                   \
    {                                                                                    \
        .child = CHILD_NONE, .events = -1                                                \
    }

/* Whether it polls all the time, as in all trials that give it CPUs of its own. */
bool generator_spins(const struct trial_setup *setup);

/* Two servers between which its load alternates. */
struct alternation {
    const char *second_url;
    struct slicing slicing;
};

/* Starts it in the folder, which holds scenario.json, against the server at `url`, and
 * another one where `alternation` is not NULL. 0 or -errno; release it in any case. */
MUST_CHECK int generator_start(struct generator_child *generator,
                               const struct trial_setup *setup, const char *folder,
                               const char *url, const struct alternation *alternation,
                               struct error *error);

/* 1: it has said that the next phase has begun. 0: there is no news. -EPROTO: it has said
 * something else. Never blocks. */
MUST_CHECK int generator_hear(struct generator_child *generator, struct error *error);

/* Tells it, where it waits, to go on. */
MUST_CHECK int generator_let_go(struct generator_child *generator, struct error *error);

/*
 * Takes over the result of one that has ended, a record of this type, and removes its
 * file. Exit code 3, the generator's verdict on its own result, is an end like 0. 0, or
 * -ECHILD; what could be read is in *result in either case, on the heap, or NULL.
 */
MUST_CHECK int generator_take_result(struct generator_child *generator,
                                     const char *folder, const struct record_type *type,
                                     void **result, struct error *error);

/* The same of the search for the capacity, which went before the window. */
MUST_CHECK int generator_take_search(const char *folder, struct capacity **capacity,
                                     struct error *error);

void generator_release(struct generator_child *generator);

#endif

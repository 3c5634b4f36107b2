/*
 * claims.h - what is said about the models, written as hypotheses before anything is
 * measured: scenarios/claims.json. How one is written and judged is told in
 * docs/claims.md.
 *
 * {
 *   "claims": [{
 *     "number": 6, "id": "memory-per-connection",
 *     "said": "A loop needs less memory per connection than a thread.",
 *     "means": "...", "refuted_if": "...",
 *     "tests": [{
 *       "subject": {"scenario": "idle-crowd", "contender": "thread-per-connection",
 *                   "points": ["100", "1000"], "class": "light",
 *                   "metric": "memory_total_bytes", "least": 100},
 *       "less": {"contender": "event-loop"},
 *       "over": "slope",
 *       "relation": "at_least", "margin": 1,
 *       "reference": {"formula": "5KiB"}
 *     }],
 *     "needs": {"server_cpus": 2, "generator_cpu": true},
 *     "void_if": ["both_full"], "blocks": 6, "family": "claims"
 *   }]
 * }
 *
 * What is said is supported where all of its tests are, and refuted where one is. A test
 * holds a figure of a contender, the subject, against another figure or a formula, the
 * reference, as a ratio in each block: at least margin times it, at most that, equal
 * within a factor of 1 + delta, or only reported. What "less" and "reference" do not say
 * is as the subject has it.
 *
 * Names of scenarios, points, contenders and metrics are checked where those are known
 * (analysis/claims_check.h).
 */
#ifndef RECORD_CLAIMS_H
#define RECORD_CLAIMS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/field.h"
#include "base/json_document.h"
#include "base/text.h"

/* How the points of a sweep become the figure that is compared. */
enum claim_over {
    OVER_ALL,      /* each is compared: all have to hold */
    OVER_ANY,      /* ... one has to */
    OVER_SLOPE,    /* by how much the figure grows per unit of the sweep's variable */
    OVER_KNEE,     /* where the line from 0 through the first point meets the greatest */
    OVER_CROSSING, /* where the subject first crosses what is given as "less" */
};
extern const char *const claim_over_words[];

enum claim_relation { CLAIM_AT_LEAST, CLAIM_AT_MOST, CLAIM_EQUALS, CLAIM_REPORT };
extern const char *const claim_relation_words[];

/* Where a figure is read. */
struct claim_reading {
    char *scenario;
    char *contender;     /* as on the command line: "thread-pool:threads=8" */
    struct words points; /* of the scenario's sweep; none: all that the run has */
    char *class_name;    /* NULL: of all requests */
    char *metric;        /* NULL: nothing is read */
    double least;        /* what is less counts as this: a zero has no ratio */
};

/* A figure, or what a formula makes of a place where one could be read. */
struct claim_reference {
    struct claim_reading reading;
    char *formula; /* of claim_letters; in seconds, bytes, requests per second. NULL: the
                      figure */
};

/* The variables of formulas, each explained in docs/claims.md. */
extern const char claim_letters[];

struct claim_test {
    struct claim_reading subject;
    struct claim_reading less; /* subtracted point by point; metric NULL: nothing is */
    struct claim_reference reference;
    int over;     /* enum claim_over */
    int relation; /* enum claim_relation */
    double margin;
    double delta; /* of CLAIM_EQUALS */
};

/* What must hold for it to be testable, beyond what its scenarios and models ask for. */
struct claim_needs {
    uint64_t server_cpus; /* at least */
    bool generator_cpu;   /* the generator has CPUs of its own */
};

struct claim {
    uint64_t number;
    char *id, *said, *means, *refuted_if;
    struct claim_test *tests;
    size_t test_count;
    struct claim_needs needs;
    struct words void_if; /* flags with which a trial is of no use here */
    uint64_t blocks;      /* fewest for a verdict */
    char *family;         /* those of one are corrected for each other */
};

struct claims {
    struct claim *items;
    size_t count;
    struct json_document document; /* where they were read, for messages; none: copies */
};

/* Reads a file of them. Messages have file, line and column; on failure nothing is left
 * to release. 0, -EINVAL or -errno. */
MUST_CHECK int claims_read(struct claims *claims, const char *path, struct error *error);
MUST_CHECK int claims_read_string(struct claims *claims, const char *name,
                                  const char *source, struct error *error);
void claims_release(struct claims *claims);

/* The claims as JSON that claims_read accepts, and the JSON Schema of such files. */
cJSON *claims_to_json(const struct claims *claims);
cJSON *claims_schema(void);

/* By id or number, or NULL and a message that may suggest another. */
const struct claim *claims_choose(const struct claims *claims, const char *word,
                                  struct error *error);

/* Leaves only those for which `keep` is true. */
void claims_keep(struct claims *claims,
                 bool (*keep)(const void *context, const struct claim *claim),
                 const void *context);

/*
 * Why a test takes blocks, as "a formula": two contenders that have the load by turns
 * (record/slices.h) tell no more than their ratio, at one point and of all requests.
 * NULL: that is what it asks for.
 */
const char *claim_test_needs_blocks(const struct claim_test *test);

/* The places that a test reads, NULL behind the last: subject, less, reference. */
const struct claim_reading *claim_reading_at(const struct claim_test *test, size_t index);

#endif

/*
 * flags.h - everything that can be held against a measurement, each a row: its word in
 * the files, how much it weighs by itself, what it means and what helps.
 *
 * The generator flags its own results, the harness flags trials, and takes over what the
 * generator has flagged. To add a flag: one word in the enum, one row in flags.c.
 */
#ifndef RECORD_FLAGS_H
#define RECORD_FLAGS_H

enum flag {
    /* of the generator */
    FLAG_INTERRUPTED,
    FLAG_NO_REPLIES,
    FLAG_GENERATOR_SATURATED,
    FLAG_SCHEDULE_LAG,
    FLAG_RATE_MISSED,
    FLAG_ERRORS,
    FLAG_DROPPED,
    FLAG_PORTS_EXHAUSTED,
    FLAG_GENERATOR_STALLED,
    FLAG_SHARED_CPU, /* of trials, too */
    FLAG_CENSORED,
    FLAG_GAPS_NOT_EXPONENTIAL,
    FLAG_GAPS_CORRELATED,
    FLAG_GAPS_UNEVEN,
    FLAG_UNSTEADY,
    FLAG_NOT_MERGED, /* of sums */
    /* of trials */
    FLAG_GENERATOR,
    FLAG_COUNT_MISMATCH,
    FLAG_SERVICES_BUSY,
    FLAG_SERVICES_SHARE_CPU,
    FLAG_STEAL,
    FLAG_THROTTLED,
    FLAG_SWAPPING,
    FLAG_LISTEN_OVERFLOW,
    FLAG_BUSY_MACHINE,
    FLAG_RESTARTS,
    FLAG_OP,
    FLAGS
};

enum flag_severity {
    FLAG_WARNING, /* read with care */
    FLAG_INVALID, /* the figures must not be used */
    FLAG_SEVERITIES
};
extern const char *const flag_severity_words[]; /* "warning", "invalid", NULL */

enum flag_trait {
    FLAG_TOLERABLE = 1,    /* can be the server's doing: a scenario may expect it */
    FLAG_OF_GENERATOR = 2, /* the load was not as asked for; the server may be well */
};

struct flag_kind {
    const char *word; /* "schedule_lag" */
    enum flag_severity severity;
    unsigned traits; /* of enum flag_trait */
    const char *meaning;
    const char *remedy;
};
/* Ends with one whose word is NULL. */
extern const struct flag_kind flag_kinds[FLAGS + 1];

#endif

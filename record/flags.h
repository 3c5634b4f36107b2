/*
 * flags.h - everything that can be held against a measurement, each a row of flags.def:
 * its word in the files, how much it weighs by itself, what it means and what helps.
 *
 * The generator flags its own results, the harness flags trials, and takes over what the
 * generator has flagged.
 */
#ifndef RECORD_FLAGS_H
#define RECORD_FLAGS_H

#define FLAG(id, ...) FLAG_##id,
enum flag {
#include "record/flags.def"
    FLAGS
};
#undef FLAG

enum flag_severity {
    FLAG_WARNING, /* read with care */
    FLAG_INVALID, /* the figures must not be used */
    FLAG_SEVERITIES
};
extern const char *const flag_severity_words[]; /* "warning", "invalid", NULL */

enum flag_trait {
    FLAG_TOLERABLE = 1,    /* can be the server's doing: a scenario may expect it */
    FLAG_OF_GENERATOR = 2, /* the load was not as asked for; the server may be well */
    FLAG_LOWER_BOUND = 4,  /* what the server did it can do, and maybe more */
    FLAG_PASSING = 8,      /* others' doing, that may be over the next time */
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

/* The enum flag of a word in a file; -1: another version's, unknown to this one. */
int flag_find(const char *word);

#endif

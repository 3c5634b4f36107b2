/*
 * verdicts.h - what a run has made of the claims: verdicts.json, schema version 1. Made
 * by analysis/claims.h from the trials; other programs, and other runs, read it.
 *
 * Figures are in the units of formulas (docs/claims.md). NAN and NULL are null.
 */
#ifndef RECORD_VERDICTS_H
#define RECORD_VERDICTS_H

#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

enum verdict_word {
    VERDICT_SUPPORTED,
    VERDICT_REFUTED,
    VERDICT_INCONCLUSIVE,
    VERDICT_NOT_TESTABLE,  /* this machine lacks what it takes */
    VERDICT_NOT_EVALUATED, /* not measured, or not in a way that proves anything */
    VERDICT_REPORTED,      /* it asks for no verdict */
    VERDICT_WORDS
};
extern const char *const verdict_words[]; /* "supported", ..., NULL */

/* One comparison of a claim: of a test, at a point or over a sweep. */
struct evidence {
    uint64_t test; /* from 1 */
    char *about;   /* "io-wait, connections 100: event-loop throughput_rps / 1/W" */
    char *point;   /* NULL: over the sweep, or there is none */
    double subject, reference; /* medians over the blocks */
    uint64_t blocks;           /* in which both are known */
    double ratio;              /* of subject to reference, the mean on a log scale */
    double low, high;          /* its 90 % interval */
    double log_mean, log_error, log_degrees; /* of ln ratio: Student's t */
    char *bound;                  /* what the ratio proves: "exact", "at least", ... */
    double range_low, range_high; /* the ratio if the claim holds; NAN: no limit */
    double p_within, p_outside;   /* of the tests that it does, that it does not; not
                                     corrected */
    char **trials;                /* ids */
};

struct claim_verdict {
    uint64_t number;
    char *id, *said, *family;
    int word;                      /* enum verdict_word */
    char *why;                     /* it has no other verdict; NULL */
    double blocks_needed;          /* to settle it, estimated; NAN */
    double p_supported, p_refuted; /* of the whole claim, before Holm's correction */
    double decided_by; /* place of the evidence that tells most, from 1; NAN: none */
    struct evidence *evidence;
    size_t evidence_count;
};

struct verdicts {
    uint64_t schema_version;
    double level; /* of the tests, over each family */
    struct claim_verdict *items;
    size_t count;
};
extern const struct record_type verdicts_type;

void verdicts_init(struct verdicts *verdicts, double level);
void verdicts_release(struct verdicts *verdicts);

/* Appends one of which nothing is known yet. */
struct claim_verdict *verdicts_add(struct verdicts *verdicts);
struct evidence *verdict_add(struct claim_verdict *verdict);

/* The evidence that its figures are of, or NULL. */
const struct evidence *verdict_evidence(const struct claim_verdict *verdict);

size_t verdicts_count(const struct verdicts *verdicts, enum verdict_word word);

#endif

/*
 * manifest.h - what the harness notes about a run while it goes on: by which program and
 * of which configuration it is, what is planned, what is done, and what cannot be run
 * here. It is manifest.json, schema version 1.
 */
#ifndef RECORD_MANIFEST_H
#define RECORD_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/origin.h"
#include "record/record.h"
#include "record/work_calibration.h"

enum manifest_state { RUN_BEGUN, RUN_RUNNING, RUN_INTERRUPTED, RUN_FINISHED };

/* The program that ran it. */
struct manifest_tool {
    char *version;
    char *commit; /* NULL: not built from a repository */
    bool dirty;   /* with changes that are not committed */
    char *compiler, *flags;
};

/* A contender that this machine cannot run in a cell. */
struct not_testable {
    char *scenario;
    char *value; /* of its sweep; NULL: it has none */
    char *model; /* the contender's label */
    char *why;
};

enum done_status { DONE_VALID, DONE_INVALID, DONE_FAILED };

struct done_trial {
    char *id;
    int status; /* enum done_status */
};

/* Why a run went on or ended after so many blocks. */
enum look_decision { LOOK_GOES_ON, LOOK_PRECISE, LOOK_OUT_OF_TIME, LOOK_LAST };

/* What was decided between two blocks. */
struct look {
    uint64_t blocks; /* that were done */
    int decision;    /* enum look_decision */
    uint64_t next;   /* how many blocks it goes on to; 0: none */
    char *at_utc;
    double spent_s;            /* on trials until then */
    char *widest;              /* the ratio that is known worst; NULL: there is none */
    double half_width, wanted; /* of its interval: 0.01 is 1 % */
};

struct manifest {
    uint64_t schema_version;
    int state; /* enum manifest_state */
    struct manifest_tool tool;
    struct origin *origin; /* what began it; NULL: a program that did not record it */
    char *config_sha256;
    double seed;
    char *begun_utc, *changed_utc;
    char **planned; /* ids of trials in their order; NULL: not planned yet */
    struct not_testable *not_testable;
    size_t not_testable_count;
    char **changes;  /* of the machine, since the run was begun; NULL: none */
    char **left_out; /* scenarios that do not fit into the budget; NULL: none */
    struct look *looks;
    size_t look_count;
    double spent_s; /* on all trials so far, disturbed ones included */
    struct work_calibration *calibration; /* NULL: nothing was measured for it */
    struct done_trial *done;
    size_t done_count;
};
extern const struct record_type manifest_type;

/* Of a run that begins now. Copies the origin. */
void manifest_init(struct manifest *manifest, const struct origin *origin,
                   const char *config_sha256, double seed);
void manifest_release(struct manifest *manifest);

/* Notes what is planned, in place of what was. Takes over both lists, on the heap. */
void manifest_plan(struct manifest *manifest, char **planned,
                   struct not_testable *not_testable, size_t not_testable_count);

/* Notes what of the machine is not as it was when the run was begun, each once. */
void manifest_note_change(struct manifest *manifest, const char *change);

/* Notes scenarios that are left out. */
void manifest_note_left_out(struct manifest *manifest, const struct words *names);

/* Adds a look; takes over `widest`, on the heap. */
void manifest_note_look(struct manifest *manifest, const struct look *look);

/* How many blocks the run has, as far as is decided; `repeat` is how many it begins with.
 */
uint64_t manifest_blocks(const struct manifest *manifest, uint64_t repeat);

/* Notes that a trial is done, in place of an earlier attempt at it. */
void manifest_note_done(struct manifest *manifest, const char *id,
                        enum done_status status);

/* enum done_status; -1: it is not done. */
int manifest_status_of(const struct manifest *manifest, const char *id);

/* What was measured before the first trial; one that is not known where nothing was. */
const struct work_calibration *manifest_calibration(const struct manifest *manifest);

#endif

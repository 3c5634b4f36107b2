/*
 * work_calibration.h - how much work is a millisecond of computing on the machine of a
 * run, and what do the steps of its scenarios cost there? As the manifest keeps it:
 *
 *   { "work": { "spin:10ms": "spin:6172839" }, "cpu": 0,
 *     "steps": [ { "step": "gzip:64KiB", "kind": "CPU", "cpu_us": 1000, ... } ] }
 *
 * Owned by one thread; strings are on the heap.
 */
#ifndef RECORD_WORK_CALIBRATION_H
#define RECORD_WORK_CALIBRATION_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "workload/steps.h"

/* A step that a scenario gives as a time, and the work that takes so long here. */
struct timed_step {
    char *written; /* "spin:10ms" */
    char *work;    /* "spin:6172839" */
};

/*
 * A step measured alone on one core: microseconds of one run, medians over several
 * rounds, and the extremes. What disturbs a machine only ever adds: the least is nearest
 * to what the work itself takes. NaN where it could not be measured.
 */
struct step_cost {
    char *step;                  /* "gzip:64KiB" */
    int kind;                    /* enum op_kind; -1: there is no such op */
    double cpu_us, cpu_least_us; /* of the thread that ran it */
    double wall_us, wall_least_us, wall_most_us;
    char *why; /* it could not be measured; NULL: it was */
};

struct step_costs {
    double cpu; /* the number of the CPU that they were measured on */
    struct step_cost *items;
    size_t count;
};

struct work_calibration {
    bool is_known;            /* false: nothing was measured, as no path needed it */
    struct timed_step *timed; /* in the order of the scenarios */
    size_t timed_count;
    struct step_costs costs; /* of all steps of the run that compute or block */
};

/* Appends a cost without figures of this step. */
struct step_cost *step_costs_add(struct step_costs *costs, const char *step);
void step_costs_release(struct step_costs *costs);

/* The array of steps. */
cJSON *step_costs_to_json(const struct step_costs *costs);

/* Reads "cpu" and "steps" of an object. 0, or -EINVAL and what is wrong with it; then
 * nothing is left to release. */
MUST_CHECK int step_costs_from_json(struct step_costs *costs, const cJSON *object,
                                    struct error *error);

/* Appends the work that a timed step stands for. */
void work_calibration_add(struct work_calibration *calibration, const char *written,
                          const char *work);
void work_calibration_release(struct work_calibration *calibration);

cJSON *work_calibration_to_json(const struct work_calibration *calibration);

/* As step_costs_from_json; NULL reads as not known. */
MUST_CHECK int work_calibration_from_json(struct work_calibration *calibration,
                                          const cJSON *object, struct error *error);

/* What to do instead of a timed step, "spin:6172839"; NULL where it is none of them. */
const char *work_calibration_work(const struct work_calibration *calibration,
                                  const struct path_step *step);

/* The timed step that this work is done for, "spin:10ms"; NULL where there is none. */
const char *work_calibration_written(const struct work_calibration *calibration,
                                     const char *work);

/* What the step costs, or NULL where it was not measured. */
const struct step_cost *work_calibration_cost(const struct work_calibration *calibration,
                                              const struct path_step *step);

#endif

/*
 * doctor.h - is this machine fit to measure on? Each check looks at the environment and
 * says what is wrong and what to do about it. It never changes the machine.
 */
#ifndef HARNESS_DOCTOR_H
#define HARNESS_DOCTOR_H

#include <cjson/cJSON.h>

#include "record/environment.h"

enum severity {
    SEVERITY_FINE,    /* checked and good */
    SEVERITY_UNKNOWN, /* this machine does not tell */
    SEVERITY_WARNING, /* measure, but mind this */
    SEVERITY_INVALID, /* what is measured now must not be used */
};
extern const char *const severity_names[];

struct finding {
    const char *code; /* of the check: "governor" */
    enum severity severity;
    char *message;      /* what is wrong; NULL: nothing, or it is not known; heap */
    const char *remedy; /* NULL where there is no message */
};

struct findings {
    struct finding *items; /* one for each check */
    size_t count;
};

/* Runs every check. Release the findings. */
void doctor_examine(const struct environment *environment, struct findings *findings);
void findings_release(struct findings *findings);

enum severity findings_worst(const struct findings *findings);

/* [{"code", "severity", "message", "remedy"}, ...] of those that are at least so bad. */
cJSON *findings_to_json(const struct findings *findings, enum severity least);

#endif

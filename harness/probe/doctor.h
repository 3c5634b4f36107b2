/*
 * doctor.h - is this machine fit to measure on? Each check reads environment.json
 * (harness/probe/machine.h) and says what is wrong and what to do about it.
 * It never changes the machine.
 */
#ifndef HARNESS_DOCTOR_H
#define HARNESS_DOCTOR_H

#include <cjson/cJSON.h>

#include "base/error.h"

enum severity {
    SEVERITY_FINE,    /* checked and good */
    SEVERITY_UNKNOWN, /* this machine does not tell */
    SEVERITY_WARNING, /* measure, but mind this */
    SEVERITY_INVALID, /* what is measured now must not be used */
};
extern const char *const severity_names[];

/*
 * Runs every check: an array of {"code", "severity", "message", "remedy"}, the
 * message and the remedy null where there is nothing to say.
 */
cJSON *doctor_examine(const cJSON *environment);

/* The worst severity in such an array. */
enum severity doctor_worst(const cJSON *findings);

#endif

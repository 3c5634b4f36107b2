/*
 * build.h - what this binary is: for the manifest of a run and --version.
 */
#ifndef BASE_BUILD_H
#define BASE_BUILD_H

#include <stdbool.h>

struct build {
    const char *version;  /* of the program, "0.1.0" */
    const char *commit;   /* git describe, "-dirty" where the tree was; may be empty */
    const char *compiler; /* first line of cc --version */
    const char *flags;    /* optimisation and sanitizers */
    bool measurable;      /* false for sanitizer and unoptimised builds */
};

extern const struct build build;

#endif

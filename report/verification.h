/*
 * verification.h - whether a folder of results is what it was when it was written: the
 * hash of each file is held against SHA256SUMS, and everything that is made of the trials
 * (every median, interval, ratio, table cell and verdict) is made again by the same code
 * in another folder and compared with what is there.
 *
 * Who changes a trial, makes everything after it again and sums it anew leaves no trace
 * in the folder: compare its SHA256SUMS with one that was kept elsewhere.
 */
#ifndef REPORT_VERIFICATION_H
#define REPORT_VERIFICATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct verification {
    size_t summed, made; /* files that have their hash; that were made again alike */
    size_t differences;  /* of both kinds */
    /* What is there was made by another version, on the heap, and differs; then only the
     * hashes have been looked at. NULL: this version made it, or one that does the same.
     */
    char *made_by;
};

/* A difference: which file, where in it, what stands there, and what was made again.
 * `there` or `made` NULL: it is not there, or not made. Of a hash `place` is the message
 * and both are NULL. */
typedef void verification_take(void *context, const char *file, const char *place,
                               const char *there, const char *made);

/* `scratch` is an empty folder. 0, or -errno where the folder holds no results. */
MUST_CHECK int verification_run(struct verification *verification, const char *path,
                                const char *scratch, verification_take *take,
                                void *context, struct error *error);
void verification_release(struct verification *verification);

#endif

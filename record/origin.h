/*
 * origin.h - what a trial was measured with, and on: the program, by the hash of its
 * binary, what it is linked to, and the machine. Trials of different origins have no
 * median in common: a run is gone on with by what began it, and each trial tells, so that
 * a mixture is seen however it came about.
 */
#ifndef RECORD_ORIGIN_H
#define RECORD_ORIGIN_H

#include <stdbool.h>

#include "base/text.h"
#include "record/environment.h"
#include "record/flags.h"

struct origin {
    char *commit; /* NULL: not built from a repository */
    char *binary_sha256;
    char *libraries; /* "libc 2.36, libuv 1.44.2" */
    char *cpu;       /* its model */
    char *cpus;      /* that may be used: "0-3" */
    char *kernel;    /* its release */
};
extern const struct record_type origin_type;

/* Of this process, as its environment tells. */
void origin_init(struct origin *origin, const struct environment *environment);
void origin_release(struct origin *origin);

/* On the heap. */
struct origin *origin_copy(const struct origin *origin);

/*
 * The flag of a trial of origin `other` in a run that `begun` began: FLAG_OTHER_BUILD,
 * FLAG_OTHER_MACHINE, or FLAGS where they do not differ. `how` is told what differs, as
 * "build ... instead of ...; kernel ... instead of ...". NULL: not recorded, which is an
 * origin like others.
 */
enum flag origin_compare(const struct origin *begun, const struct origin *other,
                         struct text *how);

/* "d6daf35 (binary 3f2a91c40b7e)", on the heap. */
char *origin_build(const struct origin *origin);

#endif

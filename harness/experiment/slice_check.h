/*
 * slice_check.h - whether slices can have the load of a scenario: it is the same all the
 * time (workload/slicing.h), and requests are short against a slice, in whose measured
 * part their replies have to come.
 */
#ifndef HARNESS_SLICE_CHECK_H
#define HARNESS_SLICE_CHECK_H

#include "base/error.h"
#include "base/text.h"
#include "workload/scenario.h"
#include "workload/slicing.h"

/* At these points of its sweep; none: at all. 0, or -EINVAL and what hinders. */
MUST_CHECK int slice_check(const struct scenario *scenario, const struct words *points,
                           const struct slicing *slicing, struct error *error);

#endif

/*
 * slice_flags.h - the rules of trial_flags.h that are those of two servers which had the
 * load by turns: whether each was alone, and each slice is what it should be.
 */
#ifndef HARNESS_SLICE_FLAGS_H
#define HARNESS_SLICE_FLAGS_H

#include "harness/trial/trial_flags.h"

/* Raises the flags of a trial that has slices. */
void slice_flags_raise(struct trial_record *trial, const struct trial_setup *setup,
                       const struct harness_part *harness);

#endif

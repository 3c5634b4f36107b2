/*
 * run_notes.h - what is to be said of the trials of a run as a whole.
 */
#ifndef RECORD_RUN_NOTES_H
#define RECORD_RUN_NOTES_H

#include <stddef.h>

#include "record/results.h"

/* Trials that could not be measured, and those that must not be used. */
size_t run_count_failed(const struct results *results);
size_t run_count_invalid(const struct results *results);

/* "7 of 112 trials invalid: contention 5, schedule_lag 2", on the heap; a trial may have
 * several flags. NULL: none is invalid. */
char *run_note_invalid(const struct results *results);

/* How many trials were made again, or NULL; on the heap. */
char *run_note_repeated(const struct results *results);

/* "Trials of 2 origins are in this run: 4 of what began it, 8 of build ... instead of
 * ...", on the heap. NULL: all are of what began it. */
char *run_note_origins(const struct results *results);

/* Scenarios that are no part of the run, since there was no time, on the heap; NULL:
 * none. */
char *run_note_left_out(char *const *names, size_t count,
                        const struct experiment *experiment);

/* "After 6 blocks and 44 min 12 s: out of time; ...", on the heap. */
char *run_note_look(const struct look *look);

/* Why the run has as many blocks as it has, on the heap; NULL: it was to have them. */
char *run_note_end(const struct manifest *manifest);

/* What of the machine was not as at the beginning when the run was gone on with, on the
 * heap; NULL: nothing. */
char *run_note_changes(const struct manifest *manifest);

#endif

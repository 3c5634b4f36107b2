/*
 * looks.h - whether a run ends between two blocks, and why: after so many blocks as its
 * profile says it is precise enough, or goes on to the next look where its budget allows.
 * It never ends for what it has found.
 */
#ifndef COMMANDS_LOOKS_H
#define COMMANDS_LOOKS_H

#include "harness/experiment/blocks.h"

/* Looks at the results where it is time to, notes what is decided in the manifest, tells
 * it on stderr, and plans on. */
extern const struct block_watch looks_watch;

#endif

/*
 * merge.h - the `merge` command: several results of `load` become one.
 */
#ifndef LOADGEN_MERGE_H
#define LOADGEN_MERGE_H

#include "base/options.h"

extern const struct command merge_command;

#endif

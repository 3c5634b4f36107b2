/*
 * load.h - the `load` command: options, then plan, run, result.
 */
#ifndef LOADGEN_LOAD_H
#define LOADGEN_LOAD_H

#include "base/options.h"

extern const struct command load_command;

#endif

/*
 * stopping.h - whether a run that is looked at after some blocks ends, and why: it is
 * precise, it has no time for the next look, or there is none. What it has found is not
 * asked: to stop on significance is to find something sooner or later.
 */
#ifndef ANALYSIS_STOPPING_H
#define ANALYSIS_STOPPING_H

#include "analysis/precision.h"

/* A look after so many blocks and so many seconds, decided: time is for what the blocks
 * have taken so far, each. Release `widest`. */
struct look stopping_look(const struct experiment *experiment,
                          const struct precision *precision, uint64_t blocks,
                          double spent_s);

#endif

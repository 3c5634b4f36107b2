/*
 * load_scale.h - what the load of another machine is on this one: clients, rates and what
 * serves them, times a factor (struct load_scale). What is written in the scenario stays
 * as it is, so that its points have the same names on every machine.
 */
#ifndef WORKLOAD_LOAD_SCALE_H
#define WORKLOAD_LOAD_SCALE_H

#include <stdbool.h>

#include "workload/scenario.h"

/* Whether anything of the load is another. */
bool load_scale_is_given(const struct load_scale *scale);

/* Scales the load of a scenario that has no sweep any more, and leaves it no scale.
 * Nothing that there is becomes less than one connection, or more than a load may be. */
void load_scale_apply(struct scenario *point);

/* By which factor the points of its sweep are another load than they say; 1 for what is
 * not scaled. */
double load_scale_of_sweep(const struct scenario *scenario);

/* "connections x 32, rate x 1.4, threads 2048", on the heap; NULL: as it is written. */
char *load_scale_text(const struct scenario *scenario);

#endif

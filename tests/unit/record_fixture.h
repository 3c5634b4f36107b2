/*
 * record_fixture.h - records written as literals: texts that a record can point to, and
 * the results of a run, made trial by trial.
 */
#ifndef TESTS_UNIT_RECORD_FIXTURE_H
#define TESTS_UNIT_RECORD_FIXTURE_H

/* A text in a literal. */
#define TEXT(words) ((char[]){words})

#endif

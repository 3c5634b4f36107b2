/* record_fixture.h - records written as literals. */
#ifndef TESTS_UNIT_RECORD_FIXTURE_H
#define TESTS_UNIT_RECORD_FIXTURE_H

/* A text that a record can point to. */
#define TEXT(words) ((char[]){words})

#endif

/*
 * test.h - what every C test starts from: cmocka and the headers that it wants first.
 */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

/* clang-format off: cmocka wants these before it, in this order. */
#include <cmocka.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* clang-format on */

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

#endif

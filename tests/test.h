/*
 * test.h - what every C test starts from: cmocka and the headers that it wants first,
 * in this order.
 */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

/* clang-format off */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

#endif

/* build.c - see build.h; the makefile defines BUILD_* for this file alone. */
#include "base/build.h"

#ifndef BUILD_COMMIT
#define BUILD_COMMIT   ""
#define BUILD_COMPILER ""
#define BUILD_FLAGS    ""
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                     \
    !defined(__OPTIMIZE__)
#define BUILD_MEASURABLE false
#else
#define BUILD_MEASURABLE true
#endif

const struct build build = {
    .version = "0.1.0",
    .commit = BUILD_COMMIT,
    .compiler = BUILD_COMPILER,
    .flags = BUILD_FLAGS,
    .measurable = BUILD_MEASURABLE,
};

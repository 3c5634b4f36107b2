/*
 * folder.h - a private folder for a test program's files. It lies below TMPDIR, which
 * scripts/run-tests takes away with everything in it, even if the program is killed.
 */
#ifndef TESTS_SUPPORT_FOLDER_H
#define TESTS_SUPPORT_FOLDER_H

#include "tests/test.h"

#include <unistd.h>

#include "servers/data_folder.h"

static char *folder;

/* A group fixture of cmocka. */
static int make_folder(void **state)
{
    (void)state;
    folder = data_folder_make(NULL);
    return folder ? 0 : -1;
}

/* ... that the test program then stands in. */
static inline int enter_folder(void **state)
{
    return make_folder(state) < 0 || chdir(folder) < 0 ? -1 : 0;
}

#endif

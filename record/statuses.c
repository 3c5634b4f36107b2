/* statuses.c - see statuses.h. */
#include "record/statuses.h"

#define TEN(tens)                                                                        \
    tens "0", tens "1", tens "2", tens "3", tens "4", tens "5", tens "6", tens "7",      \
        tens "8", tens "9"
#define HUNDRED(hundreds)                                                                \
    TEN(hundreds "0"), TEN(hundreds "1"), TEN(hundreds "2"), TEN(hundreds "3"),          \
        TEN(hundreds "4"), TEN(hundreds "5"), TEN(hundreds "6"), TEN(hundreds "7"),      \
        TEN(hundreds "8"), TEN(hundreds "9")

const char *const status_names[STATUSES + 1] = {
    HUNDRED("1"), HUNDRED("2"), HUNDRED("3"), HUNDRED("4"), HUNDRED("5"), "other", NULL,
};

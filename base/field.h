/*
 * field.h - one description of a setting: what a command line, its help and the man
 * page need to know of it.
 */
#ifndef BASE_FIELD_H
#define BASE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_kind {
    FIELD_FLAG,   /* bool                                                 */
    FIELD_COUNT,  /* uint64_t in minimum..maximum; see zero_word          */
    FIELD_TIME,   /* uint64_t ns                                          */
    FIELD_SIZE,   /* uint64_t bytes                                       */
    FIELD_RATE,   /* double, per second; NaN when not given               */
    FIELD_TEXT,   /* const char *, into argv or the table; NULL not given */
    FIELD_CHOICE, /* int, index into choices                              */
    FIELD_LIST,   /* struct option_list; may be given several times       */
};

struct option_list {
    const char **items; /* heap array, not its strings */
    size_t count;
};

struct field {
    const char *name; /* long name without dashes; NULL ends a table */
    char letter;      /* short name or 0 */
    enum field_kind kind;
    const char *value; /* what the value is called in the help: "N", "HOST:PORT" */
    const char *help;
    const char *fallback; /* default as a user would type it, or NULL */
    int role;             /* what it counts, in the words of the table's owner: 0 none */
    size_t offset;        /* of the member in the settings structure */
    uint64_t minimum, maximum; /* both 0: no limit */
    const char *zero_word;     /* the word that stands for 0: "cores", "auto" */
    const char *const *choices;
};

#endif

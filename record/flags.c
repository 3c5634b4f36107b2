/* flags.c - see flags.h. */
#include "record/flags.h"

#include <stddef.h>
#include <string.h>

const char *const flag_severity_words[] = {
    [FLAG_WARNING] = "warning",
    [FLAG_INVALID] = "invalid",
    [FLAG_SEVERITIES] = NULL,
};

#define CORE_OF_ITS_OWN                                                                  \
    "give the generator a core of its own (--cpus, --spin) or lower the rate"

const struct flag_kind flag_kinds[FLAGS + 1] = {
#define FLAG(id, ...) [FLAG_##id] = {__VA_ARGS__},
#include "record/flags.def"
#undef FLAG
};

int flag_find(const char *word)
{
    for (int i = 0; i < FLAGS; i++)
        if (strcmp(flag_kinds[i].word, word) == 0)
            return i;
    return -1;
}

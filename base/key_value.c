/* key_value.c - see key_value.h. */
#include "base/key_value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The first character of the value, or NULL. */
static const char *find_value(const char *content, const char *key)
{
    size_t length = strlen(key);
    for (const char *line = content; *line; line += strcspn(line, "\n")) {
        line += *line == '\n';
        const char *after = line + length;
        if (strncmp(line, key, length) != 0 || !*after || !strchr(" \t:=", *after))
            continue;
        after += strspn(after, " \t");
        after += *after == ':' || *after == '=';
        return after + strspn(after, " \t");
    }
    return NULL;
}

double key_value_number(const char *content, const char *key)
{
    const char *value = find_value(content, key);
    /* A blank before a number may be a newline for strtod: an empty value has none. */
    return value && *value != '\n' ? strtod(value, NULL) : (double)NAN;
}

char *key_value_text(const char *content, const char *key)
{
    const char *value = find_value(content, key);
    if (!value)
        return NULL;
    value += *value == '"';
    return memory_printf("%.*s", (int)strcspn(value, "\"\n"), value);
}

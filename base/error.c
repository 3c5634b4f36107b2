/* error.c - see error.h. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void mark_cut(struct error *error, int length)
{
    if (length >= ERROR_TEXT_BYTES)
        memcpy(error->text + ERROR_TEXT_BYTES - 4, "...", 4);
}

int error_set(struct error *error, int code, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        mark_cut(error, vsnprintf(error->text, sizeof error->text, format, arguments));
        va_end(arguments);
    }
    return code;
}

int error_prefix(struct error *error, int code, const char *format, ...)
{
    if (error) {
        struct error old = *error;
        char prefix[ERROR_TEXT_BYTES / 2];
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(prefix, sizeof prefix, format, arguments);
        va_end(arguments);
        mark_cut(error,
                 snprintf(error->text, sizeof error->text, "%s: %s", prefix, old.text));
    }
    return code;
}

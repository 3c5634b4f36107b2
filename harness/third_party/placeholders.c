/* placeholders.c - see placeholders.h. */
#include "harness/third_party/placeholders.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define NAME_BYTES 64

/* The length of the name between the braces at `at`, or 0 where there is none. */
static size_t name_length(const char *at)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    static const char others[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    size_t length = strspn(at + 1, letters) > 0 ? strspn(at + 1, others) : 0;
    return at[length + 1] == '}' && length < NAME_BYTES ? length : 0;
}

int placeholders_fill(const char *text, placeholder_value *value_of, const void *context,
                      struct text *filled, struct error *error)
{
    while (*text) {
        size_t plain = strcspn(text, "{");
        text_append(filled, text, plain);
        text += plain;
        if (!*text)
            break;
        size_t length = name_length(text);
        if (length == 0) {
            text_append(filled, text++, 1);
            continue;
        }
        char name[NAME_BYTES];
        memcpy(name, text + 1, length);
        name[length] = '\0';
        const char *value = value_of(context, name);
        if (!value)
            return error_set(error, -EINVAL, "unknown placeholder {%s}", name);
        text_append_string(filled, value);
        text += length + 2;
    }
    return 0;
}

/* address.c - see address.h. */
#include "servers/address.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"

int address_split(const char *option, const char *text, char **host, char **port,
                  struct error *error)
{
    const char *colon = strrchr(text, ':');
    const char *start = text, *end = colon;
    if (colon && *text == '[') {
        start++;
        end--;
    }
    bool good = colon && end > start && colon[1] &&
                strspn(colon + 1, "0123456789") == strlen(colon + 1) &&
                (*text != '[' || *end == ']') &&
                (*text == '[' || !memchr(start, ':', (size_t)(end - start)));
    if (!good)
        return error_set(error, -EINVAL,
                         "%s: expected HOST:PORT such as 127.0.0.1:8080 or [::1]:0, got "
                         "\"%s\"",
                         option, text);
    *host = memory_printf("%.*s", (int)(end - start), start);
    *port = memory_copy_string(colon + 1);
    return 0;
}

/* address.c - see address.h. */
#include "base/address.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

bool address_is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits <= 5 && !text[digits] && strtol(text, NULL, 10) <= 65535;
}

int address_split(const char *option, const char *text, char **host, char **port,
                  struct error *error)
{
    const char *colon = strrchr(text, ':');
    const char *start = text, *end = colon;
    if (colon && *text == '[') {
        start++;
        end--;
    }
    bool good = colon && end > start && address_is_port(colon + 1) &&
                (*text != '[' || *end == ']') &&
                (*text == '[' || !memchr(start, ':', (size_t)(end - start)));
    if (!good)
        return error_set(error, -EINVAL,
                         "%s: expected HOST:PORT with a port of 0..65535, such as "
                         "127.0.0.1:8080 or [::1]:0, got \"%s\"",
                         option, text);
    *host = memory_printf("%.*s", (int)(end - start), start);
    *port = memory_copy_string(colon + 1);
    return 0;
}

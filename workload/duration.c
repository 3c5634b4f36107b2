/* duration.c - see duration.h. */
#include "workload/duration.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/quantity.h"

int duration_parse(const char *text, uint64_t longest_ns, struct duration *duration,
                   struct error *error)
{
    char mean[QUANTITY_TEXT_BYTES];
    size_t length = strcspn(text, "~");
    *duration = (struct duration){.drawn = text[length] != '\0'};
    if (!duration->drawn)
        return quantity_parse(QUANTITY_TIME, text, 0, longest_ns, &duration->ns, error);
    if (length >= sizeof mean || strcmp(text + length, "~exp") != 0)
        return error_set(error, -EINVAL,
                         "expected a time such as 50ms, or 50ms~exp for one that every "
                         "request draws around this mean, got \"%s\"",
                         text);
    snprintf(mean, sizeof mean, "%.*s", (int)length, text);
    int result = quantity_parse(QUANTITY_TIME, mean, 0, longest_ns / DURATION_MEANS,
                                &duration->ns, error);
    return result < 0 ? error_prefix(error, result, "the mean") : 0;
}

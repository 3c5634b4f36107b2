/*
 * placeholders.h - "{name}" in a text gives way to a value.
 *
 * A name is of lower-case letters, digits and "-", and begins with a letter. A brace
 * with anything else behind it stands for itself, as the blocks of most configuration
 * languages do.
 */
#ifndef HARNESS_PLACEHOLDERS_H
#define HARNESS_PLACEHOLDERS_H

#include "base/error.h"
#include "base/text.h"

/* The value that stands for a name, or NULL where there is none. */
typedef const char *placeholder_value(const void *context, const char *name);

/* Appends the text with its values to `filled`. -EINVAL and the unknown name. */
MUST_CHECK int placeholders_fill(const char *text, placeholder_value *value_of,
                                 const void *context, struct text *filled,
                                 struct error *error);

#endif

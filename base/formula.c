/* formula.c - see formula.h. Recursive descent. */
#include "base/formula.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"

#define DEEPEST 16 /* parentheses within parentheses */

struct reader {
    const char *text, *at;
    const char *letters;
    const double *values;
    int depth;
    struct error *error;
};

static int read_sum(struct reader *reader, double *value);

static int expected(struct reader *reader, const char *what)
{
    return error_set(reader->error, -EINVAL, "\"%s\": expected %s at \"%s\"",
                     reader->text, what, reader->at);
}

static bool take(struct reader *reader, const char *word)
{
    reader->at += strspn(reader->at, " ");
    size_t length = strlen(word);
    if (strncmp(reader->at, word, length) != 0)
        return false;
    reader->at += length;
    return true;
}

/* "50ms" in seconds, "5KiB" in bytes. */
static bool quantity_value(const char *word, double *value)
{
    uint64_t amount;
    bool is_time =
        quantity_parse(QUANTITY_TIME, word, 0, UINT64_MAX / 2, &amount, NULL) == 0;
    if (!is_time &&
        quantity_parse(QUANTITY_SIZE, word, 0, UINT64_MAX / 2, &amount, NULL) < 0)
        return false;
    *value = is_time ? (double)amount / 1e9 : (double)amount;
    return true;
}

static int read_number(struct reader *reader, double *value)
{
    char word[32];
    size_t digits = strspn(reader->at, "0123456789."), length = digits;
    while (isalpha((unsigned char)reader->at[length]))
        length++;
    snprintf(word, sizeof word, "%.*s", (int)length, reader->at);
    char *end = word;
    *value = strtod(word, &end);
    bool good = digits > 0 && length < sizeof word;
    if (!good || (*end && !quantity_value(word, value)))
        return expected(reader, "a number, a time or a size");
    reader->at += length;
    return 0;
}

static int read_parentheses(struct reader *reader, double *value)
{
    if (++reader->depth > DEEPEST)
        return expected(reader, "less in parentheses");
    int result = read_sum(reader, value);
    reader->depth--;
    return result;
}

/* Behind "min(" or "max(". */
static int read_pair(struct reader *reader, bool greatest, double *value)
{
    double other = NAN;
    int result = read_parentheses(reader, value);
    if (result == 0 && !take(reader, ","))
        return expected(reader, "\",\"");
    if (result == 0)
        result = read_parentheses(reader, &other);
    if (result < 0)
        return result;
    bool unknown = isnan(*value) || isnan(other);
    *value = unknown ? (double)NAN : greatest ? fmax(*value, other) : fmin(*value, other);
    return take(reader, ")") ? 0 : expected(reader, "\")\"");
}

static int read_letter(struct reader *reader, double *value)
{
    const char *letter =
        *reader->at ? strchr(reader->letters, *reader->at) : (const char *)NULL;
    if (!letter) {
        char what[96];
        snprintf(what, sizeof what, "a number, \"(\", min, max or one of %s",
                 reader->letters);
        return expected(reader, what);
    }
    reader->at++;
    *value = reader->values[letter - reader->letters];
    return 0;
}

static int read_factor(struct reader *reader, double *value)
{
    bool greatest = take(reader, "max(");
    if (greatest || take(reader, "min("))
        return read_pair(reader, greatest, value);
    if (take(reader, "(")) {
        int result = read_parentheses(reader, value);
        return result < 0 || take(reader, ")") ? result : expected(reader, "\")\"");
    }
    if (isdigit((unsigned char)*reader->at) || *reader->at == '.')
        return read_number(reader, value);
    return read_letter(reader, value);
}

static int read_product(struct reader *reader, double *value)
{
    int result = read_factor(reader, value);
    while (result == 0) {
        double other = NAN;
        bool over = take(reader, "/");
        if (!over && !take(reader, "*"))
            break;
        result = read_factor(reader, &other);
        *value = over ? *value / other : *value * other;
    }
    return result;
}

static int read_sum(struct reader *reader, double *value)
{
    int result = read_product(reader, value);
    while (result == 0) {
        double other = NAN;
        bool less = take(reader, "-");
        if (!less && !take(reader, "+"))
            break;
        result = read_product(reader, &other);
        *value += less ? -other : other;
    }
    return result;
}

int formula_value(const char *text, const char *letters, const double *values,
                  double *value, struct error *error)
{
    struct reader reader = {text, text, letters, values, 0, error};
    int result = read_sum(&reader, value);
    take(&reader, "");
    if (result == 0 && *reader.at)
        return expected(&reader, "the end, or one of + - * /");
    return result;
}

int formula_check(const char *text, const char *letters, struct error *error)
{
    double values[26], value;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        values[i] = NAN;
    return formula_value(text, letters, values, &value, error);
}

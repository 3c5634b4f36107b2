/* quantity.c - see quantity.h. */
#include "base/quantity.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct suffix {
    const char *name;
    uint64_t factor;
};

/* Ordered from large to small, as the formatters need them. */
static const struct suffix count_suffixes[] = {{"M", 1000000}, {"k", 1000}, {"", 1}, {0}};
static const struct suffix time_suffixes[] = {
    {"h", NS_PER_H},
    {"m", NS_PER_MIN},
    {"s", NS_PER_S},
    {"ms", NS_PER_MS},
    {"us", NS_PER_US},
    {"ns", 1},
    {0},
};
static const struct suffix size_suffixes[] = {
    {"GiB", 1ULL << 30},
    {"GB", 1000000000},
    {"MiB", 1ULL << 20},
    {"MB", 1000000},
    {"KiB", 1ULL << 10},
    {"kB", 1000},
    {"B", 1},
    {"", 1},
    {0},
};

static const struct unit {
    const struct suffix *suffixes;
    const char *description;
} units[] = {
    [QUANTITY_COUNT] = {count_suffixes, "a whole number such as 8 or 10k"},
    [QUANTITY_TIME] = {time_suffixes, "a time such as 50ms or 2s"},
    [QUANTITY_SIZE] = {size_suffixes, "a size such as 512 or 64KiB"},
};

const char *quantity_describe(enum quantity_unit unit)
{
    return units[unit].description;
}

static const struct suffix *find_suffix(const struct suffix *suffixes, const char *name)
{
    for (; suffixes->name; suffixes++)
        if (strcmp(suffixes->name, name) == 0)
            return suffixes;
    return NULL;
}

/* Digits with an optional decimal part; no sign, no exponent, no hexadecimal. */
static bool read_decimal(const char *text, long double *number, const char **rest)
{
    const char *p = text;
    while (isdigit((unsigned char)*p))
        p++;
    bool has_digits = p > text;
    if (has_digits && *p == '.' && isdigit((unsigned char)p[1]))
        for (p++; isdigit((unsigned char)*p);)
            p++;
    if (!has_digits)
        return false;
    *number = strtold(text, NULL);
    *rest = p;
    return true;
}

int quantity_parse(enum quantity_unit unit, const char *text, uint64_t minimum,
                   uint64_t maximum, uint64_t *value, struct error *error)
{
    long double number;
    const char *rest;
    const struct suffix *suffix = NULL;
    if (read_decimal(text, &number, &rest)) {
        suffix = find_suffix(units[unit].suffixes, rest);
        if (!suffix && unit == QUANTITY_TIME && number == 0 && !*rest)
            suffix = find_suffix(time_suffixes, "ns");
    }
    if (!suffix)
        return error_set(error, -EINVAL, "expected %s, got \"%s\"",
                         units[unit].description, text);
    long double exact = number * (long double)suffix->factor;
    long double whole = roundl(exact);
    bool is_whole = fabsl(exact - whole) <= whole * 1e-12L + 1e-9L;
    if (!is_whole || whole < (long double)minimum || whole > (long double)maximum) {
        char least[QUANTITY_TEXT_BYTES], most[QUANTITY_TEXT_BYTES];
        return error_set(error, -EINVAL, "expected %s from %s to %s, got \"%s\"",
                         units[unit].description,
                         quantity_exact(unit, minimum, least, sizeof least),
                         quantity_exact(unit, maximum, most, sizeof most), text);
    }
    *value = (uint64_t)whole;
    return 0;
}

int quantity_parse_rate(const char *text, double *per_second, struct error *error)
{
    static const struct suffix rate_suffixes[] = {
        {"k", 1000}, {"M", 1000000}, {"", 1}, {0}};
    char scale[4] = "";
    long double number;
    const char *rest;
    double seconds = 1;
    const struct suffix *suffix = NULL;
    if (read_decimal(text, &number, &rest)) {
        size_t letters = strcspn(rest, "/");
        if (letters < sizeof scale) {
            memcpy(scale, rest, letters);
            scale[letters] = '\0';
            suffix = find_suffix(rate_suffixes, scale);
        }
        if (strcmp(rest + letters, "/m") == 0)
            seconds = 60;
        else if (strcmp(rest + letters, "/h") == 0)
            seconds = 3600;
        else if (rest[letters] && strcmp(rest + letters, "/s") != 0)
            suffix = NULL;
    }
    if (!suffix || number <= 0)
        return error_set(error, -EINVAL,
                         "expected a rate above 0 such as 250, 2k/s or 30/m, got \"%s\"",
                         text);
    *per_second = (double)number * (double)suffix->factor / seconds;
    return 0;
}

char *quantity_format(enum quantity_unit unit, double value, char *buffer, size_t bytes)
{
    const struct suffix *suffix = units[unit].suffixes;
    bool decimal_size = false;
    for (;; suffix++) {
        decimal_size = unit == QUANTITY_SIZE && strlen(suffix->name) == 2;
        bool fits = fabs(value) >= (double)suffix->factor * 0.9995;
        if ((fits && !decimal_size) || suffix->factor == 1)
            break;
    }
    double scaled = value / (double)suffix->factor;
    double size = fabs(scaled);
    int decimals = size >= 99.95 || scaled == floor(scaled) ? 0 : size >= 9.995 ? 1 : 2;
    const char *space = unit == QUANTITY_COUNT ? "" : " ";
    char digits[QUANTITY_TEXT_BYTES];
    int length = snprintf(digits, sizeof digits, "%.*f", decimals, scaled);
    while (decimals > 0 && digits[length - 1] == '0')
        decimals--, length--;
    if (digits[length - 1] == '.')
        length--;
    snprintf(buffer, bytes, "%.*s%s%s", length, digits, space, suffix->name);
    return buffer;
}

char *quantity_exact(enum quantity_unit unit, uint64_t value, char *buffer, size_t bytes)
{
    static const struct suffix plain = {"", 1};
    const struct suffix *suffix = unit == QUANTITY_COUNT ? &plain : units[unit].suffixes;
    /* Zero is a multiple of every unit: it is written in the smallest. */
    while (value ? value % suffix->factor != 0 : suffix->factor != 1)
        suffix++;
    snprintf(buffer, bytes, "%llu%s", (unsigned long long)(value / suffix->factor),
             suffix->name);
    return buffer;
}

/* expect.c - see expect.h. */
#include "loadgen/measure/expect.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"
#include "base/text.h"

/* ---- reading ----------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum measure measure;
    enum expectation_unit unit;
} measures[] = {
    {"mean", MEASURE_MEAN, EXPECTATION_TIME},
    {"max", MEASURE_MAX, EXPECTATION_TIME},
    {"min", MEASURE_MIN, EXPECTATION_TIME},
    {"errors", MEASURE_ERRORS, EXPECTATION_COUNT},
    {"timeouts", MEASURE_TIMEOUTS, EXPECTATION_COUNT},
    {"dropped", MEASURE_DROPPED, EXPECTATION_COUNT},
    {"ok", MEASURE_OK, EXPECTATION_COUNT},
    {"throughput", MEASURE_THROUGHPUT, EXPECTATION_RATE},
};

/* Longer ones first, so that "<=" is not read as "<". */
static const struct {
    const char *sign;
    enum limit_relation relation;
} relations[] = {
    {"<=", LIMIT_AT_MOST}, {">=", LIMIT_AT_LEAST}, {"==", LIMIT_EQUAL},
    {"<", LIMIT_LESS},     {">", LIMIT_MORE},      {"=", LIMIT_EQUAL},
};

static enum expectation_unit unit_of(const struct expectation *expectation)
{
    if (expectation->share)
        return EXPECTATION_SHARE;
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++)
        if ((int)measures[i].measure == expectation->measure)
            return measures[i].unit;
    return EXPECTATION_TIME;
}

/* "p99", "p99.9" and, as in the JSON, "p999": above 100 all digits follow the point. */
static bool read_quantile(const char *name, double *fraction)
{
    if (name[0] != 'p' || name[1] < '0' || name[1] > '9')
        return false;
    char *end;
    double number = strtod(name + 1, &end);
    if (*end)
        return false;
    for (*fraction = number / 100; *fraction > 1;)
        *fraction /= 10;
    return *fraction > 0 && *fraction < 1;
}

static int read_measure(struct expectation *expectation, const char *name,
                        struct error *error)
{
    if (read_quantile(name, &expectation->fraction)) {
        expectation->measure = MEASURE_QUANTILE;
        return 0;
    }
    struct text names = {0};
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
        if (strcmp(measures[i].name, name) == 0) {
            expectation->measure = (int)measures[i].measure;
            text_release(&names);
            return 0;
        }
        text_printf(&names, ", %s", measures[i].name);
    }
    error_set(error, -EINVAL, "expected a percentile such as p99%s, got \"%s\"",
              text_string(&names), name);
    text_release(&names);
    return -EINVAL;
}

static int read_share(struct expectation *expectation, const char *limit,
                      struct error *error)
{
    char *end;
    expectation->share = true;
    expectation->limit = strtod(limit, &end) / 100;
    if (end == limit || strcmp(end, "%") != 0 || !(expectation->limit >= 0))
        return error_set(error, -EINVAL,
                         "expected a percentage such as 0.1%%, got \"%s\"", limit);
    return 0;
}

static int read_limit(struct expectation *expectation, const char *limit,
                      struct error *error)
{
    uint64_t whole = 0;
    int code = 0;
    enum expectation_unit unit = unit_of(expectation);
    if (unit == EXPECTATION_RATE)
        return quantity_parse_rate(limit, &expectation->limit, error);
    if (unit == EXPECTATION_COUNT && strchr(limit, '%'))
        return read_share(expectation, limit, error);
    code = quantity_parse(unit == EXPECTATION_TIME ? QUANTITY_TIME : QUANTITY_COUNT,
                          limit, 0, UINT64_MAX / 2, &whole, error);
    expectation->limit = (double)whole;
    return code;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Without the blanks around it; heap. */
static char *trimmed(const char *text, size_t length)
{
    while (length > 0 && is_blank(*text))
        text++, length--;
    while (length > 0 && is_blank(text[length - 1]))
        length--;
    return memory_printf("%.*s", (int)length, text);
}

/* "20 ms" -> "20ms". */
static void join_unit(char *limit)
{
    char *unit = limit + strspn(limit, "0123456789."), *next = unit;
    while (is_blank(*next))
        next++;
    if (*next < '0' || *next > '9')
        memmove(unit, next, strlen(next) + 1);
}

static int parse_parts(struct expectation *expectation, const char *name, char *limit,
                       struct error *error)
{
    join_unit(limit);
    int code = read_measure(expectation, name, error);
    if (code == 0)
        code = read_limit(expectation, limit, error);
    if (code == 0 && expectation->class_name &&
        expectation->measure == MEASURE_THROUGHPUT)
        code = error_set(error, -EINVAL, "throughput is of all classes together");
    return code;
}

int expectation_parse(struct expectation *expectation, const char *text,
                      struct error *error)
{
    *expectation = (struct expectation){.text = text};
    size_t at = strcspn(text, "<>=");
    const char *colon = memchr(text, ':', at);
    size_t sign = 0, signs = sizeof relations / sizeof *relations;
    while (sign < signs &&
           strncmp(text + at, relations[sign].sign, strlen(relations[sign].sign)) != 0)
        sign++;
    if (sign == signs)
        return error_set(error, -EINVAL,
                         "expected [CLASS:]MEASURE<LIMIT (or >, <=, >=, =), got \"%s\"",
                         text);
    if (colon)
        expectation->class_name = trimmed(text, (size_t)(colon - text));
    expectation->relation = (int)relations[sign].relation;
    const char *name = colon ? colon + 1 : text;
    const char *limit = text + at + strlen(relations[sign].sign);
    char *bare_name = trimmed(name, (size_t)(text + at - name));
    char *bare_limit = trimmed(limit, strlen(limit));
    int code = parse_parts(expectation, bare_name, bare_limit, error);
    free(bare_name);
    free(bare_limit);
    if (code < 0) {
        error_prefix(error, code, "%s", text);
        expectation_release(expectation);
    }
    return code;
}

void expectation_release(struct expectation *expectation)
{
    free(expectation->class_name);
    expectation->class_name = NULL;
}

/* ---- judging ------------------- --------------------------------------------------- */

static const struct class_result *class_of(const struct expectation *expectation,
                                           const struct load_result *result)
{
    return expectation->class_name ? load_result_class(result, expectation->class_name)
                                   : NULL;
}

static const struct distribution *latency_of(const struct expectation *expectation,
                                             const struct load_result *result)
{
    const struct class_result *class = class_of(expectation, result);
    return class ? &class->latency : &result->latency;
}

/* Of a latency: the figure, and what it is at most. Without any reply there is none. */
static void read_latency(const struct expectation *expectation,
                         const struct distribution *latency, double *value, double *most)
{
    const struct histogram *histogram = latency->histogram;
    *value = *most = NAN;
    if (!distribution_whole(latency))
        return;
    switch ((enum measure)expectation->measure) {
    case MEASURE_QUANTILE:
        if (histogram->count < histogram_samples_needed(expectation->fraction))
            return;
        *value = (double)histogram_quantile(histogram, expectation->fraction);
        *most = distribution_highest_quantile(latency, expectation->fraction);
        return;
    case MEASURE_MEAN:
        *value = latency->mean_ns;
        break;
    case MEASURE_MAX:
        *value = latency->max_ns;
        break;
    default:
        *value = *most = latency->min_ns;
        return;
    }
    *most = latency->censored > 0 ? (double)INFINITY : *value;
}

static bool is_of_latency(const struct expectation *expectation)
{
    int measure = expectation->measure;
    return measure == MEASURE_QUANTILE || measure == MEASURE_MEAN ||
           measure == MEASURE_MAX || measure == MEASURE_MIN;
}

static double read_count(const struct expectation *expectation,
                         const struct load_result *result)
{
    const struct class_result *class = class_of(expectation, result);
    const struct counts *counts = class ? &class->counts : &result->counts;
    const uint64_t of_measure[] = {
        [MEASURE_ERRORS] = counts_errors(counts),
        [MEASURE_TIMEOUTS] = counts->ended[OUTCOME_TIMEOUT],
        [MEASURE_DROPPED] = counts->ended[OUTCOME_DROPPED],
        [MEASURE_OK] = counts->ended[OUTCOME_OK],
    };
    double count = (double)of_measure[expectation->measure];
    if (!expectation->share)
        return count;
    return counts->scheduled ? count / (double)counts->scheduled : (double)NAN;
}

/* The figure, and what it is at most: more than that where it is a lower bound. */
static double read_value(const struct expectation *expectation,
                         const struct load_result *result, double *most)
{
    double value;
    if (is_of_latency(expectation))
        read_latency(expectation, latency_of(expectation, result), &value, most);
    else
        *most = value = expectation->measure == MEASURE_THROUGHPUT
                            ? result->throughput_rps
                            : read_count(expectation, result);
    return value;
}

double expectation_value(const struct expectation *expectation,
                         const struct load_result *result)
{
    double most;
    return read_value(expectation, result, &most);
}

static bool is_met(const struct expectation *expectation, double value, double most)
{
    double limit = expectation->limit;
    switch ((enum limit_relation)expectation->relation) {
    case LIMIT_LESS:
        return most < limit;
    case LIMIT_AT_MOST:
        return most <= limit;
    case LIMIT_MORE:
        return value > limit;
    case LIMIT_AT_LEAST:
        return value >= limit;
    case LIMIT_EQUAL:
        return value >= limit && most <= limit;
    }
    return false;
}

void expectation_judge(const struct expectation *expectation, struct load_result *result)
{
    double most, value = read_value(expectation, result, &most);
    struct expectation_result *judged =
        record_append(&result->expectations, &result->expectation_count, sizeof *judged);
    *judged = (struct expectation_result){
        .text = memory_copy_string(expectation->text),
        .value = value,
        .limit = expectation->limit,
        .unit = (int)unit_of(expectation),
        .at_least = most > value * DISTRIBUTION_CLOSE_ENOUGH ? 1 : -1,
        .met = is_met(expectation, value, most),
    };
}

/* ---- printing ---------------------------------------------------------------------- */

bool expectations_are_met(const struct load_result *result)
{
    for (size_t i = 0; i < result->expectation_count; i++)
        if (!result->expectations[i].met)
            return false;
    return true;
}

static const char *value_text(const struct expectation_result *expectation, char *buffer,
                              size_t bytes)
{
    if (isnan(expectation->value))
        snprintf(buffer, bytes, "not measured");
    else if (expectation->unit == EXPECTATION_SHARE)
        snprintf(buffer, bytes, "%.3g %%", 100 * expectation->value);
    else
        quantity_format(expectation->unit == EXPECTATION_TIME ? QUANTITY_TIME
                                                              : QUANTITY_COUNT,
                        expectation->value, buffer, bytes);
    return buffer;
}

void expectations_print(const struct load_result *result, FILE *file)
{
    char text[QUANTITY_TEXT_BYTES];
    for (size_t i = 0; i < result->expectation_count; i++) {
        const struct expectation_result *expectation = &result->expectations[i];
        fprintf(file, "%s  %s: %s%s\n", expectation->met ? "met   " : "MISSED",
                expectation->text, expectation->at_least == 1 ? ">= " : "",
                value_text(expectation, text, sizeof text));
    }
}

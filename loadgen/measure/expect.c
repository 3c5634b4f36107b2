/* expect.c - see expect.h. */
#include "loadgen/measure/expect.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/quantity.h"
#include "base/text.h"
#include "loadgen/measure/result.h"

/* ---- reading ------------------------------------------------------------------------
 */

enum unit { UNIT_TIME, UNIT_COUNT, UNIT_RATE, UNIT_SHARE };
static const char *const unit_names[] = {"ns", "requests", "per second", "share"};

static const struct {
    const char *name;
    enum measure measure;
    enum unit unit;
} measures[] = {
    {"mean", MEASURE_MEAN, UNIT_TIME},
    {"max", MEASURE_MAX, UNIT_TIME},
    {"min", MEASURE_MIN, UNIT_TIME},
    {"errors", MEASURE_ERRORS, UNIT_COUNT},
    {"timeouts", MEASURE_TIMEOUTS, UNIT_COUNT},
    {"dropped", MEASURE_DROPPED, UNIT_COUNT},
    {"ok", MEASURE_OK, UNIT_COUNT},
    {"throughput", MEASURE_THROUGHPUT, UNIT_RATE},
};

/* Longer ones first, so that "<=" is not read as "<". */
static const struct {
    const char *sign;
    enum comparison comparison;
} comparisons[] = {
    {"<=", AT_MOST}, {">=", AT_LEAST}, {"==", EQUAL},
    {"<", LESS},     {">", MORE},      {"=", EQUAL},
};

static enum unit unit_of(const struct expectation *expectation)
{
    if (expectation->share)
        return UNIT_SHARE;
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++)
        if ((int)measures[i].measure == expectation->measure)
            return measures[i].unit;
    return UNIT_TIME;
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
    enum unit unit = unit_of(expectation);
    if (unit == UNIT_RATE)
        return quantity_parse_rate(limit, &expectation->limit, error);
    if (unit == UNIT_COUNT && strchr(limit, '%'))
        return read_share(expectation, limit, error);
    code = quantity_parse(unit == UNIT_TIME ? QUANTITY_TIME : QUANTITY_COUNT, limit, 0,
                          UINT64_MAX / 2, &whole, error);
    expectation->limit = (double)whole;
    return code;
}

int expectation_parse(struct expectation *expectation, const char *text,
                      struct error *error)
{
    *expectation = (struct expectation){.text = text};
    size_t at = strcspn(text, "<>=");
    const char *colon = memchr(text, ':', at);
    size_t sign = 0, signs = sizeof comparisons / sizeof *comparisons;
    while (sign < signs && strncmp(text + at, comparisons[sign].sign,
                                   strlen(comparisons[sign].sign)) != 0)
        sign++;
    if (sign == signs)
        return error_set(error, -EINVAL,
                         "expected [CLASS:]MEASURE<LIMIT (or >, <=, >=, =), got \"%s\"",
                         text);
    if (colon)
        expectation->class_name = memory_printf("%.*s", (int)(colon - text), text);
    const char *name = colon ? colon + 1 : text;
    char *measure = memory_printf("%.*s", (int)(text + at - name), name);
    expectation->comparison = (int)comparisons[sign].comparison;
    int code = read_measure(expectation, measure, error);
    if (code == 0)
        code = read_limit(expectation, text + at + strlen(comparisons[sign].sign), error);
    if (code == 0 && colon && expectation->measure == MEASURE_THROUGHPUT)
        code = error_set(error, -EINVAL, "throughput is of all classes together");
    free(measure);
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

/* ---- holding results against it -----------------------------------------------------
 */

static size_t class_of(const struct expectation *expectation, const struct result *result)
{
    const struct load_plan *plan = result->plan;
    for (size_t i = 0; expectation->class_name && i < plan->class_count; i++)
        if (strcmp(plan->class_names[i], expectation->class_name) == 0)
            return i;
    return plan->class_count;
}

static struct counts counts_of(const struct expectation *expectation,
                               const struct result *result)
{
    return expectation->class_name
               ? result->recorder.classes[class_of(expectation, result)].counts
               : result_counts(result);
}

static double latency_value(const struct expectation *expectation,
                            const struct result *result)
{
    struct histogram latency;
    result_latency(result, class_of(expectation, result), &latency);
    double value = NAN;
    if (expectation->measure == MEASURE_QUANTILE) {
        if (latency.count >= histogram_samples_needed(expectation->fraction))
            value = (double)histogram_quantile(&latency, expectation->fraction);
    } else if (latency.count) {
        value = expectation->measure == MEASURE_MEAN  ? histogram_mean(&latency)
                : expectation->measure == MEASURE_MAX ? (double)latency.max_ns
                                                      : (double)latency.min_ns;
    }
    histogram_release(&latency);
    return value;
}

double expectation_value(const struct expectation *expectation,
                         const struct result *result)
{
    if (expectation->measure == MEASURE_THROUGHPUT)
        return result_throughput(result);
    struct counts counts = counts_of(expectation, result);
    uint64_t count;
    switch ((enum measure)expectation->measure) {
    case MEASURE_ERRORS:
        count = result_errors(&counts);
        break;
    case MEASURE_TIMEOUTS:
        count = counts.ended[OUTCOME_TIMEOUT];
        break;
    case MEASURE_DROPPED:
        count = counts.ended[OUTCOME_DROPPED];
        break;
    case MEASURE_OK:
        count = counts.ended[OUTCOME_OK];
        break;
    default:
        return latency_value(expectation, result);
    }
    if (!expectation->share)
        return (double)count;
    return counts.scheduled ? (double)count / (double)counts.scheduled : (double)NAN;
}

/* Whether a percentile stays below its limit whatever the censored would have taken. */
static bool holds_without_replies(const struct expectation *expectation,
                                  const struct result *result)
{
    const struct recorder *recorder = &result->recorder;
    if (expectation->measure != MEASURE_QUANTILE || !recorder->censored ||
        (double)recorder->censored_least_ns > expectation->limit ||
        (expectation->comparison != LESS && expectation->comparison != AT_MOST))
        return true;
    struct histogram latency;
    result_latency(result, class_of(expectation, result), &latency);
    uint64_t above = recorder->censored;
    for (uint32_t i = histogram_bucket((uint64_t)expectation->limit) + 1;
         i < HISTOGRAM_BUCKETS; i++)
        above += latency.counts[i];
    bool holds = (double)above <= (1 - expectation->fraction) * (double)latency.count;
    histogram_release(&latency);
    return holds;
}

bool expectation_is_met(const struct expectation *expectation,
                        const struct result *result)
{
    double value = expectation_value(expectation, result), limit = expectation->limit;
    switch ((enum comparison)expectation->comparison) {
    case LESS:
        return value < limit && holds_without_replies(expectation, result);
    case AT_MOST:
        return value <= limit && holds_without_replies(expectation, result);
    case MORE:
        return value > limit;
    case AT_LEAST:
        return value >= limit;
    case EQUAL:
        return value >= limit && value <= limit;
    }
    return false;
}

bool expectations_are_met(const struct result *result)
{
    const struct load_plan *plan = result->plan;
    for (size_t i = 0; i < plan->expectation_count; i++)
        if (!expectation_is_met(&plan->expectations[i], result))
            return false;
    return true;
}

/* ---- telling ------------------------------------------------------------------------
 */

static const char *value_text(const struct expectation *expectation, double value,
                              char *buffer, size_t bytes)
{
    if (isnan(value))
        snprintf(buffer, bytes, "not measured");
    else if (unit_of(expectation) == UNIT_TIME)
        quantity_format(QUANTITY_TIME, value, buffer, bytes);
    else if (unit_of(expectation) == UNIT_SHARE)
        snprintf(buffer, bytes, "%.3g %%", 100 * value);
    else
        quantity_format(QUANTITY_COUNT, value, buffer, bytes);
    return buffer;
}

void expectations_print(const struct result *result, FILE *file)
{
    const struct load_plan *plan = result->plan;
    char text[QUANTITY_TEXT_BYTES];
    for (size_t i = 0; i < plan->expectation_count; i++) {
        const struct expectation *expectation = &plan->expectations[i];
        bool met = expectation_is_met(expectation, result);
        fprintf(file, "%s  %s: %s\n", met ? "met   " : "MISSED", expectation->text,
                value_text(expectation, expectation_value(expectation, result), text,
                           sizeof text));
    }
}

void expectations_to_json(const struct result *result, cJSON *json)
{
    const struct load_plan *plan = result->plan;
    cJSON *list = json_add_array(json, "expectations");
    for (size_t i = 0; i < plan->expectation_count; i++) {
        const struct expectation *expectation = &plan->expectations[i];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddItemToArray(list, item);
        json_add_text(item, "expect", expectation->text);
        json_add_number(item, "value", expectation_value(expectation, result));
        json_add_number(item, "limit", expectation->limit);
        json_add_text(item, "unit", unit_names[unit_of(expectation)]);
        json_add_bool(item, "met", expectation_is_met(expectation, result));
    }
}

/* distribution.c - see distribution.h. */
#include "record/distribution.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void distribution_init(struct distribution *distribution, bool full)
{
    record_init(&distribution_type, distribution);
    distribution->full = full;
    distribution->histogram = memory_allocate(sizeof *distribution->histogram);
    histogram_init(distribution->histogram);
}

void distribution_merge(struct distribution *distribution, const struct histogram *values)
{
    histogram_merge(distribution->histogram, values);
}

static void add_censored(struct distribution *distribution, double count, double age_ns)
{
    if (!(count > 0))
        return;
    distribution->censored = fmax(distribution->censored, 0) + count; /* not NAN */
    distribution->least_age_ns = fmin(distribution->least_age_ns, age_ns);
}

/* The least of the whole values stays the minimum. */
void distribution_merge_ages(struct distribution *distribution,
                             const struct histogram *ages)
{
    uint64_t min_ns = distribution->histogram->min_ns;
    histogram_merge(distribution->histogram, ages);
    distribution->histogram->min_ns = min_ns;
    add_censored(distribution, (double)ages->count, (double)ages->min_ns);
}

/* ---- the figures ------------------------------------------------------------------ */

#define QUANTILE(key, member, fraction)                                                  \
    {                                                                                    \
        key, offsetof(struct distribution, member), fraction                             \
    }
static const struct {
    const char *key;
    size_t offset;
    double fraction;
} quantiles[] = {
    QUANTILE("p50", p50_ns, 0.5),        QUANTILE("p75", p75_ns, 0.75),
    QUANTILE("p90", p90_ns, 0.9),        QUANTILE("p95", p95_ns, 0.95),
    QUANTILE("p99", p99_ns, 0.99),       QUANTILE("p999", p999_ns, 0.999),
    QUANTILE("p9999", p9999_ns, 0.9999),
};

double distribution_highest_quantile(const struct distribution *distribution,
                                     double fraction)
{
    const struct histogram *histogram = distribution->histogram;
    double low_ns = (double)histogram_quantile(histogram, fraction);
    if (!(distribution->censored > 0) || low_ns < distribution->least_age_ns)
        return low_ns;
    /* The rank moves up by the censored values that lay below it: by all at most. */
    double moved = fraction + distribution->censored / (double)histogram->count;
    return moved < 1 ? (double)histogram_quantile(histogram, moved) : (double)INFINITY;
}

static void set_quantiles(struct distribution *distribution, struct words *at_least)
{
    const struct histogram *histogram = distribution->histogram;
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        double fraction = quantiles[i].fraction;
        double *member = (double *)(void *)((char *)distribution + quantiles[i].offset);
        if (histogram->count < histogram_samples_needed(fraction))
            continue;
        *member = (double)histogram_quantile(histogram, fraction);
        if (distribution_highest_quantile(distribution, fraction) >
            *member * DISTRIBUTION_CLOSE_ENOUGH)
            words_add(at_least, quantiles[i].key);
    }
}

void distribution_summarise(struct distribution *distribution)
{
    const struct histogram *histogram = distribution->histogram;
    struct words at_least = {0};
    distribution->count = histogram->count;
    if (!histogram->count)
        return;
    distribution->mean_ns = histogram_mean(histogram);
    distribution->stddev_ns = histogram_stddev(histogram);
    if (distribution_whole(distribution))
        distribution->min_ns = (double)histogram->min_ns;
    distribution->max_ns = (double)histogram->max_ns;
    if (distribution->censored > 0)
        words_add(&at_least, "mean");
    set_quantiles(distribution, &at_least);
    if (distribution->censored > 0)
        words_add(&at_least, "max");
    if (at_least.count) {
        at_least.items =
            memory_resize(at_least.items, (at_least.count + 1) * sizeof *at_least.items);
        at_least.items[at_least.count] = NULL;
    }
    distribution->at_least = at_least.items;
}

bool distribution_is_at_least(const struct distribution *distribution, const char *key)
{
    for (char **name = distribution->at_least; name && *name; name++)
        if (strcmp(*name, key) == 0)
            return true;
    return false;
}

/* ---- the buckets ------------------------------------------------------------------ */

/* A whole number that a double holds exactly. */
static bool read_whole(const cJSON *json, uint64_t *number)
{
    if (!cJSON_IsNumber(json) || json->valuedouble < 0 ||
        json->valuedouble > 9007199254740992.0 ||
        json->valuedouble != floor(json->valuedouble))
        return false;
    *number = (uint64_t)json->valuedouble;
    return true;
}

static bool read_bucket(const cJSON *pair, struct histogram *histogram)
{
    uint64_t low_ns, count;
    if (!cJSON_IsArray(pair) || cJSON_GetArraySize(pair) != 2 ||
        !read_whole(cJSON_GetArrayItem(pair, 0), &low_ns) ||
        !read_whole(cJSON_GetArrayItem(pair, 1), &count))
        return false;
    uint32_t bucket = histogram_bucket(low_ns);
    histogram->counts[bucket] += count;
    histogram->count += count;
    return histogram_bucket_low(bucket) == low_ns;
}

static bool has_moments(const struct distribution *distribution)
{
    double min_ns = distribution_whole(distribution) ? distribution->min_ns : 0;
    return !isnan(distribution->mean_ns + distribution->stddev_ns) && min_ns >= 0 &&
           distribution->max_ns >= min_ns;
}

/* The moments of the histogram are those that were written: buckets do not show them. */
static int read_histogram(struct json_document *document, const cJSON *buckets,
                          const struct distribution *distribution,
                          struct histogram *histogram, struct error *error)
{
    const cJSON *pair;
    cJSON_ArrayForEach(pair, buckets)
    {
        if (!read_bucket(pair, histogram))
            return json_error(document, pair, error,
                              "expected pairs [least value, count] as load --full writes "
                              "them");
    }
    if (histogram->count != distribution->count)
        return json_error(document, buckets, error,
                          "the buckets hold %llu values, \"count\" is %llu",
                          (unsigned long long)histogram->count,
                          (unsigned long long)distribution->count);
    if (!histogram->count)
        return 0;
    if (!has_moments(distribution))
        return json_error(document, buckets, error,
                          "mean, stddev, min and max are missing beside the buckets");
    histogram->mean_ns = distribution->mean_ns;
    histogram->squares =
        distribution->stddev_ns * distribution->stddev_ns * (double)distribution->count;
    if (distribution_whole(distribution))
        histogram->min_ns = (uint64_t)distribution->min_ns;
    histogram->max_ns = (uint64_t)distribution->max_ns;
    return 0;
}

static int read_buckets(struct json_document *document, const cJSON *node, void *record,
                        struct error *error)
{
    struct distribution *distribution = record;
    const cJSON *buckets = cJSON_GetObjectItemCaseSensitive(node, "buckets");
    char given[JSON_DESCRIBE_BYTES];
    if (!buckets)
        return 0;
    if (!cJSON_IsArray(buckets))
        return json_error(document, buckets, error, "expected an array, got %s",
                          json_describe(buckets, given, sizeof given));
    distribution->full = true;
    distribution->histogram = memory_allocate(sizeof *distribution->histogram);
    histogram_init(distribution->histogram);
    return read_histogram(document, buckets, distribution, distribution->histogram,
                          error);
}

static void write_buckets(const void *record, cJSON *object)
{
    const struct distribution *distribution = record;
    if (!distribution->full)
        return;
    cJSON *buckets = json_add_array(object, "buckets");
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        uint64_t count = distribution->histogram->counts[i];
        if (!count)
            continue;
        cJSON *pair = cJSON_CreateArray();
        cJSON_AddItemToArray(buckets, pair);
        cJSON_AddItemToArray(pair, cJSON_CreateNumber((double)histogram_bucket_low(i)));
        cJSON_AddItemToArray(pair, cJSON_CreateNumber((double)count));
    }
}

static void add_schema_of_buckets(cJSON *properties)
{
    cJSON *schema = json_add_object(properties, "buckets");
    json_add_text(schema, "type", "array");
    cJSON *pair = json_add_object(schema, "items");
    json_add_text(pair, "type", "array");
    json_add_text(json_add_object(pair, "items"), "type", "integer");
    json_add_number(pair, "minItems", 2);
    json_add_number(pair, "maxItems", 2);
}

/* ---- the type --------------------------------------------------------------------- */

static int merge_distributions(void *sum, const struct record_part *parts, size_t count,
                               const char *path, struct error *error)
{
    struct distribution *total = sum;
    distribution_init(total, true);
    for (size_t i = 0; i < count; i++) {
        const struct distribution *part = parts[i].record;
        if (!part->histogram)
            return error_set(error, -EINVAL,
                             "%s: %s: has no \"buckets\": measure again with load --full",
                             parts[i].name, path);
        distribution_merge(sum, part->histogram);
        add_censored(total, part->censored, part->least_age_ns);
    }
    distribution_summarise(sum);
    return 0;
}

static void copy_histogram(void *to, const void *from)
{
    const struct distribution *source = from;
    if (!source->histogram)
        return;
    struct distribution *copy = to;
    copy->histogram = memory_allocate(sizeof *copy->histogram);
    histogram_init(copy->histogram);
    histogram_merge(copy->histogram, source->histogram);
}

static void release_histogram(void *record)
{
    struct distribution *distribution = record;
    if (distribution->histogram)
        histogram_release(distribution->histogram);
    free(distribution->histogram);
}

static const struct record_hooks hooks = {
    .read = read_buckets,
    .write = write_buckets,
    .merge = merge_distributions,
    .copy = copy_histogram,
    .release = release_histogram,
    .schema = add_schema_of_buckets,
};

static const struct record_field distribution_fields[] = {
    {MEMBER_COUNT("count", distribution, count)},
    {MEMBER_NUMBER("mean", distribution, mean_ns), .unit = "ns"},
    {MEMBER_NUMBER("stddev", distribution, stddev_ns), .unit = "ns"},
    {MEMBER_NUMBER("min", distribution, min_ns), .unit = "ns"},
    {MEMBER_NUMBER("p50", distribution, p50_ns), .unit = "ns"},
    {MEMBER_NUMBER("p75", distribution, p75_ns), .unit = "ns"},
    {MEMBER_NUMBER("p90", distribution, p90_ns), .unit = "ns"},
    {MEMBER_NUMBER("p95", distribution, p95_ns), .unit = "ns"},
    {MEMBER_NUMBER("p99", distribution, p99_ns), .unit = "ns"},
    {MEMBER_NUMBER("p999", distribution, p999_ns), .unit = "ns"},
    {MEMBER_NUMBER("p9999", distribution, p9999_ns), .unit = "ns"},
    {MEMBER_NUMBER("max", distribution, max_ns), .unit = "ns"},
    {MEMBER_NUMBER("censored", distribution, censored), .optional = true},
    {MEMBER_NUMBER("least_age", distribution, least_age_ns), .unit = "ns",
     .optional = true},
    {MEMBER_TEXTS("at_least", distribution, at_least), .optional = true},
    {0},
};
const struct record_type distribution_type = {
    .size = sizeof(struct distribution), .fields = distribution_fields, .hooks = &hooks};

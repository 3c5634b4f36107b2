/* distribution.c - see distribution.h. */
#include "loadgen/measure/distribution.h"

#include <errno.h>
#include <math.h>

#include "base/json.h"

static const struct {
    const char *key;
    double fraction;
} quantiles[] = {
    {"p50", 0.5},  {"p75", 0.75},   {"p90", 0.9},      {"p95", 0.95},
    {"p99", 0.99}, {"p999", 0.999}, {"p9999", 0.9999},
};

static void add_buckets(cJSON *json, const struct histogram *histogram)
{
    cJSON *buckets = json_add_array(json, "buckets");
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (!histogram->counts[i])
            continue;
        cJSON *pair = cJSON_CreateArray();
        cJSON_AddItemToArray(buckets, pair);
        cJSON_AddItemToArray(pair, cJSON_CreateNumber((double)histogram_bucket_low(i)));
        cJSON_AddItemToArray(pair, cJSON_CreateNumber((double)histogram->counts[i]));
    }
}

void distribution_add(cJSON *object, const char *key, const struct histogram *histogram,
                      bool full)
{
    cJSON *json = json_add_object(object, key);
    double none = (double)NAN;
    bool any = histogram->count > 0;
    json_add_number(json, "count", (double)histogram->count);
    json_add_number(json, "mean", any ? histogram_mean(histogram) : none);
    json_add_number(json, "stddev", any ? histogram_stddev(histogram) : none);
    json_add_number(json, "min", any ? (double)histogram->min_ns : none);
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        bool enough = histogram->count >= histogram_samples_needed(quantiles[i].fraction);
        json_add_number(
            json, quantiles[i].key,
            enough ? (double)histogram_quantile(histogram, quantiles[i].fraction) : none);
    }
    json_add_number(json, "max", any ? (double)histogram->max_ns : none);
    if (full)
        add_buckets(json, histogram);
}

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

static bool read_bucket(const cJSON *pair, uint32_t *bucket, uint64_t *count)
{
    uint64_t low_ns;
    if (!cJSON_IsArray(pair) || cJSON_GetArraySize(pair) != 2 ||
        !read_whole(cJSON_GetArrayItem(pair, 0), &low_ns) ||
        !read_whole(cJSON_GetArrayItem(pair, 1), count))
        return false;
    *bucket = histogram_bucket(low_ns);
    return histogram_bucket_low(*bucket) == low_ns;
}

int distribution_read(struct histogram *histogram, const cJSON *json, struct error *error)
{
    const cJSON *buckets = cJSON_GetObjectItemCaseSensitive(json, "buckets");
    uint64_t expected;
    if (!buckets)
        return error_set(error, -EINVAL,
                         "has no \"buckets\": measure again with load --full");
    if (!read_whole(cJSON_GetObjectItemCaseSensitive(json, "count"), &expected))
        return error_set(error, -EINVAL, "has no \"count\"");
    struct histogram part;
    histogram_init(&part);
    const cJSON *pair;
    uint32_t bucket;
    uint64_t count;
    int code = 0;
    cJSON_ArrayForEach(pair, buckets)
    {
        if (!read_bucket(pair, &bucket, &count)) {
            code = error_set(error, -EINVAL,
                             "\"buckets\": expected pairs [least value, count] as load "
                             "--full writes them");
            break;
        }
        part.counts[bucket] += count;
        part.count += count;
    }
    if (code == 0 && part.count != expected)
        code =
            error_set(error, -EINVAL, "\"buckets\" hold %llu values, \"count\" is %llu",
                      (unsigned long long)part.count, (unsigned long long)expected);
    if (code == 0 && part.count) {
        double stddev = json_number(json, "stddev");
        part.mean_ns = json_number(json, "mean");
        part.squares = stddev * stddev * (double)part.count;
        part.min_ns = (uint64_t)json_number(json, "min");
        part.max_ns = (uint64_t)json_number(json, "max");
        histogram_merge(histogram, &part);
    }
    histogram_release(&part);
    return code;
}

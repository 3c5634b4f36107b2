/* loop_health.c - see loop_health.h. */
#include "servers/loop_health.h"

#include <math.h>
#include <string.h>

#include "base/json.h"

static void begin(struct loop_health *health, uint64_t now_ns, uint64_t idle_ns)
{
    health->begin_ns = health->end_ns = now_ns;
    health->begin_idle_ns = health->end_idle_ns = idle_ns;
    health->lags = health->lag_sum_ns = health->lag_max_ns = 0;
    memset(health->lag_counts, 0, sizeof health->lag_counts);
}

void loop_health_begin(struct loop_health *health, uint64_t now_ns, uint64_t idle_ns)
{
    health->window = LOOP_WHOLE_LIFE;
    begin(health, now_ns, idle_ns);
}

void loop_health_tick(struct loop_health *health, enum loop_window window,
                      uint64_t lag_ns, uint64_t now_ns, uint64_t idle_ns)
{
    if (health->window == LOOP_AFTER_WINDOW)
        return;
    if (health->window == LOOP_WHOLE_LIFE && window != LOOP_WHOLE_LIFE) {
        health->window = window;
        begin(health, now_ns, idle_ns);
        return;
    }
    /* The tick that finds the window over was due within it, or just behind. */
    health->window = window;
    health->end_ns = now_ns;
    health->end_idle_ns = idle_ns;
    health->lags++;
    health->lag_sum_ns += lag_ns;
    if (lag_ns > health->lag_max_ns)
        health->lag_max_ns = lag_ns;
    health->lag_counts[histogram_bucket(lag_ns) >> HISTOGRAM_COARSE_SHIFT]++;
}

void loop_health_close(struct loop_health *health)
{
    atomic_store(&health->closed, true);
}

static double utilisation_of(const struct loop_health *health)
{
    double elapsed = (double)(health->end_ns - health->begin_ns);
    double idle = (double)(health->end_idle_ns - health->begin_idle_ns);
    return elapsed > 0 ? fmin(fmax(1 - idle / elapsed, 0), 1) : (double)NAN;
}

/* A coarse bucket is told by its upper end, as the fine ones are. */
static void add_lags(struct histogram *all, const struct loop_health *health)
{
    for (uint32_t i = 0; i < HISTOGRAM_COARSE_BUCKETS; i++)
        all->counts[((i + 1) << HISTOGRAM_COARSE_SHIFT) - 1] += health->lag_counts[i];
    all->count += health->lags;
    all->mean_ns += (double)health->lag_sum_ns; /* the sum, until all are in */
    if (health->lag_max_ns > all->max_ns)
        all->max_ns = health->lag_max_ns;
    if (health->lags > 0)
        all->min_ns = 0;
}

static void lags_to_json(const struct histogram *lags, cJSON *object)
{
    static const struct {
        const char *name;
        double fraction;
    } quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}};
    bool any = lags->count > 0;
    json_add_number(object, "count", (double)lags->count);
    json_add_number(object, "mean",
                    any ? lags->mean_ns / (double)lags->count : (double)NAN);
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        bool enough = lags->count >= histogram_samples_needed(quantiles[i].fraction);
        json_add_number(object, quantiles[i].name,
                        enough ? (double)histogram_quantile(lags, quantiles[i].fraction)
                               : (double)NAN);
    }
    json_add_number(object, "max", any ? (double)lags->max_ns : (double)NAN);
}

void loop_health_report(const struct loop_health *healths, size_t count, cJSON *object)
{
    struct histogram lags;
    histogram_init(&lags);
    double utilisation = 0, loops = 0;
    for (size_t i = 0; i < count; i++) {
        if (!atomic_load(&healths[i].closed))
            continue;
        loops++;
        utilisation += utilisation_of(&healths[i]);
        add_lags(&lags, &healths[i]);
    }
    if (loops > 0) {
        cJSON *loop = json_add_object(object, "loop");
        json_add_number(loop, "loops", loops);
        json_add_number(loop, "utilisation", utilisation / loops);
        lags_to_json(&lags, json_add_object(loop, "lag_ns"));
    }
    histogram_release(&lags);
}

/* loop_health.c - see loop_health.h. */
#include "servers/loop_health.h"

#include <math.h>
#include <string.h>

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
    /* The first tick after the window was due within it, or just behind it: it counts. */
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

/* A coarse bucket counts at its upper end, as the fine ones do. */
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

static double quantile_of(const struct histogram *lags, double fraction)
{
    return lags->count >= histogram_samples_needed(fraction)
               ? (double)histogram_quantile(lags, fraction)
               : (double)NAN;
}

static struct loop_lag summarise_lags(const struct histogram *lags)
{
    bool any = lags->count > 0;
    return (struct loop_lag){
        .count = lags->count,
        .mean_ns = any ? lags->mean_ns / (double)lags->count : (double)NAN,
        .p50_ns = quantile_of(lags, 0.5),
        .p90_ns = quantile_of(lags, 0.9),
        .p99_ns = quantile_of(lags, 0.99),
        .max_ns = any ? (double)lags->max_ns : (double)NAN,
    };
}

struct loop_summary loop_health_summarise(const struct loop_health *healths, size_t count)
{
    struct loop_summary summary = {0};
    struct histogram lags;
    histogram_init(&lags);
    for (size_t i = 0; i < count; i++) {
        if (!atomic_load(&healths[i].closed))
            continue;
        summary.loops++;
        summary.utilisation += utilisation_of(&healths[i]);
        add_lags(&lags, &healths[i]);
    }
    summary.utilisation /= (double)summary.loops;
    summary.lag = summarise_lags(&lags);
    histogram_release(&lags);
    return summary;
}

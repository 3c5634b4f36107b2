/* noise_floor.c - see noise_floor.h. */
#include "analysis/noise_floor.h"

#include "analysis/probability.h"

#define CONFIDENCE  0.95
#define BLOCKS_MOST 1e9

struct noise_floor noise_floor_make(const struct log_ratio *mean, double spread,
                                    size_t pairs)
{
    double error = spread / sqrt((double)pairs), degrees = (double)pairs - 1;
    struct noise_floor noise = {
        .pairs = pairs,
        .spread = spread,
        .interval = log_ratio_interval(mean, CONFIDENCE),
        .floor = NAN,
        .detectable = NAN,
    };
    noise.p = 2 * fmin(log_ratio_above(mean, 1), log_ratio_below(mean, 1));
    noise.suspect = noise.p < 1 - CONFIDENCE;
    if (noise.interval.exists) {
        double t = probability_t_quantile((1 + CONFIDENCE) / 2, degrees);
        noise.floor = expm1(t * error);
        noise.detectable =
            expm1((t + probability_t_quantile(NOISE_POWER, degrees)) * error);
    }
    return noise;
}

struct noise_floor noise_floor_of(const double *a, const double *a_again, size_t count)
{
    struct ratio ratio = ratio_of_pairs(a, a_again, count, CONFIDENCE);
    return noise_floor_make(&ratio.log, ratio.log.error * sqrt((double)ratio.pairs),
                            ratio.pairs);
}

bool noise_floor_underpowered(const struct noise_floor *noise, double delta)
{
    return !(delta >= 2 * noise->floor);
}

static bool blocks_suffice(double blocks, double effect, double level)
{
    double t = probability_t_quantile(1 - level, blocks - 1) +
               probability_t_quantile(NOISE_POWER, blocks - 1);
    return sqrt(blocks) * effect >= t;
}

/* What is asked of R falls as R rises, so that one R is the first to be enough. */
double noise_blocks_needed(double spread, double distance, double level)
{
    if (isnan(spread) || isnan(distance))
        return NAN;
    double effect = spread > 0 ? distance / spread : (double)INFINITY;
    double enough = 2, short_of = 1;
    while (!blocks_suffice(enough, effect, level)) {
        short_of = enough;
        enough *= 2;
        if (enough > BLOCKS_MOST)
            return INFINITY;
    }
    while (enough - short_of > 1) {
        double middle = floor((enough + short_of) / 2);
        if (blocks_suffice(middle, effect, level))
            enough = middle;
        else
            short_of = middle;
    }
    return enough;
}

double noise_blocks_to_settle(const struct ratio *seen, struct ratio_range range,
                              double level)
{
    double spread = seen->log.error * sqrt((double)seen->pairs);
    double distance = fmin(fabs(seen->log.mean - log(range.low)),
                           fabs(seen->log.mean - log(range.high)));
    return noise_blocks_needed(spread, distance, level);
}

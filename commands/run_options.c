/* run_options.c - see run_options.h. */
#include "commands/run_options.h"

#include "base/clock.h"

const struct field run_options[] = {
    {.name = "repeat",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "blocks, each with one trial of everything; intervals need 6. Profile "
             "standard has 6, 10, 15, 20 or 30: it ends where it is precise, or out of "
             "time. With --slices pairs of processes, 10 by default",
     .fallback = "profile",
     .offset = offsetof(struct run_settings, repeat),
     .minimum = 1,
     .maximum = 1000,
     .zero_word = "profile"},
    {.name = "slice-count",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "with --slices: slices of each server in a pair of processes",
     .fallback = "10",
     .offset = offsetof(struct run_settings, slicing.count),
     .minimum = 1,
     .maximum = SLICING_MAX_COUNT},
    {.name = "slice-time",
     .kind = FIELD_TIME,
     .value = "TIME",
     .help = "with --slices: length of each, of which the first eighth is not recorded",
     .fallback = SLICING_TIME,
     .offset = offsetof(struct run_settings, slicing.slice_ns),
     .minimum = SLICING_LEAST_NS,
     .maximum = SLICING_MAX_NS},
    {.name = "seed",
     .kind = FIELD_COUNT,
     .value = "S",
     .help = "seed of every order and every arrival",
     .fallback = "fresh",
     .offset = offsetof(struct run_settings, seed),
     .minimum = 1,
     .maximum = 1ULL << 53,
     .zero_word = "fresh"},
    {.name = "attempts",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "a trial that others disturb (steal, contention, ...) is made again after "
             "its block, up to N times in all, within a quarter of the planned time or "
             "that of two trials",
     .fallback = "3",
     .offset = offsetof(struct run_settings, attempts),
     .minimum = 1,
     .maximum = 100},
    {.name = "overrun",
     .kind = FIELD_TIME,
     .value = "TIME",
     .help = "how much longer than planned a trial may take before it has failed",
     .fallback = "20s",
     .offset = offsetof(struct run_settings, overrun_ns),
     .minimum = 100 * NS_PER_MS,
     .maximum = NS_PER_H},
    {.name = "out",
     .letter = 'o',
     .kind = FIELD_TEXT,
     .value = "DIR",
     .help = "folder for the results (default: a new one in results/)",
     .offset = offsetof(struct run_settings, out)},
    {0}};

size_t run_options_list(struct option_group *groups, size_t maximum)
{
    (void)maximum;
    groups[0] =
        (struct option_group){.title = "Options of a run", .options = run_options};
    return 1;
}

struct experiment_request run_request(const struct run_settings *settings, bool by_turns)
{
    return (struct experiment_request){
        .repeat = settings->repeat,
        .seed = settings->seed,
        .overrun_ns = settings->overrun_ns,
        .slicing = by_turns ? settings->slicing : (struct slicing){0},
    };
}

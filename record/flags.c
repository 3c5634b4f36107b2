/* flags.c - see flags.h. */
#include "record/flags.h"

#include <stddef.h>

const char *const flag_severity_words[] = {
    [FLAG_WARNING] = "warning",
    [FLAG_INVALID] = "invalid",
    [FLAG_SEVERITIES] = NULL,
};

static const char core_of_its_own[] =
    "give the generator a core of its own (--cpus, --spin) or lower the rate";

const struct flag_kind flag_kinds[FLAGS + 1] = {
    [FLAG_INTERRUPTED] = {"interrupted", FLAG_WARNING, 0,
                          "the run was stopped before its window was over",
                          "let it run to its end"},
    [FLAG_NO_REPLIES] = {"no_replies", FLAG_INVALID, 0,
                         "no good reply came within the measured window",
                         "take a longer --duration, or see the errors"},
    [FLAG_GENERATOR_SATURATED] =
        {"generator_saturated", FLAG_INVALID, FLAG_OF_GENERATOR,
         "a generator thread was busy all the time: it was the limit",
         "give the generator more --threads and cores, or fewer connections"},
    [FLAG_SCHEDULE_LAG] =
        {"schedule_lag", FLAG_INVALID, FLAG_OF_GENERATOR,
         "requests left later than they were due, by the generator's fault",
         core_of_its_own},
    [FLAG_RATE_MISSED] = {"rate_missed", FLAG_INVALID, FLAG_TOLERABLE,
                          "not all requests that were due could be sent in time",
                          "raise --connections, or the server cannot do more"},
    [FLAG_ERRORS] = {"errors", FLAG_INVALID, FLAG_TOLERABLE,
                     "more than 0.1 % of the requests failed",
                     "see the errors by kind, each with its likely cause"},
    [FLAG_DROPPED] = {"dropped", FLAG_INVALID, FLAG_TOLERABLE,
                      "requests were never sent, since no connection became free",
                      "raise --connections or lower the rate"},
    [FLAG_PORTS_EXHAUSTED] =
        {"ports_exhausted", FLAG_INVALID, FLAG_OF_GENERATOR,
         "the machine of the generator ran out of ports",
         "keep connections alive, allow more --sources or lower the rate"},
    [FLAG_GENERATOR_STALLED] =
        {"generator_stalled", FLAG_INVALID, FLAG_OF_GENERATOR,
         "the generator stood still: latencies of that time are its own",
         core_of_its_own},
    [FLAG_SHARED_CPU] = {"shared_cpu", FLAG_INVALID, FLAG_OF_GENERATOR,
                         "the generator took CPU time from the server's CPUs",
                         "give each CPUs of its own (--cpus), or lower the rate"},
    [FLAG_CENSORED] = {"censored", FLAG_WARNING, 0,
                       "requests without a reply entered the latencies with their age: "
                       "high percentiles are lower bounds",
                       "take a longer --drain"},
    [FLAG_GAPS_NOT_EXPONENTIAL] =
        {"gaps_not_exponential", FLAG_INVALID, FLAG_OF_GENERATOR,
         "the gaps between sends are not those of Poisson arrivals", core_of_its_own},
    [FLAG_GAPS_CORRELATED] = {"gaps_correlated", FLAG_INVALID, FLAG_OF_GENERATOR,
                              "gaps between sends depend on the gap before",
                              core_of_its_own},
    [FLAG_GAPS_UNEVEN] = {"gaps_uneven", FLAG_INVALID, FLAG_OF_GENERATOR,
                          "the gaps between constant arrivals were not constant",
                          core_of_its_own},
    [FLAG_UNSTEADY] = {"unsteady", FLAG_INVALID, 0,
                       "the window does not look the same all along",
                       "take a longer --warmup, less load, or a machine that is at rest"},
    [FLAG_NOT_MERGED] = {"not_merged", FLAG_WARNING, 0,
                         "figures or settings of the parts do not add up and are null",
                         "look them up in the parts"},
    [FLAG_GENERATOR] = {"generator", FLAG_INVALID, 0,
                        "the generator calls its result invalid without a reason",
                        "see its log beside the trial"},
    [FLAG_COUNT_MISMATCH] =
        {"count_mismatch", FLAG_INVALID, 0,
         "the server has not counted what the generator has sent",
         "look for another client of the server, or a fault in its counts"},
    [FLAG_SERVICES_BUSY] =
        {"services_busy", FLAG_WARNING, 0,
         "what the server asks was busy itself: the server may have waited",
         "give the services more CPUs"},
    [FLAG_SERVICES_SHARE_CPU] = {"services_share_cpu", FLAG_WARNING, 0,
                                 "what the server asks took CPU time from the generator",
                                 "measure on a machine with more CPUs"},
    [FLAG_STEAL] = {"steal", FLAG_WARNING, 0,
                    "the hypervisor took CPU time away; above 2 % it is invalid",
                    "measure on a machine that is not shared"},
    [FLAG_THROTTLED] = {"throttled", FLAG_INVALID, 0,
                        "the CPU quota of the cgroup held the run back",
                        "raise the quota of the cgroup"},
    [FLAG_SWAPPING] = {"swapping", FLAG_INVALID, 0, "the machine swapped",
                       "stop what takes the memory"},
    [FLAG_LISTEN_OVERFLOW] =
        {"listen_overflow", FLAG_INVALID, 0,
         "connections were refused for a full listen backlog",
         "open fewer connections at a time, or raise net.core.somaxconn"},
    [FLAG_BUSY_MACHINE] = {"busy_machine", FLAG_WARNING, 0,
                           "other processes used the CPUs meanwhile",
                           "stop them, or read with care"},
    [FLAG_RESTARTS] = {"restarts", FLAG_INVALID, FLAG_TOLERABLE,
                       "processes of the server died and were replaced",
                       "see the log of the server"},
    [FLAG_OP] = {"op", FLAG_WARNING, 0,
                 "an operation has not quite done what its step says",
                 "see the note of the operation"},
};

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
    [FLAG_INTERRUPTED] =
        {
            .word = "interrupted",
            .meaning = "the run was stopped before its window was over",
            .remedy = "let it run to its end",
        },
    [FLAG_NO_REPLIES] =
        {
            .word = "no_replies",
            .severity = FLAG_INVALID,
            .meaning = "no good reply came within the measured window",
            .remedy = "take a longer --duration, or see the errors",
        },
    [FLAG_GENERATOR_SATURATED] =
        {
            .word = "generator_saturated",
            .severity = FLAG_INVALID,
            .generator_fault = true,
            .meaning = "a generator thread was busy all the time: it was the limit",
            .remedy = "give the generator more --threads and cores, or fewer connections",
        },
    [FLAG_SCHEDULE_LAG] =
        {
            .word = "schedule_lag",
            .severity = FLAG_INVALID,
            .generator_fault = true,
            .meaning = "requests left later than they were due, by the generator's fault",
            .remedy = core_of_its_own,
        },
    [FLAG_RATE_MISSED] =
        {
            .word = "rate_missed",
            .severity = FLAG_INVALID,
            .tolerable = true,
            .meaning = "not all requests that were due could be sent in time",
            .remedy = "raise --connections, or the server cannot do more",
        },
    [FLAG_ERRORS] =
        {
            .word = "errors",
            .severity = FLAG_INVALID,
            .tolerable = true,
            .meaning = "more than 0.1 % of the requests failed",
            .remedy = "see the errors by kind, each with its likely cause",
        },
    [FLAG_DROPPED] =
        {
            .word = "dropped",
            .severity = FLAG_INVALID,
            .tolerable = true,
            .meaning = "requests were never sent, since no connection became free",
            .remedy = "raise --connections or lower the rate",
        },
    [FLAG_PORTS_EXHAUSTED] =
        {
            .word = "ports_exhausted",
            .severity = FLAG_INVALID,
            .generator_fault = true,
            .meaning = "the machine of the generator ran out of ports",
            .remedy = "keep connections alive, allow more --sources or lower the rate",
        },
    [FLAG_GENERATOR_STALLED] =
        {
            .word = "generator_stalled",
            .severity = FLAG_INVALID,
            .generator_fault = true,
            .meaning = "the generator stood still: latencies of that time are its own",
            .remedy = core_of_its_own,
        },
    [FLAG_SHARED_CPU] =
        {
            .word = "shared_cpu",
            .severity = FLAG_INVALID,
            .generator_fault = true,
            .meaning = "the generator took CPU time from the server's CPUs",
            .remedy = "give each CPUs of its own (--cpus), or lower the rate",
        },
    [FLAG_CENSORED] =
        {
            .word = "censored",
            .meaning = "requests without a reply entered the latencies with their age: "
                       "high percentiles are lower bounds",
            .remedy = "take a longer --drain",
        },
    [FLAG_GAPS_NOT_EXPONENTIAL] =
        {
            .word = "gaps_not_exponential",
            .severity = FLAG_INVALID,
            .generator_fault = true,
            .meaning = "the gaps between sends are not those of Poisson arrivals",
            .remedy = core_of_its_own,
        },
    [FLAG_GAPS_CORRELATED] =
        {
            .word = "gaps_correlated",
            .severity = FLAG_INVALID,
            .generator_fault = true,
            .meaning = "gaps between sends depend on the gap before",
            .remedy = core_of_its_own,
        },
    [FLAG_GAPS_UNEVEN] =
        {
            .word = "gaps_uneven",
            .severity = FLAG_INVALID,
            .generator_fault = true,
            .meaning = "the gaps between constant arrivals were not constant",
            .remedy = core_of_its_own,
        },
    [FLAG_UNSTEADY] =
        {
            .word = "unsteady",
            .severity = FLAG_INVALID,
            .meaning = "the window does not look the same all along",
            .remedy = "take a longer --warmup, less load, or a machine that is at rest",
        },
    [FLAG_NOT_MERGED] =
        {
            .word = "not_merged",
            .meaning = "figures or settings of the parts do not add up and are null",
            .remedy = "look them up in the parts",
        },
    [FLAG_GENERATOR] =
        {
            .word = "generator",
            .severity = FLAG_INVALID,
            .meaning = "the generator calls its result invalid without a reason",
            .remedy = "see its log beside the trial",
        },
    [FLAG_COUNT_MISMATCH] =
        {
            .word = "count_mismatch",
            .severity = FLAG_INVALID,
            .meaning = "the server has not counted what the generator has sent",
            .remedy = "look for another client of the server, or a fault in its counts",
        },
    [FLAG_SERVICES_BUSY] =
        {
            .word = "services_busy",
            .meaning = "what the server asks was busy itself: the server may have waited",
            .remedy = "give the services more CPUs",
        },
    [FLAG_SERVICES_SHARE_CPU] =
        {
            .word = "services_share_cpu",
            .meaning = "what the server asks took CPU time from the generator",
            .remedy = "measure on a machine with more CPUs",
        },
    [FLAG_STEAL] =
        {
            .word = "steal",
            .meaning = "the hypervisor took CPU time away; above 2 % it is invalid",
            .remedy = "measure on a machine that is not shared",
        },
    [FLAG_THROTTLED] =
        {
            .word = "throttled",
            .severity = FLAG_INVALID,
            .meaning = "the CPU quota of the cgroup held the run back",
            .remedy = "raise the quota of the cgroup",
        },
    [FLAG_SWAPPING] =
        {
            .word = "swapping",
            .severity = FLAG_INVALID,
            .meaning = "the machine swapped",
            .remedy = "stop what takes the memory",
        },
    [FLAG_LISTEN_OVERFLOW] =
        {
            .word = "listen_overflow",
            .severity = FLAG_INVALID,
            .meaning = "connections were refused for a full listen backlog",
            .remedy = "open fewer connections at a time, or raise net.core.somaxconn",
        },
    [FLAG_BUSY_MACHINE] =
        {
            .word = "busy_machine",
            .meaning = "other processes used the CPUs meanwhile",
            .remedy = "stop them, or read with care",
        },
    [FLAG_RESTARTS] =
        {
            .word = "restarts",
            .severity = FLAG_INVALID,
            .tolerable = true,
            .meaning = "processes of the server died and were replaced",
            .remedy = "see the log of the server",
        },
    [FLAG_OP] =
        {
            .word = "op",
            .meaning = "an operation has not quite done what its step says",
            .remedy = "see the note of the operation",
        },
    [FLAGS] = {0},
};

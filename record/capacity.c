/* capacity.c - see capacity.h. */
#include "record/capacity.h"

const char *const capacity_verdict_words[] = {
    [CAPACITY_KEPT] = "kept",
    [CAPACITY_MISSED] = "missed",
    [CAPACITY_GENERATOR] = "generator at fault",
    [CAPACITY_CONNECTIONS] = "connections all busy",
    NULL,
};

static const char *const outcome_words[] = {
    [CAPACITY_FOUND] = "found",
    [CAPACITY_NONE] = "none",
    [CAPACITY_GENERATOR_LIMIT] = "generator_limit",
    [CAPACITY_CONNECTION_LIMIT] = "connection_limit",
    [CAPACITY_TIME_UP] = "time_up",
    [CAPACITY_INTERRUPTED] = "interrupted",
    NULL,
};

static const struct record_field step_fields[] = {
    {MEMBER_NUMBER("rate_rps", capacity_step, rate_rps), .unit = "1/s"},
    {MEMBER_NUMBER("seconds", capacity_step, seconds), .unit = "s"},
    {MEMBER_COUNT("requests", capacity_step, requests)},
    {MEMBER_COUNT("bad", capacity_step, bad)},
    {MEMBER_NUMBER("value_ns", capacity_step, value_ns), .unit = "ns"},
    {MEMBER_WORD("verdict", capacity_step, verdict, capacity_verdict_words)},
    {MEMBER_BOOL("decided", capacity_step, decided)},
    {MEMBER_BOOL("confirmation", capacity_step, confirmation)},
    {0},
};
static const struct record_type step_type = RECORD_TYPE(capacity_step, step_fields);

static const struct record_field capacity_fields[] = {
    {MEMBER_COUNT("schema_version", capacity, schema_version)},
    {MEMBER_TEXT("target", capacity, target)},
    {MEMBER_TEXT("objective", capacity, objective)},
    {MEMBER_WORD("outcome", capacity, outcome, outcome_words)},
    {MEMBER_NUMBER("capacity_rps", capacity, rps), .unit = "1/s"},
    {MEMBER_NUMBER("missed_rps", capacity, missed_rps), .unit = "1/s"},
    {MEMBER_LIST("steps", capacity, steps, step_count, step_type)},
    {0},
};
const struct record_type capacity_type = RECORD_TYPE(capacity, capacity_fields);

bool capacity_is_at_least(const struct capacity *capacity)
{
    return capacity->outcome != CAPACITY_FOUND && capacity->outcome != CAPACITY_NONE;
}

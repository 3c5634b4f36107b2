/* tally.c - see tally.h. */
#include "analysis/simulate/tally.h"

#include <stdbool.h>

#include "base/text.h"

void tally_init(struct request_tally *tally, size_t class_count, uint64_t begin_ns,
                uint64_t end_ns)
{
    *tally = (struct request_tally){
        .class_count = class_count, .begin_ns = begin_ns, .end_ns = end_ns};
    tally->classes = memory_allocate_zeroed(class_count, sizeof *tally->classes);
    for (size_t i = 0; i < class_count; i++)
        histogram_init(&tally->classes[i].latency);
}

static bool is_within(const struct request_tally *tally, uint64_t ns)
{
    return ns >= tally->begin_ns && ns < tally->end_ns;
}

void tally_begun(struct request_tally *tally, uint32_t class_index, uint64_t due_ns)
{
    if (!is_within(tally, due_ns))
        return;
    tally->classes[class_index].due++;
    tally->left++;
}

void tally_done(struct request_tally *tally, uint32_t class_index, uint64_t due_ns,
                uint64_t now_ns)
{
    struct simulated_class *class = &tally->classes[class_index];
    class->replies += is_within(tally, now_ns);
    if (!is_within(tally, due_ns))
        return;
    class->done++;
    histogram_record(&class->latency, now_ns - due_ns);
    tally->left--;
}

void tally_refused(struct request_tally *tally, uint32_t class_index, uint64_t due_ns)
{
    if (!is_within(tally, due_ns))
        return;
    tally->classes[class_index].refused++;
    tally->left--;
}

void tally_in_flight(struct request_tally *tally, uint32_t class_index, uint64_t due_ns,
                     uint64_t now_ns)
{
    struct simulated_class *class = &tally->classes[class_index];
    class->due += !is_within(tally, due_ns);
    class->in_flight++;
    histogram_record(&class->latency, now_ns - due_ns);
}

void tally_unsent(struct request_tally *tally, uint32_t class_index, uint64_t due_ns,
                  uint64_t now_ns)
{
    struct simulated_class *class = &tally->classes[class_index];
    class->due++;
    class->unsent++;
    histogram_record(&class->latency, now_ns - due_ns);
}

void simulated_class_merge(struct simulated_class *into,
                           const struct simulated_class *from)
{
    into->due += from->due;
    into->done += from->done;
    into->refused += from->refused;
    into->in_flight += from->in_flight;
    into->unsent += from->unsent;
    into->replies += from->replies;
    histogram_merge(&into->latency, &from->latency);
}

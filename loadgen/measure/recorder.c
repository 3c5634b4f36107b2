/* recorder.c - see recorder.h. */
#include "loadgen/measure/recorder.h"

#include <math.h>
#include <stdlib.h>

#include "base/compare.h"
#include "base/text.h"

void recorder_init(struct recorder *recorder, size_t class_count, uint64_t interval_ns,
                   uint64_t duration_ns)
{
    *recorder = (struct recorder){
        .begin_ns = UINT64_MAX,
        .end_ns = UINT64_MAX,
        .class_count = class_count,
        .interval_ns = interval_ns,
        .interval_count = (size_t)((duration_ns + interval_ns - 1) / interval_ns),
        .current_end_ns = UINT64_MAX,
    };
    recorder->classes = memory_allocate_zeroed(class_count, sizeof *recorder->classes);
    for (size_t i = 0; i < class_count; i++) {
        histogram_init(&recorder->classes[i].on_time);
        histogram_init(&recorder->classes[i].late);
        histogram_init(&recorder->classes[i].ages);
    }
    histogram_init(&recorder->service);
    histogram_init(&recorder->service_ages);
    histogram_init(&recorder->first_byte);
    histogram_init(&recorder->first_byte_ages);
    histogram_init(&recorder->connects);
    histogram_init(&recorder->schedule_lag);
    histogram_init(&recorder->own_lag);
    pairs_init(&recorder->successive);
    recorder->intervals =
        memory_allocate_zeroed(recorder->interval_count, sizeof *recorder->intervals);
}

void recorder_release(struct recorder *recorder)
{
    for (size_t i = 0; i < recorder->class_count; i++) {
        histogram_release(&recorder->classes[i].on_time);
        histogram_release(&recorder->classes[i].late);
        histogram_release(&recorder->classes[i].ages);
    }
    free(recorder->classes);
    histogram_release(&recorder->service);
    histogram_release(&recorder->service_ages);
    histogram_release(&recorder->first_byte);
    histogram_release(&recorder->first_byte_ages);
    histogram_release(&recorder->connects);
    histogram_release(&recorder->schedule_lag);
    histogram_release(&recorder->own_lag);
    pairs_release(&recorder->successive);
    free(recorder->intervals);
    *recorder = (struct recorder){0};
}

void recorder_start(struct recorder *recorder, uint64_t begin_ns, uint64_t end_ns)
{
    recorder->begin_ns = begin_ns;
    recorder->end_ns = end_ns;
    recorder->current = NULL;
    recorder->current_end_ns = begin_ns;
}

void recorder_end_at(struct recorder *recorder, uint64_t end_ns)
{
    if (end_ns >= recorder->end_ns)
        return;
    recorder->end_ns = end_ns;
    uint64_t length = end_ns > recorder->begin_ns ? end_ns - recorder->begin_ns : 0;
    size_t count = (size_t)((length + recorder->interval_ns - 1) / recorder->interval_ns);
    if (count < recorder->interval_count)
        recorder->interval_count = count;
    if (recorder->current_end_ns > end_ns && recorder->current)
        recorder->current_end_ns = end_ns;
}

void recorder_advance(struct recorder *recorder, uint64_t now_ns)
{
    while (now_ns >= recorder->current_end_ns) {
        size_t next = 0;
        if (recorder->current) {
            recorder->current->in_flight = recorder->in_flight;
            next = (size_t)(recorder->current - recorder->intervals) + 1;
        }
        if (next >= recorder->interval_count) {
            recorder->current = NULL;
            recorder->current_end_ns = UINT64_MAX;
            return;
        }
        recorder->current = &recorder->intervals[next];
        recorder->current_end_ns =
            recorder->begin_ns + (uint64_t)(next + 1) * recorder->interval_ns;
        if (recorder->current_end_ns > recorder->end_ns)
            recorder->current_end_ns = recorder->end_ns;
    }
}

static void record_latency(struct recorder *recorder, uint32_t class_index,
                           uint64_t scheduled_ns, uint64_t sent_ns, uint64_t first_ns,
                           uint64_t done_ns)
{
    struct class_record *class = &recorder->classes[class_index];
    if (sent_ns == scheduled_ns && first_ns == done_ns) {
        histogram_record(&class->on_time, done_ns - scheduled_ns);
        return;
    }
    histogram_record(&class->late, done_ns - scheduled_ns);
    histogram_record(&recorder->service, done_ns - sent_ns);
    histogram_record(&recorder->first_byte, first_ns - sent_ns);
}

/* A request has ended; `over` where it failed or took longer than the limit. */
static void live_counters_end(struct live_counters *live, bool belongs, bool over)
{
    live_counter_add(&live->in_flight, UINT64_MAX); /* one less */
    if (belongs) {
        live_counter_add(&live->judged, 1);
        live_counter_add(&live->over, over);
    }
}

static void count_reply(struct recorder *recorder, uint64_t done_ns)
{
    struct account *account = recorder->account;
    recorder->accounted +=
        account && account_holds(account, recorder->begin_ns, recorder->end_ns, done_ns);
}

void recorder_ok(struct recorder *recorder, uint32_t class_index, uint64_t scheduled_ns,
                 uint64_t sent_ns, uint64_t first_ns, uint64_t done_ns)
{
    recorder->in_flight--;
    count_reply(recorder, done_ns);
    if (done_ns >= recorder->current_end_ns)
        recorder_advance(recorder, done_ns);
    struct series_interval *interval = recorder->current;
    if (interval) {
        uint64_t latency = done_ns - scheduled_ns;
        interval->ok++;
        interval->counts[histogram_bucket(latency) >> HISTOGRAM_COARSE_SHIFT]++;
        if (latency > interval->max_ns)
            interval->max_ns = latency;
        recorder->completed++;
    }
    if (recorder->live) {
        uint64_t latency = done_ns - scheduled_ns;
        live_counter_add(
            &recorder->live->counts[histogram_bucket(latency) >> HISTOGRAM_COARSE_SHIFT],
            1);
        live_counters_end(recorder->live, recorder_belongs(recorder, scheduled_ns),
                          latency > recorder->live->limit_ns);
    }
    if (recorder_belongs(recorder, scheduled_ns)) {
        recorder->classes[class_index].counts.ended[OUTCOME_OK]++;
        record_latency(recorder, class_index, scheduled_ns, sent_ns, first_ns, done_ns);
        pairs_add(&recorder->successive, (double)(done_ns - scheduled_ns));
    } else {
        uint64_t *slowest_ns = &recorder->classes[class_index].slowest_early_ns;
        *slowest_ns = most_of(*slowest_ns, done_ns - scheduled_ns);
    }
}

/* The request has no reply: it is right-censored at its age. */
static void record_age(struct recorder *recorder, uint32_t class_index,
                       uint64_t scheduled_ns, uint64_t sent_ns, uint64_t first_ns,
                       uint64_t now_ns)
{
    histogram_record(&recorder->classes[class_index].ages, now_ns - scheduled_ns);
    if (!sent_ns)
        return;
    histogram_record(&recorder->service_ages, now_ns - sent_ns);
    if (first_ns)
        histogram_record(&recorder->first_byte, first_ns - sent_ns);
    else
        histogram_record(&recorder->first_byte_ages, now_ns - sent_ns);
}

void recorder_failed(struct recorder *recorder, uint32_t class_index,
                     uint64_t scheduled_ns, uint64_t sent_ns, uint64_t first_ns,
                     uint64_t done_ns, enum failure failure)
{
    enum outcome outcome = failure_kinds[failure].outcome;
    bool replied = outcome == OUTCOME_HTTP_ERROR || outcome == OUTCOME_BAD_BODY;
    recorder->in_flight--;
    if (replied)
        count_reply(recorder, done_ns);
    recorder_advance(recorder, done_ns);
    if (recorder->current) {
        recorder->current->errors++;
        recorder->refused += replied;
    }
    if (recorder->live) {
        live_counter_add(&recorder->live->errors, 1);
        live_counters_end(recorder->live, recorder_belongs(recorder, scheduled_ns), true);
    }
    if (!recorder_belongs(recorder, scheduled_ns))
        return;
    recorder->failures[failure]++;
    recorder->classes[class_index].counts.ended[outcome]++;
    if (outcome == OUTCOME_TIMEOUT)
        record_age(recorder, class_index, scheduled_ns, sent_ns, first_ns, done_ns);
}

void recorder_unfinished(struct recorder *recorder, uint32_t class_index,
                         uint64_t scheduled_ns, uint64_t sent_ns, uint64_t first_ns,
                         uint64_t now_ns)
{
    recorder->in_flight--;
    struct counts *counts = &recorder->classes[class_index].counts;
    if (scheduled_ns < recorder->begin_ns) {
        counts->scheduled++;
        counts->sent += sent_ns != 0;
    } else if (!recorder_belongs(recorder, scheduled_ns)) {
        return;
    }
    counts->ended[OUTCOME_IN_FLIGHT]++;
    record_age(recorder, class_index, scheduled_ns, sent_ns, first_ns, now_ns);
}

void recorder_dropped(struct recorder *recorder, uint32_t class_index,
                      uint64_t scheduled_ns, uint64_t now_ns)
{
    if (!recorder_belongs(recorder, scheduled_ns))
        return;
    recorder->classes[class_index].counts.scheduled++;
    recorder->classes[class_index].counts.ended[OUTCOME_DROPPED]++;
    recorder->due_span_ns = scheduled_ns - recorder->begin_ns;
    record_age(recorder, class_index, scheduled_ns, 0, 0, now_ns);
}

void recorder_taken(struct recorder *recorder, uint64_t scheduled_ns, bool waited,
                    uint64_t late_ns)
{
    if (!recorder_belongs(recorder, scheduled_ns))
        return;
    recorder->waited += waited;
    recorder->due_span_ns = scheduled_ns - recorder->begin_ns;
    histogram_record(&recorder->own_lag, late_ns);
}

void recorder_lag(struct recorder *recorder, uint64_t scheduled_ns, uint64_t sent_ns)
{
    if (!recorder_belongs(recorder, scheduled_ns))
        return;
    histogram_record(&recorder->schedule_lag, sent_ns - scheduled_ns);
    recorder->sent_span_ns = sent_ns - recorder->begin_ns;
}

/* ---- adding up --------------------------------------------------------------------- */

static void series_interval_add(struct series_interval *into,
                                const struct series_interval *from)
{
    into->ok += from->ok;
    into->errors += from->errors;
    into->in_flight += from->in_flight;
    if (from->max_ns > into->max_ns)
        into->max_ns = from->max_ns;
    for (size_t i = 0; i < HISTOGRAM_COARSE_BUCKETS; i++)
        into->counts[i] += from->counts[i];
}

void recorder_merge(struct recorder *into, const struct recorder *from)
{
    for (size_t i = 0; i < from->class_count; i++) {
        counts_add(&into->classes[i].counts, &from->classes[i].counts);
        histogram_merge(&into->classes[i].on_time, &from->classes[i].on_time);
        histogram_merge(&into->classes[i].late, &from->classes[i].late);
        histogram_merge(&into->classes[i].ages, &from->classes[i].ages);
        into->classes[i].slowest_early_ns =
            most_of(into->classes[i].slowest_early_ns, from->classes[i].slowest_early_ns);
    }
    histogram_merge(&into->service, &from->service);
    histogram_merge(&into->service_ages, &from->service_ages);
    histogram_merge(&into->first_byte, &from->first_byte);
    histogram_merge(&into->first_byte_ages, &from->first_byte_ages);
    histogram_merge(&into->connects, &from->connects);
    histogram_merge(&into->schedule_lag, &from->schedule_lag);
    histogram_merge(&into->own_lag, &from->own_lag);
    pairs_merge(&into->successive, &from->successive);
    for (int i = 0; i < FAILURES; i++)
        into->failures[i] += from->failures[i];
    for (size_t i = 0; i < STATUSES; i++)
        into->statuses[i] += from->statuses[i];
    into->received_bytes += from->received_bytes;
    into->sent_bytes += from->sent_bytes;
    into->completed += from->completed;
    into->refused += from->refused;
    into->accounted += from->accounted;
    into->sent_in_time += from->sent_in_time;
    into->waited += from->waited;
    into->due_span_ns = most_of(into->due_span_ns, from->due_span_ns);
    into->sent_span_ns = most_of(into->sent_span_ns, from->sent_span_ns);
    if (into->interval_count > from->interval_count)
        into->interval_count = from->interval_count;
    for (size_t i = 0; i < into->interval_count; i++)
        series_interval_add(&into->intervals[i], &from->intervals[i]);
}

uint64_t series_interval_quantile(const struct series_interval *interval, double fraction)
{
    uint64_t total = 0, seen = 0;
    for (size_t i = 0; i < HISTOGRAM_COARSE_BUCKETS; i++)
        total += interval->counts[i];
    uint64_t wanted = (uint64_t)ceil(fraction * (double)total);
    for (uint32_t i = 0; i < HISTOGRAM_COARSE_BUCKETS; i++) {
        seen += interval->counts[i];
        if (seen && seen >= wanted) {
            uint64_t high =
                histogram_bucket_high(((i + 1) << HISTOGRAM_COARSE_SHIFT) - 1);
            return high < interval->max_ns ? high : interval->max_ns;
        }
    }
    return interval->max_ns;
}

/* load_merge.c - see load_merge.h. */
#include "record/load_merge.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"

/* Names what is not in the sum, with the reason. */
#define DROP(dropped, ...)                                                               \
    (text_append_string(dropped, (dropped)->length ? "; " : ""),                         \
     text_printf(dropped, __VA_ARGS__))

/* ---- which runs, and when --------------------------------------------------------- */

static struct wall_window window_of(const struct record_part *part)
{
    const struct load_result *result = part->record;
    return load_runs_common(result->runs, result->run_count);
}

/* Refuses a run that both parts hold. */
static int check_different(const struct record_part *a, const struct record_part *b,
                           struct error *error)
{
    const struct load_result *left = a->record, *right = b->record;
    for (size_t i = 0; i < left->run_count; i++)
        for (size_t k = 0; k < right->run_count; k++)
            if (strcmp(left->runs[i].id, right->runs[k].id) == 0)
                return error_set(
                    error, -EINVAL,
                    "%s and %s hold the same run, which would count twice: process %llu "
                    "of %s, from %s",
                    a->name, b->name, (unsigned long long)left->runs[i].process,
                    left->runs[i].host, left->runs[i].start);
    return 0;
}

/* Refuses parts of which one ended before another began. */
static int check_overlap(const struct record_part *first, const struct record_part *last,
                         struct error *error)
{
    char text[QUANTITY_TEXT_BYTES];
    uint64_t end_ns = window_of(first).end_ns, begin_ns = window_of(last).begin_ns;
    if (begin_ns < end_ns)
        return 0;
    return error_set(
        error, -EINVAL,
        "the window of %s ended %s before that of %s began: they did not "
        "load the server at the same time",
        first->name,
        quantity_format(QUANTITY_TIME, (double)(begin_ns - end_ns), text, sizeof text),
        last->name);
}

/* The time that the windows of all parts have in common. */
static int find_common(const struct record_part *parts, size_t count,
                       struct wall_window *common, struct error *error)
{
    size_t last = 0, first = 0; /* to begin, to end */
    int code = 0;
    for (size_t i = 0; i < count; i++)
        if (!((const struct load_result *)parts[i].record)->run_count)
            return error_set(error, -EINVAL,
                             "%s does not tell when it was measured (\"runs\"): measure "
                             "again with this version",
                             parts[i].name);
    for (size_t i = 0; code == 0 && i < count; i++) {
        for (size_t k = 0; code == 0 && k < i; k++)
            code = check_different(&parts[k], &parts[i], error);
        if (window_of(&parts[i]).begin_ns > window_of(&parts[last]).begin_ns)
            last = i;
        if (window_of(&parts[i]).end_ns < window_of(&parts[first]).end_ns)
            first = i;
    }
    if (code == 0)
        code = check_overlap(&parts[first], &parts[last], error);
    *common = (struct wall_window){window_of(&parts[last]).begin_ns,
                                   window_of(&parts[first]).end_ns};
    return code;
}

static double seconds_of(struct wall_window window)
{
    return (double)(window.end_ns - window.begin_ns) / NS_PER_S;
}

static void merge_runs(struct load_result *sum, const struct record_part *part)
{
    const struct load_result *from = part->record;
    for (size_t i = 0; i < from->run_count; i++)
        record_copy(&load_run_type,
                    record_append(&sum->runs, &sum->run_count, load_run_type.size),
                    &from->runs[i]);
}

/* ---- what lies in the common window ----------------------------------------------- */

static uint64_t step_ns_of(const struct load_result *part)
{
    return part->interval_s > 0 ? (uint64_t)llround(part->interval_s * NS_PER_S) : 0;
}

/* Good replies per second; NAN where no step of the series lies within, but for a
 * twentieth of it: generators that are started together are milliseconds apart. */
static double rate_within(const struct record_part *part, struct wall_window common)
{
    const struct load_result *result = part->record;
    struct wall_window own = window_of(part);
    if (own.begin_ns >= common.begin_ns && own.end_ns <= common.end_ns)
        return result->throughput_rps;
    uint64_t step_ns = step_ns_of(result), ok = 0, counted_ns = 0;
    for (size_t i = 0; step_ns && i < result->series_count; i++) {
        uint64_t begin_ns = own.begin_ns + i * step_ns;
        uint64_t end_ns =
            begin_ns + step_ns < own.end_ns ? begin_ns + step_ns : own.end_ns;
        if (begin_ns + step_ns / 20 < common.begin_ns ||
            end_ns > common.end_ns + step_ns / 20 || begin_ns >= end_ns)
            continue;
        ok += result->series[i].ok;
        counted_ns += end_ns - begin_ns;
    }
    return counted_ns ? (double)ok * NS_PER_S / (double)counted_ns : (double)NAN;
}

/* The steps of the part in the common window, counted from its beginning; borrowed. */
static void cut_series(struct load_result *cut, const struct record_part *part,
                       struct wall_window common)
{
    uint64_t step_ns = step_ns_of(cut);
    if (!step_ns || !cut->series_count)
        return;
    size_t first =
        (size_t)((common.begin_ns - window_of(part).begin_ns + step_ns / 2) / step_ns);
    if (first > cut->series_count)
        first = cut->series_count;
    cut->series += first;
    cut->series_count -= first;
}

/* Copies that borrow all they point to, with equally many steps; heap. */
static struct load_result *cut_parts(const struct record_part *parts, size_t count,
                                     struct wall_window common)
{
    struct load_result *cut = memory_allocate_zeroed(count, sizeof *cut);
    size_t steps = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        cut[i] = *(const struct load_result *)parts[i].record;
        cut_series(&cut[i], &parts[i], common);
        cut[i].duration_s = seconds_of(common);
        steps = cut[i].series_count < steps ? cut[i].series_count : steps;
    }
    for (size_t i = 0; i < count; i++)
        cut[i].series_count = steps;
    return cut;
}

/* The largest share of a window that may lie outside the common one without a word. */
#define LARGEST_SHARE_OUTSIDE 0.05

/* The part whose window is the least like the common one; NULL: all are like it. */
static const struct record_part *find_unlike(const struct record_part *parts,
                                             size_t count, struct wall_window common)
{
    const struct record_part *unlike = NULL;
    double longest_s = seconds_of(common) / (1 - LARGEST_SHARE_OUTSIDE);
    for (size_t i = 0; i < count; i++) {
        double own_s = seconds_of(window_of(&parts[i]));
        if (own_s <= longest_s)
            continue;
        longest_s = own_s;
        unlike = &parts[i];
    }
    return unlike;
}

static void flag_unlike(struct load_result *sum, const struct record_part *unlike,
                        struct wall_window common)
{
    char own_text[QUANTITY_TEXT_BYTES], common_text[QUANTITY_TEXT_BYTES];
    load_result_warn(sum, FLAG_WINDOWS_DIFFER,
                     "%s was measured for %s, of which %s are common to all: rates are "
                     "of these, counts and latencies of all of it",
                     unlike->name,
                     quantity_format(QUANTITY_TIME,
                                     seconds_of(window_of(unlike)) * NS_PER_S, own_text,
                                     sizeof own_text),
                     quantity_format(QUANTITY_TIME, seconds_of(common) * NS_PER_S,
                                     common_text, sizeof common_text));
}

/* Each part holds a run; those of one part have been held against each other before. */
static void flag_builds(struct load_result *sum, const struct record_part *parts,
                        size_t count)
{
    const char *first =
        ((const struct load_result *)parts[0].record)->runs->binary_sha256;
    for (size_t i = 1; i < count; i++) {
        const char *its =
            ((const struct load_result *)parts[i].record)->runs->binary_sha256;
        if (text_same(first, its))
            continue;
        load_result_warn(sum, FLAG_OTHER_BUILD,
                         "%s was measured by another build than %s: binary %.12s instead "
                         "of %.12s",
                         parts[i].name, parts[0].name, its ? its : "not recorded",
                         first ? first : "not recorded");
        return;
    }
}

static void set_rates(struct load_result *sum, const struct record_part *parts,
                      size_t count, struct wall_window common, bool alike,
                      struct text *dropped)
{
    sum->throughput_rps = 0;
    for (size_t i = 0; i < count; i++) {
        double rate_rps = rate_within(&parts[i], common);
        if (isnan(rate_rps) && !isnan(sum->throughput_rps))
            DROP(dropped,
                 "throughput_rps: no step of the series of %s lies wholly within the "
                 "common window",
                 parts[i].name);
        sum->throughput_rps += rate_rps;
    }
    if (alike)
        return;
    if (sum->traffic) {
        sum->traffic->received_per_s = sum->traffic->sent_per_s = NAN;
        DROP(dropped, "traffic.received_bytes_per_s, traffic.sent_bytes_per_s: bytes are "
                      "of windows that are not the same");
    }
    if (!sum->phase_count && !sum->trace)
        return;
    sum->offered_rps = sum->scheduled_rps = NAN;
    DROP(dropped, "offered_rps, scheduled_rps: the rate changed, and not all of the "
                  "windows is common");
}

/* ---- what the table does not tell ------------------------------------------------- */

static void set_series(struct load_result *sum, struct text *dropped)
{
    for (size_t i = 0; i < sum->series_count; i++)
        sum->series[i].t_s = (double)i * sum->interval_s;
    if (!isnan(sum->interval_s) || !sum->series_count)
        return;
    sum->series_count = 0; /* intervals own nothing */
    DROP(dropped, "series: steps of different lengths do not add up");
}

/* CPU time per reply of all parts together, the bad ones included. */
static double merged_cpu_us(const struct record_part *parts, size_t count)
{
    double cpu_us = 0, requests = 0;
    for (size_t i = 0; i < count; i++) {
        const struct load_result *part = parts[i].record;
        double replies = part->throughput_rps * part->duration_s +
                         (double)part->counts.ended[OUTCOME_HTTP_ERROR] +
                         (double)part->counts.ended[OUTCOME_BAD_BODY];
        if (!(replies > 0))
            continue;
        cpu_us += replies * part->generator.cpu_us_per_request;
        requests += replies;
    }
    return cpu_us / requests;
}

static void merge_warnings(struct load_result *sum, const struct record_part *part)
{
    const struct load_result *from = part->record;
    for (size_t i = 0; i < from->warning_count; i++) {
        struct load_warning *warning =
            record_append(&sum->warnings, &sum->warning_count, sizeof *warning);
        *warning = from->warnings[i];
        warning->word = memory_copy_string(from->warnings[i].word);
        warning->message = memory_printf("%s: %s", part->name, from->warnings[i].message);
    }
}

/* The members of which each part has a list of its own. */
static void join_lists(struct load_result *sum, const struct record_part *parts,
                       size_t count)
{
    load_result_add_lists(sum);
    sum->merged = memory_allocate_zeroed(count + 1, sizeof *sum->merged);
    for (size_t i = 0; i < count; i++) {
        sum->merged[i] = memory_copy_string(parts[i].name);
        merge_runs(sum, &parts[i]);
        merge_warnings(sum, &parts[i]);
    }
}

int load_result_merge(struct load_result *sum, const struct record_part *parts,
                      size_t count, struct error *error)
{
    struct text dropped = {0};
    struct wall_window common = {0};
    int code = find_common(parts, count, &common, error);
    if (code < 0)
        return code;
    struct load_result *cut = cut_parts(parts, count, common);
    struct record_part *of_common = memory_allocate_zeroed(count, sizeof *of_common);
    for (size_t i = 0; i < count; i++)
        of_common[i] = (struct record_part){parts[i].name, &cut[i]};
    code = record_merge(&load_result_type, sum, of_common, count, &dropped, error);
    if (code < 0)
        goto done;
    const struct record_part *unlike = find_unlike(parts, count, common);
    set_series(sum, &dropped);
    set_rates(sum, parts, count, common, !unlike, &dropped);
    sum->generator.cpu_us_per_request = merged_cpu_us(parts, count);
    load_result_set_ceiling(sum, sum->generator.ceiling_rps);
    join_lists(sum, parts, count);
    flag_builds(sum, parts, count);
    if (unlike)
        flag_unlike(sum, unlike, common);
    if (dropped.length)
        load_result_warn(sum, FLAG_NOT_MERGED,
                         "not in the sum, look it up in the parts: %s",
                         text_string(&dropped));
done:
    free(of_common);
    free(cut);
    text_release(&dropped);
    return code;
}

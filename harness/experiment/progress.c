/* progress.c - see progress.h. */
#include "harness/experiment/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"

void progress_start(struct progress *progress, size_t total, size_t done,
                    uint64_t planned_left_ns)
{
    const char *no_colour = getenv("NO_COLOR");
    *progress = (struct progress){.total = total,
                                  .done = done,
                                  .planned_left_ns = planned_left_ns,
                                  .terminal = isatty(STDERR_FILENO) == 1};
    progress->colour = progress->terminal && !(no_colour && *no_colour);
}

void progress_add(struct progress *progress, uint64_t planned_ns)
{
    progress->total++;
    progress->planned_left_ns += planned_ns;
}

static const char *time_left(const struct progress *progress, char *buffer, size_t bytes)
{
    double factor = 1; /* until it is known better */
    if (progress->planned_done_ns > 0)
        factor = (double)progress->spent_ns / (double)progress->planned_done_ns;
    double left = (double)progress->planned_left_ns * factor;
    return clock_span_text(left / (double)NS_PER_S, buffer, bytes);
}

void progress_trial(struct progress *progress, const char *what)
{
    char left[48];
    progress->trial_begun_ns = clock_now_ns();
    if (progress->terminal)
        fprintf(stderr, "\r\033[K[%zu/%zu] %s ... %s left", progress->done + 1,
                progress->total, what, time_left(progress, left, sizeof left));
}

/* The words of the flags that forbid the use of the trial; of a valid one, of all. */
static void append_flags(struct text *words, const struct trial_record *trial)
{
    for (size_t i = 0; i < trial->flag_count; i++)
        if ((trial->valid || trial->flags[i].severity == FLAG_INVALID) &&
            trial_flag_is_first(trial, i))
            text_printf(words, "%s%s", words->length ? ", " : "", trial->flags[i].word);
}

static void print_outcome(const struct progress *progress,
                          const struct trial_record *trial)
{
    const char *red = progress->colour ? "\033[31m" : "";
    const char *plain = progress->colour ? "\033[0m" : "";
    char rate[QUANTITY_TEXT_BYTES], p99[QUANTITY_TEXT_BYTES];
    if (trial->status == TRIAL_FAILED) {
        fprintf(stderr, "%sfailed%s: %s", red, plain, trial->reason);
        return;
    }
    if (trial->slices)
        fprintf(stderr, "%zu slices", trial->slices->series->slice_count);
    else
        fprintf(stderr, "%s/s",
                quantity_format(QUANTITY_COUNT, trial->load->throughput_rps, rate,
                                sizeof rate));
    if (trial->load && !isnan(trial->load->latency.p99_ns))
        fprintf(
            stderr, ", p99 %s",
            quantity_format(QUANTITY_TIME, trial->load->latency.p99_ns, p99, sizeof p99));
    struct text flags = {0};
    append_flags(&flags, trial);
    if (flags.length)
        fprintf(stderr, " (%s%s%s%s)", trial->valid ? "" : red,
                trial->valid ? "" : "invalid: ", text_string(&flags),
                trial->valid ? "" : plain);
    text_release(&flags);
}

void progress_trial_done(struct progress *progress, const char *what, uint64_t planned_ns,
                         const struct trial_record *trial)
{
    char left[48];
    progress->done++;
    progress->planned_done_ns += planned_ns;
    progress->planned_left_ns -= planned_ns;
    progress->spent_ns += clock_now_ns() - progress->trial_begun_ns;
    fprintf(stderr, "%s[%zu/%zu] %s: ", progress->terminal ? "\r\033[K" : "",
            progress->done, progress->total, what);
    print_outcome(progress, trial);
    if (!progress->terminal && progress->done < progress->total)
        fprintf(stderr, "; %s left", time_left(progress, left, sizeof left));
    fputc('\n', stderr);
}

void progress_end(const struct progress *progress)
{
    if (progress->terminal)
        fputs("\r\033[K", stderr);
}

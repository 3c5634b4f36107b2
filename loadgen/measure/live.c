/* live.c - see live.h. */
#include "loadgen/measure/live.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"

#define LIVE_PERIOD_NS (400 * NS_PER_MS)

static const char *time_text(uint64_t ns, char *buffer)
{
    return quantity_format(QUANTITY_TIME, (double)ns, buffer, QUANTITY_TEXT_BYTES);
}

static void print_left(const struct live_line *live, const struct live_view *view)
{
    const char *phase = view->now_ns < view->begin_ns ? "warm-up, " : "";
    if (view->now_ns >= view->end_ns)
        fputs("waiting for the last replies", live->file);
    else
        fprintf(live->file, "%s%llu s left", phase,
                (unsigned long long)((view->end_ns - view->now_ns + NS_PER_S - 1) /
                                     NS_PER_S));
}

static bool draw(void *context, const struct live_view *view)
{
    struct live_line *live = context;
    uint64_t since_ns = live->last_ns ? live->last_ns : view->start_ns;
    uint64_t counts[HISTOGRAM_COARSE_BUCKETS];
    for (size_t i = 0; i < HISTOGRAM_COARSE_BUCKETS; i++)
        counts[i] = view->counts[i] - live->last_counts[i];
    char rate[QUANTITY_TEXT_BYTES], p50[QUANTITY_TEXT_BYTES], p99[QUANTITY_TEXT_BYTES];
    if (view->now_ns > since_ns) {
        double per_second = (double)(view->ok - live->last_ok) * (double)NS_PER_S /
                            (double)(view->now_ns - since_ns);
        fprintf(live->file, "\r\033[K%s/s",
                quantity_format(QUANTITY_COUNT, per_second, rate, sizeof rate));
        if (view->ok > live->last_ok)
            fprintf(live->file, "  p50 %s  p99 %s",
                    time_text(counts_quantile(counts, 0.5), p50),
                    time_text(counts_quantile(counts, 0.99), p99));
        fprintf(live->file, "  %llu in flight  %llu %s  ",
                (unsigned long long)view->in_flight, (unsigned long long)view->errors,
                text_plural((double)view->errors, "error", "errors"));
        print_left(live, view);
        fflush(live->file);
    }
    live->last_ns = view->now_ns;
    live->last_ok = view->ok;
    memcpy(live->last_counts, view->counts, sizeof live->last_counts);
    return false;
}

static void wipe(void *context)
{
    struct live_line *live = context;
    fputs("\r\033[K", live->file);
    fflush(live->file);
}

void live_line_init(struct live_line *live, FILE *file)
{
    *live = (struct live_line){
        .watcher = {.period_ns = LIVE_PERIOD_NS,
                    .limit_ns = UINT64_MAX,
                    .show = draw,
                    .leave = wipe,
                    .context = live},
        .file = file,
    };
}

bool live_line_is_possible(void)
{
    const char *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
}

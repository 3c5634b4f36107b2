/* cautions.c - see cautions.h. */
#include "analysis/cautions.h"

#include <math.h>
#include <stdlib.h>

#include "base/histogram.h"
#include "base/quantity.h"
#include "base/text.h"

/* Neither is what keeps a loop below C/W while it has so much left. */
#define FULL_SERVER    0.95
#define FULL_GENERATOR 0.9 /* of its busiest thread */

/* A shortfall beyond this, and beyond three standard deviations of a count. */
#define LEAST_SHORTFALL 0.05

/*
 * Requests that queue behind computations are alike within a busy period of the server,
 * so that a p99 is known as well as that of so many independent samples as there are busy
 * periods. Simulated (tests/unit/window_spread.c), its standard deviation is about 3/sqrt
 * of their number: 5 % take this many.
 */
#define PERIODS_FOR_5_PERCENT 3600

/* Of a cell or a row; release the scenario. */
static struct theory_case case_of(const struct comparison *comparison,
                                  const struct row *row, struct scenario *point)
{
    scenario_at_point(point, row->scenario, row->value);
    int cpus = row->used_count ? (int)row->used[0]->cpus.server_count : 1;
    return (struct theory_case){
        .scenario = point,
        .contender = row->contender,
        .calibration = manifest_calibration(&comparison->results->manifest),
        .server_cpus = cpus >= 1 ? cpus : 1,
        .trials = row->used,
        .trial_count = row->used_count,
    };
}

/* ---- closed loops that nobody holds back ------------------------------------------- */

/* Whether both had time left in every trial; not where one of them was not measured. */
static bool nobody_is_full(const struct row *row)
{
    for (size_t i = 0; i < row->used_count; i++)
        if (!(trial_server_load(row->used[i]) < FULL_SERVER) ||
            !(row->used[i]->load->generator.busiest_thread_cores < FULL_GENERATOR))
            return false;
    return row->used_count > 0;
}

static double replies_of(const struct row *row)
{
    double replies = 0;
    for (size_t i = 0; i < row->used_count; i++)
        replies += row->used[i]->load->throughput_rps * row->used[i]->load->duration_s;
    return replies;
}

/* By how much the row stays below C/W with nobody full; 0: it does not. */
static double shortfall(const struct comparison *comparison, const struct row *row,
                        bool *in_step)
{
    if (row->status != ROW_MEASURED || !nobody_is_full(row))
        return 0;
    struct scenario point;
    struct theory_case known = case_of(comparison, row, &point);
    double unhindered = theory_unhindered(&known, in_step);
    scenario_release(&point);
    double below = 1 - row->estimates[METRIC_THROUGHPUT].median / unhindered;
    return below > LEAST_SHORTFALL + 3 / sqrt(replies_of(row)) ? below : 0;
}

/* "connections 5000: epoll by 13 %, io-uring by 12 %"; empty: nobody. */
static void tell_shortfalls(const struct comparison *comparison, const struct row *rows,
                            size_t count, bool *in_step, struct text *text)
{
    const struct row *before = NULL;
    for (size_t i = 0; i < count; i++) {
        double below = shortfall(comparison, &rows[i], in_step);
        if (!(below > 0))
            continue;
        bool same_cell = before && row_same_cell(&rows[i], before);
        text_append_string(text, !before ? "" : same_cell ? ", " : "; ");
        if (!same_cell && rows[i].value)
            text_printf(text, "%s %s: ", rows[i].scenario->sweep.variable, rows[i].value);
        text_printf(text, "%s by %.0f %%", rows[i].contender->label, 100 * below);
        before = &rows[i];
    }
}

static void add_convoys(const struct comparison *comparison, const struct row *rows,
                        size_t count, struct words *lines)
{
    struct text who = {0}, line = {0};
    bool in_step = false;
    tell_shortfalls(comparison, rows, count, &in_step, &who);
    if (who.length) {
        text_printf(&line, "a closed loop stays below C/W and nobody is full: %s (%s)",
                    in_step
                        ? "clients that all wait for the same time fall into step, and "
                          "queue at the same moments; an open loop, or waits that are "
                          "drawn (wait:50ms~exp), have no such convoys"
                        : "something else than waits and CPUs is in the way",
                    text_string(&who));
        words_add(lines, text_string(&line));
    }
    text_release(&who);
    text_release(&line);
}

/* ---- windows that are short for their p99 ------------------------------------------ */

static double busy_periods(const struct comparison *comparison, const struct row *cell)
{
    struct scenario point;
    struct theory_case known = case_of(comparison, cell, &point);
    double periods = theory_busy_periods(&known);
    scenario_release(&point);
    return periods;
}

bool caution_p99_is_of_few(const struct comparison *comparison, const struct row *cell)
{
    return busy_periods(comparison, cell) < (double)histogram_samples_needed(0.99);
}

static void add_window(const struct comparison *comparison, const struct row *cell,
                       struct words *lines)
{
    double periods = busy_periods(comparison, cell);
    if (!(periods < PERIODS_FOR_5_PERCENT))
        return;
    char window[QUANTITY_TEXT_BYTES], seen[QUANTITY_TEXT_BYTES];
    struct text line = {0};
    text_printf(
        &line,
        "p99 is of this window: in %s computations begin to queue about %s times, "
        "and to be within 5 %% of the long run p99 takes %d; ratios are of trials "
        "that had the same arrivals",
        quantity_exact(QUANTITY_TIME, cell->scenario->workload.duration_ns, window,
                       sizeof window),
        quantity_format(QUANTITY_COUNT, periods, seen, sizeof seen),
        PERIODS_FOR_5_PERCENT);
    words_add(lines, text_string(&line));
    text_release(&line);
}

void cautions_add(const struct comparison *comparison, const struct row *rows,
                  size_t count, struct words *lines)
{
    add_convoys(comparison, rows, count, lines);
    add_window(comparison, rows, lines);
}

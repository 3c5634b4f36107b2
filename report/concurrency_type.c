/* concurrency_type.c - see concurrency_type.h. */
#include "report/concurrency_type.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"

struct best_row {
    const struct row *row;
    double value;
};

/* A load that offers fewer waits than this at a time cannot show who overlaps them. */
#define TELLING_WAITS 4

/* How many waits would be in progress if the server overlapped them all. */
static double offered_waits(const struct row *row, double wait)
{
    struct scenario point;
    scenario_at_point(&point, row->scenario, row->value);
    const struct workload *workload = &point.workload;
    double waits = workload_is_open(workload)
                       ? workload_mean_rate(workload) * wait
                       : (double)workload_all_connections(workload);
    scenario_release(&point);
    return waits;
}

/* Waits in progress for each thread, and in all, at the highest. */
static struct best_row find_overlap(const struct comparison *comparison,
                                    const struct contender *contender)
{
    struct best_row best = {NULL, -1};
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct row *row = &comparison->rows[i];
        const struct estimate *throughput = &row->estimates[METRIC_THROUGHPUT];
        struct path_times mean;
        if (row->contender != contender || !estimate_is_usable(throughput) ||
            !overview_row_times(comparison, row, &mean) || mean.wait <= 0 ||
            offered_waits(row, mean.wait) < TELLING_WAITS)
            continue;
        double waits = throughput->median * mean.wait;
        if (waits > best.value)
            best = (struct best_row){row, waits};
    }
    return best;
}

/* Cores kept busy, at the highest, where the work is CPU steps on several CPUs. */
static struct best_row find_parallelism(const struct comparison *comparison,
                                        const struct contender *contender)
{
    struct best_row best = {NULL, -1};
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct row *row = &comparison->rows[i];
        const struct estimate *cores = &row->estimates[METRIC_CORES];
        struct path_times mean;
        if (row->contender != contender || !estimate_is_usable(cores) ||
            !overview_row_times(comparison, row, &mean) || mean.cpu <= 0 ||
            row->used[0]->cpus.server_count < 2)
            continue;
        if (cores->median > best.value)
            best = (struct best_row){row, cores->median};
    }
    return best;
}

/* Threads that wait for requests: not those that have something else to do, or nothing,
 * as the one that takes signals and those of a pool that no step asks for. */
static double waiting_threads(const struct comparison *comparison, const struct row *row)
{
    struct scenario point;
    scenario_at_point(&point, row->scenario, row->value);
    struct theory_case known = {
        .scenario = &point,
        .contender = row->contender,
        .calibration = manifest_calibration(&comparison->results->manifest),
        .server_cpus = (int)row->used[0]->cpus.server_count,
    };
    double threads =
        fmin(theory_waiting_threads(&known), row->estimates[METRIC_THREADS].median);
    scenario_release(&point);
    return threads;
}

static void tell_overlap(struct overview_cell *cell, struct text *text,
                         const struct comparison *comparison,
                         const struct best_row *waits)
{
    double threads = waiting_threads(comparison, waits->row);
    double each = waits->value / threads;
    enum bound bound = waits->row->estimates[METRIC_THROUGHPUT].bound;
    overview_cell_add_evidence(cell, waits->row, "waits in progress = throughput * wait",
                               waits->value, bound);
    overview_cell_add_evidence(cell, waits->row, "threads that can wait", threads,
                               BOUND_EXACT);
    char all_text[QUANTITY_TEXT_BYTES], each_text[QUANTITY_TEXT_BYTES];
    metric_format(METRIC_IN_FLIGHT, round(waits->value), all_text, sizeof all_text);
    metric_format(METRIC_IN_FLIGHT, round(each), each_text, sizeof each_text);
    if (waits->value < 1.5 && bound == BOUND_EXACT)
        text_append_string(text, "one request at a time");
    else if (each < 1.5 && bound == BOUND_EXACT)
        text_printf(text, "%s waits, one per thread", all_text);
    else
        text_printf(text, "%s%s waits, %s%s per thread", bound_prefixes[bound], all_text,
                    bound_prefixes[bound], each_text);
}

void concurrency_type_derive(struct overview_cell *cell,
                             const struct comparison *comparison,
                             const struct contender *contender)
{
    struct text text = {0};
    struct best_row waits = find_overlap(comparison, contender);
    struct best_row cores = find_parallelism(comparison, contender);
    if (waits.row)
        tell_overlap(cell, &text, comparison, &waits);
    if (cores.row)
        text_printf(&text, "%s%s%.2f cores", text.length ? "; " : "",
                    bound_prefixes[cores.row->estimates[METRIC_CORES].bound],
                    overview_cell_use(cell, cores.row, METRIC_CORES));
    cell->text = text.length ? text_steal(&text) : memory_copy_string(OVERVIEW_NOTHING);
    text_release(&text);
}

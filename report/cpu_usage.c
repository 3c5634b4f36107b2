/* cpu_usage.c - see cpu_usage.h. */
#include "report/cpu_usage.h"

#include <math.h>

#include "analysis/ranking.h"
#include "base/text.h"

/* A model carries a cell's load where it comes this near to the best throughput. */
#define CARRIES 0.95

static bool is_exact(const struct estimate *estimate)
{
    return estimate->count > 0 && estimate->bound == BOUND_EXACT;
}

/* Of a row whose load and cores may be held against those of others; else 0. */
static double valid_throughput(const struct row *row)
{
    const struct estimate *throughput = &row->estimates[METRIC_THROUGHPUT];
    return is_exact(throughput) && is_exact(&row->estimates[METRIC_CORES])
               ? throughput->median
               : 0;
}

static double best_throughput(const struct comparison *comparison, const struct row *cell)
{
    double best = 0;
    for (size_t i = 0; i < comparison->row_count; i++)
        if (row_same_cell(&comparison->rows[i], cell))
            best = fmax(best, valid_throughput(&comparison->rows[i]));
    return best;
}

static bool carries(const struct row *row, double best)
{
    return best > 0 && valid_throughput(row) >= CARRIES * best;
}

/* The higher the load, the less it is a matter of noise what they use. An open loop,
 * which offers everyone the same, goes before a closed one. */
const struct row *cpu_usage_basis(const struct comparison *comparison)
{
    const struct row *chosen = NULL;
    double highest = 0;
    bool open = false;
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct row *cell = &comparison->rows[i];
        double best = best_throughput(comparison, cell);
        struct path_times mean;
        bool same_for_all = workload_is_open(&cell->scenario->workload);
        bool shows_more = same_for_all == open ? best > highest : same_for_all;
        if ((i > 0 && row_same_cell(cell, cell - 1)) || !shows_more ||
            !overview_row_times(comparison, cell, &mean) || mean.cpu > 0)
            continue;
        size_t all = 0, able = 0;
        for (size_t j = i; j < comparison->row_count; j++) {
            bool here = row_same_cell(&comparison->rows[j], cell);
            all += here;
            able += here && carries(&comparison->rows[j], best);
        }
        if (able < 2 || 2 * able < all)
            continue;
        chosen = cell;
        highest = best;
        open = same_for_all;
    }
    return chosen;
}

/* The row that carries the cell's load with the fewest cores. */
static const struct row *find_frugal(const struct comparison *comparison,
                                     const struct row *cell, double best)
{
    const struct row *frugal = NULL;
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct row *row = &comparison->rows[i];
        if (row_same_cell(row, cell) && carries(row, best) &&
            (!frugal || row->estimates[METRIC_CORES].median <
                            frugal->estimates[METRIC_CORES].median))
            frugal = row;
    }
    return frugal;
}

/* "0.34 cores, 1.18 [1.12, 1.25] times the least" */
static char *cores_text(const struct row *row, const struct row *frugal)
{
    static const struct figure cores = {METRIC_CORES, ALL_REQUESTS};
    double median = row->estimates[METRIC_CORES].median;
    if (row == frugal)
        return memory_printf("%.2f cores, the least", median);
    struct ratio ratio = row_ratio(row, frugal, cores, 0.95);
    if (row->used_count >= RANKING_LEAST_TRIALS && ratio.t.exists)
        return memory_printf("%.2f cores, %.2f [%.2f, %.2f]x", median, ratio.value,
                             ratio.t.low, ratio.t.high);
    return memory_printf("%.2f cores, %.2fx", median,
                         median / frugal->estimates[METRIC_CORES].median);
}

void cpu_usage_derive(struct overview_cell *cell, const struct comparison *comparison,
                      const struct row *basis, const struct contender *contender)
{
    const struct row *row = basis ? comparison_find(comparison, basis, contender) : NULL;
    if (!row || valid_throughput(row) <= 0) {
        cell->text = memory_copy_string(OVERVIEW_NOTHING);
        return;
    }
    double best = best_throughput(comparison, basis);
    (void)overview_cell_use(cell, row, METRIC_CORES);
    double throughput = overview_cell_use(cell, row, METRIC_THROUGHPUT);
    if (carries(row, best)) {
        cell->text = cores_text(row, find_frugal(comparison, basis, best));
    } else {
        char share[QUANTITY_TEXT_BYTES];
        text_share(throughput / best, share, sizeof share);
        cell->text = memory_printf("carries %s of it", share);
    }
}

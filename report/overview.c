/* overview.c - see overview.h. */
#include "report/overview.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

/* Two that differ by less are not told apart where there is no interval. */
#define SAME_WITHIN 0.05

/* A model carries a cell's load where it comes this near to the best throughput. */
#define CARRIES 0.95

/* More requests than this that make errors, and a model is out of the contest. */
#define ERRORS_ALLOWED 0.01

/* A model is not put out of the contest for being faster than the generator. */
static bool is_measured(const struct row *row)
{
    return row->status == ROW_MEASURED || row->lower_bound;
}

/* "io-wait, connections 1000" */
static char *cell_name(const struct row *row)
{
    if (!row->value)
        return memory_copy_string(row->scenario->name);
    return memory_printf("%s, %s %s", row->scenario->name, row->scenario->sweep.variable,
                         row->value);
}

/* CPU and wait of the average request of a row's scenario, in seconds. */
static bool mean_times(const struct comparison *comparison, const struct row *row,
                       double *cpu, double *wait)
{
    struct scenario point;
    scenario_at_point(&point, row->scenario, row->value);
    bool known = true;
    double weights = 0;
    *cpu = *wait = 0;
    for (size_t i = 0; i < point.workload.request_count; i++) {
        const struct request *request = &point.workload.requests[i];
        double weight = request->rate_rps > 0 ? request->rate_rps : request->weight;
        struct path_times own;
        if (!path_times_read(&own, request->path,
                             manifest_calibration(&comparison->results->manifest)))
            known = false;
        *cpu += weight * own.cpu;
        *wait += weight * own.wait;
        weights += weight;
    }
    *cpu /= weights;
    *wait /= weights;
    scenario_release(&point);
    return known;
}

/* ---- concurrency type ------------------------------------------------------------- */

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
        double cpu, wait;
        if (row->contender != contender || !is_measured(row) ||
            !mean_times(comparison, row, &cpu, &wait) || wait <= 0 ||
            offered_waits(row, wait) < TELLING_WAITS)
            continue;
        double waits = row->estimates[METRIC_THROUGHPUT].median * wait;
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
        double cpu, wait, cores = row->estimates[METRIC_CORES].median;
        if (row->contender != contender || !is_measured(row) ||
            !mean_times(comparison, row, &cpu, &wait) || cpu <= 0 ||
            row->used[0]->cpus.server_count < 2)
            continue;
        if (cores > best.value)
            best = (struct best_row){row, cores};
    }
    return best;
}

static void add_evidence(struct overview_cell *cell, const struct row *row,
                         const char *figure, double value)
{
    struct overview_evidence *evidence =
        record_append(&cell->evidence, &cell->evidence_count, sizeof *evidence);
    *evidence = (struct overview_evidence){.row = row, .figure = figure, .value = value};
}

/* The median of a metric of all requests, which goes into the evidence. */
static double use_metric(struct overview_cell *cell, const struct row *row,
                         enum metric_id metric)
{
    double median = row->estimates[metric].median;
    add_evidence(cell, row, metrics[metric].name, median);
    return median;
}

static void tell_overlap(struct overview_cell *cell, struct text *text,
                         const struct best_row *waits)
{
    add_evidence(cell, waits->row, "waits in progress = throughput * wait", waits->value);
    double threads = use_metric(cell, waits->row, METRIC_THREADS);
    double each = waits->value / threads;
    char all_text[QUANTITY_TEXT_BYTES], each_text[QUANTITY_TEXT_BYTES];
    metric_format(METRIC_IN_FLIGHT, round(waits->value), all_text, sizeof all_text);
    metric_format(METRIC_IN_FLIGHT, round(each), each_text, sizeof each_text);
    if (waits->value < 1.5)
        text_append_string(text, "one request at a time");
    else if (each < 1.5)
        text_printf(text, "%s waits, one per thread", all_text);
    else
        text_printf(text, "%s waits, %s per thread", all_text, each_text);
}

static void derive_type(struct overview_row *row, const struct comparison *comparison)
{
    struct text text = {0};
    struct best_row waits = find_overlap(comparison, row->contender);
    struct best_row cores = find_parallelism(comparison, row->contender);
    if (waits.row)
        tell_overlap(&row->type, &text, &waits);
    if (cores.row)
        text_printf(&text, "%s%.2f cores", text.length ? "; " : "",
                    use_metric(&row->type, cores.row, METRIC_CORES));
    row->type.text = text.length ? text_steal(&text) : memory_copy_string("not measured");
    text_release(&text);
}

/* ---- CPU usage -------------------------------------------------------------------- */

static double best_throughput(const struct comparison *comparison, const struct row *cell)
{
    double best = 0;
    for (size_t i = 0; i < comparison->row_count; i++)
        if (row_same_cell(&comparison->rows[i], cell) &&
            is_measured(&comparison->rows[i]))
            best = fmax(best, comparison->rows[i].estimates[METRIC_THROUGHPUT].median);
    return best;
}

static bool carries(const struct row *row, double best)
{
    return is_measured(row) && best > 0 &&
           row->estimates[METRIC_THROUGHPUT].median >= CARRIES * best;
}

/*
 * The first row of the cell with the highest load that at least two models, and half
 * of all, carry: the higher, the less it is a matter of noise what they use. An open
 * loop, which offers everyone the same, goes before a closed one. Only cells without
 * CPU steps. NULL where there is none.
 */
static const struct row *find_common_load(const struct comparison *comparison)
{
    const struct row *chosen = NULL;
    double highest = 0;
    bool open = false;
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct row *cell = &comparison->rows[i];
        double cpu, wait, best = best_throughput(comparison, cell);
        bool same_for_all = workload_is_open(&cell->scenario->workload);
        bool shows_more = same_for_all == open ? best > highest : same_for_all;
        if ((i > 0 && row_same_cell(cell, cell - 1)) || !shows_more ||
            !mean_times(comparison, cell, &cpu, &wait) || cpu > 0)
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

static double least_cpu(const struct comparison *comparison, const struct row *cell,
                        double best)
{
    double least = INFINITY;
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct row *row = &comparison->rows[i];
        if (row_same_cell(row, cell) && carries(row, best))
            least = fmin(least, row->estimates[METRIC_CORES].median);
    }
    return least;
}

static const char *word_for(double ratio)
{
    static const struct {
        double below;
        const char *word;
    } words[] = {{1.25, "low"}, {2, "medium"}, {INFINITY, "high"}};
    size_t i = 0;
    while (ratio >= words[i].below && isfinite(words[i].below))
        i++;
    return words[i].word;
}

static void derive_cpu(struct overview_row *line, const struct comparison *comparison,
                       const struct row *cell)
{
    const struct row *row =
        cell ? comparison_find(comparison, cell, line->contender) : NULL;
    if (!row || !is_measured(row)) {
        line->cpu.text = memory_copy_string("not measured");
        return;
    }
    double best = best_throughput(comparison, cell);
    double cores = use_metric(&line->cpu, row, METRIC_CORES);
    double throughput = use_metric(&line->cpu, row, METRIC_THROUGHPUT);
    if (carries(row, best)) {
        double ratio = cores / least_cpu(comparison, cell, best);
        line->cpu.text =
            memory_printf("%s: %.2f cores (%.1fx)", word_for(ratio), cores, ratio);
    } else {
        char share[QUANTITY_TEXT_BYTES];
        share_format(throughput / best, share, sizeof share);
        line->cpu.text = memory_printf("carries %s of it", share);
    }
}

/* ---- ideal use -------------------------------------------------------------------- */

/*
 * By what a cell's models are held against each other: of latencies the shorter is the
 * better one.
 */
static struct figure contest_of(const struct comparison *comparison,
                                const struct row *cell)
{
    const struct workload *workload = &cell->scenario->workload;
    for (size_t i = 0; cell->class_count > 1 && i < workload->request_count; i++) {
        struct path_times times;
        int class_index =
            workload_class_index(workload, workload->requests[i].class_name);
        if (class_index != ALL_REQUESTS &&
            path_times_read(&times, workload->requests[i].path,
                            manifest_calibration(&comparison->results->manifest)) &&
            times.cpu == 0)
            return (struct figure){METRIC_LATENCY_P99, class_index};
    }
    return (struct figure){workload_is_open(workload) ? METRIC_LATENCY_P99
                                                      : METRIC_THROUGHPUT,
                           ALL_REQUESTS};
}

/* More is better. */
static double score_of(const struct row *row, struct figure contest)
{
    double median = row_estimate(row, contest)->median;
    return metrics[contest.metric].latency_key ? 1 / median : median;
}

/* The row's score as a share of the best one's, block by block. */
static struct ratio score_ratio(const struct row *row, const struct row *best,
                                struct figure contest)
{
    return metrics[contest.metric].latency_key ? row_ratio(best, row, contest, 0.95)
                                               : row_ratio(row, best, contest, 0.95);
}

static bool takes_part(const struct row *row)
{
    double errors = row->estimates[METRIC_ERROR_SHARE].median;
    double starved = row->estimates[METRIC_STARVED].median;
    return is_measured(row) && !(errors > ERRORS_ALLOWED) && !(starved > 0);
}

static const struct row *best_of(const struct comparison *comparison,
                                 const struct row *cell, struct figure contest)
{
    const struct row *best = NULL;
    double highest = 0;
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct row *row = &comparison->rows[i];
        double score = row_same_cell(row, cell) && takes_part(row)
                           ? score_of(row, contest)
                           : (double)NAN;
        if (score > highest) {
            highest = score;
            best = row;
        }
    }
    return best;
}

/* Within noise of the best: by the interval of the ratio, or by a fixed margin. */
static bool is_as_good(const struct row *row, const struct row *best,
                       struct figure contest)
{
    if (!takes_part(row))
        return false;
    struct ratio ratio = score_ratio(row, best, contest);
    return row == best || ratio.value >= 1 - SAME_WITHIN ||
           (row->used_count >= 6 && ratio.t.exists && ratio.t.high >= 1);
}

struct family_score {
    size_t cells, good;
};

static struct family_score score_family(const struct comparison *comparison,
                                        const struct contender *contender,
                                        const char *family, struct overview_cell *cell)
{
    struct family_score score = {0, 0};
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct row *row = &comparison->rows[i];
        if (row->contender != contender || strcmp(row->scenario->family, family) != 0 ||
            !is_measured(row))
            continue;
        struct figure contest = contest_of(comparison, row);
        const struct row *best = best_of(comparison, row, contest);
        if (!best)
            continue;
        bool good = is_as_good(row, best, contest);
        score.cells++;
        score.good += good;
        add_evidence(cell, row,
                     good ? "as good as the best" : "behind the best, as a share of it",
                     score_of(row, contest) / score_of(best, contest));
    }
    return score;
}

static void derive_use(struct overview_row *line, const struct comparison *comparison)
{
    struct text text = {0};
    size_t cells = 0;
    for (size_t i = 0; i < comparison->results->experiment.scenario_count; i++) {
        const char *family = comparison->results->experiment.scenarios[i].scenario.family;
        bool told = false;
        for (size_t j = 0; j < i; j++)
            told = told ||
                   strcmp(comparison->results->experiment.scenarios[j].scenario.family,
                          family) == 0;
        if (told)
            continue;
        struct family_score score =
            score_family(comparison, line->contender, family, &line->use);
        cells += score.cells;
        if (score.good > 0 && 2 * score.good >= score.cells)
            text_printf(&text, "%s%s %zu/%zu", text.length ? ", " : "", family,
                        score.good, score.cells);
    }
    if (!text.length)
        text_append_string(&text, cells ? "none of these" : "not measured");
    line->use.text = text_steal(&text);
}

/* ---- the whole -------------------------------------------------------------------- */

/* "mixed, cpu": scenarios that have rows, but none that may be used. */
static char *find_not_judged(const struct comparison *comparison)
{
    struct text names = {0};
    for (size_t s = 0; s < comparison->results->experiment.scenario_count; s++) {
        const struct scenario *scenario =
            &comparison->results->experiment.scenarios[s].scenario;
        bool any = false;
        for (size_t i = 0; i < comparison->row_count; i++)
            any = any || (comparison->rows[i].scenario == scenario &&
                          is_measured(&comparison->rows[i]));
        if (!any)
            text_printf(&names, "%s%s", names.length ? ", " : "", scenario->name);
    }
    char *list = names.length ? text_steal(&names) : NULL;
    text_release(&names);
    return list;
}

void overview_derive(struct overview *overview, const struct comparison *comparison)
{
    const struct contenders *contenders = &comparison->results->experiment.contenders;
    const struct row *common = find_common_load(comparison);
    overview->cpu_basis = common ? cell_name(common) : NULL;
    overview->not_judged = find_not_judged(comparison);
    overview->row_count = contenders->count;
    overview->rows =
        memory_allocate_zeroed(contenders->count + 1, sizeof *overview->rows);
    for (size_t i = 0; i < contenders->count; i++) {
        struct overview_row *row = &overview->rows[i];
        row->contender = &contenders->items[i];
        derive_type(row, comparison);
        derive_cpu(row, comparison, common);
        derive_use(row, comparison);
    }
}

static void release_cell(struct overview_cell *cell)
{
    free(cell->text);
    free(cell->evidence);
}

void overview_release(struct overview *overview)
{
    for (size_t i = 0; i < overview->row_count; i++) {
        release_cell(&overview->rows[i].type);
        release_cell(&overview->rows[i].cpu);
        release_cell(&overview->rows[i].use);
    }
    free(overview->rows);
    free(overview->cpu_basis);
    free(overview->not_judged);
    *overview = (struct overview){0};
}

static cJSON *evidence_json(const struct overview_evidence *evidence)
{
    cJSON *item = cJSON_CreateObject();
    char *cell = cell_name(evidence->row);
    json_add_text(item, "cell", cell);
    json_add_text(item, "model", evidence->row->contender->label);
    json_add_text(item, "figure", evidence->figure);
    json_add_number(item, "value", evidence->value);
    cJSON *samples = json_add_array(item, "samples");
    for (size_t i = 0; i < evidence->row->used_count; i++)
        cJSON_AddItemToArray(samples, cJSON_CreateString(evidence->row->used[i]->id));
    free(cell);
    return item;
}

static void add_cell(cJSON *object, const char *key, const struct overview_cell *cell)
{
    cJSON *item = json_add_object(object, key);
    json_add_text(item, "text", cell->text);
    cJSON *evidence = json_add_array(item, "evidence");
    for (size_t i = 0; i < cell->evidence_count; i++)
        cJSON_AddItemToArray(evidence, evidence_json(&cell->evidence[i]));
}

cJSON *overview_to_json(const struct overview *overview)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < overview->row_count; i++) {
        const struct overview_row *row = &overview->rows[i];
        cJSON *item = cJSON_CreateObject();
        json_add_text(item, "model", row->contender->label);
        add_cell(item, "concurrency_type", &row->type);
        add_cell(item, "cpu_usage", &row->cpu);
        add_cell(item, "ideal_use", &row->use);
        cJSON_AddItemToArray(array, item);
    }
    return array;
}

/* overview.c - see overview.h. */
#include "report/overview.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

/* A model carries a cell's load where it comes this near to the best throughput. */
#define CARRIES 0.95

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
        if (row->contender != contender || !ranking_is_measured(row) ||
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
        if (row->contender != contender || !ranking_is_measured(row) ||
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
    add_evidence(cell, waits->row, "waits in progress = throughput * wait", waits->value);
    add_evidence(cell, waits->row, "threads that can wait", threads);
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
        tell_overlap(&row->type, &text, comparison, &waits);
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
            ranking_is_measured(&comparison->rows[i]))
            best = fmax(best, comparison->rows[i].estimates[METRIC_THROUGHPUT].median);
    return best;
}

static bool carries(const struct row *row, double best)
{
    return ranking_is_measured(row) && best > 0 &&
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
    struct ratio ratio = row_ratio(row, frugal, cores, 0.95);
    if (row == frugal)
        return memory_printf("%.2f cores, the least", median);
    if (row->used_count >= RANKING_LEAST_TRIALS && ratio.t.exists)
        return memory_printf("%.2f cores, %.2f [%.2f, %.2f]x", median, ratio.value,
                             ratio.t.low, ratio.t.high);
    return memory_printf("%.2f cores, %.2fx", median,
                         median / frugal->estimates[METRIC_CORES].median);
}

static void derive_cpu(struct overview_row *line, const struct comparison *comparison,
                       const struct row *cell)
{
    const struct row *row =
        cell ? comparison_find(comparison, cell, line->contender) : NULL;
    if (!row || !ranking_is_measured(row)) {
        line->cpu.text = memory_copy_string("not measured");
        return;
    }
    double best = best_throughput(comparison, cell);
    (void)use_metric(&line->cpu, row, METRIC_CORES);
    double throughput = use_metric(&line->cpu, row, METRIC_THROUGHPUT);
    if (carries(row, best)) {
        line->cpu.text = cores_text(row, find_frugal(comparison, cell, best));
    } else {
        char share[QUANTITY_TEXT_BYTES];
        share_format(throughput / best, share, sizeof share);
        line->cpu.text = memory_printf("carries %s of it", share);
    }
}

/* ---- ideal use -------------------------------------------------------------------- */

/* Of the cells of a family that count, and have this contender. */
struct family_score {
    size_t cells, good, open;
    double log_share; /* sum over those in which it takes part */
    size_t shares;
};

static void add_cell_score(struct family_score *score, struct overview_cell *evidence,
                           const struct comparison *comparison, const struct row *cell,
                           const struct row *row)
{
    size_t count = ranking_cell_size(comparison, cell);
    struct figure contest = ranking_contest(comparison, cell);
    const struct row *best = ranking_best(comparison, cell, contest);
    enum standing *standings = memory_allocate_zeroed(count, sizeof *standings);
    ranking_standings(comparison, cell, count, standings);
    enum standing standing = standings[row - cell];
    free(standings);
    score->cells++;
    score->good += standing == STANDING_BEST || standing == STANDING_AS_GOOD;
    score->open += standing == STANDING_OPEN;
    if (standing == STANDING_OUT || !best)
        return;
    double share = ranking_share(row, best, contest);
    add_evidence(evidence, row,
                 *standing_words[standing] ? standing_words[standing]
                                           : "share of the best",
                 share);
    score->log_share += log(share);
    score->shares++;
}

static struct family_score score_family(const struct comparison *comparison,
                                        const struct contender *contender,
                                        const char *family, size_t least,
                                        struct overview_cell *evidence)
{
    struct family_score score = {0};
    for (size_t i = 0; i < comparison->row_count;) {
        const struct row *cell = &comparison->rows[i];
        size_t count = ranking_cell_size(comparison, cell);
        const struct row *row = comparison_find(comparison, cell, contender);
        i += count;
        if (strcmp(cell->scenario->family, family) == 0 && row &&
            row->status != ROW_NOT_TESTABLE && !ranking_gap(cell, count, least))
            add_cell_score(&score, evidence, comparison, cell, row);
    }
    return score;
}

static bool is_first_of_family(const struct experiment *run, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(run->scenarios[i].scenario.family,
                   run->scenarios[index].scenario.family) == 0)
            return false;
    return true;
}

/* With words "io 4/5" and what is open; without, the mean share of the best. */
static void tell_family(struct text *text, const char *family,
                        const struct family_score *score, bool words)
{
    const char *gap = text->length ? ", " : "";
    if (!score->cells)
        return;
    if (words && score->open)
        text_printf(text, "%s%s %zu/%zu (%zu open)", gap, family, score->good,
                    score->cells, score->open);
    else if (words)
        text_printf(text, "%s%s %zu/%zu", gap, family, score->good, score->cells);
    else if (score->shares)
        text_printf(text, "%s%s %.2f", gap, family,
                    exp(score->log_share / (double)score->shares));
    else
        text_printf(text, "%s%s -", gap, family);
}

static void derive_use(struct overview_row *line, const struct comparison *comparison,
                       bool words)
{
    size_t least = words ? RANKING_LEAST_TRIALS : 1;
    const struct experiment *run = &comparison->results->experiment;
    struct text text = {0};
    for (size_t i = 0; i < run->scenario_count; i++) {
        const char *family = run->scenarios[i].scenario.family;
        if (!is_first_of_family(run, i))
            continue;
        struct family_score score =
            score_family(comparison, line->contender, family, least, &line->use);
        tell_family(&text, family, &score, words);
    }
    if (!text.length)
        text_append_string(&text, "not measured");
    line->use.text = text_steal(&text);
}

/* "cpu (prefork: contention)": cells that do not count, each with its first gap. */
static char *find_not_counted(const struct comparison *comparison, size_t least)
{
    struct text names = {0};
    for (size_t i = 0; i < comparison->row_count;) {
        const struct row *cell = &comparison->rows[i];
        size_t count = ranking_cell_size(comparison, cell);
        const struct row *gap = ranking_gap(cell, count, least);
        i += count;
        if (!gap)
            continue;
        char *name = cell_name(cell);
        text_printf(&names, "%s%s (%s: %s)", names.length ? "; " : "", name,
                    gap->contender->label,
                    gap->why ? gap->why : row_status_names[gap->status]);
        free(name);
    }
    char *list = names.length ? text_steal(&names) : NULL;
    text_release(&names);
    return list;
}

/* ---- the whole -------------------------------------------------------------------- */

void overview_derive(struct overview *overview, const struct comparison *comparison)
{
    const struct contenders *contenders = &comparison->results->experiment.contenders;
    const struct row *common = find_common_load(comparison);
    overview->cpu_basis = common ? cell_name(common) : NULL;
    overview->words = comparison->results->experiment.repeat >= RANKING_LEAST_TRIALS;
    overview->not_counted =
        find_not_counted(comparison, overview->words ? RANKING_LEAST_TRIALS : 1);
    overview->row_count = contenders->count;
    overview->rows =
        memory_allocate_zeroed(contenders->count + 1, sizeof *overview->rows);
    for (size_t i = 0; i < contenders->count; i++) {
        struct overview_row *row = &overview->rows[i];
        row->contender = &contenders->items[i];
        derive_type(row, comparison);
        derive_cpu(row, comparison, common);
        derive_use(row, comparison, overview->words);
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
    free(overview->not_counted);
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

/* load_table.c - see load_table.h. */
#include "report/load_table.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/statistics.h"
#include "base/quantity.h"
#include "base/text.h"

/* ---- a load in words -------------------------------------------------------------- */

/* What of a load is scaled; 0 or less: this one has none. */
static double read_connections(const struct workload *workload)
{
    return workload_connects_as_needed(workload) ? 0
                                                 : (double)workload_connections(workload);
}

static double read_rate(const struct workload *workload)
{
    return workload_is_open(workload) ? workload_mean_rate(workload) : 0;
}

static double connections_factor(const struct scaled_load *load)
{
    return load->connections;
}

static double rate_factor(const struct scaled_load *load)
{
    return isnan(load->rate) ? 1 : load->rate;
}

static const struct load_part {
    const char *name;
    double (*read)(const struct workload *workload);
    double (*factor)(const struct scaled_load *load);
    bool by_pilot;
} parts[] = {{"connections", read_connections, connections_factor, false},
             {"requests/s", read_rate, rate_factor, true}};

static void add_point(const struct scenario *scenario, const char *value,
                      const struct load_part *part, double *last, struct text *text)
{
    struct scenario point;
    char amount[QUANTITY_TEXT_BYTES];
    scenario_at_point(&point, scenario, value);
    double load = part->read(&point.workload);
    scenario_release(&point);
    if (!(load > 0) || !(fabs(load - *last) > 0))
        return;
    text_printf(text, "%s%s", text->length ? ", " : "",
                quantity_format(QUANTITY_COUNT, load, amount, sizeof amount));
    *last = load;
}

/* At the points of its sweep, "1, 4, 16": NULL where it has none; on the heap. */
static char *load_text(const struct scenario *scenario, const struct load_part *part)
{
    const struct words *values = &scenario->sweep.values;
    struct text text = {0};
    double last = 0;
    for (size_t i = 0; i < values->count; i++)
        add_point(scenario, values->items[i], part, &last, &text);
    if (!values->count)
        add_point(scenario, NULL, part, &last, &text);
    return text.length ? text_steal(&text) : NULL;
}

/* ---- the loads -------------------------------------------------------------------- */

/* Whether the pilot that decides is still to be run. */
static bool is_open(const struct load_scaling *scaling, const struct scaled_load *load)
{
    return load->pilot && isnan(scaling->pilot_s);
}

static void start_row(struct table *table, const struct scenario *scenario,
                      const char *what, bool *first)
{
    table_start_row(table);
    table_add_cell(table, *first ? scenario->name : "");
    table_add_cell(table, what);
}

static void add_why(struct table *table, const struct load_scaling *scaling,
                    const struct scaled_load *load, bool *first)
{
    if (!*first)
        table_add_cell(table, "");
    else if (is_open(scaling, load))
        table_add_cellf(table, "a pilot with %s", load->pilot->model);
    else
        table_add_cell(table, load->why);
    *first = false;
}

static void add_part(struct table *table, const struct load_scaling *scaling,
                     const struct scaled_load *load, const struct scenario *scenario,
                     const struct load_part *part, bool *first)
{
    struct scenario written;
    scenario_copy(&written, scenario);
    setting_list_release(&written.scale.options);
    written.scale = (struct load_scale){0};
    char *there = load_text(&written, part), *here = load_text(scenario, part);
    scenario_release(&written);
    bool open = part->by_pilot && is_open(scaling, load);
    if (there) {
        start_row(table, scenario, part->name, first);
        table_add_cell(table, there);
        table_add_cell(table, open ? "by the pilot" : here);
        if (open)
            table_add_cell(table, NULL);
        else
            table_add_cellf(table, "%.3g", part->factor(load));
        add_why(table, scaling, load, first);
    }
    free(there);
    free(here);
}

static void add_options(struct table *table, const struct load_scaling *scaling,
                        const struct scaled_load *load, const struct scenario *scenario,
                        bool *first)
{
    const struct setting_list *options = &scenario->scale.options;
    for (size_t i = 0; i < options->count; i++) {
        start_row(table, scenario, options->items[i].name, first);
        table_add_cell(table, scenario_option(scenario, options->items[i].name));
        table_add_cell(table, options->items[i].value);
        table_add_cellf(table, "%.3g", load->connections);
        add_why(table, scaling, load, first);
    }
}

void load_table_print(const struct load_scaling *scaling,
                      const struct experiment *experiment, enum table_style style,
                      FILE *file)
{
    struct table *table = table_create();
    table_add_column(table, "scenario", TABLE_LEFT);
    table_add_column(table, "load", TABLE_LEFT);
    table_add_column(table, "there", TABLE_RIGHT);
    table_add_column(table, "here", TABLE_RIGHT);
    table_add_column(table, "factor", TABLE_RIGHT);
    table_add_column(table, "by", TABLE_LEFT);
    for (size_t i = 0; i < experiment->scenario_count; i++) {
        const struct scenario *scenario = &experiment->scenarios[i].scenario;
        const struct scaled_load *load = load_scaling_find(scaling, scenario->name);
        bool first = true;
        if (!load)
            continue;
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
            add_part(table, scaling, load, scenario, &parts[p], &first);
        add_options(table, scaling, load, scenario, &first);
    }
    table_print(table, style, file);
    table_free(table);
}

/* ---- the pilots ------------------------------------------------------------------- */

static void add_median(struct table *table, const struct pilot_trial *trials,
                       size_t count)
{
    char text[QUANTITY_TEXT_BYTES];
    double *values = memory_allocate((count + 1) * sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = trials[i].cpu_per_request_ns;
    double median = statistics_median(values, count);
    free(values);
    if (count)
        table_add_cellf(table, "%s (%zu)",
                        quantity_format(QUANTITY_TIME, median, text, sizeof text), count);
    else
        table_add_cell(table, NULL);
}

static void add_pilot(struct table *table, const struct scaled_load *load)
{
    const struct pilot *pilot = load->pilot;
    table_start_row(table);
    table_add_cell(table, load->scenario);
    table_add_cell(table, pilot->point);
    table_add_cell(table, pilot->model);
    add_median(table, pilot->there, pilot->there_count);
    add_median(table, pilot->here, pilot->here_count);
    if (isnan(pilot->low))
        table_add_cell(table, NULL);
    else
        table_add_cellf(table, "%.2f [%.2f, %.2f]", pilot->ratio, pilot->low,
                        pilot->high);
    table_add_cellf(table, "%.3g", load->rate);
}

void pilot_table_print(const struct load_scaling *scaling, enum table_style style,
                       FILE *file)
{
    size_t pilots = 0;
    struct table *table = table_create();
    table_add_column(table, "pilot", TABLE_LEFT);
    table_add_column(table, "point", TABLE_LEFT);
    table_add_column(table, "contender", TABLE_LEFT);
    table_add_column(table, "CPU/req there", TABLE_RIGHT);
    table_add_column(table, "here", TABLE_RIGHT);
    table_add_column(table, "here/there", TABLE_RIGHT);
    table_add_column(table, "rate x", TABLE_RIGHT);
    for (size_t i = 0; i < scaling->count; i++)
        if (scaling->loads[i].pilot && !isnan(scaling->pilot_s)) {
            add_pilot(table, &scaling->loads[i]);
            pilots++;
        }
    if (pilots) {
        fputc('\n', file);
        table_print(table, style, file);
    }
    table_free(table);
}

/* noise_table.c - see noise_table.h. */
#include "report/noise_table.h"

#include <stdlib.h>

#include "analysis/run_noise.h"
#include "base/text.h"
#include "report/lines.h"

static void add_share(struct table *table, double share)
{
    char buffer[QUANTITY_TEXT_BYTES];
    table_add_cell(table, text_share(share, buffer, sizeof buffer));
}

static bool print_table(const struct run_noise *noise, enum table_style style, FILE *file)
{
    bool any = false;
    struct table *table = table_create();
    table_add_column(table, "Metric", TABLE_LEFT);
    table_add_column(table, "Noise floor", TABLE_RIGHT);
    table_add_column(table, "Smallest effect found", TABLE_RIGHT);
    table_add_column(table, "A/A", TABLE_RIGHT);
    table_add_column(table, "Blocks", TABLE_RIGHT);
    for (enum metric_id m = 0; m < METRIC_COUNT; m++) {
        const struct noise_floor *floor = &noise->of[m];
        if (!run_noise_tells(noise, m))
            continue;
        any = true;
        table_start_row(table);
        table_add_cell(table, metrics[m].header);
        add_share(table, floor->floor);
        add_share(table, floor->detectable);
        table_add_cellf(table, "[%.3f, %.3f]%s", floor->interval.low,
                        floor->interval.high, floor->suspect ? " !" : "");
        table_add_cellf(table, "%zu", floor->pairs);
    }
    if (any) {
        fputs(style == TABLE_MARKDOWN ? "\n" : "", file);
        table_print(table, style, file);
        fputs(style == TABLE_MARKDOWN ? "" : "\n", file);
    }
    table_free(table);
    return any;
}

/* Who was measured twice, each once. */
static char *name_twins(const struct experiment *experiment)
{
    struct text names = {0};
    const struct contenders *contenders = &experiment->contenders;
    for (size_t c = 0; c < contenders->count; c++) {
        bool is_one = false;
        for (size_t s = 0; s < experiment->scenario_count; s++)
            is_one = is_one ||
                     (experiment->scenarios[s].twin != experiment->scenarios[s].twin_of &&
                      experiment->scenarios[s].twin_of == c);
        if (is_one)
            text_printf(&names, "%s%s", names.length ? ", " : "",
                        contenders->items[c].label);
    }
    return text_steal(&names);
}

void noise_table_print(const struct comparison *comparison, enum table_style style,
                       FILE *file)
{
    struct run_noise noise;
    run_noise_make(&noise, comparison);
    char *note = run_noise_note(&noise), *suspicion = run_noise_suspicion(&noise);
    if (!note)
        return;
    fputs(style == TABLE_MARKDOWN ? "\n## Noise\n" : "\nNoise\n\n", file);
    if (print_table(&noise, style, file)) {
        char *names = name_twins(&comparison->results->experiment);
        char *line = memory_printf(
            "A/A: in each block one contender of a scenario is measured twice (%s). "
            "Noise "
            "floor: half the width of a ratio's 95 %% interval, if it spreads like that. "
            "The smallest effect is found with %.0f %%.",
            names, 100 * NOISE_POWER);
        line_print(line, style, file);
        free(line);
        free(names);
    } else {
        char *line = memory_printf("%s.", note);
        line_print(line, style, file);
        free(line);
    }
    if (suspicion)
        line_print(suspicion, style, file);
    free(suspicion);
    free(note);
}

/* missing.c - see missing.h. */
#include "report/missing.h"

#include <stdlib.h>

#include "analysis/samples.h"
#include "base/histogram.h"
#include "report/lines.h"

/* Samples of a class in a trial. */
struct samples {
    const char *class_name;
    uint64_t least, most;
};

static uint64_t count_samples(const struct trial_record *trial, const char *class_name)
{
    if (!trial->load || !*class_name)
        return trial->load ? trial->load->latency.count : 0;
    const struct class_result *class = load_result_class(trial->load, class_name);
    return class ? class->latency.count : 0;
}

/* Takes in the trials of the row that have some, and too few. */
static bool add_few(const struct row *row, struct samples *samples)
{
    bool any = false;
    for (size_t t = 0; t < row->used_count; t++) {
        uint64_t count = count_samples(row->used[t], samples->class_name);
        if (count == 0 || count >= histogram_samples_needed(0.99))
            continue;
        any = true;
        samples->least = count < samples->least ? count : samples->least;
        samples->most = count > samples->most ? count : samples->most;
    }
    return any;
}

static bool has_few(const struct row *row, const void *class_name)
{
    struct samples samples = {.class_name = class_name};
    return add_few(row, &samples);
}

static void print_few(const struct group *group, const struct samples *samples,
                      enum table_style style, FILE *file)
{
    struct text line = {0};
    char *few = samples_too_few(
        group->rows->scenario, samples->class_name,
        (struct sample_range){(double)samples->least, (double)samples->most},
        group->comparison->results->experiment.profile);
    text_printf(&line, "%s (", few);
    group_tell_rows(group, has_few, samples->class_name, &line);
    text_append_string(&line, ")");
    line_print_item("*", text_string(&line), style, file);
    text_release(&line);
    free(few);
}

void missing_print(const struct group *group, enum table_style style, FILE *file)
{
    const struct workload *workload = &group->rows->scenario->workload;
    int count = (int)group->rows->class_count;
    for (int c = count ? 0 : ALL_REQUESTS; c < count; c++) {
        struct samples samples = {c == ALL_REQUESTS ? "" : workload_class(workload, c),
                                  UINT64_MAX, 0};
        for (size_t i = 0; i < group->count; i++)
            (void)add_few(&group->rows[i], &samples);
        if (samples.most)
            print_few(group, &samples, style, file);
    }
}

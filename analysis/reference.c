/* reference.c - see reference.h. */
#include "analysis/reference.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void reference_release(struct reference *reference)
{
    for (size_t i = 0; i < reference->count; i++) {
        struct reference_sample *sample = &reference->samples[i];
        free(sample->trial);
        free(sample->scenario);
        free(sample->variable);
        free(sample->point);
        free(sample->model);
        free(sample->metric);
    }
    free(reference->samples);
    *reference = (struct reference){0};
}

static bool is_of(const struct reference_sample *sample, const struct scenario *scenario,
                  const char *point, const char *label, const char *metric)
{
    return sample->valid && strcmp(sample->metric, metric) == 0 &&
           strcmp(sample->model, label) == 0 &&
           strcmp(sample->scenario, scenario->name) == 0 &&
           text_same(sample->point, point);
}

size_t reference_values_at(const struct reference *reference,
                           const struct scenario *scenario, const char *point,
                           const char *label, struct figure figure, double *values,
                           uint64_t *blocks)
{
    char *metric = metric_file_name(
        figure.metric, workload_class(&scenario->workload, figure.class_index));
    size_t count = 0;
    for (size_t i = 0; i < reference->count; i++) {
        const struct reference_sample *sample = &reference->samples[i];
        if (!is_of(sample, scenario, point, label, metric))
            continue;
        if (values)
            values[count] = sample->value;
        if (blocks)
            blocks[count] = sample->block;
        count++;
    }
    free(metric);
    return count;
}

size_t reference_values(const struct reference *reference, const struct row *cell,
                        const char *label, struct figure figure, double *values,
                        uint64_t *blocks)
{
    return reference_values_at(reference, cell->scenario, cell->value, label, figure,
                               values, blocks);
}

struct ratio reference_ratio(const struct reference *reference, const struct row *cell,
                             const char *a, const char *b, struct figure figure,
                             double confidence)
{
    size_t most = reference->count + 1, pairs = 0;
    double *values[2], *paired[2];
    uint64_t *blocks[2];
    const char *const labels[] = {a, b};
    size_t counts[2];
    for (size_t i = 0; i < 2; i++) {
        values[i] = memory_allocate(most * sizeof *values[i]);
        paired[i] = memory_allocate(most * sizeof *paired[i]);
        blocks[i] = memory_allocate(most * sizeof *blocks[i]);
        counts[i] =
            reference_values(reference, cell, labels[i], figure, values[i], blocks[i]);
    }
    for (size_t i = 0; i < counts[0]; i++)
        for (size_t k = 0; k < counts[1]; k++)
            if (blocks[0][i] == blocks[1][k]) {
                paired[0][pairs] = values[0][i];
                paired[1][pairs++] = values[1][k];
            }
    struct ratio ratio = ratio_of_pairs(paired[0], paired[1], pairs, confidence);
    for (size_t i = 0; i < 2; i++) {
        free(values[i]);
        free(paired[i]);
        free(blocks[i]);
    }
    return ratio;
}

/* block_logs.c - see block_logs.h. */
#include "analysis/block_logs.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"

struct block_source block_source_noise(const struct block_source *source)
{
    struct block_source noise = *source;
    noise.cell.second = noise.cell.first;
    return noise;
}

static struct block_logs make_logs(size_t most)
{
    return (struct block_logs){.blocks = memory_allocate((most + 1) * sizeof(uint64_t)),
                               .logs = memory_allocate((most + 1) * sizeof(double))};
}

void block_logs_release(struct block_logs *logs)
{
    free(logs->blocks);
    free(logs->logs);
    *logs = (struct block_logs){0};
}

static void add_log(struct block_logs *logs, uint64_t block, double value)
{
    logs->has_zero = logs->has_zero || isinf(value);
    if (!isfinite(value))
        return;
    logs->blocks[logs->count] = block;
    logs->logs[logs->count++] = value;
}

static struct block_logs logs_of_trials(const struct row *row, enum metric_id metric,
                                        const char *class_name)
{
    struct block_logs logs = make_logs(row->used_count);
    for (size_t i = 0; i < row->used_count; i++)
        add_log(&logs, row->used[i]->block,
                log(metric_read(metric, row->used[i], class_name)));
    return logs;
}

static struct block_logs logs_of_turns(const struct block_source *source,
                                       enum metric_id metric)
{
    struct block_logs logs = make_logs(source->turns->trial_count);
    logs.count =
        slice_pair_logs(source->turns, &source->cell, metric, logs.logs, logs.blocks);
    for (size_t i = 0; i < logs.count && source->is_first; i++)
        logs.logs[i] = 0;
    return logs;
}

static struct block_logs logs_of(const struct block_source *source, enum metric_id metric,
                                 const char *class_name)
{
    return source->turns ? logs_of_turns(source, metric)
                         : logs_of_trials(source->row, metric, class_name);
}

/* NAN: it has none of this block. */
static double log_in_block(const struct block_logs *logs, uint64_t block)
{
    for (size_t i = 0; i < logs->count; i++)
        if (logs->blocks[i] == block)
            return logs->logs[i];
    return NAN;
}

struct block_logs block_logs_of(const struct block_source *sources, size_t count,
                                enum metric_id metric, const char *class_name)
{
    struct block_logs sum = logs_of(&sources[0], metric, class_name);
    for (size_t s = 1; s < count; s++) {
        struct block_logs own = logs_of(&sources[s], metric, class_name);
        struct block_logs both = make_logs(sum.count);
        both.has_zero = sum.has_zero || own.has_zero;
        for (size_t i = 0; i < sum.count; i++)
            add_log(&both, sum.blocks[i],
                    sum.logs[i] + log_in_block(&own, sum.blocks[i]));
        block_logs_release(&own);
        block_logs_release(&sum);
        sum = both;
    }
    for (size_t i = 0; i < sum.count; i++)
        sum.logs[i] /= (double)count;
    return sum;
}

/* looks.c - see looks.h. */
#include "commands/looks.h"

#include <stdio.h>
#include <stdlib.h>

#include "analysis/stopping.h"
#include "record/run_notes.h"

/* The last block that is planned, of a run with looks, and nobody has looked yet. */
static bool is_due(const struct run *run, uint64_t block)
{
    const struct manifest *manifest = &run->dir.manifest;
    size_t looks = manifest->look_count;
    return block == run->experiment.repeat && run->experiment.look_count > 0 &&
           (looks == 0 || manifest->looks[looks - 1].blocks < block);
}

static int look_at(struct run *run, uint64_t block, struct error *error)
{
    struct results results;
    struct comparison comparison;
    struct precision precision;
    int result = results_read(&results, run->dir.path, error);
    if (result < 0)
        return result;
    comparison_make(&comparison, &results);
    precision_find(&precision, &comparison);
    struct look look =
        stopping_look(&run->experiment, &precision, block, run->dir.manifest.spent_s);
    manifest_note_look(&run->dir.manifest, &look);
    comparison_release(&comparison);
    results_release(&results);
    return 0;
}

static int block_done(void *context, struct run *run, uint64_t block, struct error *error)
{
    (void)context;
    if (!is_due(run, block))
        return 0;
    int result = look_at(run, block, error);
    if (result < 0)
        return result;
    const struct look *look = &run->dir.manifest.looks[run->dir.manifest.look_count - 1];
    char *note = run_note_look(look);
    fprintf(stderr, "%s\n", note);
    free(note);
    if (look->next)
        run_extend(run, look->next);
    return results_dir_save(&run->dir, RUN_RUNNING, error);
}

const struct block_watch looks_watch = {.block_done = block_done};

/* compared_run.c - see compared_run.h. */
#include "commands/compared_run.h"

#include <stdlib.h>

#include "base/text.h"

int compared_run_read(struct compared_run *run, const char *path, struct error *error)
{
    *run = (struct compared_run){0};
    int result = results_read(&run->results, path, error);
    if (result < 0)
        return result;
    char *file = memory_printf("%s/environment.json", path);
    result = record_read_file(&environment_type, &run->environment, file, error);
    free(file);
    if (result < 0)
        results_release(&run->results);
    else
        comparison_make(&run->comparison, &run->results);
    return result;
}

void compared_run_release(struct compared_run *run)
{
    comparison_release(&run->comparison);
    environment_release(&run->environment);
    results_release(&run->results);
}

char *compared_run_about(const struct compared_run *run)
{
    const struct manifest *manifest = &run->results.manifest;
    const struct experiment *experiment = &run->results.experiment;
    double repeat = (double)experiment->repeat;
    char *built = origin_build(manifest->origin);
    char *about = memory_printf(
        "%s, %.0f %s, seed %.0f, build %s, begun %s", experiment->profile, repeat,
        experiment->slicing.count
            ? text_plural(repeat, "pair of processes", "pairs of processes")
            : text_plural(repeat, "block", "blocks"),
        manifest->seed, built, manifest->begun_utc ? manifest->begun_utc : "?");
    free(built);
    return about;
}

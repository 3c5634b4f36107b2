/* measure.c - see measure.h. */
#include "commands/measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/run_noise.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "base/text.h"
#include "commands/looks.h"
#include "commands/plan.h"
#include "record/run_notes.h"
#include "report/report.h"

static int complain(const char *command, const struct error *error)
{
    fprintf(stderr, "interleave %s: %s\n", command, error->text);
    return EXIT_FAILED;
}

static void tell(char *line)
{
    if (line)
        fprintf(stderr, "%s\n", line);
    free(line);
}

/* ---- before the first trial ------------------------------------------------------- */

void measure_tell_doctor(struct run *run)
{
    const struct findings *findings = &run->findings;
    if (!run_ask_doctor(run))
        return;
    for (size_t i = 0; i < findings->count; i++)
        if (findings->items[i].message)
            fprintf(stderr, "%s: %s (%s)\n", severity_names[findings->items[i].severity],
                    findings->items[i].message, findings->items[i].remedy);
}

/* What is not as it was when the run was begun. */
static void tell_changes(const struct run *run)
{
    if (run->forced)
        fprintf(stderr, "forced: %s\n", run->forced);
    tell(run_note_changes(&run->dir.manifest));
}

static bool is_unfit(const struct run *run)
{
    return findings_worst(&run->findings) == SEVERITY_INVALID;
}

/* ---- after the last one ----------------------------------------------------------- */

static void tell_noise(const struct results *results)
{
    struct comparison comparison;
    struct run_noise noise;
    comparison_make(&comparison, results);
    run_noise_make(&noise, &comparison);
    tell(run_noise_note(&noise));
    tell(run_noise_suspicion(&noise));
    comparison_release(&comparison);
}

/* How many trials have failed and how many must not be used, those of earlier sessions
 * included. */
static int tell_trials(const struct run *run, size_t *failed, size_t *invalid,
                       struct error *error)
{
    struct results results;
    int result = results_read(&results, run->dir.path, error);
    if (result < 0)
        return result;
    *failed = run_count_failed(&results);
    *invalid = run_count_invalid(&results);
    if (*failed > 0)
        fprintf(stderr, "%zu of %zu %s failed\n", *failed, results.trial_count,
                text_plural((double)results.trial_count, "trial", "trials"));
    tell(run_note_repeated(&results));
    tell(run_note_invalid(&results));
    tell_noise(&results);
    results_release(&results);
    return 0;
}

static int finish_interrupted(struct run *run, const char *command)
{
    struct error error;
    size_t failed, invalid;
    if (results_dir_save(&run->dir, RUN_INTERRUPTED, &error) < 0 ||
        report_write(run->dir.path, NULL, &error) < 0 ||
        tell_trials(run, &failed, &invalid, &error) < 0)
        complain(command, &error);
    fprintf(stderr, "interrupted; go on with: interleave bench --resume %s\n",
            run->dir.path);
    return EXIT_INTERRUPTED;
}

static int finish(struct run *run, const char *command, FILE *tables)
{
    struct error error;
    size_t failed = 0, invalid = 0;
    int result = results_dir_save(&run->dir, RUN_FINISHED, &error);
    if (result == 0)
        result = report_write(run->dir.path, tables, &error);
    fflush(stdout);
    if (result == 0) {
        fprintf(stderr, "results: %s\n", run->dir.path);
        result = tell_trials(run, &failed, &invalid, &error);
    }
    if (result < 0)
        return complain(command, &error);
    if (is_unfit(run))
        fprintf(stderr, "the machine is not fit to measure on: see the warnings\n");
    if (failed > 0)
        return EXIT_FAILED;
    return is_unfit(run) || invalid > 0 ? EXIT_INVALID : EXIT_FINE;
}

/* ---- the whole -------------------------------------------------------------------- */

/* Everything that can be refused has been: from here on processes are started. */
int measure(struct run *run, const char *command, FILE *tables)
{
    struct error error;
    interrupt_catch();
    plan_tell(run, stderr);
    measure_tell_doctor(run);
    int result = run_examine(run, &error);
    if (result == 0) {
        tell_changes(run);
        result = run_prepare(run, &error);
    }
    if (result == 0)
        result = run_blocks(run, &looks_watch, &error);
    if (result == -EINTR)
        return finish_interrupted(run, command);
    return result < 0 ? complain(command, &error) : finish(run, command, tables);
}

bool measure_has_figures(int exit_code)
{
    return exit_code == EXIT_FINE || exit_code == EXIT_INVALID ||
           exit_code == EXIT_FAILED;
}

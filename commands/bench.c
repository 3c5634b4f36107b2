/* bench.c - the command `bench`: its options, and what cannot be asked for together. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "commands/bench.h"
#include "commands/claims_files.h"
#include "commands/commands.h"
#include "commands/measure.h"
#include "commands/plan.h"
#include "commands/run_options.h"
#include "harness/experiment/claim_cells.h"
#include "record/verdicts.h"

/* ---- options ---------------------------------------------------------------------- */

struct bench_settings {
    struct words models, externals, claims;
    int profile;
    uint64_t budget_ns;
    bool by_slices;
    char *resume, *scenarios;
    bool force, strict, dry_run;
    struct run_settings run; /* from a table of its own */
};

static const struct field options[] = {
    {.name = "models",
     .kind = FIELD_LIST,
     .value = "A,B",
     .help = "contenders: models, or model:option=value (default: each scenario's own, "
             "else every model)",
     .offset = offsetof(struct bench_settings, models)},
    {.name = "external",
     .kind = FIELD_LIST,
     .value = "FILE",
     .help = "a server of your own that joins every scenario, as the JSON file says "
             "(see interleave references)",
     .offset = offsetof(struct bench_settings, externals)},
    {.name = "claims",
     .kind = FIELD_LIST,
     .value = "all|A,B",
     .help = "run what these claims need, and nothing else (see interleave claims); with "
             "--slices, those of them that are told by turns",
     .offset = offsetof(struct bench_settings, claims)},
    {.name = "strict",
     .kind = FIELD_FLAG,
     .help = "exit with 4 where a claim is inconclusive or was not evaluated",
     .offset = offsetof(struct bench_settings, strict)},
    {.name = "profile",
     .letter = 'p',
     .kind = FIELD_CHOICE,
     .value = "NAME",
     .help = "how thorough: minutes (indicative), 50 minutes (or a --budget), or more "
             "than half a day",
     .fallback = "quick",
     .offset = offsetof(struct bench_settings, profile),
     .choices = profile_names},
    {.name = "budget",
     .kind = FIELD_TIME,
     .value = "TIME",
     .help = "time for all trials, such as 30m: scenarios that do not fit into it with "
             "all their blocks are left out, and named; measured times are never cut",
     .fallback = "profile",
     .offset = offsetof(struct bench_settings, budget_ns),
     .minimum = NS_PER_S,
     .maximum = 1000 * NS_PER_H,
     .zero_word = "profile"},
    {.name = "dry-run",
     .letter = 'n',
     .kind = FIELD_FLAG,
     .help = "print what would run and how long that takes, and start nothing",
     .offset = offsetof(struct bench_settings, dry_run)},
    {.name = "slices",
     .kind = FIELD_FLAG,
     .help = "for ratios: the first contender and each other one, itself included, are "
             "alive at once and have the load by turns",
     .offset = offsetof(struct bench_settings, by_slices)},
    {.name = "resume",
     .kind = FIELD_TEXT,
     .value = "DIR",
     .help = "go on with an interrupted run: do only what is missing in DIR",
     .offset = offsetof(struct bench_settings, resume)},
    {.name = "force",
     .kind = FIELD_FLAG,
     .help = "resume with another build than the one that began the run: its trials are "
             "marked in every table",
     .offset = offsetof(struct bench_settings, force)},
    {.name = "scenarios",
     .kind = FIELD_TEXT,
     .value = "DIR",
     .help = "folder of the scenario files",
     .offset = offsetof(struct bench_settings, scenarios)},
    {0}};

/* ---- the command ------------------------------------------------------------------ */

static int complain(const struct error *error)
{
    fprintf(stderr, "interleave bench: %s\n", error->text);
    return EXIT_USAGE;
}

/* Nothing has come of it yet. */
static int give_up(int result, const struct error *error)
{
    if (result != -EINTR)
        return complain(error);
    fprintf(stderr, "interrupted before the first trial: there are no results\n");
    return EXIT_INTERRUPTED;
}

/* `claims` are those that were asked for, or NULL. */
static int plan(struct run *run, const struct bench_settings *settings,
                const struct words *words, const struct claims *claims,
                struct error *error)
{
    struct experiment_request request = run_request(&settings->run, settings->by_slices);
    request.profile = &profiles[settings->profile];
    request.budget_ns = settings->budget_ns;
    request.folder = settings->scenarios;
    request.scenarios = words;
    request.models = &settings->models;
    request.externals = &settings->externals;
    request.claims = claims;
    return run_plan(run, &request, error);
}

/* They are fixed before the run. */
static int write_claims(const struct run *run, const struct claims *claims,
                        struct error *error)
{
    if (claims->count == 0)
        return 0;
    cJSON *json = claims_to_json(claims);
    int result = results_dir_write(&run->dir, "claims.json", json, error);
    cJSON_Delete(json);
    return result;
}

/* Plans the run and makes its folder, unless the plan is all that is asked for. The
 * claims that it judges are those that were asked for, else those that it can answer. */
static int begin(struct run *run, const struct bench_settings *settings,
                 const struct words *words, const struct bench_watch *watch,
                 struct error *error)
{
    struct claims claims;
    bool asked = settings->claims.count > 0;
    int result =
        claims_read_asked(&claims, &settings->claims, settings->scenarios, error);
    if (result == 0 && asked && settings->by_slices)
        result = claims_take_by_turns(&claims, settings->scenarios,
                                      &settings->run.slicing, &run->claims_note, error);
    if (result < 0)
        return result;
    result = plan(run, settings, words, asked ? &claims : NULL, error);
    if (result == 0 && watch)
        result = watch->planned(watch->context, run,
                                settings->dry_run ? NULL : settings->run.out, error);
    if (result == 0 && !settings->dry_run)
        result = run_create(run, settings->run.out, error);
    if (result == 0 && !settings->dry_run && watch)
        result = watch->created(watch->context, run, error);
    if (result == 0 && !asked)
        claims_keep(&claims, claim_is_of_run, &run->experiment);
    if (result == 0 && !settings->dry_run)
        result = write_claims(run, &claims, error);
    claims_release(&claims);
    return result;
}

/* The exit code where nothing is wrong but that a claim has no answer. */
static int judge_strictly(const struct run *run)
{
    struct verdicts verdicts;
    struct error error;
    char *file = memory_printf("%s/verdicts.json", run->dir.path);
    bool has_any = access(file, F_OK) == 0;
    int result = has_any ? record_read_file(&verdicts_type, &verdicts, file, &error) : 0;
    free(file);
    if (result < 0)
        return complain(&error);
    size_t open = 0;
    if (has_any) {
        open = verdicts_count(&verdicts, VERDICT_INCONCLUSIVE) +
               verdicts_count(&verdicts, VERDICT_NOT_EVALUATED);
        verdicts_release(&verdicts);
    }
    return open > 0 ? EXIT_INCONCLUSIVE : EXIT_FINE;
}

static bool is_alone(const struct bench_settings *settings, const struct words *words)
{
    return words->count == 0 && settings->models.count == 0 &&
           settings->externals.count == 0 && settings->claims.count == 0 &&
           !settings->run.out && !settings->scenarios && settings->run.repeat == 0 &&
           settings->budget_ns == 0 && settings->run.seed == 0 && !settings->by_slices;
}

static int bench_with(const struct bench_settings *settings, const struct words *words,
                      const struct bench_watch *watch)
{
    struct run run;
    struct error error;
    if (settings->resume && !is_alone(settings, words)) {
        error_set(&error, -EINVAL,
                  "--resume takes everything from its folder: give no "
                  "scenarios and no other options with it");
        return complain(&error);
    }
    if (settings->force && !settings->resume) {
        error_set(&error, -EINVAL, "--force is for --resume");
        return complain(&error);
    }
    if (settings->claims.count > 0 && (words->count > 0 || settings->models.count > 0 ||
                                       settings->externals.count > 0)) {
        error_set(&error, -EINVAL,
                  "--claims says what is run: give no scenarios and no contenders with "
                  "it");
        return complain(&error);
    }
    run_init(&run, settings->run.attempts);
    int result = settings->resume
                     ? run_resume(&run, settings->resume, settings->force, &error)
                     : begin(&run, settings, words, watch, &error);
    int exit_code = EXIT_FINE;
    if (result < 0)
        exit_code = give_up(result, &error);
    else if (settings->dry_run)
        plan_print(&run, stdout);
    else
        exit_code = measure(&run, "bench", stdout);
    if (exit_code == EXIT_FINE && settings->strict && !settings->dry_run)
        exit_code = judge_strictly(&run);
    run_release(&run);
    return exit_code;
}

int bench_watched(int argc, char **argv, const struct bench_watch *watch)
{
    struct bench_settings settings = {0};
    struct option_group groups[] = {
        {.title = "Options", .options = options, .settings = &settings},
        {.options = run_options, .settings = &settings.run}};
    struct words words = {0};
    int exit_code;
    if (!options_read_groups(&bench_command, groups, 2, argc, argv, &words, &exit_code))
        return exit_code;
    exit_code = bench_with(&settings, &words, watch);
    words_release(&words);
    options_release(groups, 2);
    return exit_code;
}

static int run(int argc, char **argv)
{
    return bench_watched(argc, argv, NULL);
}

const struct command bench_command = {
    .name = "bench",
    .summary = "measure the models against the scenarios and compare them",
    .operands = "[SCENARIO...]",
    .description =
        "A scenario is a name (see `interleave scenarios`) or the path of a file; "
        "without any, all that the profile takes are run. Each trial is a fresh server, "
        "a warm-up and a measurement; each block has one trial of every contender, in an "
        "order shuffled from the seed, and where there are several one contender runs "
        "twice in each: what it differs from itself is the noise of the run. What is "
        "planned is told first. The table goes to stdout, the data into the folder of "
        "results, and Ctrl-C leaves a folder that --resume goes on with, by the same "
        "build on the same machine.\n"
        "Claims that the run can answer are judged from it, see `interleave claims`; "
        "with --slices --claims all those that hold two contenders against each other. "
        "One that is refuted is a result, and no failure.\n"
        "With --slices it measures ratios: two servers are alive at once and the load "
        "alternates between them, so that what drifts in the machine meets both. Every "
        "contender is measured against the first one, and that one against itself; "
        "`interleave compare` tells what of that is a difference.\n"
        "Exit code 1 if a trial failed, 2 if a scenario or an option is wrong, or a run "
        "would be resumed with something else than what began it (then nothing was "
        "started), 3 if a trial is invalid in a way that its scenario does not tolerate, "
        "or the machine is not fit to measure on, 4 with --strict if a claim has no "
        "answer, 130 if interrupted.",
    .options = options,
    .more_groups = run_options_list,
    .run = run,
};

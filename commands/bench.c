/* bench.c - the command `bench`: decide, plan, measure, report. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "analysis/samples.h"
#include "base/clock.h"
#include "base/compare.h"
#include "base/cpus.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/random.h"
#include "base/text.h"
#include "commands/commands.h"
#include "harness/experiment/decide.h"
#include "harness/experiment/digests.h"
#include "harness/experiment/progress.h"
#include "harness/experiment/skip_reasons.h"
#include "harness/experiment/work_calibration.h"
#include "harness/probe/doctor.h"
#include "harness/probe/machine.h"
#include "harness/third_party/shipped.h"
#include "harness/trial/services.h"
#include "harness/trial/trial.h"
#include "record/experiment.h"
#include "record/results_dir.h"
#include "record/run_notes.h"
#include "report/report.h"

/* ---- options ---------------------------------------------------------------------- */

struct bench_settings {
    struct words models, externals;
    int profile;
    uint64_t repeat, seed, attempts, overrun_ns;
    char *out, *resume, *scenarios;
    bool force;
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
    {.name = "profile",
     .letter = 'p',
     .kind = FIELD_CHOICE,
     .value = "NAME",
     .help = "how thorough: minutes, hours, or more than half a day",
     .fallback = "quick",
     .offset = offsetof(struct bench_settings, profile),
     .choices = profile_names},
    {.name = "repeat",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "blocks, each with one trial of everything; intervals need 6",
     .fallback = "profile",
     .offset = offsetof(struct bench_settings, repeat),
     .minimum = 1,
     .maximum = 1000,
     .zero_word = "profile"},
    {.name = "seed",
     .kind = FIELD_COUNT,
     .value = "S",
     .help = "seed of every order and every arrival",
     .fallback = "fresh",
     .offset = offsetof(struct bench_settings, seed),
     .minimum = 1,
     .maximum = 1ULL << 53,
     .zero_word = "fresh"},
    {.name = "attempts",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "a trial that others disturb (steal, contention, ...) is made again after "
             "its block, up to N times in all, within a quarter of the planned time or "
             "that of two trials",
     .fallback = "3",
     .offset = offsetof(struct bench_settings, attempts),
     .minimum = 1,
     .maximum = 100},
    {.name = "out",
     .letter = 'o',
     .kind = FIELD_TEXT,
     .value = "DIR",
     .help = "folder for the results (default: a new one in results/)",
     .offset = offsetof(struct bench_settings, out)},
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
    {.name = "overrun",
     .kind = FIELD_TIME,
     .value = "TIME",
     .help = "how much longer than planned a trial may take before it has failed",
     .fallback = "20s",
     .offset = offsetof(struct bench_settings, overrun_ns),
     .minimum = 100 * NS_PER_MS,
     .maximum = NS_PER_H},
    {0}};

/* ---- a run in progress ------------------------------------------------------------ */

struct bench {
    struct environment environment;
    struct origin origin; /* this program, on this machine */
    struct experiment run;
    struct results_dir dir;
    struct trial_order plan;
    struct skip_reasons skip_reasons;
    struct digests digests;
    int cpu_order[CPU_SETSIZE];
    int cpu_count;
    uint64_t attempts;    /* at a trial that others disturb */
    bool machine_invalid; /* the machine is not fit to measure on */
};

static int complain(const struct error *error)
{
    fprintf(stderr, "interleave bench: %s\n", error->text);
    return EXIT_USAGE;
}

/* Every later child may have as many open files as this process may have at most. */
static uint64_t raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 1024;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

/* ---- before the first trial ------------------------------------------------------- */

static int decide(struct bench *bench, const struct bench_settings *settings,
                  const struct words *words, struct error *error)
{
    struct experiment_request request = {
        .profile = &profiles[settings->profile],
        .repeat = settings->repeat,
        .seed = settings->seed ? settings->seed : random_fresh_seed() | 1,
        .overrun_ns = settings->overrun_ns,
        .folder = settings->scenarios,
        .scenarios = words,
        .models = &settings->models,
        .externals = &settings->externals,
    };
    return experiment_decide(&bench->run, &request, error);
}

/* What began the run goes on with it; another build only where that is asked for. */
static int check_origin(const struct bench *bench, bool force, struct error *error)
{
    struct text how = {0};
    enum flag flag = origin_compare(bench->dir.manifest.origin, &bench->origin, &how);
    bool can_be_forced = flag != FLAGS && flag_kinds[flag].severity != FLAG_INVALID;
    int result = 0;
    if (flag != FLAGS && !(force && can_be_forced))
        result = error_set(
            error, -EINVAL,
            "%s: this is not what began the run: %s. Trials of both have no median in "
            "common: go on with what began it, or begin a new run%s",
            bench->dir.path, text_string(&how),
            can_be_forced ? "; with --force they are mixed, and marked so" : "");
    else if (flag != FLAGS)
        fprintf(stderr, "forced: %s; such trials are marked %s\n", text_string(&how),
                flag_kinds[flag].word);
    text_release(&how);
    return result;
}

static int resume(struct bench *bench, const struct bench_settings *settings,
                  struct error *error)
{
    cJSON *config;
    int result = results_dir_open(&bench->dir, settings->resume, &config, error);
    if (result < 0)
        return result;
    result = experiment_from_json(&bench->run, config, error);
    cJSON_Delete(config);
    char *manifest = memory_printf("%s/manifest.json", settings->resume);
    if (result == 0)
        result = file_can_write(manifest, error);
    free(manifest);
    if (result == 0)
        result = check_origin(bench, settings->force, error);
    if (result == 0)
        result = references_look_again(&bench->run.models, error);
    return result;
}

static void note_plan(struct bench *bench)
{
    const struct skip_reasons *reasons = &bench->skip_reasons;
    char **planned = memory_allocate_zeroed(bench->plan.trial_count + 1, sizeof *planned);
    struct not_testable *not_testable =
        memory_allocate_zeroed(reasons->count + 1, sizeof *not_testable);
    for (size_t i = 0; i < bench->plan.trial_count; i++)
        planned[i] = memory_copy_string(bench->plan.trials[i].id);
    for (size_t i = 0; i < reasons->count; i++) {
        const struct skip_reason *reason = &reasons->items[i];
        not_testable[i] = (struct not_testable){
            .scenario = memory_copy_string(reason->scenario->name),
            .value = reason->value ? memory_copy_string(reason->value) : NULL,
            .model = memory_copy_string(reason->contender->label),
            .why = memory_copy_string(reason->why),
        };
    }
    manifest_plan(&bench->dir.manifest, planned, not_testable, reasons->count);
}

/* What the profile shortens, and which tables will have no p99 for it. */
static void tell_plan(const struct bench *bench)
{
    struct words lines = {0};
    char *durations = experiment_note_durations(&bench->run);
    if (durations)
        fprintf(stderr, "%s\n", durations);
    for (size_t i = 0; i < bench->run.scenario_count; i++)
        samples_forecast(&lines, &bench->run.scenarios[i].scenario, bench->run.profile);
    for (size_t i = 0; i < lines.count; i++)
        fprintf(stderr, "no p99: %s\n", lines.items[i]);
    words_release(&lines);
    free(durations);
}

/* What the doctor finds is told on stderr, and kept with the result. */
static int examine_machine(struct bench *bench, struct error *error)
{
    struct findings findings;
    doctor_examine(&bench->environment, &findings);
    bench->machine_invalid = findings_worst(&findings) == SEVERITY_INVALID;
    for (size_t i = 0; i < findings.count; i++)
        if (findings.items[i].message)
            fprintf(stderr, "%s: %s (%s)\n", severity_names[findings.items[i].severity],
                    findings.items[i].message, findings.items[i].remedy);
    cJSON *machine = record_to_json(&environment_type, &bench->environment);
    cJSON *warnings = findings_to_json(&findings, SEVERITY_WARNING);
    int result = results_dir_write(&bench->dir, "environment.json", machine, error);
    if (result == 0)
        result = results_dir_write(&bench->dir, "warnings.json", warnings, error);
    cJSON_Delete(machine);
    cJSON_Delete(warnings);
    findings_release(&findings);
    return result;
}

/* Once per run: another session goes on with the same work. */
static int calibrate_once(struct bench *bench, struct error *error)
{
    struct work_calibration calibration = {0};
    if (bench->dir.manifest.calibration)
        return 0;
    int result = work_calibration_measure(&calibration, &bench->plan, error);
    if (result < 0 || !calibration.is_known)
        return result;
    bench->dir.manifest.calibration = memory_allocate(sizeof calibration);
    *bench->dir.manifest.calibration = calibration;
    return 0;
}

static const struct contender *contender_of(const struct bench *bench,
                                            const struct planned_trial *trial)
{
    return &bench->run.contenders.items[trial->contender];
}

/* The cell's scenario at its point, with calibrated work; release it. */
static void find_point(const struct bench *bench, const struct planned_trial *trial,
                       struct scenario *point)
{
    const struct cell *cell = &bench->plan.cells[trial->cell];
    scenario_at_point(point, cell->scenario, cell->value);
    work_calibration_apply(manifest_calibration(&bench->dir.manifest), point);
}

/* Where references join, what they and ours have to answer is found first. */
static int find_digests(struct bench *bench, struct error *error)
{
    for (size_t i = 0; i < bench->plan.trial_count; i++) {
        const struct planned_trial *trial = &bench->plan.trials[i];
        const struct model *model = contender_of(bench, trial)->model;
        if (!(model->flags & MODEL_REFERENCE))
            continue;
        struct scenario point;
        find_point(bench, trial, &point);
        digests_want(&bench->digests, &point, model);
        scenario_release(&point);
    }
    return digests_find(&bench->digests, &bench->run.models, error);
}

/* ---- trials ----------------------------------------------------------------------- */

/* Of the planned time, what trials that are made again may take: 1/4; and of a short run
 * at least the time of two trials. */
#define REPEATED_PART  4
#define REPEATED_LEAST 2

static uint64_t planned_time(const struct scenario *scenario)
{
    const struct workload *workload = &scenario->workload;
    return workload_search_ns(workload) + workload->warmup_ns + workload->duration_ns;
}

static char *describe_trial(const struct bench *bench, const struct planned_trial *trial)
{
    const struct cell *cell = &bench->plan.cells[trial->cell];
    const char *label = contender_of(bench, trial)->label;
    if (!cell->value)
        return memory_printf("%s, %s", cell->scenario->name, label);
    return memory_printf("%s, %s %s, %s", cell->scenario->name,
                         cell->scenario->sweep.variable, cell->value, label);
}

static enum done_status status_of(const struct trial_record *trial)
{
    if (trial->status == TRIAL_FAILED)
        return DONE_FAILED;
    return trial->valid ? DONE_VALID : DONE_INVALID;
}

/* How many CPUs what the server asks should have; 0: it asks nobody. */
static uint64_t services_cpus(const struct scenario *scenario)
{
    if (scenario->backend.model && scenario->backend.server.cpus == 0)
        return UINT64_MAX;
    return (scenario->backend.model ? scenario->backend.server.cpus : 0) +
           (scenario->database != DATABASE_NONE);
}

static int run_trial(struct bench *bench, size_t index, struct trial_record *record,
                     struct error *error)
{
    const struct planned_trial *trial = &bench->plan.trials[index];
    const struct cell *cell = &bench->plan.cells[trial->cell];
    const struct contender *contender = contender_of(bench, trial);
    struct scenario point;
    find_point(bench, trial, &point);
    digests_apply(&bench->digests, &point, contender->model);
    struct trial_setup setup = {
        .id = trial->id,
        .block = trial->block,
        .attempt = results_dir_count_disturbed(&bench->dir, trial->id) + 1,
        .order = index + 1,
        .scenario = &point,
        .variable = cell->scenario->sweep.variable,
        .value = cell->value,
        .contender = contender,
        .origin = &bench->origin,
        .seed = trial_order_seed(&bench->plan, trial, bench->run.seed),
        .overrun_ns = bench->run.overrun_ns,
    };
    char *folder = NULL;
    int result = -EINVAL;
    if (!placement_choose(&setup.placement, bench->cpu_order, bench->cpu_count,
                          point.server.cpus, services_cpus(&point)))
        error_set(error, result, "%s: fewer CPUs than planned for", trial->id);
    else
        result = results_dir_begin_trial(&bench->dir, trial->id, &folder, error);
    if (result == 0) {
        result = trial_run(&setup, folder, record, error);
        if (result == 0) {
            result = results_dir_commit_trial(&bench->dir, trial->id, folder,
                                              status_of(record), error);
            if (result < 0)
                trial_record_release(record);
        }
        if (result < 0)
            results_dir_discard_trial(folder);
        free(folder);
    }
    scenario_release(&point);
    return result;
}

static void start_progress(const struct bench *bench, struct progress *progress)
{
    uint64_t left_ns = 0;
    size_t done = 0;
    for (size_t i = 0; i < bench->plan.trial_count; i++) {
        const struct planned_trial *trial = &bench->plan.trials[i];
        if (results_dir_has_trial(&bench->dir, trial->id))
            done++;
        else
            left_ns += planned_time(bench->plan.cells[trial->cell].scenario);
    }
    progress_start(progress, bench->plan.trial_count, done, left_ns);
}

static uint64_t planned_time_of(const struct bench *bench, size_t index)
{
    return planned_time(bench->plan.cells[bench->plan.trials[index].cell].scenario);
}

static int run_next(struct bench *bench, size_t index, struct progress *progress,
                    struct error *error)
{
    char *what = describe_trial(bench, &bench->plan.trials[index]);
    struct trial_record record = {0};
    progress_trial(progress, what);
    int result = interrupt_seen() ? error_set(error, -EINTR, "interrupted")
                                  : run_trial(bench, index, &record, error);
    if (result == 0) {
        progress_trial_done(progress, what, planned_time_of(bench, index), &record);
        trial_record_release(&record);
    }
    free(what);
    return result;
}

/* Whether a trial that is done says that others disturbed it. */
static bool was_disturbed(const struct bench *bench, const char *id)
{
    struct trial_record trial;
    char *file = memory_printf("%s/trials/%s/trial.json", bench->dir.path, id);
    bool disturbed = manifest_status_of(&bench->dir.manifest, id) == DONE_INVALID &&
                     record_read_file(&trial_record_type, &trial, file, NULL) == 0;
    if (disturbed) {
        disturbed = trial_was_disturbed(&trial);
        trial_record_release(&trial);
    }
    free(file);
    return disturbed;
}

/* Trials that others have disturbed are made again while their block is not far. */
static int repeat_disturbed(struct bench *bench, size_t first, size_t end,
                            uint64_t *budget_ns, struct progress *progress,
                            struct error *error)
{
    int result = 0;
    for (uint64_t attempt = 1; attempt < bench->attempts; attempt++) {
        for (size_t i = first; i < end && result == 0; i++) {
            const char *id = bench->plan.trials[i].id;
            uint64_t planned_ns = planned_time_of(bench, i);
            if (planned_ns > *budget_ns || !was_disturbed(bench, id) ||
                results_dir_count_disturbed(&bench->dir, id) >= attempt)
                continue;
            *budget_ns -= planned_ns;
            progress_add(progress, planned_ns);
            result = results_dir_set_aside_trial(&bench->dir, id, error);
            if (result == 0)
                result = run_next(bench, i, progress, error);
        }
    }
    return result;
}

/* Where the block of the trial at `first` ends. */
static size_t end_of_block(const struct trial_order *plan, size_t first)
{
    size_t end = first;
    while (end < plan->trial_count &&
           plan->trials[end].block == plan->trials[first].block)
        end++;
    return end;
}

static int run_trials(struct bench *bench, struct error *error)
{
    struct progress progress;
    uint64_t planned_ns = 0, longest_ns = 0;
    int result = 0;
    start_progress(bench, &progress);
    for (size_t i = 0; i < bench->plan.trial_count; i++) {
        planned_ns += planned_time_of(bench, i);
        longest_ns = most_of(longest_ns, planned_time_of(bench, i));
    }
    uint64_t budget_ns = most_of(planned_ns / REPEATED_PART, REPEATED_LEAST * longest_ns);
    for (size_t first = 0, end; first < bench->plan.trial_count && result == 0;
         first = end) {
        end = end_of_block(&bench->plan, first);
        for (size_t i = first; i < end && result == 0; i++)
            if (!results_dir_has_trial(&bench->dir, bench->plan.trials[i].id))
                result = run_next(bench, i, &progress, error);
        if (result == 0)
            result = repeat_disturbed(bench, first, end, &budget_ns, &progress, error);
    }
    progress_end(&progress);
    return result;
}

/* ---- the command ------------------------------------------------------------------ */

/* How many trials have failed and how many must not be used, those of earlier sessions
 * included. */
static int tell_trials(const struct bench *bench, size_t *failed, size_t *invalid,
                       struct error *error)
{
    struct results results;
    int result = results_read(&results, bench->dir.path, error);
    if (result < 0)
        return result;
    *failed = run_count_failed(&results);
    *invalid = run_count_invalid(&results);
    char *repeated = run_note_repeated(&results), *note = run_note_invalid(&results);
    if (*failed > 0)
        fprintf(stderr, "%zu of %zu %s failed\n", *failed, results.trial_count,
                text_plural((double)results.trial_count, "trial", "trials"));
    if (repeated)
        fprintf(stderr, "%s\n", repeated);
    if (note)
        fprintf(stderr, "%s\n", note);
    free(repeated);
    free(note);
    results_release(&results);
    return 0;
}

static int finish_interrupted(struct bench *bench)
{
    struct error error;
    size_t failed, invalid;
    if (results_dir_save(&bench->dir, RUN_INTERRUPTED, &error) < 0 ||
        report_write(bench->dir.path, NULL, &error) < 0 ||
        tell_trials(bench, &failed, &invalid, &error) < 0)
        fprintf(stderr, "interleave bench: %s\n", error.text);
    fprintf(stderr, "interrupted; go on with: interleave bench --resume %s\n",
            bench->dir.path);
    return EXIT_INTERRUPTED;
}

static int finish(struct bench *bench)
{
    struct error error;
    size_t failed = 0, invalid = 0;
    int result = results_dir_save(&bench->dir, RUN_FINISHED, &error);
    if (result == 0)
        result = report_write(bench->dir.path, stdout, &error);
    fflush(stdout);
    if (result == 0) {
        fprintf(stderr, "results: %s\n", bench->dir.path);
        result = tell_trials(bench, &failed, &invalid, &error);
    }
    if (result < 0) {
        complain(&error);
        return EXIT_FAILED;
    }
    if (bench->machine_invalid)
        fprintf(stderr, "the machine is not fit to measure on: see the warnings\n");
    if (failed > 0)
        return EXIT_FAILED;
    return bench->machine_invalid || invalid > 0 ? EXIT_INVALID : EXIT_FINE;
}

/* Everything that can be refused has been: from here on processes are started. */
static int measure(struct bench *bench, struct error *error)
{
    interrupt_catch();
    note_plan(bench);
    tell_plan(bench);
    int result = examine_machine(bench, error);
    if (result == 0)
        result = results_dir_save(&bench->dir, RUN_RUNNING, error);
    if (result == 0)
        result = calibrate_once(bench, error);
    if (result == 0)
        result = find_digests(bench, error);
    if (result == 0)
        result = run_trials(bench, error);
    if (result == -EINTR)
        return finish_interrupted(bench);
    if (result < 0) {
        complain(error);
        return EXIT_FAILED;
    }
    return finish(bench);
}

static void bench_release(struct bench *bench)
{
    free(bench->skip_reasons.items);
    digests_release(&bench->digests);
    trial_order_release(&bench->plan);
    results_dir_release(&bench->dir);
    experiment_release(&bench->run);
    origin_release(&bench->origin);
    environment_release(&bench->environment);
}

static bool is_alone(const struct bench_settings *settings, const struct words *words)
{
    return words->count == 0 && settings->models.count == 0 &&
           settings->externals.count == 0 && !settings->out && !settings->scenarios &&
           settings->repeat == 0 && settings->seed == 0;
}

static int bench_with(const struct bench_settings *settings, const struct words *words)
{
    struct bench bench = {.attempts = settings->attempts};
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
    struct machine_limits limits = {.descriptors = raise_descriptor_limit()};
    machine_describe(&bench.environment);
    origin_init(&bench.origin, &bench.environment);
    bench.cpu_count = limits.cpu_count = cpus_by_core(bench.cpu_order);
    int result = settings->resume ? resume(&bench, settings, &error)
                                  : decide(&bench, settings, words, &error);
    char no_postgres[ERROR_TEXT_BYTES];
    if (result == 0 && experiment_needs_database(&bench.run, DATABASE_POSTGRES) &&
        !services_has_database(DATABASE_POSTGRES, no_postgres, sizeof no_postgres))
        limits.no_postgres = no_postgres;
    if (result == 0) {
        experiment_order_trials(&bench.run, &limits, &bench.plan, &bench.skip_reasons);
        if (!settings->resume) {
            char host[64];
            machine_host(host, sizeof host);
            cJSON *config = experiment_to_json(&bench.run);
            result = results_dir_create(&bench.dir, settings->out, host, &bench.origin,
                                        config, &error);
            cJSON_Delete(config);
        }
    }
    int exit_code = result < 0 ? complain(&error) : measure(&bench, &error);
    bench_release(&bench);
    return exit_code;
}

static int run(int argc, char **argv)
{
    struct bench_settings settings;
    struct words words = {0};
    int exit_code;
    if (!options_read(&bench_command, &settings, argc, argv, &words, &exit_code))
        return exit_code;
    exit_code = bench_with(&settings, &words);
    words_release(&words);
    fields_release(options, &settings);
    return exit_code;
}

const struct command bench_command = {
    .name = "bench",
    .summary = "measure the models against the scenarios and compare them",
    .operands = "[SCENARIO...]",
    .description =
        "A scenario is a name (see `interleave scenarios`) or the path of a file; "
        "without any, all that the profile takes are run. Each trial is a fresh server, "
        "a warm-up and a measurement; each block has one trial of every contender, in an "
        "order shuffled from the seed. The table goes to stdout, the data into the "
        "folder of results, and Ctrl-C leaves a folder that --resume goes on with, by "
        "the same build on the same machine.\n"
        "Exit code 1 if a trial failed, 2 if a scenario or an option is wrong, or a run "
        "would be resumed with something else than what began it (then nothing was "
        "started), 3 if a trial is invalid in a way that its scenario does not tolerate, "
        "or the machine is not fit to measure on, 130 if interrupted.",
    .options = options,
    .run = run,
};

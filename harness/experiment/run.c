/* run.c - see run.h. */
#include "harness/experiment/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/cpus.h"
#include "base/file.h"
#include "harness/experiment/budget.h"
#include "harness/experiment/twins.h"
#include "harness/experiment/work_calibration.h"
#include "harness/probe/machine.h"
#include "harness/third_party/shipped.h"
#include "harness/trial/services.h"
#include "record/run_differences.h"

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

void run_init(struct run *run, uint64_t attempts)
{
    *run = (struct run){.attempts = attempts, .descriptors = raise_descriptor_limit()};
    machine_describe(&run->environment);
    origin_init(&run->origin, &run->environment);
    run->cpu_count = cpus_by_core(run->cpu_order);
}

void run_release(struct run *run)
{
    free(run->forced);
    free(run->claims_note);
    words_release(&run->left_out);
    free(run->skip_reasons.items);
    findings_release(&run->findings);
    digests_release(&run->digests);
    trial_order_release(&run->plan);
    results_dir_release(&run->dir);
    experiment_release(&run->experiment);
    origin_release(&run->origin);
    environment_release(&run->environment);
}

/* ---- beginning, and going on ------------------------------------------------------ */

void run_order_trials(struct run *run)
{
    free(run->skip_reasons.items);
    trial_order_release(&run->plan);
    struct machine_limits limits = {.cpu_count = run->cpu_count,
                                    .descriptors = run->descriptors};
    char no_postgres[ERROR_TEXT_BYTES];
    if (experiment_needs_database(&run->experiment, DATABASE_POSTGRES) &&
        !services_has_database(DATABASE_POSTGRES, no_postgres, sizeof no_postgres))
        limits.no_postgres = no_postgres;
    experiment_order_trials(&run->experiment, &limits, &run->plan, &run->skip_reasons);
}

int run_plan(struct run *run, const struct experiment_request *request,
             struct error *error)
{
    int result = experiment_decide(&run->experiment, request, error);
    if (result < 0)
        return result;
    run_order_trials(run);
    /* By turns every cell has its first contender against itself. */
    if (run->experiment.repeat > 1 && !run->experiment.slicing.count) {
        twins_add(&run->experiment, &run->plan);
        run_order_trials(run);
    }
    run->whole_ns = run->experiment.repeat * trial_order_block_ns(&run->plan, NULL);
    result = budget_fit(&run->experiment, &run->plan, &run->left_out, error);
    references_keep_used(&run->experiment.models, &run->experiment.contenders);
    run_order_trials(run);
    return result;
}

int run_create(struct run *run, const char *out, struct error *error)
{
    char host[64];
    machine_host(host, sizeof host);
    cJSON *config = experiment_to_json(&run->experiment);
    struct work_calibration *calibration = run->dir.manifest.calibration;
    int result = results_dir_create(&run->dir, out, host, &run->origin, config, error);
    run->dir.manifest.calibration = calibration;
    cJSON_Delete(config);
    if (result == 0)
        manifest_note_left_out(&run->dir.manifest, &run->left_out);
    return result;
}

int run_begin(struct run *run, const struct experiment_request *request, const char *out,
              struct error *error)
{
    int result = run_plan(run, request, error);
    return result < 0 ? result : run_create(run, out, error);
}

/* What began the run goes on with it; another build only where that is asked for. */
static int check_origin(struct run *run, bool force, struct error *error)
{
    struct text how = {0};
    enum flag flag = origin_compare(run->dir.manifest.origin, &run->origin, &how);
    bool can_be_forced = flag != FLAGS && flag_kinds[flag].severity != FLAG_INVALID;
    int result = 0;
    if (flag != FLAGS && !(force && can_be_forced))
        result = error_set(
            error, -EINVAL,
            "%s: this is not what began the run: %s. Trials of both have no median in "
            "common: go on with what began it, or begin a new run%s",
            run->dir.path, text_string(&how),
            can_be_forced ? "; with --force they are mixed, and marked so" : "");
    else if (flag != FLAGS)
        run->forced = memory_printf("%s; such trials are marked %s", text_string(&how),
                                    flag_kinds[flag].word);
    text_release(&how);
    return result;
}

int run_resume(struct run *run, const char *folder, bool force, struct error *error)
{
    cJSON *config;
    int result = results_dir_open(&run->dir, folder, &config, error);
    if (result < 0)
        return result;
    result = experiment_from_json(&run->experiment, config, error);
    cJSON_Delete(config);
    char *manifest = memory_printf("%s/manifest.json", folder);
    if (result == 0)
        result = file_can_write(manifest, error);
    free(manifest);
    if (result == 0)
        result = check_origin(run, force, error);
    if (result == 0)
        result = references_look_again(&run->experiment.models, error);
    if (result == 0) {
        struct experiment *experiment = &run->experiment;
        char *const *name = run->dir.manifest.left_out;
        for (; name && *name; name++)
            words_add(&run->left_out, *name);
        experiment->repeat = manifest_blocks(&run->dir.manifest, experiment->repeat);
        run_order_trials(run);
    }
    return result;
}

/* ---- before the first trial ------------------------------------------------------- */

/* What of the machine is another than at the run's beginning. */
static void note_changes(struct run *run, const struct environment *begun)
{
    struct run_differences differences = {0};
    run_differences_of_machines(&differences, begun, &run->environment);
    for (size_t i = 0; i < differences.count; i++) {
        const struct run_difference *own = &differences.items[i];
        char *line = memory_printf("%s: %s before, %s now", own->what,
                                   own->a ? own->a : "null", own->b ? own->b : "null");
        manifest_note_change(&run->dir.manifest, line);
        free(line);
    }
    run_differences_release(&differences);
}

bool run_ask_doctor(struct run *run)
{
    if (run->findings.count > 0)
        return false;
    doctor_examine(&run->environment, &run->findings);
    return true;
}

int run_examine(struct run *run, struct error *error)
{
    struct environment begun;
    char *file = memory_printf("%s/environment.json", run->dir.path);
    (void)run_ask_doctor(run);
    int result = record_read_file(&environment_type, &begun, file, error);
    free(file);
    if (result == 0) {
        note_changes(run, &begun);
        environment_release(&begun);
    }
    if (result != -ENOENT)
        return result;
    cJSON *machine = record_to_json(&environment_type, &run->environment);
    cJSON *warnings = findings_to_json(&run->findings, SEVERITY_WARNING);
    result = results_dir_write(&run->dir, "warnings.json", warnings, error);
    if (result == 0)
        result = results_dir_write(&run->dir, "environment.json", machine, error);
    cJSON_Delete(machine);
    cJSON_Delete(warnings);
    return result;
}

static void note_plan(struct run *run)
{
    const struct skip_reasons *reasons = &run->skip_reasons;
    char **planned = memory_allocate_zeroed(run->plan.trial_count + 1, sizeof *planned);
    struct not_testable *not_testable =
        memory_allocate_zeroed(reasons->count + 1, sizeof *not_testable);
    for (size_t i = 0; i < run->plan.trial_count; i++)
        planned[i] = memory_copy_string(run->plan.trials[i].id);
    for (size_t i = 0; i < reasons->count; i++) {
        const struct skip_reason *reason = &reasons->items[i];
        not_testable[i] = (struct not_testable){
            .scenario = memory_copy_string(reason->scenario->name),
            .value = reason->value ? memory_copy_string(reason->value) : NULL,
            .model = memory_copy_string(reason->contender->label),
            .why = memory_copy_string(reason->why),
        };
    }
    manifest_plan(&run->dir.manifest, planned, not_testable, reasons->count);
}

int run_calibrate(struct run *run, struct error *error)
{
    struct work_calibration calibration = {0};
    if (run->dir.manifest.calibration)
        return 0;
    int result = work_calibration_measure(&calibration, &run->plan, error);
    if (result < 0 || !calibration.is_known)
        return result;
    run->dir.manifest.calibration = memory_allocate(sizeof calibration);
    *run->dir.manifest.calibration = calibration;
    return 0;
}

const struct contender *run_contender(const struct run *run,
                                      const struct planned_trial *trial)
{
    return &run->experiment.contenders.items[trial->contender];
}

void run_find_point(const struct run *run, const struct planned_trial *trial,
                    struct scenario *point)
{
    const struct cell *cell = &run->plan.cells[trial->cell];
    scenario_at_point(point, cell->scenario, cell->value);
    work_calibration_apply(manifest_calibration(&run->dir.manifest), point);
}

/* Where references join, what they and ours have to answer is found first. */
static int find_digests(struct run *run, struct error *error)
{
    for (size_t i = 0; i < run->plan.trial_count; i++) {
        const struct planned_trial *trial = &run->plan.trials[i];
        const struct model *model = run_contender(run, trial)->model;
        if (!(model->flags & MODEL_REFERENCE))
            continue;
        struct scenario point;
        run_find_point(run, trial, &point);
        digests_want(&run->digests, &point, model);
        scenario_release(&point);
    }
    return digests_find(&run->digests, &run->experiment.models, error);
}

void run_extend(struct run *run, uint64_t blocks)
{
    run->experiment.repeat = blocks;
    run_order_trials(run);
    note_plan(run);
}

int run_prepare(struct run *run, struct error *error)
{
    note_plan(run);
    int result = results_dir_save(&run->dir, RUN_RUNNING, error);
    if (result == 0)
        result = run_calibrate(run, error);
    if (result == 0)
        result = find_digests(run, error);
    return result;
}

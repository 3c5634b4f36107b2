/*
 * folder_fixture.h - results that were made in memory (results_fixture.h), written as a
 * folder with everything that comes after the trials.
 */
#ifndef TESTS_UNIT_FOLDER_FIXTURE_H
#define TESTS_UNIT_FOLDER_FIXTURE_H

#include "tests/unit/results_fixture.h"

#include "base/file.h"
#include "record/environment.h"
#include "record/results_dir.h"
#include "report/report.h"

static inline void fixture_must(int result, const struct error *error)
{
    if (result < 0)
        fail_msg("%s", error->text);
}

static inline void fixture_write_trial(const struct trial_record *trial, const char *path)
{
    struct error error;
    char *own = memory_printf("%s/trials/%s", path, trial->id);
    char *file = memory_printf("%s/trial.json", own);
    fixture_must(file_make_folders(own, &error), &error);
    fixture_must(record_write_file(&trial_record_type, trial, file, &error), &error);
    free(own);
    free(file);
}

/* `path` is absolute, and the process stands where results/latest may be made. The CPU's
 * model tells machines apart. */
static inline void fixture_write(const struct results *results, const char *path,
                                 const char *cpu)
{
    struct error error;
    struct results_dir dir;
    struct environment environment;
    struct origin origin;
    environment_init(&environment);
    environment.cpu.model = memory_copy_string(cpu);
    origin_init(&origin, &environment);
    cJSON *config = experiment_to_json(&results->experiment);
    cJSON *machine = record_to_json(&environment_type, &environment);
    fixture_must(results_dir_create(&dir, path, "test", &origin, config, &error), &error);
    if (results->manifest.begun_utc) {
        free(dir.manifest.begun_utc);
        dir.manifest.begun_utc = memory_copy_string(results->manifest.begun_utc);
    }
    fixture_must(results_dir_write(&dir, "environment.json", machine, &error), &error);
    for (size_t i = 0; i < results->trial_count; i++) {
        results->trials[i].origin = origin_copy(&origin);
        fixture_write_trial(&results->trials[i], path);
    }
    fixture_must(results_dir_save(&dir, RUN_FINISHED, &error), &error);
    fixture_must(report_write(path, NULL, &error), &error);
    results_dir_release(&dir);
    cJSON_Delete(config);
    cJSON_Delete(machine);
    origin_release(&origin);
    environment_release(&environment);
}

/* As a folder of this name below that of the test (tests/support/folder.h), and releases
 * them. */
static inline void fixture_write_below(struct results *results, const char *folder_path,
                                       const char *name, const char *cpu)
{
    char *path = memory_printf("%s/%s", folder_path, name);
    fixture_write(results, path, cpu);
    free(path);
    results_release(results);
}

#endif

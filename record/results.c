/* results.c - see results.h. */
#include "record/results.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "record/results_dir.h"

static int compare_orders(const void *a, const void *b)
{
    uint64_t left = ((const struct trial_record *)a)->order;
    uint64_t right = ((const struct trial_record *)b)->order;
    return (left > right) - (left < right);
}

static int read_trial(struct results *results, const char *folder, const char *id,
                      struct error *error)
{
    struct trial_record trial;
    char *file = memory_printf("%s/%s/trial.json", folder, id);
    int result = record_read_file(&trial_record_type, &trial, file, error);
    free(file);
    if (result < 0)
        return result;
    struct trial_record *kept =
        record_append(&results->trials, &results->trial_count, sizeof *kept);
    *kept = trial;
    return 0;
}

static int read_trials(struct results *results, const char *path, struct error *error)
{
    char *folder = memory_printf("%s/trials", path);
    DIR *listing = opendir(folder);
    int result = 0;
    if (!listing)
        result = error_set(error, -errno, "%s: cannot read the folder: %s", folder,
                           strerror(errno));
    struct dirent *entry;
    while (listing && result == 0 && (entry = readdir(listing)))
        if (entry->d_name[0] != '.')
            result = read_trial(results, folder, entry->d_name, error);
    if (listing)
        closedir(listing);
    free(folder);
    if (results->trial_count > 0)
        qsort(results->trials, results->trial_count, sizeof *results->trials,
              compare_orders);
    return result;
}

void results_flag_origins(struct results *results)
{
    for (size_t i = 0; i < results->trial_count; i++) {
        struct trial_record *trial = &results->trials[i];
        struct text how = {0};
        enum flag flag = origin_compare(results->manifest.origin, trial->origin, &how);
        if (flag != FLAGS)
            trial_raise(trial, flag, flag_kinds[flag].severity, "%s", text_string(&how));
        trial->valid = trial->valid && !trial_is_invalid(trial);
        text_release(&how);
    }
}

int results_read(struct results *results, const char *path, struct error *error)
{
    *results = (struct results){0};
    struct results_dir dir;
    cJSON *config;
    int result = results_dir_open(&dir, path, &config, error);
    if (result < 0)
        return result;
    results->manifest = dir.manifest;
    dir.manifest = (struct manifest){0};
    results_dir_release(&dir);
    result = experiment_from_json(&results->experiment, config, error);
    cJSON_Delete(config);
    if (result == 0)
        results->experiment.repeat =
            manifest_blocks(&results->manifest, results->experiment.repeat);
    if (result == 0)
        result = read_trials(results, path, error);
    if (result == 0)
        results_flag_origins(results);
    if (result < 0)
        results_release(results);
    return result;
}

void results_release(struct results *results)
{
    for (size_t i = 0; i < results->trial_count; i++)
        trial_record_release(&results->trials[i]);
    free(results->trials);
    manifest_release(&results->manifest);
    experiment_release(&results->experiment);
    *results = (struct results){0};
}

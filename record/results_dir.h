/*
 * results_dir.h - the folder of one run: its layout, the record of what is planned and
 * done, trials that are there completely or not at all.
 *
 *   manifest.json config.json environment.json warnings.json
 *   trials/<block>-<scenario>-<point>-<model>/...
 *   disturbed/<the same>.<attempt>/...     (trials that were made again)
 *   samples.csv comparison.{json,csv,md} SHA256SUMS         (report.h, results_sums.h)
 */
#ifndef RECORD_RESULTS_DIR_H
#define RECORD_RESULTS_DIR_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "base/error.h"
#include "record/manifest.h"

struct results_dir {
    char *path;
    struct manifest manifest; /* as it is in manifest.json */
};

/*
 * Makes the folder and writes config.json, and a manifest that knows its hash and what
 * began the run. `path`
 * NULL: results/<UTC>-<host>-<config8> for this machine's `host` name, with the link
 * results/latest set to it; otherwise `path` must not exist yet or be empty.
 */
MUST_CHECK int results_dir_create(struct results_dir *dir, const char *path,
                                  const char *host, const struct origin *origin,
                                  const cJSON *config, struct error *error);

/* Makes the folder of a run that is to be created later, and leaves it empty: so that
 * nothing is measured for a folder that cannot be had. 0 or -errno. */
MUST_CHECK int results_dir_reserve(const char *path, struct error *error);

/*
 * Opens the folder of an earlier run and gives its configuration (delete it), having
 * checked that it is the one that the manifest was written for.
 */
MUST_CHECK int results_dir_open(struct results_dir *dir, const char *path, cJSON **config,
                                struct error *error);
void results_dir_release(struct results_dir *dir);

/* Writes a JSON file into the folder. */
MUST_CHECK int results_dir_write(const struct results_dir *dir, const char *name,
                                 const cJSON *root, struct error *error);

/* Writes the manifest, with its state set to this. */
MUST_CHECK int results_dir_save(struct results_dir *dir, enum manifest_state state,
                                struct error *error);

/* Whether this trial is there. */
bool results_dir_has_trial(const struct results_dir *dir, const char *id);

/* A fresh, empty folder for a trial, to be committed or discarded. On the heap. */
MUST_CHECK int results_dir_begin_trial(const struct results_dir *dir, const char *id,
                                       char **folder, struct error *error);

/* Makes it the trial's folder: synced, then renamed, then noted in the manifest, in
 * place of what was noted of an attempt before. */
MUST_CHECK int results_dir_commit_trial(struct results_dir *dir, const char *id,
                                        const char *folder, enum done_status status,
                                        struct error *error);
void results_dir_discard_trial(const char *folder);

/* How often the trial was disturbed, and its folder set aside to make it again. */
uint64_t results_dir_count_disturbed(const struct results_dir *dir, const char *id);
MUST_CHECK int results_dir_set_aside_trial(const struct results_dir *dir, const char *id,
                                           struct error *error);

#endif

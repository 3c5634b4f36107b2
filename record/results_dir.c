/* results_dir.c - see results_dir.h. */
#include "record/results_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/build.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/json_document.h"
#include "base/text.h"

#define SUM_LIMIT_NS (60 * NS_PER_S)

static int fail(struct error *error, const char *path, const char *doing)
{
    int failure = errno;
    return error_set(error, -failure, "%s: cannot %s: %s", path, doing,
                     strerror(failure));
}

/* ---- hashes ----------------------------------------------------------------------- */

/* SHA-256 in hexadecimal, by coreutils, on the heap. */
static int hash_text(const char *content, char **hash, struct error *error)
{
    const char *const arguments[] = {"sha256sum", NULL};
    int result =
        process_capture("sha256sum", arguments, NULL, content, SUM_LIMIT_NS, hash, error);
    if (result == 0)
        (*hash)[strcspn(*hash, " ")] = '\0';
    return result;
}

int results_dir_sum(const char *path, struct error *error)
{
    /* Names are ours: no blanks, no newlines. Sorted, so that equal runs sum alike. */
    static const char *const arguments[] = {
        "sh", "-c",
        "find . -type f ! -name SHA256SUMS ! -path './trials/.*' | LC_ALL=C sort | "
        "xargs sha256sum",
        NULL};
    char *sums, *file = memory_printf("%s/SHA256SUMS", path);
    int result = process_capture("sh", arguments, path, NULL, SUM_LIMIT_NS, &sums, error);
    if (result == 0) {
        result = file_write_atomic(file, sums, strlen(sums), error);
        free(sums);
    }
    free(file);
    return result;
}

/* ---- making and opening ----------------------------------------------------------- */

static bool is_empty_or_absent(const char *path)
{
    DIR *listing = opendir(path);
    if (!listing)
        return errno == ENOENT;
    int entries = 0;
    while (readdir(listing))
        entries++;
    closedir(listing);
    return entries <= 2; /* "." and ".." */
}

/* results/latest -> NAME, replaced in one step. */
static int point_latest(const char *name, struct error *error)
{
    const char *temporary = "results/.latest";
    unlink(temporary);
    if (symlink(name, temporary) < 0 || rename(temporary, "results/latest") < 0)
        return fail(error, "results/latest", "make the link");
    return 0;
}

static cJSON *first_manifest(const char *hash, const cJSON *config)
{
    cJSON *manifest = cJSON_CreateObject();
    char now[32];
    clock_utc_text(now, sizeof now, 0);
    cJSON_AddNumberToObject(manifest, "schema_version", 1);
    cJSON_AddStringToObject(manifest, "state", "begun");
    cJSON *tool = json_add_object(manifest, "tool");
    cJSON_AddStringToObject(tool, "version", build.version);
    json_add_text(tool, "commit", *build.commit ? build.commit : NULL);
    json_add_bool(tool, "dirty", strstr(build.commit, "-dirty") != NULL);
    json_add_text(tool, "compiler", build.compiler);
    json_add_text(tool, "flags", build.flags);
    cJSON_AddStringToObject(manifest, "config_sha256", hash);
    json_add_number(manifest, "seed", json_number(config, "seed"));
    cJSON_AddStringToObject(manifest, "begun_utc", now);
    json_add_text(manifest, "changed_utc", now);
    return manifest;
}

int results_dir_create(struct results_dir *dir, const char *path, const char *host,
                       const cJSON *config, struct error *error)
{
    *dir = (struct results_dir){0};
    char *text = json_print(config), *hash = NULL, *file = NULL, *name = NULL;
    int result = hash_text(text, &hash, error);
    if (result < 0)
        goto done;
    char now[32];
    clock_utc_text(now, sizeof now, 1);
    name = memory_printf("%s-%s-%.8s", now, host, hash);
    dir->path = path ? memory_copy_string(path) : memory_printf("results/%s", name);
    if (!is_empty_or_absent(dir->path)) {
        result = error_set(error, -EEXIST, "%s: there is something already", dir->path);
        goto done;
    }
    file = memory_printf("%s/trials", dir->path);
    result = file_make_folders(file, error);
    free(file);
    file = memory_printf("%s/config.json", dir->path);
    if (result == 0)
        result = file_write_atomic(file, text, strlen(text), error);
    dir->manifest = first_manifest(hash, config);
    if (result == 0)
        result = results_dir_save(dir, "begun", error);
    if (result == 0 && !path)
        result = point_latest(name, error);
done:
    if (result < 0)
        results_dir_release(dir);
    free(file);
    free(name);
    free(hash);
    free(text);
    return result;
}

/* The file's JSON, or an error that names it. */
static int read_json(const char *folder, const char *name, cJSON **root, char **source,
                     struct error *error)
{
    char *path = memory_printf("%s/%s", folder, name);
    struct json_document document;
    int result = json_open_file(&document, path, error);
    free(path);
    if (result < 0)
        return result;
    *root = document.root;
    document.root = NULL;
    if (source)
        *source = memory_copy_string(document.source);
    json_close(&document);
    return 0;
}

int results_dir_open(struct results_dir *dir, const char *path, cJSON **config,
                     struct error *error)
{
    *dir = (struct results_dir){.path = memory_copy_string(path)};
    *config = NULL;
    char *source = NULL, *hash = NULL;
    int result = read_json(path, "manifest.json", &dir->manifest, NULL, error);
    if (result == 0)
        result = read_json(path, "config.json", config, &source, error);
    if (result == 0)
        result = hash_text(source, &hash, error);
    const char *known = json_string(dir->manifest, "config_sha256");
    if (result == 0 && (!known || strcmp(known, hash) != 0))
        result = error_set(error, -EINVAL,
                           "%s/config.json: changed since the run was begun (its "
                           "SHA-256 is %s, the manifest has %s)",
                           path, hash, known ? known : "none");
    if (result < 0) {
        cJSON_Delete(*config);
        *config = NULL;
        results_dir_release(dir);
    }
    free(source);
    free(hash);
    return result;
}

void results_dir_release(struct results_dir *dir)
{
    free(dir->path);
    cJSON_Delete(dir->manifest);
    *dir = (struct results_dir){0};
}

int results_dir_write(const struct results_dir *dir, const char *name, const cJSON *root,
                      struct error *error)
{
    char *path = memory_printf("%s/%s", dir->path, name);
    int result = json_write_file(path, root, error);
    free(path);
    return result;
}

static void replace_text(cJSON *object, const char *key, const char *value)
{
    cJSON_ReplaceItemInObjectCaseSensitive(object, key, cJSON_CreateString(value));
}

int results_dir_save(struct results_dir *dir, const char *state, struct error *error)
{
    char now[32];
    clock_utc_text(now, sizeof now, 0);
    replace_text(dir->manifest, "state", state);
    replace_text(dir->manifest, "changed_utc", now);
    return results_dir_write(dir, "manifest.json", dir->manifest, error);
}

/* ---- trials ----------------------------------------------------------------------- */

bool results_dir_has_trial(const struct results_dir *dir, const char *id)
{
    char *file = memory_printf("%s/trials/%s/trial.json", dir->path, id);
    bool there = access(file, R_OK) == 0;
    free(file);
    return there;
}

void results_dir_discard_trial(const char *folder)
{
    file_remove_folder(folder);
}

int results_dir_begin_trial(const struct results_dir *dir, const char *id, char **folder,
                            struct error *error)
{
    *folder = memory_printf("%s/trials/.partial-%s", dir->path, id);
    results_dir_discard_trial(*folder);
    int result = file_make_folders(*folder, error);
    if (result < 0)
        free(*folder);
    return result;
}

static int sync_path(const char *path, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0) {
        int result = fail(error, path, "sync");
        if (fd >= 0)
            close(fd);
        return result;
    }
    close(fd);
    return 0;
}

static int sync_files(const char *folder, struct error *error)
{
    DIR *listing = opendir(folder);
    if (!listing)
        return fail(error, folder, "read the folder");
    int result = 0;
    struct dirent *entry;
    while (result == 0 && (entry = readdir(listing))) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = memory_printf("%s/%s", folder, entry->d_name);
        result = sync_path(path, error);
        free(path);
    }
    closedir(listing);
    return result == 0 ? sync_path(folder, error) : result;
}

static cJSON *list_of_done(cJSON *manifest)
{
    cJSON *done = cJSON_GetObjectItemCaseSensitive(manifest, "done");
    return done ? done : json_add_array(manifest, "done");
}

int results_dir_commit_trial(struct results_dir *dir, const char *id, const char *folder,
                             const char *status, struct error *error)
{
    char *place = memory_printf("%s/trials/%s", dir->path, id);
    char *trials = memory_printf("%s/trials", dir->path);
    int result = sync_files(folder, error);
    if (result == 0 && rename(folder, place) < 0)
        result = fail(error, place, "rename the trial's folder");
    if (result == 0)
        result = sync_path(trials, error);
    if (result == 0) {
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddStringToObject(entry, "id", id);
        cJSON_AddStringToObject(entry, "status", status);
        cJSON_AddItemToArray(list_of_done(dir->manifest), entry);
        result = results_dir_save(dir, "running", error);
    }
    free(trials);
    free(place);
    return result;
}

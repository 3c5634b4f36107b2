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

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/json_document.h"
#include "base/sha256.h"
#include "base/text.h"

static int fail(struct error *error, const char *path, const char *doing)
{
    int failure = errno;
    return error_set(error, -failure, "%s: cannot %s: %s", path, doing,
                     strerror(failure));
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

/* results/latest -> the folder, by its name where that lies in results/; replaced in one
 * step. */
static int point_latest(const char *path, struct error *error)
{
    static const char results[] = "results/", temporary[] = "results/.latest";
    bool inside = strncmp(path, results, strlen(results)) == 0;
    char *absolute = inside ? NULL : realpath(path, NULL);
    const char *target = inside ? path + strlen(results) : absolute;
    if (!target)
        return fail(error, path, "find its place");
    int result = file_make_folders("results", error);
    unlink(temporary);
    if (result == 0 &&
        (symlink(target, temporary) < 0 || rename(temporary, "results/latest") < 0))
        result = fail(error, "results/latest", "make the link");
    free(absolute);
    return result;
}

static int check_empty(const char *path, struct error *error)
{
    return is_empty_or_absent(path)
               ? 0
               : error_set(error, -EEXIST, "%s: there is something already", path);
}

int results_dir_reserve(const char *path, struct error *error)
{
    int result = check_empty(path, error);
    return result < 0 ? result : file_make_folders(path, error);
}

int results_dir_create(struct results_dir *dir, const char *path, const char *host,
                       const struct origin *origin, const cJSON *config,
                       struct error *error)
{
    *dir = (struct results_dir){0};
    char *text = json_print(config);
    char now[32], hash[SHA256_TEXT_BYTES];
    sha256_bytes(text, strlen(text), hash);
    clock_utc_text(now, sizeof now, 1);
    char *name = memory_printf("%s-%s-%.8s", now, host, hash);
    dir->path = path ? memory_copy_string(path) : memory_printf("results/%s", name);
    char *trials = memory_printf("%s/trials", dir->path);
    char *file = memory_printf("%s/config.json", dir->path);
    int result = check_empty(dir->path, error);
    if (result == 0)
        result = file_make_folders(trials, error);
    if (result == 0)
        result = file_write_atomic(file, text, strlen(text), error);
    manifest_init(&dir->manifest, origin, hash, json_number(config, "seed"));
    if (result == 0)
        result = results_dir_save(dir, RUN_BEGUN, error);
    if (result == 0)
        result = point_latest(dir->path, error);
    if (result < 0)
        results_dir_release(dir);
    free(trials);
    free(file);
    free(name);
    free(text);
    return result;
}

/* config.json, if it is the one with this SHA-256. */
static int read_config(const char *folder, const char *known, cJSON **config,
                       struct error *error)
{
    char *path = memory_printf("%s/config.json", folder), hash[SHA256_TEXT_BYTES] = "";
    struct json_document document = {0};
    int result = json_open_file(&document, path, error);
    if (result == 0)
        sha256_bytes(document.source, strlen(document.source), hash);
    if (result == 0 && strcmp(known, hash) != 0)
        result = error_set(error, -EINVAL,
                           "%s: changed since the run was begun (its SHA-256 is %s, the "
                           "manifest has %s)",
                           path, hash, known);
    if (result == 0) {
        *config = document.root;
        document.root = NULL;
    }
    json_close(&document);
    free(path);
    return result;
}

int results_dir_open(struct results_dir *dir, const char *path, cJSON **config,
                     struct error *error)
{
    *dir = (struct results_dir){.path = memory_copy_string(path)};
    *config = NULL;
    char *file = memory_printf("%s/manifest.json", path);
    int result = record_read_file(&manifest_type, &dir->manifest, file, error);
    if (result == 0)
        result = read_config(path, dir->manifest.config_sha256, config, error);
    if (result < 0)
        results_dir_release(dir);
    free(file);
    return result;
}

void results_dir_release(struct results_dir *dir)
{
    free(dir->path);
    manifest_release(&dir->manifest);
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

int results_dir_save(struct results_dir *dir, enum manifest_state state,
                     struct error *error)
{
    struct manifest *manifest = &dir->manifest;
    char now[32], *path = memory_printf("%s/manifest.json", dir->path);
    clock_utc_text(now, sizeof now, 0);
    manifest->state = (int)state;
    free(manifest->changed_utc);
    manifest->changed_utc = memory_copy_string(now);
    int result = record_write_file(&manifest_type, manifest, path, error);
    free(path);
    return result;
}

/* ---- trials ----------------------------------------------------------------------- */

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

static char *disturbed_folder(const struct results_dir *dir, const char *id,
                              uint64_t attempt)
{
    return memory_printf("%s/disturbed/%s.%llu", dir->path, id,
                         (unsigned long long)attempt);
}

uint64_t results_dir_count_disturbed(const struct results_dir *dir, const char *id)
{
    uint64_t count = 0;
    bool there = true;
    while (there) {
        char *folder = disturbed_folder(dir, id, count + 1);
        there = access(folder, F_OK) == 0;
        count += there;
        free(folder);
    }
    return count;
}

int results_dir_set_aside_trial(const struct results_dir *dir, const char *id,
                                struct error *error)
{
    char *place = memory_printf("%s/trials/%s", dir->path, id);
    char *all = memory_printf("%s/disturbed", dir->path);
    char *aside = disturbed_folder(dir, id, results_dir_count_disturbed(dir, id) + 1);
    int result = file_make_folders(all, error);
    if (result == 0 && rename(place, aside) < 0)
        result = fail(error, aside, "rename the trial's folder");
    if (result == 0)
        result = sync_path(all, error);
    free(aside);
    free(all);
    free(place);
    return result;
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

int results_dir_commit_trial(struct results_dir *dir, const char *id, const char *folder,
                             enum done_status status, struct error *error)
{
    char *place = memory_printf("%s/trials/%s", dir->path, id);
    char *trials = memory_printf("%s/trials", dir->path);
    int result = sync_files(folder, error);
    if (result == 0 && rename(folder, place) < 0)
        result = fail(error, place, "rename the trial's folder");
    if (result == 0)
        result = sync_path(trials, error);
    if (result == 0) {
        manifest_note_done(&dir->manifest, id, status);
        result = results_dir_save(dir, RUN_RUNNING, error);
    }
    free(trials);
    free(place);
    return result;
}

/* results_sums.c - see results_sums.h. */
#include "record/results_sums.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/compare.h"
#include "base/file.h"
#include "base/file_tree.h"
#include "base/sha256.h"
#include "base/text.h"

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), its = strlen(end);
    return length >= its && strcmp(name + length - its, end) == 0;
}

/* All but the sums themselves, trials that are not complete, and drawn charts. */
static bool is_summed(const char *name)
{
    bool drawn = strncmp(name, "plots/", strlen("plots/")) == 0 &&
                 (ends_with(name, ".svg") || ends_with(name, ".png"));
    return !ends_with(name, "SHA256SUMS") && !drawn &&
           strncmp(name, "trials/.", strlen("trials/.")) != 0;
}

int results_sums_write(const char *path, struct error *error)
{
    char **names, sum[SHA256_TEXT_BYTES];
    struct text sums = {0};
    int result = file_tree_list(path, is_summed, &names, error);
    for (size_t i = 0; names[i] && result == 0; i++) {
        char *file = memory_printf("%s/%s", path, names[i]);
        result = sha256_file(file, sum, error);
        text_printf(&sums, "%s  ./%s\n", sum, names[i]);
        free(file);
    }
    char *file = memory_printf("%s/SHA256SUMS", path);
    if (result == 0)
        result = file_write_atomic(file, text_string(&sums), sums.length, error);
    free(file);
    text_release(&sums);
    text_list_free(names);
    return result;
}

/* ---- checking --------------------------------------------------------------------- */

/* A line of SHA256SUMS: "HASH  ./NAME". */
struct summed_file {
    char *name, *sum;
};

struct summed_files {
    struct summed_file *items; /* in the order of the file, which is that of the names */
    size_t count;
};

static int read_sums(struct summed_files *files, const char *path, struct error *error)
{
    char *content;
    *files = (struct summed_files){0};
    char *file = memory_printf("%s/SHA256SUMS", path);
    int result = file_read(file, &content, NULL, error);
    free(file);
    if (result < 0)
        return result;
    char **lines = text_split(content, '\n', NULL);
    free(content);
    for (size_t i = 0; lines[i] && result == 0; i++) {
        char *gap = strstr(lines[i], "  ./");
        if (!*lines[i])
            continue;
        if (!gap || gap - lines[i] != SHA256_TEXT_BYTES - 1) {
            result = error_set(error, -EINVAL,
                               "%s/SHA256SUMS:%zu: expected a SHA-256 and a name", path,
                               i + 1);
            continue;
        }
        *gap = '\0';
        files->items =
            memory_resize(files->items, (files->count + 1) * sizeof *files->items);
        files->items[files->count++] = (struct summed_file){
            memory_copy_string(gap + strlen("  ./")), memory_copy_string(lines[i])};
    }
    text_list_free(lines);
    return result;
}

static const char *sum_of(const struct summed_files *files, const char *name)
{
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->items[i].name, name) == 0)
            return files->items[i].sum;
    return NULL;
}

static void release_sums(struct summed_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free(files->items[i].name);
        free(files->items[i].sum);
    }
    free(files->items);
}

static size_t list_length(char *const *list)
{
    size_t length = 0;
    while (list[length])
        length++;
    return length;
}

/* 1: the file is as it was; 0: `take` was told what is wrong. */
static int check_file(const char *path, const char *name, const char *was,
                      results_sums_take *take, void *context, struct error *error)
{
    char is[SHA256_TEXT_BYTES], *file = memory_printf("%s/%s", path, name);
    int result = was ? sha256_file(file, is, error) : 0;
    free(file);
    if (result < 0)
        return result;
    if (was && strcmp(was, is) == 0)
        return 1;
    char *what =
        was ? memory_printf("changed: its SHA-256 was %.12s..., is %.12s...", was, is)
            : memory_copy_string("was not there: it has no SHA-256");
    take(context, name, what);
    free(what);
    return 0;
}

int results_sums_check(const char *path, results_sums_take *take, void *context,
                       struct error *error)
{
    struct summed_files files;
    char **names = NULL;
    int same = 0, result = read_sums(&files, path, error);
    if (result >= 0)
        result = file_tree_list(path, is_summed, &names, error);
    for (size_t i = 0; result >= 0 && names[i]; i++) {
        result =
            check_file(path, names[i], sum_of(&files, names[i]), take, context, error);
        same += result > 0;
    }
    for (size_t i = 0; result >= 0 && i < files.count; i++)
        if (!bsearch(&files.items[i].name, names, list_length(names), sizeof *names,
                     compare_strings))
            take(context, files.items[i].name, "is not there any more");
    if (names)
        text_list_free(names);
    release_sums(&files);
    return result < 0 ? result : same;
}

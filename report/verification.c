/* verification.c - see verification.h. */
#include "report/verification.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/file_tree.h"
#include "base/json.h"
#include "base/json_difference.h"
#include "base/text.h"
#include "record/results_sums.h"
#include "report/report.h"

/* Where differences of a file go. */
struct verified_file {
    struct verification *verification;
    verification_take *take; /* NULL: they are counted alone */
    void *context;
    const char *name;
};

static void tell(struct verified_file *file, const char *place, const char *there,
                 const char *made)
{
    file->verification->differences++;
    if (file->take)
        file->take(file->context, file->name, place, there, made);
}

/* ---- hashes ----------------------------------------------------------------------- */

static void take_sum(void *context, const char *name, const char *what)
{
    struct verified_file file = *(struct verified_file *)context;
    file.name = name;
    tell(&file, what, NULL, NULL);
}

/* ---- two versions of a file ------------------------------------------------------- */

static void take_json(void *context, const char *path, const char *there,
                      const char *made)
{
    tell(context, path, there, made);
}

static void compare_json(struct verified_file *file, const char *there, const char *made)
{
    cJSON *left = cJSON_Parse(there), *right = cJSON_Parse(made);
    if (!left)
        tell(file, "broken JSON", NULL, NULL);
    else if (json_differences(left, right, take_json, file) == 0)
        tell(file, "written in another form", NULL, NULL);
    cJSON_Delete(left);
    cJSON_Delete(right);
}

static void compare_cells(struct verified_file *file, const struct words *headers,
                          char *const *there, char *const *made, size_t line)
{
    for (size_t i = 0; there[i] && made[i]; i++) {
        char *place = memory_printf("line %zu, %s", line,
                                    i < headers->count ? headers->items[i] : "?");
        if (strcmp(there[i], made[i]) != 0)
            tell(file, place, there[i], made[i]);
        free(place);
    }
}

static void compare_csv(struct verified_file *file, const char *there, const char *made)
{
    struct words headers = {0};
    const char *first = made;
    headers.items = csv_read_line(&first, &headers.count);
    for (size_t line = 1; *there || *made; line++) {
        size_t left_count = 0, right_count = 0;
        char **left = csv_read_line(&there, &left_count);
        char **right = csv_read_line(&made, &right_count);
        char *place = memory_printf("line %zu", line);
        if (left && right && left_count == right_count)
            compare_cells(file, &headers, left, right, line);
        else
            tell(file, place, left ? left[0] : NULL, right ? right[0] : NULL);
        free(place);
        text_list_free(left);
        text_list_free(right);
    }
    words_release(&headers);
}

static void compare_lines(struct verified_file *file, const char *there, const char *made)
{
    for (size_t line = 1; *there || *made; line++) {
        size_t left = strcspn(there, "\n"), right = strcspn(made, "\n");
        char *place = memory_printf("line %zu", line);
        char *is = memory_printf("%.*s", (int)left, there);
        char *should = memory_printf("%.*s", (int)right, made);
        if (strcmp(is, should) != 0)
            tell(file, place, *there ? is : NULL, *made ? should : NULL);
        free(place);
        free(is);
        free(should);
        there += left + (there[left] == '\n');
        made += right + (made[right] == '\n');
    }
}

static const struct {
    const char *ending;
    void (*compare)(struct verified_file *file, const char *there, const char *made);
} comparers[] = {{".json", compare_json}, {".csv", compare_csv}, {"", compare_lines}};

static void compare_contents(struct verified_file *file, const char *there,
                             const char *made)
{
    const char *ending = strrchr(file->name, '.');
    size_t i = 0;
    while (*comparers[i].ending && (!ending || strcmp(ending, comparers[i].ending) != 0))
        i++;
    comparers[i].compare(file, there, made);
}

/* ---- made again ------------------------------------------------------------------- */

static char *read_below(const char *folder, const char *name, struct error *error)
{
    char *path = memory_printf("%s/%s", folder, name), *content;
    int result = file_read(path, &content, NULL, error);
    free(path);
    return result < 0 ? NULL : content;
}

static void compare_file(struct verified_file *file, const char *path,
                         const char *scratch)
{
    struct error error;
    size_t before = file->verification->differences;
    char *there = read_below(path, file->name, &error);
    char *made = read_below(scratch, file->name, &error);
    if (!there || !made)
        tell(file, error.text, NULL, NULL);
    else if (strcmp(there, made) != 0)
        compare_contents(file, there, made);
    file->verification->made += file->verification->differences == before;
    free(there);
    free(made);
}

static void compare_folders(struct verified_file *file, const char *path,
                            const char *scratch, char *const *names)
{
    for (size_t i = 0; names[i]; i++) {
        file->name = names[i];
        compare_file(file, path, scratch);
    }
}

/* Which program made the comparison in this folder, on the heap; NULL: it does not say.
 */
static char *made_by(const char *folder)
{
    struct error error;
    char *content = read_below(folder, "comparison.json", &error);
    cJSON *root = content ? cJSON_Parse(content) : NULL;
    const char *name = json_string(root, "made_by");
    char *copy = name ? memory_copy_string(name) : NULL;
    cJSON_Delete(root);
    free(content);
    return copy;
}

/* Where another version made the reports, what that one does otherwise is no difference
 * to tell of one by one: `made_by` is set if there is any beside its name. */
static void compare_reports(struct verified_file *file, const char *path,
                            const char *scratch, char *const *names)
{
    char *there = made_by(path), *here = made_by(scratch);
    struct verification dry = {0};
    struct verified_file silent = {&dry, NULL, NULL, NULL};
    if (text_same(there, here)) {
        compare_folders(file, path, scratch, names);
    } else {
        compare_folders(&silent, path, scratch, names);
        bool only_the_name = dry.differences == 1;
        file->verification->made = dry.made + only_the_name;
        if (!only_the_name)
            file->verification->made_by =
                memory_copy_string(there ? there : "a version that did not say so");
    }
    free(there);
    free(here);
}

int verification_run(struct verification *verification, const char *path,
                     const char *scratch, verification_take *take, void *context,
                     struct error *error)
{
    struct verified_file file = {verification, take, context, NULL};
    char **names = NULL;
    *verification = (struct verification){0};
    int summed = results_sums_check(path, take_sum, &file, error);
    if (summed < 0)
        return summed;
    verification->summed = (size_t)summed;
    int result = report_write_into(path, scratch, error);
    if (result < 0) {
        file.name = path;
        tell(&file, error->text, NULL, NULL);
        return 0;
    }
    result = file_tree_list(scratch, NULL, &names, error);
    if (result == 0)
        compare_reports(&file, path, scratch, names);
    text_list_free(names);
    return result;
}

void verification_release(struct verification *verification)
{
    free(verification->made_by);
    *verification = (struct verification){0};
}

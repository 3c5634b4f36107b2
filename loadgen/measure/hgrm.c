/* hgrm.c - see hgrm.h. */
#include "loadgen/measure/hgrm.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

static int write_one(const struct distribution *latency, const char *path,
                     struct error *error)
{
    char *text = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&text, &length);
    if (!memory)
        abort(); /* Only for want of memory, which is fatal everywhere. */
    histogram_write_hgrm(latency->histogram, memory, NS_PER_MS);
    fclose(memory);
    int code = file_write_atomic(path, text, length, error);
    free(text);
    return code;
}

/* "dir/latency.hgrm" and "light" -> "dir/latency.light.hgrm". */
static char *path_of_class(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    size_t stem = dot && (!slash || dot > slash + 1) && dot > path ? (size_t)(dot - path)
                                                                   : strlen(path);
    char *class_path = memory_printf("%.*s.%s%s", (int)stem, path, name, path + stem);
    for (char *c = class_path + stem; c < class_path + stem + 1 + strlen(name); c++)
        *c = *c == '/' ? '_' : *c;
    return class_path;
}

int hgrm_can_write(const char *path, const char *const *names, size_t count,
                   struct error *error)
{
    int code = file_can_write(path, error);
    bool has_neighbours = file_is_regular_or_new(path);
    for (size_t i = 0; code == 0 && has_neighbours && i < count; i++) {
        char *class_path = *names[i] ? path_of_class(path, names[i]) : NULL;
        code = class_path ? file_can_write(class_path, error) : 0;
        free(class_path);
    }
    return code;
}

int hgrm_write(const struct load_result *result, const char *path, struct error *error)
{
    int code = write_one(&result->latency, path, error);
    bool has_neighbours = file_is_regular_or_new(path);
    for (size_t i = 0; code == 0 && has_neighbours && i < result->class_count; i++) {
        const struct class_result *class = &result->classes[i];
        if (!*class->name)
            continue;
        char *class_path = path_of_class(path, class->name);
        code = write_one(&class->latency, class_path, error);
        free(class_path);
    }
    return code;
}

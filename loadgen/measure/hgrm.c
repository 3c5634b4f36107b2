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

int hgrm_write(const struct load_result *result, const char *path, struct error *error)
{
    int code = write_one(&result->latency, path, error);
    for (size_t i = 0; code == 0 && i < result->class_count; i++) {
        const struct class_result *class = &result->classes[i];
        if (!*class->name)
            continue;
        char *class_path = path_of_class(path, class->name);
        code = write_one(&class->latency, class_path, error);
        free(class_path);
    }
    return code;
}

/* ceiling.c - see ceiling.h. */
#include "loadgen/search/ceiling.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/build.h"
#include "base/cpus.h"
#include "base/file.h"
#include "base/fnv1a.h"
#include "base/json.h"
#include "base/json_document.h"
#include "base/key_value.h"
#include "base/text.h"

/* "model name : ..." of the first CPU; heap. Where there is none, "unknown". */
static char *read_cpu_model(void)
{
    char *info;
    if (file_read("/proc/cpuinfo", &info, NULL, NULL) < 0)
        return memory_copy_string("unknown");
    char *model = key_value_text(info, "model name");
    free(info);
    return model ? model : memory_copy_string("unknown");
}

char *ceiling_path(void)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    /* The XDG base directory specification: relative paths are ignored. */
    bool usable = cache && *cache == '/';
    if (!usable && (!home || *home != '/'))
        return NULL;
    char *model = read_cpu_model();
    const char *const parts[] = {model, build.commit, build.flags};
    uint64_t hash = FNV1A_BASIS;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        hash = fnv1a(hash, parts[i], strlen(parts[i]));
    free(model);
    return memory_printf("%s%s/interleave/ceiling-%016llx.json", usable ? cache : home,
                         usable ? "" : "/.cache", (unsigned long long)hash);
}

int ceiling_load(struct ceiling *ceiling, struct error *error)
{
    struct json_document document;
    char *path = ceiling_path();
    if (!path)
        return error_set(error, -ENOENT, "neither XDG_CACHE_HOME nor HOME is set");
    int code = json_open_file(&document, path, error);
    free(path);
    if (code < 0)
        return code;
    *ceiling = (struct ceiling){
        .thread_rps = json_number(document.root, "thread_rps"),
        .cpu_us_per_request = json_number(document.root, "cpu_us_per_request"),
        .throughput_rps = json_number(document.root, "throughput_rps"),
    };
    if (!(ceiling->thread_rps > 0))
        code = error_set(error, -EINVAL, "%s: no \"thread_rps\"", document.file);
    json_close(&document);
    return code;
}

int ceiling_store(const struct ceiling *ceiling, struct error *error)
{
    char *path = ceiling_path();
    if (!path)
        return error_set(error, -ENOENT,
                         "nowhere to keep the ceiling: set XDG_CACHE_HOME or HOME");
    char *folder = memory_copy_string(path), *model = read_cpu_model();
    *strrchr(folder, '/') = '\0';
    int code = file_make_folders(folder, error);
    if (code == 0) {
        cJSON *json = cJSON_CreateObject();
        json_add_number(json, "schema_version", 1);
        json_add_text(json, "cpu", model);
        json_add_text(json, "commit", build.commit);
        json_add_text(json, "flags", build.flags);
        json_add_number(json, "thread_rps", ceiling->thread_rps);
        json_add_number(json, "cpu_us_per_request", ceiling->cpu_us_per_request);
        json_add_number(json, "throughput_rps", ceiling->throughput_rps);
        code = json_write_file(path, json, error);
        cJSON_Delete(json);
    }
    free(model);
    free(folder);
    free(path);
    return code;
}

double ceiling_of_threads(const struct ceiling *ceiling, unsigned threads)
{
    unsigned cpus = (unsigned)cpus_allowed_count();
    return ceiling->thread_rps * (threads < cpus ? threads : cpus);
}

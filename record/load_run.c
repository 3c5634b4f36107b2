/* load_run.c - see load_run.h. */
#include "record/load_run.h"

#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/sha256.h"
#include "base/text.h"

static char *wall_text(uint64_t then_ns)
{
    char text[CLOCK_WALL_TEXT_BYTES];
    clock_wall_text(clock_wall_ns(then_ns), text);
    return memory_copy_string(text);
}

void load_run_init(struct load_run *run, uint64_t begin_ns, uint64_t end_ns)
{
    char id[RANDOM_ID_BYTES], sum[SHA256_TEXT_BYTES];
    struct utsname name;
    random_fresh_id(id);
    bool known = sha256_file("/proc/self/exe", sum, NULL) == 0;
    *run = (struct load_run){
        .id = memory_copy_string(id),
        .host = memory_copy_string(uname(&name) == 0 ? name.nodename : ""),
        .process = (uint64_t)getpid(),
        .binary_sha256 = known ? memory_copy_string(sum) : NULL,
        .start = wall_text(begin_ns),
        .end = wall_text(end_ns),
    };
}

/* Texts that are no times make an empty window. */
static struct wall_window window_of(const struct load_run *run)
{
    struct wall_window window = {0};
    if (clock_wall_parse(run->start, &window.begin_ns) < 0 ||
        clock_wall_parse(run->end, &window.end_ns) < 0)
        return (struct wall_window){0};
    return window;
}

struct wall_window load_runs_common(const struct load_run *runs, size_t count)
{
    struct wall_window common = window_of(&runs[0]);
    for (size_t i = 1; i < count; i++) {
        struct wall_window window = window_of(&runs[i]);
        if (window.begin_ns > common.begin_ns)
            common.begin_ns = window.begin_ns;
        if (window.end_ns < common.end_ns)
            common.end_ns = window.end_ns;
    }
    return common;
}

/* ---- the record ------------------------------------------------------------------- */

static int check_window(struct json_document *document, const cJSON *node, void *record,
                        struct error *error)
{
    struct wall_window window = window_of(record);
    if (window.begin_ns < window.end_ns)
        return 0;
    return json_error(document, node, error,
                      "expected a \"start\" such as \"2026-11-23T15:04:05.000000001Z\" "
                      "and a later \"end\"");
}

static const struct record_hooks hooks = {.read = check_window};
static const struct record_field fields[] = {
    {MEMBER_TEXT("id", load_run, id), .required = true},
    {MEMBER_TEXT("host", load_run, host), .required = true},
    {MEMBER_COUNT("process", load_run, process)},
    {MEMBER_TEXT("binary_sha256", load_run, binary_sha256), .optional = true},
    {MEMBER_TEXT("start", load_run, start), .required = true},
    {MEMBER_TEXT("end", load_run, end), .required = true},
    {0},
};
const struct record_type load_run_type = {
    .size = sizeof(struct load_run), .fields = fields, .hooks = &hooks};

/* manifest.c - see manifest.h. */
#include "record/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/build.h"
#include "base/clock.h"

static const char *const state_words[] = {
    [RUN_BEGUN] = "begun",
    [RUN_RUNNING] = "running",
    [RUN_INTERRUPTED] = "interrupted",
    [RUN_FINISHED] = "finished",
    NULL,
};
static const char *const done_words[] = {
    [DONE_VALID] = "valid",
    [DONE_INVALID] = "invalid",
    [DONE_FAILED] = "failed",
    NULL,
};

static const struct record_field tool_fields[] = {
    {MEMBER_TEXT("version", manifest_tool, version)},
    {MEMBER_TEXT("commit", manifest_tool, commit)},
    {MEMBER_BOOL("dirty", manifest_tool, dirty)},
    {MEMBER_TEXT("compiler", manifest_tool, compiler)},
    {MEMBER_TEXT("flags", manifest_tool, flags)},
    {0},
};
static const struct record_type tool_type = RECORD_TYPE(manifest_tool, tool_fields);

static const struct record_field not_testable_fields[] = {
    {MEMBER_TEXT("scenario", not_testable, scenario), .required = true},
    {MEMBER_TEXT("value", not_testable, value)},
    {MEMBER_TEXT("model", not_testable, model), .required = true},
    {MEMBER_TEXT("why", not_testable, why), .required = true},
    {0},
};
static const struct record_type not_testable_type =
    RECORD_TYPE(not_testable, not_testable_fields);

static const struct record_field done_fields[] = {
    {MEMBER_TEXT("id", done_trial, id), .required = true},
    {MEMBER_WORD("status", done_trial, status, done_words), .required = true},
    {0},
};
static const struct record_type done_type = RECORD_TYPE(done_trial, done_fields);

static const char *const decision_words[] = {
    [LOOK_GOES_ON] = "goes on",
    [LOOK_PRECISE] = "precise",
    [LOOK_OUT_OF_TIME] = "out of time",
    [LOOK_LAST] = "last look",
    NULL,
};
static const struct record_field look_fields[] = {
    {MEMBER_COUNT("blocks", look, blocks)},
    {MEMBER_WORD("decision", look, decision, decision_words), .required = true},
    {MEMBER_COUNT("next", look, next)},
    {MEMBER_TEXT("at_utc", look, at_utc)},
    {MEMBER_NUMBER("spent_s", look, spent_s), .unit = "s"},
    {MEMBER_TEXT("widest", look, widest)},
    {MEMBER_NUMBER("half_width", look, half_width)},
    {MEMBER_NUMBER("wanted", look, wanted)},
    {0},
};
static const struct record_type look_type = RECORD_TYPE(look, look_fields);

/* ---- the calibration, which reads and writes itself ------------------------------- */

static int read_calibration(struct json_document *document, const cJSON *node,
                            void *record, struct error *error)
{
    (void)document;
    return work_calibration_from_json(record, node, error);
}

static void write_calibration(const void *record, cJSON *object)
{
    cJSON *json = work_calibration_to_json(record);
    while (json->child) {
        cJSON *member = cJSON_DetachItemViaPointer(json, json->child);
        cJSON_AddItemToObject(object, member->string, member);
    }
    cJSON_Delete(json);
}

static void copy_calibration(void *to, const void *from)
{
    cJSON *json = work_calibration_to_json(from);
    /* What was written here can be read. */
    (void)!work_calibration_from_json(to, json, NULL);
    cJSON_Delete(json);
}

static void release_calibration(void *record)
{
    work_calibration_release(record);
}

static const struct record_field no_fields[] = {{0}};
static const struct record_hooks calibration_hooks = {.read = read_calibration,
                                                      .write = write_calibration,
                                                      .copy = copy_calibration,
                                                      .release = release_calibration};
static const struct record_type calibration_type = {
    .size = sizeof(struct work_calibration),
    .fields = no_fields,
    .hooks = &calibration_hooks,
};

/* ---- the whole -------------------------------------------------------------------- */

#define SCHEMA_VERSION 1

static const struct record_field manifest_fields[] = {
    {MEMBER_COUNT("schema_version", manifest, schema_version)},
    {MEMBER_WORD("state", manifest, state, state_words), .required = true},
    {MEMBER_STRUCT("tool", manifest, tool, tool_type)},
    {MEMBER_POINTER("origin", manifest, origin, origin_type), .optional = true},
    {MEMBER_TEXT("config_sha256", manifest, config_sha256), .required = true},
    {MEMBER_NUMBER("seed", manifest, seed)},
    {MEMBER_TEXT("begun_utc", manifest, begun_utc)},
    {MEMBER_TEXT("changed_utc", manifest, changed_utc)},
    {MEMBER_TEXTS("planned", manifest, planned), .optional = true},
    {MEMBER_LIST("not_testable", manifest, not_testable, not_testable_count,
                 not_testable_type),
     .optional = true},
    {MEMBER_TEXTS("changes", manifest, changes), .optional = true},
    {MEMBER_TEXTS("left_out", manifest, left_out), .optional = true},
    {MEMBER_LIST("looks", manifest, looks, look_count, look_type), .optional = true},
    {MEMBER_NUMBER("spent_s", manifest, spent_s), .unit = "s", .optional = true},
    {MEMBER_POINTER("calibration", manifest, calibration, calibration_type),
     .optional = true},
    {MEMBER_LIST("done", manifest, done, done_count, done_type), .optional = true},
    {0},
};

static int check_version(struct json_document *document, const cJSON *node, void *record,
                         struct error *error)
{
    const struct manifest *manifest = record;
    if (manifest->schema_version == SCHEMA_VERSION)
        return 0;
    return json_error(document, node, error, "expected a manifest of schema version %d",
                      SCHEMA_VERSION);
}

static const struct record_hooks manifest_hooks = {.read = check_version};
const struct record_type manifest_type = {
    .size = sizeof(struct manifest), .fields = manifest_fields, .hooks = &manifest_hooks};

void manifest_init(struct manifest *manifest, const struct origin *origin,
                   const char *config_sha256, double seed)
{
    char now[32];
    clock_utc_text(now, sizeof now, 0);
    record_init(&manifest_type, manifest);
    manifest->schema_version = SCHEMA_VERSION;
    manifest->state = RUN_BEGUN;
    manifest->tool = (struct manifest_tool){
        .version = memory_copy_string(build.version),
        .commit = *build.commit ? memory_copy_string(build.commit) : NULL,
        .dirty = strstr(build.commit, "-dirty") != NULL,
        .compiler = memory_copy_string(build.compiler),
        .flags = memory_copy_string(build.flags),
    };
    manifest->origin = origin_copy(origin);
    manifest->config_sha256 = memory_copy_string(config_sha256);
    manifest->seed = seed;
    manifest->begun_utc = memory_copy_string(now);
    manifest->changed_utc = memory_copy_string(now);
}

void manifest_release(struct manifest *manifest)
{
    record_release(&manifest_type, manifest);
}

void manifest_plan(struct manifest *manifest, char **planned,
                   struct not_testable *not_testable, size_t not_testable_count)
{
    if (manifest->planned)
        text_list_free(manifest->planned);
    for (size_t i = 0; i < manifest->not_testable_count; i++)
        record_release(&not_testable_type, &manifest->not_testable[i]);
    free(manifest->not_testable);
    manifest->planned = planned;
    manifest->not_testable = not_testable;
    manifest->not_testable_count = not_testable_count;
}

void manifest_note_change(struct manifest *manifest, const char *change)
{
    size_t count = 0;
    for (; manifest->changes && manifest->changes[count]; count++)
        if (strcmp(manifest->changes[count], change) == 0)
            return;
    manifest->changes =
        memory_resize(manifest->changes, (count + 2) * sizeof *manifest->changes);
    manifest->changes[count] = memory_copy_string(change);
    manifest->changes[count + 1] = NULL;
}

void manifest_note_left_out(struct manifest *manifest, const struct words *names)
{
    if (!names->count)
        return;
    manifest->left_out =
        memory_allocate_zeroed(names->count + 1, sizeof *manifest->left_out);
    for (size_t i = 0; i < names->count; i++)
        manifest->left_out[i] = memory_copy_string(names->items[i]);
}

void manifest_note_look(struct manifest *manifest, const struct look *look)
{
    char now[32];
    clock_utc_text(now, sizeof now, 0);
    struct look *noted =
        record_append(&manifest->looks, &manifest->look_count, sizeof *noted);
    *noted = *look;
    noted->at_utc = memory_copy_string(now);
}

uint64_t manifest_blocks(const struct manifest *manifest, uint64_t repeat)
{
    if (!manifest->look_count)
        return repeat;
    const struct look *last = &manifest->looks[manifest->look_count - 1];
    return last->decision == LOOK_GOES_ON ? last->next : last->blocks;
}

static struct done_trial *find_done(const struct manifest *manifest, const char *id)
{
    for (size_t i = 0; i < manifest->done_count; i++)
        if (strcmp(manifest->done[i].id, id) == 0)
            return &manifest->done[i];
    return NULL;
}

int manifest_status_of(const struct manifest *manifest, const char *id)
{
    const struct done_trial *done = find_done(manifest, id);
    return done ? done->status : -1;
}

void manifest_note_done(struct manifest *manifest, const char *id,
                        enum done_status status)
{
    struct done_trial *done = find_done(manifest, id);
    if (!done) {
        done = record_append(&manifest->done, &manifest->done_count, sizeof *done);
        done->id = memory_copy_string(id);
    }
    done->status = (int)status;
}

const struct work_calibration *manifest_calibration(const struct manifest *manifest)
{
    static const struct work_calibration nothing = {0};
    return manifest->calibration ? manifest->calibration : &nothing;
}

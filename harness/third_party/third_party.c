/* third_party.c - see third_party.h. */
#include "harness/third_party/third_party.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/field_json.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/third_party/placeholders.h"

#define MAX_WORDS 64
#define MAX_LINES 256

static const char *const signal_words[] = {"SIGTERM", "SIGINT", "SIGQUIT", NULL};
static const int signal_numbers[] = {SIGTERM, SIGINT, SIGQUIT};

/* What the harness itself puts in place of a placeholder. */
static const char *const own_names[] = {
    "port",     "folder",           "data", "here", "stats",
    "upstream", "upstream-address", "cpus", NULL};

/* ---- the file's tables ------------------------------------------------------------ */

/* The text of a file is written as an array of its lines. */
static int read_lines(struct json_document *document, const cJSON *node, char **text,
                      struct error *error)
{
    static const struct field field = {
        .kind = FIELD_LIST, .items = ITEM_TEXT, .minimum = 1, .maximum = MAX_LINES};
    struct words lines = {0};
    struct text whole = {0};
    int result = field_read(document, node, &field, &lines, error);
    for (size_t i = 0; i < lines.count && result == 0; i++)
        text_printf(&whole, "%s%s", i ? "\n" : "", lines.items[i]);
    *text = text_steal(&whole);
    words_release(&lines);
    return result;
}

/* "nginx.conf", or "{data}/index.html": never a place outside of the trial. */
static bool is_name_of_file(const char *name)
{
    static const char data[] = "{data}/";
    const char *own = strncmp(name, data, strlen(data)) == 0 ? name + strlen(data) : name;
    return *own && *own != '/' && !strchr(own, '{') && !strstr(own, "..");
}

static int read_files(struct json_document *document, const cJSON *node,
                      const struct field *field, void *structure, struct error *error)
{
    struct setting_list *files = field_member(field, structure);
    if (!cJSON_IsObject(node))
        return json_expected(document, node, "an object", error);
    for (const cJSON *child = node->child; child; child = child->next) {
        setting_list_add(files, child->string, NULL);
        int result =
            read_lines(document, child, &files->items[files->count - 1].value, error);
        if (result < 0)
            return result;
        if (!is_name_of_file(child->string))
            return json_error_key(document, child, error,
                                  "expected the name of a file in the trial's folder "
                                  "or below {data}, got \"%s\"",
                                  child->string);
    }
    return 0;
}

static const struct field ready_fields[] = {
    {.name = "path",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct third_party_ready, path),
     .schema = "{\"type\":\"string\",\"pattern\":\"^/\"}"},
    {.name = "line",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct third_party_ready, line)},
    {.name = "within",
     .kind = FIELD_TIME,
     .fallback = "15s",
     .offset = offsetof(struct third_party_ready, within_ns),
     .minimum = 100 * NS_PER_MS,
     .maximum = NS_PER_H},
    {0}};

static int check_ready(struct json_document *document, const cJSON *node, void *member,
                       struct error *error)
{
    const struct third_party_ready *ready = member;
    if (!ready->path == !ready->line)
        return json_error(document, node, error,
                          "expected either a \"path\" that has to answer or a \"line\" "
                          "that is printed");
    if (ready->path && ready->path[0] != '/')
        return json_error(document, json_at(node, "path"), error,
                          "expected a path that begins with \"/\", got \"%s\"",
                          ready->path);
    return 0;
}

static const struct field stop_fields[] = {
    {.name = "signal",
     .kind = FIELD_CHOICE,
     .offset = offsetof(struct third_party_stop, signal),
     .choices = signal_words},
    {.name = "grace",
     .kind = FIELD_TIME,
     .fallback = "10s",
     .offset = offsetof(struct third_party_stop, grace_ns),
     .minimum = 100 * NS_PER_MS,
     .maximum = NS_PER_H},
    {0}};

/* By external_work. */
static const char *const work_words[] = {
    [EXTERNAL_PLAINTEXT] = "plaintext", [EXTERNAL_PROXY] = "proxy"};

#define MEMBER(name) offsetof(struct third_party, name)

/* The names of ops, or a word for what else it serves. */
static int read_steps(struct json_document *document, const cJSON *node,
                      const struct field *field, void *structure, struct error *error)
{
    struct third_party *external = structure;
    struct field names = *field;
    names.read = NULL;
    if (cJSON_IsArray(node))
        return field_read(document, node, &names, external, error);
    for (int work = EXTERNAL_PLAINTEXT; work <= EXTERNAL_PROXY; work++) {
        if (cJSON_IsString(node) && strcmp(node->valuestring, work_words[work]) == 0) {
            external->work = (enum external_work)work;
            return 0;
        }
    }
    return json_expected(document, node,
                         "\"plaintext\", \"proxy\" or an array of the names of ops",
                         error);
}

static const struct field option_fields[] = {
    {.name = "name",
     .kind = FIELD_TEXT,
     .required = true,
     .offset = offsetof(struct third_party_option, name),
     .schema = "{\"type\":\"string\",\"pattern\":\"^[a-z][a-z0-9-]*$\"}"},
    {.name = "default",
     .kind = FIELD_TEXT,
     .required = true,
     .offset = offsetof(struct third_party_option, fallback)},
    {.name = "help",
     .kind = FIELD_TEXT,
     .required = true,
     .offset = offsetof(struct third_party_option, help)},
    {.name = "choices",
     .kind = FIELD_LIST,
     .minimum = 1,
     .maximum = MAX_WORDS,
     .offset = offsetof(struct third_party_option, choices)},
    {0}};

static int check_option(struct json_document *document, const cJSON *node, void *member,
                        struct error *error)
{
    const struct third_party_option *option = member;
    if (option->choices.count && !words_have(&option->choices, option->fallback))
        return json_error(document, json_at(node, "default"), error,
                          "expected one of the choices, got \"%s\"", option->fallback);
    return 0;
}

static const struct field external_fields[] = {
    {.name = "$schema", .kind = FIELD_NOTE},
    {.name = "name",
     .kind = FIELD_TEXT,
     .required = true,
     .offset = MEMBER(name),
     .schema = "{\"type\":\"string\",\"pattern\":\"^[a-z0-9-]+$\"}"},
    {.name = "summary",
     .kind = FIELD_TEXT,
     .required = true,
     .help = "One line for the list.",
     .offset = MEMBER(summary)},
    {.name = "install",
     .kind = FIELD_TEXT,
     .help = "What to do where the command is missing.",
     .offset = MEMBER(install)},
    {.name = "command",
     .kind = FIELD_TEXT,
     .required = true,
     .help = "Looked for in PATH and in /usr/sbin; or a path.",
     .offset = MEMBER(command)},
    {.name = "version",
     .kind = FIELD_LIST,
     .minimum = 1,
     .maximum = MAX_WORDS,
     .help = "Arguments that make the command print its version.",
     .offset = MEMBER(version)},
    {.name = "arguments",
     .kind = FIELD_LIST,
     .items = ITEM_TEXT,
     .maximum = MAX_WORDS,
     .offset = MEMBER(arguments)},
    {.name = "environment",
     .kind = FIELD_SETTINGS,
     .items = ITEM_TEXT,
     .offset = MEMBER(environment)},
    {.name = "files",
     .kind = FIELD_SETTINGS,
     .help = "Text files, by their lines: in the trial's folder, or below {data}.",
     .offset = MEMBER(files),
     .read = read_files,
     .schema =
         "{\"type\":\"object\",\"propertyNames\":{\"pattern\":"
         "\"^(\\\\{data\\\\}/)?[^/{]\",\"not\":{\"pattern\":\"\\\\.\\\\.|.\\\\{\"}},"
         "\"additionalProperties\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":256,"
         "\"items\":{\"type\":\"string\"}}}"},
    {.name = "ready",
     .kind = FIELD_OBJECT,
     .required = true,
     .help = "A path that answers with 200 on {port}, or what is printed before the URL.",
     .offset = MEMBER(ready),
     .bytes = sizeof(struct third_party_ready),
     .fields = ready_fields,
     .check = check_ready,
     .schema = "{\"oneOf\":[{\"required\":[\"path\"]},{\"required\":[\"line\"]}]}"},
    {.name = "stop",
     .kind = FIELD_OBJECT,
     .offset = MEMBER(stop),
     .bytes = sizeof(struct third_party_stop),
     .fields = stop_fields},
    {.name = "steps",
     .kind = FIELD_LIST,
     .required = true,
     .minimum = 1,
     .maximum = MAX_WORDS,
     .help = "The ops that it does with the same digests as ours; or that it serves / "
             "alone, or that and its upstream's replies to /fetch:...",
     .offset = MEMBER(steps),
     .read = read_steps,
     .schema = "{\"anyOf\":[{\"enum\":[\"plaintext\",\"proxy\"]},{\"type\":\"array\","
               "\"minItems\":1,\"maxItems\":64,\"items\":{\"type\":\"string\","
               "\"minLength\":1}}]}"},
    {.name = "flags",
     .kind = FIELD_SET,
     .maximum = MAX_WORDS,
     .help = "What it is, as interleave models --json tells of ours: for the theory.",
     .offset = MEMBER(flags),
     .choices = MODEL_REFERENCE_WORDS},
    {.name = "marks",
     .kind = FIELD_FLAG,
     .help = "SIGUSR2 begins the measured window, and ends it: for what it tells of its "
             "loop.",
     .offset = MEMBER(marks)},
    {.name = "options",
     .kind = FIELD_ARRAY,
     .maximum = MAX_WORDS,
     .offset = MEMBER(options),
     .count_offset = MEMBER(option_count),
     .bytes = sizeof(struct third_party_option),
     .fields = option_fields,
     .check = check_option},
    {0}};

cJSON *third_party_schema(void)
{
    return fields_schema_file(
        "Interleave external server",
        "A server that this project did not write, as a contender: how it is started, "
        "shows that it is ready, is stopped, and what it can do. Placeholders such as "
        "{port} are listed in harness/third_party/third_party.h.",
        external_fields, NULL);
}

/* ---- what no table can say -------------------------------------------------------- */

static int check_name(struct json_document *document, const struct third_party *external,
                      struct error *error)
{
    for (const char *p = external->name; *p; p++)
        if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && *p != '-')
            return json_error(document, json_at(document->root, "name"), error,
                              "expected lower-case letters, digits and \"-\", got \"%s\"",
                              external->name);
    return *external->name ? 0
                           : json_error(document, json_at(document->root, "name"), error,
                                        "expected a name, got none");
}

/* Notes which placeholders stand in the texts; they have no values yet. */
struct seen {
    const struct third_party *external;
    bool port, statistics;
    bool *options; /* by index */
};

static const char *note_placeholder(const void *context, const char *name)
{
    /* The context is ours: const only for those who look values up. */
    struct seen *seen = *(struct seen *const *)context;
    for (size_t i = 0; i < seen->external->option_count; i++) {
        if (strcmp(seen->external->options[i].name, name) == 0) {
            seen->options[i] = true;
            return "";
        }
    }
    for (size_t i = 0; own_names[i]; i++) {
        if (strcmp(own_names[i], name) == 0) {
            seen->port = seen->port || strcmp(name, "port") == 0;
            seen->statistics = seen->statistics || strcmp(name, "stats") == 0;
            return "";
        }
    }
    return NULL;
}

/* All texts in the node and below, the names of its members too. */
static int look_through(struct json_document *document, const cJSON *node,
                        struct seen *seen, struct error *error)
{
    struct text unused = {0};
    struct error why;
    int result = 0;
    if (node->string &&
        placeholders_fill(node->string, note_placeholder, &seen, &unused, &why) < 0)
        result = json_error_key(document, node, error, "%s", why.text);
    else if (cJSON_IsString(node) &&
             placeholders_fill(node->valuestring, note_placeholder, &seen, &unused,
                               &why) < 0)
        result = json_error(document, node, error, "%s", why.text);
    text_release(&unused);
    for (const cJSON *child = node->child; child && result == 0; child = child->next)
        result = look_through(document, child, seen, error);
    return result;
}

static int check_option_names(struct json_document *document,
                              const struct third_party *external, const bool *seen,
                              struct error *error)
{
    const cJSON *nodes = json_at(document->root, "options");
    for (size_t i = 0; i < external->option_count; i++) {
        const char *name = external->options[i].name;
        const cJSON *node = json_at(cJSON_GetArrayItem(nodes, (int)i), "name");
        for (size_t j = 0; own_names[j]; j++)
            if (strcmp(own_names[j], name) == 0)
                return json_error(document, node, error,
                                  "{%s} has a meaning of its own; give the option "
                                  "another name",
                                  name);
        for (size_t j = 0; j < i; j++)
            if (strcmp(external->options[j].name, name) == 0)
                return json_error(document, node, error, "there is an option \"%s\"",
                                  name);
        if (!seen[i])
            return json_error(document, node, error,
                              "{%s} stands nowhere, so the option would do nothing",
                              name);
    }
    return 0;
}

static int check_placeholders(struct json_document *document,
                              struct third_party *external, struct error *error)
{
    static const char *const places[] = {"command", "arguments", "environment", "files"};
    struct seen seen = {.external = external,
                        .options = memory_allocate_zeroed(external->option_count + 1,
                                                          sizeof *seen.options)};
    int result = 0;
    for (size_t i = 0; i < sizeof places / sizeof *places && result == 0; i++) {
        const cJSON *node = json_at(document->root, places[i]);
        result = node ? look_through(document, node, &seen, error) : 0;
    }
    if (result == 0)
        result = check_option_names(document, external, seen.options, error);
    if (result == 0 && external->ready.path && !seen.port)
        result = json_error(document, json_at(document->root, "ready/path"), error,
                            "{port} stands nowhere: where would the path be asked for?");
    external->takes_port = seen.port;
    external->leaves_statistics = seen.statistics;
    free(seen.options);
    return result;
}

/* ---- reading ---------------------------------------------------------------------- */

static int read_document(struct third_party *external, struct json_document *document,
                         struct error *error)
{
    *external = (struct third_party){0};
    fields_default(external_fields, external);
    int result = fields_read(document, document->root, external_fields, external, error);
    if (result == 0)
        result = check_name(document, external, error);
    if (result == 0)
        result = check_placeholders(document, external, error);
    if (result == 0) {
        external->source = document->root;
        document->root = NULL;
    } else {
        third_party_release(external);
    }
    json_close(document);
    return result;
}

int third_party_read(struct third_party *external, const char *path, struct error *error)
{
    struct json_document document;
    int result = json_open_file(&document, path, error);
    return result < 0 ? result : read_document(external, &document, error);
}

void third_party_release(struct third_party *external)
{
    fields_release(external_fields, external);
    cJSON_Delete(external->source);
    *external = (struct third_party){0};
}

int third_party_stop_signal(const struct third_party *external)
{
    return signal_numbers[external->stop.signal];
}

int third_party_from_model(struct third_party *external, const struct model *model,
                           struct error *error)
{
    struct json_document document;
    char *source = json_print(json_at(model_description(model), "external"));
    int result = json_open_string(&document, model->name, source, error);
    free(source);
    return result < 0 ? result : read_document(external, &document, error);
}

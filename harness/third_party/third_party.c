/* third_party.c - see third_party.h. */
#include "harness/third_party/third_party.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/third_party/placeholders.h"

#define MOST_WORDS 64
#define MOST_LINES 256

static const char *const signal_words[] = {"SIGTERM", "SIGINT", "SIGQUIT", NULL};
static const int signal_numbers[] = {SIGTERM, SIGINT, SIGQUIT};

/* What the harness itself puts in place of a placeholder. */
static const char *const own_names[] = {
    "port",     "folder",           "data", "here", "stats",
    "upstream", "upstream-address", "cpus", NULL};

/* ---- lists of words --------------------------------------------------------------- */

static int read_word(struct json_document *document, const cJSON *node, void *member,
                     struct error *error)
{
    static const struct json_field field = {.type = JSON_TEXT};
    return json_read_value(document, node, &field, member, error);
}

/* A word that may be empty. */
static int read_text(struct json_document *document, const cJSON *node, void *member,
                     struct error *error)
{
    char given[JSON_DESCRIBE_BYTES];
    if (!cJSON_IsString(node))
        return json_error(document, node, error, "expected a string, got %s",
                          json_describe(node, given, sizeof given));
    *(char **)member = memory_copy_string(node->valuestring);
    return 0;
}

static int read_texts(struct json_document *document, const cJSON *node, void *member,
                      struct error *error)
{
    struct words *words = member;
    return json_read_array(document, node, 0, MOST_WORDS, sizeof *words->items, read_text,
                           (void **)&words->items, &words->count, error);
}

static int read_some_words(struct json_document *document, const cJSON *node,
                           void *member, struct error *error)
{
    struct words *words = member;
    return json_read_array(document, node, 1, MOST_WORDS, sizeof *words->items, read_word,
                           (void **)&words->items, &words->count, error);
}

static int read_flag(struct json_document *document, const cJSON *node, void *member,
                     struct error *error)
{
    const struct json_field field = {.type = JSON_CHOICE,
                                     .choices = model_reference_words};
    return json_read_value(document, node, &field, member, error);
}

static int read_flags(struct json_document *document, const cJSON *node, void *member,
                      struct error *error)
{
    int *indices = NULL;
    size_t count = 0;
    int result = json_read_array(document, node, 0, MOST_WORDS, sizeof *indices,
                                 read_flag, (void **)&indices, &count, error);
    for (size_t i = 0; i < count && result == 0; i++)
        *(unsigned *)member |= (unsigned)MODEL_LOOP << indices[i];
    free(indices);
    return result;
}

static void release_words(struct words *words)
{
    for (size_t i = 0; words->items && i < words->count; i++)
        free(words->items[i]);
    free(words->items);
}

bool words_have(const struct words *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->items[i], word) == 0)
            return true;
    return false;
}

/* ---- objects of names and values -------------------------------------------------- */

/* Reads the members of an object, each value by `read_value`. */
static int read_settings(struct json_document *document, const cJSON *node,
                         struct setting_list *settings, json_read_member *read_value,
                         struct error *error)
{
    char given[JSON_DESCRIBE_BYTES];
    if (!cJSON_IsObject(node))
        return json_error(document, node, error, "expected an object, got %s",
                          json_describe(node, given, sizeof given));
    for (const cJSON *child = node->child; child; child = child->next) {
        settings->items = memory_resize(settings->items,
                                        (settings->count + 1) * sizeof *settings->items);
        struct setting *setting = &settings->items[settings->count++];
        *setting = (struct setting){.name = memory_copy_string(child->string)};
        int result = read_value(document, child, &setting->value, error);
        if (result < 0)
            return result;
    }
    return 0;
}

static int read_environment(struct json_document *document, const cJSON *node,
                            void *member, struct error *error)
{
    return read_settings(document, node, member, read_text, error);
}

/* The text of a file is written as an array of its lines. */
static int read_lines(struct json_document *document, const cJSON *node, void *member,
                      struct error *error)
{
    struct words lines = {0};
    struct text text = {0};
    int result = json_read_array(document, node, 1, MOST_LINES, sizeof *lines.items,
                                 read_text, (void **)&lines.items, &lines.count, error);
    for (size_t i = 0; i < lines.count && result == 0; i++)
        text_printf(&text, "%s%s", i ? "\n" : "", lines.items[i]);
    if (result == 0)
        *(char **)member = memory_copy_string(text_string(&text));
    text_release(&text);
    release_words(&lines);
    return result;
}

/* "nginx.conf", or "{data}/index.html": never a place outside of the trial. */
static bool is_name_of_file(const char *name)
{
    static const char data[] = "{data}/";
    const char *own = strncmp(name, data, strlen(data)) == 0 ? name + strlen(data) : name;
    return *own && *own != '/' && !strchr(own, '{') && !strstr(own, "..");
}

static int read_files(struct json_document *document, const cJSON *node, void *member,
                      struct error *error)
{
    int result = read_settings(document, node, member, read_lines, error);
    for (const cJSON *file = node->child; file && result == 0; file = file->next)
        if (!is_name_of_file(file->string))
            result = json_error_key(document, file, error,
                                    "expected the name of a file in the trial's folder "
                                    "or below {data}, got \"%s\"",
                                    file->string);
    return result;
}

static void release_settings(struct setting_list *settings)
{
    for (size_t i = 0; i < settings->count; i++) {
        free(settings->items[i].name);
        free(settings->items[i].value);
    }
    free(settings->items);
}

/* ---- the file's tables ------------------------------------------------------------ */

static const struct json_field ready_fields[] = {
    {.key = "path",
     .type = JSON_TEXT,
     .offset = offsetof(struct third_party_ready, path)},
    {.key = "line",
     .type = JSON_TEXT,
     .offset = offsetof(struct third_party_ready, line)},
    {.key = "within",
     .type = JSON_TIME,
     .offset = offsetof(struct third_party_ready, within_ns),
     .minimum = 100 * NS_PER_MS,
     .maximum = NS_PER_H},
    {0}};

static int read_ready(struct json_document *document, const cJSON *node, void *member,
                      struct error *error)
{
    struct third_party_ready *ready = member;
    int result = json_read_object(document, node, ready_fields, ready, error);
    if (result < 0)
        return result;
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

static const struct json_field stop_fields[] = {
    {.key = "signal",
     .type = JSON_CHOICE,
     .offset = offsetof(struct third_party_stop, signal),
     .choices = signal_words},
    {.key = "grace",
     .type = JSON_TIME,
     .offset = offsetof(struct third_party_stop, grace_ns),
     .minimum = 100 * NS_PER_MS,
     .maximum = NS_PER_H},
    {0}};

static int read_stop(struct json_document *document, const cJSON *node, void *member,
                     struct error *error)
{
    return json_read_object(document, node, stop_fields, member, error);
}

/* By external_work. */
static const char *const work_words[] = {
    [EXTERNAL_PLAINTEXT] = "plaintext", [EXTERNAL_PROXY] = "proxy"};

/* The names of ops, or a word for what else it serves. */
static int read_steps(struct json_document *document, const cJSON *node, void *member,
                      struct error *error)
{
    struct third_party *external = member;
    char given[JSON_DESCRIBE_BYTES];
    if (cJSON_IsArray(node))
        return read_some_words(document, node, &external->steps, error);
    for (int work = EXTERNAL_PLAINTEXT; work <= EXTERNAL_PROXY; work++) {
        if (cJSON_IsString(node) && strcmp(node->valuestring, work_words[work]) == 0) {
            external->work = (enum external_work)work;
            return 0;
        }
    }
    return json_error(document, node, error,
                      "expected \"plaintext\", \"proxy\" or an array of the names of "
                      "ops, got %s",
                      json_describe(node, given, sizeof given));
}

static const struct json_field option_fields[] = {
    {.key = "name",
     .type = JSON_TEXT,
     .required = true,
     .offset = offsetof(struct third_party_option, name)},
    {.key = "default",
     .type = JSON_TEXT,
     .required = true,
     .offset = offsetof(struct third_party_option, fallback)},
    {.key = "help",
     .type = JSON_TEXT,
     .required = true,
     .offset = offsetof(struct third_party_option, help)},
    {.key = "choices",
     .type = JSON_CUSTOM,
     .offset = offsetof(struct third_party_option, choices),
     .read = read_some_words},
    {0}};

static int read_option(struct json_document *document, const cJSON *node, void *member,
                       struct error *error)
{
    struct third_party_option *option = member;
    int result = json_read_object(document, node, option_fields, option, error);
    if (result == 0 && option->choices.count &&
        !words_have(&option->choices, option->fallback))
        return json_error(document, json_at(node, "default"), error,
                          "expected one of the choices, got \"%s\"", option->fallback);
    return result;
}

static int read_options(struct json_document *document, const cJSON *node, void *member,
                        struct error *error)
{
    struct third_party *external = member;
    return json_read_array(document, node, 0, MOST_WORDS, sizeof *external->options,
                           read_option, (void **)&external->options,
                           &external->option_count, error);
}

/* The schema's address is for editors. */
static int ignore_text(struct json_document *document, const cJSON *node, void *member,
                       struct error *error)
{
    (void)member;
    char *text = NULL;
    int result = read_text(document, node, &text, error);
    free(text);
    return result;
}

#define MEMBER(name) offsetof(struct third_party, name)

static const struct json_field external_fields[] = {
    {.key = "$schema", .type = JSON_CUSTOM, .read = ignore_text},
    {.key = "name", .type = JSON_TEXT, .required = true, .offset = MEMBER(name)},
    {.key = "summary", .type = JSON_TEXT, .required = true, .offset = MEMBER(summary)},
    {.key = "install", .type = JSON_TEXT, .offset = MEMBER(install)},
    {.key = "command", .type = JSON_TEXT, .required = true, .offset = MEMBER(command)},
    {.key = "version",
     .type = JSON_CUSTOM,
     .offset = MEMBER(version),
     .read = read_some_words},
    {.key = "arguments",
     .type = JSON_CUSTOM,
     .offset = MEMBER(arguments),
     .read = read_texts},
    {.key = "environment",
     .type = JSON_CUSTOM,
     .offset = MEMBER(environment),
     .read = read_environment},
    {.key = "files", .type = JSON_CUSTOM, .offset = MEMBER(files), .read = read_files},
    {.key = "ready",
     .type = JSON_CUSTOM,
     .required = true,
     .offset = MEMBER(ready),
     .read = read_ready},
    {.key = "stop", .type = JSON_CUSTOM, .offset = MEMBER(stop), .read = read_stop},
    {.key = "steps",
     .type = JSON_CUSTOM,
     .required = true,
     .offset = 0,
     .read = read_steps},
    {.key = "flags", .type = JSON_CUSTOM, .offset = MEMBER(flags), .read = read_flags},
    {.key = "marks", .type = JSON_BOOL, .offset = MEMBER(marks)},
    {.key = "options", .type = JSON_CUSTOM, .offset = 0, .read = read_options},
    {0}};

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
    *external = (struct third_party){.ready = {.within_ns = 15 * NS_PER_S},
                                     .stop = {.grace_ns = 10 * NS_PER_S}};
    int result =
        json_read_object(document, document->root, external_fields, external, error);
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
    free(external->name);
    free(external->summary);
    free(external->install);
    free(external->command);
    release_words(&external->arguments);
    release_words(&external->version);
    release_words(&external->steps);
    release_settings(&external->environment);
    release_settings(&external->files);
    free(external->ready.path);
    free(external->ready.line);
    for (size_t i = 0; external->options && i < external->option_count; i++) {
        free(external->options[i].name);
        free(external->options[i].fallback);
        free(external->options[i].help);
        release_words(&external->options[i].choices);
    }
    free(external->options);
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

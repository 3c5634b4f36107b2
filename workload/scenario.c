/* scenario.c - see scenario.h. */
#include "workload/scenario.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"

const char *const shape_names[] = {
    [SHAPE_STEADY] = "steady", [SHAPE_TRANSIENT] = "transient", NULL};

const char *const profile_names[] = {[PROFILE_QUICK] = "quick",
                                     [PROFILE_STANDARD] = "standard",
                                     [PROFILE_THOROUGH] = "thorough",
                                     NULL};

const char *const database_names[] = {
    [DATABASE_NONE] = "none", [DATABASE_POSTGRES] = "postgres", NULL};

const char *const tolerable_flags[] = {"errors", "rate_missed", "dropped", "restarts",
                                       NULL};

#define MOST_REQUESTS 64
#define MOST_MODELS   64
#define MOST_VALUES   64

/* ---- the file's tables --------------------------------------------------------------
 */

static const struct json_field request_fields[] = {
    {.key = "path",
     .type = JSON_TEXT,
     .required = true,
     .offset = offsetof(struct request, path)},
    {.key = "class", .type = JSON_TEXT, .offset = offsetof(struct request, class_name)},
    {.key = "weight",
     .type = JSON_NUMBER,
     .offset = offsetof(struct request, weight),
     .minimum = 1e-6,
     .maximum = 1e9},
    {.key = "rate", .type = JSON_RATE, .offset = offsetof(struct request, rate_rps)},
    {.key = "arrivals",
     .type = JSON_CHOICE,
     .offset = offsetof(struct request, arrivals),
     .choices = arrivals_names},
    {.key = "digest", .type = JSON_TEXT, .offset = offsetof(struct request, digest)},
    {0}};

static int read_request(struct json_document *document, const cJSON *node, void *member,
                        struct error *error)
{
    struct request *request = member;
    *request = (struct request){.class_name = memory_copy_string(""), .weight = 1};
    int result = json_read_object(document, node, request_fields, request, error);
    if (result < 0)
        return result;
    if (request->path[0] != '/')
        return json_error(document, cJSON_GetObjectItemCaseSensitive(node, "path"), error,
                          "expected a path that begins with \"/\", got \"%s\"",
                          request->path);
    const cJSON *weight = cJSON_GetObjectItemCaseSensitive(node, "weight");
    if (weight && request->rate_rps > 0)
        return json_error(document, weight, error,
                          "a request with a rate of its own has no weight in the mix");
    const cJSON *arrivals = cJSON_GetObjectItemCaseSensitive(node, "arrivals");
    if (arrivals && request->rate_rps == 0)
        return json_error(document, arrivals, error,
                          "only a request with a \"rate\" has arrivals of its own");
    return 0;
}

static int read_requests(struct json_document *document, const cJSON *node, void *member,
                         struct error *error)
{
    struct workload *workload = member;
    return json_read_array(document, node, 1, MOST_REQUESTS, sizeof *workload->requests,
                           read_request, (void **)&workload->requests,
                           &workload->request_count, error);
}

/* ---- phases, connections, trace: members of "load" ------------------------------------
 */

/* A phase as the file has it; the kind of its level is a matter of the whole load. */
struct phase_read {
    struct load_phase phase;
    bool of_clients;
};

/* A rate as in JSON_RATE, or 0. */
static int read_rate_or_zero(struct json_document *document, const cJSON *node,
                             void *member, struct error *error)
{
    static const struct json_field rate = {.type = JSON_RATE};
    double *level = member;
    if (cJSON_IsNumber(node) && node->valuedouble >= 0 && node->valuedouble <= 0) {
        *level = 0;
        return 0;
    }
    return json_read_value(document, node, &rate, level, error);
}

static const struct json_field phase_fields[] = {
    {.key = "duration",
     .type = JSON_TIME,
     .required = true,
     .offset = offsetof(struct load_phase, duration_ns),
     .minimum = NS_PER_MS,
     .maximum = 24.0 * NS_PER_H},
    {.key = "rate",
     .type = JSON_CUSTOM,
     .offset = offsetof(struct load_phase, level),
     .read = read_rate_or_zero},
    {.key = "connections",
     .type = JSON_NUMBER,
     .offset = offsetof(struct load_phase, level),
     .minimum = 0,
     .maximum = WORKLOAD_MOST_CONNECTIONS},
    {.key = "to",
     .type = JSON_CUSTOM,
     .offset = offsetof(struct load_phase, to),
     .read = read_rate_or_zero},
    {.key = "shape",
     .type = JSON_CHOICE,
     .offset = offsetof(struct load_phase, shape),
     .choices = phase_shape_names},
    {.key = "period",
     .type = JSON_TIME,
     .offset = offsetof(struct load_phase, period_ns),
     .minimum = NS_PER_MS,
     .maximum = 24.0 * NS_PER_H},
    {.key = "burst",
     .type = JSON_TIME,
     .offset = offsetof(struct load_phase, burst_ns),
     .minimum = NS_PER_MS,
     .maximum = 24.0 * NS_PER_H},
    {0}};

static bool has(const cJSON *node, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(node, key) != NULL;
}

/* Which keys a shape needs; it takes no others. */
static int check_phase_keys(struct json_document *document, const cJSON *node,
                            const struct load_phase *phase, struct error *error)
{
    const char *name = phase_shape_names[phase->shape];
    const struct {
        const char *key;
        bool needed;
    } keys[] = {
        {"to", phase->shape != PHASE_STEP},
        {"period", phase->shape == PHASE_BURST || phase->shape == PHASE_SINE},
        {"burst", phase->shape == PHASE_BURST},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(node, keys[i].key);
        if (keys[i].needed && !value)
            return json_error(document, node, error, "a %s needs the key \"%s\"", name,
                              keys[i].key);
        if (!keys[i].needed && value)
            return json_error(document, value, error, "a %s has no \"%s\"", name,
                              keys[i].key);
    }
    return 0;
}

static int read_phase(struct json_document *document, const cJSON *node, void *member,
                      struct error *error)
{
    struct phase_read *read = member;
    int result = json_read_object(document, node, phase_fields, &read->phase, error);
    if (result < 0)
        return result;
    read->of_clients = has(node, "connections");
    if (read->of_clients == has(node, "rate"))
        return json_error(document, node, error,
                          "a phase has either a \"rate\" or \"connections\"");
    if (!has(node, "shape") && has(node, "to"))
        read->phase.shape = PHASE_RAMP;
    return check_phase_keys(document, node, &read->phase, error);
}

static int read_phases(struct json_document *document, const cJSON *node, void *member,
                       struct error *error)
{
    struct workload *workload = member;
    struct phase_read *phases = NULL;
    size_t count = 0;
    int result = json_read_array(document, node, 1, WORKLOAD_MOST_PHASES, sizeof *phases,
                                 read_phase, (void **)&phases, &count, error);
    for (size_t i = 0; result == 0 && i < count; i++) {
        if (phases[i].of_clients != phases[0].of_clients)
            result = json_error(document, cJSON_GetArrayItem(node, (int)i), error,
                                "all phases have a \"rate\", or all \"connections\"");
        workload->phases_are_clients = phases[0].of_clients;
        workload_add_phase(workload, &phases[i].phase);
    }
    free(phases);
    return result;
}

/* A number, or "auto": opened as needed, up to "max_connections". */
static int read_connections(struct json_document *document, const cJSON *node,
                            void *member, struct error *error)
{
    struct workload *workload = member;
    static const struct json_field field = {
        .type = JSON_COUNT, .minimum = 1, .maximum = WORKLOAD_MOST_CONNECTIONS};
    if (cJSON_IsString(node) && strcmp(node->valuestring, "auto") == 0) {
        workload->connect_as_needed = true;
        return 0;
    }
    return json_read_value(document, node, &field, &workload->connections, error);
}

struct trace_read {
    char *file;
    double speed;
};

static const struct json_field trace_fields[] = {
    {.key = "file",
     .type = JSON_TEXT,
     .required = true,
     .offset = offsetof(struct trace_read, file)},
    {.key = "speed",
     .type = JSON_NUMBER,
     .offset = offsetof(struct trace_read, speed),
     .minimum = 1e-3,
     .maximum = 1e6},
    {0}};

/* The trace's path counts from the folder of the scenario. */
static int read_trace(struct json_document *document, const cJSON *node, void *member,
                      struct error *error)
{
    struct trace_read trace = {.speed = 1};
    int result = json_read_object(document, node, trace_fields, &trace, error);
    if (result == 0) {
        const char *slash = strrchr(document->file, '/');
        int folder = slash ? (int)(slash - document->file) + 1 : 0;
        char *path = *trace.file == '/'
                         ? memory_copy_string(trace.file)
                         : memory_printf("%.*s%s", folder, document->file, trace.file);
        struct error detail;
        if (workload_read_trace(member, path, trace.speed, &detail) < 0)
            result = json_error(document, node, error, "%s", detail.text);
        free(path);
    }
    free(trace.file);
    return result;
}

static const struct json_field load_fields[] = {
    {.key = "connections", .type = JSON_CUSTOM, .offset = 0, .read = read_connections},
    {.key = "max_connections",
     .type = JSON_COUNT,
     .offset = offsetof(struct workload, connections),
     .minimum = 1,
     .maximum = WORKLOAD_MOST_CONNECTIONS},
    {.key = "rate", .type = JSON_RATE, .offset = offsetof(struct workload, rate_rps)},
    {.key = "arrivals",
     .type = JSON_CHOICE,
     .offset = offsetof(struct workload, arrivals),
     .choices = arrivals_names},
    {.key = "phases", .type = JSON_CUSTOM, .offset = 0, .read = read_phases},
    {.key = "trace", .type = JSON_CUSTOM, .offset = 0, .read = read_trace},
    {.key = "think",
     .type = JSON_TIME,
     .offset = offsetof(struct workload, think_ns),
     .maximum = NS_PER_H},
    {.key = "think_times",
     .type = JSON_CHOICE,
     .offset = offsetof(struct workload, think_times),
     .choices = think_times_names},
    {.key = "warmup",
     .type = JSON_TIME,
     .offset = offsetof(struct workload, warmup_ns),
     .maximum = 24.0 * NS_PER_H},
    {.key = "duration",
     .type = JSON_TIME,
     .offset = offsetof(struct workload, duration_ns),
     .minimum = NS_PER_MS,
     .maximum = 24.0 * NS_PER_H},
    {.key = "requests",
     .type = JSON_COUNT,
     .offset = offsetof(struct workload, request_limit),
     .minimum = 1,
     .maximum = 1e12},
    {.key = "timeout",
     .type = JSON_TIME,
     .offset = offsetof(struct workload, timeout_ns),
     .maximum = 24.0 * NS_PER_H},
    {0}};

static int read_load(struct json_document *document, const cJSON *node, void *member,
                     struct error *error)
{
    struct workload *workload = member;
    int result = json_read_object(document, node, load_fields, workload, error);
    if (result < 0)
        return result;
    const cJSON *most = cJSON_GetObjectItemCaseSensitive(node, "max_connections");
    if (most && !workload->connect_as_needed)
        return json_error(document, most, error,
                          "only with \"connections\": \"auto\" there is a "
                          "\"max_connections\"");
    if (!most && workload->connect_as_needed)
        workload->connections = WORKLOAD_NEEDED_CONNECTIONS;
    const cJSON *connections = cJSON_GetObjectItemCaseSensitive(node, "connections");
    if (connections && workload->phases_are_clients)
        return json_error(document, connections, error,
                          "the phases say how many connections there are");
    /* Phases and a trace bring a duration along; one that is given stretches phases, and
     * cuts a trace. */
    const cJSON *duration = cJSON_GetObjectItemCaseSensitive(node, "duration");
    static const struct json_field field = {.type = JSON_TIME};
    return duration ? json_read_value(document, duration, &field, &workload->duration_ns,
                                      error)
                    : 0;
}

/* ---- clients ------------------------------------------------------------------------
 */

/* false: a connection for every request. */
static int read_keep_alive(struct json_document *document, const cJSON *node,
                           void *member, struct error *error)
{
    static const struct json_field field = {.type = JSON_BOOL};
    struct workload *workload = member;
    bool keep_alive = true;
    int result = json_read_value(document, node, &field, &keep_alive, error);
    if (result == 0 && !keep_alive)
        workload->requests_per_connection = 1;
    return result;
}

static const struct json_field slow_clients_fields[] = {
    {.key = "count",
     .type = JSON_COUNT,
     .required = true,
     .offset = offsetof(struct slow_clients, count),
     .minimum = 1,
     .maximum = WORKLOAD_MOST_CONNECTIONS},
    {.key = "bytes_per_second",
     .type = JSON_COUNT,
     .required = true,
     .offset = offsetof(struct slow_clients, bytes_per_second),
     .minimum = 1,
     .maximum = 1e9},
    {.key = "path", .type = JSON_TEXT, .offset = offsetof(struct slow_clients, path)},
    {0}};

static int read_slow_clients(struct json_document *document, const cJSON *node,
                             void *member, struct error *error)
{
    struct slow_clients *clients = member;
    int result = json_read_object(document, node, slow_clients_fields, clients, error);
    if (result == 0 && clients->path && clients->path[0] != '/')
        return json_error(document, cJSON_GetObjectItemCaseSensitive(node, "path"), error,
                          "expected a path that begins with \"/\", got \"%s\"",
                          clients->path);
    return result;
}

static const struct json_field clients_fields[] = {
    {.key = "keep_alive", .type = JSON_CUSTOM, .offset = 0, .read = read_keep_alive},
    {.key = "requests_per_connection",
     .type = JSON_COUNT,
     .offset = offsetof(struct workload, requests_per_connection),
     .minimum = 1,
     .maximum = 1e9},
    {.key = "pipeline",
     .type = JSON_COUNT,
     .offset = offsetof(struct workload, pipeline),
     .minimum = 1,
     .maximum = WORKLOAD_MOST_PIPELINE},
    {.key = "idle",
     .type = JSON_COUNT,
     .offset = offsetof(struct workload, idle),
     .minimum = 0,
     .maximum = WORKLOAD_MOST_CONNECTIONS},
    {.key = "slow_readers",
     .type = JSON_CUSTOM,
     .offset = offsetof(struct workload, slow_readers),
     .read = read_slow_clients},
    {.key = "slow_senders",
     .type = JSON_CUSTOM,
     .offset = offsetof(struct workload, slow_senders),
     .read = read_slow_clients},
    {0}};

static int read_clients(struct json_document *document, const cJSON *node, void *member,
                        struct error *error)
{
    int result = json_read_object(document, node, clients_fields, member, error);
    const cJSON *both = cJSON_GetObjectItemCaseSensitive(node, "keep_alive");
    if (result == 0 && both && has(node, "requests_per_connection"))
        return json_error(document, both, error,
                          "\"keep_alive\": false means one request per connection: give "
                          "one of the two");
    return result;
}

/* ---- server, sweep, scenario ----------------------------------------------------------
 */

/* A string, or a number as the file writes it. */
static int read_word(struct json_document *document, const cJSON *node, void *member,
                     struct error *error)
{
    char **word = member;
    char given[JSON_DESCRIBE_BYTES];
    if (cJSON_IsNumber(node))
        *word = memory_printf("%.12g", node->valuedouble);
    else if (cJSON_IsString(node) && *node->valuestring)
        *word = memory_copy_string(node->valuestring);
    else
        return json_error(document, node, error, "expected a number or a string, got %s",
                          json_describe(node, given, sizeof given));
    return 0;
}

static int read_server_cpus(struct json_document *document, const cJSON *node,
                            void *member, struct error *error)
{
    uint64_t *cpus = member;
    *cpus = 0;
    if (cJSON_IsString(node) && strcmp(node->valuestring, "all") == 0)
        return 0;
    char given[JSON_DESCRIBE_BYTES];
    if (!cJSON_IsNumber(node) || node->valuedouble < 1 || node->valuedouble > 1024 ||
        node->valuedouble != (double)(int)node->valuedouble)
        return json_error(document, node, error,
                          "expected \"all\" or a whole number from 1 to 1024, got %s",
                          json_describe(node, given, sizeof given));
    *cpus = (uint64_t)node->valuedouble;
    return 0;
}

static int read_server_options(struct json_document *document, const cJSON *node,
                               void *member, struct error *error)
{
    struct scenario_server *server = member;
    char given[JSON_DESCRIBE_BYTES];
    if (!cJSON_IsObject(node))
        return json_error(document, node, error, "expected an object, got %s",
                          json_describe(node, given, sizeof given));
    for (const cJSON *child = node->child; child; child = child->next) {
        server->options = memory_resize(server->options, (server->option_count + 1) *
                                                             sizeof *server->options);
        struct setting *setting = &server->options[server->option_count++];
        *setting = (struct setting){.name = memory_copy_string(child->string)};
        int result = read_word(document, child, &setting->value, error);
        if (result < 0)
            return result;
    }
    return 0;
}

static const struct json_field server_fields[] = {
    {.key = "cpus",
     .type = JSON_CUSTOM,
     .offset = offsetof(struct scenario_server, cpus),
     .read = read_server_cpus},
    {.key = "options", .type = JSON_CUSTOM, .offset = 0, .read = read_server_options},
    {0}};

static int read_server(struct json_document *document, const cJSON *node, void *member,
                       struct error *error)
{
    return json_read_object(document, node, server_fields, member, error);
}

static const struct json_field backend_fields[] = {
    {.key = "model",
     .type = JSON_TEXT,
     .required = true,
     .offset = offsetof(struct scenario_backend, model)},
    {.key = "cpus",
     .type = JSON_CUSTOM,
     .offset = offsetof(struct scenario_backend, server.cpus),
     .read = read_server_cpus},
    {.key = "options",
     .type = JSON_CUSTOM,
     .offset = offsetof(struct scenario_backend, server),
     .read = read_server_options},
    {0}};

static int read_backend(struct json_document *document, const cJSON *node, void *member,
                        struct error *error)
{
    struct scenario_backend *backend = member;
    backend->server.cpus = 1;
    return json_read_object(document, node, backend_fields, backend, error);
}

static int read_values(struct json_document *document, const cJSON *node, void *member,
                       struct error *error)
{
    struct sweep *sweep = member;
    return json_read_array(document, node, 1, MOST_VALUES, sizeof(char *), read_word,
                           (void **)&sweep->values, &sweep->value_count, error);
}

static int read_quick_values(struct json_document *document, const cJSON *node,
                             void *member, struct error *error)
{
    struct sweep *sweep = member;
    return json_read_array(document, node, 1, MOST_VALUES, sizeof(char *), read_word,
                           (void **)&sweep->quick_values, &sweep->quick_count, error);
}

static const struct json_field sweep_fields[] = {
    {.key = "variable",
     .type = JSON_TEXT,
     .required = true,
     .offset = offsetof(struct sweep, variable)},
    {.key = "values", .type = JSON_CUSTOM, .required = true, .read = read_values},
    {.key = "quick", .type = JSON_CUSTOM, .read = read_quick_values},
    {0}};

static int read_sweep(struct json_document *document, const cJSON *node, void *member,
                      struct error *error)
{
    return json_read_object(document, node, sweep_fields, member, error);
}

static int read_models(struct json_document *document, const cJSON *node, void *member,
                       struct error *error)
{
    struct scenario *scenario = member;
    return json_read_array(document, node, 1, MOST_MODELS, sizeof(char *), read_word,
                           (void **)&scenario->models, &scenario->model_count, error);
}

/* An array of words, each of which sets the bit of its place in the list. */
static int read_words_as_bits(struct json_document *document, const cJSON *node,
                              const char *const *words, unsigned *bits,
                              struct error *error)
{
    struct json_field word = {.type = JSON_CHOICE, .choices = words};
    char given[JSON_DESCRIBE_BYTES];
    if (!cJSON_IsArray(node))
        return json_error(document, node, error, "expected an array, got %s",
                          json_describe(node, given, sizeof given));
    for (const cJSON *child = node->child; child; child = child->next) {
        int index;
        int result = json_read_value(document, child, &word, &index, error);
        if (result < 0)
            return result;
        *bits |= 1U << index;
    }
    return 0;
}

static int read_tolerated(struct json_document *document, const cJSON *node, void *member,
                          struct error *error)
{
    return read_words_as_bits(document, node, tolerable_flags, member, error);
}

static int read_profiles(struct json_document *document, const cJSON *node, void *member,
                         struct error *error)
{
    int result = read_words_as_bits(document, node, profile_names, member, error);
    if (result == 0 && !node->child)
        return json_error(document, node, error, "expected at least one profile");
    return result;
}

/* The schema's address is for editors. */
static int ignore_text(struct json_document *document, const cJSON *node, void *member,
                       struct error *error)
{
    (void)member;
    char given[JSON_DESCRIBE_BYTES];
    if (!cJSON_IsString(node))
        return json_error(document, node, error, "expected a string, got %s",
                          json_describe(node, given, sizeof given));
    return 0;
}

static const struct json_field scenario_fields[] = {
    {.key = "$schema", .type = JSON_CUSTOM, .read = ignore_text},
    {.key = "name",
     .type = JSON_TEXT,
     .required = true,
     .offset = offsetof(struct scenario, name)},
    {.key = "title",
     .type = JSON_TEXT,
     .required = true,
     .offset = offsetof(struct scenario, title)},
    {.key = "question",
     .type = JSON_TEXT,
     .required = true,
     .offset = offsetof(struct scenario, question)},
    {.key = "family",
     .type = JSON_TEXT,
     .required = true,
     .offset = offsetof(struct scenario, family)},
    {.key = "models", .type = JSON_CUSTOM, .read = read_models},
    {.key = "requests",
     .type = JSON_CUSTOM,
     .offset = offsetof(struct scenario, workload),
     .read = read_requests},
    {.key = "load",
     .type = JSON_CUSTOM,
     .offset = offsetof(struct scenario, workload),
     .read = read_load},
    {.key = "clients",
     .type = JSON_CUSTOM,
     .offset = offsetof(struct scenario, workload),
     .read = read_clients},
    {.key = "server",
     .type = JSON_CUSTOM,
     .offset = offsetof(struct scenario, server),
     .read = read_server},
    {.key = "backend",
     .type = JSON_CUSTOM,
     .offset = offsetof(struct scenario, backend),
     .read = read_backend},
    {.key = "database",
     .type = JSON_CHOICE,
     .offset = offsetof(struct scenario, database),
     .choices = database_names},
    {.key = "sweep",
     .type = JSON_CUSTOM,
     .offset = offsetof(struct scenario, sweep),
     .read = read_sweep},
    {.key = "shape",
     .type = JSON_CHOICE,
     .offset = offsetof(struct scenario, shape),
     .choices = shape_names},
    {.key = "profiles",
     .type = JSON_CUSTOM,
     .offset = offsetof(struct scenario, profiles),
     .read = read_profiles},
    {.key = "tolerates",
     .type = JSON_CUSTOM,
     .offset = offsetof(struct scenario, tolerated),
     .read = read_tolerated},
    {0}};

/* ---- what no table shows --------------------------------------------------------------
 */

static bool is_good_name(const char *name)
{
    if (!islower((unsigned char)*name))
        return false;
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* "{size}" in a path, where `variable` is "size". */
static bool path_mentions(const char *path, const char *variable)
{
    char *braced = memory_printf("{%s}", variable);
    bool found = strstr(path, braced) != NULL;
    free(braced);
    return found;
}

static bool any_path_mentions(const struct scenario *scenario, const char *variable)
{
    for (size_t i = 0; i < scenario->workload.request_count; i++)
        if (path_mentions(scenario->workload.requests[i].path, variable))
            return true;
    return false;
}

const char *scenario_option(const struct scenario *scenario, const char *name)
{
    for (size_t i = 0; i < scenario->server.option_count; i++)
        if (strcmp(scenario->server.options[i].name, name) == 0)
            return scenario->server.options[i].value;
    return NULL;
}

bool scenario_is_in_profile(const struct scenario *scenario, int profile)
{
    return !scenario->profiles || scenario->profiles >> profile & 1;
}

bool scenario_tolerates(const struct scenario *scenario, const char *code)
{
    for (size_t i = 0; tolerable_flags[i]; i++)
        if (strcmp(tolerable_flags[i], code) == 0)
            return scenario->tolerated >> i & 1;
    return false;
}

/* Sets the sweep's variable; a variable that is nothing known has no effect. */
static int apply_value(struct scenario *scenario, const char *variable, const char *value,
                       struct error *error)
{
    if (strcmp(variable, "connections") == 0)
        return quantity_parse(QUANTITY_COUNT, value, 1, WORKLOAD_MOST_CONNECTIONS,
                              &scenario->workload.connections, error);
    if (strcmp(variable, "rate") == 0)
        return quantity_parse_rate(value, &scenario->workload.rate_rps, error);
    for (size_t i = 0; i < scenario->server.option_count; i++) {
        struct setting *setting = &scenario->server.options[i];
        if (strcmp(setting->name, variable) == 0) {
            free(setting->value);
            setting->value = memory_copy_string(value);
        }
    }
    char *braced = memory_printf("{%s}", variable);
    for (size_t i = 0; i < scenario->workload.request_count; i++) {
        struct request *request = &scenario->workload.requests[i];
        const char *at;
        while ((at = strstr(request->path, braced))) {
            char *path = memory_printf("%.*s%s%s", (int)(at - request->path),
                                       request->path, value, at + strlen(braced));
            free(request->path);
            request->path = path;
        }
    }
    free(braced);
    return 0;
}

static int check_values(struct json_document *document, const struct scenario *scenario,
                        const cJSON *array, struct error *error)
{
    for (const cJSON *node = array ? array->child : NULL; node; node = node->next) {
        char number[32];
        const char *value = node->valuestring;
        if (cJSON_IsNumber(node)) {
            snprintf(number, sizeof number, "%.12g", node->valuedouble);
            value = number;
        }
        struct scenario point;
        struct error detail;
        scenario_at_point(&point, scenario, NULL);
        int result = apply_value(&point, scenario->sweep.variable, value, &detail);
        scenario_release(&point);
        if (result < 0)
            return json_error(document, node, error, "%s", detail.text);
    }
    return 0;
}

static int check_sweep(struct json_document *document, const struct scenario *scenario,
                       struct error *error)
{
    const struct sweep *sweep = &scenario->sweep;
    if (!sweep->variable)
        return 0;
    const cJSON *node = json_at(document->root, "sweep");
    bool known = strcmp(sweep->variable, "connections") == 0 ||
                 strcmp(sweep->variable, "rate") == 0 ||
                 scenario_option(scenario, sweep->variable) ||
                 any_path_mentions(scenario, sweep->variable);
    if (!known)
        return json_error(
            document, cJSON_GetObjectItemCaseSensitive(node, "variable"), error,
            "expected \"connections\", \"rate\", one of server.options, or a "
            "word in braces in a path, got \"%s\"",
            sweep->variable);
    const struct workload *workload = &scenario->workload;
    bool fixed =
        (strcmp(sweep->variable, "rate") == 0 && workload->phase_count) ||
        (strcmp(sweep->variable, "connections") == 0 && workload->phases_are_clients);
    if (fixed)
        return json_error(document, cJSON_GetObjectItemCaseSensitive(node, "variable"),
                          error, "the phases say what \"%s\" is: it cannot be swept",
                          sweep->variable);
    int result = check_values(document, scenario,
                              cJSON_GetObjectItemCaseSensitive(node, "values"), error);
    if (result < 0)
        return result;
    return check_values(document, scenario,
                        cJSON_GetObjectItemCaseSensitive(node, "quick"), error);
}

/* A brace that no sweep fills would be sent to the server as it is. */
static int check_paths(struct json_document *document, const struct scenario *scenario,
                       struct error *error)
{
    const cJSON *requests = json_at(document->root, "requests");
    for (size_t i = 0; requests && i < scenario->workload.request_count; i++) {
        const char *path = scenario->workload.requests[i].path;
        const cJSON *node = cJSON_GetObjectItemCaseSensitive(
            cJSON_GetArrayItem(requests, (int)i), "path");
        const char *bad = path + strcspn(path, " \t\r\n");
        if (*bad)
            return json_error(document, node, error, "a path has no blanks, got \"%s\"",
                              path);
        const char *variable = scenario->sweep.variable;
        if (strchr(path, '{') && !(variable && path_mentions(path, variable)))
            return json_error(
                document, node, error,
                "\"%s\" has a word in braces, but no sweep has that variable", path);
    }
    return 0;
}

static int check_scenario(struct json_document *document, const struct scenario *scenario,
                          struct error *error)
{
    if (!is_good_name(scenario->name))
        return json_error(document, json_at(document->root, "name"), error,
                          "expected a name of a-z, 0-9 and -, got \"%s\"",
                          scenario->name);
    const cJSON *requests = json_at(document->root, "requests");
    if (!requests && !scenario->workload.trace_count)
        return json_error(document, document->root, error,
                          "the key \"requests\" is missing");
    if (requests && scenario->workload.trace_count)
        return json_error(document, requests, error,
                          "the trace says what is sent: give either of them");
    int result = check_sweep(document, scenario, error);
    if (result == 0)
        result = check_paths(document, scenario, error);
    if (result < 0)
        return result;
    struct error detail;
    if (workload_check(&scenario->workload, &detail) < 0)
        return json_error(document, requests ? requests : document->root, error, "%s",
                          detail.text);
    return 0;
}

int scenario_read_document(struct scenario *scenario, struct json_document *document,
                           struct error *error)
{
    *scenario = (struct scenario){.server.cpus = 1};
    workload_init(&scenario->workload);
    int result =
        json_read_object(document, document->root, scenario_fields, scenario, error);
    if (result == 0)
        result = check_scenario(document, scenario, error);
    if (result < 0)
        scenario_release(scenario);
    return result;
}

static int read_and_close(struct scenario *scenario, struct json_document *document,
                          struct error *error)
{
    int result = scenario_read_document(scenario, document, error);
    json_close(document);
    return result;
}

int scenario_read(struct scenario *scenario, const char *path, struct error *error)
{
    struct json_document document;
    int result = json_open_file(&document, path, error);
    return result < 0 ? result : read_and_close(scenario, &document, error);
}

int scenario_read_string(struct scenario *scenario, const char *name, const char *source,
                         struct error *error)
{
    struct json_document document;
    int result = json_open_string(&document, name, source, error);
    return result < 0 ? result : read_and_close(scenario, &document, error);
}

/* ---- copies and JSON ------------------------------------------------------------------
 */

static char *copy_or_null(const char *string)
{
    return string ? memory_copy_string(string) : NULL;
}

static char **copy_words(char *const *words, size_t count)
{
    char **copy = memory_allocate_zeroed(count + 1, sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = copy_or_null(words[i]);
    return copy;
}

static void release_words(char **words, size_t count)
{
    for (size_t i = 0; words && i < count; i++)
        free(words[i]);
    free(words);
}

static void release_server(struct scenario_server *server)
{
    for (size_t i = 0; i < server->option_count; i++) {
        free(server->options[i].name);
        free(server->options[i].value);
    }
    free(server->options);
}

static struct scenario_server copy_server(const struct scenario_server *server)
{
    struct scenario_server copy = *server;
    copy.options =
        memory_allocate_zeroed(server->option_count + 1, sizeof(struct setting));
    for (size_t i = 0; i < server->option_count; i++) {
        copy.options[i].name = copy_or_null(server->options[i].name);
        copy.options[i].value = copy_or_null(server->options[i].value);
    }
    return copy;
}

void scenario_release(struct scenario *scenario)
{
    free(scenario->name);
    free(scenario->title);
    free(scenario->question);
    free(scenario->family);
    release_words(scenario->models, scenario->model_count);
    workload_release(&scenario->workload);
    release_server(&scenario->server);
    release_server(&scenario->backend.server);
    free(scenario->backend.model);
    free(scenario->sweep.variable);
    release_words(scenario->sweep.values, scenario->sweep.value_count);
    release_words(scenario->sweep.quick_values, scenario->sweep.quick_count);
    *scenario = (struct scenario){0};
}

void scenario_at_point(struct scenario *point, const struct scenario *scenario,
                       const char *value)
{
    *point = (struct scenario){
        .name = copy_or_null(scenario->name),
        .title = copy_or_null(scenario->title),
        .question = copy_or_null(scenario->question),
        .family = copy_or_null(scenario->family),
        .models = copy_words(scenario->models, scenario->model_count),
        .model_count = scenario->model_count,
        .server = copy_server(&scenario->server),
        .backend = {.model = copy_or_null(scenario->backend.model),
                    .server = copy_server(&scenario->backend.server)},
        .database = scenario->database,
        .shape = scenario->shape,
        .profiles = scenario->profiles,
        .tolerated = scenario->tolerated,
    };
    workload_copy(&point->workload, &scenario->workload);
    if (value && apply_value(point, scenario->sweep.variable, value, NULL) < 0)
        abort(); /* scenario_read accepted this value */
}

static void add_exact(cJSON *object, const char *key, enum quantity_unit unit,
                      uint64_t value)
{
    char text[QUANTITY_TEXT_BYTES];
    cJSON_AddStringToObject(object, key, quantity_exact(unit, value, text, sizeof text));
}

static void add_words(cJSON *object, const char *key, char *const *words, size_t count)
{
    cJSON *array = json_add_array(object, key);
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(array, cJSON_CreateString(words[i]));
}

static void add_requests(cJSON *object, const struct workload *workload)
{
    cJSON *array = json_add_array(object, "requests");
    for (size_t i = 0; i < workload->request_count; i++) {
        const struct request *request = &workload->requests[i];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "path", request->path);
        if (*request->class_name)
            cJSON_AddStringToObject(item, "class", request->class_name);
        if (request->rate_rps > 0) {
            cJSON_AddNumberToObject(item, "rate", request->rate_rps);
            cJSON_AddStringToObject(item, "arrivals", arrivals_names[request->arrivals]);
        } else {
            cJSON_AddNumberToObject(item, "weight", request->weight);
        }
        if (request->digest)
            cJSON_AddStringToObject(item, "digest", request->digest);
        cJSON_AddItemToArray(array, item);
    }
}

static void add_load(cJSON *root, const struct workload *workload)
{
    cJSON *load = json_add_object(root, "load");
    if (workload->connect_as_needed) {
        cJSON_AddStringToObject(load, "connections", "auto");
        cJSON_AddNumberToObject(load, "max_connections", (double)workload->connections);
    } else if (!workload->phases_are_clients) {
        cJSON_AddNumberToObject(load, "connections", (double)workload->connections);
    }
    if (workload->rate_rps > 0)
        cJSON_AddNumberToObject(load, "rate", workload->rate_rps);
    cJSON_AddStringToObject(load, "arrivals", arrivals_names[workload->arrivals]);
    if (workload->phase_count)
        workload_phases_to_json(workload, load);
    if (workload->trace_count) {
        cJSON *trace = json_add_object(load, "trace");
        cJSON_AddStringToObject(trace, "file", workload->trace_path);
        cJSON_AddNumberToObject(trace, "speed", workload->speed);
    }
    if (workload->think_ns) {
        add_exact(load, "think", QUANTITY_TIME, workload->think_ns);
        cJSON_AddStringToObject(load, "think_times",
                                think_times_names[workload->think_times]);
    }
    add_exact(load, "warmup", QUANTITY_TIME, workload->warmup_ns);
    add_exact(load, "duration", QUANTITY_TIME, workload->duration_ns);
    if (workload->request_limit)
        cJSON_AddNumberToObject(load, "requests", (double)workload->request_limit);
    add_exact(load, "timeout", QUANTITY_TIME, workload->timeout_ns);
}

static void add_slow_clients(cJSON *clients, const char *key,
                             const struct slow_clients *slow)
{
    if (!slow->count)
        return;
    cJSON *object = json_add_object(clients, key);
    cJSON_AddNumberToObject(object, "count", (double)slow->count);
    cJSON_AddNumberToObject(object, "bytes_per_second", (double)slow->bytes_per_second);
    if (slow->path)
        cJSON_AddStringToObject(object, "path", slow->path);
}

static void add_clients(cJSON *root, const struct workload *workload)
{
    cJSON *clients = json_add_object(root, "clients");
    if (workload->requests_per_connection > 1)
        cJSON_AddNumberToObject(clients, "requests_per_connection",
                                (double)workload->requests_per_connection);
    else
        cJSON_AddBoolToObject(clients, "keep_alive",
                              workload->requests_per_connection == 0);
    cJSON_AddNumberToObject(clients, "pipeline", (double)workload->pipeline);
    cJSON_AddNumberToObject(clients, "idle", (double)workload->idle);
    add_slow_clients(clients, "slow_readers", &workload->slow_readers);
    add_slow_clients(clients, "slow_senders", &workload->slow_senders);
}

static void add_server(cJSON *object, const struct scenario_server *server)
{
    if (server->cpus)
        cJSON_AddNumberToObject(object, "cpus", (double)server->cpus);
    else
        cJSON_AddStringToObject(object, "cpus", "all");
    cJSON *options = json_add_object(object, "options");
    for (size_t i = 0; i < server->option_count; i++)
        cJSON_AddStringToObject(options, server->options[i].name,
                                server->options[i].value);
}

static void add_bits_as_words(cJSON *object, const char *key, const char *const *words,
                              unsigned bits)
{
    cJSON *array = json_add_array(object, key);
    for (size_t i = 0; words[i]; i++)
        if (bits >> i & 1)
            cJSON_AddItemToArray(array, cJSON_CreateString(words[i]));
}

cJSON *scenario_to_json(const struct scenario *scenario)
{
    const struct workload *workload = &scenario->workload;
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "name", scenario->name);
    cJSON_AddStringToObject(root, "title", scenario->title);
    cJSON_AddStringToObject(root, "question", scenario->question);
    cJSON_AddStringToObject(root, "family", scenario->family);
    if (scenario->model_count)
        add_words(root, "models", scenario->models, scenario->model_count);
    if (!workload->trace_count)
        add_requests(root, workload);
    add_load(root, workload);
    add_clients(root, workload);
    add_server(json_add_object(root, "server"), &scenario->server);
    if (scenario->backend.model) {
        cJSON *backend = json_add_object(root, "backend");
        cJSON_AddStringToObject(backend, "model", scenario->backend.model);
        add_server(backend, &scenario->backend.server);
    }
    if (scenario->database != DATABASE_NONE)
        cJSON_AddStringToObject(root, "database", database_names[scenario->database]);
    if (scenario->sweep.variable) {
        cJSON *sweep = json_add_object(root, "sweep");
        cJSON_AddStringToObject(sweep, "variable", scenario->sweep.variable);
        add_words(sweep, "values", scenario->sweep.values, scenario->sweep.value_count);
        if (scenario->sweep.quick_values)
            add_words(sweep, "quick", scenario->sweep.quick_values,
                      scenario->sweep.quick_count);
    }
    cJSON_AddStringToObject(root, "shape", shape_names[scenario->shape]);
    if (scenario->profiles)
        add_bits_as_words(root, "profiles", profile_names, scenario->profiles);
    add_bits_as_words(root, "tolerates", tolerable_flags, scenario->tolerated);
    return root;
}

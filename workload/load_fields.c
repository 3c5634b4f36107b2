/* load_fields.c - see load_fields.h. */
#include "workload/load_fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/field_json.h"
#include "base/json.h"
#include "base/text.h"
#include "workload/specs.h"

static bool has(const cJSON *node, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(node, key) != NULL;
}

#define PATH_SCHEMA "{\"type\":\"string\",\"pattern\":\"^/[^ \\\\t\\\\r\\\\n]*$\"}"

static int check_path(struct json_document *document, const cJSON *node, const char *path,
                      struct error *error)
{
    if (!path || path[0] == '/')
        return 0;
    return json_error(document, json_at(node, "path"), error,
                      "expected a path that begins with \"/\", got \"%s\"", path);
}

/* ---- requests ---------------------------------------------------------------------- */

static bool request_has_rate(const void *request)
{
    return ((const struct request *)request)->rate_rps > 0;
}

static bool request_has_no_rate(const void *request)
{
    return !request_has_rate(request);
}

const struct field request_fields[] = {
    {.name = "path",
     .kind = FIELD_TEXT,
     .required = true,
     .help = "The program of the request, \"/wait:50ms/gzip:32KiB\".",
     .offset = offsetof(struct request, path),
     .schema = PATH_SCHEMA},
    {.name = "class",
     .kind = FIELD_TEXT,
     .fallback = "",
     .help = "Results are told apart by it.",
     .offset = offsetof(struct request, class_name)},
    {.name = "weight",
     .kind = FIELD_NUMBER,
     .fallback = "1",
     .help = "Share in the mix.",
     .offset = offsetof(struct request, weight),
     .minimum = 1e-6,
     .maximum = 1e9,
     .omit = request_has_rate},
    {.name = "rate",
     .kind = FIELD_RATE,
     .help = "Arrivals per second of its own, beside the mix.",
     .offset = offsetof(struct request, rate_rps)},
    {.name = "arrivals",
     .kind = FIELD_CHOICE,
     .offset = offsetof(struct request, arrivals),
     .choices = arrivals_names,
     .omit = request_has_no_rate},
    {.name = "digest",
     .kind = FIELD_TEXT,
     .help = "What its Interleave-Digest must be; default: as in the first reply.",
     .offset = offsetof(struct request, digest)},
    {.name = "head",
     .kind = FIELD_ROWS,
     .where = FIELD_IN_JSON,
     .offset = offsetof(struct request, head),
     .bytes = sizeof(struct request_head),
     .fields = request_head_fields},
    {0}};

static int check_request(struct json_document *document, const cJSON *node, void *member,
                         struct error *error)
{
    struct request *request = member;
    const cJSON *weight = json_at(node, "weight"), *arrivals = json_at(node, "arrivals");
    int result = check_path(document, node, request->path, error);
    if (result < 0)
        return result;
    if (weight && request->rate_rps > 0)
        return json_error(document, weight, error,
                          "a request with a rate of its own has no weight in the mix");
    if (arrivals && request->rate_rps == 0)
        return json_error(document, arrivals, error,
                          "only a request with a \"rate\" has arrivals of its own");
    return request_head_check_json(document, node, &request->head, error);
}

/* ---- phases ------------------------------------------------------------------------ */

#define LEVEL_SCHEMA                                                                     \
    "{\"anyOf\":[{\"type\":\"number\",\"minimum\":0},"                                   \
    "{\"type\":\"string\",\"pattern\":\"^[0-9]+(\\\\.[0-9]+)?[kM]?(/[smh])?$\"}]}"

/* A rate, or 0. */
static int read_level(struct json_document *document, const cJSON *node,
                      const struct field *field, void *structure, struct error *error)
{
    const struct field rate = {.kind = FIELD_RATE, .offset = field->offset};
    double *level = field_member(field, structure);
    if (cJSON_IsNumber(node) && node->valuedouble >= 0 && node->valuedouble <= 0) {
        *level = 0;
        return 0;
    }
    return field_read(document, node, &rate, structure, error);
}

static bool phase_is_of_clients(const void *phase)
{
    return ((const struct load_phase *)phase)->of_clients;
}

static bool phase_is_of_rates(const void *phase)
{
    return !phase_is_of_clients(phase);
}

static bool phase_has_one_level(const void *phase)
{
    return ((const struct load_phase *)phase)->shape == PHASE_STEP;
}

static bool phase_has_no_period(const void *phase)
{
    int shape = ((const struct load_phase *)phase)->shape;
    return shape != PHASE_BURST && shape != PHASE_SINE;
}

static bool phase_has_no_burst(const void *phase)
{
    return ((const struct load_phase *)phase)->shape != PHASE_BURST;
}

#define MEMBER(name) offsetof(struct load_phase, name)

static const struct field phase_fields[] = {
    {.name = "duration",
     .kind = FIELD_TIME,
     .required = true,
     .offset = MEMBER(duration_ns),
     .minimum = NS_PER_MS,
     .maximum = 24 * NS_PER_H},
    {.name = "shape",
     .kind = FIELD_CHOICE,
     .help = "Default: ramp with to, step without.",
     .offset = MEMBER(shape),
     .choices = phase_shape_names},
    {.name = "rate",
     .kind = FIELD_NUMBER,
     .help = "Of the mix. Step: all along; ramp: at first; burst: between bursts; sine: "
             "the middle.",
     .offset = MEMBER(level),
     .read = read_level,
     .omit = phase_is_of_clients,
     .schema = LEVEL_SCHEMA},
    {.name = "connections",
     .kind = FIELD_NUMBER,
     .help = "In place of a rate: clients of a closed loop.",
     .offset = MEMBER(level),
     .maximum = WORKLOAD_MAX_CONNECTIONS,
     .omit = phase_is_of_rates},
    {.name = "to",
     .kind = FIELD_NUMBER,
     .help = "Ramp: at the end; burst: in a burst; sine: at the crest.",
     .offset = MEMBER(to),
     .read = read_level,
     .omit = phase_has_one_level,
     .schema = LEVEL_SCHEMA},
    {.name = "period",
     .kind = FIELD_TIME,
     .help = "From burst to burst, or crest to crest.",
     .offset = MEMBER(period_ns),
     .minimum = NS_PER_MS,
     .maximum = 24 * NS_PER_H,
     .omit = phase_has_no_period},
    {.name = "burst",
     .kind = FIELD_TIME,
     .help = "How long a burst lasts.",
     .offset = MEMBER(burst_ns),
     .minimum = NS_PER_MS,
     .maximum = 24 * NS_PER_H,
     .omit = phase_has_no_burst},
    {0}};

#undef MEMBER

/* Each shape needs some of these keys, and accepts no others. */
static int check_phase_keys(struct json_document *document, const cJSON *node,
                            const struct load_phase *phase, struct error *error)
{
    const char *name = phase_shape_names[phase->shape];
    const struct {
        const char *key;
        bool needed;
    } keys[] = {
        {"to", !phase_has_one_level(phase)},
        {"period", !phase_has_no_period(phase)},
        {"burst", !phase_has_no_burst(phase)},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const cJSON *value = json_at(node, keys[i].key);
        if (keys[i].needed && !value)
            return json_error(document, node, error, "a %s needs the key \"%s\"", name,
                              keys[i].key);
        if (!keys[i].needed && value)
            return json_error(document, value, error, "a %s has no \"%s\"", name,
                              keys[i].key);
    }
    return 0;
}

static int check_phase(struct json_document *document, const cJSON *node, void *member,
                       struct error *error)
{
    struct load_phase *phase = member;
    phase->of_clients = has(node, "connections");
    if (phase->of_clients == has(node, "rate"))
        return json_error(document, node, error,
                          "a phase has either a \"rate\" or \"connections\"");
    if (!has(node, "shape") && has(node, "to"))
        phase->shape = PHASE_RAMP;
    return check_phase_keys(document, node, phase, error);
}

/* Adds a phase from the command line. */
static int set_phase(const struct field *field, void *structure, const char *text,
                     struct error *error)
{
    struct workload *workload = structure;
    struct load_phase phase;
    int result = spec_read_phase(&phase, text, error);
    (void)field;
    if (result == 0 && workload->phase_count &&
        workload->phases[0].of_clients != phase.of_clients)
        return error_set(error, -EINVAL, "all phases have rates, or all have clients");
    if (result == 0 && workload->phase_count == WORKLOAD_MAX_PHASES)
        return error_set(error, -EINVAL, "there are at most %d phases",
                         WORKLOAD_MAX_PHASES);
    if (result == 0)
        workload_add_phase(workload, &phase);
    return result;
}

/* ---- the load ---------------------------------------------------------------------- */

const struct field trace_fields[] = {
    {.name = "trace",
     .key = "file",
     .kind = FIELD_TEXT,
     .required = true,
     .value = "FILE",
     .help =
         "send what the lines time,path,class of a CSV file say, when they say it; times "
         "in seconds (or with a unit) from the first line's, which begins the measured "
         "time",
     .about = "Counts from the folder of the scenario.",
     .offset = offsetof(struct trace, path)},
    {.name = "speed",
     .kind = FIELD_NUMBER,
     .value = "X",
     .help = "replay --trace so many times as fast",
     .fallback = "1",
     .about = "2 halves all gaps.",
     .offset = offsetof(struct trace, speed),
     .minimum = 1e-3,
     .maximum = 1e6},
    {.name = "entries",
     .kind = FIELD_ARRAY,
     .where = FIELD_NOWHERE,
     .offset = offsetof(struct trace, entries),
     .count_offset = offsetof(struct trace, count),
     .bytes = sizeof(struct trace_entry)},
    {0}};

static const struct field capacity_fields[] = {
    {.name = "percentile",
     .kind = FIELD_NUMBER,
     .required = true,
     .help = "Of the latency of all requests.",
     .offset = offsetof(struct capacity_aim, percentile),
     .minimum = 1,
     .maximum = 99.99},
    {.name = "limit",
     .kind = FIELD_TIME,
     .required = true,
     .help = "What the percentile has to stay below.",
     .offset = offsetof(struct capacity_aim, limit_ns),
     .minimum = NS_PER_US,
     .maximum = NS_PER_H},
    {.name = "search-time",
     .kind = FIELD_TIME,
     .fallback = "1m",
     .help = "No step begins later than this.",
     .offset = offsetof(struct capacity_aim, search_ns),
     .minimum = NS_PER_MS,
     .maximum = 24 * NS_PER_H},
    {0}};

static bool seeks_no_capacity(const void *workload)
{
    return !workload_seeks_capacity(workload);
}

static bool connections_are_of_phases(const void *workload)
{
    return workload_phases_are_clients(workload);
}

static bool connections_are_given(const void *workload)
{
    return !workload_connects_as_needed(workload);
}

static bool has_no_think_time(const void *workload)
{
    return !((const struct workload *)workload)->think_ns;
}

static bool requests_are_not_counted(const void *workload)
{
    return !((const struct workload *)workload)->request_limit;
}

#define MEMBER(name) offsetof(struct workload, name)

const struct field load_fields[] = {
    {.name = "connections",
     .letter = 'c',
     .kind = FIELD_COUNT,
     .value = "N",
     .help =
         "clients of a closed loop; most connections of an open one; auto: 1 client, and "
         "as many connections as an open loop needs",
     .fallback = "auto",
     .offset = MEMBER(connections),
     .minimum = 1,
     .maximum = WORKLOAD_MAX_CONNECTIONS,
     .zero_word = "auto",
     .omit = connections_are_of_phases},
    {.name = "max-connections",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "the most that an open loop opens with --connections auto",
     .fallback = "10000",
     .offset = MEMBER(max_connections),
     .minimum = 1,
     .maximum = WORKLOAD_MAX_CONNECTIONS,
     .omit = connections_are_given},
    {.name = "rate",
     .letter = 'r',
     .kind = FIELD_RATE,
     .value = "R",
     .help = "requests per second that are sent whether or not the server keeps up (open "
             "loop); without it every connection sends its next request after a reply "
             "(closed loop)",
     .offset = MEMBER(rate_rps)},
    {.name = "arrivals",
     .kind = FIELD_CHOICE,
     .value = "KIND",
     .help = "gaps between requests of --rate",
     .fallback = "poisson",
     .offset = MEMBER(arrivals),
     .choices = arrivals_names},
    {.name = "phase",
     .key = "phases",
     .kind = FIELD_ARRAY,
     .value = "SPEC",
     .help = "a stretch of the measured time as TIME:LEVEL, a ramp as TIME:LEVEL..LEVEL, "
             "with ,burst:LENGTH/PERIOD or ,sine:PERIOD after it; levels are rates "
             "(100/s) or clients (100); may be given several times, see above",
     .about = "The load over the measured window, which they fill; stretched to a "
              "duration that is given.",
     .offset = MEMBER(phases),
     .count_offset = MEMBER(phase_count),
     .bytes = sizeof(struct load_phase),
     .minimum = 1,
     .maximum = WORKLOAD_MAX_PHASES,
     .fields = phase_fields,
     .check = check_phase,
     .set = set_phase,
     .schema =
         "{\"oneOf\":[{\"required\":[\"rate\"]},{\"required\":[\"connections\"]}]}"},
    {.name = "trace",
     .kind = FIELD_OBJECT,
     .where = FIELD_IN_JSON,
     .help = "Arrivals from a CSV file: time,path,class. Takes the place of requests.",
     .offset = MEMBER(trace),
     .bytes = sizeof(struct trace),
     .fields = trace_fields},
    {.name = "capacity",
     .kind = FIELD_OBJECT,
     .where = FIELD_IN_JSON,
     .help =
         "Search for the highest rate that keeps this, beginning at the rate, in steps "
         "of at most the duration; then measure there.",
     .offset = MEMBER(capacity),
     .bytes = sizeof(struct capacity_aim),
     .fields = capacity_fields,
     .omit = seeks_no_capacity},
    {.name = "head",
     .kind = FIELD_ROWS,
     .where = FIELD_IN_JSON,
     .offset = MEMBER(head),
     .bytes = sizeof(struct request_head),
     .fields = request_head_fields},
    {.name = "think",
     .kind = FIELD_TIME,
     .value = "T",
     .help = "pause of a closed loop's client after each reply",
     .fallback = "0s",
     .offset = MEMBER(think_ns),
     .maximum = NS_PER_H,
     .omit = has_no_think_time},
    {.name = "think-times",
     .kind = FIELD_CHOICE,
     .value = "KIND",
     .help = "how pauses are spread around --think",
     .fallback = "constant",
     .offset = MEMBER(think_times),
     .choices = think_times_names,
     .omit = has_no_think_time},
    {.name = "warmup",
     .letter = 'w',
     .kind = FIELD_TIME,
     .value = "T",
     .help = "time before the measured one, sent but not measured",
     .fallback = "1s",
     .offset = MEMBER(warmup_ns),
     .maximum = 24 * NS_PER_H},
    {.name = "duration",
     .letter = 'd',
     .kind = FIELD_TIME,
     .value = "T",
     .help = "measured time; auto: as long as phases or trace, or as --requests take (an "
             "hour at most), else 10s. Phases are stretched to a time that is given",
     .fallback = "auto",
     .offset = MEMBER(duration_ns),
     .minimum = NS_PER_MS,
     .maximum = 24 * NS_PER_H,
     .zero_word = "auto"},
    {.name = "requests",
     .letter = 'n',
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "end the measured time after so many requests and their replies",
     .fallback = "unlimited",
     .offset = MEMBER(request_limit),
     .minimum = 1,
     .maximum = 1000000000000,
     .zero_word = "unlimited",
     .omit = requests_are_not_counted},
    {.name = "timeout",
     .kind = FIELD_TIME,
     .value = "T",
     .help = "longest wait for a reply, from when it was due",
     .fallback = "30s",
     .offset = MEMBER(timeout_ns),
     .maximum = 24 * NS_PER_H,
     .zero_word = "none"},
    {0}};

static int read_trace_file(struct json_document *document, const cJSON *node,
                           struct workload *workload, struct error *error)
{
    char *path = json_path_beside(document, workload->trace.path);
    struct error detail;
    int result = workload_read_trace(workload, path, workload->trace.speed, &detail);
    free(path);
    return result < 0 ? json_error(document, node, error, "%s", detail.text) : 0;
}

static int check_load(struct json_document *document, const cJSON *node, void *member,
                      struct error *error)
{
    struct workload *workload = member;
    const cJSON *connections = json_at(node, "connections");
    const cJSON *most = json_at(node, "max_connections");
    if (most && workload->connections)
        return json_error(document, most, error,
                          "only with \"connections\": \"auto\" there is a "
                          "\"max_connections\"");
    for (size_t i = 0; i < workload->phase_count; i++)
        if (workload->phases[i].of_clients != workload->phases[0].of_clients)
            return json_error(document,
                              cJSON_GetArrayItem(json_at(node, "phases"), (int)i), error,
                              "all phases have a \"rate\", or all \"connections\"");
    if (connections && workload_phases_are_clients(workload))
        return json_error(document, connections, error,
                          "the phases say how many connections there are");
    int result = request_head_check_json(document, node, &workload->head, error);
    return result == 0 && workload->trace.path
               ? read_trace_file(document, json_at(node, "trace"), workload, error)
               : result;
}

/* ---- clients ----------------------------------------------------------------------- */

#undef MEMBER
#define MEMBER(name) offsetof(struct slow_clients, name)

static const struct field slow_clients_fields[] = {
    {.name = "count",
     .kind = FIELD_COUNT,
     .required = true,
     .offset = MEMBER(count),
     .minimum = 1,
     .maximum = WORKLOAD_MAX_CONNECTIONS},
    {.name = "bytes-per-second",
     .kind = FIELD_COUNT,
     .required = true,
     .offset = MEMBER(bytes_per_second),
     .minimum = 1,
     .maximum = 1e9},
    {.name = "path",
     .kind = FIELD_TEXT,
     .help = "What they ask for; default: the first request.",
     .offset = MEMBER(path),
     .schema = PATH_SCHEMA},
    {0}};

static int check_slow_clients(struct json_document *document, const cJSON *node,
                              void *member, struct error *error)
{
    const struct slow_clients *clients = member;
    return check_path(document, node, clients->path, error);
}

static int set_slow_clients(const struct field *field, void *structure, const char *text,
                            struct error *error)
{
    return spec_read_slow_clients(field_member(field, structure), text, error);
}

#undef MEMBER
#define MEMBER(name) offsetof(struct workload, name)

static bool requests_are_limited(const void *workload)
{
    return ((const struct workload *)workload)->requests_per_connection != 0;
}

static bool requests_are_unlimited(const void *workload)
{
    return !requests_are_limited(workload);
}

const struct field client_fields[] = {
    {.name = "keep-alive",
     .kind = FIELD_FLAG,
     .help = "send many requests over a connection; --no-keep-alive: one",
     .fallback = "yes",
     .offset = MEMBER(keep_alive),
     .omit = requests_are_limited},
    {.name = "requests-per-connection",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "ask the server to close after so many requests, and open a new connection",
     .fallback = "unlimited",
     .offset = MEMBER(requests_per_connection),
     .minimum = 1,
     .maximum = 1000000000,
     .zero_word = "unlimited",
     .omit = requests_are_unlimited},
    {.name = "pipeline",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "requests under way on a connection at a time, without waiting for replies",
     .fallback = "1",
     .offset = MEMBER(pipeline),
     .minimum = 1,
     .maximum = WORKLOAD_MAX_PIPELINE},
    {.name = "idle",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "more connections, that are opened, kept, and send nothing",
     .fallback = "0",
     .offset = MEMBER(idle),
     .maximum = WORKLOAD_MAX_CONNECTIONS},
    {.name = "slow-readers",
     .kind = FIELD_OBJECT,
     .value = "SPEC",
     .help = "more clients, that take replies in slowly, as COUNT:BYTES[:/PATH] with "
             "bytes per second; what they see is no part of the result",
     .about = "Clients that take replies in slowly.",
     .offset = MEMBER(slow_readers),
     .bytes = sizeof(struct slow_clients),
     .fields = slow_clients_fields,
     .check = check_slow_clients,
     .set = set_slow_clients},
    {.name = "slow-senders",
     .kind = FIELD_OBJECT,
     .value = "SPEC",
     .help = "more clients, that write requests slowly, likewise",
     .about = "Clients that write their requests slowly.",
     .offset = MEMBER(slow_senders),
     .bytes = sizeof(struct slow_clients),
     .fields = slow_clients_fields,
     .check = check_slow_clients,
     .set = set_slow_clients},
    {0}};

static int check_clients(struct json_document *document, const cJSON *node, void *member,
                         struct error *error)
{
    const cJSON *both = json_at(node, "keep_alive");
    (void)member;
    if (both && has(node, "requests_per_connection"))
        return json_error(document, both, error,
                          "\"keep_alive\": false means one request per connection: give "
                          "one of the two");
    return 0;
}

/* ---- all of it --------------------------------------------------------------------- */

static bool requests_are_of_a_trace(const void *workload)
{
    return ((const struct workload *)workload)->trace.count > 0;
}

const struct field workload_fields[] = {
    {.name = "requests",
     .kind = FIELD_ARRAY,
     .minimum = 1,
     .maximum = 64,
     .offset = MEMBER(requests),
     .count_offset = MEMBER(request_count),
     .bytes = sizeof(struct request),
     .fields = request_fields,
     .check = check_request,
     .omit = requests_are_of_a_trace,
     .schema = "{\"dependentSchemas\":{\"rate\":{\"not\":{\"required\":[\"weight\"]}},"
               "\"arrivals\":{\"required\":[\"rate\"]}}}"},
    {.name = "load",
     .kind = FIELD_OBJECT,
     .fields = load_fields,
     .check = check_load,
     .schema =
         "{\"dependentSchemas\":{\"max_connections\":{\"required\":["
         "\"connections\"],\"properties\":{\"connections\":{\"const\":\"auto\"}}}}}"},
    {.name = "clients",
     .kind = FIELD_OBJECT,
     .fields = client_fields,
     .check = check_clients,
     .schema = "{\"not\":{\"required\":[\"keep_alive\",\"requests_per_connection\"]}}"},
    {0}};

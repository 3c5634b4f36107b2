/* scenario.c - scenario files: what is read, and how each mistake is told. */
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "workload/profile.h"
#include "workload/scenario_read.h"

#define HEAD "{\"name\":\"x\",\"title\":\"t\",\"question\":\"q\",\"family\":\"io\",\n"
#define REQS "\"requests\":[{\"path\":\"/wait:50ms\"}]"

static const struct mistake {
    const char *source, *message; /* the message after the file's name */
} mistakes[] = {
    {HEAD REQS ",\n \"laod\": {}}",
     ":3:2: laod: unknown key, allowed are $schema, name, title, question, family, "
     "models, "
     "requests, load, clients, server, backend, database, sweep, shape, "
     "profiles, quick_duration, full_duration, scale, tolerates (did you mean "
     "\"load\"?)"},
    {HEAD REQS ",\n" REQS "}",
     ":3:1: requests: this key is given twice in the same object"},
    {HEAD REQS ",\"load\":{\"connections\":\"ten\"}}",
     ":2:58: load.connections: expected \"auto\" or a whole number from 1 to 1000000, "
     "got \"ten\""},
    {HEAD REQS ",\"load\":{\"connections\":0}}",
     ":2:58: load.connections: expected \"auto\" or a whole number from 1 to 1000000, "
     "got 0"},
    {HEAD REQS ",\"load\":{\"duration\":\"5 parsecs\"}}",
     ":2:55: load.duration: expected \"auto\" or a time such as 50ms or 2s, got \"5 "
     "parsecs\""},
    {HEAD REQS ",\"load\":{\"rate\":-1}}", ":2:51: load.rate: expected a rate above 0 "
                                           "such as 250, \"2k/s\" or \"30/m\", got -1"},
    {HEAD "\"requests\":[{\"path\":\"/\",\"wieght\":2}]}",
     ":2:25: requests[0].wieght: unknown key, allowed are path, class, weight, rate, "
     "arrivals, digest, method, headers, body, body_file (did you mean \"weight\"?)"},
    {HEAD "\"requests\":[{\"path\":\"/\"},{\"path\":\"wait\"}]}",
     ":2:34: requests[1].path: expected a path that begins with \"/\", got \"wait\""},
    {HEAD "\"requests\":[{\"path\":\"/\",\"rate\":5,\"weight\":2}]}",
     ":2:43: requests[0].weight: a request with a rate of its own has no weight in the "
     "mix"},
    {HEAD "\"requests\":[{\"path\":\"/bytes:{size}\"}]}",
     ":2:21: requests[0].path: \"/bytes:{size}\" has a word in braces, but no sweep has "
     "that variable"},
    {HEAD "\"requests\":[]}",
     ":2:12: requests: expected an array of 1 to 64 elements, got 0"},
    {HEAD REQS ",\"sweep\":{\"variable\":\"conections\",\"values\":[1]}}",
     ":2:56: sweep.variable: expected \"connections\", \"idle\", \"rate\", one of "
     "server.options, or a word in braces in a path, got \"conections\""},
    {HEAD REQS ",\"sweep\":{\"variable\":\"connections\",\"values\":[1,0]}}",
     ":2:82: sweep.values[1]: expected a whole number such as 8 or 10k from 1 to "
     "1000000, "
     "got \"0\""},
    {HEAD REQS ",\"server\":{\"cpus\":0}}",
     ":2:53: server.cpus: expected \"all\" or a whole number from 1 to 1024, got 0"},
    {HEAD REQS ",\"backend\":{\"cpus\":1}}",
     ":2:46: backend: the key \"model\" is missing"},
    {HEAD REQS ",\"database\":\"postgre\"}",
     ":2:47: database: expected one of none, postgres, got \"postgre\" (did you mean "
     "\"postgres\"?)"},
    {HEAD REQS ",\"shape\":\"stedy\"}",
     ":2:44: shape: expected one of steady, transient, got \"stedy\" (did you mean "
     "\"steady\"?)"},
    {HEAD REQS ",}",
     ":2:36: broken JSON: expected a string in double quotes, found \"}\""},
    {HEAD REQS, ":2:35: broken JSON: expected a comma or }, found the end of the text"},
    {HEAD REQS ",\"server\":{\"options\":{\"\\\\u0000\":\"\\u0000\"}}}",
     ":2:68: broken JSON: expected a text without NUL, found \"\\u0000\"}}}\""},
    {HEAD REQS ",\"load\":{\"connections\":01}}",
     ":2:59: broken JSON: expected a comma or }, found \"1}}\""},
    {"{\"name\":\"Bad Name\",\"title\":\"t\",\"question\":\"q\",\"family\":\"io\"," REQS
     "}",
     ":1:9: name: expected a name of a-z, 0-9 and -, got \"Bad Name\""},
    {"{\"title\":\"t\"}", ":1:1: the key \"name\" is missing"},
    {HEAD REQS ",\"load\":{\"connections\":\"lots\"}}",
     ":2:58: load.connections: expected \"auto\" or a whole number from 1 to 1000000, "
     "got \"lots\""},
    {HEAD REQS ",\"load\":{\"rate\":9,\"capacity\":{\"limit\":\"1s\"}}}",
     ":2:64: load.capacity: the key \"percentile\" is missing"},
    {HEAD REQS ",\"load\":{\"connections\":5,\"max_connections\":9}}",
     ":2:78: load.max_connections: only with \"connections\": \"auto\" there is a "
     "\"max_connections\""},
    {HEAD REQS ",\"load\":{\"phases\":[{\"duration\":\"1s\",\"shape\":\"rampp\"}]}}",
     ":2:79: load.phases[0].shape: expected one of step, ramp, burst, sine, got "
     "\"rampp\" (did you mean \"ramp\"?)"},
    {HEAD REQS ",\"load\":{\"phases\":[{\"duration\":\"1s\"}]}}",
     ":2:54: load.phases[0]: a phase has either a \"rate\" or \"connections\""},
    {HEAD REQS ",\"load\":{\"phases\":[{\"duration\":\"1s\",\"rate\":5,"
               "\"shape\":\"burst\",\"to\":9}]}}",
     ":2:54: load.phases[0]: a burst needs the key \"period\""},
    {HEAD REQS ",\"load\":{\"phases\":[{\"duration\":\"1s\",\"rate\":5,"
               "\"shape\":\"step\",\"to\":9}]}}",
     ":2:100: load.phases[0].to: a step has no \"to\""},
    {HEAD REQS ",\"load\":{\"phases\":[{\"duration\":\"1s\",\"rate\":5},"
               "{\"duration\":\"1s\",\"connections\":5}]}}",
     ":2:81: load.phases[1]: all phases have a \"rate\", or all \"connections\""},
    {HEAD REQS ",\"clients\":{\"keep_alive\":true,\"requests_per_connection\":5}}",
     ":2:60: clients.keep_alive: \"keep_alive\": false means one request per connection: "
     "give one of the two"},
    {HEAD REQS ",\"clients\":{\"slow_readers\":{\"count\":5}}}",
     ":2:62: clients.slow_readers: the key \"bytes_per_second\" is missing"},
    {HEAD REQS ",\"clients\":{\"pipelin\":2}}",
     ":2:47: clients.pipelin: unknown key, allowed are keep_alive, "
     "requests_per_connection, pipeline, idle, slow_readers, slow_senders (did you mean "
     "\"pipeline\"?)"},
    {HEAD REQS ",\"load\":{\"rate\":5,\"think\":\"1s\"}}",
     ":2:12: requests: only the clients of a closed loop think: leave out the think time "
     "or the rate"},
    {HEAD "\"load\":{\"trace\":{\"file\":\"/nonexistent.csv\"}}}",
     ":2:17: load.trace: /nonexistent.csv: cannot open: No such file or "
     "directory"},
    {HEAD "\"family\":\"io\"}",
     ":2:1: family: this key is given twice in the same object"},
    {"{\"name\":\"x\",\"title\":\"t\",\"question\":\"q\",\"family\":\"io\"}",
     ":1:1: the key \"requests\" is missing"},
    {"", ":1:1: broken JSON: expected a value, found the end of the text"},
    {"[]", ":1:1: expected an object, got an array"},
};

static int read_source(struct scenario *scenario, const char *source, struct error *error,
                       char **name)
{
    char path[] = "/tmp/interleave-scenario-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, source, strlen(source)), (ssize_t)strlen(source));
    close(fd);
    int result = scenario_read(scenario, path, error);
    unlink(path);
    *name = strdup(path);
    return result;
}

static void tells_every_mistake_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
        struct scenario scenario;
        struct error error = {0};
        char *name;
        assert_int_equal(read_source(&scenario, mistakes[i].source, &error, &name),
                         -EINVAL);
        assert_memory_equal(error.text, name, strlen(name));
        assert_string_equal(error.text + strlen(name), mistakes[i].message);
        free(name);
    }
}

static const char complete[] =
    HEAD "\"models\":[\"event-loop\",\"thread-pool:threads=8\"],"
         "\"requests\":[{\"path\":\"/bytes:{size}\",\"weight\":9,\"class\":\"light\"},"
         "{\"path\":\"/spin:10ms\"}],"
         "\"load\":{\"connections\":100,\"warmup\":\"500ms\",\"duration\":\"5s\"},"
         "\"clients\":{\"keep_alive\":false},"
         "\"server\":{\"cpus\":\"all\",\"options\":{\"threads\":64}},"
         "\"backend\":{\"model\":\"event-loop\",\"options\":{\"uv-pool\":8}},"
         "\"database\":\"postgres\","
         "\"sweep\":{\"variable\":\"size\",\"values\":[10,\"64KiB\"],\"quick\":[10]},"
         "\"shape\":\"transient\"}";

/* Every member that a load and its clients can have, in two files that go together. */
static const char open_load[] =
    HEAD "\"requests\":[{\"path\":\"/wait:50ms\",\"digest\":\"abc\",\"method\":\"PUT\","
         "\"headers\":[\"A: b\"],\"body_file\":\"/dev/null\"}],"
         "\"load\":{\"connections\":\"auto\",\"max_connections\":50,"
         "\"method\":\"POST\",\"headers\":[\"Host: x\",\"C:\"],\"body\":\"text\","
         "\"duration\":\"8s\",\"requests\":9000,\"phases\":["
         "{\"duration\":\"1s\",\"rate\":0},"
         "{\"duration\":\"1s\",\"rate\":100,\"to\":\"2k/s\"},"
         "{\"duration\":\"1s\",\"rate\":100,\"to\":200,\"shape\":\"sine\","
         "\"period\":\"500ms\"},"
         "{\"duration\":\"1s\",\"rate\":100,\"to\":0,\"shape\":\"burst\","
         "\"period\":\"500ms\",\"burst\":\"20ms\"}]},"
         "\"clients\":{\"requests_per_connection\":7,\"pipeline\":4,\"idle\":10,"
         "\"slow_readers\":{\"count\":3,\"bytes_per_second\":100,\"path\":\"/big\"},"
         "\"slow_senders\":{\"count\":4,\"bytes_per_second\":5}}}";
static const char closed_load[] =
    HEAD REQS ",\"load\":{\"think\":\"20ms\",\"think_times\":\"exponential\","
              "\"phases\":[{\"duration\":\"2s\",\"connections\":4},"
              "{\"duration\":\"2s\",\"connections\":4,\"to\":60}]}}";

static const char sought_load[] =
    HEAD REQS ",\"load\":{\"rate\":500,\"warmup\":\"500ms\",\"duration\":\"4s\","
              "\"capacity\":{\"percentile\":99.9,\"limit\":\"50ms\","
              "\"search_time\":\"20s\"}}}";

static void reads_a_search_for_the_capacity(void **state)
{
    (void)state;
    struct scenario s;
    struct error error = {0};
    char *name;
    if (read_source(&s, sought_load, &error, &name) < 0)
        fail_msg("%s", error.text);
    free(name);
    char *objective = workload_objective(&s.workload);
    assert_string_equal(objective, "p99.9<50ms");
    free(objective);
    assert_int_equal(workload_search_ns(&s.workload), 24500 * NS_PER_MS);
    profile_apply(profile_named("quick"), &s);
    assert_int_equal(s.workload.capacity.search_ns, 6 * NS_PER_S);
    scenario_release(&s);
    if (read_source(&s, complete, &error, &name) < 0)
        fail_msg("%s", error.text);
    free(name);
    assert_false(workload_seeks_capacity(&s.workload));
    assert_int_equal(workload_search_ns(&s.workload), 0);
    scenario_release(&s);
}

static void reads_loads_of_all_kinds(void **state)
{
    (void)state;
    struct scenario s;
    struct error error = {0};
    char *name;
    if (read_source(&s, open_load, &error, &name) < 0)
        fail_msg("%s", error.text);
    free(name);
    const struct workload *w = &s.workload;
    assert_true(workload_connects_as_needed(w));
    assert_int_equal(workload_connections(w), 50);
    assert_int_equal(w->duration_ns, 8 * NS_PER_S);
    assert_int_equal(w->request_limit, 9000);
    assert_int_equal(w->phase_count, 4);
    assert_int_equal(w->phases[1].shape, PHASE_RAMP);
    assert_true(w->phases[1].to == 2000);
    assert_int_equal(w->phases[3].burst_ns, 20 * NS_PER_MS);
    assert_true(workload_is_open(w));
    assert_int_equal(w->requests_per_connection, 7);
    assert_int_equal(w->pipeline, 4);
    assert_int_equal(workload_all_connections(w), 50 + 10 + 3 + 4);
    assert_string_equal(w->slow_readers.path, "/big");
    assert_int_equal(w->slow_senders.bytes_per_second, 5);
    assert_string_equal(w->requests[0].digest, "abc");
    assert_string_equal(w->requests[0].head.method, "PUT");
    assert_int_equal(w->requests[0].head.headers.count, 1);
    assert_string_equal(w->requests[0].head.body_file, "/dev/null");
    assert_string_equal(w->head.method, "POST");
    assert_string_equal(w->head.headers.items[1], "C:");
    assert_string_equal(w->head.body, "text");
    scenario_release(&s);

    if (read_source(&s, closed_load, &error, &name) < 0)
        fail_msg("%s", error.text);
    free(name);
    assert_false(workload_is_open(&s.workload));
    assert_int_equal(workload_connections(&s.workload), 60);
    assert_int_equal(s.workload.duration_ns, 4 * NS_PER_S);
    assert_int_equal(s.workload.think_ns, 20 * NS_PER_MS);
    assert_int_equal(s.workload.think_times, THINK_EXPONENTIAL);
    scenario_release(&s);
}

static void reads_a_complete_file(void **state)
{
    (void)state;
    struct scenario s;
    struct error error = {0};
    char *name;
    if (read_source(&s, complete, &error, &name) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(s.models.count, 2);
    assert_int_equal(s.workload.request_count, 2);
    assert_true(s.workload.requests[0].weight == 9);
    assert_string_equal(s.workload.requests[0].class_name, "light");
    assert_int_equal(s.workload.connections, 100);
    assert_int_equal(s.workload.warmup_ns, 500 * NS_PER_MS);
    assert_false(s.workload.keep_alive);
    assert_false(workload_is_open(&s.workload));
    assert_int_equal(s.server.cpus, 0);
    assert_string_equal(scenario_option(&s, "threads"), "64");
    assert_string_equal(s.backend.model, "event-loop");
    assert_int_equal(s.backend.server.cpus, 1);
    assert_string_equal(s.backend.server.options.items[0].value, "8");
    assert_int_equal(s.database, DATABASE_POSTGRES);
    assert_int_equal(s.shape, SHAPE_TRANSIENT);

    struct scenario point;
    scenario_at_point(&point, &s, "64KiB");
    assert_string_equal(point.workload.requests[0].path, "/bytes:64KiB");
    assert_string_equal(s.workload.requests[0].path, "/bytes:{size}");
    assert_null(point.sweep.variable);
    scenario_release(&point);
    scenario_release(&s);
    free(name);
}

static void sweeps_idle_connections(void **state)
{
    (void)state;
    struct scenario s, point;
    struct error error = {0};
    char *name;
    if (read_source(&s,
                    HEAD REQS ",\"clients\":{\"idle\":5},"
                              "\"sweep\":{\"variable\":\"idle\",\"values\":[0,1000]}}",
                    &error, &name) < 0)
        fail_msg("%s", error.text);
    scenario_at_point(&point, &s, "1000");
    assert_int_equal(point.workload.idle, 1000);
    scenario_release(&point);
    scenario_at_point(&point, &s, "0");
    assert_int_equal(point.workload.idle, 0);
    scenario_release(&point);
    scenario_release(&s);
    free(name);
}

static void check_round_trip(const char *source)
{
    struct scenario first, second;
    struct error error = {0};
    char *name;
    assert_int_equal(read_source(&first, source, &error, &name), 0);
    free(name);
    cJSON *json = scenario_to_json(&first);
    char *text = json_print(json);
    if (read_source(&second, text, &error, &name) < 0)
        fail_msg("%s", error.text);
    cJSON *again = scenario_to_json(&second);
    assert_true(cJSON_Compare(json, again, true));
    cJSON_Delete(json);
    cJSON_Delete(again);
    free(text);
    free(name);
    scenario_release(&first);
    scenario_release(&second);
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    check_round_trip(complete);
    check_round_trip(open_load);
    check_round_trip(closed_load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_every_mistake_with_its_place),
        cmocka_unit_test(reads_a_complete_file),
        cmocka_unit_test(reads_loads_of_all_kinds),
        cmocka_unit_test(sweeps_idle_connections),
        cmocka_unit_test(reads_a_search_for_the_capacity),
        cmocka_unit_test(writes_what_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

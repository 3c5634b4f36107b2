/* load_settings.c - defaults, then the scenario, then what the command line gives. */
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/field_json.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "loadgen/plan/load_settings.h"
#include "workload/load_fields.h"
#include "workload/scenario_read.h"

static const struct command command = {.name = "load", .operands = "[URL...]"};

struct typed_line {
    struct load_settings settings;
    struct option_group groups[LOAD_SETTINGS_GROUPS];
    struct words urls;
};

/* Parses words up to a NULL. */
static void parse(struct typed_line *line, const char *const *words)
{
    char *argv[16] = {(char *)(uintptr_t) "load"};
    int argc = 1;
    struct error error;
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    load_settings_groups(&line->settings, line->groups);
    if (options_parse(&command, line->groups, LOAD_SETTINGS_GROUPS, argc, argv,
                      &line->urls, &error) < 0)
        fail_msg("%s", error.text);
    load_settings_note_given(&line->settings, line->groups);
}

static void release(struct typed_line *line)
{
    options_release(line->groups, LOAD_SETTINGS_GROUPS);
    words_release(&line->urls);
}

/* What the command line makes of a scenario with this "load" and these "clients". */
static int apply(struct workload *workload, const char *load, const char *clients,
                 const char *const *words, struct error *error)
{
    struct scenario scenario;
    struct typed_line line;
    char *source = memory_printf("{\"name\":\"x\",\"title\":\"t\",\"question\":\"q\","
                                 "\"family\":\"io\",\"requests\":[{\"path\":\"/\"}],"
                                 "\"load\":{%s},\"clients\":{%s}}",
                                 load, clients);
    if (scenario_read_string(&scenario, "x", source, error) < 0)
        fail_msg("%s: %s", source, error->text);
    free(source);
    workload_copy(workload, &scenario.workload);
    scenario_release(&scenario);
    parse(&line, words);
    int result = load_settings_apply(&line.settings, workload, error);
    release(&line);
    return result;
}

/* The member of one row as JSON. */
static char *member_text(const struct field *field, const struct workload *workload)
{
    struct field row[] = {*field, {0}};
    row[0].omit = NULL;
    cJSON *object = cJSON_CreateObject();
    fields_write(row, workload, object);
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return text;
}

/* What a scenario says of a row: something that is neither default nor given below. */
static char *value_in_scenario(const struct field *field)
{
    switch (field->kind) {
    case FIELD_FLAG:
        return memory_copy_string(strcmp(field->fallback, "yes") == 0 ? "false" : "true");
    case FIELD_COUNT:
    case FIELD_RATE:
        return memory_copy_string("8");
    case FIELD_TIME:
        return memory_copy_string("\"7s\"");
    case FIELD_CHOICE:
        return memory_printf("\"%s\"", field->choices[1]);
    case FIELD_OBJECT:
        return memory_copy_string("{\"count\":2,\"bytes_per_second\":5}");
    case FIELD_ARRAY:
        return memory_copy_string("[{\"duration\":\"3s\",\"rate\":5}]");
    default:
        fail_msg("no value for --%s", field->name);
        return NULL;
    }
}

/* What is typed: the default, or where there is none something of its own. */
static const char *value_on_command_line(const struct field *field)
{
    if (field->fallback)
        return field->fallback;
    return field->kind == FIELD_RATE     ? "6"
           : field->kind == FIELD_OBJECT ? "9:100"
                                         : "1s:50/s";
}

/* "max_connections" wants other keys beside it. */
static const char *company_of(const char *key)
{
    return strcmp(key, "max_connections") == 0 ? ",\"connections\":\"auto\",\"rate\":5"
                                               : "";
}

static void check_row(const struct field *fields, const struct field *field)
{
    struct workload before, after, expected;
    struct error error;
    const char *value = value_on_command_line(field);
    char *key = field_key(field), *said = value_in_scenario(field);
    char *keys = memory_printf("\"%s\":%s%s", key, said, company_of(key));
    char *option = memory_printf("--%s", field->name);
    const char *words[] = {option, field->kind == FIELD_FLAG ? NULL : value, NULL};
    const char *load = fields == load_fields ? keys : "";
    const char *clients = fields == client_fields ? keys : "";
    workload_init(&expected);
    assert_int_equal(field_set(field, &expected, value, &error), 0);
    assert_int_equal(apply(&before, load, clients, (const char *[]){NULL}, &error), 0);
    if (apply(&after, load, clients, words, &error) < 0)
        fail_msg("%s: %s", option, error.text);
    char *texts[] = {member_text(field, &expected), member_text(field, &before),
                     member_text(field, &after)};
    if (strcmp(texts[0], texts[1]) == 0 || strcmp(texts[0], texts[2]) != 0)
        fail_msg("%s %s over %s gives %s", option, value, texts[1], texts[2]);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        cJSON_free(texts[i]);
    workload_release(&before);
    workload_release(&after);
    workload_release(&expected);
    free(key);
    free(said);
    free(keys);
    free(option);
}

/* Every setting of the load, also where what is typed is the default. */
static void what_is_given_wins(void **state)
{
    (void)state;
    const struct field *const tables[] = {load_fields, client_fields};
    size_t rows = 0;
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        for (const struct field *f = tables[i]; f->name; f++) {
            if (!field_is_option(f) || !field_is_in_json(f))
                continue;
            check_row(tables[i], f);
            rows++;
        }
    }
    assert_true(rows >= 17);
}

/* The rows of a request's head, of which none has a default; and no two bodies. */
static void head_that_is_given_wins(void **state)
{
    (void)state;
    static const struct {
        const char *option, *typed, *load, *written;
    } cases[] = {
        {"--method", "PUT", "\"method\":\"POST\"", "{\"method\":\"PUT\"}"},
        {"--header", "A: b", "\"headers\":[\"C: d\",\"E: f\"]",
         "{\"headers\":[\"A: b\"]}"},
        {"--body", "new", "\"body\":\"old\"", "{\"body\":\"new\"}"},
        {"--body", "new", "\"body_file\":\"/dev/null\"", "{\"body\":\"new\"}"},
        {"--body-file", "/dev/null", "\"body\":\"old\"", "{\"body_file\":\"/dev/null\"}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct workload workload;
        struct error error;
        const char *words[] = {cases[i].option, cases[i].typed, NULL};
        if (apply(&workload, cases[i].load, "", words, &error) < 0)
            fail_msg("%s", error.text);
        cJSON *object = cJSON_CreateObject();
        fields_write(request_head_fields, &workload.head, object);
        char *text = cJSON_PrintUnformatted(object);
        assert_string_equal(text, cases[i].written);
        cJSON_free(text);
        cJSON_Delete(object);
        workload_release(&workload);
    }
}

static void what_is_not_given_stays(void **state)
{
    (void)state;
    struct workload workload;
    struct error error;
    const char *words[] = {"--idle", "0", NULL};
    assert_int_equal(apply(&workload, "\"connections\":7,\"duration\":\"3s\"",
                           "\"pipeline\":4,\"idle\":9", words, &error),
                     0);
    assert_int_equal(workload.connections, 7);
    assert_int_equal(workload.duration_ns, 3 * NS_PER_S);
    assert_int_equal(workload.pipeline, 4);
    assert_int_equal(workload.idle, 0);
    workload_release(&workload);
}

/* One client in a closed loop; in an open one as many connections as it needs. */
static void connections_follow_the_kind_of_load(void **state)
{
    (void)state;
    struct workload workload;
    struct error error;
    assert_int_equal(apply(&workload, "", "", (const char *[]){NULL}, &error), 0);
    assert_false(workload_connects_as_needed(&workload));
    assert_int_equal(workload_connections(&workload), 1);
    workload_release(&workload);
    static const char *const open[][2] = {{"--rate", "500/s"}, {"--phase", "2s:10/s"}};
    for (size_t i = 0; i < COUNT_OF(open); i++) {
        const char *words[] = {open[i][0], open[i][1], NULL};
        assert_int_equal(apply(&workload, "", "", words, &error), 0);
        assert_true(workload_connects_as_needed(&workload));
        assert_int_equal(workload_connections(&workload), workload.max_connections);
        workload_release(&workload);
    }
    const char *limited[] = {"--rate", "5", "--connections", "3", NULL};
    assert_int_equal(apply(&workload, "", "", limited, &error), 0);
    assert_false(workload_connects_as_needed(&workload));
    assert_int_equal(workload_connections(&workload), 3);
    workload_release(&workload);
}

/* Rates and phases take each other's place, and a limit that of --no-keep-alive. */
static void what_contradicts_goes(void **state)
{
    (void)state;
    static const char phases[] =
        "\"duration\":\"9s\",\"phases\":[{\"duration\":\"3s\",\"connections\":5}]";
    struct workload workload;
    struct error error;
    assert_int_equal(
        apply(&workload, phases, "", (const char *[]){"--rate", "5", NULL}, &error), 0);
    assert_int_equal(workload.phase_count, 0);
    assert_true(workload.rate_rps == 5);
    workload_release(&workload);

    const char *phase[] = {"--phase", "2s:10/s", "--phase", "2s:20/s", NULL};
    assert_int_equal(apply(&workload, "\"rate\":5", "", phase, &error), 0);
    assert_int_equal(workload.phase_count, 2);
    assert_true(workload_is_open(&workload));
    workload_settle_duration(&workload, 0);
    assert_int_equal(workload.duration_ns, 4 * NS_PER_S);
    workload_release(&workload);

    assert_int_equal(apply(&workload, phases, "",
                           (const char *[]){"--connections", "1", NULL}, &error),
                     -EINVAL);
    assert_string_equal(error.text,
                        "--connections: the phases say how many connections there are");
    workload_release(&workload);

    const char *limit[] = {"--requests-per-connection", "5", NULL};
    assert_int_equal(apply(&workload, "", "\"keep_alive\":false", limit, &error), 0);
    assert_int_equal(workload_requests_per_connection(&workload), 5);
    workload_release(&workload);
}

/* A trace of the scenario is read again at the speed that is given. */
static void speed_is_that_of_the_command_line(void **state)
{
    (void)state;
    static const char text[] = "0,/a\n1,/b\n2,/a\n";
    char path[] = "/tmp/interleave-trace-XXXXXX";
    struct error error;
    struct workload workload;
    struct typed_line line;
    close(mkstemp(path));
    assert_int_equal(file_write_atomic(path, text, strlen(text), &error), 0);
    workload_init(&workload);
    assert_int_equal(workload_read_trace(&workload, path, 1, &error), 0);
    workload_settle_duration(&workload, 0);
    assert_int_equal(workload.duration_ns, 2001 * NS_PER_MS);
    parse(&line, (const char *[]){"--speed", "4", NULL});
    if (load_settings_apply(&line.settings, &workload, &error) < 0)
        fail_msg("%s", error.text);
    release(&line);
    workload_settle_duration(&workload, 0);
    assert_int_equal(workload.duration_ns, 501 * NS_PER_MS);
    assert_int_equal(workload.request_count, 2);
    assert_int_equal(workload.trace.count, 3);
    workload_release(&workload);
    unlink(path);
}

/* The durations that nobody gave. */
static void duration_is_decided_last(void **state)
{
    (void)state;
    static const struct {
        const char *words[8];
        uint64_t duration_ns;
    } cases[] = {
        {{"http://127.0.0.1:1/"}, 10 * NS_PER_S},
        {{"http://127.0.0.1:1/", "-d", "auto"}, 10 * NS_PER_S},
        {{"http://127.0.0.1:1/", "-n", "5"}, NS_PER_H},
        {{"http://127.0.0.1:1/", "-n", "5", "--interval", "10ms"},
         (LOAD_MAX_INTERVALS - 1) * 10 * NS_PER_MS},
        {{"http://127.0.0.1:1/", "-n", "5", "-d", "2s"}, 2 * NS_PER_S},
        {{"http://127.0.0.1:1/", "--phase", "3s:5/s"}, 3 * NS_PER_S},
        {{"http://127.0.0.1:1/", "--phase", "3s:5/s", "-d", "1s"}, NS_PER_S},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct typed_line line;
        struct load_plan plan;
        struct error error;
        parse(&line, cases[i].words);
        if (load_plan_read(&plan, &line.settings, &line.urls, false, &error) < 0)
            fail_msg("%s", error.text);
        assert_int_equal(plan.workload.duration_ns, cases[i].duration_ns);
        load_plan_release(&plan);
        release(&line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_given_wins),
        cmocka_unit_test(head_that_is_given_wins),
        cmocka_unit_test(what_is_not_given_stays),
        cmocka_unit_test(connections_follow_the_kind_of_load),
        cmocka_unit_test(what_contradicts_goes),
        cmocka_unit_test(speed_is_that_of_the_command_line),
        cmocka_unit_test(duration_is_decided_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

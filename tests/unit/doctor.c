/* doctor.c - findings about machines that are made of text. */
#include "tests/test.h"

#include "harness/probe/doctor.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "harness/probe/machine.h"

static const char *severity_of(const cJSON *findings, const char *code)
{
    const cJSON *finding;
    cJSON_ArrayForEach(finding, findings)
    {
        if (strcmp(json_string(finding, "code"), code) == 0)
            return json_string(finding, "severity");
    }
    return "no such check";
}

static void test_judgements(void **state)
{
    (void)state;
    static const struct {
        const char *environment, *code, *severity;
    } cases[] = {
        {"{\"tool\":{\"measurable\":false}}", "build", "invalid"},
        {"{\"tool\":{\"measurable\":true}}", "build", "fine"},
        {"{\"tool\":{\"commit\":\"a1b2-dirty\"}}", "dirty_tree", "warning"},
        {"{\"tool\":{\"commit\":\"a1b2\"}}", "dirty_tree", "fine"},
        {"{\"limits\":{\"nofile_hard\":1024}}", "descriptors", "invalid"},
        {"{\"limits\":{\"nofile_hard\":4096}}", "descriptors", "warning"},
        {"{\"limits\":{\"nofile_hard\":null}}", "descriptors", "fine"}, /* unlimited */
        {"{\"network\":{\"somaxconn\":128}}", "backlog", "warning"},
        {"{\"network\":{\"ports_low\":32768,\"ports_high\":60999}}", "ports", "fine"},
        {"{\"network\":{\"ports_low\":50000,\"ports_high\":60999}}", "ports", "warning"},
        {"{\"cpu\":{\"governor\":\"powersave\"}}", "governor", "warning"},
        {"{\"cpu\":{\"governor\":null}}", "governor", "unknown"},
        {"{\"cpu\":{\"boost\":1}}", "turbo", "warning"},
        {"{\"cpu\":{\"intel_no_turbo\":1}}", "turbo", "fine"},
        {"{\"cpu\":{\"allowed\":\"0-1\",\"siblings\":{\"0\":\"0-1\",\"1\":\"0-1\"}}}",
         "cores", "warning"},
        {"{\"cpu\":{\"allowed\":\"0-1\",\"siblings\":{\"0\":\"0\",\"1\":\"1\"}}}",
         "cores", "fine"},
        {"{\"kernel\":{\"load_average_1min\":2.5}}", "load", "warning"},
        {"{\"kernel\":{\"clock_source\":\"hpet\"}}", "clock_source", "warning"},
        {"{\"kernel\":{\"clock_source\":\"tsc\"}}", "clock_source", "fine"},
        {"{\"memory\":{\"total_bytes\":1000,\"available_bytes\":100}}", "memory",
         "warning"},
        {"{\"memory\":{\"swap_total_bytes\":1000,\"swap_free_bytes\":500}}", "swap",
         "warning"},
        {"{\"memory\":{\"swap_total_bytes\":0,\"swap_free_bytes\":0}}", "swap", "fine"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cJSON *environment = cJSON_Parse(cases[i].environment);
        assert_non_null(environment);
        cJSON *findings = doctor_examine(environment);
        const char *severity = severity_of(findings, cases[i].code);
        if (strcmp(severity, cases[i].severity) != 0)
            fail_msg("%s: %s: expected %s, got %s", cases[i].environment, cases[i].code,
                     cases[i].severity, severity);
        const cJSON *finding;
        cJSON_ArrayForEach(finding, findings)
        {
            /* Whoever is warned is told why and what to do. */
            bool bad = strcmp(json_string(finding, "severity"), "warning") == 0 ||
                       strcmp(json_string(finding, "severity"), "invalid") == 0;
            assert_int_equal(bad, json_string(finding, "message") != NULL);
            assert_int_equal(bad, json_string(finding, "remedy") != NULL);
        }
        cJSON_Delete(findings);
        cJSON_Delete(environment);
    }
}

static void test_the_worst_counts(void **state)
{
    (void)state;
    cJSON *findings = cJSON_Parse("[{\"severity\":\"fine\"},{\"severity\":\"warning\"},"
                                  "{\"severity\":\"unknown\"}]");
    assert_int_equal(doctor_worst(findings), SEVERITY_WARNING);
    cJSON_Delete(findings);
    findings = cJSON_CreateArray();
    assert_int_equal(doctor_worst(findings), SEVERITY_FINE);
    cJSON_Delete(findings);
}

/* This machine, whatever it is, says at least what every Linux says. */
static void test_this_machine(void **state)
{
    (void)state;
    cJSON *environment = machine_describe();
    static const char *const texts[][2] = {{"cpu", "allowed"},
                                           {"kernel", "release"},
                                           {"kernel", "clock_source"},
                                           {"tool", "binary_sha256"}};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_non_null(json_string(json_at(environment, texts[i][0]), texts[i][1]));
    assert_int_equal(strlen(json_string(json_at(environment, "tool"), "binary_sha256")),
                     64);
    assert_true(json_number(json_at(environment, "memory"), "total_bytes") > 1e6);
    assert_true(json_number(json_at(environment, "limits"), "nofile") > 0);
    cJSON_Delete(environment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judgements),
        cmocka_unit_test(test_the_worst_counts),
        cmocka_unit_test(test_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

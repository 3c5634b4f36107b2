/* doctor.c - findings about machines that are written as literals. */
#include "tests/test.h"

#include "harness/probe/doctor.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "harness/probe/machine.h"
#include "tests/unit/record_fixture.h"

static enum severity severity_of(const struct findings *findings, const char *code)
{
    for (size_t i = 0; i < findings->count; i++)
        if (strcmp(findings->items[i].code, code) == 0)
            return findings->items[i].severity;
    fail_msg("no such check: %s", code);
    return SEVERITY_FINE;
}

#define SIBLINGS(first, second)                                                          \
    {                                                                                    \
        .count = 2, .items = (struct named_text[])                                       \
        {                                                                                \
            {TEXT("0"), TEXT(first)},                                                    \
            {                                                                            \
                TEXT("1"), TEXT(second)                                                  \
            }                                                                            \
        }                                                                                \
    }

static void test_judgements(void **state)
{
    (void)state;
    const struct {
        struct environment machine;
        const char *code;
        enum severity severity;
    } cases[] = {
        {{.tool = {.measurable = 0}}, "build", SEVERITY_INVALID},
        {{.tool = {.measurable = 1}}, "build", SEVERITY_FINE},
        {{.tool = {.commit = TEXT("a1b2-dirty")}}, "dirty_tree", SEVERITY_WARNING},
        {{.tool = {.commit = TEXT("a1b2")}}, "dirty_tree", SEVERITY_FINE},
        {{.limits = {.nofile_hard = 1024}}, "descriptors", SEVERITY_INVALID},
        {{.limits = {.nofile_hard = 4096}}, "descriptors", SEVERITY_WARNING},
        {{.limits = {.nofile_hard = NAN}}, "descriptors", SEVERITY_FINE}, /* unlimited */
        {{.network = {.somaxconn = 128}}, "backlog", SEVERITY_WARNING},
        {{.cpu = {.allowed = TEXT("0-3")}, .limits = {.cgroup_cpus = 1.5}},
         "cpu_quota",
         SEVERITY_WARNING},
        {{.cpu = {.allowed = TEXT("0-3")}, .limits = {.cgroup_cpus = 4}},
         "cpu_quota",
         SEVERITY_FINE},
        {{.cpu = {.allowed = TEXT("0-3")}, .limits = {.cgroup_cpus = NAN}},
         "cpu_quota",
         SEVERITY_FINE},
        {{.network = {.ports_low = 32768, .ports_high = 60999}}, "ports", SEVERITY_FINE},
        {{.network = {.ports_low = 50000, .ports_high = 60999}},
         "ports",
         SEVERITY_WARNING},
        {{.cpu = {.governor = TEXT("powersave")}}, "governor", SEVERITY_WARNING},
        {{.cpu = {.governor = NULL}}, "governor", SEVERITY_UNKNOWN},
        {{.cpu = {.boost = 1, .intel_no_turbo = NAN}}, "turbo", SEVERITY_WARNING},
        {{.cpu = {.boost = NAN, .intel_no_turbo = 1}}, "turbo", SEVERITY_FINE},
        {{.cpu = {.allowed = TEXT("0-1"), .siblings = SIBLINGS("0-1", "0-1")}},
         "cores",
         SEVERITY_WARNING},
        {{.cpu = {.allowed = TEXT("0-1"), .siblings = SIBLINGS("0", "1")}},
         "cores",
         SEVERITY_FINE},
        {{.kernel = {.load_average_1min = 2.5}}, "load", SEVERITY_WARNING},
        {{.kernel = {.schedstat = 0}}, "run_delays", SEVERITY_WARNING},
        {{.kernel = {.schedstat = 1}}, "run_delays", SEVERITY_FINE},
        {{.kernel = {.clock_source = TEXT("hpet")}}, "clock_source", SEVERITY_WARNING},
        {{.kernel = {.clock_source = TEXT("tsc")}}, "clock_source", SEVERITY_FINE},
        {{.memory = {.total_bytes = 1000, .available_bytes = 100}},
         "memory",
         SEVERITY_WARNING},
        {{.memory = {.swap_total_bytes = 1000, .swap_free_bytes = 500}},
         "swap",
         SEVERITY_WARNING},
        {{.memory = {.swap_total_bytes = 0, .swap_free_bytes = 0}},
         "swap",
         SEVERITY_FINE},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct findings findings;
        doctor_examine(&cases[i].machine, &findings);
        enum severity severity = severity_of(&findings, cases[i].code);
        if (severity != cases[i].severity)
            fail_msg("case %zu: %s: expected %s, got %s", i, cases[i].code,
                     severity_names[cases[i].severity], severity_names[severity]);
        for (size_t f = 0; f < findings.count; f++) {
            /* Who is warned is told why and what to do. */
            bool bad = findings.items[f].severity >= SEVERITY_WARNING;
            assert_int_equal(bad, findings.items[f].message != NULL);
            assert_int_equal(bad, findings.items[f].remedy != NULL);
        }
        findings_release(&findings);
    }
}

static void test_the_worst_counts(void **state)
{
    (void)state;
    struct findings findings = {
        .items = (struct finding[]){{.severity = SEVERITY_FINE},
                                    {.severity = SEVERITY_WARNING},
                                    {.severity = SEVERITY_UNKNOWN}},
        .count = 3,
    };
    assert_int_equal(findings_worst(&findings), SEVERITY_WARNING);
    findings.count = 0;
    assert_int_equal(findings_worst(&findings), SEVERITY_FINE);
}

/* This machine, whatever it is, says at least what every Linux says. */
static void test_this_machine(void **state)
{
    (void)state;
    struct environment environment;
    machine_describe(&environment);
    assert_non_null(environment.cpu.allowed);
    assert_non_null(environment.kernel.release);
    assert_non_null(environment.kernel.clock_source);
    assert_int_equal(environment.kernel.schedstat,
                     access("/proc/self/schedstat", F_OK) == 0);
    assert_int_equal(strlen(environment.tool.binary_sha256), 64);
    assert_true(environment.memory.total_bytes > 1e6);
    assert_true(environment.limits.nofile > 0);
    environment_release(&environment);
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

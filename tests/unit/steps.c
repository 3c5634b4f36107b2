/* steps.c - the path language as text: walks, what a fetch asks for, replacements. */
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "workload/steps.h"

/* "[name|argument]" of every step; one that has no colon is "[name]". */
static char *walk(const char *path, size_t length)
{
    struct text said = {0};
    struct path_walk steps;
    struct path_step step;
    if (!path_walk_start(&steps, path, length)) {
        text_append_string(&said, "no path");
        assert_false(path_walk_next(&steps, &step));
    }
    while (path_walk_next(&steps, &step)) {
        text_printf(&said, "[%.*s", (int)step.name_length, step.text);
        if (step.name_length < step.length)
            text_printf(&said, "|%.*s", (int)(step.length - step.name_length - 1),
                        step.text + step.name_length + 1);
        text_append_string(&said, "]");
    }
    return text_steal(&said);
}

static const struct walked {
    const char *path, *steps;
} walks[] = {
    {"", "no path"},
    {"wait:1ms", "no path"},
    {"*", "no path"},
    {"/", ""},
    {"/wait:50ms", "[wait|50ms]"},
    {"/wait:50ms/spin:200k/bytes:64KiB", "[wait|50ms][spin|200k][bytes|64KiB]"},
    {"//", "[][]"},
    {"/wait:1ms/", "[wait|1ms][]"},
    {"//wait:1ms", "[][wait|1ms]"},
    {"/wait", "[wait]"},
    {"/wait:", "[wait|]"},
    {"/:", "[|]"},
    {"/file:1KiB:cold", "[file|1KiB:cold]"},
    {"/ wait:1ms /\x01", "[ wait|1ms ][\x01]"},
    {"/fetch:wait=1ms,spin=7/spin:1", "[fetch|wait=1ms,spin=7][spin|1]"},
};

/* A path ends where its length says: a copy without a NUL ends at the memory's end. */
static void walks_take_every_step(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(walks); i++) {
        size_t length = strlen(walks[i].path);
        char *copy = malloc(length + 1);
        memcpy(copy, walks[i].path, length);
        copy[length] = '/';
        char *steps = walk(copy, length);
        assert_string_equal(steps, walks[i].steps);
        free(steps);
        free(copy);
    }
}

static void walks_have_no_limit(void **state)
{
    (void)state;
    struct text path = {0};
    for (int i = 0; i < 301; i++)
        text_append_string(&path, "/spin:1");
    struct path_walk steps;
    struct path_step step;
    int count = 0;
    assert_true(path_walk_start(&steps, path.data, path.length));
    while (path_walk_next(&steps, &step))
        count += path_step_equals(&step, "spin:1");
    assert_int_equal(count, 301);
    text_release(&path);
}

static void steps_are_compared_whole(void **state)
{
    (void)state;
    struct path_step step = path_step_of("gzip:64KiB");
    assert_int_equal(step.name_length, 4);
    assert_true(path_step_equals(&step, "gzip:64KiB"));
    assert_false(path_step_equals(&step, "gzip:64Ki"));
    assert_false(path_step_equals(&step, "gzip:64KiBs"));
    step.length--; /* a part of something longer */
    assert_true(path_step_equals(&step, "gzip:64Ki"));
    step = path_step_of("");
    assert_true(path_step_equals(&step, ""));
    assert_false(path_step_equals(&step, "gzip"));
}

static void times_are_recognised(void **state)
{
    (void)state;
    static const char *const none[] = {"spin",      "spin:",     "spin:200k",
                                       "file:4KiB", ":",         "spin:10ms:9",
                                       "spin:-1ms", "spin: 1ms", "spin:x"};
    uint64_t ns;
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        struct path_step step = path_step_of(none[i]);
        assert_false(path_step_time(&step, &ns));
    }
    struct path_step step = path_step_of("spin:2.5ms");
    assert_true(path_step_time(&step, &ns));
    assert_int_equal(ns, 2500 * NS_PER_US);
    step =
        path_step_of("gzip:000000000000000000000000000001ms"); /* longer than any time */
    assert_false(path_step_time(&step, &ns));
    step = path_step_of("gzip:00000000000000000000000000001ms");
    assert_true(path_step_time(&step, &ns));
    assert_int_equal(ns, NS_PER_MS);
}

/* "wait:TIME" and what it lasts; NULL: it is no duration. */
static void durations(void **state)
{
    (void)state;
    static const struct {
        const char *step;
        uint64_t longest_ns, ns;
        bool drawn;
        const char *why; /* NULL: it is a duration */
    } cases[] = {
        {"wait:50ms", NS_PER_H, 50 * NS_PER_MS, false, NULL},
        {"wait:50ms~exp", NS_PER_H, 50 * NS_PER_MS, true, NULL},
        {"wait:0ms~exp", NS_PER_H, 0, true, NULL},
        {"wait:7.5m~exp", NS_PER_H, 450 * NS_PER_S, true, NULL},
        {"wait:1h", NS_PER_H, NS_PER_H, false, NULL},
        /* A draw of eight means is allowed, so that the cut is of no weight. */
        {"wait:7.6m~exp", NS_PER_H, 0, true, "the mean: expected a time such as"},
        {"wait:8s~exp", NS_PER_MIN, 0, true, "to 7500ms, got \"8s\""},
        {"wait:50ms~", NS_PER_H, 0, true, "or 50ms~exp for one that every request draws"},
        {"wait:50ms~expo", NS_PER_H, 0, true, "got \"50ms~expo\""},
        {"wait:50ms~EXP", NS_PER_H, 0, true, "got \"50ms~EXP\""},
        {"wait:50~exp", NS_PER_H, 0, true, "the mean: expected a time such as"},
        {"wait:~exp", NS_PER_H, 0, true, "got \"\""},
        {"wait:50ms ~exp", NS_PER_H, 0, true, "got \"50ms \""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct duration duration;
        struct error error = {0};
        struct path_step step = path_step_of(cases[i].step);
        const char *argument = cases[i].step + step.name_length + 1;
        int result = duration_parse(argument, cases[i].longest_ns, &duration, &error);
        if ((result < 0) != (cases[i].why != NULL) ||
            (cases[i].why && !strstr(error.text, cases[i].why)))
            fail_msg("%s: %d, %s", cases[i].step, result, error.text);
        if (cases[i].why)
            continue;
        uint64_t ns;
        assert_true(path_step_duration(&step, &duration));
        assert_int_equal(duration.ns, cases[i].ns);
        assert_int_equal(duration.drawn, cases[i].drawn);
        /* What may be drawn is no time that work could be given as. */
        assert_int_equal(path_step_time(&step, &ns), !cases[i].drawn);
    }
}

/* ---- fetch ------------------------------------------------------------------------ */

static const struct asked {
    const char *program, *path;
} asked[] = {
    {"", "/"},
    {"wait=50ms,bytes=1KiB", "/wait:50ms/bytes:1KiB"},
    {"wait:50ms", "/wait:50ms"},
    {"index.html", "/index.html"},
    {"fetch=wait=1ms", "/fetch:wait:1ms"},
};

static void paths_are_written_in_one_step(void **state)
{
    (void)state;
    char path[64];
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        assert_int_equal(fetch_path(asked[i].program, path, sizeof path),
                         strlen(asked[i].path));
        assert_string_equal(path, asked[i].path);
        char *whole = memory_printf("/fetch:%s", asked[i].program);
        char *alone = path_fetches(whole);
        assert_string_equal(alone, asked[i].path);
        free(alone);
        free(whole);
    }
    assert_int_equal(fetch_path("abcdef", path, 4), 7);
    assert_string_equal(path, "/ab");
}

static void other_steps_ask_for_nothing(void **state)
{
    (void)state;
    static const char *const paths[] = {"/",
                                        "",
                                        "/fetch",
                                        "/fetching:1",
                                        "/wait:1ms",
                                        "/wait:1ms/fetch:",
                                        "/fetch:/wait:1ms",
                                        "/fetch:a/"};
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        assert_null(path_fetches(paths[i]));
}

/* ---- visits and replacements ------------------------------------------------------ */

static void note(void *context, const struct path_step *step)
{
    text_printf(context, "[%.*s]", (int)step->length, step->text);
}

static void visits_go_into_what_is_asked_for(void **state)
{
    (void)state;
    static const struct walked visits[] = {
        {"/", ""},
        {"no path", ""},
        {"//wait:1ms/", "[wait:1ms]"},
        {"/fetch:", ""},
        {"/spin:1/fetch:wait=1ms,,gzip=1KiB/json:2",
         "[spin:1][wait:1ms][gzip:1KiB][json:2]"},
        {"/fetch:fetch=wait=1ms,spin=1", "[wait:1ms][spin:1]"},
    };
    for (size_t i = 0; i < COUNT_OF(visits); i++) {
        struct text said = {0};
        path_visit(visits[i].path, note, &said);
        assert_string_equal(text_string(&said), visits[i].steps);
        text_release(&said);
    }
}

static const char *replace_one(const void *context, const struct path_step *step)
{
    return path_step_equals(step, "spin:1ms") ? context : NULL;
}

static void replaced_steps_are_written_where_they_stood(void **state)
{
    (void)state;
    static const struct walked replaced[] = {
        {"/", "/"},
        {"/spin:1ms", "/spin:77"},
        {"/spin:10ms/spin:1ms/", "/spin:10ms/spin:77/"},
        {"//spin:1ms", "//spin:77"},
        {"/fetch:", "/fetch:"},
        {"/fetch:spin=1ms,wait=4ms/fetch:index.html",
         "/fetch:spin=77,wait=4ms/fetch:index.html"},
        {"/fetch:fetch=spin=1ms", "/fetch:fetch=spin=77"},
    };
    for (size_t i = 0; i < COUNT_OF(replaced); i++) {
        char *path = path_replace(replaced[i].path, replace_one, "spin:77");
        assert_string_equal(path, replaced[i].steps);
        free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_take_every_step),
        cmocka_unit_test(walks_have_no_limit),
        cmocka_unit_test(steps_are_compared_whole),
        cmocka_unit_test(times_are_recognised),
        cmocka_unit_test(durations),
        cmocka_unit_test(paths_are_written_in_one_step),
        cmocka_unit_test(other_steps_ask_for_nothing),
        cmocka_unit_test(visits_go_into_what_is_asked_for),
        cmocka_unit_test(replaced_steps_are_written_where_they_stood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* options.c - one table gives parsing, refusals, help, echo and man page. */
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/options.h"

static const char *const colours[] = {"red", "green", NULL};

struct sample_settings {
    bool loud;
    uint64_t count, threads, time_ns;
    double rate;
    const char *name;
    int colour;
    struct option_list many;
};

#define MEMBER(name) offsetof(struct sample_settings, name)

static const struct field table[] = {
    {.name = "loud", .letter = 'l', .help = "shout", .offset = MEMBER(loud)},
    {.name = "count",
     .letter = 'c',
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "how many",
     .fallback = "3",
     .offset = MEMBER(count),
     .minimum = 1,
     .maximum = 100},
    {.name = "threads",
     .kind = FIELD_COUNT,
     .value = "N",
     .help = "workers",
     .fallback = "cores",
     .offset = MEMBER(threads),
     .minimum = 1,
     .maximum = 64,
     .zero_word = "cores"},
    {.name = "time",
     .kind = FIELD_TIME,
     .value = "T",
     .help = "how long",
     .fallback = "1s",
     .offset = MEMBER(time_ns)},
    {.name = "rate",
     .kind = FIELD_RATE,
     .value = "R",
     .help = "how often",
     .offset = MEMBER(rate)},
    {.name = "name",
     .kind = FIELD_TEXT,
     .value = "TEXT",
     .help = "what for",
     .offset = MEMBER(name)},
    {.name = "colour",
     .kind = FIELD_CHOICE,
     .value = "COLOUR",
     .help = "one of",
     .fallback = "green",
     .offset = MEMBER(colour),
     .choices = colours},
    {.name = "many",
     .kind = FIELD_LIST,
     .value = "X",
     .help = "again and again",
     .offset = MEMBER(many)},
    {0}};

static const struct field elsewhere[] = {{.name = "depth",
                                          .kind = FIELD_COUNT,
                                          .value = "N",
                                          .help = "how deep",
                                          .fallback = "1"},
                                         {0}};

static size_t other_groups(struct option_group *groups, size_t maximum)
{
    assert_true(maximum >= 1);
    groups[0] = (struct option_group){"Options of the other kind", elsewhere, NULL};
    return 1;
}

static const struct command command = {
    .name = "try",
    .summary = "try the options",
    .operands = "FILE...",
    .options = table,
    .more_groups = other_groups,
};

/* Parses words up to a NULL. */
static int parse(struct sample_settings *settings, struct option_list *operands,
                 struct error *error, const char **words)
{
    char *argv[16] = {(char *)(uintptr_t) "try"};
    int argc = 1;
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    struct option_group group = {"Options", table, settings};
    return options_parse(&command, &group, 1, argc, argv, operands, error);
}

static void defaults_come_from_the_table(void **state)
{
    (void)state;
    struct sample_settings settings;
    struct option_list operands;
    struct error error;
    assert_int_equal(parse(&settings, &operands, &error, (const char *[]){NULL}), 0);
    assert_false(settings.loud);
    assert_int_equal(settings.count, 3);
    assert_int_equal(settings.threads, 0);
    assert_int_equal(settings.time_ns, NS_PER_S);
    assert_true(isnan(settings.rate));
    assert_null(settings.name);
    assert_int_equal(settings.colour, 1);
    assert_int_equal(operands.count, 0);
}

static void reads_every_form(void **state)
{
    (void)state;
    struct sample_settings settings;
    struct option_list operands;
    struct error error;
    const char *words[] = {"-c5",    "--threads=4", "--time", "50ms",   "--rate",
                           "2k",     "a",           "--loud", "--many", "x",
                           "--many", "y",           "--",     "-b",     NULL};
    assert_int_equal(parse(&settings, &operands, &error, words), 0);
    assert_int_equal(settings.count, 5);
    assert_int_equal(settings.threads, 4);
    assert_int_equal(settings.time_ns, 50 * NS_PER_MS);
    assert_true(settings.rate == 2000);
    assert_true(settings.loud);
    assert_int_equal(settings.many.count, 2);
    assert_string_equal(settings.many.items[1], "y");
    assert_int_equal(operands.count, 2);
    assert_string_equal(operands.items[1], "-b");

    cJSON *echo = cJSON_CreateObject();
    options_to_json(table, &settings, echo);
    char *text = cJSON_PrintUnformatted(echo);
    assert_string_equal(text,
                        "{\"loud\":true,\"count\":5,\"threads\":4,\"time\":\"50ms\","
                        "\"rate\":2000,\"name\":null,\"colour\":\"green\","
                        "\"many\":[\"x\",\"y\"]}");
    cJSON_free(text);
    cJSON_Delete(echo);
    option_list_release(&settings.many);
    option_list_release(&operands);
}

static void refuses_with_what_is_allowed(void **state)
{
    (void)state;
    static const struct {
        const char *words[3];
        const char *message;
    } cases[] = {
        {{"--count", "0"},
         "--count: expected a whole number such as 8 or 10k from 1 to 100, got \"0\""},
        {{"--count"}, "--count needs a value: N"},
        {{"--cuont", "5"},
         "unknown option --cuont, did you mean --count? (see interleave "
         "try --help)"},
        {{"--depth=3"},
         "--depth is not an option here, it is one of: Options of the other kind"},
        {{"--loud=yes"}, "--loud takes no value"},
        {{"--colour", "gren"},
         "--colour: expected one of red, green, got \"gren\" (did you mean \"green\"?)"},
        {{"--threads", "core"},
         "--threads: expected \"cores\" or a whole number such as 8 "
         "or 10k, got \"core\""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sample_settings settings;
        struct option_list operands;
        struct error error;
        const char *words[] = {cases[i].words[0], cases[i].words[1], NULL};
        assert_int_equal(parse(&settings, &operands, &error, words), -EINVAL);
        assert_string_equal(error.text, cases[i].message);
    }
}

static void help_and_man_page_name_every_option(void **state)
{
    (void)state;
    const struct command *const commands[] = {&command, NULL};
    for (int man = 0; man < 2; man++) {
        char *text;
        size_t length;
        FILE *file = open_memstream(&text, &length);
        if (man)
            options_print_man(commands, file);
        else
            options_print_help(&command, file);
        fclose(file);
        for (const struct field *o = table; o->name; o++)
            assert_non_null(strstr(text, o->name));
        assert_non_null(strstr(text, "depth"));
        assert_non_null(strstr(text, "red, green (default: green)"));
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_come_from_the_table),
        cmocka_unit_test(reads_every_form),
        cmocka_unit_test(refuses_with_what_is_allowed),
        cmocka_unit_test(help_and_man_page_name_every_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* field.c - one table gives defaults, JSON in and out, copies, and the JSON Schema. */
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/field_json.h"
#include "base/json.h"
#include "base/text.h"

static const char *const colours[] = {"red", "green", "blue", NULL};

struct sample_part {
    char *name;
    uint64_t size_bytes;
};

struct sample_thing {
    bool loud;
    uint64_t count, threads, wait_ns;
    double rate, factor;
    char *name, *secret;
    int colour;
    unsigned colours;
    struct words words, values;
    struct setting_list settings;
    struct sample_part part, *parts;
    size_t part_count;
    uint64_t *derived;
    size_t derived_count;
};

static const struct field part_fields[] = {
    {.name = "name",
     .kind = FIELD_TEXT,
     .required = true,
     .offset = offsetof(struct sample_part, name)},
    {.name = "size",
     .kind = FIELD_SIZE,
     .fallback = "4KiB",
     .offset = offsetof(struct sample_part, size_bytes)},
    {0}};

static int check_part(struct json_document *document, const cJSON *node, void *member,
                      struct error *error)
{
    const struct sample_part *part = member;
    return strcmp(part->name, "bad") == 0
               ? json_error(document, json_at(node, "name"), error, "a bad part")
               : 0;
}

#define MEMBER(name) offsetof(struct sample_thing, name)

static const struct field fields[] = {
    {.name = "$schema", .kind = FIELD_NOTE, .where = FIELD_IN_JSON},
    {.name = "loud", .kind = FIELD_FLAG, .fallback = "yes", .offset = MEMBER(loud)},
    {.name = "count",
     .kind = FIELD_COUNT,
     .fallback = "3",
     .minimum = 1,
     .maximum = 100,
     .help = "how many",
     .offset = MEMBER(count)},
    {.name = "thread-count",
     .kind = FIELD_COUNT,
     .fallback = "cores",
     .minimum = 1,
     .maximum = 64,
     .zero_word = "cores",
     .offset = MEMBER(threads)},
    {.name = "wait", .kind = FIELD_TIME, .fallback = "1s", .offset = MEMBER(wait_ns)},
    {.name = "rate", .kind = FIELD_RATE, .offset = MEMBER(rate)},
    {.name = "factor",
     .kind = FIELD_NUMBER,
     .fallback = "1",
     .minimum = 0.5,
     .maximum = 2,
     .offset = MEMBER(factor)},
    {.name = "title", .key = "called", .kind = FIELD_TEXT, .offset = MEMBER(name)},
    {.name = "colour",
     .kind = FIELD_CHOICE,
     .choices = colours,
     .offset = MEMBER(colour)},
    {.name = "colours", .kind = FIELD_SET, .choices = colours, .offset = MEMBER(colours)},
    {.name = "words",
     .kind = FIELD_LIST,
     .minimum = 1,
     .maximum = 3,
     .offset = MEMBER(words)},
    {.name = "values", .kind = FIELD_LIST, .items = ITEM_VALUE, .offset = MEMBER(values)},
    {.name = "settings",
     .kind = FIELD_SETTINGS,
     .items = ITEM_TEXT,
     .offset = MEMBER(settings)},
    {.name = "part",
     .kind = FIELD_OBJECT,
     .fields = part_fields,
     .bytes = sizeof(struct sample_part),
     .check = check_part,
     .offset = MEMBER(part)},
    {.name = "parts",
     .kind = FIELD_ARRAY,
     .fields = part_fields,
     .bytes = sizeof(struct sample_part),
     .maximum = 2,
     .offset = MEMBER(parts),
     .count_offset = MEMBER(part_count),
     .check = check_part,
     .schema = "{\"minProperties\":1}"},
    {.name = "secret",
     .kind = FIELD_TEXT,
     .where = FIELD_ON_COMMAND_LINE,
     .offset = MEMBER(secret)},
    {.name = "derived",
     .kind = FIELD_ARRAY,
     .where = FIELD_NOWHERE,
     .bytes = sizeof(uint64_t),
     .offset = MEMBER(derived),
     .count_offset = MEMBER(derived_count)},
    {0}};

static int read_thing(struct sample_thing *thing, const char *source, struct error *error)
{
    struct json_document document;
    fields_default(fields, thing);
    int result = json_open_string(&document, "x", source, error);
    if (result < 0)
        return result;
    result = fields_read(&document, document.root, fields, thing, error);
    json_close(&document);
    return result;
}

static char *write_thing(const struct sample_thing *thing)
{
    cJSON *object = cJSON_CreateObject();
    fields_write(fields, thing, object);
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return text;
}

static const char complete[] =
    "{\"loud\":false,\"count\":7,\"thread_count\":4,\"wait\":\"50ms\",\"rate\":2000,"
    "\"factor\":1.5,\"called\":\"it\",\"colour\":\"blue\",\"colours\":[\"red\",\"blue\"],"
    "\"words\":[\"a\",\"b\"],\"values\":[\"1\",\"x\"],\"settings\":{\"k\":\"\"},"
    "\"part\":{\"name\":\"p\",\"size\":\"4KiB\"},"
    "\"parts\":[{\"name\":\"q\",\"size\":\"1MiB\"},{\"name\":\"r\",\"size\":\"4KiB\"}]}";

static void writes_what_it_reads(void **state)
{
    (void)state;
    struct sample_thing thing;
    struct error error;
    if (read_thing(&thing, complete, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(thing.wait_ns, 50 * NS_PER_MS);
    assert_int_equal(thing.colours, 5);
    assert_int_equal(thing.parts[0].size_bytes, 1 << 20);
    char *text = write_thing(&thing);
    assert_string_equal(text, complete);
    cJSON_free(text);
    fields_release(fields, &thing);
}

static void leaves_out_what_is_empty(void **state)
{
    (void)state;
    struct sample_thing thing;
    struct error error;
    assert_int_equal(read_thing(&thing, "{\"$schema\":\"y\"}", &error), 0);
    char *text = write_thing(&thing);
    assert_string_equal(text,
                        "{\"loud\":true,\"count\":3,\"thread_count\":\"cores\","
                        "\"wait\":\"1s\",\"factor\":1,\"colour\":\"red\",\"colours\":[],"
                        "\"settings\":{}}");
    cJSON_free(text);
    fields_release(fields, &thing);
}

static void tells_every_mistake_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *source, *message;
    } cases[] = {
        {"{\"loud\":1}", "x:1:9: loud: expected true or false, got 1"},
        {"{\"count\":0}", "x:1:10: count: expected a whole number from 1 to 100, got 0"},
        {"{\"thread_count\":\"core\"}",
         "x:1:17: thread_count: expected \"cores\" or a whole number from 1 to 64, got "
         "\"core\""},
        {"{\"thread-count\":1}",
         "x:1:2: thread-count: unknown key, allowed are $schema, loud, count, "
         "thread_count, wait, rate, factor, called, colour, colours, words, values, "
         "settings, part, parts (did you mean \"thread_count\"?)"},
        {"{\"wait\":5}", "x:1:9: wait: expected a time such as 50ms or 2s, got 5"},
        {"{\"rate\":0}", "x:1:9: rate: expected a rate above 0 such as 250, \"2k/s\" or "
                         "\"30/m\", got 0"},
        {"{\"factor\":3}", "x:1:11: factor: expected a number from 0.5 to 2, got 3"},
        {"{\"called\":\"\"}",
         "x:1:11: called: expected a string that is not empty, got \"\""},
        {"{\"colours\":[\"rde\"]}", "x:1:13: colours[0]: expected one of red, green, "
                                    "blue, got \"rde\" (did you mean \"red\"?)"},
        {"{\"colour\":1}", "x:1:11: colour: expected one of red, green, blue, got 1"},
        {"{\"words\":[]}", "x:1:10: words: expected an array of 1 to 3 elements, got 0"},
        {"{\"words\":[1]}",
         "x:1:11: words[0]: expected a string that is not empty, got 1"},
        {"{\"values\":[true]}",
         "x:1:12: values[0]: expected a number or a string, got true"},
        {"{\"settings\":{\"k\":1}}", "x:1:18: settings.k: expected a string, got 1"},
        {"{\"part\":{}}", "x:1:9: part: the key \"name\" is missing"},
        {"{\"part\":{\"name\":\"bad\"}}", "x:1:17: part.name: a bad part"},
        {"{\"parts\":[{\"name\":\"a\"},{\"nam\":\"b\"}]}",
         "x:1:25: parts[1].nam: unknown key, allowed are name, size (did you mean "
         "\"name\"?)"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sample_thing thing;
        struct error error;
        assert_int_equal(read_thing(&thing, cases[i].source, &error), -EINVAL);
        assert_string_equal(error.text, cases[i].message);
        fields_release(fields, &thing);
    }
}

/* Original and copy are released on their own. */
static void copies_own_their_memory(void **state)
{
    (void)state;
    struct sample_thing thing;
    struct error error;
    assert_int_equal(read_thing(&thing, complete, &error), 0);
    thing.derived = calloc(1, sizeof *thing.derived);
    thing.derived[0] = 9;
    thing.derived_count = 1;
    struct sample_thing copy = thing;
    fields_own(fields, &copy);
    fields_release(fields, &thing);
    assert_int_equal(copy.derived[0], 9);
    char *text = write_thing(&copy);
    assert_string_equal(text, complete);
    cJSON_free(text);
    fields_release(fields, &copy);
}

static void copies_what_was_given_alone(void **state)
{
    (void)state;
    struct sample_thing to, from;
    struct error error;
    assert_int_equal(read_thing(&to, complete, &error), 0);
    fields_default(fields, &from);
    uint64_t given = 0;
    for (const struct field *f = fields; f->name; f++)
        if (f->offset == MEMBER(count) || f->offset == MEMBER(parts) ||
            f->offset == MEMBER(words))
            given |= field_bit(fields, f);
    assert_true(field_is_given(fields, given, MEMBER(parts)));
    assert_false(field_is_given(fields, given, MEMBER(rate)));
    fields_copy_given(fields, &to, &from, given);
    assert_int_equal(to.count, 3);
    assert_int_equal(to.part_count, 0);
    assert_int_equal(to.words.count, 0);
    assert_int_equal(to.threads, 4);
    assert_string_equal(to.name, "it");
    fields_release(fields, &to);
    fields_release(fields, &from);
}

static void tells_its_schema(void **state)
{
    (void)state;
    cJSON *schema = fields_schema(fields, "{\"not\":{\"required\":[\"rate\"]}}");
    char *text = cJSON_PrintUnformatted(schema);
    const char *const pieces[] = {
        "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"$schema\":"
        "{"
        "\"type\":\"string\"},\"loud\":{\"type\":\"boolean\"},",
        "\"count\":{\"description\":\"how many\",\"type\":\"integer\",\"minimum\":1,"
        "\"maximum\":100}",
        "\"thread_count\":{\"anyOf\":[{\"const\":\"cores\"},{\"type\":\"integer\","
        "\"minimum\":1,\"maximum\":64}]}",
        "\"colours\":{\"type\":\"array\",\"items\":{\"enum\":[\"red\",\"green\",\"blue\"]"
        "}}",
        "\"words\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":3,\"items\":{\"type\":"
        "\"string\",\"minLength\":1}}",
        "\"settings\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}"
        "}",
        "\"minProperties\":1}}",
        "\"not\":{\"required\":[\"rate\"]}}",
    };
    for (size_t i = 0; i < COUNT_OF(pieces); i++)
        if (!strstr(text, pieces[i]))
            fail_msg("%s is not in %s", pieces[i], text);
    assert_null(strstr(text, "secret"));
    assert_null(strstr(text, "derived"));
    cJSON_free(text);
    cJSON_Delete(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(leaves_out_what_is_empty),
        cmocka_unit_test(tells_every_mistake_with_its_place),
        cmocka_unit_test(copies_own_their_memory),
        cmocka_unit_test(copies_what_was_given_alone),
        cmocka_unit_test(tells_its_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

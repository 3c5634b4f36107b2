/*
 * Records: real results of load, read and written again, are the same bytes; every rule
 * by which members become one; what is refused when a file is read.
 */
#include "tests/test.h"

#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/json_document.h"
#include "base/text.h"
#include "loadgen/search/capacity.h"
#include "record/environment.h"
#include "record/flags.h"
#include "record/load_merge.h"
#include "record/load_scaling.h"
#include "record/manifest.h"
#include "record/record.h"
#include "record/trial.h"
#include "record/verdicts.h"
#include "tests/support/folder.h"
#include "workload/scenario.h"

/* ---- golden files ------------------------------------------------------------------ */

static void expect_same_text(const char *path, const struct record_type *type,
                             const void *record, const char *source)
{
    cJSON *json = record_to_json(type, record);
    char *text = json_print(json);
    size_t same = 0;
    while (text[same] && text[same] == source[same])
        same++;
    if (text[same] != source[same])
        fail_msg("%s: byte %zu: \"%.40s\" is written, not \"%.40s\"", path, same,
                 text + same, source + same);
    free(text);
    cJSON_Delete(json);
}

static void round_trip(const char *path, const struct record_type *type)
{
    struct json_document document;
    struct error error;
    void *record = memory_allocate(type->size), *copy = memory_allocate(type->size);
    if (json_open_file(&document, path, &error) < 0 ||
        record_read(type, record, &document, document.root, &error) < 0)
        fail_msg("%s", error.text);
    record_copy(type, copy, record);
    expect_same_text(path, type, record, document.source);
    record_release(type, record);
    expect_same_text(path, type, copy, document.source);
    record_release(type, copy);
    json_close(&document);
    free(copy);
    free(record);
}

static void test_golden_files(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        size_t least;
        const struct record_type *type;
    } kinds[] = {
        {"tests/records/load-*.json", 8, &load_result_type},
        {"tests/records/trial-*.json", 6, &trial_record_type},
        {"tests/records/manifest.json", 1, &manifest_type},
        {"tests/records/environment.json", 1, &environment_type},
        {"tests/records/capacity.json", 1, &capacity_type},
        {"tests/records/verdicts.json", 1, &verdicts_type},
        {"tests/records/scaling.json", 1, &load_scaling_type},
    };
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        glob_t files;
        assert_int_equal(glob(kinds[k].pattern, 0, NULL, &files), 0);
        assert_true(files.gl_pathc >= kinds[k].least);
        for (size_t i = 0; i < files.gl_pathc; i++)
            round_trip(files.gl_pathv[i], kinds[k].type);
        globfree(&files);
    }
}

/* What accepts a file exits 0; 3 without the library. */
static const char validator[] =
    "import json, sys\n"
    "try:\n"
    "    import jsonschema\n"
    "except ImportError:\n"
    "    sys.exit(3)\n"
    "schema = json.load(open(sys.argv[1]))\n"
    "jsonschema.Draft202012Validator.check_schema(schema)\n"
    "check = jsonschema.Draft202012Validator(schema)\n"
    "for name in sys.argv[2:]:\n"
    "    good = json.load(open(name))\n"
    "    for error in check.iter_errors(good):\n"
    "        sys.exit(name + ': ' + error.message[:300])\n"
    "    for key in good:\n"
    "        bad = dict(good, **{key: object if good[key] is None else {'x': None}})\n"
    "        if check.is_valid(bad):\n"
    "            sys.exit(name + ': anything goes for ' + key)\n";

/* The schema accepts what is written, and no key may be just anything. */
static void check_schema(const struct record_type *type, const char *files)
{
    struct error error;
    char *path = memory_printf("%s/schema.json", folder);
    cJSON *schema = record_schema(type);
    assert_int_equal(json_write_file(path, schema, &error), 0);
    cJSON_Delete(schema);
    char *command =
        memory_printf("/usr/bin/python3 -c \"%s\" %s %s", validator, path, files);
    int status = system(command);
    free(command);
    unlink(path);
    free(path);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 3)
        skip(); /* python3-jsonschema is not installed */
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_schema_of_golden_files(void **state)
{
    (void)state;
    check_schema(&load_result_type, "tests/records/load-*.json");
    check_schema(&capacity_type, "tests/records/capacity.json");
    check_schema(&verdicts_type, "tests/records/verdicts.json");
}

/* ---- sums of golden files ---------------------------------------------------------- */

static void read_result(struct load_result *result, const char *path)
{
    struct json_document document;
    struct error error;
    if (json_open_file(&document, path, &error) < 0 ||
        load_result_read(result, &document, document.root, &error) < 0)
        fail_msg("%s", error.text);
    json_close(&document);
}

/* As if another generator had seen the same. */
static void read_other(struct load_result *result, const char *path)
{
    read_result(result, path);
    free(result->runs[0].id);
    result->runs[0].id = memory_copy_string("another");
}

/* Whatever a result tells, its sum with itself tells, or says why not. */
static void expect_all_is_kept(const struct load_result *part,
                               const struct load_result *sum)
{
    const struct record_field *field = load_result_type.fields;
    const char *why = sum->warnings[sum->warning_count - 1].message;
    for (; field->key; field++) {
        cJSON *before = record_member_to_json(field, part);
        cJSON *after = record_member_to_json(field, sum);
        if (before && !after && !strstr(why, field->key))
            fail_msg("%s is lost", field->key);
        if (field->rule == RECORD_SAME || field->rule == RECORD_EQUAL)
            assert_true(before ? cJSON_Compare(before, after, true) : !after);
        cJSON_Delete(before);
        cJSON_Delete(after);
    }
}

static void expect_double(const struct load_result *sum, const struct load_result *part)
{
    assert_int_equal(!sum->traffic, !part->traffic);
    if (!part->traffic)
        return;
    for (size_t i = 0; i < STATUSES; i++)
        assert_int_equal(sum->traffic->statuses[i], 2 * part->traffic->statuses[i]);
    assert_int_equal(sum->traffic->received_bytes, 2 * part->traffic->received_bytes);
    assert_int_equal(sum->traffic->sent_bytes, 2 * part->traffic->sent_bytes);
    assert_true(sum->traffic->received_per_s == 2 * part->traffic->received_per_s);
    assert_true(sum->traffic->sent_per_s == 2 * part->traffic->sent_per_s);
    assert_int_equal(sum->first_byte->count, 2 * part->first_byte->count);
    assert_int_equal(sum->connect->count, 2 * part->connect->count);
    assert_true(sum->whole_run.closed_idle == 2 * part->whole_run.closed_idle);
    assert_true(sum->whole_run.resent == 2 * part->whole_run.resent);
}

static void test_sum_with_itself_keeps_all(void **state)
{
    (void)state;
    glob_t files;
    assert_int_equal(glob("tests/records/load-*-full.json", 0, NULL, &files), 0);
    assert_true(files.gl_pathc >= 4);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct load_result part, other, sum;
        struct error error;
        read_result(&part, files.gl_pathv[i]);
        read_other(&other, files.gl_pathv[i]);
        const struct record_part parts[] = {{"a.json", &part}, {"b.json", &other}};
        if (load_result_merge(&sum, parts, 2, &error) < 0)
            fail_msg("%s", error.text);
        expect_all_is_kept(&part, &sum);
        assert_int_equal(sum.counts.scheduled, 2 * part.counts.scheduled);
        assert_int_equal(sum.latency.count, 2 * part.latency.count);
        assert_true(sum.latency.max_ns == part.latency.max_ns);
        assert_true(sum.generator.cpu_us_per_request ==
                    part.generator.cpu_us_per_request);
        assert_int_equal(sum.valid, part.valid);
        expect_double(&sum, &part);
        assert_int_equal(sum.run_count, 2);
        load_result_release(&sum);
        load_result_release(&other);
        load_result_release(&part);
    }
    globfree(&files);
}

static void test_steps_of_two_lengths(void **state)
{
    (void)state;
    struct load_result a, b, sum;
    struct error error;
    read_result(&a, "tests/records/load-open-full.json");
    read_other(&b, "tests/records/load-open-full.json");
    b.interval_s *= 2;
    const struct record_part parts[] = {{"a.json", &a}, {"b.json", &b}};
    assert_int_equal(load_result_merge(&sum, parts, 2, &error), 0);
    assert_int_equal(sum.series_count, 0);
    assert_non_null(strstr(sum.warnings[sum.warning_count - 1].message,
                           "series: steps of different lengths do not add up"));
    load_result_release(&sum);
    load_result_release(&a);
    load_result_release(&b);
}

/* ---- a record that has one of each ------------------------------------------------- */

struct fruit {
    char *name;
    uint64_t count;
};
static const struct record_field fruit_fields[] = {
    {MEMBER_TEXT("name", fruit, name), .required = true},
    {MEMBER_COUNT("count", fruit, count), .rule = RECORD_SUM},
    {0},
};
static const struct record_type fruit_type = RECORD_TYPE(fruit, fruit_fields);

struct leaf {
    char *name;
    double size;
};
static const struct record_field leaf_fields[] = {
    {MEMBER_NUMBER("size", leaf, size), .rule = RECORD_MAXIMUM, .unit = "mm"},
    {0},
};
static const struct record_type leaf_type = RECORD_TYPE(leaf, leaf_fields);

struct tree {
    double same, equal, sum, most, least, none, later;
    uint64_t count;
    bool all, any;
    int on;
    char *text, *left_out;
    char **texts;
    int word;
    uint64_t tally[2];
    struct fruit inside;
    struct fruit *beside;
    struct fruit *by_index, *by_name;
    size_t index_count, name_count;
    struct leaf *leaves;
    size_t leaf_count;
};
static const char *const tree_words[] = {"oak", "elm", NULL};
static const struct record_field tree_fields[] = {
    {MEMBER_NUMBER("same", tree, same)},
    {MEMBER_NUMBER("equal", tree, equal), .rule = RECORD_EQUAL, .why = "they must"},
    {MEMBER_NUMBER("sum", tree, sum), .rule = RECORD_SUM, .unit = "s"},
    {MEMBER_NUMBER("most", tree, most), .rule = RECORD_MAXIMUM},
    {MEMBER_NUMBER("least", tree, least), .rule = RECORD_MINIMUM},
    {MEMBER_NUMBER("none", tree, none), .rule = RECORD_NONE, .why = "it does not add up"},
    {MEMBER_NUMBER("later", tree, later), .rule = RECORD_LATER},
    {MEMBER_COUNT("count", tree, count), .rule = RECORD_SUM},
    {MEMBER_BOOL("all", tree, all), .rule = RECORD_ALL},
    {MEMBER_BOOL("any", tree, any), .rule = RECORD_ANY},
    {MEMBER_SWITCH("on", tree, on)},
    {MEMBER_TEXT("text", tree, text)},
    {MEMBER_TEXT("left_out", tree, left_out), .optional = true},
    {MEMBER_TEXTS("texts", tree, texts)},
    {MEMBER_WORD("word", tree, word, tree_words)},
    {MEMBER_TALLY_OF("tally", tree, tally, tree_words[0], sizeof tree_words[0]),
     .rule = RECORD_SUM},
    {MEMBER_STRUCT("inside", tree, inside, fruit_type), .rule = RECORD_SUM},
    {MEMBER_POINTER("beside", tree, beside, fruit_type), .rule = RECORD_SUM},
    {MEMBER_LIST("by_index", tree, by_index, index_count, fruit_type),
     .rule = RECORD_BY_INDEX},
    {MEMBER_LIST("by_name", tree, by_name, name_count, fruit_type),
     .rule = RECORD_BY_NAME},
    {MEMBER_MAP("leaves", tree, leaves, leaf_count, leaf_type), .rule = RECORD_BY_NAME},
    {0},
};
static const struct record_type tree_type = RECORD_TYPE(tree, tree_fields);

#define TREE                                                                             \
    "{\"same\":1,\"equal\":2,\"sum\":3,\"most\":4,\"least\":5,\"none\":null,\"later\":"  \
    "7,"                                                                                 \
    "\"count\":8,\"all\":true,\"any\":false,\"on\":true,\"text\":\"t\","                 \
    "\"texts\":[\"a\",\"b\"],\"word\":\"elm\",\"tally\":{\"elm\":3},"                    \
    "\"inside\":{\"name\":\"fig\",\"count\":1},\"beside\":{\"name\":\"nut\","            \
    "\"count\":2},\"by_index\":[{\"name\":\"x\",\"count\":1}],"                          \
    "\"by_name\":[{\"name\":\"x\",\"count\":1},{\"name\":\"y\",\"count\":2}],"           \
    "\"leaves\":{\"a\":{\"size\":1},\"b\":{\"size\":2}}}"

#define BARE_TREE                                                                        \
    "{\"same\":null,\"equal\":null,\"sum\":null,\"most\":null,\"least\":null,"           \
    "\"none\":null,\"later\":null,\"count\":0,\"all\":false,\"any\":false,\"on\":null,"  \
    "\"text\":null,\"texts\":null,\"word\":null,\"tally\":{},"                           \
    "\"inside\":{\"name\":\"fig\",\"count\":0},\"beside\":null,\"by_index\":null,"       \
    "\"by_name\":[],\"leaves\":{}}"

static int read_tree(struct tree *tree, const char *source, struct error *error)
{
    struct json_document document;
    int code = json_open_string(&document, "tree.json", source, error);
    if (code == 0) {
        code = record_read(&tree_type, tree, &document, document.root, error);
        json_close(&document);
    }
    return code;
}

static void read_good(struct tree *tree, const char *source)
{
    struct error error;
    if (read_tree(tree, source, &error) < 0)
        fail_msg("%s", error.text);
}

static void expect_tree(const struct tree *tree, const char *expected)
{
    cJSON *json = record_to_json(&tree_type, tree);
    char *text = cJSON_PrintUnformatted(json);
    assert_string_equal(text, expected);
    cJSON_free(text);
    cJSON_Delete(json);
}

static void test_every_kind_is_kept(void **state)
{
    (void)state;
    static const char *const sources[] = {TREE, BARE_TREE};
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        struct tree tree, copy;
        read_good(&tree, sources[i]);
        expect_tree(&tree, sources[i]);
        record_copy(&tree_type, &copy, &tree);
        record_release(&tree_type, &tree);
        expect_tree(&copy, sources[i]);
        record_release(&tree_type, &copy);
    }
}

static void test_absent_is_null_and_unknown_is_skipped(void **state)
{
    (void)state;
    struct tree tree;
    read_good(&tree, "{\"count\":0,\"all\":true,\"any\":true,\"tally\":{},\"added\":[1],"
                     "\"inside\":{\"name\":\"fig\",\"count\":0}}");
    assert_true(isnan(tree.sum));
    assert_int_equal(tree.word, -1);
    assert_int_equal(tree.on, -1);
    assert_null(tree.text);
    assert_null(tree.by_name);
    record_release(&tree_type, &tree);
}

/* The source with the value of one key replaced. */
static char *with(const char *source, const char *key, const char *value)
{
    cJSON *json = cJSON_Parse(source), *item = cJSON_Parse(value);
    assert_true(json && item);
    assert_true(cJSON_ReplaceItemInObjectCaseSensitive(json, key, item));
    char *text = cJSON_PrintUnformatted(json);
    cJSON_Delete(json);
    return text;
}

static void test_wrong_types_are_refused(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"sum", "\"3\"", "sum: expected a number, got \"3\""},
        {"count", "1.5", "count: expected a whole number, got 1.5"},
        {"count", "-1", "count: expected a whole number, got -1"},
        {"count", "null", "count: expected a whole number, got null"},
        {"all", "1", "all: expected true or false, got 1"},
        {"on", "\"yes\"", "on: expected true or false, got \"yes\""},
        {"text", "{}", "text: expected a string, got an object"},
        {"texts", "\"a\"", "texts: expected an array of strings, got \"a\""},
        {"texts", "[\"a\", 1]", "texts[1]: expected a string, got 1"},
        {"word", "\"ash\"", "word: expected one of oak, elm, got \"ash\""},
        {"word", "1", "word: expected one of oak, elm, got 1"},
        {"tally", "{\"ash\": 1}", "tally.ash: unknown key"},
        {"tally", "{\"oak\": true}", "tally.oak: expected a whole number, got true"},
        {"inside", "[]", "inside: expected an object, got an array"},
        {"inside", "null", "inside: expected an object, got null"},
        {"beside", "{\"name\": \"a\"}", "beside: the key \"count\" is missing"},
        {"beside", "{\"count\": 1, \"name\": null}",
         "beside.name: expected a string, got null"},
        {"by_index", "{}", "by_index: expected an array, got an object"},
        {"by_name", "[{\"name\": \"a\", \"count\": 1}, 5]",
         "by_name[1]: expected an object, got 5"},
        {"leaves", "[]", "leaves: expected an object, got an array"},
        {"leaves", "{\"a\": {\"size\": \"x\"}}",
         "leaves.a.size: expected a number, got \"x\""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tree tree;
        struct error error;
        char *source = with(TREE, cases[i][0], cases[i][1]);
        assert_int_equal(read_tree(&tree, source, &error), -EINVAL);
        const char *about = strstr(error.text, ": ");
        assert_memory_equal(error.text, "tree.json:1:", 12);
        assert_string_equal(about + 2, cases[i][2]);
        free(source);
    }
}

/* ---- merging ----------------------------------------------------------------------- */

static int merge_trees(struct tree *sum, const char *a, const char *b,
                       struct text *dropped, struct error *error)
{
    struct tree trees[2];
    read_good(&trees[0], a);
    read_good(&trees[1], b);
    const struct record_part parts[] = {{"a.json", &trees[0]}, {"b.json", &trees[1]}};
    int code = record_merge(&tree_type, sum, parts, 2, dropped, error);
    record_release(&tree_type, &trees[0]);
    record_release(&tree_type, &trees[1]);
    return code;
}

static void expect_merged(const char *a, const char *b, const char *sum,
                          const char *dropped)
{
    struct tree tree;
    struct text reasons = {0};
    struct error error;
    if (merge_trees(&tree, a, b, &reasons, &error) < 0)
        fail_msg("%s", error.text);
    expect_tree(&tree, sum);
    assert_string_equal(text_string(&reasons), dropped);
    record_release(&tree_type, &tree);
    text_release(&reasons);
}

/* The sum of a tree with itself. */
static const char twice[] =
    "{\"same\":1,\"equal\":2,\"sum\":6,\"most\":4,\"least\":5,\"none\":null,"
    "\"later\":null,\"count\":16,\"all\":true,\"any\":false,\"on\":true,\"text\":\"t\","
    "\"texts\":[\"a\",\"b\"],\"word\":\"elm\",\"tally\":{\"elm\":6},"
    "\"inside\":{\"name\":\"fig\",\"count\":2},\"beside\":{\"name\":\"nut\",\"count\":4},"
    "\"by_index\":[{\"name\":\"x\",\"count\":2}],"
    "\"by_name\":[{\"name\":\"x\",\"count\":2},{\"name\":\"y\",\"count\":4}],"
    "\"leaves\":{\"a\":{\"size\":1},\"b\":{\"size\":2}}}";

static void test_every_rule(void **state)
{
    (void)state;
    static const struct {
        const char *key, *other, *sum, *dropped;
    } cases[] = {
        {"same", "1", "1", ""},
        {"same", "9", "null", "same is 1 in a.json and 9 in b.json"},
        {"same", "null", "null", "same is 1 in a.json and null in b.json"},
        {"sum", "4", "7", ""},
        {"sum", "null", "null", "sum is null in b.json"},
        {"most", "9", "9", ""},
        {"most", "null", "4", ""},
        {"least", "1", "1", ""},
        {"least", "null", "5", ""},
        {"later", "9", "null", ""},
        {"count", "1", "9", ""},
        {"all", "false", "false", ""},
        {"any", "true", "true", ""},
        {"on", "false", "null", "on is true in a.json and false in b.json"},
        {"text", "\"u\"", "null", "text is \"t\" in a.json and \"u\" in b.json"},
        {"texts", "[\"a\"]", "null",
         "texts is [\"a\",\"b\"] in a.json and [\"a\"] in b.json"},
        {"word", "\"oak\"", "null", "word is \"elm\" in a.json and \"oak\" in b.json"},
        {"tally", "{\"oak\":1}", "{\"oak\":1,\"elm\":3}", ""},
        {"none", "6", "null", "none: it does not add up"},
        {"beside", "null", "{\"name\":\"nut\",\"count\":2}", ""},
        {"by_index", "[{\"name\":\"x\",\"count\":1},{\"name\":\"z\",\"count\":1}]",
         "[{\"name\":\"x\",\"count\":2},{\"name\":\"z\",\"count\":1}]", ""},
        {"by_name", "[{\"name\":\"z\",\"count\":5},{\"name\":\"y\",\"count\":1}]",
         "[{\"name\":\"x\",\"count\":1},{\"name\":\"y\",\"count\":3},{\"name\":\"z\","
         "\"count\":5}]",
         ""},
        {"leaves", "{\"b\":{\"size\":9},\"c\":{\"size\":null}}",
         "{\"a\":{\"size\":1},\"b\":{\"size\":9},\"c\":{\"size\":null}}", ""},
    };
    expect_merged(TREE, TREE, twice, "");
    expect_merged(BARE_TREE, BARE_TREE, BARE_TREE, "");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *other = with(TREE, cases[i].key, cases[i].other);
        char *sum = with(twice, cases[i].key, cases[i].sum);
        expect_merged(TREE, other, sum, cases[i].dropped);
        free(sum);
        free(other);
    }
}

static void test_what_must_be_equal(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"equal", "3", "equal is 2 in a.json and 3 in b.json: they must"},
        {"inside", "{\"name\":\"fog\",\"count\":2}",
         "inside.name is \"fig\" in a.json and \"fog\" in b.json"},
        {"by_index", "[{\"name\":\"z\",\"count\":1}]",
         "by_index[].name is \"x\" in a.json and \"z\" in b.json"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tree tree;
        struct text dropped = {0};
        struct error error;
        char *other = with(TREE, cases[i][0], cases[i][1]);
        assert_int_equal(merge_trees(&tree, TREE, other, &dropped, &error), -EINVAL);
        assert_string_equal(error.text, cases[i][2]);
        free(other);
        text_release(&dropped);
    }
}

static bool is_word_of(const char *const *words, const char *word)
{
    while (*words && strcmp(*words, word) != 0)
        words++;
    return *words != NULL;
}

/* Each flag tells its word, what it means and what helps; a scenario may tolerate those
 * that say so, and no others. */
static void test_flags(void **state)
{
    (void)state;
    for (int i = 0; i < FLAGS; i++) {
        assert_non_null(flag_kinds[i].word);
        assert_non_null(flag_kinds[i].meaning);
        assert_non_null(flag_kinds[i].remedy);
        assert_int_equal(is_word_of(tolerable_flags, flag_kinds[i].word),
                         (flag_kinds[i].traits & FLAG_TOLERABLE) != 0);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(flag_kinds[i].word, flag_kinds[j].word);
    }
    assert_null(flag_kinds[FLAGS].word);
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_files),
        cmocka_unit_test(test_schema_of_golden_files),
        cmocka_unit_test(test_sum_with_itself_keeps_all),
        cmocka_unit_test(test_steps_of_two_lengths),
        cmocka_unit_test(test_every_kind_is_kept),
        cmocka_unit_test(test_absent_is_null_and_unknown_is_skipped),
        cmocka_unit_test(test_wrong_types_are_refused),
        cmocka_unit_test(test_every_rule),
        cmocka_unit_test(test_what_must_be_equal),
        cmocka_unit_test(test_flags),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

/* verification.c - a folder of results is what it was, or it is told what is not. */
#include "tests/test.h"

#include "report/verification.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/file_tree.h"
#include "record/results_sums.h"
#include "tests/support/folder.h"
#include "tests/unit/folder_fixture.h"

#define HELLO "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}]"

static const char *const two_models[] = {"event-loop", "thread-pool", NULL};
static char *path; /* of the folder of results */

static int make_results(void **state)
{
    if (enter_folder(state) < 0)
        return -1;
    struct results results = fixture_results(2);
    fixture_add_scenario(&results, "hello", HELLO, two_models);
    for (uint64_t block = 1; block <= 2; block++)
        for (size_t i = 0; two_models[i]; i++)
            fixture_add_trial(&results, "hello", NULL, two_models[i], block,
                              (double)(1000 + 10 * block + i));
    path = memory_printf("%s/run", folder);
    fixture_write(&results, path, "one");
    results_release(&results);
    return 0;
}

/* What was told last. */
static struct last_difference {
    size_t count;
    char file[256], place[256];
} last_told;

static void take(void *context, const char *file, const char *place, const char *there,
                 const char *made)
{
    (void)context;
    (void)there;
    (void)made;
    if (last_told.count++ > 0)
        return;
    snprintf(last_told.file, sizeof last_told.file, "%s", file);
    snprintf(last_told.place, sizeof last_told.place, "%s", place);
}

/* The number of differences, all of which were told. */
static size_t verify(void)
{
    struct verification verification;
    struct error error;
    char *scratch = data_folder_make(&error);
    last_told = (struct last_difference){0};
    fixture_must(verification_run(&verification, path, scratch, take, NULL, &error),
                 &error);
    size_t differences = verification.differences;
    assert_int_equal(last_told.count, differences);
    assert_null(verification.made_by);
    verification_release(&verification);
    file_remove_folder(scratch);
    free(scratch);
    return differences;
}

static char *read_file(const char *name)
{
    struct error error;
    char *content, *file = memory_printf("%s/%s", path, name);
    fixture_must(file_read(file, &content, NULL, &error), &error);
    free(file);
    return content;
}

static void write_file(const char *name, const char *content)
{
    struct error error;
    char *file = memory_printf("%s/%s", path, name);
    fixture_must(file_write_atomic(file, content, strlen(content), &error), &error);
    free(file);
}

/* Changes the last digit; false: there is none. */
static bool alter(char *content)
{
    char *digit = NULL;
    for (char *at = content; *at; at++)
        if (isdigit((unsigned char)*at))
            digit = at;
    if (digit)
        *digit = *digit == '9' ? '8' : (char)(*digit + 1);
    return digit != NULL;
}

static bool sum_again(void)
{
    struct error error;
    return results_sums_write(path, &error) == 0;
}

static void test_what_is_as_it_was(void **state)
{
    (void)state;
    assert_int_equal(verify(), 0);
}

/* results/latest is one. */
static void test_a_link_to_a_folder(void **state)
{
    (void)state;
    char *const own = path;
    assert_int_equal(symlink(own, "latest"), 0);
    path = memory_printf("%s/latest", folder);
    assert_int_equal(verify(), 0);
    assert_true(sum_again());
    assert_int_equal(verify(), 0);
    free(path);
    path = own;
    assert_int_equal(verify(), 0);
}

/* One digit of any file that is summed. */
static void test_every_file_by_its_hash(void **state)
{
    (void)state;
    struct error error;
    char **names;
    size_t altered = 0;
    fixture_must(file_tree_list(path, NULL, &names, &error), &error);
    for (size_t i = 0; names[i]; i++) {
        char *content = read_file(names[i]), *other = memory_copy_string(content);
        if (strcmp(names[i], "SHA256SUMS") != 0 && alter(other)) {
            write_file(names[i], other);
            assert_true(verify() > 0);
            assert_string_equal(last_told.file, names[i]);
            assert_non_null(strstr(last_told.place, "changed: its SHA-256 was "));
            write_file(names[i], content);
            altered++;
        }
        free(content);
        free(other);
    }
    assert_true(altered > 10);
    text_list_free(names);
    assert_int_equal(verify(), 0);
}

/* What was summed anew is found where it does not follow from the trials. */
static void test_every_report_by_making_it_again(void **state)
{
    (void)state;
    static const struct {
        const char *name, *figure, *place;
    } files[] = {
        {"samples.csv", "1021", "line "},
        {"comparison.csv", "1021", "line "},
        {"comparison.md", "1.02k", "line "},
        {"comparison.json", "1021", "rows[1].metrics.throughput_rps.greatest"},
        {"plots/hello-throughput.dat", "1016", "line "},
        {"trials/02-hello--thread-pool/trial.json", "1021", ""},
    };
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        char *content = read_file(files[i].name), *other = memory_copy_string(content);
        char *figure = strstr(other, files[i].figure);
        assert_non_null(figure);
        figure[3] = '3';
        write_file(files[i].name, other);
        assert_true(sum_again());
        assert_true(verify() > 0);
        if (*files[i].place)
            assert_string_equal(last_told.file, files[i].name);
        assert_memory_equal(last_told.place, files[i].place, strlen(files[i].place));
        write_file(files[i].name, content);
        assert_true(sum_again());
        free(content);
        free(other);
    }
    assert_int_equal(verify(), 0);
}

static void test_files_that_come_and_go(void **state)
{
    (void)state;
    char *content = read_file("samples.csv"),
         *file = memory_printf("%s/samples.csv", path);
    assert_int_equal(unlink(file), 0);
    assert_true(verify() > 0);
    assert_string_equal(last_told.file, "samples.csv");
    assert_string_equal(last_told.place, "is not there any more");
    write_file("samples.csv", content);
    write_file("trials/note", "1");
    assert_true(verify() > 0);
    assert_string_equal(last_told.place, "was not there: it has no SHA-256");
    free(file);
    file = memory_printf("%s/trials/note", path);
    assert_int_equal(unlink(file), 0);
    /* What gnuplot draws later is not part of it. */
    write_file("plots/hello.svg", "1");
    assert_int_equal(verify(), 0);
    free(content);
    free(file);
}

/* The differences of another version's reports are its own affair. */
static void test_another_version(void **state)
{
    (void)state;
    char *content = read_file("comparison.json"), *other = memory_copy_string(content);
    struct verification verification;
    struct error error;
    char *name = strstr(other, "interleave ");
    assert_non_null(name);
    memcpy(name, "INTERLEAVE", strlen("INTERLEAVE"));
    write_file("comparison.json", other);
    assert_true(sum_again());
    assert_int_equal(verify(), 0); /* it makes the same */
    char *throughput = strstr(other, "1021");
    throughput[3] = '2';
    write_file("comparison.json", other);
    assert_true(sum_again());
    char *scratch = data_folder_make(&error);
    fixture_must(verification_run(&verification, path, scratch, take, NULL, &error),
                 &error);
    assert_int_equal(verification.differences, 0);
    assert_non_null(verification.made_by);
    assert_memory_equal(verification.made_by, "INTERLEAVE", strlen("INTERLEAVE"));
    verification_release(&verification);
    file_remove_folder(scratch);
    free(scratch);
    free(content);
    free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_as_it_was),
        cmocka_unit_test(test_a_link_to_a_folder),
        cmocka_unit_test(test_every_file_by_its_hash),
        cmocka_unit_test(test_every_report_by_making_it_again),
        cmocka_unit_test(test_files_that_come_and_go),
        cmocka_unit_test(test_another_version),
    };
    return cmocka_run_group_tests(tests, make_results, NULL);
}

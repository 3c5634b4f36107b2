/* csv.c - lines of CSV are read as tables write them. */
#include "tests/test.h"

#include "base/csv.h"

#include <stdlib.h>

#include "base/table.h"
#include "base/text.h"

static const char *const cells[][2] = {
    {"name", "value"},    {"plain", "1"},           {"", ""},
    {"comma, comma", ""}, {"\"quoted\"", "\"\"\""}, {"two\nlines", "a \"b\", c"},
};

static void test_what_tables_write(void **state)
{
    (void)state;
    char *printed = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&printed, &length);
    struct table *table = table_create();
    for (size_t i = 0; i < 2; i++)
        table_add_column(table, cells[0][i], TABLE_LEFT);
    for (size_t row = 1; row < COUNT_OF(cells); row++) {
        table_start_row(table);
        for (size_t i = 0; i < 2; i++)
            table_add_cell(table, cells[row][i]);
    }
    table_print(table, TABLE_CSV, file);
    table_free(table);
    fclose(file);
    const char *at = printed;
    for (size_t row = 0; row < COUNT_OF(cells); row++) {
        size_t count;
        char **line = csv_read_line(&at, &count);
        assert_non_null(line);
        assert_int_equal(count, 2);
        for (size_t i = 0; i < 2; i++)
            assert_string_equal(line[i], cells[row][i]);
        assert_null(line[2]);
        text_list_free(line);
    }
    size_t count;
    assert_null(csv_read_line(&at, &count));
    free(printed);
}

/* Neither a last line without its end nor a quote without its partner is read past. */
static void test_ends(void **state)
{
    (void)state;
    static const char *const texts[] = {"a,b", "a,\"b", "a,\"b\"", "a,b\n"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const char *at = texts[i];
        size_t count;
        char **line = csv_read_line(&at, &count);
        assert_int_equal(count, 2);
        assert_string_equal(line[1], "b");
        assert_string_equal(at, "");
        text_list_free(line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_tables_write),
        cmocka_unit_test(test_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

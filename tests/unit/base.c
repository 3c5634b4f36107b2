/* base.c - the small pieces of the ground: amounts, text, CPUs, random numbers, files. */
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/cpus.h"
#include "base/file.h"
#include "base/fnv1a.h"
#include "base/key_value.h"
#include "base/quantity.h"
#include "base/random.h"
#include "base/sha256.h"
#include "base/table.h"
#include "base/text.h"

static void reads_amounts(void **state)
{
    (void)state;
    static const struct {
        enum quantity_unit unit;
        const char *text;
        int64_t value; /* -1: refused */
    } cases[] = {
        {QUANTITY_TIME, "50ms", 50000000},
        {QUANTITY_TIME, "1.5s", 1500000000},
        {QUANTITY_TIME, "2m", 120000000000},
        {QUANTITY_TIME, "1us", 1000},
        {QUANTITY_TIME, "0", 0},
        {QUANTITY_TIME, "50", -1},
        {QUANTITY_TIME, "-1s", -1},
        {QUANTITY_TIME, "0.5ns", -1},
        {QUANTITY_TIME, "1e3s", -1},
        {QUANTITY_TIME, "", -1},
        {QUANTITY_TIME, "5 s", -1},
        {QUANTITY_TIME, "0x10s", -1},
        {QUANTITY_SIZE, "512", 512},
        {QUANTITY_SIZE, "64KiB", 65536},
        {QUANTITY_SIZE, "1kB", 1000},
        {QUANTITY_SIZE, "1.5MiB", 1572864},
        {QUANTITY_SIZE, "1kb", -1},
        {QUANTITY_SIZE, "1.3B", -1},
        {QUANTITY_COUNT, "10k", 10000},
        {QUANTITY_COUNT, "2.5k", 2500},
        {QUANTITY_COUNT, "1M", 1000000},
        {QUANTITY_COUNT, "1.5", -1},
        {QUANTITY_COUNT, "99999999999999999999", -1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t value = 0;
        struct error error;
        int result =
            quantity_parse(cases[i].unit, cases[i].text, 0, 1ULL << 50, &value, &error);
        assert_int_equal(result, cases[i].value < 0 ? -EINVAL : 0);
        if (result == 0)
            assert_int_equal(value, cases[i].value);
    }
}

static void names_the_range_of_an_amount(void **state)
{
    (void)state;
    struct error error;
    uint64_t value;
    assert_int_equal(
        quantity_parse(QUANTITY_TIME, "2h", NS_PER_MS, NS_PER_MIN, &value, &error),
        -EINVAL);
    assert_string_equal(error.text,
                        "expected a time such as 50ms or 2s from 1ms to 1m, got \"2h\"");
}

static void writes_spans(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {{0.4, "0 s"},     {59.6, "1 min"}, {200, "3 min 20 s"},
                 {2700, "45 min"}, {3600, "1 h"},   {7530, "2 h 5 min"},
                 {360000, "100 h"}};
    char text[48];
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(clock_span_text(cases[i].seconds, text, sizeof text),
                            cases[i].text);
    assert_int_equal(strlen(clock_local_text(0, text, sizeof text)), strlen("19:55"));
    assert_int_equal(strlen(clock_local_text(36 * 3600, text, sizeof text)),
                     strlen("Tue 19:55"));
}

static void reads_rates(void **state)
{
    (void)state;
    double rate;
    assert_int_equal(quantity_parse_rate("250", &rate, NULL), 0);
    assert_true(rate == 250);
    assert_int_equal(quantity_parse_rate("2k/s", &rate, NULL), 0);
    assert_true(rate == 2000);
    assert_int_equal(quantity_parse_rate("30/m", &rate, NULL), 0);
    assert_true(rate == 0.5);
    assert_int_equal(quantity_parse_rate("0", &rate, NULL), -EINVAL);
    assert_int_equal(quantity_parse_rate("5/x", &rate, NULL), -EINVAL);
    assert_int_equal(quantity_parse_rate("/s", &rate, NULL), -EINVAL);
}

static void writes_amounts(void **state)
{
    (void)state;
    static const struct {
        enum quantity_unit unit;
        double value;
        const char *text;
    } cases[] = {
        {QUANTITY_TIME, 50e6, "50 ms"},     {QUANTITY_TIME, 1.25e9, "1.25 s"},
        {QUANTITY_TIME, 999.9e6, "1 s"},    {QUANTITY_TIME, 12340, "12.3 us"},
        {QUANTITY_TIME, 0, "0 ns"},         {QUANTITY_SIZE, 65536, "64 KiB"},
        {QUANTITY_SIZE, 1000, "1000 B"},    {QUANTITY_COUNT, 12345, "12.3k"},
        {QUANTITY_COUNT, 999, "999"},       {QUANTITY_COUNT, 0.25, "0.25"},
        {QUANTITY_COUNT, 1234567, "1.23M"},
    };
    char text[QUANTITY_TEXT_BYTES];
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(
            quantity_format(cases[i].unit, cases[i].value, text, sizeof text),
            cases[i].text);
}

static void exact_amounts_read_back(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 1);
    static const uint64_t special[] = {0, 1, 1000, 1024, 60000000000, 1ULL << 40};
    for (int i = 0; i < 2000; i++) {
        uint64_t value = i < (int)COUNT_OF(special)
                             ? special[i]
                             : random_next(&random) >> (14 + i % 50);
        for (int unit = QUANTITY_COUNT; unit <= QUANTITY_SIZE; unit++) {
            char text[QUANTITY_TEXT_BYTES];
            uint64_t back = 1;
            quantity_exact((enum quantity_unit)unit, value, text, sizeof text);
            assert_int_equal(quantity_parse((enum quantity_unit)unit, text, 0,
                                            UINT64_MAX / 2, &back, NULL),
                             0);
            assert_int_equal(back, value);
        }
    }
}

static void suggests_the_nearest_word(void **state)
{
    (void)state;
    static const char *const words[] = {"event-loop", "thread-pool", "iterative", NULL};
    assert_string_equal(text_nearest("event-lop", words), "event-loop");
    assert_string_equal(text_nearest("tread-pol", words), "thread-pool");
    assert_string_equal(text_nearest("itreative", words), "iterative");
    assert_null(text_nearest("banana", words));
    assert_null(text_nearest("", words));
}

static void splits_lists(void **state)
{
    (void)state;
    size_t count;
    char **words = text_split(" a, b ,,c", ',', &count);
    assert_int_equal(count, 4);
    assert_string_equal(words[1], "b");
    assert_string_equal(words[2], "");
    text_list_free(words);
    words = text_split("", ',', &count);
    assert_int_equal(count, 0);
    text_list_free(words);
}

static void reads_and_writes_cpu_lists(void **state)
{
    (void)state;
    cpu_set_t set;
    char text[CPUS_TEXT_BYTES];
    assert_int_equal(cpus_parse("0-3,8,10-11", &set, NULL), 0);
    assert_int_equal(CPU_COUNT(&set), 7);
    assert_string_equal(cpus_format(&set, text, sizeof text), "0-3,8,10-11");
    static const char *const bad[] = {"",   "a",  "3-1", "1,",
                                      "-1", "0-", "0 1", "99999999"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(cpus_parse(bad[i], &set, NULL), -EINVAL);
    int order[CPU_SETSIZE];
    assert_int_equal(cpus_by_core(order), cpus_allowed_count());
}

static void random_numbers_repeat_and_spread(void **state)
{
    (void)state;
    struct random a, b, other;
    random_seed_stream(&a, 7, 3);
    random_seed_stream(&b, 7, 3);
    random_seed_stream(&other, 7, 4);
    double sum = 0, squares = 0;
    for (int i = 0; i < 100000; i++) {
        double gap = random_exponential(&a, 2);
        assert_true(gap == random_exponential(&b, 2));
        assert_true(gap >= 0 && isfinite(gap));
        sum += gap;
        squares += gap * gap;
    }
    assert_true(random_next(&a) != random_next(&other));
    /* Mean 2 and second moment 8; the seed is fixed, so this cannot flicker. */
    assert_true(fabs(sum / 100000 - 2) < 0.02);
    assert_true(fabs(squares / 100000 - 8) < 0.2);
}

static void shuffles_uniformly(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 11);
    int first_of[3] = {0};
    for (int i = 0; i < 30000; i++) {
        int items[3] = {0, 1, 2};
        random_shuffle(&random, items, 3, sizeof *items);
        assert_int_equal(items[0] + items[1] + items[2], 3);
        first_of[items[0]]++;
    }
    for (int i = 0; i < 3; i++)
        assert_in_range(first_of[i], 9700, 10300);
}

static void replaces_files_whole(void **state)
{
    (void)state;
    char folder[] = "/tmp/interleave-base-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *deep = memory_printf("%s/a/b", folder);
    struct error error;
    assert_int_equal(file_make_folders(deep, &error), 0);
    assert_int_equal(file_make_folders(deep, &error), 0);
    char *path = memory_printf("%s/x", deep);
    assert_int_equal(file_write_atomic(path, "first", 5, &error), 0);
    assert_int_equal(file_write_atomic(path, "second!", 7, &error), 0);
    char *data;
    size_t length;
    assert_int_equal(file_read(path, &data, &length, &error), 0);
    assert_int_equal(length, 7);
    assert_string_equal(data, "second!");
    free(data);
    unlink(path);
    assert_int_equal(rmdir(deep), 0); /* empty: no temporary file was left */
    assert_int_equal(file_read(path, &data, &length, &error), -ENOENT);
    assert_non_null(strstr(error.text, path));
    char *parent = memory_printf("%s/a", folder);
    rmdir(parent);
    rmdir(folder);
    free(parent);
    free(path);
    free(deep);
}

static void prints_tables(void **state)
{
    (void)state;
    struct table *table = table_create();
    table_add_column(table, "model", TABLE_LEFT);
    table_add_column(table, "p99 µs", TABLE_RIGHT);
    table_start_row(table);
    table_add_cell(table, "a,\"b\"");
    table_add_cellf(table, "%d", 12);
    table_start_row(table);
    table_add_cell(table, "c");
    table_start_row(table);
    table_add_cell(table, "d");
    table_add_cell(table, "");
    static const char *const wanted[] = {
        [TABLE_TERMINAL] =
            "model  p99 µs\n-----  ------\na,\"b\"      12\nc           -\nd\n",
        [TABLE_MARKDOWN] = "| model | p99 µs |\n|-------|-------:|\n"
                           "| a,\"b\" |     12 |\n| c     |      - |\n"
                           "| d     |        |\n",
        [TABLE_CSV] = "model,p99 µs\n\"a,\"\"b\"\"\",12\nc,\nd,\n",
    };
    for (int style = TABLE_TERMINAL; style <= TABLE_CSV; style++) {
        char *printed;
        size_t length;
        FILE *file = open_memstream(&printed, &length);
        table_print(table, (enum table_style)style, file);
        fclose(file);
        assert_string_equal(printed, wanted[style]);
        free(printed);
    }
    table_free(table);
}

static void sees_the_cpu_time_of_a_process(void **state)
{
    (void)state;
    uint64_t before, after;
    assert_int_equal(clock_process_cpu_ns(getpid(), &before), 0);
    uint64_t own = clock_thread_cpu_ns();
    while (clock_thread_cpu_ns() < own + 5 * NS_PER_MS)
        ;
    assert_int_equal(clock_process_cpu_ns(getpid(), &after), 0);
    assert_true(after - before >= 5 * NS_PER_MS);
}

static void tells_the_wall_clock_and_reads_it(void **state)
{
    (void)state;
    char text[CLOCK_WALL_TEXT_BYTES];
    uint64_t wall_ns;
    clock_wall_text(1000000000ULL * NS_PER_S + 42, text);
    assert_string_equal(text, "2001-09-09T01:46:40.000000042Z");
    assert_int_equal(clock_wall_parse(text, &wall_ns), 0);
    assert_true(wall_ns == 1000000000ULL * NS_PER_S + 42);
    assert_true(llabs((long long)(clock_wall_ns(clock_now_ns()) / NS_PER_S) -
                      (long long)time(NULL)) <= 1);
    static const char *const bad[] = {
        "",
        "2001-09-09T01:46:40Z",
        "2001-09-09T01:46:40.5Z",
        "2001-13-09T01:46:40.000000042Z",
        "2001-02-30T01:46:40.000000042Z",
        "2001-09-09T01:46:40.000000042+02:00",
        "2001-09-09T01:46:40.000000042Z ",
        "1901-09-09T01:46:40.000000042Z",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(clock_wall_parse(bad[i], &wall_ns), -EINVAL);
}

static void reads_keys_and_values(void **state)
{
    (void)state;
    static const char content[] = "ctxt_total 7\nctxt 12\nmodel\t\t: 17\n"
                                  "model name\t: AMD EPYC\nMemFree:     64 kB\n"
                                  "Empty:\nNAME=\"Debian 12\"\nlast: 9";
    static const struct {
        const char *key;
        double number;
        const char *text;
    } cases[] = {
        {"ctxt", 12, "12"},       {"model", 17, "17"}, {"model name", 0, "AMD EPYC"},
        {"MemFree", 64, "64 kB"}, {"Empty", NAN, ""},  {"NAME", 0, "Debian 12"},
        {"last", 9, "9"},         {"Mem", NAN, NULL},  {"name", NAN, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double number = key_value_number(content, cases[i].key);
        assert_int_equal(isnan(number), isnan(cases[i].number));
        assert_true(isnan(number) || number == cases[i].number);
        char *text = key_value_text(content, cases[i].key);
        assert_int_equal(!text, !cases[i].text);
        if (text)
            assert_string_equal(text, cases[i].text);
        free(text);
    }
}

static void hashes_with_fnv1a(void **state)
{
    (void)state;
    assert_true(fnv1a(FNV1A_BASIS, "", 0) == 0xcbf29ce484222325ULL);
    assert_true(fnv1a(FNV1A_BASIS, "foobar", 6) == 0x85944171f73967e8ULL);
    assert_true(fnv1a(fnv1a(FNV1A_BASIS, "foo", 3), "bar", 3) ==
                fnv1a(FNV1A_BASIS, "foobar", 6));
}

/* The examples of FIPS 180-2, and a file larger than what is read at once. */
static void sums_with_sha256(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    char sum[SHA256_TEXT_BYTES], path[] = "/tmp/interleave-test-XXXXXX";
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        sha256_bytes(cases[i][0], strlen(cases[i][0]), sum);
        assert_string_equal(sum, cases[i][1]);
    }
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    for (int i = 0; i < 1000000; i++)
        fputc('a', file);
    fclose(file);
    assert_int_equal(sha256_file(path, sum, NULL), 0);
    assert_string_equal(
        sum, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    unlink(path);
    struct error error;
    assert_int_equal(sha256_file(path, sum, &error), -ENOENT);
}

static void splits_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host, *port; /* NULL: refused */
    } cases[] = {
        {"127.0.0.1:8080", "127.0.0.1", "8080"},
        {"[::1]:0", "::1", "0"},
        {"localhost:65535", "localhost", "65535"},
        {"127.0.0.1:65536", NULL, NULL},
        {"127.0.0.1:99999", NULL, NULL},
        {"127.0.0.1:000001", NULL, NULL},
        {"127.0.0.1:65537", NULL, NULL},
        {"127.0.0.1:4294967376", NULL, NULL},
        {"127.0.0.1:-1", NULL, NULL},
        {"127.0.0.1:", NULL, NULL},
        {"127.0.0.1:8o", NULL, NULL},
        {"127.0.0.1", NULL, NULL},
        {":80", NULL, NULL},
        {"::1:80", NULL, NULL},
        {"[::1:80", NULL, NULL},
        {"[]:80", NULL, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *host = NULL, *port = NULL;
        struct error error;
        int result = address_split("--listen", cases[i].text, &host, &port, &error);
        if (result != (cases[i].host ? 0 : -EINVAL))
            fail_msg("%s: %d", cases[i].text, result);
        if (result == 0) {
            assert_string_equal(host, cases[i].host);
            assert_string_equal(port, cases[i].port);
        } else {
            assert_non_null(strstr(error.text, "with a port of 0..65535"));
        }
        free(host);
        free(port);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_amounts),
        cmocka_unit_test(names_the_range_of_an_amount),
        cmocka_unit_test(writes_spans),
        cmocka_unit_test(reads_rates),
        cmocka_unit_test(writes_amounts),
        cmocka_unit_test(exact_amounts_read_back),
        cmocka_unit_test(suggests_the_nearest_word),
        cmocka_unit_test(splits_lists),
        cmocka_unit_test(reads_and_writes_cpu_lists),
        cmocka_unit_test(random_numbers_repeat_and_spread),
        cmocka_unit_test(shuffles_uniformly),
        cmocka_unit_test(replaces_files_whole),
        cmocka_unit_test(prints_tables),
        cmocka_unit_test(sees_the_cpu_time_of_a_process),
        cmocka_unit_test(tells_the_wall_clock_and_reads_it),
        cmocka_unit_test(reads_keys_and_values),
        cmocka_unit_test(hashes_with_fnv1a),
        cmocka_unit_test(sums_with_sha256),
        cmocka_unit_test(splits_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

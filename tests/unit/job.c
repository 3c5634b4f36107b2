/* job.c - path programs: what is accepted, what is refused and how, and what they
 * compute, against reference implementations made here. */
#include "tests/test.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "base/sequence.h"
#include "servers/job.h"
#include "servers/ops/duration.h"
#include "tests/support/folder.h"
#include "tests/support/test_ops.h"
#include "workload/duration.h"

static struct ops *ops;

static int open_ops(void **state)
{
    static struct op_environment environment;
    if (make_folder(state) != 0)
        return -1;
    environment.data_folder = folder;
    list_all_ops();
    struct error error;
    return ops_open(&ops, all_ops, &environment, &error);
}

static int close_ops(void **state)
{
    (void)state;
    ops_close(ops);
    file_remove_folder(folder);
    return 0;
}

static int parse(struct program *program, const char *path, struct error *error)
{
    /* The path ends where its length says: what follows must not be read. */
    char *copy = memory_printf("%s/spin:1", path);
    int result = program_parse(program, all_ops, copy, strlen(path), error);
    free(copy);
    return result;
}

/* ---- parsing ---------------------------------------------------------------------- */

static void reads_programs(void **state)
{
    (void)state;
    struct program program;
    struct error error;
    assert_int_equal(parse(&program, "/", &error), 0);
    assert_int_equal(program.step_count, 0);
    assert_false(program.has_body_bytes);
    assert_int_equal(parse(&program, "/wait:50ms/spin:200k/bytes:64KiB/file:0", &error),
                     0);
    assert_int_equal(program.step_count, 3);
    assert_string_equal(ops_at(ops, program.steps[0].op)->name, "wait");
    assert_int_equal(program.steps[0].argument, 50 * NS_PER_MS);
    assert_int_equal(program.steps[1].argument, 200000);
    assert_string_equal(ops_at(ops, program.steps[2].op)->name, "file");
    assert_true(program.has_body_bytes);
    assert_int_equal(program.body_bytes, 65536);
    assert_int_equal(parse(&program, "/bytes:0", &error), 0);
    assert_true(program.has_body_bytes);
    assert_int_equal(parse(&program,
                           "/spin:1/spin:1/spin:1/spin:1/spin:1/spin:1/spin:1/spin:1"
                           "/spin:1/spin:1/spin:1/spin:1/spin:1/spin:1/spin:1/spin:1",
                           &error),
                     0);
    assert_int_equal(program.step_count, PATH_MAX_STEPS);
    assert_int_equal(
        parse(&program, "/wait:1h/spin:10000M/file:64MiB/bytes:64MiB", &error), 0);
}

static const struct refusal {
    const char *path;
    const char *words[4]; /* of the message */
} refusals[] = {
    {"", {"slash"}},
    {"*", {"slash"}},
    {"wait:1ms", {"slash"}},
    {"//", {"step 1", "expected one of wait, "}},
    {"/wait:1ms/", {"step 2", "\"\""}},
    {"/wiat:50ms", {"step 1", "\"wiat\"", "did you mean \"wait\""}},
    {"/wait", {"step 1", "wait needs an argument", "wait:5ms"}},
    {"/wait:", {"step 1", "wait", "a time", "\"\""}},
    {"/wait:50", {"step 1", "a time", "\"50\""}},
    {"/wait:-1ms", {"step 1", "a time"}},
    {"/wait:2h", {"step 1", "from 0ns to 1h", "\"2h\""}},
    {"/spin:1/spin:1.5", {"step 2", "a whole number"}},
    {"/spin:10001M", {"step 1", "10000000000"}},
    {"/spin:0x10", {"step 1"}},
    {"/file:65MiB", {"step 1", "64MiB"}},
    {"/bytes:1/bytes:1", {"step 2", "once"}},
    {"/spin:1:2", {"step 1", "\"1:2\""}},
    {"/sp\x01\xff\"\\n:1", {"step 1", "\"sp?\?\?\?n\""}},
    {"/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:1", {"..."}},
    {"/spin:1/spin:1/spin:1/spin:1/spin:1/spin:1/spin:1/spin:1/spin:1/spin:1/spin:1/"
     "spin:1"
     "/spin:1/spin:1/spin:1/spin:1/spin:1",
     {"at most 16 steps"}},
};

static void refuses_bad_programs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct program program;
        struct error error = {""};
        assert_int_equal(parse(&program, refusals[i].path, &error), -EINVAL);
        for (size_t w = 0; w < 4 && refusals[i].words[w]; w++) {
            if (!strstr(error.text, refusals[i].words[w]))
                fail_msg("%s: no \"%s\" in: %s", refusals[i].path, refusals[i].words[w],
                         error.text);
        }
    }
}

/* ---- what ops say of themselves ---------------------------------------------------- */

/* What harness and analysis take from the descriptors has to fit together. */
static void descriptors_agree_with_their_ops(void **state)
{
    (void)state;
    for (size_t i = 0; op_list[i]; i++) {
        const struct op *op = op_list[i];
        char *written = memory_printf("%s:%s", op->name, op->example);
        struct path_step step = path_step_of(written);
        uint64_t amount, ns;
        struct error error;
        assert_ptr_equal(op_of_step(&step), op);
        bool is_number =
            quantity_parse(QUANTITY_COUNT, op->example, 1, UINT64_MAX, &amount, NULL) ==
                0 ||
            quantity_parse(QUANTITY_SIZE, op->example, 1, UINT64_MAX, &amount, NULL) == 0;
        if (op->flags & OP_LASTS)
            assert_true(path_step_time(&step, &ns) && op->kind != OP_CPU);
        if (op->flags & OP_SCALES) {
            assert_true(is_number && op->kind == OP_CPU);
            assert_int_equal(op->parse("12345", &amount, &error) == 0 ||
                                 strstr(error.text, "from") != NULL,
                             true);
        }
        bool asks = op->flags & (OP_ASKS_UPSTREAM | OP_ASKS_POSTGRES);
        assert_int_equal(asks, op->pool != ROLE_NONE);
        assert_true(!asks || op->kind == OP_WAIT);
        free(written);
    }
}

static void paths_are_checked_by_the_same_parser(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(op_check_path("/wait:1ms/gzip:1KiB", &error), 0);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct error said;
        struct program program;
        assert_int_equal(op_check_path(refusals[i].path, &error), -EINVAL);
        assert_int_equal(program_parse(&program, op_list, refusals[i].path,
                                       strlen(refusals[i].path), &said),
                         -EINVAL);
        assert_string_equal(error.text, said.text);
    }
}

/* ---- running ---------------------------------------------------------------------- */

static struct job *run(const char *path)
{
    struct program program;
    struct error error;
    if (parse(&program, path, &error) < 0)
        fail_msg("%s", error.text);
    struct job *job = job_create(ops, &program);
    assert_non_null(job);
    job_run_to_end(job);
    return job;
}

static uint32_t digest_of(const char *path)
{
    struct job *job = run(path);
    assert_int_equal(job->call.status, 0);
    uint32_t digest = job->call.digest;
    job_free(job);
    return digest;
}

/* The text of op.h, done again. */
static uint32_t reference_state(uint64_t iterations)
{
    uint32_t x = 2463534242U;
    while (iterations--) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
    }
    return x;
}

static uint32_t append_word(uint32_t crc, uint32_t word)
{
    unsigned char bytes[] = {(unsigned char)(word >> 24), (unsigned char)(word >> 16),
                             (unsigned char)(word >> 8), (unsigned char)word};
    return (uint32_t)crc32(crc, bytes, 4);
}

static void spin_is_as_described(void **state)
{
    (void)state;
    assert_int_equal(reference_state(1), 723471715U); /* Marsaglia's own first value */
    assert_int_equal(digest_of("/spin:1"), append_word(0, 723471715U));
    assert_int_equal(digest_of("/spin:0"), append_word(0, 2463534242U));
    uint32_t both =
        append_word(append_word(0, reference_state(12345)), reference_state(7));
    assert_int_equal(digest_of("/spin:12345/spin:7"), both);
    assert_int_equal(digest_of("/spin:12345/wait:1ms/spin:7"), both);
}

static void file_is_as_described(void **state)
{
    (void)state;
    uint32_t crc = 0;
    for (uint64_t i = 1; i <= 1250; i++)
        crc = append_word(crc, reference_state(i));
    assert_int_equal(digest_of("/file:5000"), crc);
    assert_int_equal(digest_of("/file:5000"), crc);
    unsigned char first = (unsigned char)(reference_state(1) >> 24);
    assert_int_equal(digest_of("/file:1"), (uint32_t)crc32(0, &first, 1));
    assert_int_equal(digest_of("/file:0"), 0);
}

static void damaged_file_is_made_again(void **state)
{
    (void)state;
    uint32_t whole = digest_of("/file:9000");
    char *path = memory_printf("%s/content-9000", folder);
    assert_int_equal(truncate(path, 10), 0);
    assert_int_equal(digest_of("/file:9000"), whole);
    free(path);
}

static void waits_are_never_short(void **state)
{
    (void)state;
    const uint64_t lengths_ns[] = {0, 1, 1000, 300000, 1500000, 7000001};
    for (size_t i = 0; i < sizeof lengths_ns / sizeof *lengths_ns; i++) {
        char path[64];
        snprintf(path, sizeof path, "/wait:%lluns", (unsigned long long)lengths_ns[i]);
        uint64_t begun_ns = clock_now_ns();
        assert_int_equal(digest_of(path), 0);
        assert_true(clock_now_ns() - begun_ns >= lengths_ns[i]);
    }
}

#define DRAWS 4000

/* What each of so many requests for "/wait:50ms~exp" would wait, in seconds. */
static void draw_waits(double *waits)
{
    struct program program;
    struct error error;
    assert_int_equal(parse(&program, "/wait:50ms~exp", &error), 0);
    for (int i = 0; i < DRAWS; i++) {
        struct job *job = job_create(ops, &program);
        uint64_t now_ns = clock_now_ns();
        enum op_answer answer = job_resume(job);
        uint64_t due_ns = answer == OP_TIMER ? job->call.deadline_ns : now_ns;
        waits[i] = (double)(due_ns - now_ns) / (double)NS_PER_S;
        /* It is drawn once, however often the step is resumed. */
        if (answer == OP_TIMER && job_resume(job) == OP_TIMER)
            assert_int_equal(job->call.deadline_ns, due_ns);
        job_free(job);
    }
}

static void *draw_waits_elsewhere(void *waits)
{
    draw_waits(waits);
    ops_leave_thread(ops);
    return NULL;
}

/* Seeds are new in every run: a chance of one in a million to fail. */
static void drawn_waits_are_exponential(void **state)
{
    (void)state;
    static double here[DRAWS], there[DRAWS];
    pthread_t other;
    assert_int_equal(pthread_create(&other, NULL, draw_waits_elsewhere, there), 0);
    draw_waits(here);
    pthread_join(other, NULL);
    double statistic = sequence_anderson_darling(here, DRAWS, 0.05);
    assert_true(sequence_anderson_darling_p(statistic, DRAWS) > 1e-6);
    assert_true(fabs(sequence_correlation(here, here + 1, DRAWS - 1)) < 5 / sqrt(DRAWS));
    /* Every thread has a generator of its own, with a seed of its own. */
    assert_true(fabs(sequence_correlation(here, there, DRAWS)) < 5 / sqrt(DRAWS));
}

/* No draw is longer than the longest wait, at a cost of less than 0.1 % of the mean. */
static void draws_are_cut(void **state)
{
    (void)state;
    struct op_call call = {0};
    struct error error;
    assert_int_equal(duration_argument("125ms~exp", NS_PER_S, &call.argument, &error), 0);
    assert_int_equal(duration_open(NULL, &call.resource, &error), 0);
    uint64_t longest_ns = 0;
    for (int i = 0; i < 1000000; i++) {
        uint64_t ns = duration_draw(&call, NS_PER_S);
        longest_ns = ns > longest_ns ? ns : longest_ns;
    }
    duration_close(call.resource);
    assert_int_equal(longest_ns, NS_PER_S); /* 335 of a million would be longer */
    assert_true(exp(-DURATION_MEANS) < 0.001);
}

/* The result of a wait is empty, however long it is. */
static void drawn_waits_have_the_same_digest(void **state)
{
    (void)state;
    assert_int_equal(digest_of("/wait:1ms~exp"), digest_of("/wait:1ms"));
    assert_int_equal(digest_of("/spin:7/wait:1ms~exp/spin:9/block:1ms~exp"),
                     digest_of("/spin:7/wait:1ms/spin:9/block:1ms"));
}

static void descriptors_are_waited_for(void **state)
{
    (void)state;
    uint64_t begun_ns = clock_now_ns();
    assert_int_not_equal(digest_of("/readable:3ms"), 0);
    assert_true(clock_now_ns() - begun_ns >= 3 * NS_PER_MS);
    assert_int_equal(digest_of("/writable:1ms"),
                     (uint32_t)crc32(0, (const unsigned char *)"ok", 2));
}

static void expect_failure(const char *path, int status, const char *message)
{
    struct job *job = run(path);
    assert_int_equal(job->call.status, status);
    assert_non_null(strstr(job->call.message, message));
    job_free(job);
}

static void failures_end_the_program(void **state)
{
    (void)state;
    expect_failure("/fail:502/wait:1h", 502, "failed as asked");
    expect_failure("/silent:2ms/wait:1h", 504, "no word in time");
    expect_failure("/never:1/wait:1h", 500, "nothing to be had");
}

static void waiting_steps_can_be_abandoned(void **state)
{
    (void)state;
    struct program program;
    struct error error;
    assert_int_equal(parse(&program, "/readable:1h", &error), 0);
    struct job *job = job_create(ops, &program);
    assert_int_equal(job_resume(job), OP_READABLE);
    int fd = job->call.fd;
    job_free(job);
    assert_int_equal(close(fd), -1); /* cancel has closed it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_programs),
        cmocka_unit_test(refuses_bad_programs),
        cmocka_unit_test(descriptors_agree_with_their_ops),
        cmocka_unit_test(paths_are_checked_by_the_same_parser),
        cmocka_unit_test(spin_is_as_described),
        cmocka_unit_test(file_is_as_described),
        cmocka_unit_test(damaged_file_is_made_again),
        cmocka_unit_test(waits_are_never_short),
        cmocka_unit_test(drawn_waits_are_exponential),
        cmocka_unit_test(draws_are_cut),
        cmocka_unit_test(drawn_waits_have_the_same_digest),
        cmocka_unit_test(descriptors_are_waited_for),
        cmocka_unit_test(failures_end_the_program),
        cmocka_unit_test(waiting_steps_can_be_abandoned),
    };
    return cmocka_run_group_tests(tests, open_ops, close_ops);
}

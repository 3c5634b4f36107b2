/* load_recorder.c - which requests belong to the measured window. */
#include "tests/test.h"

#include <unistd.h>

#include "base/clock.h"
#include "loadgen/measure/recorder.h"

#define BEGIN (100 * NS_PER_S)
#define END   (102 * NS_PER_S)

static void assert_identity(const struct counts *counts)
{
    uint64_t ended = 0;
    for (int i = 0; i < OUTCOMES; i++)
        ended += counts->ended[i];
    assert_int_equal(counts->scheduled, ended);
}

/* One request, from its intended time on; done_ns 0: it has no reply at the end. */
static void record(struct recorder *recorder, uint64_t scheduled_ns, uint64_t done_ns)
{
    recorder_begun(recorder, 0, scheduled_ns);
    recorder_sent(recorder, 0, scheduled_ns, scheduled_ns);
    if (done_ns)
        recorder_ok(recorder, 0, scheduled_ns, scheduled_ns, done_ns, done_ns);
    else
        recorder_unfinished(recorder, 0, scheduled_ns, scheduled_ns, 0, END + NS_PER_S);
}

static void requests_belong_by_their_scheduled_time(void **state)
{
    (void)state;
    struct recorder recorder;
    recorder_init(&recorder, 1, NS_PER_S, END - BEGIN);
    recorder_start(&recorder, BEGIN, END);
    record(&recorder, BEGIN - NS_PER_S, BEGIN - NS_PER_MS); /* over before the window */
    record(&recorder, BEGIN - NS_PER_S, BEGIN + NS_PER_MS); /* its reply counts only */
    record(&recorder, BEGIN, BEGIN + 2 * NS_PER_MS);
    record(&recorder, END - NS_PER_MS, END + NS_PER_MS); /* answered while draining */
    const struct counts *counts = &recorder.classes[0].counts;
    assert_int_equal(counts->scheduled, 2);
    assert_int_equal(counts->ended[OUTCOME_OK], 2);
    assert_int_equal(recorder.completed, 2);
    assert_identity(counts);
    recorder_release(&recorder);
}

static void a_request_that_is_never_served_is_seen(void **state)
{
    (void)state;
    struct recorder recorder;
    recorder_init(&recorder, 1, NS_PER_S, END - BEGIN);
    recorder_start(&recorder, BEGIN, END);
    record(&recorder, BEGIN + NS_PER_S, 0);
    record(&recorder, BEGIN - NS_PER_S, 0);
    const struct counts *counts = &recorder.classes[0].counts;
    assert_int_equal(counts->scheduled, 2);
    assert_int_equal(counts->sent, 2);
    assert_int_equal(counts->ended[OUTCOME_IN_FLIGHT], 2);
    assert_int_equal(recorder.classes[0].ages.count, 2);
    assert_int_equal(recorder.classes[0].ages.min_ns, 2 * NS_PER_S);
    assert_int_equal(recorder.classes[0].on_time.count, 0);
    assert_int_equal(recorder.in_flight, 0);
    assert_identity(counts);
    recorder_release(&recorder);
}

/*
 * Two threads, whose replies are processed out of order. The accounts are read at the
 * first reply of either thread after each end of the window; what was complete by the
 * first of these is not in between, what was complete by the last is.
 */
static void accounts_are_read_where_a_request_ends(void **state)
{
    (void)state;
    struct account account = {.reached = eventfd(0, EFD_NONBLOCK)};
    struct recorder recorders[2];
    for (int i = 0; i < 2; i++) {
        recorder_init(&recorders[i], 1, NS_PER_S, END - BEGIN);
        recorder_start(&recorders[i], BEGIN, END);
        recorders[i].account = &account;
    }
    eventfd_t raised;
    record(&recorders[0], BEGIN - NS_PER_S, BEGIN - 1);
    assert_true(eventfd_read(account.reached, &raised) < 0);
    record(&recorders[0], BEGIN - NS_PER_S, BEGIN + 50 * NS_PER_MS);
    assert_int_equal(account.from_ns, BEGIN + 50 * NS_PER_MS);
    assert_int_equal(eventfd_read(account.reached, &raised), 0);
    record(&recorders[1], BEGIN - NS_PER_S, BEGIN + 49 * NS_PER_MS);
    record(&recorders[1], BEGIN, BEGIN + 50 * NS_PER_MS);
    assert_int_equal(recorders[0].accounted + recorders[1].accounted, 0);
    record(&recorders[1], BEGIN, BEGIN + NS_PER_S);
    recorder_begun(&recorders[0], 0, BEGIN);
    recorder_failed(&recorders[0], 0, BEGIN, BEGIN, 0, BEGIN + NS_PER_S,
                    FAILURE_STATUS_5XX);
    recorder_begun(&recorders[0], 0, BEGIN);
    recorder_failed(&recorders[0], 0, BEGIN, BEGIN, 0, BEGIN + NS_PER_S, FAILURE_RESET);
    assert_true(eventfd_read(account.reached, &raised) < 0);
    record(&recorders[1], BEGIN, END + 30 * NS_PER_MS); /* the last that counts */
    assert_int_equal(account.to_ns, END + 30 * NS_PER_MS);
    record(&recorders[0], BEGIN, END + 20 * NS_PER_MS);
    record(&recorders[0], BEGIN, END + 40 * NS_PER_MS);
    recorder_merge(&recorders[0], &recorders[1]);
    assert_int_equal(recorders[0].accounted, 4);
    assert_int_equal(recorders[0].refused, 1);
    for (int i = 0; i < 2; i++)
        recorder_release(&recorders[i]);
    close(account.reached);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_belong_by_their_scheduled_time),
        cmocka_unit_test(accounts_are_read_where_a_request_ends),
        cmocka_unit_test(a_request_that_is_never_served_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

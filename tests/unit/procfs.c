/* procfs.c - a process group seen from outside: nobody's work is lost. */
#include "tests/test.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "harness/probe/procfs.h"

#define WORK_NS (60 * NS_PER_MS)

/* The system's clock of /proc/PID/stat counts in ticks of 10 ms: two are cut. */
#define GRAIN_S 0.02

static void work(void)
{
    while (clock_thread_cpu_ns() < WORK_NS)
        ;
}

static void have_a_child_work(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        work();
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

/* Leads a group; for every byte, a process is forked, works and ends. */
static void lead(int orders, int done) __attribute__((noreturn));
static void lead(int orders, int done)
{
    char byte;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    while (write(done, "!", 1) == 1 && read(orders, &byte, 1) == 1)
        have_a_child_work();
    _exit(0);
}

static void test_ended_processes_count(void **state)
{
    (void)state;
    int orders[2], done[2];
    char byte;
    assert_int_equal(pipe(orders), 0);
    assert_int_equal(pipe(done), 0);
    pid_t leader = fork();
    if (leader == 0)
        lead(orders[0], done[1]);
    struct process_group group = {0};
    struct process_sample before, after;
    assert_int_equal(read(done[0], &byte, 1), 1);
    process_group_find(&group, leader);
    assert_int_equal(group.count, 1);
    process_group_sample(&group, &before);
    assert_int_equal(write(orders[1], "!", 1), 1);
    assert_int_equal(read(done[0], &byte, 1), 1);
    process_group_sample(&group, &after);
    double worked_s = (double)WORK_NS / (double)NS_PER_S;
    assert_true(before.ended_cpu_s == 0);
    assert_true(after.ended_cpu_s >= worked_s - GRAIN_S);
    assert_true(after.cpu_s - before.cpu_s >= after.ended_cpu_s);
    assert_true(after.user_s + after.system_s >= worked_s - 2 * GRAIN_S);
    kill(leader, SIGKILL);
    waitpid(leader, NULL, 0);
    process_group_release(&group);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ended_processes_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

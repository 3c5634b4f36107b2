/* procfs.c - a process group seen from outside: nobody's work is lost. */
#include "tests/test.h"

#include <math.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
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

/* What a process has beside itself when it is to be looked at. */
enum { THREADS = 40, REGIONS = 50, CHILDREN = 3 };

static void *sleep_for_ever(void *running)
{
    if (running)
        sem_post(running);
    while (true)
        pause();
    return NULL;
}

/* They run when this returns: a thread that begins (with a sanitizer, above all) touches
 * memory of its own, which has page tables. */
static void start_threads(int count)
{
    pthread_t thread;
    sem_t running;
    assert_int_equal(sem_init(&running, 0, 0), 0);
    for (int i = 0; i < count; i++)
        assert_int_equal(pthread_create(&thread, NULL, sleep_for_ever, &running), 0);
    for (int i = 0; i < count; i++)
        assert_int_equal(sem_wait(&running), 0);
}

static void start_all_threads(void)
{
    start_threads(THREADS);
}

/* A page in each of so many spans of 2 MiB, as one page table covers 2 MiB (x86-64, arm64
 * with pages of 4 KiB). By system calls: a sanitizer's shadow of the pages would have
 * tables, too. */
static void touch_regions(void)
{
    size_t span = (size_t)2 << 20, bytes = REGIONS * span;
    char *memory = (char *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    madvise(memory, bytes, MADV_NOHUGEPAGE);
    for (size_t i = 0; i < REGIONS; i++)
        assert_int_equal(syscall(SYS_getrandom, memory + i * span, 1, 0), 1);
}

/* As a server that forks: each has tables and a stack of its own. */
static void fork_children(void)
{
    for (int i = 0; i < CHILDREN; i++) {
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            sleep_for_ever(NULL);
        }
    }
}

/* Says that it is done, and waits for an order. */
static bool report(int orders, int done)
{
    char byte;
    return write(done, "!", 1) == 1 && read(orders, &byte, 1) == 1;
}

/* What a process group has more of after its leader has done this. It reports once for
 * nothing: a forked process gets the tables of what it reads from files at its first use.
 */
static void grow(void (*by)(void), struct process_sample *before,
                 struct process_sample *after)
{
    int orders[2], done[2];
    char byte;
    assert_int_equal(pipe(orders), 0);
    assert_int_equal(pipe(done), 0);
    pid_t leader = fork();
    if (leader == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setpgid(0, 0);
        start_threads(1); /* and, with the first, those of a sanitizer */
        if (report(orders[0], done[1]) && report(orders[0], done[1])) {
            by();
            report(orders[0], done[1]);
        }
        _exit(1);
    }
    struct process_group group = {0};
    assert_int_equal(read(done[0], &byte, 1), 1);
    assert_int_equal(write(orders[1], "!", 1), 1);
    assert_int_equal(read(done[0], &byte, 1), 1);
    process_group_find(&group, leader);
    process_group_sample(&group, before);
    assert_int_equal(write(orders[1], "!", 1), 1);
    assert_int_equal(read(done[0], &byte, 1), 1);
    process_group_find(&group, leader);
    process_group_sample(&group, after);
    kill(-leader, SIGKILL);
    waitpid(leader, NULL, 0);
    process_group_release(&group);
    for (int i = 0; i < 2; i++) {
        close(orders[i]);
        close(done[i]);
    }
}

static void test_threads_have_stacks(void **state)
{
    (void)state;
    struct process_sample before, after;
    grow(start_all_threads, &before, &after);
    assert_true(after.threads - before.threads == THREADS);
    double each = (after.kernel_stack_bytes - before.kernel_stack_bytes) / THREADS;
    assert_true(each == kernel_stack_bytes());
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
    assert_true(each == 16384);
#endif
    assert_true(before.kernel_stack_bytes == each * before.threads);
}

static void test_pages_have_tables(void **state)
{
    (void)state;
    struct process_sample before, after;
    double page = (double)sysconf(_SC_PAGESIZE);
    grow(touch_regions, &before, &after);
    double grown = after.page_table_bytes - before.page_table_bytes;
    assert_true(before.page_table_bytes > 0);
    /* The span may begin within one table, and need a table of the next level. */
    if (page == 4096 && !(grown >= (REGIONS - 1) * page && grown <= (REGIONS + 4) * page))
        fail_msg("%g bytes of page tables for %d regions", grown, REGIONS);
    assert_true(after.kernel_stack_bytes == before.kernel_stack_bytes);
}

static void test_each_process_has_its_own(void **state)
{
    (void)state;
    struct process_sample before, after;
    grow(fork_children, &before, &after);
    assert_true(after.processes == 1 + CHILDREN);
    assert_true(after.kernel_stack_bytes == kernel_stack_bytes() * after.threads);
    assert_true(after.threads >= before.threads + CHILDREN);
    /* A copy has no tables for what only is a file's, so somewhat less. */
    assert_true(after.page_table_bytes > (1 + CHILDREN * 0.3) * before.page_table_bytes);
}

/* Another look knows those that it has seen, and finds those that came; a tree has those
 * of other groups, too. */
static void test_looks_again(void **state)
{
    (void)state;
    int done[2];
    char byte;
    assert_int_equal(pipe(done), 0);
    pid_t parent = fork();
    if (parent == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setpgid(0, 0);
        for (int i = 0; i < 2; i++) {
            if (fork() == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                if (setpgid(0, i == 0 ? 0 : getppid()) < 0 || write(done[1], "!", 1) != 1)
                    _exit(1);
                sleep_for_ever(NULL);
            }
            if (i == 0)
                raise(SIGSTOP);
        }
        sleep_for_ever(NULL);
    }
    struct process_group group = {0}, tree = {0};
    struct process_sample sample;
    assert_int_equal(read(done[0], &byte, 1), 1);
    waitpid(parent, NULL, WUNTRACED);
    process_group_find(&group, parent);
    process_tree_find(&tree, parent);
    assert_int_equal(group.count, 1);
    assert_int_equal(tree.count, 2);
    kill(parent, SIGCONT);
    assert_int_equal(read(done[0], &byte, 1), 1);
    for (int i = 0; i < 2; i++) {
        process_group_find(&group, parent);
        process_tree_find(&tree, parent);
        assert_int_equal(group.count, 2);
        assert_int_equal(tree.count, 3);
    }
    process_group_sample_threads(&group, &sample);
    assert_true(sample.voluntary_switches >= 1);
    for (size_t i = 0; i < group.seen_count; i++)
        if (group.seen[i].belongs)
            assert_int_equal(group.seen[i].reaps, group.seen[i].pid == parent);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    kill(parent, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    process_group_find(&group, parent);
    assert_int_equal(group.count, 0);
    process_group_release(&group);
    process_group_release(&tree);
    for (int i = 0; i < 2; i++)
        close(done[i]);
}

/* Where the machine is hidden, the sizes are not known, and not 0. */
static void test_stack_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *meminfo, *loadavg;
        double expected; /* 0: not known */
    } cases[] = {
        {"KernelStack:        1728 kB\n", "1.04 1.57 2.31 1/98 26386\n", 16384},
        {"KernelStack:        4000 kB\n", "0 0 0 2/510 7\n", 8192},
        {"KernelStack:       90000 kB\n", "0 0 0 2/12 7\n",
         0}, /* a container's threads */
        {"KernelStack:           0 kB\n", "0 0 0 2/12 7\n", 0},
        {"MemTotal:           10 kB\n", "0 0 0 2/12 7\n", 0},
        {"KernelStack:        1728 kB\n", "", 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double bytes = kernel_stack_bytes_of(cases[i].meminfo, cases[i].loadavg);
        if (cases[i].expected > 0 ? bytes != cases[i].expected : !isnan(bytes))
            fail_msg("case %zu: %g", i, bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ended_processes_count),
        cmocka_unit_test(test_threads_have_stacks),
        cmocka_unit_test(test_pages_have_tables),
        cmocka_unit_test(test_each_process_has_its_own),
        cmocka_unit_test(test_looks_again),
        cmocka_unit_test(test_stack_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

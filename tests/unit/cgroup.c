/* CPU quotas and throttling, of both versions, from files as the kernel writes them; and
 * a real group that is held back, where the test may make one. */
#include "tests/test.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/support/folder.h"

static void put(const char *name, const char *content)
{
    struct error error;
    char *path = memory_printf("%s/%s", folder, name);
    for (char *end = path + strlen(folder) + 1; (end = strchr(end, '/')); end++) {
        *end = '\0';
        mkdir(path, 0700);
        *end = '/';
    }
    assert_int_equal(file_write_atomic(path, content, strlen(content), &error), 0);
    free(path);
}

static struct cgroup_places places_in(char **self)
{
    *self = memory_printf("%s/self", folder);
    return (struct cgroup_places){*self, folder};
}

static void version_2_adds_up_its_ancestors(void **state)
{
    (void)state;
    char *self;
    struct cgroup_places places = places_in(&self);
    put("self", "0::/a/b\n");
    put("a/b/cpu.max", "max 100000\n");
    put("a/cpu.max", "150000 100000\n");
    put("a/b/cpu.stat", "usage_usec 5\nnr_throttled 0\nthrottled_usec 250000\n");
    put("a/cpu.stat", "usage_usec 5\nnr_throttled 4\nthrottled_usec 1500000\n");
    assert_true(cgroup_cpu_quota(&places) == 1.5);
    assert_true(fabs(cgroup_throttled_s(&places) - 1.75) < 1e-9);
    put("a/cpu.max", "max 100000\n");
    assert_true(isinf(cgroup_cpu_quota(&places)));
    free(self);
}

static void version_1_has_a_hierarchy_for_the_cpu(void **state)
{
    (void)state;
    char *self;
    struct cgroup_places places = places_in(&self);
    put("self", "4:memory:/x\n2:cpu,cpuacct:/c/d\n0::/\n");
    put("cpu/c/d/cpu.cfs_quota_us", "-1\n");
    put("cpu/c/d/cpu.cfs_period_us", "100000\n");
    put("cpu/c/d/cpu.stat", "nr_periods 0\nnr_throttled 0\nthrottled_time 500000000\n");
    put("cpu/c/cpu.cfs_quota_us", "50000\n");
    put("cpu/c/cpu.cfs_period_us", "100000\n");
    put("cpu/c/cpu.stat", "nr_periods 9\nnr_throttled 3\nthrottled_time 2000000000\n");
    assert_true(cgroup_cpu_quota(&places) == 0.5);
    assert_true(fabs(cgroup_throttled_s(&places) - 2.5) < 1e-9);
    put("cpu/c/cpu.cfs_quota_us", "-1\n");
    assert_true(isinf(cgroup_cpu_quota(&places)));
    free(self);
}

static void a_group_without_a_name_is_the_root(void **state)
{
    (void)state;
    char *self;
    struct cgroup_places places = places_in(&self);
    put("cpu.max", "150000 100000\n");
    static const char *const roots[] = {"0::\n", "0::/\n"};
    for (size_t i = 0; i < COUNT_OF(roots); i++) {
        put("self", roots[i]);
        assert_true(cgroup_cpu_quota(&places) == 1.5);
    }
    free(self);
}

static void what_is_not_told_is_no_zero(void **state)
{
    (void)state;
    struct cgroup_places places = {"/nonexistent", "/nonexistent"};
    assert_true(isnan(cgroup_throttled_s(&places)));
    assert_true(isinf(cgroup_cpu_quota(&places)));
}

/* ---- a real one ------------------------------------------------------------------- */

#define WORK_NS   (500 * NS_PER_MS)
#define HELD_BACK 77 /* exit status */

static bool write_file(const char *group, const char *name, const char *content)
{
    char *path = memory_printf("%s/%s", group, name);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t length = (ssize_t)strlen(content);
    bool written = file >= 0 && write(file, content, (size_t)length) == length;
    if (file >= 0)
        close(file);
    free(path);
    return written;
}

/* Makes a group below ours that may use a fifth of a CPU: of version 1 or 2, whichever
 * has the quota here. On the heap; NULL: the test may not. */
static char *make_group(void)
{
    char *group = memory_printf("/sys/fs/cgroup/cpu/interleave-test-%d", (int)getpid());
    if (mkdir(group, 0700) == 0 && write_file(group, "cpu.cfs_period_us", "100000") &&
        write_file(group, "cpu.cfs_quota_us", "20000"))
        return group;
    rmdir(group);
    free(group);
    group = memory_printf("/sys/fs/cgroup/interleave-test-%d", (int)getpid());
    if (mkdir(group, 0700) == 0 && write_file(group, "cpu.max", "20000 100000"))
        return group;
    rmdir(group);
    free(group);
    return NULL;
}

static void work_in(const char *group) __attribute__((noreturn));
static void work_in(const char *group)
{
    char pid[16];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    if (!write_file(group, "cgroup.procs", pid))
        _exit(1);
    double before_s = cgroup_throttled_s(&cgroup_system);
    for (uint64_t end_ns = clock_now_ns() + WORK_NS; clock_now_ns() < end_ns;)
        ;
    bool told = cgroup_cpu_quota(&cgroup_system) <= 0.2 &&
                cgroup_throttled_s(&cgroup_system) - before_s > 0.1;
    _exit(told ? HELD_BACK : 2);
}

static void a_group_that_is_held_back_is_seen(void **state)
{
    (void)state;
    char *group = make_group();
    if (!group) {
        print_message("# no control group with a CPU quota can be made here\n");
        skip();
    }
    int status;
    pid_t child = fork();
    if (child == 0)
        work_in(group);
    assert_int_equal(waitpid(child, &status, 0), child);
    rmdir(group);
    free(group);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), HELD_BACK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_2_adds_up_its_ancestors),
        cmocka_unit_test(version_1_has_a_hierarchy_for_the_cpu),
        cmocka_unit_test(a_group_without_a_name_is_the_root),
        cmocka_unit_test(what_is_not_told_is_no_zero),
        cmocka_unit_test(a_group_that_is_held_back_is_seen),
    };
    return cmocka_run_group_tests(tests, make_folder, NULL);
}

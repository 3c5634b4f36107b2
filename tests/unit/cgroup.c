/* CPU quotas and throttling, of both versions, from files as the kernel writes them; and
 * a real group that is held back, where the test may make one. */
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
    put("self", "4:memory:/x\n2:cpu,cpuacct:/c\n0::/\n");
    put("cpu/c/cpu.cfs_quota_us", "50000\n");
    put("cpu/c/cpu.cfs_period_us", "100000\n");
    put("cpu/c/cpu.stat", "nr_periods 9\nnr_throttled 3\nthrottled_time 2000000000\n");
    assert_true(cgroup_cpu_quota(&places) == 0.5);
    assert_true(fabs(cgroup_throttled_s(&places) - 2) < 1e-9);
    put("cpu/c/cpu.cfs_quota_us", "-1\n");
    assert_true(isinf(cgroup_cpu_quota(&places)));
    free(self);
}

static void what_is_not_told_is_no_zero(void **state)
{
    (void)state;
    struct cgroup_places places = {"/nonexistent", "/nonexistent"};
    assert_true(isnan(cgroup_throttled_s(&places)));
    assert_true(isinf(cgroup_cpu_quota(&places)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_2_adds_up_its_ancestors),
        cmocka_unit_test(version_1_has_a_hierarchy_for_the_cpu),
        cmocka_unit_test(what_is_not_told_is_no_zero),
    };
    return cmocka_run_group_tests(tests, make_folder, NULL);
}

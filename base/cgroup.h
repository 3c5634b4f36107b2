/*
 * cgroup.h - the control group that this process runs in, version 1 or 2: its files, the
 * CPU quota that it and its ancestors set, and for how long that has held threads back.
 *
 * Version 1 has a hierarchy for each controller, version 2 one for all. In a container
 * the path may not be visible; the top of the hierarchy then stands for it.
 */
#ifndef BASE_CGROUP_H
#define BASE_CGROUP_H

/* Where the system tells of groups; tests have files of their own. */
struct cgroup_places {
    const char *self; /* "/proc/self/cgroup" */
    const char *root; /* "/sys/fs/cgroup" */
};
extern const struct cgroup_places cgroup_system;

/* Reads file `name` of our group. 0 or -errno; the content is on the heap. */
int cgroup_read(const struct cgroup_places *places, const char *controller,
                const char *name, char **content);

/* CPUs that the quotas of our group and its ancestors allow; INFINITY: there are none. */
double cgroup_cpu_quota(const struct cgroup_places *places);

/* Seconds for which these quotas have held us back, added up over our group and its
 * ancestors; NAN: not told. */
double cgroup_throttled_s(const struct cgroup_places *places);

#endif

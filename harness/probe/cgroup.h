/*
 * cgroup.h - the files of the control group that this process runs in, version 1 or 2.
 */
#ifndef HARNESS_CGROUP_H
#define HARNESS_CGROUP_H

/*
 * Reads file `name` of our group: below the version 1 hierarchy of `controller` where
 * there is one, else of the unified version 2 hierarchy. In a container the path may
 * not be visible; the top of the hierarchy then stands for it. 0 or -errno; the
 * content is on the heap.
 */
int cgroup_read(const char *controller, const char *name, char **content);

#endif

/*
 * clock.h - time. All times are nanoseconds in uint64_t; points in time are on
 * CLOCK_MONOTONIC, which every thread and process of the machine shares, so that
 * they may be compared across processes of one run.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <sys/types.h>

#define NS_PER_US  1000ULL
#define NS_PER_MS  1000000ULL
#define NS_PER_S   1000000000ULL
#define NS_PER_MIN (60 * NS_PER_S)
#define NS_PER_H   (3600 * NS_PER_S)

/* Now. It cannot fail on Linux, and makes no system call where the vDSO has the clock. */
uint64_t clock_now_ns(void);

/* From one point in time to another, which may lie before it (then it is negative). */
double clock_seconds_between(uint64_t from_ns, uint64_t to_ns);

/* Sleeps until `deadline_ns`, resuming after signals; returns at once if past. */
void clock_sleep_until_ns(uint64_t deadline_ns);

/*
 * CPU time (user + system) that all threads of process `pid` have used, those that have
 * ended included: in nanoseconds, where /proc/PID/stat counts ticks of 10 ms. 0 or
 * -errno.
 */
int clock_process_cpu_ns(pid_t pid, uint64_t *cpu_ns);

/* CPU time of the calling thread. */
uint64_t clock_thread_cpu_ns(void);

/* How long the calling thread was ready to run and waited for a CPU, in seconds
 * (/proc/thread-self/schedstat); NAN where the kernel does not tell. */
double clock_thread_run_delay_s(void);

/* "2026-11-23T15:04:05Z" (or "20261123T150405Z" when compact), now, in UTC. */
void clock_utc_text(char *text, unsigned long bytes, int compact);

/* "2 h 5 min", "3 min 20 s", "20 s"; returns the buffer. */
char *clock_span_text(double seconds, char *text, unsigned long bytes);

/* "19:55": what the wall clock here shows so many seconds from now; on another day
 * "Tue 19:55". Returns the buffer. */
char *clock_local_text(double seconds, char *text, unsigned long bytes);

/* What the wall clock showed when the monotonic clock showed `then_ns`: nanoseconds since
 * 1970, UTC. */
uint64_t clock_wall_ns(uint64_t then_ns);

/* "2026-11-23T15:04:05.000000001Z", and back: 0 or -EINVAL. */
#define CLOCK_WALL_TEXT_BYTES 40
void clock_wall_text(uint64_t wall_ns, char text[CLOCK_WALL_TEXT_BYTES]);
int clock_wall_parse(const char *text, uint64_t *wall_ns);

#endif

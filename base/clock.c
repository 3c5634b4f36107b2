/* clock.c - see clock.h. */
#include "base/clock.h"

#include <errno.h>
#include <time.h>

static uint64_t to_ns(const struct timespec *time)
{
    return (uint64_t)time->tv_sec * NS_PER_S + (uint64_t)time->tv_nsec;
}

uint64_t clock_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return to_ns(&now);
}

void clock_sleep_until_ns(uint64_t deadline_ns)
{
    struct timespec until = {
        .tv_sec = (time_t)(deadline_ns / NS_PER_S),
        .tv_nsec = (long)(deadline_ns % NS_PER_S),
    };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
}

int clock_process_cpu_ns(pid_t pid, uint64_t *cpu_ns)
{
    clockid_t clock;
    int failure = clock_getcpuclockid(pid, &clock);
    if (failure)
        return -failure;
    struct timespec used;
    if (clock_gettime(clock, &used) < 0)
        return -errno;
    *cpu_ns = to_ns(&used);
    return 0;
}

uint64_t clock_thread_cpu_ns(void)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return to_ns(&used);
}

void clock_utc_text(char *text, unsigned long bytes, int compact)
{
    time_t now = time(NULL);
    struct tm parts;
    gmtime_r(&now, &parts);
    if (compact)
        strftime(text, bytes, "%Y%m%dT%H%M%SZ", &parts);
    else
        strftime(text, bytes, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

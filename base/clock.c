/* clock.c - see clock.h. */
#include "base/clock.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
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

double clock_seconds_between(uint64_t from_ns, uint64_t to_ns)
{
    return ((double)to_ns - (double)from_ns) / (double)NS_PER_S;
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

double clock_thread_run_delay_s(void)
{
    FILE *file = fopen("/proc/thread-self/schedstat", "re");
    unsigned long long waited_ns;
    bool told = file && fscanf(file, "%*u %llu", &waited_ns) == 1;
    if (file)
        (void)fclose(file);
    return told ? (double)waited_ns / (double)NS_PER_S : NAN;
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

char *clock_span_text(double seconds, char *text, unsigned long bytes)
{
    unsigned long long whole = (unsigned long long)(seconds + 0.5);
    if (whole >= 3600)
        snprintf(text, bytes, whole / 60 % 60 ? "%llu h %llu min" : "%llu h",
                 whole / 3600, whole / 60 % 60);
    else if (whole >= 60)
        snprintf(text, bytes, whole % 60 ? "%llu min %llu s" : "%llu min", whole / 60,
                 whole % 60);
    else
        snprintf(text, bytes, "%llu s", whole);
    return text;
}

char *clock_local_text(double seconds, char *text, unsigned long bytes)
{
    time_t now = time(NULL), then = now + (time_t)seconds;
    struct tm today, that;
    localtime_r(&now, &today);
    localtime_r(&then, &that);
    bool same = today.tm_yday == that.tm_yday && today.tm_year == that.tm_year;
    strftime(text, bytes, same ? "%H:%M" : "%a %H:%M", &that);
    return text;
}

uint64_t clock_wall_ns(uint64_t then_ns)
{
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    return to_ns(&wall) - clock_now_ns() + then_ns;
}

void clock_wall_text(uint64_t wall_ns, char text[CLOCK_WALL_TEXT_BYTES])
{
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    size_t length = strftime(text, CLOCK_WALL_TEXT_BYTES, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + length, CLOCK_WALL_TEXT_BYTES - length, ".%09uZ",
             (unsigned)(wall_ns % NS_PER_S));
}

/* Printed again it must be the same text: nothing is left over, out of range or short. */
int clock_wall_parse(const char *text, uint64_t *wall_ns)
{
    struct tm parts = {0};
    unsigned long long fraction_ns;
    char end, again[CLOCK_WALL_TEXT_BYTES];
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%9llu%c", &parts.tm_year, &parts.tm_mon,
               &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &fraction_ns,
               &end) != 8 ||
        parts.tm_year < 1970)
        return -EINVAL;
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    *wall_ns = (uint64_t)timegm(&parts) * NS_PER_S + fraction_ns;
    clock_wall_text(*wall_ns, again);
    return strcmp(again, text) == 0 ? 0 : -EINVAL;
}

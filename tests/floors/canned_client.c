/*
 * canned_client.c - the least a load generator can do: every reply, whatever it is, is
 * answered with the next request. No parser, no clock, no statistics. The floor under
 * `interleave load`.
 *
 * Usage: canned_client PORT CONNECTIONS SECONDS; prints "REQUESTS CPU_SECONDS".
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const char request[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static int connect_one(const struct sockaddr_in *address, int epoll)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof *address) < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        return -1;
    return send(fd, request, sizeof request - 1, MSG_NOSIGNAL) > 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)strtol(argv[1], NULL, 10)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (long i = strtol(argv[2], NULL, 10); i > 0; i--) {
        if (connect_one(&address, epoll) < 0) {
            perror("canned_client");
            return 1;
        }
    }
    static char input[65536];
    struct epoll_event events[256];
    struct rusage before, after;
    unsigned long requests = 0;
    getrusage(RUSAGE_SELF, &before);
    double end = now_s() + strtod(argv[3], NULL);
    while (now_s() < end) {
        int count = epoll_wait(epoll, events, 256, 100);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (recv(fd, input, sizeof input, 0) <= 0 ||
                send(fd, request, sizeof request - 1, MSG_NOSIGNAL) < 0) {
                fprintf(stderr, "canned_client: a connection was lost\n");
                return 1;
            }
            requests++;
        }
    }
    getrusage(RUSAGE_SELF, &after);
    printf("%lu %.6f\n", requests,
           seconds(after.ru_utime) + seconds(after.ru_stime) - seconds(before.ru_utime) -
               seconds(before.ru_stime));
    return 0;
}

/* null_server.c - see null_server.h. */
#include "loadgen/search/null_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

#define START_PATIENCE_NS (15 * NS_PER_S)
#define STOP_PATIENCE_NS  (2 * NS_PER_S)

/* In the child: only what is allowed between fork and exec. */
static void become_server(int output, pid_t parent, char *const *arguments)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || dup2(output, STDOUT_FILENO) < 0)
        _exit(127);
    execv("/proc/self/exe", arguments);
    _exit(127);
}

/* Reads the line "listening on URL". 0, or -ECHILD where the child ended first. */
static int read_url(struct null_server_process *server)
{
    static const char announcement[] = "listening on ";
    char line[128] = "";
    size_t length = 0;
    uint64_t deadline_ns = clock_now_ns() + START_PATIENCE_NS;
    while (!strchr(line, '\n') && length < sizeof line - 1) {
        struct pollfd watched = {.fd = server->output, .events = POLLIN};
        if (clock_now_ns() >= deadline_ns)
            return -ETIMEDOUT;
        if (poll(&watched, 1, 100) <= 0)
            continue;
        ssize_t got = read(server->output, line + length, 1);
        if (got <= 0)
            return -ECHILD;
        length += (size_t)got;
    }
    if (strncmp(line, announcement, strlen(announcement)) != 0)
        return -EPROTO;
    const char *url = line + strlen(announcement);
    snprintf(server->url, sizeof server->url, "%.*s", (int)strcspn(url, "\r\n"), url);
    return 0;
}

int null_server_start(struct null_server_process *server, const char *cpus,
                      struct error *error)
{
    *server = (struct null_server_process){.output = -1};
    /* execv wants pointers to char, and changes nothing. */
    char *words[] = {memory_copy_string("interleave"),
                     memory_copy_string("serve"),
                     memory_copy_string("--model"),
                     memory_copy_string("null"),
                     memory_copy_string("--listen"),
                     memory_copy_string("127.0.0.1:0"),
                     cpus ? memory_copy_string("--cpus") : NULL,
                     cpus ? memory_copy_string(cpus) : NULL,
                     NULL};
    int ends[2] = {-1, -1}, code = 0;
    pid_t parent = getpid();
    if (pipe2(ends, O_CLOEXEC) == 0)
        server->pid = fork();
    if (ends[0] < 0 || server->pid < 0)
        code = -errno;
    else if (server->pid == 0)
        become_server(ends[1], parent, words);
    if (ends[1] >= 0)
        close(ends[1]);
    server->output = ends[0];
    if (code == 0)
        code = read_url(server);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        free(words[i]);
    if (code < 0) {
        null_server_stop(server);
        return error_set(error, code, "cannot start a null server: %s", strerror(-code));
    }
    return 0;
}

void null_server_stop(struct null_server_process *server)
{
    if (server->pid > 0) {
        kill(server->pid, SIGTERM);
        uint64_t deadline_ns = clock_now_ns() + STOP_PATIENCE_NS;
        while (waitpid(server->pid, NULL, WNOHANG) == 0) {
            if (clock_now_ns() >= deadline_ns)
                kill(server->pid, SIGKILL);
            clock_sleep_until_ns(clock_now_ns() + 5 * NS_PER_MS);
        }
    }
    if (server->output >= 0)
        close(server->output);
    *server = (struct null_server_process){.output = -1};
}

/* child.c - see child.h. */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/interrupt.h"

/* How much of a child's output is kept in memory, unless all of it is asked for. */
#define MAX_HEARD 65536

/* So long the rest of a child's group may outlive it without being a leftover. */
#define GROUP_END_NS NS_PER_S

/* How often child_pause returns at the latest. */
#define PAUSE_MS 50

/* ---- starting --------------------------------------------------------------------- */

static void fail_in_child(const char *doing) __attribute__((noreturn));
static void fail_in_child(const char *doing)
{
    dprintf(STDERR_FILENO, "cannot %s: %s\n", doing, strerror(errno));
    _exit(127);
}

/* Whether `variable`, "NAME=value", is set by one of the list. */
static bool is_set_again(const char *variable, const char *const *list)
{
    size_t length = strcspn(variable, "=") + 1;
    for (; list && *list; list++)
        if (strncmp(*list, variable, length) == 0)
            return true;
    return false;
}

/* Our environment with what the plan sets, NULL-terminated: a heap array that does not
 * own its strings. */
static const char **make_environment(const char *const *added)
{
    size_t count = 0, filled = 0;
    for (char **own = environ; *own; own++)
        count++;
    for (const char *const *word = added; word && *word; word++)
        count++;
    const char **all = memory_allocate((count + 1) * sizeof *all);
    for (char **own = environ; *own; own++)
        if (!is_set_again(*own, added))
            all[filled++] = *own;
    for (const char *const *word = added; word && *word; word++)
        all[filled++] = *word;
    all[filled] = NULL;
    return all;
}

/* Runs between fork and exec: only async-signal-safe calls until the exec. */
static void become_child(const struct child_plan *plan, const char *const *environment,
                         int output, pid_t parent) __attribute__((noreturn));
static void become_child(const struct child_plan *plan, const char *const *environment,
                         int output, pid_t parent)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (dup2(nothing, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
        (!plan->errors_apart && dup2(output, STDERR_FILENO) < 0))
        _exit(127);
    /* A descriptor that was in its place already would be closed by the exec. */
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        fcntl(fd, F_SETFD, 0);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127); /* the parent died before the line above */
    /* Blocked signals and ignored ones would pass through the exec. */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    if (plan->inherited > 0 && fcntl(plan->inherited, F_SETFD, 0) < 0)
        fail_in_child("keep a descriptor open");
    if (plan->cpus && sched_setaffinity(0, sizeof *plan->cpus, plan->cpus) < 0)
        fail_in_child("run on the CPUs of the plan");
    if (plan->folder && chdir(plan->folder) < 0)
        fail_in_child("enter its folder");
    /* execv takes char *const[] for history's sake and does not write to it. */
    union {
        const char *const *given;
        char *const *taken;
    } arguments = {plan->arguments}, variables = {environment};
    if (plan->program)
        execvpe(plan->program, arguments.taken, variables.taken);
    else
        execve("/proc/self/exe", arguments.taken, variables.taken);
    fail_in_child(plan->program ? plan->program : "start this program again");
}

static void close_if_open(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* The guard: a process that only reads from a pipe whose other end its parent holds. A
 * byte dismisses it; the end of the pipe means that the parent has died. */
static void guard_group(pid_t group, int channel) __attribute__((noreturn));
static void guard_group(pid_t group, int channel)
{
    setpgid(0, 0);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    /* Its copies of the parent's descriptors would keep pipes and sockets open. */
    dup2(channel, STDIN_FILENO);
    close_range(STDIN_FILENO + 1, ~0U, 0);
    char dismissal;
    if (read(STDIN_FILENO, &dismissal, 1) != 1)
        kill(-group, SIGKILL);
    _exit(0);
}

static int start_guard(struct child *child)
{
    int ends[2];
    /* As the subreaper this process becomes the parent of every descendant that loses its
     * own, and can wait for it in group_is_alive. */
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    child->guard = fork();
    if (child->guard == 0)
        guard_group(child->pid, ends[0]);
    int failure = errno;
    close(ends[0]);
    child->guard_pipe = ends[1];
    return child->guard < 0 ? -failure : 0;
}

static void dismiss_guard(struct child *child)
{
    if (child->guard > 0 && write(child->guard_pipe, "", 1) == 1)
        waitpid(child->guard, NULL, 0);
    close_if_open(&child->guard_pipe);
    child->guard = 0;
}

int child_start(struct child *child, const struct child_plan *plan, struct error *error)
{
    *child = (struct child)CHILD_NONE;
    child->keep_all = plan->keep_all;
    child->stop_signal = plan->stop_signal ? plan->stop_signal : SIGTERM;
    const char **environment = make_environment(plan->environment);
    int pipe_ends[2] = {-1, -1};
    int result = 0;
    if (plan->log_path)
        child->log = open(plan->log_path,
                          O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    if ((plan->log_path && child->log < 0) || pipe2(pipe_ends, O_CLOEXEC) < 0)
        goto failed;
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        goto failed;
    if (pid == 0)
        become_child(plan, environment, pipe_ends[1], parent);
    /* Parent and child both set the group, so that it is set whichever runs first. */
    setpgid(pid, pid);
    child->pid = pid;
    close_if_open(&pipe_ends[1]);
    child->output = pipe_ends[0];
    fcntl(child->output, F_SETFL, O_NONBLOCK);
    child->pidfd = pidfd_open(pid, 0);
    int guarded = child->pidfd >= 0 && plan->forks ? start_guard(child) : 0;
    if (guarded < 0)
        errno = -guarded;
    if (child->pidfd >= 0 && guarded == 0) {
        free(environment);
        return 0;
    }
failed:
    result = error_set(error, -errno, "cannot start %s: %s", plan->arguments[0],
                       strerror(errno));
    close_if_open(&pipe_ends[0]);
    close_if_open(&pipe_ends[1]);
    child->output = -1;
    free(environment);
    child_release(child);
    return result;
}

/* ---- watching --------------------------------------------------------------------- */

static void keep_heard(struct child *child, const char *bytes, size_t length)
{
    if (!child->keep_all && child->heard.length + length > MAX_HEARD) {
        size_t kept = child->heard.length / 2;
        memmove(child->heard.data, child->heard.data + child->heard.length - kept, kept);
        child->heard.length = kept;
    }
    text_append(&child->heard, bytes, length);
}

void child_listen(struct child *child)
{
    char chunk[4096];
    while (child->output >= 0) {
        ssize_t got = read(child->output, chunk, sizeof chunk);
        if (got > 0) {
            keep_heard(child, chunk, (size_t)got);
            /* A log that cannot be written costs the log, not the trial. */
            if (child->log >= 0 && write(child->log, chunk, (size_t)got) < 0)
                close_if_open(&child->log);
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            close_if_open(&child->output);
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

bool child_has_ended(struct child *child)
{
    if (child->ended || child->pid == 0)
        return true;
    if (wait4(child->pid, &child->status, WNOHANG, &child->usage) == child->pid) {
        child->ended = true;
        child_listen(child);
    }
    return child->ended;
}

static void sleep_until_news(struct child *child, int limit_ms)
{
    struct pollfd watched[2] = {{.fd = child->pidfd, .events = POLLIN},
                                {.fd = child->output, .events = POLLIN}};
    poll(watched, 2, limit_ms);
    child_listen(child);
}

bool child_wait(struct child *child, uint64_t deadline_ns)
{
    while (!child_has_ended(child)) {
        uint64_t now = clock_now_ns();
        if (now >= deadline_ns)
            return false;
        uint64_t left_ms = (deadline_ns - now) / NS_PER_MS + 1;
        sleep_until_news(child, left_ms < 1000 ? (int)left_ms : 1000);
    }
    return true;
}

int child_pause(struct child *child, uint64_t deadline_ns)
{
    if (interrupt_seen())
        return -EINTR;
    if (child_has_ended(child))
        return -ECHILD;
    if (clock_now_ns() > deadline_ns)
        return -ETIMEDOUT;
    sleep_until_news(child, PAUSE_MS);
    return 0;
}

bool child_has_announced(const struct child *child, const char *announcement, char *word,
                         size_t bytes)
{
    const char *at = strstr(text_string(&child->heard), announcement);
    if (!at || !strchr(at, '\n'))
        return false;
    at += strlen(announcement);
    snprintf(word, bytes, "%.*s", (int)strcspn(at, " \r\n"), at);
    return true;
}

int child_await_line(struct child *child, const char *announcement, uint64_t deadline_ns,
                     char *word, size_t bytes)
{
    int result = 0;
    while (result == 0 && !child_has_announced(child, announcement, word, bytes))
        result = child_pause(child, deadline_ns);
    return result;
}

/* ---- stopping --------------------------------------------------------------------- */

/* Whether something of the group is left; the child itself is waited for already. */
static bool group_is_alive(const struct child *child)
{
    /* Zombies would count: they are reaped first. */
    while (waitpid(-child->pid, NULL, WNOHANG) > 0)
        continue;
    return kill(-child->pid, 0) == 0 || errno == EPERM;
}

/* Waits a moment for processes that end because they see that their leader has ended. */
static bool group_ends(const struct child *child, uint64_t deadline_ns)
{
    uint64_t limit_ns = clock_now_ns() + GROUP_END_NS;
    deadline_ns = deadline_ns < limit_ns ? deadline_ns : limit_ns;
    while (group_is_alive(child)) {
        uint64_t now_ns = clock_now_ns();
        if (now_ns >= deadline_ns)
            return false;
        clock_sleep_until_ns(now_ns + 5 * NS_PER_MS);
    }
    return true;
}

bool child_stop(struct child *child, uint64_t grace_ns)
{
    if (child->pid == 0)
        return true;
    uint64_t deadline_ns = clock_now_ns() + grace_ns;
    bool by_itself = child_has_ended(child);
    if (!by_itself) {
        kill(child->pid, child->stop_signal);
        by_itself = child_wait(child, deadline_ns);
    }
    if (by_itself && group_ends(child, deadline_ns))
        return true;
    kill(-child->pid, SIGKILL);
    child_wait(child, clock_now_ns() + 10 * NS_PER_S);
    return false;
}

void child_release(struct child *child)
{
    if (child->pid != 0 && !child_has_ended(child))
        child_stop(child, 0);
    dismiss_guard(child);
    close_if_open(&child->pidfd);
    close_if_open(&child->output);
    close_if_open(&child->log);
    text_release(&child->heard);
    child->pid = 0;
}

/* ---- telling ---------------------------------------------------------------------- */

void child_describe_end(const struct child *child, char *buffer, size_t bytes)
{
    if (WIFSIGNALED(child->status))
        snprintf(buffer, bytes, "killed by signal %d (%s)", WTERMSIG(child->status),
                 strsignal(WTERMSIG(child->status)));
    else
        snprintf(buffer, bytes, "exit code %d", WEXITSTATUS(child->status));
}

void child_last_words(const struct child *child, char *buffer, size_t bytes)
{
    const char *words = text_string(&child->heard);
    size_t length = child->heard.length;
    while (length > 0 && (words[length - 1] == '\n' || words[length - 1] == ' '))
        length--;
    size_t start = length >= bytes ? length - bytes + 1 : 0;
    snprintf(buffer, bytes, "%.*s", (int)(length - start), words + start);
    for (char *p = buffer; *p; p++)
        if ((unsigned char)*p < 0x20)
            *p = ' ';
}

int child_capture(const char *const *arguments, uint64_t limit_ns, char **output,
                  struct error *error)
{
    struct child_plan plan = {
        .arguments = arguments, .errors_apart = true, .keep_all = true};
    struct child child;
    int result = child_start(&child, &plan, error);
    if (result < 0)
        return result;
    if (!child_wait(&child, clock_now_ns() + limit_ns)) {
        result = error_set(error, -ETIMEDOUT, "%s: took too long", arguments[0]);
    } else if (child.status != 0) {
        char end[128];
        child_describe_end(&child, end, sizeof end);
        result = error_set(error, -ECHILD, "%s %s: %s", arguments[0],
                           arguments[1] ? arguments[1] : "", end);
    } else {
        *output = text_steal(&child.heard);
    }
    child_release(&child);
    return result;
}

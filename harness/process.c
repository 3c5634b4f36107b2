/* process.c - see process.h. */
#include "harness/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

/* Of a talkative child's output, this much is kept in memory. */
#define HEARD_MOST 65536

static volatile sig_atomic_t interrupted;

static void note_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

void process_catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = note_interrupt,
                               .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool process_interrupted(void)
{
    return interrupted != 0;
}

/* ---- starting --------------------------------------------------------------------- */

static void fail_in_child(const char *doing) __attribute__((noreturn));
static void fail_in_child(const char *doing)
{
    dprintf(STDERR_FILENO, "cannot %s: %s\n", doing, strerror(errno));
    _exit(127);
}

/* Runs between fork and exec: only async-signal-safe calls until the exec. */
static void become_child(const struct child_plan *plan, int output, pid_t parent)
    __attribute__((noreturn));
static void become_child(const struct child_plan *plan, int output, pid_t parent)
{
    int input = plan->input >= 0 ? plan->input : open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
        (!plan->errors_apart && dup2(output, STDERR_FILENO) < 0))
        _exit(127);
    /* A descriptor that was in its place already would be closed by the exec. */
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        fcntl(fd, F_SETFD, 0);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127); /* the harness died before the line above */
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    if (plan->inherited >= 0 && fcntl(plan->inherited, F_SETFD, 0) < 0)
        fail_in_child("keep a descriptor open");
    if (plan->cpus && sched_setaffinity(0, sizeof *plan->cpus, plan->cpus) < 0)
        fail_in_child("run on the CPUs of the plan");
    if (plan->folder && chdir(plan->folder) < 0)
        fail_in_child("enter the folder of the trial");
    /* execv takes char *const[] for history's sake and does not write to it. */
    union {
        const char *const *given;
        char *const *taken;
    } arguments = {plan->arguments};
    if (plan->program)
        execvp(plan->program, arguments.taken);
    else
        execv("/proc/self/exe", arguments.taken);
    fail_in_child(plan->program ? plan->program : "start this program again");
}

static void close_if_open(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

int child_start(struct child *child, const struct child_plan *plan, struct error *error)
{
    *child = (struct child)CHILD_NONE;
    child->keep_all = plan->keep_all;
    int pipe_ends[2] = {-1, -1};
    int result = 0;
    if (plan->log_path)
        child->log = open(plan->log_path,
                          O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    if ((plan->log_path && child->log < 0) || pipe2(pipe_ends, O_CLOEXEC) < 0)
        goto failed;
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        goto failed;
    if (pid == 0)
        become_child(plan, pipe_ends[1], parent);
    /* Both sides set the group, so that it is set whoever runs first. */
    setpgid(pid, pid);
    child->pid = pid;
    close_if_open(&pipe_ends[1]);
    child->output = pipe_ends[0];
    fcntl(child->output, F_SETFL, O_NONBLOCK);
    child->pidfd = pidfd_open(pid, 0);
    if (child->pidfd >= 0)
        return 0;
failed:
    result = error_set(error, -errno, "cannot start %s: %s", plan->arguments[0],
                       strerror(errno));
    close_if_open(&pipe_ends[0]);
    close_if_open(&pipe_ends[1]);
    child->output = -1;
    child_release(child);
    return result;
}

/* ---- watching --------------------------------------------------------------------- */

static void keep_heard(struct child *child, const char *bytes, size_t length)
{
    if (!child->keep_all && child->heard.length + length > HEARD_MOST) {
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

bool child_wait(struct child *child, uint64_t deadline_ns)
{
    while (!child_has_ended(child)) {
        uint64_t now = clock_now_ns();
        if (now >= deadline_ns)
            return false;
        uint64_t left_ms = (deadline_ns - now) / NS_PER_MS + 1;
        struct pollfd watched[2] = {{.fd = child->pidfd, .events = POLLIN},
                                    {.fd = child->output, .events = POLLIN}};
        poll(watched, 2, left_ms < 1000 ? (int)left_ms : 1000);
        child_listen(child);
    }
    return true;
}

/* ---- stopping --------------------------------------------------------------------- */

/* Something of the group is left (the child itself is waited for already). */
static bool group_is_alive(const struct child *child)
{
    return kill(-child->pid, 0) == 0 || errno == EPERM;
}

bool child_stop(struct child *child, uint64_t grace_ns)
{
    if (child->pid == 0)
        return true;
    bool by_itself = child_has_ended(child);
    if (!by_itself) {
        kill(child->pid, SIGTERM);
        by_itself = child_wait(child, clock_now_ns() + grace_ns);
    }
    if (by_itself && !group_is_alive(child))
        return true;
    kill(-child->pid, SIGKILL);
    child_wait(child, clock_now_ns() + 10 * NS_PER_S);
    return false;
}

void child_release(struct child *child)
{
    if (child->pid != 0 && !child_has_ended(child))
        child_stop(child, 0);
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

static int open_input(const char *input)
{
    int fd = memfd_create("input", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    size_t length = strlen(input);
    if (write(fd, input, length) != (ssize_t)length || lseek(fd, 0, SEEK_SET) < 0) {
        close(fd);
        return -EIO;
    }
    return fd;
}

int process_capture(const char *program, const char *const *arguments, const char *folder,
                    const char *input, uint64_t limit_ns, char **output,
                    struct error *error)
{
    int input_fd = input ? open_input(input) : -1;
    if (input && input_fd < 0)
        return error_set(error, input_fd, "cannot pass input to %s", arguments[0]);
    struct child_plan plan = {.program = program,
                              .arguments = arguments,
                              .folder = folder,
                              .inherited = -1,
                              .input = input_fd,
                              .errors_apart = true,
                              .keep_all = true};
    struct child child;
    int result = child_start(&child, &plan, error);
    close_if_open(&input_fd);
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

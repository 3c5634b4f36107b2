/* events.c - see events.h. */
#include "loadgen/engine/events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_socket(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

int events_check(int fd, struct error *error)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
        return error_set(error, -EBADF,
                         "--events: expected a descriptor open for writing, got %d", fd);
    return 0;
}

void events_tell(int fd, const char *phase)
{
    if (fd < 0)
        return;
    char line[32];
    int length = snprintf(line, sizeof line, "%s\n", phase);
    /* Ignored: a run does not fail because the reader has gone. */
    ssize_t wrote = is_socket(fd) ? send(fd, line, (size_t)length, MSG_NOSIGNAL)
                                  : write(fd, line, (size_t)length);
    (void)wrote;
}

bool events_are_answered(int fd)
{
    return fd >= 0 && is_socket(fd);
}

void events_take_answer(int fd)
{
    char answer;
    ssize_t got = recv(fd, &answer, 1, MSG_DONTWAIT);
    (void)got;
}

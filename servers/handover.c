/* handover.c - see handover.h. */
#include "servers/handover.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A message of one byte, which says nothing, and space for one descriptor. */
struct descriptor_message {
    struct msghdr header;
    struct iovec part;
    char byte;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
};

static void message_init(struct descriptor_message *message)
{
    memset(message, 0, sizeof *message);
    message->part = (struct iovec){&message->byte, 1};
    message->header = (struct msghdr){
        .msg_iov = &message->part,
        .msg_iovlen = 1,
        .msg_control = message->control,
        .msg_controllen = sizeof message->control,
    };
}

int handover_open(int ends[2])
{
    const int type = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;
    return socketpair(AF_UNIX, type, 0, ends) < 0 ? -errno : 0;
}

int handover_send(int channel, int fd)
{
    struct descriptor_message message;
    message_init(&message);
    struct cmsghdr *content = CMSG_FIRSTHDR(&message.header);
    content->cmsg_level = SOL_SOCKET;
    content->cmsg_type = SCM_RIGHTS;
    content->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(content), &fd, sizeof fd);
    ssize_t sent;
    do
        sent = sendmsg(channel, &message.header, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    close(fd);
    return 0;
}

int handover_receive(int channel)
{
    struct descriptor_message message;
    message_init(&message);
    ssize_t got;
    do
        got = recvmsg(channel, &message.header, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return -EAGAIN;
    int fd = -1;
    const struct cmsghdr *content = CMSG_FIRSTHDR(&message.header);
    if (content && content->cmsg_len >= CMSG_LEN(sizeof fd))
        memcpy(&fd, CMSG_DATA(content), sizeof fd);
    return fd >= 0 ? fd : -EMFILE;
}

/*
 * uring_loop.c - the least an io_uring server can do: whatever arrives is answered with
 * a canned reply. One accept and one receive for each client that complete again and
 * again, buffers that the ring picks, sends told in the call that waits. No parser, no
 * accounting. The floor under the io-uring model.
 *
 * Usage: uring_loop PORT
 */
#include <arpa/inet.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFERS      1024
#define BUFFER_BYTES 2048

static char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, World!";

/* The low bits of the user data; the rest is the client's descriptor. */
enum { ACCEPTED, RECEIVED, SENT };

static struct io_uring ring;
static struct io_uring_buf_ring *supply;
static char *buffers;

static struct io_uring_sqe *next_entry(void)
{
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring);
    if (!entry) {
        io_uring_submit(&ring);
        entry = io_uring_get_sqe(&ring);
    }
    if (!entry)
        abort();
    return entry;
}

/* To be called last: preparing an operation clears what it is about. */
static void name(struct io_uring_sqe *entry, int fd, unsigned subject)
{
    io_uring_sqe_set_data64(entry, (uint64_t)fd << 2 | subject);
}

static void give_buffer(unsigned id)
{
    io_uring_buf_ring_add(supply, buffers + (size_t)id * BUFFER_BYTES, BUFFER_BYTES,
                          (unsigned short)id, io_uring_buf_ring_mask(BUFFERS), 0);
    io_uring_buf_ring_advance(supply, 1);
}

static void receive(int fd)
{
    struct io_uring_sqe *entry = next_entry();
    io_uring_prep_recv_multishot(entry, fd, NULL, 0, 0);
    entry->flags |= IOSQE_BUFFER_SELECT;
    name(entry, fd, RECEIVED);
}

static void answer(int fd)
{
    struct io_uring_sqe *entry = next_entry();
    io_uring_prep_send(entry, fd, reply, sizeof reply - 1, MSG_NOSIGNAL | MSG_WAITALL);
    name(entry, fd, SENT);
}

static void on_completion(const struct io_uring_cqe *completion)
{
    int fd = (int)(completion->user_data >> 2), one = 1;
    switch (completion->user_data & 3) {
    case ACCEPTED:
        if (completion->res < 0)
            abort();
        setsockopt(completion->res, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        receive(completion->res);
        break;
    case RECEIVED:
        if (completion->flags & IORING_CQE_F_BUFFER)
            give_buffer(completion->flags >> IORING_CQE_BUFFER_SHIFT);
        if (completion->res > 0)
            answer(fd);
        if (!(completion->flags & IORING_CQE_F_MORE) &&
            (completion->res > 0 || completion->res == -ENOBUFS))
            receive(fd);
        else if (!(completion->flags & IORING_CQE_F_MORE))
            close(fd);
        break;
    }
}

static void open_ring(void)
{
    struct io_uring_params params = {.flags = IORING_SETUP_SINGLE_ISSUER |
                                              IORING_SETUP_DEFER_TASKRUN |
                                              IORING_SETUP_CQSIZE,
                                     .cq_entries = 16384};
    struct io_uring_buf_reg registration = {.ring_entries = BUFFERS};
    supply = mmap(NULL, BUFFERS * (sizeof(struct io_uring_buf) + BUFFER_BYTES),
                  PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    registration.ring_addr = (uint64_t)(uintptr_t)supply;
    if (supply == MAP_FAILED || io_uring_queue_init_params(1024, &ring, &params) < 0 ||
        io_uring_register_buf_ring(&ring, &registration, 0) < 0) {
        fprintf(stderr, "uring_loop: needs io_uring of Linux 6.1 or later\n");
        exit(1);
    }
    buffers = (char *)supply + BUFFERS * sizeof(struct io_uring_buf);
    io_uring_buf_ring_init(supply);
    for (unsigned id = 0; id < BUFFERS; id++)
        give_buffer(id);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtol(argv[1], NULL, 10)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (const struct sockaddr *)&address, sizeof address) < 0 ||
        listen(listener, 4096) < 0) {
        fprintf(stderr, "uring_loop: cannot listen on port %s\n", argv[1]);
        return 1;
    }
    open_ring();
    struct io_uring_sqe *entry = next_entry();
    io_uring_prep_multishot_accept(entry, listener, NULL, NULL, SOCK_CLOEXEC);
    name(entry, listener, ACCEPTED);
    while (1) {
        struct io_uring_cqe *completion;
        unsigned head, count = 0;
        io_uring_submit_and_wait(&ring, 1);
        io_uring_for_each_cqe(&ring, head, completion)
        {
            on_completion(completion);
            count++;
        }
        io_uring_cq_advance(&ring, count);
    }
}

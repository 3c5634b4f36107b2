/*
 * loop_uring.c - the loop on completions: io_uring does what it was told, and says when
 * it has. One multishot accept, and one multishot receive for each client, complete again
 * and again; received bytes come in provided buffers, which the ring picks from a common
 * supply; sends, descriptors of steps and the wake-up are submitted by the same call that
 * waits, or by one of their own before a computation on the loop.
 *
 * That call may also do the work of what it submits, so the clock cannot tell its sleep
 * from its work: the loop counts as idle while its thread is on no CPU.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "servers/event.h"
#include "servers/models/loop_core.h"
#include "servers/models/loop_uring.h"

#define SUBMISSIONS 1024
#define COMPLETIONS (16 * 1024)

/* Enough for a burst from so many clients. Without a buffer a receive ends with ENOBUFS,
 * and is submitted again. */
#define BUFFERS      1024
#define BUFFER_BYTES (2 * 1024)
#define BUFFER_GROUP 0

/* What a completion is about: in the low bits of its user data. The rest is a pointer. */
enum subject {
    ABOUT_NOTHING, /* the outcome of a cancellation, which is ignored */
    ABOUT_ACCEPT,
    ABOUT_CAPACITY,
    ABOUT_STOP,
    ABOUT_WAKE,
    ABOUT_RECEIVE, /* a struct uring_client */
    ABOUT_SEND,    /* likewise */
    ABOUT_STEP,    /* a struct uring_poll */
};
#define SUBJECT_MASK 7U

struct uring_loop {
    struct loop loop;
    struct io_uring ring;
    bool has_ring;
    struct io_uring_buf_ring *supply; /* of buffers; mapped, the buffers behind it */
    char *buffers;
    int wake_fd;
    uint64_t wakes;               /* read from it */
    bool accepting;               /* the accept is registered */
    int *parked;                  /* accepted at the cap; see park */
    size_t parked_count;          /* in `parked` */
    size_t parked_capacity;       /* of `parked` */
    uint64_t begin_ns;            /* when the loop began */
    struct uring_client *leaving; /* closed, and nothing in flight */
    bool finished;
};

struct uring_client {
    struct loop_client client;
    struct output_rest *rest; /* being sent */
    struct msghdr message;    /* of it, where it has several parts */
    struct uring_poll *poll;
    struct uring_client *next_leaving;
    unsigned in_flight; /* operations on the socket */
    bool receiving;     /* the receive is registered */
    bool leaves;        /* is in the list of those freed at the end of this turn */
};

/* Outlives its client where that leaves first. */
struct uring_poll {
    struct uring_client *client; /* NULL: it was cancelled, or its client has gone */
};

static struct uring_loop *loop_of(struct loop *loop)
{
    return CONTAINER_OF(loop, struct uring_loop, loop);
}

static struct uring_client *client_of(struct loop_client *client)
{
    return CONTAINER_OF(client, struct uring_client, client);
}

/* ---- submitting ------------------------------------------------------------------- */

static uint64_t about(enum subject subject, const void *what)
{
    return (uint64_t)(uintptr_t)what | subject;
}

/* Submitting empties a full submission queue. */
static struct io_uring_sqe *next_entry(struct uring_loop *own)
{
    struct io_uring_sqe *entry = io_uring_get_sqe(&own->ring);
    if (!entry) {
        io_uring_submit(&own->ring);
        entry = io_uring_get_sqe(&own->ring);
    }
    if (!entry)
        abort();
    return entry;
}

static void cancel(struct uring_loop *own, uint64_t what)
{
    struct io_uring_sqe *entry = next_entry(own);
    io_uring_prep_cancel64(entry, what, 0);
    io_uring_sqe_set_data64(entry, about(ABOUT_NOTHING, NULL));
}

static void poll_for(struct uring_loop *own, int fd, unsigned events, uint64_t data)
{
    struct io_uring_sqe *entry = next_entry(own);
    io_uring_prep_poll_add(entry, fd, events);
    io_uring_sqe_set_data64(entry, data);
}

static void await_wake(struct uring_loop *own)
{
    struct io_uring_sqe *entry = next_entry(own);
    io_uring_prep_read(entry, own->wake_fd, &own->wakes, sizeof own->wakes, 0);
    io_uring_sqe_set_data64(entry, about(ABOUT_WAKE, NULL));
}

static void await_connections(struct uring_loop *own)
{
    struct io_uring_sqe *entry = next_entry(own);
    /* Without SOCK_NONBLOCK, as the ring waits for blocking sockets alone. */
    io_uring_prep_multishot_accept(entry, own->loop.service.server->listen_fd, NULL, NULL,
                                   SOCK_CLOEXEC);
    io_uring_sqe_set_data64(entry, about(ABOUT_ACCEPT, NULL));
    own->accepting = true;
}

/* ---- receiving -------------------------------------------------------------------- */

static void give_back_buffer(struct uring_loop *own, unsigned id)
{
    io_uring_buf_ring_add(own->supply, own->buffers + (size_t)id * BUFFER_BYTES,
                          BUFFER_BYTES, (unsigned short)id,
                          io_uring_buf_ring_mask(BUFFERS), 0);
    io_uring_buf_ring_advance(own->supply, 1);
}

static void receive(struct uring_client *own)
{
    struct io_uring_sqe *entry = next_entry(loop_of(own->client.loop));
    io_uring_prep_recv_multishot(entry, own->client.fd, NULL, 0, 0);
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->buf_group = BUFFER_GROUP;
    io_uring_sqe_set_data64(entry, about(ABOUT_RECEIVE, own));
    own->receiving = true;
    own->in_flight++;
}

static int set_reading(struct loop_client *client, bool wanted)
{
    struct uring_client *own = client_of(client);
    if (wanted && !own->receiving)
        receive(own);
    else if (!wanted && own->receiving)
        cancel(loop_of(client->loop), about(ABOUT_RECEIVE, own));
    return 0;
}

static void leave_if_done(struct uring_client *own)
{
    struct uring_loop *loop = loop_of(own->client.loop);
    if (!own->client.closing || own->in_flight > 0 || own->leaves)
        return;
    own->leaves = true;
    own->next_leaving = loop->leaving;
    loop->leaving = own;
}

/* Whether a receive ended for a reason that says nothing about the client. */
static bool only_stopped(int result)
{
    return result == -ECANCELED || result == -ENOBUFS || result == -EINTR;
}

static void on_received(struct uring_client *own, const struct io_uring_cqe *completion)
{
    struct uring_loop *loop = loop_of(own->client.loop);
    int result = completion->res;
    if (!(completion->flags & IORING_CQE_F_MORE)) {
        own->receiving = false;
        own->in_flight--;
    }
    if (completion->flags & IORING_CQE_F_BUFFER) {
        unsigned id = completion->flags >> IORING_CQE_BUFFER_SHIFT;
        if (result > 0)
            loop_received(&own->client, loop->buffers + (size_t)id * BUFFER_BYTES,
                          result);
        give_back_buffer(loop, id);
    }
    if (result <= 0 && !only_stopped(result))
        loop_received(&own->client, NULL, result);
    if (!own->client.closing && own->client.reading && !own->receiving)
        receive(own);
    leave_if_done(own);
}

/* ---- sending ---------------------------------------------------------------------- */

static void send_rest(struct uring_client *own)
{
    struct io_uring_sqe *entry = next_entry(loop_of(own->client.loop));
    const struct output_rest *rest = own->rest;
    const struct iovec *part = &rest->parts[rest->first];
    if (rest->end - rest->first == 1) {
        io_uring_prep_send(entry, own->client.fd, part->iov_base, part->iov_len,
                           MSG_NOSIGNAL | MSG_WAITALL);
    } else {
        own->message = (struct msghdr){
            .msg_iov = (struct iovec *)(uintptr_t)part,
            .msg_iovlen = (size_t)(rest->end - rest->first),
        };
        io_uring_prep_sendmsg(entry, own->client.fd, &own->message,
                              MSG_NOSIGNAL | MSG_WAITALL);
    }
    io_uring_sqe_set_data64(entry, about(ABOUT_SEND, own));
    own->in_flight++;
}

static int send_output(struct loop_client *client, struct output *output)
{
    struct uring_client *own = client_of(client);
    own->rest = output_detach(output);
    if (!own->rest)
        return -ENOMEM;
    send_rest(own);
    return 1;
}

static void on_sent(struct uring_client *own, int result)
{
    own->in_flight--;
    bool left = result >= 0 && output_rest_consume(own->rest, (size_t)result);
    if (left && !own->client.closing) {
        send_rest(own);
        return;
    }
    free(own->rest);
    own->rest = NULL;
    loop_sent(&own->client, result < 0 ? result : 0);
    leave_if_done(own);
}

/* ---- clients ---------------------------------------------------------------------- */

static int add(struct loop_client *client)
{
    (void)client;
    return 0;
}

/* The socket is closed when the ring has no more to do with it. */
static void close_client(struct loop_client *client)
{
    struct uring_client *own = client_of(client);
    if (own->receiving)
        cancel(loop_of(client->loop), about(ABOUT_RECEIVE, own));
    if (own->rest)
        cancel(loop_of(client->loop), about(ABOUT_SEND, own));
    leave_if_done(own);
}

static void let_leave(struct uring_loop *own)
{
    struct uring_client *client;
    while ((client = own->leaving)) {
        own->leaving = client->next_leaving;
        close(client->client.fd);
        free(client->rest);
        loop_drop(&client->client);
    }
}

/* First come, first served. */
static void admit_parked(struct uring_loop *own)
{
    size_t admitted = 0;
    while (admitted < own->parked_count && loop_admit(&own->loop, own->parked[admitted]))
        admitted++;
    own->parked_count -= admitted;
    memmove(own->parked, own->parked + admitted, own->parked_count * sizeof *own->parked);
}

static void listen_or_not(struct loop *loop, bool wanted)
{
    struct uring_loop *own = loop_of(loop);
    if (!wanted) {
        if (own->accepting)
            cancel(own, about(ABOUT_ACCEPT, NULL));
        return;
    }
    if (own->parked_count > 0)
        admit_parked(own);
    if (!loop->paused && !own->accepting)
        await_connections(own);
}

/* A connection that came while the accept was being cancelled: kept until the cap allows
 * it. */
static void park(struct uring_loop *own, int fd)
{
    if (own->parked_count == own->parked_capacity) {
        own->parked_capacity = own->parked_capacity ? 2 * own->parked_capacity : 64;
        own->parked =
            memory_resize(own->parked, own->parked_capacity * sizeof *own->parked);
    }
    own->parked[own->parked_count++] = fd;
}

static void on_accepted(struct uring_loop *own, const struct io_uring_cqe *completion)
{
    int fd = completion->res;
    if (!(completion->flags & IORING_CQE_F_MORE))
        own->accepting = false;
    if (own->loop.stopping) {
        if (fd >= 0)
            close(fd);
        return;
    }
    bool is_taken = fd == -ECANCELED || (!own->loop.paused && loop_admit(&own->loop, fd));
    if (!is_taken && fd >= 0)
        park(own, fd);
    if (!own->accepting && !own->loop.paused)
        await_connections(own);
}

/* ---- steps ------------------------------------------------------------------------ */

static int watch(struct loop_client *client, int fd, bool writable)
{
    struct uring_poll *poll = malloc(sizeof *poll);
    if (!poll)
        return -ENOMEM;
    poll->client = client_of(client);
    poll->client->poll = poll;
    poll_for(loop_of(client->loop), fd, writable ? POLLOUT : POLLIN,
             about(ABOUT_STEP, poll));
    return 0;
}

static void unwatch(struct loop_client *client)
{
    struct uring_client *own = client_of(client);
    if (!own->poll)
        return;
    own->poll->client = NULL;
    cancel(loop_of(client->loop), about(ABOUT_STEP, own->poll));
    own->poll = NULL;
}

static void on_step(struct uring_poll *poll)
{
    struct uring_client *client = poll->client;
    free(poll);
    if (!client)
        return;
    client->poll = NULL;
    loop_step_ready(&client->client);
}

/* ---- the loop --------------------------------------------------------------------- */

static void stop(struct uring_loop *own)
{
    if (own->accepting)
        cancel(own, about(ABOUT_ACCEPT, NULL));
    loop_stop(&own->loop);
}

static void watch_for_capacity(struct uring_loop *own)
{
    poll_for(own, own->loop.service.server->capacity_fd, POLLIN,
             about(ABOUT_CAPACITY, NULL));
}

static void on_completion(struct uring_loop *own, const struct io_uring_cqe *completion)
{
    void *what = (void *)(uintptr_t)(completion->user_data & ~(uint64_t)SUBJECT_MASK);
    switch ((enum subject)(completion->user_data & SUBJECT_MASK)) {
    case ABOUT_NOTHING:
        break;
    case ABOUT_ACCEPT:
        on_accepted(own, completion);
        break;
    case ABOUT_CAPACITY:
        loop_has_capacity(&own->loop);
        watch_for_capacity(own);
        break;
    case ABOUT_STOP:
        stop(own);
        break;
    case ABOUT_WAKE:
        loop_take_back(&own->loop);
        await_wake(own);
        break;
    case ABOUT_RECEIVE:
        on_received(what, completion);
        break;
    case ABOUT_SEND:
        on_sent(what, completion->res);
        break;
    case ABOUT_STEP:
        on_step(what);
        break;
    }
}

/* Submits what has gathered, and sleeps until something completes or is due. */
static void submit_and_sleep(struct uring_loop *own)
{
    struct io_uring_cqe *first;
    uint64_t due_ns = loop_due_ns(&own->loop), now_ns = clock_now_ns();
    uint64_t left_ns = due_ns > now_ns ? due_ns - now_ns : 0;
    struct __kernel_timespec left = {.tv_sec = (long long)(left_ns / NS_PER_S),
                                     .tv_nsec = (long long)(left_ns % NS_PER_S)};
    if (due_ns && left_ns == 0)
        io_uring_submit_and_get_events(&own->ring);
    else
        io_uring_submit_and_wait_timeout(&own->ring, &first, 1, due_ns ? &left : NULL,
                                         NULL);
    own->loop.now_ns = clock_now_ns();
}

static void flush(struct loop *loop)
{
    struct uring_loop *own = loop_of(loop);
    if (io_uring_sq_ready(&own->ring) > 0)
        io_uring_submit(&own->ring);
}

static void take_completions(struct uring_loop *own)
{
    struct io_uring_cqe *completion;
    unsigned head, count = 0, ready = io_uring_cq_ready(&own->ring);
    io_uring_for_each_cqe(&own->ring, head, completion)
    {
        if (count == ready)
            break;
        on_completion(own, completion);
        count++;
    }
    io_uring_cq_advance(&own->ring, count);
}

static void run(struct loop *loop)
{
    struct uring_loop *own = loop_of(loop);
    while (!own->finished) {
        submit_and_sleep(own);
        take_completions(own);
        loop_run_due(loop);
        let_leave(own);
    }
}

static void finish(struct loop *loop)
{
    loop_of(loop)->finished = true;
}

static void wake(struct loop *loop)
{
    event_raise(loop_of(loop)->wake_fd);
}

static uint64_t idle_ns(const struct loop *loop)
{
    const struct uring_loop *own =
        (const struct uring_loop *)(const void *)loop; /* its first member */
    uint64_t life_ns = clock_now_ns() - own->begin_ns, busy_ns = clock_thread_cpu_ns();
    return life_ns > busy_ns ? life_ns - busy_ns : 0;
}

/* ---- opening ---------------------------------------------------------------------- */

/* The best flags that this kernel knows: with IORING_SETUP_DEFER_TASKRUN it works on
 * completions only when the loop asks for them. */
static int open_ring(struct io_uring *ring)
{
    static const unsigned flags[] = {IORING_SETUP_SINGLE_ISSUER |
                                         IORING_SETUP_DEFER_TASKRUN,
                                     IORING_SETUP_COOP_TASKRUN, 0};
    int result = -EINVAL;
    for (size_t i = 0; i < sizeof flags / sizeof *flags && result == -EINVAL; i++) {
        struct io_uring_params params = {.flags = flags[i] | IORING_SETUP_CQSIZE,
                                         .cq_entries = COMPLETIONS};
        result = io_uring_queue_init_params(SUBMISSIONS, ring, &params);
    }
    return result;
}

static size_t supply_bytes(void)
{
    return BUFFERS * (sizeof(struct io_uring_buf) + BUFFER_BYTES);
}

static int open_buffers(struct uring_loop *own)
{
    void *mapping = mmap(NULL, supply_bytes(), PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED)
        return -errno;
    own->supply = mapping;
    own->buffers = (char *)mapping + BUFFERS * sizeof(struct io_uring_buf);
    struct io_uring_buf_reg registration = {.ring_addr = (uint64_t)(uintptr_t)mapping,
                                            .ring_entries = BUFFERS,
                                            .bgid = BUFFER_GROUP};
    int result = io_uring_register_buf_ring(&own->ring, &registration, 0);
    if (result < 0)
        return result;
    io_uring_buf_ring_init(own->supply);
    for (unsigned id = 0; id < BUFFERS; id++)
        give_back_buffer(own, id);
    return 0;
}

/* The ring waits for descriptors that block, and gives up at once on others. */
static int make_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0 ? -errno : 0;
}

static int open_loop(struct loop *loop, struct error *error)
{
    struct uring_loop *own = loop_of(loop);
    const struct server *server = loop->service.server;
    own->begin_ns = clock_now_ns();
    own->wake_fd = eventfd(0, EFD_CLOEXEC);
    int result = own->wake_fd < 0 ? -errno : open_ring(&own->ring);
    own->has_ring = result == 0;
    if (result == 0)
        result = open_buffers(own);
    if (result == 0)
        result = make_blocking(server->listen_fd);
    if (result < 0)
        return error_set(error, result, "cannot open a ring: %s", strerror(-result));
    poll_for(own, server->stop_fd, POLLIN, about(ABOUT_STOP, NULL));
    watch_for_capacity(own);
    await_wake(own);
    await_connections(own);
    return 0;
}

static void close_loop(struct loop *loop)
{
    struct uring_loop *own = loop_of(loop);
    if (own->has_ring)
        io_uring_queue_exit(&own->ring);
    if (own->supply)
        munmap(own->supply, supply_bytes());
    if (own->wake_fd >= 0)
        close(own->wake_fd);
    while (own->parked_count > 0)
        close(own->parked[--own->parked_count]);
    free(own->parked);
}

bool uring_is_supported(struct error *why)
{
    struct io_uring ring;
    int result = open_ring(&ring);
    if (result == -ENOSYS)
        error_set(why, result, "this kernel has no io_uring");
    else if (result < 0)
        error_set(why, result,
                  "io_uring cannot be used: %s (a seccomp filter, or sysctl "
                  "kernel.io_uring_disabled, may forbid it)",
                  strerror(-result));
    if (result < 0)
        return false;
    /* The multishot receive cannot be probed for; the zero-copy send, which came with the
     * same Linux 6.0, can. */
    struct io_uring_probe *probe = io_uring_get_probe_ring(&ring);
    bool recent = probe && io_uring_opcode_supported(probe, IORING_OP_SEND_ZC);
    if (probe)
        io_uring_free_probe(probe);
    io_uring_queue_exit(&ring);
    if (!recent)
        error_set(why, -ENOTSUP, "needs io_uring of Linux 6.0 or later");
    return recent;
}

const struct loop_backend uring_backend = {
    .loop_bytes = sizeof(struct uring_loop),
    .client_bytes = sizeof(struct uring_client),
    .open = open_loop,
    .listen = listen_or_not,
    .run = run,
    .finish = finish,
    .close = close_loop,
    .wake = wake,
    .idle_ns = idle_ns,
    .add = add,
    .set_reading = set_reading,
    .send = send_output,
    .flush = flush,
    .watch = watch,
    .unwatch = unwatch,
    .close_client = close_client,
};

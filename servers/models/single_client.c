/* single_client.c - see single_client.h. */
#include "servers/models/single_client.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>

#include "base/sanitizer.h"

/*
 * ThreadSanitizer keeps signals back until it takes part in a call, and in a process that
 * was forked from one with several threads it takes part in none: there the signal goes
 * to the handler by the C library's own name for the same function.
 */
#if HAS_THREAD_SANITIZER
int __sigaction(int signal, const struct sigaction *action, struct sigaction *before);
#define set_action __sigaction
#else
#define set_action sigaction
#endif

/* The stop flag of this process: the socket that the order to stop shuts, or -1. */
static volatile sig_atomic_t served_fd = -1;

static void end_input(int signal)
{
    (void)signal;
    int saved = errno;
    if (served_fd >= 0)
        shutdown(served_fd, SHUT_RD);
    errno = saved;
}

void single_client_listen_for_stop(void)
{
    struct sigaction action = {.sa_handler = end_input, .sa_flags = SA_RESTART};
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    set_action(SIGTERM, &action, NULL);
    pthread_sigmask(SIG_UNBLOCK, &wanted, NULL);
}

void single_client_serve(struct blocking_thread *thread, struct clients *clients, int fd)
{
    struct client *client = clients_add(clients, thread->service.worker, fd);
    if (!client)
        return;
    served_fd = fd;
    /* The signal may have come before there was something to shut. */
    if (server_is_stopping(clients->server))
        end_input(SIGTERM);
    blocking_serve_client(thread, client);
    served_fd = -1;
    clients_remove(client);
}

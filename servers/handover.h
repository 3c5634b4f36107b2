/*
 * handover.h - passes a connected socket to another process, as a descriptor in a message
 * over a UNIX socket (SCM_RIGHTS). Nothing blocks.
 */
#ifndef SERVERS_HANDOVER_H
#define SERVERS_HANDOVER_H

#include "base/error.h"

/* A channel that keeps messages apart: ends[0] sends, ends[1] receives. 0 or -errno. */
MUST_CHECK int handover_open(int ends[2]);

/* Sends a descriptor, and closes it here. 0; or -errno, and it is still the caller's:
 * -EAGAIN when the channel is full. */
MUST_CHECK int handover_send(int channel, int fd);

/* The next descriptor, close-on-exec; -EAGAIN when there is none; -EMFILE when one was
 * sent, and the system has closed it because this process can hold no more. */
MUST_CHECK int handover_receive(int channel);

#endif

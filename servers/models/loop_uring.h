/*
 * loop_uring.h - whether loops can stand on io_uring here.
 */
#ifndef SERVERS_MODELS_LOOP_URING_H
#define SERVERS_MODELS_LOOP_URING_H

#include <stdbool.h>

#include "base/error.h"

/* False with the reason where the kernel has no io_uring, forbids it, or has one that is
 * too old. */
bool uring_is_supported(struct error *why);

#endif

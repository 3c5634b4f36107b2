/*
 * fnv1a.h - the 64-bit hash FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo): short,
 * and the same on every machine. It is no protection against intent.
 */
#ifndef BASE_FNV1A_H
#define BASE_FNV1A_H

#include <stddef.h>
#include <stdint.h>

/* The hash of no bytes. */
#define FNV1A_BASIS 0xcbf29ce484222325ULL

/* The hash of what `hash` stands for, and these bytes after it. */
static inline uint64_t fnv1a(uint64_t hash, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3ULL;
    return hash;
}

#endif

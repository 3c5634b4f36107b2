/*
 * sanitizer.h - HAS_THREAD_SANITIZER: whether this is built with ThreadSanitizer, which
 * has to be told of some things that it cannot see.
 */
#ifndef BASE_SANITIZER_H
#define BASE_SANITIZER_H

#ifdef __has_feature
#define SANITIZER_FEATURE(feature) __has_feature(feature)
#else
#define SANITIZER_FEATURE(feature) 0
#endif

#if defined(__SANITIZE_THREAD__) || SANITIZER_FEATURE(thread_sanitizer)
#define HAS_THREAD_SANITIZER 1
#else
#define HAS_THREAD_SANITIZER 0
#endif

#endif

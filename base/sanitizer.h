/*
 * sanitizer.h - whether this is built with ThreadSanitizer, for what it has to be told.
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

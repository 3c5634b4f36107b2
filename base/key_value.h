/*
 * key_value.h - files of one key and one value a line, as the kernel writes them:
 * "MemTotal:   1024 kB", "model name : AMD EPYC", "pswpin 12", and NAME="value" of
 * /etc/os-release.
 *
 * Pure functions over the file's content. A key stands at the beginning of a line, and is
 * followed by a blank, a colon or an equals sign; of several lines the first counts.
 */
#ifndef BASE_KEY_VALUE_H
#define BASE_KEY_VALUE_H

/* The number at the beginning of the value; NaN where the key or the value is missing. */
double key_value_number(const char *content, const char *key);

/* The value without its quotes, on the heap; NULL where the key is missing. */
char *key_value_text(const char *content, const char *key);

#endif

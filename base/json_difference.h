/* json_difference.h - in which leaves two JSON texts differ. */
#ifndef BASE_JSON_DIFFERENCE_H
#define BASE_JSON_DIFFERENCE_H

#include <cjson/cJSON.h>
#include <stddef.h>

/* One leaf: its path, "rows[3].why", and its values as JSON, a container in place of one
 * being "{...}" or "[...]". NULL: it is not there. */
typedef void json_difference_take(void *context, const char *path, const char *a,
                                  const char *b);

/*
 * Calls `take` with each leaf that differs, in the order of `a`, what `b` alone has last,
 * and returns how many there are. Numbers are the same only to the last bit; the order of
 * keys makes no difference, that of elements does. `a` and `b` NULL: nothing is there.
 */
size_t json_differences(const cJSON *a, const cJSON *b, json_difference_take *take,
                        void *context);

#endif

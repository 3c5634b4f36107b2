/* csv.h - comma-separated values as RFC 4180 has them, read line by line: what
 * table_print writes as TABLE_CSV. */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <stddef.h>

/* The cells of the line at *text, which is moved behind it: on the heap, NULL at the end,
 * to be freed with text_list_free; *count is their number. NULL: the text has ended. */
char **csv_read_line(const char **text, size_t *count);

#endif

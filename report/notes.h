/*
 * notes.h - what is held against the rows of a scenario: above its table what that cannot
 * be used for, a mark behind the names of the rows, and the reasons below the table.
 *
 *   !    must not be used; nothing is ranked by it
 *   >=   the generator was the limit: figures are used for what they prove
 *   *    to be read with care, or made of fewer trials than the others
 */
#ifndef REPORT_NOTES_H
#define REPORT_NOTES_H

#include <stdio.h>

#include "base/table.h"
#include "report/group.h"

/* " !", or "" where nothing is held against the row. */
const char *notes_mark(const struct row *row);

void notes_print_warnings(const struct group *group, enum table_style style, FILE *file);
void notes_print(const struct group *group, enum table_style style, FILE *file);

#endif

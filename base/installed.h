/*
 * installed.h - finds the files that come with the program: in the working directory,
 * where the program was installed, or where it was built.
 */
#ifndef BASE_INSTALLED_H
#define BASE_INSTALLED_H

/* The file or folder ("scenarios", "scripts/postgres"), on the heap, or NULL. */
char *installed_path(const char *name);

#endif

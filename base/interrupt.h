/*
 * interrupt.h - Ctrl-C as a flag: for programs that have to tidy up before they end.
 */
#ifndef BASE_INTERRUPT_H
#define BASE_INTERRUPT_H

#include <stdbool.h>

/*
 * From now on SIGINT and SIGTERM set the flag instead of ending the program, once each: a
 * second signal of the same kind ends it at once, and its child processes with it.
 */
void interrupt_catch(void);

/* Whether one has come. */
bool interrupt_seen(void);

#endif

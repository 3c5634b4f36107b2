/*
 * load_fields.h - tables of the settings of a load, each described once (base/field.h).
 * The command line of `load`, and "requests", "load" and "clients" of a scenario come
 * from these tables. To add a setting: a member of struct workload and a row.
 */
#ifndef WORKLOAD_LOAD_FIELDS_H
#define WORKLOAD_LOAD_FIELDS_H

#include "base/field.h"
#include "workload/workload.h"

extern const struct field request_fields[]; /* of struct request */
extern const struct field trace_fields[];   /* of struct trace */
extern const struct field load_fields[];    /* of struct workload: "load" */
extern const struct field client_fields[];  /* of struct workload: "clients" */

/* All of a workload: "requests", "load", "clients". */
extern const struct field workload_fields[];

#endif

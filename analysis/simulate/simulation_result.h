/*
 * simulation_result.h - what a simulation has seen: of each class of requests, and of
 * each station and the cores.
 */
#ifndef ANALYSIS_SIMULATE_SIMULATION_RESULT_H
#define ANALYSIS_SIMULATE_SIMULATION_RESULT_H

#include "analysis/simulate/network.h"
#include "analysis/simulate/tally.h"

/* The cores are such a station, too: their servers are cores, their line is that of the
 * threads which could compute and have none. Means are over the window. */
struct simulated_station {
    const char *name;
    uint64_t servers;      /* of all homes; 0: as many as come */
    double busy;           /* servers that are taken, the mean */
    double utilisation;    /* busy / servers; NAN: as many as come */
    double busiest;        /* the same of the home where it is highest */
    double waiting;        /* in line, the mean; of all homes */
    uint64_t waiting_most; /* at one home */
};

/* Shares of the most used station's figures from which on another counts as used up, too,
 * and its line as one. */
#define BOTTLENECK_USED    0.95
#define BOTTLENECK_WAITING 0.1

struct simulation_result {
    struct simulated_class *classes; /* heap */
    size_t class_count;
    struct simulated_class all;         /* of them together */
    double throughput_rps;              /* replies in the window, of all classes */
    double in_system;                   /* requests begun and not ended, the mean */
    double cores_used;                  /* the mean */
    double memory_bytes;                /* with the most connections that there were */
    uint64_t connections;               /* the most at a time */
    uint64_t events;                    /* of the simulation: what it has cost */
    struct simulated_station *stations; /* heap: the structure's, then the cores */
    size_t station_count;
    /*
     * The station that is used most. Where servers are held by requests that stand in
     * another line (threads that want a core or a connection to the database), both are
     * used up, and the one within is meant: of the stations used by BOTTLENECK_USED of
     * the most the last that has a line, BOTTLENECK_WAITING of its busy servers long.
     */
    const struct simulated_station *bottleneck;
};

/* The means of a network from its last restart until now. The name of the cores is "CPU".
 */
void simulation_result_read_stations(struct simulation_result *result,
                                     const struct queueing_network *network);

void simulation_result_release(struct simulation_result *result);

#endif

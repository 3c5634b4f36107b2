/* structure.c - see structure.h. */
#include "analysis/simulate/structure.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/text.h"

uint32_t structure_add_station(struct structure *structure, struct station_spec spec)
{
    size_t bytes = (structure->station_count + 1) * sizeof *structure->stations;
    structure->stations = memory_resize(structure->stations, bytes);
    structure->stations[structure->station_count] = spec;
    return (uint32_t)structure->station_count++;
}

struct action_list *structure_add_program(struct structure *structure)
{
    size_t bytes = (structure->program_count + 1) * sizeof *structure->programs;
    structure->programs = memory_resize(structure->programs, bytes);
    struct action_list *program = &structure->programs[structure->program_count++];
    *program = (struct action_list){0};
    return program;
}

static void add_action(struct action_list *actions, struct action action)
{
    actions->items =
        memory_resize(actions->items, (actions->count + 1) * sizeof *actions->items);
    actions->items[actions->count++] = action;
}

void actions_enter(struct action_list *actions, uint32_t station)
{
    add_action(actions, (struct action){.kind = ACTION_ENTER, .station = station});
}

void actions_leave(struct action_list *actions, uint32_t station)
{
    add_action(actions, (struct action){.kind = ACTION_LEAVE, .station = station});
}

static struct action *last_action(const struct action_list *actions)
{
    return actions->count ? &actions->items[actions->count - 1] : NULL;
}

void actions_compute(struct action_list *actions, struct variate time)
{
    struct action *last = last_action(actions);
    if (last && last->kind == ACTION_COMPUTE && last->time.kind == VARIATE_FIXED &&
        time.kind == VARIATE_FIXED)
        last->time.ns += time.ns;
    else
        add_action(actions, (struct action){.kind = ACTION_COMPUTE, .time = time});
}

void actions_wait(struct action_list *actions, struct variate time)
{
    if (variate_mean_ns(&time) > 0)
        add_action(actions, (struct action){.kind = ACTION_WAIT, .time = time});
}

/* ---- checking --------------------------------------------------------------------- */

static bool is_amount(double amount)
{
    return isfinite(amount) && amount >= 0;
}

static int check_station(const struct structure *structure, size_t index,
                         struct error *error)
{
    const struct station_spec *spec = &structure->stations[index];
    if (is_amount(spec->wakeup_ns))
        return 0;
    return error_set(error, -EINVAL,
                     "station \"%s\": the CPU time of a wake-up is a number from 0 on, "
                     "got %g ns",
                     spec->name, spec->wakeup_ns);
}

static int check_action(const struct structure *structure, const struct action *action,
                        uint64_t *inside, struct error *error)
{
    if (action->kind == ACTION_COMPUTE || action->kind == ACTION_WAIT)
        return variate_is_valid(&action->time)
                   ? 0
                   : error_set(error, -EINVAL, "a step takes a time from 0 on, got %g ns",
                               action->time.ns);
    if (action->station >= structure->station_count)
        return error_set(error, -EINVAL, "there is no station %u, there are %zu",
                         action->station, structure->station_count);
    uint64_t bit = 1ULL << action->station;
    bool enters = action->kind == ACTION_ENTER;
    if (enters == ((*inside & bit) != 0))
        return error_set(error, -EINVAL, "station \"%s\" is %s",
                         structure->stations[action->station].name,
                         enters ? "entered twice" : "left without being entered");
    *inside ^= bit;
    return 0;
}

static int check_program(const struct structure *structure,
                         const struct action_list *program, struct error *error)
{
    uint64_t inside = 0;
    int result = 0;
    for (size_t i = 0; i < program->count && result == 0; i++)
        result = check_action(structure, &program->items[i], &inside, error);
    if (result == 0 && inside)
        result = error_set(error, -EINVAL, "a request ends without leaving a station");
    return result;
}

int structure_check(const struct structure *structure, struct error *error)
{
    if (structure->cores < 1 || structure->cores > STRUCTURE_MAX_CORES)
        return error_set(error, -EINVAL, "a server has 1 to %d cores, got %llu",
                         STRUCTURE_MAX_CORES, (unsigned long long)structure->cores);
    if (structure->homes < 1 || structure->homes > STRUCTURE_MAX_HOMES)
        return error_set(error, -EINVAL, "connections have 1 to %d homes, got %llu",
                         STRUCTURE_MAX_HOMES, (unsigned long long)structure->homes);
    if (structure->station_count > STRUCTURE_MAX_STATIONS)
        return error_set(error, -EINVAL, "a server has at most %d stations, got %zu",
                         STRUCTURE_MAX_STATIONS, structure->station_count);
    if (structure->program_count == 0)
        return error_set(error, -EINVAL, "there is no class of requests");
    if (!is_amount(structure->accept_ns))
        return error_set(error, -EINVAL,
                         "the CPU time of a connection is a number from 0 on, got %g ns",
                         structure->accept_ns);
    int result = 0;
    for (size_t i = 0; i < structure->station_count && result == 0; i++)
        result = check_station(structure, i, error);
    for (size_t i = 0; i < structure->program_count && result == 0; i++)
        result = check_program(structure, &structure->programs[i], error);
    return result;
}

void structure_release(struct structure *structure)
{
    for (size_t i = 0; i < structure->program_count; i++)
        free(structure->programs[i].items);
    free(structure->programs);
    free(structure->stations);
    *structure = (struct structure){0};
}

/* server_design.c - see server_design.h. */
#include "analysis/simulate/server_design.h"

void server_sizes_read(struct server_sizes *sizes, const struct contender *contender,
                       const struct scenario *scenario, uint64_t cores)
{
    for (int i = 0; i < ROLE_COUNT; i++) {
        enum option_role role = (enum option_role)i;
        bool has = role != ROLE_NONE && contender_has(contender, role);
        bool chooses = has && option_role_words[role];
        sizes->counts[i] =
            has && !chooses ? contender_count(contender, scenario, role, cores) : 0;
        sizes->choices[i] = chooses ? contender_choice(contender, scenario, role) : -1;
    }
}

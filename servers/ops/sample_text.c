/* sample_text.c - see sample_text.h. */
#include "servers/ops/sample_text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "servers/ops/op.h"

void sample_text_fill(unsigned char text[SAMPLE_TEXT_BYTES])
{
    static const char *const words[16] = {SAMPLE_TEXT_WORDS};
    uint32_t state = OP_SEED;
    unsigned number = 0;
    for (size_t used = 0; used < SAMPLE_TEXT_BYTES;) {
        state = op_xorshift32(state);
        char row[160];
        int length =
            snprintf(row, sizeof row,
                     "{\"id\":%u,\"user\":\"%s-%s\",\"city\":\"%s\",\"score\":%u,"
                     "\"visits\":%u},\n",
                     ++number, words[state % 16], words[state >> 4 & 15],
                     words[state >> 8 & 15], state % 100000, (state >> 12) % 100);
        size_t left = SAMPLE_TEXT_BYTES - used;
        size_t taken = (size_t)length < left ? (size_t)length : left;
        memcpy(text + used, row, taken);
        used += taken;
    }
}

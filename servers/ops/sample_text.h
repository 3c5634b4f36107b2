/*
 * sample_text.h - the text that the compressing ops work on: JSON, as it is sent.
 *
 * Rows follow each other, cut after SAMPLE_TEXT_BYTES; row i (from 1) is
 *   {"id":i,"user":"A-B","city":"C","score":S mod 100000,"visits":V}
 * and a comma and a newline, without other blanks. S is the xorshift32 state (op.h)
 * after i iterations from OP_SEED; A, B and C are the words of the list below at
 * S mod 16, (S >> 4) mod 16 and (S >> 8) mod 16, V is (S >> 12) mod 100. Longer texts
 * repeat it, which does not make them smaller: deflate looks 32 KiB back.
 */
#ifndef SERVERS_OPS_SAMPLE_TEXT_H
#define SERVERS_OPS_SAMPLE_TEXT_H

#define SAMPLE_TEXT_BYTES (64 * 1024)
#define SAMPLE_TEXT_WORDS                                                                \
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath", "inlet",     \
        "jetty", "knoll", "larch", "marsh", "north", "ocean", "pines"

void sample_text_fill(unsigned char text[SAMPLE_TEXT_BYTES]);

#endif

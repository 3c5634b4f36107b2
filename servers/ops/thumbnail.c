/*
 * thumbnail.c - makes a thumbnail: decodes a photo (JPEG) of so many pixels, makes it
 * 160 x 120, encodes it at quality 80. Photos of the last sizes asked for are kept in
 * memory, shared by all threads; a compound step may read one from the disk before.
 *
 * The photo is 4u x 3u, u the largest whole number with 12 u^2 <= PIXELS, in 4 x 3
 * square fields of u x u. Field (x, y) has the base level 64 + 32 ((3x + 2y) mod 5);
 * on it lie a slope and a wave in each colour and grain, the mean of each about 0.
 *
 * Result: width and height of the thumbnail, 4 bytes each, most significant first, and
 * of each field of it, row by row, in a byte its mean brightness in steps of 32,
 * rounded: 2 + (3x + 2y) mod 5. Decoders and filters that are a few levels apart agree.
 */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stb/stb_image_resize.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#include "base/quantity.h"
#include "base/text.h"
#include "servers/ops/op.h"

enum {
    COLUMNS = 4,
    ROWS = 3,
    FIELD = 40,
    WIDTH = COLUMNS * FIELD,
    HEIGHT = ROWS * FIELD
};

#define PIXELS_LEAST  ((uint64_t)WIDTH * HEIGHT)
#define MAX_PIXELS    16000000
#define PHOTO_QUALITY 90
#define QUALITY       80
#define STEP          32
#define PHOTOS_KEPT   8

/* What TurboJPEG wants to have for any JPEG of a thumbnail; see thumbnail_start. */
#define JPEG_BYTES 65536

static int thumbnail_parse(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_COUNT, text, PIXELS_LEAST, MAX_PIXELS, argument,
                          error);
}

/* ---- photos ----------------------------------------------------------------------- */

struct photo {
    unsigned unit;
    unsigned users; /* calls that decode it, and one while it is kept */
    uint64_t used;  /* when it was last asked for */
    unsigned char *jpeg;
    unsigned long jpeg_bytes;
};

struct photo_cache {
    pthread_mutex_t lock; /* over all photos, and held while one is made */
    uint64_t asked;
    struct photo *photos[PHOTOS_KEPT];
};

static unsigned unit_of(uint64_t pixels)
{
    return (unsigned)sqrt((double)pixels / (COLUMNS * ROWS));
}

static int base_level(unsigned column, unsigned row)
{
    return 2 * STEP + STEP * (int)((3 * column + 2 * row) % 5);
}

/* The colours of one line. Grain comes from the line's own number, waves from sines. */
static void paint_line(unsigned char *line, unsigned y, unsigned unit)
{
    uint32_t state = OP_SEED ^ (y + 1) * 2654435761U;
    double up = (double)(y % unit) / unit - 0.5;
    for (unsigned x = 0; x < COLUMNS * unit; x++) {
        state = op_xorshift32(state);
        double across = (double)(x % unit) / unit;
        int base = base_level(x / unit, y / unit);
        for (unsigned colour = 0; colour < 3; colour++) {
            double wave = sin(6.283185307179586 * (double)(colour + 2) * across);
            double grain = (double)(state >> (8 * colour) & 15) - 7.5;
            *line++ = (unsigned char)lrint(base + 20 * up + 14 * wave + grain);
        }
    }
}

static void photo_free(struct photo *photo)
{
    tjFree(photo->jpeg);
    free(photo);
}

/* NULL when memory has run out. */
static struct photo *photo_make(unsigned unit)
{
    struct photo *photo = calloc(1, sizeof *photo);
    size_t line_bytes = (size_t)COLUMNS * unit * 3;
    unsigned char *pixels = malloc(line_bytes * ROWS * unit);
    tjhandle encoder = tjInitCompress();
    bool good = photo && pixels && encoder;
    if (good) {
        photo->unit = unit;
        photo->users = 1;
        for (unsigned y = 0; y < ROWS * unit; y++)
            paint_line(pixels + y * line_bytes, y, unit);
        good = tjCompress2(encoder, pixels, (int)(COLUMNS * unit), 0, (int)(ROWS * unit),
                           TJPF_RGB, &photo->jpeg, &photo->jpeg_bytes, TJSAMP_420,
                           PHOTO_QUALITY, 0) == 0;
    }
    if (encoder)
        tjDestroy(encoder);
    free(pixels);
    if (good)
        return photo;
    if (photo)
        photo_free(photo);
    return NULL;
}

/* Under the cache's lock. */
static void leave(struct photo *photo)
{
    if (--photo->users == 0)
        photo_free(photo);
}

/* Under the cache's lock: the photo, which is made if need be and takes the place of the
 * least recently used one. */
static struct photo *find_or_make(struct photo_cache *cache, unsigned unit)
{
    struct photo **place = &cache->photos[0];
    for (size_t i = 0; i < PHOTOS_KEPT; i++) {
        struct photo *candidate = cache->photos[i];
        if (candidate && candidate->unit == unit)
            return candidate;
        if (*place && (!candidate || candidate->used < (*place)->used))
            place = &cache->photos[i];
    }
    struct photo *photo = photo_make(unit);
    if (!photo)
        return NULL;
    if (*place)
        leave(*place);
    *place = photo;
    return photo;
}

static struct photo *cache_take(struct photo_cache *cache, unsigned unit)
{
    pthread_mutex_lock(&cache->lock);
    struct photo *photo = find_or_make(cache, unit);
    if (photo) {
        photo->users++;
        photo->used = ++cache->asked;
    }
    pthread_mutex_unlock(&cache->lock);
    return photo;
}

static void cache_give_back(struct photo_cache *cache, struct photo *photo)
{
    pthread_mutex_lock(&cache->lock);
    leave(photo);
    pthread_mutex_unlock(&cache->lock);
}

/* ---- thumbnails ------------------------------------------------------------------- */

/* What each thread has. */
struct codecs {
    tjhandle decoder, encoder;
};

/* What a call makes on its way: one block of memory, the photo's pixels last. */
struct buffers {
    unsigned long jpeg_bytes;
    unsigned char thumbnail[WIDTH * HEIGHT * 3];
    unsigned char jpeg[JPEG_BYTES];
    unsigned char pixels[];
};

static void fail(struct op_call *call, const char *what, tjhandle handle)
{
    op_fail(call, 500, "cannot %s: %s", what, tjGetErrorStr2(handle));
}

/* Decodes the photo, makes it small, encodes it. */
static bool shrink(struct op_call *call, const struct photo *photo,
                   struct buffers *buffers)
{
    const struct codecs *codecs = call->resource;
    int width = (int)(COLUMNS * photo->unit), height = (int)(ROWS * photo->unit);
    if (tjDecompress2(codecs->decoder, photo->jpeg, photo->jpeg_bytes, buffers->pixels,
                      width, 0, height, TJPF_RGB, 0) != 0) {
        fail(call, "decode the photo", codecs->decoder);
        return false;
    }
    if (!stbir_resize_uint8(buffers->pixels, width, height, 0, buffers->thumbnail, WIDTH,
                            HEIGHT, 0, 3)) {
        op_fail(call, 500, "no memory to resize %d x %d pixels", width, height);
        return false;
    }
    unsigned char *jpeg = buffers->jpeg;
    if (tjCompress2(codecs->encoder, buffers->thumbnail, WIDTH, 0, HEIGHT, TJPF_RGB,
                    &jpeg, &buffers->jpeg_bytes, TJSAMP_420, QUALITY,
                    TJFLAG_NOREALLOC) != 0) {
        fail(call, "encode the thumbnail", codecs->encoder);
        return false;
    }
    return true;
}

static unsigned char field_level(const unsigned char *brightness, unsigned column,
                                 unsigned row)
{
    unsigned sum = 0;
    for (unsigned y = 0; y < FIELD; y++)
        for (unsigned x = 0; x < FIELD; x++)
            sum += brightness[(row * FIELD + y) * WIDTH + column * FIELD + x];
    return (unsigned char)((sum / (FIELD * FIELD) + STEP / 2) / STEP);
}

/* Decodes the thumbnail again: its digest is over what a client would see. */
static void take_thumbnail(struct op_call *call, struct buffers *buffers)
{
    const struct codecs *codecs = call->resource;
    int width, height, sampling, colours;
    unsigned char *brightness = buffers->thumbnail;
    if (tjDecompressHeader3(codecs->decoder, buffers->jpeg, buffers->jpeg_bytes, &width,
                            &height, &sampling, &colours) != 0 ||
        width != WIDTH || height != HEIGHT ||
        tjDecompress2(codecs->decoder, buffers->jpeg, buffers->jpeg_bytes, brightness,
                      WIDTH, 0, HEIGHT, TJPF_GRAY, 0) != 0) {
        fail(call, "decode the thumbnail", codecs->decoder);
        return;
    }
    unsigned char result[8 + COLUMNS * ROWS];
    op_put_be32(result, (uint32_t)width);
    op_put_be32(result + 4, (uint32_t)height);
    for (unsigned row = 0; row < ROWS; row++)
        for (unsigned column = 0; column < COLUMNS; column++)
            result[8 + row * COLUMNS + column] = field_level(brightness, column, row);
    op_result(call, result, sizeof result);
}

static void thumbnail_run(struct op_call *call)
{
    struct photo_cache *cache = call->shared;
    struct photo *photo = cache_take(cache, unit_of(call->argument));
    struct buffers *buffers = NULL;
    if (photo)
        buffers = malloc(sizeof *buffers +
                         (size_t)COLUMNS * ROWS * photo->unit * photo->unit * 3);
    if (!buffers)
        op_fail(call, 500, "no memory for %llu pixels",
                (unsigned long long)call->argument);
    else if (shrink(call, photo, buffers))
        take_thumbnail(call, buffers);
    free(buffers);
    if (photo)
        cache_give_back(cache, photo);
}

static int thumbnail_start(const struct op_environment *environment, void **shared,
                           struct error *error)
{
    (void)environment;
    unsigned long wanted = tjBufSize(WIDTH, HEIGHT, TJSAMP_420);
    if (wanted > JPEG_BYTES)
        return error_set(error, -ENOTSUP,
                         "this TurboJPEG wants %lu bytes for a thumbnail, more than %d",
                         wanted, JPEG_BYTES);
    struct photo_cache *cache = memory_allocate_zeroed(1, sizeof *cache);
    pthread_mutex_init(&cache->lock, NULL);
    *shared = cache;
    return 0;
}

static void thumbnail_stop(void *shared)
{
    struct photo_cache *cache = shared;
    for (size_t i = 0; i < PHOTOS_KEPT; i++)
        if (cache->photos[i])
            leave(cache->photos[i]);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static void thumbnail_close(void *resource)
{
    struct codecs *codecs = resource;
    if (codecs->decoder)
        tjDestroy(codecs->decoder);
    if (codecs->encoder)
        tjDestroy(codecs->encoder);
    free(codecs);
}

static int thumbnail_open(void *shared, void **resource, struct error *error)
{
    (void)shared;
    struct codecs *codecs = calloc(1, sizeof *codecs);
    if (codecs) {
        codecs->decoder = tjInitDecompress();
        codecs->encoder = tjInitCompress();
    }
    if (codecs && codecs->decoder && codecs->encoder) {
        *resource = codecs;
        return 0;
    }
    if (codecs)
        thumbnail_close(codecs);
    return error_set(error, -ENOMEM, "no memory for TurboJPEG");
}

const struct op thumbnail_op = {
    .name = "thumbnail",
    .kind = OP_CPU,
    .flags = OP_SCALES,
    .summary = "make a thumbnail of a photo of so many pixels",
    .library = "TurboJPEG, stb",
    .node = "sharp (libvips): on libuv's pool",
    .argument = "PIXELS",
    .example = "100k",
    .parse = thumbnail_parse,
    .run = thumbnail_run,
    .start = thumbnail_start,
    .stop = thumbnail_stop,
    .open = thumbnail_open,
    .close = thumbnail_close,
};

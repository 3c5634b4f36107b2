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
#define PIXELS_MOST   16000000
#define PHOTO_QUALITY 90
#define QUALITY       80
#define STEP          32
#define PHOTOS_KEPT   8

/* What TurboJPEG wants to have for any JPEG of a thumbnail; see thumbnail_start. */
#define JPEG_BYTES 65536

static int thumbnail_parse(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_COUNT, text, PIXELS_LEAST, PIXELS_MOST, argument,
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

struct album {
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

/* Under the album's lock. */
static void leave(struct photo *photo)
{
    if (--photo->users == 0)
        photo_free(photo);
}

/* Under the album's lock: the photo, made if need be in the place of the one that was
 * not asked for the longest. */
static struct photo *find_or_make(struct album *album, unsigned unit)
{
    struct photo **place = &album->photos[0];
    for (size_t i = 0; i < PHOTOS_KEPT; i++) {
        struct photo *candidate = album->photos[i];
        if (candidate && candidate->unit == unit)
            return candidate;
        if (*place && (!candidate || candidate->used < (*place)->used))
            place = &album->photos[i];
    }
    struct photo *photo = photo_make(unit);
    if (!photo)
        return NULL;
    if (*place)
        leave(*place);
    *place = photo;
    return photo;
}

static struct photo *album_take(struct album *album, unsigned unit)
{
    pthread_mutex_lock(&album->lock);
    struct photo *photo = find_or_make(album, unit);
    if (photo) {
        photo->users++;
        photo->used = ++album->asked;
    }
    pthread_mutex_unlock(&album->lock);
    return photo;
}

static void album_give_back(struct album *album, struct photo *photo)
{
    pthread_mutex_lock(&album->lock);
    leave(photo);
    pthread_mutex_unlock(&album->lock);
}

/* ---- thumbnails ------------------------------------------------------------------- */

/* What each thread has. */
struct darkroom {
    tjhandle decoder, encoder;
};

/* What a call makes on its way: one block of memory, the photo's pixels last. */
struct prints {
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
static bool shrink(struct op_call *call, const struct photo *photo, struct prints *prints)
{
    const struct darkroom *room = call->resource;
    int width = (int)(COLUMNS * photo->unit), height = (int)(ROWS * photo->unit);
    if (tjDecompress2(room->decoder, photo->jpeg, photo->jpeg_bytes, prints->pixels,
                      width, 0, height, TJPF_RGB, 0) != 0) {
        fail(call, "decode the photo", room->decoder);
        return false;
    }
    if (!stbir_resize_uint8(prints->pixels, width, height, 0, prints->thumbnail, WIDTH,
                            HEIGHT, 0, 3)) {
        op_fail(call, 500, "no memory to resize %d x %d pixels", width, height);
        return false;
    }
    unsigned char *jpeg = prints->jpeg;
    if (tjCompress2(room->encoder, prints->thumbnail, WIDTH, 0, HEIGHT, TJPF_RGB, &jpeg,
                    &prints->jpeg_bytes, TJSAMP_420, QUALITY, TJFLAG_NOREALLOC) != 0) {
        fail(call, "encode the thumbnail", room->encoder);
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
static void take_thumbnail(struct op_call *call, struct prints *prints)
{
    const struct darkroom *room = call->resource;
    int width, height, sampling, colours;
    unsigned char *brightness = prints->thumbnail;
    if (tjDecompressHeader3(room->decoder, prints->jpeg, prints->jpeg_bytes, &width,
                            &height, &sampling, &colours) != 0 ||
        width != WIDTH || height != HEIGHT ||
        tjDecompress2(room->decoder, prints->jpeg, prints->jpeg_bytes, brightness, WIDTH,
                      0, HEIGHT, TJPF_GRAY, 0) != 0) {
        fail(call, "decode the thumbnail", room->decoder);
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
    struct album *album = call->shared;
    struct photo *photo = album_take(album, unit_of(call->argument));
    struct prints *prints = NULL;
    if (photo)
        prints = malloc(sizeof *prints +
                        (size_t)COLUMNS * ROWS * photo->unit * photo->unit * 3);
    if (!prints)
        op_fail(call, 500, "no memory for %llu pixels",
                (unsigned long long)call->argument);
    else if (shrink(call, photo, prints))
        take_thumbnail(call, prints);
    free(prints);
    if (photo)
        album_give_back(album, photo);
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
    struct album *album = memory_allocate_zeroed(1, sizeof *album);
    pthread_mutex_init(&album->lock, NULL);
    *shared = album;
    return 0;
}

static void thumbnail_stop(void *shared)
{
    struct album *album = shared;
    for (size_t i = 0; i < PHOTOS_KEPT; i++)
        if (album->photos[i])
            leave(album->photos[i]);
    pthread_mutex_destroy(&album->lock);
    free(album);
}

static void thumbnail_close(void *resource)
{
    struct darkroom *room = resource;
    if (room->decoder)
        tjDestroy(room->decoder);
    if (room->encoder)
        tjDestroy(room->encoder);
    free(room);
}

static int thumbnail_open(void *shared, void **resource, struct error *error)
{
    (void)shared;
    struct darkroom *room = calloc(1, sizeof *room);
    if (room) {
        room->decoder = tjInitDecompress();
        room->encoder = tjInitCompress();
    }
    if (room && room->decoder && room->encoder) {
        *resource = room;
        return 0;
    }
    if (room)
        thumbnail_close(room);
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

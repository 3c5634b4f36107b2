/*
 * ops.js - the steps of path programs with nothing but what Node.js brings along. Each
 * does what the file of its name in servers/ops/ says, with the same result bytes.
 *
 * An op has parse(text) -> argument, and one or more of these, which continue the digest
 * `crc` with its result and give the new one, or a promise of it:
 *   wait(argument, crc)   the loop goes on meanwhile (timers, sockets, libuv's pool)
 *   sync(argument, crc)   computes on the thread that calls it
 *   pool(argument, crc)   the same work by Node's asynchronous call: on libuv's pool
 *
 * Differences to ours that remain: Node's zlib is Chromium's, with faster loops of its
 * own. A file is read by three and more tasks of libuv's pool (open, read ..., close)
 * and its CRC is computed on the loop, where ours does it all in one task. gunzip
 * decompresses whole blocks of 64 KiB and looks at as much as was asked for. There is no
 * step `block`: nothing that Node.js brings along blocks a thread of libuv's pool for a
 * given time and computes nothing.
 */
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const zlib = require('node:zlib');
const { promisify } = require('node:util');
const { amount, crc32, Refusal } = require('./program.js');

const KIB = 1024;
const MIB = KIB * KIB;
const SEED = 2463534242;

/* Marsaglia's xorshift32 in signed numbers, which are what JavaScript computes with. */
function xorshift32(state) {
    state ^= state << 13;
    state ^= state >>> 17;
    return state ^ (state << 5);
}

const be32 = (value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value >>> 0);
    return bytes;
};

/* A failed step: the request is answered with this status. */
class Failure extends Error {
    constructor(status, message) {
        super(message);
        this.status = status;
    }
}

/* ---- wait ---------------------------------------------------------------------------- */

/* "50ms", or "50ms~exp": drawn around that mean for each request. See
 * workload/duration.h, which says what is cut off, too. */
const LONGEST = 3600e9, MEANS = 8;

function parseDuration(text) {
    const [, mean] = /^(.*)~exp$/s.exec(text) ?? [];
    return mean === undefined
        ? { ns: amount('time', text, 0, LONGEST), drawn: false }
        : { ns: amount('time', mean, 0, LONGEST / MEANS), drawn: true };
}

const draw = ({ ns, drawn }) =>
    drawn ? Math.min(-ns * Math.log1p(-Math.random()), LONGEST) : ns;

/* Timers count whole milliseconds and may be early by less than one: never shorter. */
function sleep(duration, crc) {
    const ms = draw(duration) / 1e6, deadline = performance.now() + ms;
    return new Promise((resolve) => {
        const look = () => {
            const left = deadline - performance.now();
            if (left <= 0) resolve(crc);
            else setTimeout(look, Math.ceil(left));
        };
        setTimeout(look, ms);
    });
}

/* ---- file ---------------------------------------------------------------------------- */

const READ_BYTES = 32 * KIB;
const freeBuffers = [];
const open = promisify(fs.open), read = promisify(fs.read), close = promisify(fs.close);

function contentOf(size) {
    const bytes = Buffer.alloc(Math.ceil(size / 4) * 4);
    for (let at = 0, state = SEED; at < size; at += 4) {
        state = xorshift32(state);
        bytes.writeInt32BE(state | 0, at);
    }
    return bytes.subarray(0, size);
}

/* At its first use the file is made, under another name, so that it appears whole. */
async function openOrMake(size) {
    const path = `${process.env.DATA_FOLDER}/content-${size}`;
    try {
        return await open(path);
    } catch (error) {
        if (error.code !== 'ENOENT') throw error;
    }
    const temporary = `${path}.${process.pid}.${crypto.randomUUID()}`;
    await fs.promises.writeFile(temporary, contentOf(size));
    await fs.promises.rename(temporary, path);
    return open(path);
}

async function readFile(size, crc) {
    const buffer = freeBuffers.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES);
    const fd = await openOrMake(size);
    try {
        for (let left = size; left > 0;) {
            const { bytesRead } = await read(fd, buffer, 0, READ_BYTES, null);
            if (bytesRead === 0) throw new Failure(500, 'the file became shorter');
            crc = crc32(buffer.subarray(0, bytesRead), crc);
            left -= bytesRead;
        }
    } finally {
        await close(fd);
        freeBuffers.push(buffer);
    }
    return crc;
}

/* ---- computing ----------------------------------------------------------------------- */

function spin(iterations, crc) {
    let state = SEED | 0;
    for (let i = 0; i < iterations; i++) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
    }
    return crc32(be32(state), crc);
}

const PASSWORD = 'correct horse';
const SALT = 'interleave salt.';
const KEY_BYTES = 32;
const pbkdf2 = promisify(crypto.pbkdf2), scrypt = promisify(crypto.scrypt);

const scryptOptions = (n) => ({ N: n, r: 8, p: 1, maxmem: 2 * KIB * 2 ** 15 });

function parseScrypt(text) {
    const n = amount('count', text, 2, 2 ** 15);
    if ((n & (n - 1)) !== 0) throw new Refusal(`expected a power of two, got "${text}"`);
    return n;
}

/* The plaintext counts 0 to 255 over and over, so pieces of 64 KiB all begin with 0. */
const PIECE_BYTES = 64 * KIB;
let plain;

function encrypt(size, crc) {
    plain ??= Buffer.from(Uint8Array.from({ length: PIECE_BYTES }, (_, i) => i & 255));
    const cipher = crypto.createCipheriv('aes-256-gcm', plain.subarray(0, 32), Buffer.alloc(12));
    for (let left = size; left > 0; left -= PIECE_BYTES)
        cipher.update(left < PIECE_BYTES ? plain.subarray(0, left) : plain);
    cipher.final();
    return crc32(cipher.getAuthTag(), crc);
}

/* ---- compressing: what is compressed is described in sample_text.h --------------------- */

const SAMPLE_BYTES = 64 * KIB;
const WORDS = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'heath',
    'inlet', 'jetty', 'knoll', 'larch', 'marsh', 'north', 'ocean', 'pines'];

function makeSample() {
    let text = '';
    for (let state = SEED, id = 1; text.length < SAMPLE_BYTES; id++) {
        state = xorshift32(state) >>> 0;
        text += `{"id":${id},"user":"${WORDS[state % 16]}-${WORDS[(state >>> 4) & 15]}",` +
            `"city":"${WORDS[(state >>> 8) & 15]}","score":${state % 100000},` +
            `"visits":${(state >>> 12) % 100}},\n`;
    }
    return Buffer.from(text.slice(0, SAMPLE_BYTES));
}

/* Made at their first use and kept: few sizes are asked for. */
const kept = new Map();
function keep(key, make) {
    if (!kept.has(key)) kept.set(key, make());
    return kept.get(key);
}
const sample = () => keep('sample', makeSample);
const sampleOf = (size) => keep(`text ${size}`, () => Buffer.alloc(size, sample()));

function parseGzip(text) {
    const [size, level] = text.split(/:(.*)/s);
    return {
        size: amount('size', size, 0, 64 * MIB),
        level: level === undefined ? 6 : amount('count', level, 1, 9),
    };
}

const gzip = promisify(zlib.gzip);
const gzipOptions = (level) => ({ level, memLevel: 8, windowBits: 15 });
const trailer = (compressed) => compressed.subarray(compressed.length - 8);

/* A sequence of blocks that ends on a byte and refers to nothing before it. */
function compressedOf(size) {
    const block = keep('block', () => zlib.deflateRawSync(sample(),
        { level: 6, memLevel: 8, finishFlush: zlib.constants.Z_FULL_FLUSH }));
    return keep(`blocks ${size}`, () =>
        Buffer.concat(Array(Math.ceil(size / SAMPLE_BYTES)).fill(block)));
}

const inflateRaw = promisify(zlib.inflateRaw);
const inflateOptions = { finishFlush: zlib.constants.Z_SYNC_FLUSH };

function jsonText(rows) {
    const document = { rows: [], count: rows };
    for (let id = 1, state = SEED; id <= rows; id++) {
        state = xorshift32(state) >>> 0;
        document.rows.push({ id, name: `user-${id}`, score: state % 1000000,
            active: (state & 1) === 1 });
    }
    return JSON.stringify(document);
}

/* ---- fetch: the path inside the step is described in steps.h -------------------------- */

const agent = new http.Agent({
    keepAlive: true,
    maxSockets: Number(process.env.UPSTREAM_CONNECTIONS ?? 64),
    maxFreeSockets: Infinity,
    noDelay: true,
});

function ask(path, resolve, reject, again) {
    const request = http.get(process.env.UPSTREAM + path, { agent }, (reply) => {
        let body = 0;
        reply.on('data', (bytes) => { body = crc32(bytes, body); });
        reply.on('error', () => reject(new Failure(502, 'the upstream broke off')));
        reply.on('end', () => {
            const digest = reply.headers['interleave-digest'];
            if (reply.statusCode < 200 || reply.statusCode > 299)
                reject(new Failure(502, `the upstream answered ${reply.statusCode}`));
            else resolve(digest === undefined ? body : parseInt(digest, 16));
        });
    });
    request.setTimeout(30000, () => request.destroy(new Failure(504, 'the upstream took too long')));
    request.on('error', (error) => {
        if (error instanceof Failure) reject(error);
        /* One that was idle may have been closed meanwhile: once more, on a new one. */
        else if (request.reusedSocket && again) ask(path, resolve, reject, false);
        else reject(new Failure(502, `cannot reach the upstream: ${error.message}`));
    });
}

async function fetchStep(program, crc) {
    if (!process.env.UPSTREAM) throw new Failure(501, 'this server has no upstream');
    const path = '/' + program.replaceAll(',', '/').replaceAll('=', ':');
    const digest = await new Promise((resolve, reject) => ask(path, resolve, reject, true));
    return crc32(be32(digest), crc);
}

/* ---- the list ------------------------------------------------------------------------- */

const ops = {
    wait: { parse: parseDuration, wait: sleep },
    file: { parse: (text) => amount('size', text, 0, 64 * MIB), wait: readFile },
    fetch: { parse: (text) => text, wait: fetchStep },
    spin: { parse: (text) => amount('count', text, 0, 1e10), sync: spin },
    pbkdf2: {
        parse: (text) => amount('count', text, 1, 1e7),
        sync: (n, crc) => crc32(crypto.pbkdf2Sync(PASSWORD, SALT, n, KEY_BYTES, 'sha256'), crc),
        pool: async (n, crc) => crc32(await pbkdf2(PASSWORD, SALT, n, KEY_BYTES, 'sha256'), crc),
    },
    scrypt: {
        parse: parseScrypt,
        sync: (n, crc) => crc32(crypto.scryptSync(PASSWORD, SALT, KEY_BYTES, scryptOptions(n)), crc),
        pool: async (n, crc) => crc32(await scrypt(PASSWORD, SALT, KEY_BYTES, scryptOptions(n)), crc),
    },
    encrypt: { parse: (text) => amount('size', text, 0, 256 * MIB), sync: encrypt },
    gzip: {
        parse: parseGzip,
        sync: ({ size, level }, crc) =>
            crc32(trailer(zlib.gzipSync(sampleOf(size), gzipOptions(level))), crc),
        pool: async ({ size, level }, crc) =>
            crc32(trailer(await gzip(sampleOf(size), gzipOptions(level))), crc),
    },
    gunzip: {
        parse: (text) => amount('size', text, 0, 64 * MIB),
        sync: (size, crc) => size === 0 ? crc : crc32(
            zlib.inflateRawSync(compressedOf(size), inflateOptions).subarray(0, size), crc),
        pool: async (size, crc) => size === 0 ? crc : crc32(
            (await inflateRaw(compressedOf(size), inflateOptions)).subarray(0, size), crc),
    },
    json: {
        parse: (text) => amount('count', text, 1, 10000),
        sync: (rows, crc) => crc32(jsonText(rows), crc),
    },
};

module.exports = { Failure, ops };

/*
 * program.js - path programs as our own servers understand them: a path in, steps out,
 * and the CRC-32 that the digest is. What the steps compute is in ops.js.
 */
'use strict';

const zlib = require('node:zlib');

const MOST_STEPS = 16;
const MOST_BODY_BYTES = 64 * 2 ** 20;

/* ---- CRC-32 ------------------------------------------------------------------------- */

/* zlib.crc32 came with Node.js 20.15 and 22.2; before that, by a table of four. */
function tableCrc32() {
    const tables = [0, 1, 2, 3].map(() => new Int32Array(256));
    for (let i = 0; i < 256; i++) {
        let c = i;
        for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
        tables[0][i] = c;
    }
    for (let i = 0; i < 256; i++)
        for (let t = 1; t < 4; t++) {
            const before = tables[t - 1][i];
            tables[t][i] = (before >>> 8) ^ tables[0][before & 255];
        }
    const [t0, t1, t2, t3] = tables;
    return (data, start) => {
        const bytes = typeof data === 'string' ? Buffer.from(data) : data;
        let crc = ~start, at = 0;
        for (const end = bytes.length - 3; at < end; at += 4) {
            crc ^= bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
            crc = t3[crc & 255] ^ t2[(crc >>> 8) & 255] ^ t1[(crc >>> 16) & 255] ^ t0[crc >>> 24];
        }
        for (; at < bytes.length; at++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]) & 255];
        return ~crc >>> 0;
    };
}

/* (data, value of what came before, 0 at first) -> value */
const crc32 = zlib.crc32 ?? tableCrc32();

/* ---- amounts ------------------------------------------------------------------------ */

const UNITS = {
    count: { description: 'a whole number such as 8 or 10k', suffixes: { M: 1e6, k: 1e3, '': 1 } },
    time: {
        description: 'a time such as 50ms or 2s',
        suffixes: { h: 3600e9, m: 60e9, s: 1e9, ms: 1e6, us: 1e3, ns: 1 },
    },
    size: {
        description: 'a size such as 512 or 64KiB',
        suffixes: { GiB: 2 ** 30, GB: 1e9, MiB: 2 ** 20, MB: 1e6, KiB: 1024, kB: 1e3, B: 1, '': 1 },
    },
};

/* A bad request: its message goes to the client. */
class Refusal extends Error {}

/* "50ms" -> 50000000, and so on: a whole number of nanoseconds, bytes or things. */
function amount(unit, text, minimum, maximum) {
    const { description, suffixes } = UNITS[unit];
    const [, digits, suffix] = /^(\d+(?:\.\d+)?)(.*)$/s.exec(text) ?? [];
    const zero = unit === 'time' && suffix === '' && Number(digits) === 0;
    const factor = zero ? 1 : Object.hasOwn(suffixes, suffix) ? suffixes[suffix] : NaN;
    const value = Math.round(Number(digits) * factor);
    if (!(Math.abs(Number(digits) * factor - value) < 1e-6))
        throw new Refusal(`expected ${description}, got "${text}"`);
    if (value < minimum || value > maximum)
        throw new Refusal(`expected ${description} from ${minimum} to ${maximum}, got "${text}"`);
    return value;
}

/* ---- programs ----------------------------------------------------------------------- */

function parseStep(word, number, ops) {
    const colon = word.indexOf(':');
    const name = colon < 0 ? word : word.slice(0, colon);
    if (!Object.hasOwn(ops, name) && name !== 'bytes')
        throw new Refusal(`step ${number}: expected one of ${Object.keys(ops).join(', ')}, ` +
            `bytes, each with its argument as in wait:50ms, got "${name}"`);
    if (colon < 0) throw new Refusal(`step ${number}: ${name} needs an argument`);
    const text = word.slice(colon + 1);
    try {
        return name === 'bytes'
            ? { name, argument: amount('size', text, 0, MOST_BODY_BYTES) }
            : { name, op: ops[name], argument: ops[name].parse(text) };
    } catch (error) {
        if (error instanceof Refusal) error.message = `step ${number}: ${name}: ${error.message}`;
        throw error;
    }
}

/* { steps: [{ name, op, argument }], bodyBytes: a number or undefined } */
function parseProgram(path, ops) {
    const words = path.slice(1).split('/');
    const program = { steps: [], bodyBytes: undefined };
    if (words.length > MOST_STEPS) throw new Refusal(`expected at most ${MOST_STEPS} steps`);
    words.forEach((word, index) => {
        const step = parseStep(word, index + 1, ops);
        if (step.op) program.steps.push(step);
        else if (program.bodyBytes === undefined) program.bodyBytes = step.argument;
        else throw new Refusal(`step ${index + 1}: bytes is allowed once`);
    });
    return program;
}

module.exports = { amount, crc32, parseProgram, Refusal };

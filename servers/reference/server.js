/*
 * server.js - Node.js as a contender: the same path programs and digests as our own
 * servers, by node:http. What the programs are made of is in program.js and ops.js.
 *
 *   node server.js http       one process, one loop
 *   node server.js workers    the same; CPU steps go to a pool of worker threads
 *   node server.js cluster    processes of the first kind behind one port (node:cluster)
 *
 * The environment says the rest:
 *   PORT                    0: any
 *   CPU_STEPS               loop: on the loop; uv-pool: those that Node.js can hand to
 *                           libuv's pool go there (pbkdf2, scrypt, gzip, gunzip)
 *   UV_THREADPOOL_SIZE      threads of that pool, in each process
 *   WORKERS                 worker threads of `workers`, processes of `cluster`
 *   SCHEDULING              round-robin: the primary hands connections out; none: the
 *                           processes accept for themselves
 *   DATA_FOLDER UPSTREAM UPSTREAM_CONNECTIONS     for the steps file and fetch
 *   STATS                   file for the statistics, written at the end
 *
 * Set as for our own: backlog 4096, TCP_NODELAY, keep-alive without an end, no time-outs,
 * no Date header, NODE_ENV=production (by the JSON file that starts it).
 *
 * SIGUSR2 begins a window, the second one ends it: the statistics then have how busy the
 * loop was in between (performance.eventLoopUtilization), and how late its timers came
 * (monitorEventLoopDelay). What Node.js records there is the whole time from one tick of
 * a timer to the next, so its period is taken off, and what was early counts as 0.
 * Of several processes `utilisation` and `mean` are means, the others the worst.
 */
'use strict';

const cluster = require('node:cluster');
const fs = require('node:fs');
const http = require('node:http');
const { monitorEventLoopDelay, performance } = require('node:perf_hooks');
const { isMainThread, parentPort, Worker } = require('node:worker_threads');
const { parseProgram, Refusal } = require('./program.js');
const { Failure, ops } = require('./ops.js');

const mode = process.argv[2];
const workerCount = Number(process.env.WORKERS ?? 1);
const DRAIN_MS = 5000;

/* ---- loop health ---------------------------------------------------------------------- */

const RESOLUTION_MS = 5;
const RESOLUTION_NS = RESOLUTION_MS * 1e6;
let windowStart, delays, health = null;

function beginWindow() {
    delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delays.enable();
    windowStart = performance.eventLoopUtilization();
}

function endWindow() {
    const { utilization } = performance.eventLoopUtilization(windowStart);
    delays.disable();
    const lag = (value) => Math.max(0, Math.round(value - RESOLUTION_NS));
    health = { utilisation: utilization, lag_ns: null };
    if (delays.count > 0)
        health.lag_ns = {
            count: delays.count,
            mean: lag(delays.mean),
            p50: lag(delays.percentile(50)),
            p90: lag(delays.percentile(90)),
            p99: lag(delays.percentile(99)),
            max: lag(delays.max),
        };
    delays = undefined;
}

const mark = () => (delays ? endWindow() : beginWindow());

function mergeHealth(parts) {
    const loops = parts.filter((part) => part);
    if (loops.length === 0) return null;
    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const lags = loops.map((loop) => loop.lag_ns).filter((lag) => lag);
    const worst = (key) => Math.max(...lags.map((lag) => lag[key]));
    return {
        utilisation: mean(loops.map((loop) => loop.utilisation)),
        lag_ns: lags.length === 0 ? null : {
            count: lags.reduce((sum, lag) => sum + lag.count, 0),
            mean: mean(lags.map((lag) => lag.mean)),
            p50: worst('p50'), p90: worst('p90'), p99: worst('p99'), max: worst('max'),
        },
    };
}

function writeStatistics(requests, loop) {
    if (process.env.STATS) fs.writeFileSync(process.env.STATS, JSON.stringify({ requests, loop }));
}

/* ---- where CPU steps run ------------------------------------------------------------------ */

/* Each worker computes one step at a time; the others wait in one line. */
class Pool {
    constructor(count) {
        this.line = [];
        this.workers = Array.from({ length: count }, () => new Worker(__filename));
        this.idle = [...this.workers];
        for (const worker of this.workers) worker.on('message', (answer) => this.take(worker, answer));
    }

    run(task) {
        return new Promise((resolve, reject) => {
            this.line.push({ task, resolve, reject });
            this.next();
        });
    }

    next() {
        while (this.line.length > 0 && this.idle.length > 0) {
            const worker = this.idle.pop();
            worker.current = this.line.shift();
            worker.postMessage(worker.current.task);
        }
    }

    take(worker, { crc, error }) {
        const { resolve, reject } = worker.current;
        this.idle.push(worker);
        if (error === undefined) resolve(crc);
        else reject(new Failure(500, error));
        this.next();
    }

    close() {
        for (const worker of this.workers) worker.terminate();
    }
}

/* What a worker thread does all its life. */
function compute({ name, argument, crc }) {
    try {
        parentPort.postMessage({ crc: ops[name].sync(argument, crc) });
    } catch (error) {
        parentPort.postMessage({ error: error.message });
    }
}

let pool;

function runStep({ name, op, argument }, crc) {
    if (op.wait) return op.wait(argument, crc);
    if (pool) return pool.run({ name, argument, crc });
    if (op.pool && process.env.CPU_STEPS === 'uv-pool') return op.pool(argument, crc);
    return op.sync(argument, crc);
}

/* ---- requests ----------------------------------------------------------------------------- */

const HELLO = 'Hello, World!';
const LINE = 'Interleave 0123456789 abcdefghijklmnopqrstuvwxyz 0123456789 ...\n';
const BLOCK = Buffer.alloc(256 * 1024, LINE);
let requests = 0;

function answer(response, digest, length) {
    response.writeHead(200, {
        'Content-Type': 'text/plain',
        'Interleave-Digest': digest,
        'Content-Length': length,
    });
}

/* As much of the body as the socket takes; the rest when it takes more. */
function sendBody(response, left) {
    while (left > BLOCK.length) {
        left -= BLOCK.length;
        if (!response.write(BLOCK)) {
            response.once('drain', () => sendBody(response, left));
            return;
        }
    }
    response.end(BLOCK.subarray(0, left));
}

function refuse(response, status, message) {
    if (response.destroyed) return;
    const body = JSON.stringify({ error: message }) + '\n';
    response.writeHead(status, {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
        Connection: 'close',
    });
    response.end(body);
}

async function runProgram(path, response) {
    const program = parseProgram(path, ops);
    let crc = 0;
    for (const step of program.steps) {
        const next = runStep(step, crc);
        /* Waiting for what is there already would be a turn of the loop for nothing. */
        crc = typeof next === 'number' ? next : await next;
    }
    const digest = crc.toString(16).padStart(8, '0');
    answer(response, digest, program.bodyBytes ?? digest.length + 1);
    if (program.bodyBytes === undefined) response.end(digest + '\n');
    else sendBody(response, program.bodyBytes);
}

function serve(request, response) {
    requests++;
    response.sendDate = false;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
        refuse(response, 405, 'expected GET or HEAD');
    } else if (request.url === '/') {
        answer(response, '00000000', HELLO.length);
        response.end(HELLO);
    } else {
        runProgram(request.url, response).catch((error) =>
            refuse(response, error instanceof Refusal ? 400 : error.status ?? 500, error.message));
    }
}

/* ---- the server of one process -------------------------------------------------------------- */

function listen(listening) {
    const server = http.createServer({
        noDelay: true,
        keepAliveTimeout: 0,
        requestTimeout: 0,
        headersTimeout: 0,
    }, serve);
    server.timeout = 0;
    server.listen({ port: Number(process.env.PORT ?? 0), host: '127.0.0.1', backlog: 4096 },
        () => listening(server.address()));
    return server;
}

/* Accepts no more, answers what it has, and then calls `done`. */
function drain(server, done) {
    server.close(done);
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), DRAIN_MS).unref();
}

const announce = ({ address, port }) => console.log(`listening on http://${address}:${port}`);

function serveAlone() {
    const server = listen(announce);
    if (mode === 'workers') pool = new Pool(workerCount);
    process.on('SIGUSR2', mark);
    process.once('SIGTERM', () => drain(server, () => {
        pool?.close();
        writeStatistics(requests, health);
    }));
}

/* ---- cluster ---------------------------------------------------------------------------------- */

/* The primary alone hears signals: it passes them on, and gathers what is counted. */
function serveAsPrimary() {
    cluster.schedulingPolicy =
        process.env.SCHEDULING === 'none' ? cluster.SCHED_NONE : cluster.SCHED_RR;
    const counts = [];
    let listening = 0, ending = false;
    const tell = (word) => Object.values(cluster.workers).forEach((worker) => worker.send(word));
    for (let i = 0; i < workerCount; i++) cluster.fork();
    cluster.on('listening', (worker, address) => {
        listening++;
        if (listening === workerCount) announce(address);
    });
    cluster.on('message', (worker, count) => counts.push(count));
    cluster.on('exit', () => {
        if (!ending) process.exit(1); /* one is missing: this is not what is measured */
    });
    /* Once nothing is left to wait for, everything that was told has been heard. */
    process.once('exit', () => {
        if (!ending) return;
        const sum = counts.reduce((total, count) => total + count.requests, 0);
        writeStatistics(sum, mergeHealth(counts.map((count) => count.health)));
    });
    process.on('SIGUSR2', () => tell('mark'));
    process.once('SIGTERM', () => {
        ending = true;
        tell('end');
    });
}

function serveAsWorker() {
    const server = listen(() => {});
    process.on('message', (word) => {
        if (word === 'mark') mark();
        else drain(server, () => process.send({ requests, health }, () => process.disconnect()));
    });
}

/* ---- start ------------------------------------------------------------------------------------ */

if (!isMainThread) parentPort.on('message', compute);
else if (mode !== 'cluster') serveAlone();
else if (cluster.isPrimary) serveAsPrimary();
else serveAsWorker();

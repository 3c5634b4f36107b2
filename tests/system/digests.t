#!/usr/bin/env bash
# The digests of the ops, computed a second time, in Python, from what the head of each
# op's file says: it says enough to be repeated in another language.
set -u
cd "$(dirname "$0")/../.." || exit 2
: "${INTERLEAVE:=build/interleave}"
work=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || kill -KILL "$server" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT

"$INTERLEAVE" serve --model thread-pool --listen 127.0.0.1:0 --data "$work/data" >"$work/out" &
server=$!
url=
while [ -z "$url" ] && kill -0 $server 2>/dev/null; do
    url=$(sed -n 's/^listening on //p' "$work/out")
    [ -n "$url" ] || sleep 0.02
done

cat >"$work/digests.py" <<'PY'
import hashlib, json, socket, struct, subprocess, sys, zlib

SEED = 2463534242

def xorshift(state=SEED):
    while True:
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFFFFFF
        yield state

def states(count):
    stream = xorshift()
    return [next(stream) for _ in range(count)]

def be32(*numbers):
    return b"".join(struct.pack(">I", number & 0xFFFFFFFF) for number in numbers)

def sample_text(size):
    words = ("amber birch cedar delta ember fjord grove heath inlet jetty knoll larch "
             "marsh north ocean pines").split()
    text, number = "", 0
    for s in xorshift():
        number += 1
        text += '{"id":%d,"user":"%s-%s","city":"%s","score":%d,"visits":%d},\n' % (
            number, words[s % 16], words[s >> 4 & 15], words[s >> 8 & 15], s % 100000,
            (s >> 12) % 100)
        if len(text) >= 65536:
            break
    text = text[:65536].encode()
    return (text * (size // 65536 + 1))[:size]

def op_file(size):
    return be32(*states((size + 3) // 4))[:size]

def op_query(count):
    rows = states(10000)
    result = b""
    for s in states(count):
        row = rows[s % 10000]
        result += be32(1 + s % 10000, row % 1000000) + b"user-%08x" % row
    return result

def op_insert(count):
    return be32(count, sum(s % 1000000 for s in states(count)))

def op_resolve(name):
    found = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
    return b"".join(sorted({socket.inet_aton(entry[4][0]) for entry in found}))

def op_spin(count):
    return be32(states(count)[-1] if count else SEED)

def op_pbkdf2(count):
    return hashlib.pbkdf2_hmac("sha256", b"correct horse", b"interleave salt.", count, 32)

def op_scrypt(n):
    return hashlib.scrypt(b"correct horse", salt=b"interleave salt.", n=n, r=8, p=1, dklen=32)

def op_sign(count):
    source = open("servers/ops/sign.c").read()
    key = "".join(line.split('"')[1].replace("\\n", "\n") for line in source.split("\n")
                  if line.strip().startswith('"') and "\\n" in line)
    open(sys.argv[2] + "/key.pem", "w").write(key)
    message = b"interleave"
    for _ in range(count):
        message = subprocess.run(["openssl", "dgst", "-sha256", "-sign",
                                  sys.argv[2] + "/key.pem"],
                                 input=message, stdout=subprocess.PIPE, check=True).stdout
    return message

# AES-256-GCM by hand: NIST SP 800-38D over the block cipher of the openssl command.
def op_encrypt(size):
    def cipher(*blocks):
        return subprocess.run(["openssl", "enc", "-aes-256-ecb", "-nopad", "-K",
                               bytes(range(32)).hex()], input=b"".join(blocks),
                              stdout=subprocess.PIPE, check=True).stdout
    def times(x, y):
        product = 0
        for bit in range(127, -1, -1):
            if x >> bit & 1:
                product ^= y
            y = y >> 1 ^ (0xE1 << 120 if y & 1 else 0)
        return product
    plain = bytes(i % 256 for i in range(size))
    blocks = (size + 15) // 16
    stream = cipher(bytes(16), *[bytes(12) + be32(2 + i) for i in range(blocks)])
    mask = cipher(bytes(12) + be32(1))
    secret = bytes(a ^ b for a, b in zip(plain, stream[16:]))
    key, hashed = int.from_bytes(stream[:16], "big"), 0
    padded = secret + bytes(-size % 16) + struct.pack(">QQ", 0, 8 * size)
    for i in range(0, len(padded), 16):
        hashed = times(hashed ^ int.from_bytes(padded[i:i + 16], "big"), key)
    return (hashed ^ int.from_bytes(mask, "big")).to_bytes(16, "big")

def op_gzip(size, level=6):
    return struct.pack("<II", zlib.crc32(sample_text(size)), size)

op_gunzip = sample_text

def op_thumbnail(pixels):
    return be32(160, 120) + bytes(2 + (3 * x + 2 * y) % 5 for y in range(3) for x in range(4))

def op_infer(batch):
    stream, layers = xorshift(), []
    for inputs, outputs in ((784, 512), (512, 256), (256, 10)):
        rows = [[(next(stream) >> 8) % 15 - 7 for _ in range(outputs)] for _ in range(inputs)]
        layers.append(list(zip(*rows)))
    stream, result = xorshift(), b""
    for _ in range(batch):
        values = [(next(stream) >> 8) % 16 for _ in range(784)]
        for depth, columns in enumerate(layers):
            values = [sum(a * b for a, b in zip(values, column)) for column in columns]
            if depth < 2:
                values = [min(255, max(0, value) // 64) for value in values]
        result += bytes([values.index(max(values))]) + be32(*values)
    return result

def op_json(count):
    rows = [{"id": i + 1, "name": "user-%d" % (i + 1), "score": s % 1000000,
             "active": s % 2 == 1} for i, s in enumerate(states(count))]
    return json.dumps({"rows": rows, "count": count}, separators=(",", ":")).encode()

kibi = 1024
programs = [
    [("wait:1ms", b"")], [("block:1ms", b"")],
    [("wait:1ms~exp", b"")], [("block:1ms~exp", b"")],
    [("file:0", op_file(0))], [("file:10007", op_file(10007))],
    [("file:64KiB:cold", op_file(64 * kibi))],
    [("query:1", op_query(1))], [("query:100", op_query(100))],
    [("insert:1", op_insert(1))], [("insert:100", op_insert(100))],
    [("resolve:localhost", op_resolve("localhost"))],
    [("spin:0", op_spin(0))], [("spin:1k", op_spin(1000))],
    [("pbkdf2:1", op_pbkdf2(1))], [("pbkdf2:1k", op_pbkdf2(1000))],
    [("scrypt:2", op_scrypt(2))], [("scrypt:512", op_scrypt(512))],
    [("encrypt:0", op_encrypt(0))], [("encrypt:5000", op_encrypt(5000))],
    [("encrypt:16KiB", op_encrypt(16 * kibi))],
    [("sign:1", op_sign(1))], [("sign:3", op_sign(3))],
    [("gzip:0", op_gzip(0))], [("gzip:16KiB", op_gzip(16 * kibi))],
    [("gzip:300kB:1", op_gzip(300000))], [("gzip:300kB:9", op_gzip(300000))],
    [("gunzip:0", op_gunzip(0))], [("gunzip:16KiB", op_gunzip(16 * kibi))],
    [("gunzip:300kB", op_gunzip(300000))],
    [("thumbnail:19200", op_thumbnail(19200))], [("thumbnail:100k", op_thumbnail(100000))],
    [("thumbnail:1M", op_thumbnail(1000000))],
    [("infer:1", op_infer(1))], [("infer:3", op_infer(3))],
    [("json:1", op_json(1))], [("json:250", op_json(250))],
    [("query:3", op_query(3)), ("json:20", op_json(20)), ("gzip:8KiB", op_gzip(8 * kibi))],
    [("query:1", op_query(1)), ("pbkdf2:10", op_pbkdf2(10))],
    [("file:100kB", op_file(100000)), ("thumbnail:50k", op_thumbnail(50000))],
]
listed = {op["name"] for op in json.load(open(sys.argv[1]))}
for program in programs:
    listed -= {step.split(":")[0] for step, _ in program}
    print("/" + "/".join(step for step, _ in program),
          "%08x" % zlib.crc32(b"".join(result for _, result in program)))
# Not computed here: what shapes the reply, and what needs a server of its own.
for name in listed - {"bytes", "fetch", "pgquery", "pgsleep"}:
    print("/" + name, "unknown")
PY

if ! command -v openssl >/dev/null || [ ! -x /usr/bin/python3 ]; then
    echo "1..0 # SKIP needs python3 and the openssl command"
    exit 0
fi
"$INTERLEAVE" ops --json >"$work/ops.json"
/usr/bin/python3 "$work/digests.py" "$work/ops.json" "$work" >"$work/expected" ||
    echo "/python failed" >>"$work/expected"
n=0
while read -r path digest; do
    n=$((n + 1))
    got=$(curl -s -D - -o /dev/null "$url$path" | tr -d '\r' | sed -n 's/^Interleave-Digest: //p')
    if [ "$got" = "$digest" ]; then
        echo "ok $n - $path"
    else
        printf 'not ok %s - %s\n# got "%s", expected "%s"\n' $n "$path" "$got" "$digest"
    fi
done <"$work/expected"
n=$((n + 1))
kill -TERM $server && wait $server &&
    echo "ok $n - the server ends well" || echo "not ok $n - the server ends well"
server=
echo "1..$n"

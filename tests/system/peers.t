#!/usr/bin/env bash
# The load generator against servers of others: whatever their way of framing a reply,
# with and without keep-alive, every request is answered and none is misread.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/tap.sh
chmod 755 "$work"
server=
stop_server() {
    [ -n "$server" ] || return 0
    kill -TERM "$server" 2>/dev/null
    wait "$server" 2>/dev/null
    server=
}
trap 'stop_server; rm -rf "$work"' EXIT

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}
find_command() { PATH=$PATH:/usr/sbin:/usr/local/sbin command -v "$1"; }

mkdir "$work/www"
printf 'Hello, World!' >"$work/www/sized"
printf '<!--#echo var="DOCUMENT_URI" -->, said in chunks' >"$work/www/chunked"
printf 'Status: 304 Not Modified\n\n' >"$work/www/304" # for mod_asis
head -c 300000 /dev/zero | tr '\0' x >"$work/www/long"
chmod -R a+rX "$work/www"

start_nginx() {
    cat >"$work/nginx.conf" <<END
daemon off; master_process off; pid $work/nginx.pid; error_log $work/nginx.err;
events { worker_connections 1024; }
http { access_log off; client_body_temp_path $work/body; default_type text/plain;
  keepalive_requests 100;
  server { listen 127.0.0.1:$1; root $work/www;
    location /chunked { ssi on; ssi_types text/plain; }
    location /204 { return 204; }
    location /304 { return 304; } } }
END
    exec "$(find_command nginx)" -c "$work/nginx.conf" -p "$work" 2>/dev/null
}
start_h2o() {
    cat >"$work/h2o.conf" <<END
listen: {host: 127.0.0.1, port: $1}
num-threads: 1
hosts: {default: {paths: {
  "/sized": {file.file: $work/www/sized}, "/long": {file.file: $work/www/long},
  "/chunked": {mruby.handler: 'body = Class.new { def each; yield "in "; yield "chunks"; end }.new; Proc.new {|env| [200, {}, body] }'},
  "/204": {mruby.handler: 'Proc.new {|env| [204, {}, []] }'},
  "/304": {mruby.handler: 'Proc.new {|env| [304, {}, []] }'}}}}
END
    exec "$(find_command h2o)" -c "$work/h2o.conf" 2>/dev/null
}
start_node() {
    cat >"$work/server.js" <<'END'
const fs = require("fs"), root = process.argv[3];
const files = { "/sized": fs.readFileSync(root + "/sized"), "/long": fs.readFileSync(root + "/long") };
require("http").createServer((request, reply) => {
    const status = { "/204": 204, "/304": 304 }[request.url];
    if (status) { reply.writeHead(status); reply.end(); return; }
    if (files[request.url]) { reply.end(files[request.url]); return; }
    reply.write("said "); reply.write("in "); reply.end("chunks");
}).listen({ port: +process.argv[2], host: "127.0.0.1" });
END
    exec node "$work/server.js" "$1" "$work/www"
}
start_apache2() {
    {
        for module in mpm_event authz_core mime rewrite include asis; do
            echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
        done
        cat <<END
Listen 127.0.0.1:$1
ServerName localhost
PidFile $work/apache.pid
DefaultRuntimeDir $work
ErrorLog $work/apache.err
TypesConfig /dev/null
DocumentRoot $work/www
KeepAlive On
MaxKeepAliveRequests 100
$([ "$(id -u)" -eq 0 ] && printf 'User nobody\nGroup nogroup\n')
<Location /chunked>
Options +Includes
SetOutputFilter INCLUDES
</Location>
RewriteEngine On
RewriteRule ^/204$ - [R=204,L]
<Location /304>
SetHandler send-as-is
</Location>
END
    } >"$work/apache.conf"
    exec "$(find_command apache2)" -D FOREGROUND -f "$work/apache.conf" 2>/dev/null
}

start_server() { # NAME: sets $server and $port once it answers
    port=$(free_port)
    ("start_$1" "$port") >/dev/null &
    server=$!
    for _ in $(seq 300); do
        curl -sf -o /dev/null "http://127.0.0.1:$port/sized" && return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    return 1
}

number() { grep -o "\"$1\":[^,}]*" "$work/load.json" | head -n 1 | tr -dc 0-9; }

# Runs 600 requests; all have to be good. A server that closes without a word may cross
# a request on the wire, but these announce it.
loads() { # NAME OPTIONS...
    local name=$1
    shift
    "$INTERLEAVE" load --quiet --warmup 0s --requests 600 --duration 60s --connections 6 \
        --json "$work/load.json" "$@" 2>"$work/err"
    [ "$(number scheduled)" = 600 ] && [ "$(number ok)" = 600 ]
    local status=$?
    ok $status "$name"
    [ $status -eq 0 ] || { cat "$work/err"; grep -A 9 '"errors"' "$work/load.json"; } | sed 's/^/# /'
}

for name in nginx h2o node apache2; do
    if ! find_command $name >/dev/null; then
        n=$((n + 1))
        echo "ok $n - $name # SKIP $name is not installed"
        continue
    fi
    if ! start_server $name; then
        ok 1 "$name starts"
        sed 's/^/# /' "$work"/*.err 2>/dev/null
        continue
    fi
    url=http://127.0.0.1:$port
    encoding=$(curl -s -D - -o /dev/null "$url/chunked" | grep -ic '^transfer-encoding: chunked')
    [ "$encoding" -eq 1 ]
    ok $? "$name does send chunks"
    for path in sized chunked long 204 304; do
        loads "$name: /$path" "$url/$path"
        loads "$name: /$path, a connection each" --no-keep-alive "$url/$path"
        loads "$name: /$path, HEAD" --method HEAD "$url/$path"
    done
    loads "$name: pipelined" --pipeline 4 "$url/sized"
    loads "$name: 7 requests to a connection" --requests-per-connection 7 "$url/chunked"
    stop_server
done
finish_tests

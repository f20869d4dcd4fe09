# shellcheck shell=bash
# Starts and stops the server and one agent, and registers who may talk to them. Sourced by demo.sh.
: "${work:?}"

server_pid=
agent_pid=
log_level=${log_level:-info}

# as NAME ARGUMENTS...: otactl with one principal's certificate
as() {
    local who=$1
    shift
    REBIND_CERT=$work/pki/$who.crt REBIND_KEY=$work/pki/$who.key otactl "$@"
}

admin() { ota-server --config "$work/server.yaml" "$@" >/dev/null; }

write_configs() { # write_configs PORT: 0 takes a free one
    cat >"$work/server.yaml" <<YAML
listen: {address: 127.0.0.1, port: $1, port_file: port}
tls: {certificate: pki/server.crt, key: pki/server.key, trust: pki/ca.crt}
database: rebind.db
vault: {file: vault, credential: vault.key}
profiles: $top/configs/profiles
log: {level: $log_level}
YAML
    cat >"$work/agent.yaml" <<YAML
agent: kiosk-$region-01
server: https://localhost:$1
tls: {ca: $work/pki/ca.crt, certificate: $work/pki/agent.crt, key: $work/pki/agent.key}
readers: {${readers:-soft: $work/cards}}
journal: $work/journal
poll: 200ms
log: $log_level
YAML
}

register_principals() {
    local kind bank index label
    admin init
    for kind in operator author approver officer auditor; do
        admin --kind $kind --person "$kind" principal $kind "$work/pki/$kind.crt"
    done
    admin --kind agent --tenant "$region" principal agent "$work/pki/agent.crt"
    for index in "${!banks[@]}"; do
        bank=bank-${banks[$index]}
        admin --kind bank --tenant "$bank" principal "$bank" "$work/pki/$bank.crt"
        admin bank-key "$bank" "$work/$bank/transport.key"
    done
    for label in "$work"/keys/*.yaml; do
        admin key-set "$(basename "$label" .yaml)" "$label"
    done
}

wait_for() { # wait_for COMMAND...: ten seconds, or as long as wait_tries says in tenths
    local tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt "${wait_tries:-100}" ] || return 1
        sleep 0.1
    done
}

give_up() {
    printf 'demo.sh: %s\n' "$1" >&2
    tail -n 20 "$2" >&2
    exit 1
}

# The first start picks a free port, later ones take it again.
start_server() {
    rm -f "$work/port"
    ota-server --config "$work/server.yaml" serve 2>>"$work/server.log" &
    server_pid=$!
    wait_for test -s "$work/port" || give_up 'the server did not start' "$work/server.log"
    port=$(cat "$work/port")
    export REBIND_URL=https://localhost:$port REBIND_CA=$work/pki/ca.crt
    wait_for curl -sf --cacert "$REBIND_CA" "$REBIND_URL/healthz" ||
        give_up 'the server does not answer' "$work/server.log"
    write_configs "$port"
}

start_agent() {
    mkdir -p "$work/journal"
    ota-agent --config "$work/agent.yaml" 2>>"$work/agent.log" &
    agent_pid=$!
}

start_service() {
    printf 'Starting ota-server (SQLite) and ota-agent (five soft cards) ... '
    write_configs 0
    register_principals
    start_server
    start_agent
    printf 'done: %s\n' "$REBIND_URL"
}

service_runs() { kill -0 "$server_pid" 2>/dev/null && kill -0 "$agent_pid" 2>/dev/null; }

stop_service() {
    local pid
    for pid in $agent_pid $server_pid; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    agent_pid=
    server_pid=
}

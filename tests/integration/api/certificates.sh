#!/bin/sh
# certificates.sh DIR NAME...: an authority (ca), a server (server) and one client for each name.
set -eu
cd "$1"
shift
exec 2>openssl.log

certificate() { # NAME USE SAN
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -CA ca.pem -CAkey ca.key \
        -keyout "$1.key" -out "$1.pem" -subj "/O=Rebind/CN=$1" -days 30 -sha256 \
        -addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature \
        -addext "extendedKeyUsage=$2" -addext "subjectAltName=$3"
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem \
    -subj "/CN=Rebind test" -days 30 -sha256 \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
certificate server serverAuth IP:127.0.0.1
for name; do
    certificate "$name" clientAuth "URI:urn:rebind:test:$name"
done

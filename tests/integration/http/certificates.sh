#!/bin/sh
# certificates.sh DIR: keys and certificates for the tests of the HTTP server, made anew for each run.
#
#   ca, foreign-ca        authorities, trusted and not
#   server                127.0.0.1; server.pkcs8: its key in the other form
#   server-rsa            the same with RSA
#   agent, operator, stranger, disabled
#                         good clients, known by the URI urn:rebind:test:NAME
#   expired, future       clients of the trusted authority at the wrong time
#   foreign               client of the other authority; foreign-chain: the same with its authority
#   wrong-use             client certificate for servers only
set -eu
cd "$1"
exec 2>openssl.log

key() {
    case $1 in
    *-rsa) openssl genrsa -traditional -out "$1.key" 2048 ;;
    *) openssl ecparam -name prime256v1 -genkey -noout -out "$1.key" ;;
    esac
}

authority() { # NAME
    key "$1"
    openssl req -x509 -new -key "$1.key" -subj "/CN=Rebind test $1" -days 30 -out "$1.pem" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
}

certificate() { # NAME CA USE SAN [notBefore notAfter]
    key "$1"
    cat >"$1.ext" <<EOF
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=$3
subjectAltName=$4
EOF
    openssl req -new -key "$1.key" -subj "/O=Rebind/CN=$1" -out "$1.csr"
    mkdir "$1.ca"
    : >"$1.ca/index.txt"
    cat >"$1.cnf" <<EOF
[ca]
default_ca=default
[default]
database=$1.ca/index.txt
new_certs_dir=$1.ca
default_md=sha256
policy=any
rand_serial=yes
unique_subject=no
[any]
commonName=supplied
organizationName=optional
EOF
    openssl ca -batch -config "$1.cnf" -cert "$2.pem" -keyfile "$2.key" -in "$1.csr" -out "$1.pem" \
        -extfile "$1.ext" -startdate "${5:-20200101000000Z}" -enddate "${6:-20990101000000Z}" \
        -notext >/dev/null
}

client() { # NAME CA [notBefore notAfter]
    certificate "$1" "$2" clientAuth "DNS:$1.test,URI:urn:rebind:test:$1" "${3:-}" "${4:-}"
}

authority ca
authority foreign-ca
certificate server ca serverAuth IP:127.0.0.1
certificate server-rsa ca serverAuth IP:127.0.0.1
openssl pkcs8 -topk8 -nocrypt -in server.key -out server.pkcs8
for name in agent operator stranger disabled; do
    client "$name" ca
done
client expired ca 20200101000000Z 20210101000000Z
client future ca 20980101000000Z 20990101000000Z
client foreign foreign-ca
cp foreign.key foreign-chain.key
cat foreign.pem foreign-ca.pem >foreign-chain.pem
certificate wrong-use ca serverAuth URI:urn:rebind:test:agent

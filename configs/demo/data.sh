# shellcheck shell=bash
# What bureau and banks bring: keys, certificates, CAP files, products, personalisation records, and five
# cards that were issued with bank A. All of it is random and made anew. Sourced by demo.sh.
: "${top:?}"

banks=(a b c)
bank_names=([0]="Bank of the River" [1]="Bank of the Mountain" [2]="Bank of the Sea")
bank_bins=([0]=622200 [1]=622848 [2]=622588)
bank_letters=([0]=41 [1]=42 [2]=43)
region=310000

# profile, key set label, diversification scheme, key bytes: one row a card
cards=(
    "scp02-i55 isd-des emv 16"
    "scp02-i15 isd-des emv 16"
    "scp03-i70-aes128 isd-aes128 kdf3 16"
    "scp03-i60-aes256 isd-aes256 kdf3 32"
    "scp03-i10-aes192 isd-aes192 kdf3 24"
)

rid=A000000333
ppse=325041592E5359532E4444463031
pse=315041592E5359532E4444463031
social=7378312E73682EC9E7BBE1B1A3D5CF
# Packages and modules that the card profiles know.
directory_package=D15600012701
directory_module=D1560001270101
social_package=7378312E736801
social_module=7378312E73680101

random_hex() { openssl rand -hex "$1" | tr -d '\n' | tr a-f A-F; }
text_hex() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n' | tr a-f A-F; }
# tlv TAG HEX: values under 128 bytes
tlv() { printf '%s%02X%s' "$1" $((${#2} / 2)) "$2"; }
private() { (umask 077; cat >"$1"); }

bank_package() { printf '%sF00%d' "$rid" $(($1 + 1)); }
bank_module() { printf '%sF00%d01' "$rid" $(($1 + 1)); }
bank_instance() { printf '%s010101%s' "$rid" "${bank_letters[$1]}"; }
bank_label() { printf 'BANK %s DEBIT' "$(printf %s "${banks[$1]}" | tr a-z A-Z)"; }

# The check digit of a card number (ISO/IEC 7812-1 annex B).
luhn() {
    local digits=$1 sum=0 i digit double=1
    for ((i = ${#digits} - 1; i >= 0; i--)); do
        digit=${digits:i:1}
        if [ $double -eq 1 ]; then digit=$((digit * 2)); [ $digit -gt 9 ] && digit=$((digit - 9)); fi
        double=$((1 - double))
        sum=$((sum + digit))
    done
    printf %d $(((10 - sum % 10) % 10))
}

# make_record BANK CARD: what a bank knows of its customer's card, as tags; only the bank and this
# folder see it in the clear.
make_record() {
    local base=$work/bank-${banks[$1]} body pan ac
    body=$(printf '%s%09d' "${bank_bins[$1]}" $((RANDOM * RANDOM % 1000000000)))
    pan=$body$(luhn "$body")
    ac=$(random_hex 16)
    printf %s "$ac" | private "$base/card$2.ac"
    private "$base/card$2.record" <<RECORD
5A=$pan
57=${pan}D31122010000000000
5F34=01
5F24=311231
5F20=$(text_hex "ZHANG SAN")
DF01=$ac
DF02=$(random_hex 16)
DF03=$(random_hex 16)
DF10=24$(printf %04d $((RANDOM % 10000)))FFFFFFFFFF
RECORD
}

# tag_of RECORD TAG: the value of one tag in a record file
tag_of() { sed -n "s/^$2=//p" "$1"; }

cdol1=9F02069F03069F1A0295055F2A029A039C019F3704
cdol2=910A8A0295059F3704

make_product() {
    local index=$1 label
    label=$(text_hex "$(bank_label "$index")")
    cat >"$work/bank-${banks[$index]}/debit.json" <<JSON
{"role": "payment", "package": "$(bank_package "$index")", "module": "$(bank_module "$index")",
 "instance": "$(bank_instance "$index")", "privileges": "000000", "parameters": "C900",
 "label": "$(bank_label "$index")", "priority": 1,
 "personalisation": [
  {"dgi": "0101", "value": "70(57 5F20)"},
  {"dgi": "0102", "value": "70(5A 5F34 5F24 8C=$cdol1 8D=$cdol2)"},
  {"dgi": "9102", "value": "A5(50=$label 87=01)"},
  {"dgi": "9103", "value": "A5(50=$label 87=01)"},
  {"dgi": "9104", "value": "82=1C00 94=08010200"},
  {"dgi": "8000", "value": "#DF01 #DF02 #DF03", "sensitive": true},
  {"dgi": "8010", "value": "#DF10", "sensitive": true}]}
JSON
}

make_bank() {
    local index=$1 base=$work/bank-${banks[$1]} card
    mkdir -p "$base"
    random_hex 32 | private "$base/transport.key"
    cap-maker "$base/debit.cap" --package "$(bank_package "$index")" --version 1.0 \
        --applet "$(bank_module "$index")" --size $((12000 + index * 2000)) >/dev/null
    make_product "$index"
    for card in "${!cards[@]}"; do make_record "$index" "$card"; done
}

make_key_sets() {
    local row label scheme bytes
    mkdir -p "$work/keys"
    for row in "${cards[@]}"; do
        read -r _ label scheme bytes <<<"$row"
        [ -e "$work/keys/$label.yaml" ] && continue
        printf 'scheme: %s\nenc: %s\nmac: %s\ndek: %s\n' "$scheme" "$(random_hex "$bytes")" \
            "$(random_hex "$bytes")" "$(random_hex "$bytes")" | private "$work/keys/$label.yaml"
    done
}

# The personalisation of bank A's instance, expanded as the product's templates say.
issued_dgis() {
    local record=$work/bank-a/card$1.record label t5a t57 name
    label=$(text_hex "$(bank_label 0)")
    t5a=$(tlv 5A "$(tag_of "$record" 5A)")
    t57=$(tlv 57 "$(tag_of "$record" 57)")
    name=$(tlv 5F20 "$(tag_of "$record" 5F20)")
    cat <<YAML
          - {dgi: "0101", value: "$(tlv 70 "$t57$name")"}
          - {dgi: "0102", value: "$(tlv 70 "$t5a$(tlv 5F34 01)$(tlv 5F24 311231)$(tlv 8C $cdol1)$(tlv 8D $cdol2)")"}
          - {dgi: "9102", value: "$(tlv A5 "$(tlv 50 "$label")870101")"}
          - {dgi: "9103", value: "$(tlv A5 "$(tlv 50 "$label")870101")"}
          - {dgi: "9104", value: "82021C00940408010200"}
          - {dgi: "8000", value: "$(tag_of "$record" DF01)$(tag_of "$record" DF02)$(tag_of "$record" DF03)"}
          - {dgi: "8010", value: "$(tag_of "$record" DF10)"}
YAML
}

issued_entry() { tlv 61 "$(tlv 4F "$(bank_instance 0)")$(tlv 50 "$(text_hex "$(bank_label 0)")")870101"; }

make_issuance() {
    local index=$1 entry
    entry=$(issued_entry)
    private "$work/issuance/card$index.yaml" <<YAML
diversification_data: "${diversification[$index]}"
iin: "${iins[$index]}"
cin: "${cins[$index]}"
state: secured
content:
  - package: "$social_package"
    version: "0300"
    size: 9000
    modules: ["$social_module"]
    instances:
      - aid: "$social"
        module: "$social_module"
        privileges: "00"
        selectable: true
        files:
          - {ef: "05", records: ["$(random_hex 16)", "01", "332E3030", "$(random_hex 12)", "20200101", "20300101", "$(random_hex 9)"]}
          - {ef: "06", records: ["$(text_hex "11010519491231002X")", "$(text_hex "ZHANG SAN")", "01", "19491231"]}
          - {ef: "07", records: ["$(text_hex "310000")"]}
          - {df: "01", ef: "08", records: ["$(random_hex 32)", "$(random_hex 32)"]}
          - {df: "02", ef: "05", records: ["$(random_hex 24)"]}
          - {df: "03", ef: "06", records: ["$(random_hex 24)", "$(random_hex 24)"]}
  - package: "$directory_package"
    version: "0100"
    size: 1500
    modules: ["$directory_module"]
    instances:
      - aid: "$ppse"
        module: "$directory_module"
        privileges: "00"
        selectable: true
        dgis: [{dgi: "9103", value: "$(tlv A5 "$(tlv BF0C "$entry")")"}]
      - aid: "$pse"
        module: "$directory_module"
        privileges: "00"
        selectable: true
        dgis: [{dgi: "9102", value: "$(tlv A5 8801015F2D027A68)"}, {dgi: "0101", value: "$(tlv 70 "$entry")"}]
  - package: "$(bank_package 0)"
    version: "0100"
    size: 12000
    modules: ["$(bank_module 0)"]
    instances:
      - aid: "$(bank_instance 0)"
        module: "$(bank_module 0)"
        privileges: "00"
        selectable: true
        dgis:
$(issued_dgis "$index")
YAML
}

# make_import CARD COUNTER: what the bureau's records say of the card, for POST /v1/cards.
make_import() {
    local index=$1 counter=$2 profile label kvn
    read -r profile label _ <<<"${cards[$index]}"
    kvn=$(printf %d "$(sed -n 's/^ *kvn: *\([0-9A-Fa-fx]*\).*/\1/p' "$top/configs/profiles/$profile.yaml")")
    cat >"$work/issuance/card$index.json" <<JSON
{"iin": "${iins[$index]}", "cin": "${cins[$index]}", "profile": "$profile", "region": "$region", "generation": "3",
 "keys": {"key_set": "$label", "kvn": $kvn, "diversification_data": "${diversification[$index]}", "counter": $counter},
 "contents": {
  "load_files": [{"aid": "$social_package", "modules": ["$social_module"]},
                 {"aid": "$directory_package", "modules": ["$directory_module"]},
                 {"aid": "$(bank_package 0)", "modules": ["$(bank_module 0)"]}],
  "applications": [
   {"aid": "$social", "load_file": "$social_package", "state": 7, "privileges": "000000"},
   {"aid": "$ppse", "load_file": "$directory_package", "state": 7, "privileges": "000000"},
   {"aid": "$pse", "load_file": "$directory_package", "state": 7, "privileges": "000000"},
   {"aid": "$(bank_instance 0)", "load_file": "$(bank_package 0)", "state": 7, "privileges": "000000"}],
  "active": "bank-a/debit", "free_non_volatile": null}}
JSON
}

make_cards() {
    local index profile label
    mkdir -p "$work/issuance" "$work/cards"
    for index in "${!cards[@]}"; do
        read -r profile label _ <<<"${cards[$index]}"
        diversification[index]=$(random_hex 10)
        iins[index]=42310000
        cins[index]=$(random_hex 8)
        make_issuance "$index"
        softcard new --profile "$top/configs/profiles/$profile.yaml" --issuance "$work/issuance/card$index.yaml" \
            --keys "$work/keys/$label.yaml" --out "$work/cards/card$index.card" >/dev/null
    done
}

declare -a diversification iins cins

make_data() {
    local index
    printf 'Making keys, certificates, three banks and five cards ... '
    otactl pki init --out "$work/pki" >/dev/null
    otactl pki issue --dir "$work/pki" --name bank-c --uri rebind:bank/bank-c >/dev/null
    make_key_sets
    for index in "${!banks[@]}"; do make_bank "$index"; done
    make_cards
    printf 'done\n'
}

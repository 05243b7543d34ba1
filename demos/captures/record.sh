#!/usr/bin/env bash
# Records mixed.pcap: real programs that talk over a veth pair between two
# network namespaces; then cuts truncated.pcap and mixed.pcapng out of it.
#
#   sudo ./record.sh            install what is missing, record, check
#   ./record.sh --check         only check mixed.pcap and print its figures
#   sudo INSTALL=0 ./record.sh  as the first, but install nothing
#
# Debian or Ubuntu. No packet leaves the two namespaces.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE
readonly CLIENT=fwcap-client-$$ SERVER=fwcap-server-$$
readonly VLAN=42
readonly C4=192.0.2.1 S4=192.0.2.2
readonly C6=2001:db8:1::1 S6=2001:db8:1::2
readonly VC4=198.51.100.1 VS4=198.51.100.2
readonly VC6=2001:db8:42::1 VS6=2001:db8:42::2
# Every address a client talks to: IPv4, IPv6, and both again in the VLAN.
readonly TARGETS=("$S4" "$S6" "$VS4" "$VS6")

WORK=''
TCPDUMP=''
PIDS=()

cleanup() {
    local status=$? pid
    trap - EXIT
    for pid in "${PIDS[@]}" $TCPDUMP; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    ip netns del "$CLIENT" 2>/dev/null || true
    ip netns del "$SERVER" 2>/dev/null || true
    if [[ -n $WORK ]]; then rm -rf "$WORK"; fi
    exit "$status"
}

die() {
    echo "record.sh: $*" >&2
    exit 1
}

# Runs a command in a namespace, under a host name that says nothing.
inside() {
    local ns=$1
    shift
    # shellcheck disable=SC2016 # expanded by the inner shell
    exec ip netns exec "$ns" unshare --uts sh -c 'hostname host.example; exec "$@"' sh "$@"
}
client() { (inside "$CLIENT" "$@"); }
server() { (inside "$SERVER" "$@"); }

# Waits until a command succeeds, ten seconds at most.
until_ok() {
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.1
    done
    die "gave up waiting for: $*"
}

install_tools() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends \
        bind9-dnsutils curl dnsmasq-base ethtool hostname iperf3 iproute2 \
        iputils-ping python3 tcpdump tshark util-linux wireshark-common
}

# Without this veth hands over 64 KiB packets whose checksums were never filled in.
offloads_off() {
    ip netns exec "$1" ethtool -K "$2" \
        tso off gso off gro off tx off rx off sg off >/dev/null
}

# add_vlan NAMESPACE PARENT: adds the sub-interface PARENT.42.
add_vlan() {
    local ns=$1 parent=$2
    if ip -n "$ns" link add link "$parent" name "$parent.$VLAN" type vlan id "$VLAN" 2>/dev/null; then
        echo "$parent.$VLAN: kernel VLAN device"
    else
        inside "$ns" python3 "$HERE/vlan_relay.py" "$parent" "$parent.$VLAN" "$VLAN" >"$WORK/$parent.relay" &
        PIDS+=($!)
        until_ok grep -q ready "$WORK/$parent.relay"
        echo "$parent.$VLAN: vlan_relay.py (this kernel has no VLAN device)"
    fi
}

# set_up NAMESPACE DEVICE IPV4 IPV6 VLAN-IPV4 VLAN-IPV6
set_up() {
    local ns=$1 dev=$2
    ip -n "$ns" link set lo up
    ip -n "$ns" addr add "$3/24" dev "$dev"
    ip -n "$ns" addr add "$4/64" dev "$dev"
    add_vlan "$ns" "$dev"
    # Some of them cannot be set here, and follow the parent; check() would notice.
    offloads_off "$ns" "$dev.$VLAN" 2>/dev/null || true
    ip -n "$ns" link set "$dev.$VLAN" mtu 1500 up
    ip -n "$ns" addr add "$5/24" dev "$dev.$VLAN"
    ip -n "$ns" addr add "$6/64" dev "$dev.$VLAN"
}

no_tentative() {
    [[ -z $(ip -n "$CLIENT" -6 addr show tentative) && -z $(ip -n "$SERVER" -6 addr show tentative) ]]
}

listens() { [[ -n $(ip netns exec "$SERVER" ss -Hltn "sport = :$1") ]]; }

make_files() {
    mkdir "$WORK/www"
    python3 - "$WORK/www" <<'PY'
import pathlib, random, sys
words = "ring frame slot queue cursor batch header payload reader writer".split()
rng = random.Random(1500)
for size in (200, 700, 1400, 5_000, 20_000, 60_000, 400_000):
    text = ""
    while len(text) < size:
        text += " ".join(rng.choice(words) for _ in range(12)) + "\n"
    pathlib.Path(sys.argv[1], f"f{size}.txt").write_text(text[:size])
PY
}

start_servers() {
    inside "$SERVER" python3 -m http.server --protocol HTTP/1.1 --bind :: \
        --directory "$WORK/www" 80 >"$WORK/http.log" 2>&1 &
    PIDS+=($!)
    local long=() n
    for n in 1 2 3 4; do
        long+=("--txt-record=long.example.net,part $n $(printf '%0*d' 190 "$n")")
    done
    inside "$SERVER" dnsmasq --keep-in-foreground --conf-file=/dev/null --user=root \
        --pid-file= --no-resolv --no-hosts --local-ttl=300 --local=/example.net/ \
        --host-record=www.example.net,$S4,$S6 \
        --host-record=vlan.example.net,$VS4,$VS6 \
        --host-record=mail.example.net,192.0.2.25 \
        --txt-record=example.net,"v=spf1 ip4:192.0.2.0/24 -all" \
        --mx-host=example.net,mail.example.net,10 \
        "${long[@]}" >"$WORK/dns.log" 2>&1 &
    PIDS+=($!)
    inside "$SERVER" iperf3 --server >"$WORK/iperf3.log" 2>&1 &
    PIDS+=($!)
    until_ok listens 80
    until_ok listens 53
    until_ok listens 5201
}

url_host() { if [[ $1 == *:* ]]; then echo "[$1]"; else echo "$1"; fi; }

# fetch ADDRESS SIZE...: all files of one call over one connection.
fetch() {
    local host size urls=()
    host=$(url_host "$1")
    shift
    for size in "$@"; do urls+=("http://$host/f$size.txt"); done
    client curl --silent --show-error --fail "${urls[@]}" >"$WORK/body"
}

# ask ADDRESS [OPTION]: one dig run with ten queries.
ask() {
    local address=$1
    shift
    client dig "@$address" "$@" \
        www.example.net A www.example.net AAAA vlan.example.net A vlan.example.net AAAA \
        mail.example.net A example.net TXT example.net MX long.example.net TXT \
        absent.example.net A mail.example.net AAAA >"$WORK/dig.log"
}

echo_sizes() {
    local address=$1 count=$2 size
    shift 2
    for size in "$@"; do
        client ping -q -n -c "$count" -i 0.005 -s "$size" "$address" >/dev/null
    done
}

# bulk ADDRESS OPTION...: one iperf3 run.
bulk() {
    local address=$1
    shift
    client iperf3 --client "$address" --repeating-payload "$@" >>"$WORK/bulk.log" 2>&1
}

traffic() {
    local target size
    # A little of everything first, so that a short head of the file has it too.
    for target in "${TARGETS[@]}"; do
        echo_sizes "$target" 2 56
        client dig "@$target" www.example.net A vlan.example.net AAAA >"$WORK/dig.log"
        fetch "$target" 200 1400
    done

    # New addresses: multicast reports and duplicate address detection.
    ip -n "$CLIENT" addr add 2001:db8:1::11/64 dev cap-c
    ip -n "$SERVER" addr add "2001:db8:42::12/64" dev "cap-s.$VLAN"

    for target in "${TARGETS[@]}"; do
        ask "$target"
        ask "$target" +notcp +bufsize=512 +nocookie
        ask "$target" +tcp
        for size in 200 700 1400 5000 20000; do fetch "$target" "$size"; done
        fetch "$target" 200 700 1400 5000 200 700
    done

    # 1,472 bytes over IPv4 and 1,452 over IPv6 fill a packet of 1,500 bytes.
    echo_sizes "$S4" 12 0 16 56 200 512 1000 1400 1472
    echo_sizes "$VS4" 6 0 16 56 200 512 1000 1400 1472
    echo_sizes "$S6" 12 0 16 56 200 512 1000 1400 1452
    echo_sizes "$VS6" 6 0 16 56 200 512 1000 1400 1452

    fetch "$S4" 400000
    fetch "$S6" 60000 20000
    fetch "$VS4" 60000
    fetch "$VS6" 20000

    bulk "$S4" --bytes 256K
    bulk "$S4" --bytes 128K --reverse
    bulk "$S6" --bytes 256K
    bulk "$VS4" --bytes 128K
    bulk "$VS6" --bytes 128K --reverse
    bulk "$S4" --udp --bitrate 40M --length 1472 --bytes 150K
    bulk "$S6" --udp --bitrate 40M --length 1452 --bytes 150K
    bulk "$VS4" --udp --bitrate 40M --length 1472 --bytes 60K
    # Voice-like: many small datagrams.
    bulk "$S4" --udp --bitrate 4M --length 172 --bytes 50K
    bulk "$S6" --udp --bitrate 4M --length 172 --bytes 50K
}

# tshark with the options that make it look at every checksum. It also rejects
# a TCP checksum of 0xffff, which Linux sends for 0 (one packet in 65,536): such
# a checksum is valid, but not what a program that recomputes it would write.
dissect() {
    tshark -n -r "$1" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE \
        -o udp.check_checksum:TRUE "${@:2}" 2>/dev/null
}

# rows FILE FILTER: how many packets match.
rows() { dissect "$1" -Y "$2" -T fields -e frame.number | wc -l; }

# Packets that match a filter, and their bytes on the wire, as a table row.
row() {
    dissect "$1" -Y "$3" -T fields -e frame.len |
        awk -v name="$2" '{ n++; b += $1 } END { printf "| %s | %d | %d |\n", name, n, b }'
}

# none FILE WHAT FILTER: fails if a packet matches.
none() {
    local count
    count=$(rows "$1" "$3")
    echo "$2: $count"
    [[ $count == 0 ]] || die "$1: $2: $count, expected 0"
}

some() {
    local count
    count=$(rows "$1" "$3")
    echo "$2: $count"
    [[ $count != 0 ]] || die "$1: no $2"
}

check() {
    local file=$1
    [[ $(head -c 4 "$file" | od -An -tx1 | tr -d ' ') == d4c3b2a1 ]] ||
        die "$file: not a little-endian pcap file with microseconds"
    capinfos -t -E -c -s -d -u -o -l "$file"

    local sums='' layer
    for layer in ip tcp udp icmp icmpv6; do
        sums+="${sums:+ || }$layer.checksum.status == 0"
        some "$file" "$layer checksums right" "$layer.checksum.status == 1"
    done
    none "$file" "checksums wrong" "$sums"
    none "$file" "UDP datagrams without checksum" "udp.checksum == 0"
    none "$file" "untagged frames above 1514 bytes" "!vlan && frame.len > 1514"
    none "$file" "tagged frames above 1518 bytes" "vlan && frame.len > 1518"
    none "$file" "packets cut short" "frame.cap_len < frame.len"
    none "$file" "fragments" "ip.flags.mf == 1 || ip.frag_offset > 0 || ipv6.fraghdr"
    none "$file" "malformed packets" "_ws.malformed"
    none "$file" "TCP retransmissions, gaps, reordering" \
        "tcp.analysis.retransmission || tcp.analysis.lost_segment || tcp.analysis.out_of_order || tcp.analysis.ack_lost_segment"
    none "$file" "timestamps that run backwards" "frame.time_delta < 0"
    some "$file" "packets of 1500 bytes, IPv4" "ip.len == 1500"
    some "$file" "packets of 1500 bytes, IPv6" "ipv6.plen == 1460"
    some "$file" "packets of 1500 bytes, tagged" "vlan && frame.len == 1518"

    echo '| protocol | packets | bytes |'
    row "$file" 'ARP' arp
    row "$file" 'IPv4 TCP' 'ip && tcp'
    row "$file" 'IPv4 UDP' 'ip && udp'
    row "$file" 'IPv4 ICMP' 'ip && icmp'
    row "$file" 'IPv6 TCP' 'ipv6 && tcp'
    row "$file" 'IPv6 UDP' 'ipv6 && udp'
    row "$file" 'IPv6 ICMPv6' 'ipv6 && icmpv6'
    row "$file" 'other' '!arp && !tcp && !udp && !icmp && !icmpv6'
    row "$file" 'total' frame
    row "$file" 'of these: 802.1Q' vlan
    row "$file" 'of these: HTTP connections' 'tcp.port == 80'
    row "$file" 'of these: DNS' 'udp.port == 53 || tcp.port == 53'
    row "$file" 'of these: iperf3' 'udp.port == 5201 || tcp.port == 5201'
    echo '| frame length | packets |'
    dissect "$file" -T fields -e frame.len | awk '
        BEGIN { split("63 127 255 511 1023 1513 1514 1518", top); low = 0 }
        { for (i = 1; i in top; i++) if ($1 <= top[i]) { n[i]++; break } }
        END { for (i = 1; i in top; i++) { printf "| %d-%d | %d |\n", low, top[i], n[i]; low = top[i] + 1 } }'
}

# cut_short FROM TO: 20 whole records, then a record that ends half way.
cut_short() {
    python3 - "$1" "$2" <<'PY'
import struct, sys
data = open(sys.argv[1], "rb").read()
at = 24
for _ in range(20):
    at += 16 + struct.unpack_from("<I", data, at + 8)[0]
at += 16 + struct.unpack_from("<I", data, at + 8)[0] // 2
open(sys.argv[2], "wb").write(data[:at])
PY
}

main() {
    if [[ ${1-} == --check ]]; then
        check "$HERE/mixed.pcap"
        return
    fi
    [[ $EUID == 0 ]] || die 'must run as root'
    trap cleanup EXIT
    trap 'exit 130' INT TERM
    WORK=$(mktemp -d)
    if [[ ${INSTALL-1} == 1 ]]; then install_tools; fi

    ip netns add "$CLIENT"
    ip netns add "$SERVER"
    ip link add cap-c netns "$CLIENT" address 02:00:00:00:00:01 type veth \
        peer name cap-s netns "$SERVER" address 02:00:00:00:00:02
    offloads_off "$CLIENT" cap-c
    offloads_off "$SERVER" cap-s
    ip -n "$CLIENT" link set cap-c mtu 1500 up
    ip -n "$SERVER" link set cap-s mtu 1500 up

    set_up "$CLIENT" cap-c $C4 $C6 $VC4 $VC6
    set_up "$SERVER" cap-s $S4 $S6 $VS4 $VS6
    until_ok no_tentative
    make_files
    start_servers
    sleep 2 # the kernel's greetings on new links are over

    inside "$CLIENT" tcpdump -Z root -n -i cap-c -s 262144 -B 32768 -w "$WORK/mixed.pcap" 2>"$WORK/tcpdump.log" &
    TCPDUMP=$!
    until_ok grep -q 'listening on' "$WORK/tcpdump.log"
    traffic
    sleep 1
    kill -INT "$TCPDUMP"
    wait "$TCPDUMP" || true
    TCPDUMP=''
    cat "$WORK/tcpdump.log"
    grep -q '^0 packets dropped by kernel' "$WORK/tcpdump.log" || die 'tcpdump lost packets'

    check "$WORK/mixed.pcap"
    cut_short "$WORK/mixed.pcap" "$WORK/truncated.pcap"
    editcap -F pcapng -r "$WORK/mixed.pcap" "$WORK/mixed.pcapng" 1-200
    install -m 644 "$WORK/mixed.pcap" "$WORK/truncated.pcap" "$WORK/mixed.pcapng" "$HERE/"
    ls -l "$HERE"
}

main "$@"

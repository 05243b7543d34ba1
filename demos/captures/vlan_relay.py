#!/usr/bin/env python3
"""An 802.1Q sub-interface for kernels built without one.

Usage: vlan_relay.py PARENT NAME VLAN_ID

Creates the TAP device NAME with the hardware address of PARENT. What the
kernel sends through NAME leaves PARENT with an 802.1Q tag; frames with that
tag that reach PARENT arrive untagged on NAME. Prints "ready" once NAME exists.
NAME disappears when the program ends. Used by record.sh only when
`ip link add ... type vlan` is not supported.
"""

import fcntl
import os
import select
import socket
import struct
import sys

ETH_P_ALL = 0x0003
ETH_P_8021Q = 0x8100
SOL_PACKET = 263
PACKET_AUXDATA = 8
PACKET_IGNORE_OUTGOING = 23
PACKET_OUTGOING = 4
SO_RCVBUFFORCE = 33
TP_STATUS_VLAN_VALID = 1 << 4
TUNSETIFF = 0x400454CA
SIOCSIFHWADDR = 0x8924
IFF_TAP = 0x0002
IFF_NO_PI = 0x1000
MAX_FRAME = 65536


def vlan_id(ancillary):
    """The VLAN id that the kernel took out of a received frame, or None."""
    for level, kind, data in ancillary:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, _, _, _, _, tci, _ = struct.unpack("=IIIHHHH", data[:20])
            if status & TP_STATUS_VLAN_VALID:
                return tci & 0x0FFF
    return None


def main():
    parent, name, wanted = sys.argv[1], sys.argv[2], int(sys.argv[3])
    tag = struct.pack("!HH", ETH_P_8021Q, wanted)

    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    wire.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
    wire.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    wire.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    wire.bind((parent, ETH_P_ALL))
    address = wire.getsockname()[4]

    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF,
                struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    fcntl.ioctl(tap, SIOCSIFHWADDR,
                struct.pack("16sH6s16x", name.encode(), 1, address))
    print("ready", flush=True)

    poller = select.poll()
    poller.register(wire, select.POLLIN)
    poller.register(tap, select.POLLIN)
    while True:
        for descriptor, _ in poller.poll():
            if descriptor == tap:
                try:
                    frame = os.read(tap, MAX_FRAME)
                except OSError:  # not up yet
                    continue
                wire.send(frame[:12] + tag + frame[12:])
            else:
                frame, ancillary, _, sender = wire.recvmsg(MAX_FRAME, 256)
                if sender[2] != PACKET_OUTGOING and vlan_id(ancillary) == wanted:
                    try:
                        os.write(tap, frame)
                    except OSError:  # not up yet
                        continue


if __name__ == "__main__":
    main()

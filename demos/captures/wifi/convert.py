#!/usr/bin/env python3
"""Puts real frames that came in another form into classic pcap files.

    convert.py prism packets_prism.pcap survey.pcap
    convert.py go dot11_test.go vectors.pcap
    convert.py files bare.pcap beacon.bin beacon_owe.bin …

prism  a capture with Prism headers (link type 119): the header's RSSI and rate go into a radiotap
       header; the frame behind it, check sequence included, stays as it is.
go     the packets that gopacket's tests of 802.11 have as byte slices, radiotap headers included.
files  files of one frame each, without a header (link type 105).
"""
import re
import struct
import sys

RSSI, RATE = 0x4041, 0x8041  # "DIDs" of Prism values, as the recorder (wl driver) writes them
FLAG_FCS = 0x10


def pcap(link, records):
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    for seconds, micros, data in records:
        out += struct.pack("<IIII", seconds, micros, len(data), len(data)) + data
    return out


def prism(data):
    magic, *_, link = struct.unpack_from("<IHHiIII", data)
    assert (magic, link) == (0xA1B2C3D4, 119), "not a little-endian capture with Prism headers"
    at = 24
    while at < len(data):
        seconds, micros, length, original = struct.unpack_from("<IIII", data, at)
        assert length == original
        record = data[at + 16 : at + 16 + length]
        at += 16 + length
        code, header = struct.unpack_from("<II", record)
        assert code == 0x41
        values = {}
        for item in range(24, header - 11, 12):  # behind the device's name
            did, status, size, value = struct.unpack_from("<IHHi", record, item)
            if status == 0:
                values[did] = value
        # Flags, rate, signal: bits 1, 2 and 5.
        fields = struct.pack("<BBb", FLAG_FCS, values[RATE], values[RSSI])
        radiotap = struct.pack("<BBHI", 0, 0, 8 + len(fields), 0b100110) + fields
        yield seconds, micros, radiotap + record[header:]


def go(data):
    slices = re.findall(rb"^var (testPacket\w+) = \[\]byte\{(.*?)^\}", data, re.M | re.S)
    for number, (_, body) in enumerate(slices):
        yield 0, number, bytes(int(byte, 16) for byte in re.findall(rb"0x[0-9a-fA-F]{2}", body))


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main():
    form, *paths = sys.argv[1:]
    if form == "files":
        target, *sources = paths
        out = pcap(105, ((0, number, read(source)) for number, source in enumerate(sources)))
    else:
        source, target = paths
        out = pcap(127, {"prism": prism, "go": go}[form](read(source)))
    with open(target, "wb") as file:
        file.write(out)


main()

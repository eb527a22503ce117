#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The cost of sluice-replay on a long capture: bench/replay.sh [PACKETS [OPTIONS]]
#
# Makes a capture of both directions (10 million packets, 3.4 GB in $TMPDIR) from the
# traffic of tests/live/make_captures.py: connections that open, carry data, close and are
# reset, with lost, late, repeated and forged segments. It holds the same half a million
# packets again and again, later each time. Then it prints, without a report, with the
# report, and with the files of --out: time, packets a second of one core's time, and the
# most memory that was in use.
set -eu
cd "$(dirname "$0")/.."
replay=$(realpath "${BUILD:-build}")/app/replay/sluice-replay
packets=${1:-10000000}
piece=500000
[ "$packets" -gt $piece ] || piece=$packets
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 tests/live/make_captures.py "$piece" "$work"
python3 - "$work" $((packets / piece)) <<'END'
import struct
import sys

def records(name):
    data, at = open(name, 'rb').read(), 24
    while at < len(data):
        s, us, size, _ = struct.unpack_from('<IIII', data, at)
        yield s * 1000000 + us, data[at + 8:at + 16 + size]
        at += 16 + size

work, times = sys.argv[1], int(sys.argv[2])
packets = sorted([*records(work + '/lan.pcap'), *records(work + '/wan.pcap')],
                 key=lambda packet: packet[0])
length = packets[-1][0] - packets[0][0] + 1000000
with open(work + '/both.pcap', 'wb') as out:
    out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
    for n in range(times):
        for us, rest in packets:
            out.write(struct.pack('<II', *divmod(us + n * length, 1000000)) + rest)
END
rm "$work/lan.pcap" "$work/wan.pcap"

# measure TEXT OPTIONS..
measure()
{
	python3 - "$packets" "$1" "$replay" "$work/both.pcap" "${@:2}" <<'END'
import os
import resource
import subprocess
import sys
import time
packets, text, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
begin = time.monotonic()
subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
wall = time.monotonic() - begin
used = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = used.ru_utime + used.ru_stime
print(f'{text:24} {wall:6.1f} s, {cpu:6.1f} s of a core, {packets / cpu / 1e6:5.2f} '
      f'million packets/s, {used.ru_maxrss / 1024:5.0f} MB')
END
}
cat "$work/both.pcap" >/dev/null # into the page cache
measure 'without a report' --report none "${@:2}"
measure 'text' --report text "${@:2}"
measure 'text and --out' --report text --out "$work/out" "${@:2}"

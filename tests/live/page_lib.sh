# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Functions for the tests of sluice-page. Source it after lib.sh; SLUICE_PAGE
# names another build of the program.
#
#	page_begin NAME		print "1..0 # SKIP why" and end if it is not built
#	page_start SOCKET LOG	start it at a free port of loopback; sets $port
#	page_end		end it
#	check NAME [WORDS]	a check of page_check.py
#	browser_exists		whether chromium is installed

program=${SLUICE_PAGE:-$(dirname "$SLUICECTL")/../page/sluice-page}
page_pid=

page_begin()
{
	[ -x "$program" ] && return
	echo "1..0 # SKIP $1: sluice-page is not built"
	exit 0
}

page_end()
{
	[ -z "$page_pid" ] || net_end "$page_pid"
	page_pid=
}

page_start()
{
	local attempt

	for attempt in 1 2 3; do
		port=$("$PYTHON" -c 'import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1])')
		"$program" --socket "$1" --listen "127.0.0.1:$port" \
			>"$2" 2>&1 &
		page_pid=$!
		wait_until 20 grep -q . "$2"
		grep -q "the page is at http://127.0.0.1:$port/" "$2" && return
		note "attempt $attempt: $(<"$2")"
		wait "$page_pid"
	done
	return 1
}

check()
{
	"$PYTHON" "$NET_TOOLS/page_check.py" "$port" "$@"
}

browser_exists()
{
	[ -n "$(command -v chromium || command -v chromium-browser)" ]
}

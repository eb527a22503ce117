# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Functions for a test of sluice-replay: TAP, and conditions about its report.
#
#	$replay			the program
#	$work			a folder, which the test has to remove
#	ok TEXT COMMAND		one test: COMMAND must succeed
#	skip TEXT WHY		one test that cannot run here
#	holds EXPRESSION	a condition: EXPRESSION of Python is true of the report
#				$work/report.json
#	replay_end		print the plan; exit with status 1 if a test failed
#
# An EXPRESSION may use: r, the report; hint(text), whether a hint contains text; first,
# the first connection; states, the conn_state of each; again, how many segments replies
# sent again or out of order; offsets, the values of `try --offset`.

replay=$(realpath "${BUILD:-build}")/app/replay/sluice-replay
work=$(mktemp -d)
TAP_COUNT=0
TAP_FAILED=0

ok()
{
	TAP_COUNT=$((TAP_COUNT + 1))
	if "${@:2}" >"$work/said" 2>&1; then
		echo "ok $TAP_COUNT - $1"
	else
		echo "not ok $TAP_COUNT - $1"
		sed 's/^/# /' "$work/said" | head -n 20
		TAP_FAILED=$((TAP_FAILED + 1))
	fi
}

skip()
{
	TAP_COUNT=$((TAP_COUNT + 1))
	echo "ok $TAP_COUNT - $1 # SKIP $2"
}

holds()
{
	python3 - "$work/report.json" "$1" <<'END'
import json
import sys
r = json.load(open(sys.argv[1]))
def hint(text):
    return any(text in h for h in r['hints'])
first = (r['connections'] or [None])[0]
states = [c['conn_state'] for c in r['connections']]
replies = [c['reply'] for c in r['connections']]
again = sum(c['retransmissions'] + c['out_of_order'] for c in replies)
offsets = [float(h.split('=')[-1]) for h in r['hints'] if 'try --offset' in h]
assert eval('(' + sys.argv[2] + ')'), (r['hints'], r['reasons'], r['connections'])
END
}

replay_end()
{
	echo "1..$TAP_COUNT"
	exit $((TAP_FAILED > 0))
}

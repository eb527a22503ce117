#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# check.sh STATES_TABLE DOCUMENT: check that the table between the two marks of DOCUMENT
# is the one that STATES_TABLE prints. check.sh --write STATES_TABLE DOCUMENT: update it.
set -u
begin='<!-- states by segment: begin -->'
end='<!-- states by segment: end -->'

between()
{
	sed -n "/^$begin\$/,/^$end\$/p" "$1" | sed '1d;$d'
}

same()
{
	diff <(between "$1") <("$table")
}

if [ "$1" = --write ]; then
	"$2" >"$3.table"
	sed -i -e "/^$begin\$/,/^$end\$/{/^$begin\$/{p;r $3.table
		};/^$end\$/p;d}" "$3"
	rm -f "$3.table"
	exit
fi
table=$1
echo 1..2
failed=0
if ! out=$(same "$2"); then
	echo "not ok 1 - the committed table is the generated one (tests/states/check.sh \
--write)"
	sed 's/^/# /' <<<"$out"
	failed=1
else
	echo "ok 1 - the committed table is the generated one"
fi
if same <(sed 's/SYN_SENT LISTEN/SYN_SENT CLOSED/' "$2") >/dev/null; then
	echo "not ok 2 - another one is found"
	failed=1
else
	echo "ok 2 - another one is found"
fi
exit $failed

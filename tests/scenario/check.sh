#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# check.sh RUNNER: test of the scenario runner. Each scenario of bad/ must fail with the
# message that its first line states; and meson.build must name every folder of scenarios.
set -u
runner=$(realpath "$1")
cd "$(dirname "$0")" || exit 1
files=(bad/*.scn)
n=0 failed=0

check()
{
	n=$((n + 1))
	if "${@:2}"; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		failed=1
	fi
}

# Run all of bad/ at once: each file's message must be as announced in its first line.
all_bad()
{
	said=$("$runner" rules bad 2>&1)
	! grep -v '^#' <<<"$said" | grep -q '^ok'
}

fails_as_announced()
{
	local expected
	expected=$(sed -n '1s/^# must fail: //p' "$1")
	[[ $expected == "$1":* ]] && grep -qF -- "$expected" <<<"$said" && return 0
	grep -F -- "$1" <<<"$said" | sed 's/^#*/#/'
	return 1
}

# status NUMBER COMMAND...: the exit status is NUMBER. 1: an expectation is not met; 2:
# the text is wrong, or the scenario cannot be run
status()
{
	"${@:2}" >/dev/null 2>&1
	[ $? -eq "$1" ]
}

# Each scenario is in a directory that meson.build runs.
listed()
{
	local folder bad=0
	for folder in $(find . -name '*.scn' -not -path './bad/*' -printf '%h\n' |
		sort -u); do
		sed -n '/^foreach folder/,/]/p' meson.build |
			grep -q "'${folder#./}'" && continue
		echo "# $folder is not in meson.build"
		bad=1
	done
	return "$bad"
}

# The files named in the README's table exist, at least one for each row.
table()
{
	local row name rows=0 bad=0
	while read -r row; do
		rows=$((rows + 1))
		if ! [[ $row =~ '`' ]]; then
			echo "# no file: $row"
			bad=1
		fi
		for name in $(grep -o '`[^`]*`' <<<"$row" | tr -d '`'); do
			[ -f "$name" ] || [ -f "../../$name" ] && continue
			echo "# $name, named in the table, does not exist"
			bad=1
		done
	done < <(sed -n '/^| exchange/,/^$/p' "$1" | sed 1,2d | grep '^|')
	[ "$bad" -eq 0 ] && [ "$rows" -gt 50 ]
}

table_lacks()
{
	! table <(sed "$1" README.md) >/dev/null
}

echo "1..$((${#files[@]} + 9))"
check 'nothing of bad/ passes' all_bad
for file in "${files[@]}"; do
	check "fails: $file" fails_as_announced "$file"
done
check 'every folder is in meson.build' listed
check 'what README.md lists is there' table README.md
check '.. and a file that is not is found' table_lacks \
	's/`rst.exact.scn`/`rst\/exacter.scn`/'
check '.. and a row without one' table_lacks 's/`handshake.split.scn`//'
check 'a wrong expectation has its status' status 1 "$runner" rules bad/wrong-state.scn
check 'a wrong text has its status' status 2 "$runner" rules bad/unknown-state.scn
check 'a scenario that is not there is an error' status 2 "$runner" rules bad/none.scn
check 'a replay without output is an error' status 2 "$runner" -r /bin/true rules close
exit $failed

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# check.sh RUNNER: the scenarios' own test. A scenario of bad/ must fail, and say what its
# first line announces; and no folder may be missing in meson.build.
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

# All of bad/ in one run: what stands in the first lines has to be said, each by its file.
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

# status NUMBER COMMAND...: 1: an expectation is wrong; 2: the text is, or it cannot be run
status()
{
	"${@:2}" >/dev/null 2>&1
	[ $? -eq "$1" ]
}

# Each scenario lies in a folder that meson.build runs.
listed()
{
	local folder bad=0
	for folder in $(find . -name '*.scn' -not -path './bad/*' -printf '%h\n' | sort -u); do
		grep -q "^foreach folder.*'${folder#./}'" meson.build && continue
		echo "# $folder is not in meson.build"
		bad=1
	done
	return "$bad"
}

echo "1..$((${#files[@]} + 6))"
check 'nothing of bad/ passes' all_bad
for file in "${files[@]}"; do
	check "fails: $file" fails_as_announced "$file"
done
check 'every folder is in meson.build' listed
check 'a wrong expectation has its status' status 1 "$runner" rules bad/wrong-state.scn
check 'a wrong text has its status' status 2 "$runner" rules bad/unknown-state.scn
check 'a scenario that is not there is an error' status 2 "$runner" rules bad/none.scn
check 'a replay without output is an error' status 2 "$runner" -r /bin/true rules close
exit $failed

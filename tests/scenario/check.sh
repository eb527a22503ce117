#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# check.sh RUNNER: the scenarios' own test. A scenario of bad/ must fail, and say what its
# first line announces; and no scenario may be missing in meson.build.
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

fails_as_announced()
{
	local expected out status
	expected=$(sed -n '1s/^# must fail: //p' "$1")
	out=$("$runner" "$1" rules 2>&1)
	status=$?
	# 1: an expectation is wrong; 2: the text is
	if [ -n "$expected" ] && { [ "$status" -eq 1 ] || [ "$status" -eq 2 ]; } &&
		grep -qF -- "$expected" <<<"$out" && grep -q '^not ok' <<<"$out"; then
		return 0
	fi
	printf '# %s\n' "status $status" "${out//$'\n'/$'\n'# }"
	return 1
}

refused()
{
	! "$runner" bad/none.scn rules >/dev/null 2>&1
}

listed()
{
	diff <(grep -o "^  '.*\.scn'" meson.build | tr -d " '" | sort) \
		<(find . -name '*.scn' -not -path './bad/*' -printf '%P\n' | sort) | sed 's/^/# /'
	return "${PIPESTATUS[0]}"
}

echo "1..$((${#files[@]} + 2))"
for file in "${files[@]}"; do
	check "fails: $file" fails_as_announced "$file"
done
check 'every scenario is in meson.build' listed
check 'a scenario that is not there is an error' refused
exit $failed

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The metrics in both forms, as Prometheus and the parsers of others read them: promtool
# and the OpenMetrics parser of python3-prometheus-client accept the page, Debian's
# Prometheus scrapes it, and the alerts and the dashboard of conf/ use metrics that exist.
set -u
# shellcheck source=null.sh
. "$(dirname "$0")/null.sh"
null_begin metrics
aid=$NET_TOOLS/metrics_aid.py
port=$((20000 + $$ % 20000))
url=http://127.0.0.1:$port/metrics

# skip TEXT PROGRAM: a test that is skipped because PROGRAM is not installed
skip()
{
	_tap 0 "$1 # SKIP $2 is not installed"
}

scraped()
{
	python3 "$aid" get "$url" "$1" >"$dir/page"
}

rules 'counter drop' >"$dir/rules.nft"
null_config "metrics: 127.0.0.1:$port" "rules: $dir/rules.nft" >"$dir/metrics.yaml"
sed -i 's/,no-rx=1//' "$dir/metrics.yaml"
ok "sluice starts, with packets of net_null" launch "$dir/metrics.yaml"

soon 10 "a client that names no form gets Prometheus' text" scraped '*/*'
is "which its type says" "$(head -n 1 "$dir/page")" \
	"text/plain; version=0.0.4; charset=utf-8"
sed 1d "$dir/page" >"$dir/prometheus.txt"
ok "a client that names OpenMetrics" scraped 'application/openmetrics-text;version=1.0.0'
is "gets OpenMetrics" "$(head -n 1 "$dir/page")" \
	"application/openmetrics-text; version=1.0.0; charset=utf-8"
sed 1d "$dir/page" >"$dir/openmetrics.txt"

if command -v promtool >/dev/null; then
	promtool check metrics <"$dir/prometheus.txt" >"$dir/promtool" 2>&1
	is "promtool finds nothing to say about the page" "$? $(<"$dir/promtool")" "0 "
	echo 'sluice_packets 1' | promtool check metrics >"$dir/promtool" 2>&1
	unlike "but about a page without HELP" "$? $(<"$dir/promtool")" "0 "
	is "promtool accepts the alerts" \
		"$(promtool check rules "$NET_ROOT/conf/alerts.yml" 2>&1)" "*SUCCESS: *"
	python3 "$aid" rules "$NET_ROOT/conf/grafana-dashboard.json" >"$dir/dashboard.yml"
	is "and the expressions of the dashboard" \
		"$(promtool check rules "$dir/dashboard.yml" 2>&1)" "*SUCCESS: *"
else
	skip "promtool accepts the page" prometheus
fi
# Debian's packages of Python are for its own interpreter
parser=
for python in python3 /usr/bin/python3; do
	$python -c 'import prometheus_client.openmetrics' 2>/dev/null && parser=$python
done
if [ -n "$parser" ]; then
	ok "the OpenMetrics parser accepts the page" $parser "$aid" parse \
		"$dir/openmetrics.txt"
	sed '/# EOF/d' "$dir/openmetrics.txt" >"$dir/cut.txt"
	$parser "$aid" parse "$dir/cut.txt" 2>/dev/null
	is "but not one that is cut" "$?" 1
else
	skip "the OpenMetrics parser accepts the page" python3-prometheus-client
fi
ok "alerts and dashboard use metrics of the page, and no others" python3 "$aid" used \
	"$dir/prometheus.txt" "$NET_ROOT/conf/alerts.yml" \
	"$NET_ROOT/conf/grafana-dashboard.json"

balanced()
{
	scraped '*/*' && python3 "$aid" balance "$dir/page"
}
ok "packets are those that passed, were dropped or are held" balanced
ok "a reload" ask reload
printf 'nonsense' >"$dir/rules.nft"
ask reload >/dev/null 2>&1
is "and one that fails" "$?" "[1-9]*"
sleep 0.3 # the page is kept for 0.2 s
ok "a page after them" scraped '*/*'
is "has their results" "$(<"$dir/page")" "*
sluice_reloads_total{result=\"success\"} 1
sluice_reloads_total{result=\"failure\"} 1
*
sluice_last_reload_successful 0
*"
is "the counter of a rule, with its text" "$(<"$dir/page")" "*
sluice_rule_packets_total{family=*chain=\"forward\",rule=\"3\",text=\"counter *drop\"} *"
is "and the time that a worker was busy" "$(<"$dir/page")" "*
sluice_worker_busy_seconds_total{worker=\"0\"} [0-9]*"

# asked QUERY PATTERN: the answer of Prometheus to a query
asked()
{
	# shellcheck disable=SC2053 # the second one is a pattern
	[[ $(python3 "$aid" query "http://127.0.0.1:$((port + 1))" "$1") == $2 ]]
}
if command -v prometheus >/dev/null; then
	cat >"$dir/prometheus.yml" <<-END
		global: {scrape_interval: 1s, evaluation_interval: 1s}
		rule_files: [$NET_ROOT/conf/alerts.yml]
		scrape_configs:
		  - job_name: sluice
		    static_configs: [{targets: ["127.0.0.1:$port"]}]
	END
	prometheus --config.file="$dir/prometheus.yml" --storage.tsdb.path="$dir/tsdb" \
		--web.listen-address="127.0.0.1:$((port + 1))" \
		>"$dir/prometheus.log" 2>&1 &
	prometheus=$!
	soon 60 "Prometheus scrapes the page" asked 'up{job="sluice"}' 1
	soon 10 "and has the counters" asked 'sluice_packets_total > 0' '[1-9]*'
	soon 10 "the alert of the failed reload fires" asked \
		'ALERTS{alertname="SluiceReloadFailed",alertstate="firing"}' 1
	net_end $prometheus
else
	skip "Prometheus scrapes the page" prometheus
fi
null_end

#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What metrics.sh asks about the metrics page:

  metrics_aid.py get URL ACCEPT      print the media type, then the page
  metrics_aid.py parse FILE          read it with the OpenMetrics parser
  metrics_aid.py rules DASHBOARD     print the dashboard's expressions as a rule file
  metrics_aid.py used PAGE FILE..    the files name metrics of the page only
  metrics_aid.py balance PAGE        packets = passed + dropped + held
  metrics_aid.py query URL QUERY     print the first value of Prometheus' answer
"""
import json
import re
import sys
import urllib.parse
import urllib.request


def get(url, accept):
    request = urllib.request.Request(url, headers={'Accept': accept})
    with urllib.request.urlopen(request, timeout=10) as answer:
        print(answer.headers['Content-Type'])
        sys.stdout.write(answer.read().decode())


def parse(path):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
    try:
        found = list(text_string_to_metric_families(open(path).read()))
    except ValueError as error:
        sys.exit(str(error))
    assert len(found) > 30, len(found)
    assert all(family.documentation for family in found)


def expressions(path):
    board = json.load(open(path))
    return [target['expr'].replace('$__rate_interval', '1m').replace('$instance', '.*')
            for panel in board['panels'] for target in panel['targets']]


def rules(path):
    print('groups:\n- name: dashboard\n  rules:')
    for number, text in enumerate(expressions(path)):
        print(f'  - record: "dashboard:{number}"\n    expr: {json.dumps(text)}')


def used(page, *files):
    there = set(re.findall(r'^(sluice_\w+)', open(page).read(), re.M))
    for path in files:
        names = set(re.findall(r'\bsluice_\w+', open(path).read()))
        assert names and names <= there, (path, names - there)


def balance(page):
    values = {}
    for name, value in re.findall(r'^(sluice_\w+)(?:\{.*\})? (\S+)$', open(page).read(),
                                  re.M):
        values[name] = values.get(name, 0) + float(value)
    whole = values['sluice_packets_total']
    parts = (values['sluice_passed_total'], values['sluice_drops_total'],
             values['sluice_fragments'])
    assert whole > 0 and whole == sum(parts), (whole, parts)


def query(url, text):
    url += '/api/v1/query?' + urllib.parse.urlencode({'query': text})
    with urllib.request.urlopen(url, timeout=10) as answer:
        for result in json.load(answer)['data']['result'][:1]:
            print(result['value'][1])


def main():
    programs = {f.__name__: f for f in (get, parse, rules, used, balance, query)}
    if len(sys.argv) < 3 or sys.argv[1] not in programs:
        sys.exit(__doc__)
    programs[sys.argv[1]](*sys.argv[2:])


main()

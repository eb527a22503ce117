// SPDX-License-Identifier: BSD-3-Clause
// The tables: top talkers, connections, rules, and dropped packets by reason.

import {$, fillTable, get, html, Rates, repeat, setText, short, whole} from '/parts.js';
import {ladderOpen} from '/ladder.js';
import {STATE_NAMES} from '/states.js';

const SAMPLE = 1000; // connections that the top talkers are computed from
const TALKERS = 20;

const rateText = rate => rate === null ? '-' : short(rate);

// An address with a port, as in RFC 3986; without one where the protocol has none.
function endpoint(end, address, port) {
  const text = end[address].includes(':') && end[port] !== undefined
    ? `[${end[address]}]` : end[address];
  return end[port] === undefined ? text : `${text}:${end[port]}`;
}

// The answers to a list: its connections, and whether these are all.
async function list(query) {
  const answers = await get(`/connections?${query}`);
  return {
    connections: answers.filter(answer => answer.connection).map(
      answer => answer.connection),
    whole: answers.some(answer => answer.listed !== undefined),
  };
}

// ---- connections ----

function connectionRow(c) {
  const button = html('button', {type: 'button'}, 'Packets');
  const cells = [c.vlan === undefined ? c.proto : `${c.proto} VLAN ${c.vlan}`,
    endpoint(c.orig, 'src', 'sport'), endpoint(c.orig, 'dst', 'dport'),
    c.orig.state ?? '', c.reply.state ?? '', whole(c.age), whole(c.timeout),
    String(c.rule), button];
  return {key: cells.slice(0, 3).join(' '), cells, connection: c, button};
}

async function showConnections() {
  const form = $('filter');
  const query = new URLSearchParams(new FormData(form));
  query.set('state', query.get('state').toUpperCase().replaceAll('-', '_'));
  try {
    const found = await list(query);
    fillTable($('connections'), found.connections.map(connectionRow), (tr, row) => {
      row.button.setAttribute('aria-label', `Packets of ${row.key}`);
      tr.addEventListener('click', () => ladderOpen(row.connection, row.key));
    });
    setText($('connections-note'), `${whole(found.connections.length)} connections` +
      (found.whole ? '.' : ', the first that were found.'));
  } catch (error) {
    fillTable($('connections'), []);
    setText($('connections-note'), error.message);
  }
}

// ---- top talkers ----

const talkerRates = new Rates();

// Sum up the connections of each source address.
function talkers(connections) {
  const sources = new Map();
  talkerRates.begin(performance.now());
  for (const c of connections) {
    const source = c.orig.src;
    const sum = sources.get(source) ?? {source, connections: 0, packets: null, bytes: null};
    sources.set(source, sum);
    sum.connections++;
    for (const name of ['packets', 'bytes']) {
      if (c.orig[name] === undefined)
        continue;
      const rate = talkerRates.rate(`${c.id} ${c.orig.src} ${c.orig.sport} ${name}`,
        c.orig[name] + c.reply[name]);
      sum[name] = (sum[name] ?? 0) + (rate ?? 0);
    }
  }
  return [...sources.values()].sort(
    (a, b) => b.bytes - a.bytes || b.connections - a.connections).slice(0, TALKERS);
}

async function showTalkers() {
  try {
    const found = await list(`limit=${SAMPLE}`);
    const rows = talkers(found.connections);
    const counted = found.connections.some(c => c.orig.bytes !== undefined);
    fillTable($('talkers'), rows.map(row => ({key: row.source, cells: [row.source,
      whole(row.connections), rateText(row.packets),
      row.bytes === null ? '-' : short(8 * row.bytes)]})));
    setText($('talkers-note'), (found.whole ? 'Of all connections.'
      : `Of ${SAMPLE} connections of the table, not of all.`) +
      (counted || !found.connections.length ? ''
        : ' With acct: true in the configuration there are rates, too.'));
  } catch (error) {
    fillTable($('talkers'), []);
    setText($('talkers-note'), error.message);
  }
}

// ---- rules ----

const ruleRates = new Rates();

async function showRules() {
  try {
    const {rules} = (await get('/rules'))[0];
    ruleRates.begin(performance.now());
    fillTable($('rules'), rules.map((rule, index) => {
      // a reload may put another rule at this place
      const key = `${index} ${rule.text}`;
      return {key, cells: [rule.rule === 0 ? '' : String(rule.rule), rule.text,
        whole(rule.packets), whole(rule.bytes),
        rateText(ruleRates.rate(key, rule.packets)), whole(rule.audited?.packets ?? 0)]};
    }));
    setText($('rules-note'), '');
  } catch (error) {
    setText($('rules-note'), error.message);
  }
}

// ---- drops ----

const dropRates = new Rates();
let lastDrops = null;

function showDrops() {
  const all = $('drops-all').checked;
  fillTable($('drops'), (lastDrops ?? []).filter(
    row => all || row.packets > 0 || row.audited > 0).map(row => ({key: row.reason,
    cells: [row.reason, whole(row.packets), rateText(row.rate), whole(row.audited ?? 0),
      row.text]})));
}

// Take an event of /stream.
export function tablesTake(event) {
  if (!event.drops)
    return;
  dropRates.begin(event.now_ms);
  lastDrops = event.drops.map(
    row => ({...row, rate: dropRates.rate(row.reason, row.packets)}));
  showDrops();
}

$('state-names').append(...STATE_NAMES.map(
  name => html('option', {value: name.replaceAll('-', '_')})));
$('filter').addEventListener('submit', event => {
  event.preventDefault();
  showConnections();
});
$('drops-all').addEventListener('change', showDrops);
repeat(5000, showConnections);
repeat(5000, showTalkers);
repeat(2000, showRules);

// SPDX-License-Identifier: BSD-3-Clause
// The state diagram of TCP (RFC 9293, Figure 5) with the endpoints at one port: how many
// are in each state, and how many a second make each transition.

import {$, fillTable, html, Rates, setText, short, svg, whole} from '/parts.js';

const WIDTH = 116, HEIGHT = 46, HEAD = 16;

// Where the figure has each state: the centre of its box. "none" is the CLOSED at the top,
// where connections begin; CLOSED is that at the bottom, where they end.
const PLACES = {
  'none': [390, 40], 'LISTEN': [390, 140],
  'SYN-RECEIVED': [90, 235], 'SYN-SENT': [690, 235],
  'ESTABLISHED': [390, 330],
  'FIN-WAIT-1': [90, 420], 'CLOSE-WAIT': [690, 420],
  'FIN-WAIT-2': [90, 520], 'CLOSING': [390, 520], 'LAST-ACK': [690, 520],
  'TIME-WAIT': [390, 620], 'CLOSED': [690, 620],
};

// The arrows of the figure: from, to, the event and what the endpoint does, and how far the
// arrow bends; positive is to the left of one that goes down.
const ARROWS = [
  ['none', 'LISTEN', 'passive OPEN', -10],
  ['LISTEN', 'none', 'CLOSE', -10],
  ['none', 'SYN-SENT', 'active OPEN / SYN', 50],
  ['SYN-SENT', 'none', 'CLOSE', 0],
  ['LISTEN', 'SYN-RECEIVED', 'rcv SYN / SYN,ACK', 0],
  ['SYN-RECEIVED', 'LISTEN', 'rcv RST', 30],
  ['LISTEN', 'SYN-SENT', 'SEND / SYN', 0],
  ['SYN-SENT', 'SYN-RECEIVED', 'rcv SYN / SYN,ACK', 0],
  ['SYN-RECEIVED', 'ESTABLISHED', 'rcv ACK of SYN', 0],
  ['SYN-SENT', 'ESTABLISHED', 'rcv SYN,ACK / ACK', 0],
  ['SYN-RECEIVED', 'FIN-WAIT-1', 'CLOSE / FIN', 0],
  ['ESTABLISHED', 'FIN-WAIT-1', 'CLOSE / FIN', 0],
  ['ESTABLISHED', 'CLOSE-WAIT', 'rcv FIN / ACK', 0],
  ['FIN-WAIT-1', 'FIN-WAIT-2', 'rcv ACK of FIN', 0],
  ['FIN-WAIT-1', 'CLOSING', 'rcv FIN / ACK', 0],
  ['CLOSE-WAIT', 'LAST-ACK', 'CLOSE / FIN', 0],
  ['FIN-WAIT-2', 'TIME-WAIT', 'rcv FIN / ACK', 0],
  ['CLOSING', 'TIME-WAIT', 'rcv ACK of FIN', 0],
  ['LAST-ACK', 'CLOSED', 'rcv ACK of FIN', 0],
  ['TIME-WAIT', 'CLOSED', '2 MSL', 0],
];
const OTHER_BEND = 46;

// The names of states, for the filter of connections.
export const STATE_NAMES = Object.keys(PLACES).filter(name => name !== 'none');

// The point of a box's border towards another point.
function border([x, y], [tx, ty]) {
  const dx = tx - x, dy = ty - y;
  const scale = Math.min(dx ? (WIDTH / 2 + 3) / Math.abs(dx) : Infinity,
    dy ? (HEIGHT / 2 + 3) / Math.abs(dy) : Infinity);
  return [x + dx * scale, y + dy * scale];
}

// An arrow from box to box, a quadratic curve, with its event beside it and its rate.
class Arrow {
  constructor(diagram, from, to, event, bend, other) {
    const a = PLACES[from], b = PLACES[to];
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
    const across = [(b[1] - a[1]) / length, (a[0] - b[0]) / length];
    const control = [0, 1].map(i => (a[i] + b[i]) / 2 + 2 * bend * across[i]);
    const start = border(a, control), tip = border(b, control);
    const angle = Math.atan2(tip[1] - control[1], tip[0] - control[0]);
    // a point at a distance before the tip
    const before = (distance, turn = 0) => [tip[0] - distance * Math.cos(angle + turn),
      tip[1] - distance * Math.sin(angle + turn)];
    const end = before(HEAD / 2);
    const [x, y] = [0, 1].map(i => (start[i] + 2 * control[i] + end[i]) / 4);
    const upright = Math.abs(a[0] - b[0]) < 1;
    const left = upright && control[0] < a[0];
    const place = upright ? {x: left ? x - 9 : x + 9,
      'text-anchor': left ? 'end' : 'start'} : {x, 'text-anchor': 'middle'};
    this.other = other;
    this.path = svg('path', {d: `M${start}Q${control} ${end}`},
      svg('title', {}, `${from} to ${to}${event ? `: ${event}` : ''}`));
    this.head = svg('polygon', {points: [tip, before(HEAD, 0.5), before(HEAD, -0.5)].map(
      point => point.map(n => n.toFixed(1))).join(' ')});
    this.rate = svg('text', {class: 'rate', ...place, y: upright ? y + 12 : y + 19});
    diagram.append(this.path, this.head, svg('text', {class: 'event', ...place,
      y: upright ? y - 3 : y - 7}, event ?? ''), this.rate);
    this.show(0);
  }

  // Show the transitions per second, also as the width: 2 for one, 9 for a million.
  show(rate) {
    const moving = rate > 0 ? ' moving' : '';
    this.path.setAttribute('class', `edge${moving}${this.other ? ' other' : ''}`);
    this.path.style.strokeWidth = rate > 0 ? 2 + Math.log10(1 + rate) * 1.15 : '';
    this.head.setAttribute('class', `head${moving}`);
    setText(this.rate, rate > 0 ? `${short(rate)}/s` : '');
  }
}

const arrows = new Map(); // of "FROM>TO"
const boxes = {};
const edges = svg('g');
const nodes = svg('g');

function drawFigure() {
  for (const [from, to, event, bend] of ARROWS)
    arrows.set(`${from}>${to}`, new Arrow(edges, from, to, event, bend, false));
  for (const [name, [x, y]] of Object.entries(PLACES)) {
    const count = svg('text', {class: 'count', x, y: y + 16});
    const label = svg('text', {x, y: y - 4}, name === 'none' ? 'CLOSED' : name);
    const box = svg('g', {'data-state': name}, svg('rect', {x: x - WIDTH / 2,
      y: y - HEIGHT / 2, width: WIDTH, height: HEIGHT, rx: 6}), label, count);
    if (name === 'none')
      label.setAttribute('y', y + 5);
    boxes[name] = {box, count};
    nodes.append(box);
  }
  $('states').append(edges, nodes);
}

const canonical = name => name.replaceAll('_', '-');

// The arrow of a transition. One that ends a connection leads to CLOSED, and one from
// CLOSED starts at the top, as in the figure. Null: it is not drawn.
function arrowOf(from, to) {
  const start = from === 'CLOSED' ? 'none' : from;
  const key = `${start}>${to}`;
  const end = to === 'none' && !arrows.has(key) ? 'CLOSED' : to;
  if (start === end || (start === 'none' && end === 'CLOSED') || !PLACES[start] ||
    !PLACES[end])
    return null;
  const other = `${start}>${end}`;
  if (!arrows.has(other))
    arrows.set(other, new Arrow(edges, start, end, null, OTHER_BEND, true));
  return arrows.get(other);
}

let shown = null; // the port whose endpoints are shown
let last = null; // the last event
const rates = new Map(); // of each port

function drawSides(ports) {
  const fieldset = $('sides');
  const names = [...fieldset.querySelectorAll('input')].map(input => input.value);
  if (names.join() === ports.join())
    return;
  fieldset.querySelectorAll('label').forEach(label => label.remove());
  if (!ports.includes(shown))
    shown = ports[0];
  for (const port of ports) {
    const input = html('input', {type: 'radio', name: 'side', value: port});
    input.checked = port === shown;
    input.addEventListener('change', () => {
      shown = port;
      draw();
    });
    fieldset.append(html('label', {}, input, ` ${port}`));
  }
}

function draw() {
  const side = last?.[shown];
  for (const [name, {box, count}] of Object.entries(boxes)) {
    const number = side?.now[name];
    if (name !== 'none')
      setText(count, number === undefined ? '-' : whole(number));
    box.setAttribute('class', number > 0 ? 'busy' : '');
  }
  const sums = new Map([...arrows.values()].map(arrow => [arrow, 0]));
  for (const {from, to, rate} of side?.moved ?? []) {
    const arrow = arrowOf(from, to);
    if (arrow)
      sums.set(arrow, (sums.get(arrow) ?? 0) + (rate ?? 0));
  }
  sums.forEach((rate, arrow) => arrow.show(rate));
  const rows = [...side?.moved ?? []].sort((a, b) => b.rate - a.rate || b.count - a.count);
  const name = state => state === 'none' ? '(none)' : state;
  fillTable($('moved'), rows.map(({from, to, rate, count}) => ({key: `${from}>${to}`,
    cells: [name(from), name(to), rate === null ? '-' : short(rate), whole(count)]})));
}

// The answer of sluice for a port, with the names of the RFC and rates.
function read(port, now, side) {
  if (!rates.has(port))
    rates.set(port, new Rates());
  const rate = rates.get(port);
  rate.begin(now);
  return {
    now: Object.fromEntries(Object.entries(side.now).map(
      ([name, count]) => [canonical(name), count])),
    moved: side.moved.map(row => {
      const from = canonical(row.from), to = canonical(row.to);
      return {from, to, count: row.count, rate: rate.rate(`${from}>${to}`, row.count)};
    }),
  };
}

// Take an event of /stream.
export function statesTake(event) {
  if (!event.states) {
    last = null;
    if (!event.away)
      setText($('states-note'), 'This sluice does not count endpoints by state: ' +
        `${event.errors?.states ?? 'it does not answer'}.`);
  } else {
    last = Object.fromEntries(Object.entries(event.states).map(
      ([port, side]) => [port, read(port, event.now_ms, side)]));
    drawSides(Object.keys(last));
    setText($('states-note'), '');
  }
  draw();
}

drawFigure();

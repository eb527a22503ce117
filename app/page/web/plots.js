// SPDX-License-Identifier: BSD-3-Clause
// Plots of the last five minutes: packets and bits a second, connections, and dropped
// packets by reason.

import {$, html, Rates, short, svg} from '/parts.js';

const SPAN_MS = 300000;
const GAP_MS = 3500; // more between two samples is drawn as a gap
const SERIES_MAX = 6;
const LEFT = 52, BOTTOM = 18, TOP = 6;

// The least of 1, 2, 5, 10, 20, .. that is not below a number.
function ceiling(number) {
  const power = 10 ** Math.floor(Math.log10(Math.max(number, 1)));
  return power * [1, 2, 5, 10].find(step => step * power >= number);
}

class Plot {
  #samples = []; // {time, values: {name: number or null}}

  constructor(title, unit) {
    this.unit = unit;
    this.svg = svg('svg', {role: 'img', 'aria-label': title});
    this.legend = html('ul');
    $('plots').append(html('figure', {}, html('figcaption', {}, title), this.svg,
      this.legend));
  }

  push(time, values) {
    this.#samples.push({time, values});
    while (this.#samples[0].time < time - SPAN_MS)
      this.#samples.shift();
    this.#draw(time);
  }

  // The names with the largest sums; those that do not fit are summed up as "other".
  #names() {
    const sums = new Map();
    for (const {values} of this.#samples)
      for (const [name, value] of Object.entries(values))
        sums.set(name, (sums.get(name) ?? 0) + (value ?? 0));
    const names = [...sums.keys()];
    if (names.length <= SERIES_MAX)
      return names;
    names.sort((a, b) => sums.get(b) - sums.get(a));
    return [...names.slice(0, SERIES_MAX - 1), 'other'];
  }

  // The points of a name: [time, value or null]. A name that a sample does not have is 0.
  #points(name, names) {
    return this.#samples.map(({time, values}) => [time, name !== 'other'
      ? (name in values ? values[name] : 0)
      : Object.entries(values).reduce(
        (sum, [other, value]) => sum + (names.includes(other) ? 0 : value ?? 0), 0)]);
  }

  #draw(now) {
    const width = Math.max(this.svg.clientWidth, 200), height = 150;
    const names = this.#names();
    const series = names.map(name => this.#points(name, names));
    const top = ceiling(Math.max(1, ...series.flat().map(point => point[1] ?? 0)));
    const x = time => width - 4 - (now - time) / SPAN_MS * (width - LEFT - 4);
    const y = value => height - BOTTOM - value / top * (height - BOTTOM - TOP);
    const parts = [];
    for (const value of [0, top / 2, top])
      parts.push(
        svg('line', {class: 'grid', x1: LEFT, x2: width - 4, y1: y(value), y2: y(value)}),
        svg('text', {class: 'axis', x: LEFT - 6, y: y(value) + 4, 'text-anchor': 'end'},
          short(value)));
    for (let minute = 0; minute <= 5; minute++)
      parts.push(svg('text', {class: 'axis', x: x(now - minute * 60000), y: height - 3,
        'text-anchor': minute === 0 ? 'end' : 'middle'},
      minute === 0 ? 'now' : `-${minute} min`));
    series.forEach((points, i) => {
      let path = '', last = null;
      for (const [time, value] of points) {
        if (value !== null) {
          const joined = last !== null && time - last <= GAP_MS;
          path += `${joined ? 'L' : 'M'}${x(time).toFixed(1)} ${y(value).toFixed(1)}`;
        }
        last = value === null ? null : time;
      }
      parts.push(svg('path', {class: `series series-${i}`, d: path}));
    });
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.svg.replaceChildren(...parts);
    this.legend.replaceChildren(...names.map((name, i) => {
      const value = series[i].at(-1)[1];
      return html('li', {}, svg('svg', {class: 'swatch', viewBox: '0 0 14 10'},
        svg('line', {class: `series series-${i}`, x1: 0, x2: 14, y1: 5, y2: 5})),
      `${name} ${value === null ? '-' : short(value)}${this.unit}`);
    }));
  }
}

const packets = new Plot('Packets', '/s');
const bits = new Plot('Bits', 'bit/s');
const connections = new Plot('Connections', '');
const drops = new Plot('Dropped packets by reason', '/s');
const rates = new Rates();

// Take an event of /stream.
export function plotsTake(event) {
  const {stats, now_ms: now} = event;
  rates.begin(now);
  if (stats) {
    const each = names => Object.fromEntries(
      names.map(name => [name, rates.rate(name, stats[name])]));
    packets.push(now, each(['packets', 'passed', 'dropped']));
    const bytes = rates.rate('bytes', stats.bytes);
    bits.push(now, {received: bytes === null ? null : 8 * bytes});
    connections.push(now, {IPv4: stats.connections, IPv6: stats.connections_ipv6});
  }
  if (event.drops) {
    const all = event.drops.map(row => [row.reason,
      rates.rate(`drop ${row.reason}`, row.packets)]);
    drops.push(now, Object.fromEntries(all.filter(pair => pair[1] > 0)));
  }
}

// SPDX-License-Identifier: BSD-3-Clause
// What all panels of the page use. Text from sluice goes into the document as text nodes
// and attributes only, never as HTML.

const SVG = 'http://www.w3.org/2000/svg';

export const $ = id => document.getElementById(id);

function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes))
    element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export const html = (name, attributes = {}, ...children) =>
  build(document.createElement(name), attributes, children);

export const svg = (name, attributes = {}, ...children) =>
  build(document.createElementNS(SVG, name), attributes, children);

// Set a text; unchanged text is left alone, so that a selection stays.
export function setText(element, text) {
  if (element.textContent !== String(text))
    element.textContent = text;
}

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P'];

// A number with three digits and a prefix of the SI: 1234567 is "1.23 M".
export function short(number) {
  let power = 0;
  while (Math.abs(number) >= 999.5 && power < PREFIXES.length - 1) {
    number /= 1000;
    power++;
  }
  const digits = power === 0 && Number.isInteger(number) ? 0
    : Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(number), 1))));
  return `${number.toFixed(digits)} ${PREFIXES[power]}`.trimEnd();
}

export const whole = number => Number(number).toLocaleString('en');

// Counters sampled at times: how much each grows in a second. A counter that falls has
// begun anew; then, and at the first sample, there is no rate: null.
export class Rates {
  #before = new Map();
  #time = null;
  #seconds = null;

  // Begin a sample taken at a time in ms.
  begin(time) {
    this.#seconds = this.#time === null ? null : (time - this.#time) / 1000;
    this.#time = time;
  }

  rate(name, count) {
    const before = this.#before.get(name);
    this.#before.set(name, count);
    if (before === undefined || count < before || !(this.#seconds > 0))
      return null;
    return (count - before) / this.#seconds;
  }
}

// Fill the body of a table. Each row is {key, cells, name}: a cell is a text or an
// element; rows with the same key are kept, so that the focus stays. made(tr, row) is
// called for each new one.
export function fillTable(table, rows, made = () => {}) {
  const body = table.tBodies[0];
  const numeric = [...table.tHead.rows[0].cells].map(cell => cell.className);
  const old = new Map([...body.rows].map(tr => [tr.dataset.key, tr]));
  rows.forEach((row, index) => {
    let tr = old.get(row.key);
    old.delete(row.key);
    if (!tr) {
      tr = html('tr', {'data-key': row.key}, ...row.cells.map(
        (cell, i) => html('td', {class: numeric[i]}, cell)));
      made(tr, row);
    } else {
      row.cells.forEach((cell, i) => {
        if (typeof cell === 'string')
          setText(tr.cells[i], cell);
      });
    }
    if (row.name !== undefined)
      tr.className = row.name;
    if (body.rows[index] !== tr)
      body.insertBefore(tr, body.rows[index] ?? null);
  });
  old.forEach(tr => tr.remove());
}

// Get JSON from sluice-page. Throws an Error whose message can be shown.
export async function get(path) {
  let response;
  try {
    response = await fetch(path);
  } catch {
    throw new Error('sluice-page does not answer');
  }
  if (response.ok)
    return response.json();
  const text = await response.text();
  try {
    throw new Error(JSON.parse(text).error);
  } catch (error) {
    throw error instanceof SyntaxError ? new Error(text) : error;
  }
}

// Call a function now and, when it has ended, every so many ms; not while the page is
// hidden.
export function repeat(ms, work) {
  const turn = async () => {
    if (!document.hidden)
      await work();
    setTimeout(turn, ms);
  };
  turn();
}

// Receive server-sent events, and connect again when that ends. events.onmessage gets
// each object, events.onlost is called when the stream is lost. Returns a function that
// ends it.
export function receive(path, events) {
  let source, timer;
  const open = () => {
    source = new EventSource(path);
    source.onmessage = event => events.onmessage(JSON.parse(event.data));
    source.onerror = () => {
      events.onlost();
      // the browser connects again by itself unless the answer was an error
      if (source.readyState === EventSource.CLOSED)
        timer = setTimeout(open, 3000);
    };
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}

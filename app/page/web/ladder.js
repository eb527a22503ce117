// SPDX-License-Identifier: BSD-3-Clause
// The ladder diagram of one connection: its packets as they come, between the endpoint
// that began it on the left and the other on the right. A dropped packet's arrow ends in
// the middle, at sluice.

import {$, html, receive, setText, svg} from '/parts.js';

const ROWS_MAX = 500;

let end = null; // ends the stream that is shown
const packets = []; // {record, dropped} of each row
let firstNs = null; // time of the first record, as a number
const firstSeq = new Map(); // first SEQ of each direction: others are shown relative to it

function arrow(toRight, dropped) {
  const tip = dropped ? 50 : toRight ? 100 : 0;
  const from = toRight ? 0 : 100;
  const drawing = svg('svg', {viewBox: '0 0 100 10', preserveAspectRatio: 'none',
    'aria-hidden': 'true'},
  svg('line', {x1: from, x2: tip, y1: 5, y2: 5, 'vector-effect': 'non-scaling-stroke'}));
  const back = toRight ? -1.6 : 1.6;
  drawing.append(dropped
    ? svg('line', {x1: tip, x2: tip, y1: 0, y2: 10, 'vector-effect': 'non-scaling-stroke'})
    : svg('polygon', {points: `${tip},5 ${tip + back},1 ${tip + back},9`}));
  return drawing;
}

function relative(direction, number) {
  if (!firstSeq.has(direction))
    firstSeq.set(direction, number);
  return (number - firstSeq.get(direction)) >>> 0;
}

// What a packet says: of TCP flags, SEQ and ACK, relative to the first shown.
function packetText(record, toRight) {
  const mine = toRight ? 'orig' : 'reply', other = toRight ? 'reply' : 'orig';
  if (record.flags === undefined)
    return `${record.proto ?? 'frame'}, ${record.bytes} bytes`;
  let text = `${record.flags} seq ${relative(mine, record.seq)}`;
  if (record.flags.includes('A'))
    text += firstSeq.has(other) ? ` ack ${relative(other, record.ack)}`
      : ` ack ${record.ack}`;
  return `${text} len ${record.payload ?? 0}`;
}

function verdictText(record) {
  if (record.reason === undefined)
    return 'pass';
  return [`${record.audited ? 'would drop' : 'drop'} ${record.reason}: ${record.text}`, record.expected,
    record.rule_text].filter(Boolean).join('; ');
}

function isFromOrig(record, connection) {
  if (record.direction)
    return record.direction === 'orig';
  return record.src === connection.orig.src && record.sport === connection.orig.sport;
}

// Append a packet to the ladder.
function append({record, dropped}, connection) {
  const toRight = isFromOrig(record, connection);
  const states = record.after ?? record.before ?? {};
  firstNs ??= record.time_ns;
  $('ladder').tBodies[0].append(html('tr', {class: dropped ? 'dropped' : ''},
    html('td', {class: 'n'}, ((record.time_ns - firstNs) / 1e9).toFixed(6)),
    html('td', {}, states.orig ?? ''),
    html('td', {class: 'packet'}, packetText(record, toRight), arrow(toRight, dropped)),
    html('td', {}, states.reply ?? ''),
    html('td', {}, verdictText(record))));
}

// Empty the ladder; the next packet is its first.
function clear() {
  firstNs = null;
  firstSeq.clear();
  $('ladder').tBodies[0].replaceChildren();
}

// Take a packet. Those of one direction come in order, but the two directions do not wait
// for each other: for one that is late, the ladder is drawn anew.
function add(packet, connection) {
  const before = packets.findLastIndex(
    other => other.record.time_ns <= packet.record.time_ns);
  packets.splice(before + 1, 0, packet);
  if (before + 2 < packets.length) {
    clear();
    packets.forEach(each => append(each, connection));
  } else {
    append(packet, connection);
  }
  if (packets.length > ROWS_MAX) {
    packets.shift();
    $('ladder').tBodies[0].rows[0].remove();
  }
  const box = $('ladder').closest('.scroll');
  if (box.scrollHeight - box.scrollTop - box.clientHeight < 120)
    box.scrollTop = box.scrollHeight;
}

function take(message, connection) {
  if (message.error)
    setText($('ladder-note'), `sluice refuses: ${message.error}`);
  else if (message.follow)
    setText($('ladder-note'), 'Waiting for packets. SEQ and ACK are relative to the ' +
      'first segment shown; packets that the kernel passes alone (XDP) are not recorded.');
  else if (message.lost)
    setText($('ladder-note'), `${message.lost} records were lost.`);
  else if (message.drop ?? message.pass)
    add({record: message.drop ?? message.pass,
      dropped: message.drop !== undefined && !message.drop.audited}, connection);
}

function query(connection) {
  const {orig} = connection;
  const values = {proto: connection.protonum, src: orig.src, dst: orig.dst,
    sport: orig.sport, dport: orig.dport,
    vlan: [connection.vlan, connection.inner_vlan].filter(
      tag => tag !== undefined).join('.')};
  return new URLSearchParams(Object.entries(values).filter(
    ([, value]) => value !== undefined && value !== ''));
}

function close() {
  end?.();
  end = null;
  $('ladder-section').hidden = true;
}

// Show the packets of a connection, an object of the answer to `list`.
export function ladderOpen(connection, name) {
  end?.();
  packets.length = 0;
  clear();
  setText($('ladder-title'), `Packets of ${name}`);
  setText($('ladder-orig'), connection.orig.src);
  setText($('ladder-reply'), connection.orig.dst);
  setText($('ladder-note'), 'Connecting.');
  $('ladder-section').hidden = false;
  $('ladder-title').focus();
  end = receive(`/ladder?${query(connection)}`, {
    onmessage: message => take(message, connection),
    onlost: () => setText($('ladder-note'), 'The stream of packets was interrupted, or ' +
      'too many ladders are open; connecting again.'),
  });
}

$('ladder-close').addEventListener('click', close);

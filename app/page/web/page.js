// SPDX-License-Identifier: BSD-3-Clause
// The page: receives an event a second and hands it to the panels.

import {$, receive, setText, whole} from '/parts.js';
import {plotsTake} from '/plots.js';
import {statesTake} from '/states.js';
import {tablesTake} from '/tables.js';

const SILENCE_MS = 8000;

let lastEvent = performance.now();

// Show what is wrong; "": nothing.
function banner(text) {
  setText($('banner'), text);
  $('banner').hidden = text === '';
}

function totals(stats) {
  document.body.classList.toggle('auditing', stats.audited !== undefined);
  for (const element of document.querySelectorAll('[data-stat]')) {
    const name = element.dataset.stat, most = stats[`${name}_max`];
    setText(element, whole(stats[name] ?? 0) + (most ? ` of ${whole(most)}` : ''));
  }
}

function take(event) {
  lastEvent = performance.now();
  const errors = ['stats', 'drops'].filter(name => event.errors?.[name]).map(
    name => `${name}: ${event.errors[name]}`);
  banner(event.away ? `sluice is away: ${event.away}` : errors.join('; '));
  if (event.stats)
    totals(event.stats);
  plotsTake(event);
  statesTake(event);
  tablesTake(event);
}

receive('/stream', {
  onmessage: take,
  onlost: () => banner('sluice-page does not answer, or too many pages are open; ' +
    'connecting again'),
});
setInterval(() => {
  if (performance.now() - lastEvent > SILENCE_MS)
    banner('sluice-page has sent nothing for some seconds');
}, 1000);

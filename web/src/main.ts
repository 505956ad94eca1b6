/** The console's first lines: options from the address, the studio, the page, and the window that tests look through. */
import './tokens.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { probe, type Probe } from './probe';
import { Studio } from './state/studio.svelte';
import { CODECS } from './wire/messages';

declare global {
  interface Window {
    stemwire: Probe;
  }
}

/** Two minutes, unless the address says how many seconds. */
const RECORDED_S = 120;

const query = new URLSearchParams(location.search);
const record = query.get('record');
const studio = new Studio({
  codec: CODECS.find((codec) => codec === query.get('codec')) ?? null,
  recordSeconds: record === null ? 0 : Number(record) > 1 ? Number(record) : RECORDED_S,
});

window.stemwire = probe(studio);
mount(App, { target: document.getElementById('desk')!, props: { studio } });
void studio.start(query.get('project'));

/** The HTTP API as functions. Every refusal is a `Problem` with the server's own sentence. */
import type { Parameter, Scope } from '../desk/catalogue';
import type { Mix } from '../desk/mix';

const ROOT = '/api/v1';

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly retryAfterS: number | null = null,
    /** The place in the line of those who wait for a stream; 1 is next. */
    readonly place: number | null = null,
  ) {
    super(detail);
  }
}

export interface ProjectLine {
  id: string;
  name: string;
  updated_at: string;
  end_frames: number;
  tracks: number;
  role: 'owner' | 'controller' | 'listener';
}

export interface Stem {
  id: string;
  asset: string;
  name: string;
  frames: number;
  peak_db: number | null;
}

export interface Project {
  id: string;
  name: string;
  revision: { id: string; number: number; name: string | null; created_at: string };
  mix: Mix;
  stems: Stem[];
  role: 'owner' | 'controller' | 'listener';
}

export type BounceStatus = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
export type Format = 'wav' | 'flac' | 'mp3' | 'm4a' | 'opus' | 'ogg';
export type Dither = 'none' | 'triangular' | 'shaped';

export interface Bounce {
  id: string;
  status: BounceStatus;
  progress: number;
  kind: 'mix' | 'stems';
  format: Format;
  rate: number;
  bits: number | null;
  kbps: number | null;
  target: { loudness_lufs: number | null; ceiling_dbtp: number } | null;
  result: { loudness_lufs: number | null; range_lu: number | null; true_peak_dbtp: number | null; reached: boolean | null } | null;
  created_at: string;
  size?: number | null;
  name: string;
  problem?: { code: string; detail: string } | null;
  /** Where a listener of the stream heard something else, because an edit reached it late (not told in lists). */
  not_as_heard?: { listener: string; from: number; to: number }[];
}

export interface BounceRequest {
  kind: 'mix' | 'stems';
  format: Format;
  rate: number;
  bits?: number;
  kbps?: number;
  dither?: Dither;
  tags: Record<string, string>;
  loudness_lufs?: number;
  ceiling_dbtp?: number;
  revision?: string;
  stream?: string;
  from?: number;
  to?: number;
}

export type AnalysisKind = 'check' | 'alignment' | 'trim' | 'levels' | 'match';

export interface Analysis {
  id: string;
  kind: string;
  status: BounceStatus;
  progress: number;
  result: {
    figures: Record<string, unknown>;
    warnings: { code: string; detail: string; stems: string[] }[];
    suggestions: { id: string; detail: string }[];
  } | null;
  problem: { code: string; detail: string } | null;
}

export interface Preset {
  id: string;
  scope: Scope;
  family: string;
  name: string;
  doc: string;
}

export interface ApplyRequest {
  preset: string;
  target: string;
  intensity: number;
  gesture: string;
}

export interface Uploaded {
  stems: Stem[];
  tracks: { id: string }[];
  failed: { name: string; code: string; detail: string }[];
}

export const api = {
  session: () => call<{ workspace: { id: string; guest: boolean }; name: string }>('POST', '/session'),
  schema: () => call<{ parameters: Parameter[] }>('GET', '/console/schema'),
  presets: () => call<{ presets: Preset[] }>('GET', '/console/presets'),
  apply: (project: string, request: ApplyRequest) => call<undefined>('POST', `/projects/${project}/console/apply`, request),
  projects: () => call<{ projects: ProjectLine[] }>('GET', '/projects'),
  project: (id: string) => call<Project>('GET', `/projects/${id}`),
  createProject: (name: string) => call<Project>('POST', '/projects', { name }),
  renameProject: (id: string, name: string) => call<Project>('PATCH', `/projects/${id}`, { name }),
  deleteProject: (id: string) => call<undefined>('DELETE', `/projects/${id}`),
  openStream: (project: string) => call<{ id: string; url: string }>('POST', '/streams', { project_id: project, join: true }),
  bounces: (project: string) => call<{ bounces: Bounce[] }>('GET', `/projects/${project}/bounces`),
  bounce: (project: string, request: BounceRequest) => call<Bounce>('POST', `/projects/${project}/bounces`, request),
  bounceStatus: (id: string) => call<Bounce>('GET', `/bounces/${id}`),
  cancelBounce: (id: string) => call<Bounce>('POST', `/bounces/${id}/cancel`),
  retryBounce: (id: string) => call<Bounce>('POST', `/bounces/${id}/retry`),
  deleteBounce: (id: string) => call<undefined>('DELETE', `/bounces/${id}`),
  analyse: (project: string, request: { kind: AnalysisKind; reference?: string }) => call<Analysis>('POST', `/projects/${project}/analyses`, request),
  analysis: (id: string) => call<Analysis>('GET', `/analyses/${id}`),
  cancelAnalysis: (id: string) => call<Analysis>('POST', `/analyses/${id}/cancel`),
  follow: (id: string, suggestions: string[]) => call<unknown>('POST', `/analyses/${id}/apply`, { suggestions }),
  bounceFile: (id: string) => `${ROOT}/bounces/${id}/file`,
};

export async function call<Answer>(method: string, path: string, body?: object): Promise<Answer> {
  const init: RequestInit = { method, credentials: 'same-origin' };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { 'Content-Type': 'application/json' };
  }
  const response = await reach(`${ROOT}${path}`, init);
  if (!response.ok) throw await problemOf(response);
  return (response.status === 204 ? undefined : await response.json()) as Answer;
}

/** Rows `from` to `to` of a stem's peaks at a level. */
export async function fetchPeaks(project: string, stem: string, level: number, firstByte: number, lastByte: number): Promise<Int16Array> {
  const range = { Range: `bytes=${String(firstByte)}-${String(lastByte)}` };
  const response = await reach(`${ROOT}/projects/${project}/stems/${stem}/peaks?level=${String(level)}`, { headers: range });
  if (response.status === 416) return new Int16Array(0);
  if (!response.ok) throw await problemOf(response);
  const bytes = await response.arrayBuffer();
  const own = response.status === 206 ? bytes : bytes.slice(firstByte, lastByte + 1);
  return new Int16Array(own, 0, own.byteLength >> 1);
}

/** Send one file as a stem; `onProgress` counts 0 to 1 of the bytes that have left. */
export function uploadStem(project: string, file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<Uploaded> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append('files', file, file.name);
    request.upload.onprogress = (event) => { onProgress(event.loaded / Math.max(1, event.total)); };
    request.onload = () => {
      const answer = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(answer as unknown as Uploaded);
      else reject(problemFrom(request.status, answer, request.getResponseHeader('Retry-After')));
    };
    request.onerror = () => { reject(UNREACHABLE()); };
    request.onabort = () => { reject(new Problem(0, 'cancelled', 'The upload was cancelled.')); };
    signal.addEventListener('abort', () => { request.abort(); });
    request.open('POST', `${ROOT}/projects/${project}/stems`);
    request.send(form);
  });
}

const UNREACHABLE = (): Problem => new Problem(0, 'unreachable', 'The server cannot be reached.');

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch {
    throw UNREACHABLE();
  }
}

async function problemOf(response: Response): Promise<Problem> {
  return problemFrom(response.status, parsed(await response.text()), response.headers.get('Retry-After'));
}

function problemFrom(status: number, answer: Record<string, unknown>, retryAfter: string | null): Problem {
  const { code, detail, title, place } = answer;
  const sentence = [detail, title].find((text) => typeof text === 'string') ?? `The server answered ${String(status)}.`;
  const againS = retryAfter === null ? null : Number(retryAfter);
  return new Problem(status, typeof code === 'string' ? code : 'failed', sentence as string, againS, typeof place === 'number' ? place : null);
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

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

/** A stored mix: kept under a name, or saved on the way with words of what was done. */
export interface RevisionLine {
  id: string;
  number: number;
  name: string | null;
  change: string | null;
  author: string;
  created_at: string;
}

export type AnalysisKind = 'check' | 'alignment' | 'trim' | 'levels' | 'match' | 'compare';

export interface AnalysisRequest {
  kind: AnalysisKind;
  reference?: string;
  revision?: string;
  against?: string;
}

export interface Analysis {
  id: string;
  kind: string;
  status: BounceStatus;
  progress: number;
  options: { reference?: string | null };
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

/** A preset for a strip, or the strips whose stages go off. */
export type ApplyRequest = { gesture: string } & ({ preset: string; target: string; intensity: number } | { bypass: string });

/** The desk after a change, and the revision that it became. */
export interface Changed {
  revision: RevisionLine;
  mix: Mix;
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
  apply: (project: string, request: ApplyRequest) => call<Changed>('POST', `/projects/${project}/console/apply`, request),
  projects: () => call<{ projects: ProjectLine[] }>('GET', '/projects'),
  project: (id: string) => call<Project>('GET', `/projects/${id}`),
  createProject: (name: string) => call<Project>('POST', '/projects', { name }),
  renameProject: (id: string, name: string) => call<Project>('PATCH', `/projects/${id}`, { name }),
  deleteProject: (id: string) => call<undefined>('DELETE', `/projects/${id}`),
  revisions: (project: string, limit: number) => call<{ revisions: RevisionLine[] }>('GET', `/projects/${project}/revisions?limit=${String(limit)}`),
  revision: (project: string, id: string) => call<RevisionLine & { mix: Mix }>('GET', `/projects/${project}/revisions/${id}`),
  keepRevision: (project: string, name: string) => call<RevisionLine>('POST', `/projects/${project}/revisions`, { name }),
  /** Put a whole mix on the desk, if `head` is still the newest revision. */
  replaceMix: (project: string, mix: Mix, head: string) => call<Changed>('PUT', `/projects/${project}/mix`, mix, { 'If-Match': `"${head}"` }),
  openStream: (project: string) => call<{ id: string; url: string }>('POST', '/streams', { project_id: project, join: true }),
  bounces: (project: string) => call<{ bounces: Bounce[] }>('GET', `/projects/${project}/bounces`),
  bounce: (project: string, request: BounceRequest) => call<Bounce>('POST', `/projects/${project}/bounces`, request),
  bounceStatus: (id: string) => call<Bounce>('GET', `/bounces/${id}`),
  cancelBounce: (id: string) => call<Bounce>('POST', `/bounces/${id}/cancel`),
  retryBounce: (id: string) => call<Bounce>('POST', `/bounces/${id}/retry`),
  deleteBounce: (id: string) => call<undefined>('DELETE', `/bounces/${id}`),
  analyse: (project: string, request: AnalysisRequest) => call<Analysis>('POST', `/projects/${project}/analyses`, request),
  analysis: (id: string) => call<Analysis>('GET', `/analyses/${id}`),
  cancelAnalysis: (id: string) => call<Analysis>('POST', `/analyses/${id}/cancel`),
  follow: (id: string, suggestions: string[]) => call<unknown>('POST', `/analyses/${id}/apply`, { suggestions }),
  forgetAnalysis: (id: string) => call<undefined>('DELETE', `/analyses/${id}`),
  bounceFile: (id: string) => `${ROOT}/bounces/${id}/file`,
};

export async function call<Answer>(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> {
  const init: RequestInit = { method, credentials: 'same-origin', headers };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { ...headers, 'Content-Type': 'application/json' };
  }
  const response = await reach(`${ROOT}${path}`, init);
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return undefined as Answer;
  const answer = await response.json().catch(() => null) as Answer | null;
  if (answer === null) throw new Problem(response.status, 'malformed', 'The server answered something that is not of its API.');
  return answer;
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

/** A request that has no answer by then never gets one. */
const PATIENCE_MS = 30_000;

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') throw new Problem(0, 'timeout', 'The server does not answer.');
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

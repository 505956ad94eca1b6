/** Files on their way to becoming stems: two at a time, each with its own progress and its own error. */
import { Problem, type Uploaded, uploadStem } from '../wire/api';

export type UploadPhase = 'waiting' | 'sending' | 'processing' | 'done' | 'failed';

type Arrived = (uploaded: Uploaded, project: string) => void;

export interface Upload {
  id: number;
  name: string;
  phase: UploadPhase;
  /** Share of the bytes that have left. */
  progress: number;
  problem: string | null;
}

const AT_ONCE = 2;
const LARGEST_BYTES = 4 * 2 ** 30;
const TYPES = /\.(wav|wave|w64|rf64|aiff?|aifc|flac|mp3|m4a|mp4|aac|ogg|oga|opus|webm|mka|mkv|wma|alac|caf)$/i;

export class Uploads {
  list = $state<Upload[]>([]);
  readonly busy = $derived(this.list.some((upload) => upload.phase !== 'done' && upload.phase !== 'failed'));
  #files = new Map<number, { file: File; stop: AbortController; project: string; then: Arrived | undefined }>();
  #next = 1;
  #running = 0;

  constructor(private readonly arrived: Arrived) {}

  /** `then` is told after everybody else what became of these files. */
  add(project: string, files: Iterable<File>, then?: Arrived): void {
    for (const file of files) {
      const id = this.#next++;
      const problem = refusal(file);
      this.list.push({ id, name: file.name, phase: problem === null ? 'waiting' : 'failed', progress: 0, problem });
      if (problem === null) this.#files.set(id, { file, stop: new AbortController(), project, then });
    }
    this.#pump();
  }

  /** Cancel what runs, or take away what is over. */
  dismiss(id: number): void {
    this.#files.get(id)?.stop.abort();
    this.#files.delete(id);
    this.list = this.list.filter((upload) => upload.id !== id);
  }

  clearDone(): void {
    this.list = this.list.filter((upload) => upload.phase !== 'done');
  }

  #pump(): void {
    while (this.#running < AT_ONCE) {
      const upload = this.list.find((one) => one.phase === 'waiting');
      if (upload === undefined) return;
      void this.#run(upload);
    }
  }

  async #run(upload: Upload): Promise<void> {
    const { file, stop, project, then } = this.#files.get(upload.id)!;
    this.#running++;
    upload.phase = 'sending';
    try {
      const uploaded = await uploadStem(project, file, (share) => {
        upload.progress = share;
        if (share >= 1) upload.phase = 'processing';
      }, stop.signal);
      const refused = uploaded.failed[0];
      upload.phase = refused === undefined ? 'done' : 'failed';
      upload.problem = refused?.detail ?? null;
      this.arrived(uploaded, project);
      then?.(uploaded, project);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      upload.phase = 'failed';
      upload.problem = error.message;
    } finally {
      this.#running--;
      this.#files.delete(upload.id);
      if (upload.phase === 'done') setTimeout(() => { this.dismiss(upload.id); }, 2500);
      this.#pump();
    }
  }
}

/** Why a file is not even sent. */
function refusal(file: File): string | null {
  if (file.size === 0) return 'This file is empty.';
  if (file.size > LARGEST_BYTES) return 'This file is larger than 4 GB.';
  if (!file.type.startsWith('audio/') && !file.type.startsWith('video/') && !TYPES.test(file.name)) return 'This is not an audio file that we can read.';
  return null;
}

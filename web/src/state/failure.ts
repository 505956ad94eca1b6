/** What is said of something that went wrong: the server's own sentence, or that page and server do not fit. */
import { CatalogueGap } from '../desk/catalogue';
import { Problem } from '../wire/api';

export interface Failure {
  readonly sentence: string;
  /** Whether loading the page again may help more than trying again. */
  readonly reload: boolean;
}

const MISFIT = 'This page and the server do not fit: the server has another console by now. Load the page again. If that does not help, the console on the server is older than the server itself and has to be built anew.';

/** The sentence of a refusal; anything else is a fault of ours and is thrown on. */
export function sentence(error: unknown): string {
  if (error instanceof Problem) return error.message;
  throw error;
}

/** Of anything that kept the desk from being set up or shown. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Problem) return { sentence: error.message, reload: false };
  if (error instanceof CatalogueGap) return { sentence: `${MISFIT} (The server has no “${error.path}”.)`, reload: true };
  const what = error instanceof Error ? error.message : String(error);
  return { sentence: `The desk could not be shown. Load the page again. (${what})`, reload: true };
}

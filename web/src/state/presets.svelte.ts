/** The shipped presets: what there is for a strip, and putting one on it. */
import type { Scope } from '../desk/catalogue';
import { api, type ApplyRequest, type Preset } from '../wire/api';

export class Presets {
  #all = $state<readonly Preset[]>([]);

  async load(): Promise<void> { this.#all = (await api.presets()).presets; }

  /** Those that fit a strip, by family, in the order in which they are shown. */
  fitting(scope: Scope): readonly (readonly [family: string, presets: readonly Preset[]])[] {
    const fitting = this.#all.filter((preset) => preset.scope === scope);
    return [...new Set(fitting.map(({ family }) => family))].map((family) => [family, fitting.filter((preset) => preset.family === family)]);
  }

  /** What it changes comes back as edits of the desk. */
  async apply(project: string, request: ApplyRequest): Promise<void> { await api.apply(project, request); }

  nameOf(id: string): string { return this.#all.find((preset) => preset.id === id)?.name ?? id; }
}

/** The visitor's songs: their list, a new one, renaming, removing. Which one is open is the studio's matter. */
import { api, type ProjectLine } from '../wire/api';
import type { Studio } from './studio.svelte';

export class Songs {
  list = $state<ProjectLine[]>([]);

  constructor(private readonly studio: Pick<Studio, 'project' | 'open' | 'attempt'>) {}

  async refresh(): Promise<void> { this.list = (await api.projects()).projects; }

  /** Open the one that is wanted, or the newest, or a new one. */
  async openFirst(wanted: string | null): Promise<void> {
    await this.refresh();
    const first = this.list.find(({ id }) => id === wanted) ?? this.list[0];
    await (first === undefined ? this.create('New song') : this.studio.open(first.id));
  }

  async create(name: string): Promise<void> {
    const project = await api.createProject(name);
    await this.refresh();
    await this.studio.open(project.id);
  }

  async rename(name: string): Promise<void> {
    const { project } = this.studio;
    if (project === null || name.trim() === '') return;
    const { id } = project;
    await this.studio.attempt(async () => {
      const renamed = await api.renameProject(id, name.trim());
      if (this.studio.project?.id === id) this.studio.project.name = renamed.name;
      await this.refresh();
    });
  }

  async remove(id: string): Promise<void> {
    await this.studio.attempt(async () => {
      await api.deleteProject(id);
      if (this.studio.project?.id === id) await this.openFirst(null);
      else await this.refresh();
    });
  }
}

/** Who is in the room, what one may do there oneself, and the way in by a link. */
import { api, Problem } from '../wire/api';
import { invitations, type Session } from '../wire/invitations';
import type { ClientMessage, Named, People, Person, Role } from '../wire/messages';
import type { Notices } from './notices.svelte';

/** What only controllers say. */
const CONTROLS: ReadonlySet<ClientMessage['type']> = new Set([
  'play', 'pause', 'stop', 'seek', 'loop', 'set', 'undo', 'redo', 'mix', 'reset_loudness',
]);

export const LISTENING = 'You listen here. Whoever invited you can give you the desk with another link.';

export class Company {
  people = $state<Person[]>([]);
  /** All that are here: more than rows, where there are very many. */
  count = $state(0);
  role = $state<Role>('controller');
  /** Whose project it is decides who may bounce it, add stems and invite. */
  owner = $state(true);
  name = $state('');
  me = $state('');
  readonly listening = $derived(this.role === 'listener');

  constructor(private readonly notices: Notices) {}

  /** Follow the link in the address, if there is one; answers the project that it leads to. */
  async arrive(address: Location, history: History): Promise<string | null> {
    const token = /^#join=([\w-]{16,128})$/.exec(address.hash)?.[1];
    if (token === undefined) return null;
    const query = new URLSearchParams(address.search);
    try {
      query.set('project', (await invitations.join(token)).project_id);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.notices.warn(error.message);
    }
    // The link is not for the next one who looks at this screen: what stays in the address opens nothing by itself.
    history.replaceState(null, '', `?${query.toString()}`);
    return query.get('project');
  }

  /** Find out who one is; a browser that nobody knows is given a workspace. */
  async greet(): Promise<void> {
    this.is(await api.session());
  }

  is({ workspace, name }: Session): void {
    this.me = workspace.id;
    this.name = name;
  }

  /** Another song; answers whether it is one's own. */
  enter(role: 'owner' | Role): boolean {
    this.owner = role === 'owner';
    this.role = role === 'listener' ? 'listener' : 'controller';
    this.people = [];
    this.count = 0;
    return this.owner;
  }

  tell({ people, count, joined, left }: People): void {
    const names = (who: Named[]): string => who.filter(({ id }) => id !== this.me).map(({ name }) => name).join(', ');
    this.people = people;
    this.count = count;
    const news = [[names(joined), 'here now'], [names(left), 'gone']].filter(([who]) => who !== '');
    if (news.length > 0) this.notices.announce(news.map(([who, what]) => `${who!}: ${what!}`).join('. '));
  }

  nameOf(id: string): string { return this.people.find((person) => person.id === id)?.name ?? 'Somebody'; }

  /** Why one may turn nothing here; null for controllers. */
  get barred(): string | null { return this.listening ? LISTENING : null; }

  /** Whether one may turn what is on the desk; says why not. */
  mayMix(): boolean {
    if (this.listening) this.notices.tell(LISTENING);
    return !this.listening;
  }

  /** Whether a message may go out: what a listener would be refused is not even asked for. */
  allows({ type }: ClientMessage): boolean {
    return !CONTROLS.has(type) || this.mayMix();
  }

  /** Whether one may do what only the owner may; says why not. */
  mayOwn(what: string): boolean {
    if (!this.owner) this.notices.tell(`${what} is for whoever this song belongs to.`);
    return this.owner;
  }

  async rename(name: string): Promise<void> {
    const wanted = name.trim();
    if (wanted !== '' && wanted !== this.name) this.is(await invitations.rename(wanted));
  }
}

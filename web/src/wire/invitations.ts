/** Links into a project: made, listed, taken back, and followed; and what one is called. */
import { call } from './api';
import type { Role } from './messages';

export interface Invitation {
  id: string;
  role: Role;
  created_at: string;
  expires_at: string;
  /** How many people came by it. */
  members: number;
  /** Told once, to whoever made it. */
  url?: string;
}

export interface Session {
  workspace: { id: string; guest: boolean };
  name: string;
}

const of = (project: string): string => `/projects/${project}/invitations`;

export const invitations = {
  list: async (project: string): Promise<Invitation[]> => (await call<{ invitations: Invitation[] }>('GET', of(project))).invitations,
  make: (project: string, role: Role, days: number) => call<Invitation>('POST', of(project), { role, days }),
  revoke: (project: string, id: string) => call<undefined>('DELETE', `${of(project)}/${id}`),
  join: (token: string) => call<{ project_id: string; project_name: string; role: string }>('POST', '/invitations/join', { token }),
  rename: (name: string) => call<Session>('PATCH', '/session', { name }),
};

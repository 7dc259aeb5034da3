import pg from 'pg'
import { sessionSettings } from './session-settings.ts'

/** What `pg` builds the start-up packet from; its types leave the method out. */
type Startup = { getStartupConf: () => Record<string, string> }

/**
 * A connection that sends `sessionSettings` in its start-up packet (PostgreSQL manual, 55.7), where they override every
 * other default. They cost no round trip there, and a connection pooler carries them to whichever server connection it
 * lends. `pg` has no option for them, and older poolers refuse `options=-c`.
 */
export class Connection extends pg.Client {
  getStartupConf (): Record<string, string> {
    return { ...(pg.Client.prototype as unknown as Startup).getStartupConf.call(this), ...sessionSettings }
  }
}

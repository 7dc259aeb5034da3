import { Button, Text } from '@mantine/core'
import type { Session } from '../../api/client.ts'
import { browserName } from './browser-name.ts'
import { Moment } from './moment.tsx'

type Props = { sessions: Session[], onEnd: (session: Session) => void, isBusy: boolean }

/** The open sessions of an account. The current session is ended by signing out. */
export function SessionList ({ sessions, onEnd, isBusy }: Props) {
  return (
    <ul className='items'>
      {sessions.map(session => (
        <li key={session.id}>
          <div>
            <Text size='sm' fw={500}>
              {browserName(session.user_agent)}
              {session.is_current && <span className='quiet'> · this session</span>}
            </Text>
            <Text size='xs' c='dimmed' component='div'>
              {session.address ?? 'Unknown address'} · signed in <Moment at={session.created_at} /> · last active{' '}
              <Moment at={session.refreshed_at} /> · expires <Moment at={session.expires_at} />
            </Text>
          </div>
          {!session.is_current && (
            <Button
              size='xs' variant='default' disabled={isBusy} onClick={() => onEnd(session)}
              aria-label={`End the session of ${browserName(session.user_agent)}`}
            >
              End
            </Button>
          )}
        </li>
      ))}
    </ul>
  )
}

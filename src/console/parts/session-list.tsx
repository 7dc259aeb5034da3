import { Button, Text } from '@mantine/core'
import type { Session } from '../api/client.ts'
import { browserOf } from './browser-of.ts'
import { fromNow, Moment } from './moment.tsx'

type Props = { sessions: Session[], onEnd?: (session: Session) => void, isBusy?: boolean }

/** Where an account is signed in. */
export function SessionItems ({ sessions, onEnd, isBusy = false }: Props) {
  return (
    <ul className='items'>
      {sessions.map(session => (
        <li key={session.id}>
          <div>
            <Text size='sm' fw={500}>
              {browserOf(session.user_agent)}
              {session.is_current && <span className='quiet'> · this one</span>}
            </Text>
            <Text size='xs' c='dimmed' component='div'>
              {session.address ?? 'unknown address'} · began <Moment at={session.created_at} /> · used{' '}
              <Moment at={session.refreshed_at} /> · ends {fromNow(new Date(session.expires_at))}
            </Text>
          </div>
          {onEnd && !session.is_current && (
            <Button
              size='xs' variant='default' disabled={isBusy} onClick={() => onEnd(session)}
              aria-label={`End the session of ${browserOf(session.user_agent)}`}
            >
              End
            </Button>
          )}
        </li>
      ))}
    </ul>
  )
}

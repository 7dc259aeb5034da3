import { Anchor, Button, Group, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import type { Account } from '../../api/client.ts'
import { ApiFailure } from '../../api/failures.ts'
import { Avatar } from '../../parts/tables/avatar.tsx'
import { EmptyState } from '../../parts/pages/empty-state.tsx'
import { FailureView } from '../../parts/pages/failure-view.tsx'
import { Icon } from '../../parts/pages/icons.tsx'
import { Loading } from '../../parts/pages/loading.tsx'
import { Page } from '../../parts/pages/page.tsx'
import { RowAction, RowMenu } from '../../parts/tables/row-menu.tsx'
import { useMe } from '../../session/guards.tsx'
import { AccountFacts } from './account-facts.tsx'
import { AccountKeys } from './account-keys.tsx'
import { AccountSessions } from './account-sessions.tsx'
import { accountQuery } from '../accounts.ts'
import { AdminDialog, type Dialog } from '../dialogs/dialogs.tsx'
import { ServiceTag } from '../service-tag.tsx'
import { useRestrictions } from '../use-restrictions.ts'

const backTo = (path: string, label: string) => (
  <Anchor component={Link} to={path} size='sm' className='back'><Icon name='back' size={13} /> {label}</Anchor>
)
const back = backTo('/admin', 'All users')
const backToServices = backTo('/admin/service-accounts', 'All service accounts')

/** One account: its facts, sessions and API keys. */
export function AccountPage () {
  const { userId = '' } = useParams()
  const { data, error, refetch } = useQuery(accountQuery(userId))
  if (data) return <Details account={data} />
  if (!error) return <Loading />
  const isMissing = error instanceof ApiFailure && [404, 422].includes(error.status)
  return (
    <Page title='Account'>
      {isMissing
        ? <EmptyState title='Account not found' actions={back}>It was deleted, or the address is wrong.</EmptyState>
        : <FailureView failure={error} retry={refetch} />}
    </Page>
  )
}

function Details ({ account }: { account: Account }) {
  const { user, is_service: isService } = account
  const isMe = useMe().id === user.id
  const navigate = useNavigate()
  const restrictions = useRestrictions()(user)
  const [dialog, setDialog] = useState<Dialog>()
  const change = (property: 'is_active' | 'is_superuser') =>
    setDialog({ name: 'change', change: { account, property } })
  const actions = (
    <Group gap='xs'>
      <Button variant='default' onClick={() => setDialog({ name: 'rename', user })}>Rename…</Button>
      {!isMe && !isService && (
        <Button variant='default' onClick={() => setDialog({ name: 'password', user })}>Reset password…</Button>
      )}
      <RowMenu of={user.username}>
        <RowAction
          onClick={() => change('is_superuser')} disabledReason={user.is_superuser ? restrictions.demote : undefined}
        >
          {user.is_superuser ? 'Remove superuser role…' : 'Make superuser…'}
        </RowAction>
        <RowAction
          onClick={() => setDialog({ name: 'delete', user })} disabledReason={restrictions.remove} isDangerous
        >
          Delete…
        </RowAction>
      </RowMenu>
    </Group>
  )
  const title = (
    <Group gap='sm' wrap='nowrap'>
      <Avatar user={user} size='lg' />
      <span className='name'>{user.username}</span>
      {isMe && <Text span c='dimmed'>(you)</Text>}
      {isService && <ServiceTag />}
    </Group>
  )
  return (
    <Page title={user.username} heading={title} above={isService ? backToServices : back} actions={actions}>
      <div className='account'>
        <AccountFacts account={account} restrictions={restrictions} onToggle={() => change('is_active')} />
        {isService ? <AboutServiceAccounts /> : <AccountSessions user={user} isMe={isMe} />}
        <AccountKeys user={user} isService={isService} />
      </div>
      {dialog && (
        <AdminDialog
          dialog={dialog} onClose={() => setDialog(undefined)}
          onDeleted={() => navigate(isService ? '/admin/service-accounts' : '/admin')}
        />
      )}
    </Page>
  )
}

function AboutServiceAccounts () {
  return (
    <section className='panel' aria-labelledby='about-title'>
      <Title order={2} size='h5' mb='xs' id='about-title'>Service account</Title>
      <Text size='sm'>
        An account of a program. It has no password and cannot sign in: programs use its API keys. It has its own flows,
        projects and variables, and continues to work when the person who created it leaves.
      </Text>
    </section>
  )
}

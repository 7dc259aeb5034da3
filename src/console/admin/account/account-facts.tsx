import type { ReactNode } from 'react'
import type { Account } from '../../api/client.ts'
import { CopyButton } from '../../parts/fields/copy-button.tsx'
import { Moment } from '../../parts/tables/moment.tsx'
import { AccountStatus } from '../account-status.tsx'
import type { Restrictions } from '../use-restrictions.ts'

function Fact ({ name, children }: { name: string, children: ReactNode }) {
  return <div><dt>{name}</dt><dd>{children}</dd></div>
}

type Props = { account: Account, restrictions: Restrictions, onToggle: () => void }

export function AccountFacts ({ account, restrictions, onToggle }: Props) {
  const { user, is_service: isService } = account
  const role = user.is_superuser ? 'Superuser' : 'User'
  return (
    <section className='panel' aria-label='Facts'>
      <dl className='facts'>
        <Fact name='Status'>
          <AccountStatus account={account} disabledReason={restrictions.deactivate} onToggle={onToggle} />
        </Fact>
        <Fact name='Role'>{isService ? `Service account${user.is_superuser ? ', superuser' : ''}` : role}</Fact>
        {!isService && <Fact name='Last sign-in'><Moment at={user.last_login_at} /></Fact>}
        <Fact name='Created'><Moment at={user.create_at} /></Fact>
        <Fact name='Updated'><Moment at={user.updated_at} /></Fact>
        <Fact name='ID'>
          <code className='unbroken'>{user.id}</code>{' '}
          <CopyButton text={user.id} label='Copy' size='compact-xs' aria-label='Copy ID' />
        </Fact>
      </dl>
    </section>
  )
}

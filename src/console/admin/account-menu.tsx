import { Menu } from '@mantine/core'
import { useNavigate } from 'react-router'
import type { Account, User } from '../api/client.ts'
import { copyText } from '../parts/fields/copy.ts'
import { notify } from '../parts/pages/notifications.tsx'
import { RowAction, RowMenu } from '../parts/tables/row-menu.tsx'
import type { Restrictions } from './use-restrictions.ts'

/** A dialog about one account. */
export type UserDialog = { name: 'rename' | 'password' | 'delete', user: User }

type Props = {
  account: Account
  restrictions: Restrictions
  onDialog: (dialog: UserDialog) => void
}

const copyId = async ({ id, username }: User) =>
  notify(await copyText(id) ? `ID of ${username} copied.` : `ID of ${username}: ${id}`)

/** The menu of one account in the list. */
export function AccountMenu ({ account: { user, is_service: isService }, restrictions, onDialog }: Props) {
  const navigate = useNavigate()
  const open = (name: UserDialog['name']) => () => onDialog({ name, user })
  return (
    <RowMenu of={user.username}>
      <RowAction onClick={() => navigate(`/admin/users/${user.id}`)}>
        {isService ? 'API keys' : 'Sessions and keys'}
      </RowAction>
      <RowAction onClick={() => { copyId(user) }}>Copy ID</RowAction>
      <Menu.Divider />
      <RowAction onClick={open('rename')}>Rename…</RowAction>
      {!isService && (
        <RowAction onClick={open('password')} disabledReason={restrictions.resetPassword}>Reset password…</RowAction>
      )}
      <Menu.Divider />
      <RowAction onClick={open('delete')} disabledReason={restrictions.remove} isDangerous>Delete…</RowAction>
    </RowMenu>
  )
}

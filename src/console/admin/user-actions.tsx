import { Menu } from '@mantine/core'
import type { User } from '../api/client.ts'
import { RowAction, RowMenu } from '../parts/row-menu.tsx'
import type { Forbidden } from './what-is-forbidden.ts'

/** A dialog about one account. */
export type UserDialog = { name: 'edit' | 'password' | 'sessions' | 'delete', user: User }

type Props = {
  user: User
  forbidden: Forbidden
  onDialog: (dialog: UserDialog) => void
}

export function UserActions ({ user, forbidden, onDialog }: Props) {
  const open = (name: UserDialog['name']) => () => onDialog({ name, user })
  return (
    <RowMenu of={user.username}>
      <RowAction onClick={open('edit')}>Edit…</RowAction>
      <RowAction onClick={open('password')} whyNot={forbidden.resetPassword}>Reset password…</RowAction>
      <RowAction onClick={open('sessions')}>Sessions…</RowAction>
      <Menu.Divider />
      <RowAction onClick={open('delete')} whyNot={forbidden.remove} isDangerous>Delete…</RowAction>
    </RowMenu>
  )
}

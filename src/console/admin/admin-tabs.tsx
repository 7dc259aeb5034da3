import { NavLink } from 'react-router'

/** The lists of the administration. */
export function AdminTabs () {
  return (
    <nav className='tabs' aria-label='Administration'>
      <NavLink to='/admin' end>Users</NavLink>
      <NavLink to='/admin/service-accounts'>Service accounts</NavLink>
      <NavLink to='/admin/api-keys'>API keys</NavLink>
    </nav>
  )
}

import { NavLink, Navigate, Route, Routes } from 'react-router'
import { AccountPage } from './account-page.tsx'
import { ApiKeysPage } from './api-keys-page.tsx'
import { SessionsPage } from './sessions-page.tsx'
import { VariablesPage } from './variables-page.tsx'

/** Everything about one's own account. */
export function SettingsPage () {
  return (
    <div className='page with-side'>
      <nav className='side' aria-label='Settings'>
        <NavLink to='/settings/api-keys'>API keys</NavLink>
        <NavLink to='/settings/variables'>Variables</NavLink>
        <NavLink to='/settings/sessions'>Sessions</NavLink>
        <NavLink to='/settings/account'>Account</NavLink>
      </nav>
      <div className='settings'>
        <Routes>
          <Route path='api-keys' element={<ApiKeysPage />} />
          <Route path='variables' element={<VariablesPage />} />
          <Route path='sessions' element={<SessionsPage />} />
          <Route path='account' element={<AccountPage />} />
          <Route path='*' element={<Navigate to='/settings/api-keys' replace />} />
        </Routes>
      </div>
    </div>
  )
}

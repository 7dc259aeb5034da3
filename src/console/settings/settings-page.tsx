import type { ReactNode } from 'react'
import { NavLink } from 'react-router'
import { AccountPage } from './account-page.tsx'
import { ApiKeysPage } from './api-keys-page.tsx'
import type { Section } from './sections.ts'
import { SessionsPage } from './sessions-page.tsx'
import { VariablesPage } from './variables/variables-page.tsx'

const pages: Record<Section, { title: string, Page: () => ReactNode }> = {
  'api-keys': { title: 'API keys', Page: ApiKeysPage },
  variables: { title: 'Variables', Page: VariablesPage },
  sessions: { title: 'Sessions', Page: SessionsPage },
  account: { title: 'Account', Page: AccountPage }
}

/** The settings of the signed-in account. */
export function SettingsPage ({ section }: { section: Section }) {
  const { Page } = pages[section]
  return (
    <div className='page with-side'>
      <nav className='side' aria-label='Settings'>
        {Object.entries(pages).map(([path, { title }]) => <NavLink key={path} to={`/settings/${path}`}>{title}</NavLink>)}
      </nav>
      <div className='settings'><Page /></div>
    </div>
  )
}

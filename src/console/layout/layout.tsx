import { Suspense, useCallback, useState } from 'react'
import { Outlet } from 'react-router'
import { Loading } from '../parts/pages/loading.tsx'
import { Shortcuts } from '../parts/pages/shortcuts.tsx'
import { useMe } from '../session/guards.tsx'
import { useConfig } from '../session/queries.ts'
import { Header } from './header.tsx'

/** The frame of every page that needs a session. */
export function Layout () {
  const config = useConfig()
  const { is_superuser: isSuperuser } = useMe()
  const [hasSheet, setSheet] = useState(false)
  const openSheet = useCallback(() => setSheet(true), [])
  return (
    <>
      <a className='skip' href='#main'>Skip to content</a>
      <Header onShortcuts={openSheet} />
      <main id='main' tabIndex={-1}>
        <Suspense fallback={<Loading />}><Outlet /></Suspense>
      </main>
      <Shortcuts isSuperuser={isSuperuser} isOpen={hasSheet} onOpen={openSheet} onClose={() => setSheet(false)} />
      {config?.auto_login && (
        <footer className='auto-login'>
          Auto login is on: everyone who can reach this address acts as the superuser.
        </footer>
      )}
    </>
  )
}

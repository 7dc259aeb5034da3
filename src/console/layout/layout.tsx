import { Suspense } from 'react'
import { Outlet } from 'react-router'
import { Waiting } from '../parts/waiting.tsx'
import { useConfig } from '../session/queries.ts'
import { Header } from './header.tsx'

/** What every page has around it once somebody is signed in. */
export function Layout () {
  const config = useConfig()
  return (
    <>
      <a className='skip' href='#main'>Skip to content</a>
      <Header />
      <main id='main' tabIndex={-1}>
        <Suspense fallback={<Waiting />}><Outlet /></Suspense>
      </main>
      {config?.auto_login && (
        <footer className='auto-login'>
          Auto login is on: everybody who reaches this address is the superuser.
        </footer>
      )}
    </>
  )
}

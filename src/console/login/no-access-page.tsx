import { Anchor, Button, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Link, useLocation } from 'react-router'
import { FailureView } from '../parts/pages/failure-view.tsx'
import { Loading } from '../parts/pages/loading.tsx'
import { useSignOut } from '../session/actions.ts'
import { useMe } from '../session/guards.tsx'
import { PublicPage } from './public-page.tsx'
import { accessQuery, isNoApp, ReturnToApp } from './return-to-app.tsx'

const toHome = <Anchor component={Link} to='/' underline='always'>Go to the home page</Anchor>

/** Says why the account may not open an app, and what to do. Opens the app if it may. */
export function NoAccessPage () {
  const me = useMe()
  const signOut = useSignOut()
  const url = new URLSearchParams(useLocation().search).get('to') ?? ''
  const { data: access, error, refetch } = useQuery(accessQuery(url))
  useEffect(() => { document.title = 'No access · Flowgate' }, [])
  if (isNoApp(error)) {
    return (
      <PublicPage title='No access'>
        <Text size='sm'>This address is not one of an app that this server protects.</Text>
        <Text size='sm'>{toHome}</Text>
      </PublicPage>
    )
  }
  if (error) return <main><FailureView failure={error} retry={refetch} /></main>
  if (!access) return <Loading />
  if (access.allowed) return <ReturnToApp url={url} />
  return (
    <PublicPage title='No access'>
      <Text size='sm'>
        You are signed in as <b>{me.username}</b>. This account may not open <b>{new URL(access.url).host}</b>:
      </Text>
      <Text component='ul' size='sm' m={0} pl='md'>{access.reasons.map(({ text }) => <li key={text}>{text}</li>)}</Text>
      <Text size='sm'>Ask an administrator for access, or use another account.</Text>
      <Button variant='default' loading={signOut.isPending} onClick={() => signOut.mutate()}>
        {signOut.isError ? 'Sign-out failed. Try again' : 'Sign in with another account'}
      </Button>
      <Text size='sm'>{toHome}</Text>
    </PublicPage>
  )
}

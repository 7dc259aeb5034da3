import { Anchor, Text } from '@mantine/core'
import { useEffect } from 'react'
import { Link } from 'react-router'
import { PublicPage } from '../../login/public-page.tsx'

/** The page for addresses that do not exist. */
export function NotFoundPage () {
  useEffect(() => { document.title = 'Page not found · Flowgate' }, [])
  return (
    <PublicPage title='Page not found'>
      <Text size='sm'>There is no page at this address. Check the spelling, or start from the home page.</Text>
      <Text size='sm'><Anchor component={Link} to='/' underline='always'>Go to the home page</Anchor></Text>
    </PublicPage>
  )
}

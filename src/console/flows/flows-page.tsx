import { Page } from '../parts/page.tsx'

export function FlowsPage () {
  return <Page title='Flows'>…</Page>
}

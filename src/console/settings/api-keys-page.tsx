import { useQuery } from '@tanstack/react-query'
import { ApiKeyTable } from '../api-keys/api-key-table.tsx'
import { apiKeysQuery } from '../api-keys/api-keys.ts'
import { NewApiKeyButton } from '../api-keys/new-api-key-button.tsx'
import { EmptyState } from '../parts/pages/empty-state.tsx'
import { FailureView } from '../parts/pages/failure-view.tsx'
import { Loading } from '../parts/pages/loading.tsx'
import { Page } from '../parts/pages/page.tsx'
import { useMe } from '../session/guards.tsx'

/** The API keys of the signed-in user. */
export function ApiKeysPage () {
  const owner = { user: useMe(), isMe: true }
  const { data, error, refetch } = useQuery(apiKeysQuery)
  return (
    <Page title='API keys' actions={<NewApiKeyButton owner={owner} />}>
      {error && !data && <FailureView failure={error} retry={refetch} />}
      {!data && !error && <Loading />}
      {data && data.length > 0 && <ApiKeyTable label='API keys' owner={owner} keys={data} />}
      {data?.length === 0 && (
        <EmptyState title='No API keys yet'>
          With an API key, a program can act as you without your password.
        </EmptyState>
      )}
    </Page>
  )
}

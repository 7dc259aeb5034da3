import { Button, Group, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ApiKey } from '../../api/client.ts'
import { Dialog } from '../../parts/dialogs/dialog.tsx'
import { FailureView } from '../../parts/pages/failure-view.tsx'
import { Loading } from '../../parts/pages/loading.tsx'
import { Moment } from '../../parts/tables/moment.tsx'
import { nameOfKey } from '../api-key-cells.tsx'
import { type KeyOwner, usageQuery } from '../api-keys.ts'
import { UsageChart } from './usage-chart.tsx'

type Props = { owner: KeyOwner, apiKey: ApiKey, onClose: () => void }

/** How often a key was used. */
export function UsageDialog ({ owner, apiKey, onClose }: Props) {
  const { data, error, refetch } = useQuery(usageQuery(owner, apiKey.id))
  const recent = data?.days.reduce((sum, { uses }) => sum + uses, 0) ?? 0
  return (
    <Dialog title={`Usage of ${nameOfKey(apiKey)}`} onClose={onClose}>
      <Stack>
        {!data && !error && <Loading />}
        {error && !data && <FailureView failure={error} retry={refetch} />}
        {data && (
          <>
            <dl className='figures'>
              <div><dt>Last 30 days</dt><dd>{recent.toLocaleString('en')}</dd></div>
              <div><dt>Total</dt><dd>{data.total_uses.toLocaleString('en')}</dd></div>
              <div><dt>Last used</dt><dd><Moment at={apiKey.last_used_at} /></dd></div>
            </dl>
            {recent > 0 && <UsageChart days={data.days} />}
          </>
        )}
        <Group justify='flex-end'><Button variant='default' data-autofocus onClick={onClose}>Close</Button></Group>
      </Stack>
    </Dialog>
  )
}

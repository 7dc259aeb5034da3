import { Button } from '@mantine/core'
import { type ChangeEvent, useRef } from 'react'
import { Icon } from '../parts/pages/icons.tsx'
import { useAction } from '../parts/dialogs/use-action.ts'
import { uploadFlows } from './flows.ts'

type Props = { projectId: string, onFailure: (failure: Error | undefined) => void }

/** Uploads a JSON file with one or more flows. */
export function UploadButton ({ projectId, onFailure }: Props) {
  const input = useRef<HTMLInputElement>(null)
  const upload = useAction((file: File) => uploadFlows(file, projectId), {
    changes: ['flows'],
    notice: flows => flows.length === 1 ? `${flows[0]?.name} uploaded.` : `${flows.length} flows uploaded.`,
    onDone: () => onFailure(undefined),
    onFailure
  })
  const choose = ({ currentTarget }: ChangeEvent<HTMLInputElement>) => {
    const file = currentTarget.files?.[0]
    currentTarget.value = '' // lets the user select the same file again
    if (file) upload.mutate(file)
  }
  return (
    <>
      <Button
        variant='default' leftSection={<Icon name='upload' />} loading={upload.isPending}
        onClick={() => input.current?.click()}
      >
        Upload JSON
      </Button>
      <input ref={input} type='file' accept='application/json,.json' hidden aria-label='JSON file' onChange={choose} />
    </>
  )
}

import { TextInput } from '@mantine/core'
import type { Flow } from '../api/client.ts'
import { FormDialog } from '../parts/dialogs/form-dialog.tsx'
import { LinesField } from '../parts/fields/lines-field.tsx'
import { useAction } from '../parts/dialogs/use-action.ts'
import { useFields } from '../parts/dialogs/use-fields.ts'
import { createFlow, type Kind, updateFlow } from './flows.ts'

type Props = { flow?: Flow, kind: Kind, projectId: string, onClose: () => void }

/** The changed fields. Unchanged fields are not sent: the form does not show their spaces and line ends. */
const changed = (flow: Flow, { name, description }: { name: string, description: string }) => ({
  ...(name === flow.name.trim() ? {} : { name }),
  ...(description === (flow.description ?? '') ? {} : { description })
})

/** Creates or renames a flow or component. */
export function FlowFormDialog ({ flow, kind, projectId, onClose }: Props) {
  const { values, set, isValid, errorOf, showErrors } = useFields(
    { name: flow?.name ?? '', description: flow?.description ?? '' },
    ({ name }) => ({ name: name.trim() === '' ? 'Name is required' : undefined }))
  const body = { name: values.name.trim(), description: values.description }
  const save = useAction(() => flow
    ? updateFlow(flow.id, changed(flow, body))
    : createFlow({ ...body, is_component: kind === 'component', folder_id: projectId }), {
    changes: ['flows'], notice: ({ name }) => `${name} ${flow ? 'saved' : 'created'}.`, onDone: onClose
  })
  const submit = () => {
    showErrors()
    if (isValid) save.mutate()
  }
  return (
    <FormDialog
      title={flow ? `Rename ${flow.name}` : `New ${kind}`} submitLabel={flow ? 'Save' : 'Create'}
      isBusy={save.isPending} failure={save.error} onClose={onClose} onSubmit={submit}
    >
      <TextInput
        label='Name' required data-autofocus maxLength={512} value={values.name} error={errorOf('name')}
        onChange={event => set({ name: event.currentTarget.value })}
      />
      <LinesField
        label='Description' rows={3} maxLength={65_536} value={values.description}
        onChange={description => set({ description })}
      />
    </FormDialog>
  )
}

import { SegmentedControl, Text, TextInput } from '@mantine/core'
import type { Variable } from '../../api/client.ts'
import { ApiFailure } from '../../api/failures.ts'
import { FormDialog } from '../../parts/dialogs/form-dialog.tsx'
import { LinesField, SecretField } from '../../parts/fields/lines-field.tsx'
import { useAction } from '../../parts/dialogs/use-action.ts'
import { useFields } from '../../parts/dialogs/use-fields.ts'
import { saveVariable, type VariableInput } from './variables.ts'

type Values = { name: string, type: VariableInput['type'], value: string, fields: string }

const explained = {
  Credential: 'Stored encrypted and never shown again. For keys and passwords.',
  Generic: 'Stored and shown as plain text. For values that are not secret.'
}

/** The value of a Credential is never shown, so making it Generic requires the value. */
const needsValue = (existing: Variable | undefined, { type }: Values) =>
  !existing || !existing.has_value || (existing.type === 'Credential' && type === 'Generic')

const check = (existing: Variable | undefined) => (values: Values) => ({
  name: values.name.trim() === '' ? 'Name is required' : undefined,
  value: values.value === '' && needsValue(existing, values) ? 'Value is required' : undefined
})

/** Creates or edits a variable. */
export function VariableDialog ({ variable, onClose }: { variable?: Variable | undefined, onClose: () => void }) {
  const { values, set, reject, isValid, errorOf, showErrors } = useFields<Values>({
    name: variable?.name ?? '',
    type: variable?.type === 'Generic' ? 'Generic' : 'Credential',
    value: variable?.value ?? '',
    fields: variable?.default_fields.join(', ') ?? ''
  }, check(variable))
  const fields = values.fields.split(',').map(field => field.trim()).filter(field => field !== '')
  const save = useAction(() => saveVariable(variable, { ...values, name: values.name.trim(), fields }), {
    changes: ['variables'],
    notice: ({ name }) => `${name} saved.`,
    onDone: onClose,
    onFailure: failure => reject(failure, { name: 'name', value: 'value', default_fields: 'fields' })
  })
  const isTaken = save.error instanceof ApiFailure && save.error.code === 'variable_name_taken'
  const isAtField = isTaken || (save.error instanceof ApiFailure && save.error.problems.length > 0)
  const submit = () => {
    showErrors()
    if (isValid) save.mutate()
  }
  const value = {
    label: 'Value',
    required: needsValue(variable, values),
    value: values.value,
    error: errorOf('value'),
    description: needsValue(variable, values) ? undefined : 'Leave empty to keep the stored value.'
  }
  return (
    <FormDialog
      title={variable ? `Edit ${variable.name}` : 'New variable'} submitLabel='Save' isBusy={save.isPending}
      failure={isAtField ? null : save.error} onClose={onClose} onSubmit={submit}
    >
      <TextInput
        label='Name' required data-autofocus maxLength={255} autoComplete='off' spellCheck={false}
        placeholder='OPENAI_API_KEY' value={values.name}
        error={errorOf('name') ?? (isTaken ? 'This name is taken' : undefined)}
        onChange={event => { save.reset(); set({ name: event.currentTarget.value }) }}
      />
      <div>
        <SegmentedControl
          fullWidth size='sm' aria-label='Type' value={values.type} data={['Credential', 'Generic']}
          onChange={type => set({ type: type === 'Generic' ? 'Generic' : 'Credential' })}
        />
        <Text size='xs' c='dimmed' mt={4}>{explained[values.type]}</Text>
      </div>
      {values.type === 'Credential'
        ? <SecretField {...value} onChange={text => set({ value: text })} />
        : <LinesField {...value} rows={4} onChange={text => set({ value: text })} />}
      <TextInput
        label='Apply to fields' description='Component fields that offer this variable, separated by commas.'
        value={values.fields} error={errorOf('fields')} onChange={event => set({ fields: event.currentTarget.value })}
      />
    </FormDialog>
  )
}

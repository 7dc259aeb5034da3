import { TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ApiKeyCreated } from '../../api/client.ts'
import { ApiFailure } from '../../api/failures.ts'
import { FormDialog } from '../../parts/dialogs/form-dialog.tsx'
import { useAction } from '../../parts/dialogs/use-action.ts'
import { useFields } from '../../parts/dialogs/use-fields.ts'
import { createApiKey, type KeyOwner, keyOptionsQuery } from '../api-keys.ts'
import { ExpiryField } from '../fields/expiry-field.tsx'
import { dateProblem, defaultLifetime, expiryOf } from '../fields/expiry.ts'
import { MoreRestrictions, Permissions } from '../fields/restriction-fields.tsx'
import {
  namingNetworks, restrictionErrors, restrictionFields, type RestrictionValues, toRestrictions, toValues
} from '../fields/restrictions.ts'
import { CreatedApiKeyDialog } from './created-api-key-dialog.tsx'

/** An empty lifetime is the preset one. */
type Values = RestrictionValues & { name: string, lifetime: string, date: string }

const check = (values: Values) => ({
  ...restrictionErrors(values),
  date: values.lifetime === 'date' ? dateProblem(values.date) : undefined
})

/** Creates a key and shows it. */
export function NewApiKeyDialog ({ owner, onClose }: { owner: KeyOwner, onClose: () => void }) {
  const { data: options } = useQuery(keyOptionsQuery)
  const maxDays = options?.max_days ?? null
  const [created, setCreated] = useState<ApiKeyCreated>()
  const { values, set, reject, isValid, errorOf, showErrors } = useFields<Values>(
    { name: '', lifetime: '', date: '', ...toValues({}, owner.user) }, check)
  const lifetime = values.lifetime || defaultLifetime(maxDays)
  const create = useAction(() => createApiKey(owner, {
    name: values.name.trim() || null,
    expires_at: expiryOf(lifetime, values.date, maxDays),
    ...toRestrictions(values, owner.user)
  }), {
    changes: ['api-keys'],
    onDone: setCreated,
    onFailure: failure => reject(namingNetworks(failure, values), {
      ...restrictionFields, name: 'name', expires_at: lifetime === 'date' ? 'date' : 'lifetime'
    })
  })
  if (created) return <CreatedApiKeyDialog created={created} onClose={onClose} />
  const isAtField = create.error instanceof ApiFailure && create.error.problems.length > 0
  const submit = () => {
    showErrors()
    if (isValid) create.mutate()
  }
  return (
    <FormDialog
      title='New API key' submitLabel='Create key' isBusy={create.isPending} failure={isAtField ? null : create.error}
      onClose={onClose} onSubmit={submit}
    >
      <TextInput
        label='Name' description='Where the key is used.' placeholder='nightly build' data-autofocus
        maxLength={256} value={values.name} error={errorOf('name')}
        onChange={event => set({ name: event.currentTarget.value })}
      />
      <Permissions owner={owner} values={values} set={set} errorOf={errorOf} />
      <ExpiryField
        lifetime={lifetime} date={values.date} maxDays={maxDays} holder={owner.isMe ? 'you' : owner.user.username}
        errors={{ lifetime: errorOf('lifetime'), date: errorOf('date') }} onChange={set}
      />
      <MoreRestrictions values={values} set={set} errorOf={errorOf} />
    </FormDialog>
  )
}

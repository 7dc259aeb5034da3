import { Text } from '@mantine/core'
import type { ApiKey } from '../../api/client.ts'
import { ApiFailure } from '../../api/failures.ts'
import { FormDialog } from '../../parts/dialogs/form-dialog.tsx'
import { useAction } from '../../parts/dialogs/use-action.ts'
import { useFields } from '../../parts/dialogs/use-fields.ts'
import { nameOfKey } from '../api-key-cells.tsx'
import { type KeyOwner, updateApiKey } from '../api-keys.ts'
import { NetworksAndLimit, Permissions } from '../fields/restriction-fields.tsx'
import {
  namingNetworks, restrictionErrors, restrictionFields, toRestrictions, toValues
} from '../fields/restrictions.ts'

type Props = { owner: KeyOwner, apiKey: ApiKey, onClose: () => void }

/** Changes what a key may do, from where and how often. */
export function RestrictionsDialog ({ owner, apiKey, onClose }: Props) {
  const { values, set, reject, isValid, errorOf, showErrors } = useFields(
    toValues(apiKey, owner.user), each => restrictionErrors(each, apiKey))
  const changes = toRestrictions(values, owner.user, apiKey)
  const save = useAction(() => updateApiKey(owner, apiKey.id, changes), {
    changes: ['api-keys'],
    notice: key => `Restrictions of ${nameOfKey(key)} saved.`,
    onDone: onClose,
    onFailure: failure => reject(namingNetworks(failure, values), restrictionFields)
  })
  const isAtField = save.error instanceof ApiFailure && save.error.problems.length > 0
  const submit = () => {
    showErrors()
    if (isValid) save.mutate()
  }
  return (
    <FormDialog
      title={`Restrictions of ${nameOfKey(apiKey)}`} submitLabel='Save' isBusy={save.isPending}
      failure={isAtField ? null : save.error} onClose={onClose} onSubmit={submit}
    >
      <Text size='sm'>
        Keys that were created with this key lose what it loses. A restriction can be changed, but not removed.
      </Text>
      <Permissions
        owner={owner} values={values} set={set} errorOf={errorOf} hasEverything={apiKey.scopes === undefined}
      />
      <NetworksAndLimit values={values} set={set} errorOf={errorOf} />
    </FormDialog>
  )
}

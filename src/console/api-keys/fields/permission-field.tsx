import { NativeSelect, Stack } from '@mantine/core'
import { grants, type Scope } from '../../../policy/grants.ts'
import type { KeyOwner } from '../api-keys.ts'
import { type Permission, permissionFacts, permissions, scopeGroups, scopesOfPreset } from '../scopes.ts'

export type PermissionValues = { permission: Permission, scopes: readonly Scope[] }

type Props = PermissionValues & {
  owner: KeyOwner
  /** Whether the key may keep everything: scopes cannot be removed from a key that has some. */
  hasEverything: boolean
  error: string | undefined
  onChange: (changes: Partial<PermissionValues>) => void
}

/** What a key may do: a preset, or scopes to choose from. */
export function PermissionField ({ permission, scopes, owner, hasEverything, error, onChange }: Props) {
  const select = (label: string) => {
    const next = permissions.find(({ value }) => value === label)?.value ?? 'chosen'
    onChange({ permission: next, scopes: scopesOfPreset(next, owner.user) ?? scopes })
  }
  return (
    <Stack gap='xs'>
      <NativeSelect
        label='What the key may do' value={permission} error={permission === 'chosen' ? undefined : error}
        data={permissions.filter(({ value }) => hasEverything || value !== 'everything')}
        description={permission === 'chosen' ? undefined : permissionFacts[permission]}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        onChange={event => select(event.currentTarget.value)}
      />
      {permission === 'chosen' && (
        <ScopeBoxes owner={owner} scopes={scopes} error={error} onChange={chosen => onChange({ scopes: chosen })} />
      )}
    </Stack>
  )
}

type BoxesProps = Pick<Props, 'owner' | 'scopes' | 'error'> & { onChange: (scopes: Scope[]) => void }

function ScopeBoxes ({ owner: { user }, scopes, error, onChange }: BoxesProps) {
  const toggle = (scope: Scope) =>
    onChange(scopes.includes(scope) ? scopes.filter(each => each !== scope) : [...scopes, scope])
  return (
    <div className='scopes'>
      {scopeGroups(user).map(({ heading, scopes: offered }) => (
        <fieldset key={heading}>
          <legend>{heading}</legend>
          {offered.map(scope => (
            <label key={scope}>
              <input
                type='checkbox' className='select' checked={scopes.includes(scope)} aria-invalid={error !== undefined}
                onChange={() => toggle(scope)}
              />
              {grants[scope].summary}
            </label>
          ))}
        </fieldset>
      ))}
      {error !== undefined && <p className='field-error' role='alert'>{error}</p>}
    </div>
  )
}

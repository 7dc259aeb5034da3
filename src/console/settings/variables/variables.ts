import { queryOptions } from '@tanstack/react-query'
import { api, ask, type Variable } from '../../api/client.ts'

export type VariableInput = { name: string, type: 'Generic' | 'Credential', value: string, fields: string[] }

export const variablesQuery = queryOptions({
  queryKey: ['variables'], queryFn: () => ask(api.GET('/api/v1/variables/'))
})

/** Creates or changes a variable. An empty value keeps the stored value. */
export function saveVariable (existing: Variable | undefined, { name, type, value, fields }: VariableInput) {
  if (!existing) {
    return ask(api.POST('/api/v1/variables/', { body: { name, type, value, default_fields: fields } }))
  }
  const hasSameFields = fields.join() === existing.default_fields.map(field => field.trim()).join()
  return ask(api.PATCH('/api/v1/variables/{variable_id}', {
    params: { path: { variable_id: existing.id } },
    body: {
      id: existing.id,
      type,
      // Unchanged fields are not sent: the form does not show their leading spaces and commas.
      ...(name === existing.name.trim() ? {} : { name }),
      ...(hasSameFields ? {} : { default_fields: fields }),
      ...(value === '' || (value === existing.value && type === existing.type) ? {} : { value })
    }
  }))
}

export const removeVariable = (id: string) =>
  ask(api.DELETE('/api/v1/variables/{variable_id}', { params: { path: { variable_id: id } } }))

import { uniqueViolation } from '../../db.ts'
import {
  EndpointNameTaken, type Failure, FlowNameTaken, ProjectNameTaken, UsernameTaken, VariableNameTaken
} from '../../errors.ts'

type MakeFailure = new (message: undefined, details: { cause: unknown }) => Failure

/** The failure for each unique index over values that clients choose. */
export const takenByIndex: Readonly<Record<string, MakeFailure>> = {
  users_username_key_key: UsernameTaken,
  projects_user_id_name_key: ProjectNameTaken,
  flows_user_id_name_key: FlowNameTaken,
  flows_user_id_endpoint_name_key: EndpointNameTaken,
  variables_user_id_name_key: VariableNameTaken
}

/** @returns the failure for a write that violated one of these indexes; undefined for other errors */
export function takenFailure (cause: unknown): Failure | undefined {
  const Taken = takenByIndex[uniqueViolation(cause) ?? '']
  return Taken && new Taken(undefined, { cause })
}

/**
 * Runs a write. If a concurrent write took the same name, the index rejects this one; the failure names what is taken.
 */
export async function refusingTaken<T> (write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (cause) {
    throw takenFailure(cause) ?? cause
  }
}

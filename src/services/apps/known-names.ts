import { grants } from '../../policy/grants.ts'
import { groupNames } from '../tokens/claims.ts'

/** The groups and scopes that access rules may name. */
export const knownNames = { groups: groupNames, scopes: Object.keys(grants) } as const

import type { Transaction } from '../../db.ts'
import { UserNotFound } from '../../errors.ts'
import type { Caller } from '../access/principal.ts'
import type { Facts } from '../audit/sink.ts'
import { lockAccount, lockOwnAccount } from '../upkeep/locks.ts'

/** The account that an API key belongs to. */
export type KeyOwner = Readonly<{ id: string, isSuperuser: boolean }>

/** The account whose keys change, and who changes them: the account, a superuser or the operator. */
export type OwnerAndCaller = Readonly<{ owner: KeyOwner, caller: Caller }>

type Who = Readonly<{ owner: Pick<KeyOwner, 'id'>, caller: Caller }>

const isOwn = ({ owner, caller }: Who) => owner.id === caller.actor.user.id

/** Locks the account until the end of the transaction. @throws SessionEnded or UserNotFound if it was deleted */
export async function lockOwner (tx: Transaction, who: OwnerAndCaller): Promise<void> {
  const { owner: { id } } = who
  if (isOwn(who)) return lockOwnAccount(tx, id)
  if (!await lockAccount(tx, id)) throw new UserNotFound()
}

/** Names the owner in an event that another account causes. */
export const ownerFacts = (who: Who): Facts => isOwn(who) ? {} : { owner: who.owner.id }

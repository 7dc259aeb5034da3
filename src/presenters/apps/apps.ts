import type { Static } from '@sinclair/typebox'
import type { UrlAccess } from '../../schemas/apps/apps.ts'
import type { UrlAccess as Examined } from '../../services/apps/protected-apps.ts'

export const presentUrlAccess = ({ url, isAllowed, reasons }: Examined): Static<typeof UrlAccess> =>
  ({ url, allowed: isAllowed, reasons })

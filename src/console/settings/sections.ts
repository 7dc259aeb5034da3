/** The sections of the settings, as in their addresses. */
export const sections = ['api-keys', 'variables', 'sessions', 'account'] as const

export type Section = typeof sections[number]

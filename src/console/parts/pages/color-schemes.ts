/** The themes to choose from. */
export const colorSchemes = [
  { value: 'auto', label: 'System' }, { value: 'light', label: 'Light' }, { value: 'dark', label: 'Dark' }
] as const

export const toColorScheme = (text: string) => colorSchemes.find(({ value }) => value === text)?.value ?? 'auto'

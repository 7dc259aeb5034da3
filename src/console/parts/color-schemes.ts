/** How the pages may look. */
export const colorSchemes = [
  { value: 'auto', label: 'As the system' }, { value: 'light', label: 'Light' }, { value: 'dark', label: 'Dark' }
] as const

export const toColorScheme = (text: string) => colorSchemes.find(({ value }) => value === text)?.value ?? 'auto'

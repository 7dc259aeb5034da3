import { convertCssVariables, DEFAULT_THEME, defaultCssVariablesResolver, mergeMantineTheme } from '@mantine/core'
import type { Plugin } from 'vite'
import { contrast, theme } from '../theme.ts'

const NAME = 'virtual:theme-variables.css'

/**
 * Builds the theme's CSS variables into a style sheet. At runtime, Mantine would write a `<style>` element, which the
 * Content-Security-Policy forbids.
 */
export function themeVariables (): Plugin {
  return {
    name: 'theme-variables',
    resolveId: id => id === NAME ? `\0${NAME}` : undefined,
    load (id) {
      if (id !== `\0${NAME}`) return undefined
      const { variables, light, dark } = defaultCssVariablesResolver(mergeMantineTheme(DEFAULT_THEME, theme))
      return convertCssVariables({
        variables, light: { ...light, ...contrast.light }, dark: { ...dark, ...contrast.dark }
      }, ':root')
    }
  }
}

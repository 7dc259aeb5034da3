import { createTheme } from '@mantine/core'

/** The accent color. Shade 8 has enough contrast with white as text and as background. */
const accent = [
  '#eff3fd', '#dde5f8', '#bccbf0', '#9ab0e8', '#7d98e0', '#6a88db', '#5673cf', '#4460bb', '#3553ab', '#2a4596'
] as const

/** Bluish greys of the dark theme. */
const dark = [
  '#d7dbe2', '#b5bcc8', '#929caa', '#6f7987', '#454d5a', '#363d48', '#262c35', '#191d24', '#151920', '#12151a'
] as const

/** Portals render inside the main landmark, where screen readers find them. */
const portalProps = { target: '#main' }

/** The Mantine theme. */
export const theme = createTheme({
  colors: { accent, dark },
  primaryColor: 'accent',
  primaryShade: 8,
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  headings: { fontWeight: '600' },
  components: {
    Button: { defaultProps: { size: 'sm' } },
    // Mantine locks scrolling with a `<style>` element, which the Content-Security-Policy forbids: console.css does it.
    Modal: { defaultProps: { lockScroll: false, centered: true, portalProps, transitionProps: { duration: 120 } } },
    Menu: {
      defaultProps: {
        shadow: 'md',
        position: 'bottom-end',
        portalProps,
        // Menus may contain only menu items (WAI-ARIA 1.2).
        withInitialFocusPlaceholder: false,
        transitionProps: { duration: 80 }
      }
    },
    Tooltip: {
      defaultProps: {
        multiline: true,
        maw: 280,
        withArrow: true,
        portalProps,
        events: { hover: true, focus: true, touch: true }
      }
    }
  }
})

/** Replaces colors of Mantine with a contrast below 4.5:1 (WCAG 2.2, 1.4.3). */
export const contrast = {
  light: {
    '--mantine-color-text': '#1d2433',
    '--mantine-color-dimmed': '#5b6475',
    '--mantine-color-placeholder': '#667080',
    '--mantine-color-error': '#b42318',
    '--mantine-color-body': '#fff',
    '--page': '#f6f7f9',
    '--line': '#dfe3e9'
  },
  dark: {
    '--mantine-color-text': '#d7dbe2',
    '--mantine-color-dimmed': '#9aa4b2',
    '--mantine-color-placeholder': '#929caa',
    '--mantine-color-error': '#ff9a91',
    '--mantine-color-body': '#191d24',
    '--mantine-color-anchor': '#9ab0e8',
    '--mantine-color-red-light': 'rgb(224 49 49 / 16%)',
    '--mantine-color-red-light-color': '#ffb4ad',
    '--mantine-color-yellow-light': 'rgb(250 176 5 / 13%)',
    '--mantine-color-yellow-light-color': '#f3d27a',
    '--mantine-color-accent-light': 'rgb(86 115 207 / 22%)',
    '--mantine-color-accent-light-hover': 'rgb(86 115 207 / 32%)',
    '--mantine-color-accent-light-color': '#bccbf0',
    '--page': '#12151a',
    '--line': '#2c323c'
  }
}

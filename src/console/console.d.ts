/** Mantine's theme as a style sheet; see vite/theme-variables.ts. */
declare module 'virtual:theme-variables.css'

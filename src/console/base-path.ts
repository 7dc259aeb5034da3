/** The path below which the server is reached, e.g. `/flowgate`. Empty if it is reached at the root. */
export const basePath = document.querySelector<HTMLMetaElement>('meta[name="base-path"]')?.content ?? ''

/** Whether a path is below the base path. */
export const isBelowBasePath = (path: string) => path === basePath || path.startsWith(`${basePath}/`)

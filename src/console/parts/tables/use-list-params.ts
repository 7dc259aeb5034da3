import { useSearchParams } from 'react-router'

/** Sizes of a page that a list offers. */
export const PAGE_SIZES = [12, 25, 50, 100] as const

const numberOf = (text: string | null) => /^\d{1,6}$/.test(text ?? '') ? Number(text) : undefined

/** Page, size and search text of a list in the query of the address, so that it can be bookmarked and shared. */
export function useListParams () {
  const [params, setParams] = useSearchParams()

  /** Sets members of the query; undefined and '' remove them. Returns to the first page unless `page` is given. */
  function change (changes: Record<string, string | undefined>) {
    const next = new URLSearchParams(params)
    for (const [name, value] of Object.entries({ page: undefined, ...changes })) {
      if (value === undefined || value === '') next.delete(name)
      else next.set(name, value)
    }
    setParams(next, { replace: true })
  }

  return {
    params,
    page: numberOf(params.get('page')) ?? 0,
    size: PAGE_SIZES.find(each => each === numberOf(params.get('size'))) ?? 25,
    search: params.get('search') ?? '',
    change
  }
}

const paths = {
  add: 'M8 3v10M3 8h10',
  alert: 'M8 2 1.5 13.5h13zM8 6.5v3M8 11.6v.01',
  back: 'M10 3 5 8l5 5',
  down: 'M4 6l4 4 4-4',
  folder: 'M2 4.5h4l1.5 2H14v6H2z',
  forth: 'M6 3l5 5-5 5',
  hide: 'M2 8s2-4 6-4 6 4 6 4-2 4-6 4-6-4-6-4zM3 13 13 3',
  more: 'M3 8h.01M8 8h.01M13 8h.01',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.6 10.6 14 14',
  show: 'M2 8s2-4 6-4 6 4 6 4-2 4-6 4-6-4-6-4zM8 9.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z',
  sortDown: 'M8 3v10M4.5 9.5 8 13l3.5-3.5',
  sortUp: 'M8 13V3M4.5 6.5 8 3l3.5 3.5',
  upload: 'M8 11V3M4.5 6.5 8 3l3.5 3.5M3 13h10',
  user: 'M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 14a5.5 5.5 0 0 1 11 0'
}

/** A decorative icon beside a label. */
export function Icon ({ name, size = 16 }: { name: keyof typeof paths, size?: number }) {
  return (
    <svg
      width={size} height={size} viewBox='0 0 16 16' fill='none' stroke='currentColor'
      strokeWidth={name === 'more' ? 2 : 1.5} strokeLinecap='round' strokeLinejoin='round' aria-hidden='true'
    >
      <path d={paths[name]} />
    </svg>
  )
}

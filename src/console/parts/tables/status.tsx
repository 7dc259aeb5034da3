/** A status in words, with a colored dot. */
export function Status ({ tone, children }: { tone: 'good' | 'wait' | 'off' | 'bad', children: string }) {
  return <span className='status' data-tone={tone}>{children}</span>
}

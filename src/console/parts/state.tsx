/** A word with a dot: the word says it all, the dot helps the eye. */
export function State ({ tone, children }: { tone: 'good' | 'wait' | 'off' | 'bad', children: string }) {
  return <span className='state' data-tone={tone}>{children}</span>
}

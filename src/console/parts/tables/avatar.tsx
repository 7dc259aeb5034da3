import { useState } from 'react'
import type { User } from '../../api/client.ts'

const TONES = 6

/** Only pictures that the page's Content-Security-Policy lets the browser load. */
const isLoadable = (image: string) => image.startsWith('data:image/') || /^\/[^/\\]/.test(image)

/** "Ada Lovelace" and "ada.lovelace" give "AL", "ada" gives "A". */
function initialsOf (username: string): string {
  const [first = '', ...others] = username.split(/[\s._@-]+/).filter(word => word !== '')
  return [first, others.at(-1) ?? ''].map(word => [...word][0] ?? '').join('').toUpperCase()
}

const toneOf = (id: string) => [...id].reduce((sum, character) => sum + character.charCodeAt(0), 0) % TONES

type Props = { user: Pick<User, 'id' | 'username' | 'profile_image'>, size?: 'sm' | 'lg' }

/** The profile picture of an account, or its initials. Decorative: the username is always beside it. */
export function Avatar ({ user: { id, username, profile_image: image }, size = 'sm' }: Props) {
  const [failed, setFailed] = useState<string>()
  return (
    <span className='avatar' data-size={size} data-tone={toneOf(id)} aria-hidden='true'>
      {image && image !== failed && isLoadable(image)
        ? <img src={image} alt='' onError={() => setFailed(image)} />
        : initialsOf(username)}
    </span>
  )
}

/** Groups of operations, in the order of the pages at /docs. */
export const tags = [
  { name: 'auth', description: 'Sign-in, its end, and what lies between.' },
  { name: 'sessions', description: 'Where an account is signed in, and ending that.' },
  { name: 'users', description: 'Accounts: for their owners and for superusers.' },
  { name: 'api keys', description: 'Long-lived credentials for programs; each is shown once.' },
  { name: 'variables', description: 'Stored values; a Credential is encrypted at rest and never shown.' },
  { name: 'flows', description: 'Flows and components, each for its owner alone.' },
  { name: 'projects', description: 'Folders of flows.' },
  { name: 'service', description: 'Whether the server is well, and what it speaks.' },
  { name: 'front end', description: 'What Langflow\'s web client asks for at its start.' }
]

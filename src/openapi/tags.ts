/** Groups of operations, in the order in which /docs shows them. */
export const tags = [
  { name: 'auth', description: 'Sign in, refresh tokens, sign out.' },
  { name: 'sessions', description: 'List and end the sessions of an account.' },
  { name: 'users', description: 'Accounts: for their owners and for superusers.' },
  { name: 'api keys', description: 'Long-lived credentials for programs. Each key is shown once, when it is created.' },
  { name: 'tokens', description: 'For other services: verify, check, exchange and revoke credentials.' },
  { name: 'protected apps', description: 'For reverse proxies and sign-in pages: who may use the apps behind them.' },
  { name: 'variables', description: 'Named values. A Credential is encrypted at rest and never shown.' },
  { name: 'flows', description: 'Flows and components. Each is visible to its owner only.' },
  { name: 'projects', description: 'Folders of flows.' },
  { name: 'service', description: 'Health checks, version and client configuration.' },
  { name: 'front end', description: 'Requests of Langflow\'s web client that Flowgate answers with empty results.' }
]

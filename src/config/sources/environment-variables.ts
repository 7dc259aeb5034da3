/** Variables that Langflow imports by default: API keys of its providers. */
const WELL_KNOWN = [
  'ANTHROPIC_API_KEY', 'ASTRA_DB_API_ENDPOINT', 'ASTRA_DB_APPLICATION_TOKEN', 'AZURE_OPENAI_API_DEPLOYMENT_NAME',
  'AZURE_OPENAI_API_EMBEDDINGS_DEPLOYMENT_NAME', 'AZURE_OPENAI_API_INSTANCE_NAME', 'AZURE_OPENAI_API_KEY',
  'AZURE_OPENAI_API_VERSION', 'COHERE_API_KEY', 'COMPOSIO_API_KEY', 'GOOGLE_API_KEY', 'GROQ_API_KEY',
  'HUGGINGFACEHUB_API_TOKEN', 'NOVITA_API_KEY', 'NVIDIA_API_KEY', 'OPENAI_API_KEY', 'PINECONE_API_KEY',
  'SAMBANOVA_API_KEY', 'SEARCHAPI_API_KEY', 'SERPAPI_API_KEY', 'TAVILY_API_KEY', 'UPSTASH_VECTOR_REST_TOKEN',
  'UPSTASH_VECTOR_REST_URL', 'VECTARA_API_KEY', 'VECTARA_CORPUS_ID', 'VECTARA_CUSTOMER_ID'
] as const

type Values = Readonly<Record<string, string | undefined>>

/**
 * Whether a name is a setting of this server, in any case. Settings may contain secrets and are never imported as
 * variables.
 */
export const isOwnSetting = (name: string) => /^(LANGFLOW_|DATABASE_URL$)/i.test(name)

/**
 * Collects the values that accounts get as Credentials, by name. All of them are secrets.
 * @param sources in order of precedence
 * @param named additional names from LANGFLOW_VARIABLES_TO_GET_FROM_ENVIRONMENT
 */
export function environmentVariables (sources: readonly Values[], named: readonly string[]): Record<string, string> {
  const names = [...new Set([...WELL_KNOWN, ...named])].sort()
  return Object.fromEntries(names.flatMap(name => {
    const value = sources.map(values => values[name]).find(text => text !== undefined && text.trim() !== '')
    return value === undefined ? [] : [[name, value]]
  }))
}

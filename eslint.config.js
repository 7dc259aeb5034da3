import neostandard from 'neostandard'

export default [
  ...neostandard({ ts: true, ignores: ['dist/**', 'src/generated/**', 'src/console/generated/**', '.tap/**'] }),
  {
    rules: {
      '@stylistic/max-len': ['error', {
        code: 120, ignoreUrls: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true
      }],
      // A TypeBox schema and the type it describes share one name.
      '@typescript-eslint/no-redeclare': 'off',
      '@stylistic/object-property-newline': 'off',
      // Handlers of a list come together in one object: `list.onSearch`.
      'react/jsx-handler-names': 'off'
    }
  }
]

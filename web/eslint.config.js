import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['dist/', 'node_modules/'] },
  ...ts.configs.strict,
  ...ts.configs.stylistic,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser } } },
  { files: ['**/*.svelte', '**/*.svelte.ts'], languageOptions: { parserOptions: { parser: ts.parser } } },
  {
    rules: {
      // An index that a loop bound proves is asserted with `!`; `noUncheckedIndexedAccess` makes every other one visible.
      '@typescript-eslint/no-non-null-assertion': 'off',
      'max-lines': ['error', 300],
      'no-console': 'error',
      eqeqeq: 'error',
      // Maps beside the reactive state (what waits to be sent, fingers on the screen) are not shown and must stay cheap.
      'svelte/prefer-svelte-reactivity': 'off',
      complexity: ['error', 14],
    },
  },
);

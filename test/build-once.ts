import { build } from '../build.ts';

/** Builds dist/ once per run: the tests run the bundles, as users do. */
export default function setup(): void {
  build();
}

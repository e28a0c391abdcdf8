/** The beginning of `dist/kapso-whatsapp-cli.cjs`. The program itself is `on-demand/cli.cjs`. */
import { join } from 'node:path';
import { createLoader } from './loader.ts';

createLoader(join(__dirname, 'on-demand'), require).load('cli.cjs');

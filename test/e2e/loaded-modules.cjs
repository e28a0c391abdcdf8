// Loaded into a program: writes what it has loaded into the file LOADED_MODULES_FILE when it ends.
const { writeFileSync } = require('node:fs');
process.on('exit', () => {
  const loaded = [...process.moduleLoadList, ...Object.keys(require.cache)];
  writeFileSync(process.env.LOADED_MODULES_FILE, loaded.join('\n'));
});

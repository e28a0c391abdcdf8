const key = 'theme';
const system = matchMedia('(prefers-color-scheme: dark)');

function isDark(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme === undefined ? system.matches : theme === 'dark';
}

/** Makes a button switch between light and dark colours. What agrees with the system is not kept, so that it follows it. */
export function createThemeSwitch(button: HTMLElement): void {
  const show = () => button.setAttribute('aria-pressed', String(isDark()));
  button.addEventListener('click', () => {
    const dark = !isDark();
    if (dark === system.matches) {
      delete document.documentElement.dataset.theme;
      localStorage.removeItem(key);
    } else {
      document.documentElement.dataset.theme = dark ? 'dark' : 'light';
      localStorage.setItem(key, dark ? 'dark' : 'light');
    }
    show();
  });
  system.addEventListener('change', show);
  show();
}

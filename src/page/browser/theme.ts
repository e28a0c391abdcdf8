/** Loaded before the page is drawn, so that it begins in the chosen colours. Without a choice those of the system count. */
const chosen = localStorage.getItem('theme');
if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
